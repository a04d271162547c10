//! From decision values to probabilities.
//!
//! Owns Platt's scaling: the slope A and the intercept B with which σ(A m + B) fits the labels of rows
//! best,
//!
//! ```text
//! min  F(A, B) = Σ_i softplus(A m_i + B) − t_i (A m_i + B)
//!      t_i = (N₊ + 1) / (N₊ + 2) where row i has the label, else 1 / (N₋ + 2)
//! ```
//!
//! (Platt 1999, whose targets keep a small sample from probabilities of 0 and 1), by Newton's method with
//! backtracking as in Lin, Lin and Weng, "A note on Platt's probabilistic outputs for support vector machines",
//! Machine Learning 68, 2007, algorithm 1. The decision values must be of rows that the weights had not seen.
//!
//! The labels of a multi task, and the two of a single one, are scaled apart. More than two exclusive
//! labels share one slope and intercept, fitted to all their decision values at once: so the label with the largest decision
//! value stays the answer, and the probabilities are σ(A m_k + B), divided by their sum as those of the logistic loss are.

use crate::error::Result;
use crate::model::{Form, LinearModel, Task};

/// σ(slope · m + intercept) is a probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Platt {
    /// A, positive.
    pub slope: f64,
    /// B.
    pub intercept: f64,
}

/// The least slope: where decision values say nothing of the label, or the opposite, they still keep their order.
const MIN_SLOPE: f64 = 1e-3;

/// Added to the diagonal of the Hessian.
const RIDGE: f64 = 1e-12;

/// The scaling that fits best; none where all rows are of one side.
pub fn platt(margins: &[f32], gold: &[bool]) -> Option<Platt> {
    let n_positive = gold.iter().filter(|g| **g).count();
    let n_negative = gold.len() - n_positive;
    if n_positive == 0 || n_negative == 0 {
        return None;
    }
    let (n_positive, n_negative) = (n_positive as f64, n_negative as f64);
    let problem = Problem {
        margins,
        gold,
        targets: [
            1.0 / (n_negative + 2.0),
            (n_positive + 1.0) / (n_positive + 2.0),
        ],
    };
    // At slope 0 the best intercept is the log odds, with a row added to each side.
    let intercept = libm::log((n_positive + 1.0) / (n_negative + 1.0));
    let (slope, intercept) = problem.newton(0.0, intercept);
    Some(Platt {
        slope: slope.max(MIN_SLOPE),
        intercept,
    })
}

struct Problem<'a> {
    margins: &'a [f32],
    gold: &'a [bool],
    /// t of a row without and of one with the label.
    targets: [f64; 2],
}

impl Problem<'_> {
    fn rows(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let target = |gold: &bool| self.targets[usize::from(*gold)];
        let margins = self.margins.iter().map(|m| f64::from(*m));
        margins.zip(self.gold.iter().map(target))
    }

    fn objective(&self, slope: f64, intercept: f64) -> f64 {
        let of_row = |(margin, target): (f64, f64)| {
            let z = slope * margin + intercept;
            z.max(0.0) + libm::log1p(libm::exp(-z.abs())) - target * z
        };
        self.rows().map(of_row).sum()
    }

    fn newton(&self, mut slope: f64, mut intercept: f64) -> (f64, f64) {
        let mut value = self.objective(slope, intercept);
        for _ in 0..100 {
            let (mut g_slope, mut g_intercept) = (0.0, 0.0);
            let (mut h_slope, mut h_both, mut h_intercept) = (RIDGE, 0.0, RIDGE);
            for (margin, target) in self.rows() {
                let p = 1.0 / (1.0 + libm::exp(-(slope * margin + intercept)));
                let (off, curvature) = (p - target, p * (1.0 - p));
                g_slope += off * margin;
                g_intercept += off;
                h_slope += curvature * margin * margin;
                h_both += curvature * margin;
                h_intercept += curvature;
            }
            if g_slope.abs() < 1e-5 && g_intercept.abs() < 1e-5 {
                break;
            }
            let determinant = h_slope * h_intercept - h_both * h_both;
            let step_slope = (h_both * g_intercept - h_intercept * g_slope) / determinant;
            let step_intercept = (h_both * g_slope - h_slope * g_intercept) / determinant;
            let descent = g_slope * step_slope + g_intercept * step_intercept;
            let mut size = 1.0;
            let better = loop {
                let (a, b) = (slope + size * step_slope, intercept + size * step_intercept);
                let there = self.objective(a, b);
                if there < value + 1e-4 * size * descent {
                    break Some((a, b, there));
                }
                size *= 0.5;
                if size < 1e-10 {
                    break None;
                }
            };
            match better {
                Some(there) => (slope, intercept, value) = there,
                None => break,
            }
        }
        (slope, intercept)
    }
}

