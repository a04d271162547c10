//! Agreement of two annotators beyond chance.

use std::collections::BTreeMap;

/// Cohen's kappa of two ratings of the same items, nominal and unweighted.
///
/// κ = (p_o - p_e) / (1 - p_e), with p_o the share of items rated alike and
/// p_e = Σ_k a_k b_k / n², where a_k and b_k are how often each rater gave k
/// (Cohen 1960). It is 1 for equal ratings, 0 at chance level, and below 0 under it.
/// Where both raters give every item one and the same rating, and where there is no
/// item, it is 0/0: NaN, as in scikit-learn.
///
/// ```
/// use demarche::evaluate::cohen_kappa;
///
/// assert_eq!(cohen_kappa(&[0, 0, 1, 1], &[0, 0, 1, 0]), 0.5);
/// assert!(cohen_kappa(&[2, 2], &[2, 2]).is_nan());
/// ```
///
/// # Panics
///
/// If the two ratings differ in length.
pub fn cohen_kappa(a: &[u32], b: &[u32]) -> f64 {
    assert_eq!(a.len(), b.len(), "both raters rate every item");
    let mut given: BTreeMap<u32, (i128, i128)> = BTreeMap::new();
    let mut alike = 0;
    for (&a, &b) in a.iter().zip(b) {
        given.entry(a).or_default().0 += 1;
        given.entry(b).or_default().1 += 1;
        alike += i128::from(a == b);
    }
    // In whole numbers, times n², so that 0/0 is met exactly.
    let n = a.len() as i128;
    let chance: i128 = given.values().map(|(a, b)| a * b).sum();
    (n * alike - chance) as f64 / (n * n - chance) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ratings_agree_and_constant_unequal_ones_do_not() {
        assert_eq!(cohen_kappa(&[0, 1, 2, 1], &[0, 1, 2, 1]), 1.0);
        assert_eq!(cohen_kappa(&[0, 0], &[1, 1]), 0.0);
        assert_eq!(cohen_kappa(&[0, 1], &[1, 0]), -1.0);
        assert!(cohen_kappa(&[], &[]).is_nan());
    }
}
