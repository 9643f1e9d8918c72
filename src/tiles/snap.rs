//! Noding on a grid: segments that cross anywhere become segments that meet only at their ends, all on grid
//! points.
//!
//! Snap rounding (Hobby 1999, "Practical segment intersection with finite precision output"): the grid
//! squares that hold an end or a crossing are hot, and every segment is led through the centre of every hot
//! square that it passes. No segment moves by more than half a square, and what comes out never crosses,
//! however tangled the input.

use std::cmp::Ordering;

use super::shape::GridPoint;

/// A directed segment.
pub(super) type Segment = (GridPoint, GridPoint);

/// Leads segments through the hot squares, keeping their directions. Coordinates must be below 2^20.
pub(super) fn snap(segments: &[Segment]) -> Vec<Segment> {
    let mut hot: Vec<GridPoint> = segments.iter().flat_map(|&(a, b)| [a, b]).collect();
    add_crossings(segments, &mut hot);
    hot.sort_unstable();
    hot.dedup();
    let mut snapped = Vec::with_capacity(segments.len());
    let mut passed: Vec<([Fraction; 2], GridPoint)> = Vec::new();
    for &(a, b) in segments {
        passed.clear();
        let columns = a.x.min(b.x)..=a.x.max(b.x);
        let rows = a.y.min(b.y)..=a.y.max(b.y);
        let first = hot.partition_point(|p| p.x < *columns.start());
        let near = hot[first..].iter().take_while(|p| columns.contains(&p.x)).filter(|p| rows.contains(&p.y));
        passed.extend(near.filter_map(|&p| Some((passage(a, b, p)?, p))));
        // A square passed in its corner alone is entered where the next one is: it is left first.
        passed.sort_unstable_by(|([into, out], _), (other, _)| {
            into.compare(other[0]).then_with(|| out.compare(other[1]))
        });
        snapped.extend(passed.windows(2).map(|pair| (pair[0].1, pair[1].1)));
    }
    snapped
}

/// Adds the squares in which two segments cross.
fn add_crossings(segments: &[Segment], hot: &mut Vec<GridPoint>) {
    let mut order: Vec<Segment> =
        segments.iter().map(|&(a, b)| if a < b { (a, b) } else { (b, a) }).collect();
    order.sort_unstable();
    order.dedup();
    let mut open: Vec<Segment> = Vec::new();
    for &(a, b) in &order {
        open.retain(|other| other.1.x >= a.x);
        let (top, bottom) = (a.y.min(b.y), a.y.max(b.y));
        let near = open.iter().filter(|(c, d)| c.y.max(d.y) >= top && c.y.min(d.y) <= bottom);
        hot.extend(near.filter_map(|&(c, d)| crossing(a, b, c, d)));
        open.push((a, b));
    }
}

/// The square in which the insides of two segments cross. Where an end lies on the other segment, that end is
/// hot already.
fn crossing(a: GridPoint, b: GridPoint, c: GridPoint, d: GridPoint) -> Option<GridPoint> {
    let (of_c, of_d) = (turn(a, b, c), turn(a, b, d));
    let (of_a, of_b) = (turn(c, d, a), turn(c, d, b));
    if of_c.signum() * of_d.signum() >= 0 || of_a.signum() * of_b.signum() >= 0 {
        return None;
    }
    // At c + (d - c) of_c / (of_c - of_d).
    let whole = i128::from(of_c - of_d);
    let along = |start: i64, end: i64| {
        let place = 2 * (i128::from(start) * whole + i128::from(end - start) * i128::from(of_c));
        // To the square [p - 1/2, p + 1/2) that holds it.
        let (place, whole) = if whole < 0 { (-place, -whole) } else { (place, whole) };
        (place + whole).div_euclid(2 * whole) as i64
    };
    Some(GridPoint { x: along(c.x, d.x), y: along(c.y, d.y) })
}

/// Positive when a, b, c turn the way from the x to the y axis.
pub(super) fn turn(a: GridPoint, b: GridPoint, c: GridPoint) -> i64 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

/// A place along a segment, from 0 to 1. The denominator is positive.
#[derive(Clone, Copy)]
struct Fraction {
    over: i64,
    under: i64,
}

impl Fraction {
    fn compare(self, other: Fraction) -> Ordering {
        (self.over * other.under).cmp(&(other.over * self.under))
    }
}

