//! How a task was fitted.
//!
//! Owns the options of an estimator as they are stored in a model's card.

use crate::features::TfidfParams;
use crate::text::TextParams;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What fits the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// L2 logistic regression on sparse rows, by dual coordinate descent.
    Logistic,
    /// L2-loss support vector classification on sparse rows, by dual coordinate descent; its decision values are
    /// scaled to probabilities on rows out of fold.
    Svc,
    /// linfa's logistic regression, dense, on selected terms.
    LinfaLogistic,
    /// linfa's multinomial naive Bayes, dense, on selected terms.
    LinfaBayes,
}

impl Estimator {
    /// Whether it is one of linfa's, which take dense rows of few terms.
    pub fn is_dense(self) -> bool {
        matches!(self, Estimator::LinfaLogistic | Estimator::LinfaBayes)
    }
}

impl fmt::Display for Estimator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Estimator::Logistic => "logistic",
            Estimator::Svc => "svc",
            Estimator::LinfaLogistic => "linfa-logistic",
            Estimator::LinfaBayes => "linfa-bayes",
        })
    }
}

/// How the two sides of a lane (a label against the rest) are weighed against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClassWeight {
    /// Every sample weighs the same.
    None,
    /// A sample weighs `n / (2 · n_side)`, so that both sides weigh the same.
    Balanced,
}

impl fmt::Display for ClassWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ClassWeight::None => "none",
            ClassWeight::Balanced => "balanced",
        })
    }
}

/// What each feature is multiplied by, a lane of its own, before the weights are fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// Nothing.
    None,
    /// The size of the log-count ratio (Wang and Manning, ACL 2012).
    LogCountRatio,
}

impl fmt::Display for Scaling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Scaling::None => "none",
            Scaling::LogCountRatio => "log-count-ratio",
        })
    }
}

/// Every option by which a task's weights were fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskOptions {
    /// The text steps.
    pub text: TextParams,
    /// The vectorizer.
    pub tfidf: TfidfParams,
    /// What fits the weights.
    pub estimator: Estimator,
    /// The cost of a sample: larger fits closer.
    pub c: f64,
    /// How the sides of a lane are weighed.
    pub class_weight: ClassWeight,
    /// What features are multiplied by.
    pub scaling: Scaling,
    /// Keep only that many terms, by χ² (linfa's dense estimators need it).
    pub chi2: Option<usize>,
}

impl Default for TaskOptions {
    fn default() -> Self {
        TaskOptions {
            text: TextParams::default(),
            tfidf: TfidfParams::default(),
            estimator: Estimator::Logistic,
            c: 3.0,
            class_weight: ClassWeight::Balanced,
            scaling: Scaling::None,
            chi2: None,
        }
    }
}
