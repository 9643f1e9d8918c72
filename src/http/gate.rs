//! What answers before the atlas is loaded: the server listens at once, and says that it is not ready yet.

use std::sync::{Arc, OnceLock};

use axum::BoxError;
use axum::body::{Bytes, HttpBody};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue, RETRY_AFTER};
use axum::response::{IntoResponse, Response};

use super::connections::Sent;
use super::front::Application;
use super::health;
use super::problem::Problem;

/// Answers `503` to everything but `/health/live` until it is opened, and then as the application does.
#[derive(Clone, Default)]
pub struct Gate(Arc<OnceLock<Application>>);

impl Gate {
    /// From now on requests are answered by this application; a second call changes nothing.
    pub fn open(&self, application: Application) {
        let _ = self.0.set(application);
    }

    /// The answer to a request.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<Sent>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        match self.0.get() {
            Some(application) => application.answer(request).await,
            None => waiting(request.uri().path() == "/health/live").await.map(Sent::Right),
        }
    }
}

async fn waiting(asks_for_life: bool) -> Response {
    if asks_for_life {
        return health::live().await.into_response();
    }
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the boundaries are being loaded; ask again");
    let mut response = problem.into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    // A page of another origin may read why, as it may all else.
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
