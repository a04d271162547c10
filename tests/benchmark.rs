//! `demarche benchmark`.

mod common;

use common::{Folder, ROWS, json_lines};
use insta::assert_snapshot;
use serde_json::{Value, json};

/// Options under which nothing is searched for.
const FIXED: &str = "--no-cv --folds 3 --ngram-range 1,1 --c 10";

/// The rows, and the small model that was trained on them.
fn with_both() -> Folder {
    let folder = Folder::with_model();
    folder.put("rows.jsonl", ROWS);
    folder
}

fn json(folder: &Folder, line: &str) -> Value {
    let said = folder.output(&format!("benchmark {line} --format json"));
    serde_json::from_str(&said).unwrap()
}

fn figures<'b>(benchmark: &'b Value, name: &str) -> &'b Value {
    let task = &benchmark["tasks"][name];
    assert!(task.is_object(), "{name}");
    task
}

fn label<'b>(benchmark: &'b Value, task: &str, name: &str) -> &'b Value {
    &figures(benchmark, task)["labels"][name]
}

/// Rows for the small model: two are told right, two wrong, one has a label it never saw.
fn few_rows() -> String {
    let row = |text: &str, topics: Value, tone: &str, article: &str| {
        json!({"text": text, "kind": "body", "topics": topics, "tone": tone, "article": article})
            .to_string()
            + "\n"
    };
    [
        row(
            "Beijing condemned the tariffs on steel.",
            json!(["trade"]),
            "cold",
            "a",
        ),
        row(
            "Envoys welcomed friendly talks on the Taiwan Strait.",
            json!(["taiwan"]),
            "warm",
            "a",
        ),
        row(
            "Washington condemned the arms sale to Taiwan.",
            json!(["trade"]),
            "warm",
            "b",
        ),
        row(
            "The presidents praised a constructive trade deal.",
            json!([]),
            "cold",
            "b",
        ),
        row(
            "Officials accused Beijing of bullying.",
            json!(["climate"]),
            "neutral",
            "c",
        ),
    ]
    .concat()
}

#[test]
fn a_model_on_rows() {
    let folder = Folder::with_model();
    folder.put("few.jsonl", few_rows());
    assert_snapshot!(folder.output("benchmark few.jsonl --model m.demarche"));
    assert_snapshot!(folder.output("benchmark few.jsonl --model m.demarche --gate predicted"));
}

#[test]
fn a_model_on_rows_as_json() {
    let folder = Folder::with_model();
    folder.put("few.jsonl", few_rows());
    assert_snapshot!(folder.output("benchmark few.jsonl --model m.demarche --format json"));
}

#[test]
fn a_way_of_training_by_cross_validation() {
    let folder = Folder::with_rows();
    assert_snapshot!(folder.output(&format!("benchmark rows.jsonl {FIXED}")));
    let benchmark = json(&folder, &format!("rows.jsonl {FIXED}"));
    assert_eq!(benchmark["schema"], "demarche-benchmark/1");
    assert_eq!(benchmark["design"]["split"]["folds"], 3);
    assert_eq!(benchmark["options"]["tone"]["c"], 10.0);
}

#[test]
fn cross_validation_is_that_of_train() {
    let folder = Folder::with_rows();
    let trained = folder.output("train rows.jsonl -o m.demarche");
    let benchmark = folder.output("benchmark rows.jsonl");
    let trained = trained.split("\n\nwrote ").next().unwrap();
    assert!(benchmark.starts_with(trained), "{benchmark}");
}

#[test]
fn train_on_some_rows_and_test_on_others() {
    let folder = Folder::with_model();
    folder.put("rows.jsonl", ROWS);
    folder.put("few.jsonl", few_rows());
    let split = json(
        &folder,
        &format!("--train rows.jsonl --test few.jsonl {FIXED}"),
    );
    let given = json(&folder, "few.jsonl --model m.demarche");
    assert_eq!(
        split["tasks"], given["tasks"],
        "the small model is trained alike"
    );
    assert_eq!(
        (
            &split["design"]["split"]["trained_on"],
            &split["options"]["tone"]["c"]
        ),
        (&json!(40), &json!(10.0))
    );
    let twice =
        format!("--train rows.jsonl rows.jsonl --test few.jsonl few.jsonl {FIXED} --threads 2");
    assert_eq!(json(&folder, &twice)["rows"]["n"], 10);
}

