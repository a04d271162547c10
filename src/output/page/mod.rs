//! Pages of HTML: a benchmark, a [report](Report) of articles, figures over time, and two sets against each other.
//!
//! Owns the page of a benchmark, and what all pages share. A page holds its style and its plots and loads
//! nothing, so it can be mailed, archived and printed; that of a benchmark runs no script. Every text from the rows is escaped. Long lists are cut, and say so; JSON has all.

mod contrast;
mod how;
mod plots;
mod report;
mod trends;

pub use contrast::write_contrast;
pub use report::Report;
pub use trends::write_trends;

use super::markdown::counts;
use super::scores::{describe, figure, preamble};
use super::scores_extra::{
    COMPARISON_HEADER, comparison_row, comparisons, exact, set, shortened, task_lines,
};
use crate::evaluate::{Evaluation, FEW_ARTICLES, Figure, LabelFigures};
use crate::predict::Contribution;
use crate::train::report::{Benchmark, Mistake, TaskBenchmark};
use base64::Engine;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

const STYLE: &str = include_str!("style.css");

/// Characters of a text that are shown.
const SHOWN_TEXT: usize = 700;

/// Mistakes, changed rows of a comparison, and labels with plots of their own that are shown.
const SHOWN_ROWS: usize = 120;
const SHOWN_PLOTS: usize = 24;

/// Writes the page.
///
/// # Errors
/// What the writer says.
pub fn write_page(out: &mut impl Write, benchmark: &Benchmark) -> io::Result<()> {
    write_start(out, "Benchmark", "", None)?;
    write_head(out, benchmark)?;
    for (i, task) in benchmark.tasks.iter().enumerate() {
        write_task(out, benchmark, i, task)?;
    }
    write_comparisons(out, benchmark)?;
    write_studies(out, benchmark)?;
    write_mistakes(out, benchmark)?;
    writeln!(
        out,
        "<footer>Rows: SHA-256 {}. Every interval is the 95 % percentile interval of a bootstrap over \
         articles, seed {}. A figure says what holds for rows like these, and of others nothing.</footer>\n\
         </body>\n</html>",
        benchmark.rows_sha256, benchmark.design.seed
    )
}

/// Writes a page up to its body. It loads nothing, and the only script that runs in it is `script`, which its
/// hash names.
fn write_start(
    out: &mut impl Write,
    title: &str,
    more_style: &str,
    script: Option<&str>,
) -> io::Result<()> {
    let script = script.map_or_else(String::new, |script| {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script));
        format!("; script-src 'sha256-{hash}'")
    });
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'{script}; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>\n{STYLE}{more_style}</style>\n</head>\n<body>",
        escape(title)
    )
}

/// A figure with minus signs that can be told from hyphens.
fn typeset(figure: &str) -> String {
    figure.replace('-', "−")
}

/// Text that is text wherever it stands in the page.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // A browser would make something else of these, or nothing.
            c if c.is_control() && !c.is_whitespace() => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

fn write_head(out: &mut impl Write, benchmark: &Benchmark) -> io::Result<()> {
    let lines = preamble(benchmark);
    writeln!(
        out,
        "<h1>Benchmark</h1>\n<p class=\"lead\">{}</p>",
        escape(&lines[0])
    )?;
    if benchmark.n_articles < FEW_ARTICLES {
        writeln!(
            out,
            "<p class=\"warning\">Fewer than {FEW_ARTICLES} articles: the intervals are too narrow.</p>"
        )?;
    }
    writeln!(out, "<div class=\"key\">")?;
    for task in &benchmark.tasks {
        let e = &task.evaluation;
        writeln!(
            out,
            "<div><span>{}, macro-F1</span><b>{:.3}</b><span>{:.3} to {:.3} · {} rows</span></div>",
            escape(&e.task),
            e.macro_f1.value,
            e.macro_f1.low,
            e.macro_f1.high,
            e.n_samples
        )?;
    }
    writeln!(out, "</div>\n<ul class=\"facts\">")?;
    for line in &lines[1..] {
        writeln!(out, "<li>{}</li>", escape(line.trim()))?;
    }
    for (what, listed) in counts(benchmark) {
        writeln!(out, "<li>rows by {what}: {}</li>", escape(&listed))?;
    }
    writeln!(out, "</ul>")
}

fn write_task(
    out: &mut impl Write,
    benchmark: &Benchmark,
    i: usize,
    task: &TaskBenchmark,
) -> io::Result<()> {
    let e = &task.evaluation;
    writeln!(out, "<h2>{}</h2>", escape(&e.task))?;
    writeln!(
        out,
        "<p class=\"lead\">{} · {} rows of {} articles · {} bootstraps over articles</p>",
        e.form, e.n_samples, e.n_articles, e.bootstrap.draws
    )?;
    write_labels(out, e)?;
    writeln!(out, "<ul class=\"facts\">\n<li>{}</li>", escape(&exact(e)))?;
    let mut fact = |name: &str, value: Option<Figure>| match value {
        Some(value) => writeln!(out, "<li>{name} {}</li>", figure(value)),
        None => Ok(()),
    };
    fact("false labels on rows without any:", e.false_label_rate)?;
    fact("Cohen’s kappa with gold:", e.kappa)?;
    fact("Krippendorff’s alpha with gold:", e.alpha)?;
    if let Some(end_to_end) = &task.end_to_end {
        fact(
            "end to end, the model’s own gate, macro-F1:",
            Some(end_to_end.macro_f1),
        )?;
    }
    for line in task_lines(task) {
        writeln!(out, "<li>{}</li>", escape(&line).replace('\n', "<br>"))?;
    }
    if let Some(options) = benchmark.options.get(i) {
        writeln!(out, "<li>options: {}</li>", escape(&describe(options)))?;
    }
    writeln!(out, "</ul>\n<div class=\"plots\">")?;
    write_plots(out, e)?;
    writeln!(out, "</div>")
}

