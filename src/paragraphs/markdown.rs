//! Where the paragraphs of Markdown begin and end.
//!
//! The blocks of CommonMark as far as they matter to prose: lines are joined,
//! headings, list items, block quotes, rows of tables and fenced code stand by
//! themselves with their markers; front matter, rules and the lines under
//! headings and table heads are no paragraphs.

use super::Paragraph;
use super::lines::{Line, lines};

/// What a line of Markdown is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    /// A rule, the line under a heading, the line under a table's head, an empty quote.
    Rule,
    Heading,
    Row,
    /// The first line of a list item.
    Item,
    /// A list item that starts with a number other than 1, which prose may too.
    LaterNumber,
    Quote,
    Prose,
}

/// Parts Markdown into paragraphs.
pub(super) fn segment(text: &str) -> Vec<Paragraph<'_>> {
    let lines = lines(text);
    let fences = Fences::of(text, &lines);
    let mut paragraphs = Paragraphs {
        text,
        done: Vec::new(),
        open: None,
    };
    let mut at = front_matter(text, &lines);
    let mut table = false;
    while let Some(line) = lines.get(at) {
        if line.blanks > 0 {
            paragraphs.close();
            table = false;
        }
        if let Some(end) = fences.end(at) {
            paragraphs.close();
            paragraphs
                .done
                .push(Paragraph::new(text, line.start..lines[end].end));
            at = end + 1;
            continue;
        }
        let under = lines.get(at + 1).filter(|next| next.blanks == 0);
        table |= under.is_some_and(|next| is_table_rule(next.text(text)));
        paragraphs.add(line, block(line.text(text), table));
        at += 1;
    }
    paragraphs.close();
    paragraphs.done
}

struct Paragraphs<'a> {
    text: &'a str,
    done: Vec<Paragraph<'a>>,
    open: Option<Open>,
}

struct Open {
    start: usize,
    end: usize,
    block: Block,
}

impl Paragraphs<'_> {
    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.done
                .push(Paragraph::new(self.text, open.start..open.end));
        }
    }

    /// Takes the next line into the open paragraph, or opens one for it.
    fn add(&mut self, line: &Line, block: Block) {
        let joins = self.open.as_ref().is_some_and(|open| match block {
            Block::Rule | Block::Heading | Block::Row | Block::Item => false,
            Block::LaterNumber => open.block == Block::Prose,
            Block::Quote => open.block == Block::Quote,
            // A quote or item goes on without its marker.
            Block::Prose => true,
        });
        match &mut self.open {
            Some(open) if joins => open.end = line.end,
            _ => {
                self.close();
                if block != Block::Rule {
                    self.open = Some(Open {
                        start: line.start,
                        end: line.end,
                        block,
                    });
                }
            }
        }
        if matches!(block, Block::Heading | Block::Row) {
            self.close();
        }
    }
}

fn block(line: &str, table: bool) -> Block {
    let quoted = line.starts_with('>');
    let held = line.trim_start_matches(|c: char| c == '>' || (quoted && c.is_whitespace()));
    if held.is_empty() || is_rule(held) || is_table_rule(held) {
        return Block::Rule;
    }
    if is_heading(held) {
        return Block::Heading;
    }
    if held.starts_with('|') || table {
        return Block::Row;
    }
    match item_number(held) {
        Some(0 | 1) => Block::Item,
        Some(_) => Block::LaterNumber,
        None if quoted => Block::Quote,
        None => Block::Prose,
    }
}

/// `***`, `- - -`, `___`, and the `===` or `---` under a heading.
fn is_rule(line: &str) -> bool {
    let mut marks = line.chars().filter(|c| !c.is_whitespace());
    let Some(first) = marks.next().filter(|c| "*-_=".contains(*c)) else {
        return false;
    };
    let mut n = 1;
    marks.all(|mark| {
        n += 1;
        mark == first
    }) && n >= 3
}

/// `|---|:--:|`, under a table's head.
fn is_table_rule(line: &str) -> bool {
    line.contains('|')
        && line.contains('-')
        && line.chars().all(|c| "|:-".contains(c) || c.is_whitespace())
}

/// `# ` to `###### `.
fn is_heading(line: &str) -> bool {
    let behind = line.trim_start_matches('#');
    let n = line.len() - behind.len();
    (1..=6).contains(&n) && (behind.is_empty() || behind.starts_with(char::is_whitespace))
}

/// The number of a list item, 0 for a bullet.
fn item_number(line: &str) -> Option<u32> {
    let digits = line.bytes().take(9).take_while(u8::is_ascii_digit).count();
    let (number, close) = if digits == 0 {
        (0, ['-', '*', '+'].as_slice())
    } else {
        (line[..digits].parse().ok()?, ['.', ')'].as_slice())
    };
    let behind = line[digits..].strip_prefix(close)?;
    (behind.is_empty() || behind.starts_with(char::is_whitespace)).then_some(number)
}

