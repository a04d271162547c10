//! L2-regularized linear classifiers on sparse rows.
//!
//! Owns [`DualSolver`]. For each lane (a label against the rest, on some of the rows) it finds
//!
//! ```text
//! min  P(w, b) = ½‖w‖² + ½b² + Σ_i C_i f(y_i (wᵀx_i + b))        y_i = ±1
//!
//!      f(m) = ln(1 + e^−m)       logistic regression
//!      f(m) = max(0, 1 − m)²     L2-loss support vector classification
//! ```
//!
//! LIBLINEAR's problems with `-B 1`, `-s 0` (dual: 7) and `-s 2` (dual: 1). Both are solved by coordinate
//! descent on their duals (Hsieh, Chang, Lin, Keerthi and Sundararajan, "A dual coordinate descent method for
//! large-scale linear SVM", ICML 2008, algorithm 1; Yu, Huang and Lin, "Dual coordinate descent methods for
//! logistic regression and maximum entropy models", Machine Learning 85, 2011, algorithm 5):
//!
//! ```text
//! min  D(α) = ½‖w(α)‖² + ½b(α)² + Σ_i C_i f*(−α_i/C_i)
//!      w(α) = Σ_i α_i y_i x_i,   b(α) = Σ_i α_i y_i
//! ```
//!
//! # When a lane is done, and which rows rest
//! With m_i the margin of row i, the distance between the two objectives is a sum over the rows, each part of
//! which is at least 0:
//!
//! ```text
//! P(w) + D(α) = Σ_i gap_i + ½‖w − w(α)‖²,    gap_i = C_i f(m_i) + C_i f*(−α_i/C_i) + α_i m_i
//! ```
//!
//! P + D bounds how far P is from its optimum. A lane is done when Σ gap_i ≤ `tolerance` · P; rounding of the
//! f32 weights enters squared, about 10⁻¹² of P. Until then, the rows whose gap_i is below a quarter of
//! `tolerance` · P / n rest: all of them together cannot keep the lane from its end. A row at a bound whose
//! gradient points outward has gap_i = 0, so this is the shrinking of LIBLINEAR, for both losses and with an error
//! that is known. After at most five passes over the others, all rows are checked again. Whoever asks for a `tolerance`
//! of 10⁻⁴ (the default) is therefore within 10⁻⁴ of the optimum, relative to it.
//!
//! Lanes of the same rows go together while most rows move in several of them (`block`), then each alone over the rows that
//! it has left, on rayon's threads; so do lanes with rows or scales of their own. Arithmetic is in a fixed order with `libm`'s
//! exponential: the weights do not depend on platform or threads.

mod block;
mod descent;
mod loss;

use crate::error::{Error, Result};
use crate::features::SparseRecords;
use crate::model::{ClassWeight, LinearModel};
use block::{MOST_LANES, solve_together};
use descent::{Problem, Solution};
use linfa::dataset::{DatasetBase, Records};
use linfa::param_guard::ParamGuard;
use linfa::traits::{Fit, PredictInplace};
use loss::{Logistic, SquaredHinge};
use ndarray::{Array2, ArrayView1};
use rayon::prelude::*;
use std::borrow::Cow;

/// What a row's margin costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// ln(1 + e^−m).
    Logistic,
    /// max(0, 1 − m)².
    SquaredHinge,
}

/// What one lane is fitted with.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// The cost C of a row.
    pub c: f64,
    /// How the two sides are weighed.
    pub class_weight: ClassWeight,
    /// Whether the lane trains on a row, `[n_samples]`; none means on all.
    pub rows: Option<Vec<bool>>,
    /// What each feature is multiplied by, `[n_features]`, all positive; none means 1. The weights that come out
    /// apply to the features as they were given.
    pub scales: Option<Vec<f32>>,
    /// The α from which to start, `[rows of the lane]`, such as those of a fit with a smaller C; none means 0.
    pub start: Option<Vec<f32>>,
}

impl Lane {
    /// All rows, no scales, from 0.
    pub fn new(c: f64, class_weight: ClassWeight) -> Self {
        Lane {
            c,
            class_weight,
            rows: None,
            scales: None,
            start: None,
        }
    }
}

/// Unchecked parameters of the solver.
#[derive(Debug, Clone)]
pub struct DualSolver(CheckedDualSolver);

