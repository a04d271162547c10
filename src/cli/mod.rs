//! The command line.
//!
//! Owns what the user types and sees: clap's types, the terminal, the clock of the progress
//! bar, exit codes. Arguments are lowered once into the library's parameters; the library never
//! sees clap. One file a command.

mod benchmark;
mod benchmark_args;
mod calibrate;
mod classify;
mod compare;
mod extract;
mod inspect;
mod measure_args;
mod pipeline;
mod report;
mod screen;
mod train;
mod train_args;
mod trends;

use crate::error::{Error, Result};
use crate::ingest::html::PageCaps;
use crate::ingest::{Format, IngestParams, TimeCap, hide_caught_panics};
use crate::model::Model;
use clap::{Args, Parser, Subcommand, ValueEnum};
use screen::Screen;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Labels every paragraph of an article on US-China relations by topic and tone, and says why.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  a figure missed a bound of --fail-under or --fail-over
  2  could not do it: the message says what to do
  3  done, but records were skipped, each named on stderr";

#[derive(Debug, Subcommand)]
enum Command {
    /// Label the paragraphs of articles
    Classify(classify::ClassifyArgs),
    /// Print the paragraphs of articles alone
    Extract(extract::ExtractArgs),
    /// Make a page of articles, to read, sort and filter
    Report(report::ReportArgs),
    /// Follow the shares of labels, and the index between two poles, over time
    Trends(trends::TrendsArgs),
    /// Hold two sets of documents against each other
    Compare(compare::CompareArgs),
    /// Train a model on labelled rows
    Train(train::TrainCommand),
    /// Measure a model, or a way of training, on labelled rows
    Benchmark(benchmark::BenchmarkArgs),
    /// Fit a model's probabilities, thresholds and cuts again on your own labelled rows
    Calibrate(calibrate::CalibrateArgs),
    /// Show what a model is and what it goes by
    Inspect(inspect::InspectArgs),
}

/// How a command ended, when it could do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// A figure missed a bound.
    BelowRequired,
    /// Records were skipped; `strict` makes that a failure.
    Skipped {
        strict: bool,
    },
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    hide_caught_panics();
    let outcome = match cli.command {
        Command::Classify(args) => classify::run(args),
        Command::Extract(args) => extract::run(args),
        Command::Report(args) => report::run(args),
        Command::Trends(args) => trends::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Train(args) => train::run(args),
        Command::Benchmark(args) => benchmark::run(args),
        Command::Calibrate(args) => calibrate::run(args),
        Command::Inspect(args) => inspect::run(args),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::BelowRequired) => ExitCode::from(1),
        Ok(Outcome::Skipped { strict: false }) => ExitCode::from(3),
        Ok(Outcome::Skipped { strict: true }) => ExitCode::from(2),
        // Whoever read our output has seen enough.
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            Screen::error(&error);
            ExitCode::from(2)
        }
    }
}

/// How inputs are read.
#[derive(Debug, Clone, Args)]
struct InputArgs {
    /// Read every input in this format, whatever its name says
    #[arg(long, value_name = "FORMAT")]
    input_format: Option<InputFormat>,

    /// Pages that nest more elements within each other are skipped
    #[arg(long, value_name = "N", default_value_t = PageCaps::default().max_depth)]
    max_nesting: usize,

    /// Skip a line, record, page, feed or message of more bytes than this
    #[arg(long, value_name = "BYTES", default_value_t = IngestParams::default().max_record_bytes, value_parser = clap::value_parser!(u64).range(1..))]
    max_record: u64,

    /// Read of a gzip or zstd file, and of all files of a zip archive together, no more than this many decompressed bytes
    #[arg(long, value_name = "BYTES", default_value_t = IngestParams::default().max_unpacked_bytes, value_parser = clap::value_parser!(u64).range(1..))]
    max_unpacked: u64,

