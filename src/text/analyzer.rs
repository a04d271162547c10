//! The text steps, in order.
//!
//! Owns [`Analyzer`], which turns a text into term occurrences, and the [`Scratch`] it
//! works in: a cache in which each distinct word is normalized, stemmed, hashed and cut
//! into character n-grams once.

use super::ngrams::{CHAR_MARK, char_ngrams, hash_append, hash_chars, hash_word};
use super::normalize::{depends_on_neighbours, normalize};
use super::stem::{EnglishStemmer, is_negation, is_stop_word};
use super::tokenize::{Token, tokens};
use super::{MAX_NGRAM, TextParams};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use xxhash_rust::xxh3::xxh3_64;

/// Distinct words after which the cache is emptied, so that memory does not grow with
/// the input.
const MAX_CACHED_WORDS: usize = 1 << 17;

/// How many words after a negation are marked as denied.
pub const NEGATION_SCOPE: u8 = 4;

/// What stands before the name of a denied word; no word holds it.
const DENIED: char = '!';

/// The punctuation that can be counted, and the names of the terms. A run between two words counts once
/// for each name in it.
pub const MARKS: &[(&str, &str)] = &[
    ("<.>", "."),
    ("<,>", ","),
    ("<?>", "?"),
    ("<!>", "!"),
    ("<\">", "\"“”„«»‘"),
    ("<:>", ":"),
    ("<;>", ";"),
    ("<–>", "–—"),
    ("<(>", "(["),
    ("<…>", "…"),
    ("<|>", "|"),
    ("<©>", "©®™"),
    ("<@>", "@"),
    ("<#>", "#"),
    ("</>", "/"),
    ("<·>", "·•»›"),
];

/// An occurrence of a term in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// The term's hash: [`hash_term`](super::hash_term) of its name.
    pub hash: u64,
    /// Byte offset of the term's first word in the text.
    pub start: u32,
    /// Byte offset one past the term's last word.
    pub end: u32,
    /// Index of the first word in [`Scratch`], and how the term's name is made from there.
    first_word: u32,
    shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Words(u8),
    Chars(u32),
    Mark(u8),
}

/// What is known of a distinct word.
#[derive(Debug, Clone, Copy)]
struct Word {
    hash: u64,
    /// The hash of the word when it is denied.
    denied_hash: u64,
    /// Span of the stem in the arena.
    text: (u32, u32),
    /// Span of the word's entries in `grams`.
    grams: (u32, u32),
    stopped: bool,
    negates: bool,
}

/// A word of the latest text, by its number in the cache.
#[derive(Debug, Clone, Copy)]
struct Placed {
    word: u32,
    start: u32,
    end: u32,
    denied: bool,
}

/// A part of a text, as [`Scratch::visit_parts`] gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A term, by its hash.
    Term(u64),
    /// All character n-grams of a word, by the word's number in the cache.
    CharactersOf(u32),
}

/// A step of the walk over a text's words, by their places in it.
enum Step {
    Ngram { first: usize, n: u8, hash: u64 },
    Characters(usize),
}

/// The cache and the buffers of one thread's analysis.
///
/// A scratch belongs to the [`Analyzer`] it was first used with.
#[derive(Debug, Default)]
pub struct Scratch {
    numbers: HashMap<u64, u32, BuildHasherDefault<PassThrough>>,
    words: Vec<Word>,
    arena: String,
    grams: Vec<(u64, (u32, u32))>,
    sequence: Vec<Placed>,
    marks: Vec<Occurrence>,
    terms: Vec<Occurrence>,
    normalized: String,
    padded: String,
    generation: u32,
}

impl Scratch {
    /// The term occurrences of the latest text.
    pub fn terms(&self) -> &[Occurrence] {
        &self.terms
    }

    /// The name of the term of an occurrence of the latest text.
    pub fn name(&self, occurrence: &Occurrence) -> String {
        match occurrence.shape {
            Shape::Words(n) => {
                let first = occurrence.first_word as usize;
                let mut name = String::new();
                for (i, placed) in self.sequence[first..first + usize::from(n)]
                    .iter()
                    .enumerate()
                {
                    name.extend((i > 0).then_some(' '));
                    name.extend(placed.denied.then_some(DENIED));
                    name.push_str(self.slice(self.words[placed.word as usize].text));
                }
                name
            }
            Shape::Chars(gram) => {
                format!("{CHAR_MARK}{}", self.slice(self.grams[gram as usize].1))
            }
            Shape::Mark(mark) => MARKS[usize::from(mark)].0.to_owned(),
        }
    }

