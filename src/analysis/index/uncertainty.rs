//! How sure the order is: ranks over draws of the values within their errors and of the weights around those given.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Gamma, StandardNormal};
use rayon::prelude::*;

use super::normalise::normalise;
use super::score::{Scheme, order};
use crate::source::indices::Normalisation;

/// What is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Sampled<'a> {
    /// Values by indicator and area, higher as better, NaN where missing.
    pub values: &'a [Vec<f64>],
    /// Their standard errors, 0 where none is known.
    pub errors: &'a [Vec<f64>],
    /// How values become comparable.
    pub normalisation: Normalisation,
    /// What is taken off the number of areas under the variance of `z`.
    pub ddof: u8,
    /// How they become a score.
    pub scheme: &'a Scheme,
}

/// How many draws, from which seed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DrawOptions {
    /// The number of draws.
    pub draws: u32,
    /// The seed; the same seed gives the same ranks on any machine.
    pub seed: u64,
    /// How many categories of equal size the share of draws is counted in.
    pub categories: u32,
}

/// The 5th and 95th percentile of an area's rank over the draws, and where it fell.
#[derive(Clone, PartialEq, Debug)]
pub struct Intervals {
    /// When values are drawn from N(value, standard error), weights as given.
    pub from_values: (u32, u32),
    /// When weights are drawn from a Dirichlet distribution, values as given.
    pub from_weights: (u32, u32),
    /// When both are drawn.
    pub from_both: (u32, u32),
    /// The share of the draws of both in which the area is in category 1, 2, ... (see [`category`](crate::analysis::priority::category)).
    pub shares: Vec<f64>,
}

/// The lower and upper end of the interval given.
const ENDS: [f64; 2] = [0.05, 0.95];
/// Areas whose ranks are gathered from all draws in one go: as many as stand together in memory.
const AREAS_TOGETHER: usize = 16;

/// The intervals of every area that `is_ranked`; `None` for the others.
///
/// Weights within a group, and those of the groups, are drawn from Dirichlet distributions whose mean is the weights
/// given and whose parameters add up to their number: equal weights are drawn uniformly from all that are possible.
pub fn rank_intervals(from: Sampled<'_>, is_ranked: &[bool], options: DrawOptions) -> Vec<Option<Intervals>> {
    let areas: Vec<usize> = (0..is_ranked.len()).filter(|&a| is_ranked[a]).collect();
    let n = areas.len();
    if n == 0 || options.draws == 0 {
        return vec![None; is_ranked.len()];
    }
    let gather = |columns: &[Vec<f64>]| -> Vec<Vec<f64>> {
        columns.iter().map(|column| areas.iter().map(|&a| column[a]).collect()).collect()
    };
    let (values, errors) = (gather(from.values), gather(from.errors));
    let base: Vec<Vec<f64>> = values
        .iter()
        .map(|column| {
            let mut column = column.clone();
            normalise(&mut column, from.normalisation, from.ddof);
            column
        })
        .collect();
    let good = from.normalisation.high_is_good();
    let is_whole = values.iter().flatten().all(|value| !value.is_nan());
    let is_uncertain: Vec<bool> = errors.iter().map(|column| column.iter().any(|e| *e != 0.0)).collect();
    let drawn: Vec<[Vec<u32>; 3]> = (0..u64::from(options.draws))
        .into_par_iter()
        .map_init(
            || base.clone(),
            |noisy, draw| {
                // A stream for each draw: the same numbers however many threads share the work.
                let mut random = ChaCha8Rng::seed_from_u64(options.seed);
                random.set_stream(draw);
                let weights = drawn_weights(from.scheme, &mut random);
                for (i, column) in noisy.iter_mut().enumerate().filter(|(i, _)| is_uncertain[*i]) {
                    for ((drawn, value), error) in column.iter_mut().zip(&values[i]).zip(&errors[i]) {
                        let deviate: f64 = StandardNormal.sample(&mut random);
                        *drawn = value + error * deviate;
                    }
                    normalise(column, from.normalisation, from.ddof);
                }
                [(from.scheme, &*noisy), (&weights, &base), (&weights, &*noisy)]
                    .map(|(scheme, columns)| order(&scores(scheme, columns, n, is_whole), good))
            },
        )
        .collect();
    let found: Vec<Intervals> = (0..n.div_ceil(AREAS_TOGETHER))
        .into_par_iter()
        .flat_map_iter(|few| intervals_of(&drawn, few * AREAS_TOGETHER, n, options))
        .collect();
    let mut all = vec![None; is_ranked.len()];
    for (area, intervals) in areas.into_iter().zip(found) {
        all[area] = Some(intervals);
    }
    all
}

