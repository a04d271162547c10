//! Any bytes as a zip archive: as they are, and with the signatures that make them one.
#![no_main]

mod read;

use libfuzzer_sys::fuzz_target;

/// The first half as the files, the other as the directory, with an end that says so.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let middle = bytes.len() / 2;
    let mut sealed = bytes.to_vec();
    sealed[..4].copy_from_slice(b"PK\x03\x04");
    sealed[middle..middle + 4].copy_from_slice(b"PK\x01\x02");
    sealed.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    sealed.extend(((bytes.len() - middle) as u32).to_le_bytes());
    sealed.extend((middle as u32).to_le_bytes());
    sealed.extend([0, 0]);
    sealed
}

fuzz_target!(|bytes: &[u8]| {
    read::read_any("a.zip", bytes);
    if bytes.len() >= 8 {
        read::read_any("a.zip", &sealed(bytes));
    }
});
