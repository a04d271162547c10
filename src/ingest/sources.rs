//! What the inputs name: files, the files of folders, globs, standard input.
//!
//! Owns the order, which is that of the inputs and, within a folder or a glob,
//! that of the paths' bytes, so it is the same on every machine; and which files of a folder, or of
//! an archive, are read.

use std::collections::HashSet;
use std::fs::File;
use std::io::ErrorKind as IoErrorKind;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::Arc;

use globset::GlobBuilder;
use walkdir::{DirEntry, WalkDir};

use super::encoding::Stream;
use super::{Format, Problem, sniff};
use crate::error::{Error, Place};

/// The endings known in a folder, each also with `.gz` or `.zst`.
const ENDINGS: [(&str, Format); 18] = [
    (".txt", Format::Text),
    (".text", Format::Text),
    (".md", Format::Markdown),
    (".markdown", Format::Markdown),
    (".jsonl", Format::Jsonl),
    (".ndjson", Format::Jsonl),
    (".csv", Format::Csv),
    (".tsv", Format::Csv),
    (".parquet", Format::Parquet),
    (".html", Format::Html),
    (".htm", Format::Html),
    (".xhtml", Format::Html),
    (".rss", Format::Feed),
    (".atom", Format::Feed),
    (".eml", Format::Mail),
    (".mhtml", Format::Mail),
    (".mht", Format::Mail),
    (".warc", Format::Warc),
];

/// Endings of files that may hold anything: of a folder those are read that begin as a feed, a page or a row does.
const MAYBE: [&str; 2] = [".json", ".xml"];

/// Something to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// Where it is; `None` is standard input.
    pub path: Option<PathBuf>,
    /// What to call it.
    pub name: String,
    /// What its name says of its format.
    pub format: Option<Format>,
    /// Its size, where it is a file on disk.
    pub bytes: Option<u64>,
}

impl Source {
    fn file(path: PathBuf) -> Self {
        let name = display(&path);
        let bytes = std::fs::metadata(&path)
            .ok()
            .filter(std::fs::Metadata::is_file)
            .map(|metadata| metadata.len());
        Source {
            format: format_of(&name),
            path: Some(path),
            name,
            bytes,
        }
    }

    /// A file of an archive.
    pub fn found(name: String) -> Self {
        Source {
            format: format_of(&name),
            path: None,
            name,
            bytes: None,
        }
    }

    /// Whether a file of this name is read from a folder, provided that it is [what it may be](Self::is_maybe).
    pub fn is_known(&self) -> bool {
        self.format.is_some() || self.is_maybe() || without_gz(&self.name).ends_with(".zip")
    }

    /// Whether the name leaves open what it is, so that it is read from a folder only if it begins as something known.
    pub fn is_maybe(&self) -> bool {
        let name = without_gz(&self.name);
        MAYBE.iter().any(|ending| name.ends_with(ending))
    }

    /// Whether a file that was found in a folder is read from there.
    fn is_read(&self) -> bool {
        let Some(path) = self.path.as_ref().filter(|_| self.is_maybe()) else {
            return self.is_known();
        };
        // What cannot be opened is told of when it is its turn.
        File::open(path).map_or(true, |file| {
            sniff::is_worth_reading(Stream::new(file, Arc::default()).head())
        })
    }

    /// Whether the name says that the columns are parted by tabs.
    pub fn is_tsv(&self) -> bool {
        without_gz(&self.name).ends_with(".tsv")
    }

    /// Whether the name says that it is JSON of whatever layout.
    pub fn is_json(&self) -> bool {
        without_gz(&self.name).ends_with(".json")
    }
}

/// Whether it is a pipe, socket or device: reading one may never end, or never begin.
fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

fn special_problem(path: &Path) -> Problem {
    let message = "no regular file but a pipe, socket or device, which is left out; \
                   one named itself is read";
    Problem::warning(Place::file(display(path)), message)
}

type Found = Vec<Result<Source, Problem>>;

/// Finds what `inputs` name, in order.
pub(super) fn find(inputs: &[String]) -> Result<Found, Error> {
    let mut found = Vec::new();
    let mut seen_stdin = false;
    for input in inputs {
        if input == "-" {
            if std::mem::replace(&mut seen_stdin, true) {
                return Err(Error::usage("standard input (`-`) is given more than once")
                    .mend("name it once"));
            }
            found.push(Ok(Source {
                path: None,
                name: "-".to_owned(),
                format: None,
                bytes: None,
            }));
            continue;
        }
        match std::fs::metadata(input) {
            Ok(metadata) if metadata.is_dir() => folder(Path::new(input), &mut found),
            Ok(_) => found.push(Ok(Source::file(PathBuf::from(input)))),
            // A path with a NUL or a `?` Windows refuses is "invalid", not "not found".
            Err(error) if error.kind() == IoErrorKind::PermissionDenied => {
                return Err(Error::io(input.as_str(), error).mend("check the folder's permissions"));
            }
            Err(_) if input.contains(['*', '?', '[']) => glob(input, &mut found)?,
            Err(error) if error.kind() == IoErrorKind::NotFound => {
                return Err(Error::input("no such file or folder")
                    .at(Place::file(input.as_str()))
                    .mend("check the path, or give `-` to read standard input"));
            }
            Err(error) => return Err(Error::io(input.as_str(), error)),
        }
    }
    Ok(found)
}

