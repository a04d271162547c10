//! How often each term stands in each text of a corpus.
//!
//! Owns [`TermCounts`]: a corpus is analyzed once, and every fold and every setting of
//! the vectorizer is fitted from its counts. A count says nothing of other texts, so
//! nothing leaks between folds.

use crate::text::analyzer::PassThrough;
use crate::text::{Analyzer, Scratch};
use rayon::prelude::*;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// Texts that one thread analyzes before its dictionary is merged.
const TEXTS_A_CHUNK: usize = 512;

/// The term counts of a corpus, `[n_samples, n_terms]` in compressed sparse rows; terms
/// are numbered in the byte order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermCounts {
    names: Vec<String>,
    row_starts: Vec<usize>,
    terms: Vec<u32>,
    counts: Vec<u32>,
}

impl TermCounts {
    /// Counts the terms of `texts`, on rayon's threads; the result does not depend on how many.
    pub fn of<T: AsRef<str> + Sync>(texts: &[T], analyzer: &Analyzer) -> Self {
        let chunks: Vec<CountsBuilder> = texts
            .par_chunks(TEXTS_A_CHUNK)
            .map(|chunk| {
                let mut builder = CountsBuilder::default();
                let mut scratch = Scratch::default();
                for text in chunk {
                    builder.push(text.as_ref(), analyzer, &mut scratch);
                }
                builder
            })
            .collect();
        let mut whole = CountsBuilder::default();
        for chunk in chunks {
            whole.append(chunk);
        }
        whole.build()
    }

    /// The count of texts.
    pub fn n_samples(&self) -> usize {
        self.row_starts.len() - 1
    }

    /// The count of distinct terms.
    pub fn n_terms(&self) -> usize {
        self.names.len()
    }

    /// The names of the terms, sorted.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The terms of text `i`, ascending, and how often each stands in it.
    pub fn row(&self, i: usize) -> impl Iterator<Item = (u32, u32)> + '_ {
        let range = self.row_starts[i]..self.row_starts[i + 1];
        let counts = &self.counts[range.clone()];
        self.terms[range]
            .iter()
            .copied()
            .zip(counts.iter().copied())
    }
}

/// Collects [`TermCounts`] text by text.
#[derive(Debug, Default)]
pub struct CountsBuilder {
    ids: HashMap<u64, u32, BuildHasherDefault<PassThrough>>,
    hashes: Vec<u64>,
    names: Vec<String>,
    row_starts: Vec<usize>,
    terms: Vec<u32>,
    counts: Vec<u32>,
    row: Vec<u32>,
}

impl CountsBuilder {
    /// Counts one more text.
    pub fn push(&mut self, text: &str, analyzer: &Analyzer, scratch: &mut Scratch) {
        analyzer.read(text, scratch);
        let mut row = std::mem::take(&mut self.row);
        row.clear();
        scratch.visit(analyzer.params(), |occurrence| {
            row.push(self.id(occurrence.hash, || scratch.name(&occurrence)));
        });
        row.sort_unstable();
        for run in row.chunk_by(|a, b| a == b) {
            self.terms.push(run[0]);
            self.counts.push(run.len() as u32);
        }
        self.row = row;
        self.row_starts.push(self.terms.len());
    }

    fn id(&mut self, hash: u64, name: impl FnOnce() -> String) -> u32 {
        *self.ids.entry(hash).or_insert_with(|| {
            self.hashes.push(hash);
            self.names.push(name());
            (self.names.len() - 1) as u32
        })
    }

    fn append(&mut self, other: CountsBuilder) {
        let renumbered: Vec<u32> = other
            .names
            .into_iter()
            .zip(&other.hashes)
            .map(|(name, hash)| self.id(*hash, || name))
            .collect();
        let base = self.terms.len();
        self.terms
            .extend(other.terms.iter().map(|id| renumbered[*id as usize]));
        self.counts.extend(other.counts);
        self.row_starts
            .extend(other.row_starts.iter().map(|end| base + end));
    }

    /// Numbers the terms in the byte order of their names.
    pub fn build(self) -> TermCounts {
        let mut order: Vec<u32> = (0..self.names.len() as u32).collect();
        order.par_sort_unstable_by(|a, b| self.names[*a as usize].cmp(&self.names[*b as usize]));
        let mut rank = vec![0u32; order.len()];
        for (new, old) in order.iter().enumerate() {
            rank[*old as usize] = new as u32;
        }
        let mut old_names = self.names;
        let names = order
            .iter()
            .map(|old| std::mem::take(&mut old_names[*old as usize]))
            .collect();
        let mut counts = TermCounts {
            names,
            row_starts: vec![0],
            terms: Vec::with_capacity(self.terms.len()),
            counts: Vec::with_capacity(self.counts.len()),
        };
        let mut start = 0;
        let mut row: Vec<(u32, u32)> = Vec::new();
        for end in self.row_starts {
            row.clear();
            let terms = self.terms[start..end].iter().map(|id| rank[*id as usize]);
            row.extend(terms.zip(self.counts[start..end].iter().copied()));
            row.sort_unstable();
            counts.terms.extend(row.iter().map(|(term, _)| term));
            counts.counts.extend(row.iter().map(|(_, count)| count));
            counts.row_starts.push(end);
            start = end;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::TextParams;

    #[test]
    fn terms_are_sorted_and_counted() {
        let analyzer = Analyzer::new(TextParams {
            ngram_range: (1, 1),
            ..TextParams::default()
        })
        .unwrap();
        let counts = TermCounts::of(&["war trade war", "", "peace"], &analyzer);
        assert_eq!(counts.names(), ["peac", "trade", "war"]);
        assert_eq!(counts.row(0).collect::<Vec<_>>(), [(1, 1), (2, 2)]);
        assert_eq!(counts.row(1).count(), 0);
        assert_eq!(counts.n_samples(), 3);
    }

    #[test]
    fn chunks_do_not_show() {
        let texts: Vec<String> = (0..2000)
            .map(|i| format!("word{} and word{} of {}", i % 97, i % 31, i))
            .collect();
        let analyzer = Analyzer::new(TextParams::default()).unwrap();
        let mut one_by_one = CountsBuilder::default();
        let mut scratch = Scratch::default();
        for text in &texts {
            one_by_one.push(text, &analyzer, &mut scratch);
        }
        assert_eq!(TermCounts::of(&texts, &analyzer), one_by_one.build());
    }
}
