//! How often each term stands in each text of a corpus.
//!
//! Owns [`TermCounts`]: a corpus is analyzed once, and every fold and every setting of
//! the vectorizer is fitted from its counts. A count says nothing of other texts, so
//! nothing leaks between folds.

use super::TermNames;
use crate::text::{Analyzer, HashIndex, Passage, Scratch};
use rayon::prelude::*;

/// The fewest texts for which a thread makes a dictionary of its own.
const MIN_TEXTS_A_CHUNK: usize = 1024;

/// The term counts of a corpus, `[n_samples, n_terms]` in sparse rows; terms are numbered in the order in which they
/// first appear. A row lists its terms as often as they stand in the text: nearly all do once, so that counts
/// beside them would take more room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermCounts {
    names: TermNames,
    row_starts: Vec<usize>,
    terms: Vec<u32>,
}

impl TermCounts {
    /// Counts the terms of `texts`, on rayon's threads; the result does not depend on how many.
    pub fn of<T>(texts: &[T], analyzer: &Analyzer) -> Self
    where
        T: Sync,
        for<'t> &'t T: Into<Passage<'t>>,
    {
        let chunk = texts.len().div_ceil(rayon::current_num_threads());
        let mut chunks: Vec<CountsBuilder> = texts
            .par_chunks(chunk.max(MIN_TEXTS_A_CHUNK))
            .map(|chunk| {
                let mut builder = CountsBuilder::default();
                let mut scratch = Scratch::default();
                for text in chunk {
                    builder.push(text, analyzer, &mut scratch);
                }
                builder
            })
            .collect();
        let rest = chunks.split_off(chunks.len().min(1));
        let mut whole = chunks.pop().unwrap_or_default();
        for chunk in rest {
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

    /// The names of the terms, by number.
    pub fn names(&self) -> &TermNames {
        &self.names
    }

    /// The terms of text `i`, ascending, and how often each stands in it.
    pub fn row(&self, i: usize) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.terms[self.row_starts[i]..self.row_starts[i + 1]]
            .chunk_by(|a, b| a == b)
            .map(|run| (run[0], run.len() as u32))
    }
}

/// Collects [`TermCounts`] text by text.
#[derive(Debug)]
pub struct CountsBuilder {
    numbers: HashIndex,
    names: TermNames,
    row_starts: Vec<usize>,
    terms: Vec<u32>,
}

impl Default for CountsBuilder {
    fn default() -> Self {
        CountsBuilder {
            numbers: HashIndex::default(),
            names: TermNames::default(),
            row_starts: vec![0],
            terms: Vec::new(),
        }
    }
}

impl CountsBuilder {
    /// Counts one more text.
    pub fn push<'t>(
        &mut self,
        passage: impl Into<Passage<'t>>,
        analyzer: &Analyzer,
        scratch: &mut Scratch,
    ) {
        analyzer.read(passage, scratch);
        let start = self.terms.len();
        analyzer.visit(scratch, |occurrence| {
            let name = |out: &mut String| scratch.append_name(&occurrence, out);
            let number = self.number(occurrence.hash, name);
            self.terms.push(number);
        });
        self.end_row(start);
    }

    /// Ends the row that began at `start`.
    fn end_row(&mut self, start: usize) {
        self.terms[start..].sort_unstable();
        self.row_starts.push(self.terms.len());
    }

    /// The number of the term with this hash; a new one is named.
    #[inline]
    fn number(&mut self, hash: u64, name: impl FnOnce(&mut String)) -> u32 {
        let number = self.numbers.get_or_insert(hash);
        if number as usize == self.names.len() {
            self.names.push_with(name);
        }
        number
    }

    /// Adds the texts of a builder that saw those behind ours.
    fn append(&mut self, other: CountsBuilder) {
        let renumbered: Vec<u32> = (other.names.iter().zip(other.numbers.hashes()))
            .map(|(name, hash)| self.number(*hash, |out| out.push_str(name)))
            .collect();
        for ends in other.row_starts.windows(2) {
            let start = self.terms.len();
            let row = &other.terms[ends[0]..ends[1]];
            self.terms
                .extend(row.iter().map(|n| renumbered[*n as usize]));
            self.end_row(start);
        }
    }

    /// The counts.
    pub fn build(mut self) -> TermCounts {
        self.terms.shrink_to_fit();
        TermCounts {
            names: self.names,
            row_starts: self.row_starts,
            terms: self.terms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::TextParams;

    #[test]
    fn terms_are_numbered_as_they_appear_and_counted() {
        let analyzer = Analyzer::new(TextParams {
            ngram_range: (1, 1),
            ..TextParams::default()
        })
        .unwrap();
        let counts = TermCounts::of(&["war trade war", "", "peace"], &analyzer);
        let names: Vec<&str> = counts.names().iter().collect();
        assert_eq!(names, ["war", "trade", "peac"]);
        assert_eq!(counts.row(0).collect::<Vec<_>>(), [(0, 2), (1, 1)]);
        assert_eq!(counts.row(1).count(), 0);
        assert_eq!(counts.n_samples(), 3);
    }

    #[test]
    fn chunks_do_not_show() {
        let texts: Vec<String> = (0..4000)
            .map(|i| format!("word{} and word{} of {}", i % 97, i % 31, i))
            .collect();
        let analyzer = Analyzer::new(TextParams::default()).unwrap();
        let mut one_by_one = CountsBuilder::default();
        let mut scratch = Scratch::default();
        for text in &texts {
            one_by_one.push(text, &analyzer, &mut scratch);
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build();
        let chunked = pool.unwrap().install(|| TermCounts::of(&texts, &analyzer));
        assert_eq!(chunked, one_by_one.build());
    }
}
