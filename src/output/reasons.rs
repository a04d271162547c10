//! Why a label was given, in each format.
//!
//! In JSONL, `"explain"` is `{TASK: [{label, margin, intercept, threshold, rival?, for: […], against: […], words: […],
//! without?}]}`: `margin` is the decision value and `threshold` what it had to pass, which for a single task is
//! the value of its `rival`; `for` and `against` are terms, `words` the telling words of the text, and `without` the words that the
//! label hangs on and what the answer is without them, or null where none were found. `"nearest"` is `{TASK:
//! [{similarity, id, labels, text}]}`. Spans are bytes of the paragraph's `text`.

use super::{SCORE_PLACES, rounded};
use crate::model::{Form, Task};
use crate::predict::{
    Contribution, Counterfactual, LabelParams, LabelledParagraph, NearestRows, ParagraphView,
    Reason,
};
use serde_json::{Map, Value, json};

fn number(value: f32) -> Value {
    // JSON has no infinity; what has no bound has a null.
    json!(
        value
            .is_finite()
            .then(|| rounded(value, SCORE_PLACES as i32))
    )
}

/// The field `explain`.
pub(super) fn reasons_json(
    paragraph: &ParagraphView<'_>,
    tasks: &[Task],
    params: &LabelParams,
) -> Value {
    let mut by_task = Map::new();
    for reason in paragraph.reasons.iter() {
        let task = &tasks[reason.task];
        let entry = reason_json(&paragraph.text, reason, task, params);
        let list = by_task
            .entry(task.name.clone())
            .or_insert_with(|| json!([]));
        list.as_array_mut()
            .expect("a list was put there")
            .push(entry);
    }
    Value::Object(by_task)
}

fn reason_json(text: &str, reason: &Reason, task: &Task, params: &LabelParams) -> Value {
    let explanation = &reason.explanation;
    let (for_it, against) = explanation.strongest(params.explain);
    let mut entry = json!({
        "label": task.labels[reason.label],
        "margin": number(explanation.margin),
        "intercept": number(explanation.intercept),
        "threshold": number(reason.threshold.value),
    });
    if let Some(rival) = reason.threshold.rival {
        entry["rival"] = json!(task.labels[rival]);
    }
    entry["for"] = terms(&for_it);
    entry["against"] = terms(&against);
    let telling = explanation.telling_words(params.explain);
    entry["words"] = (telling.iter())
        .map(|word| {
            let mut entry = word_json(text, word.span);
            entry["value"] = number(word.value);
            entry
        })
        .collect();
    if params.most_words > 0 {
        entry["without"] = match &reason.counterfactual {
            Some(found) => without_json(text, found, task),
            None => Value::Null,
        };
    }
    entry
}

fn terms(contributions: &[&Contribution]) -> Value {
    let term = |c: &&Contribution| {
        json!({
            "term": c.term,
            "value": number(c.value),
            "spans": c.spans,
        })
    };
    contributions.iter().map(term).collect()
}

fn word_json(text: &str, (start, end): (usize, usize)) -> Value {
    json!({ "word": text[start..end], "span": [start, end] })
}

fn without_json(text: &str, found: &Counterfactual, task: &Task) -> Value {
    let words: Vec<Value> = (found.words.iter())
        .map(|span| word_json(text, *span))
        .collect();
    let labels = labels(found, task);
    let answer = match task.form {
        Form::Single => json!(labels.first()),
        Form::Multi => json!(labels),
    };
    json!({ "words": words, "answer": answer, "set_aside": found.gate_shut })
}

fn labels<'t>(found: &Counterfactual, task: &'t Task) -> Vec<&'t str> {
    let name = |label: &u32| task.labels[*label as usize].as_str();
    found.labels.iter().map(name).collect()
}

/// The field `nearest`.
pub(super) fn nearest_json(nearest: &[NearestRows], tasks: &[Task]) -> Value {
    let mut by_task = Map::new();
    for of_task in nearest {
        let name = &tasks[of_task.task].name;
        let row = |row: &crate::predict::Neighbour| {
            json!({
                "similarity": number(row.similarity),
                "id": row.example.id,
                "labels": row.example.labels.get(name),
                "text": row.example.text,
            })
        };
        by_task.insert(name.clone(), of_task.rows.iter().map(row).collect());
    }
    Value::Object(by_task)
}

/// What the answer of a task is without the words.
pub(super) fn becomes(found: &Counterfactual, task: &Task) -> String {
    let labels = labels(found, task);
    match labels.is_empty() {
        true if found.gate_shut => "set aside".to_owned(),
        true => format!("no {}", task.name),
        false => labels.join(", "),
    }
}

/// The words that a label hangs on.
pub(super) fn words<'t>(text: &'t str, found: &Counterfactual) -> Vec<&'t str> {
    (found.words.iter())
        .map(|(start, end)| &text[*start..*end])
        .collect()
}

/// What is said where no words were found.
pub(super) fn none_within(most: usize) -> String {
    format!("none within {most} words")
}

/// Each label of a task that was given, and what `say` says of it.
fn by_label(
    at: usize,
    task: &Task,
    paragraph: &LabelledParagraph,
    say: impl Fn(&Reason) -> String,
) -> String {
    let of_task = paragraph.reasons.iter().filter(|reason| reason.task == at);
    let said: Vec<String> = of_task
        .map(|reason| format!("{}: {}", task.labels[reason.label], say(reason)))
        .collect();
    said.join("; ")
}

/// `label: term +0.12, term -0.05; label: …`
pub(super) fn terms_cell(
    at: usize,
    task: &Task,
    paragraph: &LabelledParagraph,
    params: &LabelParams,
) -> String {
    by_label(at, task, paragraph, |reason| {
        let (for_it, against) = reason.explanation.strongest(params.explain);
        let terms: Vec<String> = (for_it.iter().chain(&against))
            .map(|c| format!("{} {:+.3}", c.term, c.value))
            .collect();
        terms.join(", ")
    })
}

/// `label: word, word -> answer; label: none within 12 words`
pub(super) fn without_cell(
    at: usize,
    task: &Task,
    paragraph: &LabelledParagraph,
    params: &LabelParams,
) -> String {
    by_label(at, task, paragraph, |reason| match &reason.counterfactual {
        Some(found) => {
            let words = words(&paragraph.text, found).join(", ");
            format!("{words} -> {}", becomes(found, task))
        }
        None => none_within(params.most_words),
    })
}

/// `0.612 id (label, label); …`
pub(super) fn nearest_cell(
    at: usize,
    task: &Task,
    paragraph: &LabelledParagraph,
    _: &LabelParams,
) -> String {
    let of_task = paragraph
        .nearest
        .iter()
        .filter(|nearest| nearest.task == at);
    let rows: Vec<String> = of_task
        .flat_map(|nearest| &nearest.rows)
        .map(|row| {
            let labels = row.example.labels.get(&task.name);
            let labels = labels.map_or(String::new(), |labels| labels.join(", "));
            format!("{:.3} {} ({labels})", row.similarity, row.example.id)
        })
        .collect();
    rows.join("; ")
}
