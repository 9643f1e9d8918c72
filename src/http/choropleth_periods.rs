//! A choropleth of all periods at once (`period=all`): one set of classes, a list of values for each area.

use axum::response::Response;
use serde_json::{Map, json};

use super::answer::{self, bytes};
use super::choropleth::{ALL_PERIODS, Asked, Matched, painted_values};
use super::problem::Problem;
use super::state::Served;
use crate::area::Observation;
use crate::atlas::{AreaValue, AtlasIndicator, AtlasLayer, SeriesRef, ValueOptions, give_limits};
use crate::choropleth::periods::{self, PeriodArea};
use crate::choropleth::render::{About, RenderError};

/// Writes the answer.
pub(super) fn write(
    served: &Served,
    layer: &AtlasLayer,
    indicator: &AtlasIndicator,
    every: &[SeriesRef<'_>],
    options: &ValueOptions,
    asked: &Asked,
) -> Result<Response, Problem> {
    let one_only = |what: &str| {
        Err(Problem::parameter("period", ALL_PERIODS, format!("{what} shows one period: name which")))
    };
    match asked.form.as_str() {
        "svg" | "png" | "legend.svg" => return one_only("a picture"),
        "values.json" if asked.is_compact => return one_only("the compact form"),
        _ if asked.second.is_some() => return one_only("a map of two measures"),
        _ => {}
    }
    let labels: Vec<String> = every.iter().map(|series| series.period_label()).collect();
    // Period by period, in each of them area by area: classes are made of all of them together.
    let all: Vec<AreaValue> =
        every.iter().flat_map(|series| served.atlas.values(indicator, *series, layer, options)).collect();
    let (mut all, painting) = painted_values(indicator, all, &asked.options)?;
    if asked.shows_limits() {
        give_limits(&indicator.indicator, &mut all);
    }
    let per_period = layer.areas().len();
    let has_shapes = matches!(asked.form.as_str(), "geojson" | "topojson");
    let mut more = if has_shapes { asked.detail.members() } else { Map::new() };
    more.insert("periods".into(), json!(labels));
    let attribution = served.atlas.attribution(layer).join(". ");
    let about = About {
        layer: layer.entry.id.kind.as_str(),
        vintage: layer.vintage().as_str(),
        indicator: &indicator.indicator,
        period: ALL_PERIODS,
        matched: all.chunks(per_period.max(1)).map(Matched::of).collect::<Vec<_>>(),
        attribution: &attribution,
        licence: &indicator.indicator.licence,
        more,
    };
    if asked.form == "legend.json" {
        return answer::json(&json!({
            "layer": about.layer, "vintage": about.vintage, "indicator": indicator.indicator.id,
            "period": ALL_PERIODS, "periods": labels, "legend": painting.legend
        }));
    }
    let chosen = asked.detail.areas(layer);
    let ready = asked.detail.ready(&served.atlas, layer, &asked.form);
    let of_area = |(place, &number): (usize, &u32)| {
        let area = &layer.areas()[number as usize];
        let each = (0..every.len()).map(|period| period * per_period + number as usize);
        let observations: Vec<&Observation> = each.clone().map(|i| &all[i].observation).collect();
        PeriodArea {
            code: area.code.as_str(),
            name: &area.name,
            observations,
            drawn: each.map(|i| painting.drawn[i]).collect(),
            geometry: ready.geometry(place),
        }
    };
    let areas: Vec<PeriodArea> = chosen.iter().enumerate().map(of_area).collect();
    let internal = |e: RenderError| Problem::internal(&e);
    let fields = asked.fields.as_deref();
    Ok(match (asked.form.as_str(), &ready.shapes) {
        ("topojson", Some(shapes)) => {
            let grid = shapes.grid_degrees();
            let text = periods::topojson(&about, &painting, &areas, &shapes.coverage, grid, fields);
            bytes("application/json", text.map_err(internal)?)
        }
        ("csv", _) => bytes(
            "text/csv; charset=utf-8",
            periods::csv(&painting, &areas, &labels, fields).map_err(internal)?,
        ),
        ("values.json", _) => {
            let body = periods::values_json(&about, &painting, &areas, every.len());
            bytes("application/json", body.map_err(internal)?)
        }
        _ => {
            let body = periods::geojson(&about, &painting, &areas, fields).map_err(internal)?;
            bytes("application/geo+json", body)
        }
    })
}
