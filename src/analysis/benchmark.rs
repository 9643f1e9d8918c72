//! Better, similar or worse than a benchmark, by the methods of Fingertips.

use std::cmp::Ordering;
use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;

use crate::area::Polarity;
use crate::indicator::benchmark::side;
use crate::indicator::estimate::{Estimate, NoEstimate};
use crate::indicator::limits::{Limits, of_count, p_of_count, p_of_z, wilson_at, z_of};

/// The two confidences that Fingertips knows, the wider limits last.
pub const CONFIDENCES: [f64; 2] = [0.95, 0.998];

/// How areas are compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The benchmark against the area's own limits (Fingertips 1; with both confidences 17).
    Limits,
    /// The area's limits against the benchmark's (12): they must not touch.
    DoubleOverlap,
    /// The area's value against Wilson's limits around the benchmark, for the area's denominator (5).
    SpcProportion,
    /// The area's value against Poisson limits of the events that the benchmark's rate would give it (6).
    SpcDsr,
    /// Fifths of the areas by rank (15).
    Quintiles,
    /// Quarters of the areas by rank (16).
    Quartiles,
}

impl Method {
    /// Every method.
    pub const ALL: [Method; 6] = [
        Method::Limits,
        Method::DoubleOverlap,
        Method::SpcProportion,
        Method::SpcDsr,
        Method::Quintiles,
        Method::Quartiles,
    ];

    /// The name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Limits => "limits",
            Method::DoubleOverlap => "double-overlap",
            Method::SpcProportion => "spc-proportion",
            Method::SpcDsr => "spc-dsr",
            Method::Quintiles => "quintiles",
            Method::Quartiles => "quartiles",
        }
    }

    /// Into how many groups of equal size areas are put, where the method does that.
    pub fn groups(self) -> Option<usize> {
        match self {
            Method::Quintiles => Some(5),
            Method::Quartiles => Some(4),
            _ => None,
        }
    }

    /// Whether there is a probability for each area, so that false discoveries can be held down.
    pub fn has_probabilities(self) -> bool {
        matches!(self, Method::Limits | Method::SpcProportion | Method::SpcDsr)
    }
}

impl FromStr for Method {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Method::ALL.map(Method::as_str).join(", ");
        Method::ALL
            .into_iter()
            .find(|m| m.as_str() == text)
            .ok_or_else(|| format!("not a method of comparison: there are {}", known()))
    }
}

/// Why an area is not compared. There are no other reasons.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotCompared {
    /// The area has no value.
    NoValue,
    /// The area's value has no limits, and no count and denominator to make them of.
    NoLimits,
    /// The area's lower limit is above its upper one.
    LimitsReversed,
    /// Limits at 99.8 % would have to be made of published ones that do not hold the value.
    LimitsBesideValue,
    /// What the area would be compared with has no value.
    NoBenchmark,
    /// The benchmark has no limits in order, which this method needs.
    BenchmarkWithoutLimits,
    /// The area's denominator is not known, which this method needs.
    NoDenominator,
    /// The benchmark is no share of the indicator's whole, or below 0.
    BenchmarkOutOfRange,
    /// There are fewer areas with a value than groups to put them in.
    TooFewAreas,
}

impl From<NoEstimate> for NotCompared {
    fn from(why: NoEstimate) -> Self {
        match why {
            NoEstimate::NoValue => NotCompared::NoValue,
            NoEstimate::NoLimits => NotCompared::NoLimits,
            NoEstimate::LimitsReversed => NotCompared::LimitsReversed,
        }
    }
}

/// How an area compares.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Comparison {
    /// On which side of the benchmark the area is; `Equal` when it is similar.
    pub side: Ordering,
    /// The strictest of the confidences asked for at which it is on that side; `None` when it is similar.
    pub confidence: Option<f64>,
    /// The limits gone by, at each of [`CONFIDENCES`].
    pub limits: [Option<Limits>; 2],
    /// The probability of being as far from the benchmark by chance.
    pub p: Option<f64>,
}

/// Goes through the confidences asked for, the widest limits last.
fn strictest(
    confidences: &[f64],
    limits: [Option<Limits>; 2],
    side_of: impl Fn(Limits) -> Option<Ordering>,
    p: Option<f64>,
    lacking: NotCompared,
) -> Result<Comparison, NotCompared> {
    let mut found = Comparison { side: Ordering::Equal, confidence: None, limits, p };
    for (confidence, limits) in CONFIDENCES.into_iter().zip(limits) {
        if !confidences.contains(&confidence) {
            continue;
        }
        let side = side_of(limits.ok_or(lacking)?).ok_or(lacking)?;
        if side != Ordering::Equal {
            found.side = side;
            found.confidence = Some(confidence);
        }
    }
    Ok(found)
}

/// By the area's own limits: similar when they hold the benchmark, ends included.
pub fn by_limits(area: &Estimate, benchmark: f64, confidences: &[f64]) -> Result<Comparison, NotCompared> {
    let limits = CONFIDENCES.map(|c| area.limits_at(c));
    let side_of = |limits| side(limits, benchmark);
    strictest(confidences, limits, side_of, area.p_against(benchmark), NotCompared::LimitsBesideValue)
}

