//! What every request shares.

use std::sync::{Arc, OnceLock, RwLock};

use bytes::Bytes;
use moka::sync::Cache;

use super::overlay::Format;
use super::problem::Problem;
use crate::atlas::{Atlas, AtlasLayer};
use crate::query::{SearchIndex, Standings};
use crate::tiles::{TileCoord, TileLayer};

/// Tiles kept, in bytes of tile: some thousands of tiles, well under the memory that the atlas itself takes.
const TILE_CACHE_BYTES: u64 = 48 * 1024 * 1024;

/// Overlays kept, in bytes: all pairs of layers of councils and NHS bodies, as text.
const OVERLAY_CACHE_BYTES: u64 = 32 * 1024 * 1024;

/// An atlas and what is made from it at first need; swapped whole when boundaries are loaded anew.
pub struct Served {
    /// The atlas.
    pub atlas: Atlas,
    tile_layers: Vec<OnceLock<TileLayer>>,
    tiles: Cache<(usize, TileCoord), Bytes>,
    overlays: Cache<OverlayKey, Bytes>,
    search: OnceLock<SearchIndex>,
    /// Layer by layer, indicator by indicator.
    standings: Vec<OnceLock<Standings>>,
}

/// Two layers by their places in the atlas, and the form.
type OverlayKey = (usize, usize, Format);

impl Served {
    fn new(atlas: Atlas) -> Self {
        let tile_layers = atlas.layers().iter().map(|_| OnceLock::new()).collect();
        let tiles = Cache::builder()
            .max_capacity(TILE_CACHE_BYTES)
            .weigher(|_, tile: &Bytes| tile.len() as u32 + 64)
            .build();
        let overlays = Cache::builder()
            .max_capacity(OVERLAY_CACHE_BYTES)
            .weigher(|_, overlay: &Bytes| u32::try_from(overlay.len()).unwrap_or(u32::MAX))
            .build();
        let standings = atlas.layers().iter().flat_map(|_| atlas.indicators()).map(|_| OnceLock::new());
        let standings = standings.collect();
        Served { atlas, tile_layers, tiles, overlays, search: OnceLock::new(), standings }
    }

    /// The projected shapes of a layer, by its place in [`Atlas::layers`].
    pub fn tile_layer(&self, place: usize) -> &TileLayer {
        self.tile_layers[place].get_or_init(|| TileLayer::new(&self.atlas.layers()[place]))
    }

    /// A tile without values, from the cache or made by `make`; one computation however many ask at once.
    pub fn tile<E: Send + Sync + 'static>(
        &self,
        place: usize,
        tile: TileCoord,
        make: impl FnOnce() -> Result<Bytes, E>,
    ) -> Result<Bytes, Arc<E>> {
        self.tiles.try_get_with((place, tile), make)
    }

    /// An overlay, from the cache or made by `make`; one computation however many ask at once.
    pub(super) fn overlay(
        &self,
        key: OverlayKey,
        make: impl FnOnce() -> Result<Bytes, Problem>,
    ) -> Result<Bytes, Problem> {
        self.overlays.try_get_with(key, make).map_err(Arc::unwrap_or_clone)
    }

    /// The index of names; made at first need.
    pub fn search(&self) -> &SearchIndex {
        self.search.get_or_init(|| SearchIndex::new(&self.atlas))
    }

    /// The values of an indicator in a layer, in order, by their places in [`Atlas::indicators`] and
    /// [`Atlas::layers`]; made at first need.
    pub fn standings(&self, indicator: usize, layer: usize) -> &Standings {
        self.standings[layer * self.atlas.indicators().len() + indicator].get_or_init(|| {
            Standings::new(&self.atlas, &self.atlas.indicators()[indicator], &self.atlas.layers()[layer])
        })
    }

    /// The place of a layer in [`Atlas::layers`].
    pub fn place_of(&self, layer: &AtlasLayer) -> usize {
        let mut layers = self.atlas.layers().iter();
        layers.position(|l| l.entry.id == layer.entry.id).unwrap_or_default()
    }
}

/// The state of the application: the atlas now served.
#[derive(Clone)]
pub struct AppState {
    served: Arc<RwLock<Arc<Served>>>,
    max_body_bytes: u64,
}

/// The longest body taken when nothing else is said: a gigabyte, some thirty million points.
const MAX_BODY_BYTES: u64 = 1 << 30;

impl AppState {
    /// Serves an atlas.
    pub fn new(atlas: Atlas) -> Self {
        let served = Arc::new(RwLock::new(Arc::new(Served::new(atlas))));
        AppState { served, max_body_bytes: MAX_BODY_BYTES }
    }

    /// The same with another longest body.
    #[must_use]
    pub fn with_max_body_bytes(self, max_body_bytes: u64) -> Self {
        AppState { max_body_bytes, ..self }
    }

    /// The longest body taken, in bytes.
    pub fn max_body_bytes(&self) -> u64 {
        self.max_body_bytes
    }

    /// What is served now; requests keep what they began with.
    pub fn served(&self) -> Arc<Served> {
        Arc::clone(&self.served.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Swaps the atlas; requests in flight finish on the old one.
    pub fn swap(&self, atlas: Atlas) {
        let served = Arc::new(Served::new(atlas));
        *self.served.write().unwrap_or_else(std::sync::PoisonError::into_inner) = served;
    }
}