/// Checked parameters of the solver.
#[derive(Debug, Clone)]
pub struct CheckedDualSolver {
    loss: Loss,
    /// One for all lanes, or one each.
    lanes: Vec<Lane>,
    limits: Limits,
}

/// When a lane ends.
#[derive(Debug, Clone, Copy)]
struct Limits {
    tolerance: f64,
    max_epochs: Option<u32>,
    seed: u64,
}

/// Visits of a row, on the average, unless told otherwise.
const MAX_EPOCHS: u64 = 1000;

/// Visits that are allowed in any case, unless told otherwise: a few dozen rows at a C of 1,000 take some ten thousand
/// passes, and no time.
const LEAST_VISITS: u64 = 4_000_000;

/// The share of the tolerance that the rows at rest may have together.
const REST_SHARE: f64 = 0.25;

/// Before the first check, when P is not known, a row is left alone where the derivative is at most this times
/// the root of the tolerance: about what the rest of [`REST_SHARE`] comes to at P = C n / 3.
const FIRST_IDLE: f64 = 0.5;

impl Limits {
    /// Rows that a lane of `n` rows may read.
    fn visits(&self, n: u64) -> u64 {
        match self.max_epochs {
            Some(epochs) => n.saturating_mul(u64::from(epochs)),
            None => n.saturating_mul(MAX_EPOCHS).max(LEAST_VISITS),
        }
    }

    /// The largest part of the gap with which one of `n` rows rests, at this P.
    fn rest(&self, objective: f64, n: usize) -> f64 {
        REST_SHARE * self.tolerance * objective / n as f64
    }

    /// The derivative at which a row of this cost is left alone, where a gap of `rest` is one at rest; 0 before the
    /// first check.
    fn idle(&self, rest: f64, cost: f64) -> f64 {
        match rest > 0.0 {
            true => (rest / cost).sqrt(),
            false => FIRST_IDLE * self.tolerance.sqrt(),
        }
    }

    /// How a lane ended, if it has with this P and gap, or after so many visits.
    fn report(
        &self,
        (objective, gap): (f64, f64),
        epochs: u32,
        visits: u64,
        budget: u64,
    ) -> Option<LaneReport> {
        let converged = gap <= self.tolerance * objective;
        (converged || visits >= budget).then(|| LaneReport {
            epochs,
            visits,
            objective,
            gap: gap / objective.max(f64::MIN_POSITIVE),
            converged,
        })
    }
}

impl DualSolver {
    /// Lanes in the order of the targets' columns, or one for all of them; tolerance 1e-4, at most 1,000
    /// visits of a row or, on small sets, 4 million visits in all.
    pub fn new(loss: Loss, lanes: Vec<Lane>) -> Self {
        DualSolver(CheckedDualSolver {
            loss,
            lanes,
            limits: Limits {
                tolerance: 1e-4,
                max_epochs: None,
                seed: 0,
            },
        })
    }

    /// Sets the relative bound on the distance from the optimum at which a lane is done.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.limits.tolerance = tolerance;
        self
    }

    /// Sets how often a lane may visit a row, on the average over its rows.
    #[must_use]
    pub fn max_epochs(mut self, max_epochs: u32) -> Self {
        self.0.limits.max_epochs = Some(max_epochs);
        self
    }

    /// Sets the seed of the order in which rows are visited.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.limits.seed = seed;
        self
    }
}

impl ParamGuard for DualSolver {
    type Checked = CheckedDualSolver;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        let params = &self.0;
        let positive = |x: f64| x.is_finite() && x > 0.0;
        for lane in &params.lanes {
            if !positive(lane.c) {
                let message = format!("C is {}, not a positive number", lane.c);
                return Err(Error::usage(message));
            }
            let mut scales = lane.scales.iter().flatten();
            if scales.any(|scale| !positive(f64::from(*scale))) {
                return Err(Error::usage("a feature scale is not a positive number"));
            }
            let mut start = lane.start.iter().flatten();
            if start.any(|alpha| !alpha.is_finite()) {
                return Err(Error::usage(
                    "a dual variable to start from is not a number",
                ));
            }
        }
        if !positive(params.limits.tolerance) {
            return Err(Error::usage("the tolerance is not a positive number"));
        }
        if params.limits.max_epochs == Some(0) {
            return Err(Error::usage("at least one epoch is needed"));
        }
        Ok(params)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// How a lane ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaneReport {
    /// Passes over the rows that were not at rest.
    pub epochs: u32,
    /// Rows read, over all passes and checks.
    pub visits: u64,
    /// P at the weights given.
    pub objective: f64,
    /// The bound on P's distance from the optimum, divided by P: the optimum is at least
    /// `objective · (1 − gap)`.
    pub gap: f64,
    /// Whether the gap is within the tolerance.
    pub converged: bool,
}

