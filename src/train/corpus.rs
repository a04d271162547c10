//! The rows of a training run, read once.
//!
//! Owns [`Corpus`]: texts, articles and the gold labels of each task as indices, and the term
//! counts of every set of text options that was asked for.

use super::rows::{Gold, KindRule, Row, TaskSpec};
use super::split::number_articles;
use crate::error::{Error, Result};
use crate::features::TermCounts;
use crate::model::{Form, Task};
use crate::text::{Analyzer, TextParams};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

/// Labelled rows, ready to be fitted.
#[derive(Debug)]
pub struct Corpus<'r> {
    rows: &'r [Row],
    /// The article of each row, numbered from 0 in order of appearance.
    pub article: Vec<u32>,
    /// The tasks that any row has a label for.
    pub tasks: Vec<TaskRows>,
    counts: Mutex<HashMap<TextParams, Arc<TermCounts>>>,
}

/// The labelled rows of one task.
#[derive(Debug, Clone)]
pub struct TaskRows {
    /// The task, its labels as seen in the rows.
    pub task: Task,
    /// The rows that carry a label of it, ascending.
    pub rows: Vec<u32>,
    /// The gold labels of each of them, as indices, ascending.
    pub gold: Vec<Vec<u32>>,
}

impl<'r> Corpus<'r> {
    /// Gathers the labels of the tasks `specs` from `rows`.
    ///
    /// # Errors
    /// When no row is labelled for any task, or a task has fewer than two labels (single) or
    /// none (multi).
    pub fn new(rows: &'r [Row], specs: &[TaskSpec]) -> Result<Self> {
        let mut tasks = Vec::new();
        for spec in specs {
            if let Some(task) = TaskRows::gather(rows, spec)? {
                tasks.push(task);
            }
        }
        if tasks.is_empty() {
            let names: Vec<String> = specs.iter().map(|s| format!("`{}`", s.name)).collect();
            return Err(Error::training(format!(
                "no row has a label: looked for the fields {}",
                names.join(", ")
            ))
            .mend("name yours with --task name:single or --task name:multi"));
        }
        Ok(Corpus {
            article: number_articles(rows.iter().map(|row| row.article.as_deref())),
            rows,
            tasks,
            counts: Mutex::default(),
        })
    }

