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
pub fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    spans(text).map(|span| token(text, span.start, span.end))
}

/// The word of `text` that stands from `start` to `end`.
pub(super) fn token(text: &str, start: usize, end: usize) -> Token<'_> {
    let bytes = text.as_bytes();
    Token {
        start,
        surface: &text[start..end],
        before: start.checked_sub(1).map(|i| bytes[i]),
        after: bytes.get(end).copied(),
    }
}

/// Where a word stands, and the [`surface_key`] of its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    pub key: u64,
}

/// Where the words of `text` stand.
pub(super) fn spans(text: &str) -> Spans<'_> {
    Spans {
        text,
        at: 0,
        foreign: None,
    }
}

/// The places of the words of a text.
#[derive(Debug)]
pub(super) struct Spans<'t> {
    text: &'t str,
    at: usize,
    /// A stretch that `unicode-segmentation` cuts: where it starts, and its words.
    foreign: Option<Box<(usize, UnicodeWordIndices<'t>)>>,
}

impl Iterator for Spans<'_> {
    type Item = Span;

    #[inline]
    fn next(&mut self) -> Option<Span> {
        loop {
            if self.foreign.is_some()
                && let Some(span) = self.next_foreign()
            {
                return Some(span);
            }
            let bytes = self.text.as_bytes();
            let start = word_start(bytes, self.at);
            if start == bytes.len() {
                self.at = start;
                return None;
            }
            // Eight bytes at a time, most words need no loop and no branch that depends on their length.
            let (mut end, mut key) = (start, 0);
            let (rest, length) = loop {
                let block = block_at(bytes, end);
                let length = word_bytes(block);
                if length < 8 {
                    break (block, length);
                }
                key = fold(block ^ SECRET[0], key ^ SECRET[1]);
                end += 8;
            };
            end += length;
            let behind = bytes.get(end).map_or(Class::Other, |byte| class(*byte));
            if behind == Class::Other && end > start && bytes[start] != b'_' {
                self.at = end;
                let key = last_key(rest, length, key, end - start);
                return Some(Span { start, end, key });
            }
            if let Some(span) = self.next_odd(start) {
                return Some(span);
            }
        }
    }
}

impl Spans<'_> {
    #[cold]
    fn next_foreign(&mut self) -> Option<Span> {
        let (base, words) = &mut **self.foreign.as_mut()?;
        match words.next() {
            Some((start, surface)) => Some(Span {
                start: *base + start,
                end: *base + start + surface.len(),
                key: surface_key(surface.as_bytes()),
            }),
            None => {
                self.foreign = None;
                None
            }
        }
    }

    /// The word at `start` where it goes on behind a mark, or is none.
    fn next_odd(&mut self, start: usize) -> Option<Span> {
        let bytes = self.text.as_bytes();
        if class(bytes[start]) == Class::Foreign {
            match foreign_class(&bytes[start..]) {
                Class::Foreign => self.hand_over(start),
                _ => self.at = start + 3,
            }
            return None;
        }
        match word_end(bytes, start) {
            Ending::Word(end) => {
                self.at = end;
                let key = surface_key(&bytes[start..end]);
                return Some(Span { start, end, key });
            }
            Ending::NoWord(end) => self.at = end,
            Ending::Unclear => self.hand_over(start),
        }
        None
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
        let words = self.text[start..end].unicode_word_indices();
        self.foreign = Some(Box::new((start, words)));
        self.at = end;
    }
}

/// The eight bytes from `at` on, the first one lowest; zeros behind the end.
#[inline]
fn block_at(bytes: &[u8], at: usize) -> u64 {
    match bytes[at..].first_chunk::<8>() {
        Some(block) => u64::from_le_bytes(*block),
        None => last_block(&bytes[at..]),
    }
}

