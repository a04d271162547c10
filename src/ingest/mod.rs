//! Reads documents from files, folders, globs and standard input.
//!
//! Owns [`Document`], [`Problem`] and the rule that one bad record never stops
//! the rest: [`open`] fails only where the user named something that is not
//! there, and all else comes out of [`Documents`] as it is met. The files below:
//!
//! | file | owns |
//! |---|---|
//! | `sources` | what the inputs name, in which order |
//! | `archive` | zip archives, read as folders |
//! | `unpack` | gzip, zstd and what zip packs by, and how far they may grow |
//! | `encoding` | byte order marks, text that is not UTF-8 |
//! | `sniff` | the format of a file whose name does not say |
//! | `text` | plain text and Markdown, in parts where it is long |
//! | `fields` | the other fields of a row, as they stand in it |
//! | `feed`, `mail`, `warc` | entries of feeds, messages and saved pages, records of web archives |
//! | `rows` | what the fields of a row mean |
//! | `metadata` | what a page, a feed entry or a message says of itself |
//! | `html`, `page` | the text blocks of a page of HTML; a file of it |
//! | `jsonl`, `json_row` | blocks of JSONL lines; one line as a row |
//! | `delimited` | CSV and TSV |
//! | `parquet` | Parquet, in columns |
//! | `split` | CSV bytes into records, past quotes that are not closed |
//! | `dates` | the ways news writes a date |
//! | `time_cap` | how long a document may take |
//! | `panics` | what crates that read a format panic at |
//! | `ledger` | what has been read, and which warnings were given already |
//!
//! Memory does not grow with the input: a row, a part or a block of lines at a time is held.

mod archive;
mod dates;
mod delimited;
mod encoding;
mod feed;
mod fields;
pub mod html;
mod json_row;
mod jsonl;
mod ledger;
mod mail;
mod metadata;
mod page;
mod panics;
#[cfg(feature = "parquet")]
mod parquet;
mod rows;
mod sniff;
mod sources;
mod split;
mod text;
mod time_cap;
mod unpack;
mod warc;

use std::collections::VecDeque;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Place};
use archive::Archive;
use jsonl::Jsonl;

pub use dates::read_date;
pub use fields::Fields;
pub use jsonl::Lines;
pub use ledger::{Contents, Counts, Ledger};
pub use metadata::Metadata;
pub use panics::hide_caught_panics;
pub(crate) use time_cap::Deadline;
pub use time_cap::TimeCap;

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
    /// A page of HTML.
    Html,
    /// An RSS, Atom or JSON feed, of whose entries each is a document.
    Feed,
    /// A message (EML) or a saved page (MHTML).
    Mail,
    /// Rows in columns; read by the feature `parquet`.
    Parquet,
    /// A web archive, of whose pages and texts each is a document.
    Warc,
}

impl Format {
    /// The name an option or a message gives it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Markdown => "markdown",
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
            Format::Html => "html",
            Format::Feed => "feed",
            Format::Mail => "mail",
            Format::Parquet => "parquet",
            Format::Warc => "warc",
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
    /// The decoded text without a byte order mark, otherwise as it was; of a page its visible text.
    pub text: String,
    /// The blocks that a page parts its text into; empty for all else.
    pub blocks: Vec<html::Block>,
    /// The row's or page's `title`.
    pub title: Option<String>,
    /// The row's or page's `byline`: who wrote it.
    pub byline: Option<String>,
    /// The row's or page's `url`: its canonical address.
    pub url: Option<String>,
    /// The row's or page's `language`, as a tag such as `en-GB`, as it is declared there.
    pub language: Option<String>,
    /// The row's `source`: who published it.
    pub source: Option<String>,
    /// The row's `article`: which article the row is a part of.
    pub article: Option<String>,
    /// The row's `date`, where it could be read.
    pub date: Option<jiff::civil::Date>,
    /// Every field of an input row but `text` and `id`, and the [`Metadata`] of whatever has some; empty
    /// for plain files.
    pub fields: Fields,
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
            None => self.place.path.to_string(),
        })
    }

    /// Whether `next`, which follows at once, is of the same article: rows of the same file and `article`, or
    /// a later part of the same text. Rows of an article that do not stand together make several.
    pub fn goes_on_in(&self, next: &Document) -> bool {
        next.continues.is_some()
            || (self.article.is_some()
                && self.article == next.article
                && self.place.path == next.place.path)
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
    /// How often it is told where it recurs.
    pub(crate) told: Told,
}

/// How often a problem that recurs is told: one warning is news; a million would bury the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Told {
    /// Each time.
    #[default]
    Always,
    /// The first time in each file.
    OnceAFile(Recurring),
    /// The first time.
    Once(Recurring),
}

/// What recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recurring {
    Encoding,
    Nul,
    Date,
}

impl Problem {
    fn warning(place: Place, message: impl Into<String>) -> Self {
        Problem {
            place,
            message: message.into(),
            severity: Severity::Warning,
            told: Told::Always,
        }
    }

