//! What `/v1/analysis/index` and `/v1/analysis/priority` ask alike: which definition, changed how, where.

use axum::body::Bytes;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::analysis::index::{Measured, MeasuredError, Wanted, measure};
use crate::area::{Capital, Code, IndicatorId, LayerRef};
use crate::atlas::AtlasLayer;
use crate::http::layers;
use crate::http::parameters::Parameters;
use crate::http::problem::Problem;
use crate::http::state::Served;
use crate::source::indices::{Aggregation, CapitalRule, IndexDefinition, Normalisation};

/// The parameters that both take.
pub(super) const QUESTION: [&str; 9] =
    ["index", "layer", "within", "weights", "without", "normalisation", "aggregation", "draws", "seed"];

/// What both questions take, for the API document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the document is made of the fields; requests are read with all their faults")]
pub(super) struct IndexParameters {
    /// `four-capitals`; when not given and nothing is in the body, the list of definitions
    index: Option<String>,
    /// Another layer than that of the definition
    layer: Option<String>,
    /// Only areas in this one: `E92000001`, `E12000001`
    within: Option<String>,
    /// Weights of capitals or indicators in place of those of the definition: `human:2,social:1`
    weights: Option<String>,
    /// Indicators to leave out, with commas
    without: Option<String>,
    /// z, min-max, rank, percentile or imd-exponential
    normalisation: Option<String>,
    /// arithmetic or geometric
    aggregation: Option<String>,
    /// Draws for the intervals of ranks, 0 to 20,000; 1,000 when not given
    draws: Option<u32>,
    /// Seed of the draws; 1 when not given
    seed: Option<u64>,
}

/// Draws when nothing is said of them: enough for the ends of a 90 % interval, fast enough for a slider.
const DRAWS: u32 = 1000;
/// The most draws that an answer waits for.
const MOST_DRAWS: u32 = 20_000;
/// The seed when none is given; answers say which they used.
const SEED: u64 = 1;

/// The longest definition that is read: a hundred indicators with long words are a tenth of it.
pub(super) const LONGEST_DEFINITION_BYTES: usize = 1 << 20;

/// Definitions in a body: one, or two to be compared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Two {
    /// The index.
    pub definition: IndexDefinition,
    /// What it is compared with.
    #[serde(default)]
    pub against: Option<IndexDefinition>,
}

/// What is asked of an index.
pub(super) struct Question {
    pub definition: IndexDefinition,
    /// True when the request changed the definition.
    pub is_changed: bool,
    pub layer: Option<LayerRef>,
    pub within: Option<Code>,
    pub draws: u32,
    pub seed: u64,
}

/// The definition that ships under an id, or 404 with those that there are.
pub(super) fn shipped(served: &Served, parameter: &str, id: &str) -> Result<IndexDefinition, Problem> {
    let wanted: IndicatorId = id.parse().map_err(|e: String| Problem::parameter(parameter, id, e))?;
    served.atlas.indices().iter().find(|d| d.id == wanted).cloned().ok_or_else(|| {
        let known: Vec<&str> = served.atlas.indices().iter().map(|d| d.id.as_str()).collect();
        Problem::not_found(format!(
            "there is no index `{id}`; there are {}; a definition of your own goes into the body of a POST",
            known.join(", ")
        ))
    })
}

/// The definitions in a body.
pub(super) fn in_body(body: &Bytes) -> Result<Two, Problem> {
    let fault = |words: String| Problem::parameter("body", "", words);
    let text = std::str::from_utf8(body).map_err(|_| fault("it is not UTF-8".to_owned()))?;
    let is_json = text.trim_start().starts_with('{');
    let has_two = if is_json {
        serde_json::from_str::<serde_json::Value>(text).is_ok_and(|v| v.get("definition").is_some())
    } else {
        text.parse::<toml::Table>().is_ok_and(|t| t.contains_key("definition"))
    };
    if !has_two {
        let definition = IndexDefinition::read(text).map_err(|e| fault(e.to_string()))?;
        return Ok(Two { definition, against: None });
    }
    let two: Two = if is_json {
        serde_json::from_str(text).map_err(|e| fault(e.to_string()))?
    } else {
        toml::from_str(text).map_err(|e| fault(e.to_string()))?
    };
    let checked = |definition: IndexDefinition| definition.checked().map_err(|e| fault(e.to_string()));
    Ok(Two { definition: checked(two.definition)?, against: two.against.map(checked).transpose()? })
}

