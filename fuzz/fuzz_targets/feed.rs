//! Any bytes as an RSS, Atom or JSON feed.
#![no_main]

mod read;

use demarche::ingest::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read::read(Format::Feed, bytes);
});
