//! Change points of a series of periods.
//!
//! At each border between two periods the figure after it is held against the figure before, by z = difference / its
//! standard deviation over the draws. The largest |z| is judged by the largest of |z*| = |(draw − difference) / standard
//! deviation| over the same borders, draw by draw (a maximum test, Romano and Wolf 2005): so borders that were looked
//! at count, and articles are the units. Where the chance is at most [`LEVEL`], the series is parted there and each part
//! searched again (binary segmentation, Vostrikova 1981). The interval of the date holds 95 % of the borders at which the
//! largest |draw / standard deviation| stands.

use super::estimate::{Estimate, Sample, rounded};
use serde::Serialize;

/// The chance at which a change is claimed where there is none.
pub const LEVEL: f64 = 0.01;

/// Articles on each side of a border below which nothing is claimed.
pub const FEWEST_BESIDE: u64 = 20;

/// Changes that are looked for in one series.
const MOST_CHANGES: usize = 8;

/// One period of a series: sums in the data and in every draw.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Articles.
    pub articles: u64,
    /// Sum of the measure, and paragraphs that it is of, in the data.
    pub sums: (f64, f64),
    /// The same in every draw.
    pub drawn: Vec<(f64, f64)>,
}

/// A border, by index of the period after it.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangePoint {
    /// The first period after the change.
    pub at: usize,
    /// The first and last such period of the interval.
    pub between: (usize, usize),
    /// The periods before and after that are held against each other.
    pub part: (usize, usize),
    /// The chance of as large a z where nothing changes.
    pub p: f64,
}

/// A change of a series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The first period after the change.
    pub at: String,
    /// The first of the interval's periods.
    pub from: String,
    /// The last of them.
    pub to: String,
    /// From here up to `at` is "before".
    pub since: String,
    /// From `at` up to here is "after".
    pub until: String,
    /// The chance of as large a difference where nothing changes.
    pub p: f64,
    /// The counted figure after less that before.
    pub counted: Estimate,
    /// The corrected figure after less that before.
    pub corrected: Option<Estimate>,
}

/// The change points of a series, in order.
pub fn changes(series: &[Segment]) -> Vec<ChangePoint> {
    let mut found: Vec<ChangePoint> = Vec::new();
    let mut parts = vec![(0, series.len())];
    while let Some(part) = parts.pop() {
        if found.len() == MOST_CHANGES {
            break;
        }
        if let Some(change) = change(series, part) {
            parts.extend([(part.0, change.at), (change.at, part.1)]);
            found.push(change);
        }
    }
    found.sort_by_key(|change| change.at);
    // Each is held against what lies up to the next.
    let borders: Vec<usize> = found.iter().map(|change| change.at).collect();
    for (i, change) in found.iter_mut().enumerate() {
        let before = if i == 0 { 0 } else { borders[i - 1] };
        change.part = (before, borders.get(i + 1).copied().unwrap_or(series.len()));
    }
    found
}

/// The largest change of a part of the series, where it is one.
fn change(series: &[Segment], part: (usize, usize)) -> Option<ChangePoint> {
    let draws = series.first()?.drawn.len();
    let total: u64 = series[part.0..part.1].iter().map(|s| s.articles).sum();
    let mut after: Vec<(f64, f64)> = vec![(0.0, 0.0); draws + 1];
    for segment in &series[part.0..part.1] {
        add(&mut after, segment, 1.0);
    }
    let mut before = vec![(0.0, 0.0); draws + 1];
    let mut articles = 0;
    let mut largest_chance = vec![0.0f64; draws];
    let mut largest = vec![(0.0f64, part.0); draws];
    let mut best: Option<(f64, usize)> = None;
    for border in part.0 + 1..part.1 {
        let passed = &series[border - 1];
        add(&mut before, passed, 1.0);
        add(&mut after, passed, -1.0);
        articles += passed.articles;
        if articles < FEWEST_BESIDE || total - articles < FEWEST_BESIDE {
            continue;
        }
        let difference = |b: usize| after[b].0 / after[b].1 - before[b].0 / before[b].1;
        let drawn: Vec<f64> = (1..=draws).map(difference).collect();
        let (observed, deviation) = (difference(0), deviation(&drawn));
        if !(observed.is_finite() && deviation > 1e-12) {
            continue;
        }
        let z = (observed / deviation).abs();
        if best.is_none_or(|(most, _)| z > most) {
            best = Some((z, border));
        }
        for (b, drawn) in drawn.iter().enumerate().filter(|(_, d)| d.is_finite()) {
            largest_chance[b] = largest_chance[b].max(((drawn - observed) / deviation).abs());
            let z = (drawn / deviation).abs();
            if z > largest[b].0 {
                largest[b] = (z, border);
            }
        }
    }
    let (z, at) = best?;
    let as_large = largest_chance.iter().filter(|chance| **chance >= z).count();
    let p = (as_large + 1) as f64 / (draws + 1) as f64;
    let mut borders: Vec<usize> = largest
        .iter()
        .filter(|(z, _)| *z > 0.0)
        .map(|(_, b)| *b)
        .collect();
    borders.sort_unstable();
    let quantile = |q: f64| borders[((borders.len() - 1) as f64 * q).round() as usize];
    (p <= LEVEL).then(|| ChangePoint {
        at,
        between: (quantile(0.025).min(at), quantile(0.975).max(at)),
        part,
        p: rounded(p),
    })
}

