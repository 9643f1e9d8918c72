//! A table of places in, the same table with the codes of their areas out: row by row, in constant memory.

mod batch;
mod records;
mod text;

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, TrySendError, channel, sync_channel};

use csv::ByteRecord;

use crate::atlas::{Atlas, AtlasLayer};
use crate::text::write_field;
use batch::{Batch, Room, Work};
use text::Text;

pub use text::Input;

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
    Read(io::Error),
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

/// Shorter tables are answered by one thread.
const ROWS_FOR_ONE: u64 = 10_000;
/// More threads would wait for the one that reads.
const MOST_THREADS: usize = 4;
/// Batches that wait for each thread: it should never be idle.
const AHEAD: usize = 4;
/// Batches read and not yet written, for each processor: more than wait, and memory is bounded.
const UNDER_WAY: usize = 2 * AHEAD;

/// Numbers of the columns.
#[derive(Clone, Copy)]
enum Columns {
    Degrees(usize, usize),
    Grid(usize, usize),
    Postcode(usize),
}

/// Answers a table. The first row names the columns; every other row comes out where it came in, with its columns as
/// they were and a code (and name) for each layer, empty where there is none.
///
/// Whatever can be answered is written before it is waited for more, so that a client may wait for answers before it goes on.
/// Long tables use all processors.
pub fn locate_table(
    atlas: &Atlas,
    question: &TableQuestion,
    input: impl Input,
    mut output: impl Write,
) -> Result<TableReport, TableError> {
    let mut text = Text::new(input);
    let mut batch = Batch::default();
    let mut ended = batch.fill(&mut text);
    let header = batch.take_header();
    if header.is_empty() {
        ended?;
        return Err(TableError::Empty);
    }
    let columns = columns(&header, &question.places)?;
    let work = Work { atlas, question, columns, width: header.len() };
    let mut line: Vec<u8> = Vec::with_capacity(256);
    write_header(&mut line, &header, question);
    output.write_all(&line)?;

    let mut report = TableReport::default();
    let mut room = Room::default();
    loop {
        work.answer(&mut batch, &mut room);
        output.write_all(batch.answers())?;
        report.add(&batch.report);
        if !ended? {
            output.flush()?;
            return Ok(report);
        }
        if report.rows >= ROWS_FOR_ONE {
            break;
        }
        if !text.is_at_hand() {
            output.flush()?;
        }
        ended = batch.fill(&mut text);
    }
    let processors = std::thread::available_parallelism().map_or(1, |count| count.get().min(MOST_THREADS));
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (1..processors)
            .map(|_| {
                let (to, asked) = sync_channel::<Batch>(AHEAD);
                let (answered, from) = channel::<Batch>();
                scope.spawn(move || {
                    let mut room = Room::default();
                    while let Ok(mut batch) = asked.recv() {
                        work.answer(&mut batch, &mut room);
                        if answered.send(batch).is_err() {
                            return;
                        }
                    }
                });
                (to, from)
            })
            .collect();
        // Batches under way, in the order of their rows.
        let mut under_way = VecDeque::new();
        let mut spare = vec![batch];
        let mut ended = Ok(true);
        loop {
            let more = matches!(ended, Ok(true));
            let is_at_hand = text.is_at_hand();
            let wait = !more || !is_at_hand || under_way.len() >= processors * UNDER_WAY;
            if let Some(next) = under_way.pop_front_if(|_| wait) {
                let batch = match next {
                    UnderWay::Answered(batch) => batch,
                    // The other end is gone only when its thread has panicked, which ends the scope in the same way.
                    UnderWay::In(lane) => match lanes[lane].1.recv() {
                        Ok(batch) => batch,
                        Err(_) => break,
                    },
                };
                output.write_all(batch.answers())?;
                report.add(&batch.report);
                spare.push(batch);
            } else if more {
                if !is_at_hand {
                    output.flush()?;
                }
                let mut batch = spare.pop().unwrap_or_default();
                ended = batch.fill(&mut text);
                under_way.push_back(hand_out(batch, &work, &mut room, lanes.iter().map(|(to, _)| to)));
            } else {
                break;
            }
        }
        ended?;
        output.flush()?;
        Ok(report)
    })
}

/// A batch whose answers are to be written after those of the batches before it.
enum UnderWay {
    /// A thread has it, the one of that number.
    In(usize),
    /// Its answers are there.
    Answered(Batch),
}

/// Gives a batch to the first thread that has room for it. Where all have enough to do it is answered here: so the thread that
/// reads and writes does as much besides as there is time for.
fn hand_out<'a>(
    mut batch: Batch,
    work: &Work,
    room: &mut Room,
    lanes: impl Iterator<Item = &'a SyncSender<Batch>>,
) -> UnderWay {
    for (number, lane) in lanes.enumerate() {
        match lane.try_send(batch) {
            Ok(()) => return UnderWay::In(number),
            Err(TrySendError::Full(back) | TrySendError::Disconnected(back)) => batch = back,
        }
    }
    work.answer(&mut batch, room);
    UnderWay::Answered(batch)
}

impl TableReport {
    /// Adds the report of the rows that follow.
    fn add(&mut self, next: &TableReport) {
        self.rows += next.rows;
        self.nowhere += next.nowhere;
        self.faulty += next.faulty;
        if self.first_fault.is_none() {
            self.first_fault.clone_from(&next.first_fault);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
