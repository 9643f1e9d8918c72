//! The atlas: everything the server knows, read once, never changed, shared by all requests and swapped whole.

mod adjacency;
mod aggregate;
mod block_boxes;
mod coverages;
mod current;
mod layer;
mod load;
mod numbers;
mod place;
mod running_sums;
mod runs;
mod series;
mod shape;
mod values;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use geo::{Coord, MultiPolygon, Rect};
use jiff::civil::Date;
use rayon::prelude::*;

use crate::area::{Code, Indicator, IndicatorId, LayerKind, LayerRef, Lineage};
use crate::coverage::mend::MendReport;
use crate::coverage::{Arc as Line, Coverage};
use crate::geometry::{BritishGrid, LonLat};
use crate::index::{BlockIndex, PostcodePlaces, Postcodes};
use crate::indicator::matching::{Gazetteer, KnownLayer};
use crate::indicator::published::Published;
use crate::source::catalogue::{CoverageEntry, PostcodesEntry};
use crate::source::indices::IndexDefinition;
use block_boxes::BlockBoxes;
use current::CurrentAreas;
use running_sums::RunningSums;

pub use adjacency::{APPROXIMATE_BORDER_M, Adjacency, Border, EXACT_BORDER_M};
pub use coverages::{british_grid, read_catalogue};
pub use current::Held;
pub use layer::{Area, AtlasLayer, LayerPart};
pub use load::LoadError;
pub use place::{Found, Status};
pub use runs::{CommonRun, Run, common_runs};
pub use series::{AtlasIndicator, BlockSeries, ChoiceFault, Compute, ComputedSeries, SeriesRef};
pub use shape::{Feature, geojson_geometry, geojson_geometry_to};
pub use values::{AreaValue, COVERAGE_FLOOR, Method, ValueOptions, give_limits};

/// A coverage and where its blocks stand in the count through all coverages.
pub struct AtlasCoverage {
    /// What the catalogue says of it.
    pub entry: CoverageEntry,
    /// Its blocks and arcs.
    pub coverage: Arc<Coverage>,
    /// The number of its first block.
    pub first_block: u32,
    /// What had to be mended to make it of polygons.
    pub mended: MendReport,
    /// The outlines of its blocks, made at first need.
    shapes: OnceLock<Vec<MultiPolygon>>,
    /// The lengths of its arcs in metres, for the borders of all layers over it.
    lengths: Arc<OnceLock<Vec<f64>>>,
}

impl AtlasCoverage {
    /// Measures every arc, once.
    fn measure_arcs(&self) {
        let length_m = |arc: &Line| crate::geometry::length_m(self.coverage.vertices_of(*arc));
        self.lengths.get_or_init(|| self.coverage.arcs().par_iter().map(length_m).collect());
    }
}

/// Everything the server knows. Boundaries are read once and shared by every atlas that only differs in its values.
pub struct Atlas {
    places: Arc<Places>,
    indicators: Vec<AtlasIndicator>,
    published: Arc<Published>,
    fingerprint: String,
}

/// Layers of more areas have their label points made one by one, no sums kept, and are laid over others by several threads.
pub(crate) const FEW_AREAS: usize = 2_000;

/// Boundaries and what belongs to them.
struct Places {
    coverages: Vec<AtlasCoverage>,
    layers: Vec<AtlasLayer>,
    current: CurrentAreas,
    /// Layers in which a code stands, in catalogue order.
    layers_of_code: HashMap<Code, Vec<u32>>,
    blocks: BlockIndex,
    block_codes: HashMap<Code, u32>,
    block_boxes: BlockBoxes,
    sums: RunningSums,
    grid: BritishGrid,
    lineage: Lineage,
    postcodes: Option<(Postcodes, PostcodesEntry)>,
    /// Where they are, made at first need.
    postcode_grid: OnceLock<PostcodePlaces>,
    shipped: Vec<AtlasIndicator>,
    indices: Vec<IndexDefinition>,
    fingerprint: String,
    loaded_in: Duration,
}

impl Atlas {
    /// An atlas of boundaries and of the values that ship with them.
    fn of(places: Arc<Places>, published: Arc<Published>) -> Self {
        // What ships is described with more care than a table describes itself.
        let settled =
            |shipped: &AtlasIndicator| shipped.described(published.settled(shipped.indicator.clone()));
        let mut indicators: Vec<AtlasIndicator> = places.shipped.iter().map(settled).collect();
        for imported in published.indicators() {
            match indicators.iter_mut().find(|i| i.indicator.id == imported.indicator.id) {
                Some(shipped) => shipped.import(imported),
                None => indicators.push(AtlasIndicator::imported(imported)),
            }
        }
        let fingerprint = match published.fingerprint() {
            "" => places.fingerprint.clone(),
            values => format!("{}-{values}", places.fingerprint),
        };
        Atlas { places, indicators, published, fingerprint }
    }

