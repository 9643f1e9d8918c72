//! What is near and what is inside, against plain searches of every area.

use geo::{
    Area, BooleanOps, BoundingRect, Coord, Destination, Geodesic, Intersects, LineString, MapCoords,
    MultiPolygon, Point, Polygon, Relate,
};
use levelmap::atlas::AtlasLayer;
use levelmap::geometry::{self, Circle, LonLat};
use levelmap::query::{FARTHEST_M, Relation, nearest, residents_in_circle, within_circle, within_polygon};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;
use serde_json::json;

use super::http::{Reply, ask, get};
use super::shipped::{ATLAS, layer};

async fn post(path: &str, polygon: &str) -> Reply {
    super::http::post(path, "application/geo+json", polygon.to_owned()).await
}

fn place(random: &mut StdRng) -> LonLat {
    LonLat::new(random.random_range(-8.3..2.0), random.random_range(49.8..60.9)).unwrap()
}

/// A distance to every area, without any index.
fn distances(layer: &AtlasLayer, from: LonLat) -> Vec<f64> {
    let of = |shape| geometry::distance_to_shape_m(from, shape).unwrap();
    layer.shapes().par_iter().map(of).collect()
}

/// 1,000 questions over all layers, each of its own layer, place and radius.
fn questions(seed: u64) -> Vec<(&'static AtlasLayer, LonLat, f64)> {
    let mut random = StdRng::seed_from_u64(seed);
    let layers = ATLAS.layers();
    (0..1_000)
        .map(|i| {
            let radius_m = 10f64.powf(random.random_range(1.0..5.0));
            (&layers[i % layers.len()], place(&mut random), radius_m)
        })
        .collect()
}

#[test]
fn within_finds_what_a_plain_search_finds() {
    let mut found_any = 0;
    for (layer, from, radius_m) in questions(1) {
        let all = distances(layer, from);
        let found = within_circle(layer, &Circle::new(from, radius_m), Relation::Intersects);
        found_any += usize::from(!found.is_empty());
        let mut wanted: Vec<u32> = (0..all.len() as u32).filter(|&a| all[a as usize] <= radius_m).collect();
        let mut areas: Vec<u32> = found.iter().map(|f| f.area).collect();
        areas.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(areas, wanted, "{} {from} {radius_m}", layer.entry.id);
        for f in &found {
            assert!((f.distance_m - all[f.area as usize]).abs() < 1e-3, "{} {from}", layer.entry.id);
            assert!((0.0..=1.0).contains(&f.share_inside));
        }
        assert!(found.windows(2).all(|w| w[0].distance_m <= w[1].distance_m));
    }
    assert!(found_any > 250, "{found_any}");
}

#[test]
fn nearest_finds_what_a_plain_search_finds() {
    for (i, (layer, from, _)) in questions(2).into_iter().enumerate() {
        let limit = 1 + i % 12;
        let mut all: Vec<(u32, f64)> =
            distances(layer, from).into_iter().enumerate().map(|(a, d)| (a as u32, d)).collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        all.retain(|(_, d)| *d <= FARTHEST_M);
        all.truncate(limit);
        let found = nearest(layer, from, limit, FARTHEST_M);
        assert_eq!(found.len(), all.len(), "{} {from}", layer.entry.id);
        for (f, w) in found.iter().zip(&all) {
            assert!((f.1 - w.1).abs() < 1e-3, "{} {from}: {f:?} {w:?}", layer.entry.id);
        }
    }
}

/// A circle drawn by geodesics.
fn drawn(middle: LonLat, radius_m: f64) -> MultiPolygon {
    let corners = 720;
    let at = |i: u32| {
        Geodesic.destination(
            Point(middle.coord()),
            360.0 - 360.0 * f64::from(i) / f64::from(corners),
            radius_m,
        )
    };
    let ring: LineString = (0..corners).map(|i| at(i).0).collect();
    MultiPolygon(vec![Polygon::new(ring, Vec::new())])
}

#[test]
fn shares_are_those_of_cut_polygons() {
    let mut partly = 0;
    for (layer, from, radius_m) in questions(3).into_iter().take(400) {
        let circle = drawn(from, radius_m);
        for f in within_circle(layer, &Circle::new(from, radius_m), Relation::Intersects).iter().take(12) {
            let shape = &layer.shapes()[f.area as usize];
            let cut = geometry::area_m2(&shape.intersection(&circle));
            let wanted = cut / layer.areas()[f.area as usize].area_m2;
            partly += usize::from(wanted > 0.01 && wanted < 0.99);
            // Of the circle or of the area, whichever is smaller, one part in a thousand: the drawn circle has corners.
            let slack = 1e-3 * (wanted + 1e-3);
            assert!(
                (f.share_inside - wanted).abs() < slack.max(2e-5),
                "{} {from} {radius_m}: {f:?} {wanted}",
                layer.entry.id
            );
        }
    }
    assert!(partly > 150, "{partly}");
}

