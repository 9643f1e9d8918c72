//! Most areas come through rounding and cutting unharmed. This is the quick way for those: their rings lie in
//! one piece of memory that is used again, and are shown to be valid by looking at boxes of edges, many at a
//! time. Whatever is not certain goes the long way, through [`super::mend`].

use std::ops::Range;

use super::clip::{Reach, add_ring, corners_of, must_cut, reach_of};
use super::commands::Steps;
use super::cut::{Cut, Cutter, Place, Rings};
use super::mend::doubled_area;
use super::shape::{GridPoint, LEAST, MOST, TileGrid, TileShape};
use super::snap::turn;

/// Of more edges every pair takes longer than a sweep over them sorted.
const MANY_EDGES: usize = 400;

/// What the quick way has found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The shape leaves no ring on this grid.
    Nothing,
    /// The rings are valid polygons.
    Valid,
    /// Only the long way can tell.
    Unclear,
}

/// The rings of one area on a tile's grid.
#[derive(Debug, Default)]
pub(super) struct PlainRings {
    rings: Rings,
    /// The one that was read last.
    ring: Vec<GridPoint>,
    /// Edges with an end on the rim.
    rim: Vec<usize>,
    boxes: Boxes,
    cutter: Cutter,
}

/// Boxes of edges, each side in a row of its own. Within a tile and its buffer 16 bits are enough, and what is wider
/// than [`super::ready::WIDEST`] is not taken where there is no tile.
#[derive(Debug, Default)]
struct Boxes {
    left: Vec<i16>,
    right: Vec<i16>,
    top: Vec<i16>,
    bottom: Vec<i16>,
}

impl PlainRings {
    /// Rounds a shape and cuts it, and says what became of it.
    pub(super) fn take(&mut self, grid: TileGrid, shape: &TileShape) -> Found {
        self.rings.clear();
        if shape.nested {
            return Found::Unclear;
        }
        for polygon in &shape.polygons {
            let Some(cut) = must_cut(grid, polygon) else { continue };
            let first = self.rings.places.len();
            for (i, ring) in polygon.rings.iter().enumerate() {
                let start = self.rings.points.len();
                add_ring(grid, ring, false, &mut self.rings.points);
                let (outer, is_ring) = (i == 0, self.rings.points.len() - start > 2);
                match self.keep(start, outer) {
                    None => return Found::Unclear,
                    // Of what winds both ways the tile may have one half.
                    Some(false) if cut && is_ring => return Found::Unclear,
                    Some(false) if outer => break,
                    Some(_) => {}
                }
            }
            if cut && self.cutter.cut(&mut self.rings, first) == Cut::Unclear {
                return Found::Unclear;
            }
        }
        self.found(PlainRings::are_plain)
    }

    /// Cuts rings that are rounded and valid, and says what became of them.
    pub(super) fn take_rounded(&mut self, mut rings: Steps<'_>) -> Found {
        self.rings.clear();
        // Where the polygon begins that rings belong to, and how it lies to the tile.
        let (mut first, mut polygon) = (0, Reach::Outside);
        let mut joined = false;
        loop {
            self.ring.clear();
            let is_there = rings.next_line(&mut self.ring);
            if !is_there || doubled_area(&self.ring) > 0 {
                if polygon == Reach::Across {
                    match self.cutter.cut(&mut self.rings, first) {
                        Cut::Unclear => return Found::Unclear,
                        Cut::Joined => joined = true,
                        Cut::Apart => {}
                    }
                }
                if !is_there {
                    break;
                }
                first = self.rings.places.len();
                polygon = reach_of(&self.ring).unwrap_or(Reach::Outside);
            }
            if polygon != Reach::Outside {
                self.rings.add(&self.ring);
            }
        }
        self.found(|rings| if joined { rings.are_plain() } else { rings.rim_is_clear() })
    }

