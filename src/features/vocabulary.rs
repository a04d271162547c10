//! Which terms are columns.
//!
//! Owns [`Vocabulary`]: the fitted terms in the byte order of their names, and the look-up from
//! a term's hash to its column.

use crate::text::analyzer::PassThrough;
use crate::text::hash_term;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// The terms that are columns, sorted by the bytes of their names.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    names: Vec<String>,
    columns: HashMap<u64, u32, BuildHasherDefault<PassThrough>>,
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
    pub fn new(names: Vec<String>) -> Self {
        assert!(names.is_sorted_by(|a, b| a < b), "names must ascend");
        let columns = (names.iter().zip(0..))
            .map(|(name, column)| (hash_term(name), column))
            .collect();
        Vocabulary { names, columns }
    }

    /// The column of the term with this hash.
    #[inline]
    pub fn column(&self, hash: u64) -> Option<u32> {
        self.columns.get(&hash).copied()
    }

    /// The names, by column.
    pub fn names(&self) -> &[String] {
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
