//! Where the paragraphs of a text begin and end.

use super::hyphens::{Hyphens, Seam, is_broken};
use super::layout::Layout;
use super::lines::{Line, is_one_line, lines};
use super::pages::Pages;
use super::{Paragraph, fold_white_space, markdown};
use crate::ingest::Format;

/// Parts a text into paragraphs, in order.
///
/// `text[start..end]` of each begins and ends with something other than white
/// space. In plain text (and in the text of rows) every such character is in
/// exactly one paragraph, but page numbers and running heads within a paragraph, which its
/// text leaves out, as it does the hyphens of words that were broken at the end of a line; Markdown leaves out front matter and rules.
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
    let reader = Reader {
        text,
        layout: Layout::of(text, &lines),
        pages: Pages::of(text, &lines),
        hyphens: Hyphens::of(text),
        lines: &lines,
    };
    let mut paragraphs = Vec::new();
    let mut own = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        own.clear();
        own.push(at);
        while let Some(next) = reader.next(own[own.len() - 1], own.len()) {
            own.push(next);
        }
        paragraphs.push(reader.paragraph(&own));
        at = own[own.len() - 1] + 1;
    }
    paragraphs
}

/// The lines of a text, and how they go together.
struct Reader<'t, 'l> {
    text: &'t str,
    lines: &'l [Line],
    layout: Layout,
    pages: Pages,
    hyphens: Hyphens<'t>,
}

impl<'t> Reader<'t, '_> {
    /// The line that goes on with a paragraph that has `so_far` lines, of which `last` is the last.
    fn next(&self, last: usize, so_far: usize) -> Option<usize> {
        if self.pages.is_furniture(last) {
            return None;
        }
        let next = last + 1;
        let behind = (next..self.lines.len()).find(|at| !self.pages.is_furniture(*at))?;
        let (line, going_on) = (&self.lines[last], &self.lines[behind]);
        let joins = behind == next && self.layout.joins(self.text, line, going_on, so_far as u32);
        let is_over_page = || {
            let fed = || self.lines[next..=behind].iter().any(|line| line.fed);
            (behind > next || fed()) && self.layout.joins_over_page(self.text, line, going_on)
        };
        (joins || is_over_page()).then_some(behind)
    }

    /// The paragraph of some lines; its text is without what a page break put between them.
    fn paragraph(&self, own: &[usize]) -> Paragraph<'t> {
        let (first, last) = (own[0], own[own.len() - 1]);
        let span = self.lines[first].start..self.lines[last].end;
        let line = |at: usize| self.lines[at].text(self.text);
        let is_odd =
            |pair: &[usize]| pair[1] > pair[0] + 1 || is_broken(line(pair[0]), line(pair[1]));
        if !own.windows(2).any(is_odd) {
            return Paragraph::new(self.text, span);
        }
        let mut text = fold_white_space(line(first)).into_owned();
        for pair in own.windows(2) {
            match self.hyphens.seam(line(pair[0]), line(pair[1])) {
                Seam::Space => text.push(' '),
                Seam::Hyphen => {}
                Seam::Broken => drop(text.pop()),
            }
            text.push_str(&fold_white_space(line(pair[1])));
        }
        Paragraph {
            start: span.start,
            end: span.end,
            text: text.into(),
        }
    }
}

#[cfg(test)]
mod tests;
