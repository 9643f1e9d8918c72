//! The slope and the relative index of inequality: how much worse it is at one end of a ranking than at the other, by all
//! groups between.
//!
//! As the Public Health England methods have it: groups in order of rank, each at the midpoint of its share of the
//! people; a line through their values, weighted by those shares; limits by simulation.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;
use utoipa::ToSchema;

use super::line::Line;

/// The fewest groups through which a slope means anything.
pub const FEWEST_GROUPS: usize = 5;
/// The most groups: beyond, they are too small to have errors worth simulating.
pub const MOST_GROUPS: usize = 100;

/// One group, in order of rank.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Group {
    /// The value.
    pub value: f64,
    /// How many people it has: above 0.
    pub people: f64,
    /// 95 % limits, where known.
    pub limits: Option<(f64, f64)>,
}

/// On which scale the line is straight.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Transform {
    /// As the values stand.
    Plain,
    /// The logarithm: for rates.
    Log,
    /// The logit of the value over this whole: for proportions.
    Logit(f64),
}

impl Transform {
    /// The name of the scale.
    pub fn as_str(self) -> &'static str {
        match self {
            Transform::Plain => "none",
            Transform::Log => "log",
            Transform::Logit(_) => "logit",
        }
    }

    fn there(self, value: f64) -> f64 {
        match self {
            Transform::Plain => value,
            Transform::Log => value.ln(),
            Transform::Logit(whole) => (value / (whole - value)).ln(),
        }
    }

    fn back(self, place: f64) -> f64 {
        match self {
            Transform::Plain => place,
            Transform::Log => place.exp(),
            Transform::Logit(whole) => whole / (1.0 + (-place).exp()),
        }
    }
}

/// Why there is no slope.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoSlope {
    /// No ranking indicator was named.
    NoRanking,
    /// Fewer groups than five.
    TooFewGroups,
    /// More groups than a hundred.
    TooManyGroups,
    /// A group has no people.
    NoPeople,
    /// A value lies at or beyond an end of the logarithm or the logit.
    OutsideTransform,
}

/// The two indices.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, ToSchema)]
pub struct Slope {
    /// Slope index: the fitted value at the last rank minus that at the first.
    pub sii: f64,
    /// Relative index: the fitted value at the last rank over that at the first.
    pub rii: f64,
    /// The fitted value at the first rank.
    pub first: f64,
    /// The fitted value at the last rank.
    pub last: f64,
}

/// Limits of both indices.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, ToSchema)]
pub struct SlopeLimits {
    /// Limits of the slope index.
    pub sii: [f64; 2],
    /// Limits of the relative index.
    pub rii: [f64; 2],
}

/// Midpoints of the cumulative shares of the people, and the shares.
pub fn ridits(people: &[f64]) -> Vec<(f64, f64)> {
    let all: f64 = people.iter().sum();
    let mut before = 0.0;
    people
        .iter()
        .map(|n| {
            let share = n / all;
            before += share;
            (before - share / 2.0, share)
        })
        .collect()
}

fn of_line(line: &Line, transform: Transform) -> Slope {
    let (first, last) = (transform.back(line.intercept), transform.back(line.at(1.0)));
    Slope { sii: last - first, rii: last / first, first, last }
}

/// The indices of groups in order of rank.
pub fn slope(groups: &[Group], transform: Transform) -> Result<Slope, NoSlope> {
    let (ranks, values) = prepared(groups, transform)?;
    let points = ranks.iter().zip(&values).map(|(&(rank, share), &y)| (rank, y, share));
    // Five groups with people have five different ranks.
    Line::fit(points).map(|line| of_line(&line, transform)).ok_or(NoSlope::NoPeople)
}

/// Ranks, shares and transformed values.
type Prepared = (Vec<(f64, f64)>, Vec<f64>);

fn prepared(groups: &[Group], transform: Transform) -> Result<Prepared, NoSlope> {
    match groups.len() {
        n if n < FEWEST_GROUPS => return Err(NoSlope::TooFewGroups),
        n if n > MOST_GROUPS => return Err(NoSlope::TooManyGroups),
        _ => {}
    }
    if !groups.iter().all(|g| g.people > 0.0 && g.people.is_finite()) {
        return Err(NoSlope::NoPeople);
    }
    let values: Vec<f64> = groups.iter().map(|g| transform.there(g.value)).collect();
    if values.iter().any(|v| !v.is_finite()) {
        return Err(NoSlope::OutsideTransform);
    }
    Ok((ridits(&groups.iter().map(|g| g.people).collect::<Vec<_>>()), values))
}

