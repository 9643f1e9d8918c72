//! `/v1/analysis/index`: areas in the order of a composite index, with every contribution and how sure the order is.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::index_question::{IndexParameters, Place, QUESTION, Question, in_body, question, shipped};
use super::index_row::Row;
use crate::analysis::index::{DrawOptions, Intervals, Measured, Ranking, rank, state_of};
use crate::area::Capital;
use crate::http::answer::{self, Answer, bytes, rounded};
use crate::http::parameters::Parameters;
use crate::http::problem::Problem;
use crate::http::state::{AppState, Served};
use crate::source::indices::IndexDefinition;

/// What is said of a capital of which no indicator speaks, where the definition says nothing itself.
const NO_INDICATOR: &str = "No indicator of this index speaks of this capital: it is missing, not nought.";
/// The same of natural capital, for which there is no mission either.
const NO_MISSION: &str = "Missing: none of the twelve levelling-up missions is about natural capital, and no indicator \
                          of this index is.";

/// Areas in the order of an index: rank 1 is the worst. Without `index`, the definitions that there are.
#[utoipa::path(get, path = "/v1/analysis/index", tag = "analysis",
    params(IndexParameters),
    responses((status = 200, description = "Areas with score, rank, 5-95 % rank intervals and contributions"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn index(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    ask(&state, query, None, Form::Json).await
}

/// The same by a definition in the body, TOML or JSON.
#[utoipa::path(post, path = "/v1/analysis/index", tag = "analysis",
    request_body(content = String, description = "A definition, TOML or JSON", content_type = "application/toml"),
    responses((status = 200, description = "As GET"), (status = 400, body = Problem)))]
pub async fn index_of_body(State(state): State<AppState>, RawQuery(query): RawQuery, body: Bytes) -> Answer {
    ask(&state, query, Some(body), Form::Json).await
}

/// The order as a table.
#[utoipa::path(get, path = "/v1/analysis/index.csv", tag = "analysis",
    params(IndexParameters),
    responses((status = 200, description = "A row for each area"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn table(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    ask(&state, query, None, Form::Csv).await
}

/// The order by a definition in the body as a table.
#[utoipa::path(post, path = "/v1/analysis/index.csv", tag = "analysis",
    request_body(content = String, description = "A definition, TOML or JSON", content_type = "application/toml"),
    responses((status = 200, description = "A row for each area"), (status = 400, body = Problem)))]
pub async fn table_of_body(State(state): State<AppState>, RawQuery(query): RawQuery, body: Bytes) -> Answer {
    ask(&state, query, Some(body), Form::Csv).await
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Json,
    Csv,
}

async fn ask(state: &AppState, query: Option<String>, body: Option<Bytes>, form: Form) -> Answer {
    answer::off_thread(state, move |served| {
        let mut read = Parameters::parse(query.as_deref(), &QUESTION);
        let definition = match (&body, read.text("index").map(str::to_owned)) {
            (Some(body), None) => in_body(body)?.definition,
            (Some(_), Some(id)) => {
                let words = "the body holds the definition: give one or the other";
                return Err(Problem::parameter("index", &id, words));
            }
            (None, Some(id)) => shipped(served, "index", &id)?,
            (None, None) => {
                read.finish()?;
                return definitions(served);
            }
        };
        let asked = question(&mut read, definition);
        read.finish()?;
        let place = Place::of(served, &asked)?;
        let measured = place.measure(served, &asked.definition)?;
        let ranking = rank(&asked.definition, &measured, None);
        let options = DrawOptions { draws: asked.draws, seed: asked.seed, categories: 1 };
        let intervals = ranking.intervals(&asked.definition, &measured, options);
        let told = Told { served, place: &place, asked: &asked, measured: &measured, ranking: &ranking };
        match form {
            Form::Json => told.document(&intervals),
            Form::Csv => told.csv(&intervals),
        }
    })
    .await
}

/// The definitions that there are, and what those that are not ready wait for.
fn definitions(served: &Served) -> Answer {
    let results: Vec<Value> = served
        .atlas
        .indices()
        .iter()
        .map(|definition| {
            let state = state_of(&served.atlas, definition);
            json!({"id": definition.id, "title": definition.title, "description": definition.description,
                "layer": definition.layer, "within": definition.within,
                "status": if state.is_ready { "ready" } else { "waiting" }, "waiting_for": state.waiting_for,
                "indicators": definition.parts.iter().map(|p| &p.id).collect::<Vec<_>>(), "definition": definition})
        })
        .collect();
    answer::json(&json!({"count": results.len(), "results": results}))
}

