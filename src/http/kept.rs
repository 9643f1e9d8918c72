//! Answers kept ready to send: encoded and compressed once, however many ask and however often.
//!
//! A good answer to a GET depends on the data, the address and the encodings that the client takes, and on nothing else;
//! those three are the key. A new atlas has a new fingerprint, so what was kept for the old one is never found again.
//!
//! An answer is kept where it is made, behind the layers that give it its last headers. When it is first sent those are
//! kept too ([`sealed`]), and from then on it is sent as it is, before the router is asked ([`super::front`]).

use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, HeaderValue};
use axum::http::uri::PathAndQuery;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use moka::Equivalent;
use moka::future::Cache;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::connections::Sent;
use super::pieces::Pieces;
use super::problem::Problem;
use super::state::AppState;

/// All answers kept, in bytes of memory: some thousands of tiles, well under what the atlas itself takes.
const ROOM_BYTES: u64 = 48 * 1024 * 1024;
/// An answer that holds more is made anew each time, so that one cannot push out all others.
const LONGEST_BYTES: usize = 12 * 1024 * 1024;
/// What an entry takes beside its body: its key, its headers and its place in the cache.
const ENTRY_BYTES: usize = 1024;

#[derive(Clone, PartialEq, Eq)]
struct Key {
    fingerprint: Arc<str>,
    address: Box<str>,
    encodings: Option<HeaderValue>,
}

/// A [`Key`] to look with.
#[derive(PartialEq, Hash)]
struct Sought<'a> {
    fingerprint: &'a str,
    address: &'a str,
    encodings: Option<&'a [u8]>,
}

impl<'a> Sought<'a> {
    fn of(fingerprint: &'a str, address: &'a Uri, headers: &'a HeaderMap) -> Self {
        let address = address.path_and_query().map_or("", PathAndQuery::as_str);
        Sought { fingerprint, address, encodings: headers.get(ACCEPT_ENCODING).map(HeaderValue::as_bytes) }
    }
}

impl Key {
    fn sought(&self) -> Sought<'_> {
        let encodings = self.encodings.as_ref().map(HeaderValue::as_bytes);
        Sought { fingerprint: &self.fingerprint, address: &self.address, encodings }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sought().hash(state);
    }
}

impl Equivalent<Key> for Sought<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self == key.sought()
    }
}

/// The headers of an answer as it was first sent.
type Sealed = Arc<OnceLock<HeaderMap>>;

/// A response whose body is whole.
#[derive(Clone)]
struct Ready {
    status: StatusCode,
    headers: HeaderMap,
    body: Pieces,
    sealed: Sealed,
}

impl IntoResponse for Ready {
    fn into_response(self) -> Response {
        let unsealed = Unsealed { sealed: self.sealed, body: self.body.clone() };
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response.extensions_mut().insert(unsealed);
        response
    }
}

/// Marks a response on its way out whose headers may be kept, and carries its body past the layers.
#[derive(Clone)]
struct Unsealed {
    sealed: Sealed,
    body: Pieces,
}

/// A response that is about to be sent, its headers kept where its answer is. Its body is sent as it was made: each layer has
/// wrapped it, and would look at every piece.
pub(super) fn sealed(mut response: Response) -> Response<Sent> {
    match response.extensions_mut().remove() {
        Some(Unsealed { sealed, body }) => {
            sealed.get_or_init(|| response.headers().clone());
            let is_whole = response.status() == StatusCode::OK;
            response.map(|wrapped| if is_whole { body.into() } else { Sent::Right(wrapped) })
        }
        None => response.map(Sent::Right),
    }
}

/// The answers of an application.
#[derive(Clone)]
pub struct Kept(Cache<Key, Ready>);

impl Default for Kept {
    fn default() -> Self {
        let weigh =
            |_: &Key, ready: &Ready| u32::try_from(ready.body.held_bytes() + ENTRY_BYTES).unwrap_or(u32::MAX);
        Kept(Cache::builder().max_capacity(ROOM_BYTES).weigher(weigh).build())
    }
}

impl Kept {
    /// The kept answer to a request, as it was sent before.
    pub(super) async fn find(
        &self,
        fingerprint: &str,
        address: &Uri,
        headers: &HeaderMap,
    ) -> Option<Response<Sent>> {
        let ready = self.0.get(&Sought::of(fingerprint, address, headers)).await?;
        let mut response = Response::new(ready.body.into());
        *response.headers_mut() = ready.sealed.get()?.clone();
        Some(response)
    }

    /// Forgets everything, for its memory's sake.
    pub(super) fn clear(&self) {
        self.0.invalidate_all();
    }
}

/// Answers a GET with what is kept, or keeps what it is answered; those who ask meanwhile wait for the one answer.
///
/// Stands around compression, so that what is kept is compressed.
pub async fn kept(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if *request.method() != Method::GET {
        return next.run(request).await;
    }
    let address = request.uri().path_and_query().map_or("", PathAndQuery::as_str);
    let key = Key {
        fingerprint: Arc::clone(state.served().fingerprint()),
        address: address.into(),
        encodings: request.headers().get(ACCEPT_ENCODING).cloned(),
    };
    let made = state.kept().0.try_get_with(key, async move {
        let ready = whole(next.run(request).await).await;
        if ready.status == StatusCode::OK && ready.body.held_bytes() <= LONGEST_BYTES {
            Ok(ready)
        } else {
            Err(ready)
        }
    });
    match made.await {
        Ok(ready) => ready.into_response(),
        Err(ready) => Arc::unwrap_or_clone(ready).into_response(),
    }
}

/// The whole of a response. A body that is compressed as it is read, which its unknown length tells, is work for another
/// thread.
async fn whole(response: Response) -> Ready {
    let (mut parts, body) = response.into_parts();
    let ready = parts.extensions.remove::<Pieces>();
    if let Some(body) = ready.filter(|_| !parts.headers.contains_key(CONTENT_ENCODING)) {
        return Ready { status: parts.status, headers: parts.headers, body, sealed: Sealed::default() };
    }
    // What is known in full has pieces that are shared with others; what comes from the compressor has many small ones, and
    // is sent soonest as one.
    let is_whole = body.size_hint().exact().is_some();
    let read = if is_whole {
        Ok(Pieces::of(body).await)
    } else {
        spawn_blocking(move || Handle::current().block_on(Pieces::of(body))).await
    };
    let body = match read {
        Ok(Ok(body)) if is_whole => body,
        Ok(Ok(body)) => body.joined(),
        Ok(Err(error)) => return failed(&error),
        Err(error) => return failed(&error),
    };
    Ready { status: parts.status, headers: parts.headers, body, sealed: Sealed::default() }
}

fn failed(error: &dyn std::fmt::Display) -> Ready {
    let (parts, _) = Problem::internal(error).into_response().into_parts();
    Ready { status: parts.status, headers: parts.headers, body: Pieces::default(), sealed: Sealed::default() }
}
