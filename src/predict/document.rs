//! Labels a whole document.
//!
//! Owns the step from a [`Document`] to its labelled paragraphs: segment, classify, explain.

use super::{Classifier, Explanation, Prediction};
use crate::ingest::Document;
use crate::paragraphs::{fold_white_space, segment};

/// What one output is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// A paragraph of the document's text.
    #[default]
    Paragraph,
    /// The document's whole text.
    Row,
}

/// How documents are labelled.
#[derive(Debug, Clone, Default)]
pub struct LabelParams {
    /// What one output is about.
    pub unit: Unit,
    /// Whether the title is labelled too, before the paragraphs.
    pub title: bool,
    /// How many terms for and against each given label are kept; 0 for none.
    pub explain: usize,
    /// The confidence below which each task's answer is withheld; empty where nothing is.
    pub least_confidence: Vec<f32>,
}

/// A label that was given, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The task, by index into the model's.
    pub task: usize,
    /// The label, by index into the task's.
    pub label: usize,
    /// The decision value taken apart, with as many terms as were asked for.
    pub explanation: Explanation,
}

/// A labelled paragraph.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledParagraph {
    /// Its number within the document, from 0; none for the title.
    pub paragraph: Option<usize>,
    /// Byte offset of its first byte in the document's decoded text (or in the title).
    pub start: usize,
    /// Byte offset one past its last byte.
    pub end: usize,
    /// The text, each run of white space folded to one space.
    pub text: String,
    /// What the model says.
    pub prediction: Prediction,
    /// Why, for each label given, where it was asked for.
    pub reasons: Vec<Reason>,
}

/// A document and its labelled paragraphs.
#[derive(Debug, Clone)]
pub struct LabelledDocument {
    /// The document; its text is dropped, since the paragraphs hold it.
    pub document: Document,
    /// Its paragraphs, in order.
    pub paragraphs: Vec<LabelledParagraph>,
}

impl LabelledDocument {
    /// Continues the numbering of an earlier part of the same document.
    pub fn renumber(&mut self, first: usize) {
        for paragraph in &mut self.paragraphs {
            if let Some(number) = &mut paragraph.paragraph {
                *number += first;
            }
        }
    }
}

impl Classifier<'_> {
    /// Labels the paragraphs of a document.
    pub fn label(&mut self, mut document: Document, params: &LabelParams) -> LabelledDocument {
        let mut paragraphs = Vec::new();
        let text = std::mem::take(&mut document.text);
        if params.title
            && let Some(title) = document.title.as_deref()
            && document.continues.is_none()
        {
            let span = trimmed(title);
            paragraphs.push(self.labelled(None, span, fold_white_space(title), params));
        }
        // Later parts of a long text count their bytes from the start of the whole.
        let base = document.continues.unwrap_or_default();
        match params.unit {
            Unit::Row => {
                let (start, end) = trimmed(&text);
                let span = (base + start, base + end);
                paragraphs.push(self.labelled(Some(0), span, fold_white_space(&text), params));
            }
            Unit::Paragraph => {
                let segments = segment(&text, document.format).into_iter().enumerate();
                paragraphs.extend(segments.map(|(i, p)| {
                    self.labelled(Some(i), (base + p.start, base + p.end), p.text, params)
                }));
            }
        }
        LabelledDocument {
            document,
            paragraphs,
        }
    }

    fn labelled(
        &mut self,
        paragraph: Option<usize>,
        (start, end): (usize, usize),
        text: String,
        params: &LabelParams,
    ) -> LabelledParagraph {
        let mut prediction = match paragraph {
            Some(_) => self.classify(&text),
            None => self.classify_open(&text),
        };
        if !params.least_confidence.is_empty() {
            let gate = self.model.gate_index();
            prediction.withhold(&params.least_confidence, gate, paragraph.is_none());
        }
        let mut reasons = Vec::new();
        if params.explain > 0 {
            let given: Vec<(usize, usize)> = (prediction.tasks().enumerate())
                .flat_map(|(task, (_, said))| said.labels.iter().map(move |l| (task, *l as usize)))
                .collect();
            for (task, label) in given {
                let mut explanation = self.explain(&text, task, label);
                explanation.keep_strongest(params.explain);
                reasons.push(Reason {
                    task,
                    label,
                    explanation,
                });
            }
        }
        LabelledParagraph {
            paragraph,
            start,
            end,
            text,
            prediction,
            reasons,
        }
    }
}

/// The span of a text without the white space around it.
fn trimmed(text: &str) -> (usize, usize) {
    let start = text.len() - text.trim_start().len();
    (start, start + text.trim().len())
}
