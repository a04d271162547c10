//! Answers the tasks of a model for a text.
//!
//! Owns [`Prediction`] and the [`Classifier`] that makes it: decision values by the model's frozen table →
//! probabilities → labels, then the gate. [`explain`] takes a decision value
//! apart again, [`counterfactual`] finds the words that an answer hangs on, [`neighbours`] the training
//! rows that are nearest, [`batch`] what documents have in common, [`signs`] tells where the blocks of a page stand. A prediction depends on the text and its signs alone.

pub mod article;
pub mod batch;
pub mod counterfactual;
pub mod detail;
pub mod document;
pub mod explain;
pub mod neighbours;
pub mod signs;
mod watch;
mod withhold;

pub use article::{Article, Articles, Poles, RollupParams};
pub use batch::{Batch, ClusterId, Stories, Survey, Surveyed};
pub use counterfactual::{Counterfactual, MOST_WORDS, Threshold, without_words};
pub use detail::{DetailedArticle, DetailedParagraph};
pub use document::{LabelParams, LabelledDocument, LabelledParagraph, ParagraphView, Reason, Unit};
pub use explain::{Contribution, Explanation, WordValue};
pub use neighbours::{NearestRows, Neighbour, Neighbours};

use crate::error::Result;
use crate::ingest::{Problem, TimeCap};
use crate::model::linear::{largest, sigmoid, single_probabilities};
use crate::model::scorer::{Scorer, Scoring};
use crate::model::{Form, Model, Task};
use crate::text::Passage;
use std::ops::Range;
use std::sync::Arc;
use watch::Watch;

/// What a model says of one task of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskPrediction {
    /// The labels given, by index into the task's labels, ascending: one for a single task, any
    /// number for a multi one; none when the gate is shut.
    pub labels: Vec<u32>,
    /// A probability for each label, in 0..=1: of exclusive labels they sum to 1, those of a multi
    /// task are independent.
    pub probabilities: Vec<f32>,
    /// A decision value for each label.
    pub margins: Vec<f32>,
}

/// What a model says of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    names: Arc<Vec<Task>>,
    tasks: Vec<TaskPrediction>,
    gate_shut: bool,
    /// Whether each task's answer was withheld; empty where nothing was to be.
    withheld: Vec<bool>,
}

impl Prediction {
    /// Each task and what was said of it, in the model's order.
    pub fn tasks(&self) -> impl Iterator<Item = (&Task, &TaskPrediction)> {
        self.names.iter().zip(&self.tasks)
    }

    /// What was said of a task, by index into the model's.
    ///
    /// # Panics
    /// When the model has no such task.
    pub fn said(&self, task: usize) -> &TaskPrediction {
        &self.tasks[task]
    }

    /// What was said of the task of this name.
    pub fn task(&self, name: &str) -> Option<(&Task, &TaskPrediction)> {
        self.tasks().find(|(task, _)| task.name == name)
    }

    /// The labels given for a task; none for a task that the model does not have.
    pub fn labels(&self, task: &str) -> Vec<&str> {
        let Some((task, said)) = self.task(task) else {
            return Vec::new();
        };
        let name = |label: &u32| task.labels[*label as usize].as_str();
        said.labels.iter().map(name).collect()
    }

    /// The label given for a single task; none when the gate is shut.
    pub fn label(&self, task: &str) -> Option<&str> {
        self.labels(task).first().copied()
    }

    /// The probability of a label of a task.
    pub fn probability(&self, task: &str, label: &str) -> Option<f32> {
        let (task, said) = self.task(task)?;
        let label = task.labels.iter().position(|l| l == label)?;
        Some(said.probabilities[label])
    }

    /// Whether the paragraph is not what the other tasks are about (boilerplate), so that they
    /// give no label, or in a language in which no task gives any.
    pub fn gate_shut(&self) -> bool {
        self.gate_shut
    }
}

/// What a model says of a text, in buffers that are used again for the next: what [`Prediction`] is made of.
#[derive(Debug, Clone, Default)]
pub struct Scores {
    /// Decision values, `[n_lanes]`: those of the labels of the first task, then of the second, ….
    margins: Vec<f32>,
    /// A probability for each of them.
    probabilities: Vec<f32>,
    /// The labels given, by index into their task's, task by task.
    given: Vec<u32>,
    /// Where each task's labels end in `given`.
    given_ends: Vec<usize>,
    gate_shut: bool,
    /// Whether each task's answer was withheld; empty where nothing was to be.
    withheld: Vec<bool>,
}

