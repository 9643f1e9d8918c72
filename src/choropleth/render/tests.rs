use super::*;
use crate::area::{Flag, IndicatorId, IndicatorKind, Polarity};
use crate::choropleth::{PaintOptions, paint};

fn indicator() -> Indicator {
    Indicator {
        id: "smokers".parse::<IndicatorId>().expect("that is an id"),
        title: "Smokers".to_owned(),
        unit: "%".to_owned(),
        kind: IndicatorKind::Proportion,
        polarity: Polarity::LowIsGood,
        multiplier: 100.0,
        decimals: 1,
        capital: None,
        horizon: None,
        source: "a survey".to_owned(),
        licence: "OGL-UK-3.0".to_owned(),
        description: String::new(),
        standardised: false,
    }
}

const SQUARE: &[u8] = br#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}"#;

fn observations() -> Vec<Observation> {
    let measured = Observation {
        value: Some(12.0 + 1.0 / 3.0),
        lower: Some(10.5),
        upper: Some(14.0),
        count: Some(37.0),
        denominator: Some(300.0),
        flag: None,
    };
    vec![
        measured.clone(),
        Observation { flag: Some(Flag::Suppressed), ..Default::default() },
        Observation { value: Some(0.0), flag: Some(Flag::LowReliability), ..Default::default() },
        Observation::default(),
    ]
}

fn areas(observations: &[Observation]) -> Vec<RenderArea<'_>> {
    let named = [
        ("E08000035", "Leeds"),
        ("S12000013", "Na h-Eileanan Siar"),
        ("E06000023", "Bristol, \"City\" of"),
        ("W06000001", "Ynys Môn"),
    ];
    let shapes = [SQUARE, SQUARE, SQUARE, &[]];
    named
        .iter()
        .zip(observations)
        .zip(shapes)
        .map(|((&(code, name), observation), geometry)| RenderArea {
            code,
            name,
            observation,
            second: None,
            geometry,
            begun: None,
        })
        .collect()
}

fn about(indicator: &Indicator) -> About<'_, serde_json::Value> {
    About {
        layer: "lad",
        vintage: "2025",
        indicator,
        period: "2022-24",
        matched: serde_json::json!({ "matched": 3 }),
        attribution: "Source: a survey",
        licence: "OGL-UK-3.0",
        more: serde_json::Map::new(),
    }
}

#[test]
fn the_feature_collection_reads_back_as_written() {
    let (indicator, observations) = (indicator(), observations());
    let painting = paint(&indicator, &observations, &PaintOptions::default()).expect("there are values");
    let bytes = geojson(&about(&indicator), &painting, &areas(&observations), None)
        .expect("it can be written")
        .concat();
    let read: serde_json::Value = serde_json::from_slice(&bytes).expect("it is JSON");
    for (member, expected) in [
        ("type", "FeatureCollection"),
        ("layer", "lad"),
        ("vintage", "2025"),
        ("period", "2022-24"),
        ("attribution", "Source: a survey"),
        ("licence", "OGL-UK-3.0"),
    ] {
        assert_eq!(read[member], expected);
    }
    assert_eq!(read["match"]["matched"], 3);
    assert_eq!(read["indicator"]["id"], "smokers");
    assert_eq!(read["legend"]["classes"][0]["count"], 1);
    assert_eq!(
        read["features"][0],
        serde_json::json!({
            "type": "Feature",
            "id": "E08000035",
            "properties": {
                "code": "E08000035", "name": "Leeds", "value": 12.333_333_3, "lower": 10.5, "upper": 14,
                "count": 37, "denominator": 300, "flag": null, "class": 4, "fill": "#b30000"
            },
            "geometry": serde_json::from_slice::<serde_json::Value>(SQUARE).expect("that is JSON"),
        })
    );
    let properties = |i: usize| &read["features"][i]["properties"];
    assert_eq!(
        (&properties(1)["value"], &properties(1)["flag"], &properties(1)["class"]),
        (&serde_json::Value::Null, &"suppressed".into(), &serde_json::Value::Null)
    );
    assert_eq!((&properties(2)["value"], &properties(2)["flag"]), (&0.into(), &"low_reliability".into()));
    assert_eq!(properties(2)["name"], "Bristol, \"City\" of");
    assert_eq!(properties(3)["flag"], "missing");
    assert_eq!(read["features"][3]["geometry"], serde_json::Value::Null);
    let collection: geojson::FeatureCollection = serde_json::from_slice(&bytes).expect("it is GeoJSON");
    assert_eq!(collection.features.len(), 4);
}

