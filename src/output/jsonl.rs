//! Labelled paragraphs as JSONL: one object a line.
//!
//! `{"doc", "paragraph", "start", "end", TASK…, "withheld"?, "scores": {TASK: {LABEL: p}}, "explain"?, "input"?, "text"}`.
//! A single task's field is its label or null, a multi task's the list of its labels. `withheld` lists the
//! tasks whose answers were not sure enough; they are null.

use super::{DocumentWriter, rounded, single_label};
use crate::model::{Form, Task};
use crate::predict::{Contribution, LabelledDocument, LabelledParagraph};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Decimals of probabilities.
const SCORE_PLACES: i32 = 5;

/// Writes JSONL.
#[derive(Debug)]
pub struct JsonlWriter<W> {
    out: W,
    explain: usize,
}

impl<W: Write> JsonlWriter<W> {
    /// A writer; `explain` is how many terms for and against each label are listed.
    pub fn new(out: W, explain: usize) -> Self {
        JsonlWriter { out, explain }
    }
}

impl<W: Write> DocumentWriter for JsonlWriter<W> {
    fn write(&mut self, document: &LabelledDocument) -> io::Result<()> {
        let name = document.document.name();
        for paragraph in &document.paragraphs {
            let object = object(&name, document, paragraph, self.explain);
            serde_json::to_writer(&mut self.out, &object)?;
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn object(
    name: &str,
    document: &LabelledDocument,
    paragraph: &LabelledParagraph,
    explain: usize,
) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| drop(object.insert(key.to_owned(), value));
    put("doc", json!(name));
    put("paragraph", json!(paragraph.paragraph));
    put("start", json!(paragraph.start));
    put("end", json!(paragraph.end));
    let mut scores = Map::new();
    for (task, said) in paragraph.prediction.tasks() {
        let given = match task.form {
            Form::Single => json!(single_label(task, &paragraph.prediction)),
            Form::Multi if paragraph.prediction.is_withheld(&task.name) => Value::Null,
            Form::Multi => json!(paragraph.prediction.labels(&task.name)),
        };
        put(&task.name, given);
        let by_label: Map<String, Value> = (task.labels.iter().zip(&said.probabilities))
            .map(|(label, p)| (label.clone(), json!(rounded(*p, SCORE_PLACES))))
            .collect();
        scores.insert(task.name.clone(), Value::Object(by_label));
    }
    if let Some(withheld) = paragraph.prediction.withheld() {
        put("withheld", json!(withheld));
    }
    put("scores", Value::Object(scores));
    if explain > 0 {
        put("explain", reasons(paragraph, explain));
    }
    if !document.document.fields.is_empty() {
        put("input", Value::Object(document.document.fields.clone()));
    }
    put("text", json!(paragraph.text));
    object
}

/// `{TASK: [{label, margin, intercept, for: […], against: […]}]}`; spans are bytes of `text`.
fn reasons(paragraph: &LabelledParagraph, explain: usize) -> Value {
    let tasks: Vec<&Task> = paragraph.prediction.tasks().map(|(task, _)| task).collect();
    let mut by_task = Map::new();
    for reason in &paragraph.reasons {
        let task = tasks[reason.task];
        let (for_it, against) = reason.explanation.strongest(explain);
        let entry = json!({
            "label": task.labels[reason.label],
            "margin": rounded(reason.explanation.margin, SCORE_PLACES),
            "intercept": rounded(reason.explanation.intercept, SCORE_PLACES),
            "for": terms(&for_it),
            "against": terms(&against),
        });
        let list = by_task
            .entry(task.name.clone())
            .or_insert_with(|| json!([]));
        list.as_array_mut()
            .expect("a list was put there")
            .push(entry);
    }
    Value::Object(by_task)
}

fn terms(contributions: &[&Contribution]) -> Value {
    let term = |c: &&Contribution| {
        json!({
            "term": c.term,
            "value": rounded(c.value, SCORE_PLACES),
            "spans": c.spans,
        })
    };
    contributions.iter().map(term).collect()
}
