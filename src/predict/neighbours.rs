//! Which training rows are nearest to a text.
//!
//! Owns [`Neighbours`]: the TF-IDF rows of a model's [`Examples`], one space a task, as an inverted index. The
//! rows have norm 1, so the cosine of two is the sum of the products of their weights; the index adds up those of
//! every row that shares a term with the text, so the search is exact.

use crate::error::Result;
use crate::features::{TextCounts, Tfidf};
use crate::model::examples::{Example, Examples};
use crate::model::{Model, TaskModel};
use crate::text::{Analyzer, Scratch};
use std::sync::Arc;

/// A training row and how near it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// The cosine of the two TF-IDF rows, in 0..=1.
    pub similarity: f32,
    /// The row.
    pub example: Arc<Example>,
}

/// The training rows that are nearest to a text in the space of one task.
#[derive(Debug, Clone, PartialEq)]
pub struct NearestRows {
    /// The task, by index into the model's.
    pub task: usize,
    /// The rows that share a term with the text, the nearest first; of equals, the first in training.
    pub rows: Vec<Neighbour>,
}

/// The rows that a model was trained on, indexed by their terms.
#[derive(Debug)]
pub struct Neighbours {
    examples: Examples,
    spaces: Vec<Space>,
}

/// The rows that are labelled for a task, in the task's TF-IDF space.
#[derive(Debug)]
struct Space {
    analyzer: Analyzer,
    tfidf: Tfidf,
    /// Where each column's rows begin in `rows`, and where the last one's end.
    starts: Vec<usize>,
    /// Rows, by index into the examples, and their weights, column by column.
    rows: Vec<(u32, f32)>,
}

impl Neighbours {
    /// Indexes the rows that `model` was trained on.
    ///
    /// ```
    /// use demarche::model::examples::Examples;
    /// use demarche::predict::Neighbours;
    /// use demarche::{Row, TrainParams, Trainer};
    ///
    /// let rows: Vec<Row> = (0..40)
    ///     .map(|i| match i % 2 {
    ///         0 => Row::new(format!("tariffs rise again on item {i}")).single("tone", "cold"),
    ///         _ => Row::new(format!("envoys agree on plan {i}")).single("tone", "warm"),
    ///     })
    ///     .collect();
    /// let model = Trainer::new(TrainParams::default()).fit(&rows)?.model;
    /// let examples = Examples::new(demarche::train::rows::examples(&rows, &model), &model);
    /// let neighbours = Neighbours::new(examples, &model)?;
    /// let nearest = neighbours.nearest("Tariffs rise on steel", 3, |_| true);
    /// assert_eq!(nearest[0].rows[0].example.labels["tone"], ["cold"]);
    /// # Ok::<(), demarche::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the model's text options make no sense, which no opened model's do.
    pub fn new(examples: Examples, model: &Model) -> Result<Self> {
        let spaces = model.tasks().iter().map(|task| Space::new(&examples, task));
        Ok(Neighbours {
            spaces: spaces.collect::<Result<_>>()?,
            examples,
        })
    }

    /// The `n` rows that are nearest to `text`, for each task that is `asked` for, by index into the model's.
    pub fn nearest(&self, text: &str, n: usize, asked: impl Fn(usize) -> bool) -> Vec<NearestRows> {
        let tasks = self
            .spaces
            .iter()
            .enumerate()
            .filter(|(task, _)| asked(*task));
        let found = tasks.map(|(task, space)| NearestRows {
            task,
            rows: (space
                .nearest(text, n, self.examples.rows().len())
                .into_iter())
            .map(|(row, similarity)| Neighbour {
                similarity,
                example: Arc::clone(&self.examples.rows()[row as usize]),
            })
            .collect(),
        });
        found.collect()
    }
}

impl Space {
    fn new(examples: &Examples, task: &TaskModel) -> Result<Self> {
        let mut space = Space {
            analyzer: Analyzer::new(task.options.text.clone())?,
            tfidf: task.tfidf.clone(),
            starts: vec![0; task.tfidf.vocabulary().len() + 1],
            rows: Vec::new(),
        };
        let (mut scratch, mut counts) = (Scratch::default(), space.tfidf.text_counts());
        let mut entries: Vec<(u32, u32, f32)> = Vec::new();
        for (i, example) in examples.rows().iter().enumerate() {
            if example.labels.contains_key(&task.task.name) {
                let row = space.row(&example.text, &mut scratch, &mut counts);
                entries.extend(
                    row.into_iter()
                        .map(|(column, value)| (column, i as u32, value)),
                );
            }
        }
        entries.sort_unstable_by_key(|(column, row, _)| (*column, *row));
        for (column, ..) in &entries {
            space.starts[*column as usize + 1] += 1;
        }
        for column in 1..space.starts.len() {
            space.starts[column] += space.starts[column - 1];
        }
        space.rows = entries
            .into_iter()
            .map(|(_, row, value)| (row, value))
            .collect();
        Ok(space)
    }

    /// The TF-IDF row of a text.
    fn row(&self, text: &str, scratch: &mut Scratch, counts: &mut TextCounts) -> Vec<(u32, f32)> {
        self.analyzer.read(text, scratch);
        (self.analyzer).visit(scratch, |occurrence| {
            counts.add(&self.tfidf, occurrence.hash)
        });
        let mut row = Vec::new();
        self.tfidf.transform(counts, &mut row);
        row
    }

    fn nearest(&self, text: &str, n: usize, n_rows: usize) -> Vec<(u32, f32)> {
        let row = self.row(text, &mut Scratch::default(), &mut self.tfidf.text_counts());
        let mut cosines = vec![0f64; n_rows];
        // Columns ascend, so each sum runs in one order.
        for (column, value) in row {
            let span = self.starts[column as usize]..self.starts[column as usize + 1];
            for (other, weight) in &self.rows[span] {
                cosines[*other as usize] += f64::from(value) * f64::from(*weight);
            }
        }
        let mut near: Vec<(u32, f32)> = (0u32..)
            .zip(cosines)
            .filter(|(_, cosine)| *cosine > 0.0)
            .map(|(row, cosine)| (row, cosine.min(1.0) as f32))
            .collect();
        let nearer = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if n < near.len() {
            near.select_nth_unstable_by(n, nearer);
            near.truncate(n);
        }
        near.sort_unstable_by(nearer);
        near
    }
}