fn plot(out: &mut impl Write, caption: &str, svg: &str) -> io::Result<()> {
    writeln!(
        out,
        "<figure><figcaption>{}</figcaption>{svg}</figure>",
        escape(caption)
    )
}

fn write_plots(out: &mut impl Write, e: &Evaluation) -> io::Result<()> {
    let applicable = e.labels.iter().filter(|l| l.applicable);
    let rows: Vec<(String, Figure)> = applicable
        .map(|l| (l.label.clone(), l.f1))
        .take(60)
        .collect();
    plot(
        out,
        "F1 of each label, with its interval",
        &plots::intervals("F1 of each label", &rows),
    )?;
    if let Some(confusion) = e.confusion.as_ref().filter(|c| c.labels.len() <= 10) {
        let caption = "Confusion: gold in rows, predicted in columns";
        plot(out, caption, &plots::confusion(caption, confusion))?;
    }
    let Some(calibration) = &e.calibration else {
        return Ok(());
    };
    let caption = "Mistakes when only the surest are answered";
    plot(
        out,
        caption,
        &plots::risk_coverage(caption, &calibration.risk_at_coverage),
    )?;
    if !calibration.bins.is_empty() {
        let caption = "Reliability of the largest probability";
        plot(
            out,
            caption,
            &plots::reliability(caption, &calibration.bins),
        )?;
    }
    for label in e
        .labels
        .iter()
        .filter(|l| !l.bins.is_empty())
        .take(SHOWN_PLOTS)
    {
        let caption = format!("Reliability: {}", label.label);
        plot(out, &caption, &plots::reliability(&caption, &label.bins))?;
    }
    Ok(())
}

/// A table: names of columns, and rows with their class.
fn table(out: &mut impl Write, header: &[&str], rows: &[(&str, Vec<String>)]) -> io::Result<()> {
    let cells = |tag: &str, cells: &mut dyn Iterator<Item = String>| -> String {
        cells
            .map(|c| format!("<{tag}>{}</{tag}>", escape(&c)))
            .collect()
    };
    let names = cells("th", &mut header.iter().map(|name| (*name).to_owned()));
    writeln!(out, "<table>\n<tr>{names}</tr>")?;
    for (class, row) in rows {
        let row = cells("td", &mut row.iter().cloned());
        match class.is_empty() {
            true => writeln!(out, "<tr>{row}</tr>")?,
            false => writeln!(out, "<tr class=\"{class}\">{row}</tr>")?,
        }
    }
    writeln!(out, "</table>")
}

fn write_labels(out: &mut impl Write, e: &Evaluation) -> io::Result<()> {
    let shown = |f: Option<Figure>| f.map_or_else(String::new, figure);
    let label = |l: &LabelFigures| {
        let all = [
            Some(l.precision),
            Some(l.recall),
            Some(l.f1),
            l.average_precision,
            l.kappa,
        ];
        let figures = all.map(|f| match l.applicable {
            true => shown(f),
            false => "n/a".to_owned(),
        });
        let name = match l.unseen {
            true => format!("{} (not in training)", l.label),
            false => l.label.clone(),
        };
        let mut row = vec![name];
        row.extend(figures);
        row.push(l.support.to_string());
        ("", row)
    };
    let mut rows: Vec<(&str, Vec<String>)> = e.labels.iter().map(label).collect();
    let total = |name: &str, figures: [Option<Figure>; 4]| {
        let mut row = vec![name.to_owned()];
        row.extend(figures.map(shown));
        row.resize(7, String::new());
        ("total", row)
    };
    let [p, r, f] = [e.macro_precision, e.macro_recall, e.macro_f1].map(Some);
    rows.push(total("macro", [p, r, f, e.macro_average_precision]));
    let [p, r, f] = [e.micro_precision, e.micro_recall, e.micro_f1].map(Some);
    rows.push(total("micro", [p, r, f, None]));
    table(
        out,
        &[
            "label",
            "precision",
            "recall",
            "F1",
            "average precision",
            "kappa",
            "support",
        ],
        &rows,
    )
}

