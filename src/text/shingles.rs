//! Runs of words, by which copies of a text are told.
//!
//! Owns [`word_hashes`], [`shingles`] and the [`Sketch`] of a set of them: one-permutation MinHash (Li, Owen and
//! Zhang, NIPS 2012). Each shingle falls into one of [`BINS`] bins and the least of a bin is kept; a bin that stays
//! empty takes that of another, chosen by a hash (Shrivastava, ICML 2017). Eight bits of each are kept. Two sets of
//! Jaccard similarity `J` agree in a bin with probability `J + (1 − J) / 256`, so from 128 bins `J` is known to
//! about ± .04.

use std::array;
use xxhash_rust::xxh3::xxh3_64;

/// Words of a run.
pub const SHINGLE: usize = 3;

/// Bins of a sketch, a byte each.
pub const BINS: usize = 128;

/// Bins of a band: texts that agree in all bins of a band are worth comparing.
const BAND: usize = 4;

/// Bands of a sketch.
pub const BANDS: usize = BINS / BAND;

/// The hashes of a text's words, in order: what is neither letter nor digit parts them, and capitals are small.
pub fn word_hashes(text: &str) -> Vec<u64> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(|word| xxh3_64(word.as_bytes())).collect()
}

/// The hashes of the runs of [`SHINGLE`] words, in order.
pub fn shingles(words: &[u64]) -> impl Iterator<Item = u64> {
    let run = |run: &[u64]| run.iter().fold(0, |hash, word| mixed(hash ^ word));
    words.windows(SHINGLE).map(run)
}

/// A bijection that spreads each bit over all (the last step of SplitMix64; Steele, Lea and Flood, OOPSLA 2014).
fn mixed(hash: u64) -> u64 {
    let hash = hash.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}

/// The least shingle of each bin, as long as more may come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minima([u32; BINS]);

/// A bin without a shingle.
const EMPTY: u32 = u32::MAX;

impl Default for Minima {
    fn default() -> Self {
        Minima([EMPTY; BINS])
    }
}

impl Minima {
    /// Takes a shingle in.
    pub fn add(&mut self, shingle: u64) {
        let bin = &mut self.0[(shingle >> 57) as usize];
        *bin = (*bin).min(shingle as u32);
    }

    /// Takes in all that another has.
    pub fn merge(&mut self, other: &Minima) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = (*mine).min(theirs);
        }
    }

    /// The sketch of what was taken in; none of nothing.
    pub fn sketch(&self) -> Option<Sketch> {
        if self.0.iter().all(|bin| *bin == EMPTY) {
            return None;
        }
        let lender = |bin: usize| {
            let tries = (0u64..).map(|n| mixed((n << 8) | bin as u64) as usize % BINS);
            let mut lent = tries.map(|other| self.0[other]).filter(|b| *b != EMPTY);
            lent.next().expect("a bin that is not empty is met in time")
        };
        let filled = |bin: usize| match self.0[bin] {
            EMPTY => lender(bin),
            least => least,
        };
        Some(Sketch(array::from_fn(|bin| filled(bin) as u8)))
    }
}

/// What a set of shingles is compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sketch([u8; BINS]);

impl Sketch {
    /// The estimated Jaccard similarity of two sets, in 0..=1.
    pub fn similarity(&self, other: &Sketch) -> f64 {
        let pairs = self.0.iter().zip(&other.0);
        let equal: u32 = pairs.map(|(a, b)| u32::from(a == b)).sum();
        let by_chance = 1.0 / 256.0;
        let share = f64::from(equal) / BINS as f64;
        ((share - by_chance) / (1.0 - by_chance)).max(0.0)
    }

    /// The bins of a band as one number. Of two sets of similarity `J` about `1 − (1 − J⁴)³²` share one of the
    /// [`BANDS`].
    pub fn band(&self, band: usize) -> u32 {
        let bins = &self.0[band * BAND..][..BAND];
        u32::from_le_bytes(array::from_fn(|i| bins[i]))
    }
}

/// Things that are joined pair by pair to groups, each named by its least member (Tarjan 1975, with path halving).
#[derive(Debug, Clone)]
pub struct Joined(Vec<u32>);

impl Joined {
    /// `n` things, each alone.
    pub fn new(n: usize) -> Self {
        Joined((0..n as u32).collect())
    }

    /// The least of the group.
    pub fn first(&mut self, mut i: u32) -> u32 {
        while self.0[i as usize] != i {
            let above = self.0[self.0[i as usize] as usize];
            self.0[i as usize] = above;
            i = above;
        }
        i
    }

    /// Joins the groups of two.
    pub fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.first(a), self.first(b));
        self.0[a.max(b) as usize] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minima(shingles: impl IntoIterator<Item = u64>) -> Minima {
        let mut minima = Minima::default();
        shingles.into_iter().for_each(|s| minima.add(mixed(s)));
        minima
    }

    #[test]
    fn words_are_known_whatever_stands_around_them() {
        let words = word_hashes("“Tariffs,” he said — AGAIN.");
        assert_eq!(words, word_hashes("tariffs he said again"));
        assert_eq!(shingles(&words).count(), 2);
        assert_eq!(shingles(&words[..2]).count(), 0);
        assert!(word_hashes("* * *").is_empty());
    }

    #[test]
    fn a_sketch_knows_the_similarity_of_sets() {
        for shared in [0u64, 200, 500, 800, 1000] {
            let (a, b) = (minima(0..1000), minima(1000 - shared..2000 - shared));
            let (a, b) = (a.sketch().unwrap(), b.sketch().unwrap());
            let exact = shared as f64 / (2000 - shared) as f64;
            let estimate = a.similarity(&b);
            assert!((estimate - exact).abs() < 0.1, "{estimate} {exact}");
        }
        assert_eq!(Minima::default().sketch(), None);
    }

    #[test]
    fn sets_of_few_shingles_fill_their_bins_alike() {
        let whole = minima(0..10).sketch().unwrap();
        let mut parts = minima(0..4);
        parts.merge(&minima(2..10));
        assert_eq!(parts.sketch().unwrap(), whole);
        assert_eq!(whole.similarity(&whole), 1.0);
        let other = minima(100..110).sketch().unwrap();
        assert!(whole.similarity(&other) < 0.2);
        let bands = (0..BANDS).filter(|band| whole.band(*band) == other.band(*band));
        assert_eq!(bands.count(), 0);
    }
}
