//! `/ogc/collections/{layer}/tiles`: the same tiles as `/tiles/*`, by the addresses of OGC API.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::matrices::{QUAD, QUAD_URI, known};
use super::{JSON, PATH, TILE, link, only_form};
use crate::atlas::{Atlas, AtlasLayer};
use crate::http::answer::{self, Answer};
use crate::http::layers::{self, corners};
use crate::http::problem::Problem;
use crate::http::reference_systems::ReferenceSystem;
use crate::http::state::AppState;
use crate::http::tiles as plain;
use crate::tiles::{VectorLayer, vector_layers};

/// What is said of the tiles of a layer; where they are all told, with what is in them.
fn described(atlas: &Atlas, layer: &AtlasLayer, here: &str, in_full: bool) -> Value {
    let id = &layer.entry.id;
    let at = format!("{here}{PATH}/collections/{id}/tiles/{QUAD}");
    let mut tile = link(format!("{at}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"), "item", TILE, "A tile");
    tile["templated"] = true.into();
    let mut answer = json!({
        "title": layer.entry.title, "dataType": "vector", "crs": ReferenceSystem::WebMercator.uri(),
        "tileMatrixSetURI": QUAD_URI,
        "links": [
            link(at.as_str(), "self", JSON, "These tiles"),
            link(format!("{here}{PATH}/tileMatrixSets/{QUAD}"), "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme", JSON, QUAD),
            tile,
            link(format!("{here}/tiles/{id}.json"), "alternate", JSON, "TileJSON"),
        ]
    });
    if !in_full {
        return answer;
    }
    let layer_of = |of: VectorLayer| {
        let properties: serde_json::Map<String, Value> =
            of.fields.keys().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
        json!({
            "id": of.id, "description": of.description, "dataType": "vector", "geometryDimension": of.geometry_dimension,
            "minTileMatrix": of.minzoom.to_string(), "maxTileMatrix": of.maxzoom.to_string(),
            "propertiesSchema": {"type": "object", "properties": properties}
        })
    };
    answer["layers"] = vector_layers(plain::minzoom(layer), false).into_iter().map(layer_of).collect();
    if let Some([west, south, east, north]) = layer.bbox().map(corners) {
        answer["boundingBox"] = json!({
            "lowerLeft": [west, south], "upperRight": [east, north], "crs": ReferenceSystem::Crs84.uri()
        });
    }
    answer["attribution"] = atlas.attribution(layer).join(". ").into();
    answer
}

/// The tiles that a layer has.
#[utoipa::path(get, path = "/ogc/collections/{layer}/tiles", tag = "ogc",
    params(("layer" = String, Path, description = "`lad@2025`; without a vintage the current one"), ("f" = Option<String>, Query, description = "`json`")),
    responses((status = 200, description = "The tilesets of a layer"), (status = 404, body = Problem)))]
pub async fn tilesets(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Answer {
    only_form(query.as_deref())?;
    let (served, here) = (state.served(), answer::here(&headers));
    let layer = layers::find(&served, &name)?;
    let at = format!("{here}{PATH}/collections/{}/tiles", layer.entry.id);
    answer::json(&json!({
        "links": [link(at, "self", JSON, "The tiles that a layer has")],
        "tilesets": [described(&served.atlas, layer, &here, false)]
    }))
}

/// What the tiles of a layer hold, and where they are.
#[utoipa::path(get, path = "/ogc/collections/{layer}/tiles/{matrices}", tag = "ogc",
    params(("layer" = String, Path, description = "`lad@2025`; without a vintage the current one"),
        ("matrices" = String, Path, description = "`WebMercatorQuad`"), ("f" = Option<String>, Query, description = "`json`")),
    responses((status = 200, description = "The tileset"), (status = 404, body = Problem)))]
pub async fn tileset(
    State(state): State<AppState>,
    Path((name, matrices)): Path<(String, String)>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Answer {
    only_form(query.as_deref())?;
    known(&matrices)?;
    let served = state.served();
    let layer = layers::find(&served, &name)?;
    answer::json(&described(&served.atlas, layer, &answer::here(&headers), true))
}

/// One vector tile: the row before the column.
#[utoipa::path(get, path = "/ogc/collections/{layer}/tiles/{matrices}/{z}/{row}/{column}", tag = "ogc",
    params(("layer" = String, Path, description = "`lad@2025`; without a vintage the current one"),
        ("matrices" = String, Path, description = "`WebMercatorQuad`"),
        ("z" = u8, Path, description = "0 to 14"), ("row" = u32, Path), ("column" = u32, Path),
        plain::TileParameters),
    responses((status = 200, description = "Mapbox Vector Tile 2"), (status = 404, body = Problem)))]
pub async fn tile(
    State(state): State<AppState>,
    Path((layer, matrices, z, row, column)): Path<(String, String, String, String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    known(&matrices)?;
    plain::tile(State(state), Path((layer, z, column, format!("{row}.mvt"))), RawQuery(query)).await
}
