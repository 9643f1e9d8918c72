//! Shapes as GeoJSON bytes, written once and copied into every answer.

use std::io::Write as _;
use std::ops::Range;

use bytes::Bytes;
use geo::{LineString, MultiPolygon};

use super::Area;

/// The beginning of an area's GeoJSON feature, its shape and names, to which any answer adds the rest.
pub struct Feature {
    begun: Bytes,
    geometry: Range<u32>,
}

impl Feature {
    /// The feature of an area with its shape in lon/lat degrees.
    pub(super) fn of(area: &Area, shape: &MultiPolygon) -> Self {
        let [code, name] = [area.code.as_str(), area.name.as_str()].map(serde_json::Value::from);
        let geometry = geojson_geometry(shape);
        let mut begun = format!("{{\"type\":\"Feature\",\"id\":{code},\"geometry\":").into_bytes();
        let start = begun.len();
        begun.extend_from_slice(&geometry);
        let end = begun.len();
        begun.extend_from_slice(format!(",\"properties\":{{\"code\":{code},\"name\":{name}").as_bytes());
        Feature { begun: begun.into_boxed_slice().into(), geometry: start as u32..end as u32 }
    }

    /// The feature with `id`, `geometry`, and of its `properties` the `code` and `name`; neither of the two objects is
    /// closed.
    pub fn begun(&self) -> &Bytes {
        &self.begun
    }

    /// Its geometry object alone, `null` for none.
    pub fn geometry(&self) -> &[u8] {
        &self.begun[self.geometry.start as usize..self.geometry.end as usize]
    }
}

/// Digits after the point of a coordinate: 1e-6 degree is 11 cm, the grid of the shipped coverages.
const DIGITS: i32 = 6;

/// A GeoJSON geometry object (RFC 7946): Polygon for one polygon, MultiPolygon for several; `null` for none.
pub fn geojson_geometry(shape: &MultiPolygon) -> Box<[u8]> {
    let vertices: usize = shape
        .iter()
        .map(|p| p.exterior().0.len() + p.interiors().iter().map(|r| r.0.len()).sum::<usize>())
        .sum();
    let mut out = Vec::with_capacity(vertices * 22 + 64);
    match shape.0.as_slice() {
        [] => out.extend_from_slice(b"null"),
        [polygon] => {
            out.extend_from_slice(b"{\"type\":\"Polygon\",\"coordinates\":");
            write_polygon(&mut out, polygon);
            out.push(b'}');
        }
        polygons => {
            out.extend_from_slice(b"{\"type\":\"MultiPolygon\",\"coordinates\":[");
            for (i, polygon) in polygons.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_polygon(&mut out, polygon);
            }
            out.extend_from_slice(b"]}");
        }
    }
    out.into_boxed_slice()
}

fn write_polygon(out: &mut Vec<u8>, polygon: &geo::Polygon) {
    out.push(b'[');
    write_ring(out, polygon.exterior());
    for hole in polygon.interiors() {
        out.push(b',');
        write_ring(out, hole);
    }
    out.push(b']');
}

fn write_ring(out: &mut Vec<u8>, ring: &LineString) {
    let scale = 10f64.powi(DIGITS);
    let round = |degrees: f64| (degrees * scale).round() / scale;
    out.push(b'[');
    for (i, c) in ring.0.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        // Writing to a vector does not fail.
        let _ = write!(out, "[{},{}]", round(c.x), round(c.y));
    }
    out.push(b']');
}