/// Fitted weights, a label for each lane, and how the solver ended.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedLanes {
    /// The weights.
    pub linear: LinearModel,
    /// α of each lane's rows, for a warm start.
    pub alphas: Vec<Vec<f32>>,
    /// A report for each lane.
    pub reports: Vec<LaneReport>,
}

impl Fit<SparseRecords, Array2<bool>, Error> for CheckedDualSolver {
    type Object = FittedLanes;

    /// Fits a lane for each column of the targets `[n_samples, n_lanes]`; true is y = +1.
    ///
    /// # Errors
    /// When a lane has no samples, or the shapes do not fit.
    fn fit(&self, dataset: &DatasetBase<SparseRecords, Array2<bool>>) -> Result<FittedLanes> {
        let (x, y) = (dataset.records(), dataset.targets());
        if x.n_samples() == 0 || y.ncols() == 0 {
            return Err(Error::training("there are no samples to fit"));
        }
        if x.n_samples() != y.nrows() {
            return Err(Error::training("records and targets differ in number"));
        }
        if ![1, y.ncols()].contains(&self.lanes.len()) {
            return Err(Error::training("lanes and targets differ in number"));
        }
        let norms = squared_norms(x);
        let groups = self.groups(y.ncols());
        let solved: Result<Vec<Vec<Solution>>> = (groups.par_iter())
            .map(|group| self.fit_group(x, &norms, y, group))
            .collect();
        let mut solved: Vec<(usize, Solution)> = (groups.into_iter().flatten())
            .zip(solved?.into_iter().flatten())
            .collect();
        solved.sort_by_key(|(lane, _)| *lane);
        let solved: Vec<Solution> = solved.into_iter().map(|(_, solution)| solution).collect();
        let n_lanes = y.ncols();
        let mut weights = vec![0.0; x.n_features() * n_lanes];
        for (lane, solution) in solved.iter().enumerate() {
            let places = weights.iter_mut().skip(lane).step_by(n_lanes);
            for (place, weight) in places.zip(&solution.weights) {
                *place = *weight;
            }
        }
        let intercepts = solved.iter().map(|s| s.intercept).collect();
        Ok(FittedLanes {
            linear: LinearModel::new(weights, intercepts)?,
            reports: solved.iter().map(|s| s.report).collect(),
            alphas: solved.into_iter().map(|s| s.alphas).collect(),
        })
    }
}

impl PredictInplace<SparseRecords, Array2<bool>> for FittedLanes {
    /// Whether the decision value of each lane is positive.
    fn predict_inplace(&self, x: &SparseRecords, y: &mut Array2<bool>) {
        let mut margins = Vec::new();
        for i in 0..x.n_samples() {
            let (columns, values) = x.row(i);
            let row = columns.iter().copied().zip(values.iter().copied());
            self.linear.decision_function(row, &mut margins);
            for (target, margin) in y.row_mut(i).iter_mut().zip(&margins) {
                *target = *margin > 0.0;
            }
        }
    }

    fn default_target(&self, x: &SparseRecords) -> Array2<bool> {
        Array2::from_elem((x.nsamples(), self.linear.n_labels()), false)
    }
}

impl CheckedDualSolver {
    fn lane(&self, at: usize) -> &Lane {
        self.lanes.get(at).unwrap_or(&self.lanes[0])
    }

