//! Boxes around blocks, and around some blocks one after another: small areas stand by district, so that one box tells of
//! many.

use geo::Rect;

use crate::coverage::united;

/// Blocks in a group: enough that half as many boxes are asked, few enough that they lie together.
const GROUP: u32 = 8;

/// The boxes of the blocks of all coverages.
pub(super) struct BlockBoxes {
    blocks: Vec<Option<Rect>>,
    groups: Vec<Option<Rect>>,
}

impl BlockBoxes {
    /// Boxes of blocks in their order; `None` for one without a border.
    pub(super) fn of(blocks: Vec<Option<Rect>>) -> Self {
        let around = |group: &[Option<Rect>]| group.iter().flatten().copied().reduce(united);
        let groups = blocks.chunks(GROUP as usize).map(around).collect();
        BlockBoxes { blocks, groups }
    }

    /// The box of a block.
    pub(super) fn block(&self, block: u32) -> Option<Rect> {
        self.blocks[block as usize]
    }

    /// Ascending blocks by their groups, each with a box around all blocks of the group, those not given among them.
    pub(super) fn groups<'a>(&'a self, blocks: &'a [u32]) -> impl Iterator<Item = (Option<Rect>, &'a [u32])> {
        let by_group = blocks.chunk_by(|a, b| a / GROUP == b / GROUP);
        by_group.map(|blocks| (self.groups[(blocks[0] / GROUP) as usize], blocks))
    }
}

#[cfg(test)]
mod tests {
    use geo::{Contains, Coord};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_block_is_in_one_group_whose_box_holds_its_own(
            corners in prop::collection::vec(prop::option::weighted(0.9, (-9.0..9.0_f64, 49.0..60.0_f64, 0.0..1.0_f64)), 1..100),
            chosen in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
        ) {
            let boxed = |(x, y, size): (f64, f64, f64)| Rect::new(Coord { x, y }, Coord { x: x + size, y: y + size });
            let boxes = BlockBoxes::of(corners.iter().map(|corner| corner.map(boxed)).collect());
            let mut asked: Vec<u32> = chosen.iter().map(|index| index.index(corners.len()) as u32).collect();
            asked.sort_unstable();
            asked.dedup();
            let mut told = Vec::new();
            for (around, blocks) in boxes.groups(&asked) {
                for &block in blocks {
                    let own = boxes.block(block);
                    prop_assert_eq!(own, corners[block as usize].map(boxed));
                    let held = own.is_none_or(|own| around.is_some_and(|around| around == own || around.contains(&own)));
                    prop_assert!(held, "{around:?} {own:?}");
                }
                told.extend_from_slice(blocks);
            }
            prop_assert_eq!(told, asked);
        }
    }
}