impl Scores {
    /// The probabilities of a task's labels; `lanes` are the task's in the model's [`Scorer`].
    pub fn probabilities(&self, lanes: Range<usize>) -> &[f32] {
        &self.probabilities[lanes]
    }

    /// The decision values of a task's labels.
    pub fn margins(&self, lanes: Range<usize>) -> &[f32] {
        &self.margins[lanes]
    }

    /// The labels given for a task, by index into the task's labels, ascending.
    pub fn given(&self, task: usize) -> &[u32] {
        let start = match task {
            0 => 0,
            n => self.given_ends[n - 1],
        };
        &self.given[start..self.given_ends[task]]
    }

    /// Whether the gate is shut: see [`Prediction::gate_shut`].
    pub fn gate_shut(&self) -> bool {
        self.gate_shut
    }

    /// Whether each task's answer was withheld; empty where nothing was to be.
    pub fn withheld(&self) -> &[bool] {
        &self.withheld
    }
}

/// A model and the buffers of one thread: classifies text after text without allocating anew.
#[derive(Debug)]
pub struct Classifier<'m> {
    model: &'m Model,
    scorer: &'m Scorer,
    /// The gate's task and label.
    gate: Option<(usize, u32)>,
    scoring: Scoring,
    scores: Scores,
    watch: Watch,
}

impl<'m> Classifier<'m> {
    fn new(model: &'m Model) -> Self {
        let scorer = model.scorer();
        let zeros = vec![0.0; scorer.n_lanes()];
        Classifier {
            model,
            scorer,
            gate: model.gate_at(),
            scoring: scorer.scoring(),
            scores: Scores {
                margins: zeros.clone(),
                probabilities: zeros,
                ..Scores::default()
            },
            watch: Watch::default(),
        }
    }

    /// Sets how long labelling one document may take; without a cap it takes what it takes.
    pub fn set_time_cap(&mut self, cap: Option<TimeCap>) {
        self.watch.set(cap);
    }

    /// What to tell of the latest document, where it took longer than it may: what is missing of it.
    pub fn take_broken_off(&mut self) -> Option<Problem> {
        self.watch.take()
    }

    /// Scores one paragraph, whatever its length, without allocating once the buffers have their size.
    pub fn score<'t>(&mut self, passage: impl Into<Passage<'t>>) -> &Scores {
        self.decide(passage.into(), true, None);
        &self.scores
    }

    /// Scores a text whose place says that the gate is open: the title of an article is body, and no
    /// words of it make it a caption. The gate's task keeps its probabilities.
    pub fn score_open<'t>(&mut self, passage: impl Into<Passage<'t>>) -> &Scores {
        self.decide(passage.into(), true, self.gate);
        &self.scores
    }

    /// Classifies one paragraph.
    pub fn classify<'t>(&mut self, passage: impl Into<Passage<'t>>) -> Prediction {
        self.score(passage);
        self.prediction()
    }

    /// Classifies a text whose place says that the gate is open, as [`score_open`](Self::score_open).
    pub fn classify_open<'t>(&mut self, passage: impl Into<Passage<'t>>) -> Prediction {
        self.score_open(passage);
        self.prediction()
    }

    /// The answers of each task, whatever the gate says.
    pub fn classify_ungated<'t>(&mut self, passage: impl Into<Passage<'t>>) -> Vec<TaskPrediction> {
        self.decide(passage.into(), false, None);
        self.prediction().tasks
    }

    /// The lanes of a task's labels in the scores.
    pub fn lanes(&self, task: usize) -> Range<usize> {
        self.scorer.lanes(task)
    }

    /// The latest scores.
    pub fn latest(&self) -> &Scores {
        &self.scores
    }

    /// The latest scores as a prediction that owns what it says.
    pub fn prediction(&self) -> Prediction {
        let scores = &self.scores;
        let tasks = (0..self.model.tasks().len()).map(|task| {
            let lanes = self.scorer.lanes(task);
            TaskPrediction {
                labels: scores.given(task).to_vec(),
                probabilities: scores.probabilities(lanes.clone()).to_vec(),
                margins: scores.margins(lanes).to_vec(),
            }
        });
        Prediction {
            tasks: tasks.collect(),
            names: self.model.task_names().clone(),
            gate_shut: scores.gate_shut,
            withheld: scores.withheld.clone(),
        }
    }

    /// Scores a text and decides which labels are given. `known` gives the gate's task another label than
    /// the text does.
    fn decide(&mut self, passage: Passage<'_>, gated: bool, known: Option<(usize, u32)>) {
        let scores = &mut self.scores;
        (self.scorer).score(passage, &mut self.scoring, &mut scores.margins);
        scores.probabilities.copy_from_slice(&scores.margins);
        scores.given.clear();
        scores.given_ends.clear();
        scores.withheld.clear();
        for (i, task) in self.model.tasks().iter().enumerate() {
            let lanes = self.scorer.lanes(i);
            let probabilities = &mut scores.probabilities[lanes];
            let start = scores.given.len();
            decide_into(
                task.task.form,
                &task.thresholds,
                probabilities,
                &mut scores.given,
            );
            if let Some((_, label)) = known.filter(|(gate, _)| *gate == i) {
                scores.given.truncate(start);
                scores.given.push(label);
            }
            scores.given_ends.push(scores.given.len());
        }
        scores.gate_shut = false;
        if let Some((gate, open)) = self.gate.filter(|_| gated)
            && scores.given(gate) != [open]
        {
            scores.shut_gate(gate);
        }
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.model
    }
}

