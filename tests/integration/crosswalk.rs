//! A country of four blocks, small enough to reckon by hand: values carried from one layer to another.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use geo::{Coord, MultiPolygon, Rect};
use levelmap::area::{Flag, IndicatorKind};
use levelmap::atlas::{AreaValue, Atlas, Method};
use levelmap::coverage::{BlockShape, Coverage, topojson};
use levelmap::indicator::import::{ImportOptions, import};
use levelmap::indicator::store::{Store, StoreUrl};
use levelmap::source::folder::Folder;

/// Three areas, of which the middle one, B, is of two blocks: 9,000 residents in X and 6,000 in Y. `best@1` puts all of
/// B in X, as a best fit does.
const BLOCKS: [(&str, &str, &str, &str, u32); 4] = [
    ("K1", "A", "X", "P", 60_000),
    ("K2", "B", "X", "P", 9_000),
    ("K3", "B", "Y", "P", 6_000),
    ("K4", "C", "Y", "Q", 30_000),
];

/// Writes the folder of the small country.
pub fn write(dir: &Path) {
    let square = |at: usize| {
        let x = -2.0 + at as f64 / 10.0;
        MultiPolygon(vec![Rect::new(Coord { x, y: 53.0 }, Coord { x: x + 0.1, y: 53.1 }).to_polygon()])
    };
    let shapes: Vec<BlockShape> = BLOCKS
        .iter()
        .enumerate()
        .map(|(i, (code, ..))| BlockShape {
            code: code.parse().unwrap(),
            name: (*code).into(),
            shape: square(i),
        })
        .collect();
    let (coverage, _) = Coverage::from_shapes(&shapes);
    fs::write(dir.join("blocks.topojson"), topojson::write(&coverage, "blocks", 1e-6)).unwrap();
    let rows: String =
        BLOCKS.iter().map(|(block, area, to, best, _)| format!("{block},{area},{to},{best}\n")).collect();
    fs::write(dir.join("blocks.csv"), format!("block,area,target,best\n{rows}")).unwrap();
    let rows: String = BLOCKS.iter().map(|(block, .., people)| format!("{block},{people}\n")).collect();
    fs::create_dir_all(dir.join("indicators")).unwrap();
    fs::write(dir.join("indicators/people.csv"), format!("code,people\n{rows}")).unwrap();
    let residents = r#"
[[indicator]]
id = "residents"
title = "Residents"
unit = "people"
kind = "count"
source = "a test"
licence = "CC0-1.0"
description = "Made up."
period = "2020"
layer = "block@1"
table = "people.csv"
numerator = "people"
"#;
    fs::write(dir.join("indicators/indicators.toml"), residents).unwrap();
    let mut catalogue = String::from(
        "[[coverage]]\nid = \"small\"\ntitle = \"A small country\"\nfile = \"blocks.topojson\"\nobject = \"blocks\"\n\
         code = \"id\"\nname = \"name\"\nlicence = \"CC0-1.0\"\nsource = \"a test\"\n",
    );
    for (kind, column) in
        [("block", None), ("area", Some("area")), ("target", Some("target")), ("best", Some("best"))]
    {
        catalogue.push_str(&format!(
            "\n[[layer]]\nkind = \"{kind}\"\nvintage = \"1\"\ntitle = \"{kind}\"\nvalid_from = \"2020-01-01\"\ncurrent = true\n\
             fit = \"exact\"\nlicence = \"CC0-1.0\"\nsource = \"a test\"\n  [[layer.part]]\n  coverage = \"small\"\n  from = \"blocks\"\n"
        ));
        if let Some(column) = column {
            catalogue
                .push_str(&format!("  lookup = \"blocks.csv\"\n  key = \"block\"\n  value = \"{column}\"\n"));
        }
    }
    fs::write(dir.join("catalogue.toml"), catalogue).unwrap();
}

