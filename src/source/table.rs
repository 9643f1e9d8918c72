//! The tables beside the catalogue: lookups, names, lineage, corrections. CSV in UTF-8 with a header row.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use compact_str::CompactString;
use jiff::civil::Date;

use crate::area::{Change, ChangeKind, Code, CodeError, Lineage, LineageError};

/// A CSV file in memory: a header and records of the same length.
#[derive(Clone, Debug)]
pub struct Table {
    file: String,
    header: csv::StringRecord,
    /// All cells one after another: a text for each would take five times the room.
    text: String,
    /// Where in `text` each cell ends.
    ends: Vec<usize>,
    /// The line on which each record began.
    lines: Vec<u64>,
}

/// A record of a table.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    table: &'a Table,
    number: usize,
}

impl<'a> Row<'a> {
    /// The cell of a column; `None` when there is no such column.
    pub fn get(self, column: usize) -> Option<&'a str> {
        let width = self.table.header.len();
        if column >= width {
            return None;
        }
        let cell = self.number * width + column;
        let start = if cell == 0 { 0 } else { self.table.ends[cell - 1] };
        Some(&self.table.text[start..self.table.ends[cell]])
    }
}

/// Why a table cannot be used: the file and everything wrong in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {}", sample(.faults))]
pub struct TableError {
    /// The file, as named in the catalogue.
    pub file: String,
    /// Every fault found, in file order.
    pub faults: Vec<TableFault>,
}

/// A message must stay readable when a whole column is wrong; the list in the error is complete.
const FAULTS_SHOWN: usize = 10;

fn sample(faults: &[TableFault]) -> String {
    let mut texts: Vec<String> = faults.iter().take(FAULTS_SHOWN).map(ToString::to_string).collect();
    if faults.len() > FAULTS_SHOWN {
        texts.push(format!("and {} more", faults.len() - FAULTS_SHOWN));
    }
    texts.join("; ")
}

/// One thing wrong in a table. Lines count from 1, the header being line 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableFault {
    /// The bytes are not CSV in UTF-8, or a row is longer or shorter than the header.
    #[error("{0}")]
    Csv(String),
    /// The header lacks a column.
    #[error("there is no column `{column}`; the columns are {found}")]
    NoColumn {
        /// The column wanted.
        column: String,
        /// The header as found.
        found: String,
    },
    /// The header names a column twice.
    #[error("the column `{0}` is there twice")]
    ColumnTwice(String),
    /// A cell is not an area code.
    #[error("line {line}, column `{column}`: {cause}")]
    Code {
        /// Line of the record.
        line: u64,
        /// Column of the cell.
        column: String,
        /// What is wrong with it.
        cause: CodeError,
    },
    /// A key is there twice.
    #[error("line {line}: `{key}` was already on line {first_line}")]
    KeyTwice {
        /// Line of the second.
        line: u64,
        /// Line of the first.
        first_line: u64,
        /// The key.
        key: Code,
    },
    /// A cell is not what its column holds.
    #[error("line {line}, column `{column}`: `{found}` is not {wanted}")]
    Cell {
        /// Line of the record.
        line: u64,
        /// Column of the cell.
        column: String,
        /// The cell.
        found: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// The changes contradict each other.
    #[error("{0}")]
    Lineage(#[from] LineageError),
}

/// A lookup column: from a code to the code of its area, or to none.
pub type LookupMap = HashMap<Code, Option<Code>>;

/// The names of an area.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// The name in full, as its publisher writes it.
    pub name: CompactString,
    /// The Welsh name, where there is one.
    pub name_cy: Option<String>,
    /// Other names people look for: short, former, colloquial.
    pub alternatives: Vec<String>,
}

/// A hand correction: what a source says of a block, and what is right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Correction {
    /// The column of the block lookup that is corrected: `lad@2011`.
    pub layer: String,
    /// The block.
    pub block: Code,
    /// The code in the source; the correction is refused when the source no longer says so.
    pub from: Code,
    /// The right code.
    pub to: Code,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub source: String,
}

/// Between alternatives in the `name_alt` column.
const ALTERNATIVES: char = ';';

