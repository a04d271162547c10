//! From packed bytes to those that were packed, within bounds.
//!
//! Owns [`Packing`] and its decoders, and [`Budget`], which says how far a file, and an archive as a whole, may grow.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::IngestParams;
use super::encoding::BUFFER_BYTES;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
    /// A file of a zip archive.
    Zip(Method),
}

/// How a file of a zip archive is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Deflate,
    Zstd,
}

impl Packing {
    /// What the first bytes of a file say.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, 0x08, ..] => Some(Packing::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packing::Zstd),
            _ => None,
        }
    }

    /// What unpacks it.
    pub fn decoder(self, packed: impl BufRead + Send + 'static) -> Box<dyn Read + Send> {
        match self {
            Packing::Gzip => Box::new(MultiGzDecoder::new(packed)),
            Packing::Zstd | Packing::Zip(Method::Zstd) => Box::new(Zstd::new(packed)),
            Packing::Zip(Method::Deflate) => Box::new(DeflateDecoder::new(packed)),
            Packing::Zip(Method::Stored) => Box::new(packed),
        }
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Packing::Gzip => "gzip",
            Packing::Zstd => "zstd",
            Packing::Zip(_) => "zip",
        })
    }
}

/// Counts what is read for a progress bar.
pub(super) struct Counted<R> {
    pub raw: R,
    pub bytes_read: Arc<AtomicU64>,
    /// The bytes of this file alone.
    pub taken: Arc<AtomicU64>,
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

/// The same of all files of an archive together, so that a few bombs in one do not keep the good files from being read.
const ARCHIVE_RATIO_FROM_BYTES: u64 = 256 << 20;

/// How far a packed file may grow, or an archive as a whole; what stands in an archive is charged to both.
#[derive(Debug)]
pub(super) struct Budget {
    /// What it is called in a message, where that is not the file that the message is about.
    archive: Option<String>,
    /// The packed bytes so far, or all where they are known.
    packed: Arc<AtomicU64>,
    given: AtomicU64,
    max_bytes: u64,
    max_ratio: u64,
    outer: Option<Arc<Budget>>,
}

impl Budget {
    /// The budget of a file that was `packed` into so many bytes.
    pub fn new(packed: Arc<AtomicU64>, params: &IngestParams, outer: Option<Arc<Budget>>) -> Self {
        Budget {
            archive: None,
            packed,
            given: AtomicU64::new(0),
            max_bytes: params.max_unpacked_bytes,
            max_ratio: params.max_ratio,
            outer,
        }
    }

    /// The budget of all files of the archive `name`, which has `bytes` bytes.
    pub fn archive(
        name: &str,
        bytes: u64,
        params: &IngestParams,
        outer: Option<Arc<Budget>>,
    ) -> Self {
        Budget {
            archive: Some(name.to_owned()),
            ..Budget::new(Arc::new(AtomicU64::new(bytes)), params, outer)
        }
    }

    /// Whether it, or the budget of an archive around it, is used up.
    pub fn is_spent(&self) -> bool {
        self.excess().is_some() || self.outer.as_ref().is_some_and(|outer| outer.is_spent())
    }

    fn charge(&self, n: u64) -> io::Result<()> {
        self.given.fetch_add(n, Ordering::Relaxed);
        if let Some(message) = self.excess() {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        self.outer.as_ref().map_or(Ok(()), |outer| outer.charge(n))
    }

    fn excess(&self) -> Option<String> {
        let given = self.given.load(Ordering::Relaxed);
        let packed = self.packed.load(Ordering::Relaxed);
        let Budget {
            max_bytes,
            max_ratio,
            ..
        } = self;
        let ratio_from = match self.archive {
            Some(_) => ARCHIVE_RATIO_FROM_BYTES,
            None => RATIO_FROM_BYTES,
        };
        let (what, option) = if given > *max_bytes {
            (format!("more than {max_bytes} bytes"), "--max-unpacked")
        } else if given > ratio_from && given / (*max_ratio).max(1) > packed {
            (
                format!("more than {max_ratio} times its size"),
                "--max-ratio",
            )
        } else {
            return None;
        };
        let whole = match &self.archive {
            Some(name) => format!("all that was read of {name} together is "),
            None => String::new(),
        };
        Some(format!(
            "{whole}{what} when decompressed; {option} allows more"
        ))
    }
}

/// Decompressed bytes, as far as a budget goes.
pub(super) struct Capped {
    pub unpacked: Box<dyn Read + Send>,
    pub budget: Arc<Budget>,
}

impl Read for Capped {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.unpacked.read(into)?;
        self.budget.charge(n as u64)?;
        Ok(n)
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
