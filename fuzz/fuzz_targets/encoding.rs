//! Any bytes as a file of a name that says little: what it is is told by its first bytes, and its encoding by a mark, by
//! itself or by a guess; also packed.
#![no_main]

mod read;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use std::io::Write;

const NAMES: [&str; 6] = ["a", "a.txt", "a.html", "a.json", "a.xml", "a.csv"];

/// Marks and declarations to put before the bytes.
const LEADS: [&[u8]; 7] = [
    b"",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"<meta charset=gbk>",
    b"<meta charset=shift_jis>",
    b"<meta charset=windows-1251>",
];

fuzz_target!(|bytes: &[u8]| {
    let [choice, bytes @ ..] = bytes else { return };
    let choice = usize::from(*choice);
    let name = NAMES[choice % NAMES.len()];
    let lead = LEADS[choice / NAMES.len() % LEADS.len()];
    let text = [lead, bytes].concat();
    let plain = read::read_any(name, &text);
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&text).expect("memory");
    let unpacked = read::read_any(name, &packed.finish().expect("memory"));
    let texts = |all: &[demarche::ingest::Document]| -> Vec<String> {
        all.iter().map(|document| document.text.clone()).collect()
    };
    // What is gzip or zip already is told by the plain bytes alone.
    let is_packed = [&b"PK"[..], b"\x1f\x8b", b"\x28\xb5"]
        .iter()
        .any(|magic| text.starts_with(magic));
    assert!(is_packed || texts(&plain) == texts(&unpacked));
});
