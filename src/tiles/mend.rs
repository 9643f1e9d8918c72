//! Valid polygons from rings that were rounded and cut.
//!
//! Rounding can make a narrow ring touch or cross itself, and cutting joins the parts of a ring along the
//! tile's edge. Most shapes come through unharmed, which is quick to see; the others are noded and filled
//! anew on the same grid.

use super::fill::fill_anew;
use super::shape::GridPoint;
use super::snap::turn;

/// A ring without its repeated first point; an outer one has a positive area (clockwise as drawn), a hole a
/// negative one.
pub(super) type Ring = Vec<GridPoint>;

/// A polygon on a tile's grid: outer ring, then holes.
pub(super) type GridPolygon = Vec<Ring>;

/// Makes the polygons of one area valid together: every ring simple, holes within, no two polygons
/// overlapping. Rings with fewer than three points or no area go. Coordinates must be below 2^20.
pub(super) fn mend(mut polygons: Vec<GridPolygon>) -> Vec<GridPolygon> {
    for polygon in &mut polygons {
        let outer_left = polygon.first().is_some_and(|outer| doubled_area(outer) != 0);
        if outer_left {
            polygon.retain(|ring| doubled_area(ring) != 0);
        } else {
            polygon.clear();
        }
    }
    polygons.retain(|polygon| !polygon.is_empty());
    if is_valid(&polygons) { polygons } else { fill_anew(&polygons) }
}

/// Twice the area that a ring encloses, positive when it runs clockwise as drawn. Exact for coordinates below
/// 2^30.
pub(super) fn doubled_area(ring: &[GridPoint]) -> i64 {
    let Some(last) = ring.last().filter(|_| ring.len() > 2) else { return 0 };
    let mut sum = 0;
    let mut a = *last;
    for &b in ring {
        sum += a.x * b.y - b.x * a.y;
        a = b;
    }
    sum
}

/// True when it is certain that the polygons are valid: rings wind as they must, none touches or crosses
/// itself or another, and none has moved to another's wrong side. Polygons that touch lawfully are not
/// recognised, and are filled anew.
fn is_valid(polygons: &[GridPolygon]) -> bool {
    let winding = polygons
        .iter()
        .all(|polygon| polygon.iter().enumerate().all(|(i, ring)| (doubled_area(ring) > 0) == (i == 0)));
    winding && no_edges_touch(polygons) && no_ring_astray(polygons)
}

/// An edge with its place in the ring, left end first.
struct RingEdge {
    left: GridPoint,
    right: GridPoint,
    ring: u32,
    place: u32,
    ring_len: u32,
}

/// Of so few edges every pair is sooner asked than sorted.
const FEW_EDGES: usize = 24;

/// True when no two edges meet, other than neighbours in a ring at the vertex they share.
fn no_edges_touch(polygons: &[GridPolygon]) -> bool {
    let mut edges: Vec<RingEdge> = Vec::with_capacity(polygons.iter().flatten().map(Vec::len).sum());
    for (ring, points) in polygons.iter().flatten().enumerate() {
        for (place, &a) in points.iter().enumerate() {
            let b = points[(place + 1) % points.len()];
            let (left, right) = if a < b { (a, b) } else { (b, a) };
            edges.push(RingEdge {
                left,
                right,
                ring: ring as u32,
                place: place as u32,
                ring_len: points.len() as u32,
            });
        }
    }
    if edges.len() <= FEW_EDGES {
        let mut pairs =
            edges.iter().enumerate().flat_map(|(i, one)| edges[..i].iter().map(move |two| (one, two)));
        return !pairs.any(|(one, two)| meet_wrongly(one, two));
    }
    edges.sort_unstable_by_key(|edge| edge.left.x);
    let mut open: Vec<usize> = Vec::new();
    for (i, edge) in edges.iter().enumerate() {
        open.retain(|&other| edges[other].right.x >= edge.left.x);
        if open.iter().any(|&other| meet_wrongly(edge, &edges[other])) {
            return false;
        }
        open.push(i);
    }
    true
}

fn meet_wrongly(one: &RingEdge, other: &RingEdge) -> bool {
    let (a, b, c, d) = (one.left, one.right, other.left, other.right);
    let apart = b.x < c.x || d.x < a.x || a.y.max(b.y) < c.y.min(d.y) || c.y.max(d.y) < a.y.min(b.y);
    if apart {
        return false;
    }
    let neighbours = one.ring == other.ring && {
        let step = one.place.abs_diff(other.place);
        step == 1 || step == one.ring_len - 1
    };
    if neighbours {
        // They share a vertex; they meet elsewhere only when one turns back along the other. Both are written
        // left end first, so then they share the left or the right end.
        let (shared, p, q) = if a == c {
            (a, b, d)
        } else if b == d {
            (b, a, c)
        } else {
            return false;
        };
        return turn(shared, p, q) == 0;
    }
    let (side_c, side_d) = (turn(a, b, c), turn(a, b, d));
    let (side_a, side_b) = (turn(c, d, a), turn(c, d, b));
    if side_c == 0 && side_d == 0 {
        // On one line: written left end first, so they meet where their ranges do.
        return a <= d && c <= b;
    }
    side_c.signum() * side_d.signum() <= 0 && side_a.signum() * side_b.signum() <= 0
}

/// True when every hole lies in its polygon and no polygon in another's. Edges are known not to touch, so one
/// vertex tells; and only a ring at most a few units thick can have been rounded across another one's edge.
fn no_ring_astray(polygons: &[GridPolygon]) -> bool {
    let rings: Vec<(usize, usize, &Ring)> = polygons
        .iter()
        .enumerate()
        .flat_map(|(p, polygon)| polygon.iter().enumerate().map(move |(r, ring)| (p, r, ring)))
        .collect();
    if rings.len() < 2 {
        return true;
    }
    let thin = |ring: &Ring| {
        let mut length = 0;
        for (i, a) in ring.iter().enumerate() {
            let b = ring[(i + 1) % ring.len()];
            length += (a.x - b.x).abs().max((a.y - b.y).abs());
        }
        doubled_area(ring).abs() <= 4 * length
    };
    rings.iter().filter(|(_, _, ring)| thin(ring)).all(|&(p, r, ring)| {
        rings.iter().all(|&(other_p, other_r, other)| {
            let same = p == other_p && r == other_r;
            let own_outer = p == other_p && other_r == 0 && r > 0;
            let sibling_of_outer = p == other_p && r == 0;
            // Within its own polygon's hole another polygon of the same area may lawfully lie.
            let foreign_hole = p != other_p && other_r > 0;
            if same || sibling_of_outer || foreign_hole {
                return true;
            }
            let within = encloses(other, ring[0]);
            if p != other_p && within {
                // Lawful only inside a hole of that polygon.
                return polygons[other_p][1..].iter().any(|hole| encloses(hole, ring[0]));
            }
            within == own_outer
        })
    })
}

/// Even-odd test of a point that is not on the ring.
fn encloses(ring: &[GridPoint], point: GridPoint) -> bool {
    let mut inside = false;
    for (i, &a) in ring.iter().enumerate() {
        let b = ring[(i + 1) % ring.len()];
        if (a.y > point.y) != (b.y > point.y) {
            let (low, high) = if a.y < b.y { (a, b) } else { (b, a) };
            inside ^= turn(low, high, point) > 0;
        }
    }
    inside
}

#[cfg(test)]
mod tests;
