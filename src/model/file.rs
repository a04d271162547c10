//! The model file.
//!
//! Owns the format, its version 2 (all numbers little-endian):
//!
//! ```text
//! offset  bytes  what
//! 0       8      magic, "DEMARCHE"
//! 8       4      format version, u32
//! 12      4      length of the card, u32
//! 16      8      length of the whole file, u64
//! 24      …      the card: JSON, a [`Card`]
//! …       …      the names of all tasks' terms, sorted and front-coded: for each, the count of
//!                bytes shared with the name before it and of bytes that follow (LEB128 each),
//!                and those bytes
//! …       …      for each task of the card, in order:
//!                  which names are its terms: a bit each, the lowest first, zeros to a whole byte
//!                  idf, f32 each
//!                  weights, f32, n_terms × n_labels, term by term
//! end−8   8      XXH3-64 of all bytes before
//! ```
//!
//! Version 1, which is read still, has the names of a task's own terms in place of the bits, and none
//! before the tasks.
//!
//! The length stands at the front so that a truncated file is told before it is read, and every
//! length inside is checked against what is left before memory is taken for it.

use super::terms::{self, Bytes, damaged};
use super::{
    Codebook, Cuts, LearnedOn, LinearModel, Model, Provenance, Task, TaskErrors, TaskModel,
    TaskOptions,
};
use crate::error::{Error, Place, Result};
use crate::features::{TermNames, Tfidf, Vocabulary};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

const MAGIC: &[u8; 8] = b"DEMARCHE";
const FORMAT_VERSION: u32 = 2;
/// The oldest version that is read.
const OLDEST_VERSION: u32 = 1;
const HEADER_BYTES: usize = 24;
const CHECKSUM_BYTES: usize = 8;

/// Files beyond this size are refused unread.
pub const MAX_FILE_BYTES: u64 = 4 << 30;

#[derive(Debug, Serialize, Deserialize)]
struct Card {
    /// How many names stand before the tasks.
    #[serde(default)]
    n_names: u64,
    tasks: Vec<TaskCard>,
    provenance: Provenance,
    codebook: Option<Codebook>,
}

#[derive(Debug, Serialize, Deserialize)]
struct TaskCard {
    task: Task,
    options: TaskOptions,
    thresholds: Vec<f32>,
    intercepts: Vec<f32>,
    n_terms: u64,
    // Files from before there were any have none; a reader from then passes them over, since the weights
    // and thresholds say all that it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calibrated_on: Option<LearnedOn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cuts: Option<Cuts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    errors: Option<TaskErrors>,
}

impl Model {
    /// Reads a model file.
    ///
    /// # Errors
    /// When the file cannot be read, is no model, is of another version, or is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let io = |error| Error::io(name.clone(), error);
        let at = |error: Error| error.at(Place::file(name.clone()));
        let mut file = std::fs::File::open(path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        if metadata.is_dir() {
            return Err(at(Error::model("is a folder, not a model file")));
        }
        let mut header = [0u8; HEADER_BYTES];
        let mut n_read = 0;
        while n_read < HEADER_BYTES {
            match file.read(&mut header[n_read..]).map_err(io)? {
                0 => break,
                n => n_read += n,
            }
        }
        let declared = check_header(&header[..n_read]).map_err(at)?;
        if metadata.is_file() && metadata.len() != declared {
            return Err(at(wrong_length(declared, metadata.len())));
        }
        let mut bytes = header.to_vec();
        // `take` holds a pipe, whose length is unknown, to what its header declares.
        file.take(declared - HEADER_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(io)?;
        Model::from_bytes(&bytes).map_err(at)
    }

    /// Reads a model from the bytes of a model file.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let header = &bytes[..bytes.len().min(HEADER_BYTES)];
        let declared = check_header(header)?;
        if bytes.len() as u64 != declared {
            return Err(wrong_length(declared, bytes.len() as u64));
        }
        let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM_BYTES);
        if xxh3_64(content).to_le_bytes() != checksum {
            return Err(damaged("its checksum does not match"));
        }
        let card_bytes = u32_at(content, 12) as usize;
        let mut rest = Bytes(&content[HEADER_BYTES..]);
        let card: Card = serde_json::from_slice(rest.take(card_bytes)?)
            .map_err(|error| damaged(&format!("its card cannot be read: {error}")))?;
        let names = match u32_at(content, 8) {
            1 => None,
            _ => Some(Arc::new(terms::read_names(card.n_names, &mut rest)?)),
        };
        let tasks: Vec<TaskModel> = (card.tasks.into_iter())
            .map(|task| read_task(task, names.as_ref(), &mut rest))
            .collect::<Result<_>>()?;
        if !rest.0.is_empty() {
            return Err(damaged("it holds more than its card lists"));
        }
        Model::new(tasks, card.provenance, card.codebook)
    }

    /// The bytes of the model file.
    ///
    /// # Errors
    /// When the card passes 4 GiB.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let names = all_names(self.tasks());
        let card = Card {
            n_names: names.len() as u64,
            tasks: self.tasks().iter().map(task_card).collect(),
            provenance: self.provenance().clone(),
            codebook: self.codebook().cloned(),
        };
        let card = serde_json::to_vec(&card).map_err(|e| Error::model(e.to_string()))?;
        let card_bytes =
            u32::try_from(card.len()).map_err(|_| Error::model("the card passes 4 GiB"))?;
        let mut bytes = Vec::new();
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&card_bytes.to_le_bytes());
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&card);
        terms::write_names(&names, &mut bytes);
        for task in self.tasks() {
            terms::write_choice(&names, task.tfidf.vocabulary(), &mut bytes);
            write_floats(task.tfidf.idf(), &mut bytes);
            write_floats(task.linear.weights(), &mut bytes);
        }
        let length = (bytes.len() + CHECKSUM_BYTES) as u64;
        bytes[16..24].copy_from_slice(&length.to_le_bytes());
        let checksum = xxh3_64(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        Ok(bytes)
    }

    /// Writes the model file, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write_whole(path.as_ref(), &self.to_bytes()?)
    }
}