/// Reads the question; faults stay in `read`.
pub(super) fn question(read: &mut Parameters, definition: IndexDefinition) -> Question {
    let original = definition.clone();
    let mut definition = definition;
    if let Some(text) = read.text("without").map(str::to_owned) {
        leave_out(read, &mut definition, &text);
    }
    if let Some(text) = read.text("weights").map(str::to_owned) {
        weigh(read, &mut definition, &text);
    }
    if let Some(text) = read.text("normalisation").map(str::to_owned) {
        match Normalisation::ALL.into_iter().find(|n| n.as_str() == text) {
            Some(how) => definition.normalisation = how,
            None => {
                let known = Normalisation::ALL.map(Normalisation::as_str).join(", ");
                read.fault("normalisation", &text, format!("one of {known}"));
            }
        }
    }
    if let Some(text) = read.text("aggregation").map(str::to_owned) {
        match text.as_str() {
            "arithmetic" => definition.aggregation = Aggregation::Arithmetic,
            "geometric" => definition.aggregation = Aggregation::Geometric,
            _ => read.fault("aggregation", &text, "`arithmetic` or `geometric`"),
        }
    }
    if let Err(error) = definition.clone().checked() {
        let names = ["weights", "without", "normalisation", "aggregation"];
        let name = names.into_iter().find(|n| read.text(n).is_some()).unwrap_or("index");
        let value = read.text(name).unwrap_or_default().to_owned();
        read.fault(name, &value, error.to_string());
    }
    let draws = read.value("draws").unwrap_or(DRAWS);
    if draws > MOST_DRAWS {
        read.fault("draws", &draws.to_string(), format!("between 0 and {MOST_DRAWS}"));
    }
    Question {
        is_changed: definition != original,
        layer: read.value("layer"),
        within: read.value("within"),
        draws,
        seed: read.value("seed").unwrap_or(SEED),
        definition,
    }
}

fn leave_out(read: &mut Parameters, definition: &mut IndexDefinition, text: &str) {
    for name in text.split(',').map(str::trim).filter(|n| !n.is_empty()) {
        let before = definition.parts.len();
        let ids: Vec<&str> = definition.parts.iter().map(|p| p.id.as_str()).collect();
        if !ids.contains(&name) {
            read.fault(
                "without",
                name,
                format!("not (or no longer) an indicator of this index: {}", ids.join(", ")),
            );
            continue;
        }
        if before == 1 {
            read.fault("without", name, "nothing would be left of the index");
            continue;
        }
        definition.parts.retain(|p| p.id.as_str() != name);
    }
}

fn weigh(read: &mut Parameters, definition: &mut IndexDefinition, text: &str) {
    for pair in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let Some((name, number)) = pair.split_once(':') else {
            read.fault("weights", pair, "written as NAME:WEIGHT, as in human:2,social:1");
            continue;
        };
        let weight = number.trim().parse::<f64>().ok().filter(|w| (0.0..=1e6).contains(w));
        let Some(weight) = weight else {
            read.fault("weights", pair, "a weight is a number between 0 and 1,000,000");
            continue;
        };
        let name = name.trim();
        if let Some(capital) = Capital::ALL.into_iter().find(|c| c.as_str() == name) {
            match definition.capitals.iter_mut().find(|rule| rule.capital == capital) {
                Some(rule) => rule.weight = weight,
                None => {
                    definition.capitals.push(CapitalRule { capital, weight, missing: String::new() });
                }
            }
        } else if let Some(part) = definition.parts.iter_mut().find(|p| p.id.as_str() == name) {
            part.weight = weight;
        } else {
            let capitals = Capital::ALL.map(Capital::as_str).join(", ");
            let ids: Vec<&str> = definition.parts.iter().map(|p| p.id.as_str()).collect();
            let words =
                format!("neither a capital ({capitals}) nor an indicator of this index ({})", ids.join(", "));
            read.fault("weights", name, words);
        }
    }
}

/// Where the areas are.
pub(super) struct Place<'a> {
    pub layer: &'a AtlasLayer,
    pub within: Option<(&'a AtlasLayer, u32)>,
}

impl<'a> Place<'a> {
    /// The layer and the area within which, of the request or else of the definition.
    pub fn of(served: &'a Served, question: &Question) -> Result<Place<'a>, Problem> {
        let asked = question.layer.as_ref().unwrap_or(&question.definition.layer);
        let layer = layers::find(served, &asked.to_string())?;
        let code = question.within.as_ref().or(question.definition.within.as_ref());
        let within = match code {
            None => None,
            Some(code) => {
                let found = served.atlas.find(code, None).ok_or_else(|| {
                    Problem::parameter("within", code.as_str(), "there is no area with this code")
                })?;
                Some((found.layer, found.number))
            }
        };
        Ok(Place { layer, within })
    }

    /// The values of a definition here.
    pub fn measure(&self, served: &Served, definition: &IndexDefinition) -> Result<Measured, Problem> {
        let wanted = Wanted { layer: self.layer, within: self.within };
        measure(&served.atlas, definition, wanted).map_err(|error| match error {
            MeasuredError::Waiting(_) => {
                Problem::not_found(format!("the index `{}` cannot be made: {error}", definition.id))
            }
            MeasuredError::Faults(_) => {
                Problem::parameter("index", definition.id.as_str(), error.to_string())
            }
        })
    }
}
