//! The trained model, frozen for reading.
//!
//! Owns [`Scorer`], one table for all tasks: the hash of a term leads to the number of its row, and the row
//! holds, with idf folded in,
//!
//! ```text
//! idf_j·w_jk for each label k of each task, then idf_j² for each task
//! ```
//!
//! 0 where a task does not have the term. For a text in which term j stands tf_j times (damped),
//!
//! ```text
//! m_k = Σ_j tf_j·idf_j·w_jk / √(Σ_j tf_j²·idf_j²) + b_k
//! ```
//!
//! and the weights of the text's signs, which take no part in the norm, on top;
//! which is the decision value of the TF-IDF row: so a text is read once, each of its terms is looked up
//! once, and the norm divides at the end. Tasks that read a text otherwise than others (stems, negation,
//! n-grams) have terms of their own in the same table. It is made of the parts of a [`Model`](super::Model)
//! when first needed, and shared by threads; what one thread needs beside it is its [`Scoring`].

mod family;
mod grams;
mod scoring;
mod sums;

pub use scoring::{Scoring, TracedTerm};

use super::TaskModel;
use crate::features::{TermNames, Vocabulary};
use crate::text::ngrams::{CHAR_MARK, hash_append, hash_chars, hash_word};
use crate::text::{HashFilter, HashIndex, ReadParams};
use family::Families;
use std::ops::Range;
use std::sync::Arc;

/// The frozen table of all tasks' terms.
#[derive(Debug)]
pub struct Scorer {
    /// From the hash of a term to the number of its row.
    index: HashIndex,
    /// A test that spares most n-grams that are no term the look-up.
    known: HashFilter,
    /// `[n_terms, stride]`.
    rows: Vec<f32>,
    /// Numbers a row: the lanes of all labels, the squares of all tasks, zeros.
    stride: usize,
    /// A task and a column in it for each row, which give the term its name.
    origins: Vec<(u32, u32)>,
    /// Hashes of the words that begin, and that go on, some n-gram of the table: others need no look-up.
    openers: HashIndex,
    joiners: HashIndex,
    families: Families,
    tasks: Vec<FrozenTask>,
    n_lanes: usize,
}

/// Where a task stands in the rows.
#[derive(Debug)]
struct FrozenTask {
    /// The lanes of its labels.
    lanes: Range<usize>,
    /// The place of its idf².
    square: usize,
    intercepts: Vec<f32>,
    /// Its families of terms.
    families: Vec<usize>,
}

impl Scorer {
    /// Freezes the weights of `tasks`.
    pub fn new(tasks: &[TaskModel]) -> Self {
        let n_lanes: usize = tasks.iter().map(|t| t.linear.n_labels()).sum();
        let stride = (n_lanes + tasks.len()).next_multiple_of(4);
        let families = Families::of(tasks);
        let mut frozen = Vec::with_capacity(tasks.len());
        let mut lane = 0;
        for (i, task) in tasks.iter().enumerate() {
            let lanes = lane..lane + task.linear.n_labels();
            lane = lanes.end;
            frozen.push(FrozenTask {
                lanes,
                square: n_lanes + i,
                intercepts: task.linear.intercepts().to_vec(),
                families: families.of_task(i).to_vec(),
            });
        }
        let mut lists = Lists::default();
        for task in tasks {
            lists.numbers(task.tfidf.vocabulary().shared().0);
        }
        let most = lists.n_names();
        let mut scorer = Scorer {
            index: HashIndex::with_capacity(most),
            known: HashFilter::with_capacity(most),
            rows: Vec::new(),
            stride,
            origins: Vec::with_capacity(most),
            openers: HashIndex::default(),
            joiners: HashIndex::default(),
            families,
            tasks: frozen,
            n_lanes,
        };
        let mut rows_of: Vec<Vec<u32>> = (tasks.iter().enumerate())
            .map(|(i, task)| scorer.number_terms(i, task, &mut lists))
            .collect();
        scorer.put_common_first(tasks, &mut rows_of);
        scorer.rows = vec![0.0; scorer.origins.len() * stride];
        for (i, (task, rows)) in tasks.iter().zip(&rows_of).enumerate() {
            scorer.fill_rows(i, task, rows);
        }
        scorer
    }

    /// Numbers the terms of a task; gives the number of each of its columns.
    fn number_terms(&mut self, i: usize, task: &TaskModel, lists: &mut Lists) -> Vec<u32> {
        let (names, places) = task.tfidf.vocabulary().shared();
        let numbers = lists.numbers(names);
        let mut hashes = NameHashes::default();
        let number = |(column, place): (usize, &u32)| {
            let number = &mut numbers[*place as usize];
            if *number == UNNUMBERED {
                let name = names.get(*place as usize);
                let hash = hashes.next(name, &mut self.openers, &mut self.joiners);
                *number = self.index.get_or_insert(hash);
                if *number as usize == self.origins.len() {
                    self.origins.push((i as u32, column as u32));
                    self.known.insert(hash);
                }
            }
            *number
        };
        places.iter().enumerate().map(number).collect()
    }

