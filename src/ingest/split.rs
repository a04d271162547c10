//! CSV bytes into records, by the rules of the `csv` crate.
//!
//! Owns what that crate cannot do: a quote that is not closed costs its line, not
//! the rest of the file. A record of several lines that comes out wrong is broken
//! off behind its first line, and reading goes on there.
//!
//! That takes linear time. Within a record that spans lines, every line but the last ends in
//! quotes. So whichever line reading goes on with, either its own record ends with it, or
//! it ends in quotes too, and what follows is then split as it was before. How a record
//! that was broken off went on ([`Fate`]) thus decides each of its lines by that line alone.

use std::io::{self, BufRead};

use encoding_rs::Encoding;

use super::encoding::{Stream, guess};

/// One record: its cells end to end.
#[derive(Debug, Default)]
pub(super) struct Record {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// The line on which it starts.
    pub line: u64,
    /// The offset at which it starts, where that is known.
    pub byte: Option<u64>,
}

impl Record {
    /// How many fields it has.
    pub fn n_fields(&self) -> usize {
        self.ends.len()
    }

    /// A line of nothing but white space.
    pub fn is_blank(&self) -> bool {
        self.ends.len() == 1 && self.bytes.trim_ascii().is_empty()
    }

    fn raw_cells(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, &end)| &self.bytes[start..end])
    }

    /// The cells as text, and the encoding where that is not plain UTF-8.
    pub fn cells(&self) -> (Vec<String>, Option<&'static Encoding>) {
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

/// What [`Records::next_record`] met.
pub(super) enum Outcome {
    /// The record is whole.
    Record,
    NoMore,
    /// The record begins with a line whose quote is not closed; what follows that line is read next.
    Open(Why),
    /// A line longer than a record may be; it is passed over.
    TooLong,
}

/// Why a quote is taken for one that is not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The file ends within it.
    NeverClosed,
    /// It is not closed within the length that a record may have.
    TooLong,
    /// Closed where it is, it makes a record with this number of fields, which is wrong.
    Fields(usize),
    /// What would close it stands, on a later line, where a quote opens.
    Reopened,
}

/// Where in a record the splitter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// What a byte is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Content,
    FieldEnd,
    RecordEnd,
    /// A quote around a field, or a line end between records.
    Nothing,
}

/// A place in the window and all that the splitter knows there.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    /// The offset in the window.
    at: usize,
    line: u64,
    byte: Option<u64>,
    last: u8,
    state: State,
    /// Fields of the record that have ended.
    n_fields: usize,
    /// The quote just met stands where one opens: at the start of a line or field.
    may_open: bool,
    /// The last line on which such a quote closed a field and yet more of the field followed.
    reopened_line: u64,
}

impl Cursor {
    /// Takes one byte.
    fn step(&mut self, byte: u8, delimiter: u8) -> Role {
        let is_end = matches!(byte, b'\r' | b'\n');
        let (state, role) = match (self.state, byte) {
            // An empty line, or the `\n` of the `\r\n` that ended the record before.
            (State::RecordStart, _) if is_end => (State::RecordStart, Role::Nothing),
            (State::RecordStart | State::FieldStart, b'"') => (State::Quoted, Role::Nothing),
            (State::Quoted, b'"') => {
                self.may_open = matches!(self.last, b'\r' | b'\n') || self.last == delimiter;
                (State::QuoteMet, Role::Nothing)
            }
            (State::Quoted, _) | (State::QuoteMet, b'"') => (State::Quoted, Role::Content),
            _ if is_end || byte == delimiter => {
                self.n_fields += 1;
                let role = if is_end {
                    Role::RecordEnd
                } else {
                    Role::FieldEnd
                };
                (State::FieldStart, role)
            }
            (before, _) => {
                if before == State::QuoteMet && self.may_open {
                    self.reopened_line = self.line;
                }
                (State::Bare, Role::Content)
            }
        };
        let ends_line = byte == b'\r' || (byte == b'\n' && self.last != b'\r');
        self.at += 1;
        self.line += u64::from(ends_line);
        self.byte = self.byte.map(|byte| byte + 1);
        self.last = byte;
        self.state = state;
        role
    }

    fn start_record(&mut self) {
        self.state = State::RecordStart;
        self.n_fields = 0;
        self.may_open = false;
        self.reopened_line = 0;
    }
}

