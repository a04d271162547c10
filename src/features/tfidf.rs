//! TF-IDF weights.
//!
//! Owns [`TfidfParams`] and the fitted [`Tfidf`]. The weight of term t in a text is
//! `tf(t) · idf(t)`, the row divided by its Euclidean norm, with
//! `tf = 1 + ln(count)` when sublinear, else `count`, and
//! `idf = ln((1 + n) / (1 + df)) + 1`, as scikit-learn's `TfidfVectorizer` has it
//! (`smooth_idf=True`, `norm="l2"`). idf is learned at fit and stored, so a text weighs the
//! same alone as in any batch. A [sign](crate::text::signs) weighs the same wherever it is, and takes no part in the norm.

use super::{SparseRecords, TermCounts, Vocabulary};
use crate::error::{Error, Result};
use crate::text::signs::{SIGN_WEIGHT, is_sign};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A bound on the number of texts that hold a term: absolute or a share of all texts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentFrequency {
    /// That many texts.
    Count(u32),
    /// That share of the texts, in 0..=1.
    Share(f64),
}

impl DocumentFrequency {
    fn of(self, n_samples: usize) -> f64 {
        match self {
            DocumentFrequency::Count(count) => f64::from(count),
            DocumentFrequency::Share(share) => share * n_samples as f64,
        }
    }
}

impl std::fmt::Display for DocumentFrequency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DocumentFrequency::Count(count) => write!(f, "{count}"),
            DocumentFrequency::Share(share) => write!(f, "{share:?}"),
        }
    }
}

impl std::str::FromStr for DocumentFrequency {
    type Err = Error;

    /// A whole number is a count; a number with a point is a share.
    fn from_str(text: &str) -> Result<Self> {
        let bound = if text.contains('.') {
            text.parse().ok().map(DocumentFrequency::Share)
        } else {
            text.parse().ok().map(DocumentFrequency::Count)
        };
        match bound {
            Some(DocumentFrequency::Share(share)) if !(0.0..=1.0).contains(&share) => None,
            other => other,
        }
        .ok_or_else(|| {
            Error::usage(format!(
                "`{text}` is neither a count of texts (2) nor a share of them (0.5)"
            ))
        })
    }
}

/// The options of the vectorizer. They are stored in the model file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TfidfParams {
    /// Leave out terms that stand in fewer texts.
    pub min_df: DocumentFrequency,
    /// Leave out terms that stand in more texts.
    pub max_df: DocumentFrequency,
    /// Keep only that many terms, the commonest by total count; ties go to the first by name.
    pub max_features: Option<usize>,
    /// Use `1 + ln(count)` in place of the count.
    pub sublinear_tf: bool,
    /// Weigh by inverse document frequency; else every idf is 1.
    pub use_idf: bool,
}

impl Default for TfidfParams {
    fn default() -> Self {
        TfidfParams {
            min_df: DocumentFrequency::Count(2),
            max_df: DocumentFrequency::Share(1.0),
            max_features: None,
            sublinear_tf: true,
            use_idf: true,
        }
    }
}

impl TfidfParams {
    /// Learns vocabulary and idf from the texts `rows` of `counts`.
    pub fn fit(&self, counts: &TermCounts, rows: &[u32]) -> FittedColumns {
        let mut df = vec![0u32; counts.n_terms()];
        let mut total = vec![0u64; counts.n_terms()];
        for &row in rows {
            for (term, count) in counts.row(row as usize) {
                df[term as usize] += 1;
                total[term as usize] += u64::from(count);
            }
        }
        let (low, high) = (self.min_df.of(rows.len()), self.max_df.of(rows.len()));
        let within = |term: &u32| {
            let df = df[*term as usize];
            df > 0 && f64::from(df) >= low && f64::from(df) <= high
        };
        let mut terms: Vec<u32> = (0..counts.n_terms() as u32).filter(within).collect();
        if let Some(most) = self.max_features
            && terms.len() > most
        {
            let names = counts.names();
            terms.sort_unstable_by(|a, b| {
                let (a, b) = (*a as usize, *b as usize);
                (total[b].cmp(&total[a])).then_with(|| names.get(a).cmp(names.get(b)))
            });
            terms.truncate(most);
            terms.sort_unstable();
        }
        let mut columns = vec![ABSENT; counts.n_terms()];
        let mut idf = Vec::with_capacity(terms.len());
        let mut signs = Vec::with_capacity(terms.len());
        for (column, term) in terms.iter().enumerate() {
            columns[*term as usize] = column as u32;
            let is_sign = is_sign(counts.names().get(*term as usize));
            signs.push(is_sign);
            idf.push(match is_sign {
                true => SIGN_WEIGHT,
                false => self.idf(rows.len(), df[*term as usize]),
            });
        }
        FittedColumns {
            params: self.clone(),
            terms,
            columns,
            idf,
            signs,
        }
    }

