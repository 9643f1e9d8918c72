//! What every request shares.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use arc_swap::ArcSwap;

use super::base_map::BaseMap;
use super::kept::Kept;
use super::locate;
use super::profile::RowFrame;
use super::ready_overlays::ReadyOverlays;
use super::together::Together;
use crate::analysis::index::computed_indicators;
use crate::atlas::{Atlas, FEW_AREAS};
use crate::indicator::store::{Store, StoreError, StoreUrl};
use crate::query::{SearchIndex, Standings};
use crate::source::folder::Folder;
use crate::tiles::TilePyramid;

/// An atlas and what is made from it at first need; swapped whole when boundaries are loaded anew.
pub struct Served {
    /// The atlas.
    pub atlas: Atlas,
    fingerprint: Arc<str>,
    tile_layers: Arc<Vec<TilePyramid>>,
    together: Arc<OnceLock<Option<Together>>>,
    /// Of points that lie nowhere, then coverage by coverage.
    endings: Arc<Vec<Option<Vec<u8>>>>,
    search: Arc<OnceLock<SearchIndex>>,
    overlays: Arc<OnceLock<ReadyOverlays>>,
    /// Layer by layer, indicator by indicator.
    standings: Vec<OnceLock<Standings>>,
    /// The same.
    row_frames: Vec<OnceLock<RowFrame>>,
    is_warm: AtomicBool,
}

/// Room for something of every indicator in every layer.
fn unmade<T>(atlas: &Atlas) -> Vec<OnceLock<T>> {
    atlas.layers().iter().flat_map(|_| atlas.indicators()).map(|_| OnceLock::new()).collect()
}

/// The atlas with the indices whose indicators it has.
fn with_indices(atlas: Atlas) -> Atlas {
    let computed = computed_indicators(&atlas);
    atlas.with_computed(computed)
}

impl Served {
    fn new(atlas: Atlas) -> Self {
        let atlas = with_indices(atlas);
        let tile_layers = Arc::new(atlas.layers().iter().map(|_| TilePyramid::default()).collect());
        let homes = std::iter::once(None).chain(atlas.coverages().iter().map(|c| Some(c.first_block)));
        let endings = Arc::new(homes.map(|block| locate::ending(&atlas, block).ok()).collect());
        Served {
            tile_layers,
            together: Arc::default(),
            endings,
            search: Arc::default(),
            overlays: Arc::default(),
            standings: unmade(&atlas),
            row_frames: unmade(&atlas),
            fingerprint: atlas.fingerprint().into(),
            atlas,
            is_warm: AtomicBool::new(false),
        }
    }

    /// What follows this: where only values have changed, what was made of the boundaries is kept.
    pub(super) fn followed_by(&self, atlas: Atlas) -> Self {
        if self.atlas.has_places_of(&atlas) {
            let atlas = with_indices(atlas);
            Served {
                tile_layers: Arc::clone(&self.tile_layers),
                together: Arc::clone(&self.together),
                endings: Arc::clone(&self.endings),
                search: Arc::clone(&self.search),
                overlays: Arc::clone(&self.overlays),
                standings: unmade(&atlas),
                row_frames: unmade(&atlas),
                fingerprint: atlas.fingerprint().into(),
                atlas,
                is_warm: AtomicBool::new(false),
            }
        } else {
            Served::new(atlas)
        }
    }

    /// The projected shapes of a layer for every zoom, by its place in [`Atlas::layers`].
    pub fn tile_layer(&self, place: usize) -> &TilePyramid {
        &self.tile_layers[place]
    }

    /// The areas of current layers at points, ready as JSON; made at first need.
    pub(super) fn together(&self) -> Option<&Together> {
        self.together.get_or_init(|| Together::of(&self.atlas)).as_ref()
    }

    /// What follows the areas in an answer about a point in a block, or in none, ready as JSON.
    pub(super) fn ending(&self, block: Option<u32>) -> Option<&[u8]> {
        let home = block.map_or(0, |block| self.atlas.number_of_coverage(block) + 1);
        self.endings.get(home)?.as_deref()
    }

    /// The fingerprint of the atlas.
    pub(super) fn fingerprint(&self) -> &Arc<str> {
        &self.fingerprint
    }

    /// The index of names; made at first need.
    pub fn search(&self) -> &SearchIndex {
        self.search.get_or_init(|| SearchIndex::new(&self.atlas))
    }

    /// The overlays that are ready to send, once they are made.
    pub(super) fn overlays(&self) -> Option<&ReadyOverlays> {
        self.overlays.get()
    }

    /// The values of an indicator in a layer, in order, by their places in [`Atlas::indicators`] and
    /// [`Atlas::layers`]; made at first need.
    pub fn standings(&self, indicator: usize, layer: usize) -> &Standings {
        self.standings[self.place(indicator, layer)].get_or_init(|| {
            Standings::new(&self.atlas, &self.atlas.indicators()[indicator], &self.atlas.layers()[layer])
        })
    }

    /// What profiles say of an indicator in a layer whatever the area is; made at first need.
    pub(super) fn row_frame(&self, indicator: usize, layer: usize) -> &RowFrame {
        self.row_frames[self.place(indicator, layer)].get_or_init(|| {
            RowFrame::of(&self.atlas.indicators()[indicator].indicator, self.standings(indicator, layer))
        })
    }

    fn place(&self, indicator: usize, layer: usize) -> usize {
        layer * self.atlas.indicators().len() + indicator
    }

