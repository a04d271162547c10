//! Fits a model's probabilities, thresholds and cuts again, on rows it was not trained on.
//!
//! Owns [`calibrate`]. The probability of a label becomes σ(a·m + c), m its decision value (Platt 1999,
//! with his targets; fitted by Newton's method as Lin, Lin and Weng, Machine Learning 68, 2007). Since it is
//! linear in m, a and c go into the weights and the intercept, so a score can still be taken apart exactly.
//! The cuts are learned, and the errors counted, on answers across folds: what answers a row was fitted without its
//! article.

use super::corpus::label_indices;
use super::gold::errors_of;
use super::outcomes::Answers;
use super::outcomes::TaskGold;
use super::rows::{KindRule, Row};
use super::selective::cuts_of;
use super::split::{grouped_folds, number_articles};
use super::thresholds::best_threshold;
use crate::error::{Error, Result};
use crate::model::linear::sigmoid;
use crate::model::{Form, LearnedOn, LinearModel, MeasuredBy, Model, TaskModel};
use crate::predict::{TaskPrediction, decide};

/// Labelled rows below which a task is left as it is.
pub const FEWEST_ROWS: usize = 30;

/// Rows with and without a label below which its probability is left as it is.
pub const FEWEST_OF_A_SIDE: usize = 5;

/// Folds across which the cuts are learned.
const FOLDS: usize = 5;

/// What calibrating gives.
#[derive(Debug)]
pub struct Calibrated {
    /// The model.
    pub model: Model,
    /// What the user should know, in sentences.
    pub notes: Vec<String>,
}

/// Fits probabilities, thresholds and cuts of each task again, and counts its errors, on `rows`, which are called `name`
/// from now on.
///
/// # Errors
/// When no task has [`FEWEST_ROWS`] labelled rows of two articles at least.
pub fn calibrate(model: &Model, rows: &[Row], name: &str, seed: u64) -> Result<Calibrated> {
    let article = number_articles(rows.iter().map(|row| row.article.as_deref()));
    let mut notes = Vec::new();
    let mut tasks = Vec::new();
    let mut calibrated = Vec::new();
    let mut all_answers = Vec::new();
    let answers = super::benchmark::answers_of(model, rows);
    for (task, answers) in model.tasks().iter().zip(answers) {
        let of_task = OfTask::new(task, rows, &article, &answers);
        if of_task.margins.len() < FEWEST_ROWS || of_task.n_articles() < 2 {
            notes.push(format!(
                "task `{}`: {} labelled rows of {} articles are too few ({FEWEST_ROWS} rows of 2 are needed); it is left as it is",
                task.task.name,
                of_task.margins.len(),
                of_task.n_articles()
            ));
            tasks.push(task.clone());
            all_answers.push(answers);
            continue;
        }
        let (task, across) =
            of_task.calibrated(rows, &article, &answers, name, seed, &mut notes)?;
        calibrated.push(tasks.len());
        tasks.push(task);
        all_answers.push(across);
    }
    if calibrated.is_empty() {
        return Err(Error::input(
            "no task has enough labelled rows to be calibrated on: ".to_owned() + &notes.join("; "),
        ));
    }
    let errors = errors_of(rows, &article, &all_answers, MeasuredBy::Calibration, name);
    for (at, errors) in errors.into_iter().enumerate() {
        if calibrated.contains(&at) {
            tasks[at].errors = errors;
        }
    }
    Ok(Calibrated {
        model: Model::new(tasks, model.provenance().clone(), model.codebook().cloned())?,
        notes,
    })
}

/// The labelled rows of one task.
struct OfTask<'m> {
    task: &'m TaskModel,
    /// The row of each sample.
    rows: Vec<usize>,
    article: Vec<u32>,
    /// Decision values, `[n_samples][n_labels]`.
    margins: Vec<Vec<f32>>,
    /// Gold labels that the model knows.
    gold: Vec<Vec<u32>>,
}

impl<'m> OfTask<'m> {
    fn new(task: &'m TaskModel, rows: &[Row], article: &[u32], answers: &Answers) -> Self {
        let rule = KindRule::of(rows);
        let mut of_task = OfTask {
            task,
            rows: Vec::new(),
            article: Vec::new(),
            margins: Vec::new(),
            gold: Vec::new(),
        };
        for (i, row) in rows.iter().enumerate() {
            let (Some(gold), Some(said)) = (
                rule.gold(row, &task.task.name),
                answers.repeats[0][i].as_ref(),
            ) else {
                continue;
            };
            of_task.rows.push(i);
            of_task.article.push(article[i]);
            of_task.margins.push(said.margins.clone());
            of_task.gold.push(label_indices(&task.task, gold).0);
        }
        of_task
    }

