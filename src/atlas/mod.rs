//! The atlas: everything the server knows, read once, never changed, shared by all requests and swapped whole.

mod layer;
mod load;
mod place;
mod shape;
mod values;

use std::collections::HashMap;
use std::time::Duration;

use geo::Coord;
use jiff::civil::Date;

use crate::area::{Code, IndicatorId, LayerKind, LayerRef, Lineage};
use crate::coverage::Coverage;
use crate::geometry::BritishGrid;
use crate::index::{BlockIndex, Postcodes};
use crate::source::catalogue::{CoverageEntry, PostcodesEntry};

pub use layer::{Area, AtlasLayer, LayerPart};
pub use load::LoadError;
pub use place::{Found, Status};
pub use shape::geojson_geometry;
pub use values::{AreaValue, AtlasIndicator, Method};

/// A coverage and where its blocks stand in the count through all coverages.
pub struct AtlasCoverage {
    /// What the catalogue says of it.
    pub entry: CoverageEntry,
    /// Its blocks and arcs.
    pub coverage: std::sync::Arc<Coverage>,
    /// The number of its first block.
    pub first_block: u32,
}

/// Everything the server knows.
pub struct Atlas {
    coverages: Vec<AtlasCoverage>,
    layers: Vec<AtlasLayer>,
    /// Layers in which a code stands, in catalogue order.
    layers_of_code: HashMap<Code, Vec<u32>>,
    blocks: BlockIndex,
    block_codes: HashMap<Code, u32>,
    residents: Vec<f64>,
    areas_m2: Vec<f64>,
    grid: BritishGrid,
    lineage: Lineage,
    postcodes: Option<(Postcodes, PostcodesEntry)>,
    indicators: Vec<AtlasIndicator>,
    fingerprint: String,
    loaded_in: Duration,
}

impl Atlas {
    /// The coverages, in catalogue order.
    pub fn coverages(&self) -> &[AtlasCoverage] {
        &self.coverages
    }

    /// The layers, in catalogue order.
    pub fn layers(&self) -> &[AtlasLayer] {
        &self.layers
    }

    /// The layer asked for: that vintage, or the current one.
    pub fn layer(&self, asked: &LayerRef) -> Option<&AtlasLayer> {
        self.layers.iter().find(|layer| layer.entry.is_meant_by(asked))
    }

    /// The vintage of a kind in force on a day.
    pub fn layer_on(&self, kind: &LayerKind, day: Date) -> Option<&AtlasLayer> {
        let mut layers = self.layers.iter();
        layers.find(|layer| layer.entry.id.kind == *kind && layer.entry.is_in_force_on(day))
    }

    /// Every kind of layer, in catalogue order, each once.
    pub fn kinds(&self) -> Vec<&LayerKind> {
        let mut kinds: Vec<&LayerKind> = Vec::new();
        for layer in &self.layers {
            if !kinds.contains(&&layer.entry.id.kind) {
                kinds.push(&layer.entry.id.kind);
            }
        }
        kinds
    }

    /// The number of the block at a point in lon/lat degrees, through all coverages; `None` at sea.
    pub fn block_at(&self, point: Coord) -> Option<u32> {
        self.blocks.locate(point)
    }

    /// How many blocks there are in all coverages.
    pub fn block_count(&self) -> usize {
        self.residents.len()
    }

    /// The number of the block with a code.
    pub fn block_with_code(&self, code: &Code) -> Option<u32> {
        self.block_codes.get(code).copied()
    }

    /// The coverage of a block.
    pub fn coverage_of_block(&self, block: u32) -> &AtlasCoverage {
        let after = self.coverages.partition_point(|c| c.first_block <= block);
        &self.coverages[after.saturating_sub(1)]
    }

    /// Residents of a block; NaN where unknown.
    pub fn residents_of_block(&self, block: u32) -> f64 {
        self.residents[block as usize]
    }

    /// Area of a block on the ellipsoid in square metres.
    pub fn area_of_block_m2(&self, block: u32) -> f64 {
        self.areas_m2[block as usize]
    }

    /// The British National Grid.
    pub fn grid(&self) -> &BritishGrid {
        &self.grid
    }

    /// What became of codes.
    pub fn lineage(&self) -> &Lineage {
        &self.lineage
    }

    /// The postcodes with their licence, where the folder has them.
    pub fn postcodes(&self) -> Option<(&Postcodes, &PostcodesEntry)> {
        self.postcodes.as_ref().map(|(p, e)| (p, e))
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
        self.loaded_in
    }

    /// Attribution lines of a layer and of the coverages it covers, each once.
    pub fn attribution(&self, layer: &AtlasLayer) -> Vec<String> {
        let shapes = layer.parts().iter().flat_map(|part| &self.coverages[part.coverage].entry.attribution);
        let mut lines: Vec<String> = Vec::new();
        for line in layer.entry.attribution.iter().chain(shapes) {
            if !lines.contains(line) {
                lines.push(line.clone());
            }
        }
        lines
    }

    /// Computes ahead of need what the first requests would wait for: the outlines of current layers, small ones first.
    pub fn warm_up(&self) {
        let mut current: Vec<&AtlasLayer> = self.layers.iter().filter(|l| l.entry.current).collect();
        current.sort_by_key(|l| l.areas().len());
        for layer in current {
            layer.shapes();
        }
    }
}
