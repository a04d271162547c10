//! Feature scales by log-count ratio.
//!
//! Owns the ratio of Wang and Manning, "Baselines and bigrams: simple, good sentiment and topic
//! classification" (ACL 2012): with p_j and q_j the counts of rows of a lane's positive and
//! negative side that hold feature j, plus one,
//!
//! ```text
//! r_j = ln( (p_j / ‖p‖₁) / (q_j / ‖q‖₁) )
//! ```
//!
//! A feature is multiplied by |r_j|; the sign makes no difference to a linear model with a symmetric
//! penalty. The product with the fitted weight is stored, so nothing of it is left in the model.

use crate::features::SparseRecords;
use ndarray::Array2;

/// The least scale: a feature that says nothing of the label still may say something beside others.
const FLOOR: f32 = 0.01;

/// The scales `[n_features, n_lanes]`, row by row, all at least 0.01.
pub fn log_count_ratios(x: &SparseRecords, y: &Array2<bool>) -> Vec<f32> {
    let (n_features, n_lanes) = (x.n_features(), y.ncols());
    let mut positive = vec![1.0f64; n_features * n_lanes];
    let mut all = vec![0.0f64; n_features];
    for i in 0..x.n_samples() {
        for column in x.row(i).0 {
            let column = *column as usize;
            all[column] += 1.0;
            for (lane, is_positive) in y.row(i).iter().enumerate() {
                positive[column * n_lanes + lane] += f64::from(u8::from(*is_positive));
            }
        }
    }
    let total: f64 = all.iter().sum();
    let mut positive_totals = vec![0.0; n_lanes];
    for counts in positive.chunks_exact(n_lanes) {
        for (sum, count) in positive_totals.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    let mut scales = Vec::with_capacity(positive.len());
    for (column, counts) in positive.chunks_exact(n_lanes).enumerate() {
        for (p, p_total) in counts.iter().zip(&positive_totals) {
            // Both sides were given one row more a feature.
            let q = all[column] - (p - 1.0) + 1.0;
            let q_total = total - (p_total - n_features as f64) + n_features as f64;
            let ratio = libm::log((p / p_total) / (q / q_total));
            scales.push((ratio.abs() as f32).max(FLOOR));
        }
    }
    scales
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telling_feature_has_a_larger_scale() {
        let mut x = SparseRecords::new(2);
        for i in 0..10 {
            x.push_row(
                [(0, if i < 5 { 1.0 } else { 0.0 }), (1, 1.0)]
                    .into_iter()
                    .filter(|(_, v)| *v > 0.0),
            );
        }
        let y = Array2::from_shape_fn((10, 1), |(i, _)| i < 5);
        let scales = log_count_ratios(&x, &y);
        // By hand: p = (6, 6), q = (1, 6), so r = ln((6/12)/(1/7)), ln((6/12)/(6/7)).
        assert!((scales[0] - 3.5f32.ln()).abs() < 1e-6);
        assert!((scales[1] - (7.0f32 / 12.0).ln().abs()).abs() < 1e-6);
    }
}
