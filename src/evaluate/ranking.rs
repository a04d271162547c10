//! What the order of the scores says: average precision, and risk against coverage.
//!
//! Owns [`Ranking`]: samples sorted once by score, and walked once a draw of the bootstrap with the
//! multiplicities of their articles.

/// The coverages at which risk is given: 5 %, 10 %, …, 100 %.
pub const N_COVERAGES: usize = 20;

/// Samples from the highest score to the lowest.
#[derive(Debug)]
pub(super) struct Ranking {
    samples: Vec<Ranked>,
}

/// A sample of a ranking.
#[derive(Debug, Clone, Copy)]
struct Ranked {
    article: u32,
    /// What is counted: a gold label, or a mistake.
    hit: bool,
    /// Whether the next sample has a lower score; samples of one score are taken together.
    ends_tie: bool,
}

impl Ranking {
    /// Sorts samples by `scores`; `hits` and `article` say of each what is counted and whose it is.
    pub(super) fn new(
        scores: &[f32],
        hits: impl IntoIterator<Item = bool>,
        article: &[u32],
    ) -> Self {
        let hits: Vec<bool> = hits.into_iter().collect();
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
        let next = order.iter().skip(1).map(Some).chain([None]);
        let samples = order.iter().zip(next).map(|(&i, next)| Ranked {
            article: article[i],
            hit: hits[i],
            ends_tie: next.is_none_or(|&next| scores[next] != scores[i]),
        });
        Ranking {
            samples: samples.collect(),
        }
    }

    /// AP = Σ_n (R_n − R_{n−1}) P_n over the distinct scores from the highest, with P and R the precision
    /// and recall of what scores as high or higher; 0 where nothing is a hit. As scikit-learn's
    /// `average_precision_score`.
    pub(super) fn average_precision(&self, multiplicity: &[u32]) -> f64 {
        let (mut taken, mut hits, mut hits_before) = (0u64, 0u64, 0u64);
        let mut sum = 0.0;
        for sample in &self.samples {
            let times = u64::from(multiplicity[sample.article as usize]);
            taken += times;
            hits += times * u64::from(sample.hit);
            if sample.ends_tie && hits > hits_before {
                sum += (hits - hits_before) as f64 * hits as f64 / taken as f64;
                hits_before = hits;
            }
        }
        if hits == 0 { 0.0 } else { sum / hits as f64 }
    }

    /// The area under the risk–coverage curve, and the risk at each of [`N_COVERAGES`] coverages: the
    /// share of hits (mistakes) among the samples of the highest scores. The area is the mean, over
    /// samples, of the risk when all that score as high are answered (Geifman, Uziel and El-Yaniv,
    /// ICLR 2019). NaN without samples.
    pub(super) fn risks(&self, multiplicity: &[u32]) -> (f64, [f64; N_COVERAGES]) {
        let times = |sample: &Ranked| u64::from(multiplicity[sample.article as usize]);
        let total: u64 = self.samples.iter().map(times).sum();
        let (mut taken, mut hits, mut taken_before) = (0u64, 0u64, 0u64);
        let mut area = 0.0;
        let mut risks = [f64::NAN; N_COVERAGES];
        let mut next = 0;
        for sample in &self.samples {
            taken += times(sample);
            hits += times(sample) * u64::from(sample.hit);
            if !sample.ends_tie || taken == taken_before {
                continue;
            }
            let risk = hits as f64 / taken as f64;
            area += (taken - taken_before) as f64 * risk;
            taken_before = taken;
            // In whole numbers: coverage (next + 1)/N is reached.
            while next < N_COVERAGES && taken * N_COVERAGES as u64 >= (next as u64 + 1) * total {
                risks[next] = risk;
                next += 1;
            }
        }
        (area / total as f64, risks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn average_precision_is_that_of_the_documentation() {
        // scikit-learn's own example: y_true [0, 0, 1, 1], y_scores [0.1, 0.4, 0.35, 0.8] give 0.83.
        let ranking = Ranking::new(
            &[0.1, 0.4, 0.35, 0.8],
            [false, false, true, true],
            &[0, 1, 2, 3],
        );
        approx::assert_abs_diff_eq!(ranking.average_precision(&[1; 4]), 5.0 / 6.0);
        assert_eq!(ranking.average_precision(&[1, 1, 0, 0]), 0.0);
    }

    #[test]
    fn equal_scores_are_taken_together() {
        let ranking = Ranking::new(&[0.5; 4], [true, false, false, false], &[0, 0, 1, 1]);
        assert_eq!(ranking.average_precision(&[1, 1]), 0.25);
        let (area, risks) = ranking.risks(&[1, 1]);
        assert_eq!((area, risks), (0.25, [0.25; N_COVERAGES]));
    }

    #[test]
    fn risk_grows_where_the_least_sure_are_wrong() {
        let wrong = [false, false, false, true];
        let ranking = Ranking::new(&[0.9, 0.8, 0.7, 0.6], wrong, &[0, 1, 2, 3]);
        let (area, risks) = ranking.risks(&[1; 4]);
        assert_eq!(area, 0.25 / 4.0);
        assert_eq!(
            (risks[0], risks[14], risks[15], risks[19]),
            (0.0, 0.0, 0.25, 0.25)
        );
        // The mistake's article drawn twice, the surest one not at all.
        assert_eq!(ranking.risks(&[0, 1, 1, 2]).1[N_COVERAGES - 1], 0.5);
        assert!(ranking.risks(&[0; 4]).0.is_nan());
    }
}
