//! JSONL: one JSON object a line.
//!
//! Owns the cut of a stream into blocks of whole lines ([`Lines`]), which any thread can turn into rows, and
//! [`Jsonl`], which does so on the thread that reads.

use std::io::{BufRead, Read};
use std::sync::Arc;

use super::encoding::{Stream, decode, not_utf8};
use super::json_row::{ONE_A_LINE, parse, parse_whole};
use super::{Document, IngestParams, Problem};
use crate::error::Place;

/// Whole lines of a JSONL file, not yet parsed: see [`for_each`](Self::for_each).
#[derive(Debug)]
pub struct Lines {
    bytes: Vec<u8>,
    path: Arc<str>,
    /// The number of the first of them.
    line: u64,
    /// Where the first of them begins.
    byte: Option<u64>,
    max_record_bytes: u64,
}

impl Lines {
    /// How many bytes they have.
    pub fn n_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Calls `each` with the rows, and with what is wrong with those that are none, in order.
    pub fn for_each(&self, mut each: impl FnMut(Result<Document, Problem>)) {
        let (mut at, mut line) = (0, self.line);
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let bytes = rest[..length]
                .strip_suffix(b"\r")
                .unwrap_or(&rest[..length]);
            let place = Place {
                path: self.path.clone(),
                line: Some(line),
                byte: self.byte.map(|first| first + at as u64),
            };
            let n_read = rest.len().min(length + 1);
            if bytes.len() as u64 > self.max_record_bytes {
                each(Err(too_long(place, self.max_record_bytes, n_read as u64)));
            } else if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
                if !text.trim_ascii().is_empty() {
                    each(parse(text, place));
                }
            } else {
                let (text, encoding) = decode(bytes);
                if let Some(encoding) = encoding {
                    each(Err(not_utf8(place.clone(), encoding)));
                }
                each(parse(&text, place));
            }
            at += n_read;
            line += 1;
        }
    }
}

fn too_long(place: Place, max: u64, n_read: u64) -> Problem {
    let message = format!("the line is longer than {max} bytes ({n_read})");
    Problem::skipped(place, message)
}

/// About how many bytes of lines are read at once.
const BLOCK_BYTES: usize = 256 << 10;

/// The rows of a JSONL stream, as blocks of lines, or one by one.
pub(super) struct Jsonl {
    stream: Stream,
    path: Arc<str>,
    max_record_bytes: u64,
    line: u64,
    byte: Option<u64>,
    /// The beginning of a line whose end is not read yet.
    begun: Vec<u8>,
    /// What ended the reading, behind the lines before it.
    failed: Option<Problem>,
    done: bool,
    /// Rows of the latest block that are still to be given one by one, the next one last.
    rows: Vec<Result<Document, Problem>>,
}

impl Jsonl {
    pub fn new(stream: Stream, name: String, params: &IngestParams) -> Self {
        Jsonl {
            byte: stream.start,
            stream,
            path: name.into(),
            max_record_bytes: params.max_record_bytes,
            line: 1,
            begun: Vec::new(),
            failed: None,
            done: false,
            rows: Vec::new(),
        }
    }

    /// How much memory it holds on to, in bytes.
    #[cfg(test)]
    pub fn held_bytes(&self) -> usize {
        self.begun.capacity()
    }

    /// The next whole lines, or a line that is too long, or what ended the reading.
    pub fn next_block(&mut self) -> Option<Result<Lines, Problem>> {
        if let Some(problem) = self.failed.take() {
            return Some(Err(problem));
        }
        if self.done {
            return None;
        }
        let mut bytes = std::mem::take(&mut self.begun);
        loop {
            let from = bytes.len();
            let read = (&mut self.stream)
                .take(BLOCK_BYTES as u64)
                .read_to_end(&mut bytes);
            match read {
                Ok(BLOCK_BYTES) => {}
                // The last line may lack its end.
                Ok(_) => {
                    self.done = true;
                    return (!bytes.is_empty()).then(|| Ok(self.lines(bytes)));
                }
                Err(error) => {
                    self.done = true;
                    let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |last| last + 1);
                    bytes.truncate(whole);
                    let lines = (whole > 0).then(|| self.lines(bytes));
                    let problem = self.stream.damaged(self.place(), &error);
                    return match lines {
                        Some(lines) => {
                            self.failed = Some(problem);
                            Some(Ok(lines))
                        }
                        None => Some(Err(problem)),
                    };
                }
            }
            if let Some(last) = memchr::memrchr(b'\n', &bytes[from..]) {
                self.begun = bytes.split_off(from + last + 1);
                return Some(Ok(self.lines(bytes)));
            }
            if bytes.len() as u64 > self.max_record_bytes.saturating_add(1) {
                return Some(Err(self.skip_line(bytes.len() as u64)));
            }
        }
    }

    fn place(&self) -> Place {
        Place {
            path: self.path.clone(),
            line: Some(self.line),
            byte: self.byte,
        }
    }

    /// Whole lines from where the reading stands; it goes on behind them.
    fn lines(&mut self, bytes: Vec<u8>) -> Lines {
        let lines = Lines {
            path: self.path.clone(),
            line: self.line,
            byte: self.byte,
            max_record_bytes: self.max_record_bytes,
            bytes,
        };
        self.line += memchr::memchr_iter(b'\n', &lines.bytes).count() as u64;
        self.byte = self.byte.map(|byte| byte + lines.bytes.len() as u64);
        lines
    }

    /// Passes over the rest of a line of which `n_read` bytes were read.
    fn skip_line(&mut self, mut n_read: u64) -> Problem {
        let place = self.place();
        match self.stream.skip_until(b'\n') {
            Ok(n) => n_read += n as u64,
            Err(error) => {
                self.done = true;
                self.failed = Some(self.stream.damaged(place.clone(), &error));
            }
        }
        self.line += 1;
        self.byte = self.byte.map(|byte| byte + n_read);
        too_long(place, self.max_record_bytes, n_read)
    }
}

impl Iterator for Jsonl {
    type Item = Result<Document, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.rows.is_empty() {
            match self.next_block()? {
                Ok(lines) => {
                    lines.for_each(|row| self.rows.push(row));
                    self.rows.reverse();
                }
                Err(problem) => return Some(Err(problem)),
            }
        }
        self.rows.pop()
    }
}

/// Reads all of a stream as one object, laid out over several lines.
pub(super) fn whole(
    mut stream: Stream,
    name: String,
    params: &IngestParams,
) -> Result<Document, Problem> {
    let place = Place::line(name, 1);
    let max = params.max_record_bytes;
    let Some((bytes, error)) = stream.read_whole(max) else {
        let message = format!("the object is longer than {max} bytes; {ONE_A_LINE}");
        return Err(Problem::skipped(place, message));
    };
    if let Some(error) = error {
        return Err(stream.damaged(place, &error));
    }
    let (text, _) = decode(&bytes);
    parse_whole(&text, place)
}
