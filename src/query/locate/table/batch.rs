//! Some rows of a table: read together, looked up together, written together. What holds them is used again, so that no
//! row asks for memory of its own.

use csv::ByteRecord;
use geo::Coord;

use super::super::{Asked, place};
use super::records::{Fields, Records, after_feed};
use super::text::{Input, Text, lines};
use super::{Columns, TableError, TableQuestion, TableReport};
use crate::area::Postcode;
use crate::atlas::Atlas;
use crate::text::write_field;

/// Rows looked up together: enough that they share their waiting for memory, few enough that all stays near the processor.
const ROWS: usize = 1024;

/// What is done to every batch.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub atlas: &'a Atlas,
    pub question: &'a TableQuestion<'a>,
    pub columns: Columns,
    /// How many fields a row must have.
    pub width: usize,
}

/// Whole rows of a table, and their answers: what goes from one thread to another.
#[derive(Default)]
pub(super) struct Batch {
    /// The rows as text.
    text: Vec<u8>,
    /// The line on which the first begins.
    line: u64,
    out: Vec<u8>,
    pub report: TableReport,
}

impl Batch {
    /// Takes the next rows of a table; false at its end. Those before a fault are in the batch.
    pub fn fill(&mut self, table: &mut Text<impl Input>) -> Result<bool, TableError> {
        let (line, ended) = table.next(&mut self.text);
        self.line = line;
        ended.map_err(TableError::Read)
    }

    /// Takes the first row away.
    pub fn take_header(&mut self) -> ByteRecord {
        let mut records = Records::default();
        let end = after_feed(&self.text, records.read(&self.text, 0, 1));
        let header = records.rows().flat_map(|(_, fields)| fields.iter()).collect();
        self.line += lines(&self.text[..end]);
        self.text.drain(..end);
        header
    }

    /// The answers, once they are made.
    pub fn answers(&self) -> &[u8] {
        &self.out
    }
}

/// Room that a thread answers in.
#[derive(Default)]
pub(super) struct Room {
    records: Records,
    points: Vec<Coord>,
    faults: Vec<Option<String>>,
}

impl Work<'_> {
    /// Answers the rows of a batch.
    pub fn answer(&self, batch: &mut Batch, room: &mut Room) {
        let Batch { text, line, out, report } = batch;
        out.clear();
        *report = TableReport::default();
        let mut at = 0;
        loop {
            at = room.records.read(text, at, ROWS);
            if room.records.rows().next().is_none() {
                return;
            }
            self.answer_rows(room, out, report, |at| *line + lines(&text[..at]));
        }
    }

    /// `line_at` tells the line of a place in the text.
    fn answer_rows(
        &self,
        room: &mut Room,
        out: &mut Vec<u8>,
        report: &mut TableReport,
        line_at: impl Fn(usize) -> u64,
    ) {
        let Room { records, points, faults } = room;
        points.clear();
        faults.clear();
        for (_, fields) in records.rows() {
            let place = self.place(fields);
            // No point is where there is no place.
            points.push(place.as_ref().map_or(Coord { x: f64::NAN, y: f64::NAN }, |at| *at));
            faults.push(place.err());
        }
        let blocks = self.atlas.blocks_at(points);
        let answers = points.iter().zip(faults.iter_mut()).zip(blocks);
        for ((row, fields), ((&at, fault), block)) in records.rows().zip(answers) {
            // In a table of one column empty lines are rows like any other.
            for _ in 0..if self.width == 1 { row.empty_before } else { 0 } {
                const WORDS: &str = "the row is empty";
                report.fault(|| (line_at(row.empty_start), WORDS.to_owned()));
                self.write_areas(out, None, WORDS);
            }
            for number in 0..self.width {
                if number > 0 {
                    out.push(b',');
                }
                write_field(out, fields.get(number).unwrap_or_default());
            }
            if let Some(fault) = fault.take() {
                self.write_areas(out, None, &fault);
                report.fault(|| (line_at(row.start), fault));
            } else {
                report.rows += 1;
                report.nowhere += u64::from(block.is_none());
                self.write_areas(out, block.map(|block| (block, at)), "");
            }
        }
    }

    fn place(&self, fields: Fields) -> Result<Coord, String> {
        if fields.count() != self.width {
            return Err(format!("the row has {} fields, the first row {}", fields.count(), self.width));
        }
        let asked = read_place(fields, self.columns)?;
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
    /// Counts a row that holds no place; `of` tells its line and what is wrong with it.
    fn fault(&mut self, of: impl FnOnce() -> (u64, String)) {
        self.rows += 1;
        self.faulty += 1;
        if self.first_fault.is_none() {
            self.first_fault = Some(of());
        }
    }
}

fn read_place(fields: Fields<'_>, columns: Columns) -> Result<Asked, String> {
    match columns {
        Columns::Degrees(lon, lat) => {
            Ok(Asked::Degrees { lon: number(fields, lon, "lon")?, lat: number(fields, lat, "lat")? })
        }
        Columns::Grid(easting, northing) => Ok(Asked::Grid {
            easting_m: number(fields, easting, "easting")?,
            northing_m: number(fields, northing, "northing")?,
        }),
        Columns::Postcode(at) => {
            let text = text(fields, at);
            let read = text.unwrap_or_default().parse::<Postcode>();
            read.map(Asked::Postcode).map_err(|error| error.to_string())
        }
    }
}

fn text(fields: Fields<'_>, at: usize) -> Option<&str> {
    fields.get(at).and_then(|field| std::str::from_utf8(field).ok()).map(str::trim)
}

fn number(fields: Fields<'_>, at: usize, what: &str) -> Result<f64, String> {
    let text = text(fields, at).unwrap_or("?");
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ if text.is_empty() => Err(format!("{what} is missing")),
        _ => Err(format!("{what} `{}` is not a number", text.chars().take(20).collect::<String>())),
    }
}
