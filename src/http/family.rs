//! `/v1/areas/{code}/children/{layer}`, `/parents`, `/history`: what lies in an area, what it lies in, how it came to be.

use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::answer::{self, Answer};
use super::areas::{asked_layer, find};
use super::layers::{self, Named, properties, square_km};
use super::problem::Problem;
use super::state::AppState;
use crate::area::{Change, Code, Descent};
use crate::atlas::{AtlasLayer, Found, Status};
use crate::query::{changes, children as children_of, parents};

/// An area above or below another.
#[derive(Serialize)]
struct Relative<'a> {
    #[serde(flatten)]
    area: Named<'a>,
    area_km2: f64,
    population: Option<f64>,
}

impl<'a> Relative<'a> {
    fn of(layer: &'a AtlasLayer, number: u32) -> Self {
        let area = &layer.areas()[number as usize];
        Relative {
            area: Named::new(layer, area),
            area_km2: square_km(area.area_m2),
            population: area.residents,
        }
    }
}

/// What an answer says of the area itself.
#[derive(Serialize)]
struct Head<'a> {
    #[serde(flatten)]
    area: Named<'a>,
    status: Status,
}

impl<'a> Head<'a> {
    fn of(found: &Found<'a>) -> Self {
        Head { area: Named::new(found.layer, found.area()), status: found.status }
    }
}

/// The areas above or below another.
#[derive(Serialize)]
struct Family<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    count: usize,
    results: Vec<Relative<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    children_layer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_part: Option<usize>,
    attribution: Vec<String>,
    licence: &'a str,
}

fn head(found: &Found) -> Map<String, Value> {
    let mut head = properties(found.layer, found.area());
    head.insert("status".into(), json!(found.status));
    head
}

/// The areas of another layer that lie wholly in an area. Those that lie in it in part are counted: `overlaps` tells
/// them.
#[utoipa::path(get, path = "/v1/areas/{code}/children/{other}", tag = "areas",
    params(("code" = String, Path, description = "`E12000003`"),
        ("other" = String, Path, description = "The layer of the children: `lad`, `lad@2015`"),
        ("layer" = Option<String>, Query, description = "Where a code stands in several layers: which is meant")),
    responses((status = 200, description = "The areas within"), (status = 404, body = Problem)))]
pub async fn children(
    State(state): State<AppState>,
    Path((code, other)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let layer = asked_layer(query.as_deref())?;
    let served = state.served();
    let found = find(&served, &code, layer.as_ref())?;
    let other = layers::find(&served, &other)?;
    let (within, in_part) = children_of(found.layer, found.number, other);
    let results: Vec<Relative> = within.into_iter().map(|child| Relative::of(other, child)).collect();
    answer::json(&Family {
        head: Head::of(&found),
        count: results.len(),
        results,
        children_layer: Some(other.entry.id.to_string()),
        in_part: Some(in_part),
        attribution: served.atlas.attribution(other),
        licence: &other.entry.licence,
    })
}

/// The areas of every current layer that hold the whole of an area, smallest first.
#[utoipa::path(get, path = "/v1/areas/{code}/parents", tag = "areas",
    params(("code" = String, Path, description = "`E08000035`"),
        ("layer" = Option<String>, Query, description = "Where a code stands in several layers: which is meant")),
    responses((status = 200, description = "The areas around"), (status = 404, body = Problem)))]
pub async fn parents_of(
    State(state): State<AppState>,
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let layer = asked_layer(query.as_deref())?;
    let served = state.served();
    let found = find(&served, &code, layer.as_ref())?;
    let around = parents(&served.atlas, found.layer, found.number);
    let results: Vec<Relative> =
        around.into_iter().map(|(other, parent)| Relative::of(other, parent)).collect();
    answer::json(&Family {
        head: Head::of(&found),
        count: results.len(),
        results,
        children_layer: None,
        in_part: None,
        attribution: served.atlas.attribution(found.layer),
        licence: &found.layer.entry.licence,
    })
}

/// How an area came to be and what became of it: the vintages that have its code, every change that led to it or
/// followed from it, and what it is today. Codes that no layer has are answered when the changes know them.
#[utoipa::path(get, path = "/v1/areas/{code}/history", tag = "areas",
    params(("code" = String, Path, description = "`E07000190`"),
        ("layer" = Option<String>, Query, description = "Where a code stands in several layers: which is meant")),
    responses((status = 200, description = "Vintages and changes, oldest first"), (status = 404, body = Problem)))]
pub async fn history(
    State(state): State<AppState>,
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let layer = asked_layer(query.as_deref())?;
    let served = state.served();
    let atlas = &served.atlas;
    let lineage = atlas.lineage();
    let known: Code = code.parse().map_err(|e| Problem::parameter("code", &code, format!("{e}")))?;
    let changes = changes(lineage, &known);
    let mut answer = match find(&served, &code, layer.as_ref()) {
        Ok(found) => head(&found),
        Err(problem) => {
            // The name that the changes give it, of a code that is only in them.
            let as_old = changes.iter().find(|c| c.old_code == known).map(|c| (&c.old_code, &c.old_name));
            let as_new = changes.iter().find(|c| c.new_code == known).map(|c| (&c.new_code, &c.new_name));
            let (code, name) = as_old.or(as_new).ok_or(problem)?;
            let mut head = Map::new();
            head.insert("code".into(), json!(code));
            head.insert("name".into(), json!(name));
            head.insert("status".into(), "superseded".into());
            head
        }
    };
    let vintages: Vec<Value> = atlas
        .layers_with(&known)
        .map(|l| {
            json!({"layer": l.entry.id.to_string(), "valid_from": l.entry.valid_from, "valid_to": l.entry.valid_to})
        })
        .collect();
    let (kind, codes) = match lineage.forward(&known, jiff::civil::Date::MAX) {
        Descent::Unchanged => ("unchanged", vec![known.clone()]),
        Descent::Recoded(code) => ("recoded", vec![code]),
        Descent::Merged(code) => ("merged", vec![code]),
        Descent::Split(codes) => ("split", codes),
    };
    let today: Vec<Value> = codes
        .iter()
        .map(|code| json!({"code": code, "name": atlas.find(code, None).map(|f| &f.area().name)}))
        .collect();
    answer.insert("vintages".into(), vintages.into());
    answer.insert("latest".into(), json!({"descent": kind, "areas": today}));
    let rows: Vec<Value> = changes.into_iter().map(change).collect();
    answer.insert("count".into(), rows.len().into());
    answer.insert("results".into(), rows.into());
    answer::json(&answer)
}

fn change(change: &Change) -> Value {
    json!({
        "effective": change.effective, "kind": change.kind,
        "from": {"code": change.old_code, "name": change.old_name},
        "to": {"code": change.new_code, "name": change.new_name}, "note": change.note
    })
}
