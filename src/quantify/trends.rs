//! Figures over time.

use super::change::{self, Change, Segment};
use super::errors::{ErrorRates, RatesFrom};
use super::estimate::{Estimate, Estimator, FEW_ARTICLES};
use super::measures::{DocumentSums, FIRST_MEASURE, Measure, Measures};
use super::periods::{By, Period};
use super::poisson;
use super::tally::Tally;
use crate::error::{Error, Result};
use jiff::civil::Date;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Values of a field by which documents are split.
pub const MOST_GROUPS: usize = 24;

/// Sums of draws that are held, in bytes.
const MOST_BYTES: usize = 1 << 30;

/// How figures over time are made.
#[derive(Debug, Clone)]
pub struct TrendsParams {
    /// The length of a period.
    pub by: By,
    /// The field by which documents are split.
    pub split: Option<String>,
    /// Documents from before are left out.
    pub since: Option<Date>,
    /// Documents from after are left out.
    pub until: Option<Date>,
    /// Draws of the bootstrap.
    pub draws: usize,
    /// Its seed.
    pub seed: u64,
}

/// Sums by group and period: memory grows with these and the draws, not with the documents.
#[derive(Debug)]
pub struct TrendsTally {
    params: TrendsParams,
    width: usize,
    groups: BTreeMap<String, BTreeMap<Period, Tally>>,
    n_cells: usize,
    times: Vec<i64>,
    undated: u64,
    outside: u64,
    /// The first source of each group, and whether any group has another.
    source_of_group: BTreeMap<String, u64>,
    mixes_sources: bool,
}

/// Figures over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trends {
    /// The length of a period.
    pub by: By,
    /// The field by which documents were split.
    pub split: Option<String>,
    /// Documents that the figures are of.
    pub documents: u64,
    /// Documents without a date that could be read; no figure is of them.
    pub undated: u64,
    /// Documents outside of the dates asked for.
    pub outside: u64,
    /// Body paragraphs.
    pub body: u64,
    /// Paragraphs that are no body.
    pub set_aside: u64,
    /// Whether documents of several sources are taken together, so that another mix of them is another figure.
    pub mixes_sources: bool,
    /// Draws of the bootstrap over articles.
    pub draws: usize,
    /// Its seed.
    pub seed: u64,
    /// Where the errors that are taken out were measured; empty where nothing is corrected.
    pub errors_from: Vec<RatesFrom>,
    /// What is measured; figures stand in this order.
    pub measures: Vec<Measure>,
    /// One a value of the field, or one of all.
    pub groups: Vec<Group>,
}

/// The documents with one value of the field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The value; none where documents were not split.
    pub value: Option<String>,
    /// Periods with documents, in order.
    pub periods: Vec<PeriodFigures>,
    /// Stretches between them without.
    pub gaps: Vec<Gap>,
    /// The changes of each measure.
    pub changes: Vec<Vec<Change>>,
}

/// The figures of a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PeriodFigures {
    /// What it is called.
    pub period: String,
    /// Its first day.
    #[serde(serialize_with = "as_text")]
    pub start: Date,
    /// Its last day.
    #[serde(serialize_with = "as_text")]
    pub end: Date,
    /// Documents.
    pub documents: u64,
    /// Distinct articles, which are the units of the intervals.
    pub articles: u64,
    /// Body paragraphs.
    pub body: u64,
    /// Paragraphs that are no body.
    pub set_aside: u64,
    /// Whether the articles are too few to rely on.
    pub few: bool,
    /// One a measure.
    pub figures: Vec<Figures>,
}

/// The figures of a measure in a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Paragraphs that it is of.
    pub of: u64,
    /// Classify and count; none where there are no paragraphs.
    pub counted: Option<Estimate>,
    /// With the model's errors taken out.
    pub corrected: Option<Estimate>,
}

/// Periods without documents.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    /// The first of them.
    pub from: String,
    /// The last.
    pub to: String,
    /// Its first day.
    #[serde(serialize_with = "as_text")]
    pub start: Date,
    /// Its last day.
    #[serde(serialize_with = "as_text")]
    pub end: Date,
    /// How many.
    pub periods: i32,
}

fn as_text<S: serde::Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

impl TrendsTally {
    /// An empty one.
    pub fn new(measures: &Measures, params: TrendsParams) -> Self {
        TrendsTally {
            width: measures.width(),
            times: vec![0; params.draws],
            params,
            groups: BTreeMap::new(),
            n_cells: 0,
            undated: 0,
            outside: 0,
            source_of_group: BTreeMap::new(),
            mixes_sources: false,
        }
    }

    /// Adds a document.
    ///
    /// # Errors
    /// When there are more groups or periods than memory is given to.
    pub fn add(&mut self, document: &DocumentSums) -> Result<()> {
        let one = u64::from(!document.is_later_part);
        let Some(date) = document.date else {
            self.undated += one;
            return Ok(());
        };
        let p = &self.params;
        if p.since.is_some_and(|since| date < since) || p.until.is_some_and(|until| date > until) {
            self.outside += one;
            return Ok(());
        }
        let group = document.group.clone().unwrap_or_default();
        let period = p.by.period(date);
        if let Some(source) = document.source.filter(|_| !self.mixes_sources) {
            let first = self.source_of_group.entry(group.clone());
            self.mixes_sources = *first.or_insert(source) != source;
        }
        let cells = self.groups.entry(group).or_default();
        let cell = match cells.entry(period) {
            Entry::Occupied(cell) => cell.into_mut(),
            Entry::Vacant(place) => {
                self.n_cells += 1;
                let bytes = self.n_cells * self.width * (p.draws + 1) * size_of::<i64>();
                if bytes > MOST_BYTES {
                    let message = format!(
                        "there are more than {} periods with documents",
                        self.n_cells
                    );
                    return Err(Error::input(message).mend(
                        "take longer periods (--by), fewer --draws, or a span (--since, --until)",
                    ));
                }
                place.insert(Tally::new(self.width, p.draws))
            }
        };
        poisson::times(document.article, p.seed, &mut self.times);
        cell.add(document, &self.times);
        if self.groups.len() > MOST_GROUPS {
            let field = self.params.split.as_deref().unwrap_or_default();
            let message = format!("--split {field}: more than {MOST_GROUPS} values");
            return Err(Error::input(message).mend("split by a field with fewer values"));
        }
        Ok(())
    }

