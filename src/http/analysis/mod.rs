//! `/v1/analysis/*`: one file for each question.

use utoipa_axum::router::OpenApiRouter;

use super::state::AppState;

/// The routes of every analysis.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
}
