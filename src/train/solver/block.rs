//! Dual coordinate descent on several lanes at once.
//!
//! Owns [`solve_together`]: lanes of the same rows and features keep their weights side by side, `[features, lanes]`, so
//! that a row which moves in several lanes is read once, and so is each weight's place in memory, which is what a
//! pass over many features waits for. Later, when rows rest in most lanes, each lane goes on alone
//! ([`descent`](super::descent)): both do the same steps.

use super::descent::{FIRST_PASSES, MOST_PASSES, Problem, Progress, Solution, solve_on};
use super::loss::DualLoss;
use super::{LaneReport, Limits};
use crate::train::split::shuffle;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use rayon::prelude::*;

/// The most lanes that go together.
pub(super) const MOST_LANES: usize = 16;

/// The lanes go on together while each row that is read moves in so many of them, on the average: about what reading a row
/// for all of them costs, in readings of it for one.
const LANES_A_ROW: f64 = 1.5;

/// Fits lanes that train on the same rows, each from the dual variables that `starts` has for it or from none.
pub(super) fn solve_together<L: DualLoss>(
    problems: &[Problem<'_>],
    limits: Limits,
    starts: &[Option<&[f32]>],
) -> Vec<Solution> {
    match problems.len() {
        0 => Vec::new(),
        1 => vec![solve_on::<L>(
            &problems[0],
            limits,
            Progress::new::<L>(&problems[0], starts[0]),
        )],
        2..=4 => Block::<L, 4>::new(problems, limits, starts).run(),
        5..=8 => Block::<L, 8>::new(problems, limits, starts).run(),
        9..=12 => Block::<L, 12>::new(problems, limits, starts).run(),
        _ => Block::<L, 16>::new(problems, limits, starts).run(),
    }
}

/// Up to `S` lanes.
struct Block<'a, L, const S: usize> {
    problems: &'a [Problem<'a>],
    limits: Limits,
    /// The dual variables of each of the rows, `[rows, lanes]`.
    duals: Vec<f32>,
    /// w(α) of all lanes, up to rounding, `[features, S]`.
    weights: Vec<[f32; S]>,
    bias: [f64; S],
    /// In which lanes each of the rows moves, a bit a lane.
    moving: Vec<u16>,
    /// Rows, by position, that move in any.
    active: Vec<u32>,
    /// The largest gap of a row at rest in each lane.
    rest: [f64; S],
    /// The parts of the gap at the last check, `[rows, lanes]`.
    gaps: Vec<f32>,
    visits: [u64; S],
    reports: Vec<Option<LaneReport>>,
    loss: std::marker::PhantomData<L>,
}

