//! How often a 95 % interval holds the truth, by simulation.
//!
//! `cargo bench --bench coverage` prints the tables of `README.md` beside this file and of `docs/trends.md`; a number after
//! `--` is that of the runs.

mod correction;
mod simulate;

use correction::Design;
use simulate::{coverage, known};

const SIZES: [u32; 3] = [50, 200, 500];

fn main() {
    let mut runs = std::env::args().filter_map(|argument| argument.parse().ok());
    let runs: u64 = runs.next_back().unwrap_or(2000);
    figures_of_a_benchmark(runs);
    println!("\nshares of documents, counted and corrected for the model's errors: held, off by");
    shares(runs, "errors as in the coded rows", Design::Same);
    shares(runs, "errors shifted", Design::Shifted);
}

fn figures_of_a_benchmark(runs: u64) {
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

fn shares(runs: u64, design: &str, which: Design) {
    println!("\n| {design} | truth | counted | corrected |\n|---|---|---|---|");
    let cell = |(held, off): (f64, f64)| format!("{:.1} %, {off:+.3}", 100.0 * held);
    for held in correction::coverage(runs, which) {
        let (counted, corrected) = (cell(held.counted), cell(held.corrected));
        println!(
            "| {} | {:.3} | {counted} | {corrected} |",
            held.name, held.truth
        );
    }
}
