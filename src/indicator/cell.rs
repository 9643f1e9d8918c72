//! What stands in a cell for a value: a number, a mark, or nothing.

/// What a mark beside or instead of a number says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// The publisher has the value and withholds it.
    Suppressed,
    /// There is no value.
    Missing,
    /// The question does not apply.
    NotApplicable,
    /// The value is of low reliability.
    LowReliability,
    /// Provisional, revised, estimated, forecast, a break in the series: the value stands.
    Noted,
}

/// What a cell holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Cell {
    /// Nothing: never zero.
    Empty,
    /// A finite number, with the mark that followed it.
    Number(f64, Option<Mark>),
    /// A mark alone.
    Mark(Mark),
}

impl Cell {
    /// Reads a cell; `None` for what is none of the three.
    ///
    /// Thousands separators, a percent or pound sign and the marks of the Government Statistical Service are
    /// understood, with or without brackets.
    ///
    /// ```
    /// use levelmap::indicator::cell::{Cell, Mark};
    /// assert_eq!(Cell::read("1,234.5"), Some(Cell::Number(1234.5, None)));
    /// assert_eq!(Cell::read("[c]"), Some(Cell::Mark(Mark::Suppressed)));
    /// assert_eq!(Cell::read(""), Some(Cell::Empty));
    /// assert_eq!(Cell::read("about ten"), None);
    /// ```
    pub fn read(text: &str) -> Option<Cell> {
        let text = text.trim();
        if text.is_empty() {
            return Some(Cell::Empty);
        }
        if let Some(number) = plain(text) {
            return Some(Cell::Number(number, None));
        }
        if let Some(mark) = mark(text) {
            return Some(Cell::Mark(mark));
        }
        let (digits, after) = split_number(text)?;
        let value = separated(digits)?;
        match after.trim_start_matches('%').trim() {
            "" => Some(Cell::Number(value, None)),
            note => mark(note).map(|m| Cell::Number(value, Some(m))),
        }
    }
}

/// A number as programs write it. Words that `parse` knows (`inf`, `nan`) are no numbers here.
fn plain(text: &str) -> Option<f64> {
    let first = text.as_bytes().first()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None;
    }
    text.parse::<f64>().ok().filter(|v| v.is_finite())
}

/// What a mark means: the shorthand of official statistics, and what spreadsheets put in its place.
pub fn mark(text: &str) -> Option<Mark> {
    let bare = text.trim().trim_start_matches(['[', '(']).trim_end_matches([']', ')']).to_ascii_lowercase();
    Some(match bare.as_str() {
        "c" | "*" | "**" | "s" | "ss" | "sss" | "suppressed" | "confidential" | "~" | "#" => Mark::Suppressed,
        "x" | "-" | "–" | ".." | "..." | "." | ":" | "na" | "n/a" | "#n/a" | "null" | "none" | "missing"
        | "not available" | "w" | "t" | "nan" => Mark::Missing,
        "z" | "not applicable" => Mark::NotApplicable,
        "u" | "low" | "low reliability" | "unreliable" => Mark::LowReliability,
        "p" | "r" | "e" | "f" | "b" | "k" | "a" | "d" | "i" | "ns" | "rs" => Mark::Noted,
        small
            if small.strip_prefix('<').is_some_and(|n| plain(n.trim_start_matches('=').trim()).is_some()) =>
        {
            Mark::Suppressed
        }
        _ => return None,
    })
}

/// The number at the start, without its pound sign, and what follows it.
fn split_number(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('£').unwrap_or(text).trim_start();
    let end = text
        .char_indices()
        .find(|&(_, c)| {
            !(c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+' | ' ' | '\u{a0}' | '\u{202f}'))
        })
        .map_or(text.len(), |(at, _)| at);
    let digits = text[..end].trim_end();
    (!digits.is_empty()).then_some((digits, &text[end..]))
}

/// A number with separators between groups of three digits.
fn separated(text: &str) -> Option<f64> {
    if let Some(number) = plain(text) {
        return Some(number);
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut groups = whole.split([',', ' ', '\u{a0}', '\u{202f}']);
    let digits = |g: &str| !g.is_empty() && g.bytes().all(|b| b.is_ascii_digit());
    let first = groups.next().filter(|g| digits(g) && g.len() <= 3)?;
    let mut number = first.to_owned();
    for group in groups {
        if !digits(group) || group.len() != 3 {
            return None;
        }
        number.push_str(group);
    }
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    plain(&format!("{number}.{fraction}0")).map(|v| sign * v)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_as_tables_write_them() {
        for (text, value) in [
            ("12.5", 12.5),
            (" 7 ", 7.0),
            ("-0.3", -0.3),
            ("1e3", 1000.0),
            ("1,234", 1234.0),
            ("-1,234,567.25", -1_234_567.25),
            ("1 234", 1234.0),
            ("1\u{a0}234", 1234.0),
            ("45%", 45.0),
            ("45.5 %", 45.5),
            ("£1,234.50", 1234.5),
        ] {
            assert_eq!(Cell::read(text), Some(Cell::Number(value, None)), "{text}");
        }
        assert_eq!(Cell::read("12.5 [u]"), Some(Cell::Number(12.5, Some(Mark::LowReliability))));
        assert_eq!(Cell::read("1,234p"), Some(Cell::Number(1234.0, Some(Mark::Noted))));
    }

    #[test]
    fn marks_and_nothing_are_never_zero() {
        for (text, mark) in [
            ("c", Mark::Suppressed),
            ("[x]", Mark::Missing),
            ("*", Mark::Suppressed),
            ("<5", Mark::Suppressed),
            ("..", Mark::Missing),
            ("z", Mark::NotApplicable),
            ("N/A", Mark::Missing),
        ] {
            assert_eq!(Cell::read(text), Some(Cell::Mark(mark)), "{text}");
        }
        assert_eq!(Cell::read("\u{a0} "), Some(Cell::Empty));
    }

    #[test]
    fn anything_else_is_a_fault() {
        for text in
            ["inf", "infinity", "twelve", "1,23", "12,34,567", "1.2.3", "5-7", "1e999", "12 apples", "%"]
        {
            assert_eq!(Cell::read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,20}") {
            let _ = Cell::read(&text);
        }

        #[test]
        fn written_numbers_read_back(value in -1e12f64..1e12) {
            prop_assert_eq!(Cell::read(&value.to_string()), Some(Cell::Number(value, None)));
        }
    }
}
