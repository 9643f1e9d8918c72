//! The British National Grid (EPSG:27700) by OSTN15.
//!
//! OSTN15 is not an approximation of the grid, it *defines* it: ETRS89 (here the same as WGS 84) degrees are
//! projected with the National Grid's own parameters on GRS 80 and then shifted by up to 111 m, by a table at
//! every kilometre ("Transformations and OSGM15 user guide", Ordnance Survey 2020). Anything less is up to 5 m off.
//!
//! The table covers 0 to 700 km east and 0 to 1250 km north. Ordnance Survey defines it for Great Britain
//! and the Isle of Man; Northern Ireland and the seas are inside the rectangle and get its values, which are
//! consistent there but not defined. Beyond the rectangle (north of Unst, west of St Kilda, the western
//! half of Ireland, the far North Sea) the national seven-parameter shift takes over, good to about 5 m.
//! So that no border is torn where the two meet, the difference between them at the rectangle's edge is
//! faded out over the next 50 km.

use geo::Coord;

use super::{DatumShift, Ellipsoid, ShiftGrid, ShiftGridError, TransverseMercator};
use crate::geometry::{EastNorth, LonLat};

/// How far beyond OSTN15's edge its difference from the seven-parameter shift fades to nothing.
const FADE_M: f64 = 50_000.0;

/// How a position was turned into grid coordinates or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GridMethod {
    /// By the OSTN15 table: exact by definition in Great Britain.
    Ostn15,
    /// By the seven-parameter (Helmert) shift, outside the table: good to about 5 m.
    Helmert,
}

/// A position on the grid, and how it was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gridded {
    /// Easting and northing.
    pub point: EastNorth,
    /// How they were found.
    pub method: GridMethod,
}

/// Conversion between longitude and latitude and the British National Grid.
#[derive(Debug, Clone)]
pub struct BritishGrid {
    shifts: ShiftGrid,
    /// The grid's projection on GRS 80: what the OSTN15 table is laid over.
    etrs89: TransverseMercator,
    /// The grid's projection on Airy's ellipsoid, for the seven-parameter shift.
    osgb36: TransverseMercator,
}

