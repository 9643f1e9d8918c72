//! `/v1/preview`: what a table would become, told and drawn without keeping anything.

use std::io::Cursor;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::answer::{self, Answer};
use super::choropleth::{Matched, PAINT, asks_over_periods, paint_options, painted, painted_over_periods};
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use super::{imports, indicators, layers};
use crate::area::Period;
use crate::atlas::{AtlasIndicator, AtlasLayer, SeriesRef, ValueOptions, give_limits};
use crate::choropleth::PaintOptions;
use crate::choropleth::render::{self, About, RenderArea};
use crate::indicator::import::{ImportOptions, import};
use crate::indicator::report::Report;
use crate::indicator::store::Store;

/// The largest table that is read, in bytes: four times the largest of ONS Explore Local Statistics.
pub const BODY_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// Tables that are read at the same time. Anybody may send one, and each takes memory of some times its size.
const AT_ONCE: usize = 4;
static ROOM: Semaphore = Semaphore::const_new(AT_ONCE);

/// The parameters that say how the table is read; the rest say what of it is drawn.
const READING: [&str; 7] = ["format", "file", "title", "unit", "kind", "polarity", "licence"];

/// Reads and matches a table without keeping it: the body is the CSV, the answer the match report of an import, the
/// indicators of the table, and the values of one of them as `values.json` of a choropleth gives them. Needs no token,
/// stores nothing, and changes nothing that others see.
///
/// `period` is that of a table that has none, and the one that is drawn of a table that has several.
#[utoipa::path(post, path = "/v1/preview", tag = "imports",
    params(("layer" = Option<String>, Query, description = "The layer drawn; the one of the table when not given"),
        ("indicator" = Option<String>, Query, description = "The id of an indicator of the table; the one with most rows when not given"),
        ("period" = Option<String>, Query, description = "The period drawn, the latest when not given; for a table without periods, its period"),
        ("sex" = Option<String>, Query), ("age" = Option<String>, Query),
        ("min_coverage" = Option<f64>, Query), ("aggregate" = Option<String>, Query),
        ("method" = Option<String>, Query, description = "quantile (default), equal, jenks, std, headtail, pretty, manual, benchmark"),
        ("classes" = Option<usize>, Query), ("breaks" = Option<String>, Query), ("palette" = Option<String>, Query),
        ("benchmark" = Option<f64>, Query),
        ("over" = Option<String>, Query, description = "`periods` makes the classes of the values of all periods"),
        ("format" = Option<String>, Query, description = "auto (default), fingertips, els, nomis, tidy"),
        ("file" = Option<String>, Query, description = "What the report calls the table"),
        ("title" = Option<String>, Query, description = "Title of the indicator, for a table that has none"),
        ("unit" = Option<String>, Query), ("kind" = Option<String>, Query),
        ("polarity" = Option<String>, Query), ("licence" = Option<String>, Query)),
    request_body(content = String, content_type = "text/csv", description = "The table, at most 16 MB"),
    responses((status = 200, description = "`files`: the match report; `indicators`; `indicator`, `layer` and `values` of what is drawn, null where no code leads to a layer"),
        (status = 400, body = Problem), (status = 404, body = Problem, description = "No such layer, or no such indicator in the table"), (status = 413, body = Problem)))]
pub async fn preview(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let allowed: Vec<&str> = READING
        .into_iter()
        .chain(indicators::CHOICE)
        .chain(PAINT)
        .chain(["layer", "indicator", "over"])
        .collect();
    let mut read = Parameters::parse(query.as_deref(), &allowed);
    // A period that the table itself names may be written in any way; only those that can be given to rows are.
    let period = read.text("period").and_then(|p| p.parse::<Period>().ok());
    let asked = Asked {
        name: read.text("file").unwrap_or("table.csv").to_owned(),
        reading: ImportOptions { period, ..imports::options(&mut read) },
        paint: paint_options(&mut read),
        over_periods: asks_over_periods(&mut read),
        values: indicators::value_options(&mut read),
        layer: read.text("layer").map(str::to_owned),
        indicator: read.text("indicator").map(str::to_owned),
    };
    read.finish()?;
    let body = body.map_err(|refused| Problem::new(refused.status(), refused.body_text()))?;
    let _place = ROOM.acquire().await.map_err(|e| Problem::internal(&e))?;
    answer::off_thread(&state, move |served| {
        let mut store = Store::in_memory().map_err(|e| Problem::internal(&e))?;
        let gazetteer = served.atlas.gazetteer();
        let report = import(Some(&mut store), &gazetteer, &asked.name, Cursor::new(body), &asked.reading)
            .map_err(imports::refused)?;
        let published = store.published().map_err(|e| Problem::internal(&e))?;
        let view = served.followed_by(served.atlas.with_published(published));
        told(&view, &mut read, &report, &asked)
    })
    .await
}

