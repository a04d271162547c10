//! L2-regularized logistic regression on sparse rows.
//!
//! Owns [`DualLogistic`]: for each lane (a label against the rest)
//!
//! ```text
//! min  P(w, b) = ½‖w‖² + ½b² + Σ_i C_i ln(1 + exp(−y_i (wᵀx_i + b)))        y_i = ±1
//! ```
//!
//! LIBLINEAR's problem with `-B 1`, solved by dual coordinate descent (Yu, Huang and Lin,
//! "Dual coordinate descent methods for logistic regression and maximum entropy models",
//! Machine Learning 85, 2011, algorithm 5) on
//!
//! ```text
//! min  D(α) = ½‖w(α)‖² + ½b(α)² + Σ_i [α_i ln α_i + (C_i−α_i) ln(C_i−α_i) − C_i ln C_i]
//!      0 ≤ α_i ≤ C_i,   w(α) = Σ_i α_i y_i x_i,   b(α) = Σ_i α_i y_i
//! ```
//!
//! At the optimum P = −D, so P + D bounds how far P is from it; a lane is done when that
//! bound, divided by P, is at most `tolerance`. Lanes are solved together in blocks, since the row of a
//! sample is then read once for all of them. A lane may scale the features by numbers of its own
//! (see [`scaling`](super::scaling)). Arithmetic is in a fixed order with `libm`'s logarithm: the
//! weights do not depend on platform or threads.

use super::split::shuffle;
use crate::error::{Error, Result};
use crate::features::SparseRecords;
use crate::model::{ClassWeight, LinearModel};
use linfa::dataset::{DatasetBase, Records};
use linfa::param_guard::ParamGuard;
use linfa::traits::{Fit, PredictInplace};
use ndarray::Array2;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use rayon::prelude::*;

/// Unchecked parameters of the solver.
#[derive(Debug, Clone)]
pub struct DualLogistic(CheckedDualLogistic);

/// Checked parameters of the solver.
#[derive(Debug, Clone)]
pub struct CheckedDualLogistic {
    c: f64,
    class_weight: ClassWeight,
    tolerance: f64,
    max_epochs: u32,
    seed: u64,
    scales: Option<Vec<f32>>,
}

impl DualLogistic {
    /// The cost `c` of a sample, balanced class weights, tolerance 1e-4, at most 1,000 epochs.
    pub fn new(c: f64) -> Self {
        DualLogistic(CheckedDualLogistic {
            c,
            class_weight: ClassWeight::Balanced,
            tolerance: 1e-4,
            max_epochs: 1000,
            seed: 0,
            scales: None,
        })
    }

    /// Sets how classes are weighed.
    #[must_use]
    pub fn class_weight(mut self, class_weight: ClassWeight) -> Self {
        self.0.class_weight = class_weight;
        self
    }

    /// Sets the relative bound on the distance from the optimum at which a lane is done.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Sets the most passes over the samples.
    #[must_use]
    pub fn max_epochs(mut self, max_epochs: u32) -> Self {
        self.0.max_epochs = max_epochs;
        self
    }

    /// Sets the seed of the order in which samples are visited.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Scales each feature by a number of each lane, `[n_features, n_lanes]` row by row, all
    /// positive. The weights that come out apply to the unscaled features.
    #[must_use]
    pub fn scales(mut self, scales: Option<Vec<f32>>) -> Self {
        self.0.scales = scales;
        self
    }
}

impl ParamGuard for DualLogistic {
    type Checked = CheckedDualLogistic;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        let params = &self.0;
        let positive = |x: f64| x.is_finite() && x > 0.0;
        if !positive(params.c) {
            return Err(Error::usage(format!(
                "C is {}, not a positive number",
                params.c
            )));
        }
        if !positive(params.tolerance) {
            return Err(Error::usage("the tolerance is not a positive number"));
        }
        if params.max_epochs == 0 {
            return Err(Error::usage("at least one epoch is needed"));
        }
        let scales = params.scales.iter().flatten();
        if scales.into_iter().any(|s| !s.is_finite() || *s <= 0.0) {
            return Err(Error::usage("a feature scale is not a positive number"));
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
    /// Passes over the samples.
    pub epochs: u32,
    /// P at the weights given.
    pub objective: f64,
    /// The bound on P's distance from the optimum, divided by P.
    pub gap: f64,
    /// Whether the gap is within the tolerance.
    pub converged: bool,
}

/// Fitted weights, a label for each lane, and how the solver ended.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedLanes {
    /// The weights.
    pub linear: LinearModel,
    /// A report for each lane.
    pub reports: Vec<LaneReport>,
}

impl Fit<SparseRecords, Array2<bool>, Error> for CheckedDualLogistic {
    type Object = FittedLanes;

