//! A circle on the ellipsoid, and the plane in which it is very nearly a circle: Lambert's azimuthal equal-area plane about
//! its middle (Snyder, *Map Projections: A Working Manual*, 1987, pp. 187-190, ellipsoidal form).

use geo::{Coord, Intersects, Rect};

use super::LonLat;
use super::bounds::boxes_around;
use super::frame::{A_M, E2, LocalFrame};
use super::geodesic::coord_distance_m;

/// Sides of boxes up to this size, in metres, bend by less than a tenth of it up to this latitude.
const FLAT_SIZE_M: f64 = 200_000.0;
const FLAT_LAT: f64 = 75.0;

/// Lambert's azimuthal equal-area plane about a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct EqualArea {
    pub(super) lon: f64,
    lat: f64,
    sin_lat: f64,
    cos_lat: f64,
    per_q_pole: f64,
    pub(super) sin_beta: f64,
    pub(super) cos_beta: f64,
    pub(super) radius_m: f64,
    /// Stretches east and shrinks north so that the scale at the middle is true.
    d: f64,
    per_d: f64,
}

/// The area that a line sweeps between itself and the meridian of Greenwich, as the line runs north, less where it runs
/// south; in units of the square of the radius of the ball that has the area of the ellipsoid. Edges are straight in degrees.
///
/// It is the sum over the edges of the integral of the longitude by the sine of the authalic latitude, and so that of
/// many lines end to end is the sum of theirs. [`super::Common`] makes of it what counts in a circle.
pub fn swept(line: &[Coord]) -> f64 {
    let pole = q(1.0);
    let sine = |lat: f64| q(lat.to_radians().sin()) / pole;
    let Some(&first) = line.first() else { return 0.0 };
    let (mut from, mut from_sine) = (first, sine(first.y));
    let mut swept = 0.0;
    for &to in &line[1..] {
        let to_sine = sine(to.y);
        let (west, east) = (from.x.to_radians(), to.x.to_radians());
        // The longitude at the ends less the sine along the edge, by Simpson's rule where it bends at all.
        let mean = if (to.y - from.y).abs() > FLAT_STEP {
            (from_sine + 4.0 * sine(f64::midpoint(from.y, to.y)) + to_sine) / 6.0
        } else {
            f64::midpoint(from_sine, to_sine)
        };
        swept += east * (to_sine - mean) + west * (mean - from_sine);
        (from, from_sine) = (to, to_sine);
    }
    swept
}

/// Along so many degrees of latitude the sine of it is as good as straight: what it bends by is about a square metre for
/// each kilometre east.
const FLAT_STEP: f64 = 0.002;

/// Snyder's `q` (equation 3-12): twice the area north of the equator per radian, in units of the square of the major axis.
///
/// As a power series of the square of `e sin(lat)`, which is below 0.0067: seven terms have all the digits of a number.
#[inline]
fn q(sin_lat: f64) -> f64 {
    let x = E2 * sin_lat * sin_lat;
    let series = [14.0 / 13.0, 12.0 / 11.0, 10.0 / 9.0, 8.0 / 7.0, 6.0 / 5.0, 4.0 / 3.0, 2.0];
    (1.0 - E2) * sin_lat * series.into_iter().fold(0.0, |sum, term| sum * x + term)
}

/// Turns up to which series of seven and eight powers stand for sines and cosines: the next would change the last digit.
const SMALL_TURN: f64 = 0.05;

/// Sine and cosine of an angle in radians.
pub(super) fn sin_cos(angle: f64) -> (f64, f64) {
    if angle.abs() > SMALL_TURN {
        return angle.sin_cos();
    }
    small_sin_cos(angle)
}

/// The same of an angle up to [`SMALL_TURN`].
#[inline]
fn small_sin_cos(angle: f64) -> (f64, f64) {
    let x = angle * angle;
    (
        angle * (1.0 - x * (1.0 / 6.0) * (1.0 - x * (1.0 / 20.0) * (1.0 - x * (1.0 / 42.0)))),
        1.0 - x * 0.5 * (1.0 - x * (1.0 / 12.0) * (1.0 - x * (1.0 / 30.0) * (1.0 - x * (1.0 / 56.0)))),
    )
}

