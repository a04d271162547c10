//! Plain text and Markdown: a file is one text, in parts where it is long.
//!
//! The parts put together are the decoded text, byte for byte.

use std::io::Read;

use encoding_rs::{CoderResult, Decoder};

use super::encoding::{Stream, guess, not_utf8};
use super::{Document, Format, IngestParams, Problem};
use crate::error::Place;

/// A part is cut at a blank line or newline in its last `1 / NEAR`, else anywhere.
const NEAR: usize = 4;

/// The parts of a text stream.
pub(super) struct Parts {
    stream: Stream,
    place: Place,
    format: Format,
    part_bytes: usize,
    /// Bytes read and not yet decoded.
    raw: Vec<u8>,
    /// Set once the text turned out not to be UTF-8.
    decoder: Option<Decoder>,
    /// Decoded text not yet delivered.
    text: String,
    delivered: usize,
    state: State,
    /// A problem to deliver before anything else, or behind the last part.
    problem: Option<Problem>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    /// All is read and decoded, and not all delivered.
    Draining,
    Done,
}

impl Parts {
    pub fn new(stream: Stream, name: String, format: Format, params: &IngestParams) -> Self {
        Parts {
            stream,
            place: Place::file(name),
            format,
            part_bytes: params.part_bytes.max(1),
            raw: Vec::new(),
            decoder: None,
            text: String::new(),
            delivered: 0,
            state: State::Reading,
            problem: None,
        }
    }

    /// How much memory it holds on to, in bytes.
    #[cfg(test)]
    pub fn held_bytes(&self) -> usize {
        self.raw.capacity() + self.text.capacity()
    }

    /// Reads and decodes until there is more than a part, or no more.
    fn fill(&mut self) -> Result<(), Problem> {
        while self.state == State::Reading && self.text.len() <= self.part_bytes {
            let want = (self.part_bytes as u64).saturating_add(1);
            let before = self.raw.len();
            let read = (&mut self.stream).take(want).read_to_end(&mut self.raw);
            let ended = match read {
                Ok(n) => n == 0,
                Err(error) => {
                    self.problem = Some(self.stream.damaged(self.place.clone(), &error));
                    true
                }
            };
            debug_assert!(ended || self.raw.len() > before);
            if ended {
                self.state = State::Draining;
            }
            self.decode(ended)?;
        }
        Ok(())
    }

    /// Moves what can be decoded from `raw` to `text`.
    ///
    /// # Errors
    /// The warning that the text is not UTF-8, once; the text is decoded none the less.
    fn decode(&mut self, last: bool) -> Result<(), Problem> {
        let mut warning = None;
        if self.decoder.is_none() {
            match std::str::from_utf8(&self.raw) {
                Ok(text) => {
                    self.text.push_str(text);
                    self.raw.clear();
                    return Ok(());
                }
                Err(error) if error.error_len().is_none() && !last => {
                    // A character is cut by the end of what was read so far.
                    let rest = self.raw.split_off(error.valid_up_to());
                    let whole = std::mem::replace(&mut self.raw, rest);
                    self.text.push_str(&String::from_utf8_lossy(&whole));
                    return Ok(());
                }
                Err(_) => {
                    let encoding = guess(&self.raw);
                    warning = Some(not_utf8(self.place.clone(), encoding));
                    self.decoder = Some(encoding.new_decoder_without_bom_handling());
                }
            }
        }
        if let Some(decoder) = &mut self.decoder {
            let mut from = 0;
            loop {
                let room = decoder.max_utf8_buffer_length(self.raw.len() - from);
                self.text.reserve(room.unwrap_or(self.raw.len()));
                let (result, read, _) =
                    decoder.decode_to_string(&self.raw[from..], &mut self.text, last);
                from += read;
                if result == CoderResult::InputEmpty {
                    break;
                }
            }
            self.raw.clear();
        }
        warning.map_or(Ok(()), Err)
    }

    fn part(&mut self) -> Document {
        let rest = if self.text.len() > self.part_bytes {
            self.text.split_off(cut(&self.text, self.part_bytes))
        } else {
            self.state = State::Done;
            String::new()
        };
        let text = std::mem::replace(&mut self.text, rest);
        let start = self.delivered;
        self.delivered += text.len();
        Document {
            place: self.place.clone(),
            format: self.format,
            text,
            continues: (start > 0).then_some(start),
            ..Document::default()
        }
    }
}

impl Iterator for Parts {
    type Item = Result<Document, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Done {
            return self.problem.take().map(Err);
        }
        if let Err(warning) = self.fill() {
            return Some(Err(warning));
        }
        // Of a file that was damaged before its first character only the problem is news.
        if self.text.is_empty() && self.problem.is_some() {
            self.state = State::Done;
            return self.problem.take().map(Err);
        }
        Some(Ok(self.part()))
    }
}

/// Where to cut a text longer than `most` bytes: behind a blank line where one
/// is near the end of the first `most`, else behind a newline, a space, a character.
fn cut(text: &str, most: usize) -> usize {
    let end = boundary(text, most);
    if end == 0 {
        return text.chars().next().map_or(0, char::len_utf8);
    }
    let near = boundary(text, end - end / NEAR);
    let window = &text[near..end];
    let mut newline = None;
    for (at, _) in window.rmatch_indices('\n') {
        newline.get_or_insert(at + 1);
        let line_start = window[..at].rfind('\n').map(|before| before + 1);
        if line_start.is_some_and(|start| window[start..at].trim().is_empty()) {
            return near + at + 1;
        }
    }
    newline
        .or_else(|| window.rfind(' ').map(|at| at + 1))
        .map_or(end, |at| near + at)
}

/// The last character boundary at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_at_a_blank_line_else_a_newline_else_a_space() {
        let text = |tail: &str| format!("{}{tail}", "x".repeat(80));
        assert_eq!(cut(&text("a\n \nb\nc d e f g h i j k l m n"), 100), 84);
        assert_eq!(cut(&text("a b\nc d e f g h i j k l m n o"), 100), 84);
        assert_eq!(cut(&text("a bcdefghijklmnopqrstuvwxyz"), 100), 82);
        assert_eq!(cut(&"é".repeat(60), 99), 98);
        assert_eq!(cut("éé", 1), 2);
    }
}
