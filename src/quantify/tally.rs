//! The sums of many documents, as they are and in every draw of the bootstrap.

use super::measures::{BODY, DocumentSums};
use std::collections::BTreeSet;

/// Articles up to which they are counted exactly; of more, their smallest hashes are kept, and the number worked out from
/// the largest of these (Bar-Yossef et al. 2002), with a standard error of 1.6 %.
const COUNTED_ARTICLES: usize = 4096;

/// Sums of documents; two tallies add up.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Documents; the parts of a long one are one.
    pub documents: u64,
    /// Paragraphs that are no body.
    pub set_aside: u64,
    /// As in a document: `[width]`.
    pub(super) sums: Vec<i64>,
    /// The same in every draw: `[width][draws]`.
    pub(super) drawn: Vec<Vec<i64>>,
    articles: BTreeSet<u64>,
}

impl Tally {
    pub(super) fn new(width: usize, draws: usize) -> Self {
        Tally {
            documents: 0,
            set_aside: 0,
            sums: vec![0; width],
            drawn: vec![vec![0; draws]; width],
            articles: BTreeSet::new(),
        }
    }

    /// Adds a document that each draw takes so many `times`.
    pub(super) fn add(&mut self, document: &DocumentSums, times: &[i64]) {
        self.documents += u64::from(!document.is_later_part);
        self.set_aside += document.set_aside;
        self.keep(document.article);
        for (place, &value) in document.sums.iter().enumerate().filter(|(_, v)| **v != 0) {
            self.sums[place] += value;
            for (sum, times) in self.drawn[place].iter_mut().zip(times) {
                *sum += value * times;
            }
        }
    }

    /// Adds what another tally has.
    pub(super) fn merge(&mut self, other: &Tally) {
        self.documents += other.documents;
        self.set_aside += other.set_aside;
        for (sum, theirs) in self.sums.iter_mut().zip(&other.sums) {
            *sum += theirs;
        }
        for (row, theirs) in self.drawn.iter_mut().zip(&other.drawn) {
            for (sum, theirs) in row.iter_mut().zip(theirs) {
                *sum += theirs;
            }
        }
        other
            .articles
            .iter()
            .for_each(|article| self.keep(*article));
    }

    fn keep(&mut self, article: u64) {
        self.articles.insert(article);
        if self.articles.len() > COUNTED_ARTICLES {
            self.articles.pop_last();
        }
    }

    /// Distinct articles; about, where there are more than some thousand.
    pub fn articles(&self) -> u64 {
        match self.articles.last() {
            Some(last) if self.articles.len() == COUNTED_ARTICLES => {
                let share = *last as f64 / u64::MAX as f64;
                ((COUNTED_ARTICLES - 1) as f64 / share).round() as u64
            }
            _ => self.articles.len() as u64,
        }
    }

    /// Body paragraphs.
    pub fn body(&self) -> u64 {
        self.sums[BODY].unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::xxh3_64;

    #[test]
    fn many_articles_are_counted_about() {
        let mut tally = Tally::new(3, 1);
        for i in 0..100_000u32 {
            // Every article comes twice.
            tally.keep(xxh3_64(&(i / 2).to_le_bytes()));
        }
        assert!(
            tally.articles().abs_diff(50_000) < 3000,
            "{}",
            tally.articles()
        );
    }
}
