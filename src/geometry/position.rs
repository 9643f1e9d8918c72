//! Positions that have been checked: longitude and latitude, and easting and northing.

use std::fmt;
use std::ops::RangeInclusive;

use geo::Coord;
use serde::Serialize;

/// A position in WGS 84 (CRS84) degrees, longitude first: finite, and on the globe.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LonLat {
    lon: f64,
    lat: f64,
}

/// A position on the British National Grid (EPSG:27700), in metres, always finite.
///
/// [`EastNorth::new`] also keeps to the British Isles and the seas round them; positions worked out from
/// longitude and latitude may lie farther away.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EastNorth {
    easting_m: f64,
    northing_m: f64,
}

/// Why numbers are not a position.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PositionError {
    /// Not a number, or not between -180 and 180.
    #[error("longitude {value} is not between -180 and 180 degrees")]
    Longitude {
        /// The number given.
        value: f64,
    },
    /// Not a number, or not between -90 and 90.
    #[error("latitude {value} is not between -90 and 90 degrees")]
    Latitude {
        /// The number given.
        value: f64,
    },
    /// Not a number, or far from the British Isles.
    #[error(
        "easting {value} is not between {} and {} metres",
        EastNorth::EASTING_RANGE_M.start(),
        EastNorth::EASTING_RANGE_M.end()
    )]
    Easting {
        /// The number given, in metres.
        value: f64,
    },
    /// Not a number, or far from the British Isles.
    #[error(
        "northing {value} is not between {} and {} metres",
        EastNorth::NORTHING_RANGE_M.start(),
        EastNorth::NORTHING_RANGE_M.end()
    )]
    Northing {
        /// The number given, in metres.
        value: f64,
    },
}

impl LonLat {
    /// A position from degrees, longitude first.
    ///
    /// ```
    /// use levelmap::geometry::LonLat;
    /// assert!(LonLat::new(-1.55, 53.8).is_ok());
    /// let error = LonLat::new(-1.55, 538.0).unwrap_err();
    /// assert_eq!(error.to_string(), "latitude 538 is not between -90 and 90 degrees");
    /// ```
    pub fn new(lon: f64, lat: f64) -> Result<Self, PositionError> {
        // `contains` is false for what is not a number.
        if !(-180.0..=180.0).contains(&lon) {
            return Err(PositionError::Longitude { value: lon });
        }
        if !(-90.0..=90.0).contains(&lat) {
            return Err(PositionError::Latitude { value: lat });
        }
        Ok(LonLat { lon, lat })
    }

    /// A position from numbers of our own making: the longitude comes round the globe, the latitude stops at the poles.
    pub(super) fn wrapped(lon: f64, lat: f64) -> Self {
        let lon = if (-180.0..=180.0).contains(&lon) { lon } else { (lon + 180.0).rem_euclid(360.0) - 180.0 };
        LonLat { lon, lat: lat.clamp(-90.0, 90.0) }
    }

    /// Longitude in degrees, east positive.
    pub fn lon(self) -> f64 {
        self.lon
    }

    /// Latitude in degrees, north positive.
    pub fn lat(self) -> f64 {
        self.lat
    }

    /// The position as a coordinate pair: `x` the longitude, `y` the latitude.
    pub fn coord(self) -> Coord {
        Coord { x: self.lon, y: self.lat }
    }
}

impl TryFrom<Coord> for LonLat {
    type Error = PositionError;

    fn try_from(coord: Coord) -> Result<Self, PositionError> {
        LonLat::new(coord.x, coord.y)
    }
}

impl From<LonLat> for Coord {
    fn from(at: LonLat) -> Coord {
        at.coord()
    }
}

impl From<LonLat> for geo::Point {
    fn from(at: LonLat) -> geo::Point {
        geo::Point(at.coord())
    }
}

impl fmt::Display for LonLat {
    /// `lon,lat` in degrees.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.lon, self.lat)
    }
}

