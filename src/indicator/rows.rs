//! A table, row by row, with what is wrong in each. Memory does not grow with the file.

use std::io::{BufRead, BufReader, Read};

use csv::StringRecord;

use super::cell::{Cell, Mark, mark};
use super::format::{Columns, Format, FormatError, Role};
use crate::area::{Code, Flag, Observation, Period};

/// What is wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, column `{column}`: {cause}")]
pub struct RowFault {
    /// The row in the file, the header being row 1 (a quoted line break counts).
    pub row: u64,
    /// The header of the column at fault; empty when it is the row as a whole.
    pub column: String,
    /// What was found and what is allowed.
    pub cause: String,
}

/// Why a table cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// There is no header.
    #[error("the file is empty")]
    Empty,
    /// The columns could not be found.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The file cannot be read on.
    #[error("row {row}: {cause}")]
    Read {
        /// Where reading ended.
        row: u64,
        /// Why.
        cause: String,
    },
}

/// One row, taken apart; the texts live until the next row is read.
#[derive(Debug)]
pub struct Row<'a> {
    /// The row in the file, the header being row 1.
    pub row: u64,
    /// The code of the area.
    pub code: &'a str,
    /// The name of the area, as the file has it.
    pub name: &'a str,
    /// What is measured: the texts that tell series apart, in the order of [`SERIES`], then further dimensions.
    pub series: SeriesText<'a>,
    /// The measurement.
    pub observation: Observation,
}

/// The texts of a row that say which series it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct SeriesText<'a> {
    record: &'a StringRecord,
    columns: &'a Columns,
}

/// The roles that tell series apart.
pub const SERIES: [Role; 12] = [
    Role::Indicator,
    Role::Period,
    Role::PeriodStart,
    Role::PeriodEnd,
    Role::PeriodRange,
    Role::Sex,
    Role::Age,
    Role::AgeFrom,
    Role::AgeTo,
    Role::CategoryType,
    Role::Category,
    Role::Measure,
];

impl<'a> SeriesText<'a> {
    /// The text of a role; empty when the table has no such column.
    pub fn of(&self, role: Role) -> &'a str {
        cell(self.record, self.columns, role)
    }

    /// The texts of further dimensions.
    pub fn dimensions(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let record = self.record;
        self.columns.dimensions.iter().map(move |&at| record.get(at).unwrap_or_default().trim())
    }

    /// The header of a role's column.
    pub fn header(&self, role: Role) -> &'a str {
        self.columns.header_of(role).unwrap_or_default()
    }

    /// The unit of the row.
    pub fn unit(&self) -> &'a str {
        self.of(Role::Unit)
    }

    /// True when the table came from Nomis, where measures of one variable stand in rows of their own.
    pub fn is_nomis(&self) -> bool {
        self.columns.format == Format::Nomis
    }

    /// Writes what makes a series itself into `key`.
    pub fn key(&self, key: &mut String) {
        key.clear();
        for text in SERIES.iter().map(|role| self.of(*role)).chain(self.dimensions()) {
            key.push_str(text);
            key.push('\u{1f}');
        }
    }

    /// The period of the row.
    pub fn period(&self) -> Result<Option<Period>, String> {
        let years_1 = matches!(self.of(Role::PeriodRange), "1y" | "1Y" | "yearly" | "financial-year");
        if let (start, end) = (self.of(Role::PeriodStart), self.of(Role::PeriodEnd))
            && !start.is_empty()
            && !end.is_empty()
        {
            return between(start, end).map(Some);
        }
        match self.of(Role::Period) {
            "" => Ok(None),
            text => Period::read(text, years_1).map(Some).map_err(|e| e.to_string()),
        }
    }
}

/// The period from one day to another, both included, in whole months.
fn between(start: &str, end: &str) -> Result<Period, String> {
    let day = |text: &str| {
        text.parse::<jiff::civil::Date>().map_err(|_| format!("`{text}` is not a day as in 2023-04-01"))
    };
    let (start, end) = (day(start)?, day(end)?);
    let after = end.tomorrow().map_err(|e| e.to_string())?;
    let months = i32::from(after.year() - start.year()) * 12 + i32::from(after.month() - start.month());
    let months = u16::try_from(months).map_err(|_| format!("{end} is before {start}"))?;
    Period::new(start, months).ok_or_else(|| format!("{start} to {end} is too long"))
}

