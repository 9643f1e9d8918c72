//! Progress from a baseline: by how much each area changed, and whether those behind catch up.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::line::Line;
use crate::area::Period;
use crate::indicator::estimate::Estimate;
use crate::indicator::limits::{p_of_z, z_of};

/// Whether two periods share a day. Values of such periods are made of some of the same people, so the difference between
/// them cannot be tested as if they were independent.
pub fn overlap(a: Period, b: Period) -> bool {
    a.start() <= b.end() && b.start() <= a.end()
}

/// A difference with 95 % limits and the probability of one as large by chance.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tested {
    /// Lower 95 % limit of the difference.
    pub lower: f64,
    /// Upper 95 % limit.
    pub upper: f64,
    /// Two-sided probability.
    pub p: f64,
}

/// The limits of the difference between two independent estimates: its standard error is sqrt(se1^2 + se2^2), each se
/// being the width of the 95 % limits over 3.92.
pub fn tested(before: &Estimate, after: &Estimate) -> Tested {
    let difference = after.value - before.value;
    let error = before.standard_error().hypot(after.standard_error());
    let reach = z_of(0.95) * error;
    let p = if error > 0.0 {
        p_of_z(difference / error)
    } else if difference == 0.0 {
        1.0
    } else {
        0.0
    };
    Tested { lower: difference - reach, upper: difference + reach, p }
}

/// Beta-convergence: the line of change on baseline.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Convergence {
    /// Change for each unit that the baseline was higher; below 0, those that were low gained on those that were high.
    pub slope: f64,
    /// Lower 95 % limit, by Student's t.
    pub lower: f64,
    /// Upper 95 % limit.
    pub upper: f64,
    /// How many areas the line goes through.
    pub areas: usize,
}

/// The slope of change on baseline over areas, each counting the same; `None` with fewer than three areas or one baseline.
///
/// What was low by chance is higher the next time, so some convergence is seen even where there is none.
pub fn convergence(baseline: &[f64], change: &[f64]) -> Option<Convergence> {
    let points = || baseline.iter().zip(change).map(|(&x, &y)| (x, y, 1.0));
    let areas = points().count();
    let freedom = areas.checked_sub(2).filter(|&f| f > 0)? as f64;
    let line = Line::fit(points())?;
    let residual: f64 = points().map(|(x, y, _)| (y - line.at(x)).powi(2)).sum();
    let error = (residual / freedom / line.spread).sqrt();
    let reach = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(0.975) * error;
    Some(Convergence { slope: line.slope, lower: line.slope - reach, upper: line.slope + reach, areas })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::{Indicator, Observation};

    fn estimate(value: f64, lower: f64, upper: f64) -> Estimate {
        let about: Indicator =
            serde_json::from_str(r#"{"id": "x", "title": "X", "unit": "years", "kind": "index"}"#).unwrap();
        let observation = Observation::of(value).between(lower, upper);
        Estimate::of(&observation, &about).unwrap()
    }

    #[test]
    fn periods_overlap_when_they_share_a_day() {
        let of = |a: &str, b: &str| overlap(a.parse().unwrap(), b.parse().unwrap());
        assert!(of("2017-19", "2019-21") && of("2019-21", "2017-19") && of("2020", "2020"));
        assert!(!of("2017-19", "2022-24") && !of("2019", "2020"));
        assert!(of("2021/22", "2022"), "three months in common");
    }

    /// Limits 1.96 and 2 x 1.96 to each side: standard errors 1 and 2, together the root of 5.
    #[test]
    fn errors_of_a_difference_add_as_squares() {
        let z = 1.959_963_984_540_054;
        let found =
            tested(&estimate(60.0, 60.0 - z, 60.0 + z), &estimate(57.0, 57.0 - 2.0 * z, 57.0 + 2.0 * z));
        let reach = z * 5f64.sqrt();
        assert!((found.lower - (-3.0 - reach)).abs() < 1e-9 && (found.upper - (-3.0 + reach)).abs() < 1e-9);
        // 3 / sqrt 5 = 1.3416 standard errors: 0.1797 in both tails.
        assert!((found.p - 0.179_712).abs() < 1e-6, "{}", found.p);
        let sure = tested(&estimate(1.0, 1.0, 1.0), &estimate(2.0, 2.0, 2.0));
        assert_eq!((sure.lower, sure.upper, sure.p), (1.0, 1.0, 0.0));
        assert_eq!(tested(&estimate(1.0, 1.0, 1.0), &estimate(1.0, 1.0, 1.0)).p, 1.0);
    }

    /// Four areas by hand: slope -0.5 with residuals +-0.5, so its standard error is sqrt(1 / 2 / 5).
    #[test]
    fn those_behind_catch_up_where_the_slope_is_below_nothing() {
        let found = convergence(&[1.0, 2.0, 3.0, 4.0], &[2.0, 0.5, 0.0, 0.5]).unwrap();
        assert!((found.slope + 0.5).abs() < 1e-12, "{found:?}");
        // t of 97.5 % with 2 degrees of freedom is 4.302653; residuals .5, -.5, -.5, .5.
        let reach = 4.302_652_73 * (1.0f64 / 2.0 / 5.0).sqrt();
        assert!((found.upper - (-0.5 + reach)).abs() < 1e-6 && (found.lower - (-0.5 - reach)).abs() < 1e-6);
        assert_eq!(convergence(&[1.0, 2.0], &[1.0, 2.0]), None);
        assert_eq!(convergence(&[3.0; 5], &[1.0, 2.0, 3.0, 4.0, 5.0]), None);
    }
}
