//! Agreement of annotators beyond chance.

use super::bootstrap::{self, BootstrapParams, Figure, resample};
use super::statistics::compact;
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
    kappa(a.iter().zip(b).map(|(a, b)| (*a, *b, 1)))
}

/// Kappa of pairs of ratings, each counted so many times.
fn kappa(pairs: impl Iterator<Item = (u32, u32, u32)>) -> f64 {
    let mut given: BTreeMap<u32, (i128, i128)> = BTreeMap::new();
    let (mut n, mut alike) = (0, 0);
    for (a, b, times) in pairs {
        let times = i128::from(times);
        given.entry(a).or_default().0 += times;
        given.entry(b).or_default().1 += times;
        alike += times * i128::from(a == b);
        n += times;
    }
    // In whole numbers, times n², so that 0/0 is met exactly.
    let chance: i128 = given.values().map(|(a, b)| a * b).sum();
    (n * alike - chance) as f64 / (n * n - chance) as f64
}

/// Krippendorff's alpha of nominal ratings; `units[i]` are the ratings that item i got, by any number of
/// raters.
///
/// α = 1 − D_o / D_e over the coincidence matrix, in which an item of m ratings adds 1/(m − 1) for each
/// ordered pair of them; an item of one rating adds nothing (Krippendorff 2011, "Computing
/// Krippendorff's alpha-reliability"). NaN where all ratings that count are the same.
///
/// ```
/// use demarche::evaluate::krippendorff_alpha;
///
/// let units = [vec![0, 0], vec![1, 1], vec![0, 1], vec![1]];
/// assert!((krippendorff_alpha(&units) - 4.0 / 9.0).abs() < 1e-12);
/// ```
pub fn krippendorff_alpha<U: AsRef<[u32]>>(units: &[U]) -> f64 {
    alpha(units.iter().map(|unit| (unit.as_ref(), 1)))
}

/// Alpha of units, each counted so many times.
fn alpha<'u>(units: impl Iterator<Item = (&'u [u32], u32)>) -> f64 {
    let mut given: BTreeMap<u32, f64> = BTreeMap::new();
    let (mut n, mut unlike) = (0.0, 0.0);
    for (unit, times) in units.filter(|(unit, _)| unit.len() > 1) {
        let (times, m) = (f64::from(times), unit.len() as f64);
        let pairs = unit
            .iter()
            .flat_map(|a| unit.iter().filter(move |b| *b != a));
        unlike += times * pairs.count() as f64 / (m - 1.0);
        n += times * m;
        for value in unit {
            *given.entry(*value).or_default() += times;
        }
    }
    let by_chance = n * n - given.values().map(|n| n * n).sum::<f64>();
    match by_chance > 0.0 {
        true => 1.0 - (n - 1.0) * unlike / by_chance,
        false => f64::NAN,
    }
}

/// The labels that several coders gave to one sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coding {
    /// The article the sample is of; any numbering will do.
    pub article: u32,
    /// What each coder gave, as a set of labels; two coders at least.
    pub given: Vec<Vec<u32>>,
}

/// How coders agree with each other.
#[derive(Debug, Clone, PartialEq)]
pub struct CoderAgreement {
    /// Samples that two coders or more labelled.
    pub n_samples: u64,
    /// The most coders of a sample.
    pub n_coders: u64,
    /// Of a single task, Cohen's kappa; of more than two coders the mean over pairs (Light 1971).
    pub kappa: Option<Figure>,
    /// Of a single task, Krippendorff's alpha.
    pub alpha: Option<Figure>,
    /// Of a multi task, kappa and alpha of each label.
    pub labels: Vec<(Option<Figure>, Option<Figure>)>,
}

impl CoderAgreement {
    /// The agreement over `codings`: of a single task where `n_labels` is none, else a label each.
    pub fn new(codings: &[Coding], n_labels: Option<usize>, params: &BootstrapParams) -> Self {
        let article: Vec<u32> = codings.iter().map(|c| c.article).collect();
        let (article, n_articles) = compact(&article);
        let n_coders = codings.iter().map(|c| c.given.len()).max().unwrap_or(0);
        let first = |labels: &Vec<u32>| labels.first().copied().unwrap_or(u32::MAX);
        // A question each: the label, or whether it is among those given.
        let questions: Vec<Vec<Vec<u32>>> = match n_labels {
            None => {
                let unit = |c: &Coding| c.given.iter().map(first).collect();
                vec![codings.iter().map(unit).collect()]
            }
            Some(n_labels) => (0..n_labels as u32)
                .map(|label| {
                    let has = |given: &Vec<u32>| u32::from(given.contains(&label));
                    let unit = |c: &Coding| c.given.iter().map(has).collect();
                    codings.iter().map(unit).collect()
                })
                .collect(),
        };
        let of_draw = |multiplicity: &[u32]| -> Vec<f64> {
            let times = |i: usize| multiplicity[article[i] as usize];
            let figures = questions.iter().flat_map(|units| {
                let counted = units
                    .iter()
                    .enumerate()
                    .map(|(i, u)| (u.as_slice(), times(i)));
                [pairwise_kappa(units, n_coders, times), alpha(counted)]
            });
            figures.collect()
        };
        let values = of_draw(&vec![1; n_articles]);
        let draws = resample(n_articles, params, of_draw);
        let figures = bootstrap::intervals(&values, &draws, params.level);
        let mut pairs = figures
            .chunks_exact(2)
            .map(|f| (f[0].defined(), f[1].defined()));
        let (kappa, alpha) = match n_labels {
            None => pairs.next().unwrap_or_default(),
            Some(_) => (None, None),
        };
        CoderAgreement {
            n_samples: codings.len() as u64,
            n_coders: n_coders as u64,
            kappa,
            alpha,
            labels: pairs.collect(),
        }
    }
}

/// The mean kappa over pairs of coders.
fn pairwise_kappa(units: &[Vec<u32>], n_coders: usize, times: impl Fn(usize) -> u32) -> f64 {
    let pairs = (0..n_coders).flat_map(|a| (a + 1..n_coders).map(move |b| (a, b)));
    let kappas: Vec<f64> = pairs
        .map(|(a, b)| {
            let rated = units.iter().enumerate().filter(|(_, unit)| unit.len() > b);
            kappa(rated.map(|(i, unit)| (unit[a], unit[b], times(i))))
        })
        .collect();
    kappas.iter().sum::<f64>() / kappas.len() as f64
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
        assert!(krippendorff_alpha(&[[2, 2], [2, 2]]).is_nan());
        assert_eq!(krippendorff_alpha(&[[0, 0], [2, 2]]), 1.0);
    }

    #[test]
    fn coders_are_told_from_each_other_label_by_label() {
        let coding = |article: u32, a: &[u32], b: &[u32]| Coding {
            article,
            given: vec![a.to_vec(), b.to_vec()],
        };
        let codings = [
            coding(0, &[0], &[0]),
            coding(1, &[1], &[1]),
            coding(2, &[0, 1], &[0]),
            coding(3, &[], &[]),
        ];
        let params = BootstrapParams {
            draws: 50,
            ..BootstrapParams::default()
        };
        let agreement = CoderAgreement::new(&codings, Some(2), &params);
        assert_eq!((agreement.n_samples, agreement.n_coders), (4, 2));
        assert_eq!(agreement.labels[0].0.unwrap().value, 1.0);
        assert_eq!(agreement.labels[1].0.unwrap().value, 0.5);
        assert_eq!(agreement.kappa, None);
        let single = CoderAgreement::new(&codings[..2], None, &params);
        assert_eq!(single.alpha.unwrap().value, 1.0);
    }
}