    fn n_articles(&self) -> usize {
        let mut distinct = self.article.clone();
        distinct.sort_unstable();
        distinct.dedup();
        distinct.len()
    }

    /// The model with everything fitted again, and its answers across folds.
    fn calibrated(
        &self,
        rows: &[Row],
        article: &[u32],
        answers: &Answers,
        name: &str,
        seed: u64,
        notes: &mut Vec<String>,
    ) -> Result<(TaskModel, Answers)> {
        let all: Vec<usize> = (0..self.margins.len()).collect();
        let fitted = Fitted::new(self, &all);
        for (label, line) in self.task.task.labels.iter().zip(&fitted.lines) {
            if line.is_none() {
                notes.push(format!(
                    "task `{}`: too few rows with or without `{label}`, or none that the model tells apart; its probability is left as it is",
                    self.task.task.name
                ));
            }
        }
        let n_folds = FOLDS.min(self.n_articles());
        let folds = grouped_folds(&self.article, &self.gold, n_folds, seed)?;
        let form = self.task.task.form;
        // A row without a label of this task was in no fit of it, and may have one of another.
        let of_all = |said: &Option<TaskPrediction>| {
            let margins = fitted.margins(&said.as_ref()?.margins);
            Some(decide(form, &fitted.thresholds, margins))
        };
        let mut said: Vec<Option<TaskPrediction>> = answers.repeats[0].iter().map(of_all).collect();
        for fold in 0..n_folds as u32 {
            let outside: Vec<usize> = all.iter().copied().filter(|i| folds[*i] != fold).collect();
            let without = Fitted::new(self, &outside);
            for i in all.iter().copied().filter(|i| folds[*i] == fold) {
                let margins = without.margins(&self.margins[i]);
                let answer = decide(form, &without.thresholds, margins);
                said[self.rows[i]] = Some(answer);
            }
        }
        let across = Answers {
            task: self.task.task.clone(),
            repeats: vec![said],
        };
        let gold = TaskGold::new(rows, &self.task.task);
        let repeats = gold.repeats(article, &across, &|_| true, None);
        let calibrated = TaskModel {
            linear: fitted.put_into(&self.task.linear)?,
            thresholds: fitted.thresholds,
            calibrated_on: Some(LearnedOn {
                name: name.to_owned(),
                n_rows: self.margins.len() as u64,
                n_articles: self.n_articles() as u64,
            }),
            cuts: repeats.first().map(|repeat| cuts_of(repeat, name)),
            ..self.task.clone()
        };
        Ok((calibrated, across))
    }
}

/// A slope and an offset a label, and thresholds.
struct Fitted {
    /// None where the probability is left as it is.
    lines: Vec<Option<(f64, f64)>>,
    thresholds: Vec<f32>,
}

impl Fitted {
    fn new(of: &OfTask<'_>, samples: &[usize]) -> Self {
        let n_labels = of.task.task.labels.len();
        let has = |i: usize, label: usize| of.gold[i].contains(&(label as u32));
        let line = |label: usize| {
            let margins: Vec<f64> = (samples.iter())
                .map(|i| f64::from(of.margins[*i][label]))
                .collect();
            let gold: Vec<bool> = samples.iter().map(|i| has(*i, label)).collect();
            platt(&margins, &gold)
        };
        let mut fitted = Fitted {
            lines: (0..n_labels).map(line).collect(),
            thresholds: of.task.thresholds.clone(),
        };
        if of.task.task.form == Form::Multi {
            let lines = &fitted.lines;
            let threshold = |label: usize| {
                let p = |i: &usize| sigmoid(moved(of.margins[*i][label], lines[label]));
                let probabilities: Vec<f32> = samples.iter().map(p).collect();
                let gold: Vec<bool> = samples.iter().map(|i| has(*i, label)).collect();
                match gold.iter().filter(|has| **has).count() < FEWEST_OF_A_SIDE {
                    true => of.task.thresholds[label],
                    false => best_threshold(&probabilities, &gold),
                }
            };
            fitted.thresholds = (0..n_labels).map(threshold).collect();
        }
        fitted
    }

    fn margins(&self, margins: &[f32]) -> Vec<f32> {
        let lines = margins.iter().zip(&self.lines);
        lines.map(|(m, line)| moved(*m, *line)).collect()
    }

