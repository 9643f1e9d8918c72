//! OGC API: the layers as collections of features (OGC 17-069r4, 18-058r1) and their tiles (OGC 20-057), for the programs that
//! analysts have: QGIS, GDAL and others.

mod collections;
mod definition;
mod items;
mod matrices;
mod tiles;

use axum::extract::RawQuery;
use axum::http::HeaderMap;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{self, Answer};
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::AppState;

/// Where all of it begins.
pub(super) const PATH: &str = "/ogc";

/// The only form there is, which clients may name.
const FORM: &str = "f";

/// What is kept to, by its names in the register of OGC.
const CONFORMS_TO: [&str; 13] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
];

const JSON: &str = "application/json";
const GEOJSON: &str = "application/geo+json";
const TILE: &str = "application/vnd.mapbox-vector-tile";
const DEFINITION: &str = "application/vnd.oai.openapi+json;version=3.0";

/// The routes of all but the tiles.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(landing))
        .routes(routes!(conformance))
        .routes(routes!(definition::definition))
        .routes(routes!(collections::all))
        .routes(routes!(collections::one))
        .routes(routes!(items::all))
        .routes(routes!(items::one))
        .routes(routes!(tiles::tilesets))
        .routes(routes!(tiles::tileset))
        .routes(routes!(matrices::all))
        .routes(routes!(matrices::one))
}

/// The route of the tiles.
pub(super) fn tile_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(tiles::tile))
}

/// A link of an answer.
fn link(href: impl Into<String>, rel: &str, kind: &str, title: &str) -> Value {
    json!({"href": href.into(), "rel": rel, "type": kind, "title": title})
}

/// Reads a query that may name the form alone.
fn only_form(query: Option<&str>) -> Result<(), Problem> {
    let mut read = Parameters::parse(query, &[FORM]);
    form(&mut read, &["json"]);
    read.finish()
}

/// Reads the form, of which there is one.
fn form(read: &mut Parameters, known: &[&str]) {
    if let Some(other) = read.text(FORM).filter(|form| !known.contains(form)).map(str::to_owned) {
        read.fault(FORM, &other, format!("`{}`, or leave it out", known.join("` or `")));
    }
}

/// The beginning: where everything is.
#[utoipa::path(get, path = "/ogc", tag = "ogc", params(("f" = Option<String>, Query, description = "`json`")),
    responses((status = 200, description = "The landing page of OGC API: links")))]
pub async fn landing(headers: HeaderMap, RawQuery(query): RawQuery) -> Answer {
    only_form(query.as_deref())?;
    let here = answer::here(&headers);
    let at = |path: &str| format!("{here}{PATH}{path}");
    answer::json(&json!({
        "title": "Levelmap",
        "description": "Boundaries of UK councils and NHS bodies.",
        "links": [
            link(at(""), "self", JSON, "This page"),
            link(at("/api"), "service-desc", DEFINITION, "The definition of this API"),
            link(format!("{here}/docs/"), "service-doc", "text/html", "All of Levelmap, OGC API among it"),
            link(at("/conformance"), "conformance", JSON, "What of OGC API is kept to"),
            link(at("/conformance"), "http://www.opengis.net/def/rel/ogc/1.0/conformance", JSON, "What of OGC API is kept to"),
            link(at("/collections"), "data", JSON, "The layers"),
            link(at("/collections"), "http://www.opengis.net/def/rel/ogc/1.0/data", JSON, "The layers"),
            link(at("/tileMatrixSets"), "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes", JSON, "How tiles are cut"),
        ]
    }))
}

/// What of OGC API is kept to.
#[utoipa::path(get, path = "/ogc/conformance", tag = "ogc", params(("f" = Option<String>, Query, description = "`json`")),
    responses((status = 200, description = "Conformance classes")))]
pub async fn conformance(RawQuery(query): RawQuery) -> Answer {
    only_form(query.as_deref())?;
    answer::json(&json!({ "conformsTo": CONFORMS_TO }))
}
