//! Postcodes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A postcode of the United Kingdom by its form, in use or not: `LS1 4AP`.
///
/// Read from any spacing and case, written with one space. Ordered as in a directory: `B1 1AA`, `B1 1AB`,
/// `B10 0AA`, `B1A 1AA`, `B2 1AA`, `BA1 1AA`. Held as its place among all possible postcodes, four bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Postcode(u32);

/// The first half of a postcode, the town's: `LS1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Outward(u32);

/// Why a text is not a postcode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostcodeError {
    /// There is nothing.
    #[error("a postcode cannot be empty")]
    Empty,
    /// There is a character that no postcode has.
    #[error("`{text}` holds `{found}`; a postcode has only letters and digits")]
    Character {
        /// The text as given.
        text: String,
        /// The first such character.
        found: char,
    },
    /// It is a whole first half with nothing after it.
    #[error("`{0}` is only the first half of a postcode; a whole one is written like LS1 4AP")]
    OutwardOnly(String),
    /// Too few or too many letters and digits.
    #[error("`{text}` has {found} letters and digits; a postcode has 5 to 7")]
    Length {
        /// The text as given.
        text: String,
        /// How many it has.
        found: usize,
    },
    /// The last three are not a digit and two letters.
    #[error("`{text}` ends in `{inward}`; a postcode ends in a digit and two letters")]
    Inward {
        /// The text as given.
        text: String,
        /// Its last three.
        inward: String,
    },
    /// What comes before the last three is no first half.
    #[error("`{text}` begins with `{outward}`, which does not begin any postcode")]
    Outward {
        /// The text as given.
        text: String,
        /// What comes before its last three.
        outward: String,
    },
}

/// Letters of the alphabet.
const LETTERS: u32 = 26;
/// Second letter of an area, or none.
const SECOND: u32 = LETTERS + 1;
/// What may follow a district's first digit: nothing, a digit or a letter.
const AFTER: u32 = 1 + 10 + LETTERS;
/// Districts of an area: a digit and what may follow it, and one place for the two codes without a digit.
const DISTRICTS: u32 = 10 * AFTER + 1;
/// Place of the district without a digit.
const WITHOUT_DIGIT: u32 = DISTRICTS - 1;
/// Second halves: a digit and two letters. Five letters are never given out, save once by mistake, so all count.
const INWARDS: u32 = 10 * LETTERS * LETTERS;
/// The two first halves without a digit: old Newport (`NPT`) and the Girobank (`GIR`), as place of the area and end.
const ODD: [(u32, char); 2] = [(13 * SECOND + 16, 'T'), (6 * SECOND + 9, 'R')];

impl Postcode {
    /// Its place among all possible postcodes; the order of places is the order of postcodes.
    pub fn place(self) -> u32 {
        self.0
    }

    /// The postcode at a place, if there is one.
    pub fn from_place(place: u32) -> Option<Self> {
        Outward(place / INWARDS).exists().then_some(Postcode(place))
    }

    /// The first half: `LS1`.
    pub fn outward(self) -> Outward {
        Outward(self.0 / INWARDS)
    }

    /// The second half: `4AP`.
    pub fn inward(self) -> String {
        let inward = self.0 % INWARDS;
        let letters = inward % (LETTERS * LETTERS);
        let digit = char::from(b'0' + (inward / (LETTERS * LETTERS)) as u8);
        [digit, letter(letters / LETTERS), letter(letters % LETTERS)].iter().collect()
    }

    /// The sector: the first half and the digit after it, `LS1 4`.
    pub fn sector(self) -> String {
        format!("{} {}", self.outward(), &self.inward()[..1])
    }
}

impl Outward {
    /// The first place that a postcode beginning so may have, and the first place after all such.
    pub fn places(self) -> (u32, u32) {
        (self.0 * INWARDS, (self.0 + 1) * INWARDS)
    }

    /// False for the places that no first half has. No text is made: a whole directory is checked at every start.
    fn exists(self) -> bool {
        let (area, district) = (self.0 / DISTRICTS, self.0 % DISTRICTS);
        area < LETTERS * SECOND && (district != WITHOUT_DIGIT || ODD.iter().any(|(odd, _)| *odd == area))
    }