/// Limits of the indices by simulation: every group's value is drawn anew from a normal distribution around it, its
/// standard error being the width of its 95 % limits (on the scale of the line) over 3.92, and the middle share
/// `confidence` of the indices so found is kept. The same seed gives the same limits.
///
/// `None` where a group has no limits, or limits at an end of the scale, or there is no slope.
pub fn simulated(
    groups: &[Group],
    transform: Transform,
    confidence: f64,
    draws: usize,
    seed: u64,
) -> Option<SlopeLimits> {
    let (ranks, values) = prepared(groups, transform).ok()?;
    let width = 2.0 * crate::indicator::limits::z_of(0.95);
    let errors: Vec<f64> = groups
        .iter()
        .map(|g| {
            let (lower, upper) = g.limits?;
            let error = (transform.there(upper) - transform.there(lower)) / width;
            (error.is_finite() && error >= 0.0).then_some(error)
        })
        .collect::<Option<_>>()?;
    // The fitted ends are weighted sums of the values, so each draw needs the weights alone.
    let mean: f64 = ranks.iter().map(|(rank, share)| rank * share).sum();
    let spread: f64 = ranks.iter().map(|(rank, share)| share * (rank - mean).powi(2)).sum();
    let slopes: Vec<f64> = ranks.iter().map(|(rank, share)| share * (rank - mean) / spread).collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut siis, mut riis) = (Vec::with_capacity(draws), Vec::with_capacity(draws));
    for _ in 0..draws {
        let (mut slope, mut level) = (0.0, 0.0);
        for i in 0..values.len() {
            let deviate: f64 = StandardNormal.sample(&mut random);
            let y = values[i] + errors[i] * deviate;
            slope += slopes[i] * y;
            level += ranks[i].1 * y;
        }
        let line = Line { intercept: level - slope * mean, slope, spread };
        let drawn = of_line(&line, transform);
        siis.push(drawn.sii);
        riis.push(drawn.rii);
    }
    Some(SlopeLimits { sii: middle(siis, confidence)?, rii: middle(riis, confidence)? })
}