    /// How often the cache of words was emptied: a word's number means something until then.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Calls `each` with the parts of the latest text: every word n-gram and mark, and every word whose
    /// character n-grams count, so that those can be remembered a word.
    pub fn visit_parts(&self, params: &TextParams, mut each: impl FnMut(Part)) {
        self.walk(params, |step| match step {
            Step::Ngram { hash, .. } => each(Part::Term(hash)),
            Step::Characters(at) if params.char_ngram_range.is_some() => {
                each(Part::CharactersOf(self.sequence[at].word));
            }
            Step::Characters(_) => {}
        });
        for mark in &self.marks {
            each(Part::Term(mark.hash));
        }
    }

    /// Calls `each` with every word n-gram that starts at a word, and then with the word.
    fn walk(&self, params: &TextParams, mut each: impl FnMut(Step)) {
        let (shortest, longest) = params.ngram_range;
        debug_assert!(longest <= MAX_NGRAM);
        for (first, placed) in self.sequence.iter().enumerate() {
            let mut hash = self.hash(placed);
            for n in 1..=longest {
                let Some(last) = self.sequence.get(first + usize::from(n) - 1) else {
                    break;
                };
                if n > 1 {
                    hash = hash_append(hash, self.hash(last));
                }
                if n >= shortest {
                    each(Step::Ngram { first, n, hash });
                }
            }
            each(Step::Characters(first));
        }
    }

    /// The hashes of the character n-grams of a word of the cache.
    pub fn character_hashes(&self, word: u32) -> impl Iterator<Item = u64> + '_ {
        let (start, end) = self.words[word as usize].grams;
        self.grams[start as usize..end as usize]
            .iter()
            .map(|(hash, _)| *hash)
    }

    /// Calls `each` with every term occurrence of the latest text, in the order of
    /// [`Analyzer::terms`], without a list of them.
    pub fn visit(&self, params: &TextParams, mut each: impl FnMut(Occurrence)) {
        let occurrence = |hash, first: usize, last: usize, shape| Occurrence {
            hash,
            start: self.sequence[first].start,
            end: self.sequence[last].end,
            first_word: first as u32,
            shape,
        };
        self.walk(params, |step| match step {
            Step::Ngram { first, n, hash } => {
                let last = first + usize::from(n) - 1;
                each(occurrence(hash, first, last, Shape::Words(n)));
            }
            Step::Characters(at) => {
                let (start, end) = self.words[self.sequence[at].word as usize].grams;
                for gram in start..end {
                    let hash = self.grams[gram as usize].0;
                    each(occurrence(hash, at, at, Shape::Chars(gram)));
                }
            }
        });
        for mark in &self.marks {
            each(*mark);
        }
    }

    fn hash(&self, placed: &Placed) -> u64 {
        let word = &self.words[placed.word as usize];
        if placed.denied {
            word.denied_hash
        } else {
            word.hash
        }
    }

    fn slice(&self, (start, end): (u32, u32)) -> &str {
        &self.arena[start as usize..end as usize]
    }

    fn store(&mut self, text: &str) -> (u32, u32) {
        let start = self.arena.len() as u32;
        self.arena.push_str(text);
        (start, self.arena.len() as u32)
    }

    fn forget_words(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.numbers.clear();
        self.words.clear();
        self.arena.clear();
        self.grams.clear();
    }
}

/// Turns texts into term occurrences by fixed [`TextParams`]; immutable and shared by threads.
#[derive(Debug)]
pub struct Analyzer {
    params: TextParams,
    stemmer: Option<EnglishStemmer>,
    mark_hashes: Vec<u64>,
}

impl Analyzer {
    /// An analyzer with checked options.
    ///
    /// # Errors
    /// As [`TextParams::check`].
    pub fn new(params: TextParams) -> crate::Result<Self> {
        params.check()?;
        let stemmer = params.stem.then(EnglishStemmer::default);
        Ok(Analyzer {
            params,
            stemmer,
            mark_hashes: MARKS.iter().map(|(name, _)| hash_word(name)).collect(),
        })
    }

