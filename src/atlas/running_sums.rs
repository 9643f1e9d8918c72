//! The residents and the ground of blocks, summed up to each block: of any blocks one after another both are one subtraction.

use std::ops::Range;

/// Square metres are kept to a part in so many: twice the ground of the United Kingdom sums up exactly, in any order, and more
/// to within such a part.
const PARTS_OF_SQUARE_METRE: f64 = 16_384.0;
/// Residents are kept to a part in so many: whole people, and a hundred thousand million of them, sum up exactly.
const PARTS_OF_RESIDENT: f64 = 65_536.0;

/// Sums over the blocks of all coverages, each up to a block and without it.
pub(super) struct RunningSums {
    areas_m2: Vec<f64>,
    residents: Vec<f64>,
    /// How many blocks have no residents known.
    unknown: Vec<u32>,
}

/// Ground in square metres as it is kept.
pub(super) fn kept_area_m2(area_m2: f64) -> f64 {
    (area_m2 * PARTS_OF_SQUARE_METRE).round() / PARTS_OF_SQUARE_METRE
}

/// Residents as they are kept; NaN where unknown.
pub(super) fn kept_residents(residents: f64) -> f64 {
    (residents * PARTS_OF_RESIDENT).round() / PARTS_OF_RESIDENT
}

impl RunningSums {
    /// Sums of the ground and residents of every block, as they are kept.
    pub(super) fn of(areas_m2: &[f64], residents: &[f64]) -> Self {
        let known = |residents: f64| if residents.is_nan() { 0.0 } else { residents };
        RunningSums {
            areas_m2: up_to_each(areas_m2.iter().copied()),
            residents: up_to_each(residents.iter().map(|&r| known(r))),
            unknown: up_to_each(residents.iter().map(|r| u32::from(r.is_nan()))),
        }
    }

    /// How many blocks there are.
    pub(super) fn count(&self) -> usize {
        self.unknown.len() - 1
    }

    /// The ground of some blocks in square metres.
    pub(super) fn area_m2(&self, blocks: Range<u32>) -> f64 {
        self.areas_m2[blocks.end as usize] - self.areas_m2[blocks.start as usize]
    }

    /// The residents of some blocks; NaN where those of one are not known.
    pub(super) fn residents(&self, blocks: Range<u32>) -> f64 {
        let (start, end) = (blocks.start as usize, blocks.end as usize);
        if self.unknown[start] < self.unknown[end] {
            return f64::NAN;
        }
        self.residents[end] - self.residents[start]
    }
}

/// Sums before each number, and of all.
fn up_to_each<T: Copy + Default + std::ops::Add<Output = T>>(numbers: impl Iterator<Item = T>) -> Vec<T> {
    let mut sum = T::default();
    let after = numbers.map(|number| {
        sum = sum + number;
        sum
    });
    std::iter::once(T::default()).chain(after).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sums_are_those_of_the_blocks_one_by_one(
            blocks in prop::collection::vec((0.0..1e8f64, prop_oneof![9 => (0..20_000u32).prop_map(f64::from), 1 => Just(f64::NAN)]), 1..200),
            cut in any::<(prop::sample::Index, prop::sample::Index)>()
        ) {
            let areas_m2: Vec<f64> = blocks.iter().map(|b| kept_area_m2(b.0)).collect();
            let residents: Vec<f64> = blocks.iter().map(|b| kept_residents(b.1)).collect();
            let sums = RunningSums::of(&areas_m2, &residents);
            prop_assert_eq!(sums.count(), blocks.len());
            let (a, b) = (cut.0.index(blocks.len() + 1), cut.1.index(blocks.len() + 1));
            let (start, end) = (a.min(b), a.max(b));
            // Backwards: exact sums do not depend on the order.
            let range = start as u32..end as u32;
            prop_assert_eq!(sums.area_m2(range.clone()), areas_m2[start..end].iter().rev().sum::<f64>());
            let wanted = residents[start..end].iter().rev().sum::<f64>();
            let got = sums.residents(range);
            prop_assert!(got == wanted || (got.is_nan() && wanted.is_nan()), "{} {}", got, wanted);
        }
    }
}