    /// Keeps the ring that begins at a place if it encloses anything; `None` when it winds the wrong way.
    fn keep(&mut self, start: usize, outer: bool) -> Option<bool> {
        let end = self.rings.points.len();
        let area = doubled_area(&self.rings.points[start..]);
        if area == 0 {
            self.rings.points.truncate(start);
            return Some(false);
        }
        if (area > 0) != outer {
            return None;
        }
        self.rings.places.push(Place { start, end });
        Some(true)
    }

    fn found(&mut self, are_valid: impl Fn(&mut PlainRings) -> bool) -> Found {
        if self.rings.places.is_empty() {
            Found::Nothing
        } else if are_valid(self) {
            Found::Valid
        } else {
            Found::Unclear
        }
    }

    /// True when it is certain that the rings, of which nothing is known, are valid together.
    fn are_plain(&mut self) -> bool {
        self.rings.points.len() <= MANY_EDGES && self.lie_apart() && self.no_edges_touch()
    }

    /// Each ring, outer ones before their holes.
    pub(super) fn rings(&self) -> impl Iterator<Item = &[GridPoint]> {
        self.rings.iter()
    }

    /// True when no ring is so thin that rounding can have moved it to the wrong side of another.
    fn lie_apart(&self) -> bool {
        self.rings.places.len() < 2 || !self.rings().any(is_thin)
    }

    /// True when no two edges meet, other than neighbours in a ring at the vertex they share.
    fn no_edges_touch(&mut self) -> bool {
        if self.rings().any(turns_back) {
            return false;
        }
        self.lay_boxes();
        self.rings.places.iter().all(|place| {
            (place.start..place.end).all(|i| {
                // Neighbours share a vertex: the edge before, and of the last one the first.
                let first = if i + 1 == place.end { place.start + 1 } else { place.start };
                self.meets_none(i, 0..place.start) && self.meets_none(i, first..i.saturating_sub(1))
            })
        })
    }

    /// Of rings that were valid before they were cut: true when what the cut has made, which are edges with an end on the
    /// rim of the buffer, meets no other edge but its neighbours. Nothing else has moved.
    fn rim_is_clear(&mut self) -> bool {
        let mut rim = std::mem::take(&mut self.rim);
        rim.clear();
        for (place, ring) in self.rings.places.iter().zip(self.rings.iter()) {
            let new = edges(ring).zip(place.start..).filter(|((a, b), _)| on_rim(*a) || on_rim(*b));
            rim.extend(new.map(|(_, edge)| edge));
        }
        let is_clear = rim.is_empty() || self.is_clear(&rim);
        self.rim = rim;
        is_clear
    }

    fn is_clear(&mut self, rim: &[usize]) -> bool {
        if self.rings().any(|ring| is_cut(ring) && turns_back(ring)) {
            return false;
        }
        self.lay_boxes();
        let end = self.rings.points.len();
        let meets_no_other = |&i: &usize| {
            let place = self.place_of(i);
            // All but itself and its neighbours.
            let (is_first, is_last) = (i == place.start, i + 1 == place.end);
            let before = place.start + usize::from(is_last)..i.saturating_sub(1);
            let after = i + 2..place.end - usize::from(is_first);
            [0..place.start, before, after, place.end..end]
                .into_iter()
                .all(|others| self.meets_none(i, others))
        };
        // The end of an edge may have moved across a ring that it does not touch, if that is thin and beside it.
        let lies_apart = |ring: &[GridPoint]| {
            corners_of(ring).is_none_or(|corners| !rim.iter().any(|&i| self.boxes.is_beside(i, corners)))
        };
        rim.iter().all(meets_no_other)
            && self.rings().all(|ring| is_cut(ring) || !is_thin(ring) || lies_apart(ring))
    }

    /// Makes the boxes of all edges.
    fn lay_boxes(&mut self) {
        self.boxes.clear();
        for ring in self.rings.iter() {
            edges(ring).for_each(|(a, b)| self.boxes.push(a, b));
        }
    }

    fn meets_none(&self, i: usize, others: Range<usize>) -> bool {
        if others.is_empty() || !self.boxes.any_meets(i, others.clone()) {
            return true;
        }
        let (a, b) = self.edge(i);
        others.filter(|&other| self.boxes.any_meets(i, other..other + 1)).all(|other| {
            let (c, d) = self.edge(other);
            !meet(a, b, c, d)
        })
    }

