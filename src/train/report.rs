//! What measuring gives.
//!
//! Owns [`Benchmark`] and its parts: finished figures and how they came about, for `output` to print.

use super::duplicates::DuplicateReport;
use super::plan::SplitRule;
use crate::evaluate::{CoderAgreement, Evaluation, Figure, Paired};
use crate::model::{LearnedOn, TaskOptions};
use crate::predict::Explanation;
use std::collections::BTreeMap;

/// Which rows count as body text when topics and tone are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateRule {
    /// The rows that gold says are.
    Gold,
    /// The rows that the model takes for it: a body row taken for boilerplate gets no label, and, for a
    /// multi task, a boilerplate row taken for body may get wrong ones. (A boilerplate row has no gold
    /// label of a single task, so a tone that it is given costs nothing here; the gate's own figures count it.)
    Predicted,
}

/// The figures of all tasks, and how they came about.
#[derive(Debug, Clone)]
pub struct Benchmark {
    /// Rows measured.
    pub n_rows: u64,
    /// Distinct articles among them; those joined by near duplicates count once.
    pub n_articles: u64,
    /// SHA-256 of the rows: see [`rows_sha256`](super::corpus::rows_sha256).
    pub rows_sha256: String,
    /// Rows by source and by year, where they say.
    pub counts: Counts,
    /// How it was measured.
    pub design: Design,
    /// Near duplicates; none where they were not looked for.
    pub duplicates: Option<DuplicateReport>,
    /// The options of each of `tasks`, where they were chosen here; else empty.
    pub options: Vec<TaskOptions>,
    /// The figures, a task each.
    pub tasks: Vec<TaskBenchmark>,
    /// The baselines.
    pub baselines: Vec<Comparison>,
    /// What it was asked to be compared with.
    pub against: Vec<Comparison>,
    /// Other text options.
    pub ablations: Vec<Comparison>,
    /// Estimators side by side.
    pub estimators: Vec<EstimatorCost>,
    /// Figures by the values of fields.
    pub slices: Vec<Slice>,
    /// Figures by the share of the articles trained on.
    pub curve: Vec<CurvePoint>,
    /// The surest mistakes.
    pub mistakes: Vec<Mistake>,
}

/// How rows were measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// How rows were parted.
    pub how: How,
    /// The seed of splits, solver and bootstrap.
    pub seed: u64,
    /// Whether options that were not given were chosen in each split.
    pub nested: bool,
    /// Name, rows trained on and rows tested of each split of the first repeat.
    pub splits: Vec<(String, u64, u64)>,
    /// Rows left out of training because their article, or a near duplicate of it, is tested.
    pub n_parted: u64,
    /// Rows without the field or date that the split goes by.
    pub n_unplaced: u64,
    /// Of each task, what its probabilities or cuts were learned on after training.
    pub learned_on: Vec<(String, LearnedOn)>,
}

/// How rows were parted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// Here, by a rule.
    Parted(SplitRule),
    /// Some rows were trained on, and others measured.
    TrainTest {
        /// Rows trained on.
        trained_on: u64,
    },
    /// A given model.
    Model,
}

/// Rows by what they say of themselves.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counts {
    /// By `source`.
    pub by_source: BTreeMap<String, u64>,
    /// By year.
    pub by_year: BTreeMap<i16, u64>,
}

/// A task's figures.
#[derive(Debug, Clone)]
pub struct TaskBenchmark {
    /// The figures over rows that gold says are body.
    pub evaluation: Evaluation,
    /// The figures end to end, where the model's gate decides; none for the gate itself and for
    /// models without one.
    pub end_to_end: Option<Evaluation>,
    /// How coders agree with each other, where rows say what each said.
    pub coders: Option<CoderAgreement>,
    /// What the answers would be under `classify --max-error`, where the model has cuts.
    pub selective: Vec<Selective>,
}

/// What withholding the unsure answers does on the measured rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Selective {
    /// The error asked for.
    pub max_error: f64,
    /// The least confidence; none where every answer is withheld.
    pub cut: Option<f32>,
    /// The share of rows answered.
    pub coverage: Figure,
    /// The share of wrong answers among them.
    pub error: Option<Figure>,
    /// The cuts' rows.
    pub learned_on: LearnedOn,
}

impl Selective {
    /// The errors that are shown.
    pub const ERRORS: [f64; 3] = [0.05, 0.1, 0.2];
}

/// Another system on the same rows.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What it is called.
    pub name: String,
    /// Of each task that both answer.
    pub tasks: Vec<TaskComparison>,
}

/// Another system on one task.
#[derive(Debug, Clone)]
pub struct TaskComparison {
    /// The task.
    pub task: String,
    /// The other's macro-F1 and exact match on the rows both answered.
    pub other: [Figure; 2],
    /// The other's F1 of each label.
    pub other_f1: Vec<(String, Figure)>,
    /// Measured minus other.
    pub paired: Paired,
    /// The p-value of the macro-F1's difference, corrected over all p-values of the benchmark (Holm).
    pub macro_f1_holm: Option<f64>,
    /// McNemar's p-value, corrected likewise.
    pub mcnemar_holm: f64,
    /// Rows that one alone got right, in the first repeat.
    pub changed: Vec<Changed>,
}

/// A row on which two systems differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The row.
    pub row: String,
    /// Its gold labels.
    pub gold: Vec<String>,
    /// What the measured system said.
    pub ours: Vec<String>,
    /// What the other said.
    pub theirs: Vec<String>,
    /// Its text.
    pub text: String,
}

/// An estimator, what it costs, and how it compares with the first.
#[derive(Debug, Clone)]
pub struct EstimatorCost {
    /// Its name.
    pub name: String,
    /// Seconds to fit all tasks to all rows, counting the terms included.
    pub fit_s: f64,
    /// Microseconds a row to score, on one thread.
    pub score_us: f64,
    /// Bytes of the model file.
    pub model_bytes: u64,
    /// Its figures and the difference from the measured estimator.
    pub comparison: Comparison,
}

/// The figures of the rows with one value of a field.
#[derive(Debug, Clone)]
pub struct Slice {
    /// The field.
    pub field: String,
    /// The value; of `date` the year.
    pub value: String,
    /// The task.
    pub task: String,
    /// Rows.
    pub n_samples: u64,
    /// Articles.
    pub n_articles: u64,
    /// Mean F1 over the labels that occur in these rows, gold or predicted.
    pub macro_f1: Figure,
    /// The share answered exactly.
    pub exact_match: Figure,
}

/// The figures when trained on a part of the articles.
#[derive(Debug, Clone)]
pub struct CurvePoint {
    /// The share of the articles of each split that was trained on.
    pub share: f64,
    /// Rows trained on, the mean over splits.
    pub n_rows: u64,
    /// The task.
    pub task: String,
    /// Mean F1 over labels.
    pub macro_f1: Figure,
    /// The share answered exactly.
    pub exact_match: Figure,
}

/// A mistake, and why it was made.
#[derive(Debug, Clone)]
pub struct Mistake {
    /// The task.
    pub task: String,
    /// The label that was given wrongly, or missed.
    pub label: String,
    /// Whether it is gold and was not given; else it was given and is not gold.
    pub missed: bool,
    /// The probability of the label.
    pub probability: f32,
    /// The row.
    pub row: String,
    /// Its gold labels.
    pub gold: Vec<String>,
    /// What was given.
    pub given: Vec<String>,
    /// Its text.
    pub text: String,
    /// The label's decision value taken apart.
    pub explanation: Explanation,
}
