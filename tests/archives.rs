//! Zip archives are read as folders are: what is good in one is read, what is bad is told with its place in it.

mod common;

use common::zips::Zip;
use common::{gzipped as gzip, read_bytes};
use demarche::ingest::{Document, IngestParams, Problem, Severity};

fn read(name: &str, bytes: &[u8]) -> (Vec<Document>, Vec<Problem>) {
    read_bytes(name, bytes, &IngestParams::default())
}

fn texts(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|d| d.text.as_str()).collect()
}

/// The parts of the places behind the archive's name, with what is said of them.
fn said(problems: &[Problem]) -> Vec<(&str, &str, Severity)> {
    problems
        .iter()
        .map(|p| {
            let place = p
                .place
                .path
                .split_once('!')
                .map_or("", |(_, inside)| inside);
            (place, p.message.as_str(), p.severity)
        })
        .collect()
}

#[test]
fn files_of_an_archive_are_read_by_their_names_in_order() {
    let zip = Zip::new()
        .stored("b/rows.csv", b"id,text\n7,a row\n")
        .deflated("a.txt", b"plain text")
        .deflated("c.jsonl.gz", &gzip(b"{\"text\": \"packed twice\"}\n"))
        .deflated("page.html", b"<title>Talks</title><p>one<p>two")
        .deflated("notes.docx", b"left out")
        .deflated(".hidden/x.txt", b"hidden")
        .deflated("__MACOSX/a.txt", b"hidden")
        .bytes();
    for (name, bytes) in [
        ("a.zip", zip.clone()),
        ("unnamed", zip.clone()),
        ("a.zip.gz", gzip(&zip)),
    ] {
        let (documents, problems) = read(name, &bytes);
        assert_eq!(
            texts(&documents),
            ["plain text", "a row", "packed twice", "one\n\ntwo"],
            "{name}"
        );
        assert!(documents[0].name().ends_with("!a.txt"));
        assert!(documents[2].name().ends_with("!c.jsonl.gz:1"));
        assert_eq!(documents[3].title.as_deref(), Some("Talks"));
        let said = said(&problems);
        assert_eq!(said.len(), 1, "{problems:?}");
        assert_eq!(said[0].2, Severity::Warning);
        assert!(
            said[0].1.starts_with("1 file left out and 4 read"),
            "{}",
            said[0].1
        );
        assert!(said[0].1.contains("!notes.docx"), "{}", said[0].1);
    }
}

#[test]
fn what_is_wrong_with_one_file_loses_no_other() {
    let mut zip = Zip::new()
        .encrypted("a.txt", b"secret")
        .stored("b.txt", b"the checksum of this is wrong")
        .stored("../c.txt", b"out")
        .stored("/d.txt", b"out")
        .stored("C:\\e.txt", b"out")
        .cut(
            "f.txt",
            b"the end of this is missing, as far as its length tells",
        )
        .link("g.txt", b"/etc/passwd")
        .method("h.txt", 14, b"lzma")
        .deflated("z.txt", b"good")
        .bytes();
    let at = zip.windows(8).position(|w| w == b"checksum").unwrap();
    zip[at] = b'C';
    let (documents, problems) = read("a.zip", &zip);
    let texts = texts(&documents);
    assert_eq!(texts.last(), Some(&"good"));
    assert!(
        texts.contains(&"the Checksum of this is wrong"),
        "{texts:?}"
    );
    assert!(
        !texts
            .iter()
            .any(|text| text.contains("out") || text.contains("secret"))
    );
    let said = said(&problems);
    let expected = [
        ("../c.txt", "leads out of the archive"),
        ("/d.txt", "leads out of the archive"),
        ("C:/e.txt", "leads out of the archive"),
        ("a.txt", "encrypted"),
        (
            "b.txt",
            "the zip data is damaged here (its checksum does not match)",
        ),
        ("f.txt", "the zip data is"),
        ("g.txt", "a link"),
        ("h.txt", "method 14 (LZMA)"),
    ];
    assert_eq!(said.len(), expected.len(), "{problems:?}");
    for ((place, message, severity), (name, part)) in said.iter().zip(expected) {
        assert_eq!((*place, *severity), (name, Severity::Skipped));
        assert!(message.contains(part), "{name}: {message}");
    }
}

