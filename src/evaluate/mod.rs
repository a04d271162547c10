//! Compares finished predictions with gold labels.
//!
//! Owns [`Evaluation`]: per-label, macro and micro figures, exact match and the
//! confusion matrix, each figure with an interval from a bootstrap over articles.
//! Everything here is a pure function of gold/prediction pairs: nothing fits,
//! prints, or reads a file, and the same outcomes give the same evaluation at
//! any number of threads.

pub mod agreement;
pub mod bootstrap;
pub mod confusion;
pub mod metrics;
mod tally;

use serde::Serialize;

use crate::model::{Form, Task};

pub use agreement::cohen_kappa;
pub use bootstrap::{BootstrapParams, Figure, resample};
pub use confusion::Confusion;

use metrics::{N_SUMMARY, Totals};
use tally::ArticleTallies;

/// Labels beyond which no confusion matrix is made: its size is their square, and a field that is taken
/// for labels and holds something else may have as many of them as there are rows.
pub const MAX_CONFUSED: usize = 1000;

/// Gold labels and predictions of one task, one entry a sample.
///
/// A label is an index into `task.labels` followed by `unseen`. Label sets are
/// sorted and hold no label twice. In a [`Form::Single`] task each gold set has
/// one label and each predicted set one, or none where the prediction was withheld.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcomes<'a> {
    /// The task; its labels are those the model was trained on.
    pub task: &'a Task,
    /// Gold labels that are not among the task's labels.
    pub unseen: Vec<String>,
    /// The gold label set of each sample.
    pub gold: Vec<Vec<u32>>,
    /// The predicted label set of each sample.
    pub predicted: Vec<Vec<u32>>,
    /// The article each sample is of; any numbering will do.
    pub article: Vec<u32>,
}

impl Outcomes<'_> {
    /// The number of samples.
    pub fn n_samples(&self) -> usize {
        self.gold.len()
    }

    /// The number of labels, those unseen in training included.
    pub fn n_labels(&self) -> usize {
        self.task.labels.len() + self.unseen.len()
    }

    /// The task's labels, then those unseen in training.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        let labels = self.task.labels.iter().chain(&self.unseen);
        labels.map(String::as_str)
    }

    /// Panics unless the fields keep what [`Outcomes`] promises.
    fn check(&self) {
        let n = self.gold.len();
        assert_eq!(self.predicted.len(), n, "a prediction for every gold set");
        assert_eq!(self.article.len(), n, "an article for every gold set");
        let n_labels = self.n_labels();
        for labels in self.gold.iter().chain(&self.predicted) {
            let sorted = labels.windows(2).all(|pair| pair[0] < pair[1]);
            assert!(sorted, "label sets are sorted, without repeats");
            let known = labels.last().is_none_or(|&last| (last as usize) < n_labels);
            assert!(known, "label indices are below {n_labels}");
        }
        if self.task.form == Form::Single {
            let one = self.gold.iter().all(|labels| labels.len() == 1);
            assert!(one, "a gold label for every sample of a single-label task");
            let at_most_one = self.predicted.iter().all(|labels| labels.len() <= 1);
            assert!(at_most_one, "at most one prediction in a single-label task");
        }
    }
}

/// The figures of one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelFigures {
    /// The label.
    pub label: String,
    /// The share of its predictions that are right; 0 where there is none.
    pub precision: Figure,
    /// The share of its gold samples that are found; 0 where there is none.
    pub recall: Figure,
    /// The harmonic mean of precision and recall; 0 where both are.
    pub f1: Figure,
    /// The number of samples whose gold set has it.
    pub support: u64,
    /// The number of samples whose predicted set has it.
    pub predicted: u64,
    /// Whether it occurs, gold or predicted. Where not, its figures are 0 and printed `n/a`.
    pub applicable: bool,
    /// Whether it was absent from training, so that every gold one is a miss.
    pub unseen: bool,
}

/// How the predictions of one task compare with its gold labels.
///
/// The macro figures are unweighted means over all labels: a label that is not
/// applicable and a label unseen in training both count, as 0. The micro figures
/// pool the counts of all labels; in a [`Form::Single`] task without withheld
/// predictions all three are the accuracy. Every zero denominator gives 0, as
/// scikit-learn's `zero_division=0` does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// The task's name.
    pub task: String,
    /// The task's form.
    pub form: Form,
    /// The number of samples.
    pub n_samples: u64,
    /// The number of articles the samples are of, which the bootstrap resamples.
    pub n_articles: u64,
    /// The figures of each label, those unseen in training last.
    pub labels: Vec<LabelFigures>,
    /// The mean precision over labels.
    pub macro_precision: Figure,
    /// The mean recall over labels.
    pub macro_recall: Figure,
    /// The mean F1 over labels.
    pub macro_f1: Figure,
    /// The share of all predicted labels that are right.
    pub micro_precision: Figure,
    /// The share of all gold labels that are found.
    pub micro_recall: Figure,
    /// The harmonic mean of micro precision and micro recall.
    pub micro_f1: Figure,
    /// The share of samples whose predicted set is the gold set; in a single-label
    /// task the accuracy. No label predicted where gold has none is right.
    pub exact_match: Figure,
    /// The confusion matrix of a single-label task of at most [`MAX_CONFUSED`] labels.
    pub confusion: Option<Confusion>,
    /// The parameters of the bootstrap behind the intervals.
    pub bootstrap: BootstrapParams,
}

/// Compares predictions with gold labels.
///
/// # Panics
///
/// If `outcomes` breaks what [`Outcomes`] promises, or `params.level` is not
/// between 0 and 1.
pub fn evaluate(outcomes: &Outcomes, params: &BootstrapParams) -> Evaluation {
    outcomes.check();
    let tallies = ArticleTallies::new(outcomes);
    let totals = tallies.totals();
    let draws = resample(tallies.n_articles(), params, |multiplicity| {
        tallies.resampled(multiplicity).figures()
    });
    let figures = bootstrap::intervals(&totals.figures(), &draws, params.level);
    let [
        macro_precision,
        macro_recall,
        macro_f1,
        micro_precision,
        micro_recall,
        micro_f1,
        exact_match,
    ] = std::array::from_fn::<_, N_SUMMARY, _>(|i| figures[i]);
    Evaluation {
        task: outcomes.task.name.clone(),
        form: outcomes.task.form,
        n_samples: totals.n_samples,
        n_articles: tallies.n_articles() as u64,
        labels: label_figures(outcomes, &totals, &figures[N_SUMMARY..]),
        macro_precision,
        macro_recall,
        macro_f1,
        micro_precision,
        micro_recall,
        micro_f1,
        exact_match,
        confusion: (outcomes.task.form == Form::Single && outcomes.n_labels() <= MAX_CONFUSED)
            .then(|| Confusion::new(outcomes)),
        bootstrap: *params,
    }
}

/// Joins each label with its counts and its three figures.
fn label_figures(outcomes: &Outcomes, totals: &Totals, figures: &[Figure]) -> Vec<LabelFigures> {
    outcomes
        .labels()
        .zip(&totals.labels)
        .zip(figures.chunks_exact(3))
        .enumerate()
        .map(|(index, ((label, counts), figures))| LabelFigures {
            label: label.to_owned(),
            precision: figures[0],
            recall: figures[1],
            f1: figures[2],
            support: counts.support(),
            predicted: counts.predicted(),
            applicable: counts.support() + counts.predicted() > 0,
            unseen: index >= outcomes.task.labels.len(),
        })
        .collect()
}
