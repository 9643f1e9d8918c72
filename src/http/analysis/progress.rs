//! `/v1/analysis/progress`: what changed since a baseline, and whether gaps close.

use axum::extract::{RawQuery, State};
use serde_json::{Map, Value, json};
use utoipa::IntoParams;

use super::super::answer::{self, Answer};
use super::super::indicators;
use super::super::parameters::Parameters;
use super::super::problem::Problem;
use super::super::state::{AppState, Served};
use super::asked::{self, Asked, COMMON, Form, Subject, about_indicator, about_scope, area_row};
use super::gaps::Measured;
use crate::analysis::gap::{tenths_of_areas, tenths_of_people};
use crate::analysis::progress::{Tested, convergence, overlap, tested};
use crate::analysis::scope::{Level, Scope, level};
use crate::area::{Horizon, Indicator, Observation, Polarity};
use crate::atlas::{AtlasIndicator, SeriesRef};
use crate::indicator::estimate::Estimate;

/// The further parameters.
const OWN: [&str; 4] = ["indicators", "baseline", "period", "areas"];

/// More indicators than this in one question are a slip of the pen.
const MOST_INDICATORS: usize = 50;

/// What the question takes, for the API document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the document is made of the fields; requests are read with all their faults")]
struct ProgressParameters {
    /// Ids with commas, up to 50
    indicators: String,
    /// `lad` when not given
    layer: Option<String>,
    /// The period to start from: one for all, or one for each indicator with commas; each indicator's first when not given
    baseline: Option<String>,
    /// The period to end with, written likewise; each indicator's latest when not given
    period: Option<String>,
    /// A sex that all the indicators have
    sex: Option<String>,
    /// An age that all the indicators have
    age: Option<String>,
    /// Only areas that lie wholly in the area with this code
    within: Option<String>,
    /// `residents` (when not given), `areas` for one each, or the id of an indicator that counts
    weight: Option<String>,
    /// Whether to give a row for each area: `true` or `false`; of one indicator they are given when nothing is said
    areas: Option<bool>,
    /// The share of an area's residents who must live in a part with a value; 0.9 when not given
    min_coverage: Option<f64>,
}

