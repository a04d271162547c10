//! Precision, recall and F1 from counts.
//!
//! Owns the formulas; a zero denominator gives 0. Source: Sebastiani (2002),
//! "Machine learning in automated text categorization", section 7.1.

use std::ops::{Add, AddAssign};

/// How many figures of [`Totals::figures`] are not a label's own.
pub const N_SUMMARY: usize = 7;

/// How often a label was rightly given, wrongly given and missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Samples where it is both gold and predicted.
    pub true_positives: u64,
    /// Samples where it is predicted but not gold.
    pub false_positives: u64,
    /// Samples where it is gold but not predicted.
    pub false_negatives: u64,
}

impl Counts {
    /// The number of samples where the label is gold, tp + fn.
    pub fn support(&self) -> u64 {
        self.true_positives + self.false_negatives
    }

    /// The number of samples where the label is predicted, tp + fp.
    pub fn predicted(&self) -> u64 {
        self.true_positives + self.false_positives
    }

    /// tp / (tp + fp).
    pub fn precision(&self) -> f64 {
        ratio(self.true_positives, self.predicted())
    }

    /// tp / (tp + fn).
    pub fn recall(&self) -> f64 {
        ratio(self.true_positives, self.support())
    }

    /// 2 tp / (2 tp + fp + fn), the harmonic mean of precision and recall.
    pub fn f1(&self) -> f64 {
        ratio(2 * self.true_positives, self.predicted() + self.support())
    }
}

impl Add for Counts {
    type Output = Counts;

    fn add(self, other: Counts) -> Counts {
        Counts {
            true_positives: self.true_positives + other.true_positives,
            false_positives: self.false_positives + other.false_positives,
            false_negatives: self.false_negatives + other.false_negatives,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        *self = *self + other;
    }
}

/// The counts of every label over a set of samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// The counts of each label.
    pub labels: Vec<Counts>,
    /// The number of samples whose predicted set is the gold set.
    pub exact: u64,
    /// The number of samples.
    pub n_samples: u64,
}

impl Totals {
    /// All figures in a row, `[N_SUMMARY + 3 n_labels]`.
    ///
    /// First macro precision, recall and F1, micro precision, recall and F1, and
    /// exact match; then precision, recall and F1 of each label.
    pub fn figures(&self) -> Vec<f64> {
        let mut figures = vec![0.0; N_SUMMARY];
        let mut sums = [0.0; 3];
        let mut pooled = Counts::default();
        for counts in &self.labels {
            let of_label = [counts.precision(), counts.recall(), counts.f1()];
            for (sum, figure) in sums.iter_mut().zip(of_label) {
                *sum += figure;
            }
            pooled += *counts;
            figures.extend(of_label);
        }
        let n_labels = self.labels.len().max(1) as f64;
        let [precision, recall, f1] = sums.map(|sum| sum / n_labels);
        let summary: [f64; N_SUMMARY] = [
            precision,
            recall,
            f1,
            pooled.precision(),
            pooled.recall(),
            pooled.f1(),
            ratio(self.exact, self.n_samples),
        ];
        figures[..N_SUMMARY].copy_from_slice(&summary);
        figures
    }
}

/// `part / whole`, and 0 where `whole` is 0.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_give_the_textbook_figures() {
        let counts = Counts {
            true_positives: 3,
            false_positives: 1,
            false_negatives: 2,
        };
        assert_eq!(counts.precision(), 0.75);
        assert_eq!(counts.recall(), 0.6);
        assert_eq!(counts.f1(), 6.0 / 9.0);
    }

    #[test]
    fn nothing_counted_gives_zero() {
        let totals = Totals {
            labels: vec![],
            exact: 0,
            n_samples: 0,
        };
        assert_eq!(totals.figures(), vec![0.0; N_SUMMARY]);
        assert_eq!(Counts::default().f1(), 0.0);
    }
}