fn write_comparisons(out: &mut impl Write, benchmark: &Benchmark) -> io::Result<()> {
    if comparisons(benchmark).next().is_none() {
        return Ok(());
    }
    writeln!(
        out,
        "<h2>Compared with</h2>\n<p class=\"lead\">Paired bootstrap over articles and McNemar’s exact test; \
         all p-values are corrected together (Holm).</p>"
    )?;
    let rows = comparisons(benchmark).flat_map(|c| {
        c.tasks
            .iter()
            .map(|t| ("", comparison_row(&c.name, t).to_vec()))
    });
    table(out, &COMPARISON_HEADER, &rows.collect::<Vec<_>>())?;
    for comparison in &benchmark.against {
        for task in comparison.tasks.iter().filter(|t| !t.changed.is_empty()) {
            let n = task.changed.len();
            let cut = match n > SHOWN_ROWS {
                true => format!(", the first {SHOWN_ROWS} of them here"),
                false => String::new(),
            };
            writeln!(
                out,
                "<h3>{}: {n} rows that one of the two alone got right{cut}</h3>",
                escape(&task.task)
            )?;
            let rows = task.changed.iter().take(SHOWN_ROWS).map(|c| {
                let text = shortened(&c.text, 200);
                ("", vec![text, set(&c.gold), set(&c.ours), set(&c.theirs)])
            });
            table(
                out,
                &["text", "gold", "measured", "other"],
                &rows.collect::<Vec<_>>(),
            )?;
        }
    }
    Ok(())
}

fn write_studies(out: &mut impl Write, benchmark: &Benchmark) -> io::Result<()> {
    if !benchmark.estimators.is_empty() {
        writeln!(out, "<h2>Estimators</h2>")?;
        let rows = benchmark.estimators.iter().map(|e| {
            let costs = [format!("{:.2}", e.fit_s), format!("{:.1}", e.score_us)];
            let [fit, score] = costs;
            (
                "",
                vec![
                    e.name.clone(),
                    fit,
                    score,
                    (e.model_bytes / 1000).to_string(),
                ],
            )
        });
        let header = ["estimator", "fit, s", "score, µs a row", "model, kB"];
        table(out, &header, &rows.collect::<Vec<_>>())?;
    }
    if !benchmark.curve.is_empty() {
        writeln!(out, "<h2>Learning curve</h2>\n<div class=\"plots\">")?;
        for task in &benchmark.tasks {
            let name = &task.evaluation.task;
            let points = benchmark.curve.iter().filter(|p| p.task == *name);
            let points: Vec<(u64, Figure)> = points.map(|p| (p.n_rows, p.macro_f1)).collect();
            let caption = format!("{name}: macro-F1");
            plot(out, &caption, &plots::curve(&caption, &points))?;
        }
        writeln!(out, "</div>")?;
    }
    if !benchmark.slices.is_empty() {
        writeln!(
            out,
            "<h2>By field</h2>\n<p class=\"lead\">Macro-F1 over the labels that occur there.</p>"
        )?;
        let rows = benchmark.slices.iter().map(|s| {
            let figures = [figure(s.macro_f1), figure(s.exact_match)];
            let [macro_f1, exact] = figures;
            let n = s.n_samples.to_string();
            let value = format!("{}: {}", s.field, shortened(&s.value, 60));
            ("", vec![value, s.task.clone(), n, macro_f1, exact])
        });
        let header = ["value", "task", "rows", "macro-F1", "exact match"];
        table(out, &header, &rows.collect::<Vec<_>>())?;
    }
    Ok(())
}

fn write_mistakes(out: &mut impl Write, benchmark: &Benchmark) -> io::Result<()> {
    let n = benchmark.mistakes.len();
    if n > 0 {
        writeln!(out, "<h2>The surest mistakes</h2>")?;
    }
    if n > SHOWN_ROWS {
        writeln!(out, "<p class=\"lead\">The first {SHOWN_ROWS} of {n}.</p>")?;
    }
    for m in benchmark.mistakes.iter().take(SHOWN_ROWS) {
        write_mistake(out, m)?;
    }
    Ok(())
}

fn write_mistake(out: &mut impl Write, m: &Mistake) -> io::Result<()> {
    let what = if m.missed { "missed" } else { "wrongly given" };
    let (positive, negative) = m.explanation.strongest(usize::MAX);
    let terms = |class: &str, terms: Vec<&Contribution>| -> String {
        let term = |c: &&Contribution| format!("{} {:+.2}", escape(&c.term), c.value);
        let terms: Vec<String> = terms.iter().map(term).collect();
        format!("<span class=\"{class}\">{}</span>", terms.join(" · "))
    };
    writeln!(
        out,
        "<div class=\"mistake\">\n<p class=\"head\"><b>{} {}</b> {what}, {:.0} % · gold {} · given {} · {}</p>\n\
         <p>{}</p>\n<p class=\"terms\">{} {}</p>\n</div>",
        escape(&m.task),
        escape(&m.label),
        100.0 * m.probability,
        escape(&set(&m.gold)),
        escape(&set(&m.given)),
        escape(&m.row),
        escape(&shortened(&m.text, SHOWN_TEXT)),
        terms("for", positive),
        terms("against", negative)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(
            escape("<script>alert('x')</script>\u{0}\" onload=\"&"),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\u{fffd}&quot; onload=&quot;&amp;"
        );
    }
}
