//! Benchmark, trend, progress and inequality over HTTP: on the shipped data, on small tables, on real files.

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use axum::http::StatusCode;
use levelmap::http::AppState;
use levelmap::indicator::import::{ImportOptions, import};
use levelmap::indicator::limits::{Band, dobson};
use levelmap::indicator::store::{Store, StoreUrl};
use serde_json::Value;

use super::http::{ask, ask_of, get};
use super::shipped::{ATLAS, layer};

/// The shipped boundaries with tables imported.
fn state_with(tables: &[(&str, &[u8], &ImportOptions)], settings: &[(&str, &str)]) -> AppState {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&StoreUrl::Sqlite(folder.path().join("levelmap.db"))).unwrap();
    for (name, text, options) in tables {
        import(Some(&mut store), &ATLAS.gazetteer(), name, Cursor::new(*text), options).unwrap();
    }
    for (id, setting) in settings {
        store.set_indicator(&id.parse().unwrap(), setting).unwrap();
    }
    AppState::new(ATLAS.with_published(store.published().unwrap()))
}

async fn answer(state: &AppState, address: &str) -> Value {
    let reply = ask_of(state, address, &[]).await;
    assert_eq!(reply.status, StatusCode::OK, "{address}: {}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

fn row<'a>(answer: &'a Value, code: &str) -> &'a Value {
    let rows = answer["results"].as_array().unwrap();
    rows.iter().find(|r| r["code"] == code).unwrap_or_else(|| panic!("no row for {code}"))
}

fn near(found: &Value, wanted: f64, within: f64, what: &str) {
    let found = found.as_f64().unwrap_or_else(|| panic!("{what}: {found}"));
    assert!((found - wanted).abs() <= within, "{what}: {found}, not {wanted}");
}

/// A real file, where there is a folder of them beside the project.
fn real_file(name: &str) -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/els").join(name);
    let bytes = std::fs::read(path).ok();
    if bytes.is_none() {
        eprintln!("left out: there is no {name} beside the project");
    }
    bytes
}

