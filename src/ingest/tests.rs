//! Tests of the whole layer, on files in a folder that goes away.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::date;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

mod endless;
mod kinds;
mod quotes;

/// A folder of one file.
fn file(name: &str, bytes: impl AsRef<[u8]>) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = put(folder.path(), name, bytes);
    (folder, path)
}

fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn read_with(input: &str, params: &IngestParams) -> (Vec<Document>, Vec<Problem>, Counts) {
    let mut documents = open(&[input.to_owned()], params).unwrap();
    let (mut read, mut problems) = (Vec::new(), Vec::new());
    for record in &mut documents {
        match record {
            Ok(document) => read.push(document),
            Err(problem) => problems.push(problem),
        }
    }
    let counts = documents.counts();
    let skipped = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Skipped);
    assert_eq!(counts.skipped, skipped.count() as u64);
    assert_eq!(counts.warnings + counts.skipped, problems.len() as u64);
    (read, problems, counts)
}

fn read(name: &str, bytes: impl AsRef<[u8]>) -> (Vec<Document>, Vec<Problem>) {
    let (_folder, path) = file(name, bytes);
    let (documents, problems, _) = read_with(&path, &IngestParams::default());
    (documents, problems)
}

fn texts(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|d| d.text.as_str()).collect()
}

fn lines(problems: &[Problem]) -> Vec<Option<u64>> {
    problems.iter().map(|p| p.place.line).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Text that gzip cannot make much smaller, so that a cut falls among the records.
fn noisy_rows(n: u64) -> String {
    let mut state = 1u64;
    let mut row = |i| {
        let words = (0..8).map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
            format!("{state:x} ")
        });
        format!(
            "{{\"id\": {i}, \"text\": \"{}\"}}\n",
            words.collect::<String>()
        )
    };
    (0..n).map(&mut row).collect()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units
        .flat_map(|unit| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        })
        .collect()
}

#[test]
fn documents_can_cross_threads() {
    fn sends<T: Send>() {}
    sends::<Documents>();
}

#[test]
fn a_row_keeps_its_fields_in_order() {
    let row = r#"{"z": [1], "id": 7, "title": 5, "text": "a\u0000b", "source": null,
        "date": "May 1, 2025", "article": "x", "score": 0.1234567890123456789, "id": 8}"#;
    let (documents, problems) = read("a.jsonl", row.replace('\n', " "));
    assert_eq!(problems, []);
    let document = &documents[0];
    assert_eq!(document.name(), "8");
    assert_eq!(document.text, "a\0b");
    assert_eq!(document.title.as_deref(), Some("5"));
    assert_eq!(document.source, None);
    assert_eq!(document.article.as_deref(), Some("x"));
    assert_eq!(document.date, Some(date(2025, 5, 1)));
    assert_eq!(document.place.line, Some(1));
    let names: Vec<_> = document.fields.names().collect();
    assert_eq!(names, ["z", "title", "source", "date", "article", "score"]);
}

#[test]
fn bad_rows_are_named_and_the_rest_read() {
    let rows = "\u{feff}{\"text\": \"a\"}\r\n\r\n{bad}\n[1]\n{\"text\": 1}\n{}\n\
                {\"text\": \"\\ud800\"}\n   \n{\"text\": \"b\"}";
    let (documents, problems) = read("a.jsonl", rows);
    assert_eq!(texts(&documents), ["a", "b"]);
    assert!(documents[1].name().ends_with("a.jsonl:9"));
    assert_eq!(documents[0].place.byte, Some(3));
    assert_eq!(
        lines(&problems),
        [Some(3), Some(4), Some(5), Some(6), Some(7)]
    );
    assert!(problems.iter().all(|p| p.severity == Severity::Skipped));
    let said: Vec<_> = problems.iter().map(|p| p.message.as_str()).collect();
    assert_eq!(said[0], "not JSON: key must be a string at column 2");
    assert!(said[1].starts_with("the line is an array, not a JSON object; "));
    assert_eq!(said[2], "the field `text` is a number, not a string");
    assert_eq!(said[3], "no field `text`");
    assert!(
        said[4].contains("surrogate") || said[4].contains("hex escape"),
        "{}",
        said[4]
    );
    assert!(problems[0].to_string().contains("a.jsonl:3: not JSON"));
}

