//! JSON values one after another from a stream, as elements of an array or as lines, none held longer than needed.

use std::io::{self, BufRead};

/// How the values come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowForm {
    /// As elements of one array.
    Array,
    /// One on each line.
    Lines,
}

/// What some programs put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Longest place read.
const LONGEST_ROW_BYTES: usize = 1 << 16;

/// The places of a body, one after another: elements of an array, or lines.
pub struct Rows<R> {
    input: R,
    form: RowForm,
    /// Whether anything was read.
    opened: bool,
    begun: bool,
    row: Vec<u8>,
}

/// Where in an element of an array the reading stands.
#[derive(Default)]
struct Element {
    depth: usize,
    in_text: bool,
    escaped: bool,
}

impl Element {
    /// True when a byte ends the element.
    fn ends(&mut self, byte: u8) -> bool {
        if self.in_text {
            match (self.escaped, byte) {
                (true, _) => self.escaped = false,
                (false, b'\\') => self.escaped = true,
                (false, b'"') => self.in_text = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.in_text = true,
            b'[' | b'{' => self.depth += 1,
            b',' | b']' | b'}' if self.depth == 0 => return true,
            b']' | b'}' => self.depth -= 1,
            _ => {}
        }
        false
    }
}

impl<R: BufRead> Rows<R> {
    /// Reads rows from an input.
    pub fn new(input: R, form: RowForm) -> Self {
        Rows { input, form, opened: false, begun: false, row: Vec::new() }
    }

    /// How the rows come.
    pub fn form(&self) -> RowForm {
        self.form
    }

    /// The next place, a fault in its stead, or none. An error is the end of what can be read.
    pub fn next(&mut self) -> io::Result<Option<Result<&[u8], String>>> {
        if !std::mem::replace(&mut self.opened, true) && self.input.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
            self.input.consume(BYTE_ORDER_MARK.len());
        }
        let whole = match self.form {
            RowForm::Array => self.next_element()?,
            RowForm::Lines => self.next_line()?,
        };
        Ok(whole.map(|whole| {
            let too_long = || format!("a place is longer than {LONGEST_ROW_BYTES} bytes");
            if whole { Ok(self.row.as_slice()) } else { Err(too_long()) }
        }))
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.input.fill_buf()?.first().copied())
    }

    fn peek_past_space(&mut self) -> io::Result<Option<u8>> {
        while let Some(byte) = self.peek()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.input.consume(1);
        }
        Ok(None)
    }

    /// Takes bytes into the row until one for which `ends` is true; that one stays in the input. False when the row
    /// was too long to keep.
    fn take(&mut self, mut ends: impl FnMut(u8) -> bool) -> io::Result<(bool, Option<u8>)> {
        self.row.clear();
        let mut whole = true;
        loop {
            let held = self.input.fill_buf()?;
            if held.is_empty() {
                return Ok((whole, None));
            }
            let end = held.iter().position(|b| ends(*b));
            let part = &held[..end.unwrap_or(held.len())];
            if self.row.len() + part.len() > LONGEST_ROW_BYTES {
                whole = false;
            } else {
                self.row.extend_from_slice(part);
            }
            let (length, last) = (part.len(), end.map(|end| held[end]));
            self.input.consume(length);
            if last.is_some() {
                return Ok((whole, last));
            }
        }
    }

    /// The next line that is not empty.
    fn next_line(&mut self) -> io::Result<Option<bool>> {
        if self.peek_past_space()?.is_none() {
            return Ok(None);
        }
        Ok(Some(self.take(|byte| byte == b'\n')?.0))
    }

    fn next_element(&mut self) -> io::Result<Option<bool>> {
        let broken = |words: &str| io::Error::new(io::ErrorKind::InvalidData, words.to_owned());
        let not_closed = || broken("the array is not closed");
        let next = self.peek_past_space()?;
        if self.begun {
            match next.ok_or_else(not_closed)? {
                b',' => self.input.consume(1),
                b']' => {
                    self.input.consume(1);
                    return self.nothing_after();
                }
                _ => return Err(broken("after a place must come `,` or `]`")),
            }
        } else {
            if next != Some(b'[') {
                return Err(broken("the body must be a JSON array of places"));
            }
            self.begun = true;
            self.input.consume(1);
            if self.peek_past_space()? == Some(b']') {
                self.input.consume(1);
                return self.nothing_after();
            }
        }
        let mut element = Element::default();
        let (whole, end) = self.take(|byte| element.ends(byte))?;
        end.ok_or_else(not_closed)?;
        Ok(Some(whole))
    }

    fn nothing_after(&mut self) -> io::Result<Option<bool>> {
        match self.peek_past_space()? {
            None => Ok(None),
            Some(_) => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "there is something after the end of the array",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use serde_json::Value;

    use super::*;

    fn rows(form: RowForm, text: &str, held: usize) -> Vec<Result<String, String>> {
        let input = BufReader::with_capacity(held, text.as_bytes());
        let mut rows = Rows::new(input, form);
        let mut all = Vec::new();
        loop {
            match rows.next() {
                Ok(None) => return all,
                Ok(Some(row)) => {
                    all.push(row.map(|row| String::from_utf8_lossy(row).trim().to_owned()));
                }
                Err(error) => {
                    all.push(Err(error.to_string()));
                    return all;
                }
            }
        }
    }

    #[test]
    fn elements_are_what_a_parser_finds() {
        let text = r#" [ {"a": [1, {"b": "],}\" \\"}]} , [1,2],"x, y]" ,3, {} ] "#;
        let parsed: Vec<Value> = serde_json::from_str(text).unwrap();
        for held in [1, 2, 7, 4096] {
            let found: Vec<Value> = rows(RowForm::Array, text, held)
                .iter()
                .map(|r| serde_json::from_str(r.as_ref().unwrap()).unwrap())
                .collect();
            assert_eq!(found, parsed, "{held}");
        }
        assert_eq!(rows(RowForm::Array, "[]", 4), []);
    }

    #[test]
    fn a_broken_array_ends_with_what_is_wrong() {
        for (text, whole, words) in [
            ("{}", 0, "must be a JSON array"),
            ("", 0, "must be a JSON array"),
            ("[1, 2", 1, "not closed"),
            ("[1", 0, "not closed"),
            ("[1}", 1, "after a place"),
            ("[1] 2", 1, "after the end"),
        ] {
            let found = rows(RowForm::Array, text, 8);
            assert_eq!(found.len(), whole + 1, "{text}: {found:?}");
            assert!(found[whole].as_ref().unwrap_err().contains(words), "{text}: {found:?}");
        }
    }

    #[test]
    fn a_place_too_long_is_a_fault_where_it_stood() {
        let long = format!("\"{}\"", "x".repeat(LONGEST_ROW_BYTES));
        let lines = rows(RowForm::Lines, &format!("1\n\n{long}\n3"), 999);
        assert!(matches!(lines.as_slice(), [Ok(a), Err(_), Ok(b)] if a == "1" && b == "3"));
        let elements = rows(RowForm::Array, &format!("[1,{long},3]"), 999);
        assert!(matches!(elements.as_slice(), [Ok(_), Err(_), Ok(b)] if b == "3"));
    }
}
