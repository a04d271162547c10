//! One spelling for each word.
//!
//! Owns Unicode form (NFKC), case, apostrophes, invisible characters, dotted
//! acronyms and the classes that numbers are folded to.

use super::tokenize::Token;
use unicode_normalization::{UnicodeNormalization, is_nfkc_quick};

/// Words longer than this many bytes become [`LONG_WORD`]: they are addresses and
/// encoded blobs, which no vocabulary should hold.
pub const MAX_WORD_BYTES: usize = 64;

/// What a word that is too long becomes.
pub const LONG_WORD: &str = "<long>";

/// Characters by which the names of other terms are told from words: those of character n-grams, of
/// denied words, of classes and marks. No word holds them.
const SET_APART: [char; 4] = ['~', '!', '<', '>'];

/// Writes the normalized form of `token` into `out`, replacing what was there.
///
/// Lower case, NFKC, typographic apostrophes as `'`, invisible characters removed, dots
/// of acronyms removed (`U.K` → `uk`), numbers as classes: `<year>`, `<money>`, `<percent>`,
/// `<decimal>`, `<ordinal>`, and `<n1>` to `<n4>` by the count of digits (`<n4>`: four or more).
/// `US` and `U.S` become `u.s`, so that the country is not the pronoun.
pub fn normalize(token: &Token<'_>, out: &mut String) {
    out.clear();
    if token.surface.len() > MAX_WORD_BYTES {
        out.push_str(LONG_WORD);
        return;
    }
    if token.surface.is_ascii() {
        out.push_str(token.surface);
        out.make_ascii_lowercase();
    } else {
        fold_unicode(token.surface, out);
    }
    if out.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && let Some(class) = number_class(out, token.before, token.after)
    {
        out.clear();
        out.push_str(class);
        return;
    }
    if is_dotted_acronym(out) {
        out.retain(|c| c != '.');
    }
    if out == "us" && !token.surface.bytes().any(|b| b.is_ascii_lowercase()) {
        out.clear();
        out.push_str("u.s");
    }
}

/// Whether the class of a number depends on the bytes around it.
pub(super) fn depends_on_neighbours(surface: &str) -> bool {
    match surface.as_bytes().first() {
        Some(byte) if byte.is_ascii() => byte.is_ascii_digit(),
        _ => surface.starts_with(char::is_numeric),
    }
}

fn fold_unicode(surface: &str, out: &mut String) {
    // A space before a combining mark is part of the word by UAX #29, and so is a tilde.
    let kept = |c: &char| !c.is_whitespace() && !SET_APART.contains(c);
    let visible = (surface.chars()).filter(|c| !is_invisible(*c) && kept(c));
    let lowered = |c: char| c.to_lowercase();
    let apostrophe = |c: char| match c {
        '\u{2018}' | '\u{2019}' | '\u{02BC}' | '\u{FF07}' | '`' | '\u{00B4}' => '\'',
        other => other,
    };
    if is_nfkc_quick(surface.chars()) == unicode_normalization::IsNormalized::Yes {
        out.extend(visible.flat_map(lowered).map(apostrophe));
    } else {
        // Some compatibility forms decompose into a space and a mark, which joins the letter before it;
        // and lower-casing may leave the form, hence the second pass.
        let once: String = visible.nfkc().filter(kept).flat_map(lowered).collect();
        out.extend(once.nfkc().map(apostrophe).filter(kept));
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// Single letters parted by dots: `u.s`, `u.k`, `p.r.c`.
fn is_dotted_acronym(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() >= 3
        && bytes.len() % 2 == 1
        && bytes.iter().enumerate().all(|(i, b)| {
            if i % 2 == 0 {
                b.is_ascii_lowercase()
            } else {
                *b == b'.'
            }
        })
}

fn number_class(word: &str, before: Option<u8>, after: Option<u8>) -> Option<&'static str> {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let others = word.bytes().filter(|b| !b.is_ascii_digit());
    let plain = others.clone().all(|b| b == b',' || b == b'.' || b == b'\'');
    if !plain {
        let suffix = &word[word.bytes().take_while(u8::is_ascii_digit).count()..];
        return matches!(suffix, "st" | "nd" | "rd" | "th").then_some("<ordinal>");
    }
    let whole = others.count() == 0;
    Some(match (before, after) {
        (_, Some(b'%')) => "<percent>",
        (Some(b'$'), _) => "<money>",
        _ if whole && digits == 4 && (word.starts_with("19") || word.starts_with("20")) => "<year>",
        _ if word.contains('.') => "<decimal>",
        _ => match digits {
            1 => "<n1>",
            2 => "<n2>",
            3 => "<n3>",
            _ => "<n4>",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::tokenize::tokens;
    use super::*;
    use proptest::prelude::*;

    fn normalized(text: &str) -> Vec<String> {
        let mut out = String::new();
        tokens(text)
            .map(|token| {
                normalize(&token, &mut out);
                out.clone()
            })
            .collect()
    }

    #[test]
    fn the_country_is_not_the_pronoun() {
        assert_eq!(
            normalized("US us U.S. u.s. Us"),
            ["u.s", "us", "u.s", "us", "us"]
        );
    }

    #[test]
    fn numbers_become_classes() {
        assert_eq!(
            normalized("In 2018, $250 and 25% of 1,300 on the 3rd; 2.5 or 7, 301 H20"),
            [
                "in",
                "<year>",
                "<money>",
                "and",
                "<percent>",
                "of",
                "<n4>",
                "on",
                "the",
                "<ordinal>",
                "<decimal>",
                "or",
                "<n1>",
                "<n3>",
                "h20"
            ]
        );
    }

    #[test]
    fn forms_quotes_and_invisible_characters_are_unified() {
        assert_eq!(
            normalized("China\u{2019}s ﬁrm TARIFFS co\u{AD}operate"),
            ["china's", "firm", "tariffs", "cooperate"]
        );
    }

    #[test]
    fn a_blob_is_not_a_word() {
        assert_eq!(normalized(&"x".repeat(200)), [LONG_WORD]);
    }

    #[test]
    fn no_word_is_named_like_another_kind_of_term() {
        // By UAX #29 a combining letter takes what stands before it into its word.
        for mark in SET_APART {
            assert_eq!(normalized(&format!("{mark}\u{1133e}")), ["\u{1133e}"]);
        }
    }

    proptest! {
        #[test]
        fn normalizing_twice_changes_nothing(text in "\\PC{0,40}") {
            for word in normalized(&text) {
                // Classes and acronyms are final; other words are fixed points.
                if word.starts_with('<') || word.contains('.') { continue; }
                // A form that is cut otherwise than it was put together is no word any more.
                let whole = tokens(&word).next().is_some_and(|t| t.surface == word);
                let again = normalized(&word);
                if whole {
                    prop_assert_eq!(&again[0], &word);
                }
            }
        }
    }
}
