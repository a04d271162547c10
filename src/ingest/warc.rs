//! WARC (ISO 28500): each page or text that was fetched is a document.
//!
//! Own and small, since the crates that read it hold a record of any length whole, or have not been kept. A
//! record is read at a time; one that is too long is passed over without being held.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use encoding_rs::Encoding;
use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::encoding::{Stream, decode};
use super::metadata::Metadata;
use super::unpack::{Budget, Capped};
use super::{Document, IngestParams, Problem, page};
use crate::error::Place;

/// The longest head of a record, in bytes.
const MAX_HEAD_BYTES: u64 = 1 << 20;

/// Whether a file begins as a WARC does.
pub(super) fn is_warc(head: &[u8]) -> bool {
    head.starts_with(b"WARC/")
}

/// The documents of a WARC stream.
pub(super) struct Warc {
    stream: Stream,
    place: Place,
    params: IngestParams,
    /// How many bytes were read.
    at: u64,
    /// Records that are no text, by what they are.
    left_out: BTreeMap<String, u64>,
    done: bool,
}

/// Headers of a record or of what was fetched, names in lower case.
type Headers = Vec<(String, String)>;

fn header<'h>(headers: &'h Headers, name: &str) -> Option<&'h str> {
    let found = headers.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

fn header_line(line: &[u8]) -> Option<(String, String)> {
    let line = String::from_utf8_lossy(line);
    let (name, value) = line.split_once(':')?;
    Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
}

impl Warc {
    pub fn new(stream: Stream, name: String, params: &IngestParams) -> Self {
        Warc {
            stream,
            place: Place::file(name),
            params: params.clone(),
            at: 0,
            left_out: BTreeMap::new(),
            done: false,
        }
    }

    fn line(&mut self, line: &mut Vec<u8>) -> io::Result<usize> {
        line.clear();
        let mut limited = (&mut self.stream).take(MAX_HEAD_BYTES);
        let n = limited.read_until(b'\n', line)?;
        self.at += n as u64;
        Ok(n)
    }

    /// The head of the next record; `None` at the end.
    fn head(&mut self) -> io::Result<Option<(Place, Headers)>> {
        let mut line = Vec::new();
        let place = loop {
            let at = self.at;
            if self.line(&mut line)? == 0 {
                return Ok(None);
            }
            // Whatever stands between records, or was left of a damaged one, is passed over.
            if is_warc(&line) {
                break Place {
                    byte: Some(at),
                    ..self.place.clone()
                };
            }
        };
        let mut headers = Headers::new();
        let begun = self.at;
        loop {
            if self.line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line.trim_ascii().is_empty() || self.at - begun > MAX_HEAD_BYTES {
                return Ok(Some((place, headers)));
            }
            headers.extend(header_line(&line));
        }
    }

