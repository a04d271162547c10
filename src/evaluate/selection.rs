//! How often answers are wrong, by how sure they are.
//!
//! Owns the bounds behind [`Cuts`]. The error at a step is bounded from above by Clopper and Pearson's
//! interval on the effective number of rows: the rows answered divided by the design effect, which
//! counts that rows of one article are alike (Kish 1965; Korn and Graubard, Survey Methodology 24, 1998).
//! `libm` alone, so that a model has the same bytes everywhere.

use super::statistics::compact;
use crate::model::{CutStep, Cuts, LearnedOn, N_STARTS};

/// The probability with which the bounds of a task hold.
pub const LEVEL: f64 = 0.9;

/// Steps from the surest rows to all of them.
const N_STEPS: usize = 40;

/// Mistakes below which the design effect at a step is not told from chance, and that of all rows is taken.
const FEW_MISTAKES: f64 = 10.0;

/// An answer to a row: whose article, how sure, and whether it was wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answered {
    /// The article; any numbering will do.
    pub article: u32,
    /// As [`confidence`](super::confidence).
    pub confidence: f32,
    /// Whether the answer is not the gold label, or of a multi task the gold set.
    pub wrong: bool,
}

/// The cuts that answers to rows called `name` teach.
pub fn learn_cuts(answers: &[Answered], name: &str) -> Cuts {
    let article: Vec<u32> = answers.iter().map(|a| a.article).collect();
    let (article, n_articles) = compact(&article);
    let mut order: Vec<usize> = (0..answers.len()).collect();
    order.sort_by(|a, b| answers[*b].confidence.total_cmp(&answers[*a].confidence));
    let mut of_article = vec![(0.0, 0.0); n_articles];
    for (i, answer) in answers.iter().enumerate() {
        add(&mut of_article[article[i] as usize], answer);
    }
    let overall = design_effect(&of_article);
    of_article.fill((0.0, 0.0));
    let miss = (1.0 - LEVEL) / f64::from(N_STARTS);
    let mut steps: Vec<CutStep> = Vec::new();
    let mut wrong = 0;
    for (taken, &i) in order.iter().enumerate() {
        add(&mut of_article[article[i] as usize], &answers[i]);
        wrong += u64::from(answers[i].wrong);
        let answered = taken + 1;
        let ends_tie = (order.get(answered))
            .is_none_or(|next| answers[*next].confidence < answers[i].confidence);
        let due = (steps.len() + 1) * answers.len();
        if !ends_tie || (answered * N_STEPS < due && answered < answers.len()) {
            continue;
        }
        let own = match wrong as f64 >= FEW_MISTAKES {
            true => design_effect(&of_article),
            false => overall,
        };
        let n = answered as f64 / own.max(1.0);
        let bound = |mistakes: f64| upper_bound(mistakes, n, miss) as f32;
        steps.push(CutStep {
            confidence: answers[i].confidence.clamp(0.0, 1.0),
            answered: answered as u64,
            wrong,
            bound: bound(wrong as f64 / own.max(1.0)),
            floor: bound(0.0),
        });
    }
    Cuts {
        learned_on: LearnedOn {
            name: name.to_owned(),
            n_rows: answers.len() as u64,
            n_articles: n_articles as u64,
        },
        level: LEVEL,
        steps,
    }
}

fn add((answered, wrong): &mut (f64, f64), answer: &Answered) {
    *answered += 1.0;
    *wrong += f64::from(u8::from(answer.wrong));
}

/// The variance of the share of mistakes over articles of (rows, mistakes), by the variance that as many
/// independent rows would give it; 1 where it is not known.
pub fn design_effect(of_article: &[(f64, f64)]) -> f64 {
    let held = of_article.iter().filter(|(n, _)| *n > 0.0);
    let (mut k, mut n, mut wrong) = (0.0, 0.0, 0.0);
    for (rows, mistakes) in held.clone() {
        k += 1.0;
        n += rows;
        wrong += mistakes;
    }
    let share = wrong / n;
    if k < 2.0 || share <= 0.0 || share >= 1.0 {
        return 1.0;
    }
    let squares: f64 = held.map(|(n, w)| (w - share * n) * (w - share * n)).sum();
    squares * k / (k - 1.0) / (n * share * (1.0 - share))
}