#[test]
fn options_stand_by_their_task_where_another_is_not_measured() {
    let folder = Folder::with_rows();
    let row = json!({"text": "Envoys welcomed the talks.", "tone": "warm"});
    folder.put("tones.jsonl", row.to_string());
    let line = "--train rows.jsonl --test tones.jsonl --no-cv --c 10 --c tone=7";
    let split = json(&folder, line);
    assert_eq!(split["tasks"].as_object().unwrap().len(), 1);
    let options = split["options"].as_object().unwrap();
    assert_eq!((options.len(), &options["tone"]["c"]), (1, &json!(7.0)));
    let table = folder.output(&format!("benchmark {line}"));
    assert!(table.contains("C 7,"), "{table}");
    assert!(
        table.contains("chosen once over the training rows"),
        "{table}"
    );
}

/// A confusion as (gold, predicted) → count, from what `classify` says.
#[test]
fn the_figures_are_those_of_counting_by_hand() {
    let folder = with_both();
    folder.put("few.jsonl", few_rows());
    for file in ["rows.jsonl", "few.jsonl"] {
        let line = format!("classify --model m.demarche --unit row {file} --format jsonl");
        let said = folder.jsonl(&line);
        let gold: Vec<Value> = said.iter().map(|row| row["input"].clone()).collect();
        let benchmark = json(&folder, &format!("{file} --model m.demarche"));

        // Gold gate: of the rows that gold says are body, the tone with the highest score.
        let (mut n, mut right) = (0.0, 0.0);
        for (row, gold) in said
            .iter()
            .zip(&gold)
            .filter(|(_, gold)| gold["kind"] == "body")
        {
            let scores = row["scores"]["tone"].as_object().unwrap();
            let best = scores
                .iter()
                .max_by(|a, b| a.1.as_f64().unwrap().total_cmp(&b.1.as_f64().unwrap()));
            n += 1.0;
            right += f64::from(u8::from(gold["tone"] == *best.unwrap().0));
        }
        let tone = &figures(&benchmark, "tone");
        assert_eq!(tone["exact_match"]["value"], right / n, "{file}");

        // End to end: what is printed, a row of boilerplate standing for no topic.
        let sets = said
            .iter()
            .zip(&gold)
            .map(|(row, gold)| match gold["kind"] == "body" {
                true => row["topics"] == gold["topics"],
                false => row["topics"] == json!([]),
            });
        let right = sets.clone().filter(|right| *right).count() as f64;
        let topics = &figures(&benchmark, "topics")["end_to_end"];
        assert_eq!(
            topics["exact_match"]["value"],
            right / sets.count() as f64,
            "{file}"
        );
    }
}

#[test]
fn a_gold_label_that_training_never_saw_is_a_miss_and_is_reported() {
    let folder = Folder::with_model();
    folder.put("few.jsonl", few_rows());
    let benchmark = json(&folder, "few.jsonl --model m.demarche");
    for (task, name) in [("topics", "climate"), ("tone", "neutral")] {
        let unseen = label(&benchmark, task, name);
        assert_eq!(
            (&unseen["unseen"], &unseen["support"]),
            (&json!(true), &json!(1))
        );
        assert_eq!(
            (&unseen["recall"]["value"], &unseen["predicted"]),
            (&json!(0.0), &json!(0))
        );
    }
    // Two of five tones are right, and the unseen one counts among the five.
    let tone = &figures(&benchmark, "tone");
    assert_eq!(
        (&tone["n_samples"], &tone["exact_match"]["value"]),
        (&json!(5), &json!(0.4))
    );
    let table = folder.output("benchmark few.jsonl --model m.demarche");
    assert!(table.contains("climate (not in training)"), "{table}");
}

