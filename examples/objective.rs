//! How near the solver comes to the optimum, on any labelled file or on a made set.
//!
//! ```sh
//! cargo run --release --example objective -- TRAIN.jsonl --c 1 --loss squared-hinge
//! cargo run --release --example objective -- made:topics --class-weight balanced
//! cargo run --release --example objective -- made:rare --export rare.svm
//! ```
//!
//! Rows are weighed by TF-IDF over stems 1–2 (min_df 2), a lane a label. For each lane, and for all together: the
//! objective P reached, the lower bound −D on the optimum, (P + D) / P, passes and rows read. The optimum lies between the
//! bound and P, so the last figure says how far P is from it at most, whoever else solves the problem. CPU seconds are those
//! of the fit alone.
//!
//! `--export FILE` writes the weighed rows as LIBLINEAR reads them, the numbers of a row's labels joined by commas, for
//! `tests/reference/optima.py` to solve.

#[path = "../benches/corpus/mod.rs"]
mod corpus;

use demarche::features::{SparseRecords, TfidfParams};
use demarche::ingest::{IngestParams, open};
use demarche::model::ClassWeight;
use demarche::text::TextParams;
use demarche::train::corpus::Corpus;
use demarche::train::solver::{DualSolver, FittedLanes, Lane, Loss};
use demarche::train::{TaskSpec, labelled_row};
use demarche::{Error, Result};
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::Array2;
use std::fs;
use std::io::Write;
use std::time::Instant;

/// What is asked for.
struct Arguments {
    input: String,
    c: f64,
    loss: Loss,
    class_weight: ClassWeight,
    tolerance: f64,
    export: Option<String>,
}

const USAGE: &str = "objective TRAIN.jsonl|made:topics|made:rare|made:short [--c C] \
    [--loss logistic|squared-hinge] [--class-weight none|balanced] [--tolerance T] [--export FILE]";

impl Arguments {
    fn parse() -> Result<Self> {
        let mut arguments = Arguments {
            input: String::new(),
            c: 1.0,
            loss: Loss::Logistic,
            class_weight: ClassWeight::None,
            tolerance: 1e-4,
            export: None,
        };
        let usage = || Error::usage(USAGE);
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            if !word.starts_with("--") {
                arguments.input = word;
                continue;
            }
            let value = words.next().ok_or_else(usage)?;
            let number = || value.parse().map_err(|_| usage());
            match (word.as_str(), value.as_str()) {
                ("--c", _) => arguments.c = number()?,
                ("--tolerance", _) => arguments.tolerance = number()?,
                ("--loss", "logistic") => arguments.loss = Loss::Logistic,
                ("--loss", "squared-hinge") => arguments.loss = Loss::SquaredHinge,
                ("--class-weight", "none") => arguments.class_weight = ClassWeight::None,
                ("--class-weight", "balanced") => arguments.class_weight = ClassWeight::Balanced,
                ("--export", _) => arguments.export = Some(value),
                _ => return Err(usage()),
            }
        }
        match arguments.input.is_empty() {
            true => Err(usage()),
            false => Ok(arguments),
        }
    }
}

/// Weighed rows, their labels `[n_rows, n_labels]` and the names of those.
struct Problem {
    x: SparseRecords,
    y: Array2<bool>,
    labels: Vec<String>,
}

fn read(path: &str) -> Result<Problem> {
    let specs = TaskSpec::detected();
    let mut rows = Vec::new();
    for document in open(&[path.to_owned()], &IngestParams::default())? {
        match document.and_then(|document| labelled_row(document, &specs)) {
            Ok(row) => rows.push(row),
            Err(problem) => eprintln!("skipped: {problem}"),
        }
    }
    let corpus = Corpus::new(&rows, &specs)?;
    let task = corpus.tasks.first().expect("a corpus has a task");
    let counts = corpus.counts(&TextParams::default())?;
    let columns = TfidfParams::default().fit(&counts, &task.rows);
    let has = |(i, label): (usize, usize)| task.gold[i].contains(&(label as u32));
    Ok(Problem {
        x: columns.transform(&counts, &task.rows),
        y: Array2::from_shape_fn((task.rows.len(), task.task.labels.len()), has),
        labels: task.task.labels.clone(),
    })
}

