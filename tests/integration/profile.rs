//! An area among others: ranks, comparisons, statistical neighbours.

use std::io::Cursor;

use levelmap::area::IndicatorKind;
use levelmap::http::AppState;
use levelmap::indicator::import::{ImportOptions, import};
use levelmap::indicator::store::Store;
use levelmap::query::{Standings, similar};
use levelmap::text::significant;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::http::{ask, ask_of, get};
use super::shipped::{ATLAS, layer};

#[tokio::test]
async fn a_profile_has_a_row_for_every_indicator() {
    let answer = get("/v1/areas/E08000035/profile").await.json();
    let rows = answer["results"].as_array().unwrap();
    // The one index whose indicators ship comes after what was measured.
    assert_eq!(rows.len(), ATLAS.indicators().len() + 1);
    assert_eq!(rows[rows.len() - 1]["indicator"], "four-capitals");
    for (row, about) in rows.iter().zip(ATLAS.indicators()) {
        assert_eq!(row["indicator"], about.indicator.id.as_str());
        let values = get(&format!("/v1/indicators/{}/values?layer=lad", about.indicator.id)).await.json();
        let values = values["results"].as_array().unwrap();
        let here = values.iter().find(|v| v["code"] == "E08000035").unwrap();
        // As choropleths do, a profile gives the digits that mean something.
        let told = |value: &Value| value.as_f64().map(significant);
        assert_eq!(
            (row["value"].as_f64(), &row["flag"]),
            (told(&here["value"]), &here["flag"]),
            "{}",
            about.indicator.id
        );
        let Some(value) = here["value"].as_f64() else { continue };
        let others: Vec<f64> = values.iter().filter_map(|v| v["value"].as_f64()).collect();
        let above = others.iter().filter(|v| **v > value).count();
        let below = others.iter().filter(|v| **v < value).count();
        assert_eq!((&row["rank"], &row["rank_of"]), (&(above + 1).into(), &others.len().into()));
        assert_eq!(row["decile"], below * 10 / others.len() + 1);
        let england = get(&format!("/v1/indicators/{}/values?layer=ctry", about.indicator.id)).await.json();
        let england = england["results"]
            .as_array()
            .unwrap()
            .iter()
            .find(|v| v["code"] == "E92000001")
            .unwrap()["value"]
            .clone();
        assert_eq!(row["country"]["value"].as_f64(), told(&england));
        assert_eq!(row["parents"]["ctry"], row["country"]);
        let (there, beside) = (england.as_f64().unwrap(), &row["country"]);
        assert!((beside["difference"].as_f64().unwrap() - (value - there)).abs() < 1e-6, "{row}");
        assert!((beside["ratio"].as_f64().unwrap() - value / there).abs() < 1e-6, "{row}");
        assert_eq!(beside["outcome"].is_null(), row["lower"].is_null(), "judged by limits alone: {row}");
    }
    // The areas around are named once, under their kinds.
    assert_eq!(
        (&answer["country"]["code"], &answer["country"]["name"]),
        (&"E92000001".into(), &"England".into())
    );
    assert_eq!(answer["parents"]["ctry"], answer["country"]);
    let region = &answer["parents"]["rgn"];
    assert_eq!(
        (&region["code"], &region["name"], &region["layer"]),
        (&"E12000003".into(), &"Yorkshire and The Humber".into(), &"rgn".into())
    );
    let named = answer["parents"].as_object().unwrap();
    let known = |row: &Value| row["parents"].as_object().unwrap().keys().all(|kind| named.contains_key(kind));
    assert!(rows.iter().all(known));
}

