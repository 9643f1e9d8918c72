//! Every postcode of Great Britain and where it is, in sixteen megabytes.
//!
//! The file (`boundaries/postcodes.bin`) is a header and ten streams, each compressed by zstd:
//!
//! | stream | for each | bytes | holds |
//! | --- | --- | --- | --- |
//! | first row, place, easting, northing | run | 4 each | where the run begins and the values of its first row |
//! | step | row | 1 | place less the place of the row before |
//! | easting low, easting high | row | 1 each | metres from the row before, zigzag |
//! | northing low, northing high | row | 1 each | metres from the row before, zigzag |
//! | marks | row | 1 | bit 0: position known; bit 1: live; bits 2-4: Code-Point's quality |
//!
//! Rows are in the order of `Postcode`. A run is at most [`RUN_ROWS`] rows and ends early where a step does not fit
//! its byte or a distance its two bytes, so every row stream has a fixed width and a run is decoded on its own. The
//! first row of a run has step and distances 0; a row without a position repeats the one before. All numbers are
//! little-endian.

use crate::area::{Outward, Postcode};

/// The first bytes of the file.
const MAGIC: &[u8; 8] = b"LMAPPC\x01\n";
/// Longest run; halving it makes lookups faster and the directory of runs larger, neither by much.
const RUN_ROWS: usize = 128;
/// More rows than there can be postcodes in use: it bounds what a broken file makes us allocate.
const MAX_ROWS: usize = 8_000_000;
/// No point of the British National Grid is farther east or north.
const MAX_METRES: i64 = 1_300_000;
/// Quality codes of Code-Point Open, by their number in the marks; 0 stands for none.
const QUALITIES: [u8; 8] = [0, 10, 20, 30, 40, 50, 60, 90];
const RUN_STREAMS: usize = 4;
const ROW_STREAMS: usize = 6;

const PLACED: u8 = 1;
const LIVE: u8 = 2;
const QUALITY_SHIFT: u8 = 2;

/// Where a postcode is, in metres of the British National Grid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PostcodePosition {
    /// Metres east.
    pub easting_m: u32,
    /// Metres north.
    pub northing_m: u32,
}

/// One postcode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PostcodeEntry {
    /// The postcode.
    pub postcode: Postcode,
    /// Where it is; `None` when its directory does not know.
    pub position: Option<PostcodePosition>,
    /// True when it is in Code-Point Open; otherwise it has been terminated (or is newer than that edition).
    pub live: bool,
    /// Code-Point's word on how good its position is: 10 within a building of the postcode, 20 the same by eye,
    /// 30 within 50 m, 40 and 50 mean of neighbours, 60 mean of the sector, 90 none.
    pub quality: Option<u8>,
}

/// Why bytes are not a file of postcodes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostcodesError {
    /// They do not begin as such a file does.
    #[error("this is not a file of postcodes")]
    Magic,
    /// They end too soon, or go on after the end.
    #[error("the file of postcodes is cut short or has something after its end")]
    Length,
    /// A number in the header is impossible.
    #[error("the file of postcodes says it has {0} rows or runs")]
    Rows(usize),
    /// A stream does not decompress to the length it must have.
    #[error("stream {0} of the file of postcodes is damaged")]
    Stream(usize),
    /// The runs are not in order, or one is empty.
    #[error("run {0} of the file of postcodes is damaged")]
    Run(usize),
    /// A row has an impossible postcode or position.
    #[error("row {0} of the file of postcodes is damaged")]
    Row(usize),
    /// Entries to be written are not in order, or one is there twice.
    #[error("{0} is out of order or there twice")]
    Order(Postcode),
    /// An entry to be written lies outside the grid or has a quality that does not exist.
    #[error("{0} has a position or quality that cannot be")]
    Entry(Postcode),
    /// Compression failed.
    #[error("the postcodes cannot be compressed: {0}")]
    Compression(String),
}

