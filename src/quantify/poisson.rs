//! How often each draw of the bootstrap takes an article.
//!
//! In place of drawing n of n articles, each draw takes each article Poisson(1) times, which needs no n: so articles
//! can come as a stream (Hanley and MacGibbon 2006; Chamandy, Muralidharan, Najmi and Naidu, Google 2012). The numbers
//! come from a hash of the article, so its order, the loads and the threads do not matter, and rows of one article
//! are taken together wherever they stand.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

/// P(X <= k) of Poisson(1) for k = 0..=8, times 2^32; above, the chance is below 2^-19.
const CUMULATIVE: [u32; 9] = [
    1_580_030_169,
    3_160_060_337,
    3_950_075_422,
    4_213_413_783,
    4_279_248_374,
    4_292_415_292,
    4_294_609_778,
    4_294_923_276,
    4_294_962_463,
];

/// Fills `times` with a Poisson(1) number for each draw.
pub(super) fn times(article: u64, seed: u64, times: &mut [i64]) {
    let mut stream = Xoshiro256PlusPlus::seed_from_u64(article ^ seed.rotate_left(32));
    for pair in times.chunks_mut(2) {
        let bits = stream.next_u64();
        for (time, bits) in pair.iter_mut().zip([bits as u32, (bits >> 32) as u32]) {
            *time = CUMULATIVE.iter().map(|c| i64::from(bits >= *c)).sum();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_distribution() {
        let (mut term, mut sum) = ((-1f64).exp(), 0.0);
        for (k, cumulative) in CUMULATIVE.iter().enumerate() {
            sum += term;
            term /= (k + 1) as f64;
            let exact = sum * 2f64.powi(32);
            assert!((exact - f64::from(*cumulative)).abs() < 2.0, "{k}: {exact}");
        }
    }

    #[test]
    fn mean_and_variance_are_one_and_articles_differ() {
        let (mut a, mut b) = (vec![0; 200_000], vec![0; 200_000]);
        times(1, 0, &mut a);
        times(2, 0, &mut b);
        let mean = |v: &[i64]| v.iter().sum::<i64>() as f64 / v.len() as f64;
        let products: Vec<i64> = a.iter().zip(&b).map(|(a, b)| a * b).collect();
        let squares: Vec<i64> = a.iter().map(|a| a * a).collect();
        assert!((mean(&a) - 1.0).abs() < 0.01);
        assert!((mean(&squares) - 2.0).abs() < 0.03);
        assert!(
            (mean(&products) - 1.0).abs() < 0.015,
            "they are independent"
        );
    }
}
