//! A circle on the ellipsoid, and how much of a shape's ground lies in it.
//!
//! The shape is laid into Lambert's azimuthal equal-area plane about the middle of the circle (Snyder, *Map Projections: A
//! Working Manual*, 1987, pp. 187-190, ellipsoidal form), where areas are true and the circle is very nearly a circle;
//! the area common to both is then a sum over the edges of the shape, each a triangle where it runs inside the circle
//! and a sector where it runs outside. Nothing is clipped and no new vertex is made.

use geo::Coord;

use super::LonLat;
use super::frame::{A_M, E2, LocalFrame};
use super::geodesic::coord_distance_m;

/// Edges are straight in degrees and bend in the plane: pieces no longer than this many degrees bend by about a metre.
const LONGEST_PIECE: f64 = 0.1;

/// Edges that are judged together where a stretch meets the rim.
const FEW_EDGES: usize = 8;

/// Sides of boxes up to this size, in metres, bend by less than a tenth of it up to this latitude.
const FLAT_SIZE_M: f64 = 200_000.0;
const FLAT_LAT: f64 = 75.0;

/// Lambert's azimuthal equal-area plane about a point.
#[derive(Clone, Copy, Debug)]
struct EqualArea {
    lon: f64,
    lat: f64,
    sin_lat: f64,
    cos_lat: f64,
    per_q_pole: f64,
    sin_beta: f64,
    cos_beta: f64,
    radius_m: f64,
    /// Stretches east and shrinks north so that the scale at the middle is true.
    d: f64,
    per_d: f64,
}

/// The area that a line sweeps between itself and the meridian of Greenwich, as the line runs north, less where it runs
/// south; in units of the square of the radius of the ball that has the area of the ellipsoid. Edges are straight in degrees.
///
/// It is the sum over the edges of the integral of the longitude by the sine of the authalic latitude, and so that of
/// many lines end to end is the sum of theirs. [`Circle::area_along_m2`] makes of it what counts in a circle.
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

/// Along so many degrees of latitude the sine of it is as good as straight.
const FLAT_STEP: f64 = 0.01;

/// Snyder's `q` (equation 3-12): twice the area north of the equator per radian, in units of the square of the major axis.
///
/// As a power series of the square of `e sin(lat)`, which is below 0.0067: seven terms have all the digits of a number.
fn q(sin_lat: f64) -> f64 {
    let x = E2 * sin_lat * sin_lat;
    let series = [14.0 / 13.0, 12.0 / 11.0, 10.0 / 9.0, 8.0 / 7.0, 6.0 / 5.0, 4.0 / 3.0, 2.0];
    (1.0 - E2) * sin_lat * series.into_iter().fold(0.0, |sum, term| sum * x + term)
}

/// Turns up to which series of seven and eight powers stand for sines and cosines: the next would change the last digit.
const SMALL_TURN: f64 = 0.05;

