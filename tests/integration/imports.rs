//! Tables in, choropleths out: every row in one class, every count to the last unit.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use levelmap::atlas::{Atlas, Method, ValueOptions};
use levelmap::http::{AppState, app};
use levelmap::indicator::import::{ImportOptions, import};
use levelmap::indicator::matching::Class;
use levelmap::indicator::report::Report;
use levelmap::indicator::store::{Store, StoreUrl};
use levelmap::source::folder::Folder;
use proptest::prelude::*;
use serde_json::Value;
use tower::ServiceExt;

use super::shipped::{ATLAS, layer};

/// Real files of official statistics, where there is a folder of them beside the project.
fn real_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/els");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("left out: there is no folder of real files");
        return Vec::new();
    };
    let mut files: Vec<PathBuf> =
        entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|x| x == "csv")).collect();
    files.sort();
    files
}

fn dry(text: &str, options: &ImportOptions) -> Report {
    import(None, &ATLAS.gazetteer(), "table.csv", Cursor::new(text.as_bytes()), options).unwrap()
}

fn sum(report: &Report) -> u64 {
    Class::ALL.into_iter().map(|class| report.count(class)).sum()
}

fn store() -> (tempfile::TempDir, StoreUrl) {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("levelmap.db"));
    (folder, url)
}

/// The shipped atlas with one table imported.
fn with_table(text: &str, options: &ImportOptions) -> (Atlas, Report) {
    let (_folder, url) = store();
    let mut store = Store::open(&url).unwrap();
    let report =
        import(Some(&mut store), &ATLAS.gazetteer(), "table.csv", Cursor::new(text.as_bytes()), options);
    (ATLAS.with_published(store.published().unwrap()), report.unwrap())
}

#[tokio::test]
async fn every_row_of_every_real_file_is_in_one_class_and_on_its_map() {
    let files = real_files();
    if files.is_empty() {
        return;
    }
    let (_folder, url) = store();
    let mut store = Store::open(&url).unwrap();
    let gazetteer = ATLAS.gazetteer();
    for path in &files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let lines =
            csv::ReaderBuilder::new().flexible(true).from_path(path).unwrap().byte_records().count() as u64;
        let file = std::fs::File::open(path).unwrap();
        let report = import(Some(&mut store), &gazetteer, &name, file, &ImportOptions::default()).unwrap();
        assert_eq!(report.rows_read, lines, "{name}");
        assert_eq!(sum(&report), lines, "{name}");
        assert_eq!(report.count(Class::Fault), 0, "{name}");
        assert_eq!(report.format, "els");
        let listed: u64 = report.classes.values().flat_map(|c| &c.examples).map(|e| e.rows).sum();
        assert_eq!(listed, lines, "{name}: every row is listed");
    }
    drop(store);
    let state = AppState::with_store(Atlas::load(&Folder::Shipped).unwrap(), Folder::Shipped, url).unwrap();
    let ask = async |path: &str| -> Value {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = app(state.clone()).oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    };
    let map = ask("/v1/choropleth/lad/healthy-life-expectancy-male.geojson?period=2022-24").await;
    let drawn = |map: &Value| {
        let features = map["features"].as_array().unwrap().clone();
        features.into_iter().filter(|f| f["properties"]["lower"].is_number()).count()
    };
    assert_eq!(drawn(&map), 359, "all but the City of London and Scilly");
    let matched = &map["match"];
    assert_eq!((&matched["published"], &matched["inherited"]), (&195.into(), &164.into()));
    let county = ask("/v1/choropleth/utla/healthy-life-expectancy-male.geojson?period=2022-24").await;
    assert_eq!((drawn(&county), &county["match"]["published"]), (216, &216.into()));
    for (layer, code, value) in
        [("uk", "K02000001", 60.7), ("ctry", "E92000001", 60.9), ("rgn", "E12000008", 62.9)]
    {
        let found =
            ask(&format!("/v1/indicators/healthy-life-expectancy-male/values?period=2022-24&layer={layer}"))
                .await;
        let area = found["results"].as_array().unwrap().iter().find(|a| a["code"] == code).unwrap().clone();
        assert_eq!(area["method"], "published", "{code}");
        if layer == "uk" {
            assert_eq!(area["value"], value, "{code}");
        }
    }
    // Life expectancies of councils make none of a board, but a range.
    let boards =
        ask("/v1/indicators/healthy-life-expectancy-male/values?layer=icb&period=2022-24&aggregate=range")
            .await;
    let board = &boards["results"][0];
    assert_eq!((&board["value"], &board["flag"]), (&Value::Null, &"not_aggregable".into()));
    assert!(board["range"][0].as_f64().unwrap() <= board["range"][1].as_f64().unwrap());
}

