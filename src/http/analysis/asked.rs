//! What the questions of this folder have in common: which values of which areas, and how answers say so.

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::super::answer::{self, Answer, bytes};
use super::super::parameters::Parameters;
use super::super::problem::Problem;
use super::super::state::Served;
use super::super::{areas, indicators, layers};
use crate::analysis::scope::Scope;
use crate::area::{Indicator, IndicatorKind, Observation};
use crate::atlas::{AreaValue, AtlasIndicator, AtlasLayer, SeriesRef, ValueOptions};

/// As what an answer is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Json,
    Csv,
}

/// The parameters that every question takes.
pub(super) const COMMON: [&str; 6] = ["layer", "within", "sex", "age", "min_coverage", "weight"];

/// The text of a parameter that cannot be left out; its lack is a fault.
pub(super) fn needed(read: &mut Parameters, name: &str, what: &str) -> String {
    let text = read.text(name).unwrap_or_default().trim().to_owned();
    if text.is_empty() {
        read.fault(name, "", format!("is needed: {what}"));
    }
    text
}

/// The areas asked about, as texts, and how values are put together.
pub(super) struct Asked {
    layer: String,
    within: Option<String>,
    weight: Option<String>,
    /// How values are put together.
    pub options: ValueOptions,
}

impl Asked {
    /// Reads the common parameters.
    pub fn read(read: &mut Parameters) -> Asked {
        let text = |name| read.text(name).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
        let layer = text("layer").unwrap_or_else(|| "lad".to_owned());
        let (within, weight) = (text("within"), text("weight"));
        Asked { layer, within, weight, options: indicators::value_options(read) }
    }

    /// The layer.
    pub fn layer<'a>(&self, served: &'a Served) -> Result<&'a AtlasLayer, Problem> {
        layers::find(served, &self.layer)
    }

    /// The areas.
    pub fn scope<'a>(&self, served: &'a Served) -> Result<Scope<'a>, Problem> {
        let layer = self.layer(served)?;
        let within = self.within.as_deref().map(|code| areas::find(served, code, None)).transpose()?;
        let scope = Scope::new(&served.atlas, layer, within);
        match (&self.within, scope.areas.is_empty()) {
            (Some(within), true) => {
                let message = format!("no area of {} lies wholly in it", layer.entry.id);
                Err(Problem::parameter("within", within, message))
            }
            _ => Ok(scope),
        }
    }

    /// What the areas of a layer are weighted by, in area order, and its name: residents, nothing, or an indicator that
    /// counts.
    pub fn weights(
        &self,
        served: &Served,
        layer: &AtlasLayer,
    ) -> Result<(Vec<Option<f64>>, String), Problem> {
        let by = self.weight.as_deref().unwrap_or("residents");
        let weights: Vec<Option<f64>> = match by {
            // The people whom the boundaries know; an indicator of that id is asked for by its own name below.
            "residents" => layer.areas().iter().map(|a| a.residents).collect(),
            "areas" => vec![Some(1.0); layer.areas().len()],
            id => {
                let wrong = |message: String| Problem::parameter("weight", id, message);
                let found = indicators::find(served, id).map_err(|_| {
                    wrong("`residents`, `areas`, or the id of an indicator that counts".into())
                })?;
                if found.indicator.kind != IndicatorKind::Count {
                    return Err(wrong("is no count: areas are weighted by how many they have".into()));
                }
                let values = served.atlas.latest_values(found, layer);
                values.into_iter().map(|v| v.observation.value().filter(|v| *v >= 0.0)).collect()
            }
        };
        Ok((weights, by.to_owned()))
    }
}

/// The values of an indicator over a scope.
pub(super) struct Subject<'a> {
    pub indicator: &'a AtlasIndicator,
    pub series: SeriesRef<'a>,
    /// By area of the layer, whether in the scope or not.
    pub values: Vec<AreaValue>,
}

impl<'a> Subject<'a> {
    /// Works out the values.
    pub fn new(
        served: &'a Served,
        indicator: &'a AtlasIndicator,
        series: SeriesRef<'a>,
        layer: &AtlasLayer,
        options: &ValueOptions,
    ) -> Self {
        let values = served.atlas.values(indicator, series, layer, options);
        Subject { indicator, series, values }
    }

