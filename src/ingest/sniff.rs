//! The format of a file, by its name or by its first bytes, and the reader for it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::archive::{self, Archive, Around};
use super::delimited::{self, Delimited};
use super::encoding::{HEAD_BYTES, Stream};
use super::json_row::ONE_A_LINE;
use super::jsonl::{self, Jsonl};
use super::sources::Source;
use super::text::Parts;
use super::warc::{self, Warc};
use super::{Format, IngestParams, Problem, Reader, feed, mail, page};
use crate::error::Place;

/// Opens a source and says what records it holds.
///
/// # Errors
/// A [`Problem`] where the file cannot be opened or is no text.
pub(super) fn open(
    source: &Source,
    params: &IngestParams,
    bytes_read: Arc<AtomicU64>,
) -> Result<Reader, Problem> {
    let around = Around {
        bytes_read: Arc::clone(&bytes_read),
        ..Around::default()
    };
    let stream = match &source.path {
        None => Stream::open(std::io::stdin(), bytes_read, params, None),
        Some(path) => Stream::open(file(path, source)?, bytes_read, params, None),
    };
    reader(stream, source, params, &around)
}

fn file(path: &Path, source: &Source) -> Result<File, Problem> {
    File::open(path).map_err(|error| {
        let place = Place::file(source.name.as_str());
        Problem::skipped(place, format!("not readable: {error}"))
    })
}

/// What reads a file whose directory stands at its end: the file itself where it is one on disk, else a copy that goes away.
fn seekable(mut stream: Stream, source: &Source, params: &IngestParams) -> Result<File, Problem> {
    match &source.path {
        Some(path) if source.bytes.is_some() && !stream.is_packed() => file(path, source),
        _ => archive::spooled(&mut stream, &source.name, params),
    }
}

#[cfg(feature = "parquet")]
fn parquet(stream: Stream, source: &Source, params: &IngestParams) -> Result<Reader, Problem> {
    let file = seekable(stream, source, params)?;
    let rows = super::parquet::Parquet::open(file, &source.name, params)?;
    Ok(Reader::Records(Box::new(rows)))
}

#[cfg(not(feature = "parquet"))]
fn parquet(_: Stream, source: &Source, _: &IngestParams) -> Result<Reader, Problem> {
    let message = "a Parquet file, which this program was built without; build it with \
                   `cargo install --path . --features parquet`, or save the rows as JSONL or CSV";
    Err(Problem::skipped(Place::file(source.name.as_str()), message))
}

/// Whether a file found in a folder, whose name leaves open what it is, begins as something that is read.
pub(super) fn is_worth_reading(head: &[u8]) -> bool {
    let is_json = matches!(head.trim_ascii_start().first(), Some(b'{' | b'['));
    let has_text = || memchr::memmem::find(head, b"\"text\"").is_some();
    telling(head).is_some() || (is_json && has_text())
}

/// Says what records a stream holds, which goes by the name of `source`.
///
/// # Errors
/// A [`Problem`] where it is no text.
pub(super) fn reader(
    stream: Stream,
    source: &Source,
    params: &IngestParams,
    around: &Around,
) -> Result<Reader, Problem> {
    let place = || Place::file(source.name.as_str());
    let head = stream.head();
    if archive::is_zip(head) && !archive::is_package(head) {
        let file = seekable(stream, source, params)?;
        let archive = Archive::open(file, &source.name, params, around)?;
        return Ok(Reader::Archive(Box::new(archive)));
    }
    // What the user says of the format goes before what the text looks like, and that before what it is called.
    let format = params.format.or(telling(head)).or(source.format);
    // A web archive holds pictures beside the pages.
    let may_be_binary = format == Some(Format::Parquet) || warc::is_warc(head);
    if !may_be_binary && let Some(what) = binary(head) {
        return Err(Problem::skipped(place(), what));
    }
    let name = source.name.clone();
    if params.format.is_none()
        && format != Some(Format::Csv)
        && json_array(head, source, format == Some(Format::Jsonl))
    {
        return Err(Problem::skipped(
            place(),
            format!("this is a JSON array; {ONE_A_LINE}"),
        ));
    }
    if format.is_none() && source.is_json() && is_laid_out(head) {
        let row = std::iter::once(jsonl::whole(stream, name, params));
        return Ok(Reader::Records(Box::new(row)));
    }
    Ok(match format.unwrap_or_else(|| sniff(head)) {
        format @ (Format::Text | Format::Markdown) => {
            Reader::Records(Box::new(Parts::new(stream, name, format, params)))
        }
        Format::Jsonl => Reader::Jsonl(Box::new(Jsonl::new(stream, name, params))),
        Format::Csv => {
            let rows = Delimited::new(stream, name, source.is_tsv(), params);
            Reader::Records(Box::new(rows))
        }
        Format::Feed => Reader::Records(feed::records(stream, name, params)),
        Format::Mail => Reader::Records(Box::new(mail::records(stream, name, params).into_iter())),
        Format::Parquet => return parquet(stream, source, params),
        Format::Warc => Reader::Records(Box::new(Warc::new(stream, name, params))),
        Format::Html => Reader::Records(Box::new(page::records(stream, name, params).into_iter())),
    })
}

