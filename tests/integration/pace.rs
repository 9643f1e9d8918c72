//! A server that has made ahead what questions need answers more of them where they come in, or in turn: as it did before.

use std::io::Read;

use axum::http::StatusCode;
use flate2::read::GzDecoder;
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
    // Overlays are ready for who takes gzip, which no other answer is where something shorter is taken as well.
    let layers = ["lad", "icb", "ctry", "nhs@2022", "lad@2011", "hb"];
    let pairs = layers.iter().flat_map(|left| layers.iter().map(move |right| format!("{left}/{right}")));
    for (pair, form) in pairs.flat_map(|pair| ["json", "csv"].map(|form| (pair.clone(), form))) {
        let question = format!("/v1/overlay/{pair}.{form}");
        let cold = ask_of(&STATE, &question, &[]).await;
        let reply = ask_of(&warm, &question, &[("accept-encoding", "gzip, deflate, br")]).await;
        let of_one = pair.split_once('/').is_some_and(|(left, right)| left == right);
        assert_eq!(reply.header("content-encoding") == "gzip", !of_one, "{question}");
        assert_eq!(reply.header("content-type"), cold.header("content-type"), "{question}");
        assert_eq!(reply.header("vary"), "Accept-Encoding", "{question}");
        let mut unpacked = Vec::new();
        if !of_one {
            GzDecoder::new(reply.body.as_slice()).read_to_end(&mut unpacked).unwrap();
            assert!(unpacked == cold.body, "{question}");
        }
        for encodings in ["", "identity", "gzip;q=0"] {
            let plain = ask_of(&warm, &question, &[("accept-encoding", encodings)]).await;
            assert!(plain.body == cold.body, "{question}, {encodings}");
        }
    }
    // A choropleth is made where it was asked for once its features are there; another address is made anew.
    let again = format!("{}&benchmark=2", QUESTIONS[14]);
    assert_eq!(ask_of(&warm, &again, &[]).await.body, ask_of(&STATE, &again, &[]).await.body);
    // What is kept of it is what was sent.
    assert_eq!(ask_of(&warm, &again, &[]).await.body, ask_of(&warm, &again, &[]).await.body);
}
