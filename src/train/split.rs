//! Which rows are trained on and which are tested.
//!
//! Owns grouped, stratified folds: an article is never split, and each fold gets its share of
//! every label as nearly as whole articles allow.

use crate::error::{Error, Result};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

/// Shuffles in place: Fisher–Yates with Lemire's multiply–shift (2019) without its rejection, whose
/// bias is below 2⁻³² a step.
pub(crate) fn shuffle<T>(items: &mut [T], rng: &mut Xoshiro256PlusPlus) {
    for i in (1..items.len()).rev() {
        let j = ((u128::from(rng.next_u64()) * (i as u128 + 1)) >> 64) as usize;
        items.swap(i, j);
    }
}

/// Numbers the articles of rows from 0 in order of appearance.
///
/// A row without an article is one of its own.
pub fn number_articles<'a>(articles: impl IntoIterator<Item = Option<&'a str>>) -> Vec<u32> {
    let mut numbers = std::collections::HashMap::new();
    let mut next = 0;
    let mut fresh = || {
        next += 1;
        next - 1
    };
    articles
        .into_iter()
        .map(|article| match article {
            Some(article) => *numbers.entry(article).or_insert_with(&mut fresh),
            None => fresh(),
        })
        .collect()
}

/// The fold of each sample, in 0..`n_folds`.
///
/// `article[i]` numbers the article of sample i; `labels[i]` are the labels by which folds are
/// balanced. Articles are taken from the largest, ties in an order shuffled by `seed`, and each goes to
/// the fold that has the least of its labels and samples so far (after Sechidis, Tsoumakas and
/// Vlahavas, ECML 2011, with articles in place of samples).
///
/// # Errors
/// When there are fewer articles than folds, or fewer than two folds.
pub fn grouped_folds(
    article: &[u32],
    labels: &[Vec<u32>],
    n_folds: usize,
    seed: u64,
) -> Result<Vec<u32>> {
    let n_articles = article.iter().max().map_or(0, |last| *last as usize + 1);
    if n_folds < 2 {
        return Err(Error::usage("cross-validation needs at least 2 folds"));
    }
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); n_articles];
    for (i, group) in article.iter().enumerate() {
        members[*group as usize].push(i as u32);
    }
    members.retain(|samples| !samples.is_empty());
    if members.len() < n_folds {
        return Err(Error::training(format!(
            "{} articles cannot be parted into {n_folds} folds",
            members.len()
        ))
        .mend("give more rows, or fewer --folds"));
    }
    shuffle(&mut members, &mut Xoshiro256PlusPlus::seed_from_u64(seed));
    members.sort_by_key(|samples| std::cmp::Reverse(samples.len()));

    let n_labels = labels.iter().flatten().max().map_or(0, |l| *l as usize + 1);
    let mut totals = vec![0u32; n_labels];
    for label in labels.iter().flatten() {
        totals[*label as usize] += 1;
    }
    let mut fold_labels = vec![vec![0u32; n_labels]; n_folds];
    let mut fold_sizes = vec![0u32; n_folds];
    let mut folds = vec![0u32; article.len()];
    for samples in &members {
        // Shares of the whole, so that rare labels count as much as common ones.
        let crowding = |fold: usize| -> f64 {
            let own = samples.iter().flat_map(|i| &labels[*i as usize]);
            let by_label: f64 = own
                .map(|l| f64::from(fold_labels[fold][*l as usize]) / f64::from(totals[*l as usize]))
                .sum();
            by_label + samples.len() as f64 * f64::from(fold_sizes[fold]) / article.len() as f64
        };
        let best = (0..n_folds)
            .map(|fold| (crowding(fold), fold))
            .min_by(|a, b| a.partial_cmp(b).expect("shares are numbers"))
            .map_or(0, |(_, fold)| fold);
        fold_sizes[best] += samples.len() as u32;
        for i in samples {
            folds[*i as usize] = best as u32;
            for label in &labels[*i as usize] {
                fold_labels[best][*label as usize] += 1;
            }
        }
    }
    Ok(folds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_without_an_article_stand_alone() {
        assert_eq!(
            number_articles([Some("a"), None, Some("a"), None, Some("b")]),
            [0, 1, 0, 2, 3]
        );
    }

    #[test]
    fn every_fold_gets_its_share_of_a_rare_label() {
        let article: Vec<u32> = (0..100).collect();
        let labels: Vec<Vec<u32>> = (0..100).map(|i| vec![u32::from(i < 10)]).collect();
        let folds = grouped_folds(&article, &labels, 5, 1).unwrap();
        for fold in 0..5 {
            let rare = (0..10).filter(|i| folds[*i] == fold).count();
            assert_eq!(rare, 2, "fold {fold}");
        }
    }

    #[test]
    fn too_few_articles_are_refused() {
        assert!(grouped_folds(&[0, 0, 1], &[vec![], vec![], vec![]], 3, 0).is_err());
    }

    proptest! {
        #[test]
        fn articles_are_never_split(article in prop::collection::vec(0u32..20, 20..80), seed in any::<u64>()) {
            let labels: Vec<Vec<u32>> = article.iter().map(|a| vec![a % 3]).collect();
            if let Ok(folds) = grouped_folds(&article, &labels, 4, seed) {
                for i in 0..article.len() {
                    for j in 0..i {
                        prop_assert!(article[i] != article[j] || folds[i] == folds[j]);
                    }
                }
                for fold in 0..4 {
                    prop_assert!(folds.contains(&fold), "fold {} is empty", fold);
                }
            }
        }
    }
}
