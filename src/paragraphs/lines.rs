//! What a line is, and what it looks like.
//!
//! A line ends at `\n`, `\r\n`, a lone `\r`, a vertical tab, a form feed, U+0085,
//! U+2028 or U+2029. Blank lines are not kept but counted on the line below them.

/// Blank lines that stand for a certain end of a paragraph.
const PARAGRAPH_SEPARATOR: u32 = 1 << 16;

/// A line with something on it; `start..end` leaves out the white space around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub start: usize,
    pub end: usize,
    /// White space before it, in characters.
    pub indent: u32,
    /// What it holds, in characters.
    pub width: u32,
    /// Its first word, in characters.
    pub first_word: u32,
    /// Blank lines above it.
    pub blanks: u32,
    /// Whether a form feed stands above it.
    pub fed: bool,
}

impl Line {
    pub fn text<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start..self.end]
    }

    /// How far to the right it goes, in characters.
    pub fn reach(&self) -> u32 {
        self.indent + self.width
    }

    pub fn is_one_word(&self) -> bool {
        self.first_word == self.width
    }
}

/// Every line of a text that is not blank.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let bytes = text.as_bytes();
    let mut lines = Vec::with_capacity(text.len() / 256);
    let (mut from, mut blanks, mut fed) = (0, 0u32, false);
    while from < bytes.len() {
        let (end, next) = line_end(bytes, from);
        match line(text, from, end) {
            Some(mut line) => {
                line.blanks = std::mem::take(&mut blanks);
                line.fed = std::mem::take(&mut fed);
                lines.push(line);
            }
            None => blanks = blanks.saturating_add(1),
        }
        if bytes[end..next] == *"\u{2029}".as_bytes() {
            blanks = blanks.saturating_add(PARAGRAPH_SEPARATOR);
        }
        fed |= bytes[end..next] == *b"\x0c";
        from = next;
    }
    lines
}

/// Whether a text has no end of a line in it.
pub(super) fn is_one_line(text: &str) -> bool {
    let bytes = text.as_bytes();
    // A loop without a way out is vectorized.
    let ends = |found: bool, byte: &u8| found | matches!(*byte, b'\n'..=b'\r');
    let is_end = |at: usize| {
        matches!(
            bytes[at..],
            [0xC2, 0x85, ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..]
        )
    };
    !bytes.iter().fold(false, ends) && !memchr::memchr2_iter(0xC2, 0xE2, bytes).any(is_end)
}

/// The end of the line that starts at `from`, and where the next one starts.
fn line_end(bytes: &[u8], from: usize) -> (usize, usize) {
    let mut at = from;
    loop {
        let rest = &bytes[at..];
        let Some(n) = rest
            .iter()
            .position(|byte| matches!(byte, b'\n'..=b'\r' | 0xc2 | 0xe2))
        else {
            return (bytes.len(), bytes.len());
        };
        let rest = &rest[n..];
        at += n;
        let len = match rest {
            [b'\r', b'\n', ..] | [0xc2, 0x85, ..] => 2,
            [0xe2, 0x80, 0xa8 | 0xa9, ..] => 3,
            [b'\n'..=b'\r', ..] => 1,
            _ => 0,
        };
        if len > 0 {
            return (at, at + len);
        }
        at += 1;
    }
}

fn line(text: &str, from: usize, to: usize) -> Option<Line> {
    let whole = &text[from..to];
    let behind_indent = whole.trim_start();
    let held = behind_indent.trim_end();
    if held.is_empty() {
        return None;
    }
    let indent = &whole[..whole.len() - behind_indent.len()];
    let word = held.split(char::is_whitespace).next().unwrap_or(held);
    let start = from + indent.len();
    Some(Line {
        start,
        end: start + held.len(),
        indent: characters(indent),
        width: characters(held),
        first_word: characters(word),
        blanks: 0,
        fed: false,
    })
}

fn characters(text: &str) -> u32 {
    // Bytes that continue no character; this loop is vectorized, `chars` is not.
    let starts = text.bytes().filter(|&byte| (byte as i8) >= -0x40).count();
    // Room to add a few such numbers.
    starts.min(1 << 29) as u32
}

/// Whether a line begins a thing of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Surely: a bullet, `Q:`, `MR. GRAY:`.
    Sure,
    /// Unless the line above runs on into it: a dash, `2.`, `[2]`, `Guo Jiakun:`.
    Likely,
    None,
}

/// The list or speaker mark a line begins with.
pub(super) fn mark(line: &str) -> Mark {
    let mut chars = line.chars();
    let Some(first) = chars.next() else {
        return Mark::None;
    };
    let rest = chars.as_str();
    let spaced = rest.starts_with(char::is_whitespace);
    match first {
        '•' | '‣' | '◦' | '▪' | '■' | '●' | '○' | '►' | '➤' | '·' => Mark::Sure,
        'Q' | 'A' if rest.starts_with(": ") => Mark::Sure,
        'Q' | 'A' if rest.starts_with(". ") => Mark::Likely,
        'Q' if rest.starts_with("  ") || rest.starts_with('\t') => Mark::Sure,
        '-' | '–' | '—' | '*' | '+' if spaced => Mark::Likely,
        _ if is_numbered(line) => Mark::Likely,
        _ => speaker(line),
    }
}