/// How a record that was broken off went on.
#[derive(Debug, Clone, Copy)]
struct Fate {
    /// Follows the record along the lines that are read anew.
    shadow: Cursor,
    /// Where in the window the record ended, or was given up.
    end: usize,
    /// How many fields it had, or why it has no end.
    n_fields: Result<usize, Why>,
    reopened_line: u64,
}

/// Splits a stream into records.
pub(super) struct Records {
    pub stream: Stream,
    pub record: Record,
    delimiter: u8,
    pub max_record_bytes: u64,
    /// Bytes taken from the stream: the record, and what of a broken one is to be read anew.
    window: Vec<u8>,
    cursor: Cursor,
    /// Where in the window the record starts.
    start: usize,
    /// Behind the first line of the record, where that ended in quotes.
    behind_first: Option<Cursor>,
    fate: Option<Fate>,
    /// What ended the stream while a quote was open.
    failed: Option<io::Error>,
}

impl Records {
    /// Splits what is left of `stream`, which goes on at line `line`.
    pub fn new(stream: Stream, line: u64, delimiter: u8, max_record_bytes: u64) -> Self {
        Records {
            record: Record::default(),
            delimiter,
            max_record_bytes,
            window: Vec::new(),
            cursor: Cursor {
                at: 0,
                line,
                byte: stream.start,
                last: 0,
                state: State::RecordStart,
                n_fields: 0,
                may_open: false,
                reopened_line: 0,
            },
            start: 0,
            behind_first: None,
            fate: None,
            failed: None,
            stream,
        }
    }

    /// How much memory it holds on to, in bytes.
    #[cfg(test)]
    pub fn held_bytes(&self) -> usize {
        self.window.capacity() + self.record.bytes.capacity()
    }

    /// Reads the next record, which should have `n_fields` fields, where that is known.
    pub fn next_record(&mut self, n_fields: Option<usize>) -> io::Result<Outcome> {
        self.cursor.start_record();
        self.behind_first = None;
        self.mark_start();
        loop {
            if self.cursor.at == self.window.len() {
                if self.is_long() {
                    if self.behind_first.is_none() {
                        self.pass_over_line()?;
                        return Ok(Outcome::TooLong);
                    }
                    return Ok(self.break_off(Err(Why::TooLong)));
                }
                if !self.pull()? {
                    return Ok(self.end_of_file(n_fields));
                }
            }
            if self.scan() {
                return Ok(self.judge(n_fields));
            }
            if self.cursor.at < self.window.len()
                && let Some(why) = self.first_line_ended(n_fields)
            {
                return Ok(Outcome::Open(why));
            }
        }
    }

    fn mark_start(&mut self) {
        self.start = self.cursor.at;
        self.record.line = self.cursor.line;
        self.record.byte = self.cursor.byte;
    }

    fn is_long(&self) -> bool {
        (self.cursor.at - self.start) as u64 > self.max_record_bytes
    }

    /// Takes bytes of the window until the record ends, which it tells, or its first line does.
    fn scan(&mut self) -> bool {
        while let Some(&byte) = self.window.get(self.cursor.at) {
            if self.cursor.state == State::RecordStart {
                self.mark_start();
            }
            if self.cursor.step(byte, self.delimiter) == Role::RecordEnd {
                return true;
            }
            let is_first = self.behind_first.is_none();
            if is_first && self.cursor.state == State::Quoted && self.cursor.line > self.record.line
            {
                self.behind_first = Some(self.cursor);
                return false;
            }
        }
        false
    }

    /// Whether the record is one to break off, as far as a broken record before it tells.
    fn first_line_ended(&mut self, n_fields: Option<usize>) -> Option<Why> {
        let fate = self.fate.as_mut()?;
        if self.cursor.at >= fate.end {
            self.fate = None;
            return None;
        }
        while fate.shadow.at < self.cursor.at {
            fate.shadow
                .step(self.window[fate.shadow.at], self.delimiter);
        }
        debug_assert_eq!(fate.shadow.state, State::Quoted);
        match fate.n_fields {
            Err(why) => Some(why),
            Ok(total) => {
                let total = total - fate.shadow.n_fields + self.cursor.n_fields;
                let is_reopened = fate.reopened_line > self.record.line;
                wrong(total, n_fields, is_reopened)
            }
        }
    }

