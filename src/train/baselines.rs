//! What takes no learning: the commonest answer, and a list of keywords.
//!
//! Owns both baselines. The commonest answer is that of the rows trained on, split by split, or, where a
//! given model is measured, that of the measured rows themselves, which is the most it can reach.

use super::corpus::TaskRows;
use super::outcomes::{Answers, TaskGold};
use super::plan::Plan;
use super::rows::Row;
use crate::error::{Error, Result};
use crate::model::{Form, Task};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most keywords of a label.
pub const MAX_KEYWORDS: usize = 40;

/// Keywords by task and label. A keyword is one word or several; it stands for itself and, with a `*` at
/// its end, for all that begins so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Lexicon(BTreeMap<String, BTreeMap<String, Vec<String>>>);

impl Lexicon {
    /// Reads `{TASK: {LABEL: [KEYWORD, …]}}`.
    ///
    /// # Errors
    /// When the text is not of that form, or a label has more than [`MAX_KEYWORDS`] keywords.
    pub fn from_json(json: &str) -> Result<Self> {
        let lexicon: Lexicon = serde_json::from_str(json).map_err(|e| {
            Error::input(format!("is no lexicon {{task: {{label: [words]}}}}: {e}"))
        })?;
        for (label, words) in lexicon.0.values().flatten() {
            if words.len() > MAX_KEYWORDS {
                return Err(Error::input(format!(
                    "`{label}` has {} keywords, and a baseline has {MAX_KEYWORDS} at most",
                    words.len()
                )));
            }
        }
        Ok(lexicon)
    }

    /// The keywords of each of a task's labels; none where it has no keyword for any.
    fn of(&self, task: &Task) -> Option<Vec<Vec<Vec<String>>>> {
        let labels = self.0.get(&task.name)?;
        let split = |keyword: &String| words(keyword);
        let keywords = |label: &String| match labels.get(label) {
            Some(keywords) => keywords.iter().map(split).collect(),
            None => Vec::new(),
        };
        let all: Vec<Vec<Vec<String>>> = task.labels.iter().map(keywords).collect();
        all.iter().any(|k| !k.is_empty()).then_some(all)
    }
}

/// The words of a text, in lower case; a `*` stays at the end of its word.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !(c.is_alphanumeric() || c == '*'));
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// How often the keyword stands in the text.
fn occurrences(keyword: &[String], text: &[String]) -> usize {
    let is_met = |(wanted, word): (&String, &String)| match wanted.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => word == wanted,
    };
    let runs = text.windows(keyword.len().max(1));
    runs.filter(|run| !keyword.is_empty() && keyword.iter().zip(*run).all(is_met))
        .count()
}

/// The commonest answer in the rows trained on: the label, or of a multi task the set of labels; among
/// equals the first.
pub fn majority(task: &TaskRows, n_rows: usize, plan: &Plan) -> Answers {
    let mut repeats = vec![vec![None; n_rows]; plan.repeats.len()];
    for (repeat, split) in plan.splits() {
        let trained = task.rows.iter().zip(&task.gold);
        let trained = trained.filter(|(row, _)| split.trained.binary_search(row).is_ok());
        let commonest = commonest(trained.map(|(_, gold)| gold.as_slice()));
        for row in &split.tested {
            repeats[repeat][*row as usize] = Some(commonest.clone());
        }
    }
    let mut answers = Answers::of_labels(task.task.clone(), Vec::new());
    answers.repeats = (repeats.into_iter())
        .flat_map(|labels| Answers::of_labels(task.task.clone(), labels).repeats)
        .collect();
    answers
}

/// The commonest answer in the measured rows themselves. A label that the task does not have is none.
pub fn majority_of_gold(task: &Task, gold: &TaskGold<'_>, n_rows: usize) -> Answers {
    let commonest = commonest((0..n_rows).filter_map(|row| gold.of(row)));
    let known = commonest
        .into_iter()
        .filter(|l| (*l as usize) < task.labels.len());
    let known: Vec<u32> = known.collect();
    Answers::of_labels(task.clone(), vec![Some(known); n_rows])
}

