//! JSON, appended member by member.

use std::fmt;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
use serde_json::{Serializer, Value};

use super::number::{is_whole, write_number, write_rounded, write_whole};

/// Appends a value as JSON: as `serde_json` does, but whole numbers as people write them, `751485` for `751485.0`.
///
/// ```
/// let mut out = Vec::new();
/// levelmap::text::write_json(&mut out, &[751_485.0, 0.5]).unwrap();
/// assert_eq!(out, b"[751485,0.5]");
/// ```
///
/// # Errors
/// What it cannot be written for: a map whose keys are no texts.
pub fn write_json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) -> serde_json::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, WholeNumbers))
}

/// A value as JSON, as [`write_json`] writes it.
///
/// # Errors
/// As there.
pub fn to_json(value: &(impl Serialize + ?Sized)) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(256);
    write_json(&mut out, value)?;
    Ok(out)
}

/// A value among other text, as [`write_json`] writes it.
pub struct Json<'a>(pub &'a Value);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = to_json(self.0).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// JSON without white space, whole numbers without a point.
struct WholeNumbers;

impl Formatter for WholeNumbers {
    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        if is_whole(value) {
            self.write_i64(writer, value as i64)
        } else {
            CompactFormatter.write_f64(writer, value)
        }
    }
}

/// Appends a text as JSON.
pub fn write_json_text(out: &mut Vec<u8>, text: &str) {
    // Writing a text to memory cannot fail.
    let _ = write_json(out, text);
}

