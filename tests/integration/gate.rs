//! What is answered before the atlas is loaded.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use levelmap::http::{Gate, app};
use serde_json::Value;

use super::http::STATE;

#[tokio::test]
async fn until_the_atlas_is_loaded_the_server_says_so() {
    let gate = Gate::default();
    let ask = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        gate.answer(request).await
    };
    assert_eq!(ask("/health/live").await.status(), StatusCode::OK);
    for path in ["/health/ready", "/v1", "/v1/locate?lon=-1&lat=53", "/", "/nope"] {
        let response = ask(path).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(response.headers()["retry-after"], "1", "{path}");
        assert_eq!(response.headers()["access-control-allow-origin"], "*", "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert!(problem["detail"].as_str().unwrap().contains("being loaded"), "{path}");
    }
    gate.open(app(STATE.clone()));
    assert_eq!(ask("/health/ready").await.status(), StatusCode::OK);
    assert_eq!(ask("/health/live").await.status(), StatusCode::OK);
    assert_eq!(ask("/v1/locate?lon=-1&lat=53").await.status(), StatusCode::OK);
    assert_eq!(ask("/nope").await.status(), StatusCode::NOT_FOUND);
}
