//! Inputs that would fill the memory if they were held.

use super::super::*;

/// Repeats a record and never ends, as far as a test can tell.
struct Endless {
    record: &'static [u8],
    left: u64,
    at: usize,
}

impl Endless {
    fn stream(head: &'static [u8], record: &'static [u8], bytes: u64) -> encoding::Stream {
        let body = Endless {
            record,
            left: bytes,
            at: 0,
        };
        encoding::Stream::new(std::io::Read::chain(head, body), Arc::default())
    }
}

impl std::io::Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = into.len().min(self.left as usize);
        for slot in &mut into[..n] {
            *slot = self.record[self.at];
            self.at = (self.at + 1) % self.record.len();
        }
        self.left -= n as u64;
        Ok(n)
    }
}

const LONG: u64 = 256 << 20;

#[test]
fn a_line_without_end_is_not_held() {
    let params = IngestParams {
        max_record_bytes: 1 << 20,
        ..IngestParams::default()
    };
    let stream = Endless::stream(b"{\"text\": \"", b"a", LONG);
    let mut rows = jsonl::Jsonl::new(stream, "-".to_owned(), &params);
    assert!(rows.next().unwrap().is_err());
    assert!(rows.held_bytes() <= 4 << 20);
    assert!(rows.next().is_none());
}

#[test]
fn a_quote_without_end_is_not_held() {
    let params = IngestParams {
        max_record_bytes: 1 << 20,
        ..IngestParams::default()
    };
    let stream = Endless::stream(b"text\n\"", b"a", LONG);
    let mut rows = delimited::Delimited::new(stream, "-".to_owned(), false, &params);
    assert!(rows.next().unwrap().is_err());
    assert!(rows.held_bytes() <= 4 << 20);
    assert!(rows.next().is_none());
}

#[test]
fn a_record_of_delimiters_without_end_is_not_held() {
    let params = IngestParams {
        max_record_bytes: 1 << 20,
        ..IngestParams::default()
    };
    let stream = Endless::stream(b"text,b\n", b",", LONG);
    let mut rows = delimited::Delimited::new(stream, "-".to_owned(), false, &params);
    let problem = rows.next().unwrap().unwrap_err();
    assert!(problem.message.contains("longer than"), "{problem}");
    assert!(rows.held_bytes() <= 4 << 20);
    assert!(rows.next().is_none());
}

#[test]
fn a_text_without_end_comes_in_parts() {
    let params = IngestParams {
        part_bytes: 1 << 20,
        ..IngestParams::default()
    };
    let stream = Endless::stream(b"", b"A sentence of a long text.\n\n", LONG / 4);
    let mut length = 0;
    let mut parts = text::Parts::new(stream, "-".to_owned(), Format::Text, &params);
    while let Some(part) = parts.next() {
        let part = part.unwrap();
        assert_eq!(part.continues.unwrap_or(0), length);
        assert!(part.text.len() <= 1 << 20);
        assert!(part.text.ends_with("\n\n") || part.text.len() < 1 << 19);
        assert!(parts.held_bytes() <= 8 << 20);
        length += part.text.len();
    }
    assert_eq!(length as u64, LONG / 4);
}
