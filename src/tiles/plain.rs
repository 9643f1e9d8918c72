//! Most areas come through rounding and cutting unharmed. This is the quick way for those: their rings lie in
//! one piece of memory that is used again, and are shown to be valid by looking at boxes of edges, many at a
//! time. Whatever is not certain goes the long way, through [`super::mend`].

use std::ops::Range;

use super::clip::{Reach, add_ring, clip_ring, must_cut, reach_of};
use super::commands::Steps;
use super::mend::doubled_area;
use super::shape::{GridPoint, TileGrid, TileShape};
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

/// One ring of [`PlainRings`].
#[derive(Clone, Copy, Debug)]
struct Place {
    start: usize,
    end: usize,
}

/// The rings of one area on a tile's grid.
#[derive(Debug, Default)]
pub(super) struct PlainRings {
    points: Vec<GridPoint>,
    places: Vec<Place>,
    boxes: Boxes,
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
        self.points.clear();
        self.places.clear();
        if shape.nested {
            return Found::Unclear;
        }
        for polygon in &shape.polygons {
            let Some(cut) = must_cut(grid, polygon) else { continue };
            for (i, ring) in polygon.rings.iter().enumerate() {
                let start = self.points.len();
                add_ring(grid, ring, cut, &mut self.points);
                let outer = i == 0;
                match self.keep(start, outer) {
                    None => return Found::Unclear,
                    Some(false) if outer => break,
                    Some(_) => {}
                }
            }
        }
        self.found()
    }

    /// Cuts rings that are rounded and valid, and says what became of them.
    pub(super) fn take_rounded(&mut self, mut rings: Steps<'_>) -> Found {
        self.points.clear();
        self.places.clear();
        let mut holes_of_nothing = false;
        loop {
            let start = self.points.len();
            if !rings.next_line(&mut self.points) {
                return self.found();
            }
            let ring = &self.points[start..];
            let outer = doubled_area(ring) > 0;
            match reach_of(ring) {
                _ if holes_of_nothing && !outer => self.points.truncate(start),
                Some(Reach::Inside) => {}
                Some(Reach::Across) => clip_ring(&mut self.points, start),
                Some(Reach::Outside) | None => self.points.truncate(start),
            }
            match self.keep(start, outer) {
                None => return Found::Unclear,
                Some(kept) if outer => holes_of_nothing = !kept,
                Some(_) => {}
            }
        }
    }

    /// Keeps the ring that begins at a place if it encloses anything; `None` when it winds the wrong way.
    fn keep(&mut self, start: usize, outer: bool) -> Option<bool> {
        let area = doubled_area(&self.points[start..]);
        if area == 0 {
            self.points.truncate(start);
            return Some(false);
        }
        if (area > 0) != outer {
            return None;
        }
        self.places.push(Place { start, end: self.points.len() });
        Some(true)
    }

    fn found(&mut self) -> Found {
        if self.places.is_empty() {
            Found::Nothing
        } else if self.points.len() <= MANY_EDGES && self.lie_apart() && self.no_edges_touch() {
            Found::Valid
        } else {
            Found::Unclear
        }
    }

    /// Each ring, outer ones before their holes.
    pub(super) fn rings(&self) -> impl Iterator<Item = &[GridPoint]> {
        self.places.iter().map(|place| &self.points[place.start..place.end])
    }

    /// True when no ring is so thin that rounding can have moved it to the wrong side of another.
    fn lie_apart(&self) -> bool {
        self.places.len() < 2 || !self.rings().any(is_thin)
    }

    /// True when no two edges meet, other than neighbours in a ring at the vertex they share.
    fn no_edges_touch(&mut self) -> bool {
        self.boxes.clear();
        for place in &self.places {
            let ring = &self.points[place.start..place.end];
            if turns_back(ring) {
                return false;
            }
            let next = ring[1..].iter().chain(&ring[..1]);
            ring.iter().zip(next).for_each(|(&a, &b)| self.boxes.push(a, b));
        }
        self.places.iter().all(|place| {
            (place.start..place.end).all(|i| {
                // Neighbours share a vertex: the edge before, and of the last one the first.
                let first = if i + 1 == place.end { place.start + 1 } else { place.start };
                self.meets_none(i, 0..place.start) && self.meets_none(i, first..i.saturating_sub(1))
            })
        })
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
        let place = self.places[self.places.partition_point(|place| place.end <= i)];
        (self.points[i], self.points[if i + 1 < place.end { i + 1 } else { place.start }])
    }
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
