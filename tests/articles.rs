//! `demarche classify --by article`.

mod common;

use common::{Folder, all};
use serde_json::{Value, json};

const LINE: &str = "classify --model m.demarche --by article --poles tone=warm:cold";

/// Five rows of two articles, one of a caption, and a row that names none.
const ROWS: &str = r#"{"id": "r1", "article": "a", "title": "Trade talks", "date": "2024-05-01", "source": "wire", "text": "Beijing raised tariffs on American steel and threatened Taiwan with warships."}
{"id": "r2", "article": "a", "text": "Envoys welcomed a deal on duties and praised friendly talks."}
{"id": "r3", "article": "a", "text": "Click here to subscribe to our newsletter."}
{"id": "r4", "article": "b", "text": "Warships sailed through the strait and Taipei condemned them."}
{"id": "alone", "page": 7, "text": "Envoys praised the trade deal.\n\nBeijing condemned tariffs and threatened duties."}
"#;

fn with_rows() -> Folder {
    let folder = Folder::with_model();
    folder.put("rows.jsonl", ROWS);
    folder
}

/// What classify says of each paragraph, summed up here by hand.
fn by_hand(paragraphs: &[Value], topic: Option<&str>) -> (f64, Vec<f64>) {
    let (mut words, mut indices) = (0.0, Vec::new());
    for p in paragraphs.iter().filter(|p| p["kind"] == "body") {
        let has = topic.is_none_or(|t| p["topics"].as_array().unwrap().contains(&json!(t)));
        if has {
            words += p["text"].as_str().unwrap().split_whitespace().count() as f64;
            let of = |label: &str| p["scores"]["tone"][label].as_f64().unwrap();
            indices.push(of("warm") - of("cold"));
        }
    }
    (words, indices)
}

fn close(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < 3e-5, "{value} is not {expected}");
}

#[test]
fn figures_are_those_of_the_paragraphs() {
    let folder = with_rows();
    let articles = folder.jsonl(&format!("{LINE} rows.jsonl --format jsonl"));
    assert_eq!(all(&articles, "article"), ["a", "b", "alone"]);
    let paragraphs = folder.jsonl("classify --model m.demarche rows.jsonl --format jsonl");
    let of = [&paragraphs[..3], &paragraphs[3..4], &paragraphs[4..]];
    for (article, paragraphs) in articles.iter().zip(of) {
        let (words, indices) = by_hand(paragraphs, None);
        let n = indices.len() as f64;
        let mean = indices.iter().sum::<f64>() / n;
        assert_eq!(article["words"], words as u64);
        assert_eq!(article["paragraphs"], paragraphs.len());
        assert_eq!(article["index"]["paragraphs"], indices.len());
        close(&article["index"]["value"], mean);
        if indices.len() == 2 {
            let s = (indices.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>()).sqrt();
            let half = 12.706_204_736 * s / 2f64.sqrt();
            close(&article["index"]["low"], (mean - half).max(-1.0));
            close(&article["index"]["high"], (mean + half).min(1.0));
        } else {
            assert_eq!(
                article["index"]["low"],
                Value::Null,
                "one paragraph has no interval"
            );
        }
        for topic in ["taiwan", "trade"] {
            let (of_topic, indices) = by_hand(paragraphs, Some(topic));
            let said = &article["tasks"]["topics"]["labels"][topic];
            close(&said["share"], of_topic / words);
            match indices.is_empty() {
                true => assert_eq!(
                    (&said["index"], &said["telling"]),
                    (&Value::Null, &Value::Null)
                ),
                false => {
                    close(
                        &said["index"]["value"],
                        indices.iter().sum::<f64>() / indices.len() as f64,
                    );
                    let telling = &said["telling"];
                    let clearest = paragraphs
                        .iter()
                        .filter(|p| p["topics"].as_array().unwrap().contains(&json!(topic)));
                    let clearest = clearest.map(|p| p["scores"]["topics"][topic].as_f64().unwrap());
                    close(&telling["value"], clearest.fold(0.0, f64::max));
                    let shown = paragraphs
                        .iter()
                        .find(|p| p["text"] == telling["text"])
                        .unwrap();
                    for field in ["doc", "paragraph", "start", "end"] {
                        assert_eq!(shown[field], telling[field], "{field}");
                    }
                }
            }
        }
    }
    let a = &articles[0];
    assert_eq!(
        (&a["title"], &a["date"], &a["source"]),
        (&json!("Trade talks"), &json!("2024-05-01"), &json!("wire"))
    );
    assert_eq!((&a["documents"], &a["set_aside"]), (&json!(3), &json!(1)));
    assert!(
        a.get("input").is_none(),
        "fields of a row are not an article's"
    );
    assert_eq!(articles[2]["input"], json!({"page": 7}));
}

#[test]
fn a_block_an_article() {
    let folder = with_rows();
    insta::assert_snapshot!(folder.output(&format!("{LINE} rows.jsonl")));
}

