//! Words and where they stand.
//!
//! Owns the cut of a text into words by the Unicode rules (UAX #29, word boundaries,
//! segments that hold a letter or a digit).

use unicode_segmentation::UnicodeSegmentation;

/// An occurrence of a word in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'t> {
    /// Byte offset of the first byte of the word in the text.
    pub start: usize,
    /// The word as it stands in the text.
    pub surface: &'t str,
    /// The character before the word, which tells money from counts.
    pub before: Option<u8>,
    /// The character after the word, which tells per cent from counts.
    pub after: Option<u8>,
}

impl Token<'_> {
    /// Byte offset one past the last byte of the word.
    pub fn end(&self) -> usize {
        self.start + self.surface.len()
    }
}

/// The words of `text`, in order, with their byte offsets.
///
/// ```
/// use demarche::text::tokenize::tokens;
/// let words: Vec<&str> = tokens("U.S.-China talks, day 2").map(|t| t.surface).collect();
/// assert_eq!(words, ["U.S", "China", "talks", "day", "2"]);
/// ```
pub fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let bytes = text.as_bytes();
    text.unicode_word_indices()
        .map(move |(start, surface)| Token {
            start,
            surface,
            before: start.checked_sub(1).map(|i| bytes[i]),
            after: bytes.get(start + surface.len()).copied(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn contractions_and_decimals_stay_whole() {
        let words: Vec<&str> = tokens("China's 3.5% don’t").map(|t| t.surface).collect();
        assert_eq!(words, ["China's", "3.5", "don’t"]);
    }

    proptest! {
        #[test]
        fn spans_are_the_surfaces(text in any::<String>()) {
            let mut last = 0;
            for token in tokens(&text) {
                prop_assert!(token.start >= last);
                prop_assert_eq!(&text[token.start..token.end()], token.surface);
                last = token.end();
            }
        }
    }
}
