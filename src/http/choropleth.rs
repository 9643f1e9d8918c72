//! `/v1/choropleth/{layer}/{indicator}`: a map from one address.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::json;

use super::answer::{self, Answer, bytes};
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use super::{indicators, layers};
use crate::area::{Flag, Observation};
use crate::atlas::{AreaValue, AtlasIndicator, AtlasLayer, Method as Made, SeriesRef, ValueOptions};
use crate::choropleth::render::{self, About, RenderArea};
use crate::choropleth::{ClassifyOptions, MAX_CLASSES, Method, PaintOptions, Painting, Palette, paint};

/// The parameters that say how to paint.
const PARAMETERS: [&str; 4] = ["method", "classes", "breaks", "palette"];

/// How the values came to the areas.
#[derive(Serialize)]
struct Matched {
    areas: usize,
    with_value: usize,
    published: usize,
    recoded: usize,
    aggregated: usize,
    apportioned: usize,
    inherited: usize,
    estimated: usize,
    missing: usize,
    suppressed: usize,
    low_coverage: usize,
    not_aggregable: usize,
}

/// How to paint, read from a query.
pub(super) fn paint_options(read: &mut Parameters) -> PaintOptions {
    let mut options = PaintOptions::default();
    if let Some(method) = read.value::<Method>("method") {
        options.classify.method = method;
    }
    if let Some(classes) = read.value::<usize>("classes") {
        if (1..=MAX_CLASSES).contains(&classes) {
            options.classify.classes = classes;
        } else {
            read.fault("classes", &classes.to_string(), format!("between 1 and {MAX_CLASSES}"));
        }
    }
    if let Some(text) = read.text("breaks").map(str::to_owned) {
        match text.split(',').map(|b| b.trim().parse::<f64>()).collect::<Result<Vec<f64>, _>>() {
            Ok(breaks) => options.classify = ClassifyOptions { breaks, ..options.classify },
            Err(_) => read.fault("breaks", &text, "numbers with commas between them, as in 10,20,50"),
        }
    }
    if let Some(name) = read.text("palette").map(str::to_owned) {
        match name.parse::<&'static Palette>() {
            Ok(palette) => options.palette = Some(palette),
            Err(error) => read.fault("palette", &name, error.to_string()),
        }
    }
    options
}

/// The values of a layer and their painting.
pub(super) fn painted(
    served: &Served,
    layer: &AtlasLayer,
    indicator: &AtlasIndicator,
    series: SeriesRef<'_>,
    values: &ValueOptions,
    options: &PaintOptions,
) -> Result<(Vec<AreaValue>, Painting), Problem> {
    let values = served.atlas.values(indicator, series, layer, values);
    let observations: Vec<Observation> = values.iter().map(|v| v.observation.clone()).collect();
    let painting = paint(&indicator.indicator, &observations, options)
        .map_err(|e| Problem::parameter("method", options.classify.method.as_str(), e.to_string()))?;
    Ok((values, painting))
}

