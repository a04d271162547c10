//! The options of training, which `train` and `benchmark` share.
//!
//! Owns their names on the command line and their lowering into [`TrainParams`]. An option may be
//! given for every task (`--c 3`) or for one (`--c tone=1`).

use crate::error::{Error, Place, Result};
use crate::features::DocumentFrequency;
use crate::model::file::read_whole;
use crate::model::{ClassWeight, Codebook, Estimator, Scaling};
use crate::text::Aliases;
use crate::train::{Given, TaskSpec, TrainParams};
use clap::Args;
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

/// Options of training.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Training options (append to a value's front `TASK=` for one task)")]
pub struct TrainArgs {
    /// A task: the field that holds its labels, and its form (single or multi)
    /// [default: those found of kind, topics, tone, label, labels]
    #[arg(long = "task", value_name = "NAME:FORM")]
    tasks: Vec<TaskSpec>,

    /// What fits the weights: logistic, svc, linfa-logistic or linfa-bayes [default: logistic or svc,
    /// whichever is better]
    #[arg(long, value_name = "[TASK=]NAME")]
    estimator: Vec<PerTask<EstimatorArg>>,

    /// Cost of a sample: larger fits closer
    #[arg(long = "c", allow_hyphen_values = true, value_name = "[TASK=]C")]
    c: Vec<PerTask<f64>>,

    /// Shortest and longest word n-gram
    #[arg(long, allow_hyphen_values = true, value_name = "[TASK=]LOW,HIGH")]
    ngram_range: Vec<PerTask<Range>>,

    /// Shortest and longest character n-gram within words, or off [default: off]
    #[arg(long, allow_hyphen_values = true, value_name = "[TASK=]LOW,HIGH|off")]
    char_ngram_range: Vec<PerTask<OptionalRange>>,

    /// Leave out terms in fewer texts: a count, or a share with a point [default: 2]
    #[arg(long, allow_hyphen_values = true, value_name = "[TASK=]N")]
    min_df: Vec<PerTask<DocumentFrequency>>,

    /// Leave out terms in more texts: a count, or a share with a point [default: 1.0]
    #[arg(long, allow_hyphen_values = true, value_name = "[TASK=]N")]
    max_df: Vec<PerTask<DocumentFrequency>>,

    /// Keep only that many terms, the commonest
    #[arg(long, allow_hyphen_values = true, value_name = "[TASK=]N")]
    max_features: Vec<PerTask<usize>>,

    /// Keep only that many terms, by chi-squared [default: 2000 for linfa's estimators]
    #[arg(long, allow_hyphen_values = true, value_name = "[TASK=]N")]
    chi2: Vec<PerTask<usize>>,

    /// How the two sides of a label are weighed
    #[arg(long, value_name = "[TASK=]balanced|none")]
    class_weight: Vec<PerTask<ClassWeightArg>>,

    /// What terms are multiplied by before fitting
    #[arg(long, value_name = "[TASK=]none|log-count-ratio")]
    scaling: Vec<PerTask<ScalingArg>>,

    /// Do not reduce words to stems
    #[arg(long, value_name = "TASK", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    no_stem: Vec<String>,

    /// Leave out function words
    #[arg(long, value_name = "TASK", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    drop_stop_words: Vec<String>,

    /// Mark the words that follow a negation as terms of their own
    #[arg(long, value_name = "TASK", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    negation: Vec<String>,

    /// Count punctuation marks as terms
    #[arg(long, value_name = "TASK", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    marks: Vec<String>,

    /// Count who acts on whom as terms: classes of acts, and the sides named before and after them
    #[arg(long, value_name = "TASK", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    acts: Vec<String>,

    /// Count the signs of rows as terms: the facts, parted by spaces, in their field `signs`, as `extract --signs` prints them
    #[arg(long, value_name = "TASK", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    signs: Vec<String>,
    /// Read some words in the place of others: those of a table in a file, or `spinners` for the words of article
    /// spinners (docs/aliases.md)
    #[arg(long, value_name = "[TASK=]FILE")]
    aliases: Vec<PerTask<String>>,

    /// Use plain counts, not 1 + ln(count)
    #[arg(long, value_name = "TASK", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    no_sublinear_tf: Vec<String>,

    /// Do not weigh by inverse document frequency
    #[arg(long, value_name = "TASK", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    no_idf: Vec<String>,

    /// Folds of cross-validation
    #[arg(long, allow_hyphen_values = true, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=100))]
    folds: u16,

    /// Seed of folds, solver and bootstrap
    #[arg(
        long,
        allow_hyphen_values = true,
        default_value_t = 0,
        value_name = "N"
    )]
    seed: u64,

    /// Take the default for options that are not given; do not choose by cross-validation
    #[arg(long)]
    no_search: bool,

    /// Do not work out scores by cross-validation, nor choose by it
    #[arg(long)]
    no_cv: bool,

    /// Memory that linfa's dense estimators may take, in MB
    #[arg(
        long,
        allow_hyphen_values = true,
        default_value_t = 2048,
        value_name = "MB"
    )]
    memory_budget: u64,
}

#[derive(Debug, Clone, Copy)]
pub struct EstimatorArg(Estimator);

impl FromStr for EstimatorArg {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        const ALL: [Estimator; 4] = [
            Estimator::Logistic,
            Estimator::Svc,
            Estimator::LinfaLogistic,
            Estimator::LinfaBayes,
        ];
        let named = ALL.into_iter().find(|e| e.to_string() == text);
        named.map(EstimatorArg).ok_or_else(|| {
            let names = ALL.map(|e| e.to_string()).join(", ");
            Error::usage(format!("`{text}` is none of {names}"))
        })
    }
}

