//! Zip archives, which are read as folders are: each file that stands in one, as a file of its name.
//!
//! Nothing is written under the names in an archive. The directory is read once, up to a number of files; then one file is
//! unpacked at a time. What is no file on disk is put into a temporary one first, since a directory stands at the end.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use flate2::Crc;
use rawzip::{CompressionMethod, FileReader, RangeReader, ZipArchive, ZipArchiveEntryWayfinder};

use super::encoding::{BUFFER_BYTES, Stream, decode};
use super::sources::{self, Source};
use super::unpack::{Budget, Capped, Counted, Method, Packing};
use super::{IngestParams, Problem, Reader, sniff};
use crate::error::Place;

/// Names of the first file of an office document, an e-book or a program, which are zip archives too.
const PACKAGES: [&str; 4] = ["[Content_Types].xml", "mimetype", "META-INF/", "_rels/"];

/// Whether a file begins as a zip archive does.
pub(super) fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// Whether the archive is an office document, an e-book or a program, by the name of the first file in it.
pub(super) fn is_package(head: &[u8]) -> bool {
    let first = head.get(30..).unwrap_or_default();
    PACKAGES
        .iter()
        .any(|name| first.starts_with(name.as_bytes()))
}

/// What an archive, and all that stands in it, is read within.
#[derive(Clone, Default)]
pub(super) struct Around {
    pub bytes_read: Arc<AtomicU64>,
    /// What the archive around it may still unpack to.
    pub budget: Option<Arc<Budget>>,
    /// How many archives there are around it.
    pub depth: usize,
}

/// The files of an archive.
pub(super) struct Archive {
    name: String,
    file: Arc<FileReader>,
    zip: ZipArchive<Arc<FileReader>>,
    entries: std::vec::IntoIter<Entry>,
    params: IngestParams,
    /// What the files are read within: the archive itself.
    around: Around,
    budget: Arc<Budget>,
    /// What is told before the first file.
    before: VecDeque<Problem>,
    /// Files whose names, or beginnings, say that they are nothing to read.
    left_out: Vec<String>,
    n_read: usize,
}

/// A file of an archive, as the directory has it.
struct Entry {
    name: String,
    at: ZipArchiveEntryWayfinder,
    crc: u32,
    method: CompressionMethod,
    is_encrypted: bool,
    is_link: bool,
}

