//! Weeks, months and quarters.

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// ISO 8601 weeks, from Monday on.
    Week,
    /// Months of the calendar.
    Month,
    /// January to March, and so on.
    Quarter,
}

/// A period: the number of its kind, so that the next one is one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(pub i32);

impl By {
    /// The period that a date is in.
    pub fn period(self, day: Date) -> Period {
        let year = i32::from(day.year());
        let month = i32::from(day.month()) - 1;
        Period(match self {
            By::Week => (day - EPOCH).get_days().div_euclid(7),
            By::Month => 12 * year + month,
            By::Quarter => 4 * year + month / 3,
        })
    }

    /// Its first day; the calendar's own end where it is passed.
    pub fn start(self, period: Period) -> Date {
        let n = period.0;
        let of = |per_year: i32| {
            let month = 1 + n.rem_euclid(per_year) * (12 / per_year);
            Date::new(n.div_euclid(per_year) as i16, month as i8, 1).unwrap_or(Date::MAX)
        };
        match self {
            By::Week => EPOCH
                .checked_add((7 * i64::from(n)).days())
                .unwrap_or(Date::MAX),
            By::Month => of(12),
            By::Quarter => of(4),
        }
    }

    /// Its last day.
    pub fn end(self, period: Period) -> Date {
        let next = self.start(Period(period.0 + 1));
        next.yesterday().unwrap_or(next)
    }

    /// What it is called: `2025-W17`, `2025-04`, `2025-Q2`.
    pub fn name(self, period: Period) -> String {
        let start = self.start(period);
        match self {
            By::Week => {
                let week = start.iso_week_date();
                format!("{}-W{:02}", week.year(), week.week())
            }
            By::Month => format!("{}-{:02}", start.year(), start.month()),
            By::Quarter => format!("{}-Q{}", start.year(), (start.month() + 2) / 3),
        }
    }

    /// The word for one.
    pub fn word(self) -> &'static str {
        match self {
            By::Week => "week",
            By::Month => "month",
            By::Quarter => "quarter",
        }
    }
}

/// A Monday.
const EPOCH: Date = date(1970, 1, 5);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn weeks_are_those_of_iso() {
        // datetime.date(2021, 1, 3).isocalendar() and so on, Python 3.12.
        for (day, name) in [
            (date(2021, 1, 3), "2020-W53"),
            (date(2021, 1, 4), "2021-W01"),
            (date(2024, 12, 30), "2025-W01"),
            (date(1969, 12, 28), "1969-W52"),
        ] {
            assert_eq!(By::Week.name(By::Week.period(day)), name);
        }
        assert_eq!(
            By::Quarter.name(By::Quarter.period(date(2025, 6, 30))),
            "2025-Q2"
        );
        assert_eq!(
            By::Month.end(By::Month.period(date(2024, 2, 3))),
            date(2024, 2, 29)
        );
    }

    proptest! {
        #[test]
        fn a_day_lies_within_its_period(year in 1i16..9998, day in 1i16..=365) {
            let day = Date::constant(year, 1, 1).checked_add(i64::from(day - 1).days()).unwrap();
            for by in [By::Week, By::Month, By::Quarter] {
                let period = by.period(day);
                prop_assert!(by.start(period) <= day && day <= by.end(period));
                prop_assert_eq!(by.period(by.start(period)), period);
                prop_assert_eq!(by.period(by.end(period)), period);
            }
        }
    }
}
