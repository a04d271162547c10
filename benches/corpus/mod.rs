//! Made sets of sparse rows, the same on any machine.
//!
//! Owns three shapes of set that a linear text classifier meets, 6,000 rows × 20,000 terms each, as TF-IDF rows of
//! norm 1 with a lane of labels:
//!
//! | shape | terms a row | positive rows | made hard by |
//! |---|---|---|---|
//! | `topics` | 40–120 | one in four | topics that share most of their words |
//! | `rare` | 20–300, some dozens of times | one in seventy | a few positives and heavy tails |
//! | `short` | 4–12 | one in two | next to no row that is wrongly labelled: C decides |
//!
//! Terms are drawn by Zipf's law. Mathematics is `libm`'s.

use demarche::features::SparseRecords;
use ndarray::Array2;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use std::collections::BTreeMap;

/// Rows of a set.
pub const N_ROWS: usize = 6_000;
/// Terms of a set.
pub const N_TERMS: usize = 20_000;
/// The names of the shapes.
pub const SHAPES: [&str; 3] = ["topics", "rare", "short"];

/// Rows and their labels.
pub struct Set {
    /// `[N_ROWS, N_TERMS]`.
    pub x: SparseRecords,
    /// `[N_ROWS, 1]`.
    pub y: Array2<bool>,
}

/// The set of this shape.
///
/// # Panics
/// When there is no such shape.
pub fn set(shape: &str) -> Set {
    let shape = match shape {
        "topics" => Shape {
            seed: 1,
            lengths: (40, 120),
            positive: 0.25,
            topical: 0.08,
            wrong: 0.03,
            is_bursty: false,
        },
        "rare" => Shape {
            seed: 2,
            lengths: (20, 300),
            positive: 1.0 / 70.0,
            topical: 0.15,
            wrong: 0.002,
            is_bursty: true,
        },
        "short" => Shape {
            seed: 3,
            lengths: (4, 12),
            positive: 0.5,
            topical: 0.5,
            wrong: 0.001,
            is_bursty: false,
        },
        other => panic!("there is no shape {other}"),
    };
    shape.set()
}

struct Shape {
    seed: u64,
    /// Fewest and most words of a row.
    lengths: (usize, usize),
    /// The share of positive rows.
    positive: f64,
    /// The share of a row's words that are drawn from the words of its side.
    topical: f64,
    /// The share of rows whose label is turned round.
    wrong: f64,
    /// Whether a word may stand many times in a row.
    is_bursty: bool,
}

/// Every so many terms is one that the positive side prefers.
const TOPICAL_STRIDE: usize = 40;

impl Shape {
    fn set(&self) -> Set {
        let mut rng = Rng(Xoshiro256PlusPlus::seed_from_u64(self.seed));
        let mut labels = Vec::with_capacity(N_ROWS);
        let mut rows = Vec::with_capacity(N_ROWS);
        for _ in 0..N_ROWS {
            let side = rng.uniform() < self.positive;
            rows.push(self.row(side, &mut rng));
            labels.push(side != (rng.uniform() < self.wrong));
        }
        Set {
            x: tfidf(&rows),
            y: Array2::from_shape_vec((N_ROWS, 1), labels).expect("a label a row"),
        }
    }

    /// The counts of a row's terms.
    fn row(&self, side: bool, rng: &mut Rng) -> BTreeMap<u32, u32> {
        let (low, high) = self.lengths;
        let n_words = low + (rng.uniform() * (high - low) as f64) as usize;
        let mut counts = BTreeMap::new();
        for _ in 0..n_words {
            let rank = rng.zipf(N_TERMS);
            let is_topical = rng.uniform() < self.topical;
            // The words of a side: of each stride one term, a different one for either side.
            let term = match (is_topical, side) {
                (true, true) => rank - rank % TOPICAL_STRIDE,
                (true, false) => rank - rank % TOPICAL_STRIDE + 1,
                (false, _) => rank,
            };
            // A Pareto tail of exponent 1, up to 60 times.
            let times = match self.is_bursty {
                true => (1.0 / (1.0 - rng.uniform())).min(60.0) as u32,
                false => 1,
            };
            *counts.entry(term as u32).or_insert(0) += times;
        }
        counts
    }
}

struct Rng(Xoshiro256PlusPlus);

impl Rng {
    /// In 0..1.
    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A rank in 0..n, with about the law 1/(rank + 3): ranks are even in their logarithm.
    fn zipf(&mut self, n: usize) -> usize {
        let span = libm::log((n as f64 + 3.0) / 3.0);
        let rank = 3.0 * libm::exp(self.uniform() * span) - 3.0;
        (rank as usize).min(n - 1)
    }
}

/// (1 + ln tf) · (ln((1 + n) / (1 + df)) + 1), rows of norm 1.
fn tfidf(rows: &[BTreeMap<u32, u32>]) -> SparseRecords {
    let mut df = vec![0u32; N_TERMS];
    for term in rows.iter().flat_map(BTreeMap::keys) {
        df[*term as usize] += 1;
    }
    let n = rows.len() as f64;
    let weigh = |(term, count): (&u32, &u32)| {
        let idf = libm::log((1.0 + n) / (1.0 + f64::from(df[*term as usize]))) + 1.0;
        (*term, (1.0 + libm::log(f64::from(*count))) * idf)
    };
    let mut x = SparseRecords::new(N_TERMS);
    for row in rows {
        let row: Vec<(u32, f64)> = row.iter().map(weigh).collect();
        let norm = row.iter().map(|(_, v)| v * v).sum::<f64>().sqrt();
        x.push_row(row.iter().map(|(term, v)| (*term, (v / norm) as f32)));
    }
    x
}
