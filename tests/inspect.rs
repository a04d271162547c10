//! `demarche inspect`, and what becomes of files that are no model or a damaged one.

mod common;

use common::{Folder, fixed_params, labelled, model, model_bytes};
use demarche::model::Codebook;
use demarche::{Model, Row, Trainer};
use insta::assert_snapshot;
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

const CODEBOOK: &str = "\
# What the labels mean

| topic | applies to | does not cover |
|---|---|---|
| trade | tariffs and deals | chips |
| taiwan | the strait | |
";

/// A folder with a model that holds the codebook, `m.demarche`.
fn with_codebook() -> Folder {
    let mut params = fixed_params();
    params.codebook = Some(Codebook(CODEBOOK.to_owned()));
    let trained = Trainer::new(params).fit(&labelled(common::ROWS)).unwrap();
    let folder = Folder::new();
    trained.model.save(folder.path("m.demarche")).unwrap();
    folder
}

#[test]
fn the_card() {
    let folder = Folder::with_model();
    assert_snapshot!(folder.output("inspect m.demarche --terms 3"));
}

#[test]
fn the_card_with_definitions() {
    let folder = with_codebook();
    assert_snapshot!(folder.output("inspect m.demarche --terms 1 --codebook"));
}

#[test]
fn the_card_as_json() {
    let folder = with_codebook();
    assert_snapshot!(folder.output("inspect m.demarche --terms 1 --codebook --format json"));
}

#[test]
fn the_strongest_terms_are_those_of_the_weights() {
    let folder = Folder::with_model();
    let card: Value =
        serde_json::from_str(&folder.output("inspect m.demarche --terms 5 --format json")).unwrap();
    let model = model();
    for (task, shown) in model.tasks().iter().zip(card["tasks"].as_array().unwrap()) {
        for (label, shown) in shown["labels"].as_array().unwrap().iter().enumerate() {
            let weight = |term: &str| {
                let mut names = task.tfidf.vocabulary().names();
                let column = names.position(|name| name == term).unwrap();
                task.linear.feature(column as u32)[label]
            };
            let all: Vec<f32> = (0..task.linear.n_features() as u32)
                .map(|column| task.linear.feature(column)[label])
                .collect();
            for (side, sign) in [("for", 1.0), ("against", -1.0)] {
                let shown = shown[side].as_array().unwrap();
                assert_eq!(shown.len(), 5);
                let weights: Vec<f32> = shown
                    .iter()
                    .map(|pair| {
                        let (term, value) = (pair[0].as_str().unwrap(), pair[1].as_f64().unwrap());
                        assert_eq!(weight(term), value as f32, "{term}");
                        sign * value as f32
                    })
                    .collect();
                let stronger = all.iter().filter(|w| sign * **w > weights[4]).count();
                assert!(
                    weights.is_sorted_by(|a, b| a >= b) && stronger <= 4,
                    "{weights:?}"
                );
            }
        }
    }
}

#[test]
fn no_terms_are_listed_when_none_are_asked_for() {
    let folder = Folder::with_model();
    let card = folder.output("inspect m.demarche --terms 0");
    assert!(!card.contains('+'), "{card}");
    let most = folder.output("inspect m.demarche --terms 18446744073709551615");
    assert!(most.contains("tariff"));
}

#[test]
fn a_label_that_the_codebook_does_not_have_says_so() {
    let without = Folder::with_model().output("inspect m.demarche --terms 0 --codebook");
    assert_eq!(
        without.matches("means: not in the codebook").count(),
        6,
        "{without}"
    );
}

#[cfg(feature = "shipped-model")]
#[test]
fn the_shipped_model_is_the_default() {
    let folder = Folder::new();
    let card = folder.output("inspect");
    assert_eq!(card, folder.output("inspect shipped"));
    for task in ["kind (single)", "topics (multi)", "tone (single)"] {
        assert!(card.contains(task), "{card}");
    }
    let defined = folder.output("inspect --codebook --terms 1");
    assert!(!defined.contains("not in the codebook"), "{defined}");
}

#[test]
fn a_saved_model_is_the_model() {
    let folder = with_codebook();
    let opened = Model::open(folder.path("m.demarche")).unwrap();
    let bytes = folder.bytes("m.demarche");
    assert_eq!(opened.to_bytes().unwrap(), bytes);
    assert_eq!(opened, Model::from_bytes(&bytes).unwrap());
    assert_eq!(opened.codebook().unwrap().0, CODEBOOK);
    assert_ne!(opened, model());
    opened.save(folder.path("again.demarche")).unwrap();
    assert_eq!(folder.bytes("again.demarche"), bytes);
    let text = "Tariffs on steel and warships off Taiwan.";
    assert_eq!(opened.classify(text), model().classify(text));
}

/// A character that normalizing makes eleven times as long, in words as long as words may be.
#[test]
fn a_model_of_the_longest_terms_can_be_opened() {
    let word = "\u{FDFA}".repeat(21);
    let rows: Vec<Row> = (0..8)
        .map(|i| {
            let label = ["a", "b"][i % 2];
            Row::new(format!("{}{label}", format!("{word} ").repeat(9))).single("label", label)
        })
        .collect();
    let mut params = fixed_params();
    params.given.ngram_range = Some((1, 8));
    let model = Trainer::new(params).fit(&rows).unwrap().model;
    let longest = model.tasks()[0].tfidf.vocabulary().names();
    assert!(longest.map(str::len).max() > Some(5000));
    assert_eq!(
        Model::from_bytes(&model.to_bytes().unwrap()).unwrap(),
        model
    );
}

