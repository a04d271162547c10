//! What is measured.
//!
//! Owns [`Measures`], made of a model's tasks as data: the share of paragraphs with each label, and the index between two
//! poles; and the sums of one document, in whole numbers, so that they add up to the same in any order.

use super::contrast::Words;
use crate::error::{Error, Result};
use crate::ingest::Document;
use crate::model::{Form, Model, Task};
use crate::predict::{Classifier, LabelParams, Poles};
use crate::text::normalize::MAX_WORD_BYTES;
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The steps of an index of 1: it is summed in whole steps.
pub(super) const INDEX_STEPS: f64 = 65536.0;

/// The places of the counts of paragraphs in a row of sums: body, and those within the topic.
pub(super) const BODY: usize = 0;
const WITHIN: usize = 1;
pub(super) const FIRST_MEASURE: usize = 2;

/// One thing that is measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measure {
    /// What it is called: the label, or the task of an index with the word index.
    pub name: String,
    /// The task.
    pub task: String,
    /// The label whose share it is; none for an index.
    pub label: Option<String>,
    /// The label to whose paragraphs it is kept.
    pub within: Option<String>,
    /// The place of the paragraphs that it is a share or mean of.
    #[serde(skip)]
    pub(super) of: usize,
    #[serde(skip)]
    pub(super) at: Source,
}

/// Where a measure comes from, by index into the model's tasks and their labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Source {
    Share {
        task: usize,
        label: usize,
    },
    Index {
        task: usize,
        positive: usize,
        negative: usize,
    },
}

/// All that is measured.
#[derive(Debug, Clone)]
pub struct Measures {
    /// Each of them.
    pub list: Vec<Measure>,
    /// The model's tasks.
    pub(super) tasks: Vec<Task>,
    topic: Option<(usize, u32)>,
}

/// The sums of one document.
#[derive(Debug, Clone)]
pub struct DocumentSums {
    /// A hash of its article: the row's `article`, or else its id and text.
    pub article: u64,
    /// When it was published.
    pub date: Option<jiff::civil::Date>,
    /// A hash of its source, if it names one.
    pub source: Option<u64>,
    /// The value of the field by which it is split.
    pub group: Option<String>,
    /// Whether it is a later part of a long text.
    pub is_later_part: bool,
    /// Paragraphs that are no body.
    pub set_aside: u64,
    /// Body paragraphs, those within the topic, then the sum of each measure.
    pub(super) sums: Vec<i64>,
}

impl Measures {
    /// The measures of a model: the share of every label of every task but the gate's, and the index of `poles`. With a
    /// `topic`, the share of that label, and what the single tasks say within its paragraphs.
    ///
    /// # Errors
    /// When no task has the label, or poles that were named are not the model's.
    pub fn new(model: &Model, poles: Option<&Poles>, topic: Option<&str>) -> Result<Self> {
        let gate = model.gate().map(|gate| gate.task.as_str());
        Measures::of_tasks(model.task_names().to_vec(), gate, poles, topic)
    }

