//! Plots of a benchmark as inline SVG.
//!
//! Owns the drawing: a plot is a string that stands in the page, with its own title for those who do not see
//! it. Colours come from the page's style sheet.

use super::escape;
use crate::evaluate::{Bin, Confusion, Figure, N_COVERAGES};
use std::fmt::Write;

/// A plot's area within its margins, and the scales of its axes, both from 0 to 1.
struct Area {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    svg: String,
}

impl Area {
    /// A plot whose upright axis runs from 0 to 1.
    fn graded(title: &str) -> Self {
        let mut area = Area {
            left: 46.0,
            top: 12.0,
            width: 210.0,
            height: 180.0,
            svg: String::new(),
        };
        area.open(268.0, 236.0, title);
        area.grid();
        area
    }

    /// A square plot with grid and the names of its axes.
    fn square(title: &str, x: &str, y: &str) -> Self {
        let mut area = Area::graded(title);
        for i in 0..5 {
            let share = f64::from(i) / 4.0;
            area.text(
                area.x(share),
                area.top + area.height + 15.0,
                "middle",
                &format!("{share:.2}"),
            );
        }
        let (cx, bottom) = (area.x(0.5), area.top + area.height + 33.0);
        area.text(cx, bottom, "middle", x);
        let cy = area.y(0.5);
        let _ = write!(
            area.svg,
            "<text class=\"axis\" transform=\"translate(11 {cy:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            escape(y)
        );
        area
    }

    fn open(&mut self, width: f64, height: f64, title: &str) {
        let title = escape(title);
        let _ = write!(
            self.svg,
            "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>"
        );
    }

    fn x(&self, share: f64) -> f64 {
        self.left + share * self.width
    }

    fn y(&self, share: f64) -> f64 {
        self.top + (1.0 - share) * self.height
    }

    fn text(&mut self, x: f64, y: f64, anchor: &str, text: &str) {
        let _ = write!(
            self.svg,
            "<text class=\"axis\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
            escape(text)
        );
    }

    fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let _ = write!(
            self.svg,
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        );
    }

    fn grid(&mut self) {
        for tick in (0..5).map(|i| f64::from(i) / 4.0) {
            let y = self.y(tick);
            self.line("grid", (self.left, y), (self.left + self.width, y));
            self.text(self.left - 5.0, y + 3.5, "end", &format!("{tick:.2}"));
        }
    }

    /// A path through points; `close` fills it.
    fn path(&mut self, class: &str, points: &[(f64, f64)], close: bool) {
        let mut d = String::new();
        for (i, (x, y)) in points.iter().enumerate() {
            let _ = write!(d, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
        }
        if close {
            d.push('Z');
        }
        let _ = write!(self.svg, "<path class=\"{class}\" d=\"{d}\"/>");
    }

    fn dot(&mut self, class: &str, x: f64, y: f64) {
        let _ = write!(
            self.svg,
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"
        );
    }

    fn finish(mut self) -> String {
        self.svg.push_str("</svg>");
        self.svg
    }
}

/// Share that came true against probability; on the diagonal they are equal.
pub(super) fn reliability(title: &str, bins: &[Bin]) -> String {
    let mut area = Area::square(title, "probability", "share that came true");
    area.line(
        "diagonal",
        (area.x(0.0), area.y(0.0)),
        (area.x(1.0), area.y(1.0)),
    );
    let points: Vec<(f64, f64)> = (bins.iter())
        .map(|bin| (area.x(bin.probability), area.y(bin.share)))
        .collect();
    area.path("curve", &points, false);
    for (x, y) in points {
        area.dot("dot", x, y);
    }
    area.finish()
}

/// Share of mistakes against coverage, with the band of its interval.
pub(super) fn risk_coverage(title: &str, risks: &[Figure]) -> String {
    let mut area = Area::square(
        title,
        "share answered, the surest first",
        "share of mistakes",
    );
    let at = |i: usize| (i + 1) as f64 / N_COVERAGES as f64;
    let known = || {
        risks
            .iter()
            .enumerate()
            .filter(|(_, f)| f.value.is_finite())
    };
    let point = |i: usize, risk: f64| (area.x(at(i)), area.y(risk.clamp(0.0, 1.0)));
    let mut band: Vec<(f64, f64)> = known().map(|(i, f)| point(i, f.high)).collect();
    band.extend(known().rev().map(|(i, f)| point(i, f.low)));
    let curve: Vec<(f64, f64)> = known().map(|(i, f)| point(i, f.value)).collect();
    area.path("band", &band, true);
    area.path("curve", &curve, false);
    area.finish()
}

