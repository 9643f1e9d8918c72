//! The rows of a text, parsed many at a time into room that is used again.

use csv_core::{ReadRecordResult, Reader};

use super::text::{EMPTY_LINE, line_end_bytes};

/// Rows that were read together.
pub(super) struct Records {
    reader: Reader,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    rows: Vec<Row>,
}

impl Default for Records {
    fn default() -> Self {
        // The default of a reader has no tables to read by.
        Records { reader: Reader::new(), bytes: Vec::new(), ends: Vec::new(), rows: Vec::new() }
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Where its fields begin in the bytes of all rows, and where their ends, which count from there.
    bytes: usize,
    ends: usize,
    fields: usize,
    /// Where it begins in the text, and where the first of the empty lines before it.
    pub start: usize,
    pub empty_start: usize,
    /// Empty lines before it, which the reader passes over.
    pub empty_before: u64,
}

/// The fields of a row.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    ends: &'a [usize],
}

impl<'a> Fields<'a> {
    pub fn count(self) -> usize {
        self.ends.len()
    }

    pub fn get(self, number: usize) -> Option<&'a [u8]> {
        let end = *self.ends.get(number)?;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.bytes.get(start..end)
    }

    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.count()).filter_map(move |number| self.get(number))
    }
}

impl Records {
    /// Reads at most so many rows of a text, from a place where a row ends or the text begins, and gives the place where the
    /// last of them ends. At the end of the text there is none.
    pub fn read(&mut self, text: &[u8], mut at: usize, most: usize) -> usize {
        self.rows.clear();
        let (mut bytes, mut ends) = (0, 0);
        self.reader.reset();
        // At its very beginning the reader would pass over a mark; here that belongs to a row.
        self.reader.read_record(EMPTY_LINE, &mut [], &mut []);
        while self.rows.len() < most {
            let empty_start = after_feed(text, at);
            let (empty_before, start) = empty_lines(text, empty_start);
            let mut row = Row { bytes, ends, fields: 0, start, empty_start, empty_before };
            at = start;
            loop {
                let (fields, room) = (&mut self.bytes[bytes..], &mut self.ends[ends..]);
                let (result, read, written, ended) = self.reader.read_record(&text[at..], fields, room);
                at += read;
                bytes += written;
                ends += ended;
                match result {
                    // What is given next is nothing, which tells the reader that this is the end.
                    ReadRecordResult::InputEmpty => {}
                    // A field is no longer than what it is read from.
                    ReadRecordResult::OutputFull => self.bytes.resize(bytes + text.len() - at + 1, 0),
                    ReadRecordResult::OutputEndsFull => self.ends.resize(2 * ends + 64, 0),
                    ReadRecordResult::Record => break,
                    ReadRecordResult::End => return at,
                }
            }
            row.fields = ends - row.ends;
            self.rows.push(row);
        }
        at
    }

    /// The rows that were read last.
    pub fn rows(&self) -> impl Iterator<Item = (&Row, Fields<'_>)> {
        self.rows.iter().map(|row| {
            let ends = &self.ends[row.ends..row.ends + row.fields];
            (row, Fields { bytes: &self.bytes[row.bytes..], ends })
        })
    }
}

/// The same place, or the one after it: the line feed after a return is left to the next row.
pub(super) fn after_feed(text: &[u8], at: usize) -> usize {
    at + usize::from(text[at..].starts_with(b"\n") && text[..at].ends_with(b"\r"))
}

/// How many empty lines follow one another from a place on, and where they end.
fn empty_lines(text: &[u8], mut at: usize) -> (u64, usize) {
    let mut count = 0;
    loop {
        match line_end_bytes(&text[at..]) {
            0 => return (count, at),
            bytes => (count, at) = (count + 1, at + bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Slowly: by the reader that keeps a record for each row.
        #[test]
        fn rows_are_those_of_a_reader_of_tables(
            marks in prop::collection::vec(
                prop::sample::select(vec!["a", "b,", ",", "\"", "\"\"", "\n", "\r\n", "\r", "é", "\u{feff}", ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"]),
                0..60,
            ),
            most in 1..9_usize,
        ) {
            let text = marks.concat();
            let text = text.as_bytes();
            let mut slowly = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(EMPTY_LINE.chain(text));
            let expected: Vec<Vec<Vec<u8>>> =
                slowly.byte_records().map(|row| row.unwrap().iter().map(<[u8]>::to_vec).collect()).collect();
            let (mut records, mut at, mut found) = (Records::default(), 0, Vec::new());
            loop {
                at = records.read(text, at, most);
                let before = found.len();
                found.extend(records.rows().map(|(_, fields)| fields.iter().map(<[u8]>::to_vec).collect::<Vec<_>>()));
                if found.len() == before {
                    break;
                }
            }
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn empty_lines_are_counted_with_the_row_after_them() {
        let text = b"a\r\n\r\n\nb\r\rc\n\n";
        let mut records = Records::default();
        let end = records.read(text, 0, 9);
        let told: Vec<_> =
            records.rows().map(|(row, _)| (row.empty_start, row.empty_before, row.start)).collect();
        assert_eq!(told, [(0, 0, 0), (3, 2, 6), (8, 1, 9)]);
        assert_eq!(end, text.len());
    }
}
