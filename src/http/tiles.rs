//! `/tiles/*` and `/style.json`: layers for map clients.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use bytes::Bytes;
use utoipa::IntoParams;

use super::answer::{self, Answer, Pace, bytes};
use super::choropleth::{paint_options, painted};
use super::indicators;
use super::layers::{self, corners, split_suffix};
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::Flag;
use crate::atlas::{AtlasLayer, ValueOptions};
use crate::choropleth::PaintOptions;
use crate::tiles::{TileContent, TileCoord, TileValue, layer_style, layer_tilejson};

/// The parameters that say what tiles hold, and with which values.
const PARAMETERS: [&str; 12] = [
    "layers",
    "indicator",
    "period",
    "sex",
    "age",
    "min_coverage",
    "aggregate",
    "method",
    "classes",
    "breaks",
    "palette",
    "benchmark",
];

/// A layer with more areas than this has thousands to a tile further out.
const MANY_AREAS: usize = 10_000;
/// Where such a layer begins.
const MANY_AREAS_MINZOOM: u8 = 5;

/// The zoom at which a layer's tiles begin.
pub(super) fn minzoom(layer: &AtlasLayer) -> u8 {
    if layer.areas().len() > MANY_AREAS { MANY_AREAS_MINZOOM } else { 0 }
}

/// TileJSON of a layer.
#[utoipa::path(get, path = "/tiles/{layer}", tag = "tiles",
    params(("layer" = String, Path, description = "`lad.json`, `icb@2022.json`"),
        ("layers" = Option<String>, Query, description = "This and what follows becomes part of the tiles' address"),
        ("indicator" = Option<String>, Query),
        ("period" = Option<String>, Query), ("sex" = Option<String>, Query), ("age" = Option<String>, Query),
        ("min_coverage" = Option<f64>, Query), ("aggregate" = Option<String>, Query),
        ("method" = Option<String>, Query), ("classes" = Option<usize>, Query), ("breaks" = Option<String>, Query),
        ("palette" = Option<String>, Query), ("benchmark" = Option<f64>, Query)),
    responses((status = 200, description = "TileJSON 3"), (status = 404, body = Problem)))]
pub async fn tilejson(
    State(state): State<AppState>,
    Path(file): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    let (name, Some("json")) = split_suffix(&file) else {
        return Err(Problem::not_found(format!("there is nothing at /tiles/{file}")));
    };
    let mut read = Parameters::parse(query.as_deref(), &PARAMETERS);
    let content = content(&mut read);
    let options = paint_options(&mut read);
    let values = indicators::value_options(&mut read);
    let indicator = read.text("indicator").map(str::to_owned);
    read.finish()?;
    let (name, here) = (name.to_owned(), answer::here(&headers));
    // With values these are painted first, as its tiles paint them.
    let pace = if indicator.is_some() { Pace::InTurn } else { Pace::AtOnce };
    answer::at_pace(
        &state,
        move |_: &Served| pace,
        move |served| {
            let layer = layers::find(served, &name)?;
            if let Some(indicator) = &indicator {
                // What its tiles would refuse is refused here.
                let indicator = indicators::find(served, indicator)?;
                let series = indicators::chosen(&mut read, indicator)?;
                painted(served, layer, indicator, series, &values, &options)?;
            }
            let id = &layer.entry.id;
            let asked = query.as_deref().map(|q| format!("?{q}")).unwrap_or_default();
            let url = format!("{here}/tiles/{id}/{{z}}/{{x}}/{{y}}.mvt{asked}");
            let bounds = layer.bbox().map_or([-9.0, 49.0, 2.5, 61.5], corners);
            let attribution = served.atlas.attribution(layer).join(". ");
            let (title, vintage) = (&layer.entry.title, layer.vintage().as_str());
            let with_values = indicator.is_some();
            let document =
                layer_tilejson(title, vintage, &attribution, &url, bounds, minzoom(layer), with_values);
            answer::json(&document.holding(content))
        },
    )
    .await
}

/// The vector layers that are wanted. Values are of areas: who wants some without the other has mistaken something.
fn content(read: &mut Parameters) -> TileContent {
    let content: TileContent = read.value("layers").unwrap_or(TileContent::ALL);
    if !content.areas
        && let Some(indicator) = read.text("indicator").map(str::to_owned)
    {
        read.fault("indicator", &indicator, "values are put on `areas`, which `layers` leaves out");
    }
    content
}

