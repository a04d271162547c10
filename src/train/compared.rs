//! Other systems on the same rows.
//!
//! Owns [`Against`], a model or predictions made elsewhere; the paired comparison with it; and the
//! correction over all p-values of a benchmark.

use super::benchmark::{Bench, answers_of};
use super::outcomes::{Answers, TaskGold};
use super::report::{Benchmark, Changed, Comparison, TaskComparison};
use super::rows::{Gold, Row};
use crate::error::{Error, Result};
use crate::evaluate::{BootstrapParams, Outcomes, Repeat, compare, evaluate_repeats, holm};
use crate::model::{Model, Task};
use std::collections::{BTreeSet, HashMap};

/// How many times the draws of other figures a comparison takes, by the number of its repeats.
const MORE_DRAWS: usize = 10;

/// What the measured system is compared with.
#[derive(Debug, Clone)]
pub enum Against<'m> {
    /// A model, which labels the rows.
    Model {
        /// What it is called.
        name: String,
        /// The model.
        model: &'m Model,
    },
    /// Rows of predictions, which are found by their names; their labels are read as gold labels are.
    Predictions {
        /// What they are called.
        name: String,
        /// The predictions.
        rows: Vec<Row>,
    },
    /// Answers to the measured rows.
    Answers {
        /// What they are called.
        name: String,
        /// The answers, a task each.
        answers: Vec<Answers>,
    },
}

/// Compares the measured system with another on every task that both answer.
///
/// # Errors
/// When predictions name no measured row.
pub(super) fn compare_with(
    bench: &Bench<'_>,
    other: &Against<'_>,
    bootstrap: &BootstrapParams,
) -> Result<Comparison> {
    let (name, theirs): (&String, Vec<Answers>) = match other {
        Against::Model { name, model } => (name, answers_of(model, bench.rows)),
        Against::Predictions { name, rows } => (name, imported(bench, name, rows)?),
        Against::Answers { name, answers } => (name, answers.clone()),
    };
    let tasks = bench.answers.iter().filter_map(|ours| {
        let theirs = theirs.iter().find(|a| a.task.name == ours.task.name)?;
        compare_task(bench, ours, theirs, bootstrap)
    });
    Ok(Comparison {
        name: name.clone(),
        tasks: tasks.collect(),
    })
}

/// Predictions made elsewhere as answers to the measured rows.
fn imported(bench: &Bench<'_>, name: &str, predictions: &[Row]) -> Result<Vec<Answers>> {
    let by_name: HashMap<&str, &Row> = predictions.iter().map(|r| (r.name.as_str(), r)).collect();
    let found: Vec<Option<&Row>> = (bench.rows.iter())
        .map(|row| by_name.get(row.name.as_str()).copied())
        .collect();
    if found.iter().all(Option::is_none) {
        let (ours, theirs) = (bench.rows.first(), predictions.first());
        let called = |row: Option<&Row>| row.map_or("nothing", |r| r.name.as_str()).to_owned();
        return Err(Error::input(format!(
            "{name}: none of its {} rows has the `id` of a measured row (`{}` there, `{}` here)",
            predictions.len(),
            called(theirs),
            called(ours),
        ))
        .mend("give each prediction the id of its row"));
    }
    let given = |row: &Row, task: &str| -> Option<Vec<String>> {
        row.gold.get(task).map(|labels| match labels {
            Gold::Single(label) => vec![label.clone()],
            Gold::Multi(labels) => labels.clone(),
        })
    };
    let of_task = |ours: &Answers| {
        let name = &ours.task.name;
        let said: Vec<Option<Vec<String>>> = (found.iter())
            .map(|row| row.and_then(|row| given(row, name)))
            .collect();
        let labels: BTreeSet<&String> = said.iter().flatten().flatten().collect();
        if said.iter().all(Option::is_none) {
            return None;
        }
        let task = Task {
            labels: labels.iter().map(|label| (*label).clone()).collect(),
            ..ours.task.clone()
        };
        let number = |label: &String| task.labels.binary_search(label).expect("gathered") as u32;
        let numbers = |labels: Vec<String>| labels.iter().map(number).collect();
        let labels = said.into_iter().map(|labels| labels.map(numbers)).collect();
        Some(Answers::of_labels(task, labels))
    };
    Ok(bench.answers.iter().filter_map(of_task).collect())
}

