//! The coordinate systems that British and Irish data come in, and the way to longitude and latitude.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use geo::Coord;

use super::grid::{DatumShift, Ellipsoid, TransverseMercator};
use super::{BritishGrid, EastNorth, LonLat, PositionError};

/// A coordinate system that can be read.
///
/// Degrees always come longitude first, as files have them, whatever order the EPSG register gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Crs {
    /// WGS 84 degrees (CRS84, EPSG:4326).
    Wgs84,
    /// ETRS89 degrees (EPSG:4258): within a metre of WGS 84, and taken as the same.
    Etrs89,
    /// British National Grid (EPSG:27700), by OSTN15.
    BritishGrid,
    /// Irish Grid on the datum TM65 (EPSG:29902).
    IrishGridTm65,
    /// Irish Grid on the datum TM75 (EPSG:29903): the same numbers as TM65 for all that files can tell.
    IrishGridTm75,
    /// Irish Transverse Mercator (EPSG:2157), the grid of newer data from the island of Ireland.
    IrishTransverseMercator,
    /// Web Mercator (EPSG:3857), in metres that are true at the equator only.
    WebMercator,
}

/// Why a coordinate system or a coordinate in it cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CrsError {
    /// Not one of the systems that can be read.
    #[error(
        "`{0}` is not a known coordinate system; known are CRS84 and EPSG 4326, 4258, 27700, 29902, 29903, 2157, 3857"
    )]
    Unknown(String),
    /// The definition (as in a `.prj` file) is of a system that cannot be read.
    #[error(
        "the coordinate system `{0}` cannot be read; convert the file to EPSG:27700 or longitude and latitude"
    )]
    Definition(String),
    /// The coordinate is outside the range of its system.
    #[error(transparent)]
    Position(#[from] PositionError),
    /// The coordinate is outside the area of its projection.
    #[error("{x},{y} is outside {crs}")]
    Outside {
        /// The system.
        crs: Crs,
        /// First coordinate, in metres.
        x: f64,
        /// Second coordinate, in metres.
        y: f64,
    },
}

/// Radius of the Web Mercator sphere in metres.
const WEB_RADIUS_M: f64 = 6_378_137.0;

/// Irish Grid (EPSG:29902, 29903), projection parameters of the EPSG register.
static IRISH_GRID: LazyLock<TransverseMercator> = LazyLock::new(|| {
    TransverseMercator::new(
        Ellipsoid::AIRY_MODIFIED,
        Coord { x: -8.0, y: 53.5 },
        Coord { x: 200_000.0, y: 250_000.0 },
        1.000_035,
    )
});

/// Irish Transverse Mercator (EPSG:2157), projection parameters of the EPSG register.
static IRISH_TRANSVERSE_MERCATOR: LazyLock<TransverseMercator> = LazyLock::new(|| {
    TransverseMercator::new(
        Ellipsoid::GRS80,
        Coord { x: -8.0, y: 53.5 },
        Coord { x: 600_000.0, y: 750_000.0 },
        0.999_82,
    )
});

impl Crs {
    const ALL: [Crs; 7] = [
        Crs::Wgs84,
        Crs::Etrs89,
        Crs::BritishGrid,
        Crs::IrishGridTm65,
        Crs::IrishGridTm75,
        Crs::IrishTransverseMercator,
        Crs::WebMercator,
    ];

    /// The code in the EPSG register; 4326 for WGS 84 whichever way round it was written.
    pub fn epsg(self) -> u32 {
        match self {
            Crs::Wgs84 => 4326,
            Crs::Etrs89 => 4258,
            Crs::BritishGrid => 27700,
            Crs::IrishGridTm65 => 29902,
            Crs::IrishGridTm75 => 29903,
            Crs::IrishTransverseMercator => 2157,
            Crs::WebMercator => 3857,
        }
    }

    /// The system with an EPSG code, or one of the codes in use for Web Mercator before it had one.
    fn from_epsg(code: u32) -> Option<Self> {
        match code {
            900_913 | 102_100 | 102_113 => Some(Crs::WebMercator),
            _ => Crs::ALL.into_iter().find(|crs| crs.epsg() == code),
        }
    }

    /// True when coordinates are longitude and latitude in degrees, false when metres.
    pub fn is_degrees(self) -> bool {
        matches!(self, Crs::Wgs84 | Crs::Etrs89)
    }

    /// The system a definition text (WKT 1, its ESRI dialect, or WKT 2, as found in `.prj` files) describes.
    ///
    /// ```
    /// use levelmap::geometry::Crs;
    /// let text = r#"PROJCS["British_National_Grid",GEOGCS["GCS_OSGB_1936",DATUM["D_OSGB_1936"]]]"#;
    /// assert_eq!(Crs::from_wkt(text), Ok(Crs::BritishGrid));
    /// ```
    pub fn from_wkt(text: &str) -> Result<Self, CrsError> {
        super::wkt::crs(text)
    }