impl EastNorth {
    /// Eastings that [`EastNorth::new`] takes: from Rockall and the west of Ireland to the North Sea.
    pub const EASTING_RANGE_M: RangeInclusive<f64> = -400_000.0..=1_000_000.0;
    /// Northings that [`EastNorth::new`] takes: from Brittany to past the Faroes.
    pub const NORTHING_RANGE_M: RangeInclusive<f64> = -300_000.0..=1_600_000.0;
    /// Half-way round the world: where the projection has lost all meaning, numbers stop here.
    const FAR_M: f64 = 20_000_000.0;

    /// A position from metres, easting first.
    ///
    /// ```
    /// use levelmap::geometry::EastNorth;
    /// let error = EastNorth::new(430_000.0, f64::NAN).unwrap_err();
    /// assert_eq!(error.to_string(), "northing NaN is not between -300000 and 1600000 metres");
    /// ```
    pub fn new(easting_m: f64, northing_m: f64) -> Result<Self, PositionError> {
        if !Self::EASTING_RANGE_M.contains(&easting_m) {
            return Err(PositionError::Easting { value: easting_m });
        }
        if !Self::NORTHING_RANGE_M.contains(&northing_m) {
            return Err(PositionError::Northing { value: northing_m });
        }
        Ok(EastNorth { easting_m, northing_m })
    }

    /// A position from numbers of our own making, which may lie anywhere in the world.
    pub(super) fn anywhere(easting_m: f64, northing_m: f64) -> Self {
        let keep = |m: f64| if m.is_finite() { m.clamp(-Self::FAR_M, Self::FAR_M) } else { Self::FAR_M };
        EastNorth { easting_m: keep(easting_m), northing_m: keep(northing_m) }
    }

    /// Easting in metres.
    pub fn easting_m(self) -> f64 {
        self.easting_m
    }

    /// Northing in metres.
    pub fn northing_m(self) -> f64 {
        self.northing_m
    }

    /// The position as a coordinate pair in metres: `x` the easting, `y` the northing.
    pub fn coord(self) -> Coord {
        Coord { x: self.easting_m, y: self.northing_m }
    }
}

impl fmt::Display for EastNorth {
    /// `easting,northing` in metres.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.easting_m, self.northing_m)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_edges_of_the_globe_are_on_it() {
        for (lon, lat) in [(-180.0, -90.0), (180.0, 90.0), (0.0, 0.0)] {
            let at = LonLat::new(lon, lat).unwrap();
            assert_eq!((at.lon(), at.lat()), (lon, lat));
        }
        assert_eq!(LonLat::new(180.5, 0.0), Err(PositionError::Longitude { value: 180.5 }));
        assert_eq!(LonLat::new(0.0, -90.1), Err(PositionError::Latitude { value: -90.1 }));
        assert!(LonLat::new(f64::INFINITY, 0.0).is_err());
    }

    #[test]
    fn metres_given_as_millimetres_are_refused() {
        assert!(EastNorth::new(430_000.0, 433_000.0).is_ok());
        let error = EastNorth::new(430_000_000.0, 433_000_000.0).unwrap_err();
        assert_eq!(error.to_string(), "easting 430000000 is not between -400000 and 1000000 metres");
    }

    proptest! {
        #[test]
        fn what_new_accepts_is_in_range(lon in any::<f64>(), lat in any::<f64>()) {
            let inside = lon.abs() <= 180.0 && lat.abs() <= 90.0;
            prop_assert_eq!(LonLat::new(lon, lat).is_ok(), inside);
        }

        #[test]
        fn wrapped_longitudes_are_valid_and_the_same_meridian(lon in -1000.0..1000.0_f64) {
            let at = LonLat::wrapped(lon, 0.0);
            prop_assert!(LonLat::new(at.lon(), at.lat()).is_ok());
            let turns = (at.lon() - lon) / 360.0;
            prop_assert!((turns - turns.round()).abs() < 1e-9);
        }
    }
}
