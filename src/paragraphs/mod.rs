//! Parts a document into paragraphs.
//!
//! Owns [`Paragraph`], the unit that is labelled, and where it stands in the text.

mod segment;

pub use segment::segment;

/// A paragraph and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// The offset of its first byte in the document's text.
    pub start: usize,
    /// The offset behind its last byte.
    pub end: usize,
    /// The text between them with its white space folded.
    pub text: String,
}

/// Makes each run of white space one space and drops it at both ends.
pub fn fold_white_space(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}
