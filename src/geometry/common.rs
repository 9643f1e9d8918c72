//! How much of a shape's ground lies in a circle.
//!
//! In the equal-area plane about the middle of the circle the area common to both is a sum over the edges of the shape, each
//! a triangle where it runs inside the circle and a sector where it runs outside. Nothing is clipped and no new vertex is
//! made; long stretches of the border that lie wholly inside or outside count by their ends alone.

use geo::Coord;

use super::circle::{Circle, EqualArea, Stance, sin_cos};

/// Edges are straight in degrees and bend in the plane: pieces no longer than this many degrees bend by about a metre.
const LONGEST_PIECE: f64 = 0.1;

/// Places that are laid into the plane together.
const FEW_PLACES: usize = 8;

/// The ground that a shape and a circle have in common, added up along the border of the shape, stretch by stretch in any
/// order: exteriors counter-clockwise, holes clockwise, edges straight in degrees.
pub struct Common<'a> {
    circle: &'a Circle,
    area_m2: f64,
    /// The last place that was laid into the plane, and where.
    last: Option<(Coord, Coord)>,
}

impl<'a> Common<'a> {
    /// Nothing yet.
    pub fn with(circle: &'a Circle) -> Self {
        Common { circle, area_m2: 0.0, last: None }
    }

    /// What has been added up, in square metres; of a whole border it is the area, to rounding not negative.
    pub fn area_m2(&self) -> f64 {
        self.area_m2
    }

    /// Adds a stretch that is wholly in the circle ([`Stance::Inside`]), from its ends and what it [sweeps](super::swept).
    ///
    /// Where all of a loop is in the circle, what it holds is the same in the plane and by longitudes and sines: the loop
    /// from the middle along a great circle to the first end, along the stretch, and back. Only the stretch counts in the
    /// plane. By longitudes the ways out and back count too: each is the area beside a triangle with the pole, whose excess
    /// gives it.
    pub fn inside(&mut self, first: Coord, last: Coord, swept: f64) {
        let EqualArea { sin_beta, cos_beta, radius_m, lon, .. } = self.circle.plane;
        // What the great circle from the middle sweeps from the meridian of the middle, and the sine of its end.
        let way = |to: Coord| {
            let sine = self.circle.plane.authalic_sine(to);
            let cosine = (1.0 - sine * sine).max(0.0).sqrt();
            let turn = (to.x - lon).to_radians();
            let (sin_lon, cos_lon) = sin_cos(turn);
            let product = cos_beta * cosine;
            let excess = 2.0 * (product * sin_lon).atan2((1.0 + sin_beta) * (1.0 + sine) + product * cos_lon);
            (turn * (sine - 1.0) + excess, sine)
        };
        // The ways to a loop and back are one.
        let ways = if first == last {
            0.0
        } else {
            let ((out, from), (back, to)) = (way(first), way(last));
            out - back - lon.to_radians() * (to - from)
        };
        self.area_m2 += radius_m * radius_m * (swept + ways);
    }

    /// Adds a stretch that is wholly outside ([`Stance::Beyond`]), from its ends.
    pub fn beyond(&mut self, first: Coord, last: Coord) {
        let (from, to) = (self.laid(first), self.circle.plane.forward(last));
        self.last = Some((last, to));
        self.area_m2 += sector_m2(self.circle.flat_radius_m, from, to);
    }

    /// Adds a stretch edge by edge, wherever it lies.
    pub fn near(&mut self, line: &[Coord]) {
        let [first, more @ ..] = line else { return };
        let mut walk = Walk::from(self.laid(*first), self.circle.flat_radius_m);
        let mut from = *first;
        for few in more.chunks(FEW_PLACES) {
            self.walk(&mut walk, from, few);
            from = few[few.len() - 1];
        }
        self.area_m2 += walk.area_m2();
        self.last = Some((from, walk.at));
    }

