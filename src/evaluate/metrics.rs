//! What counts alone say: precision, recall and F1, exact match, agreement beyond chance.
//!
//! Owns the formulas; a zero denominator of precision, recall or F1 gives 0. Source: Sebastiani (2002),
//! "Machine learning in automated text categorization", section 7.1.

use std::ops::{Add, AddAssign};

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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// The counts of each label.
    pub labels: Vec<Counts>,
    /// The counts of samples.
    pub samples: Samples,
}

/// Counts of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Samples {
    /// All of them.
    pub all: u64,
    /// Those whose predicted set is the gold set.
    pub exact: u64,
    /// Those without a gold label.
    pub none: u64,
    /// Those without a gold label that are given one.
    pub none_labelled: u64,
}

impl Samples {
    /// Adds `times` as many.
    pub(super) fn add(&mut self, other: &Samples, times: u64) {
        self.all += times * other.all;
        self.exact += times * other.exact;
        self.none += times * other.none;
        self.none_labelled += times * other.none_labelled;
    }
}

impl Totals {
    /// Macro precision, recall and F1, micro precision, recall and F1, and exact match.
    pub fn averages(&self) -> [f64; 7] {
        let mut sums = [0.0; 3];
        let mut pooled = Counts::default();
        for counts in &self.labels {
            let of_label = [counts.precision(), counts.recall(), counts.f1()];
            for (sum, figure) in sums.iter_mut().zip(of_label) {
                *sum += figure;
            }
            pooled += *counts;
        }
        let n_labels = self.labels.len().max(1) as f64;
        let [precision, recall, f1] = sums.map(|sum| sum / n_labels);
        [
            precision,
            recall,
            f1,
            pooled.precision(),
            pooled.recall(),
            pooled.f1(),
            ratio(self.samples.exact, self.samples.all),
        ]
    }

    /// The share of the samples without a gold label that are given one; NaN where every sample has
    /// a gold label.
    pub fn false_label_rate(&self) -> f64 {
        self.samples.none_labelled as f64 / self.samples.none as f64
    }

    /// How gold and predictions of a single-label task agree; a withheld prediction is a value of its own.
    pub fn agreement(&self) -> Agreement {
        let given: u64 = self.labels.iter().map(Counts::predicted).sum();
        let withheld = (0, self.samples.all.saturating_sub(given));
        let marginals = self.labels.iter().map(|c| (c.support(), c.predicted()));
        Agreement::new(
            self.samples.all,
            self.samples.exact,
            marginals.chain([withheld]),
        )
    }

    /// How gold and predictions agree on whether a sample has one label.
    pub fn label_agreement(&self, label: usize) -> Agreement {
        let counts = self.labels[label];
        let n = self.samples.all;
        let alike = n - counts.false_positives - counts.false_negatives;
        let (gold, predicted) = (counts.support(), counts.predicted());
        Agreement::new(n, alike, [(gold, predicted), (n - gold, n - predicted)])
    }
}

/// Agreement of two ratings of the same samples beyond chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Cohen's kappa: see [`cohen_kappa`](super::cohen_kappa). NaN where it is 0/0.
    pub kappa: f64,
    /// Krippendorff's alpha: see [`krippendorff_alpha`](super::krippendorff_alpha). NaN where it is 0/0.
    pub alpha: f64,
}

impl Agreement {
    /// From the samples rated, those rated alike, and how often each rater gave each value.
    fn new(n: u64, alike: u64, marginals: impl IntoIterator<Item = (u64, u64)>) -> Self {
        // In whole numbers, so that 0/0 is met exactly.
        let (n, alike) = (i128::from(n), i128::from(alike));
        let (mut chance, mut squares) = (0, 0);
        for (a, b) in marginals {
            let (a, b) = (i128::from(a), i128::from(b));
            chance += a * b;
            squares += (a + b) * (a + b);
        }
        let values = 2 * n;
        let unlike = (values * values - squares) as f64;
        Agreement {
            kappa: (n * alike - chance) as f64 / (n * n - chance) as f64,
            alpha: match unlike {
                0.0 => f64::NAN,
                _ => 1.0 - ((values - 1) * 2 * (n - alike)) as f64 / unlike,
            },
        }
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
        let totals = Totals::default();
        assert_eq!(totals.averages(), [0.0; 7]);
        assert!(totals.false_label_rate().is_nan());
        assert!(totals.agreement().kappa.is_nan());
        assert_eq!(Counts::default().f1(), 0.0);
    }
}