/// Figures in rows, each a dot with its interval.
pub(super) fn intervals(title: &str, rows: &[(String, Figure)]) -> String {
    let left = 150.0;
    let height = 22.0 * rows.len() as f64;
    let mut area = Area {
        left,
        top: 6.0,
        width: 360.0,
        height,
        svg: String::new(),
    };
    area.open(left + 380.0, height + 26.0, title);
    for i in 0..6 {
        let share = f64::from(i) / 5.0;
        let x = area.x(share);
        area.line("grid", (x, area.top), (x, area.top + height));
        area.text(
            x,
            area.top + height + 15.0,
            "middle",
            &format!("{share:.1}"),
        );
    }
    for (i, (name, f)) in rows.iter().enumerate() {
        let y = area.top + 22.0 * (i as f64 + 0.5);
        let short: String = name.chars().take(24).collect();
        area.text(left - 8.0, y + 3.5, "end", &short);
        let at = |area: &Area, value: f64| area.x(value.clamp(0.0, 1.0));
        let (low, high, value) = (at(&area, f.low), at(&area, f.high), at(&area, f.value));
        area.line("interval", (low, y), (high, y));
        area.dot("dot", value, y);
    }
    area.finish()
}

/// Macro-F1 against the rows trained on, with the band of its interval.
pub(super) fn curve(title: &str, points: &[(u64, Figure)]) -> String {
    let mut area = Area::graded(title);
    let most = points.iter().map(|(n, _)| *n).max().unwrap_or(1).max(1) as f64;
    let at =
        |area: &Area, n: u64, value: f64| (area.x(n as f64 / most), area.y(value.clamp(0.0, 1.0)));
    let mut band: Vec<(f64, f64)> = points.iter().map(|(n, f)| at(&area, *n, f.high)).collect();
    band.extend(points.iter().rev().map(|(n, f)| at(&area, *n, f.low)));
    area.path("band", &band, true);
    let line: Vec<(f64, f64)> = points.iter().map(|(n, f)| at(&area, *n, f.value)).collect();
    area.path("curve", &line, false);
    let bottom = area.top + area.height + 15.0;
    for ((n, _), (x, y)) in points.iter().zip(line) {
        area.dot("dot", x, y);
        // The smallest parts stand too close to be named.
        if *n as f64 > 0.2 * most {
            area.text(x, bottom, "middle", &n.to_string());
        }
    }
    let x = area.x(0.5);
    area.text(x, bottom + 18.0, "middle", "rows trained on");
    area.finish()
}

/// Gold in rows, predicted in columns; the darker, the larger its share of the row.
pub(super) fn confusion(title: &str, confusion: &Confusion) -> String {
    let n = confusion.labels.len();
    let (left, top, side) = (120.0, 30.0, 76.0);
    let mut area = Area {
        left,
        top,
        width: side * n as f64,
        height: 34.0 * n as f64,
        svg: String::new(),
    };
    area.open(left + area.width + 4.0, top + area.height + 4.0, title);
    let short = |label: &str| label.chars().take(15).collect::<String>();
    for (g, label) in confusion.labels.iter().enumerate() {
        let y = top + 34.0 * g as f64;
        area.text(left - 8.0, y + 21.0, "end", &short(label));
        area.text(
            left + side * (g as f64 + 0.5),
            top - 9.0,
            "middle",
            &short(label),
        );
        let total: u64 = confusion.counts[g].iter().sum::<u64>() + confusion.withheld[g];
        for (p, count) in confusion.counts[g].iter().enumerate() {
            let share = *count as f64 / total.max(1) as f64;
            let x = left + side * p as f64;
            let class = if share > 0.4 { "on-dark" } else { "axis" };
            let _ = write!(
                area.svg,
                "<rect class=\"cell\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"32\" fill-opacity=\"{share:.3}\"/><text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{count}</text>",
                side - 2.0,
                x + side / 2.0 - 1.0,
                y + 20.0
            );
        }
    }
    area.finish()
}