#[test]
fn contains_and_centroid_are_what_they_say() {
    for (layer, from, radius_m) in questions(4).into_iter().take(300) {
        let circle = Circle::new(from, radius_m);
        let areas = |relation| -> Vec<u32> {
            let mut areas: Vec<u32> =
                within_circle(layer, &circle, relation).iter().map(|f| f.area).collect();
            areas.sort_unstable();
            areas
        };
        let away_m = |c: Coord| geometry::distance_m(from, LonLat::new(c.x, c.y).unwrap());
        let shapes = layer.shapes().par_iter().enumerate();
        let judged: Vec<(bool, bool)> = shapes
            .map(|(_, shape)| {
                let mut vertices = shape.iter().flat_map(|p| &p.exterior().0);
                let whole = vertices.all(|&c| away_m(c) <= radius_m);
                (whole, away_m(geometry::centroid(shape).unwrap()) <= radius_m)
            })
            .collect();
        let wanted = |pick: fn(&(bool, bool)) -> bool| -> Vec<u32> {
            judged.iter().enumerate().filter(|(_, j)| pick(j)).map(|(a, _)| a as u32).collect()
        };
        assert_eq!(areas(Relation::Contains), wanted(|j| j.0), "{} {from} {radius_m}", layer.entry.id);
        assert_eq!(areas(Relation::Centroid), wanted(|j| j.1), "{} {from} {radius_m}", layer.entry.id);
    }
}

/// An area by Lambert's cylindrical projection, which keeps areas of a sphere.
fn equal_area(shape: &MultiPolygon) -> f64 {
    shape.map_coords(|c| Coord { x: c.x, y: c.y.to_radians().sin().to_degrees() }).unsigned_area()
}

#[test]
fn polygons_find_what_geo_finds() {
    let mut random = StdRng::seed_from_u64(5);
    let mut counts = (0, 0);
    for i in 0..1_000 {
        let layer = &ATLAS.layers()[i % ATLAS.layers().len()];
        let middle = place(&mut random).coord();
        let size = 10f64.powf(random.random_range(-2.5..0.2));
        let corners = random.random_range(3..12);
        let ring: LineString = (0..corners)
            .map(|k| {
                let angle = f64::from(k) * std::f64::consts::TAU / f64::from(corners);
                let r = size * random.random_range(0.2..1.0);
                Coord { x: middle.x + 1.6 * r * angle.cos(), y: middle.y + r * angle.sin() }
            })
            .collect();
        let polygon = MultiPolygon(vec![Polygon::new(ring, Vec::new())]);
        let bounds = polygon.bounding_rect().unwrap();
        let shapes = layer.shapes().par_iter().enumerate();
        let wanted: Vec<(u32, f64, bool)> = shapes
            .filter(|(_, s)| s.bounding_rect().unwrap().intersects(&bounds) && s.intersects(&polygon))
            .map(|(a, s)| {
                let share = equal_area(&s.intersection(&polygon)) / equal_area(s);
                // A corner that is out by less than a millionth of the ground is rounding, says the rule.
                let out = equal_area(&s.difference(&polygon)) / equal_area(s);
                (a as u32, share, polygon.relate(s).is_covers() || out < 1e-6)
            })
            .collect();
        let mut found = within_polygon(layer, &polygon, Relation::Intersects);
        found.sort_by_key(|f| f.area);
        assert_eq!(
            found.iter().map(|f| f.area).collect::<Vec<_>>(),
            wanted.iter().map(|w| w.0).collect::<Vec<_>>(),
            "{} {polygon:?}",
            layer.entry.id
        );
        let mut whole = 0;
        for (f, w) in found.iter().zip(&wanted) {
            // The oracle's areas are on a sphere.
            assert!((f.share_inside - w.1).abs() < 0.01, "{} {f:?} {w:?}", layer.entry.id);
            whole += usize::from(w.2);
        }
        assert_eq!(within_polygon(layer, &polygon, Relation::Contains).len(), whole, "{}", layer.entry.id);
        counts = (counts.0 + found.len(), counts.1 + whole);
    }
    assert!(counts.0 > 3_000 && counts.1 > 500, "{counts:?}");
}

