//! Cutting polygons at the edges of a tile's buffer into rings that stand by themselves.
//!
//! One edge after the other. Where a polygon crosses the edge's line, its crossings in their order along the line bound,
//! two by two, what lies inside; so a stretch of a ring that leaves at one of two goes on with the stretch that comes
//! in at the other (Weiler and Atherton 1977, against a half-plane). Places are worked out as [`super::clip`] does, so
//! borders, and the area on the other side, are cut at the same points. Rounding may have put crossings in one place or
//! in the wrong order: what is not certain is left to the long way.

use super::clip::{EDGES, Edge, corners_of, open, push};
use super::mend::doubled_area;
use super::shape::GridPoint;

/// Rings, one after the other in memory that is used again.
#[derive(Debug, Default)]
pub(super) struct Rings {
    pub(super) points: Vec<GridPoint>,
    pub(super) places: Vec<Place>,
}

/// Where a ring is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Rings {
    pub(super) fn clear(&mut self) {
        self.points.clear();
        self.places.clear();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[GridPoint]> {
        self.places.iter().map(|place| &self.points[place.start..place.end])
    }

    /// Takes back all rings from one on.
    pub(super) fn truncate(&mut self, rings: usize) {
        if let Some(first) = self.places.get(rings) {
            self.points.truncate(first.start);
            self.places.truncate(rings);
        }
    }

    pub(super) fn add(&mut self, ring: &[GridPoint]) {
        let start = self.points.len();
        self.points.extend_from_slice(ring);
        self.places.push(Place { start, end: self.points.len() });
    }
}

/// A stretch of a ring on the side that is kept, from where it comes in to where it leaves.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    start: usize,
    end: usize,
    /// Where the ring begins that it is of.
    ring: usize,
    /// The stretch that follows it along the edge.
    next: usize,
    is_taken: bool,
}

/// Where a stretch begins or ends on the line that is cut at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Crossing {
    along: i64,
    stretch: usize,
    leaves: bool,
}

/// What has become of a polygon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cut {
    /// What is left of each ring stands by itself.
    Apart,
    /// Rings have been joined, an outer one and a hole for instance. They may have touched in a point, as is lawful; one ring
    /// must not touch itself.
    Joined,
    /// Only the long way can tell.
    Unclear,
}

/// Memory for cutting, used again from polygon to polygon.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    rings: Rings,
    before: Rings,
    points: Vec<GridPoint>,
    stretches: Vec<Stretch>,
    crossings: Vec<Crossing>,
    joined: bool,
}

impl Cutter {
    /// Cuts the polygon whose rings, the outer one and its holes, are the last ones from `first` on, and puts what is left of it
    /// in their place: outer rings, or one with its holes.
    pub(super) fn cut(&mut self, all: &mut Rings, first: usize) -> Cut {
        self.rings.clear();
        self.joined = false;
        all.places[first..].iter().for_each(|place| self.rings.add(&all.points[place.start..place.end]));
        all.truncate(first);
        // Of the whole polygon, so that it is asked of its points only where it may be beyond an edge.
        let corners = corners_of(&self.rings.points);
        for edge in EDGES {
            let stays = corners.is_none_or(|corners| corners.into_iter().all(|corner| edge.keeps(corner)));
            if !stays && !self.cut_at(edge) {
                return Cut::Unclear;
            }
        }
        let Rings { points, places } = &mut self.rings;
        let is_outer = |place: &Place| doubled_area(&points[place.start..place.end]) > 0;
        places.sort_by_key(|place| !is_outer(place));
        let (outer, count) = (places.partition_point(is_outer), places.len());
        self.rings.iter().for_each(|ring| all.add(ring));
        // Which of several a hole is in, they do not tell; and in none it must not be.
        if outer != 1 && outer != count {
            Cut::Unclear
        } else if self.joined {
            Cut::Joined
        } else {
            Cut::Apart
        }
    }

