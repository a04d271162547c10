//! `demarche report`: documents in, a page of articles out.

use super::pipeline::Pipeline;
use super::screen::Screen;
use super::train::check_output;
use super::{InputArgs, Outcome, open_model};
use crate::error::{Error, Place, Result};
use crate::model::file::write_whole;
use crate::output::articles::Names;
use crate::output::page::Report;
use crate::predict::{DetailedArticle, LabelParams, Poles, RollupParams};
use clap::Args;
use std::path::Path;

/// Bytes of a page beyond which its size is told.
const LARGE_PAGE: usize = 2_000_000;

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ReportArgs {
    /// Files (text, Markdown, HTML, JSONL, CSV, feeds, EML, MHTML, WARC, Parquet; also gz, zst or zip), folders, globs, or - for standard input
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<String>,

    /// Where to write the page
    #[arg(short, long, value_name = "PAGE")]
    output: String,

    /// The model [default: the one that comes with the program]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,

    /// The two opposite labels between which an article's index lies [default: the model's own, where it has
    /// a task with known opposites]
    #[arg(long, value_name = "TASK=POSITIVE:NEGATIVE")]
    poles: Option<Poles>,

    /// The heading of the page
    #[arg(long, default_value = "Articles", value_name = "TEXT")]
    heading: String,

    /// List at most this many articles, the first; figures are of all
    #[arg(long, default_value_t = 2000, value_name = "N")]
    max_articles: usize,

    #[command(flatten)]
    input: InputArgs,
}

const EXAMPLES: &str = "\
The page holds everything it needs and loads nothing: it can be mailed, archived and printed. Articles are those of
`classify --by article`.

Examples:
  demarche report articles/ -o report.html
  demarche report rows.jsonl.gz --heading \"Briefings, 2025\" -o briefings.html";

pub fn run(args: ReportArgs) -> Result<Outcome> {
    check_output(&args.output)?;
    let model = open_model(args.model.as_deref())?;
    let tasks = model.task_names();
    let poles = Poles::given_or_found(args.poles.as_ref(), tasks);
    let params = RollupParams::new(model, LabelParams::default(), poles.as_ref())?;
    let documents = args.input.open(&args.inputs)?;
    if documents.will_read(Path::new(&args.output)) {
        return Err(Error::usage("the page would take the place of an input")
            .at(Place::file(args.output.as_str()))
            .mend("give the page another name"));
    }
    let screen = Screen::bytes(documents.counts().total_bytes).show();
    let names = Names {
        tasks: tasks.to_vec(),
        poles,
        withholding: false,
        batch: false,
    };
    let mut report = Report::new(args.heading, model, names);
    let pipeline = Pipeline {
        model,
        documents,
        threads: args.input.n_threads(),
        screen: &screen,
    };
    let mut current: Option<DetailedArticle> = None;
    pipeline.each(
        move |classifier, document| classifier.detail(document, &params),
        |next| {
            match current.as_mut() {
                Some(article) if article.article.goes_on_in(&next.article) => article.absorb(next),
                _ => {
                    let whole = current.replace(next);
                    whole
                        .into_iter()
                        .for_each(|a| report.push(a, args.max_articles));
                }
            }
            Ok(())
        },
    )?;
    current
        .into_iter()
        .for_each(|a| report.push(a, args.max_articles));
    screen.close();
    if report.total.paragraphs == 0 {
        return Err(Error::input("there is no text to report on")
            .mend("name files with articles, or rows with a field `text`"));
    }
    let mut page = Vec::new();
    (report.write(&mut page)).map_err(|error| Error::io(args.output.as_str(), error))?;
    write_whole(Path::new(&args.output), &page)?;
    if page.len() > LARGE_PAGE {
        screen.message(&format!(
            "note: the page has {:.1} MB, which is much to mail; --max-articles lists fewer",
            page.len() as f64 / 1e6
        ));
    }
    if report.n_articles > report.articles.len() as u64 {
        screen.message(&format!(
            "note: the first {} of {} articles are listed; --max-articles lists more",
            report.articles.len(),
            report.n_articles
        ));
    }
    Ok(args.input.outcome(screen.skipped()))
}
