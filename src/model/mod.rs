//! What is fitted and saved.
//!
//! Owns [`Model`]: for each [`Task`] the text options, the fitted vectorizer, the linear
//! weights and the thresholds; the gate; and where it all came from. A model is immutable.
//! [`file`](mod@file) reads and writes it, [`examples`] keeps the rows it learned from, [`scorer`] freezes it into a table for reading; predicting with it is [`predict`](crate::predict)'s.

pub mod codebook;
pub mod cuts;
pub mod errors;
pub mod examples;
pub mod file;
pub mod linear;
pub mod options;
pub mod provenance;
pub mod scorer;
pub mod task;
mod terms;

pub use codebook::Codebook;
pub use cuts::{CutStep, Cuts, LearnedOn, N_STARTS, confidence};
pub use errors::{Confusion, ErrorSource, MeasuredBy, TaskErrors};
pub use linear::LinearModel;
pub use options::{ClassWeight, Estimator, Scaling, TaskOptions};
pub use provenance::{CrossValidated, Provenance};
pub use scorer::Scorer;
pub use task::{Form, ParseFormError, Task};

use crate::error::{Error, Result};
use crate::features::Tfidf;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

/// A task and all that answers it.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskModel {
    /// The name, form and labels.
    pub task: Task,
    /// How it was fitted; its text options are how texts are read.
    pub options: TaskOptions,
    /// Terms and their idf.
    pub tfidf: Tfidf,
    /// Weights `[n_features, n_labels]`.
    pub linear: LinearModel,
    /// For a multi task, the probability from which each label is given; empty for a single one.
    pub thresholds: Vec<f32>,
    /// The rows on which the probabilities were fitted again after training, if they were.
    pub calibrated_on: Option<LearnedOn>,
    /// Where answers are withheld for the sake of a largest error.
    pub cuts: Option<Cuts>,
    /// How often which label was taken for which.
    pub errors: Option<TaskErrors>,
}

impl TaskModel {
    fn check(&self) -> Result<()> {
        if let Some(cuts) = &self.cuts {
            cuts.check()?;
        }
        if let Some(errors) = &self.errors {
            errors.check(&self.task)?;
        }
        let n_labels = self.task.labels.len();
        let n_thresholds = match self.task.form {
            Form::Single => 0,
            Form::Multi => n_labels,
        };
        let fits = self.linear.n_labels() == n_labels
            && self.linear.n_features() == self.tfidf.vocabulary().len()
            && self.thresholds.len() == n_thresholds;
        if !fits {
            return Err(Error::model(format!(
                "the parts of task `{}` do not fit together",
                self.task.name
            )));
        }
        if self.thresholds.iter().any(|t| !(0.0..=1.0).contains(t)) {
            return Err(Error::model("a threshold is not a probability"));
        }
        if !self.task.labels.is_sorted_by(|a, b| a < b) {
            return Err(Error::model("labels are not sorted"));
        }
        self.options.text.check()
    }
}

/// The task and label that a paragraph must have for the other tasks to be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// A single task of the model.
    pub task: String,
    /// One of its labels.
    pub label: String,
}

impl Gate {
    /// The gate that `tasks` imply: a single task `kind` with a label `body`.
    pub fn of(tasks: &[Task]) -> Option<Self> {
        let kind = tasks
            .iter()
            .find(|t| t.name == "kind" && t.form == Form::Single)?;
        kind.labels.iter().any(|l| l == "body").then(|| Gate {
            task: "kind".to_owned(),
            label: "body".to_owned(),
        })
    }
}

/// A fitted model; immutable and shared by threads.
#[derive(Debug)]
pub struct Model {
    tasks: Vec<TaskModel>,
    gate: Option<Gate>,
    provenance: Provenance,
    codebook: Option<Codebook>,
    names: Arc<Vec<Task>>,
    scorer: OnceLock<Scorer>,
}

impl PartialEq for Model {
    fn eq(&self, other: &Self) -> bool {
        self.tasks == other.tasks
            && self.gate == other.gate
            && self.provenance == other.provenance
            && self.codebook == other.codebook
    }
}

impl Model {
    /// A model from its parts.
    ///
    /// # Errors
    /// A model error when there is no task, a name repeats, or parts do not fit together.
    pub fn new(
        tasks: Vec<TaskModel>,
        provenance: Provenance,
        codebook: Option<Codebook>,
    ) -> Result<Self> {
        if tasks.is_empty() {
            return Err(Error::model("there is no task in the model"));
        }
        for (i, task) in tasks.iter().enumerate() {
            task.check()?;
            if tasks[..i].iter().any(|t| t.task.name == task.task.name) {
                return Err(Error::model(format!(
                    "task `{}` stands twice",
                    task.task.name
                )));
            }
        }
        let names: Vec<Task> = tasks.iter().map(|t| t.task.clone()).collect();
        Ok(Model {
            gate: Gate::of(&names),
            names: Arc::new(names),
            tasks,
            provenance,
            codebook,
            scorer: OnceLock::new(),
        })
    }

    /// The tasks, in the order in which they are printed.
    pub fn tasks(&self) -> &[TaskModel] {
        &self.tasks
    }

    /// The task of this name.
    pub fn task(&self, name: &str) -> Option<&TaskModel> {
        self.tasks.iter().find(|t| t.task.name == name)
    }

    /// What a paragraph must be for the other tasks to be answered.
    pub fn gate(&self) -> Option<&Gate> {
        self.gate.as_ref()
    }

    /// The gate's task and label, by index.
    pub fn gate_at(&self) -> Option<(usize, u32)> {
        let gate = self.gate.as_ref()?;
        let task = self.names.iter().position(|task| task.name == gate.task)?;
        let label = self.names[task].labels.binary_search(&gate.label).ok()?;
        Some((task, label as u32))
    }

    /// Where the model came from.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The definitions of the labels.
    pub fn codebook(&self) -> Option<&Codebook> {
        self.codebook.as_ref()
    }

    /// The tasks' weights frozen into one table, on first use.
    pub fn scorer(&self) -> &Scorer {
        self.scorer.get_or_init(|| Scorer::new(&self.tasks))
    }

    /// The names, forms and labels of the tasks, in the order in which they are printed.
    pub fn task_names(&self) -> &Arc<Vec<Task>> {
        &self.names
    }
}
