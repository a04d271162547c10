//! `demarche train`.

mod common;

use common::{Folder, ROWS, gzipped, json_lines};
use demarche::Model;
use insta::assert_snapshot;
use serde_json::{Value, json};

/// Options under which nothing is searched for.
const FIXED: &str = "--no-cv --folds 3 --ngram-range 1,1 --c 10";

/// Trains on `rows.jsonl` with more options; gives the card.
fn card(folder: &Folder, options: &str) -> Value {
    let said = folder.output(&format!("train rows.jsonl -o m.demarche {options}"));
    assert!(said.contains("wrote m.demarche"), "{said}");
    let card = folder.output("inspect m.demarche --format json --terms 100000 --codebook");
    serde_json::from_str(&card).unwrap()
}

fn task<'c>(card: &'c Value, name: &str) -> &'c Value {
    let tasks = card["tasks"].as_array().unwrap();
    tasks.iter().find(|task| task["task"] == name).unwrap()
}

/// Every term of a task's first label that has a weight.
fn terms(task: &Value) -> Vec<&str> {
    let label = &task["labels"][0];
    let sides = ["for", "against"].map(|side| label[side].as_array().unwrap());
    let pairs = sides.into_iter().flatten();
    pairs.map(|pair| pair[0].as_str().unwrap()).collect()
}

#[test]
fn training_ends_with_cross_validated_scores() {
    let folder = Folder::with_rows();
    assert_snapshot!(folder.output("train rows.jsonl -o m.demarche"));
    assert_snapshot!(folder.output("inspect m.demarche --terms 0"));
}

#[test]
fn no_cv_takes_the_defaults_and_gives_no_scores() {
    let folder = Folder::with_rows();
    let said = folder.output("train rows.jsonl -o m.demarche --no-cv");
    assert_eq!(
        said,
        "wrote m.demarche: kind (145 terms), topics (114 terms), tone (114 terms) from 40 rows\n"
    );
    let card = card(&folder, "--no-cv");
    assert_eq!(card["provenance"]["cross_validated"], json!([]));
    let options = &task(&card, "tone")["options"];
    assert_eq!(
        (&options["c"], &options["class_weight"]),
        (&json!(3.0), &json!("balanced"))
    );
    assert_eq!(options["text"]["ngram_range"], json!([1, 2]));
}

#[test]
fn what_is_not_given_is_searched_for_and_what_is_given_is_kept() {
    let folder = Folder::with_rows();
    let card = card(&folder, "--c 0.3 --class-weight none");
    for task in card["tasks"].as_array().unwrap() {
        assert_eq!(task["options"]["c"], 0.3);
        assert_eq!(task["options"]["class_weight"], "none");
    }
    let scores = card["provenance"]["cross_validated"].as_array().unwrap();
    assert_eq!(scores.len(), 3);
    for scores in scores {
        let [value, low, high] = [0, 1, 2].map(|i| scores["macro_f1"][i].as_f64().unwrap());
        assert!(low <= value && value <= high && high <= 1.0, "{scores}");
    }
}

/// Asserts that an option puts a value at its place on the card of each task.
fn assert_reaches(option: &str, pointer: &str, value: Value) {
    let folder = Folder::with_rows();
    let card = card(&folder, &format!("--no-cv {option}"));
    for name in ["kind", "topics", "tone"] {
        let found = task(&card, name).pointer(pointer);
        assert_eq!(found, Some(&value), "{option}: {name}");
    }
}

