//! A model's error rates: measured on coded rows, drawn again, and taken out of a count.
//!
//! Owns [`Confusion`]. Where the model gives the label p to a share `M[g][p]` of the paragraphs whose gold label is g, and
//! the gold labels have the shares π, it gives labels in the shares q = Mᵀ π. So π is worked out of q (two classes: Rogan
//! and Gladen, American Journal of Epidemiology 107, 1978; more: "adjusted count", Forman 2008, Hopkins and King 2010).
//! Where that leaves the simplex, the π of the greatest multinomial likelihood is taken instead. M must hold for the
//! documents; the shares in the coded rows need not.

use super::measures::Measures;
use crate::error::Result;
use crate::model::{ErrorSource, Model, TaskErrors};
use crate::train::Row;
use crate::train::gold::errors_on;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use serde::Serialize;

pub use crate::model::errors::Confusion;

/// Coded rows of each class below which its error rates are not known.
pub const FEWEST_CODED: u64 = 10;

/// The determinant of M below which a model tells classes apart too badly for a correction.
const LEAST_DETERMINANT: f64 = 0.1;

/// Added to every count where error rates are drawn: none of thirty is not never (Jeffreys).
const PRIOR: f64 = 0.5;

/// Steps to the greatest likelihood.
const MOST_STEPS: usize = 200;

/// Error rates of a model's tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorRates {
    /// By task; none of a task whose errors are not known.
    pub tasks: Vec<Option<TaskErrors>>,
}

/// Where the error rates of some tasks come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RatesFrom {
    /// The tasks.
    pub tasks: Vec<String>,
    /// How and on which rows they were measured: of several tasks, the most rows.
    #[serde(flatten)]
    pub source: ErrorSource,
}

impl Confusion {
    /// The rates M, row by row; none where a class has too few rows, or the model hardly tells classes apart.
    pub fn rates(&self) -> Option<Vec<Vec<f64>>> {
        let row = |counts: &Vec<u64>| {
            let n: u64 = counts.iter().sum();
            (n >= FEWEST_CODED).then(|| counts.iter().map(|c| *c as f64 / n as f64).collect())
        };
        let rates: Vec<Vec<f64>> = self.counts.iter().map(row).collect::<Option<_>>()?;
        (determinant(&rates) >= LEAST_DETERMINANT).then_some(rates)
    }

    /// Rates as they might have been measured: each row from Dirichlet(counts / design effect + 1/2).
    fn drawn(&self, random: &mut Random) -> Vec<Vec<f64>> {
        let rows = self.counts.iter().zip(&self.design_effects);
        let row = |(counts, effect): (&Vec<u64>, &f64)| {
            let gammas = counts
                .iter()
                .map(|c| random.gamma(*c as f64 / effect + PRIOR));
            let gammas: Vec<f64> = gammas.collect();
            let sum: f64 = gammas.iter().sum();
            gammas.iter().map(|g| g / sum).collect()
        };
        rows.map(row).collect()
    }

    /// As many confusions drawn anew as `draws`; the same for the same seed.
    pub fn draws(&self, draws: usize, seed: u64) -> Vec<Vec<Vec<f64>>> {
        let mut random = Random(Xoshiro256PlusPlus::seed_from_u64(
            seed ^ 0x9e37_79b9_7f4a_7c15,
        ));
        (0..draws).map(|_| self.drawn(&mut random)).collect()
    }
}

impl ErrorRates {
    /// Measures a model's error rates on coded rows that it was not trained on: the rows that gold calls body and the
    /// model too.
    ///
    /// # Errors
    /// When no row has a label of a task of the model.
    pub fn measure(model: &Model, rows: &[Row], name: &str) -> Result<Self> {
        let tasks = errors_on(model, rows, name)?;
        Ok(ErrorRates { tasks })
    }

    /// Those that the model keeps of its own training or calibration; none where it keeps none.
    pub fn of_model(model: &Model) -> Option<Self> {
        let tasks: Vec<_> = model.tasks().iter().map(|t| t.errors.clone()).collect();
        let any = tasks.iter().any(Option::is_some);
        any.then_some(ErrorRates { tasks })
    }

