//! `/v1/analysis/*`: one file for each question.

mod asked;
mod benchmark;
mod gaps;
mod inequality;
mod progress;
mod trend;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::AppState;

/// The routes of every analysis.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(benchmark::json))
        .routes(routes!(benchmark::csv))
        .routes(routes!(trend::json))
        .routes(routes!(trend::csv))
        .routes(routes!(progress::json))
        .routes(routes!(progress::csv))
        .routes(routes!(inequality::json))
        .routes(routes!(inequality::csv))
}
