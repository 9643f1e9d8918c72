//! `levelmap fetch` against services that answer as the public ones do, faults included. They hold real boundaries: those that
//! ship.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path as Below, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use levelmap::atlas::Atlas;
use levelmap::indicator::store::{Store, StoreUrl};
use levelmap::source::folder::Folder;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::shipped::layer;

/// What a service answers to a path and its parameters.
type Answer = Arc<dyn Fn(&str, &HashMap<String, String>) -> Response + Send + Sync>;

/// A service, and all that it was asked.
struct Service {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Service {
    async fn new(
        answer: impl Fn(&str, &HashMap<String, String>) -> Response + Send + Sync + 'static,
    ) -> Service {
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = Arc::clone(&asked);
        let answer: Answer = Arc::new(move |path, query| {
            let mut parameters: Vec<String> =
                query.iter().map(|(name, value)| format!("{name}={value}")).collect();
            parameters.sort();
            noted.lock().unwrap().push(format!("{path}?{}", parameters.join("&")));
            answer(path, query)
        });
        let handler = async |Below(path): Below<String>,
                             Query(query): Query<HashMap<String, String>>,
                             State(answer): State<Answer>| answer(&path, &query);
        let router = Router::new().route("/api/{*path}", axum::routing::get(handler)).with_state(answer);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/api", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Service { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// `levelmap fetch` of this service.
    async fn fetch(&self, arguments: &[&str], folder: &Path) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_levelmap"));
        command.arg("fetch").args(arguments).args(["--from", &self.address]).current_dir(folder);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }
}

fn words(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json_of(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn csv_of(text: impl Into<String>) -> Response {
    ([(header::CONTENT_TYPE, "text/csv")], text.into()).into_response()
}

/// Councils that ship as the features of a service, with object ids that have gaps.
fn councils(codes: &[&str]) -> Vec<(i64, Value)> {
    let lad = layer("lad");
    let feature = |(i, code): (usize, &&str)| {
        let number = lad.area_with_code(&code.parse().unwrap()).unwrap() as usize;
        let geometry: Value = serde_json::from_slice(lad.features()[number].geometry()).unwrap();
        let id = 10 + 7 * i as i64;
        let properties = json!({ "LAD25CD": code, "LAD25NM": lad.areas()[number].name.as_str() });
        (id, json!({ "type": "Feature", "id": id, "geometry": geometry, "properties": properties }))
    };
    codes.iter().enumerate().map(feature).collect()
}

const WEST_YORKSHIRE: [&str; 5] = ["E08000032", "E08000033", "E08000034", "E08000035", "E08000036"];

/// What is wrong with a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    None,
    NoPages,
    Truncated,
    Twice,
    Endless,
    Table,
    Refused,
}

/// A feature service of the portal that gives two areas a page.
fn portal(fault: Fault) -> impl Fn(&str, &HashMap<String, String>) -> Response + Send + Sync + 'static {
    let mut features = councils(&WEST_YORKSHIRE);
    let count = features.len();
    match fault {
        Fault::Truncated => drop(features.pop()),
        Fault::Twice => features[4].1["properties"]["LAD25CD"] = "E08000032".into(),
        _ => {}
    }
    let busy = AtomicUsize::new(0);
    move |path, query| {
        // As the real ones do: an error is a success by its status.
        let refused =
            |message: &str| json_of(&json!({ "error": { "code": 400, "message": message, "details": [] } }));
        let parameter = |name: &str| query.get(name).map(String::as_str);
        let geometry = if fault == Fault::Table { Value::Null } else { "esriGeometryPolygon".into() };
        match path {
            "LAD_MAY_2025_UK_BGC/FeatureServer/0" => json_of(&json!({
                "name": "LAD_MAY_2025_UK_BGC", "geometryType": geometry, "maxRecordCount": 2,
                "copyrightText": "Contains National Statistics data", "objectIdField": "FID",
                "advancedQueryCapabilities": { "supportsPagination": fault != Fault::NoPages },
                "fields": [
                    { "name": "FID", "type": "esriFieldTypeOID" }, { "name": "LAD25CD", "type": "esriFieldTypeString" },
                    { "name": "LAD25NM", "type": "esriFieldTypeString" }, { "name": "LAD25NMW", "type": "esriFieldTypeString" },
                    { "name": "Shape__Area", "type": "esriFieldTypeDouble" }]
            })),
            "LAD_MAY_2025_UK_BGC/FeatureServer/0/query" if fault == Fault::Refused => {
                refused("Cannot perform query.")
            }
            "LAD_MAY_2025_UK_BGC/FeatureServer/0/query" => {
                if parameter("returnCountOnly") == Some("true") {
                    return json_of(&json!({ "count": count }));
                }
                if parameter("returnIdsOnly") == Some("true") {
                    let ids: Vec<i64> = features.iter().rev().map(|(id, _)| *id).collect();
                    return json_of(&json!({ "objectIdFieldName": "FID", "objectIds": ids }));
                }
                assert_eq!((parameter("f"), parameter("outSR")), (Some("geojson"), Some("4326")));
                // Once it has too much to do.
                if busy.fetch_add(1, Ordering::Relaxed) == 1 {
                    return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")], "busy").into_response();
                }
                let number = |name: &str| parameter(name).map(|text| text.parse::<usize>().unwrap());
                let (page, is_followed): (Vec<&Value>, bool) = match (number("resultOffset"), fault) {
                    (Some(_), Fault::NoPages) => return refused("Pagination is not supported."),
                    (Some(offset), _) => {
                        assert_eq!(parameter("orderByFields"), Some("FID"), "pages in no order overlap");
                        let some = features.iter().skip(offset).take(number("resultRecordCount").unwrap());
                        let is_followed = offset + 2 < features.len() || fault == Fault::Endless;
                        (some.map(|(_, feature)| feature).collect(), is_followed)
                    }
                    (None, _) => {
                        let range = parameter("where").unwrap().replace("FID>=", "").replace("FID<=", "");
                        let (first, last) = range.split_once(" AND ").expect("a range of object ids");
                        let (first, last): (i64, i64) = (first.parse().unwrap(), last.parse().unwrap());
                        let some = features.iter().filter(|(id, _)| (first..=last).contains(id));
                        (some.map(|(_, feature)| feature).collect(), false)
                    }
                };
                json_of(&json!({
                    "type": "FeatureCollection", "features": page,
                    "properties": { "exceededTransferLimit": is_followed }
                }))
            }
            _ => refused("Invalid URL"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn boundaries_of_the_portal_become_a_layer() {
    for fault in [Fault::None, Fault::NoPages] {
        let service = Service::new(portal(fault)).await;
        let folder = tempfile::tempdir().unwrap();
        let mine = folder.path().join("mine");
        let arguments = ["ons", "LAD_MAY_2025_UK_BGC", "--boundaries", "mine"];
        let done = service.fetch(&arguments, folder.path()).await;
        assert!(done.status.success(), "{}", words(&done));
        assert!(words(&done).contains("asking again"), "{}", words(&done));
        // What is too much at once is asked for in three parts, and once more when the service was busy.
        let parts = service.asked().iter().filter(|asked| asked.contains("f=geojson")).count();
        assert_eq!(parts, 4, "{:?}", service.asked());

        let atlas = Atlas::load(&Folder::Disk(mine.clone())).unwrap();
        let fetched = atlas.layer(&"lad-bgc@2025".parse().unwrap()).expect("the layer is there");
        assert!(fetched.parts()[0].approximate, "20 metres do not decide at a border");
        assert_eq!(fetched.entry.valid_from.to_string(), "2025-05-01");
        assert_eq!(fetched.entry.title, "LAD MAY 2025 UK BGC");
        let attribution = atlas.attribution(fetched).join("\n");
        for line in
            ["Open Government Licence v.3.0", "database right 2025", "Contains National Statistics data"]
        {
            assert!(attribution.contains(line), "{attribution}");
        }
        let lad = layer("lad");
        assert_eq!(fetched.areas().len(), WEST_YORKSHIRE.len());
        for area in fetched.areas() {
            let shipped = &lad.areas()[lad.area_with_code(&area.code).unwrap() as usize];
            assert_eq!(area.name, shipped.name);
            assert!((area.area_m2 / shipped.area_m2 - 1.0).abs() < 1e-6, "{}", area.code);
        }
        let mut check = Command::new(env!("CARGO_BIN_EXE_levelmap"));
        let checked = check.arg("check").arg(&mine).output().unwrap();
        assert!(checked.status.success(), "{}{}", String::from_utf8_lossy(&checked.stdout), words(&checked));
        // Who may read files there may read these.
        std::fs::write(mine.join("plain"), "").unwrap();
        let mode = |file: &str| std::fs::metadata(mine.join(file)).unwrap().permissions();
        for file in ["catalogue.toml", "LAD_MAY_2025_UK_BGC.geojson"] {
            assert_eq!(mode(file), mode("plain"), "{file}");
        }
        // Once more it is the file alone that is new.
        let catalogue = std::fs::read_to_string(mine.join("catalogue.toml")).unwrap();
        let again = service.fetch(&arguments, folder.path()).await;
        assert!(again.status.success(), "{}", words(&again));
        assert_eq!(std::fs::read_to_string(mine.join("catalogue.toml")).unwrap(), catalogue);
        let other = service
            .fetch(&[&arguments[..], &["--code", "lad25cd", "--name", "FID"]].concat(), folder.path())
            .await;
        assert_eq!(other.status.code(), Some(1));
        assert!(words(&other).contains("other fields"), "{}", words(&other));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_come_whole_changes_nothing() {
    for (fault, said) in [
        (Fault::Truncated, "it has 5 areas and gave 4"),
        (Fault::Twice, "E08000032 came twice"),
        (Fault::Endless, "more areas follow on the first 5, and gives none"),
        (Fault::Table, "it has no polygons"),
        (Fault::Refused, "Cannot perform query."),
    ] {
        let service = Service::new(portal(fault)).await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("catalogue.toml"), "extends = \"shipped\"\n").unwrap();
        let done = service.fetch(&["ons", "LAD_MAY_2025_UK_BGC", "--boundaries", "."], folder.path()).await;
        assert_eq!(done.status.code(), Some(1), "{fault:?}");
        assert!(words(&done).contains(said), "{fault:?}: {}", words(&done));
        let left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["catalogue.toml"], "{fault:?}");
        assert_eq!(
            std::fs::read_to_string(folder.path().join("catalogue.toml")).unwrap(),
            "extends = \"shipped\"\n"
        );
    }
    let service = Service::new(portal(Fault::None)).await;
    let folder = tempfile::tempdir().unwrap();
    let fetch = async |arguments: &[&str]| service.fetch(arguments, folder.path()).await;
    let unknown = fetch(&["ons", "LAD_MAY_1066_UK_BGC", "--boundaries", "x"]).await;
    assert!(
        words(&unknown).contains("Invalid URL") && unknown.status.code() == Some(1),
        "{}",
        words(&unknown)
    );
    let taken = fetch(&["ons", "LAD_MAY_2025_UK_BGC", "--boundaries", "x", "--kind", "lad"]).await;
    assert!(words(&taken).contains("there is a layer `lad` already"), "{}", words(&taken));
    for usage in [&["ons", "../x"][..], &["ons", "--boundaries", "x"], &["ons"]] {
        assert_eq!(fetch(usage).await.status.code(), Some(2), "{usage:?}");
    }
    let fields =
        fetch(&["ons", "LAD_MAY_2025_UK_BGC", "--boundaries", "x", "--code", "WD24CD", "--name", "WD24NM"])
            .await;
    assert!(
        words(&fields).contains("there is no field WD24CD; there are FID, LAD25CD"),
        "{}",
        words(&fields)
    );
    assert!(!folder.path().join("x").exists());
    let unnamed = fetch(&["ons", "LAD_MAY_2025_UK_BGC"]).await;
    assert!(unnamed.status.success(), "{}", words(&unnamed));
    assert!(folder.path().join("levelmap-boundaries/LAD_MAY_2025_UK_BGC.geojson").exists());
    assert!(
        words(&unnamed).contains("levelmap serve --boundaries levelmap-boundaries"),
        "{}",
        words(&unnamed)
    );
}

/// The values of an indicator of a store: of each code, by period and sex.
fn held(folder: &Path, indicator: &str) -> Vec<(String, String, usize)> {
    let mut store = Store::open(&StoreUrl::Sqlite(folder.join("levelmap.db"))).unwrap();
    let published = store.published().unwrap();
    let found = published.indicators().iter().find(|i| i.indicator.id.as_str() == indicator);
    let found = found.unwrap_or_else(|| panic!("no {indicator} in the store"));
    let mut series: Vec<(String, String, usize)> =
        found.series.iter().map(|s| (s.period_text.clone(), s.sex.clone(), s.value_count())).collect();
    series.sort();
    series
}

#[tokio::test(flavor = "multi_thread")]
async fn indicators_of_explore_local_statistics_come_into_the_store() {
    let service = Service::new(|path, query| {
        let about = |slug: &str, label: &str, unit: &str| json!({ "slug": slug, "label": label, "unit": unit, "topic": "economy" });
        match path {
            "v1/metadata/indicators" => json_of(&json!([
                about("employment-rate", "Employment rate (Great Britain)", "%"),
                about("employment-rate-ni", "Employment rate (Northern Ireland)", "%"),
                about("wellbeing-happiness", "Happiness", ""),
            ])),
            "v1/data/employment-rate.csv" => {
                // All times and marks come when they are asked for alone.
                assert_eq!(query.get("time").map(String::as_str), Some("all"));
                assert_eq!(query.get("includeStatus").map(String::as_str), Some("true"));
                csv_of(
                    "areacd,areanm,period,value,lci_95,uci_95,status\n\
                     E08000035,Leeds,2023-01-01/P1Y,76.1,73.2,79,\n\
                     E08000035,Leeds,2022-01-01/P1Y,75.4,72.4,78.4,\n\
                     E09000001,City of London,2023-01-01/P1Y,,,,x\n\
                     E92000001,England,2023-01-01/P1Y,75.8,75.5,76.1,\n",
                )
            }
            // It has no values, and so no header.
            "v1/data/employment-rate-ni.csv" => csv_of(""),
            "v1/data/wellbeing-happiness.csv" => csv_of("areacd,areanm,period,sex,value,status\nE08000035,Leeds,2022-04-01/P1Y,Female,7.4,\n"),
            _ => (StatusCode::NOT_FOUND, json_of(&json!({ "message": "Not found" }))).into_response(),
        }
    })
    .await;
    let service = Service { address: format!("{}/v1/", service.address), ..service };
    let folder = tempfile::tempdir().unwrap();
    let done = service.fetch(&["els"], folder.path()).await;
    assert!(done.status.success(), "{}", words(&done));
    assert!(words(&done).contains("employment-rate-ni has no values"), "{}", words(&done));
    let one = |period: &str, sex: &str, values: usize| (period.to_owned(), sex.to_owned(), values);
    let rates = held(folder.path(), "employment-rate-great-britain");
    assert_eq!(rates, [one("2022-01-01/P1Y", "", 1), one("2023-01-01/P1Y", "", 2)]);
    assert_eq!(held(folder.path(), "happiness"), [one("2022-04-01/P1Y", "Female", 1)]);

    // A dry run opens no store, and its report is that of an import.
    let other = tempfile::tempdir().unwrap();
    let dry = service.fetch(&["els", "employment-rate", "--dry-run", "--json"], other.path()).await;
    let report: Value = serde_json::from_slice(&dry.stdout).unwrap();
    assert_eq!(report["files"][0]["file"], "employment-rate.csv");
    assert_eq!((&report["files"][0]["format"], &report["files"][0]["rows_read"]), (&"els".into(), &4.into()));
    let count = |class: &str| report["files"][0]["classes"][class]["count"].as_u64();
    assert_eq!((count("matched"), count("other_layer")), (Some(3), Some(1)));
    assert!(std::fs::read_dir(other.path()).unwrap().next().is_none());
    let unknown = service.fetch(&["els", "employment"], other.path()).await;
    assert_eq!(unknown.status.code(), Some(1));
    let said = "there is no indicator `employment` among the 3 of the service: there is employment-rate, employment-rate-ni";
    assert!(words(&unknown).contains(said), "{}", words(&unknown));
}

/// The columns of a table of Fingertips.
const FINGERTIPS: &str = "Indicator ID,Indicator Name,Parent Code,Parent Name,Area Code,Area Name,Area Type,Sex,Age,\
Category Type,Category,Time period,Value,Lower CI 95.0 limit,Upper CI 95.0 limit,Lower CI 99.8 limit,Upper CI 99.8 limit,Count,\
Denominator,Value note,Recent Trend,Compared to England value or percentiles,Compared to England value or percentiles,\
Time period Sortable,New data,Compared to goal,Time period range\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn indicators_of_fingertips_come_into_the_store() {
    let row = |code: &str, area_type: &str, sex: &str, value: &str| {
        format!(
            "90362,Healthy life expectancy at birth,E92000001,England,{code},\"A, B\",{area_type},{sex},All ages,,,2009 - 11,{value},\
             59.1,61.2,,,,,,,Better,Not compared,20090000,,,3y\r\n"
        )
    };
    let england =
        row("E92000001", "England", "Male", "63.0") + &row("E92000001", "England", "Female", "64.1");
    let service = Service::new(move |path, query| {
        let parameter = |name: &str| query.get(name).map_or("", String::as_str);
        match path {
            "area_types" => json_of(&json!([
                { "Id": 15, "Name": "England", "Short": "England" }, { "Id": 6, "Name": "Regions (statistical)", "Short": "Regions" },
                { "Id": 402, "Name": "Upper tier local authorities (4/21-3/23)", "Short": "Counties & UAs (2021/22-2022/23)" },
                { "Id": 502, "Name": "Upper tier local authorities (post 4/23)", "Short": "Counties & UAs (from Apr 2023)" },
                { "Id": 7, "Name": "General practice", "Short": "GPs" }])),
            "available_data" if parameter("indicator_id") == "90362" => {
                json_of(&json!([6, 402, 502, 7].map(|id| json!({ "IndicatorId": 90362, "AreaTypeId": id }))))
            }
            "available_data" => json_of(&json!([])),
            "indicator_metadata/by_indicator_id" => json_of(&json!({ "90362": { "Unit": { "Label": "years" }, "Descriptive": {} } })),
            "all_data/csv/by_indicator_id" => {
                assert_eq!((parameter("indicator_ids"), parameter("parent_area_type_id")), ("90362", "15"));
                let rows = match parameter("child_area_type_id") {
                    "6" => row("E12000001", "Regions (statistical)", "Male", "59.71114"),
                    "502" => row("E08000035", "Counties & UAs (from Apr 2023)", "Male", "60.5"),
                    "402" => row("E10000006", "Counties & UAs (2021/22-2022/23)", "Male", "62.5"),
                    other => panic!("nobody asked for {other}"),
                };
                csv_of(format!("\u{feff}{FINGERTIPS}{england}{rows}"))
            }
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let done = service.fetch(&["fingertips", "90362", "--json"], folder.path()).await;
    assert!(done.status.success(), "{}", words(&done));
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    let classes = &report["files"][0]["classes"];
    // England stands in the table of each sort of area.
    assert_eq!(report["files"][0]["rows_read"], 6);
    assert_eq!(
        (&classes["duplicate"]["count"], &classes["fault"]["count"]),
        (&2.into(), &0.into()),
        "{classes}"
    );
    let one = |sex: &str, values: usize| ("2009 - 11".to_owned(), sex.to_owned(), values);
    let all = held(folder.path(), "healthy-life-expectancy-at-birth");
    assert_eq!(all, [one("Female", 1), one("Male", 3)]);
    let asked = service.asked();
    assert!(asked.iter().any(|a| a.contains("child_area_type_id=502")), "{asked:?}");
    assert!(!asked.iter().any(|a| a.contains("child_area_type_id=402")), "an older vintage was asked for");

    let older =
        service.fetch(&["fingertips", "90362", "--area-types", "402", "--dry-run"], folder.path()).await;
    assert!(older.status.success(), "{}", words(&older));
    let faulty = async |arguments: &[&str], said: &str| {
        let done = service.fetch(arguments, folder.path()).await;
        assert_eq!(done.status.code(), Some(1));
        assert!(words(&done).contains(said), "{}", words(&done));
    };
    faulty(&["fingertips", "1"], "there is no indicator 1, or it is published for no area").await;
    faulty(
        &["fingertips", "90362", "--area-types", "221"],
        "not published for areas of sort 221; there are 6 (Regions",
    )
    .await;
    assert_eq!(service.fetch(&["fingertips", "smoking"], folder.path()).await.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_there_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let service = Service { address: address.clone(), asked: Arc::default() };
    let folder = tempfile::tempdir().unwrap();
    let done = service.fetch(&["els"], folder.path()).await;
    assert_eq!(done.status.code(), Some(1));
    assert!(
        words(&done).contains(&format!("{address}/metadata/indicators did not answer")),
        "{}",
        words(&done)
    );
    let page = Service::new(|_, _| "<html>Sorry</html>".into_response()).await;
    let done = page.fetch(&["els"], folder.path()).await;
    assert!(words(&done).contains("answered what cannot be read"), "{}", words(&done));
}
