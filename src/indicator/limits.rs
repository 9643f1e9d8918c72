//! Confidence limits of counts, rates and proportions, as public-health statistics makes them.
//!
//! Formulas: Public Health England, *Technical guide: Confidence intervals* (2018), and APHO technical briefing 3.

use std::sync::LazyLock;

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

use crate::area::{Indicator, IndicatorKind, Observation};

/// A lower and an upper limit.
pub type Limits = (f64, f64);

/// The confidence of nearly all limits.
const USUAL: f64 = 0.95;

/// Its quantile, which takes longer to find than a limit.
static USUAL_Z: LazyLock<f64> = LazyLock::new(|| quantile(USUAL));

/// The standard normal quantile that leaves `1 - confidence` in both tails together: 1.95996 for 0.95.
pub fn z_of(confidence: f64) -> f64 {
    if confidence.to_bits() == USUAL.to_bits() { *USUAL_Z } else { quantile(confidence) }
}

fn quantile(confidence: f64) -> f64 {
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
    static USUAL_LIMITS: LazyLock<[Limits; BYAR_FROM as usize]> =
        LazyLock::new(|| std::array::from_fn(|count| exact_anew(count as f64, USUAL)));
    // Quantiles are found by trial, and maps of small areas ask for the same few of them ten thousand times.
    let is_usual = confidence == USUAL && count.fract() == 0.0 && (0.0..BYAR_FROM).contains(&count);
    if is_usual { USUAL_LIMITS[count as usize] } else { exact_anew(count, confidence) }
}

fn exact_anew(count: f64, confidence: f64) -> Limits {
    let tail = (1.0 - confidence) / 2.0;
    let quantile =
        |freedom: f64, p: f64| ChiSquared::new(freedom).map_or(f64::NAN, |d| d.inverse_cdf(p) / 2.0);
    let lower = if count > 0.0 { quantile(2.0 * count, tail) } else { 0.0 };
    (lower, quantile(2.0 * count + 2.0, 1.0 - tail))
}

/// Wilson's score limits of `events` of `trials`, between 0 and 1. `None` when there are no trials or more events
/// than trials.
pub fn wilson(events: f64, trials: f64, confidence: f64) -> Option<Limits> {
    wilson_at(events, trials, z_of(confidence))
}

/// [`wilson`]'s limits at a normal deviate, for those who round theirs.
pub fn wilson_at(events: f64, trials: f64, z: f64) -> Option<Limits> {
    if !(trials.is_finite() && trials > 0.0 && (0.0..=trials).contains(&events)) {
        return None;
    }
    let q = 1.0 - events / trials;
    let root = z * (z * z + 4.0 * events * q).sqrt();
    let (mid, under) = (2.0 * events + z * z, 2.0 * (trials + z * z));
    let lower = if events == 0.0 { 0.0 } else { (mid - root) / under };
    let upper = if events == trials { 1.0 } else { (mid + root) / under };
    Some((lower, upper))
}

/// The probability, in both tails together, of a standard normal deviate as far from 0 as `z`.
pub fn p_of_z(z: f64) -> f64 {
    2.0 * Normal::standard().sf(z.abs())
}

/// The two-sided probability of a count of events as far from what is expected: that at which the limits of
/// [`of_count`] reach the expected number, so the two never disagree. `None` where there are no limits or nothing that
/// could be expected.
pub fn p_of_count(count: f64, expected: f64) -> Option<f64> {
    if !(count.is_finite() && count >= 0.0 && expected.is_finite() && expected >= 0.0) {
        return None;
    }
    if expected == 0.0 {
        return Some(if count == 0.0 { 1.0 } else { 0.0 });
    }
    if count < BYAR_FROM {
        let tail = |freedom: f64, upper: bool| {
            let spread = ChiSquared::new(freedom).ok()?;
            Some(if upper { spread.sf(2.0 * expected) } else { spread.cdf(2.0 * expected) })
        };
        let at_least = if count > 0.0 { tail(2.0 * count, false)? } else { 1.0 };
        let at_most = tail(2.0 * count + 2.0, true)?;
        return Some((2.0 * at_least.min(at_most)).min(1.0));
    }
    // Byar's limits solved for z. Between the two limits at z = 0 the limits meet, and nothing is unlikely.
    let z_below = 3.0 * count.sqrt() * (1.0 - 1.0 / (9.0 * count) - (expected / count).cbrt());
    let over = count + 1.0;
    let z_above = 3.0 * over.sqrt() * ((expected / over).cbrt() - 1.0 + 1.0 / (9.0 * over));
    Some(p_of_z(z_below.max(z_above).max(0.0)))
}

