//! Which rows are near copies of each other.
//!
//! Owns [`Clusters`]: two texts are near duplicates when the sets of their runs of [`SHINGLE`] words have a
//! Jaccard similarity of [`SIMILARITY`] or more; clusters are what such pairs join. The search is exact:
//! a text's runs are sorted from the rarest, and two texts that are so similar share one among the first
//! |x| − ⌈t|x|⌉ + 1 (prefix filtering; Bayardo, Ma and Srikant, WWW 2007).

use super::rows::Row;
use super::split::number_articles;
use crate::text::shingles::{self, Joined, word_hashes};
use std::collections::HashMap;

pub use crate::text::shingles::SHINGLE;

/// The similarity of near duplicates.
pub const SIMILARITY: f64 = 0.7;

/// Texts of fewer words are compared with nothing: a share line or a caption that many articles carry
/// does not make them copies.
pub const FEWEST_WORDS: usize = 8;

/// What is done about near duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DuplicateRule {
    /// They are counted, and nothing is done.
    Report,
    /// Of each cluster the first row alone is kept.
    Drop,
    /// Articles with a near duplicate in common are kept on one side of every split.
    #[default]
    KeepTogether,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct DuplicateReport {
    /// What was done.
    pub rule: DuplicateRule,
    /// Clusters of two rows or more.
    pub n_clusters: u64,
    /// Rows in them.
    pub n_rows: u64,
    /// Rows in the largest.
    pub largest: u64,
}

/// The cluster of each row, named by its first row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clusters(Vec<u32>);

impl Clusters {
    /// Finds the near duplicates among rows.
    pub fn of(rows: &[Row]) -> Self {
        let mut sets: Vec<Vec<u64>> = rows.iter().map(|row| shingles(&row.text)).collect();
        let mut joined = Joined::new(rows.len());
        let mut frequency: HashMap<u64, u32> = HashMap::new();
        for shingle in sets.iter().flatten() {
            *frequency.entry(*shingle).or_default() += 1;
        }
        for set in &mut sets {
            set.sort_unstable_by_key(|shingle| (frequency[shingle], *shingle));
        }
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        order.retain(|row| !sets[*row as usize].is_empty());
        order.sort_by_key(|row| sets[*row as usize].len());
        let mut holders: HashMap<u64, Vec<u32>> = HashMap::new();
        for &row in &order {
            let set = &sets[row as usize];
            let shared = (SIMILARITY * set.len() as f64).ceil() as usize;
            for shingle in &set[..set.len() - shared + 1] {
                let others = holders.entry(*shingle).or_default();
                for &other in others.iter() {
                    // What is joined already need not be compared, so that many copies stay cheap.
                    if joined.first(row) != joined.first(other)
                        && are_similar(set, &sets[other as usize], &frequency)
                    {
                        joined.join(row, other);
                    }
                }
                if others
                    .last()
                    .is_none_or(|last| joined.first(*last) != joined.first(row))
                {
                    others.push(row);
                }
            }
        }
        Clusters(
            (0..rows.len() as u32)
                .map(|row| joined.first(row))
                .collect(),
        )
    }

    /// Whether the row is the first of its cluster.
    pub fn is_first(&self, row: usize) -> bool {
        self.0[row] as usize == row
    }

    /// The first row of the row's cluster.
    pub fn first(&self, row: usize) -> usize {
        self.0[row] as usize
    }

    /// Articles, numbered from 0 in order of appearance, where those that share a cluster are one.
    pub fn join_articles(&self, article: &[u32]) -> Vec<u32> {
        let n_articles = article.iter().max().map_or(0, |last| *last as usize + 1);
        let mut joined = Joined::new(n_articles);
        for (row, first) in self.0.iter().enumerate() {
            joined.join(article[row], article[*first as usize]);
        }
        let mut numbers: HashMap<u32, u32> = HashMap::new();
        let joined = article.iter().map(|a| joined.first(*a)).collect::<Vec<_>>();
        let number = |first: u32| {
            let next = numbers.len() as u32;
            *numbers.entry(first).or_insert(next)
        };
        joined.into_iter().map(number).collect()
    }

    /// Counts the clusters.
    pub fn report(&self, rule: DuplicateRule) -> DuplicateReport {
        let mut sizes: HashMap<u32, u64> = HashMap::new();
        for first in &self.0 {
            *sizes.entry(*first).or_default() += 1;
        }
        let several = || sizes.values().filter(|size| **size > 1);
        DuplicateReport {
            rule,
            n_clusters: several().count() as u64,
            n_rows: several().sum(),
            largest: several().max().copied().unwrap_or(0),
        }
    }
}