#[test]
fn a_label_that_is_neither_gold_nor_predicted_counts_as_nought_and_says_na() {
    let folder = Folder::with_model();
    folder.put("few.jsonl", "{\"text\": \"Tariffs on steel and soybeans hardened the trade war.\", \"topics\": [\"trade\"]}\n");
    let benchmark = json(&folder, "few.jsonl --model m.demarche");
    let topics = &figures(&benchmark, "topics");
    assert_eq!(label(&benchmark, "topics", "taiwan")["applicable"], false);
    assert_eq!(
        (&topics["macro_f1"]["value"], &topics["micro_f1"]["value"]),
        (&json!(0.5), &json!(1.0))
    );
    let table = folder.output("benchmark few.jsonl --model m.demarche");
    let row = table.lines().find(|line| line.contains("taiwan")).unwrap();
    assert_eq!(
        row.split_whitespace().collect::<Vec<_>>(),
        ["taiwan", "n/a", "n/a", "n/a", "n/a", "0"]
    );
}

#[test]
fn a_row_of_no_topic_predicted_none_is_right() {
    let folder = Folder::with_model();
    let row = json!({"text": "Children praised the panda cubs at the zoo.", "topics": []});
    folder.put("few.jsonl", row.to_string());
    let benchmark = json(&folder, "few.jsonl --model m.demarche");
    let topics = &figures(&benchmark, "topics");
    assert_eq!(
        (&topics["n_samples"], &topics["exact_match"]["value"]),
        (&json!(1), &json!(1.0))
    );
}

/// How many rows are labelled for topics and for tone.
fn n_labelled(folder: &Folder, file: &str) -> [u64; 2] {
    let benchmark = json(folder, &format!("{file} --model m.demarche"));
    ["topics", "tone"].map(|name| {
        let n = &benchmark["tasks"][name]["n_samples"];
        n.as_u64().unwrap_or(0)
    })
}

#[test]
fn null_is_unlabelled_and_the_empty_list_is_none() {
    let folder = Folder::with_model();
    let base = "{\"text\": \"x\", \"topics\": [\"trade\"], \"tone\": \"cold\"}\n";
    for (row, labelled) in [
        ("{\"text\": \"y\"}", [1, 1]),
        (
            "{\"text\": \"y\", \"topics\": null, \"tone\": null}",
            [1, 1],
        ),
        ("{\"text\": \"y\", \"topics\": [], \"tone\": null}", [2, 1]),
        (
            "{\"text\": \"y\", \"topics\": \"trade\", \"tone\": \"warm\"}",
            [2, 2],
        ),
        (
            "{\"text\": \"y\", \"kind\": \"boilerplate\", \"topics\": [], \"tone\": \"warm\"}",
            [1, 1],
        ),
        (
            "{\"text\": \"y\", \"kind\": null, \"topics\": [], \"tone\": \"warm\"}",
            [2, 2],
        ),
    ] {
        folder.put("rows.jsonl", format!("{base}{row}\n"));
        assert_eq!(n_labelled(&folder, "rows.jsonl"), labelled, "{row}");
    }
}

#[test]
fn in_csv_no_column_is_unlabelled_and_an_empty_cell_is_no_topic() {
    let folder = Folder::with_model();
    for (csv, labelled) in [
        ("text,topics,tone\nx,trade,cold\ny,,\n", [2, 1]),
        (
            "text,topics,tone\nx,trade; taiwan ;,cold\ny,;,warm\n",
            [2, 2],
        ),
        ("text,tone\nx,cold\ny,\n", [0, 1]),
        ("text,topics\nx,trade\ny, \n", [2, 0]),
        (
            "text,kind,topics,tone\nx,body,trade,cold\ny,boilerplate,,warm\n",
            [1, 1],
        ),
    ] {
        folder.put("rows.csv", csv);
        assert_eq!(n_labelled(&folder, "rows.csv"), labelled, "{csv}");
    }
    let benchmark = {
        folder.put("rows.csv", "text,topics\nx,trade; taiwan ;trade\n");
        json(&folder, "rows.csv --model m.demarche")
    };
    for topic in ["trade", "taiwan"] {
        assert_eq!(label(&benchmark, "topics", topic)["support"], 1);
    }
}

