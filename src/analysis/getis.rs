//! Getis and Ord's statistics: where high values lie together, and where low ones do.
//!
//! Formulas: Getis and Ord, *Geographical Analysis* 24 (1992); Ord and Getis, *Geographical Analysis* 27 (1995). They are
//! of binary weights, whatever style the weights have otherwise.

use super::moran::{FEWEST, Normally, Unmeasurable};
use super::weights::{Style, Weights};

/// The general G of a map: large when high values have high neighbours, small when low ones have low neighbours.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct GeneralG {
    /// `G = sum_ij w_ij x_i x_j / sum_{i != j} x_i x_j`.
    pub g: f64,
    /// S0 / (n (n - 1)).
    pub expected: f64,
    /// If the values were shuffled.
    pub randomisation: Normally,
}

/// `G_i` or `G_i*` of one area: the share of all values that lies around it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LocalG {
    /// The share; not a number where there is nothing to share.
    pub g: f64,
    /// Its expectation, k / (n - 1), or (k + 1) / n for `G_i*`.
    pub expected: f64,
    /// How far off it lies: above for a hot spot, below for a cold spot; not a number without neighbours or when all are.
    pub randomisation: Normally,
}

/// Whether an area counts among its own neighbours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Star {
    /// `G_i`: it does not, and is left out of mean and spread.
    Without,
    /// `G_i*`: it does.
    With,
}

fn checked(values: &[f64]) -> Result<(), Unmeasurable> {
    if values.len() < FEWEST {
        return Err(Unmeasurable::TooFew { found: values.len() });
    }
    if values.iter().any(|&x| x < 0.0) {
        return Err(Unmeasurable::Negative);
    }
    if values.iter().all(|&x| x == values[0]) {
        return Err(Unmeasurable::Constant);
    }
    Ok(())
}

/// The general G of values that are not negative.
pub fn general_g(values: &[f64], weights: &Weights) -> Result<GeneralG, Unmeasurable> {
    checked(values)?;
    let weights = weights.styled(Style::Binary);
    let sums = weights.sums();
    if sums.s0 <= 0.0 {
        return Err(Unmeasurable::NoNeighbours);
    }
    let (n, s0, s1, s2) = (values.len() as f64, sums.s0, sums.s1, sums.s2);
    // Shares do not change with the unit, and powers of large values would lose digits.
    let mean = values.iter().sum::<f64>() / n;
    let x: Vec<f64> = values.iter().map(|x| x / mean).collect();
    let power = |k: i32| x.iter().map(|x| x.powi(k)).sum::<f64>();
    let (m1, m2, m3, m4) = (power(1), power(2), power(3), power(4));
    let above: f64 = x.iter().enumerate().map(|(area, x_i)| x_i * weights.sum_around(area, &x)).sum();
    let pairs = m1 * m1 - m2;
    if pairs <= 0.0 {
        // All of it is in one area.
        return Err(Unmeasurable::Constant);
    }
    let (n2, s02) = (n * n, s0 * s0);
    let b0 = (n2 - 3.0 * n + 3.0) * s1 - n * s2 + 3.0 * s02;
    let b1 = -((n2 - n) * s1 - 2.0 * n * s2 + 6.0 * s02);
    let b2 = -(2.0 * n * s1 - (n + 3.0) * s2 + 6.0 * s02);
    let b3 = 4.0 * (n - 1.0) * s1 - 2.0 * (n + 1.0) * s2 + 8.0 * s02;
    let b4 = s1 - s2 + s02;
    let square = b0 * m2 * m2 + b1 * m4 + b2 * m1 * m1 * m2 + b3 * m1 * m3 + b4 * m1.powi(4);
    let under = pairs * pairs * n * (n - 1.0) * (n - 2.0) * (n - 3.0);
    let g = above / pairs;
    let expected = s0 / (n * (n - 1.0));
    let variance = square / under - expected * expected;
    Ok(GeneralG { g, expected, randomisation: Normally::new(g, expected, variance) })
}

