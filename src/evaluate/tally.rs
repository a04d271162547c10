//! Counts per article and label, stored sparsely.
//!
//! Owns the one pass over the samples. An article meets few labels, so a draw of
//! the bootstrap costs the number of (article, label) pairs that occur, not
//! `n_articles` × `n_labels`.

use super::Outcomes;
use super::metrics::{Counts, Samples, Totals};

/// Counts per article, in compressed rows: `entries[starts[a]..starts[a + 1]]`
/// are the labels article `a` meets, sorted.
#[derive(Debug)]
pub(super) struct ArticleTallies {
    n_labels: usize,
    starts: Vec<usize>,
    entries: Vec<(u32, Counts)>,
    /// The samples of each article.
    samples: Vec<Samples>,
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
        let mut of_article = Samples::default();
        for &sample in samples {
            let (gold, predicted) = (&outcomes.gold[sample], &outcomes.predicted[sample]);
            let none = gold.is_empty();
            let one = Samples {
                all: 1,
                exact: u64::from(gold == predicted),
                none: u64::from(none),
                none_labelled: u64::from(none && !predicted.is_empty()),
            };
            of_article.add(&one, 1);
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
        self.samples.push(of_article);
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
            samples: Samples::default(),
        };
        for (article, &times) in multiplicity.iter().enumerate() {
            if times == 0 {
                continue;
            }
            let times = u64::from(times);
            totals.samples.add(&self.samples[article], times);
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
