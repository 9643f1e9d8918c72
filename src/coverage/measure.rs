//! Areas and boxes of blocks, read off the arcs.

use geo::{Coord, MultiPolygon, Rect};

use super::{Coverage, NOWHERE};

/// WGS 84: half the major axis in metres, and the flattening.
const MAJOR_M: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_223_563;

impl Coverage {
    /// Every block's area in square metres on the WGS 84 ellipsoid, edges being straight in longitude and latitude as
    /// GeoJSON defines them (RFC 7946, 3.1.1).
    ///
    /// By Green's theorem the area is the sum over the edges of the strip between edge and equator; each arc is walked once
    /// for both its blocks, so that areas of a partition add up. The strip of an edge is integrated by three-point
    /// Gauss-Legendre quadrature, exact to far below the square metre for edges of tens of kilometres.
    pub fn areas_m2(&self) -> Vec<f64> {
        let mut areas = vec![0.0; self.blocks.len()];
        for &arc in &self.arcs {
            let strip: f64 = self.vertices_of(arc).windows(2).map(|e| strip_m2(e[0], e[1])).sum();
            if arc.left != NOWHERE {
                areas[arc.left as usize] -= strip;
            }
            if arc.right != NOWHERE {
                areas[arc.right as usize] += strip;
            }
        }
        areas
    }

    /// Every block's box; `None` for a block without a border.
    pub fn boxes(&self) -> Vec<Option<Rect>> {
        let mut boxes: Vec<Option<Rect>> = vec![None; self.blocks.len()];
        for &arc in &self.arcs {
            let Some(line) = enclosing(self.vertices_of(arc)) else { continue };
            for block in [arc.left, arc.right] {
                if block != NOWHERE {
                    let known = &mut boxes[block as usize];
                    *known = Some(known.map_or(line, |b| united(b, line)));
                }
            }
        }
        boxes
    }
}

fn enclosing(line: &[Coord]) -> Option<Rect> {
    let first = Rect::new(*line.first()?, *line.first()?);
    Some(line.iter().fold(first, |r, &c| united(r, Rect::new(c, c))))
}

/// The area of a shape in square metres, measured as [`Coverage::areas_m2`] does: exteriors counter-clockwise, holes
/// clockwise.
pub fn area_m2(shape: &MultiPolygon) -> f64 {
    let rings = shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    -rings.flat_map(|ring| ring.0.windows(2)).map(|e| strip_m2(e[0], e[1])).sum::<f64>()
}

/// The smallest box around two.
pub fn united(a: Rect, b: Rect) -> Rect {
    Rect::new(
        Coord { x: a.min().x.min(b.min().x), y: a.min().y.min(b.min().y) },
        Coord { x: a.max().x.max(b.max().x), y: a.max().y.max(b.max().y) },
    )
}

/// The signed area between an edge and the equator, positive when the edge runs east.
fn strip_m2(a: Coord, b: Coord) -> f64 {
    // Nodes and weights of three-point Gauss-Legendre quadrature on 0..1.
    const NODES: [(f64, f64); 3] =
        [(0.112_701_665_379_258_3, 5.0 / 18.0), (0.5, 8.0 / 18.0), (0.887_298_334_620_741_7, 5.0 / 18.0)];
    let width = (b.x - a.x).to_radians();
    let mean: f64 = NODES
        .iter()
        .map(|(at, weight)| weight * strip_per_radian((a.y + (b.y - a.y) * at).to_radians()))
        .sum();
    width * mean
}

/// The area per radian of longitude between the equator and a latitude: Snyder, *Map Projections: A Working Manual*
/// (1987), equation 3-12 times half the square of the major axis.
fn strip_per_radian(latitude: f64) -> f64 {
    let e2 = FLATTENING * (2.0 - FLATTENING);
    let e = e2.sqrt();
    let sine = latitude.sin();
    let q = (1.0 - e2) * (sine / (1.0 - e2 * sine * sine) + (e * sine).atanh() / e);
    MAJOR_M * MAJOR_M / 2.0 * q
}
