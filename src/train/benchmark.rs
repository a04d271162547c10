//! Measures a model, or a way of training.
//!
//! Owns the road to a [`Benchmark`]: near duplicates are joined, rows parted, everything fitted without the
//! rows it is tested on, and the predictions held against gold, baselines and other systems.

use super::baselines::{Lexicon, by_keywords, majority, majority_of_gold};
use super::compared::{Against, compare_with, correct};
use super::corpus::{Corpus, TaskRows, rows_sha256};
use super::duplicates::{Clusters, DuplicateRule, Prepared};
use super::mistakes::{Explainers, mistakes};
use super::out_of_fold::{Options, OutOfFold, predict_out_of_fold};
use super::outcomes::{Answers, TaskGold};
use super::plan::{Plan, SplitRule};
use super::progress::Step;
use super::report::{Benchmark, Comparison, Counts, Design, How, TaskBenchmark};
use super::rows::Row;
use super::selective::cuts_of;
use super::{TrainParams, Trainer, coders, selective, slices, studies};
use crate::error::{Error, Result};
use crate::evaluate::{BootstrapParams, evaluate_repeats};
use crate::model::{Cuts, Estimator, Gate, Model, Task, TaskModel, TaskOptions};
use crate::predict::TaskPrediction;
use rayon::prelude::*;

/// What is measured beside the figures themselves.
#[derive(Clone)]
pub struct MeasureParams<'m> {
    /// The bootstrap behind the intervals.
    pub bootstrap: BootstrapParams,
    /// How rows are parted.
    pub split: SplitRule,
    /// Whether options that are not given are chosen in each split.
    pub nested: bool,
    /// What is done about near duplicates; none leaves them unlooked for.
    pub duplicates: Option<DuplicateRule>,
    /// The keywords of the second baseline.
    pub lexicon: Option<&'m Lexicon>,
    /// Other systems on the same rows.
    pub against: Vec<Against<'m>>,
    /// Fields by whose values figures are given.
    pub slices: Vec<String>,
    /// Whether to train on parts of the articles too.
    pub curve: bool,
    /// Whether to turn each text option.
    pub ablate: bool,
    /// Estimators to measure side by side.
    pub estimators: Vec<Estimator>,
    /// Mistakes to show for each label.
    pub mistakes: usize,
    /// Seconds since some moment; the library itself looks at no clock.
    pub clock: &'m (dyn Fn() -> f64 + Sync),
    /// Called as the work goes on.
    pub step: &'m (dyn Fn(Step) + Sync),
}

impl MeasureParams<'_> {
    /// The figures alone, by cross-validation where anything is trained.
    pub fn plain<'m>(
        bootstrap: &BootstrapParams,
        folds: usize,
        step: &'m (dyn Fn(Step) + Sync),
    ) -> MeasureParams<'m> {
        MeasureParams {
            bootstrap: *bootstrap,
            split: SplitRule::Folds { folds, repeats: 1 },
            nested: false,
            duplicates: None,
            lexicon: None,
            against: Vec::new(),
            slices: Vec::new(),
            curve: false,
            ablate: false,
            estimators: Vec::new(),
            mistakes: 0,
            clock: &|| 0.0,
            step,
        }
    }
}

/// Predictions for measured rows, and all that is needed to judge them.
pub(super) struct Bench<'r> {
    pub(super) rows: &'r [Row],
    /// The group of each row.
    pub(super) group: &'r [u32],
    pub(super) gate: Option<Gate>,
    /// What was said, a task each.
    pub(super) answers: Vec<Answers>,
    /// The commonest answers, a task each; none where they are those of the measured rows.
    pub(super) majority: Vec<Option<Answers>>,
    pub(super) explainers: Explainers<'r>,
    /// The tasks of the model, for its cuts; empty where none was given.
    pub(super) models: &'r [TaskModel],
}

