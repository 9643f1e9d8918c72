//! Answers: JSON and bytes, entity tags, caching.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, VARY,
};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::page::names;
use super::problem::Problem;
use super::state::{AppState, Served};

/// The result of a handler.
pub type Answer = Result<Response, Problem>;

/// Asked about before each use once five minutes old: boundaries change a few times a year, and a change of data is seen
/// at the next question.
const CACHED: &str = "public, max-age=300, must-revalidate";

/// A JSON answer.
pub fn json<T: Serialize>(value: &T) -> Answer {
    let body = serde_json::to_vec(value).map_err(|e| Problem::internal(&e))?;
    Ok(bytes("application/json", body))
}

/// An answer of ready bytes.
pub fn bytes(content_type: &'static str, body: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, content_type)], body.into()).into_response()
}

/// Six digits after the point: eleven centimetres of a degree, a millionth of a share.
pub fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

/// Runs work that takes more than a moment off the threads that serve connections.
pub async fn off_thread<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&Arc<Served>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let served = state.served();
    tokio::task::spawn_blocking(move || work(&served)).await.map_err(|e| Problem::internal(&e))?
}

/// Gives every good answer to a GET a strong entity tag, and answers `304` before any work when the client has it.
///
/// Answers depend on the data, the address and the encoding alone, so the tag is made of those and never needs the body.
pub async fn tagged(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let tag = tag(&state, &request);
    let known = request
        .headers()
        .get(IF_NONE_MATCH)
        .and_then(|held| held.to_str().ok())
        .is_some_and(|held| names(held, &tag));
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { next.run(request).await };
    if response.status() == StatusCode::OK || response.status() == StatusCode::NOT_MODIFIED {
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(ETAG, tag);
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(CACHED));
        vary(headers);
    }
    response
}

fn tag(state: &AppState, request: &Request) -> String {
    let mut hasher = DefaultHasher::new();
    request.uri().path_and_query().map(axum::http::uri::PathAndQuery::as_str).hash(&mut hasher);
    request.headers().get(ACCEPT_ENCODING).map(HeaderValue::as_bytes).hash(&mut hasher);
    request.headers().get("host").map(HeaderValue::as_bytes).hash(&mut hasher);
    format!("\"{}-{:016x}\"", state.served().atlas.fingerprint(), hasher.finish())
}

fn vary(headers: &mut HeaderMap) {
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
}
