//! Stems and stop words.
//!
//! Owns the choice of stemmer (Snowball English, "Porter 2", by `rust-stemmers`) and the
//! list of function words.

use rust_stemmers::{Algorithm, Stemmer};
use std::borrow::Cow;

/// The English function words that `stop_words` leaves out: articles, prepositions,
/// pronouns, auxiliaries and conjunctions. Negations, modals of refusal and words of
/// contrast are kept, since they carry tone.
pub const STOP_WORDS: &[&str] = &[
    "a",
    "about",
    "above",
    "after",
    "again",
    "all",
    "along",
    "also",
    "am",
    "among",
    "an",
    "and",
    "another",
    "any",
    "are",
    "as",
    "at",
    "be",
    "became",
    "because",
    "been",
    "before",
    "being",
    "below",
    "between",
    "both",
    "by",
    "can",
    "could",
    "did",
    "do",
    "does",
    "doing",
    "done",
    "down",
    "during",
    "each",
    "either",
    "else",
    "even",
    "every",
    "few",
    "for",
    "from",
    "further",
    "had",
    "has",
    "have",
    "having",
    "he",
    "her",
    "here",
    "hers",
    "him",
    "himself",
    "his",
    "how",
    "i",
    "if",
    "in",
    "into",
    "is",
    "it",
    "it's",
    "its",
    "itself",
    "just",
    "may",
    "me",
    "might",
    "more",
    "most",
    "much",
    "my",
    "myself",
    "now",
    "of",
    "off",
    "on",
    "once",
    "one",
    "only",
    "or",
    "other",
    "our",
    "ours",
    "out",
    "over",
    "own",
    "per",
    "said",
    "same",
    "say",
    "says",
    "she",
    "should",
    "since",
    "so",
    "some",
    "such",
    "than",
    "that",
    "that's",
    "the",
    "their",
    "theirs",
    "them",
    "themselves",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "through",
    "to",
    "too",
    "two",
    "under",
    "until",
    "up",
    "upon",
    "us",
    "very",
    "was",
    "we",
    "well",
    "were",
    "what",
    "when",
    "where",
    "whether",
    "which",
    "while",
    "who",
    "whom",
    "whose",
    "why",
    "will",
    "with",
    "within",
    "would",
    "you",
    "your",
    "yours",
];

/// Whether `word`, normalized but not stemmed, is a function word.
pub fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// Whether `word`, normalized but not stemmed, denies what follows it.
pub fn is_negation(word: &str) -> bool {
    word.ends_with("n't")
        || matches!(
            word,
            "not" | "no" | "never" | "neither" | "nor" | "without" | "cannot" | "none" | "nobody"
        )
}

/// The Snowball English stemmer.
pub struct EnglishStemmer(Stemmer);

impl Default for EnglishStemmer {
    fn default() -> Self {
        EnglishStemmer(Stemmer::create(Algorithm::English))
    }
}

impl std::fmt::Debug for EnglishStemmer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnglishStemmer")
    }
}

impl EnglishStemmer {
    /// The stem of a normalized word; number classes and words that are not plain
    /// letters and apostrophes stay as they are.
    pub fn stem<'w>(&self, word: &'w str) -> Cow<'w, str> {
        if word.bytes().all(|b| b.is_ascii_lowercase() || b == b'\'') {
            self.0.stem(word)
        } else {
            Cow::Borrowed(word)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_for_the_search() {
        assert!(STOP_WORDS.is_sorted());
        assert!(is_stop_word("the") && !is_stop_word("not") && !is_stop_word("u.s"));
    }

    #[test]
    fn stems_are_snowballs() {
        let stemmer = EnglishStemmer::default();
        // https://snowballstem.org/algorithms/english/stemmer.html
        for (word, stem) in [
            ("tariffs", "tariff"),
            ("retaliatory", "retaliatori"),
            ("china's", "china"),
            ("<year>", "<year>"),
            ("u.s", "u.s"),
        ] {
            assert_eq!(stemmer.stem(word), stem);
        }
    }
}