/// Progress of areas from a baseline, and of the gaps between them: several indicators side by side, those that can move
/// soon before those that take long.
#[utoipa::path(get, path = "/v1/analysis/progress", operation_id = "progress", tag = "analysis",
    params(ProgressParameters),
    responses((status = 200, description = "For each indicator: `level` and `gaps` before and after with their change, `convergence`, `share_improved`, and the change of each area with limits; overlapping periods are not tested, and `not_tested` says so"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn json(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    answer_as(&state, query, Form::Json).await
}

/// The change of each area as a table.
#[utoipa::path(get, path = "/v1/analysis/progress.csv", operation_id = "progress_csv", tag = "analysis",
    params(ProgressParameters),
    responses((status = 200, description = "A line for each indicator and area", body = String, content_type = "text/csv"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn csv(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    answer_as(&state, query, Form::Csv).await
}

/// An indicator with the two series compared.
struct Pair<'a> {
    indicator: &'a AtlasIndicator,
    before: SeriesRef<'a>,
    after: SeriesRef<'a>,
}

impl Pair<'_> {
    fn about(&self) -> &Indicator {
        &self.indicator.indicator
    }

    /// Why the two are not tested against each other, where they are not.
    fn not_tested(&self) -> Option<&'static str> {
        match self.before.period().zip(self.after.period()) {
            None => Some("undated_periods"),
            Some((before, after)) if overlap(before, after) => Some("overlapping_periods"),
            Some(_) => None,
        }
    }
}

async fn answer_as(state: &AppState, query: Option<String>, form: Form) -> Answer {
    let mut read = Parameters::parse(query.as_deref(), &[&OWN[..], &COMMON[..]].concat());
    let ids = asked::needed(&mut read, "indicators", "ids of /v1/indicators with commas between them");
    let ids: Vec<String> = ids.split(',').map(|id| id.trim().to_owned()).collect();
    if ids.len() > MOST_INDICATORS {
        read.fault("indicators", &ids.len().to_string(), format!("at most {MOST_INDICATORS}"));
    }
    let with_areas = match read.text("areas").map(str::to_owned).as_deref() {
        None => ids.len() == 1,
        Some("true") => true,
        Some("false") => false,
        Some(other) => {
            read.fault("areas", other, "`true` or `false`");
            false
        }
    };
    let baselines = one_each(&mut read, "baseline", ids.len());
    let ends = one_each(&mut read, "period", ids.len());
    let asked = Asked::read(&mut read);
    answer::off_thread(state, move |served| {
        if ids.iter().all(String::is_empty) {
            read.finish()?;
        }
        let mut pairs = Vec::new();
        for (i, id) in ids.iter().enumerate() {
            let indicator = indicators::find(served, id)
                .map_err(|problem| Problem::parameter("indicators", id, problem.detail))?;
            let (baseline, end) = (baselines[i].as_deref(), ends[i].as_deref());
            if let Some(pair) = pair(&mut read, indicator, baseline, end) {
                pairs.push(pair);
            }
        }
        read.finish()?;
        // Soon before late, and what is not settled last; in each the order of the question.
        pairs.sort_by_key(|p| match p.about().horizon {
            Some(Horizon::Short) => 0,
            Some(Horizon::Long) => 1,
            None => 2,
        });
        let scope = asked.scope(served)?;
        let (weights, weighted_by) = asked.weights(served, scope.layer)?;
        let answered: Vec<Progress> =
            pairs.iter().map(|pair| progress(served, pair, &scope, &weights, &asked)).collect();
        let mut about = Map::new();
        about_scope(&mut about, served, &scope);
        about.insert("weight".into(), weighted_by.into());
        about.insert("horizons".into(), horizons(&pairs));
        let rows = answered.into_iter().flat_map(|answer| match form {
            Form::Csv => answer.areas,
            Form::Json => {
                let mut row = answer.said;
                if with_areas {
                    row.insert("areas".into(), answer.areas.into_iter().map(Value::Object).collect());
                }
                vec![row]
            }
        });
        asked::write(form, about, rows.collect())
    })
    .await
}

/// A parameter with one text for all, or one for each.
fn one_each(read: &mut Parameters, name: &str, count: usize) -> Vec<Option<String>> {
    let Some(text) = read.text(name).map(str::to_owned).filter(|t| !t.is_empty()) else {
        return vec![None; count];
    };
    let texts: Vec<&str> = text.split(',').map(str::trim).collect();
    if texts.len() == count || texts.len() == 1 {
        return (0..count).map(|i| Some(texts[i.min(texts.len() - 1)].to_owned())).collect();
    }
    read.fault(name, &text, format!("one period for all, or one for each of the {count} indicators"));
    vec![None; count]
}

/// The two series of an indicator: of one sex and one age, the baseline before the end.
fn pair<'a>(
    read: &mut Parameters,
    indicator: &'a AtlasIndicator,
    baseline: Option<&str>,
    end: Option<&str>,
) -> Option<Pair<'a>> {
    let text = |name| read.text(name).filter(|t| !t.is_empty());
    let (sex, age) = (text("sex"), text("age"));
    let id = indicator.indicator.id.as_str();
    let after = indicator.choose(end, sex, age);
    // The baseline is of the sex and age that the end turned out to be.
    let before = match (&after, baseline) {
        (Ok(after), Some(baseline)) => {
            let sex = if after.sex().is_empty() { "persons" } else { after.sex() };
            let age = if after.age().is_empty() { "all ages" } else { after.age() };
            indicator.choose(Some(baseline), Some(sex), Some(age)).map_err(|mut fault| {
                fault.parameter = "baseline";
                fault
            })
        }
        (Ok(after), None) => {
            let alike = |s: &SeriesRef<'_>| s.sex() == after.sex() && s.age() == after.age();
            Ok(indicator.series().find(alike).unwrap_or(*after))
        }
        (Err(fault), _) => Err(fault.clone()),
    };
    match (before, after) {
        (Ok(before), Ok(after)) => {
            let day = |s: SeriesRef<'_>| s.period().map(|p| (p.end(), p.start()));
            if day(before) < day(after) {
                return Some(Pair { indicator, before, after });
            }
            let message = format!(
                "of `{id}` is not before {}: it has {}",
                after.period_label(),
                indicator.periods().join(", ")
            );
            read.fault("baseline", &before.period_label(), message);
        }
        (Err(fault), _) | (_, Err(fault)) => {
            read.fault(fault.parameter, &fault.value, format!("of `{id}`: {}", fault.message));
        }
    }
    None
}

