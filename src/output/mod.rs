//! Writes finished results.
//!
//! Owns one file a format: [`jsonl`], [`csv`](mod@csv) and [`table`] for labelled paragraphs, with [`reasons`] in each, [`extract`] for
//! bare ones, [`articles`] for articles in all three, [`scores`],
//! [`scores_json`], [`markdown`] and [`page`] for benchmarks, [`card`] for models. Nothing here reads, classifies or measures, and
//! everything is written to a writer that the caller gives.

pub mod articles;
pub mod card;
pub mod contrast;
pub mod csv;
pub mod error_source;
pub mod extract;
pub mod jsonl;
pub mod markdown;
pub mod page;
pub mod reasons;
pub mod scores;
mod scores_extra;
pub mod scores_json;
pub mod table;
pub mod trend_plots;
pub mod trends;

use crate::model::{Form, Task};
use crate::predict::{LabelledDocument, Prediction};
use std::io;

/// A writer of labelled documents in one format.
pub trait DocumentWriter {
    /// Writes one document, or one part of a long one.
    ///
    /// # Errors
    /// What the writer behind it says.
    fn write(&mut self, document: &LabelledDocument) -> io::Result<()>;

    /// What makes the format's bytes of a paragraph, where that takes nothing from the paragraphs before it: any
    /// thread can then encode, for [`write_encoded`](Self::write_encoded).
    fn encoder(&self) -> Option<&jsonl::Encoder> {
        None
    }

    /// Writes what the encoder made.
    ///
    /// # Errors
    /// What the writer behind it says; and where there is no encoder.
    fn write_encoded(&mut self, bytes: &[u8]) -> io::Result<()> {
        Err(io::Error::other(format!(
            "{} bytes of another format",
            bytes.len()
        )))
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// What the writer behind it says.
    fn finish(&mut self) -> io::Result<()>;
}

/// Decimals of probabilities and decision values.
const SCORE_PLACES: usize = 5;

/// The label of a single task, if one was given.
fn single_label<'p>(task: &'p Task, prediction: &'p Prediction) -> Option<&'p str> {
    debug_assert_eq!(task.form, Form::Single);
    prediction.label(&task.name)
}

/// A number with at most `places` decimals, so that JSON shows no digits that mean nothing.
fn rounded(value: f32, places: i32) -> f64 {
    let scale = 10f64.powi(places);
    let rounded = (f64::from(value) * scale).round() / scale;
    // No negative zero.
    rounded + 0.0
}
