//! The coordinate reference systems in which answers give coordinates.

use std::borrow::Cow;

use geo::{Coord, LineString, MapCoords, MultiPolygon, Polygon, Rect};

use super::parameters::Parameters;
use crate::atlas::{Atlas, AtlasLayer, geojson_geometry, geojson_geometry_to};
use crate::geometry::{Crs, LonLat};

/// A reference system with the order of its axes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum ReferenceSystem {
    /// Longitude, latitude (OGC:CRS84): how all coordinates are kept.
    #[default]
    Crs84,
    /// Latitude, longitude (EPSG:4326).
    LatLon,
    /// Easting, northing in metres (EPSG:27700).
    BritishGrid,
    /// Metres of Web Mercator (EPSG:3857).
    WebMercator,
}

/// Points to a side of a box in another system: a side of it is a curve here.
const SIDE_POINTS: u32 = 64;

impl ReferenceSystem {
    /// All, the usual one first.
    pub const ALL: [ReferenceSystem; 4] = [
        ReferenceSystem::Crs84,
        ReferenceSystem::LatLon,
        ReferenceSystem::BritishGrid,
        ReferenceSystem::WebMercator,
    ];

    /// Its name in the register of OGC.
    pub fn uri(self) -> &'static str {
        match self {
            ReferenceSystem::Crs84 => "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
            ReferenceSystem::LatLon => "http://www.opengis.net/def/crs/EPSG/0/4326",
            ReferenceSystem::BritishGrid => "http://www.opengis.net/def/crs/EPSG/0/27700",
            ReferenceSystem::WebMercator => "http://www.opengis.net/def/crs/EPSG/0/3857",
        }
    }

    /// Notes a fault where other coordinates are asked for than longitude and latitude, and a form of an answer has no others.
    pub fn only_degrees(self, read: &mut Parameters, form: &str) {
        if self != ReferenceSystem::Crs84 {
            read.fault("crs", self.uri(), format!("{form} has no other coordinates than CRS84"));
        }
    }

    fn crs(self) -> Crs {
        match self {
            ReferenceSystem::Crs84 | ReferenceSystem::LatLon => Crs::Wgs84,
            ReferenceSystem::BritishGrid => Crs::BritishGrid,
            ReferenceSystem::WebMercator => Crs::WebMercator,
        }
    }

    /// Digits after the point: eleven centimetres of a degree, a centimetre.
    pub fn digits(self) -> usize {
        if self.crs().is_degrees() { 6 } else { 2 }
    }

    /// What its two coordinates are called.
    pub fn axes(self) -> [&'static str; 2] {
        match self {
            ReferenceSystem::Crs84 => ["lon", "lat"],
            ReferenceSystem::LatLon => ["lat", "lon"],
            ReferenceSystem::BritishGrid => ["easting", "northing"],
            ReferenceSystem::WebMercator => ["x", "y"],
        }
    }

    /// A place in degrees in this system.
    pub fn project(self, atlas: &Atlas, at: Coord) -> Coord {
        match (self, LonLat::new(at.x, at.y)) {
            (ReferenceSystem::Crs84, _) | (_, Err(_)) => at,
            (ReferenceSystem::LatLon, _) => Coord { x: at.y, y: at.x },
            (_, Ok(place)) => self.crs().project(place, atlas.grid()),
        }
    }

    /// A shape in degrees as GeoJSON geometry in this system.
    pub fn geometry(self, atlas: &Atlas, shape: &MultiPolygon) -> Box<[u8]> {
        if self == ReferenceSystem::Crs84 {
            return geojson_geometry(shape);
        }
        geojson_geometry_to(self.digits(), &self.shape(atlas, shape))
    }

    /// The geometry of an area of a layer; that which the layer keeps, where it is in degrees.
    pub fn geometry_of<'a>(self, atlas: &Atlas, layer: &'a AtlasLayer, number: u32) -> Cow<'a, [u8]> {
        match self {
            ReferenceSystem::Crs84 => layer.features()[number as usize].geometry().into(),
            _ => self.geometry(atlas, &layer.shapes()[number as usize]).into_vec().into(),
        }
    }

    /// A shape in degrees in this system.
    pub fn shape(self, atlas: &Atlas, shape: &MultiPolygon) -> MultiPolygon {
        shape.map_coords(|at| self.project(atlas, at))
    }

    /// The ground in degrees of a box between two corners in this system; of one across the antimeridian, whose west is east of its
    /// east, both halves. In words what is wrong with it.
    pub fn ground(self, atlas: &Atlas, [x0, y0, x1, y1]: [f64; 4]) -> Result<MultiPolygon, String> {
        let is_degrees = self.crs().is_degrees();
        let ([x0, x1], [y0, y1]) =
            if self == ReferenceSystem::LatLon { ([y0, y1], [x0, x1]) } else { ([x0, x1], [y0, y1]) };
        if y0 > y1 || (x0 > x1 && !is_degrees) {
            return Err("the second corner is south or west of the first".to_owned());
        }
        if is_degrees && !(x0.abs().max(x1.abs()) <= 180.0 && y0.abs().max(y1.abs()) <= 90.0) {
            return Err("not degrees: longitudes are within 180, latitudes within 90".to_owned());
        }
        let rect = |x0, x1| Rect::new(Coord { x: x0, y: y0 }, Coord { x: x1, y: y1 });
        if is_degrees && x0 > x1 {
            return Ok(MultiPolygon(vec![rect(x0, 180.0).to_polygon(), rect(-180.0, x1).to_polygon()]));
        }
        if is_degrees {
            return Ok(rect(x0, x1).into());
        }
        let corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)];
        let along = corners.windows(2).flat_map(|ends| {
            let [(x, y), (end_x, end_y)] = [ends[0], ends[1]];
            (0..SIDE_POINTS).map(move |i| {
                let part = f64::from(i) / f64::from(SIDE_POINTS);
                (x + (end_x - x) * part, y + (end_y - y) * part)
            })
        });
        let border: Result<Vec<Coord>, _> =
            along.map(|(x, y)| self.crs().to_lonlat(x, y, atlas.grid()).map(LonLat::coord)).collect();
        Ok(Polygon::new(LineString(border.map_err(|e| e.to_string())?), Vec::new()).into())
    }
}

impl std::str::FromStr for ReferenceSystem {
    type Err = String;

    /// By its name in the register, or as `27700`, `EPSG:27700`, `CRS84`.
    fn from_str(text: &str) -> Result<Self, String> {
        // Both are degrees of WGS 84; what differs is the order.
        let name = text.trim().to_ascii_uppercase();
        let is_crs84 = name.ends_with("CRS84") || name == "CRS:84";
        let found = text.parse().ok().and_then(|crs: Crs| {
            let is_it = |known: &Self| known.crs() == crs && (*known == ReferenceSystem::Crs84) == is_crs84;
            ReferenceSystem::ALL.into_iter().find(is_it)
        });
        found.ok_or_else(|| {
            let known = ReferenceSystem::ALL.map(ReferenceSystem::uri).join(", ");
            format!("`{text}` is no reference system of answers; there are {known}")
        })
    }
}
