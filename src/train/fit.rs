//! Fits one task.
//!
//! Owns the step from counts and gold labels to weights, the margins of rows that the weights did
//! not see, and the thresholds tuned on those.

use super::chi2;
use super::corpus::{Corpus, TaskRows};
use super::estimators::fit_lanes;
use super::split::grouped_folds;
use super::thresholds::{DEFAULT_THRESHOLD, best_threshold};
use crate::error::Result;
use crate::features::TermCounts;
use crate::features::tfidf::FittedColumns;
use crate::model::linear::sigmoid;
use crate::model::{Form, LinearModel, Task, TaskOptions};
use ndarray::Array2;
use rayon::prelude::*;

/// What every fit of a run shares.
#[derive(Debug, Clone, Copy)]
pub struct FitSettings {
    /// Seeds folds and solver.
    pub seed: u64,
    /// Folds over which thresholds are tuned and options chosen.
    pub folds: usize,
    /// Bytes that a dense estimator may take.
    pub memory_budget: u64,
}

/// Weights still tied to the term counts that they were fitted on.
#[derive(Debug, Clone)]
pub struct FittedTask {
    /// The vectorizer.
    pub columns: FittedColumns,
    /// The weights, a label each.
    pub linear: LinearModel,
    /// Thresholds of a multi task; empty for a single one.
    pub thresholds: Vec<f32>,
    /// Lanes whose solver did not converge.
    pub unconverged: usize,
}

impl FittedTask {
    /// The decision values of rows of `counts`.
    pub fn margins(&self, counts: &TermCounts, rows: &[u32]) -> Vec<Vec<f32>> {
        let x = self.columns.transform(counts, rows);
        (0..rows.len())
            .map(|i| {
                let (columns, values) = x.row(i);
                let mut margins = Vec::new();
                let row = columns.iter().copied().zip(values.iter().copied());
                self.linear.decision_function(row, &mut margins);
                margins
            })
            .collect()
    }
}

/// Some of a task's labelled rows, by position in [`TaskRows`].
#[derive(Debug, Clone, Copy)]
pub struct Sample<'c> {
    /// The rows' corpus.
    pub corpus: &'c Corpus<'c>,
    /// The task.
    pub task: &'c TaskRows,
    /// Positions, ascending.
    pub positions: &'c [u32],
}

