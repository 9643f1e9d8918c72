//! What answers before the atlas is loaded: the server listens at once, and says that it is not ready yet.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower::ServiceExt;

use super::health;
use super::problem::Problem;

/// Opened once, when there is something to serve.
#[derive(Clone, Default)]
pub struct Gate(Arc<OnceLock<Router>>);

impl Gate {
    /// From now on requests are answered by this application; a second call changes nothing.
    pub fn open(&self, application: Router) {
        let _ = self.0.set(application);
    }
}

/// An application that answers `503` to everything but `/health/live` until its gate is opened.
pub fn gated() -> (Router, Gate) {
    let gate = Gate::default();
    let router =
        Router::new().route("/health/live", get(health::live)).fallback(pass).with_state(gate.clone());
    (router, gate)
}

async fn pass(State(gate): State<Gate>, request: Request) -> Response {
    if let Some(application) = gate.0.get() {
        return match application.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
    }
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the boundaries are being loaded; ask again");
    let mut response = problem.into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    // A page of another origin may read why, as it may all else.
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
