//! A table as text, read in pieces of whole rows: what a row says is for those who are given the pieces to find out.

use std::io::{self, ErrorKind, Read};

use csv_core::{ReadRecordResult, Reader};

/// An input that may know whether more of it can be read without waiting.
pub trait Input: Read {
    /// True when the next read returns at once. What is not known is false.
    fn is_at_hand(&self) -> bool {
        false
    }
}

impl Input for &[u8] {
    fn is_at_hand(&self) -> bool {
        !self.is_empty()
    }
}

/// Longest row read: a quotation mark that is never closed would otherwise make a row of the whole file.
const LONGEST_ROW_BYTES: usize = 1 << 20;
/// So much is read at once: a thousand rows and more, which a thread answers before it asks for more.
const PIECE_BYTES: usize = 1 << 16;

/// The text of a table that is being read.
pub(super) struct Text<I> {
    input: I,
    /// What has been read of the row after the last whole one.
    rest: Vec<u8>,
    /// The line on which it begins.
    line: u64,
    /// Nothing has been read yet.
    is_new: bool,
}

/// What spreadsheets put before UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

impl<I: Input> Text<I> {
    pub fn new(input: I) -> Self {
        Text { input, rest: Vec::new(), line: 1, is_new: true }
    }

    /// False when to read more may be to wait for the client.
    pub fn is_at_hand(&self) -> bool {
        self.input.is_at_hand()
    }

    /// Fills a piece with the next whole rows, as many as are at hand, and gives the line on which they begin.
    ///
    /// False at the end of the table, and an error where it cannot be read further; the rows before that are in the piece.
    pub fn next(&mut self, piece: &mut Vec<u8>) -> (u64, io::Result<bool>) {
        piece.clear();
        piece.append(&mut self.rest);
        let read = self.read(piece);
        self.is_new = false;
        let end = match read {
            Ok(Some(end)) => end,
            Ok(None) => piece.len(),
            Err(_) => end_of_rows(piece),
        };
        self.rest.extend_from_slice(&piece[end..]);
        piece.truncate(end);
        let line = self.line;
        self.line += lines(piece);
        (line, read.map(|end| end.is_some()))
    }

    /// Reads on until there is a whole row and no more at hand, and tells where the last such row ends; none at the end of the
    /// table.
    fn read(&mut self, piece: &mut Vec<u8>) -> io::Result<Option<usize>> {
        loop {
            let before = piece.len();
            piece.resize(before + PIECE_BYTES, 0);
            let read = self.input.read(&mut piece[before..]);
            piece.truncate(before + read.as_ref().map_or(0, |read| *read));
            if self.is_new && (piece.len() >= MARK.len() || matches!(read, Ok(0))) {
                self.is_new = false;
                piece.drain(..if piece.starts_with(MARK) { MARK.len() } else { 0 });
            }
            match read {
                Ok(0) => return Ok(None),
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ if piece.len() < PIECE_BYTES && self.input.is_at_hand() => continue,
                _ => {}
            }
            let end = end_of_rows(piece);
            if end > 0 {
                return Ok(Some(end));
            }
            if piece.len() > LONGEST_ROW_BYTES {
                let words = "a row is longer than a megabyte: is a quotation mark not closed?";
                return Err(io::Error::new(ErrorKind::InvalidData, words));
            }
        }
    }
}