    /// The options.
    pub fn params(&self) -> &TextParams {
        &self.params
    }

    /// The term occurrences of `text`: word n-grams by first word, then length; the
    /// character n-grams of each word after the n-grams that start at it.
    ///
    /// The same text gives the same terms whatever the scratch saw before. Of a text
    /// beyond 4 GiB only the first 4 GiB are read.
    ///
    /// ```
    /// use demarche::text::{Analyzer, Scratch, TextParams};
    /// let analyzer = Analyzer::new(TextParams::default())?;
    /// let mut scratch = Scratch::default();
    /// let terms = analyzer.terms("Tariffs on Chinese goods", &mut scratch).to_vec();
    /// assert_eq!(scratch.name(&terms[1]), "tariff on");
    /// assert_eq!((terms[1].start, terms[1].end), (0, 10));
    /// # Ok::<(), demarche::Error>(())
    /// ```
    pub fn terms<'s>(&self, text: &str, scratch: &'s mut Scratch) -> &'s [Occurrence] {
        self.read(text, scratch);
        let mut terms = std::mem::take(&mut scratch.terms);
        terms.clear();
        scratch.visit(&self.params, |occurrence| terms.push(occurrence));
        scratch.terms = terms;
        &scratch.terms
    }

    /// Reads a text into the scratch, for [`Scratch::visit`].
    pub fn read(&self, text: &str, scratch: &mut Scratch) {
        if scratch.words.len() > MAX_CACHED_WORDS {
            scratch.forget_words();
        }
        scratch.sequence.clear();
        scratch.marks.clear();
        let (mut last_end, mut denied) = (0, 0u8);
        for token in tokens(text) {
            let Ok(end) = u32::try_from(token.end()) else {
                break;
            };
            let between = &text[last_end..token.start];
            last_end = token.end();
            if self.params.marks {
                self.mark(between, token.start, scratch);
            }
            let number = self.word(&token, scratch);
            let word = scratch.words[number as usize];
            if between.contains(['.', ',', ';', ':', '?', '!', '(', ')']) {
                denied = 0;
            }
            if !word.stopped {
                scratch.sequence.push(Placed {
                    word: number,
                    start: token.start as u32,
                    end,
                    denied: denied > 0,
                });
            }
            denied = match word.negates {
                true => NEGATION_SCOPE,
                false => denied.saturating_sub(1),
            };
        }
        if self.params.marks {
            self.mark(&text[last_end..], text.len(), scratch);
        }
    }

    /// Counts the marks of `between`, the text up to `end` that is no word.
    fn mark(&self, between: &str, end: usize, scratch: &mut Scratch) {
        if between == " " || u32::try_from(end).is_err() {
            return;
        }
        for (i, (_, characters)) in MARKS.iter().enumerate() {
            if let Some(at) = between.find(|c| characters.contains(c)) {
                let start = end - between.len() + at;
                let length = between[at..].chars().next().map_or(0, char::len_utf8);
                scratch.marks.push(Occurrence {
                    hash: self.mark_hashes[i],
                    start: start as u32,
                    end: (start + length) as u32,
                    first_word: 0,
                    shape: Shape::Mark(i as u8),
                });
            }
        }
    }

    /// Looks the word up, or works it out and remembers it.
    fn word(&self, token: &Token<'_>, scratch: &mut Scratch) -> u32 {
        let mut key = xxh3_64(token.surface.as_bytes());
        if depends_on_neighbours(token.surface) {
            let sign = match (token.before, token.after) {
                (_, Some(b'%')) => 1,
                (Some(b'$'), _) => 2,
                _ => 0,
            };
            key = hash_append(key, sign);
        }
        if let Some(number) = scratch.numbers.get(&key) {
            return *number;
        }
        let mut normalized = std::mem::take(&mut scratch.normalized);
        normalize(token, &mut normalized);
        let word = self.work_out(&normalized, scratch);
        scratch.normalized = normalized;
        let number = scratch.words.len() as u32;
        scratch.words.push(word);
        scratch.numbers.insert(key, number);
        number
    }

    fn work_out(&self, normalized: &str, scratch: &mut Scratch) -> Word {
        let stem = match &self.stemmer {
            Some(stemmer) => stemmer.stem(normalized),
            None => normalized.into(),
        };
        let first_gram = scratch.grams.len() as u32;
        let stopped = self.params.stop_words && is_stop_word(normalized);
        if let Some(range) = self.params.char_ngram_range
            && !stopped
        {
            let mut padded = std::mem::take(&mut scratch.padded);
            padded.clear();
            padded.extend([" ", normalized, " "]);
            let (base, _) = scratch.store(&padded);
            let start_of = padded.as_ptr() as usize;
            char_ngrams(&padded, range, |gram| {
                let start = base + (gram.as_ptr() as usize - start_of) as u32;
                let span = (start, start + gram.len() as u32);
                scratch.grams.push((hash_chars(gram), span));
            });
            scratch.padded = padded;
        }
        let text = scratch.store(&stem);
        let denied_hash = match self.params.negation {
            true => hash_word(&format!("{DENIED}{stem}")),
            false => 0,
        };
        Word {
            hash: hash_word(&stem),
            denied_hash,
            negates: self.params.negation && is_negation(normalized),
            text,
            grams: (first_gram, scratch.grams.len() as u32),
            stopped,
        }
    }
}

