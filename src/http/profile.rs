//! `/v1/areas/{code}/profile` and `/similar`: an area among others, by all that is measured.

use axum::extract::{Path, RawQuery, State};
use serde::{Serialize, Serializer};

use super::answer::{self, Answer, rounded};
use super::areas::{about, asked_layer};
use super::layers::Named;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::{Capital, Flag, Horizon, IndicatorId, IndicatorKind, LayerRef, Observation, Polarity};
use crate::atlas::{AreaValue, AtlasIndicator, AtlasLayer, Found, Method, Status, ValueOptions};
use crate::indicator::benchmark::{Outcome, compare};
use crate::indicator::limits::with_limits;
use crate::query::{Spread, Standings, parents, similar};

/// The latest value of every indicator for an area: its rank and decile among the areas of its layer, the country it is
/// compared with, and the areas it lies in, which are named once before the rows; the spread of the values of its layer; the
/// value in every period.
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
    about(&state, code, layer, |served, found| {
        let around = parents(&served.atlas, found.layer, found.number);
        let results: Vec<Row> = (0..served.atlas.indicators().len())
            .map(|indicator| profile_row(served, found, &around, indicator))
            .collect();
        let named: Vec<(&str, Named)> = around
            .iter()
            .map(|&(layer, parent)| (layer.entry.id.kind.as_str(), Named::of(layer, parent)))
            .collect();
        answer::json(&Profile {
            area: Named::new(found.layer, found.area()),
            status: found.status,
            population: found.area().residents,
            country: named.iter().find(|(kind, _)| *kind == COUNTRY).map(|(_, named)| named),
            parents: &named,
            count: results.len(),
            results,
            attribution: served.atlas.attribution(found.layer),
            licence: &found.layer.entry.licence,
        })
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

/// The kind of areas with which all are compared.
const COUNTRY: &str = "ctry";

/// What stands under the kinds of the areas around.
type ByKind<'a, T> = [(&'a str, T)];

/// The answer.
#[derive(Serialize)]
struct Profile<'a> {
    #[serde(flatten)]
    area: Named<'a>,
    status: Status,
    population: Option<f64>,
    country: Option<&'a Named<'a>>,
    #[serde(serialize_with = "by_kind")]
    parents: &'a ByKind<'a, Named<'a>>,
    count: usize,
    results: Vec<Row<'a>>,
    attribution: Vec<String>,
    licence: &'a str,
}

/// An indicator in a profile, in the order in which it is written.
#[derive(Serialize)]
struct Row<'a> {
    indicator: &'a IndicatorId,
    title: &'a str,
    unit: &'a str,
    kind: IndicatorKind,
    polarity: Polarity,
    decimals: u8,
    capital: Option<Capital>,
    horizon: Option<Horizon>,
    period: String,
    value: Option<f64>,
    lower: Option<f64>,
    upper: Option<f64>,
    count: Option<f64>,
    denominator: Option<f64>,
    flag: Option<Flag>,
    method: Method,
    rank: Option<usize>,
    rank_of: Option<usize>,
    decile: Option<u8>,
    spread: Option<Spread>,
    trend: Vec<Point>,
    country: Option<Compared>,
    #[serde(serialize_with = "by_kind")]
    parents: Vec<(&'a str, Compared)>,
    source: &'a str,
    licence: &'a str,
}

/// The value in one period.
#[derive(Serialize)]
struct Point {
    period: String,
    value: Option<f64>,
    lower: Option<f64>,
    upper: Option<f64>,
    flag: Option<Flag>,
}

/// The value of an area around, and how the value here compares with it.
#[derive(Clone, Copy, Serialize)]
struct Compared {
    value: f64,
    /// Left out, as what follows, where there is no value here.
    #[serde(flatten)]
    here: Option<Beside>,
}

#[derive(Clone, Copy, Serialize)]
struct Beside {
    difference: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    /// Whether it is better here, where the limits allow to say so.
    outcome: Option<Outcome>,
}

fn by_kind<T: Serialize, S: Serializer>(rows: &ByKind<T>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(rows.iter().map(|(kind, row)| (kind, row)))
}