/// The values of the first row of a run.
#[derive(Clone, Copy, Debug)]
struct Run {
    row: u32,
    place: u32,
    easting_m: u32,
    northing_m: u32,
}

/// All postcodes, ready to be asked.
#[derive(Clone, Debug)]
pub struct Postcodes {
    runs: Vec<Run>,
    steps: Vec<u8>,
    eastings: [Vec<u8>; 2],
    northings: [Vec<u8>; 2],
    marks: Vec<u8>,
}

impl Postcodes {
    /// Reads and checks the whole file, so that later questions cannot fail.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PostcodesError> {
        let mut rest = bytes.strip_prefix(MAGIC).ok_or(PostcodesError::Magic)?;
        let rows = take_u32(&mut rest)? as usize;
        let runs = take_u32(&mut rest)? as usize;
        if rows > MAX_ROWS || runs > rows {
            return Err(PostcodesError::Rows(rows.max(runs)));
        }
        let mut number = 0;
        let mut stream = |length: usize| {
            number += 1;
            let compressed = take_u32(&mut rest)? as usize;
            let (stream, after) = rest.split_at_checked(compressed).ok_or(PostcodesError::Length)?;
            rest = after;
            let plain = zstd::bulk::decompress(stream, length).map_err(|_| PostcodesError::Stream(number))?;
            if plain.len() == length { Ok(plain) } else { Err(PostcodesError::Stream(number)) }
        };
        let mut columns: [Vec<u8>; RUN_STREAMS] = Default::default();
        for column in &mut columns {
            *column = stream(runs * 4)?;
        }
        let mut streams: [Vec<u8>; ROW_STREAMS] = Default::default();
        for row_stream in &mut streams {
            *row_stream = stream(rows)?;
        }
        if !rest.is_empty() {
            return Err(PostcodesError::Length);
        }
        let [firsts, places, run_eastings, run_northings] = columns.each_ref().map(|column| words(column));
        let runs = firsts.into_iter().zip(places).zip(run_eastings.into_iter().zip(run_northings));
        let runs =
            runs.map(|((row, place), (easting_m, northing_m))| Run { row, place, easting_m, northing_m });
        let [steps, east_low, east_high, north_low, north_high, marks] = streams;
        let postcodes = Postcodes {
            runs: runs.collect(),
            steps,
            eastings: [east_low, east_high],
            northings: [north_low, north_high],
            marks,
        };
        postcodes.check()?;
        Ok(postcodes)
    }

    fn check(&self) -> Result<(), PostcodesError> {
        let mut next_row = 0;
        let mut next_place = 0;
        for (i, run) in self.runs.iter().enumerate() {
            let rows = self.rows_of(i);
            if rows.start != next_row || rows.is_empty() || rows.end > self.len() || run.place < next_place {
                return Err(PostcodesError::Run(i));
            }
            let mut row = Row::first(run);
            for at in rows.clone() {
                let first = at == rows.start;
                if !first {
                    row = self.step(row, at);
                }
                let on_grid = |metres: i64| (0..=MAX_METRES).contains(&metres);
                let known = Postcode::from_place(row.place).is_some();
                if !known
                    || !on_grid(row.easting_m)
                    || !on_grid(row.northing_m)
                    || (self.steps[at] == 0) != first
                {
                    return Err(PostcodesError::Row(at));
                }
            }
            next_row = rows.end;
            next_place = row.place + 1;
        }
        if next_row == self.len() { Ok(()) } else { Err(PostcodesError::Run(self.runs.len())) }
    }

    /// Number of postcodes.
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// What is known of a postcode; `None` when it has never been.
    pub fn find(&self, postcode: &Postcode) -> Option<PostcodeEntry> {
        let place = postcode.place();
        let run = self.runs.partition_point(|run| run.place <= place).checked_sub(1)?;
        let rows = self.rows_of(run);
        let mut row = Row::first(&self.runs[run]);
        for at in rows.clone() {
            if at > rows.start {
                row = self.step(row, at);
            }
            if row.place >= place {
                return (row.place == place).then(|| self.entry(row, at)).flatten();
            }
        }
        None
    }

    /// The postcode of a number in their order.
    pub fn nth(&self, number: u32) -> Option<PostcodeEntry> {
        let run = self.runs.partition_point(|run| run.row <= number).checked_sub(1)?;
        let rows = self.rows_of(run);
        let mut row = Row::first(&self.runs[run]);
        if !rows.contains(&(number as usize)) {
            return None;
        }
        for at in rows.start + 1..=number as usize {
            row = self.step(row, at);
        }
        self.entry(row, number as usize)
    }

    /// All postcodes in order.
    pub fn iter(&self) -> impl Iterator<Item = PostcodeEntry> + '_ {
        self.rows_from(0)
    }

    /// The postcodes that begin so, in order.
    pub fn outward(&self, outward: Outward) -> impl Iterator<Item = PostcodeEntry> + '_ {
        let (first, end) = outward.places();
        self.rows_from(first).take_while(move |entry| entry.postcode.place() < end)
    }

    fn rows_of(&self, run: usize) -> std::ops::Range<usize> {
        let start = self.runs[run].row as usize;
        let end = self.runs.get(run + 1).map_or(self.len(), |next| next.row as usize);
        start..end
    }

    fn rows_from(&self, place: u32) -> impl Iterator<Item = PostcodeEntry> + '_ {
        let run = self.runs.partition_point(|run| run.place <= place).saturating_sub(1);
        Rows { postcodes: self, run, at: self.runs.get(run).map_or(0, |r| r.row as usize), row: None }
            .skip_while(move |entry| entry.postcode.place() < place)
    }

    fn step(&self, row: Row, at: usize) -> Row {
        let metres = |[low, high]: &[Vec<u8>; 2]| unzigzag(u16::from_le_bytes([low[at], high[at]]));
        Row {
            place: row.place.saturating_add(u32::from(self.steps[at])),
            easting_m: row.easting_m + metres(&self.eastings),
            northing_m: row.northing_m + metres(&self.northings),
        }
    }

    fn entry(&self, row: Row, at: usize) -> Option<PostcodeEntry> {
        let marks = self.marks[at];
        let position =
            PostcodePosition { easting_m: row.easting_m as u32, northing_m: row.northing_m as u32 };
        let quality = QUALITIES[usize::from((marks >> QUALITY_SHIFT) & 7)];
        Some(PostcodeEntry {
            postcode: Postcode::from_place(row.place)?,
            position: (marks & PLACED != 0).then_some(position),
            live: marks & LIVE != 0,
            quality: (quality != 0).then_some(quality),
        })
    }

    /// Writes entries, which must be in order and each there once, as a file.
    pub fn to_bytes(entries: &[PostcodeEntry]) -> Result<Vec<u8>, PostcodesError> {
        let mut runs: [Vec<u8>; RUN_STREAMS] = Default::default();
        let mut rows: [Vec<u8>; ROW_STREAMS] = Default::default();
        let mut before: Option<Row> = None;
        let mut run_start = 0;
        for (at, entry) in entries.iter().enumerate() {
            let row = row_of(entry, before)?;
            if before.is_some_and(|before| before.place >= row.place) {
                return Err(PostcodesError::Order(entry.postcode));
            }
            let steps = before.filter(|_| at - run_start < RUN_ROWS).and_then(|before| steps(before, row));
            let (step, east, north) = steps.unwrap_or_else(|| {
                run_start = at;
                let values = [at as u32, row.place, row.easting_m as u32, row.northing_m as u32];
                for (stream, value) in runs.iter_mut().zip(values) {
                    stream.extend(value.to_le_bytes());
                }
                (0, [0, 0], [0, 0])
            });
            let bytes = [step, east[0], east[1], north[0], north[1], marks_of(entry)?];
            for (stream, byte) in rows.iter_mut().zip(bytes) {
                stream.push(byte);
            }
            before = Some(row);
        }
        let mut file = MAGIC.to_vec();
        file.extend((entries.len() as u32).to_le_bytes());
        file.extend(((runs[0].len() / 4) as u32).to_le_bytes());
        for stream in runs.iter().chain(&rows) {
            // The best that zstd has without special windows; the file is made once and read for years.
            let compressed = zstd::bulk::compress(stream, 19)
                .map_err(|error| PostcodesError::Compression(error.to_string()))?;
            file.extend((compressed.len() as u32).to_le_bytes());
            file.extend(compressed);
        }
        Ok(file)
    }
}

