//! JSONL: one JSON object a line.

use std::io::{self, BufRead, Read};

use serde_json::Value;

use super::encoding::{Stream, decode, not_utf8};
use super::{Document, Format, IngestParams, Problem, rows};
use crate::error::Place;

/// What mends a JSON file that is no JSONL.
pub(super) const ONE_A_LINE: &str = "put one object on a line (JSONL)";

/// The rows of a JSONL stream.
pub(super) struct Jsonl {
    stream: Stream,
    name: String,
    max_record_bytes: u64,
    line: u64,
    byte: Option<u64>,
    buffer: Vec<u8>,
    warned: bool,
    /// A row held back behind the warning about it.
    held: Option<Result<Document, Problem>>,
    done: bool,
}

enum Line {
    /// The buffer holds it, without its end.
    Whole,
    TooLong,
    NoMore,
}

impl Jsonl {
    pub fn new(stream: Stream, name: String, params: &IngestParams) -> Self {
        Jsonl {
            byte: stream.start,
            stream,
            name,
            max_record_bytes: params.max_record_bytes,
            line: 0,
            buffer: Vec::new(),
            warned: false,
            held: None,
            done: false,
        }
    }

    /// How much memory it holds on to, in bytes.
    #[cfg(test)]
    pub fn held_bytes(&self) -> usize {
        self.buffer.capacity()
    }

    /// Reads a line into the buffer; returns how many bytes it took with its end.
    fn read_line(&mut self) -> io::Result<(Line, u64)> {
        self.buffer.clear();
        let max = self.max_record_bytes;
        let mut read = (&mut self.stream)
            .take(max.saturating_add(2))
            .read_until(b'\n', &mut self.buffer)? as u64;
        if read == 0 {
            return Ok((Line::NoMore, 0));
        }
        let ended = self.buffer.last() == Some(&b'\n');
        if ended {
            self.buffer.pop();
        }
        if self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        if self.buffer.len() as u64 <= max {
            return Ok((Line::Whole, read));
        }
        self.buffer.clear();
        if !ended {
            read += self.stream.skip_until(b'\n')? as u64;
        }
        Ok((Line::TooLong, read))
    }

    fn row(&mut self, place: Place) -> Result<Document, Problem> {
        let decoded;
        let text = match std::str::from_utf8(&self.buffer) {
            Ok(text) => text,
            Err(_) => {
                let (text, encoding) = decode(&self.buffer);
                decoded = text;
                // One warning a file: a Latin-1 export has as many such lines as rows.
                if let (Some(encoding), false) = (encoding, self.warned) {
                    self.warned = true;
                    let row = parse(&decoded, place.clone());
                    self.held = Some(row);
                    return Err(not_utf8(place, encoding));
                }
                &decoded
            }
        };
        parse(text, place)
    }
}

impl Iterator for Jsonl {
    type Item = Result<Document, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(held) = self.held.take() {
            return Some(held);
        }
        while !self.done {
            self.line += 1;
            let mut place = Place::line(self.name.as_str(), self.line);
            place.byte = self.byte;
            let (line, read) = match self.read_line() {
                Ok(line) => line,
                Err(error) => {
                    self.done = true;
                    return Some(Err(self.stream.damaged(place, &error)));
                }
            };
            self.byte = self.byte.map(|byte| byte + read);
            match line {
                Line::NoMore => self.done = true,
                Line::TooLong => {
                    let message = format!(
                        "the line is longer than {} bytes ({read})",
                        self.max_record_bytes
                    );
                    return Some(Err(Problem::skipped(place, message)));
                }
                Line::Whole if self.buffer.trim_ascii().is_empty() => {}
                Line::Whole => return Some(self.row(place)),
            }
        }
        None
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
    let mut bytes = Vec::new();
    let read = (&mut stream)
        .take(max.saturating_add(1))
        .read_to_end(&mut bytes);
    if let Err(error) = read {
        return Err(stream.damaged(place, &error));
    }
    if bytes.len() as u64 > max {
        let message = format!("the object is longer than {max} bytes; {ONE_A_LINE}");
        return Err(Problem::skipped(place, message));
    }
    let (text, _) = decode(&bytes);
    match serde_json::from_str(&text) {
        Ok(fields) => rows::document(fields, place, Format::Jsonl),
        Err(error) => {
            let message = format!("not one JSON object: {error}; {ONE_A_LINE}");
            Err(Problem::skipped(place, message))
        }
    }
}

fn parse(line: &str, place: Place) -> Result<Document, Problem> {
    match serde_json::from_str(line) {
        Ok(Value::Object(fields)) => rows::document(fields, place, Format::Jsonl),
        Ok(Value::Array(_)) => {
            let message = format!("the line is an array, not a JSON object; {ONE_A_LINE}");
            Err(Problem::skipped(place, message))
        }
        Ok(other) => {
            let message = format!("the line is {}, not a JSON object", rows::kind(&other));
            Err(Problem::skipped(place, message))
        }
        Err(error) => {
            // Its line is always 1 here, which would read as the file's.
            let message = error.to_string().replace(" at line 1 column", " at column");
            Err(Problem::skipped(place, format!("not JSON: {message}")))
        }
    }
}