fn profile_row<'a>(
    served: &'a Served,
    found: &Found<'a>,
    around: &[(&'a AtlasLayer, u32)],
    indicator: usize,
) -> Row<'a> {
    let about = &served.atlas.indicators()[indicator];
    let standings = |layer: &AtlasLayer| served.standings(indicator, layer.place);
    let here = standings(found.layer);
    let standing = here.standing(found.number);
    let mut observations = observations(served, about, found.layer, found.number);
    let trend = observations.iter().map(|(period, AreaValue { observation: o, .. })| Point {
        period: period.clone(),
        value: o.value,
        lower: o.lower,
        upper: o.upper,
        flag: o.flag,
    });
    let trend = trend.collect();
    // An indicator without a series has no values.
    let (period, AreaValue { observation, method, .. }) =
        observations.pop().unwrap_or_else(|| (String::new(), AreaValue::none(Flag::Missing)));
    let about = &about.indicator;
    let mut parents: Vec<(&str, Compared)> = Vec::with_capacity(around.len());
    for &(layer, parent) in around {
        if let Some(value) = standings(layer).value(parent) {
            parents.push((layer.entry.id.kind.as_str(), compared(about.polarity, &observation, value)));
        }
    }
    Row {
        indicator: &about.id,
        title: &about.title,
        unit: &about.unit,
        kind: about.kind,
        polarity: about.polarity,
        decimals: about.decimals,
        capital: about.capital,
        horizon: about.horizon,
        period,
        value: observation.value,
        lower: observation.lower,
        upper: observation.upper,
        count: observation.count,
        denominator: observation.denominator,
        flag: observation.flag,
        method,
        rank: standing.map(|s| s.rank),
        rank_of: standing.map(|s| s.of),
        decile: standing.map(|s| s.decile),
        spread: here.spread_of_values(),
        trend,
        country: parents.iter().find(|(kind, _)| *kind == COUNTRY).map(|&(_, row)| row),
        parents,
        source: &about.source,
        licence: &about.licence,
    }
}

/// How far the value here is from that of an area around, and whether that is better where the limits allow to say so.
fn compared(polarity: Polarity, here: &Observation, there: f64) -> Compared {
    let beside = |value: f64| Beside {
        difference: rounded(value - there),
        ratio: (there != 0.0).then(|| rounded(value / there)),
        outcome: compare(here, there, polarity),
    };
    Compared { value: there, here: here.value.map(beside) }
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
    about(&state, code, layer, move |served, found| {
        let chosen = chosen(&mut read, served, found, asked.as_deref());
        read.finish()?;
        if chosen.is_empty() {
            let words = format!("no indicator has a value for {}", found.area().code);
            return Err(Problem::not_found(words));
        }
        let place = found.layer.place;
        let standings: Vec<&Standings> = chosen.iter().map(|&i| served.standings(i, place)).collect();
        let results: Vec<Like> = similar(&standings, found.number, limit)
            .into_iter()
            .map(|other| Like { area: Named::of(found.layer, other.area), distance: rounded(other.distance) })
            .collect();
        let ids: Vec<&str> =
            chosen.iter().map(|&i| served.atlas.indicators()[i].indicator.id.as_str()).collect();
        answer::json(&Alike {
            area: Named::new(found.layer, found.area()),
            indicators: ids,
            count: results.len(),
            results,
            attribution: served.atlas.attribution(found.layer),
            licence: &found.layer.entry.licence,
        })
    })
    .await
}

/// The answer to which areas are most like one.
#[derive(Serialize)]
struct Alike<'a> {
    #[serde(flatten)]
    area: Named<'a>,
    indicators: Vec<&'a str>,
    count: usize,
    results: Vec<Like<'a>>,
    attribution: Vec<String>,
    licence: &'a str,
}

/// An area like another.
#[derive(Serialize)]
struct Like<'a> {
    #[serde(flatten)]
    area: Named<'a>,
    distance: f64,
}

/// The places of the indicators to go by.
fn chosen(read: &mut Parameters, served: &Served, found: &Found, asked: Option<&str>) -> Vec<usize> {
    let indicators = served.atlas.indicators();
    let place = found.layer.place;
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