    /// Fits a lane for each column of the targets `[n_samples, n_lanes]`; true is y = +1.
    ///
    /// # Errors
    /// When there are no samples or no lanes, or the shapes do not fit.
    fn fit(&self, dataset: &DatasetBase<SparseRecords, Array2<bool>>) -> Result<FittedLanes> {
        let (x, y) = (dataset.records(), dataset.targets());
        if x.n_samples() == 0 || y.ncols() == 0 {
            return Err(Error::training("there are no samples to fit"));
        }
        if x.n_samples() != y.nrows() {
            return Err(Error::training("records and targets differ in number"));
        }
        let expected = x.n_features() * y.ncols();
        if self.scales.as_ref().is_some_and(|s| s.len() != expected) {
            return Err(Error::training("feature scales do not fit the records"));
        }
        match y.ncols() {
            1 => self.fit_blocks::<1>(x, y),
            2 => self.fit_blocks::<2>(x, y),
            3..=4 => self.fit_blocks::<4>(x, y),
            _ => self.fit_blocks::<8>(x, y),
        }
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

impl CheckedDualLogistic {
    fn fit_blocks<const L: usize>(
        &self,
        x: &SparseRecords,
        y: &Array2<bool>,
    ) -> Result<FittedLanes> {
        let n_lanes = y.ncols();
        let blocks: Vec<usize> = (0..n_lanes).step_by(L).collect();
        let solved: Vec<(Vec<[f32; L]>, [LaneReport; L])> = blocks
            .par_iter()
            .map(|first| Block::<L>::new(self, x, y, *first).solve())
            .collect();
        let mut weights = vec![0.0; x.n_features() * n_lanes];
        let mut intercepts = vec![0.0; n_lanes];
        let mut reports = Vec::with_capacity(n_lanes);
        for (first, (block, block_reports)) in blocks.into_iter().zip(solved) {
            let lanes = L.min(n_lanes - first);
            let (bias, features) = block.split_last().expect("the bias is always there");
            for (feature, lane_weights) in features.iter().enumerate() {
                let start = feature * n_lanes + first;
                weights[start..start + lanes].copy_from_slice(&lane_weights[..lanes]);
            }
            intercepts[first..first + lanes].copy_from_slice(&bias[..lanes]);
            reports.extend_from_slice(&block_reports[..lanes]);
        }
        Ok(FittedLanes {
            linear: LinearModel::new(weights, intercepts)?,
            reports,
        })
    }

    /// The cost of a sample on the positive and on the negative side of a lane.
    fn costs(&self, n_positive: usize, n_samples: usize) -> (f64, f64) {
        let weight = |n_class: usize| match self.class_weight {
            ClassWeight::None => 1.0,
            ClassWeight::Balanced => n_samples as f64 / (2.0 * n_class.max(1) as f64),
        };
        (
            self.c * weight(n_positive),
            self.c * weight(n_samples - n_positive),
        )
    }
}

/// L lanes that are solved together.
struct Block<'a, const L: usize> {
    params: &'a CheckedDualLogistic,
    x: &'a SparseRecords,
    /// +1 or −1, a sample and lane each.
    signs: Vec<[f32; L]>,
    /// C of a positive and of a negative sample, a lane each; 0 for lanes that pad the block.
    costs: [(f64, f64); L],
    /// α_i where it is at most C_i/2, else −(C_i − α_i): the smaller part keeps its precision.
    alphas: Vec<[f32; L]>,
    /// s_j² of the feature scales, the bias last; none where every scale is 1.
    squared_scales: Option<Vec<[f32; L]>>,
    /// s_j w_j: what is multiplied by the unscaled features; the bias last.
    weights: Vec<[f32; L]>,
    /// ‖x_i‖² + 1, scaled.
    squared_norms: Vec<[f32; L]>,
    /// How closely a one-variable problem is solved, a lane each.
    inner_tolerance: [f64; L],
}

impl<'a, const L: usize> Block<'a, L> {
    fn new(
        params: &'a CheckedDualLogistic,
        x: &'a SparseRecords,
        y: &Array2<bool>,
        first: usize,
    ) -> Self {
        let (n, n_lanes) = (x.n_samples(), y.ncols());
        let lane = |l: usize| (first + l < n_lanes).then_some(first + l);
        let mut signs = vec![[-1.0f32; L]; n];
        let mut costs = [(0.0, 0.0); L];
        for l in 0..L {
            let Some(column) = lane(l) else { continue };
            let positives = y.column(column);
            for (sign, positive) in signs.iter_mut().zip(positives) {
                sign[l] = if *positive { 1.0 } else { -1.0 };
            }
            costs[l] = params.costs(positives.iter().filter(|p| **p).count(), n);
        }
        let squared_scales = params.scales.as_ref().map(|scales| {
            let of_feature = |row: &[f32]| {
                std::array::from_fn(|l| lane(l).map_or(1.0, |column| row[column] * row[column]))
            };
            let mut squares: Vec<[f32; L]> = scales.chunks_exact(n_lanes).map(of_feature).collect();
            squares.push([1.0; L]);
            squares
        });
        let mut block = Block {
            params,
            x,
            signs,
            costs,
            alphas: Vec::new(),
            weights: vec![[0.0; L]; x.n_features() + 1],
            squared_norms: Vec::new(),
            squared_scales,
            inner_tolerance: [1e-2; L],
        };
        block.squared_norms = (0..n).map(|i| block.squared_norm(i)).collect();
        // Strictly inside the bounds, since the logarithms are.
        block.alphas = (0..n)
            .map(|i| std::array::from_fn(|l| (1e-3 * block.cost(i, l)).min(1e-8) as f32))
            .collect();
        block
    }

