//! Postcodes: parts of them, those like one that is not there, and the areas that a part of them lies in.

use std::collections::BTreeMap;

use geo::Coord;

use crate::area::{Outward, Postcode, PostcodeError};
use crate::atlas::{Atlas, AtlasLayer};
use crate::geometry::{LonLat, distance_m};
use crate::index::{PostcodeEntry, Postcodes};

use super::locate::{Asked, place};

/// A distance on the grid is at most so many times the distance on the ground, anywhere in Great Britain: at its rims the
/// scale of the projection is 1.0007.
const GRID_STRETCH: f64 = 1.001;
/// By how much the shifts of the grid may differ within a short distance, in metres.
const SHIFT_M: f64 = 1.0;

/// The postcodes within a distance in metres on the ground, each with its distance, nearest first.
pub fn postcodes_within(atlas: &Atlas, at: LonLat, radius_m: f64) -> Vec<(PostcodeEntry, f64)> {
    let Some(((postcodes, _), places)) = atlas.postcodes().zip(atlas.postcode_places()) else {
        return Vec::new();
    };
    let middle = atlas.grid().to_grid(at).point;
    let candidates = places.within(middle, radius_m * GRID_STRETCH + SHIFT_M);
    let mut found: Vec<(PostcodeEntry, f64)> = candidates
        .into_iter()
        .filter_map(|number| {
            let entry = postcodes.nth(number)?;
            let there = place(atlas, Asked::Entry(entry)).ok()?.at;
            Some((entry, distance_m(at, there)))
        })
        .filter(|(_, distance_m)| *distance_m <= radius_m)
        .collect();
    found.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.postcode.cmp(&b.0.postcode)));
    found
}

/// A postcode or the beginning of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PostcodePart {
    /// `LS1 4AP`.
    Whole(Postcode),
    /// `LS1`.
    Outward(Outward),
    /// `LS1 4`: the first half and the digit after it.
    Sector(Outward, u8),
}

impl std::str::FromStr for PostcodePart {
    type Err = PostcodeError;

    /// Any spacing and case, but the space of a sector is needed: `LS14` is another first half.
    fn from_str(text: &str) -> Result<Self, PostcodeError> {
        match text.parse::<Postcode>() {
            Ok(postcode) => Ok(PostcodePart::Whole(postcode)),
            Err(error) => {
                let mut words = text.split_whitespace();
                if let (Some(first), Some(&[digit @ b'0'..=b'9']), None) =
                    (words.next(), words.next().map(str::as_bytes), words.next())
                    && let Ok(outward) = first.parse()
                {
                    return Ok(PostcodePart::Sector(outward, digit - b'0'));
                }
                text.parse().map(PostcodePart::Outward).map_err(|_| error)
            }
        }
    }
}

impl std::fmt::Display for PostcodePart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PostcodePart::Whole(postcode) => write!(f, "{postcode}"),
            PostcodePart::Outward(outward) => write!(f, "{outward}"),
            PostcodePart::Sector(outward, digit) => write!(f, "{outward} {digit}"),
        }
    }
}

impl PostcodePart {
    /// The first half.
    pub fn outward(self) -> Outward {
        match self {
            PostcodePart::Whole(postcode) => postcode.outward(),
            PostcodePart::Outward(outward) | PostcodePart::Sector(outward, _) => outward,
        }
    }

    /// True for the postcodes of Northern Ireland, which no open licence covers.
    pub fn is_northern_irish(self) -> bool {
        // No other area begins with B and T.
        self.outward().to_string().starts_with("BT")
    }

    /// The postcodes that begin so, in order.
    pub fn entries(self, postcodes: &Postcodes) -> impl Iterator<Item = PostcodeEntry> + '_ {
        postcodes.outward(self.outward()).filter(move |entry| match self {
            PostcodePart::Whole(postcode) => entry.postcode == postcode,
            PostcodePart::Outward(_) => true,
            PostcodePart::Sector(_, digit) => entry.postcode.inward().as_bytes()[0] == b'0' + digit,
        })
    }
}

