//! A question to the application without a port, as the command line asks it.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, Request};
use serde_json::Value;
use tower::ServiceExt;

use super::state::AppState;

/// Asks for an address, with a document where there is one (POST); the body of the answer, or what is wrong with the
/// question in words.
pub async fn ask(state: AppState, address: &str, document: Option<Vec<u8>>) -> Result<Bytes, String> {
    let method = if document.is_some() { Method::POST } else { Method::GET };
    let kind = match document.as_deref().map(<[u8]>::trim_ascii_start) {
        Some([b'{' | b'[', ..]) | None => "application/json",
        Some(_) => "application/toml",
    };
    let request = Request::builder()
        .method(method)
        .uri(address)
        .header(CONTENT_TYPE, kind)
        .body(Body::from(document.unwrap_or_default()))
        .map_err(|e| e.to_string())?;
    let response = match super::app(state).oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let good = response.status().is_success();
    let body = to_bytes(response.into_body(), usize::MAX).await.map_err(|e| e.to_string())?;
    if good {
        return Ok(body);
    }
    let problem: Option<Value> = serde_json::from_slice(&body).ok();
    let detail = problem.as_ref().and_then(|p| p["detail"].as_str());
    Err(detail.map_or_else(|| String::from_utf8_lossy(&body).into_owned(), str::to_owned))
}
