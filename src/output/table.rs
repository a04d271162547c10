//! Labelled paragraphs as a table to read.
//!
//! For each article its name, its mix of topics and tone, and a line a paragraph; with reasons, the paragraph
//! again for each label, the words that tell marked by sign and colour: `[+vowed]` speaks for the label, `[-talks]`
//! against it. Colours are written as ANSI codes; the caller's stream takes them out where they are not wanted, and the
//! signs stay.

use super::DocumentWriter;
use super::reasons::{becomes, none_within, words};
use crate::model::{Form, Gate, Task};
use crate::predict::{
    LabelParams, LabelledDocument, LabelledParagraph, NearestRows, Poles, Reason, WordValue,
};
use anstyle::{AnsiColor, Effects, Style};
use std::collections::BTreeSet;
use std::io::{self, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Paragraphs of one article that are held back for its heading; a longer one is parted.
const MAX_HELD: usize = 10_000;

/// Writes a table an article.
pub struct TableWriter<W> {
    out: W,
    tasks: Vec<Task>,
    gate: Option<Gate>,
    poles: Option<Poles>,
    params: LabelParams,
    width: usize,
    article: Option<String>,
    title: Option<String>,
    held: Vec<(Option<String>, LabelledParagraph)>,
    n_written: usize,
}

impl<W: Write> TableWriter<W> {
    /// A writer for predictions of these tasks that are made with `params`, in lines of at most `width` columns.
    pub fn new(
        out: W,
        tasks: Vec<Task>,
        gate: Option<Gate>,
        params: &LabelParams,
        width: usize,
    ) -> Self {
        TableWriter {
            out,
            poles: Poles::find(&tasks),
            tasks,
            gate,
            params: params.clone(),
            width: width.max(60),
            article: None,
            title: None,
            held: Vec::new(),
            n_written: 0,
        }
    }

    fn write_held(&mut self) -> io::Result<()> {
        let Some(article) = self.article.clone() else {
            return Ok(());
        };
        if self.n_written > 0 {
            writeln!(self.out)?;
        }
        self.n_written += 1;
        let bold = Style::new().effects(Effects::BOLD);
        write!(self.out, "{bold}{}{bold:#}", printable(&article))?;
        match self.title.take() {
            Some(title) => writeln!(self.out, " · {}", printable(&title))?,
            None => writeln!(self.out)?,
        }
        writeln!(self.out, "  {}", self.mix())?;
        let widths: Vec<usize> = self
            .tasks
            .iter()
            .map(|task| self.column_width(task))
            .collect();
        self.write_heading(&widths)?;
        let has_rows = self.has_rows();
        for (row, paragraph) in std::mem::take(&mut self.held) {
            let docs = paragraph.repeated.unwrap_or(1).to_string();
            let cluster = paragraph.cluster.map(|cluster| cluster.to_string());
            let batch = self.batch_cells(&docs, cluster.as_deref().unwrap_or("–"), has_rows);
            self.write_paragraph(row, &paragraph, &widths, &batch)?;
        }
        Ok(())
    }

    /// How many paragraphs, which topics, which tones.
    fn mix(&self) -> String {
        let open = |p: &&(Option<String>, LabelledParagraph)| !p.1.prediction.gate_shut();
        let body: Vec<&LabelledParagraph> = self.held.iter().filter(open).map(|p| &p.1).collect();
        let foreign: Vec<&str> = self.held.iter().filter_map(|p| p.1.language).collect();
        let mut parts = vec![paragraphs(body.len())];
        match self.held.len() - body.len() - foreign.len() {
            0 => {}
            n => parts[0] += &format!(" and {n} set aside"),
        }
        if !foreign.is_empty() {
            let languages: BTreeSet<&str> = foreign.iter().copied().collect();
            let languages = languages.into_iter().collect::<Vec<_>>().join(", ");
            parts[0] += &format!(" and {} not in English ({languages})", foreign.len());
        }
        for task in &self.tasks {
            if self
                .gate
                .as_ref()
                .is_some_and(|gate| gate.task == task.name)
            {
                continue;
            }
            let mut counts: Vec<(usize, &str)> = task
                .labels
                .iter()
                .map(|label| {
                    let has = |p: &&&LabelledParagraph| {
                        p.prediction.labels(&task.name).contains(&label.as_str())
                    };
                    (body.iter().filter(has).count(), label.as_str())
                })
                .filter(|(count, _)| *count > 0)
                .collect();
            let withheld = body.iter().filter(|p| p.prediction.is_withheld(&task.name));
            let withheld = withheld.count();
            counts.extend((withheld > 0).then_some((withheld, "withheld")));
            counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
            let share = |(count, label): &(usize, &str)| {
                format!("{label} {:.0} %", 100.0 * *count as f64 / body.len() as f64)
            };
            let mix: Vec<String> = counts.iter().take(6).map(share).collect();
            let mix = if mix.is_empty() {
                "none".to_owned()
            } else {
                mix.join(", ")
            };
            parts.push(format!("{}: {mix}", task.name));
        }
        let clusters: BTreeSet<_> = self.held.iter().map(|p| p.1.cluster).collect();
        if let Some(Some(cluster)) = clusters.first().filter(|_| clusters.len() == 1) {
            parts.push(format!("cluster {cluster}"));
        }
        parts.join(" · ")
    }

    /// Whether rows of a file are held, which have clusters of their own.
    fn has_rows(&self) -> bool {
        self.held.iter().any(|(row, _)| row.is_some())
    }

    /// What a paragraph has in common with other documents of the batch: how many have it, and of a row its cluster.
    fn batch_cells(&self, docs: &str, cluster: &str, has_rows: bool) -> String {
        match (&self.params.batch, has_rows) {
            (None, _) => String::new(),
            (Some(_), false) => format!("  {docs:>6}"),
            (Some(_), true) => format!("  {docs:>6}  {cluster:16}"),
        }
    }

    /// The poles have colours; other labels have none.
    fn label_style(&self, task: &Task, label: &str) -> Style {
        match &self.poles {
            Some(p) if p.task == task.name && p.negative == label => AnsiColor::Red.on_default(),
            Some(p) if p.task == task.name && p.positive == label => AnsiColor::Green.on_default(),
            _ => Style::new(),
        }
    }

    fn column_width(&self, task: &Task) -> usize {
        let cells = self.held.iter().map(|(_, p)| self.cell(task, p).width());
        cells.max().unwrap_or(0).max(task.name.width()).min(30)
    }

    /// What a task's column says; a paragraph that was set aside says so in the gate's column alone.
    fn cell(&self, task: &Task, paragraph: &LabelledParagraph) -> String {
        let labels = paragraph.prediction.labels(&task.name);
        match task.form {
            _ if paragraph.prediction.is_withheld(&task.name) => "withheld".to_owned(),
            Form::Multi if labels.is_empty() => "–".to_owned(),
            Form::Single if labels.is_empty() => "–".to_owned(),
            _ => printable(&labels.join(", ")),
        }
    }

    fn write_heading(&mut self, widths: &[usize]) -> io::Result<()> {
        let dim = Style::new().effects(Effects::DIMMED);
        write!(self.out, "{dim}     ¶")?;
        for (task, width) in self.tasks.iter().zip(widths) {
            write!(self.out, "  {}", padded(&task.name, *width))?;
        }
        let batch = self.batch_cells("docs", "cluster", self.has_rows());
        writeln!(self.out, "{batch}  text{dim:#}")
    }

    fn write_paragraph(
        &mut self,
        row: Option<String>,
        paragraph: &LabelledParagraph,
        widths: &[usize],
        batch: &str,
    ) -> io::Result<()> {
        let shut = paragraph.prediction.gate_shut();
        let dim = if shut {
            Style::new().effects(Effects::DIMMED)
        } else {
            Style::new()
        };
        let number = match (row, paragraph.paragraph) {
            (Some(row), _) => row,
            (None, Some(number)) => number.to_string(),
            (None, None) => "title".to_owned(),
        };
        write!(self.out, "{dim}{number:>6}{dim:#}")?;
        let mut used = 6 + 2;
        for (task, width) in self.tasks.iter().zip(widths) {
            let cell = padded(&self.cell(task, paragraph), *width);
            let style = if shut {
                dim
            } else {
                self.label_style(task, cell.trim())
            };
            write!(self.out, "  {style}{cell}{style:#}")?;
            used += width + 2;
        }
        write!(self.out, "{dim}{batch}{dim:#}")?;
        used += batch.width();
        let text = printable(&paragraph.text);
        let text = cut(&text, self.width.saturating_sub(used).max(20));
        writeln!(self.out, "  {dim}{text}{dim:#}")?;
        for reason in &paragraph.reasons {
            self.write_reason(reason, paragraph)?;
        }
        for nearest in &paragraph.nearest {
            self.write_nearest(nearest)?;
        }
        Ok(())
    }

    /// The label with its probability and what it had to pass, the marked text, the terms, and the words that it
    /// hangs on.
    fn write_reason(&mut self, reason: &Reason, paragraph: &LabelledParagraph) -> io::Result<()> {
        let task = &self.tasks[reason.task];
        let label = &task.labels[reason.label];
        let p = paragraph.prediction.said(reason.task).probabilities[reason.label];
        let explanation = &reason.explanation;
        let lead = explanation.margin - reason.threshold.value;
        let over = match reason.threshold.rival {
            Some(rival) => printable(&task.labels[rival]),
            None => "its threshold".to_owned(),
        };
        let bold = Style::new().effects(Effects::BOLD);
        writeln!(
            self.out,
            "        {bold}{} {label} {p:.2}{bold:#}: decision value {:+.2}, {lead:+.2} over {over}",
            task.name, explanation.margin
        )?;
        let width = self.width.saturating_sub(MARGIN).max(40);
        let telling = explanation.telling_words(self.params.explain);
        for line in wrapped(&paragraph.text, &telling, width) {
            writeln!(self.out, "{:MARGIN$}{line}", "")?;
        }
        let (for_it, against) = explanation.strongest(self.params.explain);
        let terms: Vec<String> = (for_it.iter().chain(&against))
            .map(|c| format!("{} {:+.2}", printable(&c.term), c.value))
            .collect();
        if !terms.is_empty() {
            writeln!(self.out, "{:MARGIN$}{}", "", terms.join(" · "))?;
        }
        if self.params.most_words > 0 {
            let hangs_on = match &reason.counterfactual {
                Some(found) => {
                    let words = words(&paragraph.text, found).join(", ");
                    format!("{} without: {}", becomes(found, task), printable(&words))
                }
                None => format!(
                    "changed by taking words out: {}",
                    none_within(self.params.most_words)
                ),
            };
            writeln!(self.out, "{:MARGIN$}{hangs_on}", "")?;
        }
        Ok(())
    }

    /// The nearest training rows of a task, a line each.
    fn write_nearest(&mut self, nearest: &NearestRows) -> io::Result<()> {
        let task = &self.tasks[nearest.task];
        let none = if nearest.rows.is_empty() {
            " none shares a term"
        } else {
            ""
        };
        writeln!(self.out, "        nearest rows by {}:{none}", task.name)?;
        for row in &nearest.rows {
            let labels = row.example.labels.get(&task.name);
            let labels = labels.filter(|labels| !labels.is_empty());
            let labels = labels.map_or("–".to_owned(), |labels| labels.join(", "));
            let text = row
                .example
                .text
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            let line = format!(
                "{:.2} {labels} · {} · {text}",
                row.similarity, row.example.id
            );
            let line = cut(&printable(&line), self.width.saturating_sub(MARGIN).max(40));
            writeln!(self.out, "{:MARGIN$}{line}", "")?;
        }
        Ok(())
    }
}

/// Where the lines under a label begin.
const MARGIN: usize = 10;

/// A text in lines of at most `width` columns, as far as its words are shorter, the telling words marked.
fn wrapped(text: &str, telling: &[&WordValue], width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    let mut at = 0;
    for piece in text.split(' ') {
        let end = at + piece.len();
        // They stand in the order of the text, as the pieces do.
        let first = telling.partition_point(|word| word.span.0 < at);
        let within: Vec<&WordValue> = (telling[first..].iter().copied())
            .take_while(|word| word.span.1 <= end)
            .collect();
        // A mark takes two brackets and a sign.
        let piece_width = printable(piece).width() + 3 * within.len();
        if used > 0 && used + 1 + piece_width > width {
            lines.push(String::new());
            used = 0;
        }
        let line = lines.last_mut().expect("there is a line");
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        used += piece_width;
        let mut from = at;
        for word in within {
            let (start, end) = word.span;
            line.push_str(&printable(&text[from..start]));
            let (sign, style) = match word.value > 0.0 {
                true => ('+', FOR),
                false => ('-', AGAINST),
            };
            line.push_str(&format!(
                "{style}[{sign}{}]{style:#}",
                printable(&text[start..end])
            ));
            from = end;
        }
        line.push_str(&printable(&text[from..end]));
        at = end + 1;
    }
    lines
}

/// The colours of words that speak for a label and against it; neither is one of a tone's.
const FOR: Style = Style::new()
    .fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)))
    .effects(Effects::BOLD);
