//! `/v1/analysis/trend`: whether the last five years rise or fall by more than chance.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use serde_json::{Map, Value, json};
use utoipa::IntoParams;

use super::super::answer::{self, Answer};
use super::super::parameters::Parameters;
use super::super::problem::Problem;
use super::super::state::{AppState, Served};
use super::super::{areas, indicators};
use super::asked::{self, Asked, COMMON, Form, about_indicator, about_scope, area_row};
use crate::analysis::scope::Scope;
use crate::analysis::trend::{
    Direction, NoTrend, POINTS, THRESHOLD, Trend, indicator_fits, periods_fit, recent_trend,
};
use crate::area::{Observation, Polarity};
use crate::atlas::{AtlasIndicator, SeriesRef};
use crate::indicator::limits::with_limits;

/// The further parameters.
const OWN: [&str; 3] = ["indicator", "period", "area"];

/// What the question takes, for the API document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the document is made of the fields; requests are read with all their faults")]
struct TrendParameters {
    /// An indicator that is a proportion or a crude rate of single years
    indicator: String,
    /// `lad` when not given; with `area` the layer in which it is found
    layer: Option<String>,
    /// Only the area with this code
    area: Option<String>,
    /// The last of the five; the indicator's latest when not given
    period: Option<String>,
    /// One of the indicator's sexes
    sex: Option<String>,
    /// One of the indicator's ages
    age: Option<String>,
    /// Only areas that lie wholly in the area with this code
    within: Option<String>,
    /// The share of an area's residents who must live in a part with a value; 0.9 when not given
    min_coverage: Option<f64>,
}

