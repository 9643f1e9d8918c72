//! `/v1` and `/v1/layers`: what is served, and whole layers.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::answer::{self, Answer, bytes};
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::LayerRef;
use crate::atlas::{Area, Atlas, AtlasLayer};
use crate::coverage::{BlockShape, Coverage, topojson};

/// A layer, as lists and links give it.
#[derive(Serialize, ToSchema)]
pub struct LayerAnswer {
    id: String,
    kind: String,
    vintage: String,
    title: String,
    #[schema(value_type = String)]
    valid_from: jiff::civil::Date,
    #[schema(value_type = Option<String>)]
    valid_to: Option<jiff::civil::Date>,
    current: bool,
    provisional: bool,
    fit: &'static str,
    area_count: usize,
    /// West, south, east, north.
    bbox: Option<[f64; 4]>,
    source: String,
    licence: String,
    attribution: Vec<String>,
    /// True when some of its shapes are drawn for small scales.
    approximate: bool,
}

impl LayerAnswer {
    pub(super) fn new(atlas: &Atlas, layer: &AtlasLayer) -> Self {
        let entry = &layer.entry;
        LayerAnswer {
            id: entry.id.to_string(),
            kind: entry.id.kind.to_string(),
            vintage: entry.id.vintage.to_string(),
            title: entry.title.clone(),
            valid_from: entry.valid_from,
            valid_to: entry.valid_to,
            current: entry.current,
            provisional: entry.provisional,
            fit: entry.fit.as_str(),
            area_count: layer.areas().len(),
            bbox: layer.bbox().map(corners),
            source: entry.source.clone(),
            licence: entry.licence.clone(),
            attribution: atlas.attribution(layer),
            approximate: layer.parts().iter().any(|p| atlas.coverages()[p.coverage].entry.approximate),
        }
    }
}

/// West, south, east, north.
pub(super) fn corners(rect: geo::Rect) -> [f64; 4] {
    [rect.min().x, rect.min().y, rect.max().x, rect.max().y].map(answer::rounded)
}

/// The layer named in a path, or 404 with what there is.
pub(super) fn find<'a>(served: &'a Served, name: &str) -> Result<&'a AtlasLayer, Problem> {
    let asked: LayerRef = name.parse().map_err(|e| Problem::parameter("layer", name, format!("{e}")))?;
    served.atlas.layer(&asked).ok_or_else(|| {
        let mut known: Vec<String> = served.atlas.layers().iter().map(|l| l.entry.id.to_string()).collect();
        known.retain(|id| asked.vintage.is_none() || id.starts_with(&format!("{}@", asked.kind)));
        if known.is_empty() {
            known = served.atlas.kinds().iter().map(ToString::to_string).collect();
        }
        Problem::not_found(format!("there is no layer `{name}`; there are {}", known.join(", ")))
    })
}

/// `lad.geojson` -> (`lad`, `geojson`).
pub(super) fn split_suffix(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once('.') {
        Some((stem, suffix)) => (stem, Some(suffix)),
        None => (name, None),
    }
}

/// What this server is and holds.
#[utoipa::path(get, path = "/v1", tag = "layers", responses((status = 200, description = "Name, version, fingerprint, layers, links")))]
pub async fn root(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    Parameters::parse(query.as_deref(), &[]).finish()?;
    let served = state.served();
    let layers: Vec<String> = served.atlas.layers().iter().map(|l| l.entry.id.to_string()).collect();
    answer::json(&json!({
        "name": "Levelmap",
        "version": env!("CARGO_PKG_VERSION"),
        "fingerprint": served.atlas.fingerprint(),
        "layers": layers,
        "indicators": served.atlas.indicators().iter().map(|i| i.indicator.id.as_str()).collect::<Vec<_>>(),
        "links": {
            "layers": "/v1/layers", "indicators": "/v1/indicators", "locate": "/v1/locate?lon=-1.5491&lat=53.8008",
            "openapi": "/v1/openapi.json", "docs": "/docs", "style": "/style.json"
        }
    }))
}

/// All layers.
#[utoipa::path(get, path = "/v1/layers", tag = "layers", responses((status = 200, body = Vec<LayerAnswer>)))]
pub async fn list(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    Parameters::parse(query.as_deref(), &[]).finish()?;
    let served = state.served();
    let layers: Vec<LayerAnswer> =
        served.atlas.layers().iter().map(|l| LayerAnswer::new(&served.atlas, l)).collect();
    answer::json(&json!({"count": layers.len(), "results": layers}))
}

/// One layer, or with `.geojson`, `.topojson` or `.csv` all its areas.
#[utoipa::path(get, path = "/v1/layers/{layer}", tag = "layers",
    params(("layer" = String, Path, description = "`lad`, `lad@2025`, `lad.geojson`, `lad@2025.topojson`, `lad.csv`")),
    responses((status = 200, body = LayerAnswer), (status = 404, body = Problem)))]
