//! Answers: JSON and bytes, entity tags, caching.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;
use std::time::Duration;

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
use tokio::runtime::{self, Runtime};

use super::ogc;
use super::page::{ANY, names};
use super::pieces::Pieces;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::text::to_json;

/// The result of a handler.
pub type Answer = Result<Response, Problem>;

/// Asked about before each use once five minutes old: boundaries change a few times a year, and a change of data is seen
/// at the next question.
const CACHED: &str = "public, max-age=300, must-revalidate";

/// A JSON answer.
pub fn json<T: Serialize>(value: &T) -> Answer {
    let body = to_json(value).map_err(|e| Problem::internal(&e))?;
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

/// Decimals of degrees and shares: eleven centimetres, a millionth.
pub(super) const SHARE_PLACES: usize = 6;

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

/// How long a thread for long work waits for more of it. As long as it waits it keeps the memory that it worked in.
pub const IDLE_THREAD: Duration = Duration::from_secs(2);

/// As many threads as there are processors, which take up work of some milliseconds in the order in which it comes: more at
/// once would keep one another waiting, and all of it would be late. `None` where they cannot be had.
static TURNS: LazyLock<Option<Runtime>> = LazyLock::new(|| {
    let threads = available_parallelism().map_or(1, usize::from);
    runtime::Builder::new_current_thread()
        .max_blocking_threads(threads)
        .thread_keep_alive(IDLE_THREAD)
        .build()
        .ok()
});

/// Runs work of some milliseconds off the threads that serve connections, in the order in which it came. What may take
/// longer than that must not keep it waiting: it is for [`off_thread`].
pub async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let result = match &*TURNS {
        Some(turns) => turns.spawn_blocking(work),
        None => tokio::task::spawn_blocking(work),
    };
    result.await.map_err(|e| Problem::internal(&e))
}

/// How long an answer takes to make, and so where it is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// A fraction of a millisecond: where the question came in. Handing it to another thread and back would take as long as
    /// the answer, and a dozen threads that share two processors keep one another waiting.
    AtOnce,
    /// Some milliseconds: [`in_turn`].
    InTurn,
    /// Longer, or nobody knows: [`off_thread`].
    Apart,
}

/// Makes an answer at its pace; apart until what questions about current layers need is made ([`Served::is_warm`]).
pub async fn at_pace<T: Send + 'static>(
    state: &AppState,
    pace: impl FnOnce(&Served) -> Pace,
    work: impl FnOnce(&Arc<Served>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let served = state.served();
    let pace = if served.is_warm() { pace(&served) } else { Pace::Apart };
    match pace {
        Pace::AtOnce => work(&served),
        Pace::InTurn => in_turn(move || work(&served)).await?,
        Pace::Apart => off_thread(state, work).await,
    }
}

/// Answers a short question where it came in, and apart where it is not short.
pub async fn at_once<T: Send + 'static>(
    state: &AppState,
    is_short: impl FnOnce(&Served) -> bool,
    work: impl FnOnce(&Arc<Served>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let pace = |served: &Served| if is_short(served) { Pace::AtOnce } else { Pace::Apart };
    at_pace(state, pace, work).await
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
    let held = held(request.headers());
    // Whoever names a tag had a good answer; whoever takes any has one if there is one (RFC 9110, 13.2.1).
    let takes_any = held.is_some_and(|held| held.trim() == ANY);
    let known = held.zip(tag.to_str().ok()).is_some_and(|(held, tag)| !takes_any && names(held, tag));
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { next.run(request).await };
    if takes_any && response.status() == StatusCode::OK {
        response = StatusCode::NOT_MODIFIED.into_response();
    }
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

/// The headers of which absolute links are made: [`here`].
const WHERE: [&str; 3] = ["x-forwarded-host", "x-forwarded-proto", "host"];

/// The address by which the client reached us, for the absolute links that TileJSON, styles and OGC API need.
pub(super) fn here(headers: &HeaderMap) -> String {
    let [forwarded_host, forwarded_scheme, host] =
        WHERE.map(|name| headers.get(name).and_then(|v| v.to_str().ok()));
    let host = forwarded_host.or(host).unwrap_or("127.0.0.1:8080");
    format!("{}://{host}", forwarded_scheme.unwrap_or("http"))
}

/// Whether what is at a path names the server's own address, and so differs with the name it is asked by.
fn tells_where_it_is(path: &str) -> bool {
    path == "/style.json"
        || path.strip_prefix("/tiles/").is_some_and(|rest| !rest.contains('/'))
        || path.starts_with(ogc::PATH)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn in_turn_no_more_work_at_once_than_processors() {
        static NOW: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let work = |number: usize| {
            move || {
                MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(2));
                NOW.fetch_sub(1, Ordering::SeqCst);
                number
            }
        };
        let asked: Vec<_> = (0..40).map(|number| tokio::spawn(in_turn(work(number)))).collect();
        for (number, answer) in asked.into_iter().enumerate() {
            assert_eq!(answer.await.unwrap().unwrap(), number);
        }
        let processors = available_parallelism().unwrap().get();
        assert!((1..=processors).contains(&MOST.load(Ordering::SeqCst)));
        assert!(in_turn(|| panic!("on purpose")).await.is_err(), "told, not waited for");
    }
}
