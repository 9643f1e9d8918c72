//! Point -> block.
//!
//! Square cells lie over every coverage ([`cells`]): a cell in which no border runs knows its block, any other knows the
//! edges that touch it, roughly drawn and close together ([`line`](mod@line)). A ray from the point to the east crosses some
//! of them, each of which leads from one of its blocks into the other; so the block at the point is one that is the same for
//! all points of the cell, changed by the edges crossed. Blocks are numbers, and a change from one into another is an
//! exclusive or of both, so the order of the crossings does not matter. Where the point is too near to a border to be judged
//! so, the edges are asked as they are ([`record`]): every crossing is judged by the exact half-open rule of
//! [`crosses_to_the_east`](crate::geometry::crosses_to_the_east), and a point on a shared border is in one block only.
//!
//! The blocks of a coverage must not overlap, which is what a coverage is.

mod build;
mod cells;
mod draft;
mod groups;
mod line;
mod record;
#[cfg(test)]
mod tests;
mod way;

use std::sync::Arc;

use geo::Coord;

use crate::coverage::{Coverage, united};
use crate::geometry::LonLat;
use cells::Cells;
use groups::Groups;

/// Points looked up together: enough that waiting for memory overlaps, few enough that what is known of them stays at
/// hand.
const BATCH: usize = 64;

/// So many points are worth grouping: below, what they need of the index has hardly a line of memory in common.
const MANY: usize = 10_000;
/// An index of fewer bytes is at hand as a whole, and points need no grouping.
const LARGE_BYTES: usize = 4 << 20;
/// So many are grouped at once: more would take more memory and gain little.
const MOST: usize = 1 << 18;

/// The cells over one coverage.
struct Part {
    /// The number of its first block through all coverages.
    first_block: u32,
    cells: Cells,
}

/// Finds the block at a point. Blocks are numbered through all coverages in their order.
pub struct BlockIndex {
    parts: Vec<Part>,
}

impl BlockIndex {
    /// Indexes coverages; where two of them overlap, the earlier one answers. Of a coverage of more than 268 million vertices
    /// nothing is found.
    pub fn new<'a>(coverages: impl IntoIterator<Item = &'a Arc<Coverage>>) -> Self {
        let mut first_block = 0;
        let mut parts = Vec::new();
        for coverage in coverages {
            parts.push(Part { first_block, cells: build::cells_of(coverage) });
            first_block += coverage.blocks().len() as u32;
        }
        BlockIndex { parts }
    }

    /// The number of the block at a point in lon/lat degrees; `None` at sea.
    pub fn locate(&self, point: Coord) -> Option<u32> {
        self.parts.iter().find_map(|part| part.locate(point))
    }

    /// The number of the block of one coverage at a point, coverages being numbered as they were given.
    pub fn locate_in(&self, coverage: usize, point: Coord) -> Option<u32> {
        self.parts.get(coverage)?.locate(point)
    }

    /// [`BlockIndex::locate`] of many points, in their order: faster than one by one, since the memory that several of them
    /// need is fetched at the same time, and, of very many, by those that are near one another.
    pub fn locate_all(&self, points: &[Coord]) -> Vec<Option<u32>> {
        let mut found = vec![None; points.len()];
        let bounds = self.parts.iter().map(|part| part.cells.frame.bounds()).reduce(united);
        let is_worth_it = points.len() >= MANY && self.memory_bytes() >= LARGE_BYTES;
        let Some(bounds) = bounds.filter(|_| is_worth_it) else {
            self.locate_in_turn(points, &mut found);
            return found;
        };
        let mut groups = Groups::default();
        let mut of_groups = Vec::new();
        for (points, found) in points.chunks(MOST).zip(found.chunks_mut(MOST)) {
            groups.part(points, bounds);
            of_groups.clear();
            of_groups.resize(points.len(), None);
            self.locate_in_turn(&groups.points, &mut of_groups);
            for (&place, block) in groups.places.iter().zip(&of_groups) {
                found[place as usize] = *block;
            }
        }
        found
    }

    fn locate_in_turn(&self, points: &[Coord], found: &mut [Option<u32>]) {
        for (batch, found) in points.chunks(BATCH).zip(found.chunks_mut(BATCH)) {
            for part in &self.parts {
                let mut blocks = [0u32; BATCH];
                if part.cells.read().locate_batch(batch, found, &mut blocks) == 0 {
                    break;
                }
                for (found, &block) in found.iter_mut().zip(&blocks) {
                    if found.is_none() && block > 0 {
                        *found = Some(part.first_block + block - 1);
                    }
                }
            }
        }
    }

    /// The blocks within a distance of a position, each with its distance in metres (0 for one that holds it), in no
    /// order. Where coverages overlap, blocks of all of them are told.
    pub fn near(&self, from: LonLat, within_m: f64) -> Vec<(u32, f64)> {
        let near = |part: &Part| {
            let first = part.first_block;
            part.cells.read().near(from, within_m).into_iter().map(move |(block, m)| (first + block - 1, m))
        };
        self.parts.iter().flat_map(near).collect()
    }

    /// Bytes of memory that the index holds, the coverages themselves, which it refers to, not counted.
    pub fn memory_bytes(&self) -> usize {
        self.parts.iter().map(|part| part.cells.memory_bytes()).sum()
    }
}

impl Part {
    fn locate(&self, point: Coord) -> Option<u32> {
        let block = self.cells.read().locate(point);
        (block > 0).then(|| self.first_block + block - 1)
    }
}
