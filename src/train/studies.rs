//! Other ways of training, on the same splits.
//!
//! Owns the learning curve, the turning of each text option, and estimators side by side.

use super::benchmark::{Bench, Run};
use super::compared::{Against, compare_with};
use super::corpus::TaskRows;
use super::given::Given;
use super::out_of_fold::Options;
use super::outcomes::TaskGold;
use super::plan::{Plan, Split};
use super::progress::Step;
use super::report::{Comparison, CurvePoint, EstimatorCost};
use super::split::shuffle;
use super::{TrainParams, Trainer};
use crate::error::Result;
use crate::evaluate::evaluate_repeats;
use crate::model::{Model, TaskOptions};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use std::collections::HashMap;

/// The parts of the articles that the learning curve trains on.
const SHARES: [f64; 4] = [0.125, 0.25, 0.5, 1.0];

/// The figures when each split of the first repeat trains on a part of its articles; a larger part holds
/// the smaller.
pub(super) fn curve(run: &Run<'_>, options: &[Options]) -> Result<Vec<CurvePoint>> {
    let mut points = Vec::new();
    for share in SHARES {
        let plan = Plan {
            repeats: vec![
                (run.plan.repeats[0].iter())
                    .map(|s| part_of(run, s, share))
                    .collect(),
            ],
            ..run.plan.clone()
        };
        let trained = plan.repeats[0].iter().map(|split| split.trained.len());
        let n_rows = (trained.sum::<usize>() / plan.repeats[0].len()) as u64;
        let part = Run {
            plan: &plan,
            ..*run
        };
        let what = format!("training on {share} of the articles");
        for predicted in part.predict(options, &what)? {
            let answers = predicted.answers;
            let gold = TaskGold::new(run.corpus.rows(), &answers.task);
            let mut repeats = gold.repeats(&run.corpus.article, &answers, &|_| true, None);
            for repeat in &mut repeats {
                repeat.probabilities.clear();
            }
            let evaluation = evaluate_repeats(&repeats, &run.params.bootstrap);
            points.push(CurvePoint {
                share,
                n_rows,
                task: answers.task.name,
                macro_f1: evaluation.macro_f1,
                exact_match: evaluation.exact_match,
            });
        }
    }
    Ok(points)
}

/// A split that trains on a part of its groups.
fn part_of(run: &Run<'_>, split: &Split, share: f64) -> Split {
    let group = |row: &u32| run.corpus.article[*row as usize];
    let mut groups: Vec<u32> = split.trained.iter().map(group).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(run.train.seed);
    shuffle(&mut groups, &mut rng);
    groups.truncate((groups.len() as f64 * share).ceil() as usize);
    groups.sort_unstable();
    let kept = split
        .trained
        .iter()
        .filter(|row| groups.binary_search(&group(row)).is_ok());
    Split {
        trained: kept.copied().collect(),
        ..split.clone()
    }
}

