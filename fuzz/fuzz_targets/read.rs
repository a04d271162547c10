//! What the targets that read files share.

use demarche::ingest::{Document, Format, IngestParams, open};
use demarche::paragraphs::{fold_white_space, segment};
use std::io::Write;

/// Reads `bytes` as a file of this format, in records and parts of a few sizes, and parts what comes out
/// into paragraphs. Gives what is read whole.
pub fn read(format: Format, bytes: &[u8]) -> Vec<Document> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("a temporary file");
    let path = file.path().display().to_string();
    let mut whole = None;
    for (part_bytes, max_record_bytes) in [(16 << 20, 64 << 20), (64, 64), (7, 1)] {
        let params = IngestParams {
            format: Some(format),
            part_bytes,
            max_record_bytes,
            ..IngestParams::default()
        };
        let documents = open(std::slice::from_ref(&path), &params).expect("the file is there");
        let read: Vec<Document> = documents.filter_map(Result::ok).collect();
        for document in &read {
            assert_paragraphs(document);
        }
        whole.get_or_insert(read);
    }
    whole.unwrap_or_default()
}

/// Asserts that paragraphs are slices of the text, in order, and leave out nothing of a plain text.
fn assert_paragraphs(document: &Document) {
    let text = &document.text;
    let mut last = 0;
    for paragraph in segment(text, document.format) {
        assert!(last <= paragraph.start && paragraph.start < paragraph.end);
        let is_plain = document.format != Format::Markdown;
        assert!(!is_plain || text[last..paragraph.start].trim().is_empty());
        let slice = &text[paragraph.start..paragraph.end];
        let folded = fold_white_space(slice);
        if is_plain && paragraph.text != folded {
            // Hyphens of broken words and what stands between pages are left out; nothing is put in.
            let mut letters = slice.chars().filter(|c| !c.is_whitespace());
            let mut own = paragraph.text.chars().filter(|c| !c.is_whitespace());
            assert!(own.all(|c| letters.any(|other| other == c)));
        } else {
            assert_eq!(paragraph.text, folded);
        }
        last = paragraph.end;
    }
    assert!(document.format == Format::Markdown || text[last..].trim().is_empty());
}