impl Classifier<'_> {
    /// Takes all labels of the latest scores back: the text is in a language that the model knows nothing of.
    fn leave_unlabelled(&mut self, withholding: bool) {
        self.scores.gate_shut = true;
        self.scores.keep(|_| false);
        let flags = if withholding {
            self.model.tasks().len()
        } else {
            0
        };
        self.scores.withheld = vec![false; flags];
    }
}

impl Scores {
    /// Takes the labels of all tasks but the gate's back.
    fn shut_gate(&mut self, gate: usize) {
        self.gate_shut = true;
        self.keep(|task| task == gate);
    }

    /// Takes the labels of the tasks that are not `kept` back.
    fn keep(&mut self, kept: impl Fn(usize) -> bool) {
        let (mut read, mut write) = (0, 0);
        for (task, end) in self.given_ends.iter_mut().enumerate() {
            let labels = read..*end;
            read = *end;
            if kept(task) {
                self.given.copy_within(labels.clone(), write);
                write += labels.len();
            }
            *end = write;
        }
        self.given.truncate(write);
    }
}

/// Labels and probabilities of decision values; `thresholds` are those of a multi task.
pub fn decide(form: Form, thresholds: &[f32], margins: Vec<f32>) -> TaskPrediction {
    let mut probabilities = margins.clone();
    let mut labels = Vec::new();
    decide_into(form, thresholds, &mut probabilities, &mut labels);
    TaskPrediction {
        labels,
        probabilities,
        margins,
    }
}

/// Turns decision values into probabilities, in place, and appends the labels that are given.
fn decide_into(form: Form, thresholds: &[f32], values: &mut [f32], labels: &mut Vec<u32>) {
    match form {
        Form::Single => {
            labels.extend(largest(values).map(|label| label as u32));
            single_probabilities(values);
        }
        Form::Multi => {
            for value in values.iter_mut() {
                *value = sigmoid(*value);
            }
            let passes = |label: &u32| values[*label as usize] >= thresholds[*label as usize];
            labels.extend((0..values.len() as u32).filter(passes));
        }
    }
}

impl Model {
    /// Classifies one paragraph. For many, [`classifier`](Self::classifier) keeps its buffers.
    ///
    /// ```
    /// # #[cfg(feature = "shipped-model")] {
    /// let model = demarche::Model::shipped()?;
    /// let prediction = model.classify(
    ///     "Beijing condemned the new American tariffs and vowed to retaliate against U.S. farm goods.",
    /// );
    /// assert_eq!(prediction.labels("topics"), ["trade"]);
    /// assert_eq!(prediction.label("tone"), Some("confrontational"));
    /// # }
    /// # Ok::<(), demarche::Error>(())
    /// ```
    pub fn classify<'t>(&self, passage: impl Into<Passage<'t>>) -> Prediction {
        self.classifier().classify(passage)
    }

    /// A classifier for one thread.
    pub fn classifier(&self) -> Classifier<'_> {
        Classifier::new(self)
    }

    /// The model that comes with the crate, read once.
    ///
    /// # Errors
    /// When the crate was built without the feature `shipped-model`.
    pub fn shipped() -> Result<&'static Model> {
        #[cfg(feature = "shipped-model")]
        {
            static SHIPPED: std::sync::LazyLock<Model> = std::sync::LazyLock::new(|| {
                let bytes = include_bytes!("../../models/us-china.demarche");
                Model::from_bytes(bytes).expect("the embedded model is checked by a test")
            });
            Ok(&SHIPPED)
        }
        #[cfg(not(feature = "shipped-model"))]
        {
            Err(crate::Error::model("this build carries no model")
                .mend("name one with --model, or build with the feature `shipped-model`"))
        }
    }
}