    fn cost(&self, i: usize, lane: usize) -> f64 {
        let (positive, negative) = self.costs[lane];
        if self.signs[i][lane] > 0.0 {
            positive
        } else {
            negative
        }
    }

    fn squared_norm(&self, i: usize) -> [f32; L] {
        let (columns, values) = self.x.row(i);
        let mut norms = [1.0f32; L];
        for (column, value) in columns.iter().zip(values) {
            let scales = self.squared_scales.as_ref().map(|s| &s[*column as usize]);
            for (l, norm) in norms.iter_mut().enumerate() {
                *norm += value * value * scales.map_or(1.0, |s| s[l]);
            }
        }
        norms
    }

    fn solve(mut self) -> (Vec<[f32; L]>, [LaneReport; L]) {
        let n = self.x.n_samples();
        let mut order: Vec<u32> = (0..n as u32).collect();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.params.seed);
        let mut active: [bool; L] = std::array::from_fn(|l| self.costs[l].0 > 0.0);
        let mut reports = [LaneReport {
            epochs: 0,
            objective: 0.0,
            gap: 0.0,
            converged: true,
        }; L];
        self.sum_weights(&active);
        let mut next_check = 3;
        for epoch in 1..=self.params.max_epochs {
            shuffle(&mut order, &mut rng);
            self.epoch(&order, &active);
            if epoch < next_check && epoch < self.params.max_epochs {
                continue;
            }
            // A check costs about an epoch, so they grow rarer.
            next_check = epoch + 2 + epoch / 4;
            self.sum_weights(&active);
            let bounds = self.objectives();
            for l in (0..L).filter(|l| active[*l]) {
                let (primal, dual) = bounds[l];
                let gap = (primal + dual) / primal.max(f64::MIN_POSITIVE);
                let converged = gap <= self.params.tolerance;
                reports[l] = LaneReport {
                    epochs: epoch,
                    objective: primal,
                    gap,
                    converged,
                };
            }
            for l in 0..L {
                active[l] &= !reports[l].converged;
            }
            if !active.contains(&true) {
                break;
            }
        }
        (self.weights, reports)
    }

    /// One pass: each sample's α is moved to the minimum of D along it.
    fn epoch(&mut self, order: &[u32], active: &[bool; L]) {
        let mut newton_steps = [0usize; L];
        for &i in order {
            let i = i as usize;
            let margins = self.margins(i);
            let mut deltas = [0.0f32; L];
            let mut moved = false;
            for l in (0..L).filter(|l| active[*l]) {
                let cost = self.cost(i, l);
                let sign = self.signs[i][l];
                let before = Alpha::unpack(self.alphas[i][l], cost);
                let (after, steps) = before.minimize(
                    cost,
                    f64::from(self.squared_norms[i][l]),
                    f64::from(sign * margins[l]),
                    self.inner_tolerance[l],
                );
                if steps == 0 {
                    continue;
                }
                newton_steps[l] += steps;
                self.alphas[i][l] = after.pack();
                let change = after.value(cost) - before.value(cost);
                deltas[l] = change as f32 * sign;
                moved = true;
            }
            if moved {
                self.add(i, &deltas);
            }
        }
        for (tolerance, steps) in self.inner_tolerance.iter_mut().zip(newton_steps) {
            if steps <= order.len() / 10 {
                *tolerance = (*tolerance * 0.1).max(1e-8);
            }
        }
    }

    /// The decision values of sample `i`.
    #[inline]
    fn margins(&self, i: usize) -> [f32; L] {
        let (columns, values) = self.x.row(i);
        let mut margins = *self.weights.last().expect("the bias is always there");
        for (column, value) in columns.iter().zip(values) {
            let weights = &self.weights[*column as usize];
            for l in 0..L {
                margins[l] += value * weights[l];
            }
        }
        margins
    }