    fn idf(&self, n_samples: usize, df: u32) -> f32 {
        if self.use_idf {
            let ratio = (1.0 + n_samples as f64) / (1.0 + f64::from(df));
            (libm::log(ratio) + 1.0) as f32
        } else {
            1.0
        }
    }

    fn tf(&self, count: u32) -> f32 {
        if self.sublinear_tf && count > 0 {
            (1.0 + libm::log(f64::from(count))) as f32
        } else {
            count as f32
        }
    }
}

/// Marks a term of the counts that is no column.
const ABSENT: u32 = u32::MAX;

/// A vectorizer fitted to, and still tied to, one [`TermCounts`].
#[derive(Debug, Clone)]
pub struct FittedColumns {
    params: TfidfParams,
    terms: Vec<u32>,
    columns: Vec<u32>,
    idf: Vec<f32>,
    /// Whether each column is a sign.
    signs: Vec<bool>,
}

impl FittedColumns {
    /// The count of columns.
    pub fn n_features(&self) -> usize {
        self.terms.len()
    }

    /// The weights of the texts `rows` of `counts`: `[rows.len(), n_features]`.
    pub fn transform(&self, counts: &TermCounts, rows: &[u32]) -> SparseRecords {
        let mut records = SparseRecords::new(self.n_features());
        let mut row: Vec<(u32, f32)> = Vec::new();
        for &i in rows {
            row.clear();
            row.extend(counts.row(i as usize).filter_map(|(term, count)| {
                let column = self.columns[term as usize];
                let weigh = |column| (column, self.params.tf(count) * self.idf[column as usize]);
                (column != ABSENT).then(|| weigh(column))
            }));
            normalize_row(&mut row, |column| self.signs[column as usize]);
            records.push_row(row.iter().copied());
        }
        records
    }

    /// The same vectorizer on fewer columns: rows are then normalized over those alone.
    ///
    /// `kept` lists present columns, ascending.
    pub fn keep(&self, kept: &[u32]) -> FittedColumns {
        let mut fewer = FittedColumns {
            params: self.params.clone(),
            terms: Vec::with_capacity(kept.len()),
            columns: vec![ABSENT; self.columns.len()],
            idf: Vec::with_capacity(kept.len()),
            signs: Vec::with_capacity(kept.len()),
        };
        for (new, old) in kept.iter().enumerate() {
            let term = self.terms[*old as usize];
            fewer.terms.push(term);
            fewer.columns[term as usize] = new as u32;
            fewer.idf.push(self.idf[*old as usize]);
            fewer.signs.push(self.signs[*old as usize]);
        }
        fewer
    }

    /// Cuts the tie to the counts: a vectorizer that looks terms up by name, its columns in the order of
    /// the names; and for each of them the column that it was.
    pub fn detach(self, counts: &TermCounts) -> (Tfidf, Vec<u32>) {
        let name = |column: u32| counts.names().get(self.terms[column as usize] as usize);
        let mut order: Vec<u32> = (0..self.terms.len() as u32).collect();
        order.sort_unstable_by(|a, b| name(*a).cmp(name(*b)));
        let vocabulary = Vocabulary::new(order.iter().map(|column| name(*column)).collect());
        let tfidf = Tfidf {
            signs: vocabulary.signs(),
            vocabulary,
            idf: order.iter().map(|c| self.idf[*c as usize]).collect(),
            params: self.params,
        };
        (tfidf, order)
    }
}

/// Divides the words of a row by their Euclidean norm; signs stay as they are.
fn normalize_row(row: &mut [(u32, f32)], is_sign: impl Fn(u32) -> bool) {
    let words = row.iter().filter(|(column, _)| !is_sign(*column));
    let squares: f64 = words.map(|(_, v)| f64::from(*v) * f64::from(*v)).sum();
    if squares > 0.0 {
        let norm = libm::sqrt(squares);
        for (_, value) in row.iter_mut().filter(|(column, _)| !is_sign(*column)) {
            *value = (f64::from(*value) / norm) as f32;
        }
    }
}

/// A fitted vectorizer; immutable.
#[derive(Debug, Clone, PartialEq)]
pub struct Tfidf {
    params: TfidfParams,
    vocabulary: Vocabulary,
    idf: Vec<f32>,
    signs: Range<u32>,
}

impl Tfidf {
    /// A vectorizer from its stored parts.
    ///
    /// # Errors
    /// A model error when the counts of terms and idf values differ or an idf is not a positive number.
    pub fn from_parts(params: TfidfParams, vocabulary: Vocabulary, idf: Vec<f32>) -> Result<Self> {
        if vocabulary.len() != idf.len() {
            return Err(Error::model("terms and idf values differ in number"));
        }
        // A loop without a way out is vectorized.
        let sound = |ok: bool, idf: &f32| ok & idf.is_finite() & (*idf > 0.0);
        if !idf.iter().fold(true, sound) {
            return Err(Error::model("an idf value is not a positive number"));
        }
        Ok(Tfidf {
            params,
            signs: vocabulary.signs(),
            vocabulary,
            idf,
        })
    }

