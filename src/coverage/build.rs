//! Polygons -> coverage: find the vertices that blocks share, cut the lines between them into arcs.

use std::collections::HashMap;

use compact_str::CompactString;
use geo::{Coord, LineString, MultiPolygon};

use super::{Arc, Block, Coverage, NOWHERE, ring_area};
use crate::area::Code;

/// A block as a source gives it: its own polygon, drawn without regard to its neighbours.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockShape {
    /// Its code.
    pub code: Code,
    /// Its name; empty where the source has none.
    pub name: CompactString,
    /// Its shape in lon/lat degrees.
    pub shape: MultiPolygon,
}

/// What keeps polygons from being an exact coverage.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BuildFault {
    /// Two blocks have the same code.
    #[error("the code {0} occurs twice")]
    DuplicateCode(Code),
    /// A block has no ring with an area.
    #[error("{0} has no shape")]
    Empty(Code),
    /// Two blocks lie on the same side of an edge: they overlap there, or one covers itself.
    #[error("{first} and {second} overlap along the edge from {} {} to {} {}", from.x, from.y, to.x, to.y)]
    Overlap {
        /// The block that keeps the edge.
        first: Code,
        /// The block that loses it.
        second: Code,
        /// Start of the edge, lon/lat.
        from: Coord,
        /// End of the edge, lon/lat.
        to: Coord,
    },
}

/// All that was noticed while a coverage was built.
#[derive(Clone, Debug, Default)]
pub struct BuildReport {
    /// What makes the result inexact.
    pub faults: Vec<BuildFault>,
}

/// An edge between two vertices, `low < high` by vertex number, and the blocks on its sides.
struct Edge {
    low: u32,
    high: u32,
    /// Block on the left going from `low` to `high`.
    left: u32,
    right: u32,
}

impl Edge {
    fn other_end(&self, vertex: u32) -> u32 {
        if vertex == self.low { self.high } else { self.low }
    }

    /// (left, right) when leaving `from`.
    fn sides_from(&self, from: u32) -> (u32, u32) {
        if from == self.low { (self.left, self.right) } else { (self.right, self.left) }
    }
}

impl Coverage {
    /// Builds a coverage from polygons whose shared borders have exactly the same vertices. Rings may be wound
    /// either way. Borders that do not match are kept as outer borders of both blocks; overlaps that show
    /// in the edges are reported (see `levelmap check` for the search of gaps and overlaps by area).
    pub fn from_shapes(shapes: &[BlockShape]) -> (Coverage, BuildReport) {
        let mut report = BuildReport::default();
        let mut seen = HashMap::new();
        for (block, shape) in shapes.iter().enumerate() {
            if seen.insert(&shape.code, block).is_some() {
                report.faults.push(BuildFault::DuplicateCode(shape.code.clone()));
            }
        }

        let mut vertices = VertexNumbers::default();
        let mut directed: Vec<(u32, u32, u32)> = Vec::new();
        for (block, shape) in shapes.iter().enumerate() {
            let before = directed.len();
            for polygon in &shape.shape {
                vertices.add_ring(polygon.exterior(), true, block as u32, &mut directed);
                for hole in polygon.interiors() {
                    vertices.add_ring(hole, false, block as u32, &mut directed);
                }
            }
            if directed.len() == before {
                report.faults.push(BuildFault::Empty(shape.code.clone()));
            }
        }
        let edges = pair_edges(directed, &vertices.coords, shapes, &mut report);
        let blocks = shapes.iter().map(|s| Block { code: s.code.clone(), name: s.name.clone() }).collect();
        (trace_arcs(blocks, &edges, &vertices.coords), report)
    }
}

/// Gives every distinct position a number.
#[derive(Default)]
struct VertexNumbers {
    coords: Vec<Coord>,
    numbers: HashMap<(u64, u64), u32>,
}

impl VertexNumbers {
    fn number(&mut self, c: Coord) -> u32 {
        // Adding zero folds -0.0 into 0.0: the same place must not get two numbers.
        let c = Coord { x: c.x + 0.0, y: c.y + 0.0 };
        *self.numbers.entry((c.x.to_bits(), c.y.to_bits())).or_insert_with(|| {
            self.coords.push(c);
            (self.coords.len() - 1) as u32
        })
    }

    /// Adds a ring's edges so that the block lies on their left.
    fn add_ring(
        &mut self,
        ring: &LineString,
        exterior: bool,
        block: u32,
        directed: &mut Vec<(u32, u32, u32)>,
    ) {
        let area = ring_area(&ring.0);
        if area == 0.0 {
            return;
        }
        let forward = (area > 0.0) == exterior;
        for pair in ring.0.windows(2) {
            let (a, b) = (self.number(pair[0]), self.number(pair[1]));
            if a != b {
                directed.push(if forward { (a, b, block) } else { (b, a, block) });
            }
        }
    }
}

