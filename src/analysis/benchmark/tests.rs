use super::*;
use crate::area::{Indicator, IndicatorKind, Observation};

fn estimate(kind: IndicatorKind, value: f64, limits: Limits) -> Estimate {
    let mut about: Indicator =
        serde_json::from_str(r#"{"id": "x", "title": "X", "unit": "%", "kind": "index"}"#).unwrap();
    about.kind = kind;
    about.multiplier = 100.0;
    let observation = Observation::of(value).between(limits.0, limits.1);
    Estimate::of(&observation, &about).unwrap()
}

fn near(found: Option<Limits>, wanted: Limits) {
    let (lower, upper) = found.unwrap();
    assert!((lower - wanted.0).abs() < 5.1e-5 && (upper - wanted.1).abs() < 5.1e-5, "{found:?} {wanted:?}");
}

/// The three cases that Fingertips tests itself with: benchmark 8.9611 %, low is good.
#[test]
fn control_limits_of_proportions_are_those_of_fingertips() {
    let benchmark = 8.961_108_687_627_933;
    let cases = [
        (7.706_576_7, 5930.0, (8.2604, 9.7149), (7.8799, 10.1742), Ordering::Less, Some(0.998)),
        (9.898_812_1, 2273.0, (7.8551, 10.2056), (7.2774, 10.9882), Ordering::Equal, None),
        (12.474_645, 1972.0, (7.7789, 10.3029), (7.1662, 11.1515), Ordering::Greater, Some(0.998)),
    ];
    for (value, n, at_95, at_998, side, confidence) in cases {
        let found = by_spc_proportion(value, n, benchmark, 100.0, &CONFIDENCES).unwrap();
        near(found.limits[0], at_95);
        near(found.limits[1], at_998);
        assert_eq!((found.side, found.confidence), (side, confidence), "{value}");
        assert_eq!(found.p.unwrap() < 0.002, confidence.is_some());
    }
    let edge = control_limits_of_share(benchmark, 5930.0, 100.0, 0.95).unwrap().0;
    let on = by_spc_proportion(edge, 5930.0, benchmark, 100.0, &[0.95]).unwrap();
    assert_eq!(on.side, Ordering::Equal, "ends are inside");
    assert!((on.p.unwrap() - 0.05).abs() < 1e-5, "{:?}", on.p);
}

#[test]
fn control_limits_of_rates_are_poisson_limits_of_what_is_expected() {
    // 65 expected of 100: Byar's limits of 65, and exact ones of 5.
    near(control_limits_of_rate(65.0, 100.0, 100.0, 0.95), (50.163_188, 82.849_139));
    near(control_limits_of_rate(5.0, 100.0, 100.0, 0.95), (1.623_486, 11.668_332));
    near(control_limits_of_rate(6_500.0, 1000.0, 1e5, 0.998), (4_288.026_1, 9_400.029_1));
    let found = by_spc_rate(50.0, 100.0, 65.0, 100.0, &CONFIDENCES).unwrap();
    assert_eq!((found.side, found.confidence), (Ordering::Less, Some(0.95)));
    assert!(found.p.unwrap() < 0.05 && found.p.unwrap() > 0.002);
    assert_eq!(by_spc_rate(50.0, 0.0, 65.0, 100.0, &[0.95]), Err(NotCompared::NoDenominator));
    assert_eq!(by_spc_rate(50.0, 9.0, -1.0, 100.0, &[0.95]), Err(NotCompared::BenchmarkOutOfRange));
    assert_eq!(by_spc_proportion(50.0, 9.0, 101.0, 100.0, &[0.95]), Err(NotCompared::BenchmarkOutOfRange));
    assert_eq!(by_spc_proportion(50.0, f64::NAN, 10.0, 100.0, &[0.95]), Err(NotCompared::NoDenominator));
}

#[test]
fn a_benchmark_on_a_limit_is_similar() {
    let area = estimate(IndicatorKind::Mean, 30.0, (28.0, 32.0));
    assert_eq!(by_limits(&area, 32.0, &[0.95]).unwrap().side, Ordering::Equal);
    assert_eq!(by_limits(&area, 33.0, &[0.95]).unwrap().side, Ordering::Less);
}

#[test]
fn touching_limits_are_similar_where_one_alone_would_differ() {
    let (area, other) = (
        estimate(IndicatorKind::Mean, 30.0, (28.0, 32.0)),
        estimate(IndicatorKind::Mean, 33.0, (31.0, 35.0)),
    );
    assert_eq!(by_double_overlap(&area, &other, &CONFIDENCES).unwrap().side, Ordering::Equal);
    assert_eq!(by_limits(&area, 33.0, &[0.95]).unwrap().side, Ordering::Less);
    let far = estimate(IndicatorKind::Mean, 40.0, (32.1, 48.0));
    let found = by_double_overlap(&area, &far, &CONFIDENCES).unwrap();
    assert_eq!((found.side, found.confidence), (Ordering::Less, Some(0.95)));
    assert_eq!(by_double_overlap(&far, &area, &[0.998]).unwrap().side, Ordering::Equal);
    assert_eq!(by_double_overlap(&far, &area, &[0.95]).unwrap().side, Ordering::Greater);
}

#[test]
fn five_outcomes_by_the_strictest_limits_passed() {
    let area = estimate(IndicatorKind::Mean, 30.0, (28.0, 32.0));
    // At 99.8 % the limits are 30 -+ 2 x 3.0902 / 1.96 = 26.847 to 33.153.
    let at = |benchmark, confidences: &[f64]| {
        let found = by_limits(&area, benchmark, confidences).unwrap();
        (found.side, found.confidence)
    };
    assert_eq!(at(33.1, &CONFIDENCES), (Ordering::Less, Some(0.95)));
    assert_eq!(at(33.2, &CONFIDENCES), (Ordering::Less, Some(0.998)));
    assert_eq!(at(33.1, &[0.998]), (Ordering::Equal, None));
    assert_eq!(at(26.0, &CONFIDENCES), (Ordering::Greater, Some(0.998)));
    let beside = estimate(IndicatorKind::Mean, 27.0, (28.0, 32.0));
    assert_eq!(by_limits(&beside, 40.0, &[0.95]).unwrap().side, Ordering::Less);
    assert_eq!(by_limits(&beside, 40.0, &CONFIDENCES), Err(NotCompared::LimitsBesideValue));
}

#[test]
fn groups_count_from_the_worst() {
    let values: Vec<Option<f64>> = (0..10).map(|v| Some(f64::from(v))).chain([None]).collect();
    let of = |polarity| quantile_groups(&values, 5, polarity);
    let rising: Vec<Option<usize>> = (0..10).map(|v| Some(v / 2 + 1)).chain([None]).collect();
    assert_eq!((of(Polarity::HighIsGood), of(Polarity::Neutral)), (rising.clone(), rising.clone()));
    let falling: Vec<Option<usize>> = rising.iter().map(|g| g.map(|g| 6 - g)).collect();
    assert_eq!(of(Polarity::LowIsGood), falling);
    let alike = quantile_groups(&[Some(1.0); 8], 4, Polarity::HighIsGood);
    assert_eq!(alike, [Some(1); 8], "equal values share a group");
    assert_eq!(quantile_groups(&[Some(1.0), Some(2.0), None], 4, Polarity::Neutral), [None; 3]);
    assert_eq!(quantile_groups(&[None], 4, Polarity::Neutral), [None]);
}