/// By both limits: similar when they touch.
pub fn by_double_overlap(
    area: &Estimate,
    benchmark: &Estimate,
    confidences: &[f64],
) -> Result<Comparison, NotCompared> {
    let limits = CONFIDENCES.map(|c| area.limits_at(c));
    let theirs = CONFIDENCES.map(|c| benchmark.limits_at(c));
    let mut found = Comparison { side: Ordering::Equal, confidence: None, limits, p: None };
    for (i, confidence) in CONFIDENCES.into_iter().enumerate().filter(|(_, c)| confidences.contains(c)) {
        let (lower, upper) = limits[i].ok_or(NotCompared::LimitsBesideValue)?;
        let (low, high) = theirs[i].ok_or(NotCompared::BenchmarkWithoutLimits)?;
        if upper < low || lower > high {
            found.side = if upper < low { Ordering::Less } else { Ordering::Greater };
            found.confidence = Some(confidence);
        }
    }
    Ok(found)
}

/// Where a value lies to limits drawn around the benchmark.
fn beside(value: f64, limits: Limits) -> Option<Ordering> {
    side(limits, value).map(Ordering::reverse)
}

/// The normal deviates of control limits of proportions as Fingertips rounds them, at each of [`CONFIDENCES`].
const ROUNDED_Z: [f64; 2] = [1.96, 3.0902];

/// Control limits around a benchmark share: Wilson's, for a number of trials; in the unit whose whole is `multiplier`. The
/// deviates are Fingertips' own, 1.96 and 3.0902.
pub fn control_limits_of_share(
    benchmark: f64,
    trials: f64,
    multiplier: f64,
    confidence: f64,
) -> Option<Limits> {
    let limits = wilson_at(benchmark / multiplier * trials, trials, rounded_z(confidence))?;
    Some((limits.0 * multiplier, limits.1 * multiplier))
}

fn rounded_z(confidence: f64) -> f64 {
    let known = CONFIDENCES.into_iter().zip(ROUNDED_Z).find(|(c, _)| *c == confidence);
    known.map_or_else(|| z_of(confidence), |(_, z)| z)
}

/// Statistical process control for proportions: similar when the value lies within the limits that chance gives the
/// benchmark among so many trials.
pub fn by_spc_proportion(
    value: f64,
    trials: f64,
    benchmark: f64,
    multiplier: f64,
    confidences: &[f64],
) -> Result<Comparison, NotCompared> {
    if !(trials.is_finite() && trials > 0.0) {
        return Err(NotCompared::NoDenominator);
    }
    let limits = CONFIDENCES.map(|c| control_limits_of_share(benchmark, trials, multiplier, c));
    let (share, expected) = (value / multiplier, benchmark / multiplier);
    // The confidence at which the limits around the benchmark reach the value.
    let (difference, variance) = (share - expected, share * (1.0 - share) / trials);
    let p = if difference == 0.0 {
        Some(1.0)
    } else {
        Some(if variance > 0.0 { p_of_z(difference / variance.sqrt()) } else { 0.0 })
    };
    let side_of = |limits| beside(value, limits);
    strictest(confidences, limits, side_of, p, NotCompared::BenchmarkOutOfRange)
}

/// Control limits around a benchmark rate: the Poisson limits of the events expected among a denominator, as a rate.
pub fn control_limits_of_rate(
    benchmark: f64,
    denominator: f64,
    multiplier: f64,
    confidence: f64,
) -> Option<Limits> {
    let scale = multiplier / denominator;
    let limits = of_count(benchmark / scale, confidence)?;
    Some((limits.0 * scale, limits.1 * scale))
}

/// Statistical process control for rates, also directly standardised ones: similar when the value lies within the limits of
/// the events that the benchmark's rate would give the area's denominator.
pub fn by_spc_rate(
    value: f64,
    denominator: f64,
    benchmark: f64,
    multiplier: f64,
    confidences: &[f64],
) -> Result<Comparison, NotCompared> {
    if !(denominator.is_finite() && denominator > 0.0) {
        return Err(NotCompared::NoDenominator);
    }
    let limits = CONFIDENCES.map(|c| control_limits_of_rate(benchmark, denominator, multiplier, c));
    let p = p_of_count(benchmark * denominator / multiplier, value * denominator / multiplier);
    let side_of = |limits| beside(value, limits);
    strictest(confidences, limits, side_of, p, NotCompared::BenchmarkOutOfRange)
}

/// The group of each area when those with a value are put into `groups` of equal size: 1 for the worst, or for the lowest
/// where neither side is better; equal values share the group of the first of them. `None` without a value, and for all
/// when there are fewer values than groups.
pub fn quantile_groups(values: &[Option<f64>], groups: usize, polarity: Polarity) -> Vec<Option<usize>> {
    let mut ascending: Vec<f64> = values.iter().flatten().copied().collect();
    ascending.sort_unstable_by(f64::total_cmp);
    let of = ascending.len();
    let group = |value: f64| {
        let worse = match polarity {
            Polarity::LowIsGood => of - ascending.partition_point(|v| *v <= value),
            Polarity::HighIsGood | Polarity::Neutral => ascending.partition_point(|v| *v < value),
        };
        worse * groups / of + 1
    };
    values.iter().map(|v| v.filter(|_| of >= groups).map(group)).collect()
}

#[cfg(test)]
mod tests;