impl EqualArea {
    fn about(middle: LonLat) -> Self {
        // At the poles themselves `d` is nought over nought; a metre away it is not.
        let lat = middle.lat().clamp(-89.999_99, 89.999_99).to_radians();
        let q_pole = q(1.0);
        let sin_beta = q(lat.sin()) / q_pole;
        let cos_beta = (1.0 - sin_beta * sin_beta).max(0.0).sqrt();
        let radius_m = A_M * (q_pole / 2.0).sqrt();
        let m = lat.cos() / (1.0 - E2 * lat.sin() * lat.sin()).sqrt();
        let d = A_M * m / (radius_m * cos_beta);
        EqualArea {
            lon: middle.lon(),
            lat: lat.to_degrees(),
            sin_lat: lat.sin(),
            cos_lat: lat.cos(),
            per_q_pole: 1.0 / q_pole,
            sin_beta,
            cos_beta,
            radius_m,
            d,
            per_d: 1.0 / d,
        }
    }

    /// The sine of the authalic latitude of a place.
    pub(super) fn authalic_sine(&self, at: Coord) -> f64 {
        self.authalic_sine_of(sin_cos((at.y - self.lat).to_radians()))
    }

    /// The same of a place so far north, in sine and cosine.
    #[inline]
    fn authalic_sine_of(&self, (sin_north, cos_north): (f64, f64)) -> f64 {
        q(self.sin_lat * cos_north + self.cos_lat * sin_north) * self.per_q_pole
    }

    /// Metres east and north of the middle.
    pub(super) fn forward(&self, at: Coord) -> Coord {
        self.laid(sin_cos((at.x - self.lon).to_radians()), sin_cos((at.y - self.lat).to_radians()))
    }

    /// The same for some places together: where all are near there is no branch, and the processor reckons several at once.
    pub(super) fn forward_few<const N: usize>(&self, places: &[Coord; N]) -> [Coord; N] {
        let (mut east, mut north) = ([0.0_f64; N], [0.0_f64; N]);
        for ((east, north), at) in east.iter_mut().zip(&mut north).zip(places) {
            *east = (at.x - self.lon).to_radians();
            *north = (at.y - self.lat).to_radians();
        }
        let is_far = |turn: &f64| turn.abs() > SMALL_TURN;
        if east.iter().any(is_far) || north.iter().any(is_far) {
            return places.map(|at| self.forward(at));
        }
        let mut laid = [Coord { x: 0.0, y: 0.0 }; N];
        for ((laid, east), north) in laid.iter_mut().zip(east).zip(north) {
            *laid = self.laid(small_sin_cos(east), small_sin_cos(north));
        }
        laid
    }

    /// Metres east and north of the middle of a place so far east and north, each in sine and cosine.
    #[inline]
    fn laid(&self, (sin_east, cos_east): (f64, f64), north: (f64, f64)) -> Coord {
        let sin_beta = self.authalic_sine_of(north);
        let cos_beta = (1.0 - sin_beta * sin_beta).max(0.0).sqrt();
        let nearness = 1.0 + self.sin_beta * sin_beta + self.cos_beta * cos_beta * cos_east;
        // Only the point opposite the middle has no place in the plane.
        let b = self.radius_m * (2.0 / nearness.max(1e-12)).sqrt();
        Coord {
            x: b * self.d * cos_beta * sin_east,
            y: b * self.per_d * (self.cos_beta * sin_beta - self.sin_beta * cos_beta * cos_east),
        }
    }
}

/// How what is in a box lies to a circle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stance {
    /// All of it is in the circle.
    Inside,
    /// None of it is, and a line in the box turns about the middle by less than half a circle, so that its two ends tell by
    /// how much.
    Beyond,
    /// It is for a closer look to tell.
    Near,
}

