//! Chooses the options that were not given.
//!
//! Owns the walk over the [`grid`](super::grid): each stage tries its values with the best of the stages before, and
//! keeps the best. A value must gain [`LEAST_GAIN`] of a standard error on the one that it would replace, so that between
//! equals the simpler one, which comes first, is kept. Where the texts are small, the stages are walked twice, since an option may pay only
//! beside others.
//!
//! The criterion is the mean of macro-F1 and micro-F1 (of a single task: accuracy) on rows out of fold: neither rare labels nor common
//! ones may pay for the other. A multi task's thresholds and the calibration are fitted on the same decision values, so
//! the scores here are for choosing alone.
//!
//! What makes it cheap: fits end at a relative distance of [`TOLERANCE`] from the optimum; as many of the folds are tested as hold
//! [`ENOUGH_TESTED`] rows; the weighed rows of a fold serve all stages that do not change them; and along C each fit
//! starts from the dual variables of the one before.

use super::TrainParams;
use super::calibration::{apply, calibrate};
use super::corpus::TaskRows;
use super::fit::{FitSettings, Fold, Sample};
use super::given::Given;
use super::grid::{LOWER_IN_A_ROW, SMALL_TEXTS, Stage};
use super::progress::Step;
use crate::error::{Error, Result};
use crate::evaluate::{BootstrapParams, Outcomes, evaluate};
use crate::model::{Estimator, TaskOptions};
use crate::predict::decide;
use rayon::prelude::*;
use serde::Serialize;

/// What a value must gain on the best before it, in standard errors √(s(1−s)/n) of the best score s on the n tested rows.
/// Both are scored on the same rows, so that their difference varies by much less than one.
pub const LEAST_GAIN: f64 = 0.25;

/// The relative distance from the optimum at which fits of the search end.
pub const TOLERANCE: f64 = 1e-2;

/// Rows that are enough to tell two values apart.
pub const ENOUGH_TESTED: usize = 8000;

/// Options that were tried, and their score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tried {
    /// The task.
    pub task: String,
    /// What was tried at this stage, such as `C 3`.
    pub what: String,
    /// The mean of macro-F1 and micro-F1 out of fold, for choosing alone.
    pub score: f64,
}

/// The options for one task: what is given, and the rest by search.
///
/// # Errors
/// When a fit fails, or there are too few articles to part into folds.
pub fn choose(
    sample: &Sample<'_>,
    given: &Given,
    params: &TrainParams,
    settings: &FitSettings,
    tried: &mut Vec<Tried>,
    step: &dyn Fn(Step),
) -> Result<TaskOptions> {
    let task = &sample.task.task.name;
    let best = given.options(params.estimator);
    let n_bytes = sample.corpus.rows().iter().map(|row| row.text.len()).sum();
    let stages = Stage::open(given, params.estimator, n_bytes);
    if stages.is_empty() {
        return Ok(best);
    }
    let mut walk = Walk {
        best_score: f64::NEG_INFINITY,
        best,
        search: Search::new(sample, *settings)?,
        tried,
    };
    walk.best_score = walk.search.score(&walk.best)?;
    let rounds = if n_bytes <= SMALL_TEXTS { 2 } else { 1 };
    let total = (rounds * stages.len()) as u64;
    for round in 0..rounds {
        let before = walk.best.clone();
        for (i, stage) in stages.iter().enumerate() {
            walk.stage(*stage, given, &|what| {
                step(Step {
                    what: format!("{task}: choosing options ({what})"),
                    done: (round * stages.len() + i) as u64,
                    total,
                });
            })?;
            sample.corpus.keep_counts(&walk.best.text);
        }
        if walk.best == before {
            break;
        }
    }
    Ok(walk.best)
}

/// What was tried so far.
struct Walk<'s> {
    best: TaskOptions,
    best_score: f64,
    search: Search<'s>,
    tried: &'s mut Vec<Tried>,
}

impl Walk<'_> {
    /// Tries the values of a stage with the best options so far.
    fn stage(&mut self, stage: Stage, given: &Given, on_try: &dyn Fn(&str)) -> Result<()> {
        let start = self.best.clone();
        let (mut highest, mut lower) = (f64::NEG_INFINITY, 0);
        for candidate in stage.candidates(given, &start) {
            let options = candidate.applied(&start);
            on_try(&candidate.what);
            let score = match options == self.best {
                true => self.best_score,
                false => self.search.score(&options)?,
            };
            self.tried.push(Tried {
                task: self.search.sample.task.task.name.clone(),
                what: candidate.what,
                score,
            });
            if score > self.best_score + self.search.least_gain(self.best_score) {
                self.best_score = score;
                self.best = options;
            }
            lower = if score < highest { lower + 1 } else { 0 };
            highest = highest.max(score);
            if stage == Stage::C && lower == LOWER_IN_A_ROW {
                break;
            }
        }
        Ok(())
    }
}

