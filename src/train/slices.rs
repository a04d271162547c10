//! Figures by the values of a field.

use super::benchmark::{Bench, MeasureParams};
use super::outcomes::TaskGold;
use super::report::Slice;
use super::rows::Row;
use crate::evaluate::{Evaluation, Figure, evaluate_repeats};
use std::collections::BTreeMap;

/// The most values of a field that are shown, those with the most rows.
pub const MAX_VALUES: usize = 40;

/// The figures of each task for each value of each field.
pub(super) fn slices(bench: &Bench<'_>, params: &MeasureParams<'_>) -> Vec<Slice> {
    let mut slices = Vec::new();
    for field in &params.slices {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for value in bench.rows.iter().filter_map(|row| value(row, field)) {
            *counts.entry(value).or_default() += 1;
        }
        let mut values: Vec<(String, u64)> = counts.into_iter().collect();
        values.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        values.truncate(MAX_VALUES);
        values.sort();
        for answers in &bench.answers {
            let gold = TaskGold::new(bench.rows, &answers.task);
            for (of_slice, _) in &values {
                let keep = |row: usize| value(&bench.rows[row], field).as_ref() == Some(of_slice);
                let mut repeats = gold.repeats(bench.group, answers, &keep, None);
                if repeats.is_empty() {
                    continue;
                }
                for repeat in &mut repeats {
                    repeat.probabilities.clear();
                }
                let evaluation = evaluate_repeats(&repeats, &params.bootstrap);
                slices.push(Slice {
                    field: field.clone(),
                    value: of_slice.clone(),
                    task: answers.task.name.clone(),
                    n_samples: evaluation.n_samples,
                    n_articles: evaluation.n_articles,
                    macro_f1: over_occurring(&evaluation),
                    exact_match: evaluation.exact_match,
                });
            }
        }
    }
    slices
}

/// A row's value of a field; of `date` the year.
fn value(row: &Row, field: &str) -> Option<String> {
    match (field, row.date) {
        ("date", Some(date)) => Some(date.year().to_string()),
        _ => row.fields.get(field).cloned(),
    }
}

/// Macro-F1 over the labels that occur: those that do not are 0 in the mean over all.
fn over_occurring(evaluation: &Evaluation) -> Figure {
    let occurring = evaluation.labels.iter().filter(|l| l.applicable).count();
    let more = evaluation.labels.len() as f64 / occurring.max(1) as f64;
    let Figure { value, low, high } = evaluation.macro_f1;
    let [value, low, high] = [value, low, high].map(|f| (f * more).min(1.0));
    Figure { value, low, high }
}
