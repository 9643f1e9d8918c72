//! `/ogc/collections`: every layer is a collection of features.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::{GEOJSON, JSON, PATH, link, only_form};
use crate::atlas::{Atlas, AtlasLayer};
use crate::http::answer::{self, Answer};
use crate::http::layers::{self, corners};
use crate::http::problem::Problem;
use crate::http::reference_systems::ReferenceSystem;
use crate::http::state::AppState;

/// What is said of a collection.
fn described(atlas: &Atlas, layer: &AtlasLayer, here: &str) -> Value {
    let entry = &layer.entry;
    let id = &entry.id;
    let at = |path: &str| format!("{here}{PATH}/collections/{id}{path}");
    // An interval of the standard has its end in it; `valid_to` is the first day after.
    let last = entry.valid_to.and_then(|end| end.yesterday().ok());
    let from = format!("{}T00:00:00Z", entry.valid_from);
    let until = last.map(|day| format!("{day}T23:59:59Z"));
    let mut links = vec![
        link(at(""), "self", JSON, "This collection"),
        link(at("/items"), "items", GEOJSON, "Its areas"),
        link(at("/tiles"), "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", JSON, "Its tiles"),
        link(format!("{here}/v1/layers/{id}"), "alternate", JSON, "The layer"),
    ];
    links.extend(licence_page(&entry.licence).map(|page| link(page, "license", "text/html", &entry.licence)));
    json!({
        "id": id.to_string(),
        "title": entry.title,
        "description": entry.source,
        "attribution": atlas.attribution(layer).join(". "),
        "extent": {
            "spatial": {"bbox": Vec::from_iter(layer.bbox().map(corners)), "crs": ReferenceSystem::Crs84.uri()},
            "temporal": {"interval": [[from, until]], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"}
        },
        "itemType": "feature",
        "dataType": "vector",
        "geometryDimension": 2,
        "crs": ReferenceSystem::ALL.map(ReferenceSystem::uri),
        "storageCrs": ReferenceSystem::Crs84.uri(),
        "links": links
    })
}

/// Where a licence can be read, where it is an identifier of the list of SPDX and not words of its publisher.
fn licence_page(licence: &str) -> Option<String> {
    let is_id = licence.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+'));
    (is_id && licence.contains(['-', '.'])).then(|| format!("https://spdx.org/licenses/{licence}.html"))
}

/// The layers.
#[utoipa::path(get, path = "/ogc/collections", tag = "ogc", params(("f" = Option<String>, Query, description = "`json`")),
    responses((status = 200, description = "Every layer as a collection")))]
pub async fn all(State(state): State<AppState>, headers: HeaderMap, RawQuery(query): RawQuery) -> Answer {
    only_form(query.as_deref())?;
    let (served, here) = (state.served(), answer::here(&headers));
    let atlas = &served.atlas;
    let collections: Vec<Value> = atlas.layers().iter().map(|layer| described(atlas, layer, &here)).collect();
    let links = [link(format!("{here}{PATH}/collections"), "self", JSON, "The layers")];
    let crs = ReferenceSystem::ALL.map(ReferenceSystem::uri);
    answer::json(&json!({
        "links": links, "crs": crs,
        "numberMatched": collections.len(), "numberReturned": collections.len(), "collections": collections
    }))
}

/// One layer.
#[utoipa::path(get, path = "/ogc/collections/{layer}", tag = "ogc",
    params(("layer" = String, Path, description = "`lad@2025`; without a vintage the current one"),
        ("f" = Option<String>, Query, description = "`json`")),
    responses((status = 200, description = "The collection"), (status = 404, body = Problem)))]
pub async fn one(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Answer {
    only_form(query.as_deref())?;
    let served = state.served();
    let layer = layers::find(&served, &name)?;
    answer::json(&described(&served.atlas, layer, &answer::here(&headers)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_by_identifier_have_a_page() {
        assert_eq!(licence_page("OGL-UK-3.0").as_deref(), Some("https://spdx.org/licenses/OGL-UK-3.0.html"));
        assert_eq!(
            (licence_page("Crown copyright"), licence_page("ours"), licence_page("")),
            (None, None, None)
        );
    }
}