fn horizons(pairs: &[Pair<'_>]) -> Value {
    let of = |horizon: Option<Horizon>| -> Vec<&str> {
        let fitting = pairs.iter().filter(|p| p.about().horizon == horizon);
        fitting.map(|p| p.about().id.as_str()).collect()
    };
    json!({"short": of(Some(Horizon::Short)), "long": of(Some(Horizon::Long)), "unsettled": of(None)})
}

/// The answer for one indicator.
struct Progress {
    said: Map<String, Value>,
    areas: Vec<Map<String, Value>>,
}

fn progress(
    served: &Served,
    pair: &Pair<'_>,
    scope: &Scope<'_>,
    weights: &[Option<f64>],
    asked: &Asked,
) -> Progress {
    let about = pair.about();
    let subject = |series| Subject::new(served, pair.indicator, series, scope.layer, &asked.options);
    let (before, after) = (subject(pair.before), subject(pair.after));
    let not_tested = pair.not_tested();
    let mut said = about_indicator(about, Some(pair.after));
    said.insert("baseline".into(), pair.before.period_label().into());
    said.insert("not_tested".into(), json!(not_tested));
    let level_of = |subject: &Subject<'_>| {
        let values = (&subject.values[..], weights);
        level(&served.atlas, pair.indicator, subject.series, scope, values, &asked.options)
    };
    let levels = (level_of(&before), level_of(&after));
    said.insert("level".into(), level_change(about, &levels, not_tested.is_none()));
    // Both gaps are of the areas that have a value in both periods, so that none enters or leaves between them.
    let both: Vec<(u32, f64, f64)> = scope
        .areas
        .iter()
        .filter_map(|&a| Some((a, before.observation(a).value()?, after.observation(a).value()?)))
        .collect();
    let measured = |of: fn(&(u32, f64, f64)) -> (u32, f64)| {
        Measured::of_known(both.iter().map(of).collect(), scope, weights, about.polarity)
    };
    let (then, now) = (measured(|b| (b.0, b.1)), measured(|b| (b.0, b.2)));
    said.insert(
        "gaps".into(),
        json!({"before": then.gaps(scope), "after": now.gaps(scope), "change": gap_change(&then, &now)}),
    );
    let baseline: Vec<f64> = both.iter().map(|b| b.1).collect();
    let change: Vec<f64> = both.iter().map(|b| b.2 - b.1).collect();
    let line = convergence(&baseline, &change);
    said.insert(
        "convergence".into(),
        json!(line.map(|c| json!({
            "slope": c.slope, "lower": c.lower, "upper": c.upper, "areas": c.areas, "converging": c.slope < 0.0
        }))),
    );
    let share = |fits: &dyn Fn(f64) -> bool| {
        (!change.is_empty()).then(|| change.iter().filter(|c| fits(**c)).count() as f64 / change.len() as f64)
    };
    said.insert("share_risen".into(), json!(share(&|c| c > 0.0)));
    let improved = match about.polarity {
        Polarity::HighIsGood => share(&|c| c > 0.0),
        Polarity::LowIsGood => share(&|c| c < 0.0),
        Polarity::Neutral => None,
    };
    said.insert("share_improved".into(), json!(improved));
    let areas: Vec<Map<String, Value>> = scope
        .areas
        .iter()
        .map(|&area| {
            let (then, now) = (before.observation(area), after.observation(area));
            area_change(pair, area_row(scope.layer, area), then, now, not_tested)
        })
        .collect();
    let with = |outcome: &str| areas.iter().filter(|row| row["outcome"] == outcome).count();
    let names = ["improved", "worsened", "risen", "fallen", "no_significant_change", "not_tested"];
    let counts: Map<String, Value> = names.iter().map(|n| ((*n).to_owned(), with(n).into())).collect();
    said.insert("outcomes".into(), counts.into());
    let mut warnings = then.warnings();
    if not_tested == Some("overlapping_periods") {
        warnings.push(format!(
            "{} and {} share time, so their values are made of some of the same people: changes are given and not tested",
            pair.before.period_label(),
            pair.after.period_label()
        ));
    }
    if line.is_some() {
        warnings.push(
            "what was low by chance is higher the next time: some convergence is seen in any two periods"
                .into(),
        );
    }
    said.insert("warnings".into(), json!(warnings));
    Progress { said, areas }
}

