//! The character n-grams of words.
//!
//! Owns [`Grams`]: for every word of a thread's cache the n-grams that the model knows, and the sum of their rows. A
//! text's sums are its words' sums, put right for those n-grams that stand in it more than once: so of an n-gram
//! that was not met before in the text no row is read.

use super::Scorer;
use super::sums::{Sums, next_stamp};
use crate::text::ngrams::{char_ngrams, hash_chars};

/// Words whose sums are put together in f32 before they go into the totals.
const WORDS_A_BLOCK: usize = 16;

/// The n-grams of one range of lengths.
#[derive(Debug)]
pub(super) struct Grams {
    range: (u8, u8),
    /// Numbers a row.
    stride: usize,
    /// Where each word's list of n-grams ends.
    ends: Vec<u32>,
    /// The lists of all words. An n-gram has the number by which this thread came to know it, so that those of common
    /// words stand together.
    lists: Vec<u32>,
    /// The rows of the n-grams that a word is made of, added up: `[words, stride]`.
    sums: Vec<f32>,
    /// The row of the n-gram with each number.
    rows: Vec<u32>,
    /// One more than the number of the n-gram with each row, 0 for none.
    numbers: Vec<u32>,
    /// For each n-gram the stamp of the text that it was last met in, and how often it was met there.
    met: Vec<(u32, u32)>,
    stamp: u32,
    /// Keeps what is fetched ahead from being left out.
    touched: u32,
}

impl Grams {
    pub fn new(range: (u8, u8), stride: usize) -> Self {
        Grams {
            range,
            stride,
            ends: Vec::new(),
            lists: Vec::new(),
            sums: Vec::new(),
            rows: Vec::new(),
            numbers: Vec::new(),
            met: Vec::new(),
            stamp: 0,
            touched: 0,
        }
    }

    /// Forgets all words.
    pub fn clear(&mut self) {
        self.ends.clear();
        self.lists.clear();
        self.sums.clear();
    }

    /// Takes in the next word of the cache, with a space before and behind it.
    pub fn work_out(&mut self, padded: &str, scorer: &Scorer) {
        if self.numbers.is_empty() {
            // As zeros of the system's, of which only those that are written to take memory.
            self.numbers = vec![0; scorer.n_terms()];
        }
        let start = self.sums.len();
        self.sums.resize(start + self.stride, 0.0);
        char_ngrams(padded, self.range, |gram| {
            let Some(row) = scorer.index.get(hash_chars(gram)) else {
                return;
            };
            let number = &mut self.numbers[row as usize];
            if *number == 0 {
                self.rows.push(row);
                *number = self.rows.len() as u32;
            }
            self.lists.push(*number - 1);
            let row = &scorer.rows[row as usize * self.stride..][..self.stride];
            for (sum, value) in self.sums[start..].iter_mut().zip(row) {
                *sum += value;
            }
        });
        self.ends.push(self.lists.len() as u32);
        self.met.resize(self.rows.len(), (0, 0));
    }

    /// Calls `each` with the row of every n-gram of a word.
    pub fn each_row(&self, word: u32, mut each: impl FnMut(u32)) {
        for number in &self.lists[span(&self.ends, word)] {
            each(self.rows[*number as usize]);
        }
    }

    /// Adds the rows of the n-grams of a text's words.
    pub fn add(&mut self, words: impl Iterator<Item = u32>, rows: &[f32], sums: &mut Sums) {
        self.stamp = next_stamp(self.stamp, || self.met.fill((0, 0)));
        let mut words = words;
        let mut block = [0; WORDS_A_BLOCK];
        loop {
            let mut n_words = 0;
            for (place, word) in block.iter_mut().zip(&mut words) {
                *place = word;
                n_words += 1;
            }
            let block = &block[..n_words];
            // The common widths are unrolled by the compiler.
            match self.stride {
                8 => self.add_block(block, rows, sums, 8),
                12 => self.add_block(block, rows, sums, 12),
                16 => self.add_block(block, rows, sums, 16),
                stride => self.add_block(block, rows, sums, stride),
            }
            sums.end_block();
            if n_words < WORDS_A_BLOCK {
                break;
            }
        }
    }

    #[inline(always)]
    fn add_block(&mut self, words: &[u32], rows: &[f32], sums: &mut Sums, stride: usize) {
        // What is kept of the words is on its way for all of them before the first is looked at.
        for &word in words {
            let list = self.lists.get(self.ends[word as usize] as usize);
            let sum = self.sums[word as usize * stride].to_bits();
            self.touched ^= list.copied().unwrap_or(0) ^ sum;
        }
        for &word in words {
            let list = &self.lists[span(&self.ends, word)];
            let is_new = |number: &u32| self.met[*number as usize].0 != self.stamp;
            // The word's sums have each n-gram as if it were met for the first time; of a word that was met they are
            // not taken, so that long texts keep their digits.
            let had = match list.iter().any(is_new) {
                true => {
                    let row = &self.sums[word as usize * stride..][..stride];
                    sums.add_row(row, (1.0, 1.0), stride);
                    1.0
                }
                false => 0.0,
            };
            for &number in list {
                let (stamp, count) = &mut self.met[number as usize];
                if *stamp != self.stamp {
                    (*stamp, *count) = (self.stamp, 1);
                    continue;
                }
                let (step, square_step) = sums.step(*count);
                *count += 1;
                let at = self.rows[number as usize] as usize * stride;
                sums.add_row(
                    &rows[at..][..stride],
                    (step - had, square_step - had),
                    stride,
                );
            }
        }
    }
}

/// Where a word's list stands.
#[inline]
fn span(ends: &[u32], word: u32) -> std::ops::Range<usize> {
    let start = match word {
        0 => 0,
        word => ends[word as usize - 1],
    };
    start as usize..ends[word as usize] as usize
}
