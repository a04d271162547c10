//! Two sets against each other as a table, CSV and JSON.

use super::csv::safe;
use super::scores::plain_table;
use super::table::printable;
use super::trends::{shown, title};
use crate::quantify::Estimate;
use crate::quantify::contrast::Contrast;
use std::io::{self, Write};

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
        ]);
        csv.write_record(record)?;
    }
    csv.flush()
}

/// Writes tables.
///
/// # Errors
/// What the writer says.
pub fn write_table(out: &mut impl Write, contrast: &Contrast) -> io::Result<()> {
    for (letter, set) in ["A", "B"].iter().zip(&contrast.sets) {
        writeln!(
            out,
            "{letter}: {} · {} documents, {} articles, {} body paragraphs ({} set aside)",
            printable(&set.name),
            set.documents,
            set.articles,
            set.body,
            set.set_aside
        )?;
    }
    writeln!(
        out,
        "95 % intervals of {} draws over articles; p of the counted difference, all corrected together (Holm)",
        contrast.draws
    )?;
    if let Some((source, n)) = &contrast.errors_from {
        writeln!(
            out,
            "corrected: the model’s errors, as measured on {n} coded rows of {source}, taken out"
        )?;
    }
    let mut table = plain_table();
    table.set_header(["", "A", "B", "A − B", "p"]);
    for d in &contrast.differences {
        let row = |name: String, e: &[Estimate; 3], p: String| {
            let [a, b, difference] = e.map(|e| shown(&d.measure, Some(e)));
            [name, a, b, difference, p]
        };
        let p = d.p_holm.map_or_else(String::new, |p| format!("{p:.3}"));
        let unit = if d.measure.label.is_some() { ", %" } else { "" };
        table.add_row(row(format!("{}{unit}", title(&d.measure)), &d.counted, p));
        if let Some(corrected) = &d.corrected {
            table.add_row(row("  corrected".to_owned(), corrected, String::new()));
        }
    }
    writeln!(out, "\n{}", super::scores::trim_lines(&table))?;
    writeln!(
        out,
        "\nWords of one set more than of the other (log odds ratio with a prior of both; of {} words, p by Holm at most .05)",
        contrast.n_terms
    )?;
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
            format!("{:.3}", t.p_holm),
        ]);
    }
    writeln!(out, "{}", super::scores::trim_lines(&table))
}
