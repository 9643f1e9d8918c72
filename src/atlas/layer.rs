//! A layer of the atlas: its areas, their blocks, their outlines.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use compact_str::CompactString;
use geo::{Coord, Intersects, MultiPolygon, Rect};
use rayon::prelude::*;

use super::numbers::Numbers;
use super::runs::{Run, runs_of};
use super::{Adjacency, Feature};
use crate::area::{Code, Vintage};
use crate::coverage::mend::{MendOptions, OverlapRule, mend};
use crate::coverage::{Block, BlockShape, Coverage, NOWHERE, Simplification};
use crate::geometry;
use crate::index::AreaIndex;
use crate::source::catalogue::LayerEntry;

/// Features that stand one after the other in memory.
const FEATURES_TOGETHER: usize = 64;

/// An area: a set of blocks with a code and a name.
#[derive(Clone, Debug)]
pub struct Area {
    /// Its code.
    pub code: Code,
    /// Its name in full; most need no memory of their own.
    pub name: CompactString,
    /// Its Welsh name, where there is one.
    pub name_cy: Option<String>,
    /// Other names by which it is known.
    pub alternatives: Vec<String>,
    /// Box around it in lon/lat degrees; `None` when it has no ground.
    pub bbox: Option<Rect>,
    /// Area on the ellipsoid in square metres.
    pub area_m2: f64,
    /// Residents, where every block's are known.
    pub residents: Option<f64>,
}

/// A layer over one coverage.
pub struct LayerPart {
    /// The number of the coverage.
    pub coverage: usize,
    /// True when the coverage is drawn for small scales.
    pub approximate: bool,
    base: Arc<Coverage>,
    lengths: Arc<OnceLock<Vec<f64>>>,
    first_block: u32,
    /// The area in the layer of each area of [`LayerPart::outline`].
    areas: Vec<u32>,
    outline: OnceLock<Arc<Coverage>>,
}

/// A line of a coverage with another area of a layer on each side, or with none on one.
pub(super) struct PartBorder<'a> {
    /// The number of its arc.
    number: usize,
    /// The areas on its sides.
    pub left: u32,
    pub right: u32,
    pub line: &'a [Coord],
}

/// A layer: a partition of blocks into areas.
pub struct AtlasLayer {
    /// What the catalogue says of it.
    pub entry: LayerEntry,
    /// Its place in [`Atlas::layers`](super::Atlas::layers).
    pub place: usize,
    areas: Vec<Area>,
    by_code: HashMap<Code, u32>,
    area_of_block: Numbers,
    /// Blocks sorted by area, and where each area's begin.
    blocks: Vec<u32>,
    first: Vec<u32>,
    runs: OnceLock<Vec<Run>>,
    parts: Vec<LayerPart>,
    outline: OnceLock<Arc<Coverage>>,
    simplification: OnceLock<Simplification>,
    shapes: OnceLock<Arc<[MultiPolygon]>>,
    label_points: OnceLock<Vec<Option<Coord>>>,
    centroids: OnceLock<Vec<Option<Coord>>>,
    features: OnceLock<Arc<[Feature]>>,
    index: OnceLock<AreaIndex>,
    adjacency: OnceLock<Adjacency>,
    mean_area_m2: OnceLock<f64>,
}

impl AtlasLayer {
    /// `area_of_block` numbers the area of every block through all coverages, [`NOWHERE`] for none.
    pub(super) fn new(
        place: usize,
        entry: LayerEntry,
        areas: Vec<Area>,
        area_of_block: Vec<u32>,
        coverages: &[(usize, &super::AtlasCoverage)],
    ) -> Self {
        let by_code = areas.iter().enumerate().map(|(i, a)| (a.code.clone(), i as u32)).collect();
        let mut first = vec![0u32; areas.len() + 1];
        for &area in area_of_block.iter().filter(|&&a| a != NOWHERE) {
            first[area as usize + 1] += 1;
        }
        for i in 0..areas.len() {
            first[i + 1] += first[i];
        }
        let mut next = first.clone();
        let mut blocks = vec![0u32; first[areas.len()] as usize];
        for (block, &area) in area_of_block.iter().enumerate().filter(|(_, a)| **a != NOWHERE) {
            blocks[next[area as usize] as usize] = block as u32;
            next[area as usize] += 1;
        }
        let parts = coverages
            .iter()
            .map(|&(coverage, c)| {
                let here = &area_of_block[c.first_block as usize..][..c.coverage.blocks().len()];
                let mut present: Vec<u32> = here.iter().copied().filter(|&a| a != NOWHERE).collect();
                present.sort_unstable();
                present.dedup();
                LayerPart {
                    coverage,
                    approximate: c.entry.approximate,
                    base: Arc::clone(&c.coverage),
                    lengths: Arc::clone(&c.lengths),
                    first_block: c.first_block,
                    areas: present,
                    outline: OnceLock::new(),
                }
            })
            .collect();
        AtlasLayer {
            entry,
            place,
            areas,
            by_code,
            area_of_block: area_of_block.into(),
            blocks,
            first,
            runs: OnceLock::new(),
            parts,
            outline: OnceLock::new(),
            simplification: OnceLock::new(),
            shapes: OnceLock::new(),
            label_points: OnceLock::new(),
            centroids: OnceLock::new(),
            features: OnceLock::new(),
            index: OnceLock::new(),
            adjacency: OnceLock::new(),
            mean_area_m2: OnceLock::new(),
        }
    }