/// The intervals of a few areas of `count` from the first of them on, by the ranks of all in each draw.
fn intervals_of(
    drawn: &[[Vec<u32>; 3]],
    first: usize,
    count: usize,
    options: DrawOptions,
) -> impl Iterator<Item = Intervals> + use<> {
    let areas = first..(first + AREAS_TOGETHER).min(count);
    let columns = [0, 1, 2].map(|which| {
        let mut columns = vec![Vec::with_capacity(drawn.len()); areas.len()];
        for draw in drawn {
            for (column, rank) in columns.iter_mut().zip(&draw[which][areas.clone()]) {
                column.push(*rank);
            }
        }
        columns
    });
    let [from_values, from_weights, from_both] = columns;
    from_values.into_iter().zip(from_weights).zip(from_both).map(move |((values, weights), both)| {
        let mut shares = vec![0.0; options.categories as usize];
        for &rank in &both {
            let category = crate::analysis::priority::category(rank, count, options.categories);
            shares[category as usize - 1] += 1.0 / f64::from(options.draws);
        }
        Intervals {
            from_values: interval(values),
            from_weights: interval(weights),
            from_both: interval(both),
            shares,
        }
    })
}

fn interval(mut ranks: Vec<u32>) -> (u32, u32) {
    let [low, high] = ENDS.map(|end| {
        let place = (end * (ranks.len() - 1) as f64).round() as usize;
        *ranks.select_nth_unstable(place).1
    });
    (low, high)
}

fn scores(scheme: &Scheme, columns: &[Vec<f64>], areas: usize, is_whole: bool) -> Vec<f64> {
    if is_whole {
        return scheme.scores_of_whole(columns, areas);
    }
    let mut row = vec![f64::NAN; columns.len()];
    (0..areas)
        .map(|area| {
            for (value, column) in row.iter_mut().zip(columns) {
                *value = column[area];
            }
            scheme.score(&row)
        })
        .collect()
}

/// The scheme with weights drawn around its own; a weight of 0 stays 0.
fn drawn_weights(scheme: &Scheme, random: &mut impl Rng) -> Scheme {
    let mut drawn = scheme.clone();
    let mut groups: Vec<f64> = drawn.groups.iter().map(|g| g.weight).collect();
    dirichlet(&mut groups, random);
    for (group, weight) in drawn.groups.iter_mut().zip(groups) {
        group.weight = weight;
        let mut weights: Vec<f64> = group.members.iter().map(|m| m.1).collect();
        dirichlet(&mut weights, random);
        for (member, weight) in group.members.iter_mut().zip(weights) {
            member.1 = weight;
        }
    }
    drawn
}