impl BritishGrid {
    /// The grid from the bytes of `boundaries/grids/ostn15.bin`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ShiftGridError> {
        Ok(BritishGrid::new(ShiftGrid::from_bytes(bytes)?))
    }

    /// The grid over a table of shifts.
    pub fn new(shifts: ShiftGrid) -> Self {
        BritishGrid {
            shifts,
            etrs89: TransverseMercator::national_grid(Ellipsoid::GRS80),
            osgb36: TransverseMercator::national_grid(Ellipsoid::AIRY),
        }
    }

    /// The grid coordinates of a position, with the method that gave them.
    ///
    /// Any position in the world has an answer. Beyond the British Isles it is no use but to say "far
    /// away": [`EastNorth::new`] would refuse it.
    pub fn to_grid(&self, at: LonLat) -> Gridded {
        let plain = self.etrs89.forward(at.coord());
        let plain = EastNorth::anywhere(plain.x, plain.y).coord();
        let (shift, method) = self.shift_m(plain);
        Gridded { point: EastNorth::anywhere(plain.x + shift.x, plain.y + shift.y), method }
    }

    /// The position of grid coordinates, with the method that gave it: the inverse of [`Self::to_grid`]
    /// to a hundredth of a millimetre throughout [`EastNorth::new`]'s range.
    pub fn to_lonlat(&self, point: EastNorth) -> (LonLat, GridMethod) {
        // The shift is that of the unshifted place, which is found by trying; shifts change by less than
        // a thousandth of the way moved, so each round gains three decimals.
        let mut plain = point.coord();
        let mut method = GridMethod::Helmert;
        for _ in 0..12 {
            let (shift, found_by) = self.shift_m(plain);
            let next = point.coord() - shift;
            let moved_m = (next.x - plain.x).abs().max((next.y - plain.y).abs());
            (plain, method) = (next, found_by);
            if moved_m < 1e-6 {
                break;
            }
        }
        let at = self.etrs89.inverse(plain);
        (LonLat::wrapped(at.x, at.y), method)
    }

    /// What to add to a place projected on GRS 80 to have it on the grid, both in metres.
    fn shift_m(&self, plain: Coord) -> (Coord, GridMethod) {
        if let Some(shift) = self.shifts.shift_m(plain) {
            return (shift, GridMethod::Ostn15);
        }
        let shift = self.helmert_shift_m(plain);
        let extent = self.shifts.extent_m();
        let edge = Coord { x: plain.x.clamp(0.0, extent.x), y: plain.y.clamp(0.0, extent.y) };
        let beyond_m = (plain.x - edge.x).hypot(plain.y - edge.y);
        let share = 1.0 - beyond_m / FADE_M;
        match self.shifts.shift_m(edge) {
            Some(at_edge) if share > 0.0 => {
                (shift + (at_edge - self.helmert_shift_m(edge)) * share, GridMethod::Helmert)
            }
            _ => (shift, GridMethod::Helmert),
        }
    }

    fn helmert_shift_m(&self, plain: Coord) -> Coord {
        let at = self.etrs89.inverse(plain);
        let on_grid = self.osgb36.forward(DatumShift::OSGB36.to_local(at));
        EastNorth::anywhere(on_grid.x, on_grid.y).coord() - plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static GRID: LazyLock<BritishGrid> = LazyLock::new(|| {
        let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/boundaries/grids/ostn15.bin"));
        BritishGrid::from_bytes(bytes).unwrap()
    });

    /// Ordnance Survey's forty test points: name, ETRS89 longitude and latitude, easting and northing
    /// (the files of the OSTN15 developer pack, heights left out).
    const TEST_POINTS: &str = include_str!("ostn15_test_points.csv");

    fn test_points() -> impl Iterator<Item = (&'static str, LonLat, EastNorth)> {
        TEST_POINTS.lines().skip(1).map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let number = |i: usize| fields[i].parse::<f64>().unwrap();
            let at = LonLat::new(number(1), number(2)).unwrap();
            (fields[0], at, EastNorth::new(number(3), number(4)).unwrap())
        })
    }

    fn metres_apart(a: EastNorth, b: EastNorth) -> f64 {
        (a.easting_m() - b.easting_m()).hypot(a.northing_m() - b.northing_m())
    }

    #[test]
    fn the_official_points_come_out_to_two_millimetres() {
        assert_eq!(test_points().count(), 40);
        for (name, at, expected) in test_points() {
            let found = GRID.to_grid(at);
            // The points are given to the millimetre, and the degrees to about as much.
            assert!(metres_apart(found.point, expected) < 0.002, "{name}: {found:?}");
            assert_eq!(found.method, GridMethod::Ostn15, "{name}");
            let (back, method) = GRID.to_lonlat(expected);
            assert!(crate::geometry::distance_m(back, at) < 0.002, "{name}: {back}");
            assert_eq!(method, GridMethod::Ostn15, "{name}");
        }
    }

    #[test]
    fn beyond_the_table_the_seven_parameters_serve() {
        // Names of places, and whether the table reaches them.
        for (place, lon, lat, method) in [
            ("Bishop Rock, Scilly", -6.4455, 49.8728, GridMethod::Ostn15),
            ("Out Stack, Unst", -0.8756, 60.8609, GridMethod::Ostn15),
            ("St Kilda", -8.65, 57.81, GridMethod::Ostn15),
            ("Belfast", -5.93, 54.6, GridMethod::Ostn15),
            ("west of Ireland", -10.2, 52.1, GridMethod::Helmert),
            ("Rockall", -13.69, 57.6, GridMethod::Helmert),
            ("Faroes", -6.8, 62.0, GridMethod::Helmert),
            ("Brest", -4.5, 48.4, GridMethod::Helmert),
        ] {
            let at = LonLat::new(lon, lat).unwrap();
            let found = GRID.to_grid(at);
            assert_eq!(found.method, method, "{place}: {found:?}");
            let (back, back_method) = GRID.to_lonlat(found.point);
            assert_eq!(back_method, method, "{place}");
            assert!(crate::geometry::distance_m(back, at) < 1e-4, "{place}: {back}");
            // Never far from the plain seven-parameter answer.
            let plain = GRID.osgb36.forward(DatumShift::OSGB36.to_local(at.coord()));
            let apart = (plain.x - found.point.easting_m()).hypot(plain.y - found.point.northing_m());
            assert!(apart < 12.0, "{place}: {apart}");
        }
    }

    #[test]
    fn there_is_no_step_at_the_edge_of_the_table() {
        let corners =
            [(0.0, 600_000.0), (700_000.0, 1_000.0), (350_000.0, 0.0), (350_000.0, 1_250_000.0), (0.0, 0.0)];
        for (x, y) in corners {
            let step = |dx: f64, dy: f64| GRID.shift_m(Coord { x: x + dx, y: y + dy }).0;
            let here = step(0.0, 0.0);
            for (dx, dy) in [(-0.5, -0.5), (0.5, 0.5), (-0.5, 0.5), (0.5, -0.5)] {
                let there = step(dx, dy);
                assert!((there.x - here.x).hypot(there.y - here.y) < 0.002, "{x} {y}");
            }
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_place(easting in -400_000.0..1_000_000.0_f64, northing in -300_000.0..1_600_000.0_f64) {
            let point = EastNorth::new(easting, northing).unwrap();
            let (at, method) = GRID.to_lonlat(point);
            let back = GRID.to_grid(at);
            prop_assert!(metres_apart(back.point, point) < 1e-4, "{at} {back:?}");
            prop_assert_eq!(back.method, method);
        }

        #[test]
        fn near_places_stay_near(easting in -100_000.0..800_000.0_f64, northing in -100_000.0..1_350_000.0_f64, angle in 0.0..6.3_f64) {
            let point = EastNorth::new(easting, northing).unwrap();
            let moved = EastNorth::new(easting + 10.0 * angle.cos(), northing + 10.0 * angle.sin()).unwrap();
            let apart = crate::geometry::distance_m(GRID.to_lonlat(point).0, GRID.to_lonlat(moved).0);
            // The grid's own scale is within 0.04 % near Britain, twice that out here.
            prop_assert!((apart - 10.0).abs() < 0.05, "{apart}");
        }

        #[test]
        fn anywhere_in_the_world_has_an_answer(lon in -180.0..=180.0_f64, lat in -90.0..=90.0_f64) {
            let found = GRID.to_grid(LonLat::new(lon, lat).unwrap());
            prop_assert!(found.point.easting_m().is_finite() && found.point.northing_m().is_finite());
            let (back, _) = GRID.to_lonlat(found.point);
            prop_assert!(LonLat::new(back.lon(), back.lat()).is_ok());
        }
    }

    #[test]
    fn the_ends_of_the_world_do_not_break_it() {
        for (lon, lat) in [(88.0, 0.0), (-92.0, 0.0), (0.0, 90.0), (0.0, -90.0), (178.0, 0.0), (180.0, 45.0)]
        {
            let found = GRID.to_grid(LonLat::new(lon, lat).unwrap());
            let (back, _) = GRID.to_lonlat(found.point);
            assert!(LonLat::new(back.lon(), back.lat()).is_ok(), "{lon} {lat}");
        }
    }
}
