//! Articles, rolled up, as a table, JSONL or CSV.
//!
//! JSONL: `{"article", "title", "date", "source", "documents", "paragraphs", "body", "set_aside", "unsure"?,
//! "cluster"?, "repeated"?, "words",
//! "index", "tasks": {TASK: {"labels": {LABEL: {"share", "paragraphs", "telling", "index"?}}, "none", "withheld"?}},
//! "input"?}`. `repeated` counts the paragraphs that other documents of the batch have too. Shares are of the body's words. An index is `{"value", "low", "high", "paragraphs", "telling"}` or null,
//! its ends null where one paragraph has no interval; a telling paragraph says where it stands. CSV has the
//! same, flattened: a row an article.

use super::csv::{io_error, safe};
use super::rounded;
use super::table::{cut, padded, printable};
use crate::evaluate::Moments;
use crate::model::Task;
use crate::predict::Poles;
use crate::predict::article::{Amount, Article, IndexSums, LabelRollup, Telling};
use anstyle::{Effects, Style};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// What the figures of articles are called.
#[derive(Debug, Clone)]
pub struct Names {
    /// The tasks of the model, in order.
    pub tasks: Vec<Task>,
    /// The labels at the ends of the index; without them there is none.
    pub poles: Option<Poles>,
    /// Whether answers that are not sure enough are withheld.
    pub withholding: bool,
    /// Whether the articles are a batch.
    pub batch: bool,
}

impl Names {
    /// Whether the labels of a task have an index of their own.
    fn has_index(&self, task: &Task) -> bool {
        self.poles.as_ref().is_some_and(|p| p.task != task.name)
    }
}

/// A writer of articles in one format.
pub trait ArticleWriter {
    /// Writes one article.
    ///
    /// # Errors
    /// What the writer behind it says.
    fn write(&mut self, article: &Article) -> io::Result<()>;

    /// Writes what is still held back.
    ///
    /// # Errors
    /// What the writer behind it says.
    fn finish(&mut self) -> io::Result<()>;
}

/// Decimals of shares and indices.
const PLACES: i32 = 5;

fn number(value: Option<f64>) -> Value {
    value.map_or(Value::Null, |value| json!(rounded(value as f32, PLACES)))
}

/// Writes an object an article.
#[derive(Debug)]
pub struct ArticleJsonl<W> {
    out: W,
    names: Names,
}

impl<W: Write> ArticleJsonl<W> {
    /// A writer of articles.
    pub fn new(out: W, names: Names) -> Self {
        ArticleJsonl { out, names }
    }

    fn object(&self, article: &Article) -> Value {
        let whole = article.body;
        let mut object = json!({
            "article": article.name,
            "title": article.first.title,
            "date": article.first.date.map(|date| date.to_string()),
            "source": article.first.source,
            "documents": article.documents,
            "paragraphs": article.paragraphs,
            "body": whole.paragraphs,
            "set_aside": article.set_aside(),
        });
        if self.names.withholding {
            object["unsure"] = json!(article.unsure);
        }
        if self.names.batch {
            object["cluster"] = json!(article.cluster.map(|cluster| cluster.to_string()));
            object["repeated"] = json!(article.repeated);
        }
        object["words"] = json!(whole.words);
        object["index"] = index(&article.index);
        let mut tasks = Map::new();
        for task in &article.tasks {
            let names = &self.names.tasks[task.task];
            let mut labels = Map::new();
            for (name, label) in names.labels.iter().zip(&task.labels) {
                let mut said = amount(label.amount, whole);
                said["telling"] = telling(label.telling.as_ref());
                if self.names.has_index(names) {
                    said["index"] = index(&label.index);
                }
                labels.insert(name.clone(), said);
            }
            let mut said = json!({"labels": labels, "none": amount(task.none, whole)});
            if self.names.withholding {
                said["withheld"] = amount(task.withheld, whole);
            }
            tasks.insert(names.name.clone(), said);
        }
        object["tasks"] = Value::Object(tasks);
        object
    }
}

fn amount(of: Amount, whole: Amount) -> Value {
    json!({"share": number(of.share(whole)), "paragraphs": of.paragraphs})
}

fn telling(of: Option<&Telling>) -> Value {
    of.map_or(Value::Null, |t| {
        json!({
            "doc": t.doc, "paragraph": t.paragraph, "start": t.start, "end": t.end,
            "value": rounded(t.value, PLACES), "text": t.text.as_ref(),
        })
    })
}

fn index(of: &IndexSums) -> Value {
    let Some(mean) = of.moments.mean() else {
        return Value::Null;
    };
    let interval = of.moments.interval();
    json!({
        "value": number(Some(mean)),
        "low": number(interval.map(|i| i.low)),
        "high": number(interval.map(|i| i.high)),
        "paragraphs": of.moments.n,
        "telling": telling(of.telling()),
    })
}

