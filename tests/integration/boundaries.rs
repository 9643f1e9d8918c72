//! A user's own boundaries beside the shipped ones: every query works on them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use geo::{Area, BooleanOps, BoundingRect, Intersects};
use levelmap::atlas::Atlas;
use levelmap::geometry;
use levelmap::http::AppState;
use levelmap::query::{Overlay, overlaps};
use levelmap::source::folder::Folder;
use serde_json::Value;
use tempfile::TempDir;

use super::http::{ask_of, post_of};
use super::shipped::{ATLAS, BLOCKS, layer};

const CATALOGUE: &str = r#"
extends = "shipped"

[[coverage]]
id = "own"
title = "Three places near Leeds"
file = "FILE"
code = "area_code"
name = "area_name_long"
licence = "mine"
source = "me"

[[layer]]
kind = "place"
vintage = "2024"
title = "Places"
valid_from = "2024-01-01"
current = true
fit = "exact"
licence = "mine"
source = "me"
  [[layer.part]]
  coverage = "own"
  from = "blocks"
"#;

fn formats() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/formats")
}

/// A folder whose only file is one of the formats on the British grid.
fn folder(file: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(formats().join(file), dir.path().join(file)).unwrap();
    fs::write(dir.path().join("catalogue.toml"), CATALOGUE.replace("FILE", file)).unwrap();
    dir
}

static STATE: LazyLock<AppState> = LazyLock::new(|| {
    let dir = folder("areas_27700.zip");
    AppState::new(Atlas::load(&Folder::Disk(dir.path().to_owned())).unwrap())
});