const AGAINST: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));

impl<W: Write> DocumentWriter for TableWriter<W> {
    fn write(&mut self, document: &LabelledDocument) -> io::Result<()> {
        let of = &document.document;
        // Rows stand together by article, or else by file; other documents are an article each.
        let is_row = of.place.line.is_some();
        let by_row = of
            .article
            .clone()
            .unwrap_or_else(|| of.place.path.to_string());
        let alone = !is_row || document.paragraphs.len() > 1;
        let name = if alone { of.name() } else { by_row };
        let goes_on = of.continues.is_some() || !alone;
        if self.article.as_deref() != Some(&name) || !goes_on || self.held.len() >= MAX_HELD {
            self.write_held()?;
            self.article = Some(name);
            self.title = of.title.clone().filter(|_| alone);
        }
        let row = (!alone).then(|| match of.place.line {
            Some(line) => format!(":{line}"),
            None => of.name(),
        });
        let rows = document.paragraphs.iter().map(|p| (row.clone(), p.clone()));
        self.held.extend(rows);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.write_held()?;
        self.out.flush()
    }
}

fn paragraphs(n: usize) -> String {
    match n {
        1 => "1 paragraph".to_owned(),
        n => format!("{n} paragraphs"),
    }
}

/// The text without characters that would steer the terminal.
pub(super) fn printable(text: &str) -> String {
    let visible = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    text.chars().map(visible).collect()
}

