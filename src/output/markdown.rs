//! Benchmark figures as Markdown, to be pasted into a paper or a pull request.

use super::scores::{describe, figure, preamble};
use super::scores_extra::{
    COMPARISON_HEADER, comparison_row, comparisons, exact, set, shortened, task_lines, terms,
};
use crate::evaluate::{Evaluation, Figure, LabelFigures};
use crate::train::report::Benchmark;
use std::io::{self, Write};

/// Writes the figures as Markdown.
///
/// # Errors
/// What the writer says.
pub fn write_markdown(out: &mut impl Write, benchmark: &Benchmark) -> io::Result<()> {
    writeln!(out, "# Benchmark\n")?;
    for line in preamble(benchmark) {
        writeln!(out, "- {}", cell(line.trim()))?;
    }
    writeln!(out, "- rows: SHA-256 `{}`", benchmark.rows_sha256)?;
    for (what, counts) in counts(benchmark) {
        writeln!(out, "- by {what}: {}", cell(&counts))?;
    }
    for (i, task) in benchmark.tasks.iter().enumerate() {
        let e = &task.evaluation;
        writeln!(out, "\n## {} ({})\n", cell(&e.task), e.form)?;
        writeln!(
            out,
            "{} rows of {} articles; 95 % intervals of {} bootstraps over articles\n",
            e.n_samples, e.n_articles, e.bootstrap.draws
        )?;
        write_labels(out, e)?;
        writeln!(out, "\n- {}", exact(e))?;
        for (name, value) in [
            ("false labels on rows without any", e.false_label_rate),
            ("Cohen's kappa with gold", e.kappa),
            ("Krippendorff's alpha with gold", e.alpha),
        ] {
            if let Some(value) = value {
                writeln!(out, "- {name} {}", figure(value))?;
            }
        }
        if let Some(end_to_end) = &task.end_to_end {
            writeln!(
                out,
                "- end to end, the model's own gate: macro-F1 {}, {}",
                figure(end_to_end.macro_f1),
                exact(end_to_end)
            )?;
        }
        for line in task_lines(task) {
            writeln!(out, "- {}", cell(&line).replace("\n  ", "\n  - "))?;
        }
        if let Some(options) = benchmark.options.get(i) {
            writeln!(out, "- options: {}", describe(options))?;
        }
        write_confusion(out, e)?;
    }
    write_comparisons(out, benchmark)?;
    write_studies(out, benchmark)?;
    write_mistakes(out, benchmark)
}

/// Rows by source and year, in words.
pub(super) fn counts(benchmark: &Benchmark) -> Vec<(&'static str, String)> {
    let (sources, years) = (&benchmark.counts.by_source, &benchmark.counts.by_year);
    let listed = |entries: Vec<String>| entries.join(", ");
    let sources = listed(sources.iter().map(|(s, n)| format!("{s} {n}")).collect());
    let years = listed(years.iter().map(|(y, n)| format!("{y} {n}")).collect());
    let both = [("source", sources), ("year", years)];
    both.into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// Text that stands in a table and starts no markup.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '|' | '*' | '_' | '[' | ']' | '`' | '\\' | '#' | '!' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe
}

fn row(out: &mut impl Write, cells: &[String]) -> io::Result<()> {
    writeln!(out, "| {} |", cells.join(" | "))
}

fn header(out: &mut impl Write, names: &[&str]) -> io::Result<()> {
    writeln!(out, "| {} |", names.join(" | "))?;
    writeln!(out, "|{}", "---|".repeat(names.len()))
}

fn write_labels(out: &mut impl Write, e: &Evaluation) -> io::Result<()> {
    header(
        out,
        &[
            "label",
            "precision",
            "recall",
            "F1",
            "average precision",
            "kappa",
            "alpha",
            "support",
        ],
    )?;
    let shown = |f: Option<Figure>| f.map_or_else(String::new, figure);
    for l in &e.labels {
        row(out, &label_cells(l))?;
    }
    row(
        out,
        &[
            "**macro**".to_owned(),
            figure(e.macro_precision),
            figure(e.macro_recall),
            figure(e.macro_f1),
            shown(e.macro_average_precision),
            String::new(),
            String::new(),
            String::new(),
        ],
    )?;
    let micro = [e.micro_precision, e.micro_recall, e.micro_f1].map(figure);
    let mut cells = vec!["**micro**".to_owned()];
    cells.extend(micro);
    cells.resize(8, String::new());
    row(out, &cells)
}