#[test]
fn a_figure_that_misses_its_bound_is_1() {
    let folder = with_both();
    let line = "benchmark rows.jsonl --model m.demarche";
    let met = folder.run(&format!(
        "{line} --fail-under tone.macro_f1=0.5 --fail-under topics.macro_f1=0.5"
    ));
    assert_eq!((met.code, met.stderr.as_str()), (0, ""));
    folder.put("few.jsonl", few_rows());
    let line = "benchmark few.jsonl --model m.demarche";
    let missed = folder.run(&format!(
        "{line} --fail-under tone.macro_f1=0.9 --fail-under topics.macro_f1=0.1"
    ));
    assert_eq!(missed.code, 1);
    missed.says(&["tone.macro_f1 ", " is below the 0.9 demanded"]);
    assert!(
        missed.stdout.contains("tone (single)"),
        "the figures are printed all the same"
    );
    assert!(!missed.stderr.contains("topics"), "{}", missed.stderr);

    for (bound, code) in [
        ("--fail-under tone.labels.cold.f1=0.3", 0),
        ("--fail-under tone.cold.f1=0.5", 1),
        ("--fail-over tone.calibration.ece=0.001", 1),
        ("--fail-over tone.calibration.ece=0.999", 0),
        ("--fail-over topics.false_label_rate=0.5", 1),
    ] {
        assert_eq!(folder.run(&format!("{line} {bound}")).code, code, "{bound}");
    }
    for absent in [
        "mood.macro_f1",
        "tone.nothing",
        "tone.neutral.ece",
        "tone.labels",
    ] {
        folder
            .run(&format!("{line} --fail-under {absent}=0.5"))
            .refused(&[absent, "macro_f1; the tasks are kind, topics, tone"]);
    }
    for wrong in [
        "tone",
        "tone=0.5",
        "tone.f1=x",
        "tone.f1=nan",
        "tone.f1=60",
        "tone.f1=-2",
    ] {
        folder
            .run(&format!("{line} --fail-under {wrong}"))
            .refused(&["topics.macro_f1=0.85"]);
    }
}

#[test]
fn a_bound_goes_by_the_gate_that_is_asked_for() {
    let folder = Folder::with_model();
    // The model takes this body row for boilerplate, and so gives it no tone.
    let row = json!({"text": "Share this page: all rights reserved, critics condemned.", "kind": "body", "tone": "cold"});
    let other = json!({"text": "Envoys welcomed the talks.", "kind": "body", "tone": "warm"});
    folder.put("rows.jsonl", format!("{row}\n{other}\n"));
    let line = "benchmark rows.jsonl --model m.demarche --fail-under tone.macro_f1=0.9";
    let benchmark = json(&folder, "rows.jsonl --model m.demarche");
    assert_eq!(figures(&benchmark, "tone")["macro_f1"]["value"], 1.0);
    assert_eq!(folder.run(line).code, 0);
    let predicted = folder.run(&format!("{line} --gate predicted"));
    assert_eq!(predicted.code, 1);
    assert!(
        predicted.stdout.contains("withheld"),
        "{}",
        predicted.stdout
    );
}

#[test]
fn intervals_come_from_the_draws_and_the_seed() {
    let folder = with_both();
    let line = format!("rows.jsonl {FIXED}");
    let by_default = json(&folder, &line);
    let tone = |benchmark: &Value| figures(benchmark, "topics")["macro_f1"].clone();
    let f1 = tone(&by_default);
    assert!(
        f1["low"].as_f64() < f1["value"].as_f64() && f1["value"].as_f64() <= f1["high"].as_f64()
    );
    let none = tone(&json(&folder, &format!("{line} --draws 0")));
    assert_eq!(
        (&none["low"], &none["high"]),
        (&none["value"], &none["value"])
    );
    assert_eq!(
        json(&folder, &format!("{line} --seed 5"))["design"]["seed"],
        5
    );
    let more = "benchmark rows.jsonl --model m.demarche --draws 18446744073709551615";
    folder.run(more).refused(&["--draws"]);
}

#[test]
fn threads_change_nothing() {
    let folder = Folder::with_rows();
    let one = folder.output("benchmark rows.jsonl --threads 1 --format json --c 1");
    let two = folder.output("benchmark rows.jsonl --threads 2 --format json --c 1");
    assert_eq!(one, two);
}