/// Reads a whole file.
///
/// # Errors
/// When it is a folder, is too large or cannot be read.
pub fn read_whole(path: &Path) -> Result<Vec<u8>> {
    let name = path.display().to_string();
    let io = |error| Error::io(name.clone(), error);
    let metadata = std::fs::metadata(path).map_err(io)?;
    if metadata.is_dir() {
        return Err(Error::model("is a folder").at(Place::file(name)));
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(Error::model("is larger than 4 GiB").at(Place::file(name)));
    }
    std::fs::read(path).map_err(io)
}

/// Writes a file beside its place and moves it there, so that nobody sees a half of it. A link stays,
/// and what it leads to is written; a pipe or a device is written to and not replaced.
///
/// # Errors
/// When the folder is missing or the file cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let io = |error| Error::io(path.display().to_string(), error);
    let meant = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let path = meant.as_path();
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return std::fs::write(path, bytes).map_err(io);
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new();
    #[cfg(unix)]
    {
        // A temporary file is private; what takes its place should be as readable as any new file.
        use std::os::unix::fs::PermissionsExt;
        file.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = file.tempfile_in(folder).map_err(io)?;
    file.write_all(bytes).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    file.persist(path).map_err(|error| io(error.error))?;
    Ok(())
}

/// Checks magic and version; gives the declared length of the file.
fn check_header(header: &[u8]) -> Result<u64> {
    if !header.starts_with(MAGIC) {
        let mend = "give a file that `demarche train` wrote";
        return Err(Error::model("is not a demarche model").mend(mend));
    }
    if header.len() < HEADER_BYTES {
        return Err(damaged("it ends within its header"));
    }
    let version = u32_at(header, 8);
    if !(OLDEST_VERSION..=FORMAT_VERSION).contains(&version) {
        return Err(Error::model(format!(
            "has format version {version}; this program reads versions {OLDEST_VERSION} to {FORMAT_VERSION}"
        ))
        .mend("train it again, or use the program that wrote it"));
    }
    let declared = u64::from_le_bytes(header[16..24].try_into().expect("eight bytes"));
    if declared > MAX_FILE_BYTES {
        return Err(damaged("it declares a size beyond 4 GiB"));
    }
    if declared < (HEADER_BYTES + CHECKSUM_BYTES) as u64 {
        return Err(damaged("it declares a size below that of its header"));
    }
    Ok(declared)
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(bytes[offset..offset + 4].try_into().expect("four bytes"))
}

fn wrong_length(declared: u64, found: u64) -> Error {
    damaged(&format!("it should have {declared} bytes and has {found}"))
}

fn task_card(task: &TaskModel) -> TaskCard {
    TaskCard {
        task: task.task.clone(),
        options: task.options.clone(),
        thresholds: task.thresholds.clone(),
        intercepts: task.linear.intercepts().to_vec(),
        n_terms: task.tfidf.vocabulary().len() as u64,
        calibrated_on: task.calibrated_on.clone(),
        cuts: task.cuts.clone(),
        errors: task.errors.clone(),
    }
}

fn read_task(
    card: TaskCard,
    names: Option<&Arc<TermNames>>,
    rest: &mut Bytes<'_>,
) -> Result<TaskModel> {
    let vocabulary = match names {
        Some(names) => {
            let places = terms::read_choice(names.len(), card.n_terms, rest)?;
            Vocabulary::within(Arc::clone(names), places)
        }
        None => Vocabulary::of_checked(terms::read_names(card.n_terms, rest)?),
    };
    let n_terms = vocabulary.len();
    let idf = read_floats(n_terms, rest)?;
    let n_weights = n_terms
        .checked_mul(card.intercepts.len())
        .ok_or_else(|| damaged("it declares too many weights"))?;
    let weights = read_floats(n_weights, rest)?;
    let linear = LinearModel::new(weights, card.intercepts)?;
    Ok(TaskModel {
        tfidf: Tfidf::from_parts(card.options.tfidf.clone(), vocabulary, idf)?,
        task: card.task,
        options: card.options,
        linear,
        thresholds: card.thresholds,
        calibrated_on: card.calibrated_on,
        cuts: card.cuts,
        errors: card.errors,
    })
}

/// The names of the terms of all tasks, sorted.
fn all_names(tasks: &[TaskModel]) -> TermNames {
    let mut names: Vec<&str> = (tasks.iter())
        .flat_map(|task| task.tfidf.vocabulary().names())
        .collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().collect()
}

fn write_floats(values: &[f32], out: &mut Vec<u8>) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn read_floats(n: usize, rest: &mut Bytes<'_>) -> Result<Vec<f32>> {
    let n_bytes = n
        .checked_mul(4)
        .ok_or_else(|| damaged("it declares too many numbers"))?;
    let bytes = rest.take(n_bytes)?.chunks_exact(4);
    Ok(bytes
        .map(|b| f32::from_le_bytes(b.try_into().expect("four bytes")))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_a_link_leads_to_is_written_and_a_device_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, link) = (folder.path().join("kept"), folder.path().join("link"));
        std::fs::write(&kept, "old").unwrap();
        std::os::unix::fs::symlink(&kept, &link).unwrap();
        write_whole(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read(&kept).unwrap(), b"new");
        let device = folder.path().join("device");
        std::os::unix::fs::symlink("/dev/null", &device).unwrap();
        write_whole(&device, b"new").unwrap();
        assert!(device.is_symlink() && !device.is_file());
    }
}