fn label_cells(l: &LabelFigures) -> [String; 8] {
    let shown = |f: Option<Figure>| match l.applicable {
        true => f.map_or_else(String::new, figure),
        false => "n/a".to_owned(),
    };
    let name = match l.unseen {
        true => format!("{} (not in training)", cell(&l.label)),
        false => cell(&l.label),
    };
    [
        name,
        shown(Some(l.precision)),
        shown(Some(l.recall)),
        shown(Some(l.f1)),
        shown(l.average_precision),
        shown(l.kappa),
        shown(l.alpha),
        l.support.to_string(),
    ]
}

fn write_confusion(out: &mut impl Write, e: &Evaluation) -> io::Result<()> {
    let Some(confusion) = e.confusion.as_ref().filter(|c| c.labels.len() <= 12) else {
        return Ok(());
    };
    writeln!(out, "\nGold in rows, predicted in columns:\n")?;
    let labels: Vec<String> = confusion.labels.iter().map(|l| cell(l)).collect();
    let mut names = vec![""];
    names.extend(labels.iter().map(String::as_str));
    header(out, &names)?;
    for (label, counts) in labels.iter().zip(&confusion.counts) {
        let mut cells = vec![label.clone()];
        cells.extend(counts.iter().map(u64::to_string));
        row(out, &cells)?;
    }
    Ok(())
}

fn write_comparisons(out: &mut impl Write, benchmark: &Benchmark) -> io::Result<()> {
    if comparisons(benchmark).next().is_none() {
        return Ok(());
    }
    writeln!(
        out,
        "\n## Compared with\n\nPaired bootstrap over articles and McNemar's exact test; all p-values are corrected together (Holm).\n"
    )?;
    header(out, &COMPARISON_HEADER)?;
    for comparison in comparisons(benchmark) {
        for task in &comparison.tasks {
            row(
                out,
                &comparison_row(&comparison.name, task).map(|c| cell(&c)),
            )?;
        }
    }
    Ok(())
}

fn write_studies(out: &mut impl Write, benchmark: &Benchmark) -> io::Result<()> {
    if !benchmark.estimators.is_empty() {
        writeln!(out, "\n## Estimators\n")?;
        header(
            out,
            &["estimator", "fit, s", "score, µs a row", "model, kB"],
        )?;
    }
    for e in &benchmark.estimators {
        let cells = [
            e.name.clone(),
            format!("{:.2}", e.fit_s),
            format!("{:.1}", e.score_us),
            (e.model_bytes / 1000).to_string(),
        ];
        row(out, &cells)?;
    }
    if !benchmark.slices.is_empty() {
        writeln!(
            out,
            "\n## By field\n\nMacro-F1 over the labels that occur there.\n"
        )?;
        header(
            out,
            &["field", "value", "task", "rows", "macro-F1", "exact match"],
        )?;
    }
    for s in &benchmark.slices {
        let cells = [
            cell(&s.field),
            cell(&s.value),
            cell(&s.task),
            s.n_samples.to_string(),
            figure(s.macro_f1),
            figure(s.exact_match),
        ];
        row(out, &cells)?;
    }
    if !benchmark.curve.is_empty() {
        writeln!(out, "\n## Learning curve\n")?;
        header(
            out,
            &["task", "of the articles", "rows", "macro-F1", "exact match"],
        )?;
    }
    for p in &benchmark.curve {
        let cells = [
            cell(&p.task),
            format!("{} %", 100.0 * p.share),
            p.n_rows.to_string(),
            figure(p.macro_f1),
            figure(p.exact_match),
        ];
        row(out, &cells)?;
    }
    Ok(())
}

fn write_mistakes(out: &mut impl Write, benchmark: &Benchmark) -> io::Result<()> {
    if !benchmark.mistakes.is_empty() {
        writeln!(out, "\n## The surest mistakes\n")?;
    }
    for m in &benchmark.mistakes {
        let what = if m.missed { "missed" } else { "wrongly given" };
        writeln!(
            out,
            "- {} **{}** {what}, {:.0} %: {} (gold {}, given {})\n  > {}\n\n  {}\n",
            cell(&m.task),
            cell(&m.label),
            100.0 * m.probability,
            cell(&m.row),
            cell(&set(&m.gold)),
            cell(&set(&m.given)),
            cell(&shortened(&m.text, 400)),
            cell(&terms(m))
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_starts_no_markup() {
        assert_eq!(
            cell("a|b <script> [x](y) `z`"),
            "a\\|b &lt;script&gt; \\[x\\](y) \\`z\\`"
        );
    }
}
