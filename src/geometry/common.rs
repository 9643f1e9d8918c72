//! How much of a shape's ground lies in a circle.
//!
//! In the equal-area plane about the middle of the circle the area common to both is a sum over the edges of the shape, each
//! a triangle where it runs inside the circle and a sector where it runs outside. Nothing is clipped and no new vertex is
//! made; long stretches of the border that lie wholly inside or outside count by their ends alone.

use geo::Coord;

use super::bounds::box_of;
use super::circle::{Circle, EqualArea, Stance, sin_cos};

/// Edges are straight in degrees and bend in the plane: pieces no longer than this many degrees bend by about a metre.
const LONGEST_PIECE: f64 = 0.1;

/// Edges that are judged together where a stretch meets the rim.
const FEW_EDGES: usize = 8;

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
        self.area_m2 += self.sector_m2(from, to);
    }

    /// Adds a stretch edge by edge, wherever it lies.
    pub fn near(&mut self, line: &[Coord]) {
        let [first, .., last] = line else { return };
        let plane = &self.circle.plane;
        let mut from = self.laid(*first);
        let mut at = 0;
        while at + 1 < line.len() {
            let few = &line[at..(at + FEW_EDGES + 1).min(line.len())];
            at += few.len() - 1;
            // What passes the rim outside needs no more than its ends.
            if few.len() > 2 && self.circle.passes(box_of(few)) {
                let to = plane.forward(few[few.len() - 1]);
                self.area_m2 += self.sector_m2(from, to);
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
                    let to = plane.forward(at);
                    self.area_m2 += self.edge_m2(from, to);
                    from = to;
                }
            }
        }
        self.last = Some((*last, from));
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

    /// The part in the circle of the triangle between the middle and an edge, positive when the edge turns left.
    fn edge_m2(&self, a: Coord, b: Coord) -> f64 {
        let r2 = self.circle.flat_radius_m * self.circle.flat_radius_m;
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
        self.circle.flat_radius_m * self.circle.flat_radius_m / 2.0 * angle
    }
}

fn cross(a: Coord, b: Coord) -> f64 {
    a.x * b.y - a.y * b.x
}

#[cfg(test)]
mod tests {
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