/// A hasher for keys that are hashes already.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct PassThrough(u64);

impl Hasher for PassThrough {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are u64");
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash_term;
    use super::*;
    use proptest::prelude::*;

    fn names(params: TextParams, text: &str) -> Vec<String> {
        let analyzer = Analyzer::new(params).unwrap();
        let mut scratch = Scratch::default();
        let terms = analyzer.terms(text, &mut scratch).to_vec();
        terms.iter().map(|term| scratch.name(term)).collect()
    }

    #[test]
    fn words_and_characters() {
        let params = TextParams {
            char_ngram_range: Some((3, 3)),
            ..TextParams::default()
        };
        assert_eq!(
            names(params, "Trade wars"),
            [
                "trade",
                "trade war",
                "~ tr",
                "~tra",
                "~rad",
                "~ade",
                "~de ",
                "war",
                "~ wa",
                "~war",
                "~ars",
                "~rs "
            ]
        );
    }

    #[test]
    fn stop_words_go_before_ngrams() {
        let params = TextParams {
            stop_words: true,
            ..TextParams::default()
        };
        assert_eq!(
            names(params, "tariffs on the goods"),
            ["tariff", "tariff good", "good"]
        );
    }

    #[test]
    fn denied_words_are_terms_of_their_own() {
        let params = TextParams {
            negation: true,
            ngram_range: (1, 1),
            ..TextParams::default()
        };
        assert_eq!(
            names(params, "They did not agree, we agree"),
            ["they", "did", "not", "!agre", "we", "agre"]
        );
    }

    #[test]
    fn marks_are_counted_after_words() {
        let params = TextParams {
            marks: true,
            ngram_range: (1, 1),
            ..TextParams::default()
        };
        assert_eq!(
            names(params, "“Talks?” © AP"),
            ["talk", "ap", "<\">", "<?>", "<\">", "<©>"]
        );
    }

    proptest! {
        #[test]
        fn hashes_are_of_names_and_spans_are_of_words(text in any::<String>(), before in any::<String>()) {
            let params = TextParams {
                ngram_range: (1, 3),
                char_ngram_range: Some((2, 4)),
                negation: true,
                marks: true,
                ..TextParams::default()
            };
            let analyzer = Analyzer::new(params).unwrap();
            let mut fresh = Scratch::default();
            let terms = analyzer.terms(&text, &mut fresh).to_vec();
            for term in &terms {
                prop_assert_eq!(term.hash, hash_term(&fresh.name(term)));
                prop_assert!(text.get(term.start as usize..term.end as usize).is_some());
            }
            // What was seen before does not matter.
            let mut used = Scratch::default();
            analyzer.terms(&before, &mut used);
            let again: Vec<(u64, u32, u32)> = analyzer.terms(&text, &mut used)
                .iter().map(|t| (t.hash, t.start, t.end)).collect();
            let first: Vec<(u64, u32, u32)> = terms.iter().map(|t| (t.hash, t.start, t.end)).collect();
            prop_assert_eq!(again, first);
        }
    }
}