/// The scaling of each label of a task by decision values out of fold, `margins[row][label]`, where `has` tells whether a row
/// has a label.
pub fn calibrate(
    task: &Task,
    margins: &[Vec<f32>],
    has: impl Fn(usize, usize) -> bool,
) -> Vec<Platt> {
    let unscaled = Platt {
        slope: 1.0,
        intercept: 0.0,
    };
    let n_labels = task.labels.len();
    let scaling = |labels: std::ops::Range<usize>| {
        let rows = || (0..margins.len()).flat_map(|i| labels.clone().map(move |label| (i, label)));
        let values: Vec<f32> = rows().map(|(i, label)| margins[i][label]).collect();
        let gold: Vec<bool> = rows().map(|(i, label)| has(i, label)).collect();
        platt(&values, &gold).unwrap_or(unscaled)
    };
    match task.form {
        Form::Multi => (0..n_labels)
            .map(|label| scaling(label..label + 1))
            .collect(),
        Form::Single if n_labels == 2 => {
            let second = scaling(1..2);
            let first = Platt {
                intercept: -second.intercept,
                ..second
            };
            vec![first, second]
        }
        Form::Single => vec![scaling(0..n_labels); n_labels],
    }
}

/// Weights and intercepts whose decision values are A m + B.
///
/// # Errors
/// When a number passes what f32 can hold.
pub fn fold_in(linear: &LinearModel, scalings: &[Platt]) -> Result<LinearModel> {
    let scaled = |(weight, platt): (&f32, &Platt)| (f64::from(*weight) * platt.slope) as f32;
    let weights = linear
        .weights()
        .iter()
        .zip(scalings.iter().cycle())
        .map(scaled);
    let intercepts = linear.intercepts().iter().zip(scalings);
    let shifted =
        |(b, platt): (&f32, &Platt)| (f64::from(*b) * platt.slope + platt.intercept) as f32;
    LinearModel::new(weights.collect(), intercepts.map(shifted).collect())
}

/// Decision values as [`fold_in`] makes them.
pub fn apply(margins: &mut [Vec<f32>], scalings: &[Platt]) {
    for row in margins {
        for (margin, platt) in row.iter_mut().zip(scalings) {
            *margin = (f64::from(*margin) * platt.slope + platt.intercept) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::linear::sigmoid;
    use proptest::prelude::*;

    fn problem<'a>(margins: &'a [f32], gold: &'a [bool]) -> Problem<'a> {
        let n_positive = gold.iter().filter(|g| **g).count() as f64;
        let n_negative = gold.len() as f64 - n_positive;
        Problem {
            margins,
            gold,
            targets: [
                1.0 / (n_negative + 2.0),
                (n_positive + 1.0) / (n_positive + 2.0),
            ],
        }
    }

    proptest! {
        #[test]
        fn no_scaling_near_by_is_better(
            rows in prop::collection::vec((-3.0f32..3.0, any::<bool>()), 4..60),
            slope in -0.5f64..0.5,
            intercept in -0.5f64..0.5,
        ) {
            let (margins, gold): (Vec<f32>, Vec<bool>) = rows.into_iter().unzip();
            if let Some(best) = platt(&margins, &gold).filter(|best| best.slope > MIN_SLOPE) {
                let problem = problem(&margins, &gold);
                let value = problem.objective(best.slope, best.intercept);
                let other = problem.objective(best.slope + slope, best.intercept + intercept);
                prop_assert!(value <= other + 1e-6, "{} > {}", value, other);
            }
        }

        #[test]
        fn the_answer_among_exclusive_labels_stays(
            rows in prop::collection::vec(prop::collection::vec(-2.0f32..2.0, 4), 8..30),
        ) {
            let task = Task {
                name: "t".to_owned(),
                form: Form::Single,
                labels: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
            };
            let scalings = calibrate(&task, &rows, |i, label| i % 4 == label);
            let mut scaled = rows.clone();
            apply(&mut scaled, &scalings);
            for (before, after) in rows.iter().zip(&scaled) {
                let best = crate::model::linear::largest(before).unwrap();
                prop_assert!(after.iter().all(|m| *m <= after[best]));
            }
        }
    }

    /// Decision values drawn so that σ(2m − 1) is the true probability.
    #[test]
    fn true_probabilities_are_found_again() {
        let margins: Vec<f32> = (0..20_000)
            .map(|i| (i % 400) as f32 / 100.0 - 2.0)
            .collect();
        let mut state = 7u64;
        let gold: Vec<bool> = margins
            .iter()
            .map(|m| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                ((state >> 40) as f32 / (1 << 24) as f32) < sigmoid(2.0 * m - 1.0)
            })
            .collect();
        let found = platt(&margins, &gold).unwrap();
        assert!((found.slope - 2.0).abs() < 0.1, "{found:?}");
        assert!((found.intercept + 1.0).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn one_side_alone_cannot_be_scaled() {
        assert_eq!(platt(&[1.0, 2.0], &[true, true]), None);
        assert!(platt(&[1.0, -1.0], &[false, true]).unwrap().slope >= MIN_SLOPE);
    }
}
