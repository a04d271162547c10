//! Rolls the paragraphs of an article up.
//!
//! Owns [`Article`]: which share of an article each label has, by words, and where it stands between two
//! opposite labels, as a whole and in the paragraphs of each label. An article is made of sums, so it takes
//! no more memory than one paragraph for each label, and two parts of it add up.

use super::{Classifier, ClusterId, LabelParams, ParagraphView};
use crate::error::{Error, Result};
use crate::evaluate::Moments;
use crate::ingest::{Document, Fields};
use crate::model::{Form, Model, Task};
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

/// Opposite labels that are taken for [`Poles`] where the user names none: the positive one first.
const OPPOSITES: [(&str, &str); 2] = [
    ("conciliatory", "confrontational"),
    ("positive", "negative"),
];

/// Two opposite labels of a single task. The index of a paragraph is P(positive) - P(negative), in -1..=1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poles {
    /// The task.
    pub task: String,
    /// The label at 1.
    pub positive: String,
    /// The label at -1.
    pub negative: String,
}

impl Poles {
    /// The poles among these tasks: the first single task that has both labels of a known pair.
    pub fn find(tasks: &[Task]) -> Option<Poles> {
        let single = tasks.iter().filter(|task| task.form == Form::Single);
        let mut pairs = single.flat_map(|task| OPPOSITES.map(|pair| (task, pair)));
        let has = |task: &Task, label: &str| task.labels.iter().any(|l| l == label);
        let (task, (positive, negative)) =
            pairs.find(|(task, pair)| has(task, pair.0) && has(task, pair.1))?;
        Some(Poles {
            task: task.name.clone(),
            positive: positive.to_owned(),
            negative: negative.to_owned(),
        })
    }

    /// Those that the user names, or else those [found](Self::find) among the tasks.
    pub fn given_or_found(given: Option<&Poles>, tasks: &[Task]) -> Option<Poles> {
        given.cloned().or_else(|| Poles::find(tasks))
    }

    /// Checks that the tasks have these labels.
    ///
    /// # Errors
    /// Where there is no such single task, or it lacks a label.
    pub fn check(&self, tasks: &[Task]) -> Result<()> {
        let names = |names: Vec<&str>| names.join(", ");
        let Some(task) = tasks.iter().find(|task| task.name == self.task) else {
            let known = names(tasks.iter().map(|task| task.name.as_str()).collect());
            let message = format!("the model has no task `{}`", self.task);
            return Err(Error::usage(message).mend(format!("its tasks are {known}")));
        };
        if task.form == Form::Multi {
            let message = format!(
                "the labels of task `{}` do not exclude each other",
                task.name
            );
            return Err(Error::usage(message).mend("poles are labels of a single task"));
        }
        for label in [&self.positive, &self.negative] {
            if !task.labels.contains(label) {
                let known = names(task.labels.iter().map(String::as_str).collect());
                let message = format!("task `{}` has no label `{label}`", task.name);
                return Err(Error::usage(message).mend(format!("its labels are {known}")));
            }
        }
        Ok(())
    }

    /// The task and the labels as indices.
    pub(crate) fn at(&self, tasks: &[Task]) -> Option<(usize, usize, usize)> {
        let task = tasks.iter().position(|task| task.name == self.task)?;
        let label = |name: &String| tasks[task].labels.iter().position(|l| l == name);
        Some((task, label(&self.positive)?, label(&self.negative)?))
    }
}

impl fmt::Display for Poles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}:{}", self.task, self.positive, self.negative)
    }
}

impl FromStr for Poles {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('=').and_then(|(task, labels)| {
            let (positive, negative) = labels.split_once(':')?;
            Some([task, positive, negative].map(str::trim))
        });
        let named = parts.filter(|[task, positive, negative]| {
            ![task, positive, negative]
                .iter()
                .any(|part| part.is_empty())
                && positive != negative
        });
        let [task, positive, negative] =
            named.map(|parts| parts.map(str::to_owned)).ok_or_else(|| {
                Error::usage(format!("`{text}` names no two poles"))
                    .mend("write TASK=POSITIVE:NEGATIVE, such as stance=for:against")
            })?;
        Ok(Poles {
            task,
            positive,
            negative,
        })
    }
}

