//! Why a label was given.
//!
//! Owns [`Explanation`]: a decision value taken apart, exactly: the intercept and the contribution
//! `x_j · w_jk` of each term j of the text add up to it; and what each word of the text has in that. A term
//! need not stand anywhere in the text: one without spans counts in the sum and is no word's.

use super::Classifier;
use crate::model::scorer::TracedTerm;
use crate::text::Passage;
use crate::text::ngrams::CHAR_MARK;
use crate::text::tokenize::tokens;
use std::collections::BTreeMap;
use std::ops::Range;

/// What one term of a text adds to a decision value.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The term: words joined by a space; or `~` and the characters of a character n-gram, or, where
    /// those of a word are taken together, `~` and the word.
    pub term: String,
    /// Its TF-IDF weight times the label's weight: positive speaks for the label.
    pub value: f32,
    /// Byte spans of its occurrences in the text; none for a term that is no part of it.
    pub spans: Vec<(usize, usize)>,
}

/// A word of a text and what it adds to a decision value.
#[derive(Debug, Clone, PartialEq)]
pub struct WordValue {
    /// The word's byte span in the text.
    pub span: (usize, usize),
    /// Its share of the contributions of the terms that it is a part of: a term's value is parted evenly
    /// among its occurrences, and an occurrence's among its words.
    pub value: f32,
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
    /// The words of the text that have a share in it, in order.
    pub words: Vec<WordValue>,
}

impl Explanation {
    /// The `n` words that speak most for the label and the `n` that speak most against it, in the order of
    /// the text. Words of less than a twentieth of the largest share say nothing and are left out.
    pub fn telling_words(&self, n: usize) -> Vec<&WordValue> {
        let largest = (self.words.iter()).fold(0f32, |most, word| most.max(word.value.abs()));
        let mut telling = Vec::new();
        for sign in [1.0, -1.0] {
            let is_telling = |word: &&WordValue| word.value * sign > largest / 20.0;
            let mut words: Vec<&WordValue> = self.words.iter().filter(is_telling).collect();
            // The sort is stable: of equal words the first comes first.
            words.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
            words.truncate(n);
            telling.extend(words);
        }
        telling.sort_by_key(|word| word.span);
        telling
    }

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
    pub fn explain<'t>(
        &mut self,
        passage: impl Into<Passage<'t>>,
        task: usize,
        label: usize,
    ) -> Explanation {
        let mut explanations = self.explain_labels(passage, task, &[label]);
        explanations.pop().expect("one a label")
    }

    /// Takes the decision values of several labels of one task apart; the text is read once.
    ///
    /// # Panics
    /// As [`explain`](Self::explain).
    pub fn explain_labels<'t>(
        &mut self,
        passage: impl Into<Passage<'t>>,
        task: usize,
        labels: &[usize],
    ) -> Vec<Explanation> {
        let passage = passage.into();
        let text = passage.text;
        let terms = self.scorer.trace(passage, task, &mut self.scoring);
        let words: Vec<Range<usize>> = tokens(text).map(|t| t.start..t.end()).collect();
        (labels.iter())
            .map(|label| self.explanation(text, (task, *label), &terms, &words))
            .collect()
    }

    fn explanation(
        &self,
        text: &str,
        (task, label): (usize, usize),
        terms: &[TracedTerm],
        words: &[Range<usize>],
    ) -> Explanation {
        let lane = self.scorer.lanes(task).start + label;
        let tasks = self.model.tasks();
        let names_of = |task: usize| tasks[task].tfidf.vocabulary();
        let mut sum = 0.0;
        let mut contributions = Vec::with_capacity(terms.len());
        for term in terms {
            let value = term.scaled_tf * f64::from(self.scorer.folded_weight(term.row, lane));
            sum += value;
            contributions.push(Contribution {
                term: self.scorer.name(term.row, names_of).to_owned(),
                value: value as f32,
                spans: term.spans.clone(),
            });
        }
        let intercept = tasks[task].linear.intercepts()[label];
        let mut by_word = join_characters(text, &contributions);
        let words = word_values(&contributions, words);
        let by_size = |a: &Contribution, b: &Contribution| {
            (b.value.abs().total_cmp(&a.value.abs())).then_with(|| a.term.cmp(&b.term))
        };
        contributions.sort_by(by_size);
        by_word.sort_by(by_size);
        Explanation {
            intercept,
            margin: (sum + f64::from(intercept)) as f32,
            contributions,
            by_word,
            words,
        }
    }
}

/// Parts each contribution among the words that its occurrences hold; `words` are those of the text, in order.
fn word_values(contributions: &[Contribution], words: &[Range<usize>]) -> Vec<WordValue> {
    let mut values = vec![None; words.len()];
    for contribution in contributions {
        for &(start, end) in &contribution.spans {
            let first = words.partition_point(|word| word.start < start);
            let held = words[first..].iter().take_while(|word| word.end <= end);
            let n_held = held.count();
            let share = f64::from(contribution.value) / (contribution.spans.len() * n_held) as f64;
            for value in &mut values[first..first + n_held] {
                *value.get_or_insert(0.0) += share;
            }
        }
    }
    let word = |(word, value): (&Range<usize>, Option<f64>)| {
        Some(WordValue {
            span: (word.start, word.end),
            value: value? as f32,
        })
    };
    words.iter().zip(values).filter_map(word).collect()
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
    fn words_share_the_terms_that_hold_them() {
        let term = |value, spans: &[(usize, usize)]| Contribution {
            term: String::new(),
            value,
            spans: spans.to_vec(),
        };
        // "new trade war on trade": a word that stands twice, a pair, a pair over a left-out word, a sign of the
        // page without a place, a mark between words, and a word in no term.
        let words = [0..3, 4..9, 10..13, 14..16, 17..22];
        let terms = [
            term(1.0, &[(4, 9), (17, 22)]),
            term(-0.5, &[(4, 13)]),
            term(0.75, &[(10, 22)]),
            term(9.0, &[]),
            term(9.0, &[(13, 14)]),
        ];
        let values = word_values(&terms, &words);
        let found: Vec<(usize, f32)> = values.iter().map(|w| (w.span.0, w.value)).collect();
        assert_eq!(found, [(4, 0.25), (10, 0.0), (14, 0.25), (17, 0.75)]);
    }

    #[test]
    fn telling_words_stand_in_the_order_of_the_text() {
        let values = [0.5, -2.0, 0.01, 1.0, 1.0, -0.3];
        let word = |(at, value): (usize, &f32)| WordValue {
            span: (at, at + 1),
            value: *value,
        };
        let explanation = Explanation {
            intercept: 0.0,
            margin: 0.0,
            contributions: Vec::new(),
            by_word: Vec::new(),
            words: values.iter().enumerate().map(word).collect(),
        };
        let told = |n| -> Vec<usize> {
            let words = explanation.telling_words(n);
            words.iter().map(|word| word.span.0).collect()
        };
        assert_eq!(told(1), [1, 3]);
        assert_eq!(told(9), [0, 1, 3, 4, 5]);
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
            words: Vec::new(),
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