#[test]
fn a_long_line_is_passed_over() {
    let params = IngestParams {
        max_record_bytes: 20,
        ..IngestParams::default()
    };
    let exact = format!("{{\"text\": \"{}\"}}", "a".repeat(8));
    assert_eq!(exact.len(), 20);
    let long = format!("{{\"text\": \"{}\"}}", "a".repeat(9));
    let (_folder, path) = file(
        "a.jsonl",
        format!("{exact}\r\n{long}\n{exact}\n{long}{long}"),
    );
    let (documents, problems, _) = read_with(&path, &params);
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[1].place.byte, Some(44));
    assert_eq!(lines(&problems), [Some(2), Some(4)]);
    assert!(problems[0].message.contains("longer than 20 bytes"));
}

#[test]
fn lines_of_another_encoding_are_read_with_one_warning() {
    let rows = b"{\"text\": \"Ren\xe9 a d\xe9clar\xe9 la v\xe9rit\xe9\"}\n{\"text\": \"\xe9t\xe9 fran\xe7ais\"}\n";
    let (documents, problems) = read("a.jsonl", rows);
    assert_eq!(
        texts(&documents),
        ["René a déclaré la vérité", "été français"]
    );
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].severity, Severity::Warning);
    assert_eq!(problems[0].message, "not UTF-8: read as windows-1252");
}

#[test]
fn utf16_is_read_by_its_mark_in_every_format() {
    for big in [false, true] {
        let (documents, problems) = read("a.txt", utf16("“A”\r\n\r\nb", big));
        assert_eq!(
            (texts(&documents), problems),
            (vec!["“A”\r\n\r\nb"], vec![])
        );
        let (documents, _) = read("a.jsonl", utf16("{\"text\": \"“é”\"}\n", big));
        assert_eq!(texts(&documents), ["“é”"]);
        assert_eq!(documents[0].place.byte, None);
        let (documents, _) = read("a.csv", utf16("text,id\r\n“é”,1\r\n", big));
        assert_eq!(texts(&documents), ["“é”"]);
        let (documents, _) = read("unknown", utf16("plain", big));
        assert_eq!(texts(&documents), ["plain"]);
    }
}

#[test]
fn a_mark_is_removed_once() {
    let (documents, _) = read("a.txt", "\u{feff}\u{feff}a");
    assert_eq!(texts(&documents), ["\u{feff}a"]);
}

#[test]
fn gzip_is_known_by_its_magic_and_may_have_members() {
    let rows = noisy_rows(50);
    let mut bytes = gzip(&rows.as_bytes()[..1000]);
    bytes.extend(gzip(&rows.as_bytes()[1000..]));
    for name in ["a.jsonl.gz", "a.jsonl", "unknown"] {
        let (documents, problems) = read(name, &bytes);
        assert_eq!((documents.len(), problems.len()), (50, 0), "{name}");
    }
}

#[test]
fn a_cut_gzip_gives_what_stands_before_the_cut() {
    let bytes = gzip(noisy_rows(4000).as_bytes());
    let (documents, problems) = read("a.jsonl.gz", &bytes[..bytes.len() / 2]);
    assert!(
        (1000..3000).contains(&documents.len()),
        "{}",
        documents.len()
    );
    assert_eq!(lines(&problems), [Some(documents.len() as u64 + 1)]);
    assert!(problems[0].message.contains("cut short"), "{}", problems[0]);
    // Cut within the first bytes that are looked at to tell the format.
    let (documents, problems) = read("a.jsonl.gz", &bytes[..2000]);
    assert!(!documents.is_empty());
    assert_eq!(problems.len(), 1);
    let (documents, problems) = read("a.txt.gz", &bytes[..bytes.len() / 2]);
    assert_eq!((documents.len(), problems.len()), (1, 1));
    assert!(documents[0].text.starts_with("{\"id\": 0"));
    let (documents, problems) = read("a.csv.gz", &gzip(b"text\na\nb\n")[..12]);
    assert_eq!((documents.len(), problems.len()), (0, 1));
}

#[test]
fn a_corrupt_gzip_is_one_problem() {
    let mut bytes = gzip(noisy_rows(4000).as_bytes());
    let middle = bytes.len() / 2;
    bytes[middle..middle + 200].fill(0xff);
    let (documents, problems) = read("a.jsonl.gz", &bytes);
    assert!(documents.len() > 500, "{}", documents.len());
    let damaged = problems.last().unwrap();
    assert!(damaged.message.contains("gzip"), "{damaged}");
    // Garbage behind good data.
    let mut bytes = gzip(b"good");
    bytes.extend(b"garbage");
    let (documents, problems) = read("a.txt.gz", &bytes);
    assert_eq!((texts(&documents), problems.len()), (vec!["good"], 1));
}

