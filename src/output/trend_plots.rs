//! Figures over time as SVG.
//!
//! Owns the drawing: time runs true to scale, a line breaks where a period has no documents, a period of few articles
//! is a hollow dot, and a change is a line with the interval of its date. Nothing is loaded and nothing runs.

use super::error_source::sentences;
use super::page::escape;
use super::trends::title;
use crate::quantify::trends::{Group, PeriodFigures};
use crate::quantify::{Estimate, Measure, Trends};
use std::fmt::Write;

/// Colours of an image that stands alone, and of one in a page.
const STYLE: &str = "svg{--ink:#1d1d1b;--soft:#65645f;--line:#dddad2;--accent:#1f4e79;--other:#b0562a;--paper:#fffefb;background:var(--paper)}\
@media(prefers-color-scheme:dark){svg{--ink:#e8e5dd;--soft:#a5a29a;--line:#3a3935;--accent:#86b6e0;--other:#e39a6b;--paper:#191917}}";

/// What the parts of a plot look like.
pub(super) const PARTS: &str = ".t text{font:12px Georgia,serif;fill:var(--soft)}.t text.h{font-size:14px;fill:var(--ink)}\
.t .g{stroke:var(--line)}.t .c{stroke:var(--accent)}.t .r{stroke:var(--other)}.t path{fill:none;stroke-width:1.8}\
.t path.b{stroke:none;fill-opacity:.16}.t path.b.c{fill:var(--accent)}.t path.b.r{fill:var(--other)}\
.t circle{stroke-width:1.4}.t circle.c{fill:var(--accent)}.t circle.r{fill:var(--other)}.t circle.few{fill:var(--paper)}\
.t .ch{stroke:var(--ink);stroke-dasharray:4 3}.t rect.ch{stroke:none;fill:var(--ink);fill-opacity:.07}";

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 230.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 18.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 28.0;

/// Steps of the grid.
const MOST_STEPS: f64 = 4.0;

/// The height of a line of text.
const LINE: f64 = 18.0;

/// All plots as one image.
pub fn all(trends: &Trends) -> String {
    let plots: Vec<String> = plots(trends, false)
        .into_iter()
        .map(|(_, plot)| plot)
        .collect();
    let lines = sentences(&trends.errors_from);
    let below = HEIGHT * plots.len() as f64;
    let height = below + LINE * (lines.len() + 1) as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\">\n<style>{STYLE}{PARTS}</style>\n"
    );
    for (i, plot) in plots.iter().enumerate() {
        let _ = writeln!(
            svg,
            "<g transform=\"translate(0 {})\">{plot}</g>",
            HEIGHT * i as f64
        );
    }
    let _ = write!(svg, "<g class=\"t\">");
    for (i, line) in lines.iter().enumerate() {
        let y = below + LINE * (i + 1) as f64;
        let _ = write!(svg, "<text x=\"{LEFT}\" y=\"{y}\">{}</text>", escape(line));
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// One plot for the page, which has the colours.
pub(super) fn framed(plot: &str, name: &str) -> String {
    let name = escape(name);
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" aria-label=\"{name}\"><title>{name}</title>{plot}</svg>"
    )
}

/// The plots of every measure and group: measure and content. A page says above each what it is of.
pub(super) fn plots(trends: &Trends, in_page: bool) -> Vec<(usize, String)> {
    let starts = trends
        .groups
        .iter()
        .filter_map(|g| g.periods.first().map(|p| p.start));
    let ends = trends
        .groups
        .iter()
        .filter_map(|g| g.periods.last().map(|p| p.end));
    let (Some(from), Some(to)) = (starts.min(), ends.max()) else {
        return Vec::new();
    };
    let day =
        |date: jiff::civil::Date| f64::from((date - jiff::civil::date(1970, 1, 1)).get_days());
    let mut all = Vec::new();
    for (m, measure) in trends.measures.iter().enumerate() {
        let (low, high, step) = bounds(trends, m, measure);
        for group in &trends.groups {
            let scale = Scale {
                from: day(from),
                to: day(to) + 1.0,
                low,
                high,
                step,
            };
            let mut plot = Plot {
                svg: "<g class=\"t\">".to_owned(),
                scale,
            };
            if !in_page {
                let names = std::iter::once(title(measure)).chain(group.value.clone());
                let heading = escape(&names.collect::<Vec<_>>().join(" · "));
                let _ = write!(
                    plot.svg,
                    "<text class=\"h\" x=\"{LEFT}\" y=\"18\">{heading}</text>"
                );
            }
            plot.axes(measure, from, to, &day);
            plot.changes(group, m, &day);
            plot.series("c", group, &day, &|p| p.figures[m].counted);
            plot.series("r", group, &day, &|p| p.figures[m].corrected);
            plot.legend(!trends.errors_from.is_empty(), in_page);
            plot.svg.push_str("</g>");
            all.push((m, plot.svg));
        }
    }
    all
}

