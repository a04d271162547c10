//! Scores a text by the frozen table.
//!
//! Owns [`Scoring`], one thread's cache of words and its buffers. For every distinct word met, the cache has
//! the row of its term under each way of stemming, and the rows of its character n-grams: only n-grams of
//! several words are looked up occurrence by occurrence.

use super::Scorer;
use super::family::{Kind, number_in};
use super::grams::Grams;
use super::sums::{Seen, Sums, tf};
use crate::text::hash_index::FREE_SLOT;
use crate::text::ngrams::{hash_append, hash_denied, hash_word};
use crate::text::stem::{EnglishStemmer, is_stop_word};
use crate::text::words::Placed;
use crate::text::{Aliases, MARKS, Passage, Reading, Sign, WordCache, act_terms};
use std::collections::BTreeMap;

/// No row.
const NONE: u32 = u32::MAX;

/// How many words are looked up at the same time.
const AHEAD: usize = 16;

/// What a word is to a family of word n-grams.
#[derive(Debug, Clone, Copy)]
struct Form {
    hash: u64,
    /// The row of the word alone.
    row: u32,
    /// Whether it begins, and whether it goes on, an n-gram of the table.
    opens: bool,
    joins: bool,
}

/// A word of the text at hand, as a family of word n-grams sees it.
#[derive(Debug, Clone, Copy)]
struct LineWord {
    form: Form,
    start: u32,
    end: u32,
}

/// Stands before the first word.
const NO_WORD: LineWord = LineWord {
    form: Form {
        hash: 0,
        row: NONE,
        opens: false,
        joins: false,
    },
    start: 0,
    end: 0,
};

/// How a form is made of a normalized word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Making {
    stem: bool,
    denied: bool,
}

/// The cache and the buffers of one thread; belongs to the [`Scorer`] it was made by.
#[derive(Debug)]
pub struct Scoring {
    cache: WordCache,
    generation: u32,
    reading: Reading,
    /// The reading with each table of aliases laid over it, where that changes it.
    aliased: Vec<Reading>,
    changed: Vec<bool>,
    stemmer: EnglishStemmer,
    makings: Vec<Making>,
    /// Where each family finds its forms: of a word as it is, and of a denied one.
    making_of: Vec<[usize; 2]>,
    /// `[words of the cache, makings]`.
    forms: Vec<Form>,
    stopped: Vec<bool>,
    /// Whether a phrase of any table of aliases begins with the word.
    begins_alias: Vec<bool>,
    /// The character n-grams of each range.
    grams: Vec<Grams>,
    /// Where each family of characters finds its own.
    grams_of: Vec<usize>,
    mark_rows: Vec<u32>,
    act_rows: Vec<u32>,
    /// The rows of the signs of the text at hand.
    sign_rows: Vec<u32>,
    padded: String,
    line: Vec<LineWord>,
    occurrences: Vec<u32>,
    seen: Seen,
    sums: Vec<Sums>,
    /// Whose sums a family uses: its own, or its twin's.
    sums_of: Vec<usize>,
}

impl Scoring {
    fn new(scorer: &Scorer) -> Self {
        let families = scorer.families.all();
        let mut makings: Vec<Making> = Vec::new();
        let mut number = |making| number_in(&mut makings, making);
        let making_of = (families.iter())
            .map(|family| match family.kind {
                Kind::Words { stem, negation, .. } => [false, negation].map(|denied| {
                    // Without negation a denied word is as any other.
                    number(Making { stem, denied })
                }),
                _ => [0, 0],
            })
            .collect();
        let mut ranges = Vec::new();
        let grams_of = (families.iter())
            .map(|family| match family.kind {
                Kind::Chars { range, .. } => number_in(&mut ranges, range),
                _ => 0,
            })
            .collect();
        let grams = ranges
            .into_iter()
            .map(|range| Grams::new(range, scorer.stride));
        let row = |name: &str| scorer.index.get(hash_word(name)).unwrap_or(NONE);
        let sums = |family: &super::family::Family| {
            Sums::new(scorer.stride, scorer.n_lanes, family.sublinear)
        };
        Scoring {
            cache: WordCache::default(),
            generation: 0,
            reading: Reading::default(),
            aliased: Vec::new(),
            changed: Vec::new(),
            stemmer: EnglishStemmer::default(),
            making_of,
            makings,
            forms: Vec::new(),
            stopped: Vec::new(),
            begins_alias: Vec::new(),
            grams: grams.collect(),
            grams_of,
            mark_rows: MARKS.iter().map(|(name, _)| row(name)).collect(),
            act_rows: act_terms().iter().map(|name| row(name)).collect(),
            sign_rows: Vec::new(),
            padded: String::new(),
            line: Vec::new(),
            occurrences: Vec::new(),
            seen: Seen::default(),
            sums: families.iter().map(sums).collect(),
            sums_of: (0..families.len()).collect(),
        }
    }
}

