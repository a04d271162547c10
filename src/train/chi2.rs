//! Which terms tell labels apart.
//!
//! Owns the selection of terms by χ², as scikit-learn's `chi2` scores them: over the two sides of a
//! lane, Σ (observed − expected)² / expected, where observed is the sum of a feature over the rows of
//! a side and expected is the side's share of rows times the feature's sum.

use crate::features::SparseRecords;
use ndarray::Array2;

/// The `k` columns with the highest score over all lanes, ascending; ties go to the first column.
pub fn select(x: &SparseRecords, y: &Array2<bool>, k: usize) -> Vec<u32> {
    let (n, n_lanes) = (x.n_samples() as f64, y.ncols());
    let mut observed = vec![0.0f64; x.n_features() * n_lanes];
    let mut sums = vec![0.0f64; x.n_features()];
    let mut shares = vec![0.0f64; n_lanes];
    for i in 0..x.n_samples() {
        let (columns, values) = x.row(i);
        for (lane, positive) in y.row(i).iter().enumerate() {
            if !positive {
                continue;
            }
            shares[lane] += 1.0 / n;
            for (column, value) in columns.iter().zip(values) {
                observed[*column as usize * n_lanes + lane] += f64::from(*value);
            }
        }
        for (column, value) in columns.iter().zip(values) {
            sums[*column as usize] += f64::from(*value);
        }
    }
    let score = |column: usize| {
        let of_lane = |lane: usize| {
            let expected = [
                shares[lane] * sums[column],
                (1.0 - shares[lane]) * sums[column],
            ];
            let positive = observed[column * n_lanes + lane];
            let seen = [positive, sums[column] - positive];
            let terms = seen.iter().zip(expected).filter(|(_, e)| *e > 0.0);
            terms.map(|(o, e)| (o - e) * (o - e) / e).sum::<f64>()
        };
        (0..n_lanes).map(of_lane).fold(0.0, f64::max)
    };
    let mut scored: Vec<(f64, u32)> = (0..x.n_features())
        .map(|column| (score(column), column as u32))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.truncate(k);
    let mut columns: Vec<u32> = scored.into_iter().map(|(_, column)| column).collect();
    columns.sort_unstable();
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telling_columns_are_kept() {
        let mut x = SparseRecords::new(3);
        x.push_row([(0, 1.0), (1, 1.0)]);
        x.push_row([(0, 1.0), (1, 1.0)]);
        x.push_row([(1, 1.0), (2, 2.0)]);
        x.push_row([(1, 1.0), (2, 2.0)]);
        let y = Array2::from_shape_fn((4, 1), |(i, _)| i < 2);
        // sklearn.feature_selection.chi2 gives 2, 0, 4.
        assert_eq!(select(&x, &y, 1), [2]);
        assert_eq!(select(&x, &y, 2), [0, 2]);
    }
}
