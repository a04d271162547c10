//! Where a task's answers are withheld.
//!
//! Owns [`Cuts`]: how often answers were wrong, by how sure they were, on rows that the weights had not
//! seen; and from that the confidence below which an answer would pass a given error.

use super::Form;
use super::linear::largest;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// How sure an answer is: the probability of the label given, or, for a multi task, the probability that
/// the whole set is right were its labels independent, Π p over those given times Π (1 − p) over the others.
pub fn confidence(form: Form, given: &[u32], probabilities: &[f32]) -> f32 {
    match form {
        Form::Single => {
            let label = given.first().map(|label| *label as usize);
            let label = label.or_else(|| largest(probabilities));
            label
                .and_then(|l| probabilities.get(l))
                .copied()
                .unwrap_or(0.0)
        }
        Form::Multi => {
            let of_label = |(label, p): (usize, &f32)| match given.binary_search(&(label as u32)) {
                Ok(_) => *p,
                Err(_) => 1.0 - *p,
            };
            probabilities.iter().enumerate().map(of_label).product()
        }
    }
}

/// The starts of the tests along the confidences; each bears an equal part of the chance of being wrong.
pub const N_STARTS: u32 = 4;

/// Which rows something was learned on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearnedOn {
    /// What the rows are called.
    pub name: String,
    /// How many rows.
    pub n_rows: u64,
    /// How many articles they are of.
    pub n_articles: u64,
}

/// The error of a task's answers by their confidence.
///
/// Errors are those of the answers given, not of all rows (selective risk; Geifman and El-Yaniv, NIPS
/// 2017). The steps are tested from the surest on, each against "the error is above R", until one cannot
/// be refuted (fixed-sequence testing; "Learn then Test", Angelopoulos, Bates, Candès, Jordan and Lei,
/// 2021), from [`N_STARTS`] starts. So, with probability `level` over the drawing of the rows, the error of
/// the answers given is at most R on new rows like those it was learned on; it says nothing of rows
/// unlike them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cuts {
    /// The rows.
    pub learned_on: LearnedOn,
    /// The probability with which the bounds hold together.
    pub level: f64,
    /// From the surest answers to all.
    pub steps: Vec<CutStep>,
}

/// What is known of the answers at least so sure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CutStep {
    /// The least confidence.
    pub confidence: f32,
    /// Rows answered.
    pub answered: u64,
    /// Of them, wrongly.
    pub wrong: u64,
    /// Upper bound on the error.
    pub bound: f32,
    /// The bound had none been wrong.
    pub floor: f32,
}

impl Cuts {
    /// The least confidence at which the error of the answers given is at most `error`; none where no
    /// answer is sure enough.
    ///
    /// ```
    /// use demarche::model::{CutStep, Cuts, LearnedOn};
    /// let step = |confidence, answered, bound| CutStep {
    ///     confidence, answered, wrong: 0, bound, floor: 0.02,
    /// };
    /// let cuts = Cuts {
    ///     learned_on: LearnedOn { name: "rows".to_owned(), n_rows: 300, n_articles: 300 },
    ///     level: 0.9,
    ///     steps: vec![step(0.9, 100, 0.03), step(0.7, 200, 0.08), step(0.0, 300, 0.2)],
    /// };
    /// assert_eq!(cuts.for_error(0.1), Some(0.7));
    /// assert_eq!(cuts.for_error(0.01), None);
    /// ```
    pub fn for_error(&self, error: f64) -> Option<f32> {
        let within = |bound: f32| f64::from(bound) <= error;
        // Where a start stands depends on how many rows are answered, not on how many wrongly.
        let first = self.steps.iter().position(|step| within(step.floor))?;
        let starts = (0..N_STARTS).filter_map(|doublings| {
            let least = self.steps[first].answered << doublings;
            self.steps.iter().position(|step| step.answered >= least)
        });
        let reached = starts.filter_map(|start| {
            let passing = self.steps[start..]
                .iter()
                .take_while(|step| within(step.bound));
            passing.last()
        });
        let cuts = reached.map(|step| step.confidence);
        cuts.min_by(f32::total_cmp)
    }

    /// Checks what was read from a file.
    pub(super) fn check(&self) -> Result<()> {
        let share = |x: f32| (0.0..=1.0).contains(&x);
        let sound = |s: &CutStep| {
            share(s.confidence) && share(s.bound) && share(s.floor) && s.wrong <= s.answered
        };
        let descend = self.steps.windows(2).all(|pair| {
            pair[0].confidence > pair[1].confidence && pair[0].answered < pair[1].answered
        });
        // Starts are doublings of a count of rows.
        let counted = self.steps.iter().all(|s| s.answered <= u64::from(u32::MAX));
        match descend
            && counted
            && self.steps.iter().all(sound)
            && (0.0..=1.0).contains(&self.level)
        {
            true => Ok(()),
            false => Err(Error::model("the cuts for --max-error make no sense")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts(steps: &[(f32, u64, f32)]) -> Cuts {
        let step = |&(confidence, answered, bound): &(f32, u64, f32)| CutStep {
            confidence,
            answered,
            wrong: 1,
            bound,
            floor: 2.3 / answered as f32,
        };
        Cuts {
            learned_on: LearnedOn {
                name: "rows".to_owned(),
                n_rows: 400,
                n_articles: 400,
            },
            level: 0.9,
            steps: steps.iter().map(step).collect(),
        }
    }

    #[test]
    fn a_step_that_fails_ends_its_start_and_not_the_others() {
        let cuts = cuts(&[
            (0.9, 50, 0.12),
            (0.8, 100, 0.08),
            (0.7, 200, 0.09),
            (0.6, 400, 0.3),
        ]);
        assert_eq!(cuts.for_error(0.1), Some(0.7));
        assert_eq!(cuts.for_error(0.085), Some(0.8));
        assert_eq!(cuts.for_error(0.5), Some(0.6));
        assert_eq!(cuts.for_error(0.07), None);
    }

    #[test]
    fn senseless_cuts_are_refused() {
        assert!(cuts(&[(0.9, 50, 0.1), (0.8, 100, 0.2)]).check().is_ok());
        assert!(cuts(&[(0.9, 50, 0.1), (0.95, 100, 0.2)]).check().is_err());
        assert!(cuts(&[(0.9, 50, f32::NAN)]).check().is_err());
        assert!(cuts(&[(1.5, 50, 0.1)]).check().is_err());
    }
}
