//! Moran's I: do neighbours resemble each other more than chance would have it?
//!
//! Formulas: Cliff and Ord, *Spatial Processes* (1981), pages 17 to 21 and 42 to 46; conventions of numbers where sources
//! differ are those of `PySAL`.

use statrs::distribution::{ContinuousCDF, Normal};

use super::permutation::{self, Shuffled};
use super::weights::{Sums, Weights};

/// Why a statistic of neighbours cannot be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unmeasurable {
    /// The moments divide by (n - 1)(n - 2)(n - 3).
    #[error("only {found} areas have a value, and it takes at least {needed}", needed = FEWEST)]
    TooFew {
        /// How many have one.
        found: usize,
    },
    /// Nothing varies.
    #[error("all values are equal, so no area differs from its neighbours")]
    Constant,
    /// Every area is an island.
    #[error("no area with a value has a neighbour with a value")]
    NoNeighbours,
    /// Getis and Ord's statistics are shares of a total.
    #[error(
        "some values are below zero, and the statistics of Getis and Ord are shares of a sum of positive values"
    )]
    Negative,
}

/// The fewest areas for which all moments exist.
pub const FEWEST: usize = 4;

/// A statistic compared with the normal distribution.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Normally {
    /// Variance of the statistic if there were no pattern.
    pub variance: f64,
    /// How many standard deviations it lies from what would be expected; not a number where the variance is 0.
    pub z: f64,
    /// Two-sided probability of being as far off by chance.
    pub p: f64,
}

impl Normally {
    /// Compares a statistic with its expectation and variance.
    pub fn new(statistic: f64, expected: f64, variance: f64) -> Self {
        let z = (statistic - expected) / variance.sqrt();
        Normally { variance, z, p: two_sided(z) }
    }
}

/// The two-sided probability of a standard normal deviate; not a number for what is none.
pub fn two_sided(z: f64) -> f64 {
    if z.is_nan() { f64::NAN } else { 2.0 * Normal::standard().sf(z.abs()) }
}

/// Moran's I of a map.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Moran {
    /// `I = (n / S0) sum_ij w_ij z_i z_j / sum_i z_i^2`, where z are deviations from the mean.
    pub i: f64,
    /// -1 / (n - 1).
    pub expected: f64,
    /// If the values were drawn from one normal distribution.
    pub normality: Normally,
    /// If the values at hand were shuffled.
    pub randomisation: Normally,
}

