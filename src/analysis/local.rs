//! Local Moran: which areas lie among others like them, and which among others unlike them.

use super::moran::{Normally, Unmeasurable, standardised};
use super::permutation::{self, Tails};
use super::weights::Weights;

/// Where an area and its neighbours stand beside the mean.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Quadrant {
    /// Both above.
    HighHigh,
    /// Below, among neighbours above.
    LowHigh,
    /// Both below.
    LowLow,
    /// Above, among neighbours below.
    HighLow,
}

impl Quadrant {
    /// All, in the order in which the plane is counted.
    pub const ALL: [Quadrant; 4] =
        [Quadrant::HighHigh, Quadrant::LowHigh, Quadrant::LowLow, Quadrant::HighLow];

    /// As answers and tables write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Quadrant::HighHigh => "high-high",
            Quadrant::LowHigh => "low-high",
            Quadrant::LowLow => "low-low",
            Quadrant::HighLow => "high-low",
        }
    }

    /// The quadrant of a standardised value and the lag of its neighbours; `None` where either is exactly 0.
    pub fn of(z: f64, lag: f64) -> Option<Quadrant> {
        let sign = |x: f64| (x != 0.0).then_some(x > 0.0);
        Some(match (sign(z)?, sign(lag)?) {
            (true, true) => Quadrant::HighHigh,
            (false, true) => Quadrant::LowHigh,
            (false, false) => Quadrant::LowLow,
            (true, false) => Quadrant::HighLow,
        })
    }
}

/// Lags within this of 0 are sums that cancel, but for rounding.
const CANCELLED: f64 = 1e-12;

/// Local Moran's I of one area.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LocalMoran {
    /// The value in standard deviations from the mean.
    pub z: f64,
    /// The weighted sum of the neighbours' z.
    pub lag: f64,
    /// `I_i = z_i sum_j w_ij z_j / (sum z^2 / (n - 1))`: with row-standardised weights and no islands their sum is
    /// (n - 1) I. Some programs divide by n instead.
    pub i: f64,
    /// What `I_i` would be on average with the other values shuffled and this one kept where it is.
    pub expected: f64,
    /// Its variance then, and how far off it lies (Sokal, Oden and Thomson 1998, conditional randomisation).
    pub conditional: Normally,
    /// Where the area and its neighbours stand.
    pub quadrant: Option<Quadrant>,
}

/// Local Moran's I of every area.
pub fn local_moran(values: &[f64], weights: &Weights) -> Result<Vec<LocalMoran>, Unmeasurable> {
    let z = standardised(values)?;
    let n = z.len() as f64;
    // The squares of z add to n.
    let scale = (n - 1.0) / n;
    let lags = weights.lag(&z);
    let of = |area: usize| {
        let (z, k, each) = (z[area], weights.of(area).len() as f64, weights.each(area));
        let lag = if lags[area].abs() <= CANCELLED { 0.0 } else { lags[area] };
        let i = scale * z * lag;
        // Mean and variance of a sum of k of the n - 1 other values, drawn without replacement: the others add to -z,
        // and their squares to n - z^2.
        let others = n - 1.0;
        let mean = -z / others;
        let spread = (n - z * z) / others - mean * mean;
        let expected = scale * z * each * k * mean;
        let variance = (scale * z * each).powi(2) * k * spread * (others - k) / (others - 1.0);
        LocalMoran {
            z,
            lag,
            i,
            expected,
            conditional: Normally::new(i, expected, variance),
            quadrant: Quadrant::of(z, lag),
        }
    };
    Ok((0..z.len()).map(of).collect())
}

/// For each area, how many sums of as many other values as it has neighbours are as large or as small as the sum around it.
/// `None` for an area that has no test: one without neighbours, or exactly at the mean.
///
/// All neighbours of an area weigh the same, so `I_i` is larger than another just when `z_i` times that sum is.
pub fn conditional_tails(
    values: &[f64],
    weights: &Weights,
    permutations: u32,
    seed: u64,
) -> Result<Vec<Option<Tails>>, Unmeasurable> {
    let z = standardised(values)?;
    let counts: Vec<usize> =
        (0..z.len()).map(|area| if z[area] == 0.0 { 0 } else { weights.of(area).len() }).collect();
    let sums: Vec<f64> = (0..z.len()).map(|area| weights.sum_around(area, &z)).collect();
    let tails = permutation::conditional(&z, &counts, &sums, permutations, seed);
    Ok(tails.into_iter().zip(counts).map(|(tails, count)| (count > 0).then_some(tails)).collect())
}

