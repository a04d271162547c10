//! Benchmark figures as tables for a terminal.
//!
//! Every figure stands with its interval.

use super::scores_extra::{task_lines, write_extras};
use crate::evaluate::{Confusion, Evaluation, FEW_ARTICLES, Figure};
use crate::model::{Form, LearnedOn, TaskOptions};
use crate::train::GateRule;
use crate::train::duplicates::DuplicateRule;
use crate::train::plan::SplitRule;
use crate::train::report::{Benchmark, Design, How};
use comfy_table::{CellAlignment, Table, presets};
use std::io::{self, Write};

/// Writes the figures as tables; `gate` says which stand first.
///
/// # Errors
/// What the writer says.
pub fn write_table(out: &mut impl Write, benchmark: &Benchmark, gate: GateRule) -> io::Result<()> {
    for line in preamble(benchmark) {
        writeln!(out, "{line}")?;
    }
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
        for line in task_lines(task) {
            writeln!(out, "{line}")?;
        }
        if let Some(options) = benchmark.options.get(i) {
            writeln!(
                out,
                "options, {}: {}",
                chosen(&benchmark.design),
                describe(options)
            )?;
        }
    }
    write_extras(out, benchmark)
}

/// How it was measured, a line each.
pub(super) fn preamble(benchmark: &Benchmark) -> Vec<String> {
    let design = &benchmark.design;
    let mut lines = vec![format!(
        "{} · {} rows of {} articles · seed {}",
        how(&design.how),
        benchmark.n_rows,
        benchmark.n_articles,
        design.seed
    )];
    if benchmark.options.is_empty() && design.nested {
        lines.push(
            "options that are not given are chosen in each split, on the rows it trains on"
                .to_owned(),
        );
    }
    if let Some(found) = &benchmark.duplicates
        && found.n_clusters > 0
    {
        let done = match found.rule {
            DuplicateRule::Report => "left as they are",
            DuplicateRule::Drop => "all but the first dropped",
            DuplicateRule::KeepTogether => "kept on one side of every split",
        };
        lines.push(format!(
            "near duplicates: {} rows in {} clusters, the largest of {}; {done}",
            found.n_rows, found.n_clusters, found.largest
        ));
    }
    if let How::Parted(SplitRule::LeaveOut(_) | SplitRule::Dates { .. }) = design.how {
        lines.extend(design.splits.iter().map(|(name, trained, tested)| {
            format!("  {name}: trained on {trained} rows, tested on {tested}")
        }));
    }
    if design.n_parted > 0 {
        lines.push(format!(
            "{} rows were left out of training: their article, or a near duplicate, is tested",
            design.n_parted
        ));
    }
    if design.n_unplaced > 0 {
        lines.push(format!(
            "{} rows have no such field or date, and are not tested",
            design.n_unplaced
        ));
    }
    for (task, learned) in &design.learned_on {
        lines.push(format!(
            "{task}: probabilities and thresholds fitted again on {}",
            source(learned)
        ));
    }
    if benchmark.n_articles < FEW_ARTICLES {
        lines.push(format!(
            "fewer than {FEW_ARTICLES} articles: intervals are too narrow (see benches/coverage)"
        ));
    }
    lines
}

/// The rows something was learned on.
pub fn source(learned: &LearnedOn) -> String {
    format!(
        "`{}` ({} rows of {} articles)",
        learned.name, learned.n_rows, learned.n_articles
    )
}

/// How rows were parted, in words.
fn how(how: &How) -> String {
    match how {
        How::Parted(SplitRule::Folds { folds, repeats: 1 }) => {
            format!("{folds}-fold cross-validation, articles kept together")
        }
        How::Parted(SplitRule::Folds { folds, repeats }) => format!(
            "{folds}-fold cross-validation {repeats} times over, articles kept together, figures the means"
        ),
        How::Parted(SplitRule::LeaveOut(field)) => {
            format!("each {field} tested by what was trained on the others")
        }
        How::Parted(SplitRule::Dates { before, after }) if before == after => {
            format!("trained on what is before {before}, tested on the rest")
        }
        How::Parted(SplitRule::Dates { before, after }) => {
            format!("trained on what is before {before}, tested from {after} on")
        }
        How::TrainTest { trained_on } => format!("a model trained on {trained_on} other rows"),
        How::Model => "a given model".to_owned(),
    }
}

fn chosen(design: &Design) -> &'static str {
    match (&design.how, design.nested) {
        (How::TrainTest { .. }, _) => "chosen once over the training rows unless given",
        (_, true) => "chosen on the rows trained on unless given",
        (_, false) => "chosen once over all rows unless given",
    }
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
    let has_ap = evaluation.macro_average_precision.is_some();
    let mut table = plain_table();
    let mut header = vec!["label", "precision", "recall", "F1"];
    header.extend(has_ap.then_some("average precision"));
    header.push("support");
    table.set_header(header);
    let row = |name: String, figures: [String; 3], ap: Option<String>, support: String| {
        let mut row = vec![name];
        row.extend(figures);
        row.extend(has_ap.then(|| ap.unwrap_or_default()));
        row.push(support);
        row
    };
    for label in &evaluation.labels {
        let name = match label.unseen {
            true => format!("{} (not in training)", label.label),
            false => label.label.clone(),
        };
        let (figures, ap) = match label.applicable {
            true => (
                [label.precision, label.recall, label.f1].map(figure),
                label.average_precision.map(figure),
            ),
            false => (["n/a"; 3].map(str::to_owned), Some("n/a".to_owned())),
        };
        table.add_row(row(name, figures, ap, label.support.to_string()));
    }
    let e = evaluation;
    let of_macro = [e.macro_precision, e.macro_recall, e.macro_f1].map(figure);
    let ap = e.macro_average_precision.map(figure);
    table.add_row(row("macro".to_owned(), of_macro, ap, String::new()));
    let of_micro = [e.micro_precision, e.micro_recall, e.micro_f1].map(figure);
    table.add_row(row("micro".to_owned(), of_micro, None, String::new()));
    right_align(&mut table, 1);
    writeln!(out, "{}", trim_lines(&table))?;
    let mut line = format!("{} {}", exact_name(e.form), figure(e.exact_match));
    for (name, value) in [
        ("false labels on rows without any", e.false_label_rate),
        ("kappa", e.kappa),
        ("alpha", e.alpha),
    ] {
        if let Some(value) = value {
            line.push_str(&format!(" · {name} {}", figure(value)));
        }
    }
    writeln!(out, "{line}")?;
    match &evaluation.confusion {
        Some(confusion) => write_confusion(out, confusion),
        None => Ok(()),
    }
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
pub(super) fn exact_name(form: Form) -> &'static str {
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
    match (text.strip_prefix("0."), text.strip_prefix("-0.")) {
        (Some(decimals), _) => format!(".{decimals}"),
        // Nothing is below nought by less than is shown.
        (_, Some("000")) => ".000".to_owned(),
        (_, Some(decimals)) => format!("-.{decimals}"),
        _ => text,
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
    if text.acts {
        parts.push("acts".to_owned());
    }
    if text.signs {
        parts.push("signs".to_owned());
    }
    if let Some(aliases) = &text.aliases {
        parts.push(format!("{} aliases", aliases.n_phrases()));
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
        assert_eq!(
            [-0.25, -0.0001, -1.0].map(decimals),
            ["-.250", ".000", "-1.000"]
        );
    }
}
