//! A layer in the detail of every zoom: seen from afar it has fewer vertices, so a tile is made, sent, read and drawn sooner.

use std::sync::OnceLock;

use super::layer::{TileLayer, TileValue};
use super::ready::{READY_TO, ReadyZoom};
use super::{DEEPEST_TILES, TileCoord};
use crate::atlas::AtlasLayer;
use crate::coverage::tolerance_at_zoom_m;

/// From this zoom on tiles have every vertex: a pixel shows what the boundaries tell.
const DETAILED_FROM: u8 = 9;

/// A coarser layer is kept only where it saves a tenth of the vertices; else that zoom is drawn from the whole one.
const MOST_KEPT: f64 = 0.9;

/// The tolerance in metres of tiles at a zoom, which clients draw 512 pixels wide: a quarter of such a pixel; 0 from where
/// on tiles have every vertex.
pub fn tolerance_of_tiles_m(zoom: u8) -> f64 {
    // A tile of 512 pixels shows at zoom z as much in a pixel as one of 256 does at z + 1.
    if zoom >= DETAILED_FROM { 0.0 } else { tolerance_at_zoom_m(f64::from(zoom) + 1.0) }
}

/// A layer ready for cutting tiles of every zoom; each detail is made at first need.
#[derive(Default)]
pub struct TilePyramid {
    whole: OnceLock<TileLayer>,
    /// By zoom; `None` where the whole layer has hardly more vertices.
    coarse: [OnceLock<Option<TileLayer>>; DETAILED_FROM as usize],
    /// By zoom, what no tile of it changes.
    ready: [OnceLock<ReadyZoom>; READY_TO as usize + 1],
}

impl TilePyramid {
    /// The layer in the detail of a zoom.
    pub fn at(&self, layer: &AtlasLayer, zoom: u8) -> &TileLayer {
        let whole = || self.whole.get_or_init(|| TileLayer::new(layer));
        let Some(coarse) = self.coarse.get(usize::from(zoom)) else { return whole() };
        let made = coarse.get_or_init(|| {
            let all = layer.outline().vertex_count();
            // The ends of arcs stay. Of small areas they are most of the vertices, and looking for others is in vain.
            if 4 * layer.outline().arcs().len() > all {
                return None;
            }
            let coarse = TileLayer::within(layer, tolerance_of_tiles_m(zoom));
            (coarse.vertex_count() as f64 <= MOST_KEPT * all as f64).then_some(coarse)
        });
        made.as_ref().unwrap_or_else(whole)
    }

    /// Makes ready all that tiles of a zoom have in common. Cutting one does that at first need; threads that cut
    /// tiles and make layers with one another must have it done before, because making one works in parallel too.
    pub fn make_ready(&self, layer: &AtlasLayer, zoom: u8) {
        self.ready(self.at(layer, zoom), zoom);
    }

    fn ready(&self, made: &TileLayer, zoom: u8) -> Option<&ReadyZoom> {
        Some(self.ready.get(usize::from(zoom))?.get_or_init(|| made.ready(zoom)))
    }

    /// Cuts one tile in the detail of its zoom; `value_of` gives what is drawn on the area of a number.
    pub fn cut(&self, layer: &AtlasLayer, tile: TileCoord, value_of: impl Fn(u32) -> TileValue) -> Vec<u8> {
        let made = self.at(layer, tile.z());
        match self.ready(made, tile.z()) {
            Some(ready) => made.cut_ready(tile, ready, value_of),
            None => made.cut(tile, value_of),
        }
    }
}

const _: () = assert!(DETAILED_FROM <= DEEPEST_TILES, "the deepest tiles have every vertex");