#[test]
fn an_area_is_in_its_own_outline_and_round_a_polygon_in_its_middle() {
    let lad = layer("lad");
    let leeds = lad.area_with_code(&"E08000035".parse().unwrap()).unwrap();
    let outline = &lad.shapes()[leeds as usize];
    let own = within_polygon(lad, outline, Relation::Contains);
    assert_eq!(own.iter().map(|f| f.area).collect::<Vec<_>>(), [leeds]);
    let touched = within_polygon(lad, outline, Relation::Intersects);
    assert_eq!(touched.len(), 1 + lad.adjacency().touching(leeds).len(), "its neighbours touch it");
    assert!(touched[1..].iter().all(|f| f.share_inside < 1e-9), "and no more: {touched:?}");
    let small = drawn(LonLat::new(-1.5491, 53.8008).unwrap(), 200.0);
    let found = within_polygon(lad, &small, Relation::Intersects);
    assert_eq!(found.len(), 1);
    assert!((found[0].share_of_polygon - 1.0).abs() < 1e-4 && found[0].share_inside < 1e-3, "{found:?}");
}

#[tokio::test]
async fn leeds_and_what_is_around_it() {
    let answer = get("/v1/within?lon=-1.5491&lat=53.8008&radius_m=25000&layer=lad").await.json();
    let rows = answer["results"].as_array().unwrap();
    assert_eq!((&rows[0]["code"], &rows[0]["distance_m"]), (&"E08000035".into(), &0.into()));
    assert_eq!(answer["count"], rows.len());
    for name in ["Bradford", "Wakefield", "Kirklees", "Calderdale", "North Yorkshire"] {
        assert!(rows.iter().any(|r| r["name"] == name), "{name}");
    }
    assert!(rows.iter().all(|r| r["share_inside"].as_f64().is_some()));
    let near = get("/v1/nearest?lon=-1.5491&lat=53.8008&layer=icb@2022&limit=3").await.json();
    assert_eq!(near["results"][0]["code"], "E54000054");
    assert_eq!(near["count"], 3);
    let by_postcode = get("/v1/within?postcode=LS1%201UR&radius_m=100&layer=lad").await.json();
    assert_eq!(by_postcode["results"][0]["name"], "Leeds");
}

#[tokio::test]
async fn a_point_at_sea_has_areas_near_it_when_asked() {
    // Off the end of Southend pier.
    let path = "/v1/locate?lon=0.722&lat=51.512&layers=lad,icb,rgn";
    assert_eq!(get(path).await.json()["nearest"], serde_json::Value::Null);
    let answer = get(&format!("{path}&nearest_within_m=5000")).await.json();
    assert_eq!(answer["areas"], json!({}));
    let rows = answer["nearest"].as_array().unwrap();
    assert_eq!(rows.len(), 3, "{answer}");
    assert!(rows.iter().any(|r| r["name"] == "Southend-on-Sea" && r["distance_m"].as_f64().unwrap() > 500.0));
    let none = get(&format!("{path}&nearest_within_m=50")).await.json();
    assert_eq!(none["nearest"], json!([]));
    // Where a layer has an area nothing near is told of it.
    let inland = get("/v1/locate?lon=-1.5491&lat=53.8008&layers=lad&nearest_within_m=5000").await.json();
    assert_eq!(inland["nearest"], json!([]));
}

#[tokio::test]
async fn swapped_axes_and_metres_are_told_apart_on_every_route() {
    for path in [
        "/v1/locate?lon=53.8&lat=-1.5",
        "/v1/nearest?lon=53.8&lat=-1.5&layer=lad",
        "/v1/within?lon=53.8&lat=-1.5&layer=lad&radius_m=1000",
    ] {
        let reply = ask(path, &[]).await;
        assert_eq!(reply.status, 400, "{path}");
        assert!(reply.json()["detail"].as_str().unwrap().contains("swapped"), "{path}");
        let metres = path.replace("lon=53.8&lat=-1.5", "lon=430000&lat=433000");
        let reply = ask(&metres, &[]).await;
        assert!(reply.json()["detail"].as_str().unwrap().contains("metres"), "{metres}");
        for degrees in ["easting=-1.5&northing=53.8", "easting=53.8&northing=-1.5"] {
            let reply = ask(&path.replace("lon=53.8&lat=-1.5", degrees), &[]).await;
            assert_eq!(reply.status, 400, "{path} {degrees}");
            assert!(
                reply.json()["detail"].as_str().unwrap().contains("look like degrees"),
                "{path} {degrees}"
            );
        }
    }
    let swapped =
        json!({"type": "Polygon", "coordinates": [[[53.8, -1.5], [53.9, -1.5], [53.9, -1.4], [53.8, -1.5]]]});
    let reply = post("/v1/within?layer=lad", &swapped.to_string()).await;
    assert_eq!(reply.status, 400);
    assert!(reply.json()["detail"].as_str().unwrap().contains("swapped"));
}

