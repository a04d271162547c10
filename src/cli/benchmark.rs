//! `demarche benchmark`: labelled rows in, figures with intervals out.

use super::benchmark_args::{Bound, ScoresFormat};
use super::screen::{self, Screen};
use super::train::read_rows;
use super::{InputArgs, Outcome, open_model};
use crate::error::{Error, Place, Result};
use crate::evaluate::BootstrapParams;
use crate::ingest::Problem;
use crate::model::{Estimator, Model};
use crate::output::{markdown, page, scores, scores_json};
use crate::train::baselines::Lexicon;
use crate::train::benchmark::{MeasureParams, measure_model, measure_split, measure_training};
use crate::train::compared::Against;
use crate::train::plan::SplitRule;
use crate::train::rows::prediction_row;
use crate::train::{Benchmark, Row, Step, TaskSpec, TrainParams};
use std::io::{Read, Write};
use std::time::Instant;

pub use super::benchmark_args::BenchmarkArgs;

/// The keywords of the baseline unless others are given.
const LEXICON: &str = include_str!("../../fixtures/lexicon.json");

pub fn run(args: BenchmarkArgs) -> Result<Outcome> {
    let params = args.train.params(None)?;
    let screen = Screen::steps().show();
    let benchmark = measure(&args, &params, &screen)?;
    screen.clear();
    let mut out = screen::output();
    let gate = args.gate.into();
    match args.format {
        ScoresFormat::Json => scores_json::write_json(&mut out, &benchmark),
        ScoresFormat::Table => scores::write_table(&mut out, &benchmark, gate),
        ScoresFormat::Markdown => markdown::write_markdown(&mut out, &benchmark),
        ScoresFormat::Html => page::write_page(&mut out, &benchmark),
    }
    .and_then(|()| out.flush())
    .map_err(screen::stdout_error)?;
    screen.close();
    match missed(&benchmark, &args, &screen)? {
        true => Ok(Outcome::BelowRequired),
        false => Ok(args.input.outcome(screen.skipped())),
    }
}

fn measure(args: &BenchmarkArgs, params: &TrainParams, screen: &Screen) -> Result<Benchmark> {
    let bootstrap = BootstrapParams {
        draws: args.draws as usize,
        seed: params.seed,
        ..BootstrapParams::default()
    };
    let model = (args.model.as_deref())
        .map(|path| open_model(Some(path)))
        .transpose()?;
    let specs = model
        .as_ref()
        .map_or_else(|| params.specs(), |model| specs_of(model));
    let first = match args.train_on.is_empty() {
        true => &args.inputs,
        false => &args.train_on,
    };
    let rows = read_rows(&mut args.input.open(first)?, &specs, screen);
    let others: Vec<Other> = (args.against.iter())
        .map(|path| Other::open(path, &specs, screen))
        .collect::<Result<_>>()?;
    let lexicon = lexicon(args.lexicon.as_deref())?;
    let started = Instant::now();
    let clock = || started.elapsed().as_secs_f64();
    let step = |step: Step| screen.step(step);
    let measure = MeasureParams {
        bootstrap,
        split: split_rule(args, params),
        nested: args.nested,
        duplicates: Some(args.duplicates.into()),
        lexicon: Some(&lexicon),
        against: others.iter().map(Other::as_against).collect(),
        slices: args.slices.clone(),
        curve: args.curve,
        ablate: args.ablate,
        estimators: args
            .estimators
            .iter()
            .map(|e| Estimator::from(*e))
            .collect(),
        mistakes: usize::from(args.mistakes),
        clock: &clock,
        step: &step,
    };
    if !args.test.is_empty() {
        // The threads are set already.
        let input = InputArgs {
            threads: None,
            ..args.input.clone()
        };
        let tested = read_rows(&mut input.open(&args.test)?, &specs, screen);
        return measure_split(rows, tested, params, &measure);
    }
    match &model {
        Some(model) => measure_model(model, rows, &measure),
        None => measure_training(rows, params, &measure),
    }
}