/// The folds of a search, and what was fitted to them last.
struct Search<'s> {
    sample: &'s Sample<'s>,
    settings: FitSettings,
    /// The fold of each row.
    folds: Vec<u32>,
    /// Folds that are tested.
    n_tested: u32,
    /// The options fitted last.
    last: Option<TaskOptions>,
    parts: Vec<Part>,
}

struct Part {
    fold: Fold,
    alphas: Vec<Vec<f32>>,
}

impl<'s> Search<'s> {
    fn new(sample: &'s Sample<'s>, settings: FitSettings) -> Result<Self> {
        let folds = sample.folds(&settings)?.ok_or_else(|| {
            Error::training("there are too few articles to choose options by cross-validation")
                .mend("give more rows, or take the default options with --no-cv")
        })?;
        let n_folds = folds.iter().max().map_or(0, |last| last + 1);
        let mut n_rows = 0;
        let mut n_tested = 0;
        while n_tested < n_folds && n_rows < ENOUGH_TESTED {
            n_rows += folds.iter().filter(|fold| **fold == n_tested).count();
            n_tested += 1;
        }
        Ok(Search {
            sample,
            settings,
            folds,
            n_tested,
            last: None,
            parts: Vec::new(),
        })
    }

    fn least_gain(&self, best: f64) -> f64 {
        let tested = self.folds.iter().filter(|fold| **fold < self.n_tested);
        LEAST_GAIN * (best * (1.0 - best) / tested.count() as f64).sqrt()
    }

    /// The mean of macro-F1 and micro-F1 out of fold.
    fn score(&mut self, options: &TaskOptions) -> Result<f64> {
        self.prepare(options)?;
        let n_labels = self.sample.task.task.labels.len();
        let precision = self.settings.precision(TOLERANCE);
        let fit = |part: &mut Part| {
            let precision = super::estimators::Precision {
                start: &part.alphas,
                ..precision
            };
            let (margins, alphas) = part.fold.margins(n_labels, options, precision)?;
            part.alphas = alphas;
            Ok(margins)
        };
        let by_fold: Result<Vec<Vec<Vec<f32>>>> = self.parts.par_iter_mut().map(fit).collect();
        let tested = self.parts.iter().flat_map(|part| &part.fold.tested);
        let positions: Vec<u32> = tested.map(|i| self.sample.positions[*i]).collect();
        let tested = Sample {
            positions: &positions,
            ..*self.sample
        };
        Ok(tested.mean_f1(by_fold?.concat(), options.estimator))
    }

    /// Makes the folds ready for `options`: what the last ones have in common with these is kept.
    fn prepare(&mut self, options: &TaskOptions) -> Result<()> {
        let last = self.last.replace(options.clone());
        let same_rows = last.as_ref().is_some_and(|last| {
            (&last.text, &last.tfidf, last.chi2) == (&options.text, &options.tfidf, options.chi2)
        });
        if !same_rows {
            let counts = self.sample.corpus.counts(&options.text)?;
            self.parts.clear();
            let part = |fold| Part {
                fold: self.sample.fold(&counts, options, &self.folds, fold),
                alphas: Vec::new(),
            };
            self.parts = (0..self.n_tested).into_par_iter().map(part).collect();
        }
        let along_c = last.is_some_and(|last| {
            TaskOptions {
                c: options.c,
                ..last
            } == *options
        });
        if !along_c {
            for part in &mut self.parts {
                part.alphas.clear();
            }
        }
        Ok(())
    }
}

impl Sample<'_> {
    /// The mean of macro-F1 and micro-F1 of the sample's rows by decision values out of fold.
    fn mean_f1(&self, mut margins: Vec<Vec<f32>>, estimator: Estimator) -> f64 {
        let TaskRows { task, gold, .. } = self.task;
        if estimator == Estimator::Svc {
            let scalings = calibrate(task, &margins, |i, label| {
                self.has(self.positions[i], label)
            });
            apply(&mut margins, &scalings);
        }
        let thresholds = self.thresholds(&margins);
        let answers = margins.into_iter();
        let predicted = answers.map(|margins| decide(task.form, &thresholds, margins).labels);
        let outcomes = Outcomes {
            task,
            unseen: Vec::new(),
            gold: self
                .positions
                .iter()
                .map(|p| gold[*p as usize].clone())
                .collect(),
            predicted: predicted.collect(),
            article: (0..self.positions.len() as u32).collect(),
        };
        let once = BootstrapParams {
            draws: 0,
            ..BootstrapParams::default()
        };
        let evaluation = evaluate(&outcomes, &once);
        0.5 * (evaluation.macro_f1.value + evaluation.micro_f1.value)
    }
}
