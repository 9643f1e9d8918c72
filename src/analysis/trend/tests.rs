use super::*;

const RISING: [(f64, f64, f64); 5] = [
    (24.67, 23.16, 26.25),
    (24.6, 23.15, 26.19),
    (28.0, 26.44, 29.64),
    (30.2, 28.63, 31.9),
    (30.6, 28.98, 32.25),
];
const RISING_COUNTS: [(f64, f64); 5] =
    [(994.0, 40_299.0), (1023.0, 41_527.0), (1199.0, 42_811.0), (1332.0, 44_064.0), (1367.0, 44_701.0)];

#[test]
fn the_published_sets_are_told_as_published() {
    let rising = by_limits(&RISING).unwrap();
    assert!((rising.slope - 1.751_566_222_662_949).abs() < 1e-12, "{rising:?}");
    assert!((rising.chi2 - 46.765_315_792_063_106).abs() < 1e-10, "{rising:?}");
    assert_eq!((rising.direction, rising.steady), (Direction::Increasing, true));
    let counted = by_counts(&RISING_COUNTS, 1000.0).unwrap();
    assert!((counted.chi2 - 47.896_676_707_589_116).abs() < 1e-10, "{counted:?}");
    assert_eq!(counted.direction, Direction::Increasing);
    let level = by_limits(&[
        (20.5506, 18.1803, 23.1427),
        (19.5952, 17.3444, 22.0602),
        (19.0349, 16.8421, 21.4394),
        (21.3966, 19.0918, 23.8975),
        (18.4372, 16.2925, 20.7941),
    ])
    .unwrap();
    assert!((level.slope + 0.259_980_964_370_594_6).abs() < 1e-12, "{level:?}");
    assert!((level.chi2 - 0.464_243_085_137_392_2).abs() < 1e-12, "{level:?}");
    assert_eq!(level.direction, Direction::NoSignificantChange);
}

/// The two sets turned round in time fall as they rose.
#[test]
fn time_turned_round_turns_the_trend() {
    let mut back = RISING;
    back.reverse();
    let (there, back) = (by_limits(&RISING).unwrap(), by_limits(&back).unwrap());
    assert!((there.slope + back.slope).abs() < 1e-12 && (there.chi2 - back.chi2).abs() < 1e-9);
    assert_eq!(back.direction, Direction::Decreasing);
}

#[test]
fn one_point_that_makes_the_slope_is_no_trend() {
    let odd =
        [(10.0, 9.9, 10.1), (10.0, 9.9, 10.1), (10.0, 9.9, 10.1), (10.0, 9.9, 10.1), (30.0, 29.9, 30.1)];
    let told = by_limits(&odd).unwrap();
    assert!(told.chi2 > THRESHOLD && told.slope > 0.0);
    assert_eq!((told.steady, told.direction), (false, Direction::NoSignificantChange));
}

/// The chi-squared by its definition: slope squared over its variance under no trend.
#[test]
fn the_form_by_counts_is_the_slope_over_its_standard_error() {
    let all: f64 = RISING_COUNTS.iter().map(|p| p.1).sum();
    let rate = RISING_COUNTS.iter().map(|p| p.0).sum::<f64>() / all;
    let points = RISING_COUNTS.iter().enumerate().map(|(i, (x, n))| ((i + 1) as f64, x / n, *n));
    let line = Line::fit(points).unwrap();
    let told = by_counts(&RISING_COUNTS, 1.0).unwrap();
    assert!((told.slope - line.slope).abs() < 1e-12);
    assert!((told.chi2 - line.slope.powi(2) * line.spread / (rate * (1.0 - rate))).abs() < 1e-8);
}

fn observed(value: f64, limits: Option<(f64, f64)>, counts: Option<(f64, f64)>) -> Observation {
    Observation::of(value)
        .between(limits.map(|l| l.0), limits.map(|l| l.1))
        .counted(counts.map(|c| c.0), counts.map(|c| c.1))
}

fn five(last: Observation) -> [Observation; 5] {
    let mut points = RISING_COUNTS.map(|c| observed(100.0 * c.0 / c.1, Some((1.0, 9.0)), Some(c)));
    points[4] = last;
    points
}

#[test]
fn every_reason_of_the_points_is_given() {
    let share = |last| recent_trend(&five(last), IndicatorKind::Proportion, 100.0);
    let rate = |last| recent_trend(&five(last), IndicatorKind::Rate, 100.0);
    assert_eq!(share(Observation::default()), Err(NoTrend::NoValue));
    assert_eq!(share(observed(100.0, None, Some((50.0, 50.0)))), Err(NoTrend::CountEqualsDenominator));
    assert_eq!(share(observed(100.0, None, Some((51.0, 50.0)))), Err(NoTrend::CountOutsideDenominator));
    assert_eq!(share(observed(100.0, None, Some((-1.0, 50.0)))), Err(NoTrend::CountOutsideDenominator));
    assert_eq!(rate(observed(3.0, None, Some((3.0, 100.0)))), Err(NoTrend::NoLimits));
    assert_eq!(rate(observed(3.0, Some((3.0, 3.0)), None)), Err(NoTrend::LimitsWithoutWidth));
    assert_eq!(rate(observed(3.0, Some((4.0, 2.0)), None)), Err(NoTrend::LimitsWithoutWidth));
    assert_eq!(by_counts(&[(0.0, 5.0); 5], 1.0), Err(NoTrend::NoEvents));
    // A proportion without all counts is told by its limits.
    let form = share(observed(3.0, Some((2.0, 4.0)), None)).unwrap().form;
    assert_eq!(
        (form, share(observed(3.0, None, Some((3.0, 100.0)))).unwrap().form),
        (Form::Limits, Form::Counts)
    );
}

#[test]
fn every_reason_of_the_periods_and_the_indicator_is_given() {
    let read = |texts: &[&str]| -> Vec<Option<Period>> { texts.iter().map(|t| t.parse().ok()).collect() };
    assert_eq!(periods_fit(&read(&["2018", "2019", "2020", "2021", "2022"])), Ok(()));
    let financial = ["2015", "2018/19", "2019/20", "2020/21", "2021/22", "2022/23"];
    assert_eq!(periods_fit(&read(&financial)), Ok(()), "only the last five count");
    assert_eq!(periods_fit(&read(&["2018", "2019", "2020", "2021"])), Err(NoTrend::TooFewPeriods));
    assert_eq!(periods_fit(&read(&["2017", "2019", "2020", "2021", "2022"])), Err(NoTrend::NotConsecutive));
    let overlapping = ["2014-16", "2015-17", "2016-18", "2017-19", "2018-20"];
    assert_eq!(periods_fit(&read(&overlapping)), Err(NoTrend::NotSingleYears));
    assert_eq!(periods_fit(&[None; 5]), Err(NoTrend::NotSingleYears));
    let about = |kind, standardised| Indicator {
        kind,
        standardised,
        ..serde_json::from_str(r#"{"id": "x", "title": "X", "unit": "%", "kind": "rate"}"#).unwrap()
    };
    assert_eq!(indicator_fits(&about(IndicatorKind::Rate, false)), Ok(()));
    assert_eq!(indicator_fits(&about(IndicatorKind::Rate, true)), Err(NoTrend::Standardised));
    for kind in [IndicatorKind::Count, IndicatorKind::Mean, IndicatorKind::Median, IndicatorKind::Index] {
        assert_eq!(indicator_fits(&about(kind, false)), Err(NoTrend::NotProportionOrRate));
    }
}
