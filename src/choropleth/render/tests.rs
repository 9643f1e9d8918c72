use geo::{Coord, MultiPolygon, Polygon};
use proptest::prelude::*;

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
    let measured = Observation::of(12.0 + 1.0 / 3.0).between(10.5, 14.0).counted(37.0, 300.0);
    vec![
        measured,
        Observation::none(Flag::Suppressed),
        Observation::of(0.0).flagged(Flag::LowReliability),
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

fn read(pieces: &[Piece]) -> Vec<u8> {
    let parts: Vec<Bytes> = pieces.iter().map(Piece::read).collect();
    assert!(parts.iter().zip(pieces).all(|(bytes, piece)| bytes.len() == piece.len()));
    parts.concat()
}

#[test]
fn the_feature_collection_reads_back_as_written() {
    let (indicator, observations) = (indicator(), observations());
    let painting = paint(&indicator, &observations, &PaintOptions::default()).expect("there are values");
    let pieces = geojson(&about(&indicator), &painting, &areas(&observations), None);
    let bytes = read(&pieces.expect("it can be written"));
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

/// Areas by how many vertices their outlines have, and what was measured in them; the fields that are wanted.
fn layers_of_areas() -> impl Strategy<Value = (Vec<(usize, Observation)>, Option<Vec<String>>)> {
    let number =
        || prop_oneof![2 => Just(None), 6 => (-1e4..1e4).prop_map(Some), 1 => any::<f64>().prop_map(Some)];
    let flag = prop_oneof![3 => Just(None), 1 => prop::sample::select(&Flag::ALL[..]).prop_map(Some)];
    let observation =
        ([(); 5].map(|()| number()), flag).prop_map(|([value, lower, upper, count, denominator], flag)| {
            Observation::of(value).between(lower, upper).counted(count, denominator).flagged(flag)
        });
    // Outlines are short or long as a whole, so that some are copied and some shared.
    let areas = (prop::sample::select(vec![4usize, 200]), 0..3 * PIECE_AREAS / 2).prop_flat_map(
        move |(vertices, areas)| prop::collection::vec((vertices..vertices + 4, observation.clone()), areas),
    );
    let fields = prop::sample::subsequence(&FIELDS[2..], 0..=FIELDS.len() - 2)
        .prop_map(|more| ["code", "name"].iter().chain(&more).map(|&field| field.to_owned()).collect());
    (areas, prop::option::of(fields))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn features_on_what_a_layer_keeps_are_those_written_anew(
        (given, fields) in layers_of_areas(),
        with_second in any::<bool>(),
    ) {
        let (vertices, observations): (Vec<usize>, Vec<Observation>) = given.into_iter().unzip();
        let names: Vec<(String, String)> =
            (0..vertices.len()).map(|i| (format!("E{i:08}"), format!("Area \"{i}\", Ynys Môn"))).collect();
        let outline = |&vertices: &usize| {
            let ring = (0..vertices).map(|i| Coord { x: i as f64 / 1e6, y: (i * i) as f64 / 1e6 });
            MultiPolygon(vec![Polygon::new(ring.collect(), Vec::new())])
        };
        let shapes: Vec<MultiPolygon> = vertices.iter().map(outline).collect();
        let named = names.iter().zip(&shapes).map(|((code, name), shape)| (code.as_str(), name.as_str(), shape));
        let features: Arc<[Feature]> = Feature::of(named).into();
        let indicator = indicator();
        let painting = paint(&indicator, &observations, &PaintOptions::default()).expect("there are classes, or none");
        let second: Option<Vec<Observation>> = with_second.then(|| observations.iter().rev().copied().collect());
        let areas: Vec<RenderArea<'_>> = (0..names.len())
            .map(|i| RenderArea {
                code: &names[i].0,
                name: &names[i].1,
                observation: &observations[i],
                second: second.as_ref().map(|second| &second[i]),
                geometry: features[i].geometry(),
            })
            .collect();
        let about = about(&indicator);
        let fields = fields.as_deref();
        prop_assert!(begin_as_ready(fields));
        let anew = geojson(&about, &painting, &areas, fields).expect("it can be written");
        let values = (observations.as_slice(), second.as_deref());
        let ready = geojson_of_layer(&about, &painting, values, &features, fields).expect("it can be written");
        prop_assert_eq!(String::from_utf8(read(&ready)), String::from_utf8(read(&anew)));
        // Nothing that the layer keeps is held a second time.
        let held: usize = ready.iter().map(Piece::held_bytes).sum();
        let kept: usize = features.iter().map(|feature| feature.begun().len()).sum();
        let whole: usize = ready.iter().map(Piece::len).sum();
        prop_assert!(held <= whole - kept + 4 * features.len());
    }
}

#[test]
fn what_leaves_out_code_or_name_does_not_begin_as_a_layer_keeps_it() {
    let fields = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    assert!(begin_as_ready(None) && begin_as_ready(Some(&fields(&["value", "name", "code"]))));
    for names in [&["code", "value"][..], &["name"], &["value"], &[]] {
        assert!(!begin_as_ready(Some(&fields(names))), "{names:?}");
    }
}

#[test]
fn values_alone_agree_with_the_features() {
    let (indicator, observations) = (indicator(), observations());
    let painting = paint(&indicator, &observations, &PaintOptions::default()).expect("there are values");
    let areas = areas(&observations);
    let parsed = |bytes: Vec<u8>| serde_json::from_slice::<serde_json::Value>(&bytes).expect("it is JSON");
    let pieces = geojson(&about(&indicator), &painting, &areas, None).expect("it can be written");
    let features = parsed(read(&pieces));
    let columns = parsed(values_json(&about(&indicator), &painting, &areas).expect("it can be written"));
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
    let text = String::from_utf8(csv(&painting, &areas(&observations), None).expect("it can be written"))
        .expect("UTF-8");
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
    let error = csv(&painting, &areas(&observations)[..2], None).expect_err("two areas are lacking");
    assert!(matches!(error, RenderError::Areas { painted: 4, given: 2 }), "{error}");
}