/// Measures a model on labelled rows.
///
/// # Errors
/// When no row is labelled for any of the model's tasks.
pub fn measure_model(
    model: &Model,
    rows: Vec<Row>,
    params: &MeasureParams<'_>,
) -> Result<Benchmark> {
    let prepared = Prepared::new(rows, params.duplicates);
    (params.step)(Step {
        what: "classifying".to_owned(),
        done: 0,
        total: 1,
    });
    let answers = answers_of(model, &prepared.rows);
    let bench = Bench {
        rows: &prepared.rows,
        group: &prepared.group,
        gate: model.gate().cloned(),
        majority: vec![None; answers.len()],
        answers,
        explainers: Explainers::Model(model),
        models: model.tasks(),
    };
    let design = Design {
        how: How::Model,
        seed: params.bootstrap.seed,
        nested: false,
        splits: Vec::new(),
        n_parted: 0,
        n_unplaced: 0,
        learned_on: learned_on(model),
    };
    let mut benchmark = judge(&bench, design, params)?;
    benchmark.duplicates = prepared.report;
    correct(&mut benchmark);
    Ok(benchmark)
}

/// What the tasks of a model learned after training, and where.
fn learned_on(model: &Model) -> Vec<(String, crate::model::LearnedOn)> {
    let of = |task: &TaskModel| {
        let learned = task.calibrated_on.clone()?;
        Some((task.task.name.clone(), learned))
    };
    model.tasks().iter().filter_map(of).collect()
}

/// What a model says of each row, a task each, whatever its gate says.
pub(super) fn answers_of(model: &Model, rows: &[Row]) -> Vec<Answers> {
    let by_row: Vec<Vec<TaskPrediction>> = rows
        .par_chunks(256)
        .flat_map_iter(|chunk| {
            let mut classifier = model.classifier();
            (chunk.iter()).map(move |row| classifier.classify_ungated(row))
        })
        .collect();
    let mut answers: Vec<Answers> = (model.tasks().iter())
        .map(|task| Answers {
            task: task.task.clone(),
            repeats: vec![Vec::with_capacity(rows.len())],
        })
        .collect();
    for row in by_row {
        for (task, prediction) in answers.iter_mut().zip(row) {
            task.repeats[0].push(Some(prediction));
        }
    }
    answers
}

/// Measures a way of training on rows that are parted by `params.split`.
///
/// # Errors
/// As [`Trainer::fit`], or when the rows cannot be parted so.
pub fn measure_training(
    rows: Vec<Row>,
    train: &TrainParams,
    params: &MeasureParams<'_>,
) -> Result<Benchmark> {
    train.check()?;
    let prepared = Prepared::new(rows, params.duplicates);
    let mut corpus = Corpus::new(&prepared.rows, &train.specs())?;
    corpus.article.clone_from(&prepared.group);
    let plan = Plan::new(&corpus, &params.split, train.seed)?;
    let trainer = Trainer::new(train.clone()).on_step(params.step);
    let nested = params.nested || plan.repeats[0].len() == 1;
    let options: Vec<Options> = match nested {
        true => vec![Options::Nested; corpus.tasks.len()],
        false => {
            let chosen = trainer.options(&corpus, &mut Vec::new())?;
            chosen.into_iter().map(Options::Fixed).collect()
        }
    };
    let run = Run {
        corpus: &corpus,
        plan: &plan,
        train,
        params,
    };
    let (mut benchmark, _) = run.measure(&options)?;
    benchmark.duplicates = prepared.report;
    correct(&mut benchmark);
    Ok(benchmark)
}

/// One way of parting and training.
pub(super) struct Run<'c> {
    pub(super) corpus: &'c Corpus<'c>,
    pub(super) plan: &'c Plan,
    pub(super) train: &'c TrainParams,
    pub(super) params: &'c MeasureParams<'c>,
}

