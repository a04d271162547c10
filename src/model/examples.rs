//! The rows that a model was trained on, kept beside it.
//!
//! Owns [`Examples`] and the file they are kept in, its version 1 (all numbers little-endian):
//!
//! ```text
//! offset  bytes  what
//! 0       8      magic, "DEMEXMPL"
//! 8       4      format version, u32
//! 12      4      zero
//! 16      8      length of the whole file, u64
//! 24      32     the fingerprint of the model
//! 56      …      the rows: a JSON array of [`Example`]s
//! end−8   8      XXH3-64 of all bytes before
//! ```
//!
//! The fingerprint binds them to their model: beside another, the rows would explain what they did not teach.

use super::{Form, Model};
use crate::error::{Error, Place, Result};
use crate::model::file::{read_whole, write_whole};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

const MAGIC: &[u8; 8] = b"DEMEXMPL";
const FORMAT_VERSION: u32 = 1;
const HEADER_BYTES: usize = 56;
const CHECKSUM_BYTES: usize = 8;

/// A training row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// Its `id`, else where it stood.
    pub id: String,
    /// Its labels, by the name of the task; a task that is absent was not labelled.
    pub labels: BTreeMap<String, Vec<String>>,
    /// Its text.
    pub text: String,
}

/// The rows that a model was trained on, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examples {
    rows: Vec<Arc<Example>>,
    fingerprint: [u8; 32],
}

impl Examples {
    /// The rows that `model` was trained on.
    pub fn new(rows: impl IntoIterator<Item = Example>, model: &Model) -> Self {
        Examples {
            rows: rows.into_iter().map(Arc::new).collect(),
            fingerprint: model.fingerprint(),
        }
    }

    /// The rows.
    pub fn rows(&self) -> &[Arc<Example>] {
        &self.rows
    }

    /// Where the rows of the model at `model` are kept: its path with `.examples` behind it.
    pub fn path_beside(model: &Path) -> PathBuf {
        let mut path = model.as_os_str().to_owned();
        path.push(".examples");
        path.into()
    }

    /// Reads the rows of `model`.
    ///
    /// # Errors
    /// When there is no such file, it is of another kind, version or model, or it is damaged.
    pub fn open(path: &Path, model: &Model) -> Result<Self> {
        let at = |error: Error| error.at(Place::file(path.display().to_string()));
        if matches!(path.try_exists(), Ok(false)) {
            let absent = Error::model("there is no such file: the model was trained without it");
            return Err(at(absent.mend("train it with --keep-examples")));
        }
        Examples::from_bytes(&read_whole(path)?, model).map_err(at)
    }

    /// Reads the rows of `model` from the bytes of their file.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_bytes(bytes: &[u8], model: &Model) -> Result<Self> {
        if !bytes.starts_with(MAGIC) {
            return Err(Error::model("is no file of examples").mend(AGAIN));
        }
        if bytes.len() < HEADER_BYTES + CHECKSUM_BYTES {
            return Err(damaged("it ends within its header"));
        }
        let version = u32::from_le_bytes(bytes[8..12].try_into().expect("four bytes"));
        if version != FORMAT_VERSION {
            return Err(Error::model(format!(
                "has format version {version}; this program reads version {FORMAT_VERSION}"
            ))
            .mend(AGAIN));
        }
        let declared = u64::from_le_bytes(bytes[16..24].try_into().expect("eight bytes"));
        if declared != bytes.len() as u64 {
            return Err(damaged(&format!(
                "it should have {declared} bytes and has {}",
                bytes.len()
            )));
        }
        let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM_BYTES);
        if xxh3_64(content).to_le_bytes() != checksum {
            return Err(damaged("its checksum does not match"));
        }
        let fingerprint = model.fingerprint();
        if content[24..HEADER_BYTES] != fingerprint {
            return Err(Error::model("holds the rows of another model").mend(AGAIN));
        }
        let rows: Vec<Example> = serde_json::from_slice(&content[HEADER_BYTES..])
            .map_err(|error| damaged(&format!("its rows cannot be read: {error}")))?;
        Ok(Examples {
            rows: rows.into_iter().map(Arc::new).collect(),
            fingerprint,
        })
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&[0; 12]);
        bytes.extend_from_slice(&self.fingerprint);
        let rows: Vec<&Example> = self.rows.iter().map(AsRef::as_ref).collect();
        serde_json::to_writer(&mut bytes, &rows).expect("memory takes it");
        let length = (bytes.len() + CHECKSUM_BYTES) as u64;
        bytes[16..24].copy_from_slice(&length.to_le_bytes());
        let checksum = xxh3_64(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        write_whole(path, &self.to_bytes())
    }
}

const AGAIN: &str = "train the model again with --keep-examples";

fn damaged(why: &str) -> Error {
    Error::model(format!("is a damaged file of examples: {why}")).mend(AGAIN)
}

impl Model {
    /// The SHA-256 of what the model decides by: its tasks and labels, terms, idf, weights, intercepts and
    /// thresholds. It stays the same whatever version of the file the model is kept in.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        // Each text is hashed with its length, so that no two lists look alike.
        let text = |hash: &mut Sha256, text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        let floats = |hash: &mut Sha256, values: &[f32]| {
            hash.update((values.len() as u64).to_le_bytes());
            let bytes: Vec<u8> = values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            hash.update(&bytes);
        };
        for task in self.tasks() {
            text(&mut hash, &task.task.name);
            hash.update([u8::from(task.task.form == Form::Multi)]);
            hash.update((task.task.labels.len() as u64).to_le_bytes());
            for label in &task.task.labels {
                text(&mut hash, label);
            }
            hash.update((task.tfidf.vocabulary().len() as u64).to_le_bytes());
            for name in task.tfidf.vocabulary().names() {
                text(&mut hash, name);
            }
            floats(&mut hash, task.tfidf.idf());
            floats(&mut hash, task.linear.weights());
            floats(&mut hash, task.linear.intercepts());
            floats(&mut hash, &task.thresholds);
        }
        hash.finalize().into()
    }
}