fn add(sums: &mut [(f64, f64)], segment: &Segment, sign: f64) {
    let all = std::iter::once(&segment.sums).chain(&segment.drawn);
    for (sum, (value, n)) in sums.iter_mut().zip(all) {
        sum.0 += sign * value;
        sum.1 += sign * n;
    }
}

/// The standard deviation of what is finite.
fn deviation(values: &[f64]) -> f64 {
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let n = finite().count() as f64;
    let mean = finite().sum::<f64>() / n;
    libm::sqrt(finite().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0))
}

/// The sizes of a change: what is after less what is before.
pub(super) fn size(before: &Sample, after: &Sample, articles: u64) -> Estimate {
    after.minus(before).estimate(articles)
}

#[cfg(test)]
mod tests {
    use super::super::poisson;
    use super::*;
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{RngCore, SeedableRng};

    /// Twenty-four periods of 15 articles of 4 paragraphs; the share moves from `a` to `b` at period 12.
    fn series(seed: u64, a: f64, b: f64) -> Vec<Segment> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut uniform = || (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let draws = 400;
        let mut times = vec![0; draws];
        let period = |t: usize| {
            let mut segment = Segment {
                articles: 15,
                sums: (0.0, 0.0),
                drawn: vec![(0.0, 0.0); draws],
            };
            for i in 0..15 {
                let share = if t < 12 { a } else { b };
                // Paragraphs of one article are alike: half of them repeat its first.
                let first = uniform() < share;
                let mut sum = 0.0;
                for _ in 0..4 {
                    let has = if uniform() < 0.5 {
                        first
                    } else {
                        uniform() < share
                    };
                    sum += f64::from(u8::from(has));
                }
                poisson::times(seed * 10_000 + (t * 100 + i) as u64, 0, &mut times);
                segment.sums.0 += sum;
                segment.sums.1 += 4.0;
                for (drawn, times) in segment.drawn.iter_mut().zip(&times) {
                    drawn.0 += *times as f64 * sum;
                    drawn.1 += *times as f64 * 4.0;
                }
            }
            segment
        };
        (0..24).map(period).collect()
    }

    #[test]
    fn a_change_is_found_where_it_is_and_its_interval_holds_it() {
        let (mut found, mut held, mut near) = (0, 0, 0);
        for seed in 0..60 {
            let changes = changes(&series(seed, 0.3, 0.55));
            if let Some(change) = changes.iter().min_by_key(|c| c.at.abs_diff(12)) {
                found += 1;
                held += usize::from(change.between.0 <= 12 && 12 <= change.between.1);
                near += usize::from(change.at.abs_diff(12) <= 2);
            }
        }
        assert!(found >= 57, "{found} of 60 are found");
        assert!(near * 10 >= found * 9, "{near} of {found} are near");
        assert!(held * 100 >= found * 90, "{held} of {found} are held");
    }

    #[test]
    fn without_a_change_one_is_seldom_claimed() {
        let claimed = (0..200).filter(|seed| !changes(&series(1000 + seed, 0.3, 0.3)).is_empty());
        let claimed = claimed.count();
        // One in a hundred is meant; 8 of 200 would come once in a thousand.
        assert!(claimed <= 8, "{claimed} of 200");
    }

    #[test]
    fn few_articles_claim_nothing() {
        let mut few = series(1, 0.0, 1.0);
        few.iter_mut().for_each(|segment| segment.articles = 1);
        assert_eq!(changes(&few), []);
    }
}
