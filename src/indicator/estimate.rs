//! How sure a value is at any confidence: from its count and denominator where they are known, else from its 95 % limits.

use serde::Serialize;
use utoipa::ToSchema;

use super::limits::{self, Limits, z_of};
use crate::area::{Indicator, IndicatorKind, Observation};

/// The confidence of the limits that publishers give.
pub const PUBLISHED_CONFIDENCE: f64 = 0.95;

/// Why nothing can be said of how sure a value is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoEstimate {
    /// There is no value.
    NoValue,
    /// There are no limits, and no count and denominator to make them of.
    NoLimits,
    /// The lower limit is above the upper one.
    LimitsReversed,
}

/// What limits at a confidence other than the publisher's are made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The count and the denominator: Wilson's limits for a proportion; Byar's, below ten events exact ones, for a rate.
    CountAndDenominator,
    /// The 95 % limits, each moved away from the value by the ratio of normal deviates: on the logarithm for rates,
    /// on the logit for proportions, as it stands for everything else and where a limit lies on an end of the scale.
    PublishedLimits,
}

/// On which scale limits are taken to lie evenly around a value.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Scale {
    Plain,
    Log,
    /// Logit of the value over this whole.
    Logit(f64),
}

impl Scale {
    fn of(indicator: &Indicator, lower: f64, value: f64, upper: f64) -> Scale {
        let whole = indicator.multiplier;
        match indicator.kind {
            IndicatorKind::Rate | IndicatorKind::Count if lower > 0.0 && value > 0.0 => Scale::Log,
            IndicatorKind::Proportion if lower > 0.0 && value > 0.0 && value < whole && upper < whole => {
                Scale::Logit(whole)
            }
            _ => Scale::Plain,
        }
    }

    /// The place of a number on the scale; beyond its ends, infinitely far.
    fn place(self, x: f64) -> f64 {
        match self {
            Scale::Plain => x,
            Scale::Log | Scale::Logit(_) if x <= 0.0 => f64::NEG_INFINITY,
            Scale::Log => x.ln(),
            Scale::Logit(whole) if x >= whole => f64::INFINITY,
            Scale::Logit(whole) => (x / (whole - x)).ln(),
        }
    }

    fn number(self, place: f64) -> f64 {
        match self {
            Scale::Plain => place,
            Scale::Log => place.exp(),
            Scale::Logit(whole) => whole / (1.0 + (-place).exp()),
        }
    }
}

/// A value with what is known of how sure it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// The value, in the indicator's unit.
    pub value: f64,
    /// 95 % limits: those published, else those of the count and denominator.
    pub limits: Limits,
    /// What other limits are made of.
    pub basis: Basis,
    /// Count, denominator, multiplier and kind, where limits are made of them.
    counted: Option<(f64, f64, f64, IndicatorKind)>,
    scale: Scale,
}

impl Estimate {
    /// Reads an observation. A count and a denominator that do not make the value (to half its last digit shown, or one
    /// part in a thousand) are of something else, and are left aside.
    pub fn of(observation: &Observation, indicator: &Indicator) -> Result<Estimate, NoEstimate> {
        let value = observation.value().filter(|v| v.is_finite()).ok_or(NoEstimate::NoValue)?;
        let counted = counted(observation, indicator, value);
        let made = counted.and_then(|_| limits::of_observation(observation, indicator, PUBLISHED_CONFIDENCE));
        let (lower, upper) =
            observation.lower().zip(observation.upper()).or(made).ok_or(NoEstimate::NoLimits)?;
        if lower.is_nan() || upper.is_nan() {
            return Err(NoEstimate::NoLimits);
        }
        if lower > upper {
            return Err(NoEstimate::LimitsReversed);
        }
        Ok(Estimate {
            value,
            limits: (lower, upper),
            basis: if made.is_some() { Basis::CountAndDenominator } else { Basis::PublishedLimits },
            counted: counted.filter(|_| made.is_some()),
            scale: Scale::of(indicator, lower, value, upper),
        })
    }

