//! Labelled paragraphs as JSONL: one object a line.
//!
//! `{"doc", "paragraph", "start", "end", "source_start", "source_end", TASK…, "withheld"?, "language"?,
//! "cluster"?, "repeated"?, "scores": {TASK: {LABEL: p}}, "explain"?, "nearest"?, "input"?, "text"}`.
//! A single task's field is its label or null, a multi task's the list of its labels. `withheld` lists the
//! tasks whose answers were not sure enough; they are null. `language` is there where it is not English; nothing is
//! labelled then. `cluster` (null where the document has no near copy) and `repeated` (how many documents have such a
//! paragraph) are there in a batch. What `explain` and `nearest` hold is in
//! `output/reasons.rs`.
//!
//! Owns [`Encoder`], which any thread can use, and [`JsonlWriter`] around it.

use super::reasons::{nearest_json, reasons_json};
use super::{DocumentWriter, SCORE_PLACES};
use crate::ingest::Document;
use crate::model::{Form, Task};
use crate::predict::{ClusterId, LabelParams, LabelledDocument, ParagraphView};
use std::io::{self, Write};

/// Writes paragraphs as JSON objects; the parts that are the same for each are made once.
#[derive(Debug, Clone)]
pub struct Encoder {
    tasks: Vec<EncodedTask>,
    scores: ScoresTemplate,
    names: Vec<Task>,
    params: LabelParams,
}

/// A task's pieces of JSON.
#[derive(Debug, Clone)]
struct EncodedTask {
    form: Form,
    /// `,"name":`
    field: Vec<u8>,
    /// `"label"`, each.
    labels: Vec<Vec<u8>>,
}

/// The field `scores`, its numbers still to be put in.
#[derive(Debug, Clone, Default)]
struct ScoresTemplate {
    json: Vec<u8>,
    /// Where the number of each label of each task stands.
    places: Vec<Vec<usize>>,
}

impl ScoresTemplate {
    /// `,"scores":{TASK:{LABEL:0.00000,…},…}`.
    fn of(tasks: &[Task]) -> Self {
        let mut template = ScoresTemplate::default();
        let json = &mut template.json;
        json.extend_from_slice(b",\"scores\":{");
        for (i, task) in tasks.iter().enumerate() {
            json.extend_from_slice(if i == 0 { b"" } else { b"," });
            push_string(json, &task.name);
            json.extend_from_slice(b":{");
            let mut places = Vec::new();
            for (k, label) in task.labels.iter().enumerate() {
                json.extend_from_slice(if k == 0 { b"" } else { b"," });
                push_string(json, label);
                json.push(b':');
                places.push(json.len());
                json.extend_from_slice(&probability_digits(0.0));
            }
            template.places.push(places);
            json.push(b'}');
        }
        json.push(b'}');
        template
    }
}

impl Encoder {
    /// An encoder for predictions of these tasks that are made with `params`.
    pub fn new(tasks: &[Task], params: &LabelParams) -> Self {
        let encoded = |task: &Task| EncodedTask {
            form: task.form,
            field: [b",", quoted(&task.name).as_slice(), b":"].concat(),
            labels: task.labels.iter().map(|label| quoted(label)).collect(),
        };
        Encoder {
            tasks: tasks.iter().map(encoded).collect(),
            scores: ScoresTemplate::of(tasks),
            names: tasks.to_vec(),
            params: params.clone(),
        }
    }

    /// Appends the line of a paragraph to `out`. `said` gives the labels and the probabilities of a task,
    /// `withheld` whether its answer was withheld, or nothing where none was to be.
    pub fn write<'s>(
        &self,
        out: &mut Vec<u8>,
        document: &Document,
        paragraph: &ParagraphView<'_>,
        withheld: &[bool],
        said: impl Fn(usize) -> (&'s [u32], &'s [f32]),
    ) {
        out.extend_from_slice(b"{\"doc\":");
        match &document.id {
            Some(id) => push_string(out, id),
            None => push_string(out, &document.name()),
        }
        out.extend_from_slice(b",\"paragraph\":");
        match paragraph.paragraph {
            Some(number) => push_integer(out, number),
            None => out.extend_from_slice(b"null"),
        }
        push_places(out, paragraph);
        for (i, task) in self.tasks.iter().enumerate() {
            out.extend_from_slice(&task.field);
            match withheld.get(i) {
                Some(true) => out.extend_from_slice(b"null"),
                _ => push_labels(out, task, said(i).0),
            }
        }
        if !withheld.is_empty() {
            let names = self.names.iter().zip(withheld).filter(|(_, is)| **is);
            let names: Vec<&str> = names.map(|(task, _)| task.name.as_str()).collect();
            out.extend_from_slice(b",\"withheld\":");
            serde_json::to_writer(&mut *out, &names).expect("memory takes it");
        }
        if let Some(language) = paragraph.language {
            out.extend_from_slice(b",\"language\":");
            push_string(out, language);
        }
        if let Some(repeated) = paragraph.repeated {
            push_batch(out, paragraph.cluster, repeated);
        }
        let from = out.len();
        out.extend_from_slice(&self.scores.json);
        let scores = &mut out[from..];
        for (i, places) in self.scores.places.iter().enumerate() {
            for (place, probability) in places.iter().zip(said(i).1) {
                let digits = probability_digits(*probability);
                scores[*place..*place + digits.len()].copy_from_slice(&digits);
            }
        }
        if self.params.explain > 0 {
            out.extend_from_slice(b",\"explain\":");
            let reasons = reasons_json(paragraph, &self.names, &self.params);
            serde_json::to_writer(&mut *out, &reasons).expect("memory takes it");
        }
        if self.params.nearest > 0 {
            out.extend_from_slice(b",\"nearest\":");
            let nearest = nearest_json(&paragraph.nearest, &self.names);
            serde_json::to_writer(&mut *out, &nearest).expect("memory takes it");
        }
        if !document.fields.is_empty() {
            out.extend_from_slice(b",\"input\":{");
            out.extend_from_slice(document.fields.as_json().as_bytes());
            out.push(b'}');
        }
        out.extend_from_slice(b",\"text\":");
        push_string(out, &paragraph.text);
        out.extend_from_slice(b"}\n");
    }
}

