//! Whether two systems differ on the same samples.
//!
//! Owns the paired bootstrap over articles, McNemar's exact test and Holm's correction. Both systems see the
//! same draws of articles, so what is hard for both cancels.

use super::Outcomes;
use super::bootstrap::{self, BootstrapParams, Figure, resample};
use super::statistics::compact;
use super::tally::ArticleTallies;

/// A difference of one figure, first system minus second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The difference and its interval.
    pub figure: Figure,
    /// Two-sided: twice the smaller share of draws on one side of 0, a draw added to each (the interval
    /// of level 1 − p ends at 0); absent without draws.
    pub p: Option<f64>,
}

/// Two systems on the same samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired {
    /// Samples that both answered.
    pub n_samples: u64,
    /// Of macro-F1.
    pub macro_f1: Difference,
    /// Of micro-F1.
    pub micro_f1: Difference,
    /// Of exact match.
    pub exact_match: Difference,
    /// Of each label's F1.
    pub labels: Vec<(String, Difference)>,
    /// Samples that the first alone got exactly right, in the first repeat.
    pub only_first: u64,
    /// Samples that the second alone got exactly right, in the first repeat.
    pub only_second: u64,
    /// McNemar's exact test of these two. It takes samples for independent.
    pub mcnemar_p: f64,
}

/// Compares two systems; each may have answered several times, and its figures are means over these.
///
/// # Panics
///
/// If either has no repeat, or samples or labels differ.
pub fn compare(first: &[&Outcomes], second: &[&Outcomes], params: &BootstrapParams) -> Paired {
    let (a, b) = (first[0], second[0]);
    assert!(
        a.gold == b.gold && a.article == b.article,
        "of the same samples"
    );
    assert!(a.labels().eq(b.labels()), "of the same labels");
    let tallies = |of: &[&Outcomes]| -> Vec<ArticleTallies> {
        of.iter()
            .map(|outcomes| ArticleTallies::new(outcomes))
            .collect()
    };
    let (ours, theirs) = (tallies(first), tallies(second));
    let of_draw = |multiplicity: &[u32]| -> Vec<f64> {
        let (ours, theirs) = (means(&ours, multiplicity), means(&theirs, multiplicity));
        ours.iter().zip(theirs).map(|(a, b)| a - b).collect()
    };
    let n_articles = compact(&a.article).1;
    let values = of_draw(&vec![1; n_articles]);
    let draws = resample(n_articles, params, of_draw);
    let figures = bootstrap::intervals(&values, &draws, params.level);
    let difference = |column: usize| Difference {
        figure: figures[column],
        p: two_sided(draws.iter().map(|draw| draw[column])),
    };
    let only = |first: &Outcomes, second: &Outcomes| {
        let right = |o: &Outcomes, i: usize| o.gold[i] == o.predicted[i];
        let n = (0..first.n_samples()).filter(|i| right(first, *i) && !right(second, *i));
        n.count() as u64
    };
    let (only_first, only_second) = (only(a, b), only(b, a));
    Paired {
        n_samples: a.n_samples() as u64,
        macro_f1: difference(0),
        micro_f1: difference(1),
        exact_match: difference(2),
        labels: (a.labels().enumerate())
            .map(|(i, label)| (label.to_owned(), difference(3 + i)))
            .collect(),
        only_first,
        only_second,
        mcnemar_p: mcnemar(only_first, only_second),
    }
}

/// Macro-F1, micro-F1, exact match and the labels' F1, the means over repeats.
fn means(repeats: &[ArticleTallies], multiplicity: &[u32]) -> Vec<f64> {
    let mut means: Vec<f64> = Vec::new();
    for tallies in repeats {
        let totals = tallies.resampled(multiplicity);
        let [_, _, macro_f1, _, _, micro_f1, exact] = totals.averages();
        let labels = totals.labels.iter().map(|counts| counts.f1());
        let figures = [macro_f1, micro_f1, exact].into_iter().chain(labels);
        means.resize(3 + totals.labels.len(), 0.0);
        for (mean, figure) in means.iter_mut().zip(figures) {
            *mean += figure;
        }
    }
    for mean in &mut means {
        *mean /= repeats.len() as f64;
    }
    means
}

