//! Where paragraphs begin and end.

use super::{Paragraph, fold_white_space};
use crate::ingest::Format;

/// Parts a text into paragraphs, in order.
pub fn segment(text: &str, _format: Format) -> Vec<Paragraph> {
    text.split("\n\n")
        .map(|p| Paragraph {
            start: 0,
            end: 0,
            text: fold_white_space(p),
        })
        .collect()
}
