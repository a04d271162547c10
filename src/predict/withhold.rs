//! Takes back answers that are not sure enough.

use super::{Classifier, Prediction};
use crate::model::confidence;

impl Classifier<'_> {
    /// Withholds, of the latest scores, the answer of each task whose confidence is below `least`, a number a
    /// task. Where the gate's own answer is withheld, all others are: they hang on it; `gate_is_given` says
    /// that it is known otherwise. An answer that a shut gate took back stays taken back.
    pub fn withhold(&mut self, least: &[f32], gate_is_given: bool) {
        let gate = self.gate.map(|(task, _)| task);
        let (model, scorer, scores) = (self.model, self.scorer, &mut self.scores);
        let is_unsure = |at: usize| {
            let form = model.tasks()[at].task.form;
            let probabilities = scores.probabilities(scorer.lanes(at));
            confidence(form, scores.given(at), probabilities) < least[at]
        };
        let gate_unsure = gate.is_some_and(|gate| !gate_is_given && is_unsure(gate));
        let withheld = (0..model.tasks().len()).map(|at| {
            let is_gate = gate == Some(at);
            gate_unsure || (!is_gate && !scores.gate_shut && is_unsure(at))
        });
        let withheld: Vec<bool> = withheld.collect();
        scores.keep(|task| !withheld[task]);
        scores.withheld = withheld;
    }
}

impl Prediction {
    /// Whether the answer of the task of this name was withheld.
    pub fn is_withheld(&self, task: &str) -> bool {
        let at = self.names.iter().position(|t| t.name == task);
        at.and_then(|at| self.withheld.get(at))
            .copied()
            .unwrap_or(false)
    }

    /// Whether each task's answer was withheld, in the model's order; empty where nothing was to be.
    pub(crate) fn withheld_flags(&self) -> &[bool] {
        &self.withheld
    }

    /// The tasks whose answers were withheld; none where nothing was to be.
    pub fn withheld(&self) -> Option<Vec<&str>> {
        let names = self.names.iter().zip(&self.withheld);
        let withheld = names.filter(|(_, withheld)| **withheld);
        (!self.withheld.is_empty()).then(|| withheld.map(|(task, _)| task.name.as_str()).collect())
    }
}

#[cfg(all(test, feature = "shipped-model"))]
mod tests {
    use crate::Model;

    #[test]
    fn the_unsure_are_withheld_and_with_the_gate_all() {
        let model = Model::shipped().unwrap();
        let mut classifier = model.classifier();
        let mut withheld = |least: [f32; 3], gate_is_given| {
            classifier.score("Beijing condemned the new tariffs and vowed to retaliate.");
            classifier.withhold(&least, gate_is_given);
            let prediction = classifier.prediction();
            for (task, said) in prediction.tasks() {
                assert_eq!(said.labels.is_empty(), prediction.is_withheld(&task.name));
            }
            prediction.withheld().unwrap().join(" ")
        };
        assert_eq!(withheld([0.0; 3], false), "");
        assert_eq!(withheld([0.0, 1.1, 0.0], false), "topics");
        assert_eq!(withheld([1.1, 0.0, 0.0], false), "kind topics tone");
        assert_eq!(withheld([1.1, 0.0, 1.1], true), "tone");
        classifier.score("Photo: Xinhua");
        classifier.withhold(&[0.0, 1.1, 1.1], false);
        let caption = classifier.prediction();
        assert!(caption.gate_shut(), "a caption is no body text");
        assert_eq!(
            caption.withheld(),
            Some(vec![]),
            "what the gate took back stays so"
        );
        classifier.score("Photo: Xinhua");
        assert_eq!(classifier.prediction().withheld(), None);
    }
}