/// Sine and cosine of an angle in radians.
fn sin_cos(angle: f64) -> (f64, f64) {
    if angle.abs() > SMALL_TURN {
        return angle.sin_cos();
    }
    let x = angle * angle;
    (
        angle * (1.0 - x / 6.0 * (1.0 - x / 20.0 * (1.0 - x / 42.0))),
        1.0 - x / 2.0 * (1.0 - x / 12.0 * (1.0 - x / 30.0 * (1.0 - x / 56.0))),
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
    fn authalic_sine(&self, at: Coord) -> f64 {
        let (sin_turn, cos_turn) = sin_cos((at.y - self.lat).to_radians());
        q(self.sin_lat * cos_turn + self.cos_lat * sin_turn) * self.per_q_pole
    }

    /// Metres east and north of the middle.
    fn forward(&self, at: Coord) -> Coord {
        let (sin_lon, cos_lon) = sin_cos((at.x - self.lon).to_radians());
        let sin_beta = self.authalic_sine(at);
        let cos_beta = (1.0 - sin_beta * sin_beta).max(0.0).sqrt();
        let nearness = 1.0 + self.sin_beta * sin_beta + self.cos_beta * cos_beta * cos_lon;
        // Only the point opposite the middle has no place in the plane.
        let b = self.radius_m * (2.0 / nearness.max(1e-12)).sqrt();
        Coord {
            x: b * self.d * cos_beta * sin_lon,
            y: b * self.per_d * (self.cos_beta * sin_beta - self.sin_beta * cos_beta * cos_lon),
        }
    }
}

/// All places within a distance of a point, measured on the ellipsoid.
#[derive(Clone, Copy, Debug)]
pub struct Circle {
    frame: LocalFrame,
    radius_m: f64,
    plane: EqualArea,
    flat_radius_m: f64,
}

impl Circle {
    /// The circle of a radius in metres (not negative) about a point.
    pub fn new(middle: LonLat, radius_m: f64) -> Self {
        let (frame, plane) = (LocalFrame::at(middle), EqualArea::about(middle));
        // In the plane the circle is out of round by less than one part in ten thousand at 500 km: a round one of the same
        // area serves. A ball that bends as the ellipsoid does at the middle has it to a few parts in a hundred million.
        let ball_m = frame.radius_m();
        let turn = (radius_m / (2.0 * ball_m)).min(std::f64::consts::FRAC_PI_2);
        Circle { frame, radius_m, plane, flat_radius_m: 2.0 * ball_m * turn.sin() }
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
        let alone = geo::Rect::new(place, place);
        self.holds_box(alone)
            || !self.misses_box(alone) && coord_distance_m(self.middle().coord(), place) <= self.radius_m
    }

    /// Whether every place in a box (degrees) is in the circle.
    pub fn holds_box(&self, bounds: geo::Rect) -> bool {
        self.frame.box_at_most_m(bounds) <= self.radius_m
    }

    /// Whether no place in a box (degrees) is in the circle; may be false where that is so, never true where it is not.
    pub fn misses_box(&self, bounds: geo::Rect) -> bool {
        self.frame.box_at_least_m(bounds) > self.radius_m
    }

    /// What a stretch of a ring (degrees, edges straight in them, `bounds` around it) adds to the area in square
    /// metres that the ring and the circle have in common: positive for ground on the left. Summed over all the rings of a
    /// shape, exteriors counter-clockwise and holes clockwise, it is the area of the shape inside the circle.
    ///
    /// `swept` gives what the stretch [`swept`], and is asked only where all of it is in the circle.
    pub fn area_along_m2(
        &self,
        line: &[Coord],
        bounds: geo::Rect,
        swept: impl FnOnce(&[Coord]) -> f64,
    ) -> f64 {
        let [first, .., last] = line else { return 0.0 };
        if self.passes(bounds) {
            return self.sector_m2(self.plane.forward(*first), self.plane.forward(*last));
        }
        if self.holds_box(bounds) {
            return self.area_swept_m2(*first, *last, swept(line));
        }
        let mut area_m2 = 0.0;
        let mut from = self.plane.forward(*first);
        let mut at = 0;
        while at + 1 < line.len() {
            let few = &line[at..(at + FEW_EDGES + 1).min(line.len())];
            at += few.len() - 1;
            // What passes the rim outside needs no more than its ends.
            if few.len() > 2 && self.passes(box_of(few)) {
                let to = self.plane.forward(few[few.len() - 1]);
                area_m2 += self.sector_m2(from, to);
                from = to;
                continue;
            }
            for edge in few.windows(2) {
                let span = edge[1] - edge[0];
                let longest = span.x.abs().max(span.y.abs());
                let pieces = (longest / LONGEST_PIECE).ceil().clamp(1.0, 10_000.0) as u32;
                for i in 1..=pieces {
                    let end = i == pieces;
                    let at = if end { edge[1] } else { edge[0] + span * (f64::from(i) / f64::from(pieces)) };
                    let to = self.plane.forward(at);
                    area_m2 += self.edge_m2(from, to);
                    from = to;
                }
            }
        }
        area_m2
    }

    /// Whether a stretch in a box (degrees) passes the circle outside, turning about the middle by less than half a circle, so
    /// that its two ends tell by how much. The box must be without the middle and so far away, compared with its size, that
    /// its sides do not bend around the middle.
    fn passes(&self, bounds: geo::Rect) -> bool {
        let away_m = self.frame.box_at_least_m(bounds);
        if away_m <= self.radius_m * 1.001 + 1.0 {
            return false;
        }
        let (width, height) = (bounds.width(), bounds.height());
        let size_m = ((width * width + height * height).sqrt() * 111_700.0).max(1.0);
        let is_nearly_flat = size_m < FLAT_SIZE_M && self.middle().lat().abs() < FLAT_LAT;
        away_m > if is_nearly_flat { size_m / 10.0 } else { size_m }
    }

    /// The same for a stretch that lies wholly in the circle, from its ends and what it [`swept`].
    ///
    /// Where all of a loop is in the circle, what it holds is the same in the plane and by longitudes and sines: the loop
    /// from the middle along a great circle to the first end, along the stretch, and back. Only the stretch counts in the
    /// plane. By longitudes the ways out and back count too: each is the area beside a triangle with the pole, whose excess
    /// gives it.
    fn area_swept_m2(&self, first: Coord, last: Coord, swept: f64) -> f64 {
        let EqualArea { sin_beta, cos_beta, radius_m, lon, .. } = self.plane;
        // What the great circle from the middle sweeps from the meridian of the middle, and the sine of its end.
        let way = |to: Coord| {
            let sine = self.plane.authalic_sine(to);
            let cosine = (1.0 - sine * sine).max(0.0).sqrt();
            let turn = (to.x - lon).to_radians();
            let (sin_lon, cos_lon) = sin_cos(turn);
            let product = cos_beta * cosine;
            let excess = 2.0 * (product * sin_lon).atan2((1.0 + sin_beta) * (1.0 + sine) + product * cos_lon);
            (turn * (sine - 1.0) + excess, sine)
        };
        let ((out, from), (back, to)) = (way(first), way(last));
        radius_m * radius_m * (swept - lon.to_radians() * (to - from) + out - back)
    }

    /// The part in the circle of the triangle between the middle and an edge, positive when the edge turns left.
    fn edge_m2(&self, a: Coord, b: Coord) -> f64 {
        let r2 = self.flat_radius_m * self.flat_radius_m;
        let square = |c: Coord| c.x * c.x + c.y * c.y;
        if square(a) <= r2 && square(b) <= r2 {
            return cross(a, b) / 2.0;
        }
        let d = b - a;
        let (dd, ad, rest) = (square(d), a.x * d.x + a.y * d.y, square(a) - r2);
        let discriminant = ad * ad - dd * rest;
        if discriminant <= 0.0 || dd == 0.0 {
            return self.sector_m2(a, b);
        }
        let root = discriminant.sqrt();
        let (enters, leaves) = ((-ad - root) / dd, (-ad + root) / dd);
        if leaves <= 0.0 || enters >= 1.0 {
            return self.sector_m2(a, b);
        }
        let (mut area_m2, mut from, mut to) = (0.0, a, b);
        if enters > 0.0 {
            from = a + d * enters;
            area_m2 += self.sector_m2(a, from);
        }
        if leaves < 1.0 {
            to = a + d * leaves;
            area_m2 += self.sector_m2(to, b);
        }
        area_m2 + cross(from, to) / 2.0
    }

    fn sector_m2(&self, a: Coord, b: Coord) -> f64 {
        let angle = cross(a, b).atan2(a.x * b.x + a.y * b.y);
        self.flat_radius_m * self.flat_radius_m / 2.0 * angle
    }
}

/// The box around places, of which there is one at least.
fn box_of(places: &[Coord]) -> geo::Rect {
    let (mut low, mut high) = (places[0], places[0]);
    for place in &places[1..] {
        low = Coord { x: low.x.min(place.x), y: low.y.min(place.y) };
        high = Coord { x: high.x.max(place.x), y: high.y.max(place.y) };
    }
    geo::Rect::new(low, high)
}

fn cross(a: Coord, b: Coord) -> f64 {
    a.x * b.y - a.y * b.x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{distance_m, ring_area_m2};
    use geo::{BooleanOps, BoundingRect, Destination, Geodesic, LineString, MapCoords, Point, Polygon};
    use proptest::prelude::*;

    fn at(lon: f64, lat: f64) -> LonLat {
        LonLat::new(lon, lat).unwrap()
    }

    /// The circle as a polygon of places at its distance.
    fn drawn(middle: LonLat, radius_m: f64, corners: u32) -> Polygon {
        let place = |i: u32| {
            let bearing = 360.0 - 360.0 * f64::from(i) / f64::from(corners);
            Geodesic.destination(Point(middle.coord()), bearing, radius_m).0
        };
        Polygon::new((0..corners).map(place).collect(), Vec::new())
    }

    fn common_m2(circle: &Circle, shape: &Polygon) -> f64 {
        let rings = std::iter::once(shape.exterior()).chain(shape.interiors());
        rings.map(|r| circle.area_along_m2(&r.0, r.bounding_rect().unwrap(), swept)).sum()
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

    #[test]
    fn a_shape_around_the_circle_has_all_of_it_and_a_hole_takes_its_part() {
        let middle = at(-1.5, 53.8);
        let circle = Circle::new(middle, 10_000.0);
        let square = |half: f64| {
            let (x, y) = (-1.5, 53.8);
            LineString::from(vec![
                (x - half, y - half),
                (x + half, y - half),
                (x + half, y + half),
                (x - half, y + half),
                (x - half, y - half),
            ])
        };
        let whole = common_m2(&circle, &Polygon::new(square(2.0), vec![]));
        assert!((whole / circle.area_m2() - 1.0).abs() < 1e-9);
        let mut hole = square(0.05);
        hole.0.reverse();
        let hole_m2 = ring_area_m2(&hole);
        let rest = common_m2(&circle, &Polygon::new(square(2.0), vec![hole]));
        assert!(((circle.area_m2() - rest) / hole_m2 - 1.0).abs() < 1e-4, "{rest}");
        let elsewhere = square(0.01).map_coords(|c| Coord { x: c.x + 3.0, y: c.y });
        assert!(common_m2(&circle, &Polygon::new(elsewhere, vec![])).abs() < 1e-3);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        // Slowly: the circle drawn as a polygon, cut with the shape, measured by geodesics.
        #[test]
        fn agrees_with_cutting_a_drawn_circle(
            lat in 49.9..60.9_f64,
            radius_m in 200.0..60_000.0_f64,
            radii in prop::collection::vec(0.1..1.5_f64, 3..20),
            off in (-1.2..1.2_f64, -1.2..1.2_f64),
        ) {
            let middle = at(-2.0, lat);
            let circle = Circle::new(middle, radius_m);
            let scale = radius_m / 111_000.0;
            let star: LineString = radii.iter().enumerate().map(|(i, r)| {
                let angle = i as f64 * std::f64::consts::TAU / radii.len() as f64;
                Coord {
                    x: -2.0 + (off.0 + r * angle.cos()) * scale / lat.to_radians().cos(),
                    y: lat + (off.1 + r * angle.sin()) * scale,
                }
            }).collect();
            // Straight in degrees is not straight in the plane: as in outlines, edges are of a few kilometres at most.
            let mut corners = star.0;
            corners.extend(corners.first().copied());
            let between = |pair: &[Coord], i: u32| pair[0] + (pair[1] - pair[0]) * (f64::from(i) / 60.0);
            let star: LineString =
                corners.windows(2).flat_map(|pair| (0..60).map(move |i| between(pair, i))).collect();
            let star = Polygon::new(star, vec![]);
            let slowly: f64 = star
                .intersection(&drawn(middle, radius_m, 720))
                .iter()
                .map(super::super::polygon_area_m2)
                .sum();
            let found = common_m2(&circle, &star);
            prop_assert!((found - slowly).abs() < 1e-3 * circle.area_m2(), "{found} {slowly}");
        }

        // Slowly: edge by edge.
        #[test]
        fn a_stretch_counts_as_its_edges_do(
            lat in 49.9..60.9_f64,
            radius_m in 200.0..60_000.0_f64,
            start in (-1.0..1.0_f64, -1.0..1.0_f64),
            steps in prop::collection::vec((-0.03..0.03_f64, -0.02..0.02_f64), 2..33),
        ) {
            let circle = Circle::new(at(-2.0, lat), radius_m);
            let mut line = vec![Coord { x: -2.0 + start.0, y: lat + start.1 }];
            for (x, y) in steps {
                line.push(line[line.len() - 1] + Coord { x, y });
            }
            let along = |line: &[Coord]| {
                circle.area_along_m2(line, LineString(line.to_vec()).bounding_rect().unwrap(), swept)
            };
            let slowly: f64 = line.windows(2).map(along).sum();
            prop_assert!((along(&line) - slowly).abs() < 1e-4 * circle.area_m2(), "{} {slowly}", along(&line));
        }

        // Slowly: in the plane, triangle by triangle.
        #[test]
        fn what_is_swept_in_a_circle_is_what_triangles_add_up_to(
            middle in (-179.0..179.0_f64, -80.0..80.0_f64),
            radius_m in 200.0..400_000.0_f64,
            places in prop::collection::vec((0.0..360.0_f64, 0.0..0.99_f64), 2..9),
        ) {
            let middle = at(middle.0, middle.1);
            let circle = Circle::new(middle, radius_m);
            let corners: Vec<Coord> = places
                .iter()
                .map(|(bearing, far)| Geodesic.destination(Point(middle.coord()), *bearing, far * radius_m).0)
                .collect();
            prop_assume!(corners.windows(2).all(|edge| (edge[0].x - edge[1].x).abs() < 90.0));
            let between = |edge: &[Coord], i: u32| edge[0] + (edge[1] - edge[0]) * (f64::from(i) / 500.0);
            let pieces: Vec<Coord> = corners
                .windows(2)
                .flat_map(|edge| (0..500).map(move |i| between(edge, i)))
                .chain(corners.last().copied())
                .collect();
            let flat: Vec<Coord> = pieces.iter().map(|&at| circle.plane.forward(at)).collect();
            let slowly: f64 = flat.windows(2).map(|edge| cross(edge[0], edge[1]) / 2.0).sum();
            let found = circle.area_swept_m2(corners[0], corners[corners.len() - 1], swept(&corners));
            prop_assert!((found - slowly).abs() < 1e-5 * circle.area_m2(), "{found} {slowly}");
        }

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
            let bounds = geo::Rect::new(low, low + Coord { x: size.0, y: size.1 });
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