/// A term of a text that the model knows, as [`Scorer::trace`] gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct TracedTerm {
    /// The term's row.
    pub row: u32,
    /// Its damped count over the norm of the text's TF-IDF row: what the row's folded weights are
    /// multiplied by. 1 for a sign.
    pub scaled_tf: f64,
    /// Byte spans of its occurrences in the text; none for a sign.
    pub spans: Vec<(usize, usize)>,
}

impl Scorer {
    /// The buffers of one thread.
    pub fn scoring(&self) -> Scoring {
        Scoring::new(self)
    }

    /// Writes the decision values of all labels of all tasks for a passage into `margins`, `[n_lanes]`.
    pub fn score(&self, passage: Passage<'_>, scoring: &mut Scoring, margins: &mut [f32]) {
        self.read(passage, scoring);
        for family in 0..self.families.all().len() {
            let table = self.families.all()[family].kind.aliases();
            let changed = table.is_some_and(|table| scoring.changed[table]);
            let denied = scoring.reading.any_denied;
            if let Some(twin) = self.families.twin(family, denied, changed) {
                scoring.sums_of[family] = scoring.sums_of[twin];
                continue;
            }
            scoring.sums_of[family] = family;
            scoring.sums[family].clear();
            if let Kind::Chars { stop_words, .. } = self.families.all()[family].kind {
                self.add_grams(family, stop_words, scoring);
                continue;
            }
            let mut occurrences = std::mem::take(&mut scoring.occurrences);
            occurrences.clear();
            self.walk(family, scoring, |row, _| occurrences.push(row));
            scoring.sums[family].add(&occurrences, &self.rows, &mut scoring.seen);
            scoring.occurrences = occurrences;
        }
        for task in &self.tasks {
            let of_task = |signs: bool| {
                let is_asked = move |f: &&usize| self.families.is_signs(**f) == signs;
                let families = task.families.iter().filter(is_asked);
                families.map(|f| scoring.sums[scoring.sums_of[*f]].totals())
            };
            let squares: f64 = of_task(false).map(|totals| totals[task.square]).sum();
            let scale = match squares > 0.0 {
                true => 1.0 / libm::sqrt(squares),
                false => 0.0,
            };
            for (lane, intercept) in task.lanes.clone().zip(&task.intercepts) {
                let sum: f64 = of_task(false).map(|totals| totals[lane]).sum();
                let signs: f64 = of_task(true).map(|totals| totals[lane]).sum();
                margins[lane] = (sum * scale + signs + f64::from(*intercept)) as f32;
            }
        }
    }

    /// Adds up the character n-grams of a family.
    fn add_grams(&self, family: usize, stop_words: bool, scoring: &mut Scoring) {
        let kind = self.families.all()[family].kind;
        let reading = read_by(kind, &scoring.reading, &scoring.aliased, &scoring.changed);
        let kept = kept(&scoring.stopped, stop_words);
        let words = reading.words.iter().filter(kept).map(|placed| placed.word);
        let grams = &mut scoring.grams[scoring.grams_of[family]];
        grams.add(words, &self.rows, &mut scoring.sums[family]);
    }

    /// The terms of a passage that `task` knows, in the order of the table's rows: what
    /// [`score`](Self::score) adds up, term by term.
    pub fn trace(
        &self,
        passage: Passage<'_>,
        task: usize,
        scoring: &mut Scoring,
    ) -> Vec<TracedTerm> {
        self.read(passage, scoring);
        let square = self.tasks[task].square;
        let (mut terms, mut signs) = (Vec::new(), Vec::new());
        for &family in &self.tasks[task].families {
            let mut spans: BTreeMap<u32, Vec<(usize, usize)>> = BTreeMap::new();
            self.walk(family, scoring, |row, (start, end)| {
                let of_row = spans.entry(row).or_default();
                of_row.push((start as usize, end as usize));
            });
            let sublinear = self.families.all()[family].sublinear;
            let list = match self.families.is_signs(family) {
                true => &mut signs,
                false => &mut terms,
            };
            list.extend((spans.into_iter()).filter_map(|(row, spans)| {
                // Other tasks' terms have no square here.
                let is_known = self.folded_weight(row, square) > 0.0;
                is_known.then(|| TracedTerm {
                    row,
                    scaled_tf: tf(spans.len() as u32, sublinear),
                    spans,
                })
            }));
        }
        let square_of = |term: &TracedTerm| {
            term.scaled_tf * term.scaled_tf * f64::from(self.folded_weight(term.row, square))
        };
        let squares: f64 = terms.iter().map(square_of).sum();
        for term in &mut terms {
            term.scaled_tf /= libm::sqrt(squares);
        }
        for sign in &mut signs {
            sign.spans.clear();
        }
        terms.append(&mut signs);
        terms
    }

