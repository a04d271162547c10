//! Labelled paragraphs as a table to read.
//!
//! For each article its name, its mix of topics and tone, and a line a paragraph. Colours are written
//! as ANSI codes; the caller's stream takes them out where they are not wanted.

use super::DocumentWriter;
use crate::model::{Form, Gate, Task};
use crate::predict::{LabelledDocument, LabelledParagraph, Poles};
use anstyle::{AnsiColor, Effects, Style};
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
    explain: usize,
    width: usize,
    article: Option<String>,
    title: Option<String>,
    held: Vec<(Option<String>, LabelledParagraph)>,
    n_written: usize,
}

impl<W: Write> TableWriter<W> {
    /// A writer for predictions of these tasks, in lines of at most `width` columns.
    pub fn new(out: W, tasks: Vec<Task>, gate: Option<Gate>, explain: usize, width: usize) -> Self {
        TableWriter {
            out,
            poles: Poles::find(&tasks),
            tasks,
            gate,
            explain,
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
        for (row, paragraph) in std::mem::take(&mut self.held) {
            self.write_paragraph(row, &paragraph, &widths)?;
        }
        Ok(())
    }

    /// How many paragraphs, which topics, which tones.
    fn mix(&self) -> String {
        let open = |p: &&(Option<String>, LabelledParagraph)| !p.1.prediction.gate_shut();
        let body: Vec<&LabelledParagraph> = self.held.iter().filter(open).map(|p| &p.1).collect();
        let n_shut = self.held.len() - body.len();
        let mut parts = vec![match n_shut {
            0 => paragraphs(body.len()),
            n => format!("{} and {n} set aside", paragraphs(body.len())),
        }];
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
        parts.join(" · ")
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
        writeln!(self.out, "  text{dim:#}")
    }

    fn write_paragraph(
        &mut self,
        row: Option<String>,
        paragraph: &LabelledParagraph,
        widths: &[usize],
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
        let text = printable(&paragraph.text);
        let text = cut(&text, self.width.saturating_sub(used).max(20));
        writeln!(self.out, "  {dim}{text}{dim:#}")?;
        for reason in &paragraph.reasons {
            let task = &self.tasks[reason.task];
            let (for_it, against) = reason.explanation.strongest(self.explain);
            let said = paragraph.prediction.task(&task.name);
            let p = said.map_or(0.0, |(_, said)| said.probabilities[reason.label]);
            let terms: Vec<String> = (for_it.iter().chain(&against))
                .map(|c| format!("{} {:+.2}", printable(&c.term), c.value))
                .collect();
            let label = &task.labels[reason.label];
            writeln!(
                self.out,
                "        {} {label} {p:.2}: {}",
                task.name,
                terms.join(" · ")
            )?;
        }
        Ok(())
    }
}

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
    fn escape_codes_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb"), "a\u{FFFD}[2Jb");
    }
}
