//! What the targets that read files share.

#![allow(dead_code, reason = "each target uses its own part of this")]

use demarche::ingest::{Document, Format, IngestParams, open};
use demarche::paragraphs::{fold_white_space, segment};
use std::path::Path;

/// A panic that is caught is no finding; any other is.
fn pass_caught_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(demarche::ingest::hide_caught_panics);
}

/// Reads `bytes` as a file of this format, in records and parts of a few sizes, and parts what comes out
/// into paragraphs. Gives what is read whole.
pub fn read(format: Format, bytes: &[u8]) -> Vec<Document> {
    pass_caught_panics();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a");
    std::fs::write(&path, bytes).expect("a temporary file");
    let mut whole = None;
    for (part_bytes, max_record_bytes) in [(16 << 20, 64 << 20), (64, 64), (7, 1)] {
        let params = IngestParams {
            format: Some(format),
            part_bytes,
            max_record_bytes,
            ..IngestParams::default()
        };
        let documents = documents(&path, &params);
        whole.get_or_insert(documents);
    }
    whole.unwrap_or_default()
}

/// Reads `bytes` as a file of this name, whatever it is, and as the only file of a folder.
pub fn read_any(name: &str, bytes: &[u8]) -> Vec<Document> {
    pass_caught_panics();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a temporary file");
    let params = IngestParams {
        max_unpacked_bytes: 1 << 20,
        max_archive_depth: 2,
        max_entries: 100,
        ..IngestParams::default()
    };
    documents(folder.path(), &params);
    documents(&path, &params)
}

fn documents(path: &Path, params: &IngestParams) -> Vec<Document> {
    let path = path.display().to_string();
    let documents = open(&[path], params).expect("the file is there");
    let read: Vec<Document> = documents.filter_map(Result::ok).collect();
    for document in &read {
        match document.blocks.is_empty() {
            true => assert_paragraphs(document),
            false => assert_blocks(document),
        }
    }
    read
}

/// Asserts that the blocks of a page are slices of its text, in order, and leave out nothing.
fn assert_blocks(document: &Document) {
    let text = &document.text;
    let mut last = 0;
    for block in &document.blocks {
        assert!(last <= block.start && block.start < block.end);
        assert!(text[last..block.start].trim().is_empty());
        let inside = &text[block.start..block.end];
        assert_eq!(inside, inside.trim());
        last = block.end;
    }
    assert!(text[last..].trim().is_empty());
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
