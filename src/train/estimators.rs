//! From records and lanes to linear weights.
//!
//! Owns the choice between our sparse solver and linfa's dense estimators. Each goes through linfa's
//! `Fit` and `ParamGuard`, and each ends in the same plain weights. linfa's own ones use the platform's
//! mathematics, so their weights may differ in the last bits from machine to machine.

use super::scaling::log_count_ratios;
use super::solver::{DualSolver, Lane, Loss};
use crate::error::{Error, Result};
use crate::features::SparseRecords;
use crate::model::{Estimator, LinearModel, Scaling, TaskOptions};
use linfa::prelude::*;
use linfa_bayes::{MultinomialNb, NaiveBayes};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};
use std::sync::{Condvar, Mutex, PoisonError};

/// What fitting says beside the weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The weights, a label for each lane.
    pub linear: LinearModel,
    /// What a fit of the same rows may start from, a lane each; empty for linfa's estimators.
    pub alphas: Vec<Vec<f32>>,
    /// Lanes whose solver stopped before it converged.
    pub unconverged: usize,
}

/// How closely, and from where, lanes are fitted.
#[derive(Debug, Clone, Copy)]
pub struct Precision<'a> {
    /// Seeds the order of rows.
    pub seed: u64,
    /// The relative bound on the distance from the optimum.
    pub tolerance: f64,
    /// [`Fitted::alphas`] of a fit of the same rows with other options; empty for none.
    pub start: &'a [Vec<f32>],
    /// Bytes that dense estimators may take, those of all threads together.
    pub memory_budget: u64,
}

/// Sparse rows and the lanes that are fitted to them, `[n_samples, n_lanes]`.
pub type Lanes = DatasetBase<SparseRecords, Array2<bool>>;

/// Fits each lane (column of the targets) with the options' estimator.
///
/// # Errors
/// When an option makes no sense, the budget does not suffice, or linfa fails.
pub fn fit_lanes(options: &TaskOptions, data: &Lanes, precision: Precision<'_>) -> Result<Fitted> {
    match options.estimator {
        Estimator::Logistic => fit_sparse(Loss::Logistic, options, data, precision),
        Estimator::Svc => fit_sparse(Loss::SquaredHinge, options, data, precision),
        Estimator::LinfaLogistic | Estimator::LinfaBayes => fit_dense(options, data, precision),
    }
}

fn fit_sparse(
    loss: Loss,
    options: &TaskOptions,
    data: &Lanes,
    precision: Precision<'_>,
) -> Result<Fitted> {
    let mut scales = match options.scaling {
        Scaling::None => Vec::new(),
        Scaling::LogCountRatio => log_count_ratios(data.records(), data.targets()),
    };
    let lanes = (0..data.targets().ncols()).map(|at| Lane {
        scales: scales.get_mut(at).map(std::mem::take),
        start: precision.start.get(at).cloned(),
        ..Lane::new(options.c, options.class_weight)
    });
    let fitted = DualSolver::new(loss, lanes.collect())
        .tolerance(precision.tolerance)
        .seed(precision.seed)
        .fit(data)?;
    Ok(Fitted {
        unconverged: fitted.reports.iter().filter(|r| !r.converged).count(),
        linear: fitted.linear,
        alphas: fitted.alphas,
    })
}

fn fit_dense(options: &TaskOptions, data: &Lanes, precision: Precision<'_>) -> Result<Fitted> {
    let (x, y) = (data.records(), data.targets());
    let bytes = dense_bytes(x, precision.memory_budget)?;
    let _taken = BUDGET.take(bytes, precision.memory_budget);
    let dense = to_dense(x);
    let lanes: Result<Vec<LaneWeights>> = (0..y.ncols())
        .map(|lane| {
            let targets = y.column(lane).to_owned();
            if let Some(constant) = constant_lane(&targets, dense.ncols()) {
                return Ok(constant);
            }
            let dataset = DatasetBase::new(dense.view(), targets);
            match options.estimator {
                Estimator::LinfaLogistic => logistic_lane(&dataset, options.c),
                _ => bayes_lane(&dataset, options.c),
            }
        })
        .collect();
    Ok(Fitted {
        linear: join_lanes(&lanes?)?,
        alphas: Vec::new(),
        unconverged: 0,
    })
}

