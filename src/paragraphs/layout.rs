//! Whether the newlines of a plain text end paragraphs or only wrap them.
//!
//! The evidence is that of a greedy wrap: at the width `W` a line was broken where
//! the next word would not have fitted, so each pair of lines `(a, b)` of a wrapped
//! paragraph, with `r` the reach of `a` and `w` the first word of `b`, has
//! `r ≤ W < r + 1 + w`. Every pair votes for the widths it allows; a text is wrapped
//! where one width has many votes, part of them from sentences that run on.

use super::hyphens::surely_goes_on;
use super::lines::{Line, Mark, begins_small, ends_sentence, is_all_capitals, mark};

/// The widths a text is wrapped at, in characters.
const WIDTHS: std::ops::RangeInclusive<u32> = 40..=124;
/// A wrapped line may reach this much farther than the width the votes agree on.
const OVERHANG: u32 = 3;
/// An unwrapped line shorter than this does not run on.
const RUNS_ON_FROM: u32 = 40;

/// A paragraph without a blank line below it surely goes on, over a sentence that
/// ends a full line, while it has less than this share of the usual lines. Of 1,249
/// paragraphs of 46 news pages wrapped at 72, 0 finds 1,148, 0.6 finds 1,143 and 1
/// finds 1,096; of 8,774 paragraphs of official articles 7,936, 8,138 and 8,105.
const SURE_SHARE: f32 = 0.6;

/// How a text is wrapped.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Wrap {
    width: u32,
    /// How far short of full a line may fall: for lines broken by eye or by
    /// the widths of printed letters.
    slack: u32,
    /// Whether blank lines, and not short lines, end its paragraphs.
    separated: bool,
    /// The lines of an unseparated paragraph, on average.
    mean_lines: f32,
}

/// Where the paragraphs of one text end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Layout {
    wrap: Option<Wrap>,
    /// How many blank lines stand between two lines of one paragraph: 1 where a
    /// wrapped text was double-spaced, as by `\r\r\n`.
    spacing: u32,
}

impl Layout {
    /// Weighs the evidence of a whole text.
    pub fn of(text: &str, lines: &[Line]) -> Self {
        if lines.iter().skip(1).any(|line| line.blanks == 0) {
            return Layout {
                wrap: wrap(text, lines, 0),
                spacing: 0,
            };
        }
        let wrap = wrap(text, lines, 1).filter(|_| lines.len() >= 6);
        Layout {
            spacing: u32::from(wrap.is_some()),
            wrap,
        }
    }

    /// Whether `next` goes on with the paragraph that has `so_far` lines, the last `line`.
    pub fn joins(&self, text: &str, line: &Line, next: &Line, so_far: u32) -> bool {
        if next.blanks > self.spacing {
            return false;
        }
        let (this, that) = (line.text(text), next.text(text));
        let mark_of_next = mark(that);
        if mark_of_next == Mark::Sure {
            return false;
        }
        if surely_goes_on(this, that) {
            return true;
        }
        let ended = ends_sentence(this);
        let runs_on = !ended && begins_small(that);
        let Some(wrap) = self.wrap else {
            return runs_on && line.width >= RUNS_ON_FROM && !line.is_one_word();
        };
        // `Share` over `print` runs on only by its letters.
        if runs_on && line.reach() * 2 > wrap.width {
            return true;
        }
        if line.reach() > wrap.width + OVERHANG && !line.is_one_word() {
            return false;
        }
        let is_item = mark(this) != Mark::None;
        // The first line of a paragraph may be set in; a list item's later ones are.
        if ended && !is_item && next.indent > line.indent + 1 {
            return false;
        }
        if !wrap.is_full(line, next, ended) {
            return false;
        }
        if mark_of_next == Mark::Likely && (ended || is_item || !is_dash_in_sentence(that)) {
            return false;
        }
        if !ended && (is_byline(that) || (is_all_capitals(this) && !is_all_capitals(that))) {
            return false;
        }
        // A full line that ends a sentence may end its paragraph by chance.
        wrap.separated || !ended || (so_far as f32) < SURE_SHARE * wrap.mean_lines
    }

    /// Whether a paragraph whose last line on its page is `line` goes on with `next`, the first on another: where the
    /// sentence surely does.
    pub fn joins_over_page(&self, text: &str, line: &Line, next: &Line) -> bool {
        let (this, that) = (line.text(text), next.text(text));
        if surely_goes_on(this, that) {
            return true;
        }
        let is_long = match self.wrap {
            Some(wrap) => line.reach() * 2 > wrap.width,
            None => line.width >= RUNS_ON_FROM,
        };
        let runs_on = !ends_sentence(this) && begins_small(that);
        runs_on && is_long && !line.is_one_word() && mark(that) == Mark::None
    }
}

impl Wrap {
    /// Whether the first word of `next` would not have fitted on `line`.
    fn is_full(&self, line: &Line, next: &Line, ended: bool) -> bool {
        let slack = match (self.separated, ended) {
            (_, false) | (true, true) => self.slack,
            (false, true) => self.slack / 3,
        };
        line.reach() + 1 + next.first_word + slack > self.width
    }
}