    /// Says what a record is that ended.
    fn judge(&mut self, n_fields: Option<usize>) -> Outcome {
        let is_reopened = self.cursor.reopened_line > self.record.line;
        if self.behind_first.is_some() {
            if self.is_long() {
                return self.break_off(Err(Why::TooLong));
            }
            if wrong(self.cursor.n_fields, n_fields, is_reopened).is_some() {
                return self.break_off(Ok(self.cursor.n_fields));
            }
        } else if self.is_long() {
            return Outcome::TooLong;
        }
        self.fill();
        Outcome::Record
    }

    /// Goes back to the end of the record's first line.
    fn break_off(&mut self, n_fields: Result<usize, Why>) -> Outcome {
        let reopened_line = self.cursor.reopened_line;
        let why = n_fields.map_or_else(
            |why| why,
            |n| match reopened_line > self.record.line {
                true => Why::Reopened,
                false => Why::Fields(n),
            },
        );
        if let Some(behind_first) = self.behind_first {
            self.fate = Some(Fate {
                shadow: behind_first,
                end: self.cursor.at,
                n_fields,
                reopened_line,
            });
            self.cursor = behind_first;
        }
        Outcome::Open(why)
    }

    fn end_of_file(&mut self, n_fields: Option<usize>) -> Outcome {
        match self.cursor.state {
            State::RecordStart => Outcome::NoMore,
            State::Quoted => self.break_off(Err(Why::NeverClosed)),
            State::FieldStart | State::Bare | State::QuoteMet => {
                self.cursor.n_fields += 1;
                self.judge(n_fields)
            }
        }
    }

    /// Puts the record's cells together.
    fn fill(&mut self) {
        self.record.bytes.clear();
        self.record.ends.clear();
        let mut cursor = self.cursor;
        cursor.start_record();
        cursor.last = 0;
        for &byte in &self.window[self.start..self.cursor.at] {
            match cursor.step(byte, self.delimiter) {
                Role::Content => self.record.bytes.push(byte),
                Role::FieldEnd | Role::RecordEnd => self.record.ends.push(self.record.bytes.len()),
                Role::Nothing => {}
            }
        }
        // A record that the file ends, not a line end.
        if self.record.ends.len() < self.cursor.n_fields {
            self.record.ends.push(self.record.bytes.len());
        }
    }

    /// Takes more from the stream; tells whether there was more.
    fn pull(&mut self) -> io::Result<bool> {
        // All that was broken off has been read anew, or is in the record.
        self.fate = None;
        self.window.drain(..self.start);
        self.cursor.at -= self.start;
        if let Some(behind_first) = &mut self.behind_first {
            behind_first.at -= self.start;
        }
        self.start = 0;
        let read = match self.failed.take() {
            Some(error) => Err(error),
            None => self.read_chunk(),
        };
        match read {
            Ok(n) => Ok(n > 0),
            // The lines in the quotes come first.
            Err(error) if self.behind_first.is_some() => {
                self.failed = Some(error);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn read_chunk(&mut self) -> io::Result<usize> {
        loop {
            match self.stream.fill_buf() {
                Ok(chunk) => {
                    let n = chunk.len();
                    self.window.extend_from_slice(chunk);
                    self.stream.consume(n);
                    return Ok(n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads on to the end of the line and forgets it.
    fn pass_over_line(&mut self) -> io::Result<()> {
        loop {
            self.start = self.window.len();
            if !self.pull()? {
                return Ok(());
            }
            let end = self.window.iter().position(|b| matches!(b, b'\r' | b'\n'));
            let n = end.map_or(self.window.len(), |end| end + 1);
            self.cursor.at = n;
            self.cursor.byte = self.cursor.byte.map(|byte| byte + n as u64);
            self.cursor.last = self.window[n - 1];
            if end.is_some() {
                self.cursor.line += 1;
                return Ok(());
            }
        }
    }
}

/// What is wrong with a record of several lines, if anything.
fn wrong(n_fields: usize, expected: Option<usize>, is_reopened: bool) -> Option<Why> {
    let expected = expected?;
    if is_reopened {
        Some(Why::Reopened)
    } else if n_fields != expected {
        Some(Why::Fields(n_fields))
    } else {
        None
    }
}
