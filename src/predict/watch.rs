//! How long labelling one document may take.
//!
//! Owns [`Watch`], which counts the text that is worked through and looks at the clock now and then. A short document
//! costs no look at all, so that a bound costs nothing where it bounds nothing.

use crate::error::Place;
use crate::ingest::{Deadline, Problem, TimeCap};
use std::time::Duration;

/// How much text is worked through between two looks at the clock, in bytes: some milliseconds of work.
const BYTES_A_LOOK: usize = 64 << 10;

/// What a text costs however short it is, in bytes of a long one.
const BYTES_A_TEXT: usize = 64;

/// The time of the document that is being labelled.
#[derive(Debug, Default)]
pub(super) struct Watch {
    cap: Option<TimeCap>,
    /// Set at the first look, which is the beginning as nearly as matters.
    deadline: Option<Deadline>,
    unlooked: usize,
    over: Option<Duration>,
    broken_off: Option<Problem>,
}

impl Watch {
    /// Sets the bound.
    pub fn set(&mut self, cap: Option<TimeCap>) {
        self.cap = cap;
        self.begin();
    }

    /// Begins a document.
    pub fn begin(&mut self) {
        self.deadline = None;
        self.unlooked = 0;
        self.over = None;
        self.broken_off = None;
    }

    /// Says that a text of so many bytes is about to be worked through; false where the time is over.
    pub fn goes_on(&mut self, n_bytes: usize) -> bool {
        let Some(cap) = self.cap else { return true };
        self.unlooked = self.unlooked.saturating_add(n_bytes + BYTES_A_TEXT);
        if self.unlooked >= BYTES_A_LOOK {
            self.unlooked = 0;
            match self.deadline {
                None => self.deadline = Some(Deadline::begin(cap)),
                Some(deadline) => self.over = self.over.or(deadline.passed()),
            }
        }
        !self.is_over()
    }

    /// Whether the time is over.
    pub fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// Keeps what to tell of a document that was broken off, the first time; `how` says where.
    pub fn break_off(&mut self, place: &Place, how: &str) {
        if let Some(limit) = self.over
            && self.broken_off.is_none()
        {
            let message = format!(
                "labelling took longer than {} s and {how}; --max-seconds allows more",
                limit.as_secs_f64()
            );
            self.broken_off = Some(Problem::skipped(place.clone(), message));
        }
    }

    /// What there is to tell.
    pub fn take(&mut self) -> Option<Problem> {
        self.broken_off.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Document;
    use crate::model::Model;
    use crate::predict::{Classifier, LabelParams};
    use std::cell::Cell;

    thread_local! {
        /// Seconds that pass with each look at the clock.
        static STEP: Cell<u64> = const { Cell::new(1) };
        static NOW: Cell<u64> = const { Cell::new(0) };
    }

    fn looks() -> Duration {
        NOW.set(NOW.get() + STEP.get());
        Duration::from_secs(NOW.get())
    }

    fn classifier(seconds: u64) -> Classifier<'static> {
        let mut classifier = Model::shipped().unwrap().classifier();
        classifier.set_time_cap(Some(TimeCap {
            limit: Duration::from_secs(seconds),
            clock: looks,
        }));
        classifier
    }

    fn document(text: String) -> Document {
        Document {
            text,
            place: Place::file("a.txt"),
            ..Document::default()
        }
    }

    /// Paragraphs of 1,000 bytes.
    fn paragraphs(n: usize) -> String {
        let words = "Beijing condemned the tariffs ".repeat(40);
        format!("{}.\n\n", &words[..997]).repeat(n)
    }

    #[test]
    fn a_document_is_broken_off_between_paragraphs_and_told_of() {
        let mut classifier = classifier(2);
        let labelled = classifier.label(document(paragraphs(1000)), &LabelParams::default());
        let n = labelled.paragraphs.len();
        // The first look begins, the second and third are within two seconds, the fourth is not.
        assert!((200..300).contains(&n), "{n}");
        assert_eq!(labelled.n_paragraphs, 1000);
        let problem = classifier.take_broken_off().expect("it is told of");
        let at = labelled.paragraphs[n - 1].end + 2;
        assert_eq!(
            problem.to_string(),
            format!(
                "a.txt: labelling took longer than 2 s and was broken off at byte {at} of the text; --max-seconds allows more"
            )
        );
        // The next one has its own time.
        let labelled = classifier.label(document(paragraphs(100)), &LabelParams::default());
        assert_eq!(labelled.paragraphs.len(), 100);
        assert_eq!(classifier.take_broken_off(), None);
    }

    #[test]
    fn a_short_document_costs_no_look_at_the_clock() {
        let mut classifier = classifier(0);
        let before = NOW.get();
        for _ in 0..1000 {
            classifier.label(document(paragraphs(2)), &LabelParams::default());
        }
        assert_eq!((NOW.get(), classifier.take_broken_off()), (before, None));
    }

    #[test]
    fn the_search_for_words_ends_with_the_time_and_no_half_reason_is_given() {
        let text =
            "Beijing condemned the new tariffs on chips and vowed to retaliate. ".repeat(300);
        let params = LabelParams {
            explain: 3,
            most_words: 12,
            ..LabelParams::default()
        };
        let mut classifier = classifier(1);
        let labelled = classifier.label(document(format!("{text}\n\n{text}")), &params);
        assert_eq!(labelled.paragraphs.len(), 0);
        let problem = classifier.take_broken_off().expect("it is told of");
        assert!(
            problem.message.contains("at byte 0 of the text"),
            "{problem}"
        );
        // By itself a search has the time of a document.
        STEP.set(0);
        let tasks = classifier.model().tasks();
        let task = tasks.iter().position(|t| t.task.name == "topics");
        let found = classifier.counterfactual(text.as_str(), task.unwrap(), 3, 1);
        assert_eq!(found, None);
        assert!(!classifier.watch.is_over());
    }
}
