//! Normalised values put together: a mean within each group of indicators, then a mean of the groups.

use crate::source::indices::{Aggregation, Need};

/// Indicators that are put together first: those of a capital, or all.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// Its weight against the other groups.
    pub weight: f64,
    /// The places of its indicators and their weights within it.
    pub members: Vec<(usize, f64)>,
}

/// How normalised values become a score. Weights need not add up to anything: they count against one another.
#[derive(Clone, PartialEq, Debug)]
pub struct Scheme {
    /// The groups.
    pub groups: Vec<Group>,
    /// Which mean.
    pub aggregation: Aggregation,
}

impl Scheme {
    /// The share of the whole weight that each of `count` indicators has where none is missing.
    pub fn shares(&self, count: usize) -> Vec<f64> {
        self.shares_where(count, |_| true)
    }

    /// The share of the whole weight that each indicator has in an area: that of the missing ones goes to the others of
    /// their group, and that of a group without any to the other groups.
    pub fn shares_where(&self, count: usize, is_there: impl Fn(usize) -> bool) -> Vec<f64> {
        let mut shares = vec![0.0; count];
        let inside = |group: &Group| -> f64 {
            group.members.iter().filter(|(i, _)| is_there(*i)).map(|(_, weight)| weight).sum()
        };
        let all: f64 = self.groups.iter().filter(|g| inside(g) > 0.0).map(|g| g.weight).sum();
        if all <= 0.0 {
            return shares;
        }
        for group in &self.groups {
            let within = inside(group);
            for (i, weight) in group.members.iter().filter(|(i, _)| within > 0.0 && is_there(*i)) {
                shares[*i] += group.weight / all * weight / within;
            }
        }
        shares
    }

    /// The score of an area from its normalised values, by place of the indicator; NaN where it has none.
    pub fn score(&self, values: &[f64]) -> f64 {
        let (mut sum, mut all) = (0.0, 0.0);
        for group in &self.groups {
            let (mut within, mut weights) = (0.0, 0.0);
            for &(i, weight) in &group.members {
                if !values[i].is_nan() {
                    within += weight * self.inward(values[i]);
                    weights += weight;
                }
            }
            // A weight of nought over a value without a logarithm must not spoil the rest.
            if weights > 0.0 && group.weight > 0.0 {
                sum += group.weight * within / weights;
                all += group.weight;
            }
        }
        if all > 0.0 { self.outward(sum / all) } else { f64::NAN }
    }

    /// The scores of many areas of which no value is missing, from the columns of their normalised values: what
    /// [`Scheme::score`] gives each, to the last bit, many at a time.
    pub fn scores_of_whole(&self, columns: &[Vec<f64>], areas: usize) -> Vec<f64> {
        let (mut sums, mut all) = (vec![0.0; areas], 0.0);
        let mut within = vec![0.0; areas];
        for group in &self.groups {
            within.fill(0.0);
            let mut weights = 0.0;
            for &(i, weight) in &group.members {
                for (within, value) in within.iter_mut().zip(&columns[i]) {
                    *within += weight * self.inward(*value);
                }
                weights += weight;
            }
            if weights > 0.0 && group.weight > 0.0 {
                for (sum, within) in sums.iter_mut().zip(&within) {
                    *sum += group.weight * within / weights;
                }
                all += group.weight;
            }
        }
        for sum in &mut sums {
            *sum = if all > 0.0 { self.outward(*sum / all) } else { f64::NAN };
        }
        sums
    }

    /// What is averaged of a normalised value.
    pub fn inward(&self, value: f64) -> f64 {
        match self.aggregation {
            Aggregation::Arithmetic => value,
            // The logarithm of nought is minus infinity, whose mean with anything gives a score of nought.
            Aggregation::Geometric => value.ln().max(f64::MIN / 1e9),
        }
    }

    fn outward(&self, mean: f64) -> f64 {
        match self.aggregation {
            Aggregation::Arithmetic => mean,
            Aggregation::Geometric => mean.exp(),
        }
    }

    /// True for an area whose indicators hold as much of the weight as is needed.
    pub fn suffices(&self, count: usize, need: Need, is_there: impl Fn(usize) -> bool) -> bool {
        let shares = self.shares(count);
        // Rounding must not take an area out that has all but a bit of what is needed.
        match need {
            Need::All => (0..count).all(|i| shares[i] == 0.0 || is_there(i)),
            Need::Share(share) => {
                let held: f64 = (0..count).filter(|&i| is_there(i)).map(|i| shares[i]).sum();
                held > 0.0 && held + 1e-9 >= share
            }
        }
    }
}

