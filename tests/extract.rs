//! `demarche extract`, and pages of HTML in `classify`.

mod common;

use common::{Folder, all};
use serde_json::{Value, json};

/// A page whose body says what the rows of the model's training say, with a menu, a caption and a footer.
const PAGE: &str = "<!DOCTYPE html><html lang=en><head><title>Tariff talks</title>\
<meta property=article:published_time content=2025-03-04><link rel=canonical href=https://example.org/a></head>\
<body><nav><a href=/>Home</a><a href=/w>World</a></nav><main><h1>Tariff talks</h1>\
<p>Beijing raised tariffs on <b>American</b> steel and threatened Taiwan with warships.</p>\
<figure><img src=a.jpg><figcaption>Photo: click here to share</figcaption></figure>\
<p>Envoys praised the trade deal.<p>They agreed to meet again &amp; talk.\
</main><footer>All rights reserved. Click here to share.</footer>";

fn with_page() -> Folder {
    let folder = Folder::with_model();
    folder.put("page.html", PAGE);
    folder
}

#[test]
fn text_is_body_paragraphs_with_empty_lines_between() {
    let folder = with_page();
    let said = folder.output("extract --model m.demarche page.html");
    assert!(said.contains("American steel and threatened Taiwan with warships.\n\nEnvoys praised"));
    assert!(!said.contains("All rights reserved"), "{said}");
    assert!(
        said.ends_with("They agreed to meet again & talk.\n"),
        "{said}"
    );
    let all = folder.output("extract --model m.demarche page.html --keep all");
    assert!(
        all.contains("\n\nAll rights reserved. Click here to share.\n"),
        "{all}"
    );
    assert!(
        all.starts_with("Home World\n\nTariff talks\n\nBeijing"),
        "{all}"
    );
}

/// What `extract --signs` prints is what `train --signs` reads.
#[test]
fn signs_say_where_paragraphs_stand_and_can_be_trained_on() {
    let folder = with_page();
    let said =
        folder.jsonl("extract --model m.demarche page.html --keep all --format jsonl --signs");
    let signs = all(&said, "signs");
    let has = |i: usize, fact: &str| {
        let facts = signs[i].as_str().unwrap().split(' ');
        facts.into_iter().any(|f| f == fact)
    };
    assert!(
        has(0, "in=nav") && has(0, "links=most") && has(1, "headline=is"),
        "{signs:?}"
    );
    assert!(
        has(2, "tag=p") && has(3, "tag=figcaption") && has(6, "in=footer"),
        "{signs:?}"
    );
    let rows: Vec<Value> = (said.into_iter().cycle().take(40).enumerate())
        .map(|(i, mut row)| {
            let text = row["signs"].as_str().unwrap().contains("tag=p ");
            row["kind"] = json!(if text { "body" } else { "boilerplate" });
            row["text"] = json!(format!("words {i}"));
            row
        })
        .collect();
    let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
    folder.put("rows.jsonl", rows.join("\n"));
    folder
        .output("train rows.jsonl --task kind:single --signs --no-search --no-cv -o gate.demarche");
    let said = folder.output("extract --model gate.demarche page.html");
    assert!(
        said.starts_with("Beijing raised") && said.ends_with("talk.\n"),
        "{said}"
    );
    let why = folder.output("classify --model gate.demarche page.html --explain 9");
    assert!(why.contains("@tag=p +"), "{why}");
    (folder.run("extract --model m.demarche page.html --signs")).refused(&["--format jsonl"]);
}

#[test]
fn objects_say_where_paragraphs_stand_and_why_they_are_kept() {
    let folder = with_page();
    let said = folder.jsonl("extract --model m.demarche page.html --keep all --format jsonl");
    assert_eq!(all(&said, "paragraph"), [0, 1, 2, 3, 4, 5, 6]);
    for paragraph in &said {
        let span = |start: &str, end: &str| {
            let at = |name: &str| paragraph[name].as_u64().unwrap() as usize;
            at(start)..at(end)
        };
        let source = &PAGE[span("source_start", "source_end")];
        let text = paragraph["text"].as_str().unwrap();
        let first = text.split(' ').next().unwrap();
        assert!(source.starts_with(first), "{source}");
        let kept = paragraph["probability"].as_f64().unwrap() >= 0.5;
        assert_eq!(kept, paragraph["kind"] == "body");
        assert_eq!(paragraph["input"]["url"], "https://example.org/a");
        assert_eq!(paragraph["input"]["date"], "2025-03-04");
    }
    let first = &said[2];
    assert_eq!(
        first["text"],
        "Beijing raised tariffs on American steel and threatened Taiwan with warships."
    );
    let source = first["source_start"].as_u64().unwrap() as usize
        ..first["source_end"].as_u64().unwrap() as usize;
    assert!(PAGE[source].contains("<b>American</b>"));
}

#[test]
fn classify_labels_a_page_and_keeps_what_it_is_told_to() {
    let folder = with_page();
    let line = "classify --model m.demarche page.html --format jsonl";
    let whole = folder.jsonl(line);
    let body = folder.jsonl(&format!("{line} --keep body"));
    assert_eq!(whole.len(), 7);
    let of_kind: Vec<Value> = (whole.iter().filter(|p| p["kind"] == "body"))
        .cloned()
        .collect();
    assert_eq!(body, of_kind);
    let footer = &whole[6];
    assert_eq!(
        (&footer["kind"], &footer["tone"]),
        (&json!("boilerplate"), &Value::Null)
    );
    assert!(footer["scores"]["kind"]["boilerplate"].as_f64().unwrap() > 0.5);
    // The same page from standard input, and gzipped.
    let page = folder.run_with("classify --model m.demarche - --format jsonl", PAGE);
    assert_eq!(page.stdout.lines().count(), 7);
    folder.put("page.html.gz", common::gzipped(PAGE));
    assert_eq!(
        folder
            .jsonl(&line.replace("page.html", "page.html.gz"))
            .len(),
        7
    );
}

#[test]
fn a_page_that_cannot_be_read_is_told_of_and_the_rest_is_printed() {
    let folder = with_page();
    folder.put(
        "deep.html",
        format!("<html>{}deep", "<div>".repeat(100_000)),
    );
    let ran = folder.run("extract --model m.demarche deep.html page.html");
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("deep.html: the page nests more than 10000"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("Envoys praised the trade deal."));
    let ran = folder.run("extract --model m.demarche deep.html --keep all --max-nesting 200000");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "deep\n"));
}

#[test]
fn numbers_of_paragraphs_are_those_of_the_whole_text() {
    let folder = with_page();
    let said = folder.jsonl("extract --model m.demarche page.html --format jsonl");
    let numbers = all(&said, "paragraph");
    assert!(
        numbers.contains(&&json!(2)) && !numbers.contains(&&json!(6)),
        "{numbers:?}"
    );
}
