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

/// The share of the tolerance that the rows at rest may have together.
const REST_SHARE: f64 = 0.25;

/// Before the first check, when P is not known, a row is left alone where the derivative is at most this times
/// the root of the tolerance: about what the rest of [`REST_SHARE`] comes to at P = C n / 3.
const FIRST_IDLE: f64 = 0.5;

/// Passes before the first check; before each further one there is one more, up to [`MOST_PASSES`].
const FIRST_PASSES: u32 = 2;
const MOST_PASSES: u32 = 6;

/// Fits a lane from the dual variables `start`, or from none.
pub(super) fn solve<L: DualLoss>(
    problem: &Problem<'_>,
    limits: Limits,
    start: Option<&[f32]>,
) -> Solution {
    let mut lane = Lane::<L>::new(problem, limits, start);
    let report = lane.run();
    let alpha = |i: usize| L::alpha(lane.duals[i], lane.cost(i)) as f32;
    Solution {
        alphas: (0..lane.duals.len()).map(alpha).collect(),
        intercept: lane.bias as f32,
        weights: lane.weights,
        report,
    }
}

struct Lane<'a, L> {
    problem: &'a Problem<'a>,
    limits: Limits,
    /// The dual variables in the form in which the loss keeps them, one for each of the problem's rows.
    duals: Vec<f32>,
    /// w(α), up to rounding.
    weights: Vec<f32>,
    bias: f64,
    /// The parts of the gap at the last check.
    gaps: Vec<f32>,
    /// Rows, by position, that move.
    active: Vec<u32>,
    /// The largest gap of a row at rest.
    rest: f64,
    loss: std::marker::PhantomData<L>,
}

impl<'a, L: DualLoss> Lane<'a, L> {
    fn new(problem: &'a Problem<'a>, limits: Limits, start: Option<&[f32]>) -> Self {
        let n = problem.rows.len();
        let mut lane = Lane {
            problem,
            limits,
            duals: vec![L::START; n],
            weights: vec![0.0; problem.x.n_features()],
            bias: 0.0,
            gaps: vec![0.0; n],
            active: (0..n as u32).collect(),
            rest: 0.0,
            loss: std::marker::PhantomData,
        };
        for (i, alpha) in start.into_iter().flatten().enumerate() {
            let cost = lane.cost(i);
            lane.duals[i] = L::dual(f64::from(*alpha), cost);
            let alpha = L::alpha(lane.duals[i], cost);
            if alpha > 0.0 {
                lane.add(i, alpha);
            }
        }
        lane
    }

    fn cost(&self, i: usize) -> f64 {
        f64::from(self.problem.signed_costs[i].abs())
    }

    fn sign(&self, i: usize) -> f64 {
        f64::from(1f32.copysign(self.problem.signed_costs[i]))
    }

    /// Rounds of passes, a check after each, until the gap is small enough.
    fn run(&mut self) -> LaneReport {
        let n = self.problem.rows.len() as u64;
        let budget = self.limits.visits(n);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.limits.seed);
        let (mut visits, mut epochs) = (0, 0);
        for passes in FIRST_PASSES.. {
            for _ in 0..passes.min(MOST_PASSES) {
                shuffle(&mut self.active, &mut rng);
                visits += self.active.len() as u64;
                epochs += 1;
                self.pass();
                if self.active.is_empty() || visits >= budget {
                    break;
                }
            }
            let (objective, gap) = self.check();
            visits += n;
            let converged = gap <= self.limits.tolerance * objective;
            if converged || visits >= budget {
                return LaneReport {
                    epochs,
                    visits,
                    objective,
                    gap: gap / objective.max(f64::MIN_POSITIVE),
                    converged,
                };
            }
        }
        unreachable!("the budget ends sooner")
    }

    /// Moves the α of each active row to the minimum of D along it. Rows that did not move go to rest.
    fn pass(&mut self) {
        let mut active = std::mem::take(&mut self.active);
        active.retain(|i| self.visit(*i as usize));
        self.active = active;
    }

    fn visit(&mut self, i: usize) -> bool {
        let (cost, sign) = (self.cost(i), self.sign(i));
        let idle = match self.rest > 0.0 {
            true => (self.rest / cost).sqrt(),
            false => FIRST_IDLE * self.limits.tolerance.sqrt(),
        };
        let margin = sign * self.decision(i);
        let row = self.problem.rows[i] as usize;
        let squared_norm = f64::from(self.problem.squared_norms[row]);
        let Some((dual, change)) = L::minimize(self.duals[i], cost, squared_norm, margin, idle)
        else {
            return false;
        };
        self.duals[i] = dual;
        self.add(i, change);
        true
    }

    /// P and the gap. Rows whose parts of the gap are together below [`REST_SHARE`] of the tolerance go to rest,
    /// all others are active again.
    fn check(&mut self) -> (f64, f64) {
        let squares = self.weights.iter().map(|w| f64::from(*w) * f64::from(*w));
        let mut objective = 0.5 * (squares.sum::<f64>() + self.bias * self.bias);
        let mut total = 0.0;
        for i in 0..self.duals.len() {
            let margin = self.sign(i) * self.decision(i);
            let (loss, gap) = L::loss_and_gap(self.duals[i], self.cost(i), margin);
            objective += loss;
            total += gap;
            self.gaps[i] = gap as f32;
        }
        let n = self.duals.len() as f64;
        self.rest = REST_SHARE * self.limits.tolerance * objective / n;
        self.active.clear();
        let moving = |(_, gap): &(u32, &f32)| f64::from(**gap) > self.rest;
        let rows = (0..).zip(&self.gaps).filter(moving);
        self.active.extend(rows.map(|(i, _)| i));
        (objective, total)
    }

    /// wᵀx + b of the row at position `i`. Four sums side by side, since each waits for its last addition.
    #[inline]
    fn decision(&self, i: usize) -> f64 {
        let (columns, values) = self.problem.x.row(self.problem.rows[i] as usize);
        let mut sums = [0.0f32; 4];
        let (fours, rest) = columns.as_chunks::<4>();
        let (value_fours, value_rest) = values.as_chunks::<4>();
        for (columns, values) in fours.iter().zip(value_fours) {
            for ((sum, column), value) in sums.iter_mut().zip(columns).zip(values) {
                *sum += value * self.weights[*column as usize];
            }
        }
        for (column, value) in rest.iter().zip(value_rest) {
            sums[0] += value * self.weights[*column as usize];
        }
        self.bias + f64::from((sums[0] + sums[1]) + (sums[2] + sums[3]))
    }

    /// w += change · y x, b += change · y.
    #[inline]
    fn add(&mut self, i: usize, change: f64) {
        let change = change * self.sign(i);
        self.bias += change;
        let change = change as f32;
        let (columns, values) = self.problem.x.row(self.problem.rows[i] as usize);
        for (column, value) in columns.iter().zip(values) {
            self.weights[*column as usize] += change * value;
        }
    }
}