    /// Reads a text, and works out what is new in it.
    fn read(&self, passage: Passage<'_>, scoring: &mut Scoring) {
        let Passage { text, signs } = passage;
        let row = |sign: &Sign| self.index.get(sign.hash());
        scoring.sign_rows.clear();
        for row in signs.iter().filter_map(row) {
            // A sign is there or it is not.
            if !scoring.sign_rows.contains(&row) {
                scoring.sign_rows.push(row);
            }
        }
        let params = self.read_params();
        scoring.cache.read(text, params, &mut scoring.reading);
        self.work_out_new(scoring);
        let tables = self.families.aliases();
        let begins = |word: u32| scoring.begins_alias[word as usize];
        let mut words = scoring.reading.words.iter();
        let any_begins = !tables.is_empty() && words.any(|placed| begins(placed.word));
        scoring.aliased.resize_with(tables.len(), Reading::default);
        scoring.changed.resize(tables.len(), false);
        for (i, table) in tables.iter().enumerate() {
            let (acts, aliased) = (self.families.reads_acts(Some(i)), &mut scoring.aliased[i]);
            // Acts that nobody reads among the words as they are were not looked for there.
            let elsewhere = acts && !params.acts;
            let replaced = (any_begins || elsewhere)
                && (scoring.cache).alias(text, table, begins, acts, &scoring.reading, aliased);
            scoring.changed[i] = replaced || elsewhere;
        }
        self.work_out_new(scoring);
    }

    /// Works out the words of the cache that are new.
    fn work_out_new(&self, scoring: &mut Scoring) {
        if scoring.generation != scoring.cache.generation() {
            scoring.generation = scoring.cache.generation();
            scoring.forms.clear();
            scoring.stopped.clear();
            scoring.begins_alias.clear();
            scoring.grams.iter_mut().for_each(Grams::clear);
        }
        for word in scoring.stopped.len()..scoring.cache.len() {
            self.work_out(word as u32, scoring);
        }
    }

    /// Works the next word of the cache out.
    #[cold]
    fn work_out(&self, word: u32, scoring: &mut Scoring) {
        let normalized = scoring.cache.normalized(word);
        for making in &scoring.makings {
            let stem = match making.stem {
                true => scoring.stemmer.stem(normalized),
                false => normalized.into(),
            };
            let hash = match making.denied {
                true => hash_denied(&stem),
                false => hash_word(&stem),
            };
            scoring.forms.push(Form {
                hash,
                row: self.index.get(hash).unwrap_or(NONE),
                opens: self.openers.get(hash).is_some(),
                joins: self.joiners.get(hash).is_some(),
            });
        }
        let stopped = is_stop_word(normalized);
        scoring.stopped.push(stopped);
        let begins = |table: &Aliases| table.begin_with(normalized);
        let begins_alias = self.families.aliases().iter().any(begins);
        scoring.begins_alias.push(begins_alias);
        scoring.padded.clear();
        scoring.padded.extend([" ", normalized, " "]);
        for grams in &mut scoring.grams {
            grams.work_out(&scoring.padded, self);
        }
    }

