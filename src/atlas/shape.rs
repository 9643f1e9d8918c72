//! Shapes as GeoJSON bytes, written once and copied into every answer.

use std::io::Write as _;
use std::ops::Range;

use bytes::Bytes;
use geo::{LineString, MultiPolygon};

use crate::index::LargePages;

/// The beginning of an area's GeoJSON feature, its shape and names, to which any answer adds the rest.
#[derive(Debug)]
pub struct Feature {
    begun: Bytes,
    geometry: Range<u32>,
}

impl Feature {
    /// The features of areas by their codes, names and shapes in lon/lat degrees, one after the other in memory: an answer
    /// reads all of them in that order.
    pub(crate) fn of<'a>(areas: impl Iterator<Item = (&'a str, &'a str, &'a MultiPolygon)>) -> Vec<Self> {
        let mut all = Vec::new();
        let write = |(code, name, shape): (&str, &str, &MultiPolygon)| {
            let [code, name] = [code, name].map(serde_json::Value::from);
            let from = all.len();
            // Writing to a vector does not fail.
            let _ = write!(all, "{{\"type\":\"Feature\",\"id\":{code},\"geometry\":");
            let start = all.len() - from;
            write_geometry(&mut all, DIGITS, shape);
            let end = all.len() - from;
            let _ = write!(all, ",\"properties\":{{\"code\":{code},\"name\":{name}");
            (from..all.len(), start as u32..end as u32)
        };
        let ranges: Vec<(Range<usize>, Range<u32>)> = areas.map(write).collect();
        let all = Bytes::from(all.into_boxed_slice());
        let features = ranges.into_iter();
        features.map(|(range, geometry)| Feature { begun: all.slice(range), geometry }).collect()
    }

    /// The same features in one place in memory, in large pages where there are many: what reads all of them waits less.
    pub(super) fn together(all: Vec<Feature>) -> Vec<Feature> {
        let mut bytes = LargePages::zeroed(all.iter().map(|feature| feature.begun.len()).sum());
        let mut room = bytes.as_mut_slice();
        for feature in &all {
            let (own, rest) = room.split_at_mut(feature.begun.len());
            own.copy_from_slice(&feature.begun);
            room = rest;
        }
        let mut from = 0;
        let bytes = Bytes::from_owner(bytes);
        let placed = all.into_iter().map(|Feature { begun, geometry }| {
            let own = from..from + begun.len();
            from = own.end;
            Feature { begun: bytes.slice(own), geometry }
        });
        placed.collect()
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
const DIGITS: usize = 6;

/// A GeoJSON geometry object (RFC 7946): Polygon for one polygon, MultiPolygon for several; `null` for none.
pub fn geojson_geometry(shape: &MultiPolygon) -> Box<[u8]> {
    geojson_geometry_to(DIGITS, shape)
}

/// The same with coordinates to so many digits after the point.
pub fn geojson_geometry_to(digits: usize, shape: &MultiPolygon) -> Box<[u8]> {
    let vertices: usize = shape
        .iter()
        .map(|p| p.exterior().0.len() + p.interiors().iter().map(|r| r.0.len()).sum::<usize>())
        .sum();
    let mut out = Vec::with_capacity(vertices * 22 + 64);
    write_geometry(&mut out, digits, shape);
    out.into_boxed_slice()
}

fn write_geometry(out: &mut Vec<u8>, digits: usize, shape: &MultiPolygon) {
    match shape.0.as_slice() {
        [] => out.extend_from_slice(b"null"),
        [polygon] => {
            out.extend_from_slice(b"{\"type\":\"Polygon\",\"coordinates\":");
            write_polygon(out, digits, polygon);
            out.push(b'}');
        }
        polygons => {
            out.extend_from_slice(b"{\"type\":\"MultiPolygon\",\"coordinates\":[");
            for (i, polygon) in polygons.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_polygon(out, digits, polygon);
            }
            out.extend_from_slice(b"]}");
        }
    }
}

fn write_polygon(out: &mut Vec<u8>, digits: usize, polygon: &geo::Polygon) {
    out.push(b'[');
    write_ring(out, digits, polygon.exterior());
    for hole in polygon.interiors() {
        out.push(b',');
        write_ring(out, digits, hole);
    }
    out.push(b']');
}

fn write_ring(out: &mut Vec<u8>, digits: usize, ring: &LineString) {
    let scale = 10f64.powi(digits as i32);
    let round = |length: f64| (length * scale).round() / scale;
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