/// `1. `, `12) `, `(3) `, `a) `, `(b) `, `[4] `.
fn is_numbered(line: &str) -> bool {
    let inner = line.trim_start_matches(['(', '[']);
    let opened = inner.len() < line.len();
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    let is_letter = digits == 0 && inner.starts_with(|c: char| c.is_ascii_alphabetic());
    let n = if is_letter { 1 } else { digits };
    if n == 0 || n > 2 {
        return false;
    }
    let Some(close) = inner[n..].chars().next() else {
        return false;
    };
    let closes = match close {
        ')' => true,
        ']' => opened,
        // `A. Smith` is a name.
        '.' => !is_letter && !opened,
        _ => false,
    };
    closes && inner[n + 1..].starts_with(char::is_whitespace)
}

/// `THE PRESIDENT: `, `Guo Jiakun: `: a few capitalized words and a colon.
fn speaker(line: &str) -> Mark {
    let head: &str = match line.char_indices().nth(60) {
        Some((at, _)) => &line[..at],
        None => line,
    };
    let Some((name, behind)) = head.split_once(':') else {
        return Mark::None;
    };
    let mut words = name.split_whitespace();
    let is_name = words.clone().count() <= 6
        && words.all(|word| {
            word.starts_with(|c: char| c.is_uppercase() || c == '(')
                || matches!(word, "of" | "the" | "de" | "and" | "for")
        });
    if name.is_empty() || !is_name || !(behind.is_empty() || behind.starts_with(' ')) {
        return Mark::None;
    }
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    if letters >= 2 && is_all_capitals(name) {
        Mark::Sure
    } else {
        Mark::Likely
    }
}

/// Whether there are capitals and no small letters.
pub(super) fn is_all_capitals(line: &str) -> bool {
    let mut letters = line.chars().filter(|c| c.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(|c| !c.is_lowercase())
}

/// Whether a line ends as a sentence or an introduction does.
pub(super) fn ends_sentence(line: &str) -> bool {
    let line = line.trim_end_matches(['"', '\'', '”', '’', '»', ')', '*', '_']);
    let line = without_footnote(line);
    line.trim_end_matches(['"', '\'', '”', '’', '»', ')'])
        .ends_with(['.', '!', '?', '…', ':', '。', '！', '？', '：'])
}

/// Drops a `[12]` at the end.
fn without_footnote(line: &str) -> &str {
    let inner = line.strip_suffix(']').unwrap_or(line);
    let before = inner.trim_end_matches(|c: char| c.is_ascii_digit());
    match before.strip_suffix('[') {
        Some(before) if before.len() + 2 < line.len() => before,
        _ => line,
    }
}

/// Whether a line begins in the middle of a sentence: with a small letter, and not
/// a name such as `iPhone`.
pub(super) fn begins_small(line: &str) -> bool {
    let mut chars = line.chars();
    chars.next().is_some_and(char::is_lowercase) && !chars.next().is_some_and(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_many_ways() {
        let text = "a\nb\r\nc\rd\u{b}e\u{c}f\u{85}g\u{2028}h\u{2029}i\n \u{a0}\t\n\nj é“”";
        let lines = lines(text);
        let seen: Vec<_> = lines.iter().map(|line| line.text(text)).collect();
        assert_eq!(seen, ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j é“”"]);
        assert_eq!(lines[8].blanks, PARAGRAPH_SEPARATOR);
        assert_eq!(lines[9].blanks, 2);
        assert_eq!(lines[9].width, 5);
        assert_eq!(lines[9].first_word, 1);
    }

    #[test]
    fn marks_are_told_from_prose() {
        for line in [
            "• a",
            "Q: Why?",
            "Q  Thank you.",
            "MR. GRAY:  Yes",
            "THE PRESIDENT:",
        ] {
            assert_eq!(mark(line), Mark::Sure, "{line:?}");
        }
        for line in [
            "- a",
            "A. No.",
            "— a",
            "1. a",
            "12) a",
            "(3) a",
            "a) b",
            "[4] c",
            "Guo Jiakun: No",
        ] {
            assert_eq!(mark(line), Mark::Likely, "{line:?}");
        }
        for line in [
            "J. Smith",
            "2025. It",
            "-a",
            "Q4 was",
            "he said: no",
            "10:30 a.m.",
            "A",
        ] {
            assert_eq!(mark(line), Mark::None, "{line:?}");
        }
    }

    #[test]
    fn sentences_end_behind_quotes_and_footnotes() {
        for line in ["a.", "a.”", "a.[2]", "a.\"[12]", "(a.)", "so:", "why?’"] {
            assert!(ends_sentence(line), "{line:?}");
        }
        for line in ["a", "a,", "a [sic]", "1998", "]", "a;"] {
            assert!(!ends_sentence(line), "{line:?}");
        }
    }
}
