//! What withholding unsure answers does on measured rows.
//!
//! Owns [`Selective`] for the cuts of a model, and the learning of cuts from predictions.

use super::report::Selective;
use crate::evaluate::bootstrap::intervals;
use crate::evaluate::selection::{Answered, learn_cuts};
use crate::evaluate::{BootstrapParams, Repeat, confidence, resample};
use crate::model::{Cuts, TaskModel};

/// Coverage and error on the samples of `repeat` at each of [`Selective::ERRORS`]; nothing where the model
/// has no cuts.
pub(super) fn selective(
    model: &TaskModel,
    repeat: &Repeat<'_>,
    bootstrap: &BootstrapParams,
) -> Vec<Selective> {
    let (Some(cuts), false) = (&model.cuts, repeat.probabilities.is_empty()) else {
        return Vec::new();
    };
    let answers = answered(repeat);
    let mut articles: Vec<u32> = answers.iter().map(|a| a.article).collect();
    articles.sort_unstable();
    articles.dedup();
    let of_error = |max_error: f64| {
        let cut = cuts.for_error(max_error);
        let given = |a: &Answered| cut.is_some_and(|cut| a.confidence >= cut);
        let mut sums = vec![(0.0, 0.0, 0.0); articles.len()];
        for answer in &answers {
            let at = articles.binary_search(&answer.article).expect("gathered");
            let share = |yes: bool| f64::from(u8::from(yes));
            sums[at].0 += 1.0;
            sums[at].1 += share(given(answer));
            sums[at].2 += share(given(answer) && answer.wrong);
        }
        let of_draw = |multiplicity: &[u32]| {
            let (mut n, mut answered, mut wrong) = (0.0, 0.0, 0.0);
            for ((rows, given, mistakes), times) in sums.iter().zip(multiplicity) {
                let times = f64::from(*times);
                n += times * rows;
                answered += times * given;
                wrong += times * mistakes;
            }
            vec![answered / n, wrong / answered]
        };
        let draws = resample(articles.len(), bootstrap, of_draw);
        let figures = intervals(&of_draw(&vec![1; articles.len()]), &draws, bootstrap.level);
        Selective {
            max_error,
            cut,
            coverage: figures[0],
            error: figures[1].defined(),
            learned_on: cuts.learned_on.clone(),
        }
    };
    Selective::ERRORS.map(of_error).into()
}

/// The cuts that predictions of rows called `name` teach.
pub fn cuts_of(repeat: &Repeat<'_>, name: &str) -> Cuts {
    learn_cuts(&answered(repeat), name)
}

fn answered(repeat: &Repeat<'_>) -> Vec<Answered> {
    let outcomes = &repeat.outcomes;
    let answer = |i: usize| Answered {
        article: outcomes.article[i],
        confidence: confidence(
            outcomes.task.form,
            &outcomes.predicted[i],
            &repeat.probabilities[i],
        ),
        wrong: outcomes.gold[i] != outcomes.predicted[i],
    };
    (0..outcomes.n_samples()).map(answer).collect()
}
