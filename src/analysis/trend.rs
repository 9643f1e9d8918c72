//! Recent trend: whether the last five years rise or fall by more than chance, as Fingertips tells it.
//!
//! A line through five yearly points, weighted by how sure each is. It counts as a trend when a chi-squared test of its
//! slope passes at 99.8 % and the slope keeps its sign whichever point is left out.

use std::cmp::Ordering;

use serde::Serialize;
use utoipa::ToSchema;

use super::line::Line;
use crate::area::{Indicator, IndicatorKind, Observation, Period, PeriodKind};

/// How many points a trend is told from.
pub const POINTS: usize = 5;

/// Chi-squared with one degree of freedom, at 99.8 %.
pub const THRESHOLD: f64 = 9.549_535_706_083_24;

/// Limits are this many standard errors apart; Fingertips' own rounding.
const WIDTH_OF_LIMITS: f64 = 3.92;

/// Why a trend cannot be calculated. There are no other reasons.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoTrend {
    /// The indicator is neither a proportion nor a rate.
    NotProportionOrRate,
    /// The rate is standardised: only crude rates have a trend told.
    Standardised,
    /// There are fewer than five periods.
    TooFewPeriods,
    /// One of the last five periods is not a single year: the points of overlapping periods are not independent.
    NotSingleYears,
    /// The last five periods do not follow one another year by year.
    NotConsecutive,
    /// The area has no value in one of the last five periods.
    NoValue,
    /// The value of one of the last five periods has no limits, and no count and denominator to make them of.
    NoLimits,
    /// The lower limit of a point is not below its upper limit.
    LimitsWithoutWidth,
    /// The count of a point equals its denominator.
    CountEqualsDenominator,
    /// The count of a point exceeds its denominator, or is below 0.
    CountOutsideDenominator,
    /// There was no event in all five years, so nothing could rise or fall.
    NoEvents,
}

/// Where a value is going.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It rises by more than chance.
    Increasing,
    /// It falls by more than chance.
    Decreasing,
    /// It does neither.
    NoSignificantChange,
}

/// Which form of the test was used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Values weighted by their limits.
    Limits,
    /// Counts of denominators: the chi-squared test for trend in proportions.
    Counts,
}

/// A trend as told.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, ToSchema)]
pub struct Trend {
    /// Where it is going.
    pub direction: Direction,
    /// Change in a year, in the indicator's unit.
    pub slope: f64,
    /// The test statistic, to be compared with 9.5495.
    pub chi2: f64,
    /// Whether the slope keeps its sign whichever point is left out.
    pub steady: bool,
    /// The form of the test.
    pub form: Form,
}

/// Whether the periods, earliest first, are five years one after the other.
pub fn periods_fit(periods: &[Option<Period>]) -> Result<(), NoTrend> {
    let last = periods.len().checked_sub(POINTS).ok_or(NoTrend::TooFewPeriods)?;
    let years: Vec<Period> = periods[last..].iter().flatten().copied().collect();
    let is_year =
        |p: &Period| matches!(p.kind(), PeriodKind::Calendar | PeriodKind::Financial | PeriodKind::Academic);
    // Twelve months from any day are a year too; what matters is that years do not overlap.
    if years.len() < POINTS || !years.iter().all(|p| is_year(p) || p.months() == 12) {
        return Err(NoTrend::NotSingleYears);
    }
    let follows = |pair: &[Period]| pair[0].end().tomorrow().ok() == Some(pair[1].start());
    if !years.windows(2).all(follows) {
        return Err(NoTrend::NotConsecutive);
    }
    Ok(())
}

/// Whether trends are told of an indicator.
pub fn indicator_fits(indicator: &Indicator) -> Result<(), NoTrend> {
    match indicator.kind {
        IndicatorKind::Proportion | IndicatorKind::Rate if indicator.standardised => {
            Err(NoTrend::Standardised)
        }
        IndicatorKind::Proportion | IndicatorKind::Rate => Ok(()),
        _ => Err(NoTrend::NotProportionOrRate),
    }
}

