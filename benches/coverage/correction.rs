//! How often the corrected interval of a share holds the truth, by simulation.
//!
//! Owns the simulation that `benches/coverage` and `tests/coverage.rs` run. In each run 600 coded paragraphs are drawn, and
//! with them the measured confusion; then 120 articles of 1 to 9 paragraphs, alike within an article; then labels, by the
//! true error rates. The second design labels the articles by other error rates than the coded paragraphs.

use demarche::model::{ErrorSource, Form, LearnedOn, MeasuredBy, Task, TaskErrors};
use demarche::predict::Poles;
use demarche::quantify::{
    By, Confusion, ErrorRates, Estimate, Measures, TrendsParams, TrendsTally,
};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

const DRAWS: usize = 1000;
const CODED: usize = 600;
const ARTICLES: u64 = 120;

/// Gold shares in the articles and among the coded paragraphs: of three classes, and of a label.
const SHARES: [f64; 3] = [0.2, 0.5, 0.3];
const CODED_SHARES: [f64; 3] = [0.3, 0.4, 0.3];
const LABEL: f64 = 0.12;
const CODED_LABEL: f64 = 0.3;

/// Error rates, rows gold.
struct Truth {
    classes: [[f64; 3]; 3],
    label: [[f64; 2]; 2],
}

const TRUE: Truth = Truth {
    classes: [[0.66, 0.24, 0.10], [0.14, 0.64, 0.22], [0.06, 0.18, 0.76]],
    label: [[0.94, 0.06], [0.14, 0.86]],
};

/// Ten points worse at the neutral class, five at the label's.
const SHIFTED: Truth = Truth {
    classes: [[0.60, 0.28, 0.12], [0.17, 0.54, 0.29], [0.06, 0.18, 0.76]],
    label: [[0.91, 0.09], [0.19, 0.81]],
};

struct Random(Xoshiro256PlusPlus);

impl Random {
    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn pick(&mut self, shares: &[f64]) -> usize {
        let u = self.uniform();
        let mut sum = 0.0;
        let passed = shares.iter().take_while(|share| {
            sum += **share;
            sum <= u
        });
        passed.count().min(shares.len() - 1)
    }
}

fn measures() -> Measures {
    let task = |name: &str, form, labels: &[&str]| Task {
        name: name.to_owned(),
        form,
        labels: labels.iter().map(|l| (*l).to_owned()).collect(),
    };
    let tasks = vec![
        task("themes", Form::Multi, &["steel"]),
        task("stance", Form::Single, &["cold", "even", "warm"]),
    ];
    let poles: Poles = "stance=warm:cold".parse().unwrap();
    Measures::of_tasks(tasks, None, Some(&poles), None).unwrap()
}

fn coded(random: &mut Random) -> ErrorRates {
    let (mut classes, mut label) = (Vec::new(), Vec::new());
    for row in 0..CODED {
        let gold = random.pick(&CODED_SHARES);
        classes.push((gold, random.pick(&TRUE.classes[gold]), row as u32));
        let gold = random.pick(&[1.0 - CODED_LABEL, CODED_LABEL]);
        label.push((gold, random.pick(&TRUE.label[gold]), row as u32));
    }
    let task = |confusion| {
        Some(TaskErrors {
            source: ErrorSource {
                by: MeasuredBy::CodedRows,
                rows: LearnedOn {
                    name: "simulated".to_owned(),
                    n_rows: CODED as u64,
                    n_articles: CODED as u64,
                },
            },
            confusions: vec![confusion],
        })
    };
    ErrorRates {
        tasks: vec![
            task(Confusion::new(2, &label)),
            task(Confusion::new(3, &classes)),
        ],
    }
}

fn documents(random: &mut Random, measures: &Measures, truth: &Truth, seed: u64) -> TrendsTally {
    let params = TrendsParams {
        by: By::Month,
        split: None,
        since: None,
        until: None,
        draws: DRAWS,
        seed,
    };
    let mut tally = TrendsTally::new(measures, params);
    let date = Some(jiff::civil::date(2025, 1, 1));
    for _ in 0..ARTICLES {
        let n = 1 + (random.uniform() * 9.0) as usize;
        let usual = random.pick(&SHARES);
        let usual_label = random.pick(&[1.0 - LABEL, LABEL]);
        let mut paragraph = || {
            let own = random.uniform() < 0.6;
            let gold = if own { random.pick(&SHARES) } else { usual };
            let class = random.pick(&truth.classes[gold]) as u32;
            let own = random.uniform() < 0.6;
            let gold = match own {
                true => random.pick(&[1.0 - LABEL, LABEL]),
                false => usual_label,
            };
            let has = random.pick(&truth.label[gold]) == 1;
            vec![if has { vec![0] } else { Vec::new() }, vec![class]]
        };
        let paragraphs: Vec<_> = (0..n).map(|_| paragraph()).collect();
        let document = measures.sums_of_labels(random.0.next_u64(), date, &paragraphs);
        tally.add(&document).expect("one month fits");
    }
    tally
}

/// What is measured, and how often its interval held the truth.
pub struct Held {
    /// The measure.
    pub name: String,
    /// Its true value.
    pub truth: f64,
    /// The share of runs whose counted interval held it, and the counted value less the truth, in the mean.
    pub counted: (f64, f64),
    /// The same as corrected.
    pub corrected: (f64, f64),
}

/// Which errors the articles are labelled with.
#[derive(Clone, Copy)]
pub enum Design {
    /// Those of the coded paragraphs.
    Same,
    /// More.
    Shifted,
}

/// Simulates so many runs.
pub fn coverage(runs: u64, design: Design) -> Vec<Held> {
    let measures = measures();
    let truth = match design {
        Design::Same => &TRUE,
        Design::Shifted => &SHIFTED,
    };
    let difference = SHARES[2] - SHARES[0];
    let truths = [LABEL, SHARES[0], SHARES[1], SHARES[2], difference];
    let of_run = |run: u64| -> Vec<[(f64, f64); 2]> {
        let mut random = Random(Xoshiro256PlusPlus::seed_from_u64(run));
        let errors = coded(&mut random);
        let tally = documents(&mut random, &measures, truth, run);
        let trends = tally.finish(&measures, Some(&errors));
        let figures = &trends.groups[0].periods[0].figures;
        let judged = |estimate: Option<Estimate>, truth: f64| {
            let e = estimate.expect("there are paragraphs");
            let (low, high) = (e.low.expect("120 articles"), e.high.expect("120 articles"));
            let holds = low <= truth && truth <= high;
            (f64::from(u8::from(holds)), e.value - truth)
        };
        let both = figures.iter().zip(truths);
        both.map(|(f, truth)| [judged(f.counted, truth), judged(f.corrected, truth)])
            .collect()
    };
    let all: Vec<_> = (0..runs).into_par_iter().map(of_run).collect();
    let mean = |m: usize, i: usize| {
        let sums = all.iter().fold((0.0, 0.0), |(held, off), run| {
            (held + run[m][i].0, off + run[m][i].1)
        });
        (sums.0 / runs as f64, sums.1 / runs as f64)
    };
    let held = |(m, truth): (usize, f64)| Held {
        name: measures.list[m].name.clone(),
        truth,
        counted: mean(m, 0),
        corrected: mean(m, 1),
    };
    truths.into_iter().enumerate().map(held).collect()
}
