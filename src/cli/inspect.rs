//! `demarche inspect`: what a model is and what it goes by.

use super::{Outcome, open_model, screen};
use crate::error::Result;
use crate::output::card;
use clap::{Args, ValueEnum};
use std::io::Write;

/// Arguments of `inspect`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct InspectArgs {
    /// The model [default: the one that comes with the program]
    #[arg(value_name = "MODEL")]
    model: Option<String>,

    /// How many terms to list for and against each label
    #[arg(long, default_value_t = 10, value_name = "N")]
    terms: usize,

    /// Print what each label means
    #[arg(long)]
    codebook: bool,

    /// How to print
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    format: CardFormat,
}

const EXAMPLES: &str = "\
Examples:
  demarche inspect
  demarche inspect mine.demarche --terms 20 --codebook
  demarche inspect --format json";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CardFormat {
    Table,
    Json,
}

pub fn run(args: InspectArgs) -> Result<Outcome> {
    let model = open_model(args.model.as_deref())?;
    let mut out = screen::output();
    match args.format {
        CardFormat::Table => card::write_text(&mut out, model, args.terms, args.codebook),
        CardFormat::Json => card::write_json(&mut out, model, args.terms, args.codebook),
    }
    .and_then(|()| out.flush())
    .map_err(screen::stdout_error)?;
    Ok(Outcome::Done)
}
