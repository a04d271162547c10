//! Labelled paragraphs as CSV.
//!
//! The columns of the JSONL, flattened: `doc, paragraph, start, end, source_start, source_end, TASK…,
//! score.TASK.LABEL…, withheld, language, cluster, repeated, explain.TASK…, without.TASK…, nearest.TASK…, input.FIELD…, text`. Lists are joined by `;`. The `input` columns are the fields of the
//! first [`HELD_DOCUMENTS`] documents, [`MOST_FIELDS`] at most; all others are counted as left out. A text cell
//! that a spreadsheet would run as a formula gets a `'` before it.

use super::reasons::{nearest_cell, terms_cell, without_cell};
use super::{DocumentWriter, rounded, single_label};
use crate::model::{Form, Task};
use crate::predict::{LabelParams, LabelledDocument, LabelledParagraph};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, Write};

/// Documents that are held back until the header is written.
pub const HELD_DOCUMENTS: usize = 1000;

/// Fields of input rows that have a column: about as many as a spreadsheet has. Every row has a cell in each, so rows that
/// each name fields of their own would make a file that grows with the square of the input.
pub const MOST_FIELDS: usize = 16_000;

/// Writes CSV.
pub struct CsvWriter<W: Write> {
    out: csv::Writer<W>,
    tasks: Vec<Task>,
    params: LabelParams,
    held: Vec<LabelledDocument>,
    fields: Option<Vec<String>>,
    /// The same, to look them up.
    known: HashSet<String>,
    left_out: BTreeSet<String>,
}

impl<W: Write> CsvWriter<W> {
    /// A writer for predictions of these tasks that are made with `params`.
    pub fn new(out: W, tasks: Vec<Task>, params: &LabelParams) -> Self {
        CsvWriter {
            out: csv::Writer::from_writer(out),
            tasks,
            params: params.clone(),
            held: Vec::new(),
            fields: None,
            known: HashSet::new(),
            left_out: BTreeSet::new(),
        }
    }

    /// Fields of input rows that have no column: they came after the header was written, or were too many.
    pub fn left_out(&self) -> &BTreeSet<String> {
        &self.left_out
    }

    fn write_header(&mut self) -> io::Result<()> {
        let mut fields: Vec<String> = Vec::new();
        let mut known = HashSet::new();
        for document in &self.held {
            for field in document.document.fields.names() {
                if fields.len() < MOST_FIELDS && known.insert(field.to_string()) {
                    fields.push(field.into_owned());
                }
            }
        }
        let mut header: Vec<String> = [
            "doc",
            "paragraph",
            "start",
            "end",
            "source_start",
            "source_end",
        ]
        .map(str::to_owned)
        .into();
        header.extend(self.tasks.iter().map(|task| task.name.clone()));
        for task in &self.tasks {
            header.extend(
                task.labels
                    .iter()
                    .map(|l| format!("score.{}.{l}", task.name)),
            );
        }
        let withholding = !self.params.least_confidence.is_empty();
        header.extend(withholding.then(|| "withheld".to_owned()));
        if !self.params.any_language {
            header.push("language".to_owned());
        }
        if self.params.batch.is_some() {
            header.extend(["cluster", "repeated"].map(str::to_owned));
        }
        for (column, _) in self.reason_columns() {
            let names = self
                .tasks
                .iter()
                .map(|task| format!("{column}.{}", task.name));
            header.extend(names);
        }
        header.extend(fields.iter().map(|field| format!("input.{field}")));
        header.push("text".to_owned());
        self.fields = Some(fields);
        self.known = known;
        let header = header.iter().map(|name| safe(name));
        self.out
            .write_record(header.map(String::into_bytes))
            .map_err(io_error)
    }

    fn write_held(&mut self) -> io::Result<()> {
        if self.fields.is_none() {
            self.write_header()?;
        }
        for document in std::mem::take(&mut self.held) {
            self.write_document(&document)?;
        }
        Ok(())
    }

    fn write_document(&mut self, document: &LabelledDocument) -> io::Result<()> {
        let fields = self.fields.as_deref().unwrap_or_default();
        let given: HashMap<Cow<'_, str>, &str> = document.document.fields.iter().collect();
        let late = given
            .keys()
            .filter(|name| !self.known.contains(name.as_ref()));
        self.left_out.extend(late.map(|name| name.to_string()));
        let name = document.document.name();
        let input = |field: &String| {
            let value = serde_json::from_str(given.get(field.as_str())?).ok();
            value.as_ref().map(cell)
        };
        let inputs: Vec<String> = (fields.iter())
            .map(|field| input(field).unwrap_or_default())
            .collect();
        for paragraph in &document.paragraphs {
            let record = self.record(&name, paragraph, &inputs);
            self.out.write_record(&record).map_err(io_error)?;
        }
        Ok(())
    }

