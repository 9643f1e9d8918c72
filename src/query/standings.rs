//! Where an area stands among those of its layer, and which others stand like it.

use crate::atlas::{Atlas, AtlasIndicator, AtlasLayer};

/// The latest values of an indicator in a layer, and where each stands among them.
pub struct Standings {
    /// By area; NaN where there is none.
    values: Vec<f64>,
    /// How many values are lower, by area.
    below: Vec<u32>,
    /// Of values that several areas have: how many are lower, and how many areas have it; ascending.
    ties: Vec<(u32, u32)>,
    /// How many areas have a value.
    count: usize,
    spread: Option<Spread>,
    /// Mean and standard deviation (of all, not of a sample) of the values; `None` when there is no spread.
    mean_and_deviation: Option<(f64, f64)>,
}

/// The place of one area.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// 1 for the highest value; equal values share a rank.
    pub rank: usize,
    /// How many areas have a value.
    pub of: usize,
    /// 1 for the lowest tenth of the areas with a value, 10 for the highest.
    pub decile: u8,
}

/// Five numbers that tell how values lie; quantiles between two values are interpolated (Hyndman and Fan's type 7, as in
/// R, numpy and spreadsheets).
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize)]
pub struct Spread {
    /// The lowest value.
    pub min: f64,
    /// A quarter of the values lie below.
    pub q1: f64,
    /// Half of the values lie below.
    pub median: f64,
    /// Three quarters of the values lie below.
    pub q3: f64,
    /// The highest value.
    pub max: f64,
}

impl Standings {
    /// Works out every value.
    pub fn new(atlas: &Atlas, indicator: &AtlasIndicator, layer: &AtlasLayer) -> Self {
        let values = atlas.latest_values(indicator, layer);
        Self::of(values.iter().map(|v| v.observation.value().unwrap_or(f64::NAN)).collect())
    }

    /// From values by area, NaN where there is none.
    pub fn of(values: Vec<f64>) -> Self {
        let known = values.iter().zip(0..).filter(|(value, _)| !value.is_nan());
        let mut ascending: Vec<(f64, u32)> = known.map(|(value, area)| (*value, area)).collect();
        ascending.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let (mut below, mut ties, mut lower) = (vec![0; values.len()], Vec::new(), 0);
        for equal in ascending.chunk_by(|a, b| a.0 == b.0) {
            for (_, area) in equal {
                below[*area as usize] = lower;
            }
            let areas = equal.len() as u32;
            if areas > 1 {
                ties.push((lower, areas));
            }
            lower += areas;
        }
        ties.shrink_to_fit();
        let sorted: Vec<f64> = ascending.into_iter().map(|(value, _)| value).collect();
        Standings {
            values,
            below,
            ties,
            count: sorted.len(),
            spread: spread(&sorted),
            mean_and_deviation: mean_and_deviation(&sorted),
        }
    }

    /// The value of an area.
    pub fn value(&self, area: u32) -> Option<f64> {
        self.values.get(area as usize).copied().filter(|v| !v.is_nan())
    }

    /// Where an area stands; `None` without a value.
    pub fn standing(&self, area: u32) -> Option<Standing> {
        self.value(area)?;
        let below = self.below[area as usize];
        let tie = self.ties.binary_search_by_key(&below, |(below, _)| *below);
        let equal = tie.map_or(1, |tie| self.ties[tie].1);
        let above = self.count - (below + equal) as usize;
        // The tenth in which the first of the equal ones stands.
        let decile = (below as usize * 10 / self.count + 1) as u8;
        Some(Standing { rank: above + 1, of: self.count, decile })
    }

    /// How the values lie: the lowest, the quartiles and the highest; `None` without any value.
    pub fn spread_of_values(&self) -> Option<Spread> {
        self.spread
    }
}

/// How values in ascending order lie; `None` where there are none.
fn spread(ascending: &[f64]) -> Option<Spread> {
    let quantile = |share: f64| {
        let at = share * (ascending.len() as f64 - 1.0);
        let (low, high) = (ascending[at.floor() as usize], ascending[at.ceil() as usize]);
        low + (high - low) * at.fract()
    };
    (!ascending.is_empty()).then(|| Spread {
        min: quantile(0.0),
        q1: quantile(0.25),
        median: quantile(0.5),
        q3: quantile(0.75),
        max: quantile(1.0),
    })
}

fn mean_and_deviation(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    (variance > 0.0).then(|| (mean, variance.sqrt()))
}

/// An area like another.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Similar {
    /// The number of the area.
    pub area: u32,
    /// Euclidean distance over the indicators, in standard deviations.
    pub distance: f64,
}

/// Beyond so many standard deviations values count as equally far, lest one odd indicator decide alone.
const FARTHEST_SD: f64 = 5.0;

