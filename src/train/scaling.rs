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
use ndarray::{Array2, ArrayView1};
use rayon::prelude::*;

/// The least scale: a feature that says nothing of the label still may say something beside others.
const FLOOR: f32 = 0.01;

/// The scales of each lane, `[n_features]` each, all at least 0.01.
pub fn log_count_ratios(x: &SparseRecords, y: &Array2<bool>) -> Vec<Vec<f32>> {
    let mut all = vec![0u32; x.n_features()];
    for i in 0..x.n_samples() {
        for column in x.row(i).0 {
            all[*column as usize] += 1;
        }
    }
    let lanes = (0..y.ncols()).into_par_iter();
    lanes.map(|lane| of_lane(x, y.column(lane), &all)).collect()
}

/// The scales of a lane, where `all` counts the rows that hold each feature.
fn of_lane(x: &SparseRecords, y: ArrayView1<'_, bool>, all: &[u32]) -> Vec<f32> {
    let mut positive = vec![0u32; x.n_features()];
    for (i, _) in y
        .iter()
        .enumerate()
        .filter(|(_, is_positive)| **is_positive)
    {
        for column in x.row(i).0 {
            positive[*column as usize] += 1;
        }
    }
    let sum = |counts: &[u32]| counts.iter().map(|count| f64::from(*count)).sum::<f64>();
    // Both sides are given one row more a feature.
    let p_total = sum(&positive) + x.n_features() as f64;
    let q_total = sum(all) - sum(&positive) + x.n_features() as f64;
    let scale = |(p, n): (&u32, &u32)| {
        let (p, q) = (f64::from(*p) + 1.0, f64::from(n - p) + 1.0);
        let ratio = libm::log((p / p_total) / (q / q_total));
        (ratio.abs() as f32).max(FLOOR)
    };
    positive.iter().zip(all).map(scale).collect()
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
        let scales = &log_count_ratios(&x, &y)[0];
        // By hand: p = (6, 6), q = (1, 6), so r = ln((6/12)/(1/7)), ln((6/12)/(6/7)).
        assert!((scales[0] - 3.5f32.ln()).abs() < 1e-6);
        assert!((scales[1] - (7.0f32 / 12.0).ln().abs()).abs() < 1e-6);
    }
}
