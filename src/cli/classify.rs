//! `demarche classify`: documents in, labelled paragraphs out.

use super::pipeline::Pipeline;
use super::screen::{self, Screen};
use super::{InputArgs, Outcome, open_model};
use crate::error::{Error, Result};
use crate::model::examples::Examples;
use crate::model::{Model, Task, TaskModel};
use crate::output::csv::CsvWriter;
use crate::output::jsonl::{Encoder, JsonlWriter};
use crate::output::scores::source;
use crate::output::table::TableWriter;
use crate::predict::{LabelParams, MOST_WORDS, Neighbours, Unit};
use clap::{Args, ValueEnum};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

/// Arguments of `classify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ClassifyArgs {
    /// Files (text, Markdown, JSONL, CSV; also gzipped), folders, globs, or - for standard input
    /// [default: -]
    #[arg(value_name = "INPUT")]
    inputs: Vec<String>,

    /// The model [default: the one that comes with the program]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,

    /// How to print
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    format: LabelsFormat,

    /// What one output is about: a paragraph of the text, or the whole text of a row or file
    #[arg(long, default_value = "paragraph", value_name = "UNIT")]
    unit: UnitArg,

    /// Label the title of a row too, before its paragraphs; a title is always taken for body text
    #[arg(long)]
    title: bool,

    /// Show why: the N words and the N terms that weigh most for and against each label given, and the words
    /// that it hangs on
    #[arg(long, default_value_t = 0, value_name = "N")]
    explain: usize,

    /// With --explain, look for at most N words without which the label is not given; 0 looks for none
    #[arg(long, default_value_t = MOST_WORDS, value_name = "N", requires = "explain")]
    most_words: usize,

    /// Show the K training rows nearest to each paragraph, task by task, where the model was trained with
    /// --keep-examples
    #[arg(long, default_value_t = 0, value_name = "K")]
    nearest: usize,

    /// Withhold answers where more than this share of those given would be wrong, going by the rows that the
    /// model's cuts were learned on (`demarche calibrate` learns them on yours)
    #[arg(long, value_name = "SHARE")]
    max_error: Option<Share>,

    #[command(flatten)]
    input: InputArgs,
}

/// A share between 0 and 1.
#[derive(Debug, Clone, Copy)]
struct Share(f64);

impl FromStr for Share {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let share = text.parse().ok().filter(|share| (0.0..1.0).contains(share));
        share.map(Share).ok_or_else(|| {
            Error::usage(format!("`{text}` is no share from 0 up to 1, such as 0.1"))
        })
    }
}

const EXAMPLES: &str = "\
Examples:
  demarche classify article.txt
  demarche classify saved-pages/ --explain 3
  demarche classify --model mine.demarche rows.jsonl --explain 3 --nearest 2
  demarche classify rows.jsonl --max-error 0.1            answer only where it is sure enough
  demarche classify rows.jsonl.gz --format jsonl > labelled.jsonl
  cat speech.txt | demarche classify - --format csv";

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum LabelsFormat {
    Table,
    Jsonl,
    Csv,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum UnitArg {
    Paragraph,
    Row,
}

impl ClassifyArgs {
    fn params(&self, model: &Model) -> Result<LabelParams> {
        let unit = match self.unit {
            UnitArg::Paragraph => Unit::Paragraph,
            UnitArg::Row => Unit::Row,
        };
        if self.title && unit == Unit::Row {
            return Err(
                Error::usage("--title would give a row two outputs under --unit row")
                    .mend("leave out one of the two"),
            );
        }
        Ok(LabelParams {
            unit,
            title: self.title,
            explain: self.explain,
            most_words: self.most_words,
            nearest: self.nearest,
            neighbours: match self.nearest {
                0 => None,
                _ => Some(Arc::new(self.neighbours(model)?)),
            },
            least_confidence: match self.max_error {
                Some(Share(error)) => least_confidence(model, error)?,
                None => Vec::new(),
            },
        })
    }

    /// The training rows that are kept beside the model.
    fn neighbours(&self, model: &Model) -> Result<Neighbours> {
        let path = match self.model.as_deref() {
            None | Some("shipped") => {
                return Err(
                    Error::usage("--nearest: the shipped model comes without its rows")
                        .mend("name a model that was trained with --keep-examples"),
                );
            }
            Some(path) => Examples::path_beside(Path::new(path)),
        };
        Neighbours::new(Examples::open(&path, model)?, model)
    }
}

pub fn run(args: ClassifyArgs) -> Result<Outcome> {
    let model = open_model(args.model.as_deref())?;
    let params = args.params(model)?;
    let inputs = match args.inputs.is_empty() {
        true => vec!["-".to_owned()],
        false => args.inputs.clone(),
    };
    let documents = args.input.open(&inputs)?;
    let screen = Screen::bytes(documents.counts().total_bytes);
    for note in sources(model, &params) {
        screen.message(&note);
    }
    let written = params.clone();
    let tasks: Vec<Task> = model.task_names().to_vec();
    let pipeline = Pipeline {
        model,
        documents,
        params,
        threads: args.input.n_threads(),
        screen: &screen,
    };
    let counts = match args.format {
        LabelsFormat::Table => {
            let gate = model.gate().cloned();
            let out = screen::output();
            let mut writer = TableWriter::new(out, tasks, gate, &written, screen::width());
            pipeline.run(&mut writer)?
        }
        LabelsFormat::Jsonl => {
            let encoder = Encoder::new(&tasks, &written);
            pipeline.run(&mut JsonlWriter::new(screen::plain_output(), encoder))?
        }
        LabelsFormat::Csv => {
            let mut writer = CsvWriter::new(screen::plain_output(), tasks, &written);
            let counts = pipeline.run(&mut writer)?;
            let left_out: Vec<&str> = writer.left_out().iter().map(String::as_str).collect();
            if !left_out.is_empty() {
                screen.message(&format!(
                    "note: fields that came after the CSV header was written are left out: {}; --format jsonl keeps them",
                    left_out.join(", ")
                ));
            }
            counts
        }
    };
    screen.close();
    let unread = counts.unread_dates;
    if unread > 0 {
        screen.message(&format!(
            "note: the dates of {unread} rows could not be read"
        ));
    }
    Ok(args.input.outcome(screen.skipped()))
}

/// The confidence below which each task's answer is withheld; where no answer is sure enough, more than any.
fn least_confidence(model: &Model, error: f64) -> Result<Vec<f32>> {
    let of_task = |task: &TaskModel| match &task.cuts {
        Some(cuts) => Ok(cuts.for_error(error).unwrap_or(f32::INFINITY)),
        None => Err(Error::model(format!(
            "--max-error: the model has no cuts for task `{}`",
            task.task.name
        ))
        .mend("learn them on labelled rows with `demarche calibrate`")),
    };
    model.tasks().iter().map(of_task).collect()
}

/// What is withheld, and which rows taught it, a line a task.
fn sources(model: &Model, params: &LabelParams) -> Vec<String> {
    let with_cut = model.tasks().iter().zip(&params.least_confidence);
    let line = |(task, least): (&TaskModel, &f32)| {
        let cuts = task.cuts.as_ref()?;
        let what = match least.is_finite() {
            true => format!("answers of a confidence below {least:.3} are withheld"),
            false => "every answer is withheld".to_owned(),
        };
        Some(format!(
            "note: {}: {what}, learned on {}; on rows unlike these it promises nothing",
            task.task.name,
            source(&cuts.learned_on)
        ))
    };
    with_cut.filter_map(line).collect()
}
