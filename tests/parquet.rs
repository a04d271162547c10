//! Parquet, by the feature of that name: rows as those of JSONL, whatever packs them, and damage that loses no good row.

mod common;

use common::zips::Zip;
use common::{Folder, gzipped, json_lines, read_bytes};
use demarche::ingest::{Document, Format, IngestParams, Problem};
use demarche::train::{Gold, TaskSpec, labelled_row};
use serde_json::json;

const PLAIN: &[u8] = include_bytes!("../fixtures/formats/rows-none.parquet");

fn read(name: &str, bytes: &[u8]) -> (Vec<Document>, Vec<Problem>) {
    read_bytes(name, bytes, &IngestParams::default())
}

fn ids(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|d| d.id.as_deref().unwrap()).collect()
}

#[test]
fn rows_are_read_whatever_packs_them() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/formats");
    for codec in ["none", "snappy", "gzip", "zstd", "lz4"] {
        let bytes = std::fs::read(format!("{folder}/rows-{codec}.parquet")).unwrap();
        let zip = Zip::new().deflated("a.parquet", &bytes).bytes();
        for (name, bytes) in [
            ("a.parquet", &bytes),
            ("unnamed", &bytes),
            ("a.parquet.gz", &gzipped(&bytes)),
            ("a.zip", &zip),
        ] {
            let (documents, problems) = read(name, bytes);
            assert_eq!(ids(&documents), ["r1", "r2", "r4"], "{codec} {name}");
            let first = &documents[0];
            assert_eq!(first.format, Format::Parquet);
            assert_eq!(first.text, "Envoys praised the trade deal.");
            assert_eq!(first.title.as_deref(), Some("Deal"));
            assert_eq!(first.source.as_deref(), Some("The Harbor Post"));
            assert_eq!(first.article.as_deref(), Some("a"));
            assert_eq!(first.date, Some(jiff::civil::date(2025, 3, 4)));
            assert_eq!(first.place.line, Some(1));
            assert_eq!(documents[1].title, None);
            assert_eq!(documents[2].fields.get("n"), Some(json!(1u64 << 60)));
            assert_eq!(documents[2].fields.get("score"), Some(json!(null)));
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert_eq!(problems[0].place.line, Some(3));
            assert_eq!(
                problems[0].message,
                "the field `text` is null, not a string"
            );
        }
    }
}

#[test]
fn columns_of_lists_are_labels() {
    let (documents, _) = read("a.parquet", PLAIN);
    let rows: Vec<_> = documents
        .into_iter()
        .map(|document| labelled_row(document, &TaskSpec::detected()).unwrap())
        .collect();
    let multi = |labels: &[&str]| Gold::Multi(labels.iter().map(|&l| l.to_owned()).collect());
    assert_eq!(rows[0].gold.get("topics"), Some(&multi(&["trade"])));
    assert_eq!(
        rows[1].gold.get("topics"),
        Some(&multi(&["tech_controls", "trade"]))
    );
    assert_eq!(rows[2].gold.get("topics"), None);
    assert_eq!(
        rows[1].gold.get("tone"),
        Some(&Gold::Single("confrontational".to_owned()))
    );
}

#[test]
fn classify_keeps_the_other_columns() {
    let folder = Folder::with_model();
    folder.put("in/a.parquet", PLAIN);
    let ran = folder.run("classify --model m.demarche in --format jsonl");
    assert_eq!(ran.code, 3);
    ran.says(&["in/a.parquet:3: the field `text` is null"]);
    let said = json_lines(&ran.stdout);
    assert_eq!(said.len(), 3);
    assert_eq!(said[1]["doc"], "r2");
    assert_eq!(
        said[1]["input"]["topics"],
        json!(["tech_controls", "trade"])
    );
    let from_pipe = folder.run_with("classify --model m.demarche - --format jsonl", PLAIN);
    assert_eq!(json_lines(&from_pipe.stdout).len(), 3);
}

#[test]
fn a_damaged_group_of_rows_loses_no_other() {
    let mut bytes = PLAIN.to_vec();
    // The head of the first page of the first group.
    bytes[4..24].fill(0xff);
    let (documents, problems) = read("a.parquet", &bytes);
    assert_eq!(ids(&documents), ["r4"]);
    assert!(
        problems[0]
            .message
            .contains("the rows from here to 2 are lost"),
        "{}",
        problems[0]
    );
    let (documents, problems) = read("a.parquet", &PLAIN[..PLAIN.len() / 2]);
    assert!(documents.is_empty());
    assert!(
        problems[0].message.contains("cut short or damaged"),
        "{}",
        problems[0]
    );
}

#[test]
fn no_byte_that_is_wrong_ends_the_program() {
    for at in (0..PLAIN.len()).step_by(3) {
        let mut bytes = PLAIN.to_vec();
        bytes[at] ^= 0x55;
        read("a.parquet", &bytes);
    }
}
