//! What the training rows teach: a report on `fixtures/paragraphs` against a set of real rows.
//!
//! ```sh
//! cargo run --release --example corpus -- fixtures/paragraphs REAL.jsonl
//! ```
//!
//! 1. Learning curve: 1/8, 1/4, 1/2 and all of the articles, measured on the real rows.
//! 2. Each register left out: what the real rows lose without it.
//! 3. The share of the real rows' words that training never saw.
//! 4. Cross-validation on the fixtures, register by register.
//! 5. How well a classifier tells our rows from the real ones, register by register: the better it does,
//!    the less that register sounds like real text.
//!
//! Options are those of the shipped model, so the report says what rows do and not what options do.

use demarche::evaluate::BootstrapParams;
use demarche::ingest::{IngestParams, open};
use demarche::text::tokenize::tokens;
use demarche::train::benchmark::{benchmark_model, predict_by_cross_validation};
use demarche::train::{Given, Gold, Row, TaskSpec, TrainParams, Trainer, labelled_row};
use demarche::{Error, Model};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A row, and the register or source it comes from.
struct Sourced {
    row: Row,
    source: String,
}

fn read(path: &str) -> Result<Vec<Sourced>, Error> {
    let specs = TaskSpec::detected();
    let mut rows = Vec::new();
    for document in open(&[path.to_owned()], &IngestParams::default())? {
        let labelled = document.and_then(|document| {
            let register = document.fields.get("register");
            let register = register.as_ref().and_then(|v| v.as_str());
            let source = register.or(document.source.as_deref()).unwrap_or("-");
            let source = source.to_owned();
            labelled_row(document, &specs).map(|row| Sourced { row, source })
        });
        match labelled {
            Ok(row) => rows.push(row),
            Err(problem) => eprintln!("skipped: {problem}"),
        }
    }
    Ok(rows)
}

/// The shipped model's options, for every task it has.
fn params() -> Result<TrainParams, Error> {
    let model = Model::shipped()?;
    let given = model
        .tasks()
        .iter()
        .map(|task| (task.task.name.clone(), Given::from(&task.options)));
    Ok(TrainParams {
        given_by_task: given.collect(),
        cross_validate: false,
        ..TrainParams::default()
    })
}

/// Macro-F1 of each task on `real` of a model trained on `rows`.
fn macro_f1(
    rows: &[Row],
    real: &[Row],
    params: &TrainParams,
) -> Result<BTreeMap<String, f64>, Error> {
    let model = Trainer::new(params.clone()).fit(rows)?.model;
    let once = BootstrapParams {
        draws: 0,
        ..BootstrapParams::default()
    };
    let benchmark = benchmark_model(&model, real, &once, &|_| ())?;
    let figures = benchmark.tasks.into_iter().map(|task| task.evaluation);
    Ok(figures.map(|e| (e.task, e.macro_f1.value)).collect())
}

fn print_scores(what: &str, n_rows: usize, scores: &BTreeMap<String, f64>) {
    let scores: Vec<String> = ["topics", "tone"]
        .iter()
        .filter_map(|task| scores.get(*task).map(|f1| format!("{task} {f1:.3}")))
        .collect();
    println!("  {what:24} {n_rows:5} rows  {}", scores.join("  "));
}

/// Every k-th article is kept: a nested sample, since 1/8 is part of 1/4.
fn share(rows: &[Sourced], one_in: usize) -> Vec<Row> {
    let articles: BTreeSet<&str> = rows
        .iter()
        .filter_map(|r| r.row.article.as_deref())
        .collect();
    // By hash of the name, so that the sample does not follow the order in which rows were written.
    let mut order: Vec<(u64, &str)> = articles
        .into_iter()
        .map(|article| (demarche::text::hash_word(article), article))
        .collect();
    order.sort_unstable();
    let kept: HashSet<&str> = order
        .iter()
        .take(order.len() / one_in)
        .map(|(_, a)| *a)
        .collect();
    let is_kept = |r: &&Sourced| r.row.article.as_deref().is_some_and(|a| kept.contains(a));
    rows.iter().filter(is_kept).map(|r| r.row.clone()).collect()
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    tokens(text).map(|token| token.surface.to_lowercase())
}

fn unseen_words(ours: &[Sourced], real: &[Sourced]) {
    let known: HashSet<String> = ours
        .iter()
        .flat_map(|r| words(&r.row.text).collect::<Vec<_>>())
        .collect();
    let mut by_source: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for sourced in real {
        let of_source = by_source.entry(&sourced.source).or_default();
        for word in words(&sourced.row.text) {
            of_source.0 += usize::from(!known.contains(&word));
            of_source.1 += 1;
        }
    }
    for (source, (unseen, all)) in by_source {
        println!(
            "  {source:24} {:4.1} % of {all} words",
            100.0 * unseen as f64 / all as f64
        );
    }
}

