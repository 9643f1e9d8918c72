//! Periods: when a value was measured, as a first day and a length, with the text that the publisher gave.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The sort of a period, told from its first day and length.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodKind {
    /// One calendar year.
    Calendar,
    /// The twelve months from 1 April.
    Financial,
    /// The twelve months from 1 August or 1 September.
    Academic,
    /// Several years together, or twelve months from another day.
    Rolling,
    /// Three months.
    Quarter,
    /// One month.
    Month,
    /// One day: a census, a count, a survey week.
    Snapshot,
}

/// A first day and a length in whole months; no months means that day alone.
///
/// Two periods are the same when they cover the same time, however they were written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Period {
    start: Date,
    months: u16,
}

/// Why a text is not a period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a period: write 2022, 2022-24, 2023/24, 2023-Q1, 2023-06, 2023-06-30, or a day and an ISO duration as in 2022-01-01/P3Y"
)]
pub struct PeriodError(pub String);

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// More than a life: a longer period is a slip of the pen.
const LONGEST_MONTHS: u32 = 1200;

impl Period {
    /// A period from its first day and its length in months (0 for one day); `None` past the calendar's end.
    pub fn new(start: Date, months: u16) -> Option<Self> {
        start.checked_add(i32::from(months).months()).ok().map(|_| Period { start, months })
    }

    /// The first day.
    pub fn start(self) -> Date {
        self.start
    }

    /// The length in months; 0 for one day.
    pub fn months(self) -> u16 {
        self.months
    }

    /// The last day.
    pub fn end(self) -> Date {
        if self.months == 0 {
            return self.start;
        }
        self.start
            .checked_add(i32::from(self.months).months())
            .and_then(|after| after.checked_sub(1.day()))
            .unwrap_or(Date::MAX)
    }

    /// The sort of period.
    pub fn kind(self) -> PeriodKind {
        match (self.months, self.start.month(), self.start.day()) {
            (0, ..) => PeriodKind::Snapshot,
            (1, _, 1) => PeriodKind::Month,
            (3, 1 | 4 | 7 | 10, 1) => PeriodKind::Quarter,
            (12, 1, 1) => PeriodKind::Calendar,
            (12, 4, 1) => PeriodKind::Financial,
            (12, 8 | 9, 1) => PeriodKind::Academic,
            _ => PeriodKind::Rolling,
        }
    }

    /// The length as an ISO 8601 duration; `None` for one day.
    pub fn duration(self) -> Option<String> {
        match self.months {
            0 => None,
            m if m.is_multiple_of(12) => Some(format!("P{}Y", m / 12)),
            m => Some(format!("P{m}M")),
        }
    }

    /// Reads a period as publishers write them. `years_1` says that the file elsewhere calls it one year, so that
    /// `2023-24` is a financial year and not two calendar years.
    pub fn read(text: &str, years_1: bool) -> Result<Self, PeriodError> {
        let dashed = text.replace('\u{a0}', " ").replace(['\u{2013}', '\u{2014}'], " - ");
        let tidy = dashed.trim().to_lowercase();
        let compact: String = tidy.split_whitespace().collect();
        // `2009 - 11` can only be years; `2009-11` is how ISO 8601 writes November.
        let spaced = tidy.contains(" -") || tidy.contains("- ");
        from_iso(&compact)
            .or_else(|| from_years(&compact, years_1, spaced))
            .or_else(|| from_words(&tidy))
            .filter(|p| (1000..3000).contains(&p.start.year()))
            .ok_or_else(|| PeriodError(text.trim().to_owned()))
    }
}

fn period(start: Date, months: u32) -> Option<Period> {
    (months <= LONGEST_MONTHS).then(|| Period::new(start, months as u16)).flatten()
}

fn number(text: &str) -> Option<u32> {
    (!text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn year(text: &str) -> Option<i16> {
    (text.len() == 4).then(|| number(text)).flatten().and_then(|y| i16::try_from(y).ok())
}

fn first_of(year: i16, month: u32) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, 1).ok()
}

/// `2022-01-01`, `2022-01-01/P3Y`, `2022-06`, with a time of day or not.
fn from_iso(text: &str) -> Option<Period> {
    let (day, length) = match text.split_once("/p") {
        Some((day, length)) => (day, Some(length)),
        None => (text, None),
    };
    let day = day.split_once('t').map_or(day, |(day, _)| day);
    let start = match day.len() {
        10 => day.parse::<Date>().ok()?,
        _ => return None,
    };
    match length {
        None => period(start, 0),
        Some(length) => {
            let (count, unit) = length.split_at(length.len().checked_sub(1)?);
            let count = number(count)?;
            match unit {
                "y" => period(start, count * 12),
                "m" => period(start, count),
                // Survey weeks and census days: the day is what places them.
                "d" => period(start, 0),
                _ => None,
            }
        }
    }
}

