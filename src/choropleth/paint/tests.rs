use super::*;
use crate::area::{IndicatorId, IndicatorKind};

fn indicator(polarity: Polarity) -> Indicator {
    Indicator {
        id: "smokers".parse::<IndicatorId>().expect("that is an id"),
        title: "Smokers".to_owned(),
        unit: "%".to_owned(),
        kind: IndicatorKind::Proportion,
        polarity,
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

fn value(value: f64) -> Observation {
    Observation::of(value)
}

fn none(flag: Option<Flag>) -> Observation {
    Observation::default().flagged(flag)
}

fn quantiles(classes: usize) -> PaintOptions {
    PaintOptions { classify: ClassifyOptions { classes, ..Default::default() }, ..Default::default() }
}

#[test]
fn suppressed_missing_and_zero_are_three_different_things() {
    let areas = [
        value(0.0),
        none(Some(Flag::Suppressed)),
        none(None),
        none(Some(Flag::LowCoverage)),
        value(2.0),
        value(f64::NAN),
        value(1.0).flagged(Flag::LowReliability),
    ];
    let painting = paint(&indicator(Polarity::LowIsGood), &areas, &quantiles(3)).expect("there are values");
    assert_eq!(
        painting.drawn,
        [
            Drawn::Class(0),
            Drawn::NoData(NoData::Suppressed),
            Drawn::NoData(NoData::Missing),
            Drawn::NoData(NoData::LowCoverage),
            Drawn::Class(2),
            Drawn::NoData(NoData::Missing),
            Drawn::Class(1),
        ]
    );
    let fills: std::collections::HashSet<_> =
        painting.drawn.iter().map(|&drawn| painting.fill(drawn)).collect();
    assert_eq!(fills.len(), 6, "three classes and three kinds of absence");
    let counts: Vec<_> = painting.legend.no_data.iter().map(|entry| (entry.flag, entry.count)).collect();
    assert_eq!(counts, [(NoData::Suppressed, 1), (NoData::LowCoverage, 1), (NoData::Missing, 2)]);
}

#[test]
fn every_area_is_counted_once_in_the_legend() {
    let areas: Vec<Observation> =
        (0..50).map(|i| if i % 7 == 0 { none(None) } else { value(f64::from(i * i % 13)) }).collect();
    for method in &Method::ALL[..6] {
        let mut options = quantiles(4);
        options.classify.method = *method;
        let legend = paint(&indicator(Polarity::Neutral), &areas, &options).expect("values differ").legend;
        let drawn: usize = legend.classes.iter().map(|c| c.count).sum();
        let absent: usize = legend.no_data.iter().map(|n| n.count).sum();
        assert_eq!(drawn + absent, areas.len(), "{method}");
        assert_eq!(legend.classes.len(), legend.classes_made);
    }
}

#[test]
fn a_layer_without_values_is_drawn_as_such() {
    let areas = [none(Some(Flag::Suppressed)), none(None)];
    let painting = paint(&indicator(Polarity::Neutral), &areas, &quantiles(5)).expect("absence can be drawn");
    assert_eq!((painting.legend.classes.len(), painting.legend.no_data.len()), (0, 2));
}

#[test]
fn a_comparison_runs_from_worse_to_better() {
    let limits = |v: f64| value(v).between(v - 1.0, v + 1.0);
    let areas = [limits(5.0), limits(10.5), limits(20.0), value(5.0), none(Some(Flag::Suppressed))];
    let options = PaintOptions {
        classify: ClassifyOptions { method: Method::Benchmark, ..Default::default() },
        benchmark: Some(10.0),
        palette: None,
    };
    let drawn = |polarity| paint(&indicator(polarity), &areas, &options).expect("there is a benchmark");
    let low_is_good = drawn(Polarity::LowIsGood);
    assert_eq!(low_is_good.drawn[..3], [Drawn::Class(2), Drawn::Class(1), Drawn::Class(0)]);
    assert_eq!(
        low_is_good.drawn[3..],
        [Drawn::NoData(NoData::NotCompared), Drawn::NoData(NoData::Suppressed)]
    );
    let labels =
        |painting: &Painting| painting.legend.classes.iter().map(|c| c.label.clone()).collect::<Vec<_>>();
    assert_eq!(labels(&low_is_good), ["worse", "similar", "better"]);
    assert_eq!(low_is_good.legend.classes[0].fill.to_string(), "#fc8d59", "worse is the red end");

    let high_is_good = drawn(Polarity::HighIsGood);
    assert_eq!(high_is_good.drawn[..3], [Drawn::Class(0), Drawn::Class(1), Drawn::Class(2)]);
    assert_eq!(labels(&drawn(Polarity::Neutral)), ["lower", "similar", "higher"]);

    let without = PaintOptions { benchmark: None, ..options.clone() };
    let error = paint(&indicator(Polarity::LowIsGood), &areas, &without);
    assert_eq!(error, Err(ClassifyError::NeedsBenchmark));
}

#[test]
fn a_diverging_palette_turns_pale_at_the_benchmark() {
    let areas: Vec<Observation> = (1..=50).map(|i| value(f64::from(i))).collect();
    let options = PaintOptions {
        palette: Some("RdBu".parse().expect("the palette exists")),
        benchmark: Some(15.0),
        ..quantiles(5)
    };
    // Quantiles at 10.8, 20.6 ...: one class below 15, one across it, three above.
    let painting = paint(&indicator(Polarity::HighIsGood), &areas, &options).expect("there are values");
    let fills: Vec<_> = painting.legend.classes.iter().map(|c| c.fill.to_string()).collect();
    assert_eq!(fills, ["#fddbc7", "#f7f7f7", "#d1e5f0", "#67a9cf", "#2166ac"]);
    assert_eq!(painting.legend.benchmark, Some(15.0));
}

#[test]
fn standard_deviations_are_pale_in_the_middle() {
    let areas: Vec<Observation> = (1..=50).map(|i| value(f64::from(i))).collect();
    let mut options = quantiles(5);
    options.classify.method = Method::Std;
    let legend = paint(&indicator(Polarity::LowIsGood), &areas, &options).expect("values differ").legend;
    assert_eq!(legend.classes[2].fill.to_string(), "#f7f7f7");
    assert_eq!(legend.classes[4].fill.to_string(), "#ca0020", "much above the mean is worse, and red");
    assert_eq!(legend.benchmark, Some(25.5));
}

#[test]
fn palettes_chosen_by_default_exist() {
    for name in ["RdBu", "OrRd", "YlGnBu", "Blues", "RdYlBu"] {
        assert_eq!(palette_named(name).name, name);
        assert!(palette_named(name).colour_blind_safe(20));
    }
}