#[test]
fn skipped_records_are_3_or_under_strict_2() {
    let folder = with_both();
    folder.put("bad.jsonl", "{\n");
    let line = "benchmark rows.jsonl bad.jsonl --model m.demarche";
    let ran = folder.run(line);
    assert_eq!(ran.code, 3);
    ran.says(&["bad.jsonl:1: not JSON", "1 record was skipped"]);
    let strict = folder.run(&format!("{line} --strict"));
    assert_eq!((strict.code, &strict.stdout), (2, &ran.stdout));
}

#[test]
fn rows_may_come_on_standard_input() {
    let folder = with_both();
    let line = "benchmark - --model m.demarche --format json";
    let ran = folder.run_with(line, ROWS);
    let said: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (ran.code, &said),
        (0, &json(&folder, "rows.jsonl --model m.demarche"))
    );
}

#[test]
fn what_cannot_be_done_is_refused_with_what_to_do() {
    let folder = with_both();
    folder.put("none.jsonl", "{\"text\": \"x\"}\n");
    folder.put("bad.demarche", "no model");
    for (line, parts) in [
        ("", vec!["LABELED"]),
        (
            "absent.jsonl",
            vec!["absent.jsonl", "no such file", "check the path"],
        ),
        ("none.jsonl", vec!["no row has a label", "--task"]),
        (
            "none.jsonl --model m.demarche",
            vec!["no row is labelled", "kind, topics, tone"],
        ),
        ("rows.jsonl --model absent", vec!["absent", "No such file"]),
        (
            "rows.jsonl --model bad.demarche",
            vec!["bad.demarche: is not a demarche model"],
        ),
        ("rows.jsonl --train rows.jsonl", vec!["--train"]),
        ("--train rows.jsonl", vec!["--test"]),
        ("--test rows.jsonl", vec!["--train"]),
        (
            "--train rows.jsonl --test rows.jsonl --model m.demarche",
            vec!["--model"],
        ),
        ("rows.jsonl --folds 99", vec!["articles", "99", "--folds"]),
        (
            "rows.jsonl --model m.demarche --c 3",
            vec!["--model", "--c"],
        ),
        (
            "rows.jsonl --model m.demarche --task x",
            vec!["--model", "--task"],
        ),
        (
            "rows.jsonl --model m.demarche --no-cv",
            vec!["--model", "--no-cv"],
        ),
        ("rows.jsonl --gate both", vec!["--gate"]),
        ("rows.jsonl --format csv", vec!["--format"]),
    ] {
        let ran = folder.run(&format!("benchmark {line}"));
        ran.refused(&parts);
        assert_eq!(ran.stdout, "", "{line}");
    }
    assert_eq!(folder.run("benchmark --help").code, 0);
}

#[test]
fn articles_stay_together() {
    // Every article has a word of its own that tells its label; with articles split between folds it
    // would help, and kept together it cannot.
    let folder = Folder::new();
    let rows: String = (0..60)
        .map(|i| {
            let article = i / 6;
            let label = if article % 2 == 0 { "even" } else { "odd" };
            let row = |grouped: Value| json!({"text": format!("secret{article} words"), "label": label, "article": grouped});
            format!("{}\n", row(json!(format!("a{article}"))))
        })
        .collect();
    folder.put("grouped.jsonl", &rows);
    let loose: String = json_lines(&rows)
        .iter_mut()
        .map(|row| {
            row.as_object_mut().unwrap().remove("article");
            format!("{row}\n")
        })
        .collect();
    folder.put("loose.jsonl", loose);
    let accuracy = |file: &str| {
        let benchmark = json(&folder, &format!("{file} --no-cv"));
        figures(&benchmark, "label")["exact_match"]["value"]
            .as_f64()
            .unwrap()
    };
    assert_eq!(accuracy("loose.jsonl"), 1.0);
    assert!(
        accuracy("grouped.jsonl") <= 0.5,
        "{}",
        accuracy("grouped.jsonl")
    );
}

#[cfg(feature = "shipped-model")]
#[test]
fn the_shipped_model_can_be_named() {
    let folder = with_both();
    let benchmark = json(&folder, "rows.jsonl --model shipped");
    assert_eq!(figures(&benchmark, "kind")["n_samples"], 40);
}
