//! What `classify --by article --max-error` does not count.
#![cfg(feature = "shipped-model")]

mod common;

use common::{Folder, all, json_lines};
use serde_json::{Value, json};

const LEAST: &str = "--max-error 0.05";

fn articles(folder: &Folder) -> Vec<Value> {
    // What the model learned its cuts on is said on standard error.
    json_lines(
        &folder
            .run(&format!(
                "classify rows.jsonl --by article {LEAST} --format jsonl"
            ))
            .stdout,
    )
}

fn paragraphs(folder: &Folder) -> Vec<Value> {
    json_lines(
        &folder
            .run(&format!("classify rows.jsonl {LEAST} --format jsonl"))
            .stdout,
    )
}

/// The paragraphs of the fixtures' articles as rows of two articles.
fn rows() -> Folder {
    let folder = Folder::new();
    let articles = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/articles");
    let paragraphs = folder.output(&format!("classify {articles} --format jsonl"));
    let paragraphs = json_lines(&paragraphs);
    let half = paragraphs.len() / 2;
    let row = |(i, p): (usize, &Value)| {
        let article = if i < half { "first" } else { "second" };
        json!({"id": i, "article": article, "text": p["text"]}).to_string() + "\n"
    };
    folder.put(
        "rows.jsonl",
        paragraphs.iter().enumerate().map(row).collect::<String>(),
    );
    folder
}

fn is_withheld(p: &Value, task: &str) -> bool {
    p["withheld"].as_array().unwrap().contains(&json!(task))
}

fn words(of: &[&Value]) -> f64 {
    let count = |p: &&Value| p["text"].as_str().unwrap().split_whitespace().count();
    of.iter().map(count).sum::<usize>() as f64
}

fn close(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < 2e-5, "{value} is not {expected}");
}

/// The mean of P(conciliatory) − P(confrontational) of the paragraphs whose tone was answered.
fn index(of: &[&Value]) -> (usize, f64) {
    let answered: Vec<f64> = (of.iter().filter(|p| !is_withheld(p, "tone")))
        .map(|p| {
            let of = |label: &str| p["scores"]["tone"][label].as_f64().unwrap();
            of("conciliatory") - of("confrontational")
        })
        .collect();
    (
        answered.len(),
        answered.iter().sum::<f64>() / answered.len() as f64,
    )
}

#[test]
fn what_is_withheld_is_counted_as_such_and_in_no_other_figure() {
    let folder = rows();
    let articles = articles(&folder);
    let paragraphs = paragraphs(&folder);
    assert_eq!(all(&articles, "article"), ["first", "second"]);
    let half = paragraphs.len() / 2;
    for (article, of) in articles
        .iter()
        .zip([&paragraphs[..half], &paragraphs[half..]])
    {
        let unsure = of.iter().filter(|p| is_withheld(p, "kind")).count();
        assert!(unsure > 0, "the rows try what they should");
        let body: Vec<&Value> = of.iter().filter(|p| p["kind"] == "body").collect();
        assert_eq!(article["unsure"], unsure);
        assert_eq!(article["body"], body.len());
        assert_eq!(article["set_aside"], of.len() - body.len() - unsure);
        let whole = words(&body);
        assert_eq!(article["words"], whole as u64);
        for task in ["topics", "tone"] {
            let withheld: Vec<&Value> = body
                .iter()
                .copied()
                .filter(|p| is_withheld(p, task))
                .collect();
            assert!(!withheld.is_empty());
            let said = &article["tasks"][task]["withheld"];
            assert_eq!(said["paragraphs"], withheld.len());
            close(&said["share"], words(&withheld) / whole);
            let none = |p: &&&Value| p[task] == json!([]) && !is_withheld(p, task);
            assert_eq!(
                article["tasks"][task]["none"]["paragraphs"],
                body.iter().filter(none).count()
            );
        }
        let (n, mean) = index(&body);
        assert_eq!(article["index"]["paragraphs"], n);
        close(&article["index"]["value"], mean);
        let tone = &article["tasks"]["tone"];
        let shares = tone["labels"]
            .as_object()
            .unwrap()
            .values()
            .map(|l| &l["share"]);
        let shares: f64 = shares
            .chain([&tone["withheld"]["share"]])
            .map(|s| s.as_f64().unwrap())
            .sum();
        assert!((shares - 1.0).abs() < 1e-4, "{shares}");
    }
}