#[tokio::test]
async fn bad_polygons_are_refused_with_their_faults() {
    let bow_tie = json!({"type": "Polygon", "coordinates": [[[-1.0, 53.0], [-2.0, 54.0], [-1.0, 54.0], [-2.0, 53.0], [-1.0, 53.0]]]});
    let reply = post("/v1/within?layer=lad", &bow_tie.to_string()).await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (400, "application/problem+json"));
    let error = &reply.json()["errors"][0];
    assert_eq!(error["value"], "-1.5,53.5", "{error}");
    assert!(error["message"].as_str().unwrap().contains("crosses or touches itself"));
    let several = json!({"type": "FeatureCollection", "features": []}).to_string();
    let line = json!({"type": "LineString", "coordinates": [[-1.0, 53.0], [-2.0, 54.0]]}).to_string();
    let empty = json!({"type": "MultiPolygon", "coordinates": []}).to_string();
    let short = json!({"type": "Polygon", "coordinates": [[[-1.0], [-2.0, 54.0], [-1.0, 54.0]]]}).to_string();
    let one = json!({"type": "Polygon", "coordinates": [[[-1.0, 53.0], [-1.0, 53.0]]]}).to_string();
    for body in ["", "{}", "[1]", "\u{0}", &several, &line, &empty, &short, &one] {
        assert_eq!(post("/v1/within?layer=lad", body).await.status, 400, "{body}");
    }
    let large = " ".repeat(9 * 1024 * 1024);
    assert_eq!(post("/v1/within?layer=lad", &large).await.status, 413);
    for query in ["radius_m=-1", "radius_m=500001", "radius_m=x", "relation=near", "limit=3", ""] {
        let path = format!("/v1/within?lon=-1.5&lat=53.8&layer=lad&{query}");
        assert_eq!(ask(&path, &[]).await.status, 400, "{query}");
    }
    for query in ["limit=0", "limit=101", "radius_m=3"] {
        let path = format!("/v1/nearest?lon=-1.5&lat=53.8&layer=lad&{query}");
        assert_eq!(ask(&path, &[]).await.status, 400, "{query}");
    }
    assert_eq!(ask("/v1/nearest?lon=-1.5&lat=53.8", &[]).await.status, 400);
    assert_eq!(ask("/v1/nearest?lon=-1.5&lat=53.8&layer=nope", &[]).await.status, 404);
}

#[tokio::test]
async fn a_feature_is_asked_as_its_polygon() {
    let ring = json!([[-1.6, 53.7], [-1.4, 53.7], [-1.4, 53.9], [-1.6, 53.9], [-1.6, 53.7]]);
    let polygon = json!({"type": "Polygon", "coordinates": [ring]});
    let feature = json!({"type": "Feature", "properties": {}, "geometry": polygon});
    let answer = post("/v1/within?layer=lad", &polygon.to_string()).await.json();
    assert_eq!(answer, post("/v1/within?layer=lad", &feature.to_string()).await.json());
    assert_eq!(answer["results"][0]["name"], "Leeds");
    let shares =
        answer["results"].as_array().unwrap().iter().map(|r| r["share_of_polygon"].as_f64().unwrap());
    assert!((shares.sum::<f64>() - 1.0).abs() < 1e-4);
    let centroid = post("/v1/within?layer=lad&relation=centroid", &polygon.to_string()).await.json();
    assert_eq!(centroid["count"], 1);
}

