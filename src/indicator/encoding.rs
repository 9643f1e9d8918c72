//! The encoding of a text file, told from its bytes, and a reader that gives UTF-8.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How much is read at a time: large enough that the reading costs nothing beside the parsing.
const CHUNK: usize = 64 * 1024;

/// The encoding of a whole file: by its byte order mark, by the zeros of UTF-16, by being UTF-8 throughout, and
/// Windows-1252 when it is none of these. Leaves the reader at the start.
pub fn detect(file: &mut (impl Read + Seek)) -> io::Result<&'static Encoding> {
    file.seek(SeekFrom::Start(0))?;
    let mut chunk = vec![0u8; CHUNK];
    let mut held = 0;
    let mut first = true;
    let found = loop {
        let read = file.read(&mut chunk[held..])?;
        let bytes = &chunk[..held + read];
        if first {
            if let Some((encoding, _)) = Encoding::for_bom(bytes) {
                break encoding;
            }
            if let Some(encoding) = utf_16_without_mark(bytes) {
                break encoding;
            }
            first = false;
        }
        match std::str::from_utf8(bytes) {
            Ok(_) if read == 0 => break UTF_8,
            Ok(_) => held = 0,
            // A character cut by the end of the chunk is looked at again with the next.
            Err(error) if error.error_len().is_none() && read > 0 => {
                let at = error.valid_up_to();
                let end = bytes.len();
                chunk.copy_within(at..end, 0);
                held = end - at;
            }
            Err(_) => break WINDOWS_1252,
        }
    };
    file.seek(SeekFrom::Start(0))?;
    Ok(found)
}

/// Tables begin with a header in ASCII, of which UTF-16 makes every second byte zero.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(64) & !1];
    if head.len() < 8 {
        return None;
    }
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    match (zeros(0), zeros(1)) {
        (0, high) if high * 2 == head.len() => Some(UTF_16LE),
        (low, 0) if low * 2 == head.len() => Some(UTF_16BE),
        _ => None,
    }
}

/// Gives the text of a file as UTF-8, without its byte order mark.
pub struct Decoded<R> {
    source: BufReader<R>,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_held: usize,
    text: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Decoded<R> {
    /// Decodes `source`, which stands at its start.
    pub fn new(source: R, encoding: &'static Encoding) -> Self {
        Decoded {
            source: BufReader::with_capacity(CHUNK, source),
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; CHUNK],
            raw_held: 0,
            text: Vec::with_capacity(CHUNK * 3),
            at: 0,
            ended: false,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.at = 0;
        self.text.clear();
        while self.text.is_empty() && !self.ended {
            let read = self.source.read(&mut self.raw[self.raw_held..])?;
            let last = read == 0;
            let held = self.raw_held + read;
            // Three bytes of UTF-8 are the most that one unit of any of these encodings gives.
            self.text.resize(CHUNK * 3 + 16, 0);
            let (_, used, written, _) = self.decoder.decode_to_utf8(&self.raw[..held], &mut self.text, last);
            self.text.truncate(written);
            self.raw.copy_within(used..held, 0);
            self.raw_held = held - used;
            self.ended = last && self.raw_held == 0;
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.text.len() {
            self.fill()?;
        }
        let count = out.len().min(self.text.len() - self.at);
        out[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn read(bytes: &[u8]) -> (&'static str, String) {
        let mut cursor = Cursor::new(bytes.to_vec());
        let encoding = detect(&mut cursor).unwrap();
        let mut text = String::new();
        Decoded::new(cursor, encoding).read_to_string(&mut text).unwrap();
        (encoding.name(), text)
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "code,name,value\nW06000001,Ynys Môn,1\n";
        assert_eq!(read(text.as_bytes()), ("UTF-8", text.into()));
        assert_eq!(read(format!("\u{feff}{text}").as_bytes()), ("UTF-8", text.into()));
        let units = |mark: bool| {
            text.encode_utf16().fold(if mark { vec![0xfeff] } else { vec![] }, |mut v, u| {
                v.push(u);
                v
            })
        };
        for mark in [true, false] {
            let le: Vec<u8> = units(mark).iter().flat_map(|u| u.to_le_bytes()).collect();
            let be: Vec<u8> = units(mark).iter().flat_map(|u| u.to_be_bytes()).collect();
            assert_eq!(read(&le), ("UTF-16LE", text.into()));
            assert_eq!(read(&be), ("UTF-16BE", text.into()));
        }
        let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
        assert_eq!(read(&latin), ("windows-1252", text.into()));
    }

    #[test]
    fn a_character_across_a_chunk_is_no_fault() {
        let text = format!("{}ŵ{}", "a".repeat(CHUNK - 1), "ŷ".repeat(CHUNK));
        assert_eq!(read(text.as_bytes()), ("UTF-8", text));
        // The same length ending in a lone byte is not UTF-8.
        let mut cut = "a".repeat(CHUNK - 1).into_bytes();
        cut.push(0xc5);
        assert_eq!(read(&cut).0, "windows-1252");
    }

    #[test]
    fn an_empty_file_is_utf_8() {
        assert_eq!(read(b""), ("UTF-8", String::new()));
    }
}