    /// Calls `each` with the row and the byte span of every occurrence, in the text at hand, of a term of a
    /// family that any task knows.
    fn walk(&self, family: usize, scoring: &mut Scoring, mut each: impl FnMut(u32, (u32, u32))) {
        let kind = self.families.all()[family].kind;
        let reading = read_by(kind, &scoring.reading, &scoring.aliased, &scoring.changed);
        let words = &reading.words;
        match kind {
            Kind::Words {
                stop_words, range, ..
            } => {
                let (n_makings, makings) = (scoring.makings.len(), scoring.making_of[family]);
                let kept = kept(&scoring.stopped, stop_words);
                let line = words.iter().filter(kept).map(|placed| {
                    let making = makings[usize::from(placed.denied)];
                    LineWord {
                        form: scoring.forms[placed.word as usize * n_makings + making],
                        start: placed.start,
                        end: placed.end,
                    }
                });
                if range == (1, 2) {
                    self.walk_pairs(line, each);
                } else {
                    scoring.line.clear();
                    scoring.line.extend(line);
                    self.walk_words(&scoring.line, range, each);
                }
            }
            Kind::Chars { stop_words, .. } => {
                let grams = &scoring.grams[scoring.grams_of[family]];
                for placed in words.iter().filter(kept(&scoring.stopped, stop_words)) {
                    grams.each_row(placed.word, |row| each(row, (placed.start, placed.end)));
                }
            }
            Kind::Marks => {
                for mark in &reading.marks {
                    match scoring.mark_rows[usize::from(mark.mark)] {
                        NONE => {}
                        row => each(row, (mark.start, mark.end)),
                    }
                }
            }
            Kind::Signs => {
                for row in &scoring.sign_rows {
                    each(*row, (0, 0));
                }
            }
            Kind::Acts { negation, .. } => {
                for act in &reading.acts {
                    match scoring.act_rows[act.term(negation)] {
                        NONE => {}
                        row => each(row, (act.start, act.end)),
                    }
                }
            }
        }
    }

    /// [`walk_words`](Self::walk_words) of words and pairs, which nearly every model has. The slots of a
    /// stretch's pairs are fetched together, before the first is looked at.
    #[inline]
    fn walk_pairs(
        &self,
        line: impl Iterator<Item = LineWord>,
        mut each: impl FnMut(u32, (u32, u32)),
    ) {
        let mut line = line;
        let mut last = NO_WORD;
        let mut words = [NO_WORD; AHEAD];
        let mut pairs = [(0u64, FREE_SLOT, (0, 0)); AHEAD];
        loop {
            let (mut n_words, mut n_pairs) = (0, 0);
            for (place, word) in words.iter_mut().zip(&mut line) {
                *place = word;
                n_words += 1;
            }
            for word in &words[..n_words] {
                let hash = hash_append(last.form.hash, word.form.hash);
                let maybe = last.form.opens & word.form.joins & self.known.may_hold(hash);
                // Written always and counted where it may be a term: a branch here would be a guess.
                pairs[n_pairs] = (hash, FREE_SLOT, (last.start, word.end));
                n_pairs += usize::from(maybe);
                last = *word;
            }
            for word in &words[..n_words] {
                if word.form.row != NONE {
                    each(word.form.row, (word.start, word.end));
                }
            }
            for (hash, slot, _) in &mut pairs[..n_pairs] {
                *slot = self.index.probe(*hash);
            }
            for (hash, slot, span) in &pairs[..n_pairs] {
                if let Some(row) = self.index.resolve(*hash, *slot) {
                    each(row, *span);
                }
            }
            if n_words < AHEAD {
                break;
            }
        }
    }

    #[inline]
    fn walk_words(
        &self,
        line: &[LineWord],
        (shortest, longest): (u8, u8),
        mut each: impl FnMut(u32, (u32, u32)),
    ) {
        for (i, first) in line.iter().enumerate() {
            if shortest == 1 && first.form.row != NONE {
                each(first.form.row, (first.start, first.end));
            }
            if longest == 1 || !first.form.opens {
                continue;
            }
            let mut hash = first.form.hash;
            for (n, next) in (2..=longest).zip(&line[i + 1..]) {
                if !next.form.joins {
                    break;
                }
                hash = hash_append(hash, next.form.hash);
                if n >= shortest
                    && self.known.may_hold(hash)
                    && let Some(row) = self.index.get(hash)
                {
                    each(row, (first.start, next.end));
                }
            }
        }
    }
}

/// Tells the words that count from function words, where those are left out.
fn kept(stopped: &[bool], stop_words: bool) -> impl Fn(&&Placed) -> bool {
    move |placed| !(stop_words && stopped[placed.word as usize])
}

/// The reading that a family is made of: with its table of aliases laid over it where that changed anything.
fn read_by<'r>(
    kind: Kind,
    reading: &'r Reading,
    aliased: &'r [Reading],
    changed: &[bool],
) -> &'r Reading {
    match kind.aliases().filter(|table| changed[*table]) {
        Some(table) => &aliased[table],
        None => reading,
    }
}
