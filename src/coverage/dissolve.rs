//! Blocks -> areas: drop the arcs inside an area, join the rest, close the rings.

use std::collections::HashMap;

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::build::Incidence;
use super::{Arc, Block, Coverage, NOWHERE, ring_area};

/// An arc walked forwards or backwards, written as TopoJSON does: `i` or `!i`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignedArc(pub i32);

impl SignedArc {
    pub(super) fn forward(arc: usize) -> Self {
        SignedArc(arc as i32)
    }

    pub(super) fn backward(arc: usize) -> Self {
        SignedArc(!(arc as i32))
    }

    /// The arc's number.
    pub fn index(self) -> usize {
        if self.0 < 0 { !self.0 as usize } else { self.0 as usize }
    }

    /// True when walked from its last vertex to its first.
    pub fn is_reversed(self) -> bool {
        self.0 < 0
    }
}

/// A closed walk along arcs.
pub type Ring = Vec<SignedArc>;

/// The polygons of every block as walks along arcs: the first ring of a polygon is its exterior (counter-clockwise), the
/// others its holes (clockwise).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outlines {
    /// For each block its polygons, largest exterior first.
    pub polygons: Vec<Vec<Vec<Ring>>>,
}

impl Coverage {
    /// Unites blocks into areas: `area_of[block]` is the number of the block's area, or [`NOWHERE`]. The result is
    /// itself a coverage, whose blocks are the areas. Exact: no vertex moves, none is made.
    ///
    /// # Panics
    /// When `area_of` is not as long as there are blocks or names an area beyond `areas`.
    #[must_use]
    pub fn dissolve(&self, area_of: &[u32], areas: Vec<Block>) -> Coverage {
        assert_eq!(area_of.len(), self.blocks.len(), "one area number a block");
        let area = |block: u32| if block == NOWHERE { NOWHERE } else { area_of[block as usize] };
        let kept: Vec<(usize, u32, u32)> = self
            .arcs
            .iter()
            .enumerate()
            .map(|(i, arc)| (i, area(arc.left), area(arc.right)))
            .filter(|(_, left, right)| left != right)
            .collect();

        let mut nodes = NodeNumbers::default();
        let ends: Vec<(u32, u32)> =
            kept.iter().map(|&(i, _, _)| nodes.ends(self.vertices_of(self.arcs[i]))).collect();
        let incidence = Incidence::new(&ends, nodes.count());
        let other_end = |line: u32, node: u32| {
            let (a, b) = ends[line as usize];
            if a == node { b } else { a }
        };
        let sides_from = |line: u32, node: u32| {
            let (_, left, right) = kept[line as usize];
            if ends[line as usize].0 == node { (left, right) } else { (right, left) }
        };
        // A node where only two arcs meet, with the same areas on their sides, is no junction any more.
        let is_junction = |node: u32| match incidence.at(node) {
            [e, f] if e == f => false,
            [e, f] => sides_from(*e, other_end(*e, node)) != sides_from(*f, node),
            _ => true,
        };

        let mut result = Coverage { blocks: areas, ..Coverage::default() };
        let mut used = vec![false; kept.len()];
        let walk = |first: u32, from: u32, used: &mut Vec<bool>, result: &mut Coverage| {
            let start = result.vertices.len() as u32;
            let (left, right) = sides_from(first, from);
            let (mut line, mut at) = (first, from);
            loop {
                used[line as usize] = true;
                let vertices = self.vertices_of(self.arcs[kept[line as usize].0]);
                let skip = usize::from(result.vertices.len() as u32 != start);
                if ends[line as usize].0 == at {
                    result.vertices.extend(&vertices[skip..]);
                } else {
                    result.vertices.extend(vertices.iter().rev().skip(skip));
                }
                at = other_end(line, at);
                if at == from || is_junction(at) {
                    break;
                }
                let pair = incidence.at(at);
                line = if pair[0] == line { pair[1] } else { pair[0] };
            }
            let end = result.vertices.len() as u32;
            result.arcs.push(Arc { start, end, left, right });
        };
        for node in (0..nodes.count() as u32).filter(|&n| is_junction(n)) {
            for &line in incidence.at(node) {
                if !used[line as usize] {
                    walk(line, node, &mut used, &mut result);
                }
            }
        }
        for line in 0..kept.len() as u32 {
            if !used[line as usize] {
                walk(line, ends[line as usize].0, &mut used, &mut result);
            }
        }
        result.vertices.shrink_to_fit();
        result
    }