fn by_register(ours: &[Sourced], params: &TrainParams) -> Result<(), Error> {
    let rows: Vec<Row> = ours.iter().map(|r| r.row.clone()).collect();
    let tone = predict_by_cross_validation(&rows, "tone", params)?;
    let mut table: BTreeMap<&str, BTreeMap<(String, String), usize>> = BTreeMap::new();
    for (sourced, predicted) in ours.iter().zip(tone) {
        if let Some(Gold::Single(gold)) = sourced.row.gold.get("tone") {
            let predicted = predicted.first().cloned().unwrap_or_default();
            let cell = (gold.clone(), predicted);
            *table
                .entry(&sourced.source)
                .or_default()
                .entry(cell)
                .or_default() += 1;
        }
    }
    for (register, cells) in table {
        let all: usize = cells.values().sum();
        let right: usize = cells
            .iter()
            .filter(|((g, p), _)| g == p)
            .map(|(_, n)| n)
            .sum();
        let mut wrong: Vec<(&usize, String)> = cells
            .iter()
            .filter(|((g, p), _)| g != p)
            .map(|((g, p), n)| (n, format!("{g}→{p}")))
            .collect();
        wrong.sort_by(|a, b| b.cmp(a));
        let wrong: Vec<String> = wrong
            .iter()
            .take(3)
            .map(|(n, what)| format!("{what} {n}"))
            .collect();
        println!(
            "  {register:24} tone right {right:3} of {all:3}   {}",
            wrong.join(", ")
        );
    }
    Ok(())
}

fn ours_or_real(ours: &[Sourced], real: &[Sourced]) -> Result<(), Error> {
    let is_body =
        |r: &&Sourced| !matches!(r.row.gold.get("kind"), Some(Gold::Single(k)) if k != "body");
    let mark = |r: &Sourced, origin: &str| {
        let article = r.row.article.clone().unwrap_or_default();
        Row::new(&r.row.text)
            .article(format!("{origin} {article}"))
            .single("origin", origin)
    };
    let ours: Vec<&Sourced> = ours.iter().filter(is_body).collect();
    let mut rows: Vec<Row> = ours.iter().map(|r| mark(r, "ours")).collect();
    rows.extend(real.iter().filter(is_body).map(|r| mark(r, "real")));
    let params = TrainParams {
        tasks: Some(vec!["origin:single".parse()?]),
        cross_validate: false,
        ..TrainParams::default()
    };
    let predicted = predict_by_cross_validation(&rows, "origin", &params)?;
    let mut table: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (i, given) in predicted.iter().enumerate() {
        let register = ours.get(i).map_or("(real rows)", |r| r.source.as_str());
        let truth = if i < ours.len() { "ours" } else { "real" };
        let of_register = table.entry(register).or_default();
        of_register.0 += usize::from(given.first().is_some_and(|g| g == truth));
        of_register.1 += 1;
    }
    for (register, (told, all)) in table {
        println!(
            "  {register:24} told {:5.1} % of {all}",
            100.0 * told as f64 / all as f64
        );
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [ours, real] = arguments.as_slice() else {
        return Err(Error::usage("give the training rows and the real rows"));
    };
    let (ours, real) = (read(ours)?, read(real)?);
    let params = params()?;
    let real_rows: Vec<Row> = real.iter().map(|r| r.row.clone()).collect();

    println!("learning curve, macro-F1 on the real rows");
    for one_in in [8, 4, 2, 1] {
        let rows = share(&ours, one_in);
        print_scores(
            &format!("1/{one_in}"),
            rows.len(),
            &macro_f1(&rows, &real_rows, &params)?,
        );
    }
    println!("\nwithout a register, macro-F1 on the real rows");
    let registers: BTreeSet<&str> = ours.iter().map(|r| r.source.as_str()).collect();
    for register in registers {
        let rest = ours.iter().filter(|r| r.source != register);
        let rest: Vec<Row> = rest.map(|r| r.row.clone()).collect();
        if let Ok(scores) = macro_f1(&rest, &real_rows, &params) {
            print_scores(register, rest.len(), &scores);
        }
    }
    println!("\nwords of the real rows that no training row has");
    unseen_words(&ours, &real);
    println!("\ncross-validation on the training rows, by register");
    by_register(&ours, &params)?;
    println!("\ntold from real rows by a classifier, by register (cross-validation)");
    ours_or_real(&ours, &real)
}
