//! What holds of every evaluation, on generated outcomes.

use demarche::evaluate::{BootstrapParams, Evaluation, Figure, Outcomes, evaluate};
use demarche::model::{Form, Task};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

const N_LABELS: u32 = 6;
const N_TRAINED: usize = 5;

/// A sample: gold set, predicted set, article.
type Sample = (Vec<u32>, Vec<u32>, u32);

fn task(form: Form) -> Task {
    Task {
        name: "topic".to_owned(),
        form,
        labels: ('a'..).take(N_TRAINED).map(String::from).collect(),
    }
}

fn outcomes<'a>(task: &'a Task, samples: &[Sample]) -> Outcomes<'a> {
    Outcomes {
        task,
        unseen: vec!["z".to_owned()],
        gold: samples.iter().map(|sample| sample.0.clone()).collect(),
        predicted: samples.iter().map(|sample| sample.1.clone()).collect(),
        article: samples.iter().map(|sample| sample.2).collect(),
    }
}

fn params(draws: usize) -> BootstrapParams {
    BootstrapParams {
        draws,
        seed: 11,
        level: 0.95,
    }
}

fn evaluated(form: Form, samples: &[Sample]) -> Evaluation {
    evaluate(&outcomes(&task(form), samples), &params(40))
}

/// Article numbers are far apart, for any numbering will do.
fn article() -> impl Strategy<Value = u32> {
    (0..8u32).prop_map(|article| article * 1_000_003)
}

/// Of ten predictions about `withheld` are withheld.
fn single_samples(withheld: u32) -> impl Strategy<Value = Vec<Sample>> {
    let predicted = (0..10u32, 0..N_TRAINED as u32);
    let predicted = predicted.prop_map(move |(roll, label)| (roll >= withheld).then_some(label));
    let sample = (0..N_LABELS, predicted, article());
    let sample = sample.prop_map(|(gold, predicted, article)| {
        (vec![gold], predicted.into_iter().collect(), article)
    });
    vec(sample, 0..40)
}

fn multi_samples() -> impl Strategy<Value = Vec<Sample>> {
    let gold = btree_set(0..N_LABELS, 0..4);
    let predicted = btree_set(0..N_TRAINED as u32, 0..4);
    let sample = (gold, predicted, article());
    let sample = sample.prop_map(|(gold, predicted, article)| {
        (Vec::from_iter(gold), Vec::from_iter(predicted), article)
    });
    vec(sample, 0..40)
}

fn any_samples() -> impl Strategy<Value = (Form, Vec<Sample>)> {
    prop_oneof![
        single_samples(2).prop_map(|samples| (Form::Single, samples)),
        multi_samples().prop_map(|samples| (Form::Multi, samples)),
    ]
}

fn figures(e: &Evaluation) -> Vec<Figure> {
    let mut figures = vec![
        e.macro_precision,
        e.macro_recall,
        e.macro_f1,
        e.micro_precision,
        e.micro_recall,
        e.micro_f1,
        e.exact_match,
    ];
    for label in &e.labels {
        figures.extend([label.precision, label.recall, label.f1]);
    }
    figures
}