/// Deviations from the mean in standard deviations (of all values, not of a sample).
///
/// A value that differs from the mean by no more than rounding stands exactly at 0.
pub fn standardised(values: &[f64]) -> Result<Vec<f64>, Unmeasurable> {
    if values.len() < FEWEST {
        return Err(Unmeasurable::TooFew { found: values.len() });
    }
    if values.iter().all(|&v| v == values[0]) {
        return Err(Unmeasurable::Constant);
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    if sd.is_nan() || sd <= 0.0 {
        return Err(Unmeasurable::Constant);
    }
    let rounding = 4.0 * f64::EPSILON * mean.abs();
    let z = |v: &f64| if (v - mean).abs() <= rounding { 0.0 } else { (v - mean) / sd };
    Ok(values.iter().map(z).collect())
}

/// Moran's I with the variances of both assumptions.
pub fn moran(values: &[f64], weights: &Weights) -> Result<Moran, Unmeasurable> {
    let z = standardised(values)?;
    let sums = weights.sums();
    if sums.s0 <= 0.0 {
        return Err(Unmeasurable::NoNeighbours);
    }
    let n = z.len() as f64;
    let i = statistic(&z, weights, sums.s0);
    let expected = -1.0 / (n - 1.0);
    let kurtosis = z.iter().map(|z| z.powi(4)).sum::<f64>() / n;
    let [normal, random] = variances(n, sums, kurtosis);
    Ok(Moran {
        i,
        expected,
        normality: Normally::new(i, expected, normal),
        randomisation: Normally::new(i, expected, random),
    })
}

/// I of standardised values, whose squares add to n.
fn statistic(z: &[f64], weights: &Weights, s0: f64) -> f64 {
    let around = |(area, z_i): (usize, &f64)| z_i * weights.each(area) * weights.sum_around(area, z);
    z.iter().enumerate().map(around).sum::<f64>() / s0
}

/// The variances under normality and under randomisation; `kurtosis` is m4 / m2^2.
fn variances(n: f64, Sums { s0, s1, s2 }: Sums, kurtosis: f64) -> [f64; 2] {
    let (n2, s02, expected2) = (n * n, s0 * s0, (n - 1.0).powi(-2));
    let normal = (n2 * s1 - n * s2 + 3.0 * s02) / ((n - 1.0) * (n + 1.0) * s02) - expected2;
    let a = n * ((n2 - 3.0 * n + 3.0) * s1 - n * s2 + 3.0 * s02);
    let b = kurtosis * ((n2 - n) * s1 - 2.0 * n * s2 + 6.0 * s02);
    let random = (a - b) / ((n - 1.0) * (n - 2.0) * (n - 3.0) * s02) - expected2;
    [normal, random]
}

/// Moran's I of the values shuffled over all areas.
pub fn shuffled(
    values: &[f64],
    weights: &Weights,
    permutations: u32,
    seed: u64,
) -> Result<Shuffled, Unmeasurable> {
    let z = standardised(values)?;
    let s0 = weights.sums().s0;
    if s0 <= 0.0 {
        return Err(Unmeasurable::NoNeighbours);
    }
    let observed = statistic(&z, weights, s0);
    Ok(permutation::shuffled(&z, observed, |z| statistic(z, weights, s0), permutations, seed))
}

#[cfg(test)]
mod tests {
    use super::super::permutation::Alternative;
    use super::super::weights::Style;
    use super::super::weights::tests::{any_lists, rook};
    use super::*;
    use proptest::prelude::*;

    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 1e-12, "{found} is not {wanted}");
    }

    fn one_to_nine() -> Vec<f64> {
        (1..=9).map(f64::from).collect()
    }

    /// A square of nine cells holding 1 to 9, neighbours by edges; figures of `PySAL`.
    #[test]
    fn nine_cells_row_standardised() {
        let found = moran(&one_to_nine(), &Weights::new(&rook(3), Style::Row)).unwrap();
        near(found.i, 0.555_555_555_555_555_6);
        near(found.expected, -0.125);
        near(found.normality.variance, 0.057_214_506_172_839_48);
        near(found.randomisation.variance, 0.064_656_635_802_469_12);
        near(found.normality.z, 2.845_184_975_623_878_7);
        near(found.normality.p, 0.004_438_563_937_099_019_4);
        near(found.randomisation.z, 2.676_437_040_844_754);
        near(found.randomisation.p, 0.007_440_954_452_016_188);
    }

    #[test]
    fn nine_cells_binary() {
        let found = moran(&one_to_nine(), &Weights::new(&rook(3), Style::Binary)).unwrap();
        near(found.i, 0.5);
        near(found.expected, -0.125);
        near(found.normality.variance, 0.053_125);
        near(found.randomisation.variance, 0.059_687_5);
        near(found.normality.z, 2.711_630_722_733_202);
        near(found.normality.p, 0.006_695_313_538_751_199_5);
        near(found.randomisation.z, 2.558_222_550_483_254_3);
        near(found.randomisation.p, 0.010_520_873_699_622_686);
    }

    #[test]
    fn shuffles_have_the_moments_of_randomisation() {
        let weights = Weights::new(&rook(3), Style::Row);
        let exact = moran(&one_to_nine(), &weights).unwrap();
        let found = shuffled(&one_to_nine(), &weights, 20_000, 1).unwrap();
        let sd = exact.randomisation.variance.sqrt();
        assert!((found.mean - exact.expected).abs() < 5.0 * sd / 20_000f64.sqrt(), "{found:?}");
        assert!((found.standard_deviation / sd - 1.0).abs() < 0.03, "{found:?}");
        // Of all 362,880 orders of nine values 224 have an I as large.
        let exact = 224.0 / 362_880.0;
        let p = found.tails.pseudo_p(20_000, Alternative::Directed);
        assert!((p - exact).abs() < 5.0 * (exact / 20_000f64).sqrt(), "{p}");
    }

    #[test]
    fn what_has_no_pattern_is_refused() {
        let weights = Weights::new(&rook(2), Style::Row);
        assert_eq!(moran(&[0.1; 4], &weights), Err(Unmeasurable::Constant));
        assert_eq!(moran(&[1.0, 2.0, 3.0], &weights), Err(Unmeasurable::TooFew { found: 3 }));
        let alone = Weights::new(&vec![Vec::new(); 4], Style::Row);
        assert_eq!(moran(&[1.0, 2.0, 3.0, 4.0], &alone), Err(Unmeasurable::NoNeighbours));
    }

    proptest! {
        /// The definition over the full matrix, and the moments over every order of the values.
        #[test]
        fn moments_are_those_of_every_order(
            lists in any_lists().prop_filter("short", |l| l.len() <= 6 && l.iter().any(|l| !l.is_empty())),
            values in prop::collection::vec(-5.0..5.0f64, 12),
        ) {
            let weights = Weights::new(&lists, Style::Row);
            let n = weights.n();
            let mut order: Vec<f64> = values[..n].to_vec();
            let Ok(found) = moran(&order, &weights) else { return Ok(()) };
            let slow = |x: &[f64]| {
                let mean = x.iter().sum::<f64>() / n as f64;
                let mut above = 0.0;
                for i in 0..n {
                    for &j in weights.of(i) {
                        above += weights.each(i) * (x[i] - mean) * (x[j as usize] - mean);
                    }
                }
                n as f64 / weights.sums().s0 * above / x.iter().map(|x| (x - mean).powi(2)).sum::<f64>()
            };
            prop_assert!((slow(&order) - found.i).abs() < 1e-9);
            let mut all = Vec::new();
            every_order(&mut order, 0, &mut |x| all.push(slow(x)));
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            let variance = all.iter().map(|i| (i - mean).powi(2)).sum::<f64>() / all.len() as f64;
            prop_assert!((mean - found.expected).abs() < 1e-9);
            prop_assert!((variance - found.randomisation.variance).abs() < 1e-9);
        }
    }

    fn every_order(x: &mut [f64], at: usize, see: &mut impl FnMut(&[f64])) {
        if at == x.len() {
            return see(x);
        }
        for other in at..x.len() {
            x.swap(at, other);
            every_order(x, at + 1, see);
            x.swap(at, other);
        }
    }
}
