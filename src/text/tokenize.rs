//! Words and where they stand.
//!
//! Owns the cut of a text into words by the Unicode rules (UAX #29, word boundaries, segments that
//! hold a letter or a digit). ASCII and the quotes and dashes of English typography are cut here, a
//! byte at a time; a stretch with any other character goes to `unicode-segmentation`. Which of the two cut a
//! word does not show: a test holds them to the same words.

use unicode_segmentation::{UnicodeSegmentation, UnicodeWordIndices};

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
pub fn tokens(text: &str) -> Tokens<'_> {
    Tokens {
        text,
        at: 0,
        foreign: None,
    }
}

/// The words of a text: see [`tokens`].
#[derive(Debug)]
pub struct Tokens<'t> {
    text: &'t str,
    at: usize,
    /// A stretch that `unicode-segmentation` cuts: where it starts, and its words.
    foreign: Option<(usize, UnicodeWordIndices<'t>)>,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    #[inline]
    fn next(&mut self) -> Option<Token<'t>> {
        loop {
            if let Some((base, words)) = &mut self.foreign {
                match words.next() {
                    Some((start, surface)) => {
                        let start = *base + start;
                        return Some(self.token(start, start + surface.len()));
                    }
                    None => self.foreign = None,
                }
            }
            let bytes = self.text.as_bytes();
            let start = word_start(bytes, self.at);
            if start == bytes.len() {
                self.at = start;
                return None;
            }
            if class(bytes[start]) == Class::Foreign {
                match foreign_class(&bytes[start..]) {
                    Class::Foreign => self.hand_over(start),
                    _ => self.at = start + 3,
                }
                continue;
            }
            match word_end(bytes, start) {
                Ending::Word(end) => {
                    self.at = end;
                    return Some(self.token(start, end));
                }
                Ending::NoWord(end) => self.at = end,
                Ending::Unclear => self.hand_over(start),
            }
        }
    }
}

impl<'t> Tokens<'t> {
    #[inline]
    fn token(&self, start: usize, end: usize) -> Token<'t> {
        let bytes = self.text.as_bytes();
        Token {
            start,
            surface: &self.text[start..end],
            before: start.checked_sub(1).map(|i| bytes[i]),
            after: bytes.get(end).copied(),
        }
    }

    /// Gives the stretch around `at`, up to the next white space, to `unicode-segmentation`. It starts
    /// early enough to hold what a combining mark at `at` would be joined to.
    #[cold]
    fn hand_over(&mut self, at: usize) {
        let bytes = self.text.as_bytes();
        let mut start = at;
        if class(bytes[at]) == Class::Foreign {
            start = self.text.floor_char_boundary(at.saturating_sub(1));
            while bytes[start] == b' ' && start > 0 && bytes[start - 1] == b' ' {
                start -= 1;
            }
        }
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
        let end = bytes[at..].iter().position(is_space);
        let end = end.map_or(bytes.len(), |length| at + length);
        self.foreign = Some((start, self.text[start..end].unicode_word_indices()));
        self.at = end;
    }
}

/// What a character is to the rules of UAX #29.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Class {
    Other,
    Letter,
    Digit,
    /// `_`, which joins and is no word alone.
    Underscore,
    /// Joins letters: `:`.
    MidLetter,
    /// Joins digits: `,` and `;`.
    MidNumber,
    /// Joins either: `.`, `'`, `‘` and `’`.
    Mid,
    /// The first byte of a character beyond ASCII.
    Foreign,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            b'_' => Class::Underscore,
            b':' => Class::MidLetter,
            b',' | b';' => Class::MidNumber,
            b'.' | b'\'' => Class::Mid,
            0x80.. => Class::Foreign,
            _ => Class::Other,
        };
        byte += 1;
    }
    classes
};

#[inline]
fn class(byte: u8) -> Class {
    CLASSES[byte as usize]
}

/// The class of the character beyond ASCII that `bytes` begin with, where it is one of the three-byte
/// characters that English typography needs: quotes, dashes, the ellipsis.
#[inline]
fn foreign_class(bytes: &[u8]) -> Class {
    match bytes {
        [0xE2, 0x80, 0x98 | 0x99, ..] => Class::Mid,
        [0xE2, 0x80, 0x93 | 0x94 | 0x9C | 0x9D | 0xA6, ..] => Class::Other,
        _ => Class::Foreign,
    }
}