    /// Passes over `n` bytes.
    fn skip(&mut self, n: u64) -> io::Result<()> {
        let skipped = io::copy(&mut (&mut self.stream).take(n), &mut io::sink())?;
        self.at += skipped;
        match skipped == n {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The next document; nothing for a record that is left out.
    fn record(&mut self, place: &Place, headers: &Headers) -> io::Result<Option<Outcome>> {
        let length = header(headers, "content-length").and_then(|n| n.parse::<u64>().ok());
        let Some(length) = length else {
            let message = "the record has no Content-Length; reading goes on with the next";
            return Ok(Some(Err(Problem::skipped(place.clone(), message))));
        };
        let kind = header(headers, "warc-type").unwrap_or_default();
        if !matches!(kind, "response" | "conversion" | "resource") {
            self.skip(length)?;
            return Ok(None);
        }
        let most = self.params.max_record_bytes;
        if length > most {
            self.skip(length)?;
            let message = format!(
                "the record is longer than {most} bytes ({length}); --max-record allows more"
            );
            return Ok(Some(Err(Problem::skipped(place.clone(), message))));
        }
        let mut content = Vec::new();
        let read = (&mut self.stream).take(length).read_to_end(&mut content)?;
        self.at += read as u64;
        if (read as u64) < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let fetched = match kind {
            "response" => fetched(content, &self.params),
            _ => Ok(Fetched {
                content_type: header(headers, "content-type").unwrap_or("").to_owned(),
                body: content,
            }),
        };
        Ok(match fetched {
            Ok(fetched) => self.document(fetched, headers, place),
            Err(Unread::LeftOut(why)) => {
                *self.left_out.entry(why).or_default() += 1;
                None
            }
            Err(Unread::Damaged(why)) => Some(Err(Problem::skipped(place.clone(), why))),
        })
    }

    fn document(&mut self, fetched: Fetched, headers: &Headers, place: &Place) -> Option<Outcome> {
        let declared = fetched.content_type.to_ascii_lowercase();
        let (kind, charset) = declared.split_once(';').unwrap_or((declared.as_str(), ""));
        let is_html = match kind.trim() {
            "text/html" | "application/xhtml+xml" => true,
            "text/plain" => false,
            other => {
                *self.left_out.entry(other.to_owned()).or_default() += 1;
                return None;
            }
        };
        let charset = charset.split_once("charset=").map(|(_, label)| label);
        let label = charset.map(|label| label.trim_matches(['"', '\'', ' ']));
        let encoding = label.and_then(|label| Encoding::for_label(label.as_bytes()));
        let text = match String::from_utf8(fetched.body) {
            Ok(text) => text,
            Err(error) => {
                let bytes = error.into_bytes();
                match encoding.filter(|encoding| *encoding != encoding_rs::UTF_8) {
                    Some(encoding) => encoding.decode(&bytes).0.into_owned(),
                    None if is_html => page::decode(bytes).0,
                    None => decode(&bytes).0,
                }
            }
        };
        let url = header(headers, "warc-target-uri");
        let url = url.map(|url| url.trim_matches(['<', '>']).to_owned());
        let metadata = Metadata {
            url: url.clone(),
            ..Metadata::default()
        };
        let id = url.unwrap_or_else(|| place.to_string());
        let params = &self.params;
        Some(page::described(
            &text,
            is_html,
            metadata,
            Some(id),
            place.clone(),
            params,
        ))
    }

    fn left_out_problem(&mut self) -> Option<Problem> {
        let left_out = std::mem::take(&mut self.left_out);
        let kinds: Vec<String> = left_out.iter().map(|(k, n)| format!("{n} {k}")).collect();
        (!kinds.is_empty()).then(|| {
            let message = format!(
                "records that are no text were left out: {}",
                kinds.join(", ")
            );
            Problem::warning(self.place.clone(), message)
        })
    }
}

type Outcome = Result<Document, Problem>;

/// What a server answered.
struct Fetched {
    content_type: String,
    body: Vec<u8>,
}

/// Why an answer is no document.
enum Unread {
    /// It is of another kind.
    LeftOut(String),
    /// It cannot be decoded.
    Damaged(String),
}

/// Takes an HTTP answer apart.
fn fetched(content: Vec<u8>, params: &IngestParams) -> Result<Fetched, Unread> {
    let crlf = memchr::memmem::find(&content, b"\r\n\r\n").map(|at| (at, at + 4));
    let ends = crlf.or_else(|| memchr::memmem::find(&content, b"\n\n").map(|at| (at, at + 2)));
    let (head_end, body_start) = ends.unwrap_or((content.len(), content.len()));
    let mut lines = content[..head_end].split(|&byte| byte == b'\n');
    let status = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let headers: Headers = lines.filter_map(header_line).collect();
    let code = status
        .split_whitespace()
        .nth(1)
        .unwrap_or("without a status");
    if !code.starts_with('2') {
        return Err(Unread::LeftOut(format!("HTTP {code}")));
    }
    let mut body = content[body_start..].to_vec();
    // Crawlers often keep these headers though they stored the body decoded, so the body has the last word.
    if header(&headers, "transfer-encoding").is_some_and(|how| how.contains("chunked")) {
        body = dechunked(&body).unwrap_or(body);
    }
    let encoded = header(&headers, "content-encoding").unwrap_or_default();
    let n_packed = body.len() as u64;
    let packed: Option<Box<dyn Read + Send>> = match encoded {
        "br" | "zstd" if std::str::from_utf8(&body).is_err() => {
            return Err(Unread::LeftOut(format!("content encoded as {encoded}")));
        }
        "gzip" | "x-gzip" if body.starts_with(&[0x1f, 0x8b]) => Some(Box::new(
            MultiGzDecoder::new(io::Cursor::new(std::mem::take(&mut body))),
        )),
        "deflate" if body.first() == Some(&0x78) => Some(Box::new(ZlibDecoder::new(
            io::Cursor::new(std::mem::take(&mut body)),
        ))),
        _ => None,
    };
    if let Some(packed) = packed {
        let most = params.max_record_bytes;
        let budget = Budget::new(Arc::new(AtomicU64::new(n_packed)), params, None);
        let capped = Capped {
            unpacked: packed,
            budget: Arc::new(budget),
        };
        let mut unpacked = Vec::new();
        let read = capped
            .take(most.saturating_add(1))
            .read_to_end(&mut unpacked);
        read.map_err(|error| {
            Unread::Damaged(match error.kind() {
                io::ErrorKind::FileTooLarge => format!("the content is {error}"),
                _ => format!("the {encoded} content is damaged: {error}"),
            })
        })?;
        if unpacked.len() as u64 > most {
            let message =
                format!("the content is longer than {most} bytes; --max-record allows more");
            return Err(Unread::Damaged(message));
        }
        body = unpacked;
    }
    Ok(Fetched {
        content_type: header(&headers, "content-type")
            .unwrap_or_default()
            .to_owned(),
        body,
    })
}

/// A body without the lengths of its chunks; `None` where it is not in chunks.
fn dechunked(body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::with_capacity(body.len());
    let mut rest = body;
    loop {
        let line = memchr::memchr(b'\n', rest)?;
        let size = std::str::from_utf8(&rest[..line]).ok()?;
        let size = size.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        rest = &rest[line + 1..];
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(rest.get(..size)?);
        rest = rest[size..]
            .strip_prefix(b"\r\n")
            .or(rest[size..].strip_prefix(b"\n"))?;
    }
}

impl Iterator for Warc {
    type Item = Outcome;

    fn next(&mut self) -> Option<Outcome> {
        while !self.done {
            let from = self.at;
            let step = match self.head() {
                Ok(None) => {
                    self.done = true;
                    break;
                }
                Ok(Some((place, headers))) => self.record(&place, &headers),
                Err(error) => Err(error),
            };
            match step {
                Ok(None) => {}
                Ok(Some(outcome)) => return Some(outcome),
                Err(error) => {
                    self.done = true;
                    let place = Place {
                        byte: Some(from),
                        ..self.place.clone()
                    };
                    return Some(Err(self.stream.damaged(place, &error)));
                }
            }
        }
        self.left_out_problem().map(Err)
    }
}
