//! What the areas of two layers share.
//!
//! Where both layers are made of the same blocks that is a count over blocks. Where a layer has a coverage of its own, as a
//! user's boundaries have, it is the intersection of polygons; slivers, which come from two drawings of one border, are
//! left out and counted.

use std::collections::BTreeMap;
use std::ops::Range;

use geo::MultiPolygon;
use rayon::prelude::*;

use super::cut;
use crate::atlas::{Atlas, AtlasLayer, FEW_AREAS, common_runs};
use crate::coverage::{Block, NOWHERE};

/// A piece narrower than this, in metres, is a sliver when it is also less than [`SLIVER_SHARE`] of both areas. The
/// shipped boundaries were generalised to 200 m: two drawings of one border lie up to half of that apart on each side.
pub const SLIVER_M: f64 = 200.0;
/// The same where one of the two is drawn for small scales.
pub const APPROXIMATE_SLIVER_M: f64 = 2_000.0;
/// A piece that is this share of either area is no sliver however narrow.
pub const SLIVER_SHARE: f64 = 0.01;

/// Ground shared by two areas.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlap {
    /// The number of the other area in its layer.
    pub other: u32,
    /// How many blocks are in both; `None` where the two are of different coverages.
    pub blocks: Option<usize>,
    /// The shared ground in square metres.
    pub area_m2: f64,
    /// The share of the first area's ground, 0 to 1.
    pub share_of_area: f64,
    /// The share of the other area's ground, 0 to 1.
    pub share_of_other: f64,
    /// Residents of the shared ground; `None` where some are not known. By polygons: of each block the share of its ground.
    pub population: Option<f64>,
    /// The share of the first area's residents, 0 to 1.
    pub population_share: Option<f64>,
    /// The share of the other area's residents, 0 to 1.
    pub population_share_of_other: Option<f64>,
    /// True when one of the two is drawn for small scales.
    pub approximate: bool,
}

/// Pieces left out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slivers {
    /// How many.
    pub count: usize,
    /// Their ground in square metres.
    pub area_m2: f64,
}

impl Slivers {
    fn add(&mut self, other: Slivers) {
        self.count += other.count;
        self.area_m2 += other.area_m2;
    }
}

/// All that an area shares with another layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlaps {
    /// The overlaps, those with most residents (else most ground) first.
    pub found: Vec<Overlap>,
    /// What was left out.
    pub slivers: Slivers,
}

impl Overlaps {
    /// Whether the area lies wholly in one area of the other layer; slivers do not count.
    pub fn is_exact(&self) -> bool {
        match self.found.as_slice() {
            // A count over blocks is exact, an intersection of two drawings is not.
            [one] => one.share_of_area >= if one.blocks.is_some() { 1.0 - 1e-9 } else { 1.0 - SLIVER_SHARE },
            _ => false,
        }
    }
}

/// The ground common to two areas, while it is summed.
#[derive(Clone, Copy, Default)]
struct Sum {
    blocks: Option<usize>,
    area_m2: f64,
    /// NaN when the residents of a part are not known.
    residents: f64,
    approximate: bool,
}

impl Sum {
    /// Adds blocks one after another, all of one coverage.
    fn add(&mut self, atlas: &Atlas, blocks: Range<u32>) {
        self.approximate |= atlas.coverage_of_block(blocks.start).entry.approximate;
        self.blocks = Some(self.blocks.unwrap_or(0) + blocks.len());
        self.area_m2 += atlas.area_of_blocks_m2(blocks.clone());
        // Blocks whose residents are not known make the sum unknown: NaN stays NaN.
        self.residents += atlas.residents_of_blocks(blocks);
    }
}

