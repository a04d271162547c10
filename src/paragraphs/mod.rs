//! Parts a document into paragraphs.
//!
//! Owns [`Paragraph`], the unit that is labelled, and where it stands in the text.
//!
//! | file | owns |
//! |---|---|
//! | `lines` | what a line is and what it looks like |
//! | `layout` | whether newlines end paragraphs or only wrap them |
//! | `hyphens` | words broken at the end of a line |
//! | `pages` | page numbers and running heads between lines |
//! | `segment` | the paragraphs of plain text |
//! | `markdown` | the paragraphs of Markdown |

mod hyphens;
mod layout;
mod lines;
mod markdown;
mod pages;
mod segment;

use std::borrow::Cow;
use std::ops::Range;

pub use segment::segment;

/// A paragraph and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph<'t> {
    /// The offset of its first byte in the document's text.
    pub start: usize,
    /// The offset behind its last byte.
    pub end: usize,
    /// The text between them with its white space folded; of plain text also without page numbers and
    /// running heads, words that were broken at the end of a line whole.
    pub text: Cow<'t, str>,
}

impl<'t> Paragraph<'t> {
    fn new(text: &'t str, span: Range<usize>) -> Self {
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
pub fn fold_white_space(text: &str) -> Cow<'_, str> {
    if is_folded(text) {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    Cow::Owned(folded)
}

/// Whether all white space of a text is single spaces within it.
fn is_folded(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ') {
        return false;
    }
    // A loop without a way out is vectorized.
    if bytes
        .iter()
        .fold(false, |found, byte| found | (*byte < b' '))
        && text.contains(is_other_space)
    {
        return false;
    }
    let begins_space = |at: usize| text[at..].starts_with(is_other_space);
    // All white space beyond ASCII begins with one of these bytes.
    !(memchr::memchr3_iter(0xC2, 0xE2, 0xE3, bytes).any(begins_space)
        || memchr::memchr_iter(0xE1, bytes).any(begins_space)
        || memchr::memmem::find(bytes, b"  ").is_some())
}

fn is_other_space(c: char) -> bool {
    c != ' ' && c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_folded_is_left_alone(text in "[a “\u{a0}\u{85}\u{2003}\u{3000}\u{1680}\t\n]{0,8}") {
            let words: Vec<&str> = text.split_whitespace().collect();
            let folded = words.join(" ");
            prop_assert_eq!(is_folded(&text), folded == text);
            prop_assert_eq!(fold_white_space(&text), folded);
        }
    }
}
