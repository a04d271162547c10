//! Chooses the options that were not given.
//!
//! Owns the grid, walked one option at a time: each stage tries its values with the best of the
//! stages before, by macro-F1 out of fold, and keeps the best (the first of equals).
//!
//! | stage | values | where |
//! |---|---|---|
//! | words | 1–1, 1–2 | always |
//! | class weights | balanced, none | `logistic` |
//! | scaling | none, log-count-ratio | `logistic` |
//! | C | 3, 0.1, 0.3, 1, 10, 30 | always |
//!
//! Stems, stop words, character n-grams and document frequencies keep their defaults unless given.
//! A multi task's thresholds are tuned on the same margins, so the scores here are for choosing alone.

use super::TrainParams;
use super::corpus::TaskRows;
use super::fit::{FitSettings, Sample};
use super::progress::Step;
use crate::error::{Error, Result};
use crate::evaluate::{BootstrapParams, Outcomes, evaluate};
use crate::model::{ClassWeight, Estimator, Scaling, TaskOptions};
use crate::predict::decide;
use serde::{Deserialize, Serialize};

/// The options that the user gave; the others are searched for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Given {
    /// Word n-grams.
    pub ngram_range: Option<(u8, u8)>,
    /// Character n-grams; `Some(None)` is none.
    pub char_ngram_range: Option<Option<(u8, u8)>>,
    /// Whether to stem.
    pub stem: Option<bool>,
    /// Whether to leave out function words.
    pub stop_words: Option<bool>,
    /// Whether words after a negation are marked.
    pub negation: Option<bool>,
    /// Whether punctuation marks count as terms.
    pub marks: Option<bool>,
    /// Fewest texts of a term.
    pub min_df: Option<crate::features::DocumentFrequency>,
    /// Most texts of a term.
    pub max_df: Option<crate::features::DocumentFrequency>,
    /// Most terms.
    pub max_features: Option<usize>,
    /// Whether counts are damped.
    pub sublinear_tf: Option<bool>,
    /// Whether idf is used.
    pub use_idf: Option<bool>,
    /// The cost of a sample.
    pub c: Option<f64>,
    /// How the sides of a lane are weighed.
    pub class_weight: Option<ClassWeight>,
    /// What features are multiplied by.
    pub scaling: Option<Scaling>,
    /// Most terms by χ².
    pub chi2: Option<usize>,
}

impl Given {
    /// What is given here, and where nothing is, what `general` gives.
    #[must_use]
    pub fn or(&self, general: &Given) -> Given {
        Given {
            ngram_range: self.ngram_range.or(general.ngram_range),
            char_ngram_range: self.char_ngram_range.or(general.char_ngram_range),
            stem: self.stem.or(general.stem),
            stop_words: self.stop_words.or(general.stop_words),
            negation: self.negation.or(general.negation),
            marks: self.marks.or(general.marks),
            min_df: self.min_df.or(general.min_df),
            max_df: self.max_df.or(general.max_df),
            max_features: self.max_features.or(general.max_features),
            sublinear_tf: self.sublinear_tf.or(general.sublinear_tf),
            use_idf: self.use_idf.or(general.use_idf),
            c: self.c.or(general.c),
            class_weight: self.class_weight.or(general.class_weight),
            scaling: self.scaling.or(general.scaling),
            chi2: self.chi2.or(general.chi2),
        }
    }

    /// The default options with what is given put in.
    pub fn options(&self, estimator: Estimator) -> TaskOptions {
        let mut options = TaskOptions {
            estimator,
            ..TaskOptions::default()
        };
        let (text, tfidf) = (&mut options.text, &mut options.tfidf);
        put(&mut text.ngram_range, self.ngram_range);
        put(&mut text.char_ngram_range, self.char_ngram_range);
        put(&mut text.stem, self.stem);
        put(&mut text.stop_words, self.stop_words);
        put(&mut text.negation, self.negation);
        put(&mut text.marks, self.marks);
        put(&mut tfidf.min_df, self.min_df);
        put(&mut tfidf.max_df, self.max_df);
        put(&mut tfidf.sublinear_tf, self.sublinear_tf);
        put(&mut tfidf.use_idf, self.use_idf);
        tfidf.max_features = self.max_features.or(tfidf.max_features);
        put(&mut options.c, self.c);
        put(&mut options.class_weight, self.class_weight);
        put(&mut options.scaling, self.scaling);
        let dense = estimator != Estimator::Logistic;
        options.chi2 = self.chi2.or(dense.then_some(DENSE_TERMS));
        if dense {
            // linfa's estimators take neither.
            options.class_weight = ClassWeight::None;
            options.scaling = Scaling::None;
        }
        options
    }
}

