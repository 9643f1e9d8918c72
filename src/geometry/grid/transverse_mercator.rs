//! The transverse Mercator projection by Krüger's series in the third flattening, to its fourth order
//! (Karney 2011, "Transverse Mercator with an accuracy of a few nanometers", J. Geodesy 85, eqs. 7 to 36):
//! a tenth of a micrometre over the British Isles, finite everywhere.

use geo::Coord;

use super::Ellipsoid;

/// One transverse Mercator projection of an ellipsoid.
#[derive(Debug, Clone)]
pub(in crate::geometry) struct TransverseMercator {
    eccentricity: f64,
    lon_origin: f64,
    false_easting_m: f64,
    /// Northing in metres of the equator on the central meridian.
    equator_northing_m: f64,
    /// Rectifying radius by the scale on the central meridian, in metres.
    radius_m: f64,
    forward: [f64; 4],
    inverse: [f64; 4],
}

impl TransverseMercator {
    /// A projection with its true origin (degrees), the grid coordinates of that origin (metres), and the
    /// scale on the central meridian.
    pub fn new(ellipsoid: Ellipsoid, origin: Coord, false_origin_m: Coord, scale: f64) -> Self {
        let n = ellipsoid.f / (2.0 - ellipsoid.f);
        let (n2, n3, n4) = (n * n, n * n * n, n * n * n * n);
        let mut projection = TransverseMercator {
            eccentricity: (ellipsoid.f * (2.0 - ellipsoid.f)).sqrt(),
            lon_origin: origin.x,
            false_easting_m: false_origin_m.x,
            equator_northing_m: 0.0,
            radius_m: scale * ellipsoid.a_m / (1.0 + n) * (1.0 + n2 / 4.0 + n4 / 64.0),
            forward: [
                n / 2.0 - 2.0 / 3.0 * n2 + 5.0 / 16.0 * n3 + 41.0 / 180.0 * n4,
                13.0 / 48.0 * n2 - 3.0 / 5.0 * n3 + 557.0 / 1440.0 * n4,
                61.0 / 240.0 * n3 - 103.0 / 140.0 * n4,
                49_561.0 / 161_280.0 * n4,
            ],
            inverse: [
                n / 2.0 - 2.0 / 3.0 * n2 + 37.0 / 96.0 * n3 - n4 / 360.0,
                n2 / 48.0 + n3 / 15.0 - 437.0 / 1440.0 * n4,
                17.0 / 480.0 * n3 - 37.0 / 840.0 * n4,
                4397.0 / 161_280.0 * n4,
            ],
        };
        projection.equator_northing_m = false_origin_m.y - projection.forward(origin).y;
        projection
    }

    /// The National Grid's projection, of Airy's ellipsoid or, for OSTN15, of GRS 80.
    pub fn national_grid(ellipsoid: Ellipsoid) -> Self {
        TransverseMercator::new(
            ellipsoid,
            Coord { x: -2.0, y: 49.0 },
            Coord { x: 400_000.0, y: -100_000.0 },
            0.999_601_271_7,
        )
    }

    /// Degrees to metres.
    pub fn forward(&self, at: Coord) -> Coord {
        let (sin_lon, cos_lon) = (at.x - self.lon_origin).to_radians().sin_cos();
        let tau = at.y.to_radians().tan();
        let tau1 = self.conformal(tau);
        let xi = tau1.atan2(cos_lon);
        let eta = (sin_lon / tau1.hypot(cos_lon)).asinh();
        let series = harmonics(&self.forward, xi, eta);
        Coord {
            x: self.false_easting_m + self.radius_m * (eta + series.x),
            y: self.equator_northing_m + self.radius_m * (xi + series.y),
        }
    }

    /// Metres to degrees.
    pub fn inverse(&self, at_m: Coord) -> Coord {
        let xi = (at_m.y - self.equator_northing_m) / self.radius_m;
        let eta = (at_m.x - self.false_easting_m) / self.radius_m;
        let series = harmonics(&self.inverse, xi, eta);
        let (xi, eta) = (xi - series.y, eta - series.x);
        let (sin_xi, cos_xi) = xi.sin_cos();
        let sinh_eta = eta.sinh();
        let tau1 = sin_xi / length(sinh_eta, cos_xi);
        // Newton's method for the latitude of a conformal latitude (Karney, eqs. 19 to 21).
        let e2 = self.eccentricity * self.eccentricity;
        let mut tau = tau1 / (1.0 - e2);
        for _ in 0..5 {
            let found = self.conformal(tau);
            let step = (tau1 - found) / length(found, 1.0) * (1.0 + (1.0 - e2) * tau * tau)
                / ((1.0 - e2) * length(tau, 1.0));
            if !step.is_finite() {
                break;
            }
            tau += step;
            if step.abs() < 1e-14 * tau.abs().max(1.0) {
                break;
            }
        }
        Coord { x: self.lon_origin + sinh_eta.atan2(cos_xi).to_degrees(), y: tau.atan().to_degrees() }
    }

    /// The tangent of the conformal latitude, from the tangent of the latitude.
    fn conformal(&self, tau: f64) -> f64 {
        let secant = length(tau, 1.0);
        let sigma = self.sigma(tau / secant);
        tau * length(sigma, 1.0) - sigma * secant
    }

