//! Maps by one address: simplified layers, choropleths in every form, their sizes.

use std::io::Write as _;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use flate2::Compression;
use flate2::write::GzEncoder;
use geo::{Area, MultiPolygon, Validation};
use http_body_util::BodyExt;
use levelmap::atlas::Atlas;
use levelmap::coverage::tolerance_at_zoom_m;
use levelmap::http::{AppState, app};
use levelmap::source::folder::Folder;
use serde_json::Value;
use tower::ServiceExt;

static STATE: LazyLock<AppState> = LazyLock::new(|| AppState::new(Atlas::load(&Folder::Shipped).unwrap()));

async fn ask(path: &str) -> (StatusCode, String, Vec<u8>) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (parts, body) = app(STATE.clone()).oneshot(request).await.unwrap().into_parts();
    let kind = parts.headers.get("content-type").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    (parts.status, kind, body.collect().await.unwrap().to_bytes().to_vec())
}

async fn get(path: &str) -> Vec<u8> {
    let (status, _, body) = ask(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&body));
    body
}

async fn json(path: &str) -> Value {
    serde_json::from_slice(&get(path).await).unwrap()
}

fn packed_bytes(body: &[u8]) -> usize {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(body).unwrap();
    gzip.finish().unwrap().len()
}

fn shapes(collection: &Value) -> Vec<MultiPolygon> {
    let features = collection["features"].as_array().unwrap();
    features
        .iter()
        .map(|feature| {
            let geometry: geojson::Geometry = serde_json::from_value(feature["geometry"].clone()).unwrap();
            match geo::Geometry::<f64>::try_from(geometry).unwrap() {
                geo::Geometry::Polygon(one) => MultiPolygon(vec![one]),
                geo::Geometry::MultiPolygon(several) => several,
                other => panic!("an area is no {other:?}"),
            }
        })
        .collect()
}

/// The whole promise over every layer is checked by `tests/oracles/simplified_valid.py`; this is its part that takes seconds.
#[tokio::test]
async fn simplified_layers_are_valid_and_say_how_simple() {
    for layer in ["lad", "icb", "ctry", "nhser"] {
        let whole = shapes(&json(&format!("/v1/layers/{layer}.geojson")).await);
        for (question, tolerance_m) in [
            ("tolerance_m=20", 20.0),
            ("tolerance_m=2000", 2000.0),
            ("tolerance_m=50000", 50_000.0),
            ("zoom=5", tolerance_at_zoom_m(5.0)),
        ] {
            let answer = json(&format!("/v1/layers/{layer}.geojson?{question}")).await;
            assert!(
                (answer["tolerance_m"].as_f64().unwrap() - tolerance_m).abs() < 0.001,
                "{layer} {question}"
            );
            let found = shapes(&answer);
            assert_eq!(found.len(), whole.len(), "no area of {layer} vanishes at {question}");
            for (shape, feature) in found.iter().zip(answer["features"].as_array().unwrap()) {
                assert!(shape.is_valid(), "{} at {question}", feature["id"]);
                assert!(shape.iter().all(|p| p.exterior().0.len() >= 4 && p.signed_area() > 0.0));
            }
            // Neighbours share each border, so what one area loses another gains, or the sea: no ground is there twice.
            let union = geo::unary_union(&found).unsigned_area();
            let sum: f64 = found.iter().map(Area::unsigned_area).sum();
            assert!((union - sum).abs() < 1e-6, "{layer} at {question}: {union} of {sum}");
        }
    }
}

