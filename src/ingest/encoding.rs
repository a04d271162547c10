//! From the bytes of a file to text: gzip, byte order marks, guesses.
//!
//! Owns [`Stream`], which every format is read from: decompressed, UTF-16 turned
//! into UTF-8, its byte order mark gone. Bytes that are not UTF-8 pass through
//! it; [`decode`] makes text of them where the format knows how much belongs together.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{IngestParams, Problem, Recurring, Told};
use crate::error::Place;

/// How much of a file is looked at to tell what it is, in bytes.
pub(super) const HEAD_BYTES: usize = 8 << 10;
const BUFFER_BYTES: usize = 64 << 10;

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
        Stream::open(raw, bytes_read, &IngestParams::default())
    }

    /// Opens a stream on raw bytes, counting them into `bytes_read`.
    pub fn open(
        raw: impl Read + Send + 'static,
        bytes_read: Arc<AtomicU64>,
        params: &IngestParams,
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
            let unpacked: Box<dyn Read + Send> = match packing {
                Packing::Gzip => Box::new(MultiGzDecoder::new(reader)),
                Packing::Zstd => Box::new(Zstd::new(reader)),
            };
            reader = Peeked::new(buffered(Capped {
                unpacked,
                taken,
                given: 0,
                max_bytes: params.max_unpacked_bytes,
                max_ratio: params.max_ratio,
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

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, 0x08, ..] => Some(Packing::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packing::Zstd),
            _ => None,
        }
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Packing::Gzip => "gzip",
            Packing::Zstd => "zstd",
        })
    }
}

fn buffered(reader: impl Read + Send + 'static) -> Box<dyn BufRead + Send> {
    Box::new(BufReader::with_capacity(BUFFER_BYTES, reader))
}

/// Counts what is read for a progress bar.
struct Counted<R> {
    raw: R,
    bytes_read: Arc<AtomicU64>,
    /// The bytes of this file alone.
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.raw.read(into)?;
        self.bytes_read.fetch_add(n as u64, Ordering::Relaxed);
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// How many decompressed bytes come before the ratio is judged: short files of one letter are no bombs.
const RATIO_FROM_BYTES: u64 = 16 << 20;

/// Decompressed bytes, up to what a file may grow to.
struct Capped {
    unpacked: Box<dyn Read + Send>,
    taken: Arc<AtomicU64>,
    given: u64,
    max_bytes: u64,
    max_ratio: u64,
}

impl Read for Capped {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.unpacked.read(into)?;
        self.given += n as u64;
        let taken = self.taken.load(Ordering::Relaxed);
        let message = if self.given > self.max_bytes {
            let most = self.max_bytes;
            format!("more than {most} bytes when decompressed; --max-unpacked allows more")
        } else if self.given > RATIO_FROM_BYTES && self.given / self.max_ratio > taken {
            let most = self.max_ratio;
            format!("more than {most} times its size when decompressed; --max-ratio allows more")
        } else {
            return Ok(n);
        };
        Err(io::Error::new(io::ErrorKind::FileTooLarge, message))
    }
}

/// The decompressed bytes of zstd frames, one behind the other.
struct Zstd<R> {
    packed: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> Zstd<R> {
    fn new(packed: R) -> Self {
        Zstd {
            packed,
            decoder: FrameDecoder::new(),
            in_frame: false,
        }
    }

    fn failed(&mut self, error: FrameDecoderError) -> io::Error {
        match self.packed.fill_buf() {
            Ok([]) => io::ErrorKind::UnexpectedEof.into(),
            Ok(_) => io::Error::new(io::ErrorKind::InvalidData, error.to_string()),
            Err(error) => error,
        }
    }

    /// Begins the next frame; false at the end.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.packed.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.packed) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    let mut skipped = (&mut self.packed).take(length);
                    if io::copy(&mut skipped, &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.in_frame {
                self.in_frame = self.begin()?;
                if !self.in_frame {
                    return Ok(0);
                }
            }
            if !self.decoder.is_finished() && self.decoder.can_collect() == 0 {
                let strategy = BlockDecodingStrategy::UptoBytes(BUFFER_BYTES);
                if let Err(error) = self.decoder.decode_blocks(&mut self.packed, strategy) {
                    return Err(self.failed(error));
                }
            }
            let n = self.decoder.read(into)?;
            if n > 0 || into.is_empty() {
                return Ok(n);
            }
            if self.decoder.is_finished() {
                let given = self.decoder.get_checksum_from_data();
                if given.is_some() && given != self.decoder.get_calculated_checksum() {
                    let message = "the checksum does not match";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, message));
                }
                self.in_frame = false;
            }
        }
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
