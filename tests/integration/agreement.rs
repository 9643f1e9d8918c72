//! What is asked for in several ways is answered alike in all of them.

use std::io::Read;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use levelmap::http::app;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::http::{STATE, ask, get, post};

#[tokio::test]
async fn streams_are_the_same_compressed() {
    let rows: String = (0..3000).map(|i| format!("{},{}\n", -1.5 + f64::from(i) * 1e-4, 53.8)).collect();
    let questions = [
        ("application/json", "[[-1.5,53.8],\"LS1 3AD\"]".to_owned()),
        ("application/x-ndjson", "[-1.5,53.8]\n\"LS1 3AD\"".to_owned()),
        ("text/csv", format!("lon,lat\n{rows}")),
    ];
    for (form, body) in questions {
        let path = "/v1/locate?layers=lad";
        let plain = post(path, form, body.clone()).await.body;
        for encoding in ["gzip", "br", "zstd"] {
            let request =
                Request::post(path).header("content-type", form).header("accept-encoding", encoding);
            let request = request.body(Body::from(body.clone())).unwrap();
            let reply = app(STATE.clone()).oneshot(request).await.unwrap();
            let packed = reply.headers().get("content-encoding").map(|v| v.to_str().unwrap().to_owned());
            let sent = reply.into_body().collect().await.unwrap().to_bytes().to_vec();
            let unpacked = match packed.as_deref() {
                Some("gzip") => read(flate2::read::GzDecoder::new(&sent[..])),
                Some("br") => read(brotli::Decompressor::new(&sent[..], 4096)),
                Some("zstd") => zstd::decode_all(&sent[..]).unwrap(),
                other => {
                    assert_eq!((other, sent.len() < 4096), (None, true), "{form} as {encoding}");
                    sent
                }
            };
            assert!(unpacked == plain, "{form} as {encoding}");
        }
    }
}

#[tokio::test]
async fn a_mark_before_the_text_is_passed_over_and_what_is_compressed_refused() {
    let plain = post("/v1/locate?layers=lad", "application/json", "[[-1.5,53.8]]").await;
    let marked = post("/v1/locate?layers=lad", "application/json", "\u{feff}[[-1.5,53.8]]").await;
    assert_eq!((marked.status, marked.body), (plain.status, plain.body));
    let request = Request::post("/v1/locate").header("content-type", "application/json");
    let request = request.header("content-encoding", "gzip").body(Body::from("[[-1.5,53.8]]")).unwrap();
    assert_eq!(
        app(STATE.clone()).oneshot(request).await.unwrap().status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
}

fn read(mut packed: impl Read) -> Vec<u8> {
    let mut all = Vec::new();
    packed.read_to_end(&mut all).unwrap();
    all
}

#[tokio::test]
async fn whoever_takes_any_answer_is_told_of_errors_all_the_same() {
    for (path, status) in [
        ("/v1/areas/E99999999", StatusCode::NOT_FOUND),
        ("/v1/locate?lon=x&lat=53", StatusCode::BAD_REQUEST),
        ("/v1/areas/E08000035", StatusCode::NOT_MODIFIED),
        ("/v1/locate?lon=-1.5&lat=53.8", StatusCode::NOT_MODIFIED),
        ("/v1/layers/rgn.geojson", StatusCode::NOT_MODIFIED),
    ] {
        let reply = ask(path, &[("if-none-match", "*")]).await;
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(reply.body.is_empty(), status == StatusCode::NOT_MODIFIED, "{path}");
    }
}

#[tokio::test]
async fn errors_of_what_stands_around_the_handlers_are_problems() {
    let reply = ask("/v1/areas/%FF", &[]).await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (StatusCode::BAD_REQUEST, "application/problem+json")
    );
    assert_eq!(reply.header("cache-control"), "no-store");
    assert!(reply.json()["detail"].as_str().unwrap().contains("UTF-8"));
}

#[tokio::test]
async fn residents_that_are_not_known_are_not_none() {
    let within = "residents=true&layer=lad";
    let edinburgh = get(&format!("/v1/within?lon=-3.19&lat=55.95&radius_m=5000&{within}")).await.json();
    assert_eq!(edinburgh["results"][0]["code"], "S12000036");
    assert_eq!(edinburgh["results"][0]["population_inside"], Value::Null);
    assert_eq!(edinburgh["population"]["inside"], Value::Null);
    let berwick = get(&format!("/v1/within?lon=-2.0&lat=55.77&radius_m=20000&{within}")).await.json();
    let inside = |code: &str| {
        let rows = berwick["results"].as_array().unwrap();
        rows.iter().find(|row| row["code"] == code).unwrap()["population_inside"].clone()
    };
    assert_eq!(inside("S12000026"), Value::Null, "the Scottish Borders");
    assert_eq!(berwick["population"]["inside"], inside("E06000057"), "Northumberland's alone are known");
    assert!(berwick["population"]["unknown_blocks"].as_u64().unwrap() > 0);
}

