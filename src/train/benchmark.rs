//! Measures a model, or a way of training.
//!
//! Owns [`Benchmark`]: gold labels beside the predictions of a given model ([`benchmark_model`])
//! or of cross-validation ([`cross_validate`]), in which vocabulary, idf, weights and thresholds are
//! fitted without the rows they are tested on.

use super::corpus::{Corpus, TaskRows, label_indices};
use super::fit::Sample;
use super::progress::Step;
use super::rows::{KindRule, Row};
use super::split::{grouped_folds, number_articles};
use super::{TrainParams, Trainer};
use crate::error::{Error, Result};
use crate::evaluate::{BootstrapParams, Evaluation, Outcomes, evaluate};
use crate::model::{Form, Gate, Model, Task, TaskOptions};
use crate::predict::{TaskPrediction, decide};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::HashMap;

/// Which rows count as body text when topics and tone are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GateRule {
    /// The rows that gold says are.
    Gold,
    /// The rows that the model takes for it: a body row taken for boilerplate gets no label, and, for a
    /// multi task, a boilerplate row taken for body may get wrong ones. (A boilerplate row has no gold
    /// label of a single task, so a tone that it is given costs nothing here; the gate's own figures count it.)
    Predicted,
}

/// A task's figures.
#[derive(Debug, Clone, Serialize)]
pub struct TaskBenchmark {
    /// The figures over rows that gold says are body.
    pub evaluation: Evaluation,
    /// The figures end to end, where the model's gate decides; none for the gate itself and for
    /// models without one.
    pub end_to_end: Option<Evaluation>,
}

/// The figures of all tasks.
#[derive(Debug, Clone, Serialize)]
pub struct Benchmark {
    /// Rows read.
    pub n_rows: u64,
    /// Distinct articles among them.
    pub n_articles: u64,
    /// Folds of cross-validation; none when a model was measured.
    pub folds: Option<usize>,
    /// Rows that the measured model was trained on here; none when it was given.
    pub trained_on: Option<u64>,
    /// The seed of folds and bootstrap.
    pub seed: u64,
    /// The options of each of `tasks`, where they were chosen here; else empty.
    pub options: Vec<TaskOptions>,
    /// The figures, a task each.
    pub tasks: Vec<TaskBenchmark>,
}

/// The predictions of one task for every row, labelled or not.
struct Answers<'a> {
    task: &'a Task,
    predictions: &'a [TaskPrediction],
}

/// Measures a model on labelled rows.
///
/// # Errors
/// When no row is labelled for any of the model's tasks.
pub fn benchmark_model(
    model: &Model,
    rows: &[Row],
    bootstrap: &BootstrapParams,
    step: &(dyn Fn(Step) + Sync),
) -> Result<Benchmark> {
    step(Step {
        what: "classifying".to_owned(),
        done: 0,
        total: 1,
    });
    let by_row: Vec<Vec<TaskPrediction>> = rows
        .par_chunks(256)
        .flat_map_iter(|chunk| {
            let mut classifier = model.classifier();
            (chunk.iter()).map(move |row| classifier.classify_ungated(&row.text))
        })
        .collect();
    let n_tasks = model.tasks().len();
    let mut predictions: Vec<Vec<TaskPrediction>> = vec![Vec::with_capacity(rows.len()); n_tasks];
    for row in by_row {
        for (task, prediction) in predictions.iter_mut().zip(row) {
            task.push(prediction);
        }
    }
    let article = number_articles(rows.iter().map(|row| row.article.as_deref()));
    let answers: Vec<Answers> = (model.tasks().iter().zip(&predictions))
        .map(|(task, predictions)| Answers {
            task: &task.task,
            predictions,
        })
        .collect();
    let tasks = figures(rows, &article, &answers, model.gate(), bootstrap);
    if tasks.is_empty() {
        let names: Vec<&str> = model.tasks().iter().map(|t| t.task.name.as_str()).collect();
        return Err(Error::input(format!(
            "no row is labelled for a task of the model: {}",
            names.join(", ")
        )));
    }
    Ok(Benchmark {
        n_rows: rows.len() as u64,
        n_articles: article.iter().max().map_or(0, |last| u64::from(*last) + 1),
        folds: None,
        trained_on: None,
        seed: bootstrap.seed,
        options: Vec::new(),
        tasks,
    })
}

