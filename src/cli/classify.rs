//! `demarche classify`: documents in, labelled paragraphs out.

use super::screen::{self, Screen};
use super::{InputArgs, Outcome, open_model};
use crate::error::{Error, Result};
use crate::ingest::{Document, Documents};
use crate::model::{Model, Task, TaskModel};
use crate::output::DocumentWriter;
use crate::output::csv::CsvWriter;
use crate::output::jsonl::JsonlWriter;
use crate::output::scores::source;
use crate::output::table::TableWriter;
use crate::predict::{Classifier, LabelParams, LabelledDocument, Unit};
use clap::{Args, ValueEnum};
use rayon::prelude::*;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Documents and bytes of text that are labelled together, on all threads.
const BATCH_DOCUMENTS: usize = 2048;
const BATCH_BYTES: usize = 8 << 20;

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

    /// Show the N terms that weigh most for and against each label given
    #[arg(long, default_value_t = 0, value_name = "N")]
    explain: usize,

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
            least_confidence: match self.max_error {
                Some(Share(error)) => least_confidence(model, error)?,
                None => Vec::new(),
            },
        })
    }
}

pub fn run(args: ClassifyArgs) -> Result<Outcome> {
    let model = open_model(args.model.as_deref())?;
    let params = args.params(&model)?;
    let inputs = match args.inputs.is_empty() {
        true => vec!["-".to_owned()],
        false => args.inputs.clone(),
    };
    let mut documents = args.input.open(&inputs)?;
    let screen = Screen::bytes(documents.counts().total_bytes);
    for note in sources(&model, &params) {
        screen.message(&note);
    }
    let tasks: Vec<Task> = model.tasks().iter().map(|task| task.task.clone()).collect();
    match args.format {
        LabelsFormat::Table => {
            let gate = model.gate().cloned();
            let out = screen::output();
            let mut writer = TableWriter::new(out, tasks, gate, args.explain, screen::width());
            classify(&model, &mut documents, &params, &mut writer, &screen)?;
        }
        LabelsFormat::Jsonl => {
            let mut writer = JsonlWriter::new(screen::plain_output(), args.explain);
            classify(&model, &mut documents, &params, &mut writer, &screen)?;
        }
        LabelsFormat::Csv => {
            let mut writer = CsvWriter::new(screen::plain_output(), tasks, args.explain)
                .withholding(args.max_error.is_some());
            classify(&model, &mut documents, &params, &mut writer, &screen)?;
            let left_out: Vec<&str> = writer.left_out().iter().map(String::as_str).collect();
            if !left_out.is_empty() {
                screen.message(&format!(
                    "note: fields that came after the CSV header was written are left out: {}; --format jsonl keeps them",
                    left_out.join(", ")
                ));
            }
        }
    }
    screen.close();
    let unread = documents.counts().unread_dates;
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

/// Reads, labels and writes batch by batch, in input order.
fn classify(
    model: &Model,
    documents: &mut Documents,
    params: &LabelParams,
    writer: &mut dyn DocumentWriter,
    screen: &Screen,
) -> Result<()> {
    let mut next_paragraph = 0;
    let classifiers = Mutex::new(Vec::new());
    for _ in 0..rayon::current_num_threads() {
        lock(&classifiers).push(model.classifier());
    }
    loop {
        let batch = next_batch(documents, screen);
        if batch.is_empty() {
            break;
        }
        let labelled = label_batch(batch, &classifiers, params);
        for mut document in labelled {
            match document.document.continues {
                Some(_) => document.renumber(next_paragraph),
                None => next_paragraph = 0,
            }
            next_paragraph += document.paragraphs.len();
            writer.write(&document).map_err(screen::stdout_error)?;
        }
        screen.at(documents.counts().bytes_read);
    }
    writer.finish().map_err(screen::stdout_error)
}

/// Labels the documents of a batch on all threads, in their order. The classifiers are kept from batch to batch,
/// since they remember words.
fn label_batch(
    batch: Vec<Document>,
    classifiers: &Mutex<Vec<Classifier<'_>>>,
    params: &LabelParams,
) -> Vec<LabelledDocument> {
    let chunk = batch.len().div_ceil(8 * rayon::current_num_threads());
    let mut chunks: Vec<Vec<Document>> = Vec::new();
    for document in batch {
        match chunks.last_mut() {
            Some(last) if last.len() < chunk => last.push(document),
            _ => chunks.push(vec![document]),
        }
    }
    chunks
        .into_par_iter()
        .flat_map_iter(|chunk| {
            let mut classifier = lock(classifiers).pop().expect("one a thread");
            let labelled: Vec<LabelledDocument> = (chunk.into_iter())
                .map(|d| classifier.label(d, params))
                .collect();
            lock(classifiers).push(classifier);
            labelled
        })
        .collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// About how many bytes of text the other fields of a row hold.
fn weight(fields: &serde_json::Map<String, serde_json::Value>) -> usize {
    let of = |value: &serde_json::Value| value.as_str().map_or(16, str::len);
    fields.values().map(of).sum()
}

fn next_batch(documents: &mut Documents, screen: &Screen) -> Vec<Document> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    while batch.len() < BATCH_DOCUMENTS && bytes < BATCH_BYTES {
        match documents.next() {
            Some(Ok(document)) => {
                bytes += document.text.len() + weight(&document.fields);
                batch.push(document);
            }
            Some(Err(problem)) => screen.problem(&problem),
            None => break,
        }
    }
    batch
}