/// All that an answer tells of.
pub(super) struct Told<'a> {
    pub served: &'a Served,
    pub place: &'a Place<'a>,
    pub asked: &'a Question,
    pub measured: &'a Measured,
    pub ranking: &'a Ranking,
}

/// A number for JSON: none for one that is not there.
pub(super) fn number(value: f64) -> Option<f64> {
    value.is_finite().then(|| rounded(value))
}

/// A rank for JSON: none for one that is not there.
pub(super) fn rank_of(rank: u32) -> Option<u32> {
    (rank > 0).then_some(rank)
}

impl Told<'_> {
    fn definition(&self) -> &IndexDefinition {
        &self.asked.definition
    }

    /// What is said before the areas.
    pub fn head(&self) -> Map<String, Value> {
        let definition = self.definition();
        let layer = self.place.layer;
        let shares = self.ranking.scheme.shares(self.measured.columns.len());
        let indicators: Vec<Value> = self
            .measured
            .columns
            .iter()
            .zip(&shares)
            .zip(&self.ranking.varies)
            .map(|((column, share), varies)| {
                let with_value = |keep: &dyn Fn(usize) -> bool| {
                    (0..column.values.len()).filter(|&a| self.measured.in_scope[a] && keep(a)).count()
                };
                let series: Vec<Value> = column
                    .series
                    .iter()
                    .map(|used| {
                        json!({"indicator": used.name.indicator, "sex": used.name.sex, "age": used.name.age,
                            "periods": used.periods})
                    })
                    .collect();
                json!({"id": column.id, "title": column.title, "unit": column.unit, "decimals": column.decimals,
                    "polarity": column.polarity, "capital": column.capital, "horizon": column.horizon,
                    "weight": column.weight, "share_of_weight": number(*share), "series": series,
                    "status": if column.series.is_empty() { "not imported" } else { "measured" },
                    "varies": varies,
                    "areas_with_value": with_value(&|a| !column.values[a].is_nan()),
                    "areas_with_error": with_value(&|a| column.errors[a] > 0.0),
                    "areas_with_fewer_periods": with_value(&|a| column.partial[a]),
                    "areas_with_value_of_county": with_value(&|a| column.inherited[a]),
                    "sources": column.sources, "licences": column.licences})
            })
            .collect();
        let mut head = Map::new();
        head.insert("index".into(), json!(definition.id));
        head.insert("title".into(), definition.title.clone().into());
        head.insert("description".into(), definition.description.clone().into());
        head.insert("changed_by_request".into(), self.asked.is_changed.into());
        head.insert("definition".into(), json!(definition));
        head.insert("layer".into(), json!(layer.entry.id.kind));
        head.insert("vintage".into(), json!(layer.vintage()));
        head.insert(
            "within".into(),
            json!(self.place.within.map(|(layer, area)| &layer.areas()[area as usize].code)),
        );
        head.insert(
            "polarity".into(),
            if definition.normalisation.high_is_good() { "high-is-good" } else { "low-is-good" }.into(),
        );
        head.insert("indicators".into(), indicators.into());
        head.insert("capitals".into(), self.capitals(&shares).into());
        head.insert("ranked".into(), self.ranking.count().into());
        let scope = self.measured.in_scope.iter().filter(|s| **s).count();
        head.insert("not_ranked".into(), (scope - self.ranking.count()).into());
        head
    }

    /// What is said after the areas.
    pub fn foot(&self, answer: &mut Map<String, Value>) {
        let mut licences = vec![self.place.layer.entry.licence.clone()];
        licences.extend(self.measured.columns.iter().flat_map(|c| c.licences.clone()));
        licences.sort();
        licences.dedup();
        answer.insert("attribution".into(), self.served.atlas.attribution(self.place.layer).into());
        answer.insert("licence".into(), licences.join(", ").into());
    }

    /// What is said of the draws.
    pub fn uncertainty(&self) -> Value {
        let exact: Vec<&str> = self
            .measured
            .columns
            .iter()
            .filter(|c| c.errors.iter().all(|e| *e == 0.0))
            .map(|c| c.id.as_str())
            .collect();
        json!({"draws": self.asked.draws, "seed": self.asked.seed, "generator": "ChaCha8", "interval": [0.05, 0.95],
            "values": "each drawn from a normal distribution with its standard error, (upper - lower) / 3.92",
            "weights": "drawn from Dirichlet distributions around the weights given",
            "taken_as_exact": exact})
    }

    fn capitals(&self, shares: &[f64]) -> Vec<Value> {
        let definition = self.definition();
        self.ranking
            .capitals
            .iter()
            .map(|by| {
                let there = |i: &&usize| !self.measured.columns[**i].series.is_empty();
                let is_measured = by.members.iter().any(|i| there(&i));
                let share: f64 = by.members.iter().map(|&i| shares[i]).sum();
                let ids: Vec<&str> =
                    by.members.iter().map(|&i| self.measured.columns[i].id.as_str()).collect();
                let rule = definition.capitals.iter().find(|rule| rule.capital == by.capital);
                let stated = rule.map(|r| r.missing.as_str()).filter(|m| !m.is_empty());
                let words = stated.unwrap_or(match by.capital {
                    Capital::Natural => NO_MISSION,
                    _ => NO_INDICATOR,
                });
                json!({"capital": by.capital, "weight": definition.weight_of(by.capital),
                    "share_of_weight": number(share), "indicators": ids,
                    "status": if is_measured { "measured" } else { "missing" },
                    "note": (!is_measured).then_some(words)})
            })
            .collect()
    }

    /// The places of the areas in scope, in the order of their ranks, those without one last.
    pub fn in_order(&self) -> Vec<usize> {
        let mut areas: Vec<usize> =
            (0..self.measured.in_scope.len()).filter(|&a| self.measured.in_scope[a]).collect();
        areas.sort_by_key(|&a| (self.ranking.ranks[a] == 0, self.ranking.ranks[a], a));
        areas
    }

    /// What is missing of an area.
    pub fn missing(&self, area: usize) -> Vec<&str> {
        let columns = self.measured.columns.iter();
        columns.filter(|c| c.values[area].is_nan()).map(|c| c.id.as_str()).collect()
    }

    fn document(&self, intervals: &[Option<Intervals>]) -> Answer {
        #[derive(Serialize)]
        struct Document<'a> {
            #[serde(flatten)]
            head: Map<String, Value>,
            uncertainty: Value,
            count: usize,
            results: Vec<Row<'a>>,
            #[serde(flatten)]
            foot: Map<String, Value>,
        }
        let results = self.rows(intervals);
        let mut foot = Map::new();
        self.foot(&mut foot);
        let count = results.len();
        answer::json(&Document { head: self.head(), uncertainty: self.uncertainty(), count, results, foot })
    }

    fn csv(&self, intervals: &[Option<Intervals>]) -> Result<Response, Problem> {
        let internal = |e: csv::Error| Problem::internal(&e);
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut header: Vec<String> = ["code", "name", "score", "rank"].map(str::to_owned).to_vec();
        for of in ["values", "weights", "both"] {
            header.extend([format!("rank_5_{of}"), format!("rank_95_{of}")]);
        }
        header.extend(Capital::ALL.map(|c| format!("rank_{}", c.as_str())));
        for column in &self.measured.columns {
            header.extend([column.id.to_string(), format!("{} contribution", column.id)]);
        }
        header.push("missing".to_owned());
        writer.write_record(&header).map_err(internal)?;
        let text = |v: f64| if v.is_finite() { v.to_string() } else { String::new() };
        let rank_text = |rank: u32| rank_of(rank).map(|r| r.to_string()).unwrap_or_default();
        for area in self.in_order() {
            let about = &self.place.layer.areas()[area];
            let score = self.ranking.scores[area];
            let mut row = vec![
                about.code.to_string(),
                about.name.to_string(),
                text(score),
                rank_text(self.ranking.ranks[area]),
            ];
            match &intervals[area] {
                Some(i) => {
                    for (low, high) in [i.from_values, i.from_weights, i.from_both] {
                        row.extend([low.to_string(), high.to_string()]);
                    }
                }
                None => row.extend(vec![String::new(); 6]),
            }
            row.extend(self.ranking.capitals.iter().map(|by| rank_text(by.ranks[area])));
            let contributions = self.ranking.contributions(area);
            for (column, contribution) in self.measured.columns.iter().zip(contributions) {
                let is_there = !column.values[area].is_nan() && !score.is_nan();
                row.extend([
                    text(column.values[area]),
                    if is_there { text(contribution) } else { String::new() },
                ]);
            }
            row.push(self.missing(area).join(" "));
            writer.write_record(&row).map_err(internal)?;
        }
        let table = writer.into_inner().map_err(|e| Problem::internal(&e))?;
        Ok(bytes("text/csv; charset=utf-8", table))
    }
}
