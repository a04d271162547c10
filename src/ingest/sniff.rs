//! The format of a file, by its name or by its first bytes, and the reader for it.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::delimited::Delimited;
use super::encoding::{HEAD_BYTES, Stream};
use super::jsonl::Jsonl;
use super::sources::Source;
use super::text::Parts;
use super::{Format, IngestParams, Problem, Records};
use crate::error::Place;

/// Opens a source and says what records it holds.
///
/// # Errors
/// A [`Problem`] where the file cannot be opened or is no text.
pub(super) fn records(
    source: &Source,
    params: &IngestParams,
    bytes_read: Arc<AtomicU64>,
) -> Result<Records, Problem> {
    let place = || Place::file(source.name.as_str());
    let stream = match &source.path {
        None => Stream::new(std::io::stdin(), bytes_read),
        Some(path) => match File::open(path) {
            Ok(file) => Stream::new(file, bytes_read),
            Err(error) => {
                return Err(Problem::skipped(place(), format!("not readable: {error}")));
            }
        },
    };
    let known = params.format.or(source.format);
    let format = known.unwrap_or_else(|| sniff(stream.head()));
    // A row with a NUL is one bad row; a text with one is no text.
    let is_rows = matches!(format, Format::Jsonl | Format::Csv);
    if (!is_rows || known.is_none())
        && let Some(what) = binary(stream.head())
    {
        return Err(Problem::skipped(place(), what));
    }
    let name = source.name.clone();
    Ok(match format {
        Format::Text | Format::Markdown => Box::new(Parts::new(stream, name, format, params)),
        Format::Jsonl => Box::new(Jsonl::new(stream, name, params)),
        Format::Csv => Box::new(Delimited::new(stream, name, source.is_tsv(), params)),
    })
}

/// JSONL where a line is a JSON object, else text.
fn sniff(head: &[u8]) -> Format {
    if !head.trim_ascii_start().starts_with(b"{") {
        return Format::Text;
    }
    let cut = head.len() >= HEAD_BYTES - 3;
    let mut lines: Vec<&[u8]> = head.split(|&byte| byte == b'\n').collect();
    let last = lines.pop().unwrap_or_default();
    let is_object = |line: &&[u8]| {
        let text = String::from_utf8_lossy(line);
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text).is_ok()
    };
    // The end of a long first line is out of sight, so its beginning must do.
    let begins_object = |line: &[u8]| {
        let inside = line.trim_ascii_start().strip_prefix(b"{");
        inside.is_some_and(|inside| inside.trim_ascii_start().starts_with(b"\""))
    };
    let found = lines.iter().any(is_object)
        || if cut {
            begins_object(last)
        } else {
            is_object(&last)
        };
    if found { Format::Jsonl } else { Format::Text }
}

/// Why a file cannot be text, if so.
fn binary(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"%PDF-") {
        Some("a PDF, not text; convert it first (for example with pdftotext)")
    } else if head.starts_with(b"PK\x03\x04") {
        Some("a zip archive or office document, not text; convert it to text first")
    } else if head.contains(&0) {
        Some("not text: it holds NUL bytes (UTF-16 is read where it has a byte order mark)")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_on_a_line_is_jsonl() {
        assert_eq!(sniff(b"\n {\"text\": \"a\"}\n{"), Format::Jsonl);
        assert_eq!(sniff(b"{bad\n{\"text\": \"a\"}\n"), Format::Jsonl);
        assert_eq!(sniff(b"{\"text\": \"a\"}"), Format::Jsonl);
        assert_eq!(sniff(b"{\n  \"text\": \"a\"\n}\n"), Format::Text);
        assert_eq!(sniff(b"{curly} prose"), Format::Text);
        assert_eq!(sniff(b""), Format::Text);
        let long = format!("{{\"text\": \"{}", "a".repeat(HEAD_BYTES));
        assert_eq!(sniff(&long.as_bytes()[..HEAD_BYTES]), Format::Jsonl);
    }
}
