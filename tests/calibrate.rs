//! `demarche calibrate`, and `classify --max-error` with what it learned.

mod common;

use common::{Folder, ROWS, model_bytes};
use demarche::Model;
use serde_json::{Value, json};

/// Labelled rows of two hundred articles: of those with words of both sides every second tone is not what the
/// words say, of the others one in fifty.
fn coded() -> String {
    let row = |i: usize| {
        let unsure = i.is_multiple_of(2);
        let warm = i.is_multiple_of(3);
        let turned = if unsure {
            i.is_multiple_of(4)
        } else {
            i % 100 == 1
        };
        let tone = if warm == turned { "cold" } else { "warm" };
        let text = match (warm, unsure) {
            (true, false) => "Envoys welcomed friendly, constructive talks and praised cooperation",
            (false, false) => {
                "Officials condemned and accused Beijing of bullying over the arms sale"
            }
            (true, true) => "Envoys praised, and officials condemned, friendly",
            (false, true) => "Officials accused, and envoys welcomed, the sale",
        };
        json!({"text": format!("{text} on day {i}."), "tone": tone, "kind": "body", "article": format!("a{}", i / 2),
               "topics": if i % 4 < 2 { vec!["trade"] } else { vec![] }})
        .to_string()
            + "\n"
    };
    (0..400).map(row).collect()
}

fn with_coded() -> Folder {
    let folder = Folder::with_model();
    folder.put("coded.jsonl", coded());
    folder.put("rows.jsonl", ROWS);
    folder
}

#[test]
fn cuts_are_learned_on_the_users_rows_and_name_them() {
    let folder = with_coded();
    let said = folder.run("calibrate m.demarche coded.jsonl -o new.demarche");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.stdout
            .contains("tone: fitted on `coded.jsonl` (400 rows of 200 articles)"),
        "{}",
        said.stdout
    );
    said.says(&["too few rows with or without `boilerplate`"]);
    let model = Model::open(folder.path("new.demarche")).unwrap();
    let tone = model.task("tone").unwrap();
    let cuts = tone.cuts.as_ref().unwrap();
    assert_eq!(
        (cuts.learned_on.n_rows, cuts.learned_on.n_articles),
        (400, 200)
    );
    assert!(cuts.for_error(0.1) > cuts.for_error(0.9), "{cuts:?}");
    let card = folder.output("inspect new.demarche");
    assert!(card.contains("fitted again on `coded.jsonl`"), "{card}");
    let same = folder.run("calibrate m.demarche coded.jsonl -o again.demarche --threads 1");
    assert_eq!(
        (same.code, folder.bytes("again.demarche")),
        (0, folder.bytes("new.demarche"))
    );
    let named = folder.run("calibrate m.demarche coded.jsonl --name wire -o named.demarche");
    assert!(named.stdout.contains("`wire`"), "{}", named.stdout);
}

#[test]
fn probabilities_come_nearer_to_what_happens() {
    let folder = with_coded();
    folder.run("calibrate m.demarche coded.jsonl -o new.demarche");
    let figure = |model: &str, name: &str| {
        let said = folder.output(&format!(
            "benchmark coded.jsonl --model {model} --format json --draws 10 --duplicates report"
        ));
        let json: Value = serde_json::from_str(&said).unwrap();
        json["tasks"]["tone"]["calibration"][name]["value"]
            .as_f64()
            .unwrap()
    };
    for name in ["ece", "brier"] {
        let (before, after) = (figure("m.demarche", name), figure("new.demarche", name));
        assert!(after < before, "{name}: {before} then {after}");
    }
}

/// Scores are still the sum of their parts.
#[test]
fn a_calibrated_model_explains_itself_exactly() {
    let folder = with_coded();
    folder.run("calibrate m.demarche coded.jsonl -o new.demarche");
    let model = Model::open(folder.path("new.demarche")).unwrap();
    let mut classifier = model.classifier();
    let text = "Officials condemned the friendly talks on tariffs.";
    for (at, said) in classifier.classify_ungated(text).iter().enumerate() {
        for (label, margin) in said.margins.iter().enumerate() {
            let explanation = classifier.explain(text, at, label);
            let sum: f32 = explanation.contributions.iter().map(|c| c.value).sum();
            assert!((sum + explanation.intercept - margin).abs() < 1e-4);
        }
    }
}