/// Less than eight bytes as a block, filled up with zeros.
#[inline]
fn last_block(bytes: &[u8]) -> u64 {
    let mut block = [0; 8];
    block[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(block)
}

/// How many letters, digits and `_` of ASCII a block begins with.
///
/// Eight comparisons in one number: adding `0x80 − c` to a byte below 0x80 sets its high bit if it is at
/// least `c`.
#[inline]
fn word_bytes(block: u64) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x80 * ONES;
    let low = block & !HIGHS;
    let at_least = |bytes: u64, c: u8| bytes + (0x80 - u64::from(c)) * ONES;
    let within = |bytes: u64, from: u8, to: u8| at_least(bytes, from) & !at_least(bytes, to + 1);
    let letters = within(low | (0x20 * ONES), b'a', b'z');
    let digits = within(low, b'0', b'9');
    let underscores = within(low, b'_', b'_');
    let in_word = (letters | digits | underscores) & !block & HIGHS;
    (in_word ^ HIGHS).trailing_zeros() as usize / 8
}

const SECRET: [u64; 2] = [0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB];

/// A number by which a word as it stands in a text is known to a cache: wyhash's folded multiplication (Wang
/// Yi, 2019) of eight bytes at a time, since most words have no more.
pub(super) fn surface_key(surface: &[u8]) -> u64 {
    let (blocks, rest) = surface.as_chunks::<8>();
    let key = blocks.iter().fold(0, |key, block| {
        fold(u64::from_le_bytes(*block) ^ SECRET[0], key ^ SECRET[1])
    });
    last_key(last_block(rest), rest.len(), key, surface.len())
}

/// The [`surface_key`] of a word of `n_bytes`, given the key of its whole blocks and the block whose first
/// `length` bytes, less than eight, are its last ones.
#[inline]
fn last_key(block: u64, length: usize, key: u64, n_bytes: usize) -> u64 {
    let last = block & !(u64::MAX << (8 * length));
    fold(last ^ SECRET[0], key ^ n_bytes as u64 ^ SECRET[1])
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
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
            "a",
            "Z",
            "5",
            "_",
            ":",
            ",",
            ";",
            ".",
            "'",
            "’",
            "‘",
            "“",
            "”",
            "—",
            "–",
            "…",
            " ",
            "\n",
            "\t",
            "\r",
            "\u{b}",
            "\u{c}",
            "é",
            "ß",
            "中",
            "か",
            "カ",
            "א",
            "\"",
            "\u{301}",
            "\u{200d}",
            "\u{ad}",
            "\u{1133e}",
            "🇺🇸",
            "😀",
            "·",
            "‧",
            "\u{2024}",
            "\u{a0}",
            "\u{2028}",
            "-",
            "%",
            "$",
            "~",
            "(",
            "\0",
        ]);
        prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
    }

    #[test]
    fn words_of_a_block_are_those_of_the_table() {
        for byte in 0..=255u8 {
            for at in 0..8 {
                let mut block = *b"zA9_a0Z5";
                block[at] = byte;
                let expected = block.iter().take_while(|b| IN_WORD[**b as usize]).count();
                let found = word_bytes(u64::from_le_bytes(block));
                assert_eq!(found, expected, "{byte:#x} at {at}");
            }
        }
    }

    #[test]
    fn no_two_short_words_have_one_key() {
        let mut keys = std::collections::HashSet::new();
        let letters = b"abz019AZ'";
        let mut words: Vec<Vec<u8>> = vec![Vec::new()];
        for _ in 0..5 {
            let longer = words
                .iter()
                .flat_map(|word| letters.map(|letter| [word.as_slice(), &[letter]].concat()));
            words = longer.collect();
            for word in &words {
                assert!(keys.insert(surface_key(word)), "{word:?}");
                for before in ["sem", "semiconductor"] {
                    let long = [before.as_bytes(), word].concat();
                    assert!(keys.insert(surface_key(&long)), "{long:?}");
                }
            }
        }
    }

    fn same_words(text: &str) -> Result<(), TestCaseError> {
        let ours: Vec<(usize, &str)> = tokens(text).map(|t| (t.start, t.surface)).collect();
        let theirs: Vec<(usize, &str)> = text.unicode_word_indices().collect();
        prop_assert_eq!(ours, theirs, "{:?}", text);
        for span in spans(text) {
            let surface = &text.as_bytes()[span.start..span.end];
            prop_assert_eq!(span.key, surface_key(surface));
        }
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
