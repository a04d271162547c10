//! The words of a text, each distinct one worked out once.
//!
//! Owns [`WordCache`], which numbers the distinct words it has met and keeps their normalized forms, and
//! [`Reading`], the words of one text in order by those numbers. What a word means to some text options
//! (its stem, its character n-grams, its row of weights) is kept beside the cache by whoever needs it, under
//! the same numbers: so one pass over the bytes serves any number of options.

use super::acts::{self, PlacedAct, Role};
use super::aliases::Aliases;
use super::hash_index::{FREE_SLOT, HashIndex, Slot};
use super::ngrams::hash_append;
use super::normalize::{depends_on_neighbours, normalize};
use super::stem::is_negation;
use super::tokenize::{Span, Token, spans, token};

/// Distinct words after which the cache is emptied, so that memory does not grow with the input.
const MAX_CACHED_WORDS: usize = 1 << 17;

/// How many words are looked up at the same time.
const AHEAD: usize = 16;

/// How many words after a negation are marked as denied.
pub const NEGATION_SCOPE: u8 = 4;

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

/// A word of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its number in the cache.
    pub word: u32,
    /// Byte offset of its first byte in the text.
    pub start: u32,
    /// Byte offset one past its last byte.
    pub end: u32,
    /// Whether it stands within the scope of a negation.
    pub denied: bool,
}

/// A punctuation mark of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedMark {
    /// Its index in [`MARKS`].
    pub mark: u8,
    /// Byte offset of its first byte in the text.
    pub start: u32,
    /// Byte offset one past its last byte.
    pub end: u32,
}

/// The words of one text, in order; used again for the next.
#[derive(Debug, Default)]
pub struct Reading {
    /// The words.
    pub words: Vec<Placed>,
    /// The marks, where they were asked for.
    pub marks: Vec<PlacedMark>,
    /// The terms of acts, where they were asked for.
    pub acts: Vec<PlacedAct>,
    /// Whether any word is denied.
    pub any_denied: bool,
}

/// What is read beside the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadParams {
    /// Mark the words after a negation.
    pub negation: bool,
    /// Find punctuation marks.
    pub marks: bool,
    /// Find who acts on whom.
    pub acts: bool,
}

/// A distinct word.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// Span of its normalized form in the arena.
    normalized: (u32, u32),
    negates: bool,
}

/// A word of a text that is looked up.
#[derive(Debug, Clone, Copy)]
struct Ahead {
    span: Span,
    /// The slot where the search for it begins.
    slot: Slot,
    /// The key that the slot holds.
    stored: u64,
}

impl Default for Ahead {
    fn default() -> Self {
        Ahead {
            span: Span::default(),
            slot: FREE_SLOT,
            stored: 0,
        }
    }
}

/// The distinct words met so far.
#[derive(Debug, Default)]
pub struct WordCache {
    numbers: HashIndex,
    words: Vec<Known>,
    /// What the first of them are to the terms of acts: of those that were met when these were asked for.
    roles: Vec<Role>,
    arena: String,
    normalized: String,
    generation: u32,
}

impl WordCache {
    /// How many words it holds: they are numbered from 0.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How often it was emptied: a word's number means something until then.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The normalized form of a word.
    pub fn normalized(&self, word: u32) -> &str {
        let (start, end) = self.words[word as usize].normalized;
        &self.arena[start as usize..end as usize]
    }

    /// Reads a text. Of one beyond 4 GiB only the first 4 GiB are read.
    pub fn read(&mut self, text: &str, params: ReadParams, reading: &mut Reading) {
        if self.words.len() > MAX_CACHED_WORDS {
            self.forget();
        }
        reading.words.clear();
        reading.marks.clear();
        reading.acts.clear();
        reading.any_denied = false;
        let mut gaps = Gaps::default();
        let mut spans = spans(text).take_while(|span| span.end <= u32::MAX as usize);
        let mut ahead = [Ahead::default(); AHEAD];
        loop {
            // Some words are found, then their slots fetched, then what these hold, before the first is looked at: so
            // that what is far from the processor is on its way for all of them at once.
            let mut n_ahead = 0;
            for (place, span) in ahead.iter_mut().zip(&mut spans) {
                place.span = span;
                n_ahead += 1;
            }
            for place in &mut ahead[..n_ahead] {
                place.slot = self.numbers.probe(place.span.key);
            }
            for place in &mut ahead[..n_ahead] {
                place.stored = self.numbers.stored(place.slot);
            }
            for place in &ahead[..n_ahead] {
                let span = place.span;
                let word = self.word(text, place);
                let denied = match params.negation || params.marks {
                    true => gaps.before(text, span, params, self.words[word as usize], reading),
                    false => false,
                };
                reading.words.push(Placed {
                    word,
                    start: span.start as u32,
                    end: span.end as u32,
                    denied,
                });
            }
            if n_ahead < AHEAD {
                break;
            }
        }
        if params.marks && u32::try_from(text.len()).is_ok() {
            find_marks(&text[gaps.last_end..], text.len(), true, reading);
        }
        if params.acts {
            self.find_acts(text, reading);
        }
    }

