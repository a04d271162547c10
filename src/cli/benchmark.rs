//! `demarche benchmark`: labelled rows in, figures with intervals out.

use super::screen::{self, Screen};
use super::train::read_rows;
use super::train_args::TrainArgs;
use super::{InputArgs, Outcome, open_model};
use crate::error::{Error, Result};
use crate::evaluate::BootstrapParams;
use crate::model::Model;
use crate::output::scores;
use crate::train::benchmark::{benchmark_model, benchmark_training};
use crate::train::{Benchmark, GateRule, TaskSpec, TrainParams, Trainer};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::str::FromStr;

/// Arguments of `benchmark`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BenchmarkArgs {
    /// Labelled rows: JSONL or CSV files, folders, globs, or - for standard input
    #[arg(required_unless_present = "test", conflicts_with_all = ["train_on", "test"], value_name = "LABELED")]
    inputs: Vec<String>,

    /// Measure this model (`shipped` is the one that comes with the program); without it, a model is
    /// trained in each fold of cross-validation
    #[arg(long, value_name = "MODEL", conflicts_with = "train_on", conflicts_with_all = FITTING)]
    model: Option<String>,

    /// Train on these rows and measure on those of --test
    #[arg(long = "train", requires = "test", value_name = "LABELED", num_args = 1..)]
    train_on: Vec<String>,

    /// Measure on these rows
    #[arg(long, requires = "train_on", value_name = "LABELED", num_args = 1..)]
    test: Vec<String>,

    /// Which rows count as body text: those that gold says are, or those that the model takes for it
    #[arg(long, default_value = "gold", value_name = "RULE")]
    gate: GateArg,

    /// How to print
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    format: ScoresFormat,

    /// Draws of the bootstrap
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    draws: u32,

    /// Exit with 1 when the macro-F1 of a task is below a value
    #[arg(long, value_name = "TASK=F1")]
    require: Vec<Requirement>,

    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    train: TrainArgs,
}

const EXAMPLES: &str = "\
Examples:
  demarche benchmark rows.jsonl                          cross-validation, articles kept together
  demarche benchmark rows.jsonl --model shipped          how well the shipped model does on them
  demarche benchmark --train a.jsonl --test b.jsonl
  demarche benchmark rows.jsonl --model mine.demarche --require tone=0.6 --format json";

/// Options of training that a given model leaves nothing to do for; its tasks are its own too.
const FITTING: [&str; 21] = [
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
    "no_sublinear_tf",
    "no_idf",
    "folds",
    "no_search",
    "no_cv",
    "memory_budget",
];

#[derive(Debug, Clone, Copy, ValueEnum)]
enum GateArg {
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
enum ScoresFormat {
    Table,
    Json,
}

/// The least macro-F1 of a task.
#[derive(Debug, Clone)]
struct Requirement {
    task: String,
    macro_f1: f64,
}

impl FromStr for Requirement {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('=');
        let parts = parts.and_then(|(task, f1)| Some((task.to_owned(), f1.parse().ok()?)));
        // A NaN is outside too; nothing is below it, so it would require nothing.
        let parts = parts.filter(|(_, f1)| (0.0..=1.0).contains(f1));
        let (task, macro_f1) = parts.ok_or_else(|| {
            Error::usage(format!(
                "`{text}` is not of the form tone=0.6, with a figure from 0 to 1"
            ))
        })?;
        Ok(Requirement { task, macro_f1 })
    }
}

pub fn run(args: BenchmarkArgs) -> Result<Outcome> {
    let params = args.train.params(None)?;
    let screen = Screen::steps().show();
    let benchmark = measure(&args, &params, &screen)?;
    screen.clear();
    let mut out = screen::output();
    match args.format {
        ScoresFormat::Json => scores::write_json(&mut out, &benchmark),
        ScoresFormat::Table => scores::write_table(&mut out, &benchmark, args.gate.into()),
    }
    .and_then(|()| out.flush())
    .map_err(screen::stdout_error)?;
    screen.close();
    match below_required(&benchmark, &args.require, args.gate.into(), &screen)? {
        true => Ok(Outcome::BelowRequired),
        false => Ok(args.input.outcome(screen.skipped())),
    }
}

fn measure(args: &BenchmarkArgs, params: &TrainParams, screen: &Screen) -> Result<Benchmark> {
    let step = |step| screen.step(step);
    let bootstrap = BootstrapParams {
        draws: args.draws as usize,
        seed: params.seed,
        ..BootstrapParams::default()
    };
    if !args.train_on.is_empty() {
        let mut documents = args.input.open(&args.train_on)?;
        let rows = read_rows(&mut documents, &params.specs(), screen);
        let trained = Trainer::new(params.clone()).on_step(step).fit(&rows)?;
        drop(rows);
        // The threads are set already.
        let input = InputArgs {
            threads: None,
            ..args.input.clone()
        };
        let mut documents = input.open(&args.test)?;
        let rows = read_rows(&mut documents, &specs_of(&trained.model), screen);
        let mut benchmark = benchmark_model(&trained.model, &rows, &bootstrap, &step)?;
        // A task that no tested row is labelled for has no figures.
        let measured = benchmark.tasks.iter();
        benchmark.options = measured
            .filter_map(|task| trained.model.task(&task.evaluation.task))
            .map(|task| task.options.clone())
            .collect();
        benchmark.trained_on = Some(trained.model.provenance().n_rows);
        return Ok(benchmark);
    }
    let mut documents = args.input.open(&args.inputs)?;
    match &args.model {
        Some(path) => {
            let model = open_model(Some(path))?;
            let rows = read_rows(&mut documents, &specs_of(&model), screen);
            benchmark_model(&model, &rows, &bootstrap, &step)
        }
        None => {
            let rows = read_rows(&mut documents, &params.specs(), screen);
            benchmark_training(&rows, params, &bootstrap, &step)
        }
    }
}

fn specs_of(model: &Model) -> Vec<TaskSpec> {
    let spec = |task: &crate::model::TaskModel| TaskSpec {
        name: task.task.name.clone(),
        form: task.task.form,
    };
    model.tasks().iter().map(spec).collect()
}

fn below_required(
    benchmark: &Benchmark,
    required: &[Requirement],
    gate: GateRule,
    screen: &Screen,
) -> Result<bool> {
    let mut below = false;
    for requirement in required {
        let task = benchmark
            .tasks
            .iter()
            .find(|t| t.evaluation.task == requirement.task);
        let task = task.ok_or_else(|| {
            Error::usage(format!(
                "--require: no row is labelled for `{}`",
                requirement.task
            ))
        })?;
        let evaluation = match (&task.end_to_end, gate) {
            (Some(end_to_end), GateRule::Predicted) => end_to_end,
            _ => &task.evaluation,
        };
        let reached = evaluation.macro_f1.value;
        if reached < requirement.macro_f1 {
            below = true;
            screen.message(&format!(
                "{}: macro-F1 {reached:.3} is below the {} required",
                requirement.task, requirement.macro_f1
            ));
        }
    }
    Ok(below)
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
