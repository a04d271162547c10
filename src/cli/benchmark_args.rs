//! The options of `benchmark`.
//!
//! Owns their names on the command line and the bounds that a figure may be held to.

use super::InputArgs;
use super::train_args::{EstimatorArg, TrainArgs};
use crate::error::{Error, Result};
use crate::ingest::read_date;
use crate::train::GateRule;
use crate::train::duplicates::DuplicateRule;
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use std::str::FromStr;

/// Arguments of `benchmark`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BenchmarkArgs {
    /// Labelled rows: JSONL or CSV files, folders, globs, or - for standard input
    #[arg(required_unless_present = "test", conflicts_with_all = ["train_on", "test"], value_name = "LABELED")]
    pub inputs: Vec<String>,

    /// Measure this model (`shipped` is the one that comes with the program); without it, a model is
    /// trained in each fold of cross-validation
    #[arg(long, value_name = "MODEL", conflicts_with = "train_on", conflicts_with_all = FITTING, conflicts_with_all = SPLITTING)]
    pub model: Option<String>,

    /// Train on these rows and measure on those of --test
    #[arg(long = "train", requires = "test", value_name = "LABELED", num_args = 1.., conflicts_with_all = SPLITTING)]
    pub train_on: Vec<String>,

    /// Measure on these rows
    #[arg(long, requires = "train_on", value_name = "LABELED", num_args = 1..)]
    pub test: Vec<String>,

    /// Cross-validate so many times over, with other folds each time; figures are the means
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub repeats: u16,

    /// Test each value of a field, such as source, by what is trained on the others
    #[arg(long, value_name = "FIELD", conflicts_with_all = ["repeats", "before", "after"])]
    pub leave_out: Option<String>,

    /// Train on what is dated before a day, and test on the rest
    #[arg(long, value_name = "DATE", conflicts_with = "repeats")]
    pub before: Option<DateArg>,

    /// With --before: test only what is dated on or after this day
    #[arg(long, value_name = "DATE", requires = "before")]
    pub after: Option<DateArg>,

    /// Choose options that are not given in each split, on the rows it trains on
    #[arg(long)]
    pub nested: bool,

    /// What is done about near duplicates, which are always counted
    #[arg(long, default_value = "keep-together", value_name = "RULE")]
    pub duplicates: DuplicatesArg,

    /// Compare with another model, or with predictions of any tool: JSONL with `id` and labels
    #[arg(long, value_name = "MODEL|JSONL")]
    pub against: Vec<String>,

    /// Keywords of the second baseline, a JSON file {task: {label: [words]}}, at most 40 a label
    /// [default: those of the shipped model's codebook]
    #[arg(long, value_name = "FILE")]
    pub lexicon: Option<String>,

    /// Give figures by the values of a field, such as source, register or date (by year)
    #[arg(long = "by", value_name = "FIELD")]
    pub slices: Vec<String>,

    /// Add a learning curve: train on 1/8, 1/4 and 1/2 of the articles too
    #[arg(long)]
    pub curve: bool,

    /// Turn each text option, one at a time
    #[arg(long)]
    pub ablate: bool,

    /// Measure these estimators side by side, with fit and score time and model size
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub estimators: Vec<EstimatorArg>,

    /// Show so many of the surest mistakes of each label, with the terms that made them
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub mistakes: u16,

    /// Which rows count as body text: those that gold says are, or those that the model takes for it
    #[arg(long, default_value = "gold", value_name = "RULE")]
    pub gate: GateArg,

    /// How to print; html is one page with plots that loads nothing
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    pub format: ScoresFormat,

    /// Draws of the bootstrap
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub draws: u32,

    /// Exit with 1 when a figure is below a value
    #[arg(long, value_name = "TASK.FIGURE=VALUE")]
    pub fail_under: Vec<Bound>,

    /// Exit with 1 when a figure is above a value
    #[arg(long, value_name = "TASK.FIGURE=VALUE")]
    pub fail_over: Vec<Bound>,

    #[command(flatten)]
    pub input: InputArgs,

    #[command(flatten)]
    pub train: TrainArgs,
}