/// A row while runs are walked: signed, so that a damaged file cannot wrap around.
#[derive(Clone, Copy, Debug)]
struct Row {
    place: u32,
    easting_m: i64,
    northing_m: i64,
}

impl Row {
    fn first(run: &Run) -> Self {
        Row { place: run.place, easting_m: run.easting_m.into(), northing_m: run.northing_m.into() }
    }
}

/// Rows from some run on.
struct Rows<'a> {
    postcodes: &'a Postcodes,
    run: usize,
    at: usize,
    row: Option<Row>,
}

impl Iterator for Rows<'_> {
    type Item = PostcodeEntry;

    fn next(&mut self) -> Option<PostcodeEntry> {
        if self.at >= self.postcodes.len() {
            return None;
        }
        let row = match self.row {
            Some(row) if self.postcodes.rows_of(self.run).contains(&self.at) => {
                self.postcodes.step(row, self.at)
            }
            before => {
                self.run += usize::from(before.is_some());
                Row::first(self.postcodes.runs.get(self.run)?)
            }
        };
        self.row = Some(row);
        self.at += 1;
        self.postcodes.entry(row, self.at - 1)
    }
}

fn row_of(entry: &PostcodeEntry, before: Option<Row>) -> Result<Row, PostcodesError> {
    let place = entry.postcode.place();
    let Some(PostcodePosition { easting_m, northing_m }) = entry.position else {
        // Nothing is known, so the cheapest is written: no distance from the row before.
        let (easting_m, northing_m) = before.map_or((0, 0), |b| (b.easting_m, b.northing_m));
        return Ok(Row { place, easting_m, northing_m });
    };
    let row = Row { place, easting_m: easting_m.into(), northing_m: northing_m.into() };
    if row.easting_m > MAX_METRES || row.northing_m > MAX_METRES {
        return Err(PostcodesError::Entry(entry.postcode));
    }
    Ok(row)
}

