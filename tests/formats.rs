//! Feeds, messages, web archives and packed files, mixed in one folder: what is good is labelled, what is bad
//! is told with its place.

mod common;

use common::{read, read_bytes as read_bytes_with};
use demarche::ingest::{Document, IngestParams, Problem, Severity};
use std::io::Write;

fn read_bytes(name: &str, bytes: &[u8]) -> (Vec<Document>, Vec<Problem>) {
    read_bytes_with(name, bytes, &IngestParams::default())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn rss(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel>\
         <title>The Harbor Post</title><language>en-GB</language>\n{items}</channel></rss>"
    )
}

fn item(n: usize) -> String {
    format!(
        "<item><title>Talks, day {n}</title><link>https://example.org/{n}</link><dc:creator>A. Writer</dc:creator>\
         <pubDate>Tue, 04 Mar 2025 10:00:00 GMT</pubDate>\
         <description>&lt;p&gt;Both sides met.&lt;/p&gt;&lt;p&gt;They will meet again.&lt;/p&gt;</description></item>\n"
    )
}

#[test]
fn a_broken_entry_of_ten_thousand_loses_no_other() {
    let items: String = (0..10_000)
        .map(|n| match n {
            5_000 => "<item><title>Broken <b></title><link>x</item>\n".to_owned(),
            n => item(n),
        })
        .collect();
    let (documents, problems) = read_bytes("a.rss", rss(&items).as_bytes());
    assert_eq!(documents.len(), 9_999);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message.contains("line 5002"), "{}", problems[0]);
    let first = &documents[0];
    assert_eq!(first.id.as_deref(), Some("https://example.org/0"));
    assert_eq!(first.title.as_deref(), Some("Talks, day 0"));
    assert_eq!(first.byline.as_deref(), Some("A. Writer"));
    assert_eq!(first.date, Some(jiff::civil::date(2025, 3, 4)));
    assert_eq!(first.source.as_deref(), Some("The Harbor Post"));
    assert_eq!(first.text, "Both sides met.\n\nThey will meet again.");
}

#[test]
fn atom_and_json_feeds_are_told_by_content() {
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><title>Post</title><entry><id>u:1</id>\
        <title>Chips</title><link href='https://example.org/c'/><updated>2025-03-04T10:00:00Z</updated>\
        <author><name>B. Writer</name></author><content type='text'>Exports fell.</content></entry></feed>";
    let (documents, problems) = read_bytes("a", atom.as_bytes());
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(documents[0].text, "Exports fell.");
    assert_eq!(documents[0].byline.as_deref(), Some("B. Writer"));
    let json = r#"{"version": "https://jsonfeed.org/version/1.1", "title": "Post", "items": [
        {"id": "1", "url": "https://example.org/j", "content_html": "<p>One.</p>"},
        {"id": "2", "content_text": "lone \ud800 surrogate"}, {"id": 3, "content_text": "Three."}]}"#;
    let (documents, problems) = read_bytes("feed.json", json.as_bytes());
    let texts: Vec<_> = documents.iter().map(|d| d.text.as_str()).collect();
    assert_eq!(texts, ["One.", "Three."]);
    assert!(problems[0].message.starts_with("item 2 cannot be read"));
}

#[test]
fn messages_and_saved_pages_are_documents() {
    let eml = "From: Desk <desk@example.org>\r\nSubject: =?utf-8?q?Tariffs_=E2=80=94_note?=\r\n\
        Date: Tue, 4 Mar 2025 10:00:00 +0000\r\nMIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        The ministry objected=\r\n strongly.\r\n";
    let (documents, problems) = read_bytes("unnamed", eml.as_bytes());
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(documents[0].title.as_deref(), Some("Tariffs — note"));
    assert_eq!(documents[0].byline.as_deref(), Some("Desk"));
    assert_eq!(documents[0].text.trim(), "The ministry objected strongly.");
    let mhtml = "From: <Saved by a browser>\r\nSnapshot-Content-Location: https://example.org/p\r\n\
        Subject: Page\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; type=\"text/html\"; boundary=\"b\"\r\n\
        \r\n--b\r\nContent-Type: text/html\r\n\r\n<p>One.<p>Two.\r\n--b\r\nContent-Type: image/png\r\n\
        Content-Transfer-Encoding: base64\r\n\r\naGk=\r\n--b--\r\n";
    let (documents, _) = read_bytes("p.mhtml", mhtml.as_bytes());
    assert_eq!(documents[0].text, "One.\n\nTwo.");
    assert_eq!(documents[0].url.as_deref(), Some("https://example.org/p"));
}

fn warc_record(kind: &str, url: &str, content: &str) -> String {
    format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nContent-Type: text/plain\r\n\
         Content-Length: {}\r\n\r\n{content}\r\n\r\n",
        content.len()
    )
}

fn warc() -> Vec<u8> {
    let page = |n: usize| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n";
        let content = format!(
            "{head}<p>Page {n}.<p>{}",
            "Trade talks went on. ".repeat(50)
        );
        warc_record("response", &format!("https://example.org/{n}"), &content)
    };
    let image = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\nx";
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n\
        4\r\nBoth\r\n6\r\n sides\r\n0\r\n\r\n";
    [
        warc_record("warcinfo", "", "software: x"),
        page(0),
        warc_record("response", "https://example.org/i", image),
        warc_record("response", "https://example.org/c", chunked),
        warc_record("conversion", "https://example.org/t", "Plain text."),
        page(1),
        page(2),
    ]
    .iter()
    .flat_map(|record| gzip(record.as_bytes()))
    .collect()
}

