//! Errors as RFC 9457 problem details. What the client did wrong is said in full; what went wrong in here is not.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// One parameter at fault.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ParameterFault {
    /// Name of the parameter.
    pub parameter: String,
    /// What was given.
    pub value: String,
    /// What is wrong with it and what is allowed.
    pub message: String,
}

/// An error answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says the kind.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The status in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened.
    pub detail: String,
    /// The parameters at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ParameterFault>,
    /// What may have been meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub close: Vec<String>,
}

impl Problem {
    /// A problem of any status.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            close: Vec::new(),
        }
    }

    /// 404 in words.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::NOT_FOUND, detail)
    }

    /// 400 for one parameter.
    pub fn parameter(name: &str, value: &str, message: impl Into<String>) -> Self {
        Problem::parameters(vec![ParameterFault {
            parameter: name.to_owned(),
            value: value.to_owned(),
            message: message.into(),
        }])
    }

    /// 400 for several parameters.
    pub fn parameters(errors: Vec<ParameterFault>) -> Self {
        let words: Vec<String> = errors.iter().map(|e| format!("{}: {}", e.parameter, e.message)).collect();
        Problem { errors, ..Problem::new(StatusCode::BAD_REQUEST, words.join("; ")) }
    }

    /// The same problem with what may have been meant.
    #[must_use]
    pub fn with_close(self, close: Vec<String>) -> Self {
        Problem { close, ..self }
    }

    /// 500: the cause goes to the log only.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "something went wrong in the server; its log says what",
        )
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Problem::internal(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let headers =
            [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")];
        (status, headers, body).into_response()
    }
}