const EXAMPLES: &str = "\
Figures are named as in --format json, which docs/benchmark.md describes: topics.macro_f1,
topics.trade.recall, tone.calibration.ece.

Examples:
  demarche benchmark rows.jsonl                          cross-validation, articles kept together
  demarche benchmark rows.jsonl --model shipped          how well the shipped model does on them
  demarche benchmark --train a.jsonl --test b.jsonl
  demarche benchmark rows.jsonl --leave-out source --by register --format html > page.html
  demarche benchmark rows.jsonl --before 2024-01-01 --curve --mistakes 3
  demarche benchmark rows.jsonl --model mine.demarche --against shipped --against other-tool.jsonl
  demarche benchmark rows.jsonl --model mine.demarche --fail-under topics.macro_f1=0.85";

/// Options of training that a given model leaves nothing to do for; its tasks are its own too.
pub const FITTING: [&str; 24] = [
    "no_search",
    "tasks",
    "estimator",
    "c",
    "ngram_range",
    "char_ngram_range",
    "min_df",
    "max_df",
    "max_features",
    "chi2",
    "class_weight",
    "scaling",
    "no_stem",
    "drop_stop_words",
    "negation",
    "marks",
    "acts",
    "signs",
    "aliases",
    "no_sublinear_tf",
    "no_idf",
    "folds",
    "no_cv",
    "memory_budget",
];

/// Options that need rows to be parted here.
const SPLITTING: [&str; 8] = [
    "repeats",
    "leave_out",
    "before",
    "after",
    "nested",
    "curve",
    "ablate",
    "estimators",
];

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum GateArg {
    Gold,
    Predicted,
}

impl From<GateArg> for GateRule {
    fn from(gate: GateArg) -> Self {
        match gate {
            GateArg::Gold => GateRule::Gold,
            GateArg::Predicted => GateRule::Predicted,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum DuplicatesArg {
    /// Count them
    Report,
    /// Keep the first row of each cluster alone
    Drop,
    /// Keep articles that share one on one side of every split
    KeepTogether,
}

impl From<DuplicatesArg> for DuplicateRule {
    fn from(rule: DuplicatesArg) -> Self {
        match rule {
            DuplicatesArg::Report => DuplicateRule::Report,
            DuplicatesArg::Drop => DuplicateRule::Drop,
            DuplicatesArg::KeepTogether => DuplicateRule::KeepTogether,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ScoresFormat {
    Table,
    Json,
    Markdown,
    Html,
}

/// A day, in any way that a row's date may be written.
#[derive(Debug, Clone, Copy)]
pub struct DateArg(pub Date);

impl FromStr for DateArg {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let date = read_date(text);
        date.map(DateArg)
            .ok_or_else(|| Error::usage(format!("`{text}` is no date such as 2024-01-31")))
    }
}

/// A value that a figure is held to.
#[derive(Debug, Clone)]
pub struct Bound {
    /// The figure's name.
    pub figure: String,
    /// The value.
    pub value: f64,
}

impl FromStr for Bound {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.rsplit_once('=');
        let parts = parts.and_then(|(name, value)| Some((name, value.parse().ok()?)));
        // Nothing is below a NaN, so it would demand nothing; kappa and alpha may be below 0.
        let parts = parts.filter(|(name, value): &(&str, f64)| {
            name.contains('.') && (-1.0..=2.0).contains(value)
        });
        let (figure, value) = parts.ok_or_else(|| {
            Error::usage(format!(
                "`{text}` is not of the form topics.macro_f1=0.85, a figure and a value from -1 to 2"
            ))
        })?;
        Ok(Bound {
            figure: figure.to_owned(),
            value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seed is the bootstrap's too.
    #[test]
    fn every_option_of_training_but_the_seed_is_refused_beside_a_model() {
        let command = TrainArgs::augment_args(clap::Command::new("train"));
        let mut options: Vec<&str> = (command.get_arguments())
            .map(|argument| argument.get_id().as_str())
            .filter(|id| *id != "seed")
            .collect();
        let mut refused = FITTING;
        options.sort_unstable();
        refused.sort_unstable();
        assert_eq!(options, refused);
    }
}
