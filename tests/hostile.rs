//! Inputs made to hang, fill the memory or break what reads them: each is told of with its place, the program ends with 3, and
//! what stands beside it is labelled.

mod common;

use common::zips::Zip;
use common::{Folder, Ran, gzipped as gzip, json_lines};

const GOOD: &str = "Envoys praised the trade deal.";

/// What `classify` says of a folder that holds `bad` and, before and behind it, a good file.
fn beside_good(name: &str, bad: impl AsRef<[u8]>) -> Ran {
    let folder = Folder::with_model();
    folder.put("in/a.txt", GOOD);
    folder.put(&format!("in/{name}"), bad);
    folder.put("in/z.txt", GOOD);
    let ran = folder.run("classify --model m.demarche in --format jsonl");
    assert_eq!(ran.code, 3, "{name}: {}", ran.stderr);
    let docs: Vec<_> = json_lines(&ran.stdout)
        .iter()
        .map(|p| p["doc"].clone())
        .collect();
    assert_eq!(docs.first().unwrap(), "in/a.txt", "{name}");
    assert_eq!(docs.last().unwrap(), "in/z.txt", "{name}");
    ran
}

/// How many paragraphs were labelled of the file between the good ones.
fn n_of_bad(ran: &Ran) -> usize {
    json_lines(&ran.stdout).len() - 2
}

fn item(n: usize) -> String {
    format!(
        "<item><title>Day {n}</title><link>https://example.org/{n}</link>\
         <description>Envoys met on day {n}.</description></item>\n"
    )
}

#[test]
fn a_hundred_thousand_nested_elements() {
    let ran = beside_good("m.html", format!("<html>{}deep", "<div>".repeat(100_000)));
    ran.says(&[
        "in/m.html",
        "10000 elements within each other",
        "--max-nesting",
    ]);
    assert_eq!(n_of_bad(&ran), 0);
}

#[test]
fn a_gzip_bomb() {
    let ran = beside_good("m.jsonl.gz", gzip(vec![b'a'; 40 << 20]));
    ran.says(&[
        "in/m.jsonl.gz",
        "more than 250 times its size",
        "--max-ratio",
    ]);
    assert_eq!(n_of_bad(&ran), 0);
}

#[test]
fn a_zip_bomb_and_a_good_file_beside_it_in_the_archive() {
    let bomb = Zip::new()
        .deflated("0.jsonl", &vec![b'a'; 40 << 20])
        .deflated("1.txt", GOOD.as_bytes())
        .bytes();
    let ran = beside_good("m.zip", bomb);
    ran.says(&[
        "in/m.zip!0.jsonl",
        "more than 250 times its size",
        "--max-ratio",
    ]);
}

#[test]
fn a_web_archive_cut_in_half() {
    let record = |n: usize| {
        let text = format!("Envoys met on day {n}.");
        let length = text.len();
        format!(
            "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: https://example.org/{n}\r\n\
             Content-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{text}\r\n\r\n"
        )
    };
    let whole: String = (0..9).map(record).collect();
    let half = &whole[..record(0).len() * 9 / 2];
    let ran = beside_good("m.warc", half);
    ran.says(&["in/m.warc", "cut short here"]);
    assert_eq!(n_of_bad(&ran), 4);
    let packed: Vec<u8> = (0..9).flat_map(|n| gzip(record(n).as_bytes())).collect();
    let ran = beside_good("m.warc.gz", &packed[..packed.len() / 2]);
    ran.says(&["in/m.warc.gz", "cut short here"]);
    assert_eq!(n_of_bad(&ran), 4);
}

#[test]
fn bytes_that_are_mostly_nul() {
    let ran = beside_good("m.txt", vec![0; 100_000]);
    ran.says(&["in/m.txt", "NUL bytes"]);
    assert_eq!(n_of_bad(&ran), 0);
}

#[test]
fn lone_surrogates_in_json() {
    let rows = "{\"text\": \"Envoys met.\"}\n{\"text\": \"half \\ud83d of a pair\"}\n{\"text\": \"\\udc00\"}\n\
                {\"text\": \"Envoys met again.\", \"title\": \"\\ud83d\\ude00\"}\n";
    let ran = beside_good("m.jsonl", rows);
    ran.says(&["in/m.jsonl:2: not JSON", "in/m.jsonl:3: not JSON"]);
    assert_eq!(n_of_bad(&ran), 2);
}