    /// Joins the arcs around every block into rings, and rings into polygons.
    pub fn outlines(&self) -> Outlines {
        let mut nodes = NodeNumbers::default();
        let ends: Vec<(u32, u32)> = self.arcs.iter().map(|arc| nodes.ends(self.vertices_of(*arc))).collect();
        // Every arc walked with its block on the left, sorted so that a block's arcs from a node are found at once.
        let mut steps: Vec<(u32, u32, SignedArc)> = Vec::with_capacity(self.arcs.len() * 2);
        for (i, arc) in self.arcs.iter().enumerate() {
            if arc.left != NOWHERE {
                steps.push((arc.left, ends[i].0, SignedArc::forward(i)));
            }
            if arc.right != NOWHERE {
                steps.push((arc.right, ends[i].1, SignedArc::backward(i)));
            }
        }
        steps.sort_unstable_by_key(|&(block, node, arc)| (block, node, arc.0));
        let end_node = |arc: SignedArc| {
            let (a, b) = ends[arc.index()];
            if arc.is_reversed() { a } else { b }
        };

        let mut rings: Vec<Vec<Ring>> = vec![Vec::new(); self.blocks.len()];
        let mut used = vec![false; steps.len()];
        for first in 0..steps.len() {
            if used[first] {
                continue;
            }
            let block = steps[first].0;
            let mut path: Vec<usize> = Vec::new();
            let mut step = first;
            loop {
                used[step] = true;
                path.push(step);
                let at = end_node(steps[step].2);
                // A node met before closes a ring: cutting it off there keeps every ring simple.
                if let Some(cut) = path.iter().position(|&s| steps[s].1 == at) {
                    rings[block as usize].push(path.drain(cut..).map(|s| steps[s].2).collect());
                    if path.is_empty() {
                        break;
                    }
                }
                match self.next_step(&steps, &used, (block, at), steps[step].2) {
                    Some(next) => step = next,
                    // Only a coverage with faults leaves a walk open; what cannot close is dropped.
                    None => break,
                }
            }
        }
        Outlines { polygons: rings.into_iter().map(|rings| self.rings_to_polygons(rings)).collect() }
    }

    /// The arc by which a walk goes on: the first one clockwise from where it came, so that it stays around
    /// the same piece of ground.
    fn next_step(
        &self,
        steps: &[(u32, u32, SignedArc)],
        used: &[bool],
        (block, node): (u32, u32),
        came_by: SignedArc,
    ) -> Option<usize> {
        let from = steps.partition_point(|s| (s.0, s.1) < (block, node));
        let candidates = (from..steps.len()).take_while(|&s| (steps[s].0, steps[s].1) == (block, node));
        let mut open = candidates.filter(|&s| !used[s]);
        let first = open.next()?;
        let Some(second) = open.next() else { return Some(first) };
        let back = {
            let (tip, before) = self.last_edge(came_by);
            (before.y - tip.y).atan2(before.x - tip.x)
        };
        let clockwise_turn = |s: usize| {
            let (a, b) = self.first_edge(steps[s].2);
            let turn = back - (b.y - a.y).atan2(b.x - a.x);
            if turn <= 0.0 { turn + std::f64::consts::TAU } else { turn }
        };
        [first, second]
            .into_iter()
            .chain(open)
            .min_by(|&s, &t| clockwise_turn(s).total_cmp(&clockwise_turn(t)))
    }

    fn first_edge(&self, arc: SignedArc) -> (Coord, Coord) {
        let v = self.vertices_of(self.arcs[arc.index()]);
        let n = v.len();
        if arc.is_reversed() { (v[n - 1], v[n - 2]) } else { (v[0], v[1]) }
    }

