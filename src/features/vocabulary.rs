//! Which terms are columns.
//!
//! Owns [`Vocabulary`]: the fitted terms in the byte order of their names, and the look-up from
//! a term's hash to its column.

use super::TermNames;
use crate::text::{HashIndex, hash_term};
use std::sync::OnceLock;

/// The terms that are columns, sorted by the bytes of their names.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    names: TermNames,
    /// Made when first asked for: who scores by the frozen table never asks.
    columns: OnceLock<HashIndex>,
}

impl PartialEq for Vocabulary {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names
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
        Vocabulary {
            names,
            columns: OnceLock::new(),
        }
    }

    /// The column of the term with this hash.
    #[inline]
    pub fn column(&self, hash: u64) -> Option<u32> {
        let columns = self.columns.get_or_init(|| {
            let mut columns = HashIndex::with_capacity(self.names.len());
            for name in self.names.iter() {
                columns.get_or_insert(hash_term(name));
            }
            columns
        });
        columns.get(hash)
    }

    /// The names, by column.
    pub fn names(&self) -> &TermNames {
        &self.names
    }

    /// The count of terms.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no term.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}
