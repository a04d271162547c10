//! Sums into figures with intervals.

use super::errors::{ErrorRates, corrected};
use super::measures::{FIRST_MEASURE, INDEX_STEPS, Measures, Source};
use super::tally::Tally;
use crate::evaluate::bootstrap::quantile;
use crate::evaluate::mean::student_975;
use crate::evaluate::selection::upper_bound;
use crate::model::{Form, TaskErrors};
use serde::Serialize;

/// Articles below which a figure has no interval: none would hold what it says.
pub const FEWEST_ARTICLES: u64 = 5;

/// Articles below which a figure is flagged.
pub const FEW_ARTICLES: u64 = 20;

/// The chance that an interval misses the figure.
pub const MISS: f64 = 0.05;

/// A figure and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// The low end; none below [`FEWEST_ARTICLES`].
    pub low: Option<f64>,
    /// The high end.
    pub high: Option<f64>,
}

/// A figure as it is, and in every draw; NaN in draws that took nothing.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub value: f64,
    pub draws: Vec<f64>,
}

/// A task's rates, and its draws.
type Rates = (Vec<Vec<f64>>, Vec<Vec<Vec<f64>>>);

/// Makes figures of sums.
#[derive(Debug)]
pub struct Estimator<'m> {
    measures: &'m Measures,
    /// `[n_tasks][n_confusions]`; none where there is nothing to correct by.
    rates: Vec<Vec<Option<Rates>>>,
}

impl<'m> Estimator<'m> {
    /// An estimator that takes the errors out, where they are known. One draw of the bootstrap takes one draw of the
    /// error rates, the same in all tallies: what is uncertain in them is common to all figures.
    pub fn new(
        measures: &'m Measures,
        errors: Option<&ErrorRates>,
        draws: usize,
        seed: u64,
    ) -> Self {
        let rates = errors.map_or_else(Vec::new, |errors| {
            let of_task = |(t, task): (usize, &Option<TaskErrors>)| {
                let confusions = task.iter().flat_map(|task| &task.confusions);
                let rates = confusions.enumerate().map(|(c, confusion)| {
                    let seed =
                        seed ^ ((t as u64) << 32 | c as u64).wrapping_mul(0x2545_f491_4f6c_dd1d);
                    Some((confusion.rates()?, confusion.draws(draws, seed)))
                });
                rates.collect()
            };
            errors.tasks.iter().enumerate().map(of_task).collect()
        });
        Estimator { measures, rates }
    }

    /// Classify and count: the share of labels given, or the mean index.
    pub(super) fn counted(&self, tally: &Tally, measure: usize) -> Option<Sample> {
        let of = self.measures.list[measure].of;
        let place = FIRST_MEASURE + measure;
        let unit = match self.measures.list[measure].at {
            Source::Share { .. } => 1.0,
            Source::Index { .. } => INDEX_STEPS,
        };
        let ratio = |sum: i64, n: i64| sum as f64 / unit / n as f64;
        (tally.sums[of] > 0).then(|| Sample {
            value: ratio(tally.sums[place], tally.sums[of]),
            draws: (tally.drawn[place].iter().zip(&tally.drawn[of]))
                .map(|(sum, n)| ratio(*sum, *n))
                .collect(),
        })
    }

    /// The same with the model's errors taken out: of an index, the share of the positive label less that of the
    /// negative one.
    pub(super) fn corrected(&self, tally: &Tally, measure: usize) -> Option<Sample> {
        let of = self.measures.list[measure].of;
        let at = self.measures.list[measure].at;
        let (task, class, minus) = match at {
            Source::Share { task, label } => (task, label, None),
            Source::Index {
                task,
                positive,
                negative,
            } => (task, positive, Some(negative)),
        };
        let is_single = self.measures.tasks[task].form == Form::Single;
        let confusion = if is_single { 0 } else { class };
        let (point, drawn) = self.rates.get(task)?.get(confusion)?.as_ref()?;
        let places: Vec<usize> = match is_single {
            true => self.places(task, of)?,
            false => vec![FIRST_MEASURE + measure],
        };
        let solve = |rates: &[Vec<f64>], n: i64, sum: &dyn Fn(usize) -> i64| {
            if n == 0 {
                return f64::NAN;
            }
            let share = |place: &usize| sum(*place) as f64 / n as f64;
            if !is_single {
                let q = share(&places[0]);
                return corrected(rates, &[1.0 - q, q])[1];
            }
            let shares = corrected(rates, &places.iter().map(share).collect::<Vec<_>>());
            shares[class] - minus.map_or(0.0, |minus| shares[minus])
        };
        (tally.sums[of] > 0).then(|| Sample {
            value: solve(point, tally.sums[of], &|place| tally.sums[place]),
            draws: (drawn.iter().enumerate())
                .map(|(b, rates)| solve(rates, tally.drawn[of][b], &|place| tally.drawn[place][b]))
                .collect(),
        })
    }