/// What a tile is asked with, for the API document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the document is made of the fields; requests are read with all their faults")]
pub(super) struct TileParameters {
    /// The vector layers wanted, of `areas`, `borders` and `labels`, with commas between them; all when not given
    layers: Option<String>,
    /// Puts `value` and `class` on the areas
    indicator: Option<String>,
    /// One of the indicator's periods; the latest when not given
    period: Option<String>,
    /// One of the indicator's sexes
    sex: Option<String>,
    /// One of the indicator's ages
    age: Option<String>,
    /// The share of an area's residents who must live in a part with a value; 0.9 when not given
    min_coverage: Option<f64>,
    /// `value`, or `range` as for values
    aggregate: Option<String>,
    /// How classes are made, as for a choropleth
    method: Option<String>,
    /// How many classes, 5 when not given
    classes: Option<usize>,
    /// Upper bounds for `method=manual`
    breaks: Option<String>,
    /// A palette, as for a choropleth
    palette: Option<String>,
    /// What `method=benchmark` compares with
    benchmark: Option<f64>,
}

/// One vector tile.
#[utoipa::path(get, path = "/tiles/{layer}/{z}/{x}/{y}", tag = "tiles",
    params(("layer" = String, Path, description = "`lad`, `icb@2022`"), ("z" = u8, Path, description = "0 to 14"),
        ("x" = u32, Path), ("y" = String, Path, description = "`329.mvt`"),
        TileParameters),
    responses((status = 200, description = "Mapbox Vector Tile 2"), (status = 404, body = Problem)))]
pub async fn tile(
    State(state): State<AppState>,
    Path((layer, z, x, y)): Path<(String, String, String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (y, Some("mvt")) = split_suffix(&y) else {
        return Err(Problem::not_found("tiles are written {z}/{x}/{y}.mvt"));
    };
    let place = format!("{z}/{x}/{y}");
    let coord: TileCoord = place.parse().map_err(|e| Problem::parameter("z/x/y", &place, format!("{e}")))?;
    if coord.z() > crate::tiles::DEEPEST_TILES {
        let message = format!("tiles go to zoom {}; draw those larger beyond", crate::tiles::DEEPEST_TILES);
        return Err(Problem::parameter("z", &z, message));
    }
    let mut read = Parameters::parse(query.as_deref(), &PARAMETERS);
    let content = content(&mut read);
    let options = paint_options(&mut read);
    let values = indicators::value_options(&mut read);
    let indicator = read.text("indicator").map(str::to_owned);
    read.finish()?;
    let named = layer.clone();
    let pace = move |served: &Served| match layers::find(served, &named) {
        Ok(layer) if !layer.entry.current => Pace::Apart,
        _ => Pace::InTurn,
    };
    let tile = answer::at_pace(&state, pace, move |served| {
        let layer = layers::find(served, &layer)?;
        match &indicator {
            None => Ok(cut(served, layer, (coord, content), |_| TileValue::default())),
            Some(indicator) => {
                with_values(served, layer, (coord, content), (indicator, &values), &options, &mut read)
            }
        }
    })
    .await?;
    Ok(bytes("application/vnd.mapbox-vector-tile", tile))
}

fn cut(
    served: &Served,
    layer: &AtlasLayer,
    (coord, content): (TileCoord, TileContent),
    value_of: impl Fn(u32) -> TileValue,
) -> Bytes {
    let mut tile = served.tile_layer(layer.place).cut(layer, coord, content, value_of);
    // A small one has room left that it was made in, and may be kept for long.
    tile.shrink_to_fit();
    tile.into()
}

fn with_values(
    served: &Served,
    layer: &AtlasLayer,
    tile: (TileCoord, TileContent),
    (indicator, values): (&str, &ValueOptions),
    options: &PaintOptions,
    read: &mut Parameters,
) -> Result<Bytes, Problem> {
    let indicator = indicators::find(served, indicator)?;
    let series = indicators::chosen(read, indicator)?;
    let (values, painting) = painted(served, layer, indicator, series, values, options)?;
    let value_of = |area: u32| {
        let observation = &values[area as usize].observation;
        let flag = observation.flag.map(Flag::as_str);
        TileValue { value: observation.value(), class: painting.class(area as usize), flag }
    };
    Ok(cut(served, layer, tile, value_of))
}

/// A MapLibre style over the councils' tiles.
#[utoipa::path(get, path = "/style.json", tag = "tiles",
    params(("layer" = Option<String>, Query, description = "`lad` when not given")),
    responses((status = 200, description = "A style that MapLibre loads as it is")))]
pub async fn style(State(state): State<AppState>, RawQuery(query): RawQuery, headers: HeaderMap) -> Answer {
    let mut read = Parameters::parse(query.as_deref(), &["layer"]);
    let name = read.text("layer").unwrap_or("lad").to_owned();
    read.finish()?;
    let served = state.served();
    let layer = layers::find(&served, &name)?;
    let id = layer.entry.id.to_string();
    let url = format!("{}/tiles/{id}.json", answer::here(&headers));
    // The United Kingdom fits a screen at this view.
    answer::json(&layer_style(&layer.entry.title, layer.entry.id.kind.as_str(), &url, [-3.4, 55.2, 4.7], &[]))
}