    /// Stop reading a packed file or an archive that grows more than so many times over
    #[arg(long, value_name = "N", default_value_t = IngestParams::default().max_ratio, value_parser = clap::value_parser!(u64).range(1..))]
    max_ratio: u64,

    /// Read zip archives within each other so many deep
    #[arg(long, value_name = "N", default_value_t = IngestParams::default().max_archive_depth)]
    max_archive_depth: usize,

    /// Read no more entries of a zip archive than this
    #[arg(long, value_name = "N", default_value_t = IngestParams::default().max_entries)]
    max_entries: usize,

    /// Skip a page or message that takes longer to read than this, and break off the labelling of a document that takes longer
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = seconds)]
    max_seconds: f64,

    /// Exit with 2, not 3, when a record was skipped
    #[arg(long)]
    strict: bool,

    /// Threads to use [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum InputFormat {
    Text,
    Markdown,
    Jsonl,
    Csv,
    Html,
    Feed,
    Mail,
    Parquet,
    Warc,
}

/// Which paragraphs are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Keep {
    /// Those that the model takes for the text of the article.
    Body,
    /// All, captions, share prompts and navigation with them.
    All,
}

impl From<InputFormat> for Format {
    fn from(format: InputFormat) -> Self {
        match format {
            InputFormat::Text => Format::Text,
            InputFormat::Markdown => Format::Markdown,
            InputFormat::Jsonl => Format::Jsonl,
            InputFormat::Csv => Format::Csv,
            InputFormat::Html => Format::Html,
            InputFormat::Feed => Format::Feed,
            InputFormat::Mail => Format::Mail,
            InputFormat::Parquet => Format::Parquet,
            InputFormat::Warc => Format::Warc,
        }
    }
}

impl InputArgs {
    /// Sets the threads and opens the inputs; standard input where none is named.
    fn open(&self, inputs: &[String]) -> Result<crate::ingest::Documents> {
        if let Some(threads) = self.threads {
            rayon::ThreadPoolBuilder::new()
                .num_threads(usize::from(threads))
                .build_global()
                .map_err(|error| Error::usage(format!("--threads: {error}")))?;
        }
        self.open_more(inputs)
    }

    /// Opens further inputs when the threads are set.
    fn open_more(&self, inputs: &[String]) -> Result<crate::ingest::Documents> {
        let params = IngestParams {
            format: self.input_format.map(Format::from),
            max_record_bytes: self.max_record,
            max_unpacked_bytes: self.max_unpacked,
            max_ratio: self.max_ratio,
            max_archive_depth: self.max_archive_depth,
            max_entries: self.max_entries,
            page: PageCaps {
                max_depth: self.max_nesting,
                time: Some(TimeCap {
                    limit: Duration::from_secs_f64(self.max_seconds),
                    clock: since_start,
                }),
            },
            ..IngestParams::default()
        };
        match inputs {
            [] => crate::ingest::open(&["-".to_owned()], &params),
            named => crate::ingest::open(named, &params),
        }
    }

    /// How many threads work.
    fn n_threads(&self) -> usize {
        self.threads.map_or_else(
            || std::thread::available_parallelism().map_or(1, usize::from),
            usize::from,
        )
    }

    fn outcome(&self, skipped: u64) -> Outcome {
        match skipped {
            0 => Outcome::Done,
            _ => Outcome::Skipped {
                strict: self.strict,
            },
        }
    }
}

fn seconds(text: &str) -> std::result::Result<f64, String> {
    let seconds = text.parse::<f64>().map_err(|error| error.to_string())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(_) => Ok(seconds),
        Err(error) => Err(error.to_string()),
    }
}

/// How long the program has run, from when this is first asked.
fn since_start() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// Opens the model at `path`, or the shipped one when it is absent or `shipped`. It stays open until the
/// program ends, so that any thread may use it.
fn open_model(path: Option<&str>) -> Result<&'static Model> {
    match path {
        None | Some("shipped") => Model::shipped(),
        Some(path) => Ok(Box::leak(Box::new(Model::open(path)?))),
    }
}