    /// Where the counts of a single task's labels stand.
    fn places(&self, task: usize, of: usize) -> Option<Vec<usize>> {
        let place = |label: usize| {
            let is = |m: &super::Measure| m.of == of && m.at == Source::Share { task, label };
            Some(FIRST_MEASURE + self.measures.list.iter().position(is)?)
        };
        (0..self.measures.tasks[task].labels.len())
            .map(place)
            .collect()
    }

    /// Both figures of a measure, with intervals.
    pub fn estimates(&self, tally: &Tally, measure: usize) -> Option<(Estimate, Option<Estimate>)> {
        let samples = self.samples(tally, measure)?;
        Some(self.intervals(&samples, tally, measure))
    }

    /// Both figures of a measure, as counted and corrected, and in every draw.
    pub(super) fn samples(
        &self,
        tally: &Tally,
        measure: usize,
    ) -> Option<(Sample, Option<Sample>)> {
        let counted = self.counted(tally, measure)?;
        Some((counted, self.corrected(tally, measure)))
    }

    /// The same as figures with intervals.
    pub(super) fn intervals(
        &self,
        (counted, corrected): &(Sample, Option<Sample>),
        tally: &Tally,
        measure: usize,
    ) -> (Estimate, Option<Estimate>) {
        let n = tally.articles();
        let is_share = matches!(self.measures.list[measure].at, Source::Share { .. });
        let mut estimate = counted.estimate(n);
        let mut corrected = corrected.as_ref().map(|sample| sample.estimate(n));
        if is_share && estimate.low.is_some() {
            // Draws of a label that was never given, or always, know of nothing else.
            let bound = upper_bound(0.0, n as f64, MISS / 2.0);
            for figure in [Some(&mut estimate), corrected.as_mut()]
                .into_iter()
                .flatten()
            {
                if counted.value == 0.0 {
                    figure.high = figure.high.map(|high| high.max(rounded(bound)));
                } else if counted.value == 1.0 {
                    figure.low = figure.low.map(|low| low.min(rounded(1.0 - bound)));
                }
            }
        }
        (estimate, corrected)
    }
}

impl Sample {
    /// The figure with its expanded percentile interval.
    pub(super) fn estimate(&self, n_articles: u64) -> Estimate {
        let mut sorted: Vec<f64> = self.draws.iter().copied().filter(|d| !d.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let known = n_articles >= FEWEST_ARTICLES && !sorted.is_empty();
        let tail = expanded_tail(n_articles);
        Estimate {
            value: rounded(self.value),
            low: known.then(|| rounded(quantile(&sorted, tail))),
            high: known.then(|| rounded(quantile(&sorted, 1.0 - tail))),
        }
    }

    /// This less another, draw by draw.
    pub(super) fn minus(&self, other: &Sample) -> Sample {
        Sample {
            value: self.value - other.value,
            draws: self
                .draws
                .iter()
                .zip(&other.draws)
                .map(|(a, b)| a - b)
                .collect(),
        }
    }
}

/// The tail that is cut off each end: Φ(−√(n / (n − 1)) t), t the 97.5 % quantile of Student's distribution with n − 1
/// degrees of freedom, since percentile intervals of few articles are too narrow (Hesterberg, American Statistician 69,
/// 2015, section 5).
fn expanded_tail(n_articles: u64) -> f64 {
    let n = n_articles.max(2) as f64;
    let reach = libm::sqrt(n / (n - 1.0)) * student_975(n_articles.max(2) - 1);
    0.5 * libm::erfc(reach / std::f64::consts::SQRT_2)
}

/// Five decimals, which say all that there is; no negative zero.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1e5).round() / 1e5 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_scipys() {
        // scipy.stats.norm.cdf(-sqrt(5 / 4) * 2.776445)
        approx::assert_abs_diff_eq!(expanded_tail(5), 0.000_954_1, epsilon = 1e-6);
    }
}
