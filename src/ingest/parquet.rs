//! Parquet: a row is a document, as in JSONL.
//!
//! Rows are read one after the other, a page of each column at a time. The crate that reads them is built by the feature
//! `parquet` alone.

use std::fs::File;
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::{ReadOptionsBuilder, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};

use super::delimited::{known_columns, no_text};
use super::{Document, Fields, Format, IngestParams, Problem, panics, rows};
use crate::error::Place;

/// The rows of a Parquet file.
pub(super) struct Parquet {
    file: File,
    path: Arc<str>,
    max_record_bytes: u64,
    /// The names of the columns, the known ones as they are known.
    header: Vec<String>,
    /// How many rows stand before each group of them, and in all.
    starts: Vec<u64>,
    rows: Option<RowIter<'static>>,
    /// How many rows were read.
    n_read: u64,
}

impl Parquet {
    /// Reads what the file says of itself.
    ///
    /// # Errors
    /// A problem where it is damaged, has no column `text`, or grows beyond a cap.
    pub fn open(file: File, name: &str, params: &IngestParams) -> Result<Self, Problem> {
        let problem = |message: String| Problem::skipped(Place::file(name), message);
        let reader = caught(|| reader(&file, 0)).map_err(|error| {
            problem(format!("the Parquet file is cut short or damaged: {error}"))
        })?;
        let metadata = reader.metadata();
        let schema = metadata.file_metadata().schema();
        let mut header: Vec<String> = (schema.get_fields().iter())
            .map(|column| column.name().to_owned())
            .collect();
        let known = known_columns(&header).map_err(problem)?;
        if !known.iter().any(|&(_, name)| name == "text") {
            return Err(problem(no_text(&header)));
        }
        for (column, name) in known {
            header[column] = name.to_owned();
        }
        let most = params.max_unpacked_bytes;
        let groups = metadata.row_groups().iter();
        let unpacked = groups.map(|group| group.total_byte_size().max(0) as u64);
        if unpacked.fold(0, u64::saturating_add) > most {
            return Err(problem(format!(
                "more than {most} bytes when decompressed; --max-unpacked allows more"
            )));
        }
        let mut starts = vec![0];
        for group in metadata.row_groups() {
            let before = starts.last().copied().unwrap_or(0);
            starts.push(before + group.num_rows().max(0) as u64);
        }
        Ok(Parquet {
            rows: Some(RowIter::from_file_into(Box::new(reader))),
            file,
            path: name.into(),
            max_record_bytes: params.max_record_bytes,
            header,
            starts,
            n_read: 0,
        })
    }

    fn place(&self) -> Place {
        Place::line(Arc::clone(&self.path), self.n_read)
    }

    fn document(&self, row: Row) -> Result<Document, Problem> {
        let (mut text, mut id, mut fields) = (None, None, Fields::default());
        let mut n_bytes = 0;
        for (name, (_, field)) in self.header.iter().zip(row.into_columns()) {
            let value = match field {
                Field::Str(value) if name == "text" => {
                    n_bytes += value.len() as u64;
                    text = Some(value);
                    continue;
                }
                // Strings without a mark that they are: most are none the less.
                Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
                    Ok(value) => serde_json::Value::from(value),
                    Err(_) => self.json(name, &Field::Bytes(bytes))?,
                },
                field => self.json(name, &field)?,
            };
            match (name.as_str(), value) {
                ("text", serde_json::Value::String(value)) => text = Some(value),
                ("text", value) => {
                    let kind = rows::kind(&value);
                    let message = format!("the field `text` is {kind}, not a string");
                    return Err(Problem::skipped(self.place(), message));
                }
                ("id", value) => id = rows::as_text(Some(&value)),
                (_, value) => {
                    let json = value.to_string();
                    n_bytes += json.len() as u64;
                    fields.push_json(name, &json);
                }
            }
        }
        let most = self.max_record_bytes;
        if n_bytes > most {
            let message = format!("the row is longer than {most} bytes; --max-record allows more");
            return Err(Problem::skipped(self.place(), message));
        }
        fields.drop_repeats();
        let text = text.unwrap_or_default();
        let place = self.place();
        Ok(rows::document(text, id, fields, place, Format::Parquet))
    }

    /// A value as JSON, unless it is one that cannot be, such as a day that no calendar has.
    fn json(&self, column: &str, field: &Field) -> Result<serde_json::Value, Problem> {
        caught(|| Ok(field.to_json_value())).map_err(|error| {
            let message = format!("the value of `{column}` cannot be read: {error}");
            Problem::skipped(self.place(), message)
        })
    }

    /// Goes on with the group of rows behind the one that is damaged; tells what was lost.
    fn skip_group(&mut self, error: &ParquetError) -> Problem {
        let place = self.place();
        let group = self.starts.partition_point(|start| *start < self.n_read);
        let next = caught(|| reader(&self.file, group)).ok();
        self.rows = next
            .filter(|_| group + 1 < self.starts.len())
            .map(|reader| RowIter::from_file_into(Box::new(reader)));
        let end = self.starts.get(group).copied().unwrap_or(self.n_read);
        self.n_read = end;
        let lost = format!("the rows from here to {end} are lost");
        Problem::skipped(
            place,
            format!("the Parquet data is damaged here ({error}); {lost}"),
        )
    }
}

impl Iterator for Parquet {
    type Item = Result<Document, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        let rows = self.rows.as_mut()?;
        let read = caught(|| rows.next().transpose());
        self.n_read += 1;
        match read {
            Ok(Some(row)) => Some(self.document(row)),
            Ok(None) => {
                self.rows = None;
                None
            }
            Err(error) => Some(Err(self.skip_group(&error))),
        }
    }
}

/// A reader of the groups of rows from the one of a number on.
fn reader(file: &File, from_group: usize) -> Result<SerializedFileReader<File>, ParquetError> {
    let options = ReadOptionsBuilder::new()
        .with_predicate(Box::new(move |_, group| group >= from_group))
        .build();
    SerializedFileReader::new_with_options(file.try_clone()?, options)
}

/// What the crate gives, its panics among the errors.
fn caught<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    panics::caught(read).unwrap_or_else(|said| Err(ParquetError::General(said)))
}