impl<W: Write> ArticleWriter for ArticleJsonl<W> {
    fn write(&mut self, article: &Article) -> io::Result<()> {
        let mut line = serde_json::to_vec(&self.object(article))?;
        if !article.first.fields.is_empty() {
            line.pop();
            line.extend_from_slice(b",\"input\":{");
            line.extend_from_slice(article.first.fields.as_json().as_bytes());
            line.extend_from_slice(b"}}");
        }
        line.push(b'\n');
        self.out.write_all(&line)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes a row an article.
pub struct ArticleCsv<W: Write> {
    out: csv::Writer<W>,
    names: Names,
    has_header: bool,
}

impl<W: Write> ArticleCsv<W> {
    /// A writer of articles.
    pub fn new(out: W, names: Names) -> Self {
        ArticleCsv {
            out: csv::Writer::from_writer(out),
            names,
            has_header: false,
        }
    }

    fn write_header(&mut self) -> io::Result<()> {
        let mut header =
            "article title date source documents paragraphs body set_aside unsure words \
                          index index_low index_high index_paragraphs index_telling"
                .split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>();
        if self.names.batch {
            header.extend(["cluster", "repeated"].map(str::to_owned));
        }
        for task in self.answered() {
            for label in &task.labels {
                let name = format!("{}.{label}", task.name);
                header.push(format!("share.{name}"));
                if self.names.has_index(task) {
                    let parts = ["index", "index_low", "index_high", "index_paragraphs"];
                    header.extend(parts.map(|part| format!("{part}.{name}")));
                }
                header.push(format!("telling.{name}"));
            }
            header.push(format!("share.{}.none", task.name));
            header.push(format!("share.{}.withheld", task.name));
        }
        self.has_header = true;
        let header: Vec<String> = header.iter().map(|name| safe(name)).collect();
        self.out.write_record(header).map_err(io_error)
    }

    /// The tasks but the gate's.
    fn answered(&self) -> impl Iterator<Item = &Task> {
        let gate = crate::model::Gate::of(&self.names.tasks);
        let tasks = self.names.tasks.iter();
        tasks.filter(move |task| gate.as_ref().is_none_or(|gate| gate.task != task.name))
    }
}

fn cell(value: Option<f64>) -> String {
    value.map_or_else(String::new, |v| rounded(v as f32, PLACES).to_string())
}

/// The mean, the ends of its interval, the count.
fn index_cells(moments: &Moments) -> [String; 4] {
    let interval = moments.interval();
    [
        cell(moments.mean()),
        cell(interval.map(|i| i.low)),
        cell(interval.map(|i| i.high)),
        moments.n.to_string(),
    ]
}

fn text_cell(telling: Option<&Telling>) -> String {
    telling.map_or_else(String::new, |t| safe(&t.text))
}

impl<W: Write> ArticleWriter for ArticleCsv<W> {
    fn write(&mut self, article: &Article) -> io::Result<()> {
        if !self.has_header {
            self.write_header()?;
        }
        let whole = article.body;
        let first = &article.first;
        let mut record = vec![
            safe(&article.name),
            safe(first.title.as_deref().unwrap_or_default()),
            first.date.map(|date| date.to_string()).unwrap_or_default(),
            safe(first.source.as_deref().unwrap_or_default()),
        ];
        let counts = [
            article.documents,
            article.paragraphs,
            whole.paragraphs,
            article.set_aside(),
            article.unsure,
            whole.words,
        ];
        record.extend(counts.map(|count| count.to_string()));
        record.extend(index_cells(&article.index.moments));
        record.push(text_cell(article.index.telling()));
        if self.names.batch {
            record.push(article.cluster.map_or_else(String::new, |c| c.to_string()));
            record.push(article.repeated.to_string());
        }
        for task in &article.tasks {
            let names = &self.names.tasks[task.task];
            for label in &task.labels {
                record.push(cell(label.amount.share(whole)));
                if self.names.has_index(names) {
                    record.extend(index_cells(&label.index.moments));
                }
                record.push(text_cell(label.telling.as_ref()));
            }
            record.push(cell(task.none.share(whole)));
            record.push(cell(task.withheld.share(whole)));
        }
        self.out.write_record(record).map_err(io_error)
    }

    fn finish(&mut self) -> io::Result<()> {
        if !self.has_header {
            self.write_header()?;
        }
        self.out.flush()
    }
}

/// Writes a block of lines an article.
#[derive(Debug)]
pub struct ArticleTable<W> {
    out: W,
    names: Names,
    width: usize,
    n_written: u64,
}

impl<W: Write> ArticleTable<W> {
    /// A writer of articles, in lines of at most `width` columns.
    pub fn new(out: W, names: Names, width: usize) -> Self {
        ArticleTable {
            out,
            names,
            width: width.max(60),
            n_written: 0,
        }
    }

    fn facts(&self, article: &Article) -> String {
        let first = &article.first;
        let mut facts: Vec<String> = Vec::new();
        facts.extend(first.date.map(|date| date.to_string()));
        facts.extend(first.source.as_deref().map(printable));
        facts.push(match article.body.paragraphs {
            1 => "1 paragraph".to_owned(),
            n => format!("{n} paragraphs"),
        });
        facts.push(format!("{} words", article.body.words));
        let others = [
            (article.set_aside(), "set aside"),
            (article.unsure, "unsure"),
            (article.repeated, "repeated"),
        ];
        let others = others.iter().filter(|(n, _)| *n > 0);
        facts.extend(others.map(|(n, what)| format!("{n} {what}")));
        facts.extend(article.cluster.map(|cluster| format!("cluster {cluster}")));
        facts.join(" · ")
    }

    fn write_index(&mut self, article: &Article) -> io::Result<()> {
        let (Some(poles), Some(_)) = (&self.names.poles, article.index.moments.mean()) else {
            return Ok(());
        };
        writeln!(
            self.out,
            "  {} {}   (-1 {}, +1 {})",
            printable(&poles.task),
            index_text(&article.index.moments),
            printable(&poles.negative),
            printable(&poles.positive)
        )
    }

    fn write_label(
        &mut self,
        name: &str,
        width: usize,
        label: &LabelRollup,
        article: &Article,
    ) -> io::Result<()> {
        let whole = article.body;
        let share = 100.0 * label.amount.share(whole).unwrap_or_default();
        let index = match label.index.moments.n {
            0 => String::new(),
            _ => index_text(&label.index.moments),
        };
        let mut line = format!("    {}  {share:3.0} %  ", padded(&printable(name), width));
        if self.names.poles.is_some() {
            line += &padded(&index, 22);
        }
        if let Some(telling) = &label.telling {
            // Of rows it is the row that says which paragraph is meant.
            let place = match article.documents {
                1 => format!("¶ {}", telling.paragraph),
                _ => printable(&telling.doc),
            };
            line += &format!("  {place}: {}", printable(&telling.text));
        }
        writeln!(self.out, "{}", cut(line.trim_end(), self.width))
    }
}

/// `-0.21 [-0.40, -0.02]`.
fn index_text(moments: &Moments) -> String {
    match (moments.interval(), moments.mean()) {
        (Some(i), _) => format!("{:+.2} [{:+.2}, {:+.2}]", i.value, i.low, i.high),
        (None, Some(mean)) => format!("{mean:+.2}"),
        (None, None) => String::new(),
    }
}

impl<W: Write> ArticleWriter for ArticleTable<W> {
    fn write(&mut self, article: &Article) -> io::Result<()> {
        if self.n_written > 0 {
            writeln!(self.out)?;
        }
        self.n_written += 1;
        let bold = Style::new().effects(Effects::BOLD);
        write!(self.out, "{bold}{}{bold:#}", printable(&article.name))?;
        match &article.first.title {
            Some(title) => writeln!(self.out, " · {}", printable(title))?,
            None => writeln!(self.out)?,
        }
        writeln!(self.out, "  {}", self.facts(article))?;
        self.write_index(article)?;
        for task in &article.tasks {
            let names = self.names.tasks[task.task].clone();
            let mut said: Vec<(&String, &LabelRollup)> = (names.labels.iter())
                .zip(&task.labels)
                .filter(|(_, label)| label.amount.paragraphs > 0)
                .collect();
            said.sort_by_key(|(_, label)| std::cmp::Reverse(label.amount.words));
            let width = said.iter().map(|(name, _)| name.chars().count()).max();
            let withheld = task
                .withheld
                .share(article.body)
                .filter(|share| *share > 0.0);
            let withheld = withheld.map(|share| format!("withheld {:.0} %", 100.0 * share));
            if said.is_empty() {
                let none = withheld.unwrap_or_else(|| "none".to_owned());
                writeln!(self.out, "  {}: {none}", printable(&names.name))?;
                continue;
            }
            let withheld = withheld.map_or_else(String::new, |said| format!(" · {said}"));
            writeln!(self.out, "  {}{withheld}", printable(&names.name))?;
            for (name, label) in said {
                self.write_label(name, width.unwrap_or(0).min(30), label, article)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
