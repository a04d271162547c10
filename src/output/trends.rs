//! Figures over time as a table, CSV and JSON.

use super::csv::safe;
use super::error_source::{measured, sentences};
use super::scores::plain_table;
use crate::quantify::trends::{Figures, Gap, Group, PeriodFigures};
use crate::quantify::{Change, Estimate, Measure, Trends};
use comfy_table::CellAlignment;
use std::io::{self, Write};

/// Writes JSON; docs/trends.md describes it.
///
/// # Errors
/// What the writer says.
pub fn write_json(out: &mut impl Write, trends: &Trends) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, trends)?;
    writeln!(out)
}

/// Writes a row of CSV for every measure, period and group, and one for every stretch of periods without documents.
///
/// # Errors
/// What the writer says.
pub fn write_csv(out: &mut impl Write, trends: &Trends) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "group",
        "period",
        "start",
        "end",
        "documents",
        "articles",
        "few",
        "task",
        "measure",
        "within",
        "of",
        "counted",
        "counted_low",
        "counted_high",
        "corrected",
        "corrected_low",
        "corrected_high",
        "errors_from",
    ])?;
    let sources: Vec<String> = trends.errors_from.iter().map(measured).collect();
    let sources = safe(&sources.join("; "));
    for group in &trends.groups {
        let name = safe(group.value.as_deref().unwrap_or_default());
        for row in rows(group) {
            match row {
                Row::Period(period) => {
                    for (measure, figures) in trends.measures.iter().zip(&period.figures) {
                        let mut record = vec![
                            name.clone(),
                            period.period.clone(),
                            period.start.to_string(),
                            period.end.to_string(),
                            period.documents.to_string(),
                            period.articles.to_string(),
                            period.few.to_string(),
                            safe(&measure.task),
                            safe(&measure.name),
                            safe(measure.within.as_deref().unwrap_or_default()),
                            figures.of.to_string(),
                        ];
                        record.extend(cells(figures.counted));
                        record.extend(cells(figures.corrected));
                        record.push(match figures.corrected {
                            Some(_) => sources.clone(),
                            None => String::new(),
                        });
                        csv.write_record(record)?;
                    }
                }
                Row::Gap(gap) => {
                    let mut record = vec![
                        name.clone(),
                        gap_name(gap),
                        gap.start.to_string(),
                        gap.end.to_string(),
                    ];
                    record.extend(["0".to_owned(), "0".to_owned()]);
                    record.resize(18, String::new());
                    csv.write_record(record)?;
                }
            }
        }
    }
    csv.flush()
}

fn cells(estimate: Option<Estimate>) -> [String; 3] {
    let cell = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
    [
        cell(estimate.map(|e| e.value)),
        cell(estimate.and_then(|e| e.low)),
        cell(estimate.and_then(|e| e.high)),
    ]
}

/// A period, or a stretch without documents.
pub(super) enum Row<'t> {
    Period(&'t PeriodFigures),
    Gap(&'t Gap),
}

/// Periods and gaps in their order.
pub(super) fn rows(group: &Group) -> Vec<Row<'_>> {
    let mut gaps = group.gaps.iter().peekable();
    let mut rows = Vec::new();
    for period in &group.periods {
        while let Some(gap) = gaps.next_if(|gap| gap.start < period.start) {
            rows.push(Row::Gap(gap));
        }
        rows.push(Row::Period(period));
    }
    rows
}

/// The name of the periods of a gap.
pub(super) fn gap_name(gap: &Gap) -> String {
    match gap.periods {
        1 => gap.from.clone(),
        _ => format!("{} to {}", gap.from, gap.to),
    }
}

/// What a measure is called where it stands alone.
pub(super) fn title(measure: &Measure) -> String {
    let within = measure
        .within
        .as_ref()
        .map(|w| format!(", paragraphs on {w}"));
    let within = within.unwrap_or_default();
    match &measure.label {
        Some(label) => format!("{label}: share of paragraphs ({}){within}", measure.task),
        None => format!("{}, −1 to 1{within}", measure.name),
    }
}

