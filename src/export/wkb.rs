//! Well-known binary (OGC 06-103r4, 8.2), little-endian.

use geo::{Coord, LineString, MultiPolygon, Polygon, Rect};

const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;

/// A shape as a `MultiPolygon`.
pub(super) fn multi_polygon(shape: &MultiPolygon) -> Vec<u8> {
    let vertices: usize = shape.iter().map(|p| p.exterior().0.len()).sum();
    let mut out = Vec::with_capacity(vertices * 16 + 64);
    header(&mut out, MULTI_POLYGON, shape.0.len());
    for polygon in shape {
        header(&mut out, POLYGON, 1 + polygon.interiors().len());
        for ring in rings(polygon) {
            out.extend_from_slice(&(ring.0.len() as u32).to_le_bytes());
            for Coord { x, y } in &ring.0 {
                out.extend_from_slice(&x.to_le_bytes());
                out.extend_from_slice(&y.to_le_bytes());
            }
        }
    }
    out
}

/// The outer ring, then the holes.
pub(super) fn rings(polygon: &Polygon) -> impl Iterator<Item = &LineString> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

fn header(out: &mut Vec<u8>, kind: u32, parts: usize) {
    out.push(1);
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&(parts as u32).to_le_bytes());
}

/// West, south, east and north of all shapes.
pub(super) fn extent<'a>(shapes: impl Iterator<Item = &'a MultiPolygon>) -> Option<Rect> {
    shapes.filter_map(geo::BoundingRect::bounding_rect).reduce(crate::coverage::united)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_triangle_is_written_as_the_standard_says() {
        let ring = LineString::from(vec![(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)]);
        let bytes = multi_polygon(&MultiPolygon(vec![Polygon::new(ring, vec![])]));
        assert_eq!(bytes.len(), 9 + 9 + 4 + 4 * 16);
        assert_eq!(&bytes[..22], [1, 6, 0, 0, 0, 1, 0, 0, 0, 1, 3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0]);
        assert_eq!(&bytes[38..46], &1.0f64.to_le_bytes());
    }
}