    /// A coordinate pair in this system as longitude and latitude.
    ///
    /// `x` is the longitude or easting. Grids of another datum than WGS 84 and OSGB36 are turned by seven
    /// parameters (EPSG:1641, 1954), good to about a metre in Ireland.
    pub fn to_lonlat(self, x: f64, y: f64, british_grid: &BritishGrid) -> Result<LonLat, CrsError> {
        let outside = CrsError::Outside { crs: self, x, y };
        let projected = |projection: &TransverseMercator| {
            // About what EastNorth allows: the island of Ireland and the seas round it.
            let near = (-500_000.0..=1_500_000.0).contains(&x) && (-500_000.0..=1_700_000.0).contains(&y);
            near.then(|| projection.inverse(Coord { x, y })).ok_or(outside.clone())
        };
        let at = match self {
            Crs::Wgs84 | Crs::Etrs89 => Coord { x, y },
            Crs::BritishGrid => return Ok(british_grid.to_lonlat(EastNorth::new(x, y)?).0),
            Crs::IrishGridTm65 | Crs::IrishGridTm75 => DatumShift::IRELAND.to_wgs84(projected(&IRISH_GRID)?),
            Crs::IrishTransverseMercator => projected(&IRISH_TRANSVERSE_MERCATOR)?,
            Crs::WebMercator => {
                let half_m = WEB_RADIUS_M * std::f64::consts::PI;
                // A millimetre over: files round the world's edge.
                if !(x.abs() <= half_m + 1e-3 && y.is_finite()) {
                    return Err(outside);
                }
                let at = Coord {
                    x: (x / WEB_RADIUS_M).to_degrees(),
                    y: (y / WEB_RADIUS_M).sinh().atan().to_degrees(),
                };
                return Ok(LonLat::new(at.x.clamp(-180.0, 180.0), at.y)?);
            }
        };
        Ok(LonLat::new(at.x, at.y)?)
    }

    /// A position as a coordinate pair of this system: the inverse of [`Self::to_lonlat`].
    ///
    /// Far from a grid's own country the numbers mean little; a pole in Web Mercator is infinite.
    pub fn project(self, at: LonLat, british_grid: &BritishGrid) -> Coord {
        match self {
            Crs::Wgs84 | Crs::Etrs89 => at.coord(),
            Crs::BritishGrid => british_grid.to_grid(at).point.coord(),
            Crs::IrishGridTm65 | Crs::IrishGridTm75 => {
                IRISH_GRID.forward(DatumShift::IRELAND.to_local(at.coord()))
            }
            Crs::IrishTransverseMercator => IRISH_TRANSVERSE_MERCATOR.forward(at.coord()),
            Crs::WebMercator => Coord {
                x: at.lon().to_radians() * WEB_RADIUS_M,
                y: at.lat().to_radians().tan().asinh() * WEB_RADIUS_M,
            },
        }
    }
}

impl FromStr for Crs {
    type Err = CrsError;

    /// `27700`, `EPSG:27700`, `urn:ogc:def:crs:EPSG::27700`, `http://www.opengis.net/def/crs/EPSG/0/27700`,
    /// and the same forms of `CRS84`; letters of either case.
    fn from_str(text: &str) -> Result<Self, CrsError> {
        let unknown = || CrsError::Unknown(text.to_owned());
        let trimmed = text.trim();
        let mut parts = trimmed.rsplit([':', '/']);
        let code = parts.next().unwrap_or_default();
        let authority = parts.find(|part| !part.is_empty() && part.chars().any(char::is_alphabetic));
        match authority.map(str::to_ascii_lowercase).as_deref() {
            None | Some("epsg" | "esri" | "crs" | "ogc") => {}
            Some(_) => return Err(unknown()),
        }
        // Web Map Services write CRS:84.
        if code.eq_ignore_ascii_case("CRS84") || trimmed.eq_ignore_ascii_case("CRS:84") {
            return Ok(Crs::Wgs84);
        }
        code.parse().ok().and_then(Crs::from_epsg).ok_or_else(unknown)
    }
}

impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EPSG:{}", self.epsg())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{ShiftGrid, distance_m};
    use proptest::prelude::*;

    /// A grid without the shipped table: only the British National Grid needs that.
    fn no_shift() -> BritishGrid {
        BritishGrid::new(ShiftGrid::new(2, 2, 1, vec![[0, 0]; 4]).unwrap())
    }

    #[test]
    fn all_ways_to_write_a_system_are_understood() {
        for (text, expected) in [
            ("27700", Crs::BritishGrid),
            (" EPSG:27700 ", Crs::BritishGrid),
            ("epsg:4326", Crs::Wgs84),
            ("urn:ogc:def:crs:EPSG::27700", Crs::BritishGrid),
            ("urn:ogc:def:crs:EPSG:9.9.1:29903", Crs::IrishGridTm75),
            ("urn:ogc:def:crs:OGC:1.3:CRS84", Crs::Wgs84),
            ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", Crs::Wgs84),
            ("http://www.opengis.net/def/crs/EPSG/0/3857", Crs::WebMercator),
            ("CRS84", Crs::Wgs84),
            ("CRS:84", Crs::Wgs84),
            ("EPSG:900913", Crs::WebMercator),
            ("4258", Crs::Etrs89),
            ("29902", Crs::IrishGridTm65),
            ("2157", Crs::IrishTransverseMercator),
        ] {
            assert_eq!(text.parse::<Crs>(), Ok(expected), "{text}");
        }
        for text in ["", "EPSG:", "32630", "IGNF:27700", "27700.0", "British National Grid"] {
            assert_eq!(text.parse::<Crs>(), Err(CrsError::Unknown(text.to_owned())), "{text}");
        }
        for crs in Crs::ALL {
            assert_eq!(crs.to_string().parse::<Crs>(), Ok(crs));
        }
    }

    #[test]
    fn the_irish_grids_put_belfast_in_belfast() {
        // City Hall: Irish Grid and ITM from PROJ 9 with EPSG:1954; degrees are the question.
        let city_hall = LonLat::new(-5.9301, 54.5964).unwrap();
        let grid = no_shift();
        let irish = Crs::IrishGridTm75.project(city_hall, &grid);
        let itm = Crs::IrishTransverseMercator.project(city_hall, &grid);
        // The two differ by 400 km east and 500 km north and the shift of the datum.
        assert!((itm.x - irish.x - 400_000.0).abs() < 100.0, "{irish:?} {itm:?}");
        assert!((itm.y - irish.y - 500_000.0).abs() < 100.0, "{irish:?} {itm:?}");
    }

    #[test]
    fn coordinates_outside_a_system_are_refused() {
        let grid = no_shift();
        let refused = |crs: Crs, x: f64, y: f64| crs.to_lonlat(x, y, &grid).unwrap_err();
        assert!(matches!(
            refused(Crs::Wgs84, 430_000.0, 433_000.0),
            CrsError::Position(PositionError::Longitude { .. })
        ));
        assert!(matches!(
            refused(Crs::BritishGrid, -1.5, f64::NAN),
            CrsError::Position(PositionError::Northing { .. })
        ));
        assert!(matches!(refused(Crs::WebMercator, 2.1e7, 0.0), CrsError::Outside { .. }));
        let error = refused(Crs::IrishGridTm65, f64::INFINITY, 0.0);
        assert_eq!(error.to_string(), "inf,0 is outside EPSG:29902");
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_place(lon in -11.0..-5.0_f64, lat in 51.0..56.0_f64) {
            let grid = no_shift();
            let at = LonLat::new(lon, lat).unwrap();
            for crs in Crs::ALL {
                let there = crs.project(at, &grid);
                let back = crs.to_lonlat(there.x, there.y, &grid).unwrap();
                prop_assert!(distance_m(at, back) < 1e-3, "{crs}: {at} {back}");
            }
        }

        // PROJ's own formulas, in their Rust form, with the same parameters.
        #[test]
        fn proj_agrees(lon in -11.0..2.0_f64, lat in 49.5..61.0_f64) {
            let wgs84 = proj4rs::Proj::from_proj_string("+proj=longlat +datum=WGS84 +no_defs").unwrap();
            let at = LonLat::new(lon, lat).unwrap();
            for (crs, definition, tolerance_m) in [
                (
                    Crs::IrishGridTm75,
                    "+proj=tmerc +lat_0=53.5 +lon_0=-8 +k=1.000035 +x_0=200000 +y_0=250000 +a=6377340.189 \
                     +rf=299.3249646 +towgs84=482.5,-130.6,564.6,-1.042,-0.214,-0.631,8.15 +units=m +no_defs",
                    1e-3,
                ),
                (
                    Crs::IrishTransverseMercator,
                    "+proj=tmerc +lat_0=53.5 +lon_0=-8 +k=0.99982 +x_0=600000 +y_0=750000 +ellps=GRS80 \
                     +towgs84=0,0,0,0,0,0,0 +units=m +no_defs",
                    1e-3,
                ),
                (
                    Crs::WebMercator,
                    "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m \
                     +nadgrids=@null +no_defs",
                    1e-3,
                ),
            ] {
                let proj = proj4rs::Proj::from_proj_string(definition).unwrap();
                let mut expected = (lon.to_radians(), lat.to_radians(), 0.0);
                proj4rs::transform::transform(&wgs84, &proj, &mut expected).unwrap();
                let found = crs.project(at, &no_shift());
                let apart_m = (found.x - expected.0).hypot(found.y - expected.1);
                prop_assert!(apart_m < tolerance_m, "{crs}: {found:?} {expected:?}");
            }
        }
    }
}
