//! `demarche compare`.
#![cfg(feature = "shipped-model")]

mod common;

use serde_json::Value;
use std::fmt::Write;

/// Sixty articles of each side; the east is harsh more often, and the west talks of soybeans.
fn rows() -> String {
    let harsh =
        "Beijing condemned the new American tariffs and vowed to retaliate against farm goods.";
    let warm =
        "Both sides agreed to extend the tariff truce and praised constructive talks in Geneva.";
    let mut rows = String::new();
    for i in 0..120 {
        let east = i % 2 == 0;
        let text = if (i / 2) % 4 < if east { 3 } else { 1 } {
            harsh
        } else {
            warm
        };
        let (side, more) = if east {
            ("east", "")
        } else {
            ("west", " Soybeans were discussed.")
        };
        let _ = writeln!(
            rows,
            "{{\"id\":\"{i}\",\"side\":\"{side}\",\"text\":\"{text}{more}\"}}"
        );
    }
    rows
}

fn run(args: &[&str]) -> (i32, String, String) {
    common::shipped(&[&["compare"], args].concat(), "")
}

#[test]
fn a_difference_is_found_with_the_words_that_carry_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.jsonl");
    std::fs::write(&file, rows()).unwrap();
    let file = file.to_str().unwrap();
    let args = [
        file,
        "--where-a",
        "side=east",
        "--where-b",
        "side=west",
        "--format",
        "json",
    ];
    let (code, one, err) = run(&[&args[..], &["--threads", "1"]].concat());
    assert_eq!(code, 0, "{err}");
    let (_, three, _) = run(&[&args[..], &["--threads", "3"]].concat());
    assert_eq!(one, three);
    let contrast: Value = serde_json::from_str(&one).unwrap();
    assert_eq!(contrast["sets"][0]["documents"], 60);
    let all = contrast["differences"].as_array().unwrap();
    let index = all
        .iter()
        .find(|d| d["measure"]["name"] == "tone index")
        .unwrap();
    assert!(
        index["counted"][2]["high"].as_f64().unwrap() < 0.0,
        "the east is harsher: {index}"
    );
    assert!(index["p_holm"].as_f64().unwrap() < 0.05);
    assert!(index["p_holm"].as_f64() >= index["p"].as_f64());
    let terms = contrast["terms"].as_array().unwrap();
    let of = |side: f64| -> Vec<&str> {
        let of_side = terms
            .iter()
            .filter(|t| t["z"].as_f64().unwrap() * side > 0.0);
        of_side.map(|t| t["term"].as_str().unwrap()).collect()
    };
    assert!(of(1.0).contains(&"condemned"), "{:?}", of(1.0));
    assert!(of(-1.0).contains(&"soybeans"), "{:?}", of(-1.0));
}

#[test]
fn sets_that_are_alike_do_not_differ() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.jsonl");
    std::fs::write(&file, rows()).unwrap();
    let file = file.to_str().unwrap();
    let (code, out, _) = run(&[file, "--format", "json", "--", file]);
    assert_eq!(code, 0);
    let contrast: Value = serde_json::from_str(&out).unwrap();
    for difference in contrast["differences"].as_array().unwrap() {
        assert_eq!(difference["counted"][2]["value"], 0.0);
        assert_eq!(difference["p_holm"], 1.0);
    }
    assert_eq!(contrast["terms"].as_array().unwrap().len(), 0);
    for format in ["table", "csv"] {
        assert!(
            run(&[file, "--format", format, "--", file])
                .1
                .contains("conciliatory")
        );
    }
}

#[test]
fn a_set_that_is_missing_is_said() {
    let (code, _, err) = run(&["x.jsonl"]);
    assert_eq!(code, 2);
    assert!(err.contains("no second set"), "{err}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.jsonl");
    std::fs::write(&file, rows()).unwrap();
    let (code, _, err) = run(&[
        file.to_str().unwrap(),
        "--where-a",
        "side=north",
        "--where-b",
        "side=west",
    ]);
    assert_eq!(code, 2);
    assert!(err.contains("side=north"), "{err}");
}