    /// Walks from a place to at most [`FEW_PLACES`] others along edges that are straight in degrees.
    fn walk(&self, walk: &mut Walk, mut from: Coord, places: &[Coord]) {
        let plane = &self.circle.plane;
        let length = |from: Coord, to: Coord| (to.x - from.x).abs().max((to.y - from.y).abs());
        let (mut before, mut longest) = (from, 0.0_f64);
        for &place in places {
            longest = longest.max(length(before, place));
            before = place;
        }
        if longest <= LONGEST_PIECE {
            let mut few = [from; FEW_PLACES];
            few[..places.len()].copy_from_slice(places);
            for &place in &plane.forward_few(&few)[..places.len()] {
                walk.to(place);
            }
            return;
        }
        for &place in places {
            let pieces = (length(from, place) / LONGEST_PIECE).ceil().clamp(1.0, 10_000.0) as u32;
            for i in 1..pieces {
                walk.to(plane.forward(from + (place - from) * (f64::from(i) / f64::from(pieces))));
            }
            walk.to(plane.forward(place));
            from = place;
        }
    }

    /// Adds a line in the box `bounds`, of which `swept` gives what it sweeps, where that is asked.
    pub fn line(&mut self, line: &[Coord], bounds: geo::Rect, swept: impl FnOnce(&[Coord]) -> f64) {
        let [first, .., last] = line else { return };
        match self.circle.stance(bounds) {
            Stance::Inside => self.inside(*first, *last, swept(line)),
            Stance::Beyond => self.beyond(*first, *last),
            Stance::Near => self.near(line),
        }
    }

    /// Where a place is in the plane. As a rule a stretch begins where the one before ended.
    fn laid(&self, place: Coord) -> Coord {
        let last = self.last.filter(|(known, _)| *known == place);
        last.map_or_else(|| self.circle.plane.forward(place), |(_, laid)| laid)
    }
}

/// A walk in the plane about the middle of a circle, and the ground in the circle that it passes over as seen from the middle:
/// positive where it turns left, triangles inside and sectors outside.
struct Walk {
    radius_m: f64,
    at: Coord,
    swept_m2: f64,
    /// The ends of a way outside that is not counted yet.
    outside: Option<(Coord, Coord)>,
}

impl Walk {
    fn from(at: Coord, radius_m: f64) -> Self {
        Walk { radius_m, at, swept_m2: 0.0, outside: None }
    }

    fn area_m2(&self) -> f64 {
        self.swept_m2 + self.outside.map_or(0.0, |(from, to)| sector_m2(self.radius_m, from, to))
    }

    /// Goes straight to a place.
    fn to(&mut self, b: Coord) {
        let a = std::mem::replace(&mut self.at, b);
        let r2 = self.radius_m * self.radius_m;
        let (begins_inside, ends_inside) = (dot(a, a) <= r2, dot(b, b) <= r2);
        if begins_inside && ends_inside {
            self.swept_m2 += cross(a, b) / 2.0;
            return;
        }
        let d = b - a;
        let (dd, ad) = (dot(d, d), dot(a, d));
        let discriminant = ad * ad - dd * (dot(a, a) - r2);
        // Between two places outside lies one inside only where it first nears the middle and then leaves it.
        let passes_by = || ad >= 0.0 || dot(b, d) <= 0.0 || discriminant <= 0.0;
        if !begins_inside && !ends_inside && passes_by() {
            self.outside(a, b);
            return;
        }
        let root = discriminant.max(0.0).sqrt();
        let (mut from, mut to) = (a, b);
        if !begins_inside {
            from = a + d * ((-ad - root) / dd);
            self.outside(a, from);
        }
        if !ends_inside {
            to = a + d * ((-ad + root) / dd);
            self.outside(to, b);
        }
        self.swept_m2 += cross(from, to) / 2.0;
    }

    /// Goes straight past the circle. Ways one after another that stay in the half plane of their beginning turn by less than
    /// a quarter either way, so that their ends tell by how much.
    fn outside(&mut self, a: Coord, b: Coord) {
        match &mut self.outside {
            Some((from, to)) if *to == a && dot(*from, a) > 0.0 && dot(*from, b) > 0.0 => *to = b,
            way => {
                if let Some((from, to)) = way.replace((a, b)) {
                    self.swept_m2 += sector_m2(self.radius_m, from, to);
                }
            }
        }
    }
}

