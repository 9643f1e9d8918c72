//! A table of places in, the same table with the codes of their areas out: row by row, in constant memory.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::rc::Rc;

use csv::ByteRecord;

use super::{Asked, place};
use crate::area::Postcode;
use crate::atlas::{Atlas, AtlasLayer};

/// The columns in which the places stand, by their names in the first row.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Where {
    /// By the names that such columns usually have.
    #[default]
    Usual,
    /// Longitude and latitude.
    Degrees(String, String),
    /// Easting and northing.
    Grid(String, String),
    /// A postcode.
    Postcode(String),
}

/// What is asked of a table.
pub struct TableQuestion<'a> {
    /// Where the places stand.
    pub places: Where,
    /// The layers that are answered, and what their columns are called: `lad` gives `lad_code`.
    pub layers: Vec<(String, &'a AtlasLayer)>,
    /// Names beside the codes.
    pub names: bool,
    /// A last column that says what is wrong with a row.
    pub errors: bool,
}

/// How it went.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TableReport {
    /// Rows read and written, the first not counted.
    pub rows: u64,
    /// Rows whose place is in no block: at sea, or abroad.
    pub nowhere: u64,
    /// Rows that hold no place.
    pub faulty: u64,
    /// The line of the first such row, and what is wrong with it.
    pub first_fault: Option<(u64, String)>,
}

