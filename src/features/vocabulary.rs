//! Which terms are columns.
//!
//! Owns [`Vocabulary`]: the fitted terms in the byte order of their names, and the look-up from
//! a term's hash to its column.

use super::TermNames;
use crate::text::signs::SIGN_MARK;
use crate::text::{HashIndex, hash_term};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// The terms that are columns, sorted by the bytes of their names.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    /// The names of all terms of a model, most of which several tasks share; or of this vocabulary alone.
    names: Arc<TermNames>,
    /// Which of the names are columns, ascending.
    places: Vec<u32>,
    /// Made when first asked for: who scores by the frozen table never asks.
    columns: OnceLock<HashIndex>,
}

impl PartialEq for Vocabulary {
    fn eq(&self, other: &Self) -> bool {
        self.names().eq(other.names())
    }
}

impl Vocabulary {
    /// A vocabulary of sorted, distinct names.
    ///
    /// # Panics
    /// When the names are not sorted and distinct.
    pub fn new(names: TermNames) -> Self {
        let ascends = (1..names.len()).all(|i| names.get(i - 1) < names.get(i));
        assert!(ascends, "names must ascend");
        Vocabulary::of_checked(names)
    }

    /// A vocabulary of names that are known to be sorted and distinct.
    pub(crate) fn of_checked(names: TermNames) -> Self {
        let places = (0..names.len() as u32).collect();
        Vocabulary::within(Arc::new(names), places)
    }

    /// The vocabulary of the names at `places`, ascending, of a sorted list of distinct names.
    pub(crate) fn within(names: Arc<TermNames>, places: Vec<u32>) -> Self {
        Vocabulary {
            names,
            places,
            columns: OnceLock::new(),
        }
    }

    /// The column of the term with this hash.
    #[inline]
    pub fn column(&self, hash: u64) -> Option<u32> {
        let columns = self.columns.get_or_init(|| {
            let mut columns = HashIndex::with_capacity(self.len());
            for name in self.names() {
                columns.get_or_insert(hash_term(name));
            }
            columns
        });
        columns.get(hash)
    }

    /// The names, by column.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|column| self.name(column))
    }

    /// The name of a column.
    ///
    /// # Panics
    /// When there is no such column.
    pub fn name(&self, column: usize) -> &str {
        self.names.get(self.places[column] as usize)
    }

    /// The columns of signs, whose names stand together.
    pub(crate) fn signs(&self) -> Range<u32> {
        let behind = |last: char| {
            let names = |place: &u32| self.names.get(*place as usize).chars().next() <= Some(last);
            self.places.partition_point(names) as u32
        };
        let before = char::from_u32(u32::from(SIGN_MARK) - 1).expect("a mark is no control");
        behind(before)..behind(SIGN_MARK)
    }

    /// The list that the names stand in, which vocabularies of one model may share, and their places in it.
    pub(crate) fn shared(&self) -> (&Arc<TermNames>, &[u32]) {
        (&self.names, &self.places)
    }

    /// The count of terms.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no term.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}
