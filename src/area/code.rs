//! Area codes.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// The code of an area, as its publisher writes it: usually a nine-character GSS code (`E08000035`),
/// but also `BHSCT` (a Northern Irish trust), `95T` (a former district) or a user's own.
///
/// Letters are kept as given apart from surrounding white space; ASCII lower-case GSS codes are folded to upper case, because
/// every publisher means the same area by them.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(CompactString);

/// Why a text is not an area code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// The text is empty or only white space.
    #[error("an area code cannot be empty")]
    Empty,
    /// The text is longer than any code in use.
    #[error("`{0}` is longer than the 40 characters an area code may have")]
    TooLong(String),
    /// The text holds a character that no code has.
    #[error("`{code}` holds `{found}`, which no area code has")]
    Character {
        /// The text as found.
        code: String,
        /// The first character at fault.
        found: char,
    },
}

/// No publisher's codes are longer; it bounds what a hostile file can make us keep.
const MAX_CHARS: usize = 40;

impl Code {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True when the code has the nine-character GSS form: a country letter, two digits, six digits.
    ///
    /// ```
    /// use levelmap::area::Code;
    /// assert!("E08000035".parse::<Code>().unwrap().is_gss());
    /// assert!(!"BHSCT".parse::<Code>().unwrap().is_gss());
    /// ```
    pub fn is_gss(&self) -> bool {
        is_gss(&self.0)
    }

    /// The entity part of a GSS code: `E08` for a metropolitan district.
    pub fn entity(&self) -> Option<&str> {
        self.is_gss().then(|| &self.0[..3])
    }

    /// True for the codes that postcode files put where a kind of area does not exist (`S99999999`,
    /// `W99999999`, Channel Islands and Isle of Man `L...` and `M...`): they name no area and are never "unmatched".
    pub fn is_pseudo(&self) -> bool {
        let c = self.as_str();
        let nines = self.is_gss() && c[1..].bytes().all(|b| b == b'9');
        let island = (c.starts_with('L') || c.starts_with('M'))
            && c.len() == 9
            && c[1..].bytes().all(|b| b.is_ascii_digit());
        nines || island || c.eq_ignore_ascii_case("na") || c.eq_ignore_ascii_case("n/a")
    }
}

fn is_gss(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() == 9
        && matches!(b[0], b'E' | b'W' | b'S' | b'N' | b'K' | b'J' | b'L' | b'M')
        && b[1..].iter().all(u8::is_ascii_digit)
}

impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        // Nearly all are such, by the hundred thousand when boundaries are read.
        if is_gss(text) {
            return Ok(Code(text.into()));
        }
        // Spreadsheets leave non-breaking spaces around codes; `trim` removes those too.
        let text = text.trim();
        if text.is_empty() {
            return Err(CodeError::Empty);
        }
        if text.chars().count() > MAX_CHARS {
            return Err(CodeError::TooLong(text.to_owned()));
        }
        if let Some(found) =
            text.chars().find(|c| c.is_control() || matches!(c, '/' | '?' | '#' | '%' | '"' | '<' | '>'))
        {
            return Err(CodeError::Character { code: text.to_owned(), found });
        }
        let upper = text.to_ascii_uppercase();
        Ok(Code(if is_gss(&upper) { upper.into() } else { text.into() }))
    }
}

impl TryFrom<String> for Code {
    type Error = CodeError;
    fn try_from(text: String) -> Result<Self, CodeError> {
        text.parse()
    }
}

impl From<Code> for String {
    fn from(code: Code) -> String {
        code.0.into()
    }
}

impl Borrow<str> for Code {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gss_codes_fold_case_and_others_keep_it() {
        assert_eq!("\u{a0}e08000035 ".parse::<Code>().unwrap().as_str(), "E08000035");
        assert_eq!("myWard-7".parse::<Code>().unwrap().as_str(), "myWard-7");
    }

    #[test]
    fn pseudo_codes_name_no_area() {
        for pseudo in ["S99999999", "W99999999", "N99999999", "L93000001", "M99999999", "na"] {
            assert!(pseudo.parse::<Code>().unwrap().is_pseudo(), "{pseudo}");
        }
        assert!(!"E09000001".parse::<Code>().unwrap().is_pseudo());
    }

    #[test]
    fn faults_say_what_was_found() {
        assert_eq!("  ".parse::<Code>(), Err(CodeError::Empty));
        assert!(matches!("E0/1".parse::<Code>(), Err(CodeError::Character { found: '/', .. })));
        assert!(matches!("x".repeat(41).parse::<Code>(), Err(CodeError::TooLong(_))));
    }
}
