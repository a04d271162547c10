//! Reads documents from files, folders, globs and standard input.
//!
//! Owns [`Document`], [`Problem`] and the rule that one bad record never stops
//! the rest: [`open`] fails only where the user named something that is not
//! there, and all else comes out of [`Documents`] as it is met. The files below:
//!
//! | file | owns |
//! |---|---|
//! | `sources` | what the inputs name, in which order |
//! | `encoding` | gzip, byte order marks, text that is not UTF-8 |
//! | `sniff` | the format of a file whose name does not say |
//! | `text` | plain text and Markdown, in parts where it is long |
//! | `rows` | what the fields of a row mean |
//! | `jsonl`, `delimited` | one row a line; CSV and TSV |
//! | `split` | CSV bytes into records, past quotes that are not closed |
//! | `dates` | the ways news writes a date |
//!
//! Memory does not grow with the input: a row or a part at a time is held.

mod dates;
mod delimited;
mod encoding;
mod jsonl;
mod rows;
mod sniff;
mod sources;
mod split;
mod text;

use std::collections::VecDeque;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Place};

pub use dates::read_date;

/// How a document's text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// Plain text.
    #[default]
    Text,
    /// Markdown.
    Markdown,
    /// One JSON object a line.
    Jsonl,
    /// Comma-, semicolon- or tab-separated rows under a header.
    Csv,
}

impl Format {
    /// The name an option or a message gives it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Markdown => "markdown",
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One text with what its source says of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// The row's `id`; a number or other JSON value becomes its text.
    pub id: Option<String>,
    /// Where it stands: the path and, for a row, the line counted from 1.
    pub place: Place,
    /// The format of the file it came from.
    pub format: Format,
    /// The decoded text without a byte order mark, otherwise as it was.
    pub text: String,
    /// The row's `title`.
    pub title: Option<String>,
    /// The row's `source`: who published it.
    pub source: Option<String>,
    /// The row's `article`: which article the row is a part of.
    pub article: Option<String>,
    /// The row's `date`, where it could be read.
    pub date: Option<jiff::civil::Date>,
    /// Every field of an input row but `text` and `id`, in the row's order; empty for files.
    pub fields: serde_json::Map<String, serde_json::Value>,
    /// `Some(n)`: a later part of a long text, which starts `n` bytes into the decoded text.
    pub continues: Option<usize>,
    /// The row gave a date that could not be read.
    pub undated: bool,
}

impl Document {
    /// What to call it: its id, else `PATH:LINE` for a row, else the path.
    pub fn name(&self) -> String {
        self.id.clone().unwrap_or_else(|| match self.place.line {
            Some(line) => format!("{}:{line}", self.place.path),
            None => self.place.path.clone(),
        })
    }
}

/// How bad a [`Problem`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Nothing was lost, but the user should know.
    Warning,
    /// A record, or the rest of a file, was lost.
    Skipped,
}

/// Something wrong with one record, file or folder; the work goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What happened, in a clause without a full stop.
    pub message: String,
    /// Whether anything was lost.
    pub severity: Severity,
}

impl Problem {
    fn warning(place: Place, message: impl Into<String>) -> Self {
        Problem {
            place,
            message: message.into(),
            severity: Severity::Warning,
        }
    }