/// What the pairs of neighbouring lines say.
struct Pairs {
    n: u32,
    /// Pairs in which a sentence runs on.
    run_on: u32,
    /// Votes for each width, from all pairs and from those that run on.
    votes: Vec<[i32; 2]>,
    /// How many first lines reach each width.
    reaches: Vec<u32>,
}

fn pairs(text: &str, lines: &[Line], spacing: u32) -> Pairs {
    let top = *WIDTHS.end() as usize + 2;
    let mut pairs = Pairs {
        n: 0,
        run_on: 0,
        votes: vec![[0; 2]; top + 1],
        reaches: vec![0; top + 1],
    };
    for pair in lines.windows(2) {
        let [line, next] = pair else { continue };
        if next.blanks != spacing || mark(next.text(text)) != Mark::None {
            continue;
        }
        let (this, that) = (line.text(text), next.text(text));
        let runs_on = begins_small(that) && !ends_sentence(this);
        pairs.n += 1;
        pairs.run_on += u32::from(runs_on);
        let reach = (line.reach() as usize).min(top);
        pairs.reaches[reach] += 1;
        // A difference array: +1 where a pair's votes begin, -1 behind their end.
        let end = reach.saturating_add(next.first_word as usize + 1).min(top);
        for (kind, counts) in [(0, true), (1, runs_on)] {
            if counts {
                pairs.votes[reach][kind] += 1;
                pairs.votes[end][kind] -= 1;
            }
        }
    }
    pairs
}

/// How the lines are wrapped, if they are.
fn wrap(text: &str, lines: &[Line], spacing: u32) -> Option<Wrap> {
    let pairs = pairs(text, lines, spacing);
    let (mut total, mut run_on) = (0, 0);
    let mut best = (0u32, 0i32, 0i32);
    for (width, [more, more_run_on]) in pairs.votes.iter().enumerate() {
        total += more;
        run_on += more_run_on;
        let width = width as u32;
        if WIDTHS.contains(&width) && (total, run_on) > (best.1, best.2) {
            best = (width, total, run_on);
        }
    }
    let (width, votes, run_on) = best;
    let (votes, run_on) = (votes as u32, run_on as u32);
    let beyond: u32 = pairs
        .reaches
        .iter()
        .skip((width + OVERHANG + 1) as usize)
        .sum();
    let is_greedy = votes * 5 >= pairs.n * 2
        && run_on * 10 >= votes * 3
        && run_on > 0
        && beyond * 10 <= pairs.n;
    let ragged = ragged(&pairs);
    let greedy = is_greedy.then_some(Wrap {
        width,
        slack: 0,
        separated: false,
        mean_lines: 0.0,
    });
    // Where a sentence runs on the line was surely wrapped, so a true width fits
    // nearly all such lines; lines broken by eye agree on one now and then.
    let is_clear = run_on * 5 >= pairs.run_on * 4;
    let mut wrap = if is_clear {
        greedy.or(ragged)?
    } else {
        ragged.or(greedy)?
    };
    if spacing > 0 && pairs.run_on * 5 < pairs.n * 2 {
        return None;
    }
    settle(&mut wrap, text, lines, spacing);
    Some(wrap)
}

/// A wrap by the widths of printed letters: most sentences run on, no width fits.
fn ragged(pairs: &Pairs) -> Option<Wrap> {
    if pairs.n < 4 || pairs.run_on * 5 < pairs.n * 2 {
        return None;
    }
    let mut below = 0;
    let width = pairs.reaches.iter().position(|lines| {
        below += lines;
        below * 10 >= pairs.n * 9
    })? as u32;
    WIDTHS.contains(&width).then_some(Wrap {
        width,
        slack: width / 4,
        separated: false,
        mean_lines: 0.0,
    })
}

/// Decides what ends the paragraphs of a wrapped text: blank lines, unless short
/// lines that end a sentence are common above lines that are not blank.
fn settle(wrap: &mut Wrap, text: &str, lines: &[Line], spacing: u32) {
    let (mut n, mut short) = (0u32, 0u32);
    for pair in lines.windows(2) {
        let [line, next] = pair else { continue };
        if next.blanks == spacing && mark(next.text(text)) == Mark::None {
            let ended = ends_sentence(line.text(text));
            n += 1;
            short += u32::from(ended && !wrap.is_full(line, next, ended));
        }
    }
    wrap.separated = short * 12 <= n;
    wrap.mean_lines = (n + 1) as f32 / (short + 1) as f32;
    if wrap.separated {
        wrap.slack = wrap.slack.max(4);
    }
}

/// `– the first`, in a sentence and not in a list.
fn is_dash_in_sentence(line: &str) -> bool {
    let behind = line.trim_start_matches(['-', '–', '—']);
    behind.len() < line.len() && begins_small(behind.trim_start())
}

/// `By Marta Okonkwo`, under a headline.
fn is_byline(line: &str) -> bool {
    let name = line
        .strip_prefix("By ")
        .or_else(|| line.strip_prefix("BY "));
    name.is_some_and(|name| name.starts_with(char::is_uppercase) && line.len() <= 80)
}
