//! Why a label was given.
//!
//! Owns [`Explanation`]: a decision value taken apart, exactly: the intercept and the contribution
//! `x_j · w_jk` of each term j of the text add up to it.

use super::Classifier;
use crate::model::scorer::TracedTerm;
use crate::text::ngrams::CHAR_MARK;
use std::collections::BTreeMap;

/// What one term of a text adds to a decision value.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The term: words joined by a space; or `~` and the characters of a character n-gram, or, where
    /// those of a word are taken together, `~` and the word.
    pub term: String,
    /// Its TF-IDF weight times the label's weight: positive speaks for the label.
    pub value: f32,
    /// Byte spans of its occurrences in the text.
    pub spans: Vec<(usize, usize)>,
}

/// A decision value and what it is the sum of.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What the label starts from when no term is known.
    pub intercept: f32,
    /// The decision value: the intercept and all contributions.
    pub margin: f32,
    /// The terms of the text that the model knows, the largest in size first.
    pub contributions: Vec<Contribution>,
    /// The same, but the character n-grams of a word are taken together: a reader can make
    /// something of `~tariffs` and nothing of `~ariff`. They have the same sum.
    pub by_word: Vec<Contribution>,
}

impl Explanation {
    /// The `n` terms that speak most for the label, and the `n` that speak most against it.
    pub fn strongest(&self, n: usize) -> (Vec<&Contribution>, Vec<&Contribution>) {
        let signed = |sign: f32| {
            let of_sign = move |c: &&Contribution| c.value * sign > 0.0;
            self.by_word.iter().filter(of_sign).take(n).collect()
        };
        (signed(1.0), signed(-1.0))
    }

    /// Forgets all but the `n` terms that speak most for the label and the `n` most against it, so
    /// that many explanations can be held.
    pub fn keep_strongest(&mut self, n: usize) {
        for list in [&mut self.contributions, &mut self.by_word] {
            let (mut n_for, mut n_against) = (0, 0);
            list.retain(|c| {
                let seen = match c.value {
                    value if value > 0.0 => &mut n_for,
                    value if value < 0.0 => &mut n_against,
                    _ => return false,
                };
                *seen += 1;
                *seen <= n
            });
            list.shrink_to_fit();
        }
    }
}

impl Classifier<'_> {
    /// Takes the decision value of `label` of `task` (indices into the model's) apart for `text`.
    ///
    /// # Panics
    /// When the model has no such task or label.
    pub fn explain(&mut self, text: &str, task: usize, label: usize) -> Explanation {
        let mut explanations = self.explain_labels(text, task, &[label]);
        explanations.pop().expect("one a label")
    }

    /// Takes the decision values of several labels of one task apart; the text is read once.
    ///
    /// # Panics
    /// As [`explain`](Self::explain).
    pub fn explain_labels(
        &mut self,
        text: &str,
        task: usize,
        labels: &[usize],
    ) -> Vec<Explanation> {
        let mut margins = vec![0.0; self.scorer.n_lanes()];
        self.scorer.score(text, &mut self.scoring, &mut margins);
        let terms = self.scorer.trace(text, task, &mut self.scoring);
        (labels.iter())
            .map(|label| self.explanation(text, (task, *label), &terms, &margins))
            .collect()
    }

    fn explanation(
        &self,
        text: &str,
        (task, label): (usize, usize),
        terms: &[TracedTerm],
        margins: &[f32],
    ) -> Explanation {
        let lane = self.scorer.lanes(task).start + label;
        let tasks = self.model.tasks();
        let vocabulary_of = |task: usize| tasks[task].tfidf.vocabulary();
        let mut contributions: Vec<Contribution> = (terms.iter())
            .map(|term| {
                let weight = f64::from(self.scorer.folded_weight(term.row, lane));
                Contribution {
                    term: self.scorer.name(term.row, vocabulary_of).to_owned(),
                    value: (term.scaled_tf * weight) as f32,
                    spans: term.spans.clone(),
                }
            })
            .collect();
        let intercept = tasks[task].linear.intercepts()[label];
        let mut by_word = join_characters(text, &contributions);
        let by_size = |a: &Contribution, b: &Contribution| {
            (b.value.abs().total_cmp(&a.value.abs())).then_with(|| a.term.cmp(&b.term))
        };
        contributions.sort_by(by_size);
        by_word.sort_by(by_size);
        Explanation {
            intercept,
            margin: margins[lane],
            contributions,
            by_word,
        }
    }
}

/// Joins the character n-grams of each word; one that stands in several words counts for each
/// in equal parts.
fn join_characters(text: &str, contributions: &[Contribution]) -> Vec<Contribution> {
    let mut joined = Vec::new();
    let mut words: BTreeMap<String, (f32, Vec<(usize, usize)>)> = BTreeMap::new();
    for contribution in contributions {
        if !contribution.term.starts_with(CHAR_MARK) || contribution.spans.is_empty() {
            joined.push(contribution.clone());
            continue;
        }
        let part = contribution.value / contribution.spans.len() as f32;
        for &(start, end) in &contribution.spans {
            let word = format!("{CHAR_MARK}{}", text[start..end].to_lowercase());
            let (value, spans) = words.entry(word).or_default();
            *value += part;
            spans.push((start, end));
        }
    }
    joined.extend(words.into_iter().map(|(term, (value, mut spans))| {
        spans.sort_unstable();
        spans.dedup();
        Contribution { term, value, spans }
    }));
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_joined_by_word_and_keep_their_sum() {
        let term = |term: &str, value, spans: &[(usize, usize)]| Contribution {
            term: term.to_owned(),
            value,
            spans: spans.to_vec(),
        };
        let terms = [
            term("tax", 1.0, &[(0, 3)]),
            term("~ta", 0.5, &[(0, 3), (4, 9)]),
            term("~ax", -0.25, &[(0, 3)]),
        ];
        let joined = join_characters("Tax taxes", &terms);
        assert_eq!(joined[0], terms[0]);
        assert_eq!(joined[1], term("~tax", 0.0, &[(0, 3)]));
        assert_eq!(joined[2], term("~taxes", 0.25, &[(4, 9)]));
    }

    #[test]
    fn the_strongest_are_kept_and_are_the_strongest_still() {
        let terms: Vec<Contribution> = [3.0, -2.5, 2.0, 1.0, -0.5, -0.25, 0.0]
            .map(|value| Contribution {
                term: format!("t{value}"),
                value,
                spans: Vec::new(),
            })
            .into();
        let mut explanation = Explanation {
            intercept: 0.0,
            margin: 2.75,
            contributions: terms.clone(),
            by_word: terms,
        };
        let whole = explanation.clone();
        explanation.keep_strongest(2);
        assert_eq!(explanation.strongest(2), whole.strongest(2));
        assert_eq!(
            (explanation.by_word.len(), explanation.contributions.len()),
            (4, 4)
        );
    }
}
