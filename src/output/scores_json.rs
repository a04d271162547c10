//! Benchmark figures as JSON.
//!
//! Owns the schema `demarche-benchmark/1`, which docs/benchmark.md describes for those who read it. A
//! figure is `{"value", "low", "high"}`, or null where it is not defined.

use crate::evaluate::N_COVERAGES;
use crate::evaluate::{
    Bin, Calibration, CoderAgreement, Difference, Evaluation, Figure, LabelFigures,
};
use crate::model::LearnedOn;
use crate::predict::{Contribution, Explanation};
use crate::train::GateRule;
use crate::train::duplicates::DuplicateRule;
use crate::train::plan::SplitRule;
use crate::train::report::{
    Benchmark, Changed, Comparison, Design, EstimatorCost, How, Mistake, Selective, TaskBenchmark,
    TaskComparison,
};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// The name and version of the schema.
pub const SCHEMA: &str = "demarche-benchmark/1";

/// Writes the figures as JSON, indented.
///
/// # Errors
/// What the writer says.
pub fn write_json(out: &mut impl Write, benchmark: &Benchmark) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &to_json(benchmark))?;
    writeln!(out)
}

/// The figures as JSON.
pub fn to_json(benchmark: &Benchmark) -> Value {
    let tasks = benchmark.tasks.iter();
    let options = tasks.clone().zip(&benchmark.options);
    let duplicates = benchmark.duplicates.as_ref().map(|found| {
        json!({
            "rule": rule_name(found.rule),
            "clusters": found.n_clusters,
            "rows": found.n_rows,
            "largest": found.largest,
        })
    });
    json!({
        "schema": SCHEMA,
        "rows": {
            "n": benchmark.n_rows,
            "n_articles": benchmark.n_articles,
            "sha256": benchmark.rows_sha256,
            "by_source": benchmark.counts.by_source,
            "by_year": benchmark.counts.by_year,
        },
        "design": design(&benchmark.design),
        "duplicates": duplicates,
        "options": object(options.map(|(t, o)| (&t.evaluation.task, json!(o)))),
        "tasks": object(tasks.map(|t| (&t.evaluation.task, task(t)))),
        "baselines": comparisons(&benchmark.baselines, false),
        "against": comparisons(&benchmark.against, true),
        "ablations": comparisons(&benchmark.ablations, false),
        "estimators": object(benchmark.estimators.iter().map(|e| (&e.name, estimator(e)))),
        "slices": benchmark.slices.iter().map(|s| json!({
            "field": s.field, "value": s.value, "task": s.task,
            "n_samples": s.n_samples, "n_articles": s.n_articles,
            "macro_f1": s.macro_f1, "exact_match": s.exact_match,
        })).collect::<Vec<_>>(),
        "curve": benchmark.curve.iter().map(|p| json!({
            "share": p.share, "n_rows": p.n_rows, "task": p.task,
            "macro_f1": p.macro_f1, "exact_match": p.exact_match,
        })).collect::<Vec<_>>(),
        "mistakes": benchmark.mistakes.iter().map(mistake).collect::<Vec<_>>(),
    })
}

/// The figure at a path such as `topics.macro_f1`, `topics.trade.f1` or `tone.calibration.ece`; where the gate
/// is the model's own, that of the figures end to end if there are any.
pub fn figure_at(json: &Value, path: &str, gate: GateRule) -> Option<f64> {
    let (name, rest) = path.split_once('.')?;
    let task = &json["tasks"][name];
    let place = match (gate, &task["end_to_end"]) {
        (GateRule::Predicted, end_to_end) if end_to_end.is_object() => end_to_end,
        _ => task,
    };
    let direct = rest.split('.').try_fold(place, |at, key| at.get(key));
    // A label may itself hold a point.
    let of_label = || {
        let (label, figure) = rest.rsplit_once('.')?;
        let label = label.strip_prefix("labels.").unwrap_or(label);
        place["labels"].get(label)?.get(figure)
    };
    let found = direct
        .filter(|v| v["value"].is_number())
        .or_else(of_label)?;
    found["value"].as_f64()
}

