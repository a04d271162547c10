//! `classify --explain`, what a label hangs on, and `--nearest`.

mod common;

use common::Folder;
use demarche::model::examples::Examples;
use demarche::predict::{Neighbours, without_words};
use demarche::train::rows::examples;
use demarche::train::{Gold, Row};
use insta::assert_snapshot;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

const TEXT: &str = "Beijing raised tariffs on American steel and threatened Taiwan with warships.";

/// A folder with a model that was trained with its rows kept.
fn with_examples() -> Folder {
    let folder = Folder::with_rows();
    let line = "train rows.jsonl --no-cv --ngram-range 1,1 --c 10 --keep-examples -o m.demarche";
    let ran = folder.run(line);
    assert_eq!(ran.code, 0, "{ran:?}");
    folder.put("a.txt", TEXT);
    folder
}

#[test]
fn without_a_terminal_words_are_marked_by_their_signs() {
    let folder = with_examples();
    let line = "classify --model m.demarche a.txt --explain 2 --nearest 1";
    let plain = folder.output(line);
    assert!(!plain.contains('\u{1b}'), "{plain}");
    assert_snapshot!(plain);
}

#[test]
fn a_terminal_has_colours_unless_they_are_not_wanted() {
    let folder = with_examples();
    let line = "classify --model m.demarche a.txt --explain 1 --most-words 0";
    let coloured = |colours: &[(&str, &str)]| {
        let mut command = folder.command(line);
        let output = command.envs(colours.iter().copied()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let forced = coloured(&[("CLICOLOR_FORCE", "1")]);
    assert!(forced.contains("\u{1b}[36m"), "{forced:?}");
    assert_snapshot!(forced.replace('\u{1b}', "ESC"));
    let refused = coloured(&[("CLICOLOR_FORCE", "0"), ("NO_COLOR", "1")]);
    assert_eq!(refused, folder.output(line));
    assert!(refused.contains("[+Taiwan]"), "the signs stay: {refused}");
}

#[test]
fn the_same_in_jsonl_and_csv() {
    let folder = with_examples();
    let line = "classify --model m.demarche a.txt --explain 2 --nearest 1 --format";
    let said = folder.jsonl(&format!("{line} jsonl"));
    assert_snapshot!(serde_json::to_string_pretty(&said[0]).unwrap());
    assert_snapshot!(folder.output(&format!("{line} csv")));
}

#[test]
fn a_reader_can_take_the_words_out_by_hand() {
    let folder = with_examples();
    folder.put(
        "rows.jsonl",
        common::ROWS.to_owned() + &json!({"text": TEXT}).to_string(),
    );
    let line = "classify --model m.demarche --unit row --format jsonl";
    let said = folder.jsonl(&format!("{line} rows.jsonl --explain 1"));
    let (mut n_found, mut n_none) = (0, 0);
    for paragraph in &said {
        let text = paragraph["text"].as_str().unwrap();
        for (task, reasons) in paragraph["explain"].as_object().unwrap() {
            for reason in reasons.as_array().unwrap() {
                let lead =
                    reason["margin"].as_f64().unwrap() - reason["threshold"].as_f64().unwrap();
                assert!(lead >= 0.0, "a label that is given passes its threshold");
                assert_eq!(reason.get("rival").is_some(), task != "topics");
                let without = &reason["without"];
                if without.is_null() {
                    n_none += 1;
                    continue;
                }
                n_found += 1;
                let span = |word: &Value| {
                    let at = |i: usize| word["span"][i].as_u64().unwrap() as usize;
                    assert_eq!(word["word"], text[at(0)..at(1)]);
                    (at(0), at(1))
                };
                let words: Vec<_> = without["words"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(span)
                    .collect();
                folder.put("edited.txt", without_words(text, &words));
                let again = folder.jsonl(&format!("{line} edited.txt"));
                let given = again.first().map_or(json!(null), |said| said[task].clone());
                assert_eq!(
                    given, without["answer"],
                    "{task} of {text:?} without {words:?}"
                );
            }
        }
    }
    assert!(n_found > 50 && n_none > 0, "{n_found} found, {n_none} not");
    let few = folder.jsonl(&format!("{line} rows.jsonl --explain 1 --most-words 0"));
    assert!(few[0]["explain"]["kind"][0].get("without").is_none());
}

#[test]
fn the_nearest_row_of_a_training_row_is_itself() {
    let folder = with_examples();
    let line = "classify --model m.demarche rows.jsonl --unit row --format jsonl --nearest 3";
    for said in folder.jsonl(line) {
        let nearest = said["nearest"].as_object().unwrap();
        assert_eq!(nearest.len(), if said["kind"] == "body" { 3 } else { 1 });
        for rows in nearest.values() {
            let similarities: Vec<f64> = (rows.as_array().unwrap().iter())
                .map(|row| row["similarity"].as_f64().unwrap())
                .collect();
            assert!(similarities.is_sorted_by(|a, b| a >= b) && similarities.len() <= 3);
        }
        let own = &nearest["kind"][0];
        assert_eq!(
            (&own["text"], &own["similarity"]),
            (&said["text"], &json!(1.0))
        );
        assert!(own["labels"].is_array());
    }
}

#[test]
fn rows_of_another_model_or_none_are_refused() {
    let folder = with_examples();
    let line = "classify --model m.demarche a.txt --nearest 1";
    let kept = folder.bytes("m.demarche.examples");
    let mut harmed = kept.clone();
    harmed[100] ^= 1;
    folder.put("m.demarche.examples", harmed);
    folder
        .run(line)
        .refused(&["m.demarche.examples", "checksum", "--keep-examples"]);
    folder.put("m.demarche.examples", &kept[..70]);
    folder
        .run(line)
        .refused(&["m.demarche.examples", "damaged"]);
    folder.put("m.demarche.examples", "text");
    folder.run(line).refused(&["is no file of examples"]);
    let mut later = kept.clone();
    later[8] = 9;
    folder.put("m.demarche.examples", later);
    folder.run(line).refused(&["version 9"]);
    folder.put("m.demarche.examples", &kept);
    folder.output(line);
    let again = "train rows.jsonl --no-cv --ngram-range 1,1 --c 3 -o m.demarche";
    assert_eq!(folder.run(again).code, 0);
    folder
        .run(line)
        .refused(&["m.demarche.examples", "another model", "--keep-examples"]);
    std::fs::remove_file(folder.path("m.demarche.examples")).unwrap();
    folder
        .run(line)
        .refused(&["m.demarche.examples", "no such file", "--keep-examples"]);
    #[cfg(feature = "shipped-model")]
    (folder.run("classify a.txt --nearest 1")).refused(&["shipped", "--keep-examples"]);
    folder.put("m.demarche.examples", "notes of mine");
    let keep = again.replace("-o", "--keep-examples -o");
    folder
        .run(&keep)
        .refused(&["m.demarche.examples", "not replaced"]);
    assert_eq!(folder.bytes("m.demarche.examples"), b"notes of mine");
}

/// The rows that the small model is trained on, indexed.
static NEIGHBOURS: LazyLock<(Vec<Row>, Neighbours)> = LazyLock::new(|| {
    let (rows, model) = (common::labelled(common::ROWS), common::model());
    let kept = Examples::new(examples(&rows, &model), &model);
    let bytes = kept.to_bytes();
    assert_eq!(Examples::from_bytes(&bytes, &model).unwrap(), kept);
    let neighbours = Neighbours::new(kept, &model).unwrap();
    (rows, neighbours)
});

/// The weights of a text's terms in a task's space, by name: term by term, apart from the index.
fn weights(model: &demarche::Model, task: usize, text: &str) -> BTreeMap<String, f64> {
    use demarche::text::{Analyzer, Scratch};
    let of_task = &model.tasks()[task];
    let analyzer = Analyzer::new(of_task.options.text.clone()).unwrap();
    let mut scratch = Scratch::default();
    let terms = analyzer.terms(text, &mut scratch).to_vec();
    let mut counts: BTreeMap<String, f64> = BTreeMap::new();
    for term in &terms {
        if of_task.tfidf.vocabulary().column(term.hash).is_some() {
            *counts.entry(scratch.name(term)).or_default() += 1.0;
        }
    }
    for (name, count) in &mut counts {
        let column = of_task
            .tfidf
            .vocabulary()
            .column(demarche::text::hash_term(name));
        let tf = 1.0 + count.ln();
        *count = tf * f64::from(of_task.tfidf.idf()[column.unwrap() as usize]);
    }
    let norm = counts.values().map(|w| w * w).sum::<f64>().sqrt();
    counts.values_mut().for_each(|weight| *weight /= norm);
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The index finds what comparing with every row finds.
    #[test]
    fn the_search_is_exact(
        words in prop::collection::vec(select(&["tariffs", "Beijing", "Taiwan", "the", "deal", "steel", "x"][..]), 0..12),
        n in 1..6usize,
    ) {
        let text = words.join(" ");
        let model = common::model();
        let (rows, neighbours) = &*NEIGHBOURS;
        for nearest in neighbours.nearest(&text, n, |_| true) {
            let name = &model.tasks()[nearest.task].task.name;
            let own = weights(&model, nearest.task, &text);
            let is_labelled = |row: &&Row| {
                let is_body = row.kind.as_deref() == Some("body");
                matches!(row.gold.get(name), Some(Gold::Single(_) | Gold::Multi(_))) && (is_body || name == "kind")
            };
            let cosine = |row: &Row| -> f64 {
                let other = weights(&model, nearest.task, &row.text);
                own.iter().filter_map(|(term, weight)| Some(weight * other.get(term)?)).sum()
            };
            let mut expected: Vec<f64> = rows.iter().filter(is_labelled).map(cosine).collect();
            expected.retain(|cosine| *cosine > 0.0);
            expected.sort_by(|a, b| b.total_cmp(a));
            expected.truncate(n);
            prop_assert_eq!(nearest.rows.len(), expected.len());
            for (row, cosine) in nearest.rows.iter().zip(expected) {
                prop_assert!((f64::from(row.similarity) - cosine).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn no_bytes_are_examples(bytes in prop::collection::vec(any::<u8>(), 0..200), magic in any::<bool>()) {
        let mut bytes = bytes;
        if magic {
            bytes.splice(0..0, *b"DEMEXMPL\x01\0\0\0");
        }
        prop_assert!(Examples::from_bytes(&bytes, &common::model()).is_err());
    }
}