#[tokio::test]
async fn a_part_of_a_layer_with_few_digits_and_fields() {
    let answer =
        json("/v1/layers/lad.geojson?bbox=-1.8,53.7,-1.3,53.9&precision=3&fields=code,population").await;
    let features = answer["features"].as_array().unwrap();
    let codes: Vec<&str> = features.iter().map(|f| f["id"].as_str().unwrap()).collect();
    assert!(codes.contains(&"E08000035") && codes.len() < 12, "{codes:?}");
    assert_eq!(
        features[0]["properties"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["code", "population"]
    );
    assert!(shapes(&answer).iter().all(Validation::is_valid));
    let topology = json("/v1/layers/lad.topojson?bbox=-1.8,53.7,-1.3,53.9&tolerance_m=100").await;
    assert_eq!(topology["objects"]["lad"]["geometries"].as_array().unwrap().len(), codes.len());
    let csv =
        String::from_utf8(get("/v1/layers/lad.csv?bbox=-1.8,53.7,-1.3,53.9&fields=code").await).unwrap();
    assert_eq!(csv.lines().next(), Some("code,lon,lat"));
    assert_eq!(csv.lines().count(), codes.len() + 1);
    for bad in [
        "tolerance_m=-1",
        "zoom=99",
        "zoom=5&tolerance_m=9",
        "bbox=1,2,3",
        "bbox=2,53,1,54",
        "precision=9",
        "fields=colour",
    ] {
        assert_eq!(ask(&format!("/v1/layers/lad.geojson?{bad}")).await.0, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn maps_are_small_enough_to_send() {
    for (path, most) in [
        ("/v1/choropleth/lad/stroke-admissions.geojson?zoom=6", 250_000),
        ("/v1/choropleth/lad/stroke-admissions.topojson?zoom=6", 90_000),
        ("/v1/choropleth/lsoa/residents.topojson?zoom=10&fields=code,name,value,class", 2_500_000),
        ("/v1/layers/lsoa.topojson?zoom=10", 2_500_000),
        ("/v1/choropleth/lad/stroke-admissions/values.json?form=compact", 2_000),
        ("/v1/choropleth/lsoa/residents/values.json?form=compact", 65_000),
        ("/v1/choropleth/lsoa/stroke-admissions/values.json?form=compact", 65_000),
    ] {
        let packed = packed_bytes(&get(path).await);
        println!("{path}: {packed} bytes");
        assert!(packed <= most, "{path}: {packed} bytes");
        // As it is sent, too.
        let sent = super::http::ask(path, &[("accept-encoding", "gzip")]).await;
        assert_eq!(sent.header("content-encoding"), "gzip", "{path}");
        assert!(sent.body.len() <= most, "{path}: {} bytes sent", sent.body.len());
    }
}

#[tokio::test]
async fn the_compact_form_says_what_the_long_one_says() {
    compact_says_the_same("/v1/choropleth/lad/stroke-admissions/values.json").await;
    compact_says_the_same("/v1/choropleth/msoa/residents/values.json").await;
    compact_says_the_same("/v1/choropleth/lad/people-per-household/values.json").await;
}

async fn compact_says_the_same(path: &str) {
    let long = json(path).await;
    let compact = json(&format!("{path}?form=compact")).await;
    let mut codes = Vec::new();
    for run in compact["codes"].as_array().unwrap() {
        let (first, count) = match run {
            Value::String(code) => (code.clone(), 1),
            run => (run[0].as_str().unwrap().to_owned(), run[1].as_u64().unwrap()),
        };
        let at = first.len() - first.chars().rev().take_while(char::is_ascii_digit).count();
        let number: u64 = first[at..].parse().unwrap_or_default();
        codes.extend((0..count).map(|i| match count {
            1 => first.clone(),
            _ => format!("{}{:0width$}", &first[..at], number + i, width = first.len() - at),
        }));
    }
    assert_eq!(serde_json::json!(codes), long["codes"]);
    let scale = compact["scale"].as_f64().unwrap();
    let digits: Vec<&[u8]> = compact["values"]["digits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d.as_str().unwrap().as_bytes())
        .collect();
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let value = |area: usize| {
        let places =
            digits.iter().rev().map(|place| alphabet.iter().position(|&d| d == place[area]).unwrap());
        match places.fold(0, |number, digit| number * 64 + digit) {
            0 => None,
            number => Some(scale * (number as f64 - 1.0 + compact["values"]["base"].as_f64().unwrap())),
        }
    };
    let letters: Option<Vec<char>> = compact["classes"].as_str().map(|letters| letters.chars().collect());
    let uppers: Vec<f64> = compact["legend"]["classes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["upper"].as_f64().unwrap())
        .collect();
    for i in 0..codes.len() {
        let (short, full) = (value(i), long["values"][i].as_f64());
        assert_eq!(short.is_some(), full.is_some());
        if let (Some(short), Some(full)) = (short, full) {
            assert!((short - full).abs() <= scale / 2.0 + 1e-6, "{short} {full}");
        }
        let class = match &letters {
            Some(letters) => letters[i].to_digit(36).map(u64::from),
            None => short.and_then(|v| uppers.iter().position(|&u| v <= u)).map(|class| class as u64),
        };
        assert_eq!(class, long["classes"][i].as_u64(), "{}", codes[i]);
    }
    let runs = compact["flags"]["missing"].as_array().cloned().unwrap_or_default();
    let flagged: u64 = runs.iter().map(|run| run[1].as_u64().unwrap()).sum();
    let missing = long["flags"].as_array().unwrap().iter().filter(|f| **f == "missing").count();
    assert_eq!(flagged, missing as u64);
}

#[tokio::test]
async fn all_forms_of_a_choropleth_hold_the_same_classes() {
    let path = "/v1/choropleth/icb@2022/stroke-admissions";
    let map = json(&format!("{path}.geojson?zoom=6&method=jenks&classes=4")).await;
    let topology = json(&format!("{path}.topojson?zoom=6&method=jenks&classes=4")).await;
    assert_eq!(map["legend"], topology["legend"]);
    let geometries = topology["objects"]["icb"]["geometries"].as_array().unwrap();
    for (feature, geometry) in map["features"].as_array().unwrap().iter().zip(geometries) {
        assert_eq!((&feature["id"], &feature["properties"]), (&geometry["id"], &geometry["properties"]));
    }
    let part = json(&format!("{path}.geojson?bbox=-0.2,51.4,0.0,51.6&method=jenks&classes=4")).await;
    assert_eq!(part["legend"], map["legend"], "classes are those of the whole layer");
    assert!(part["features"].as_array().unwrap().len() < 10);
}

#[tokio::test]
async fn pictures_have_all_that_a_report_needs() {
    let path = "/v1/choropleth/nhs/stroke-admissions";
    let (_, kind, svg) = ask(&format!("{path}.svg?inset=london,shetland&title=Strokes+%26+boards")).await;
    let svg = String::from_utf8(svg).unwrap();
    assert_eq!(kind, "image/svg+xml");
    for words in [
        "Strokes &amp; boards",
        "British National Grid",
        " km<",
        "Office for National Statistics",
        "OGL",
        "London, larger",
        "Shetland",
        "no value",
    ] {
        assert!(svg.contains(words), "{words} is in the picture");
    }
    let drawn = svg.matches("<title>").count();
    assert!(drawn >= 62, "{drawn} areas are drawn with their names");
    let (_, kind, png) = ask(&format!("{path}.png?width=400")).await;
    assert_eq!((kind.as_str(), &png[1..4]), ("image/png", b"PNG".as_slice()));
    assert_eq!(u32::from_be_bytes(png[16..20].try_into().unwrap()), 400);
    let (_, kind, legend) = ask(&format!("{path}/legend.svg")).await;
    assert_eq!(kind, "image/svg+xml");
    assert!(String::from_utf8(legend).unwrap().contains("<rect"));
    // Scilly counts although a first, coarse look passes it over: no part of a map is cut off.
    let regions =
        String::from_utf8(get("/v1/choropleth/nhser/stroke-admissions.svg?width=800").await).unwrap();
    let map = regions.split("<svg x=").nth(1).unwrap().split("</svg>").next().unwrap();
    let width: f64 = map.split("width=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    for path in map.split(" d=\"M").skip(1) {
        let mut x = 0.0;
        for ring in path.split('"').next().unwrap().split('M') {
            let steps = ring.trim_end_matches('z').replace('l', " ").replace('-', " -");
            let numbers: Vec<f64> = steps.split_whitespace().map(|n| n.parse().unwrap()).collect();
            for (i, pair) in numbers.chunks(2).enumerate() {
                x = if i == 0 { pair[0] } else { x + pair[0] };
                assert!((0.0..=width).contains(&x), "{x} is within 0 to {width}");
            }
        }
    }
    for bad in ["width=10", "inset=atlantis"] {
        assert_eq!(ask(&format!("{path}.svg?{bad}")).await.0, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn two_measures_make_a_square_of_classes() {
    let map = json("/v1/choropleth/lad/stroke-admissions.geojson?zoom=4&indicator2=residents").await;
    let square = &map["legend"]["square"];
    assert_eq!(square["up"]["indicator"], "residents");
    let above = |axis: &Value, value: f64| {
        axis["uppers"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|upper| value > upper.as_f64().unwrap() * (1.0 + 1e-7))
            .count() as u64
    };
    let mut counts = [0u64; 9];
    for feature in map["features"].as_array().unwrap() {
        let properties = &feature["properties"];
        if let (Some(one), Some(two)) = (properties["value"].as_f64(), properties["value2"].as_f64()) {
            let class = properties["class"].as_u64().unwrap();
            assert_eq!(class, 3 * above(&square["up"], two) + above(&square["across"], one), "{properties}");
            counts[class as usize] += 1;
        }
    }
    let told: Vec<u64> =
        map["legend"]["classes"].as_array().unwrap().iter().map(|c| c["count"].as_u64().unwrap()).collect();
    assert_eq!(told, counts);
    let picture =
        String::from_utf8(get("/v1/choropleth/lad/stroke-admissions.svg?indicator2=residents").await)
            .unwrap();
    assert!(picture.contains("rotate(-90)"), "the square's second side is written upwards");
}

#[tokio::test]
async fn areas_are_compared_with_all_together_by_their_limits() {
    let map = json("/v1/choropleth/lad/stroke-admissions.geojson?zoom=4&method=benchmark").await;
    let labels: Vec<&str> =
        map["legend"]["classes"].as_array().unwrap().iter().map(|c| c["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["worse", "similar", "better"]);
    let benchmark = map["legend"]["benchmark"].as_f64().unwrap();
    let mut compared = 0;
    for feature in map["features"].as_array().unwrap() {
        let p = &feature["properties"];
        if let (Some(lower), Some(upper)) = (p["lower"].as_f64(), p["upper"].as_f64()) {
            let similar = lower <= benchmark && benchmark <= upper;
            assert_eq!(p["class"] == 1, similar, "{p} and {benchmark}");
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared}");
}

/// A map of one period by classes of all periods: with one period alone they are its own.
#[tokio::test]
async fn classes_over_periods_of_an_indicator_with_one_period_are_its_own() {
    let own = json("/v1/choropleth/lad/residents/values.json?method=jenks&classes=4").await;
    let over = json("/v1/choropleth/lad/residents/values.json?method=jenks&classes=4&over=periods").await;
    assert_eq!(over["classes"], own["classes"]);
    assert_eq!(over["legend"]["classes"], own["legend"]["classes"]);
    assert_eq!(over["legend"]["method"], "jenks");
    let (status, _, _) = ask("/v1/choropleth/lad/residents/values.json?over=years").await;
    assert_eq!(status, 400);
}
