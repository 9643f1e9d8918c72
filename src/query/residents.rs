//! How many people live in a circle: from the blocks, as nothing smaller is known.

use geo::{BoundingRect, Rect};

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

impl ResidentsInside {
    fn add(&mut self, atlas: &Atlas, area: u32, block: u32, share: f64) {
        let residents = atlas.residents_of_block(block);
        if share <= 0.0 {
            return;
        }
        if residents.is_nan() {
            self.unknown_blocks += 1;
            return;
        }
        if share < 1.0 {
            self.cut_blocks += 1;
        } else {
            self.whole_blocks += 1;
        }
        self.by_area[area as usize] += residents * share;
        self.inside += residents * share;
    }
}

/// A block of an area that may be cut by a circle.
struct Cut {
    area: u32,
    block: u32,
    ground: Ground,
}

/// Where the border of a block is found.
#[derive(Clone, Copy)]
enum Ground {
    /// The block is an area of the finest layer by itself, which has an index of its borders.
    Alone(u32),
    /// In the coverage.
    Drawn,
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
    let (index, finest) = (layer.index(), finest(atlas));
    let mut cut: Vec<Cut> = Vec::new();
    for area in index.near(circle.middle(), circle.radius_m()) {
        let Some(bounds) = index.bounds(area).filter(|bounds| !circle.misses_box(*bounds)) else { continue };
        let blocks = layer.blocks_of(area);
        match layer.areas()[area as usize].residents {
            Some(residents) if circle.holds_box(bounds) => {
                found.by_area[area as usize] = residents;
                found.inside += residents;
                found.whole_blocks += blocks.len();
            }
            _ => {
                for &block in blocks {
                    let (ground, bounds) = ground(atlas, finest, block);
                    match bounds {
                        Some(bounds) if circle.holds_box(bounds) => found.add(atlas, area, block, 1.0),
                        Some(bounds) if !circle.misses_box(bounds) => cut.push(Cut { area, block, ground }),
                        _ => {}
                    }
                }
            }
        }
    }
    if let Some(finest) = finest {
        let alone = cut.iter().filter_map(|cut| match cut.ground {
            Ground::Alone(area) => Some(area),
            Ground::Drawn => None,
        });
        finest.index().touch(alone);
    }
    for Cut { area, block, ground } in cut {
        let inside_m2 = match (ground, finest) {
            (Ground::Alone(alone), Some(finest)) => finest.index().area_in_circle_m2(alone, circle),
            _ => drawn_in_circle_m2(atlas, block, circle),
        };
        found.add(atlas, area, block, share(inside_m2, atlas.area_of_block_m2(block)));
    }
    found
}

/// The current layer of most areas: most blocks are areas of it by themselves.
fn finest(atlas: &Atlas) -> Option<&AtlasLayer> {
    atlas.layers().iter().filter(|layer| layer.entry.current).max_by_key(|layer| layer.areas().len())
}

/// Where the border of a block is found, and the box around it.
fn ground(atlas: &Atlas, finest: Option<&AtlasLayer>, block: u32) -> (Ground, Option<Rect>) {
    let alone = finest.and_then(|finest| {
        let area = finest.area_of_block(block)?;
        (finest.blocks_of(area) == [block]).then(|| (Ground::Alone(area), finest.index().bounds(area)))
    });
    alone
        .unwrap_or_else(|| (Ground::Drawn, atlas.shape_of_block(block).and_then(BoundingRect::bounding_rect)))
}

/// The ground in square metres that a block has inside a circle.
fn drawn_in_circle_m2(atlas: &Atlas, block: u32, circle: &Circle) -> f64 {
    let mut common = Common::with(circle);
    let polygons = atlas.shape_of_block(block).into_iter().flatten();
    for ring in polygons.flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())) {
        if let Some(bounds) = ring.bounding_rect() {
            common.line(&ring.0, bounds, swept);
        }
    }
    common.area_m2()
}

/// The share of a block's ground that is inside, 0 to 1.
fn share(inside_m2: f64, whole_m2: f64) -> f64 {
    let share = inside_m2 / whole_m2;
    // Areas in the plane and on the ellipsoid agree to about one part in ten thousand: what is whole is counted as whole.
    if share > 1.0 - NEARLY { 1.0 } else { share.max(0.0) }
}

/// A share this near to one is one.
const NEARLY: f64 = 2e-4;
