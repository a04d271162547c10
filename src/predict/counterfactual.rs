//! Which words an answer hangs on.
//!
//! Owns [`Counterfactual`]: a small set of words without which a text would not be given a label, found by
//! taking words out one at a time, as Martens and Provost do ("Explaining data-driven document
//! classifications", MIS Quarterly 38(1), 2014, algorithm SEDC). Nothing is estimated: a set is reported
//! when the text without its words has been classified and is not given the label, and when it is again
//! with any one of them put back.

use super::{Classifier, Scores, WordValue};
use crate::model::Form;
use crate::paragraphs::fold_white_space;
use crate::text::Passage;
use crate::text::tokenize::tokens;

/// Words that are looked for unless another number is asked for.
pub const MOST_WORDS: usize = 12;

/// Words that are tried at each step: those that speak most for the label.
const TRIED_WORDS: usize = 32;

/// What a label's decision value had to pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// The decision value: of a multi task, the one that belongs to the label's threshold; of a single
    /// task, that of the strongest other label, and −∞ where there is none.
    pub value: f32,
    /// The strongest other label of a single task, by index into the task's.
    pub rival: Option<usize>,
}

/// A set of words that a label hangs on: without them the text is not given it, and with any one of them
/// put back it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterfactual {
    /// The words' byte spans in the text, in order. [`without_words`] takes them out.
    pub words: Vec<(usize, usize)>,
    /// The labels of the task that the text is given without them; none for a single task where the gate
    /// is shut.
    pub labels: Vec<u32>,
    /// Whether the text without them is set aside by the gate.
    pub gate_shut: bool,
}

/// The text without the words at `spans`, which are in order and apart; its white space is folded, and all
/// else stays.
///
/// ```
/// use demarche::predict::without_words;
/// assert_eq!(without_words("Beijing, too, vowed to retaliate.", &[(0, 7), (14, 19)]), ", too, to retaliate.");
/// ```
pub fn without_words(text: &str, spans: &[(usize, usize)]) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for &(start, end) in spans {
        kept.push_str(&text[at..start]);
        at = end;
    }
    kept.push_str(&text[at..]);
    fold_white_space(&kept).into_owned()
}

impl Classifier<'_> {
    /// A set of at most `most` words that `label` of `task` (indices into the model's) hangs on in `text`;
    /// none where the text is not given the label, or where no set was found, in the time that a document may take. The search is greedy, so a set
    /// may be there that it does not find; what it finds holds and has no word too many. The latest scores stay what
    /// they are.
    ///
    /// ```
    /// # #[cfg(feature = "shipped-model")] {
    /// use demarche::predict::without_words;
    /// let model = demarche::Model::shipped()?;
    /// let mut classifier = model.classifier();
    /// let text = "Beijing condemned the new American tariffs and vowed to retaliate against U.S. farm goods.";
    /// let task = model.tasks().iter().position(|t| t.task.name == "topics").unwrap();
    /// let trade = model.tasks()[task].task.labels.iter().position(|l| l == "trade").unwrap();
    /// let found = classifier.counterfactual(text, task, trade, 12).unwrap();
    /// let edited = without_words(text, &found.words);
    /// assert!(!model.classify(&edited).labels("topics").contains(&"trade"));
    /// # }
    /// # Ok::<(), demarche::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the model has no such task or label.
    pub fn counterfactual<'t>(
        &mut self,
        passage: impl Into<Passage<'t>>,
        task: usize,
        label: usize,
        most: usize,
    ) -> Option<Counterfactual> {
        let passage = passage.into();
        self.watch.begin();
        let explanation = self.explain(passage, task, label);
        self.search(passage, (task, label), &explanation.words, most, false)
    }

    /// As [`counterfactual`](Self::counterfactual), when the words' shares are known; `open` says that the
    /// gate is.
    pub(super) fn search(
        &mut self,
        passage: Passage<'_>,
        (task, label): (usize, usize),
        values: &[WordValue],
        most: usize,
        open: bool,
    ) -> Option<Counterfactual> {
        if most == 0 {
            return None;
        }
        let latest = self.scores.clone();
        let words = promising_words(passage.text, values, TRIED_WORDS.max(most));
        let mut search = Search {
            classifier: self,
            passage,
            task,
            label,
            open,
            removed: Vec::new(),
        };
        let found = search.run(&words, most);
        self.scores = latest;
        found
    }

    /// What a label's decision value, among the latest scores, has to pass.
    pub fn threshold(&self, task: usize, label: usize) -> Threshold {
        let margins = self.scores.margins(self.scorer.lanes(task));
        let of_task = &self.model().tasks()[task];
        match of_task.task.form {
            Form::Multi => {
                let p = f64::from(of_task.thresholds[label]);
                Threshold {
                    value: libm::log(p / (1.0 - p)) as f32,
                    rival: None,
                }
            }
            Form::Single => {
                let others = (0..margins.len()).filter(|other| *other != label);
                let rival = others.reduce(|a, b| if margins[b] > margins[a] { b } else { a });
                Threshold {
                    value: rival.map_or(f32::NEG_INFINITY, |rival| margins[rival]),
                    rival,
                }
            }
        }
    }
}

