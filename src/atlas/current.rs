//! From a point to the areas there.

use std::collections::HashMap;

use geo::{Coord, Intersects, Rect};

use super::{Atlas, AtlasCoverage, AtlasLayer};
use crate::coverage::{NOWHERE, united};
use crate::index::LargePages;

/// The areas of current layers, block by block. What is asked of a point is asked of all of them, so the fewer places in
/// memory it stands in, the better; and few layers have many areas, so blocks are alike in all others: those stand once for
/// all blocks that have the same, which fits into what the processor has at hand.
pub(super) struct CurrentAreas {
    /// Block by block its combination, then its areas of the layers of many.
    rows: Rows,
    /// The length of a row, which is a power of two: none lies in two lines of the processor's cache.
    row: usize,
    /// Where the entries of every combination begin, and where the last of them ends.
    starts: Vec<u32>,
    entries: Vec<Entry>,
}

/// What blocks of a combination have of one layer. Layers without an area there have no entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Entry {
    /// The place of the layer among all.
    layer: u32,
    /// Its area, or one of the marks.
    area: u32,
}

/// The area stands in the row of the block.
const OWN: u32 = NOWHERE - 2;
/// No area by this block; perhaps one by a block of another coverage that lies over it.
const LATER: u32 = NOWHERE - 1;

/// So many blocks for each area, or more, and a layer has few areas.
const BLOCKS_OF_FEW: usize = 16;

enum Rows {
    /// All numbers are short enough: half as much to fetch.
    Short(LargePages<u16>),
    Long(LargePages<u32>),
}

impl CurrentAreas {
    /// `boxes` are around the blocks through all coverages.
    pub fn of(layers: &[AtlasLayer], coverages: &[AtlasCoverage], boxes: &[Option<Rect>]) -> Self {
        let current: Vec<(u32, &AtlasLayer)> =
            (0..).zip(layers).filter(|(_, layer)| layer.entry.current).collect();
        let has_many = |layer: &AtlasLayer| layer.areas().len() * BLOCKS_OF_FEW > boxes.len();
        let of_many = current.iter().filter(|(_, layer)| has_many(layer)).count();
        let blocks_of =
            |c: &AtlasCoverage| c.first_block as usize..c.first_block as usize + c.coverage.blocks().len();
        let reach: Vec<Option<Rect>> =
            coverages.iter().map(|c| boxes[blocks_of(c)].iter().flatten().copied().reduce(united)).collect();
        let comes_later = |home: usize, block: usize, layer: &AtlasLayer| {
            let mut after = layer.parts().iter().filter(|part| part.coverage > home);
            after.any(|part| reach[part.coverage].zip(boxes[block]).is_some_and(|(a, b)| a.intersects(&b)))
        };
        let row = (1 + of_many).next_power_of_two();
        let mut numbers = vec![0u32; boxes.len() * row];
        let (mut starts, mut entries) = (vec![0], Vec::new());
        let mut known: HashMap<Vec<Entry>, u32> = HashMap::new();
        let mut here = Vec::new();
        for (home, coverage) in coverages.iter().enumerate() {
            for block in blocks_of(coverage) {
                here.clear();
                let mut own = 1;
                for &(place, layer) in &current {
                    match layer.area_of_block(block as u32) {
                        Some(area) if has_many(layer) => {
                            numbers[block * row + own] = area;
                            own += 1;
                            here.push(Entry { layer: place, area: OWN });
                        }
                        Some(area) => here.push(Entry { layer: place, area }),
                        None if comes_later(home, block, layer) => {
                            here.push(Entry { layer: place, area: LATER });
                        }
                        None => {}
                    }
                }
                numbers[block * row] = known.get(&here).copied().unwrap_or_else(|| {
                    let number = known.len() as u32;
                    entries.extend(&here);
                    starts.push(entries.len() as u32);
                    known.insert(here.clone(), number);
                    number
                });
            }
        }
        let short: Result<Vec<u16>, _> = numbers.iter().map(|&number| u16::try_from(number)).collect();
        let rows = short.map_or_else(|_| Rows::Long(numbers.into()), |short| Rows::Short(short.into()));
        CurrentAreas { rows, row, starts, entries }
    }