impl Archive {
    /// Reads the directory of the archive in `file`.
    ///
    /// # Errors
    /// A problem where there is none, or archives nest too deep.
    pub fn open(
        file: File,
        name: &str,
        params: &IngestParams,
        around: &Around,
    ) -> Result<Self, Problem> {
        let problem = |message: String| Problem::skipped(Place::file(name), message);
        let most = params.max_archive_depth;
        if around.depth >= most {
            return Err(problem(format!(
                "archives stand more than {most} deep in each other; --max-archive-depth allows more"
            )));
        }
        let bytes = file
            .metadata()
            .map_err(|error| problem(error.to_string()))?;
        let bytes = bytes.len();
        let file = Arc::new(FileReader::from(file));
        let mut buffer = vec![0; rawzip::MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
        let found =
            rawzip::ZipLocator::new().locate_in_reader(Arc::clone(&file), &mut buffer, bytes);
        let zip = found.map_err(|(_, error)| {
            problem(format!(
                "the zip archive is cut short or damaged, and no file of it can be found ({error}); mend it, for \
                 example with zip -FF"
            ))
        })?;
        let (mut entries, broken) = directory(&zip, &mut buffer, params.max_entries);
        let mut before: VecDeque<Problem> = broken.map(problem).into_iter().collect();
        if entries.is_empty() && before.is_empty() {
            let message = "the archive holds no file to read";
            before.push_back(Problem::warning(Place::file(name), message));
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        let budget = Budget::archive(name, bytes, params, around.budget.clone());
        let budget = Arc::new(budget);
        Ok(Archive {
            before,
            name: name.to_owned(),
            file,
            zip,
            entries: entries.into_iter(),
            params: params.clone(),
            around: Around {
                bytes_read: Arc::clone(&around.bytes_read),
                budget: Some(Arc::clone(&budget)),
                depth: around.depth + 1,
            },
            budget,
            left_out: Vec::new(),
            n_read: 0,
        })
    }

    /// What reads the next file; a problem where that cannot be read.
    pub fn next_reader(&mut self) -> Option<Result<Reader, Problem>> {
        if let Some(problem) = self.before.pop_front() {
            return Some(Err(problem));
        }
        if self.budget.is_spent() {
            // The file that it ended in has said why.
            let n = std::mem::take(&mut self.entries).len();
            let message = format!("{n} more files of the archive were not read");
            return (n > 0).then(|| Err(Problem::skipped(self.place(), message)));
        }
        while let Some(entry) = self.entries.next() {
            let source = self.source(&entry);
            if !source.is_known() {
                self.left_out.push(entry.name);
                continue;
            }
            match self.read(&entry, &source) {
                Ok(None) => self.left_out.push(entry.name),
                Ok(Some(reader)) => {
                    self.n_read += 1;
                    return Some(Ok(reader));
                }
                Err(problem) => return Some(Err(problem)),
            }
        }
        let left_out = std::mem::take(&mut self.left_out);
        let first = left_out.iter().min()?;
        let first = format!("{}!{first}", self.name);
        let message = sources::left_out(left_out.len(), self.n_read, &first);
        Some(Err(Problem::warning(self.place(), message)))
    }

    fn place(&self) -> Place {
        Place::file(self.name.as_str())
    }

    fn source(&self, entry: &Entry) -> Source {
        Source::found(format!("{}!{}", self.name, entry.name))
    }

    /// What reads a file; nothing where its beginning says that it is nothing to read.
    fn read(&self, entry: &Entry, source: &Source) -> Result<Option<Reader>, Problem> {
        let problem = |message: &str| Problem::skipped(Place::file(source.name.as_str()), message);
        if escapes(&entry.name) {
            return Err(problem(
                "its name leads out of the archive, so it was not read",
            ));
        }
        if entry.is_encrypted {
            return Err(problem(
                "encrypted; unpack it with its password and give the file itself",
            ));
        }
        if entry.is_link {
            return Err(problem("a link to another file, which is not followed"));
        }
        let method = match entry.method {
            CompressionMethod::STORE => Method::Stored,
            CompressionMethod::DEFLATE => Method::Deflate,
            CompressionMethod::ZSTD => Method::Zstd,
            other => {
                let message = format!(
                    "compressed by the method {other}, which is not read; unpack it and give the file itself"
                );
                return Err(problem(&message));
            }
        };
        let found = self.zip.get_entry(entry.at);
        let found = found.map_err(|error| {
            problem(&format!("not found where the archive says it is: {error}"))
        })?;
        let (start, end) = found.compressed_data_range();
        let packed = Counted {
            raw: RangeReader::new(Arc::clone(&self.file), start..end),
            bytes_read: Arc::clone(&self.around.bytes_read),
            taken: Arc::default(),
        };
        let taken = Arc::clone(&packed.taken);
        let packing = Packing::Zip(method);
        let verified = Verified {
            unpacked: packing.decoder(BufReader::with_capacity(BUFFER_BYTES, packed)),
            crc: Crc::new(),
            given: 0,
            expected: (entry.crc, entry.at.uncompressed_size_hint()),
        };
        let budget = Budget::new(taken, &self.params, Some(Arc::clone(&self.budget)));
        let unpacked = Capped {
            unpacked: Box::new(verified),
            budget: Arc::new(budget),
        };
        let stream = Stream::of_entry(unpacked, packing, &self.params);
        if source.is_maybe() && !sniff::is_worth_reading(stream.head()) {
            return Ok(None);
        }
        sniff::reader(stream, source, &self.params, &self.around).map(Some)
    }
}

/// The files of the directory, up to a number of them; and what broke it off, if something did.
fn directory(
    zip: &ZipArchive<Arc<FileReader>>,
    buffer: &mut [u8],
    max_entries: usize,
) -> (Vec<Entry>, Option<String>) {
    let mut entries = Vec::new();
    let mut records = zip.entries(buffer);
    for n in 0.. {
        let record = match records.next_entry() {
            Ok(Some(record)) => record,
            Ok(None) => break,
            Err(error) => {
                let message = format!(
                    "the directory of the archive is damaged ({error}); files that it named further on are lost"
                );
                return (entries, Some(message));
            }
        };
        if n == max_entries {
            let message = format!(
                "the archive has more than {max_entries} entries, and those behind were not read; --max-entries allows more"
            );
            return (entries, Some(message));
        }
        let (name, _) = decode(record.file_path().as_bytes());
        // A name is printed, and must not steer the terminal.
        let name = name
            .replace('\\', "/")
            .replace(char::is_control, "\u{fffd}");
        let is_shown = |part: &str| !part.starts_with('.') || part.starts_with("..");
        if record.is_dir() || name.starts_with("__MACOSX/") || !name.split('/').all(is_shown) {
            continue;
        }
        entries.push(Entry {
            name,
            at: record.wayfinder(),
            crc: record.crc32(),
            method: record.compression_method(),
            is_encrypted: record.flags().is_encrypted(),
            is_link: record.mode().is_symlink(),
        });
    }
    (entries, None)
}

/// Whether a name would lead out of the folder that an archive were unpacked into.
fn escapes(name: &str) -> bool {
    let is_drive = name.as_bytes().get(1) == Some(&b':');
    name.is_empty() || name.starts_with('/') || is_drive || name.split('/').any(|part| part == "..")
}

/// A file that is no file on disk, put into one that goes away.
///
/// # Errors
/// A problem where it is longer than the cap, or breaks off, or cannot be written.
pub(super) fn spooled(
    stream: &mut Stream,
    name: &str,
    params: &IngestParams,
) -> Result<File, Problem> {
    let place = || Place::file(name);
    let full = |error: io::Error| {
        Problem::skipped(
            place(),
            format!("no temporary file could be written: {error}"),
        )
    };
    let most = params.max_unpacked_bytes;
    let mut file = tempfile::tempfile().map_err(full)?;
    let mut bytes = vec![0; BUFFER_BYTES];
    let mut n_bytes = 0;
    loop {
        let n = stream.read(&mut bytes);
        let n = n.map_err(|error| stream.damaged(place(), &error))?;
        if n == 0 {
            return Ok(file);
        }
        n_bytes += n as u64;
        if n_bytes > most {
            let message = format!("longer than {most} bytes; --max-unpacked allows more");
            return Err(Problem::skipped(place(), message));
        }
        io::Write::write_all(&mut file, &bytes[..n]).map_err(full)?;
    }
}

/// A file of an archive, held against the length and the checksum that the archive has of it.
struct Verified {
    unpacked: Box<dyn Read + Send>,
    crc: Crc,
    given: u64,
    expected: (u32, u64),
}

impl Read for Verified {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.unpacked.read(into)?;
        self.crc.update(&into[..n]);
        self.given += n as u64;
        let (crc, length) = self.expected;
        let wrong = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidData, what));
        if self.given > length {
            wrong("it is longer than the archive says")
        } else if n > 0 || into.is_empty() {
            Ok(n)
        } else if self.given < length {
            Err(io::ErrorKind::UnexpectedEof.into())
        } else if self.crc.sum() != crc {
            wrong("its checksum does not match")
        } else {
            Ok(0)
        }
    }
}