/// The members of a JSON object while they are appended, in the order in which they are to stand.
///
/// ```
/// use levelmap::text::Members;
/// let mut out = Vec::new();
/// let mut members = Members::begin(&mut out);
/// members.text("name", "Leeds");
/// members.number("value", Some(0.1 + 0.2));
/// members.end();
/// assert_eq!(out, br#"{"name":"Leeds","value":0.3}"#);
/// ```
pub struct Members<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Members<'a> {
    /// Opens an object.
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Members { out }
    }

    /// Goes on with an object that begins elsewhere; what is appended to nothing is for [`Members::ready`].
    pub fn go_on(out: &'a mut Vec<u8>) -> Self {
        Members { out }
    }

    /// Appends members that were written before; they may be none.
    pub fn ready(&mut self, members: &[u8]) {
        if !members.is_empty() {
            self.part();
        }
        self.out.extend_from_slice(members);
    }

    /// Appends a name, which must need no escape, and gives what its value is to be appended to.
    pub fn name(&mut self, name: &str) -> &mut Vec<u8> {
        self.part();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Parts what comes next from the member before it.
    fn part(&mut self) {
        if self.out.last().is_some_and(|last| *last != b'{') {
            self.out.push(b',');
        }
    }

    /// Appends a name and what a value is written as, null for none.
    fn or_null<T>(&mut self, name: &str, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
        match value {
            Some(value) => write(self.name(name), value),
            None => self.null(name),
        }
    }

    /// Anything.
    ///
    /// # Errors
    /// What it cannot be written for.
    pub fn json(&mut self, name: &str, value: &impl Serialize) -> serde_json::Result<()> {
        write_json(self.name(name), value)
    }

    /// The members of another object.
    ///
    /// # Errors
    /// What it cannot be written for.
    pub fn members(&mut self, object: &impl Serialize) -> serde_json::Result<()> {
        let text = to_json(object)?;
        let members = text.strip_prefix(b"{").and_then(|text| text.strip_suffix(b"}")).unwrap_or_default();
        self.ready(members);
        Ok(())
    }

    /// A text.
    pub fn text(&mut self, name: &str, text: &str) {
        write_json_text(self.name(name), text);
    }

    /// A word that needs no escape, or null.
    pub fn word(&mut self, name: &str, word: Option<&str>) {
        self.or_null(name, word, |out, word| {
            out.push(b'"');
            out.extend_from_slice(word.as_bytes());
            out.push(b'"');
        });
    }

    /// A number to nine significant digits, or null.
    pub fn number(&mut self, name: &str, number: Option<f64>) {
        write_number(self.name(name), number);
    }

    /// A number to so many decimals, or null.
    pub fn rounded(&mut self, name: &str, number: Option<f64>, places: usize) {
        self.or_null(name, number, |out, number| write_rounded(out, number, places));
    }

    /// A whole number, or null.
    pub fn whole(&mut self, name: &str, number: Option<usize>) {
        self.or_null(name, number, |out, number| write_whole(out, number as i64));
    }

    /// True or false.
    pub fn truth(&mut self, name: &str, truth: bool) {
        self.name(name).extend_from_slice(if truth { b"true" } else { b"false" });
    }

    /// Null.
    pub fn null(&mut self, name: &str) {
        self.name(name).extend_from_slice(b"null");
    }

    /// An object.
    pub fn object(&mut self, name: &str, members: impl FnOnce(&mut Members)) {
        let mut object = Members::begin(self.name(name));
        members(&mut object);
        object.end();
    }

    /// Objects one after another.
    pub fn objects<T>(
        &mut self,
        name: &str,
        of: impl IntoIterator<Item = T>,
        mut members: impl FnMut(&mut Members, T),
    ) {
        let out = self.name(name);
        out.push(b'[');
        for (i, one) in of.into_iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            let mut object = Members::begin(out);
            members(&mut object, one);
            object.end();
        }
        out.push(b']');
    }

    /// Closes the object with the members of another, given as its JSON.
    pub fn end_with(mut self, object: &[u8]) {
        let members = object.strip_prefix(b"{").unwrap_or(object);
        if members != b"}" {
            self.part();
        }
        self.out.extend_from_slice(members);
    }

    /// Closes the object.
    pub fn end(self) {
        self.out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_object_is_closed_with_what_is_ready() {
        for (with, ready, whole) in [
            (true, &br#"{"b":2}"#[..], &br#"{"a":"1","b":2}"#[..]),
            (true, b"{}", br#"{"a":"1"}"#),
            (false, br#"{"b":2}"#, br#"{"b":2}"#),
            (false, b"{}", b"{}"),
        ] {
            let mut out = Vec::new();
            let mut members = Members::begin(&mut out);
            if with {
                members.text("a", "1");
            }
            members.end_with(ready);
            assert_eq!(out, whole);
        }
    }

    #[test]
    fn members_are_what_a_parser_finds() {
        let mut out = Vec::new();
        let mut members = Members::begin(&mut out);
        members.object("empty", |_| {});
        members.text("quoted", "a\"b\\ é\n{");
        members.word("word", Some("up"));
        members.word("none", None);
        members.number("number", Some(-2.5));
        members.rounded("rounded", Some(-1.2499), 3);
        members.rounded("nothing", None, 3);
        members.rounded("no number", Some(f64::NAN), 3);
        members.whole("whole", Some(7));
        members.whole("no whole", None);
        members.truth("truth", true);
        members.null("null");
        members.members(&json!({})).unwrap();
        members.members(&json!({"a": 1, "b": []})).unwrap();
        let mut apart = Vec::new();
        Members::go_on(&mut apart).whole("c", Some(1));
        members.ready(&apart);
        members.ready(b"");
        members.json("any", &[1, 2]).unwrap();
        members.objects("rows", 0..2, |row, n| row.whole("n", Some(n)));
        members.objects("no rows", 0..0, |row, n| row.whole("n", Some(n)));
        members.end();
        let read: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            read,
            json!({"empty": {}, "quoted": "a\"b\\ é\n{", "word": "up", "none": null, "number": -2.5, "rounded": -1.25,
                "nothing": null, "no number": null, "whole": 7, "no whole": null, "truth": true, "null": null, "a": 1, "b": [], "c": 1, "any": [1, 2],
                "rows": [{"n": 0}, {"n": 1}], "no rows": []})
        );
    }
}