    /// The measures of these tasks, whatever labels them; `gate` names the one that has none of its own.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_tasks(
        tasks: Vec<Task>,
        gate: Option<&str>,
        poles: Option<&Poles>,
        topic: Option<&str>,
    ) -> Result<Self> {
        let open = |task: &Task| Some(task.name.as_str()) != gate;
        let topic = topic.map(|label| find(&tasks, &open, label)).transpose()?;
        let of = if topic.is_some() { WITHIN } else { BODY };
        let within = topic.map(|(task, label)| tasks[task].labels[label as usize].clone());
        let mut list = Vec::new();
        for (t, task) in tasks.iter().enumerate().filter(|(_, task)| open(task)) {
            for (l, label) in task.labels.iter().enumerate() {
                let is_topic = topic == Some((t, l as u32));
                let is_own_task = topic.is_some_and(|(own, _)| own == t);
                if topic.is_some() && !is_topic && (is_own_task || task.form == Form::Multi) {
                    continue;
                }
                list.push(Measure {
                    name: label.clone(),
                    task: task.name.clone(),
                    label: Some(label.clone()),
                    within: within.clone().filter(|_| !is_topic),
                    of: if is_topic { BODY } else { of },
                    at: Source::Share { task: t, label: l },
                });
            }
        }
        if let Some(poles) = poles {
            poles.check(&tasks)?;
            let at = poles.at(&tasks);
            let (task, positive, negative) = at.expect("the tasks were checked to have them");
            list.push(Measure {
                name: format!("{} index", poles.task),
                task: poles.task.clone(),
                label: None,
                within,
                of,
                at: Source::Index {
                    task,
                    positive,
                    negative,
                },
            });
        }
        Ok(Measures { list, tasks, topic })
    }

    pub(super) fn width(&self) -> usize {
        FIRST_MEASURE + self.list.len()
    }

    /// The sums of a document, which `split` parts by a field.
    pub fn sums(
        &self,
        classifier: &mut Classifier<'_>,
        document: &Document,
        split: Option<&str>,
    ) -> DocumentSums {
        self.sum(classifier, document, split, &mut |_| ())
    }

    /// The same, and the words of the paragraphs that are measured, in small letters.
    pub fn sums_and_words(
        &self,
        classifier: &mut Classifier<'_>,
        document: &Document,
        words: &mut Words,
    ) -> DocumentSums {
        self.sum(classifier, document, None, &mut |text| {
            let all = text.unicode_words().map(str::to_lowercase);
            for word in all.filter(|w| w.len() <= MAX_WORD_BYTES) {
                *words.entry(word).or_default() += 1;
            }
        })
    }

    /// The sums of a document that something else labelled: of each body paragraph the labels given for each task, by
    /// index. They are taken for certain: the index of a paragraph is 1, 0 or −1. `article` is a hash of its article.
    pub fn sums_of_labels(
        &self,
        article: u64,
        date: Option<jiff::civil::Date>,
        paragraphs: &[Vec<Vec<u32>>],
    ) -> DocumentSums {
        let mut sums = vec![0i64; self.width()];
        for given in paragraphs {
            let has = |task: usize, label: u32| given[task].contains(&label);
            let index = |task, positive, negative| {
                let certain = |label: usize| f64::from(u8::from(has(task, label as u32)));
                certain(positive) - certain(negative)
            };
            self.add_paragraph(&mut sums, has, index);
        }
        DocumentSums {
            article,
            date,
            source: None,
            group: None,
            is_later_part: false,
            set_aside: 0,
            sums,
        }
    }

    /// Adds a body paragraph, and says whether it is one of those that are measured. `has` says whether a label of a task
    /// was given; `index` what the index of a task between two of its labels is.
    fn add_paragraph(
        &self,
        sums: &mut [i64],
        has: impl Fn(usize, u32) -> bool,
        index: impl Fn(usize, usize, usize) -> f64,
    ) -> bool {
        sums[BODY] += 1;
        let is_within = self.topic.is_none_or(|(task, label)| has(task, label));
        sums[WITHIN] += i64::from(is_within);
        for (sum, measure) in sums[FIRST_MEASURE..].iter_mut().zip(&self.list) {
            if measure.of == WITHIN && !is_within {
                continue;
            }
            *sum += match measure.at {
                Source::Share { task, label } => i64::from(has(task, label as u32)),
                Source::Index {
                    task,
                    positive,
                    negative,
                } => (index(task, positive, negative) * INDEX_STEPS).round() as i64,
            };
        }
        is_within
    }

    fn sum(
        &self,
        classifier: &mut Classifier<'_>,
        document: &Document,
        split: Option<&str>,
        each_text: &mut dyn FnMut(&str),
    ) -> DocumentSums {
        let mut sums = vec![0i64; self.width()];
        let mut set_aside = 0;
        classifier.label_each(document, &LabelParams::default(), |classifier, view| {
            let scores = classifier.latest();
            if scores.gate_shut() {
                set_aside += 1;
                return;
            }
            let has = |task: usize, label: u32| scores.given(task).contains(&label);
            let index = |task, positive, negative| {
                let p: &[f32] = scores.probabilities(classifier.lanes(task));
                f64::from(p[positive] - p[negative])
            };
            if self.add_paragraph(&mut sums, has, index) {
                each_text(&view.text);
            }
        });
        let group = split.map(|field| document.fields.get_text(field).unwrap_or_default());
        DocumentSums {
            article: article(document),
            date: document.date,
            source: (document.source.as_ref())
                .map(|source| xxh3_64_with_seed(source.as_bytes(), 3)),
            group,
            is_later_part: document.continues.is_some(),
            set_aside,
            sums,
        }
    }
}

/// The task and label that `name` names: a label, or `TASK.LABEL`.
fn find(tasks: &[Task], open: &impl Fn(&Task) -> bool, name: &str) -> Result<(usize, u32)> {
    let candidates = || {
        let tasks = tasks.iter().enumerate().filter(|(_, task)| open(task));
        tasks.flat_map(|(t, task)| {
            task.labels
                .iter()
                .enumerate()
                .map(move |(l, label)| (t, task, l, label))
        })
    };
    let mut named = candidates()
        .filter(|(_, task, _, label)| *label == name || format!("{}.{label}", task.name) == name);
    match (named.next(), named.next()) {
        (Some((t, _, l, _)), None) => Ok((t, l as u32)),
        (Some(_), Some(_)) => {
            Err(Error::usage(format!("several tasks have a label `{name}`"))
                .mend("write TASK.LABEL"))
        }
        (None, _) => {
            let known: Vec<&str> = candidates()
                .map(|(_, _, _, label)| label.as_str())
                .collect();
            Err(Error::usage(format!("the model has no label `{name}`"))
                .mend(format!("its labels are {}", known.join(", "))))
        }
    }
}

/// A hash of the article that a document is of. Paths are no part of it, so that figures do not depend on them.
fn article(document: &Document) -> u64 {
    if let Some(article) = &document.article {
        return xxh3_64_with_seed(article.as_bytes(), 1);
    }
    let id = document.id.as_deref().unwrap_or_default();
    xxh3_64_with_seed(
        document.text.as_bytes(),
        xxh3_64_with_seed(id.as_bytes(), 2),
    )
}
