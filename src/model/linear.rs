//! Linear weights and what they say of a sample.
//!
//! Owns [`LinearModel`], the plain form in which every estimator ends. The decision value of
//! label k is `m_k = Σ_j x_j w_jk + b_k`.

use crate::error::{Error, Result};

/// Weights `[n_features, n_labels]`, stored feature by feature, and intercepts `[n_labels]`.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearModel {
    n_labels: usize,
    weights: Vec<f32>,
    intercepts: Vec<f32>,
}

impl LinearModel {
    /// A model from its parts.
    ///
    /// # Errors
    /// A model error when the shapes do not fit or a number is not finite.
    pub fn new(weights: Vec<f32>, intercepts: Vec<f32>) -> Result<Self> {
        let n_labels = intercepts.len();
        if n_labels == 0 || !weights.len().is_multiple_of(n_labels) {
            return Err(Error::model("weights and intercepts do not fit together"));
        }
        // A loop without a way out is vectorized.
        let finite = |values: &[f32]| values.iter().fold(true, |ok, w| ok & w.is_finite());
        if !(finite(&weights) && finite(&intercepts)) {
            return Err(Error::model("a weight is not a finite number"));
        }
        Ok(LinearModel {
            n_labels,
            weights,
            intercepts,
        })
    }

    /// The count of labels.
    pub fn n_labels(&self) -> usize {
        self.n_labels
    }

    /// The count of features.
    pub fn n_features(&self) -> usize {
        self.weights.len() / self.n_labels
    }

    /// All weights, feature by feature.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The weights of one feature, a label each.
    #[inline]
    pub fn feature(&self, column: u32) -> &[f32] {
        let start = column as usize * self.n_labels;
        &self.weights[start..start + self.n_labels]
    }

    /// The intercepts, a label each.
    pub fn intercepts(&self) -> &[f32] {
        &self.intercepts
    }

    /// The same weights with the features in another order: feature j is the old `order[j]`.
    #[must_use]
    pub fn reordered(&self, order: &[u32]) -> Self {
        let weights = order.iter().flat_map(|old| self.feature(*old));
        LinearModel {
            n_labels: self.n_labels,
            weights: weights.copied().collect(),
            intercepts: self.intercepts.clone(),
        }
    }

    /// Writes the decision values of a sparse sample into `margins`, `[n_labels]`.
    pub fn decision_function(
        &self,
        row: impl IntoIterator<Item = (u32, f32)>,
        margins: &mut Vec<f32>,
    ) {
        margins.clear();
        margins.resize(self.n_labels, 0.0);
        for (column, value) in row {
            for (margin, weight) in margins.iter_mut().zip(self.feature(column)) {
                *margin += value * weight;
            }
        }
        for (margin, intercept) in margins.iter_mut().zip(&self.intercepts) {
            *margin += intercept;
        }
    }
}

/// The logistic function, 1 / (1 + e^−m).
///
/// By `libm`, so that every platform gives the same bytes.
pub fn sigmoid(margin: f32) -> f32 {
    (1.0 / (1.0 + libm::exp(-f64::from(margin)))) as f32
}

/// Probabilities of exclusive labels: `σ(m_k)` divided by their sum, written over `margins`.
///
/// Where every `σ(m_k)` is 0 in f32, the label with the largest margin gets all.
pub fn single_probabilities(margins: &mut [f32]) {
    let best = largest(margins);
    for margin in margins.iter_mut() {
        *margin = sigmoid(*margin);
    }
    let sum: f32 = margins.iter().sum();
    if sum > 0.0 {
        for probability in margins.iter_mut() {
            *probability /= sum;
        }
    } else if let Some(best) = best {
        margins[best] = 1.0;
    }
}

/// The index of the largest value; the first of equals.
pub fn largest(values: &[f32]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (i, value) in values.iter().enumerate() {
        if best.is_none_or(|b| *value > values[b]) {
            best = Some(i);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decision_values_add_up() {
        let model = LinearModel::new(vec![1.0, -1.0, 0.5, 2.0], vec![0.25, 0.0]).unwrap();
        let mut margins = Vec::new();
        model.decision_function([(0, 2.0), (1, 1.0)], &mut margins);
        assert_eq!(margins, [2.75, 0.0]);
        assert!(LinearModel::new(vec![1.0, f32::NAN], vec![0.0]).is_err());
        assert!(LinearModel::new(vec![1.0; 3], vec![0.0; 2]).is_err());
    }

    proptest! {
        #[test]
        fn probabilities_of_exclusive_labels_sum_to_one(margins in prop::collection::vec(-500f32..500.0, 2..6)) {
            let mut probabilities = margins.clone();
            single_probabilities(&mut probabilities);
            prop_assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            let best = largest(&margins).unwrap();
            prop_assert!(probabilities.iter().all(|p| *p <= probabilities[best]));
        }
    }
}