#[test]
fn unsure_answers_are_withheld_in_every_format() {
    let folder = with_coded();
    folder.run("calibrate m.demarche coded.jsonl -o new.demarche");
    let line = "classify coded.jsonl --model new.demarche --unit row --max-error 0.12";
    let ran = folder.run(&format!("{line} --format jsonl"));
    ran.says(&[
        "note: tone: answers of a confidence below",
        "learned on `coded.jsonl`",
        "promises nothing",
    ]);
    let rows = common::json_lines(&ran.stdout);
    let withheld = |row: &&Value| row["withheld"].as_array().unwrap().contains(&json!("tone"));
    let n = rows.iter().filter(withheld).count();
    assert!(n > 50 && n < 350, "{n} of 400");
    let (mut answered, mut wrong) = (0.0, 0.0);
    for row in rows.iter().filter(|row| row["kind"] != "boilerplate") {
        let is_withheld = withheld(&row);
        assert_eq!(row["tone"].is_null(), is_withheld, "{row}");
        answered += f64::from(u8::from(!is_withheld));
        wrong += f64::from(u8::from(
            !is_withheld && row["tone"] != row["input"]["tone"],
        ));
    }
    assert!(wrong / answered <= 0.12, "{wrong} of {answered}");
    let csv = folder.run(&format!("{line} --format csv")).stdout;
    let header = csv.lines().next().unwrap();
    assert!(header.contains(",withheld,"), "{header}");
    let of_csv = csv.lines().skip(1);
    let of_csv = of_csv.filter(|row| row.contains(",tone,") || row.contains("topics;tone,"));
    assert_eq!(of_csv.count(), n);
    let table = folder.run(line).stdout;
    assert!(table.contains("withheld"), "{table}");
    // Without the option nothing changes.
    let plain =
        folder.output("classify coded.jsonl --model new.demarche --unit row --format jsonl");
    assert!(!plain.contains("\"withheld\""));
}

#[test]
fn training_learns_cuts_across_folds() {
    let folder = with_coded();
    folder.output(
        "train coded.jsonl --c 1 --ngram-range 1,1 --task tone:single --name mine -o t.demarche",
    );
    let model = Model::open(folder.path("t.demarche")).unwrap();
    let cuts = model.task("tone").unwrap().cuts.clone().unwrap();
    assert_eq!(
        (cuts.learned_on.name.as_str(), cuts.learned_on.n_rows),
        ("mine", 400)
    );
    let last = cuts.steps.last().unwrap();
    assert_eq!(last.answered, 400);
    assert!(last.bound > last.wrong as f32 / 400.0);
}

#[test]
fn what_cannot_be_done_is_refused_with_what_to_do() {
    let folder = with_coded();
    folder.put("few.jsonl", "{\"text\": \"x\", \"tone\": \"cold\"}\n");
    for (line, parts) in [
        (
            "calibrate m.demarche few.jsonl -o n",
            vec!["1 labelled rows of 1 articles are too few"],
        ),
        ("calibrate absent coded.jsonl -o n", vec!["absent"]),
        ("calibrate m.demarche -o n", vec!["LABELED"]),
        (
            "calibrate m.demarche coded.jsonl -o coded.jsonl",
            vec!["is one of the inputs"],
        ),
        (
            "calibrate m.demarche few.jsonl -o coded.jsonl",
            vec!["no demarche model"],
        ),
        (
            "classify coded.jsonl --model m.demarche --max-error 0.1",
            vec!["no cuts", "demarche calibrate"],
        ),
        (
            "classify coded.jsonl --model m.demarche --max-error 5",
            vec!["no share"],
        ),
    ] {
        folder.run(line).refused(&parts);
    }
    assert_eq!(folder.bytes("m.demarche"), model_bytes());
}
