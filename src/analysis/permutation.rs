//! Chance, by shuffling: how often do values thrown over the map at random give as much as was found?
//!
//! Every area and every shuffle has a stream of random numbers of its own, told by the seed and its number, so results are
//! the same however many threads share the work.

use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// The seed when none is given.
pub const DEFAULT_SEED: u64 = 1;

/// Sums of standardised values that differ by less are the same sum added in another order.
const TIE: f64 = 1e-9;

/// Streams of shuffles of the whole map are numbered from here, above those of any area.
const SHUFFLES: u64 = 1 << 40;

/// How many random results were at or beyond what was found, on either side; ties count on both.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tails {
    /// Not less than what was found.
    pub at_least: u32,
    /// Not more.
    pub at_most: u32,
}

/// Which results count as being as extreme as what was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Alternative {
    /// Those on the side on which it lies: (min(r, m - r) + 1) / (m + 1), the convention of `GeoDa` and `PySAL`.
    #[default]
    Directed,
    /// Those on both sides: twice that, at most 1.
    TwoSided,
}

impl Tails {
    fn count(&mut self, difference: f64) {
        self.at_least += u32::from(difference >= -TIE);
        self.at_most += u32::from(difference <= TIE);
    }

    fn and(self, other: Tails) -> Tails {
        Tails { at_least: self.at_least + other.at_least, at_most: self.at_most + other.at_most }
    }

    /// The share of results at least as extreme, what was found counted as one of them.
    pub fn pseudo_p(self, permutations: u32, alternative: Alternative) -> f64 {
        let beyond = self.at_least.min(self.at_most);
        let p = f64::from(beyond + 1) / f64::from(permutations + 1);
        match alternative {
            Alternative::Directed => p,
            Alternative::TwoSided => (2.0 * p).min(1.0),
        }
    }
}

impl Alternative {
    /// The least pseudo-p that so many permutations can give.
    pub fn floor(self, permutations: u32) -> f64 {
        Tails::default().pseudo_p(permutations, self)
    }
}

fn stream(seed: u64, number: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(number);
    random
}

/// For each area, how sums of as many values as it has neighbours, drawn without replacement from all areas but itself,
/// compare with the sum around it: conditional permutation (Anselin 1995). `values` should be of the order of 1.
///
/// `sums[i]` is the sum of the `counts[i]` values around area i; an area with none is not tested and has tails of 0.
pub fn conditional(
    values: &[f64],
    counts: &[usize],
    sums: &[f64],
    permutations: u32,
    seed: u64,
) -> Vec<Tails> {
    let scratch = || (values.to_vec(), Vec::new());
    (0..values.len())
        .into_par_iter()
        .map_init(scratch, |(pool, swaps), area| {
            let drawn = counts[area];
            if drawn == 0 {
                return Tails::default();
            }
            let mut random = stream(seed, area as u64);
            let last = pool.len() - 1;
            pool.swap(area, last);
            let others = &mut pool[..last];
            swaps.resize(drawn, 0);
            let mut tails = Tails::default();
            for _ in 0..permutations {
                let mut sum = 0.0;
                // The first places of a shuffle by Fisher and Yates ...
                for place in 0..drawn {
                    let from = random.random_range(place as u32..last as u32);
                    swaps[place] = from;
                    others.swap(place, from as usize);
                    sum += others[place];
                }
                tails.count(sum - sums[area]);
                // ... and back, so that every area begins with the same order, whichever thread it falls to.
                for place in (0..drawn).rev() {
                    others.swap(place, swaps[place] as usize);
                }
            }
            pool.swap(area, last);
            tails
        })
        .collect()
}

/// How a statistic of the whole map compares with itself when the values are shuffled over all areas.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Shuffled {
    /// How many were as large, how many as small.
    pub tails: Tails,
    /// Mean of the statistic over the shuffles.
    pub mean: f64,
    /// Its standard deviation over the shuffles (divided by their number).
    pub standard_deviation: f64,
}

