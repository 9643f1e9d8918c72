//! `/v1/indicators`: what is measured, and the values.

use axum::extract::{Path, RawQuery, State};
use serde_json::{Value, json};

use super::answer::{self, Answer, bytes};
use super::layers;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::{Flag, IndicatorId, LayerRef};
use crate::atlas::{Atlas, AtlasIndicator, SeriesRef, ValueOptions, give_limits};

/// The indicator named in a path, or 404 with what there is.
pub(super) fn find<'a>(served: &'a Served, name: &str) -> Result<&'a AtlasIndicator, Problem> {
    let id: IndicatorId = name.parse().map_err(|e: String| Problem::parameter("indicator", name, e))?;
    served.atlas.indicator(&id).ok_or_else(|| {
        let known: Vec<&str> = served.atlas.indicators().iter().map(|i| i.indicator.id.as_str()).collect();
        Problem::not_found(format!("there is no indicator `{name}`; there are {}", known.join(", ")))
    })
}

/// The parameters that say which values are meant and how they are put together.
pub(super) const CHOICE: [&str; 5] = ["period", "sex", "age", "min_coverage", "aggregate"];

/// The series that `period`, `sex` and `age` ask for.
pub(super) fn chosen<'a>(
    read: &mut Parameters,
    indicator: &'a AtlasIndicator,
) -> Result<SeriesRef<'a>, Problem> {
    let asked = |name| read.text(name).filter(|text| !text.is_empty());
    match indicator.choose(asked("period"), asked("sex"), asked("age")) {
        Ok(series) => {
            read.finish()?;
            Ok(series)
        }
        Err(fault) => {
            read.fault(fault.parameter, &fault.value, fault.message);
            read.finish()?;
            Err(Problem::not_found("this indicator has no values"))
        }
    }
}

/// The series of every period that `sex` and `age` ask for, earliest first; those of the latest when nothing is said.
pub(super) fn every_period<'a>(
    read: &mut Parameters,
    indicator: &'a AtlasIndicator,
) -> Result<Vec<SeriesRef<'a>>, Problem> {
    let asked = |name| read.text(name).filter(|text| !text.is_empty());
    let latest = match indicator.choose(None, asked("sex"), asked("age")) {
        Ok(latest) => latest,
        Err(fault) => {
            read.fault(fault.parameter, &fault.value, fault.message);
            read.finish()?;
            return Err(Problem::not_found("this indicator has no values"));
        }
    };
    read.finish()?;
    Ok(indicator.every_period(latest))
}

/// How values are to be put together.
pub(super) fn value_options(read: &mut Parameters) -> ValueOptions {
    let mut options = ValueOptions::default();
    if let Some(floor) = read.number("min_coverage") {
        if (0.0..=1.0).contains(&floor) {
            options.coverage_floor = floor;
        } else {
            read.fault("min_coverage", &floor.to_string(), "a share between 0 and 1");
        }
    }
    match read.text("aggregate").map(str::to_owned).as_deref() {
        None | Some("value") => {}
        Some("range") => options.range = true,
        Some(other) => read.fault("aggregate", other, "`value`, or `range` for the range of an area's parts"),
    }
    options
}

/// An indicator as the catalogue lists it.
pub(super) fn described(atlas: &Atlas, indicator: &AtlasIndicator) -> Result<Value, Problem> {
    let mut value = serde_json::to_value(&indicator.indicator).map_err(|e| Problem::internal(&e))?;
    if let Value::Object(map) = &mut value {
        let layers: Vec<String> = atlas.layers().iter().map(|l| l.entry.id.to_string()).collect();
        map.insert("periods".into(), indicator.periods().into());
        map.insert("sexes".into(), indicator.sexes().into());
        map.insert("ages".into(), indicator.ages().into());
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
        ("period" = Option<String>, Query, description = "One of the indicator's periods; the latest when not given"),
        ("sex" = Option<String>, Query, description = "One of the indicator's sexes"),
        ("age" = Option<String>, Query, description = "One of the indicator's ages"),
        ("min_coverage" = Option<f64>, Query, description = "The share of an area's residents who must live in a part with a value; 0.9 when not given"),
        ("aggregate" = Option<String>, Query, description = "`range` gives the smallest and largest value of an area's parts where the measure cannot be aggregated")),
    responses((status = 200, description = "Values with limits, count, denominator, flag, method"), (status = 404, body = Problem)))]
pub async fn values(
    State(state): State<AppState>,
    Path((id, form)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    if !matches!(form.as_str(), "values" | "values.csv") {
        return Err(Problem::not_found(format!("there is nothing at /v1/indicators/{id}/{form}")));
    }
    let mut read = Parameters::parse(query.as_deref(), &[&["layer"][..], &CHOICE].concat());
    let asked: Option<LayerRef> = read.value("layer");
    let options = value_options(&mut read);
    let served = state.served();
    let indicator = find(&served, &id)?;
    let series = chosen(&mut read, indicator)?;
    let name = asked.map_or_else(|| "lad".to_owned(), |l| l.to_string());
    let layer = layers::find(&served, &name)?;
    let mut values = served.atlas.values(indicator, series, layer, &options);
    give_limits(&indicator.indicator, &mut values);
    let rows = layer.areas().iter().zip(&values);
    if form == "values.csv" {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let internal = |e: csv::Error| Problem::internal(&e);
        let header =
            ["code", "name", "period", "value", "lower", "upper", "count", "denominator", "flag", "method"];
        writer.write_record(header).map_err(internal)?;
        for (area, value) in rows {
            let number = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
            let o = &value.observation;
            let row = [
                area.code.to_string(),
                area.name.to_string(),
                series.period_label(),
                number(o.value()),
                number(o.lower()),
                number(o.upper()),
                number(o.count()),
                number(o.denominator()),
                o.flag.map_or("", Flag::as_str).to_owned(),
                value.method.as_str().to_owned(),
            ];
            writer.write_record(&row).map_err(internal)?;
        }
        let table = writer.into_inner().map_err(|e| Problem::internal(&e))?;
        return Ok(bytes("text/csv; charset=utf-8", table));
    }
    let results: Vec<Value> = rows
        .map(|(area, value)| {
            let o = &value.observation;
            json!({"code": area.code, "name": area.name, "value": o.value(), "lower": o.lower(), "upper": o.upper(),
                "count": o.count(), "denominator": o.denominator(), "flag": o.flag, "method": value.method,
                "coverage": value.coverage(), "range": value.range()})
        })
        .collect();
    answer::json(&json!({
        "indicator": indicator.indicator.id, "layer": layer.entry.id.kind, "vintage": layer.vintage(),
        "period": series.period_label(), "sex": series.sex(), "age": series.age(), "unit": indicator.indicator.unit, "source": indicator.indicator.source,
        "licence": indicator.indicator.licence, "attribution": served.atlas.attribution(layer),
        "count": results.len(), "results": results
    }))
}
