//! Sparse samples for linfa.
//!
//! Owns [`SparseRecords`]: linfa implements its `Records` for dense arrays alone, and
//! the orphan rule forbids adding sprs's matrix, hence a type of our own that hands
//! out sprs views.

use linfa::dataset::Records;
use sprs::{CsMatI, CsMatViewI};

/// A matrix `[n_samples, n_features]` in compressed sparse rows; the columns of a row
/// ascend.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseRecords {
    row_starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
    n_features: usize,
}

impl SparseRecords {
    /// A matrix without rows, to which [`push_row`](Self::push_row) adds.
    pub fn new(n_features: usize) -> Self {
        SparseRecords {
            row_starts: vec![0],
            columns: Vec::new(),
            values: Vec::new(),
            n_features,
        }
    }

    /// Adds a row of `(column, value)` pairs.
    ///
    /// # Panics
    /// When the columns do not ascend or pass `n_features`.
    pub fn push_row(&mut self, row: impl IntoIterator<Item = (u32, f32)>) {
        let start = self.columns.len();
        for (column, value) in row {
            assert!((column as usize) < self.n_features, "column out of range");
            assert!(
                self.columns.len() == start || self.columns[self.columns.len() - 1] < column,
                "columns must ascend"
            );
            self.columns.push(column);
            self.values.push(value);
        }
        self.row_starts.push(self.columns.len());
    }

    /// The columns and values of row `i`.
    #[inline]
    pub fn row(&self, i: usize) -> (&[u32], &[f32]) {
        let range = self.row_starts[i]..self.row_starts[i + 1];
        (&self.columns[range.clone()], &self.values[range])
    }

    /// The matrix with each column multiplied by a number of its own, `[n_features]`.
    ///
    /// # Panics
    /// When there are fewer numbers than columns.
    #[must_use]
    pub fn scaled(&self, scales: &[f32]) -> Self {
        let mut scaled = self.clone();
        for (value, column) in scaled.values.iter_mut().zip(&self.columns) {
            *value *= scales[*column as usize];
        }
        scaled
    }

    /// The count of rows.
    pub fn n_samples(&self) -> usize {
        self.row_starts.len() - 1
    }

    /// The count of columns.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// The matrix as sprs sees it.
    pub fn view(&self) -> CsMatViewI<'_, f32, u32, usize> {
        CsMatViewI::new(
            (self.n_samples(), self.n_features),
            &self.row_starts,
            &self.columns,
            &self.values,
        )
    }
}

impl From<&CsMatI<f32, u32, usize>> for SparseRecords {
    /// Copies a sprs matrix; a column-major one is turned into rows.
    fn from(matrix: &CsMatI<f32, u32, usize>) -> Self {
        let by_row = matrix.to_csr();
        let mut records = SparseRecords::new(by_row.cols());
        for row in by_row.outer_iterator() {
            records.push_row(row.iter().map(|(column, value)| (column as u32, *value)));
        }
        records
    }
}

impl Records for SparseRecords {
    type Elem = f32;

    fn nsamples(&self) -> usize {
        self.n_samples()
    }

    fn nfeatures(&self) -> usize {
        self.n_features
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sprs_and_back() {
        let mut records = SparseRecords::new(3);
        records.push_row([(0, 1.0), (2, 0.5)]);
        records.push_row([]);
        let matrix = records.view().to_owned();
        assert_eq!(matrix.get(0, 2), Some(&0.5));
        assert_eq!(SparseRecords::from(&matrix), records);
    }

    #[test]
    #[should_panic(expected = "ascend")]
    fn unsorted_rows_are_refused() {
        SparseRecords::new(3).push_row([(2, 1.0), (0, 1.0)]);
    }
}
