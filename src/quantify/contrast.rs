//! Two sets of documents against each other.
//!
//! The sets are taken for independent samples: each draw of the bootstrap draws the articles of both, apart. All
//! differences are judged together, and so are all terms (Holm).

use super::errors::{ErrorRates, RatesFrom};
use super::estimate::{Estimate, Estimator, rounded};
use super::measures::{DocumentSums, Measure, Measures};
use super::poisson;
use super::tally::Tally;
use crate::evaluate::compare::two_sided;
use crate::evaluate::holm;
use crate::text::stem::is_stop_word;
use serde::Serialize;
use std::collections::HashMap;

/// Distinct words that are counted in a set; later ones are left out, and their number said.
const MOST_WORDS: usize = 1 << 20;

/// Documents with a word below which it is not judged.
const FEWEST_DOCUMENTS: u32 = 10;

/// The words that the prior is worth.
const PRIOR_WORDS: f64 = 1000.0;

/// Terms that are shown for each set.
const SHOWN_TERMS: usize = 15;

/// The words of a document's body.
pub type Words = HashMap<String, u32>;

/// Sums of a word over documents.
#[derive(Debug, Clone, Copy, Default)]
struct WordSums {
    documents: u32,
    count: f64,
    /// Sum of squared counts, and of counts times the document's words.
    squares: f64,
    products: f64,
}

/// The sums of a set.
#[derive(Debug)]
pub struct SetTally {
    name: String,
    tally: Tally,
    seed: u64,
    times: Vec<i64>,
    words: HashMap<String, WordSums>,
    n_words: f64,
    squares: f64,
    left_out: u64,
}

/// Two sets against each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contrast {
    /// The first and the second.
    pub sets: [SetFigures; 2],
    /// Draws of the bootstrap over articles.
    pub draws: usize,
    /// Its seed.
    pub seed: u64,
    /// Where the errors that are taken out of each set were measured; empty where nothing is corrected.
    pub errors_from: [Vec<RatesFrom>; 2],
    /// Whether the same errors are taken out of both: that holds where the model errs alike in both.
    pub same_errors: bool,
    /// One a measure that both sets have.
    pub differences: Vec<MeasureDifference>,
    /// The words used more in the first set than its length says, the surest first, then those of the second.
    pub terms: Vec<TermDifference>,
    /// Words that were judged together.
    pub n_terms: usize,
    /// Occurrences of words that found no more room.
    pub words_left_out: u64,
}

/// What a set is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetFigures {
    /// What it is called.
    pub name: String,
    /// Documents.
    pub documents: u64,
    /// Distinct articles.
    pub articles: u64,
    /// Body paragraphs.
    pub body: u64,
    /// Paragraphs that are no body.
    pub set_aside: u64,
}

/// A measure in both sets, and the first less the second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasureDifference {
    /// What is measured.
    pub measure: Measure,
    /// The first set, the second, and the difference, as counted.
    pub counted: [Estimate; 3],
    /// The same with the model's errors taken out.
    pub corrected: Option<[Estimate; 3]>,
    /// Two-sided, of the counted difference.
    pub p: Option<f64>,
    /// After Holm's correction for all measures.
    pub p_holm: Option<f64>,
}

/// A word in both sets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TermDifference {
    /// The word.
    pub term: String,
    /// How often in the first set and in the second, per 1,000 words.
    pub per_thousand: [f64; 2],
    /// The log odds in the first less those in the second.
    pub log_odds_ratio: f64,
    /// By its standard deviation.
    pub z: f64,
    /// After Holm's correction for all words.
    pub p_holm: f64,
}

impl SetTally {
    /// An empty set; two that are compared must have other `side`s.
    pub fn new(name: String, measures: &Measures, draws: usize, seed: u64, side: u64) -> Self {
        SetTally {
            name,
            tally: Tally::new(measures.width(), draws),
            seed: seed ^ (side << 60),
            times: vec![0; draws],
            words: HashMap::new(),
            n_words: 0.0,
            squares: 0.0,
            left_out: 0,
        }
    }

    /// Adds a document.
    pub fn add(&mut self, document: &DocumentSums, words: Words) {
        poisson::times(document.article, self.seed, &mut self.times);
        self.tally.add(document, &self.times);
        let n: f64 = words.values().map(|n| f64::from(*n)).sum();
        self.n_words += n;
        self.squares += n * n;
        for (word, count) in words {
            if self.words.len() >= MOST_WORDS && !self.words.contains_key(&word) {
                self.left_out += u64::from(count);
                continue;
            }
            let sums = self.words.entry(word).or_default();
            let count = f64::from(count);
            sums.documents += 1;
            sums.count += count;
            sums.squares += count * count;
            sums.products += count * n;
        }
    }

    fn figures(&self) -> SetFigures {
        SetFigures {
            name: self.name.clone(),
            documents: self.tally.documents,
            articles: self.tally.articles(),
            body: self.tally.body(),
            set_aside: self.tally.set_aside,
        }
    }

    /// The variance of a word's count over documents, by that of words that fall independently; 1 at least.
    fn design_effect(&self, sums: &WordSums) -> f64 {
        let rate = sums.count / self.n_words.max(1.0);
        let robust = sums.squares - 2.0 * rate * sums.products + rate * rate * self.squares;
        (robust / sums.count.max(1.0)).max(1.0)
    }
}

