//! The borders of all blocks as unique edges between vertices of an integer grid.
//!
//! The grid step is a millionth of a degree (at most 0.11 m). On it every comparison, orientation and
//! crossing test is exact in 64-bit integers, so nothing downstream needs a tolerance.

use std::ops::Range;

use geo::{Coord, LineString};

/// Grid steps in a degree.
pub(super) const STEPS_PER_DEGREE: f64 = 1e6;

/// A vertex on the grid: longitude and latitude in millionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Node {
    /// Longitude.
    pub x: i64,
    /// Latitude.
    pub y: i64,
}

impl Node {
    /// The grid vertex nearest to a position; `None` when the position is not on the globe.
    pub fn nearest(position: Coord) -> Option<Node> {
        // The bounds also keep every product of two differences far inside an i64.
        let on_globe = position.x.abs() <= 180.0 && position.y.abs() <= 90.0;
        on_globe.then(|| Node {
            x: (position.x * STEPS_PER_DEGREE).round() as i64,
            y: (position.y * STEPS_PER_DEGREE).round() as i64,
        })
    }

    /// The position in degrees. Dividing (not multiplying by 1e-6) gives the float nearest to the decimal.
    pub fn position(self) -> Coord {
        Coord { x: self.x as f64 / STEPS_PER_DEGREE, y: self.y as f64 / STEPS_PER_DEGREE }
    }
}

/// Twice the signed area of the triangle `o`, `a`, `b`: positive when `b` lies left of the line from `o` to `a`.
pub(super) fn cross(o: Node, a: Node, b: Node) -> i64 {
    (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x)
}

/// Metres in one grid step along the parallel and along the meridian at a latitude given in grid steps.
///
/// Series for the WGS 84 ellipsoid (U.S. National Geospatial-Intelligence Agency, "Length of a degree").
pub(super) fn metres_per_step(lat_steps: f64) -> (f64, f64) {
    let lat = (lat_steps / STEPS_PER_DEGREE).to_radians();
    let east = 111_412.84 * lat.cos() - 93.5 * (3.0 * lat).cos() + 0.118 * (5.0 * lat).cos();
    let north =
        111_132.92 - 559.82 * (2.0 * lat).cos() + 1.175 * (4.0 * lat).cos() - 0.0023 * (6.0 * lat).cos();
    (east / STEPS_PER_DEGREE, north / STEPS_PER_DEGREE)
}

/// The length of an edge in metres, by the local scale at its middle.
pub(super) fn length_m(a: Node, b: Node) -> f64 {
    let (east, north) = metres_per_step((a.y + b.y) as f64 / 2.0);
    ((b.x - a.x) as f64 * east).hypot((b.y - a.y) as f64 * north)
}

/// The area in square metres of a small figure around a latitude, from twice its area in square grid steps.
pub(super) fn area_m2(twice_steps2: i128, lat_steps: f64) -> f64 {
    let (east, north) = metres_per_step(lat_steps);
    twice_steps2 as f64 / 2.0 * east * north
}

/// A ring on the grid: no vertex follows itself and the first is not repeated at the end.
/// `None` when a position is not on the globe. A ring that collapses has fewer than three vertices.
pub(super) fn quantise(ring: &LineString) -> Option<Vec<Node>> {
    let mut nodes = Vec::with_capacity(ring.0.len());
    for &position in &ring.0 {
        nodes.push(Node::nearest(position)?);
    }
    nodes.dedup();
    while nodes.len() > 1 && nodes.first() == nodes.last() {
        nodes.pop();
    }
    Some(nodes)
}

/// Which polygon an edge belongs to: an index into [`Linework::block_of`].
pub(super) type Part = u32;

/// An edge between two grid vertices, `a` before `b`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub a: Node,
    pub b: Node,
    first: u32,
    last: u32,
}

/// The distinct edges of all polygons; each knows the polygons whose boundary runs along it.
#[derive(Debug, Default)]
pub(super) struct Linework {
    edges: Vec<Edge>,
    parts: Vec<Part>,
    block_of: Vec<u32>,
}

impl Linework {
    /// Gathers directed or undirected edges with their polygon. An edge which a polygon walks twice bounds
    /// nothing and is dropped, so spikes disappear here.
    pub fn gather(mut walked: Vec<(Node, Node, Part)>, block_of: Vec<u32>) -> Linework {
        for (a, b, _) in &mut walked {
            if *b < *a {
                std::mem::swap(a, b);
            }
        }
        walked.retain(|(a, b, _)| a != b);
        walked.sort_unstable();
        let mut lines = Linework { edges: Vec::new(), parts: Vec::new(), block_of };
        for same_edge in walked.chunk_by(|l, r| (l.0, l.1) == (r.0, r.1)) {
            let first = lines.parts.len() as u32;
            for same_part in same_edge.chunk_by(|l, r| l.2 == r.2) {
                if same_part.len() % 2 == 1 {
                    lines.parts.push(same_part[0].2);
                }
            }
            let last = lines.parts.len() as u32;
            if last > first {
                lines.edges.push(Edge { a: same_edge[0].0, b: same_edge[0].1, first, last });
            }
        }
        lines
    }

    /// All edges, sorted.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The polygons whose boundary runs along an edge, sorted.
    pub fn parts(&self, edge: &Edge) -> &[Part] {
        &self.parts[Range { start: edge.first as usize, end: edge.last as usize }]
    }

    /// The block a polygon belongs to.
    pub fn block(&self, part: Part) -> u32 {
        self.block_of[part as usize]
    }

    /// How many polygons there are.
    pub fn part_count(&self) -> usize {
        self.block_of.len()
    }

    /// The block of every polygon.
    pub fn into_block_of(self) -> Vec<u32> {
        self.block_of
    }

    /// Every edge once for each polygon along it, as [`gather`](Self::gather) takes them.
    pub fn walked(&self) -> impl Iterator<Item = (Node, Node, Part)> + '_ {
        self.edges.iter().flat_map(|edge| self.parts(edge).iter().map(|&part| (edge.a, edge.b, part)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degree_is_as_long_as_the_ellipsoid_says() {
        // Geodesic lengths by GeographicLib: one degree along the parallel / meridian at 55 N.
        let (east, north) = metres_per_step(55e6);
        assert!((east * 1e6 - 63_994.4).abs() < 5.0, "{}", east * 1e6);
        assert!((north * 1e6 - 111_326.5).abs() < 5.0, "{}", north * 1e6);
    }

    #[test]
    fn a_spike_bounds_nothing() {
        let n = |x, y| Node { x, y };
        let ring = [n(0, 0), n(9, 0), n(20, 0), n(9, 0), n(9, 9)];
        let walked = (0..5).map(|i| (ring[i], ring[(i + 1) % 5], 0)).collect();
        let lines = Linework::gather(walked, vec![0]);
        assert_eq!(lines.edges().len(), 3);
    }

    #[test]
    fn positions_off_the_globe_are_refused() {
        assert!(quantise(&LineString::from(vec![(0.0, 0.0), (f64::NAN, 1.0)])).is_none());
        assert!(quantise(&LineString::from(vec![(0.0, 0.0), (181.0, 1.0)])).is_none());
    }
}
