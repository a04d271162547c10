//! Two sets against each other as one page.

use super::{escape, typeset, write_start};
use crate::output::contrast::{about_words, chance, preamble};
use crate::output::trends::{shown, title};
use crate::quantify::Estimate;
use crate::quantify::contrast::{Contrast, MeasureDifference, TermDifference};
use std::fmt::Write as _;
use std::io::{self, Write};

const STYLE: &str = ":root{--other:#b0562a}@media screen and (prefers-color-scheme:dark){:root{--other:#e39a6b}}\
.wide{overflow-x:auto}.wide table{min-width:44rem}td.sub{color:var(--soft);padding-left:1.4rem}tr.corrected td{border-bottom:1px solid var(--line)}\
tr.pair td{border-bottom:0}td svg{display:block}svg .zero{stroke:var(--line)}svg .a{stroke:var(--accent);fill:var(--accent)}\
svg .b{stroke:var(--other);fill:var(--other)}svg line.a,svg line.b{stroke-width:2}\
.sure{font-weight:bold}.A{color:var(--accent)}.B{color:var(--other)}.words{display:flex;flex-wrap:wrap;gap:0 2.5rem}.words div{flex:1 1 20rem}\
@media screen and (max-width:48rem){.wide table{min-width:0}.wide tr{display:grid;grid-template-columns:1fr 1fr 1fr;border-bottom:1px solid var(--line)}\
.wide tr.pair{border-bottom:0}.wide th{display:none}.wide td{border:0!important;text-align:left;padding:.1rem .3rem}.wide td:nth-child(-n+2),.wide td:last-child{grid-column:1/-1}\
.wide td:last-child:empty{display:none}.wide td:nth-child(n+3)::before{color:var(--soft);font-weight:normal}.wide td:nth-child(3)::before{content:\"A \"}\
.wide td:nth-child(4)::before{content:\"B \"}.wide td:nth-child(5)::before{content:\"A − B \"}.wide td:nth-child(6)::before{content:\"p \"}}\
@media print{.wide{overflow:visible}.wide table{min-width:0;font-size:8.5pt}}";

/// A p below which a difference is set in bold.
const SURE: f64 = 0.05;

const PLOT_WIDTH: f64 = 170.0;
const PLOT_HEIGHT: f64 = 22.0;
const MARGIN: f64 = 5.0;

/// Writes the page.
///
/// # Errors
/// What the writer says.
pub fn write_contrast(out: &mut impl Write, contrast: &Contrast) -> io::Result<()> {
    write_start(out, "Two sets compared", STYLE, None)?;
    writeln!(out, "<h1>Two sets compared</h1>\n<ul class=\"facts\">")?;
    for (i, line) in preamble(contrast).iter().enumerate() {
        let line = escape(line);
        match ["A", "B"].get(i) {
            Some(letter) => writeln!(out, "<li class=\"{letter}\">{line}</li>")?,
            None => writeln!(out, "<li>{line}</li>")?,
        }
    }
    writeln!(out, "</ul>")?;
    let (shares, indices): (Vec<_>, Vec<_>) = (contrast.differences.iter())
        .partition::<Vec<&MeasureDifference>, _>(|d| d.measure.label.is_some());
    for (heading, unit, of_kind) in [
        ("Shares of paragraphs", ", %", shares),
        ("Index, −1 to 1", "", indices),
    ] {
        if !of_kind.is_empty() {
            writeln!(out, "<h2>{heading}</h2>")?;
            write_differences(out, unit, &of_kind)?;
        }
    }
    write_words(out, contrast)?;
    writeln!(
        out,
        "<footer>Counted: the share of body paragraphs that the model gives the label, or the mean of P(positive) − P(negative). \
         Corrected: the shares of gold labels that would make these counts at the error rates measured. Bold: p at most .05 after \
         Holm’s correction for all rows. Bootstrap over articles, {} draws, seed {}.</footer>\n</body>\n</html>",
        contrast.draws, contrast.seed
    )
}

