//! Ellipsoids, and the seven-parameter shift between two datums.

use geo::Coord;

/// An ellipsoid of revolution.
#[derive(Debug, Clone, Copy)]
pub(in crate::geometry) struct Ellipsoid {
    /// Semi-major axis in metres.
    pub a_m: f64,
    /// Flattening.
    pub f: f64,
}

impl Ellipsoid {
    /// Airy 1830, of OSGB36 (EPSG:7001); axes from Ordnance Survey, "A guide to coordinate systems in
    /// Great Britain" (2020), annex A.
    pub const AIRY: Ellipsoid = Ellipsoid::from_axes(6_377_563.396, 6_356_256.909);
    /// Airy modified 1849, of the Irish datums TM65 and TM75 (EPSG:7002).
    pub const AIRY_MODIFIED: Ellipsoid = Ellipsoid { a_m: 6_377_340.189, f: 1.0 / 299.324_964_6 };
    /// GRS 80, of ETRS89 (EPSG:7019); WGS 84's differs from it by a tenth of a millimetre at the pole.
    pub const GRS80: Ellipsoid = Ellipsoid { a_m: 6_378_137.0, f: 1.0 / 298.257_222_101 };

    const fn from_axes(a_m: f64, b_m: f64) -> Self {
        Ellipsoid { a_m, f: (a_m - b_m) / a_m }
    }

    fn eccentricity_squared(self) -> f64 {
        self.f * (2.0 - self.f)
    }

    /// Earth-centred metres of a place on the surface, in degrees.
    pub fn to_cartesian(self, at: Coord) -> [f64; 3] {
        let (sin_lon, cos_lon) = at.x.to_radians().sin_cos();
        let (sin, cos) = at.y.to_radians().sin_cos();
        let e2 = self.eccentricity_squared();
        let n = self.a_m / (1.0 - e2 * sin * sin).sqrt();
        [n * cos * cos_lon, n * cos * sin_lon, n * (1.0 - e2) * sin]
    }

    /// Degrees of a place in earth-centred metres near the surface; its height is dropped.
    fn to_degrees(self, [x, y, z]: [f64; 3]) -> Coord {
        let e2 = self.eccentricity_squared();
        let p = x.hypot(y);
        let mut lat = z.atan2(p * (1.0 - e2));
        // The guide's iteration; near the surface each round gains a factor of e2.
        for _ in 0..8 {
            let sin = lat.sin();
            let n = self.a_m / (1.0 - e2 * sin * sin).sqrt();
            let next = (z + e2 * n * sin).atan2(p);
            let moved = (next - lat).abs();
            lat = next;
            if moved < 1e-14 {
                break;
            }
        }
        Coord { x: y.atan2(x).to_degrees(), y: lat.to_degrees() }
    }
}

/// A shift from a local datum to WGS 84 by seven parameters (Helmert, position vector: EPSG method 9606).
#[derive(Debug, Clone, Copy)]
pub(in crate::geometry) struct DatumShift {
    /// The local datum's ellipsoid.
    pub ellipsoid: Ellipsoid,
    /// Metres.
    pub translation_m: [f64; 3],
    /// Seconds of arc.
    pub rotation_arcsec: [f64; 3],
    /// Parts in a million.
    pub scale_ppm: f64,
}

impl DatumShift {
    /// OSGB36 to WGS 84 (EPSG:1314): the national shift, good to about 5 m, where OSTN15 does not reach.
    pub const OSGB36: DatumShift = DatumShift {
        ellipsoid: Ellipsoid::AIRY,
        translation_m: [446.448, -125.157, 542.060],
        rotation_arcsec: [0.150, 0.247, 0.842],
        scale_ppm: -20.489,
    };
    /// TM65 and TM75 to WGS 84 (EPSG:1641 and 1954, the same seven numbers), good to about 1 m.
    pub const IRELAND: DatumShift = DatumShift {
        ellipsoid: Ellipsoid::AIRY_MODIFIED,
        translation_m: [482.5, -130.6, 564.6],
        rotation_arcsec: [-1.042, -0.214, -0.631],
        scale_ppm: 8.15,
    };

    fn rotation(self) -> [f64; 3] {
        self.rotation_arcsec.map(|seconds| (seconds / 3600.0).to_radians())
    }

    /// Degrees on the local datum to degrees on WGS 84.
    pub fn to_wgs84(self, local: Coord) -> Coord {
        let v = self.ellipsoid.to_cartesian(local);
        let turned = cross(self.rotation(), v);
        let scale = 1.0 + self.scale_ppm * 1e-6;
        Ellipsoid::GRS80
            .to_degrees(std::array::from_fn(|i| self.translation_m[i] + scale * (v[i] + turned[i])))
    }

    /// Degrees on WGS 84 to degrees on the local datum: the exact inverse of the seven-parameter formula.
    pub fn to_local(self, wgs84: Coord) -> Coord {
        let scale = 1.0 + self.scale_ppm * 1e-6;
        let v = Ellipsoid::GRS80.to_cartesian(wgs84);
        let w: [f64; 3] = std::array::from_fn(|i| (v[i] - self.translation_m[i]) / scale);
        // (1 + [r])^-1 = (1 - [r] + r r^T) / (1 + r.r), for [r] w = r x w.
        let r = self.rotation();
        let (turned, along) = (cross(r, w), dot(r, w));
        let norm = 1.0 + dot(r, r);
        self.ellipsoid.to_degrees(std::array::from_fn(|i| (w[i] - turned[i] + r[i] * along) / norm))
    }
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn there_and_back_is_the_same_place(lon in -11.0..2.5_f64, lat in 49.0..62.0_f64) {
            let at = Coord { x: lon, y: lat };
            for shift in [DatumShift::OSGB36, DatumShift::IRELAND] {
                let back = shift.to_wgs84(shift.to_local(at));
                // The height of one ellipsoid over the other, up to a hundred metres, is dropped, and the
                // verticals of the two part by a few seconds: a few millimetres far out, 1 at home.
                let apart_m = ((back.x - at.x) * lat.to_radians().cos()).hypot(back.y - at.y) * 111_320.0;
                prop_assert!(apart_m < 0.005, "{apart_m}");
            }
        }
    }

    #[test]
    fn the_shift_in_britain_is_about_a_hundred_metres() {
        let at = Coord { x: -1.5, y: 53.8 };
        let local = DatumShift::OSGB36.to_local(at);
        let east_m = (local.x - at.x) * 65_800.0;
        let north_m = (local.y - at.y) * 111_300.0;
        assert!((80.0..130.0).contains(&east_m), "{east_m}");
        assert!((-60.0..20.0).contains(&north_m), "{north_m}");
    }
}
