//! Fits models.
//!
//! Owns [`Trainer`]: rows → corpus → options ([`search`]) → vectorizer, weights and thresholds of
//! each task ([`fit`]) → [`Model`]; and [`benchmark`], which measures a model or, by
//! cross-validation, a way of training. Tasks are fitted apart: another task in the rows changes
//! nothing for the rest.

pub mod baselines;
pub mod benchmark;
pub mod calibrate;
pub mod calibration;
pub mod chi2;
mod coders;
pub mod compared;
pub mod corpus;
pub mod duplicates;
pub mod estimators;
pub mod fit;
pub mod given;
pub mod gold;
pub mod grid;
mod mistakes;
pub mod out_of_fold;
pub mod outcomes;
pub mod plan;
pub mod progress;
pub mod report;
pub mod rows;
pub mod scaling;
pub mod search;
pub mod selective;
mod slices;
pub mod solver;
pub mod split;
mod studies;
pub mod thresholds;

pub use benchmark::MeasureParams;
pub use given::Given;
pub use progress::Step;
pub use report::{Benchmark, GateRule, TaskBenchmark};
pub use rows::{Gold, Row, TaskSpec, labelled_row};
pub use search::Tried;

use crate::error::{Error, Result};
use crate::evaluate::BootstrapParams;
use crate::model::provenance::TRAINING_VERSION;
use crate::model::{
    Codebook, CrossValidated, Estimator, MeasuredBy, Model, Provenance, TaskModel, TaskOptions,
};
use crate::text::language::foreign_language;
use benchmark::{cross_validate_answers, cuts_across_folds};
use corpus::{Corpus, TaskRows};
use fit::{FitSettings, Sample};
use gold::errors_of;
use std::collections::BTreeMap;

/// How a model is to be trained.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainParams {
    /// The tasks, in the order in which they are printed; none means the fields that
    /// [`TaskSpec::detected`] lists, as far as rows have them.
    pub tasks: Option<Vec<TaskSpec>>,
    /// What fits the weights where neither `given` nor the search says.
    pub estimator: Estimator,
    /// Options for every task.
    pub given: Given,
    /// Options for some tasks, which go before those for every task.
    pub given_by_task: BTreeMap<String, Given>,
    /// Folds of cross-validation and threshold tuning.
    pub folds: usize,
    /// Seeds folds, solver and bootstrap.
    pub seed: u64,
    /// Whether options that are not given are chosen by cross-validation.
    pub search: bool,
    /// Whether scores are worked out by cross-validation; without it nothing is searched for either.
    pub cross_validate: bool,
    /// Bytes that linfa's dense estimators may take.
    pub memory_budget: u64,
    /// Definitions of the labels, kept in the model.
    pub codebook: Option<Codebook>,
    /// What the rows are called where something learned on them is shown.
    pub rows_name: Option<String>,
}

impl Default for TrainParams {
    fn default() -> Self {
        TrainParams {
            tasks: None,
            estimator: Estimator::Logistic,
            given: Given::default(),
            given_by_task: BTreeMap::new(),
            folds: 5,
            seed: 0,
            search: true,
            cross_validate: true,
            memory_budget: 2 << 30,
            codebook: None,
            rows_name: None,
        }
    }
}

impl TrainParams {
    /// The tasks to look for in rows.
    pub fn specs(&self) -> Vec<TaskSpec> {
        self.tasks.clone().unwrap_or_else(TaskSpec::detected)
    }

    /// Checks the options that are given, before any row is read.
    ///
    /// # Errors
    /// A usage error for a range, a cost or a number of folds that makes no sense.
    pub fn check(&self) -> Result<()> {
        for given in self.given_by_task.values().chain([&self.given]) {
            let options = given.options(self.estimator);
            options.text.check()?;
            if !(options.c.is_finite() && options.c > 0.0) {
                return Err(Error::usage(format!(
                    "C is {}, not a positive number",
                    options.c
                )));
            }
            if given.max_features == Some(0) || given.chi2 == Some(0) {
                return Err(Error::usage("at least one term must be kept"));
            }
        }
        let specs = self.specs();
        for (i, spec) in specs.iter().enumerate() {
            if specs[..i].iter().any(|earlier| earlier.name == spec.name) {
                return Err(Error::usage(format!("task `{}` is given twice", spec.name)));
            }
        }
        if self.folds < 2 {
            return Err(Error::usage("cross-validation needs at least 2 folds"));
        }
        Ok(())
    }