proptest! {
    #[test]
    fn figures_are_shares((form, samples) in any_samples()) {
        let e = evaluated(form, &samples);
        for Figure { value, low, high } in figures(&e) {
            for figure in [value, low, high] {
                prop_assert!((0.0..=1.0).contains(&figure));
            }
            prop_assert!(low <= high);
        }
        for label in &e.labels {
            let (p, r, f1) = (label.precision.value, label.recall.value, label.f1.value);
            prop_assert!(p.min(r) <= f1 + 1e-12 && f1 <= p.max(r) + 1e-12);
            prop_assert_eq!(label.applicable, label.support + label.predicted > 0);
        }
        prop_assert_eq!(e.n_samples, samples.len() as u64);
        prop_assert!(e.n_articles <= 8);
    }

    #[test]
    fn the_order_of_samples_does_not_matter(
        ((form, samples), shuffled) in any_samples().prop_flat_map(|(form, samples)| {
            (Just((form, samples.clone())), Just(samples).prop_shuffle())
        })
    ) {
        prop_assert_eq!(evaluated(form, &samples), evaluated(form, &shuffled));
    }

    #[test]
    fn every_thread_count_gives_the_same((form, samples) in any_samples()) {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| evaluated(form, &samples))
        };
        prop_assert_eq!(with(1), with(4));
    }

    #[test]
    fn micro_figures_of_a_single_label_task_are_its_accuracy(samples in single_samples(0)) {
        let e = evaluated(Form::Single, &samples);
        prop_assert_eq!(e.micro_precision, e.exact_match);
        prop_assert_eq!(e.micro_recall, e.exact_match);
        prop_assert_eq!(e.micro_f1, e.exact_match);
    }

    #[test]
    fn a_withheld_prediction_costs_recall_and_accuracy(samples in single_samples(5)) {
        let e = evaluated(Form::Single, &samples);
        prop_assert_eq!(e.micro_recall, e.exact_match);
        prop_assert!(e.micro_precision.value >= e.exact_match.value);
    }

    #[test]
    fn the_confusion_matrix_sums_to_the_counts(samples in single_samples(3)) {
        let e = evaluated(Form::Single, &samples);
        let confusion = e.confusion.expect("a single-label task has one");
        let mut right = 0;
        for (index, label) in e.labels.iter().enumerate() {
            prop_assert_eq!(&confusion.labels[index], &label.label);
            let row: u64 = confusion.counts[index].iter().sum();
            prop_assert_eq!(row + confusion.withheld[index], label.support);
            let column: u64 = confusion.counts.iter().map(|row| row[index]).sum();
            prop_assert_eq!(column, label.predicted);
            right += confusion.counts[index][index];
        }
        let accuracy = right as f64 / samples.len().max(1) as f64;
        prop_assert_eq!(e.exact_match.value, accuracy);
    }

    #[test]
    fn a_perfect_prediction_has_no_interval(samples in multi_samples()) {
        let perfect: Vec<Sample> = samples
            .into_iter()
            .map(|(_, predicted, article)| (predicted.clone(), predicted, article))
            .collect();
        prop_assume!(!perfect.is_empty());
        let e = evaluated(Form::Multi, &perfect);
        let Figure { value, low, high } = e.exact_match;
        prop_assert_eq!((value, low, high), (1.0, 1.0, 1.0));
        let applicable = e.labels.iter().filter(|label| label.applicable).count();
        let macro_f1 = applicable as f64 / f64::from(N_LABELS);
        prop_assert!((e.macro_f1.value - macro_f1).abs() < 1e-12);
    }
}

/// 120 articles of 5 paragraphs, three in four predicted rightly.
fn ordinary(seed: u32) -> Vec<Sample> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut roll = |n: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % n
    };
    (0..600)
        .map(|sample| {
            let gold = roll(N_TRAINED as u32);
            let guess = roll(N_TRAINED as u32);
            let predicted = if roll(4) < 3 { gold } else { guess };
            (vec![gold], vec![predicted], sample / 5)
        })
        .collect()
}

#[test]
fn an_interval_holds_its_value_in_ordinary_cases() {
    for seed in 0..5 {
        let task = task(Form::Single);
        let e = evaluate(&outcomes(&task, &ordinary(seed)), &params(500));
        for Figure { value, low, high } in figures(&e) {
            assert!(low <= value && value <= high, "{low} {value} {high}");
        }
        let width = e.exact_match.high - e.exact_match.low;
        // Binomial: 2 × 1.96 × √(0.8 × 0.2 / 600) = 0.064.
        assert!((0.04..0.09).contains(&width), "{width}");
    }
}

#[test]
fn articles_are_drawn_whole() {
    // All paragraphs of an article go together: two articles, one right and one
    // wrong, so a draw's accuracy is 0, 1/2 or 1.
    let samples: Vec<Sample> = (0..200)
        .map(|sample| {
            let article = u32::from(sample >= 100);
            (vec![0], vec![article], article)
        })
        .collect();
    let e = evaluated(Form::Single, &samples);
    assert_eq!(e.n_articles, 2);
    assert_eq!((e.exact_match.low, e.exact_match.high), (0.0, 1.0));
}

#[test]
#[should_panic(expected = "label sets are sorted")]
fn an_unsorted_label_set_is_refused() {
    evaluated(Form::Multi, &[(vec![2, 1], vec![], 0)]);
}

#[test]
fn of_a_thousand_labels_and_more_no_confusion_matrix_is_made() {
    for (n_unseen, has_one) in [(1, true), (1001, false)] {
        let task = task(Form::Single);
        let outcomes = Outcomes {
            unseen: (0..n_unseen).map(|i| format!("u{i}")).collect(),
            ..outcomes(&task, &ordinary(1))
        };
        let params = params(0);
        assert_eq!(evaluate(&outcomes, &params).confusion.is_some(), has_one);
    }
}
