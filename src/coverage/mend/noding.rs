//! Noding: cutting edges so that they meet only at their ends.
//!
//! Snap rounding (Hobby 1999; Guibas and Marimont 1995): every vertex, and the grid vertex nearest to every
//! crossing, owns the half-open square of one grid step around it; an edge that passes through such a square
//! is led through its centre. Afterwards no two edges cross, whatever the input, and no edge has moved by
//! more than half a step. Where neighbours already share their vertices nothing changes.

use std::collections::{HashMap, HashSet};

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::linework::{Linework, Node, Part, cross};

/// Rounding may push an edge into another vertex's square; each further round mends that. Real data settle
/// after one or two, and any round by itself leaves a noded result.
const MAX_ROUNDS: usize = 8;

/// A vertex that was put into an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Insertion {
    /// The polygon whose boundary got the vertex.
    pub part: Part,
    /// Where.
    pub at: Node,
    /// True when two edges crossed there, false when a vertex was there already.
    pub crossing: bool,
}

/// Cuts all edges at each other. The insertions are sorted.
pub(super) fn node(mut lines: Linework) -> (Linework, Vec<Insertion>) {
    let vertices: HashSet<Node> = lines.edges().iter().flat_map(|e| [e.a, e.b]).collect();
    let mut insertions = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let cuts = cuts(&lines);
        if cuts.is_empty() {
            break;
        }
        let mut walked = Vec::with_capacity(lines.edges().len() * 2);
        for (i, edge) in lines.edges().iter().enumerate() {
            let mut from = edge.a;
            for &at in cuts.get(&i).into_iter().flatten() {
                walked.extend(lines.parts(edge).iter().map(|&part| (from, at, part)));
                insertions.extend(lines.parts(edge).iter().map(|&part| Insertion {
                    part,
                    at,
                    crossing: !vertices.contains(&at),
                }));
                from = at;
            }
            walked.extend(lines.parts(edge).iter().map(|&part| (from, edge.b, part)));
        }
        lines = Linework::gather(walked, lines.into_block_of());
    }
    insertions.sort_unstable();
    insertions.dedup();
    (lines, insertions)
}

fn envelope(a: Node, b: Node, margin: f64) -> AABB<[f64; 2]> {
    AABB::from_corners(
        [a.x.min(b.x) as f64 - margin, a.y.min(b.y) as f64 - margin],
        [a.x.max(b.x) as f64 + margin, a.y.max(b.y) as f64 + margin],
    )
}

/// The vertices to put into each edge, in order along it from `a` to `b`.
fn cuts(lines: &Linework) -> HashMap<usize, Vec<Node>> {
    let edges = lines.edges();
    let boxes = edges.iter().enumerate().map(|(i, e)| {
        let corners = envelope(e.a, e.b, 0.0);
        GeomWithData::new(Rectangle::from_aabb(corners), i)
    });
    let tree = RTree::bulk_load(boxes.collect());
    let mut hot: HashSet<Node> = edges.iter().flat_map(|e| [e.a, e.b]).collect();
    for (i, edge) in edges.iter().enumerate() {
        for found in tree.locate_in_envelope_intersecting(envelope(edge.a, edge.b, 0.0)) {
            let other = &edges[found.data];
            if found.data > i {
                hot.extend(crossing(edge.a, edge.b, other.a, other.b));
            }
        }
    }
    let points = RTree::bulk_load(hot.iter().map(|n| [n.x as f64, n.y as f64]).collect());
    let mut cuts = HashMap::new();
    for (i, edge) in edges.iter().enumerate() {
        let mut through: Vec<Node> = points
            .locate_in_envelope(envelope(edge.a, edge.b, 1.0))
            .map(|p| Node { x: p[0] as i64, y: p[1] as i64 })
            .filter(|&p| p != edge.a && p != edge.b && passes_square(edge.a, edge.b, p))
            .collect();
        if !through.is_empty() {
            let along =
                |p: Node| (p.x - edge.a.x) * (edge.b.x - edge.a.x) + (p.y - edge.a.y) * (edge.b.y - edge.a.y);
            through.sort_unstable_by_key(|&p| (along(p), p));
            cuts.insert(i, through);
        }
    }
    cuts
}

/// The grid vertex whose square holds the crossing of two segments, when each strictly crosses the other.
fn crossing(a: Node, b: Node, c: Node, d: Node) -> Option<Node> {
    let (ca, cb) = (cross(c, d, a), cross(c, d, b));
    let (ac, ad) = (cross(a, b, c), cross(a, b, d));
    let opposite = |l: i64, r: i64| (l < 0 && r > 0) || (l > 0 && r < 0);
    if !opposite(ca, cb) || !opposite(ac, ad) {
        return None;
    }
    // a + t (b - a) with t = ca / (ca - cb); the square is half-open upwards, hence the floor of x + 1/2.
    let (num, den) = (i128::from(ca), i128::from(ca) - i128::from(cb));
    let (num, den) = if den < 0 { (-num, -den) } else { (num, den) };
    let along = |from: i64, to: i64| {
        let exact = num * i128::from(to - from);
        from + (2 * exact + den).div_euclid(2 * den) as i64
    };
    Some(Node { x: along(a.x, b.x), y: along(a.y, b.y) })
}