/// The areas of `other` that share ground with an area.
///
/// Over the coverages that both layers cover, exact for their blocks: an area that the blocks cut only by best fit is as
/// exact as that fit. Ground of coverages that only one of the two covers is cut as polygons.
pub fn overlaps(atlas: &Atlas, layer: &AtlasLayer, area: u32, other: &AtlasLayer) -> Overlaps {
    let mut shared: BTreeMap<u32, Sum> = BTreeMap::new();
    for &block in layer.blocks_of(area) {
        if let Some(theirs) = other.area_of_block(block) {
            shared.entry(theirs).or_default().add(atlas, block..block + 1);
        }
    }
    with_pieces(atlas, layer, area, other, shared.into_iter().collect())
}

/// What an area shares with areas of another layer: the sums over common blocks, by the number of the other area, with what
/// is cut as polygons.
fn with_pieces(
    atlas: &Atlas,
    layer: &AtlasLayer,
    area: u32,
    other: &AtlasLayer,
    mut shared: Vec<(u32, Sum)>,
) -> Overlaps {
    let here = &layer.areas()[area as usize];
    let mut slivers = Slivers::default();
    for piece in cut::pieces(atlas, layer, area, other) {
        let there = &other.areas()[piece.other as usize];
        let tolerance_m = if piece.approximate { APPROXIMATE_SLIVER_M } else { SLIVER_M };
        let most = (piece.area_m2 / here.area_m2).max(piece.area_m2 / there.area_m2);
        if piece.width_m < tolerance_m && most < SLIVER_SHARE {
            slivers.add(Slivers { count: 1, area_m2: piece.area_m2 });
            continue;
        }
        let place =
            shared.binary_search_by_key(&piece.other, |&(theirs, _)| theirs).unwrap_or_else(|place| {
                shared.insert(place, (piece.other, Sum::default()));
                place
            });
        let sum = &mut shared[place].1;
        sum.area_m2 += piece.area_m2;
        sum.residents += piece.residents.unwrap_or(f64::NAN);
        sum.approximate |= piece.approximate;
    }
    let share = |part: f64, whole: f64| if whole > 0.0 { (part / whole).min(1.0) } else { 0.0 };
    let mut found: Vec<Overlap> = shared
        .into_iter()
        .map(|(theirs, sum)| {
            let there = &other.areas()[theirs as usize];
            let population = (!sum.residents.is_nan()).then_some(sum.residents);
            let of = |all: Option<f64>| all.zip(population).map(|(all, part)| share(part, all));
            Overlap {
                other: theirs,
                blocks: sum.blocks,
                area_m2: sum.area_m2,
                share_of_area: share(sum.area_m2, here.area_m2),
                share_of_other: share(sum.area_m2, there.area_m2),
                population,
                population_share: of(here.residents),
                population_share_of_other: of(there.residents),
                approximate: sum.approximate,
            }
        })
        .collect();
    found.sort_by(|a, b| {
        let weight = |o: &Overlap| (o.population.unwrap_or(0.0), o.area_m2);
        let (a, b) = (weight(a), weight(b));
        b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1))
    });
    Overlaps { found, slivers }
}

/// Blocks one after another, and the area of the other layer that they are in.
type Shared = (u32, Range<u32>);

/// The blocks that each area of a layer shares with those of another.
fn shared_runs(left: &AtlasLayer, right: &AtlasLayer) -> Vec<Vec<Shared>> {
    let mut shared = vec![Vec::new(); left.areas().len()];
    for run in common_runs(left, right) {
        shared[run.left as usize].push((run.right, run.blocks));
    }
    shared
}

/// The sums of an area by the areas of the other layer, in their order.
fn sums(atlas: &Atlas, mut runs: Vec<Shared>) -> Vec<(u32, Sum)> {
    runs.sort_unstable_by_key(|(theirs, blocks)| (*theirs, blocks.start));
    let by_area = runs.chunk_by(|a, b| a.0 == b.0);
    by_area
        .map(|of| {
            let mut sum = Sum::default();
            for (_, blocks) in of {
                sum.add(atlas, blocks.clone());
            }
            (of[0].0, sum)
        })
        .collect()
}

/// What every area of a layer shares with another layer.
pub struct Overlay {
    /// For each area of the left layer, in its order.
    pub of: Vec<Overlaps>,
}

