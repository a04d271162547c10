//! Dual coordinate descent on one lane.
//!
//! Owns the passes over the rows, which of them rest, and when the lane is done (see [the module](super)).

use super::loss::DualLoss;
use super::{LaneReport, Limits};
use crate::features::SparseRecords;
use crate::train::split::shuffle;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

/// What a lane is fitted to.
pub(super) struct Problem<'a> {
    /// The rows, their features scaled as the lane wants them.
    pub x: &'a SparseRecords,
    /// ‖x_i‖² + 1.
    pub squared_norms: &'a [f32],
    /// The rows that the lane trains on, ascending.
    pub rows: &'a [u32],
    /// y_i · C_i: the sign of a row and its cost.
    pub signed_costs: &'a [f32],
}

/// Where a lane ended.
pub(super) struct Solution {
    /// A weight a feature.
    pub weights: Vec<f32>,
    /// b.
    pub intercept: f32,
    /// α of each of the lane's rows.
    pub alphas: Vec<f32>,
    /// How it went.
    pub report: LaneReport,
}

impl Problem<'_> {
    /// C_i of the row at position `i`.
    pub fn cost(&self, i: usize) -> f64 {
        f64::from(self.signed_costs[i].abs())
    }

    /// y_i of the row at position `i`.
    pub fn sign(&self, i: usize) -> f64 {
        f64::from(1f32.copysign(self.signed_costs[i]))
    }

    /// The columns and values of the row at position `i`.
    #[inline]
    pub fn row(&self, i: usize) -> (&[u32], &[f32]) {
        self.x.row(self.rows[i] as usize)
    }

    /// ‖x_i‖² + 1 of the row at position `i`.
    pub fn squared_norm(&self, i: usize) -> f64 {
        f64::from(self.squared_norms[self.rows[i] as usize])
    }
}

/// Passes before the first check; before each further one there is one more, up to [`MOST_PASSES`].
pub(super) const FIRST_PASSES: u32 = 2;
pub(super) const MOST_PASSES: u32 = 6;

/// How far a lane is.
pub(super) struct Progress {
    /// The dual variables in the form in which the loss keeps them, one for each of the problem's rows.
    pub duals: Vec<f32>,
    /// w(α), up to rounding.
    pub weights: Vec<f32>,
    pub bias: f64,
    /// Rows, by position, that move.
    pub active: Vec<u32>,
    /// The largest gap of a row at rest.
    pub rest: f64,
    /// Passes before the next check.
    pub passes: u32,
    pub epochs: u32,
    pub visits: u64,
}

impl Progress {
    /// A lane that has not begun, from the dual variables `start` or from none.
    pub fn new<L: DualLoss>(problem: &Problem<'_>, start: Option<&[f32]>) -> Self {
        let n = problem.rows.len();
        let mut progress = Progress {
            duals: vec![L::START; n],
            weights: vec![0.0; problem.x.n_features()],
            bias: 0.0,
            active: (0..n as u32).collect(),
            rest: 0.0,
            passes: FIRST_PASSES,
            epochs: 0,
            visits: 0,
        };
        for (i, alpha) in start.into_iter().flatten().enumerate() {
            let cost = problem.cost(i);
            progress.duals[i] = L::dual(f64::from(*alpha), cost);
            let alpha = L::alpha(progress.duals[i], cost);
            if alpha > 0.0 {
                progress.add(problem, i, alpha);
            }
        }
        progress
    }

    /// What has come out of it.
    pub fn solution<L: DualLoss>(self, problem: &Problem<'_>, report: LaneReport) -> Solution {
        let alpha = |i: usize| L::alpha(self.duals[i], problem.cost(i)) as f32;
        Solution {
            alphas: (0..self.duals.len()).map(alpha).collect(),
            intercept: self.bias as f32,
            weights: self.weights,
            report,
        }
    }

    /// w += change · y x, b += change · y.
    #[inline]
    fn add(&mut self, problem: &Problem<'_>, i: usize, change: f64) {
        let change = change * problem.sign(i);
        self.bias += change;
        let change = change as f32;
        let (columns, values) = problem.row(i);
        for (column, value) in columns.iter().zip(values) {
            self.weights[*column as usize] += change * value;
        }
    }
}