pub(super) fn padded(text: &str, width: usize) -> String {
    let text = cut(text, width);
    let missing = width.saturating_sub(text.width());
    text + &" ".repeat(missing)
}

/// The text in at most `width` columns, with an ellipsis where it was cut.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used + 1 > width {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_by_columns() {
        assert_eq!(cut("tariff", 6), "tariff");
        assert_eq!(cut("tariffs", 6), "tarif…");
        assert_eq!(cut("关税战争", 6), "关税…");
    }

    #[test]
    fn marked_words_count_with_their_marks() {
        let text = "They vowed, again, to hit “back”";
        let word = |start, end, value| WordValue {
            span: (start, end),
            value,
        };
        let words = [word(5, 10, 1.0), word(19, 21, -1.0), word(29, 33, 0.5)];
        let telling: Vec<&WordValue> = words.iter().collect();
        let plain = |width| {
            let lines = wrapped(text, &telling, width).join("/");
            anstream::adapter::strip_str(&lines).to_string()
        };
        assert_eq!(plain(80), "They [+vowed], again, [-to] hit “[+back]”");
        assert_eq!(plain(14), "They [+vowed],/again, [-to]/hit “[+back]”");
        assert_eq!(plain(1), "They/[+vowed],/again,/[-to]/hit/“[+back]”");
        let coloured = wrapped("go", &[&word(0, 2, -1.0)], 9).concat();
        assert_eq!(coloured, "\u{1b}[33m[-go]\u{1b}[0m");
    }

    #[test]
    fn escape_codes_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb"), "a\u{FFFD}[2Jb");
    }
}