/// A paragraph that an article's figure can be traced to.
#[derive(Debug, Clone, PartialEq)]
pub struct Telling {
    /// What its document is called.
    pub doc: String,
    /// Its number within the document, from 0.
    pub paragraph: usize,
    /// Byte offset of its first byte in the document's decoded text.
    pub start: usize,
    /// Byte offset one past its last byte.
    pub end: usize,
    /// Its text, white space folded.
    pub text: Arc<str>,
    /// What it was chosen by: the probability of a label, or the paragraph's index.
    pub value: f32,
}

/// A number of paragraphs and their words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// How many paragraphs.
    pub paragraphs: u64,
    /// Their words: what white space parts.
    pub words: u64,
}

impl Amount {
    fn add(&mut self, other: Amount) {
        self.paragraphs += other.paragraphs;
        self.words += other.words;
    }

    /// Its share of the words of `whole`, in 0..=1; none of nothing.
    pub fn share(&self, whole: Amount) -> Option<f64> {
        (whole.words > 0).then(|| self.words as f64 / whole.words as f64)
    }
}

/// The index of some paragraphs, and those farthest to each side.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IndexSums {
    /// The paragraphs' indices; the mean is the article's.
    pub moments: Moments,
    /// The paragraph farthest to the positive side, the first of equals.
    pub highest: Option<Telling>,
    /// The paragraph farthest to the negative side.
    pub lowest: Option<Telling>,
}

impl IndexSums {
    /// The paragraph farthest to the side on which the mean is.
    pub fn telling(&self) -> Option<&Telling> {
        match self.moments.mean()? < 0.0 {
            true => self.lowest.as_ref(),
            false => self.highest.as_ref(),
        }
    }

    fn add(&mut self, index: f32, telling: &impl Fn(f32) -> Telling) {
        self.moments.add(f64::from(index));
        if self.highest.as_ref().is_none_or(|h| index > h.value) {
            self.highest = Some(telling(index));
        }
        if self.lowest.as_ref().is_none_or(|l| index < l.value) {
            self.lowest = Some(telling(index));
        }
    }

    fn merge(&mut self, other: IndexSums, first: usize) {
        self.moments.merge(&other.moments);
        better(&mut self.highest, other.highest, first, |new, old| {
            new > old
        });
        better(&mut self.lowest, other.lowest, first, |new, old| new < old);
    }
}

/// Puts `new` in the place of `kept` where it is farther out; its paragraphs count on from `first`.
fn better(
    kept: &mut Option<Telling>,
    new: Option<Telling>,
    first: usize,
    farther: impl Fn(f32, f32) -> bool,
) {
    if let Some(mut new) = new
        && kept
            .as_ref()
            .is_none_or(|old| farther(new.value, old.value))
    {
        new.paragraph += first;
        *kept = Some(new);
    }
}

/// What an article has of one label.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LabelRollup {
    /// The body paragraphs that were given the label.
    pub amount: Amount,
    /// The paragraph with the greatest probability of the label among those that were given it.
    pub telling: Option<Telling>,
    /// The index of those paragraphs; empty for the labels of the poles' own task.
    pub index: IndexSums,
}

/// What an article has of one task.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskRollup {
    /// The task, by index into the model's.
    pub task: usize,
    /// Its labels. A paragraph with two of them counts in full for each, so shares may pass 1 together.
    pub labels: Vec<LabelRollup>,
    /// The body paragraphs without any label.
    pub none: Amount,
    /// The body paragraphs whose answer was not sure enough.
    pub withheld: Amount,
}

