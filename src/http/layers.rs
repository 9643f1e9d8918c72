//! `/v1` and `/v1/layers`: what is served, and whole layers.

use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::answer::{self, Answer};
use super::layer_files::LayerFile;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::LayerRef;
use crate::atlas::{Area, Atlas, AtlasLayer};
use crate::text::Members;

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
    let known = || format!("there is no layer `{name}`; {}", there_are(&served.atlas, &asked));
    served.atlas.layer(&asked).ok_or_else(|| Problem::not_found(known()))
}

/// What there is instead of a layer that is not there: vintages of its kind, or kinds.
pub(super) fn there_are(atlas: &Atlas, asked: &LayerRef) -> String {
    let of_kind = |layer: &&AtlasLayer| asked.vintage.is_none() || layer.entry.id.kind == asked.kind;
    let mut known: Vec<String> =
        atlas.layers().iter().filter(of_kind).map(|layer| layer.entry.id.to_string()).collect();
    if known.is_empty() {
        known = atlas.kinds().iter().map(ToString::to_string).collect();
    }
    format!("there are {}", known.join(", "))
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
            "openapi": "/v1/openapi.json", "docs": "/docs", "style": "/style.json", "ogc": "/ogc"
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

/// One layer, or with `.geojson`, `.topojson`, `.csv`, `.fgb`, `.gpkg`, `.parquet` or `.zip` all its areas.
#[utoipa::path(get, path = "/v1/layers/{layer}", tag = "layers",
    params(("layer" = String, Path, description = "`lad`, `lad@2025`, `lad.geojson`, `lad@2025.topojson`, `lad.csv`, `lad.fgb`, `lad.gpkg`, `lad.parquet`, `lad.zip` (a Shapefile)"),
        ("tolerance_m" = Option<f64>, Query, description = "Of a file: how far a border may be from the truth, in metres; 0 when not given"),
        ("zoom" = Option<f64>, Query, description = "Of a file: the tolerance that suits a zoom of Web Mercator"),
        ("bbox" = Option<String>, Query, description = "Of a file: only areas that meet west,south,east,north (degrees)"),
        ("precision" = Option<u8>, Query, description = "Of a file: digits after the point, 1 to 6; what rounding would make invalid keeps its digits"),
        ("crs" = Option<String>, Query, description = "Of GeoJSON and CSV: `27700` for eastings and northings of the British National Grid; CRS84, EPSG:4326 and EPSG:3857 as well"),
        ("fields" = Option<String>, Query, description = "Of a file: the properties wanted, as in `code,name,population`")),
    responses((status = 200, body = LayerAnswer), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn one(
    State(state): State<AppState>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    // A vintage may hold a point, so only what is a file's suffix is taken off.
    if let (stem, Some(format)) = split_suffix(&name)
        && let Some(file) = LayerFile::of(format)
    {
        let (stem, read) = (stem.to_owned(), file.read(query.as_deref())?);
        return answer::off_thread(&state, move |served| read.write(&served.atlas, find(served, &stem)?))
            .await;
    }
    Parameters::parse(query.as_deref(), &[]).finish()?;
    let served = state.served();
    answer::json(&LayerAnswer::new(&served.atlas, find(&served, &name)?))
}

/// What every area in a list or file says of itself.
pub(super) fn properties(layer: &AtlasLayer, area: &Area) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("code".into(), area.code.as_str().into());
    map.insert("name".into(), area.name.as_str().into());
    map.insert("layer".into(), layer.entry.id.kind.as_str().into());
    map.insert("vintage".into(), layer.vintage().as_str().into());
    map
}

/// What every area in a list says of itself, as [`properties`] has it, without a copy.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Named<'a> {
    code: &'a str,
    name: &'a str,
    layer: &'a str,
    vintage: &'a str,
}

impl<'a> Named<'a> {
    pub(super) fn new(layer: &'a AtlasLayer, area: &'a Area) -> Self {
        Named {
            code: area.code.as_str(),
            name: &area.name,
            layer: layer.entry.id.kind.as_str(),
            vintage: layer.vintage().as_str(),
        }
    }

    /// Appends its members.
    pub(super) fn write(&self, object: &mut Members) {
        self.write_own(object);
        self.write_of_layer(object);
    }

    /// Appends the first of its members, which no other area has.
    pub(super) fn write_own(&self, object: &mut Members) {
        object.text("code", self.code);
        object.text("name", self.name);
    }

    /// Appends the others, which all areas of a layer have.
    pub(super) fn write_of_layer(&self, object: &mut Members) {
        object.text("layer", self.layer);
        object.text("vintage", self.vintage);
    }

    /// Appends it to an object of areas by the kinds of their layers.
    pub(super) fn write_by_kind(&self, areas: &mut Members) {
        areas.object(self.layer, |object| self.write(object));
    }

    /// The area with a number.
    pub(super) fn of(layer: &'a AtlasLayer, number: u32) -> Self {
        Named::new(layer, &layer.areas()[number as usize])
    }
}

/// Square kilometres to the nearest hundred square metres.
pub(super) fn square_km(area_m2: f64) -> f64 {
    (area_m2 / 100.0).round() / 10_000.0
}