    /// Lanes that are fitted together: those that train on the same rows, and have no scales.
    fn groups(&self, n_lanes: usize) -> Vec<Vec<usize>> {
        let mut alike: Vec<Vec<usize>> = Vec::new();
        for lane in 0..n_lanes {
            let own = self.lane(lane);
            let is_alike = |group: &&mut Vec<usize>| {
                let first = self.lane(group[0]);
                own.scales.is_none() && first.scales.is_none() && first.rows == own.rows
            };
            match alike.iter_mut().find(is_alike) {
                Some(group) => group.push(lane),
                None => alike.push(vec![lane]),
            }
        }
        let parts = |group: Vec<usize>| {
            let size = group.len().div_ceil(group.len().div_ceil(MOST_LANES));
            let parts: Vec<Vec<usize>> = group.chunks(size).map(<[usize]>::to_vec).collect();
            parts
        };
        alike.into_iter().flat_map(parts).collect()
    }

    fn fit_group(
        &self,
        x: &SparseRecords,
        squared_norms_of_x: &[f32],
        y: &Array2<bool>,
        group: &[usize],
    ) -> Result<Vec<Solution>> {
        let first = self.lane(group[0]);
        let rows = first.training_rows(x.n_samples())?;
        let scales = first.scales.as_ref();
        if scales.is_some_and(|s| s.len() != x.n_features()) {
            return Err(Error::training("feature scales do not fit the records"));
        }
        let mut starts = group.iter().map(|lane| self.lane(*lane).start.as_ref());
        if starts.any(|start| start.is_some_and(|s| s.len() != rows.len())) {
            return Err(Error::training("dual variables do not fit the rows"));
        }
        let mut norms = Cow::Borrowed(squared_norms_of_x);
        let mut scaled = Cow::Borrowed(x);
        if let Some(scales) = scales {
            scaled = Cow::Owned(x.scaled(scales));
            norms = Cow::Owned(squared_norms(&scaled));
        }
        let costs = |lane: &usize| self.lane(*lane).signed_costs(&rows, y.column(*lane));
        let costs: Vec<Vec<f32>> = group.iter().map(costs).collect();
        let problem = |signed_costs| Problem {
            x: &scaled,
            squared_norms: &norms,
            signed_costs,
            rows: &rows,
        };
        let problems: Vec<Problem<'_>> = costs.iter().map(|costs| problem(costs)).collect();
        let start = |lane: &usize| self.lane(*lane).start.as_deref();
        let starts: Vec<Option<&[f32]>> = group.iter().map(start).collect();
        let mut solutions = match self.loss {
            Loss::Logistic => solve_together::<Logistic>(&problems, self.limits, &starts),
            Loss::SquaredHinge => solve_together::<SquaredHinge>(&problems, self.limits, &starts),
        };
        for solution in &mut solutions {
            let weights = solution.weights.iter_mut();
            for (weight, scale) in weights.zip(scales.into_iter().flatten()) {
                *weight *= scale;
            }
        }
        Ok(solutions)
    }
}

impl Lane {
    fn training_rows(&self, n_samples: usize) -> Result<Vec<u32>> {
        let rows: Vec<u32> = match &self.rows {
            None => (0..n_samples as u32).collect(),
            Some(mask) if mask.len() == n_samples => {
                let trains = |row: &u32| mask[*row as usize];
                (0..n_samples as u32).filter(trains).collect()
            }
            Some(_) => return Err(Error::training("a lane's rows do not fit the records")),
        };
        match rows.is_empty() {
            true => Err(Error::training("a lane has no samples to fit")),
            false => Ok(rows),
        }
    }

    /// y_i · C_i of each of the lane's rows. Balanced, C_i is C · n / (2 · n_side), n the lane's rows.
    fn signed_costs(&self, rows: &[u32], y: ArrayView1<'_, bool>) -> Vec<f32> {
        let n_positive = rows.iter().filter(|row| y[**row as usize]).count();
        let weight = |n_side: usize| match self.class_weight {
            ClassWeight::None => 1.0,
            ClassWeight::Balanced => rows.len() as f64 / (2.0 * n_side.max(1) as f64),
        };
        let positive = (self.c * weight(n_positive)) as f32;
        let negative = -(self.c * weight(rows.len() - n_positive)) as f32;
        let cost = |row: &u32| if y[*row as usize] { positive } else { negative };
        rows.iter().map(cost).collect()
    }
}

/// ‖x_i‖² + 1 of each row.
fn squared_norms(x: &SparseRecords) -> Vec<f32> {
    let of_row = |i| x.row(i).1.iter().map(|value| value * value).sum::<f32>();
    (0..x.n_samples()).map(|i| of_row(i) + 1.0).collect()
}

#[cfg(test)]
mod tests;