/// The sector of a circle between the directions of two places, positive when the way from one to the other turns left.
fn sector_m2(radius_m: f64, from: Coord, to: Coord) -> f64 {
    let (rise, run) = (cross(from, to), dot(from, to));
    let angle = if rise.abs() < SMALL_SLOPE * run {
        // The series of the arc tangent: the next term would be below a billionth of a billionth.
        let slope = rise / run;
        let x = slope * slope;
        slope * (1.0 - x * (1.0 / 3.0 - x * (1.0 / 5.0 - x * (1.0 / 7.0 - x / 9.0))))
    } else {
        rise.atan2(run)
    };
    radius_m * radius_m / 2.0 * angle
}

/// Slopes up to which five terms stand for an arc tangent.
const SMALL_SLOPE: f64 = 0.03;

fn dot(a: Coord, b: Coord) -> f64 {
    a.x * b.x + a.y * b.y
}

fn cross(a: Coord, b: Coord) -> f64 {
    a.x * b.y - a.y * b.x
}

#[cfg(test)]
mod tests {
    use super::super::bounds::box_of;
    use super::super::circle::tests::{at, drawn};
    use super::*;
    use crate::geometry::{ring_area_m2, swept};
    use geo::{BooleanOps, BoundingRect, Destination, Geodesic, LineString, MapCoords, Point, Polygon};
    use proptest::prelude::*;

    fn common_m2(circle: &Circle, shape: &Polygon) -> f64 {
        let rings = std::iter::once(shape.exterior()).chain(shape.interiors());
        let mut common = Common::with(circle);
        rings.for_each(|r| common.line(&r.0, r.bounding_rect().unwrap(), swept));
        common.area_m2()
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
                let mut common = Common::with(&circle);
                common.line(line, box_of(line), swept);
                common.area_m2()
            };
            let slowly: f64 = line.windows(2).map(along).sum();
            prop_assert!((along(&line) - slowly).abs() < 1e-4 * circle.area_m2(), "{} {slowly}", along(&line));
        }

        // Slowly: in pieces so short that each lies inside or outside.
        #[test]
        fn a_walk_passes_over_what_its_pieces_do(
            start in (-3.0..3.0_f64, -3.0..3.0_f64),
            steps in prop::collection::vec((-3.0..3.0_f64, -3.0..3.0_f64), 1..12),
            stride in 0.1..1.0_f64,
        ) {
            let mut places = vec![Coord { x: start.0, y: start.1 }];
            for (x, y) in steps {
                places.push(places[places.len() - 1] + Coord { x, y } * stride);
            }
            // Through the middle itself a walk turns neither way.
            let passes_the_middle = |edge: &[Coord]| {
                let d = edge[1] - edge[0];
                cross(edge[0], d).abs() < 1e-3 * dot(d, d).sqrt()
            };
            prop_assume!(!places.windows(2).any(passes_the_middle));
            let mut walk = Walk::from(places[0], 1.0);
            places[1..].iter().for_each(|&place| walk.to(place));
            let slowly: f64 = places
                .windows(2)
                .flat_map(|edge| {
                    let along = |i: u32| edge[0] + (edge[1] - edge[0]) * (f64::from(i) / 2_000.0);
                    (0..2_000).map(move |i| (along(i), along(i + 1)))
                })
                .map(|(a, b)| {
                    let turn = cross(a, b).atan2(dot(a, b)) / 2.0;
                    if dot(a, a).max(dot(b, b)) <= 1.0 { cross(a, b) / 2.0 } else { turn }
                })
                .sum();
            prop_assert!((walk.area_m2() - slowly).abs() < 1e-2, "{} {slowly}", walk.area_m2());
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
            let mut common = Common::with(&circle);
            common.inside(corners[0], corners[corners.len() - 1], swept(&corners));
            let found = common.area_m2();
            prop_assert!((found - slowly).abs() < 1e-5 * circle.area_m2(), "{found} {slowly}");
        }
    }
}
