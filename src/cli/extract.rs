//! `demarche extract`: documents in, paragraphs out.

use super::pipeline::Pipeline;
use super::screen::{self, Screen};
use super::{InputArgs, Keep, Outcome, open_model};
use crate::error::{Error, Result};
use crate::output::extract::{ExtractFormat, ExtractWriter};
use crate::predict::LabelParams;
use clap::{Args, ValueEnum};

/// Arguments of `extract`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExtractArgs {
    /// Files (text, Markdown, HTML, JSONL, CSV, feeds, EML, MHTML, WARC, Parquet; also gz, zst or zip), folders, globs, or - for standard input
    /// [default: -]
    #[arg(value_name = "INPUT")]
    inputs: Vec<String>,

    /// Which paragraphs to print: those that the model takes for the text of the article, or all
    #[arg(long, default_value = "body", value_name = "WHICH")]
    keep: Keep,

    /// How to print: text, with an empty line between paragraphs, or an object a paragraph
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: FormatArg,

    /// The model that tells body from boilerplate [default: the one that comes with the program]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,

    /// With each paragraph of a page, what is known of where it stands: rows that `train --signs` reads, once `kind` is right
    #[arg(long)]
    signs: bool,

    #[command(flatten)]
    input: InputArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArg {
    Text,
    Jsonl,
}

const EXAMPLES: &str = "\
Examples:
  demarche extract page.html
  demarche extract saved-pages/ --format jsonl > paragraphs.jsonl
  demarche extract page.html --keep all --format jsonl    what was set aside too, with its probability
  curl -s https://example.org/story | demarche extract -";

pub fn run(args: ExtractArgs) -> Result<Outcome> {
    let model = open_model(args.model.as_deref())?;
    let documents = args.input.open(&args.inputs)?;
    let screen = Screen::bytes(documents.counts().total_bytes);
    if args.keep == Keep::Body && model.gate().is_none() {
        screen.message(
            "note: the model does not tell body from boilerplate, so every paragraph is printed",
        );
    }
    let format = match args.format {
        FormatArg::Text => ExtractFormat::Text,
        FormatArg::Jsonl => ExtractFormat::Jsonl,
    };
    if args.signs && format == ExtractFormat::Text {
        return Err(Error::usage("text has no place for signs").mend("give --format jsonl"));
    }
    let params = LabelParams {
        signs: args.signs,
        body_alone: args.keep == Keep::Body,
        ..LabelParams::default()
    };
    let pipeline = Pipeline {
        model,
        documents,
        threads: args.input.n_threads(),
        screen: &screen,
    };
    let gate = model.gate().cloned();
    let mut writer = ExtractWriter::new(screen::plain_output(), gate, format);
    pipeline.run(params, &mut writer)?;
    screen.close();
    Ok(args.input.outcome(screen.skipped()))
}