impl Run<'_> {
    /// The predictions of each task.
    pub(super) fn predict(&self, options: &[Options], what: &str) -> Result<Vec<OutOfFold>> {
        let tasks = self.corpus.tasks.iter().zip(options).enumerate();
        tasks
            .map(|(i, (task, options))| {
                (self.params.step)(Step {
                    what: format!("{}: {what}", task.task.name),
                    done: i as u64,
                    total: self.corpus.tasks.len() as u64,
                });
                let keep = self.params.mistakes > 0;
                predict_out_of_fold(self.corpus, task, options, self.train, self.plan, keep)
            })
            .collect()
    }

    fn measure(&self, options: &[Options]) -> Result<(Benchmark, Vec<Answers>)> {
        let predicted = self.predict(options, "cross-validating")?;
        let rows = self.corpus.rows();
        let names: Vec<Task> = self.corpus.tasks.iter().map(|t| t.task.clone()).collect();
        let commonest = |task: &TaskRows| Some(majority(task, rows.len(), self.plan));
        let mut answers = Vec::new();
        let mut models = Vec::new();
        // One set of options stands for all splits unless they chose for themselves.
        let mut shown = Vec::new();
        for task in predicted {
            let same = task.options.iter().all(|o| *o == task.options[0]);
            shown.extend(same.then(|| task.options[0].clone()));
            answers.push(task.answers);
            models.push(task.models);
        }
        let bench = Bench {
            rows,
            group: &self.corpus.article,
            gate: Gate::of(&names),
            answers,
            majority: self.corpus.tasks.iter().map(commonest).collect(),
            explainers: Explainers::Splits(&self.plan.repeats[0], models),
            models: &[],
        };
        let mut benchmark = judge(&bench, self.design(), self.params)?;
        if shown.len() == benchmark.tasks.len() {
            benchmark.options = shown;
        }
        if self.params.curve {
            benchmark.curve = studies::curve(self, options)?;
        }
        if self.params.ablate {
            benchmark.ablations = studies::ablations(self, options, &bench)?;
        }
        benchmark.estimators = studies::estimators(self, &bench)?;
        Ok((benchmark, bench.answers))
    }

    fn design(&self) -> Design {
        let splits = self.plan.repeats[0].iter();
        let of_split = |s: &super::plan::Split| {
            (
                s.name.clone(),
                s.trained.len() as u64,
                s.tested.len() as u64,
            )
        };
        Design {
            how: How::Parted(self.params.split.clone()),
            seed: self.train.seed,
            nested: self.params.nested || self.plan.repeats[0].len() == 1,
            splits: splits.map(of_split).collect(),
            n_parted: self.plan.n_parted,
            n_unplaced: self.plan.n_unplaced,
            learned_on: Vec::new(),
        }
    }
}

/// Trains on some rows and measures on others. Rows to be trained on that nearly repeat one of the others
/// are left out, unless near duplicates are only to be reported.
///
/// # Errors
/// As [`Trainer::fit`] and [`measure_model`].
pub fn measure_split(
    mut trained: Vec<Row>,
    tested: Vec<Row>,
    train: &TrainParams,
    params: &MeasureParams<'_>,
) -> Result<Benchmark> {
    let acts = params
        .duplicates
        .is_some_and(|rule| rule != DuplicateRule::Report);
    let n_read = trained.len();
    if acts {
        // A cluster is named by its first row, and the tested stand first.
        let text = |row: &Row| Row::new(row.text.clone());
        let all: Vec<Row> = tested.iter().chain(&trained).map(text).collect();
        let clusters = Clusters::of(&all);
        let mut at = tested.len()..;
        trained.retain(|_| clusters.first(at.next().expect("endless")) >= tested.len());
    }
    let n_parted = (n_read - trained.len()) as u64;
    let model = Trainer::new(train.clone())
        .on_step(params.step)
        .fit(&trained)?
        .model;
    let mut benchmark = measure_model(&model, tested, params)?;
    // A task that no tested row is labelled for has no figures.
    let measured = benchmark.tasks.iter();
    benchmark.options = measured
        .filter_map(|task| model.task(&task.evaluation.task))
        .map(|task| task.options.clone())
        .collect();
    benchmark.design.how = How::TrainTest {
        trained_on: model.provenance().n_rows,
    };
    benchmark.design.n_parted = n_parted;
    Ok(benchmark)
}

