//! What an area of one layer shares with the areas of another: a count over blocks.

use std::collections::BTreeMap;

use crate::atlas::{Atlas, AtlasLayer};

/// Ground shared by two areas.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlap {
    /// The number of the other area in its layer.
    pub other: u32,
    /// How many blocks are in both.
    pub blocks: usize,
    /// Their area in square metres.
    pub area_m2: f64,
    /// The share of the first area's ground, 0 to 1.
    pub share_of_area: f64,
    /// The share of the other area's ground, 0 to 1.
    pub share_of_other: f64,
    /// Residents of the shared blocks; `None` where some are not known.
    pub population: Option<f64>,
    /// The share of the first area's residents, 0 to 1.
    pub population_share: Option<f64>,
}

/// The areas of `other` that share ground with an area, those with most residents (else most ground) first. Exact for the
/// blocks of the coverages: an area that the blocks cut only by best fit is as exact as that fit.
pub fn overlaps(atlas: &Atlas, layer: &AtlasLayer, area: u32, other: &AtlasLayer) -> Vec<Overlap> {
    let mut shared: BTreeMap<u32, (usize, f64, f64)> = BTreeMap::new();
    for &block in layer.blocks_of(area) {
        if let Some(theirs) = other.area_of_block(block) {
            let sum = shared.entry(theirs).or_default();
            sum.0 += 1;
            sum.1 += atlas.area_of_block_m2(block);
            // A block whose residents are not known makes the sum unknown: NaN stays NaN.
            sum.2 += atlas.residents_of_block(block);
        }
    }
    let here = &layer.areas()[area as usize];
    let share = |part: f64, whole: f64| if whole > 0.0 { (part / whole).min(1.0) } else { 0.0 };
    let mut found: Vec<Overlap> = shared
        .into_iter()
        .map(|(theirs, (blocks, area_m2, residents))| Overlap {
            other: theirs,
            blocks,
            area_m2,
            share_of_area: share(area_m2, here.area_m2),
            share_of_other: share(area_m2, other.areas()[theirs as usize].area_m2),
            population: (!residents.is_nan()).then_some(residents),
            population_share: here.residents.filter(|_| !residents.is_nan()).map(|all| share(residents, all)),
        })
        .collect();
    found.sort_by(|a, b| {
        let weight = |o: &Overlap| (o.population.unwrap_or(0.0), o.area_m2);
        let (a, b) = (weight(a), weight(b));
        b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1))
    });
    found
}
