//! Cutting rings and lines at the edge of a tile's buffer, on whole numbers.
//!
//! One half-plane after the other (Sutherland and Hodgman 1974). Where an edge crosses, the place is worked
//! out from the edge's ends in a fixed order, so the two areas that share a border, and the border itself,
//! are cut at the same point. A ring that leaves and comes back is joined along the tile's edge: `mend` parts
//! it, and [`super::cut`], which knows only rings that are well, leaves it in parts.

use super::shape::{GridPoint, LEAST, MOST, TileGrid, TilePolygon, WorldPoint};

/// One of the four edges to cut at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    /// Cut by x (a left or right edge) or by y.
    by_x: bool,
    /// Where.
    at: i64,
    /// Keep what is greater.
    keep_greater: bool,
}

pub(super) const EDGES: [Edge; 4] = [
    Edge { by_x: true, at: LEAST, keep_greater: true },
    Edge { by_x: true, at: MOST, keep_greater: false },
    Edge { by_x: false, at: LEAST, keep_greater: true },
    Edge { by_x: false, at: MOST, keep_greater: false },
];

impl Edge {
    pub(super) fn keeps(self, point: GridPoint) -> bool {
        let place = if self.by_x { point.x } else { point.y };
        if self.keep_greater { place >= self.at } else { place <= self.at }
    }

    /// Where on the edge's line a point of it is.
    pub(super) fn along(self, point: GridPoint) -> i64 {
        if self.by_x { point.y } else { point.x }
    }

    /// Where a segment that has an end on each side crosses, to the nearest whole number.
    pub(super) fn crossing(self, one: GridPoint, other: GridPoint) -> GridPoint {
        let (a, b) = if one < other { (one, other) } else { (other, one) };
        let rounded = |start: i64, rise: i64, run: i64, whole: i64| -> i64 {
            let (rise, whole) = if whole < 0 { (-rise, -whole) } else { (rise, whole) };
            if rise.abs() < SHORT && whole < SHORT {
                return start + (2 * rise * run + whole).div_euclid(2 * whole);
            }
            // Whole numbers of up to 35 bits: the product needs more than 64.
            let (rise, run, whole) = (i128::from(rise), i128::from(run), i128::from(whole));
            start + (2 * rise * run + whole).div_euclid(2 * whole) as i64
        };
        if self.by_x {
            GridPoint { x: self.at, y: rounded(a.y, b.y - a.y, self.at - a.x, b.x - a.x) }
        } else {
            GridPoint { x: rounded(a.x, b.x - a.x, self.at - a.y, b.y - a.y), y: self.at }
        }
    }
}

/// Steps of which 64 bits hold twice the product of two; the run to the edge is no longer than the whole.
const SHORT: i64 = 1 << 30;

/// How a shape lies to the tile and its buffer, from its least and greatest coordinates alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Wholly within.
    Inside,
    /// Wholly to one side of it.
    Outside,
    /// Perhaps partly within.
    Across,
}

/// How the box between two corners lies to the tile and its buffer.
pub(super) fn reach(least: GridPoint, greatest: GridPoint) -> Reach {
    let outside = least.x > MOST || greatest.x < LEAST || least.y > MOST || greatest.y < LEAST;
    let inside = least.x >= LEAST && greatest.x <= MOST && least.y >= LEAST && greatest.y <= MOST;
    if outside {
        Reach::Outside
    } else if inside {
        Reach::Inside
    } else {
        Reach::Across
    }
}

/// How a line or ring lies to the tile and its buffer; `None` of no points.
pub(super) fn reach_of(line: &[GridPoint]) -> Option<Reach> {
    corners_of(line).map(|[least, greatest]| reach(least, greatest))
}

/// The corners of the box around a line or ring; `None` of no points.
pub(super) fn corners_of(line: &[GridPoint]) -> Option<[GridPoint; 2]> {
    let &first = line.first()?;
    Some(line.iter().fold([first, first], |[least, greatest], p| {
        let least = GridPoint { x: least.x.min(p.x), y: least.y.min(p.y) };
        [least, GridPoint { x: greatest.x.max(p.x), y: greatest.y.max(p.y) }]
    }))
}

/// Cuts the open ring that begins at a place among points and goes on to their end: what stays lies within the
/// tile and its buffer, fewer than three points where nothing is left.
pub(super) fn clip_ring(points: &mut Vec<GridPoint>, mut start: usize) {
    let first = start;
    for edge in EDGES {
        if points[start..].iter().all(|&point| edge.keeps(point)) {
            continue;
        }
        // What is kept goes behind; the ring before the cut is done with then.
        let end = points.len();
        let mut previous = points[end - 1];
        for i in start..end {
            let point = points[i];
            if edge.keeps(previous) != edge.keeps(point) {
                push(points, end, edge.crossing(previous, point));
            }
            if edge.keeps(point) {
                push(points, end, point);
            }
            previous = point;
        }
        start = end;
    }
    points.drain(first..start);
    open(points, first);
}

/// Takes the end off a ring that begins at a place where it is the beginning once more.
pub(super) fn open(points: &mut Vec<GridPoint>, start: usize) {
    while points.len() > start + 1 && points.last() == points.get(start) {
        points.pop();
    }
}