/// Holds predictions against gold, baselines and other systems.
fn judge(bench: &Bench<'_>, design: Design, params: &MeasureParams<'_>) -> Result<Benchmark> {
    let tasks = bench.figures(&params.bootstrap);
    if tasks.is_empty() {
        let names: Vec<&str> = bench.answers.iter().map(|a| a.task.name.as_str()).collect();
        return Err(Error::input(format!(
            "no row is labelled for a task of the model: {}",
            names.join(", ")
        )));
    }
    let rows = bench.rows;
    Ok(Benchmark {
        n_rows: rows.len() as u64,
        n_articles: bench
            .group
            .iter()
            .max()
            .map_or(0, |last| u64::from(*last) + 1),
        rows_sha256: rows_sha256(rows),
        counts: counts(rows),
        design,
        duplicates: None,
        options: Vec::new(),
        tasks,
        baselines: bench.baselines(params)?,
        against: (params.against.iter())
            .map(|other| compare_with(bench, other, &params.bootstrap))
            .collect::<Result<_>>()?,
        ablations: Vec::new(),
        estimators: Vec::new(),
        slices: slices::slices(bench, params),
        curve: Vec::new(),
        mistakes: mistakes(bench, params.mistakes),
    })
}

fn counts(rows: &[Row]) -> Counts {
    let mut counts = Counts::default();
    for row in rows {
        if let Some(source) = row.fields.get("source") {
            *counts.by_source.entry(source.clone()).or_default() += 1;
        }
        if let Some(date) = row.date {
            *counts.by_year.entry(date.year()).or_default() += 1;
        }
    }
    counts
}

impl Bench<'_> {
    /// The figures of each task that any row is labelled for.
    fn figures(&self, bootstrap: &BootstrapParams) -> Vec<TaskBenchmark> {
        let open = self.gate_open();
        let of_task = |(i, answers): (usize, &Answers)| {
            let gold = TaskGold::new(self.rows, &answers.task);
            let all = |_: usize| true;
            let by_gold = gold.repeats(self.group, answers, &all, None);
            if by_gold.is_empty() {
                return None;
            }
            let gated = (self.gate.as_ref()).is_some_and(|gate| gate.task != answers.task.name);
            let end_to_end = open.as_deref().filter(|_| gated);
            let end_to_end = end_to_end
                .map(|open| gold.repeats(self.group, answers, &all, Some(open)))
                .filter(|repeats| !repeats.is_empty());
            Some(TaskBenchmark {
                evaluation: evaluate_repeats(&by_gold, bootstrap),
                end_to_end: end_to_end.map(|repeats| evaluate_repeats(&repeats, bootstrap)),
                coders: coders::agreement(self.rows, self.group, &answers.task, bootstrap),
                selective: match self.models.get(i) {
                    Some(model) => selective::selective(model, &by_gold[0], bootstrap),
                    None => Vec::new(),
                },
            })
        };
        let tasks = self.answers.iter().enumerate();
        tasks.filter_map(of_task).collect()
    }

    /// Whether the gate is open for each row, a repeat each.
    fn gate_open(&self) -> Option<Vec<Vec<bool>>> {
        let gate = self.gate.as_ref()?;
        let kind = self.answers.iter().find(|a| a.task.name == gate.task)?;
        let open = kind.task.labels.binary_search(&gate.label).ok()? as u32;
        let is_open = |said: &Option<TaskPrediction>| {
            said.as_ref()
                .is_some_and(|said| said.labels.first() == Some(&open))
        };
        let of_repeat = |said: &Vec<Option<TaskPrediction>>| said.iter().map(is_open).collect();
        Some(kind.repeats.iter().map(of_repeat).collect())
    }

    fn baselines(&self, params: &MeasureParams<'_>) -> Result<Vec<Comparison>> {
        if params.lexicon.is_none() {
            return Ok(Vec::new());
        }
        let mut commonest = Vec::new();
        let mut keywords = Vec::new();
        for (answers, of_training) in self.answers.iter().zip(&self.majority) {
            let of_gold = || {
                let gold = TaskGold::new(self.rows, &answers.task);
                majority_of_gold(&answers.task, &gold, self.rows.len())
            };
            let most = of_training.clone().unwrap_or_else(of_gold);
            let said = params
                .lexicon
                .and_then(|l| by_keywords(l, &answers.task, self.rows, &most));
            keywords.extend(said);
            commonest.push(most);
        }
        let compared = [("majority", commonest), ("keywords", keywords)].map(|(name, answers)| {
            Against::Answers {
                name: name.to_owned(),
                answers,
            }
        });
        compared
            .iter()
            .map(|other| compare_with(self, other, &params.bootstrap))
            .filter(|c| c.as_ref().map_or(true, |c| !c.tasks.is_empty()))
            .collect()
    }
}