    /// Where they come from, tasks of one source together.
    pub fn sources(&self, measures: &Measures) -> Vec<RatesFrom> {
        let mut sources: Vec<RatesFrom> = Vec::new();
        for (task, errors) in measures.tasks.iter().zip(&self.tasks) {
            let is_measured = measures.list.iter().any(|m| m.task == task.name);
            let Some(errors) = errors.as_ref().filter(|_| is_measured) else {
                continue;
            };
            let (by, rows) = (errors.source.by, &errors.source.rows);
            let same = |s: &&mut RatesFrom| s.source.by == by && s.source.rows.name == rows.name;
            match sources.iter_mut().find(same) {
                Some(from) => {
                    from.tasks.push(task.name.clone());
                    let most = &mut from.source.rows;
                    most.n_rows = most.n_rows.max(rows.n_rows);
                    most.n_articles = most.n_articles.max(rows.n_articles);
                }
                None => sources.push(RatesFrom {
                    tasks: vec![task.name.clone()],
                    source: errors.source.clone(),
                }),
            }
        }
        sources
    }
}

/// The shares π of gold classes of which the rates `m` make the shares `q` of given ones.
///
/// ```
/// use demarche::quantify::errors::corrected;
/// // Sensitivity .8, specificity .9: (.31 + .9 - 1) / (.8 + .9 - 1) = .3.
/// let gold = corrected(&[vec![0.9, 0.1], vec![0.2, 0.8]], &[0.69, 0.31]);
/// assert!((gold[1] - 0.3).abs() < 1e-12);
/// ```
pub fn corrected(m: &[Vec<f64>], q: &[f64]) -> Vec<f64> {
    match inverse(m, q) {
        Some(shares) if shares.iter().all(|share| *share >= 0.0) => shares,
        _ => likeliest(m, q),
    }
}

/// π of Mᵀ π = q, by elimination with pivots; none where M cannot be inverted.
fn inverse(m: &[Vec<f64>], q: &[f64]) -> Option<Vec<f64>> {
    let n = q.len();
    let row = |p: usize| -> Vec<f64> { m.iter().map(|r| r[p]).chain([q[p]]).collect() };
    let mut a: Vec<Vec<f64>> = (0..n).map(row).collect();
    for i in 0..n {
        let pivot = (i..n).max_by(|x, y| a[*x][i].abs().total_cmp(&a[*y][i].abs()))?;
        a.swap(i, pivot);
        if a[i][i].abs() < 1e-9 {
            return None;
        }
        let from = a[i].clone();
        for (_, row) in a.iter_mut().enumerate().filter(|(r, _)| *r != i) {
            let factor = row[i] / from[i];
            for (x, y) in row.iter_mut().zip(&from) {
                *x -= factor * y;
            }
        }
    }
    Some((0..n).map(|i| a[i][n] / a[i][i]).collect())
}

/// The π that maximizes Σ q ln(Mᵀ π), by expectation and maximization from equal shares.
fn likeliest(m: &[Vec<f64>], q: &[f64]) -> Vec<f64> {
    let n = q.len();
    let mut shares = vec![1.0 / n as f64; n];
    for _ in 0..MOST_STEPS {
        let given = |p: usize| -> f64 { m.iter().zip(&shares).map(|(r, s)| r[p] * s).sum() };
        let ratios: Vec<f64> = (0..n)
            .map(|p| {
                if q[p] > 0.0 {
                    q[p] / given(p).max(1e-300)
                } else {
                    0.0
                }
            })
            .collect();
        let next: Vec<f64> = (m.iter().zip(&shares))
            .map(|(r, s)| s * r.iter().zip(&ratios).map(|(m, x)| m * x).sum::<f64>())
            .collect();
        let moved = next
            .iter()
            .zip(&shares)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        shares = next;
        if moved < 1e-7 {
            break;
        }
    }
    shares
}

fn determinant(m: &[Vec<f64>]) -> f64 {
    let mut a = m.to_vec();
    let mut product = 1.0;
    for i in 0..a.len() {
        let largest = (i..a.len()).max_by(|x, y| a[*x][i].abs().total_cmp(&a[*y][i].abs()));
        let pivot = largest.unwrap_or(i);
        if pivot != i {
            a.swap(i, pivot);
            product = -product;
        }
        product *= a[i][i];
        if product == 0.0 {
            return 0.0;
        }
        let from = a[i].clone();
        for row in &mut a[i + 1..] {
            let factor = row[i] / from[i];
            for (x, y) in row.iter_mut().zip(&from) {
                *x -= factor * y;
            }
        }
    }
    product
}

