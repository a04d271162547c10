//! Metrics, calibration, agreement and quantiles against scikit-learn, krippendorff and numpy
//! (`reference/metrics.py`).

use approx::assert_abs_diff_eq;
use demarche::evaluate::bootstrap::quantile;
use demarche::evaluate::{
    Bin, BootstrapParams, Evaluation, Figure, Outcomes, Repeat, cohen_kappa, evaluate,
    evaluate_repeats, krippendorff_alpha,
};
use demarche::model::{Form, Task};
use serde::Deserialize;

const TOLERANCE: f64 = 1e-12;

/// Of figures of probabilities, which are sums of thousands of terms.
const OF_SUMS: f64 = 1e-9;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
    scored: Vec<ScoredCase>,
    alphas: Vec<Alpha>,
    kappas: Vec<Kappa>,
    quantiles: Vec<Quantiles>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    form: Form,
    n_labels: usize,
    n_trained: usize,
    gold: Vec<Vec<u32>>,
    predicted: Vec<Vec<u32>>,
    #[serde(rename = "macro")]
    macro_average: Scores,
    #[serde(rename = "micro")]
    micro_average: Scores,
    per_label: Vec<Scores>,
    exact_match: f64,
    confusion: Option<Vec<Vec<u64>>>,
}

#[derive(Deserialize)]
struct Scores {
    precision: f64,
    recall: f64,
    f1: f64,
    support: Option<u64>,
}

#[derive(Deserialize)]
struct ScoredCase {
    name: String,
    form: Form,
    n_labels: usize,
    gold: Vec<Vec<u32>>,
    predicted: Vec<Vec<u32>>,
    probabilities: Vec<Vec<f32>>,
    labels: Vec<ScoredLabel>,
    macro_average_precision: f64,
    kappa: Option<f64>,
    alpha: Option<f64>,
    brier: f64,
    ece: f64,
    #[serde(default)]
    bins: Vec<(u64, f64, f64)>,
    false_label_rate: Option<f64>,
}

#[derive(Deserialize)]
struct ScoredLabel {
    kappa: Option<f64>,
    alpha: Option<f64>,
    average_precision: f64,
    brier: f64,
    ece: Option<f64>,
    #[serde(default)]
    bins: Vec<(u64, f64, f64)>,
}

#[derive(Deserialize)]
struct Alpha {
    units: Vec<Vec<u32>>,
    alpha: f64,
}

#[derive(Deserialize)]
struct Kappa {
    a: Vec<u32>,
    b: Vec<u32>,
    kappa: f64,
}

#[derive(Deserialize)]
struct Quantiles {
    sorted: Vec<f64>,
    q: Vec<f64>,
    values: Vec<f64>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/metrics.json")).expect("metrics.json is as read")
}

fn evaluated(case: &Case) -> Evaluation {
    let mut names: Vec<String> = (0..case.n_labels)
        .map(|l| format!("label {l:02}"))
        .collect();
    let unseen = names.split_off(case.n_trained);
    let task = Task {
        name: case.name.clone(),
        form: case.form,
        labels: names,
    };
    let outcomes = Outcomes {
        task: &task,
        unseen,
        gold: case.gold.clone(),
        predicted: case.predicted.clone(),
        article: (0..case.gold.len() as u32)
            .map(|sample| sample / 3)
            .collect(),
    };
    let params = BootstrapParams {
        draws: 10,
        ..BootstrapParams::default()
    };
    evaluate(&outcomes, &params)
}

fn assert_scores(expected: &Scores, [precision, recall, f1]: [Figure; 3]) {
    assert_abs_diff_eq!(precision.value, expected.precision, epsilon = TOLERANCE);
    assert_abs_diff_eq!(recall.value, expected.recall, epsilon = TOLERANCE);
    assert_abs_diff_eq!(f1.value, expected.f1, epsilon = TOLERANCE);
}

#[test]
fn metrics_are_scikit_learns() {
    let cases = reference().cases;
    assert_eq!(cases.len(), 9);
    for case in &cases {
        let e = evaluated(case);
        println!("{}", case.name);
        let macro_average = [e.macro_precision, e.macro_recall, e.macro_f1];
        assert_scores(&case.macro_average, macro_average);
        let micro_average = [e.micro_precision, e.micro_recall, e.micro_f1];
        assert_scores(&case.micro_average, micro_average);
        assert_abs_diff_eq!(e.exact_match.value, case.exact_match, epsilon = TOLERANCE);
        assert_eq!(e.labels.len(), case.per_label.len());
        for (label, expected) in e.labels.iter().zip(&case.per_label) {
            assert_scores(expected, [label.precision, label.recall, label.f1]);
            assert_eq!(Some(label.support), expected.support);
        }
        assert_eq!(
            e.confusion.map(|confusion| confusion.counts),
            case.confusion
        );
    }
}