/// Whether a polygon must be cut for a grid that ends; `None` where it leaves nothing there.
pub(super) fn must_cut(grid: TileGrid, polygon: &TilePolygon) -> Option<bool> {
    let [least, greatest] = polygon.corners.map(|corner| grid.nearest(corner));
    let is_flat = least.x == greatest.x || least.y == greatest.y;
    match reach(least, greatest) {
        _ if is_flat => None,
        _ if !grid.ends => Some(false),
        Reach::Outside => None,
        Reach::Inside => Some(false),
        Reach::Across => Some(true),
    }
}

/// Adds a ring to others, on the grid of a tile, open, and cut where it must be.
pub(super) fn add_ring(grid: TileGrid, ring: &[WorldPoint], cut: bool, points: &mut Vec<GridPoint>) {
    let start = points.len();
    grid.round_onto(ring, points);
    open(points, start);
    if cut {
        clip_ring(points, start);
    }
}

/// The parts of a line within the tile and its buffer, each of two points or more.
pub(super) fn clip_line(line: Vec<GridPoint>) -> Vec<Vec<GridPoint>> {
    let mut lines = vec![line];
    for edge in EDGES {
        if lines.iter().flatten().all(|&point| edge.keeps(point)) {
            continue;
        }
        let mut kept: Vec<Vec<GridPoint>> = Vec::new();
        for line in &lines {
            let mut part: Vec<GridPoint> = Vec::new();
            let mut before: Option<GridPoint> = None;
            for &point in line {
                if let Some(previous) = before.filter(|&previous| edge.keeps(previous) != edge.keeps(point)) {
                    push(&mut part, 0, edge.crossing(previous, point));
                    if edge.keeps(previous) {
                        kept.push(std::mem::take(&mut part));
                    }
                }
                if edge.keeps(point) {
                    push(&mut part, 0, point);
                }
                before = Some(point);
            }
            kept.push(part);
        }
        lines = kept;
    }
    lines.retain(|part| part.len() > 1);
    lines
}

/// Adds a point to the ring or line that begins at a place, unless it is there already.
pub(super) fn push(points: &mut Vec<GridPoint>, start: usize, point: GridPoint) {
    if points[start..].last() != Some(&point) {
        points.push(point);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: i64, y: i64) -> GridPoint {
        GridPoint { x, y }
    }

    fn clipped(mut ring: Vec<GridPoint>) -> Vec<GridPoint> {
        // Points of another ring stand before it.
        ring.insert(0, at(9, 9));
        clip_ring(&mut ring, 1);
        assert_eq!(ring.remove(0), at(9, 9));
        ring
    }

    #[test]
    fn a_ring_round_the_tile_becomes_the_tile_and_its_buffer() {
        let far = 1 << 34;
        let ring = vec![at(-far, -far), at(far, -far), at(far, far), at(-far, far)];
        let mut clipped = clipped(ring);
        clipped.sort_unstable();
        assert_eq!(clipped, [at(-64, -64), at(-64, 4160), at(4160, -64), at(4160, 4160)]);
    }

    #[test]
    fn a_border_is_cut_at_the_same_point_from_both_sides_and_as_a_line() {
        for (a, b) in
            [(at(100, 77), at(9_001, 5_000)), (at(-10_000, 3), at(8_000, 4_000)), (at(5, -900), at(6, 9_000))]
        {
            let left = clipped(vec![a, b, at(100, 20_000)]);
            let right = clipped(vec![b, a, at(100, -20_000)]);
            let line: Vec<GridPoint> = clip_line(vec![a, b]).concat();
            let turned: Vec<GridPoint> = clip_line(vec![b, a]).concat();
            assert_eq!(line.len(), 2, "the segment crosses the tile");
            for end in &line {
                assert!(left.contains(end) && right.contains(end) && turned.contains(end), "{end:?}");
            }
        }
    }

    #[test]
    fn a_line_that_leaves_and_comes_back_is_two() {
        let line = vec![at(100, 100), at(5_000, 100), at(5_000, 200), at(100, 200)];
        let parts = clip_line(line);
        assert_eq!(parts, [vec![at(100, 100), at(4160, 100)], vec![at(4160, 200), at(100, 200)]]);
        assert!(clip_line(vec![at(5_000, 0), at(6_000, 10)]).is_empty());
    }

    #[test]
    fn a_ring_outside_leaves_nothing() {
        assert!(clipped(vec![at(5_000, 0), at(6_000, 0), at(5_500, 50)]).len() < 3);
        let around_a_corner = vec![at(5_000, 4_100), at(5_000, 5_000), at(4_100, 5_000)];
        let clipped = clipped(around_a_corner);
        assert!(clipped.iter().all(|p| p.x <= 4160 && p.y <= 4160), "{clipped:?}");
    }

    #[test]
    fn a_crossing_is_rounded_to_the_nearest() {
        let edge = Edge { by_x: true, at: 1, keep_greater: true };
        assert_eq!(edge.crossing(at(0, 0), at(3, 4)), at(1, 1));
        assert_eq!(edge.crossing(at(0, 0), at(3, 5)), at(1, 2));
        assert_eq!(edge.crossing(at(0, 0), at(3, -5)), at(1, -2));
        assert_eq!(edge.crossing(at(3, -5), at(0, 0)), at(1, -2));
    }
}
