//! A server that has made ahead what questions need answers more of them where they come in, or in turn: as it did before.

use axum::http::StatusCode;
use levelmap::http::AppState;
use levelmap::indicator::store::Store;

use super::http::{STATE, ask_of};
use super::shipped::ATLAS;

/// Short and middling questions, and some that are made apart all the same.
const QUESTIONS: [&str; 15] = [
    "/v1/within?lon=-1.5491&lat=53.8008&radius_m=2000&layer=lad",
    "/v1/within?lon=-0.12&lat=51.5&radius_m=25000&layer=lsoa",
    "/v1/within?lon=-0.12&lat=51.5&radius_m=9000&layer=lad@2011",
    "/v1/within?lon=-0.12&lat=51.5&radius_m=9000&layer=nope",
    "/v1/nearest?lon=1.9&lat=53.1&layer=lad",
    "/v1/search?q=bradfrd",
    "/v1/areas/E08000035",
    "/v1/areas/E01011363/profile",
    "/v1/overlay/lad/icb.json",
    "/v1/overlay/icb/lad.csv",
    "/v1/overlay/lad/nope.csv",
    "/tiles/lsoa/9/253/165.mvt",
    "/tiles/lad@2011/6/31/20.mvt",
    "/tiles/nope/6/31/20.mvt",
    "/v1/choropleth/icb/residents.geojson?fields=code,value",
];

#[tokio::test]
async fn a_warm_server_answers_as_a_cold_one() {
    let warm = AppState::new(ATLAS.with_published(Store::in_memory().unwrap().published().unwrap()));
    warm.served().warm_up();
    for question in QUESTIONS {
        let cold = ask_of(&STATE, question, &[]).await;
        let reply = ask_of(&warm, question, &[]).await;
        assert_eq!((reply.status, reply.body == cold.body), (cold.status, true), "{question}");
        assert_eq!(reply.status != StatusCode::OK, question.contains("nope"), "{question}");
    }
    // A choropleth is made where it was asked for once its features are there; another address is made anew.
    let again = format!("{}&benchmark=2", QUESTIONS[14]);
    assert_eq!(ask_of(&warm, &again, &[]).await.body, ask_of(&STATE, &again, &[]).await.body);
    // What is kept of it is what was sent.
    assert_eq!(ask_of(&warm, &again, &[]).await.body, ask_of(&warm, &again, &[]).await.body);
}