    /// From letters and digits without spaces, in capitals.
    fn read(text: &str) -> Option<Self> {
        for (area, end) in ODD {
            let before = text.strip_suffix(end).and_then(|before| area_place(before.as_bytes()));
            if before == Some(area) {
                return Some(Outward(area * DISTRICTS + WITHOUT_DIGIT));
            }
        }
        let digit = text.bytes().position(|b| b.is_ascii_digit())?;
        let (area, district) = text.as_bytes().split_at(digit);
        let after = match district {
            [_] => 0,
            [_, b @ b'0'..=b'9'] => 1 + u32::from(b - b'0'),
            [_, b @ b'A'..=b'Z'] => 11 + u32::from(b - b'A'),
            _ => return None,
        };
        let district = u32::from(district[0] - b'0') * AFTER + after;
        Some(Outward(area_place(area)? * DISTRICTS + district))
    }
}

fn letter(n: u32) -> char {
    char::from(b'A' + n as u8)
}

fn area_place(area: &[u8]) -> Option<u32> {
    let place = |b: u8| u32::from(b - b'A');
    match area {
        [a @ b'A'..=b'Z'] => Some(place(*a) * SECOND),
        [a @ b'A'..=b'Z', b @ b'A'..=b'Z'] => Some(place(*a) * SECOND + place(*b) + 1),
        _ => None,
    }
}

/// Letters and digits in capitals, white space of any sort left out.
fn squeeze(text: &str) -> Result<String, PostcodeError> {
    let mut squeezed = String::with_capacity(8);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        if !c.is_ascii_alphanumeric() {
            return Err(PostcodeError::Character { text: echo(text), found: c });
        }
        squeezed.push(c.to_ascii_uppercase());
    }
    if squeezed.is_empty() { Err(PostcodeError::Empty) } else { Ok(squeezed) }
}

/// What an error repeats of the text: enough to recognise it, bounded.
fn echo(text: &str) -> String {
    text.trim().chars().take(20).collect()
}

impl FromStr for Postcode {
    type Err = PostcodeError;

    fn from_str(text: &str) -> Result<Self, PostcodeError> {
        let squeezed = squeeze(text)?;
        if Outward::read(&squeezed).is_some() {
            return Err(PostcodeError::OutwardOnly(echo(text)));
        }
        if !(5..=7).contains(&squeezed.len()) {
            return Err(PostcodeError::Length { text: echo(text), found: squeezed.len() });
        }
        let (outward, inward) = squeezed.split_at(squeezed.len() - 3);
        let &[digit @ b'0'..=b'9', a @ b'A'..=b'Z', b @ b'A'..=b'Z'] = inward.as_bytes() else {
            return Err(PostcodeError::Inward { text: echo(text), inward: inward.to_owned() });
        };
        let Some(place) = Outward::read(outward) else {
            return Err(PostcodeError::Outward { text: echo(text), outward: outward.to_owned() });
        };
        let inward =
            u32::from(digit - b'0') * LETTERS * LETTERS + u32::from(a - b'A') * LETTERS + u32::from(b - b'A');
        Ok(Postcode(place.0 * INWARDS + inward))
    }
}

impl FromStr for Outward {
    type Err = PostcodeError;

    fn from_str(text: &str) -> Result<Self, PostcodeError> {
        let squeezed = squeeze(text)?;
        Outward::read(&squeezed).ok_or_else(|| PostcodeError::Outward {
            text: echo(text),
            outward: squeezed.chars().take(20).collect(),
        })
    }
}

impl TryFrom<String> for Postcode {
    type Error = PostcodeError;
    fn try_from(text: String) -> Result<Self, PostcodeError> {
        text.parse()
    }
}

impl From<Postcode> for String {
    fn from(postcode: Postcode) -> String {
        postcode.to_string()
    }
}

impl fmt::Display for Postcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.outward(), self.inward())
    }
}