/// The postcodes most like a text that is not one of them: those one slip away (a letter or digit wrong, missing, too
/// many, or changed places with the next), then those of the same sector, nearest in the directory first.
pub fn close_postcodes(postcodes: &Postcodes, text: &str, limit: usize) -> Vec<Postcode> {
    let given: Vec<u8> =
        text.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_uppercase()).take(9).collect();
    let mut found: Vec<(bool, PostcodeEntry)> = Vec::new();
    for slip in slips(&given) {
        let known = String::from_utf8(slip).ok().and_then(|slip| slip.parse().ok());
        if let Some(entry) = known.and_then(|postcode: Postcode| postcodes.find(&postcode)) {
            found.push((false, entry));
        }
    }
    let meant = String::from_utf8(given).ok().and_then(|given| given.parse::<Postcode>().ok());
    if let Some(meant) = meant {
        let sector = meant.sector();
        let alike = postcodes.outward(meant.outward()).filter(|e| e.postcode.sector() == sector);
        found.extend(alike.map(|entry| (true, entry)));
    }
    let place = meant.map_or(0, Postcode::place);
    let other_sector = |p: Postcode| meant.is_none_or(|m| m.sector() != p.sector());
    let rank = |(far, entry): &(bool, PostcodeEntry)| {
        let apart = entry.postcode.place().abs_diff(place);
        (!entry.live, *far, other_sector(entry.postcode), apart, entry.postcode)
    };
    found.sort_by_cached_key(rank);
    let mut close: Vec<Postcode> = Vec::new();
    for (_, entry) in found {
        if close.len() < limit && !close.contains(&entry.postcode) {
            close.push(entry.postcode);
        }
    }
    close
}

/// Every text one slip away.
fn slips(given: &[u8]) -> Vec<Vec<u8>> {
    let letters = || (b'A'..=b'Z').chain(b'0'..=b'9');
    let mut slips = Vec::new();
    for at in 0..=given.len() {
        for letter in letters() {
            let mut more = given.to_vec();
            more.insert(at, letter);
            slips.push(more);
            if at < given.len() && given[at] != letter {
                let mut other = given.to_vec();
                other[at] = letter;
                slips.push(other);
            }
        }
        if at < given.len() {
            let mut less = given.to_vec();
            less.remove(at);
            slips.push(less);
        }
        if at + 1 < given.len() && given[at] != given[at + 1] {
            let mut turned = given.to_vec();
            turned.swap(at, at + 1);
            slips.push(turned);
        }
    }
    slips
}

/// In which areas the postcodes of a part lie.
#[derive(Clone, PartialEq, Debug)]
pub struct PostcodeShares {
    /// Postcodes that begin so, ended ones too.
    pub postcodes: usize,
    /// Those in use.
    pub live: usize,
    /// Those that were counted: the ones in use that have a position in some block; where none is in use, the ended ones.
    pub counted: usize,
    /// For each layer, how many of the counted lie in which area, most first.
    pub areas: Vec<Vec<(u32, usize)>>,
}

/// Counts the postcodes of a part by the areas they lie in; `None` when no postcode begins so.
pub fn postcode_shares(atlas: &Atlas, part: PostcodePart, layers: &[&AtlasLayer]) -> Option<PostcodeShares> {
    let (postcodes, _) = atlas.postcodes()?;
    let entries: Vec<PostcodeEntry> = part.entries(postcodes).collect();
    let live = entries.iter().filter(|e| e.live).count();
    let meant = entries.iter().filter(|e| e.live || live == 0);
    let places: Vec<Coord> =
        meant.filter_map(|entry| Some(place(atlas, Asked::Entry(*entry)).ok()?.at.coord())).collect();
    let mut found: Vec<u32> = atlas.blocks_at(&places).into_iter().flatten().collect();
    found.sort_unstable();
    let blocks: Vec<(u32, usize)> = found.chunk_by(|a, b| a == b).map(|all| (all[0], all.len())).collect();
    let areas = layers.iter().map(|layer| {
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        for &(block, count) in &blocks {
            if let Some(area) = layer.area_of_block(block) {
                *counts.entry(area).or_default() += count;
            }
        }
        let mut counts: Vec<(u32, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|&(area, count)| (std::cmp::Reverse(count), area));
        counts
    });
    let areas = areas.collect();
    (!entries.is_empty()).then_some(PostcodeShares {
        postcodes: entries.len(),
        live,
        counted: found.len(),
        areas,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sector_needs_its_space() {
        let read = |text: &str| text.parse::<PostcodePart>().map(|part| part.to_string());
        assert_eq!(read("ls1 4").as_deref(), Ok("LS1 4"));
        assert_eq!(read("ls14").as_deref(), Ok("LS14"));
        assert!(matches!("LS1 4".parse(), Ok(PostcodePart::Sector(_, 4))));
        assert!(matches!("LS14".parse(), Ok(PostcodePart::Outward(_))));
        assert!(matches!("ls14ap".parse(), Ok(PostcodePart::Whole(_))));
        assert!("LS1 4A".parse::<PostcodePart>().is_err());
        assert!("".parse::<PostcodePart>().is_err());
    }
}