/// The ends of the upright axis and the step of its grid: round numbers about all figures and intervals that are shown.
fn bounds(trends: &Trends, m: usize, measure: &Measure) -> (f64, f64, f64) {
    let periods = trends.groups.iter().flat_map(|g| &g.periods);
    let figures = periods
        .flat_map(|p| [p.figures[m].counted, p.figures[m].corrected])
        .flatten();
    let shown = figures
        .flat_map(|e| [Some(e.value), e.low, e.high])
        .flatten();
    let (low, high) = shown.fold((0.0f64, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
    let steps: &[f64] = match measure.label {
        Some(_) => &[0.02, 0.05, 0.1, 0.15, 0.2, 0.25],
        None => &[0.05, 0.1, 0.2, 0.25, 0.5],
    };
    let whole = |value: f64, step: f64| (value / step - 1e-9).ceil().max(0.0);
    let fits = |step: &&f64| whole(high, **step) + whole(-low, **step) <= MOST_STEPS;
    let step = *steps.iter().find(fits).unwrap_or(&steps[steps.len() - 1]);
    let high = step * whole(high, step).max(1.0);
    (-step * whole(-low, step), high, step)
}

struct Scale {
    from: f64,
    to: f64,
    low: f64,
    high: f64,
    /// From one line of the grid to the next.
    step: f64,
}

impl Scale {
    fn x(&self, day: f64) -> f64 {
        LEFT + (day - self.from) / (self.to - self.from) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + (self.high - value) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)
    }
}

struct Plot {
    svg: String,
    scale: Scale,
}

type Day<'d> = &'d dyn Fn(jiff::civil::Date) -> f64;

impl Plot {
    fn axes(
        &mut self,
        measure: &Measure,
        from: jiff::civil::Date,
        to: jiff::civil::Date,
        day: Day<'_>,
    ) {
        let n_steps = ((self.scale.high - self.scale.low) / self.scale.step).round() as u32;
        for i in 0..=n_steps {
            let value = self.scale.low + self.scale.step * f64::from(i);
            let y = self.scale.y(value);
            let name = match measure.label {
                Some(_) => format!("{:.0} %", 100.0 * value),
                None => format!("{value:+.2}"),
            };
            let _ = write!(
                self.svg,
                "<line class=\"g\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                y + 4.0
            );
        }
        let years = f64::from(to.year()) - f64::from(from.year());
        let step = (years / 12.0).ceil().max(1.0) as usize;
        let bottom = HEIGHT - BOTTOM;
        let mut tick = |date: jiff::civil::Date, name: String| {
            let x = self.scale.x(day(date));
            let _ = write!(
                self.svg,
                "<line class=\"g\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom:.1}\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{name}</text>",
                bottom + 17.0
            );
        };
        if years < 3.0 {
            for month in 0..=(12 * (years as i32 + 1)) {
                let (year, month) = (from.year() + (month / 12) as i16, (month % 12) as i8 + 1);
                let date = jiff::civil::Date::new(year, month, 1).unwrap_or(to);
                if month % 3 == 1 && from <= date && date <= to {
                    tick(date, format!("{year}-{month:02}"));
                }
            }
            return;
        }
        for year in (from.year()..=to.year()).step_by(step) {
            let date = jiff::civil::Date::new(year, 1, 1).unwrap_or(to);
            if date >= from {
                tick(date, year.to_string());
            }
        }
    }

    fn changes(&mut self, group: &Group, m: usize, day: Day<'_>) {
        let start = |name: &String| {
            group
                .periods
                .iter()
                .find(|p| p.period == *name)
                .map(|p| day(p.start))
        };
        for change in &group.changes[m] {
            let (Some(at), Some(from), Some(to)) =
                (start(&change.at), start(&change.from), start(&change.to))
            else {
                continue;
            };
            let (at, from, to) = (self.scale.x(at), self.scale.x(from), self.scale.x(to));
            let height = HEIGHT - TOP - BOTTOM;
            let _ = write!(
                self.svg,
                "<rect class=\"ch\" x=\"{from:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{height}\"/><line class=\"ch\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{:.1}\"/>",
                (to - from).max(1.0),
                TOP + height
            );
        }
    }

    /// Bands, lines and dots; each stretch without a gap by itself.
    fn series(
        &mut self,
        class: &str,
        group: &Group,
        day: Day<'_>,
        of: &dyn Fn(&PeriodFigures) -> Option<Estimate>,
    ) {
        let is_apart = |a: &PeriodFigures, b: &PeriodFigures| {
            day(b.start) - day(a.end) > 1.5 || of(a).is_none() || of(b).is_none()
        };
        for stretch in group.periods.chunk_by(|a, b| !is_apart(a, b)) {
            let points: Vec<(f64, Estimate, bool)> = (stretch.iter())
                .filter_map(|p| {
                    Some((
                        self.scale.x((day(p.start) + day(p.end) + 1.0) / 2.0),
                        of(p)?,
                        p.few,
                    ))
                })
                .collect();
            for known in points
                .split(|(_, e, _)| e.low.is_none())
                .filter(|k| !k.is_empty())
            {
                self.band(class, known);
            }
            self.path(
                class,
                points
                    .iter()
                    .map(|(x, e, _)| (*x, self.scale.y(e.value)))
                    .collect(),
            );
            for (x, estimate, few) in &points {
                let few = if *few { " few" } else { "" };
                let y = self.scale.y(estimate.value);
                let _ = write!(
                    self.svg,
                    "<circle class=\"{class}{few}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.6\"/>"
                );
            }
        }
    }

    /// The intervals: an area, or of one period alone an upright line.
    fn band(&mut self, class: &str, points: &[(f64, Estimate, bool)]) {
        let y = |value: Option<f64>| self.scale.y(value.unwrap_or(0.0));
        if let [(x, estimate, _)] = points {
            let (low, high) = (y(estimate.low), y(estimate.high));
            let _ = write!(
                self.svg,
                "<line class=\"{class}\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{low:.1}\" y2=\"{high:.1}\"/>"
            );
            return;
        }
        let upper = points.iter().map(|(x, e, _)| (*x, y(e.high)));
        let lower = points.iter().rev().map(|(x, e, _)| (*x, y(e.low)));
        let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
        self.path(&format!("b {class}"), outline);
    }

    fn path(&mut self, class: &str, points: Vec<(f64, f64)>) {
        let mut d = String::new();
        for (i, (x, y)) in points.iter().enumerate() {
            let _ = write!(d, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
        }
        let _ = write!(self.svg, "<path class=\"{class}\" d=\"{d}\"/>");
    }

    /// At the left end where nothing else heads the plot, since a narrow screen shows that end first.
    fn legend(&mut self, has_corrected: bool, at_left: bool) {
        let mut entries = vec![("c", "counted")];
        entries.extend(has_corrected.then_some(("r", "corrected")));
        let start = match at_left {
            true => LEFT + 4.0,
            false => WIDTH - RIGHT - 90.0 * entries.len() as f64,
        };
        for (i, (class, name)) in entries.iter().enumerate() {
            let x = start + 90.0 * i as f64;
            let _ = write!(
                self.svg,
                "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"14\" r=\"4\"/><text x=\"{:.1}\" y=\"18\">{name}</text>",
                x + 9.0
            );
        }
    }
}