/// An article: a document, or rows that name the same one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Article {
    /// The `article` of its rows, or what the document is called.
    pub name: String,
    /// Its first document: where it stands, its title, date, source and other fields; no text.
    pub first: Document,
    /// How many documents it is of; the parts of a long one are one.
    pub documents: u64,
    /// How many paragraphs it has, those that are no body included.
    pub paragraphs: u64,
    /// The paragraphs that the figures are about.
    pub body: Amount,
    /// Paragraphs of which it was not sure enough whether they are body.
    pub unsure: u64,
    /// Paragraphs that other documents of the batch have too.
    pub repeated: u64,
    /// Its cluster, where it is one of a batch and has near copies there.
    pub cluster: Option<ClusterId>,
    /// Every task but the gate's, in the model's order.
    pub tasks: Vec<TaskRollup>,
    /// The index of the body paragraphs whose tone was answered; empty without poles.
    pub index: IndexSums,
    /// The paragraphs of its latest document, on from which a later part counts.
    latest: usize,
}

impl Article {
    /// Whether `next`, which follows at once, is of the same article, as [`Document::goes_on_in`].
    pub fn goes_on_in(&self, next: &Article) -> bool {
        self.first.goes_on_in(&next.first)
    }

    /// Adds what [goes on](Self::goes_on_in).
    pub fn absorb(&mut self, next: Article) {
        let continues = next.first.continues.is_some();
        let first = if continues { self.latest } else { 0 };
        self.latest = first + next.latest;
        self.documents += next.documents;
        self.paragraphs += next.paragraphs;
        self.body.add(next.body);
        self.unsure += next.unsure;
        self.repeated += next.repeated;
        for (task, theirs) in self.tasks.iter_mut().zip(next.tasks) {
            task.none.add(theirs.none);
            task.withheld.add(theirs.withheld);
            for (label, theirs) in task.labels.iter_mut().zip(theirs.labels) {
                label.amount.add(theirs.amount);
                better(&mut label.telling, theirs.telling, first, |new, old| {
                    new > old
                });
                label.index.merge(theirs.index, first);
            }
        }
        self.index.merge(next.index, first);
        let meta = &mut self.first;
        meta.title = meta.title.take().or(next.first.title);
        meta.date = meta.date.or(next.first.date);
        meta.source = meta.source.take().or(next.first.source);
        if next.documents > 0 {
            // Fields of one row are not those of an article of several.
            meta.fields = Fields::default();
        }
    }

    /// Paragraphs that are no body.
    pub fn set_aside(&self) -> u64 {
        self.paragraphs - self.body.paragraphs - self.unsure
    }
}

/// Joins documents to articles, one after the other.
#[derive(Debug, Default)]
pub struct Articles {
    current: Option<Article>,
    /// The hashes of the latest articles that had rows with a name.
    seen: HashSet<u64>,
    n_returned: u64,
}

/// Names of articles that are remembered, so that it shows when the rows of one do not stand together.
const REMEMBERED: usize = 1 << 16;

impl Articles {
    /// Takes a document in; gives the article before it once that is whole.
    pub fn push(&mut self, next: Article) -> Option<Article> {
        if let Some(current) = self.current.as_mut().filter(|a| a.goes_on_in(&next)) {
            current.absorb(next);
            return None;
        }
        if next.first.article.is_some() {
            let key = [next.first.place.path.as_ref(), &next.name].join("\0");
            if self.seen.len() >= REMEMBERED {
                self.seen.clear();
            }
            let is_new = self.seen.insert(xxhash_rust::xxh3::xxh3_64(key.as_bytes()));
            self.n_returned += u64::from(!is_new);
        }
        self.current.replace(next)
    }

    /// Gives the last article.
    pub fn finish(&mut self) -> Option<Article> {
        self.current.take()
    }

    /// How often an article came back after another; only so many are remembered that it may be more.
    pub fn n_returned(&self) -> u64 {
        self.n_returned
    }
}

/// How articles are rolled up: made once of a model.
#[derive(Debug, Clone)]
pub struct RollupParams {
    /// How paragraphs are labelled. Titles are no body, and are left out.
    pub label: LabelParams,
    poles: Option<(usize, usize, usize)>,
    pub(super) gate: Option<usize>,
}