/// Shuffles the values so many times and takes the statistic of each.
pub fn shuffled(
    values: &[f64],
    observed: f64,
    statistic: impl Fn(&[f64]) -> f64 + Sync,
    permutations: u32,
    seed: u64,
) -> Shuffled {
    let results: Vec<f64> = (0..permutations)
        .into_par_iter()
        .map_init(Vec::new, |order, number| {
            order.clear();
            order.extend_from_slice(values);
            order.shuffle(&mut stream(seed, SHUFFLES + u64::from(number)));
            statistic(order)
        })
        .collect();
    let tails = results.iter().fold(Tails::default(), |tails, result| {
        let mut one = Tails::default();
        one.count(result - observed);
        tails.and(one)
    });
    let m = f64::from(permutations.max(1));
    let mean = results.iter().sum::<f64>() / m;
    let variance = results.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / m;
    Shuffled { tails, mean, standard_deviation: variance.sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every choice of `k` of `values`, each as a sum.
    fn every_sum(values: &[f64], k: usize) -> Vec<f64> {
        match (k, values.split_first()) {
            (0, _) => vec![0.0],
            (_, None) => Vec::new(),
            (k, Some((first, rest))) => {
                let mut sums: Vec<f64> = every_sum(rest, k - 1).iter().map(|sum| sum + first).collect();
                sums.extend(every_sum(rest, k));
                sums
            }
        }
    }

    #[test]
    fn draws_are_fair() {
        let values = [0.3, -1.2, 0.8, 2.1, -0.4, -0.9, 0.1, -0.8];
        let counts = [3, 1, 7, 2, 0, 5, 6, 4];
        let sums = [1.1, 0.2, -0.3, 2.9, 0.0, -1.0, 0.5, 0.4];
        let permutations = 40_000;
        let tails = conditional(&values, &counts, &sums, permutations, 7);
        for area in 0..values.len() {
            let others: Vec<f64> =
                values.iter().enumerate().filter(|(i, _)| *i != area).map(|(_, v)| *v).collect();
            let all = every_sum(&others, counts[area]);
            let exact = all.iter().filter(|&&sum| sum >= sums[area] - TIE).count() as f64 / all.len() as f64;
            let found = f64::from(tails[area].at_least) / f64::from(permutations);
            if counts[area] == 0 {
                assert_eq!(tails[area], Tails::default());
                continue;
            }
            // Five standard errors.
            let error = 5.0 * (exact * (1.0 - exact) / f64::from(permutations)).sqrt();
            assert!((found - exact).abs() <= error, "area {area}: {found} of {exact}");
        }
        // All seven others are always drawn: the sum is the same each time, and as often at least as at most.
        let all_others = conditional(
            &values,
            &counts,
            &[0.0, 0.0, values.iter().sum::<f64>() - 0.8, 0.0, 0.0, 0.0, 0.0, 0.0],
            99,
            7,
        );
        assert_eq!(all_others[2], Tails { at_least: 99, at_most: 99 });
    }

    #[test]
    fn threads_change_nothing() {
        let values: Vec<f64> = (0..500u32).map(|i| f64::from(i * i % 97) / 30.0).collect();
        let counts: Vec<usize> = (0..500).map(|i| i % 9).collect();
        let sums: Vec<f64> = counts.iter().map(|&k| k as f64 * 1.6).collect();
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let whole = |v: &[f64]| v.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / 500.0;
            pool.install(|| {
                (conditional(&values, &counts, &sums, 199, 3), shuffled(&values, 2.0, whole, 199, 3))
            })
        };
        let one = on(1);
        assert_eq!(one, on(2));
        assert_eq!(one, on(5));
        let other = conditional(&values, &counts, &sums, 199, 4);
        assert_ne!(one.0, other, "another seed, another chance");
    }

    #[test]
    fn the_smaller_side_counts_and_ties_count_on_both() {
        let tails = Tails { at_least: 3, at_most: 97 };
        assert_eq!(tails.pseudo_p(99, Alternative::Directed), 0.04);
        assert_eq!(tails.pseudo_p(99, Alternative::TwoSided), 0.08);
        assert_eq!(Tails { at_least: 99, at_most: 99 }.pseudo_p(99, Alternative::Directed), 1.0);
        assert_eq!(Tails { at_least: 99, at_most: 99 }.pseudo_p(99, Alternative::TwoSided), 1.0);
        assert_eq!((Alternative::Directed.floor(999), Alternative::TwoSided.floor(999)), (0.001, 0.002));
        let equal = conditional(&[1.0; 6], &[2; 6], &[2.0; 6], 9, 1);
        assert_eq!(equal, [Tails { at_least: 9, at_most: 9 }; 6]);
    }
}
