//! `demarche train`: labelled rows in, a model file out.

use super::screen::{self, Screen};
use super::train_args::TrainArgs;
use super::{InputArgs, Outcome};
use crate::error::{Error, Place, Result};
use crate::ingest::Documents;
use crate::model::{Codebook, Model};
use crate::output::scores;
use crate::train::{GateRule, Row, TaskSpec, Trainer, labelled_row};
use clap::Args;
use std::io::Write;
use std::path::Path;

/// Arguments of `train`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TrainCommand {
    /// Labelled rows: JSONL or CSV files, folders, globs, or - for standard input
    #[arg(required = true, value_name = "LABELED")]
    inputs: Vec<String>,

    /// Where to write the model
    #[arg(short, long, value_name = "MODEL")]
    output: String,

    /// Keep the definitions of the labels, a Markdown file with tables, in the model
    #[arg(long, value_name = "FILE")]
    codebook: Option<String>,

    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    train: TrainArgs,
}

const EXAMPLES: &str = "\
Rows have a `text` and fields for labels; rows with the same `article` are kept together in folds.

Examples:
  demarche train rows.jsonl -o mine.demarche
  demarche train rows.csv --task stance:single --task themes:multi -o mine.demarche
  demarche train rows.jsonl --c 3 --ngram-range 1,1 --c tone=1 --no-cv -o mine.demarche";

pub fn run(args: TrainCommand) -> Result<Outcome> {
    check_output(&args.output)?;
    let codebook = read_codebook(args.codebook.as_deref())?;
    let params = args.train.params(codebook)?;
    let mut documents = args.input.open(&args.inputs)?;
    let screen = Screen::steps().show();
    let rows = read_rows(&mut documents, &params.specs(), &screen);
    let trained = Trainer::new(params)
        .on_step(|step| screen.step(step))
        .fit(&rows)?;
    screen.clear();
    for note in &trained.notes {
        screen.message(&format!("note: {note}"));
    }
    trained.model.save(&args.output)?;
    report(
        &args.output,
        &trained.model,
        trained.cross_validation.as_ref(),
    )
    .map_err(screen::stdout_error)?;
    screen.close();
    Ok(args.input.outcome(screen.skipped()))
}

/// Training may take long, so a place that cannot be written is refused before it.
fn check_output(path: &str) -> Result<()> {
    let place = || Place::file(path);
    if Path::new(path).is_dir() {
        return Err(Error::usage("is a folder")
            .at(place())
            .mend("name the file to write"));
    }
    match Path::new(path).parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            Err(Error::usage("its folder does not exist")
                .at(place())
                .mend("make the folder first"))
        }
        _ => Ok(()),
    }
}

fn report(
    path: &str,
    model: &Model,
    scores: Option<&crate::train::Benchmark>,
) -> std::io::Result<()> {
    let mut out = screen::output();
    if let Some(scores) = scores {
        scores::write_table(&mut out, scores, GateRule::Gold)?;
        writeln!(out)?;
    }
    let tasks: Vec<String> = (model.tasks().iter())
        .map(|t| format!("{} ({} terms)", t.task.name, t.tfidf.vocabulary().len()))
        .collect();
    writeln!(
        out,
        "wrote {path}: {} from {} rows",
        tasks.join(", "),
        model.provenance().n_rows
    )?;
    out.flush()
}

fn read_codebook(path: Option<&str>) -> Result<Option<Codebook>> {
    let Some(path) = path else { return Ok(None) };
    let text = std::fs::read_to_string(path).map_err(|error| Error::io(path, error))?;
    Ok(Some(Codebook(text)))
}

/// Reads labelled rows; what is no row is reported and passed over.
pub fn read_rows(documents: &mut Documents, specs: &[TaskSpec], screen: &Screen) -> Vec<Row> {
    let mut rows = Vec::new();
    for document in documents {
        match document.and_then(|document| labelled_row(document, specs)) {
            Ok(row) => rows.push(row),
            Err(problem) => screen.problem(&problem),
        }
    }
    rows
}
