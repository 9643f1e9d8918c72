//! Tile coordinates of the Web Mercator pyramid (XYZ: column from the west, row from the north).

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

/// The deepest zoom that can be named. Tiles are made to a lesser one; a client draws those larger.
pub const MAX_ZOOM: u8 = 22;

/// A tile that exists: zoom 0 to [`MAX_ZOOM`], column and row within the zoom's 2^z by 2^z.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TileCoord {
    z: u8,
    x: u32,
    y: u32,
}

/// Why numbers name no tile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileCoordError {
    /// The zoom is too deep.
    #[error("zoom {z} is deeper than {MAX_ZOOM}")]
    Zoom {
        /// The zoom asked for.
        z: u8,
    },
    /// The column does not exist at this zoom.
    #[error("column {x} does not exist at zoom {z}, whose last is {last}", last = last(*z))]
    Column {
        /// The zoom asked for.
        z: u8,
        /// The column asked for.
        x: u32,
    },
    /// The row does not exist at this zoom.
    #[error("row {y} does not exist at zoom {z}, whose last is {last}", last = last(*z))]
    Row {
        /// The zoom asked for.
        z: u8,
        /// The row asked for.
        y: u32,
    },
    /// The text is not of the form `z/x/y`.
    #[error("`{0}` is not a tile: write zoom, column and row as in `8/127/81`")]
    Form(String),
}

/// The last column or row of a zoom.
fn last(z: u8) -> u32 {
    (1u32 << z.min(MAX_ZOOM)) - 1
}

impl TileCoord {
    /// The tile of this zoom, column and row, if it exists.
    ///
    /// ```
    /// use levelmap::tiles::TileCoord;
    /// assert!(TileCoord::new_checked(1, 1, 1).is_ok());
    /// assert!(TileCoord::new_checked(1, 2, 0).is_err());
    /// ```
    pub fn new_checked(z: u8, x: u32, y: u32) -> Result<TileCoord, TileCoordError> {
        if z > MAX_ZOOM {
            Err(TileCoordError::Zoom { z })
        } else if x > last(z) {
            Err(TileCoordError::Column { z, x })
        } else if y > last(z) {
            Err(TileCoordError::Row { z, y })
        } else {
            Ok(TileCoord { z, x, y })
        }
    }

    /// Zoom.
    pub fn z(self) -> u8 {
        self.z
    }

    /// Column, from the antimeridian eastwards.
    pub fn x(self) -> u32 {
        self.x
    }

    /// Row, from the north southwards.
    pub fn y(self) -> u32 {
        self.y
    }

    /// West, south, east and north edge in degrees.
    pub fn bounds(self) -> [f64; 4] {
        self.bounds_with_margin(0.0)
    }

    /// West, south, east and north edge in degrees of the tile and the margin in which shapes go on (see
    /// [`super::BUFFER`]): what meets this box belongs in the tile.
    pub fn bounds_with_buffer(self) -> [f64; 4] {
        // A grid unit more, because shapes are rounded to the grid before they are clipped.
        self.bounds_with_margin((f64::from(super::BUFFER) + 1.0) / f64::from(super::EXTENT))
    }

    /// `margin` is in tile widths.
    fn bounds_with_margin(self, margin: f64) -> [f64; 4] {
        let tiles = f64::from(1u32 << self.z);
        let lon = |column: f64| (column / tiles).clamp(0.0, 1.0) * 360.0 - 180.0;
        let lat = |row: f64| (PI * (1.0 - 2.0 * (row / tiles).clamp(0.0, 1.0))).sinh().atan().to_degrees();
        let (x, y) = (f64::from(self.x), f64::from(self.y));
        [lon(x - margin), lat(y + 1.0 + margin), lon(x + 1.0 + margin), lat(y - margin)]
    }
}

impl FromStr for TileCoord {
    type Err = TileCoordError;
    fn from_str(text: &str) -> Result<TileCoord, TileCoordError> {
        let form = || TileCoordError::Form(text.to_owned());
        let mut parts = text.split('/');
        let mut part = || parts.next().and_then(|part| part.parse::<u32>().ok()).ok_or_else(form);
        let (z, x, y) = (part()?, part()?, part()?);
        if parts.next().is_some() {
            return Err(form());
        }
        TileCoord::new_checked(u8::try_from(z).map_err(|_| form())?, x, y)
    }
}

impl fmt::Display for TileCoord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.z, self.x, self.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tiles_that_exist_can_be_named() {
        assert_eq!("8/127/81".parse(), TileCoord::new_checked(8, 127, 81));
        assert_eq!(TileCoord::new_checked(23, 0, 0), Err(TileCoordError::Zoom { z: 23 }));
        assert_eq!(TileCoord::new_checked(0, 1, 0), Err(TileCoordError::Column { z: 0, x: 1 }));
        assert_eq!(TileCoord::new_checked(3, 7, 8), Err(TileCoordError::Row { z: 3, y: 8 }));
        assert!(TileCoord::new_checked(22, 4_194_303, 4_194_303).is_ok());
        for text in ["", "8/127", "8/127/81/1", "8/-1/3", "a/b/c", "300/0/0"] {
            assert!(text.parse::<TileCoord>().is_err(), "{text}");
        }
        let error = TileCoord::new_checked(3, 0, 8).expect_err("there is no such row").to_string();
        assert_eq!(error, "row 8 does not exist at zoom 3, whose last is 7");
    }

    /// The tile of Leeds at zoom 8 as published map services number it: 126, 82.
    #[test]
    fn bounds_are_those_of_the_web_mercator_pyramid() {
        let [west, south, east, north] = TileCoord::new_checked(8, 126, 82).expect("it exists").bounds();
        assert_eq!((west, east), (-2.8125, -1.40625));
        assert!(
            (south - 53.330_872_983).abs() < 1e-8 && (north - 54.162_433_968).abs() < 1e-8,
            "{south} {north}"
        );
        let whole = TileCoord::new_checked(0, 0, 0).expect("it exists").bounds();
        assert!((whole[3] - 85.051_128_78).abs() < 1e-8 && (whole[0], whole[2]) == (-180.0, 180.0));
    }

    #[test]
    fn the_buffer_lies_all_round() {
        let tile = TileCoord::new_checked(9, 253, 165).expect("it exists");
        let ([w, s, e, n], [bw, bs, be, bn]) = (tile.bounds(), tile.bounds_with_buffer());
        assert!(bw < w && bs < s && be > e && bn > n);
        assert!(((w - bw) / (e - w) - 65.0 / 4096.0).abs() < 1e-9);
    }
}