/// What the figures are of, a sentence each.
pub(super) fn preamble(trends: &Trends) -> Vec<String> {
    let mut lines = vec![format!(
        "{} documents, {} body paragraphs ({} set aside), by {}; 95 % intervals of {} draws over articles",
        trends.documents,
        trends.body,
        trends.set_aside,
        trends.by.word(),
        trends.draws
    )];
    lines.extend((trends.undated > 0).then(|| {
        format!(
            "{} documents without a date that could be read are in no figure",
            trends.undated
        )
    }));
    lines.extend(trends.mixes_sources.then(|| {
        "documents of several sources are taken together: where their mix changes, so do the figures (--split source)"
            .to_owned()
    }));
    lines.extend(sentences(&trends.errors_from));
    lines
}

/// A figure and its interval.
pub(super) fn shown(measure: &Measure, estimate: Option<Estimate>) -> String {
    let Some(estimate) = estimate else {
        return String::new();
    };
    let number = |v: f64| match measure.label {
        Some(_) => format!("{:.1}", 100.0 * v),
        None => format!("{v:+.3}"),
    };
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!(
            "{} [{}, {}]",
            number(estimate.value),
            number(low),
            number(high)
        ),
        _ => format!("{} (too few)", number(estimate.value)),
    }
}

/// A change in words.
pub(super) fn change_line(measure: &Measure, change: &Change) -> String {
    let size = |e: Estimate| match (measure.label.is_some(), e.low, e.high) {
        (true, Some(low), Some(high)) => {
            format!(
                "{:+.1} points [{:+.1}, {:+.1}]",
                100.0 * e.value,
                100.0 * low,
                100.0 * high
            )
        }
        (false, Some(low), Some(high)) => format!("{:+.3} [{low:+.3}, {high:+.3}]", e.value),
        _ => format!("{:+.3}", e.value),
    };
    let corrected = change.corrected.map(|e| format!(", corrected {}", size(e)));
    format!(
        "from {} on ({} to {}): {}{}, {} to {} against what was before; p {:.3}",
        change.at,
        change.from,
        change.to,
        size(change.counted),
        corrected.unwrap_or_default(),
        change.at,
        change.until,
        change.p
    )
}

/// Writes a table a measure and group.
///
/// # Errors
/// What the writer says.
pub fn write_table(out: &mut impl Write, trends: &Trends) -> io::Result<()> {
    for line in preamble(trends) {
        writeln!(out, "{line}")?;
    }
    for (m, measure) in trends.measures.iter().enumerate() {
        for group in &trends.groups {
            let value = group
                .value
                .as_ref()
                .map(|v| format!(" · {}", super::table::printable(v)));
            let unit = if measure.label.is_some() { ", %" } else { "" };
            writeln!(
                out,
                "\n{}{unit}{}",
                title(measure),
                value.unwrap_or_default()
            )?;
            write_group(out, trends, measure, m, group)?;
        }
    }
    out.flush()
}

fn write_group(
    out: &mut impl Write,
    trends: &Trends,
    measure: &Measure,
    m: usize,
    group: &Group,
) -> io::Result<()> {
    let mut table = plain_table();
    let mut header = vec![trends.by.word(), "articles", "paragraphs", "counted"];
    let is_corrected = !trends.errors_from.is_empty();
    header.extend(is_corrected.then_some("corrected"));
    table.set_header(header);
    for row in rows(group) {
        match row {
            Row::Period(period) => {
                let figures: &Figures = &period.figures[m];
                let few = if period.few { "few " } else { "" };
                let mut cells = vec![
                    period.period.clone(),
                    format!("{few}{}", period.articles),
                    figures.of.to_string(),
                    shown(measure, figures.counted),
                ];
                cells.extend(is_corrected.then(|| shown(measure, figures.corrected)));
                table.add_row(cells);
            }
            Row::Gap(gap) => {
                table.add_row([gap_name(gap), "none".to_owned()]);
            }
        }
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    for change in &group.changes[m] {
        writeln!(out, "  change {}", change_line(measure, change))?;
    }
    Ok(())
}
