//! Answers: JSON and bytes, entity tags, caching.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, VARY,
};
use axum::http::uri::PathAndQuery;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::page::names;
use super::pieces::Pieces;
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

/// An answer of pieces. What keeps it finds them beside the body, which layers wrap: they would look at every one.
pub fn pieces(content_type: &'static str, body: Pieces) -> Response {
    let mut response = bytes(content_type, body.clone());
    response.extensions_mut().insert(body);
    response
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

/// Answers a short question where it came in: handing it to another thread and back would take as long as the answer, and
/// a dozen threads that share two processors keep one another waiting. Off the threads that serve connections where it
/// is not short, and until what such questions need is made ([`Served::is_warm`]).
pub async fn at_once<T: Send + 'static>(
    state: &AppState,
    is_short: impl FnOnce(&Served) -> bool,
    work: impl FnOnce(&Arc<Served>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let served = state.served();
    if served.is_warm() && is_short(&served) {
        return work(&served);
    }
    off_thread(state, work).await
}

/// Gives every good answer to a GET a strong entity tag, and answers `304` before any work when the client has it.
///
/// Answers depend on the data, the address and the encoding alone, so the tag is made of those and never needs the body.
pub async fn tagged(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let Some(tag) = tag(&state.served(), request.uri(), request.headers()) else {
        return next.run(request).await;
    };
    let known = held(request.headers()).zip(tag.to_str().ok()).is_some_and(|(held, tag)| names(held, tag));
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { next.run(request).await };
    if response.status() == StatusCode::OK || response.status() == StatusCode::NOT_MODIFIED {
        mark(response.headers_mut(), tag);
    }
    response
}

/// The tags that a client names as those of what it holds.
pub(super) fn held(headers: &HeaderMap) -> Option<&str> {
    headers.get(IF_NONE_MATCH)?.to_str().ok()
}

/// Headers of an answer that may be kept under a tag.
pub(super) fn mark(headers: &mut HeaderMap, tag: HeaderValue) {
    headers.insert(ETAG, tag);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(CACHED));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
}

/// The entity tag of what is at an address for a client that takes these encodings.
pub(super) fn tag(served: &Served, address: &Uri, headers: &HeaderMap) -> Option<HeaderValue> {
    let mut hasher = DefaultHasher::new();
    address.path_and_query().map(PathAndQuery::as_str).hash(&mut hasher);
    headers.get(ACCEPT_ENCODING).map(HeaderValue::as_bytes).hash(&mut hasher);
    if tells_where_it_is(address.path()) {
        for name in WHERE {
            headers.get(name).map(HeaderValue::as_bytes).hash(&mut hasher);
        }
    }
    let fingerprint = served.fingerprint();
    let mut text = String::with_capacity(fingerprint.len() + 19);
    text.push('"');
    text.push_str(fingerprint);
    text.push('-');
    let hash = hasher.finish();
    text.extend((0..16).rev().map(|digit| char::from(HEXADECIMAL[(hash >> (4 * digit)) as usize & 15])));
    text.push('"');
    HeaderValue::try_from(text).ok()
}

/// Digits of a tag; the formatting machinery would take longer than all else about it.
const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";

/// The headers of which TileJSON and styles make their links: [`super::tiles`].
pub(super) const WHERE: [&str; 3] = ["x-forwarded-host", "x-forwarded-proto", "host"];

/// Whether what is at a path names the server's own address, and so differs with the name it is asked by.
fn tells_where_it_is(path: &str) -> bool {
    path == "/style.json" || path.strip_prefix("/tiles/").is_some_and(|rest| !rest.contains('/'))
}
