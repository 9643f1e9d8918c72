//! A layer in the detail of every zoom: seen from afar it has fewer vertices, so a tile is made, sent, read and drawn sooner.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::layer::{TileLayer, TileValue};
use super::ready::{READY_TO, ReadyZoom};
use super::{DEEPEST_TILES, TileContent, TileCoord};
use crate::atlas::AtlasLayer;
use crate::coverage::tolerance_at_zoom_m;

/// From this zoom on tiles have every vertex: a pixel shows what the boundaries tell.
const DETAILED_FROM: u8 = 9;

/// A coarser layer is kept only where it saves a tenth of the vertices; else that zoom is drawn from the whole one.
const MOST_KEPT: f64 = 0.9;

/// Of so many zooms a layer keeps what their tiles have in common: those that were asked for last, as whoever looks at a map
/// goes from one zoom to the next.
const ZOOMS_KEPT: usize = 4;

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
    /// What no tile of a zoom changes, of the zooms asked for last, the latest first.
    ready: Mutex<Vec<(u8, Arc<OnceLock<ReadyZoom>>)>>,
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
        let made = self.at(layer, zoom);
        if zoom <= READY_TO {
            self.ready(zoom).get_or_init(|| made.ready(zoom));
        }
    }

    /// Where what tiles of a zoom have in common is, or is to be made.
    fn ready(&self, zoom: u8) -> Arc<OnceLock<ReadyZoom>> {
        // Whoever panicked while holding it has left it whole.
        let mut kept = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(of, _)| *of == zoom);
        let latest = place.map_or_else(|| (zoom, Arc::default()), |place| kept.remove(place));
        let ready = Arc::clone(&latest.1);
        kept.insert(0, latest);
        kept.truncate(ZOOMS_KEPT);
        ready
    }

    /// Cuts one tile in the detail of its zoom, with the vector layers that are wanted; `value_of` gives what is drawn on the
    /// area of a number.
    pub fn cut(
        &self,
        layer: &AtlasLayer,
        tile: TileCoord,
        content: TileContent,
        value_of: impl Fn(u32) -> TileValue,
    ) -> Vec<u8> {
        let made = self.at(layer, tile.z());
        if tile.z() > READY_TO {
            return made.cut(tile, content, value_of);
        }
        let ready = self.ready(tile.z());
        made.cut_ready(tile, content, ready.get_or_init(|| made.ready(tile.z())), value_of)
    }
}

const _: () = assert!(DETAILED_FROM <= DEEPEST_TILES, "the deepest tiles have every vertex");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zooms_asked_for_last_are_kept() {
        let pyramid = TilePyramid::default();
        let kept = || pyramid.ready.lock().unwrap().iter().map(|(zoom, _)| *zoom).collect::<Vec<u8>>();
        for zoom in 0..ZOOMS_KEPT as u8 {
            pyramid.ready(zoom);
        }
        let first = pyramid.ready(0);
        assert_eq!(kept(), [0, 3, 2, 1]);
        pyramid.ready(9);
        assert_eq!(kept(), [9, 0, 3, 2]);
        assert!(Arc::ptr_eq(&first, &pyramid.ready(0)), "what is made is not made again");
    }
}
