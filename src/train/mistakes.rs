//! The surest mistakes, and why they were made.
//!
//! Owns the choice, label by label, and the explanation by the very model that answered the row: in
//! cross-validation that of its fold.

use super::benchmark::Bench;
use super::outcomes::{Answers, TaskGold};
use super::plan::Split;
use super::report::Mistake;
use crate::model::{Form, Model, Provenance, TaskModel};
use crate::predict::Explanation;
use crate::text::Passage;

/// Terms kept for and against a label.
const TERMS: usize = 6;

/// What answered the rows.
pub(super) enum Explainers<'r> {
    /// One model.
    Model(&'r Model),
    /// What was fitted in each split, `[n_tasks][n_splits]`; empty where it was not kept.
    Splits(&'r [Split], Vec<Vec<TaskModel>>),
}

impl Explainers<'_> {
    fn explain(
        &self,
        task: usize,
        label: usize,
        row: usize,
        passage: Passage<'_>,
    ) -> Option<Explanation> {
        let mut explanation = match self {
            Explainers::Model(model) => model.classifier().explain(passage, task, label),
            Explainers::Splits(splits, models) => {
                let tested = |s: &Split| s.tested.binary_search(&(row as u32)).is_ok();
                let split = splits.iter().position(tested)?;
                let model = models.get(task)?.get(split)?.clone();
                let model = Model::new(vec![model], Provenance::default(), None).ok()?;
                model.classifier().explain(passage, 0, label)
            }
        };
        explanation.keep_strongest(TERMS);
        Some(explanation)
    }
}

/// The `n` surest mistakes of each label: those to which it was given though it is not gold, from the
/// largest probability on, and of a multi task those that have it and were not given it, from the
/// smallest on. Of several repeats the first.
pub(super) fn mistakes(bench: &Bench<'_>, n: usize) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    if n == 0 {
        return mistakes;
    }
    for (task, answers) in bench.answers.iter().enumerate() {
        let gold = TaskGold::new(bench.rows, &answers.task);
        for label in 0..answers.task.labels.len() as u32 {
            for missed in [false, true] {
                if missed && answers.task.form == Form::Single {
                    continue;
                }
                let surest = surest(answers, &gold, label, missed, n);
                let of_row = |(p, row)| mistake(bench, task, &gold, label, missed, p, row);
                mistakes.extend(surest.into_iter().filter_map(of_row));
            }
        }
    }
    mistakes
}

/// Probability and row of the surest mistakes with one label.
fn surest(
    answers: &Answers,
    gold: &TaskGold<'_>,
    label: u32,
    missed: bool,
    n: usize,
) -> Vec<(f32, usize)> {
    let rows = answers.repeats[0].iter().enumerate();
    let wrong = rows.filter_map(|(row, said)| {
        let (said, gold) = (said.as_ref()?, gold.of(row)?);
        let (given, has) = (said.labels.contains(&label), gold.contains(&label));
        let p = said.probabilities.get(label as usize)?;
        (given != has && has == missed).then_some((*p, row))
    });
    let mut wrong: Vec<(f32, usize)> = wrong.collect();
    wrong.sort_by(|a, b| match missed {
        true => a.0.total_cmp(&b.0),
        false => b.0.total_cmp(&a.0),
    });
    wrong.truncate(n);
    wrong
}

fn mistake(
    bench: &Bench<'_>,
    task: usize,
    gold: &TaskGold<'_>,
    label: u32,
    missed: bool,
    probability: f32,
    row: usize,
) -> Option<Mistake> {
    let text = &bench.rows[row].text;
    let said = bench.answers[task].repeats[0][row].as_ref()?;
    let names = |labels: &[u32]| labels.iter().map(|l| gold.label(*l).to_owned()).collect();
    Some(Mistake {
        task: bench.answers[task].task.name.clone(),
        label: gold.label(label).to_owned(),
        missed,
        probability,
        row: bench.rows[row].name.clone(),
        gold: names(gold.of(row)?),
        given: names(&said.labels),
        text: text.clone(),
        explanation: bench.explainers.explain(
            task,
            label as usize,
            row,
            (&bench.rows[row]).into(),
        )?,
    })
}