/// A table of 2018: every council of that year with a count.
fn table_of_2018() -> (String, f64) {
    let mut text = String::from("code,name,count,period\n");
    let mut all = 0.0;
    for (i, area) in layer("lad@2018").areas().iter().enumerate() {
        let count = (i * 37 % 1000) as f64;
        all += count;
        text.push_str(&format!("{},\"{}\",{count},2018\n", area.code, area.name));
    }
    (text, all)
}

#[test]
fn a_table_of_2018_joins_todays_councils_to_the_last_unit() {
    let options = ImportOptions { title: Some("Count of things".into()), ..ImportOptions::default() };
    let (text, all) = table_of_2018();
    let (atlas, report) = with_table(&text, &options);
    assert_eq!((report.kind.as_deref(), report.vintage.as_deref()), (Some("lad"), Some("2018")));
    assert_eq!(sum(&report), 391);
    assert_eq!(report.count(Class::Unmatched) + report.count(Class::Ambiguous), 0);
    assert!(report.count(Class::Merged) > 40 && report.count(Class::Recoded) >= 4, "{}", report.text());
    assert_eq!(report.areas_without_value.count, 0);
    let indicator = atlas.indicator(&"count-of-things".parse().unwrap()).unwrap();
    for id in ["lad@2018", "lad", "lad@2021", "utla", "rgn", "ctry", "uk"] {
        let layer = atlas.layer(&id.parse().unwrap()).unwrap();
        let values = atlas.latest_values(indicator, layer);
        assert!(values.iter().all(|v| v.observation.value().is_some()), "{id}");
        let found: f64 = values.iter().filter_map(|v| v.observation.value()).sum();
        assert_eq!(found, all, "{id}");
    }
    // By hand: Dorset is five former districts.
    let lad = atlas.layer(&"lad".parse().unwrap()).unwrap();
    let dorset = lad.area_with_code(&"E06000059".parse().unwrap()).unwrap();
    let value = &atlas.latest_values(indicator, lad)[dorset as usize];
    let districts = ["E07000049", "E07000050", "E07000051", "E07000052", "E07000053"];
    let wanted: f64 = text
        .lines()
        .filter(|l| districts.iter().any(|d| l.starts_with(d)))
        .map(|l| l.rsplit(',').nth(1).unwrap().parse::<f64>().unwrap())
        .sum();
    assert_eq!((value.observation.value(), value.method), (Some(wanted), Method::Aggregated));
}

#[test]
fn one_missing_member_withholds_a_merged_value() {
    let options = ImportOptions { title: Some("Count of things".into()), ..ImportOptions::default() };
    let (text, _) = table_of_2018();
    let without: String =
        text.lines().filter(|l| !l.starts_with("E07000052")).map(|l| format!("{l}\n")).collect();
    let (atlas, _) = with_table(&without, &options);
    let indicator = atlas.indicator(&"count-of-things".parse().unwrap()).unwrap();
    let lad = atlas.layer(&"lad".parse().unwrap()).unwrap();
    let dorset = lad.area_with_code(&"E06000059".parse().unwrap()).unwrap() as usize;
    let value = &atlas.latest_values(indicator, lad)[dorset];
    assert_eq!(
        (value.observation.value(), value.observation.flag),
        (None, Some(levelmap::area::Flag::LowCoverage))
    );
    let options = ValueOptions { coverage_floor: 0.5, ..ValueOptions::default() };
    let series = indicator.choose(None, None, None).unwrap();
    let lenient = &atlas.values(indicator, series, lad, &options)[dorset];
    assert!(lenient.observation.value().is_some() && lenient.coverage().unwrap() < 0.9);
}

