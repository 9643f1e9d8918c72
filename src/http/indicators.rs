//! `/v1/indicators`: what is measured, and the values.

use axum::extract::{Path, RawQuery, State};
use serde_json::{Value, json};

use super::answer::{self, Answer, bytes};
use super::layers;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::{IndicatorId, LayerRef};
use crate::atlas::{Atlas, AtlasIndicator};

/// The indicator named in a path, or 404 with what there is.
pub(super) fn find<'a>(served: &'a Served, name: &str) -> Result<&'a AtlasIndicator, Problem> {
    let id: IndicatorId = name.parse().map_err(|e: String| Problem::parameter("indicator", name, e))?;
    served.atlas.indicator(&id).ok_or_else(|| {
        let known: Vec<&str> = served.atlas.indicators().iter().map(|i| i.indicator.id.as_str()).collect();
        Problem::not_found(format!("there is no indicator `{name}`; there are {}", known.join(", ")))
    })
}

/// Checks `period` against the periods an indicator has.
pub(super) fn check_period(read: &mut Parameters, indicator: &AtlasIndicator) {
    if let Some(period) = read.text("period").map(str::to_owned)
        && period != indicator.period
    {
        read.fault("period", &period, format!("this indicator has: {}", indicator.period));
    }
}

fn described(atlas: &Atlas, indicator: &AtlasIndicator) -> Result<Value, Problem> {
    let mut value = serde_json::to_value(&indicator.indicator).map_err(|e| Problem::internal(&e))?;
    if let Value::Object(map) = &mut value {
        let layers: Vec<String> = atlas.layers().iter().map(|l| l.entry.id.to_string()).collect();
        map.insert("periods".into(), json!([indicator.period]));
        map.insert("layers".into(), layers.into());
    }
    Ok(value)
}

/// All indicators.
#[utoipa::path(get, path = "/v1/indicators", tag = "indicators", responses((status = 200, description = "The catalogue")))]
pub async fn list(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    Parameters::parse(query.as_deref(), &[]).finish()?;
    let served = state.served();
    let results: Vec<Value> =
        served.atlas.indicators().iter().map(|i| described(&served.atlas, i)).collect::<Result<_, _>>()?;
    answer::json(&json!({"count": results.len(), "results": results}))
}

/// One indicator: title, unit, polarity, kind, capital, horizon, source, licence, periods, layers.
#[utoipa::path(get, path = "/v1/indicators/{id}", tag = "indicators",
    params(("id" = String, Path, description = "`stroke-admissions`")),
    responses((status = 200, description = "What it is"), (status = 404, body = Problem)))]
pub async fn one(State(state): State<AppState>, Path(id): Path<String>, RawQuery(query): RawQuery) -> Answer {
    Parameters::parse(query.as_deref(), &[]).finish()?;
    let served = state.served();
    answer::json(&described(&served.atlas, find(&served, &id)?)?)
}

/// The values of an indicator in a layer: `values`, or `values.csv`.
#[utoipa::path(get, path = "/v1/indicators/{id}/{values}", tag = "indicators",
    params(("id" = String, Path, description = "`stroke-admissions`"),
        ("values" = String, Path, description = "`values` or `values.csv`"),
        ("layer" = Option<String>, Query, description = "`lad` when not given"),
        ("period" = Option<String>, Query, description = "One of the indicator's periods; the latest when not given")),
    responses((status = 200, description = "Values with limits, count, denominator, flag, method"), (status = 404, body = Problem)))]
pub async fn values(
    State(state): State<AppState>,
    Path((id, form)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    if !matches!(form.as_str(), "values" | "values.csv") {
        return Err(Problem::not_found(format!("there is nothing at /v1/indicators/{id}/{form}")));
    }
    let mut read = Parameters::parse(query.as_deref(), &["layer", "period"]);
    let asked: Option<LayerRef> = read.value("layer");
    let served = state.served();
    let indicator = find(&served, &id)?;
    check_period(&mut read, indicator);
    read.finish()?;
    let name = asked.map_or_else(|| "lad".to_owned(), |l| l.to_string());
    let layer = layers::find(&served, &name)?;
    let values = served.atlas.values(indicator, layer);
    let rows = layer.areas().iter().zip(&values);
    if form == "values.csv" {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let internal = |e: csv::Error| Problem::internal(&e);
        let header =
            ["code", "name", "period", "value", "lower", "upper", "count", "denominator", "flag", "method"];
        writer.write_record(header).map_err(internal)?;
        for (area, value) in rows {
            let number = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
            let word = |v: Result<Value, _>| match v {
                Ok(Value::String(text)) => text,
                Ok(_) | Err::<_, serde_json::Error>(_) => String::new(),
            };
            let o = &value.observation;
            let row = [
                area.code.to_string(),
                area.name.clone(),
                indicator.period.clone(),
                number(o.value),
                number(o.lower),
                number(o.upper),
                number(o.count),
                number(o.denominator),
                word(serde_json::to_value(o.flag)),
                word(serde_json::to_value(value.method)),
            ];
            writer.write_record(&row).map_err(internal)?;
        }
        let table = writer.into_inner().map_err(|e| Problem::internal(&e))?;
        return Ok(bytes("text/csv; charset=utf-8", table));
    }
    let results: Vec<Value> = rows
        .map(|(area, value)| {
            let o = &value.observation;
            json!({"code": area.code, "name": area.name, "value": o.value, "lower": o.lower, "upper": o.upper,
                "count": o.count, "denominator": o.denominator, "flag": o.flag, "method": value.method,
                "coverage": value.coverage})
        })
        .collect();
    answer::json(&json!({
        "indicator": indicator.indicator.id, "layer": layer.entry.id.kind, "vintage": layer.vintage(),
        "period": indicator.period, "unit": indicator.indicator.unit, "source": indicator.indicator.source,
        "licence": indicator.indicator.licence, "attribution": served.atlas.attribution(layer),
        "count": results.len(), "results": results
    }))
}