impl fmt::Display for Outward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (area, district) = (self.0 / DISTRICTS, self.0 % DISTRICTS);
        let (first, second) = (area / SECOND, area % SECOND);
        write!(f, "{}", letter(first))?;
        if second > 0 {
            write!(f, "{}", letter(second - 1))?;
        }
        if let (WITHOUT_DIGIT, Some((_, end))) = (district, ODD.iter().find(|(odd, _)| *odd == area)) {
            return write!(f, "{end}");
        }
        write!(f, "{}", district / AFTER)?;
        match district % AFTER {
            0 => Ok(()),
            n @ 1..=10 => write!(f, "{}", n - 1),
            n => write!(f, "{}", letter(n - 11)),
        }
    }
}

impl fmt::Debug for Postcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Outward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<String, PostcodeError> {
        text.parse::<Postcode>().map(|p| p.to_string())
    }

    #[test]
    fn any_spacing_and_case_is_read() {
        for text in ["LS1 4AP", "ls14ap", " Ls1\u{a0}4aP ", "L S 1 4 A P"] {
            assert_eq!(read(text).as_deref(), Ok("LS1 4AP"), "{text}");
        }
    }

    #[test]
    fn all_forms_of_first_half_are_known() {
        for text in ["M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "W1A 0AX", "EC1A 1BB", "NPT 1AA", "GIR 0AA"]
        {
            assert_eq!(read(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let s = str::to_owned;
        assert_eq!(read(" "), Err(PostcodeError::Empty));
        assert_eq!(read("LS1"), Err(PostcodeError::OutwardOnly(s("LS1"))));
        assert_eq!(read("DN55"), Err(PostcodeError::OutwardOnly(s("DN55"))));
        assert_eq!(read("LS1-4AP"), Err(PostcodeError::Character { text: s("LS1-4AP"), found: '-' }));
        assert_eq!(read("LS114AAP"), Err(PostcodeError::Length { text: s("LS114AAP"), found: 8 }));
        assert_eq!(read("LS1 44P"), Err(PostcodeError::Inward { text: s("LS1 44P"), inward: s("44P") }));
        assert_eq!(read("LSX 4AP"), Err(PostcodeError::Outward { text: s("LSX 4AP"), outward: s("LSX") }));
        assert_eq!(read("1LS 4AP"), Err(PostcodeError::Outward { text: s("1LS 4AP"), outward: s("1LS") }));
    }

    #[test]
    fn the_order_is_that_of_a_directory() {
        let order =
            ["B1 1AA", "B1 1AB", "B1 2AA", "B10 0AA", "B1A 1AA", "B2 1AA", "BA1 1AA", "BA10 1AA", "C1 1AA"];
        let read: Vec<Postcode> = order.iter().map(|t| t.parse().unwrap()).collect();
        assert!(read.is_sorted());
    }

    #[test]
    fn halves_and_sector() {
        let postcode: Postcode = "EC1A1BB".parse().unwrap();
        assert_eq!(postcode.outward().to_string(), "EC1A");
        assert_eq!(postcode.inward(), "1BB");
        assert_eq!(postcode.sector(), "EC1A 1");
        let (first, end) = "ec1a".parse::<Outward>().unwrap().places();
        assert!((first..end).contains(&postcode.place()));
        assert!("EC".parse::<Outward>().is_err());
    }

    proptest! {
        #[test]
        fn a_place_and_its_text_say_the_same(place in 0u32..2_000_000_000) {
            if let Some(postcode) = Postcode::from_place(place) {
                prop_assert_eq!(postcode.place(), place);
                prop_assert_eq!(postcode.to_string().parse::<Postcode>(), Ok(postcode));
                let (first, end) = postcode.outward().places();
                prop_assert!((first..end).contains(&place));
            }
        }

        #[test]
        fn texts_of_the_right_form_keep_their_order(
            a in "[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}",
            b in "[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}",
        ) {
            // Padded to four and three, plain text order is the order of the directory.
            let padded = |t: &str| format!("{:<4}{}", &t[..t.len() - 3], &t[t.len() - 3..]);
            let (p, q): (Postcode, Postcode) = (a.parse().unwrap(), b.parse().unwrap());
            prop_assert_eq!(p.cmp(&q), padded(&a).cmp(&padded(&b)));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,12}") {
            let _ = text.parse::<Postcode>();
            let _ = text.parse::<Outward>();
        }
    }
}