#[test]
fn archives_in_archives_are_read_as_deep_as_the_cap() {
    let inner = Zip::new().deflated("in.txt", b"innermost").bytes();
    let middle = Zip::new()
        .stored("inner.zip", &inner)
        .deflated("m.txt", b"middle")
        .bytes();
    let outer = Zip::new().deflated("middle.zip.gz", &gzip(&middle)).bytes();
    let (documents, problems) = read("o.zip", &outer);
    assert_eq!(texts(&documents), ["innermost", "middle"]);
    assert!(
        documents[0]
            .name()
            .ends_with("o.zip!middle.zip.gz!inner.zip!in.txt")
    );
    assert!(problems.is_empty(), "{problems:?}");
    let params = IngestParams {
        max_archive_depth: 2,
        ..IngestParams::default()
    };
    let (documents, problems) = read_bytes("o.zip", &outer, &params);
    assert_eq!(texts(&documents), ["middle"]);
    assert_eq!(said(&problems)[0].0, "middle.zip.gz!inner.zip");
    assert!(problems[0].message.contains("--max-archive-depth"));
}

#[test]
fn a_bomb_among_files_ends_itself_alone() {
    let zip = Zip::new()
        .deflated("a.jsonl", &vec![b'a'; 40 << 20])
        .deflated("z.txt", b"good")
        .bytes();
    let (documents, problems) = read("a.zip", &zip);
    assert_eq!(texts(&documents), ["good"]);
    assert_eq!(said(&problems).len(), 1, "{problems:?}");
    assert_eq!(said(&problems)[0].0, "a.jsonl");
    assert!(
        problems[0].message.contains("more than 250 times its size"),
        "{}",
        problems[0]
    );
}

#[test]
fn an_archive_is_bounded_as_a_whole() {
    // Each file is small enough for a file; together they are a bomb, though they share their bytes.
    let part = vec![b'a'; 15 << 20];
    let zip = Zip::new().deflated("0.jsonl", &part).repeated(400).bytes();
    let (_, problems) = read("a.zip", &zip);
    let last = problems.last().unwrap();
    let said = "more files of the archive were not read";
    assert!(last.message.contains(said), "{last}");
    assert!(problems.len() < 30, "{}", problems.len());
    let spent = "a.zip together is more than 250 times its size";
    assert!(problems.iter().any(|p| p.message.contains(spent)));
    let params = IngestParams {
        max_ratio: 10_000,
        max_unpacked_bytes: 40 << 20,
        ..IngestParams::default()
    };
    let (_, problems) = read_bytes("a.zip", &zip, &params);
    let spent = "--max-unpacked allows more";
    assert!(
        problems.iter().any(|p| p.message.contains(spent)),
        "{problems:?}"
    );
    // What inner archives unpack to counts against the outer one.
    let inner = Zip::new().deflated("0.jsonl", &part).repeated(1).bytes();
    let nested = Zip::new().stored("a.zip", &inner).stored("b.zip", &inner);
    let (_, problems) = read_bytes("n.zip", &nested.bytes(), &params);
    let spent = "n.zip together is more than";
    assert!(
        problems.iter().any(|p| p.message.contains(spent)),
        "{problems:?}"
    );
}

#[test]
fn entries_are_bounded() {
    let mut zip = Zip::new();
    for n in 0..5 {
        zip = zip.stored(&format!("{n}.txt"), b"text");
    }
    let params = IngestParams {
        max_entries: 3,
        ..IngestParams::default()
    };
    let (documents, problems) = read_bytes("a.zip", &zip.bytes(), &params);
    assert_eq!(documents.len(), 3);
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].message.contains("more than 3 entries"),
        "{}",
        problems[0]
    );
    assert_eq!(problems[0].severity, Severity::Skipped);
}

#[test]
fn what_is_no_archive_says_so() {
    let zip = Zip::new().stored("a.txt", b"text").bytes();
    let (documents, problems) = read("a.zip", &zip[..zip.len() / 2]);
    assert!(documents.is_empty());
    assert!(
        problems[0].message.contains("cut short or damaged"),
        "{}",
        problems[0]
    );
    let (_, problems) = read("a.zip", &Zip::new().bytes());
    assert_eq!(problems[0].message, "the archive holds no file to read");
    let office = Zip::new()
        .stored("[Content_Types].xml", b"<Types/>")
        .stored("a.txt", b"x")
        .bytes();
    let (documents, problems) = read("a.docx", &office);
    assert!(documents.is_empty());
    assert!(
        problems[0].message.contains("office document"),
        "{}",
        problems[0]
    );
}

#[test]
fn a_name_cannot_steer_the_terminal() {
    let zip = Zip::new().encrypted("a\u{1b}[2J\n.txt", b"x").bytes();
    let (_, problems) = read("a.zip", &zip);
    assert!(
        !problems[0].to_string().contains(['\u{1b}', '\n']),
        "{:?}",
        problems[0]
    );
}
