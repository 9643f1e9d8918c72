//! Tables of numbers of areas, in as few bytes as they need.

use crate::coverage::NOWHERE;
use crate::index::LargePages;

/// A table of numbers, which may have [`NOWHERE`] among them. Few layers have 65,535 areas, and half as many bytes are half as
/// many to hold and to fetch.
pub(super) enum Numbers {
    /// All are below [`u16::MAX`], which stands for [`NOWHERE`].
    Short(LargePages<u16>),
    /// Some are not.
    Long(LargePages<u32>),
}

impl Numbers {
    /// The number at a place.
    ///
    /// # Panics
    ///
    /// Where there is no such place.
    #[inline]
    pub fn at(&self, place: usize) -> u32 {
        match self {
            Numbers::Short(numbers) => long(numbers[place]),
            Numbers::Long(numbers) => numbers[place],
        }
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        match self {
            Numbers::Short(numbers) => numbers.len(),
            Numbers::Long(numbers) => numbers.len(),
        }
    }

    /// All numbers in turn.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).map(|place| self.at(place))
    }
}

fn long(number: u16) -> u32 {
    if number == u16::MAX { NOWHERE } else { number.into() }
}

fn short(number: u32) -> Option<u16> {
    match number {
        NOWHERE => Some(u16::MAX),
        _ => u16::try_from(number).ok().filter(|&number| number != u16::MAX),
    }
}

impl From<Vec<u32>> for Numbers {
    fn from(numbers: Vec<u32>) -> Self {
        let short: Option<Vec<u16>> = numbers.iter().map(|&number| short(number)).collect();
        short.map_or_else(|| Numbers::Long(numbers.into()), |short| Numbers::Short(short.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_they_were_in_two_bytes_and_in_four() {
        for (numbers, fit) in [
            (vec![], true),
            (vec![0, NOWHERE, 65_534], true),
            (vec![0, NOWHERE, 65_535], false),
            (vec![NOWHERE - 1], false),
        ] {
            let table = Numbers::from(numbers.clone());
            assert_eq!(matches!(table, Numbers::Short(_)), fit, "{numbers:?}");
            assert_eq!(table.iter().collect::<Vec<_>>(), numbers);
            assert_eq!(table.len(), numbers.len());
        }
    }
}
