//! A mean and its interval, from sums alone.
//!
//! Owns [`Moments`]: values go in one at a time and none is kept, so that any number of articles can be
//! rolled up in the memory of one.

use super::Figure;
use super::selection::incomplete_beta;
use std::sync::LazyLock;

/// The count, sum and sum of squares of values that lie in -1..=1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    /// How many values there are.
    pub n: u64,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub sum_of_squares: f64,
}

impl Moments {
    /// Takes a value in.
    pub fn add(&mut self, value: f64) {
        self.n += 1;
        self.sum += value;
        self.sum_of_squares += value * value;
    }

    /// Takes the values of another in. Floating-point sums depend on the order, so whoever wants the same
    /// digits again merges in the same order.
    pub fn merge(&mut self, other: &Moments) {
        self.n += other.n;
        self.sum += other.sum;
        self.sum_of_squares += other.sum_of_squares;
    }

    /// The mean; none without values.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / self.n as f64)
    }

    /// The mean with its 95 % interval m ± t s / √n, t being the 97.5 % quantile of Student's t with n - 1
    /// degrees of freedom, cut at -1 and 1, where the values end; none of fewer than two values.
    ///
    /// An article has a handful of paragraphs, and at that size a percentile bootstrap is too narrow: it draws
    /// from the few values seen, as if they were all there are, and knows nothing of the uncertainty of s.
    pub fn interval(&self) -> Option<Figure> {
        let mean = self.mean().filter(|_| self.n > 1)?;
        let n = self.n as f64;
        // Rounding can leave equal values a variance just below 0.
        let variance = ((self.sum_of_squares - n * mean * mean) / (n - 1.0)).max(0.0);
        let half = student_975(self.n - 1) * (variance / n).sqrt();
        Some(Figure {
            value: mean,
            low: (mean - half).max(-1.0),
            high: (mean + half).min(1.0),
        })
    }
}

/// Degrees of freedom up to which quantiles are solved for; there are so few that they are kept.
const SOLVED: u64 = 64;

static QUANTILES: LazyLock<Vec<f64>> = LazyLock::new(|| (1..=SOLVED).map(solve_975).collect());

/// The 97.5 % quantile of Student's t with `freedom` degrees of freedom.
///
/// # Panics
/// Without any degree of freedom.
pub fn student_975(freedom: u64) -> f64 {
    assert!(freedom > 0, "one value has no spread");
    if freedom <= SOLVED {
        return QUANTILES[freedom as usize - 1];
    }
    // Abramowitz and Stegun (1964), 26.7.5, about the normal quantile; off by less than 1e-9 here.
    const Z: f64 = 1.959_963_984_540_054;
    let z2 = Z * Z;
    let g1 = Z * (z2 + 1.0) / 4.0;
    let g2 = Z * ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0;
    let g3 = Z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0;
    let g4 = Z * ((((79.0 * z2 + 776.0) * z2 + 1482.0) * z2 - 1920.0) * z2 - 945.0) / 92_160.0;
    let v = freedom as f64;
    Z + (g1 + (g2 + (g3 + g4 / v) / v) / v) / v
}

/// Solves I_x(v/2, 1/2) = 0.05, which is P(|T| > t) at x = v / (v + t²), by halving.
fn solve_975(freedom: u64) -> f64 {
    let v = freedom as f64;
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        match incomplete_beta(0.5 * v, 0.5, middle) < 0.05 {
            true => low = middle,
            false => high = middle,
        }
    }
    (v * (1.0 - high) / high).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{BootstrapParams, bootstrap::intervals, resample};
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{RngCore, SeedableRng};

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // qt(0.975, v) of R 4.
        for (freedom, expected) in [
            (1, 12.706_204_736),
            (2, 4.302_652_730),
            (3, 3.182_446_305),
            (5, 2.570_581_836),
            (10, 2.228_138_852),
            (30, 2.042_272_456),
            (100, 1.983_971_519),
            (1000, 1.962_339_081),
        ] {
            approx::assert_abs_diff_eq!(student_975(freedom), expected, epsilon = 1e-8);
        }
        // The two ways meet.
        let series = student_975(SOLVED + 1);
        approx::assert_abs_diff_eq!(series, solve_975(SOLVED + 1), epsilon = 1e-9);
    }

    #[test]
    fn sums_give_the_interval_of_the_values() {
        let mut moments = Moments::default();
        assert_eq!((moments.mean(), moments.interval()), (None, None));
        moments.add(-0.5);
        assert_eq!((moments.mean(), moments.interval()), (Some(-0.5), None));
        let mut others = Moments::default();
        others.add(0.1);
        others.add(0.25);
        moments.merge(&others);
        let figure = moments.interval().unwrap();
        // t.test(c(-0.5, 0.1, 0.25)) of R: the lower end is below -1.
        approx::assert_abs_diff_eq!(figure.value, -0.05, epsilon = 1e-12);
        approx::assert_abs_diff_eq!(figure.high, 0.935_862, epsilon = 1e-6);
        assert_eq!(figure.low, -1.0);
        let mut equal = Moments::default();
        (0..3).for_each(|_| equal.add(0.1));
        let equal = equal.interval().unwrap();
        approx::assert_abs_diff_eq!(equal.low, equal.high, epsilon = 1e-7);
    }

    /// Differences of two probabilities as models give them: most near 0, some near an end.
    fn skewed(stream: &mut Xoshiro256PlusPlus) -> f64 {
        let uniform = (stream.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        match uniform {
            u if u < 0.6 => 0.5 * (u - 0.3),
            u => -(u - 0.6) / 0.4,
        }
    }

    #[test]
    fn the_interval_covers_where_a_bootstrap_of_so_few_does_not() {
        let mut stream = Xoshiro256PlusPlus::seed_from_u64(11);
        let many = 1_000_000;
        let truth = (0..many).map(|_| skewed(&mut stream)).sum::<f64>() / f64::from(many);
        let params = BootstrapParams {
            draws: 200,
            ..BootstrapParams::default()
        };
        let covered = |n: usize, stream: &mut Xoshiro256PlusPlus| {
            let (mut student, mut bootstrap) = (0, 0);
            for _ in 0..1000 {
                let values: Vec<f64> = (0..n).map(|_| skewed(stream)).collect();
                let mut moments = Moments::default();
                values.iter().for_each(|value| moments.add(*value));
                let holds = |figure: Figure| (figure.low..=figure.high).contains(&truth);
                student += u32::from(holds(moments.interval().unwrap()));
                let draws = resample(n, &params, |drawn| {
                    let drawn = values.iter().zip(drawn).map(|(v, m)| v * f64::from(*m));
                    vec![drawn.sum::<f64>() / n as f64]
                });
                bootstrap += u32::from(holds(intervals(&[0.0], &draws, 0.95)[0]));
            }
            (student, bootstrap)
        };
        for (n, at_least) in [(4, 800), (8, 850), (20, 900)] {
            let (student, bootstrap) = covered(n, &mut stream);
            assert!(student >= at_least, "{n}: {student} of 1000");
            assert!(bootstrap < student, "{n}: {bootstrap} of 1000");
        }
    }
}
