//! One file into the store, in one pass: rows are read, told apart, kept and counted; at the end every code has its
//! class, and with it every row.

mod summary;

use std::collections::HashMap;
use std::io::{Read, Seek};

use self::summary::report;
use super::describe;
use super::encoding::{Decoded, detect};
use super::format::{Format, Role};
use super::matching::Gazetteer;
use super::report::{FAULTS_KEPT, Report};
use super::rows::{Row, RowFault, Rows, RowsError};
use super::store::{Recorded, SeriesKey, Sink, Store, StoreError};
use crate::area::{Code, Indicator, IndicatorId, IndicatorKind, Observation, Period, Polarity};

/// How a file is to be read, where the caller knows better than the guess.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// The format; `None` to tell it from the header.
    pub format: Option<Format>,
    /// Columns by role, before any guess.
    pub columns: Vec<(Role, String)>,
    /// The title of the indicator, for a table that has none.
    pub title: Option<String>,
    /// The unit, for a table that has none.
    pub unit: Option<String>,
    /// The sort of number, in place of the guess.
    pub kind: Option<IndicatorKind>,
    /// The period, for a table that has none.
    pub period: Option<Period>,
    /// The direction that is better.
    pub polarity: Option<Polarity>,
    /// Licence of the values.
    pub licence: Option<String>,
}

/// Why a file could not be imported; nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// Its columns or rows cannot be found.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file has more series than any table of indicators.
    #[error(
        "more than {MOST_SERIES} series of indicator, period, sex, age and category: is the column `{0}` what it was taken for?"
    )]
    Series(String),
}

/// A file with more series than this has numbers where words should be.
const MOST_SERIES: usize = 1_000_000;

/// Rows of one code under one indicator.
#[derive(Clone, Copy, Default)]
struct Tally {
    rows: u64,
    first_row: u64,
    with_value: u64,
}

/// What is learnt of an indicator while its rows go by.
struct Draft {
    id: IndicatorId,
    title: String,
    measure: String,
    unit: String,
    rows: u64,
    decimals: u8,
    /// Rows with value, count and denominator, and those of them in which the value is the count over the denominator
    /// times `multiplier`.
    checked: u64,
    agreeing: u64,
    multiplier: Option<f64>,
    counts: u64,
}

/// Sets of small numbers in pages of 512: the rows seen, at an eighth of a byte each where tables are dense.
#[derive(Default)]
struct Seen(HashMap<(u32, u32), [u64; 8]>);

impl Seen {
    /// Marks a pair; false when it was marked before.
    fn mark(&mut self, series: u32, code: u32) -> bool {
        let page = self.0.entry((series, code >> 9)).or_default();
        let (word, bit) = ((code >> 6 & 7) as usize, 1u64 << (code & 63));
        let fresh = page[word] & bit == 0;
        page[word] |= bit;
        fresh
    }
}

/// All that is kept while a file goes by: it grows with codes and series, not with rows.
#[derive(Default)]
struct Learnt {
    codes: Vec<Code>,
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    drafts: Vec<Draft>,
    series: Vec<SeriesKey>,
    series_indicator: Vec<u32>,
    places: HashMap<String, Result<u32, RowFault>>,
    tallies: HashMap<(u32, u32), Tally>,
    duplicates: HashMap<(u32, u32), Tally>,
    seen: Seen,
    faults: Vec<RowFault>,
    fault_count: u64,
    rows_read: u64,
    rows_stored: u64,
    rows_in_all: Option<u64>,
}

/// Imports one file; `name` is what the report calls it. A dry run keeps nothing and says the same.
pub fn import(
    store: Option<&mut Store>,
    gazetteer: &Gazetteer<'_>,
    name: &str,
    mut file: impl Read + Seek,
    options: &ImportOptions,
) -> Result<Report, ImportError> {
    let encoding = detect(&mut file)?;
    let mut rows = Rows::open(Decoded::new(file, encoding), options.format, &options.columns)?;
    let mut learnt = Learnt::default();
    let mut finished: Option<Report> = None;
    match store {
        None => {
            learn(&mut rows, &mut learnt, name, options, &mut Nowhere)?;
            finished = Some(report(&learnt, &rows, gazetteer, name, encoding.name(), options).0);
        }
        Some(store) => {
            let learnt = std::cell::RefCell::new(learnt);
            let rows = std::cell::RefCell::new(rows);
            store.import(
                |sink| learn(&mut rows.borrow_mut(), &mut learnt.borrow_mut(), name, options, sink),
                |number| {
                    let learnt = learnt.borrow();
                    let (mut whole, indicators) =
                        report(&learnt, &rows.borrow(), gazetteer, name, encoding.name(), options);
                    whole.import = Some(number);
                    let text =
                        serde_json::to_string(&whole).map_err(|e| StoreError::Damaged(e.to_string()))?;
                    let recorded = Recorded {
                        file: name.to_owned(),
                        format: whole.format.clone(),
                        rows_read: learnt.rows_read,
                        rows_stored: learnt.rows_stored,
                        indicators,
                        series: learnt.series.clone(),
                        report: text,
                    };
                    finished = Some(whole);
                    Ok::<_, ImportError>(recorded)
                },
            )?;
        }
    }
    finished.ok_or_else(|| StoreError::Damaged("the import ended without a report".to_owned()).into())
}