    #[inline]
    fn number(&self, block: u32, at: usize) -> u32 {
        let at = block as usize * self.row + at;
        match &self.rows {
            Rows::Short(rows) => rows[at].into(),
            Rows::Long(rows) => rows[at],
        }
    }

    /// Tells the layers that have an area at a block or may have one later, in their order, each with its area or [`LATER`].
    #[inline]
    fn of_block<T: Copy + Into<u32>>(&self, rows: &[T], block: u32, mut tell: impl FnMut(usize, u32)) {
        let row = &rows[block as usize * self.row..][..self.row];
        let combination = row[0].into() as usize;
        let entries = self.starts[combination] as usize..self.starts[combination + 1] as usize;
        let mut own = 0;
        for entry in &self.entries[entries] {
            let area = if entry.area == OWN {
                own += 1;
                row[own].into()
            } else {
                entry.area
            };
            tell(entry.layer as usize, area);
        }
    }
}

/// What all blocks of a combination have of a current layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// All the same area.
    Area(u32),
    /// Each an area of its own: [`Atlas::own_area`].
    Own,
    /// None, but perhaps one by a block of another coverage that lies over it.
    Later,
}

impl Atlas {
    /// What the blocks of each combination have of current layers, layer by layer, each by its place in [`Atlas::layers`]. Few
    /// layers have many areas; in all others thousands of blocks are alike.
    pub fn combinations(&self) -> impl Iterator<Item = impl Iterator<Item = (usize, Held)>> {
        let current = &self.places.current;
        let held = |entry: &Entry| {
            let held = match entry.area {
                OWN => Held::Own,
                LATER => Held::Later,
                area => Held::Area(area),
            };
            (entry.layer as usize, held)
        };
        current
            .starts
            .windows(2)
            .map(move |of| current.entries[of[0] as usize..of[1] as usize].iter().map(held))
    }

    /// The number of a block's combination in [`Atlas::combinations`].
    #[inline]
    pub fn combination_of(&self, block: u32) -> usize {
        self.places.current.number(block, 0) as usize
    }

    /// The area of a block in the layer that is the so many-th [`Held::Own`] of its combination, counted from 0.
    #[inline]
    pub fn own_area(&self, block: u32, own: usize) -> u32 {
        self.places.current.number(block, 1 + own)
    }

    /// The area of a layer at a point, `first` being the block there ([`Atlas::block_at`]).
    ///
    /// Coverages may lie over one another, as a user's own over the shipped ones: a layer that has no area there by the first
    /// of them is asked in those that it covers.
    pub fn area_at(&self, layer: &AtlasLayer, first: Option<u32>, point: Coord) -> Option<u32> {
        let first = first?;
        layer
            .area_of_block(first)
            .or_else(|| self.later_blocks(first, point).find_map(|block| layer.area_of_block(block)))
    }

    /// Tells the areas of all current layers at a point, as [`Atlas::area_at`] gives them one by one, in the order of the
    /// layers; of each layer its place in [`Atlas::layers`].
    #[inline]
    pub fn current_areas_at(&self, first: Option<u32>, point: Coord, mut tell: impl FnMut(usize, u32)) {
        let Some(first) = first else { return };
        let current = &self.places.current;
        let mut later: Option<Vec<u32>> = None;
        let one = |place: usize, area: u32| {
            if area != LATER {
                return tell(place, area);
            }
            let later = later.get_or_insert_with(|| self.later_blocks(first, point).collect());
            if let Some(area) = later.iter().find_map(|&b| self.places.layers[place].area_of_block(b)) {
                tell(place, area);
            }
        };
        match &current.rows {
            Rows::Short(rows) => current.of_block(&rows[..], first, one),
            Rows::Long(rows) => current.of_block(&rows[..], first, one),
        }
    }

    /// The blocks at a point of the coverages after that of a block there.
    fn later_blocks(&self, first: u32, point: Coord) -> impl Iterator<Item = u32> {
        let later = self.number_of_coverage(first) + 1..self.places.coverages.len();
        later.filter_map(move |coverage| self.places.blocks.locate_in(coverage, point))
    }
}
