//! What is known of a text beside its words.
//!
//! Owns [`Sign`], a fact of where a text stands, such as `tag=p` or `links=most`, as a term; and
//! [`Passage`], a text with its signs. A sign is there or it is not: it weighs [`SIGN_WEIGHT`] whatever else there is, takes no
//! part in the norm of the words and has no idf. Where signs come from is not known here.

use super::ngrams::hash_word;
use std::sync::Arc;

/// Stands before a sign in the name of its term; no word begins with it.
pub const SIGN_MARK: char = '@';

/// The weight of each sign that is there. The words of a text have the norm 1: a dozen signs of this weight stand
/// beside them with a norm of nearly 2.
pub const SIGN_WEIGHT: f32 = 0.5;

/// A fact of where a text stands, as a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    name: Arc<str>,
    hash: u64,
}

impl Sign {
    /// The sign `fact`, such as `tag=p`.
    pub fn new(fact: &str) -> Self {
        let name: Arc<str> = format!("{SIGN_MARK}{fact}").into();
        Sign {
            hash: hash_word(&name),
            name,
        }
    }

    /// The name of its term: [`SIGN_MARK`] and the fact.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fact alone.
    pub fn fact(&self) -> &str {
        &self.name[SIGN_MARK.len_utf8()..]
    }

    /// The hash of its term's name.
    pub fn hash(&self) -> u64 {
        self.hash
    }
}

/// Whether the term of this name is a sign.
pub fn is_sign(name: &str) -> bool {
    name.starts_with(SIGN_MARK)
}

/// A text and its signs, of which it may have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passage<'t> {
    /// The text.
    pub text: &'t str,
    /// What is known of where it stands.
    pub signs: &'t [Sign],
}

impl<'t> From<&'t str> for Passage<'t> {
    fn from(text: &'t str) -> Self {
        Passage { text, signs: &[] }
    }
}

impl<'t> From<&'t &str> for Passage<'t> {
    fn from(text: &'t &str) -> Self {
        (*text).into()
    }
}

impl<'t> From<&'t String> for Passage<'t> {
    fn from(text: &'t String) -> Self {
        text.as_str().into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Analyzer, Scratch, TextParams, hash_term};
    use super::*;

    #[test]
    fn a_sign_is_a_term_that_no_words_make() {
        let sign = Sign::new("tag=p");
        assert_eq!((sign.name(), sign.fact()), ("@tag=p", "tag=p"));
        assert_eq!(hash_term(sign.name()), sign.hash());
        let params = TextParams {
            signs: true,
            marks: true,
            ..TextParams::default()
        };
        let analyzer = Analyzer::new(params).unwrap();
        let mut scratch = Scratch::default();
        let terms = analyzer.terms("Write to @tag=p today", &mut scratch);
        assert!(terms.iter().all(|term| term.hash != sign.hash()));
        let passage = Passage {
            text: "Read more",
            signs: &[sign],
        };
        let terms = analyzer.terms(passage, &mut scratch).to_vec();
        let last = terms.last().unwrap();
        assert_eq!(scratch.name(last), "@tag=p");
        assert_eq!((last.start, last.end), (0, 0));
    }
}
