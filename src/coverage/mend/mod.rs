//! Mending: from polygons that almost fit together to an exact coverage.
//!
//! Published boundaries have small faults: a border whose two sides have different vertices, slivers of
//! nobody's or of two blocks' ground, a hole written as a polygon. [`mend`] cuts all borders at each other on
//! a grid of a millionth of a degree, looks at every face this makes, decides which one block owns it, and
//! takes the outlines from the owners. By construction each border is then one chain of vertices, the same
//! on both sides. Where the source already fits, nothing changes but the rounding to the grid.

mod faces;
mod linework;
mod noding;
mod owners;
mod rings;
mod snap;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use geo::Coord;

use super::BlockShape;
use crate::area::Code;
use faces::Faces;
use linework::{Linework, Node, Part};

/// What counts as a fault, and how large it may be to be mended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MendOptions {
    /// A hole between two or more blocks up to this size (square metres) is a gap and is filled; a larger
    /// one is a lake or the sea and is left, and listed.
    pub max_gap_m2: f64,
    /// A hole inside a single block up to this size (square metres) is filled.
    pub max_speck_m2: f64,
    /// Vertices of two blocks whose borders do not match are joined when they are at most this far apart (metres).
    pub snap_m: f64,
    /// Who keeps ground that two blocks have.
    pub overlaps: OverlapRule,
}

/// Who keeps ground that two blocks have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OverlapRule {
    /// The smaller of the two: a small block that lies on a large one is meant.
    #[default]
    Smaller,
    /// The one that was given first.
    First,
}

impl Default for MendOptions {
    fn default() -> Self {
        MendOptions { max_gap_m2: 10_000.0, max_speck_m2: 10.0, snap_m: 0.5, overlaps: OverlapRule::Smaller }
    }
}

/// What was found at a place, and what was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RepairKind {
    /// Two blocks had the same ground: `other`, the smaller of the two, keeps it.
    Overlap,
    /// Ground between blocks that none had: `block` got it, having the longest border along it.
    Gap,
    /// A hole larger than a gap (a lake, the sea): nothing was done.
    HoleLeft,
    /// `block` wrote a hole as a polygon of its own: `other` has that ground alone.
    HoleAsPart,
    /// Two polygons of `block` lay on each other: they are one now.
    SelfOverlap,
    /// A vertex of `other` lay on an edge of `block`: `block` has it too now.
    VertexInserted,
    /// An edge of `block` crossed another one: both have a vertex there now.
    Crossing,
    /// A vertex of `block` was moved onto one of `other`.
    VertexMoved,
    /// A ring of `block` had no area on the grid and is gone.
    RingCollapsed,
    /// A ring of `block` had a position that is not on the globe and was left out.
    RingOffGlobe,
    /// Nothing is left of `block`.
    Vanished,
}

impl RepairKind {
    /// The kind as written in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            RepairKind::Overlap => "overlap",
            RepairKind::Gap => "gap",
            RepairKind::HoleLeft => "hole left",
            RepairKind::HoleAsPart => "hole written as polygon",
            RepairKind::SelfOverlap => "overlap with itself",
            RepairKind::VertexInserted => "vertex inserted",
            RepairKind::Crossing => "crossing",
            RepairKind::VertexMoved => "vertex moved",
            RepairKind::RingCollapsed => "ring collapsed",
            RepairKind::RingOffGlobe => "ring off the globe",
            RepairKind::Vanished => "vanished",
        }
    }
}

/// One repair.
#[derive(Clone, Debug, PartialEq)]
pub struct Repair {
    /// What was found.
    pub kind: RepairKind,
    /// The block that was changed.
    pub block: Code,
    /// The block on the other side, where there is one.
    pub other: Option<Code>,
    /// The ground concerned, in square metres; 0 for a vertex.
    pub area_m2: f64,
    /// Where, in lon/lat degrees.
    pub at: Coord,
}

/// Everything [`mend`] did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MendReport {
    /// The repairs, by kind, block and place.
    pub repairs: Vec<Repair>,
    /// Edges with a block on both sides, after mending.
    pub shared_edges: usize,
    /// Edges with a block on one side only, after mending: coasts, outer borders, lakes.
    pub outer_edges: usize,
}

impl MendReport {
    /// How many repairs of a kind there are.
    pub fn count(&self, kind: RepairKind) -> usize {
        self.repairs.iter().filter(|repair| repair.kind == kind).count()
    }
}

