//! What every request shares.

use std::sync::{Arc, Mutex, OnceLock, RwLock};

use bytes::Bytes;
use moka::sync::Cache;

use crate::atlas::{Atlas, AtlasLayer};
use crate::indicator::store::{Store, StoreError, StoreUrl};
use crate::source::folder::Folder;
use crate::tiles::{TileCoord, TileLayer};

/// Tiles kept, in bytes of tile: some thousands of tiles, well under the memory that the atlas itself takes.
const TILE_CACHE_BYTES: u64 = 48 * 1024 * 1024;

/// An atlas and what is made from it at first need; swapped whole when boundaries are loaded anew.
pub struct Served {
    /// The atlas.
    pub atlas: Atlas,
    tile_layers: Arc<Vec<OnceLock<TileLayer>>>,
    tiles: Cache<(usize, TileCoord), Bytes>,
}

impl Served {
    fn new(atlas: Atlas) -> Self {
        let tile_layers = Arc::new(atlas.layers().iter().map(|_| OnceLock::new()).collect());
        let tiles = Cache::builder()
            .max_capacity(TILE_CACHE_BYTES)
            .weigher(|_, tile: &Bytes| tile.len() as u32 + 64)
            .build();
        Served { atlas, tile_layers, tiles }
    }

    /// What follows this: where only values have changed, what was made of the boundaries is kept.
    fn followed_by(&self, atlas: Atlas) -> Self {
        if self.atlas.has_places_of(&atlas) {
            Served { atlas, tile_layers: Arc::clone(&self.tile_layers), tiles: self.tiles.clone() }
        } else {
            Served::new(atlas)
        }
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

    /// The place of a layer in [`Atlas::layers`].
    pub fn place_of(&self, layer: &AtlasLayer) -> usize {
        let mut layers = self.atlas.layers().iter();
        layers.position(|l| l.entry.id == layer.entry.id).unwrap_or_default()
    }
}

/// The store behind the write side: opened at the first write where nothing was imported before.
struct Writing {
    url: StoreUrl,
    folder: Folder,
    store: Mutex<Option<Store>>,
}

struct Shared {
    served: RwLock<Arc<Served>>,
    writing: Option<Writing>,
}

/// The state of the application: the atlas now served, and the store where there is one.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

impl AppState {
    /// Serves an atlas that nothing is written to.
    pub fn new(atlas: Atlas) -> Self {
        AppState(Arc::new(Shared { served: RwLock::new(Arc::new(Served::new(atlas))), writing: None }))
    }

    /// Serves the boundaries of a folder and the values of a store.
    pub fn with_store(atlas: Atlas, folder: Folder, url: StoreUrl) -> Result<Self, StoreError> {
        let mut store = if Store::exists(&url) { Some(Store::open(&url)?) } else { None };
        let atlas = match &mut store {
            Some(store) => atlas.with_published(store.published()?),
            None => atlas,
        };
        let writing = Some(Writing { url, folder, store: Mutex::new(store) });
        Ok(AppState(Arc::new(Shared { served: RwLock::new(Arc::new(Served::new(atlas))), writing })))
    }

    /// What is served now; requests keep what they began with.
    pub fn served(&self) -> Arc<Served> {
        Arc::clone(&self.0.served.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Swaps the atlas; requests in flight finish on the old one.
    pub fn swap(&self, atlas: Atlas) {
        let served = Arc::new(self.served().followed_by(atlas));
        *self.0.served.write().unwrap_or_else(std::sync::PoisonError::into_inner) = served;
    }

    /// True when there is a store that can be written to.
    pub fn can_write(&self) -> bool {
        self.0.writing.is_some()
    }

    /// Runs `work` on the store; `None` when there is none. With `make`, a store that is not there yet is made.
    pub fn on_store<T>(
        &self,
        make: bool,
        work: impl FnOnce(&mut Store) -> Result<T, StoreError>,
    ) -> Option<Result<T, StoreError>> {
        let writing = self.0.writing.as_ref()?;
        let mut store = writing.store.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if store.is_none() {
            if !make && !Store::exists(&writing.url) {
                return None;
            }
            match Store::open(&writing.url) {
                Ok(opened) => *store = Some(opened),
                Err(error) => return Some(Err(error)),
            }
        }
        let done = work(store.as_mut()?);
        if matches!(done, Err(StoreError::Postgres(_))) {
            // The connection may be gone: the next request opens another.
            *store = None;
        }
        Some(done)
    }

    /// Reads the values of the store anew and swaps them in.
    pub fn refresh(&self) -> Result<(), StoreError> {
        match self.on_store(false, Store::published) {
            Some(published) => {
                let atlas = self.served().atlas.with_published(published?);
                self.swap(atlas);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Reads boundaries and values anew and swaps them in; on failure everything stays as it is.
    pub fn reload(&self) -> anyhow::Result<()> {
        let folder = self.0.writing.as_ref().map_or(Folder::Shipped, |w| w.folder.clone());
        let atlas = Atlas::load(&folder)?;
        let atlas = match self.on_store(false, Store::published) {
            Some(published) => atlas.with_published(published?),
            None => atlas,
        };
        self.swap(atlas);
        Ok(())
    }
}