fn pair_edges(
    directed: Vec<(u32, u32, u32)>,
    coords: &[Coord],
    shapes: &[BlockShape],
    report: &mut BuildReport,
) -> Vec<Edge> {
    let mut sorted = directed;
    sorted.sort_unstable_by_key(|&(a, b, block)| (a.min(b), a.max(b), block));
    let mut edges: Vec<Edge> = Vec::with_capacity(sorted.len() / 2);
    for (a, b, block) in sorted {
        let (low, high) = (a.min(b), a.max(b));
        if edges.last().is_none_or(|e| (e.low, e.high) != (low, high)) {
            edges.push(Edge { low, high, left: NOWHERE, right: NOWHERE });
        }
        let Some(edge) = edges.last_mut() else { continue };
        let side = if a == low { &mut edge.left } else { &mut edge.right };
        if *side == NOWHERE {
            *side = block;
        } else {
            report.faults.push(BuildFault::Overlap {
                first: shapes[*side as usize].code.clone(),
                second: shapes[block as usize].code.clone(),
                from: coords[a as usize],
                to: coords[b as usize],
            });
        }
    }
    // A block on both sides of an edge doubles back on itself there: the edge is no border.
    edges.retain(|e| e.left != e.right);
    edges
}

/// Walks chains of edges that separate the same two blocks.
fn trace_arcs(blocks: Vec<Block>, edges: &[Edge], coords: &[Coord]) -> Coverage {
    let ends: Vec<(u32, u32)> = edges.iter().map(|e| (e.low, e.high)).collect();
    let incidence = Incidence::new(&ends, coords.len());
    let is_junction: Vec<bool> = (0..coords.len() as u32)
        .map(|v| match incidence.at(v) {
            [e, f] => {
                let (e, f) = (&edges[*e as usize], &edges[*f as usize]);
                // Through v: arriving along e means leaving e's other end.
                e.sides_from(e.other_end(v)) != f.sides_from(v)
            }
            _ => true,
        })
        .collect();

    let mut coverage = Coverage { blocks, ..Coverage::default() };
    let mut used = vec![false; edges.len()];
    let walk = |first_edge: u32, from: u32, used: &mut Vec<bool>, coverage: &mut Coverage| {
        let start = coverage.vertices.len() as u32;
        let (left, right) = edges[first_edge as usize].sides_from(from);
        let (mut edge, mut at) = (first_edge, from);
        coverage.vertices.push(coords[at as usize]);
        loop {
            used[edge as usize] = true;
            at = edges[edge as usize].other_end(at);
            coverage.vertices.push(coords[at as usize]);
            if is_junction[at as usize] || at == from {
                break;
            }
            let pair = incidence.at(at);
            edge = if pair[0] == edge { pair[1] } else { pair[0] };
        }
        let end = coverage.vertices.len() as u32;
        coverage.arcs.push(Arc { start, end, left, right });
    };
    // Arcs between junctions first; what is left are closed lines around islands and holes.
    for (v, _) in is_junction.iter().enumerate().filter(|(_, j)| **j) {
        for &e in incidence.at(v as u32) {
            if !used[e as usize] {
                walk(e, v as u32, &mut used, &mut coverage);
            }
        }
    }
    for e in 0..edges.len() {
        if !used[e] {
            walk(e as u32, edges[e].low, &mut used, &mut coverage);
        }
    }
    coverage.vertices.shrink_to_fit();
    coverage
}

/// Which lines end at each node, without an allocation per node.
pub(super) struct Incidence {
    offsets: Vec<u32>,
    lines: Vec<u32>,
}

impl Incidence {
    /// `ends` holds the two end nodes of every line; a closed line counts twice at its node.
    pub(super) fn new(ends: &[(u32, u32)], nodes: usize) -> Self {
        let mut offsets = vec![0u32; nodes + 1];
        for &(a, b) in ends {
            offsets[a as usize + 1] += 1;
            offsets[b as usize + 1] += 1;
        }
        for i in 0..nodes {
            offsets[i + 1] += offsets[i];
        }
        let mut next = offsets.clone();
        let mut lines = vec![0u32; ends.len() * 2];
        for (line, &(a, b)) in ends.iter().enumerate() {
            for node in [a, b] {
                lines[next[node as usize] as usize] = line as u32;
                next[node as usize] += 1;
            }
        }
        Incidence { offsets, lines }
    }

    pub(super) fn at(&self, node: u32) -> &[u32] {
        &self.lines[self.offsets[node as usize] as usize..self.offsets[node as usize + 1] as usize]
    }
}

/// Shapes with their codes, for tests and for sources that have no more.
impl From<(Code, MultiPolygon)> for BlockShape {
    fn from((code, shape): (Code, MultiPolygon)) -> Self {
        BlockShape { code, name: CompactString::default(), shape }
    }
}
