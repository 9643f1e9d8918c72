//! What layers share, against polygons cut with polygons.

use std::collections::{BTreeMap, BTreeSet};

use geo::{BooleanOps, BoundingRect, Intersects};
use levelmap::atlas::AtlasLayer;
use levelmap::coverage;
use levelmap::geometry;
use levelmap::query::{Overlap, Overlay, overlaps};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;

use super::http::{ask, get};
use super::shipped::{ATLAS, layer};

/// 1,000 areas, each of a random layer against another. Cutting thousands of small areas with a whole region takes
/// minutes and tells no more than cutting them with a council, so that such questions are passed over.
#[test]
fn shared_ground_is_what_cutting_polygons_gives() {
    let mut random = StdRng::seed_from_u64(11);
    // The unions of countries lie in several coverages, which this slow way does not tell apart.
    let several = |l: &&AtlasLayer| !matches!(l.entry.id.kind.as_str(), "uk" | "gb");
    let layers: Vec<&AtlasLayer> = ATLAS.layers().iter().filter(several).collect();
    let questions: Vec<(usize, u32, usize)> = std::iter::repeat_with(|| {
        let (left, right) = (random.random_range(0..layers.len()), random.random_range(0..layers.len()));
        (left, random.random_range(0..layers[left].areas().len() as u32), right)
    })
    .filter(|&(left, area, right)| {
        let size = layers[left].blocks_of(area).len();
        size < 2_000 && (size < 300 || layers[right].areas().len() < 1_000)
    })
    .take(1_000)
    .collect();
    let pairs: usize = questions
        .par_iter()
        .map(|&(left, area, right)| {
            let (left, right) = (layers[left], layers[right]);
            let found = overlaps(&ATLAS, left, area, right);
            let here = &left.shapes()[area as usize];
            let bounds = here.bounding_rect().unwrap();
            let home = |block: u32| ATLAS.number_of_coverage(block);
            let mut wanted: BTreeMap<u32, f64> = BTreeMap::new();
            for (other, there) in right.shapes().iter().enumerate() {
                // Two coverages overlap a little where they meet; the layers say whose ground that is.
                let same = home(left.blocks_of(area)[0]) == home(right.blocks_of(other as u32)[0]);
                if same && there.bounding_rect().unwrap().intersects(&bounds) {
                    let area_m2 = geometry::area_m2(&here.intersection(there));
                    if area_m2 > 20.0 {
                        wanted.insert(other as u32, area_m2);
                    }
                }
            }
            assert_eq!(found.slivers.count, 0);
            let got: BTreeMap<u32, f64> = found.found.iter().map(|o| (o.other, o.area_m2)).collect();
            let context =
                format!("{} {} {}", left.entry.id, left.areas()[area as usize].code, right.entry.id);
            assert!(got.keys().eq(wanted.keys()), "{context}: {got:?} {wanted:?}");
            for (other, area_m2) in &wanted {
                assert!((got[other] / area_m2 - 1.0).abs() < 1e-3, "{context}: {got:?} {wanted:?}");
            }
            wanted.len()
        })
        .sum();
    assert!(pairs > 500, "{pairs}");
}

#[test]
fn an_overlay_adds_up_both_ways() {
    for (left, right) in [
        ("lad", "icb@2022"),
        ("icb@2022", "lad"),
        ("utla", "nhs"),
        ("msoa", "sicbl"),
        ("lad@2011", "lad@2025"),
    ] {
        let (left, right) = (layer(left), layer(right));
        let overlay = Overlay::new(&ATLAS, left, right);
        let mut of_right = vec![0.0; right.areas().len()];
        for (area, of) in overlay.of.iter().enumerate() {
            let here = &left.areas()[area];
            let ground: f64 = of.found.iter().map(|o| o.area_m2).sum();
            assert!(ground <= here.area_m2 * (1.0 + 1e-9), "{}", here.code);
            let all = left.blocks_of(area as u32).iter().all(|&b| right.area_of_block(b).is_some());
            assert_eq!(all, (ground / here.area_m2 - 1.0).abs() < 1e-9, "{}", here.code);
            if let (true, Some(residents)) = (all, here.residents) {
                let shared: f64 = of.found.iter().map(|o| o.population.unwrap()).sum();
                assert_eq!(shared, residents, "{}", here.code);
            }
            for o in &of.found {
                of_right[o.other as usize] += o.share_of_other;
            }
        }
        for (share, area) in of_right.iter().zip(right.areas()) {
            assert!(*share <= 1.0 + 1e-9, "{}: {share}", area.code);
        }
    }
}

