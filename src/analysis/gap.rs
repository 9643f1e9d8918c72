//! How far apart areas are: between the ends, between tenths of the people, between tenths of the areas.
//!
//! The distance between the two outermost areas is driven by small ones with wide limits; that between tenths is not.

use serde::Serialize;
use utoipa::ToSchema;

/// The value of an area, and how many people it speaks of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Weighed {
    /// The value.
    pub value: f64,
    /// Residents, or whatever areas are weighted by: 0 or more.
    pub weight: f64,
}

/// The outermost areas, as places in what was given.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ends {
    /// The first with the lowest value.
    pub lowest: usize,
    /// The first with the highest value.
    pub highest: usize,
    /// Highest minus lowest.
    pub absolute: f64,
    /// Highest over lowest; `None` unless both are above 0.
    pub relative: Option<f64>,
}

/// The gap between the areas with the highest and the lowest value; `None` without values.
pub fn ends(values: &[f64]) -> Option<Ends> {
    let place = |better: fn(f64, f64) -> bool| {
        let mut places = 0..values.len();
        let first = places.next()?;
        Some(places.fold(first, |best, i| if better(values[i], values[best]) { i } else { best }))
    };
    let (lowest, highest) = (place(|a, b| a < b)?, place(|a, b| a > b)?);
    let (low, high) = (values[lowest], values[highest]);
    Some(Ends { lowest, highest, absolute: high - low, relative: ratio(high, low) })
}

fn ratio(high: f64, low: f64) -> Option<f64> {
    (low > 0.0 && high > 0.0).then(|| high / low)
}

/// The share of people, or of areas, at each end that is compared.
pub const TENTH: f64 = 0.1;

/// The gap between the highest and the lowest tenth.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, ToSchema)]
pub struct Tenths {
    /// Mean of the lowest tenth.
    pub lowest: f64,
    /// Mean of the highest tenth.
    pub highest: f64,
    /// Mean of all that is not in the highest tenth.
    pub below_highest: f64,
    /// Mean of all that is not in the lowest tenth.
    pub above_lowest: f64,
    /// Highest minus lowest.
    pub absolute: f64,
    /// Highest over lowest; none unless both are above 0.
    pub relative: Option<f64>,
}

/// Values in ascending order.
fn ascending(areas: &[Weighed]) -> Vec<Weighed> {
    let mut sorted = areas.to_vec();
    sorted.sort_by(|a, b| a.value.total_cmp(&b.value));
    sorted
}

/// Sum of weight times value over the first `weight` of the areas; the last one counts as far as it fits.
fn sum_of_first<'a>(areas: impl Iterator<Item = &'a Weighed>, weight: f64) -> f64 {
    let mut left = weight;
    let mut sum = 0.0;
    for area in areas {
        if left <= 0.0 {
            break;
        }
        let part = area.weight.min(left);
        sum += part * area.value;
        left -= part;
    }
    sum
}

/// The tenths of the people: areas by value, from either end until a tenth of all weight is reached, an area on the
/// edge counting with the part that fits; means weighted. `None` without weight.
pub fn tenths_of_people(areas: &[Weighed]) -> Option<Tenths> {
    let sorted = ascending(areas);
    let all: f64 = sorted.iter().map(|a| a.weight).sum();
    if !(all.is_finite() && all > 0.0) {
        return None;
    }
    let total: f64 = sorted.iter().map(|a| a.weight * a.value).sum();
    let tenth = TENTH * all;
    let low = sum_of_first(sorted.iter(), tenth);
    let high = sum_of_first(sorted.iter().rev(), tenth);
    Some(tenths(low / tenth, high / tenth, (total - high) / (all - tenth), (total - low) / (all - tenth)))
}