/// Random numbers that a draw of error rates takes.
struct Random(Xoshiro256PlusPlus);

impl Random {
    fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (u, v) = (self.uniform(), self.uniform());
        libm::sqrt(-2.0 * libm::log(u)) * libm::cos(std::f64::consts::TAU * v)
    }

    /// Gamma(shape, 1) (Marsaglia and Tsang, ACM TOMS 26, 2000).
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let u = self.uniform();
            return self.gamma(shape + 1.0) * libm::pow(u, 1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / libm::sqrt(9.0 * d);
        loop {
            let x = self.normal();
            let v = (1.0 + c * x) * (1.0 + c * x) * (1.0 + c * x);
            let bound = 0.5 * x * x + d - d * v + d * libm::log(v.max(1e-300));
            if v > 0.0 && libm::log(self.uniform()) < bound {
                return d * v;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Exact fractions by Python's `fractions`, Gauss-Jordan: 5/18, 7/18, 1/3.
    #[test]
    fn three_classes_come_out_exactly() {
        let m = [
            vec![0.7, 0.2, 0.1],
            vec![0.1, 0.8, 0.1],
            vec![0.05, 0.25, 0.7],
        ];
        let gold = corrected(&m, &[0.25, 0.45, 0.3]);
        for (share, expected) in gold
            .iter()
            .zip([0.277_777_778, 0.388_888_889, 0.333_333_333])
        {
            approx::assert_abs_diff_eq!(*share, expected, epsilon = 1e-8);
        }
    }

    #[test]
    fn rates_are_drawn_around_those_measured() {
        let samples = |gold, given, n| (0..n).map(move |i| (gold, given, i));
        let all: Vec<_> = samples(0, 0, 90)
            .chain(samples(0, 1, 10))
            .chain(samples(1, 1, 40))
            .chain(samples(1, 0, 10))
            .collect();
        let confusion = Confusion::new(2, &all);
        let draws = confusion.draws(20_000, 1);
        let mean = draws.iter().map(|m| m[1][1]).sum::<f64>() / 20_000.0;
        let square = draws.iter().map(|m| m[1][1] * m[1][1]).sum::<f64>() / 20_000.0;
        let effect = confusion.design_effects[1];
        // Beta(40 / e + 1/2, 10 / e + 1/2).
        let (a, b) = (40.0 / effect + 0.5, 10.0 / effect + 0.5);
        approx::assert_abs_diff_eq!(mean, a / (a + b), epsilon = 2e-3);
        let variance = a * b / ((a + b) * (a + b) * (a + b + 1.0));
        approx::assert_abs_diff_eq!(square - mean * mean, variance, epsilon = variance / 20.0);
    }

    #[test]
    fn what_is_hardly_told_apart_is_not_corrected() {
        let coin: Vec<_> = (0..400).map(|i| (i % 2, (i / 2) % 2, i as u32)).collect();
        assert_eq!(Confusion::new(2, &coin).rates(), None);
        let few: Vec<_> = (0..40)
            .map(|i| (usize::from(i < 9), usize::from(i < 9), i))
            .collect();
        assert_eq!(Confusion::new(2, &few).rates(), None);
    }

    proptest! {
        #[test]
        fn shares_come_back(weights in prop::collection::vec(0.0f64..1.0, 3), q in prop::collection::vec(0.01f64..1.0, 3)) {
            let m = [vec![0.7, 0.2, 0.1], vec![0.1, 0.8, 0.1], vec![0.05, 0.25, 0.7]];
            let sum: f64 = weights.iter().sum::<f64>() + 1e-9;
            let gold: Vec<f64> = weights.iter().map(|w| (w + 3e-10) / sum).collect();
            let given: Vec<f64> = (0..3).map(|p| m.iter().zip(&gold).map(|(r, s)| r[p] * s).sum()).collect();
            for (share, expected) in corrected(&m, &given).iter().zip(&gold) {
                prop_assert!((share - expected).abs() < 1e-3);
            }
            let sum: f64 = q.iter().sum();
            let q: Vec<f64> = q.iter().map(|x| x / sum).collect();
            let shares = corrected(&m, &q);
            prop_assert!(shares.iter().all(|s| (0.0..=1.0 + 1e-9).contains(s)));
            prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-6);
        }
    }
}
