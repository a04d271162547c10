//! What stands below the figures of a benchmark on a terminal: calibration, agreement, comparisons,
//! slices, curve and mistakes.

use super::scores::{decimals, exact_name, figure, plain_table, right_align, source, trim_lines};
use crate::evaluate::{CoderAgreement, Evaluation, Figure, N_COVERAGES};
use crate::predict::Contribution;
use crate::train::report::{
    Benchmark, Comparison, EstimatorCost, Mistake, Selective, TaskBenchmark, TaskComparison,
};
use std::io::{self, Write};

/// Changed rows that a terminal shows of each comparison; JSON has them all.
const SHOWN_CHANGES: usize = 5;

/// Characters of a text that are shown.
const SHOWN_TEXT: usize = 160;

/// Calibration, agreement and withholding of one task, a line each.
pub(super) fn task_lines(task: &TaskBenchmark) -> Vec<String> {
    let e = &task.evaluation;
    let mut lines = Vec::new();
    if let Some(c) = &e.calibration {
        lines.push(format!(
            "calibration: Brier {} · ECE {} · area under risk–coverage {}",
            figure(c.brier),
            figure(c.ece),
            figure(c.aurc)
        ));
        let at = |share: usize| figure(c.risk_at_coverage[share * N_COVERAGES / 100 - 1]);
        lines.push(format!(
            "mistakes among the surest 50 % {} · 80 % {} · all {}",
            at(50),
            at(80),
            at(100)
        ));
    }
    if let Some(coders) = &task.coders {
        lines.push(coder_line(coders, e));
    }
    lines.extend(task.selective.iter().map(selective_line));
    lines
}

fn coder_line(coders: &CoderAgreement, e: &Evaluation) -> String {
    let both = |kappa: Option<Figure>, alpha: Option<Figure>| {
        let shown = |f: Option<Figure>| f.map_or_else(|| "n/a".to_owned(), figure);
        format!("kappa {} · alpha {}", shown(kappa), shown(alpha))
    };
    let mut line = format!("{} coders on {} rows:", coders.n_coders, coders.n_samples);
    if coders.labels.is_empty() {
        line.push(' ');
        line.push_str(&both(coders.kappa, coders.alpha));
    } else {
        let labels = e.labels.iter().zip(&coders.labels);
        let label = |(l, (kappa, alpha)): (
            &crate::evaluate::LabelFigures,
            &(Option<Figure>, Option<Figure>),
        )| {
            format!(
                "\n  {}: {}; the model {}",
                l.label,
                both(*kappa, *alpha),
                both(l.kappa, l.alpha)
            )
        };
        line.extend(labels.map(label));
    }
    line
}

fn selective_line(s: &Selective) -> String {
    let answered = match s.error {
        Some(error) => format!(
            "error {} on the {} answered",
            figure(error),
            figure(s.coverage)
        ),
        None => "nothing is answered".to_owned(),
    };
    format!(
        "--max-error {}: {answered}; cut learned on {}",
        s.max_error,
        source(&s.learned_on)
    )
}

/// What is not of one task.
pub(super) fn write_extras(out: &mut impl Write, benchmark: &Benchmark) -> io::Result<()> {
    let n_tests: usize = comparisons(benchmark).map(|c| 2 * c.tasks.len()).sum();
    let groups = [
        ("baselines", &benchmark.baselines),
        ("compared with", &benchmark.against),
        ("text options turned, one at a time", &benchmark.ablations),
    ];
    for (what, group) in groups.into_iter().filter(|(_, group)| !group.is_empty()) {
        writeln!(
            out,
            "\n{what} (p-values corrected over all {n_tests}, Holm)"
        )?;
        write_comparisons(out, group.iter())?;
    }
    for comparison in &benchmark.against {
        write_changes(out, comparison)?;
    }
    if !benchmark.estimators.is_empty() {
        writeln!(
            out,
            "\nestimators (p-values corrected over all {n_tests}, Holm)"
        )?;
        write_comparisons(out, benchmark.estimators.iter().map(|e| &e.comparison))?;
        write_costs(out, &benchmark.estimators)?;
    }
    write_slices(out, benchmark)?;
    write_curve(out, benchmark)?;
    for (i, mistake) in benchmark.mistakes.iter().enumerate() {
        if i == 0 {
            writeln!(out, "\nthe surest mistakes, label by label")?;
        }
        write_mistake(out, mistake)?;
    }
    Ok(())
}

/// Every comparison of a benchmark.
pub(super) fn comparisons(benchmark: &Benchmark) -> impl Iterator<Item = &Comparison> {
    let estimators = benchmark.estimators.iter().map(|e| &e.comparison);
    (benchmark.baselines.iter())
        .chain(&benchmark.against)
        .chain(&benchmark.ablations)
        .chain(estimators)
}

/// The columns of a comparison, which [`comparison_row`] fills.
pub(super) const COMPARISON_HEADER: [&str; 7] = [
    "system",
    "task",
    "its macro-F1",
    "measured minus it",
    "p",
    "alone right: measured, it",
    "McNemar p",
];

