//! Polygons cut with polygons: for layers that have no coverage in common.

use std::borrow::Cow;

use geo::{BooleanOps, BoundingRect, Coord, MultiPolygon, Polygon, Rect};

use crate::atlas::{Atlas, AtlasLayer};
use crate::{coverage, geometry};

/// Ground common to two areas of different coverages.
pub(super) struct Piece {
    /// The number of the other area in its layer.
    pub other: u32,
    pub area_m2: f64,
    /// Twice the area by the length of the outline: the width, when the piece is long.
    pub width_m: f64,
    /// Of each block the share of its ground; `None` when neither layer is made of blocks with residents.
    pub residents: Option<f64>,
    pub approximate: bool,
    pub shape: MultiPolygon,
}

/// Whether a layer covers a coverage.
fn covers(layer: &AtlasLayer, coverage: usize) -> bool {
    layer.parts().iter().any(|part| part.coverage == coverage)
}

/// Whether each coverage of one of two layers is the other's too, so that no area of it has ground of its own.
pub(super) fn is_needless(layer: &AtlasLayer, other: &AtlasLayer) -> bool {
    let covered =
        |one: &AtlasLayer, by: &AtlasLayer| one.parts().iter().all(|part| covers(by, part.coverage));
    covered(other, layer) || covered(layer, other)
}

/// What an area has in common with the areas of another layer over coverages that only one of the two layers covers.
pub(super) fn pieces(atlas: &Atlas, layer: &AtlasLayer, area: u32, other: &AtlasLayer) -> Vec<Piece> {
    if is_needless(layer, other) {
        return Vec::new();
    }
    let Some(here) = own_ground(atlas, layer, area, other) else { return Vec::new() };
    let Some(bounds) = here.bounding_rect() else { return Vec::new() };
    let mut found = Vec::new();
    let mut near: Vec<u32> = other.index().meeting(bounds).collect();
    near.sort_unstable();
    for theirs in near {
        let Some(there) = own_ground(atlas, other, theirs, layer) else { continue };
        let shape = common(&here, &there);
        let area_m2 = coverage::area_m2(&shape);
        // Less than a square metre is what rounding leaves where two borders run together.
        if area_m2 < 1.0 {
            continue;
        }
        let rings = shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
        let outline_m: f64 = rings.map(|ring| geometry::length_m(&ring.0)).sum();
        let residents =
            residents_in(atlas, other, theirs, &shape).or_else(|| residents_in(atlas, layer, area, &shape));
        found.push(Piece {
            other: theirs,
            area_m2,
            width_m: 2.0 * area_m2 / outline_m.max(1.0),
            residents,
            approximate: is_approximate(atlas, layer, area) || is_approximate(atlas, other, theirs),
            shape,
        });
    }
    found
}

fn is_approximate(atlas: &Atlas, layer: &AtlasLayer, area: u32) -> bool {
    layer.blocks_of(area).iter().any(|&block| atlas.coverage_of_block(block).entry.approximate)
}

/// The shape of an area over the coverages that the other layer does not cover; `None` when there is none.
fn own_ground<'a>(
    atlas: &Atlas,
    layer: &'a AtlasLayer,
    area: u32,
    other: &AtlasLayer,
) -> Option<Cow<'a, MultiPolygon>> {
    if layer.parts().iter().all(|part| covers(other, part.coverage)) {
        return None;
    }
    let blocks = layer.blocks_of(area);
    let own = |block: u32| !covers(other, atlas.number_of_coverage(block));
    if layer.parts().iter().all(|part| !covers(other, part.coverage)) || blocks.iter().all(|&b| own(b)) {
        return Some(Cow::Borrowed(&layer.shapes()[area as usize]));
    }
    // An area over several coverages, some of them common: its blocks tell which polygons are its own.
    let mut shape = MultiPolygon(Vec::new());
    for part in layer.parts().iter().filter(|part| !covers(other, part.coverage)) {
        if let Ok(local) = part.areas().binary_search(&area) {
            let shapes = part.outline(layer).shapes();
            shape.0.extend(shapes.into_iter().nth(local).into_iter().flatten());
        }
    }
    (!shape.0.is_empty()).then_some(Cow::Owned(shape))
}

/// The ground common to two shapes, exteriors counter-clockwise.
pub(super) fn common(one: &MultiPolygon, other: &MultiPolygon) -> MultiPolygon {
    let (Some(a), Some(b)) = (one.bounding_rect(), other.bounding_rect()) else {
        return MultiPolygon(Vec::new());
    };
    // Islands far off take no part; leaving them out saves most of the work on a coast.
    let (one, other) = (beside(one, b), beside(other, a));
    if one.0.is_empty() || other.0.is_empty() {
        return MultiPolygon(Vec::new());
    }
    let mut shape = one.intersection(&other);
    geometry::orient(&mut shape);
    shape
}

fn meets(a: Rect, b: Rect) -> bool {
    a.min().x <= b.max().x && a.max().x >= b.min().x && a.min().y <= b.max().y && a.max().y >= b.min().y
}

fn beside(shape: &MultiPolygon, bounds: Rect) -> MultiPolygon {
    let near = |p: &&Polygon| p.bounding_rect().is_some_and(|own| meets(own, bounds));
    MultiPolygon(shape.iter().filter(near).cloned().collect())
}

/// The residents of a piece of an area: of each of its blocks the share of its ground in the piece. `None` when the
/// residents of a block that takes part are not known.
fn residents_in(atlas: &Atlas, layer: &AtlasLayer, area: u32, piece: &MultiPolygon) -> Option<f64> {
    let bounds = piece.bounding_rect()?;
    let blocks = layer.blocks_of(area);
    if blocks.iter().any(|&block| atlas.residents_of_block(block).is_nan()) {
        return None;
    }
    let cut = crate::index::AreaIndex::new([piece.clone()].into());
    let mut residents = 0.0;
    for &block in blocks {
        let shape = atlas.shape_of_block(block)?;
        let Some(own) = shape.bounding_rect().filter(|own| meets(*own, bounds)) else { continue };
        let is_crossed = cut.edges_meeting(0, own).next().is_some();
        let share = if is_crossed {
            share_in(shape, piece)
        } else {
            // No edge of the piece comes near the block: any place of it tells.
            let place = shape.0.first().and_then(|p| p.exterior().0.first());
            place.map_or(0.0, |&place: &Coord| if cut.holds(0, place) { 1.0 } else { 0.0 })
        };
        residents += share * atlas.residents_of_block(block);
    }
    Some(residents)
}

/// The share of a small shape's ground that is in another, in degrees: over a few kilometres the scale is the same.
fn share_in(shape: &MultiPolygon, piece: &MultiPolygon) -> f64 {
    use geo::Area;
    let whole = shape.unsigned_area();
    if whole > 0.0 { (common(shape, piece).unsigned_area() / whole).clamp(0.0, 1.0) } else { 0.0 }
}
