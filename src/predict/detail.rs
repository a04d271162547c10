//! An article with all its paragraphs, and which words speak for each label given.
//!
//! Owns [`DetailedArticle`], which a page of articles is made of. The decision value of a label is parted among the words of
//! the paragraph and kept in a few steps a word, so that an article takes little more than its text.

use super::article::{Article, RollupParams};
use super::{Classifier, Contribution};
use crate::ingest::Document;

/// The step of the word that speaks most for, or most against, a label.
pub const STEPS: i8 = 5;

/// Paragraphs of an article that are kept; the rest counts in its figures alone.
pub const MAX_PARAGRAPHS: usize = 1000;

/// A label given to a paragraph.
#[derive(Debug, Clone, PartialEq)]
pub struct DetailedLabel {
    /// The task, by index into the model's.
    pub task: usize,
    /// The label, by index into the task's.
    pub label: usize,
    /// Its probability.
    pub probability: f32,
    /// What each word of the text, as white space parts them, adds to the decision value, in steps of a
    /// fifth of the largest: -5 to 5.
    pub words: Vec<i8>,
}

/// A paragraph.
#[derive(Debug, Clone, PartialEq)]
pub struct DetailedParagraph {
    /// Its text, white space folded.
    pub text: String,
    /// Whether it counts as body: the gate is open, and was sure enough.
    pub is_body: bool,
    /// The labels of all tasks but the gate's.
    pub labels: Vec<DetailedLabel>,
    /// P(positive) - P(negative), where there are poles and their task was answered.
    pub index: Option<f32>,
}

/// An article, rolled up and in full.
#[derive(Debug, Clone, PartialEq)]
pub struct DetailedArticle {
    /// The figures.
    pub article: Article,
    /// Its first [`MAX_PARAGRAPHS`] paragraphs.
    pub paragraphs: Vec<DetailedParagraph>,
}

impl DetailedArticle {
    /// Adds what [goes on](Article::goes_on_in).
    pub fn absorb(&mut self, next: DetailedArticle) {
        self.article.absorb(next.article);
        let room = MAX_PARAGRAPHS - self.paragraphs.len().min(MAX_PARAGRAPHS);
        self.paragraphs
            .extend(next.paragraphs.into_iter().take(room));
    }
}

impl Classifier<'_> {
    /// Labels a document, rolls it up and explains each label given.
    pub fn detail(&mut self, mut document: Document, params: &RollupParams) -> DetailedArticle {
        let mut article = params.empty(self.model(), &document);
        let name = document.name();
        let mut paragraphs = Vec::new();
        self.label_each(&document, &params.label, |classifier, view| {
            let (n_body, n_index) = (article.body.paragraphs, article.index.moments);
            article.take(classifier, &name, params, &view);
            if paragraphs.len() < MAX_PARAGRAPHS {
                paragraphs.push(DetailedParagraph {
                    is_body: article.body.paragraphs > n_body,
                    labels: classifier.given_labels(params),
                    index: (article.index.moments.n > n_index.n)
                        .then_some((article.index.moments.sum - n_index.sum) as f32),
                    text: view.text.into_owned(),
                });
            }
        });
        for paragraph in &mut paragraphs {
            let n_labels = paragraph.labels.len();
            if !self.watch.goes_on(paragraph.text.len() * n_labels) {
                let how = "not all words that speak for its labels are marked";
                self.watch.break_off(&document.place, how);
                break;
            }
            self.explain_words(paragraph);
        }
        document.text = String::new();
        article.first = document;
        DetailedArticle {
            article,
            paragraphs,
        }
    }

    fn given_labels(&self, params: &RollupParams) -> Vec<DetailedLabel> {
        let tasks = (0..self.model().tasks().len()).filter(|task| Some(*task) != params.gate);
        let scores = self.latest();
        tasks
            .flat_map(|task| {
                let probabilities = scores.probabilities(self.lanes(task));
                scores.given(task).iter().map(move |label| DetailedLabel {
                    task,
                    label: *label as usize,
                    probability: probabilities[*label as usize],
                    words: Vec::new(),
                })
            })
            .collect()
    }

    fn explain_words(&mut self, paragraph: &mut DetailedParagraph) {
        let text = paragraph.text.as_str();
        let mut rest = paragraph.labels.as_mut_slice();
        while let Some(first) = rest.first() {
            let task = first.task;
            let n = rest.iter().take_while(|label| label.task == task).count();
            let (of_task, others) = rest.split_at_mut(n);
            let labels: Vec<usize> = of_task.iter().map(|label| label.label).collect();
            let explanations = self.explain_labels(text, task, &labels);
            for (label, explanation) in of_task.iter_mut().zip(explanations) {
                label.words = in_steps(&by_word(text, &explanation.contributions));
            }
            rest = others;
        }
    }
}

/// Parts contributions among the words of a text: each term's in equal parts among its occurrences, and an
/// occurrence's among the words that it touches. They have the same sum.
fn by_word(text: &str, contributions: &[Contribution]) -> Vec<f32> {
    let blanks = memchr::memchr_iter(b' ', text.as_bytes());
    let starts: Vec<usize> = std::iter::once(0).chain(blanks.map(|at| at + 1)).collect();
    let mut values = vec![0.0; starts.len()];
    for contribution in contributions {
        let part = contribution.value / contribution.spans.len() as f32;
        for (start, end) in &contribution.spans {
            let first = starts.partition_point(|s| s <= start) - 1;
            let last = starts.partition_point(|s| s < end).max(first + 1) - 1;
            let share = part / (last + 1 - first) as f32;
            (values[first..=last].iter_mut()).for_each(|value| *value += share);
        }
    }
    values
}

fn in_steps(values: &[f32]) -> Vec<i8> {
    let largest = values.iter().fold(0f32, |max, v| max.max(v.abs()));
    let step = |value: &f32| match largest > 0.0 {
        true => (value / largest * f32::from(STEPS)).round() as i8,
        false => 0,
    };
    values.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contributions_are_parted_among_words() {
        let term = |value, spans: &[(usize, usize)]| Contribution {
            term: String::new(),
            value,
            spans: spans.to_vec(),
        };
        // A word, a pair of words, a word that stands twice, characters of a word.
        let terms = [
            term(1.0, &[(0, 3)]),
            term(-2.0, &[(0, 9)]),
            term(3.0, &[(4, 9), (10, 15)]),
            term(0.5, &[(11, 13)]),
        ];
        let values = by_word("Tax taxes taxes.", &terms);
        assert_eq!(values, [0.0, 0.5, 2.0]);
        assert_eq!(in_steps(&values), [0, 1, 5]);
        assert_eq!(in_steps(&[0.0]), [0]);
        assert_eq!(by_word("", &[]), [0.0]);
    }
}