    fn edge(&self, i: usize) -> (GridPoint, GridPoint) {
        let (points, place) = (&self.rings.points, self.place_of(i));
        (points[i], points[if i + 1 < place.end { i + 1 } else { place.start }])
    }

    /// Where the ring is that has an edge.
    fn place_of(&self, edge: usize) -> Place {
        let places = &self.rings.places;
        places[places.partition_point(|place| place.end <= edge)]
    }
}

/// The edges of a ring, each from a point to the next.
fn edges(ring: &[GridPoint]) -> impl Iterator<Item = (GridPoint, GridPoint)> {
    ring.iter().copied().zip(ring[1..].iter().chain(&ring[..1]).copied())
}

/// True when the tile's edge has cut a ring, or touches it.
fn is_cut(ring: &[GridPoint]) -> bool {
    ring.iter().any(|&point| on_rim(point))
}

/// True on the rim of the buffer, where shapes are cut.
fn on_rim(point: GridPoint) -> bool {
    [point.x, point.y].iter().any(|&place| place == LEAST || place == MOST)
}

impl Boxes {
    fn clear(&mut self) {
        for side in [&mut self.left, &mut self.right, &mut self.top, &mut self.bottom] {
            side.clear();
        }
    }

    fn push(&mut self, a: GridPoint, b: GridPoint) {
        let ([ax, ay], [bx, by]) = ([a.x as i16, a.y as i16], [b.x as i16, b.y as i16]);
        self.left.push(ax.min(bx));
        self.right.push(ax.max(bx));
        self.top.push(ay.min(by));
        self.bottom.push(ay.max(by));
    }

    /// True when the box of an edge comes as near to one between two corners as cutting moves edges, which is less than a
    /// square.
    fn is_beside(&self, i: usize, [least, greatest]: [GridPoint; 2]) -> bool {
        let [left, right, top, bottom] =
            [&self.left, &self.right, &self.top, &self.bottom].map(|side| i64::from(side[i]));
        left <= greatest.x + 1 && right >= least.x - 1 && top <= greatest.y + 1 && bottom >= least.y - 1
    }

    /// True when one of the others' boxes meets this one.
    #[expect(clippy::needless_bitwise_bool, reason = "without branches many are compared at once")]
    fn any_meets(&self, i: usize, others: Range<usize>) -> bool {
        let (left, right, top, bottom) = (self.left[i], self.right[i], self.top[i], self.bottom[i]);
        let across = self.left[others.clone()].iter().zip(&self.right[others.clone()]);
        let along = self.top[others.clone()].iter().zip(&self.bottom[others]);
        let met = across.zip(along).fold(0i16, |met, ((&l, &r), (&t, &b))| {
            met | i16::from((l <= right) & (r >= left) & (t <= bottom) & (b >= top))
        });
        met != 0
    }
}

/// At most a few units thick.
fn is_thin(ring: &[GridPoint]) -> bool {
    let mut length = 0;
    let mut a = ring[ring.len() - 1];
    for &b in ring {
        length += (a.x - b.x).abs().max((a.y - b.y).abs());
        a = b;
    }
    doubled_area(ring).abs() <= 4 * length
}

/// True when an edge runs back along the one before.
fn turns_back(ring: &[GridPoint]) -> bool {
    let [.., mut a, mut b] = *ring else { return true };
    for &c in ring {
        if turn(a, b, c) == 0 && (a.x - b.x) * (c.x - b.x) + (a.y - b.y) * (c.y - b.y) > 0 {
            return true;
        }
        (a, b) = (b, c);
    }
    false
}

/// True when two edges whose boxes meet have a point in common.
fn meet(a: GridPoint, b: GridPoint, c: GridPoint, d: GridPoint) -> bool {
    // On one line they meet where their boxes do.
    turn(a, b, c).signum() * turn(a, b, d).signum() <= 0
        && turn(c, d, a).signum() * turn(c, d, b).signum() <= 0
}

#[cfg(test)]
mod tests;
