//! Where the probability of a label becomes the label.
//!
//! Owns the threshold a label of multi tasks: the one with the best F1 on probabilities of rows
//! that the weights had not seen.

/// Labels with fewer gold rows keep [`DEFAULT_THRESHOLD`]: on so few, the best threshold is chance.
pub const MIN_POSITIVES: usize = 5;

/// The threshold where nothing better is known.
pub const DEFAULT_THRESHOLD: f32 = 0.5;

/// The threshold with the best F1, half-way between two neighbouring probabilities; among equals
/// the one nearest to 0.5.
///
/// `probabilities[i]` is that of row i, and `gold[i]` whether it has the label. O(n log n).
pub fn best_threshold(probabilities: &[f32], gold: &[bool]) -> f32 {
    let n_positive = gold.iter().filter(|g| **g).count();
    if n_positive < MIN_POSITIVES {
        return DEFAULT_THRESHOLD;
    }
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]));
    let mut hits = 0usize;
    let mut best = (f64::NEG_INFINITY, f32::INFINITY, DEFAULT_THRESHOLD);
    for (taken, i) in order.iter().enumerate() {
        hits += usize::from(gold[*i]);
        let here = probabilities[*i];
        let next = order.get(taken + 1).map_or(0.0, |j| probabilities[*j]);
        if next == here {
            continue;
        }
        let f1 = 2.0 * hits as f64 / (taken + 1 + n_positive) as f64;
        let threshold = 0.5 * (here + next);
        let distance = (threshold - DEFAULT_THRESHOLD).abs();
        if f1 > best.0 || (f1 == best.0 && distance < best.1) {
            best = (f1, distance, threshold);
        }
    }
    best.2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn f1(probabilities: &[f32], gold: &[bool], threshold: f32) -> f64 {
        let given: Vec<bool> = probabilities.iter().map(|p| *p >= threshold).collect();
        let hits = given.iter().zip(gold).filter(|(a, b)| **a && **b).count();
        let total = given.iter().filter(|g| **g).count() + gold.iter().filter(|g| **g).count();
        if total == 0 {
            0.0
        } else {
            2.0 * hits as f64 / total as f64
        }
    }

    #[test]
    fn few_positives_keep_the_default() {
        assert_eq!(
            best_threshold(&[0.9, 0.1], &[true, false]),
            DEFAULT_THRESHOLD
        );
    }

    proptest! {
        #[test]
        fn no_other_threshold_is_better(rows in prop::collection::vec((0.0f32..1.0, any::<bool>()), 5..60)) {
            let (probabilities, gold): (Vec<f32>, Vec<bool>) = rows.into_iter().unzip();
            prop_assume!(gold.iter().filter(|g| **g).count() >= MIN_POSITIVES);
            let best = f1(&probabilities, &gold, best_threshold(&probabilities, &gold));
            for p in &probabilities {
                prop_assert!(f1(&probabilities, &gold, *p) <= best + 1e-12);
            }
        }
    }
}
