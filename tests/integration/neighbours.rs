//! Who shares a border with whom, against a plain comparison of the edges of outlines.

use std::collections::{BTreeMap, HashMap};

use geo::Coord;
use levelmap::atlas::AtlasLayer;
use levelmap::geometry;
use levelmap::query::{Touch, neighbours};

use super::http::{ask, get};
use super::shipped::{ATLAS, layer};

type Pairs = BTreeMap<(u32, u32), f64>;
/// The bits of a vertex.
type Vertex = (u64, u64);

/// Every pair of areas with an edge in common, and how long their common edges are together.
fn sharing_edges(layer: &AtlasLayer) -> Pairs {
    let bits = |c: Coord| (c.x.to_bits(), c.y.to_bits());
    let mut seen: HashMap<(Vertex, Vertex), u32> = HashMap::new();
    let mut pairs = Pairs::new();
    for (area, shape) in layer.shapes().iter().enumerate() {
        for ring in shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())) {
            for edge in ring.0.windows(2) {
                let (a, b) = (bits(edge[0]), bits(edge[1]));
                let other = seen.insert((a.min(b), a.max(b)), area as u32);
                if let Some(other) = other.filter(|&o| o != area as u32) {
                    let pair = (other.min(area as u32), other.max(area as u32));
                    *pairs.entry(pair).or_default() += geometry::length_m(edge);
                }
            }
        }
    }
    pairs
}

#[test]
fn borders_are_the_edges_that_two_outlines_share() {
    for layer in ATLAS.layers() {
        let wanted = sharing_edges(layer);
        let mut found = Pairs::new();
        let home = |area: u32| ATLAS.number_of_coverage(layer.blocks_of(area)[0]);
        for area in 0..layer.areas().len() as u32 {
            for border in layer.adjacency().bordering(area) {
                // Between two coverages no edge is the same.
                if home(area) == home(border.area) {
                    found.insert((area.min(border.area), area.max(border.area)), border.length_m);
                    let back = layer.adjacency().bordering(border.area).iter().find(|b| b.area == area);
                    assert_eq!(back.unwrap().length_m, border.length_m, "{}", layer.entry.id);
                }
            }
        }
        assert!(wanted.keys().eq(found.keys()), "{}: not the same pairs", layer.entry.id);
        for (pair, length_m) in &wanted {
            assert!((found[pair] / length_m - 1.0).abs() < 1e-9, "{}: {pair:?}", layer.entry.id);
        }
        assert!(layer.areas().len() < 13 || wanted.len() > 10, "{}", layer.entry.id);
    }
}

#[test]
fn areas_that_touch_share_a_vertex() {
    for id in ["lad", "icb", "msoa"] {
        let layer = layer(id);
        let mut holders: HashMap<Vertex, Vec<u32>> = HashMap::new();
        for (area, shape) in layer.shapes().iter().enumerate() {
            for ring in shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())) {
                for c in &ring.0 {
                    let here = holders.entry((c.x.to_bits(), c.y.to_bits())).or_default();
                    if here.last() != Some(&(area as u32)) {
                        here.push(area as u32);
                    }
                }
            }
        }
        let mut wanted: Vec<(u32, u32)> = Vec::new();
        for here in holders.values() {
            for &a in here {
                wanted.extend(here.iter().filter(|&&b| b > a).map(|&b| (a, b)));
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        let mut found: Vec<(u32, u32)> = Vec::new();
        let home = |area: u32| ATLAS.number_of_coverage(layer.blocks_of(area)[0]);
        for a in 0..layer.areas().len() as u32 {
            let touching = layer.adjacency().touching(a).iter().map(|b| b.area);
            found.extend(touching.filter(|&b| b > a && home(a) == home(b)).map(|b| (a, b)));
        }
        found.sort_unstable();
        assert_eq!(found, wanted, "{id}");
    }
}

