//! The surroundings of one point, flat: bounds of distances in a few multiplications.
//!
//! The mid-latitude formula lays places near the point into a plane of metres. A chord through the earth is never longer
//! than the way in that plane, and shorter than it by no more than a known part; so what is laid there bounds the
//! distance from both sides, for edges and for boxes, to a thousandth at a thousand kilometres and far better nearby.

use geo::{Coord, Rect};

use super::LonLat;
use super::bounds::{box_at_least_m, box_at_most_m};
use super::geodesic::coord_distance_m;

/// Semi-major axis of WGS 84 in metres.
pub(super) const A_M: f64 = 6_378_137.0;
/// First eccentricity squared of WGS 84.
pub(super) const E2: f64 = 0.006_694_379_990_141_316;

/// Where the bounds were checked: farther from the point, or nearer the poles, chords decide.
const NEAR_LAT: f64 = 6.0;
const NEAR_LON: f64 = 10.0;
const NEAR_POLE: f64 = 70.0;
/// Nearer the equator a parallel between two others may be longer than both.
const FAR_FROM_EQUATOR: f64 = 10.0;
/// Chords no longer than this are bent to geodesics by [`LocalFrame::geodesic_m`].
const SHORT_CHORD_M: f64 = 100_000.0;
/// By how much of itself a geodesic is at most longer than a flat way, by the square of that: 1 / (24 R^2).
const LENGTHENING_PER_M2: f64 = 1.1e-15;

/// A point and what all distances from it need. Made once for many questions about the same point.
#[derive(Clone, Copy, Debug)]
pub struct LocalFrame {
    from: LonLat,
    sin_lat: f64,
    cos_lat: f64,
    /// Radii of curvature at the point, east and north, and by how much of themselves they grow with
    /// each radian north.
    normal_m: f64,
    normal_growth: f64,
    meridional_m: f64,
    meridional_growth: f64,
    /// By how much of itself a chord is at most shorter than the flat distance, by the square of that.
    shortening_per_m2: f64,
}

impl LocalFrame {
    /// The surroundings of a point.
    pub fn at(from: LonLat) -> Self {
        let (sin_lat, cos_lat) = from.lat().to_radians().sin_cos();
        let w = 1.0 - E2 * sin_lat * sin_lat;
        LocalFrame {
            from,
            sin_lat,
            cos_lat,
            normal_m: A_M / w.sqrt(),
            normal_growth: E2 * sin_lat * cos_lat / w,
            meridional_m: A_M * (1.0 - E2) / (w * w.sqrt()),
            meridional_growth: 3.0 * E2 * sin_lat * cos_lat / w,
            // 1 / (24 R^2) for the chord and tan^2 / (24 R^2) for the mid-latitude formula, taken half of
            // `NEAR_LAT` nearer the pole; 1.3e-15 was the most in four million pairs.
            shortening_per_m2: 1.6e-15 / (from.lat().abs() + NEAR_LAT / 2.0).to_radians().cos().powi(2),
        }
    }

    /// The point.
    pub fn from(&self) -> LonLat {
        self.from
    }

    /// Sine and cosine of the latitude of the point.
    pub(super) fn sin_cos_lat(&self) -> (f64, f64) {
        (self.sin_lat, self.cos_lat)
    }

    /// Radius in metres of the ball that bends as the ellipsoid does at the point (Gauss).
    pub(super) fn radius_m(&self) -> f64 {
        (self.normal_m * self.meridional_m).sqrt()
    }

    /// Whether flat ways to an offset from the point, in degrees, bound its distance.
    pub(super) fn reaches(&self, offset: Coord) -> bool {
        self.from.lat().abs() <= NEAR_POLE && offset.x.abs() <= NEAR_LON && offset.y.abs() <= NEAR_LAT
    }

    /// Metres east for each radian of longitude, and the half of the way north in radians, at an offset north in degrees.
    fn east_m(&self, north: f64) -> (f64, f64) {
        let half = north.to_radians() / 2.0;
        let cos_middle = self.cos_lat * (1.0 - half * half / 2.0) - self.sin_lat * half;
        (self.normal_m * (1.0 + self.normal_growth * half) * cos_middle, half)
    }

    fn north_m(&self, half: f64) -> f64 {
        2.0 * half * self.meridional_m * (1.0 + self.meridional_growth * half)
    }

    /// Metres east and north of the point, by the mid-latitude formula with the cosine as a series.
    pub(super) fn flat_m(&self, offset: Coord) -> Coord {
        let (east_m, half) = self.east_m(offset.y);
        Coord { x: offset.x.to_radians() * east_m, y: self.north_m(half) }
    }

    /// A length that the chord to a place so far away in the plane is not below; a thousandth of a metre covers rounding.
    pub(super) fn chord_at_least_m(&self, flat_m: f64) -> f64 {
        flat_m * (1.0 - self.shortening_per_m2 * flat_m * flat_m) - 1e-3
    }

    /// A length in the plane beyond which no chord is as short as one in metres.
    pub(super) fn flat_at_most_m(&self, chord_m: f64) -> f64 {
        let shortening = self.shortening_per_m2 * chord_m * chord_m;
        // Twice the shortening is more than enough where that is small; elsewhere nothing is said.
        if shortening < 0.1 { (chord_m + 1e-3) * (1.0 + 2.0 * shortening) } else { f64::INFINITY }
    }