/// The middle share of numbers: quantiles by linear interpolation (type 7).
fn middle(mut numbers: Vec<f64>, share: f64) -> Option<[f64; 2]> {
    numbers.sort_unstable_by(f64::total_cmp);
    let last = numbers.len().checked_sub(1)?;
    let at = |p: f64| {
        let place = p * last as f64;
        let below = place.floor() as usize;
        let above = (below + 1).min(last);
        numbers[below] + (place - below as f64) * (numbers[above] - numbers[below])
    };
    Some([at((1.0 - share) / 2.0), at(f64::midpoint(1.0, share))])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(values: &[f64], people: &[f64], half_width: f64) -> Vec<Group> {
        values
            .iter()
            .zip(people)
            .map(|(&value, &people)| Group {
                value,
                people,
                limits: Some((value - half_width, value + half_width)),
            })
            .collect()
    }

    const FIVE: [f64; 5] = [70.0, 74.0, 76.0, 79.0, 81.0];

    #[test]
    fn equal_fifths() {
        let found = slope(&groups(&FIVE, &[1.0; 5], 1.0), Transform::Plain).unwrap();
        assert!((found.sii - 13.5).abs() < 1e-9 && (found.rii - 1.194_945_848_375_451_4).abs() < 1e-9);
        assert!((found.first - 69.25).abs() < 1e-9 && (found.last - 82.75).abs() < 1e-9);
    }

    #[test]
    fn unequal_shares() {
        let people = [20.0, 10.0, 30.0, 25.0, 15.0];
        let middles: Vec<f64> = ridits(&people).into_iter().map(|(rank, _)| rank).collect();
        for (found, wanted) in middles.iter().zip([0.10, 0.25, 0.45, 0.725, 0.925]) {
            assert!((found - wanted).abs() < 1e-12);
        }
        let found = slope(&groups(&FIVE, &people, 1.0), Transform::Plain).unwrap();
        assert!((found.sii - 12.920_63).abs() < 5e-6 && (found.rii - 1.185_536).abs() < 5e-7, "{found:?}");
    }

    /// The first test case that the Public Health England methods publish: life expectancy by tenths of deprivation.
    #[test]
    fn ten_tenths_as_published() {
        let people = [7291.0, 7997.0, 6105.0, 7666.0, 5790.0, 6934.0, 5918.0, 5974.0, 7147.0, 7534.0];
        let values = [
            75.933_459, 78.344_238, 83.836_063, 83.637_54, 80.465_503, 81.115_676, 81.693_084, 84.190_006,
            80.595_564, 86.289_43,
        ];
        let found = slope(&groups(&values, &people, 1.0), Transform::Plain).unwrap();
        // As published, from values with more digits than are published.
        assert!((found.sii - 6.934_616).abs() < 3e-6, "{found:?}");
        assert!((found.rii - 1.088_818).abs() < 5e-7, "{found:?}");
        // From the digits above, by another least squares.
        assert!((found.sii - 6.934_613_658_074_45).abs() < 1e-9, "{found:?}");
        assert!((found.rii - 1.088_818_043_450_967).abs() < 1e-9, "{found:?}");
    }

    /// Normal errors make a normal slope: its limits are known without simulation.
    #[test]
    fn simulated_limits_are_those_of_the_formula_and_of_their_seed() {
        let people = [20.0, 10.0, 30.0, 25.0, 15.0];
        let five = groups(&FIVE, &people, 1.5);
        let found = simulated(&five, Transform::Plain, 0.95, 100_000, 7).unwrap();
        let ranks = ridits(&people);
        let mean: f64 = ranks.iter().map(|(r, a)| r * a).sum();
        let spread: f64 = ranks.iter().map(|(r, a)| a * (r - mean).powi(2)).sum();
        let variance: f64 =
            ranks.iter().map(|(r, a)| (a * (r - mean) / spread * 3.0 / 3.919_928).powi(2)).sum();
        let (lower, upper) =
            (12.920_63 - 1.959_964 * variance.sqrt(), 12.920_63 + 1.959_964 * variance.sqrt());
        // Monte Carlo error of a 2.5 % quantile at 100,000 draws: 0.0084 standard deviations.
        let error = 4.0 * 0.0084 * variance.sqrt();
        assert!((found.sii[0] - lower).abs() < error && (found.sii[1] - upper).abs() < error, "{found:?}");
        assert_eq!(simulated(&five, Transform::Plain, 0.95, 100_000, 7), Some(found));
        assert_ne!(simulated(&five, Transform::Plain, 0.95, 100_000, 8), Some(found));
        assert!(found.rii[0] < 1.185_536 && 1.185_536 < found.rii[1]);
        let wider = simulated(&five, Transform::Plain, 0.998, 100_000, 7).unwrap();
        assert!(wider.sii[0] < found.sii[0] && wider.sii[1] > found.sii[1]);
    }

    #[test]
    fn rates_and_proportions_are_straight_on_their_own_scales() {
        // Doubling from each fifth to the next is a straight line of logarithms: over the whole ranking, 2^5.
        let rates = groups(&[10.0, 20.0, 40.0, 80.0, 160.0], &[1.0; 5], 1.0);
        let found = slope(&rates, Transform::Log).unwrap();
        assert!((found.rii - 32.0).abs() < 1e-9 && (found.first - 10.0 / 2f64.sqrt()).abs() < 1e-9);
        assert!((found.sii - (320.0 / 2f64.sqrt() - 10.0 / 2f64.sqrt())).abs() < 1e-9);
        // Odds of 1/4, 1/2, 1, 2, 4: per cent of those.
        let odds = [0.25, 0.5, 1.0, 2.0, 4.0].map(|o: f64| 100.0 * o / (1.0 + o));
        let found = slope(&groups(&odds, &[1.0; 5], 1.0), Transform::Logit(100.0)).unwrap();
        let ends = [0.25 / 2f64.sqrt(), 4.0 * 2f64.sqrt()].map(|o| 100.0 * o / (1.0 + o));
        assert!((found.first - ends[0]).abs() < 1e-9 && (found.last - ends[1]).abs() < 1e-9, "{found:?}");
        let limits = simulated(&rates, Transform::Log, 0.95, 2_000, 1).unwrap();
        assert!(limits.rii[0] < 32.0 && limits.rii[1] > 32.0);
    }

    #[test]
    fn what_has_no_slope_says_why() {
        let none = |values: &[f64], people: &[f64], t| slope(&groups(values, people, 1.0), t).unwrap_err();
        assert_eq!(none(&FIVE[..4], &[1.0; 4], Transform::Plain), NoSlope::TooFewGroups);
        assert_eq!(none(&[1.0; 101], &[1.0; 101], Transform::Plain), NoSlope::TooManyGroups);
        assert_eq!(none(&FIVE, &[1.0, 1.0, 0.0, 1.0, 1.0], Transform::Plain), NoSlope::NoPeople);
        assert_eq!(none(&[0.0, 1.0, 2.0, 3.0, 4.0], &[1.0; 5], Transform::Log), NoSlope::OutsideTransform);
        let all = [10.0, 20.0, 30.0, 40.0, 100.0];
        assert_eq!(none(&all, &[1.0; 5], Transform::Logit(100.0)), NoSlope::OutsideTransform);
        let alike = slope(&groups(&[3.0; 5], &[1.0; 5], 1.0), Transform::Plain).unwrap();
        assert!(alike.sii.abs() < 1e-12 && (alike.rii - 1.0).abs() < 1e-12);
        let mut unsure = groups(&FIVE, &[1.0; 5], 1.0);
        unsure[2].limits = None;
        assert_eq!(simulated(&unsure, Transform::Plain, 0.95, 100, 1), None);
    }
}
