//! Where a model came from.
//!
//! Owns [`Provenance`]: no clock and no paths, so that the same rows and options give
//! the same bytes.

use serde::{Deserialize, Serialize};

/// Bumped by hand whenever the same rows and options would give other weights.
pub const TRAINING_VERSION: u32 = 1;

/// Where a model came from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// The version of the training code.
    pub training_version: u32,
    /// How many labelled rows it was trained on.
    pub n_rows: u64,
    /// How many distinct articles they came from.
    pub n_articles: u64,
    /// SHA-256, in hexadecimal, of the rows as they were read: texts, articles and labels, in order.
    pub rows_sha256: String,
    /// The seed of folds and solver.
    pub seed: u64,
    /// How many folds thresholds and scores were worked out over.
    pub folds: u32,
    /// Languages other than English that one training row in a hundred or more is in, as ISO 639-3 codes; empty for
    /// a model of English.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Scores of the same options by cross-validation over the training rows, a task each;
    /// empty when cross-validation was skipped.
    pub cross_validated: Vec<CrossValidated>,
}

/// A task's scores on rows that the weights and thresholds had not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossValidated {
    /// The task.
    pub task: String,
    /// Rows that carry a label of it.
    pub n_samples: u64,
    /// Unweighted mean of F1 over labels, its interval's low and high end (95 %).
    pub macro_f1: [f64; 3],
    /// Share of rows answered exactly, its interval's low and high end (95 %).
    pub exact_match: [f64; 3],
    /// F1 of each label.
    pub f1: Vec<f64>,
    /// Rows of each label.
    pub support: Vec<u64>,
}