/// Keeps nothing.
struct Nowhere;

impl Sink for Nowhere {
    fn put(&mut self, _: u32, _: &str, _: &Observation) -> Result<(), StoreError> {
        Ok(())
    }
}

fn learn<R: Read>(
    rows: &mut Rows<R>,
    learnt: &mut Learnt,
    name: &str,
    options: &ImportOptions,
    sink: &mut dyn Sink,
) -> Result<(), ImportError> {
    let mut key = String::new();
    // Neighbouring rows are mostly of one series.
    let mut last: Option<(String, u32)> = None;
    while let Some(row) = rows.read()? {
        learnt.rows_read += 1;
        let row = match row {
            Ok(row) => row,
            Err(fault) => {
                learnt.fault(fault);
                continue;
            }
        };
        row.series.key(&mut key);
        let series = match &last {
            Some((known, series)) if *known == key => *series,
            _ => match learnt.place(&key, &row, name, options) {
                Ok(series) => {
                    last = Some((key.clone(), series));
                    series
                }
                Err(fault) => {
                    let fault = RowFault { row: row.row, ..fault };
                    learnt.fault(fault);
                    continue;
                }
            },
        };
        if learnt.series.len() > MOST_SERIES {
            return Err(ImportError::Series(
                rows.columns().header_of(Role::Period).unwrap_or_default().to_owned(),
            ));
        }
        learnt.take(series, &row, sink)?;
    }
    Ok(())
}

impl Learnt {
    fn fault(&mut self, fault: RowFault) {
        self.fault_count += 1;
        if self.faults.len() < FAULTS_KEPT {
            self.faults.push(fault);
        }
    }

    /// The number of the series of a row.
    fn place(
        &mut self,
        key: &str,
        row: &Row<'_>,
        name: &str,
        options: &ImportOptions,
    ) -> Result<u32, RowFault> {
        if let Some(known) = self.places.get(key) {
            return known.clone();
        }
        let placed = self.new_series(row, name, options);
        self.places.insert(key.to_owned(), placed.clone());
        placed
    }

    fn new_series(&mut self, row: &Row<'_>, name: &str, options: &ImportOptions) -> Result<u32, RowFault> {
        let text = row.series;
        let fault = |role, cause| RowFault { row: row.row, column: text.header(role).to_owned(), cause };
        let title = title_of(row, name, options);
        let id = describe::id_of(&title)
            .ok_or_else(|| fault(Role::Indicator, format!("`{title}` gives no name to an indicator")))?;
        let period = text.period().map_err(|cause| fault(Role::Period, cause))?.or(options.period);
        let indicator = match self.drafts.iter().position(|d| d.id == id) {
            Some(known) => known,
            None => {
                self.drafts.push(Draft {
                    id: id.clone(),
                    title,
                    measure: text.of(Role::Measure).to_owned(),
                    unit: options.unit.clone().unwrap_or_else(|| text.unit().to_owned()),
                    rows: 0,
                    decimals: 0,
                    checked: 0,
                    agreeing: 0,
                    multiplier: None,
                    counts: 0,
                });
                self.drafts.len() - 1
            }
        };
        let series = SeriesKey {
            indicator: id,
            period,
            period_text: text.of(Role::Period).to_owned(),
            sex: whole_as_empty(text.of(Role::Sex), &["persons", "all", "both", "all persons", "total"]),
            age: match (text.of(Role::AgeFrom), text.of(Role::AgeTo)) {
                ("", "") => whole_as_empty(text.of(Role::Age), &["all ages", "all", "total"]),
                (from, to) => format!("{from}-{to}"),
            },
            category: match (text.of(Role::CategoryType), text.of(Role::Category)) {
                (_, "") => String::new(),
                ("", group) => group.to_owned(),
                (kind, group) => format!("{kind}: {group}"),
            },
        };
        // Two ways of writing one period are one series.
        let number = match self.series.iter().position(|s| same(s, &series)) {
            Some(known) => known,
            None => {
                self.series.push(series);
                self.series_indicator.push(indicator as u32);
                self.series.len() - 1
            }
        };
        Ok(number as u32)
    }