    /// A record that is lost.
    pub(crate) fn skipped(place: Place, message: impl Into<String>) -> Self {
        Problem {
            place,
            message: message.into(),
            severity: Severity::Skipped,
            told: Told::Always,
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
    /// A JSONL line, a CSV record or a page longer than this is skipped, in bytes.
    pub max_record_bytes: u64,
    /// A plain text longer than this comes in parts of at most this size, in bytes.
    pub part_bytes: usize,
    /// A gzip or zstd file, and a zip archive as a whole, is read up to this many decompressed bytes.
    pub max_unpacked_bytes: u64,
    /// A packed file or an archive that grows more than so many times over is taken for a bomb.
    pub max_ratio: u64,
    /// How many zip archives may stand within each other.
    pub max_archive_depth: usize,
    /// Of a zip archive so many entries are read.
    pub max_entries: usize,
    /// What bounds the reading of a page.
    pub page: html::PageCaps,
}

impl Default for IngestParams {
    fn default() -> Self {
        IngestParams {
            format: None,
            max_record_bytes: 64 << 20,
            part_bytes: 16 << 20,
            max_unpacked_bytes: 64 << 30,
            max_ratio: 250,
            max_archive_depth: 3,
            max_entries: 100_000,
            page: html::PageCaps::default(),
        }
    }
}

/// What each reader of a format is.
enum Reader {
    /// Rows that any thread can parse.
    Jsonl(Box<Jsonl>),
    /// Records that are made as they are read.
    Records(Box<dyn Iterator<Item = Result<Document, Problem>> + Send>),
    /// Files, each with a reader of its own.
    Archive(Box<Archive>),
}

/// A piece of the input that any thread can turn into documents.
#[derive(Debug)]
pub enum Load {
    /// Lines of a JSONL file.
    Lines(Lines),
    /// Records that are parsed already.
    Records(Vec<Result<Document, Problem>>),
}

impl Load {
    /// The documents, in order, and what is wrong between them.
    pub fn for_each(self, mut each: impl FnMut(Result<Document, Problem>)) {
        match self {
            Load::Lines(lines) => lines.for_each(each),
            Load::Records(records) => records.into_iter().for_each(&mut each),
        }
    }
}

/// The documents of some inputs, in order, with what went wrong between them.
pub struct Documents {
    found: std::vec::IntoIter<Result<sources::Source, Problem>>,
    /// What is being read: each but the first stands in the one before, which is an archive.
    readers: Vec<Reader>,
    pending: VecDeque<Problem>,
    params: IngestParams,
    ledger: Ledger,
    total_bytes: Option<u64>,
    bytes_read: Arc<AtomicU64>,
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
        readers: Vec::new(),
        pending: VecDeque::new(),
        params: params.clone(),
        ledger: Ledger::default(),
        total_bytes,
        bytes_read: Arc::default(),
    })
}

impl Documents {
    /// What has been read so far; of [`loads`](Self::next_load), the bytes alone.
    pub fn counts(&self) -> Counts {
        Counts {
            bytes_read: self.bytes_read.load(Ordering::Relaxed),
            total_bytes: self.total_bytes,
            ..self.ledger.counts()
        }
    }

    /// What bounds the time that each document may take, in reading and again in whatever is done with it.
    pub fn time_cap(&self) -> Option<TimeCap> {
        self.params.page.time
    }

    /// The bytes taken from disk or standard input so far, for a bar on another thread.
    pub fn bytes_read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes_read)
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

    /// The next piece of the input, of about `bytes` bytes: whoever takes the input so keeps a [`Ledger`]
    /// of the documents, and an order, of their own.
    pub fn next_load(&mut self, bytes: usize) -> Option<Load> {
        let mut records = Vec::new();
        let mut n_bytes = 0;
        while n_bytes < bytes && records.len() < MAX_LOAD_RECORDS {
            match self.readers.last_mut() {
                None | Some(Reader::Archive(_)) => match self.open_next() {
                    Some(Ok(())) => {}
                    Some(Err(problem)) => records.push(Err(problem)),
                    None => break,
                },
                // Lines make a load alone, so what stands before them goes first.
                Some(Reader::Jsonl(_)) if !records.is_empty() => break,
                Some(Reader::Jsonl(rows)) => match rows.next_block() {
                    Some(Ok(lines)) => return Some(Load::Lines(lines)),
                    Some(Err(problem)) => records.push(Err(problem)),
                    None => drop(self.readers.pop()),
                },
                Some(Reader::Records(all)) => match all.next() {
                    Some(record) => {
                        let size = |d: &Document| d.text.len() + d.fields.as_json().len();
                        n_bytes += record.as_ref().map_or(0, size);
                        records.push(record);
                    }
                    None => drop(self.readers.pop()),
                },
            }
        }
        (!records.is_empty()).then_some(Load::Records(records))
    }

    /// Opens the next of the files, of the archive that is being read or of the inputs.
    fn open_next(&mut self) -> Option<Result<(), Problem>> {
        let opened = loop {
            let Some(Reader::Archive(archive)) = self.readers.last_mut() else {
                let bytes_read = Arc::clone(&self.bytes_read);
                let source = self.found.next()?;
                break source.and_then(|source| sniff::open(&source, &self.params, bytes_read));
            };
            match archive.next_reader() {
                Some(opened) => break opened,
                None => drop(self.readers.pop()),
            }
        };
        Some(opened.map(|reader| self.readers.push(reader)))
    }

    fn next_record(&mut self) -> Option<Result<Document, Problem>> {
        loop {
            let record = match self.readers.last_mut() {
                Some(Reader::Jsonl(rows)) => rows.next(),
                Some(Reader::Records(records)) => records.next(),
                None | Some(Reader::Archive(_)) => match self.open_next()? {
                    Ok(()) => continue,
                    Err(problem) => return Some(Err(problem)),
                },
            };
            match record {
                Some(record) => return Some(record),
                None => drop(self.readers.pop()),
            }
        }
    }
}

/// The most records of a load: they may have next to no bytes.
const MAX_LOAD_RECORDS: usize = 4096;

impl Iterator for Documents {
    type Item = Result<Document, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(problem) = self.pending.pop_front() {
                if self.ledger.admits(&problem) {
                    return Some(Err(problem));
                }
                continue;
            }
            match self.next_record()? {
                Ok(document) => {
                    self.ledger.count(&document);
                    Ledger::remarks(&document, |problem| self.pending.push_back(problem));
                    return Some(Ok(document));
                }
                Err(problem) => self.pending.push_back(problem),
            }
        }
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