/// Replaces weights by a draw from the Dirichlet distribution with parameters `n w / sum(w)`, as independent gamma
/// variates over their sum, which takes a single weight and weights of nought as well.
fn dirichlet(weights: &mut [f64], random: &mut impl Rng) {
    let n = weights.iter().filter(|w| **w > 0.0).count() as f64;
    let sum: f64 = weights.iter().sum();
    for weight in weights.iter_mut().filter(|w| **w > 0.0) {
        // The shape is above 0 and finite, for which there always is a distribution.
        let gamma = Gamma::new(n * *weight / sum, 1.0);
        *weight = gamma.map_or(*weight, |gamma| gamma.sample(random)).max(f64::MIN_POSITIVE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::index::Group;
    use crate::source::indices::Aggregation;

    fn scheme(weights: &[f64]) -> Scheme {
        let members = weights.iter().copied().enumerate().collect();
        Scheme { groups: vec![Group { weight: 1.0, members }], aggregation: Aggregation::Arithmetic }
    }

    #[test]
    fn drawn_weights_have_the_mean_and_variance_of_a_dirichlet() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let (mut sum, mut squares) = ([0.0; 3], [0.0; 3]);
        let draws = 40_000;
        for _ in 0..draws {
            let mut weights = [2.0, 1.0, 1.0];
            dirichlet(&mut weights, &mut random);
            let all: f64 = weights.iter().sum();
            for i in 0..3 {
                sum[i] += weights[i] / all;
                squares[i] += (weights[i] / all).powi(2);
            }
        }
        // Parameters 1.5, 0.75, 0.75, of sum 3: variance m (1 - m) / (3 + 1).
        for (i, mean) in [0.5, 0.25, 0.25].into_iter().enumerate() {
            let found = sum[i] / f64::from(draws);
            let variance = squares[i] / f64::from(draws) - found * found;
            assert!((found - mean).abs() < 0.01, "{found}");
            assert!((variance - mean * (1.0 - mean) / 4.0).abs() < 0.004, "{variance}");
        }
    }

    #[test]
    fn without_errors_only_weights_move_ranks_and_a_seed_gives_the_same() {
        let values = vec![vec![1.0, 2.0, 3.0, 4.0], vec![4.0, 2.0, 3.0, 1.0]];
        let errors = vec![vec![0.0; 4]; 2];
        let scheme = scheme(&[3.0, 1.0]);
        let from = Sampled {
            values: &values,
            errors: &errors,
            normalisation: Normalisation::Z,
            ddof: 0,
            scheme: &scheme,
        };
        let options = DrawOptions { draws: 200, seed: 9, categories: 2 };
        let found = rank_intervals(from, &[true; 4], options);
        let ends: Vec<(u32, u32)> = found.iter().flatten().map(|i| i.from_values).collect();
        assert_eq!(ends, [(1, 1), (2, 2), (3, 3), (4, 4)]);
        assert!(found.iter().flatten().any(|i| i.from_weights.0 < i.from_weights.1));
        assert!(found.iter().flatten().all(|i| (i.shares.iter().sum::<f64>() - 1.0).abs() < 1e-9));
        assert_eq!(found, rank_intervals(from, &[true; 4], options));
        assert_ne!(found, rank_intervals(from, &[true; 4], DrawOptions { seed: 10, ..options }));
    }

    /// With two areas and one indicator the chance of a swap is that of N(d, sqrt(2) se) below 0.
    #[test]
    fn errors_of_values_swap_areas_as_often_as_the_normal_says() {
        use statrs::distribution::{ContinuousCDF, Normal};
        let values = vec![vec![0.0, 1.0]];
        let errors = vec![vec![1.0, 1.0]];
        let scheme = scheme(&[1.0]);
        let from = Sampled {
            values: &values,
            errors: &errors,
            normalisation: Normalisation::Rank,
            ddof: 0,
            scheme: &scheme,
        };
        let found =
            rank_intervals(from, &[true, true], DrawOptions { draws: 20_000, seed: 1, categories: 2 });
        let swapped = found[0].as_ref().map(|i| i.shares[1]).unwrap_or_default();
        let expected = Normal::new(1.0, 2f64.sqrt()).unwrap().cdf(0.0);
        assert!((swapped - expected).abs() < 0.01, "{swapped} {expected}");
    }
}