impl Overlay {
    /// Lays two layers over each other.
    pub fn new(atlas: &Atlas, left: &AtlasLayer, right: &AtlasLayer) -> Overlay {
        let of = |(area, runs)| with_pieces(atlas, left, area as u32, right, sums(atlas, runs));
        let shared = shared_runs(left, right);
        // Blocks are counted sooner than other threads can be woken to help.
        if Overlay::is_short(left, right) {
            return Overlay { of: shared.into_iter().enumerate().map(of).collect() };
        }
        Overlay { of: shared.into_par_iter().enumerate().map(of).collect() }
    }

    /// Whether two layers of areas that are not many are laid over each other by counting blocks, which takes a fraction of a
    /// millisecond.
    pub fn is_short(left: &AtlasLayer, right: &AtlasLayer) -> bool {
        [left, right].iter().all(|layer| layer.areas().len() <= FEW_AREAS) && cut::is_needless(left, right)
    }

    /// How many pairs share ground.
    pub fn pair_count(&self) -> usize {
        self.of.iter().map(|o| o.found.len()).sum()
    }

    /// The areas of the left layer that are in more than one area of the right one, or not wholly in one.
    pub fn split(&self) -> impl Iterator<Item = u32> {
        let split = self.of.iter().enumerate().filter(|(_, o)| !o.found.is_empty() && !o.is_exact());
        split.map(|(area, _)| area as u32)
    }

    /// What was left out, in all.
    pub fn slivers(&self) -> Slivers {
        self.of.iter().fold(Slivers::default(), |mut sum, o| {
            sum.add(o.slivers);
            sum
        })
    }

    /// The shapes of all pieces, pair by pair in the order of [`Overlay::of`].
    ///
    /// Over common coverages the blocks of each pair are dissolved, without slivers; elsewhere polygons are cut.
    pub fn shapes(&self, atlas: &Atlas, left: &AtlasLayer, right: &AtlasLayer) -> Vec<Vec<MultiPolygon>> {
        let mut shapes: Vec<Vec<MultiPolygon>> =
            self.of.iter().map(|o| vec![MultiPolygon(Vec::new()); o.found.len()]).collect();
        for coverage in atlas.coverages() {
            let mut numbers: BTreeMap<(u32, u32), u32> = BTreeMap::new();
            let group: Vec<u32> = (0..coverage.coverage.blocks().len() as u32)
                .map(|local| {
                    let block = coverage.first_block + local;
                    let (a, b) = (left.area_of_block(block), right.area_of_block(block));
                    let next = numbers.len() as u32;
                    a.zip(b).map_or(NOWHERE, |pair| *numbers.entry(pair).or_insert(next))
                })
                .collect();
            if numbers.is_empty() {
                continue;
            }
            let mut pairs: Vec<(u32, u32)> = vec![(0, 0); numbers.len()];
            for (pair, number) in numbers {
                pairs[number as usize] = pair;
            }
            let blocks = pairs.iter().map(|&(a, _)| {
                let area = &left.areas()[a as usize];
                Block { code: area.code.clone(), name: area.name.clone() }
            });
            let dissolved = coverage.coverage.dissolve(&group, blocks.collect()).shapes();
            for ((a, b), shape) in pairs.into_iter().zip(dissolved) {
                let rank = self.of[a as usize].found.iter().position(|o| o.other == b);
                if let Some(piece) = rank.and_then(|rank| shapes[a as usize].get_mut(rank)) {
                    piece.0.extend(shape.0);
                }
            }
        }
        shapes.par_iter_mut().enumerate().for_each(|(area, pieces)| {
            let of = &self.of[area];
            if of.found.iter().all(|o| o.blocks.is_some()) {
                return;
            }
            for cut in cut::pieces(atlas, left, area as u32, right) {
                if let Some(rank) = of.found.iter().position(|o| o.other == cut.other) {
                    pieces[rank].0.extend(cut.shape.0);
                }
            }
        });
        shapes
    }
}