/// The format of a file whose first bytes leave no doubt, whatever it is called.
fn telling(head: &[u8]) -> Option<Format> {
    if head.starts_with(b"PAR1") {
        Some(Format::Parquet)
    } else if is_markup(head) {
        Some(Format::Html)
    } else if feed::is_xml(head) || feed::is_json(head) {
        Some(Format::Feed)
    } else if warc::is_warc(head) {
        Some(Format::Warc)
    } else if mail::is_message(head) {
        Some(Format::Mail)
    } else {
        None
    }
}

/// JSONL where a line is a JSON object, CSV under a header with a column `text`, else text.
fn sniff(head: &[u8]) -> Format {
    if !head.trim_ascii_start().starts_with(b"{") {
        return match delimited::has_header(head) {
            true => Format::Csv,
            false => Format::Text,
        };
    }
    let cut = is_cut(head);
    let mut lines: Vec<&[u8]> = head.split(|&byte| byte == b'\n').collect();
    let last = lines.pop().unwrap_or_default();
    // The end of a long first line is out of sight, so its beginning must do.
    let begins_object = |line: &[u8]| {
        let inside = line.trim_ascii_start().strip_prefix(b"{");
        inside.is_some_and(|inside| inside.trim_ascii_start().starts_with(b"\""))
    };
    let found = lines.iter().any(|line| is_object(line))
        || if cut {
            begins_object(last)
        } else {
            is_object(last)
        };
    if found { Format::Jsonl } else { Format::Text }
}

/// Whether more may follow the first bytes.
fn is_cut(head: &[u8]) -> bool {
    head.len() >= HEAD_BYTES - 3
}

fn is_object(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text).is_ok()
}

/// Whether the first bytes are an array of objects, or in a .json file any array. A JSONL file
/// may hold a whole array on a line, which is one bad line.
fn json_array(head: &[u8], source: &Source, is_jsonl: bool) -> bool {
    let head = head.trim_ascii_start();
    let Some(inside) = head.strip_prefix(b"[").map(<[u8]>::trim_ascii_start) else {
        return false;
    };
    if is_jsonl {
        let line = head.split(|&byte| byte == b'\n').next().unwrap_or(head);
        let is_whole = serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
        return !is_whole && (line.len() < head.len() || !is_cut(head));
    }
    let object = inside.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    source.is_json() || object.is_some_and(|object| matches!(object.first(), Some(b'"' | b'}')))
}

/// Whether a JSON file begins with an object that goes on for several lines.
fn is_laid_out(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    let mut lines = head.splitn(2, |&byte| byte == b'\n');
    let (first, rest) = (lines.next().unwrap_or(head), lines.next());
    head.starts_with(b"{") && rest.is_some() && !is_object(first)
}

/// Why a file cannot be text, if so. A stray NUL is no reason; [`Documents`](super::Documents)
/// warns of it.
fn binary(head: &[u8]) -> Option<&'static str> {
    let nuls = head.iter().filter(|&&byte| byte == 0).count();
    if head.starts_with(b"%PDF-") {
        Some("a PDF, not text; convert it first (for example with pdftotext)")
    } else if head.starts_with(b"PK\x03\x04") {
        Some("an office document, e-book or program, not text; convert it to text first")
    } else if head.starts_with(b"{\\rtf") {
        Some("an RTF document, not text; save it as plain text first")
    } else if nuls * 100 > head.len() {
        Some(
            "not text: more than 1 % of it are NUL bytes (UTF-16 is read where it has a \
             byte order mark)",
        )
    } else {
        None
    }
}

/// Whether a file begins as a page of HTML does, behind an XML declaration and comments.
fn is_markup(head: &[u8]) -> bool {
    let mut rest = head.trim_ascii_start();
    for (open, close) in [("<?xml", "?>"), ("<!--", "-->"), ("<!--", "-->")] {
        if rest.starts_with(open.as_bytes())
            && let Some(at) = memchr::memmem::find(rest, close.as_bytes())
        {
            rest = rest[at + close.len()..].trim_ascii_start();
        }
    }
    ["<!doctype html", "<html"].iter().any(|tag| {
        let start = rest.get(..tag.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()))
    })
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

    #[test]
    fn a_header_with_a_column_of_text_is_csv() {
        for head in [
            "id,text\n1,a",
            "Text;id\r\n",
            "\"id\"\t\"TEXT\"",
            "sep=|\nid|text\n",
        ] {
            assert_eq!(sniff(head.as_bytes()), Format::Csv, "{head:?}");
        }
        for head in [
            "text\na, b\n",
            "The text, and more\n",
            "a,b\nid,text\n",
            "\"id,text\n",
            ",\n",
        ] {
            assert_eq!(sniff(head.as_bytes()), Format::Text, "{head:?}");
        }
    }
}
