//! Overlays ready to send: of every two layers of few areas, made and compressed ahead of need. Compressing a table of some hundred
//! pairs takes a third of an answer, counting and writing the rest.

use std::collections::HashMap;
use std::ops::Range;

use axum::body::Bytes;

use super::overlay::{Table, table};
use super::packed::Packer;
use crate::atlas::{Atlas, AtlasLayer};
use crate::query::Overlay;

/// All overlays together: what ships takes twelve megabytes.
const ROOM_BYTES: usize = 24 << 20;

/// Overlays compressed by gzip, one after the other.
pub(super) struct ReadyOverlays {
    all: Bytes,
    /// Where they stand, by the places of their layers.
    places: HashMap<(usize, usize, Table), Range<usize>>,
}

impl ReadyOverlays {
    /// The overlays of the layers of an atlas, those of current layers first, as far as there is room.
    pub fn of(atlas: &Atlas) -> Self {
        ReadyOverlays::within(atlas, ROOM_BYTES)
    }

    fn within(atlas: &Atlas, room_bytes: usize) -> Self {
        let (mut all, mut places) = (Vec::new(), HashMap::new());
        let mut packer = Packer::for_keeping();
        'all: for (left, right) in pairs(atlas) {
            let overlay = Overlay::new(atlas, left, right);
            for form in [Table::Json, Table::Csv] {
                let text = table(atlas, &overlay, left, right, form);
                let Some(packed) = text.ok().and_then(|text| packer.gzip(&text)) else { continue };
                let start = all.len();
                if start + packed.len() > room_bytes {
                    break 'all;
                }
                all.extend(packed);
                places.insert((left.place, right.place, form), start..all.len());
            }
        }
        all.shrink_to_fit();
        ReadyOverlays { all: all.into(), places }
    }

    /// An overlay as a client that takes gzip gets it, where it is ready.
    pub fn find(&self, left: &AtlasLayer, right: &AtlasLayer, form: Table) -> Option<Bytes> {
        let place = self.places.get(&(left.place, right.place, form))?;
        Some(self.all.slice(place.clone()))
    }
}

/// Every two layers that are soon laid over each other, both ways, those that are current first.
fn pairs(atlas: &Atlas) -> Vec<(&AtlasLayer, &AtlasLayer)> {
    let lefts = atlas.layers().iter();
    let all = lefts.flat_map(|left| atlas.layers().iter().map(move |right| (left, right)));
    let mut pairs: Vec<_> =
        all.filter(|(left, right)| left.place != right.place && Overlay::is_short(left, right)).collect();
    pairs.sort_by_key(|(left, right)| !(left.entry.current && right.entry.current));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::folder::Folder;

    #[test]
    fn there_is_room_for_so_many_and_current_ones_come_first() {
        let atlas = Atlas::load(&Folder::Shipped).unwrap();
        let some = ReadyOverlays::within(&atlas, 64 << 10);
        assert!((1..=64 << 10).contains(&some.all.len()), "{}", some.all.len());
        let is_current = |place: usize| atlas.layers()[place].entry.current;
        assert!(some.places.keys().all(|&(left, right, _)| is_current(left) && is_current(right)));
        assert!(ReadyOverlays::within(&atlas, 0).places.is_empty());
    }
}
