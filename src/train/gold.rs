//! What is said of labelled rows, beside gold, and the errors that this comes to.

use super::benchmark::answers_of;
use super::outcomes::{Answers, TaskGold};
use super::rows::Row;
use super::split::number_articles;
use crate::error::{Error, Result};
use crate::evaluate::selection::design_effect;
use crate::model::errors::{Confusion, ErrorSource, MeasuredBy, TaskErrors};
use crate::model::{Form, Gate, LearnedOn, Model, Task};
use std::collections::{BTreeMap, BTreeSet};

/// Gold labels, given labels and article of a row.
type Sample = (Vec<u32>, Vec<u32>, u32);

/// A model's errors on labelled rows that it was not trained on, a task each; none of a task without such rows.
///
/// # Errors
/// When no row has a label of a task of the model.
pub fn errors_on(model: &Model, rows: &[Row], name: &str) -> Result<Vec<Option<TaskErrors>>> {
    let article = number_articles(rows.iter().map(|row| row.article.as_deref()));
    let answers = answers_of(model, rows);
    let all = errors_of(rows, &article, &answers, MeasuredBy::CodedRows, name);
    match all.iter().any(Option::is_some) {
        true => Ok(all),
        false => Err(Error::input("no row has a label of a task of the model")),
    }
}

/// The errors of `answers` on rows called `name`, a task each: of the rows with a label of it that gold and the gate
/// among the answers both take for body. `article` numbers the article of each row.
pub(super) fn errors_of(
    rows: &[Row],
    article: &[u32],
    answers: &[Answers],
    by: MeasuredBy,
    name: &str,
) -> Vec<Option<TaskErrors>> {
    let tasks: Vec<Task> = answers.iter().map(|said| said.task.clone()).collect();
    let gate = Gate::of(&tasks);
    let gate = gate.as_ref().and_then(|gate| {
        let at = tasks.iter().position(|task| task.name == gate.task)?;
        let open = tasks[at].labels.binary_search(&gate.label).ok()?;
        Some((at, open as u32))
    });
    let opened = |task: usize, row: usize| match gate {
        Some((at, open)) if at != task => {
            let said = answers[at].repeats[0][row].as_ref();
            said.is_some_and(|said| said.labels == [open])
        }
        _ => true,
    };
    let of_task = |(t, said): (usize, &Answers)| {
        let gold = TaskGold::new(rows, &said.task);
        let repeats = gold.repeats(article, said, &|row| opened(t, row), None);
        let o = repeats.into_iter().next()?.outcomes;
        let pairs = o.gold.into_iter().zip(o.predicted).zip(o.article);
        let samples: Vec<Sample> = pairs
            .map(|((gold, given), article)| (gold, given, article))
            .collect();
        let distinct: BTreeSet<u32> = samples.iter().map(|(_, _, article)| *article).collect();
        Some(TaskErrors {
            source: ErrorSource {
                by,
                rows: LearnedOn {
                    name: name.to_owned(),
                    n_rows: samples.len() as u64,
                    n_articles: distinct.len() as u64,
                },
            },
            confusions: confusions(&said.task, &samples),
        })
    };
    answers.iter().enumerate().map(of_task).collect()
}

/// Gold labels that the task does not have are numbered after its own, and are no class.
fn confusions(task: &Task, samples: &[Sample]) -> Vec<Confusion> {
    let n = task.labels.len();
    match task.form {
        Form::Single => {
            let known = samples.iter().filter_map(|(gold, given, article)| {
                let gold = gold.first().filter(|gold| (**gold as usize) < n)?;
                Some((*gold as usize, *given.first()? as usize, *article))
            });
            vec![Confusion::new(n, &known.collect::<Vec<_>>())]
        }
        Form::Multi => {
            let of_label = |label: u32| {
                let class = |labels: &[u32]| usize::from(labels.contains(&label));
                let classes = samples
                    .iter()
                    .map(|(gold, given, article)| (class(gold), class(given), *article));
                Confusion::new(2, &classes.collect::<Vec<_>>())
            };
            (0..n as u32).map(of_label).collect()
        }
    }
}

impl Confusion {
    /// Counts samples of (gold, given, article).
    pub fn new(n_classes: usize, samples: &[(usize, usize, u32)]) -> Self {
        let mut counts = vec![vec![0; n_classes]; n_classes];
        let mut of_article: Vec<BTreeMap<u32, (f64, f64)>> = vec![BTreeMap::new(); n_classes];
        for (gold, given, article) in samples {
            counts[*gold][*given] += 1;
            let (n, wrong) = of_article[*gold].entry(*article).or_default();
            *n += 1.0;
            *wrong += f64::from(u8::from(gold != given));
        }
        let effect = |articles: &BTreeMap<u32, (f64, f64)>| {
            let articles: Vec<(f64, f64)> = articles.values().copied().collect();
            design_effect(&articles).max(1.0)
        };
        Confusion {
            counts,
            design_effects: of_article.iter().map(effect).collect(),
        }
    }
}
