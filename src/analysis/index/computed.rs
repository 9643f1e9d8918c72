//! An index as an indicator like any other: the atlas takes its values without knowing how they come about.

use std::sync::Arc;

use super::measured::{Wanted, measure};
use super::ranking::{rank, scheme_of};
use crate::area::{Flag, Indicator, IndicatorId, IndicatorKind, Observation, Polarity};
use crate::atlas::{AreaValue, Atlas, AtlasLayer, Compute, Method};
use crate::source::indices::{IndexDefinition, Part};

/// Whether an index can be made with the indicators that there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IndexState {
    /// True where it can.
    pub is_ready: bool,
    /// The indicators that it lacks, each once.
    pub waiting_for: Vec<IndicatorId>,
}

/// What an index waits for. It is ready when the parts that are there hold as much of the weight as it needs.
pub fn state_of(atlas: &Atlas, definition: &IndexDefinition) -> IndexState {
    let mut waiting_for: Vec<IndicatorId> = Vec::new();
    let mut is_there = Vec::new();
    let mut parts = Vec::new();
    for part in &definition.parts {
        let series = part.series();
        let lacking = series.iter().filter(|name| atlas.indicator(&name.indicator).is_none());
        for name in lacking {
            if !waiting_for.contains(&name.indicator) {
                waiting_for.push(name.indicator.clone());
            }
        }
        is_there.push(series.iter().all(|name| atlas.indicator(&name.indicator).is_some()));
        let first = series.first().and_then(|name| atlas.indicator(&name.indicator));
        parts.push((part.weight, part.capital.or(first.and_then(|i| i.indicator.capital))));
    }
    let scheme = scheme_of(definition, parts.into_iter());
    let is_ready = scheme.suffices(is_there.len(), definition.need, |i| is_there[i]);
    IndexState { is_ready, waiting_for }
}

/// The indices of an atlas that are ready, as indicators for [`Atlas::with_computed`].
pub fn computed_indicators(atlas: &Atlas) -> Vec<(Indicator, Arc<dyn Compute>)> {
    let ready = atlas.indices().iter().filter(|definition| state_of(atlas, definition).is_ready);
    ready
        .map(|definition| {
            let compute: Arc<dyn Compute> = Arc::new(ComputedIndex(definition.clone()));
            (described(atlas, definition), compute)
        })
        .collect()
}

/// The index as an indicator: marked as computed, and from what.
fn described(atlas: &Atlas, definition: &IndexDefinition) -> Indicator {
    let series = definition.parts.iter().flat_map(Part::series);
    let inputs: Vec<&Indicator> =
        series.filter_map(|name| atlas.indicator(&name.indicator)).map(|i| &i.indicator).collect();
    let mut licences: Vec<&str> =
        inputs.iter().map(|i| i.licence.as_str()).filter(|l| !l.is_empty()).collect();
    licences.sort_unstable();
    licences.dedup();
    let titles: Vec<&str> = inputs.iter().map(|i| i.title.as_str()).collect();
    let high = definition.normalisation.high_is_good();
    Indicator {
        id: definition.id.clone(),
        title: definition.title.clone(),
        unit: "score".to_owned(),
        kind: IndicatorKind::Index,
        polarity: if high { Polarity::HighIsGood } else { Polarity::LowIsGood },
        multiplier: 1.0,
        decimals: 2,
        capital: None,
        horizon: None,
        source: format!("Computed from: {}", titles.join("; ")),
        licence: licences.join(", "),
        description: format!(
            "{} Computed anew for each layer by the definition `{}`, among the areas of that layer: scores of \
             different layers are not comparable. /v1/analysis/index shows every contribution.",
            definition.description, definition.id
        ),
        standardised: true,
    }
}

#[derive(Debug)]
struct ComputedIndex(IndexDefinition);

impl Compute for ComputedIndex {
    fn values(&self, atlas: &Atlas, layer: &AtlasLayer) -> Vec<AreaValue> {
        let definition = &self.0;
        let found = definition.within.as_ref().map(|code| atlas.find(code, None));
        let within = match found {
            None => None,
            Some(Some(found)) => Some((found.layer, found.number)),
            // The area that it is limited to is not there, so nothing lies in it.
            Some(None) => return layer.areas().iter().map(|_| none(Flag::NotApplicable)).collect(),
        };
        let Ok(measured) = measure(atlas, definition, Wanted { layer, within }) else {
            return layer.areas().iter().map(|_| none(Flag::Missing)).collect();
        };
        let ranking = rank(definition, &measured, None);
        let areas = ranking.scores.iter().zip(&measured.in_scope);
        areas
            .map(|(score, in_scope)| match (score.is_nan(), in_scope) {
                (_, false) => none(Flag::NotApplicable),
                (true, true) => none(Flag::Missing),
                (false, true) => AreaValue::new(Observation::of(*score), Method::Computed),
            })
            .collect()
    }
}

fn none(flag: Flag) -> AreaValue {
    AreaValue::new(Observation::none(flag), Method::Computed)
}