#[test]
fn the_index_of_a_topic_is_of_its_paragraphs_whose_tone_was_answered() {
    let folder = rows();
    let (articles, paragraphs) = (articles(&folder), paragraphs(&folder));
    let half = paragraphs.len() / 2;
    for (article, of) in articles
        .iter()
        .zip([&paragraphs[..half], &paragraphs[half..]])
    {
        let body: Vec<&Value> = of.iter().filter(|p| p["kind"] == "body").collect();
        for (topic, said) in article["tasks"]["topics"]["labels"].as_object().unwrap() {
            let given: Vec<&Value> = (body.iter().copied())
                .filter(|p| {
                    p["topics"]
                        .as_array()
                        .is_some_and(|t| t.contains(&json!(topic)))
                })
                .collect();
            assert_eq!(said["paragraphs"], given.len(), "{topic}");
            let (n, mean) = index(&given);
            match n {
                0 => assert_eq!(said["index"], Value::Null, "{topic}"),
                _ => {
                    assert_eq!(said["index"]["paragraphs"], n, "{topic}");
                    close(&said["index"]["value"], mean);
                }
            }
        }
    }
}

#[test]
fn the_most_telling_paragraph_is_one_that_was_answered() {
    let folder = rows();
    let articles = articles(&folder);
    let paragraphs = paragraphs(&folder);
    let of = |telling: &Value| {
        let same =
            |p: &&Value| p["doc"] == telling["doc"] && p["paragraph"] == telling["paragraph"];
        paragraphs.iter().find(same).unwrap().clone()
    };
    let mut tried = 0;
    for article in &articles {
        assert!(!is_withheld(&of(&article["index"]["telling"]), "tone"));
        for (task, said) in article["tasks"].as_object().unwrap() {
            for label in said["labels"].as_object().unwrap().values() {
                if !label["telling"].is_null() {
                    assert!(!is_withheld(&of(&label["telling"]), task));
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 4, "{tried}");
}

#[test]
fn table_and_csv_say_how_much_was_withheld() {
    let folder = rows();
    let table = folder
        .run(&format!("classify rows.jsonl --by article {LEAST}"))
        .stdout;
    assert!(
        table.contains("unsure") && table.contains("tone · withheld"),
        "{table}"
    );
    let line = format!("classify rows.jsonl --by article {LEAST} --format csv");
    let csv = folder.run(&line).stdout;
    let header = csv.lines().next().unwrap();
    for column in ["unsure", "share.topics.withheld", "share.tone.withheld"] {
        assert!(header.split(',').any(|c| c == column), "{header}");
    }
    let plain = folder.jsonl("classify rows.jsonl --by article --format jsonl");
    let tone = plain[0]["tasks"]["tone"].as_object().unwrap();
    assert!(
        !tone.contains_key("withheld"),
        "nothing is withheld unasked"
    );
}

#[test]
fn where_nothing_is_sure_enough_there_is_no_figure() {
    let folder = Folder::new();
    let row = json!({"id": "a", "text": "Hmm, well, perhaps."});
    folder.put("rows.jsonl", row.to_string());
    let ran = folder.run("classify rows.jsonl --by article --max-error 0.0001 --format jsonl");
    let article = &json_lines(&ran.stdout)[0];
    assert_eq!(
        (&article["unsure"], &article["body"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(article["index"], Value::Null);
    assert_eq!(article["tasks"]["tone"]["withheld"]["share"], Value::Null);
}
