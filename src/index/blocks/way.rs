//! The way from one point to another, and the edges that it crosses: north or south to the level of the other, then west or
//! east to it.

use geo::Coord;

use crate::geometry::{crosses_to_the_east, lies_to_the_north, spans_meridian};

/// A way.
#[derive(Clone, Copy)]
pub(super) struct Way {
    from: Coord,
    to: Coord,
    /// Level with the end, on the meridian of the start.
    level: Coord,
    west: f64,
    east: f64,
}

impl Way {
    pub fn new(from: Coord, to: Coord) -> Way {
        Way { from, to, level: Coord { x: from.x, y: to.y }, west: from.x.min(to.x), east: from.x.max(to.x) }
    }

    /// True when the way crosses the edge an odd number of times, told exactly.
    #[expect(clippy::needless_bitwise_bool, reason = "without a branch, which is what makes it fast")]
    pub fn crosses(&self, a: Coord, b: Coord) -> bool {
        // Most edges are clear of the way, and that is seen without branches.
        let spans_level = (a.y > self.to.y) != (b.y > self.to.y);
        let clear = (a.x > self.east && b.x > self.east) || (a.x < self.west && b.x < self.west);
        let spans_meridian = spans_meridian(self.from.x, a, b);
        (spans_level & !clear && crosses_to_the_east(self.to, a, b) != crosses_to_the_east(self.level, a, b))
            ^ (spans_meridian && lies_to_the_north(self.level, a, b) != lies_to_the_north(self.from, a, b))
    }
}