/// Does the segment pass through the half-open square `[x - 1/2, x + 1/2) x [y - 1/2, y + 1/2)` around `p`?
fn passes_square(a: Node, b: Node, p: Node) -> bool {
    // Doubled, so that the corners are on the grid; walking towards larger x.
    let double = |n: Node| Node { x: 2 * n.x, y: 2 * n.y };
    let (a, b) = if a.x <= b.x { (double(a), double(b)) } else { (double(b), double(a)) };
    let p = double(p);
    let (left, right, low, high) = (p.x - 1, p.x + 1, p.y - 1, p.y + 1);
    if a.x >= right || b.x < left || a.y.min(b.y) >= high || a.y.max(b.y) < low {
        return false;
    }
    if a.x == b.x || a.y == b.y {
        return true;
    }
    let rising = a.y < b.y;
    let side = |x: i64, y: i64| cross(a, b, Node { x, y }).signum();
    // A line through a corner enters the square or only grazes it; the lower left corner alone is in it.
    let upper_left = side(left, high);
    if upper_left == 0 {
        return !rising;
    }
    let lower_right = side(right, low);
    if lower_right == 0 {
        return !rising;
    }
    let upper_right = side(right, high);
    if upper_right == 0 {
        return rising;
    }
    let lower_left = side(left, low);
    lower_left == 0 || !(upper_left == upper_right && upper_right == lower_left && lower_left == lower_right)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The segment, cut finely in exact arithmetic: some point of it lies in the half-open square.
    /// Clips the parameter interval against the four half planes with fractions.
    fn passes_square_by_clipping(a: Node, b: Node, p: Node) -> bool {
        // t in [0, 1]; constraints q * t >= r or q * t < r, in doubled coordinates.
        let (mut low, mut low_open) = ((0_i128, 1_i128), false);
        let (mut high, mut high_open) = ((1_i128, 1_i128), false);
        let less = |l: (i128, i128), r: (i128, i128)| l.0 * r.1 < r.0 * l.1;
        for (from, to, centre) in [(a.x, b.x, p.x), (a.y, b.y, p.y)] {
            let (from, slope) = (2 * i128::from(from), 2 * i128::from(to - from));
            let (least, most) = (2 * i128::from(centre) - 1, 2 * i128::from(centre) + 1);
            if slope == 0 {
                if from < least || from >= most {
                    return false;
                }
                continue;
            }
            let at = |value: i128| {
                let (num, den) = (value - from, slope);
                if den < 0 { (-num, -den) } else { (num, den) }
            };
            let (enter, enter_open, leave, leave_open) = if slope > 0 {
                (at(least), false, at(most), true)
            } else {
                (at(most), true, at(least), false)
            };
            if less(low, enter) || (!less(enter, low) && enter_open) {
                (low, low_open) = (enter, enter_open);
            }
            if less(leave, high) || (!less(high, leave) && leave_open) {
                (high, high_open) = (leave, leave_open);
            }
        }
        less(low, high) || (!less(high, low) && !low_open && !high_open)
    }

    #[test]
    fn squares_are_hit_as_exact_clipping_says() {
        let n = |x, y| Node { x, y };
        let mut hits = 0;
        for ax in -4..=4 {
            for ay in -4..=4 {
                for bx in -4..=4 {
                    for by in -4..=4 {
                        for p in [n(0, 0), n(1, 0), n(1, 1)] {
                            let (a, b) = (n(ax, ay), n(bx, by));
                            if a == b {
                                continue;
                            }
                            let expected = passes_square_by_clipping(a, b, p);
                            assert_eq!(passes_square(a, b, p), expected, "{a:?} {b:?} {p:?}");
                            hits += usize::from(expected);
                        }
                    }
                }
            }
        }
        assert!(hits > 1000);
    }

    #[test]
    fn crossings_are_found_at_the_nearest_vertex() {
        let n = |x, y| Node { x, y };
        assert_eq!(crossing(n(0, 0), n(10, 10), n(0, 7), n(10, 0)), Some(n(4, 4)));
        assert_eq!(crossing(n(0, 0), n(10, 10), n(0, 1), n(10, 11)), None);
        // Touching is not crossing: the touched edge is cut by the vertex itself.
        assert_eq!(crossing(n(0, 0), n(10, 0), n(5, 0), n(5, 5)), None);
    }

    #[test]
    fn a_vertex_on_a_neighbours_edge_is_inserted_there() {
        let n = |x, y| Node { x, y };
        let lines = Linework::gather(
            vec![(n(0, 0), n(10, 0), 0), (n(0, 0), n(5, 0), 1), (n(5, 0), n(10, 0), 1)],
            vec![0, 1],
        );
        let (noded, insertions) = node(lines);
        assert_eq!(noded.edges().len(), 2);
        assert!(noded.edges().iter().all(|e| noded.parts(e) == [0, 1]));
        assert_eq!(insertions, [Insertion { part: 0, at: n(5, 0), crossing: false }]);
    }
}
