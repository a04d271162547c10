//! Old model files stay readable: `fixtures/compat` keeps one of every format version.

use demarche::Model;

const TEXT: &str = "The ministry condemned the new tariff and threatened to retaliate.";

#[test]
fn version_1_is_read_and_answers_as_it_did() {
    answers_as_it_did("v1");
}

#[test]
fn version_2_is_read_and_answers_as_it_did() {
    answers_as_it_did("v2");
}

#[test]
fn both_versions_hold_the_same_model() {
    let [tasks_1, tasks_2] = ["v1", "v2"].map(|version| open(version).tasks().to_vec());
    for (one, two) in tasks_1.iter().zip(&tasks_2) {
        assert_eq!((&one.tfidf, &one.task), (&two.tfidf, &two.task));
    }
}

fn open(version: &str) -> Model {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/compat");
    Model::open(format!("{folder}/{version}.demarche")).unwrap()
}

fn answers_as_it_did(version: &str) {
    let model = open(version);
    let names: Vec<&str> = model.tasks().iter().map(|t| t.task.name.as_str()).collect();
    assert_eq!(names, ["kind", "topics", "tone"]);
    assert_eq!(model.provenance().n_rows, 16);
    let prediction = model.classify(TEXT);
    assert_eq!(prediction.label("kind"), Some("body"));
    assert_eq!(prediction.labels("topics"), ["trade"]);
    assert_eq!(prediction.label("tone"), Some("confrontational"));
    let near = |task: &str, label: &str, expected: f32| {
        let found = prediction.probability(task, label).unwrap();
        assert!((found - expected).abs() < 1e-5, "{task} {label}: {found}");
    };
    near("tone", "confrontational", 0.580_608);
    near("topics", "trade", 0.641_347);
}