    fn record(&self, name: &str, paragraph: &LabelledParagraph, inputs: &[String]) -> Vec<String> {
        let number = paragraph
            .paragraph
            .map(|n| n.to_string())
            .unwrap_or_default();
        let mut record = vec![
            safe(name),
            number,
            paragraph.start.to_string(),
            paragraph.end.to_string(),
        ];
        let source = paragraph.source.as_ref();
        record.extend([
            source.map_or_else(String::new, |source| source.start.to_string()),
            source.map_or_else(String::new, |source| source.end.to_string()),
        ]);
        for task in &self.tasks {
            record.push(safe(&match task.form {
                Form::Single => single_label(task, &paragraph.prediction)
                    .unwrap_or_default()
                    .to_owned(),
                Form::Multi => paragraph.prediction.labels(&task.name).join(";"),
            }));
        }
        for (_, said) in paragraph.prediction.tasks() {
            record.extend(
                said.probabilities
                    .iter()
                    .map(|p| rounded(*p, 5).to_string()),
            );
        }
        if !self.params.least_confidence.is_empty() {
            let withheld = paragraph.prediction.withheld().unwrap_or_default();
            record.push(safe(&withheld.join(";")));
        }
        if !self.params.any_language {
            record.push(paragraph.language.unwrap_or_default().to_owned());
        }
        if let Some(repeated) = paragraph.repeated {
            record.push(
                paragraph
                    .cluster
                    .map_or_else(String::new, |c| c.to_string()),
            );
            record.push(repeated.to_string());
        }
        for (_, cell) in self.reason_columns() {
            let cells = (self.tasks.iter().enumerate())
                .map(|(i, task)| safe(&cell(i, task, paragraph, &self.params)));
            record.extend(cells);
        }
        record.extend(inputs.iter().map(|input| safe(input)));
        record.push(safe(&paragraph.text));
        record
    }

    /// The columns that say why, one a task each, and what makes their cells.
    fn reason_columns(&self) -> impl Iterator<Item = (&'static str, ReasonCell)> + use<W> {
        let params = &self.params;
        let columns: [(bool, &str, ReasonCell); 3] = [
            (params.explain > 0, "explain", terms_cell),
            (
                params.explain > 0 && params.most_words > 0,
                "without",
                without_cell,
            ),
            (params.nearest > 0, "nearest", nearest_cell),
        ];
        let shown = columns.into_iter().filter(|(shown, ..)| *shown);
        shown.map(|(_, name, cell)| (name, cell))
    }
}

/// Makes the cell of a task, given by its index too, of a paragraph.
type ReasonCell = fn(usize, &Task, &LabelledParagraph, &LabelParams) -> String;

impl<W: Write> DocumentWriter for CsvWriter<W> {
    fn write(&mut self, document: &LabelledDocument) -> io::Result<()> {
        if self.fields.is_some() {
            return self.write_document(document);
        }
        self.held.push(document.clone());
        if self.held.len() >= HELD_DOCUMENTS {
            self.write_held()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.write_held()?;
        self.out.flush()
    }
}

/// A field of an input row as a cell.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            texts.join(";")
        }
        other => other.to_string(),
    }
}

/// Keeps a spreadsheet from taking a text for a formula (OWASP, "CSV injection"). A plain number is
/// none, and stays one.
pub(super) fn safe(text: &str) -> String {
    let is_number = || {
        let in_numbers =
            |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
        text.bytes().all(in_numbers) && text.parse::<f64>().is_ok()
    };
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number() {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

pub(super) fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_disarmed_and_numbers_are_not() {
        assert_eq!(safe("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(safe("- a list"), "'- a list");
        assert_eq!(safe("plain"), "plain");
        for number in ["-5", "-0.5", "+3", "-1.5e-7"] {
            assert_eq!(safe(number), number);
        }
        for formula in ["-5+3", "-1-1", "-", "+e", "-inf", "-A1"] {
            assert_eq!(safe(formula), format!("'{formula}"));
        }
    }
}
