//! Labels a whole document.
//!
//! Owns the step from a [`Document`] to its labelled paragraphs: segment, classify, explain.

use super::batch::{Batch, ClusterId};
use super::counterfactual::{Counterfactual, Threshold};
use super::neighbours::{NearestRows, Neighbours};
use super::signs::signs;
use super::{Classifier, Explanation, Prediction};
use crate::error::Place;
use crate::ingest::{Document, Format};
use crate::paragraphs::{fold_white_space, segment};
use crate::text::language::{Declared, foreign_language_where};
use crate::text::{Passage, Sign};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

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
    /// How many terms for and against each given label are kept; 0 for no reasons at all.
    pub explain: usize,
    /// Whether what is known of where paragraphs stand is kept.
    pub signs: bool,
    /// Whether paragraphs that the model's gate sets aside are left out.
    pub body_alone: bool,
    /// Where there are reasons: how many words at most are looked for whose removal takes a label away; 0
    /// for no search.
    pub most_words: usize,
    /// How many training rows that are nearest are found for each task, and among which; 0 for none.
    pub nearest: usize,
    /// The training rows, where any are to be found.
    pub neighbours: Option<Arc<Neighbours>>,
    /// Whether paragraphs in other languages than English are labelled too, by a model of English.
    pub any_language: bool,
    /// The confidence below which each task's answer is withheld; empty where nothing is.
    pub least_confidence: Vec<f32>,
    /// What the documents have in common, where that is said of each.
    pub batch: Option<Arc<Batch>>,
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
    /// What the decision value had to pass.
    pub threshold: Threshold,
    /// A set of words that the label hangs on, where one was looked for and found.
    pub counterfactual: Option<Counterfactual>,
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
    /// Where it stands in the decoded file, in bytes: of a page with the tags within it. None for rows, whose text is
    /// a part of a file in some other form.
    pub source: Option<Range<usize>>,
    /// The text, each run of white space folded to one space.
    pub text: String,
    /// What is known of where it stands, where that was asked for.
    pub signs: Vec<Sign>,
    /// The ISO 639-3 code of its language, where that is reliably not English and so no label was given.
    pub language: Option<&'static str>,
    /// The cluster of its document, where that is one of a batch and has near copies there.
    pub cluster: Option<ClusterId>,
    /// How many documents of the batch have such a paragraph, where there is a batch.
    pub repeated: Option<u32>,
    /// What the model says.
    pub prediction: Prediction,
    /// Why, for each label given, where it was asked for.
    pub reasons: Vec<Reason>,
    /// The nearest training rows, for each task that was answered, where they were asked for.
    pub nearest: Vec<NearestRows>,
}

/// A document and its labelled paragraphs.
#[derive(Debug, Clone)]
pub struct LabelledDocument {
    /// The document; its text is dropped, since the paragraphs hold it.
    pub document: Document,
    /// Its paragraphs, in order.
    pub paragraphs: Vec<LabelledParagraph>,
    /// How many paragraphs it has, those that were left out with them.
    pub n_paragraphs: usize,
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

/// A paragraph as it is labelled, in the classifier's buffers.
#[derive(Debug)]
pub struct ParagraphView<'p> {
    /// As in [`LabelledParagraph`].
    pub paragraph: Option<usize>,
    /// As in [`LabelledParagraph`].
    pub start: usize,
    /// As in [`LabelledParagraph`].
    pub end: usize,
    /// As in [`LabelledParagraph`].
    pub source: Option<Range<usize>>,
    /// As in [`LabelledParagraph`].
    pub text: Cow<'p, str>,
    /// What is known of where it stands; empty where the model does not ask, or it is no block of a page.
    pub signs: Cow<'p, [Sign]>,
    /// As in [`LabelledParagraph`].
    pub language: Option<&'static str>,
    /// As in [`LabelledParagraph`].
    pub cluster: Option<ClusterId>,
    /// As in [`LabelledParagraph`].
    pub repeated: Option<u32>,
    /// As in [`LabelledParagraph`].
    pub reasons: Cow<'p, [Reason]>,
    /// As in [`LabelledParagraph`].
    pub nearest: Cow<'p, [NearestRows]>,
}

impl ParagraphView<'_> {
    /// The text and its signs.
    pub fn passage(&self) -> Passage<'_> {
        Passage {
            text: &self.text,
            signs: &self.signs,
        }
    }
}

