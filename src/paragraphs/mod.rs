//! Parts a document into paragraphs.
//!
//! Owns [`Paragraph`], the unit that is labelled, and where it stands in the text.
//!
//! | file | owns |
//! |---|---|
//! | `lines` | what a line is and what it looks like |
//! | `layout` | whether newlines end paragraphs or only wrap them |
//! | `segment` | the paragraphs of plain text |
//! | `markdown` | the paragraphs of Markdown |

mod layout;
mod lines;
mod markdown;
mod segment;

use std::ops::Range;

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

impl Paragraph {
    fn new(text: &str, span: Range<usize>) -> Self {
        Paragraph {
            start: span.start,
            end: span.end,
            text: fold_white_space(&text[span]),
        }
    }
}

/// Makes each run of Unicode white space one space and drops it at both ends.
///
/// ```
/// use demarche::paragraphs::fold_white_space;
/// assert_eq!(fold_white_space(" one\r\n\u{a0}two\t"), "one two");
/// ```
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
