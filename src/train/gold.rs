//! What a model says of labelled rows, beside gold.

use super::benchmark::answers_of;
use super::outcomes::{Answers, TaskGold};
use super::rows::Row;
use super::split::number_articles;
use crate::error::{Error, Result};
use crate::model::Model;

/// Gold labels, given labels and article of every sample of a task.
pub type GoldBesideAnswers = Vec<(Vec<u32>, Vec<u32>, u32)>;

/// What a model says of labelled rows beside gold, a task each: of the rows with a label that gold and the model's gate
/// both take for body. Labels that the model does not know are numbered after its own.
///
/// # Errors
/// When there is no such row.
pub fn gold_beside_answers(model: &Model, rows: &[Row]) -> Result<Vec<GoldBesideAnswers>> {
    let article = number_articles(rows.iter().map(|row| row.article.as_deref()));
    let answers = answers_of(model, rows);
    let opened = |task: usize, row: usize| match model.gate_at() {
        Some((at, open)) if at != task => {
            let said = answers[at].repeats[0][row].as_ref();
            said.is_some_and(|said| said.labels == [open])
        }
        _ => true,
    };
    let of_task = |(t, said): (usize, &Answers)| {
        let gold = TaskGold::new(rows, &said.task);
        let repeats = gold.repeats(&article, said, &|row| opened(t, row), None);
        let Some(repeat) = repeats.into_iter().next() else {
            return Vec::new();
        };
        let o = repeat.outcomes;
        let pairs = o.gold.into_iter().zip(o.predicted).zip(o.article);
        pairs
            .map(|((gold, given), article)| (gold, given, article))
            .collect()
    };
    let all: Vec<GoldBesideAnswers> = answers.iter().enumerate().map(of_task).collect();
    match all.iter().any(|samples| !samples.is_empty()) {
        true => Ok(all),
        false => Err(Error::input("no row has a label of a task of the model")),
    }
}