    /// The rows.
    pub fn rows(&self) -> &'r [Row] {
        self.rows
    }

    /// The count of distinct articles.
    pub fn n_articles(&self) -> u64 {
        self.article
            .iter()
            .max()
            .map_or(0, |last| u64::from(*last) + 1)
    }

    /// The term counts of all rows under these text options, worked out once.
    ///
    /// # Errors
    /// As [`TextParams::check`].
    pub fn counts(&self, params: &TextParams) -> Result<Arc<TermCounts>> {
        if let Some(counts) = self.lock().get(params) {
            return Ok(counts.clone());
        }
        let analyzer = Analyzer::new(params.clone())?;
        let counts = Arc::new(TermCounts::of(self.rows, &analyzer));
        self.lock().insert(params.clone(), counts.clone());
        Ok(counts)
    }

    /// Forgets all term counts but those under these text options.
    pub fn keep_counts(&self, params: &TextParams) {
        self.lock().retain(|kept, _| kept == params);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TextParams, Arc<TermCounts>>> {
        self.counts
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// For each row, its labels over all tasks, numbered apart: what folds are balanced by.
    pub fn strata(&self) -> Vec<Vec<u32>> {
        let mut strata = vec![Vec::new(); self.rows.len()];
        let mut first = 0;
        for task in &self.tasks {
            for (row, gold) in task.rows.iter().zip(&task.gold) {
                strata[*row as usize].extend(gold.iter().map(|label| first + label));
            }
            first += task.task.labels.len() as u32;
        }
        strata
    }

    /// As [`rows_sha256`].
    pub fn sha256(&self) -> String {
        rows_sha256(self.rows)
    }
}

/// SHA-256 of the rows in order: of each its text, signs where it has some, article, kind and labels, every list with its
/// count and every string with its length before it, so that no two corpora read alike.
pub fn rows_sha256(rows: &[Row]) -> String {
    let mut hash = Sha256::new();
    let number = |hash: &mut Sha256, n: usize| hash.update((n as u64).to_le_bytes());
    let string = |hash: &mut Sha256, text: Option<&str>| {
        number(hash, usize::from(text.is_some()));
        let text = text.unwrap_or_default();
        number(hash, text.len());
        hash.update(text.as_bytes());
    };
    let rule = KindRule::of(rows);
    for row in rows {
        string(&mut hash, Some(&row.text));
        for sign in &row.signs {
            string(&mut hash, Some(sign.name()));
        }
        string(&mut hash, row.article.as_deref());
        string(&mut hash, row.kind.as_deref());
        let gold = (row.gold.keys()).filter_map(|t| Some((t, rule.gold(row, t)?)));
        let gold: Vec<(&String, &Gold)> = gold.collect();
        hash.update((gold.len() as u64).to_le_bytes());
        for (task, gold) in gold {
            string(&mut hash, Some(task));
            let labels = match gold {
                Gold::Single(label) => std::slice::from_ref(label),
                Gold::Multi(labels) => labels,
            };
            hash.update((labels.len() as u64).to_le_bytes());
            for label in labels {
                string(&mut hash, Some(label));
            }
        }
    }
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
impl TaskRows {
    /// The rows that carry a label of the task; none where no row does.
    fn gather(rows: &[Row], spec: &TaskSpec) -> Result<Option<Self>> {
        let rule = KindRule::of(rows);
        let golds = || rows.iter().filter_map(|row| rule.gold(row, &spec.name));
        if golds().next().is_none() {
            return Ok(None);
        }
        let mut labels = BTreeSet::new();
        for gold in golds() {
            match gold {
                Gold::Single(label) => drop(labels.insert(label.clone())),
                Gold::Multi(given) => labels.extend(given.iter().cloned()),
            }
        }
        let task = Task {
            name: spec.name.clone(),
            form: spec.form,
            labels: labels.into_iter().collect(),
        };
        let fewest = match task.form {
            Form::Single => 2,
            Form::Multi => 1,
        };
        if task.labels.len() < fewest {
            return Err(Error::training(format!(
                "task `{}` has {} label(s) in the rows, and needs {fewest} at least",
                task.name,
                task.labels.len()
            )));
        }
        let n_rows = golds().count();
        if n_rows >= 50 && task.labels.len() > n_rows / 2 {
            return Err(Error::training(format!(
                "task `{}` has {} labels on {n_rows} rows, as an id would",
                task.name,
                task.labels.len()
            ))
            .mend("name the field that holds the labels with --task"));
        }
        let mut task_rows = TaskRows {
            rows: Vec::new(),
            gold: Vec::new(),
            task,
        };
        for (i, row) in rows.iter().enumerate() {
            if let Some(gold) = rule.gold(row, &spec.name) {
                let (known, _) = label_indices(&task_rows.task, gold);
                task_rows.rows.push(i as u32);
                task_rows.gold.push(known);
            }
        }
        Ok(Some(task_rows))
    }
}

/// The indices of gold labels among a task's, ascending, and the labels that it does not have.
pub fn label_indices<'g>(task: &Task, gold: &'g Gold) -> (Vec<u32>, Vec<&'g str>) {
    let given: &[String] = match gold {
        Gold::Single(label) => std::slice::from_ref(label),
        Gold::Multi(labels) => labels,
    };
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for label in given {
        match task.labels.binary_search(label) {
            Ok(index) => known.push(index as u32),
            Err(_) => unknown.push(label.as_str()),
        }
    }
    known.sort_unstable();
    (known, unknown)
}