/// A choropleth: `.geojson`, or `.csv`.
#[utoipa::path(get, path = "/v1/choropleth/{layer}/{indicator}", tag = "choropleth",
    params(("layer" = String, Path, description = "`lad`, `icb@2022`"),
        ("indicator" = String, Path, description = "`stroke-admissions.geojson`, `stroke-admissions.csv`"),
        ("period" = Option<String>, Query, description = "One of the indicator's periods; the latest when not given"),
        ("method" = Option<String>, Query, description = "quantile (default), equal, jenks, std, headtail, pretty, manual"),
        ("classes" = Option<usize>, Query, description = "How many classes, 5 when not given"),
        ("breaks" = Option<String>, Query, description = "Upper bounds for `method=manual`"),
        ("palette" = Option<String>, Query, description = "A ColorBrewer or viridis palette")),
    responses((status = 200, description = "Areas with value, class and fill; legend"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn map(
    State(state): State<AppState>,
    Path((layer, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (id, format) = layers::split_suffix(&file);
    let format = format.unwrap_or_default().to_owned();
    if !matches!(format.as_str(), "geojson" | "csv") {
        let message =
            format!("no choropleth as `{format}`: there are geojson, csv, /legend.json, /values.json");
        return Err(Problem::not_found(message));
    }
    answer_as(&state, layer, id.to_owned(), query, format).await
}

/// A part of a choropleth: the legend alone, or the values without shapes.
#[utoipa::path(get, path = "/v1/choropleth/{layer}/{indicator}/{part}", tag = "choropleth",
    params(("layer" = String, Path, description = "`lad`, `icb@2022`"),
        ("indicator" = String, Path, description = "`stroke-admissions`"),
        ("part" = String, Path, description = "`legend.json` or `values.json`")),
    responses((status = 200, description = "The part"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn part(
    State(state): State<AppState>,
    Path((layer, indicator, part)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    if !matches!(part.as_str(), "legend.json" | "values.json") {
        return Err(Problem::not_found(format!("no `{part}`: there are legend.json, values.json")));
    }
    answer_as(&state, layer, indicator, query, part).await
}

async fn answer_as(
    state: &AppState,
    layer: String,
    indicator: String,
    query: Option<String>,
    form: String,
) -> Answer {
    let mut read = Parameters::parse(query.as_deref(), &[&PARAMETERS[..], &indicators::CHOICE].concat());
    let options = paint_options(&mut read);
    let values = indicators::value_options(&mut read);
    answer::off_thread(state, move |served| {
        let layer = layers::find(served, &layer)?;
        let indicator = indicators::find(served, &indicator)?;
        let series = indicators::chosen(&mut read, indicator)?;
        write(served, layer, indicator, series, &values, &options, &form)
    })
    .await
}

fn write(
    served: &Served,
    layer: &AtlasLayer,
    indicator: &AtlasIndicator,
    series: SeriesRef<'_>,
    values: &ValueOptions,
    options: &PaintOptions,
    form: &str,
) -> Result<Response, Problem> {
    let period = series.period_label();
    let (values, painting) = painted(served, layer, indicator, series, values, options)?;
    let with_flag = |flag| values.iter().filter(|v| v.observation.flag == Some(flag)).count();
    let made = |method| values.iter().filter(|v| v.observation.value.is_some() && v.method == method).count();
    let matched = Matched {
        areas: values.len(),
        with_value: values.iter().filter(|v| v.observation.value.is_some()).count(),
        published: made(Made::Published),
        recoded: made(Made::Recoded),
        aggregated: made(Made::Aggregated),
        apportioned: made(Made::Apportioned),
        inherited: made(Made::Inherited),
        estimated: with_flag(Flag::Estimated),
        missing: with_flag(Flag::Missing),
        suppressed: with_flag(Flag::Suppressed),
        low_coverage: with_flag(Flag::LowCoverage),
        not_aggregable: with_flag(Flag::NotAggregable),
    };
    let attribution = served.atlas.attribution(layer).join(". ");
    let about = About {
        layer: layer.entry.id.kind.as_str(),
        vintage: layer.vintage().as_str(),
        indicator: &indicator.indicator,
        period: &period,
        matched,
        attribution: &attribution,
        licence: &indicator.indicator.licence,
    };
    let geometries = if form == "geojson" { layer.geometries() } else { &[] };
    let areas: Vec<RenderArea> = layer
        .areas()
        .iter()
        .zip(&values)
        .enumerate()
        .map(|(i, (area, value))| RenderArea {
            code: area.code.as_str(),
            name: &area.name,
            observation: &value.observation,
            geometry: geometries.get(i).map(AsRef::as_ref).unwrap_or_default(),
        })
        .collect();
    let internal = |e: render::RenderError| Problem::internal(&e);
    match form {
        "geojson" => {
            let body = render::geojson(&about, &painting, &areas).map_err(internal)?;
            Ok(bytes("application/geo+json", body))
        }
        "csv" => Ok(bytes("text/csv; charset=utf-8", render::csv(&painting, &areas).map_err(internal)?)),
        "values.json" => {
            let body = render::values_json(&about, &painting, &areas).map_err(internal)?;
            Ok(bytes("application/json", body))
        }
        _ => answer::json(&json!({
            "layer": about.layer, "vintage": about.vintage, "indicator": indicator.indicator.id,
            "period": period, "legend": painting.legend
        })),
    }
}