#[test]
fn a_warc_is_read_by_records_and_one_cut_in_half_up_to_the_cut() {
    let (documents, problems) = read_bytes("a.warc.gz", &warc());
    let texts: Vec<_> = documents.iter().map(|d| &d.text[..5]).collect();
    assert_eq!(texts, ["Page ", "Both ", "Plain", "Page ", "Page "]);
    assert_eq!(documents[0].url.as_deref(), Some("https://example.org/0"));
    assert!(problems[0].message.contains("1 image/png"), "{problems:?}");
    let whole = warc();
    let (documents, problems) = read_bytes("a.warc.gz", &whole[..whole.len() - 60]);
    assert_eq!(documents.len(), 4);
    assert!(
        problems
            .iter()
            .any(|p| p.message.contains("cut short here"))
    );
}

#[test]
fn a_bomb_is_told_and_the_rest_of_the_folder_read() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let zeros = vec![b'a'; 40 << 20];
    put("bomb.jsonl.gz", &gzip(&zeros));
    put("bomb.txt.zst", &zstd(&zeros));
    put("good.txt.zst", &zstd(b"The ministry objected."));
    let two = [zstd(b"{\"text\": \"a\"}\n"), zstd(b"{\"text\": \"b\"}\n")].concat();
    put("two.jsonl.zst", &two);
    put("feed.rss", rss(&item(1)).as_bytes());
    let (documents, problems) = read(folder.path(), &IngestParams::default());
    let bombs = problems
        .iter()
        .filter(|p| p.message.contains("--max-ratio"));
    assert_eq!(bombs.count(), 2, "{problems:?}");
    for text in [
        "The ministry objected.",
        "a",
        "b",
        "Both sides met.\n\nThey will meet again.",
    ] {
        assert!(documents.iter().any(|d| d.text == text), "{text}");
    }
}

#[test]
fn what_of_a_message_is_not_read_is_told() {
    let part = |head: &str, body: &str| format!("--m\r\n{head}\r\n\r\n{body}\r\n");
    let pdf = "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"note.pdf\"\r\n\
        Content-Transfer-Encoding: base64";
    let eml = [
        "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n",
        &part("Content-Type: text/plain", "First."),
        &part("Content-Type: text/html", "<p>Second &amp; last."),
        &part(pdf, "aGk="),
        &part("Content-Type: image/png", "x"),
        &part("Content-Type: message/rfc822", "From: b@example.org\r\n\r\nInner."),
        "--m--\r\n",
    ]
    .concat();
    let (documents, problems) = read_bytes("a.eml", eml.as_bytes());
    assert_eq!(documents.len(), 1);
    assert!(documents[0].text.contains("First.") && documents[0].text.contains("Second & last."));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].severity, Severity::Warning);
    assert_eq!(
        problems[0].message,
        "3 parts of the message not read: note.pdf (application/pdf), image/png, a message; \
         save what is text as files of its own"
    );
    // The plain twin of a page, and the pictures of a saved one, are nothing that is lost.
    let twins = "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=m\r\n\r\n\
        --m\r\nContent-Type: text/plain\r\n\r\nOnce.\r\n--m\r\nContent-Type: text/html\r\n\r\n<p>Once.\r\n--m--\r\n";
    let (documents, problems) = read_bytes("a.eml", twins.as_bytes());
    assert_eq!((documents[0].text.as_str(), problems.len()), ("Once.", 0));
}

#[test]
fn feeds_named_json_and_xml_are_found_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &str| std::fs::write(folder.path().join(name), bytes).unwrap();
    put("1.xml", &rss(&item(1)));
    put(
        "2.json",
        r#"{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": 1, "content_text": "Two."}]}"#,
    );
    put("3.json", "{\n  \"id\": 3,\n  \"text\": \"Three.\"\n}\n");
    put("4.json", "{\"text\": \"Four.\"}\n{\"text\": \"And.\"}\n");
    put("5.xml", "<?xml version='1.0'?><html><p>Five.</html>");
    put("6.json", "[{\"text\": \"Six.\"}]");
    put("7.json", "{\"name\": \"a package\", \"private\": true}");
    put("8.xml", "<?xml version='1.0'?><urlset><url/></urlset>");
    let (documents, problems) = read(folder.path(), &IngestParams::default());
    let texts: Vec<_> = documents.iter().map(|d| d.text.as_str()).collect();
    let first = "Both sides met.\n\nThey will meet again.";
    assert_eq!(texts, [first, "Two.", "Three.", "Four.", "And.", "Five."]);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[0]
            .message
            .starts_with("2 files left out and 6 read"),
        "{}",
        problems[0]
    );
    assert_eq!(problems[0].severity, Severity::Warning);
    assert!(
        problems[1].message.starts_with("this is a JSON array"),
        "{}",
        problems[1]
    );
    assert_eq!(problems[1].severity, Severity::Skipped);
}

#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_without_its_feature_says_what_mends_it() {
    let (documents, problems) = read_bytes("a", b"PAR1\x15\x04\x15\0\0PAR1");
    assert!(documents.is_empty());
    assert!(
        problems[0].message.contains("--features parquet"),
        "{}",
        problems[0]
    );
    assert_eq!(problems[0].severity, Severity::Skipped);
}
