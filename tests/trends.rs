//! `demarche trends`.
#![cfg(feature = "shipped-model")]

mod common;

use serde_json::Value;
use std::fmt::Write;

const HARSH: &str =
    "Beijing condemned the new American tariffs and vowed to retaliate against farm goods.";
const WARM: &str =
    "Both sides agreed to extend the tariff truce and praised constructive talks in Geneva.";

const EVEN: &str = "The delegation will arrive in Washington on Tuesday for a three-day visit.";

/// Thirty articles a month, harsh up to June and warm from July 2025 on; none in March.
fn rows() -> String {
    let mut rows = String::new();
    for month in [1, 2, 4, 5, 6, 7, 8, 9] {
        for i in 0..30 {
            // One in ten says the opposite, and one in ten nothing of the kind.
            let text = match i % 10 {
                5 => EVEN,
                n if (month < 7) == (n != 0) => HARSH,
                _ => WARM,
            };
            let date = match i % 3 {
                0 => format!("2025-{month:02}-{:02}", 1 + i % 28),
                1 => format!("2025-{month:02}-05T10:00:00Z"),
                _ => format!("2025/{month}/9"),
            };
            let side = if i % 2 == 0 { "east" } else { "west" };
            let _ = writeln!(
                rows,
                "{{\"id\":\"{month}-{i}\",\"date\":\"{date}\",\"side\":\"{side}\",\"text\":\"{text}\"}}"
            );
        }
    }
    rows.push_str(
        "{\"id\":\"late\",\"date\":\"last week\",\"text\":\"Beijing condemned tariffs.\"}\n",
    );
    rows
}

fn run(args: &[&str], input: &str) -> (i32, String, String) {
    common::shipped(&[&["trends"], args].concat(), input)
}

fn json(args: &[&str], input: &str) -> Value {
    let all: Vec<&str> = [&["-", "--input-format", "jsonl", "--format", "json"], args].concat();
    let (code, out, err) = run(&all, input);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

fn measure(trends: &Value, name: &str) -> usize {
    let all = trends["measures"].as_array().unwrap();
    all.iter().position(|m| m["name"] == name).unwrap()
}

#[test]
fn a_turn_is_found_with_its_date_and_a_gap_stays_a_gap() {
    let trends = json(&[], &rows());
    assert_eq!(trends["documents"], 240);
    assert_eq!(trends["undated"], 1);
    let group = &trends["groups"][0];
    assert_eq!(group["periods"].as_array().unwrap().len(), 8);
    assert_eq!(group["gaps"][0]["from"], "2025-03");
    assert_eq!(group["gaps"][0]["periods"], 1);
    let index = measure(&trends, "tone index");
    let change = &group["changes"][index][0];
    assert_eq!(change["at"], "2025-07");
    assert!(change["counted"]["low"].as_f64().unwrap() > 0.0);
    let june = &group["periods"][4]["figures"][index]["counted"];
    let (low, value, high) = (&june["low"], &june["value"], &june["high"]);
    assert!(low.as_f64() < value.as_f64() && value.as_f64() < high.as_f64());
    assert!(
        june["high"].as_f64().unwrap() < 0.0,
        "June is harsh: {june}"
    );
}

#[test]
fn the_bytes_do_not_depend_on_threads() {
    let args = [
        "-",
        "--input-format",
        "jsonl",
        "--format",
        "csv",
        "--split",
        "side",
        "--by",
        "week",
    ];
    let one = run(&[&args[..], &["--threads", "1"]].concat(), &rows());
    let four = run(&[&args[..], &["--threads", "4"]].concat(), &rows());
    assert_eq!(one.1, four.1);
    assert!(one.1.contains("east,2025-W01"), "{}", &one.1[..300]);
    assert!(
        one.2.contains("1 of 241 documents have no date"),
        "{}",
        one.2
    );
}

#[test]
fn errors_measured_on_coded_rows_are_taken_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let coded = folder.path().join("coded.jsonl");
    let mut rows_coded = String::new();
    for i in 0..120 {
        // The coders call a quarter of the harsh texts neutral, which the model cannot know.
        let (text, tone) = match i % 4 {
            0 | 1 => (HARSH, "confrontational"),
            2 => (
                HARSH,
                if i % 8 == 2 {
                    "neutral"
                } else {
                    "confrontational"
                },
            ),
            _ => (WARM, "conciliatory"),
        };
        let (text, tone) = if i % 5 == 0 {
            (EVEN, "neutral")
        } else {
            (text, tone)
        };
        let _ = writeln!(
            rows_coded,
            "{{\"id\":\"{i}\",\"text\":\"{text}\",\"kind\":\"body\",\"tone\":\"{tone}\"}}"
        );
    }
    std::fs::write(&coded, rows_coded).unwrap();
    let trends = json(&["--errors-from", coded.to_str().unwrap()], &rows());
    let from = &trends["errors_from"][0];
    assert_eq!(from["by"], "coded_rows");
    assert_eq!(from["rows"]["name"], "coded.jsonl");
    assert_eq!(from["rows"]["n_rows"], 120);
    let harsh = measure(&trends, "confrontational");
    let figures = &trends["groups"][0]["periods"][0]["figures"][harsh];
    let width = |e: &Value| e["high"].as_f64().unwrap() - e["low"].as_f64().unwrap();
    assert!(figures["corrected"]["value"].as_f64() < figures["counted"]["value"].as_f64());
    assert!(
        width(&figures["corrected"]) > width(&figures["counted"]),
        "what is not known widens it"
    );
}

#[test]
fn a_topic_keeps_the_rest_to_its_paragraphs() {
    let trends = json(&["--topic", "trade"], &rows());
    let names: Vec<&str> = trends["measures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "trade",
            "conciliatory",
            "confrontational",
            "neutral",
            "tone index"
        ]
    );
    assert_eq!(trends["measures"][4]["within"], "trade");
}

#[test]
fn pages_and_images_are_whole_and_hostile_values_stay_text() {
    let hostile = rows().replace("\"west\"", "\"<script>alert(1)</script>\"");
    for format in ["html", "svg"] {
        let (code, out, _) = run(
            &[
                "-",
                "--input-format",
                "jsonl",
                "--split",
                "side",
                "--format",
                format,
            ],
            &hostile,
        );
        assert_eq!(code, 0);
        assert!(!out.contains("<script>"), "{format}");
        assert!(out.contains("&lt;script&gt;"));
        assert!(!out.contains("NaN") && !out.contains("inf"), "{format}");
    }
}

#[test]
fn what_cannot_be_done_says_why() {
    let (code, _, err) = run(&["-", "--topic", "weather"], "x");
    assert_eq!(code, 2);
    assert!(
        err.contains("no label `weather`") && err.contains("trade"),
        "{err}"
    );
    let (code, _, err) = run(
        &["-", "--input-format", "jsonl", "--split", "date"],
        &rows(),
    );
    assert_eq!(code, 2);
    assert!(err.contains("more than 24 values"), "{err}");
    let (code, out, _) = run(&["-"], "no date here");
    assert_eq!(code, 0);
    assert!(out.contains("1 documents without a date"), "{out}");
}
