//! Whom to name for the areas at a place: those who drew the ground that they stand on.

use std::borrow::Cow;

use crate::atlas::{Atlas, AtlasLayer};
use crate::source::catalogue::CoverageEntry;

/// The coverages in which the areas at a place are drawn, each once: one of the block there, and others where layers that
/// it knows nothing of lie over it, as a user's own over the shipped ones.
pub(super) struct Ground<'a>(Vec<&'a CoverageEntry>);

impl<'a> Ground<'a> {
    /// That of areas found at a place in a block, or in none. Where there is no area it is that of the block.
    pub fn of(
        atlas: &'a Atlas,
        block: Option<u32>,
        found: impl IntoIterator<Item = (&'a AtlasLayer, u32)>,
    ) -> Self {
        let mut ground = Ground(Vec::new());
        for (layer, area) in found {
            let own = block.filter(|&block| layer.area_of_block(block) == Some(area));
            ground.add(atlas, own.or_else(|| layer.blocks_of(area).first().copied()));
        }
        if ground.0.is_empty() {
            ground.add(atlas, block);
        }
        ground
    }

    fn add(&mut self, atlas: &'a Atlas, block: Option<u32>) {
        let Some(entry) = block.map(|block| &atlas.coverage_of_block(block).entry) else { return };
        if !self.0.iter().any(|known| std::ptr::eq(*known, entry)) {
            self.0.push(entry);
        }
    }

    /// Whether some of it is drawn more coarsely than the rest.
    pub fn is_approximate(&self) -> bool {
        self.0.iter().any(|entry| entry.approximate)
    }

    /// Whom to name for it, and for the postcode that led there.
    pub fn attribution(&self, atlas: &'a Atlas, by_postcode: bool) -> Vec<&'a str> {
        let postcodes = atlas.postcodes().filter(|_| by_postcode).map(|(_, entry)| &entry.attribution);
        let mut lines: Vec<&str> = Vec::new();
        for line in self.0.iter().map(|entry| &entry.attribution).chain(postcodes).flatten() {
            if !lines.contains(&line.as_str()) {
                lines.push(line);
            }
        }
        lines
    }

    /// Its licence, as an expression of SPDX where there are several; `None` at sea.
    pub fn licence(&self) -> Option<Cow<'a, str>> {
        let mut licences: Vec<&str> = Vec::new();
        for entry in &self.0 {
            if !licences.contains(&entry.licence.as_str()) {
                licences.push(&entry.licence);
            }
        }
        match licences[..] {
            [] => None,
            [one] => Some(one.into()),
            _ => Some(licences.join(" AND ").into()),
        }
    }
}