/// London's admissions for stroke, with the limits of their count, wherever they are told.
#[tokio::test]
async fn a_value_has_the_same_limits_on_every_route() {
    let (code, indicator) = ("E12000007", "stroke-admissions");
    let of = |rows: &Value, key: &str| -> Value {
        rows.as_array()
            .unwrap()
            .iter()
            .find(|row| row[key] == *indicator || row[key] == *code)
            .unwrap()
            .clone()
    };
    let digits = |value: &Value| format!("{:.4}", value.as_f64().unwrap());
    let limits = |row: &Value| ["value", "lower", "upper"].map(|name| digits(&row[name]));
    let values = get(&format!("/v1/indicators/{indicator}/values?layer=rgn")).await.json();
    let expected = limits(&of(&values["results"], "code"));
    assert_eq!(expected, ["113.3806", "112.0518", "114.7213"]);
    let map = get(&format!("/v1/choropleth/rgn/{indicator}.geojson")).await.json();
    let drawn = of(&map["features"], "id");
    assert_eq!(limits(&drawn["properties"]), expected);
    let columns = get(&format!("/v1/choropleth/rgn/{indicator}/values.json")).await.json();
    let place = columns["codes"].as_array().unwrap().iter().position(|c| *c == *code).unwrap();
    assert_eq!(["values", "lower", "upper"].map(|name| digits(&columns[name][place])), expected);
    for path in [
        format!("/v1/choropleth/rgn/{indicator}.csv"),
        format!("/v1/choropleth/rgn/{indicator}.csv?period=all"),
        format!("/v1/indicators/{indicator}/values.csv?layer=rgn"),
    ] {
        let table = get(&path).await.body;
        let mut reader = csv::Reader::from_reader(&table[..]);
        let header = reader.headers().unwrap().clone();
        let at = |name: &str| header.iter().position(|h| h == name).unwrap();
        let row = reader.records().map(Result::unwrap).find(|row| &row[0] == code).unwrap();
        let cells =
            ["value", "lower", "upper"].map(|name| digits(&row[at(name)].parse::<f64>().unwrap().into()));
        assert_eq!(cells, expected, "{path}");
    }
    let profile = get(&format!("/v1/areas/{code}/profile")).await.json();
    let rows = profile["results"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["lower"].as_f64().is_some() && limits(row) == expected));
}

#[tokio::test]
async fn a_table_of_a_map_has_the_fields_that_are_wanted() {
    let first_line = async |query: &str| {
        let table = get(&format!("/v1/choropleth/rgn/stroke-admissions.csv{query}")).await.body;
        String::from_utf8(table).unwrap().lines().next().unwrap().to_owned()
    };
    assert_eq!(first_line("").await, "code,name,value,lower,upper,count,denominator,flag,class,fill");
    assert_eq!(first_line("?fields=code,value").await, "code,value");
    assert_eq!(first_line("?period=all&fields=code,value").await, "code,period,value");
    let two = "indicator2=residents-per-hectare";
    assert_eq!(first_line(&format!("?{two}&fields=code,value,value2")).await, "code,value,value2");
    let drawn = get(&format!("/v1/choropleth/rgn/stroke-admissions.geojson?{two}")).await.json();
    let columns = get(&format!("/v1/choropleth/rgn/stroke-admissions/values.json?{two}")).await.json();
    let features = drawn["features"].as_array().unwrap();
    let of_features: Vec<&Value> = features.iter().map(|f| &f["properties"]["value2"]).collect();
    assert_eq!(columns["values2"], json!(of_features));
}

#[tokio::test]
async fn what_tiles_refuse_their_description_refuses() {
    for query in ["indicator=foo", "indicator=residents&period=2099", "indicator=residents&method=manual"] {
        let tile = ask(&format!("/tiles/lad/6/31/20.mvt?{query}"), &[]).await;
        let description = ask(&format!("/tiles/lad.json?{query}"), &[]).await;
        assert!(tile.status.is_client_error(), "{query}");
        assert_eq!((description.status, description.json()), (tile.status, tile.json()), "{query}");
    }
}

#[tokio::test]
async fn vintages_of_one_kind_are_told_apart() {
    let query = "layers=lad@2023,lad@2025,rgn";
    let alone = get(&format!("/v1/locate?lon=-1.48&lat=53.55&{query}")).await.json();
    let code = |name: &str| alone["areas"][name]["code"].as_str().unwrap().to_owned();
    assert_eq!([code("lad@2023"), code("lad@2025")], ["E08000016", "E08000038"]);
    assert_eq!(code("rgn"), "E12000003");
    let many = post(&format!("/v1/locate?{query}"), "application/json", "[[-1.48,53.55]]").await.json();
    assert_eq!(many[0]["areas"], alone["areas"]);
    let postcode = get(&format!("/v1/postcodes/S702AA?{query}")).await.json();
    assert_eq!(postcode["areas"]["lad@2023"]["code"], "E08000016", "{postcode}");
    assert_eq!(ask("/v1/locate?lon=-1.48&lat=53.55&layers=lad,lad@2025", &[]).await.status, 400);
}

#[tokio::test]
async fn a_postcode_beside_a_coarse_outline_has_the_nearest_areas() {
    let leith = get("/v1/postcodes/EH66RA").await.json();
    assert_eq!((&leith["areas"], &leith["approximate"]), (&json!({}), &json!(true)));
    let near = &leith["nearest"][0];
    assert_eq!((&near["code"], &near["layer"]), (&json!("S12000036"), &json!("lad")));
    let metres = near["distance_m"].as_f64().unwrap();
    assert!((1.0..5_000.0).contains(&metres), "{metres}");
    assert!(leith["attribution"].to_string().contains("Natural Earth"), "{leith}");
    assert_eq!(get("/v1/postcodes/LS13AD").await.json()["nearest"], Value::Null);
}

#[tokio::test]
async fn links_of_an_area_lead_to_the_same_area() {
    let country = get("/v1/areas/S92000003?layer=ctry").await.json();
    for name in ["self", "neighbours", "history", "parents"] {
        let path = country["links"][name].as_str().unwrap();
        assert_eq!(get(path).await.json()["layer"], "ctry", "{path}");
    }
    let leeds = get("/v1/areas/E08000035").await.json();
    assert_eq!(leeds["links"]["self"], "/v1/areas/E08000035", "where the code leads to it alone");
    let none = get("/v1/areas/E08000035/overlaps/hb").await.json();
    assert_eq!((&none["fit"], &none["count"]), (&Value::Null, &json!(0)), "nothing is shared");
}