/// The trend of five observations, earliest first, whose periods [`periods_fit`] allows; their limits may have been made
/// of their counts. Proportions with counts are tested by those.
pub fn recent_trend(
    points: &[Observation; POINTS],
    kind: IndicatorKind,
    multiplier: f64,
) -> Result<Trend, NoTrend> {
    if points.iter().any(|p| p.value().is_none()) {
        return Err(NoTrend::NoValue);
    }
    let counted: Option<Vec<(f64, f64)>> = points.iter().map(|p| p.count().zip(p.denominator())).collect();
    if kind == IndicatorKind::Proportion
        && let Some(counts) = counted
    {
        return by_counts(&counts, multiplier);
    }
    let known: Option<Vec<(f64, f64, f64)>> =
        points.iter().map(|p| Some((p.value()?, p.lower()?, p.upper()?))).collect();
    by_limits(&known.ok_or(NoTrend::NoLimits)?)
}

/// The slope of the values on 1, 2, ... 5 with weights (3.92 / (U - L))^2, and chi2 = slope^2 sum w (t - mean t)^2.
pub fn by_limits(points: &[(f64, f64, f64)]) -> Result<Trend, NoTrend> {
    if points.iter().any(|(_, lower, upper)| lower.is_nan() || upper.is_nan() || lower >= upper) {
        return Err(NoTrend::LimitsWithoutWidth);
    }
    let weighted: Vec<(f64, f64, f64)> = points
        .iter()
        .enumerate()
        .map(|(i, (value, lower, upper))| {
            ((i + 1) as f64, *value, (WIDTH_OF_LIMITS / (upper - lower)).powi(2))
        })
        .collect();
    let line = Line::fit(weighted.iter().copied()).ok_or(NoTrend::TooFewPeriods)?;
    let without = |left_out: usize| {
        let rest = weighted.iter().enumerate().filter(move |(i, _)| *i != left_out).map(|(_, p)| *p);
        Line::fit(rest).map_or(0.0, |l| l.slope)
    };
    let chi2 = line.slope.powi(2) * line.spread;
    Ok(told(line.slope, chi2, (0..weighted.len()).map(without), Form::Limits))
}

/// The chi-squared test for trend in proportions: with N all people, X all events, n and x those of a year t,
/// chi2 = N (N sum xt - X sum nt)^2 / (X (N - X) (N sum ntt - (sum nt)^2)); the slope is that of the line through the
/// proportions weighted by n, times the multiplier.
pub fn by_counts(points: &[(f64, f64)], multiplier: f64) -> Result<Trend, NoTrend> {
    for (count, denominator) in points {
        if count == denominator {
            return Err(NoTrend::CountEqualsDenominator);
        }
        if !(0.0..*denominator).contains(count) {
            return Err(NoTrend::CountOutsideDenominator);
        }
    }
    let (all, events) = points.iter().fold((0.0, 0.0), |(n, x), p| (n + p.1, x + p.0));
    if events == 0.0 {
        return Err(NoTrend::NoEvents);
    }
    // N sum xt - X sum nt, and N sum ntt - (sum nt)^2, without one point or with all.
    let parts = |left_out: Option<usize>| {
        let kept = points.iter().enumerate().filter(|(i, _)| Some(*i) != left_out);
        let (mut n, mut x, mut nt, mut xt, mut ntt) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (i, (count, denominator)) in kept {
            let t = (i + 1) as f64;
            n += denominator;
            x += count;
            nt += denominator * t;
            xt += count * t;
            ntt += denominator * t * t;
        }
        (n * xt - x * nt, n * ntt - nt * nt)
    };
    let (rise, run) = parts(None);
    let chi2 = all * rise.powi(2) / (events * (all - events) * run);
    let without = (0..points.len()).map(|i| {
        let (rise, run) = parts(Some(i));
        rise / run
    });
    Ok(told(multiplier * rise / run, chi2, without, Form::Counts))
}

fn told(slope: f64, chi2: f64, mut without_each: impl Iterator<Item = f64>, form: Form) -> Trend {
    let sign = |slope: f64| slope.partial_cmp(&0.0);
    let steady = slope != 0.0 && without_each.all(|s| sign(s) == sign(slope));
    let direction = match sign(slope) {
        Some(Ordering::Greater) if steady && chi2 > THRESHOLD => Direction::Increasing,
        Some(Ordering::Less) if steady && chi2 > THRESHOLD => Direction::Decreasing,
        _ => Direction::NoSignificantChange,
    };
    Trend { direction, slope, chi2, steady, form }
}

#[cfg(test)]
mod tests;
