//! `/v1/areas/{code}/profile` and `/similar`: an area among others, by all that is measured.

use axum::extract::{Path, RawQuery, State};
use serde_json::{Map, Value, json};

use super::answer::{self, Answer, rounded};
use super::areas::{asked_layer, find};
use super::layers::properties;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::{Flag, IndicatorId, IndicatorKind, LayerRef, Observation, Polarity};
use crate::atlas::{AreaValue, AtlasIndicator, AtlasLayer, Found, ValueOptions};
use crate::indicator::benchmark::compare;
use crate::indicator::limits::with_limits;
use crate::query::{Standings, parents, similar};

/// The latest value of every indicator for an area: its rank and decile among the areas of its layer, the country it is
/// compared with, and the areas it lies in; the spread of the values of its layer; the value in every period.
///
/// Where a publisher gives no 95 % limits, rates and proportions get those that their counts allow (Byar's, Wilson's).
#[utoipa::path(get, path = "/v1/areas/{code}/profile", tag = "areas",
    params(("code" = String, Path, description = "`E08000035`"),
        ("layer" = Option<String>, Query, description = "Where a code stands in several layers: which is meant")),
    responses((status = 200, description = "A row for each indicator. Rank 1 is the highest value, decile 1 the lowest tenth"), (status = 404, body = Problem)))]
pub async fn profile(
    State(state): State<AppState>,
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let layer = asked_layer(query.as_deref())?;
    answer::off_thread(&state, move |served| {
        let found = find(served, &code, layer.as_ref())?;
        let around = parents(&served.atlas, found.layer, found.number);
        let rows: Vec<Value> = (0..served.atlas.indicators().len())
            .map(|indicator| profile_row(served, &found, &around, indicator))
            .collect();
        let mut answer = properties(found.layer, found.area());
        answer.insert("status".into(), json!(found.status));
        answer.insert("population".into(), found.area().residents.into());
        answer.insert("count".into(), rows.len().into());
        answer.insert("results".into(), rows.into());
        answer.insert("attribution".into(), served.atlas.attribution(found.layer).into());
        answer.insert("licence".into(), found.layer.entry.licence.clone().into());
        answer::json(&answer)
    })
    .await
}

/// The observations of an area in every period, with limits where they can be had; the last is the latest.
fn observations(
    served: &Served,
    indicator: &AtlasIndicator,
    layer: &AtlasLayer,
    area: u32,
) -> Vec<(String, AreaValue)> {
    let options = ValueOptions::default();
    let series = indicator.trend().into_iter();
    series
        .map(|series| {
            let mut value = served.atlas.value(indicator, series, layer, area, &options);
            value.observation = with_limits(&value.observation, &indicator.indicator);
            (series.period_label(), value)
        })
        .collect()
}

fn profile_row(served: &Served, found: &Found, around: &[(&AtlasLayer, u32)], indicator: usize) -> Value {
    let about = &served.atlas.indicators()[indicator];
    let standings = |layer: &AtlasLayer| served.standings(indicator, served.place_of(layer));
    let here = standings(found.layer);
    let standing = here.standing(found.number);
    let mut observations = observations(served, about, found.layer, found.number);
    let trend: Vec<Value> = observations
        .iter()
        .map(|(period, value)| {
            let o = &value.observation;
            json!({"period": period, "value": o.value, "lower": o.lower, "upper": o.upper, "flag": o.flag})
        })
        .collect();
    // An indicator without a series has no values.
    let (period, AreaValue { observation, method, .. }) =
        observations.pop().unwrap_or_else(|| (String::new(), AreaValue::none(Flag::Missing)));
    let mut compared = Map::new();
    for (layer, parent) in around {
        if let Some(value) = standings(layer).value(*parent) {
            let mut row = properties(layer, &layer.areas()[*parent as usize]);
            row.insert("value".into(), value.into());
            compare_with(&mut row, about.indicator.polarity, &observation, value);
            compared.insert(layer.entry.id.kind.to_string(), row.into());
        }
    }
    let country = compared.get("ctry").cloned();
    json!({
        "indicator": about.indicator.id, "title": about.indicator.title, "unit": about.indicator.unit,
        "kind": about.indicator.kind, "polarity": about.indicator.polarity, "decimals": about.indicator.decimals,
        "capital": about.indicator.capital, "horizon": about.indicator.horizon,
        "period": period, "value": observation.value, "lower": observation.lower, "upper": observation.upper,
        "count": observation.count, "denominator": observation.denominator, "flag": observation.flag,
        "method": method, "rank": standing.map(|s| s.rank), "rank_of": standing.map(|s| s.of),
        "decile": standing.map(|s| s.decile), "spread": here.spread_of_values(), "trend": trend,
        "country": country, "parents": compared,
        "source": about.indicator.source, "licence": about.indicator.licence
    })
}

