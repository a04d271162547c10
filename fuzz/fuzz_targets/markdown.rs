//! Any bytes as Markdown and as plain text.
#![no_main]

mod read;

use demarche::ingest::Format;
use demarche::text::{Analyzer, Scratch, TextParams};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read::read(Format::Markdown, bytes);
    let params = TextParams {
        char_ngram_range: Some((1, 4)),
        ngram_range: (1, 3),
        negation: true,
        marks: true,
        ..TextParams::default()
    };
    let analyzer = Analyzer::new(params).expect("the ranges are right");
    let mut scratch = Scratch::default();
    for document in read::read(Format::Text, bytes) {
        let terms = analyzer.terms(&document.text, &mut scratch).to_vec();
        for term in terms {
            let name = scratch.name(&term);
            assert_eq!(demarche::text::hash_term(&name), term.hash, "{name:?}");
            assert!(!document.text[term.start as usize..term.end as usize].is_empty());
        }
    }
});