/// Whether a byte is a letter, a digit or `_` of ASCII: what most words are made of.
const IN_WORD: [bool; 256] = {
    let mut in_word = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        in_word[byte] = matches!(
            CLASSES[byte],
            Class::Letter | Class::Digit | Class::Underscore
        );
        byte += 1;
    }
    in_word
};

/// Where, from `at` on, the first byte stands that may begin a word.
#[inline]
fn word_start(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        if IN_WORD[*byte as usize] || *byte >= 0x80 {
            break;
        }
        at += 1;
    }
    at
}

/// How a stretch that begins with a letter, a digit or `_` ends.
enum Ending {
    /// A word up to here.
    Word(usize),
    /// Underscores alone.
    NoWord(usize),
    /// A character that only the whole rules can judge.
    Unclear,
}

#[inline]
fn word_end(bytes: &[u8], start: usize) -> Ending {
    let mut at = start + 1;
    loop {
        while bytes.get(at).is_some_and(|byte| IN_WORD[*byte as usize]) {
            at += 1;
        }
        match bytes.get(at).map_or(Class::Other, |byte| class(*byte)) {
            Class::Other => break,
            here => match joined(bytes, at, here) {
                Joined::To(next) => at = next,
                Joined::Not => break,
                Joined::Unclear => return Ending::Unclear,
            },
        }
    }
    let is_underscore = |byte: &u8| *byte == b'_';
    match bytes[start] == b'_' && bytes[start..at].iter().all(is_underscore) {
        true => Ending::NoWord(at),
        false => Ending::Word(at),
    }
}

/// Whether a character that is part of no word alone joins the letters or digits around it.
enum Joined {
    /// The word goes on here.
    To(usize),
    Not,
    Unclear,
}

/// Judges the character of class `here` at `at`, behind a letter, a digit or `_`.
fn joined(bytes: &[u8], at: usize, here: Class) -> Joined {
    let (here, width) = match here {
        Class::Foreign => (foreign_class(&bytes[at..]), 3),
        other => (other, 1),
    };
    let joins = match (here, class(bytes[at - 1])) {
        (Class::Foreign, _) => return Joined::Unclear,
        (Class::Mid | Class::MidLetter, Class::Letter) => Class::Letter,
        (Class::Mid | Class::MidNumber, Class::Digit) => Class::Digit,
        // What stands behind it is no matter of the word before it, be it a combining mark.
        _ => return Joined::Not,
    };
    let behind = (bytes.get(at + width)).map_or(Class::Other, |b| class(*b));
    if behind == joins {
        Joined::To(at + width + 1)
    } else if behind == Class::Foreign && foreign_class(&bytes[at + width..]) == Class::Foreign {
        Joined::Unclear
    } else {
        Joined::Not
    }
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

    #[test]
    fn foreign_letters_are_cut_by_the_whole_rules() {
        let words: Vec<&str> = tokens("São Paulo’s “naïve” a.é_1 x:y 1,5;6 __ _a_")
            .map(|t| t.surface)
            .collect();
        assert_eq!(
            words,
            ["São", "Paulo’s", "naïve", "a.é_1", "x:y", "1,5;6", "_a_"]
        );
    }

    /// Texts of what the rules turn on, so that short ones meet most of them.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "a", "Z", "5", "_", ":", ",", ";", ".", "'", "’", "‘", "“", "”", "—", "–", "…", " ",
            "\n", "\t", "\r", "\u{b}", "\u{c}", "é", "ß", "中", "か", "カ", "א", "\"", "\u{301}",
            "\u{200d}", "\u{ad}", "\u{1133e}", "🇺🇸", "😀", "·", "‧", "\u{2024}", "\u{a0}",
            "\u{2028}", "-", "%", "$", "~", "(", "\0",
        ]);
        prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
    }

    fn same_words(text: &str) -> Result<(), TestCaseError> {
        let ours: Vec<(usize, &str)> = tokens(text).map(|t| (t.start, t.surface)).collect();
        let theirs: Vec<(usize, &str)> = text.unicode_word_indices().collect();
        prop_assert_eq!(ours, theirs, "{:?}", text);
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn words_are_those_of_the_unicode_rules(text in pieces()) {
            same_words(&text)?;
        }

        #[test]
        fn words_of_any_text_are_too(text in any::<String>()) {
            same_words(&text)?;
        }
    }
}