    /// Cuts all rings at one edge; false when it is not certain what is left.
    fn cut_at(&mut self, edge: Edge) -> bool {
        if self.rings.points.iter().all(|&point| edge.keeps(point)) {
            return true;
        }
        std::mem::swap(&mut self.rings, &mut self.before);
        self.rings.clear();
        self.points.clear();
        self.stretches.clear();
        for place in 0..self.before.places.len() {
            let Place { start, end } = self.before.places[place];
            self.cut_ring(edge, start, end);
        }
        self.link(edge) && self.walk()
    }

    /// Parts a ring into its stretches; one that is wholly on one side stays or goes.
    fn cut_ring(&mut self, edge: Edge, start: usize, end: usize) {
        let ring = &self.before.points[start..end];
        let mut previous = ring[ring.len() - 1];
        let comes_in = ring.iter().position(|&point| {
            let enters = edge.keeps(point) && !edge.keeps(previous);
            previous = point;
            enters
        });
        let Some(comes_in) = comes_in else {
            if edge.keeps(ring[0]) {
                self.rings.add(ring);
            }
            return;
        };
        // The point before the first is outside, and comes last.
        let (end_of_last, rest) = ring.split_at(comes_in);
        let mut previous = *end_of_last.last().unwrap_or(&ring[ring.len() - 1]);
        let mut begun = self.points.len();
        for &point in rest.iter().chain(end_of_last) {
            match (edge.keeps(previous), edge.keeps(point)) {
                (false, true) => {
                    begun = self.points.len();
                    self.points.push(edge.crossing(previous, point));
                    push(&mut self.points, begun, point);
                }
                (true, true) => push(&mut self.points, begun, point),
                (true, false) => {
                    push(&mut self.points, begun, edge.crossing(previous, point));
                    let end = self.points.len();
                    self.stretches.push(Stretch { start: begun, end, ring: start, next: 0, is_taken: false });
                }
                (false, false) => {}
            }
            previous = point;
        }
    }

    /// Finds for each stretch the one that follows it along the edge.
    fn link(&mut self, edge: Edge) -> bool {
        self.crossings.clear();
        for (number, stretch) in self.stretches.iter().enumerate() {
            for (place, leaves) in [(stretch.start, false), (stretch.end - 1, true)] {
                let along = edge.along(self.points[place]);
                self.crossings.push(Crossing { along, stretch: number, leaves });
            }
        }
        self.crossings.sort_unstable();
        let mut last = None;
        for pair in self.crossings.chunks_exact(2) {
            let (leaving, entering) = match pair {
                [one, other] if one.leaves && !other.leaves => (one, other),
                [one, other] if other.leaves && !one.leaves => (other, one),
                _ => return false,
            };
            // Where two of what lies inside meet, it is not told which crossing belongs to which.
            if last == Some(pair[0].along) {
                return false;
            }
            last = Some(pair[1].along);
            self.stretches[leaving.stretch].next = entering.stretch;
        }
        true
    }

    /// Adds the rings that stretches make, one after the other; false when one winds the wrong way, or both ways.
    fn walk(&mut self) -> bool {
        for first in 0..self.stretches.len() {
            let start = self.rings.points.len();
            let (mut at, of) = (first, self.stretches[first].ring);
            while !self.stretches[at].is_taken {
                let stretch = &mut self.stretches[at];
                stretch.is_taken = true;
                for &point in &self.points[stretch.start..stretch.end] {
                    push(&mut self.rings.points, start, point);
                }
                self.joined |= stretch.ring != of;
                at = stretch.next;
            }
            open(&mut self.rings.points, start);
            let end = self.rings.points.len();
            if end - start < 3 {
                self.rings.points.truncate(start);
            } else if doubled_area(&self.rings.points[start..]) > 0 {
                self.rings.places.push(Place { start, end });
            } else {
                return false;
            }
        }
        true
    }
}