#[test]
fn what_is_no_text_is_skipped() {
    for (bytes, why) in [
        (&b"a\0b"[..], "NUL"),
        (b"%PDF-1.7\n", "PDF"),
        (b"PK\x03\x04..", "zip"),
    ] {
        for name in ["unknown", "a.txt"] {
            let (documents, problems) = read(name, bytes);
            assert_eq!(documents, []);
            assert!(problems[0].message.contains(why), "{}", problems[0]);
            assert_eq!(problems[0].severity, Severity::Skipped);
        }
    }
}

#[test]
fn the_format_is_told_by_content_or_by_the_user() {
    assert_eq!(read("x", "{\"text\": \"a\"}\n").0[0].format, Format::Jsonl);
    assert_eq!(read("x", "b,a\nb,c\n").0[0].format, Format::Text);
    assert_eq!(read("x", "").0[0].text, "");
    let (_folder, path) = file("x.txt", "text,a\nb,c\n");
    let params = IngestParams {
        format: Some(Format::Csv),
        ..IngestParams::default()
    };
    assert_eq!(texts(&read_with(&path, &params).0), ["b"]);
}

#[test]
fn a_date_that_cannot_be_read_is_counted_and_told_once() {
    let rows = "{\"text\": \"a\", \"date\": \"someday\"}\n{\"text\": \"b\", \"date\": 5}\n\
                {\"text\": \"c\", \"date\": \"\"}\n";
    let (_folder, path) = file("a.jsonl", rows);
    let (documents, problems, counts) = read_with(&path, &IngestParams::default());
    assert_eq!(counts.unread_dates, 2);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("\"someday\""));
    let undated: Vec<_> = documents.iter().map(|d| d.undated).collect();
    assert_eq!(undated, [true, true, false]);
    assert_eq!(counts.bytes_read, rows.len() as u64);
    assert_eq!(counts.total_bytes, Some(rows.len() as u64));
}

#[test]
fn csv_rows_are_read_under_their_header() {
    let rows = "\u{feff} id , text,note\r\n1,\"a \"\"b\"\"\r\nc\",x\r\n\r\n2,d,\r\n3,e\r\n4,f,y";
    let (documents, problems) = read("a.csv", rows);
    assert_eq!(texts(&documents), ["a \"b\"\r\nc", "d", "f"]);
    let places: Vec<_> = documents.iter().map(|d| d.place.line.unwrap()).collect();
    assert_eq!(places, [2, 5, 7]);
    assert_eq!(documents[0].id.as_deref(), Some("1"));
    assert_eq!(documents[1].fields.get("note").unwrap(), "");
    assert_eq!(documents[0].place.byte, Some(20));
    assert_eq!(lines(&problems), [Some(6)]);
    assert_eq!(problems[0].message, "the record has 2 fields, the header 3");
}

#[test]
fn csv_delimiters_are_told_by_name_or_header() {
    for (name, rows) in [
        ("a.csv", "id;text\n1;a, b\n"),
        ("a.csv", "id\ttext\n1\ta, b\n"),
        ("a.tsv", "id\ttext\n1\ta, b\n"),
        ("a.tsv.gz", "i,d\ttext\n1\ta, b\n"),
        ("a.csv", "\"i;d\",text\n1,\"a, b\"\n"),
        ("a.csv", "text\n\"a, b\"\n"),
    ] {
        let (documents, problems) = read(name, rows);
        assert_eq!(
            (texts(&documents), problems),
            (vec!["a, b"], vec![]),
            "{rows:?}"
        );
    }
}

#[test]
fn a_csv_without_its_column_names_those_it_has() {
    let (documents, problems) = read("a.csv", "id,body\n1,a\n");
    assert_eq!(documents, []);
    let said = &problems[0].message;
    assert_eq!(
        said,
        "no column `text` in the header, which has `id`, `body`; \
         name the column that holds the text `text`"
    );
    assert_eq!(read("a.csv", "").1.len(), 1);
    assert_eq!(read("a.csv", "text\n"), (vec![], vec![]));
}

#[test]
fn csv_of_another_encoding_is_read_with_one_warning() {
    let rows =
        b"text,titre\nRen\xe9 a d\xe9clar\xe9 la v\xe9rit\xe9,\xe9t\xe9\n\xe9t\xe9 fran\xe7ais,b\n";
    let (documents, problems) = read("a.csv", rows);
    assert_eq!(
        texts(&documents),
        ["René a déclaré la vérité", "été français"]
    );
    assert_eq!(documents[0].fields.get("titre").unwrap(), "été");
    assert_eq!(lines(&problems), [Some(2)]);
}