/// The areas of a layer most like one of them, nearest first: every indicator as standard deviations from the mean of the
/// layer, kept within five, and the Euclidean distance over all of them. Areas that lack one of the values are left out, and
/// so are indicators that are the same everywhere. Empty when the area itself lacks one.
pub fn similar(standings: &[&Standings], area: u32, limit: usize) -> Vec<Similar> {
    let spreads: Vec<(&Standings, (f64, f64))> =
        standings.iter().filter_map(|s| s.mean_and_deviation.map(|spread| (*s, spread))).collect();
    let scores = |area: u32| -> Option<Vec<f64>> {
        let score = |(standings, (mean, sd)): &(&Standings, (f64, f64))| {
            standings.value(area).map(|v| ((v - mean) / sd).clamp(-FARTHEST_SD, FARTHEST_SD))
        };
        spreads.iter().map(score).collect()
    };
    let (Some(here), Some((first, _))) = (scores(area), spreads.first()) else { return Vec::new() };
    let mut found: Vec<Similar> = (0..first.values.len() as u32)
        .filter(|other| *other != area)
        .filter_map(|other| {
            let there = scores(other)?;
            let distance = here.iter().zip(&there).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
            Some(Similar { area: other, distance })
        })
        .collect();
    found.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.area.cmp(&b.area)));
    found.truncate(limit);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_count_from_the_highest_and_deciles_from_the_lowest() {
        let values = Standings::of(vec![10.0, f64::NAN, 30.0, 20.0, 20.0]);
        let at = |area| values.standing(area).map(|s| (s.rank, s.of, s.decile));
        assert_eq!(at(2), Some((1, 4, 8)));
        assert_eq!(at(3), Some((2, 4, 3)));
        assert_eq!(at(4), Some((2, 4, 3)), "equal values share rank and decile");
        assert_eq!(at(0), Some((4, 4, 1)));
        assert_eq!((at(1), at(9)), (None, None));
        let hundred = Standings::of((0..100).map(f64::from).collect());
        for area in 0..100 {
            assert_eq!(hundred.standing(area).unwrap().decile, (area / 10 + 1) as u8);
        }
    }

    proptest::proptest! {
        // Slowly: by counting.
        #[test]
        fn standings_are_counted(given in proptest::collection::vec(proptest::option::weighted(0.9, -4..4_i32), 0..60)) {
            let values: Vec<f64> = given.iter().map(|v| v.map_or(f64::NAN, |v| f64::from(v) * 0.5)).collect();
            let standings = Standings::of(values.clone());
            let count = |fits: &dyn Fn(f64) -> bool| values.iter().filter(|v| fits(**v)).count();
            for (area, &value) in values.iter().enumerate() {
                let expected = (!value.is_nan()).then(|| Standing {
                    rank: 1 + count(&|other| other > value),
                    of: count(&|other| !other.is_nan()),
                    decile: (1 + 10 * count(&|other| other < value) / count(&|other| !other.is_nan())) as u8,
                });
                proptest::prop_assert_eq!(standings.standing(area as u32), expected);
            }
        }
    }

    #[test]
    fn quartiles_are_those_of_numpy() {
        // numpy.percentile([1, 2, 4, 8, 16, 32], [0, 25, 50, 75, 100])
        let values = Standings::of(vec![8.0, 1.0, f64::NAN, 32.0, 2.0, 4.0, 16.0]);
        let wanted = Spread { min: 1.0, q1: 2.5, median: 6.0, q3: 14.0, max: 32.0 };
        assert_eq!(values.spread_of_values(), Some(wanted));
        assert_eq!(Standings::of(vec![f64::NAN]).spread_of_values(), None);
        let one = Standings::of(vec![3.0]).spread_of_values().unwrap();
        assert_eq!((one.min, one.median, one.max), (3.0, 3.0, 3.0));
    }

    #[test]
    fn distances_are_those_worked_by_hand() {
        // z of 10, 20, 30, 40, 100 (domain example): -.9487, -.6325, -.3162, 0, 1.8974.
        let one = Standings::of(vec![10.0, 20.0, 30.0, 40.0, 100.0]);
        let same = Standings::of(vec![7.0; 5]);
        let found = similar(&[&one, &same], 3, 9);
        let distances: Vec<f64> = found.iter().map(|s| (s.distance * 1e4).round() / 1e4).collect();
        assert_eq!(distances, [0.3162, 0.6325, 0.9487, 1.8974]);
        let lacking = Standings::of(vec![1.0, f64::NAN, 2.0, 3.0, 4.0]);
        assert!(similar(&[&one, &lacking], 0, 9).iter().all(|s| s.area != 1));
        assert_eq!(similar(&[&one, &lacking], 1, 9), []);
    }

    #[test]
    fn one_odd_value_does_not_decide_alone() {
        let mut values = vec![0.0; 100];
        values[1] = 1.0;
        let odd = Standings::of(values);
        assert!(similar(&[&odd], 0, 100).iter().all(|s| s.distance <= FARTHEST_SD + 0.2));
    }
}
