//! `/v1/analysis/benchmark`: better, similar or worse than England, a parent area, or a value.

use std::collections::{BTreeMap, HashMap};

use axum::extract::{RawQuery, State};
use serde_json::{Map, Value, json};
use utoipa::IntoParams;

use super::super::answer::{self, Answer};
use super::super::indicators;
use super::super::parameters::Parameters;
use super::super::problem::Problem;
use super::super::state::{AppState, Served};
use super::asked::{self, Asked, COMMON, Form, Subject, about_indicator, about_scope, area_row};
use crate::analysis::benchmark::{
    CONFIDENCES, Comparison, Method, NotCompared, by_double_overlap, by_limits, by_spc_proportion,
    by_spc_rate, quantile_groups,
};
use crate::analysis::fdr::benjamini_hochberg;
use crate::analysis::scope::Scope;
use crate::area::{Code, Flag, IndicatorKind, LayerRef, Observation, Polarity};
use crate::atlas::{Atlas, AtlasLayer};
use crate::indicator::benchmark::Outcome;
use crate::indicator::estimate::Estimate;

/// The further parameters.
const OWN: [&str; 6] = ["indicator", "period", "against", "method", "confidence", "fdr"];

/// What the words for the whole stand for.
const WORDS: [(&str, &str); 2] = [("england", "E92000001"), ("uk", "K02000001")];

/// What the question takes, for the API document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the document is made of the fields; requests are read with all their faults")]
struct BenchmarkParameters {
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
    /// `england` (when not given), `uk`, the code of any area, a layer (each area against what it lies in: `rgn`), or a number in the indicator's unit
    against: Option<String>,
    /// `limits` (when not given), `double-overlap`, `spc-proportion`, `spc-dsr`, `quintiles`, `quartiles`
    method: Option<String>,
    /// `95` (when not given), `99.8`, or `95,99.8` for five outcomes
    confidence: Option<String>,
    /// The share of false discoveries to expect among areas called different, above 0 and below 1 (Benjamini and Hochberg); in place of `confidence`
    fdr: Option<f64>,
    /// The share of an area's residents who must live in a part with a value; 0.9 when not given
    min_coverage: Option<f64>,
}