/// Chooses options once over all rows, then measures them by cross-validation.
///
/// # Errors
/// As [`Trainer::fit`].
pub fn benchmark_training(
    rows: &[Row],
    params: &TrainParams,
    bootstrap: &BootstrapParams,
    step: &(dyn Fn(Step) + Sync),
) -> Result<Benchmark> {
    params.check()?;
    let corpus = Corpus::new(rows, &params.specs())?;
    let trainer = Trainer::new(params.clone()).on_step(step);
    let options = trainer.options(&corpus, &mut Vec::new())?;
    cross_validate(&corpus, &options, params, bootstrap, step)
}

/// Measures options by cross-validation: folds grouped by article and balanced by label; within
/// each, everything is fitted without the tested rows.
///
/// # Errors
/// When there are fewer articles than folds, or a fit fails.
pub fn cross_validate(
    corpus: &Corpus<'_>,
    options: &[TaskOptions],
    params: &TrainParams,
    bootstrap: &BootstrapParams,
    step: &(dyn Fn(Step) + Sync),
) -> Result<Benchmark> {
    let folds = grouped_folds(&corpus.article, &corpus.strata(), params.folds, params.seed)?;
    let total = corpus.tasks.len() as u64;
    let mut predictions = Vec::new();
    for (i, (task, options)) in corpus.tasks.iter().zip(options).enumerate() {
        step(Step {
            what: format!("{}: cross-validating", task.task.name),
            done: i as u64,
            total,
        });
        predictions.push(predict_out_of_fold(corpus, task, options, params, &folds)?);
    }
    let answers: Vec<Answers> = (corpus.tasks.iter().zip(&predictions))
        .map(|(task, predictions)| Answers {
            task: &task.task,
            predictions,
        })
        .collect();
    let names: Vec<Task> = corpus.tasks.iter().map(|t| t.task.clone()).collect();
    let gate = Gate::of(&names);
    Ok(Benchmark {
        n_rows: corpus.rows().len() as u64,
        n_articles: corpus.n_articles(),
        folds: Some(params.folds),
        trained_on: None,
        seed: params.seed,
        options: options.to_vec(),
        tasks: figures(
            corpus.rows(),
            &corpus.article,
            &answers,
            gate.as_ref(),
            bootstrap,
        ),
    })
}

/// The labels given to every row, labelled or not, for one task by cross-validation with the options
/// that `params` give.
///
/// # Errors
/// As [`cross_validate`], or when no row is labelled for the task.
pub fn predict_by_cross_validation(
    rows: &[Row],
    task: &str,
    params: &TrainParams,
) -> Result<Vec<Vec<String>>> {
    let corpus = Corpus::new(rows, &params.specs())?;
    let at = corpus.tasks.iter().position(|t| t.task.name == task);
    let task = &corpus.tasks
        [at.ok_or_else(|| Error::training(format!("no row is labelled for task `{task}`")))?];
    let folds = grouped_folds(&corpus.article, &corpus.strata(), params.folds, params.seed)?;
    let options = params.given_for(&task.task.name).options(params.estimator);
    let predictions = predict_out_of_fold(&corpus, task, &options, params, &folds)?;
    let name = |label: &u32| task.task.labels[*label as usize].clone();
    Ok(predictions
        .iter()
        .map(|p| p.labels.iter().map(name).collect())
        .collect())
}