#[test]
fn orders_are_steps_over_borders() {
    let layer = layer("lad");
    let count = layer.areas().len();
    // Slowly: the least number of steps between all pairs (Floyd and Warshall).
    let mut steps = vec![vec![99u32; count]; count];
    for (a, row) in steps.iter_mut().enumerate() {
        row[a] = 0;
        for border in layer.adjacency().bordering(a as u32) {
            row[border.area as usize] = 1;
        }
    }
    for k in 0..count {
        for a in 0..count {
            for b in 0..count {
                steps[a][b] = steps[a][b].min(steps[a][k] + steps[k][b]);
            }
        }
    }
    for (a, row) in steps.iter().enumerate() {
        let found = neighbours(layer, a as u32, 4, Touch::Border);
        let mut told: Vec<(u32, u32)> = found.iter().map(|n| (n.area, n.order)).collect();
        assert!(found.windows(2).all(|w| w[0].order <= w[1].order));
        told.sort_unstable();
        let near = row.iter().enumerate().filter(|(_, s)| (1..=4).contains(*s));
        assert_eq!(told, near.map(|(b, &s)| (b as u32, s)).collect::<Vec<_>>());
    }
}

fn names(answer: &serde_json::Value) -> Vec<String> {
    answer["results"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_city_of_london_has_the_neighbours_on_its_own_bank() {
    let answer = get("/v1/areas/E09000001/neighbours").await.json();
    let mut found = names(&answer);
    let lengths: Vec<f64> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["shared_border_m"].as_f64().unwrap())
        .collect();
    assert!(lengths.windows(2).all(|w| w[0] >= w[1]) && lengths[4] > 100.0, "{lengths:?}");
    found.sort();
    assert_eq!(found, ["Camden", "Hackney", "Islington", "Tower Hamlets", "Westminster"]);
    let farther = get("/v1/areas/E09000001/neighbours?order=2").await.json();
    assert!(names(&farther).contains(&"Barnet".to_owned()), "{:?}", names(&farther));
    assert!(farther["results"].as_array().unwrap().iter().all(|r| r["order"] == 1 || r["order"] == 2));
}

#[tokio::test]
async fn islands_have_none_and_say_so() {
    for code in ["W06000001", "E06000046", "E06000053"] {
        let answer = get(&format!("/v1/areas/{code}/neighbours?touch=point&order=3")).await.json();
        assert_eq!(answer["count"], 0, "{answer}");
        assert!(answer["note"].as_str().unwrap().contains("island"));
    }
}

#[tokio::test]
async fn england_and_scotland_meet_about_there() {
    let answer = get("/v1/areas/S12000026/neighbours").await.json();
    let across: Vec<(&str, bool, f64)> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["code"].as_str().unwrap().starts_with('E'))
        .map(|r| {
            let length_m = r["shared_border_m"].as_f64().unwrap();
            (r["name"].as_str().unwrap(), r["approximate"].as_bool().unwrap(), length_m)
        })
        .collect();
    assert_eq!(
        across.iter().map(|a| (a.0, a.1)).collect::<Vec<_>>(),
        [("Northumberland", true), ("Cumberland", true)]
    );
    assert!((80_000.0..130_000.0).contains(&across[0].2), "{across:?}");
    let wales = get("/v1/areas/W06000023/neighbours").await.json();
    let exact = wales["results"].as_array().unwrap().iter().find(|r| r["name"] == "Herefordshire, County of");
    assert_eq!(exact.unwrap()["approximate"], false, "England and Wales are one coverage");
    let belfast = get("/v1/areas/N09000003/neighbours").await.json();
    assert!(names(&belfast).iter().all(|name| !name.contains("Argyll")), "{belfast}");
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    for query in ["order=0", "order=21", "order=x", "touch=corner", "layer=LAD", "colour=red"] {
        assert_eq!(ask(&format!("/v1/areas/E09000001/neighbours?{query}"), &[]).await.status, 400, "{query}");
    }
    assert_eq!(ask("/v1/areas/E99999998/neighbours", &[]).await.status, 404);
}
