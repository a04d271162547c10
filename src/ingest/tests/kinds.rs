//! What a file is, by its name and its content, and what it says in its header.

use super::*;

fn only_problem(name: &str, bytes: impl AsRef<[u8]>) -> Problem {
    let (documents, mut problems) = read(name, bytes);
    assert_eq!(
        (documents.as_slice(), problems.len()),
        (&[][..], 1),
        "{name}"
    );
    let problem = problems.remove(0);
    assert_eq!(problem.severity, Severity::Skipped);
    problem
}

#[test]
fn a_json_array_is_no_prose() {
    for (name, array) in [
        ("unknown", "[\n  {\n    \"text\": \"a\"\n  }\n]\n"),
        ("unknown", " [{\"text\": \"a\"},\n{\"text\": \"b\"}]"),
        ("a.json", "[{\"text\": \"a\"}]"),
        ("a.json", "[\"a\"]"),
        ("a.txt", "[{\"text\": \"a\"}]"),
        ("a.jsonl", "[\n{\"text\": \"a\"},\n{\"text\": \"b\"}\n]"),
        ("a.jsonl", "[{\"text\": \"a\"},\n{\"text\": \"b\"}]"),
    ] {
        let said = only_problem(name, array).message;
        assert_eq!(
            said,
            "this is a JSON array; put one object on a line (JSONL)"
        );
    }
    let said = only_problem("a.jsonl", "[{\"text\": \"a\"}, {\"text\": \"b\"}]").message;
    assert!(said.ends_with("put one object on a line (JSONL)"), "{said}");
    let (documents, problems) = read("a.jsonl", "[{\"text\": \"a\"}]\n{\"text\": \"b\"}\n");
    assert_eq!((texts(&documents), problems.len()), (vec!["b"], 1));
    assert_eq!(texts(&read("a", "[{sic}] he said").0), ["[{sic}] he said"]);
}

#[test]
fn a_json_file_of_one_object_is_a_row() {
    for object in [
        "{\"id\": 7, \"text\": \"a\"}",
        "{\n  \"id\": 7,\n  \"text\": \"a\"\n}\n",
    ] {
        for name in ["a.json", "a.json.gz"] {
            let (documents, problems) = read(name, object);
            assert_eq!((texts(&documents), problems), (vec!["a"], vec![]));
            assert_eq!(
                (documents[0].name().as_str(), documents[0].format),
                ("7", Format::Jsonl)
            );
        }
    }
    let said = only_problem("a.json", "{\n\"text\": \"a\"\n}\n{\n\"text\": \"b\"\n}\n").message;
    assert!(
        said.contains("not one JSON object") && said.contains("JSONL"),
        "{said}"
    );
    let (documents, _) = read("a.json", "{\"text\": \"a\"}\n{\"text\": \"b\"}\n");
    assert_eq!(texts(&documents), ["a", "b"]);
}

#[test]
fn csv_is_told_by_a_header_with_text() {
    for rows in [
        "id,Text\n1,\"a, b\"\n",
        "id;text\n1;a, b",
        "sep=\t\r\nid\ttext\r\n1\ta, b\r\n",
    ] {
        let (documents, problems) = read("unknown", rows);
        assert_eq!((texts(&documents), problems), (vec!["a, b"], vec![]));
    }
}

#[test]
fn names_of_columns_are_known_in_any_case() {
    let rows = "ID,TEXT,Title,Date,SOURCE,Article,Tone\n1,a,b,2025-01-02,c,d,warm\n";
    let (documents, problems) = read("a.csv", rows);
    assert_eq!(problems, []);
    let row = &documents[0];
    let known = [&row.id, &row.title, &row.source, &row.article];
    assert_eq!(known.map(|v| v.as_deref().unwrap()), ["1", "b", "c", "d"]);
    assert_eq!((row.text.as_str(), row.date), ("a", Some(date(2025, 1, 2))));
    assert_eq!(row.fields.get("Tone").unwrap(), "warm");
    // As it is written goes before any case.
    let (documents, problems) = read("a.csv", "Text,text,,\na,b,,\n");
    assert_eq!((texts(&documents), problems), (vec!["b"], vec![]));
}

#[test]
fn columns_of_the_same_name_are_an_error() {
    for (header, said) in [
        (
            "text,x,x",
            "columns 2 (`x`) and 3 (`x`) are both `x`; rename one of them",
        ),
        (
            "Text,x,TEXT",
            "columns 1 (`Text`) and 3 (`TEXT`) are both `text`; rename one of them",
        ),
    ] {
        let problem = only_problem("a.csv", format!("{header}\n1,2,3\n"));
        assert_eq!(
            (problem.message.as_str(), problem.place.line),
            (said, Some(1))
        );
    }
}

#[test]
fn the_separator_line_of_excel_is_honoured() {
    let (documents, problems) = read("a.csv", "\u{feff}SEP=;\r\nid;text\r\n1;a, b\r\n");
    assert_eq!((texts(&documents), problems), (vec!["a, b"], vec![]));
    let place = &documents[0].place;
    assert_eq!((place.line, place.byte), (Some(3), Some(19)));
    assert_eq!(
        texts(&read("a.tsv", "sep=|\nid|text\n1|a\tb\n").0),
        ["a\tb"]
    );
}