    /// `sinh(e atanh(e sin φ))` from the sine of the latitude (Karney, eq. 9). Both functions as series, as the eccentricity of
    /// the earth is small: the next terms are below the last digit.
    fn sigma(&self, sine: f64) -> f64 {
        let e2 = self.eccentricity * self.eccentricity;
        let x = e2 * sine * sine;
        let series = 1.0
            + x * (1.0 / 3.0
                + x * (1.0 / 5.0 + x * (1.0 / 7.0 + x * (1.0 / 9.0 + x * (1.0 / 11.0 + x / 13.0)))));
        let angle = e2 * sine * series;
        let square = angle * angle;
        angle * (1.0 + square / 6.0 * (1.0 + square / 20.0))
    }
}

/// The length of a vector, which in a projection neither overflows nor vanishes: `hypot` guards against both at length.
fn length(x: f64, y: f64) -> f64 {
    (x * x + y * y).sqrt()
}

/// The sums of `c_j cos 2jξ sinh 2jη` (in `x`) and of `c_j sin 2jξ cosh 2jη` (in `y`). Functions of multiples follow from those
/// of the angle itself by the addition theorems.
fn harmonics(coefficients: &[f64; 4], xi: f64, eta: f64) -> Coord {
    let (sin_2, cos_2) = (2.0 * xi).sin_cos();
    let sinh_2 = (2.0 * eta).sinh();
    let cosh_2 = length(sinh_2, 1.0);
    let (mut sin, mut cos, mut sinh, mut cosh) = (sin_2, cos_2, sinh_2, cosh_2);
    let mut sum = Coord { x: 0.0, y: 0.0 };
    for coefficient in coefficients {
        sum.x += coefficient * cos * sinh;
        sum.y += coefficient * sin * cosh;
        (sin, cos) = (sin * cos_2 + cos * sin_2, cos * cos_2 - sin * sin_2);
        (sinh, cosh) = (sinh * cosh_2 + cosh * sinh_2, cosh * cosh_2 + sinh * sinh_2);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_guides_worked_example() {
        // Ordnance Survey, "A guide to coordinate systems in Great Britain", annex C: Caister water tower.
        let grid = TransverseMercator::national_grid(Ellipsoid::AIRY);
        let at = Coord { x: 1.0 + 43.0 / 60.0 + 4.5177 / 3600.0, y: 52.0 + 39.0 / 60.0 + 27.2531 / 3600.0 };
        let found = grid.forward(at);
        assert!((found.x - 651_409.903).abs() < 0.002, "{found:?}");
        assert!((found.y - 313_177.270).abs() < 0.002, "{found:?}");
    }

    /// As the formulas are written, function by function.
    fn inverse_slowly(grid: &TransverseMercator, at_m: Coord) -> Coord {
        let harmonics = |coefficients: &[f64; 4], xi: f64, eta: f64| {
            (1..=4).zip(coefficients).fold(Coord { x: 0.0, y: 0.0 }, |sum, (j, c)| {
                let order = 2.0 * f64::from(j);
                let x = c * (order * xi).cos() * (order * eta).sinh();
                let y = c * (order * xi).sin() * (order * eta).cosh();
                sum + Coord { x, y }
            })
        };
        let xi = (at_m.y - grid.equator_northing_m) / grid.radius_m;
        let eta = (at_m.x - grid.false_easting_m) / grid.radius_m;
        let series = harmonics(&grid.inverse, xi, eta);
        let (xi, eta) = (xi - series.y, eta - series.x);
        let chi_tangent = xi.sin() / eta.sinh().hypot(xi.cos());
        let e = grid.eccentricity;
        // The latitude whose conformal latitude that is, by halving.
        let (mut low, mut high) = (-1e9_f64, 1e9_f64);
        for _ in 0..200 {
            let tau = f64::midpoint(low, high);
            let sigma = (e * (e * tau / tau.hypot(1.0)).atanh()).sinh();
            let found = tau * sigma.hypot(1.0) - sigma * tau.hypot(1.0);
            if found < chi_tangent { low = tau } else { high = tau }
        }
        let lon = grid.lon_origin + eta.sinh().atan2(xi.cos()).to_degrees();
        Coord { x: lon, y: low.atan().to_degrees() }
    }

    proptest! {
        #[test]
        fn multiples_and_series_give_what_the_functions_do(
            easting_m in -500_000.0..1_500_000.0_f64,
            northing_m in -500_000.0..2_000_000.0_f64,
        ) {
            let grid = TransverseMercator::national_grid(Ellipsoid::GRS80);
            let at_m = Coord { x: easting_m, y: northing_m };
            let (found, slowly) = (grid.inverse(at_m), inverse_slowly(&grid, at_m));
            prop_assert!((found.x - slowly.x).abs() < 1e-12, "{found:?} {slowly:?}");
            prop_assert!((found.y - slowly.y).abs() < 1e-12, "{found:?} {slowly:?}");
        }

        #[test]
        fn there_and_back_is_the_same_place(lon in -30.0..25.0_f64, lat in -89.0..89.0_f64) {
            let grid = TransverseMercator::national_grid(Ellipsoid::GRS80);
            let back = grid.inverse(grid.forward(Coord { x: lon, y: lat }));
            prop_assert!((back.x - lon).abs() < 1e-9, "{back:?}");
            prop_assert!((back.y - lat).abs() < 1e-9, "{back:?}");
        }
    }
}