/// A text option turned: what it is then called, and how.
type Turn = (&'static str, fn(&mut TaskOptions));

/// Every text option turned to its other value.
fn turns(options: &[TaskOptions]) -> Vec<Turn> {
    let all = |is: fn(&TaskOptions) -> bool| options.iter().all(is);
    let turn = |is_on: fn(&TaskOptions) -> bool, off: Turn, on: Turn| match all(is_on) {
        true => off,
        false => on,
    };
    vec![
        turn(
            |o| o.text.stem,
            ("no stems", |o| o.text.stem = false),
            ("stems", |o| o.text.stem = true),
        ),
        turn(
            |o| o.text.ngram_range.1 > 1,
            ("single words", |o| o.text.ngram_range = (1, 1)),
            ("words 1–2", |o| o.text.ngram_range = (1, 2)),
        ),
        turn(
            |o| o.text.char_ngram_range.is_some(),
            ("no characters", |o| o.text.char_ngram_range = None),
            ("characters 3–5", |o| {
                o.text.char_ngram_range = Some((3, 5))
            }),
        ),
        turn(
            |o| o.text.stop_words,
            ("function words", |o| o.text.stop_words = false),
            ("no function words", |o| o.text.stop_words = true),
        ),
        turn(
            |o| o.text.negation,
            ("no negations", |o| o.text.negation = false),
            ("negations", |o| o.text.negation = true),
        ),
        turn(
            |o| o.text.marks,
            ("no marks", |o| o.text.marks = false),
            ("marks", |o| o.text.marks = true),
        ),
        turn(
            |o| o.text.acts,
            ("no acts", |o| o.text.acts = false),
            ("acts", |o| o.text.acts = true),
        ),
        turn(
            |o| o.tfidf.sublinear_tf,
            ("raw counts", |o| o.tfidf.sublinear_tf = false),
            ("damped counts", |o| o.tfidf.sublinear_tf = true),
        ),
        turn(
            |o| o.tfidf.use_idf,
            ("no idf", |o| o.tfidf.use_idf = false),
            ("idf", |o| o.tfidf.use_idf = true),
        ),
    ]
}

/// The measured options with one text option turned at a time, all else the same. Where options were
/// chosen in each split, the default ones are turned.
pub(super) fn ablations(
    run: &Run<'_>,
    options: &[Options],
    bench: &Bench<'_>,
) -> Result<Vec<Comparison>> {
    let of_task = |(options, task): (&Options, &TaskRows)| match options {
        Options::Fixed(options) => options.clone(),
        Options::Nested => {
            let given: Given = run.train.given_for(&task.task.name);
            given.options(run.train.estimator)
        }
    };
    let base: Vec<TaskOptions> = options.iter().zip(&run.corpus.tasks).map(of_task).collect();
    let turned = |(name, set): Turn| {
        let mut options = base.clone();
        options.iter_mut().for_each(set);
        let fixed: Vec<Options> = options.into_iter().map(Options::Fixed).collect();
        other_way(run, &fixed, bench, name)
    };
    turns(&base).into_iter().map(turned).collect()
}

/// Another way of training, compared with the measured one.
fn other_way(
    run: &Run<'_>,
    options: &[Options],
    bench: &Bench<'_>,
    name: &str,
) -> Result<Comparison> {
    let predicted = run.predict(options, name)?;
    let other = Against::Answers {
        name: name.to_owned(),
        answers: predicted.into_iter().map(|p| p.answers).collect(),
    };
    compare_with(bench, &other, &run.params.bootstrap)
}

/// The estimators asked for: their options chosen once like the measured one's, and what they cost.
pub(super) fn estimators(run: &Run<'_>, bench: &Bench<'_>) -> Result<Vec<EstimatorCost>> {
    let mut costs = Vec::new();
    for estimator in &run.params.estimators {
        let train = TrainParams {
            estimator: *estimator,
            ..run.train.clone()
        };
        let trainer = Trainer::new(train.clone()).on_step(run.params.step);
        let chosen = trainer.options(run.corpus, &mut Vec::new())?;
        let fixed: Vec<Options> = chosen.iter().cloned().map(Options::Fixed).collect();
        let other = Run {
            train: &train,
            ..*run
        };
        let name = estimator.to_string();
        let comparison = other_way(&other, &fixed, bench, &name)?;
        let (model, fit_s) = fit_once(run, &train, &chosen)?;
        costs.push(EstimatorCost {
            fit_s,
            score_us: score_once(run, &model),
            model_bytes: model.to_bytes()?.len() as u64,
            comparison,
            name,
        });
    }
    Ok(costs)
}

/// A model of all rows with these options, and the seconds that it took.
fn fit_once(run: &Run<'_>, train: &TrainParams, options: &[TaskOptions]) -> Result<(Model, f64)> {
    let tasks = run.corpus.tasks.iter().zip(options);
    let by_task: HashMap<String, Given> = tasks
        .map(|(task, options)| (task.task.name.clone(), Given::from(options)))
        .collect();
    let fixed = TrainParams {
        cross_validate: false,
        given_by_task: by_task.into_iter().collect(),
        ..train.clone()
    };
    (run.params.step)(Step {
        what: format!("{}: fitting all rows", train.estimator),
        done: 0,
        total: 1,
    });
    let started = (run.params.clock)();
    let model = Trainer::new(fixed).fit(run.corpus.rows())?.model;
    Ok((model, (run.params.clock)() - started))
}

/// Microseconds that a row takes to score, on one thread, after a pass that warms up.
fn score_once(run: &Run<'_>, model: &Model) -> f64 {
    let mut classifier = model.classifier();
    let mut pass = || {
        let started = (run.params.clock)();
        for row in run.corpus.rows() {
            std::hint::black_box(classifier.classify(row));
        }
        (run.params.clock)() - started
    };
    pass();
    pass() * 1e6 / run.corpus.rows().len() as f64
}
