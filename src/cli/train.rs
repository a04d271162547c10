//! `demarche train`: labelled rows in, a model file out.

use super::screen::{self, Screen};
use super::train_args::TrainArgs;
use super::{InputArgs, Outcome};
use crate::error::{Error, Place, Result};
use crate::ingest::Documents;
use crate::model::examples::Examples;
use crate::model::{Codebook, Model};
use crate::output::scores;
use crate::train::{GateRule, Row, TaskSpec, Trainer, labelled_row, rows};
use clap::Args;
use std::io::{Read, Write};
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

    /// What the rows are called wherever something learned on them is shown
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Keep the rows in MODEL.examples, for `classify --nearest`; whoever has that file can read them
    #[arg(long)]
    keep_examples: bool,

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
  demarche train rows.jsonl --keep-examples -o mine.demarche
  demarche train rows.jsonl --c 3 --ngram-range 1,1 --c tone=1 --no-cv -o mine.demarche";

pub fn run(args: TrainCommand) -> Result<Outcome> {
    check_output(&args.output)?;
    let codebook = read_codebook(args.codebook.as_deref())?;
    let mut params = args.train.params(codebook)?;
    params.rows_name.clone_from(&args.name);
    let mut documents = args.input.open(&args.inputs)?;
    let examples = args.examples();
    for written in [Some(&args.output), examples.as_ref()]
        .into_iter()
        .flatten()
    {
        if documents.will_read(Path::new(written)) {
            let error = Error::usage("is one of the inputs, which would be replaced");
            return Err(error.at(Place::file(written.as_str())).mend(OTHER_NAME));
        }
    }
    check_replaced(&args.output)?;
    if let Some(examples) = &examples {
        check_replaced_by(examples, b"DEMEXMPL", "file of examples")?;
    }
    let screen = Screen::steps().show();
    let labelled = read_rows(&mut documents, &params.specs(), &screen);
    let trained = Trainer::new(params)
        .on_step(|step| screen.step(step))
        .fit(&labelled)?;
    screen.clear();
    for note in &trained.notes {
        screen.message(&format!("note: {note}"));
    }
    if is_foreign(&trained.model) {
        screen.message(
            "note: the codebook defines none of the labels; a definition is a row of a \
             Markdown table whose first cell is the label",
        );
    }
    trained.model.save(&args.output)?;
    if let Some(path) = &examples {
        let kept = rows::examples(&labelled, &trained.model);
        Examples::new(kept, &trained.model).save(Path::new(path))?;
    }
    report(
        &args.output,
        &trained.model,
        trained.cross_validation.as_ref(),
    )
    .map_err(screen::stdout_error)?;
    screen.close();
    Ok(args.input.outcome(screen.skipped()))
}

impl TrainCommand {
    /// Where the rows are kept, if they are to be.
    fn examples(&self) -> Option<String> {
        let path = Examples::path_beside(Path::new(&self.output));
        self.keep_examples.then(|| path.display().to_string())
    }
}

const OTHER_NAME: &str = "give the model another name";

/// Training may take long, so a place that cannot be written is refused before it.
pub fn check_output(path: &str) -> Result<()> {
    let wrong = |message: &str| Error::usage(message).at(Place::file(path));
    if path.is_empty() {
        return Err(Error::usage("--output is empty").mend("name the file to write"));
    }
    if path == "-" {
        return Err(
            Error::usage("--output -: a file is needed, not standard output")
                .mend("name the file to write"),
        );
    }
    if Path::new(path).is_dir() {
        return Err(wrong("is a folder").mend("name the file to write"));
    }
    match Path::new(path).parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            Err(wrong("its folder does not exist").mend("make the folder first"))
        }
        _ => Ok(()),
    }
}

/// A file that is there is replaced only if it is a model, or empty.
pub fn check_replaced(path: &str) -> Result<()> {
    check_replaced_by(path, b"DEMARCHE", "model")
}

/// A file that is there is replaced only if it is of the same kind, which begins with `magic`, or empty.
fn check_replaced_by(path: &str, magic: &[u8; 8], kind: &str) -> Result<()> {
    let wrong = |message: &str| Error::usage(message).at(Place::file(path)).mend(OTHER_NAME);
    let unreadable = |error| Error::io(path, error).mend(OTHER_NAME);
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(error)),
        // A pipe is not even opened: that could wait for ever.
        Ok(metadata) if !metadata.is_file() => {
            let message = format!("is no regular file, so no {kind} can take its place");
            return Err(wrong(&message));
        }
        Ok(_) => {}
    }
    let mut head = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    (file.take(8).read_to_end(&mut head)).map_err(unreadable)?;
    if head.is_empty() || head == magic {
        return Ok(());
    }
    Err(wrong(&format!(
        "is there already and is no demarche {kind}, so it is not replaced"
    )))
}

/// Whether the model has a codebook, and that has none of the model's labels.
fn is_foreign(model: &Model) -> bool {
    let mut labels = model.tasks().iter().flat_map(|t| &t.task.labels);
    (model.codebook())
        .is_some_and(|codebook| labels.all(|label| codebook.definition(label).is_none()))
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
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::io(path, error).mend("give --codebook a Markdown file in UTF-8 that can be read")
    })?;
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
