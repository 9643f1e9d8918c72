//! Point in ring, exactly, with a half-open rule for points on a border.
//!
//! A point on the border of two blocks must fall in exactly one of them. Counting, evenly or oddly, the
//! edges that a ray from the point towards the east crosses gives that, provided that every edge is
//! judged the same way whichever block asks: the orientation test is exact (adaptive precision, after
//! Shewchuk 1997) and the edge's ends are put in one order first. The rule amounts to moving the point
//! east by an amount smaller than any other, then north by one smaller still: a point on a border belongs
//! to the block just east of it, or just north of it when the border runs east and west.

use geo::{Coord, LineString, MultiPolygon, Polygon};

/// True when a ray from `p` towards the east (growing `x`) crosses the edge between `a` and `b`.
///
/// The answer for `a, b` and for `b, a` is always the same. An edge whose ends lie on one side of the
/// ray, horizontal ones included, is never crossed; an end level with `p` counts as south of the ray.
/// Coordinates are in any plane, `x` growing east and `y` north; a coordinate that is not a number
/// crosses nothing.
pub fn crosses_to_the_east(p: Coord, a: Coord, b: Coord) -> bool {
    if (a.y > p.y) == (b.y > p.y) {
        return false;
    }
    let (south, north) = if a.y < b.y { (a, b) } else { (b, a) };
    // Most edges are clear of the point on one side: the exact test is for the few that are not.
    if p.x < south.x && p.x < north.x {
        return true;
    }
    if p.x > south.x && p.x > north.x {
        return false;
    }
    robust::orient2d(robust_coord(south), robust_coord(north), robust_coord(p)) > 0.0
}

/// True when the edge between `a` and `b` passes over the meridian just east of `x`.
///
/// With [`lies_to_the_north`] it tells whether a way north along that meridian crosses the edge, by the same
/// imagined shift of points as [`crosses_to_the_east`].
pub fn spans_meridian(x: f64, a: Coord, b: Coord) -> bool {
    (a.x > x) != (b.x > x)
}

/// True when `p` lies to the north of the edge between `a` and `b`, which must span its meridian.
///
/// A point on the edge is north of it unless the edge rises to the east: the point is imagined a little to the east,
/// and by far less to the north.
pub fn lies_to_the_north(p: Coord, a: Coord, b: Coord) -> bool {
    let (west, east) = if a.x < b.x { (a, b) } else { (b, a) };
    if p.y > west.y && p.y > east.y {
        return true;
    }
    if p.y < west.y && p.y < east.y {
        return false;
    }
    let side = robust::orient2d(robust_coord(west), robust_coord(east), robust_coord(p));
    side > 0.0 || (side == 0.0 && east.y <= west.y)
}

fn robust_coord(c: Coord) -> robust::Coord<f64> {
    robust::Coord { x: c.x, y: c.y }
}

/// True when `p` is inside the closed ring `ring` by the even-odd, half-open rule of this module.
///
/// The direction of the ring and the vertex it starts from make no difference.
pub fn is_in_ring(p: Coord, ring: &LineString) -> bool {
    ring.0.windows(2).filter(|edge| crosses_to_the_east(p, edge[0], edge[1])).count() % 2 == 1
}

/// True when `p` is inside `polygon`, holes excluded, by the even-odd, half-open rule of this module.
pub fn is_in_polygon(p: Coord, polygon: &Polygon) -> bool {
    std::iter::once(polygon.exterior())
        .chain(polygon.interiors())
        .fold(false, |inside, ring| inside != is_in_ring(p, ring))
}