/// The `n` words of a text that speak most for a label, those first; a word of no known term speaks neither for
/// it nor against.
fn promising_words(text: &str, values: &[WordValue], n: usize) -> Vec<(usize, usize)> {
    let mut known = values.iter().peekable();
    let mut words: Vec<(f32, (usize, usize))> = tokens(text)
        .map(|token| {
            let span = (token.start, token.end());
            let value = known.next_if(|word| word.span == span);
            (value.map_or(0.0, |word| word.value), span)
        })
        .collect();
    // The sort is stable: of equal words the first comes first.
    words.sort_by(|a, b| b.0.total_cmp(&a.0));
    words.truncate(n);
    words.into_iter().map(|(_, span)| span).collect()
}

/// The search for one label of one text.
struct Search<'s, 'm> {
    classifier: &'s mut Classifier<'m>,
    passage: Passage<'s>,
    task: usize,
    label: usize,
    open: bool,
    /// The words taken out, in order of the text.
    removed: Vec<(usize, usize)>,
}

impl Search<'_, '_> {
    /// Classifies the text without the words taken out; says whether it is given the label.
    fn is_given(&mut self) -> bool {
        self.classifier.watch.goes_on(self.passage.text.len());
        let edited = without_words(self.passage.text, &self.removed);
        let edited = Passage {
            text: &edited,
            ..self.passage
        };
        let scores = match self.open {
            true => self.classifier.score_open(edited),
            false => self.classifier.score(edited),
        };
        scores.given(self.task).contains(&(self.label as u32))
    }

    /// By how much the label passes what it has to, in the latest scores.
    fn lead(&self) -> f32 {
        let margins = self.scores().margins(self.classifier.lanes(self.task));
        margins[self.label] - self.classifier.threshold(self.task, self.label).value
    }

    fn scores(&self) -> &Scores {
        self.classifier.latest()
    }

    /// Takes a word out; gives its place among those taken out.
    fn remove(&mut self, word: (usize, usize)) -> usize {
        let at = self.removed.partition_point(|other| *other < word);
        self.removed.insert(at, word);
        at
    }

    /// Calls `then` with a word more taken out, and puts it back.
    fn without<T>(&mut self, word: (usize, usize), then: impl FnOnce(&mut Self) -> T) -> T {
        let at = self.remove(word);
        let said = then(self);
        self.removed.remove(at);
        said
    }

    fn run(&mut self, words: &[(usize, usize)], most: usize) -> Option<Counterfactual> {
        if !self.is_given() {
            return None;
        }
        let mut left = words.to_vec();
        loop {
            if self.removed.len() == most || left.is_empty() {
                return None;
            }
            // The first that leaves the label out, or else the one that leaves it the smallest lead.
            let mut best = (0, f32::INFINITY);
            for (i, word) in left.iter().enumerate() {
                if self.classifier.watch.is_over() {
                    return None;
                }
                let (given, lead) = self.without(*word, |s| (s.is_given(), s.lead()));
                let lead = if given { lead } else { f32::NEG_INFINITY };
                if lead < best.1 {
                    best = (i, lead);
                }
                if !given {
                    break;
                }
            }
            let word = left.remove(best.0);
            self.remove(word);
            if best.1 == f32::NEG_INFINITY && !self.is_given() {
                self.prune();
                // Words may be left that could have been put back.
                let is_whole = !self.classifier.watch.is_over();
                return is_whole.then(|| self.found());
            }
        }
    }

    /// Puts words back as long as the label stays out without the rest.
    fn prune(&mut self) {
        let mut at = 0;
        while at < self.removed.len() && !self.classifier.watch.is_over() {
            let word = self.removed.remove(at);
            if self.is_given() {
                self.removed.insert(at, word);
                at += 1;
            } else {
                // What could not be put back before may be able to now.
                at = 0;
            }
        }
    }

    fn found(&mut self) -> Counterfactual {
        self.is_given();
        Counterfactual {
            words: self.removed.clone(),
            labels: self.scores().given(self.task).to_vec(),
            gate_shut: self.scores().gate_shut(),
        }
    }
}
