//! Answers the tasks of a model for a text.
//!
//! Owns [`Prediction`] and the [`Classifier`] that makes it: terms → TF-IDF row → decision
//! values → probabilities → labels, then the gate. [`explain`] takes a decision value
//! apart again. A text's prediction depends on that text alone.

pub mod document;
pub mod explain;
mod withhold;

pub use document::{LabelParams, LabelledDocument, LabelledParagraph, Unit};
pub use explain::{Contribution, Explanation};

use crate::error::Result;
use crate::features::{TextCounts, Tfidf};
use crate::model::linear::{largest, sigmoid, single_probabilities};
use crate::model::{Form, Model, Task, TaskModel};
use crate::text::{Part, Scratch};
use std::sync::Arc;

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
    /// give no label.
    pub fn gate_shut(&self) -> bool {
        self.gate_shut
    }
}

/// A model and the buffers of one thread: classifies text after text without allocating anew.
#[derive(Debug)]
pub struct Classifier<'m> {
    model: &'m Model,
    scratches: Vec<Scratch>,
    /// Counts of the text in hand, a task each.
    counts: Vec<TextCounts>,
    /// Columns of the character n-grams of the words met so far, a task each.
    words: Vec<WordColumns>,
    row: Vec<(u32, f32)>,
}

/// The columns of the character n-grams of each word of a scratch's cache, looked up once a word.
#[derive(Debug, Clone, Default)]
struct WordColumns {
    generation: u32,
    /// By the word's number; none where it was not looked up yet.
    spans: Vec<Option<(u32, u32)>>,
    columns: Vec<u32>,
}

impl WordColumns {
    /// Forgets everything when the scratch has.
    fn keep_up_with(&mut self, scratch: &Scratch) {
        if self.generation != scratch.generation() {
            *self = WordColumns {
                generation: scratch.generation(),
                ..WordColumns::default()
            };
        }
    }

    fn columns(&mut self, word: u32, scratch: &Scratch, tfidf: &Tfidf) -> &[u32] {
        let at = word as usize;
        if at >= self.spans.len() {
            self.spans.resize(at + 1, None);
        }
        let (start, end) = *self.spans[at].get_or_insert_with(|| {
            let start = self.columns.len() as u32;
            let hashes = scratch.character_hashes(word);
            let known = hashes.filter_map(|hash| tfidf.vocabulary().column(hash));
            self.columns.extend(known);
            (start, self.columns.len() as u32)
        });
        &self.columns[start as usize..end as usize]
    }
}

impl<'m> Classifier<'m> {
    /// Classifies one paragraph, whatever its length.
    pub fn classify(&mut self, text: &str) -> Prediction {
        let tasks = self.classify_ungated(text);
        self.gated(tasks)
    }

    /// The answers of each task, whatever the gate says.
    pub fn classify_ungated(&mut self, text: &str) -> Vec<TaskPrediction> {
        for (at, analyzer) in self.model.analyzers().iter().enumerate() {
            let scratch = &mut self.scratches[at];
            analyzer.read(text, scratch);
            for (i, task) in self.model.tasks().iter().enumerate() {
                if self.model.analyzer_of(i) == at {
                    let (counts, words) = (&mut self.counts[i], &mut self.words[i]);
                    words.keep_up_with(scratch);
                    scratch.visit_parts(analyzer.params(), |part| match part {
                        Part::Term(hash) => counts.add(&task.tfidf, hash),
                        Part::CharactersOf(word) => {
                            for column in words.columns(word, scratch, &task.tfidf) {
                                counts.add_column(*column);
                            }
                        }
                    });
                }
            }
        }
        (self.model.tasks().iter().zip(&mut self.counts))
            .map(|(task, counts)| {
                task.tfidf.transform(counts, &mut self.row);
                answer(task, &self.row)
            })
            .collect()
    }

    /// Classifies a text whose place says that the gate is open: the title of an article is body, and no
    /// words of it make it a caption. The gate's task keeps its probabilities.
    pub fn classify_open(&mut self, text: &str) -> Prediction {
        let mut tasks = self.classify_ungated(text);
        let names = self.model.task_names();
        if let Some(gate) = self.model.gate()
            && let Some(at) = names.iter().position(|task| task.name == gate.task)
            && let Ok(open) = names[at].labels.binary_search(&gate.label)
        {
            tasks[at].labels = vec![open as u32];
        }
        self.gated(tasks)
    }

    /// Takes the labels back where the gate is shut.
    fn gated(&self, mut tasks: Vec<TaskPrediction>) -> Prediction {
        let names = self.model.task_names();
        let mut gate_shut = false;
        if let Some(gate) = self.model.gate() {
            let at = names.iter().position(|task| task.name == gate.task);
            let at = at.expect("the gate is a task of the model");
            let given = tasks[at].labels.first().copied().unwrap_or_default();
            gate_shut = names[at].labels[given as usize] != gate.label;
            if gate_shut {
                for (i, task) in tasks.iter_mut().enumerate() {
                    if i != at {
                        task.labels.clear();
                    }
                }
            }
        }
        Prediction {
            names: names.clone(),
            tasks,
            gate_shut,
            withheld: Vec::new(),
        }
    }

    /// The model.
    pub fn model(&self) -> &'m Model {
        self.model
    }
}

/// Answers a task for a TF-IDF row.
pub(crate) fn answer(task: &TaskModel, row: &[(u32, f32)]) -> TaskPrediction {
    let mut margins = Vec::new();
    task.linear
        .decision_function(row.iter().copied(), &mut margins);
    decide(task.task.form, &task.thresholds, margins)
}

/// Labels and probabilities of decision values; `thresholds` are those of a multi task.
pub fn decide(form: Form, thresholds: &[f32], margins: Vec<f32>) -> TaskPrediction {
    let mut probabilities = margins.clone();
    let labels = match form {
        Form::Single => {
            single_probabilities(&mut probabilities);
            largest(&margins)
                .map(|label| label as u32)
                .into_iter()
                .collect()
        }
        Form::Multi => {
            for probability in &mut probabilities {
                *probability = sigmoid(*probability);
            }
            let passes = |label: &u32| {
                let label = *label as usize;
                probabilities[label] >= thresholds[label]
            };
            (0..margins.len() as u32).filter(passes).collect()
        }
    };
    TaskPrediction {
        labels,
        probabilities,
        margins,
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
    pub fn classify(&self, text: &str) -> Prediction {
        self.classifier().classify(text)
    }

    /// A classifier for one thread.
    pub fn classifier(&self) -> Classifier<'_> {
        Classifier {
            model: self,
            scratches: self
                .analyzers()
                .iter()
                .map(|_| Scratch::default())
                .collect(),
            counts: self.tasks().iter().map(|t| t.tfidf.text_counts()).collect(),
            words: vec![WordColumns::default(); self.tasks().len()],
            row: Vec::new(),
        }
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