/// The values that a table gives the areas of a layer, by code.
fn values(table: &str, kind: IndicatorKind, layer: &str) -> Vec<(String, AreaValue)> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let atlas = Atlas::load(&Folder::Disk(folder.path().to_owned())).unwrap();
    let mut store = Store::open(&StoreUrl::Sqlite(folder.path().join("levelmap.db"))).unwrap();
    let options =
        ImportOptions { kind: Some(kind), title: Some("Measure".into()), ..ImportOptions::default() };
    import(Some(&mut store), &atlas.gazetteer(), "t.csv", Cursor::new(table.as_bytes()), &options).unwrap();
    let atlas = atlas.with_published(store.published().unwrap());
    let layer = atlas.layer(&layer.parse().unwrap()).unwrap();
    let found = atlas.latest_values(atlas.indicator(&"measure".parse().unwrap()).unwrap(), layer);
    layer.areas().iter().map(|a| a.code.to_string()).zip(found).collect()
}

const RATES: &str =
    "code,value,count,denominator,year\nA,200,120,60000,2020\nB,300,45,15000,2020\nC,100,30,30000,2020\n";

fn near(found: Option<f64>, wanted: f64) {
    assert!((found.unwrap() - wanted).abs() < 5e-4, "{found:?} not {wanted}");
}

#[test]
fn a_split_area_gives_each_side_its_share_of_residents() {
    let found = values(RATES, IndicatorKind::Rate, "target");
    let [(x, in_x), (y, in_y)] = found.as_slice() else { panic!("two targets") };
    assert_eq!((x.as_str(), y.as_str()), ("X", "Y"));
    assert_eq!((in_x.observation.count(), in_x.observation.denominator()), (Some(147.0), Some(69_000.0)));
    near(in_x.observation.value(), 213.043_478);
    assert_eq!((in_y.observation.count(), in_y.observation.denominator()), (Some(48.0), Some(36_000.0)));
    near(in_y.observation.value(), 133.333_333);
    assert_eq!((in_x.method, in_y.method), (Method::Apportioned, Method::Apportioned));
    assert_eq!(in_x.coverage(), Some(1.0));
    // Byar's limits of the added count.
    let (lower, upper) = (in_x.observation.lower().unwrap(), in_x.observation.upper().unwrap());
    let wanted = levelmap::indicator::limits::byar(147.0, 0.95);
    near(Some(lower * 0.69), wanted.0);
    near(Some(upper * 0.69), wanted.1);
}

#[test]
fn rates_are_recomputed_and_never_averaged() {
    let found = values(RATES, IndicatorKind::Rate, "best");
    let (_, p) = &found[0];
    // 200 and 300 have the mean 250; the people of both have 220.
    assert_eq!((p.observation.count(), p.observation.denominator()), (Some(165.0), Some(75_000.0)));
    near(p.observation.value(), 220.0);
    assert_eq!(p.method, Method::Aggregated);
}

#[test]
fn percentages_without_denominators_are_weighted_and_say_so() {
    let table = "code,value,lower,upper,year\nA,20,18,22,2020\nB,40,36,44,2020\nC,30,28,32,2020\n";
    let found = values(table, IndicatorKind::Proportion, "best");
    let (_, p) = &found[0];
    assert_eq!(p.observation.value(), Some((20.0 * 60.0 + 40.0 * 15.0) / 75.0));
    assert_eq!(p.observation.flag, Some(Flag::Estimated));
    let half = ((2.0f64 * 60.0).powi(2) + (4.0f64 * 15.0).powi(2)).sqrt() / 75.0;
    near(p.observation.upper(), 24.0 + half);
    near(p.observation.lower(), 24.0 - half);
}

#[test]
fn medians_are_refused_and_missing_members_withhold() {
    let found = values("code,value,year\nA,20,2020\nB,40,2020\nC,30,2020\n", IndicatorKind::Median, "best");
    assert_eq!(
        (found[0].1.observation.value(), found[0].1.observation.flag),
        (None, Some(Flag::NotAggregable))
    );
    assert_eq!(found[1].1.observation.value(), Some(30.0), "Q is C alone");
    let found = values("code,value,year\nA,20,2020\nC,30,2020\n", IndicatorKind::Count, "best");
    assert_eq!(
        (found[0].1.observation.value(), found[0].1.observation.flag),
        (None, Some(Flag::LowCoverage))
    );
    near(found[0].1.coverage(), 0.8);
    // What the publisher withholds is not given away by its parts.
    let table = "code,value,year\nA,20,2020\nB,40,2020\nP,c,2020\n";
    let found = values(table, IndicatorKind::Count, "best");
    assert_eq!((found[0].1.observation.value(), found[0].1.observation.flag), (None, Some(Flag::Suppressed)));
}
