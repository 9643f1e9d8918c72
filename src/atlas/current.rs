//! From a point to the areas there.

use geo::{Coord, Intersects, Rect};

use super::{Atlas, AtlasCoverage, AtlasLayer};
use crate::coverage::{NOWHERE, united};
use crate::index::LargePages;

/// The areas of current layers, block by block: what is asked of a point is asked of all of them, and so stands together in
/// memory.
pub(super) struct CurrentAreas {
    /// The places of the current layers among all.
    layers: Vec<usize>,
    rows: Rows,
    /// The length of a row.
    row: usize,
}

/// For each block an area of each of those layers, [`NOWHERE`] for none and [`LATER`] where coverages after that of the block
/// may have one. Rows are as long as a line of the processor's cache or half of one, so that none lies in two.
enum Rows {
    /// No layer has more areas than this can number: half as much to fetch.
    Short(LargePages<u16>),
    Long(LargePages<u32>),
}

/// No area by this block; perhaps one by a block of another coverage that lies over it.
const LATER: u32 = NOWHERE - 1;
/// Rows are filled up to a multiple of so many.
const FULL_ROW: usize = 16;

impl CurrentAreas {
    /// `boxes` are around the blocks through all coverages.
    pub fn of(layers: &[AtlasLayer], coverages: &[AtlasCoverage], boxes: &[Option<Rect>]) -> Self {
        let current: Vec<usize> = layers
            .iter()
            .enumerate()
            .filter(|(_, layer)| layer.entry.current)
            .map(|(place, _)| place)
            .collect();
        let row = current.len().next_multiple_of(FULL_ROW);
        let blocks_of =
            |c: &AtlasCoverage| c.first_block as usize..c.first_block as usize + c.coverage.blocks().len();
        let reach: Vec<Option<Rect>> =
            coverages.iter().map(|c| boxes[blocks_of(c)].iter().flatten().copied().reduce(united)).collect();
        let area_of = |home: usize, block: usize, layer: &AtlasLayer| {
            let later = || {
                let mut after = layer.parts().iter().filter(|part| part.coverage > home);
                after
                    .any(|part| reach[part.coverage].zip(boxes[block]).is_some_and(|(a, b)| a.intersects(&b)))
            };
            layer.area_of_block(block as u32).unwrap_or_else(|| if later() { LATER } else { NOWHERE })
        };
        let mut areas = vec![NOWHERE; boxes.len() * row];
        for (home, coverage) in coverages.iter().enumerate() {
            for block in blocks_of(coverage) {
                for (slot, &place) in areas[block * row..].iter_mut().zip(&current) {
                    *slot = area_of(home, block, &layers[place]);
                }
            }
        }
        let most = current.iter().map(|&place| layers[place].areas().len()).max().unwrap_or(0);
        // A cast leaves the two marks what they are: all ones, and one less.
        let rows = if most < usize::from(LATER as u16) {
            Rows::Short(areas.into_iter().map(|area| area as u16).collect::<Vec<_>>().into())
        } else {
            Rows::Long(areas.into())
        };
        CurrentAreas { rows, row, layers: current }
    }
}

impl Atlas {
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
        let (Some(first), CurrentAreas { layers, rows, row }) = (first, &self.places.current) else { return };
        let start = first as usize * row;
        let mut later: Option<Vec<u32>> = None;
        let mut one = |place: usize, area: u32| match area {
            NOWHERE => {}
            LATER => {
                let later = later.get_or_insert_with(|| self.later_blocks(first, point).collect());
                if let Some(area) = later.iter().find_map(|&b| self.places.layers[place].area_of_block(b)) {
                    tell(place, area);
                }
            }
            area => tell(place, area),
        };
        match rows {
            Rows::Short(areas) => {
                for (&place, &area) in layers.iter().zip(&areas[start..]) {
                    // As they were before they were cut to half.
                    one(place, if area < LATER as u16 { area.into() } else { 0xFFFF_0000 | u32::from(area) });
                }
            }
            Rows::Long(areas) => {
                for (&place, &area) in layers.iter().zip(&areas[start..]) {
                    one(place, area);
                }
            }
        }
    }

    /// The blocks at a point of the coverages after that of a block there.
    fn later_blocks(&self, first: u32, point: Coord) -> impl Iterator<Item = u32> {
        let later = self.number_of_coverage(first) + 1..self.places.coverages.len();
        later.filter_map(move |coverage| self.places.blocks.locate_in(coverage, point))
    }
}
