//! Any text as a date.
#![no_main]

use demarche::ingest::read_date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(date) = read_date(text) {
        assert_eq!(
            read_date(&date.to_string()),
            Some(date),
            "what is read can be written and read"
        );
    }
});
