//! CSV and TSV: rows under a header.
//!
//! Owns what a header may look like; [`split`](super::split) parts the bytes into records.

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::sync::Arc;

use super::encoding::{Stream, not_utf8};
use super::split::{Outcome, Records, Why};
use super::{Document, Fields, Format, IngestParams, Problem, rows};
use crate::error::Place;

/// The columns that mean something to every command, whatever the case of their names.
const KNOWN_COLUMNS: [&str; 6] = ["text", "id", "title", "date", "source", "article"];

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
    pub fn new(mut stream: Stream, name: String, is_tsv: bool, params: &IngestParams) -> Self {
        let named = separator_line(stream.head());
        if let Some((_, length)) = named {
            stream.consume(length);
            stream.start = stream.start.map(|start| start + length as u64);
        }
        let delimiter = match named {
            Some((delimiter, _)) => delimiter,
            None if is_tsv => b'\t',
            None => delimiter(stream.head()),
        };
        let line = if named.is_some() { 2 } else { 1 };
        Delimited {
            records: Records::new(stream, line, delimiter, params.max_record_bytes),
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
        self.records.held_bytes()
    }

    fn place(&self) -> Place {
        let record = &self.records.record;
        let mut place = Place::line(self.name.as_str(), record.line);
        place.byte = record.byte;
        place
    }

    /// Reads one record; a header that cannot be read, and the end of the file, end the reading.
    fn read(&mut self) -> Option<Result<(), Problem>> {
        let n_fields = (self.state == Reading::Rows).then_some(self.header.len());
        let outcome = self.records.next_record(n_fields);
        let is_lost = self.state == Reading::Header;
        let message = match outcome {
            Ok(Outcome::Record) => return Some(Ok(())),
            Ok(Outcome::NoMore) => {
                self.state = Reading::Done;
                return None;
            }
            Err(error) => {
                self.state = Reading::Done;
                let place = self.place();
                return Some(Err(self.records.stream.damaged(place, &error)));
            }
            Ok(Outcome::Open(why)) => format!(
                "the quote opened here is not closed{}",
                self.told(why, is_lost)
            ),
            Ok(Outcome::TooLong) => format!(
                "the line is longer than {} bytes",
                self.records.max_record_bytes
            ),
        };
        if is_lost {
            self.state = Reading::Done;
        }
        Some(Err(Problem::skipped(self.place(), message)))
    }

    /// What shows that a quote is not closed, and what becomes of the rest.
    fn told(&self, why: Why, is_lost: bool) -> String {
        let shown = match why {
            Why::NeverClosed => String::new(),
            Why::TooLong => format!(" within {} bytes", self.records.max_record_bytes),
            Why::Reopened => " before another opens".to_owned(),
            Why::Fields(n) => format!(
                " on its line, and the record it makes has {n} fields, the header {}",
                self.header.len()
            ),
        };
        let rest = if is_lost {
            "it stands in the header, so nothing was read"
        } else {
            "reading goes on with the next line"
        };
        format!("{shown}; {rest}")
    }

    fn read_header(&mut self) -> Result<(), Problem> {
        let whole = Place::file(self.name.as_str());
        match self.read() {
            None => return Err(Problem::skipped(whole, "empty: not even a header")),
            Some(read) => read?,
        }
        self.state = Reading::Done;
        let (cells, _) = self.records.record.cells();
        self.header = cells.iter().map(|cell| cell.trim().to_owned()).collect();
        let problem = |message| Problem::skipped(self.place(), message);
        let known = known_columns(&self.header).map_err(problem)?;
        if !known.iter().any(|&(_, name)| name == "text") {
            return Err(problem(no_text(&self.header)));
        }
        for (column, name) in known {
            self.header[column] = name.to_owned();
        }
        self.state = Reading::Rows;
        Ok(())
    }

    fn row(&mut self) -> Result<Document, Problem> {
        let place = self.place();
        let record = &self.records.record;
        if record.n_fields() != self.header.len() {
            let message = format!(
                "the record has {} fields, the header {}",
                record.n_fields(),
                self.header.len()
            );
            return Err(Problem::skipped(place, message));
        }
        let (cells, encoding) = record.cells();
        let (mut text, mut id, mut fields) = (String::new(), None, Fields::default());
        for (name, cell) in self.header.iter().zip(cells) {
            match name.as_str() {
                "text" => text = cell,
                "id" => id = (!cell.trim().is_empty()).then_some(cell),
                name => fields.push_text(name, &cell),
            }
        }
        // Columns without a name may be several.
        fields.drop_repeats();
        let row = Ok(rows::document(text, id, fields, place.clone(), Format::Csv));
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
                Ok(()) if self.records.record.is_blank() => {}
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

/// The delimiter that a first line such as `sep=;` names, which Excel writes and reads, and
/// the length of that line with its end.
fn separator_line(head: &[u8]) -> Option<(u8, usize)> {
    let (key, rest) = head.split_at_checked(4)?;
    let (&delimiter, rest) = rest.split_first()?;
    let end = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => return None,
    };
    let is_one = delimiter.is_ascii() && !matches!(delimiter, b'"' | b'\r' | b'\n');
    (is_one && key.eq_ignore_ascii_case(b"sep=")).then_some((delimiter, 5 + end))
}

/// Whether the first line is a header: several columns, one of them `text`.
pub(super) fn has_header(head: &[u8]) -> bool {
    let stream = Stream::new(io::Cursor::new(head.to_vec()), Arc::default());
    let params = IngestParams::default();
    let mut rows = Delimited::new(stream, String::new(), false, &params);
    if !matches!(rows.records.next_record(None), Ok(Outcome::Record)) {
        return false;
    }
    let (cells, _) = rows.records.record.cells();
    let is_text = |cell: &String| cell.trim().eq_ignore_ascii_case("text");
    cells.len() > 1 && cells.iter().any(is_text)
}

/// Which columns are the known ones: as they are written, else in any case.
///
/// # Errors
/// A message that names two columns of the same name.
pub(super) fn known_columns(header: &[String]) -> Result<Vec<(usize, &'static str)>, String> {
    let twice = |name: &str, first: usize, second: usize| {
        format!(
            "columns {} (`{}`) and {} (`{}`) are both `{name}`; rename one of them",
            first + 1,
            header[first],
            second + 1,
            header[second]
        )
    };
    let mut seen = HashMap::new();
    for (column, name) in header.iter().enumerate() {
        // Spreadsheets write empty columns without a name.
        if !name.is_empty()
            && let Some(first) = seen.insert(name.as_str(), column)
        {
            return Err(twice(name, first, column));
        }
    }
    let mut known = Vec::new();
    for name in KNOWN_COLUMNS {
        if let Some(&column) = seen.get(name) {
            known.push((column, name));
            continue;
        }
        let mut alike = (0..header.len()).filter(|&i| header[i].eq_ignore_ascii_case(name));
        match (alike.next(), alike.next()) {
            (Some(first), Some(second)) => return Err(twice(name, first, second)),
            (Some(column), None) => known.push((column, name)),
            _ => {}
        }
    }
    Ok(known)
}

/// What to tell of a header without a column for the text.
pub(super) fn no_text(header: &[String]) -> String {
    let named: Vec<_> = header
        .iter()
        .take(NAMED_COLUMNS)
        .map(|name| format!("`{}`", name.chars().take(40).collect::<String>()))
        .collect();
    let more = if header.len() > NAMED_COLUMNS {
        ", …"
    } else {
        ""
    };
    format!(
        "no column `text` in the header, which has {}{more}; \
         name the column that holds the text `text`",
        named.join(", ")
    )
}