/// Why a table cannot be answered at all.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It has no first row.
    #[error("the table is empty: its first row must name the columns")]
    Empty,
    /// A column that was named is not there.
    #[error("there is no column `{asked}`; there are {known}")]
    Column {
        /// The name that was asked for.
        asked: String,
        /// The names of the first row.
        known: String,
    },
    /// No columns with the usual names.
    #[error("no columns lon and lat, easting and northing, or postcode; there are {known}")]
    NoPlaces {
        /// The names of the first row.
        known: String,
    },
    /// The input cannot be read.
    #[error("the table cannot be read: {0}")]
    Read(#[from] csv::Error),
    /// The output cannot be written.
    #[error("the answer cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// Names under which places are found without being told, compared without regard to case.
const LON: [&str; 5] = ["lon", "lng", "long", "longitude", "x"];
const LAT: [&str; 3] = ["lat", "latitude", "y"];
const EASTING: [&str; 3] = ["easting", "eastings", "easting_m"];
const NORTHING: [&str; 3] = ["northing", "northings", "northing_m"];
const POSTCODE: [&str; 5] = ["postcode", "post_code", "pcds", "pcd", "postal_code"];

/// Longest row read: a quotation mark that is never closed would otherwise make a row of the whole file.
const LONGEST_ROW_BYTES: usize = 1 << 20;
const BUFFER_BYTES: usize = 1 << 16;

/// Numbers of the columns.
#[derive(Clone, Copy)]
enum Columns {
    Degrees(usize, usize),
    Grid(usize, usize),
    Postcode(usize),
}

/// Answers a table. The first row names the columns; every other row comes out where it came in, with its columns as
/// they were and a code (and name) for each layer, empty where there is none.
pub fn locate_table(
    atlas: &Atlas,
    question: &TableQuestion,
    input: impl Read,
    mut output: impl Write,
) -> Result<TableReport, TableError> {
    let since_row = Rc::new(Cell::new(0));
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .buffer_capacity(BUFFER_BYTES)
        .from_reader(Bounded { input, since_row: Rc::clone(&since_row) });
    let header = without_mark(reader.byte_headers()?);
    if header.is_empty() {
        return Err(TableError::Empty);
    }
    let columns = columns(&header, &question.places)?;
    let width = header.len();
    let mut line: Vec<u8> = Vec::with_capacity(256);
    write_header(&mut line, &header, question);
    output.write_all(&line)?;

    let mut report = TableReport::default();
    let mut record = ByteRecord::new();
    loop {
        since_row.set(0);
        let start = reader.position().line();
        if !reader.read_byte_record(&mut record)? {
            break;
        }
        if width == 1 {
            // The reader passes over empty lines, but in a table of one column they are rows like any other.
            let breaks = record.iter().flatten().filter(|b| **b == b'\n').count() as u64;
            let empty = (reader.position().line() - start).saturating_sub(1 + breaks);
            for _ in 0..empty {
                report.fault(start, || "the row is empty".to_owned());
                line.clear();
                answer(&mut line, question, None, "the row is empty");
                output.write_all(&line)?;
            }
        }
        line.clear();
        for at in 0..width {
            if at > 0 {
                line.push(b',');
            }
            write_field(&mut line, record.get(at).unwrap_or_default());
        }
        let found = if record.len() == width {
            read_place(&record, columns)
                .and_then(|asked| place(atlas, asked).map_err(|error| error.to_string()))
        } else {
            Err(format!("the row has {} fields, the first row {width}", record.len()))
        };
        match found {
            Ok(place) => {
                let block = atlas.block_at(place.at.coord());
                report.rows += 1;
                report.nowhere += u64::from(block.is_none());
                answer(&mut line, question, block, "");
            }
            Err(fault) => {
                answer(&mut line, question, None, &fault);
                report.fault(start, || fault);
            }
        }
        output.write_all(&line)?;
    }
    output.flush()?;
    Ok(report)
}

impl TableReport {
    fn fault(&mut self, line: u64, words: impl FnOnce() -> String) {
        self.rows += 1;
        self.faulty += 1;
        if self.first_fault.is_none() {
            self.first_fault = Some((line, words()));
        }
    }
}

/// The first row without the mark that spreadsheets put before UTF-8.
fn without_mark(header: &ByteRecord) -> ByteRecord {
    let strip = |(i, field): (usize, &[u8])| {
        let mark: &[u8] = if i == 0 { b"\xef\xbb\xbf" } else { b"" };
        field.strip_prefix(mark).unwrap_or(field).to_vec()
    };
    header.iter().enumerate().map(strip).collect::<Vec<_>>().into()
}

fn columns(header: &ByteRecord, places: &Where) -> Result<Columns, TableError> {
    let name = |field: &[u8]| String::from_utf8_lossy(field).trim().to_owned();
    let names: Vec<String> = header.iter().map(name).collect();
    let known = || names.join(", ");
    let named = |asked: &String| {
        let exact = names.iter().position(|n| n == asked.trim());
        let found = exact.or_else(|| names.iter().position(|n| n.eq_ignore_ascii_case(asked.trim())));
        found.ok_or_else(|| TableError::Column { asked: asked.clone(), known: known() })
    };
    let usual =
        |usual: &[&str]| usual.iter().find_map(|u| names.iter().position(|n| n.eq_ignore_ascii_case(u)));
    match places {
        Where::Degrees(lon, lat) => Ok(Columns::Degrees(named(lon)?, named(lat)?)),
        Where::Grid(easting, northing) => Ok(Columns::Grid(named(easting)?, named(northing)?)),
        Where::Postcode(postcode) => Ok(Columns::Postcode(named(postcode)?)),
        Where::Usual => match (usual(&LON), usual(&LAT), usual(&EASTING), usual(&NORTHING)) {
            (Some(lon), Some(lat), ..) => Ok(Columns::Degrees(lon, lat)),
            (_, _, Some(easting), Some(northing)) => Ok(Columns::Grid(easting, northing)),
            _ => {
                let postcode = usual(&POSTCODE).ok_or_else(|| TableError::NoPlaces { known: known() })?;
                Ok(Columns::Postcode(postcode))
            }
        },
    }
}

fn write_header(line: &mut Vec<u8>, header: &ByteRecord, question: &TableQuestion) {
    for (i, field) in header.iter().enumerate() {
        if i > 0 {
            line.push(b',');
        }
        write_field(line, field);
    }
    for (name, _) in &question.layers {
        line.push(b',');
        write_field(line, format!("{name}_code").as_bytes());
        if question.names {
            line.push(b',');
            write_field(line, format!("{name}_name").as_bytes());
        }
    }
    if question.errors {
        line.extend_from_slice(b",error");
    }
    line.push(b'\n');
}

fn answer(line: &mut Vec<u8>, question: &TableQuestion, block: Option<u32>, fault: &str) {
    for (_, layer) in &question.layers {
        let area = block.and_then(|b| layer.area_of_block(b)).map(|area| &layer.areas()[area as usize]);
        line.push(b',');
        if let Some(area) = area {
            write_field(line, area.code.as_str().as_bytes());
        }
        if question.names {
            line.push(b',');
            if let Some(area) = area {
                write_field(line, area.name.as_bytes());
            }
        }
    }
    if question.errors {
        line.push(b',');
        write_field(line, fault.as_bytes());
    }
    line.push(b'\n');
}

/// A field, in quotation marks where RFC 4180 needs them.
fn write_field(line: &mut Vec<u8>, field: &[u8]) {
    if !field.iter().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
        line.extend_from_slice(field);
        return;
    }
    line.push(b'"');
    for &b in field {
        if b == b'"' {
            line.push(b'"');
        }
        line.push(b);
    }
    line.push(b'"');
}