fn problem(input: &str) -> Result<Problem> {
    match input.strip_prefix("made:") {
        Some(shape) if corpus::SHAPES.contains(&shape) => {
            let set = corpus::set(shape);
            Ok(Problem {
                x: set.x,
                y: set.y,
                labels: vec!["positive".to_owned()],
            })
        }
        Some(_) => Err(Error::usage(USAGE)),
        None => read(input),
    }
}

/// Rows of `labels column:value …`, columns from 1; the values are written so that they are read back exactly.
fn export(problem: &Problem, path: &str) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(fs::File::create(path)?);
    for i in 0..problem.x.n_samples() {
        let numbered = problem.y.row(i).into_iter().enumerate();
        let labels = numbered.filter(|(_, has)| **has);
        let labels: Vec<String> = labels.map(|(label, _)| label.to_string()).collect();
        write!(out, "{}", labels.join(","))?;
        let (columns, values) = problem.x.row(i);
        for (column, value) in columns.iter().zip(values) {
            write!(out, " {}:{}", column + 1, f64::from(*value))?;
        }
        writeln!(out)?;
    }
    out.flush()
}

/// The CPU seconds of all threads so far, where the system tells them.
fn cpu_seconds() -> Option<f64> {
    let mut nanoseconds = 0u64;
    for thread in fs::read_dir("/proc/self/task").ok()? {
        let schedule = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += schedule.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(nanoseconds as f64 / 1e9)
}

fn print(labels: &[String], fitted: &FittedLanes, n_samples: usize) {
    println!(
        "{:24} {:>14} {:>14} {:>9} {:>7} {:>9}",
        "lane", "objective P", "bound -D", "(P+D)/P", "passes", "rows read"
    );
    let line = |name: &str, p: f64, bound: f64, passes: u32, visits: u64, note: &str| {
        let read = visits as f64 / n_samples as f64;
        let gap = (p - bound) / p;
        println!("{name:24} {p:14.6} {bound:14.6} {gap:9.1e} {passes:7} {read:8.1}x{note}");
    };
    let (mut sum, mut bounds, mut visits, mut passes) = (0.0, 0.0, 0, 0);
    for (label, report) in labels.iter().zip(&fitted.reports) {
        let bound = report.objective * (1.0 - report.gap);
        let note = if report.converged {
            ""
        } else {
            "  not converged"
        };
        line(
            label,
            report.objective,
            bound,
            report.epochs,
            report.visits,
            note,
        );
        sum += report.objective;
        bounds += bound;
        visits += report.visits;
        passes = passes.max(report.epochs);
    }
    line("all", sum, bounds, passes, visits, "");
}

fn main() -> Result<()> {
    let arguments = Arguments::parse()?;
    let problem = problem(&arguments.input)?;
    if let Some(path) = &arguments.export {
        export(&problem, path).map_err(|error| Error::usage(format!("{path}: {error}")))?;
    }
    let n_samples = problem.x.n_samples();
    println!(
        "{} rows, {} terms, {} lanes; {:?}, C {}, class weight {}, tolerance {}",
        n_samples,
        problem.x.n_features(),
        problem.labels.len(),
        arguments.loss,
        arguments.c,
        arguments.class_weight,
        arguments.tolerance
    );
    let lane = Lane::new(arguments.c, arguments.class_weight);
    let solver = DualSolver::new(arguments.loss, vec![lane]).tolerance(arguments.tolerance);
    let dataset = DatasetBase::new(problem.x, problem.y);
    let (started, cpu) = (Instant::now(), cpu_seconds());
    let fitted = solver.fit(&dataset)?;
    print(&problem.labels, &fitted, n_samples);
    let wall = started.elapsed().as_secs_f64();
    match cpu.and_then(|before| Some(cpu_seconds()? - before)) {
        Some(cpu) => println!("fit: {cpu:.3} s CPU, {wall:.3} s wall"),
        None => println!("fit: {wall:.3} s wall"),
    }
    Ok(())
}
