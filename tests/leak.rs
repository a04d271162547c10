//! Nothing of the tested rows reaches what they are tested by: a token planted in them, which tells
//! their label, must not help; and a fold is answered as by a model that never saw its rows.

mod common;

use common::{ROWS, labelled};
use demarche::evaluate::{BootstrapParams, Evaluation, Outcomes, Repeat, evaluate_repeats};
use demarche::features::DocumentFrequency;
use demarche::model::{ClassWeight, Estimator, Form, Scaling, Task, TaskOptions};
use demarche::train::benchmark::{
    MeasureParams, benchmark_training, cross_validate, measure_training,
};
use demarche::train::corpus::{Corpus, label_indices};
use demarche::train::fit::{FitSettings, Sample};
use demarche::train::split::grouped_folds;
use demarche::train::{Benchmark, TaskSpec};
use demarche::{Row, TrainParams, Trainer};

const N_FOLDS: usize = 5;

/// Two hundred rows of words that say nothing of the label, over a hundred articles.
fn noise() -> Vec<Row> {
    (0..200u64)
        .map(|i| {
            let mut state = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678;
            let mut next = |n: u64| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % n
            };
            let words: Vec<String> = (0..12).map(|_| format!("word{}", next(40))).collect();
            let (side, topic) = (next(2), next(2));
            let row = Row::new(words.join(" ")).article(format!("a{}", i / 2));
            let topics = if topic == 1 { vec!["on"] } else { vec![] };
            row.single("side", ["left", "right"][side as usize])
                .multi("topic", topics)
        })
        .collect()
}

fn specs() -> Vec<TaskSpec> {
    vec![
        "side:single".parse().unwrap(),
        "topic:multi".parse().unwrap(),
    ]
}

/// The estimators of our own; the second learns its probabilities out of fold too.
const ESTIMATORS: [Estimator; 2] = [Estimator::Logistic, Estimator::Svc];

/// Every term counts, and nothing is searched for.
fn params(estimator: Estimator) -> TrainParams {
    let mut params = TrainParams {
        estimator,
        tasks: Some(specs()),
        folds: N_FOLDS,
        cross_validate: false,
        ..TrainParams::default()
    };
    params.given.min_df = Some(DocumentFrequency::Count(1));
    params.given.c = Some(30.0);
    params
}

fn settings(params: &TrainParams) -> FitSettings {
    FitSettings {
        seed: params.seed,
        folds: params.folds,
        memory_budget: params.memory_budget,
    }
}

/// Adds to each row of the folds `planted` a token that stands in that fold alone and tells the label.
fn plant(rows: &mut [Row], folds: &[u32], planted: impl Fn(u32) -> bool) {
    for (row, fold) in rows.iter_mut().zip(folds) {
        if planted(*fold) {
            let labels: Vec<String> = row.gold.values().map(|gold| format!("{gold:?}")).collect();
            let letters: String = labels
                .concat()
                .chars()
                .filter(char::is_ascii_alphabetic)
                .collect();
            row.text
                .push_str(&format!(" plant{fold}x{letters} plant{fold}x{letters}"));
        }
    }
}

fn benchmark(rows: &[Row], params: &TrainParams) -> Benchmark {
    let draws = BootstrapParams {
        draws: 20,
        ..BootstrapParams::default()
    };
    benchmark_training(rows, params, &draws, &|_| ()).unwrap()
}

#[test]
fn a_token_of_one_fold_changes_no_margin_there() {
    for estimator in ESTIMATORS {
        changes_no_margin(&params(estimator));
    }
}

