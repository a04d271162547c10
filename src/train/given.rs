//! What the user gave.
//!
//! Owns [`Given`], the options of training as far as they are given, and their lowering into the full set.

use crate::features::DocumentFrequency;
use crate::model::{ClassWeight, Estimator, Scaling, TaskOptions};
use crate::text::Aliases;
use serde::{Deserialize, Serialize};

/// The options that the user gave; the others are searched for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Given {
    /// What fits the weights.
    pub estimator: Option<Estimator>,
    /// Word n-grams.
    pub ngram_range: Option<(u8, u8)>,
    /// Character n-grams; `Some(None)` is none.
    pub char_ngram_range: Option<Option<(u8, u8)>>,
    /// Whether to stem.
    pub stem: Option<bool>,
    /// Whether to leave out function words.
    pub stop_words: Option<bool>,
    /// Whether words after a negation are marked.
    pub negation: Option<bool>,
    /// Whether punctuation marks count as terms.
    pub marks: Option<bool>,
    /// Whether who acts on whom counts as terms.
    pub acts: Option<bool>,
    /// Whether the signs of rows count as terms.
    #[serde(default)]
    pub signs: Option<bool>,
    /// Words that are read in the place of others.
    pub aliases: Option<Aliases>,
    /// Fewest texts of a term.
    pub min_df: Option<DocumentFrequency>,
    /// Most texts of a term.
    pub max_df: Option<DocumentFrequency>,
    /// Most terms.
    pub max_features: Option<usize>,
    /// Whether counts are damped.
    pub sublinear_tf: Option<bool>,
    /// Whether idf is used.
    pub use_idf: Option<bool>,
    /// The cost of a sample.
    pub c: Option<f64>,
    /// How the sides of a lane are weighed.
    pub class_weight: Option<ClassWeight>,
    /// What features are multiplied by.
    pub scaling: Option<Scaling>,
    /// Most terms by χ².
    pub chi2: Option<usize>,
}

impl Given {
    /// What is given here, and where nothing is, what `general` gives.
    #[must_use]
    pub fn or(&self, general: &Given) -> Given {
        Given {
            estimator: self.estimator.or(general.estimator),
            ngram_range: self.ngram_range.or(general.ngram_range),
            char_ngram_range: self.char_ngram_range.or(general.char_ngram_range),
            stem: self.stem.or(general.stem),
            stop_words: self.stop_words.or(general.stop_words),
            negation: self.negation.or(general.negation),
            marks: self.marks.or(general.marks),
            acts: self.acts.or(general.acts),
            signs: self.signs.or(general.signs),
            aliases: self.aliases.clone().or_else(|| general.aliases.clone()),
            min_df: self.min_df.or(general.min_df),
            max_df: self.max_df.or(general.max_df),
            max_features: self.max_features.or(general.max_features),
            sublinear_tf: self.sublinear_tf.or(general.sublinear_tf),
            use_idf: self.use_idf.or(general.use_idf),
            c: self.c.or(general.c),
            class_weight: self.class_weight.or(general.class_weight),
            scaling: self.scaling.or(general.scaling),
            chi2: self.chi2.or(general.chi2),
        }
    }

    /// The default options, and `estimator`, with what is given put in.
    pub fn options(&self, estimator: Estimator) -> TaskOptions {
        let estimator = self.estimator.unwrap_or(estimator);
        let mut options = TaskOptions {
            estimator,
            ..TaskOptions::default()
        };
        let (text, tfidf) = (&mut options.text, &mut options.tfidf);
        put(&mut text.ngram_range, self.ngram_range);
        put(&mut text.char_ngram_range, self.char_ngram_range);
        put(&mut text.stem, self.stem);
        put(&mut text.stop_words, self.stop_words);
        put(&mut text.negation, self.negation);
        put(&mut text.marks, self.marks);
        put(&mut text.acts, self.acts);
        put(&mut text.signs, self.signs);
        text.aliases.clone_from(&self.aliases);
        put(&mut tfidf.min_df, self.min_df);
        put(&mut tfidf.max_df, self.max_df);
        put(&mut tfidf.sublinear_tf, self.sublinear_tf);
        put(&mut tfidf.use_idf, self.use_idf);
        tfidf.max_features = self.max_features.or(tfidf.max_features);
        put(
            &mut options.c,
            self.c.or((estimator == Estimator::Svc).then_some(SVC_C)),
        );
        put(&mut options.class_weight, self.class_weight);
        put(&mut options.scaling, self.scaling);
        let dense = estimator.is_dense();
        options.chi2 = self.chi2.or(dense.then_some(DENSE_TERMS));
        if dense {
            // linfa's estimators take neither.
            options.class_weight = ClassWeight::None;
            options.scaling = Scaling::None;
        }
        options
    }
}

impl From<&TaskOptions> for Given {
    /// Gives every option.
    fn from(options: &TaskOptions) -> Self {
        let (text, tfidf) = (&options.text, &options.tfidf);
        Given {
            estimator: Some(options.estimator),
            ngram_range: Some(text.ngram_range),
            char_ngram_range: Some(text.char_ngram_range),
            stem: Some(text.stem),
            stop_words: Some(text.stop_words),
            negation: Some(text.negation),
            marks: Some(text.marks),
            acts: Some(text.acts),
            signs: Some(text.signs),
            aliases: text.aliases.clone(),
            min_df: Some(tfidf.min_df),
            max_df: Some(tfidf.max_df),
            max_features: tfidf.max_features,
            sublinear_tf: Some(tfidf.sublinear_tf),
            use_idf: Some(tfidf.use_idf),
            c: Some(options.c),
            class_weight: Some(options.class_weight),
            scaling: Some(options.scaling),
            chi2: options.chi2,
        }
    }
}

/// Terms that a dense estimator is given unless told otherwise.
const DENSE_TERMS: usize = 2000;

/// C of the support vector classifier unless told otherwise: its loss weighs about three times as much as the logistic
/// one.
pub(super) const SVC_C: f64 = 0.3;

fn put<T>(place: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *place = value;
    }
}