/// `G_i` or `G_i*` of every area, of values that are not negative.
pub fn local_g(values: &[f64], weights: &Weights, star: Star) -> Result<Vec<LocalG>, Unmeasurable> {
    checked(values)?;
    let all: f64 = values.iter().sum();
    let squares: f64 = values.iter().map(|x| x * x).sum();
    let of = |(area, &x): (usize, &f64)| {
        let own = if star == Star::With { 0.0 } else { 1.0 };
        let n = values.len() as f64 - own;
        let k = weights.of(area).len() as f64 + 1.0 - own;
        let total = all - own * x;
        let around = weights.sum_around(area, values) + (1.0 - own) * x;
        let mean = total / n;
        let spread = (squares - own * x * x) / n - mean * mean;
        let (g, expected) = (around / total, k / n);
        let variance = k * (n - k) / (n - 1.0) * spread / (total * total);
        // Nothing is random where there are no neighbours, or where all others are.
        let variance = if weights.of(area).is_empty() || variance <= 0.0 { f64::NAN } else { variance };
        LocalG { g, expected, randomisation: Normally::new(g, expected, variance) }
    };
    Ok(values.iter().enumerate().map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::super::local::local_moran;
    use super::super::weights::tests::any_lists;
    use super::*;
    use proptest::prelude::*;

    /// Six points, neighbours within 15 of each other, from the documentation of `PySAL`.
    fn six_points() -> (Vec<f64>, Weights) {
        let at: [(f64, f64); 6] =
            [(10.0, 10.0), (20.0, 10.0), (40.0, 10.0), (15.0, 20.0), (30.0, 20.0), (30.0, 30.0)];
        let near = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1) <= 15.0;
        let lists: Vec<Vec<u32>> =
            at.iter().map(|&a| (0..6u32).filter(|&j| near(a, at[j as usize])).collect()).collect();
        (vec![2.0, 3.0, 3.2, 5.0, 8.0, 7.0], Weights::new(&lists, Style::Row))
    }

    /// Probabilities are as good as the library's: some ten digits.
    fn all_near(found: &[f64], wanted: &[f64]) {
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-10, "{found} is not {wanted}");
        }
    }

    #[test]
    fn six_points_as_published() {
        let (values, weights) = six_points();
        let found = general_g(&values, &weights).unwrap();
        let all = [found.g, found.expected, found.randomisation.variance, found.randomisation.z];
        all_near(
            &all,
            &[
                0.557_097_791_798_107_3,
                0.466_666_666_666_666_7,
                0.009_203_550_195_101_468,
                0.942_627_795_324_094,
            ],
        );
        all_near(&[found.randomisation.p / 2.0], &[0.172_935_658_735_914_32]);

        let found = local_g(&values, &weights, Star::Without).unwrap();
        let gs: Vec<f64> = found.iter().map(|l| l.g).collect();
        all_near(
            &gs,
            &[
                0.305_343_511_450_381_7,
                0.595_238_095_238_095_2,
                0.32,
                0.560_344_827_586_207,
                0.900_990_099_009_901,
                0.377_358_490_566_037_76,
            ],
        );
        let zs: Vec<f64> = found.iter().map(|l| l.randomisation.z).collect();
        all_near(
            &zs,
            &[
                -1.013_672_898_550_257_2,
                -0.043_615_894_201_693_3,
                1.315_587_028_960_543_8,
                -0.314_126_758_204_562_6,
                1.153_739_858_106_773,
                1.778_339_408_621_097_3,
            ],
        );
        let halves: Vec<f64> = found.iter().map(|l| l.randomisation.p / 2.0).collect();
        all_near(
            &halves,
            &[
                0.155_369_430_050_410_98,
                0.482_605_291_006_706_96,
                0.094_156_344_744_458_33,
                0.376_712_383_642_798_7,
                0.124_303_418_823_828_23,
                0.037_674_063_807_633_32,
            ],
        );

        let found = local_g(&values, &weights, Star::With).unwrap();
        let gs: Vec<f64> = found.iter().map(|l| l.g).collect();
        all_near(
            &gs,
            &[
                0.354_609_929_078_014_2,
                0.638_297_872_340_425_6,
                0.397_163_120_567_375_85,
                0.638_297_872_340_425_6,
                0.929_078_014_184_397_2,
                0.531_914_893_617_021_3,
            ],
        );
        let zs: Vec<f64> = found.iter().map(|l| l.randomisation.z).collect();
        all_near(
            &zs,
            &[
                -1.397_276_262_011_544_2,
                -0.289_177_615_627_127_3,
                0.650_649_635_161_037_9,
                -0.289_177_615_627_127_3,
                1.234_520_883_519_873_8,
                2.024_243_309_389_896,
            ],
        );
        let halves: Vec<f64> = found.iter().map(|l| l.randomisation.p / 2.0).collect();
        all_near(
            &halves,
            &[
                0.081_165_255_656_719_23,
                0.386_222_730_285_557_5,
                0.257_636_340_911_871_4,
                0.386_222_730_285_557_5,
                0.108_504_434_900_398_63,
                0.021_472_561_709_936_267,
            ],
        );
    }

    #[test]
    fn what_is_no_share_is_refused() {
        let (mut values, weights) = six_points();
        values[2] = -0.1;
        assert_eq!(general_g(&values, &weights), Err(Unmeasurable::Negative));
        assert_eq!(local_g(&values, &weights, Star::With), Err(Unmeasurable::Negative));
        assert_eq!(general_g(&[2.0; 6], &weights), Err(Unmeasurable::Constant));
        assert_eq!(general_g(&[0.0, 0.0, 3.0, 0.0, 0.0, 0.0], &weights), Err(Unmeasurable::Constant));
        let alone = Weights::new(&vec![Vec::new(); 6], Style::Row);
        assert_eq!(general_g(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &alone), Err(Unmeasurable::NoNeighbours));
        let islands = local_g(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &alone, Star::With).unwrap();
        assert!(islands.iter().all(|l| l.randomisation.z.is_nan() && l.randomisation.p.is_nan()));
    }

    proptest! {
        /// Both ask how large the sum around an area is among sums of as many others, so the one's z is the other's but for
        /// the sign of the area itself.
        #[test]
        fn gi_and_local_moran_are_one_test(lists in any_lists(), values in prop::collection::vec(0.1..9.0f64, 12)) {
            let weights = Weights::new(&lists, Style::Binary);
            let values = &values[..weights.n()];
            let (Ok(local), Ok(g)) = (local_moran(values, &weights), local_g(values, &weights, Star::Without)) else {
                return Ok(());
            };
            for (area, (local, g)) in local.iter().zip(&g).enumerate() {
                let k = weights.of(area).len();
                if k > 0 && k + 1 < weights.n() && local.z.abs() > 1e-6 {
                    let same = local.conditional.z * local.z.signum();
                    prop_assert!((same - g.randomisation.z).abs() < 1e-6, "{local:?} {g:?}");
                }
            }
        }
    }
}