/// How far a value is from another, and whether that is better where the limits allow to say so.
fn compare_with(row: &mut Map<String, Value>, polarity: Polarity, here: &Observation, there: f64) {
    if let Some(value) = here.value {
        row.insert("difference".into(), rounded(value - there).into());
        if there != 0.0 {
            row.insert("ratio".into(), rounded(value / there).into());
        }
        row.insert("outcome".into(), json!(compare(here, there, polarity)));
    }
}

/// Statistical neighbours: the areas of the same layer that are most like one, by the values of chosen indicators, each
/// as standard deviations from the mean and kept within five of them.
#[utoipa::path(get, path = "/v1/areas/{code}/similar", tag = "areas",
    params(("code" = String, Path, description = "`E08000035`"),
        ("indicators" = Option<String>, Query, description = "Ids with commas; all that are not counts and have a value here when not given"),
        ("limit" = Option<usize>, Query, description = "At most so many, 1 to 100; 10 when not given"),
        ("layer" = Option<String>, Query, description = "Where a code stands in several layers: which is meant")),
    responses((status = 200, description = "Areas by `distance` in standard deviations, nearest first"), (status = 404, body = Problem)))]
pub async fn similar_to(
    State(state): State<AppState>,
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let mut read = Parameters::parse(query.as_deref(), &["indicators", "limit", "layer"]);
    let layer: Option<LayerRef> = read.value("layer");
    let limit = read.value::<usize>("limit").unwrap_or(10);
    if !(1..=100).contains(&limit) {
        read.fault("limit", &limit.to_string(), "between 1 and 100");
    }
    let asked = read.text("indicators").map(str::to_owned);
    answer::off_thread(&state, move |served| {
        let found = find(served, &code, layer.as_ref())?;
        let chosen = chosen(&mut read, served, &found, asked.as_deref());
        read.finish()?;
        if chosen.is_empty() {
            let words = format!("no indicator has a value for {}", found.area().code);
            return Err(Problem::not_found(words));
        }
        let place = served.place_of(found.layer);
        let standings: Vec<&Standings> = chosen.iter().map(|&i| served.standings(i, place)).collect();
        let rows: Vec<Value> = similar(&standings, found.number, limit)
            .into_iter()
            .map(|other| {
                let mut row = properties(found.layer, &found.layer.areas()[other.area as usize]);
                row.insert("distance".into(), rounded(other.distance).into());
                row.into()
            })
            .collect();
        let ids: Vec<&str> =
            chosen.iter().map(|&i| served.atlas.indicators()[i].indicator.id.as_str()).collect();
        let mut answer = properties(found.layer, found.area());
        answer.insert("indicators".into(), ids.into());
        answer.insert("count".into(), rows.len().into());
        answer.insert("results".into(), rows.into());
        answer.insert("attribution".into(), served.atlas.attribution(found.layer).into());
        answer.insert("licence".into(), found.layer.entry.licence.clone().into());
        answer::json(&answer)
    })
    .await
}

/// The places of the indicators to go by.
fn chosen(read: &mut Parameters, served: &Served, found: &Found, asked: Option<&str>) -> Vec<usize> {
    let indicators = served.atlas.indicators();
    let place = served.place_of(found.layer);
    let has_value = |i: usize| served.standings(i, place).value(found.number).is_some();
    let Some(asked) = asked else {
        // Counts say how large an area is, not what it is like; an index says again what its indicators say.
        let fits = |i: &usize| {
            let about = &indicators[*i];
            about.indicator.kind != IndicatorKind::Count && !about.is_computed() && has_value(*i)
        };
        return (0..indicators.len()).filter(fits).collect();
    };
    let mut chosen: Vec<usize> = Vec::new();
    for name in asked.split(',').map(str::trim) {
        let id = name.parse::<IndicatorId>();
        match id.map(|id| indicators.iter().position(|i| i.indicator.id == id)) {
            Ok(Some(i)) if chosen.contains(&i) => read.fault("indicators", name, "given twice"),
            Ok(Some(i)) if has_value(i) => chosen.push(i),
            Ok(Some(_)) => read.fault("indicators", name, format!("has no value for {}", found.area().code)),
            Ok(None) => {
                read.fault("indicators", name, "there is no such indicator; /v1/indicators lists them");
            }
            Err(error) => read.fault("indicators", name, error),
        }
    }
    chosen
}
