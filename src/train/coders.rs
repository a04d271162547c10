//! How the coders of the measured rows agree with each other.
//!
//! Owns the step from the rows' `coders` to [`CoderAgreement`]: the same figures that predictions get
//! against gold, to be read beside them.

use super::rows::{Gold, KindRule, Row};
use crate::evaluate::{BootstrapParams, CoderAgreement, Coding};
use crate::model::{Form, Task};
use std::collections::HashMap;

/// The agreement of the coders on one task over the rows that are labelled for it; none where no row says
/// what two of them gave.
pub(super) fn agreement(
    rows: &[Row],
    article: &[u32],
    task: &Task,
    bootstrap: &BootstrapParams,
) -> Option<CoderAgreement> {
    let rule = KindRule::of(rows);
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    for label in &task.labels {
        numbers.insert(label, numbers.len() as u32);
    }
    let mut codings = Vec::new();
    for (row, article) in rows.iter().zip(article) {
        if rule.gold(row, &task.name).is_none() {
            continue;
        }
        let given = row.coders.values().filter_map(|said| said.get(&task.name));
        let given: Vec<Vec<u32>> = given
            .map(|labels| {
                let labels = match labels {
                    Gold::Single(label) => std::slice::from_ref(label),
                    Gold::Multi(labels) => labels,
                };
                let mut number = |label| {
                    let next = numbers.len() as u32;
                    *numbers.entry(label).or_insert(next)
                };
                labels.iter().map(|label| number(label.as_str())).collect()
            })
            .collect();
        if given.len() > 1 {
            codings.push(Coding {
                article: *article,
                given,
            });
        }
    }
    let n_labels = (task.form == Form::Multi).then_some(task.labels.len());
    (!codings.is_empty()).then(|| CoderAgreement::new(&codings, n_labels, bootstrap))
}