/// The weights and the intercept of one lane.
struct LaneWeights {
    weights: Vec<f32>,
    intercept: f32,
}

type DenseLane<'a> = DatasetBase<ndarray::ArrayView2<'a, f64>, Array1<bool>>;

/// What the dense fits of all threads hold together: folds are fitted side by side, and one waits where
/// it would pass the budget beside those that are at work.
struct Budget {
    taken: Mutex<u64>,
    given_back: Condvar,
}

static BUDGET: Budget = Budget {
    taken: Mutex::new(0),
    given_back: Condvar::new(),
};

impl Budget {
    /// Waits until `bytes` fit below `most`, or nothing else is taken. Who holds some must not take more.
    fn take(&self, bytes: u64, most: u64) -> Taken<'_> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |taken: &mut u64| *taken > 0 && *taken + bytes > most;
        let taken = self.given_back.wait_while(taken, is_full);
        *taken.unwrap_or_else(PoisonError::into_inner) += bytes;
        Taken {
            budget: self,
            bytes,
        }
    }
}

/// A part of the budget, given back when dropped.
struct Taken<'b> {
    budget: &'b Budget,
    bytes: u64,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let taken = self.budget.taken.lock();
        *taken.unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        self.budget.given_back.notify_all();
    }
}

/// What a dense fit takes: the matrix and the copy that linfa makes of it.
fn dense_bytes(x: &SparseRecords, memory_budget: u64) -> Result<u64> {
    let bytes = 2 * 8 * x.n_samples() as u64 * x.n_features() as u64;
    if bytes > memory_budget {
        return Err(Error::training(format!(
            "{} rows of {} terms take {} MB in linfa's dense estimators, over the budget of {} MB",
            x.n_samples(),
            x.n_features(),
            bytes >> 20,
            memory_budget >> 20,
        ))
        .mend("select fewer terms with --chi2, or raise --memory-budget"));
    }
    Ok(bytes)
}

/// The records as linfa's own estimators take them.
fn to_dense(x: &SparseRecords) -> Array2<f64> {
    let mut dense = Array2::zeros((x.n_samples(), x.n_features()));
    for i in 0..x.n_samples() {
        let (columns, values) = x.row(i);
        for (column, value) in columns.iter().zip(values) {
            dense[[i, *column as usize]] = f64::from(*value);
        }
    }
    dense
}

/// A lane with one side only, which linfa refuses: its log odds with half a row added to each side.
fn constant_lane(targets: &Array1<bool>, n_features: usize) -> Option<LaneWeights> {
    let n_positive = targets.iter().filter(|t| **t).count();
    let n_negative = targets.len() - n_positive;
    (n_positive == 0 || n_negative == 0).then(|| LaneWeights {
        weights: vec![0.0; n_features],
        intercept: libm::log((n_positive as f64 + 0.5) / (n_negative as f64 + 0.5)) as f32,
    })
}

/// linfa's logistic regression: min Σ ln(1 + e^−ym) + ½α‖w‖² with α = 1/C, L-BFGS.
fn logistic_lane(dataset: &DenseLane<'_>, c: f64) -> Result<LaneWeights> {
    let fitted = LogisticRegression::default()
        .alpha(1.0 / c)
        .max_iterations(200)
        .gradient_tolerance(1e-4)
        .fit(dataset)
        .map_err(|error| Error::training(format!("linfa-logistic: {error}")))?;
    // linfa takes the commoner class for the positive one.
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    Ok(LaneWeights {
        weights: fitted.params().iter().map(|w| (sign * w) as f32).collect(),
        intercept: (sign * fitted.intercept()) as f32,
    })
}

