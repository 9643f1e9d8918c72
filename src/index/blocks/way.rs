//! The way from the corner of a cell to a point, and the edges that it crosses: north to the level of the point, then west
//! or east to the point.

use geo::Coord;

use super::vertices::{Base, Vertices};
use crate::geometry::{crosses_to_the_east, lies_to_the_north, spans_meridian};

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

/// One half of whether the way along the meridian of a place, from a corner to there, crosses an edge: it does where the halves of
/// its two ends differ. That of the corner is the same for every point of a cell, and so is told by the block that the
/// cell's edges begin with; no point has to be asked about it.
pub(super) fn half_crosses(place: Coord, a: Coord, b: Coord) -> bool {
    spans_meridian(place.x, a, b) && (lies_to_the_north(place, a, b) != (a.x > place.x))
}

impl Way {
    /// [`Way::crosses`] without the half of the corner.
    pub fn crosses_but_for_corner(&self, a: Coord, b: Coord) -> bool {
        let spans_level = (a.y > self.point.y) != (b.y > self.point.y);
        (spans_level && crosses_to_the_east(self.point, a, b) != crosses_to_the_east(self.level, a, b))
            ^ half_crosses(self.level, a, b)
    }
}

/// A way in units of a kind of vertices.
#[derive(Clone, Copy)]
pub(super) struct QuickWay {
    /// Where the meridian of the corner is.
    meridian: f64,
    point: Coord,
}

impl QuickWay {
    #[inline]
    pub fn new<V: Vertices>(corner: Coord, point: Coord, base: Base) -> QuickWay {
        QuickWay { meridian: V::placed(corner, base).x, point: V::placed(point, base) }
    }

    /// True when the way crosses an odd number of the edges of a chain, but for the half of the corner, as
    /// [`Way::crosses_but_for_corner`] tells it edge by edge; `None` where that needs exact arithmetic.
    ///
    /// Which edges are near the way cannot be foreseen, and a wrong guess of the processor takes longer than to reckon
    /// for all of them without a branch. For the same reason what is in doubt is asked once, by the least of all.
    #[expect(clippy::needless_bitwise_bool, reason = "without a branch, which is what makes it fast")]
    #[inline]
    pub fn crosses_chain<V: Vertices>(&self, vertices: &[u32]) -> Option<bool> {
        let QuickWay { meridian, point } = *self;
        let mut ends = vertices.chunks_exact(V::WORDS).map(V::place);
        let less = |one: f64, other: f64| if one < other { one } else { other };
        let apart = |at: Coord| less((at.y - point.y).abs(), (at.x - meridian).abs());
        let mut a = ends.next()?;
        let (mut odd, mut least_apart, mut least_turn) = (false, apart(a), f64::INFINITY);
        for b in ends {
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            // On which side of the edge the point is, and the place level with it on the meridian.
            let rise = dx * (point.y - a.y);
            let (of_point, of_level) = (dy * (point.x - a.x), dy * (meridian - a.x));
            let spans_level = (a.y > point.y) != (b.y > point.y);
            let spans_meridian = (a.x > meridian) != (b.x > meridian);
            odd ^= (spans_level & ((rise > of_point) != (rise > of_level)))
                ^ (spans_meridian & (rise > of_level));
            least_turn = less(less(V::turn(rise, of_point), V::turn(rise, of_level)), least_turn);
            least_apart = less(apart(b), least_apart);
            a = b;
        }
        (least_turn > V::DOUBTED_TURN && least_apart > V::DOUBTED_ORDER).then_some(odd)
    }
}