#[test]
fn every_option_of_texts_and_terms_reaches_the_model() {
    let text = |option: &str, field: &str, value| {
        assert_reaches(option, &format!("/options/text/{field}"), value);
    };
    text("--ngram-range 2,3", "ngram_range", json!([2, 3]));
    text("--char-ngram-range 3,4", "char_ngram_range", json!([3, 4]));
    text("--char-ngram-range off", "char_ngram_range", Value::Null);
    text("--no-stem", "stem", json!(false));
    text("--drop-stop-words", "stop_words", json!(true));
    text("--negation", "negation", json!(true));
    text("--marks", "marks", json!(true));
    text("--acts", "acts", json!(true));
    let tfidf = |option: &str, field: &str, value| {
        assert_reaches(option, &format!("/options/tfidf/{field}"), value);
    };
    tfidf("--min-df 3", "min_df", json!({"count": 3}));
    tfidf("--min-df 0.1", "min_df", json!({"share": 0.1}));
    tfidf("--max-df 9", "max_df", json!({"count": 9}));
    tfidf("--max-df 0.5", "max_df", json!({"share": 0.5}));
    tfidf("--max-features 12", "max_features", json!(12));
    tfidf("--no-sublinear-tf", "sublinear_tf", json!(false));
    tfidf("--no-idf", "use_idf", json!(false));
    assert_reaches("--max-features 12", "/n_terms", json!(12));
}

#[test]
fn every_option_of_fitting_reaches_the_model() {
    let fit = |option: &str, field: &str, value| {
        assert_reaches(option, &format!("/options/{field}"), value);
    };
    fit("--c 7", "c", json!(7.0));
    fit("--chi2 6", "chi2", json!(6));
    fit("--class-weight none", "class_weight", json!("none"));
    fit(
        "--scaling log-count-ratio",
        "scaling",
        json!("log-count-ratio"),
    );
    fit(
        "--estimator linfa-logistic",
        "estimator",
        json!("linfa-logistic"),
    );
    fit("--estimator linfa-bayes", "estimator", json!("linfa-bayes"));
    fit("--estimator svc", "estimator", json!("svc"));
    assert_reaches("--chi2 6", "/n_terms", json!(6));
    let folder = Folder::with_rows();
    let card = card(&folder, "--no-cv --seed 9 --folds 4");
    let (seed, folds) = (&card["provenance"]["seed"], &card["provenance"]["folds"]);
    assert_eq!((seed, folds), (&json!(9), &json!(4)));
}

#[test]
fn options_of_texts_and_terms_change_the_terms() {
    let folder = Folder::with_rows();
    let terms_with = |options: &str| {
        let card = card(&folder, &format!("{FIXED} {options}"));
        terms(task(&card, "tone")).join("|")
    };
    let plain = terms_with("");
    assert!(plain.contains("tariff") && plain.contains("|the|") && !plain.contains("tariffs"));
    assert!(terms_with("--no-stem").contains("tariffs"));
    assert!(!terms_with("--drop-stop-words").contains("|the|"));
    assert!(terms_with("--char-ngram-range 3,3").contains("~ tr"));
    assert!(terms_with("--min-df 1").contains("pianist"));
    assert!(!terms_with("--max-df 0.5").contains("|and|"));
}

#[test]
fn an_option_may_be_given_for_one_task() {
    let folder = Folder::with_rows();
    let options = "--no-cv --c 2 --c tone=5 --no-stem=topics --min-df kind=1 --scaling tone=none";
    let card = card(&folder, options);
    let at = |name: &str, pointer: &str| task(&card, name).pointer(pointer).cloned().unwrap();
    assert_eq!(at("kind", "/options/c"), 2.0);
    assert_eq!(at("tone", "/options/c"), 5.0);
    assert_eq!(at("tone", "/options/text/stem"), true);
    assert_eq!(at("topics", "/options/text/stem"), false);
    assert_eq!(at("kind", "/options/tfidf/min_df"), json!({"count": 1}));
    folder
        .run("train rows.jsonl -o m.demarche --no-cv --c tune=1")
        .refused(&["`tune`", "no row is labelled"]);
}

