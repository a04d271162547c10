//! What has been read, and what was said of it.
//!
//! Owns [`Ledger`], which counts documents and problems in the order of the input and tells which
//! warnings are news. Whoever reads on several threads gathers [`remarks`](Ledger::remarks) there, and keeps one
//! ledger where the order is restored.

use super::{Document, Format, Problem, Recurring, Severity, Told, rows};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// What has been read so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Documents delivered; the later parts of a long text are not counted again.
    pub documents: u64,
    /// Problems of severity [`Severity::Skipped`].
    pub skipped: u64,
    /// Problems of severity [`Severity::Warning`].
    pub warnings: u64,
    /// Rows whose date could not be read.
    pub unread_dates: u64,
    /// Bytes taken from disk or standard input, before decompression.
    pub bytes_read: u64,
    /// The sizes of all files together, unless something without a size is among the inputs.
    pub total_bytes: Option<u64>,
    /// Of the texts of the documents, in order: whoever reads an input twice tells by it whether it is the same.
    pub contents: Contents,
}

/// A hash of texts in their order, whichever way they are gathered in between: the value at a fixed odd number of the polynomial whose
/// coefficients are the texts' own hashes (Rabin, "Fingerprinting by random polynomials", 1981).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    value: u64,
    /// The radix to the power of their number.
    shift: u64,
}

/// An odd number, so that no text's hash is ever shifted out.
const RADIX: u64 = 0x9E37_79B9_7F4A_7C15;

impl Default for Contents {
    fn default() -> Self {
        Contents { value: 0, shift: 1 }
    }
}

impl Contents {
    fn push(&mut self, text: &str) {
        self.append(Contents {
            value: xxh3_64(text.as_bytes()),
            shift: RADIX,
        });
    }

    fn append(&mut self, other: Contents) {
        self.value = (self.value.wrapping_mul(other.shift)).wrapping_add(other.value);
        self.shift = self.shift.wrapping_mul(other.shift);
    }
}

/// Counts what is read, in the order of the input.
#[derive(Debug, Default)]
pub struct Ledger {
    counts: Counts,
    /// The file of the latest problem that is told once a file.
    path: Option<Arc<str>>,
    told_of_file: Vec<Recurring>,
    told: Vec<Recurring>,
}

impl Ledger {
    /// What has been counted; the bytes are not the ledger's to know.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Counts a document.
    pub fn count(&mut self, document: &Document) {
        self.counts.documents += u64::from(document.continues.is_none());
        self.counts.unread_dates += u64::from(document.undated);
        self.counts.contents.push(&document.text);
    }

    /// Adds what another ledger counted of documents behind ours; problems are to be
    /// [admitted](Self::admits) one by one.
    pub fn add_documents(&mut self, other: &Ledger) {
        self.counts.documents += other.counts.documents;
        self.counts.unread_dates += other.counts.unread_dates;
        self.counts.contents.append(other.counts.contents);
    }

    /// Counts a problem, unless it is of those that recur and was told already; says whether it was
    /// counted, and is to be told.
    pub fn admits(&mut self, problem: &Problem) -> bool {
        let told = match problem.told {
            Told::Always => None,
            Told::OnceAFile(what) => {
                let same = self.path.as_ref().is_some_and(|p| *p == problem.place.path);
                if !same {
                    self.path = Some(Arc::clone(&problem.place.path));
                    self.told_of_file.clear();
                }
                Some((&mut self.told_of_file, what))
            }
            Told::Once(what) => Some((&mut self.told, what)),
        };
        if let Some((told, what)) = told {
            if told.contains(&what) {
                return false;
            }
            told.push(what);
        }
        match problem.severity {
            Severity::Warning => self.counts.warnings += 1,
            Severity::Skipped => self.counts.skipped += 1,
        }
        true
    }

    /// Calls `each` with the warnings about a document, for [`admits`](Self::admits) to judge.
    pub fn remarks(document: &Document, mut each: impl FnMut(Problem)) {
        let mut warn = |message: String, told| {
            each(Problem {
                told,
                ..Problem::warning(document.place.clone(), message)
            });
        };
        if document.undated {
            let date = rows::as_text(document.fields.get("date").as_ref());
            let message = format!(
                "the date {:?} could not be read; the document is kept \
                 without one (later such dates are only counted)",
                date.unwrap_or_default()
            );
            warn(message, Told::Once(Recurring::Date));
        }
        if document.continues.is_none() && is_blank(&document.text) {
            let message = match &document.id {
                Some(id) => format!("no text in `{id}`"),
                None => "no text".to_owned(),
            };
            warn(message, Told::Always);
        }
        // In JSON a NUL is written as an escape, so it is meant.
        if document.format != Format::Jsonl && document.text.contains('\0') {
            let message = "a NUL byte stands in the text and was kept (told once a file)";
            warn(message.to_owned(), Told::OnceAFile(Recurring::Nul));
        }
    }
}

fn is_blank(text: &str) -> bool {
    !text.starts_with(|c: char| !c.is_whitespace()) && text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Place;

    #[test]
    fn contents_are_told_by_texts_and_order_and_not_by_how_they_were_gathered() {
        let all = |loads: &[&[&str]]| {
            let mut ledger = Ledger::default();
            for load in loads {
                let mut own = Ledger::default();
                for text in *load {
                    own.count(&Document {
                        text: (*text).to_owned(),
                        ..Document::default()
                    });
                }
                ledger.add_documents(&own);
            }
            ledger.counts().contents
        };
        let whole = all(&[&["a", "b", "", "c"]]);
        assert_eq!(all(&[&["a"], &[], &["b", ""], &["c"]]), whole);
        for other in [
            ["b", "a", "", "c"],
            ["a", "b", "c", ""],
            ["a", "b", "", "d"],
        ] {
            assert_ne!(all(&[&other]), whole);
        }
        assert_ne!(all(&[&["a", "b", "c"]]), whole);
    }

    #[test]
    fn what_recurs_is_told_once() {
        let mut ledger = Ledger::default();
        let problem = |path: &str, told| Problem {
            told,
            ..Problem::warning(Place::file(path), "odd")
        };
        let nul = Told::OnceAFile(Recurring::Nul);
        let admitted = [
            problem("a", nul),
            problem("a", nul),
            problem("a", Told::OnceAFile(Recurring::Encoding)),
            problem("b", nul),
            problem("b", Told::Once(Recurring::Date)),
            problem("c", Told::Once(Recurring::Date)),
            problem("c", Told::Always),
            problem("c", Told::Always),
        ]
        .map(|problem| ledger.admits(&problem));
        assert_eq!(admitted, [true, false, true, true, true, false, true, true]);
        assert_eq!(ledger.counts().warnings, 6);
    }
}