fn changes_no_margin(params: &TrainParams) {
    let clean = noise();
    let corpus = Corpus::new(&clean, &specs()).unwrap();
    for (i, task) in corpus.tasks.iter().enumerate() {
        let article: Vec<u32> = task
            .rows
            .iter()
            .map(|row| corpus.article[*row as usize])
            .collect();
        let folds = grouped_folds(&article, &task.gold, N_FOLDS, params.seed).unwrap();
        let margins = |rows: &[Row]| {
            let corpus = Corpus::new(rows, &specs()).unwrap();
            let options = params.given.options(params.estimator);
            let counts = corpus.counts(&options.text).unwrap();
            let positions: Vec<u32> = (0..rows.len() as u32).collect();
            let sample = Sample {
                corpus: &corpus,
                task: &corpus.tasks[i],
                positions: &positions,
            };
            sample
                .out_of_fold(&counts, &options, &settings(params))
                .unwrap()
                .unwrap()
        };
        let before = margins(&clean);
        for fold in 0..N_FOLDS as u32 {
            let mut planted = clean.clone();
            plant(&mut planted, &folds, |f| f == fold);
            let after = margins(&planted);
            for row in 0..clean.len() {
                if folds[row] == fold {
                    assert_eq!(before[row], after[row], "row {row} of fold {fold}");
                }
            }
            assert_ne!(before, after, "elsewhere the token is trained on");
        }
    }
}

#[test]
fn a_token_of_each_fold_does_not_help_in_cross_validation() {
    for estimator in ESTIMATORS {
        does_not_help(&params(estimator));
    }
}

fn does_not_help(params: &TrainParams) {
    let mut rows = noise();
    let folds = {
        let corpus = Corpus::new(&rows, &specs()).unwrap();
        grouped_folds(&corpus.article, &corpus.strata(), N_FOLDS, params.seed).unwrap()
    };
    let accuracies = |benchmark: &Benchmark| -> Vec<f64> {
        benchmark
            .tasks
            .iter()
            .map(|task| task.evaluation.exact_match.value)
            .collect()
    };
    let without = accuracies(&benchmark(&rows, params));
    plant(&mut rows, &folds, |_| true);
    let with = accuracies(&benchmark(&rows, params));
    for (without, with) in without.iter().zip(&with) {
        assert!(
            *without < 0.6 && *with < 0.6,
            "{without} without the token, {with} with it"
        );
    }
    // The token does tell the label, to whoever may see it.
    let model = Trainer::new(params.clone()).fit(&rows).unwrap().model;
    let right = rows.iter().filter(|row| {
        let side = model.classify(&row.text).label("side").unwrap().to_owned();
        row.gold.get("side") == Some(&demarche::train::Gold::Single(side))
    });
    assert!(right.count() > 190);
}

/// Nor does it when each fold chooses its options on the rows that it trains on, nor over several repeats.
#[test]
fn a_token_of_each_fold_does_not_help_when_options_are_chosen_in_the_folds() {
    let mut rows = noise();
    let mut params = TrainParams {
        cross_validate: true,
        ..params(Estimator::Logistic)
    };
    params.given.c = None;
    params.given.ngram_range = Some((1, 1));
    params.given.class_weight = Some(ClassWeight::Balanced);
    params.given.scaling = Some(Scaling::None);
    let folds = {
        let corpus = Corpus::new(&rows, &specs()).unwrap();
        grouped_folds(&corpus.article, &corpus.strata(), N_FOLDS, params.seed).unwrap()
    };
    plant(&mut rows, &folds, |_| true);
    let draws = BootstrapParams {
        draws: 20,
        ..BootstrapParams::default()
    };
    let measure = MeasureParams {
        nested: true,
        ..MeasureParams::plain(&draws, N_FOLDS, &|_| ())
    };
    let benchmark = measure_training(rows, &params, &measure).unwrap();
    assert!(benchmark.design.nested);
    for task in &benchmark.tasks {
        let accuracy = task.evaluation.exact_match.value;
        assert!(accuracy < 0.6, "{accuracy}");
    }
}

