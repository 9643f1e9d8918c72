//! The HTTP side: every route in one list, one file per noun.

mod analysis;
mod answer;
mod areas;
mod ask;
mod base_map;
mod choropleth;
mod choropleth_periods;
mod choropleth_picture;
mod connections;
mod detail;
mod document;
mod encodings;
mod family;
mod front;
mod gate;
mod ground;
mod health;
mod imports;
mod indicators;
mod json_rows;
mod kept;
mod layer_files;
mod layers;
mod lent;
mod locate;
mod locate_stream;
mod nearest;
mod neighbours;
mod ogc;
mod overlap_rows;
mod overlay;
mod packed;
pub mod page;
mod parameters;
mod pieces;
mod pipe;
mod postcodes;
mod preview;
mod problem;
mod profile;
mod ready_overlays;
mod reference_systems;
mod search;
mod state;
mod tiles;
mod together;
mod within;

use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::cors::{Any, CorsLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

pub use answer::IDLE_THREAD;
pub use ask::ask;
pub use base_map::BaseMap;
pub use connections::{Sent, serve};
pub use front::Application;
pub use gate::Gate;
use packed::Effort;
pub use problem::Problem;
pub use state::{AppState, Served};

/// No answer of ours takes this long, but to an import; a client that is still waiting is better told.
const LONGEST: Duration = Duration::from_mins(1);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Levelmap",
        description = "Boundaries of UK councils and NHS bodies, indicators joined to them, and the questions people ask of places. Coordinates are longitude, latitude (WGS 84) unless a name says otherwise."
    ),
    components(schemas(problem::Problem))
)]
struct Document;

/// The whole application; tests call it without a port.
pub fn app(state: AppState) -> Application {
    Application::new(state.clone(), router(state))
}

/// An answer to a question about places is not compressed up to this length. It leaves in one go of the network either
/// way, and compressing it would take several times as long as making it.
const SMALL_BYTES: u64 = 4096;

/// Every answer, each from its handler.
fn router(state: AppState) -> Router {
    let compression = CompressionLayer::new().quality(CompressionLevel::Precise(4));
    // Answers about places are made in about a millisecond: to compress them well would take several times as long.
    let of_places = compression
        .clone()
        .quality(CompressionLevel::Fastest)
        .compress_when(DefaultPredicate::new().and(SizeAbove::new(SMALL_BYTES)));
    // What is whole is compressed before it comes to these.
    let texts = from_fn_with_state(Effort::Least, packed::packed);
    // Long answers, or dear ones, of which there are not many.
    let lasting_of_places = OpenApiRouter::new()
        .routes(routes!(areas::one))
        .routes(routes!(overlay::of_area))
        .routes(routes!(neighbours::around))
        .routes(routes!(family::children))
        .routes(routes!(family::parents_of))
        .routes(routes!(family::history))
        .routes(routes!(profile::profile))
        .routes(routes!(profile::similar_to))
        .routes(routes!(postcodes::around))
        .routes(routes!(postcodes::one))
        .layer(texts.clone())
        .layer(of_places.clone());
    let tiles = OpenApiRouter::new()
        .routes(routes!(tiles::tile))
        .merge(ogc::tile_routes())
        .layer(from_fn_with_state(Effort::Some, packed::packed));
    let lasting = OpenApiRouter::new()
        .routes(routes!(overlay::layers))
        .routes(routes!(layers::list))
        .routes(routes!(layers::one))
        .routes(routes!(areas::geometry))
        .routes(routes!(indicators::list))
        .routes(routes!(indicators::values))
        .routes(routes!(choropleth::map))
        .routes(routes!(choropleth::part))
        .merge(analysis::routes())
        .layer(texts.clone())
        .merge(tiles)
        .layer(compression.clone())
        .merge(lasting_of_places)
        .layer(from_fn_with_state(state.clone(), kept::kept));
    // Short answers to as many questions as there are places, and those that change something.
    let fresh_of_places = OpenApiRouter::new()
        .routes(routes!(nearest::find))
        .routes(
            routes!(within::circle, within::polygon).layer(DefaultBodyLimit::max(within::BODY_LIMIT_BYTES)),
        )
        .routes(routes!(search::search))
        .routes(routes!(locate::locate, locate_stream::locate_all))
        .layer(texts.clone())
        .layer(of_places);
    let fresh = OpenApiRouter::new()
        .routes(routes!(layers::root))
        .routes(routes!(preview::preview).layer(DefaultBodyLimit::max(preview::BODY_LIMIT_BYTES)))
        .routes(routes!(indicators::one, imports::set_indicator, imports::remove_indicator))
        .routes(routes!(imports::one, imports::withdraw))
        .routes(routes!(imports::reload))
        .routes(routes!(tiles::tilejson))
        .routes(routes!(tiles::style))
        .merge(ogc::routes().layer(texts))
        .layer(compression.clone())
        .merge(fresh_of_places);
    let (data, document) = OpenApiRouter::with_openapi(Document::openapi())
        .merge(lasting)
        .merge(fresh)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LONGEST))
        // After the limit, which does not hold for it: a large table takes as long to come as its sender's line needs.
        .routes(routes!(imports::list, imports::create).layer(compression.clone()))
        .layer(from_fn_with_state(state.clone(), answer::tagged))
        .split_for_parts();
    Router::new()
        .merge(SwaggerUi::new("/docs").url("/v1/openapi.json", document::completed(document)))
        .layer(compression)
        .merge(data)
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/", get(page::index))
        // As the definition of OGC API names it, whose paths begin with a slash.
        .route("/ogc/", get(ogc::landing))
        .route("/page.json", get(base_map::page_settings))
        .route("/assets/{*path}", get(page::asset))
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_that_way)
        .layer(CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers(Any))
        .layer(CatchPanicLayer::new())
        .layer(from_fn(explained))
        .layer(TraceLayer::new_for_http())
        .with_state(state)
}

/// Errors of what stands around the handlers, as a path that cannot be read or an answer that takes too long, in the form of ours.
async fn explained(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_plain =
        response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !(status.is_client_error() || status.is_server_error()) || !is_plain {
        return response;
    }
    let (parts, body) = response.into_parts();
    let said = to_bytes(body, LONGEST_EXPLANATION_BYTES).await.unwrap_or_default();
    let words = match status {
        StatusCode::SERVICE_UNAVAILABLE => "no answer was ready within a minute: ask for less at once".into(),
        _ if status.is_client_error() && !said.is_empty() => String::from_utf8_lossy(&said),
        _ => "this did not work; the log of the server says why".into(),
    };
    let mut explained = Problem::new(status, words).into_response();
    for (name, value) in parts.headers.iter().filter(|(name, _)| **name != CONTENT_LENGTH) {
        explained.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    explained
}

/// No error of a library's is longer.
const LONGEST_EXPLANATION_BYTES: usize = 4096;

async fn nothing_here(uri: Uri) -> Problem {
    Problem::not_found(format!("there is nothing at {}; /docs lists what there is", uri.path()))
}

async fn not_that_way() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this address does not take this method; /docs says which it takes",
    )
}
