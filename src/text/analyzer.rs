//! The text steps, in order.
//!
//! Owns [`Analyzer`], which turns a text into term occurrences by one set of options, and the [`Scratch`] it
//! works in, where each distinct word is stemmed, hashed and cut into character n-grams once.

use super::acts::act_terms;
use super::ngrams::{CHAR_MARK, char_ngrams, hash_append, hash_chars, hash_denied, hash_word};
use super::signs::{Passage, Sign};
use super::stem::{EnglishStemmer, is_stop_word};
use super::words::{MARKS, Placed, ReadParams, Reading, WordCache};
use super::{DENIED, MAX_NGRAM, TextParams};

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
    Act(u8),
    Sign(u32),
}

/// What a distinct word is to the options.
#[derive(Debug, Clone, Copy)]
struct Word {
    hash: u64,
    /// The hash of the word when it is denied.
    denied_hash: u64,
    /// Span of the stem in the arena.
    stem: (u32, u32),
    /// Span of the word's entries in `grams`.
    grams: (u32, u32),
    stopped: bool,
}

/// The cache and the buffers of one thread's analysis.
///
/// A scratch belongs to the [`Analyzer`] it was first used with.
#[derive(Debug, Default)]
pub struct Scratch {
    cache: WordCache,
    reading: Reading,
    /// The words before aliases were laid over them.
    plain: Reading,
    /// By the words' numbers in the cache.
    words: Vec<Word>,
    arena: String,
    grams: Vec<(u64, (u32, u32))>,
    /// The words of the latest text that are not left out.
    sequence: Vec<Placed>,
    /// The signs of the latest text, where they are terms.
    signs: Vec<Sign>,
    terms: Vec<Occurrence>,
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
        let mut name = String::new();
        self.append_name(occurrence, &mut name);
        name
    }

    /// Appends the name of the term of an occurrence of the latest text to `out`.
    pub fn append_name(&self, occurrence: &Occurrence, out: &mut String) {
        match occurrence.shape {
            Shape::Words(n) => {
                let first = occurrence.first_word as usize;
                let words = &self.sequence[first..first + usize::from(n)];
                for (i, placed) in words.iter().enumerate() {
                    out.extend((i > 0).then_some(' '));
                    out.extend(placed.denied.then_some(DENIED));
                    out.push_str(self.slice(self.words[placed.word as usize].stem));
                }
            }
            Shape::Chars(gram) => {
                out.push(CHAR_MARK);
                out.push_str(self.slice(self.grams[gram as usize].1));
            }
            Shape::Act(act) => out.push_str(&act_terms()[usize::from(act)]),
            Shape::Sign(sign) => out.push_str(self.signs[sign as usize].name()),
            Shape::Mark(mark) => out.push_str(MARKS[usize::from(mark)].0),
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

    fn forget_words(&mut self) {
        self.generation = self.cache.generation();
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
    act_hashes: Vec<u64>,
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
            act_hashes: act_terms().iter().map(|name| hash_word(name)).collect(),
            mark_hashes: MARKS.iter().map(|(name, _)| hash_word(name)).collect(),
        })
    }

    /// The options.
    pub fn params(&self) -> &TextParams {
        &self.params
    }

    /// The term occurrences of `text`: word n-grams by first word, then length; the
    /// character n-grams of each word after the n-grams that start at it; then marks, acts, and signs last, which
    /// stand nowhere in the text.
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
    pub fn terms<'s, 't>(
        &self,
        passage: impl Into<Passage<'t>>,
        scratch: &'s mut Scratch,
    ) -> &'s [Occurrence] {
        self.read(passage, scratch);
        let mut terms = std::mem::take(&mut scratch.terms);
        terms.clear();
        self.visit(scratch, |occurrence| terms.push(occurrence));
        scratch.terms = terms;
        &scratch.terms
    }

    /// Reads a text into the scratch, for [`visit`](Self::visit).
    pub fn read<'t>(&self, passage: impl Into<Passage<'t>>, scratch: &mut Scratch) {
        let Passage { text, signs } = passage.into();
        scratch.signs.clear();
        if self.params.signs {
            // A sign is there or it is not.
            for sign in signs {
                if !scratch.signs.contains(sign) {
                    scratch.signs.push(sign.clone());
                }
            }
        }
        let params = ReadParams {
            negation: self.params.negation,
            marks: self.params.marks,
            // Of a text with aliases laid over it, among those.
            acts: self.params.acts && self.params.aliases.is_none(),
        };
        scratch.cache.read(text, params, &mut scratch.reading);
        if let Some(aliases) = &self.params.aliases {
            let Scratch {
                cache,
                reading,
                plain,
                ..
            } = scratch;
            std::mem::swap(reading, plain);
            cache.alias(text, aliases, |_| true, self.params.acts, plain, reading);
            std::mem::swap(&mut reading.marks, &mut plain.marks);
        }
        if scratch.generation != scratch.cache.generation() {
            scratch.forget_words();
        }
        for number in scratch.words.len()..scratch.cache.len() {
            self.work_out(number as u32, scratch);
        }
        let words = &scratch.words;
        let kept = |placed: &&Placed| !words[placed.word as usize].stopped;
        scratch.sequence.clear();
        (scratch.sequence).extend(scratch.reading.words.iter().filter(kept).copied());
    }

    /// Calls `each` with every term occurrence of the latest text, in the order of
    /// [`terms`](Self::terms), without a list of them.
    pub fn visit(&self, scratch: &Scratch, mut each: impl FnMut(Occurrence)) {
        let (shortest, longest) = self.params.ngram_range;
        debug_assert!(longest <= MAX_NGRAM);
        let sequence = &scratch.sequence;
        for (first, placed) in sequence.iter().enumerate() {
            let mut hash = scratch.hash(placed);
            for n in 1..=longest {
                let Some(last) = sequence.get(first + usize::from(n) - 1) else {
                    break;
                };
                if n > 1 {
                    hash = hash_append(hash, scratch.hash(last));
                }
                if n >= shortest {
                    each(Occurrence {
                        hash,
                        start: placed.start,
                        end: last.end,
                        first_word: first as u32,
                        shape: Shape::Words(n),
                    });
                }
            }
            let (start, end) = scratch.words[placed.word as usize].grams;
            for gram in start..end {
                each(Occurrence {
                    hash: scratch.grams[gram as usize].0,
                    start: placed.start,
                    end: placed.end,
                    first_word: first as u32,
                    shape: Shape::Chars(gram),
                });
            }
        }
        for mark in &scratch.reading.marks {
            each(Occurrence {
                hash: self.mark_hashes[usize::from(mark.mark)],
                start: mark.start,
                end: mark.end,
                first_word: 0,
                shape: Shape::Mark(mark.mark),
            });
        }
        for act in &scratch.reading.acts {
            let term = act.term(self.params.negation);
            each(Occurrence {
                hash: self.act_hashes[term],
                start: act.start,
                end: act.end,
                first_word: 0,
                shape: Shape::Act(term as u8),
            });
        }
        for (number, sign) in scratch.signs.iter().enumerate() {
            each(Occurrence {
                hash: sign.hash(),
                start: 0,
                end: 0,
                first_word: 0,
                shape: Shape::Sign(number as u32),
            });
        }
    }

    /// Works the next word of the cache out and remembers it.
    fn work_out(&self, number: u32, scratch: &mut Scratch) {
        let normalized = scratch.cache.normalized(number);
        let stem = match &self.stemmer {
            Some(stemmer) => stemmer.stem(normalized),
            None => normalized.into(),
        };
        let first_gram = scratch.grams.len() as u32;
        let stopped = self.params.stop_words && is_stop_word(normalized);
        if let Some(range) = self.params.char_ngram_range
            && !stopped
        {
            let base = scratch.arena.len() as u32;
            scratch.padded.clear();
            scratch.padded.extend([" ", normalized, " "]);
            scratch.arena.push_str(&scratch.padded);
            let start_of = scratch.padded.as_ptr() as usize;
            char_ngrams(&scratch.padded, range, |gram| {
                let start = base + (gram.as_ptr() as usize - start_of) as u32;
                let span = (start, start + gram.len() as u32);
                scratch.grams.push((hash_chars(gram), span));
            });
        }
        let start = scratch.arena.len() as u32;
        scratch.arena.push_str(&stem);
        let denied_hash = match self.params.negation {
            true => hash_denied(&stem),
            false => 0,
        };
        scratch.words.push(Word {
            hash: hash_word(&stem),
            denied_hash,
            stem: (start, scratch.arena.len() as u32),
            grams: (first_gram, scratch.grams.len() as u32),
            stopped,
        });
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
                acts: true,
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
