//! Intervals from a bootstrap over articles.
//!
//! Owns the resampling and the percentile interval. Paragraphs of one article are
//! alike, so whole articles are drawn: `n_articles` of them, with replacement, each
//! with all its samples (the cluster bootstrap of Davison and Hinkley 1997, section
//! 3.8; percentile interval of Efron and Tibshirani 1993, chapter 13).
//!
//! A figure of a rare label has a wide interval, and a draw may hold no article of
//! that label at all; its figures are then 0 in that draw, by the same rule as
//! everywhere. Where many labels are rare this pulls the draws of the macro figures
//! down, and their interval may lie below the value.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use serde::Serialize;

/// The parameters of a bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BootstrapParams {
    /// The number of draws. Without draws an interval is its value alone.
    pub draws: usize,
    /// The seed.
    pub seed: u64,
    /// The share of draws the interval holds, between 0 and 1.
    pub level: f64,
}

impl Default for BootstrapParams {
    /// 1,000 draws, seed 0, 95 %.
    fn default() -> Self {
        BootstrapParams {
            draws: 1000,
            seed: 0,
            level: 0.95,
        }
    }
}

/// A value with its percentile interval over articles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    /// The value over the samples as they are.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl Figure {
    /// The figure, unless it is not defined (NaN).
    pub fn defined(self) -> Option<Figure> {
        (!self.value.is_nan()).then_some(self)
    }
}

/// Computes `statistics` of every draw, `[draws, n_statistics]`.
///
/// `statistics` is given how often each article was drawn, `[n_articles]`. Draw `d`
/// uses the stream of Xoshiro256++ that lies `d` jumps of 2^128 steps after the
/// seed's (Blackman and Vigna 2021), so the draws do not overlap, and are the same
/// at any number of threads. Two calls with the same parameters and `n_articles`
/// see the same draws, which is what a paired comparison needs.
///
/// ```
/// use demarche::evaluate::{BootstrapParams, resample};
///
/// let lengths = [3.0, 5.0, 10.0];
/// let params = BootstrapParams { draws: 20, ..BootstrapParams::default() };
/// let means = resample(lengths.len(), &params, |multiplicity| {
///     let sum: f64 = lengths.iter().zip(multiplicity).map(|(l, &m)| l * f64::from(m)).sum();
///     vec![sum / lengths.len() as f64]
/// });
/// assert_eq!(means.len(), 20);
/// assert!(means.iter().all(|mean| (3.0..=10.0).contains(&mean[0])));
/// ```
pub fn resample<F>(n_articles: usize, params: &BootstrapParams, statistics: F) -> Vec<Vec<f64>>
where
    F: Fn(&[u32]) -> Vec<f64> + Sync,
{
    let mut stream = Xoshiro256PlusPlus::seed_from_u64(params.seed);
    let mut streams = Vec::with_capacity(params.draws);
    for _ in 0..params.draws {
        streams.push(stream.clone());
        stream.jump();
    }
    streams
        .into_par_iter()
        .map_with(vec![0; n_articles], |multiplicity, mut stream| {
            multiplicity.fill(0);
            for _ in 0..n_articles {
                multiplicity[below(&mut stream, n_articles)] += 1;
            }
            statistics(multiplicity)
        })
        .collect()
}

/// A uniform index below `n`: the high half of a 64-bit product, whose bias of at
/// most n / 2^64 no number of draws could show (Lemire 2019, without the rejection).
fn below(stream: &mut Xoshiro256PlusPlus, n: usize) -> usize {
    ((u128::from(stream.next_u64()) * n as u128) >> 64) as usize
}

