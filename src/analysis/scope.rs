//! Which areas a question is about, and the level beside which their gaps stand.

use serde::Serialize;
use utoipa::ToSchema;

use super::gap::{self, Weighed};
use crate::area::{IndicatorKind, Observation};
use crate::atlas::{AreaValue, Atlas, AtlasIndicator, AtlasLayer, Found, SeriesRef, ValueOptions};

/// The areas of a layer that lie wholly in another area, or all of them.
pub struct Scope<'a> {
    /// The layer.
    pub layer: &'a AtlasLayer,
    /// What the areas lie in, where that was said.
    pub within: Option<Found<'a>>,
    /// Their numbers in the layer, ascending.
    pub areas: Vec<u32>,
}

impl<'a> Scope<'a> {
    /// Finds them.
    pub fn new(atlas: &Atlas, layer: &'a AtlasLayer, within: Option<Found<'a>>) -> Self {
        let lies_in = |&area: &u32| {
            within.as_ref().is_none_or(|w| atlas.parent(layer, area, w.layer) == Some(w.number))
        };
        Scope { layer, within, areas: (0..layer.areas().len() as u32).filter(lies_in).collect() }
    }
}

/// How a level came to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LevelMethod {
    /// The value of the area that holds them all.
    OfArea,
    /// The sum of the areas' counts over the sum of their denominators.
    Pooled,
    /// The sum of the areas' counts.
    Sum,
    /// The mean of the areas' values weighted by residents (or as asked); of medians and life expectancies this is not the
    /// value of the whole, which cannot be known from its parts.
    WeightedMean,
}

/// The value of all areas together: both the gap and the level may fall, and one without the other says little.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Level {
    /// The value, in the indicator's unit.
    pub value: f64,
    /// Lower 95 % limit, where there is one.
    pub lower: Option<f64>,
    /// Upper 95 % limit.
    pub upper: Option<f64>,
    /// How it came to be.
    pub method: LevelMethod,
    /// The code of the area whose value it is.
    pub code: Option<String>,
    /// The name of that area.
    pub name: Option<String>,
}

/// The level of some areas: the value of what they lie in, or else of the smallest area of another kind that holds all of
/// them that have a value; where it has none, that of the areas put together. `values` and `weights` are by area of the
/// layer.
pub fn level(
    atlas: &Atlas,
    indicator: &AtlasIndicator,
    series: SeriesRef<'_>,
    scope: &Scope<'_>,
    (values, weights): (&[AreaValue], &[Option<f64>]),
    options: &ValueOptions,
) -> Option<Level> {
    let with_value: Vec<u32> =
        scope.areas.iter().copied().filter(|&a| values[a as usize].observation.value().is_some()).collect();
    let holders: Vec<(&AtlasLayer, u32)> = match &scope.within {
        Some(within) => vec![(within.layer, within.number)],
        None => holders(atlas, scope.layer, &with_value),
    };
    for (layer, number) in holders {
        let found = &atlas.values(indicator, series, layer, options)[number as usize].observation;
        if let Some(value) = found.value() {
            let area = &layer.areas()[number as usize];
            return Some(Level {
                value,
                lower: found.lower(),
                upper: found.upper(),
                method: LevelMethod::OfArea,
                code: Some(area.code.to_string()),
                name: Some(area.name.to_string()),
            });
        }
    }
    together(indicator, &with_value, values, weights)
}

/// The areas of current layers of other kinds that hold all of some areas, smallest first.
fn holders<'a>(atlas: &'a Atlas, layer: &AtlasLayer, areas: &[u32]) -> Vec<(&'a AtlasLayer, u32)> {
    let Some(&first) = areas.first() else { return Vec::new() };
    let others = atlas.layers().iter().filter(|l| l.entry.current && l.entry.id.kind != layer.entry.id.kind);
    let mut found: Vec<(&AtlasLayer, u32)> = others
        .filter(|other| other.areas().len() < layer.areas().len())
        .filter_map(|other| {
            let holder = atlas.parent(layer, first, other)?;
            let holds = |&area: &u32| atlas.parent(layer, area, other) == Some(holder);
            areas.iter().all(holds).then_some((other, holder))
        })
        .collect();
    found.sort_by_key(|(other, holder)| other.blocks_of(*holder).len());
    found
}

fn together(
    indicator: &AtlasIndicator,
    areas: &[u32],
    values: &[AreaValue],
    weights: &[Option<f64>],
) -> Option<Level> {
    let about = &indicator.indicator;
    let observed = || areas.iter().map(|&a| &values[a as usize].observation);
    let plain = |value, method| Level { value, lower: None, upper: None, method, code: None, name: None };
    let counted: Option<(f64, f64)> = observed()
        .map(|o| o.count().zip(o.denominator()))
        .try_fold((0.0, 0.0), |(x, n), pair| pair.map(|(count, under)| (x + count, n + under)));
    match about.kind {
        IndicatorKind::Count => {
            Some(plain(observed().filter_map(Observation::value).sum(), LevelMethod::Sum))
        }
        IndicatorKind::Rate | IndicatorKind::Proportion | IndicatorKind::Mean
            if !about.standardised && counted.is_some_and(|(_, n)| n > 0.0) =>
        {
            counted.map(|(x, n)| plain(about.multiplier * x / n, LevelMethod::Pooled))
        }
        _ => {
            let weighed: Vec<Weighed> = areas
                .iter()
                .filter_map(|&a| {
                    let (value, weight) = (values[a as usize].observation.value()?, weights[a as usize]?);
                    Some(Weighed { value, weight })
                })
                .collect();
            gap::mean(&weighed).map(|value| plain(value, LevelMethod::WeightedMean))
        }
    }
}
