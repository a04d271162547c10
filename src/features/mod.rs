//! Turns terms into numbers.
//!
//! Owns the term counts of a corpus ([`TermCounts`]), the sparse matrix that linfa's
//! traits take ([`SparseRecords`]), the fitted [`Vocabulary`] and [`Tfidf`]. Parameters
//! ([`TfidfParams`]) and what is fitted by them are different types, and nothing that
//! transforms ever learns.

pub mod counts;
pub mod names;
pub mod records;
pub mod tfidf;
pub mod vocabulary;

pub use counts::{CountsBuilder, TermCounts};
pub use names::TermNames;
pub use records::SparseRecords;
pub use tfidf::{DocumentFrequency, TextCounts, Tfidf, TfidfParams};
pub use vocabulary::Vocabulary;