fn marks_of(entry: &PostcodeEntry) -> Result<u8, PostcodesError> {
    let quality = entry.quality.unwrap_or(0);
    let number = QUALITIES.iter().position(|q| *q == quality).ok_or(PostcodesError::Entry(entry.postcode))?;
    let placed = if entry.position.is_some() { PLACED } else { 0 };
    let live = if entry.live { LIVE } else { 0 };
    Ok(placed | live | (number as u8) << QUALITY_SHIFT)
}

/// The bytes of a row after another, when they fit.
fn steps(before: Row, row: Row) -> Option<(u8, [u8; 2], [u8; 2])> {
    let step = u8::try_from(row.place - before.place).ok()?;
    let east = zigzag(row.easting_m - before.easting_m)?;
    let north = zigzag(row.northing_m - before.northing_m)?;
    Some((step, east.to_le_bytes(), north.to_le_bytes()))
}

fn zigzag(metres: i64) -> Option<u16> {
    let metres = i16::try_from(metres).ok()?;
    Some(((metres << 1) ^ (metres >> 15)) as u16)
}

fn unzigzag(word: u16) -> i64 {
    i64::from((word >> 1) as i16 ^ -((word & 1) as i16))
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|chunk| u32::from_le_bytes(*chunk)).collect()
}