#[test]
fn a_csv_row_an_article() {
    let folder = with_rows();
    let csv = folder.output(&format!("{LINE} rows.jsonl --format csv"));
    let objects = folder.jsonl(&format!("{LINE} rows.jsonl --format jsonl"));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), objects.len());
    for (record, object) in records.iter().zip(&objects) {
        let at = |name: &str| &record[header.iter().position(|h| h == name).unwrap()];
        assert_eq!(at("article"), object["article"].as_str().unwrap());
        assert_eq!(at("words"), object["words"].to_string());
        let trade = &object["tasks"]["topics"]["labels"]["trade"];
        assert_eq!(
            at("share.topics.trade").parse::<f64>().unwrap(),
            trade["share"].as_f64().unwrap()
        );
        assert_eq!(
            at("index").parse::<f64>().ok(),
            object["index"]["value"].as_f64()
        );
        assert_eq!(
            at("index_low").parse::<f64>().ok(),
            object["index"]["low"].as_f64()
        );
        assert_eq!(
            at("telling.topics.trade"),
            trade["telling"]["text"].as_str().unwrap_or("")
        );
    }
}

#[test]
fn threads_and_the_way_in_change_nothing() {
    let folder = with_rows();
    let rows: String = (0..3000)
        .map(|i| ROWS.replace(r#""article": ""#, &format!(r#""article": "{i}-"#)))
        .collect();
    folder.put("many.jsonl", rows);
    for format in ["table", "jsonl", "csv"] {
        let [one, four] = [1, 4].map(|n| {
            folder.output(&format!(
                "{LINE} many.jsonl --format {format} --threads {n}"
            ))
        });
        assert!(one == four, "{format} differs with the threads");
        if format == "jsonl" {
            assert_eq!(one.lines().count(), 9000);
        }
    }
}

#[test]
fn parts_of_a_long_text_are_one_article_and_its_paragraphs_count_on() {
    let folder = Folder::with_model();
    let calm = "Envoys praised the trade deal.\n\n".repeat(600_000);
    folder.put(
        "long.txt",
        calm + "Beijing condemned tariffs and threatened duties.\n",
    );
    let articles = folder.jsonl(&format!("{LINE} long.txt --format jsonl"));
    assert_eq!(articles.len(), 1);
    assert_eq!(
        (&articles[0]["paragraphs"], &articles[0]["documents"]),
        (&json!(600_001), &json!(1))
    );
    let cold = &articles[0]["tasks"]["tone"]["labels"]["cold"];
    assert_eq!(cold["telling"]["paragraph"], 600_000);
    assert_eq!(cold["telling"]["start"], 600_000 * 32);
}

#[test]
fn rows_that_do_not_stand_together_are_told_of() {
    let folder = Folder::with_model();
    let row = |article: &str| json!({"article": article, "text": "Envoys met."}).to_string();
    folder.put("rows.jsonl", ["a", "b", "a"].map(row).join("\n"));
    let ran = folder.run(&format!("{LINE} rows.jsonl --format jsonl"));
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 3));
    ran.says(&["make several: 1 more", "sort the rows"]);
}

#[test]
fn poles_are_data() {
    let folder = with_rows();
    let line = "classify --model m.demarche --by article rows.jsonl --format jsonl";
    let ran = folder.run(line);
    ran.says(&["no index", "--poles"]);
    let articles = common::json_lines(&ran.stdout);
    assert!(
        articles
            .iter()
            .all(|article| article["index"] == Value::Null)
    );
    let [there, back] = ["warm:cold", "cold:warm"]
        .map(|poles| folder.jsonl(&format!("{line} --poles tone={poles}")));
    for (there, back) in there.iter().zip(&back) {
        close(
            &there["index"]["value"],
            -back["index"]["value"].as_f64().unwrap(),
        );
    }
    for (poles, says) in [
        ("tune=warm:cold", "its tasks are kind, topics, tone"),
        ("tone=warm:hot", "no label `hot`"),
        ("topics=trade:taiwan", "single task"),
        ("tone=warm", "TASK=POSITIVE:NEGATIVE"),
        ("tone=warm:warm", "TASK=POSITIVE:NEGATIVE"),
    ] {
        folder
            .run(&format!("{line} --poles {poles}"))
            .refused(&[says]);
    }
}

#[test]
fn what_is_about_paragraphs_is_refused() {
    let folder = with_rows();
    for also in ["--title", "--explain 2"] {
        folder
            .run(&format!("{LINE} rows.jsonl {also}"))
            .refused(&["--by article"]);
    }
    folder
        .run("classify --model m.demarche rows.jsonl --poles tone=warm:cold")
        .refused(&["--by article"]);
}

#[test]
fn an_empty_input_is_no_failure() {
    let folder = Folder::with_model();
    for format in ["table", "jsonl", "csv"] {
        let ran = folder.run_with(&format!("{LINE} --format {format}"), "");
        assert_eq!(ran.code, 0, "{format}: {}", ran.stderr);
        assert!(!ran.stdout.contains("NaN"), "{}", ran.stdout);
    }
}