fn cell<'a>(record: &'a StringRecord, columns: &Columns, role: Role) -> &'a str {
    columns.of(role).and_then(|at| record.get(at)).unwrap_or_default().trim()
}

/// Reads a table.
pub struct Rows<R> {
    csv: csv::Reader<BufReader<R>>,
    record: StringRecord,
    columns: Columns,
}

impl<R: Read> Rows<R> {
    /// Opens a table in UTF-8: reads its header and finds its columns.
    pub fn open(text: R, asked: Option<Format>, named: &[(Role, String)]) -> Result<Self, RowsError> {
        let mut text = BufReader::new(text);
        let delimiter = delimiter(&mut text)?;
        let mut csv = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .delimiter(delimiter)
            .from_reader(text);
        let mut record = StringRecord::new();
        match csv.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Err(RowsError::Empty),
            Err(e) => return Err(RowsError::Read { row: 1, cause: e.to_string() }),
        }
        let header: Vec<String> =
            record.iter().map(|h| h.trim_start_matches('\u{feff}').trim().to_owned()).collect();
        let columns = Columns::find(&header, asked, named)?;
        Ok(Rows { csv, record, columns })
    }

    /// Where everything is.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The next row, or what is wrong with it; `None` at the end. Rows in which every cell is empty, as
    /// spreadsheets leave them at the end, are no rows.
    pub fn read(&mut self) -> Result<Option<Result<Row<'_>, RowFault>>, RowsError> {
        loop {
            let row = self.csv.position().line();
            match self.csv.read_record(&mut self.record) {
                Ok(true) if self.record.iter().all(|c| c.trim().is_empty()) => {}
                Ok(true) => break,
                Ok(false) => return Ok(None),
                Err(e) => return Err(RowsError::Read { row, cause: e.to_string() }),
            }
        }
        let row = self.record.position().map_or(0, csv::Position::line);
        Ok(Some(self.taken_apart(row)))
    }

    fn taken_apart(&self, row: u64) -> Result<Row<'_>, RowFault> {
        let (record, columns) = (&self.record, &self.columns);
        let wanted = columns.header.len();
        if record.len() != wanted {
            let cause = format!("{} cells where the header has {wanted}", record.len());
            return Err(RowFault { row, column: String::new(), cause });
        }
        let of = |role| cell(record, columns, role);
        let fault = |role, cause: String| RowFault {
            row,
            column: columns.header_of(role).unwrap_or_default().to_owned(),
            cause,
        };
        let number = |role| match Cell::read(of(role)) {
            Some(Cell::Number(value, _)) => Ok(Some(value)),
            Some(Cell::Empty | Cell::Mark(_)) => Ok(None),
            None => Err(fault(role, format!("`{}` is neither a number nor a known mark", of(role)))),
        };
        let code = of(Role::Code);
        if code.is_empty() {
            return Err(fault(Role::Code, "there is no area code".to_owned()));
        }
        if let Err(error) = code.parse::<Code>() {
            return Err(fault(Role::Code, error.to_string()));
        }
        let value = Cell::read(of(Role::Value)).ok_or_else(|| {
            fault(Role::Value, format!("`{}` is neither a number nor a known mark", of(Role::Value)))
        })?;
        let (lower, upper) = (number(Role::Lower)?, number(Role::Upper)?);
        if let (Some(l), Some(u)) = (lower, upper)
            && l > u
        {
            return Err(fault(Role::Lower, format!("the lower limit {l} is above the upper limit {u}")));
        }
        let (count, denominator) = (number(Role::Count)?, number(Role::Denominator)?);
        let observation = match value {
            Cell::Number(v, m) => {
                let low = [m, mark(of(Role::Status))].contains(&Some(Mark::LowReliability));
                let flag = low.then_some(Flag::LowReliability);
                Observation::of(v).between(lower, upper).counted(count, denominator).flagged(flag)
            }
            Cell::Empty | Cell::Mark(_) => {
                let own = match value {
                    Cell::Mark(m) => Some(m),
                    _ => mark(of(Role::Status)),
                };
                // A count without a value would bring a withheld rate back.
                Observation::none(absent(own, of(Role::Note), of(Role::Status)))
            }
        };
        Ok(Row { row, code, name: of(Role::Name), series: SeriesText { record, columns }, observation })
    }
}