    /// The last vertex and the one before it.
    fn last_edge(&self, arc: SignedArc) -> (Coord, Coord) {
        let v = self.vertices_of(self.arcs[arc.index()]);
        let n = v.len();
        if arc.is_reversed() { (v[0], v[1]) } else { (v[n - 1], v[n - 2]) }
    }

    /// The vertices of a ring, closed.
    pub fn ring_vertices(&self, ring: &[SignedArc]) -> Vec<Coord> {
        let count: usize = ring.iter().map(|arc| self.vertices_of(self.arcs[arc.index()]).len()).sum();
        // Exactly: shapes are kept, and arcs have few vertices. Where two of them meet is one.
        let mut vertices: Vec<Coord> = Vec::with_capacity((count + 1).saturating_sub(ring.len()));
        for arc in ring {
            let line = self.vertices_of(self.arcs[arc.index()]);
            let skip = usize::from(!vertices.is_empty());
            if arc.is_reversed() {
                vertices.extend(line.iter().rev().skip(skip));
            } else {
                vertices.extend(&line[skip..]);
            }
        }
        vertices
    }

    fn rings_to_polygons(&self, rings: Vec<Ring>) -> Vec<Vec<Ring>> {
        let mut exteriors: Vec<(f64, Vec<Coord>, Vec<Ring>)> = Vec::new();
        let mut holes: Vec<(Vec<Coord>, Ring)> = Vec::new();
        for ring in rings {
            let vertices = self.ring_vertices(&ring);
            let area = ring_area(&vertices);
            if area > 0.0 {
                exteriors.push((area, vertices, vec![ring]));
            } else if area < 0.0 {
                holes.push((vertices, ring));
            }
        }
        // Smallest first, so that a hole goes to the innermost exterior around it.
        exteriors.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (vertices, hole) in holes {
            let home = match exteriors.len() {
                1 => Some(0),
                _ => exteriors.iter().position(|(_, outer, _)| ring_holds(outer, &vertices)),
            };
            if let Some(home) = home {
                exteriors[home].2.push(hole);
            }
        }
        exteriors.into_iter().rev().map(|(_, _, polygon)| polygon).collect()
    }

    /// The shape of every block, in block order: exterior rings counter-clockwise, holes clockwise, largest
    /// polygon first.
    pub fn shapes(&self) -> Vec<MultiPolygon> {
        let outlines = self.outlines();
        outlines
            .polygons
            .iter()
            .map(|polygons| {
                let polygons = polygons.iter().map(|rings| {
                    let mut rings = rings.iter().map(|r| LineString(self.ring_vertices(r)));
                    let exterior = rings.next().unwrap_or_else(|| LineString(Vec::new()));
                    Polygon::new(exterior, rings.collect())
                });
                MultiPolygon(polygons.collect())
            })
            .collect()
    }
}

/// True when a ring of the same block lies inside `outer`: some vertex of it does, off the line of `outer`.
fn ring_holds(outer: &[Coord], inner: &[Coord]) -> bool {
    use geo::coordinate_position::{CoordPos, coord_pos_relative_to_ring};
    let outer = LineString(outer.to_vec());
    for &vertex in inner {
        match coord_pos_relative_to_ring(vertex, &outer) {
            CoordPos::Inside => return true,
            CoordPos::Outside => return false,
            CoordPos::OnBoundary => {}
        }
    }
    // All vertices touch the outer ring: the middle of an edge decides.
    inner.windows(2).any(|e| {
        let middle = Coord { x: f64::midpoint(e[0].x, e[1].x), y: f64::midpoint(e[0].y, e[1].y) };
        coord_pos_relative_to_ring(middle, &outer) == CoordPos::Inside
    })
}

/// Numbers for the positions where arcs end.
#[derive(Default)]
struct NodeNumbers(HashMap<(u64, u64), u32>);

impl NodeNumbers {
    fn ends(&mut self, vertices: &[Coord]) -> (u32, u32) {
        let mut number = |c: Coord| {
            let next = self.0.len() as u32;
            *self.0.entry((c.x.to_bits(), c.y.to_bits())).or_insert(next)
        };
        (number(vertices[0]), number(vertices[vertices.len() - 1]))
    }

    fn count(&self) -> usize {
        self.0.len()
    }
}
