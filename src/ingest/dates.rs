//! The ways news writes a date.
//!
//! The calendar date is taken as written: no zone is applied, since an article
//! belongs to the day its publisher put on it.

use jiff::civil::Date;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Reads a date: ISO 8601 (date or date-time), RFC 2822, `Month D, YYYY`,
/// `D Month YYYY` and their like, or `YYYY年M月D日`.
///
/// `01/02/2026` is not read, since it is two dates.
///
/// ```
/// use demarche::ingest::read_date;
/// let date = jiff::civil::date(2026, 1, 5);
/// assert_eq!(read_date("2026-01-05T23:30:00-05:00"), Some(date));
/// assert_eq!(read_date("Monday, Jan. 5th, 2026, 3:04 PM ET"), Some(date));
/// assert_eq!(read_date("last week"), None);
/// ```
pub fn read_date(text: &str) -> Option<Date> {
    let text = text.trim();
    let unlabelled = without_label(text);
    numeric(unlabelled)
        .or_else(|| chinese(unlabelled))
        .or_else(|| worded(text))
}

/// `Updated: 2026-01-05` without its first word or two.
fn without_label(text: &str) -> &str {
    let is_label = |c: char| c.is_alphabetic() || c.is_whitespace() || c == ':' || c == '：';
    let behind = text.trim_start_matches(is_label);
    if text.len() - behind.len() <= 32 {
        behind
    } else {
        text
    }
}

/// `2026-01-05`, `2026/1/5`, `2026.01.05`, `20260105`, each with or without a time.
fn numeric(text: &str) -> Option<Date> {
    let (year, rest) = digits(text, 4, 4)?;
    let (month, day, rest) = match rest.chars().next()? {
        separator @ ('-' | '/' | '.') => {
            let (month, rest) = digits(&rest[1..], 1, 2)?;
            let (day, rest) = digits(rest.strip_prefix(separator)?, 1, 2)?;
            (month, day, rest)
        }
        _ => {
            let (month, rest) = digits(rest, 2, 2)?;
            let (day, rest) = digits(rest, 2, 2)?;
            (month, day, rest)
        }
    };
    let ends = match rest.chars().next() {
        None => true,
        Some('T' | 't' | 'Z' | 'z') => true,
        Some(next) => !next.is_alphanumeric(),
    };
    ends.then(|| civil(year, month, day))?
}

/// `2026年1月5日`.
fn chinese(text: &str) -> Option<Date> {
    let (year, rest) = digits(text, 4, 4)?;
    let (month, rest) = digits(rest.trim_start().strip_prefix('年')?.trim_start(), 1, 2)?;
    let (day, rest) = digits(rest.trim_start().strip_prefix('月')?.trim_start(), 1, 2)?;
    rest.trim_start().starts_with(['日', '号']).then_some(())?;
    civil(year, month, day)
}

/// A month's name with a day before or after it, and a year after both.
fn worded(text: &str) -> Option<Date> {
    let between = |c: char| c.is_whitespace() || ",-–—/|()".contains(c);
    let words: Vec<&str> = text
        .split(between)
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| !word.is_empty())
        .take(16)
        .collect();
    words.iter().enumerate().find_map(|(at, word)| {
        let month = month(word)?;
        let before = words[..at].iter().rev();
        let mut before = before.filter(|word| !word.eq_ignore_ascii_case("of"));
        let mut after = words[at + 1..].iter().copied();
        if let Some(day) = before.next().and_then(|word| day(word)) {
            // `5 January 2026`; `Mon Jan  5 15:04:05 2026` has no day before the month.
            if let Some(year) = after.clone().next().and_then(year) {
                return civil(year, month, day);
            }
        }
        let day = after.next().and_then(day)?;
        let year = after.find(|word| !is_time_or_offset(word)).and_then(year)?;
        civil(year, month, day)
    })
}

/// Parts `least..=most` leading digits from the rest, and sees that no digit follows.
fn digits(text: &str, least: usize, most: usize) -> Option<(u16, &str)> {
    let n = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    let number = (n >= least).then(|| text[..n].parse().ok())??;
    Some((number, &text[n..]))
}

