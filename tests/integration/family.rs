//! What an area lies in, what lies in it, how it came to be.

use levelmap::query::{children, parents};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::http::{ask, get};
use super::shipped::ATLAS;

fn codes(answer: &Value) -> Vec<&str> {
    answer["results"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_councils_of_west_yorkshire() {
    let answer = get("/v1/areas/E54000054/children/lad").await.json();
    assert_eq!(codes(&answer), ["E08000032", "E08000033", "E08000034", "E08000035", "E08000036"]);
    let region = get("/v1/areas/E12000003/children/lad").await.json();
    assert_eq!((&region["count"], &region["in_part"]), (&15.into(), &0.into()));
    let earlier = get("/v1/areas/E12000003/children/lad@2021").await.json();
    assert_eq!(earlier["count"], 21, "seven districts of North Yorkshire have become one");
}

#[tokio::test]
async fn parents_come_smallest_first() {
    let answer = get("/v1/areas/E08000035/parents").await.json();
    let kinds: Vec<&str> =
        answer["results"].as_array().unwrap().iter().map(|r| r["layer"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"icb") && kinds.contains(&"rgn") && kinds.last() == Some(&"uk"), "{kinds:?}");
    let area = get("/v1/areas/E08000035").await.json();
    assert_eq!(area["parents"].as_object().unwrap().len(), kinds.len());
}

#[test]
fn children_and_parents_are_what_the_blocks_say() {
    let current: Vec<_> =
        ATLAS.layers().iter().filter(|l| l.entry.current && l.areas().len() < 500).collect();
    let mut random = StdRng::seed_from_u64(6);
    let (mut pairs, mut partly) = (0, 0);
    for _ in 0..1_000 {
        let (upper, lower) = (current.choose(&mut random).unwrap(), current.choose(&mut random).unwrap());
        let area = random.random_range(0..upper.areas().len() as u32);
        let mut inside = vec![false; ATLAS.block_count()];
        upper.blocks_of(area).iter().for_each(|b| inside[*b as usize] = true);
        let (mut whole, mut part) = (Vec::new(), 0);
        for child in 0..lower.areas().len() as u32 {
            let blocks = lower.blocks_of(child);
            let shared = blocks.iter().filter(|b| inside[**b as usize]).count();
            if shared == blocks.len() {
                whole.push(child);
            } else if shared > 0 {
                part += 1;
            }
        }
        let found = children(upper, area, lower);
        assert_eq!(found, (whole.clone(), part), "{} in {}", lower.entry.id, upper.entry.id);
        pairs += whole.len();
        partly += part;
        for child in whole.into_iter().take(3) {
            let same_ground = lower.blocks_of(child).len() == upper.blocks_of(area).len();
            let around = parents(&ATLAS, lower, child);
            let listed = around.iter().any(|(l, a)| l.entry.id == upper.entry.id && *a == area);
            assert_eq!(listed, !same_ground && lower.entry.id.kind != upper.entry.id.kind);
        }
    }
    assert!(pairs > 1_000 && partly > 10, "{pairs} {partly}");
}

#[tokio::test]
async fn history_follows_every_step() {
    let somerset = get("/v1/areas/E06000066/history").await.json();
    let steps: Vec<(&str, &str)> = somerset["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["from"]["code"].as_str().unwrap(), r["to"]["code"].as_str().unwrap()))
        .collect();
    for step in [("E07000190", "E07000246"), ("E07000191", "E07000246"), ("E07000246", "E06000066")] {
        assert!(steps.contains(&step), "{steps:?}");
    }
    let dates: Vec<&str> =
        somerset["results"].as_array().unwrap().iter().map(|r| r["effective"].as_str().unwrap()).collect();
    assert!(dates.is_sorted());
    let taunton = get("/v1/areas/E07000190/history").await.json();
    assert_eq!((&taunton["status"], &taunton["latest"]["descent"]), (&"superseded".into(), &"merged".into()));
    assert_eq!(taunton["latest"]["areas"][0]["code"], "E06000066");
    assert_eq!(taunton["latest"]["areas"][0]["name"], "Somerset");
    let leeds = get("/v1/areas/E08000035/history").await.json();
    assert_eq!((&leeds["latest"]["descent"], &leeds["count"]), (&"unchanged".into(), &0.into()));
    assert!(leeds["vintages"].as_array().unwrap().len() >= 10);
    assert_eq!(ask("/v1/areas/E99999998/history", &[]).await.status, 404);
    assert_eq!(ask("/v1/areas/E08000035/children/nope", &[]).await.status, 404);
    assert_eq!(ask("/v1/areas/E08000035/parents?colour=red", &[]).await.status, 400);
}