/// The largest share of mistakes at which `wrong` of `n` or fewer have the probability `miss`: the p with
/// I_p(wrong + 1, n − wrong) = 1 − miss (Clopper and Pearson 1934).
pub fn upper_bound(wrong: f64, n: f64, miss: f64) -> f64 {
    if n - wrong <= 0.0 {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    // Halving 50 times is finer than the f32 that is kept.
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        match incomplete_beta(wrong + 1.0, n - wrong, middle) < 1.0 - miss {
            true => low = middle,
            false => high = middle,
        }
    }
    high
}

/// The regularized incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22), evaluated
/// by Lentz's method.
pub(super) fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return f64::from(u8::from(x >= 1.0));
    }
    // The fraction converges fast below the mean, and above it for the other tail.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    const TINY: f64 = 1e-300;
    let keep = |v: f64| if v.abs() < TINY { TINY } else { v };
    let (mut c, mut d) = (1.0, 1.0 / keep(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = fraction;
        for term in [even, odd] {
            d = 1.0 / keep(1.0 + term * d);
            c = keep(1.0 + term / c);
            fraction *= c * d;
        }
        if (fraction - before).abs() < 1e-14 * fraction.abs() {
            break;
        }
    }
    let ln_front = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
        + a * libm::log(x)
        + b * libm::log1p(-x);
    libm::exp(ln_front) * fraction / a
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{RngCore, SeedableRng};

    #[test]
    fn the_bound_is_scipys() {
        // scipy.stats.beta.ppf(1 - miss, wrong + 1, n - wrong)
        for (wrong, n, miss, expected) in [
            (0.0, 45.0, 0.1, 0.049_881_493),
            (3.0, 100.0, 0.025, 0.085_176_053),
            (12.5, 80.25, 0.05, 0.238_093_473),
            (400.0, 900.0, 0.1, 0.466_301_320),
        ] {
            approx::assert_abs_diff_eq!(upper_bound(wrong, n, miss), expected, epsilon = 1e-8);
        }
        assert_eq!(upper_bound(5.0, 5.0, 0.1), 1.0);
    }

    fn uniform(rng: &mut Xoshiro256PlusPlus) -> f64 {
        (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Rows of articles of 1 to 8 paragraphs, each article harder or easier as a whole; an answer of
    /// confidence c is wrong with a probability around 0.6 (1 − c).
    fn rows(seed: u64, n_articles: u32) -> Vec<Answered> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut rows = Vec::new();
        for article in 0..n_articles {
            let hardness = 2.0 * uniform(&mut rng);
            for _ in 0..1 + (uniform(&mut rng) * 8.0) as u32 {
                let confidence = uniform(&mut rng) as f32;
                let wrong = uniform(&mut rng) < 0.6 * f64::from(1.0 - confidence) * hardness;
                rows.push(Answered {
                    article,
                    confidence,
                    wrong,
                });
            }
        }
        rows
    }

    #[test]
    fn the_error_of_new_rows_passes_the_bound_as_seldom_as_it_says() {
        let (mut passed, mut cut_at_all, mut coverage) = (0, 0, 0.0);
        for seed in 0..400 {
            let cuts = learn_cuts(&rows(seed, 300), "simulated");
            let Some(cut) = cuts.for_error(0.15) else {
                continue;
            };
            // The error of answers at least so sure is 0.6 times the mean of 1 − c over c ≥ cut.
            let error = 0.6 * (1.0 - f64::from(cut)) / 2.0;
            cut_at_all += 1;
            passed += u32::from(error > 0.15);
            coverage += f64::from(1.0 - cut);
        }
        assert!(cut_at_all > 350, "{cut_at_all}");
        assert!(passed <= 60, "{passed} of 400 pass the error; a tenth may");
        // Half of the answers have an error of 15 %.
        assert!(
            coverage / f64::from(cut_at_all) > 0.3,
            "{}",
            coverage / f64::from(cut_at_all)
        );
    }

    #[test]
    fn cuts_do_without_rows_and_with_one_confidence() {
        assert_eq!(learn_cuts(&[], "none").for_error(0.5), None);
        let same = [Answered {
            article: 0,
            confidence: 0.5,
            wrong: false,
        }; 60];
        let cuts = learn_cuts(&same, "same");
        assert_eq!(cuts.steps.len(), 1);
        assert_eq!(cuts.for_error(0.2), Some(0.5));
    }
}