    fn skipped(place: Place, message: impl Into<String>) -> Self {
        Problem {
            place,
            message: message.into(),
            severity: Severity::Skipped,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// How to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestParams {
    /// Read every file in this format, whatever its name or content say.
    pub format: Option<Format>,
    /// A JSONL line or CSV record longer than this is skipped, in bytes.
    pub max_record_bytes: u64,
    /// A plain text longer than this comes in parts of at most this size, in bytes.
    pub part_bytes: usize,
}

impl Default for IngestParams {
    fn default() -> Self {
        IngestParams {
            format: None,
            max_record_bytes: 64 << 20,
            part_bytes: 16 << 20,
        }
    }
}

/// What has been read so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Documents delivered; the later parts of a long text are not counted again.
    pub documents: u64,
    /// Problems of severity [`Severity::Skipped`].
    pub skipped: u64,
    /// Problems of severity [`Severity::Warning`].
    pub warnings: u64,
    /// Rows whose date could not be read.
    pub unread_dates: u64,
    /// Bytes taken from disk or standard input, before decompression.
    pub bytes_read: u64,
    /// The sizes of all files together, unless something without a size is among the inputs.
    pub total_bytes: Option<u64>,
}

/// What each reader of a format is.
type Records = Box<dyn Iterator<Item = Result<Document, Problem>> + Send>;

/// The documents of some inputs, in order, with what went wrong between them.
pub struct Documents {
    found: std::vec::IntoIter<Result<sources::Source, Problem>>,
    records: Option<Records>,
    pending: VecDeque<Problem>,
    params: IngestParams,
    counts: Counts,
    bytes_read: Arc<AtomicU64>,
    /// The file at hand was warned of for its NULs.
    nul_told: bool,
}

/// Finds what `inputs` name: files, folders, globs, and `-` for standard input.
///
/// Nothing is read yet.
///
/// # Errors
/// An input that does not exist, a glob that matches nothing, `-` given twice.
pub fn open(inputs: &[String], params: &IngestParams) -> Result<Documents, Error> {
    let found = sources::find(inputs)?;
    let total_bytes = found
        .iter()
        .filter_map(|source| source.as_ref().ok())
        .map(|source| source.bytes)
        .sum();
    Ok(Documents {
        found: found.into_iter(),
        records: None,
        pending: VecDeque::new(),
        params: params.clone(),
        counts: Counts {
            total_bytes,
            ..Counts::default()
        },
        bytes_read: Arc::default(),
        nul_told: false,
    })
}

impl Documents {
    /// What has been read so far.
    pub fn counts(&self) -> Counts {
        Counts {
            bytes_read: self.bytes_read.load(Ordering::Relaxed),
            ..self.counts
        }
    }

    /// Whether one of the files still to be read is the one at `path`, by whatever name or link.
    pub fn will_read(&self, path: &Path) -> bool {
        let Ok(path) = path.canonicalize() else {
            return false;
        };
        let found = self.found.as_slice().iter().flatten();
        let mut paths = found.filter_map(|source| source.path.as_ref());
        paths.any(|input| input.canonicalize().is_ok_and(|input| input == path))
    }

    fn next_record(&mut self) -> Option<Result<Document, Problem>> {
        loop {
            if let Some(problem) = self.pending.pop_front() {
                return Some(Err(problem));
            }
            if let Some(records) = &mut self.records {
                match records.next() {
                    Some(record) => return Some(record),
                    None => self.records = None,
                }
            }
            match self.found.next()? {
                Ok(source) => {
                    self.nul_told = false;
                    match sniff::records(&source, &self.params, Arc::clone(&self.bytes_read)) {
                        Ok(records) => self.records = Some(records),
                        Err(problem) => return Some(Err(problem)),
                    }
                }
                Err(problem) => return Some(Err(problem)),
            }
        }
    }

    fn count(&mut self, record: &Result<Document, Problem>) {
        match record {
            Ok(document) => {
                self.counts.documents += u64::from(document.continues.is_none());
                self.counts.unread_dates += u64::from(document.undated);
                self.warn(document);
            }
            Err(problem) => match problem.severity {
                Severity::Warning => self.counts.warnings += 1,
                Severity::Skipped => self.counts.skipped += 1,
            },
        }
    }

    /// Puts the warnings about a document behind it.
    fn warn(&mut self, document: &Document) {
        let mut warn = |message: String| {
            let problem = Problem::warning(document.place.clone(), message);
            self.pending.push_back(problem);
        };
        // One warning is news; a million would bury the rest.
        if document.undated && self.counts.unread_dates == 1 {
            let date = rows::as_text(document.fields.get("date"));
            warn(format!(
                "the date {:?} could not be read; the document is kept \
                 without one (later such dates are only counted)",
                date.unwrap_or_default()
            ));
        }
        if document.continues.is_none() && document.text.trim().is_empty() {
            warn(match &document.id {
                Some(id) => format!("no text in `{id}`"),
                None => "no text".to_owned(),
            });
        }
        // In JSON a NUL is written as an escape, so it is meant.
        if document.format != Format::Jsonl && !self.nul_told && document.text.contains('\0') {
            self.nul_told = true;
            warn("a NUL byte stands in the text and was kept (told once a file)".to_owned());
        }
    }
}

impl Iterator for Documents {
    type Item = Result<Document, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.next_record()?;
        self.count(&record);
        Some(record)
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents")
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
