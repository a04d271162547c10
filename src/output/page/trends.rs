//! Figures over time as one page.

use super::{escape, typeset, write_start};
use crate::output::trend_plots::{PARTS, framed, plots};
use crate::output::trends::{Row, change_line, gap_name, preamble, rows, shown, title};
use crate::quantify::Trends;
use std::io::{self, Write};

/// On a narrow screen a plot keeps a size that can be read, and is moved sideways.
const PHONE: &str = "@media screen and (max-width:48rem){figure,details{overflow-x:auto}figure svg{max-width:none;width:46rem}}";

/// Writes the page.
///
/// # Errors
/// What the writer says.
pub fn write_trends(out: &mut impl Write, trends: &Trends) -> io::Result<()> {
    let style = format!(
        ":root{{--other:#b0562a}}@media screen and (prefers-color-scheme:dark){{:root{{--other:#e39a6b}}}}{PARTS}{PHONE}"
    );
    write_start(out, "Trends", &style, None)?;
    let lines = preamble(trends);
    writeln!(
        out,
        "<h1>Trends</h1>\n<p class=\"lead\">{}</p>\n<ul class=\"facts\">",
        escape(&lines[0])
    )?;
    for line in &lines[1..] {
        writeln!(out, "<li>{}</li>", escape(line))?;
    }
    writeln!(
        out,
        "<li>A hollow dot is a period of few articles; a line breaks where there are no documents; a dashed line is a change, \
         shaded where it may lie as well.</li>\n</ul>"
    )?;
    let plots = plots(trends, true);
    for (m, measure) in trends.measures.iter().enumerate() {
        writeln!(out, "<h2>{}</h2>", escape(&title(measure)))?;
        for ((_, plot), group) in plots.iter().filter(|(of, _)| *of == m).zip(&trends.groups) {
            let caption = group.value.as_deref().map_or_else(String::new, |value| {
                format!("<figcaption>{}</figcaption>", escape(value))
            });
            let plot = framed(plot, &title(measure));
            writeln!(out, "<figure>{caption}{plot}</figure>")?;
            if !group.changes[m].is_empty() {
                writeln!(out, "<ul class=\"facts\">")?;
                for change in &group.changes[m] {
                    writeln!(
                        out,
                        "<li>Change {}</li>",
                        escape(&change_line(measure, change))
                    )?;
                }
                writeln!(out, "</ul>")?;
            }
            write_rows(out, trends, m, group)?;
        }
    }
    writeln!(
        out,
        "<footer>Counted: the share of body paragraphs that the model gives the label, or the mean of P(positive) − P(negative). \
         Corrected: the shares of gold labels that would make these counts at the error rates measured; their uncertainty is in \
         the interval. It holds where the model errs here as it did there. Bootstrap over articles, seed {}.</footer>\n</body>\n</html>",
        trends.seed
    )
}

fn write_rows(
    out: &mut impl Write,
    trends: &Trends,
    m: usize,
    group: &crate::quantify::trends::Group,
) -> io::Result<()> {
    let measure = &trends.measures[m];
    let unit = if measure.label.is_some() { ", %" } else { "" };
    let is_corrected = !trends.errors_from.is_empty();
    let corrected = match is_corrected {
        true => format!("<th scope=\"col\">corrected{unit}</th>"),
        false => String::new(),
    };
    writeln!(
        out,
        "<details><summary>Figures</summary>\n<table>\n<tr><th scope=\"col\">{}</th><th scope=\"col\">articles</th>\
         <th scope=\"col\">paragraphs</th><th scope=\"col\">counted{unit}</th>{corrected}</tr>",
        trends.by.word()
    )?;
    for row in rows(group) {
        match row {
            Row::Period(period) => {
                let figures = &period.figures[m];
                let few = if period.few { "few " } else { "" };
                let corrected = match is_corrected {
                    true => format!("<td>{}</td>", typeset(&shown(measure, figures.corrected))),
                    false => String::new(),
                };
                writeln!(
                    out,
                    "<tr><td>{}</td><td>{few}{}</td><td>{}</td><td>{}</td>{corrected}</tr>",
                    period.period,
                    period.articles,
                    figures.of,
                    typeset(&shown(measure, figures.counted))
                )?;
            }
            Row::Gap(gap) => {
                let rest = if is_corrected { 3 } else { 2 };
                writeln!(
                    out,
                    "<tr><td>{}</td><td>none</td><td colspan=\"{rest}\"></td></tr>",
                    gap_name(gap)
                )?;
            }
        }
    }
    writeln!(out, "</table>\n</details>")
}
