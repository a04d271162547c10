//! Compares finished predictions with gold labels.
//!
//! Owns [`Evaluation`]: per-label, macro and micro figures, exact match, agreement beyond chance,
//! calibration, risk–coverage and the confusion matrix, each figure with an interval from a bootstrap
//! over articles.
//! Everything here is a pure function of gold/prediction pairs: nothing fits,
//! prints, or reads a file, and the same outcomes give the same evaluation at
//! any number of threads.

pub mod agreement;
pub mod bootstrap;
pub mod calibration;
pub mod compare;
pub mod confusion;
pub mod mean;
pub mod metrics;
mod ranking;
pub mod selection;
mod statistics;
mod tally;

use crate::model::{Form, Task};

pub use crate::model::confidence;
pub use agreement::{CoderAgreement, Coding, cohen_kappa, krippendorff_alpha};
pub use bootstrap::{BootstrapParams, Figure, resample};
pub use calibration::{Bin, reliability_bins};
pub use compare::{Difference, Paired, compare, holm, mcnemar};
pub use confusion::Confusion;
pub use mean::Moments;
pub use ranking::N_COVERAGES;

use crate::model::linear::largest;
use statistics::{OfLabel, OfTask, Statistics, of_label};

/// Labels beyond which nothing is worked out from probabilities: the work of a draw grows with rows times labels.
pub const MAX_SCORED: usize = 200;

/// Articles below which percentile intervals are known to be too narrow (`benches/coverage`).
pub const FEW_ARTICLES: u64 = 100;

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

/// One making of the predictions.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeat<'a> {
    /// Gold labels and predictions.
    pub outcomes: Outcomes<'a>,
    /// The probabilities of the task's labels, `[n_samples, n_labels]`; empty where they are not known.
    pub probabilities: Vec<Vec<f32>>,
}

/// The figures of one label.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelFigures {
    /// The label.
    pub label: String,
    /// The share of its predictions that are right; 0 where there is none.
    pub precision: Figure,
    /// The share of its gold samples that are found; 0 where there is none.
    pub recall: Figure,
    /// The harmonic mean of precision and recall; 0 where both are.
    pub f1: Figure,
    /// The area under its precision–recall curve, as scikit-learn's `average_precision_score`.
    pub average_precision: Option<Figure>,
    /// Cohen's kappa of predictions against gold on whether a sample has the label.
    pub kappa: Option<Figure>,
    /// Krippendorff's alpha of the same.
    pub alpha: Option<Figure>,
    /// The mean squared error of its probability.
    pub brier: Option<Figure>,
    /// The expected calibration error of its probability; of a multi task alone.
    pub ece: Option<Figure>,
    /// Its reliability bins; of a multi task alone.
    pub bins: Vec<Bin>,
    /// The number of samples whose gold set has it.
    pub support: u64,
    /// The number of samples whose predicted set has it, the mean over repeats.
    pub predicted: u64,
    /// Whether it occurs, gold or predicted. Where not, its figures are 0 and printed `n/a`.
    pub applicable: bool,
    /// Whether it was absent from training, so that every gold one is a miss.
    pub unseen: bool,
}

/// What the probabilities of a task are worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Single: mean over samples of Σ_k (p_k − y_k)², 0 to 2. Multi: the mean of the labels' Brier scores.
    pub brier: Figure,
    /// Single: the expected calibration error of the largest probability. Multi: the mean of the labels'.
    pub ece: Figure,
    /// The reliability bins of the largest probability; of a single task alone.
    pub bins: Vec<Bin>,
    /// The area under the risk–coverage curve: the mean share of mistakes when only the surest are answered.
    pub aurc: Figure,
    /// The share of mistakes among the surest 5 %, 10 %, …, 100 % of the samples.
    pub risk_at_coverage: Vec<Figure>,
}

/// How the predictions of one task compare with its gold labels.
///
/// The macro figures are unweighted means over all labels: a label that is not
/// applicable and a label unseen in training both count, as 0. The micro figures
/// pool the counts of all labels; in a [`Form::Single`] task without withheld
/// predictions all three are the accuracy. Every zero denominator gives 0, as
/// scikit-learn's `zero_division=0` does. Figures that are not defined (a kappa of 0/0) or need
/// probabilities where there are none are absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The task's name.
    pub task: String,
    /// The task's form.
    pub form: Form,
    /// The number of samples.
    pub n_samples: u64,
    /// The number of articles the samples are of, which the bootstrap resamples.
    pub n_articles: u64,
    /// How often the predictions were made; every figure is the mean over these.
    pub n_repeats: u64,
    /// The figures of each label, those unseen in training last.
    pub labels: Vec<LabelFigures>,
    /// The mean precision over labels.
    pub macro_precision: Figure,
    /// The mean recall over labels.
    pub macro_recall: Figure,
    /// The mean F1 over labels.
    pub macro_f1: Figure,
    /// The mean average precision over labels.
    pub macro_average_precision: Option<Figure>,
    /// The share of all predicted labels that are right.
    pub micro_precision: Figure,
    /// The share of all gold labels that are found.
    pub micro_recall: Figure,
    /// The harmonic mean of micro precision and micro recall.
    pub micro_f1: Figure,
    /// The share of samples whose predicted set is the gold set; in a single-label
    /// task the accuracy. No label predicted where gold has none is right.
    pub exact_match: Figure,
    /// Of a multi task, the share of the samples without a gold label that are given one.
    pub false_label_rate: Option<Figure>,
    /// Of a single task, Cohen's kappa of predictions against gold.
    pub kappa: Option<Figure>,
    /// Of a single task, Krippendorff's alpha of the same.
    pub alpha: Option<Figure>,
    /// What the probabilities are worth.
    pub calibration: Option<Calibration>,
    /// The confusion matrix of a single-label task of at most [`MAX_CONFUSED`] labels, summed over repeats.
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
    let repeat = Repeat {
        outcomes: outcomes.clone(),
        probabilities: Vec::new(),
    };
    evaluate_repeats(&[repeat], params)
}

