//! What printed pages leave between the lines of a text.
//!
//! Owns [`Pages`]: which lines are page numbers or running heads. A page number is a line of nothing else, next to a
//! form feed, or one more than the page number before it. A running head is one of the two lines on
//! either side of a form feed, or the line next to a page number, that stands at such a place at least twice, whatever its
//! digits.

use super::lines::Line;
use std::collections::HashMap;

/// The longest page number, such as `– page 112 of 344 –`, in characters.
const LONGEST_NUMBER: u32 = 24;
/// The longest running head, in characters.
const LONGEST_HEAD: u32 = 90;
/// How many lines on either side of a form feed a running head may stand on.
const EDGE: usize = 2;

/// Which lines of a text are no part of what was printed on its pages; empty where none is.
#[derive(Debug, Default)]
pub(super) struct Pages(Vec<bool>);

impl Pages {
    pub fn of(text: &str, lines: &[Line]) -> Self {
        let numbers: Vec<(usize, u32)> = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.width <= LONGEST_NUMBER)
            .filter_map(|(at, line)| Some((at, page_number(line.text(text))?)))
            .collect();
        let feeds: Vec<usize> = (1..lines.len()).filter(|at| lines[*at].fed).collect();
        let mut furniture = vec![false; lines.len()];
        let near_feed = |at: usize| {
            let next = feeds.partition_point(|feed| *feed + EDGE <= at);
            feeds.get(next).is_some_and(|feed| *feed <= at + EDGE)
        };
        for (i, (at, number)) in numbers.iter().enumerate() {
            let follows = |other: Option<&(usize, u32)>, step: i64| {
                other.is_some_and(|(_, n)| i64::from(*n) == i64::from(*number) + step)
            };
            let before = i.checked_sub(1).and_then(|i| numbers.get(i));
            let in_order = follows(before, -1) || follows(numbers.get(i + 1), 1);
            furniture[*at] = near_feed(*at) || (in_order && is_set_apart(lines, *at));
        }
        if !furniture.contains(&true) && feeds.is_empty() {
            return Pages::default();
        }
        let mut edges: Vec<usize> = Vec::new();
        for feed in &feeds {
            edges.extend(feed.saturating_sub(EDGE)..(feed + EDGE).min(lines.len()));
        }
        for at in (0..lines.len()).filter(|at| furniture[*at]) {
            edges.extend(at.saturating_sub(1)..(at + 2).min(lines.len()));
        }
        edges.sort_unstable();
        edges.dedup();
        edges.retain(|at| !furniture[*at] && lines[*at].width <= LONGEST_HEAD);
        let mut times: HashMap<String, u32> = HashMap::new();
        for at in &edges {
            *times
                .entry(without_digits(lines[*at].text(text)))
                .or_default() += 1;
        }
        for at in edges {
            furniture[at] = times[&without_digits(lines[at].text(text))] > 1;
        }
        match furniture.contains(&true) {
            true => Pages(furniture),
            false => Pages::default(),
        }
    }

    /// Whether a line is a page number or a running head.
    pub fn is_furniture(&self, at: usize) -> bool {
        self.0.get(at).copied().unwrap_or(false)
    }
}

/// Whether an empty line or a form feed stands above or below a line.
fn is_set_apart(lines: &[Line], at: usize) -> bool {
    let apart = |line: &Line| line.blanks > 0 || line.fed;
    apart(&lines[at]) || lines.get(at + 1).is_none_or(apart)
}

/// The number of a line that is nothing but a page number: `12`, `- 12 -`, `Page 12`, `12 of 40`, `12/40`. What may
/// be the number of an item or a footnote, as `12.` and `[12]`, is none.
fn page_number(line: &str) -> Option<u32> {
    let around = |c: char| c.is_whitespace() || "-–—|".contains(c);
    let line = line.trim_matches(around);
    let named = ["Page", "page", "PAGE", "p.", "P."];
    let line = named
        .iter()
        .find_map(|name| line.strip_prefix(name))
        .unwrap_or(line);
    let line = line.trim_start();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let behind = line[digits..].trim_start();
    let total = behind
        .strip_prefix("of")
        .or(behind.strip_prefix('/'))
        .unwrap_or(behind);
    let is_number = (1..=4).contains(&digits) && total.trim().bytes().all(|b| b.is_ascii_digit());
    // `12 40` is two numbers.
    let is_one = behind.is_empty() || total.len() < behind.len();
    line[..digits].parse().ok().filter(|_| is_number && is_one)
}

/// A line as it is the same on every page.
fn without_digits(line: &str) -> String {
    let kept = line.chars().filter(|c| !c.is_ascii_digit());
    let kept: String = kept.collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    fn furniture(text: &str) -> Vec<&str> {
        let lines = lines(text);
        let pages = Pages::of(text, &lines);
        let at = (0..lines.len()).filter(|at| pages.is_furniture(*at));
        at.map(|at| lines[at].text(text)).collect()
    }

    #[test]
    fn page_numbers_are_told() {
        for line in [
            "12",
            "- 12 -",
            "– 12 –",
            "Page 12",
            "page 12 of 40",
            "12/40",
        ] {
            assert_eq!(page_number(line), Some(12), "{line}");
        }
        for line in [
            "12 40", "12%", "$12", "12 chips", "", "-", "20250", "Page", "3.5", "12.", "[12]",
        ] {
            assert_eq!(page_number(line), None, "{line}");
        }
    }

    #[test]
    fn numbers_and_heads_between_pages_are_found() {
        let text = "One line\nof text\n11\n\u{c}TRADE REVIEW 2025\nmore of it\nhere\n12\n\u{c}TRADE REVIEW 2026\nend";
        assert_eq!(
            furniture(text),
            ["11", "TRADE REVIEW 2025", "12", "TRADE REVIEW 2026"]
        );
        let unfed = "one\n\n- 3 -\n\ntwo\n\n- 4 -\n\nthree";
        assert_eq!(furniture(unfed), ["- 3 -", "- 4 -"]);
    }

    #[test]
    fn numbers_in_tables_and_lists_are_no_pages() {
        assert_eq!(furniture("rate of\n25\npercent on\n26\ngoods"), [""; 0]);
        assert_eq!(furniture("Soybeans\n\n25\n\nSteel\n\n50\n\nCars"), [""; 0]);
        assert_eq!(furniture("one\u{c}two\u{c}three"), [""; 0]);
    }
}