    fn given_for(&self, task: &str) -> Given {
        match self.given_by_task.get(task) {
            Some(own) => own.or(&self.given),
            None => self.given.clone(),
        }
    }

    fn settings(&self) -> FitSettings {
        FitSettings {
            seed: self.seed,
            folds: self.folds,
            memory_budget: self.memory_budget,
        }
    }
}

/// What the rows of a training run are called unless they have a name.
const OWN_ROWS: &str = "the rows it was trained on, across folds";

/// What training gives.
#[derive(Debug)]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// Scores by cross-validation, unless it was skipped.
    pub cross_validation: Option<Benchmark>,
    /// The options that were tried, in order.
    pub tried: Vec<Tried>,
    /// What the user should know, in sentences.
    pub notes: Vec<String>,
}

/// Trains models by fixed parameters.
pub struct Trainer<'p> {
    params: TrainParams,
    step: Box<dyn Fn(Step) + Sync + 'p>,
}

impl<'p> Trainer<'p> {
    /// A trainer that reports to nobody.
    pub fn new(params: TrainParams) -> Self {
        Trainer {
            params,
            step: Box::new(|_| ()),
        }
    }

    /// Calls `step` as the work goes on.
    #[must_use]
    pub fn on_step(mut self, step: impl Fn(Step) + Sync + 'p) -> Self {
        self.step = Box::new(step);
        self
    }

    /// Trains a model on labelled rows.
    ///
    /// ```
    /// use demarche::{Row, TrainParams, Trainer};
    /// let rows: Vec<Row> = (0..40)
    ///     .map(|i| match i % 2 {
    ///         0 => Row::new(format!("tariffs rise again on item {i}")).single("stance", "cold"),
    ///         _ => Row::new(format!("envoys agree on plan {i}")).single("stance", "warm"),
    ///     })
    ///     .collect();
    /// let tasks = Some(vec!["stance:single".parse()?]);
    /// let trained = Trainer::new(TrainParams { tasks, ..TrainParams::default() }).fit(&rows)?;
    /// let prediction = trained.model.classify("New tariffs on steel");
    /// assert_eq!(prediction.label("stance"), Some("cold"));
    /// # Ok::<(), demarche::Error>(())
    /// ```
    ///
    /// # Errors
    /// When no row has a label, an option makes no sense, or a fit fails.
    pub fn fit(&self, rows: &[Row]) -> Result<Trained> {
        self.params.check()?;
        let specs = self.params.specs();
        let corpus = Corpus::new(rows, &specs)?;
        let mut tried = Vec::new();
        let options = self.options(&corpus, &mut tried)?;
        let mut learned = Vec::new();
        let cross_validation = match self.params.cross_validate {
            true => {
                let bootstrap = BootstrapParams {
                    seed: self.params.seed,
                    ..BootstrapParams::default()
                };
                let (benchmark, answers) = cross_validate_answers(
                    &corpus,
                    &options,
                    &self.params,
                    &bootstrap,
                    &self.step,
                )?;
                let name = self.params.rows_name.as_deref().unwrap_or(OWN_ROWS);
                let cuts = cuts_across_folds(&corpus, &answers, name);
                let by = MeasuredBy::CrossValidation;
                let errors = errors_of(corpus.rows(), &corpus.article, &answers, by, name);
                learned = cuts.into_iter().zip(errors).collect();
                Some(benchmark)
            }
            false => None,
        };
        let mut tasks = Vec::new();
        let mut notes = Vec::new();
        for (i, (task, options)) in corpus.tasks.iter().zip(options).enumerate() {
            (self.step)(Step {
                what: format!("{}: fitting", task.task.name),
                done: i as u64,
                total: corpus.tasks.len() as u64,
            });
            tasks.push(self.fit_task(&corpus, task, options, &mut notes)?);
        }
        for (task, (cuts, errors)) in tasks.iter_mut().zip(learned) {
            task.cuts = Some(cuts);
            task.errors = errors;
        }
        let provenance = self.provenance(&corpus, cross_validation.as_ref());
        Ok(Trained {
            model: Model::new(tasks, provenance, self.params.codebook.clone())?,
            cross_validation,
            tried,
            notes,
        })
    }