impl<'p> From<&'p LabelledParagraph> for ParagraphView<'p> {
    fn from(paragraph: &'p LabelledParagraph) -> Self {
        ParagraphView {
            paragraph: paragraph.paragraph,
            start: paragraph.start,
            end: paragraph.end,
            source: paragraph.source.clone(),
            text: Cow::Borrowed(&paragraph.text),
            signs: Cow::Borrowed(&paragraph.signs),
            language: paragraph.language,
            cluster: paragraph.cluster,
            repeated: paragraph.repeated,
            reasons: Cow::Borrowed(&paragraph.reasons),
            nearest: Cow::Borrowed(&paragraph.nearest),
        }
    }
}

/// Looking through the training rows costs about as much as labelling so many bytes.
const BYTES_A_NEAREST: usize = 8 << 10;

/// What all paragraphs of a document are labelled by.
struct Labelling<'d> {
    params: &'d LabelParams,
    place: &'d Place,
    /// The language that the document says it is in, where that is a hint.
    declared: Option<Declared>,
}

impl<'d> Labelling<'d> {
    fn of(document: &'d Document, params: &'d LabelParams) -> Self {
        let declared = document.language.as_deref().and_then(Declared::of);
        Labelling {
            params,
            place: &document.place,
            declared: declared.filter(|_| Declared::is_possible(&document.text)),
        }
    }
}