/// Why there is no value: by its mark, else by what the notes say of it.
fn absent(own: Option<Mark>, note: &str, status: &str) -> Flag {
    match own {
        Some(Mark::Suppressed) => return Flag::Suppressed,
        Some(Mark::NotApplicable) => return Flag::NotApplicable,
        Some(Mark::Missing) => return Flag::Missing,
        Some(Mark::LowReliability | Mark::Noted) | None => {}
    }
    let says = |word: &str| [note, status].iter().any(|text| text.to_lowercase().contains(word));
    if ["suppress", "disclos", "confidential", "small number", "small count"].into_iter().any(says) {
        Flag::Suppressed
    } else {
        Flag::Missing
    }
}

/// The sign between the cells of the header: the one of comma, semicolon and tab that it holds most of.
fn delimiter(text: &mut impl BufRead) -> Result<u8, RowsError> {
    let start = text.fill_buf().map_err(|e| RowsError::Read { row: 1, cause: e.to_string() })?;
    let header = start.split(|b| *b == b'\n').next().unwrap_or_default();
    let many = |sign: u8| header.iter().filter(|b| **b == sign).count();
    Ok([b',', b';', b'\t'].into_iter().rev().max_by_key(|sign| many(*sign)).unwrap_or(b','))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<Result<(String, Observation), RowFault>> {
        let mut rows = Rows::open(text.as_bytes(), None, &[]).unwrap();
        let mut found = Vec::new();
        while let Some(row) = rows.read().unwrap() {
            found.push(row.map(|r| (r.code.to_owned(), r.observation)));
        }
        found
    }

    #[test]
    fn suppressed_missing_and_zero_differ() {
        let rows = all("areacd,period,observation,lci_95,uci_95,status,notes\n\
            E06000001,2022,0,0,0.5,,\n\
            E06000002,2022,,,,c,\n\
            E06000003,2022,,,,x,\n\
            E06000004,2022,,,,,Value suppressed for disclosure control due to small count\n\
            E06000005,2022,7.5,,,u,\n\
            E06000006,2022,,,,,\n\
            E06000007,2022,5,,,Value for Hackney and City of London combined,\n");
        let read: Vec<_> = rows.into_iter().map(|r| r.unwrap().1).map(|o| (o.value(), o.flag)).collect();
        assert_eq!(
            read,
            [
                (Some(0.0), None),
                (None, Some(Flag::Suppressed)),
                (None, Some(Flag::Missing)),
                (None, Some(Flag::Suppressed)),
                (Some(7.5), Some(Flag::LowReliability)),
                (None, Some(Flag::Missing)),
                (Some(5.0), None),
            ]
        );
    }

    #[test]
    fn faults_name_the_row_the_column_and_what_was_found() {
        let rows =
            all("code,value,lower,upper\n\"E1\nx\",1,,\nE2,about 5,,\nE3,1\nE4,1,5,3\n,1,,\n,,,\nE5,1,,\n");
        let said: Vec<String> =
            rows.iter().map(|r| r.as_ref().map_or_else(ToString::to_string, |(c, _)| c.clone())).collect();
        assert_eq!(
            said,
            [
                "row 2, column `code`: `E1\nx` holds `\n`, which no area code has",
                "row 4, column `value`: `about 5` is neither a number nor a known mark",
                "row 5, column ``: 2 cells where the header has 4",
                "row 6, column `lower`: the lower limit 5 is above the upper limit 3",
                "row 7, column `code`: there is no area code",
                "E5"
            ]
        );
    }

    #[test]
    fn semicolons_and_tabs_are_told_from_the_header() {
        assert_eq!(all("code;value\nE1;1\n").len(), 1);
        assert_eq!(all("code\tvalue\r\nE1\t1\r\n")[0].as_ref().unwrap().0, "E1");
        assert!(matches!(Rows::open(&b""[..], None, &[]), Err(RowsError::Empty)));
    }
}
