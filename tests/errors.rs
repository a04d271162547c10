//! The errors that a model keeps of its own answers, and that `trends` and `compare` take out.

mod common;

use common::{Folder, ROWS, fixed_params, labelled};
use demarche::model::{Confusion, MeasuredBy, Model, TaskErrors};
use demarche::train::benchmark::predict_by_cross_validation;
use demarche::train::calibrate::calibrate;
use demarche::train::{Gold, Row};
use demarche::{TrainParams, Trainer};
use serde_json::{Value, json};

/// Four hundred rows of two hundred articles, whose words speak for their stance three times in four.
fn rows() -> String {
    const WORDS: [[&str; 4]; 2] = [
        ["threatened", "condemned", "sanctions", "retaliate"],
        ["welcomed", "praised", "agreement", "cooperate"],
    ];
    let mut state = 7u64;
    let mut next = |n: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let mut row = |i: usize| {
        let stance = i % 2;
        let mut word = || WORDS[if next(4) == 0 { 1 - stance } else { stance }][next(4) as usize];
        let text = format!(
            "The ministry {} and {} while envoys {}.",
            word(),
            word(),
            word()
        );
        json!({
            "text": text, "id": i.to_string(), "article": format!("a{}", i / 2), "kind": "body",
            "date": format!("2025-0{}-11", 1 + i % 4), "side": (["east", "west"][i / 2 % 2]),
            "stance": (["cold", "warm"][stance])
        })
        .to_string()
            + "\n"
    };
    (0..400).map(&mut row).collect()
}

fn trained() -> Folder {
    let folder = Folder::new();
    folder.put("rows.jsonl", rows());
    folder.output(
        "train rows.jsonl --task stance:single --no-search --c 1 --name invented -o m.demarche",
    );
    folder
}

const TRENDS: &str = "trends rows.jsonl --model m.demarche --poles stance=warm:cold --draws 200";

fn errors<'m>(model: &'m Model, task: &str) -> &'m TaskErrors {
    model.task(task).unwrap().errors.as_ref().unwrap()
}

/// What was given to each row across folds, beside its gold labels, counted by hand.
fn by_hand(
    rows: &[Row],
    params: &TrainParams,
    task: &str,
    classes: &dyn Fn(&[String]) -> usize,
) -> [[u64; 2]; 2] {
    let said = predict_by_cross_validation(rows, task, params).unwrap();
    let kinds = predict_by_cross_validation(rows, "kind", params).unwrap();
    let mut counts = [[0; 2]; 2];
    for ((row, said), kind) in rows.iter().zip(&said).zip(&kinds) {
        let gold: Vec<String> = match row.gold.get(task) {
            Some(Gold::Single(label)) => vec![label.clone()],
            Some(Gold::Multi(labels)) => labels.to_vec(),
            None => continue,
        };
        if kind == &["body"] {
            counts[classes(&gold)][classes(said)] += 1;
        }
    }
    counts
}

#[test]
fn the_errors_kept_are_those_across_folds_of_what_the_gate_lets_pass() {
    let rows = labelled(ROWS);
    let params = TrainParams {
        cross_validate: true,
        search: false,
        ..fixed_params()
    };
    let model = Trainer::new(params.clone()).fit(&rows).unwrap().model;
    let tone = errors(&model, "tone");
    assert_eq!(tone.source.by, MeasuredBy::CrossValidation);
    let warm = |labels: &[String]| usize::from(labels == ["warm"]);
    let expected = by_hand(&rows, &params, "tone", &warm);
    assert_eq!(tone.confusions.len(), 1);
    assert_eq!(tone.confusions[0].counts, expected);
    let n: u64 = expected.iter().flatten().sum();
    assert_eq!(tone.source.rows.n_rows, n);
    let topics = errors(&model, "topics");
    for (label, confusion) in ["taiwan", "trade"].iter().zip(&topics.confusions) {
        let has = |labels: &[String]| usize::from(labels.iter().any(|l| l == label));
        assert_eq!(
            confusion.counts,
            by_hand(&rows, &params, "topics", &has),
            "{label}"
        );
    }
    let bytes = model.to_bytes().unwrap();
    assert_eq!(Model::from_bytes(&bytes).unwrap(), model);
    let again = Trainer::new(params).fit(&rows).unwrap().model;
    assert_eq!(again.to_bytes().unwrap(), bytes);
}

#[test]
fn without_cross_validation_there_are_none_and_that_is_said() {
    let folder = Folder::new();
    folder.put("rows.jsonl", rows());
    folder.output("train rows.jsonl --task stance:single --no-cv -o m.demarche");
    let ran = folder.run(&format!("{TRENDS} --format json"));
    ran.says(&["errors and all", "--errors-from"]);
    let trends: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(trends["errors_from"], json!([]));
    assert_eq!(
        trends["groups"][0]["periods"][0]["figures"][0]["corrected"],
        Value::Null
    );
}

