//! CSV and TSV: rows under a header.
//!
//! Owns its own splitting into records, by the rules of the `csv` crate (a test
//! compares them), since that crate cannot say that a quote is never closed: it
//! would hold the rest of the file in memory and deliver it as one field.

use std::io::{self, BufRead};

use encoding_rs::Encoding;
use serde_json::{Map, Value};

use super::encoding::{Stream, guess, not_utf8};
use super::{Document, Format, IngestParams, Problem, rows};
use crate::error::Place;

/// How many columns a message names.
const NAMED_COLUMNS: usize = 20;

/// The rows of a CSV stream.
pub(super) struct Delimited {
    records: Records,
    name: String,
    header: Vec<String>,
    warned: bool,
    /// A row held back behind the warning about it.
    held: Option<Result<Document, Problem>>,
    state: Reading,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Header,
    Rows,
    Done,
}

impl Delimited {
    pub fn new(stream: Stream, name: String, is_tsv: bool, params: &IngestParams) -> Self {
        let delimiter = if is_tsv {
            b'\t'
        } else {
            delimiter(stream.head())
        };
        Delimited {
            records: Records::new(stream, delimiter, params.max_record_bytes),
            name,
            header: Vec::new(),
            warned: false,
            held: None,
            state: Reading::Header,
        }
    }

    /// How much memory it holds on to, in bytes.
    #[cfg(test)]
    pub fn held_bytes(&self) -> usize {
        let record = &self.records.splitter.record;
        record.bytes.capacity() + record.ends.capacity() * size_of::<usize>()
    }

    fn place(&self) -> Place {
        let record = &self.records.splitter.record;
        let mut place = Place::line(self.name.as_str(), record.line);
        place.byte = record.byte;
        place
    }

    /// Reads one record; a problem or the end of the file ends the reading.
    fn read(&mut self) -> Option<Result<(), Problem>> {
        let outcome = self.records.next_record();
        let max = self.records.max_record_bytes;
        let problem = match outcome {
            Ok(Outcome::Record) => return Some(Ok(())),
            Ok(Outcome::NoMore) => None,
            Ok(Outcome::Unclosed) => Some(Problem::skipped(
                self.place(),
                format!(
                    "a quote opened at line {} is never closed; nothing from here on was read",
                    self.records.splitter.record.quote_line
                ),
            )),
            Ok(Outcome::TooLong) => Some(Problem::skipped(
                self.place(),
                format!(
                    "the record is longer than {max} bytes (its last quote opened at line {}, \
                     and may never be closed); nothing from here on was read",
                    self.records.splitter.record.quote_line
                ),
            )),
            Err(error) => Some(self.records.stream.damaged(self.place(), &error)),
        };
        self.state = Reading::Done;
        problem.map(Err)
    }

    fn read_header(&mut self) -> Result<(), Problem> {
        let whole = Place::file(self.name.as_str());
        match self.read() {
            None => return Err(Problem::skipped(whole, "empty: not even a header")),
            Some(read) => read?,
        }
        self.state = Reading::Done;
        let (cells, _) = self.records.splitter.record.cells();
        self.header = cells.iter().map(|cell| cell.trim().to_owned()).collect();
        if self.header.iter().any(|name| name.contains('\0')) {
            return Err(Problem::skipped(whole, "not text: it holds NUL bytes"));
        }
        if !self.header.iter().any(|name| name == "text") {
            let named: Vec<_> = self
                .header
                .iter()
                .take(NAMED_COLUMNS)
                .map(|name| format!("`{}`", name.chars().take(40).collect::<String>()))
                .collect();
            let more = if self.header.len() > NAMED_COLUMNS {
                ", …"
            } else {
                ""
            };
            let message = format!(
                "no column `text` in the header, which has {}{more}",
                named.join(", ")
            );
            return Err(Problem::skipped(self.place(), message));
        }
        self.state = Reading::Rows;
        Ok(())
    }

    fn row(&mut self) -> Result<Document, Problem> {
        let place = self.place();
        let record = &self.records.splitter.record;
        if record.ends.len() != self.header.len() {
            let message = format!(
                "the record has {} fields, the header {}",
                record.ends.len(),
                self.header.len()
            );
            return Err(Problem::skipped(place, message));
        }
        let (cells, encoding) = record.cells();
        let fields: Map<_, _> = self
            .header
            .iter()
            .cloned()
            .zip(cells.into_iter().map(Value::String))
            .collect();
        let row = rows::document(fields, place.clone(), Format::Csv);
        match encoding {
            // One warning a file: a Latin-1 export has as many such rows as rows.
            Some(encoding) if !std::mem::replace(&mut self.warned, true) => {
                self.held = Some(row);
                Err(not_utf8(place, encoding))
            }
            _ => row,
        }
    }
}

impl Iterator for Delimited {
    type Item = Result<Document, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(held) = self.held.take() {
            return Some(held);
        }
        if self.state == Reading::Header
            && let Err(problem) = self.read_header()
        {
            return Some(Err(problem));
        }
        while self.state == Reading::Rows {
            match self.read()? {
                Err(problem) => return Some(Err(problem)),
                Ok(()) if self.records.splitter.record.is_blank() => {}
                Ok(()) => return Some(self.row()),
            }
        }
        None
    }
}

/// The delimiter of a file by its first line: a comma if there is one outside
/// quotes, else whichever of `;` and tab there are more of.
fn delimiter(head: &[u8]) -> u8 {
    let mut counts = [0usize; 3];
    let mut quoted = false;
    let line = head.trim_ascii_start();
    for &byte in line {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            b',' if !quoted => counts[0] += 1,
            b';' if !quoted => counts[1] += 1,
            b'\t' if !quoted => counts[2] += 1,
            _ => {}
        }
    }
    match counts {
        [0, semicolons, tabs] if semicolons > 0 && semicolons >= tabs => b';',
        [0, _, tabs] if tabs > 0 => b'\t',
        _ => b',',
    }
}