    /// The limits at a confidence. `None` where they would have to be made of published ones that do not hold the value.
    pub fn limits_at(&self, confidence: f64) -> Option<Limits> {
        if confidence == PUBLISHED_CONFIDENCE {
            return Some(self.limits);
        }
        if let Some((count, denominator, multiplier, kind)) = self.counted {
            let (limits, scale) = match kind {
                IndicatorKind::Proportion => (limits::wilson(count, denominator, confidence)?, multiplier),
                _ => (limits::of_count(count, confidence)?, multiplier / denominator),
            };
            return Some((limits.0 * scale, limits.1 * scale));
        }
        let ratio = z_of(confidence) / z_of(PUBLISHED_CONFIDENCE);
        let at = self.scale.place(self.value);
        let (below, above) = self.reach()?;
        Some((self.scale.number(at - ratio * below), self.scale.number(at + ratio * above)))
    }

    /// How far the 95 % limits reach below and above the value, on the scale.
    fn reach(&self) -> Option<(f64, f64)> {
        let at = self.scale.place(self.value);
        let below = at - self.scale.place(self.limits.0);
        let above = self.scale.place(self.limits.1) - at;
        (below >= 0.0 && above >= 0.0).then_some((below, above))
    }

    /// The probability, in both tails, of a value as far from `benchmark`: that at which the limits would reach it.
    pub fn p_against(&self, benchmark: f64) -> Option<f64> {
        if let Some((count, denominator, multiplier, kind)) = self.counted {
            return match kind {
                IndicatorKind::Proportion => limits::p_of_share(count, denominator, benchmark / multiplier),
                _ => limits::p_of_count(count, benchmark * denominator / multiplier),
            };
        }
        let (below, above) = self.reach()?;
        let distance = self.scale.place(benchmark) - self.scale.place(self.value);
        let reach = if distance < 0.0 { below } else { above };
        if distance == 0.0 {
            return Some(1.0);
        }
        Some(if reach > 0.0 { limits::p_of_z(z_of(PUBLISHED_CONFIDENCE) * distance / reach) } else { 0.0 })
    }

    /// The standard error, taking the 95 % limits to be 3.92 of them apart.
    pub fn standard_error(&self) -> f64 {
        (self.limits.1 - self.limits.0) / (2.0 * z_of(PUBLISHED_CONFIDENCE))
    }
}

