//! Some rows of a table: read together, looked up together, written together. What holds them is used again, so that no
//! row asks for memory of its own.

use csv::ByteRecord;
use geo::Coord;

use super::super::{Asked, place};
use super::{Columns, TableQuestion, TableReport};
use crate::area::Postcode;
use crate::atlas::Atlas;
use crate::text::write_field;

/// Rows of a batch: enough that lookups share their waiting for memory, few enough that all stays near the processor.
const ROWS: usize = 1024;
/// A batch of long rows is full sooner.
const BYTES: usize = 1 << 18;

/// What is done to every batch.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub atlas: &'a Atlas,
    pub question: &'a TableQuestion<'a>,
    pub columns: Columns,
    /// How many fields a row must have.
    pub width: usize,
}

/// A row of the table.
#[derive(Default)]
pub(super) struct Row {
    pub record: ByteRecord,
    /// The line on which it begins.
    line: u64,
    /// Empty lines before it that are rows themselves.
    pub empty_before: u64,
}

/// Rows, and their answers.
#[derive(Default)]
pub(super) struct Batch {
    rows: Vec<Row>,
    count: usize,
    bytes: usize,
    points: Vec<Coord>,
    faults: Vec<Option<String>>,
    out: Vec<u8>,
    pub report: TableReport,
}

impl Batch {
    pub fn clear(&mut self) {
        (self.count, self.bytes) = (0, 0);
        self.report = TableReport::default();
    }

    /// The row after those kept, to be read into.
    pub fn next_row(&mut self, line: u64) -> &mut Row {
        if self.count == self.rows.len() {
            self.rows.push(Row::default());
        }
        let row = &mut self.rows[self.count];
        (row.line, row.empty_before) = (line, 0);
        row
    }

    /// Keeps the row that was read; true when the batch is full.
    pub fn keep_row(&mut self) -> bool {
        self.bytes += self.rows[self.count].record.as_slice().len();
        self.count += 1;
        self.count == ROWS || self.bytes > BYTES
    }

    /// The answers, once they are made.
    pub fn answers(&self) -> &[u8] {
        &self.out
    }
}

impl Work<'_> {
    /// Answers the rows of a batch.
    pub fn answer(&self, batch: &mut Batch) {
        let Batch { rows, count, points, faults, out, report, .. } = batch;
        let rows = &rows[..*count];
        points.clear();
        faults.clear();
        out.clear();
        for row in rows {
            let place = self.place(&row.record);
            // No point is where there is no place.
            points.push(place.as_ref().map_or(Coord { x: f64::NAN, y: f64::NAN }, |at| *at));
            faults.push(place.err());
        }
        let blocks = self.atlas.blocks_at(points);
        for (((row, &at), fault), block) in rows.iter().zip(&*points).zip(faults.iter_mut()).zip(blocks) {
            for _ in 0..row.empty_before {
                const WORDS: &str = "the row is empty";
                report.fault(row.line, || WORDS.to_owned());
                self.write_areas(out, None, WORDS);
            }
            for number in 0..self.width {
                if number > 0 {
                    out.push(b',');
                }
                write_field(out, row.record.get(number).unwrap_or_default());
            }
            if let Some(fault) = fault.take() {
                self.write_areas(out, None, &fault);
                report.fault(row.line, || fault);
            } else {
                report.rows += 1;
                report.nowhere += u64::from(block.is_none());
                self.write_areas(out, block.map(|block| (block, at)), "");
            }
        }
    }

    fn place(&self, record: &ByteRecord) -> Result<Coord, String> {
        if record.len() != self.width {
            return Err(format!("the row has {} fields, the first row {}", record.len(), self.width));
        }
        let asked = read_place(record, self.columns)?;
        place(self.atlas, asked).map(|place| place.at.coord()).map_err(|error| error.to_string())
    }

    fn write_areas(&self, line: &mut Vec<u8>, found: Option<(u32, Coord)>, fault: &str) {
        for (_, layer) in &self.question.layers {
            let area = found.and_then(|(block, at)| self.atlas.area_at(layer, Some(block), at));
            let area = area.map(|area| &layer.areas()[area as usize]);
            line.push(b',');
            if let Some(area) = area {
                write_field(line, area.code.as_str().as_bytes());
            }
            if self.question.names {
                line.push(b',');
                if let Some(area) = area {
                    write_field(line, area.name.as_bytes());
                }
            }
        }
        if self.question.errors {
            line.push(b',');
            write_field(line, fault.as_bytes());
        }
        line.push(b'\n');
    }
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