    /// The weights that give the moved margins.
    fn put_into(&self, linear: &LinearModel) -> Result<LinearModel> {
        let slope = |line: &Option<(f64, f64)>| line.map_or(1.0, |(a, _)| a);
        let slopes: Vec<f64> = self.lines.iter().map(slope).collect();
        let weights = linear.weights().chunks_exact(linear.n_labels());
        let weights = weights.flat_map(|row| {
            let scaled = row.iter().zip(&slopes);
            scaled.map(|(w, a)| (f64::from(*w) * a) as f32)
        });
        LinearModel::new(weights.collect(), self.margins(linear.intercepts()))
    }
}

fn moved(margin: f32, line: Option<(f64, f64)>) -> f32 {
    match line {
        Some((a, c)) => (a * f64::from(margin) + c) as f32,
        None => margin,
    }
}

/// Slope a and offset c that make σ(a·m + c) most likely; none with too few rows of a side, or where the
/// slope is not positive: the order of the margins would be turned round.
///
/// A row with the label counts as (n₊ + 1)/(n₊ + 2), one without as 1/(n₋ + 2).
pub fn platt(margins: &[f64], gold: &[bool]) -> Option<(f64, f64)> {
    let n_with = gold.iter().filter(|has| **has).count();
    let n_without = gold.len() - n_with;
    if n_with.min(n_without) < FEWEST_OF_A_SIDE {
        return None;
    }
    let (high, low) = (
        (n_with as f64 + 1.0) / (n_with as f64 + 2.0),
        1.0 / (n_without as f64 + 2.0),
    );
    let target = |has: bool| if has { high } else { low };
    let loss = |a: f64, c: f64| -> f64 {
        let one = |(m, has): (&f64, &bool)| {
            let z = a * m + c;
            // ln(1 + e^z) − t z, without overflow.
            z.max(0.0) + libm::log1p(libm::exp(-z.abs())) - target(*has) * z
        };
        margins.iter().zip(gold).map(one).sum()
    };
    let (mut a, mut c) = (1.0, 0.0);
    let mut best = loss(a, c);
    for _ in 0..100 {
        let (mut ga, mut gc, mut haa, mut hac, mut hcc) = (0.0, 0.0, 1e-12, 0.0, 1e-12);
        for (m, has) in margins.iter().zip(gold) {
            let p = 1.0 / (1.0 + libm::exp(-(a * m + c)));
            let (d, w) = (p - target(*has), p * (1.0 - p));
            ga += d * m;
            gc += d;
            haa += w * m * m;
            hac += w * m;
            hcc += w;
        }
        if ga.abs().max(gc.abs()) < 1e-9 {
            break;
        }
        let determinant = haa * hcc - hac * hac;
        let (da, dc) = (
            (hac * gc - hcc * ga) / determinant,
            (hac * ga - haa * gc) / determinant,
        );
        let mut step = 1.0;
        loop {
            let next = loss(a + step * da, c + step * dc);
            if next <= best + 1e-4 * step * (ga * da + gc * dc) {
                (a, c, best) = (a + step * da, c + step * dc, next);
                break;
            }
            step *= 0.5;
            if step < 1e-10 {
                return (a > 0.0).then_some((a, c));
            }
        }
    }
    (a.is_finite() && c.is_finite() && a > 0.0).then_some((a, c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_scikit_learns() {
        // sklearn.calibration._sigmoid_calibration(m, y): its σ(−(a m + b)) has both signs turned.
        let margins = [
            -2.0, -1.5, -1.0, -0.5, -0.2, 0.1, 0.3, 0.8, 1.2, 1.9, 2.5, 0.0,
        ];
        let gold = [0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0].map(|y| y == 1);
        let (a, c) = platt(&margins, &gold).unwrap();
        approx::assert_abs_diff_eq!(a, PLATT_A, epsilon = 1e-5);
        approx::assert_abs_diff_eq!(c, PLATT_C, epsilon = 1e-5);
    }

    const PLATT_A: f64 = 0.799_539_89;
    const PLATT_C: f64 = -0.480_528_84;

    #[test]
    fn what_cannot_be_told_apart_is_left() {
        assert_eq!(platt(&[1.0; 8], &[true; 8]), None);
        let turned: Vec<f64> = (0..20).map(f64::from).collect();
        let gold: Vec<bool> = (0..20).map(|i| i < 10).collect();
        assert_eq!(platt(&turned, &gold), None);
    }
}