#[test]
fn a_feature_that_is_ready_ends_as_one_that_is_not() {
    let (indicator, mut observations) = (indicator(), observations());
    observations[0].flag = Some(Flag::Estimated);
    observations[2] = Observation { value: Some(2.5), ..Default::default() };
    let painting = paint(&indicator, &observations, &PaintOptions::default()).expect("there are values");
    let mut areas = areas(&observations);
    areas[3].second = Some(&observations[2]);
    let written = |areas: &[RenderArea<'_>]| {
        geojson(&about(&indicator), &painting, areas, None).expect("it can be written").concat()
    };
    // One is long enough to be a piece of its own.
    let long = format!("{{\"type\":\"Point\",\"coordinates\":[{}]}}", ["1.5"; 600].join(","));
    areas[1].geometry = long.as_bytes();
    let anew = written(&areas);
    let begun: Vec<Bytes> = areas
        .iter()
        .map(|area| {
            let [code, name] = [area.code, area.name].map(serde_json::Value::from);
            let shape = if area.geometry.is_empty() { b"null" } else { area.geometry };
            let shape = String::from_utf8_lossy(shape);
            format!(
                "{{\"type\":\"Feature\",\"id\":{code},\"geometry\":{shape},\"properties\":{{\"code\":{code},\"name\":{name}"
            )
            .into()
        })
        .collect();
    for (area, begun) in areas.iter_mut().zip(&begun) {
        area.begun = Some(begun);
    }
    assert_eq!(String::from_utf8(written(&areas)), String::from_utf8(anew));
    let pieces = geojson(&about(&indicator), &painting, &areas, None).expect("it can be written");
    assert!(pieces.contains(&begun[1]) && !pieces.contains(&begun[0]));
}

#[test]
fn values_alone_agree_with_the_features() {
    let (indicator, observations) = (indicator(), observations());
    let painting = paint(&indicator, &observations, &PaintOptions::default()).expect("there are values");
    let areas = areas(&observations);
    let read = |bytes: Vec<u8>| serde_json::from_slice::<serde_json::Value>(&bytes).expect("it is JSON");
    let features =
        read(geojson(&about(&indicator), &painting, &areas, None).expect("it can be written").concat());
    let columns = read(values_json(&about(&indicator), &painting, &areas).expect("it can be written"));
    assert_eq!(columns["legend"], features["legend"]);
    for i in 0..areas.len() {
        let properties = &features["features"][i]["properties"];
        for (column, member) in [
            ("codes", "code"),
            ("values", "value"),
            ("lower", "lower"),
            ("upper", "upper"),
            ("flags", "flag"),
            ("classes", "class"),
        ] {
            assert_eq!(columns[column][i], properties[member], "{column} of area {i}");
        }
    }
}

#[test]
fn rows_of_csv_hold_the_same() {
    let (indicator, observations) = (indicator(), observations());
    let painting = paint(&indicator, &observations, &PaintOptions::default()).expect("there are values");
    let text =
        String::from_utf8(csv(&painting, &areas(&observations)).expect("it can be written")).expect("UTF-8");
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            "code,name,value,lower,upper,count,denominator,flag,class,fill",
            "E08000035,Leeds,12.3333333,10.5,14,37,300,,4,#b30000",
            "S12000013,Na h-Eileanan Siar,,,,,,suppressed,,#bdbdbd",
            "E06000023,\"Bristol, \"\"City\"\" of\",0,,,,,low_reliability,0,#fef0d9",
            "W06000001,Ynys Môn,,,,,,missing,,#e6e6e6",
        ]
    );
}

#[test]
fn areas_that_were_not_painted_are_refused() {
    let (indicator, observations) = (indicator(), observations());
    let painting = paint(&indicator, &observations, &PaintOptions::default()).expect("there are values");
    let error = csv(&painting, &areas(&observations)[..2]).expect_err("two areas are lacking");
    assert!(matches!(error, RenderError::Areas { painted: 4, given: 2 }), "{error}");
}
