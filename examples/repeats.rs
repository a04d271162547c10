//! Prints labelled rows for measuring speed: `cargo run --example repeats -- N rows.jsonl…` draws N of the rows with
//! replacement and leaves out a quarter of the words of each, so that no two are alike.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use serde_json::Value;
use std::error::Error;
use std::io::Write;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let n: u64 = arguments.next().ok_or("give a number of rows")?.parse()?;
    let mut rows: Vec<Value> = Vec::new();
    for path in arguments {
        for line in std::fs::read_to_string(path)?.lines() {
            rows.push(serde_json::from_str(line)?);
        }
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for i in 0..n {
        let mut row = rows[(rng.next_u64() % rows.len() as u64) as usize].clone();
        let text = row["text"].as_str().ok_or("a row without text")?;
        let kept = text
            .split(' ')
            .filter(|_| !rng.next_u64().is_multiple_of(4));
        row["text"] = kept.collect::<Vec<_>>().join(" ").into();
        row["id"] = format!("r{i}").into();
        row["article"] = format!("a{i}").into();
        writeln!(out, "{row}")?;
    }
    Ok(())
}
