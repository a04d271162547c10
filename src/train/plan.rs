//! Which rows are trained on and which are tested, split by split.
//!
//! Owns [`Plan`]. Rows of one group (an article, or articles joined by near duplicates) never stand on
//! both sides of a split: where a rule would part them, those to be trained on are left out.

use super::corpus::Corpus;
use super::split::grouped_folds;
use crate::error::{Error, Result};
use jiff::civil::Date;
use std::collections::{BTreeMap, HashSet};

/// How rows are parted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SplitRule {
    /// Folds grouped by article and balanced by label, so many times over with other seeds.
    Folds {
        /// Folds.
        folds: usize,
        /// How many times over.
        repeats: usize,
    },
    /// Each value of a field is tested by what was trained on the others.
    LeaveOut(String),
    /// Trained on what is dated before one day, tested on what is dated on or after another.
    Dates {
        /// Trained on what is before.
        before: Date,
        /// Tested on what is not before.
        after: Date,
    },
}

/// One training and one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// What it is called: the fold, or the value left out.
    pub name: String,
    /// Rows trained on, ascending.
    pub trained: Vec<u32>,
    /// Rows tested, ascending.
    pub tested: Vec<u32>,
}

/// All splits: those of a repeat test no row twice, and all repeats test the same rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The splits of each repeat.
    pub repeats: Vec<Vec<Split>>,
    /// Rows left out of training because their group is tested.
    pub n_parted: u64,
    /// Rows without the field or date that the rule goes by.
    pub n_unplaced: u64,
}

impl Plan {
    /// Parts the rows of a corpus.
    ///
    /// # Errors
    /// When there are fewer groups than folds, fewer than two values, or nothing on one side of a day.
    pub fn new(corpus: &Corpus<'_>, rule: &SplitRule, seed: u64) -> Result<Self> {
        match rule {
            SplitRule::Folds { folds, repeats } => by_folds(corpus, *folds, *repeats, seed),
            SplitRule::LeaveOut(field) => by_field(corpus, field),
            SplitRule::Dates { before, after } => by_date(corpus, *before, *after),
        }
    }

    /// The splits of all repeats, with the number of the repeat.
    pub fn splits(&self) -> impl Iterator<Item = (usize, &Split)> {
        let numbered = self.repeats.iter().enumerate();
        numbered.flat_map(|(repeat, splits)| splits.iter().map(move |split| (repeat, split)))
    }
}

fn by_folds(corpus: &Corpus<'_>, folds: usize, repeats: usize, seed: u64) -> Result<Plan> {
    let strata = corpus.strata();
    let repeat = |r: usize| -> Result<Vec<Split>> {
        let fold_of = grouped_folds(&corpus.article, &strata, folds, seed.wrapping_add(r as u64))?;
        let rows = |side: &dyn Fn(u32) -> bool| -> Vec<u32> {
            let rows = 0..fold_of.len() as u32;
            rows.filter(|row| side(fold_of[*row as usize])).collect()
        };
        let split = |fold: u32| Split {
            name: format!("fold {}", fold + 1),
            trained: rows(&|f| f != fold),
            tested: rows(&|f| f == fold),
        };
        Ok((0..folds as u32).map(split).collect())
    };
    Ok(Plan {
        repeats: (0..repeats.max(1)).map(repeat).collect::<Result<_>>()?,
        n_parted: 0,
        n_unplaced: 0,
    })
}

fn by_field(corpus: &Corpus<'_>, field: &str) -> Result<Plan> {
    let mut by_value: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    let mut n_unplaced = 0;
    for (i, row) in corpus.rows().iter().enumerate() {
        match field_of(row, field) {
            Some(value) => by_value.entry(value).or_default().push(i as u32),
            None => n_unplaced += 1,
        }
    }
    if by_value.len() < 2 {
        return Err(Error::usage(format!(
            "--leave-out {field}: the rows have {} value(s) of it, and 2 are needed at least",
            by_value.len()
        ))
        .mend("name a field that the rows have, such as source"));
    }
    let mut n_parted = 0;
    let splits = by_value.into_iter().map(|(value, tested)| {
        let is_tested: HashSet<u32> = tested.iter().copied().collect();
        let others = (0..corpus.rows().len() as u32).filter(|row| !is_tested.contains(row));
        let (trained, parted) = apart(corpus, others, &tested);
        n_parted += parted;
        Split {
            name: value.to_owned(),
            trained,
            tested,
        }
    });
    Ok(Plan {
        repeats: vec![splits.collect()],
        n_parted,
        n_unplaced,
    })
}

