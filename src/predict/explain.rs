//! Why a label was given.
//!
//! Owns [`Explanation`]: a decision value taken apart, exactly: the intercept and the contribution
//! `x_j · w_jk` of each term j of the text add up to it.

use super::Classifier;

/// What one term of a text adds to a decision value.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The term: words joined by a space, or `~` and the characters of a character n-gram.
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
}

impl Explanation {
    /// The `n` terms that speak most for the label, and the `n` that speak most against it.
    pub fn strongest(&self, n: usize) -> (Vec<&Contribution>, Vec<&Contribution>) {
        let signed = |sign: f32| {
            let of_sign = move |c: &&Contribution| c.value * sign > 0.0;
            self.contributions.iter().filter(of_sign).take(n).collect()
        };
        (signed(1.0), signed(-1.0))
    }
}

impl Classifier<'_> {
    /// Takes the decision value of `label` of `task` (indices into the model's) apart for `text`.
    ///
    /// # Panics
    /// When the model has no such task or label.
    pub fn explain(&mut self, text: &str, task: usize, label: usize) -> Explanation {
        let model = self.model;
        let at = model.analyzer_of(task);
        model.analyzers()[at].terms(text, &mut self.scratches[at]);
        let scratch = &self.scratches[at];
        let task = &model.tasks()[task];
        task.tfidf.transform(scratch.terms(), &mut self.row);
        let intercept = task.linear.intercepts()[label];
        let names = task.tfidf.vocabulary().names();
        let mut contributions: Vec<Contribution> = (self.row.iter())
            .map(|(column, value)| Contribution {
                term: names[*column as usize].clone(),
                value: value * task.linear.feature(*column)[label],
                spans: Vec::new(),
            })
            .collect();
        let margin = contributions.iter().fold(0.0, |sum, c| sum + c.value) + intercept;
        for occurrence in scratch.terms() {
            let Some(column) = task.tfidf.vocabulary().column(occurrence.hash) else {
                continue;
            };
            if let Ok(at) = self.row.binary_search_by_key(&column, |(c, _)| *c) {
                let span = (occurrence.start as usize, occurrence.end as usize);
                contributions[at].spans.push(span);
            }
        }
        for contribution in &mut contributions {
            contribution.spans.dedup();
        }
        // The sort is stable, so terms of one size stand in the vocabulary's order.
        contributions.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
        Explanation {
            intercept,
            margin,
            contributions,
        }
    }
}
