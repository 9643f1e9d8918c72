//! What stands before the router: answers that need none of it.
//!
//! On its way to a handler and back a request passes the router and a dozen layers, which together take longer than these
//! answers themselves: `304` to a client that has the answer already, an answer that is kept ready to send, and the areas
//! at a point. They are given here. Everything else, every fault among it, goes to the router, which gives these answers
//! too and in the same words and headers; the tests hold each against the other.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, HeaderMap, HeaderValue,
};
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use axum::{BoxError, Router};
use http_body_util::Full;
use tower::{Service, ServiceExt};

use super::connections::Sent;
use super::state::{AppState, Served};
use super::{SMALL_BYTES, answer, encodings, kept, locate};

/// The whole application, as a service.
#[derive(Clone)]
pub struct Application(Arc<Behind>);

struct Behind {
    state: AppState,
    router: Router,
}

impl Service<Request> for Application {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let application = self.clone();
        Box::pin(async move { Ok(application.answer(request).await.map(Body::new)) })
    }
}

impl Application {
    /// An application of a router that answers everything.
    pub(super) fn new(state: AppState, router: Router) -> Self {
        Application(Arc::new(Behind { state, router }))
    }

    /// The answer to a request.
    pub(super) async fn answer<B>(&self, mut request: Request<B>) -> Response<Sent>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let Behind { state, router } = &*self.0;
        encodings::settle(request.headers_mut());
        if *request.method() == Method::GET
            && let Some(response) = ready(state, request.uri(), request.headers()).await
        {
            tracing::debug!(uri = %request.uri(), status = response.status().as_u16(), "answered at once");
            return response;
        }
        let response = match router.clone().oneshot(request.map(Body::new)).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        kept::sealed(response)
    }
}

async fn ready(state: &AppState, address: &Uri, asked: &HeaderMap) -> Option<Response<Sent>> {
    let served = state.served_now();
    if let Some(held) = answer::held(asked) {
        // Whether something else is the same, one of a list, a weak tag or `*`, is for the router to say.
        let tag = answer::tag(&served, address, asked).filter(|tag| tag == held)?;
        let mut response = Response::new(Sent::Left(Full::default()));
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        mark(response.headers_mut(), tag);
        return Some(response);
    }
    if address.path() == locate::PATH {
        return place(&served, address, asked);
    }
    state.kept().find(served.fingerprint(), address, asked).await
}

fn place(served: &Served, address: &Uri, asked: &HeaderMap) -> Option<Response<Sent>> {
    // A fault of ours in here is one of the router's a moment later, and answered as such.
    let body = catch_unwind(AssertUnwindSafe(|| locate::located(served, address.query())));
    let body = body.ok()?.ok()?;
    if body.len() as u64 >= SMALL_BYTES && asked.contains_key(ACCEPT_ENCODING) {
        return None;
    }
    let tag = answer::tag(served, address, asked)?;
    let mut response = Response::new(Sent::Left(body.into()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    mark(headers, tag);
    Some(response)
}

/// The headers that the layers of the router give to every good answer.
fn mark(headers: &mut HeaderMap, tag: HeaderValue) {
    answer::mark(headers, tag);
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
}
