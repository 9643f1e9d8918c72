//! `/v1/analysis/*`: one file for each question.

mod asked;
mod autocorrelation;
mod benchmark;
mod clusters;
mod gaps;
mod index;
mod index_question;
mod index_row;
mod inequality;
mod priority;
mod progress;
mod trend;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use super::state::AppState;

/// The routes of every analysis.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    let short = DefaultBodyLimit::max(index_question::LONGEST_DEFINITION_BYTES);
    OpenApiRouter::new()
        .routes(routes!(benchmark::json))
        .routes(routes!(benchmark::csv))
        .routes(routes!(trend::json))
        .routes(routes!(trend::csv))
        .routes(routes!(progress::json))
        .routes(routes!(progress::csv))
        .routes(routes!(inequality::json))
        .routes(routes!(inequality::csv))
        .routes(routes!(index::index, index::index_of_body).layer(short))
        .routes(routes!(index::table, index::table_of_body).layer(short))
        .routes(routes!(priority::priority, priority::priority_of_body).layer(short))
        .routes(routes!(priority::table, priority::table_of_body).layer(short))
        .routes(routes!(autocorrelation::json))
        .routes(routes!(autocorrelation::csv))
        .routes(routes!(autocorrelation::geojson))
}