/// Joins each value with the percentile interval of its column of `draws`.
///
/// The interval runs from the (1 - level)/2 to the (1 + level)/2 quantile, each
/// interpolated linearly as in [`quantile`]; draws in which the statistic is not defined (NaN) are left out.
/// `draws` is `[draws, n_statistics]`, as
/// [`resample`] gives it; where it is empty, an interval is its value alone.
///
/// # Panics
///
/// If `level` is not between 0 and 1, or a draw has fewer statistics than `values`.
pub fn intervals(values: &[f64], draws: &[Vec<f64>], level: f64) -> Vec<Figure> {
    assert!(0.0 < level && level < 1.0, "level is between 0 and 1");
    let interval = |(column, &value): (usize, &f64)| {
        let column = draws.iter().map(|draw| draw[column]);
        let mut sorted: Vec<f64> = column.filter(|value| !value.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        if sorted.is_empty() {
            let (low, high) = (value, value);
            return Figure { value, low, high };
        }
        Figure {
            value,
            low: quantile(&sorted, (1.0 - level) / 2.0),
            high: quantile(&sorted, (1.0 + level) / 2.0),
        }
    };
    values
        .par_iter()
        .enumerate()
        .map(|(column, value)| interval((column, value)))
        .collect()
}

/// The `q` quantile of sorted values, linearly interpolated.
///
/// With h = (n - 1) q it is x\[⌊h⌋\] + (h - ⌊h⌋)(x\[⌊h⌋ + 1\] - x\[⌊h⌋\]): definition 7
/// of Hyndman and Fan (1996), numpy's default.
///
/// # Panics
///
/// If `sorted` is empty or `q` is not in 0..=1.
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    assert!((0.0..=1.0).contains(&q), "a quantile is in 0..=1");
    let last = sorted.len() - 1;
    let position = last as f64 * q;
    let index = (position as usize).min(last);
    let next = (index + 1).min(last);
    sorted[index] + (position - index as f64) * (sorted[next] - sorted[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_numpys() {
        // numpy.percentile([1, 2, 4, 8], [0, 2.5, 50, 90, 100])
        let sorted = [1.0, 2.0, 4.0, 8.0];
        let expected = [
            (0.0, 1.0),
            (0.025, 1.075),
            (0.5, 3.0),
            (0.9, 6.8),
            (1.0, 8.0),
        ];
        for (q, value) in expected {
            approx::assert_abs_diff_eq!(quantile(&sorted, q), value, epsilon = 1e-12);
        }
        assert_eq!(quantile(&[5.0], 0.975), 5.0);
    }

    #[test]
    fn every_draw_takes_as_many_articles_as_there_are() {
        let params = BootstrapParams {
            draws: 50,
            seed: 7,
            level: 0.9,
        };
        let draws = resample(13, &params, |multiplicity| {
            multiplicity.iter().map(|&times| f64::from(times)).collect()
        });
        assert_eq!(draws.len(), 50);
        assert!(draws.iter().all(|draw| draw.iter().sum::<f64>() == 13.0));
        assert_ne!(draws[0], draws[1]);
        let other = BootstrapParams { seed: 8, ..params };
        let others = resample(13, &other, |m| m.iter().map(|&t| f64::from(t)).collect());
        assert!(draws.iter().zip(&others).all(|(a, b)| a != b));
    }

    #[test]
    fn articles_are_drawn_evenly() {
        // 4,000 draws of 10 articles: each is drawn 4,000 times on average, with a
        // standard deviation of 60.
        let params = BootstrapParams {
            draws: 4000,
            seed: 1,
            level: 0.95,
        };
        let mut drawn = [0.0; 10];
        for draw in resample(10, &params, |m| m.iter().map(|&t| f64::from(t)).collect()) {
            for (sum, times) in drawn.iter_mut().zip(draw) {
                *sum += times;
            }
        }
        assert!(
            drawn.iter().all(|sum| (sum - 4000.0).abs() < 300.0),
            "{drawn:?}"
        );
    }

    #[test]
    fn without_draws_or_articles_the_interval_is_the_value() {
        let none = intervals(&[0.4], &[], 0.95);
        assert_eq!((none[0].low, none[0].high), (0.4, 0.4));
        let params = BootstrapParams::default();
        let draws = resample(0, &params, |m| vec![m.len() as f64]);
        assert_eq!(intervals(&[0.0], &draws, 0.95)[0].high, 0.0);
    }
}
