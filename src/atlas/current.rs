//! From a point to the areas there.

use geo::Coord;

use super::{Atlas, AtlasLayer};
use crate::coverage::NOWHERE;

/// The areas of current layers, block by block: what is asked of a point is asked of all of them, and so stands together in
/// memory.
pub(super) struct CurrentAreas {
    /// The places of the current layers among all.
    layers: Vec<usize>,
    rows: Rows,
}

/// For each block an area of each of those layers, all ones for none.
enum Rows {
    /// No layer has more areas than this can number: half as much to fetch.
    Short(Vec<u16>),
    Long(Vec<u32>),
}

impl CurrentAreas {
    pub fn of(layers: &[AtlasLayer], block_count: usize) -> Self {
        let current: Vec<usize> = layers
            .iter()
            .enumerate()
            .filter(|(_, layer)| layer.entry.current)
            .map(|(place, _)| place)
            .collect();
        let areas = (0..block_count as u32).flat_map(|block| {
            current.iter().map(move |&place| layers[place].area_of_block(block).unwrap_or(NOWHERE))
        });
        let most = current.iter().map(|&place| layers[place].areas().len()).max().unwrap_or(0);
        // A cast leaves all ones of all ones.
        let rows = if most < usize::from(u16::MAX) {
            Rows::Short(areas.map(|area| area as u16).collect())
        } else {
            Rows::Long(areas.collect())
        };
        CurrentAreas { rows, layers: current }
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
        let (Some(first), CurrentAreas { layers, rows }) = (first, &self.places.current) else { return };
        let start = first as usize * layers.len();
        let mut later: Option<Vec<u32>> = None;
        let mut one = |place: usize, area: u32| {
            if area != NOWHERE {
                return tell(place, area);
            }
            let later = later.get_or_insert_with(|| self.later_blocks(first, point).collect());
            if let Some(area) = later.iter().find_map(|&b| self.places.layers[place].area_of_block(b)) {
                tell(place, area);
            }
        };
        match rows {
            Rows::Short(areas) => {
                for (&place, &area) in layers.iter().zip(&areas[start..]) {
                    one(place, if area == u16::MAX { NOWHERE } else { area.into() });
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