/// Adds the readable files of a folder and of the folders in it.
fn folder(root: &Path, found: &mut Found) {
    let mut sources = Vec::new();
    let mut left_out = Vec::new();
    let mut problems = Vec::new();
    let walk = WalkDir::new(root).follow_links(true);
    for entry in walk.into_iter().filter_entry(is_shown) {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) if is_special(entry.path()) => problems.push(special_problem(entry.path())),
            Ok(entry) => {
                let source = Source::file(entry.into_path());
                match source.is_read() {
                    true => sources.push(source),
                    false => left_out.push(source.name),
                }
            }
            // What a loop leads back to is read where it stands.
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => problems.push(unreadable(root, &error)),
        }
    }
    let message = match left_out.iter().min() {
        None if sources.is_empty() => Some("the folder holds no file to read".to_owned()),
        None => None,
        Some(first) => Some(self::left_out(left_out.len(), sources.len(), first)),
    };
    problems.extend(message.map(|message| Problem::warning(Place::file(display(root)), message)));
    let bytes_of = |source: &Source| source.path.clone().unwrap_or_default().into_os_string();
    sources.sort_by_cached_key(|source| bytes_of(source).into_encoded_bytes());
    found.extend(problems.into_iter().map(Err));
    found.extend(sources.into_iter().map(Ok));
}

/// What to tell of `n` files of a folder or an archive that were left out, of which `first` was the first.
pub(super) fn left_out(n: usize, n_read: usize, first: &str) -> String {
    let files = if n == 1 { "file" } else { "files" };
    let endings: Vec<&str> = ENDINGS.iter().map(|(ending, _)| *ending).collect();
    format!(
        "{n} {files} left out and {n_read} read: only {} and .zip (also .gz and .zst), and feeds and rows in .xml and .json, \
         are read from a folder; the first left out is {first}, and a file named itself is read whatever its ending",
        endings.join(", ")
    )
}

/// Adds what a pattern matches, as a shell would: files by name, folders whole.
fn glob(pattern: &str, found: &mut Found) -> Result<(), Error> {
    let matcher = GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| {
            Error::usage(format!("the pattern cannot be read: {}", error.kind()))
                .at(Place::file(pattern))
        })?
        .compile_matcher();
    let base = literal_base(pattern);
    let wild = &pattern[base.len()..];
    let root = if base.is_empty() { "." } else { base };
    let mut walk = WalkDir::new(root).follow_links(true).min_depth(1);
    if !pattern.contains("**") {
        walk = walk.max_depth(wild.split('/').count());
    }
    let wants_hidden = wild.starts_with('.') || wild.contains("/.");
    let mut matches = HashSet::new();
    let mut walk = walk.into_iter();
    while let Some(entry) = walk.next() {
        // What cannot be listed cannot match; a pattern names only what is there.
        let Ok(entry) = entry else { continue };
        let shown = wants_hidden || is_shown(&entry);
        let path = entry.path();
        let path = if base.is_empty() {
            path.strip_prefix(".").unwrap_or(path)
        } else {
            path
        };
        let matched = shown && matcher.is_match(path);
        if matched {
            matches.insert(path.to_path_buf());
        }
        if entry.file_type().is_dir() && (matched || !shown) {
            walk.skip_current_dir();
        }
    }
    if matches.is_empty() {
        return Err(Error::input("no file matches the pattern")
            .at(Place::file(pattern))
            .mend("check the pattern, or name the folder to read all that is in it"));
    }
    let mut matches: Vec<_> = matches.into_iter().collect();
    matches.sort_by(|a, b| {
        let (a, b) = (a.as_os_str(), b.as_os_str());
        a.as_encoded_bytes().cmp(b.as_encoded_bytes())
    });
    for path in matches {
        if path.is_dir() {
            folder(&path, found);
        } else if is_special(&path) {
            found.push(Err(special_problem(&path)));
        } else {
            found.push(Ok(Source::file(path)));
        }
    }
    Ok(())
}

/// The part of a pattern before the folder in which its first wildcard stands.
fn literal_base(pattern: &str) -> &str {
    let wild = pattern.find(['*', '?', '[', '{', '\\']).unwrap_or(0);
    let end = pattern[..wild].rfind('/').map_or(0, |slash| slash + 1);
    &pattern[..end]
}

fn is_shown(entry: &DirEntry) -> bool {
    entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn unreadable(root: &Path, error: &walkdir::Error) -> Problem {
    let path = error.path().unwrap_or(root);
    let why = error
        .io_error()
        .map_or_else(|| error.to_string(), ToString::to_string);
    Problem::skipped(Place::file(display(path)), format!("not readable: {why}"))
}

/// The path as shown: with `/` between folders on every system.
fn display(path: &Path) -> String {
    let path = path.to_string_lossy();
    if MAIN_SEPARATOR == '/' {
        path.into_owned()
    } else {
        path.replace(MAIN_SEPARATOR, "/")
    }
}

fn without_gz(name: &str) -> String {
    let name = name.to_lowercase();
    let bare = name.strip_suffix(".gz").or(name.strip_suffix(".zst"));
    bare.map(str::to_owned).unwrap_or(name)
}

fn format_of(name: &str) -> Option<Format> {
    let name = without_gz(name);
    ENDINGS
        .iter()
        .find(|(ending, _)| name.ends_with(ending))
        .map(|&(_, format)| format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_name_formats() {
        assert_eq!(format_of("a/b.TXT"), Some(Format::Text));
        assert_eq!(format_of("b.md.gz"), Some(Format::Markdown));
        assert_eq!(format_of("b.tsv.gz"), Some(Format::Csv));
        assert_eq!(format_of("b.json"), None);
        assert_eq!(format_of("b.gz"), None);
    }

    #[test]
    fn the_base_of_a_pattern_is_its_folders_without_wildcards() {
        assert_eq!(literal_base("*.txt"), "");
        assert_eq!(literal_base("a/b/*.txt"), "a/b/");
        assert_eq!(literal_base("a/b?/c/*.txt"), "a/");
        assert_eq!(literal_base("/x[12]"), "/");
    }
}
