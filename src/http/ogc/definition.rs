//! `/ogc/api`: the definition of these routes as OpenAPI 3.0, which the programs that ask them read. What Levelmap answers besides is in
//! `/v1/openapi.json`.

use axum::extract::RawQuery;
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::items::{LARGEST_LIMIT, USUAL_LIMIT};
use super::{DEFINITION, GEOJSON, JSON, PATH, TILE, only_form};
use crate::http::answer::{self, Answer, bytes};

/// The routes: address, name, what they answer and as what, their parameters.
const ROUTES: [(&str, &str, &str, &str, &[&str]); 12] = [
    ("/", "getLandingPage", "Where everything is", JSON, &[]),
    ("/conformance", "getConformance", "What of OGC API is kept to", JSON, &[]),
    ("/api", "getDefinition", "This definition", DEFINITION, &[]),
    ("/collections", "getCollections", "The layers", JSON, &[]),
    ("/collections/{collectionId}", "describeCollection", "One layer", JSON, &["collectionId"]),
    (
        "/collections/{collectionId}/items",
        "getFeatures",
        "The areas of a layer, page by page",
        GEOJSON,
        &["collectionId", "bbox", "bbox-crs", "datetime", "limit", "offset", "crs", "code", "name"],
    ),
    (
        "/collections/{collectionId}/items/{featureId}",
        "getFeature",
        "One area",
        GEOJSON,
        &["collectionId", "featureId", "crs"],
    ),
    ("/collections/{collectionId}/tiles", "getTileSets", "The tiles of a layer", JSON, &["collectionId"]),
    (
        "/collections/{collectionId}/tiles/{tileMatrixSetId}",
        "getTileSet",
        "What its tiles hold",
        JSON,
        &["collectionId", "tileMatrixSetId"],
    ),
    (
        "/collections/{collectionId}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
        "getTile",
        "One vector tile",
        TILE,
        &["collectionId", "tileMatrixSetId", "tileMatrix", "tileRow", "tileCol"],
    ),
    ("/tileMatrixSets", "getTileMatrixSets", "How tiles are cut", JSON, &[]),
    (
        "/tileMatrixSets/{tileMatrixSetId}",
        "getTileMatrixSet",
        "One way to cut tiles",
        JSON,
        &["tileMatrixSetId"],
    ),
];

fn parameters() -> Value {
    let in_path =
        |name: &str, schema: Value| json!({"name": name, "in": "path", "required": true, "schema": schema});
    let in_query = |name: &str, description: &str, schema: Value| {
        json!({"name": name, "in": "query", "required": false, "description": description, "style": "form",
            "explode": false, "schema": schema})
    };
    let (text, whole) = (json!({"type": "string"}), json!({"type": "integer", "minimum": 0}));
    let uri = json!({"type": "string", "format": "uri"});
    json!({
        "collectionId": in_path("collectionId", text.clone()),
        "featureId": in_path("featureId", text.clone()),
        "tileMatrixSetId": in_path("tileMatrixSetId", json!({"type": "string", "enum": [super::matrices::QUAD]})),
        "tileMatrix": in_path("tileMatrix", text.clone()),
        "tileRow": in_path("tileRow", whole.clone()),
        "tileCol": in_path("tileCol", whole.clone()),
        "bbox": in_query("bbox", "Only areas that meet this box, its corners in the order of `bbox-crs`",
            json!({"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}})),
        "bbox-crs": in_query("bbox-crs", "The reference system of `bbox`", uri.clone()),
        "datetime": in_query("datetime", "Only areas in force then", text.clone()),
        "limit": in_query("limit", "Areas on a page",
            json!({"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": USUAL_LIMIT})),
        "offset": in_query("offset", "Areas before this page", json!({"type": "integer", "minimum": 0, "default": 0})),
        "crs": in_query("crs", "The reference system of the answer", uri),
        "code": in_query("code", "Only the area with this code", text.clone()),
        "name": in_query("name", "Only areas with this name", text),
    })
}

/// The definition of OGC API.
#[utoipa::path(get, path = "/ogc/api", tag = "ogc", params(("f" = Option<String>, Query, description = "`json`")),
    responses((status = 200, description = "OpenAPI 3.0")))]
pub async fn definition(headers: HeaderMap, RawQuery(query): RawQuery) -> Answer {
    only_form(query.as_deref())?;
    let problem = json!({"description": "What is wrong", "content": {"application/problem+json": {"schema": {"type": "object"}}}});
    let mut paths = Map::new();
    for (path, name, summary, kind, parameters) in ROUTES {
        let parameters: Vec<Value> = parameters
            .iter()
            .map(|name| json!({"$ref": format!("#/components/parameters/{name}")}))
            .collect();
        let schema = if kind == TILE {
            json!({"type": "string", "format": "binary"})
        } else {
            json!({"type": "object"})
        };
        let route = json!({"get": {
            "operationId": name, "summary": summary, "parameters": parameters,
            "responses": {
                "200": {"description": summary, "content": {kind: {"schema": schema}}},
                "400": problem, "404": problem, "500": problem
            }
        }});
        paths.insert(path.to_owned(), route);
    }
    let document = json!({
        "openapi": "3.0.3",
        "info": {"title": "Levelmap", "version": env!("CARGO_PKG_VERSION"), "description": "Boundaries of UK councils and NHS bodies by OGC API."},
        "servers": [{"url": format!("{}{PATH}", answer::here(&headers))}],
        "paths": paths,
        "components": {"parameters": parameters()}
    });
    Ok(bytes(DEFINITION, document.to_string()))
}
