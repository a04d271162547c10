//! Predictions beside gold labels.
//!
//! Owns [`Answers`], what a system said of each row, and [`TaskGold`], the gold labels that it is held
//! against.

use super::corpus::label_indices;
use super::rows::{Gold, KindRule, Row};
use crate::evaluate::{Outcomes, Repeat};
use crate::model::{Form, Task};
use crate::predict::TaskPrediction;
use std::collections::HashMap;

/// What a system said of one task.
#[derive(Debug, Clone)]
pub struct Answers {
    /// The task, with the labels the system knows.
    pub task: Task,
    /// One prediction a row and repeat, `[n_repeats][n_rows]`; none for a row that was not tested.
    /// Probabilities are empty where the system has none.
    pub repeats: Vec<Vec<Option<TaskPrediction>>>,
}

impl Answers {
    /// Labels alone, `[n_rows]`, from a system that gives no probabilities.
    pub fn of_labels(task: Task, labels: Vec<Option<Vec<u32>>>) -> Self {
        let said = |labels: Vec<u32>| TaskPrediction {
            labels,
            probabilities: Vec::new(),
            margins: Vec::new(),
        };
        Answers {
            task,
            repeats: vec![labels.into_iter().map(|l| l.map(said)).collect()],
        }
    }
}

/// The gold labels of one task as numbers.
#[derive(Debug)]
pub struct TaskGold<'t> {
    /// The task whose labels are numbered first.
    task: &'t Task,
    /// Labels that the task does not have.
    unseen: Vec<String>,
    /// Of each row, sorted; none where it is unlabelled.
    gold: Vec<Option<Vec<u32>>>,
    /// Whether the row is set aside by its kind, which end to end is gold none of a multi task.
    set_aside: Vec<bool>,
}

impl<'t> TaskGold<'t> {
    /// Numbers the gold labels of `rows`.
    pub fn new(rows: &[Row], task: &'t Task) -> Self {
        let rule = KindRule::of(rows);
        let mut numbered = TaskGold {
            task,
            unseen: Vec::new(),
            gold: Vec::new(),
            set_aside: rows.iter().map(|row| rule.sets_aside(row)).collect(),
        };
        let mut numbers: HashMap<String, u32> = HashMap::new();
        for row in rows {
            let gold = rule.gold(row, &task.name);
            let gold = gold.map(|gold| numbered.number(gold, &mut numbers));
            numbered.gold.push(gold);
        }
        numbered
    }

    fn number(&mut self, gold: &Gold, numbers: &mut HashMap<String, u32>) -> Vec<u32> {
        let (mut known, unknown) = label_indices(self.task, gold);
        for label in unknown {
            let next = (self.task.labels.len() + self.unseen.len()) as u32;
            let number = *numbers.entry(label.to_owned()).or_insert(next);
            if number == next {
                self.unseen.push(label.to_owned());
            }
            known.push(number);
        }
        known.sort_unstable();
        known
    }

    /// Adds labels that a system gives and neither the task nor gold has.
    pub fn extend(&mut self, labels: &[String]) {
        let known =
            |label: &String| self.task.labels.contains(label) || self.unseen.contains(label);
        let new: Vec<String> = labels.iter().filter(|l| !known(l)).cloned().collect();
        self.unseen.extend(new);
    }

    /// The gold labels of a row.
    pub fn of(&self, row: usize) -> Option<&[u32]> {
        self.gold[row].as_deref()
    }

    /// The name of a label.
    pub fn label(&self, number: u32) -> &str {
        let known = self.task.labels.len();
        match (number as usize).checked_sub(known) {
            None => &self.task.labels[number as usize],
            Some(unseen) => &self.unseen[unseen],
        }
    }

    /// The number of each of a system's labels here; labels of no number are to be added first.
    fn numbers_of(&self, labels: &[String]) -> Vec<u32> {
        let n_known = self.task.labels.len();
        let number = |label: &String| {
            let known = self.task.labels.iter().position(|l| l == label);
            let unseen = || self.unseen.iter().position(|l| l == label);
            known
                .or_else(|| Some(n_known + unseen()?))
                .expect("the label was added") as u32
        };
        labels.iter().map(number).collect()
    }

    /// Gold beside prediction for each repeat, over the labelled rows that `keep` holds and that were
    /// tested; nothing where there is none. `article` numbers the article of each row.
    ///
    /// With `gate_open`, `[n_repeats][n_rows]`, a row whose gate is shut has no predicted label, and a row of
    /// another kind counts, for a multi task, as gold none.
    pub fn repeats(
        &self,
        article: &[u32],
        answers: &Answers,
        keep: &dyn Fn(usize) -> bool,
        gate_open: Option<&[Vec<bool>]>,
    ) -> Vec<Repeat<'t>> {
        let numbers = self.numbers_of(&answers.task.labels);
        let same = answers.task.labels == self.task.labels;
        let none = Vec::new();
        let repeat = |(r, said): (usize, &Vec<Option<TaskPrediction>>)| {
            let mut repeat = Repeat {
                outcomes: Outcomes {
                    task: self.task,
                    unseen: self.unseen.clone(),
                    gold: Vec::new(),
                    predicted: Vec::new(),
                    article: Vec::new(),
                },
                probabilities: Vec::new(),
            };
            for (row, said) in said.iter().enumerate() {
                let (Some(said), true) = (said, keep(row)) else {
                    continue;
                };
                let counts_as_none =
                    gate_open.is_some() && self.task.form == Form::Multi && self.set_aside[row];
                let gold = self.gold[row].as_ref();
                let Some(gold) = gold.or(counts_as_none.then_some(&none)) else {
                    continue;
                };
                let open = gate_open.is_none_or(|open| open[r][row]);
                let given = said.labels.iter().filter(|_| open);
                let mut given: Vec<u32> = given.map(|l| numbers[*l as usize]).collect();
                given.sort_unstable();
                repeat.outcomes.gold.push(gold.clone());
                repeat.outcomes.predicted.push(given);
                repeat.outcomes.article.push(article[row]);
                if same && gate_open.is_none() && !said.probabilities.is_empty() {
                    repeat.probabilities.push(said.probabilities.clone());
                }
            }
            // A system has probabilities for every row or for none.
            if repeat.probabilities.len() != repeat.outcomes.gold.len() {
                repeat.probabilities.clear();
            }
            repeat
        };
        let repeats: Vec<Repeat<'t>> = answers.repeats.iter().enumerate().map(repeat).collect();
        match repeats.first() {
            Some(first) if !first.outcomes.gold.is_empty() => repeats,
            _ => Vec::new(),
        }
    }
}
