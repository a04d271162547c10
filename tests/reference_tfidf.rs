//! TF-IDF features against scikit-learn (`reference/tfidf.py`).

use approx::assert_abs_diff_eq;
use demarche::features::{DocumentFrequency, SparseRecords, TermCounts, TfidfParams};
use demarche::text::ngrams::char_ngrams;
use demarche::text::{Analyzer, Scratch, TextParams};
use serde::Deserialize;
use serde_json::Number;
use std::collections::BTreeMap;

/// Weights are f32, idf reaches 3; scikit-learn's are f64.
const TOLERANCE: f64 = 1e-6;

#[derive(Deserialize)]
struct Reference {
    corpus: Vec<String>,
    unseen: Vec<String>,
    cases: Vec<Case>,
    char_wb: CharWb,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    params: Params,
    vocabulary: Vec<String>,
    idf: Option<Vec<f64>>,
    fitted: Vec<(usize, u32, f64)>,
    unseen: Vec<(usize, u32, f64)>,
}

#[derive(Deserialize)]
struct Params {
    min_df: Number,
    max_df: Number,
    max_features: Option<usize>,
    ngram_range: (u8, u8),
    sublinear_tf: bool,
    use_idf: bool,
    smooth_idf: bool,
    norm: String,
}

#[derive(Deserialize)]
struct CharWb {
    ngram_range: (u8, u8),
    documents: Vec<CharDocument>,
}

#[derive(Deserialize)]
struct CharDocument {
    text: String,
    counts: Vec<(String, u32)>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/tfidf.json")).expect("tfidf.json is as read")
}

fn analyzer(ngram_range: (u8, u8)) -> Analyzer {
    let params = TextParams {
        stem: false,
        stop_words: false,
        ngram_range,
        char_ngram_range: None,
        ..TextParams::default()
    };
    Analyzer::new(params).expect("the ranges are right")
}

impl Params {
    fn ours(&self) -> TfidfParams {
        assert!(self.smooth_idf && self.norm == "l2", "we have no others");
        TfidfParams {
            min_df: frequency(&self.min_df),
            max_df: frequency(&self.max_df),
            max_features: self.max_features,
            sublinear_tf: self.sublinear_tf,
            use_idf: self.use_idf,
        }
    }
}

/// A number with a point is a share of the documents, one without a count.
fn frequency(number: &Number) -> DocumentFrequency {
    match number.as_u64() {
        Some(count) => DocumentFrequency::Count(count as u32),
        None => DocumentFrequency::Share(number.as_f64().expect("a share")),
    }
}

/// Asserts that `rows` holds the reference's `[row, column, value]` triplets and nothing else.
fn assert_rows(case: &str, rows: &[Vec<(u32, f32)>], expected: &[(usize, u32, f64)]) {
    let ours: Vec<(usize, u32, f64)> = (rows.iter().enumerate())
        .flat_map(|(i, row)| row.iter().map(move |(c, v)| (i, *c, f64::from(*v))))
        .collect();
    let places = |t: &[(usize, u32, f64)]| t.iter().map(|t| (t.0, t.1)).collect::<Vec<_>>();
    assert_eq!(places(&ours), places(expected), "{case}");
    for ((row, column, ours), (.., theirs)) in ours.iter().zip(expected) {
        let far = (ours - theirs).abs() > TOLERANCE;
        assert!(!far, "{case}: [{row}, {column}] is {ours}, not {theirs}");
    }
}

fn rows_of(records: &SparseRecords) -> Vec<Vec<(u32, f32)>> {
    let row = |i| {
        let (columns, values) = records.row(i);
        columns
            .iter()
            .copied()
            .zip(values.iter().copied())
            .collect()
    };
    (0..records.n_samples()).map(row).collect()
}

#[test]
fn the_analyzer_cuts_the_reference_documents_as_they_were_cut() {
    let reference = reference();
    let analyzer = analyzer((1, 1));
    let mut scratch = Scratch::default();
    for text in reference.corpus.iter().chain(&reference.unseen) {
        let terms = analyzer.terms(text, &mut scratch).to_vec();
        let names: Vec<String> = terms.iter().map(|term| scratch.name(term)).collect();
        assert_eq!(names, text.split_whitespace().collect::<Vec<_>>(), "{text}");
    }
}

/// The rows with their columns in the order of the names; `order` gives each of those as fitted.
fn by_name(mut rows: Vec<Vec<(u32, f32)>>, order: &[u32]) -> Vec<Vec<(u32, f32)>> {
    let mut named = vec![0; order.len()];
    for (new, old) in order.iter().enumerate() {
        named[*old as usize] = new as u32;
    }
    for row in &mut rows {
        for (column, _) in row.iter_mut() {
            *column = named[*column as usize];
        }
        row.sort_by_key(|(column, _)| *column);
    }
    rows
}

#[test]
fn vocabulary_idf_and_weights_are_those_of_scikit_learn() {
    let reference = reference();
    assert!(!reference.cases.is_empty());
    for case in &reference.cases {
        let name = case.name.as_str();
        let analyzer = analyzer(case.params.ngram_range);
        let counts = TermCounts::of(&reference.corpus, &analyzer);
        let all: Vec<u32> = (0..reference.corpus.len() as u32).collect();
        let columns = case.params.ours().fit(&counts, &all);
        let batch = columns.transform(&counts, &all);
        let (tfidf, order) = columns.detach(&counts);
        let batch = by_name(rows_of(&batch), &order);
        assert_rows(name, &batch, &case.fitted);
        let vocabulary: Vec<&str> = tfidf.vocabulary().names().collect();
        assert_eq!(vocabulary, case.vocabulary, "{name}");
        match &case.idf {
            Some(expected) => {
                assert_eq!(tfidf.idf().len(), expected.len(), "{name}");
                for (ours, theirs) in tfidf.idf().iter().zip(expected) {
                    assert_abs_diff_eq!(f64::from(*ours), *theirs, epsilon = TOLERANCE);
                }
            }
            None => assert!(tfidf.idf().iter().all(|idf| *idf == 1.0), "{name}"),
        }

        let mut scratch = Scratch::default();
        let mut alone = |text: &String| {
            let mut row = Vec::new();
            let mut text_counts = tfidf.text_counts();
            for term in analyzer.terms(text, &mut scratch) {
                text_counts.add(&tfidf, term.hash);
            }
            tfidf.transform(&mut text_counts, &mut row);
            row
        };
        let fitted: Vec<_> = reference.corpus.iter().map(&mut alone).collect();
        for (alone, batched) in fitted.iter().zip(&batch) {
            assert_eq!(alone.len(), batched.len(), "{name}: alone as in the batch");
            for (a, b) in alone.iter().zip(batched) {
                assert_eq!(a.0, b.0, "{name}: alone as in the batch");
                assert_abs_diff_eq!(a.1, b.1, epsilon = 1e-7);
            }
        }
        let unseen: Vec<_> = reference.unseen.iter().map(&mut alone).collect();
        assert_rows(name, &unseen, &case.unseen);
    }
}

#[test]
fn character_n_grams_are_those_of_char_wb() {
    let CharWb {
        ngram_range,
        documents,
    } = reference().char_wb;
    assert!(!documents.is_empty());
    for document in documents {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for word in document.text.split_whitespace() {
            char_ngrams(&format!(" {word} "), ngram_range, |gram| {
                *counts.entry(gram.to_owned()).or_default() += 1;
            });
        }
        let ours: Vec<(String, u32)> = counts.into_iter().collect();
        assert_eq!(ours, document.counts, "{}", document.text);
    }
}