/// The recent trend of every area of a layer, or of one area: the Fingertips rule over the last five years.
#[utoipa::path(get, path = "/v1/analysis/trend", operation_id = "trend", tag = "analysis",
    params(TrendParameters),
    responses((status = 200, description = "A row for each area: `trend` (increasing, decreasing, no_significant_change, cannot_be_calculated with `reason`), `getting` (better, worse), slope in a year, chi-squared, the five points"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn json(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    answer_as(&state, query, Form::Json).await
}

/// The same as a table.
#[utoipa::path(get, path = "/v1/analysis/trend.csv", operation_id = "trend_csv", tag = "analysis",
    params(TrendParameters),
    responses((status = 200, description = "A line for each area", body = String, content_type = "text/csv"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn csv(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    answer_as(&state, query, Form::Csv).await
}

async fn answer_as(state: &AppState, query: Option<String>, form: Form) -> Answer {
    let mut read = Parameters::parse(query.as_deref(), &[&OWN[..], &COMMON[..5]].concat());
    let id = asked::needed(&mut read, "indicator", "an id of /v1/indicators");
    let area = read.text("area").map(str::to_owned);
    let layer_is_named = read.text("layer").is_some();
    if let (Some(area), Some(_)) = (&area, read.text("within")) {
        read.fault("area", &area.clone(), "give `area` or `within`, not both");
    }
    let asked = Asked::read(&mut read);
    answer::off_thread(state, move |served| {
        if id.is_empty() {
            read.finish()?;
        }
        let indicator = indicators::find(served, &id)?;
        let last = indicators::chosen(&mut read, indicator)?;
        let scope = match &area {
            None => asked.scope(served)?,
            Some(code) => one_area(served, &asked, code, layer_is_named)?,
        };
        let (about, rows) = told(served, indicator, last, &scope, &asked);
        asked::write(form, about, rows)
    })
    .await
}

fn one_area<'a>(
    served: &'a Served,
    asked: &Asked,
    code: &str,
    layer_is_named: bool,
) -> Result<Scope<'a>, Problem> {
    let layer = if layer_is_named { Some(asked.layer(served)?) } else { None };
    let named = layer.map(|l| crate::area::LayerRef {
        kind: l.entry.id.kind.clone(),
        vintage: Some(l.entry.id.vintage.clone()),
    });
    let found = areas::find(served, code, named.as_ref())?;
    Ok(Scope { layer: found.layer, within: None, areas: vec![found.number] })
}

/// The series of the same sex and age, earliest first, up to one of them; of two of one period the imported one.
fn series_up_to<'a>(indicator: &'a AtlasIndicator, last: SeriesRef<'a>) -> Vec<SeriesRef<'a>> {
    let end = last.period().map(crate::area::Period::end);
    let mut kept: Vec<SeriesRef<'a>> = Vec::new();
    for series in indicator.series() {
        let same = series.sex() == last.sex() && series.age() == last.age();
        if !same || series.period().map(crate::area::Period::end) > end {
            continue;
        }
        match kept.last_mut().filter(|k| k.period() == series.period()) {
            Some(known) if matches!(series, SeriesRef::Published(_)) => *known = series,
            Some(_) => {}
            None => kept.push(series),
        }
    }
    kept
}

fn told(
    served: &Served,
    indicator: &AtlasIndicator,
    last: SeriesRef<'_>,
    scope: &Scope<'_>,
    asked: &Asked,
) -> (Map<String, Value>, Vec<Map<String, Value>>) {
    let about = &indicator.indicator;
    let all = series_up_to(indicator, last);
    let periods: Vec<_> = all.iter().map(|s| s.period()).collect();
    let fits = indicator_fits(about).and_then(|()| periods_fit(&periods));
    let window = &all[all.len().saturating_sub(POINTS)..];
    let values: Vec<Vec<Observation>> = window
        .iter()
        .map(|series| {
            let values = served.atlas.values(indicator, *series, scope.layer, &asked.options);
            values.iter().map(|v| with_limits(&v.observation, about)).collect()
        })
        .collect();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for &area in &scope.areas {
        let points: Vec<&Observation> = values.iter().map(|v| &v[area as usize]).collect();
        let trend = fits.and_then(|()| match <[&Observation; POINTS]>::try_from(points.as_slice()) {
            Ok(points) => recent_trend(&points.map(Clone::clone), about.kind, about.multiplier),
            Err(_) => Err(NoTrend::TooFewPeriods),
        });
        let mut row = area_row(scope.layer, area);
        describe(&mut row, trend, about.polarity);
        let points = window.iter().zip(points).map(|(series, o)| {
            let point = json!({"value": o.value(), "lower": o.lower(), "upper": o.upper(), "flag": o.flag});
            (series.period_label(), point)
        });
        row.insert("points".into(), Value::Object(points.collect()));
        *outcomes.entry(row["trend"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        rows.push(row);
    }
    let mut said = about_indicator(about, Some(last));
    about_scope(&mut said, served, scope);
    let labels: Vec<String> = window.iter().map(|s| s.period_label()).collect();
    said.insert("periods".into(), json!(labels));
    said.insert("reason".into(), json!(fits.err()));
    said.insert("threshold".into(), THRESHOLD.into());
    said.insert("trends".into(), json!(outcomes));
    (said, rows)
}

fn describe(row: &mut Map<String, Value>, trend: Result<Trend, NoTrend>, polarity: Polarity) {
    let known = trend.ok();
    let name = known.map_or(json!("cannot_be_calculated"), |t| json!(t.direction));
    row.insert("trend".into(), name);
    let getting = known.and_then(|t| match (t.direction, polarity) {
        (Direction::NoSignificantChange, _) | (_, Polarity::Neutral) => None,
        (Direction::Increasing, Polarity::HighIsGood) | (Direction::Decreasing, Polarity::LowIsGood) => {
            Some("better")
        }
        _ => Some("worse"),
    });
    row.insert("getting".into(), json!(getting));
    row.insert("slope".into(), json!(known.map(|t| t.slope)));
    row.insert("chi2".into(), json!(known.map(|t| t.chi2)));
    row.insert("steady".into(), json!(known.map(|t| t.steady)));
    row.insert("form".into(), json!(known.map(|t| t.form)));
    row.insert("reason".into(), json!(trend.err()));
}
