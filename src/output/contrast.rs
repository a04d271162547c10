//! Two sets against each other as a table, CSV and JSON.

use super::csv::safe;
use super::error_source::{measured, sentences};
use super::scores::plain_table;
use super::table::printable;
use super::trends::{shown, title};
use crate::quantify::contrast::{Contrast, SetFigures};
use crate::quantify::{Estimate, RatesFrom};
use std::io::{self, Write};

const LETTERS: [&str; 2] = ["A", "B"];

/// What a correction of both sets by one table of errors takes for granted.
const SAME_ERRORS: &str = "the same errors are taken out of A and of B: the corrected difference holds where the model errs alike in \
     both; where it may not, give coded rows of each set (--errors-from, --errors-from-b)";

/// Writes JSON; docs/trends.md describes it.
///
/// # Errors
/// What the writer says.
pub fn write_json(out: &mut impl Write, contrast: &Contrast) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, contrast)?;
    writeln!(out)
}

/// Writes a row of CSV for every measure and then for every term.
///
/// # Errors
/// What the writer says.
pub fn write_csv(out: &mut impl Write, contrast: &Contrast) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "what",
        "name",
        "how",
        "a",
        "a_low",
        "a_high",
        "b",
        "b_low",
        "b_high",
        "difference",
        "difference_low",
        "difference_high",
        "p_holm",
        "errors_from",
    ])?;
    let cell = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
    let cells = |e: &Estimate| [cell(Some(e.value)), cell(e.low), cell(e.high)];
    for d in &contrast.differences {
        let all = [
            ("counted", Some(d.counted), d.p_holm),
            ("corrected", d.corrected, None),
        ];
        for (how, estimates, p) in all {
            let Some(estimates) = estimates else { continue };
            let mut record = vec!["measure".to_owned(), safe(&d.measure.name), how.to_owned()];
            record.extend(estimates.iter().flat_map(cells));
            record.push(cell(p));
            record.push(match how {
                "corrected" => safe(&both_sources(contrast)),
                _ => String::new(),
            });
            csv.write_record(record)?;
        }
    }
    for t in &contrast.terms {
        let mut record = vec![
            "term".to_owned(),
            safe(&t.term),
            "per 1,000 words".to_owned(),
        ];
        let [a, b] = t.per_thousand.map(|v| v.to_string());
        let none = String::new;
        record.extend([a, none(), none(), b, none(), none()]);
        record.extend([
            t.log_odds_ratio.to_string(),
            none(),
            none(),
            t.p_holm.to_string(),
            none(),
        ]);
        csv.write_record(record)?;
    }
    csv.flush()
}

/// Where the errors of both sets come from, in one line.
fn both_sources(contrast: &Contrast) -> String {
    let of = |sources: &[RatesFrom]| sources.iter().map(measured).collect::<Vec<_>>().join("; ");
    let [a, b] = contrast.errors_from.each_ref().map(|sources| of(sources));
    match contrast.same_errors {
        true => a,
        false => format!("A {a}; B {b}"),
    }
}

/// What the figures are of, a sentence each: the two sets first.
pub(super) fn preamble(contrast: &Contrast) -> Vec<String> {
    let set = |(letter, set): (&str, &SetFigures)| {
        format!(
            "{letter}: {} · {} documents, {} articles, {} body paragraphs ({} set aside)",
            printable(&set.name),
            set.documents,
            set.articles,
            set.body,
            set.set_aside
        )
    };
    let mut lines: Vec<String> = LETTERS.into_iter().zip(&contrast.sets).map(set).collect();
    lines.push(format!(
        "95 % intervals of {} draws over articles; p of the counted difference, all corrected together (Holm)",
        contrast.draws
    ));
    if contrast.same_errors || contrast.errors_from.iter().all(Vec::is_empty) {
        lines.extend(sentences(&contrast.errors_from[0]));
        lines.extend(contrast.same_errors.then(|| SAME_ERRORS.to_owned()));
        return lines;
    }
    for (letter, sources) in LETTERS.into_iter().zip(&contrast.errors_from) {
        lines.extend(
            sentences(sources)
                .into_iter()
                .map(|line| format!("{letter}: {line}")),
        );
    }
    lines
}

/// A p, which is never none.
pub(super) fn chance(p: f64) -> String {
    match p < 0.001 {
        true => "<0.001".to_owned(),
        false => format!("{p:.3}"),
    }
}

/// What the words are, for `n` of them that were judged.
pub(super) fn about_words(contrast: &Contrast) -> String {
    format!(
        "Words of one set more than of the other, function words left out (log odds ratio with a prior of both; of {} words, p by Holm at most .05)",
        contrast.n_terms
    )
}

/// Writes tables.
///
/// # Errors
/// What the writer says.
pub fn write_table(out: &mut impl Write, contrast: &Contrast) -> io::Result<()> {
    for line in preamble(contrast) {
        writeln!(out, "{line}")?;
    }
    let mut table = plain_table();
    table.set_header(["", "A", "B", "A − B", "p"]);
    for d in &contrast.differences {
        let row = |name: String, e: &[Estimate; 3], p: String| {
            let [a, b, difference] = e.map(|e| shown(&d.measure, Some(e)));
            [name, a, b, difference, p]
        };
        let p = d.p_holm.map_or_else(String::new, chance);
        let unit = if d.measure.label.is_some() { ", %" } else { "" };
        table.add_row(row(format!("{}{unit}", title(&d.measure)), &d.counted, p));
        if let Some(corrected) = &d.corrected {
            table.add_row(row("  corrected".to_owned(), corrected, String::new()));
        }
    }
    writeln!(out, "\n{}", super::scores::trim_lines(&table))?;
    writeln!(out, "\n{}", about_words(contrast))?;
    if contrast.terms.is_empty() {
        return writeln!(out, "none");
    }
    let mut table = plain_table();
    table.set_header(["", "word", "A per 1,000", "B per 1,000", "z", "p"]);
    for t in &contrast.terms {
        let side = if t.z > 0.0 { "A" } else { "B" };
        table.add_row([
            side.to_owned(),
            printable(&t.term),
            format!("{:.2}", t.per_thousand[0]),
            format!("{:.2}", t.per_thousand[1]),
            format!("{:+.1}", t.z),
            chance(t.p_holm),
        ]);
    }
    writeln!(out, "{}", super::scores::trim_lines(&table))
}