fn object<'k>(entries: impl Iterator<Item = (&'k String, Value)>) -> Value {
    let entries = entries.map(|(key, value)| (key.clone(), value));
    Value::Object(entries.collect::<Map<String, Value>>())
}

/// What the rule for near duplicates is called on the command line.
pub fn rule_name(rule: DuplicateRule) -> &'static str {
    match rule {
        DuplicateRule::Report => "report",
        DuplicateRule::Drop => "drop",
        DuplicateRule::KeepTogether => "keep-together",
    }
}

fn design(design: &Design) -> Value {
    let how = match &design.how {
        How::Parted(SplitRule::Folds { folds, repeats }) => {
            json!({"folds": folds, "repeats": repeats})
        }
        How::Parted(SplitRule::LeaveOut(field)) => json!({"leave_out": field}),
        How::Parted(SplitRule::Dates { before, after }) => {
            json!({"before": before.to_string(), "after": after.to_string()})
        }
        How::TrainTest { trained_on } => json!({"trained_on": trained_on}),
        How::Model => json!("model"),
    };
    let split = |(name, trained, tested): &(String, u64, u64)| json!({"name": name, "trained": trained, "tested": tested});
    json!({
        "split": how,
        "seed": design.seed,
        "nested": design.nested,
        "splits": design.splits.iter().map(split).collect::<Vec<_>>(),
        "left_out_of_training": design.n_parted,
        "without_field_or_date": design.n_unplaced,
        "calibrated_on": object(design.learned_on.iter().map(|(t, l)| (t, learned_on(l)))),
    })
}

fn learned_on(learned: &LearnedOn) -> Value {
    json!({"name": learned.name, "rows": learned.n_rows, "articles": learned.n_articles})
}

fn task(task: &TaskBenchmark) -> Value {
    let mut value = evaluation(&task.evaluation);
    value["end_to_end"] = task.end_to_end.as_ref().map(evaluation).into();
    let labels = task.evaluation.labels.iter().map(|l| &l.label);
    value["coders"] = (task.coders.as_ref()).map(|c| coders(c, labels)).into();
    value["max_error"] = task.selective.iter().map(selective).collect();
    value
}

fn selective(selective: &Selective) -> Value {
    json!({
        "max_error": selective.max_error,
        "confidence": selective.cut,
        "coverage": selective.coverage,
        "error": selective.error,
        "learned_on": learned_on(&selective.learned_on),
    })
}

fn coders<'l>(coders: &CoderAgreement, labels: impl Iterator<Item = &'l String>) -> Value {
    let labels = labels.zip(&coders.labels);
    json!({
        "n_samples": coders.n_samples,
        "n_coders": coders.n_coders,
        "kappa": coders.kappa,
        "alpha": coders.alpha,
        "labels": object(labels.map(|(label, (kappa, alpha))| (label, json!({"kappa": kappa, "alpha": alpha})))),
    })
}

fn evaluation(e: &Evaluation) -> Value {
    let labels = e.labels.iter().map(|l| (&l.label, label(l)));
    let confusion = e.confusion.as_ref().map(|c| json!(c));
    json!({
        "form": e.form,
        "n_samples": e.n_samples,
        "n_articles": e.n_articles,
        "n_repeats": e.n_repeats,
        "macro_precision": e.macro_precision,
        "macro_recall": e.macro_recall,
        "macro_f1": e.macro_f1,
        "macro_average_precision": e.macro_average_precision,
        "micro_precision": e.micro_precision,
        "micro_recall": e.micro_recall,
        "micro_f1": e.micro_f1,
        "exact_match": e.exact_match,
        "false_label_rate": e.false_label_rate,
        "kappa": e.kappa,
        "alpha": e.alpha,
        "labels": object(labels),
        "calibration": e.calibration.as_ref().map(calibration),
        "confusion": confusion,
        "bootstrap": e.bootstrap,
    })
}

