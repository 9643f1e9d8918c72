//! Search, against every name read through for every question.

use std::collections::{BTreeMap, HashMap};

use levelmap::atlas::{AtlasLayer, Status};
use levelmap::query::SearchIndex;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;
use serde_json::Value;

use super::http::{ask, get};
use super::shipped::ATLAS;

async fn first(query: &str) -> Value {
    get(&format!("/v1/search?q={query}")).await.json()["results"][0].clone()
}

#[tokio::test]
async fn people_find_what_they_mean() {
    for (query, code) in [
        ("leeds", "E08000035"),
        ("LEEDS", "E08000035"),
        ("leed", "E08000035"),
        ("leedz", "E08000035"),
        ("Hartlepol", "E06000001"),
        ("st+albans", "E07000240"),
        ("saint+albans", "E07000240"),
        ("st+helens", "E08000013"),
        ("ynys+mon", "W06000001"),
        ("Ynys+M%C3%B4n", "W06000001"),
        ("eilean+siar", "S12000013"),
        ("western+isles", "S12000013"),
        ("kings+lynn", "E07000146"),
        ("king%27s+lynn", "E07000146"),
        ("windsor+%26+maidenhead", "E06000040"),
        ("windsor+and+maidenhead", "E06000040"),
        ("barnsley", "E08000038"),
        ("e08000016", "E08000016"),
        ("BHSCT", "BHSCT"),
        ("north+yorkshire", "E06000065"),
    ] {
        assert_eq!(first(query).await["code"], code, "{query}");
    }
    let barnsley = get("/v1/search?q=barnsley&layer=lad").await.json();
    let codes: Vec<&Value> = barnsley["results"].as_array().unwrap().iter().map(|r| &r["code"]).collect();
    assert_eq!(codes[..2], ["E08000038", "E08000016"], "live before superseded");
    let then = get("/v1/search?q=barnsley&layer=lad@2011").await.json();
    assert_eq!(then["results"][0]["code"], "E08000016", "the council of that vintage");
    assert!(then["results"].as_array().unwrap().iter().all(|r| r["vintage"] == "2011"));
}

#[tokio::test]
async fn postcodes_are_found_whole_and_begun() {
    let whole = first("ls14ap").await;
    assert_eq!((&whole["type"], &whole["postcode"]), (&"postcode".into(), &"LS1 4AP".into()));
    assert!((whole["lon"].as_f64().unwrap() + 1.55).abs() < 0.01);
    assert_eq!(first("LS1").await["outward"], "LS1");
    assert_eq!(first("ls1+4").await["sector"], "LS1 4");
    let begun = get("/v1/search?q=LS1+4A").await.json();
    let rows = begun["results"].as_array().unwrap();
    assert!(
        !rows.is_empty() && rows.iter().all(|r| r["postcode"].as_str().unwrap().starts_with("LS1 4A")),
        "{rows:?}"
    );
    for path in ["", "q=", "q=leeds&limit=0", "q=leeds&limit=101", "q=leeds&layer=nope", "q=leeds&x=1"] {
        assert_eq!(ask(&format!("/v1/search?{path}"), &[]).await.status, 400, "{path}");
    }
    assert_eq!(get("/v1/search?q=%20%26%2E%20x%27").await.status, 200);
    assert_eq!(get("/v1/search?q=qqqqqqq").await.json()["count"], 0);
}

/// Small letters without accents, `and` for `&`, `saint` for `st`.
fn fold(name: &str) -> String {
    let plain: String = name
        .to_lowercase()
        .chars()
        .filter(|c| !matches!(c, '\'' | '’' | '.'))
        .map(|c| match c {
            'ô' | 'ó' => "o".to_owned(),
            'â' | 'à' => "a".to_owned(),
            'ŵ' => "w".to_owned(),
            'ŷ' => "y".to_owned(),
            'î' | 'ï' => "i".to_owned(),
            'è' | 'ê' => "e".to_owned(),
            '&' => " and ".to_owned(),
            c if c.is_alphanumeric() => c.to_string(),
            _ => " ".to_owned(),
        })
        .collect();
    plain.split_whitespace().map(|w| if w == "st" { "saint" } else { w }).collect::<Vec<_>>().join(" ")
}

/// The fewest edits until the word begins as asked: the textbook's table.
fn edits(word: &str, asked: &str) -> usize {
    let asked: Vec<char> = asked.chars().collect();
    let mut row: Vec<usize> = (0..=asked.len()).collect();
    let mut best = row[asked.len()];
    for letter in word.chars() {
        let mut next = vec![row[0] + 1];
        for j in 0..asked.len() {
            let changed = row[j] + usize::from(asked[j] != letter);
            next.push(changed.min(row[j + 1] + 1).min(next[j] + 1));
        }
        row = next;
        best = best.min(row[asked.len()]);
    }
    best
}