/// The tenths of the areas, whatever their size: a tenth of them rounded to whole areas, at least one, at each end; plain
/// means. `None` with fewer than two areas.
pub fn tenths_of_areas(values: &[f64]) -> Option<Tenths> {
    if values.len() < 2 {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let tenth = ((values.len() as f64 * TENTH).round() as usize).max(1);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (below, high) = sorted.split_at(values.len() - tenth);
    let (low, above) = sorted.split_at(tenth);
    Some(tenths(mean(low), mean(high), mean(below), mean(above)))
}

fn tenths(lowest: f64, highest: f64, below_highest: f64, above_lowest: f64) -> Tenths {
    let (absolute, relative) = (highest - lowest, ratio(highest, lowest));
    Tenths { lowest, highest, below_highest, above_lowest, absolute, relative }
}

/// The share of all events that the tenth of the people with the highest (or the lowest) values has, events being weight
/// times value. Were all alike it would be 0.1. `None` unless values are 0 or more and there are events.
pub fn share_of_tenth(areas: &[Weighed], highest: bool) -> Option<f64> {
    let sorted = ascending(areas);
    let total: f64 = sorted.iter().map(|a| a.weight * a.value).sum();
    if sorted.iter().any(|a| a.value < 0.0) || !(total.is_finite() && total > 0.0) {
        return None;
    }
    let tenth = TENTH * sorted.iter().map(|a| a.weight).sum::<f64>();
    let sum =
        if highest { sum_of_first(sorted.iter().rev(), tenth) } else { sum_of_first(sorted.iter(), tenth) };
    Some(sum / total)
}

/// The weighted mean; `None` without weight.
pub fn mean(areas: &[Weighed]) -> Option<f64> {
    let all: f64 = areas.iter().map(|a| a.weight).sum();
    (all.is_finite() && all > 0.0).then(|| areas.iter().map(|a| a.weight * a.value).sum::<f64>() / all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weighed(pairs: &[(f64, f64)]) -> Vec<Weighed> {
        pairs.iter().map(|&(value, weight)| Weighed { value, weight }).collect()
    }

    #[test]
    fn the_ends_are_the_outermost_areas() {
        let found = ends(&[60.0, 54.7, 71.2, 63.0]).unwrap();
        assert_eq!((found.lowest, found.highest), (1, 2));
        assert!(
            (found.absolute - 16.5).abs() < 1e-12 && (found.relative.unwrap() - 71.2 / 54.7).abs() < 1e-12
        );
        assert_eq!(ends(&[]), None);
        let same = ends(&[2.0, 2.0]).unwrap();
        assert_eq!((same.lowest, same.highest, same.absolute, same.relative), (0, 0, 0.0, Some(1.0)));
        assert_eq!(ends(&[-1.0, 3.0]).unwrap().relative, None);
    }

    #[test]
    fn an_area_on_the_edge_of_a_tenth_counts_with_its_part() {
        // 100 people, so ten at each end: all 4 at 1 and 6 of the 16 at 2; below the top all but 10 of the 30 at 9.
        let found = tenths_of_people(&weighed(&[(5.0, 50.0), (1.0, 4.0), (9.0, 30.0), (2.0, 16.0)])).unwrap();
        assert!((found.lowest - 1.6).abs() < 1e-12 && (found.highest - 9.0).abs() < 1e-12);
        assert!((found.absolute - 7.4).abs() < 1e-12 && (found.relative.unwrap() - 9.0 / 1.6).abs() < 1e-12);
        assert!((found.below_highest - (4.0 + 32.0 + 250.0 + 180.0) / 90.0).abs() < 1e-12);
        assert_eq!(tenths_of_people(&weighed(&[(5.0, 0.0)])), None);
        assert_eq!(tenths_of_people(&[]), None);
    }

    #[test]
    fn the_tenth_of_the_people_has_its_share_of_events() {
        let areas = weighed(&[(5.0, 50.0), (1.0, 4.0), (9.0, 30.0), (2.0, 16.0)]);
        let total = 250.0 + 4.0 + 270.0 + 32.0;
        assert!((share_of_tenth(&areas, true).unwrap() - 90.0 / total).abs() < 1e-12);
        assert!((share_of_tenth(&areas, false).unwrap() - 16.0 / total).abs() < 1e-12);
        let alike = weighed(&[(3.0, 5.0), (3.0, 95.0)]);
        assert!((share_of_tenth(&alike, true).unwrap() - 0.1).abs() < 1e-12);
        assert_eq!(share_of_tenth(&weighed(&[(0.0, 5.0)]), true), None);
        assert_eq!(share_of_tenth(&weighed(&[(-1.0, 5.0), (9.0, 1.0)]), true), None);
    }

    #[test]
    fn tenths_of_areas_are_whole_areas() {
        let values: Vec<f64> = (0..26).map(f64::from).collect();
        let found = tenths_of_areas(&values).unwrap();
        assert_eq!((found.lowest, found.highest), (1.0, 24.0), "three of 26 at each end");
        assert_eq!(tenths_of_areas(&[1.0]), None);
        assert_eq!(tenths_of_areas(&[1.0, 4.0]).unwrap().absolute, 3.0);
        assert_eq!(tenths_of_areas(&[2.0; 30]).unwrap().absolute, 0.0);
    }

    proptest! {
        /// People one by one: an area of n people is n areas of one.
        #[test]
        fn people_counted_one_by_one_give_the_same_tenths(
            areas in prop::collection::vec((0.0..10.0f64, 1..8u32), 1..20)
        ) {
            // Ten of each, so that a tenth is a whole number of people.
            let mut people: Vec<f64> =
                areas.iter().flat_map(|&(v, n)| std::iter::repeat_n(v, 10 * n as usize)).collect();
            people.sort_by(f64::total_cmp);
            let tenth = people.len() / 10;
            let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
            let areas: Vec<Weighed> =
                areas.iter().map(|&(value, n)| Weighed { value, weight: f64::from(10 * n) }).collect();
            let found = tenths_of_people(&areas).unwrap();
            prop_assert!((found.lowest - mean(&people[..tenth])).abs() < 1e-9);
            prop_assert!((found.highest - mean(&people[people.len() - tenth..])).abs() < 1e-9);
            prop_assert!((found.below_highest - mean(&people[..people.len() - tenth])).abs() < 1e-9);
            prop_assert!((found.above_lowest - mean(&people[tenth..])).abs() < 1e-9);
        }
    }
}