/// All places within a distance of a point, measured on the ellipsoid.
#[derive(Clone, Copy, Debug)]
pub struct Circle {
    frame: LocalFrame,
    radius_m: f64,
    pub(super) plane: EqualArea,
    pub(super) flat_radius_m: f64,
    /// Boxes wholly in the circle, and one that holds all of it: most boxes are judged by these.
    inner: [Option<Rect>; 3],
    outer: Option<Rect>,
}

impl Circle {
    /// The circle of a radius in metres (not negative) about a point.
    pub fn new(middle: LonLat, radius_m: f64) -> Self {
        let (frame, plane) = (LocalFrame::at(middle), EqualArea::about(middle));
        // In the plane the circle is out of round by less than one part in ten thousand at 500 km: a round one of the same
        // area serves. A ball that bends as the ellipsoid does at the middle has it to a few parts in a hundred million.
        let ball_m = frame.radius_m();
        let turn = (radius_m / (2.0 * ball_m)).min(std::f64::consts::FRAC_PI_2);
        let flat_radius_m = 2.0 * ball_m * turn.sin();
        let inner = CORNERS.map(|degrees| {
            inscribed(middle, radius_m, degrees).filter(|inner| frame.box_at_most_m(*inner) <= radius_m)
        });
        // A circle across the line at 180 degrees has two.
        let outer = if let [only] = boxes_around(middle, radius_m)[..] { Some(only) } else { None };
        Circle { frame, radius_m, plane, flat_radius_m, inner, outer }
    }

    /// The middle.
    pub fn middle(&self) -> LonLat {
        self.frame.from()
    }

    /// The radius in metres along the ellipsoid.
    pub fn radius_m(&self) -> f64 {
        self.radius_m
    }

    /// The area of the circle in square metres.
    pub fn area_m2(&self) -> f64 {
        std::f64::consts::PI * self.flat_radius_m * self.flat_radius_m
    }

    /// Whether a place (degrees) is in the circle, its rim included. Only of places at the rim is the distance measured.
    pub fn holds(&self, place: Coord) -> bool {
        let alone = Rect::new(place, place);
        self.holds_box(alone)
            || !self.misses_box(alone) && coord_distance_m(self.middle().coord(), place) <= self.radius_m
    }

    /// Whether every place in a box (degrees) is in the circle.
    pub fn holds_box(&self, bounds: Rect) -> bool {
        self.is_well_inside(bounds) || self.reaches_all(bounds)
    }

    fn reaches_all(&self, bounds: Rect) -> bool {
        self.frame.box_at_most_m(bounds) <= self.radius_m
    }

    fn is_well_inside(&self, bounds: Rect) -> bool {
        let (low, high) = (bounds.min(), bounds.max());
        self.inner.iter().flatten().any(|inner| {
            inner.min().x <= low.x
                && high.x <= inner.max().x
                && inner.min().y <= low.y
                && high.y <= inner.max().y
        })
    }

    /// Whether no place in a box (degrees) is in the circle; may be false where that is so, never true where it is not.
    pub fn misses_box(&self, bounds: Rect) -> bool {
        self.outer.is_some_and(|outer| !outer.intersects(&bounds))
            || self.frame.box_at_least_m(bounds) > self.radius_m
    }

    /// How all that is in a box (degrees) lies to the circle.
    pub fn stance(&self, bounds: Rect) -> Stance {
        if self.is_well_inside(bounds) {
            Stance::Inside
        } else if self.passes(bounds) {
            Stance::Beyond
        } else if self.reaches_all(bounds) {
            Stance::Inside
        } else {
            Stance::Near
        }
    }

    /// Whether a stretch in a box (degrees) passes the circle outside, turning about the middle by less than half a circle, so
    /// that its two ends tell by how much. The box must be without the middle and so far away, compared with its size, that
    /// its sides do not bend around the middle.
    fn passes(&self, bounds: Rect) -> bool {
        let away_m = self.frame.box_at_least_m(bounds);
        if away_m <= self.radius_m * 1.001 + 1.0 {
            return false;
        }
        let (width, height) = (bounds.width(), bounds.height());
        let size_m = ((width * width + height * height).sqrt() * 111_700.0).max(1.0);
        let is_nearly_flat = size_m < FLAT_SIZE_M && self.middle().lat().abs() < FLAT_LAT;
        away_m > if is_nearly_flat { size_m / 10.0 } else { size_m }
    }
}

