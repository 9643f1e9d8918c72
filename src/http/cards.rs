//! Areas as answers name them, ready as JSON: an answer about a point names sixteen, and copying is the soonest way to say
//! so.

use super::layers::Named;
use crate::atlas::AtlasLayer;

/// What is ready of a layer of more areas than this would take more memory than it saves time.
const MOST_AREAS: usize = 10_000;

/// The areas of a layer as [`Named`] writes them.
pub(super) struct Cards {
    bytes: Vec<u8>,
    /// Where each area ends.
    ends: Vec<u32>,
}

impl Cards {
    /// Those of a layer, unless it has too many areas.
    pub fn of(layer: &AtlasLayer) -> Option<Cards> {
        if layer.areas().len() > MOST_AREAS {
            return None;
        }
        let mut cards = Cards { bytes: Vec::new(), ends: Vec::with_capacity(layer.areas().len()) };
        for area in layer.areas() {
            serde_json::to_writer(&mut cards.bytes, &Named::new(layer, area)).ok()?;
            cards.ends.push(u32::try_from(cards.bytes.len()).ok()?);
        }
        cards.bytes.shrink_to_fit();
        Some(cards)
    }

    /// The area with a number; empty where there is none.
    pub fn of_area(&self, number: u32) -> &[u8] {
        let at = number as usize;
        let start =
            at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).map(|end| *end as usize));
        let end = self.ends.get(at).map(|end| *end as usize);
        start.zip(end).and_then(|(start, end)| self.bytes.get(start..end)).unwrap_or_default()
    }
}
