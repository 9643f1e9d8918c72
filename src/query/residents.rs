//! How many people live in a circle: from the blocks, as nothing smaller is known.

use geo::{BoundingRect, MultiPolygon, Polygon};

use crate::atlas::{Atlas, AtlasLayer};
use crate::geometry::{Circle, Common, swept};
use crate::index::AreaIndex;

/// Residents of a circle, as far as they are known.
///
/// A block that lies wholly in the circle gives all its residents; one that the circle cuts gives those of the share of its
/// ground inside, as if people lived evenly over it. So the estimate is good where many blocks lie in the circle and
/// rough where few do.
#[derive(Clone, PartialEq, Debug)]
pub struct ResidentsInside {
    /// Residents by area of the layer, in area order; NaN where those of some of its blocks inside are not known.
    pub by_area: Vec<f64>,
    /// Residents of all blocks of which they are known.
    pub inside: f64,
    /// Blocks that lie wholly in the circle.
    pub whole_blocks: usize,
    /// Blocks that the circle cuts.
    pub cut_blocks: usize,
    /// Blocks in or cut by the circle whose residents are not known; they give none.
    pub unknown_blocks: usize,
}

impl ResidentsInside {
    /// The residents of an area who live in the circle, where they are known.
    pub fn of_area(&self, area: u32) -> Option<f64> {
        self.by_area.get(area as usize).copied().filter(|residents| !residents.is_nan())
    }

    /// The residents of the circle of whom anything is known; `None` where nothing is of any block.
    pub fn known(&self) -> Option<f64> {
        let is_known = self.unknown_blocks == 0 || self.whole_blocks + self.cut_blocks > 0;
        is_known.then_some(self.inside)
    }

    fn add(&mut self, atlas: &Atlas, area: u32, block: u32, share: f64) {
        let residents = atlas.residents_of_block(block);
        if share <= 0.0 {
            return;
        }
        if residents.is_nan() {
            self.unknown_blocks += 1;
            self.by_area[area as usize] = f64::NAN;
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

    /// Adds blocks that lie wholly in the circle.
    fn add_whole(&mut self, atlas: &Atlas, area: u32, blocks: &[u32]) {
        // Sums of residents are exact in any order.
        if let [first, .., last] = *blocks
            && (last - first) as usize + 1 == blocks.len()
            && let residents = atlas.residents_of_blocks(first..last + 1)
            && !residents.is_nan()
        {
            self.whole_blocks += blocks.len();
            self.by_area[area as usize] += residents;
            self.inside += residents;
            return;
        }
        for &block in blocks {
            self.add(atlas, area, block, 1.0);
        }
    }
}

/// Where the border of a block is found.
#[derive(Clone, Copy)]
enum Ground<'a> {
    /// By itself the block is an area of a layer that is indexed.
    Indexed(&'a AreaIndex, u32),
    /// In its coverage.
    Drawn(Option<&'a MultiPolygon>),
}

impl<'a> Ground<'a> {
    fn of(atlas: &'a Atlas, finest: Option<&'a AtlasLayer>, block: u32) -> Self {
        let alone = finest.and_then(|finest| {
            let area = finest.area_of_block(block)?;
            (finest.blocks_of(area) == [block]).then(|| Ground::Indexed(finest.index(), area))
        });
        alone.unwrap_or_else(|| Ground::Drawn(atlas.shape_of_block(block)))
    }

    /// The ground in square metres inside a circle.
    fn in_circle_m2(self, circle: &Circle) -> f64 {
        match self {
            Ground::Indexed(index, area) => index.area_in_circle_m2(area, circle),
            Ground::Drawn(shape) => {
                let mut common = Common::with(circle);
                let rings = |p| std::iter::once(Polygon::exterior(p)).chain(p.interiors());
                for ring in shape.into_iter().flatten().flat_map(rings) {
                    if let Some(bounds) = ring.bounding_rect() {
                        common.line(&ring.0, bounds, swept);
                    }
                }
                common.area_m2()
            }
        }
    }
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
    let mut cut: Vec<(u32, u32, Ground)> = Vec::new();
    for area in index.near(circle.middle(), circle.radius_m()) {
        let Some(bounds) = index.bounds(area).filter(|bounds| !circle.misses_box(*bounds)) else { continue };
        let blocks = layer.blocks_of(area);
        if let Some(residents) = layer.areas()[area as usize].residents
            && circle.holds_box(bounds)
        {
            found.by_area[area as usize] = residents;
            found.inside += residents;
            found.whole_blocks += blocks.len();
            continue;
        }
        for (around, blocks) in atlas.blocks_in_boxes(blocks) {
            // Without a border there is no ground.
            let Some(around) = around else { continue };
            if circle.holds_box(around) {
                found.add_whole(atlas, area, blocks);
                continue;
            }
            if circle.misses_box(around) {
                continue;
            }
            for &block in blocks {
                match atlas.box_of_block(block) {
                    Some(bounds) if circle.holds_box(bounds) => found.add(atlas, area, block, 1.0),
                    Some(bounds) if !circle.misses_box(bounds) => {
                        cut.push((area, block, Ground::of(atlas, finest, block)));
                    }
                    _ => {}
                }
            }
        }
    }
    if let Some(finest) = finest {
        let indexed = cut.iter().filter_map(|(_, _, ground)| match ground {
            Ground::Indexed(_, area) => Some(*area),
            Ground::Drawn(_) => None,
        });
        finest.index().touch(&indexed.collect::<Vec<_>>());
    }
    for (area, block, ground) in cut {
        let share = share(ground.in_circle_m2(circle), atlas.area_of_block_m2(block));
        found.add(atlas, area, block, share);
    }
    found
}

/// The current layer of most areas: most blocks are areas of it by themselves.
fn finest(atlas: &Atlas) -> Option<&AtlasLayer> {
    atlas.layers().iter().filter(|layer| layer.entry.current).max_by_key(|layer| layer.areas().len())
}

/// The share of a block's ground that is inside, 0 to 1.
fn share(inside_m2: f64, whole_m2: f64) -> f64 {
    let share = inside_m2 / whole_m2;
    // Areas in the plane and on the ellipsoid agree to about one part in ten thousand: what is whole is counted as whole.
    match share {
        NOTHING..=WHOLE => share,
        _ if share > WHOLE => 1.0,
        _ => 0.0,
    }
}

/// A share above this is one.
const WHOLE: f64 = 1.0 - 2e-4;
/// A share below this is what rounding leaves of none.
const NOTHING: f64 = 1e-9;