#[test]
fn a_feed_of_ten_thousand_entries_with_a_bad_one() {
    let items: String = (0..10_000)
        .map(|n| match n {
            7_000 => "<item><title>Broken <b></title></item>\n".to_owned(),
            n => item(n),
        })
        .collect();
    let feed =
        format!("<rss version=\"2.0\"><channel><title>Post</title>\n{items}</channel></rss>");
    let ran = beside_good("m.xml", feed);
    ran.says(&["in/m.xml", "the entry on line 7002 cannot be read"]);
    assert_eq!(n_of_bad(&ran), 9_999);
}

#[test]
fn a_page_that_takes_longer_than_it_may() {
    let folder = Folder::with_model();
    folder.put(
        "a.html",
        format!("<html>{}", "<p>Envoys met.".repeat(20_000)),
    );
    folder.put("z.txt", GOOD);
    let ran = folder.run("classify --model m.demarche a.html z.txt --format jsonl --max-seconds 0");
    assert_eq!(ran.code, 3);
    ran.says(&[
        "a.html: the page took longer than 0 s",
        "--max-seconds allows more",
    ]);
    assert_eq!(json_lines(&ran.stdout).len(), 1);
}

#[test]
fn a_feed_of_brackets_alone_takes_no_time() {
    // Each `<` might begin a name that never ends.
    let feed = format!("<rss><channel>{}", "<".repeat(1 << 20));
    let folder = Folder::with_model();
    folder.put("a.rss", feed);
    let started = std::time::Instant::now();
    folder.run("classify --model m.demarche a.rss");
    assert!(started.elapsed().as_secs() < 60);
}

#[test]
fn elements_and_messages_within_each_other_without_end() {
    let n = 200_000;
    let feed = format!(
        "<rss xmlns:media=\"http://search.yahoo.com/mrss/\"><channel>{}<item><title>x</title>{}</item>{}</channel></rss>",
        item(1),
        "<media:group>".repeat(n),
        item(2)
    );
    let ran = beside_good("m.rss", feed);
    ran.says(&["in/m.rss", "nests more than 256 elements"]);
    assert_eq!(n_of_bad(&ran), 2);
    let head = "From: a@example.org\r\nMIME-Version: 1.0\r\n";
    let message = format!(
        "{head}{}text",
        "Content-Type: message/rfc822\r\n\r\n".repeat(n)
    );
    let folder = Folder::with_model();
    folder.put("a.eml", message);
    folder.put("z.txt", GOOD);
    let ran = folder.run("classify --model m.demarche a.eml z.txt --format jsonl");
    ran.says(&["a.eml: 1 part of the message not read: a message"]);
}

/// A message that the crate which reads it panics at; found by fuzzing.
#[test]
fn a_message_that_cannot_be_taken_apart_costs_itself_alone() {
    let bad = include_bytes!("../fixtures/malformed/parts-without-whole.eml");
    let ran = beside_good("m.eml", bad);
    assert_eq!(n_of_bad(&ran), 0);
    ran.says(&["in/m.eml: the message is damaged"]);
}

/// More than a document may be labelled in no time at all, as each takes a look at the clock now and then.
#[test]
fn a_text_that_takes_longer_to_label_than_it_may() {
    let folder = Folder::with_model();
    folder.put("a.txt", format!("{GOOD}\n\n").repeat(20_000));
    folder.put("b.jsonl", format!("{{\"text\": \"{GOOD}\"}}\n").repeat(9));
    folder.put("z.txt", GOOD);
    for by in ["paragraph", "article"] {
        let line =
            format!("classify --model m.demarche a.txt b.jsonl z.txt --by {by} --max-seconds 0");
        let ran = folder.run(&format!("{line} --format jsonl"));
        assert_eq!(ran.code, 3);
        ran.says(&[
            "a.txt: labelling took longer than 0 s and was broken off at byte",
            "--max-seconds allows more",
            "1 record was skipped",
        ]);
        let docs = json_lines(&ran.stdout);
        assert_eq!(
            docs.last().unwrap()[if by == "article" { "article" } else { "doc" }],
            "z.txt"
        );
        if by == "paragraph" {
            let of_a = docs.iter().filter(|p| p["doc"] == "a.txt").count();
            assert!((100..20_000).contains(&of_a), "{of_a}");
            assert_eq!(docs.len(), of_a + 10);
        }
    }
}

