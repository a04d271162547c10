//! How a report is to be read: what each figure means, and how the model errs.

use super::escape;
use crate::model::{Form, Model, TaskErrors, TaskModel};
use crate::predict::Poles;
use std::io::{self, Write};

/// Labels of a task that are listed.
const SHOWN_LABELS: usize = 40;

/// Writes what each figure means.
pub(super) fn write(out: &mut impl Write, model: &Model, poles: Option<&Poles>) -> io::Result<()> {
    writeln!(
        out,
        "<details class=\"how\"><summary>How to read this page</summary>\n<dl>\n\
         <dt>Bars</dt><dd>The share of the words of an article’s body that stand in paragraphs with the label. A \
         paragraph with two labels counts in full for each, so bars may pass 100 % together.</dd>"
    )?;
    if let Some(poles) = poles {
        let [task, positive, negative] =
            [&poles.task, &poles.positive, &poles.negative].map(|name| escape(name));
        writeln!(
            out,
            "<dt>Strip</dt><dd>A bar a paragraph, in order: up as far as it is {positive}, down as far as it is {negative}. \
             A gap is a paragraph that was set aside.</dd>\n\
             <dt>Index, −1 to +1</dt><dd>The mean over body paragraphs of P({positive}) − P({negative}), and its 95 % interval \
             (Student’s t over paragraphs). It says how far the paragraphs differ, not how far the model errs. One \
             paragraph has no interval. <i>Leans</i> means that the interval does not hold 0. The colour beside a \
             paragraph is its {task}.</dd>"
        )?;
    }
    writeln!(
        out,
        "<dt>98 %</dt><dd>The model’s probability of a label. Press a label to see the words behind it: shaded words speak \
         for it, the darker the more, dashed ones against it; those that weigh least are not marked.</dd>\n\
         <dt>Set aside</dt><dd>Captions, bylines, share prompts and the like, which count for nothing; folded at \
         the end of an article.</dd>"
    )?;
    for task in model.tasks().iter().filter(|t| t.task.form == Form::Multi) {
        let labels = task.task.labels.iter().zip(&task.thresholds);
        let listed: Vec<String> = labels
            .take(SHOWN_LABELS)
            .map(|(label, threshold)| format!("{label} {:.0} %", 100.0 * threshold))
            .collect();
        writeln!(
            out,
            "<dt>{}</dt><dd>A label is given from a probability of: {}.</dd>",
            escape(&task.task.name),
            escape(&listed.join(", "))
        )?;
    }
    write_quality(out, model)?;
    writeln!(out, "</dl></details>")
}

/// What cross-validation said of the model.
fn write_quality(out: &mut impl Write, model: &Model) -> io::Result<()> {
    for scores in &model.provenance().cross_validated {
        let [value, low, high] = scores.macro_f1;
        writeln!(
            out,
            "<dt>How good is {}?</dt><dd>Macro-F1 {value:.3}, {low:.3} to {high:.3}, by cross-validation on the rows \
             that the model was trained on. On other texts expect less.</dd>",
            escape(&scores.task)
        )?;
    }
    let gate = model.gate().map(|gate| gate.task.as_str());
    for task in model
        .tasks()
        .iter()
        .filter(|t| Some(t.task.name.as_str()) != gate)
    {
        if let Some(errors) = &task.errors {
            writeln!(
                out,
                "<dt>How does {} err?</dt><dd>{}</dd>",
                escape(&task.task.name),
                escape(&errors_of(task, errors))
            )?;
        }
    }
    Ok(())
}

/// How often each label is found and how often it is given wrongly, and where that was measured.
fn errors_of(task: &TaskModel, errors: &TaskErrors) -> String {
    let share = |part: u64, whole: u64| match whole {
        0 => "–".to_owned(),
        _ => format!("{:.0}", 100.0 * part as f64 / whole as f64),
    };
    let is_multi = task.task.form == Form::Multi;
    let of_label = |(label, name): (usize, &String)| {
        let (counts, class) = match is_multi {
            true => (&errors.confusions[label].counts, 1),
            false => (&errors.confusions[0].counts, label),
        };
        let with: u64 = counts[class].iter().sum();
        let without: u64 = counts.iter().flatten().sum::<u64>() - with;
        let given: u64 = counts.iter().map(|row| row[class]).sum();
        let found = counts[class][class];
        let (found, wrongly) = (share(found, with), share(given - found, without));
        format!("{name} to {found} of 100 that have it and to {wrongly} of 100 that have not")
    };
    let labels = task.task.labels.iter().enumerate().take(SHOWN_LABELS);
    let labels: Vec<String> = labels.map(of_label).collect();
    let rows = &errors.source.rows;
    format!(
        "It gave {}: {} ({}, {} rows). Your text differs, and the errors in it may too.",
        labels.join("; "),
        errors.source.by,
        rows.name,
        rows.n_rows
    )
}