/// linfa's multinomial naive Bayes with smoothing 1/C. Its log odds are linear in the features:
/// w_j = ln θ_1j − ln θ_0j, read off by asking for the unit vectors.
fn bayes_lane(dataset: &DenseLane<'_>, c: f64) -> Result<LaneWeights> {
    let fitted = {
        // linfa-bayes 0.8.1 leaves a `dbg!` in `fit`, which would print each class to stderr.
        static STDERR: Mutex<()> = Mutex::new(());
        let _one_at_a_time = STDERR.lock();
        let _silence = gag::Gag::stderr().ok();
        MultinomialNb::params()
            .alpha(1.0 / c)
            .fit(dataset)
            .map_err(|error| Error::training(format!("linfa-bayes: {error}")))?
    };
    let n_features = dataset.records().ncols();
    let log_odds = |x: &Array2<f64>| -> Vec<f64> {
        let likelihood = fitted.joint_log_likelihood(x.view());
        let of = |class: bool| &likelihood[&class];
        (of(true) - of(false)).to_vec()
    };
    let intercept = log_odds(&Array2::zeros((1, n_features)))[0];
    let mut weights = Vec::with_capacity(n_features);
    // A few unit vectors at a time, so that they take little memory.
    for first in (0..n_features).step_by(64) {
        let n_rows = 64.min(n_features - first);
        let units = Array2::from_shape_fn((n_rows, n_features), |(i, j)| {
            f64::from(u8::from(first + i == j))
        });
        weights.extend(log_odds(&units).iter().map(|w| (w - intercept) as f32));
    }
    Ok(LaneWeights {
        weights,
        intercept: intercept as f32,
    })
}

fn join_lanes(lanes: &[LaneWeights]) -> Result<LinearModel> {
    let n_features = lanes.first().map_or(0, |lane| lane.weights.len());
    let weights = (0..n_features)
        .flat_map(|j| lanes.iter().map(move |lane| lane.weights[j]))
        .collect();
    LinearModel::new(weights, lanes.iter().map(|lane| lane.intercept).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two lanes, or as many as `y` has.
    fn toy(y: Option<Array2<bool>>) -> Lanes {
        let mut x = SparseRecords::new(3);
        for i in 0..12 {
            x.push_row(if i < 6 {
                [(0, 0.8), (1, 0.6)]
            } else {
                [(1, 0.6), (2, 0.8)]
            });
        }
        let two = Array2::from_shape_fn((12, 2), |(i, lane)| (i < 6) == (lane == 0));
        DatasetBase::new(x, y.unwrap_or(two))
    }

    fn fit(estimator: Estimator, data: &Lanes, memory_budget: u64) -> Result<LinearModel> {
        let options = TaskOptions {
            estimator,
            ..TaskOptions::default()
        };
        let precision = Precision {
            seed: 0,
            tolerance: 1e-4,
            start: &[],
            memory_budget,
        };
        fit_lanes(&options, data, precision).map(|fitted| fitted.linear)
    }

    #[test]
    fn every_estimator_ends_in_weights_that_tell_the_sides_apart() {
        for estimator in [
            Estimator::Logistic,
            Estimator::Svc,
            Estimator::LinfaLogistic,
            Estimator::LinfaBayes,
        ] {
            let linear = fit(estimator, &toy(None), 1 << 20).unwrap();
            let (first, last) = (linear.feature(0), linear.feature(2));
            assert!(first[0] > 0.1 && last[0] < -0.1, "{estimator}");
            assert!(first[1] < -0.1 && last[1] > 0.1, "{estimator}");
        }
    }

    #[test]
    fn a_lane_with_one_side_has_no_weights() {
        let one_side = toy(Some(Array2::from_elem((12, 1), false)));
        let linear = fit(Estimator::LinfaLogistic, &one_side, 1 << 20).unwrap();
        assert!(linear.weights().iter().all(|w| *w == 0.0) && linear.intercepts()[0] < -3.0);
    }

    #[test]
    fn fits_side_by_side_keep_the_budget_together() {
        let budget = Budget {
            taken: Mutex::new(0),
            given_back: Condvar::new(),
        };
        let most_taken = Mutex::new(0);
        std::thread::scope(|scope| {
            for bytes in [3, 4, 5, 6, 7, 8] {
                let (budget, most_taken) = (&budget, &most_taken);
                scope.spawn(move || {
                    for _ in 0..50 {
                        let _taken = budget.take(bytes, 10);
                        let now = *budget.taken.lock().unwrap();
                        let mut most = most_taken.lock().unwrap();
                        *most = now.max(*most);
                        std::thread::yield_now();
                    }
                });
            }
        });
        assert!((8..=10).contains(&*most_taken.lock().unwrap()));
        assert_eq!(*budget.taken.lock().unwrap(), 0);
    }

    #[test]
    fn the_memory_budget_is_kept() {
        let error = fit(Estimator::LinfaBayes, &toy(None), 100).unwrap_err();
        assert!(error.to_string().contains("--chi2"), "{error}");
    }
}