#[test]
fn councils_make_boards_and_split_ones_give_shares() {
    let mut text = String::from("code,value,period\n");
    for area in layer("lad").areas() {
        text.push_str(&format!("{},1000,2024\n", area.code));
    }
    let options = ImportOptions { title: Some("Number of things".into()), ..ImportOptions::default() };
    let (atlas, _) = with_table(&text, &options);
    let indicator = atlas.indicator(&"number-of-things".parse().unwrap()).unwrap();
    let icb = atlas.layer(&"icb@2022".parse().unwrap()).unwrap();
    let values = atlas.latest_values(indicator, icb);
    let found: f64 = values.iter().filter_map(|v| v.observation.value()).sum();
    assert!((found - 296_000.0).abs() < 1e-6, "{found}: shares of a council add up to it");
    let of = |code: &str| values[icb.area_with_code(&code.parse().unwrap()).unwrap() as usize].clone();
    // North Yorkshire is in three boards, so Humber and North Yorkshire has most of it.
    let humber = of("E54000051");
    assert_eq!(humber.method, Method::Apportioned);
    // Derby and Derbyshire is whole councils.
    let whole = values.iter().filter(|v| v.method == Method::Aggregated).count();
    assert!(whole >= 25, "{whole}");
}

#[test]
fn the_same_area_twice_is_a_duplicate_and_counted_once() {
    let text = "code,value,period\nE08000035,5,2022\nE08000035,5,2022-01-01/P1Y\ne08000035,6,2022\nE08000035,7,2023\n";
    let report = dry(text, &ImportOptions::default());
    assert_eq!((report.count(Class::Matched), report.count(Class::Duplicate)), (2, 2));
}