#[tokio::test]
async fn a_profile_tells_limits_spread_and_every_period() {
    // Twenty of a hundred, then thirty; Wilson's limits of 30 in 100 by hand: 21.895 % and 39.585 %.
    let table = "code,value,count,denominator,period\nE08000035,20,20,100,2021\nE08000035,30,30,100,2023\n\
                 E08000036,10,10,100,2023\nE08000032,20,20,100,2023\n";
    let mut store = Store::in_memory().unwrap();
    let options = ImportOptions {
        title: Some("Takers".to_owned()),
        unit: Some("%".to_owned()),
        kind: Some(IndicatorKind::Proportion),
        ..ImportOptions::default()
    };
    import(Some(&mut store), &ATLAS.gazetteer(), "t.csv", Cursor::new(table), &options).unwrap();
    let state = AppState::new(ATLAS.with_published(store.published().unwrap()));
    let profile = ask_of(&state, "/v1/areas/E08000035/profile", &[]).await.json();
    let rows = profile["results"].as_array().unwrap();
    let row = rows.iter().find(|r| r["indicator"] == "takers").unwrap();
    let close = |value: &Value, wanted: f64| (value.as_f64().unwrap() - wanted).abs() < 1e-2;
    assert!(close(&row["lower"], 21.895) && close(&row["upper"], 39.585), "{row}");
    let trend = row["trend"].as_array().unwrap();
    let course: Vec<_> = trend.iter().map(|t| (t["period"].as_str().unwrap(), t["value"].as_f64())).collect();
    assert_eq!(course, [("2021", Some(20.0)), ("2023", Some(30.0))]);
    assert_eq!((&row["spread"]["min"], &row["spread"]["max"]), (&10.into(), &30.into()));
    assert_eq!(row["spread"]["median"], 20);
    assert!(row["capital"].is_null() && rows.iter().all(|r| r.get("horizon").is_some()));
}

#[test]
fn statistical_neighbours_are_what_a_plain_reckoning_says() {
    let lad = layer("lad");
    let rates: Vec<_> =
        ATLAS.indicators().iter().filter(|i| i.indicator.kind != IndicatorKind::Count).collect();
    assert!(rates.len() >= 3);
    let standings: Vec<Standings> = rates.iter().map(|i| Standings::new(&ATLAS, i, lad)).collect();
    let columns: Vec<Vec<Option<f64>>> = rates
        .iter()
        .map(|i| ATLAS.latest_values(i, lad).iter().map(|v| v.observation.value()).collect())
        .collect();
    let scores: Vec<Vec<Option<f64>>> = columns
        .iter()
        .map(|column| {
            let known: Vec<f64> = column.iter().flatten().copied().collect();
            let mean = known.iter().sum::<f64>() / known.len() as f64;
            let sd = (known.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / known.len() as f64).sqrt();
            column.iter().map(|v| v.map(|v| ((v - mean) / sd).clamp(-5.0, 5.0))).collect()
        })
        .collect();
    let mut random = StdRng::seed_from_u64(4);
    let mut answered = 0;
    for _ in 0..1_000 {
        let chosen: Vec<usize> = (0..rates.len()).filter(|_| random.random_bool(0.6)).collect();
        let area = random.random_range(0..lad.areas().len());
        let mut expected: Vec<(usize, f64)> = Vec::new();
        for other in (0..lad.areas().len()).filter(|o| *o != area) {
            let mut sum = Some(0.0);
            for &c in &chosen {
                sum = match (sum, scores[c][area], scores[c][other]) {
                    (Some(sum), Some(a), Some(b)) => Some(sum + (a - b) * (a - b)),
                    _ => None,
                };
            }
            if let (Some(sum), false) = (sum, chosen.is_empty()) {
                expected.push((other, sum.sqrt()));
            }
        }
        expected.sort_by(|a, b| a.1.total_cmp(&b.1));
        let asked: Vec<&Standings> = chosen.iter().map(|&c| &standings[c]).collect();
        let found = similar(&asked, area as u32, 5);
        assert_eq!(found.len(), expected.len().min(5));
        for (found, (_, distance)) in found.iter().zip(&expected) {
            assert!((found.distance - distance).abs() < 1e-9, "{found:?} {distance}");
        }
        answered += usize::from(!found.is_empty());
    }
    assert!(answered > 500, "{answered}");
}

#[tokio::test]
async fn similar_takes_its_indicators_and_says_which() {
    let answer = get("/v1/areas/E08000035/similar?limit=3").await.json();
    assert_eq!(answer["count"], 3);
    assert!(answer["indicators"].as_array().unwrap().len() >= 3);
    let id = answer["indicators"][0].as_str().unwrap();
    let one = get(&format!("/v1/areas/E08000035/similar?indicators={id}")).await.json();
    assert_eq!((one["indicators"].as_array().unwrap().len(), &one["count"]), (1, &10.into()));
    for path in ["indicators=nope", "limit=0", "limit=101", "indicators=A%20B"] {
        assert_eq!(ask(&format!("/v1/areas/E08000035/similar?{path}"), &[]).await.status, 400, "{path}");
    }
    assert_eq!(ask("/v1/areas/S12000036/similar", &[]).await.status, 404, "nothing is measured in Scotland");
}