#[test]
fn senseless_options_are_refused_before_anything_is_read() {
    let folder = Folder::with_rows();
    for (option, part) in [
        ("--c 0", "positive"),
        ("--c nan", "positive"),
        ("--c inf", "positive"),
        ("--c -1", "C is -1, not a positive number"),
        ("--ngram-range -1,2", "`-1,2` is no range"),
        ("--min-df -1", "-1"),
        ("--folds -1", "2..=100"),
        ("--c tone=x", "--c"),
        ("--ngram-range 2,1", "2,1"),
        ("--ngram-range 0,1", "0,1"),
        ("--ngram-range 1,9", "1,9"),
        ("--ngram-range 1", "1,2"),
        ("--char-ngram-range no", "no"),
        ("--min-df 1.5", "1.5"),
        ("--max-features 0", "at least one term"),
        ("--chi2 0", "at least one term"),
        ("--class-weight heavy", "balanced"),
        ("--scaling big", "log-count-ratio"),
        ("--estimator svm", "linfa-bayes"),
        ("--folds 1", "--folds"),
        ("--threads 0", "--threads"),
        ("--seed x", "--seed"),
        ("--task a:both", "both"),
        (
            "--task tone:single --task tone:multi",
            "`tone` is given twice",
        ),
    ] {
        folder
            .run(&format!("train rows.jsonl -o m.demarche {option}"))
            .refused(&[part]);
        assert!(!folder.path("m.demarche").exists());
    }
    folder.run("train rows.jsonl").refused(&["--output"]);
    folder.run("train -o m.demarche").refused(&["LABELED"]);
}

#[test]
fn the_same_rows_give_the_same_bytes_whatever_the_threads() {
    let folder = Folder::with_rows();
    let one = folder.output("train rows.jsonl -o m.demarche --threads 1");
    let bytes = folder.bytes("m.demarche");
    let two = folder.output("train rows.jsonl -o m.demarche --threads 2");
    assert_eq!(one, two);
    assert_eq!(folder.bytes("m.demarche"), bytes);
    folder.output("train rows.jsonl -o m.demarche --seed 1");
    assert_ne!(
        folder.bytes("m.demarche"),
        bytes,
        "the seed stands in the card"
    );
}

/// The rows as CSV.
fn csv() -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["id", "text", "kind", "topics", "tone", "article"])
        .unwrap();
    for row in json_lines(ROWS) {
        let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
        let topics = row["topics"].as_array().into_iter().flatten();
        let topics: Vec<&str> = topics.map(|topic| topic.as_str().unwrap()).collect();
        let cells = [
            text("id"),
            text("text"),
            text("kind"),
            topics.join("; "),
            text("tone"),
            text("article"),
        ];
        out.write_record(cells).unwrap();
    }
    String::from_utf8(out.into_inner().unwrap()).unwrap()
}

#[test]
fn the_format_of_the_rows_changes_nothing() {
    let folder = Folder::with_rows();
    folder.output(&format!("train rows.jsonl -o m.demarche {FIXED}"));
    let bytes = folder.bytes("m.demarche");
    let (first, second) = ROWS.split_at(ROWS.len() / 2);
    let (first, second) = (first.to_owned(), second.to_owned());
    let cut = first.rfind('\n').unwrap() + 1;
    folder.put("parts/a.jsonl", &first[..cut]);
    folder.put("parts/b.jsonl", first[cut..].to_owned() + &second);
    folder.put("rows.csv", csv());
    folder.put(
        "crlf.csv",
        format!("\u{feff}{}", csv().replace('\n', "\r\n")),
    );
    folder.put("rows.tsv", csv().replace(',', "\t").replace('"', ""));
    folder.put(
        "crlf.jsonl",
        format!("\u{feff}{}", ROWS.replace('\n', "\r\n\r\n")),
    );
    folder.put("rows.jsonl.gz", gzipped(ROWS));
    folder.put("rows.csv.gz", gzipped(csv()));
    for input in [
        "parts",
        "parts/*.jsonl",
        "parts/a.jsonl parts/b.jsonl",
        "rows.csv",
        "crlf.csv",
        "crlf.jsonl",
        "rows.jsonl.gz",
        "rows.csv.gz",
    ] {
        folder.output(&format!("train {input} -o m.demarche {FIXED}"));
        assert_eq!(folder.bytes("m.demarche"), bytes, "{input}");
    }
    let ran = folder.run_with(&format!("train - -o m.demarche {FIXED}"), ROWS);
    assert_eq!(
        (ran.code, folder.bytes("m.demarche") == bytes),
        (0, true),
        "standard input"
    );
    let line = format!("train - -o m.demarche {FIXED} --input-format csv");
    let ran = folder.run_with(&line, csv());
    assert_eq!(
        (ran.code, folder.bytes("m.demarche") == bytes),
        (0, true),
        "CSV on standard input"
    );
    let ran = folder.run_with(&format!("train - -o m.demarche {FIXED}"), csv());
    assert_eq!(
        (ran.code, folder.bytes("m.demarche") == bytes),
        (0, true),
        "CSV on standard input, by its header"
    );
}

