//! Turns a text into terms.
//!
//! Owns the steps from bytes to terms, in this order: [`tokenize`] (Unicode words with
//! their byte spans) → [`normalize`] (form, case, apostrophes, numbers) → stop words →
//! [`stem`] → [`ngrams`] (words and, if asked for, characters). [`WordCache`] runs the first two once a
//! distinct word, [`Analyzer`] all of them; [`aliases`] reads words in the place of others; [`language`] tells which texts are not English, [`shingles`] which are copies. Nothing here knows of paragraphs, labels or weights.

pub mod acts;
pub mod aliases;
pub mod analyzer;
pub mod hash_index;
pub mod language;
pub mod ngrams;
pub mod normalize;
pub mod shingles;
pub mod signs;
pub mod stem;
pub mod tokenize;
pub mod words;

pub use acts::act_terms;
pub use aliases::Aliases;
pub use analyzer::{Analyzer, Occurrence, Scratch};
pub use hash_index::{HashFilter, HashIndex};
pub use ngrams::{DENIED, hash_term, hash_word};
pub use signs::{Passage, Sign};
pub use words::{MARKS, ReadParams, Reading, WordCache};

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// The longest word or character n-gram that may be asked for.
pub const MAX_NGRAM: u8 = 8;

/// The options of the text steps. They are stored in the model file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextParams {
    /// Reduce each word to its Snowball (Porter 2) English stem.
    pub stem: bool,
    /// Leave out the function words of [`stem::STOP_WORDS`] before n-grams are made.
    pub stop_words: bool,
    /// Mark the words that follow a negation, up to [`words::NEGATION_SCOPE`] of them and not past
    /// punctuation, as terms of their own (`!agre`).
    #[serde(default)]
    pub negation: bool,
    /// Count the punctuation marks of [`MARKS`] as terms (`<?>`).
    #[serde(default)]
    pub marks: bool,
    /// Count the terms of who acts on whom ([`act_terms`], `<china:strain>`).
    #[serde(default, skip_serializing_if = "is_off")]
    pub acts: bool,
    /// Take the [`Sign`]s of a text as terms (`@tag=p`).
    #[serde(default, skip_serializing_if = "is_off")]
    pub signs: bool,
    /// Read some words in the place of others, before stop words, stems and n-grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aliases: Option<Aliases>,
    /// Shortest and longest word n-gram, both at least 1.
    pub ngram_range: (u8, u8),
    /// Shortest and longest character n-gram within a word, or none at all.
    pub char_ngram_range: Option<(u8, u8)>,
}

/// Whether an option is off, as it is in every file that was written before there was such an option.
fn is_off(option: &bool) -> bool {
    !option
}

impl Default for TextParams {
    fn default() -> Self {
        TextParams {
            stem: true,
            stop_words: false,
            negation: false,
            marks: false,
            acts: false,
            signs: false,
            aliases: None,
            ngram_range: (1, 2),
            char_ngram_range: None,
        }
    }
}

impl TextParams {
    /// Checks the ranges.
    ///
    /// # Errors
    /// A usage error when a range is empty, starts at 0 or passes [`MAX_NGRAM`].
    pub fn check(&self) -> Result<()> {
        let ranges = [Some(self.ngram_range), self.char_ngram_range];
        for (low, high) in ranges.into_iter().flatten() {
            if low == 0 || low > high || high > MAX_NGRAM {
                return Err(Error::usage(format!(
                    "n-gram range {low},{high} must run from at least 1 up to at most {MAX_NGRAM}"
                )));
            }
        }
        Ok(())
    }
}
