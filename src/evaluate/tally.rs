//! Counts per article and label, stored sparsely.
//!
//! Owns the one pass over the samples. An article meets few labels, so a draw of
//! the bootstrap costs the number of (article, label) pairs that occur, not
//! `n_articles` × `n_labels`.

use super::Outcomes;
use super::metrics::{Counts, Totals};

/// Counts per article, in compressed rows: `entries[starts[a]..starts[a + 1]]`
/// are the labels article `a` meets, sorted.
#[derive(Debug)]
pub(super) struct ArticleTallies {
    n_labels: usize,
    starts: Vec<usize>,
    entries: Vec<(u32, Counts)>,
    /// Exactly matched samples and samples of each article.
    samples: Vec<(u64, u64)>,
}

impl ArticleTallies {
    /// Counts the outcomes; articles are in order of their number, so that the
    /// order of the samples does not matter.
    pub(super) fn new(outcomes: &Outcomes) -> Self {
        let mut order: Vec<usize> = (0..outcomes.n_samples()).collect();
        order.sort_unstable_by_key(|&sample| outcomes.article[sample]);
        let mut tallies = ArticleTallies {
            n_labels: outcomes.n_labels(),
            starts: vec![0],
            entries: Vec::new(),
            samples: Vec::new(),
        };
        for article in order.chunk_by(|&a, &b| outcomes.article[a] == outcomes.article[b]) {
            tallies.push_article(outcomes, article);
        }
        tallies
    }

    fn push_article(&mut self, outcomes: &Outcomes, samples: &[usize]) {
        let mut met: Vec<(u32, Counts)> = Vec::new();
        let mut exact = 0;
        for &sample in samples {
            let (gold, predicted) = (&outcomes.gold[sample], &outcomes.predicted[sample]);
            exact += u64::from(gold == predicted);
            met.extend(
                gold.iter()
                    .map(|&label| match predicted.binary_search(&label) {
                        Ok(_) => (label, TRUE_POSITIVE),
                        Err(_) => (label, FALSE_NEGATIVE),
                    }),
            );
            let wrong = |label: &&u32| gold.binary_search(label).is_err();
            met.extend(
                predicted
                    .iter()
                    .filter(wrong)
                    .map(|&label| (label, FALSE_POSITIVE)),
            );
        }
        met.sort_unstable_by_key(|&(label, _)| label);
        for same in met.chunk_by(|a, b| a.0 == b.0) {
            let counts = same
                .iter()
                .fold(Counts::default(), |sum, &(_, one)| sum + one);
            self.entries.push((same[0].0, counts));
        }
        self.starts.push(self.entries.len());
        self.samples.push((exact, samples.len() as u64));
    }

    /// The number of articles.
    pub(super) fn n_articles(&self) -> usize {
        self.samples.len()
    }

    /// The counts over all articles, each once.
    pub(super) fn totals(&self) -> Totals {
        self.resampled(&vec![1; self.n_articles()])
    }

    /// The counts over all articles, article `a` taken `multiplicity[a]` times.
    pub(super) fn resampled(&self, multiplicity: &[u32]) -> Totals {
        let mut totals = Totals {
            labels: vec![Counts::default(); self.n_labels],
            exact: 0,
            n_samples: 0,
        };
        for (article, &times) in multiplicity.iter().enumerate() {
            if times == 0 {
                continue;
            }
            let times = u64::from(times);
            let (exact, n_samples) = self.samples[article];
            totals.exact += times * exact;
            totals.n_samples += times * n_samples;
            for (label, counts) in &self.entries[self.starts[article]..self.starts[article + 1]] {
                let total = &mut totals.labels[*label as usize];
                total.true_positives += times * counts.true_positives;
                total.false_positives += times * counts.false_positives;
                total.false_negatives += times * counts.false_negatives;
            }
        }
        totals
    }
}

const TRUE_POSITIVE: Counts = Counts {
    true_positives: 1,
    false_positives: 0,
    false_negatives: 0,
};
const FALSE_POSITIVE: Counts = Counts {
    true_positives: 0,
    false_positives: 1,
    false_negatives: 0,
};
const FALSE_NEGATIVE: Counts = Counts {
    true_positives: 0,
    false_positives: 0,
    false_negatives: 1,
};
