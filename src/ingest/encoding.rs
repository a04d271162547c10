//! From the bytes of a file to text: gzip, byte order marks, guesses.
//!
//! Owns [`Stream`], which every format is read from: decompressed, UTF-16 turned
//! into UTF-8, its byte order mark gone. Bytes that are not UTF-8 pass through
//! it; [`decode`] makes text of them where the format knows how much belongs together.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::bufread::MultiGzDecoder;

use super::{Problem, Recurring, Told};
use crate::error::Place;

/// How much of a file is looked at to tell what it is, in bytes.
pub(super) const HEAD_BYTES: usize = 8 << 10;
const BUFFER_BYTES: usize = 64 << 10;

/// A file's decompressed bytes, with the first of them known in advance.
pub(super) struct Stream {
    reader: Peeked<Box<dyn BufRead + Send>>,
    gzipped: bool,
    /// The offset of the first byte in the decompressed file; `None` where it was UTF-16.
    pub start: Option<u64>,
}

impl Stream {
    /// Opens a stream on raw bytes, counting them into `bytes_read`.
    pub fn new(raw: impl Read + Send + 'static, bytes_read: Arc<AtomicU64>) -> Self {
        let raw: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(
            BUFFER_BYTES,
            Counted { raw, bytes_read },
        ));
        let mut reader = Peeked::new(raw);
        let gzipped = reader.head().starts_with(&[0x1f, 0x8b, 0x08]);
        if gzipped {
            reader = Peeked::new(buffered(MultiGzDecoder::new(reader)));
        }
        let mut start = Some(0);
        if let Some((encoding, bom)) = Encoding::for_bom(reader.head()) {
            if encoding == UTF_16LE || encoding == UTF_16BE {
                let decoder = DecodeReaderBytesBuilder::new()
                    .encoding(Some(encoding))
                    .bom_override(true)
                    .build(reader);
                reader = Peeked::new(buffered(decoder));
                start = None;
            } else {
                reader.consume(bom);
                start = Some(bom as u64);
            }
        }
        Stream {
            reader,
            gzipped,
            start,
        }
    }

    /// The first bytes, up to [`HEAD_BYTES`]; call it before anything is read.
    pub fn head(&self) -> &[u8] {
        self.reader.head()
    }

    /// The problem that ends a file whose bytes fail part way.
    pub fn damaged(&self, place: Place, error: &io::Error) -> Problem {
        let message = match error.kind() {
            _ if !self.gzipped => format!("reading stopped here: {error}"),
            io::ErrorKind::UnexpectedEof => {
                "the gzip data is cut short here; what follows is lost".to_owned()
            }
            _ => format!("the gzip data is damaged here ({error}); what follows is lost"),
        };
        Problem::skipped(place, message)
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.reader.read(into)
    }
}

impl BufRead for Stream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.reader.consume(n);
    }
}

fn buffered(reader: impl Read + Send + 'static) -> Box<dyn BufRead + Send> {
    Box::new(BufReader::with_capacity(BUFFER_BYTES, reader))
}

/// Counts what is read for a progress bar.
struct Counted<R> {
    raw: R,
    bytes_read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.raw.read(into)?;
        self.bytes_read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// A reader whose first bytes can be seen before they are read.
struct Peeked<R> {
    head: Vec<u8>,
    at: usize,
    failed: Option<io::Error>,
    rest: R,
}

impl<R: BufRead> Peeked<R> {
    /// Reads the head. An error met on the way is kept until the head has been read.
    fn new(mut rest: R) -> Self {
        let mut head = Vec::with_capacity(HEAD_BYTES);
        let failed = (&mut rest)
            .take(HEAD_BYTES as u64)
            .read_to_end(&mut head)
            .err();
        Peeked {
            head,
            at: 0,
            failed,
            rest,
        }
    }

    fn head(&self) -> &[u8] {
        &self.head[self.at..]
    }
}

impl<R: BufRead> BufRead for Peeked<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at < self.head.len() {
            return Ok(&self.head[self.at..]);
        }
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.rest.fill_buf(),
        }
    }

    fn consume(&mut self, n: usize) {
        if self.at < self.head.len() {
            self.at += n;
        } else {
            self.rest.consume(n);
        }
    }
}

impl<R: BufRead> Read for Peeked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(into)?;
        self.consume(n);
        Ok(n)
    }
}

/// The encoding to read bytes in that are not valid UTF-8.
///
/// Text with a few broken bytes among many good UTF-8 characters is UTF-8 that
/// was cut or spliced; to read it as windows-1252 would spoil every quotation mark.
pub(super) fn guess(bytes: &[u8]) -> &'static Encoding {
    let (mut good, mut broken) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    if good >= 4 * broken {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// Decodes bytes that belong together; says in which encoding if not plain UTF-8.
pub(super) fn decode(bytes: &[u8]) -> (String, Option<&'static Encoding>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => {
            let encoding = guess(bytes);
            let (text, _) = encoding.decode_without_bom_handling(bytes);
            (text.into_owned(), Some(encoding))
        }
    }
}

/// What to tell of text that was not UTF-8.
pub(super) fn not_utf8(place: Place, encoding: &'static Encoding) -> Problem {
    let message = if encoding == UTF_8 {
        "some bytes are not UTF-8 and were replaced by U+FFFD".to_owned()
    } else {
        format!("not UTF-8: read as {}", encoding.name())
    };
    // A Latin-1 export has as many such rows as rows.
    Problem {
        told: Told::OnceAFile(Recurring::Encoding),
        ..Problem::warning(place, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_1_is_guessed_and_spliced_utf8_is_kept() {
        let (text, encoding) = decode(b"Pekin a d\xe9clar\xe9 que la r\xe9union \xe9tait utile");
        assert_eq!(text, "Pekin a déclaré que la réunion était utile");
        assert_eq!(encoding.map(Encoding::name), Some("windows-1252"));
        let mut spliced = "“China’s” “trade” “policy”".as_bytes().to_vec();
        spliced.push(0xe2);
        let (text, encoding) = decode(&spliced);
        assert_eq!(text, "“China’s” “trade” “policy”\u{fffd}");
        assert_eq!(encoding, Some(UTF_8));
    }
}