/// Where the segment a-b enters and leaves the square around p, closed on its lesser sides and open on its
/// greater ones; `None` when it does not pass it.
fn passage(a: GridPoint, b: GridPoint, p: GridPoint) -> Option<[Fraction; 2]> {
    // (place, whether the place itself belongs)
    let mut from = (Fraction { over: 0, under: 1 }, true);
    let mut to = (Fraction { over: 1, under: 1 }, true);
    for (start, end, centre) in [(a.x, b.x, p.x), (a.y, b.y, p.y)] {
        let run = 2 * (end - start);
        if run == 0 {
            if start != centre {
                return None;
            }
            continue;
        }
        let lesser = 2 * (centre - start) - 1;
        let greater = 2 * (centre - start) + 1;
        let (into, out) = if run > 0 {
            ((Fraction { over: lesser, under: run }, true), (Fraction { over: greater, under: run }, false))
        } else {
            (
                (Fraction { over: -greater, under: -run }, false),
                (Fraction { over: -lesser, under: -run }, true),
            )
        };
        match into.0.compare(from.0) {
            Ordering::Greater => from = into,
            Ordering::Equal => from.1 &= into.1,
            Ordering::Less => {}
        }
        match out.0.compare(to.0) {
            Ordering::Less => to = out,
            Ordering::Equal => to.1 &= out.1,
            Ordering::Greater => {}
        }
    }
    let passes = match from.0.compare(to.0) {
        Ordering::Less => true,
        Ordering::Equal => from.1 && to.1,
        Ordering::Greater => false,
    };
    passes.then_some([from.0, to.0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(x: i64, y: i64) -> GridPoint {
        GridPoint { x, y }
    }

    #[test]
    fn a_crossing_is_led_through_its_square() {
        let snapped = snap(&[(at(0, 0), at(10, 9)), (at(0, 9), at(10, 0))]);
        // They cross at (5, 4.5), in the square around (5, 5).
        let centre = at(5, 5);
        assert_eq!(
            snapped,
            [(at(0, 0), centre), (centre, at(10, 9)), (at(0, 9), centre), (centre, at(10, 0))]
        );
    }

    #[test]
    fn a_segment_is_led_through_an_end_that_it_nearly_meets() {
        let snapped = snap(&[(at(0, 0), at(9, 1)), (at(5, 1), at(5, 7))]);
        assert_eq!(snapped, [(at(0, 0), at(5, 1)), (at(5, 1), at(9, 1)), (at(5, 1), at(5, 7))]);
    }

    #[test]
    fn a_square_is_closed_on_its_lesser_sides_only() {
        // Through the corner (0.5, 0.5), which belongs to the square around (1, 1) alone.
        let (a, b) = (at(-1, 2), at(2, -1));
        let passed: Vec<_> = [at(0, 0), at(1, 0), at(0, 1), at(1, 1)]
            .into_iter()
            .filter(|&p| passage(a, b, p).is_some() && passage(b, a, p).is_some())
            .collect();
        assert_eq!(passed, [at(1, 0), at(0, 1), at(1, 1)]);
        let (a, b) = (at(0, 0), at(1, 1));
        assert!(passage(a, b, at(1, 0)).is_none() && passage(a, b, at(0, 1)).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn snapped_segments_meet_only_at_their_ends(ends in prop::collection::vec(((0i64..16, 0i64..16), (0i64..16, 0i64..16)), 1..14)) {
            let segments: Vec<Segment> = ends
                .into_iter()
                .map(|((ax, ay), (bx, by))| (at(ax, ay), at(bx, by)))
                .filter(|(a, b)| a != b)
                .collect();
            let snapped = snap(&segments);
            for (i, &(a, b)) in snapped.iter().enumerate() {
                prop_assert_ne!(a, b);
                for &(c, d) in &snapped[i + 1..] {
                    let same = (a, b) == (c, d) || (a, b) == (d, c);
                    prop_assert!(crossing(a, b, c, d).is_none());
                    for (p, (q, r)) in [(a, (c, d)), (b, (c, d)), (c, (a, b)), (d, (a, b))] {
                        let within = turn(q, r, p) == 0 && (p.x - q.x) * (p.x - r.x) <= 0 && (p.y - q.y) * (p.y - r.y) <= 0;
                        prop_assert!(same || !within || p == q || p == r, "{p:?} lies within {q:?}-{r:?}");
                    }
                }
            }
        }

        /// Each end of each segment is still joined to the other by the parts of that segment.
        #[test]
        fn a_segment_alone_stays_as_it_is(ax in -50i64..50, ay in -50i64..50, bx in -50i64..50, by in -50i64..50) {
            prop_assume!((ax, ay) != (bx, by));
            let segment = (at(ax, ay), at(bx, by));
            prop_assert_eq!(snap(&[segment]), vec![segment]);
        }
    }
}
