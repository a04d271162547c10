//! The intervals hold the truth about as often as they say. The long run is `benches/coverage`.

#[path = "../benches/coverage/simulate.rs"]
mod simulate;

use simulate::{coverage, known};

#[test]
fn of_200_articles_95_percent_intervals_hold_the_truth_in_90_to_99_of_100_runs() {
    let held = coverage(200, 300, 300);
    for (figure, held) in known().iter().zip(held) {
        let name = &figure.name;
        assert!((0.90..=0.99).contains(&held), "{name}: {held}");
    }
}
