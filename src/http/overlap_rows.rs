//! Rows of what areas of two layers share, as JSON and CSV.

use super::answer::SHARE_PLACES;
use crate::query::Overlap;
use crate::text::{Members, write_rounded, write_whole};

/// Decimals of square kilometres: hundreds of square metres.
const KM2_PLACES: usize = 4;
/// Decimals of residents: a part of a block has a part of its residents.
const RESIDENT_PLACES: usize = 2;

/// What rows of the overlaps of one area say.
pub(super) const OF_AREA: [&str; 8] = [
    "block_count",
    "area_km2",
    "share_of_area",
    "share_of_other",
    "population",
    "population_share",
    "population_share_of_other",
    "approximate",
];

/// What rows of an overlay say of each pair.
pub(super) const OF_PAIR: [&str; 9] = [
    "block_count",
    "area_km2",
    "share_of_left",
    "share_of_right",
    "population",
    "population_share_of_left",
    "population_share_of_right",
    "fit",
    "approximate",
];

/// What stands under a name.
#[derive(Clone, Copy)]
pub(super) enum Cell {
    Whole(Option<usize>),
    /// A number to so many decimals.
    Decimal(Option<f64>, usize),
    Word(&'static str),
    Truth(bool),
}

/// The cells of [`OF_AREA`].
pub(super) fn of_area(o: &Overlap) -> [Cell; 8] {
    let [a, b, c, d, e, f, g] = common(o);
    [a, b, c, d, e, f, g, Cell::Truth(o.approximate)]
}

/// The cells of [`OF_PAIR`].
pub(super) fn of_pair(o: &Overlap, is_exact: bool) -> [Cell; 9] {
    let [a, b, c, d, e, f, g] = common(o);
    [a, b, c, d, e, f, g, Cell::Word(fit(is_exact)), Cell::Truth(o.approximate)]
}

fn common(o: &Overlap) -> [Cell; 7] {
    let share = |share: Option<f64>| Cell::Decimal(share, SHARE_PLACES);
    [
        Cell::Whole(o.blocks),
        Cell::Decimal(Some(o.area_m2 / 1e6), KM2_PLACES),
        share(Some(o.share_of_area)),
        share(Some(o.share_of_other)),
        Cell::Decimal(o.population, RESIDENT_PLACES),
        share(o.population_share),
        share(o.population_share_of_other),
    ]
}

/// Whether an area lies wholly in another.
pub(super) fn fit(is_exact: bool) -> &'static str {
    if is_exact { "exact" } else { "split" }
}

/// Appends cells to an object.
pub(super) fn write_members(object: &mut Members, names: &[&str], cells: &[Cell]) {
    for (name, cell) in names.iter().zip(cells) {
        match *cell {
            Cell::Whole(whole) => object.whole(name, whole),
            Cell::Decimal(number, places) => object.rounded(name, number, places),
            Cell::Word(word) => object.word(name, Some(word)),
            Cell::Truth(truth) => object.truth(name, truth),
        }
    }
}

/// Appends cells as further fields of a line; of what is not known an empty one.
pub(super) fn write_fields(line: &mut Vec<u8>, cells: &[Cell]) {
    for cell in cells {
        line.push(b',');
        match *cell {
            Cell::Whole(None) | Cell::Decimal(None, _) => {}
            Cell::Whole(Some(whole)) => write_whole(line, whole as i64),
            Cell::Decimal(Some(number), places) => write_rounded(line, number, places),
            Cell::Word(word) => line.extend_from_slice(word.as_bytes()),
            Cell::Truth(truth) => line.extend_from_slice(if truth { b"true" } else { b"false" }),
        }
    }
}