/// Each try of the search for words that a label hangs on reads the whole paragraph, and there are hundreds.
#[test]
fn a_paragraph_whose_reasons_take_longer_than_they_may() {
    let folder = Folder::with_model();
    folder.put("a.txt", format!("{GOOD} ").repeat(20_000));
    folder.put("z.txt", GOOD);
    let line = "classify --model m.demarche a.txt z.txt --explain 3 --format jsonl --max-seconds 0";
    let ran = folder.run(line);
    assert_eq!(ran.code, 3);
    ran.says(&["a.txt: labelling took longer than 0 s and was broken off at byte 0 of the text"]);
    assert_eq!(json_lines(&ran.stdout).len(), 1);
}

#[test]
fn a_message_of_more_parts_than_there_is_time_for() {
    let folder = Folder::with_model();
    let part = format!("--b\r\nContent-Type: text/plain\r\n\r\n{GOOD}\r\n");
    let head = "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    folder.put("a.eml", format!("{head}{}--b--\r\n", part.repeat(2000)));
    folder.put("z.eml", format!("{head}{part}--b--\r\n"));
    let ran = folder.run("classify --model m.demarche a.eml z.eml --format jsonl --max-seconds 0");
    assert_eq!(ran.code, 3);
    ran.says(&[
        "a.eml: the message took longer than 0 s to read",
        "--max-seconds allows more",
    ]);
    assert_eq!(json_lines(&ran.stdout).len(), 1);
}

/// The crate that reads messages takes time that grows with the square of such a header.
#[test]
fn a_message_with_a_header_of_megabytes() {
    let parameters: String = (0..400_000).map(|i| format!("; a*{i}=b")).collect();
    let head = "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: text/plain";
    let started = std::time::Instant::now();
    for between in ["", "\r\n "] {
        let parameters = parameters.replace(';', &format!("{between};"));
        let ran = beside_good("m.eml", format!("{head}{parameters}\r\n\r\n{GOOD}"));
        ran.says(&["in/m.eml: a header of the message", "more than 65536 bytes"]);
        assert_eq!(n_of_bad(&ran), 0);
    }
    assert!(started.elapsed().as_secs() < 60);
}

/// Each row has a cell for every field of all, so fields of one's own make many columns.
#[test]
fn a_row_of_a_hundred_thousand_fields_takes_no_time_as_csv() {
    let fields: String = (0..100_000).map(|i| format!(",\"f{i}\":1")).collect();
    let folder = Folder::with_model();
    folder.put("a.jsonl", format!("{{\"text\":\"{GOOD}\"{fields}}}\n"));
    let started = std::time::Instant::now();
    let ran = folder.run("classify --model m.demarche a.jsonl --format csv");
    assert!(started.elapsed().as_secs() < 60);
    ran.says(&[
        "beyond 16000, are left out: ",
        "and 83980 more; --format jsonl keeps them",
    ]);
    let header = ran.stdout.lines().next().unwrap();
    assert_eq!(header.matches("input.f").count(), 16_000);
}

#[test]
fn a_table_of_a_hundred_thousand_paragraphs_takes_no_time() {
    let folder = Folder::with_model();
    folder.put("a.txt", "Envoys met.\n\n".repeat(100_000));
    let started = std::time::Instant::now();
    let table = folder.output("classify --model m.demarche a.txt");
    assert!(started.elapsed().as_secs() < 60);
    assert!(table.lines().count() > 100_000);
}

#[test]
fn a_page_in_a_web_archive_that_is_a_bomb() {
    let record = |packed: &[u8]| {
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n";
        let length = head.len() + packed.len();
        let warc = format!("WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {length}\r\n\r\n");
        [warc.as_bytes(), head, packed, b"\r\n\r\n"].concat()
    };
    let bomb = record(&gzip(vec![b' '; 40 << 20]));
    let good = record(&gzip(format!("<p>{GOOD}")));
    let ran = beside_good("m.warc", [bomb, good].concat());
    ran.says(&[
        "in/m.warc",
        "the content is more than 250 times its size when decompressed",
        "--max-ratio",
    ]);
    assert_eq!(n_of_bad(&ran), 1);
}