/// The predictions for every row of the corpus by weights and thresholds fitted without its fold.
fn predict_out_of_fold(
    corpus: &Corpus<'_>,
    task: &TaskRows,
    options: &TaskOptions,
    params: &TrainParams,
    folds: &[u32],
) -> Result<Vec<TaskPrediction>> {
    let counts = corpus.counts(&options.text)?;
    let by_fold: Result<Vec<(Vec<u32>, Vec<TaskPrediction>)>> = (0..params.folds as u32)
        .into_par_iter()
        .map(|fold| {
            let outside = |p: &u32| folds[task.rows[*p as usize] as usize] != fold;
            let trained: Vec<u32> = (0..task.rows.len() as u32).filter(outside).collect();
            if trained.is_empty() {
                return Err(Error::training(format!(
                    "all rows labelled for `{}` fall into one fold",
                    task.task.name
                )));
            }
            let sample = Sample {
                corpus,
                task,
                positions: &trained,
            };
            let fitted = sample.fit(options, &params.settings())?;
            let rows = (0..folds.len() as u32).filter(|row| folds[*row as usize] == fold);
            let rows: Vec<u32> = rows.collect();
            let margins = fitted.margins(&counts, &rows).into_iter();
            let answers = margins.map(|m| decide(task.task.form, &fitted.thresholds, m));
            let answers = answers.collect();
            Ok((rows, answers))
        })
        .collect();
    let mut all: Vec<(u32, TaskPrediction)> = by_fold?
        .into_iter()
        .flat_map(|(rows, answers)| rows.into_iter().zip(answers))
        .collect();
    all.sort_by_key(|(row, _)| *row);
    Ok(all.into_iter().map(|(_, answer)| answer).collect())
}

/// The figures of each task that any row is labelled for.
fn figures(
    rows: &[Row],
    article: &[u32],
    answers: &[Answers<'_>],
    gate: Option<&Gate>,
    bootstrap: &BootstrapParams,
) -> Vec<TaskBenchmark> {
    let gate_open: Option<Vec<bool>> = gate.and_then(|gate| {
        let kind = answers.iter().find(|a| a.task.name == gate.task)?;
        let open = kind.task.labels.binary_search(&gate.label).ok()? as u32;
        let is_open = |p: &TaskPrediction| p.labels.first() == Some(&open);
        Some(kind.predictions.iter().map(is_open).collect())
    });
    answers
        .iter()
        .filter_map(|answer| {
            let by_gold = outcomes(rows, article, answer, None)?;
            let gated = gate.is_some_and(|gate| gate.task != answer.task.name);
            let end_to_end = gate_open
                .as_ref()
                .filter(|_| gated)
                .and_then(|open| outcomes(rows, article, answer, Some(open)));
            Some(TaskBenchmark {
                evaluation: evaluate(&by_gold, bootstrap),
                end_to_end: end_to_end.map(|outcomes| evaluate(&outcomes, bootstrap)),
            })
        })
        .collect()
}

/// Gold beside prediction. With `gate_open`, a row whose gate is shut has no predicted label, and a
/// row of another kind counts, for a multi task, as gold none.
fn outcomes<'a>(
    rows: &[Row],
    article: &[u32],
    answer: &Answers<'a>,
    gate_open: Option<&[bool]>,
) -> Option<Outcomes<'a>> {
    let mut outcomes = Outcomes {
        task: answer.task,
        unseen: Vec::new(),
        gold: Vec::new(),
        predicted: Vec::new(),
        article: Vec::new(),
    };
    let rule = KindRule::of(rows);
    let n_known = answer.task.labels.len() as u32;
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    for (i, row) in rows.iter().enumerate() {
        let mut gold = match rule.gold(row, &answer.task.name) {
            Some(gold) => {
                let (mut known, unknown) = label_indices(answer.task, gold);
                for label in unknown {
                    let at = *numbers.entry(label).or_insert_with(|| {
                        outcomes.unseen.push(label.to_owned());
                        n_known + outcomes.unseen.len() as u32 - 1
                    });
                    known.push(at);
                }
                known
            }
            None if gate_open.is_some()
                && answer.task.form == Form::Multi
                && rule.sets_aside(row) =>
            {
                Vec::new()
            }
            None => continue,
        };
        gold.sort_unstable();
        let open = gate_open.is_none_or(|open| open[i]);
        let given = &answer.predictions[i].labels;
        outcomes.gold.push(gold);
        outcomes
            .predicted
            .push(if open { given.clone() } else { Vec::new() });
        outcomes.article.push(article[i]);
    }
    (!outcomes.gold.is_empty()).then_some(outcomes)
}
