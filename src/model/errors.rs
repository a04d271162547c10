//! How a task's answers err.
//!
//! Owns [`TaskErrors`]: how often gold labels met given ones on rows that the weights had not seen, and which rows those
//! were. What is worked out of it is [`quantify`](crate::quantify)'s.

use super::{Form, LearnedOn, Task};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How often gold classes met given ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confusion {
    /// `counts[gold][given]`.
    pub counts: Vec<Vec<u64>>,
    /// How many times wider than that of independent rows the variance of each gold class's rates is, 1 at least
    /// (rows of one article are alike; Kish 1965).
    pub design_effects: Vec<f64>,
}

/// How the answers came about that were held against gold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasuredBy {
    /// By cross-validation on the rows that the model was trained on.
    CrossValidation,
    /// Across folds of the rows that the model was calibrated on.
    Calibration,
    /// By the model itself, on coded rows that it was not trained on.
    CodedRows,
}

impl fmt::Display for MeasuredBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MeasuredBy::CrossValidation => "by cross-validation on the model’s own training rows",
            MeasuredBy::Calibration => "across folds of the rows that the model was calibrated on",
            MeasuredBy::CodedRows => "on coded rows",
        })
    }
}

/// Where error rates come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorSource {
    /// How they were measured.
    pub by: MeasuredBy,
    /// On which rows: those with a label of the task that gold and the gate both take for body.
    pub rows: LearnedOn,
}

/// The errors of a task's answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskErrors {
    /// Where they were measured.
    pub source: ErrorSource,
    /// Of a single task one of all labels; of a multi task one for each label (without, with).
    pub confusions: Vec<Confusion>,
}

impl TaskErrors {
    /// Checks what was read from a file.
    pub(super) fn check(&self, task: &Task) -> Result<()> {
        let n_labels = task.labels.len();
        let (n_confusions, n_classes) = match task.form {
            Form::Single => (1, n_labels),
            Form::Multi => (n_labels, 2),
        };
        let counted = |n: &u64| *n <= u64::from(u32::MAX);
        let sound = |confusion: &Confusion| {
            confusion.counts.len() == n_classes
                && confusion.design_effects.len() == n_classes
                && (confusion.counts.iter())
                    .all(|row| row.len() == n_classes && row.iter().all(counted))
                && (confusion.design_effects.iter())
                    .all(|effect| (1.0..=f64::from(u32::MAX)).contains(effect))
        };
        match self.confusions.len() == n_confusions && self.confusions.iter().all(sound) {
            true => Ok(()),
            false => Err(Error::model(format!(
                "the errors of task `{}` do not fit its labels",
                task.name
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(counts: Vec<Vec<u64>>, effect: f64) -> TaskErrors {
        TaskErrors {
            source: ErrorSource {
                by: MeasuredBy::CrossValidation,
                rows: LearnedOn {
                    name: "rows".to_owned(),
                    n_rows: 10,
                    n_articles: 5,
                },
            },
            confusions: vec![Confusion {
                design_effects: vec![effect; counts.len()],
                counts,
            }],
        }
    }

    #[test]
    fn senseless_errors_are_refused() {
        let task = |form, labels: &[&str]| Task {
            name: "stance".to_owned(),
            form,
            labels: labels.iter().map(|l| (*l).to_owned()).collect(),
        };
        let single = task(Form::Single, &["cold", "warm"]);
        let sound = errors(vec![vec![4, 1], vec![0, 5]], 1.5);
        assert!(sound.check(&single).is_ok());
        assert!(sound.check(&task(Form::Multi, &["cold"])).is_ok());
        let three = task(Form::Single, &["cold", "even", "warm"]);
        assert!(sound.check(&three).is_err());
        assert!(sound.check(&task(Form::Multi, &["cold", "warm"])).is_err());
        for (counts, effect) in [
            (vec![vec![4, 1], vec![0]], 1.0),
            (vec![vec![4, 1], vec![0, u64::MAX]], 1.0),
            (vec![vec![4, 1], vec![0, 5]], f64::NAN),
            (vec![vec![4, 1], vec![0, 5]], 0.5),
        ] {
            assert!(errors(counts, effect).check(&single).is_err());
        }
    }
}