impl RollupParams {
    /// Rolls up what `model` says; without `poles` there is no index.
    ///
    /// # Errors
    /// When the model does not have them.
    pub fn new(model: &Model, label: LabelParams, poles: Option<&Poles>) -> Result<Self> {
        let tasks = model.task_names();
        if let Some(poles) = poles {
            poles.check(tasks)?;
        }
        Ok(RollupParams {
            label: LabelParams {
                title: false,
                ..label
            },
            poles: poles.and_then(|poles| poles.at(tasks)),
            gate: model.gate_at().map(|(task, _)| task),
        })
    }

    pub(super) fn empty(&self, model: &Model, document: &Document) -> Article {
        let tasks = model.task_names().iter().enumerate();
        let tasks = tasks.filter(|(at, _)| Some(*at) != self.gate);
        Article {
            name: document.article.clone().unwrap_or_else(|| document.name()),
            documents: u64::from(document.continues.is_none()),
            tasks: tasks
                .map(|(task, names)| TaskRollup {
                    task,
                    labels: vec![LabelRollup::default(); names.labels.len()],
                    ..TaskRollup::default()
                })
                .collect(),
            ..Article::default()
        }
    }
}

impl Classifier<'_> {
    /// Labels a document and rolls it up.
    pub fn roll_up(&mut self, mut document: Document, params: &RollupParams) -> Article {
        let mut article = params.empty(self.model(), &document);
        let name = document.name();
        self.label_each(&document, &params.label, |classifier, view| {
            article.take(classifier, &name, params, &view);
        });
        document.text = String::new();
        article.first = document;
        article
    }
}

impl Article {
    /// Takes a paragraph in, of which the classifier's latest scores are.
    pub fn take(
        &mut self,
        classifier: &Classifier<'_>,
        doc: &str,
        params: &RollupParams,
        view: &ParagraphView<'_>,
    ) {
        let Some(number) = view.paragraph else {
            return;
        };
        let scores = classifier.latest();
        let withheld = |task: usize| scores.withheld().get(task) == Some(&true);
        self.paragraphs += 1;
        self.latest = number + 1;
        self.repeated += u64::from(view.repeated.is_some_and(|n| n > 1));
        if params.gate.is_some_and(withheld) {
            self.unsure += 1;
            return;
        }
        if scores.gate_shut() {
            return;
        }
        let amount = Amount {
            paragraphs: 1,
            // White space is folded: a blank parts two words.
            words: match view.text.is_empty() {
                true => 0,
                false => 1 + memchr::memchr_iter(b' ', view.text.as_bytes()).count() as u64,
            },
        };
        self.body.add(amount);
        let telling = |value: f32| Telling {
            doc: doc.to_owned(),
            paragraph: number,
            start: view.start,
            end: view.end,
            text: view.text.as_ref().into(),
            value,
        };
        let index = params.poles.filter(|(task, ..)| !withheld(*task));
        let index = index.map(|(task, positive, negative)| {
            let probabilities = scores.probabilities(classifier.lanes(task));
            probabilities[positive] - probabilities[negative]
        });
        if let Some(index) = index {
            self.index.add(index, &telling);
        }
        for task in &mut self.tasks {
            let lanes: Range<usize> = classifier.lanes(task.task);
            let is_poles = params.poles.is_some_and(|(poles, ..)| poles == task.task);
            let given = scores.given(task.task);
            match given.is_empty() {
                true if withheld(task.task) => task.withheld.add(amount),
                true => task.none.add(amount),
                false => {}
            }
            for label in given {
                let probability = scores.probabilities(lanes.clone())[*label as usize];
                let label = &mut task.labels[*label as usize];
                label.amount.add(amount);
                if label.telling.as_ref().is_none_or(|t| probability > t.value) {
                    label.telling = Some(telling(probability));
                }
                if let Some(index) = index.filter(|_| !is_poles) {
                    label.index.add(index, &telling);
                }
            }
        }
    }
}