    /// The areas; an area's index is its number in this layer.
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }

    /// The number of the area with a code.
    pub fn area_with_code(&self, code: &Code) -> Option<u32> {
        self.by_code.get(code).copied()
    }

    /// The area a block belongs to in this layer.
    pub fn area_of_block(&self, block: u32) -> Option<u32> {
        let block = block as usize;
        (block < self.area_of_block.len()).then(|| self.area_of_block.at(block)).filter(|&a| a != NOWHERE)
    }

    /// The blocks of an area, in ascending order.
    pub fn blocks_of(&self, area: u32) -> &[u32] {
        &self.blocks[self.first[area as usize] as usize..self.first[area as usize + 1] as usize]
    }

    /// The blocks through all coverages by runs in one area; made at first need.
    pub(super) fn runs(&self) -> &[Run] {
        self.runs.get_or_init(|| {
            let starts: Vec<u32> = self.parts.iter().map(|part| part.first_block).collect();
            runs_of(self.area_of_block.iter(), &starts)
        })
    }

    /// The layer over each coverage it covers.
    pub fn parts(&self) -> &[LayerPart] {
        &self.parts
    }

    /// The vintage, for answers.
    pub fn vintage(&self) -> &Vintage {
        &self.entry.id.vintage
    }

    /// The outline of every area in area order, as its coverages draw it, exteriors counter-clockwise; made at first
    /// need. Only an area that lies in several coverages is made whole of them.
    pub fn shapes(&self) -> &[MultiPolygon] {
        self.shared_shapes()
    }

    fn shared_shapes(&self) -> &Arc<[MultiPolygon]> {
        self.shapes.get_or_init(|| {
            if self.is_in_pieces() { self.outline().shapes() } else { self.shapes_of_parts() }.into()
        })
    }

    /// Whether an area lies in several coverages.
    fn is_in_pieces(&self) -> bool {
        self.parts.iter().map(|part| part.areas.len()).sum::<usize>() > self.areas.len()
    }

    /// The outline of one area, made alone where those of all are not made yet: of a superseded layer few are ever asked
    /// for.
    pub fn shape(&self, area: u32) -> Cow<'_, MultiPolygon> {
        if self.shapes.get().is_some() || self.is_in_pieces() {
            return Cow::Borrowed(&self.shapes()[area as usize]);
        }
        let part = self.parts.iter().find(|part| part.areas.binary_search(&area).is_ok());
        Cow::Owned(part.map_or_else(|| MultiPolygon(Vec::new()), |part| part.shape_alone(self, area)))
    }

    fn shapes_of_parts(&self) -> Vec<MultiPolygon> {
        let mut shapes = vec![MultiPolygon(Vec::new()); self.areas.len()];
        for part in &self.parts {
            for (local, shape) in part.outline(self).shapes().into_iter().enumerate() {
                let whole = &mut shapes[part.areas[local] as usize].0;
                if whole.is_empty() {
                    *whole = shape.0;
                } else {
                    whole.extend(shape.0);
                }
            }
        }
        shapes
    }

    /// The areas as one coverage, whose blocks have the numbers of the areas; made at first need. A layer over one
    /// coverage has its arcs already. Over several, arcs are found anew; where two coverages both claim a strip of ground
    /// along their border, the earlier one in the catalogue has it, as it has the points there.
    pub fn outline(&self) -> &Arc<Coverage> {
        self.outline.get_or_init(|| match self.parts.as_slice() {
            [part] if part.areas.len() == self.areas.len() => Arc::clone(part.outline(self)),
            _ => {
                let mut shapes = self.shapes_of_parts();
                self.part_claims(&mut shapes);
                let blocks = self.areas.iter().zip(shapes).map(|(area, shape)| BlockShape {
                    code: area.code.clone(),
                    name: area.name.clone(),
                    shape,
                });
                Arc::new(Coverage::from_shapes(&blocks.collect::<Vec<_>>()).0)
            }
        })
    }

    /// Settles who has the ground that areas of two coverages both claim; all other areas stay as they are.
    fn part_claims(&self, shapes: &mut [MultiPolygon]) {
        let bbox = |area: u32| self.areas[area as usize].bbox;
        let boxes: Vec<Option<Rect>> = self
            .parts
            .iter()
            .map(|part| part.areas.iter().filter_map(|&a| bbox(a)).reduce(crate::coverage::united))
            .collect();
        // Those that reach into another coverage's box, in the order of coverages: a few along each border.
        let mut near: Vec<(usize, u32)> = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            let others = || boxes.iter().enumerate().filter(|(i, _)| *i != number).filter_map(|(_, b)| *b);
            let reaches = |&&area: &&u32| bbox(area).is_some_and(|own| others().any(|b| own.intersects(&b)));
            near.extend(part.areas.iter().filter(reaches).map(|&area| (number, area)));
        }
        let is_claimed = |&(part, area): &(usize, u32)| {
            let overlaps = |&(other, rival): &(usize, u32)| {
                let apart = !bbox(area).zip(bbox(rival)).is_some_and(|(a, b)| a.intersects(&b));
                other != part && !apart && shapes[area as usize].intersects(&shapes[rival as usize])
            };
            near.iter().any(overlaps)
        };
        let mut claimed: Vec<u32> = near.iter().filter(|a| is_claimed(a)).map(|&(_, area)| area).collect();
        let mut seen = std::collections::HashSet::new();
        claimed.retain(|&area| seen.insert(area));
        let blocks = claimed.iter().map(|&area| BlockShape {
            code: self.areas[area as usize].code.clone(),
            name: CompactString::default(),
            shape: shapes[area as usize].clone(),
        });
        let options =
            MendOptions { max_gap_m2: 0.0, max_speck_m2: 0.0, snap_m: 0.0, overlaps: OverlapRule::First };
        let (settled, _) = mend(blocks.collect(), &options);
        for (&area, block) in claimed.iter().zip(settled) {
            shapes[area as usize] = block.shape;
        }
    }

    /// [`AtlasLayer::outline`] within a tolerance in metres. At which tolerance each vertex goes is found once, at first
    /// need, from the layer's own arcs.
    pub fn simplified(&self, tolerance_m: f64) -> Coverage {
        let outline = self.outline();
        outline.simplified(self.simplification.get_or_init(|| outline.simplification()), tolerance_m)
    }

    /// An area with its code, name and outline, as coverages are built from.
    pub fn block_shape(&self, area: u32) -> BlockShape {
        let Area { code, name, .. } = &self.areas[area as usize];
        BlockShape { code: code.clone(), name: name.clone(), shape: self.shapes()[area as usize].clone() }
    }

    /// A point inside every area, as far from its border as can be; made at first need.
    pub fn label_points(&self) -> &[Option<Coord>] {
        self.label_points.get_or_init(|| self.shapes().par_iter().map(geometry::label_point).collect())
    }

    /// The point of [`AtlasLayer::label_points`] in one area, of which `shape` is the outline; worked out alone where those
    /// of all are not made yet.
    pub fn label_point(&self, area: u32, shape: &MultiPolygon) -> Option<Coord> {
        self.label_points.get().map_or_else(|| geometry::label_point(shape), |points| points[area as usize])
    }

    /// The mean of the areas' ground in square metres; 0 where there are none. Worked out once.
    pub fn mean_area_m2(&self) -> f64 {
        *self.mean_area_m2.get_or_init(|| {
            let all_m2: f64 = self.areas.iter().map(|area| area.area_m2).sum();
            all_m2 / self.areas.len().max(1) as f64
        })
    }

    /// The centroid of every area, which may lie outside it; made at first need.
    pub fn centroids(&self) -> &[Option<Coord>] {
        self.centroids.get_or_init(|| self.shapes().par_iter().map(geometry::centroid).collect())
    }

    /// Every area as the beginning of a GeoJSON feature, with its outline and names; made at first need.
    pub fn features(&self) -> &Arc<[Feature]> {
        self.features.get_or_init(|| {
            let chunks =
                self.areas.par_chunks(FEATURES_TOGETHER).zip(self.shapes().par_chunks(FEATURES_TOGETHER));
            let features = chunks.flat_map_iter(|(areas, shapes)| {
                let areas = areas.iter().zip(shapes);
                Feature::of(areas.map(|(area, shape)| (area.code.as_str(), area.name.as_str(), shape)))
            });
            Feature::together(features.collect()).into()
        })
    }

    /// Whether [`AtlasLayer::features`] are made already.
    pub fn has_features(&self) -> bool {
        self.features.get().is_some()
    }

    /// The outlines made ready for questions of distance, numbered as the areas; made at first need.
    pub fn index(&self) -> &AreaIndex {
        self.index.get_or_init(|| AreaIndex::new(Arc::clone(self.shared_shapes())))
    }

    /// Which areas share a border; made at first need.
    pub fn adjacency(&self) -> &Adjacency {
        self.adjacency.get_or_init(|| Adjacency::of(self))
    }

    /// Box around all areas.
    pub fn bbox(&self) -> Option<Rect> {
        self.areas.iter().filter_map(|a| a.bbox).reduce(crate::coverage::united)
    }
}