impl Classifier<'_> {
    /// Labels the paragraphs of a document.
    pub fn label(&mut self, mut document: Document, params: &LabelParams) -> LabelledDocument {
        let mut paragraphs = Vec::new();
        let n_paragraphs = self.label_each(&document, params, |classifier, view| {
            paragraphs.push(LabelledParagraph {
                paragraph: view.paragraph,
                start: view.start,
                end: view.end,
                source: view.source,
                text: view.text.into_owned(),
                signs: match params.signs {
                    true => view.signs.into_owned(),
                    false => Vec::new(),
                },
                language: view.language,
                cluster: view.cluster,
                repeated: view.repeated,
                prediction: classifier.prediction(),
                reasons: view.reasons.into_owned(),
                nearest: view.nearest.into_owned(),
            });
        });
        document.text = String::new();
        LabelledDocument {
            document,
            paragraphs,
            n_paragraphs,
        }
    }

    /// Calls `each` with every paragraph of a document, when the classifier's [`latest`](Self::latest) scores
    /// are its own; gives how many paragraphs there are. Where the time that it [may take](Self::set_time_cap) is over,
    /// the paragraphs that are left are not labelled.
    pub fn label_each(
        &mut self,
        document: &Document,
        params: &LabelParams,
        mut each: impl FnMut(&Self, ParagraphView<'_>),
    ) -> usize {
        let text = document.text.as_str();
        let labelling = Labelling::of(document, params);
        self.watch.begin();
        if params.title
            && let Some(title) = document.title.as_deref()
            && document.continues.is_none()
        {
            let view = view(None, trimmed(title), fold_white_space(title));
            self.label_one(view, &labelling, &mut each);
        }
        match params.unit {
            Unit::Row => {
                let view = self::view(Some(0), trimmed(text), fold_white_space(text));
                self.label_one(placed(view, document), &labelling, &mut each);
                1
            }
            Unit::Paragraph if !document.blocks.is_empty() => {
                let mut signs = match params.signs || self.scorer.takes_signs() {
                    true => signs(document),
                    false => Vec::new(),
                }
                .into_iter();
                for (i, block) in document.blocks.iter().enumerate() {
                    let own = fold_white_space(&text[block.start..block.end]);
                    let mut view = view(Some(i), (block.start, block.end), own);
                    view.source.clone_from(&block.source);
                    view.signs = signs.next().unwrap_or_default().into();
                    if !self.label_one(view, &labelling, &mut each) {
                        break;
                    }
                }
                document.blocks.len()
            }
            Unit::Paragraph => {
                let paragraphs = segment(text, document.format);
                let n_paragraphs = paragraphs.len();
                for (i, p) in paragraphs.into_iter().enumerate() {
                    let view = view(Some(i), (p.start, p.end), p.text);
                    if !self.label_one(placed(view, document), &labelling, &mut each) {
                        break;
                    }
                }
                n_paragraphs
            }
        }
    }

    /// Labels a paragraph and calls `each` with it; false, and no call, where the time of its document is over.
    fn label_one<'p>(
        &mut self,
        mut view: ParagraphView<'p>,
        labelling: &Labelling<'_>,
        each: &mut impl FnMut(&Self, ParagraphView<'p>),
    ) -> bool {
        let params = labelling.params;
        if !self.watch.goes_on(view.text.len()) {
            return self.break_off(labelling, &view);
        }
        match view.paragraph {
            Some(_) => self.score(view.passage()),
            None => self.score_open(view.passage()),
        };
        let of_english = self.model().provenance().languages.is_empty();
        if of_english && !params.any_language {
            view.language = foreign_language_where(&view.text, labelling.declared);
        }
        if view.language.is_some() {
            self.leave_unlabelled(!params.least_confidence.is_empty());
        }
        if params.body_alone && self.latest().gate_shut() {
            return true;
        }
        view.repeated = params.batch.as_ref().map(|b| b.repeated(&view.text));
        if view.language.is_none() && !params.least_confidence.is_empty() {
            self.withhold(&params.least_confidence, view.paragraph.is_none());
        }
        if params.explain > 0 {
            view.reasons = Cow::Owned(self.reasons(&view, params));
        }
        if let Some(neighbours) = params.neighbours.as_deref()
            && params.nearest > 0
            && view.language.is_none()
        {
            self.watch.goes_on(view.text.len() + BYTES_A_NEAREST);
            let nearest =
                neighbours.nearest(&view.text, params.nearest, |task| self.is_answered(task));
            view.nearest = Cow::Owned(nearest);
        }
        // Half of the reasons would say what is not so: that no words were found that the label hangs on.
        if self.watch.is_over() {
            return self.break_off(labelling, &view);
        }
        each(self, view);
        true
    }

    /// Tells that a document was broken off before a paragraph.
    fn break_off(&mut self, labelling: &Labelling<'_>, view: &ParagraphView<'_>) -> bool {
        let how = format!("was broken off at byte {} of the text", view.start);
        self.watch.break_off(labelling.place, &how);
        false
    }

    /// Whether the latest scores answer a task: neither did the gate take the answer back nor was it withheld.
    fn is_answered(&self, task: usize) -> bool {
        let is_gate = self.gate.is_some_and(|(gate, _)| gate == task);
        let withheld = self.latest().withheld().get(task) == Some(&true);
        !withheld && (is_gate || !self.latest().gate_shut())
    }

    /// Why each label that was given to the paragraph, the latest one scored, was given.
    fn reasons(&mut self, view: &ParagraphView<'_>, params: &LabelParams) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for task in 0..self.model().tasks().len() {
            let labels: Vec<usize> = (self.latest().given(task).iter())
                .map(|label| *label as usize)
                .collect();
            if labels.is_empty() {
                continue;
            }
            if !self.watch.goes_on(view.text.len() * (1 + labels.len())) {
                break;
            }
            let explanations = self.explain_labels(view.passage(), task, &labels);
            for (label, mut explanation) in labels.into_iter().zip(explanations) {
                explanation.keep_strongest(params.explain);
                // The same sum in another order could differ in its last digit.
                explanation.margin = self.latest().margins(self.lanes(task))[label];
                reasons.push(Reason {
                    task,
                    label,
                    threshold: self.threshold(task, label),
                    counterfactual: self.search(
                        view.passage(),
                        (task, label),
                        &explanation.words,
                        params.most_words,
                        view.paragraph.is_none(),
                    ),
                    explanation,
                });
            }
        }
        reasons
    }
}

fn view(
    paragraph: Option<usize>,
    (start, end): (usize, usize),
    text: Cow<'_, str>,
) -> ParagraphView<'_> {
    ParagraphView {
        paragraph,
        start,
        end,
        source: None,
        text,
        signs: Cow::default(),
        language: None,
        cluster: None,
        repeated: None,
        reasons: Cow::default(),
        nearest: Cow::default(),
    }
}

/// A view with its places counted from the start of the whole text, of which a document may be a later part; in a
/// file of text those are its places in the file.
fn placed<'p>(view: ParagraphView<'p>, document: &Document) -> ParagraphView<'p> {
    let base = document.continues.unwrap_or_default();
    let (start, end) = (base + view.start, base + view.end);
    let is_file = matches!(document.format, Format::Text | Format::Markdown);
    ParagraphView {
        start,
        end,
        source: is_file.then_some(start..end),
        ..view
    }
}

/// The span of a text without the white space around it.
fn trimmed(text: &str) -> (usize, usize) {
    let start = text.len() - text.trim_start().len();
    (start, start + text.trim().len())
}