fn split_rule(args: &BenchmarkArgs, params: &TrainParams) -> SplitRule {
    match (&args.leave_out, args.before) {
        (Some(field), _) => SplitRule::LeaveOut(field.clone()),
        (None, Some(before)) => SplitRule::Dates {
            before: before.0,
            after: args.after.unwrap_or(before).0,
        },
        (None, None) => SplitRule::Folds {
            folds: params.folds,
            repeats: usize::from(args.repeats),
        },
    }
}

fn lexicon(path: Option<&str>) -> Result<Lexicon> {
    let Some(path) = path else {
        return Lexicon::from_json(LEXICON);
    };
    let json = std::fs::read_to_string(path).map_err(|error| Error::io(path, error))?;
    Lexicon::from_json(&json).map_err(|error| error.at(Place::file(path)))
}

/// What --against names.
enum Other {
    Model(String, &'static Model),
    Predictions(String, Vec<Row>),
}

impl Other {
    fn open(path: &str, specs: &[TaskSpec], screen: &Screen) -> Result<Self> {
        if path == "shipped" || is_model(path)? {
            return Ok(Other::Model(path.to_owned(), open_model(Some(path))?));
        }
        let rows = read_predictions(path, specs, screen)?;
        Ok(Other::Predictions(path.to_owned(), rows))
    }

    fn as_against(&self) -> Against<'_> {
        match self {
            Other::Model(name, model) => Against::Model {
                name: name.clone(),
                model,
            },
            Other::Predictions(name, rows) => Against::Predictions {
                name: name.clone(),
                rows: rows.clone(),
            },
        }
    }
}

/// Whether the file begins as a model does.
fn is_model(path: &str) -> Result<bool> {
    let io = |error| Error::io(path, error);
    let mut head = Vec::new();
    let file = std::fs::File::open(path).map_err(io)?;
    file.take(8).read_to_end(&mut head).map_err(io)?;
    Ok(head == b"DEMARCHE")
}

/// Reads predictions, one JSON object a line; what is none is reported and passed over.
fn read_predictions(path: &str, specs: &[TaskSpec], screen: &Screen) -> Result<Vec<Row>> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::io(path, error).mend("give --against a model, or predictions as JSONL in UTF-8")
    })?;
    let mut rows = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        match prediction_row(line, specs) {
            Ok(row) => rows.push(row),
            Err(message) => {
                let place = Place::line(path, i as u64 + 1);
                screen.problem(&Problem::skipped(place, message));
            }
        }
    }
    Ok(rows)
}

fn specs_of(model: &Model) -> Vec<TaskSpec> {
    let spec = |task: &crate::model::TaskModel| TaskSpec {
        name: task.task.name.clone(),
        form: task.task.form,
    };
    model.tasks().iter().map(spec).collect()
}

/// Whether a figure misses a bound; each that does is named.
fn missed(benchmark: &Benchmark, args: &BenchmarkArgs, screen: &Screen) -> Result<bool> {
    let json = scores_json::to_json(benchmark);
    let mut missed = false;
    let under = args.fail_under.iter().map(|bound| (bound, true));
    let over = args.fail_over.iter().map(|bound| (bound, false));
    for (bound, is_floor) in under.chain(over) {
        let Bound { figure, value } = bound;
        let reached = scores_json::figure_at(&json, figure, args.gate.into());
        let reached = reached.ok_or_else(|| no_figure(benchmark, figure))?;
        let (misses, word) = match is_floor {
            true => (reached < *value, "below"),
            false => (reached > *value, "above"),
        };
        if misses {
            missed = true;
            screen.message(&format!(
                "{figure} {reached:.3} is {word} the {value} demanded"
            ));
        }
    }
    Ok(missed)
}

fn no_figure(benchmark: &Benchmark, figure: &str) -> Error {
    let tasks = benchmark.tasks.iter().map(|t| t.evaluation.task.as_str());
    let tasks: Vec<&str> = tasks.collect();
    Error::usage(format!("there is no figure `{figure}`")).mend(format!(
        "name one of --format json, such as {}.macro_f1; the tasks are {}",
        tasks[0],
        tasks.join(", ")
    ))
}
