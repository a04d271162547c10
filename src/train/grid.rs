//! The grid of options.
//!
//! Owns the stages that [`search`](super::search) walks, one option at a time. Stages whose option is given are left out.
//!
//! | stage | values, the first of which is where the search starts | where |
//! |---|---|---|
//! | words | 1–2, 1–1, 1–3 | always |
//! | estimator | logistic balanced (C 3), logistic (C 10), svc balanced (C 0.1), svc (C 0.3) | unless linfa's is asked for |
//! | characters | none, 3–5 | texts of at most 2 MB together |
//! | fewest texts of a term | 2, 1 | always |
//! | punctuation marks | no, yes | always |
//! | stems | yes, no | always |
//! | inverse document frequency | yes, no | always |
//! | words after a negation marked | no, yes | texts of at most 2 MB together |
//! | scaling | none, log-count-ratio | not with linfa's |
//! | C | logistic and linfa's 0.3, 1, 3, 10, 30, 100; svc 0.03, 0.1, 0.3, 1, 3 | always |
//!
//! C ascends, each fit starts from the one before, and the walk ends when two values in a row were lower than one
//! before them.

use super::given::{Given, SVC_C};
use crate::features::DocumentFrequency;
use crate::model::{ClassWeight, Estimator, Scaling, TaskOptions};

/// A value of a stage: what it is called and how it is put into the options.
pub struct Candidate {
    /// Such as `C 3`.
    pub what: String,
    set: Box<dyn Fn(&mut TaskOptions)>,
}

impl Candidate {
    fn new(what: impl Into<String>, set: impl Fn(&mut TaskOptions) + 'static) -> Self {
        Candidate {
            what: what.into(),
            set: Box::new(set),
        }
    }

    /// `options` with the value put in.
    pub fn applied(&self, options: &TaskOptions) -> TaskOptions {
        let mut options = options.clone();
        (self.set)(&mut options);
        options
    }
}

/// A stage of the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Word n-grams.
    Words,
    /// Loss and class weights.
    Estimator,
    /// Character n-grams.
    Characters,
    /// The fewest texts of a term.
    MinDf,
    /// Punctuation marks as terms.
    Marks,
    /// Stemming.
    Stems,
    /// Inverse document frequency.
    Idf,
    /// Words after a negation.
    Negation,
    /// Log-count ratios.
    Scaling,
    /// The cost of a row.
    C,
}

/// Values of C in a row, lower than one before them, after which the walk ends.
pub const LOWER_IN_A_ROW: usize = 2;

/// The most bytes of text on which the stages that need many terms, or gain little, are tried.
pub const SMALL_TEXTS: usize = 2 << 20;

impl Stage {
    const ALL: [Stage; 10] = [
        Stage::Words,
        Stage::Estimator,
        Stage::Characters,
        Stage::MinDf,
        Stage::Marks,
        Stage::Stems,
        Stage::Idf,
        Stage::Negation,
        Stage::Scaling,
        Stage::C,
    ];

    /// The stages that are left open by `given`, for texts of so many bytes together.
    pub fn open(given: &Given, estimator: Estimator, n_bytes: usize) -> Vec<Stage> {
        let dense = given.estimator.unwrap_or(estimator).is_dense();
        let is_open = |stage: &Stage| match stage {
            Stage::Words => given.ngram_range.is_none(),
            Stage::Estimator => {
                !dense && (given.estimator.is_none() || given.class_weight.is_none())
            }
            Stage::Characters => given.char_ngram_range.is_none() && n_bytes <= SMALL_TEXTS,
            Stage::MinDf => given.min_df.is_none(),
            Stage::Marks => given.marks.is_none(),
            Stage::Stems => given.stem.is_none(),
            Stage::Idf => given.use_idf.is_none(),
            Stage::Negation => given.negation.is_none() && n_bytes <= SMALL_TEXTS,
            Stage::Scaling => !dense && given.scaling.is_none(),
            Stage::C => given.c.is_none(),
        };
        Stage::ALL.into_iter().filter(is_open).collect()
    }

    /// The values that are tried beside those of `best`.
    pub fn candidates(self, given: &Given, best: &TaskOptions) -> Vec<Candidate> {
        match self {
            Stage::Words => [2, 1, 3].map(words).into(),
            Stage::Estimator => estimators(given),
            Stage::Characters => vec![Candidate::new("characters 3–5", |o| {
                o.text.char_ngram_range = Some((3, 5));
            })],
            Stage::MinDf => vec![Candidate::new("min_df 1", |o| {
                o.tfidf.min_df = DocumentFrequency::Count(1);
            })],
            Stage::Marks => vec![Candidate::new("marks", |o| o.text.marks = true)],
            Stage::Stems => vec![Candidate::new("no stems", |o| o.text.stem = false)],
            Stage::Idf => vec![Candidate::new("no idf", |o| o.tfidf.use_idf = false)],
            Stage::Negation => vec![Candidate::new("negation", |o| o.text.negation = true)],
            Stage::Scaling => vec![Candidate::new("scaling log-count-ratio", |o| {
                o.scaling = Scaling::LogCountRatio;
            })],
            Stage::C if best.estimator == Estimator::Svc => {
                [0.03, 0.1, 0.3, 1.0, 3.0].map(cost).into()
            }
            Stage::C => [0.3, 1.0, 3.0, 10.0, 30.0, 100.0].map(cost).into(),
        }
    }
}

fn words(high: u8) -> Candidate {
    Candidate::new(format!("words 1–{high}"), move |o| {
        o.text.ngram_range = (1, high)
    })
}

fn cost(c: f64) -> Candidate {
    Candidate::new(format!("C {c}"), move |o| o.c = c)
}

fn estimators(given: &Given) -> Vec<Candidate> {
    let all = [
        (Estimator::Logistic, ClassWeight::Balanced, 3.0),
        (Estimator::Logistic, ClassWeight::None, 10.0),
        (Estimator::Svc, ClassWeight::Balanced, SVC_C / 3.0),
        (Estimator::Svc, ClassWeight::None, SVC_C),
    ];
    let fits = |(estimator, weight, _): &(Estimator, ClassWeight, f64)| {
        given.estimator.is_none_or(|e| e == *estimator)
            && given.class_weight.is_none_or(|w| w == *weight)
    };
    let c = given.c;
    let candidate = |(estimator, weight, own_c): (Estimator, ClassWeight, f64)| {
        Candidate::new(format!("{estimator}, class weight {weight}"), move |o| {
            o.estimator = estimator;
            o.class_weight = weight;
            o.c = c.unwrap_or(own_c);
        })
    };
    all.into_iter().filter(fits).map(candidate).collect()
}
