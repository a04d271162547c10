//! Words that were broken at the end of a line.
//!
//! Owns [`is_broken`] and [`Hyphens`], which tells a hyphen that the break put there (`con-` over `trols`) from one
//! that belongs to a compound (`state-` over `owned`, `US-` over `China`). What the same text writes elsewhere
//! decides first; then a hyphen behind a capital, a digit or another hyphen stays, as does one before the usual second
//! parts of compounds, or between two words that both stand elsewhere; all others go.

use super::lines::begins_small;
use std::cell::OnceCell;
use std::collections::HashSet;

/// The second parts of compounds that news breaks most often.
const SECOND_PARTS: &[&str] = &[
    "backed",
    "based",
    "called",
    "controlled",
    "dominated",
    "driven",
    "focused",
    "free",
    "friendly",
    "funded",
    "imposed",
    "led",
    "level",
    "linked",
    "made",
    "old",
    "oriented",
    "owned",
    "ranking",
    "related",
    "run",
    "scale",
    "sensitive",
    "speaking",
    "sponsored",
    "style",
    "term",
    "year",
];

/// The hyphens at the end of a line.
const HYPHENS: [char; 4] = ['-', '\u{2010}', '¬', '\u{ad}'];

/// Those that stand nowhere but where a word is broken: as scans have them, and the soft hyphen.
const SURE: [char; 2] = ['¬', '\u{ad}'];

/// What joins two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seam {
    /// A blank.
    Space,
    /// Nothing: the hyphen belongs to the word.
    Hyphen,
    /// Nothing, and the hyphen goes.
    Broken,
}

/// Whether a line ends within a word or a compound that `next` goes on with.
pub(super) fn is_broken(line: &str, next: &str) -> bool {
    let Some(whole) = line.strip_suffix(HYPHENS) else {
        return false;
    };
    whole.ends_with(char::is_alphanumeric) && next.starts_with(char::is_alphabetic)
}

/// Whether the word surely goes on: its second half is small, or its first ends as `US` or `G20`.
pub(super) fn surely_goes_on(line: &str, next: &str) -> bool {
    let first = line.trim_end_matches(HYPHENS);
    is_broken(line, next) && (begins_small(next) || !first.ends_with(char::is_lowercase))
}

/// The hyphens of one text.
pub(super) struct Hyphens<'t> {
    text: &'t str,
    /// Its words in small letters, but the halves of broken ones; gathered when the first is met.
    words: OnceCell<HashSet<String>>,
}

impl<'t> Hyphens<'t> {
    pub fn of(text: &'t str) -> Self {
        Hyphens {
            text,
            words: OnceCell::new(),
        }
    }

    /// What joins `line` to `next`, which goes on with its paragraph.
    pub fn seam(&self, line: &str, next: &str) -> Seam {
        if !is_broken(line, next) {
            return Seam::Space;
        }
        if line.ends_with(SURE) {
            return Seam::Broken;
        }
        let whole = line.trim_end_matches(HYPHENS);
        let in_word = |c: char| c.is_alphanumeric() || c == '-' || c == '\u{2010}';
        let left = whole.rsplit(|c| !in_word(c)).next().unwrap_or(whole);
        let right = next
            .split(|c: char| !c.is_alphanumeric())
            .next()
            .unwrap_or(next);
        match self.belongs(left, right) {
            true => Seam::Hyphen,
            false => Seam::Broken,
        }
    }

    /// Whether the hyphen between two halves is a compound's own.
    fn belongs(&self, left: &str, right: &str) -> bool {
        if !begins_small(right) || !left.ends_with(char::is_lowercase) || left.contains('-') {
            return true;
        }
        let has = |word: &str| self.words().contains(word);
        let (left, right) = (left.to_lowercase(), right.to_lowercase());
        if has(&format!("{left}{right}")) {
            return false;
        }
        // `re` and `cor` are no first parts, nor is `cancel` one of `led`.
        let is_usual = SECOND_PARTS.contains(&right.as_str())
            && left.len() >= 4
            && !(right == "led" && left.ends_with('l'));
        let are_words = || left.len() >= 3 && right.len() >= 3 && has(&left) && has(&right);
        has(&format!("{left}-{right}")) || is_usual || are_words()
    }

    fn words(&self) -> &HashSet<String> {
        self.words.get_or_init(|| {
            let mut words = HashSet::new();
            let mut is_half = false;
            for piece in self.text.split_whitespace() {
                let word =
                    piece.trim_matches(|c: char| !c.is_alphanumeric() && !HYPHENS.contains(&c));
                let goes_on = word.ends_with(HYPHENS);
                if !goes_on && !is_half {
                    words.insert(word.to_lowercase());
                }
                is_half = goes_on;
            }
            words
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seam(text: &str, line: &str, next: &str) -> Seam {
        Hyphens::of(text).seam(line, next)
    }

    #[test]
    fn broken_words_are_mended() {
        for (line, next) in [
            ("new export con-", "trols on chips"),
            ("the gov-", "ernment said"),
            ("was cancel-", "led, they said"),
            ("is cor-", "related with"),
            ("“Negoti-", "ators”"),
            ("the tar\u{ad}", "iff"),
            ("the ta\u{2010}", "riff"),
        ] {
            assert_eq!(seam("", line, next), Seam::Broken, "{line}{next}");
        }
    }

    #[test]
    fn compounds_keep_their_hyphen() {
        for (line, next) in [
            ("on US-", "China ties"),
            ("the US-", "led order"),
            ("a 20-", "year low"),
            ("state-of-the-", "art chips"),
            ("many state-", "owned banks"),
            ("the Washington-", "based group"),
        ] {
            assert_eq!(seam("", line, next), Seam::Hyphen, "{line}{next}");
        }
        assert_eq!(seam("", "talks -", "and"), Seam::Space);
        assert_eq!(seam("", "talks", "and"), Seam::Space);
    }

    #[test]
    fn what_the_text_writes_elsewhere_decides() {
        let whole = "Multiyear talks. The multi-\nyear plan.";
        assert_eq!(seam(whole, "The multi-", "year plan."), Seam::Broken);
        let parted = "Tit-for-tat and dual-use. The dual-\nuse list.";
        assert_eq!(seam(parted, "The dual-", "use list."), Seam::Hyphen);
        let both = "The cross and the strait. Cross-\nstrait ties.";
        assert_eq!(seam(both, "Cross-", "strait ties."), Seam::Hyphen);
        let halves = "The con-\ntrols and the con-\ntrols.";
        assert_eq!(seam(halves, "The con-", "trols and"), Seam::Broken);
    }
}