/// The rank of each score, 1 for the worst: the lowest where `high_is_good`, else the highest. Equal scores share the
/// best of their ranks; NaN has rank 0.
pub fn order(scores: &[f64], high_is_good: bool) -> Vec<u32> {
    let mut by_score: Vec<(u64, u32)> = scores
        .iter()
        .enumerate()
        .filter(|(_, s)| !s.is_nan())
        .map(|(i, s)| (ascending(if high_is_good { *s } else { -*s }), i as u32))
        .collect();
    by_score.sort_unstable_by_key(|(score, _)| *score);
    let mut ranks = vec![0; scores.len()];
    let mut shared = 0;
    for (place, (score, area)) in by_score.iter().enumerate() {
        if place == 0 || by_score[place - 1].0 != *score {
            shared = place as u32 + 1;
        }
        ranks[*area as usize] = shared;
    }
    ranks
}

/// A whole number for each number, greater for a greater one and equal for equal ones: whole numbers sort in half the time.
fn ascending(number: f64) -> u64 {
    // Minus nought is nought.
    let bits = (number + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheme(aggregation: Aggregation) -> Scheme {
        let one = Group { weight: 1.0, members: vec![(0, 1.0), (1, 3.0)] };
        let other = Group { weight: 1.0, members: vec![(2, 5.0)] };
        Scheme { groups: vec![one, other], aggregation }
    }

    #[test]
    fn many_at_a_time_have_the_scores_of_each_alone() {
        let columns: Vec<Vec<f64>> =
            (1..4).map(|i| (0..50).map(|a| f64::from((a * i * 37) % 101) / 7.0).collect()).collect();
        for aggregation in [Aggregation::Arithmetic, Aggregation::Geometric] {
            let mut scheme = scheme(aggregation);
            for weight in [0.3, 0.0] {
                scheme.groups[0].weight = weight;
                let alone: Vec<f64> = (0..50)
                    .map(|area| scheme.score(&columns.iter().map(|c| c[area]).collect::<Vec<_>>()))
                    .collect();
                assert_eq!(scheme.scores_of_whole(&columns, 50), alone, "{aggregation:?} {weight}");
            }
        }
        let mut scheme = scheme(Aggregation::Arithmetic);
        scheme.groups.iter_mut().for_each(|group| group.weight = 0.0);
        assert!(scheme.scores_of_whole(&columns, 50).iter().all(|score| score.is_nan()));
    }

    #[test]
    fn a_mean_within_and_a_mean_of_groups() {
        let scheme = scheme(Aggregation::Arithmetic);
        assert_eq!(scheme.shares(3), [0.125, 0.375, 0.5]);
        assert_eq!(scheme.score(&[8.0, 0.0, 1.0]), 1.5);
        // Without the second, its weight goes to the first of the same group; without the group, to the other.
        assert_eq!(scheme.score(&[8.0, f64::NAN, 1.0]), 4.5);
        assert_eq!(scheme.score(&[8.0, 0.0, f64::NAN]), 2.0);
        assert_eq!(scheme.shares_where(3, |i| i != 1), [0.5, 0.0, 0.5]);
        assert!(scheme.score(&[f64::NAN; 3]).is_nan());
    }

    #[test]
    fn a_geometric_mean_is_nought_where_one_value_is() {
        let scheme = scheme(Aggregation::Geometric);
        let expected = (2.0f64.powf(0.125) * 4.0f64.powf(0.375)) * 9.0f64.powf(0.5);
        assert!((scheme.score(&[2.0, 4.0, 9.0]) - expected).abs() < 1e-12);
        assert_eq!(scheme.score(&[2.0, 0.0, 9.0]), 0.0);
    }

    #[test]
    fn what_is_needed() {
        let scheme = scheme(Aggregation::Arithmetic);
        assert!(!scheme.suffices(3, Need::All, |i| i != 0));
        assert!(scheme.suffices(3, Need::Share(0.875), |i| i != 0));
        assert!(!scheme.suffices(3, Need::Share(0.876), |i| i != 0));
    }

    #[test]
    fn the_worst_is_first() {
        let scores = [0.5, f64::NAN, -1.0, 0.5, 2.0];
        assert_eq!(order(&scores, true), [2, 0, 1, 2, 4]);
        assert_eq!(order(&scores, false), [2, 0, 4, 2, 1]);
        assert_eq!(
            order(&[0.0, -0.0, -1e300, f64::INFINITY, f64::MIN_POSITIVE, -3.5], true),
            [3, 3, 1, 6, 5, 2]
        );
    }
}