#[test]
fn tasks_of_ones_own_take_the_place_of_those_detected() {
    let folder = Folder::new();
    let rows: String = (0..12)
        .map(|i| match i % 2 {
            0 => {
                json!({"text": "frost and snow", "season": "winter", "wear": ["coat"], "tone": "x"})
            }
            _ => json!({"text": "sun and sand", "season": "summer", "wear": [], "tone": "y"}),
        })
        .map(|row| row.to_string() + "\n")
        .collect();
    folder.put("rows.jsonl", rows);
    let card = card(&folder, "--no-cv --task wear:multi --task season");
    let tasks: Vec<_> = card["tasks"].as_array().unwrap().iter().collect();
    let shown = |i: usize| {
        (
            tasks[i]["task"].as_str().unwrap(),
            tasks[i]["form"].as_str().unwrap(),
        )
    };
    assert_eq!(tasks.len(), 2);
    assert_eq!(
        (shown(0), shown(1)),
        (("wear", "multi"), ("season", "single"))
    );
    assert_eq!(card["gate"], Value::Null);
}

#[test]
fn the_fields_label_and_labels_are_tasks_too() {
    let folder = Folder::new();
    let row = |i: usize| json!({"text": format!("word{} word", i % 2), "label": i % 2, "labels": [i.is_multiple_of(2)]});
    folder.put(
        "rows.jsonl",
        (0..12)
            .map(|i| row(i).to_string() + "\n")
            .collect::<String>(),
    );
    let card = card(&folder, "--no-cv");
    let labels = |name: &str| {
        let labels = task(&card, name)["labels"].as_array().unwrap().clone();
        labels
            .iter()
            .map(|l| l["label"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(labels("label"), ["0", "1"], "numbers are labels");
    assert_eq!(labels("labels"), ["false", "true"]);
}

#[test]
fn a_task_named_like_a_field_is_refused() {
    let folder = Folder::with_rows();
    for name in [
        "text",
        "id",
        "doc",
        "scores",
        "input",
        "paragraph",
        "start",
        "end",
        "title",
        "article",
        "date",
        "source",
        "explain",
    ] {
        folder
            .run(&format!(
                "train rows.jsonl -o m.demarche --task {name}:single"
            ))
            .refused(&[&format!("`{name}`"), "field", "rename"]);
    }
    for name in ["", "a.b", "a;b"] {
        folder
            .run(&format!(
                "train rows.jsonl -o m.demarche --task {name}:single"
            ))
            .refused(&["cannot be the name of a task"]);
    }
}

#[test]
fn a_codebook_is_kept() {
    let folder = Folder::with_rows();
    folder.put(
        "book.md",
        "| tone | is |\n|---|---|\n| warm | kind words |\n",
    );
    let card = card(&folder, &format!("{FIXED} --codebook book.md"));
    assert_eq!(task(&card, "tone")["labels"][1]["definition"], "kind words");
    folder
        .run("train rows.jsonl -o m.demarche --codebook absent.md")
        .refused(&["absent.md", "No such file", "give --codebook a Markdown"]);
    folder.put("other.md", "| label | is |\n|---|---|\n| dove | meek |\n");
    let line = "train rows.jsonl -o m.demarche --codebook other.md";
    let ran = folder.run(&format!("{line} {FIXED}"));
    assert_eq!(ran.code, 0);
    ran.says(&["note: the codebook defines none of the labels"]);
}

#[test]
fn rows_that_cannot_be_read_are_named_and_the_rest_is_trained_on() {
    let folder = Folder::with_rows();
    let broken = "{\"text\": \"Envoys met.\", \"tone\": [\"warm\"]}\n{\"text\": \"x\", \"topics\": [{}]}\n{\n";
    folder.put("broken.jsonl", broken);
    folder.put("a.txt", "Envoys met.");
    let line = format!("train rows.jsonl broken.jsonl a.txt -o m.demarche {FIXED}");
    let ran = folder.run(&line);
    assert_eq!(ran.code, 3);
    ran.says(&[
        "broken.jsonl:1: `tone` is a list",
        "broken.jsonl:2: `topics` holds something that is no label",
        "broken.jsonl:3: not JSON",
        "a.txt: a text file has no labels",
        "4 records were skipped",
    ]);
    assert!(ran.stdout.contains("from 40 rows"), "{}", ran.stdout);
    let strict = folder.run(&format!("{line} --strict"));
    assert_eq!(strict.code, 2);
    strict.says(&["4 records were skipped"]);
}

#[test]
fn nothing_to_train_on_is_refused_with_what_to_do() {
    let folder = Folder::new();
    folder.put(
        "none.jsonl",
        "{\"text\": \"Envoys met.\", \"tone\": null}\n",
    );
    folder.put("empty.jsonl", "");
    folder.put(
        "one.jsonl",
        "{\"text\": \"Envoys met.\", \"tone\": \"warm\"}\n".repeat(9),
    );
    folder.put(
        "sets.jsonl",
        "{\"text\": \"Envoys met.\", \"topics\": []}\n".repeat(9),
    );
    let line = "-o m.demarche";
    for file in ["none.jsonl", "empty.jsonl"] {
        folder.run(&format!("train {file} {line}")).refused(&[
            "no row has a label",
            "`topics`",
            "--task",
        ]);
    }
    folder
        .run(&format!("train one.jsonl {line}"))
        .refused(&["`tone`", "1 label", "2 at least"]);
    folder
        .run(&format!("train sets.jsonl {line}"))
        .refused(&["`topics`", "0 label", "1 at least"]);
    folder
        .run(&format!("train absent.jsonl {line}"))
        .refused(&["absent.jsonl", "no such file"]);
    assert!(!folder.path("m.demarche").exists());

    let two = ["warm", "cold"].map(|tone| json!({"text": "Envoys met.", "tone": tone}).to_string());
    folder.put("two.jsonl", two.join("\n"));
    folder
        .run(&format!("train two.jsonl {line}"))
        .refused(&["articles", "--folds"]);
    folder.output(&format!("train two.jsonl {line} --no-cv"));
}

#[test]
fn a_model_without_terms_is_refused() {
    let folder = Folder::with_rows();
    for estimator in ["logistic", "svc", "linfa-logistic", "linfa-bayes"] {
        let line =
            format!("train rows.jsonl -o m.demarche --no-cv --min-df 1000 --estimator {estimator}");
        folder.run(&line).refused(&["no term", "--min-df"]);
    }
}

#[test]
fn a_place_that_cannot_be_written_is_refused_before_training() {
    let folder = Folder::with_rows();
    folder.put("folder/x", "");
    let absent = folder.run("train rows.jsonl -o absent/m.demarche");
    absent.refused(&["absent", "folder"]);
    let taken = folder.run("train rows.jsonl -o folder");
    taken.refused(&["folder", "is a folder"]);
    assert_eq!((absent.stdout.as_str(), taken.stdout.as_str()), ("", ""));
    folder.output(&format!("train rows.jsonl -o folder/m.demarche {FIXED}"));
    assert!(Model::open(folder.path("folder/m.demarche")).is_ok());
    let left: Vec<_> = std::fs::read_dir(folder.path("folder")).unwrap().collect();
    assert_eq!(left.len(), 2, "no temporary file is left");
}

#[test]
fn what_is_no_model_is_not_replaced() {
    let folder = Folder::with_rows();
    folder.put("notes.md", "# Notes\n");
    folder.put("in/empty.jsonl", "");
    let refuse = |line: &str, parts: &[&str]| {
        let before = folder.bytes("rows.jsonl");
        let ran = folder.run(&format!("{line} {FIXED}"));
        ran.refused(parts);
        assert_eq!(folder.bytes("rows.jsonl"), before, "{line}");
    };
    refuse(
        "train rows.jsonl -o notes.md",
        &["notes.md", "no demarche model", "another name"],
    );
    refuse(
        "train rows.jsonl -o rows.jsonl",
        &["rows.jsonl", "one of the inputs"],
    );
    refuse(
        "train rows.jsonl in -o in/../in/empty.jsonl",
        &["one of the inputs"],
    );
    refuse("train rows.jsonl -o -", &["--output -", "name the file"]);
    refuse(
        "train rows.jsonl --output=",
        &["--output is empty", "name the file"],
    );
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("rows.jsonl", folder.path("link")).unwrap();
        refuse("train rows.jsonl -o link", &["link", "one of the inputs"]);
        std::fs::hard_link(folder.path("rows.jsonl"), folder.path("hard")).unwrap();
        refuse("train rows.jsonl -o hard", &["hard", "no demarche model"]);
        std::os::unix::fs::symlink("/dev/null", folder.path("null")).unwrap();
        refuse("train rows.jsonl -o null", &["null", "no regular file"]);
    }
    // What is empty, and a model, may be replaced.
    for _ in 0..2 {
        folder.output(&format!("train rows.jsonl -o in/empty.jsonl {FIXED}"));
    }
    assert!(Model::open(folder.path("in/empty.jsonl")).is_ok());
}

#[test]
fn labels_of_jsonl_are_trimmed() {
    let folder = Folder::with_rows();
    let plain = card(&folder, FIXED);
    let spaced = ROWS
        .replace("\"tone\": \"", "\"tone\": \" ")
        .replace("\"topics\": [", "\"topics\": [\" \", ")
        .replace("\" \", ]", "\"\"]");
    assert_ne!(spaced, ROWS);
    let extra = json!({"text": "Envoys met.", "kind": "", "tone": "  "});
    folder.put("rows.jsonl", format!("{spaced}{extra}\n"));
    assert_eq!(card(&folder, FIXED)["tasks"], plain["tasks"]);
}

#[test]
fn the_memory_budget_of_dense_estimators_is_kept() {
    let folder = Folder::with_rows();
    let rows: String = (0..60)
        .map(|i| {
            let words: Vec<String> = (0..600).map(|j| format!("w{}", (i % 2) * 7 + j)).collect();
            json!({"text": words.join(" "), "tone": if i % 2 == 0 { "a" } else { "b" }}).to_string()
                + "\n"
        })
        .collect();
    folder.put("wide.jsonl", rows);
    let line = "train wide.jsonl -o m.demarche --no-cv --estimator linfa-bayes";
    folder
        .run(&format!("{line} --memory-budget 0"))
        .refused(&["--chi2", "--memory-budget"]);
    folder.output(&format!("{line} --memory-budget 18446744073709551615"));
}

#[test]
fn rows_of_another_kind_are_unlabelled_for_the_rest() {
    let folder = Folder::with_rows();
    let plain = card(&folder, FIXED);
    // Labels on boilerplate change nothing but the hash of the rows.
    let labelled = ROWS.replace(
        "\"topics\": null, \"tone\": null",
        "\"topics\": [\"odd\"], \"tone\": \"odd\"",
    );
    assert_ne!(labelled, ROWS);
    folder.put("rows.jsonl", labelled);
    assert_eq!(card(&folder, FIXED)["tasks"], plain["tasks"]);
}

#[test]
fn a_further_task_changes_nothing_for_the_rest() {
    let folder = Folder::with_rows();
    let both = card(
        &folder,
        &format!("{FIXED} --task tone:single --task kind:single"),
    );
    let alone = card(&folder, &format!("{FIXED} --task tone:single"));
    assert_eq!(task(&both, "tone"), task(&alone, "tone"));
}