fn by_date(corpus: &Corpus<'_>, before: Date, after: Date) -> Result<Plan> {
    let side = |wanted: &dyn Fn(Date) -> bool| -> Vec<u32> {
        let rows = corpus.rows().iter().enumerate();
        rows.filter(|(_, row)| row.date.is_some_and(wanted))
            .map(|(i, _)| i as u32)
            .collect()
    };
    let (earlier, tested) = (side(&|d| d < before), side(&|d| d >= after));
    if earlier.is_empty() || tested.is_empty() {
        return Err(Error::usage(format!(
            "{} rows are dated before {before} and {} on or after {after}; both sides need some",
            earlier.len(),
            tested.len()
        ))
        .mend("choose other days; rows without a readable `date` are on neither side"));
    }
    let (trained, n_parted) = apart(corpus, earlier.into_iter(), &tested);
    let undated = corpus.rows().iter().filter(|row| row.date.is_none());
    Ok(Plan {
        n_unplaced: undated.count() as u64,
        repeats: vec![vec![Split {
            name: format!("from {after}"),
            trained,
            tested,
        }]],
        n_parted,
    })
}

/// The rows of `trained` whose group is not tested, and how many are.
fn apart(
    corpus: &Corpus<'_>,
    trained: impl Iterator<Item = u32>,
    tested: &[u32],
) -> (Vec<u32>, u64) {
    let groups: HashSet<u32> = (tested.iter())
        .map(|row| corpus.article[*row as usize])
        .collect();
    let (parted, kept): (Vec<u32>, Vec<u32>) =
        trained.partition(|row| groups.contains(&corpus.article[*row as usize]));
    (kept, parted.len() as u64)
}

/// A row's value of a field.
pub fn field_of<'r>(row: &'r super::Row, field: &str) -> Option<&'r str> {
    row.fields.get(field).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{Row, TaskSpec};
    use proptest::prelude::*;

    fn specs() -> Vec<TaskSpec> {
        vec!["t:single".parse().unwrap()]
    }

    fn rows(of: &[(u8, u8, u8)]) -> Vec<Row> {
        let row = |&(article, source, day): &(u8, u8, u8)| {
            let mut row = Row::new("x")
                .article(format!("a{article}"))
                .single("t", if day % 2 == 0 { "even" } else { "odd" });
            row.fields.insert("source".to_owned(), format!("s{source}"));
            row.date = Date::new(2024, 1, 1 + day as i8).ok();
            row
        };
        of.iter().map(row).collect()
    }

    proptest! {
        #[test]
        fn no_group_is_on_both_sides(
            of in prop::collection::vec((0u8..12, 0u8..4, 0u8..28), 30..80),
            seed in any::<u64>(),
        ) {
            let rows = rows(&of);
            let Ok(corpus) = Corpus::new(&rows, &specs()) else { return Ok(()) };
            let day = |d| Date::new(2024, 1, d).unwrap();
            for rule in [
                SplitRule::Folds { folds: 3, repeats: 2 },
                SplitRule::LeaveOut("source".to_owned()),
                SplitRule::Dates { before: day(15), after: day(15) },
            ] {
                let Ok(plan) = Plan::new(&corpus, &rule, seed) else { continue };
                for (_, split) in plan.splits() {
                    let groups = |rows: &[u32]| -> HashSet<u32> {
                        rows.iter().map(|row| corpus.article[*row as usize]).collect()
                    };
                    prop_assert!(groups(&split.trained).is_disjoint(&groups(&split.tested)));
                    prop_assert!(!split.tested.is_empty());
                }
                if let SplitRule::Dates { .. } = rule {
                    let split = &plan.repeats[0][0];
                    prop_assert!(split.trained.iter().all(|r| rows[*r as usize].date < Some(day(15))));
                    prop_assert!(split.tested.iter().all(|r| rows[*r as usize].date >= Some(day(15))));
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_parted_is_refused() {
        let rows = rows(&[(0, 0, 0), (1, 0, 1)]);
        let corpus = Corpus::new(&rows, &specs()).unwrap();
        let refused = |rule: SplitRule| Plan::new(&corpus, &rule, 0).is_err();
        assert!(refused(SplitRule::LeaveOut("source".to_owned())));
        assert!(refused(SplitRule::LeaveOut("nosuch".to_owned())));
        let day = |d| Date::new(2020, 1, d).unwrap();
        assert!(refused(SplitRule::Dates {
            before: day(1),
            after: day(1)
        }));
    }
}