/// By how much the gaps grew; below 0 they closed.
fn gap_change(then: &Measured, now: &Measured) -> Value {
    fn change(after: Option<f64>, before: Option<f64>) -> Option<f64> {
        after.zip(before).map(|(after, before)| after - before)
    }
    let values = |m: &Measured| m.known.iter().map(|(_, value)| *value).collect::<Vec<f64>>();
    let range = |m: &Measured| crate::analysis::gap::ends(&values(m)).map(|e| e.absolute);
    let people = |m: &Measured| tenths_of_people(&m.weighed);
    let areas = |m: &Measured| tenths_of_areas(&values(m));
    json!({
        "range": change(range(now), range(then)),
        "decile_gap": change(people(now).map(|t| t.absolute), people(then).map(|t| t.absolute)),
        "decile_gap_of_areas": change(areas(now).map(|t| t.absolute), areas(then).map(|t| t.absolute)),
        "best_against_rest":
            change(people(now).map(|t| now.best_against_rest(&t)), people(then).map(|t| then.best_against_rest(&t))),
    })
}

fn level_change(about: &Indicator, levels: &(Option<Level>, Option<Level>), may_test: bool) -> Value {
    let change = levels.0.as_ref().zip(levels.1.as_ref()).map(|(before, after)| {
        let estimate = |level: &Level| {
            let observation = Observation::of(level.value).between(level.lower, level.upper);
            Estimate::of(&observation, about).ok()
        };
        let same = before.method == after.method && before.code == after.code;
        let pair = estimate(before).zip(estimate(after)).filter(|_| may_test && same);
        let tested: Option<Tested> = pair.map(|(before, after)| tested(&before, &after));
        json!({"value": after.value - before.value, "lower": tested.map(|t| t.lower),
            "upper": tested.map(|t| t.upper), "p": tested.map(|t| t.p)})
    });
    json!({"before": levels.0, "after": levels.1, "change": change})
}

/// The change of one area: tested where both values have limits and the periods share no time.
fn area_change(
    pair: &Pair<'_>,
    mut row: Map<String, Value>,
    then: &Observation,
    now: &Observation,
    not_tested: Option<&'static str>,
) -> Map<String, Value> {
    let about = pair.about();
    row.insert("indicator".into(), json!(about.id));
    row.insert("baseline".into(), pair.before.period_label().into());
    row.insert("period".into(), pair.after.period_label().into());
    let estimates = (Estimate::of(then, about), Estimate::of(now, about));
    for (name, observation, estimate) in [("before", then, &estimates.0), ("after", now, &estimates.1)] {
        let limits = estimate.as_ref().ok().map(|e| e.limits);
        row.insert(
            name.into(),
            json!({"value": observation.value(), "lower": limits.map(|l| l.0), "upper": limits.map(|l| l.1),
                "flag": observation.flag}),
        );
    }
    let change = now.value().zip(then.value()).map(|(now, then)| now - then);
    let (tested, reason) = match (not_tested, &estimates) {
        _ if change.is_none() => (None, Some("no_value")),
        (Some(reason), _) => (None, Some(reason)),
        (None, (Ok(before), Ok(after))) => (Some(tested(before, after)), None),
        (None, _) => (None, Some("no_limits")),
    };
    let outcome = match tested {
        None => "not_tested",
        Some(t) if t.lower <= 0.0 && t.upper >= 0.0 => "no_significant_change",
        Some(t) => match (t.lower > 0.0, about.polarity) {
            (true, Polarity::HighIsGood) | (false, Polarity::LowIsGood) => "improved",
            (true, Polarity::LowIsGood) | (false, Polarity::HighIsGood) => "worsened",
            (true, Polarity::Neutral) => "risen",
            (false, Polarity::Neutral) => "fallen",
        },
    };
    row.insert(
        "change".into(),
        json!({"value": change, "lower": tested.map(|t| t.lower), "upper": tested.map(|t| t.upper),
            "p": tested.map(|t| t.p)}),
    );
    row.insert("outcome".into(), outcome.into());
    row.insert("reason".into(), json!(reason));
    row.insert("source".into(), json!(about.source));
    row.insert("licence".into(), json!(about.licence));
    row
}