    /// The figures; corrected where error rates are given.
    pub fn finish(self, measures: &Measures, errors: Option<&ErrorRates>) -> Trends {
        let p = &self.params;
        let estimator = Estimator::new(measures, errors, p.draws, p.seed);
        let cells = || self.groups.values().flat_map(BTreeMap::values);
        Trends {
            by: p.by,
            split: p.split.clone(),
            documents: cells().map(|cell| cell.documents).sum(),
            undated: self.undated,
            outside: self.outside,
            body: cells().map(Tally::body).sum(),
            set_aside: cells().map(|cell| cell.set_aside).sum(),
            mixes_sources: self.mixes_sources,
            draws: p.draws,
            seed: p.seed,
            errors_from: errors.map_or_else(Vec::new, |errors| errors.sources(measures)),
            measures: measures.list.clone(),
            groups: (self.groups.iter())
                .map(|(value, cells)| group(p, value, cells, measures, &estimator))
                .collect(),
        }
    }
}

fn group(
    params: &TrendsParams,
    value: &str,
    cells: &BTreeMap<Period, Tally>,
    measures: &Measures,
    estimator: &Estimator<'_>,
) -> Group {
    let by = params.by;
    let periods: Vec<(&Period, &Tally)> = cells.iter().collect();
    let of_cell = |(period, cell): &(&Period, &Tally)| PeriodFigures {
        period: by.name(**period),
        start: by.start(**period),
        end: by.end(**period),
        documents: cell.documents,
        articles: cell.articles(),
        body: cell.body(),
        set_aside: cell.set_aside,
        few: cell.articles() < FEW_ARTICLES,
        figures: (0..measures.list.len())
            .map(|m| figures(cell, m, measures, estimator))
            .collect(),
    };
    let gap = |pair: &[(&Period, &Tally)]| {
        let (from, to) = (Period(pair[0].0.0 + 1), Period(pair[1].0.0 - 1));
        (from <= to).then(|| Gap {
            from: by.name(from),
            to: by.name(to),
            start: by.start(from),
            end: by.end(to),
            periods: to.0 - from.0 + 1,
        })
    };
    Group {
        value: params.split.as_ref().map(|_| value.to_owned()),
        periods: periods.par_iter().map(of_cell).collect(),
        gaps: periods.windows(2).filter_map(gap).collect(),
        changes: (0..measures.list.len())
            .into_par_iter()
            .map(|m| changes(by, &periods, m, measures, estimator))
            .collect(),
    }
}

fn figures(cell: &Tally, m: usize, measures: &Measures, estimator: &Estimator<'_>) -> Figures {
    let both = estimator.estimates(cell, m);
    Figures {
        of: cell.sums[measures.list[m].of].unsigned_abs(),
        counted: both.map(|(counted, _)| counted),
        corrected: both.and_then(|(_, corrected)| corrected),
    }
}

/// The changes of one measure. They are looked for in what was counted: error rates that stay the same move no border.
fn changes(
    by: By,
    periods: &[(&Period, &Tally)],
    m: usize,
    measures: &Measures,
    estimator: &Estimator<'_>,
) -> Vec<Change> {
    let (of, place) = (measures.list[m].of, FIRST_MEASURE + m);
    let held: Vec<&(&Period, &Tally)> = periods.iter().filter(|(_, t)| t.sums[of] > 0).collect();
    let segment = |(_, tally): &&(&Period, &Tally)| Segment {
        articles: tally.articles(),
        sums: (tally.sums[place] as f64, tally.sums[of] as f64),
        drawn: (tally.drawn[place].iter().zip(&tally.drawn[of]))
            .map(|(sum, n)| (*sum as f64, *n as f64))
            .collect(),
    };
    let series: Vec<Segment> = held.iter().map(segment).collect();
    let together = |range: std::ops::Range<usize>| {
        let mut all = held[range.start].1.clone();
        held[range.start + 1..range.end]
            .iter()
            .for_each(|(_, tally)| all.merge(tally));
        all
    };
    let describe = |point: change::ChangePoint| {
        let before = together(point.part.0..point.at);
        let after = together(point.at..point.part.1);
        let articles = before.articles().min(after.articles());
        let name = |i: usize| by.name(*held[i].0);
        let counted = (
            estimator.counted(&before, m)?,
            estimator.counted(&after, m)?,
        );
        let corrected = estimator
            .corrected(&before, m)
            .zip(estimator.corrected(&after, m));
        Some(Change {
            at: name(point.at),
            from: name(point.between.0),
            to: name(point.between.1),
            since: name(point.part.0),
            until: name(point.part.1 - 1),
            p: point.p,
            counted: change::size(&counted.0, &counted.1, articles),
            corrected: corrected.map(|(before, after)| change::size(&before, &after, articles)),
        })
    };
    // Beside the next change a part may be too short for what it seemed to show.
    let is_clear = |change: &Change| {
        let (low, high) = (change.counted.low, change.counted.high);
        low.is_some_and(|low| low > 0.0) || high.is_some_and(|high| high < 0.0)
    };
    let described = change::changes(&series).into_iter().filter_map(describe);
    described.filter(is_clear).collect()
}