/// The two-sided chance of [`Difference`]; none without draws. Draws that are not defined are on neither side.
pub fn two_sided(draws: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut n, mut below, mut above) = (0u32, 0u32, 0u32);
    for draw in draws {
        n += 1;
        below += u32::from(draw <= 0.0);
        above += u32::from(draw >= 0.0);
    }
    let tail = f64::from(below.min(above) + 1) / f64::from(n + 1);
    (n > 0).then(|| (2.0 * tail).min(1.0))
}

/// McNemar's exact test: of `b + c` samples that one system alone got right, are b and c as a fair coin
/// would part them? Two-sided, p = min(1, 2 Σ_{i ≤ min(b, c)} C(n, i) 2⁻ⁿ) (McNemar 1947; the exact form
/// is the sign test).
///
/// ```
/// use demarche::evaluate::mcnemar;
/// assert_eq!(mcnemar(0, 0), 1.0);
/// assert!((mcnemar(1, 7) - 18.0 / 256.0).abs() < 1e-12);
/// ```
pub fn mcnemar(b: u64, c: u64) -> f64 {
    let n = (b + c) as f64;
    let ln_choose =
        |i: f64| libm::lgamma(n + 1.0) - libm::lgamma(i + 1.0) - libm::lgamma(n - i + 1.0);
    let term = |i: u64| libm::exp(ln_choose(i as f64) - n * std::f64::consts::LN_2);
    let tail: f64 = (0..=b.min(c)).map(term).sum();
    (2.0 * tail).min(1.0)
}

/// Holm's step-down correction: p-values that may be compared with one level, however many were looked
/// at (Holm 1979).
///
/// ```
/// use demarche::evaluate::holm;
/// assert_eq!(holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
/// ```
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut corrected = vec![0.0; p.len()];
    let mut least = 0.0f64;
    for (rank, i) in order.iter().enumerate() {
        least = least.max((p[*i] * (p.len() - rank) as f64).min(1.0));
        corrected[*i] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Form, Task};

    #[test]
    fn the_same_answers_do_not_differ_and_better_ones_do() {
        let task = Task {
            name: "t".to_owned(),
            form: Form::Single,
            labels: vec!["a".to_owned(), "b".to_owned()],
        };
        let outcomes = |right: &dyn Fn(u32) -> bool| Outcomes {
            task: &task,
            unseen: Vec::new(),
            gold: (0..200).map(|i| vec![i % 2]).collect(),
            predicted: (0..200)
                .map(|i| vec![(i + u32::from(!right(i))) % 2])
                .collect(),
            article: (0..200).map(|i| i / 2).collect(),
        };
        let params = BootstrapParams {
            draws: 200,
            ..BootstrapParams::default()
        };
        let (good, poor) = (outcomes(&|i| i % 10 > 0), outcomes(&|i| i % 10 > 3));
        let none = compare(&[&good], &[&good], &params);
        assert_eq!(
            (none.macro_f1.figure.value, none.macro_f1.p),
            (0.0, Some(1.0))
        );
        assert_eq!((none.only_first, none.mcnemar_p), (0, 1.0));
        let some = compare(&[&good], &[&poor], &params);
        approx::assert_abs_diff_eq!(some.exact_match.figure.value, 0.3, epsilon = 1e-12);
        assert!(some.exact_match.figure.low > 0.2 && some.exact_match.p < Some(0.02));
        assert_eq!((some.only_first, some.only_second), (60, 0));
        assert!(some.mcnemar_p < 1e-15);
        let back = compare(&[&poor, &poor], &[&good], &params);
        approx::assert_abs_diff_eq!(
            back.exact_match.figure.low,
            -some.exact_match.figure.high,
            epsilon = 1e-12
        );
    }
}