/// Areas against a benchmark: better, similar or worse by more than chance.
#[utoipa::path(get, path = "/v1/analysis/benchmark", operation_id = "benchmark", tag = "analysis",
    params(BenchmarkParameters),
    responses((status = 200, description = "A row for each area: value, limits, benchmark, `outcome` (better, similar, worse; higher, lower; not_compared with `reason`), the `confidence` at which it differs, `part_of_benchmark`; a summary and warnings"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn json(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    answer_as(&state, query, Form::Json).await
}

/// The same as a table.
#[utoipa::path(get, path = "/v1/analysis/benchmark.csv", operation_id = "benchmark_csv", tag = "analysis",
    params(BenchmarkParameters),
    responses((status = 200, description = "A line for each area", body = String, content_type = "text/csv"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn csv(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    answer_as(&state, query, Form::Csv).await
}

/// How to compare.
struct Choice {
    method: Method,
    confidences: Vec<f64>,
    fdr: Option<f64>,
    against: String,
}

impl Choice {
    fn read(read: &mut Parameters) -> Choice {
        let method: Method = read.value("method").unwrap_or(Method::Limits);
        let mut choice = Choice {
            method,
            confidences: vec![CONFIDENCES[0]],
            fdr: read.number("fdr"),
            against: read.text("against").unwrap_or("england").trim().to_owned(),
        };
        if let Some(text) = read.text("confidence").map(str::to_owned) {
            match text.replace(' ', "").as_str() {
                "95" => {}
                "99.8" => choice.confidences = vec![CONFIDENCES[1]],
                "95,99.8" => choice.confidences = CONFIDENCES.to_vec(),
                _ => read.fault("confidence", &text, "`95`, `99.8` or `95,99.8`"),
            }
            if choice.fdr.is_some() {
                read.fault("confidence", &text, "give `confidence` or `fdr`, not both");
            }
            if method.groups().is_some() {
                read.fault("confidence", &text, format!("method `{}` goes by rank", method.as_str()));
            }
        }
        if let Some(fdr) = choice.fdr {
            if !(fdr > 0.0 && fdr < 1.0) {
                read.fault("fdr", &fdr.to_string(), "a share above 0 and below 1");
            }
            if !method.has_probabilities() {
                let message = format!("method `{}` has no probabilities to go by", method.as_str());
                read.fault("fdr", &fdr.to_string(), message);
            }
        }
        if method.groups().is_some() && read.text("against").is_some() {
            let message = format!("method `{}` compares areas with one another", method.as_str());
            read.fault("against", &choice.against.clone(), message);
        }
        choice
    }
}

/// What areas are compared with.
enum Against<'a> {
    /// A number.
    Value(f64),
    /// One area for all.
    Area(&'a AtlasLayer, u32),
    /// What each lies in.
    Parent(&'a AtlasLayer),
}

impl<'a> Against<'a> {
    fn find(served: &'a Served, text: &str) -> Result<Self, Problem> {
        if let Ok(value) = text.parse::<f64>()
            && value.is_finite()
        {
            return Ok(Against::Value(value));
        }
        let word = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, code)| *code);
        let code: Option<Code> = word.unwrap_or(text).parse().ok();
        if let Some(found) = code.and_then(|code| served.atlas.find(&code, None)) {
            return Ok(Against::Area(found.layer, found.number));
        }
        let layer: Option<LayerRef> = text.parse().ok();
        if let Some(layer) = layer.and_then(|layer| served.atlas.layer(&layer)) {
            return Ok(Against::Parent(layer));
        }
        let kinds: Vec<String> = served.atlas.kinds().iter().map(ToString::to_string).collect();
        Err(Problem::parameter(
            "against",
            text,
            format!(
                "`england`, `uk`, the code of an area, a number, or a layer for what each area lies in: {}",
                kinds.join(", ")
            ),
        ))
    }

    /// The area that an area is compared with.
    fn of(&self, atlas: &Atlas, layer: &AtlasLayer, area: u32) -> Option<(&'a AtlasLayer, u32)> {
        match self {
            Against::Value(_) => None,
            Against::Area(layer, number) => Some((*layer, *number)),
            Against::Parent(parents) => atlas.parent(layer, area, parents).map(|number| (*parents, number)),
        }
    }
}

/// What one area is compared with.
struct Benchmark<'a> {
    area: Option<(&'a AtlasLayer, u32)>,
    observation: Observation,
    /// Whether the area is a part of it.
    holds_area: bool,
}

async fn answer_as(state: &AppState, query: Option<String>, form: Form) -> Answer {
    let mut read = Parameters::parse(query.as_deref(), &[&OWN[..], &COMMON[..5]].concat());
    let id = asked::needed(&mut read, "indicator", "an id of /v1/indicators");
    let choice = Choice::read(&mut read);
    let asked = Asked::read(&mut read);
    answer::off_thread(state, move |served| {
        if id.is_empty() {
            read.finish()?;
        }
        let indicator = indicators::find(served, &id)?;
        let series = indicators::chosen(&mut read, indicator)?;
        let scope = asked.scope(served)?;
        let subject = Subject::new(served, indicator, series, scope.layer, &asked.options);
        let compared = if choice.method.groups().is_some() {
            by_rank(&subject, &scope, &choice)
        } else {
            fits_indicator(&choice, &subject)?;
            by_benchmark(served, &subject, &scope, &choice, &asked)?
        };
        let mut about = about_indicator(subject.about(), Some(series));
        about_scope(&mut about, served, &scope);
        about.extend(compared.about);
        asked::write(form, about, compared.rows)
    })
    .await
}

/// Refuses methods that are of other kinds of indicators.
fn fits_indicator(choice: &Choice, subject: &Subject<'_>) -> Result<(), Problem> {
    let kind = subject.about().kind;
    let (fits, what) = match choice.method {
        Method::SpcProportion => (kind == IndicatorKind::Proportion, "proportions"),
        Method::SpcDsr => (kind == IndicatorKind::Rate, "rates"),
        _ => (true, ""),
    };
    if fits {
        return Ok(());
    }
    let id = &subject.about().id;
    let message = format!("is a method for {what}, which `{id}` is not; `limits` is for all");
    Err(Problem::parameter("method", choice.method.as_str(), message))
}

/// Rows, and what is said of all of them.
struct Compared {
    about: Map<String, Value>,
    rows: Vec<Map<String, Value>>,
}

fn by_rank(subject: &Subject<'_>, scope: &Scope<'_>, choice: &Choice) -> Compared {
    let groups = choice.method.groups().unwrap_or(1);
    let values: Vec<Option<f64>> = scope.areas.iter().map(|&a| subject.observation(a).value()).collect();
    let polarity = subject.about().polarity;
    let placed = quantile_groups(&values, groups, polarity);
    let mut counts = vec![0usize; groups];
    let mut rows = Vec::new();
    for (&area, (group, value)) in scope.areas.iter().zip(placed.iter().zip(&values)) {
        let mut row = value_row(subject, scope.layer, area);
        row.insert("group".into(), json!(group));
        let reason = match (group, value) {
            (Some(group), _) => {
                counts[group - 1] += 1;
                None
            }
            (None, None) => Some(NotCompared::NoValue),
            (None, Some(_)) => Some(NotCompared::TooFewAreas),
        };
        row.insert("reason".into(), json!(reason));
        rows.push(row);
    }
    let first = if polarity == Polarity::Neutral { "lowest" } else { "worst" };
    let mut about = Map::new();
    about.insert("method".into(), json!(choice.method));
    about.insert("groups".into(), json!({"count": groups, "first": first, "areas": counts}));
    Compared { about, rows }
}

/// The value of an area with its limits.
fn value_row(subject: &Subject<'_>, layer: &AtlasLayer, area: u32) -> Map<String, Value> {
    let mut row = area_row(layer, area);
    let value = &subject.values[area as usize];
    let o = &value.observation;
    let limits = Estimate::of(o, subject.about()).ok().map(|e| e.limits);
    row.insert("value".into(), json!(o.value()));
    row.insert("lower".into(), json!(limits.map(|l| l.0)));
    row.insert("upper".into(), json!(limits.map(|l| l.1)));
    row.insert("count".into(), json!(o.count()));
    row.insert("denominator".into(), json!(o.denominator()));
    row.insert("flag".into(), json!(o.flag));
    row.insert("method".into(), json!(value.method));
    row
}

fn by_benchmark(
    served: &Served,
    subject: &Subject<'_>,
    scope: &Scope<'_>,
    choice: &Choice,
    asked: &Asked,
) -> Result<Compared, Problem> {
    let against = Against::find(served, &choice.against)?;
    if choice.method == Method::DoubleOverlap && matches!(against, Against::Value(_)) {
        let message = "a number has no limits, which method `double-overlap` needs: name an area or a layer";
        return Err(Problem::parameter("against", &choice.against, message));
    }
    let mut values_of: HashMap<String, Vec<Observation>> = HashMap::new();
    let benchmarks: Vec<Benchmark<'_>> = scope
        .areas
        .iter()
        .map(|&area| {
            let other = against.of(&served.atlas, scope.layer, area);
            let observation = match (&against, other) {
                (Against::Value(value), _) => Observation::of(*value),
                (_, None) => Observation::default(),
                (_, Some((layer, number))) => {
                    let all = values_of.entry(layer.entry.id.to_string()).or_insert_with(|| {
                        let values =
                            served.atlas.values(subject.indicator, subject.series, layer, &asked.options);
                        values.into_iter().map(|v| v.observation).collect()
                    });
                    all[number as usize]
                }
            };
            let holds = |(layer, number): (&AtlasLayer, u32)| {
                let blocks = scope.layer.blocks_of(area);
                blocks.iter().any(|&block| layer.area_of_block(block) == Some(number))
            };
            Benchmark { area: other, observation, holds_area: other.is_some_and(holds) }
        })
        .collect();
    if let Against::Area(layer, number) = &against
        && benchmarks.iter().all(|b| b.observation.value().is_none())
    {
        let area = &layer.areas()[*number as usize];
        let flag = benchmarks.first().and_then(|b| b.observation.flag).map_or("missing", Flag::as_str);
        return Err(Problem::parameter(
            "against",
            &choice.against,
            format!(
                "{} ({}) has no value of `{}` in {} ({flag}): name another area, a layer or a number",
                area.name,
                area.code,
                subject.about().id,
                subject.series.period_label()
            ),
        ));
    }
    let compared: Vec<Result<Comparison, NotCompared>> = scope
        .areas
        .iter()
        .zip(&benchmarks)
        .map(|(&area, benchmark)| compare(subject, area, benchmark, choice))
        .collect();
    let kept = choice.fdr.map(|q| {
        let p: Vec<f64> =
            compared.iter().map(|c| c.as_ref().ok().and_then(|c| c.p).unwrap_or(f64::NAN)).collect();
        benjamini_hochberg(&p, q)
    });
    let rows = scope.areas.iter().enumerate().map(|(i, &area)| {
        let kept = kept.as_ref().map(|kept| kept[i]);
        row(subject, scope.layer, area, &benchmarks[i], &compared[i], kept)
    });
    let rows: Vec<Map<String, Value>> = rows.collect();
    let about = said_of_all(&against, choice, &benchmarks, &rows);
    Ok(Compared { about, rows })
}

fn compare(
    subject: &Subject<'_>,
    area: u32,
    benchmark: &Benchmark<'_>,
    choice: &Choice,
) -> Result<Comparison, NotCompared> {
    let (about, observation) = (subject.about(), subject.observation(area));
    let value = observation.value().ok_or(NotCompared::NoValue)?;
    let level = benchmark.observation.value().ok_or(NotCompared::NoBenchmark)?;
    let denominator = || observation.denominator().ok_or(NotCompared::NoDenominator);
    let confidences = &choice.confidences;
    match choice.method {
        Method::SpcProportion => {
            by_spc_proportion(value, denominator()?, level, about.multiplier, confidences)
        }
        Method::SpcDsr => by_spc_rate(value, denominator()?, level, about.multiplier, confidences),
        Method::DoubleOverlap => {
            let theirs = Estimate::of(&benchmark.observation, about)
                .map_err(|_| NotCompared::BenchmarkWithoutLimits)?;
            by_double_overlap(&Estimate::of(observation, about)?, &theirs, confidences)
        }
        Method::Limits | Method::Quintiles | Method::Quartiles => {
            by_limits(&Estimate::of(observation, about)?, level, confidences)
        }
    }
}

fn row(
    subject: &Subject<'_>,
    layer: &AtlasLayer,
    area: u32,
    benchmark: &Benchmark<'_>,
    compared: &Result<Comparison, NotCompared>,
    kept: Option<bool>,
) -> Map<String, Value> {
    let mut row = value_row(subject, layer, area);
    let about = subject.about();
    let observation = subject.observation(area);
    row.insert("basis".into(), json!(Estimate::of(observation, about).ok().map(|e| e.basis)));
    let other = benchmark.area.map(|(layer, number)| &layer.areas()[number as usize]);
    let level = benchmark.observation.value();
    row.insert(
        "benchmark".into(),
        json!({"code": other.map(|a| &a.code), "name": other.map(|a| &a.name), "value": level}),
    );
    row.insert("difference".into(), json!(observation.value().zip(level).map(|(v, b)| v - b)));
    let limits = compared.as_ref().map_or([None; 2], |c| c.limits);
    row.insert(
        "compared_limits".into(),
        json!({
            "lower_95": limits[0].map(|l| l.0), "upper_95": limits[0].map(|l| l.1),
            "lower_998": limits[1].map(|l| l.0), "upper_998": limits[1].map(|l| l.1)
        }),
    );
    let (outcome, confidence, p, reason) = match compared {
        Ok(c) => {
            // By false discoveries, the side is that of the value; only whether it counts is decided anew.
            let side = match (kept, observation.value().zip(level)) {
                (Some(true), Some((value, level))) => value.total_cmp(&level),
                (Some(_), _) => std::cmp::Ordering::Equal,
                (None, _) => c.side,
            };
            let outcome = Outcome::of_side(side, about.polarity).as_str();
            (outcome, c.confidence.filter(|_| kept.is_none()), c.p, None)
        }
        Err(reason) => ("not_compared", None, None, Some(*reason)),
    };
    row.insert("outcome".into(), outcome.into());
    row.insert("confidence".into(), json!(confidence));
    row.insert("p".into(), json!(p));
    row.insert("reason".into(), json!(reason));
    row.insert("part_of_benchmark".into(), benchmark.holds_area.into());
    row
}

fn said_of_all(
    against: &Against<'_>,
    choice: &Choice,
    benchmarks: &[Benchmark<'_>],
    rows: &[Map<String, Value>],
) -> Map<String, Value> {
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        let confidence = row["confidence"].as_f64().filter(|_| choice.confidences.len() > 1);
        let name = row["outcome"].as_str().unwrap_or_default();
        let name = confidence.map_or(name.to_owned(), |c| format!("{name}_{}", c * 100.0));
        *outcomes.entry(name).or_default() += 1;
    }
    let compared = rows.iter().filter(|r| r["outcome"] != "not_compared").count();
    let by_chance = compared as f64 * (1.0 - choice.confidences.first().copied().unwrap_or(1.0));
    let mut warnings = Vec::new();
    let inside = benchmarks.iter().filter(|b| b.holds_area).count();
    if inside > 0 {
        warnings.push(format!(
            "{inside} of {} areas are part of what they are compared with: a large one moves its own benchmark",
            rows.len()
        ));
    }
    if choice.fdr.is_none() && by_chance >= 1.0 {
        warnings.push(format!(
            "of {compared} areas compared, some {by_chance:.0} are expected to differ by chance alone; \
             confidence=99.8 or fdr=0.05 ask for more"
        ));
    }
    let against = match against {
        Against::Value(value) => json!({"value": value}),
        Against::Area(layer, number) => {
            let area = &layer.areas()[*number as usize];
            let found = benchmarks.first().map(|b| &b.observation);
            json!({"code": area.code, "name": area.name, "value": found.and_then(Observation::value),
                "lower": found.and_then(Observation::lower), "upper": found.and_then(Observation::upper)})
        }
        Against::Parent(layer) => json!({"layer": layer.entry.id}),
    };
    let confidences: &[f64] = if choice.fdr.is_some() { &[] } else { &choice.confidences };
    let mut about = Map::new();
    about.insert("method".into(), json!(choice.method));
    about.insert("against".into(), against);
    about.insert("confidences".into(), json!(confidences));
    about.insert("fdr".into(), json!(choice.fdr));
    about.insert("outcomes".into(), json!(outcomes));
    about.insert("warnings".into(), json!(warnings));
    about
}
