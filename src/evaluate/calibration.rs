//! Whether probabilities mean what they say.
//!
//! Owns the reliability bins, the Brier score and the expected calibration error. Of a multi task every
//! label is taken by itself; of a single one the probability of the label given, and for the Brier
//! score the probabilities of all labels.

use super::bootstrap::quantile;
use serde::Serialize;

/// Bins of equal mass.
pub const N_BINS: usize = 10;

/// A bin of the reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Probabilities in it.
    pub n: u64,
    /// Their mean.
    pub probability: f64,
    /// The share of them that came true.
    pub share: f64,
}

/// The inner edges of bins of equal mass: the deciles of the probabilities.
///
/// A probability is in the bin of the first edge that is not below it, as scikit-learn's
/// `calibration_curve(strategy="quantile")` has it, so equal probabilities are never parted.
#[derive(Debug, Clone)]
struct Edges([f64; N_BINS - 1]);

impl Edges {
    fn of(probabilities: impl Iterator<Item = f32>) -> Self {
        let mut sorted: Vec<f64> = probabilities.map(f64::from).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let edge = |i: usize| match sorted.is_empty() {
            true => 0.0,
            false => quantile(&sorted, (i + 1) as f64 / N_BINS as f64),
        };
        Edges(std::array::from_fn(edge))
    }

    fn bin(&self, probability: f32) -> usize {
        self.0
            .partition_point(|edge| *edge < f64::from(probability))
    }
}

/// The reliability bins of probabilities and whether each came true; bins without any are left out.
pub fn reliability_bins(probabilities: &[f32], came_true: &[bool]) -> Vec<Bin> {
    let edges = Edges::of(probabilities.iter().copied());
    let mut sums = [BinSums::default(); N_BINS];
    for (p, hit) in probabilities.iter().zip(came_true) {
        sums[edges.bin(*p)].add(*p, *hit);
    }
    let filled = sums.iter().filter(|sums| sums.n > 0.0);
    let bin = |sums: &BinSums| Bin {
        n: sums.n as u64,
        probability: sums.probability / sums.n,
        share: sums.hits / sums.n,
    };
    filled.map(bin).collect()
}

/// The sums of a bin.
#[derive(Debug, Clone, Copy, Default)]
struct BinSums {
    n: f64,
    probability: f64,
    hits: f64,
}

impl BinSums {
    fn add(&mut self, probability: f32, hit: bool) {
        self.n += 1.0;
        self.probability += f64::from(probability);
        self.hits += f64::from(u8::from(hit));
    }
}

/// A probability that comes true or not: whose article, which lane, how large, and whether.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    pub(super) article: u32,
    pub(super) lane: u32,
    pub(super) probability: f32,
    pub(super) hit: bool,
}

/// Expected calibration error a lane, summed by article.
///
/// ECE = Σ_b n_b/n |share_b − probability_b| over bins of equal mass (Naeini, Cooper and Hauskrecht,
/// AAAI 2015; Nixon et al., CVPR workshops 2019, for equal mass). A draw of the bootstrap keeps the bins
/// of the whole. Noise only ever adds to an absolute difference, so the draws lie above the value.
#[derive(Debug)]
pub(super) struct BinnedSums {
    n_lanes: usize,
    /// Of each article that has any: bin over all lanes, and its sums there.
    entries: Vec<(u32, u32, BinSums)>,
}

impl BinnedSums {
    pub(super) fn new(n_lanes: usize, claims: &[Claim]) -> Self {
        let of_lane = |lane: u32| claims.iter().filter(move |c| c.lane == lane);
        let edges: Vec<Edges> = (0..n_lanes as u32)
            .map(|lane| Edges::of(of_lane(lane).map(|c| c.probability)))
            .collect();
        let bin =
            |c: &Claim| c.lane * N_BINS as u32 + edges[c.lane as usize].bin(c.probability) as u32;
        let mut binned: Vec<(u32, u32, &Claim)> =
            claims.iter().map(|c| (c.article, bin(c), c)).collect();
        // Stable, so that sums are in the order of the samples.
        binned.sort_by_key(|(article, bin, _)| (*article, *bin));
        let entries = binned
            .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
            .map(|same| {
                let mut sums = BinSums::default();
                for (_, _, claim) in same {
                    sums.add(claim.probability, claim.hit);
                }
                (same[0].0, same[0].1, sums)
            });
        BinnedSums {
            n_lanes,
            entries: entries.collect(),
        }
    }

    /// The error of each lane; NaN without samples.
    pub(super) fn errors(&self, multiplicity: &[u32]) -> Vec<f64> {
        let mut bins = vec![BinSums::default(); self.n_lanes * N_BINS];
        for (article, bin, sums) in &self.entries {
            let times = f64::from(multiplicity[*article as usize]);
            let bin = &mut bins[*bin as usize];
            bin.n += times * sums.n;
            bin.probability += times * sums.probability;
            bin.hits += times * sums.hits;
        }
        bins.chunks_exact(N_BINS)
            .map(|bins| {
                let n: f64 = bins.iter().map(|bin| bin.n).sum();
                let gaps = bins.iter().map(|bin| (bin.hits - bin.probability).abs());
                gaps.sum::<f64>() / n
            })
            .collect()
    }
}

/// Squared errors of probabilities, a lane each, summed by article.
///
/// The Brier score of a lane is the mean of (p − y)², y 1 or 0 (Brier 1950).
#[derive(Debug)]
pub(super) struct SquaredErrors {
    n_lanes: usize,
    /// `[n_articles, n_lanes]`.
    sums: Vec<f64>,
    n_samples: Vec<u32>,
}

impl SquaredErrors {
    pub(super) fn new(n_articles: usize, n_lanes: usize) -> Self {
        SquaredErrors {
            n_lanes,
            sums: vec![0.0; n_articles * n_lanes],
            n_samples: vec![0; n_articles],
        }
    }

    /// Adds a sample: its probabilities, and whether each label is gold.
    pub(super) fn add(&mut self, article: u32, claims: impl Iterator<Item = (f32, bool)>) {
        let start = article as usize * self.n_lanes;
        for (sum, (p, gold)) in self.sums[start..].iter_mut().zip(claims) {
            let error = f64::from(p) - f64::from(u8::from(gold));
            *sum += error * error;
        }
        self.n_samples[article as usize] += 1;
    }

    /// The mean of each lane; NaN without samples.
    pub(super) fn means(&self, multiplicity: &[u32]) -> Vec<f64> {
        let mut means = vec![0.0; self.n_lanes];
        let mut n = 0;
        for (article, &times) in multiplicity.iter().enumerate().filter(|(_, t)| **t > 0) {
            n += u64::from(times) * u64::from(self.n_samples[article]);
            let start = article * self.n_lanes;
            for (mean, sum) in means.iter_mut().zip(&self.sums[start..]) {
                *mean += f64::from(times) * sum;
            }
        }
        for mean in &mut means {
            *mean /= n as f64;
        }
        means
    }
}
