//! Whether a text is in English.
//!
//! Owns [`foreign_language`]. Nearly every text of an English corpus is told by its function words, which cost
//! a look at its first hundred bytes or so; only the rest are put to whatlang's trigrams, and only what those call
//! reliable counts. Headlines, names and captions are too short for either, and stay English.

use whatlang::{Lang, Script};

/// Words that make up about a third of running English and little of other languages written in the same
/// letters.
const FUNCTION_WORDS: [&[u8]; 43] = [
    b"the", b"of", b"and", b"to", b"for", b"that", b"with", b"from", b"by", b"are", b"were", b"has", b"have", b"been",
    b"this", b"will", b"not", b"would", b"their", b"they", b"its", b"it", b"his", b"but", b"who", b"at", b"be", b"than",
    b"about", b"after", b"more", b"our", b"we", b"you", b"your", b"into", b"over", b"on", b"is", b"was", b"an",
    b"which", b"these",
];

/// A text whose words are function words at this rate, one in so many, is English: as soon as it has [`ENOUGH`]
/// of them at the first, or by its end at the second.
const ONE_IN: [usize; 2] = [6, 10];

/// See [`ONE_IN`].
const ENOUGH: usize = 4;

/// A text with more letters of other alphabets than a word in so many is not told by its function words.
const ONE_OTHER_IN: usize = 6;

/// Bytes that are looked at: what follows a beginning is in the same language.
const MOST_BYTES: usize = 2048;

/// Letters of the Latin alphabet below which a text is too short to tell: with one at least that English
/// does not have, and with none.
const FEWEST_LETTERS: [usize; 2] = [40, 80];

/// The ISO 639-3 code of the language that a text is reliably in, where that is not English.
///
/// ```
/// use demarche::text::language::foreign_language;
/// let german = "Die Regierung in Peking hat die neuen Zölle scharf verurteilt und Gegenmaßnahmen angekündigt.";
/// assert_eq!(foreign_language(german), Some("deu"));
/// assert_eq!(foreign_language("Beijing condemned the new tariffs."), None);
/// assert_eq!(foreign_language("Wang Yi, Annalena Baerbock"), None);
/// ```
pub fn foreign_language(text: &str) -> Option<&'static str> {
    let text = &text[..text.floor_char_boundary(MOST_BYTES)];
    if reads_as_english(text.as_bytes()) {
        return None;
    }
    detect(text)
}

/// Whether a text has English function words enough, and hardly any letters of other alphabets.
fn reads_as_english(text: &[u8]) -> bool {
    let (mut n_words, mut n_function, mut n_other) = (0, 0, 0);
    let mut at = 0;
    while at < text.len() {
        let start = at;
        while at < text.len() && text[at].is_ascii_alphabetic() {
            at += 1;
        }
        if at > start {
            n_words += 1;
            n_function += usize::from(at - start <= 5 && is_function_word(&text[start..at]));
            if n_function >= ENOUGH && is_english(ONE_IN[0], n_words, n_function, n_other) {
                return true;
            }
            continue;
        }
        // Lead bytes from Greek onwards; those of dashes and quotes, 0xE2, are between.
        n_other += usize::from(text[at] >= 0xCD && text[at] != 0xE2);
        at += 1;
    }
    n_words > 0 && is_english(ONE_IN[1], n_words, n_function, n_other)
}

fn is_english(one_in: usize, n_words: usize, n_function: usize, n_other: usize) -> bool {
    n_function * one_in >= n_words && n_other * ONE_OTHER_IN <= n_words
}

fn is_function_word(word: &[u8]) -> bool {
    FUNCTION_WORDS.iter().any(|function| function.eq_ignore_ascii_case(word))
}

fn detect(text: &str) -> Option<&'static str> {
    let found = whatlang::detect(text)?;
    if !found.is_reliable() || found.lang() == Lang::Eng {
        return None;
    }
    let letters = || text.chars().filter(|c| c.is_alphabetic());
    let is_plain = letters().all(|c| c.is_ascii());
    let is_short = letters().count() < FEWEST_LETTERS[usize::from(is_plain)];
    (found.script() != Script::Latin || !is_short).then(|| found.lang().code())
}
