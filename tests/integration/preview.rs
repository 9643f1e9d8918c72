//! A table told and drawn without being kept: the same as an import would be, and nothing left behind.

use std::io::Cursor;

use axum::http::StatusCode;
use levelmap::http::AppState;
use levelmap::indicator::import::{ImportOptions, import};
use levelmap::indicator::store::Store;
use serde_json::{Value, json};

use super::http::{Reply, ask_of, get, post};
use super::shipped::ATLAS;

/// Leeds and Bradford of today, a district that became part of North Yorkshire, a code of nothing, a cell that is no number.
const TABLE: &str = "code,name,value,count,denominator,period\n\
    E08000035,Leeds,20,20,100,2022\nE08000032,Bradford,40,40,100,2022\n\
    E08000035,Leeds,30,30,100,2023\nE08000032,Bradford,50,50,100,2023\n\
    E07000165,Harrogate,10,10,100,2023\nE06999999,Nowhere,1,1,100,2023\nE08000036,Wakefield,many,1,100,2023\n";

async fn preview(query: &str, table: impl Into<axum::body::Body>) -> Reply {
    post(&format!("/v1/preview?{query}"), "text/csv", table).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_what_an_import_would_be() {
    let told = preview("file=jobs.csv&title=Jobs&kind=proportion", TABLE).await;
    assert_eq!(told.status, StatusCode::OK, "{}", String::from_utf8_lossy(&told.body));
    let told = told.json();

    let mut store = Store::in_memory().unwrap();
    let options = ImportOptions {
        title: Some("Jobs".to_owned()),
        kind: Some(levelmap::area::IndicatorKind::Proportion),
        ..ImportOptions::default()
    };
    let report =
        import(Some(&mut store), &ATLAS.gazetteer(), "jobs.csv", Cursor::new(TABLE), &options).unwrap();
    assert_eq!(told["files"][0]["classes"], json!(report.shown().classes));
    assert_eq!((&told["files"][0]["rows_read"], &told["stored"]), (&7.into(), &false.into()));
    let counts = |class: &str| told["files"][0]["classes"][class]["count"].clone();
    assert_eq!((counts("matched"), counts("unmatched"), counts("fault")), (4.into(), 1.into(), 1.into()));

    let state = AppState::new(ATLAS.with_published(store.published().unwrap()));
    for (query, path) in [
        ("", "/v1/choropleth/lad/jobs/values.json"),
        ("&period=2022", "/v1/choropleth/lad/jobs/values.json?period=2022"),
        ("&period=2022&over=periods", "/v1/choropleth/lad/jobs/values.json?period=2022&over=periods"),
        ("&layer=rgn&method=equal&classes=2", "/v1/choropleth/rgn/jobs/values.json?method=equal&classes=2"),
    ] {
        let told = preview(&format!("title=Jobs&kind=proportion&indicator=jobs{query}"), TABLE).await.json();
        assert_eq!(told["values"], ask_of(&state, path, &[]).await.json(), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_leaves_nothing_behind() {
    let before = get("/v1/indicators").await.json();
    let told = preview("title=Left%20behind", TABLE).await.json();
    assert_eq!(told["indicator"], "left-behind");
    assert_eq!(get("/v1/indicators").await.json(), before);
    assert_eq!(get("/v1/imports").await.json()["count"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_or_drawn_is_said() {
    let refused = preview("", "place,figure\n1,2\n").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.json()["detail"].as_str().unwrap().contains("place, figure"));
    for (query, status) in [
        ("colour=red", 400),
        ("classes=99", 400),
        ("over=ages", 400),
        ("title=Jobs&period=1850", 400),
        ("indicator=none", 404),
        ("layer=none", 404),
    ] {
        assert_eq!(preview(query, TABLE).await.status, status, "{query}");
    }
    let strange = preview("", "code,value\nX1,5\n").await.json();
    assert_eq!((&strange["layer"], &strange["values"]), (&Value::Null, &Value::Null));
    let large = vec![b'x'; 16 * 1024 * 1024 + 1];
    assert_eq!(preview("", large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}