pub async fn one(
    State(state): State<AppState>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    Parameters::parse(query.as_deref(), &[]).finish()?;
    answer::off_thread(&state, move |served| {
        // A vintage may hold a point, so the whole name is tried before its suffix is taken off.
        let (stem, suffix) = split_suffix(&name);
        let atlas = &served.atlas;
        match suffix {
            Some("geojson") => Ok(bytes("application/geo+json", geojson(atlas, find(served, stem)?)?)),
            Some("topojson") => Ok(bytes("application/json", topology(atlas, find(served, stem)?))),
            Some("csv") => Ok(bytes("text/csv; charset=utf-8", table(find(served, stem)?)?)),
            _ => answer::json(&LayerAnswer::new(atlas, find(served, &name)?)),
        }
    })
    .await
}

/// What every area in a list or file says of itself.
pub(super) fn properties(layer: &AtlasLayer, area: &Area) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("code".into(), area.code.as_str().into());
    map.insert("name".into(), area.name.clone().into());
    map.insert("layer".into(), layer.entry.id.kind.as_str().into());
    map.insert("vintage".into(), layer.vintage().as_str().into());
    map
}

fn described(layer: &AtlasLayer, area: &Area) -> Map<String, Value> {
    let mut map = properties(layer, area);
    if let Some(welsh) = &area.name_cy {
        map.insert("name_cy".into(), welsh.clone().into());
    }
    map.insert("area_km2".into(), square_km(area.area_m2).into());
    map.insert("population".into(), area.residents.into());
    map
}

/// Square kilometres to the nearest hundred square metres.
pub(super) fn square_km(area_m2: f64) -> f64 {
    (area_m2 / 100.0).round() / 10_000.0
}

fn geojson(atlas: &Atlas, layer: &AtlasLayer) -> Result<Vec<u8>, Problem> {
    let about = json!({
        "layer": layer.entry.id.to_string(), "title": layer.entry.title, "licence": layer.entry.licence,
        "source": layer.entry.source, "attribution": atlas.attribution(layer), "bbox": layer.bbox().map(corners)
    });
    let mut out = b"{\"type\":\"FeatureCollection\",".to_vec();
    let about = serde_json::to_vec(&about).map_err(|e| Problem::internal(&e))?;
    out.extend_from_slice(&about[1..about.len() - 1]);
    out.extend_from_slice(b",\"features\":[");
    for (i, (area, geometry)) in layer.areas().iter().zip(layer.geometries()).enumerate() {
        if i > 0 {
            out.extend_from_slice(b",\n");
        }
        write_feature(&mut out, layer, area, geometry);
    }
    out.extend_from_slice(b"]}\n");
    Ok(out)
}

/// One feature; the geometry's bytes are copied in.
pub(super) fn write_feature(out: &mut Vec<u8>, layer: &AtlasLayer, area: &Area, geometry: &[u8]) {
    let id = Value::from(area.code.as_str());
    let properties = Value::Object(described(layer, area));
    out.extend_from_slice(
        format!("{{\"type\":\"Feature\",\"id\":{id},\"properties\":{properties}").as_bytes(),
    );
    out.extend_from_slice(b",\"geometry\":");
    out.extend_from_slice(geometry);
    out.push(b'}');
}

/// A layer over one coverage has its arcs already; over several, whose arcs never meet, they are found anew.
fn topology(atlas: &Atlas, layer: &AtlasLayer) -> String {
    let (outline, areas): (Arc<Coverage>, Vec<u32>) = if let [part] = layer.parts() {
        (Arc::clone(part.outline(layer)), part.areas().to_vec())
    } else {
        let all = 0..layer.areas().len() as u32;
        let shapes: Vec<BlockShape> = all.clone().map(|area| layer.block_shape(area)).collect();
        (Arc::new(Coverage::from_shapes(&shapes).0), all.collect())
    };
    let described = |local: usize| described(layer, &layer.areas()[areas[local] as usize]);
    let object = layer.entry.id.kind.as_str();
    topojson::write_with(&outline, object, topojson::MICRODEGREE, described, &members(atlas, layer))
}

fn members(atlas: &Atlas, layer: &AtlasLayer) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("layer".into(), layer.entry.id.to_string().into());
    members.insert("licence".into(), layer.entry.licence.clone().into());
    members.insert("attribution".into(), atlas.attribution(layer).into());
    members
}

fn table(layer: &AtlasLayer) -> Result<Vec<u8>, Problem> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let internal = |e: csv::Error| Problem::internal(&e);
    let header = ["code", "name", "name_cy", "layer", "vintage", "area_km2", "population", "lon", "lat"];
    writer.write_record(header).map_err(internal)?;
    for (area, point) in layer.areas().iter().zip(layer.label_points()) {
        let degrees = |value: Option<f64>| value.map(|v| format!("{v:.6}")).unwrap_or_default();
        let row = [
            area.code.as_str(),
            &area.name,
            area.name_cy.as_deref().unwrap_or_default(),
            layer.entry.id.kind.as_str(),
            layer.vintage().as_str(),
            &square_km(area.area_m2).to_string(),
            &area.residents.map(|r| r.to_string()).unwrap_or_default(),
            &degrees(point.map(|p| p.x)),
            &degrees(point.map(|p| p.y)),
        ];
        writer.write_record(row).map_err(internal)?;
    }
    writer.into_inner().map_err(|e| Problem::internal(&e))
}
