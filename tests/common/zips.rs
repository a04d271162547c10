//! Zip archives, good and bad, byte by byte: no library writes what is wrong on purpose.

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::Write;

const DEFLATED: u16 = 8;
const ENCRYPTED: u16 = 1;
const UTF8: u16 = 1 << 11;

/// An archive that is being written.
#[derive(Clone, Default)]
pub struct Zip {
    files: Vec<u8>,
    directory: Vec<u8>,
    n_entries: u16,
    /// The latest record of the directory.
    latest: Vec<u8>,
}

/// What an entry has besides its name and bytes.
#[derive(Clone, Copy, Default)]
struct Entry {
    flags: u16,
    method: u16,
    mode: u32,
    /// How many of its bytes are taken away.
    missing: usize,
}

impl Zip {
    pub fn new() -> Self {
        Zip::default()
    }

    pub fn stored(self, name: &str, bytes: &[u8]) -> Self {
        self.entry(name, bytes, bytes, Entry::default())
    }

    pub fn deflated(self, name: &str, bytes: &[u8]) -> Self {
        self.method(name, DEFLATED, bytes)
    }

    /// A file that says it is compressed by `method`.
    pub fn method(self, name: &str, method: u16, bytes: &[u8]) -> Self {
        let packed = match method {
            DEFLATED => deflate(bytes),
            _ => bytes.to_vec(),
        };
        let entry = Entry {
            method,
            ..Entry::default()
        };
        self.entry(name, bytes, &packed, entry)
    }

    /// A deflated file whose last bytes are not there.
    pub fn cut(self, name: &str, bytes: &[u8]) -> Self {
        let entry = Entry {
            method: DEFLATED,
            missing: 12,
            ..Entry::default()
        };
        self.entry(name, bytes, &deflate(bytes), entry)
    }

    pub fn encrypted(self, name: &str, bytes: &[u8]) -> Self {
        let entry = Entry {
            flags: ENCRYPTED,
            ..Entry::default()
        };
        self.entry(name, bytes, bytes, entry)
    }

    pub fn link(self, name: &str, target: &[u8]) -> Self {
        let entry = Entry {
            mode: 0o120_777,
            ..Entry::default()
        };
        self.entry(name, target, target, entry)
    }

    /// Names the latest file so many times more in the directory.
    pub fn repeated(mut self, times: u16) -> Self {
        for _ in 0..times {
            self.directory.extend(&self.latest);
        }
        self.n_entries += times;
        self
    }

    fn entry(mut self, name: &str, bytes: &[u8], packed: &[u8], entry: Entry) -> Self {
        let mut crc = Crc::new();
        crc.update(bytes);
        let packed = &packed[..packed.len() - entry.missing];
        let offset = self.files.len() as u32;
        // Flags, method, time, date, checksum, lengths, length of the name and of what else there is.
        let mut common = Vec::new();
        for field in [entry.flags | UTF8, entry.method, 0, 0] {
            common.extend(field.to_le_bytes());
        }
        for field in [crc.sum(), packed.len() as u32, bytes.len() as u32] {
            common.extend(field.to_le_bytes());
        }
        for field in [name.len() as u16, 0] {
            common.extend(field.to_le_bytes());
        }
        self.files.extend(b"PK\x03\x04\x14\x00");
        self.files.extend(&common);
        self.files.extend(name.as_bytes());
        self.files.extend(packed);
        // Made by Unix, so that the mode counts.
        let mut record = b"PK\x01\x02\x14\x03\x14\x00".to_vec();
        record.extend(&common);
        record.extend([0; 6]);
        record.extend((entry.mode << 16).to_le_bytes());
        record.extend(offset.to_le_bytes());
        record.extend(name.as_bytes());
        self.directory.extend(&record);
        self.latest = record;
        self.n_entries += 1;
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = self.files.clone();
        out.extend(&self.directory);
        out.extend(b"PK\x05\x06\x00\x00\x00\x00");
        out.extend(self.n_entries.to_le_bytes());
        out.extend(self.n_entries.to_le_bytes());
        out.extend((self.directory.len() as u32).to_le_bytes());
        out.extend((self.files.len() as u32).to_le_bytes());
        out.extend([0, 0]);
        out
    }
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut out = DeflateEncoder::new(Vec::new(), Compression::default());
    out.write_all(bytes).expect("memory");
    out.finish().expect("memory")
}