impl LayerPart {
    /// The areas of the layer as a coverage of their own, made at first need.
    pub fn outline(&self, layer: &AtlasLayer) -> &Arc<Coverage> {
        self.outline.get_or_init(|| {
            let group = self.groups(layer);
            if group.iter().enumerate().all(|(block, &area)| area == block as u32) {
                return Arc::clone(&self.base);
            }
            let blocks = self.areas.iter().map(|&a| {
                let area = &layer.areas[a as usize];
                Block { code: area.code.clone(), name: area.name.clone() }
            });
            Arc::new(self.base.dissolve(&group, blocks.collect()))
        })
    }

    /// The number in the layer of each area of [`LayerPart::outline`].
    pub fn areas(&self) -> &[u32] {
        &self.areas
    }

    /// The place in [`LayerPart::areas`] of the area of every block of the coverage, [`NOWHERE`] where there is none.
    fn groups(&self, layer: &AtlasLayer) -> Vec<u32> {
        let local = |area: &u32| self.areas.binary_search(area).map_or(NOWHERE, |local| local as u32);
        (0..self.base.blocks().len() as u32).map(|block| local(&self.area_of_block(layer, block))).collect()
    }

    /// The area in the layer of a block of the coverage, [`NOWHERE`] where there is none.
    fn area_of_block(&self, layer: &AtlasLayer, block: u32) -> u32 {
        layer.area_of_block.at((self.first_block + block) as usize)
    }