fn compare_task(
    bench: &Bench<'_>,
    ours: &Answers,
    theirs: &Answers,
    bootstrap: &BootstrapParams,
) -> Option<TaskComparison> {
    let mut gold = TaskGold::new(bench.rows, &ours.task);
    gold.extend(&theirs.task.labels);
    let answered = |of: &Answers, row: usize| of.repeats.iter().all(|said| said[row].is_some());
    let both = |row: usize| answered(ours, row) && answered(theirs, row);
    let mut first = gold.repeats(bench.group, ours, &both, None);
    let mut second = gold.repeats(bench.group, theirs, &both, None);
    if first.is_empty() {
        return None;
    }
    // Only labels are compared.
    for repeat in first.iter_mut().chain(&mut second) {
        repeat.probabilities.clear();
    }
    let (a, b) = (outcomes_of(&first), outcomes_of(&second));
    // No p-value is below two by the number of draws, and the correction multiplies it.
    let more = (MORE_DRAWS / first.len().max(second.len())).max(1);
    let finer = BootstrapParams {
        draws: bootstrap.draws * more,
        ..*bootstrap
    };
    let paired = compare(&a, &b, &finer);
    let other = evaluate_repeats(&second, bootstrap);
    let kept = (0..bench.rows.len()).filter(|row| both(*row) && gold.of(*row).is_some());
    let names = |labels: &[u32]| labels.iter().map(|l| gold.label(*l).to_owned()).collect();
    let changed = kept.enumerate().filter_map(|(i, row)| {
        let (right, ours, theirs) = (&a[0].gold[i], &a[0].predicted[i], &b[0].predicted[i]);
        ((ours == right) != (theirs == right)).then(|| Changed {
            row: bench.rows[row].name.clone(),
            gold: names(right),
            ours: names(ours),
            theirs: names(theirs),
            text: bench.rows[row].text.clone(),
        })
    });
    let labels = other.labels.iter();
    Some(TaskComparison {
        task: ours.task.name.clone(),
        other: [other.macro_f1, other.exact_match],
        other_f1: labels.map(|l| (l.label.clone(), l.f1)).collect(),
        macro_f1_holm: None,
        mcnemar_holm: paired.mcnemar_p,
        changed: changed.collect(),
        paired,
    })
}

fn outcomes_of<'r, 't>(repeats: &'r [Repeat<'t>]) -> Vec<&'r Outcomes<'t>> {
    repeats.iter().map(|repeat| &repeat.outcomes).collect()
}

/// Corrects all p-values of the benchmark together (Holm).
pub(super) fn correct(benchmark: &mut Benchmark) {
    let estimators = benchmark.estimators.iter_mut().map(|e| &mut e.comparison);
    let comparisons = (benchmark.baselines.iter_mut())
        .chain(&mut benchmark.against)
        .chain(&mut benchmark.ablations)
        .chain(estimators);
    let mut tasks: Vec<&mut TaskComparison> = comparisons.flat_map(|c| &mut c.tasks).collect();
    let both = |task: &&mut TaskComparison| [task.paired.macro_f1.p, Some(task.paired.mcnemar_p)];
    let p: Vec<f64> = tasks.iter().flat_map(both).flatten().collect();
    let mut corrected = holm(&p).into_iter();
    for task in &mut tasks {
        task.macro_f1_holm = task.paired.macro_f1.p.and_then(|_| corrected.next());
        task.mcnemar_holm = corrected.next().expect("one for each p-value");
    }
}
