//! Fits one task.
//!
//! Owns the step from counts and gold labels to weights, the margins of rows that the weights did
//! not see, and the calibration and thresholds fitted to those.

use super::calibration::{apply, calibrate, fold_in};
use super::chi2;
use super::corpus::{Corpus, TaskRows};
use super::estimators::{Lanes, Precision, fit_lanes};
use super::split::grouped_folds;
use super::thresholds::{DEFAULT_THRESHOLD, best_threshold};
use crate::error::Result;
use crate::features::tfidf::FittedColumns;
use crate::features::{SparseRecords, TermCounts};
use crate::model::linear::sigmoid;
use crate::model::{Estimator, Form, LinearModel, Task, TaskOptions};
use linfa::dataset::DatasetBase;
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

impl FitSettings {
    /// A fit as near the optimum as `tolerance`, from nothing.
    pub fn precision(&self, tolerance: f64) -> Precision<'static> {
        Precision {
            seed: self.seed,
            tolerance,
            start: &[],
            memory_budget: self.memory_budget,
        }
    }
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
        decision_values(&self.linear, &self.columns.transform(counts, rows))
    }
}

fn decision_values(linear: &LinearModel, x: &SparseRecords) -> Vec<Vec<f32>> {
    let of_row = |i| {
        let (columns, values) = x.row(i);
        let mut margins = Vec::new();
        let row = columns.iter().copied().zip(values.iter().copied());
        linear.decision_function(row, &mut margins);
        margins
    };
    (0..x.n_samples()).map(of_row).collect()
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

/// How near the optimum weights are, relative to it, that end in a model or serve its thresholds and calibration.
pub const TOLERANCE: f64 = 1e-4;

/// The rows of a sample as a vectorizer that was fitted to them weighs them, and their lanes.
#[derive(Debug)]
pub struct Design {
    columns: FittedColumns,
    data: Lanes,
}

/// A part of a sample, and what is fitted without it.
#[derive(Debug)]
pub struct Fold {
    /// The rows of the part, by their place among the sample's positions.
    pub tested: Vec<usize>,
    rest: Design,
    x_tested: SparseRecords,
}

/// Numbers a row, or a lane.
type Rows = Vec<Vec<f32>>;

impl Fold {
    /// The decision values of the part's rows by weights fitted to the rest, and those weights' dual variables.
    ///
    /// # Errors
    /// As [`fit_lanes`].
    pub fn margins(
        &self,
        n_labels: usize,
        options: &TaskOptions,
        precision: Precision<'_>,
    ) -> Result<(Rows, Rows)> {
        let fitted = fit_lanes(options, &self.rest.data, precision)?;
        let linear = both_sides(fitted.linear, n_labels)?;
        Ok((decision_values(&linear, &self.x_tested), fitted.alphas))
    }
}

impl Sample<'_> {
    fn rows(&self, positions: impl IntoIterator<Item = u32>) -> Vec<u32> {
        positions
            .into_iter()
            .map(|p| self.task.rows[p as usize])
            .collect()
    }

    fn n_labels(&self) -> usize {
        self.task.task.labels.len()
    }

    /// Fits the vectorizer to the sample.
    fn design(&self, counts: &TermCounts, options: &TaskOptions) -> Design {
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
        Design {
            columns,
            data: DatasetBase::new(x, y),
        }
    }

    /// Fits vectorizer and weights to the sample; thresholds are the default, and decision values are not calibrated.
    ///
    /// # Errors
    /// As [`fit_lanes`].
    pub fn fit_weights(
        &self,
        counts: &TermCounts,
        options: &TaskOptions,
        settings: &FitSettings,
    ) -> Result<FittedTask> {
        let design = self.design(counts, options);
        let fitted = fit_lanes(options, &design.data, settings.precision(TOLERANCE))?;
        let thresholds = match self.task.task.form {
            Form::Single => Vec::new(),
            Form::Multi => vec![DEFAULT_THRESHOLD; self.n_labels()],
        };
        Ok(FittedTask {
            columns: design.columns,
            linear: both_sides(fitted.linear, self.n_labels())?,
            thresholds,
            unconverged: fitted.unconverged,
        })
    }

    /// The fold of each row of the sample; none where there are too few articles to part.
    ///
    /// # Errors
    /// As [`grouped_folds`].
    pub fn folds(&self, settings: &FitSettings) -> Result<Option<Vec<u32>>> {
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
        grouped_folds(&article, &strata, n_folds, settings.seed).map(Some)
    }

    /// Fold number `fold` of `folds`, the vectorizer fitted to the rest.
    pub fn fold(
        &self,
        counts: &TermCounts,
        options: &TaskOptions,
        folds: &[u32],
        fold: u32,
    ) -> Fold {
        let tested: Vec<usize> = (0..folds.len()).filter(|i| folds[*i] == fold).collect();
        let trained = (0..folds.len()).filter(|i| folds[*i] != fold);
        let trained: Vec<u32> = trained.map(|i| self.positions[i]).collect();
        let rest = Sample {
            positions: &trained,
            ..*self
        };
        let rest = rest.design(counts, options);
        let rows = self.rows(tested.iter().map(|i| self.positions[*i]));
        Fold {
            x_tested: rest.columns.transform(counts, &rows),
            tested,
            rest,
        }
    }

    /// The decision values of each row of the sample by weights that were fitted without its
    /// article; none where there are too few articles to part. They are not calibrated.
    ///
    /// # Errors
    /// As [`fit_lanes`].
    pub fn out_of_fold(
        &self,
        counts: &TermCounts,
        options: &TaskOptions,
        settings: &FitSettings,
    ) -> Result<Option<Vec<Vec<f32>>>> {
        let Some(folds) = self.folds(settings)? else {
            return Ok(None);
        };
        let n_folds = folds.iter().max().map_or(0, |last| last + 1);
        let by_fold = (0..n_folds)
            .into_par_iter()
            .map(|fold| {
                let fold = self.fold(counts, options, &folds, fold);
                let precision = settings.precision(TOLERANCE);
                let (margins, _) = fold.margins(self.n_labels(), options, precision)?;
                Ok((fold.tested, margins))
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

    /// Fits weights to the whole sample, and calibration and thresholds, as far as they are needed, to margins out of
    /// fold.
    ///
    /// # Errors
    /// As [`fit_lanes`].
    pub fn fit(&self, options: &TaskOptions, settings: &FitSettings) -> Result<FittedTask> {
        let counts = self.corpus.counts(&options.text)?;
        let mut fitted = self.fit_weights(&counts, options, settings)?;
        let calibrated = options.estimator == Estimator::Svc;
        if (calibrated || self.task.task.form == Form::Multi)
            && let Some(mut margins) = self.out_of_fold(&counts, options, settings)?
        {
            let has = |i: usize, label: usize| self.has(self.positions[i], label);
            if calibrated {
                let scalings = calibrate(&self.task.task, &margins, has);
                fitted.linear = fold_in(&fitted.linear, &scalings)?;
                apply(&mut margins, &scalings);
            }
            if self.task.task.form == Form::Multi {
                fitted.thresholds = self.thresholds(&margins);
            }
        }
        Ok(fitted)
    }

    /// Whether the row at a position of the task has a label.
    pub(super) fn has(&self, position: u32, label: usize) -> bool {
        self.task.gold[position as usize].contains(&(label as u32))
    }

    /// The best threshold of each label on the margins of the sample's rows.
    pub fn thresholds(&self, margins: &[Vec<f32>]) -> Vec<f32> {
        (0..self.task.task.labels.len())
            .into_par_iter()
            .map(|label| {
                let probabilities: Vec<f32> = margins.iter().map(|m| sigmoid(m[label])).collect();
                let has = |p: &u32| self.has(*p, label);
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
