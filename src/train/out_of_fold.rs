//! Predictions of rows by what was fitted without them.
//!
//! Owns the walk over the splits of a [`Plan`]: vocabulary, idf, weights, calibration and thresholds are
//! fitted to the rows trained on, and, where that is asked for, the options chosen on them.

use super::corpus::{Corpus, TaskRows};
use super::fit::Sample;
use super::outcomes::Answers;
use super::plan::{Plan, Split};
use super::progress::Step;
use super::{TrainParams, search};
use crate::error::{Error, Result};
use crate::features::TermCounts;
use crate::model::{TaskModel, TaskOptions};
use crate::predict::{TaskPrediction, decide};
use rayon::prelude::*;

/// Where the options of a task come from.
#[derive(Debug, Clone)]
pub enum Options {
    /// They are given, or were chosen once.
    Fixed(TaskOptions),
    /// They are chosen in each split, on the rows trained on.
    Nested,
}

/// What the walk gave for one task.
#[derive(Debug)]
pub struct OutOfFold {
    /// The predictions.
    pub answers: Answers,
    /// The options of each split, repeat after repeat.
    pub options: Vec<TaskOptions>,
    /// What was fitted in each split of the first repeat, where it was to be kept.
    pub models: Vec<TaskModel>,
}

/// Predicts one task by the splits of a plan.
///
/// # Errors
/// When a split leaves nothing to train on, or a fit fails.
pub fn predict_out_of_fold(
    corpus: &Corpus<'_>,
    task: &TaskRows,
    options: &Options,
    params: &TrainParams,
    plan: &Plan,
    keep_models: bool,
) -> Result<OutOfFold> {
    let walk = Walk {
        corpus,
        task,
        params,
    };
    let splits: Vec<(usize, &Split)> = plan.splits().collect();
    let chosen: Vec<TaskOptions> = match options {
        Options::Fixed(options) => vec![options.clone(); splits.len()],
        Options::Nested => {
            let splits = splits.par_iter();
            splits
                .map(|(_, split)| walk.choose(split))
                .collect::<Result<_>>()?
        }
    };
    let fitted: Vec<(Vec<TaskPrediction>, Option<TaskModel>)> = splits
        .par_iter()
        .zip(&chosen)
        .map(|((r, split), options)| walk.predict(split, options, keep_models && *r == 0))
        .collect::<Result<_>>()?;
    let mut repeats = vec![vec![None; corpus.rows().len()]; plan.repeats.len()];
    let mut models = Vec::new();
    for ((r, split), (predictions, model)) in splits.into_iter().zip(fitted) {
        for (row, prediction) in split.tested.iter().zip(predictions) {
            repeats[r][*row as usize] = Some(prediction);
        }
        models.extend(model);
    }
    Ok(OutOfFold {
        answers: Answers {
            task: task.task.clone(),
            repeats,
        },
        options: chosen,
        models,
    })
}

struct Walk<'c> {
    corpus: &'c Corpus<'c>,
    task: &'c TaskRows,
    params: &'c TrainParams,
}

impl Walk<'_> {
    /// The positions among the task's rows of those trained on.
    fn trained(&self, split: &Split) -> Result<Vec<u32>> {
        let positions = (0..self.task.rows.len() as u32).filter(|p| {
            let row = &self.task.rows[*p as usize];
            split.trained.binary_search(row).is_ok()
        });
        let positions: Vec<u32> = positions.collect();
        match positions.is_empty() {
            false => Ok(positions),
            true => Err(Error::training(format!(
                "{}: no row labelled for `{}` is left to train on",
                split.name, self.task.task.name
            ))),
        }
    }

    fn choose(&self, split: &Split) -> Result<TaskOptions> {
        let positions = self.trained(split)?;
        let given = self.params.given_for(&self.task.task.name);
        if !(self.params.search && self.params.cross_validate) {
            return Ok(given.options(self.params.estimator));
        }
        let sample = Sample {
            corpus: self.corpus,
            task: self.task,
            positions: &positions,
        };
        let settings = self.params.settings();
        let mut tried = Vec::new();
        let silent = |_: Step| ();
        search::choose(&sample, &given, self.params, &settings, &mut tried, &silent)
    }

    fn predict(
        &self,
        split: &Split,
        options: &TaskOptions,
        keep: bool,
    ) -> Result<(Vec<TaskPrediction>, Option<TaskModel>)> {
        let positions = self.trained(split)?;
        let sample = Sample {
            corpus: self.corpus,
            task: self.task,
            positions: &positions,
        };
        let fitted = sample.fit(options, &self.params.settings())?;
        let counts: std::sync::Arc<TermCounts> = self.corpus.counts(&options.text)?;
        let margins = fitted.margins(&counts, &split.tested).into_iter();
        let form = self.task.task.form;
        let predictions = margins.map(|m| decide(form, &fitted.thresholds, m));
        let predictions = predictions.collect();
        let model = keep.then(|| {
            let (tfidf, order) = fitted.columns.detach(&counts);
            TaskModel {
                task: self.task.task.clone(),
                options: options.clone(),
                tfidf,
                linear: fitted.linear.reordered(&order),
                thresholds: fitted.thresholds,
                calibrated_on: None,
                cuts: None,
                errors: None,
            }
        });
        Ok((predictions, model))
    }
}