    /// The length in metres of the geodesic from the point to a place at the end of a chord.
    ///
    /// Over a short way a geodesic is an arc of the curvature that the ellipsoid has in its direction at the middle (Euler's
    /// theorem); what that leaves out grows with the fifth power of the length, and is below a hundredth of a millimetre
    /// here. Karney's method, which takes all else on the way to an answer together, measures the longer ones.
    pub(super) fn geodesic_m(&self, chord_m: f64, at: Coord) -> f64 {
        let offset = at - self.from.coord();
        if chord_m > SHORT_CHORD_M || self.from.lat().abs() > NEAR_POLE || offset.x.abs() > NEAR_LON {
            return coord_distance_m(self.from.coord(), at);
        }
        let flat = self.flat_m(offset);
        let square = flat.x * flat.x + flat.y * flat.y;
        if square <= 0.0 {
            return chord_m;
        }
        let half = offset.y.to_radians() / 2.0;
        let east_m = self.normal_m * (1.0 + self.normal_growth * half);
        let north_m = self.meridional_m * (1.0 + self.meridional_growth * half);
        let curvature = (flat.x * flat.x / east_m + flat.y * flat.y / north_m) / square;
        let turn = (chord_m * curvature).powi(2);
        chord_m * (1.0 + turn * (1.0 / 24.0 + turn * 3.0 / 640.0))
    }

    /// The corners of a box (degrees) as offsets from the point, where flat ways to all of it bound distances.
    fn corners(&self, bounds: Rect) -> Option<(Coord, Coord)> {
        let (low, high) = (bounds.min() - self.from.coord(), bounds.max() - self.from.coord());
        (self.reaches(low) && self.reaches(high)).then_some((low, high))
    }

    /// A length in metres that no place in a box (degrees) is nearer than: 0 inside.
    pub fn box_at_least_m(&self, bounds: Rect) -> f64 {
        match self.flat_square_m2(bounds) {
            Some(square_m2) => self.chord_at_least_m(square_m2.sqrt()).max(0.0),
            None => box_at_least_m(self.from, bounds),
        }
    }

    /// How near a box (degrees) may be, to be compared with [`Self::bound_of`] of a length and with other boxes: a square, which
    /// spares a root for each of many.
    pub fn box_bound(&self, bounds: Rect) -> f64 {
        self.flat_square_m2(bounds).unwrap_or_else(|| self.bound_of(box_at_least_m(self.from, bounds)))
    }

    /// The bound above which a box has no place as near as a length in metres.
    pub fn bound_of(&self, length_m: f64) -> f64 {
        self.flat_at_most_m(length_m).powi(2)
    }

    /// The square of a flat way that no place in a box (degrees) is nearer than, where flat ways bound distances.
    fn flat_square_m2(&self, bounds: Rect) -> Option<f64> {
        let (low, high) = self.corners(bounds)?;
        let gap = |low: f64, high: f64| low.max(-high).max(0.0);
        let (east, north) = (gap(low.x, high.x), if low.y > 0.0 { low.y } else { high.y.min(0.0) });
        // Of the parallels the one at an end is shortest: how long they are is concave by latitude.
        let x = east.to_radians() * self.east_m(low.y).0.min(self.east_m(high.y).0);
        let y = self.north_m(north.to_radians() / 2.0);
        Some(x * x + y * y)
    }

    /// A length in metres that no place in a box (degrees, less than half the world wide) is farther than.
    pub fn box_at_most_m(&self, bounds: Rect) -> f64 {
        let Some((low, high)) = self.corners(bounds).filter(|_| self.from.lat().abs() > FAR_FROM_EQUATOR)
        else {
            return box_at_most_m(self.from, bounds);
        };
        let east = low.x.abs().max(high.x.abs());
        let x = east.to_radians() * self.east_m(low.y).0.max(self.east_m(high.y).0);
        let to = |north: f64| self.north_m(north.to_radians() / 2.0).abs();
        let y = to(low.y).max(to(high.y));
        let flat_m2 = x * x + y * y;
        flat_m2.sqrt() * (1.0 + LENGTHENING_PER_M2 * flat_m2) + 1e-3
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::distance_m;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        // By geodesics to places in the box, its corners among them.
        #[test]
        fn limits_of_boxes_are_certain(
            from in (-180.0..180.0_f64, -85.0..85.0_f64),
            low in (-12.0..12.0_f64, -7.0..7.0_f64),
            size in (0.0..3.0_f64, 0.0..3.0_f64),
            closeness in 0.001..1.0_f64,
            within in (0.0..=1.0_f64, 0.0..=1.0_f64),
        ) {
            let from = LonLat::new(from.0, from.1).unwrap();
            let corner = from.coord() + Coord { x: low.0, y: low.1 } * closeness;
            let size = Coord { x: size.0, y: size.1 } * closeness;
            prop_assume!(corner.x > -180.0 && corner.x + size.x < 180.0);
            prop_assume!(corner.y > -89.0 && corner.y + size.y < 89.0);
            let bounds = Rect::new(corner, corner + size);
            let frame = LocalFrame::at(from);
            let (least_m, most_m) = (frame.box_at_least_m(bounds), frame.box_at_most_m(bounds));
            for (x, y) in [within, (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (within.0, 0.0), (0.0, within.1)] {
                let place = LonLat::new(corner.x + size.x * x, corner.y + size.y * y).unwrap();
                let away_m = distance_m(from, place);
                prop_assert!(least_m <= away_m + 1e-3, "{least_m} {away_m}");
                prop_assert!(frame.box_bound(bounds) <= frame.bound_of(away_m), "{least_m} {away_m}");
                prop_assert!(most_m >= away_m - 1e-3, "{most_m} {away_m}");
            }
        }
    }
}
