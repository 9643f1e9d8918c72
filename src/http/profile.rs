//! `/v1/areas/{code}/profile` and `/similar`: an area among others, by all that is measured.

use axum::extract::{Path, RawQuery, State};
use serde::Serialize;

use super::answer::{self, Answer, Pace, SHARE_PLACES, bytes, rounded};
use super::areas::{about, asked_layer};
use super::layers::Named;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::{
    Capital, Flag, Horizon, Indicator, IndicatorId, IndicatorKind, LayerRef, Observation, Polarity,
};
use crate::atlas::{AreaValue, AtlasLayer, FEW_AREAS, Found, ValueOptions};
use crate::indicator::benchmark::{Outcome, compare};
use crate::indicator::limits::with_limits;
use crate::query::{Spread, Standings, parents, similar};
use crate::text::Members;

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
    about(&state, code, layer, pace, |served, found| {
        let mut out = Vec::with_capacity(served.atlas.indicators().len() * ROW_BYTES);
        let mut answer = Members::begin(&mut out);
        write_profile(&mut answer, served, found)?;
        answer.end();
        Ok(bytes("application/json", out))
    })
    .await
}

/// At once where the values of a layer are in order ahead of need, or that takes no more than a moment.
fn pace(layer: &AtlasLayer) -> Pace {
    if layer.entry.current || layer.areas().len() <= FEW_AREAS { Pace::AtOnce } else { Pace::Apart }
}

/// Room for a row of a profile.
const ROW_BYTES: usize = 3072;

fn write_profile(answer: &mut Members, served: &Served, found: &Found) -> Result<(), Problem> {
    let around = parents(&served.atlas, found.layer, found.number);
    let country = around.iter().find(|(layer, _)| is_country(layer));
    Named::new(found.layer, found.area()).write(answer);
    answer.json("status", &found.status)?;
    answer.number("population", found.area().residents);
    match country {
        Some(&(layer, country)) => answer.object("country", |object| Named::of(layer, country).write(object)),
        None => answer.null("country"),
    }
    answer.object("parents", |parents| {
        for &(layer, parent) in &around {
            Named::of(layer, parent).write_by_kind(parents);
        }
    });
    let indicators = 0..served.atlas.indicators().len();
    answer.whole("count", Some(indicators.len()));
    answer.objects("results", indicators, |row, indicator| write_row(row, served, found, &around, indicator));
    answer.json("attribution", &served.atlas.attribution(found.layer))?;
    answer.text("licence", &found.layer.entry.licence);
    Ok(())
}

/// Whether all are compared with the areas of a layer.
fn is_country(layer: &AtlasLayer) -> bool {
    layer.entry.id.kind.as_str() == "ctry"
}

/// What a row of a profile says of an indicator whatever the area is, ready as JSON: its first members and its last.
pub(super) struct RowFrame {
    indicator: Box<[u8]>,
    layer: Box<[u8]>,
}

impl RowFrame {
    /// Of an indicator in a layer.
    pub(super) fn of(about: &Indicator, in_layer: &Standings) -> Self {
        let members = |write: &dyn Fn(&mut Members)| {
            let mut out = Vec::new();
            write(&mut Members::go_on(&mut out));
            out.into_boxed_slice()
        };
        let indicator = members(&|row| {
            row.text("indicator", about.id.as_str());
            row.text("title", &about.title);
            row.text("unit", &about.unit);
            row.word("kind", Some(about.kind.as_str()));
            row.word("polarity", Some(about.polarity.as_str()));
            row.whole("decimals", Some(about.decimals.into()));
            row.word("capital", about.capital.map(Capital::as_str));
            row.word("horizon", about.horizon.map(Horizon::as_str));
        });
        let layer = members(&|row| {
            match in_layer.spread_of_values() {
                Some(Spread { min, q1, median, q3, max }) => row.object("spread", |spread| {
                    for (name, value) in
                        [("min", min), ("q1", q1), ("median", median), ("q3", q3), ("max", max)]
                    {
                        spread.number(name, Some(value));
                    }
                }),
                None => row.null("spread"),
            }
            row.text("source", &about.source);
            row.text("licence", &about.licence);
        });
        RowFrame { indicator, layer }
    }
}

fn write_row<'a>(
    row: &mut Members,
    served: &Served,
    found: &Found,
    around: &[(&'a AtlasLayer, u32)],
    indicator: usize,
) {
    let measured = &served.atlas.indicators()[indicator];
    let about = &measured.indicator;
    let frame = served.row_frame(indicator, found.layer.place);
    let standings = |layer: &AtlasLayer| served.standings(indicator, layer.place);
    let standing = standings(found.layer).standing(found.number);
    let options = ValueOptions::default();
    // In every period, with limits where they can be had; the last is the latest.
    let trend: Vec<(&str, AreaValue)> = measured
        .trend()
        .map(|(period, series)| {
            let mut value = served.atlas.value(measured, series, found.layer, found.number, &options);
            value.observation = with_limits(&value.observation, about);
            (period, value)
        })
        .collect();
    // An indicator without a series has no values.
    let none = ("", AreaValue::none(Flag::Missing));
    let (period, AreaValue { observation, method, .. }) = trend.last().unwrap_or(&none);
    row.ready(&frame.indicator);
    row.text("period", period);
    row.number("value", observation.value());
    row.number("lower", observation.lower());
    row.number("upper", observation.upper());
    row.number("count", observation.count());
    row.number("denominator", observation.denominator());
    row.word("flag", observation.flag.map(Flag::as_str));
    row.word("method", Some(method.as_str()));
    row.whole("rank", standing.map(|s| s.rank));
    row.whole("rank_of", standing.map(|s| s.of));
    row.whole("decile", standing.map(|s| s.decile.into()));
    row.objects("trend", &trend, |point, (period, AreaValue { observation, .. })| {
        point.text("period", period);
        point.number("value", observation.value());
        point.number("lower", observation.lower());
        point.number("upper", observation.upper());
        point.word("flag", observation.flag.map(Flag::as_str));
    });
    let value_of = |&(layer, area): &(&'a AtlasLayer, u32)| Some((layer, standings(layer).value(area)?));
    let known: Vec<(&AtlasLayer, f64)> = around.iter().filter_map(value_of).collect();
    match known.iter().find(|(layer, _)| is_country(layer)) {
        Some(&(_, value)) => {
            row.object("country", |country| write_compared(country, about.polarity, observation, value));
        }
        None => row.null("country"),
    }
    row.object("parents", |parents| {
        for (layer, value) in known {
            parents.object(layer.entry.id.kind.as_str(), |parent| {
                write_compared(parent, about.polarity, observation, value);
            });
        }
    });
    row.ready(&frame.layer);
}

/// The value of an area around; where there is one here, how far it is from that, and whether that is better, where the
/// limits allow to say so.
fn write_compared(object: &mut Members, polarity: Polarity, here: &Observation, there: f64) {
    object.number("value", Some(there));
    let Some(value) = here.value() else { return };
    object.rounded("difference", Some(value - there), SHARE_PLACES);
    if there != 0.0 {
        object.rounded("ratio", Some(value / there), SHARE_PLACES);
    }
    object.word("outcome", compare(here, there, polarity).map(Outcome::as_str));
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
    about(&state, code, layer, pace, move |served, found| {
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