/// A code, its names with the numbers of their words, whether it is superseded, its size in square metres.
type Numbered<'a> = (&'a str, Vec<(&'a String, Vec<usize>)>, bool, u64);

#[test]
fn search_finds_what_reading_every_name_finds() {
    // Every code once, with all its names, whether it is superseded and how large it is.
    let mut known: BTreeMap<&str, (Vec<String>, bool, u64)> = BTreeMap::new();
    for area in ATLAS.layers().iter().flat_map(AtlasLayer::areas) {
        let names = area
            .name_cy
            .iter()
            .chain(&area.alternatives)
            .map(String::as_str)
            .chain([area.name.as_str()])
            .map(fold);
        let entry = known.entry(area.code.as_str()).or_insert_with(|| {
            let found = ATLAS.find(&area.code, None).unwrap();
            (Vec::new(), found.status == Status::Superseded, area.area_m2 as u64)
        });
        entry.0.extend(names);
    }
    let index = SearchIndex::new(&ATLAS);
    let mut random = StdRng::seed_from_u64(5);
    let all: Vec<&String> = known.values().flat_map(|k| &k.0).collect();
    let towns: Vec<&String> =
        all.iter().copied().filter(|n| !n.contains(|c: char| c.is_ascii_digit())).collect();
    let questions: Vec<String> = (0..1_000)
        .map(|i| {
            let name = if i % 3 == 0 { all.choose(&mut random) } else { towns.choose(&mut random) };
            let mut letters: Vec<char> = name.unwrap().chars().collect();
            for _ in 0..random.random_range(0..3) {
                let at = random.random_range(0..letters.len());
                match random.random_range(0..3) {
                    0 => letters[at] = random.random_range('a'..='z'),
                    1 => letters.insert(at, random.random_range('a'..='z')),
                    _ if letters.len() > 1 => drop(letters.remove(at)),
                    _ => {}
                }
            }
            letters.truncate(random.random_range(3..30));
            letters.into_iter().collect::<String>().trim().to_owned()
        })
        // Codes and the two meanings of `st` have tests of their own.
        .filter(|q| {
            !q.is_empty()
                && !q.split(' ').any(|w| w == "st")
                && !known.contains_key(q.to_uppercase().as_str())
        })
        .collect();
    let words: Vec<&str> = {
        let mut words: Vec<&str> = all.iter().flat_map(|n| n.split(' ')).collect();
        words.sort_unstable();
        words.dedup();
        words
    };
    let number_of: HashMap<&str, usize> = words.iter().enumerate().map(|(i, w)| (*w, i)).collect();
    let numbered: Vec<Numbered> = known
        .iter()
        .map(|(code, (names, superseded, area_m2))| {
            let numbers = |name: &String| name.split(' ').map(|w| number_of[w]).collect();
            (*code, names.iter().map(|n| (n, numbers(n))).collect(), *superseded, *area_m2)
        })
        .collect();
    let found_any: usize = questions
        .par_iter()
        .map(|question| {
            let asked: Vec<&str> = question.split_whitespace().collect();
            let costs: Vec<Vec<Option<usize>>> = asked
                .iter()
                .map(|a| {
                    let allowed = match a.chars().count() {
                        0..=3 => 0,
                        4..=7 => 1,
                        _ => 2,
                    };
                    words.iter().map(|w| Some(edits(w, a)).filter(|cost| *cost <= allowed)).collect()
                })
                .collect();
            let whole = asked.join(" ");
            let mut expected = Vec::new();
            for (code, names, superseded, area_m2) in &numbered {
                let rank = |(name, parts): &(&String, Vec<usize>)| {
                    let cheapest = |cost: &Vec<Option<usize>>| parts.iter().filter_map(|p| cost[*p]).min();
                    let sum: usize = costs.iter().map(cheapest).sum::<Option<usize>>()?;
                    let fit = match () {
                        () if **name == whole => 0,
                        () if name.starts_with(&whole) => 1,
                        () if parts.len() == asked.len() => 2,
                        () => 3,
                    };
                    Some((sum, fit))
                };
                if let Some((sum, fit)) = names.iter().filter_map(rank).min() {
                    expected.push((sum, fit, *superseded, std::cmp::Reverse(*area_m2), *code));
                }
            }
            expected.sort_unstable();
            let hits = index.areas(&ATLAS, question, None, 20);
            let wanted: Vec<_> = expected.iter().take(20).map(|e| (e.0, e.2, e.3)).collect();
            let found: Vec<_> = hits
                .iter()
                .map(|h| {
                    let superseded = h.found.status == Status::Superseded;
                    let size = known[h.found.area().code.as_str()].2;
                    (usize::from(h.edits), superseded, std::cmp::Reverse(size))
                })
                .collect();
            // Areas of one size and standing may come in either order: they are told apart by no more than that.
            assert_eq!(found, wanted, "{question}");
            usize::from(!hits.is_empty())
        })
        .sum();
    assert!(found_any > 500, "{found_any} of {}", questions.len());
}