/// Makes an exact coverage of block shapes (lon/lat degrees, WGS 84).
///
/// The result has the same blocks in the same order, with every vertex a multiple of a millionth of a degree:
/// each border between two blocks is the same chain of vertices on both sides, no two blocks have ground in
/// common, and every polygon is valid (exteriors counter-clockwise, holes clockwise, the largest polygon first).
/// A ring means its even-odd inside, whichever way it runs. Every change but the rounding is in the report.
pub fn mend(shapes: Vec<BlockShape>, options: &MendOptions) -> (Vec<BlockShape>, MendReport) {
    let codes: Vec<Code> = shapes.iter().map(|block| block.code.clone()).collect();
    let mut repairs = Vec::new();
    let lines = read(&shapes, &mut repairs);
    let (lines, moves) = snap::snap(lines, options.snap_m);
    repairs.extend(moves.iter().map(|moved| Repair {
        kind: RepairKind::VertexMoved,
        block: codes[moved.block as usize].clone(),
        other: Some(codes[moved.other as usize].clone()),
        area_m2: 0.0,
        at: moved.from.position(),
    }));
    let (lines, inserted) = node(lines, &codes);
    repairs.extend(inserted);

    let faces = Faces::of(&lines);
    let block_of: Vec<u32> = (0..lines.part_count() as Part).map(|part| lines.block(part)).collect();
    let (owner, decided) = owners::owners(&faces, &block_of, &codes, options);
    repairs.extend(decided);
    let mended = rings::shapes(&faces, &owner, shapes.len());

    let mut report = MendReport::default();
    for half in (0..faces.half_count()).step_by(2) {
        match (owner[faces.left(half)], owner[faces.left(faces::twin(half))]) {
            (left, right) if left == right => {}
            (super::NOWHERE, _) | (_, super::NOWHERE) => report.outer_edges += 1,
            _ => report.shared_edges += 1,
        }
    }
    let mut out = Vec::with_capacity(shapes.len());
    for (block, shape) in shapes.into_iter().zip(mended) {
        if shape.0.is_empty() {
            repairs.push(Repair {
                kind: RepairKind::Vanished,
                block: block.code.clone(),
                other: None,
                area_m2: 0.0,
                at: first_position(&block),
            });
        }
        out.push(BlockShape { shape, ..block });
    }
    repairs.sort_by(|l, r| {
        (l.kind, &l.block, &l.other)
            .cmp(&(r.kind, &r.block, &r.other))
            .then(l.at.x.total_cmp(&r.at.x))
            .then(l.at.y.total_cmp(&r.at.y))
    });
    report.repairs = repairs;
    (out, report)
}

/// The edges of all shapes on the grid.
fn read(shapes: &[BlockShape], repairs: &mut Vec<Repair>) -> Linework {
    let mut walked: Vec<(Node, Node, Part)> = Vec::new();
    let mut block_of = Vec::new();
    for (number, block) in shapes.iter().enumerate() {
        for polygon in &block.shape {
            let part = block_of.len() as Part;
            block_of.push(number as u32);
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                let nodes = linework::quantise(ring);
                let fault = match &nodes {
                    None => RepairKind::RingOffGlobe,
                    Some(nodes) if nodes.len() < 3 => RepairKind::RingCollapsed,
                    Some(nodes) => {
                        let next = nodes.iter().cycle().skip(1);
                        walked.extend(nodes.iter().zip(next).map(|(&a, &b)| (a, b, part)));
                        continue;
                    }
                };
                if !ring.0.is_empty() {
                    repairs.push(Repair {
                        kind: fault,
                        block: block.code.clone(),
                        other: None,
                        area_m2: 0.0,
                        at: ring.0[0],
                    });
                }
            }
        }
    }
    Linework::gather(walked, block_of)
}

/// Nodes the edges and says whose vertices went where.
fn node(lines: Linework, codes: &[Code]) -> (Linework, Vec<Repair>) {
    let mut blocks_at: HashMap<Node, Vec<u32>> = HashMap::new();
    let before: Vec<(Node, Node, Part)> = lines.walked().collect();
    let (lines, insertions) = noding::node(lines);
    for insertion in &insertions {
        blocks_at.entry(insertion.at).or_default();
    }
    for (a, b, part) in before {
        for end in [a, b] {
            if let Some(blocks) = blocks_at.get_mut(&end) {
                blocks.push(lines.block(part));
            }
        }
    }
    for insertion in insertions.iter().filter(|insertion| insertion.crossing) {
        if let Some(blocks) = blocks_at.get_mut(&insertion.at) {
            blocks.push(lines.block(insertion.part));
        }
    }
    // A block may get one vertex on two of its edges, or on one edge of two polygons: that is one repair.
    let mut repairs = BTreeMap::new();
    for insertion in insertions {
        let block = lines.block(insertion.part);
        let others = blocks_at.get(&insertion.at).into_iter().flatten();
        let other = others.copied().filter(|&other| other != block).min();
        let kind = if insertion.crossing { RepairKind::Crossing } else { RepairKind::VertexInserted };
        repairs.insert(
            (kind, block, insertion.at),
            Repair {
                kind,
                block: codes[block as usize].clone(),
                other: other.map(|other| codes[other as usize].clone()),
                area_m2: 0.0,
                at: insertion.at.position(),
            },
        );
    }
    (lines, repairs.into_values().collect())
}

fn first_position(block: &BlockShape) -> Coord {
    let mut positions = block.shape.iter().flat_map(|polygon| polygon.exterior().coords());
    positions.next().copied().unwrap_or_default()
}
