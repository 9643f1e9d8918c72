//! `/v1/analysis/inequality`: how far apart areas are, and how much of that follows a ranking.

use axum::extract::{RawQuery, State};
use serde_json::{Map, Value, json};
use utoipa::IntoParams;

use super::super::answer::{self, Answer};
use super::super::indicators;
use super::super::parameters::Parameters;
use super::super::problem::Problem;
use super::super::state::{AppState, Served};
use super::asked::{self, Asked, COMMON, Form, Subject, about_indicator, about_scope};
use super::gaps::{self, Measured};
use crate::analysis::gap::share_of_tenth;
use crate::analysis::scope::{Scope, level};
use crate::analysis::slope::{FEWEST_GROUPS, Group, MOST_GROUPS, NoSlope, Transform, simulated, slope};
use crate::area::{Indicator, IndicatorKind, Observation, Polarity};
use crate::atlas::AtlasIndicator;
use crate::indicator::estimate::Estimate;
use crate::indicator::limits::{of_observation, z_of};

/// The further parameters.
const OWN: [&str; 8] = ["indicator", "period", "by", "groups", "transform", "draws", "seed", "confidence"];

/// Draws of a simulation when nothing is said, as the published method has it.
const DRAWS: usize = 100_000;
/// The fewest and the most draws: too few say nothing of a tail, more than these take seconds.
const DRAWS_ALLOWED: [usize; 2] = [1_000, 1_000_000];
/// The seed when nothing is said.
const SEED: u64 = 1;
/// Groups of equal numbers of people, where areas are not the groups themselves.
const GROUPS: usize = 10;

/// What the question takes, for the API document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the document is made of the fields; requests are read with all their faults")]
struct InequalityParameters {
    /// `stroke-admissions`
    indicator: String,
    /// `lad` when not given
    layer: Option<String>,
    /// One of the indicator's periods; the latest when not given
    period: Option<String>,
    /// One of the indicator's sexes
    sex: Option<String>,
    /// One of the indicator's ages
    age: Option<String>,
    /// Only areas that lie wholly in the area with this code
    within: Option<String>,
    /// The indicator whose latest values rank areas, worst first by its polarity (lowest first where it has none); without it there are gaps and no slope
    by: Option<String>,
    /// Groups of equal numbers of people along the ranking, 5 to 100 (10 when not given), or `areas`: each area is one
    groups: Option<String>,
    /// `none`, `log` or `logit`; when not given `log` for rates, `logit` for proportions, else `none`
    transform: Option<String>,
    /// Draws of the simulation of limits, 1,000 to 1,000,000; 100,000 when not given
    draws: Option<usize>,
    /// Seed of the simulation, given back; 1 when not given
    seed: Option<u64>,
    /// Of the limits of the slope: `95` (when not given) or `99.8`
    confidence: Option<String>,
    /// `residents` (when not given), `areas` for one each, or the id of an indicator that counts
    weight: Option<String>,
    /// The share of an area's residents who must live in a part with a value; 0.9 when not given
    min_coverage: Option<f64>,
}

