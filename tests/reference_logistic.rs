//! The dual solver against optima found in f64 and checked by LIBLINEAR (`reference/logistic.py`).

use demarche::features::SparseRecords;
use demarche::model::{ClassWeight, LinearModel};
use demarche::train::solver::{DualSolver, Lane, LaneReport, Loss};
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::Array2;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    sets: Vec<Set>,
}

#[derive(Deserialize)]
struct Set {
    name: String,
    n_samples: usize,
    n_features: usize,
    x: Vec<(usize, u32, f64)>,
    y: Vec<i8>,
    optima: Vec<Optimum>,
}

#[derive(Deserialize)]
struct Optimum {
    #[serde(rename = "C")]
    c: f64,
    class_weight: Option<String>,
    weight_positive: f64,
    weight_negative: f64,
    objective: f64,
    w: Vec<f64>,
    b: f64,
}

fn reference() -> Vec<Set> {
    let reference: Reference = serde_json::from_str(include_str!("reference/logistic.json"))
        .expect("logistic.json is as read");
    assert!(!reference.sets.is_empty());
    reference.sets
}

impl Set {
    fn rows(&self) -> Vec<Vec<(u32, f64)>> {
        let mut rows = vec![Vec::new(); self.n_samples];
        for (row, column, value) in &self.x {
            rows[*row].push((*column, *value));
        }
        rows
    }

    /// The set with its targets as they are in one lane and turned round in another.
    fn dataset(&self) -> DatasetBase<SparseRecords, Array2<bool>> {
        let mut records = SparseRecords::new(self.n_features);
        for row in self.rows() {
            records.push_row(
                row.into_iter()
                    .map(|(column, value)| (column, value as f32)),
            );
        }
        let targets = Array2::from_shape_fn((self.n_samples, 2), |(i, lane)| {
            (self.y[i] > 0) == (lane == 0)
        });
        DatasetBase::new(records, targets)
    }

    /// f(w, b) of the reference, in f64.
    fn objective(&self, optimum: &Optimum, w: &[f64], b: f64) -> f64 {
        let mut value = 0.5 * (w.iter().map(|w| w * w).sum::<f64>() + b * b);
        for (row, y) in self.rows().iter().zip(&self.y) {
            let margin = row.iter().map(|(c, x)| x * w[*c as usize]).sum::<f64>() + b;
            let cost = match y {
                1 => optimum.weight_positive,
                _ => optimum.weight_negative,
            };
            value += optimum.c * cost * (-f64::from(*y) * margin).exp().ln_1p();
        }
        value
    }
}

fn fit(
    set: &Set,
    optimum: &Optimum,
    tolerance: Option<f64>,
    max_epochs: Option<u32>,
) -> (LinearModel, LaneReport) {
    let class_weight = match optimum.class_weight.as_deref() {
        None => ClassWeight::None,
        Some("balanced") => ClassWeight::Balanced,
        Some(other) => panic!("class weight {other}"),
    };
    let lane = Lane::new(optimum.c, class_weight);
    let mut params = DualSolver::new(Loss::Logistic, vec![lane]);
    if let Some(tolerance) = tolerance {
        params = params.tolerance(tolerance);
    }
    if let Some(max_epochs) = max_epochs {
        params = params.max_epochs(max_epochs);
    }
    let fitted = params.fit(&set.dataset()).expect("the set can be fitted");
    (fitted.linear, fitted.reports[0])
}

/// What a fit has above the optimum, relative to it, and how far its weights are off, relative to
/// the optimum's, in Euclidean norm.
struct Distance {
    excess: f64,
    relative: f64,
}

fn distance(set: &Set, optimum: &Optimum, linear: &LinearModel) -> Distance {
    let w: Vec<f64> = (0..set.n_features as u32)
        .map(|column| f64::from(linear.feature(column)[0]))
        .collect();
    let b = f64::from(linear.intercepts()[0]);
    let off: f64 = w.iter().zip(&optimum.w).map(|(a, b)| (a - b).powi(2)).sum();
    let norm: f64 = optimum.w.iter().map(|w| w * w).sum();
    Distance {
        excess: set.objective(optimum, &w, b) / optimum.objective - 1.0,
        relative: ((off + (b - optimum.b).powi(2)) / (norm + optimum.b.powi(2))).sqrt(),
    }
}

fn case(set: &Set, optimum: &Optimum) -> String {
    let weight = optimum.class_weight.as_deref().unwrap_or("none");
    format!("{}, C {}, class weight {weight}", set.name, optimum.c)
}

#[test]
fn the_reference_objective_is_read_as_it_was_written() {
    for set in reference() {
        for optimum in &set.optima {
            let value = set.objective(optimum, &optimum.w, optimum.b);
            let off = (value / optimum.objective - 1.0).abs();
            assert!(off < 1e-12, "{}: {off}", case(&set, optimum));
        }
    }
}

#[test]
fn the_default_tolerance_comes_within_1e_4_of_the_optimum() {
    for set in reference() {
        for optimum in &set.optima {
            let case = case(&set, optimum);
            let (linear, report) = fit(&set, optimum, None, None);
            let Distance { excess, relative } = distance(&set, optimum, &linear);
            assert!(report.converged, "{case}: {report:?}");
            assert!((-1e-9..=1e-4).contains(&excess), "{case}: {excess}");
            assert!(relative < 0.02, "{case}: weights are off by {relative}");
        }
    }
}

#[test]
fn a_fit_that_was_cut_short_says_so_and_how_far_it_may_be_off() {
    for set in reference() {
        for optimum in set.optima.iter().filter(|optimum| optimum.c == 1000.0) {
            let case = case(&set, optimum);
            let (linear, report) = fit(&set, optimum, None, Some(4));
            let excess = distance(&set, optimum, &linear).excess;
            assert!(!report.converged, "{case}: {report:?}");
            // P* ≥ P (1 − gap).
            let most = report.gap / (1.0 - report.gap);
            assert!(excess <= most, "{case}: {excess}, {report:?}");
        }
    }
}

/// 1e-7 is about what f32 weights allow.
#[test]
fn a_small_tolerance_comes_within_1e_6_of_the_optimum() {
    for set in reference() {
        for optimum in &set.optima {
            let case = case(&set, optimum);
            let (linear, report) = fit(&set, optimum, Some(1e-7), None);
            let Distance { excess, relative } = distance(&set, optimum, &linear);
            assert!(report.converged, "{case}: {report:?}");
            assert!((-1e-9..=1e-6).contains(&excess), "{case}: {excess}");
            assert!(relative < 1e-3, "{case}: weights are off by {relative}");
        }
    }
}

#[test]
fn turned_round_targets_turn_the_weights_round() {
    for set in reference() {
        for optimum in &set.optima {
            let (linear, _) = fit(&set, optimum, Some(1e-6), None);
            let both = (0..set.n_features as u32).map(|column| linear.feature(column));
            for pair in both.chain([linear.intercepts()]) {
                let off = (pair[0] + pair[1]).abs();
                assert!(off < 0.02, "{}: {off}", case(&set, optimum));
            }
        }
    }
}
