//! Rates of few people: empirical Bayes, so that a hamlet's chance does not pass for a pattern.

/// Rates of areas seen as one population whose areas truly differ, and differ by chance besides.
#[derive(Clone, PartialEq, Debug)]
pub struct EmpiricalBayes {
    /// All events over all people: b.
    pub mean: f64,
    /// Variance of the true rates between areas: s^2 - b / (mean people of an area), which may come out below 0.
    pub variance_between: f64,
    /// The rate of each area in standard deviations from the mean that both kinds of variance together allow it.
    pub standardised: Vec<f64>,
    /// The rate of each area drawn to the mean, the more the fewer its people.
    pub smoothed: Vec<f64>,
}

/// Why rates cannot be standardised.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UnfitRates {
    /// Denominators are people, or years of theirs.
    #[error("an area has a denominator of zero or less")]
    Denominator,
    /// Counts are events.
    #[error("an area has a count below zero")]
    Count,
    /// There is nothing to compare.
    #[error("no area has an event")]
    NoEvents,
}

/// Standardises the rates of areas as Assunção and Reis do (*Statistics in Medicine* 18, 1999): with rates
/// `r_i = e_i / n_i`, `b = sum e / sum n`, `s^2 = sum n_i (r_i - b)^2 / sum n` and `a = s^2 - b / (sum n / m)`,
/// `z_i = (r_i - b) / sqrt(a + b / n_i)`; where `a + b / n_i` is below 0, `b / n_i` alone is taken. And smooths them as
/// Marshall does (*Applied Statistics* 40, 1991): `b + (r_i - b) a / (a + b / n_i)`, with 0 for an a below 0, which draws
/// every rate to the mean.
///
/// `multiplier` is that of the indicator: rates come in its unit, standardised ones have none.
pub fn empirical_bayes(
    events: &[f64],
    people: &[f64],
    multiplier: f64,
) -> Result<EmpiricalBayes, UnfitRates> {
    if people.iter().any(|&n| n.is_nan() || n <= 0.0) {
        return Err(UnfitRates::Denominator);
    }
    if events.iter().any(|&e| e.is_nan() || e < 0.0) {
        return Err(UnfitRates::Count);
    }
    let (all_events, all_people): (f64, f64) = (events.iter().sum(), people.iter().sum());
    if all_events <= 0.0 {
        return Err(UnfitRates::NoEvents);
    }
    let b = all_events / all_people;
    let pairs = || events.iter().zip(people);
    let s2 = pairs().map(|(e, n)| n * (e / n - b).powi(2)).sum::<f64>() / all_people;
    let a = s2 - b / (all_people / people.len() as f64);
    let standardised = pairs().map(|(e, n)| {
        let chance = b / n;
        let variance = if a + chance < 0.0 { chance } else { a + chance };
        (e / n - b) / variance.sqrt()
    });
    let between = a.max(0.0);
    let smoothed = pairs().map(|(e, n)| multiplier * (b + (e / n - b) * between / (between + b / n)));
    Ok(EmpiricalBayes {
        mean: multiplier * b,
        variance_between: multiplier * multiplier * a,
        standardised: standardised.collect(),
        smoothed: smoothed.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// b = 30 / 300; r = 0.2, 0.05, 0.1, by hand: s^2 = (50 x 0.01 + 100 x 0.0025 + 150 x 0) / 300 = 0.0025,
    /// a = 0.0025 - 0.1 / 100 = 0.0015.
    #[test]
    fn three_areas_by_hand() {
        let found = empirical_bayes(&[10.0, 5.0, 15.0], &[50.0, 100.0, 150.0], 1.0).unwrap();
        let near =
            |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found} is not {wanted}");
        near(found.mean, 0.1);
        near(found.variance_between, 0.0015);
        near(found.standardised[0], 0.1 / 0.0035f64.sqrt());
        near(found.standardised[1], -0.05 / 0.0025f64.sqrt());
        near(found.standardised[2], 0.0);
        near(found.smoothed[0], 0.1 + 0.1 * 0.0015 / 0.0035);
        near(found.smoothed[1], 0.1 - 0.05 * 0.0015 / 0.0025);
        near(found.smoothed[2], 0.1);
    }

    #[test]
    fn rates_that_vary_less_than_chance_are_drawn_to_the_mean() {
        let found = empirical_bayes(&[10.0, 11.0, 9.0], &[100.0, 100.0, 100.0], 1000.0).unwrap();
        assert!(found.variance_between < 0.0);
        assert_eq!(found.smoothed, [100.0; 3]);
        // a + b / n = s^2 when all are of one size: the plain z.
        let sd = (2.0f64 / 3.0).sqrt();
        assert!((found.standardised[1] - 1.0 / sd).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        assert_eq!(empirical_bayes(&[1.0, 2.0], &[10.0, 0.0], 1.0), Err(UnfitRates::Denominator));
        assert_eq!(empirical_bayes(&[1.0, -2.0], &[10.0, 10.0], 1.0), Err(UnfitRates::Count));
        assert_eq!(empirical_bayes(&[0.0, 0.0], &[10.0, 10.0], 1.0), Err(UnfitRates::NoEvents));
    }
}
