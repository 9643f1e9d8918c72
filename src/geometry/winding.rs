//! The direction of rings.

use geo::winding_order::Winding;
use geo::{LineString, MultiPolygon};

/// Wind every ring as GeoJSON asks: shells counter-clockwise, holes clockwise.
pub fn orient(shape: &mut MultiPolygon) {
    // The winding of what is not a number cannot be told.
    let finite = |ring: &LineString| ring.0.iter().all(|c| c.x.is_finite() && c.y.is_finite());
    for polygon in shape {
        polygon.exterior_mut(|shell| {
            if finite(shell) {
                shell.make_ccw_winding();
            }
        });
        polygon.interiors_mut(|holes| {
            holes.iter_mut().filter(|hole| finite(hole)).for_each(Winding::make_cw_winding);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Polygon;

    fn square(x: f64, y: f64, side: f64) -> LineString {
        LineString::from(vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)])
    }

    #[test]
    fn orient_winds_shells_one_way_and_holes_the_other() {
        use geo::winding_order::WindingOrder::{Clockwise, CounterClockwise};
        let backwards = |ring: LineString| LineString(ring.0.into_iter().rev().collect());
        let hole = square(1.0, 1.0, 1.0);
        let mut shape = MultiPolygon(vec![Polygon::new(backwards(square(0.0, 0.0, 9.0)), vec![hole])]);
        shape.0.push(Polygon::new(LineString::from(vec![(f64::NAN, 0.0), (1.0, 0.0), (1.0, 1.0)]), vec![]));
        orient(&mut shape);
        assert_eq!(shape.0[0].exterior().winding_order(), Some(CounterClockwise));
        assert_eq!(shape.0[0].interiors()[0].winding_order(), Some(Clockwise));
        let once = shape.0[0].clone();
        orient(&mut shape);
        assert_eq!(shape.0[0], once);
    }
}