/// Holds two sets against each other. Where the errors taken out of both are the same ones, each draw takes the same
/// rates for both; else their own.
pub fn contrast(
    sets: &[SetTally; 2],
    measures: &Measures,
    errors: [Option<&ErrorRates>; 2],
    seed: u64,
) -> Contrast {
    let draws = sets[0].times.len();
    let same_errors = match errors {
        [Some(first), Some(second)] => std::ptr::eq(first, second),
        _ => false,
    };
    let seeds = [seed, if same_errors { seed } else { !seed }];
    let estimators = [0, 1].map(|i| Estimator::new(measures, errors[i], draws, seeds[i]));
    let mut differences = Vec::new();
    let articles = sets[0].tally.articles().min(sets[1].tally.articles());
    for (m, measure) in measures.list.iter().enumerate() {
        let samples = [0, 1].map(|i| estimators[i].samples(&sets[i].tally, m));
        let [Some(first), Some(second)] = samples else {
            continue;
        };
        let a = estimators[0].intervals(&first, &sets[0].tally, m);
        let b = estimators[1].intervals(&second, &sets[1].tally, m);
        let difference = first.0.minus(&second.0);
        let corrected = match ((&first.1, a.1), (&second.1, b.1)) {
            ((Some(first), Some(a)), (Some(second), Some(b))) => {
                Some([a, b, first.minus(second).estimate(articles)])
            }
            _ => None,
        };
        let estimate = difference.estimate(articles);
        let known = estimate.low.is_some();
        differences.push(MeasureDifference {
            measure: measure.clone(),
            counted: [a.0, b.0, estimate],
            corrected,
            p: two_sided(difference.draws.iter().copied())
                .filter(|_| known)
                .map(rounded),
            p_holm: None,
        });
    }
    let p: Vec<f64> = differences.iter().filter_map(|d| d.p).collect();
    let judged = differences.iter_mut().filter(|d| d.p.is_some());
    for (difference, p) in judged.zip(holm(&p)) {
        difference.p_holm = Some(rounded(p));
    }
    let (terms, n_terms) = terms(sets);
    Contrast {
        sets: sets.each_ref().map(SetTally::figures),
        draws,
        seed,
        errors_from: errors.map(|e| e.map_or_else(Vec::new, |e| e.sources(measures))),
        same_errors,
        differences,
        terms,
        n_terms,
        words_left_out: sets.iter().map(|set| set.left_out).sum(),
    }
}

/// The log odds ratio of each word with a prior of both sets' words (Monroe, Colaresi and Quinn, Political Analysis 16,
/// 2008, equations 15 and 16, their variance ∑ 1 / (y + α)), each term of the variance times the word's design effect over
/// documents: words come in bursts. Those with a corrected p of .05 or less, the surest first.
fn terms(sets: &[SetTally; 2]) -> (Vec<TermDifference>, usize) {
    let n_all = sets[0].n_words + sets[1].n_words;
    let none = WordSums::default();
    let second_alone = sets[1]
        .words
        .keys()
        .filter(|word| !sets[0].words.contains_key(*word));
    let mut all = Vec::new();
    for word in sets[0].words.keys().chain(second_alone) {
        let sums = sets
            .each_ref()
            .map(|set| set.words.get(word).unwrap_or(&none));
        let documents = sums[0].documents + sums[1].documents;
        // Function words tell talk from writing, and nothing of what it is about.
        if documents < FEWEST_DOCUMENTS || is_stop_word(word) {
            continue;
        }
        let prior = PRIOR_WORDS * (sums[0].count + sums[1].count) / n_all;
        let side = |i: usize| {
            let y = sums[i].count + prior;
            let rest = sets[i].n_words + PRIOR_WORDS - y;
            (libm::log(y / rest), sets[i].design_effect(sums[i]) / y)
        };
        let ((a, variance_a), (b, variance_b)) = (side(0), side(1));
        let z = (a - b) / libm::sqrt(variance_a + variance_b);
        let per_thousand =
            [0, 1].map(|i| rounded(1000.0 * sums[i].count / sets[i].n_words.max(1.0)));
        all.push(TermDifference {
            term: word.clone(),
            per_thousand,
            log_odds_ratio: rounded(a - b),
            z: rounded(z),
            p_holm: libm::erfc(z.abs() / std::f64::consts::SQRT_2),
        });
    }
    // A map has no order of its own.
    all.sort_by(|a, b| b.z.total_cmp(&a.z).then_with(|| a.term.cmp(&b.term)));
    let p: Vec<f64> = all.iter().map(|term| term.p_holm).collect();
    for (term, p) in all.iter_mut().zip(holm(&p)) {
        term.p_holm = rounded(p);
    }
    let n = all.len();
    let sure = |term: &&TermDifference| term.p_holm <= 0.05;
    let first = all
        .iter()
        .take_while(|term| term.z > 0.0)
        .filter(sure)
        .take(SHOWN_TERMS);
    let second = all
        .iter()
        .rev()
        .take_while(|term| term.z < 0.0)
        .filter(sure)
        .take(SHOWN_TERMS);
    (first.chain(second).cloned().collect(), n)
}
