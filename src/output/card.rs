//! A model's card: what it is, where it came from, what it goes by.

use super::scores::{decimals, describe, plain_table, right_align, source, trim_lines};
use crate::model::{Model, TaskModel};
use crate::train::report::Selective;
use serde_json::{Value, json};
use std::io::{self, Write};

/// The `n` terms with the largest weights for label `label`, and the `n` with the smallest.
pub fn strongest_terms(task: &TaskModel, label: usize, n: usize) -> [Vec<(&str, f32)>; 2] {
    let vocabulary = task.tfidf.vocabulary();
    let weight = |column: usize| task.linear.feature(column as u32)[label];
    let mut order: Vec<usize> = (0..vocabulary.len()).collect();
    order.sort_by(|a, b| weight(*b).total_cmp(&weight(*a)));
    let named = |column: &usize| (vocabulary.name(*column), weight(*column));
    let for_it = order.iter().take(n).map(named).filter(|(_, w)| *w > 0.0);
    let against = order
        .iter()
        .rev()
        .take(n)
        .map(named)
        .filter(|(_, w)| *w < 0.0);
    [for_it.collect(), against.collect()]
}

/// Writes the card as text.
///
/// # Errors
/// What the writer says.
pub fn write_text(
    out: &mut impl Write,
    model: &Model,
    n_terms: usize,
    definitions: bool,
) -> io::Result<()> {
    let from = model.provenance();
    writeln!(
        out,
        "trained on {} rows of {} articles (SHA-256 {}), training code {}, seed {}",
        from.n_rows, from.n_articles, from.rows_sha256, from.training_version, from.seed
    )?;
    if let Some(gate) = model.gate() {
        writeln!(
            out,
            "paragraphs whose {} is not {} get no other label",
            gate.task, gate.label
        )?;
    }
    if !from.cross_validated.is_empty() {
        writeln!(
            out,
            "\nscores by {}-fold cross-validation on those rows, 95 % intervals:",
            from.folds
        )?;
        let mut table = plain_table();
        table.set_header(["task", "rows", "macro-F1", "exact match"]);
        for scores in &from.cross_validated {
            let figure = |[value, low, high]: [f64; 3]| {
                format!(
                    "{} [{}, {}]",
                    decimals(value),
                    decimals(low),
                    decimals(high)
                )
            };
            table.add_row([
                scores.task.clone(),
                scores.n_samples.to_string(),
                figure(scores.macro_f1),
                figure(scores.exact_match),
            ]);
        }
        right_align(&mut table, 1);
        writeln!(out, "{}", trim_lines(&table))?;
    }
    for task in model.tasks() {
        writeln!(
            out,
            "\n{} ({}) · {} terms · {}",
            task.task.name,
            task.task.form,
            task.tfidf.vocabulary().len(),
            describe(&task.options)
        )?;
        write_learned(out, task)?;
        for (i, label) in task.task.labels.iter().enumerate() {
            write_label(out, model, task, i, n_terms)?;
            if definitions {
                let definition = model.codebook().and_then(|book| book.definition(label));
                let definition = definition.unwrap_or_else(|| "not in the codebook".to_owned());
                writeln!(out, "    means: {definition}")?;
            }
        }
    }
    Ok(())
}

/// What was learned after training, and on which rows.
fn write_learned(out: &mut impl Write, task: &TaskModel) -> io::Result<()> {
    if let Some(learned) = &task.calibrated_on {
        let source = source(learned);
        writeln!(
            out,
            "  probabilities and thresholds fitted again on {source}; the scores above are from before"
        )?;
    }
    if let Some(cuts) = &task.cuts {
        let at = |error: &f64| match cuts.for_error(*error) {
            Some(cut) => format!("{error}: from {}", decimals(f64::from(cut))),
            None => format!("{error}: never"),
        };
        let shown: Vec<String> = Selective::ERRORS.iter().map(at).collect();
        writeln!(
            out,
            "  answered under --max-error {}; learned on {}",
            shown.join(" · "),
            source(&cuts.learned_on)
        )?;
    }
    if let Some(errors) = &task.errors {
        writeln!(
            out,
            "  errors that trends and compare take out: {}, {}",
            errors.source.by,
            source(&errors.source.rows)
        )?;
    }
    Ok(())
}

fn write_label(
    out: &mut impl Write,
    model: &Model,
    task: &TaskModel,
    i: usize,
    n_terms: usize,
) -> io::Result<()> {
    let scores = model.provenance().cross_validated.iter();
    let of_task = scores.into_iter().find(|s| s.task == task.task.name);
    write!(out, "  {}", task.task.labels[i])?;
    if let Some(scores) = of_task
        && let (Some(f1), Some(support)) = (scores.f1.get(i), scores.support.get(i))
    {
        write!(out, " · F1 {} on {support} rows", decimals(*f1))?;
    }
    if let Some(threshold) = task.thresholds.get(i) {
        write!(out, " · given from {}", decimals(f64::from(*threshold)))?;
    }
    writeln!(out)?;
    for (word, terms) in ["for", "against"]
        .iter()
        .zip(strongest_terms(task, i, n_terms))
    {
        let terms: Vec<String> = terms
            .iter()
            .map(|(term, w)| format!("{term} {w:+.2}"))
            .collect();
        if !terms.is_empty() {
            writeln!(out, "    {word}: {}", terms.join(" · "))?;
        }
    }
    Ok(())
}

/// Writes the card as JSON, indented.
///
/// # Errors
/// What the writer says.
pub fn write_json(
    out: &mut impl Write,
    model: &Model,
    n_terms: usize,
    definitions: bool,
) -> io::Result<()> {
    let tasks: Vec<Value> = (model.tasks().iter())
        .map(|task| {
            let labels: Vec<Value> = (task.task.labels.iter().enumerate())
                .map(|(i, label)| {
                    let [for_it, against] = strongest_terms(task, i, n_terms);
                    let mut entry = json!({"label": label, "for": for_it, "against": against});
                    if let Some(threshold) = task.thresholds.get(i) {
                        entry["threshold"] = json!(threshold);
                    }
                    if definitions {
                        entry["definition"] =
                            json!(model.codebook().and_then(|b| b.definition(label)));
                    }
                    entry
                })
                .collect();
            json!({
                "task": task.task.name,
                "form": task.task.form,
                "n_terms": task.tfidf.vocabulary().len(),
                "options": task.options,
                "calibrated_on": task.calibrated_on,
                "cuts": task.cuts,
                "errors": task.errors,
                "labels": labels,
            })
        })
        .collect();
    let card = json!({"provenance": model.provenance(), "gate": model.gate(), "tasks": tasks});
    serde_json::to_writer_pretty(&mut *out, &card)?;
    writeln!(out)
}