#[tokio::test]
async fn healthy_life_expectancy_fell_and_its_gap_grew() {
    let Some(bytes) = real_file("healthy-life-expectancy.csv") else { return };
    let options = ImportOptions::default();
    let state = state_with(&[("healthy-life-expectancy.csv", &bytes, &options)], &[]);
    let known = answer(&state, "/v1/indicators").await;
    let id = |sex: &str| {
        let mut ids = known["results"].as_array().unwrap().iter().filter_map(|i| i["id"].as_str());
        ids.find(|id| id.contains("healthy-life-expectancy") && id.split('-').any(|w| w == sex))
            .unwrap()
            .to_owned()
    };
    // Domain figures: level, lowest, highest, range; then the gap between tenths of the 216 areas.
    let cases = [
        ("male", (62.9, 60.7), ("Blackpool", 54.7, 71.2, 16.5), ("Blackpool", 50.9, 72.9, 22.0)),
        ("female", (63.5, 60.9), ("", 55.3, 73.3, 18.0), ("Merthyr Tydfil", 50.1, 74.1, 24.0)),
    ];
    for (sex, levels, then, now) in cases {
        let address = format!(
            "/v1/analysis/progress?indicators={}&layer=utla&baseline=2017-19&period=2022-24",
            id(sex)
        );
        let reply = answer(&state, &address).await;
        let found = &reply["results"][0];
        near(&found["level"]["before"]["value"], levels.0, 1e-9, sex);
        near(&found["level"]["after"]["value"], levels.1, 1e-9, sex);
        assert_eq!(found["level"]["after"]["code"], "K02000001");
        assert!(found["level"]["change"]["upper"].as_f64().unwrap() < 0.0, "the fall is beyond chance");
        assert!(found["not_tested"].is_null(), "2017-19 and 2022-24 share no day");
        for (when, (name, lowest, highest, range)) in [("before", then), ("after", now)] {
            let gaps = &found["gaps"][when];
            assert_eq!(gaps["areas_with_value"], 216);
            near(&gaps["range"]["lowest"]["value"], lowest, 1e-9, sex);
            near(&gaps["range"]["highest"]["value"], highest, 1e-9, sex);
            near(&gaps["range"]["absolute"], range, 1e-9, sex);
            assert!(name.is_empty() || gaps["range"]["lowest"]["name"] == name, "{gaps}");
        }
        let orkney = row(&found_areas(found), "S12000023").clone();
        near(&orkney["after"]["value"], now.2, 1e-9, "Orkney is the highest");
        let tenths = |when: &str| &found["gaps"][when]["decile_gap_of_areas"]["absolute"];
        if sex == "male" {
            near(tenths("before"), 10.88, 5e-3, "decile gap");
            near(tenths("after"), 13.16, 5e-3, "decile gap");
            near(&orkney["after"]["lower"], 63.8, 1e-9, "Orkney's limits are wide");
            near(&orkney["after"]["upper"], 82.1, 1e-9, "Orkney's limits are wide");
        }
        near(
            &found["gaps"]["change"]["decile_gap_of_areas"],
            tenths("after").as_f64().unwrap() - tenths("before").as_f64().unwrap(),
            1e-9,
            "change",
        );
        // Level beside the gap, in the other question too.
        let unequal = answer(
            &state,
            &format!("/v1/analysis/inequality?indicator={}&layer=utla&period=2022-24", id(sex)),
        )
        .await;
        near(&unequal["level"]["value"], levels.1, 1e-9, sex);
        near(&unequal["range"]["absolute"], now.3, 1e-9, sex);
        near(&unequal["decile_gap_of_areas"]["absolute"], tenths("after").as_f64().unwrap(), 1e-9, sex);
        assert!(unequal["decile_gap"]["absolute"].as_f64().unwrap() > 5.0);
        assert_eq!(unequal["slope"]["reason"], "no_ranking");
    }
    // Three-year periods overlap: neither tested against the next nor told as a trend.
    let id = id("male");
    let address = format!("/v1/analysis/progress?indicators={id}&layer=utla&baseline=2021-23&period=2022-24");
    let overlapping = answer(&state, &address).await;
    let found = &overlapping["results"][0];
    assert_eq!(found["not_tested"], "overlapping_periods");
    let leeds = row(&found_areas(found), "E08000035").clone();
    assert_eq!((&leeds["outcome"], &leeds["reason"]), (&"not_tested".into(), &"overlapping_periods".into()));
    assert!(leeds["change"]["value"].is_number() && leeds["change"]["lower"].is_null());
    assert!(found["level"]["change"]["p"].is_null());
    let trend = answer(&state, &format!("/v1/analysis/trend?indicator={id}&layer=utla")).await;
    assert_eq!(trend["trends"]["cannot_be_calculated"], layer("utla").areas().len());
    assert!(trend["reason"].is_string());
}

/// The rows of areas of one indicator, as if they were an answer of their own.
fn found_areas(of_indicator: &Value) -> Value {
    serde_json::json!({"results": of_indicator["areas"]})
}