fn month(word: &str) -> Option<u16> {
    let word = word.to_lowercase();
    let at = MONTHS.iter().position(|month| {
        word == *month || word == month[..3] || (*month == "september" && word == "sept")
    })?;
    Some(at as u16 + 1)
}

/// `5`, `05`, `5th`.
fn day(word: &str) -> Option<u16> {
    let (day, rest) = digits(word, 1, 2)?;
    let rest = rest.to_lowercase();
    matches!(rest.as_str(), "" | "st" | "nd" | "rd" | "th").then_some(day)
}

/// Four digits, perhaps with a letter or sign after them (`2026T`, `2026;`).
fn year(word: &str) -> Option<u16> {
    let (year, rest) = digits(word, 4, 4)?;
    let ends = !rest.starts_with(|c: char| c.is_ascii_digit());
    (ends && (1000..3000).contains(&year)).then_some(year)
}

fn is_time_or_offset(word: &str) -> bool {
    let lower = word.to_lowercase();
    word.contains(':')
        || word.starts_with('+')
        || matches!(
            lower.as_str(),
            "at" | "am" | "pm" | "a.m" | "p.m" | "et" | "est" | "edt" | "gmt" | "utc" | "cst"
        )
}

fn civil(year: u16, month: u16, day: u16) -> Option<Date> {
    let (year, month, day) = (year as i16, month as i8, day as i8);
    Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn the_fifth_of_january_in_every_dress() {
        for text in [
            "2026-01-05",
            " 2026-01-05\n",
            "2026-1-5",
            "2026/01/05",
            "2026.01.05",
            "20260105",
            "20260105T150405Z",
            "2026-01-05T15:04:05Z",
            "2026-01-05T23:30:00-05:00",
            "2026-01-05T15:04:05.123+08:00[Asia/Shanghai]",
            "2026-01-05 01:20:00+00:00",
            "2026-01-05Z",
            "Mon, 05 Jan 2026 15:04:05 +0000",
            "5 Jan 2026 15:04 EST",
            "Monday, 05-Jan-2026 15:04:05 GMT",
            "January 5, 2026",
            "JANUARY 5, 2026",
            "January 5 2026",
            "January\u{a0}5,\u{a0}2026",
            "Jan. 5, 2026",
            "Jan 5th, 2026",
            "Monday, January 5th, 2026",
            "Mon Jan  5 15:04:05 2026",
            "Mon Jan 05 15:04:05 +0000 2026",
            "January 5, 2026 3:04 PM ET",
            "January 5, 2026 at 3:04 p.m.",
            "Published: January 5, 2026",
            "Updated 3:04 PM ET, Mon January 5, 2026",
            "5 January 2026",
            "5th of January, 2026",
            "Monday 5 January 2026 15.04",
            "05-Jan-2026",
            "Updated: 2026-01-05 07:14",
            "发布时间：2026年1月5日",
            "2026年1月5日",
            "2026年01月05日 15:04",
        ] {
            assert_eq!(read_date(text), Some(date(2026, 1, 5)), "{text:?}");
        }
        assert_eq!(read_date("Sept. 3rd, 2024"), Some(date(2024, 9, 3)));
        assert_eq!(read_date("Feb. 29, 2024"), Some(date(2024, 2, 29)));
    }

    #[test]
    fn what_is_no_single_day_is_not_read() {
        for text in [
            "",
            "last week",
            "2026",
            "2026-01",
            "January 2026",
            "2026-13-01",
            "2026-02-30",
            "February 29, 2023",
            "01/05/2026",
            "2026-01-055",
            "may be 12345",
            "1767625445",
        ] {
            assert_eq!(read_date(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            read_date(&text);
        }

        #[test]
        fn a_written_date_is_read_back(year in 1000i16..3000, month in 1i8..=12, day in 1i8..=28) {
            let written = date(year, month, day);
            prop_assert_eq!(read_date(&written.to_string()), Some(written));
            let name = MONTHS[month as usize - 1];
            prop_assert_eq!(read_date(&format!("{name} {day}, {year}")), Some(written));
            prop_assert_eq!(read_date(&format!("{day} {} {year}", &name[..3])), Some(written));
        }
    }
}