impl From<EstimatorArg> for Estimator {
    fn from(EstimatorArg(estimator): EstimatorArg) -> Self {
        estimator
    }
}

#[derive(Debug, Clone, Copy)]
struct ClassWeightArg(ClassWeight);

impl FromStr for ClassWeightArg {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "balanced" => Ok(ClassWeightArg(ClassWeight::Balanced)),
            "none" => Ok(ClassWeightArg(ClassWeight::None)),
            _ => Err(Error::usage(format!(
                "`{text}` is neither balanced nor none"
            ))),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct ScalingArg(Scaling);

impl FromStr for ScalingArg {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "log-count-ratio" => Ok(ScalingArg(Scaling::LogCountRatio)),
            "none" => Ok(ScalingArg(Scaling::None)),
            _ => Err(Error::usage(format!(
                "`{text}` is neither log-count-ratio nor none"
            ))),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Range((u8, u8));

impl FromStr for Range {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let pair = text
            .split_once(',')
            .and_then(|(low, high)| Some((low.trim().parse().ok()?, high.trim().parse().ok()?)));
        pair.map(Range)
            .ok_or_else(|| Error::usage(format!("`{text}` is no range such as 1,2")))
    }
}

#[derive(Debug, Clone, Copy)]
struct OptionalRange(Option<(u8, u8)>);

impl FromStr for OptionalRange {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "off" {
            return Ok(OptionalRange(None));
        }
        text.parse().map(|Range(range)| OptionalRange(Some(range)))
    }
}

/// A value for every task, or for one.
#[derive(Debug, Clone)]
struct PerTask<T> {
    task: Option<String>,
    value: T,
}

impl<T: FromStr> FromStr for PerTask<T>
where
    T::Err: std::fmt::Display,
{
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (task, value) = match text.split_once('=') {
            Some((task, value)) => (Some(task.to_owned()), value),
            None => (None, text),
        };
        match value.parse() {
            Ok(value) => Ok(PerTask { task, value }),
            Err(error) => Err(Error::usage(error.to_string())),
        }
    }
}

/// Options for every task, and for some.
#[derive(Default)]
struct Lowered {
    general: Given,
    by_task: BTreeMap<String, Given>,
}

impl Lowered {
    fn place(&mut self, task: Option<&str>) -> &mut Given {
        match task {
            None => &mut self.general,
            Some(task) => self.by_task.entry(task.to_owned()).or_default(),
        }
    }

    fn put<T, V: Copy>(
        &mut self,
        values: &[PerTask<T>],
        set: impl Fn(&mut Given, V),
        value: impl Fn(&T) -> V,
    ) {
        for given in values {
            set(self.place(given.task.as_deref()), value(&given.value));
        }
    }

    fn flag(&mut self, tasks: &[String], set: impl Fn(&mut Given)) {
        for task in tasks {
            set(self.place((!task.is_empty()).then_some(task.as_str())));
        }
    }
}

/// The table of aliases that a file holds, or the one of this name.
fn aliases(name: &str) -> Result<Aliases> {
    if name == "spinners" {
        return Ok(Aliases::of_spinners());
    }
    let bytes = read_whole(Path::new(name))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Error::usage("is not UTF-8")
            .at(Place::file(name))
            .mend("save the table as UTF-8")
    })?;
    Aliases::parse(&text).map_err(|error| error.at(Place::file(name)))
}

impl TrainArgs {
    /// Lowers the arguments into the library's parameters.
    pub fn params(&self, codebook: Option<Codebook>) -> Result<TrainParams> {
        let mut lowered = Lowered::default();
        lowered.put(&self.estimator, |g, v| g.estimator = Some(v), |v| v.0);
        lowered.put(&self.c, |g, v| g.c = Some(v), |v| *v);
        lowered.put(&self.ngram_range, |g, v| g.ngram_range = Some(v), |v| v.0);
        lowered.put(
            &self.char_ngram_range,
            |g, v| g.char_ngram_range = Some(v),
            |v| v.0,
        );
        lowered.put(&self.min_df, |g, v| g.min_df = Some(v), |v| *v);
        lowered.put(&self.max_df, |g, v| g.max_df = Some(v), |v| *v);
        lowered.put(&self.max_features, |g, v| g.max_features = Some(v), |v| *v);
        lowered.put(&self.chi2, |g, v| g.chi2 = Some(v), |v| *v);
        lowered.put(&self.class_weight, |g, v| g.class_weight = Some(v), |v| v.0);
        lowered.put(&self.scaling, |g, v| g.scaling = Some(v), |v| v.0);
        lowered.flag(&self.no_stem, |g| g.stem = Some(false));
        lowered.flag(&self.drop_stop_words, |g| g.stop_words = Some(true));
        lowered.flag(&self.negation, |g| g.negation = Some(true));
        lowered.flag(&self.marks, |g| g.marks = Some(true));
        lowered.flag(&self.acts, |g| g.acts = Some(true));
        lowered.flag(&self.signs, |g| g.signs = Some(true));
        for given in &self.aliases {
            lowered.place(given.task.as_deref()).aliases = Some(aliases(&given.value)?);
        }
        lowered.flag(&self.no_sublinear_tf, |g| g.sublinear_tf = Some(false));
        lowered.flag(&self.no_idf, |g| g.use_idf = Some(false));
        let params = TrainParams {
            tasks: (!self.tasks.is_empty()).then(|| self.tasks.clone()),
            given: lowered.general,
            given_by_task: lowered.by_task,
            folds: usize::from(self.folds),
            seed: self.seed,
            search: !self.no_search,
            cross_validate: !self.no_cv,
            memory_budget: self.memory_budget.saturating_mul(1 << 20),
            codebook,
            ..TrainParams::default()
        };
        params.check()?;
        Ok(params)
    }
}
