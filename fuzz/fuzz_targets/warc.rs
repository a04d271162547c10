//! Any bytes as a web archive.
#![no_main]

mod read;

use demarche::ingest::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read::read(Format::Warc, bytes);
});