/// Measures a model on labelled rows: the figures alone.
///
/// # Errors
/// As [`measure_model`].
pub fn benchmark_model(
    model: &Model,
    rows: &[Row],
    bootstrap: &BootstrapParams,
    step: &(dyn Fn(Step) + Sync),
) -> Result<Benchmark> {
    measure_model(
        model,
        rows.to_vec(),
        &MeasureParams::plain(bootstrap, 2, step),
    )
}

/// Chooses options once over all rows, then measures them by cross-validation: the figures alone.
///
/// # Errors
/// As [`measure_training`].
pub fn benchmark_training(
    rows: &[Row],
    params: &TrainParams,
    bootstrap: &BootstrapParams,
    step: &(dyn Fn(Step) + Sync),
) -> Result<Benchmark> {
    let measure = MeasureParams::plain(bootstrap, params.folds, step);
    measure_training(rows.to_vec(), params, &measure)
}

/// Measures options by cross-validation: the figures alone.
///
/// # Errors
/// When there are fewer articles than folds, or a fit fails.
pub fn cross_validate(
    corpus: &Corpus<'_>,
    options: &[TaskOptions],
    train: &TrainParams,
    bootstrap: &BootstrapParams,
    step: &(dyn Fn(Step) + Sync),
) -> Result<Benchmark> {
    let (benchmark, _) = cross_validate_answers(corpus, options, train, bootstrap, step)?;
    Ok(benchmark)
}

/// The cuts that cross-validation teaches, a task each: its answers are those of weights that had not seen
/// the row's article, though of fewer rows than the model's own.
pub(super) fn cuts_across_folds(corpus: &Corpus<'_>, answers: &[Answers], name: &str) -> Vec<Cuts> {
    let of_task = |answers: &Answers| {
        let gold = TaskGold::new(corpus.rows(), &answers.task);
        let repeats = gold.repeats(&corpus.article, answers, &|_| true, None);
        cuts_of(&repeats[0], name)
    };
    answers.iter().map(of_task).collect()
}

/// As [`cross_validate`], with the answers of each task.
pub(super) fn cross_validate_answers(
    corpus: &Corpus<'_>,
    options: &[TaskOptions],
    train: &TrainParams,
    bootstrap: &BootstrapParams,
    step: &(dyn Fn(Step) + Sync),
) -> Result<(Benchmark, Vec<Answers>)> {
    let params = MeasureParams::plain(bootstrap, train.folds, step);
    let plan = Plan::new(corpus, &params.split, train.seed)?;
    let run = Run {
        corpus,
        plan: &plan,
        train,
        params: &params,
    };
    let options: Vec<Options> = options.iter().cloned().map(Options::Fixed).collect();
    run.measure(&options)
}

/// The labels given to every row, labelled or not, for one task by cross-validation with the options
/// that `params` give.
///
/// # Errors
/// As [`cross_validate`], or when no row is labelled for the task.
pub fn predict_by_cross_validation(
    rows: &[Row],
    task: &str,
    params: &TrainParams,
) -> Result<Vec<Vec<String>>> {
    let corpus = Corpus::new(rows, &params.specs())?;
    let at = corpus.tasks.iter().position(|t| t.task.name == task);
    let task = &corpus.tasks
        [at.ok_or_else(|| Error::training(format!("no row is labelled for task `{task}`")))?];
    let rule = SplitRule::Folds {
        folds: params.folds,
        repeats: 1,
    };
    let plan = Plan::new(&corpus, &rule, params.seed)?;
    let options = Options::Fixed(params.given_for(&task.task.name).options(params.estimator));
    let predicted = predict_out_of_fold(&corpus, task, &options, params, &plan, false)?;
    let name = |label: &u32| task.task.labels[*label as usize].clone();
    let said = predicted.answers.repeats[0].iter().flatten();
    Ok(said.map(|p| p.labels.iter().map(name).collect()).collect())
}