/// Fits a lane from where it is.
pub(super) fn solve_on<L: DualLoss>(
    problem: &Problem<'_>,
    limits: Limits,
    progress: Progress,
) -> Solution {
    let mut lane = Lane::<L> {
        problem,
        limits,
        gaps: vec![0.0; problem.rows.len()],
        progress,
        loss: std::marker::PhantomData,
    };
    let report = lane.run();
    lane.progress.solution::<L>(problem, report)
}

struct Lane<'a, L> {
    problem: &'a Problem<'a>,
    limits: Limits,
    progress: Progress,
    /// The parts of the gap at the last check.
    gaps: Vec<f32>,
    loss: std::marker::PhantomData<L>,
}

impl<L: DualLoss> Lane<'_, L> {
    /// Rounds of passes, a check after each, until the gap is small enough.
    fn run(&mut self) -> LaneReport {
        let n = self.problem.rows.len() as u64;
        let budget = self.limits.visits(n);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.limits.seed);
        for passes in self.progress.passes.. {
            for _ in 0..passes.min(MOST_PASSES) {
                shuffle(&mut self.progress.active, &mut rng);
                self.progress.visits += self.progress.active.len() as u64;
                self.progress.epochs += 1;
                self.pass();
                if self.progress.active.is_empty() || self.progress.visits >= budget {
                    break;
                }
            }
            let checked = self.check();
            self.progress.visits += n;
            let (epochs, visits) = (self.progress.epochs, self.progress.visits);
            if let Some(report) = self.limits.report(checked, epochs, visits, budget) {
                return report;
            }
        }
        unreachable!("the budget ends sooner")
    }

    /// Moves the α of each active row to the minimum of D along it. Rows that did not move go to rest.
    fn pass(&mut self) {
        let mut active = std::mem::take(&mut self.progress.active);
        active.retain(|i| self.visit(*i as usize));
        self.progress.active = active;
    }

    fn visit(&mut self, i: usize) -> bool {
        let (cost, sign) = (self.problem.cost(i), self.problem.sign(i));
        let idle = self.limits.idle(self.progress.rest, cost);
        let margin = sign * self.decision(i);
        let squared_norm = self.problem.squared_norm(i);
        let Some((dual, change)) =
            L::minimize(self.progress.duals[i], cost, squared_norm, margin, idle)
        else {
            return false;
        };
        self.progress.duals[i] = dual;
        self.progress.add(self.problem, i, change);
        true
    }

    /// P and the gap. Rows whose parts of the gap are at most [`Limits::rest`] go to rest, all others are active again.
    fn check(&mut self) -> (f64, f64) {
        let squares = self
            .progress
            .weights
            .iter()
            .map(|w| f64::from(*w) * f64::from(*w));
        let mut objective = 0.5 * (squares.sum::<f64>() + self.progress.bias * self.progress.bias);
        let mut total = 0.0;
        for i in 0..self.progress.duals.len() {
            let margin = self.problem.sign(i) * self.decision(i);
            let (loss, gap) = L::loss_and_gap(self.progress.duals[i], self.problem.cost(i), margin);
            objective += loss;
            total += gap;
            self.gaps[i] = gap as f32;
        }
        self.progress.rest = self.limits.rest(objective, self.progress.duals.len());
        self.progress.active.clear();
        let moving = |(_, gap): &(u32, &f32)| f64::from(**gap) > self.progress.rest;
        let rows = (0..).zip(&self.gaps).filter(moving);
        self.progress.active.extend(rows.map(|(i, _)| i));
        (objective, total)
    }

    /// wᵀx + b of the row at position `i`. Four sums side by side, since each waits for its last addition.
    #[inline]
    fn decision(&self, i: usize) -> f64 {
        let (columns, values) = self.problem.row(i);
        let mut sums = [0.0f32; 4];
        let (fours, rest) = columns.as_chunks::<4>();
        let (value_fours, value_rest) = values.as_chunks::<4>();
        for (columns, values) in fours.iter().zip(value_fours) {
            for ((sum, column), value) in sums.iter_mut().zip(columns).zip(values) {
                *sum += value * self.progress.weights[*column as usize];
            }
        }
        for (column, value) in rest.iter().zip(value_rest) {
            sums[0] += value * self.progress.weights[*column as usize];
        }
        self.progress.bias + f64::from((sums[0] + sums[1]) + (sums[2] + sums[3]))
    }
}
