//! Every figure of a task as a function of how often each article was drawn.
//!
//! Owns [`Statistics`]: one pass over the samples gives sums by article and rankings by score, from which a
//! draw of the bootstrap is worked out without the samples. Where the predictions were made several times
//! over, a figure is the mean over the repeats, and a draw resamples the articles once for all of them.

use super::calibration::{BinnedSums, Claim, SquaredErrors};
use super::ranking::{N_COVERAGES, Ranking};
use super::tally::ArticleTallies;
use super::{MAX_SCORED, Repeat, confidence};
use crate::model::Form;
use crate::model::linear::largest;
use std::ops::Range;

/// Where the figures stand in a row of statistics: first those of the task, then those of each label,
/// then the risks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum OfTask {
    MacroPrecision,
    MacroRecall,
    MacroF1,
    MicroPrecision,
    MicroRecall,
    MicroF1,
    ExactMatch,
    MacroAveragePrecision,
    FalseLabelRate,
    Kappa,
    Alpha,
    Brier,
    Ece,
    Aurc,
}

const N_OF_TASK: usize = OfTask::Aurc as usize + 1;

/// Where the figures of one label stand, among its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum OfLabel {
    Precision,
    Recall,
    F1,
    AveragePrecision,
    Kappa,
    Alpha,
    Brier,
    Ece,
}

const N_OF_LABEL: usize = OfLabel::Ece as usize + 1;

/// The place of a label's figures.
pub(super) fn of_label(label: usize, figure: OfLabel) -> usize {
    N_OF_TASK + label * N_OF_LABEL + figure as usize
}

/// The places of the risks at each coverage.
pub(super) fn risks(n_labels: usize) -> Range<usize> {
    let start = of_label(n_labels, OfLabel::Precision);
    start..start + N_COVERAGES
}

/// The articles of the samples, numbered from 0 in ascending order.
pub(super) fn compact(article: &[u32]) -> (Vec<u32>, usize) {
    let mut distinct = article.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let number = |a: &u32| distinct.binary_search(a).expect("it is among them") as u32;
    (article.iter().map(number).collect(), distinct.len())
}

/// The sums of all repeats.
#[derive(Debug)]
pub(super) struct Statistics {
    n_labels: usize,
    repeats: Vec<OfRepeat>,
}

#[derive(Debug)]
struct OfRepeat {
    form: Form,
    tallies: ArticleTallies,
    scored: Option<Scored>,
}

/// What needs probabilities.
#[derive(Debug)]
struct Scored {
    /// A label each.
    rankings: Vec<Ranking>,
    squared: SquaredErrors,
    /// A label each for a multi task, one for a single one.
    binned: BinnedSums,
    mistakes: Ranking,
}

impl Statistics {
    pub(super) fn new(repeats: &[Repeat<'_>]) -> Self {
        Statistics {
            n_labels: repeats[0].outcomes.n_labels(),
            repeats: repeats.iter().map(OfRepeat::new).collect(),
        }
    }

    pub(super) fn n_articles(&self) -> usize {
        self.repeats[0].tallies.n_articles()
    }

    /// The tallies of each repeat.
    pub(super) fn tallies(&self) -> impl Iterator<Item = &ArticleTallies> {
        self.repeats.iter().map(|repeat| &repeat.tallies)
    }

    /// The means over repeats, NaN where a figure is not defined.
    pub(super) fn of_draw(&self, multiplicity: &[u32]) -> Vec<f64> {
        let mut means = vec![0.0; risks(self.n_labels).end];
        for repeat in &self.repeats {
            for (mean, figure) in means.iter_mut().zip(repeat.figures(multiplicity)) {
                *mean += figure;
            }
        }
        for mean in &mut means {
            *mean /= self.repeats.len() as f64;
        }
        means
    }
}

impl OfRepeat {
    fn new(repeat: &Repeat<'_>) -> Self {
        let outcomes = &repeat.outcomes;
        let has_scores = !repeat.probabilities.is_empty() && outcomes.n_labels() <= MAX_SCORED;
        OfRepeat {
            form: outcomes.task.form,
            tallies: ArticleTallies::new(outcomes),
            scored: has_scores.then(|| Scored::new(repeat)),
        }
    }