impl Sample<'_> {
    fn rows(&self, positions: impl IntoIterator<Item = u32>) -> Vec<u32> {
        positions
            .into_iter()
            .map(|p| self.task.rows[p as usize])
            .collect()
    }

    /// Fits vectorizer and weights to the sample; thresholds are the default.
    ///
    /// # Errors
    /// As [`fit_lanes`].
    pub fn fit_weights(
        &self,
        counts: &TermCounts,
        options: &TaskOptions,
        settings: &FitSettings,
    ) -> Result<FittedTask> {
        let rows = self.rows(self.positions.iter().copied());
        let y = lanes(&self.task.task, &self.task.gold, self.positions);
        let mut columns = options.tfidf.fit(counts, &rows);
        let mut x = columns.transform(counts, &rows);
        if let Some(k) = options.chi2
            && k < columns.n_features()
        {
            columns = columns.keep(&chi2::select(&x, &y, k));
            x = columns.transform(counts, &rows);
        }
        let fitted = fit_lanes(options, x, &y, settings.seed, settings.memory_budget)?;
        let thresholds = match self.task.task.form {
            Form::Single => Vec::new(),
            Form::Multi => vec![DEFAULT_THRESHOLD; self.task.task.labels.len()],
        };
        Ok(FittedTask {
            columns,
            linear: both_sides(fitted.linear, self.task.task.labels.len())?,
            thresholds,
            unconverged: fitted.unconverged,
        })
    }

    /// The decision values of each row of the sample by weights that were fitted without its
    /// article; none where there are too few articles to part.
    ///
    /// # Errors
    /// As [`fit_lanes`].
    pub fn out_of_fold(
        &self,
        counts: &TermCounts,
        options: &TaskOptions,
        settings: &FitSettings,
    ) -> Result<Option<Vec<Vec<f32>>>> {
        let of = |p: &u32| self.corpus.article[self.task.rows[*p as usize] as usize];
        let article: Vec<u32> = self.positions.iter().map(of).collect();
        let gold = |p: &u32| self.task.gold[*p as usize].clone();
        let strata: Vec<Vec<u32>> = self.positions.iter().map(gold).collect();
        let mut distinct = article.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let n_folds = settings.folds.min(distinct.len());
        if n_folds < 2 {
            return Ok(None);
        }
        let folds = grouped_folds(&article, &strata, n_folds, settings.seed)?;
        let by_fold = (0..n_folds as u32)
            .into_par_iter()
            .map(|fold| {
                let inside = |i: &usize| folds[*i] == fold;
                let tested: Vec<usize> = (0..folds.len()).filter(inside).collect();
                let trained = (0..folds.len()).filter(|i| folds[*i] != fold);
                let trained: Vec<u32> = trained.map(|i| self.positions[i]).collect();
                let rest = Sample {
                    positions: &trained,
                    ..*self
                };
                let fitted = rest.fit_weights(counts, options, settings)?;
                let rows = self.rows(tested.iter().map(|i| self.positions[*i]));
                Ok((tested, fitted.margins(counts, &rows)))
            })
            .collect::<Result<Vec<_>>>()?;
        let mut margins = vec![Vec::new(); self.positions.len()];
        for (tested, values) in by_fold {
            for (i, value) in tested.into_iter().zip(values) {
                margins[i] = value;
            }
        }
        Ok(Some(margins))
    }

    /// Fits weights to the whole sample and thresholds to margins out of fold.
    ///
    /// # Errors
    /// As [`fit_lanes`].
    pub fn fit(&self, options: &TaskOptions, settings: &FitSettings) -> Result<FittedTask> {
        let counts = self.corpus.counts(&options.text)?;
        let mut fitted = self.fit_weights(&counts, options, settings)?;
        if self.task.task.form == Form::Multi
            && let Some(margins) = self.out_of_fold(&counts, options, settings)?
        {
            fitted.thresholds = self.thresholds(&margins);
        }
        Ok(fitted)
    }

    /// The best threshold of each label on the margins of the sample's rows.
    pub fn thresholds(&self, margins: &[Vec<f32>]) -> Vec<f32> {
        (0..self.task.task.labels.len())
            .into_par_iter()
            .map(|label| {
                let probabilities: Vec<f32> = margins.iter().map(|m| sigmoid(m[label])).collect();
                let has = |p: &u32| self.task.gold[*p as usize].contains(&(label as u32));
                let gold: Vec<bool> = self.positions.iter().map(has).collect();
                best_threshold(&probabilities, &gold)
            })
            .collect()
    }
}

/// A lane a label; a single task with two labels needs but one, for the second.
fn lanes(task: &Task, gold: &[Vec<u32>], positions: &[u32]) -> Array2<bool> {
    let n_labels = task.labels.len();
    let has = |i: usize, label: usize| gold[positions[i] as usize].contains(&(label as u32));
    if task.form == Form::Single && n_labels == 2 {
        Array2::from_shape_fn((positions.len(), 1), |(i, _)| has(i, 1))
    } else {
        Array2::from_shape_fn((positions.len(), n_labels), |(i, label)| has(i, label))
    }
}

/// Gives the first of two exclusive labels the negative of what the second has.
fn both_sides(linear: LinearModel, n_labels: usize) -> Result<LinearModel> {
    if linear.n_labels() == n_labels {
        return Ok(linear);
    }
    let mirrored = |weights: &[f32]| weights.iter().flat_map(|w| [-w, *w]).collect::<Vec<f32>>();
    LinearModel::new(mirrored(linear.weights()), mirrored(linear.intercepts()))
}