fn read_place(record: &ByteRecord, columns: Columns) -> Result<Asked, String> {
    match columns {
        Columns::Degrees(lon, lat) => {
            Ok(Asked::Degrees { lon: number(record, lon, "lon")?, lat: number(record, lat, "lat")? })
        }
        Columns::Grid(easting, northing) => Ok(Asked::Grid {
            easting_m: number(record, easting, "easting")?,
            northing_m: number(record, northing, "northing")?,
        }),
        Columns::Postcode(at) => {
            let text = text(record, at);
            let read = text.unwrap_or_default().parse::<Postcode>();
            read.map(Asked::Postcode).map_err(|error| error.to_string())
        }
    }
}

fn text(record: &ByteRecord, at: usize) -> Option<&str> {
    record.get(at).and_then(|field| std::str::from_utf8(field).ok()).map(str::trim)
}

fn number(record: &ByteRecord, at: usize, what: &str) -> Result<f64, String> {
    let text = text(record, at).unwrap_or("?");
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ if text.is_empty() => Err(format!("{what} is missing")),
        _ => Err(format!("{what} `{}` is not a number", text.chars().take(20).collect::<String>())),
    }
}

/// An input that ends in an error when a row does not end.
struct Bounded<R> {
    input: R,
    since_row: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.since_row.set(self.since_row.get() + read);
        if self.since_row.get() > LONGEST_ROW_BYTES + BUFFER_BYTES {
            let words = "a row is longer than a megabyte: is a quotation mark not closed?";
            return Err(io::Error::new(io::ErrorKind::InvalidData, words));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(bytes: &[u8]) -> String {
        let mut line = Vec::new();
        write_field(&mut line, bytes);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        for (plain, written) in [
            ("Leeds", "Leeds"),
            ("Bristol, City of", "\"Bristol, City of\""),
            ("a\"b", "\"a\"\"b\""),
            ("", ""),
        ] {
            assert_eq!(field(plain.as_bytes()), written);
        }
    }

    #[test]
    fn columns_are_found_by_their_usual_names() {
        let header = |names: &[&str]| ByteRecord::from(names.to_vec());
        let found = |names: &[&str]| columns(&header(names), &Where::Usual);
        assert!(matches!(found(&["id", "Lat", "LONGITUDE"]), Ok(Columns::Degrees(2, 1))));
        assert!(matches!(found(&["Eastings", "Northings", "pcds"]), Ok(Columns::Grid(0, 1))));
        assert!(matches!(found(&["pcds", "lat"]), Ok(Columns::Postcode(0))));
        assert!(matches!(found(&["a", "b"]), Err(TableError::NoPlaces { .. })));
        let asked = Where::Postcode("Home".into());
        assert!(matches!(columns(&header(&["x", "home"]), &asked), Ok(Columns::Postcode(1))));
        assert!(matches!(columns(&header(&["x"]), &asked), Err(TableError::Column { .. })));
    }

    #[test]
    fn a_row_without_end_is_an_error() {
        let since_row = Rc::new(Cell::new(0));
        let endless = io::repeat(b'x');
        let mut reader = csv::ReaderBuilder::new()
            .from_reader(Bounded { input: endless, since_row: Rc::clone(&since_row) });
        assert!(reader.byte_headers().unwrap_err().to_string().contains("longer than a megabyte"));
    }
}