    fn take(&mut self, series: u32, row: &Row<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
        let code = match self.numbers.get(row.code) {
            Some(number) => *number,
            None => {
                // `Rows` gives only what parses.
                let Ok(code) = row.code.parse::<Code>() else { return Ok(()) };
                // Another spelling of a code is the same code.
                let number = match self.numbers.get(code.as_str()) {
                    Some(number) => *number,
                    None => {
                        let number = self.codes.len() as u32;
                        self.numbers.insert(code.as_str().to_owned(), number);
                        self.codes.push(code);
                        self.names.push(row.name.to_owned());
                        number
                    }
                };
                self.numbers.insert(row.code.to_owned(), number);
                number
            }
        };
        let indicator = self.series_indicator[series as usize];
        let fresh = self.seen.mark(series, code);
        let tallies = if fresh { &mut self.tallies } else { &mut self.duplicates };
        let tally = tallies.entry((indicator, code)).or_default();
        tally.rows += 1;
        if tally.first_row == 0 {
            tally.first_row = row.row;
        }
        tally.with_value += u64::from(row.observation.value().is_some());
        let draft = &mut self.drafts[indicator as usize];
        draft.rows += 1;
        if fresh {
            draft.see(&row.observation);
            sink.put(series, self.codes[code as usize].as_str(), &row.observation)?;
            self.rows_stored += 1;
        }
        if self.rows_in_all.is_none() {
            self.rows_in_all = row.series.of(Role::RowsInAll).parse().ok();
        }
        Ok(())
    }
}

fn same(a: &SeriesKey, b: &SeriesKey) -> bool {
    a.indicator == b.indicator
        && a.period == b.period
        && (a.period.is_some() || a.period_text == b.period_text)
        && (&a.sex, &a.age, &a.category) == (&b.sex, &b.age, &b.category)
}

/// What is of everybody is written as nothing.
fn whole_as_empty(text: &str, whole: &[&str]) -> String {
    if whole.iter().any(|w| text.eq_ignore_ascii_case(w)) { String::new() } else { text.to_owned() }
}

fn title_of(row: &Row<'_>, name: &str, options: &ImportOptions) -> String {
    let mut title = match (row.series.of(Role::Indicator), &options.title) {
        ("", Some(title)) => title.clone(),
        ("", None) => {
            let dimensions: Vec<&str> = row.series.dimensions().filter(|d| !d.is_empty()).collect();
            if dimensions.is_empty() { stem(name) } else { dimensions.join(", ") }
        }
        (indicator, _) => indicator.to_owned(),
    };
    if row.series.is_nomis() {
        let measure = row.series.of(Role::Measure);
        if !measure.is_empty() && !["value", "variable"].iter().any(|m| measure.eq_ignore_ascii_case(m)) {
            title = format!("{title} ({measure})");
        }
    }
    title
}

/// The name of a file without folder and extension, as a title.
fn stem(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    stem.replace(['-', '_'], " ")
}

/// A value is its count over its denominator when they agree to a hundredth: sources round.
const AGREES: f64 = 0.01;

impl Draft {
    fn see(&mut self, o: &Observation) {
        let Some(value) = o.value() else { return };
        if self.decimals < 2 {
            self.decimals = self.decimals.max(describe::decimals_of(value)).min(2);
        }
        let (Some(count), Some(denominator)) = (o.count(), o.denominator()) else { return };
        if denominator <= 0.0 {
            return;
        }
        self.counts += 1;
        if count > 0.0 && value > 0.0 {
            let times = value * denominator / count;
            // 1, 100, 1,000, 100,000: multipliers are powers of ten.
            let power = 10f64.powf(times.log10().round());
            let multiplier = *self.multiplier.get_or_insert(power);
            self.checked += 1;
            self.agreeing += u64::from((times / multiplier - 1.0).abs() <= AGREES);
        }
    }

    fn indicator(&self, options: &ImportOptions, source: &str) -> Indicator {
        let mut indicator =
            describe::indicator(self.id.clone(), &self.title, &self.measure, &self.unit, source);
        indicator.decimals = self.decimals;
        if let Some(multiplier) = self.multiplier {
            indicator.multiplier = multiplier;
            // A rate that is not its count over its denominator was standardised.
            indicator.standardised = self.agreeing * 20 < self.checked * 19;
        }
        indicator.kind = options.kind.unwrap_or(indicator.kind);
        indicator.polarity = options.polarity.unwrap_or_default();
        indicator.licence = options.licence.clone().unwrap_or_default();
        indicator
    }

    /// Whether parts can be put together to the measure of the whole.
    fn adds(&self, indicator: &Indicator) -> bool {
        match indicator.kind {
            IndicatorKind::Count => true,
            IndicatorKind::Rate | IndicatorKind::Proportion | IndicatorKind::Mean => {
                self.counts > 0 && !indicator.standardised
            }
            IndicatorKind::Median | IndicatorKind::Index => false,
        }
    }
}