/// A box about the middle of a circle, with corners nearly on its rim at an angle in degrees from east.
fn inscribed(middle: LonLat, radius_m: f64, corner: f64) -> Option<Rect> {
    let reach = radius_m * NEARLY_ALL / LONGEST_DEGREE_M;
    let (high, half_wide) = (reach * corner.to_radians().sin(), reach * corner.to_radians().cos());
    // The box is widest at its end nearer the equator.
    let wide = half_wide / (middle.lat().abs() - high).max(0.0).to_radians().cos();
    let (at, half) = (middle.coord(), Coord { x: wide, y: high });
    (wide < 90.0 && middle.lat().abs() + high < 90.0).then(|| Rect::new(at - half, at + half))
}

/// Where the boxes in a circle have their corners: one long, one square and one high take five sixths of it.
const CORNERS: [f64; 3] = [45.0, 18.0, 72.0];
/// What the sides of a box bend by is less than what this leaves.
const NEARLY_ALL: f64 = 0.98;
/// No degree of a meridian or of the equator is longer.
const LONGEST_DEGREE_M: f64 = 111_700.0;

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::geometry::{distance_m, ring_area_m2};
    use geo::{Destination, Geodesic, Point, Polygon};
    use proptest::prelude::*;

    pub fn at(lon: f64, lat: f64) -> LonLat {
        LonLat::new(lon, lat).unwrap()
    }

    /// The circle as a polygon of places at its distance.
    pub fn drawn(middle: LonLat, radius_m: f64, corners: u32) -> Polygon {
        let place = |i: u32| {
            let bearing = 360.0 - 360.0 * f64::from(i) / f64::from(corners);
            Geodesic.destination(Point(middle.coord()), bearing, radius_m).0
        };
        Polygon::new((0..corners).map(place).collect(), Vec::new())
    }

    #[test]
    fn the_circle_is_nearly_round_and_as_large_as_its_drawing() {
        for (lat, radius_m) in [(50.0, 100.0), (50.0, 25_000.0), (60.9, 25_000.0), (54.0, 500_000.0)] {
            let middle = at(-2.0, lat);
            let circle = Circle::new(middle, radius_m);
            let area_m2 = ring_area_m2(drawn(middle, radius_m, 3_600).exterior());
            assert!((circle.area_m2() / area_m2 - 1.0).abs() < 1e-5, "{lat} {radius_m}");
            for i in 0..72 {
                let rim = Geodesic.destination(Point(middle.coord()), f64::from(i) * 5.0, radius_m);
                let flat = circle.plane.forward(rim.0);
                let off = flat.x.hypot(flat.y) / circle.flat_radius_m - 1.0;
                assert!(off.abs() < 1e-4, "{lat} {radius_m} {i}: {off}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn boxes_are_judged_safely(
            lat in 49.9..60.9_f64,
            radius_m in 0.0..100_000.0_f64,
            corner in (-1.0..1.0_f64, -1.0..1.0_f64),
            size in (0.0..0.5_f64, 0.0..0.5_f64),
            within in (0.0..=1.0_f64, 0.0..=1.0_f64),
        ) {
            let circle = Circle::new(at(-2.0, lat), radius_m);
            let low = Coord { x: -2.0 + corner.0, y: lat + corner.1 };
            let bounds = Rect::new(low, low + Coord { x: size.0, y: size.1 });
            let place = at(low.x + size.0 * within.0, low.y + size.1 * within.1);
            let away_m = distance_m(circle.middle(), place);
            if circle.holds_box(bounds) {
                prop_assert!(away_m <= radius_m + 1e-6);
            }
            if circle.misses_box(bounds) {
                prop_assert!(away_m > radius_m);
            }
        }
    }
}