#[tokio::test]
async fn a_benchmark_is_what_limits_say_one_by_one() {
    let address =
        "/v1/analysis/benchmark?indicator=over-30-minutes-from-stroke-unit&layer=lad&confidence=95,99.8";
    let found = get(address).await.json();
    let england = found["against"]["value"].as_f64().unwrap();
    assert_eq!(found["against"]["code"], "E92000001");
    let (mut inside, mut seen) = (0, std::collections::BTreeSet::new());
    for row in found["results"].as_array().unwrap() {
        let number = |name: &str| row["compared_limits"][name].as_f64();
        let wanted = match (row["value"].as_f64(), number("lower_95"), number("upper_95")) {
            (Some(_), Some(lower), Some(upper)) if england < lower => ("worse", upper),
            (Some(_), Some(lower), Some(upper)) if england > upper => ("better", lower),
            (Some(_), Some(_), Some(upper)) => ("similar", upper),
            _ => ("not_compared", 0.0),
        };
        assert_eq!(row["outcome"], wanted.0, "{row}");
        assert_eq!(row["reason"].is_null(), wanted.0 != "not_compared");
        let strict = number("lower_998").zip(number("upper_998"));
        let at_998 = strict.is_some_and(|(lower, upper)| england < lower || england > upper);
        let confidence = row["confidence"].as_f64();
        assert_eq!(confidence, if at_998 { Some(0.998) } else { confidence.map(|_| 0.95) }, "{row}");
        let in_england = row["code"].as_str().unwrap().starts_with('E');
        assert_eq!(row["part_of_benchmark"], in_england);
        inside += usize::from(in_england);
        seen.insert(wanted.0);
    }
    assert!(seen.contains("better") && seen.contains("worse") && seen.contains("not_compared"), "{seen:?}");
    let warnings = found["warnings"].as_array().unwrap();
    assert!(
        warnings.iter().any(|w| w.as_str().unwrap().starts_with(&format!("{inside} of "))),
        "{warnings:?}"
    );
    let counted: u64 = found["outcomes"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(counted, found["count"].as_u64().unwrap());
    for name in ["indicator", "period", "layer", "vintage", "source", "licence", "attribution"] {
        assert!(!found[name].is_null(), "{name} is said");
    }
}

#[tokio::test]
async fn areas_are_compared_with_what_each_lies_in_or_with_a_number() {
    let base = "/v1/analysis/benchmark?indicator=stroke-admissions&layer=lad";
    let regions = get("/v1/indicators/stroke-admissions/values?layer=rgn").await.json();
    let by_parent = get(&format!("{base}&against=rgn")).await.json();
    let leeds = row(&by_parent, "E08000035");
    assert_eq!(leeds["benchmark"]["code"], "E12000003");
    assert_eq!(leeds["benchmark"]["value"], row(&regions, "E12000003")["value"]);
    assert_eq!(leeds["part_of_benchmark"], true);
    let cardiff = row(&by_parent, "W06000015");
    assert_eq!((&cardiff["outcome"], &cardiff["reason"]), (&"not_compared".into(), &"no_value".into()));
    let value = leeds["value"].as_f64().unwrap();
    let with_itself = get(&format!("{base}&against={value}")).await.json();
    assert_eq!(row(&with_itself, "E08000035")["outcome"], "similar");
    assert_eq!(row(&with_itself, "E08000035")["part_of_benchmark"], false);
    // Fewer are called different when false discoveries are held down than at 95 %.
    let called = |found: &Value| {
        let rows = found["results"].as_array().unwrap();
        rows.iter().filter(|r| r["outcome"] == "better" || r["outcome"] == "worse").count()
    };
    let loose = get(base).await.json();
    let held = get(&format!("{base}&fdr=0.05")).await.json();
    assert!(called(&held) > 0 && called(&held) <= called(&loose));
    let p: Vec<f64> = held["results"].as_array().unwrap().iter().filter_map(|r| r["p"].as_f64()).collect();
    // Benjamini and Hochberg, slowly: the largest k with k probabilities at most 0.05 k / m.
    let m = p.len();
    let slow = (1..=m).rev().find(|k| p.iter().filter(|p| **p <= 0.05 * *k as f64 / m as f64).count() >= *k);
    assert_eq!(called(&held), slow.unwrap_or(0));
    let double = get(&format!("{base}&method=double-overlap")).await.json();
    assert!(called(&double) <= called(&loose));
}

#[tokio::test]
async fn neutral_indicators_are_higher_or_lower_and_groups_count_from_the_lowest() {
    let state = state_with(
        &[("t.csv", b"code,value,lower,upper,period\nE08000035,5,4,6,2022\nE08000036,9,8,10,2022\nE08000034,7,,,2022\nE08000033,1,0,2,2022\nE06000011,1,3,2,2022\nE08000032,6,5,7,2022\n",
            &ImportOptions { title: Some("Number of odd things, mean".into()), ..ImportOptions::default() })],
        &[("number-of-odd-things-mean", r#"{"kind": "mean", "polarity": "neutral"}"#)],
    );
    let base = "/v1/analysis/benchmark?indicator=number-of-odd-things-mean&layer=lad";
    let found = answer(&state, &format!("{base}&against=7&within=E12000003")).await;
    let outcome = |code: &str| (row(&found, code)["outcome"].clone(), row(&found, code)["reason"].clone());
    assert_eq!(outcome("E08000035"), ("lower".into(), Value::Null));
    assert_eq!(outcome("E08000036"), ("higher".into(), Value::Null));
    assert_eq!(outcome("E08000032"), ("similar".into(), Value::Null), "ends are inside");
    assert_eq!(outcome("E08000034"), ("not_compared".into(), "no_limits".into()));
    assert_eq!(outcome("E08000033"), ("lower".into(), Value::Null));
    assert_eq!(
        outcome("E06000011"),
        ("not_compared".into(), "no_value".into()),
        "no import keeps reversed limits"
    );
    assert_eq!(outcome("E06000010"), ("not_compared".into(), "no_value".into()));
    let groups = answer(&state, &format!("{base}&method=quintiles&within=E12000003")).await;
    assert_eq!(groups["groups"]["first"], "lowest");
    let placed = ["E08000033", "E08000035", "E08000032", "E08000034", "E08000036"];
    for (i, code) in placed.into_iter().enumerate() {
        assert_eq!(row(&groups, code)["group"], i + 1);
    }
}

fn oracle() -> Value {
    serde_json::from_str(include_str!("../oracles/inequality.json")).unwrap()
}

/// What `PHStatsMethods` makes of the shipped counts of the councils of 2011.
#[tokio::test]
async fn limits_are_those_of_another_program() {
    let oracle = oracle();
    let mut compared = 0;
    for id in ["stroke-admissions", "over-30-minutes-from-stroke-unit"] {
        let address =
            format!("/v1/analysis/benchmark?indicator={id}&layer=lad@2011&confidence=95,99.8&against=50");
        let found = get(&address).await.json();
        for (code, wanted) in oracle[id].as_object().unwrap() {
            let row = row(&found, code);
            let limits = &row["compared_limits"];
            let all = [
                &row["value"],
                &limits["lower_95"],
                &limits["upper_95"],
                &limits["lower_998"],
                &limits["upper_998"],
            ];
            for (found, wanted) in all.into_iter().zip(wanted.as_array().unwrap()) {
                near(found, wanted.as_f64().unwrap(), 1e-9, code);
                compared += 1;
            }
        }
    }
    let control = &oracle["control_limits"];
    let benchmark = &control["benchmark"];
    let address = format!(
        "/v1/analysis/benchmark?indicator=over-30-minutes-from-stroke-unit&layer=lad@2011&method=spc-proportion&against={benchmark}"
    );
    let found = get(&address).await.json();
    for (code, wanted) in control["areas"].as_object().unwrap() {
        let limits = &row(&found, code)["compared_limits"];
        for (name, wanted) in
            ["lower_95", "upper_95", "lower_998", "upper_998"].iter().zip(wanted.as_array().unwrap())
        {
            // Our deviates are Fingertips' 1.96 and 3.0902, which are rounded.
            near(&limits[*name], wanted.as_f64().unwrap(), 2e-5, code);
            compared += 1;
        }
    }
    assert_eq!(compared, 12 * (5 + 5 + 4));
}

#[test]
fn a_standardised_rate_is_that_of_another_program() {
    let counts = [127, 25, 18, 21, 12, 27, 48, 27, 29, 32, 32, 34, 45, 65, 38, 68, 74, 82, 91];
    let people =
        [636, 558, 609, 543, 384, 594, 669, 843, 660, 576, 606, 522, 426, 273, 300, 288, 153, 123, 207];
    let standard = [
        5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000, 2500,
        1500, 1000,
    ];
    let bands: Vec<Band> = counts
        .into_iter()
        .zip(people)
        .zip(standard)
        .map(|((count, people), standard)| Band {
            count: f64::from(count),
            population: f64::from(people),
            standard: f64::from(standard),
        })
        .collect();
    let oracle = &oracle()["dsr"];
    for (confidence, lower, upper) in
        [(0.95, "lower_95_ci", "upper_95_ci"), (0.998, "lower_99_8_ci", "upper_99_8_ci")]
    {
        let (rate, limits) = dobson(&bands, confidence).unwrap();
        near(&oracle["Value"], rate * 1e5, 1e-6, "rate");
        near(&oracle[lower], limits.unwrap().0 * 1e5, 1e-6, lower);
        near(&oracle[upper], limits.unwrap().1 * 1e5, 1e-6, upper);
    }
}

/// Slope and relative index by numpy's least squares; limits by its own draws, so only as near as both simulations are.
#[tokio::test]
async fn the_slope_of_inequality_is_that_of_another_program() {
    let oracle = oracle();
    for (id, transform) in [("stroke-admissions", "log"), ("over-30-minutes-from-stroke-unit", "logit")] {
        let address =
            format!("/v1/analysis/inequality?indicator={id}&layer=lad@2011&by=hard-pressed-postcodes&seed=7");
        let found = get(&address).await.json();
        let (slope, wanted) = (&found["slope"], &oracle["slope"][id]);
        assert_eq!((&slope["transform"], &slope["first_rank"]), (&transform.into(), &"worst".into()));
        assert_eq!((&slope["seed"], &slope["draws"]), (&7.into(), &100_000.into()));
        for name in ["sii", "rii"] {
            near(&slope[name], wanted[name].as_f64().unwrap(), 1e-9, name);
            // A 2.5 % quantile of 100,000 draws is known to 0.0084 standard deviations, of 400,000 to half of that.
            let error = 5.0 * 0.0094 * wanted[format!("{name}_sd")].as_f64().unwrap();
            for side in 0..2 {
                let name = format!("{name}_limits");
                near(&slope[&name][side], wanted[&name][side].as_f64().unwrap(), error, &name);
            }
        }
        let groups: Vec<f64> =
            found["results"].as_array().unwrap().iter().filter_map(|g| g["value"].as_f64()).collect();
        for (found, wanted) in groups.iter().zip(wanted["groups"].as_array().unwrap()) {
            near(wanted, *found, 1e-9, "group");
        }
        assert_eq!(groups.len(), 10);
        assert_eq!(get(&address).await.json(), found, "the same seed gives the same limits");
        let other = get(&address.replace("seed=7", "seed=8")).await.json();
        assert_ne!(other["slope"]["sii_limits"], slope["sii_limits"]);
        assert_eq!(other["slope"]["sii"], slope["sii"]);
    }
}

#[tokio::test]
async fn gaps_are_what_a_plain_reckoning_of_the_values_says() {
    let found = get("/v1/analysis/inequality?indicator=minutes-to-stroke-unit&layer=lad").await.json();
    let values = get("/v1/indicators/minutes-to-stroke-unit/values?layer=lad").await.json();
    let lad = layer("lad");
    let mut people: Vec<(f64, f64)> = Vec::new();
    for (value, area) in values["results"].as_array().unwrap().iter().zip(lad.areas()) {
        if let (Some(value), Some(residents)) = (value["value"].as_f64(), area.residents) {
            people.push((value, residents));
        }
    }
    people.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (least, most) = (people[0].0, people[people.len() - 1].0);
    near(&found["range"]["absolute"], most - least, 1e-9, "range");
    near(&found["range"]["relative"], most / least, 1e-9, "range");
    // In steps of ten thousandths of a tenth: the value at each, from below.
    let all: f64 = people.iter().map(|p| p.1).sum();
    let mean_from = |people: &mut dyn Iterator<Item = &(f64, f64)>| {
        let (mut left, mut sum) = (all / 10.0, 0.0);
        for (value, residents) in people {
            let part = residents.min(left);
            sum += part * value;
            left -= part;
        }
        sum / (all / 10.0)
    };
    let (low, high) = (mean_from(&mut people.iter()), mean_from(&mut people.iter().rev()));
    near(&found["decile_gap"]["absolute"], high - low, 1e-9, "decile gap");
    assert!(found["level"]["value"].is_number(), "the level stands beside the gap");
    assert_eq!(found["areas_with_value"], people.len());
    assert!(found["warnings"].as_array().unwrap().iter().any(|w| w.as_str().unwrap().contains("no value")));
}

/// Five years of a share, rising in Leeds, level in Bradford, and one fault each elsewhere.
fn five_years() -> String {
    let mut text = String::from("code,value,count,denominator,period\n");
    let rising = [(994, 40_299), (1023, 41_527), (1199, 42_811), (1332, 44_064), (1367, 44_701)];
    for (i, (count, under)) in rising.into_iter().enumerate() {
        let year = 2014 + i;
        let mut add = |code: &str, count: i32, under: i32| {
            let value = 100.0 * f64::from(count) / f64::from(under);
            text.push_str(&format!("{code},{value},{count},{under},{year}\n"));
        };
        add("E08000035", count, under);
        add("E08000032", 1000, 40_000);
        add("E08000033", 500 - 90 * i as i32, 1000);
        add("E08000034", if i == 4 { 1000 } else { 500 }, 1000);
        if i < 4 {
            add("E08000036", 500, 1000);
        }
    }
    text
}

#[tokio::test]
async fn trends_follow_the_rule_and_say_why_there_are_none() {
    let text = five_years();
    let options = ImportOptions { title: Some("Percentage with things".into()), ..ImportOptions::default() };
    let settings =
        r#"{"kind": "proportion", "multiplier": 100, "polarity": "low-is-good", "horizon": "short"}"#;
    let state = state_with(&[("t.csv", text.as_bytes(), &options)], &[("percentage-with-things", settings)]);
    let base = "/v1/analysis/trend?indicator=percentage-with-things";
    let found = answer(&state, &format!("{base}&layer=lad")).await;
    let leeds = row(&found, "E08000035");
    assert_eq!((&leeds["trend"], &leeds["getting"]), (&"increasing".into(), &"worse".into()));
    near(&leeds["chi2"], 47.896_676_707_589_116, 1e-9, "the published figure by counts");
    assert_eq!((&leeds["form"], &leeds["steady"]), (&"counts".into(), &true.into()));
    assert_eq!(leeds["points"].as_object().unwrap().len(), 5);
    let told = |code: &str| (row(&found, code)["trend"].clone(), row(&found, code)["getting"].clone());
    assert_eq!(told("E08000032"), ("no_significant_change".into(), Value::Null));
    assert_eq!(told("E08000033"), ("decreasing".into(), "better".into()));
    let why = |code: &str| row(&found, code)["reason"].clone();
    assert_eq!((why("E08000034"), why("E08000036")), ("count_equals_denominator".into(), "no_value".into()));
    assert_eq!(why("E08000039"), "no_value");
    let counted: u64 = found["trends"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(counted as usize, layer("lad").areas().len());
    // One area; and a window that ends too early.
    let one = answer(&state, &format!("{base}&area=E08000035")).await;
    assert_eq!((one["count"].clone(), &one["results"][0]), (1.into(), leeds));
    let early = answer(&state, &format!("{base}&area=E08000035&period=2017")).await;
    assert_eq!(early["results"][0]["reason"], "too_few_periods");
    // The same as progress: two years that share no day, tested.
    let progress = answer(
        &state,
        "/v1/analysis/progress?indicators=percentage-with-things&layer=lad&within=E12000003&baseline=2014",
    )
    .await;
    let of = &progress["results"][0];
    assert_eq!(progress["horizons"]["short"][0], "percentage-with-things");
    let rows = found_areas(of);
    assert_eq!(row(&rows, "E08000035")["outcome"], "worsened");
    assert_eq!(row(&rows, "E08000033")["outcome"], "improved");
    assert_eq!(row(&rows, "E08000032")["outcome"], "no_significant_change");
    assert_eq!(row(&rows, "E08000036")["reason"], "no_value");
    // Leeds and Kirklees rose, Calderdale fell; Bradford stayed where it was.
    near(&of["share_improved"], 0.25, 1e-12, "one of four");
    near(&of["share_risen"], 0.5, 1e-12, "two of four");
}

#[tokio::test]
async fn several_indicators_stand_side_by_side_by_their_horizon() {
    let text = five_years();
    let options = |title: &str| ImportOptions { title: Some(title.into()), ..ImportOptions::default() };
    let (late, soon, open) = (options("Rate of late"), options("Rate of soon"), options("Rate of open"));
    let state = state_with(
        &[
            ("a.csv", text.as_bytes(), &late),
            ("b.csv", text.as_bytes(), &soon),
            ("c.csv", text.as_bytes(), &open),
        ],
        &[("rate-of-late", r#"{"horizon": "long"}"#), ("rate-of-soon", r#"{"horizon": "short"}"#)],
    );
    let base = "/v1/analysis/progress?layer=lad&indicators=rate-of-open,rate-of-late,rate-of-soon";
    let found = answer(&state, &format!("{base}&baseline=2014,2015,2016")).await;
    let ids: Vec<&str> =
        found["results"].as_array().unwrap().iter().filter_map(|r| r["indicator"].as_str()).collect();
    assert_eq!(ids, ["rate-of-soon", "rate-of-late", "rate-of-open"]);
    let baselines: Vec<&str> =
        found["results"].as_array().unwrap().iter().filter_map(|r| r["baseline"].as_str()).collect();
    assert_eq!(baselines, ["2016", "2015", "2014"]);
    assert!(
        found["results"][0].get("areas").is_none(),
        "of several indicators areas are given when asked for"
    );
    let wrong = ask_of(&state, &format!("{base}&baseline=2014,2015"), &[]).await;
    assert_eq!(
        (wrong.status, wrong.json()["errors"][0]["parameter"].clone()),
        (StatusCode::BAD_REQUEST, "baseline".into())
    );
    let table =
        ask_of(&state, &format!("{}&baseline=2014", base.replace("progress", "progress.csv")), &[]).await;
    let lines = String::from_utf8(table.body).unwrap().lines().count();
    assert_eq!(lines, 1 + 3 * layer("lad").areas().len());
}

#[tokio::test]
async fn what_is_wrong_with_a_question_is_said() {
    let analysis = "/v1/analysis";
    for (address, parameter) in [
        ("benchmark", "indicator"),
        ("benchmark?indicator=stroke-admissions&method=best", "method"),
        ("benchmark?indicator=stroke-admissions&method=spc-proportion", "method"),
        ("benchmark?indicator=stroke-admissions&against=nowhere", "against"),
        ("benchmark?indicator=stroke-admissions&against=W92000004", "against"),
        ("benchmark?indicator=stroke-admissions&against=200&method=double-overlap", "against"),
        ("benchmark?indicator=stroke-admissions&against=200&method=quintiles", "against"),
        ("benchmark?indicator=stroke-admissions&confidence=90", "confidence"),
        ("benchmark?indicator=stroke-admissions&fdr=1", "fdr"),
        ("benchmark?indicator=stroke-admissions&fdr=0.05&confidence=95", "confidence"),
        ("benchmark?indicator=stroke-admissions&fdr=0.05&method=double-overlap", "fdr"),
        ("benchmark?indicator=stroke-admissions&period=1999", "period"),
        ("benchmark?indicator=stroke-admissions&within=E08000035&layer=rgn", "within"),
        ("benchmark?indicator=stroke-admissions&weight=areas", "weight"),
        ("trend?layer=lad", "indicator"),
        ("trend?indicator=stroke-admissions&area=E08000035&within=E12000003", "area"),
        ("progress", "indicators"),
        ("progress?indicators=stroke-admissions,nothing", "indicators"),
        ("progress?indicators=stroke-admissions", "baseline"),
        ("progress?indicators=stroke-admissions&areas=maybe", "areas"),
        ("inequality?indicator=stroke-admissions&by=nothing", "by"),
        ("inequality?indicator=stroke-admissions&groups=4", "groups"),
        ("inequality?indicator=stroke-admissions&groups=101", "groups"),
        ("inequality?indicator=stroke-admissions&transform=square", "transform"),
        ("inequality?indicator=stroke-admissions&draws=10", "draws"),
        ("inequality?indicator=stroke-admissions&seed=-1", "seed"),
        ("inequality?indicator=stroke-admissions&confidence=5", "confidence"),
        ("inequality?indicator=stroke-admissions&weight=minutes-to-stroke-unit", "weight"),
        ("inequality?indicator=stroke-admissions&colour=red", "colour"),
    ] {
        let reply = ask(&format!("{analysis}/{address}"), &[]).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{address}");
        let problem = reply.json();
        assert_eq!(problem["errors"][0]["parameter"], parameter, "{address}: {problem}");
        assert!(problem["errors"][0]["message"].as_str().unwrap().len() > 5);
    }
    for address in [
        "benchmark?indicator=nothing",
        "inequality?indicator=residents&layer=nothing",
        "trend?indicator=residents&area=E99999999",
    ] {
        assert_eq!(
            ask(&format!("{analysis}/{address}"), &[]).await.status,
            StatusCode::NOT_FOUND,
            "{address}"
        );
    }
}

#[tokio::test]
async fn tables_hold_a_line_for_each_area_and_say_of_what_they_are() {
    let reply = get("/v1/analysis/benchmark.csv?indicator=stroke-admissions&layer=utla").await;
    assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8");
    let mut reader = csv::Reader::from_reader(reply.body.as_slice());
    let header = reader.headers().unwrap().clone();
    for name in [
        "code",
        "value",
        "lower",
        "outcome",
        "confidence",
        "benchmark_value",
        "indicator",
        "period",
        "layer",
        "vintage",
        "source",
        "licence",
        "attribution",
    ] {
        assert!(header.iter().any(|h| h == name), "{name} in {header:?}");
    }
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), layer("utla").areas().len());
    let place = header.iter().position(|h| h == "indicator").unwrap();
    assert!(rows.iter().all(|r| &r[place] == "stroke-admissions"));
    let measures =
        get("/v1/analysis/inequality.csv?indicator=stroke-admissions&by=hard-pressed-postcodes&draws=1000")
            .await;
    let text = String::from_utf8(measures.body).unwrap();
    for name in [
        "level_value",
        "range_absolute",
        "decile_gap_absolute",
        "decile_share_share",
        "slope_sii,",
        "slope_sii_limits_lower",
    ] {
        assert!(text.lines().any(|l| l.starts_with(name)), "{name} in {text}");
    }
    let trends = get("/v1/analysis/trend.csv?indicator=stroke-admissions&layer=rgn").await;
    let trends = String::from_utf8(trends.body).unwrap();
    assert!(trends.contains("cannot_be_calculated") && trends.contains("too_few_periods"), "{trends}");
}

#[test]
fn the_command_line_asks_the_same_questions() {
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_levelmap")).arg("analyse").args(arguments).output().unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("none.db").display());
    let good = run(&["inequality", "indicator=residents", "layer=rgn", "--store", &store]);
    let answer: Value = serde_json::from_slice(&good.stdout).unwrap();
    assert_eq!(answer["indicator"], "residents");
    assert!(answer["warnings"][0].is_string() && answer["level"]["value"].is_number());
    let bad = run(&["benchmark", "indicator=residents", "method=best", "--store", &store]);
    assert_eq!(bad.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("double-overlap"), "{bad:?}");
}
