//! Cheap limits of the distance between a point and a box, for searches by boxes.
//!
//! On the ellipsoid a step of an angle is never shorter than on a ball of its least radius of curvature and never longer
//! than on one of its greatest; on a ball the haversine formula is exact. The limits are therefore certain, and within one
//! hundredth of each other and of the truth for a box that is a point.

use geo::{Coord, Rect};

use super::LonLat;

/// The least radius of curvature of WGS 84 in metres: of the meridian at the equator.
pub(super) const LEAST_RADIUS_M: f64 = 6_335_439.0;
/// The greatest: at the poles.
const GREATEST_RADIUS_M: f64 = 6_399_594.0;

/// A length in metres that no place in a box (degrees) is nearer than: 0 inside.
pub fn box_at_least_m(from: LonLat, bounds: Rect) -> f64 {
    let (low, high) = (bounds.min(), bounds.max());
    let gap = |at: f64, low: f64, high: f64| (low - at).max(at - high).max(0.0);
    let mut lon = gap(from.lon(), low.x, high.x);
    if lon + (high.x - low.x) > 180.0 {
        // The short way round the world may be the other one.
        lon = lon.min(gap(from.lon() - 360.0, low.x, high.x)).min(gap(from.lon() + 360.0, low.x, high.x));
    }
    let (lon, lat) = (lon.to_radians(), gap(from.lat(), low.y, high.y).to_radians());
    // The parallels are shortest at the end nearer a pole.
    let cosine = low.y.abs().max(high.y.abs()).to_radians().cos().max(0.0);
    LEAST_RADIUS_M * angle(lat, lon, from.lat().to_radians().cos() * cosine)
}

/// A length in metres that no place in a box (degrees, less than half the world wide) is farther than.
pub fn box_at_most_m(from: LonLat, bounds: Rect) -> f64 {
    let (low, high) = (bounds.min(), bounds.max());
    let far = |at: f64, low: f64, high: f64| (at - low).abs().max((high - at).abs());
    let lon = far(from.lon(), low.x, high.x).min(180.0).to_radians();
    let lat = far(from.lat(), low.y, high.y).to_radians();
    let widest = if low.y <= 0.0 && high.y >= 0.0 { 0.0 } else { low.y.abs().min(high.y.abs()) };
    GREATEST_RADIUS_M * angle(lat, lon, from.lat().to_radians().cos() * widest.to_radians().cos())
}

/// The angle at the middle of a ball, by the haversine formula.
fn angle(lat: f64, lon: f64, cosines: f64) -> f64 {
    let haversine = (haversine(lat) + cosines * haversine(lon)).clamp(0.0, 1.0);
    let sine = haversine.sqrt();
    if haversine < SMALL {
        // The arc sine as a series, to ten digits; the limits leave room for a thousandth.
        let h = haversine;
        return 2.0
            * sine
            * (1.0 + h * (1.0 / 6.0 + h * (3.0 / 40.0 + h * (5.0 / 112.0 + h * 35.0 / 1152.0))));
    }
    2.0 * sine.asin()
}

/// Squares of half an angle, and of the sine of it, up to which series stand for sines: most boxes asked about are near.
const SMALL: f64 = 0.02;

/// The square of the sine of half an angle.
fn haversine(angle: f64) -> f64 {
    let square = angle * angle / 4.0;
    if square < SMALL {
        return square * (1.0 - square * (1.0 / 3.0 - square * (2.0 / 45.0 - square / 315.0)));
    }
    let sine = (angle / 2.0).sin();
    sine * sine
}

/// Boxes (degrees) that hold every place within a distance in metres of a point: one, or two where they cross the line
/// at 180 degrees.
pub fn boxes_around(middle: LonLat, radius_m: f64) -> Vec<Rect> {
    // A hundredth more than the least radius gives: boxes may be too large, never too small.
    let turn = (radius_m / LEAST_RADIUS_M).to_degrees() * 1.01 + 1e-9;
    let (south, north) = ((middle.lat() - turn).max(-90.0), (middle.lat() + turn).min(90.0));
    // A meridian touches a circle of angle r about latitude p where sin(turn) = sin(r) / cos(p).
    let sine = turn.min(90.0).to_radians().sin() / middle.lat().to_radians().cos().max(1e-12);
    let wide = if sine >= 1.0 || turn >= 90.0 { 180.0 } else { sine.asin().to_degrees() + 1e-9 };
    let corner = |x, y| Coord { x, y };
    let (west, east) = (middle.lon() - wide, middle.lon() + wide);
    if wide >= 180.0 {
        vec![Rect::new(corner(-180.0, south), corner(180.0, north))]
    } else if west < -180.0 {
        vec![
            Rect::new(corner(-180.0, south), corner(east, north)),
            Rect::new(corner(west + 360.0, south), corner(180.0, north)),
        ]
    } else if east > 180.0 {
        vec![
            Rect::new(corner(west, south), corner(180.0, north)),
            Rect::new(corner(-180.0, south), corner(east - 360.0, north)),
        ]
    } else {
        vec![Rect::new(corner(west, south), corner(east, north))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::distance_m;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn limits_are_certain(
            from in (-180.0..180.0_f64, -89.0..89.0_f64),
            low in (-170.0..100.0_f64, -89.0..80.0_f64),
            size in (0.0..70.0_f64, 0.0..9.0_f64),
            within in (0.0..=1.0_f64, 0.0..=1.0_f64),
        ) {
            let from = LonLat::new(from.0, from.1).unwrap();
            let corner = Coord { x: low.0, y: low.1 };
            let bounds = Rect::new(corner, corner + Coord { x: size.0, y: size.1 });
            let place = LonLat::new(low.0 + size.0 * within.0, low.1 + size.1 * within.1).unwrap();
            let away_m = distance_m(from, place);
            prop_assert!(box_at_least_m(from, bounds) <= away_m + 1e-3, "{away_m}");
            prop_assert!(box_at_most_m(from, bounds) >= away_m - 1e-3, "{away_m}");
        }

        #[test]
        fn what_is_near_is_in_a_box_around(
            from in (-180.0..180.0_f64, -89.0..89.0_f64),
            bearing in 0.0..360.0_f64,
            radius_m in 0.0..3_000_000.0_f64,
            share in 0.0..=1.0_f64,
        ) {
            use geo::Destination;
            let middle = LonLat::new(from.0, from.1).unwrap();
            let place = geo::Geodesic.destination(geo::Point(middle.coord()), bearing, radius_m * share).0;
            let held = boxes_around(middle, radius_m).into_iter().any(|b| {
                (b.min().x..=b.max().x).contains(&place.x) && (b.min().y..=b.max().y).contains(&place.y)
            });
            prop_assert!(held, "{place:?} of {:?}", boxes_around(middle, radius_m));
        }
    }
}