    fn figures(&self, multiplicity: &[u32]) -> Vec<f64> {
        let totals = self.tallies.resampled(multiplicity);
        let n_labels = totals.labels.len();
        let mut figures = vec![f64::NAN; risks(n_labels).end];
        figures[..7].copy_from_slice(&totals.averages());
        if self.form == Form::Multi {
            figures[OfTask::FalseLabelRate as usize] = totals.false_label_rate();
        } else {
            let agreement = totals.agreement();
            figures[OfTask::Kappa as usize] = agreement.kappa;
            figures[OfTask::Alpha as usize] = agreement.alpha;
        }
        for (label, counts) in totals.labels.iter().enumerate() {
            let agreement = totals.label_agreement(label);
            let start = of_label(label, OfLabel::Precision);
            figures[start..start + 3].copy_from_slice(&[
                counts.precision(),
                counts.recall(),
                counts.f1(),
            ]);
            figures[of_label(label, OfLabel::Kappa)] = agreement.kappa;
            figures[of_label(label, OfLabel::Alpha)] = agreement.alpha;
        }
        if let Some(scored) = &self.scored {
            scored.put(self.form, multiplicity, &mut figures);
        }
        figures
    }
}

impl Scored {
    fn new(repeat: &Repeat<'_>) -> Self {
        let outcomes = &repeat.outcomes;
        let n_labels = outcomes.n_labels();
        let (article, n_articles) = compact(&outcomes.article);
        // A label unseen in training has no probability: 0.
        let probability = |i: usize, label: usize| {
            let given = repeat.probabilities[i].get(label);
            given.copied().unwrap_or(0.0)
        };
        let has = |i: usize, label: usize| outcomes.gold[i].binary_search(&(label as u32)).is_ok();
        let n = outcomes.n_samples();
        let rankings = (0..n_labels).map(|label| {
            let scores: Vec<f32> = (0..n).map(|i| probability(i, label)).collect();
            Ranking::new(&scores, (0..n).map(|i| has(i, label)), &article)
        });
        let mut squared = SquaredErrors::new(n_articles, n_labels);
        let mut claims = Vec::new();
        for (i, &article) in article.iter().enumerate() {
            squared.add(
                article,
                (0..n_labels).map(|l| (probability(i, l), has(i, l))),
            );
            let mut claim = |lane: usize, label: usize| {
                claims.push(Claim {
                    article,
                    lane: lane as u32,
                    probability: probability(i, label),
                    hit: has(i, label),
                });
            };
            match outcomes.task.form {
                Form::Multi => (0..n_labels).for_each(|label| claim(label, label)),
                Form::Single => claim(0, largest(&repeat.probabilities[i]).unwrap_or(0)),
            }
        }
        let n_lanes = match outcomes.task.form {
            Form::Multi => n_labels,
            Form::Single => 1,
        };
        let sure: Vec<f32> = (0..n)
            .map(|i| {
                confidence(
                    outcomes.task.form,
                    &outcomes.predicted[i],
                    &repeat.probabilities[i],
                )
            })
            .collect();
        let wrong = (0..n).map(|i| outcomes.gold[i] != outcomes.predicted[i]);
        Scored {
            rankings: rankings.collect(),
            squared,
            binned: BinnedSums::new(n_lanes, &claims),
            mistakes: Ranking::new(&sure, wrong, &article),
        }
    }

    fn put(&self, form: Form, multiplicity: &[u32], figures: &mut [f64]) {
        let n_labels = self.rankings.len();
        let precisions = self
            .rankings
            .iter()
            .map(|r| r.average_precision(multiplicity));
        let precisions: Vec<f64> = precisions.collect();
        let (briers, errors) = (
            self.squared.means(multiplicity),
            self.binned.errors(multiplicity),
        );
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        figures[OfTask::MacroAveragePrecision as usize] = mean(&precisions);
        // Over exclusive labels Brier's own sum, over others their mean.
        figures[OfTask::Brier as usize] = match form {
            Form::Single => briers.iter().sum(),
            Form::Multi => mean(&briers),
        };
        figures[OfTask::Ece as usize] = mean(&errors);
        for label in 0..n_labels {
            figures[of_label(label, OfLabel::AveragePrecision)] = precisions[label];
            figures[of_label(label, OfLabel::Brier)] = briers[label];
            if form == Form::Multi {
                figures[of_label(label, OfLabel::Ece)] = errors[label];
            }
        }
        let (area, at) = self.mistakes.risks(multiplicity);
        figures[OfTask::Aurc as usize] = area;
        figures[risks(n_labels)].copy_from_slice(&at);
    }
}