struct Asked {
    name: String,
    reading: ImportOptions,
    paint: PaintOptions,
    over_periods: bool,
    values: ValueOptions,
    layer: Option<String>,
    indicator: Option<String>,
}

fn told(view: &Served, read: &mut Parameters, report: &Report, asked: &Asked) -> Answer {
    let of_table: Vec<&AtlasIndicator> = view
        .atlas
        .indicators()
        .iter()
        .filter(|i| report.indicators.iter().any(|r| r.id == i.indicator.id.as_str()))
        .collect();
    let described: Vec<Value> =
        of_table.iter().map(|i| indicators::described(&view.atlas, i)).collect::<Result<_, _>>()?;
    let most_rows = report.indicators.iter().rev().max_by_key(|i| i.rows).map(|i| i.id.clone());
    let indicator = match asked.indicator.clone().or(most_rows) {
        None => None,
        Some(id) => Some(of_table.iter().find(|i| i.indicator.id.as_str() == id).ok_or_else(|| {
            let known: Vec<&str> = of_table.iter().map(|i| i.indicator.id.as_str()).collect();
            Problem::not_found(format!("the table has no indicator `{id}`; it has {}", known.join(", ")))
        })?),
    };
    let layer = asked.layer.as_ref().or(report.layer.as_ref());
    let layer = layer.map(|name| layers::find(view, name)).transpose()?;
    // An indicator of which no row was kept has no series.
    let drawn = match (indicator, layer) {
        (Some(indicator), Some(layer)) if indicator.series().next().is_some() => {
            let series = indicators::chosen(read, indicator)?;
            Some(values(view, layer, indicator, series, asked)?)
        }
        _ => None,
    };
    answer::json(&json!({
        "files": [report.shown()], "stored": false, "indicators": described,
        "indicator": indicator.map(|i| &i.indicator.id), "layer": layer.map(|l| l.entry.id.to_string()),
        "values": drawn
    }))
}

/// The values of the indicator on a layer, as `values.json` has them.
fn values(
    view: &Served,
    layer: &AtlasLayer,
    indicator: &AtlasIndicator,
    series: SeriesRef<'_>,
    asked: &Asked,
) -> Result<Value, Problem> {
    let painter = if asked.over_periods { painted_over_periods } else { painted };
    let (mut values, painting) = painter(view, layer, indicator, series, &asked.values, &asked.paint)?;
    give_limits(&indicator.indicator, &mut values);
    let attribution = view.atlas.attribution(layer).join(". ");
    let period = series.period_label();
    let about = About {
        layer: layer.entry.id.kind.as_str(),
        vintage: layer.vintage().as_str(),
        indicator: &indicator.indicator,
        period: &period,
        matched: Matched::of(&values),
        attribution: &attribution,
        licence: &indicator.indicator.licence,
        more: serde_json::Map::new(),
    };
    let rows: Vec<RenderArea> = layer
        .areas()
        .iter()
        .zip(&values)
        .map(|(area, value)| RenderArea {
            code: area.code.as_str(),
            name: &area.name,
            observation: &value.observation,
            second: None,
            geometry: &[],
        })
        .collect();
    let body = render::values_json(&about, &painting, &rows).map_err(|e| Problem::internal(&e))?;
    serde_json::from_slice(&body).map_err(|e| Problem::internal(&e))
}