/// What the documents of a batch have in common with this one.
fn push_batch(out: &mut Vec<u8>, cluster: Option<ClusterId>, repeated: u32) {
    out.extend_from_slice(b",\"cluster\":");
    match cluster {
        Some(cluster) => push_string(out, &cluster.to_string()),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"repeated\":");
    push_integer(out, repeated as usize);
}

/// Where a paragraph stands in the text, and in the file.
fn push_places(out: &mut Vec<u8>, paragraph: &ParagraphView<'_>) {
    out.extend_from_slice(b",\"start\":");
    push_integer(out, paragraph.start);
    out.extend_from_slice(b",\"end\":");
    push_integer(out, paragraph.end);
    match &paragraph.source {
        Some(source) => {
            out.extend_from_slice(b",\"source_start\":");
            push_integer(out, source.start);
            out.extend_from_slice(b",\"source_end\":");
            push_integer(out, source.end);
        }
        None => out.extend_from_slice(b",\"source_start\":null,\"source_end\":null"),
    }
}

/// Writes JSONL.
#[derive(Debug)]
pub struct JsonlWriter<W> {
    out: W,
    encoder: Encoder,
    buffer: Vec<u8>,
}

impl<W: Write> JsonlWriter<W> {
    /// A writer of what `encoder` makes.
    pub fn new(out: W, encoder: Encoder) -> Self {
        JsonlWriter {
            out,
            encoder,
            buffer: Vec::new(),
        }
    }
}

impl<W: Write> DocumentWriter for JsonlWriter<W> {
    fn write(&mut self, document: &LabelledDocument) -> io::Result<()> {
        self.buffer.clear();
        for paragraph in &document.paragraphs {
            let said = |task: usize| {
                let said = paragraph.prediction.said(task);
                (said.labels.as_slice(), said.probabilities.as_slice())
            };
            let withheld = paragraph.prediction.withheld_flags();
            let view = ParagraphView::from(paragraph);
            (self.encoder).write(&mut self.buffer, &document.document, &view, withheld, said);
        }
        self.out.write_all(&self.buffer)
    }

    fn encoder(&self) -> Option<&Encoder> {
        Some(&self.encoder)
    }

    fn write_encoded(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn push_labels(out: &mut Vec<u8>, task: &EncodedTask, given: &[u32]) {
    match task.form {
        Form::Single => match given.first() {
            Some(label) => out.extend_from_slice(&task.labels[*label as usize]),
            None => out.extend_from_slice(b"null"),
        },
        Form::Multi => {
            out.push(b'[');
            for (i, label) in given.iter().enumerate() {
                out.extend_from_slice(if i == 0 { b"" } else { b"," });
                out.extend_from_slice(&task.labels[*label as usize]);
            }
            out.push(b']');
        }
    }
}

/// A string as JSON.
fn quoted(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    push_string(&mut out, text);
    out
}

fn push_string(out: &mut Vec<u8>, text: &str) {
    // A loop without a way out is vectorized, and most texts need no escape.
    let needs_escape =
        |found: bool, byte: &u8| found | (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\');
    if text.as_bytes().iter().fold(false, needs_escape) {
        serde_json::to_writer(out, text).expect("memory takes it");
    } else {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

fn push_integer(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// A number in 0..=1 with [`SCORE_PLACES`] decimals.
#[inline]
fn probability_digits(probability: f32) -> [u8; 2 + SCORE_PLACES] {
    let scale = 10u32.pow(SCORE_PLACES as u32);
    let mut rest = (f64::from(probability) * f64::from(scale) + 0.5) as u32;
    let mut digits = *b"0.00000";
    for digit in digits[2..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    digits[0] = b'0' + rest as u8;
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::rounded;
    use proptest::prelude::*;

    #[test]
    fn probabilities_have_five_decimals() {
        for (probability, written) in [
            (0.0, "0.00000"),
            (1.0, "1.00000"),
            (0.000_012, "0.00001"),
            (0.999_999, "1.00000"),
            (0.123_456, "0.12346"),
        ] {
            assert_eq!(probability_digits(probability), *written.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn strings_and_numbers_are_json(text in any::<String>(), p in 0f32..=1.0) {
            prop_assert_eq!(serde_json::from_slice::<String>(&quoted(&text)).unwrap(), text);
            let read = serde_json::from_slice::<f64>(&probability_digits(p)).unwrap();
            prop_assert_eq!(read, rounded(p, SCORE_PLACES as i32));
        }
    }
}
