//! The intervals hold the truth about as often as they say. The long run is `benches/coverage`.

#[path = "../benches/coverage/correction.rs"]
mod correction;
#[path = "../benches/coverage/simulate.rs"]
mod simulate;

use correction::Design;
use simulate::{coverage, known};

#[test]
fn of_200_articles_95_percent_intervals_hold_the_truth_in_90_to_99_of_100_runs() {
    let held = coverage(200, 300, 300);
    for (figure, held) in known().iter().zip(held) {
        let name = &figure.name;
        assert!((0.90..=0.99).contains(&held), "{name}: {held}");
    }
}

#[test]
fn corrected_intervals_hold_the_truth_in_91_to_98_of_100_runs() {
    // 300 runs have a standard error of 1.3 points.
    for held in correction::coverage(300, Design::Same) {
        let (share, off) = held.corrected;
        let (name, truth) = (&held.name, held.truth);
        assert!((0.915..=0.985).contains(&share), "{name}, {truth}: {share}");
        assert!(off.abs() < 0.02, "{}: off by {off}", held.name);
    }
}

#[test]
fn where_the_errors_are_others_corrected_intervals_hold_it_less_often() {
    let held = correction::coverage(300, Design::Shifted);
    let second = &held[2];
    assert!(second.corrected.0 < 0.85, "{}", second.corrected.0);
    assert!(second.corrected.1 < -0.05, "{}", second.corrected.1);
    assert!(
        second.counted.1 < second.corrected.1,
        "it is nearer than the count"
    );
}