impl Table {
    /// Reads `bytes`; `file` is only for messages. A byte order mark is skipped.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, TableError> {
        let table = Table::parse_repeating(file, bytes)?;
        let repeated = |(i, column): (usize, &str)| {
            let again = table.header.iter().take(i).any(|c| c == column);
            again.then(|| TableFault::ColumnTwice(column.to_owned()))
        };
        let faults: Vec<TableFault> = table.header.iter().enumerate().filter_map(repeated).collect();
        if faults.is_empty() { Ok(table) } else { Err(table.error(faults)) }
    }

    /// As `parse`, for the publishers that name several columns alike; `column` then finds the first of them.
    pub fn parse_repeating(file: &str, bytes: &[u8]) -> Result<Self, TableError> {
        let fail = |faults| TableError { file: file.to_owned(), faults };
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::Reader::from_reader(bytes);
        let header = reader.headers().map_err(|e| fail(vec![TableFault::Csv(e.to_string())]))?.clone();
        let mut faults: Vec<TableFault> = Vec::new();
        let text = String::with_capacity(bytes.len());
        let mut table = Table { file: file.to_owned(), header, text, ends: Vec::new(), lines: Vec::new() };
        let mut record = csv::StringRecord::new();
        loop {
            match reader.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => {
                    for cell in &record {
                        table.text.push_str(cell);
                        table.ends.push(table.text.len());
                    }
                    table.lines.push(record.position().map_or(0, csv::Position::line));
                }
                Err(error) => faults.push(TableFault::Csv(error.to_string())),
            }
        }
        if faults.is_empty() { Ok(table) } else { Err(fail(faults)) }
    }

    /// The file, for messages.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The names of the columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.header.iter()
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// True when there is no record.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The place of a column.
    pub fn column(&self, column: &str) -> Result<usize, TableFault> {
        self.header.iter().position(|c| c == column).ok_or_else(|| TableFault::NoColumn {
            column: column.to_owned(),
            found: self.header.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", "),
        })
    }

    /// The records with the line on which each began.
    pub fn records(&self) -> impl Iterator<Item = (u64, Row<'_>)> {
        self.lines.iter().enumerate().map(|(number, &line)| (line, Row { table: self, number }))
    }

    /// An error of this table.
    pub fn error(&self, faults: Vec<TableFault>) -> TableError {
        TableError { file: self.file.clone(), faults }
    }

    /// The places of several columns; every missing one is a fault.
    pub fn places<const N: usize>(&self, columns: [&str; N]) -> Result<[usize; N], TableError> {
        let mut faults = Vec::new();
        let places = columns.map(|column| {
            self.column(column).unwrap_or_else(|fault| {
                faults.push(fault);
                0
            })
        });
        if faults.is_empty() { Ok(places) } else { Err(self.error(faults)) }
    }

    /// The map from column `key` to column `value`. Keys are unique; an empty value means no area.
    pub fn lookup(&self, key: &str, value: &str) -> Result<LookupMap, TableError> {
        let [key_at, value_at] = self.places([key, value])?;
        let mut faults = Vec::new();
        let mut rows: HashMap<Code, Option<Code>> = HashMap::with_capacity(self.len());
        // The lines of the rows kept, by key: only made when a key comes again.
        let mut lines: Option<HashMap<Code, u64>> = None;
        let mut before: Option<(&str, Code)> = None;
        for (line, record) in self.records() {
            let Some(code) = self.code(line, record, key_at, &mut faults) else { continue };
            let text = record.get(value_at).unwrap_or_default();
            let value = match &before {
                // Neighbouring rows mostly lead to the same area.
                Some((known, value)) if *known == text => Some(value.clone()),
                _ if text.trim().is_empty() => None,
                _ => match self.code(line, record, value_at, &mut faults) {
                    Some(value) => {
                        before = Some((text, value.clone()));
                        Some(value)
                    }
                    None => continue,
                },
            };
            match rows.entry(code) {
                Entry::Vacant(row) => {
                    row.insert(value);
                }
                Entry::Occupied(row) => {
                    let lines = lines.get_or_insert_with(|| self.first_lines(key_at, value_at));
                    let first_line = lines.get(row.key()).copied().unwrap_or(line);
                    faults.push(TableFault::KeyTwice { line, first_line, key: row.key().clone() });
                }
            }
        }
        if faults.is_empty() { Ok(rows) } else { Err(self.error(faults)) }
    }

    /// The line on which each key first stands in a row whose key and value can be read.
    fn first_lines(&self, key_at: usize, value_at: usize) -> HashMap<Code, u64> {
        let mut lines = HashMap::new();
        for (line, record) in self.records() {
            let value = record.get(value_at).unwrap_or_default();
            if (value.trim().is_empty() || value.parse::<Code>().is_ok())
                && let Ok(code) = record.get(key_at).unwrap_or_default().parse()
            {
                lines.entry(code).or_insert(line);
            }
        }
        lines
    }

    /// The names of areas: columns `code`, `name` and, if there, `name_cy` and `name_alt`.
    pub fn names(&self) -> Result<HashMap<Code, Name>, TableError> {
        let [code_at, name_at] = self.places(["code", "name"])?;
        let welsh_at = self.column("name_cy").ok();
        let other_at = self.column("name_alt").ok();
        let mut faults = Vec::new();
        let mut names: HashMap<Code, Name> = HashMap::with_capacity(self.len());
        for (line, record) in self.records() {
            let Some(code) = self.code(line, record, code_at, &mut faults) else { continue };
            let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default().trim();
            let name = cell(Some(name_at));
            if name.is_empty() {
                faults.push(self.cell(line, name_at, record, "a name"));
            }
            let welsh = cell(welsh_at);
            let others = cell(other_at).split(ALTERNATIVES).map(str::trim).filter(|n| !n.is_empty());
            let row = Name {
                name: name.into(),
                name_cy: (!welsh.is_empty()).then(|| welsh.to_owned()),
                alternatives: others.map(str::to_owned).collect(),
            };
            if names.insert(code.clone(), row).is_some() {
                let first_line = self.line_of(code_at, &code);
                faults.push(TableFault::KeyTwice { line, first_line, key: code });
            }
        }
        if faults.is_empty() { Ok(names) } else { Err(self.error(faults)) }
    }

    /// The changes of code: `lineage.csv`.
    pub fn lineage(&self) -> Result<Lineage, TableError> {
        let [old, old_name, new, new_name, effective, kind, note] =
            self.places(["old_code", "old_name", "new_code", "new_name", "effective", "kind", "note"])?;
        let mut faults = Vec::new();
        let mut changes = Vec::with_capacity(self.len());
        for (line, record) in self.records() {
            let text = |at: usize| record.get(at).unwrap_or_default().trim();
            let day: Option<Date> = text(effective).parse().ok();
            if day.is_none() {
                faults.push(self.cell(line, effective, record, "a day, written 2025-04-01"));
            }
            let how: Option<ChangeKind> = text(kind).parse().ok();
            if how.is_none() {
                faults.push(self.cell(line, kind, record, "`recode`, `merge` or `split`"));
            }
            let codes =
                (self.code(line, record, old, &mut faults), self.code(line, record, new, &mut faults));
            if let ((Some(old_code), Some(new_code)), Some(effective), Some(kind)) = (codes, day, how) {
                changes.push(Change {
                    old_code,
                    old_name: text(old_name).to_owned(),
                    new_code,
                    new_name: text(new_name).to_owned(),
                    effective,
                    kind,
                    note: text(note).to_owned(),
                });
            }
        }
        if !faults.is_empty() {
            return Err(self.error(faults));
        }
        Lineage::new(changes).map_err(|fault| self.error(vec![fault.into()]))
    }

    /// The hand corrections: `corrections.csv`.
    pub fn corrections(&self) -> Result<Vec<Correction>, TableError> {
        let [layer, block, from, to, reason, source] =
            self.places(["layer", "block", "from", "to", "reason", "source"])?;
        let mut faults = Vec::new();
        let mut rows = Vec::with_capacity(self.len());
        for (line, record) in self.records() {
            let text = |at: usize| record.get(at).unwrap_or_default().trim().to_owned();
            let mut code = |at| self.code(line, record, at, &mut faults);
            if let (Some(block), Some(from), Some(to)) = (code(block), code(from), code(to)) {
                rows.push(Correction {
                    layer: text(layer),
                    block,
                    from,
                    to,
                    reason: text(reason),
                    source: text(source),
                });
            }
        }
        if faults.is_empty() { Ok(rows) } else { Err(self.error(faults)) }
    }

    /// The code in a cell, or a fault noted.
    pub fn code(&self, line: u64, record: Row, at: usize, faults: &mut Vec<TableFault>) -> Option<Code> {
        match record.get(at).unwrap_or_default().parse() {
            Ok(code) => Some(code),
            Err(cause) => {
                let column = self.header.get(at).unwrap_or_default().to_owned();
                faults.push(TableFault::Code { line, column, cause });
                None
            }
        }
    }

    /// The fault that a cell is not what was wanted.
    pub fn cell(&self, line: u64, at: usize, record: Row, wanted: &'static str) -> TableFault {
        TableFault::Cell {
            line,
            column: self.header.get(at).unwrap_or_default().to_owned(),
            found: record.get(at).unwrap_or_default().to_owned(),
            wanted,
        }
    }

    fn line_of(&self, column: usize, code: &Code) -> u64 {
        let same = |r: Row| r.get(column).is_some_and(|text| text.parse::<Code>().is_ok_and(|c| c == *code));
        self.records().find(|(_, r)| same(*r)).map_or(0, |(line, _)| line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        Table::parse("t.csv", text.as_bytes()).unwrap()
    }

    fn code(text: &str) -> Code {
        text.parse().unwrap()
    }

    #[test]
    fn a_lookup_may_lead_to_no_area() {
        let rows = table("\u{feff}a,b\nE1,W1\n e2 ,\n").lookup("a", "b").unwrap();
        assert_eq!(rows[&code("E1")], Some(code("W1")));
        assert_eq!(rows[&code("e2")], None);
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn duplicates_and_bad_codes_are_all_told_with_their_lines() {
        let error = table("a,b\nE1,W1\n,W2\nE1,W3\nE4,W/4\n").lookup("a", "b").unwrap_err();
        assert_eq!(
            error.faults,
            [
                TableFault::Code { line: 3, column: "a".into(), cause: CodeError::Empty },
                TableFault::KeyTwice { line: 4, first_line: 2, key: code("E1") },
                TableFault::Code {
                    line: 5,
                    column: "b".into(),
                    cause: CodeError::Character { code: "W/4".into(), found: '/' }
                },
            ]
        );
        assert!(error.to_string().starts_with("t.csv: line 3, column `a`:"), "{error}");
    }

    #[test]
    fn a_missing_column_is_told_with_those_there_are() {
        let error = table("a,b\nE1,W1\n").lookup("a", "c").unwrap_err();
        assert_eq!(error.to_string(), "t.csv: there is no column `c`; the columns are `a`, `b`");
    }

    #[test]
    fn short_rows_are_faults_not_panics() {
        assert!(Table::parse("t.csv", b"a,b\nE1\n").is_err());
        assert!(Table::parse("t.csv", b"a,b\nE1,\xff\n").is_err());
        assert!(Table::parse("t.csv", b"a,a\nE1,E2\n").is_err());
    }

    #[test]
    fn names_in_welsh_and_others() {
        let names = table(
            "code,name,name_cy,name_alt\nW1,Isle of Anglesey,Ynys Môn,Anglesey\nE1,\"Hull, City of\",,Hull; Kingston\n",
        )
        .names()
        .unwrap();
        assert_eq!(names[&code("W1")].name_cy.as_deref(), Some("Ynys Môn"));
        assert_eq!(names[&code("E1")].alternatives, ["Hull", "Kingston"]);
        assert_eq!(names[&code("E1")].name, "Hull, City of");
    }

    #[test]
    fn a_lineage_row_needs_a_day_and_a_kind() {
        let head = "old_code,old_name,new_code,new_name,effective,kind,note\n";
        let good = table(&format!("{head}A,a,B,b,2019-04-01,merge,\n")).lineage().unwrap();
        assert_eq!(good.changes().len(), 1);
        let error = table(&format!("{head}A,a,B,b,April 2019,joined,\n")).lineage().unwrap_err();
        assert_eq!(error.faults.len(), 2);
    }
}
