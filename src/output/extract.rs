//! Paragraphs alone.
//!
//! Text: the paragraphs with an empty line between them. JSONL: an object a paragraph,
//! `{"doc", "paragraph", "start", "end", "source_start", "source_end", GATE?, "probability"?, "signs"?, "input"?, "text"}`,
//! where `GATE` is the label of the gate's task and `probability` the gate's own label's.

use super::{DocumentWriter, rounded};
use crate::ingest::Document;
use crate::model::Gate;
use crate::predict::{LabelledDocument, LabelledParagraph};
use crate::text::Sign;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// How paragraphs are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtractFormat {
    /// As text.
    Text,
    /// As JSON, one object a line.
    Jsonl,
}

/// Writes paragraphs without their labels.
#[derive(Debug)]
pub struct ExtractWriter<W> {
    out: W,
    gate: Option<Gate>,
    format: ExtractFormat,
    is_first: bool,
}

impl<W: Write> ExtractWriter<W> {
    /// A writer for a model with this gate.
    pub fn new(out: W, gate: Option<Gate>, format: ExtractFormat) -> Self {
        ExtractWriter {
            out,
            gate,
            format,
            is_first: true,
        }
    }

    fn object(&self, document: &Document, paragraph: &LabelledParagraph) -> Map<String, Value> {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
        put("doc", json!(document.name()));
        put("paragraph", json!(paragraph.paragraph));
        put("start", json!(paragraph.start));
        put("end", json!(paragraph.end));
        let source = paragraph.source.as_ref();
        put("source_start", json!(source.map(|source| source.start)));
        put("source_end", json!(source.map(|source| source.end)));
        if let Some(gate) = &self.gate {
            put(&gate.task, json!(paragraph.prediction.label(&gate.task)));
            let probability = paragraph.prediction.probability(&gate.task, &gate.label);
            put("probability", json!(probability.map(|p| rounded(p, 5))));
        }
        if !document.fields.is_empty() {
            let fields = document.fields.names().filter_map(|name| {
                let value = document.fields.get(&name)?;
                Some((name.into_owned(), value))
            });
            put("input", Value::Object(fields.collect()));
        }
        if !paragraph.signs.is_empty() {
            let facts: Vec<&str> = paragraph.signs.iter().map(Sign::fact).collect();
            put("signs", json!(facts.join(" ")));
        }
        put("text", json!(paragraph.text));
        object
    }
}

impl<W: Write> DocumentWriter for ExtractWriter<W> {
    fn write(&mut self, document: &LabelledDocument) -> io::Result<()> {
        for paragraph in &document.paragraphs {
            match self.format {
                ExtractFormat::Text => {
                    let gap = if self.is_first { "" } else { "\n" };
                    writeln!(self.out, "{gap}{}", paragraph.text)?;
                }
                ExtractFormat::Jsonl => {
                    let object = self.object(&document.document, paragraph);
                    serde_json::to_writer(&mut self.out, &object)?;
                    writeln!(self.out)?;
                }
            }
            self.is_first = false;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
