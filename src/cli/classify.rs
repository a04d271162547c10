//! `demarche classify`: documents in, labelled paragraphs out.

use super::pipeline::Pipeline;
use super::screen::{self, Screen, stdout_error};
use super::{InputArgs, Keep, Outcome, open_model};
use crate::error::{Error, Result};
use crate::ingest::Counts;
use crate::model::examples::Examples;
use crate::model::{Model, Task, TaskModel};
use crate::output::articles::{ArticleCsv, ArticleJsonl, ArticleTable, ArticleWriter, Names};
use crate::output::csv::{CsvWriter, MOST_FIELDS};
use crate::output::jsonl::{Encoder, JsonlWriter};
use crate::output::scores::source;
use crate::output::table::TableWriter;
use crate::predict::{
    Article, Articles, Batch, LabelParams, MOST_WORDS, Neighbours, Poles, RollupParams, Unit,
};
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

/// Arguments of `classify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ClassifyArgs {
    /// Files (text, Markdown, HTML, JSONL, CSV, feeds, EML, MHTML, WARC, Parquet; also gz, zst or zip), folders, globs, or - for standard input
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

    /// Print a line a paragraph, or roll the paragraphs up to a summary of each article: rows of a file that
    /// stand together and have the same `article` are one, any other row or file is one by itself
    #[arg(long, default_value = "paragraph", value_name = "UNIT")]
    by: By,

    /// The two opposite labels between which an article's index lies [default: the model's own, where it has
    /// a task with known opposites]
    #[arg(long, value_name = "TASK=POSITIVE:NEGATIVE")]
    poles: Option<Poles>,

    /// Label the title of a row too, before its paragraphs; a title is always taken for body text
    #[arg(long)]
    title: bool,

    /// Which paragraphs to print: all, or those alone that the model takes for the text of the article
    #[arg(long, default_value = "all", value_name = "WHICH")]
    keep: Keep,

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

    /// Label paragraphs that are not in English too; without it they are left unlabelled, with their language
    #[arg(long)]
    any_language: bool,

    /// Withhold answers where more than this share of those given would be wrong, going by the rows that the
    /// model's cuts were learned on (`demarche calibrate` learns them on yours)
    #[arg(long, value_name = "SHARE")]
    max_error: Option<Share>,

    /// Read everything twice, and say of each document which others are near copies of it (`cluster`) and of
    /// each paragraph how many documents have it (`repeated`); changes no label. Takes about 170 bytes a document and 8 a paragraph, at most three times that while its lists grow; not for standard input
    #[arg(long)]
    batch: bool,

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
  demarche classify page.html --keep body                 without captions, navigation and the like
  demarche classify --model mine.demarche rows.jsonl --explain 3 --nearest 2
  demarche classify rows.jsonl --max-error 0.1            answer only where it is sure enough
  demarche classify articles/ --by article               shares and an index of each article
  demarche classify news.jsonl --batch --format jsonl     copies of one story, repeated captions and teasers
  demarche classify rows.jsonl.gz --format jsonl > labelled.jsonl
  cat speech.txt | demarche classify - --format csv";

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum LabelsFormat {
    Table,
    Jsonl,
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum By {
    Paragraph,
    Article,
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
        if self.by == By::Article && (self.title || self.explain > 0) {
            return Err(Error::usage(
                "--title and --explain are about paragraphs, --by article sums them up",
            )
            .mend("leave out one of the two"));
        }
        if self.by == By::Paragraph && self.poles.is_some() {
            return Err(Error::usage("--poles goes with --by article"));
        }
        Ok(LabelParams {
            unit,
            title: self.title,
            signs: false,
            explain: self.explain,
            any_language: self.any_language,
            body_alone: self.keep == Keep::Body,
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
            batch: None,
        })
    }

    /// Writes a line a paragraph.
    fn paragraphs(&self, pipeline: Pipeline<'_>, params: LabelParams) -> Result<Counts> {
        let (model, screen) = (pipeline.model, pipeline.screen);
        let tasks: Vec<Task> = model.task_names().to_vec();
        match self.format {
            LabelsFormat::Table => {
                let gate = model.gate().cloned();
                let out = screen::output();
                let mut writer = TableWriter::new(out, tasks, gate, &params, screen::width());
                pipeline.run(params, &mut writer)
            }
            LabelsFormat::Jsonl => {
                let encoder = Encoder::new(&tasks, &params);
                pipeline.run(
                    params,
                    &mut JsonlWriter::new(screen::plain_output(), encoder),
                )
            }
            LabelsFormat::Csv => {
                let mut writer = CsvWriter::new(screen::plain_output(), tasks, &params);
                let counts = pipeline.run(params, &mut writer)?;
                if let Some(named) = some_of(writer.left_out()) {
                    screen.message(&format!(
                        "note: fields that came after the CSV header was written, or beyond {MOST_FIELDS}, are left out: {named}; \
                         --format jsonl keeps them"
                    ));
                }
                Ok(counts)
            }
        }
    }

    /// Writes an article at a time.
    fn articles(&self, pipeline: Pipeline<'_>, params: LabelParams) -> Result<Counts> {
        let (model, screen) = (pipeline.model, pipeline.screen);
        let tasks = model.task_names();
        let poles = Poles::given_or_found(self.poles.as_ref(), tasks);
        let batch = params.batch.clone();
        let params = RollupParams::new(model, params, poles.as_ref())?;
        if poles.is_none() {
            screen.message(
                "note: no task has two labels known for opposites, so articles have no index; \
                 name them with --poles TASK=POSITIVE:NEGATIVE",
            );
        }
        let names = Names {
            tasks: tasks.to_vec(),
            poles,
            withholding: self.max_error.is_some(),
            batch: self.batch,
        };
        let mut writer: Box<dyn ArticleWriter> = match self.format {
            LabelsFormat::Table => {
                Box::new(ArticleTable::new(screen::output(), names, screen::width()))
            }
            LabelsFormat::Jsonl => Box::new(ArticleJsonl::new(screen::plain_output(), names)),
            LabelsFormat::Csv => Box::new(ArticleCsv::new(screen::plain_output(), names)),
        };
        let mut articles = Articles::default();
        let mut n_written = 0;
        let mut write = |mut article: Article| {
            article.cluster = batch.as_ref().and_then(|batch| batch.cluster(n_written));
            n_written += 1;
            writer.write(&article).map_err(stdout_error)
        };
        let counts = pipeline.each(
            move |classifier, document| classifier.roll_up(document, &params),
            |next| match articles.push(next) {
                Some(article) => write(article),
                None => Ok(()),
            },
        )?;
        if let Some(article) = articles.finish() {
            write(article)?;
        }
        writer.finish().map_err(stdout_error)?;
        if articles.n_returned() > 0 {
            screen.message(&format!(
                "note: rows of the same article that do not stand together make several: {} more than there are articles; \
                 sort the rows by `article`",
                articles.n_returned()
            ));
        }
        Ok(counts)
    }

    /// What the documents have in common, and what was read of them.
    fn survey(&self, model: &'static Model, params: &LabelParams) -> Result<(Batch, Counts)> {
        let documents = self.input.open_more(&self.inputs)?;
        let total_bytes = documents.counts().total_bytes;
        if total_bytes.is_none() {
            return Err(Error::usage(
                "--batch reads its input twice, which standard input and pipes do not allow",
            )
            .mend("write it to a file and name that"));
        }
        let screen = Screen::bytes(total_bytes).without_problems();
        let pipeline = Pipeline {
            model,
            documents,
            threads: self.input.n_threads(),
            screen: &screen,
        };
        let (batch, counts) = pipeline.survey(params.clone())?;
        screen.clear();
        Ok((batch, counts))
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
    let mut params = args.params(model)?;
    let documents = args.input.open(&args.inputs)?;
    let mut surveyed = None;
    if args.batch {
        let (batch, counts) = args.survey(model, &params)?;
        params.batch = Some(Arc::new(batch));
        surveyed = Some(counts.contents);
    }
    let screen = Screen::bytes(documents.counts().total_bytes);
    for note in sources(model, &params) {
        screen.message(&note);
    }
    let pipeline = Pipeline {
        model,
        documents,
        threads: args.input.n_threads(),
        screen: &screen,
    };
    let counts = match args.by {
        By::Paragraph => args.paragraphs(pipeline, params)?,
        By::Article => args.articles(pipeline, params)?,
    };
    screen.close();
    if surveyed.is_some_and(|contents| contents != counts.contents) {
        return Err(Error::input(
            "--batch: the input changed between its two readings, so clusters and counts of what was written are wrong",
        )
        .mend("run it again when nobody writes to the input"));
    }
    let unread = counts.unread_dates;
    if unread > 0 {
        screen.message(&format!(
            "note: the dates of {unread} rows could not be read"
        ));
    }
    Ok(args.input.outcome(screen.skipped()))
}

/// How many fields a message names.
const NAMED_FIELDS: usize = 20;

/// The first of some names, and how many more there are; nothing where there is none.
fn some_of(names: &BTreeSet<String>) -> Option<String> {
    let first: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .take(NAMED_FIELDS)
        .collect();
    let more = match names.len() - first.len() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    (!first.is_empty()).then(|| first.join(", ") + &more)
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