#[test]
fn no_path_and_no_clock_is_in_a_model() {
    let one = with_codebook().bytes("m.demarche");
    assert_eq!(one, with_codebook().bytes("m.demarche"));
    let text = String::from_utf8_lossy(&one).into_owned();
    for part in ["/tmp", "rows.jsonl", std::env::temp_dir().to_str().unwrap()] {
        assert!(!text.contains(part), "{part}");
    }
}

/// A refusal names the file, says what is wrong with it and what to do.
fn assert_refused(name: &str, bytes: &[u8], part: &str) {
    let folder = Folder::new();
    folder.put("bad.demarche", bytes);
    for line in ["inspect bad.demarche", "classify --model bad.demarche -"] {
        let ran = folder.run_with(line, "Envoys met.");
        assert_eq!(ran.stdout, "", "{name}");
        ran.refused(&["bad.demarche: ", part]);
        assert!(ran.stderr.contains("; "), "{name}: {}", ran.stderr);
    }
}

#[test]
fn what_is_no_model_is_refused_in_words() {
    let good = model_bytes();
    let with_u32 = |at: usize, value: u32| {
        let mut bytes = good.to_vec();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    let with_length = |length: u64| {
        let mut bytes = good.to_vec();
        bytes[16..24].copy_from_slice(&length.to_le_bytes());
        bytes
    };
    let mut longer = good.to_vec();
    longer.push(0);
    let mut flipped = good.to_vec();
    flipped[good.len() / 2] ^= 1;
    let foreign = "is not a demarche model";
    for (name, bytes, part) in [
        ("nothing", Vec::new(), foreign),
        ("text", b"Envoys met.\n".to_vec(), foreign),
        ("gzip", common::gzipped(good), foreign),
        (
            "the magic alone",
            good[..8].to_vec(),
            "ends within its header",
        ),
        ("half", good[..good.len() / 2].to_vec(), "it should have"),
        (
            "a byte short",
            good[..good.len() - 1].to_vec(),
            "it should have",
        ),
        ("a byte long", longer, "it should have"),
        ("a flipped bit", flipped, "checksum"),
        ("version 3", with_u32(8, 3), "format version 3"),
        ("the largest length", with_length(u64::MAX), "beyond 4 GiB"),
        ("4 GiB", with_length(4 << 30), "it should have"),
        ("no length", with_length(0), "below that of its header"),
    ] {
        assert_refused(name, &bytes, part);
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_may_hold_a_model_and_an_oversized_one_is_not_waited_for() {
    let folder = Folder::new();
    let ran = folder.run_with("inspect /dev/stdin", model_bytes());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    folder
        .run("inspect /dev/zero")
        .refused(&["/dev/zero: is not a demarche model"]);
    let mut bytes = model_bytes().to_vec();
    bytes.extend([0; 100_000]);
    folder
        .run_with("inspect /dev/stdin", bytes)
        .refused(&["it should have"]);
}

#[test]
fn a_model_cut_anywhere_is_refused() {
    let good = model_bytes();
    for end in (0..good.len()).step_by(97) {
        let error = Model::from_bytes(&good[..end])
            .expect_err("it is cut")
            .to_string();
        assert!(!error.is_empty());
    }
}

#[test]
fn a_model_with_any_byte_changed_is_refused() {
    let mut bytes = model_bytes().to_vec();
    for at in 0..bytes.len() {
        let change = 1 + (at % 255) as u8;
        bytes[at] ^= change;
        assert!(Model::from_bytes(&bytes).is_err(), "byte {at}");
        bytes[at] ^= change;
    }
}

/// Writes length and checksum anew, as whoever means harm would.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = bytes.len() as u64;
    bytes[16..24].copy_from_slice(&length.to_le_bytes());
    let end = bytes.len() - 8;
    let checksum = xxh3_64(&bytes[..end]).to_le_bytes();
    bytes[end..].copy_from_slice(&checksum);
    bytes
}

#[test]
fn a_changed_model_with_a_right_checksum_never_panics() {
    let good = model_bytes();
    let mut n_opened = 0;
    for at in (8..good.len() - 8).step_by(3) {
        for change in [0x01, 0x80, 0xFF] {
            let mut bytes = good.to_vec();
            bytes[at] ^= change;
            if let Ok(model) = Model::from_bytes(&sealed(bytes)) {
                n_opened += 1;
                let mut classifier = model.classifier();
                let text = "Beijing raised tariffs on steel and condemned Taiwan.";
                let prediction = classifier.classify(text);
                for (task, (_, said)) in prediction.tasks().enumerate() {
                    for label in &said.labels {
                        classifier.explain(text, task, *label as usize);
                    }
                }
            }
        }
    }
    assert!(n_opened > 0, "weights can be anything that is finite");
    for end in (40..good.len()).step_by(97) {
        let _ = Model::from_bytes(&sealed(good[..end].to_vec()));
    }
}

#[test]
fn usage() {
    let folder = Folder::with_model();
    folder
        .run("inspect absent.demarche")
        .refused(&["absent.demarche", "No such file"]);
    folder
        .run("inspect m.demarche m.demarche")
        .refused(&["unexpected argument"]);
    folder
        .run("inspect m.demarche --format xml")
        .refused(&["--format"]);
    assert_eq!(folder.run("inspect --help").code, 0);
}