    /// The options it was fitted with.
    pub fn params(&self) -> &TfidfParams {
        &self.params
    }

    /// The terms, by column.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The inverse document frequencies, by column.
    pub fn idf(&self) -> &[f32] {
        &self.idf
    }

    /// Counts for one text, to be filled with [`TextCounts::add`].
    pub fn text_counts(&self) -> TextCounts {
        TextCounts {
            counts: vec![0; self.vocabulary.len()],
            touched: vec![0; self.vocabulary.len().div_ceil(64)],
            damped: (0..=REMEMBERED_COUNTS)
                .map(|count| self.params.tf(count))
                .collect(),
        }
    }

    /// Writes the weights of the text counted in `counts` into `row`: `(column, weight)`, columns
    /// ascending, Euclidean norm 1 unless the row is empty; and empties `counts`.
    pub fn transform(&self, counts: &mut TextCounts, row: &mut Vec<(u32, f32)>) {
        row.clear();
        for (i, bits) in counts.touched.iter_mut().enumerate() {
            while *bits != 0 {
                let column = 64 * i as u32 + bits.trailing_zeros();
                *bits &= *bits - 1;
                let count = std::mem::take(&mut counts.counts[column as usize]);
                let tf = match counts.damped.get(count as usize) {
                    Some(tf) => *tf,
                    None => self.params.tf(count),
                };
                row.push((column, tf * self.idf[column as usize]));
            }
        }
        normalize_row(row, |column| self.signs.contains(&column));
    }
}

/// Counts up to which tf is worked out once.
const REMEMBERED_COUNTS: u32 = 63;

/// How often each column of a vocabulary stands in one text; used again for the next.
#[derive(Debug, Clone)]
pub struct TextCounts {
    counts: Vec<u32>,
    /// A bit a column with a count: read in order of columns, and cheaper than a sort.
    touched: Vec<u64>,
    /// tf of the small counts.
    damped: Vec<f32>,
}

impl TextCounts {
    /// Counts one occurrence of the term with this hash; a term that `tfidf` does not have counts for
    /// nothing.
    #[inline]
    pub fn add(&mut self, tfidf: &Tfidf, hash: u64) {
        if let Some(column) = tfidf.vocabulary.column(hash) {
            self.add_column(column);
        }
    }

    /// Counts one occurrence of a column.
    #[inline]
    pub fn add_column(&mut self, column: u32) {
        let count = &mut self.counts[column as usize];
        *count = count.saturating_add(1);
        self.touched[column as usize / 64] |= 1 << (column % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Analyzer, Scratch, TextParams};
    use proptest::prelude::*;

    #[test]
    fn bounds_read_as_counts_or_shares() {
        assert_eq!(
            "2".parse::<DocumentFrequency>().unwrap(),
            DocumentFrequency::Count(2)
        );
        assert_eq!(
            "0.5".parse::<DocumentFrequency>().unwrap(),
            DocumentFrequency::Share(0.5)
        );
        assert_eq!(
            "1.0".parse::<DocumentFrequency>().unwrap(),
            DocumentFrequency::Share(1.0)
        );
        for wrong in ["1.5", "-1", "x", ""] {
            assert!(wrong.parse::<DocumentFrequency>().is_err(), "{wrong}");
        }
    }

    proptest! {
        // A row alone equals the same row in a batch, to the bit.
        #[test]
        fn transform_never_learns(texts in prop::collection::vec("[a-e ]{0,20}", 1..12)) {
            let analyzer = Analyzer::new(TextParams::default()).unwrap();
            let counts = TermCounts::of(&texts, &analyzer);
            let rows: Vec<u32> = (0..texts.len() as u32).collect();
            let params = TfidfParams { min_df: DocumentFrequency::Count(1), ..TfidfParams::default() };
            let columns = params.fit(&counts, &rows);
            let batch = columns.transform(&counts, &rows);
            let (tfidf, order) = columns.detach(&counts);
            let mut scratch = Scratch::default();
            let mut row = Vec::new();
            for (i, text) in texts.iter().enumerate() {
                let mut text_counts = tfidf.text_counts();
                for term in analyzer.terms(text, &mut scratch) {
                    text_counts.add(&tfidf, term.hash);
                }
                tfidf.transform(&mut text_counts, &mut row);
                let mut as_fitted: Vec<(u32, f32)> =
                    row.iter().map(|(column, value)| (order[*column as usize], *value)).collect();
                as_fitted.sort_by_key(|(column, _)| *column);
                let (indices, values) = batch.row(i);
                prop_assert_eq!(as_fitted.iter().map(|(c, _)| *c).collect::<Vec<_>>(), indices);
                for ((_, alone), batched) in as_fitted.iter().zip(values) {
                    // The sum of squares runs in the order of the columns.
                    prop_assert!((alone - batched).abs() <= 1e-6);
                }
            }
        }
    }
}