#[test]
fn residents_are_those_of_blocks_by_their_share_inside() {
    let lad = layer("lad");
    let mut cut = 0;
    for (lon, lat, radius_m) in
        [(-1.5491, 53.8008, 3_000.0), (-0.1276, 51.5072, 1_200.0), (-3.1791, 51.4816, 8_000.0)]
    {
        let middle = LonLat::new(lon, lat).unwrap();
        let found = residents_in_circle(&ATLAS, lad, &Circle::new(middle, radius_m));
        // Slowly: every block there is, cut with the circle as drawn.
        let circle = drawn(middle, radius_m);
        let bounds = circle.bounding_rect().unwrap();
        let mut wanted = 0.0;
        for block in 0..ATLAS.block_count() as u32 {
            let shape = ATLAS.shape_of_block(block).unwrap();
            if shape.bounding_rect().is_some_and(|b| b.intersects(&bounds)) {
                let share = shape.intersection(&circle).unsigned_area() / shape.unsigned_area();
                wanted += ATLAS.residents_of_block(block) * share;
            }
        }
        assert!((found.inside / wanted - 1.0).abs() < 1e-3, "{lon}: {} {wanted}", found.inside);
        assert!((found.by_area.iter().sum::<f64>() - found.inside).abs() < 1e-6 * found.inside);
        cut += found.cut_blocks;
    }
    assert!(cut > 50, "{cut}");
    // All of Leeds lies within 40 km of its middle, and so do all its residents.
    let middle = LonLat::new(-1.5491, 53.8008).unwrap();
    let found = residents_in_circle(&ATLAS, lad, &Circle::new(middle, 40_000.0));
    let leeds = lad.areas().iter().position(|a| a.code.as_str() == "E08000035").unwrap();
    assert_eq!(found.by_area[leeds].round(), lad.areas()[leeds].residents.unwrap());
}

// Slowly: every block of the layer by itself, without a box that tells of several.
#[test]
fn residents_of_blocks_together_are_those_of_each_alone() {
    let mut random = StdRng::seed_from_u64(17);
    let (mut whole, mut cut) = (0, 0);
    for kind in ["lad", "icb", "lsoa", "hb"].repeat(8) {
        let layer = layer(kind);
        let circle = Circle::new(place(&mut random), 10f64.powf(random.random_range(3.0..5.3)));
        let found = residents_in_circle(&ATLAS, layer, &circle);
        let mut by_area = vec![0.0; layer.areas().len()];
        let mut counts = (0, 0, 0);
        for block in 0..ATLAS.block_count() as u32 {
            let (area, shape) = (layer.area_of_block(block), ATLAS.shape_of_block(block).unwrap());
            let Some((area, bounds)) = area.zip(shape.bounding_rect()) else { continue };
            if circle.misses_box(bounds) {
                continue;
            }
            let mut common = geometry::Common::with(&circle);
            for ring in shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())) {
                if let Some(bounds) = ring.bounding_rect() {
                    common.line(&ring.0, bounds, geometry::swept);
                }
            }
            let share = common.area_m2() / ATLAS.area_of_block_m2(block);
            let residents = ATLAS.residents_of_block(block);
            match share {
                // What rounding leaves of nothing is nothing, ...
                ..1e-9 => continue,
                _ if residents.is_nan() => counts.2 += 1,
                // ... and what is all but whole is whole.
                0.9998.. => counts.0 += 1,
                _ => counts.1 += 1,
            }
            // One block of which it is not known, and it is not known of the area.
            by_area[area as usize] += residents * if share > 0.9998 { 1.0 } else { share };
        }
        assert_eq!((found.whole_blocks, found.cut_blocks, found.unknown_blocks), counts, "{kind} {circle:?}");
        for (found, wanted) in found.by_area.iter().zip(&by_area) {
            let are_alike = (found - wanted).abs() < 1.0 || found.is_nan() && wanted.is_nan();
            assert!(are_alike, "{kind} {found} {wanted} {circle:?}");
        }
        (whole, cut) = (whole + counts.0, cut + counts.1);
    }
    assert!(whole > 10_000 && cut > 500, "{whole} {cut}");
}

#[tokio::test]
async fn residents_are_told_on_request() {
    let path = "/v1/within?lon=-1.5491&lat=53.8008&radius_m=3000&layer=lad";
    let plain = get(path).await.json();
    assert!(plain["population"].is_null() && plain["results"][0]["population_inside"].is_null());
    let told = get(&format!("{path}&residents=true")).await.json();
    let inside = told["population"]["inside"].as_f64().unwrap();
    assert!(inside > 50_000.0 && inside < 200_000.0, "{inside}");
    assert_eq!(
        (&told["results"][0]["code"], &told["results"][0]["population_inside"]),
        (&"E08000035".into(), &told["population"]["inside"])
    );
    assert_eq!(ask(&format!("{path}&residents=perhaps"), &[]).await.status, 400);
}