/// How many lines front matter takes, with the lines around it.
fn front_matter(text: &str, lines: &[Line]) -> usize {
    let line = |at: usize| lines.get(at).map(|line| line.text(text));
    let Some(fence @ ("---" | "+++")) = line(0) else {
        return 0;
    };
    if lines[0].blanks > 0 {
        return 0;
    }
    // Prose between two rules is no front matter.
    let names_a_value = |line: &str| {
        line.split_once([':', '=']).is_some_and(|(name, _)| {
            let name = name.trim();
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_alphanumeric() || "-_.\"'".contains(c))
        })
    };
    let first = line(1).unwrap_or_default();
    if first != fence && !first.starts_with('#') && !names_a_value(first) {
        return 0;
    }
    let end = lines[1..].iter().position(|line| {
        let line = line.text(text);
        line == fence || (fence == "---" && line == "...")
    });
    end.map_or(0, |end| end + 2)
}

/// Which lines open fenced code, and where it closes.
struct Fences {
    ends: Vec<Option<usize>>,
}

impl Fences {
    /// Finds them in two passes, so that fences never closed cost no more than others.
    fn of(text: &str, lines: &[Line]) -> Self {
        let mut ends = vec![None; lines.len()];
        let fences: Vec<(usize, Fence)> = lines
            .iter()
            .enumerate()
            .filter_map(|(at, line)| Some((at, Fence::of(line.text(text))?)))
            .collect();
        // The longest fence that could close code, from each fence on.
        let mut longest = vec![[0usize; 2]; fences.len() + 1];
        for (i, (_, fence)) in fences.iter().enumerate().rev() {
            longest[i] = longest[i + 1];
            if fence.is_bare {
                let kind = usize::from(fence.mark == b'~');
                longest[i][kind] = longest[i][kind].max(fence.len);
            }
        }
        let mut i = 0;
        while let Some((at, open)) = fences.get(i) {
            i += 1;
            let kind = usize::from(open.mark == b'~');
            // A fence never closed would make code of the rest of the article.
            if longest[i][kind] < open.len {
                continue;
            }
            let close = fences[i..].iter().position(|(_, fence)| {
                fence.is_bare && fence.mark == open.mark && fence.len >= open.len
            });
            if let Some(n) = close {
                ends[*at] = Some(fences[i + n].0);
                i += n + 1;
            }
        }
        Fences { ends }
    }

    /// The last line of the code that opens on this line.
    fn end(&self, at: usize) -> Option<usize> {
        self.ends[at]
    }
}

/// A line of three or more backticks or tildes.
struct Fence {
    mark: u8,
    len: usize,
    /// Nothing stands behind them, so it may close code.
    is_bare: bool,
}

impl Fence {
    fn of(line: &str) -> Option<Self> {
        let mark = *line.as_bytes().first()?;
        if mark != b'`' && mark != b'~' {
            return None;
        }
        let len = line.bytes().take_while(|&byte| byte == mark).count();
        let behind = &line[len..];
        // "```a``` b" is code within a line.
        let is_fence = len >= 3 && !(mark == b'`' && behind.contains('`'));
        is_fence.then_some(Fence {
            mark,
            len,
            is_bare: behind.is_empty(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slices(text: &str) -> Vec<&str> {
        let paragraphs = segment(text);
        paragraphs.iter().map(|p| &text[p.start..p.end]).collect()
    }

    #[test]
    fn blocks_are_told_apart() {
        let text = "---\ntitle: A\ndate: 2026-01-05\n---\n# Head\nOne\ntwo *x*.\n\n- a\n- b\n  c\n\n  d\n\
                    1. e\n2. f\n> g\n> h\n>\n> i\n\n***\nUnder\n=====\nj\n\n| k | l |\n|---|---|\n| m | n |\n\
                    \n```rust\nfn o() {}\n\np\n```\nq";
        assert_eq!(
            slices(text),
            [
                "# Head",
                "One\ntwo *x*.",
                "- a",
                "- b\n  c",
                "d",
                "1. e",
                "2. f",
                "> g\n> h",
                "> i",
                "Under",
                "j",
                "| k | l |",
                "| m | n |",
                "```rust\nfn o() {}\n\np\n```",
                "q"
            ]
        );
    }

    #[test]
    fn rules_around_prose_are_no_front_matter() {
        assert_eq!(
            slices("---\nProse, and more.\n---\nEnd"),
            ["Prose, and more.", "End"]
        );
        assert_eq!(slices("---\nno: end\n\nprose"), ["no: end", "prose"]);
        assert_eq!(slices("a\n\n---\n\nb\n"), ["a", "b"]);
    }

    #[test]
    fn a_fence_never_closed_is_no_code() {
        assert_eq!(slices("```\na\n\nb"), ["```\na", "b"]);
        assert_eq!(
            slices("````\na\n```\n\nb\n\n~~~\nc\n~~~"),
            ["````\na\n```", "b", "~~~\nc\n~~~"]
        );
    }

    #[test]
    fn a_table_needs_no_outer_bars() {
        assert_eq!(
            slices("a | b\n--- | ---\n1 | 2\n3 | 4\n\nc"),
            ["a | b", "1 | 2", "3 | 4", "c"]
        );
    }

    proptest! {
        #[test]
        fn slices_are_in_order_and_trimmed(text in "[-#>*_=|`~0-9.:+ ab\n\t\u{a0}é]{0,200}") {
            let mut last = 0;
            for paragraph in segment(&text) {
                let slice = &text[paragraph.start..paragraph.end];
                prop_assert!(paragraph.start >= last && !slice.is_empty());
                prop_assert_eq!(slice, slice.trim());
                prop_assert_eq!(&paragraph.text, &super::super::fold_white_space(slice));
                last = paragraph.end;
            }
        }
    }
}
