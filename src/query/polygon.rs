//! What is in a polygon.

use geo::line_intersection::line_intersection;
use geo::{BoundingRect, Line, MultiPolygon};

use super::cut::common;
use super::within::Relation;
use crate::atlas::AtlasLayer;
use crate::index::AreaIndex;
use crate::{coverage, geometry};

/// An area of which some is in a polygon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inside {
    /// The number of the area in the layer.
    pub area: u32,
    /// Ground of the area in the polygon, in square metres.
    pub area_m2: f64,
    /// The share of the area's ground, 0 to 1; 0 when the two touch in a border only.
    pub share_inside: f64,
    /// The share of the polygon's ground, 0 to 1.
    pub share_of_polygon: f64,
}

/// An area is taken to be wholly in a polygon when no more than this share of its ground is outside: coordinates come
/// rounded, so that an area's own outline must still hold it.
const ROUNDING_SHARE: f64 = 1e-6;

/// The areas of a layer that lie to a valid polygon (degrees) as asked, those with most ground in it first.
pub fn within_polygon(layer: &AtlasLayer, polygon: &MultiPolygon, relation: Relation) -> Vec<Inside> {
    let Some(bounds) = polygon.bounding_rect() else { return Vec::new() };
    let index = layer.index();
    let asked = AreaIndex::new([polygon.clone()].into());
    let asked_m2 = coverage::area_m2(polygon);
    let mut near: Vec<u32> = index.meeting(bounds).collect();
    near.sort_unstable();
    let mut found: Vec<Inside> = Vec::new();
    for area in near {
        let Some(own) = index.bounds(area) else { continue };
        let is_crossed = borders_meet(index, area, &asked, own);
        let whole_m2 = layer.areas()[area as usize].area_m2;
        let shape = &layer.shapes()[area as usize];
        // Where borders do not meet, each ring of one lies wholly inside or outside the other.
        let area_m2 = if !is_crossed && all_hold(&asked, 0, shape) {
            whole_m2
        } else {
            coverage::area_m2(&common(shape, polygon))
        };
        if !is_crossed && area_m2 == 0.0 {
            continue;
        }
        let share_inside = if whole_m2 > 0.0 { (area_m2 / whole_m2).clamp(0.0, 1.0) } else { 0.0 };
        let is_meant = match relation {
            Relation::Intersects => true,
            Relation::Contains => share_inside >= 1.0 - ROUNDING_SHARE,
            Relation::Centroid => {
                layer.centroids()[area as usize].is_some_and(|centroid| asked.holds(0, centroid))
            }
        };
        if is_meant {
            let share_of_polygon = if asked_m2 > 0.0 { (area_m2 / asked_m2).clamp(0.0, 1.0) } else { 0.0 };
            found.push(Inside { area, area_m2, share_inside, share_of_polygon });
        }
    }
    found.sort_by(|a, b| b.area_m2.total_cmp(&a.area_m2).then(a.area.cmp(&b.area)));
    found
}

/// Whether a ring of every polygon of a shape, its exterior, and all its holes begin inside.
fn all_hold(asked: &AreaIndex, number: u32, shape: &MultiPolygon) -> bool {
    let rings = shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    let mut starts = rings.filter_map(|ring| ring.0.first().copied());
    // An asked polygon may lie in the middle of the area: then the area's border is outside it.
    let holds = starts.all(|place| asked.holds(number, place));
    holds && !shape_holds_ring_of(asked, shape)
}

/// Whether a hole of what is asked lies inside the shape, so that the shape is not wholly inside.
fn shape_holds_ring_of(asked: &AreaIndex, shape: &MultiPolygon) -> bool {
    let mut starts = asked.ring_starts(0);
    starts.any(|place| geometry::is_in_shape(place, shape))
}

/// Whether any two edges have a place in common.
fn borders_meet(index: &AreaIndex, area: u32, asked: &AreaIndex, own: geo::Rect) -> bool {
    asked.edges_meeting(0, own).any(|(a, b)| {
        let line = Line::new(a, b);
        index
            .edges_meeting(area, geo::Rect::new(a, b))
            .any(|(c, d)| line_intersection(line, Line::new(c, d)).is_some())
    })
}
