//! `demarche compare`: two sets of documents in, what differs out.

use super::measure_args::{MeasureArgs, error_rates};
use super::pipeline::Pipeline;
use super::screen::{self, Screen};
use super::{InputArgs, Outcome};
use crate::error::{Error, Result};
use crate::output::contrast::{write_csv, write_json, write_table};
use crate::output::page;
use crate::quantify::Measures;
use crate::quantify::contrast::{Contrast, SetTally, Words, contrast};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::sync::Arc;

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompareArgs {
    /// The first set: files, folders, globs
    #[arg(value_name = "A", required = true)]
    first: Vec<String>,

    /// The second set, behind --; without one, the same inputs [needs --where-a and --where-b]
    #[arg(value_name = "B", last = true)]
    second: Vec<String>,

    /// Of the first set, keep documents whose field has this value
    #[arg(long, value_name = "FIELD=VALUE")]
    where_a: Option<String>,

    /// Of the second set, keep documents whose field has this value
    #[arg(long, value_name = "FIELD=VALUE")]
    where_b: Option<String>,

    #[command(flatten)]
    measure: MeasureArgs,

    /// Coded rows of the second set, where the model may err otherwise in it; those of --errors-from are then of the first
    #[arg(long, value_name = "LABELED", requires = "errors_from")]
    errors_from_b: Option<String>,

    /// How to print
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    format: ContrastFormat,

    /// Draws of the bootstrap over articles
    #[arg(long, default_value_t = 2000, value_name = "N", value_parser = clap::value_parser!(u16).range(100..=20_000))]
    draws: u16,

    #[command(flatten)]
    input: InputArgs,
}

const EXAMPLES: &str = "\
Examples:
  demarche compare xinhua.jsonl -- reuters.jsonl
  demarche compare news.jsonl --where-a side=US --where-b side=PRC --errors-from coded.jsonl
  demarche compare 2024/*.jsonl --topic trade --format html -- 2025/*.jsonl > page.html";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ContrastFormat {
    Table,
    Csv,
    Json,
    Html,
}

pub fn run(args: CompareArgs) -> Result<Outcome> {
    let (model, measures) = args.measure.open()?;
    if args.second.is_empty() && (args.where_a.is_none() || args.where_b.is_none()) {
        return Err(Error::usage("there is no second set")
            .mend("name it behind --, or give --where-a and --where-b"));
    }
    let second = if args.second.is_empty() {
        &args.first
    } else {
        &args.second
    };
    let screen = Screen::bytes(None).show();
    let errors = args.measure.errors(model, &screen)?;
    let of_second = args.errors_from_b.as_deref();
    let of_second = of_second.map(|path| error_rates(model, path, &screen));
    let of_second = of_second.transpose()?;
    let seed = args.measure.seed;
    let draws = usize::from(args.draws);
    let mut sets = Vec::new();
    for (side, (inputs, only)) in [(&args.first, &args.where_a), (second, &args.where_b)]
        .into_iter()
        .enumerate()
    {
        let only = only.as_deref().map(condition).transpose()?;
        let documents = match side {
            0 => args.input.open(inputs)?,
            _ => args.input.open_more(inputs)?,
        };
        let name = only
            .as_ref()
            .map_or_else(|| named(inputs), |(f, v)| format!("{f}={v}"));
        let mut set = SetTally::new(name, &measures, draws, seed, side as u64);
        let pipeline = Pipeline {
            model,
            documents,
            threads: args.input.n_threads(),
            screen: &screen,
        };
        gather(pipeline, &measures, only, &mut set)?;
        sets.push(set);
    }
    screen.close();
    let Ok(sets) = <[SetTally; 2]>::try_from(sets) else {
        unreachable!("two sets were made")
    };
    let second = of_second.as_ref().or(errors.as_ref());
    let contrast = contrast(&sets, &measures, [errors.as_ref(), second], seed);
    if let Some(set) = contrast.sets.iter().find(|set| set.documents == 0) {
        return Err(
            Error::input(format!("no document is in the set {}", set.name))
                .mend("look at the names of the fields and their values"),
        );
    }
    args.measure.remark(&contrast.errors_from[0], &screen);
    write(&contrast, args.format)?;
    Ok(args.input.outcome(screen.skipped()))
}

/// What a set of these inputs is called.
fn named(inputs: &[String]) -> String {
    match inputs {
        [first, _, _, rest @ ..] if !rest.is_empty() => {
            format!("{first} and {} more", rest.len() + 2)
        }
        few => few.join(" "),
    }
}

fn write(contrast: &Contrast, format: ContrastFormat) -> Result<()> {
    let mut out = screen::plain_output();
    match format {
        ContrastFormat::Table => write_table(&mut out, contrast),
        ContrastFormat::Csv => write_csv(&mut out, contrast),
        ContrastFormat::Json => write_json(&mut out, contrast),
        ContrastFormat::Html => page::write_contrast(&mut out, contrast),
    }
    .and_then(|()| out.flush())
    .map_err(screen::stdout_error)
}

/// Adds the documents that meet the condition to a set.
fn gather(
    pipeline: Pipeline<'_>,
    measures: &Measures,
    only: Option<(String, String)>,
    set: &mut SetTally,
) -> Result<()> {
    let shared = Arc::new((measures.clone(), only));
    let made = pipeline.each(
        move |classifier, document| {
            let (measures, only) = &*shared;
            let is_in = only.as_ref().is_none_or(|(field, value)| {
                document.fields.get_text(field).as_ref() == Some(value)
            });
            is_in.then(|| {
                let mut words = Words::new();
                let sums = measures.sums_and_words(classifier, &document, &mut words);
                (sums, words)
            })
        },
        |made| {
            if let Some((sums, words)) = made {
                set.add(&sums, words);
            }
            Ok(())
        },
    );
    made.map(|_| ())
}

/// The field and value of `FIELD=VALUE`.
fn condition(text: &str) -> Result<(String, String)> {
    let parts = text.split_once('=').filter(|(field, _)| !field.is_empty());
    let parts = parts.map(|(field, value)| (field.to_owned(), value.to_owned()));
    parts.ok_or_else(|| {
        Error::usage(format!("`{text}` is not FIELD=VALUE")).mend("write such as side=US")
    })
}
