//! Corrections, intervals, changes and words against QuaPy, scipy, numpy and ruptures (`reference/quantify.py`).

use approx::assert_abs_diff_eq;
use demarche::model::{ErrorSource, Form, LearnedOn, MeasuredBy, Task, TaskErrors};
use demarche::quantify::contrast::{SetTally, Words, contrast};
use demarche::quantify::errors::corrected;
use demarche::quantify::{
    By, Confusion, ErrorRates, Estimate, Measures, Trends, TrendsParams, TrendsTally,
};
use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64;

#[derive(Deserialize)]
struct Reference {
    corrections: Vec<Correction>,
    intervals: Vec<Intervals>,
    changes: Vec<Changes>,
    words: Terms,
    differences: Differences,
}

#[derive(Deserialize)]
struct Correction {
    table: Vec<Vec<u64>>,
    said: Vec<f64>,
    inside: bool,
    shares: Vec<f64>,
}

#[derive(Deserialize)]
struct Intervals {
    articles: Vec<Vec<u32>>,
    coded: Vec<(usize, usize, u32)>,
    design_effects: Vec<f64>,
    counted: Vec<Figure>,
    corrected: Vec<Figure>,
}

#[derive(Deserialize)]
struct Figure {
    value: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Changes {
    months: Vec<Vec<u32>>,
    turns: Vec<Turn>,
    p: f64,
}

#[derive(Deserialize)]
struct Turn {
    at: usize,
    value: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Terms {
    words: Vec<String>,
    sets: Vec<Vec<Vec<u32>>>,
    log_odds_ratio: Vec<f64>,
    z: Vec<f64>,
    p_holm: Vec<f64>,
}

#[derive(Deserialize)]
struct Differences {
    sets: Vec<Vec<Vec<u32>>>,
    differences: Vec<Difference>,
}

#[derive(Deserialize)]
struct Difference {
    #[serde(flatten)]
    figure: Figure,
    p: f64,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/quantify.json")).unwrap()
}

/// Draws in the tests; an end of an interval then has a standard error of some 1 % of its width.
const DRAWS: usize = 10_000;
const OF_WIDTH: f64 = 0.04;

fn classes() -> Measures {
    let task = Task {
        name: "stance".to_owned(),
        form: Form::Single,
        labels: ["cold", "even", "warm"].map(str::to_owned).into(),
    };
    let poles = "stance=warm:cold".parse().unwrap();
    Measures::of_tasks(vec![task], None, Some(&poles), None).unwrap()
}

fn params() -> TrendsParams {
    TrendsParams {
        by: By::Month,
        split: None,
        since: None,
        until: None,
        draws: DRAWS,
        seed: 1,
    }
}

fn article(number: usize) -> u64 {
    xxh3_64(&(number as u64).to_le_bytes())
}

fn assert_near(estimate: Estimate, figure: &Figure) {
    let within = OF_WIDTH * (figure.high - figure.low);
    assert_abs_diff_eq!(estimate.value, figure.value, epsilon = 1e-5);
    assert_abs_diff_eq!(estimate.low.unwrap(), figure.low, epsilon = within);
    assert_abs_diff_eq!(estimate.high.unwrap(), figure.high, epsilon = within);
}

#[test]
fn corrections_are_quapys_and_outside_the_simplex_the_likeliest() {
    for case in reference().corrections {
        let mut samples = Vec::new();
        for (gold, row) in case.table.iter().enumerate() {
            for (given, n) in row.iter().enumerate() {
                samples.extend((0..*n).map(|_| (gold, given)));
            }
        }
        let numbered = (0u32..).zip(samples);
        let samples: Vec<_> = numbered
            .map(|(i, (gold, given))| (gold, given, i))
            .collect();
        let rates = Confusion::new(case.table.len(), &samples).rates().unwrap();
        let n: f64 = case.said.iter().sum();
        let given: Vec<f64> = case.said.iter().map(|said| said / n).collect();
        let within = if case.inside { 1e-9 } else { 1e-4 };
        for (share, expected) in corrected(&rates, &given).iter().zip(&case.shares) {
            assert_abs_diff_eq!(*share, *expected, epsilon = within);
        }
    }
}

#[test]
fn intervals_are_those_of_as_many_draws_of_numpy() {
    let measures = classes();
    for case in reference().intervals {
        let confusion = Confusion::new(3, &case.coded);
        for (effect, expected) in confusion.design_effects.iter().zip(&case.design_effects) {
            assert_abs_diff_eq!(*effect, *expected, epsilon = 1e-9);
        }
        let rows = LearnedOn {
            name: "coded".to_owned(),
            n_rows: case.coded.len() as u64,
            n_articles: 0,
        };
        let errors = TaskErrors {
            source: ErrorSource {
                by: MeasuredBy::CodedRows,
                rows,
            },
            confusions: vec![confusion],
        };
        let errors = ErrorRates {
            tasks: vec![Some(errors)],
        };
        let mut tally = TrendsTally::new(&measures, params());
        let date = Some(jiff::civil::date(2025, 3, 1));
        for (i, paragraphs) in case.articles.iter().enumerate() {
            let given: Vec<_> = paragraphs.iter().map(|class| vec![vec![*class]]).collect();
            tally
                .add(&measures.sums_of_labels(article(i), date, &given))
                .unwrap();
        }
        let trends = tally.finish(&measures, Some(&errors));
        let figures = &trends.groups[0].periods[0].figures;
        assert_eq!(figures.len(), case.counted.len());
        for (figures, (counted, corrected)) in
            figures.iter().zip(case.counted.iter().zip(&case.corrected))
        {
            assert_near(figures.counted.unwrap(), counted);
            assert_near(figures.corrected.unwrap(), corrected);
        }
    }
}

fn of_months(months: &[Vec<u32>]) -> Trends {
    let task = Task {
        name: "themes".to_owned(),
        form: Form::Multi,
        labels: vec!["steel".to_owned()],
    };
    let measures = Measures::of_tasks(vec![task], None, None, None).unwrap();
    let mut tally = TrendsTally::new(&measures, params());
    for (month, articles) in months.iter().enumerate() {
        let date = jiff::civil::date(2023 + month as i16 / 12, month as i8 % 12 + 1, 5);
        for (i, with) in articles.iter().enumerate() {
            let given: Vec<Vec<Vec<u32>>> = (0..3)
                .map(|p| vec![if p < *with { vec![0] } else { Vec::new() }])
                .collect();
            let document = measures.sums_of_labels(article(100 * month + i), Some(date), &given);
            tally.add(&document).unwrap();
        }
    }
    tally.finish(&measures, None)
}

#[test]
fn series_turn_where_ruptures_says_and_by_as_much() {
    for case in reference().changes {
        let trends = of_months(&case.months);
        let group = &trends.groups[0];
        let found = &group.changes[0];
        assert_eq!(found.len(), case.turns.len(), "{found:?}");
        for (change, turn) in found.iter().zip(&case.turns) {
            assert_eq!(change.at, group.periods[turn.at].period);
            let figure = Figure {
                value: turn.value,
                low: turn.low,
                high: turn.high,
            };
            assert_near(change.counted, &figure);
        }
        // The chance of the first border that is judged, which is that of a single turn.
        assert_eq!(case.p <= 0.01, !case.turns.is_empty());
        if let [change] = &found[..] {
            assert_abs_diff_eq!(change.p, case.p, epsilon = 0.003);
        }
    }
}

#[test]
fn words_have_the_log_odds_of_monroe_colaresi_and_quinn() {
    let measures = classes();
    let terms = reference().words;
    let set = |side: usize| {
        let mut tally = SetTally::new("a set".to_owned(), &measures, 200, 0, side as u64);
        for (i, counts) in terms.sets[side].iter().enumerate() {
            let of_word = |(word, n): (&String, &u32)| (*n > 0).then(|| (word.clone(), *n));
            let words: Words = terms.words.iter().zip(counts).filter_map(of_word).collect();
            tally.add(
                &measures.sums_of_labels(article(i), None, &[vec![vec![0]]]),
                words,
            );
        }
        tally
    };
    let found = contrast(&[set(0), set(1)], &measures, [None, None], 0);
    assert_eq!(found.n_terms, terms.words.len());
    let sure = terms.p_holm.iter().filter(|p| **p <= 0.05).count();
    assert_eq!(found.terms.len(), sure);
    for term in &found.terms {
        let at = terms
            .words
            .iter()
            .position(|word| *word == term.term)
            .unwrap();
        assert_abs_diff_eq!(
            term.log_odds_ratio,
            terms.log_odds_ratio[at],
            epsilon = 1e-5
        );
        assert_abs_diff_eq!(term.z, terms.z[at], epsilon = 1e-5);
        assert_abs_diff_eq!(term.p_holm, terms.p_holm[at], epsilon = 1e-5);
    }
}

#[test]
fn differences_are_those_of_as_many_draws_of_numpy() {
    let measures = classes();
    let case = reference().differences;
    let set = |side: usize| {
        let mut tally = SetTally::new("a set".to_owned(), &measures, DRAWS, 0, side as u64);
        for (i, paragraphs) in case.sets[side].iter().enumerate() {
            let given: Vec<_> = paragraphs.iter().map(|class| vec![vec![*class]]).collect();
            let document = measures.sums_of_labels(article(1000 * side + i), None, &given);
            tally.add(&document, Words::new());
        }
        tally
    };
    let found = contrast(&[set(0), set(1)], &measures, [None, None], 0);
    for (difference, expected) in found.differences.iter().zip(&case.differences) {
        assert_near(difference.counted[2], &expected.figure);
        // Of 10,000 draws a share of .07 has a standard error of .0026, and p is twice that share.
        assert_abs_diff_eq!(difference.p.unwrap(), expected.p, epsilon = 0.02);
    }
}
