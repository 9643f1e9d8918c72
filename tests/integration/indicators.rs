//! The shipped indicators and their table.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use levelmap::area::{Code, IndicatorKind};
use levelmap::source::indicators::{self, IndicatorSheet, IndicatorTable};
use levelmap::source::table::Table;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("boundaries")
}

fn sheet() -> IndicatorSheet {
    let list = fs::read_to_string(folder().join("indicators/indicators.toml")).unwrap();
    let definitions = indicators::definitions(&list).unwrap();
    let bytes = fs::read(folder().join("indicators/lsoa_2011.csv")).unwrap();
    indicators::sheet(&definitions, "lsoa_2011.csv", &bytes).unwrap().unwrap()
}

/// The value of a set of areas, the way every layer gets it: sums first, division after.
fn value(sheet: &IndicatorSheet, table: &IndicatorTable, keep: impl Fn(&Code) -> bool) -> f64 {
    let sum = |numbers: &[f64]| -> f64 {
        let kept = sheet.codes.iter().zip(numbers).filter(|(code, n)| keep(code) && !n.is_nan());
        kept.map(|(_, n)| n).sum()
    };
    let numerator = sum(&table.numerator);
    let ratio = table.denominator.as_ref().map_or(numerator, |d| numerator / sum(d));
    ratio * table.indicator.multiplier
}

#[test]
fn national_figures_are_those_published_or_worked_out_apart() {
    let sheet = sheet();
    let found: Vec<(&str, f64)> =
        sheet.tables.iter().map(|t| (t.indicator.id.as_str(), value(&sheet, t, |_| true))).collect();
    // Residents and households are the census's published totals. Minutes and shares were worked out from the
    // sources in another language; shares of postcodes there by the directory's council, here by place, hence
    // their tolerance.
    let expected = [
        ("residents", 56_075_912.0, 0.0),
        ("residents-per-hectare", 56_075_912.0 / 15_101_506.0, 1e-9),
        ("people-per-household", 55_071_113.0 / 23_366_044.0, 1e-9),
        // England without Scilly: the source has no admissions for Wales.
        ("stroke-admissions", 242_874.0 / (3.0 * 53_010_253.0) * 1e5, 1e-9),
        ("minutes-to-stroke-unit", 19.533_163_7, 1e-6),
        ("minutes-to-thrombectomy", 34.885_560_6, 1e-6),
        ("over-30-minutes-from-stroke-unit", 11.090_930_3, 1e-6),
        ("hard-pressed-postcodes", 14.905, 0.02),
        ("constrained-city-postcodes", 6.880, 0.02),
    ];
    assert_eq!(found.len(), expected.len());
    for ((id, value), (expected_id, expected, tolerance)) in found.into_iter().zip(expected) {
        assert_eq!(id, expected_id);
        assert!((value - expected).abs() <= tolerance, "{id}: {value}, not {expected}");
    }
}

#[test]
fn the_table_has_every_block_once_and_no_other() {
    let sheet = sheet();
    let blocks = Table::parse("ew", &fs::read(folder().join("lookups/ew_blocks.csv")).unwrap()).unwrap();
    let blocks: BTreeSet<Code> = blocks.lookup("block", "lad@2011").unwrap().into_keys().collect();
    assert_eq!(sheet.codes.iter().cloned().collect::<BTreeSet<_>>(), blocks);
    assert_eq!(sheet.layer.to_string(), "lsoa@2011");
}

#[test]
fn wales_has_its_published_residents() {
    let sheet = sheet();
    let wales = value(&sheet, &sheet.tables[0], |code| code.as_str().starts_with('W'));
    assert_eq!(wales, 3_063_456.0);
}

#[test]
fn only_scilly_has_no_roads_and_wales_no_admissions() {
    let sheet = sheet();
    for table in &sheet.tables {
        let missing: Vec<&str> = sheet
            .codes
            .iter()
            .zip(&table.numerator)
            .filter(|(_, n)| n.is_nan())
            .map(|(code, _)| code.as_str())
            .collect();
        if table.indicator.id.as_str() == "stroke-admissions" {
            // Zeros in the source stood for "not covered": a map must not show Wales as free of strokes.
            let wales = missing.iter().filter(|code| code.starts_with('W')).count();
            assert_eq!((missing.len(), wales), (1910, 1909));
            continue;
        }
        let by_road =
            ["stroke", "thrombectomy"].iter().any(|word| table.indicator.id.as_str().contains(word));
        assert_eq!(missing, if by_road { vec!["E01019077"] } else { vec![] }, "{}", table.indicator.id);
        if let Some(denominator) = &table.denominator {
            let both = denominator.iter().zip(&table.numerator).all(|(d, n)| d.is_nan() == n.is_nan());
            assert!(both, "{}: a block weighs in one half only", table.indicator.id);
        }
    }
}

#[test]
fn proportions_lie_between_nothing_and_all() {
    let sheet = sheet();
    for table in sheet.tables.iter().filter(|t| t.indicator.kind == IndicatorKind::Proportion) {
        let denominator = table.denominator.as_ref().unwrap();
        for (code, (n, d)) in sheet.codes.iter().zip(table.numerator.iter().zip(denominator)) {
            assert!(n.is_nan() || n <= d, "{code} {n} of {d}");
        }
    }
}

#[test]
fn every_indicator_says_what_it_is_and_whose() {
    for table in sheet().tables {
        let i = &table.indicator;
        assert!(i.capital.is_some() || i.id.as_str().starts_with("residents"), "{}", i.id);
        for (what, text) in [("source", &i.source), ("licence", &i.licence), ("unit", &i.unit)] {
            assert!(!text.is_empty(), "{}: no {what}", i.id);
        }
        assert!(i.description.len() > 80, "{}: says too little", i.id);
        // Stroke admissions alone are not known for Wales.
        let known = if i.id.as_str() == "stroke-admissions" { "England only" } else { "England and Wales" };
        assert!(i.description.contains(known), "{}: does not say where it is known", i.id);
    }
}

#[test]
fn the_hospitals_are_where_the_minutes_say() {
    let sites = Table::parse("sites", &fs::read(folder().join("sites/stroke_units.csv")).unwrap()).unwrap();
    let [lon, lat, drugs, clots] = sites.places(["lon", "lat", "thrombolysis", "thrombectomy"]).unwrap();
    let mut counts = [0, 0, 0];
    for (line, record) in sites.records() {
        let number = |at: usize| record.get(at).unwrap().parse::<f64>().unwrap();
        assert!((-6.0..2.0).contains(&number(lon)) && (50.0..56.0).contains(&number(lat)), "line {line}");
        counts[0] += 1;
        counts[1] += i32::from(record.get(drugs).unwrap() == "1");
        counts[2] += i32::from(record.get(clots).unwrap() == "1");
    }
    assert_eq!(counts, [141, 113, 25]);
}