/// True when `p` is inside `shape`, holes excluded, by the even-odd, half-open rule of this module.
///
/// The direction of the rings makes no difference. For shapes that share borders (a coverage) every
/// point of their union is in exactly one.
pub fn is_in_shape(p: Coord, shape: &MultiPolygon) -> bool {
    shape.iter().fold(false, |inside, polygon| inside != is_in_polygon(p, polygon))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::coord;
    use proptest::prelude::*;

    fn square(west: f64, south: f64) -> LineString {
        LineString::from(vec![
            (west, south),
            (west + 1.0, south),
            (west + 1.0, south + 1.0),
            (west, south + 1.0),
            (west, south),
        ])
    }

    #[test]
    fn a_border_point_belongs_to_the_block_east_or_north_of_it() {
        let (here, east, north) = (square(0.0, 0.0), square(1.0, 0.0), square(0.0, 1.0));
        let on_east_border = coord! { x: 1.0, y: 0.5 };
        assert!(!is_in_ring(on_east_border, &here));
        assert!(is_in_ring(on_east_border, &east));
        let on_north_border = coord! { x: 0.5, y: 1.0 };
        assert!(!is_in_ring(on_north_border, &here));
        assert!(is_in_ring(on_north_border, &north));
    }

    #[test]
    fn a_hole_is_outside_and_an_island_in_it_inside() {
        let ring = |half: f64| {
            LineString::from(vec![(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)])
        };
        // The hole is wound like its shell on purpose: direction must not matter.
        let shape =
            MultiPolygon(vec![Polygon::new(ring(3.0), vec![ring(2.0)]), Polygon::new(ring(1.0), vec![])]);
        assert!(is_in_shape(coord! { x: 2.5, y: 0.1 }, &shape));
        assert!(!is_in_shape(coord! { x: 1.5, y: 0.1 }, &shape));
        assert!(is_in_shape(coord! { x: 0.5, y: 0.1 }, &shape));
        assert!(!is_in_shape(coord! { x: 3.5, y: 0.1 }, &shape));
    }

    #[test]
    fn what_is_not_a_number_is_nowhere() {
        assert!(!is_in_ring(coord! { x: f64::NAN, y: 0.5 }, &square(0.0, 0.0)));
        assert!(!is_in_ring(coord! { x: 0.5, y: f64::NAN }, &square(0.0, 0.0)));
    }

    // A small lattice makes points on edges, on vertices and in line with them the common case.
    fn lattice() -> impl Strategy<Value = Coord> {
        (-4..=4_i32, -4..=4_i32).prop_map(|(x, y)| coord! { x: f64::from(x) * 0.1, y: f64::from(y) * 0.1 })
    }

    proptest! {
        #[test]
        fn an_edge_is_judged_the_same_from_both_ends(p in lattice(), a in lattice(), b in lattice()) {
            prop_assert_eq!(crosses_to_the_east(p, a, b), crosses_to_the_east(p, b, a));
        }

        // A fan of triangles round a hub covers its hull: each point of it is in one triangle, each
        // point off it in none, also on the spokes, at the hub and at the rim.
        #[test]
        fn a_fan_of_triangles_holds_each_point_once(
            hub in (-0.3..0.3_f64, -0.3..0.3_f64),
            along in 0.0..=1.0_f64,
            spoke in 0..7_usize,
            on_spoke in any::<bool>(),
        ) {
            let hub = coord! { x: hub.0, y: hub.1 };
            let rim: Vec<Coord> = (0..7)
                .map(|i| f64::from(i) * std::f64::consts::TAU / 7.0)
                .map(|angle| coord! { x: angle.cos(), y: angle.sin() })
                .collect();
            let triangle = |i: usize| LineString::from(vec![hub, rim[i], rim[(i + 1) % 7], hub]);
            let outline = LineString::from([rim.clone(), vec![rim[0]]].concat());
            // Mixed with plain rim-to-rim points, so that near-degenerate and open positions both come.
            let end = if on_spoke { rim[spoke] } else { rim[(spoke + 3) % 7] * 1.1 };
            let p = hub + (end - hub) * along;
            let holders = (0..7).filter(|&i| is_in_ring(p, &triangle(i))).count();
            prop_assert_eq!(holders, usize::from(is_in_ring(p, &outline)));
        }

        // The oracle works in whole numbers: exact without any clever arithmetic.
        #[test]
        fn agrees_with_integer_arithmetic(
            p in (-50..50_i64, -50..50_i64), a in (-50..50_i64, -50..50_i64), b in (-50..50_i64, -50..50_i64),
        ) {
            let ((south_x, south_y), (north_x, north_y)) = if a.1 < b.1 { (a, b) } else { (b, a) };
            let spans = south_y <= p.1 && p.1 < north_y;
            let left = (north_x - south_x) * (p.1 - south_y) - (north_y - south_y) * (p.0 - south_x) > 0;
            let c = |(x, y): (i64, i64)| coord! { x: x as f64, y: y as f64 };
            prop_assert_eq!(crosses_to_the_east(c(p), c(a), c(b)), spans && left);
        }
    }
}
