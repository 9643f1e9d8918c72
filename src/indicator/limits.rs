//! Confidence limits of counts, rates and proportions, as public-health statistics makes them.
//!
//! Formulas: Public Health England, *Technical guide: Confidence intervals* (2018), and APHO technical briefing 3.

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

/// A lower and an upper limit.
pub type Limits = (f64, f64);

/// The standard normal quantile that leaves `1 - confidence` in both tails together: 1.95996 for 0.95.
pub fn z_of(confidence: f64) -> f64 {
    Normal::standard().inverse_cdf(f64::midpoint(1.0, confidence))
}

/// Below this count Byar's approximation is not close enough, and exact limits are used.
const BYAR_FROM: f64 = 10.0;

/// Limits of a count of independent events: exact (Poisson, by the chi-squared distribution) below ten, Byar's
/// approximation from there on. `None` for a count that is negative or not finite.
pub fn of_count(count: f64, confidence: f64) -> Option<Limits> {
    if !(count.is_finite() && count >= 0.0) {
        return None;
    }
    Some(if count < BYAR_FROM { exact(count, confidence) } else { byar(count, confidence) })
}

/// Byar's approximation: O (1 - 1/(9O) - z/(3 sqrt O))^3, and with O + 1 and + z.
pub fn byar(count: f64, confidence: f64) -> Limits {
    let z = z_of(confidence);
    let side = |o: f64, z: f64| o * (1.0 - 1.0 / (9.0 * o) + z / (3.0 * o.sqrt())).powi(3);
    (if count > 0.0 { side(count, -z) } else { 0.0 }, side(count + 1.0, z))
}

/// Exact Poisson limits: half the chi-squared quantiles on 2O and 2O + 2 degrees of freedom; the lower limit of 0 is 0.
pub fn exact(count: f64, confidence: f64) -> Limits {
    let tail = (1.0 - confidence) / 2.0;
    let quantile =
        |freedom: f64, p: f64| ChiSquared::new(freedom).map_or(f64::NAN, |d| d.inverse_cdf(p) / 2.0);
    let lower = if count > 0.0 { quantile(2.0 * count, tail) } else { 0.0 };
    (lower, quantile(2.0 * count + 2.0, 1.0 - tail))
}

/// Wilson's score limits of `events` of `trials`, between 0 and 1. `None` when there are no trials or more events
/// than trials.
pub fn wilson(events: f64, trials: f64, confidence: f64) -> Option<Limits> {
    if !(trials.is_finite() && trials > 0.0 && (0.0..=trials).contains(&events)) {
        return None;
    }
    let z = z_of(confidence);
    let q = 1.0 - events / trials;
    let root = z * (z * z + 4.0 * events * q).sqrt();
    let (mid, under) = (2.0 * events + z * z, 2.0 * (trials + z * z));
    let lower = if events == 0.0 { 0.0 } else { (mid - root) / under };
    let upper = if events == trials { 1.0 } else { (mid + root) / under };
    Some((lower, upper))
}

/// One age band of a standardised rate.
#[derive(Clone, Copy, Debug)]
pub struct Band {
    /// Events.
    pub count: f64,
    /// People, or person-years.
    pub population: f64,
    /// People of the standard population.
    pub standard: f64,
}

/// A directly standardised rate per person with Dobson's limits: DSR + sqrt(var / O) (limit of O - O), where
/// `var = sum(w^2 O_i / n_i^2) / (sum w)^2`. No limits below ten events. `None` without people in a band.
pub fn dobson(bands: &[Band], confidence: f64) -> Option<(f64, Option<Limits>)> {
    if bands.is_empty() || bands.iter().any(|b| !(b.population > 0.0 && b.count >= 0.0 && b.standard >= 0.0))
    {
        return None;
    }
    let weight: f64 = bands.iter().map(|b| b.standard).sum();
    let rate = bands.iter().map(|b| b.standard * b.count / b.population).sum::<f64>() / weight;
    let events: f64 = bands.iter().map(|b| b.count).sum();
    if events < BYAR_FROM {
        return Some((rate, None));
    }
    let spread = |b: &Band| (b.standard / b.population).powi(2) * b.count;
    let variance = bands.iter().map(spread).sum::<f64>() / weight.powi(2);
    let (lower, upper) = byar(events, confidence);
    let scale = (variance / events).sqrt();
    Some((rate, Some((rate + scale * (lower - events), rate + scale * (upper - events)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: Limits, wanted: Limits, digits: f64) {
        assert!(
            (found.0 - wanted.0).abs() < digits && (found.1 - wanted.1).abs() < digits,
            "{found:?} {wanted:?}"
        );
    }

    #[test]
    fn byar_and_exact_as_published() {
        near(byar(65.0, 0.95), (50.163_188, 82.849_139), 5e-7);
        near(byar(1045.0, 0.95), (982.593_202, 1_110.331_213), 5e-7);
        near(byar(10.0, 0.998), (2.916_318, 24.193_725), 5e-7);
        near(byar(65.0, 0.998), (42.880_261, 94.000_291), 5e-7);
        near(exact(5.0, 0.95), (1.623_486, 11.668_332), 5e-7);
        near(exact(1.0, 0.95), (0.025_318, 5.571_643), 5e-7);
        near(exact(0.0, 0.95), (0.0, 3.688_879), 5e-7);
        assert_eq!(of_count(5.0, 0.95), Some(exact(5.0, 0.95)));
        assert_eq!(of_count(-1.0, 0.95), None);
    }

    #[test]
    fn wilson_as_published() {
        near(wilson(65.0, 100.0, 0.95).unwrap(), (0.552_544, 0.736_358), 5e-7);
        near(wilson(1.0, 100.0, 0.95).unwrap(), (0.001_767, 0.054_486), 5e-7);
        near(wilson(20.0, 100.0, 0.998).unwrap(), (0.105_192, 0.347_111), 5e-7);
        near(wilson(9856.0, 12345.0, 0.95).unwrap(), (0.791_21, 0.805_364), 5e-7);
        near(wilson(0.0, 20.0, 0.95).unwrap(), (0.0, 0.161_125), 5e-6);
        assert_eq!(wilson(21.0, 20.0, 0.95), None);
        assert_eq!(wilson(0.0, 0.0, 0.95), None);
    }

    #[test]
    fn dobson_as_published() {
        let counts = [127, 25, 18, 21, 12, 27, 48, 27, 29, 32, 32, 34, 45, 65, 38, 68, 74, 82, 91];
        let people =
            [636, 558, 609, 543, 384, 594, 669, 843, 660, 576, 606, 522, 426, 273, 300, 288, 153, 123, 207];
        // The European standard population of 2013.
        let standard = [
            5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000,
            2500, 1500, 1000,
        ];
        let bands: Vec<Band> = (0..19)
            .map(|i| Band {
                count: f64::from(counts[i]),
                population: f64::from(people[i]),
                standard: f64::from(standard[i]),
            })
            .collect();
        let (rate, limits) = dobson(&bands, 0.95).unwrap();
        let (lower, upper) = limits.unwrap();
        assert!((rate * 1e5 - 10_430.247_991_469_425).abs() < 1e-8, "{rate}");
        near((lower * 1e5, upper * 1e5), (9_717.709_067_985_686, 11_178.940_915_479_254), 1e-6);
    }

    #[test]
    fn few_events_have_a_standardised_rate_without_limits() {
        let band = Band { count: 9.0, population: 1000.0, standard: 1.0 };
        assert_eq!(dobson(&[band], 0.95), Some((0.009, None)));
        assert_eq!(dobson(&[Band { population: 0.0, ..band }], 0.95), None);
    }
}