fn commonest<'g>(gold: impl Iterator<Item = &'g [u32]>) -> Vec<u32> {
    let mut counts: BTreeMap<&[u32], usize> = BTreeMap::new();
    for labels in gold {
        *counts.entry(labels).or_default() += 1;
    }
    // The first of equals: `max_by_key` takes the last.
    let most = counts.iter().rev().max_by_key(|(_, count)| **count);
    most.map(|(labels, _)| labels.to_vec()).unwrap_or_default()
}

/// What the keywords say of each row: of a multi task every label with a keyword in the text; of a single
/// one the label with the most, and where two have as many or none has any, what the commonest answer is.
pub fn by_keywords(
    lexicon: &Lexicon,
    task: &Task,
    rows: &[Row],
    majority: &Answers,
) -> Option<Answers> {
    let keywords = lexicon.of(task)?;
    let hits: Vec<Vec<usize>> = (rows.iter())
        .map(|row| {
            let text = words(&row.text);
            let of_label =
                |keywords: &Vec<Vec<String>>| keywords.iter().map(|k| occurrences(k, &text)).sum();
            keywords.iter().map(of_label).collect()
        })
        .collect();
    let mut answers = majority.clone();
    for repeat in &mut answers.repeats {
        for (said, hits) in repeat.iter_mut().zip(&hits) {
            let Some(said) = said else { continue };
            let most = hits.iter().max().copied().unwrap_or(0);
            let with_most = hits.iter().enumerate().filter(|(_, n)| **n == most);
            let with_most: Vec<u32> = with_most.map(|(label, _)| label as u32).collect();
            match task.form {
                Form::Multi => {
                    let met = hits.iter().enumerate().filter(|(_, n)| **n > 0);
                    said.labels = met.map(|(label, _)| label as u32).collect();
                }
                Form::Single if most > 0 && with_most.len() == 1 => said.labels = with_most,
                Form::Single => {}
            }
        }
    }
    Some(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(form: Form) -> Task {
        Task {
            name: "t".to_owned(),
            form,
            labels: vec!["cold".to_owned(), "warm".to_owned()],
        }
    }

    #[test]
    fn keywords_are_words_runs_and_beginnings() {
        let text = words("The tariffs -- export controls and Tariff cuts");
        let n = |keyword: &str| occurrences(&words(keyword), &text);
        assert_eq!(
            (n("tariff"), n("tariff*"), n("export control*"), n("cut")),
            (1, 2, 1, 0)
        );
        assert_eq!(n(""), 0);
    }

    #[test]
    fn the_label_with_most_keywords_is_given_and_the_commonest_where_none_is() {
        let lexicon = r#"{"t": {"cold": ["threat*", "accuse*"], "warm": ["agree*"]}}"#;
        let lexicon = Lexicon::from_json(lexicon).unwrap();
        let rows = [
            "They accused and threatened, then agreed.",
            "They agreed.",
            "Nothing.",
            "An accused agreed.",
        ];
        let rows: Vec<Row> = rows.map(Row::new).into();
        let said = |form: Form| -> Vec<Vec<u32>> {
            let most = Answers::of_labels(task(form), vec![Some(vec![1]); 4]);
            let answers = by_keywords(&lexicon, &task(form), &rows, &most).unwrap();
            let said = answers.repeats[0].iter().flatten();
            said.map(|said| said.labels.clone()).collect()
        };
        assert_eq!(said(Form::Single), [[0], [1], [1], [1]]);
        assert_eq!(said(Form::Multi), [vec![0, 1], vec![1], vec![], vec![0, 1]]);
    }

    #[test]
    fn a_lexicon_is_small_and_of_its_form() {
        let many: Vec<String> = (0..41).map(|i| format!("\"w{i}\"")).collect();
        let many = format!("{{\"t\": {{\"cold\": [{}]}}}}", many.join(","));
        assert!(
            Lexicon::from_json(&many)
                .unwrap_err()
                .to_string()
                .contains("41 keywords")
        );
        assert!(Lexicon::from_json("[]").is_err());
    }

    #[test]
    fn the_commonest_is_the_first_of_equals() {
        let gold: [&[u32]; 5] = [&[1], &[0], &[1], &[0], &[2]];
        assert_eq!(commonest(gold.into_iter()), [0]);
        assert_eq!(commonest(std::iter::empty()), [0u32; 0]);
    }
}
