//! Which kinds of terms the tasks of a model read.
//!
//! Owns [`Families`]: the distinct ways in which tasks make terms of a text (words by some options,
//! characters by some options, marks, acts, signs), each of which is walked once for all tasks that share it.

use super::super::TaskModel;
use crate::text::{Aliases, ReadParams, TextParams};

/// A way of making terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Word n-grams.
    Words {
        stem: bool,
        stop_words: bool,
        negation: bool,
        range: (u8, u8),
        aliases: Option<u8>,
    },
    /// Character n-grams.
    Chars {
        stop_words: bool,
        range: (u8, u8),
        aliases: Option<u8>,
    },
    /// Punctuation.
    Marks,
    /// Who acts on whom.
    Acts { negation: bool, aliases: Option<u8> },
    /// What is known of where the text stands.
    Signs,
}

impl Kind {
    /// The table of aliases that is laid over the words, by its index.
    pub fn aliases(self) -> Option<usize> {
        let (Kind::Words { aliases, .. }
        | Kind::Chars { aliases, .. }
        | Kind::Acts { aliases, .. }) = self
        else {
            return None;
        };
        aliases.map(usize::from)
    }
}

/// A family of terms, and how their counts are damped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Family {
    pub kind: Kind,
    pub sublinear: bool,
}

/// The index of an item in a list of distinct ones, at whose end it is put where it is new.
pub(super) fn number_in<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    let known = list.iter().position(|known| *known == item);
    known.unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}

/// All families, and those of each task.
#[derive(Debug)]
pub(super) struct Families {
    all: Vec<Family>,
    by_task: Vec<Vec<usize>>,
    /// The distinct tables of aliases.
    aliases: Vec<Aliases>,
    /// For each family, see [`twin`](Families::twin).
    twins: Vec<[Option<usize>; 4]>,
}

impl Families {
    pub fn of(tasks: &[TaskModel]) -> Self {
        let mut families = Families {
            all: Vec::new(),
            by_task: vec![Vec::new(); tasks.len()],
            aliases: Vec::new(),
            twins: Vec::new(),
        };
        // Tasks that read words as they are first, so that a twin is walked before the family that may borrow its sums.
        let mut order: Vec<usize> = (0..tasks.len()).collect();
        order.sort_by_key(|i| {
            let text = &tasks[*i].options.text;
            (text.aliases.is_some(), text.negation)
        });
        for i in order {
            families.add(&tasks[i], i);
        }
        let twins = (0..families.all.len())
            .map(|family| [0, 1, 2, 3].map(|i| families.find_twin(family, i & 1 == 1, i & 2 == 2)));
        families.twins = twins.collect();
        families
    }

    fn add(&mut self, task: &TaskModel, i: usize) {
        let sublinear = task.options.tfidf.sublinear_tf;
        let text = &task.options.text;
        let aliases = text.aliases.as_ref().map(|table| self.table(table));
        for kind in kinds(text, aliases) {
            let number = number_in(&mut self.all, Family { kind, sublinear });
            self.by_task[i].push(number);
        }
    }

    /// The index of a table of aliases.
    fn table(&mut self, table: &Aliases) -> u8 {
        let index = number_in(&mut self.aliases, table.clone());
        u8::try_from(index).expect("a model has fewer tasks")
    }

    pub fn aliases(&self) -> &[Aliases] {
        &self.aliases
    }

    pub fn all(&self) -> &[Family] {
        &self.all
    }

    pub fn of_task(&self, task: usize) -> &[usize] {
        &self.by_task[task]
    }

    /// Whether there is a family of signs.
    pub fn read_signs(&self) -> bool {
        self.all.iter().any(|family| family.kind == Kind::Signs)
    }

    /// Whether the terms of a family are signs, which take no part in the norm.
    pub fn is_signs(&self, family: usize) -> bool {
        self.all[family].kind == Kind::Signs
    }

    pub fn read_params(&self) -> ReadParams {
        let has = |is: fn(&Kind) -> bool| self.all.iter().any(|f| is(&f.kind));
        ReadParams {
            negation: has(|kind| {
                matches!(
                    kind,
                    Kind::Words { negation: true, .. } | Kind::Acts { negation: true, .. }
                )
            }),
            marks: has(|kind| *kind == Kind::Marks),
            acts: self.reads_acts(None),
        }
    }

    /// Whether a family is of the acts among the words as they are, or with a table of aliases laid over them.
    pub fn reads_acts(&self, table: Option<usize>) -> bool {
        let is = |f: &Family| matches!(f.kind, Kind::Acts { .. }) && f.kind.aliases() == table;
        self.all.iter().any(is)
    }

    /// The family that is walked before this one and gives the same terms of a text; `denied` says whether any word of
    /// the text is, `changed` whether this family's table of aliases has replaced any.
    pub fn twin(&self, family: usize, denied: bool, changed: bool) -> Option<usize> {
        self.twins[family][usize::from(denied) + 2 * usize::from(changed)]
    }

    fn find_twin(&self, family: usize, denied: bool, changed: bool) -> Option<usize> {
        let plain = |mut family: Family| {
            if let Kind::Words { negation, .. } | Kind::Acts { negation, .. } = &mut family.kind {
                *negation &= denied;
            }
            family
        };
        let mut own = plain(self.all[family]);
        if !changed
            && let Kind::Words { aliases, .. }
            | Kind::Chars { aliases, .. }
            | Kind::Acts { aliases, .. } = &mut own.kind
        {
            *aliases = None;
        }
        self.all[..family].iter().position(|f| plain(*f) == own)
    }
}

fn kinds(text: &TextParams, aliases: Option<u8>) -> impl Iterator<Item = Kind> {
    let words = Kind::Words {
        stem: text.stem,
        stop_words: text.stop_words,
        negation: text.negation,
        range: text.ngram_range,
        aliases,
    };
    let chars = text.char_ngram_range.map(|range| Kind::Chars {
        stop_words: text.stop_words,
        range,
        aliases,
    });
    let marks = text.marks.then_some(Kind::Marks);
    let acts = text.acts.then_some(Kind::Acts {
        negation: text.negation,
        aliases,
    });
    let signs = text.signs.then_some(Kind::Signs);
    [Some(words), chars, marks, acts, signs]
        .into_iter()
        .flatten()
}
