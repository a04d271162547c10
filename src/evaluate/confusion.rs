//! The confusion matrix of a single-label task.

use serde::Serialize;

use super::Outcomes;

/// How often each gold label met each predicted label; rows gold, columns predicted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// The labels of the rows and of the columns, those unseen in training last.
    pub labels: Vec<String>,
    /// `counts[g][p]` samples of gold label `g` were predicted `p`, `[n_labels, n_labels]`.
    pub counts: Vec<Vec<u64>>,
    /// `withheld[g]` samples of gold label `g` got no prediction, `[n_labels]`.
    pub withheld: Vec<u64>,
}

impl Confusion {
    /// Counts checked outcomes of a single-label task, over all repeats.
    pub(super) fn new<'o, 't: 'o>(repeats: impl Iterator<Item = &'o Outcomes<'t>>) -> Self {
        let mut repeats = repeats.peekable();
        let first = repeats.peek().expect("at least one repeat");
        let n_labels = first.n_labels();
        let mut confusion = Confusion {
            labels: first.labels().map(str::to_owned).collect(),
            counts: vec![vec![0; n_labels]; n_labels],
            withheld: vec![0; n_labels],
        };
        let pairs = repeats.flat_map(|o| o.gold.iter().zip(&o.predicted));
        for (gold, predicted) in pairs {
            let row = gold[0] as usize;
            match predicted.first() {
                Some(&column) => confusion.counts[row][column as usize] += 1,
                None => confusion.withheld[row] += 1,
            }
        }
        confusion
    }
}
