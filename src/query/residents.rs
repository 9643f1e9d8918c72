//! How many people live in a circle: from the blocks, as nothing smaller is known.

use geo::BoundingRect;

use crate::atlas::{Atlas, AtlasLayer};
use crate::geometry::{Circle, Common, swept};

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

/// The residents of a layer's areas who live in a circle. Of areas that lie wholly in it their blocks need not be asked.
pub fn residents_in_circle(atlas: &Atlas, layer: &AtlasLayer, circle: &Circle) -> ResidentsInside {
    let mut found = ResidentsInside {
        by_area: vec![0.0; layer.areas().len()],
        inside: 0.0,
        whole_blocks: 0,
        cut_blocks: 0,
        unknown_blocks: 0,
    };
    let index = layer.index();
    let mut cut: Vec<u32> = Vec::new();
    for area in index.near(circle.middle(), circle.radius_m()) {
        let Some(bounds) = index.bounds(area).filter(|bounds| !circle.misses_box(*bounds)) else { continue };
        match layer.areas()[area as usize].residents {
            Some(residents) if circle.holds_box(bounds) => {
                found.by_area[area as usize] = residents;
                found.inside += residents;
                found.whole_blocks += layer.blocks_of(area).len();
            }
            _ => cut.push(area),
        }
    }
    let finest = finest(atlas);
    for_blocks(finest, layer, &cut, circle, |block, alone| {
        let Some(area) = layer.area_of_block(block) else { return };
        let share = match (alone, finest) {
            (Some(alone), Some(finest)) => {
                share_of_area(finest, alone, atlas.area_of_block_m2(block), circle)
            }
            _ => share_of_block(atlas, block, circle),
        };
        if share <= 0.0 {
            return;
        }
        let residents = atlas.residents_of_block(block);
        if residents.is_nan() {
            found.unknown_blocks += 1;
            return;
        }
        if share < 1.0 {
            found.cut_blocks += 1;
        } else {
            found.whole_blocks += 1;
        }
        found.by_area[area as usize] += residents * share;
        found.inside += residents * share;
    });
    found
}

/// The current layer of most areas: most blocks are areas of it by themselves, with an index of their borders.
fn finest(atlas: &Atlas) -> Option<&AtlasLayer> {
    atlas.layers().iter().filter(|layer| layer.entry.current).max_by_key(|layer| layer.areas().len())
}

/// So many blocks are looked at one by one sooner than the tree finds those that are near.
const FEW_BLOCKS: usize = 8_000;

/// Goes through the blocks of some areas of a layer that may have ground in a circle, each with its area of the finest layer
/// where it is one by itself; in one order always, so that sums come out the same to the last digit.
fn for_blocks(
    finest: Option<&AtlasLayer>,
    layer: &AtlasLayer,
    areas: &[u32],
    circle: &Circle,
    mut each: impl FnMut(u32, Option<u32>),
) {
    let alone = |block: u32| {
        let area = finest?.area_of_block(block)?;
        (finest?.blocks_of(area) == [block]).then_some(area)
    };
    let of_areas =
        || areas.iter().flat_map(|&area| layer.blocks_of(area)).map(|&block| (block, alone(block)));
    let many = areas.iter().map(|&area| layer.blocks_of(area).len()).sum::<usize>() > FEW_BLOCKS;
    let Some(finest) = finest.filter(|_| many) else {
        return of_areas().for_each(|(block, alone)| each(block, alone));
    };
    let is_asked = |block: u32| layer.area_of_block(block).is_some_and(|a| areas.binary_search(&a).is_ok());
    for area in finest.index().near(circle.middle(), circle.radius_m()) {
        match finest.blocks_of(area) {
            &[block] if is_asked(block) => each(block, Some(area)),
            _ => {}
        }
    }
    of_areas().filter(|(_, alone)| alone.is_none()).for_each(|(block, alone)| each(block, alone));
}

/// The share of the ground of a block inside a circle, 0 to 1, the block being an area of a layer by itself.
fn share_of_area(layer: &AtlasLayer, area: u32, area_m2: f64, circle: &Circle) -> f64 {
    let index = layer.index();
    let Some(bounds) = index.bounds(area).filter(|bounds| !circle.misses_box(*bounds)) else { return 0.0 };
    if circle.holds_box(bounds) {
        return 1.0;
    }
    share(index.area_in_circle_m2(area, circle), area_m2)
}

/// The share of the ground of a block inside a circle, 0 to 1.
fn share_of_block(atlas: &Atlas, block: u32, circle: &Circle) -> f64 {
    let Some(shape) = atlas.shape_of_block(block) else { return 0.0 };
    let Some(bounds) = shape.bounding_rect().filter(|bounds| !circle.misses_box(*bounds)) else { return 0.0 };
    if circle.holds_box(bounds) {
        return 1.0;
    }
    let mut common = Common::with(circle);
    for ring in shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())) {
        if let Some(bounds) = ring.bounding_rect() {
            common.line(&ring.0, bounds, swept);
        }
    }
    share(common.area_m2(), atlas.area_of_block_m2(block))
}

fn share(inside_m2: f64, whole_m2: f64) -> f64 {
    let share = inside_m2 / whole_m2;
    // Areas in the plane and on the ellipsoid agree to about one part in ten thousand: what is whole is counted as whole.
    if share > 1.0 - NEARLY { 1.0 } else { share.max(0.0) }
}

/// A share this near to one is one.
const NEARLY: f64 = 2e-4;