#[test]
fn a_fingertips_table_is_read_with_its_groups() {
    let header = "Indicator ID,Indicator Name,Parent Code,Parent Name,Area Code,Area Name,Area Type,Sex,Age,Category Type,Category,Time period,Value,Lower CI 95.0 limit,Upper CI 95.0 limit,Lower CI 99.8 limit,Upper CI 99.8 limit,Count,Denominator,Value note,Recent Trend,Compared to England value or percentiles,Compared to Region value or percentiles,Time period Sortable,New data,Compared to goal,Time period range";
    let row = |code: &str, sex: &str, kind: &str, group: &str, value: &str, count: &str, note: &str| {
        format!(
            "93,Smoking,E12000003,Yorkshire,{code},Somewhere,Districts,{sex},18+ yrs,{kind},{group},2023/24,{value},10,20,9,21,{count},1000,{note},,,,20230000,,,1y"
        )
    };
    let text = [
        header.to_owned(),
        row("E08000035", "Persons", "", "", "15", "150", ""),
        row("E08000035", "Male", "", "", "16", "160", ""),
        row(
            "E08000036",
            "Persons",
            "",
            "",
            "",
            "",
            "Value suppressed for disclosure control due to small count",
        ),
        row(
            "E08000035",
            "Persons",
            "County & UA deprivation deciles",
            "Most deprived decile",
            "25",
            "250",
            "",
        ),
        row("E92000001", "Persons", "", "", "14", "140", ""),
        row("E92000001", "Persons", "", "", "14", "140", ""),
    ]
    .join("\r\n");
    let (atlas, report) = with_table(&text, &ImportOptions::default());
    assert_eq!(report.format, "fingertips");
    assert_eq!(
        (report.count(Class::Matched), report.count(Class::OtherLayer), report.count(Class::Duplicate)),
        (4, 1, 1)
    );
    assert_eq!(report.periods, ["2023/24"]);
    let indicator = atlas.indicator(&"smoking".parse().unwrap()).unwrap();
    let lad = atlas.layer(&"lad".parse().unwrap()).unwrap();
    let of = |sex: Option<&str>, code: &str| {
        let series = indicator.choose(Some("2023/24"), sex, None).unwrap();
        let area = lad.area_with_code(&code.parse().unwrap()).unwrap() as usize;
        atlas.values(indicator, series, lad, &ValueOptions::default())[area].observation
    };
    assert_eq!(of(None, "E08000035").value(), Some(15.0), "the whole, not a tenth of it");
    assert_eq!(of(Some("Male"), "E08000035").value(), Some(16.0));
    assert_eq!(of(None, "E08000036").flag, Some(levelmap::area::Flag::Suppressed));
    assert!(indicator.choose(None, Some("Other"), None).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn the_classes_of_any_table_add_up_to_its_rows(
        rows in prop::collection::vec(
            (
                prop_oneof![
                    "E0[6-9]0000[0-9]{2}", "[EWSN][019][0-9]{7}", "E12000003|E92000001|K02000001|E10000006|E07000049|E54000065",
                    "S99999999|na|\\PC{0,6}", "\"[a-z,]{0,4}\"",
                ],
                prop_oneof!["[0-9]{1,4}", "\\[c\\]|x|,,|\\PC{0,5}", "1,2"],
                prop_oneof!["2022|2023|2022-24", "\\PC{0,5}"],
            ),
            0..60,
        )
    ) {
        let mut text = String::from("code,value,period\n");
        for (code, value, period) in &rows {
            text.push_str(&format!("{code},{value},{period}\n"));
        }
        let report = dry(&text, &ImportOptions { title: Some("Things counted".into()), ..ImportOptions::default() });
        prop_assert_eq!(sum(&report), report.rows_read);
    }
}

#[test]
fn an_import_killed_at_any_moment_leaves_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    super::crosswalk::write(folder.path());
    let table = folder.path().join("large.csv");
    let rows = 20_000;
    let mut text = String::from("code,value,lower,upper,age,year\n");
    for i in 0..rows {
        let code = ["A", "B", "C", "K1", "K2", "K3", "K4", "X", "Y", "P"][i % 10];
        text.push_str(&format!("{code},{},1,9999,age {},2020\n", i % 977, i / 10));
    }
    std::fs::write(&table, text).unwrap();
    let database = folder.path().join("levelmap.db");
    let start = |database: &Path| {
        Command::new(env!("CARGO_BIN_EXE_levelmap"))
            .args(["import", "--title", "Rate of things per 1,000", "--boundaries"])
            .arg(folder.path())
            .arg("--store")
            .arg(format!("sqlite:{}", database.display()))
            .arg(&table)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let timed = Instant::now();
    assert!(start(&folder.path().join("whole.db")).wait().unwrap().success());
    let whole = timed.elapsed();
    let mut held = 0;
    for moment in 0..20u32 {
        let mut child = start(&database);
        // Spread over the whole run, and a little past its end.
        let at = whole.mul_f64(1.2 * f64::from(moment) / 20.0).max(Duration::from_millis(1));
        std::thread::sleep(at);
        child.kill().unwrap();
        child.wait().unwrap();
        let mut store = Store::open(&StoreUrl::Sqlite(database.clone())).unwrap();
        let imports = store.imports().unwrap();
        assert!(imports.len() <= held + 1);
        held = imports.len();
        for import in &imports {
            let report: Report = serde_json::from_str(&store.report(import.id).unwrap().unwrap()).unwrap();
            assert_eq!((import.rows_stored as usize, sum(&report) as usize), (rows, rows));
        }
        let published = store.published().unwrap();
        let kept: usize =
            published.indicators().iter().flat_map(|i| &i.series).map(|s| s.areas().len()).sum();
        assert_eq!(kept, if held == 0 { 0 } else { rows }, "after {at:?}");
    }
}

struct Reply {
    status: StatusCode,
    body: Value,
}

async fn send(state: &AppState, method: &str, path: &str, token: Option<&str>, body: &str) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = app(state.clone()).oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Reply { status, body: serde_json::from_slice(&bytes).unwrap_or_default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_write_side_needs_a_token_and_swaps_the_atlas() {
    let table = "code,value,period\nE08000035,5,2023\nE08000036,7,2023\n";
    let read_only = AppState::new(Atlas::load(&Folder::Shipped).unwrap());
    assert_eq!(send(&read_only, "POST", "/v1/imports", Some("x"), table).await.status, StatusCode::FORBIDDEN);

    let (_folder, url) = store();
    let atlas = Atlas::load(&Folder::Shipped).unwrap();
    let state = AppState::with_store(atlas, Folder::Shipped, url.clone()).unwrap();
    let refused = send(&state, "POST", "/v1/imports", Some("x"), table).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!Store::exists(&url), "a refused write makes no store");

    Store::open(&url).unwrap().add_token("analyst", "lm_t").unwrap();
    for token in [None, Some("wrong")] {
        assert_eq!(send(&state, "POST", "/v1/imports", token, table).await.status, StatusCode::UNAUTHORIZED);
    }
    let path = "/v1/imports?title=Jobs%20per%20head&file=jobs.csv";
    let dry = send(&state, "POST", &format!("{path}&dry_run=true"), Some("lm_t"), table).await;
    assert_eq!((dry.status, &dry.body["files"][0]["rows_read"]), (StatusCode::OK, &2.into()));
    assert_eq!(send(&state, "GET", "/v1/imports", None, "").await.body["count"], 0);

    let before = state.served().atlas.fingerprint().to_owned();
    let made = send(&state, "POST", path, Some("lm_t"), table).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.body["files"][0]["classes"]["matched"]["count"], 2);
    assert_ne!(state.served().atlas.fingerprint(), before);
    let values = "/v1/indicators/jobs-per-head/values?layer=lad";
    let leeds = async || {
        let found = send(&state, "GET", values, None, "").await;
        let areas = found.body["results"].as_array().cloned().unwrap_or_default();
        areas.into_iter().find(|a| a["code"] == "E08000035").map(|a| a["value"].clone())
    };
    assert_eq!(leeds().await, Some(5.into()));

    let again = "code,value,period\nE08000035,6,2023\n";
    assert_eq!(send(&state, "POST", path, Some("lm_t"), again).await.status, StatusCode::CREATED);
    assert_eq!(leeds().await, Some(6.into()));
    let polarity = r#"{"polarity": "high-is-good"}"#;
    let set = send(&state, "PUT", "/v1/indicators/jobs-per-head", Some("lm_t"), polarity).await;
    assert_eq!((set.status, &set.body["polarity"]), (StatusCode::OK, &"high-is-good".into()));
    let wrong = send(&state, "PUT", "/v1/indicators/jobs-per-head", Some("lm_t"), r#"{"colour": 1}"#).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        send(&state, "DELETE", "/v1/imports/2", Some("lm_t"), "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(leeds().await, Some(5.into()), "what was covered comes back");
    assert_eq!(send(&state, "DELETE", "/v1/imports/2", Some("lm_t"), "").await.status, StatusCode::NOT_FOUND);
    let report = send(&state, "GET", "/v1/imports/1", None, "").await;
    assert_eq!(report.body["rows_read"], 2);
    assert_eq!(
        send(&state, "DELETE", "/v1/indicators/jobs-per-head", Some("lm_t"), "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(send(&state, "GET", values, None, "").await.status, StatusCode::NOT_FOUND);
    let broken = send(&state, "POST", path, Some("lm_t"), "place,figure\n1,2\n").await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert!(
        broken.body["detail"].as_str().unwrap().contains("its columns are place, figure"),
        "{}",
        broken.body
    );
    assert_eq!(send(&state, "POST", "/v1/admin/reload", Some("lm_t"), "").await.status, StatusCode::OK);
}
