//! From values to numbers that can be put together. Values come with higher as better; NaN is missing and stays so.

use crate::source::indices::Normalisation;

/// The scale of the exponential of the indices of deprivation: X = -23 ln(1 - R (1 - e^(-100/23))), so that the worst
/// tenth takes half of the range (*English indices of deprivation: technical report*).
const IMD_SCALE: f64 = 23.0;

/// Mean and standard deviation, with `ddof` taken off the number of values; NaN left out. `None` without a spread.
pub fn mean_and_deviation(values: &[f64], ddof: u8) -> Option<(f64, f64)> {
    let (mut n, mut sum) = (0.0, 0.0);
    for value in values.iter().filter(|v| !v.is_nan()) {
        n += 1.0;
        sum += value;
    }
    let mean = sum / n;
    let squares: f64 = values.iter().filter(|v| !v.is_nan()).map(|v| (v - mean) * (v - mean)).sum();
    let variance = squares / (n - f64::from(ddof));
    // Equal values can differ from their own mean by the last bit, which is no spread.
    let spread = variance.sqrt();
    (spread.is_finite() && spread > mean.abs() * 1e-14).then_some((mean, spread))
}

/// Ranks from 1 for the lowest value; equal values share the mean of their ranks; NaN has none.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<u32> = (0..values.len() as u32).filter(|&i| !values[i as usize].is_nan()).collect();
    order.sort_unstable_by(|&a, &b| values[a as usize].total_cmp(&values[b as usize]));
    let mut ranks = vec![f64::NAN; values.len()];
    let mut from = 0;
    while from < order.len() {
        let value = values[order[from] as usize];
        let same = order[from..].iter().take_while(|&&i| values[i as usize] == value).count();
        // The mean of from + 1 ..= from + same.
        let rank = from as f64 + f64::midpoint(same as f64, 1.0);
        for &i in &order[from..from + same] {
            ranks[i as usize] = rank;
        }
        from += same;
    }
    ranks
}

/// Normalised values, in place; `false` and all of them the middle of the scale where values do not differ (for ranks
/// that is what equal ranks give anyway).
pub fn normalise(values: &mut [f64], how: Normalisation, ddof: u8) -> bool {
    match how {
        Normalisation::Z => match mean_and_deviation(values, ddof) {
            Some((mean, deviation)) => each(values, |v| (v - mean) / deviation),
            None => return level(values, 0.0),
        },
        Normalisation::MinMax => {
            let present = || values.iter().copied().filter(|v| !v.is_nan());
            let (low, high) =
                (present().fold(f64::INFINITY, f64::min), present().fold(f64::NEG_INFINITY, f64::max));
            if high > low {
                each(values, |v| (v - low) / (high - low));
            } else {
                return level(values, 0.5);
            }
        }
        Normalisation::Rank | Normalisation::Percentile | Normalisation::ImdExponential => {
            let n = values.iter().filter(|v| !v.is_nan()).count() as f64;
            let ranks = ranks(values);
            for (value, rank) in values.iter_mut().zip(ranks) {
                *value = match how {
                    Normalisation::Percentile => 100.0 * (rank - 0.5) / n,
                    Normalisation::ImdExponential => imd_exponential((n - rank + 1.0) / n),
                    _ => rank,
                };
            }
        }
    }
    true
}

/// X of the scaled rank R, which is 1 for the worst area and 1/N for the best.
fn imd_exponential(scaled_rank: f64) -> f64 {
    -IMD_SCALE * (1.0 - scaled_rank * (1.0 - (-100.0 / IMD_SCALE).exp())).ln()
}

fn each(values: &mut [f64], change: impl Fn(f64) -> f64) {
    for value in values {
        *value = change(*value);
    }
}

fn level(values: &mut [f64], middle: f64) -> bool {
    each(values, |v| if v.is_nan() { v } else { middle });
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalised(values: &[f64], how: Normalisation, ddof: u8) -> Vec<f64> {
        let mut values = values.to_vec();
        normalise(&mut values, how, ddof);
        values.iter().map(|v| (v * 1e4).round() / 1e4).collect()
    }

    const FIVE: [f64; 5] = [10.0, 20.0, 30.0, 40.0, 100.0];

    #[test]
    fn the_worked_example() {
        assert_eq!(normalised(&FIVE, Normalisation::Z, 0), [-0.9487, -0.6325, -0.3162, 0.0, 1.8974]);
        assert_eq!(normalised(&FIVE, Normalisation::Z, 1), [-0.8485, -0.5657, -0.2828, 0.0, 1.6971]);
        assert_eq!(normalised(&FIVE, Normalisation::MinMax, 0), [0.0, 0.1111, 0.2222, 0.3333, 1.0]);
        let exponential = normalised(&FIVE, Normalisation::ImdExponential, 0);
        assert_eq!(exponential, [100.0, 35.8568, 20.6327, 11.5515, 5.058]);
        assert_eq!(normalised(&FIVE, Normalisation::Percentile, 0), [10.0, 30.0, 50.0, 70.0, 90.0]);
    }

    #[test]
    fn the_exponential_at_a_tenth_and_a_half() {
        for (r, x) in [(1.0, 100.0), (0.9, 50.426_654_274_244), (0.5, 15.646_790_072_602_894)] {
            assert!((imd_exponential(r) - x).abs() < 1e-9, "{r}: {}", imd_exponential(r));
        }
    }

    #[test]
    fn missing_values_stay_missing_and_change_nothing() {
        for how in Normalisation::ALL {
            let with = normalised(&[10.0, f64::NAN, 20.0, 30.0, 40.0, 100.0], how, 0);
            assert!(with[1].is_nan());
            let without: Vec<f64> = with.into_iter().filter(|v| !v.is_nan()).collect();
            assert_eq!(without, normalised(&FIVE, how, 0));
        }
    }

    #[test]
    fn equal_values_are_level() {
        for how in Normalisation::ALL {
            let found = normalised(&[3.1, 3.1, 3.1], how, 0);
            assert!(found.iter().all(|v| *v == found[0] && v.is_finite()), "{how:?}: {found:?}");
        }
        assert_eq!(ranks(&[2.0, 1.0, 2.0, 5.0]), [2.5, 1.0, 2.5, 4.0]);
        assert!(!normalise(&mut [f64::NAN, f64::NAN], Normalisation::Z, 0));
    }
}