    fn shape_alone(&self, layer: &AtlasLayer, area: u32) -> MultiPolygon {
        let Area { code, name, .. } = &layer.areas[area as usize];
        let mut group = vec![NOWHERE; self.base.blocks().len()];
        for &block in layer.blocks_of(area) {
            group[(block - self.first_block) as usize] = 0;
        }
        let alone = self.base.dissolve(&group, vec![Block { code: code.clone(), name: name.clone() }]);
        alone.shapes().into_iter().next().unwrap_or_else(|| MultiPolygon(Vec::new()))
    }

    /// The lines of the coverage that bound an area of the layer, each with the areas on its sides ([`NOWHERE`] for none).
    /// An area's border may be of many.
    pub(super) fn borders<'a>(&'a self, layer: &'a AtlasLayer) -> impl Iterator<Item = PartBorder<'a>> {
        let side = |block: u32| if block == NOWHERE { NOWHERE } else { self.area_of_block(layer, block) };
        self.base.arcs().iter().enumerate().filter_map(move |(number, &arc)| {
            let (left, right) = (side(arc.left), side(arc.right));
            (left != right).then(|| PartBorder { number, left, right, line: self.base.vertices_of(arc) })
        })
    }

    /// The length of a border in metres.
    pub(super) fn length_m(&self, border: &PartBorder) -> f64 {
        self.lengths.get().map_or_else(|| geometry::length_m(border.line), |lengths| lengths[border.number])
    }
}