    /// Computes ahead of need what the first requests would wait for.
    pub fn warm_up(&self) {
        self.search();
        let layers = self.atlas.layers().iter().enumerate();
        let current: Vec<usize> = layers.filter(|(_, l)| l.entry.current).map(|(place, _)| place).collect();
        self.together();
        self.atlas.warm_up();
        let rank = |layer: usize| {
            for indicator in 0..self.atlas.indicators().len() {
                self.standings(indicator, layer);
            }
        };
        current.iter().copied().for_each(rank);
        self.is_warm.store(true, Ordering::Release);
        // What profiles of superseded areas and the first tile of small areas would wait for, and overlays: by one thread, beside
        // answers, that gives back its memory.
        let Ok(alone) = rayon::ThreadPoolBuilder::new().num_threads(1).build() else { return };
        alone.install(|| {
            let layers = self.atlas.layers().iter();
            let few = layers.filter(|l| !l.entry.current && l.areas().len() <= FEW_AREAS);
            few.for_each(|layer| rank(layer.place));
            for &layer in &current {
                self.atlas.layers()[layer].label_points();
            }
            self.overlays.get_or_init(|| ReadyOverlays::of(&self.atlas));
        });
    }

    /// Whether [`Served::warm_up`] is done: no question about a current layer has anything to wait for.
    pub(super) fn is_warm(&self) -> bool {
        self.is_warm.load(Ordering::Acquire)
    }
}

/// The store behind the write side: opened at the first write where nothing was imported before.
struct Writing {
    url: StoreUrl,
    folder: Folder,
    store: Mutex<Option<Store>>,
}

struct Shared {
    served: ArcSwap<Served>,
    writing: Option<Writing>,
    kept: Kept,
    keeps_warm: AtomicBool,
}

/// The state of the application: the atlas now served, and the store where there is one.
#[derive(Clone)]
pub struct AppState {
    shared: Arc<Shared>,
    max_body_bytes: u64,
    base_map: Option<Arc<BaseMap>>,
}

/// The longest body taken when nothing else is said: a gigabyte, some thirty million points.
const MAX_BODY_BYTES: u64 = 1 << 30;

impl AppState {
    /// Serves an atlas that nothing is written to.
    pub fn new(atlas: Atlas) -> Self {
        AppState::of(atlas, None)
    }

    fn of(atlas: Atlas, writing: Option<Writing>) -> Self {
        let served = ArcSwap::from_pointee(Served::new(atlas));
        AppState {
            shared: Arc::new(Shared {
                served,
                writing,
                kept: Kept::default(),
                keeps_warm: AtomicBool::new(false),
            }),
            max_body_bytes: MAX_BODY_BYTES,
            base_map: None,
        }
    }

    /// Serves the boundaries of a folder and the values of a store.
    pub fn with_store(atlas: Atlas, folder: Folder, url: StoreUrl) -> Result<Self, StoreError> {
        let mut store = if Store::exists(&url) { Some(Store::open(&url)?) } else { None };
        let atlas = match &mut store {
            Some(store) => atlas.with_published(store.published()?),
            None => atlas,
        };
        Ok(AppState::of(atlas, Some(Writing { url, folder, store: Mutex::new(store) })))
    }

    /// The same with another longest body.
    #[must_use]
    pub fn with_max_body_bytes(self, max_body_bytes: u64) -> Self {
        AppState { max_body_bytes, ..self }
    }

    /// The same with a base map from elsewhere under the areas of the page.
    #[must_use]
    pub fn with_base_map(self, base_map: Option<BaseMap>) -> Self {
        AppState { base_map: base_map.map(Arc::new), ..self }
    }

    /// The base map of the page, where the operator named one.
    pub fn base_map(&self) -> Option<&BaseMap> {
        self.base_map.as_deref()
    }

    /// The longest body taken, in bytes.
    pub fn max_body_bytes(&self) -> u64 {
        self.max_body_bytes
    }

    /// What is served now; requests keep what they began with.
    pub fn served(&self) -> Arc<Served> {
        self.shared.served.load_full()
    }

    /// The same for a moment: to count who holds it would keep the processors waiting for one another.
    pub(super) fn served_now(&self) -> impl Deref<Target = Arc<Served>> {
        self.shared.served.load()
    }

    /// The answers that are ready to send.
    pub(super) fn kept(&self) -> &Kept {
        &self.shared.kept
    }

    /// Makes what the first requests would wait for beside them, now and after every swap.
    pub fn keep_warm(&self) {
        self.shared.keeps_warm.store(true, Ordering::Release);
        let served = self.served();
        std::thread::spawn(move || served.warm_up());
    }

    /// Swaps the atlas; requests in flight finish on the old one.
    pub fn swap(&self, atlas: Atlas) {
        let served = Arc::new(self.served().followed_by(atlas));
        self.shared.served.store(served);
        self.shared.kept.clear();
        if self.shared.keeps_warm.load(Ordering::Acquire) {
            self.keep_warm();
        }
    }

    /// True when there is a store that can be written to.
    pub fn can_write(&self) -> bool {
        self.shared.writing.is_some()
    }

    /// Runs `work` on the store; `None` when there is none. With `make`, a store that is not there yet is made.
    pub fn on_store<T>(
        &self,
        make: bool,
        work: impl FnOnce(&mut Store) -> Result<T, StoreError>,
    ) -> Option<Result<T, StoreError>> {
        let writing = self.shared.writing.as_ref()?;
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
        let folder = self.shared.writing.as_ref().map_or(Folder::Shipped, |w| w.folder.clone());
        let atlas = Atlas::load(&folder)?;
        let atlas = match self.on_store(false, Store::published) {
            Some(published) => atlas.with_published(published?),
            None => atlas,
        };
        self.swap(atlas);
        Ok(())
    }
}
