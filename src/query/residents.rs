//! How many people live in a circle: from the blocks, as nothing smaller is known.

use geo::BoundingRect;

use crate::atlas::{Atlas, AtlasLayer};
use crate::geometry::Circle;

/// Residents of a circle, as far as they are known.
///
/// A block that lies wholly in the circle gives all its residents; one that the circle cuts gives those of the share of its
/// ground inside, as if people lived evenly over it. So the estimate is good where many blocks lie in the circle and
/// rough where few do.
#[derive(Clone, PartialEq, Debug)]
pub struct ResidentsInside {
    /// Residents by area of the layer, in area order.
    pub by_area: Vec<f64>,
    /// Residents of all areas.
    pub inside: f64,
    /// Blocks that lie wholly in the circle.
    pub whole_blocks: usize,
    /// Blocks that the circle cuts.
    pub cut_blocks: usize,
    /// Blocks in or cut by the circle whose residents are not known; they give none.
    pub unknown_blocks: usize,
}

/// The residents of a layer's areas who live in a circle.
pub fn residents_in_circle(atlas: &Atlas, layer: &AtlasLayer, circle: &Circle) -> ResidentsInside {
    let mut found = ResidentsInside {
        by_area: vec![0.0; layer.areas().len()],
        inside: 0.0,
        whole_blocks: 0,
        cut_blocks: 0,
        unknown_blocks: 0,
    };
    let mut near: Vec<u32> =
        atlas.blocks_near(circle.middle(), circle.radius_m()).into_iter().map(|(block, _)| block).collect();
    // In one order always, so that sums come out the same to the last digit.
    near.sort_unstable();
    for block in near {
        let Some(area) = layer.area_of_block(block) else { continue };
        let share = share_inside(atlas, block, circle);
        if share <= 0.0 {
            continue;
        }
        let residents = atlas.residents_of_block(block);
        if residents.is_nan() {
            found.unknown_blocks += 1;
            continue;
        }
        if share < 1.0 {
            found.cut_blocks += 1;
        } else {
            found.whole_blocks += 1;
        }
        found.by_area[area as usize] += residents * share;
        found.inside += residents * share;
    }
    found
}

/// The share of a block's ground inside a circle, 0 to 1.
fn share_inside(atlas: &Atlas, block: u32, circle: &Circle) -> f64 {
    let Some(shape) = atlas.shape_of_block(block) else { return 0.0 };
    let Some(bounds) = shape.bounding_rect().filter(|bounds| !circle.misses_box(*bounds)) else { return 0.0 };
    if circle.holds_box(bounds) {
        return 1.0;
    }
    let rings = shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    let inside_m2: f64 =
        rings.filter_map(|ring| Some(circle.area_along_m2(&ring.0, ring.bounding_rect()?))).sum();
    let share = inside_m2 / atlas.area_of_block_m2(block);
    // Areas in the plane and on the ellipsoid agree to about one part in ten thousand: what is whole is counted as whole.
    if share > 1.0 - NEARLY { 1.0 } else { share.max(0.0) }
}

/// A share this near to one is one.
const NEARLY: f64 = 2e-4;