/// One record: its cells end to end.
#[derive(Debug, Default)]
struct Record {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// The line on which it starts.
    line: u64,
    /// The offset at which it starts, where that is known.
    byte: Option<u64>,
    /// The line of the last quote that opened in it, or else its own.
    quote_line: u64,
}

impl Record {
    /// What it takes to hold: a record of nothing but delimiters has no bytes of its own.
    fn held_bytes(&self) -> usize {
        self.bytes.len() + size_of_val(self.ends.as_slice())
    }

    /// A line of nothing but white space.
    fn is_blank(&self) -> bool {
        self.ends.len() == 1 && self.bytes.trim_ascii().is_empty()
    }

    fn raw_cells(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, &end)| &self.bytes[start..end])
    }

    /// The cells as text, and the encoding where that is not plain UTF-8.
    fn cells(&self) -> (Vec<String>, Option<&'static Encoding>) {
        let utf8: Result<Vec<_>, _> = self
            .raw_cells()
            .map(|cell| std::str::from_utf8(cell).map(str::to_owned))
            .collect();
        if let Ok(cells) = utf8 {
            return (cells, None);
        }
        // One guess a record: a short cell by itself says little.
        let encoding = guess(&self.bytes);
        let cells = self.raw_cells().map(|cell| {
            let (text, _) = encoding.decode_without_bom_handling(cell);
            text.into_owned()
        });
        (cells.collect(), Some(encoding))
    }
}

enum Outcome {
    Record,
    NoMore,
    Unclosed,
    TooLong,
}

/// Where in a record the splitter stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first byte of a record.
    RecordStart,
    /// Before the first byte of a field.
    FieldStart,
    /// In a field, outside quotes.
    Bare,
    /// In quotes.
    Quoted,
    /// Behind a quote met in quotes: the end of the field, or the first of two.
    QuoteMet,
}

/// Splits a stream into records.
struct Records {
    stream: Stream,
    max_record_bytes: u64,
    splitter: Splitter,
}

impl Records {
    fn new(stream: Stream, delimiter: u8, max_record_bytes: u64) -> Self {
        Records {
            max_record_bytes,
            splitter: Splitter {
                delimiter,
                state: State::RecordStart,
                record: Record::default(),
                line: 1,
                byte: stream.start,
                after_cr: false,
            },
            stream,
        }
    }

    /// Reads the next record into the splitter's `record`.
    fn next_record(&mut self) -> io::Result<Outcome> {
        self.splitter.begin();
        loop {
            let chunk = match self.stream.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                return Ok(self.splitter.end_of_file());
            }
            let (used, ended) = self.splitter.feed(chunk);
            self.stream.consume(used);
            if self.splitter.record.held_bytes() as u64 > self.max_record_bytes {
                return Ok(Outcome::TooLong);
            }
            if ended {
                return Ok(Outcome::Record);
            }
        }
    }
}

/// The state machine under [`Records`].
struct Splitter {
    delimiter: u8,
    state: State,
    record: Record,
    line: u64,
    byte: Option<u64>,
    after_cr: bool,
}

impl Splitter {
    fn begin(&mut self) {
        self.record.bytes.clear();
        self.record.ends.clear();
        self.state = State::RecordStart;
        self.mark_start();
    }

    fn mark_start(&mut self) {
        self.record.line = self.line;
        self.record.byte = self.byte;
        self.record.quote_line = self.line;
    }

    /// Takes bytes until a record ends; returns how many and whether one did.
    fn feed(&mut self, chunk: &[u8]) -> (usize, bool) {
        for (at, &byte) in chunk.iter().enumerate() {
            let ends_line = byte == b'\r' || (byte == b'\n' && !self.after_cr);
            if self.state == State::RecordStart && !matches!(byte, b'\r' | b'\n') {
                self.mark_start();
                self.state = State::FieldStart;
            }
            let ended = self.step(byte);
            self.after_cr = byte == b'\r';
            self.line += u64::from(ends_line);
            self.byte = self.byte.map(|byte| byte + 1);
            if ended {
                return (at + 1, true);
            }
        }
        (chunk.len(), false)
    }

    /// Takes one byte; returns whether it ended the record.
    fn step(&mut self, byte: u8) -> bool {
        let is_end = matches!(byte, b'\r' | b'\n');
        self.state = match self.state {
            // An empty line, or the `\n` of the `\r\n` that ended the record before.
            State::RecordStart => State::RecordStart,
            State::FieldStart if byte == b'"' => {
                self.record.quote_line = self.line;
                State::Quoted
            }
            State::Quoted if byte == b'"' => State::QuoteMet,
            State::Quoted => {
                self.record.bytes.push(byte);
                State::Quoted
            }
            State::QuoteMet if byte == b'"' => {
                self.record.bytes.push(byte);
                State::Quoted
            }
            _ if is_end || byte == self.delimiter => {
                self.record.ends.push(self.record.bytes.len());
                State::FieldStart
            }
            State::FieldStart | State::Bare | State::QuoteMet => {
                self.record.bytes.push(byte);
                State::Bare
            }
        };
        is_end && self.state == State::FieldStart
    }

    fn end_of_file(&mut self) -> Outcome {
        match self.state {
            State::RecordStart => Outcome::NoMore,
            State::Quoted => Outcome::Unclosed,
            State::FieldStart | State::Bare | State::QuoteMet => {
                self.record.ends.push(self.record.bytes.len());
                self.state = State::RecordStart;
                Outcome::Record
            }
        }
    }
}
