//! What an area lies in, what lies in it, and how it came to be.

use crate::area::{Change, Code, Lineage};
use crate::atlas::{Atlas, AtlasLayer};

/// The areas of current layers of other kinds that hold the whole of an area and more, smallest first.
pub fn parents<'a>(atlas: &'a Atlas, layer: &AtlasLayer, area: u32) -> Vec<(&'a AtlasLayer, u32)> {
    let mut parents = Vec::new();
    for other in atlas.layers().iter().filter(|o| o.entry.current && o.entry.id.kind != layer.entry.id.kind) {
        if let Some(parent) = atlas.parent(layer, area, other) {
            // A layer of smaller areas can hold the whole only when both are the same ground.
            if other.blocks_of(parent).len() > layer.blocks_of(area).len() {
                parents.push((other, parent));
            }
        }
    }
    parents.sort_by_key(|(other, parent)| other.blocks_of(*parent).len());
    parents
}

/// The areas of another layer that lie wholly in an area, in the order of that layer; and how many lie in it in part.
pub fn children(layer: &AtlasLayer, area: u32, other: &AtlasLayer) -> (Vec<u32>, usize) {
    let mut touching: Vec<u32> =
        layer.blocks_of(area).iter().filter_map(|&block| other.area_of_block(block)).collect();
    touching.sort_unstable();
    touching.dedup();
    let whole =
        |child: &u32| other.blocks_of(*child).iter().all(|&block| layer.area_of_block(block) == Some(area));
    let all = touching.len();
    touching.retain(whole);
    let in_part = all - touching.len();
    (touching, in_part)
}

/// Every change that led to a code or followed from it, however many steps away, oldest first.
pub fn changes<'a>(lineage: &'a Lineage, code: &Code) -> Vec<&'a Change> {
    let mut found: Vec<&Change> = Vec::new();
    let mut walk = |step: fn(&'a Lineage, &Code) -> Vec<&'a Change>, next: fn(&Change) -> &Code| {
        let mut codes = vec![code];
        while let Some(here) = codes.pop() {
            for change in step(lineage, here) {
                // Lineage has no circles, but two ways may lead to one place.
                if !found.contains(&change) {
                    found.push(change);
                    codes.push(next(change));
                }
            }
        }
    };
    walk(|lineage, code| lineage.predecessors(code).collect(), |change| &change.old_code);
    walk(|lineage, code| lineage.successors(code).collect(), |change| &change.new_code);
    found.sort_by_key(|change| change.effective);
    found
}