async fn get(path: &str) -> Value {
    let reply = ask_of(&STATE, path, &[]).await;
    assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

#[tokio::test]
async fn own_areas_answer_beside_the_councils() {
    // In the middle of A1, a square of a kilometre in Leeds.
    let here = get("/v1/locate?easting=430400&northing=433500").await;
    assert_eq!(here["areas"]["place"]["code"], "A1", "{here}");
    assert_eq!(here["areas"]["lad"]["code"], "E08000035");
    assert_eq!(here["areas"]["icb"]["layer"], "icb");
    assert_eq!(here["licence"], "OGL-UK-3.0 AND mine", "of all whose areas are told");
    let alone = get("/v1/locate?easting=430400&northing=433500&layers=place").await;
    assert_eq!((&alone["licence"], &alone["attribution"]), (&"mine".into(), &serde_json::json!([])));
    let councils = get("/v1/locate?easting=430400&northing=433500&layers=lad").await;
    assert_eq!(councils["licence"], "OGL-UK-3.0");
    assert_eq!(get("/v1/areas/A1").await["name"], "Dyffryn Ŵyr");
    assert_eq!(get("/v1/layers/place").await["area_count"], 3);
    assert_eq!(get("/v1/layers/place.geojson").await["features"].as_array().unwrap().len(), 3);

    let around = get("/v1/areas/A1/neighbours").await;
    assert_eq!((&around["count"], &around["results"][0]["code"]), (&1.into(), &"A2".into()));
    let length_m = around["results"][0]["shared_border_m"].as_f64().unwrap();
    assert!((length_m - 1_044.0).abs() < 30.0, "{length_m}");
    assert_eq!(around["results"][0]["approximate"], false);
    assert_eq!(get("/v1/areas/A3/neighbours").await["count"], 0);

    let within = get("/v1/within?easting=430400&northing=433500&radius_m=900&layer=place").await;
    assert_eq!(
        (&within["results"][0]["code"], &within["results"][0]["distance_m"]),
        (&"A1".into(), &0.into())
    );
    assert_eq!(within["count"], 2, "{within}");
    let near = get("/v1/nearest?easting=430400&northing=433500&layer=place&limit=9").await;
    assert_eq!(near["count"], 3);
    let metres = near["results"][2]["distance_m"].as_f64().unwrap();
    assert!((metres - 2_600.0).abs() < 10.0, "A3 begins at 433 km east: {metres}");
    let ring =
        r#"{"type":"Polygon","coordinates":[[[-1.6,53.7],[-1.4,53.7],[-1.4,53.9],[-1.6,53.9],[-1.6,53.7]]]}"#;
    let inside = post_of(&STATE, "/v1/within?layer=place&relation=contains", "application/geo+json", ring)
        .await
        .json();
    assert_eq!(inside["count"], 3, "{inside}");
}

#[tokio::test]
async fn own_areas_overlap_councils_by_polygons() {
    let shared = get("/v1/areas/A1/overlaps/lad").await;
    let row = &shared["results"][0];
    assert_eq!(
        (&shared["count"], &row["code"], &shared["fit"]),
        (&1.into(), &"E08000035".into(), &"exact".into())
    );
    assert_eq!(row["block_count"], Value::Null);
    let km2 = row["area_km2"].as_f64().unwrap();
    assert!((0.9..1.1).contains(&km2), "{km2}");
    let overlay = get("/v1/overlay/place/lad.json").await;
    assert!(overlay["count"].as_u64().unwrap() >= 3, "{overlay}");
    let pieces = get("/v1/overlay/place/lad.geojson").await;
    assert_eq!(pieces["features"].as_array().unwrap().len() as u64, overlay["count"].as_u64().unwrap());
    let back = get("/v1/overlay/lad/place.json").await;
    assert_eq!(back["count"], overlay["count"]);
    let sum = |answer: &Value, name: &str| -> f64 {
        answer["results"].as_array().unwrap().iter().map(|r| r[name].as_f64().unwrap()).sum()
    };
    assert!((sum(&back, "population") - sum(&overlay, "population")).abs() < 0.05);
    assert!((sum(&back, "area_km2") - sum(&overlay, "area_km2")).abs() < 1e-3);
}

#[test]
fn residents_of_own_areas_come_from_the_blocks_they_cut() {
    let served = STATE.served();
    let atlas = &served.atlas;
    let own = atlas.layer(&"place".parse().unwrap()).unwrap();
    for (area, shape) in own.shapes().iter().enumerate() {
        let bounds = shape.bounding_rect().unwrap();
        let wanted: f64 = BLOCKS
            .shapes
            .iter()
            .enumerate()
            .filter(|(_, block)| block.bounding_rect().unwrap().intersects(&bounds))
            .map(|(number, block)| {
                let share = block.intersection(shape).unsigned_area() / block.unsigned_area();
                share * ATLAS.residents_of_block(number as u32)
            })
            .sum();
        let found = overlaps(atlas, own, area as u32, atlas.layer(&"lad".parse().unwrap()).unwrap());
        assert_eq!(found.slivers.count, 0);
        let residents: f64 = found.found.iter().map(|o| o.population.unwrap()).sum();
        assert!(wanted > 500.0 && (residents / wanted - 1.0).abs() < 1e-6, "{residents} {wanted}");
    }
}

#[test]
fn every_format_is_served() {
    for file in ["areas_27700.geojson", "areas_27700.fgb", "areas_27700.gpkg"] {
        let dir = folder(file);
        let atlas = Atlas::load(&Folder::Disk(dir.path().to_owned())).unwrap();
        let at = geo::Coord { x: -1.540, y: 53.797 };
        let first = atlas.block_at(at);
        let own = atlas.layer(&"place".parse().unwrap()).unwrap();
        let lad = atlas.layer(&"lad".parse().unwrap()).unwrap();
        let area = atlas.area_at(own, first, at).unwrap();
        assert_eq!(own.areas()[area as usize].code.as_str(), "A1", "{file}");
        assert!(atlas.area_at(lad, first, at).is_some(), "{file}");
        assert_ne!(atlas.fingerprint(), ATLAS.fingerprint());
    }
}

#[test]
fn councils_given_as_polygons_lie_on_the_councils() {
    // The shipped councils once more, as somebody's own file with the same codes; one of them renamed.
    let lad = layer("lad");
    let features = lad.areas().iter().zip(lad.features().iter()).map(|(area, feature)| {
        let name = Value::from(area.name.as_str());
        let geometry = String::from_utf8_lossy(feature.geometry());
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"area_code\":\"{}\",\"area_name_long\":{name}}},\"geometry\":{geometry}}}",
            area.code
        )
    });
    let features: Vec<String> = features.collect();
    let dir = tempfile::tempdir().unwrap();
    let text = format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","));
    fs::write(dir.path().join("mine.geojson"), text).unwrap();
    fs::write(dir.path().join("catalogue.toml"), CATALOGUE.replace("FILE", "mine.geojson")).unwrap();
    let atlas = Atlas::load(&Folder::Disk(dir.path().to_owned())).unwrap();
    let (own, lad) =
        (atlas.layer(&"place".parse().unwrap()).unwrap(), atlas.layer(&"lad".parse().unwrap()).unwrap());
    assert_eq!(own.areas().len(), 361);
    let overlay = Overlay::new(&atlas, own, lad);
    // The strip that the drawings of England and Scotland both have is one area's in the own file.
    let near_the_border = ["E06000057", "E06000063", "S12000006", "S12000026"];
    for (area, of) in own.areas().iter().zip(&overlay.of) {
        let first = of.found.iter().max_by(|a, b| a.area_m2.total_cmp(&b.area_m2)).unwrap();
        let theirs = &lad.areas()[first.other as usize];
        assert_eq!(area.code, theirs.code);
        if near_the_border.contains(&area.code.as_str()) {
            continue;
        }
        assert!(of.is_exact() && of.found.len() == 1, "{}: {:?}", area.code, of.found);
        assert!((first.area_m2 / theirs.area_m2 - 1.0).abs() < 1e-4, "{}", area.code);
        if let Some(residents) = theirs.residents {
            assert!((first.population.unwrap() / residents - 1.0).abs() < 1e-3, "{}", area.code);
        }
    }
    // Within England and Wales the same borders are found as in the shipped coverage.
    let city = own.area_with_code(&"E09000001".parse().unwrap()).unwrap();
    let lengths = |layer: &levelmap::atlas::AtlasLayer, area: u32| -> Vec<i64> {
        layer.adjacency().bordering(area).iter().map(|b| b.length_m.round() as i64).collect()
    };
    let shipped = lad.area_with_code(&"E09000001".parse().unwrap()).unwrap();
    assert_eq!(lengths(own, city), lengths(lad, shipped));
    assert!(geometry::area_m2(&own.shapes()[city as usize]) > 2e6);
}