impl<'a, L: DualLoss, const S: usize> Block<'a, L, S> {
    fn new(problems: &'a [Problem<'a>], limits: Limits, starts: &[Option<&[f32]>]) -> Self {
        let (n, n_lanes) = (problems[0].rows.len(), problems.len());
        let mut block = Block {
            problems,
            limits,
            duals: vec![L::START; n * n_lanes],
            weights: vec![[0.0; S]; problems[0].x.n_features()],
            bias: [0.0; S],
            moving: vec![u16::MAX >> (16 - n_lanes); n],
            active: (0..n as u32).collect(),
            rest: [0.0; S],
            gaps: vec![0.0; n * n_lanes],
            visits: [0; S],
            reports: vec![None; n_lanes],
            loss: std::marker::PhantomData,
        };
        for i in 0..n {
            let mut changes = [0.0; S];
            for (lane, start) in starts.iter().enumerate() {
                let Some(start) = start else { continue };
                let cost = problems[lane].cost(i);
                let dual = L::dual(f64::from(start[i]), cost);
                block.duals[i * n_lanes + lane] = dual;
                changes[lane] = L::alpha(dual, cost) * problems[lane].sign(i);
            }
            if changes != [0.0; S] {
                block.add(i, &changes);
            }
        }
        block
    }

    /// Rounds of passes, a check after each, until all lanes are done or it is time that they part.
    fn run(mut self) -> Vec<Solution> {
        let budget = self.limits.visits(self.moving.len() as u64);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.limits.seed);
        let mut epochs = 0;
        for passes in FIRST_PASSES.. {
            for _ in 0..passes.min(MOST_PASSES) {
                shuffle(&mut self.active, &mut rng);
                epochs += 1;
                self.pass();
                if self.active.is_empty() || self.is_any_at(budget) {
                    break;
                }
            }
            self.check(epochs, budget);
            let moves = self
                .moving
                .iter()
                .map(|lanes| u64::from(lanes.count_ones()));
            let moves: u64 = moves.sum();
            if (moves as f64) < LANES_A_ROW * self.active.len() as f64 || moves == 0 {
                return self.part(passes + 1, epochs);
            }
        }
        unreachable!("the budget ends sooner")
    }

    fn is_any_at(&self, budget: u64) -> bool {
        let mut lanes = self.reports.iter().zip(&self.visits);
        lanes.any(|(report, visits)| report.is_none() && *visits >= budget)
    }

    /// Moves the α of each active row in each lane where it is so.
    fn pass(&mut self) {
        let mut active = std::mem::take(&mut self.active);
        active.retain(|i| {
            let i = *i as usize;
            self.moving[i] = self.visit(i);
            self.moving[i] != 0
        });
        self.active = active;
    }

    /// Gives the lanes in which the row moved.
    fn visit(&mut self, i: usize) -> u16 {
        let n_lanes = self.problems.len();
        let decisions = self.decisions(i);
        let mut changes = [0.0; S];
        let mut moved = self.moving[i];
        let squared_norm = self.problems[0].squared_norm(i);
        for (lane, problem) in self.problems.iter().enumerate() {
            if self.moving[i] >> lane & 1 == 0 {
                continue;
            }
            self.visits[lane] += 1;
            let (cost, sign) = (problem.cost(i), problem.sign(i));
            let idle = self.limits.idle(self.rest[lane], cost);
            let dual = &mut self.duals[i * n_lanes + lane];
            match L::minimize(*dual, cost, squared_norm, sign * decisions[lane], idle) {
                Some((after, change)) => {
                    *dual = after;
                    changes[lane] = change * sign;
                }
                None => moved &= !(1 << lane),
            }
        }
        if moved != 0 {
            self.add(i, &changes);
        }
        moved
    }

    /// P and the gap of each lane, and which rows rest in it, as of a lane alone.
    fn check(&mut self, epochs: u32, budget: u64) {
        let (n, n_lanes) = (self.moving.len(), self.problems.len());
        let mut objectives = [0.0; S];
        for weights in &self.weights {
            for (objective, weight) in objectives.iter_mut().zip(weights) {
                *objective += f64::from(*weight) * f64::from(*weight);
            }
        }
        for (objective, bias) in objectives.iter_mut().zip(&self.bias) {
            *objective = 0.5 * (*objective + bias * bias);
        }
        let mut totals = [0.0; S];
        for i in 0..n {
            let decisions = self.decisions(i);
            for (lane, problem) in self.problems.iter().enumerate() {
                if self.reports[lane].is_some() {
                    continue;
                }
                let margin = problem.sign(i) * decisions[lane];
                let at = i * n_lanes + lane;
                let (loss, gap) = L::loss_and_gap(self.duals[at], problem.cost(i), margin);
                objectives[lane] += loss;
                totals[lane] += gap;
                self.gaps[at] = gap as f32;
            }
        }
        for lane in 0..n_lanes {
            if self.reports[lane].is_some() {
                continue;
            }
            self.visits[lane] += n as u64;
            self.rest[lane] = self.limits.rest(objectives[lane], n);
            let checked = (objectives[lane], totals[lane]);
            let visits = self.visits[lane];
            self.reports[lane] = self.limits.report(checked, epochs, visits, budget);
        }
        self.active.clear();
        for (i, gaps) in self.gaps.chunks_exact(n_lanes).enumerate() {
            let moves = |lane: &usize| {
                self.reports[*lane].is_none() && f64::from(gaps[*lane]) > self.rest[*lane]
            };
            let lanes = (0..n_lanes).filter(moves);
            self.moving[i] = lanes.fold(0, |moving, lane| moving | 1 << lane);
            if self.moving[i] != 0 {
                self.active.push(i as u32);
            }
        }
    }

    /// Each lane goes on alone, those that are not done.
    fn part(mut self, passes: u32, epochs: u32) -> Vec<Solution> {
        let n_lanes = self.problems.len();
        self.gaps = Vec::new();
        let of_lane = |lane: usize| {
            let moves = |i: &u32| self.moving[*i as usize] >> lane & 1 == 1;
            let progress = Progress {
                duals: (self.duals.chunks_exact(n_lanes))
                    .map(|duals| duals[lane])
                    .collect(),
                weights: self.weights.iter().map(|weights| weights[lane]).collect(),
                bias: self.bias[lane],
                active: self.active.iter().copied().filter(moves).collect(),
                rest: self.rest[lane],
                passes,
                epochs,
                visits: self.visits[lane],
            };
            match self.reports[lane] {
                Some(report) => progress.solution::<L>(&self.problems[lane], report),
                None => solve_on::<L>(&self.problems[lane], self.limits, progress),
            }
        };
        (0..n_lanes).into_par_iter().map(of_lane).collect()
    }

    /// wᵀx + b of the row at position `i` in all lanes. Two sums a lane, since each waits for its last addition.
    #[inline]
    fn decisions(&self, i: usize) -> [f64; S] {
        let (columns, values) = self.problems[0].row(i);
        let mut sums = [[0.0f32; S]; 2];
        let mut add = |half: usize, column: u32, value: f32| {
            for (sum, weight) in sums[half].iter_mut().zip(&self.weights[column as usize]) {
                *sum += value * weight;
            }
        };
        let (pairs, rest) = columns.as_chunks::<2>();
        let (value_pairs, value_rest) = values.as_chunks::<2>();
        for (columns, values) in pairs.iter().zip(value_pairs) {
            add(0, columns[0], values[0]);
            add(1, columns[1], values[1]);
        }
        for (column, value) in rest.iter().zip(value_rest) {
            add(0, *column, *value);
        }
        let mut decisions = self.bias;
        for (lane, decision) in decisions.iter_mut().enumerate() {
            *decision += f64::from(sums[0][lane] + sums[1][lane]);
        }
        decisions
    }

    /// w += change · x, b += change, the changes being those of α times y.
    #[inline]
    fn add(&mut self, i: usize, changes: &[f64; S]) {
        for (bias, change) in self.bias.iter_mut().zip(changes) {
            *bias += change;
        }
        let changes = changes.map(|change| change as f32);
        let (columns, values) = self.problems[0].row(i);
        for (column, value) in columns.iter().zip(values) {
            let weights = &mut self.weights[*column as usize];
            for (weight, change) in weights.iter_mut().zip(&changes) {
                *weight += change * value;
            }
        }
    }
}