#[cfg(test)]
mod tests {
    use super::super::moran::moran;
    use super::super::weights::Style;
    use super::super::weights::tests::{any_lists, rook};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nine_cells() {
        let values: Vec<f64> = (1..=9).map(f64::from).collect();
        let weights = Weights::new(&rook(3), Style::Row);
        let found = local_moran(&values, &weights).unwrap();
        let wanted = [
            1.066_666_666_666_666_7,
            0.799_999_999_999_999_7,
            0.266_666_666_666_666_66,
            0.088_888_888_888_888_86,
            0.0,
            0.088_888_888_888_888_86,
            0.266_666_666_666_666_66,
            0.799_999_999_999_999_7,
            1.066_666_666_666_666_7,
        ];
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found.i - wanted).abs() < 1e-12, "{found:?} is not {wanted}");
        }
        let global = moran(&values, &weights).unwrap();
        let sum: f64 = found.iter().map(|l| l.i).sum();
        assert!((sum - 8.0 * global.i).abs() < 1e-12, "the sum is (n - 1) I");
        let quadrants: Vec<Option<Quadrant>> = found.iter().map(|l| l.quadrant).collect();
        let (low, high) = (Some(Quadrant::LowLow), Some(Quadrant::HighHigh));
        assert_eq!(quadrants, [low, low, low, low, None, high, high, high, high], "5 is the mean: in none");
        let tails = conditional_tails(&values, &weights, 99, 1).unwrap();
        assert_eq!(tails.iter().filter(|t| t.is_none()).count(), 1, "the mean is not tested");
    }

    #[test]
    fn an_island_and_a_mean_are_not_tested() {
        // 0.1 + 0.2 + ... is not 5.5 exactly, so the middle differs from the mean by rounding alone.
        let values: Vec<f64> = (1..=11).map(|i| f64::from(i) / 10.0).collect();
        let mut lists: Vec<Vec<u32>> = (0..11).map(|i: u32| vec![(i + 1) % 11, (i + 10) % 11]).collect();
        lists[0].clear();
        let weights = Weights::new(&lists, Style::Binary);
        let found = local_moran(&values, &weights).unwrap();
        assert_eq!((found[5].z, found[5].quadrant), (0.0, None));
        assert_eq!((found[0].i, found[0].lag, found[0].quadrant), (0.0, 0.0, None));
        assert!(found[0].conditional.z.is_nan());
        let tails = conditional_tails(&values, &weights, 9, 1).unwrap();
        assert_eq!((tails[0], tails[5]), (None, None));
        assert!(tails[1].is_some());
    }

    proptest! {
        /// Mean and variance over every choice of neighbours.
        #[test]
        fn moments_are_those_of_every_choice(lists in any_lists(), values in prop::collection::vec(-3.0..3.0f64, 12)) {
            let weights = Weights::new(&lists, Style::Row);
            let n = weights.n();
            let Ok(found) = local_moran(&values[..n], &weights) else { return Ok(()) };
            let z: Vec<f64> = found.iter().map(|l| l.z).collect();
            for (area, local) in found.iter().enumerate() {
                let k = weights.of(area).len();
                let (mut all, mut chosen) = (Vec::new(), Vec::new());
                choose(&z, area, k, 0, &mut chosen, &mut |sum| {
                    all.push((n as f64 - 1.0) / n as f64 * z[area] * weights.each(area) * sum);
                });
                let mean = all.iter().sum::<f64>() / all.len() as f64;
                let variance = all.iter().map(|i| (i - mean).powi(2)).sum::<f64>() / all.len() as f64;
                prop_assert!((mean - local.expected).abs() < 1e-9, "{mean} {local:?}");
                prop_assert!((variance - local.conditional.variance).abs() < 1e-9, "{variance} {local:?}");
            }
        }
    }

    fn choose(
        z: &[f64],
        but: usize,
        k: usize,
        from: usize,
        chosen: &mut Vec<usize>,
        see: &mut impl FnMut(f64),
    ) {
        if chosen.len() == k {
            return see(chosen.iter().map(|&i| z[i]).sum());
        }
        for i in (from..z.len()).filter(|&i| i != but) {
            chosen.push(i);
            choose(z, but, k, i + 1, chosen, see);
            chosen.pop();
        }
    }
}
