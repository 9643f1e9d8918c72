//! What answers about points say of the areas of current layers, ready as JSON for all blocks that are alike in them: an answer
//! names sixteen areas, and copying some long texts is the soonest way to say so.

use super::layers::Named;
use crate::atlas::{Atlas, Held};
use crate::text::Members;

/// The members of `areas` by combination ([`Atlas::combinations`]).
pub(super) struct Together {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
    /// Where the pieces of each combination begin, and where the last of them ends.
    starts: Vec<u32>,
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

impl Together {
    /// All combinations; `None` where they are more than offsets can tell.
    pub fn of(atlas: &Atlas) -> Option<Together> {
        let mut together = Together { bytes: Vec::new(), pieces: Vec::new(), starts: vec![0] };
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
            } else {
                let end = u32::try_from(areas.name(layer.entry.id.kind.as_str()).len()).ok()?;
                self.pieces.push(Piece { start, end, own: u32::try_from(place).ok()? });
                start = end;
            }
        }
        areas.end();
        let end = u32::try_from(self.bytes.len()).ok()?;
        self.pieces.push(Piece { start, end, own: NOTHING });
        Some(())
    }

    /// Appends the areas at a point in a block, as an object by the kinds of their layers; false, and nothing is appended, where
    /// that needs a look at the point.
    pub fn write(&self, out: &mut Vec<u8>, atlas: &Atlas, block: u32) -> bool {
        let combination = atlas.combination_of(block);
        let of = self.starts[combination] as usize..self.starts[combination + 1] as usize;
        let pieces = &self.pieces[of];
        // What is to be copied lies all over memory: first a look at all of it, so that it comes at once.
        let own = |(number, piece): (usize, &Piece)| {
            (piece.own != NOTHING)
                .then(|| (&atlas.layers()[piece.own as usize], atlas.own_area(block, number)))
        };
        let names =
            pieces.iter().enumerate().filter_map(own).map(|(layer, area)| &layer.areas()[area as usize].name);
        let texts = pieces.iter().map(|piece| self.bytes[piece.start as usize]);
        let looked_at =
            names.filter_map(|name| name.as_bytes().first().copied()).chain(texts).fold(0, |a, b| a ^ b);
        std::hint::black_box(looked_at);
        for (number, piece) in pieces.iter().enumerate() {
            out.extend_from_slice(&self.bytes[piece.start as usize..piece.end as usize]);
            if let Some((layer, area)) = own((number, piece)) {
                let mut object = Members::begin(out);
                Named::of(layer, area).write(&mut object);
                object.end();
            }
        }
        !pieces.is_empty()
    }
}