/// Runs of blocks, by which two layers are laid over each other, against blocks counted one by one.
#[test]
fn an_overlay_has_what_its_areas_share_block_by_block() {
    let layers: Vec<&AtlasLayer> = ATLAS.layers().iter().filter(|l| l.areas().len() <= 1_000).collect();
    let pairs: usize = layers
        .par_iter()
        .map(|left| {
            let mut pairs = 0;
            for right in &layers {
                let overlay = Overlay::new(&ATLAS, left, right);
                assert_eq!(overlay.of.len(), left.areas().len());
                for (area, of) in overlay.of.iter().enumerate() {
                    let mut wanted: BTreeMap<u32, (usize, f64, f64)> = BTreeMap::new();
                    for &block in left.blocks_of(area as u32) {
                        if let Some(theirs) = right.area_of_block(block) {
                            let sums = wanted.entry(theirs).or_default();
                            sums.0 += 1;
                            sums.1 += ATLAS.area_of_block_m2(block);
                            sums.2 += ATLAS.residents_of_block(block);
                        }
                    }
                    let known = |o: &Overlap| o.population.unwrap_or(f64::NAN);
                    for o in of.found.iter().filter(|o| o.blocks.is_some()) {
                        let (blocks, area_m2, residents) = wanted.remove(&o.other).unwrap();
                        assert_eq!((o.blocks, o.area_m2), (Some(blocks), area_m2));
                        assert_eq!(known(o).is_nan(), residents.is_nan());
                        assert!(residents.is_nan() || known(o) == residents);
                        pairs += 1;
                    }
                    assert!(wanted.is_empty(), "{} {}: {wanted:?}", left.entry.id, right.entry.id);
                }
            }
            pairs
        })
        .sum();
    assert!(pairs > 100_000, "{pairs}");
}

#[test]
fn pieces_have_the_ground_of_their_rows() {
    let (left, right) = (layer("lad"), layer("icb@2022"));
    let overlay = Overlay::new(&ATLAS, left, right);
    let shapes = overlay.shapes(&ATLAS, left, right);
    let mut pieces = 0;
    for (of, shapes) in overlay.of.iter().zip(&shapes) {
        assert_eq!(of.found.len(), shapes.len());
        for (o, shape) in of.found.iter().zip(shapes) {
            assert!((coverage::area_m2(shape) / o.area_m2 - 1.0).abs() < 1e-9);
            pieces += 1;
        }
    }
    assert!(pieces > 300, "{pieces}");
}

#[tokio::test]
async fn thirteen_councils_of_2025_are_split_between_boards_of_2022() {
    let reply = get("/v1/overlay/lad/icb@2022.csv").await;
    assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8");
    let mut reader = csv::Reader::from_reader(reply.body.as_slice());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|h| h == name).unwrap();
    let (code, fit) = (column("left_code"), column("fit"));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let split: BTreeSet<&str> = rows.iter().filter(|r| &r[fit] == "split").map(|r| &r[code]).collect();
    assert_eq!(split.len(), 13, "{split:?}");
    assert!(split.contains("E06000065"));
    let english: BTreeSet<&str> = rows.iter().map(|r| &r[code]).collect();
    assert_eq!(english.len(), 296, "every English council, no other");

    let json = get("/v1/overlay/lad/icb@2022.json").await.json();
    assert_eq!((&json["count"], &json["split_count"]), (&rows.len().into(), &13.into()));
    let listed: BTreeSet<&str> =
        json["split"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    assert_eq!(listed, split);
    let row = json["results"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["left"]["code"] == "E06000065" && r["right"]["code"] == "E54000054");
    let row = row.unwrap();
    assert_eq!((&row["block_count"], &row["population"]), (&29.into(), &49_329.into()));
    let pieces = get("/v1/overlay/lad/icb@2022.geojson").await.json();
    assert_eq!(pieces["features"].as_array().unwrap().len(), rows.len());
    assert!(
        pieces["features"].as_array().unwrap().iter().all(|f| f["geometry"]["coordinates"][0][0].is_array())
    );
}

#[tokio::test]
async fn an_overlay_of_nothing_is_refused() {
    assert_eq!(ask("/v1/overlay/lad/nope.json", &[]).await.status, 404);
    assert_eq!(ask("/v1/overlay/nope/lad.csv", &[]).await.status, 404);
    assert_eq!(ask("/v1/overlay/lad/icb.csv?x=1", &[]).await.status, 400);
    assert_eq!(get("/v1/overlay/lad/icb@2022").await.header("content-type"), "application/json");
}
