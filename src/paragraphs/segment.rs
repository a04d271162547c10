//! Where the paragraphs of a text begin and end.

use super::layout::Layout;
use super::lines::{is_one_line, lines};
use super::{Paragraph, markdown};
use crate::ingest::Format;

/// Parts a text into paragraphs, in order.
///
/// `text[start..end]` of each begins and ends with something other than white
/// space. In plain text (and in the text of rows) every such character is in
/// exactly one paragraph; Markdown leaves out front matter and rules.
///
/// ```
/// use demarche::{ingest::Format, paragraphs::segment};
/// let text = "A headline\n\nOne line.\nAnother.";
/// let paragraphs = segment(text, Format::Text);
/// assert_eq!(paragraphs.len(), 3);
/// assert_eq!(&text[paragraphs[1].start..paragraphs[1].end], "One line.");
/// ```
pub fn segment(text: &str, format: Format) -> Vec<Paragraph<'_>> {
    match format {
        Format::Markdown => markdown::segment(text),
        _ => plain(text),
    }
}

fn plain(text: &str) -> Vec<Paragraph<'_>> {
    if is_one_line(text) {
        let start = text.len() - text.trim_start().len();
        let span = start..start + text.trim().len();
        return match span.is_empty() {
            true => Vec::new(),
            false => vec![Paragraph::new(text, span)],
        };
    }
    let lines = lines(text);
    let layout = Layout::of(text, &lines);
    let mut paragraphs = Vec::new();
    let mut rest = lines.as_slice();
    while let [first, behind @ ..] = rest {
        let mut last = first;
        let mut n = 1;
        for next in behind {
            if !layout.joins(text, last, next, n as u32) {
                break;
            }
            last = next;
            n += 1;
        }
        paragraphs.push(Paragraph::new(text, first.start..last.end));
        rest = &rest[n..];
    }
    paragraphs
}

#[cfg(test)]
mod tests;
