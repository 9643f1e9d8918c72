//! Coverages: blocks and the arcs they share.
//!
//! A coverage is a partition of a part of the plane. Its borders are stored once, as arcs that know the
//! block on their left and on their right; outlines, neighbours and simplified shapes all follow from the
//! arcs, so they can never disagree.

mod build;
mod dissolve;
mod measure;
pub mod mend;
mod simplify;
pub mod topojson;

#[cfg(test)]
mod tests;

use compact_str::CompactString;
use geo::Coord;

use crate::area::Code;

pub use build::{BlockShape, BuildFault, BuildReport};
pub use dissolve::{Outlines, Ring, SignedArc};
pub use measure::{area_m2, united};
pub use simplify::{Rounded, Simplification, digits_at_zoom, tolerance_at_zoom_m};

/// No block: the sea, or the outside of the coverage.
pub const NOWHERE: u32 = u32::MAX;

/// The smallest area of a coverage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its code.
    pub code: Code,
    /// Its name; empty where the source has none.
    pub name: CompactString,
}

/// A line between two junctions (or a closed line around an island), with the blocks on its two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arc {
    start: u32,
    end: u32,
    /// Block on the left when walking from the first vertex to the last, or [`NOWHERE`].
    pub left: u32,
    /// Block on the right, or [`NOWHERE`].
    pub right: u32,
}

/// Blocks and the arcs they share, in lon/lat degrees (WGS 84).
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    blocks: Vec<Block>,
    arcs: Vec<Arc>,
    vertices: Vec<Coord>,
}

impl Coverage {
    /// The blocks; a block's index is its number everywhere.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// All arcs.
    pub fn arcs(&self) -> &[Arc] {
        &self.arcs
    }

    /// The vertices of an arc, first to last; a closed arc repeats its first vertex at the end.
    pub fn vertices_of(&self, arc: Arc) -> &[Coord] {
        &self.vertices[arc.start as usize..arc.end as usize]
    }

    /// The vertices of all arcs, arc by arc. A place in this list names a vertex, and the edge from it to the next.
    pub fn vertices(&self) -> &[Coord] {
        &self.vertices
    }

    /// Where in [`Coverage::vertices`] the first vertex of an arc is.
    pub fn first_vertex_of(&self, arc: Arc) -> u32 {
        arc.start
    }

    /// The arc that the vertex at a place in [`Coverage::vertices`] belongs to; `None` beyond the last.
    pub fn arc_of_vertex(&self, vertex: u32) -> Option<Arc> {
        self.arcs.get(self.arcs.partition_point(|arc| arc.end <= vertex)).copied()
    }

    /// How many vertices all arcs have together.
    pub fn vertex_count(&self) -> usize {
        self.vertices.len()
    }
}

/// Twice-the-triangle sum over a closed ring, halved: positive when counter-clockwise. In square degrees, so only
/// its sign and its comparison with other rings of the same block mean anything.
pub(crate) fn ring_area(ring: &[Coord]) -> f64 {
    // Relative to the first vertex: far from the origin the products would lose their digits.
    let Some(&origin) = ring.first() else { return 0.0 };
    let cross =
        |a: Coord, b: Coord| (a.x - origin.x) * (b.y - origin.y) - (b.x - origin.x) * (a.y - origin.y);
    ring.windows(2).map(|e| cross(e[0], e[1])).sum::<f64>() / 2.0
}