fn label(l: &LabelFigures) -> Value {
    json!({
        "precision": l.precision,
        "recall": l.recall,
        "f1": l.f1,
        "average_precision": l.average_precision,
        "kappa": l.kappa,
        "alpha": l.alpha,
        "brier": l.brier,
        "ece": l.ece,
        "support": l.support,
        "predicted": l.predicted,
        "applicable": l.applicable,
        "unseen": l.unseen,
        "bins": bins(&l.bins),
    })
}

fn bins(bins: &[Bin]) -> Value {
    bins.iter().map(|bin| json!(bin)).collect()
}

fn calibration(c: &Calibration) -> Value {
    let risk = |(i, f): (usize, &Figure)| {
        json!({
            "coverage": (i + 1) as f64 / N_COVERAGES as f64,
            "value": f.value, "low": f.low, "high": f.high,
        })
    };
    json!({
        "brier": c.brier,
        "ece": c.ece,
        "aurc": c.aurc,
        "bins": bins(&c.bins),
        "risk_at_coverage": c.risk_at_coverage.iter().enumerate().map(risk).collect::<Vec<_>>(),
    })
}

fn comparisons(comparisons: &[Comparison], rows: bool) -> Value {
    object(comparisons.iter().map(|c| (&c.name, comparison(c, rows))))
}

fn comparison(comparison: &Comparison, rows: bool) -> Value {
    object(
        comparison
            .tasks
            .iter()
            .map(|t| (&t.task, compared(t, rows))),
    )
}

fn compared(t: &TaskComparison, rows: bool) -> Value {
    let difference = |d: &Difference, holm: Option<f64>| {
        json!({
            "value": d.figure.value, "low": d.figure.low, "high": d.figure.high,
            "p": d.p, "p_holm": holm,
        })
    };
    let labels = object(
        t.other_f1
            .iter()
            .map(|(label, f1)| (label, json!({"f1": f1}))),
    );
    let mut value = json!({
        "n_samples": t.paired.n_samples,
        "macro_f1": t.other[0],
        "exact_match": t.other[1],
        "labels": labels,
        "difference": {
            "macro_f1": difference(&t.paired.macro_f1, t.macro_f1_holm),
            "micro_f1": t.paired.micro_f1.figure,
            "exact_match": t.paired.exact_match.figure,
            "labels": object(t.paired.labels.iter().map(|(l, d)| (l, json!(d.figure)))),
        },
        "mcnemar": {
            "only_measured_right": t.paired.only_first,
            "only_other_right": t.paired.only_second,
            "p": t.paired.mcnemar_p,
            "p_holm": t.mcnemar_holm,
        },
    });
    if rows {
        value["changed"] = t.changed.iter().map(changed).collect();
    }
    value
}

fn changed(c: &Changed) -> Value {
    json!({"row": c.row, "gold": c.gold, "measured": c.ours, "other": c.theirs, "text": c.text})
}

fn estimator(e: &EstimatorCost) -> Value {
    json!({
        "fit_s": e.fit_s,
        "score_us_per_row": e.score_us,
        "model_bytes": e.model_bytes,
        "tasks": comparison(&e.comparison, false),
    })
}

fn mistake(m: &Mistake) -> Value {
    json!({
        "task": m.task,
        "label": m.label,
        "missed": m.missed,
        "probability": m.probability,
        "row": m.row,
        "gold": m.gold,
        "given": m.given,
        "text": m.text,
        "explanation": explanation(&m.explanation),
    })
}

fn explanation(e: &Explanation) -> Value {
    let (positive, negative) = e.strongest(usize::MAX);
    let terms = |terms: Vec<&Contribution>| -> Vec<Value> {
        terms.iter().map(|c| json!([c.term, c.value])).collect()
    };
    json!({
        "margin": e.margin, "intercept": e.intercept,
        "for": terms(positive), "against": terms(negative),
    })
}
