//! A file of HTML: one page, one document.
//!
//! Owns the decoding of pages, which may name their encoding themselves, and the step from a
//! [`Page`](super::html::Page) to a [`Document`].

use super::encoding::{Stream, guess, not_utf8, too_long};
use super::html::{Page, read_page};
use super::metadata::Metadata;
use super::{Document, Format, IngestParams, Problem};
use crate::error::Place;
use encoding_rs::Encoding;

/// How far into a page its own word on the encoding is looked for, in bytes. The standard says 1,024; pages say it later.
const CHARSET_WITHIN: usize = 4096;

/// Reads a page whole: the warnings first, then the document, or why there is none.
pub(super) fn records(
    mut stream: Stream,
    name: String,
    params: &IngestParams,
) -> Vec<Result<Document, Problem>> {
    let place = Place::file(name);
    let most = params.max_record_bytes;
    let Some((bytes, error)) = stream.read_whole(most) else {
        return vec![Err(too_long(place, "page", most))];
    };
    let mut records = Vec::new();
    let (source, guessed) = decode(bytes);
    records.extend(guessed.map(|encoding| Err(not_utf8(place.clone(), encoding))));
    // What came of a page before it broke off is labelled; the loss is told behind it.
    let is_lost = error.is_some() && source.trim().is_empty();
    if !is_lost {
        records.push(document(&source, place.clone(), params));
    }
    records.extend(error.map(|error| Err(stream.damaged(place, &error))));
    records
}

/// The document that a page's source holds.
///
/// # Errors
/// A problem where the page is nested deeper, or takes longer, than the caps allow.
fn document(source: &str, place: Place, params: &IngestParams) -> Result<Document, Problem> {
    let page = page(source, &place, params)?;
    let undated = page.undated;
    let mut document = metadata(&page).document(page.text, None, place, Format::Html);
    document.blocks = page.blocks;
    document.undated = undated;
    Ok(document)
}

/// The document that is made of a text out of a feed, a message or an archive, be it a page or plain: what stands around
/// it goes before what it says of itself. Offsets into the text have no counterpart in the file.
///
/// # Errors
/// As [`document`].
pub(super) fn described(
    text: &str,
    is_html: bool,
    around: Metadata,
    id: Option<String>,
    place: Place,
    params: &IngestParams,
) -> Result<Document, Problem> {
    if !is_html {
        return Ok(around.document(text.to_owned(), id, place, Format::Text));
    }
    let page = page(text, &place, params)?;
    let metadata = around.or(metadata(&page));
    let mut document = metadata.document(page.text, id, place, Format::Html);
    document.blocks = page.blocks;
    for block in &mut document.blocks {
        block.source = None;
    }
    Ok(document)
}

fn page(source: &str, place: &Place, params: &IngestParams) -> Result<Page, Problem> {
    read_page(source, &params.page)
        .map_err(|refused| Problem::skipped(place.clone(), refused.to_string()))
}

fn metadata(page: &Page) -> Metadata {
    Metadata {
        title: page.title.clone(),
        byline: page.byline.clone(),
        date: page.date.map(|date| date.to_string()),
        url: page.url.clone(),
        language: page.language.clone(),
        source: page.source.clone(),
    }
}

/// Text of a page's bytes, by what the page says where it is not UTF-8; and the encoding, where it had to be guessed.
pub(super) fn decode(bytes: Vec<u8>) -> (String, Option<&'static Encoding>) {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return (text, None),
        Err(error) => error.into_bytes(),
    };
    let declared = declared(&bytes);
    let encoding = declared.unwrap_or_else(|| guess(&bytes));
    let (text, _) = encoding.decode_without_bom_handling(&bytes);
    (text.into_owned(), declared.is_none().then_some(encoding))
}

/// The encoding that a page names in `<meta charset=…>` or `<meta content="…; charset=…">`. One of sixteen bits
/// a character cannot be meant: the name could not have been read.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(CHARSET_WITHIN)];
    let head = head.to_ascii_lowercase();
    memchr::memmem::find_iter(&head, b"charset").find_map(|at| {
        let rest = head[at + b"charset".len()..].trim_ascii_start();
        let rest = rest.strip_prefix(b"=")?.trim_ascii_start();
        let rest = rest
            .strip_prefix(b"\"")
            .or(rest.strip_prefix(b"'"))
            .unwrap_or(rest);
        let ends = |byte: &u8| !(byte.is_ascii_alphanumeric() || b"-_:.".contains(byte));
        let label = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
        let encoding = Encoding::for_label(label)?;
        // UTF-8 was tried; a page that says so and is not needs a guess.
        let possible = encoding.is_ascii_compatible() && encoding != encoding_rs::UTF_8;
        possible.then_some(encoding)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (String, Option<&'static str>) {
        let (text, guessed) = decode(bytes.to_vec());
        (text, guessed.map(|encoding| encoding.name()))
    }

    #[test]
    fn a_page_is_read_in_the_encoding_that_it_names() {
        let meta = b"<meta http-equiv=Content-Type content='text/html; charset=Windows-1252'>\x93Talks\x94";
        assert!(decoded(meta).0.ends_with("\u{201c}Talks\u{201d}"));
        assert_eq!(decoded(meta).1, None);
        let gbk = b"<META CHARSET = \"gbk\">\xd6\xd0\xb9\xfa";
        assert!(decoded(gbk).0.ends_with("中国"));
        // A name that cannot be right, and one that is wrong, are passed over.
        assert_eq!(
            decoded(b"<meta charset=utf-16>\xe9t\xe9").1,
            Some("windows-1252")
        );
        assert_eq!(
            decoded(b"<meta charset=utf-8>\xe9t\xe9").1,
            Some("windows-1252")
        );
        assert_eq!(
            decoded("<meta charset=latin1>é".as_bytes()).0,
            "<meta charset=latin1>é"
        );
    }
}
