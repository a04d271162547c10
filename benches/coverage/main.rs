//! How often a 95 % interval holds the truth, by simulation.
//!
//! `cargo bench --bench coverage` prints the table of `README.md` beside this file; a number after `--` is that of the
//! runs.

mod simulate;

use simulate::{coverage, known};

const SIZES: [u32; 3] = [50, 200, 500];

fn main() {
    let mut runs = std::env::args().filter_map(|argument| argument.parse().ok());
    let runs: u64 = runs.next_back().unwrap_or(2000);
    let by_size = SIZES.map(|n_articles| coverage(n_articles, runs, 1000));
    println!("| figure | truth | 50 articles | 200 | 500 |");
    println!("|---|---|---|---|---|");
    for (i, figure) in known().iter().enumerate() {
        let cells = by_size
            .each_ref()
            .map(|held| format!("{:.1} %", 100.0 * held[i]));
        println!(
            "| {} | {:.3} | {} |",
            figure.name,
            figure.truth,
            cells.join(" | ")
        );
    }
}