    /// Finds the terms of acts among the words of a reading.
    fn find_acts(&mut self, text: &str, reading: &mut Reading) {
        for word in self.roles.len()..self.words.len() {
            self.roles.push(acts::role(self.normalized(word as u32)));
        }
        let Reading { words, acts, .. } = reading;
        let word = |word: u32| (self.roles[word as usize], self.normalized(word));
        acts::find(text, words, word, acts);
    }

    /// Writes into `out` the words of a reading of `text` with those of `aliases` in their places, each where the
    /// phrase stands, and the acts among them where they were asked for; marks stay the reading's own. `begins` tells
    /// the words with which no phrase begins from others. Says whether any word was replaced.
    pub fn alias(
        &mut self,
        text: &str,
        aliases: &Aliases,
        begins: impl Fn(u32) -> bool,
        acts: bool,
        reading: &Reading,
        out: &mut Reading,
    ) -> bool {
        let mut changed = false;
        out.words.clear();
        out.acts.clear();
        out.any_denied = reading.any_denied;
        let words = &reading.words;
        let mut at = 0;
        while let Some(first) = words.get(at) {
            if !begins(first.word) {
                out.words.push(*first);
                at += 1;
                continue;
            }
            let next = |i: usize| Some(self.normalized(words.get(at + 1 + i)?.word));
            let found = aliases.find(self.normalized(first.word), next);
            let (n_words, read) = found.unwrap_or((1, None));
            let phrase = &words[at..at + n_words];
            match read {
                None => out.words.extend_from_slice(phrase),
                Some(read) => {
                    changed = true;
                    out.words.extend(read.iter().map(|surface| Placed {
                        word: self.learn(surface),
                        end: phrase[n_words - 1].end,
                        ..*first
                    }));
                }
            }
            at += n_words;
        }
        if acts {
            self.find_acts(text, out);
        }
        changed
    }

    /// The number of a word as it would stand in a text by itself.
    fn learn(&mut self, surface: &str) -> u32 {
        let span = spans(surface).next().unwrap_or_default();
        let slot = self.numbers.probe(span.key);
        let stored = self.numbers.stored(slot);
        self.word(surface, &Ahead { span, slot, stored })
    }

    /// Looks a word up, or works it out and remembers it.
    #[inline]
    fn word(&mut self, text: &str, ahead: &Ahead) -> u32 {
        let Ahead { span, slot, stored } = *ahead;
        let sign = sign_at(text, span);
        if sign != 0 {
            let token = token(text, span.start, span.end);
            return self.find_or_learn(hash_append(span.key, sign), &token);
        }
        match self.numbers.resolve_by(span.key, slot, stored) {
            Some(number) => number,
            None => self.find_or_learn(span.key, &token(text, span.start, span.end)),
        }
    }

    #[cold]
    fn find_or_learn(&mut self, key: u64, token: &Token<'_>) -> u32 {
        let number = self.numbers.get_or_insert(key);
        if (number as usize) < self.words.len() {
            return number;
        }
        normalize(token, &mut self.normalized);
        let start = self.arena.len() as u32;
        self.arena.push_str(&self.normalized);
        self.words.push(Known {
            normalized: (start, self.arena.len() as u32),
            negates: is_negation(&self.normalized),
        });
        number
    }

    fn forget(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.numbers.clear();
        self.words.clear();
        self.roles.clear();
        self.arena.clear();
    }
}

/// A number for the sign beside a word by which it is another word than without, as 25 % is; 0 for none.
#[inline]
fn sign_at(text: &str, span: Span) -> u64 {
    let bytes = text.as_bytes();
    if bytes[span.start].is_ascii_alphabetic()
        || !depends_on_neighbours(&text[span.start..span.end])
    {
        return 0;
    }
    let before = span.start.checked_sub(1).map(|at| bytes[at]);
    match (before, bytes.get(span.end)) {
        (_, Some(b'%')) => 1,
        (Some(b'$'), _) => 2,
        _ => 0,
    }
}