/// The count, denominator, multiplier and kind, where they make the value and limits can be made of them.
fn counted(
    observation: &Observation,
    indicator: &Indicator,
    value: f64,
) -> Option<(f64, f64, f64, IndicatorKind)> {
    let (count, denominator) = (observation.count()?, observation.denominator()?);
    let fits = matches!(indicator.kind, IndicatorKind::Proportion | IndicatorKind::Rate);
    if !fits || indicator.standardised || denominator.is_nan() || denominator <= 0.0 {
        return None;
    }
    let made = indicator.multiplier * count / denominator;
    let shown = 0.5 * 10f64.powi(-i32::from(indicator.decimals));
    let agrees = (made - value).abs() <= shown.max(value.abs() * 1e-3);
    agrees.then_some((count, denominator, indicator.multiplier, indicator.kind))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::area::Polarity;

    /// An indicator of proportions in per cent, for tests to change.
    pub fn indicator() -> Indicator {
        Indicator {
            id: "things".parse().unwrap(),
            title: String::new(),
            unit: "%".to_owned(),
            kind: IndicatorKind::Proportion,
            polarity: Polarity::LowIsGood,
            multiplier: 100.0,
            decimals: 1,
            capital: None,
            horizon: None,
            source: String::new(),
            licence: String::new(),
            description: String::new(),
            standardised: false,
        }
    }

    fn observed(value: f64, limits: Option<Limits>, counts: Option<(f64, f64)>) -> Observation {
        Observation::of(value)
            .between(limits.map(|l| l.0), limits.map(|l| l.1))
            .counted(counts.map(|c| c.0), counts.map(|c| c.1))
    }

    #[test]
    fn counts_give_limits_at_any_confidence() {
        let estimate = Estimate::of(&observed(20.0, None, Some((20.0, 100.0))), &indicator()).unwrap();
        let (lower, upper) = estimate.limits_at(0.998).unwrap();
        assert!((lower - 10.5192).abs() < 1e-4 && (upper - 34.7111).abs() < 1e-4, "{lower} {upper}");
        assert_eq!(estimate.basis, Basis::CountAndDenominator);
        let p = estimate.p_against(upper).unwrap();
        assert!((p - 0.002).abs() < 1e-9, "{p}");
    }

    #[test]
    fn published_limits_go_before_made_ones_and_widen_where_there_are_no_counts() {
        let given =
            Estimate::of(&observed(20.0, Some((13.0, 29.0)), Some((20.0, 100.0))), &indicator()).unwrap();
        assert_eq!(given.limits_at(0.95), Some((13.0, 29.0)));
        // Widened on the logit, the limits of 20 in 100 come close to those worked from the counts.
        let (l, u) = limits::wilson(20.0, 100.0, 0.95).unwrap();
        let widened =
            Estimate::of(&observed(20.0, Some((100.0 * l, 100.0 * u)), None), &indicator()).unwrap();
        let (lower, upper) = widened.limits_at(0.998).unwrap();
        assert!((lower - 10.5192).abs() < 0.4 && (upper - 34.7111).abs() < 0.4, "{lower} {upper}");
        assert_eq!(widened.basis, Basis::PublishedLimits);
        assert!((widened.p_against(upper).unwrap() - 0.002).abs() < 1e-9);
        assert!((widened.p_against(100.0 * l).unwrap() - 0.05).abs() < 1e-9);
        assert_eq!((widened.p_against(0.0), widened.p_against(20.0)), (Some(0.0), Some(1.0)));
        // A mean is widened as it stands: 60.7 (60.5 to 60.9) by 3.0902 / 1.96.
        let mean = Indicator { kind: IndicatorKind::Index, ..indicator() };
        let level = Estimate::of(&observed(60.7, Some((60.5, 60.9)), None), &mean).unwrap();
        let (lower, upper) = level.limits_at(0.998).unwrap();
        assert!((lower - 60.384_67).abs() < 1e-5 && (upper - 61.015_33).abs() < 1e-5, "{lower} {upper}");
        assert!((level.standard_error() - 0.4 / 3.919_928).abs() < 1e-6);
    }

    #[test]
    fn counts_of_something_else_are_left_aside() {
        let other = Estimate::of(&observed(20.0, Some((13.0, 29.0)), Some((90.0, 100.0))), &indicator());
        assert_eq!(other.unwrap().basis, Basis::PublishedLimits);
        let alone = Estimate::of(&observed(20.0, None, Some((90.0, 100.0))), &indicator());
        assert_eq!(alone, Err(NoEstimate::NoLimits));
    }

    #[test]
    fn what_cannot_be_said_says_why() {
        let about = indicator();
        assert_eq!(Estimate::of(&Observation::default(), &about), Err(NoEstimate::NoValue));
        assert_eq!(Estimate::of(&observed(1.0, None, None), &about), Err(NoEstimate::NoLimits));
        assert_eq!(Estimate::of(&observed(1.0, None, Some((1.0, 0.0))), &about), Err(NoEstimate::NoLimits));
        assert_eq!(
            Estimate::of(&observed(5.0, Some((6.0, 4.0)), None), &about),
            Err(NoEstimate::LimitsReversed)
        );
        // Equal limits say that there is no doubt.
        let certain = Estimate::of(&observed(5.0, Some((5.0, 5.0)), None), &about).unwrap();
        assert_eq!((certain.p_against(5.0), certain.p_against(5.1)), (Some(1.0), Some(0.0)));
        let outside = Estimate::of(&observed(9.0, Some((4.0, 6.0)), None), &about).unwrap();
        assert_eq!((outside.limits_at(0.95), outside.limits_at(0.998)), (Some((4.0, 6.0)), None));
    }
}