/// Compares predictions that were made several times over with gold labels: a figure is the mean over the
/// repeats, and a draw of the bootstrap resamples the articles once for all of them.
///
/// # Panics
///
/// As [`evaluate`], and if there is no repeat or the repeats are not of the same samples.
pub fn evaluate_repeats(repeats: &[Repeat<'_>], params: &BootstrapParams) -> Evaluation {
    let first = &repeats.first().expect("at least one repeat").outcomes;
    for repeat in repeats {
        repeat.outcomes.check();
        let same = repeat.outcomes.article == first.article && repeat.outcomes.gold == first.gold;
        assert!(same, "the repeats are of the same samples");
    }
    let statistics = Statistics::new(repeats);
    let n_articles = statistics.n_articles();
    let values = statistics.of_draw(&vec![1; n_articles]);
    let draws = resample(n_articles, params, |multiplicity| {
        statistics.of_draw(multiplicity)
    });
    let figures = bootstrap::intervals(&values, &draws, params.level);
    let of_task = |figure: OfTask| figures[figure as usize];
    let is_confused = first.task.form == Form::Single && first.n_labels() <= MAX_CONFUSED;
    Evaluation {
        task: first.task.name.clone(),
        form: first.task.form,
        n_samples: first.n_samples() as u64,
        n_articles: n_articles as u64,
        n_repeats: repeats.len() as u64,
        labels: label_figures(repeats, &statistics, &figures),
        macro_precision: of_task(OfTask::MacroPrecision),
        macro_recall: of_task(OfTask::MacroRecall),
        macro_f1: of_task(OfTask::MacroF1),
        macro_average_precision: of_task(OfTask::MacroAveragePrecision).defined(),
        micro_precision: of_task(OfTask::MicroPrecision),
        micro_recall: of_task(OfTask::MicroRecall),
        micro_f1: of_task(OfTask::MicroF1),
        exact_match: of_task(OfTask::ExactMatch),
        false_label_rate: of_task(OfTask::FalseLabelRate).defined(),
        kappa: of_task(OfTask::Kappa).defined(),
        alpha: of_task(OfTask::Alpha).defined(),
        calibration: calibration_of(repeats, &figures),
        confusion: is_confused.then(|| Confusion::new(repeats.iter().map(|r| &r.outcomes))),
        bootstrap: *params,
    }
}

/// The calibration of the task, where there are probabilities.
fn calibration_of(repeats: &[Repeat<'_>], figures: &[Figure]) -> Option<Calibration> {
    let first = &repeats[0].outcomes;
    let largest_of = |repeat: &Repeat<'_>, i: usize| {
        let label = largest(&repeat.probabilities[i])? as u32;
        let p = repeat.probabilities[i][label as usize];
        Some((p, repeat.outcomes.gold[i].contains(&label)))
    };
    Some(Calibration {
        brier: figures[OfTask::Brier as usize].defined()?,
        ece: figures[OfTask::Ece as usize].defined()?,
        bins: match first.task.form {
            Form::Single => pooled_bins(repeats, largest_of),
            Form::Multi => Vec::new(),
        },
        aurc: figures[OfTask::Aurc as usize].defined()?,
        risk_at_coverage: figures[statistics::risks(first.n_labels())].to_vec(),
    })
}

/// Reliability bins over the samples of all repeats.
fn pooled_bins(
    repeats: &[Repeat<'_>],
    claim: impl Fn(&Repeat<'_>, usize) -> Option<(f32, bool)>,
) -> Vec<Bin> {
    let claims = repeats.iter().flat_map(|r| {
        (0..r.outcomes.n_samples())
            .filter_map(|i| claim(r, i))
            .collect::<Vec<_>>()
    });
    let (probabilities, came_true): (Vec<f32>, Vec<bool>) = claims.unzip();
    reliability_bins(&probabilities, &came_true)
}

/// Joins each label with its counts and its figures.
fn label_figures(
    repeats: &[Repeat<'_>],
    statistics: &Statistics,
    figures: &[Figure],
) -> Vec<LabelFigures> {
    let outcomes = &repeats[0].outcomes;
    let totals: Vec<metrics::Totals> = statistics.tallies().map(|t| t.totals()).collect();
    let label = |(index, label): (usize, &str)| {
        let of = |figure: OfLabel| figures[of_label(index, figure)];
        let ece = of(OfLabel::Ece).defined();
        let support = totals[0].labels[index].support();
        let predicted: u64 = totals.iter().map(|t| t.labels[index].predicted()).sum();
        let claim = |repeat: &Repeat<'_>, i: usize| {
            let p = *repeat.probabilities[i].get(index)?;
            Some((p, repeat.outcomes.gold[i].contains(&(index as u32))))
        };
        LabelFigures {
            label: label.to_owned(),
            precision: of(OfLabel::Precision),
            recall: of(OfLabel::Recall),
            f1: of(OfLabel::F1),
            average_precision: of(OfLabel::AveragePrecision).defined(),
            kappa: of(OfLabel::Kappa).defined(),
            alpha: of(OfLabel::Alpha).defined(),
            brier: of(OfLabel::Brier).defined(),
            ece,
            bins: match ece {
                Some(_) => pooled_bins(repeats, claim),
                None => Vec::new(),
            },
            support,
            predicted: (predicted as f64 / repeats.len() as f64).round() as u64,
            applicable: support + predicted > 0,
            unseen: index >= outcomes.task.labels.len(),
        }
    };
    outcomes.labels().enumerate().map(label).collect()
}
