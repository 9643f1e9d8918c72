//! What answers about points say of the areas of current layers, ready as JSON for all blocks that are alike in them: an answer
//! names sixteen areas, and copying some long texts is the soonest way to say so. Of small areas, of which each block has its own,
//! what they alone say stands close together: it is read all over, and memory that is not at hand is what is waited for.

use super::layers::Named;
use crate::atlas::{Atlas, AtlasLayer, Held};
use crate::index::LargePages;
use crate::text::Members;

/// The members of `areas` by combination ([`Atlas::combinations`]).
pub(super) struct Together {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
    /// Where the pieces of each combination begin, and where the last of them ends.
    starts: Vec<u32>,
    /// By the places of layers, of those of which each block has an area of its own.
    own: Vec<Option<OwnTexts>>,
}

/// A text, and what is to be written after it.
#[derive(Clone, Copy)]
struct Piece {
    start: u32,
    end: u32,
    /// The place of the layer whose area, each block's own, comes next; [`NOTHING`] for none.
    own: u32,
}

const NOTHING: u32 = u32::MAX;

/// What no other area of a layer says, up to what all of them say: an object that is not closed.
struct OwnTexts {
    bytes: LargePages<u8>,
    /// Where the text of each area begins, and where the last of them ends.
    starts: Vec<u32>,
}

impl OwnTexts {
    fn of(layer: &AtlasLayer) -> Option<OwnTexts> {
        let (mut bytes, mut starts) = (Vec::new(), vec![0]);
        for area in 0..layer.areas().len() as u32 {
            Named::of(layer, area).write_own(&mut Members::begin(&mut bytes));
            starts.push(u32::try_from(bytes.len()).ok()?);
        }
        Some(OwnTexts { bytes: bytes.into(), starts })
    }

    fn text(&self, area: u32) -> &[u8] {
        let area = area as usize;
        &self.bytes[self.starts[area] as usize..self.starts[area + 1] as usize]
    }
}

impl Together {
    /// All combinations; `None` where they are more than offsets can tell.
    pub fn of(atlas: &Atlas) -> Option<Together> {
        let own = atlas.layers().iter().map(|_| None).collect();
        let mut together = Together { bytes: Vec::new(), pieces: Vec::new(), starts: vec![0], own };
        for combination in atlas.combinations() {
            let combination: Vec<(usize, Held)> = combination.collect();
            // Whether there is such an area, each point has to be asked for.
            if combination.iter().all(|(_, held)| *held != Held::Later) {
                together.add(atlas, &combination)?;
            }
            together.starts.push(u32::try_from(together.pieces.len()).ok()?);
        }
        together.bytes.shrink_to_fit();
        Some(together)
    }

    fn add(&mut self, atlas: &Atlas, combination: &[(usize, Held)]) -> Option<()> {
        let mut start = u32::try_from(self.bytes.len()).ok()?;
        let mut areas = Members::begin(&mut self.bytes);
        for &(place, held) in combination {
            let layer = &atlas.layers()[place];
            if let Held::Area(area) = held {
                Named::of(layer, area).write_by_kind(&mut areas);
                continue;
            }
            if self.own[place].is_none() {
                self.own[place] = Some(OwnTexts::of(layer)?);
            }
            let rest = areas.name(layer.entry.id.kind.as_str());
            let end = u32::try_from(rest.len()).ok()?;
            self.pieces.push(Piece { start, end, own: u32::try_from(place).ok()? });
            start = end;
            let mut object = Members::go_on(rest);
            // What is said of any of its areas is said of all.
            Named::of(layer, 0).write_of_layer(&mut object);
            object.end();
        }
        areas.end();
        let end = u32::try_from(self.bytes.len()).ok()?;
        self.pieces.push(Piece { start, end, own: NOTHING });
        Some(())
    }

    /// What an area alone says, of a layer of which each block has an area of its own: the first members of an object, without
    /// a brace.
    pub fn own_text(&self, layer: &AtlasLayer, area: u32) -> Option<&[u8]> {
        self.own.get(layer.place)?.as_ref()?.text(area).strip_prefix(b"{")
    }

    /// Appends the areas at a point in a block, as an object by the kinds of their layers; false, and nothing is appended, where
    /// that needs a look at the point.
    pub fn write(&self, out: &mut Vec<u8>, atlas: &Atlas, block: u32) -> bool {
        let combination = atlas.combination_of(block);
        let of = self.starts[combination] as usize..self.starts[combination + 1] as usize;
        let pieces = &self.pieces[of];
        let own = |number: usize, piece: &Piece| {
            let texts = self.own.get(piece.own as usize)?.as_ref()?;
            Some(texts.text(atlas.own_area(block, number)))
        };
        // What is to be copied lies all over memory: first a look at all of it, so that it comes at once.
        let looked_at = pieces.iter().enumerate().fold(0, |seen, (number, piece)| {
            let first = own(number, piece).and_then(|text| text.first().copied()).unwrap_or_default();
            seen ^ first ^ self.bytes[piece.start as usize]
        });
        std::hint::black_box(looked_at);
        for (number, piece) in pieces.iter().enumerate() {
            out.extend_from_slice(&self.bytes[piece.start as usize..piece.end as usize]);
            out.extend_from_slice(own(number, piece).unwrap_or_default());
        }
        !pieces.is_empty()
    }
}