#[test]
fn labels_say_whether_they_are_applicable_and_seen() {
    let cases = reference().cases;
    let case = &cases[1];
    assert_eq!(case.n_trained, 5);
    let e = evaluated(case);
    let marks: Vec<_> = e.labels.iter().map(|l| (l.applicable, l.unseen)).collect();
    let ordinary = (true, false);
    let neither = (false, false);
    let unseen = (true, true);
    assert_eq!(
        marks,
        [ordinary, ordinary, ordinary, ordinary, neither, unseen]
    );
    assert_eq!(e.labels[5].recall.value, 0.0);
    assert!(e.labels[5].support > 0);
}

/// Both are there and equal, or neither is.
fn assert_figure(ours: Option<Figure>, theirs: Option<f64>, what: &str) {
    assert_eq!(
        ours.is_some(),
        theirs.is_some(),
        "{what}: {ours:?} {theirs:?}"
    );
    if let (Some(ours), Some(theirs)) = (ours, theirs) {
        assert!(
            (ours.value - theirs).abs() < OF_SUMS,
            "{what}: {ours:?} {theirs}"
        );
    }
}

fn assert_bins(ours: &[Bin], theirs: &[(u64, f64, f64)]) {
    assert_eq!(ours.len(), theirs.len());
    for (bin, (n, probability, share)) in ours.iter().zip(theirs) {
        assert_eq!(bin.n, *n);
        assert_abs_diff_eq!(bin.probability, *probability, epsilon = OF_SUMS);
        assert_abs_diff_eq!(bin.share, *share, epsilon = OF_SUMS);
    }
}

#[test]
fn what_probabilities_say_is_scikit_learns_and_krippendorffs() {
    let cases = reference().scored;
    assert_eq!(cases.len(), 4);
    for case in cases {
        println!("{}", case.name);
        let task = Task {
            name: case.name,
            form: case.form,
            labels: (0..case.n_labels).map(|l| format!("label {l}")).collect(),
        };
        let n = case.gold.len() as u32;
        let repeat = Repeat {
            outcomes: Outcomes {
                task: &task,
                unseen: Vec::new(),
                gold: case.gold,
                predicted: case.predicted,
                article: (0..n).map(|sample| sample / 2).collect(),
            },
            probabilities: case.probabilities,
        };
        let params = BootstrapParams {
            draws: 20,
            ..BootstrapParams::default()
        };
        // Twice the same is the same: a figure is the mean over repeats.
        for repeats in [vec![repeat.clone()], vec![repeat.clone(), repeat]] {
            let e = evaluate_repeats(&repeats, &params);
            let ap = Some(case.macro_average_precision);
            assert_figure(e.macro_average_precision, ap, "macro average precision");
            assert_figure(e.kappa, case.kappa, "kappa");
            assert_figure(e.alpha, case.alpha, "alpha");
            assert_figure(e.false_label_rate, case.false_label_rate, "false labels");
            let calibration = e.calibration.expect("there are probabilities");
            assert_figure(Some(calibration.brier), Some(case.brier), "Brier");
            assert_figure(Some(calibration.ece), Some(case.ece), "ECE");
            if repeats.len() == 1 {
                assert_bins(&calibration.bins, &case.bins);
            }
            for (label, theirs) in e.labels.iter().zip(&case.labels) {
                let name = &label.label;
                assert_figure(
                    label.average_precision,
                    Some(theirs.average_precision),
                    name,
                );
                assert_figure(label.brier, Some(theirs.brier), name);
                assert_figure(label.ece, theirs.ece, name);
                assert_figure(label.kappa, theirs.kappa, name);
                assert_figure(label.alpha, theirs.alpha, name);
                if repeats.len() == 1 {
                    assert_bins(&label.bins, &theirs.bins);
                }
            }
        }
    }
}

#[test]
fn alpha_is_krippendorffs() {
    for Alpha { units, alpha } in &reference().alphas {
        assert_abs_diff_eq!(krippendorff_alpha(units), *alpha, epsilon = TOLERANCE);
    }
}

#[test]
fn kappa_is_scikit_learns() {
    for Kappa { a, b, kappa } in &reference().kappas {
        assert_abs_diff_eq!(cohen_kappa(a, b), *kappa, epsilon = TOLERANCE);
    }
}

#[test]
fn quantiles_are_numpys() {
    for Quantiles { sorted, q, values } in &reference().quantiles {
        for (&q, &value) in q.iter().zip(values) {
            assert_abs_diff_eq!(quantile(sorted, q), value, epsilon = TOLERANCE);
        }
    }
}