    /// Numbers common terms first, so that their rows stand side by side and the nearest cache holds them:
    /// by idf, rounded to eighths, which orders terms well enough at a fraction of the cost of a sort.
    fn put_common_first(&mut self, tasks: &[TaskModel], rows_of: &mut [Vec<u32>]) {
        let bucket = |(task, column): &(u32, u32)| {
            let idf = tasks[*task as usize].tfidf.idf()[*column as usize];
            (8.0 * idf).clamp(0.0, 255.0) as usize
        };
        let mut starts = [0u32; 257];
        for origin in &self.origins {
            starts[bucket(origin) + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut order = vec![0u32; self.origins.len()];
        let mut numbers = order.clone();
        for (old, origin) in self.origins.iter().enumerate() {
            let start = &mut starts[bucket(origin)];
            order[*start as usize] = old as u32;
            numbers[old] = *start;
            *start += 1;
        }
        self.origins = order
            .iter()
            .map(|old| self.origins[*old as usize])
            .collect();
        self.index.renumber(&order);
        for number in rows_of.iter_mut().flatten() {
            *number = numbers[*number as usize];
        }
    }

    /// Writes a task's weights and squares into the rows of its columns.
    fn fill_rows(&mut self, i: usize, task: &TaskModel, rows: &[u32]) {
        let (lanes, square) = (self.tasks[i].lanes.clone(), self.tasks[i].square);
        for ((column, number), idf) in rows.iter().enumerate().zip(task.tfidf.idf()) {
            let row = &mut self.rows[*number as usize * self.stride..][..self.stride];
            let weights = task.linear.feature(column as u32);
            for (folded, weight) in row[lanes.clone()].iter_mut().zip(weights) {
                *folded = idf * weight;
            }
            row[square] = idf * idf;
        }
    }

    /// The count of distinct terms of all tasks.
    pub fn n_terms(&self) -> usize {
        self.origins.len()
    }

    /// The count of labels of all tasks.
    pub fn n_lanes(&self) -> usize {
        self.n_lanes
    }

    /// The lanes of a task's labels.
    pub fn lanes(&self, task: usize) -> Range<usize> {
        self.tasks[task].lanes.clone()
    }

    /// A task and a column of it that have the term of a row.
    pub fn origin(&self, row: u32) -> (usize, usize) {
        let (task, column) = self.origins[row as usize];
        (task as usize, column as usize)
    }

    /// `idf·w` of a term's row for a lane.
    pub fn folded_weight(&self, row: u32, lane: usize) -> f32 {
        self.rows[row as usize * self.stride + lane]
    }

    /// Whether any task reads signs.
    pub fn takes_signs(&self) -> bool {
        self.families.read_signs()
    }

    /// What must be found in a text beside its words.
    fn read_params(&self) -> ReadParams {
        self.families.read_params()
    }

    /// The name of the term of a row.
    pub fn name<'v>(&self, row: u32, vocabulary_of: impl Fn(usize) -> &'v Vocabulary) -> &'v str {
        let (task, column) = self.origin(row);
        vocabulary_of(task).name(column)
    }
}

/// A name that has no number yet.
const UNNUMBERED: u32 = u32::MAX;

/// The numbers of the names of every list that tasks' vocabularies stand in: a name that tasks share is
/// hashed once.
#[derive(Default)]
struct Lists {
    numbers_of: Vec<(Arc<TermNames>, Vec<u32>)>,
}

impl Lists {
    /// How many names all lists have.
    fn n_names(&self) -> usize {
        self.numbers_of
            .iter()
            .map(|(_, numbers)| numbers.len())
            .sum()
    }

    fn numbers(&mut self, names: &Arc<TermNames>) -> &mut [u32] {
        let known = self
            .numbers_of
            .iter()
            .position(|(list, _)| Arc::ptr_eq(list, names));
        let at = known.unwrap_or_else(|| {
            let numbers = vec![UNNUMBERED; names.len()];
            self.numbers_of.push((Arc::clone(names), numbers));
            self.numbers_of.len() - 1
        });
        &mut self.numbers_of[at].1
    }
}

/// Hashes sorted names, most of which begin with the word that the one before began with.
#[derive(Default)]
struct NameHashes {
    first: String,
    first_hash: u64,
}

impl NameHashes {
    /// The [`hash_term`](crate::text::hash_term) of `name`; of an n-gram of words, the words are noted.
    fn next(&mut self, name: &str, openers: &mut HashIndex, joiners: &mut HashIndex) -> u64 {
        if let Some(chars) = name.strip_prefix(CHAR_MARK) {
            return hash_chars(chars);
        }
        let Some(space) = name.bytes().position(|byte| byte == b' ') else {
            return hash_word(name);
        };
        let (first, rest) = (&name[..space], &name[space + 1..]);
        if first != self.first {
            self.first.clear();
            self.first.push_str(first);
            self.first_hash = hash_word(first);
            openers.get_or_insert(self.first_hash);
        }
        rest.split(' ').fold(self.first_hash, |hash, word| {
            let word = hash_word(word);
            joiners.get_or_insert(word);
            hash_append(hash, word)
        })
    }
}