/// One system on one task.
pub(super) fn comparison_row(name: &str, t: &TaskComparison) -> [String; 7] {
    [
        name.to_owned(),
        t.task.clone(),
        figure(t.other[0]),
        signed(t.paired.macro_f1.figure),
        t.macro_f1_holm.map_or_else(String::new, p_value),
        format!("{}, {}", t.paired.only_first, t.paired.only_second),
        p_value(t.mcnemar_holm),
    ]
}

fn write_comparisons<'c>(
    out: &mut impl Write,
    group: impl Iterator<Item = &'c Comparison>,
) -> io::Result<()> {
    let mut table = plain_table();
    table.set_header(COMPARISON_HEADER);
    for comparison in group {
        for task in &comparison.tasks {
            table.add_row(comparison_row(&comparison.name, task));
        }
    }
    right_align(&mut table, 2);
    writeln!(out, "{}", trim_lines(&table))
}

/// A difference with its sign: `+.041 [-.003, +.085]`.
pub(super) fn signed(f: Figure) -> String {
    let one = |value: f64| {
        let sign = if value < 0.0 { "-" } else { "+" };
        format!("{sign}{}", decimals(value.abs()))
    };
    format!("{} [{}, {}]", one(f.value), one(f.low), one(f.high))
}

/// A p-value: `.013`, `< .001`.
pub(super) fn p_value(p: f64) -> String {
    match p < 0.001 {
        true => "< .001".to_owned(),
        false => decimals(p),
    }
}

fn write_changes(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    for task in &comparison.tasks {
        if task.changed.is_empty() {
            continue;
        }
        writeln!(
            out,
            "\n{}: {} rows that one of the two alone got right ({} more in --format json)",
            task.task,
            task.changed.len(),
            task.changed.len().saturating_sub(SHOWN_CHANGES)
        )?;
        for change in task.changed.iter().take(SHOWN_CHANGES) {
            writeln!(
                out,
                "  {}: gold {}, measured {}, other {}: {}",
                change.row,
                set(&change.gold),
                set(&change.ours),
                set(&change.theirs),
                shortened(&change.text, SHOWN_TEXT)
            )?;
        }
    }
    Ok(())
}

/// A set of labels in words.
pub(super) fn set(labels: &[String]) -> String {
    match labels.is_empty() {
        true => "none".to_owned(),
        false => labels.join(" + "),
    }
}

/// The beginning of a text, on one line.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn write_costs(out: &mut impl Write, estimators: &[EstimatorCost]) -> io::Result<()> {
    let mut table = plain_table();
    table.set_header(["estimator", "fit, s", "score, µs a row", "model, kB"]);
    for e in estimators {
        table.add_row([
            e.name.clone(),
            format!("{:.2}", e.fit_s),
            format!("{:.1}", e.score_us),
            (e.model_bytes / 1000).to_string(),
        ]);
    }
    right_align(&mut table, 1);
    writeln!(out, "{}", trim_lines(&table))
}

fn write_slices(out: &mut impl Write, benchmark: &Benchmark) -> io::Result<()> {
    if benchmark.slices.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nby field; macro-F1 over the labels that occur there")?;
    let mut table = plain_table();
    table.set_header(["field", "value", "task", "rows", "macro-F1", "exact match"]);
    for s in &benchmark.slices {
        table.add_row([
            s.field.clone(),
            s.value.clone(),
            s.task.clone(),
            s.n_samples.to_string(),
            figure(s.macro_f1),
            figure(s.exact_match),
        ]);
    }
    right_align(&mut table, 3);
    writeln!(out, "{}", trim_lines(&table))
}

fn write_curve(out: &mut impl Write, benchmark: &Benchmark) -> io::Result<()> {
    if benchmark.curve.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nlearning curve")?;
    let mut table = plain_table();
    table.set_header(["task", "of the articles", "rows", "macro-F1", "exact match"]);
    for task in &benchmark.tasks {
        let name = &task.evaluation.task;
        for p in benchmark.curve.iter().filter(|p| p.task == *name) {
            table.add_row([
                p.task.clone(),
                format!("{} %", 100.0 * p.share),
                p.n_rows.to_string(),
                figure(p.macro_f1),
                figure(p.exact_match),
            ]);
        }
    }
    right_align(&mut table, 1);
    writeln!(out, "{}", trim_lines(&table))
}

fn write_mistake(out: &mut impl Write, m: &Mistake) -> io::Result<()> {
    let what = match m.missed {
        true => "missed",
        false => "wrongly given",
    };
    writeln!(
        out,
        "  {} {} {what}, {:.0} %: {} (gold {})\n    {}\n    {}",
        m.task,
        m.label,
        100.0 * m.probability,
        m.row,
        set(&m.gold),
        shortened(&m.text, SHOWN_TEXT),
        terms(m)
    )
}

/// The terms that weigh most, for and against: `~chips +3.29 · vow -0.01`.
pub(super) fn terms(m: &Mistake) -> String {
    let (positive, negative) = m.explanation.strongest(usize::MAX);
    let term = |c: &&Contribution| format!("{} {:+.2}", c.term, c.value);
    let terms: Vec<String> = positive.iter().chain(&negative).map(term).collect();
    match terms.is_empty() {
        true => "no known term".to_owned(),
        false => terms.join(" · "),
    }
}

/// What a task's exact match is called, with its figure.
pub(super) fn exact(e: &Evaluation) -> String {
    format!("{} {}", exact_name(e.form), figure(e.exact_match))
}
