//! Labelled articles whose true figures are known, and how often intervals hold those.
//!
//! Owns the simulation that `benches/coverage` and `tests/coverage.rs` run. Articles have 1 to 20 paragraphs.
//! Whether a paragraph has a label, and whether it is told right, are drawn with an article's own
//! probabilities, which are Beta-distributed so that two paragraphs of one article correlate by .3.

use demarche::evaluate::{BootstrapParams, Evaluation, Figure, Outcomes, evaluate};
use demarche::model::{Form, Task};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

/// The correlation of two paragraphs of one article.
const CORRELATION: f64 = 0.3;

const MOST_PARAGRAPHS: f64 = 20.0;

/// How often a label is gold, how often it is then found, and how often it is given wrongly.
struct Label {
    name: &'static str,
    prevalence: f64,
    recall: f64,
    false_rate: f64,
}

const LABELS: [Label; 3] = [
    Label {
        name: "common",
        prevalence: 0.4,
        recall: 0.85,
        false_rate: 0.08,
    },
    Label {
        name: "middle",
        prevalence: 0.2,
        recall: 0.8,
        false_rate: 0.05,
    },
    Label {
        name: "rare",
        prevalence: 0.05,
        recall: 0.7,
        false_rate: 0.02,
    },
];

impl Label {
    /// True precision, recall and F1.
    fn truth(&self) -> [f64; 3] {
        let hits = self.prevalence * self.recall;
        let given = hits + (1.0 - self.prevalence) * self.false_rate;
        [
            hits / given,
            self.recall,
            2.0 * hits / (given + self.prevalence),
        ]
    }
}

/// A figure, its true value, and how to find it in an evaluation.
pub struct Known {
    pub name: String,
    pub truth: f64,
    pub of: Box<dyn Fn(&Evaluation) -> Figure + Sync>,
}

/// The figures whose intervals are tried.
pub fn known() -> Vec<Known> {
    let truths = LABELS.map(|label| label.truth());
    let mean = |i: usize| truths.iter().map(|t| t[i]).sum::<f64>() / 3.0;
    let exact =
        LABELS.map(|l| l.prevalence * l.recall + (1.0 - l.prevalence) * (1.0 - l.false_rate));
    let hits: f64 = LABELS.iter().map(|l| l.prevalence * l.recall).sum();
    let given: f64 = LABELS
        .iter()
        .map(|l| (1.0 - l.prevalence) * l.false_rate)
        .sum();
    let gold: f64 = LABELS.iter().map(|l| l.prevalence).sum();
    let known = |name: &str, truth: f64, of: fn(&Evaluation) -> Figure| Known {
        name: name.to_owned(),
        truth,
        of: Box::new(of),
    };
    let mut all = vec![
        known("macro-F1", mean(2), |e| e.macro_f1),
        known("micro-F1", 2.0 * hits / (hits + given + gold), |e| {
            e.micro_f1
        }),
        known("exact match", exact.iter().product(), |e| e.exact_match),
    ];
    for (i, label) in LABELS.iter().enumerate() {
        let [precision, recall, f1] = truths[i];
        for (what, truth, column) in [
            ("precision", precision, 0),
            ("recall", recall, 1),
            ("F1", f1, 2),
        ] {
            all.push(Known {
                name: format!("{what}, label at {:.0} %", 100.0 * label.prevalence),
                truth,
                of: Box::new(move |e| {
                    let l = &e.labels[i];
                    [l.precision, l.recall, l.f1][column]
                }),
            });
        }
    }
    all
}

/// The share of `runs` in which the interval of each of [`known`] holds the truth.
pub fn coverage(n_articles: u32, runs: u64, draws: usize) -> Vec<f64> {
    let known = known();
    let held: Vec<Vec<bool>> = (0..runs)
        .into_par_iter()
        .map(|run| {
            let params = BootstrapParams {
                draws,
                seed: run,
                ..BootstrapParams::default()
            };
            let e = simulate(n_articles, run, &params);
            let holds = |k: &Known| {
                let Figure { low, high, .. } = (k.of)(&e);
                low <= k.truth && k.truth <= high
            };
            known.iter().map(holds).collect()
        })
        .collect();
    (0..known.len())
        .map(|i| held.iter().filter(|run| run[i]).count() as f64 / runs as f64)
        .collect()
}

fn simulate(n_articles: u32, seed: u64, params: &BootstrapParams) -> Evaluation {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0x5EED + seed);
    let task = Task {
        name: "simulated".to_owned(),
        form: Form::Multi,
        labels: LABELS.iter().map(|l| l.name.to_owned()).collect(),
    };
    let mut outcomes = Outcomes {
        task: &task,
        unseen: Vec::new(),
        gold: Vec::new(),
        predicted: Vec::new(),
        article: Vec::new(),
    };
    for article in 0..n_articles {
        let own = LABELS.map(|l| [l.prevalence, l.recall, l.false_rate].map(|p| beta(&mut rng, p)));
        for _ in 0..1 + (uniform(&mut rng) * MOST_PARAGRAPHS) as u32 {
            let (mut gold, mut predicted) = (Vec::new(), Vec::new());
            for (label, [prevalence, recall, false_rate]) in own.iter().enumerate() {
                let has = uniform(&mut rng) < *prevalence;
                let given = uniform(&mut rng) < if has { *recall } else { *false_rate };
                gold.extend(has.then_some(label as u32));
                predicted.extend(given.then_some(label as u32));
            }
            outcomes.gold.push(gold);
            outcomes.predicted.push(predicted);
            outcomes.article.push(article);
        }
    }
    evaluate(&outcomes, params)
}

fn uniform(rng: &mut Xoshiro256PlusPlus) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// A Beta variate of this mean whose draws correlate by [`CORRELATION`] (Jöhnk 1964): a + b = 1/ρ − 1.
fn beta(rng: &mut Xoshiro256PlusPlus, mean: f64) -> f64 {
    let total = 1.0 / CORRELATION - 1.0;
    let (a, b) = (mean * total, (1.0 - mean) * total);
    loop {
        let x = uniform(rng).powf(1.0 / a);
        let y = uniform(rng).powf(1.0 / b);
        if x + y <= 1.0 && x + y > 0.0 {
            return x / (x + y);
        }
    }
}
