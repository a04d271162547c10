//! From the bytes of a file to text: byte order marks, guesses.
//!
//! Owns [`Stream`], which every format is read from: decompressed, UTF-16 turned
//! into UTF-8, its byte order mark gone. Bytes that are not UTF-8 pass through
//! it; [`decode`] makes text of them where the format knows how much belongs together.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::unpack::{Budget, Capped, Counted, Packing};
use super::{IngestParams, Problem, Recurring, Told};
use crate::error::Place;

/// How much of a file is looked at to tell what it is, in bytes.
pub(super) const HEAD_BYTES: usize = 8 << 10;
/// How much is read at once.
pub(super) const BUFFER_BYTES: usize = 64 << 10;

/// A file's decompressed bytes, with the first of them known in advance.
pub(super) struct Stream {
    reader: Peeked<Box<dyn BufRead + Send>>,
    packed: Option<Packing>,
    /// The offset of the first byte in the decompressed file; `None` where it was UTF-16.
    pub start: Option<u64>,
}

impl Stream {
    /// [`open`](Self::open) with the caps that are not asked otherwise.
    pub fn new(raw: impl Read + Send + 'static, bytes_read: Arc<AtomicU64>) -> Self {
        Stream::open(raw, bytes_read, &IngestParams::default(), None)
    }

    /// A stream on what a file of an archive is packed into, which a budget is on already.
    pub fn of_entry(entry: Capped, packing: Packing, params: &IngestParams) -> Self {
        let outer = Some(Arc::clone(&entry.budget));
        let mut stream = Stream::open(entry, Arc::default(), params, outer);
        stream.packed.get_or_insert(packing);
        stream
    }

    /// Opens a stream on raw bytes, counting them into `bytes_read`; what they unpack to is charged to `outer` too.
    pub fn open(
        raw: impl Read + Send + 'static,
        bytes_read: Arc<AtomicU64>,
        params: &IngestParams,
        outer: Option<Arc<Budget>>,
    ) -> Self {
        let taken = Arc::new(AtomicU64::new(0));
        let raw: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(
            BUFFER_BYTES,
            Counted {
                raw,
                bytes_read,
                taken: Arc::clone(&taken),
            },
        ));
        let mut reader = Peeked::new(raw);
        let packed = Packing::of(reader.head());
        if let Some(packing) = packed {
            reader = Peeked::new(buffered(Capped {
                unpacked: packing.decoder(reader),
                budget: Arc::new(Budget::new(taken, params, outer)),
            }));
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
            packed,
            start,
        }
    }

    /// Whether the file itself is packed, or stands in an archive.
    pub fn is_packed(&self) -> bool {
        self.packed.is_some()
    }

    /// The first bytes, up to [`HEAD_BYTES`]; call it before anything is read.
    pub fn head(&self) -> &[u8] {
        self.reader.head()
    }

    /// All bytes, and what broke them off, if something did; nothing where there are more than `most`.
    pub fn read_whole(&mut self, most: u64) -> Option<(Vec<u8>, Option<io::Error>)> {
        let mut bytes = Vec::new();
        let read = self.take(most.saturating_add(1)).read_to_end(&mut bytes);
        (bytes.len() as u64 <= most).then(|| (bytes, read.err()))
    }

    /// The problem that ends a file whose bytes fail part way.
    pub fn damaged(&self, place: Place, error: &io::Error) -> Problem {
        let message = match (self.packed, error.kind()) {
            (_, io::ErrorKind::FileTooLarge) => format!("{error}; what follows is lost"),
            (None, io::ErrorKind::UnexpectedEof) => {
                "the file is cut short here; what follows is lost".to_owned()
            }
            (None, _) => format!("reading stopped here: {error}"),
            (Some(packing), io::ErrorKind::UnexpectedEof) => {
                format!("the {packing} data is cut short here; what follows is lost")
            }
            (Some(packing), _) => {
                format!("the {packing} data is damaged here ({error}); what follows is lost")
            }
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

/// What to tell of a `what` that is read whole, and is longer than that allows.
pub(super) fn too_long(place: Place, what: &str, most: u64) -> Problem {
    let message = format!("the {what} is longer than {most} bytes; --max-record allows more");
    Problem::skipped(place, message)
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
