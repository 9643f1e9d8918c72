//! Blocks one after another that are all in one area: small areas stand by district, so that these are long.

use std::ops::Range;

use super::AtlasLayer;
use crate::coverage::NOWHERE;

/// Blocks one after another, all of one coverage and in one area of a layer, or all in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The block after the last; the first is where the run before ends.
    end: u32,
    /// The area, [`NOWHERE`] for none.
    area: u32,
}

/// The runs of a layer: `areas` has the area of each block, `starts` the first block of each coverage.
pub(super) fn runs_of(areas: impl Iterator<Item = u32>, starts: &[u32]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (block, area) in (0..).zip(areas) {
        match runs.last_mut() {
            Some(run) if run.area == area && !starts.contains(&block) => run.end = block + 1,
            _ => runs.push(Run { end: block + 1, area }),
        }
    }
    runs
}

/// Blocks one after another, all of one coverage, that one area of a layer shares with one of another layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommonRun {
    /// The area of the first layer.
    pub left: u32,
    /// The area of the other.
    pub right: u32,
    /// The blocks.
    pub blocks: Range<u32>,
}

/// All blocks that are in an area of each of two layers, by runs, in ascending order.
pub fn common_runs<'a>(left: &'a AtlasLayer, right: &'a AtlasLayer) -> impl Iterator<Item = CommonRun> + 'a {
    common(left.runs(), right.runs())
}

fn common<'a>(mut left: &'a [Run], mut right: &'a [Run]) -> impl Iterator<Item = CommonRun> + 'a {
    let mut start = 0;
    std::iter::from_fn(move || {
        while let (Some(one), Some(other)) = (left.first(), right.first()) {
            let end = one.end.min(other.end);
            let blocks = std::mem::replace(&mut start, end)..end;
            if one.end == end {
                left = &left[1..];
            }
            if other.end == end {
                right = &right[1..];
            }
            if one.area != NOWHERE && other.area != NOWHERE {
                return Some(CommonRun { left: one.area, right: other.area, blocks });
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn areas() -> impl Strategy<Value = Vec<u32>> {
        prop::collection::vec(prop_oneof![3 => 0..3u32, 1 => Just(NOWHERE)], 60)
    }

    proptest! {
        #[test]
        fn runs_have_every_shared_block_once(left in areas(), right in areas(), starts in prop::collection::vec(0..60u32, 0..3)) {
            let runs: Vec<CommonRun> = {
                let of = |areas: &[u32]| runs_of(areas.iter().copied(), &starts);
                common(&of(&left), &of(&right)).collect()
            };
            let found: Vec<(u32, u32, u32)> =
                runs.iter().flat_map(|run| run.blocks.clone().map(|block| (block, run.left, run.right))).collect();
            let wanted: Vec<(u32, u32, u32)> = (0..60)
                .map(|block| (block, left[block as usize], right[block as usize]))
                .filter(|&(_, a, b)| a != NOWHERE && b != NOWHERE)
                .collect();
            prop_assert_eq!(found, wanted);
            for run in runs {
                prop_assert!(starts.iter().all(|&start| start <= run.blocks.start || start >= run.blocks.end));
            }
        }
    }
}
