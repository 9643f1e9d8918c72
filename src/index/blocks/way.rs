//! The way from the corner of a cell to a point, and the edges that it crosses: north to the level of the point, then west
//! or east to the point.

use geo::Coord;

use super::vertices::{Base, Vertices};
use crate::geometry::{crosses_to_the_east, lies_to_the_north};

/// A way, exactly.
#[derive(Clone, Copy)]
pub(super) struct Way {
    corner: Coord,
    point: Coord,
    /// Level with the point, on the meridian of the corner.
    level: Coord,
    west: f64,
    east: f64,
}

impl Way {
    pub fn new(corner: Coord, point: Coord) -> Way {
        Way {
            corner,
            point,
            level: Coord { x: corner.x, y: point.y },
            west: corner.x.min(point.x),
            east: corner.x.max(point.x),
        }
    }

    /// True when the way crosses the edge an odd number of times.
    #[expect(clippy::needless_bitwise_bool, reason = "without a branch, which is what makes it fast")]
    pub fn crosses(&self, a: Coord, b: Coord) -> bool {
        // Most edges are clear of the way, and that is seen without branches.
        let spans_level = (a.y > self.point.y) != (b.y > self.point.y);
        let clear = (a.x > self.east && b.x > self.east) || (a.x < self.west && b.x < self.west);
        let spans_meridian = (a.x > self.corner.x) != (b.x > self.corner.x);
        (spans_level & !clear
            && crosses_to_the_east(self.point, a, b) != crosses_to_the_east(self.level, a, b))
            ^ (spans_meridian && lies_to_the_north(self.level, a, b) != lies_to_the_north(self.corner, a, b))
    }
}

/// A way in units of a kind of vertices.
#[derive(Clone, Copy)]
pub(super) struct QuickWay {
    corner: Coord,
    point: Coord,
}

impl QuickWay {
    #[inline]
    pub fn new<V: Vertices>(corner: Coord, point: Coord, base: Base) -> QuickWay {
        QuickWay { corner: V::placed(corner, base), point: V::placed(point, base) }
    }

    /// True when the way crosses an odd number of the edges of a chain, as [`Way::crosses`] tells it edge by edge; `None`
    /// where that needs exact arithmetic.
    ///
    /// Which edges are near the way cannot be foreseen, and a wrong guess of the processor takes longer than to reckon
    /// for all of them without a branch.
    #[expect(clippy::needless_bitwise_bool, reason = "without a branch, which is what makes it fast")]
    #[inline]
    pub fn crosses_chain<V: Vertices>(&self, vertices: &[u32]) -> Option<bool> {
        let QuickWay { corner, point } = *self;
        let mut ends = vertices.chunks_exact(V::WORDS).map(V::place);
        let doubts = |at: Coord| V::doubts_order(at.y, point.y) | V::doubts_order(at.x, corner.x);
        let mut a = ends.next()?;
        let (mut odd, mut unsure) = (false, doubts(a));
        for b in ends {
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            // On which side of the edge a place is, and whether that is beyond doubt.
            let side = |x: f64, y: f64| {
                let (left, right) = (dx * (y - a.y), dy * (x - a.x));
                (left > right, V::doubts_turn(left, right))
            };
            let (of_point, doubts_point) = side(point.x, point.y);
            let (of_level, doubts_level) = side(corner.x, point.y);
            let (of_corner, doubts_corner) = side(corner.x, corner.y);
            let spans_level = (a.y > point.y) != (b.y > point.y);
            let spans_meridian = (a.x > corner.x) != (b.x > corner.x);
            odd ^= (spans_level & (of_point != of_level)) ^ (spans_meridian & (of_level != of_corner));
            unsure |= (spans_level & (doubts_point | doubts_level))
                | (spans_meridian & (doubts_level | doubts_corner))
                | doubts(b);
            a = b;
        }
        (!unsure).then_some(odd)
    }
}
