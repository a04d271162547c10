//! Takes back answers that are not sure enough.

use super::Prediction;
use crate::model::confidence;

impl Prediction {
    /// Withholds the answer of each task whose confidence is below `least`, a number a task. Where the gate's
    /// own answer is withheld, all others are: they hang on it; `gate_is_given` says that it is known
    /// otherwise. An answer that a shut gate took back stays taken back.
    pub fn withhold(&mut self, least: &[f32], gate: Option<usize>, gate_is_given: bool) {
        let is_unsure = |at: usize| {
            let (task, said) = (&self.names[at], &self.tasks[at]);
            confidence(task.form, &said.labels, &said.probabilities) < least[at]
        };
        let gate_unsure = gate.is_some_and(|gate| !gate_is_given && is_unsure(gate));
        let withheld = (0..self.tasks.len()).map(|at| {
            let is_gate = gate == Some(at);
            gate_unsure || (!is_gate && !self.gate_shut && is_unsure(at))
        });
        self.withheld = withheld.collect();
        for (said, withheld) in self.tasks.iter_mut().zip(&self.withheld) {
            if *withheld {
                said.labels.clear();
            }
        }
    }

    /// Whether the answer of the task of this name was withheld.
    pub fn is_withheld(&self, task: &str) -> bool {
        let at = self.names.iter().position(|t| t.name == task);
        at.and_then(|at| self.withheld.get(at))
            .copied()
            .unwrap_or(false)
    }

    /// The tasks whose answers were withheld; none where nothing was to be.
    pub fn withheld(&self) -> Option<Vec<&str>> {
        let names = self.names.iter().zip(&self.withheld);
        let withheld = names.filter(|(_, withheld)| **withheld);
        (!self.withheld.is_empty()).then(|| withheld.map(|(task, _)| task.name.as_str()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Form, Task};
    use crate::predict::TaskPrediction;
    use std::sync::Arc;

    fn prediction(kind: [f32; 2], shut: bool) -> Prediction {
        let task = |name: &str, form| Task {
            name: name.to_owned(),
            form,
            labels: vec!["a".to_owned(), "b".to_owned()],
        };
        let said = |labels: Vec<u32>, probabilities: [f32; 2]| TaskPrediction {
            labels,
            probabilities: probabilities.into(),
            margins: vec![0.0; 2],
        };
        let given = |labels: Vec<u32>| if shut { Vec::new() } else { labels };
        Prediction {
            names: Arc::new(vec![
                task("kind", Form::Single),
                task("topics", Form::Multi),
            ]),
            tasks: vec![said(vec![0], kind), said(given(vec![0]), [0.9, 0.2])],
            gate_shut: shut,
            withheld: Vec::new(),
        }
    }

    #[test]
    fn the_unsure_are_withheld_and_with_the_gate_all() {
        let withheld = |kind, shut, least: &[f32], given| -> Vec<String> {
            let mut prediction = prediction(kind, shut);
            prediction.withhold(least, Some(0), given);
            let withheld = prediction.withheld().unwrap();
            withheld.into_iter().map(str::to_owned).collect()
        };
        // The set {a} has a confidence of 0.9 · 0.8.
        assert_eq!(withheld([0.8, 0.2], false, &[0.7, 0.71], false), [""; 0]);
        assert_eq!(withheld([0.8, 0.2], false, &[0.7, 0.73], false), ["topics"]);
        assert_eq!(
            withheld([0.8, 0.2], false, &[0.9, 0.1], false),
            ["kind", "topics"]
        );
        assert_eq!(withheld([0.8, 0.2], false, &[0.9, 0.1], true), [""; 0]);
        assert_eq!(withheld([0.8, 0.2], true, &[0.7, 0.99], false), [""; 0]);
        assert_eq!(prediction([0.8, 0.2], false).withheld(), None);
    }
}
