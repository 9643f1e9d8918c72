//! Metres on the ground near a parallel.

use geo::Coord;

/// Metres in a degree at a latitude.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground {
    east_m: f64,
    north_m: f64,
}

impl Ground {
    /// By the usual series for WGS 84, right to centimetres in a degree.
    pub(super) fn at(latitude: f64) -> Ground {
        let f = latitude.to_radians();
        Ground {
            east_m: 111_412.84 * f.cos() - 93.5 * (3.0 * f).cos() + 0.118 * (5.0 * f).cos(),
            north_m: 111_132.92 - 559.82 * (2.0 * f).cos() + 1.175 * (4.0 * f).cos()
                - 0.0023 * (6.0 * f).cos(),
        }
    }

    pub(super) fn m2_per_square_degree(self) -> f64 {
        self.east_m * self.north_m
    }

    fn metres(self, from: Coord, to: Coord) -> (f64, f64) {
        ((to.x - from.x) * self.east_m, (to.y - from.y) * self.north_m)
    }

    /// The area of a triangle in square metres.
    pub(super) fn triangle_m2(self, a: Coord, b: Coord, c: Coord) -> f64 {
        let ((bx, by), (cx, cy)) = (self.metres(a, b), self.metres(a, c));
        (bx * cy - by * cx).abs() / 2.0
    }

    /// How far the furthest of `points` is from the segment between `a` and `b`, squared, in square metres.
    pub(super) fn furthest_m2(self, a: Coord, b: Coord, points: &[Coord]) -> f64 {
        let (bx, by) = self.metres(a, b);
        let length_m2 = bx * bx + by * by;
        let away_m2 = |p: &Coord| {
            let (px, py) = self.metres(a, *p);
            let along = if length_m2 > 0.0 { ((px * bx + py * by) / length_m2).clamp(0.0, 1.0) } else { 0.0 };
            let (dx, dy) = (px - along * bx, py - along * by);
            dx * dx + dy * dy
        };
        points.iter().map(away_m2).fold(0.0, f64::max)
    }
}