impl From<&TaskOptions> for Given {
    /// Gives every option.
    fn from(options: &TaskOptions) -> Self {
        let (text, tfidf) = (&options.text, &options.tfidf);
        Given {
            ngram_range: Some(text.ngram_range),
            char_ngram_range: Some(text.char_ngram_range),
            stem: Some(text.stem),
            stop_words: Some(text.stop_words),
            negation: Some(text.negation),
            marks: Some(text.marks),
            min_df: Some(tfidf.min_df),
            max_df: Some(tfidf.max_df),
            max_features: tfidf.max_features,
            sublinear_tf: Some(tfidf.sublinear_tf),
            use_idf: Some(tfidf.use_idf),
            c: Some(options.c),
            class_weight: Some(options.class_weight),
            scaling: Some(options.scaling),
            chi2: options.chi2,
        }
    }
}

/// Terms that a dense estimator is given unless told otherwise.
const DENSE_TERMS: usize = 2000;

fn put<T>(place: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *place = value;
    }
}

/// Options that were tried, and their score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tried {
    /// The task.
    pub task: String,
    /// What was tried at this stage, such as `C 3`.
    pub what: String,
    /// Macro-F1 out of fold, for choosing alone.
    pub macro_f1: f64,
}

/// A value of a stage: what it is called and how it is put into the options.
type Candidate = (String, Box<dyn Fn(&mut TaskOptions) + Send + Sync>);

fn candidate(
    name: impl Into<String>,
    set: impl Fn(&mut TaskOptions) + Send + Sync + 'static,
) -> Candidate {
    (name.into(), Box::new(set))
}

/// The stages that are left open by `given`.
fn stages(given: &Given, estimator: Estimator) -> Vec<Vec<Candidate>> {
    let mut stages = Vec::new();
    if given.ngram_range.is_none() {
        let words = |high| {
            candidate(format!("words 1–{high}"), move |o| {
                o.text.ngram_range = (1, high);
            })
        };
        stages.push(vec![words(1), words(2)]);
    }
    if given.class_weight.is_none() && estimator == Estimator::Logistic {
        let weigh = |weight: ClassWeight| {
            candidate(format!("class weight {weight}"), move |o| {
                o.class_weight = weight
            })
        };
        stages.push(vec![weigh(ClassWeight::Balanced), weigh(ClassWeight::None)]);
    }
    if given.scaling.is_none() && estimator == Estimator::Logistic {
        let scale = |scaling: Scaling| {
            candidate(format!("scaling {scaling}"), move |o| o.scaling = scaling)
        };
        stages.push(vec![scale(Scaling::None), scale(Scaling::LogCountRatio)]);
    }
    if given.c.is_none() {
        let cost = |c: f64| candidate(format!("C {c}"), move |o| o.c = c);
        stages.push([3.0, 0.1, 0.3, 1.0, 10.0, 30.0].map(cost).into());
    }
    stages
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
    let mut best = given.options(params.estimator);
    let stages = stages(given, params.estimator);
    let total = stages.iter().map(Vec::len).sum::<usize>() as u64;
    let mut done = 0;
    let mut best_score = None;
    for stage in stages {
        let (start, start_score) = (best.clone(), best_score);
        for (what, set) in stage {
            let mut options = start.clone();
            set(&mut options);
            let score = match start_score {
                // What the stage starts from was scored by the stage before.
                Some(score) if options == start => score,
                _ => score(sample, &options, settings)?,
            };
            done += 1;
            step(Step {
                what: format!("{}: choosing options ({what})", sample.task.task.name),
                done,
                total,
            });
            tried.push(Tried {
                task: sample.task.task.name.clone(),
                what,
                macro_f1: score,
            });
            if best_score.is_none_or(|known| score > known) {
                best_score = Some(score);
                best = options;
            }
        }
    }
    Ok(best)
}

/// Macro-F1 out of fold.
fn score(sample: &Sample<'_>, options: &TaskOptions, settings: &FitSettings) -> Result<f64> {
    let counts = sample.corpus.counts(&options.text)?;
    let margins = sample.out_of_fold(&counts, options, settings)?;
    let margins = margins.ok_or_else(|| {
        Error::training("there are too few articles to choose options by cross-validation")
            .mend("give more rows, or take the default options with --no-cv")
    })?;
    let TaskRows { task, gold, .. } = sample.task;
    let thresholds = sample.thresholds(&margins);
    let predicted = margins
        .into_iter()
        .map(|margins| decide(task.form, &thresholds, margins).labels)
        .collect();
    let outcomes = Outcomes {
        task,
        unseen: Vec::new(),
        gold: sample
            .positions
            .iter()
            .map(|p| gold[*p as usize].clone())
            .collect(),
        predicted,
        article: (0..sample.positions.len() as u32).collect(),
    };
    let once = BootstrapParams {
        draws: 0,
        ..BootstrapParams::default()
    };
    Ok(evaluate(&outcomes, &once).macro_f1.value)
}
