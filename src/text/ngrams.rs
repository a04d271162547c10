//! Names and hashes of terms.
//!
//! Owns how words and characters are put together into terms, and the 64-bit hash by
//! which a term is looked up. A word n-gram is its words joined by one space (no word
//! holds a space); a character n-gram is [`CHAR_MARK`] and its characters (no word
//! holds the mark), so the two never meet.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// The first character of every character n-gram's name.
pub const CHAR_MARK: char = '~';

/// What stands before the name of a denied word; no word holds it.
pub const DENIED: char = '!';

/// Separates the hash space of character n-grams from that of words.
const CHAR_SEED: u64 = 0x7e;

/// The hash of a one-word term.
pub fn hash_word(word: &str) -> u64 {
    xxh3_64(word.as_bytes())
}

/// The hash of a one-word term that stands within the scope of a negation.
pub fn hash_denied(stem: &str) -> u64 {
    hash_word(&format!("{DENIED}{stem}"))
}

/// The hash of a character n-gram given without its mark.
pub fn hash_chars(chars: &str) -> u64 {
    xxh3_64_with_seed(chars.as_bytes(), CHAR_SEED)
}

/// The hash of the n-gram `left` followed by one more word.
///
/// Multiply–rotate mixing with odd constants (the golden ratio's and xxHash's second
/// prime), so that the hash of an n-gram needs the hashes of its words alone.
#[inline]
pub fn hash_append(left: u64, word: u64) -> u64 {
    let mixed = left
        .rotate_left(29)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(word ^ 0xC2B2_AE3D_27D4_EB4F);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    mixed ^ (mixed >> 29)
}

/// The hash of a term by its name.
///
/// ```
/// use demarche::text::{hash_term, hash_word};
/// assert_eq!(hash_term("tariff"), hash_word("tariff"));
/// assert_ne!(hash_term("trade war"), hash_term("war trade"));
/// assert_ne!(hash_term("~war"), hash_term("war"));
/// ```
pub fn hash_term(term: &str) -> u64 {
    if let Some(chars) = term.strip_prefix(CHAR_MARK) {
        return hash_chars(chars);
    }
    let mut words = term.split(' ').map(hash_word);
    let first = words.next().unwrap_or_default();
    words.fold(first, hash_append)
}

/// The character n-grams of a word padded with a space on each side, as scikit-learn's
/// `char_wb` analyzer gives them: a padded word shorter than `n` counts once, whole.
///
/// `range` is the shortest and the longest n, in characters.
pub fn char_ngrams<'w>(padded: &'w str, range: (u8, u8), mut each: impl FnMut(&'w str)) {
    let bounds: Vec<usize> = padded
        .char_indices()
        .map(|(i, _)| i)
        .chain([padded.len()])
        .collect();
    let n_chars = bounds.len() - 1;
    for n in usize::from(range.0)..=usize::from(range.1) {
        if n >= n_chars {
            each(padded);
            return;
        }
        for i in 0..=n_chars - n {
            each(&padded[bounds[i]..bounds[i + n]]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grams(padded: &str, range: (u8, u8)) -> Vec<&str> {
        let mut out = Vec::new();
        char_ngrams(padded, range, |gram| out.push(gram));
        out
    }

    #[test]
    fn short_words_count_once() {
        assert_eq!(grams(" a ", (3, 5)), [" a "]);
        assert_eq!(grams(" ab ", (3, 5)), [" ab", "ab ", " ab "]);
        assert_eq!(grams(" né ", (3, 3)), [" né", "né "]);
    }
}