/// How many lines end in a text.
pub(super) fn lines(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Where the last row ends of which it is certain that it is whole. Empty lines after it are left to the row that follows.
fn end_of_rows(text: &[u8]) -> usize {
    // Without quotation marks a line is a row.
    if text.contains(&b'"') { end_of_last_record(text) } else { end_of_last_line(text) }
}

fn end_of_last_line(text: &[u8]) -> usize {
    // After a return at the very end there may come a line feed, which would belong to it.
    let ended = text.strip_suffix(b"\r").unwrap_or(text);
    let Some(last) = ended.iter().rposition(|byte| is_line_end(*byte)) else { return 0 };
    let Some(full) = ended[..last].iter().rposition(|byte| !is_line_end(*byte)) else { return 0 };
    full + 1 + line_end_bytes(&ended[full + 1..])
}

fn end_of_last_record(text: &[u8]) -> usize {
    // What the fields say is not asked here.
    let (mut fields, mut ends) = ([0; 1024], [0; 64]);
    let mut reader = Reader::new();
    // At its very beginning it would pass over a mark; here that belongs to a row.
    reader.read_record(EMPTY_LINE, &mut fields, &mut ends);
    let (mut at, mut end) = (0, 0);
    while at < text.len() {
        let (result, read, _, _) = reader.read_record(&text[at..], &mut fields, &mut ends);
        at += read;
        if matches!(result, ReadRecordResult::Record) {
            let line_end = &text[at - 1..];
            // As above, of a return at the very end.
            if line_end != b"\r" {
                end = at - 1 + line_end_bytes(line_end);
            }
        }
    }
    end
}

/// What tells a reader of records that its input has begun, without being one.
pub(super) const EMPTY_LINE: &[u8] = b"\n";

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// How long the end of a line is with which a text begins.
pub(super) fn line_end_bytes(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An input that gives as many bytes at a time as it is told.
    struct Bits<'a>(&'a [u8], Vec<usize>);

    impl Read for Bits<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = self.1.pop().unwrap_or(usize::MAX).min(buffer.len());
            self.0.read(&mut buffer[..most])
        }
    }

    impl Input for Bits<'_> {}

    /// The pieces of a table, each with the line on which it begins.
    fn pieces(mut text: Text<impl Input>) -> Vec<(u64, Vec<u8>)> {
        let mut all = Vec::new();
        loop {
            let mut piece = Vec::new();
            let (line, more) = text.next(&mut piece);
            all.push((line, piece));
            if !more.unwrap() {
                return all;
            }
        }
    }

    fn records(text: &[u8]) -> Vec<csv::ByteRecord> {
        let text = EMPTY_LINE.chain(text);
        let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text);
        reader.byte_records().map(Result::unwrap).collect()
    }

    #[test]
    fn a_row_without_end_is_an_error() {
        struct Endless;
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                buffer.fill(b'x');
                Ok(buffer.len())
            }
        }
        impl Input for Endless {}
        let mut piece = Vec::new();
        let (_, ended) = Text::new(Endless).next(&mut piece);
        assert!(ended.unwrap_err().to_string().contains("longer than a megabyte"));
        assert_eq!(piece, b"");
    }

    #[test]
    fn a_mark_is_passed_over_at_the_beginning_alone() {
        for bits in [vec![], vec![1; 20]] {
            let joined = |table: &str| {
                let found = pieces(Text::new(Bits(table.as_bytes(), bits.clone())));
                String::from_utf8(found.into_iter().flat_map(|(_, piece)| piece).collect()).unwrap()
            };
            assert_eq!(joined("\u{feff}a\nb"), "a\nb");
            assert_eq!(joined("a\n\u{feff}b\n"), "a\n\u{feff}b\n");
            assert_eq!(joined("\u{feff}"), "");
        }
    }

    #[test]
    fn rows_before_a_fault_are_given() {
        struct Torn(bool);
        impl Read for Torn {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if std::mem::replace(&mut self.0, true) {
                    return Err(io::Error::other("torn"));
                }
                (&b"a,b\nc,d\ne"[..]).read(buffer)
            }
        }
        impl Input for Torn {
            fn is_at_hand(&self) -> bool {
                true
            }
        }
        let mut piece = Vec::new();
        let (line, ended) = Text::new(Torn(false)).next(&mut piece);
        assert_eq!(
            (line, ended.unwrap_err().to_string().as_str(), piece.as_slice()),
            (1, "torn", &b"a,b\nc,d\n"[..])
        );
    }

    #[test]
    fn empty_lines_go_with_the_row_after_them() {
        for (text, end) in [
            ("", 0),
            ("a", 0),
            ("a\n", 2),
            ("a\r", 0),
            ("a\r\n", 3),
            ("a\n\n\r\n", 2),
            ("\n\n", 0),
            ("a\rb", 2),
            ("a\nb\r", 2),
            ("a\r\n\r\nb", 3),
            ("\"a\"\n\n\n", 4),
            ("\"a\"\r", 0),
            ("\"a\"\r\n\n", 5),
            ("\"a\nb\n", 0),
            ("a\n\"b\n\"\nc", 7),
            ("5\" pipe\nb", 8),
        ] {
            assert_eq!(end_of_rows(text.as_bytes()), end, "{text:?}");
        }
    }

    proptest! {
        // However a table comes, its pieces have the rows that it has as a whole.
        #[test]
        fn pieces_have_all_rows(
            marks in prop::collection::vec(prop::sample::select(vec!["a", "b,", ",", "\"", "\"\"", "\n", "\r\n", "\r", "é", "\u{feff}"]), 0..60),
            bits in prop::collection::vec(1..9_usize, 0..80),
        ) {
            let table = marks.concat();
            let found = pieces(Text::new(Bits(table.as_bytes(), bits)));
            let table = table.strip_prefix('\u{feff}').unwrap_or(&table);
            let joined: Vec<u8> = found.iter().flat_map(|(_, piece)| piece.clone()).collect();
            prop_assert_eq!(&joined, table.as_bytes());
            let rows: Vec<csv::ByteRecord> = found.iter().flat_map(|(_, piece)| records(piece)).collect();
            prop_assert_eq!(rows, records(table.as_bytes()));
            let mut before = 1;
            for (line, piece) in found {
                prop_assert_eq!(line, before);
                before += lines(&piece);
            }
        }
    }
}
