//! The OpenAPI document says what the routes take: a route asked with a parameter it does not know tells those it knows.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::Value;

use super::http::{ask, get};

/// A path with something that is there in every place.
fn filled(path: &str) -> String {
    let left = path.starts_with("/v1/choropleth/") && !path.ends_with("{part}");
    let indicator = if left { "residents.csv" } else { "residents" };
    let layer = match path {
        "/tiles/{layer}" => "lad.json",
        "/v1/layers/{layer}" => "lad.geojson",
        _ => "lad",
    };
    let places = [
        ("{layer}", layer),
        ("{indicator}", indicator),
        ("{part}", "values.json"),
        ("{code}", "E08000035"),
        ("{geometry}", "geometry.geojson"),
        ("{other}", "icb"),
        ("{left}", "lad"),
        ("{right}", "icb.json"),
        ("{postcode}", "LS13AD"),
        ("{id}", "residents"),
        ("{values}", "values"),
        ("{z}", "6"),
        ("{x}", "31"),
        ("{y}", "20.mvt"),
        ("{matrices}", "WebMercatorQuad"),
        ("{row}", "20"),
        ("{column}", "31"),
    ];
    places.iter().fold(path.to_owned(), |path, (place, text)| path.replace(place, text))
}

#[tokio::test]
async fn errors_are_described_as_they_are_sent() {
    let document = get("/v1/openapi.json").await.json();
    let mut seen = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, route) in methods.as_object().unwrap() {
            let responses = route["responses"].as_object().unwrap();
            assert!(responses.contains_key("400"), "{method} {path}");
            for (status, response) in responses.iter().filter(|(status, _)| status.starts_with(['4', '5'])) {
                let forms: Vec<&String> =
                    response["content"].as_object().into_iter().flatten().map(|(form, _)| form).collect();
                assert!(
                    forms.iter().all(|form| *form == "application/problem+json"),
                    "{method} {path} {status}"
                );
                seen += forms.len();
            }
        }
    }
    assert!(seen > 60, "{seen}");
}

#[tokio::test]
async fn every_route_takes_the_parameters_that_the_document_lists() {
    let document = get("/v1/openapi.json").await.json();
    let (mut compared, mut differences) = (0, Vec::new());
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(route) = methods.get("get") else { continue };
        let listed: BTreeSet<String> = route["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|p| p["in"] == "query")
            .map(|p| p["name"].as_str().unwrap().to_owned())
            .collect();
        let filled = filled(path);
        assert!(!filled.contains('{'), "{path} has a place that this test does not fill");
        let reply = ask(&format!("{filled}?no-such-parameter=1"), &[]).await;
        let faults: Value = match reply.status {
            StatusCode::BAD_REQUEST => reply.json()["errors"].clone(),
            // Questions of the write side are refused before they are read.
            StatusCode::FORBIDDEN => continue,
            other => panic!("{filled} answers {other} to a parameter it does not know"),
        };
        let message = faults
            .as_array()
            .unwrap()
            .iter()
            .find(|fault| fault["parameter"] == "no-such-parameter")
            .map(|fault| fault["message"].as_str().unwrap().to_owned());
        let message =
            message.unwrap_or_else(|| panic!("{filled} says nothing of a parameter it does not know"));
        let known = message.split_once("known: ").unwrap().1;
        let known: BTreeSet<String> =
            known.split(", ").filter(|name| *name != "none").map(str::to_owned).collect();
        if listed != known {
            differences.push(format!("{path} lists {listed:?} and takes {known:?}"));
        }
        compared += 1;
    }
    assert_eq!(differences, Vec::<String>::new());
    assert!(compared > 25, "only {compared} routes were compared");
}