/// What a fold is answered as by a model trained on the other rows alone.
fn by_models_that_never_saw_the_fold(
    rows: &[Row],
    params: &TrainParams,
    bootstrap: &BootstrapParams,
) -> Vec<Evaluation> {
    let corpus = Corpus::new(rows, &params.specs()).unwrap();
    let folds =
        grouped_folds(&corpus.article, &corpus.strata(), params.folds, params.seed).unwrap();
    let mut predicted = vec![Vec::new(); rows.len()];
    for fold in 0..params.folds as u32 {
        let outside = rows.iter().zip(&folds).filter(|(_, f)| **f != fold);
        let outside: Vec<Row> = outside.map(|(row, _)| row.clone()).collect();
        let model = Trainer::new(params.clone()).fit(&outside).unwrap().model;
        let names: Vec<&Task> = model.tasks().iter().map(|task| &task.task).collect();
        assert!(
            names
                .iter()
                .zip(&corpus.tasks)
                .all(|(ours, all)| **ours == all.task),
            "every label is outside too"
        );
        let mut classifier = model.classifier();
        for (i, row) in rows.iter().enumerate().filter(|(i, _)| folds[*i] == fold) {
            predicted[i] = classifier.classify_ungated(&row.text);
        }
    }
    let of_task = |(at, task): (usize, &demarche::train::corpus::TaskRows)| {
        let outcomes = Outcomes {
            task: &task.task,
            unseen: Vec::new(),
            gold: task
                .rows
                .iter()
                .map(|row| label_indices(&task.task, &rows[*row as usize].gold[&task.task.name]).0)
                .collect(),
            predicted: task
                .rows
                .iter()
                .map(|row| predicted[*row as usize][at].labels.clone())
                .collect(),
            article: task
                .rows
                .iter()
                .map(|row| corpus.article[*row as usize])
                .collect(),
        };
        let probabilities = task.rows.iter();
        let probabilities =
            probabilities.map(|row| predicted[*row as usize][at].probabilities.clone());
        let repeat = Repeat {
            probabilities: probabilities.collect(),
            outcomes,
        };
        evaluate_repeats(&[repeat], bootstrap)
    };
    corpus.tasks.iter().enumerate().map(of_task).collect()
}

/// Asserts that two evaluations are the same but for the last digits of numbers: a fold numbers its terms in
/// another order than the same rows do alone, and sums in that order. A scaling learned of such sums is
/// further off than they are.
fn assert_alike(ours: &Evaluation, theirs: &Evaluation, estimator: Estimator) {
    let tolerance = match estimator {
        Estimator::Svc => 5e-4,
        _ => 1e-6,
    };
    let [ours, theirs] = [ours, theirs].map(|evaluation| format!("{evaluation:?}"));
    let pieces = |text: &str| -> Vec<String> {
        text.split([' ', ',', '[', ']', '(', ')', '{', '}', ':'])
            .map(str::to_owned)
            .collect()
    };
    let (ours, theirs) = (pieces(&ours), pieces(&theirs));
    assert_eq!(ours.len(), theirs.len());
    for (a, b) in ours.iter().zip(&theirs) {
        match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => assert!((a - b).abs() <= tolerance, "{a} {b}"),
            _ => assert_eq!(a, b),
        }
    }
}

#[test]
fn a_fold_is_answered_as_by_a_model_that_never_saw_it() {
    let bootstrap = BootstrapParams {
        draws: 20,
        ..BootstrapParams::default()
    };
    let detected = TrainParams {
        tasks: None,
        folds: 3,
        ..common::fixed_params()
    };
    let svc = TrainParams {
        estimator: Estimator::Svc,
        ..detected.clone()
    };
    for (rows, params) in [
        (noise(), params(Estimator::Logistic)),
        (labelled(ROWS), detected),
        (labelled(ROWS), svc),
    ] {
        let specs = params.specs();
        let corpus = Corpus::new(&rows, &specs).unwrap();
        let options: Vec<TaskOptions> = corpus
            .tasks
            .iter()
            .map(|_| params.given.options(params.estimator))
            .collect();
        let ours = cross_validate(&corpus, &options, &params, &bootstrap, &|_| ()).unwrap();
        let theirs = by_models_that_never_saw_the_fold(&rows, &params, &bootstrap);
        assert!(
            corpus
                .tasks
                .iter()
                .any(|task| task.task.form == Form::Multi)
        );
        assert_eq!(ours.tasks.len(), theirs.len());
        for (ours, theirs) in ours.tasks.iter().zip(&theirs) {
            assert_alike(&ours.evaluation, theirs, params.estimator);
        }
    }
}