/// The two-sided probability of a share of trials as far from the share expected: the score test, which is how
/// [`wilson`]'s limits are made, so the two never disagree. `None` where there are no limits or the expected share is none.
pub fn p_of_share(events: f64, trials: f64, expected: f64) -> Option<f64> {
    let has_limits = trials.is_finite() && trials > 0.0 && (0.0..=trials).contains(&events);
    if !(has_limits && (0.0..=1.0).contains(&expected)) {
        return None;
    }
    let (difference, variance) = (events / trials - expected, expected * (1.0 - expected) / trials);
    if difference == 0.0 {
        return Some(1.0);
    }
    Some(if variance > 0.0 { p_of_z(difference / variance.sqrt()) } else { 0.0 })
}

/// An observation with 95 % limits, where it has none and its count and denominator allow them: [`wilson`]'s for a
/// proportion, those of [`of_count`] for a rate. Means, medians, counts and standardised figures stay without.
#[must_use]
pub fn with_limits(observation: &Observation, indicator: &Indicator) -> Observation {
    if observation.lower().is_none()
        && observation.upper().is_none()
        && observation.value().is_some()
        && let Some((lower, upper)) = of_observation(observation, indicator, USUAL)
    {
        return observation.between(lower, upper);
    }
    *observation
}

/// The limits that an observation's count and denominator give, in the indicator's unit; `None` where they are not
/// known or make no such limits.
pub fn of_observation(observation: &Observation, indicator: &Indicator, confidence: f64) -> Option<Limits> {
    let (count, denominator) = (observation.count()?, observation.denominator()?);
    if indicator.standardised || denominator <= 0.0 {
        return None;
    }
    let (limits, scale) = match indicator.kind {
        IndicatorKind::Proportion => (wilson(count, denominator, confidence)?, indicator.multiplier),
        IndicatorKind::Rate => (of_count(count, confidence)?, indicator.multiplier / denominator),
        _ => return None,
    };
    Some((limits.0 * scale, limits.1 * scale))
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

    /// 65 of 100 and 65 cases, with the limits that are theirs and not others'.
    #[test]
    fn an_observation_without_limits_gets_those_of_its_kind() {
        let indicator = |kind| Indicator { kind, ..super::super::estimate::tests::indicator() };
        let known = Observation::of(65.0).counted(65.0, 100.0);
        let share = with_limits(&known, &indicator(IndicatorKind::Proportion));
        near((share.lower().unwrap(), share.upper().unwrap()), (55.2544, 73.6358), 1e-4);
        let rate = with_limits(&known, &indicator(IndicatorKind::Rate));
        near((rate.lower().unwrap(), rate.upper().unwrap()), (50.163_188, 82.849_139), 5e-7);
        let standardised = Indicator { standardised: true, ..indicator(IndicatorKind::Rate) };
        for about in [indicator(IndicatorKind::Mean), indicator(IndicatorKind::Count), standardised] {
            assert_eq!(with_limits(&known, &about), known);
        }
        let given = known.between(1.0, 99.0);
        assert_eq!(with_limits(&given, &indicator(IndicatorKind::Rate)), given);
    }

    /// At the probability 1 - confidence a limit is reached: the tests are the limits turned round.
    #[test]
    fn probabilities_are_limits_turned_round() {
        for confidence in [0.5, 0.95, 0.998] {
            for count in [0.0, 1.0, 9.0, 10.0, 65.0, 1045.0] {
                let (lower, upper) = of_count(count, confidence).unwrap();
                for limit in [lower, upper] {
                    if limit > 0.0 {
                        let p = p_of_count(count, limit).unwrap();
                        assert!((p - (1.0 - confidence)).abs() < 1e-9, "{count} {limit} {p}");
                    }
                }
            }
            for (events, trials) in [(1.0, 100.0), (65.0, 100.0), (9856.0, 12345.0)] {
                let (lower, upper) = wilson(events, trials, confidence).unwrap();
                for limit in [lower, upper] {
                    let p = p_of_share(events, trials, limit).unwrap();
                    assert!((p - (1.0 - confidence)).abs() < 1e-9, "{events} {limit} {p}");
                }
            }
        }
        assert_eq!((p_of_count(0.0, 0.0), p_of_count(3.0, 0.0)), (Some(1.0), Some(0.0)));
        assert_eq!((p_of_count(-1.0, 2.0), p_of_count(1.0, f64::NAN)), (None, None));
        assert_eq!((p_of_share(3.0, 2.0, 0.5), p_of_share(1.0, 2.0, 1.5)), (None, None));
        assert_eq!((p_of_share(2.0, 2.0, 1.0), p_of_share(1.0, 2.0, 1.0)), (Some(1.0), Some(0.0)));
        assert_eq!(p_of_count(20.0, 20.0), Some(1.0));
    }
}