fn take_u32(rest: &mut &[u8]) -> Result<u32, PostcodesError> {
    let (word, after) = rest.split_first_chunk().ok_or(PostcodesError::Length)?;
    *rest = after;
    Ok(u32::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    fn entries() -> impl Strategy<Value = Vec<PostcodeEntry>> {
        // Places in a few clusters, so that runs both fill up and break on far steps.
        let place = prop_oneof![
            5 => 1_000_000u32..1_000_700,
            1 => 0u32..1_760_000_000,
        ];
        let metres = prop_oneof![4 => 400_000u32..440_000, 1 => 0u32..=1_300_000];
        let position = proptest::option::weighted(0.9, (metres.clone(), metres));
        let row = (position, any::<bool>(), proptest::option::of(0usize..7));
        btree_map(place, row, 0..600).prop_map(|rows| {
            rows.into_iter()
                .filter_map(|(place, (position, live, quality))| {
                    Some(PostcodeEntry {
                        postcode: Postcode::from_place(place)?,
                        position: position
                            .map(|(easting_m, northing_m)| PostcodePosition { easting_m, northing_m }),
                        live,
                        quality: quality.map(|q| QUALITIES[q + 1]),
                    })
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(entries in entries()) {
            let postcodes = Postcodes::from_bytes(&Postcodes::to_bytes(&entries).unwrap()).unwrap();
            prop_assert_eq!(postcodes.iter().collect::<Vec<_>>(), entries.clone());
            prop_assert_eq!(postcodes.len(), entries.len());
            for entry in &entries {
                prop_assert_eq!(postcodes.find(&entry.postcode), Some(*entry));
                let next = Postcode::from_place(entry.postcode.place() + 1);
                if let Some(next) = next {
                    let there = entries.iter().find(|e| e.postcode == next).copied();
                    prop_assert_eq!(postcodes.find(&next), there);
                }
                let outward = entry.postcode.outward();
                let alike: Vec<_> = entries.iter().filter(|e| e.postcode.outward() == outward).copied().collect();
                prop_assert_eq!(postcodes.outward(outward).collect::<Vec<_>>(), alike);
            }
        }

        #[test]
        fn a_damaged_file_is_refused_or_read_but_never_panics(
            entries in entries(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(),
        ) {
            let mut bytes = Postcodes::to_bytes(&entries).unwrap();
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] = byte }
            if let Ok(postcodes) = Postcodes::from_bytes(&bytes) {
                prop_assert_eq!(postcodes.iter().count(), postcodes.len());
            }
        }
    }

    #[test]
    fn entries_out_of_order_are_refused() {
        let entry = |text: &str| PostcodeEntry {
            postcode: text.parse().unwrap(),
            position: None,
            live: true,
            quality: Some(90),
        };
        let (a, b) = (entry("LS1 4AP"), entry("LS1 4AQ"));
        assert!(Postcodes::to_bytes(&[a, b]).is_ok());
        assert_eq!(Postcodes::to_bytes(&[b, a]), Err(PostcodesError::Order(a.postcode)));
        assert_eq!(Postcodes::to_bytes(&[a, a]), Err(PostcodesError::Order(a.postcode)));
    }

    #[test]
    fn no_postcodes_are_postcodes_too() {
        let postcodes = Postcodes::from_bytes(&Postcodes::to_bytes(&[]).unwrap()).unwrap();
        assert!(postcodes.is_empty());
        assert_eq!(postcodes.find(&"LS1 4AP".parse().unwrap()), None);
    }

    #[test]
    fn distances_survive_zigzag() {
        for metres in [0, 1, -1, 300, -300, 32_767, -32_768] {
            assert_eq!(unzigzag(zigzag(metres).unwrap()), metres);
        }
        assert_eq!(zigzag(32_768), None);
    }
}