    /// Adds `deltas · x_i` to the weights.
    #[inline]
    fn add(&mut self, i: usize, deltas: &[f32; L]) {
        let (columns, values) = self.x.row(i);
        for (column, value) in columns.iter().zip(values) {
            let weights = &mut self.weights[*column as usize];
            match &self.squared_scales {
                None => {
                    for l in 0..L {
                        weights[l] += deltas[l] * value;
                    }
                }
                Some(scales) => {
                    let scale = &scales[*column as usize];
                    for l in 0..L {
                        weights[l] += deltas[l] * value * scale[l];
                    }
                }
            }
        }
        let bias = self.weights.last_mut().expect("the bias is always there");
        for l in 0..L {
            bias[l] += deltas[l];
        }
    }

    /// Works the weights of the active lanes out of α anew, so that rounding does not pile up.
    fn sum_weights(&mut self, active: &[bool; L]) {
        for weights in &mut self.weights {
            for l in (0..L).filter(|l| active[*l]) {
                weights[l] = 0.0;
            }
        }
        for i in 0..self.x.n_samples() {
            let mut deltas = [0.0f32; L];
            for l in (0..L).filter(|l| active[*l]) {
                let cost = self.cost(i, l);
                let alpha = Alpha::unpack(self.alphas[i][l], cost).value(cost);
                deltas[l] = self.signs[i][l] * alpha as f32;
            }
            self.add(i, &deltas);
        }
    }

    /// (P, D) of each lane at the present weights and α.
    fn objectives(&self) -> [(f64, f64); L] {
        let mut half_norms = [0.0f64; L];
        for (j, weights) in self.weights.iter().enumerate() {
            for l in 0..L {
                let scale = self.squared_scales.as_ref().map_or(1.0, |s| s[j][l]);
                half_norms[l] += 0.5 * f64::from(weights[l]).powi(2) / f64::from(scale);
            }
        }
        let mut bounds = half_norms.map(|half| (half, half));
        for i in 0..self.x.n_samples() {
            let margins = self.margins(i);
            for l in 0..L {
                let cost = self.cost(i, l);
                if cost > 0.0 {
                    let margin = f64::from(self.signs[i][l] * margins[l]);
                    bounds[l].0 += cost * log_loss(margin);
                    bounds[l].1 += Alpha::unpack(self.alphas[i][l], cost).entropy(cost);
                }
            }
        }
        bounds
    }
}

/// ln(1 + e^−m) without overflow.
fn log_loss(margin: f64) -> f64 {
    if margin > 0.0 {
        libm::log1p(libm::exp(-margin))
    } else {
        -margin + libm::log1p(libm::exp(margin))
    }
}

/// A dual variable by its smaller part, z = min(α, C − α).
#[derive(Debug, Clone, Copy)]
struct Alpha {
    part: f64,
    /// Whether `part` is C − α.
    from_top: bool,
}

impl Alpha {
    fn unpack(packed: f32, cost: f64) -> Self {
        Alpha {
            part: f64::from(packed.abs()).min(cost),
            from_top: packed.is_sign_negative(),
        }
    }

    fn pack(self) -> f32 {
        // Zero is outside the logarithm's domain and stands where f32 cannot hold the part.
        let part = (self.part as f32).max(f32::MIN_POSITIVE);
        if self.from_top { -part } else { part }
    }

    fn value(self, cost: f64) -> f64 {
        if self.from_top {
            cost - self.part
        } else {
            self.part
        }
    }

    /// α ln α + (C−α) ln(C−α) − C ln C.
    fn entropy(self, cost: f64) -> f64 {
        let other = cost - self.part;
        self.part * libm::log(self.part / cost) + other * libm::log(other / cost)
    }

    /// The minimum along this variable, by Newton's method: with z one of α and C − α and
    /// s = ±1 accordingly, g(z) = z ln z + (C−z) ln(C−z) + ½a(z−z₀)² + s·b(z−z₀). Gives the count
    /// of steps; 0 means that |g′| was within `tolerance` already.
    fn minimize(self, cost: f64, a: f64, b: f64, tolerance: f64) -> (Alpha, usize) {
        // The half in which g′ changes sign is the one where z is small.
        let from_top = a * (0.5 * cost - self.value(cost)) + b < 0.0;
        let start = if from_top == self.from_top {
            self.part
        } else {
            cost - self.part
        };
        let slope = if from_top { -b } else { b };
        let mut z = start;
        if z > 0.5 * cost {
            z *= 0.1;
        }
        let derivative = |z: f64| a * (z - start) + slope + libm::log(z / (cost - z));
        let mut g = derivative(z);
        let mut steps = 0;
        while g.abs() >= tolerance && steps < 100 {
            let curvature = a + cost / ((cost - z) * z);
            let next = z - g / curvature;
            z = if next <= 0.0 {
                z * 0.1
            } else {
                next.min(0.9 * cost)
            };
            g = derivative(z);
            steps += 1;
        }
        (Alpha { part: z, from_top }, steps)
    }
}

#[cfg(test)]
mod tests;