/// Rows whose near duplicates were seen to.
pub(super) struct Prepared {
    pub(super) rows: Vec<Row>,
    /// The group of each row: its article, or the articles joined with it.
    pub(super) group: Vec<u32>,
    pub(super) report: Option<DuplicateReport>,
}

impl Prepared {
    pub(super) fn new(mut rows: Vec<Row>, rule: Option<DuplicateRule>) -> Self {
        let articles = |rows: &[Row]| number_articles(rows.iter().map(|r| r.article.as_deref()));
        let Some(rule) = rule else {
            return Prepared {
                group: articles(&rows),
                rows,
                report: None,
            };
        };
        let clusters = Clusters::of(&rows);
        let report = Some(clusters.report(rule));
        if rule == DuplicateRule::Drop {
            let mut at = 0..rows.len();
            rows.retain(|_| at.next().is_some_and(|row| clusters.is_first(row)));
        }
        let mut group = articles(&rows);
        if rule == DuplicateRule::KeepTogether {
            group = clusters.join_articles(&group);
        }
        Prepared {
            rows,
            group,
            report,
        }
    }
}

/// The hashes of a text's runs of words, none for a short text.
fn shingles(text: &str) -> Vec<u64> {
    let words = word_hashes(text);
    if words.len() < FEWEST_WORDS {
        return Vec::new();
    }
    let mut hashes: Vec<u64> = shingles::shingles(&words).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// Whether two sets, sorted by frequency and value, are as similar as near duplicates.
fn are_similar(a: &[u64], b: &[u64], frequency: &HashMap<u64, u32>) -> bool {
    let (short, long) = (a.len().min(b.len()) as f64, a.len().max(b.len()) as f64);
    if short < SIMILARITY * long {
        return false;
    }
    let key = |shingle: u64| (frequency[&shingle], shingle);
    let (mut i, mut j, mut common) = (0, 0, 0usize);
    while i < a.len() && j < b.len() {
        match key(a[i]).cmp(&key(b[j])) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
        }
    }
    common as f64 >= SIMILARITY * (a.len() + b.len() - common) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(texts: &[&str]) -> Vec<Row> {
        texts.iter().map(|text| Row::new(*text)).collect()
    }

    #[test]
    fn copies_and_near_copies_are_joined() {
        let rows = rows(&[
            "Officials said on Monday that the two sides had agreed to extend the truce for ninety days.",
            "Markets fell after the announcement, with exporters among the hardest hit in early trading.",
            "Officials said on Monday that the two sides had agreed to extend the truce for sixty days.",
            "officials said on monday: that the two sides had agreed to extend the truce for ninety days",
            "Share this article",
            "Share this article",
        ]);
        let clusters = Clusters::of(&rows);
        assert_eq!(clusters.0, [0, 1, 0, 0, 4, 5]);
        assert_eq!(
            clusters.join_articles(&[0, 0, 1, 2, 3, 4]),
            [0, 0, 0, 0, 1, 2]
        );
        let report = clusters.report(DuplicateRule::Report);
        assert_eq!(
            (report.n_clusters, report.n_rows, report.largest),
            (1, 3, 3)
        );
    }

    proptest! {
        /// The filter misses no pair that comparing all with all would find.
        #[test]
        fn the_search_is_exact(texts in prop::collection::vec(prop::collection::vec(0u8..3, 8..16), 1..14)) {
            let texts: Vec<String> = (texts.iter())
                .map(|words| words.iter().map(|w| format!("w{w} ")).collect())
                .collect();
            let rows: Vec<Row> = texts.iter().map(Row::new).collect();
            let sets: Vec<Vec<u64>> = texts.iter().map(|t| shingles(t)).collect();
            let same = sets.iter().flatten().map(|s| (*s, 1)).collect();
            let mut joined = Joined::new(rows.len());
            for i in 0..rows.len() {
                for j in 0..i {
                    if are_similar(&sets[i], &sets[j], &same) {
                        joined.join(i as u32, j as u32);
                    }
                }
            }
            let expected: Vec<u32> = (0..rows.len() as u32).map(|i| joined.first(i)).collect();
            prop_assert_eq!(Clusters::of(&rows).0, expected);
        }
    }
}