    /// The options of each task of the corpus, searched for where they are not given.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn options(&self, corpus: &Corpus<'_>, tried: &mut Vec<Tried>) -> Result<Vec<TaskOptions>> {
        for name in self.params.given_by_task.keys() {
            if !corpus.tasks.iter().any(|t| t.task.name == *name) {
                return Err(Error::usage(format!(
                    "an option is given for task `{name}`, which no row is labelled for"
                )));
            }
        }
        let settings = self.params.settings();
        let mut all = Vec::new();
        for task in &corpus.tasks {
            let given = self.params.given_for(&task.task.name);
            if !(self.params.search && self.params.cross_validate) {
                all.push(given.options(self.params.estimator));
                continue;
            }
            let positions = all_positions(task);
            let sample = Sample {
                corpus,
                task,
                positions: &positions,
            };
            all.push(search::choose(
                &sample,
                &given,
                &self.params,
                &settings,
                tried,
                &self.step,
            )?);
        }
        Ok(all)
    }

    fn fit_task(
        &self,
        corpus: &Corpus<'_>,
        task: &TaskRows,
        options: TaskOptions,
        notes: &mut Vec<String>,
    ) -> Result<TaskModel> {
        let positions = all_positions(task);
        let sample = Sample {
            corpus,
            task,
            positions: &positions,
        };
        let fitted = sample.fit(&options, &self.params.settings())?;
        if fitted.unconverged > 0 {
            notes.push(format!(
                "task `{}`: the solver stopped before it converged for {} label(s); a smaller C would let it",
                task.task.name, fitted.unconverged
            ));
        }
        if fitted.columns.n_features() == 0 {
            return Err(Error::training(format!(
                "task `{}`: no term is within the bounds of document frequency",
                task.task.name
            ))
            .mend("give more rows, a smaller --min-df or a larger --max-df"));
        }
        let counts = corpus.counts(&options.text)?;
        let (tfidf, order) = fitted.columns.detach(&counts);
        Ok(TaskModel {
            task: task.task.clone(),
            options,
            tfidf,
            linear: fitted.linear.reordered(&order),
            thresholds: fitted.thresholds,
            calibrated_on: None,
            cuts: None,
            errors: None,
        })
    }

    fn provenance(&self, corpus: &Corpus<'_>, scores: Option<&Benchmark>) -> Provenance {
        let scores = scores.map_or(&[][..], |benchmark| &benchmark.tasks);
        Provenance {
            training_version: TRAINING_VERSION,
            n_rows: corpus.rows().len() as u64,
            n_articles: corpus.n_articles(),
            rows_sha256: corpus.sha256(),
            seed: self.params.seed,
            folds: self.params.folds as u32,
            languages: languages(corpus.rows()),
            cross_validated: scores.iter().map(cross_validated).collect(),
        }
    }
}

/// The languages other than English of one row in a hundred or more.
fn languages(rows: &[Row]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        if let Some(language) = foreign_language(&row.text) {
            *counts.entry(language).or_default() += 1;
        }
    }
    counts.retain(|_, count| 100 * *count >= rows.len());
    counts.into_keys().map(str::to_owned).collect()
}

fn all_positions(task: &TaskRows) -> Vec<u32> {
    (0..task.rows.len() as u32).collect()
}

fn cross_validated(scores: &TaskBenchmark) -> CrossValidated {
    let evaluation = &scores.evaluation;
    let triple = |f: crate::evaluate::Figure| [f.value, f.low, f.high];
    CrossValidated {
        task: evaluation.task.clone(),
        n_samples: evaluation.n_samples,
        macro_f1: triple(evaluation.macro_f1),
        exact_match: triple(evaluation.exact_match),
        f1: evaluation.labels.iter().map(|l| l.f1.value).collect(),
        support: evaluation.labels.iter().map(|l| l.support).collect(),
    }
}