/// Forms that begin with a year, white space already gone.
fn from_years(text: &str, years_1: bool, spaced: bool) -> Option<Period> {
    let first = year(text.get(..4)?)?;
    let rest = &text[4..];
    let january = first_of(first, 1)?;
    if rest.is_empty() {
        return period(january, 12);
    }
    if let Some(quarter) = rest.trim_start_matches('-').strip_prefix('q') {
        let quarter = number(quarter).filter(|q| (1..=4).contains(q))?;
        return period(first_of(first, 3 * quarter - 2)?, 3);
    }
    if let Some(rest) = rest.strip_prefix('/') {
        let (last, rest) = digits(rest);
        let april = first_of(first, 4)?;
        if !follows(first, last, 1) {
            return None;
        }
        if rest.is_empty() {
            return period(april, 12);
        }
        if let Some(quarter) = rest.trim_start_matches('-').strip_prefix('q') {
            let quarter = number(quarter).filter(|q| (1..=4).contains(q))?;
            let start = april.checked_add((3 * i32::try_from(quarter).ok()? - 3).months()).ok()?;
            return period(start, 3);
        }
        // `2016/17-18/19`, `2016/17-2018/19`: several financial years.
        let (from, to) = rest.strip_prefix('-')?.split_once('/')?;
        let years = years_after(first, from)?;
        return follows(first + i16::try_from(years).ok()?, to, 1)
            .then(|| period(april, 12 * (years + 1)))
            .flatten();
    }
    let rest = rest.strip_prefix('-').or_else(|| rest.strip_prefix("to"))?;
    let (last, tail) = digits(rest);
    match tail {
        // `2023-24f` and `2023-24a` write a financial or academic year without a slash.
        "f" if follows(first, last, 1) => return period(first_of(first, 4)?, 12),
        "a" if follows(first, last, 1) => return period(first_of(first, 9)?, 12),
        "" => {}
        _ => return None,
    }
    if years_1 && follows(first, last, 1) {
        return period(first_of(first, 4)?, 12);
    }
    if last.len() == 2
        && !spaced
        && let Some(month) = first_of(first, number(last)?)
    {
        return period(month, 1);
    }
    period(january, 12 * (years_after(first, last)? + 1))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

fn follows(first: i16, last: &str, by: u32) -> bool {
    years_after(first, last) == Some(by)
}

/// How many years after `first` the year written `24` or `2024` is, if it is after it and no more than 20 years.
fn years_after(first: i16, last: &str) -> Option<u32> {
    let first = u32::try_from(first).ok()?;
    let last = match last.len() {
        2 => {
            let within = number(last)?;
            let century = first - first % 100;
            if within < first % 100 { century + 100 + within } else { century + within }
        }
        4 => number(last)?,
        _ => return None,
    };
    last.checked_sub(first).filter(|years| (1..=20).contains(years))
}

/// Forms with the name of a month or of a quarter.
fn from_words(text: &str) -> Option<Period> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == '-' || c == ',')
        .filter(|w| !w.is_empty() && *w != "to")
        .collect();
    match words.as_slice() {
        [quarter, y] if quarter.starts_with('q') => {
            let quarter = number(&quarter[1..]).filter(|q| (1..=4).contains(q))?;
            period(first_of(year(y)?, 3 * quarter - 2)?, 3)
        }
        [m, y] => period(first_of(year(y)?, month(m)?)?, 1),
        [day, m, y] if number(day).is_some() => {
            let day = i8::try_from(number(day)?).ok()?;
            period(Date::new(year(y)?, i8::try_from(month(m)?).ok()?, day).ok()?, 0)
        }
        // `Apr Jun 2023`
        [from, to, y] => months_between(first_of(year(y)?, month(from)?)?, first_of(year(y)?, month(to)?)?),
        ["year", "ending", m, y] | ["12", "months", "ending", m, y] => ending(month(m)?, year(y)?),
        [from, y, to, z] => {
            months_between(first_of(year(y)?, month(from)?)?, first_of(year(z)?, month(to)?)?)
        }
        [one] => {
            // 30/06/2023, as British tables write days.
            let mut parts = one.split('/');
            let (d, m, y) = (number(parts.next()?)?, number(parts.next()?)?, year(parts.next()?)?);
            let day = Date::new(y, i8::try_from(m).ok()?, i8::try_from(d).ok()?).ok()?;
            parts.next().is_none().then(|| period(day, 0)).flatten()
        }
        _ => None,
    }
}

fn month(text: &str) -> Option<u32> {
    let place = MONTHS.iter().position(|m| text.starts_with(m))?;
    text.bytes().all(|b| b.is_ascii_alphabetic()).then_some(place as u32 + 1)
}

fn months_between(from: Date, to: Date) -> Option<Period> {
    let count = |d: Date| i32::from(d.year()) * 12 + i32::from(d.month());
    let months = u32::try_from(count(to) - count(from) + 1).ok().filter(|m| *m >= 1)?;
    period(from, months)
}