/// What stands between the words of a text that is being read.
#[derive(Debug, Default)]
struct Gaps {
    last_end: usize,
    /// How many words are still within the scope of a negation.
    denied: u8,
}

impl Gaps {
    /// Reads what stands before a word; says whether the word is denied.
    fn before(
        &mut self,
        text: &str,
        span: Span,
        params: ReadParams,
        word: Known,
        reading: &mut Reading,
    ) -> bool {
        let between = &text[self.last_end..span.start];
        self.last_end = span.end;
        if between != " " && find_marks(between, span.start, params.marks, reading) {
            self.denied = 0;
        }
        if !params.negation {
            return false;
        }
        let denied = self.denied > 0;
        reading.any_denied |= denied;
        self.denied = match word.negates {
            true => NEGATION_SCOPE,
            false => self.denied.saturating_sub(1),
        };
        denied
    }
}

/// Finds the marks of `between`, the text up to `end` that is no word; says whether a negation before it
/// ends there.
fn find_marks(between: &str, end: usize, keep: bool, reading: &mut Reading) -> bool {
    let (mut seen, mut ends_negation) = (0u32, false);
    let from = end - between.len();
    for (at, character) in between.char_indices() {
        ends_negation |= matches!(character, '.' | ',' | ';' | ':' | '?' | '!' | '(' | ')');
        if !keep || character == ' ' {
            continue;
        }
        let Some(mark) = mark_of(character) else {
            continue;
        };
        if seen & 1 << mark == 0 {
            seen |= 1 << mark;
            reading.marks.push(PlacedMark {
                mark,
                start: (from + at) as u32,
                end: (from + at + character.len_utf8()) as u32,
            });
        }
    }
    ends_negation
}

/// For each ASCII character its index in [`MARKS`], or `u8::MAX`.
const ASCII_MARKS: [u8; 128] = {
    let mut marks = [u8::MAX; 128];
    let mut i = 0;
    while i < MARKS.len() {
        let characters = MARKS[i].1.as_bytes();
        let mut at = 0;
        while at < characters.len() {
            if characters[at].is_ascii() {
                marks[characters[at] as usize] = i as u8;
            }
            at += 1;
        }
        i += 1;
    }
    marks
};

/// The index in [`MARKS`] of the mark that a character is.
fn mark_of(character: char) -> Option<u8> {
    match ASCII_MARKS.get(character as usize) {
        Some(mark) => (*mark != u8::MAX).then_some(*mark),
        None => MARKS
            .iter()
            .position(|(_, characters)| characters.contains(character))
            .map(|mark| mark as u8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_counts_each_mark_once_and_where_it_stands() {
        let params = ReadParams {
            marks: true,
            ..ReadParams::default()
        };
        let mut reading = Reading::default();
        WordCache::default().read("“Talks?!?” – Xinhua…", params, &mut reading);
        let found: Vec<(&str, u32, u32)> = (reading.marks.iter())
            .map(|m| (MARKS[usize::from(m.mark)].0, m.start, m.end))
            .collect();
        assert_eq!(
            found,
            [
                ("<\">", 0, 3),
                ("<?>", 8, 9),
                ("<!>", 9, 10),
                ("<\">", 11, 14),
                ("<–>", 15, 18),
                ("<…>", 25, 28)
            ]
        );
    }

    #[test]
    fn a_negation_reaches_four_words_and_no_further_than_a_comma() {
        let params = ReadParams {
            negation: true,
            ..ReadParams::default()
        };
        let mut reading = Reading::default();
        let mut cache = WordCache::default();
        let mut denied = |text: &str| {
            cache.read(text, params, &mut reading);
            let marked = reading.words.iter().filter(|w| w.denied);
            marked
                .map(|w| &text[w.start as usize..w.end as usize])
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            denied("It did not agree to lift any tariffs"),
            "agree to lift any"
        );
        assert_eq!(denied("No deal, and never talks"), "deal talks");
        assert_eq!(denied("They agreed"), "");
    }

    #[test]
    fn what_was_forgotten_is_learned_again() {
        let mut cache = WordCache::default();
        let mut reading = Reading::default();
        let many: String = (0..=MAX_CACHED_WORDS).map(|i| format!("w{i} ")).collect();
        cache.read(&many, ReadParams::default(), &mut reading);
        assert_eq!(cache.generation(), 0);
        cache.read("War w7", ReadParams::default(), &mut reading);
        assert_eq!((cache.generation(), cache.len()), (1, 2));
        assert_eq!(cache.normalized(reading.words[1].word), "w7");
    }
}
