//! Confidence limits of counts over denominators, where a publisher gives none.

use crate::area::{Indicator, IndicatorKind, Observation};

/// The normal deviate of 95 % limits.
const Z: f64 = 1.959_963_984_540_054;

/// An observation with 95 % limits, where it has none and its count and denominator allow them: Wilson's score limits
/// for a proportion, Byar's approximation of the Poisson limits for a rate (both as in *Technical Guide: Confidence
/// Intervals*, Public Health England 2018). Means, medians and counts stay without.
#[must_use]
pub fn with_limits(observation: &Observation, indicator: &Indicator) -> Observation {
    let mut known = observation.clone();
    if known.lower.is_some() || known.upper.is_some() || known.value.is_none() {
        return known;
    }
    let (Some(count), Some(denominator)) = (known.count, known.denominator) else { return known };
    if count < 0.0 || denominator <= 0.0 {
        return known;
    }
    let limits = match indicator.kind {
        IndicatorKind::Proportion if count <= denominator => Some(wilson(count, denominator)),
        IndicatorKind::Rate => Some(byar(count).map(|limit| limit / denominator)),
        _ => None,
    };
    if let Some([lower, upper]) = limits {
        known.lower = Some(lower * indicator.multiplier);
        known.upper = Some(upper * indicator.multiplier);
    }
    known
}

/// Limits of a share: Wilson 1927.
fn wilson(count: f64, denominator: f64) -> [f64; 2] {
    let (p, z2) = (count / denominator, Z * Z);
    let spread = Z * (z2 + 4.0 * count * (1.0 - p)).sqrt();
    let under = 2.0 * (denominator + z2);
    [(2.0 * count + z2 - spread) / under, (2.0 * count + z2 + spread) / under]
}

/// Limits of a Poisson count: Byar's approximation (Breslow and Day 1987).
fn byar(count: f64) -> [f64; 2] {
    let limit = |o: f64, z: f64| o * (1.0 - 1.0 / (9.0 * o) + z / (3.0 * o.sqrt())).powi(3);
    let lower = if count > 0.0 { limit(count, -Z) } else { 0.0 };
    [lower.max(0.0), limit(count + 1.0, Z)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 65 of 100 and 65 cases: values of the guide's own worked tables, to their digits.
    #[test]
    fn limits_are_those_of_the_formulas() {
        let [lower, upper] = wilson(65.0, 100.0);
        assert!((lower - 0.5525).abs() < 1e-4 && (upper - 0.7364).abs() < 1e-4, "{lower} {upper}");
        let [lower, upper] = byar(65.0);
        assert!((lower - 50.16).abs() < 0.02 && (upper - 82.85).abs() < 0.02, "{lower} {upper}");
        let [lower, upper] = byar(0.0);
        assert!(lower == 0.0 && (upper - 3.69).abs() < 0.05, "{upper}");
    }
}