    /// The same boundaries with other imported values.
    #[must_use]
    pub fn with_published(&self, published: Published) -> Atlas {
        Atlas::of(Arc::clone(&self.places), Arc::new(published))
    }

    /// The same atlas with further indicators, whose values are worked out from those that it has. One whose id is taken
    /// is left out: what was measured goes before what was computed.
    #[must_use]
    pub fn with_computed(mut self, computed: Vec<(Indicator, Arc<dyn Compute>)>) -> Atlas {
        for (indicator, compute) in computed {
            if self.indicator(&indicator.id).is_none() {
                let computed = ComputedSeries::new(compute, &self);
                self.indicators.push(AtlasIndicator::computed(indicator, computed));
            }
        }
        self
    }

    /// The definitions of indices, by file name.
    pub fn indices(&self) -> &[IndexDefinition] {
        &self.places.indices
    }

    /// True when two atlases share their boundaries.
    pub fn has_places_of(&self, other: &Atlas) -> bool {
        Arc::ptr_eq(&self.places, &other.places)
    }

    /// Every layer's codes and what became of codes, as imports match against them.
    pub fn gazetteer(&self) -> Gazetteer<'_> {
        let layers = self.layers().iter().map(|layer| KnownLayer {
            id: layer.entry.id.clone(),
            current: layer.entry.current,
            valid_from: layer.entry.valid_from,
            area_count: layer.areas().len(),
            has: Box::new(|code| layer.area_with_code(code).is_some()),
            codes: Box::new(|| layer.areas().iter().map(|a| (a.code.clone(), a.name.to_string())).collect()),
        });
        Gazetteer { layers: layers.collect(), lineage: self.lineage() }
    }

    /// The coverages, in catalogue order.
    pub fn coverages(&self) -> &[AtlasCoverage] {
        &self.places.coverages
    }

    /// The layers, in catalogue order.
    pub fn layers(&self) -> &[AtlasLayer] {
        &self.places.layers
    }

    /// The layer asked for: that vintage, or the current one.
    pub fn layer(&self, asked: &LayerRef) -> Option<&AtlasLayer> {
        self.places.layers.iter().find(|layer| layer.entry.is_meant_by(asked))
    }

    /// The vintage of a kind in force on a day.
    pub fn layer_on(&self, kind: &LayerKind, day: Date) -> Option<&AtlasLayer> {
        let mut layers = self.places.layers.iter();
        layers.find(|layer| layer.entry.id.kind == *kind && layer.entry.is_in_force_on(day))
    }

    /// Every kind of layer, in catalogue order, each once.
    pub fn kinds(&self) -> Vec<&LayerKind> {
        let mut kinds: Vec<&LayerKind> = Vec::new();
        for layer in &self.places.layers {
            if !kinds.contains(&&layer.entry.id.kind) {
                kinds.push(&layer.entry.id.kind);
            }
        }
        kinds
    }

    /// The number of the block at a point in lon/lat degrees, through all coverages; `None` at sea.
    pub fn block_at(&self, point: Coord) -> Option<u32> {
        self.places.blocks.locate(point)
    }

    /// The block at each of many points, as [`Atlas::block_at`] tells it, in their order and sooner than one by one.
    pub fn blocks_at(&self, points: &[Coord]) -> Vec<Option<u32>> {
        self.places.blocks.locate_all(points)
    }

    /// The blocks within a distance of a position, each with its distance in metres (0 for one that holds it), in no
    /// order.
    pub fn blocks_near(&self, at: LonLat, within_m: f64) -> Vec<(u32, f64)> {
        self.places.blocks.near(at, within_m)
    }

    /// How many blocks there are in all coverages.
    pub fn block_count(&self) -> usize {
        self.places.sums.count()
    }

    /// The number of the block with a code.
    pub fn block_with_code(&self, code: &Code) -> Option<u32> {
        self.places.block_codes.get(code).copied()
    }

    /// The coverage of a block.
    pub fn coverage_of_block(&self, block: u32) -> &AtlasCoverage {
        let after = self.places.coverages.partition_point(|c| c.first_block <= block);
        &self.places.coverages[after.saturating_sub(1)]
    }

    /// The number of the coverage of a block.
    pub fn number_of_coverage(&self, block: u32) -> usize {
        self.places.coverages.partition_point(|c| c.first_block <= block).saturating_sub(1)
    }

    /// The outline of a block in lon/lat degrees; those of its coverage are made at first need.
    pub fn shape_of_block(&self, block: u32) -> Option<&MultiPolygon> {
        let home = self.coverage_of_block(block);
        home.shapes.get_or_init(|| home.coverage.shapes()).get((block - home.first_block) as usize)
    }

    /// The box around a block; `None` for one without a border.
    pub fn box_of_block(&self, block: u32) -> Option<Rect> {
        self.places.block_boxes.block(block)
    }

    /// Blocks in ascending order, some near one another at a time, each time with a box around them and perhaps some others.
    pub fn blocks_in_boxes<'a>(
        &'a self,
        blocks: &'a [u32],
    ) -> impl Iterator<Item = (Option<Rect>, &'a [u32])> {
        self.places.block_boxes.groups(blocks)
    }

    /// Residents of a block; NaN where unknown.
    pub fn residents_of_block(&self, block: u32) -> f64 {
        self.residents_of_blocks(block..block + 1)
    }

    /// Area of a block on the ellipsoid in square metres.
    pub fn area_of_block_m2(&self, block: u32) -> f64 {
        self.area_of_blocks_m2(block..block + 1)
    }

    /// Residents of blocks one after another; NaN where those of one are unknown.
    pub fn residents_of_blocks(&self, blocks: Range<u32>) -> f64 {
        self.places.sums.residents(blocks)
    }

    /// Area of blocks one after another on the ellipsoid in square metres.
    pub fn area_of_blocks_m2(&self, blocks: Range<u32>) -> f64 {
        self.places.sums.area_m2(blocks)
    }

    /// The British National Grid.
    pub fn grid(&self) -> &BritishGrid {
        &self.places.grid
    }

    /// What became of codes.
    pub fn lineage(&self) -> &Lineage {
        &self.places.lineage
    }

    /// The postcodes with their licence, where the folder has them.
    pub fn postcodes(&self) -> Option<(&Postcodes, &PostcodesEntry)> {
        self.places.postcodes.as_ref().map(|(p, e)| (p, e))
    }

    /// The postcodes by where they are, where the folder has them; made at first need.
    pub fn postcode_places(&self) -> Option<&PostcodePlaces> {
        let (postcodes, _) = self.postcodes()?;
        Some(self.places.postcode_grid.get_or_init(|| PostcodePlaces::new(postcodes)))
    }

    /// The indicators, in file order.
    pub fn indicators(&self) -> &[AtlasIndicator] {
        &self.indicators
    }

    /// One indicator.
    pub fn indicator(&self, id: &IndicatorId) -> Option<&AtlasIndicator> {
        self.indicators.iter().find(|i| i.indicator.id == *id)
    }

    /// Sixteen hexadecimal digits that change when anything that was read changes; part of every `ETag`.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// How long reading took.
    pub fn loaded_in(&self) -> Duration {
        self.places.loaded_in
    }

    /// Attribution lines of a layer and of the coverages it covers, each once.
    pub fn attribution(&self, layer: &AtlasLayer) -> Vec<String> {
        let shapes =
            layer.parts().iter().flat_map(|part| &self.places.coverages[part.coverage].entry.attribution);
        let mut lines: Vec<String> = Vec::new();
        for line in layer.entry.attribution.iter().chain(shapes) {
            if !lines.contains(line) {
                lines.push(line.clone());
            }
        }
        lines
    }

    /// Computes ahead of need what the first requests would wait for: of current layers, small ones first, the outlines,
    /// then what questions of distance need, then who is whose neighbour in any layer, then where labels stand.
    pub fn warm_up(&self) {
        let mut current: Vec<&AtlasLayer> = self.places.layers.iter().filter(|l| l.entry.current).collect();
        current.sort_by_key(|l| l.areas().len());
        for layer in &current {
            layer.shapes();
        }
        for layer in &current {
            layer.index();
        }
        for coverage in self.coverages() {
            coverage.measure_arcs();
        }
        // Of superseded ones too: read off the arcs they need no outlines, and hold little.
        for layer in current.iter().copied().chain(self.layers().iter().filter(|l| !l.entry.current)) {
            layer.adjacency();
        }
        // Those of thousands of small areas take longer than all else, and are worked out one by one while they are not made.
        for layer in current.iter().filter(|layer| layer.areas().len() <= FEW_AREAS) {
            layer.label_points();
        }
    }
}