#[test]
fn a_folder_is_read_in_the_order_of_its_paths() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "b.txt",
        "a/z.md",
        "a.txt",
        "B.txt",
        ".hidden.txt",
        "c.pdf",
        "d.docx",
        "x/.h/e.txt",
    ] {
        put(folder.path(), name, name);
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), folder.path().join("x/loop")).unwrap();
    let root = folder.path().to_str().unwrap();
    let (documents, problems, _) = read_with(root, &IngestParams::default());
    assert_eq!(texts(&documents), ["B.txt", "a.txt", "a/z.md", "b.txt"]);
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0]
            .message
            .starts_with("2 files left out and 4 read")
    );
    assert_eq!(problems[0].severity, Severity::Warning);
    fs::create_dir(folder.path().join("empty")).unwrap();
    let (documents, problems, _) = read_with(&format!("{root}/empty"), &IngestParams::default());
    assert_eq!((documents.len(), problems.len()), (0, 1));
}

#[test]
fn a_glob_matches_as_a_shell_would() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.txt", "a.txt", ".c.txt", "d/e.txt", "d/f.md", "g[1].txt"] {
        put(folder.path(), name, name);
    }
    let root = folder.path().to_str().unwrap();
    let seen = |pattern: &str| {
        let (documents, _, _) = read_with(&format!("{root}/{pattern}"), &IngestParams::default());
        texts(&documents).join(" ")
    };
    assert_eq!(seen("*.txt"), "a.txt b.txt g[1].txt");
    assert_eq!(seen("**/*.txt"), "a.txt b.txt d/e.txt g[1].txt");
    assert_eq!(seen("?.txt"), "a.txt b.txt");
    assert_eq!(seen("d*"), "d/e.txt d/f.md");
    assert_eq!(seen("*/*.md"), "d/f.md");
    // A name that is there is no pattern.
    assert_eq!(seen("g[1].txt"), "g[1].txt");
    let error = open(&[format!("{root}/*.none")], &IngestParams::default()).unwrap_err();
    assert!(
        error.to_string().contains("no file matches the pattern"),
        "{error}"
    );
}

#[test]
fn what_is_not_there_ends_the_work() {
    let error = open(&["no/such.txt".to_owned()], &IngestParams::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("no/such.txt: no such file or folder; ")
    );
    let twice = ["-".to_owned(), "-".to_owned()];
    assert!(open(&twice, &IngestParams::default()).is_err());
}

#[test]
fn a_document_is_named_by_id_place_or_path() {
    let mut document = Document {
        place: Place::line("-", 3),
        ..Document::default()
    };
    assert_eq!(document.name(), "-:3");
    document.place = Place::file("a.txt");
    assert_eq!(document.name(), "a.txt");
    document.id = Some("x".to_owned());
    assert_eq!(document.name(), "x");
}

fn parts(bytes: &[u8], part_bytes: usize) -> (Vec<Document>, Vec<Problem>) {
    let (_folder, path) = file("a.txt", bytes);
    let params = IngestParams {
        part_bytes,
        ..IngestParams::default()
    };
    let (documents, problems, counts) = read_with(&path, &params);
    assert_eq!(counts.documents, 1);
    (documents, problems)
}

/// The parts put together, once it is seen that each says rightly where it starts.
fn put_together(parts: &[Document]) -> String {
    let mut whole = String::new();
    for part in parts {
        let start = (!whole.is_empty()).then_some(whole.len());
        assert_eq!(part.continues, start);
        whole.push_str(&part.text);
    }
    whole
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn parts_are_the_text(text in "([a-z é“\u{feff}]{0,9}[\n\r]{0,2}){0,40}", part_bytes in 1usize..60) {
        let (documents, problems) = parts(text.as_bytes(), part_bytes);
        let decoded = text.strip_prefix('\u{feff}').unwrap_or(&text);
        prop_assert_eq!(put_together(&documents), decoded);
        prop_assert!(problems.iter().all(|p| p.message == "no text"));
        prop_assert!(documents.iter().all(|d| d.text.len() <= part_bytes.max(3)));
    }

    #[test]
    fn parts_of_any_bytes_hold_together(bytes in prop::collection::vec(1u8..=255, 0..300), part_bytes in 1usize..60) {
        let (documents, problems) = parts(&bytes, part_bytes);
        put_together(&documents);
        let lost = problems.iter().filter(|p| p.message != "no text");
        prop_assert!(lost.count() <= 1);
    }

    #[test]
    fn utf16_comes_in_parts_too(text in "[a-z é“𝄞\n]{0,99}", part_bytes in 1usize..40) {
        let (documents, _) = parts(&utf16(&text, true), part_bytes);
        prop_assert_eq!(put_together(&documents), text);
    }

    #[test]
    fn any_bytes_are_read_in_any_format(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for name in ["a.csv", "a.tsv", "a.jsonl", "a.md", "a"] {
            read(name, &bytes);
        }
    }
}