fn write_differences(
    out: &mut impl Write,
    unit: &str,
    differences: &[&MeasureDifference],
) -> io::Result<()> {
    writeln!(
        out,
        "<div class=\"wide\"><table>\n<tr><th scope=\"col\"></th><th scope=\"col\" class=\"left\"><span class=\"A\">A</span> and \
         <span class=\"B\">B</span></th><th scope=\"col\">A{unit}</th><th scope=\"col\">B{unit}</th>\
         <th scope=\"col\">A − B</th><th scope=\"col\">p</th></tr>"
    )?;
    let scale = Scale::of(differences);
    for d in differences {
        let is_sure = d.p_holm.is_some_and(|p| p <= SURE);
        let sure = if is_sure { " class=\"sure\"" } else { "" };
        let p = d.p_holm.map_or_else(String::new, |p| escape(&chance(p)));
        let cells = |e: &[Estimate; 3]| e.map(|e| typeset(&shown(&d.measure, Some(e))));
        let [a, b, difference] = cells(&d.counted);
        let name = escape(&title(&d.measure));
        let pair = if d.corrected.is_some() {
            " class=\"pair\""
        } else {
            ""
        };
        writeln!(
            out,
            "<tr{pair}><td>{name}</td><td class=\"left\">{}</td><td>{a}</td><td>{b}</td><td{sure}>{difference}</td><td{sure}>{p}</td></tr>",
            scale.plot(&title(&d.measure), &d.counted)
        )?;
        if let Some(corrected) = &d.corrected {
            let [a, b, difference] = cells(corrected);
            writeln!(
                out,
                "<tr class=\"corrected\"><td class=\"sub\">corrected</td><td class=\"left\">{}</td><td>{a}</td><td>{b}</td><td>{difference}</td><td></td></tr>",
                scale.plot(&format!("{}, corrected", title(&d.measure)), corrected)
            )?;
        }
    }
    writeln!(out, "</table></div>")
}

/// From the least to the greatest end of an interval, 0 included.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn of(differences: &[&MeasureDifference]) -> Self {
        let both = differences
            .iter()
            .flat_map(|d| [Some(d.counted), d.corrected]);
        let ends = both
            .flatten()
            .flat_map(|[a, b, _]| [a, b])
            .flat_map(|e| [Some(e.value), e.low, e.high])
            .flatten();
        let (low, high) = ends.fold((0.0f64, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
        Scale {
            low,
            high: high.max(low + 0.01),
        }
    }

    fn x(&self, value: f64) -> f64 {
        MARGIN + (value - self.low) / (self.high - self.low) * (PLOT_WIDTH - 2.0 * MARGIN)
    }

    /// Both sets' figures and intervals, one above the other.
    fn plot(&self, name: &str, [a, b, _]: &[Estimate; 3]) -> String {
        let name = escape(name);
        let mut svg = format!(
            "<svg viewBox=\"0 0 {PLOT_WIDTH} {PLOT_HEIGHT}\" width=\"{PLOT_WIDTH}\" height=\"{PLOT_HEIGHT}\" role=\"img\" aria-label=\"{name}\">\
             <line class=\"zero\" x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"0\" y2=\"{PLOT_HEIGHT}\"/>",
            self.x(0.0)
        );
        for (class, estimate, y) in [("a", a, 7.0), ("b", b, 15.0)] {
            if let (Some(low), Some(high)) = (estimate.low, estimate.high) {
                let (from, to) = (self.x(low), self.x(high));
                let _ = write!(
                    svg,
                    "<line class=\"{class}\" x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"{y}\" y2=\"{y}\"/>"
                );
            }
            let x = self.x(estimate.value);
            let _ = write!(
                svg,
                "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y}\" r=\"3\"/>"
            );
        }
        svg.push_str("</svg>");
        svg
    }
}

fn write_words(out: &mut impl Write, contrast: &Contrast) -> io::Result<()> {
    writeln!(
        out,
        "<h2>Words</h2>\n<p class=\"lead\">{}</p>\n<div class=\"words\">",
        escape(&about_words(contrast))
    )?;
    for (letter, sign) in [("A", 1.0), ("B", -1.0)] {
        let of_side: Vec<&TermDifference> =
            contrast.terms.iter().filter(|t| t.z * sign > 0.0).collect();
        writeln!(out, "<div><h3 class=\"{letter}\">More in {letter}</h3>")?;
        if of_side.is_empty() {
            writeln!(out, "<p>None.</p></div>")?;
            continue;
        }
        writeln!(
            out,
            "<table><tr><th scope=\"col\">word</th><th scope=\"col\">A per 1,000</th><th scope=\"col\">B per 1,000</th>\
             <th scope=\"col\">z</th><th scope=\"col\">p</th></tr>"
        )?;
        for t in of_side {
            writeln!(
                out,
                "<tr><td>{}</td><td>{:.2}</td><td>{:.2}</td><td>{}</td><td>{}</td></tr>",
                escape(&t.term),
                t.per_thousand[0],
                t.per_thousand[1],
                typeset(&format!("{:+.1}", t.z)),
                escape(&chance(t.p_holm))
            )?;
        }
        writeln!(out, "</table></div>")?;
    }
    writeln!(out, "</div>")
}
