//! Benchmark figures as a table or JSON.
//!
//! Every figure stands with its interval.

use crate::evaluate::{Confusion, Evaluation, Figure, LabelFigures};
use crate::model::{Form, TaskOptions};
use crate::train::{Benchmark, GateRule};
use comfy_table::{CellAlignment, Table, presets};
use std::io::{self, Write};

/// Writes the figures as JSON, indented.
///
/// # Errors
/// What the writer says.
pub fn write_json(out: &mut impl Write, benchmark: &Benchmark) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, benchmark)?;
    writeln!(out)
}

/// Writes the figures as tables; `gate` says which stand first.
///
/// # Errors
/// What the writer says.
pub fn write_table(out: &mut impl Write, benchmark: &Benchmark, gate: GateRule) -> io::Result<()> {
    let how = match benchmark.folds {
        Some(folds) => format!("{folds}-fold cross-validation, articles kept together"),
        None if benchmark.options.is_empty() => "a given model".to_owned(),
        None => "trained on other rows".to_owned(),
    };
    writeln!(
        out,
        "{how} · {} rows of {} articles · seed {}",
        benchmark.n_rows, benchmark.n_articles, benchmark.seed
    )?;
    for (i, task) in benchmark.tasks.iter().enumerate() {
        let (first, second) = match (&task.end_to_end, gate) {
            (Some(end_to_end), GateRule::Predicted) => (end_to_end, Some(&task.evaluation)),
            (end_to_end, _) => (&task.evaluation, end_to_end.as_ref()),
        };
        writeln!(out)?;
        write_evaluation(out, first)?;
        if let Some(second) = second {
            let which = match gate {
                GateRule::Gold => "end to end, the model's own gate",
                GateRule::Predicted => "rows that gold says are body",
            };
            writeln!(
                out,
                "{which}: macro-F1 {} · {} {} over {} rows",
                figure(second.macro_f1),
                exact_name(second.form),
                figure(second.exact_match),
                second.n_samples
            )?;
        }
        if let Some(options) = benchmark.options.get(i) {
            let where_from = match benchmark.folds {
                Some(_) => "once over all rows",
                None => "on the training rows",
            };
            writeln!(
                out,
                "options, chosen {where_from} unless given: {}",
                describe(options)
            )?;
        }
    }
    Ok(())
}

fn write_evaluation(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
    writeln!(
        out,
        "{} ({}) · {} rows of {} articles · 95 % intervals of {} bootstraps over articles",
        evaluation.task,
        evaluation.form,
        evaluation.n_samples,
        evaluation.n_articles,
        evaluation.bootstrap.draws
    )?;
    let mut table = plain_table();
    table.set_header(["label", "precision", "recall", "F1", "support"]);
    for label in &evaluation.labels {
        table.add_row(label_row(label));
    }
    let summary = |name: &str, precision, recall, f1| {
        [
            name.to_owned(),
            figure(precision),
            figure(recall),
            figure(f1),
            String::new(),
        ]
    };
    table.add_row(summary(
        "macro",
        evaluation.macro_precision,
        evaluation.macro_recall,
        evaluation.macro_f1,
    ));
    table.add_row(summary(
        "micro",
        evaluation.micro_precision,
        evaluation.micro_recall,
        evaluation.micro_f1,
    ));
    right_align(&mut table, 1);
    writeln!(out, "{}", trim_lines(&table))?;
    writeln!(
        out,
        "{} {}",
        exact_name(evaluation.form),
        figure(evaluation.exact_match)
    )?;
    match &evaluation.confusion {
        Some(confusion) => write_confusion(out, confusion),
        None => Ok(()),
    }
}

fn label_row(label: &LabelFigures) -> [String; 5] {
    let name = match label.unseen {
        true => format!("{} (not in training)", label.label),
        false => label.label.clone(),
    };
    let figures = match label.applicable {
        true => [label.precision, label.recall, label.f1].map(figure),
        false => ["n/a", "n/a", "n/a"].map(str::to_owned),
    };
    let [precision, recall, f1] = figures;
    [name, precision, recall, f1, label.support.to_string()]
}

/// Rows gold, columns predicted; a matrix of many labels is left to the JSON.
fn write_confusion(out: &mut impl Write, confusion: &Confusion) -> io::Result<()> {
    if confusion.labels.len() > 12 {
        return writeln!(out, "the confusion matrix is in --format json");
    }
    let mut table = plain_table();
    let withheld = confusion.withheld.iter().any(|n| *n > 0);
    let mut header = vec!["gold \\ predicted".to_owned()];
    header.extend(confusion.labels.iter().cloned());
    header.extend(withheld.then(|| "withheld".to_owned()));
    table.set_header(header);
    for (i, label) in confusion.labels.iter().enumerate() {
        let mut row = vec![label.clone()];
        row.extend(confusion.counts[i].iter().map(u64::to_string));
        row.extend(withheld.then(|| confusion.withheld[i].to_string()));
        table.add_row(row);
    }
    right_align(&mut table, 1);
    writeln!(out, "{}", trim_lines(&table))
}

/// What the share of rows answered exactly is called.
fn exact_name(form: Form) -> &'static str {
    match form {
        Form::Single => "accuracy",
        Form::Multi => "exact match",
    }
}

/// A figure and its interval: `.712 [.650, .771]`.
pub fn figure(figure: Figure) -> String {
    format!(
        "{} [{}, {}]",
        decimals(figure.value),
        decimals(figure.low),
        decimals(figure.high)
    )
}

/// Three decimals without the leading zero, as tables of scores have them.
pub fn decimals(value: f64) -> String {
    let text = format!("{value:.3}");
    match text.strip_prefix("0.") {
        Some(decimals) => format!(".{decimals}"),
        None => text,
    }
}

/// The options of a task in one line.
pub fn describe(options: &TaskOptions) -> String {
    let (text, tfidf) = (&options.text, &options.tfidf);
    let mut parts = vec![
        format!("{} C {}", options.estimator, options.c),
        format!("class weight {}", options.class_weight),
        format!("scaling {}", options.scaling),
        format!("words {}–{}", text.ngram_range.0, text.ngram_range.1),
    ];
    if let Some((low, high)) = text.char_ngram_range {
        parts.push(format!("characters {low}–{high}"));
    }
    parts.push(if text.stem { "stems" } else { "no stems" }.to_owned());
    if text.stop_words {
        parts.push("no function words".to_owned());
    }
    if text.negation {
        parts.push("negations".to_owned());
    }
    if text.marks {
        parts.push("marks".to_owned());
    }
    parts.push(format!("min_df {}", tfidf.min_df));
    if tfidf.max_df != crate::features::DocumentFrequency::Share(1.0) {
        parts.push(format!("max_df {}", tfidf.max_df));
    }
    if let Some(most) = tfidf.max_features {
        parts.push(format!("at most {most} terms"));
    }
    if !tfidf.sublinear_tf {
        parts.push("raw counts".to_owned());
    }
    if !tfidf.use_idf {
        parts.push("no idf".to_owned());
    }
    if let Some(k) = options.chi2 {
        parts.push(format!("{k} terms by χ²"));
    }
    parts.join(", ")
}

/// A table without lines.
pub(super) fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

pub(super) fn right_align(table: &mut Table, from: usize) {
    for column in table.column_iter_mut().skip(from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// The table without blanks at the ends of its lines.
pub(super) fn trim_lines(table: &Table) -> String {
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_in_print() {
        let f = Figure {
            value: 0.7124,
            low: 0.65,
            high: 1.0,
        };
        assert_eq!(figure(f), ".712 [.650, 1.000]");
    }
}