/// Gaps between areas, and the slope and relative index of inequality along a ranking; beside them the level.
#[utoipa::path(get, path = "/v1/analysis/inequality", operation_id = "inequality", tag = "analysis",
    params(InequalityParameters),
    responses((status = 200, description = "`level`; `range` between the outermost areas; `decile_gap` between tenths of the people and `decile_gap_of_areas`; `decile_share`; `slope` with sii, rii, their limits and the seed; in `results` the groups"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn json(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    answer_as(&state, query, Form::Json).await
}

/// The same as a table: a line for each measure, then one for each group.
#[utoipa::path(get, path = "/v1/analysis/inequality.csv", operation_id = "inequality_csv", tag = "analysis",
    params(InequalityParameters),
    responses((status = 200, description = "A line for each measure", body = String, content_type = "text/csv"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn csv(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    answer_as(&state, query, Form::Csv).await
}

/// How groups are made of areas.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grouping {
    People(usize),
    Areas,
}

struct Choice {
    by: Option<String>,
    grouping: Grouping,
    transform: Option<String>,
    draws: usize,
    seed: u64,
    confidence: f64,
}

impl Choice {
    fn read(read: &mut Parameters) -> Choice {
        let mut choice = Choice {
            by: read.text("by").map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned),
            grouping: Grouping::People(GROUPS),
            transform: read.text("transform").map(str::to_owned),
            draws: read.value("draws").unwrap_or(DRAWS),
            seed: read.value("seed").unwrap_or(SEED),
            confidence: 0.95,
        };
        if let Some(text) = read.text("groups").map(str::to_owned) {
            match text.parse::<usize>() {
                _ if text == "areas" => choice.grouping = Grouping::Areas,
                Ok(groups) if (FEWEST_GROUPS..=MOST_GROUPS).contains(&groups) => {
                    choice.grouping = Grouping::People(groups);
                }
                _ => {
                    let allowed = format!("`areas`, or a number from {FEWEST_GROUPS} to {MOST_GROUPS}");
                    read.fault("groups", &text, allowed);
                }
            }
        }
        if let Some(text) = choice.transform.clone().filter(|t| !matches!(&**t, "none" | "log" | "logit")) {
            read.fault("transform", &text, "`none`, `log` or `logit`");
        }
        let [fewest, most] = DRAWS_ALLOWED;
        if !(fewest..=most).contains(&choice.draws) {
            read.fault("draws", &choice.draws.to_string(), format!("from {fewest} to {most}"));
        }
        match read.text("confidence").map(str::to_owned).as_deref() {
            None | Some("95") => {}
            Some("99.8") => choice.confidence = 0.998,
            Some(other) => read.fault("confidence", other, "`95` or `99.8`"),
        }
        choice
    }

    fn transform(&self, about: &Indicator) -> Transform {
        match (self.transform.as_deref(), about.kind) {
            (Some("log"), _) | (None, IndicatorKind::Rate) => Transform::Log,
            (Some("logit"), _) | (None, IndicatorKind::Proportion) => Transform::Logit(about.multiplier),
            _ => Transform::Plain,
        }
    }
}

async fn answer_as(state: &AppState, query: Option<String>, form: Form) -> Answer {
    let mut read = Parameters::parse(query.as_deref(), &[&OWN[..], &COMMON[..]].concat());
    let id = asked::needed(&mut read, "indicator", "an id of /v1/indicators");
    let choice = Choice::read(&mut read);
    let asked = Asked::read(&mut read);
    answer::off_thread(state, move |served| {
        if id.is_empty() {
            read.finish()?;
        }
        let indicator = indicators::find(served, &id)?;
        let series = indicators::chosen(&mut read, indicator)?;
        let ranking = match &choice.by {
            None => None,
            Some(by) => Some(
                indicators::find(served, by)
                    .map_err(|problem| Problem::parameter("by", by, problem.detail))?,
            ),
        };
        let scope = asked.scope(served)?;
        let (weights, weighted_by) = asked.weights(served, scope.layer)?;
        let subject = Subject::new(served, indicator, series, scope.layer, &asked.options);
        let mut about = about_indicator(subject.about(), Some(series));
        about_scope(&mut about, served, &scope);
        let measured = Measured::of(&subject, &scope, &weights);
        let beside = level(
            &served.atlas,
            indicator,
            series,
            &scope,
            (&subject.values[..], &weights[..]),
            &asked.options,
        );
        about.insert("level".into(), json!(beside));
        about.insert("weight".into(), weighted_by.into());
        about.extend(measured.gaps(&scope));
        about.insert("decile_share".into(), decile_share(&subject, &measured));
        let (rows, slope) = along(served, &subject, ranking, &scope, &weights, &choice);
        about.insert("slope".into(), slope);
        about.insert("warnings".into(), json!(warnings(&subject, &measured)));
        match form {
            Form::Json => asked::write(form, about, rows),
            Form::Csv => {
                let lines = gaps::lines(
                    &about,
                    &["level", "range", "decile_gap", "decile_gap_of_areas", "decile_share", "slope"],
                );
                asked::write(form, about, lines)
            }
        }
    })
    .await
}

fn warnings(subject: &Subject<'_>, measured: &Measured) -> Vec<String> {
    let mut warnings = measured.warnings();
    if subject.about().kind == IndicatorKind::Count {
        warnings
            .push("counts say how large areas are as much as how they fare; a rate compares better".into());
    }
    warnings
}

/// The share of all events in the worst tenth of the people (the highest where neither side is better).
fn decile_share(subject: &Subject<'_>, measured: &Measured) -> Value {
    let about = subject.about();
    let fits = matches!(about.kind, IndicatorKind::Rate | IndicatorKind::Proportion);
    let highest = about.polarity != Polarity::HighIsGood;
    let share = fits.then(|| share_of_tenth(&measured.weighed, highest)).flatten();
    json!({"tenth": if highest { "highest" } else { "lowest" }, "share": share})
}

/// An area with its place in the ranking.
struct Ranked<'a> {
    rank: f64,
    people: f64,
    observation: &'a Observation,
}

/// The groups along the ranking, and the slope through them.
fn along(
    served: &Served,
    subject: &Subject<'_>,
    ranking: Option<&AtlasIndicator>,
    scope: &Scope<'_>,
    weights: &[Option<f64>],
    choice: &Choice,
) -> (Vec<Map<String, Value>>, Value) {
    let Some(ranking) = ranking else { return (Vec::new(), json!({"reason": NoSlope::NoRanking})) };
    let about = subject.about();
    let ranks = served.atlas.latest_values(ranking, scope.layer);
    let turned = ranking.indicator.polarity == Polarity::LowIsGood;
    let mut ranked: Vec<Ranked<'_>> = scope
        .areas
        .iter()
        .filter_map(|&area| {
            let rank = ranks[area as usize].observation.value()?;
            let people = weights[area as usize].filter(|w| *w > 0.0)?;
            let observation = subject.observation(area);
            observation.value()?;
            Some(Ranked { rank: if turned { -rank } else { rank }, people, observation })
        })
        .collect();
    ranked.sort_by(|a, b| a.rank.total_cmp(&b.rank));
    let groups: Vec<Group> = match choice.grouping {
        Grouping::Areas => ranked.iter().map(|r| group(about, std::slice::from_ref(r))).collect(),
        Grouping::People(groups) => grouped(about, &ranked, groups),
    };
    let transform = choice.transform(about);
    let found = slope(&groups, transform);
    let limits = match found {
        Ok(_) => simulated(&groups, transform, choice.confidence, choice.draws, choice.seed),
        Err(_) => None,
    };
    let rows = groups.iter().enumerate().map(|(i, group)| {
        let row = json!({"group": i + 1, "people": group.people, "value": group.value,
            "lower": group.limits.map(|l| l.0), "upper": group.limits.map(|l| l.1)});
        match row {
            Value::Object(row) => row,
            _ => Map::new(),
        }
    });
    let by = &ranking.indicator;
    let period = ranking.choose(None, None, None).map(crate::atlas::SeriesRef::period_label).ok();
    let slope = json!({
        "by": by.id, "by_period": period, "by_source": by.source, "by_licence": by.licence,
        "first_rank": match by.polarity {
            Polarity::Neutral => "lowest", Polarity::HighIsGood | Polarity::LowIsGood => "worst"
        },
        "areas": ranked.len(), "groups": groups.len(), "transform": transform.as_str(),
        "sii": found.ok().map(|s| s.sii), "rii": found.ok().map(|s| s.rii),
        "first": found.ok().map(|s| s.first), "last": found.ok().map(|s| s.last),
        "sii_limits": limits.map(|l| l.sii), "rii_limits": limits.map(|l| l.rii),
        "confidence": choice.confidence, "draws": choice.draws, "seed": choice.seed, "reason": found.err()
    });
    (rows.collect(), slope)
}

/// Ranked areas in groups of as nearly equal numbers of people as whole areas allow: an area goes where the middle of its
/// people falls.
fn grouped(about: &Indicator, ranked: &[Ranked<'_>], groups: usize) -> Vec<Group> {
    let all: f64 = ranked.iter().map(|r| r.people).sum();
    let mut before = 0.0;
    let mut members: Vec<Vec<&Ranked<'_>>> = (0..groups).map(|_| Vec::new()).collect();
    for area in ranked {
        let middle = before + area.people / 2.0;
        before += area.people;
        members[((middle / all * groups as f64) as usize).min(groups - 1)].push(area);
    }
    let as_one = |members: &[&Ranked<'_>]| {
        let members: Vec<Ranked<'_>> = members
            .iter()
            .map(|m| Ranked { rank: m.rank, people: m.people, observation: m.observation })
            .collect();
        group(about, &members)
    };
    members.iter().filter(|m| !m.is_empty()).map(|m| as_one(m)).collect()
}

/// Areas as one group: recomputed from counts and denominators where all are known, else the mean weighted by people,
/// with limits from theirs taken as independent.
fn group(about: &Indicator, members: &[Ranked<'_>]) -> Group {
    let people: f64 = members.iter().map(|m| m.people).sum();
    let counted: Option<(f64, f64)> = members
        .iter()
        .map(|m| m.observation.count().zip(m.observation.denominator()))
        .try_fold((0.0, 0.0), |(x, n), pair| pair.map(|(count, under)| (x + count, n + under)));
    let recomputes =
        matches!(about.kind, IndicatorKind::Rate | IndicatorKind::Proportion | IndicatorKind::Mean);
    if let Some((count, denominator)) = counted.filter(|(_, n)| recomputes && !about.standardised && *n > 0.0)
    {
        let value = about.multiplier * count / denominator;
        let observation = Observation::of(value).counted(count, denominator);
        return Group { value, people, limits: of_observation(&observation, about, 0.95) };
    }
    let value = members.iter().filter_map(|m| Some(m.people * m.observation.value()?)).sum::<f64>() / people;
    let errors: Option<Vec<f64>> = members
        .iter()
        .map(|m| Estimate::of(m.observation, about).ok().map(|e| e.standard_error() * m.people))
        .collect();
    let reach = errors.map(|e| z_of(0.95) * e.iter().map(|e| e * e).sum::<f64>().sqrt() / people);
    Group { value, people, limits: reach.map(|r| (value - r, value + r)) }
}
