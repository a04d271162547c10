//! `demarche trends`: documents in, shares and index over time out.

use super::measure_args::MeasureArgs;
use super::pipeline::Pipeline;
use super::screen::{self, Screen};
use super::{InputArgs, Outcome};
use crate::error::{Error, Result};
use crate::output::trends::{write_csv, write_json, write_table};
use crate::output::{page, trend_plots};
use crate::quantify::trends::Group;
use crate::quantify::{By, Trends, TrendsParams, TrendsTally};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::sync::Arc;

/// Arguments of `trends`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TrendsArgs {
    /// Files (text, Markdown, JSONL, CSV; also gzipped), folders, globs, or - for standard input
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<String>,

    #[command(flatten)]
    measure: MeasureArgs,

    /// The length of a period; weeks are those of ISO 8601
    #[arg(long, default_value = "month", value_name = "PERIOD")]
    by: ByArg,

    /// A field of the rows, such as source: figures for each of its values
    #[arg(long, value_name = "FIELD")]
    split: Option<String>,

    /// Leave out documents from before this day
    #[arg(long, value_name = "DATE")]
    since: Option<jiff::civil::Date>,

    /// Leave out documents from after this day
    #[arg(long, value_name = "DATE")]
    until: Option<jiff::civil::Date>,

    /// How to print
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    format: TrendsFormat,

    /// Draws of the bootstrap over articles
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u16).range(100..=10_000))]
    draws: u16,

    #[command(flatten)]
    input: InputArgs,
}

const EXAMPLES: &str = "\
Counted figures are of the labels that the model gives. It errs, so they are off. Corrected figures stand beside them, with
the errors taken out that it made in cross-validation on its training rows. It may err otherwise in your text: code some
paragraphs of yours and give them with --errors-from. docs/trends.md says what each figure is.

Examples:
  demarche trends news.jsonl
  demarche trends news.jsonl --by quarter --errors-from coded.jsonl --format html > trend.html
  demarche trends news/*.jsonl.gz --topic tech_controls --split source --format csv";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ByArg {
    Week,
    Month,
    Quarter,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TrendsFormat {
    Table,
    Csv,
    Json,
    Svg,
    Html,
}

pub fn run(args: TrendsArgs) -> Result<Outcome> {
    let (model, measures) = args.measure.open()?;
    if let (Some(since), Some(until)) = (args.since, args.until)
        && since > until
    {
        return Err(Error::usage("--since is after --until").mend("exchange the two"));
    }
    let documents = args.input.open(&args.inputs)?;
    let screen = Screen::bytes(documents.counts().total_bytes).show();
    let errors = args.measure.errors(model, &screen)?;
    let params = TrendsParams {
        by: match args.by {
            ByArg::Week => By::Week,
            ByArg::Month => By::Month,
            ByArg::Quarter => By::Quarter,
        },
        split: args.split.clone(),
        since: args.since,
        until: args.until,
        draws: usize::from(args.draws),
        seed: args.measure.seed,
    };
    let mut tally = TrendsTally::new(&measures, params);
    let pipeline = Pipeline {
        model,
        documents,
        threads: args.input.n_threads(),
        screen: &screen,
    };
    let shared = Arc::new((measures.clone(), args.split.clone()));
    pipeline.each(
        move |classifier, document| shared.0.sums(classifier, &document, shared.1.as_deref()),
        |sums| tally.add(&sums),
    )?;
    let trends = tally.finish(&measures, errors.as_ref());
    screen.close();
    remark(&trends, &screen);
    args.measure.remark(&trends.errors_from, &screen);
    write(&trends, args.format)?;
    Ok(args.input.outcome(screen.skipped()))
}

fn remark(trends: &Trends, screen: &Screen) {
    if trends.undated > 0 {
        screen.message(&format!(
            "note: {} of {} documents have no date that could be read, and are in no figure",
            trends.undated,
            trends.undated + trends.outside + trends.documents
        ));
    }
    let has_field = |group: &Group| group.value.as_deref().is_some_and(|v| !v.is_empty());
    if let Some(field) = &trends.split
        && !trends.groups.iter().any(has_field)
    {
        screen.message(&format!(
            "warning: no document has a field `{field}` to split by"
        ));
    }
}

fn write(trends: &Trends, format: TrendsFormat) -> Result<()> {
    let mut out = screen::plain_output();
    match format {
        TrendsFormat::Table => write_table(&mut screen::output(), trends),
        TrendsFormat::Csv => write_csv(&mut out, trends),
        TrendsFormat::Json => write_json(&mut out, trends),
        TrendsFormat::Svg => out.write_all(trend_plots::all(trends).as_bytes()),
        TrendsFormat::Html => page::write_trends(&mut out, trends),
    }
    .and_then(|()| out.flush())
    .map_err(screen::stdout_error)
}