#[test]
fn calibrating_measures_them_on_the_new_rows() {
    let all = labelled_stance();
    let (first, second) = all.split_at(200);
    let params = TrainParams {
        tasks: Some(vec!["stance:single".parse().unwrap()]),
        search: false,
        ..TrainParams::default()
    };
    let model = Trainer::new(params).fit(first).unwrap().model;
    let counted = |errors: &TaskErrors| -> u64 {
        let of = |c: &Confusion| c.counts.iter().flatten().sum::<u64>();
        errors.confusions.iter().map(of).sum()
    };
    assert_eq!(counted(errors(&model, "stance")), 200);
    let calibrated = calibrate(&model, &second[..60], "mine", 0).unwrap().model;
    let kept = errors(&calibrated, "stance");
    assert_eq!(
        (kept.source.by, kept.source.rows.n_rows),
        (MeasuredBy::Calibration, 60)
    );
    assert_eq!(kept.source.rows.name, "mine");
    assert_eq!(counted(kept), 60);
}

fn labelled_stance() -> Vec<Row> {
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| row[field].as_str().unwrap().to_owned();
        Row::new(text("text"))
            .article(text("article"))
            .single("stance", text("stance"))
    };
    rows().lines().map(row).collect()
}

#[test]
fn trends_take_them_out_and_name_them_in_every_format() {
    let folder = trained();
    for format in ["table", "csv", "json", "svg", "html"] {
        let ran = folder.run(&format!("{TRENDS} --format {format}"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.says(&[
            "cross-validation on the model’s training rows (invented)",
            "your text differs",
        ]);
        assert!(ran.stdout.contains("invented"), "{format}: {}", ran.stdout);
        assert!(ran.stdout.contains("cross"), "{format}");
    }
    let trends: Value =
        serde_json::from_str(&folder.run(&format!("{TRENDS} --format json")).stdout).unwrap();
    let from = &trends["errors_from"][0];
    assert_eq!(from["by"], "cross_validation");
    assert_eq!(from["tasks"], json!(["stance"]));
    assert_eq!(
        from["rows"],
        json!({"name": "invented", "n_rows": 400, "n_articles": 200})
    );
    let figures = &trends["groups"][0]["periods"][0]["figures"][0];
    assert!(figures["corrected"]["low"].is_number(), "{figures}");
}

#[test]
fn they_can_be_left_in_and_others_be_given() {
    let folder = trained();
    let plain = folder.output(&format!("{TRENDS} --no-correction"));
    assert!(!plain.contains("corrected"), "{plain}");
    assert!(plain.contains("the model’s errors with them"), "{plain}");
    let given = folder.output(&format!("{TRENDS} --errors-from rows.jsonl"));
    assert!(given.contains("on 400 coded rows of rows.jsonl"), "{given}");
    assert!(!given.contains("cross-validation"), "{given}");
    folder
        .run(&format!(
            "{TRENDS} --errors-from rows.jsonl --no-correction"
        ))
        .refused(&["--no-correction", "cannot be used with"]);
}

#[test]
fn a_comparison_says_whether_the_same_errors_are_taken_out_of_both() {
    let folder = trained();
    let line = "compare rows.jsonl --where-a side=east --where-b side=west --model m.demarche --poles stance=warm:cold --draws 200";
    let same = folder.run(line);
    assert!(
        same.stdout.contains("the model errs alike in both"),
        "{}",
        same.stdout
    );
    same.says(&["your text differs"]);
    folder.put(
        "half.jsonl",
        rows().lines().take(200).collect::<Vec<_>>().join("\n"),
    );
    let own = format!("{line} --errors-from rows.jsonl --errors-from-b half.jsonl");
    let apart = folder.output(&own);
    assert!(!apart.contains("alike in both"), "{apart}");
    assert!(
        apart.contains("A: corrected") && apart.contains("200 coded rows of half.jsonl"),
        "{apart}"
    );
    let contrast: Value =
        serde_json::from_str(&folder.output(&format!("{own} --format json"))).unwrap();
    assert_eq!(contrast["same_errors"], false);
    assert_eq!(contrast["errors_from"][1][0]["rows"]["n_rows"], 200);
    let width = |d: &Value, how: &str| {
        d[how][2]["high"].as_f64().unwrap() - d[how][2]["low"].as_f64().unwrap()
    };
    let shared: Value =
        serde_json::from_str(&folder.run(&format!("{line} --format json")).stdout).unwrap();
    let index = |c: &Value| c["differences"][2].clone();
    assert!(
        width(&index(&contrast), "corrected") > width(&index(&shared), "corrected"),
        "errors that are drawn apart do not cancel"
    );
    let csv = folder.output(&format!("{own} --format csv"));
    assert!(
        csv.contains("A on 400 coded rows of rows.jsonl; B on 200 coded rows of half.jsonl"),
        "{csv}"
    );
}