fn ending(month: u32, year: i16) -> Option<Period> {
    let start = first_of(year, month)?.checked_sub(11.months()).ok()?;
    period(start, 12)
}

impl std::str::FromStr for Period {
    type Err = PeriodError;
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        Period::read(text, false)
    }
}

impl fmt::Display for Period {
    /// The one way in which a period is written in addresses and answers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, years) = (self.start, i16::try_from(self.months / 12).unwrap_or(i16::MAX));
        let short = |y: i16| y.rem_euclid(100);
        match self.kind() {
            PeriodKind::Snapshot => write!(f, "{start}"),
            PeriodKind::Month => write!(f, "{}-{:02}", start.year(), start.month()),
            PeriodKind::Quarter => write!(f, "{}-Q{}", start.year(), (start.month() + 2) / 3),
            PeriodKind::Calendar => write!(f, "{}", start.year()),
            PeriodKind::Financial | PeriodKind::Academic => {
                write!(f, "{}/{:02}", start.year(), short(start.year() + 1))
            }
            PeriodKind::Rolling
                if self.months.is_multiple_of(12) && start.month() == 1 && start.day() == 1 =>
            {
                let last = start.year() + years - 1;
                // Two digits up to 12 would read as a month.
                let last = if short(last) > 12 { short(last) } else { last };
                write!(f, "{}-{last:02}", start.year())
            }
            PeriodKind::Rolling => write!(f, "{start}/{}", self.duration().unwrap_or_default()),
        }
    }
}

impl Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn publishers_ways_of_writing_periods() {
        for (text, start, months, written) in [
            ("2022", "2022-01-01", 12, "2022"),
            ("2009 - 11", "2009-01-01", 36, "2009-2011"),
            ("2009-11", "2009-11-01", 1, "2009-11"),
            ("2017\u{2013}19", "2017-01-01", 36, "2017-19"),
            ("2022-24", "2022-01-01", 36, "2022-24"),
            ("1999-2001", "1999-01-01", 36, "1999-2001"),
            ("2015/16", "2015-04-01", 12, "2015/16"),
            ("2023-24f", "2023-04-01", 12, "2023/24"),
            ("2023/24 Q1", "2023-04-01", 3, "2023-Q2"),
            ("2023-Q1", "2023-01-01", 3, "2023-Q1"),
            ("Q3 2023", "2023-07-01", 3, "2023-Q3"),
            ("2023-06", "2023-06-01", 1, "2023-06"),
            ("June 2023", "2023-06-01", 1, "2023-06"),
            ("2026-01-01", "2026-01-01", 0, "2026-01-01"),
            ("2022-01-01/P3Y", "2022-01-01", 36, "2022-24"),
            ("2018-09-01/P1Y", "2018-09-01", 12, "2018/19"),
            ("2015-11-16/P1Y", "2015-11-16", 12, "2015-11-16/P1Y"),
            ("Jul 2022-Jun 2023", "2022-07-01", 12, "2022-07-01/P1Y"),
            ("Year ending March 2023", "2022-04-01", 12, "2022/23"),
            ("2016/17 - 18/19", "2016-04-01", 36, "2016-04-01/P3Y"),
            ("30/06/2023", "2023-06-30", 0, "2023-06-30"),
        ] {
            let period: Period = text.parse().unwrap_or_else(|e| panic!("{e}"));
            assert_eq!((period.start().to_string().as_str(), period.months()), (start, months), "{text}");
            assert_eq!(period.to_string(), written, "{text}");
        }
    }

    #[test]
    fn one_year_with_a_hyphen_is_financial_when_the_file_says_one_year() {
        assert_eq!(Period::read("2023-24", true).unwrap().to_string(), "2023/24");
        assert_eq!(Period::read("2023-24", false).unwrap().to_string(), "2023-24");
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in
            ["", "2023/25", "Q5 2023", "2023-00", "latest", "20-21", "2023-Q0", "2022-01-01/P", "0000"]
        {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn ends_are_inclusive() {
        assert_eq!("2022-24".parse::<Period>().unwrap().end(), date(2024, 12, 31));
        assert_eq!("2023/24".parse::<Period>().unwrap().end(), date(2024, 3, 31));
        assert_eq!("2026-01-01".parse::<Period>().unwrap().end(), date(2026, 1, 1));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,30}") {
            let _ = Period::read(&text, false);
        }

        #[test]
        fn what_is_written_reads_back(y in 1900i16..2090, m in 1i8..=12, months in prop_oneof![Just(0u16), Just(1), Just(3), Just(12), Just(36), Just(60)]) {
            let period = Period::new(date(y, m, 1), months).unwrap();
            let back: Period = period.to_string().parse().unwrap();
            // An academic year is written as a financial one is; only its start is lost.
            if period.kind() == PeriodKind::Academic { prop_assert_eq!(back.kind(), PeriodKind::Financial); }
            else { prop_assert_eq!(back, period); }
        }
    }
}
