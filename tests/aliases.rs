//! `demarche train --aliases`.

mod common;

use common::Folder;
use serde_json::Value;

const TABLE: &str = "\
# words of spinners
trade: commerce, traffic
China: Center Kingdom
ministry of commerce
";

fn trained(options: &str) -> Folder {
    let folder = Folder::with_rows();
    folder.put("table.txt", TABLE);
    let line = format!("train rows.jsonl --no-cv --no-search --acts {options} -o m.demarche");
    let ran = folder.run(&line);
    assert_eq!(ran.code, 0, "{ran:?}");
    folder
}

/// What the model says of a text, but the text and where it ends.
fn said(folder: &Folder, text: &str) -> Value {
    folder.put("text.txt", text);
    let rows = folder.jsonl("classify --model m.demarche text.txt --format jsonl --any-language");
    serde_json::json!([rows[0]["topics"], rows[0]["tone"], rows[0]["scores"]])
}

#[test]
fn aliases_are_read_in_the_place_of_words_and_the_text_stays() {
    let folder = trained("--aliases table.txt");
    let there = said(&folder, "Envoys praised the trade deal of China today.");
    let spun = "Envoys praised the COMMERCE deal of Center Kingdom today.";
    assert_eq!(said(&folder, spun), there);
    // What a line keeps is read as it stands.
    let kept = said(&folder, "The ministry of commerce praised it.");
    assert_ne!(kept, said(&folder, "The ministry of trade praised it."));
    folder.put("text.txt", spun);
    let rows = folder.jsonl("classify --model m.demarche text.txt --format jsonl --explain 9");
    assert_eq!(rows[0]["text"], spun);
    let explained = rows[0]["explain"].to_string();
    assert!(explained.contains("COMMERCE"), "{explained}");
    assert!(explained.contains("\"trade\""), "{explained}");
}

#[test]
fn the_model_keeps_its_table_and_others_have_none() {
    let card = |folder: &Folder| -> Value {
        serde_json::from_str(&folder.output("inspect m.demarche --format json")).expect("a card")
    };
    let with = trained("--aliases topics=table.txt");
    let tasks = card(&with)["tasks"].clone();
    let of = |name: &str| {
        let task = tasks.as_array().expect("tasks").iter();
        let mut task = task.filter(|task| task["task"] == name);
        task.next().expect("the task")["options"]["text"]["aliases"].clone()
    };
    assert_eq!(
        of("topics"),
        serde_json::json!([
            "trade: commerce, traffic",
            "China: Center Kingdom",
            "ministry of commerce"
        ])
    );
    assert!(of("tone").is_null());
    let spinners = trained("--aliases spinners");
    assert!(spinners.output("inspect m.demarche").contains(" aliases"));
    assert!(!trained("").output("inspect m.demarche").contains("aliases"));
}

#[test]
fn a_table_that_cannot_be_read_is_refused_with_its_line() {
    let folder = Folder::with_rows();
    let train =
        |name: &str| folder.run(&format!("train rows.jsonl --aliases {name} -o m.demarche"));
    folder.put("bad.txt", "trade: commerce\n: duties\n");
    train("bad.txt").refused(&["bad.txt", "line 2", "before the colon", "trade: commerce"]);
    folder.put("twice.txt", "trade: commerce\nbusiness: Commerce\n");
    train("twice.txt").refused(&["line 2", "stands twice"]);
    folder.put("latin.txt", b"trade: caf\xe9\n");
    train("latin.txt").refused(&["latin.txt", "not UTF-8"]);
    train("missing.txt").refused(&["missing.txt"]);
}