    /// The observation of an area.
    pub fn observation(&self, area: u32) -> &Observation {
        &self.values[area as usize].observation
    }

    /// What the indicator is.
    pub fn about(&self) -> &'a Indicator {
        &self.indicator.indicator
    }
}

/// What an answer says of the indicator it speaks of.
pub(super) fn about_indicator(indicator: &Indicator, series: Option<SeriesRef<'_>>) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("indicator".into(), json!(indicator.id));
    map.insert("title".into(), json!(indicator.title));
    map.insert("unit".into(), json!(indicator.unit));
    map.insert("kind".into(), json!(indicator.kind));
    map.insert("polarity".into(), json!(indicator.polarity));
    map.insert("horizon".into(), json!(indicator.horizon));
    map.insert("decimals".into(), json!(indicator.decimals));
    if let Some(series) = series {
        map.insert("period".into(), series.period_label().into());
        map.insert("sex".into(), series.sex().into());
        map.insert("age".into(), series.age().into());
    }
    map.insert("source".into(), json!(indicator.source));
    map.insert("licence".into(), json!(indicator.licence));
    map
}

/// What an answer says of the areas it speaks of.
pub(super) fn about_scope(map: &mut Map<String, Value>, served: &Served, scope: &Scope<'_>) {
    map.insert("layer".into(), json!(scope.layer.entry.id.kind));
    map.insert("vintage".into(), json!(scope.layer.vintage()));
    let within = scope.within.as_ref().map(|w| json!({"code": w.area().code, "name": w.area().name}));
    map.insert("within".into(), within.into());
    map.insert("attribution".into(), served.atlas.attribution(scope.layer).into());
}

/// The start of a row: which area, and its value as published or put together.
pub(super) fn area_row(layer: &AtlasLayer, area: u32) -> Map<String, Value> {
    let mut row = Map::new();
    let about = &layer.areas()[area as usize];
    row.insert("code".into(), json!(about.code));
    row.insert("name".into(), json!(about.name));
    row
}

/// Writes an answer: as JSON `about` with `results`, as CSV one line for each row.
pub(super) fn write(form: Form, mut about: Map<String, Value>, rows: Vec<Map<String, Value>>) -> Answer {
    match form {
        Form::Json => {
            about.insert("count".into(), rows.len().into());
            about.insert("results".into(), rows.into_iter().map(Value::Object).collect());
            answer::json(&about)
        }
        Form::Csv => table(&about, &rows),
    }
}

/// What every line of a table says after its own columns.
const SAID_OF_ALL: [&str; 7] =
    ["indicator", "period", "layer", "vintage", "source", "licence", "attribution"];

/// A table: the columns of the rows, an object within a row as `outer_inner`, then what is said of all of them. A column
/// that a row has of its own goes before what is said of all.
fn table(about: &Map<String, Value>, rows: &[Map<String, Value>]) -> Result<Response, Problem> {
    let flat: Vec<Vec<(String, String)>> = rows
        .iter()
        .map(|row| {
            let mut cells = Vec::new();
            row.iter().for_each(|(name, value)| flatten(name, value, &mut cells));
            cells
        })
        .collect();
    let mut columns: Vec<String> = Vec::new();
    for (name, _) in flat.iter().flatten() {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    let own = columns.len();
    for name in SAID_OF_ALL {
        if about.contains_key(name) && !columns.iter().any(|c| c == name) {
            columns.push(name.to_owned());
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let internal = |e: csv::Error| Problem::internal(&e);
    writer.write_record(&columns).map_err(internal)?;
    for cells in flat {
        let in_row = |name: &String| cells.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str());
        let said: Vec<String> = columns[own..].iter().map(|name| text(&about[name])).collect();
        let record: Vec<&str> =
            columns[..own].iter().map(in_row).chain(said.iter().map(String::as_str)).collect();
        writer.write_record(record).map_err(internal)?;
    }
    let bytes_of = writer.into_inner().map_err(|e| Problem::internal(&e))?;
    Ok(bytes("text/csv; charset=utf-8", bytes_of))
}

fn flatten(name: &str, value: &Value, cells: &mut Vec<(String, String)>) {
    match value {
        Value::Object(inner) => {
            inner.iter().for_each(|(key, value)| flatten(&format!("{name}_{key}"), value, cells));
        }
        other => cells.push((name.to_owned(), text(other))),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(text).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}
