//! `/v1/analysis/*`: one file for each question.

mod autocorrelation;
mod clusters;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::AppState;

/// The routes of every analysis.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(autocorrelation::json))
        .routes(routes!(autocorrelation::csv))
        .routes(routes!(autocorrelation::geojson))
}