#[test]
fn a_document_without_text_is_delivered_with_a_warning() {
    let rows = "{\"text\": \"\"}\n{\"id\": \"x\", \"text\": \" \\n\"}\n{\"text\": \"a\"}\n";
    let (documents, problems) = read("a.jsonl", rows);
    assert_eq!(texts(&documents), ["", " \n", "a"]);
    assert_eq!(lines(&problems), [Some(1), Some(2)]);
    assert!(problems.iter().all(|p| p.severity == Severity::Warning));
    assert!(problems[0].to_string().ends_with("a.jsonl:1: no text"));
    assert!(
        problems[1]
            .to_string()
            .ends_with("a.jsonl:2: no text in `x`")
    );
    let (documents, problems) = read("a.txt", "");
    assert_eq!(
        (documents.len(), problems[0].message.as_str()),
        (1, "no text")
    );
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_left_out_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a.txt", "a");
    // A socket cannot be opened as a file, and needs no program to be made.
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("b.txt")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("c.txt")).unwrap();
    let root = folder.path().to_str().unwrap();
    for input in [root.to_owned(), format!("{root}/*.txt")] {
        let (documents, problems, _) = read_with(&input, &IngestParams::default());
        assert_eq!(texts(&documents), ["a"]);
        assert_eq!(problems.len(), 2, "{problems:?}");
        for problem in problems {
            assert_eq!(problem.severity, Severity::Warning);
            assert!(
                problem.message.contains("pipe, socket or device"),
                "{problem}"
            );
        }
    }
}

#[test]
fn a_stray_nul_is_kept_and_told_once_and_many_are_no_text() {
    let text = "a\0 word ".to_owned() + &"word ".repeat(60);
    let rows = format!("text\n{text}\n{text}\n");
    for (name, bytes, n) in [("a.txt", &text, 1), ("a.md", &text, 1), ("a.csv", &rows, 2)] {
        let (documents, problems) = read(name, bytes);
        assert_eq!(documents.len(), n, "{name}");
        assert!(documents[0].text.starts_with("a\0 word"));
        assert_eq!(problems.len(), 1, "{name}");
        assert_eq!(problems[0].severity, Severity::Warning);
        assert!(problems[0].message.contains("NUL"), "{}", problems[0]);
    }
    for name in ["a.txt", "a.csv", "a.tsv", "a.jsonl", "unknown"] {
        let said = only_problem(name, "text\n\0a\n".repeat(20)).message;
        assert!(said.contains("NUL"), "{name}: {said}");
    }
}

#[test]
fn a_page_is_told_by_its_beginning_whatever_its_name() {
    for name in ["unknown", "a.txt", "a.csv", "a.jsonl", "a.html"] {
        for page in [
            "\n<!DOCTYPE html>\n<p>a<p>b",
            "<html lang=en><p>a</p><p>b",
            "<?xml version=\"1.0\"?> <!-- saved --> <html><p>a</p><p>b</p></html>",
        ] {
            let (_folder, path) = file(name, page);
            let (documents, problems, _) = read_with(&path, &IngestParams::default());
            assert_eq!(texts(&documents), ["a\n\nb"], "{name}");
            assert_eq!(documents[0].blocks.len(), 2);
            assert_eq!(documents[0].format, Format::Html);
            assert!(problems.is_empty());
        }
        let said = only_problem(name, "{\\rtf1\\ansi a}").message;
        assert!(said.contains("RTF"), "{said}");
    }
    // Who says that it is text is believed, and so is a name.
    let (_folder, path) = file("a.html", "<html>");
    let params = IngestParams {
        format: Some(Format::Text),
        ..IngestParams::default()
    };
    assert_eq!(texts(&read_with(&path, &params).0), ["<html>"]);
    let (_folder, path) = file("a.htm", "<p>a<p>b");
    assert_eq!(
        texts(&read_with(&path, &IngestParams::default()).0),
        ["a\n\nb"]
    );
}

#[test]
fn a_page_fills_the_fields_that_a_row_has() {
    let (_folder, path) = file(
        "a.html",
        "<html lang=en-GB><title>Talks resume</title><meta name=author content='A. Writer'>\
         <meta property=article:published_time content=2025-03-04T10:00:00Z>\
         <link rel=canonical href=https://example.org/a><p>Text.",
    );
    let (documents, _, _) = read_with(&path, &IngestParams::default());
    let document = &documents[0];
    assert_eq!(document.title.as_deref(), Some("Talks resume"));
    assert_eq!(document.byline.as_deref(), Some("A. Writer"));
    assert_eq!(document.url.as_deref(), Some("https://example.org/a"));
    assert_eq!(document.language.as_deref(), Some("en-GB"));
    assert_eq!(document.date, Some(jiff::civil::date(2025, 3, 4)));
    assert_eq!(document.fields.get("byline").unwrap(), "A. Writer");
}

#[test]
fn a_page_that_nests_too_deep_is_told_of_and_the_next_is_read() {
    let folder = tempfile::tempdir().unwrap();
    put(
        folder.path(),
        "a.html",
        format!("<html>{}deep", "<div>".repeat(100_000)),
    );
    let page = format!("<html><p>a\0b<p>unclosed <b>bold {}", "word ".repeat(40));
    put(folder.path(), "b.html", page);
    let root = folder.path().to_str().unwrap();
    let (documents, problems, _) = read_with(root, &IngestParams::default());
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0].blocks.len(), 2);
    let mut skipped = problems.iter().filter(|p| p.severity == Severity::Skipped);
    let problem = skipped.next().unwrap();
    assert!(skipped.next().is_none());
    assert!(
        problem.message.contains("--max-nesting"),
        "{}",
        problem.message
    );
}

#[test]
fn a_page_longer_than_the_cap_is_skipped() {
    let (_folder, path) = file("a.html", format!("<html><p>{}", "a ".repeat(100)));
    let params = IngestParams {
        max_record_bytes: 100,
        ..IngestParams::default()
    };
    let (documents, problems, _) = read_with(&path, &params);
    assert!(documents.is_empty());
    assert!(problems[0].message.contains("longer than 100 bytes"));
}
