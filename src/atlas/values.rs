//! The values of an indicator in a layer, summed over blocks.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Atlas, AtlasLayer};
use crate::area::{Flag, Indicator, IndicatorKind, Observation};

/// An indicator with the numbers of every block.
pub struct AtlasIndicator {
    /// What it is.
    pub indicator: Indicator,
    /// The period of its values.
    pub period: String,
    /// What is added up, per block; NaN where missing.
    pub(super) numerator: Vec<f64>,
    /// What it is divided by, per block; NaN where missing; `None` for counts.
    pub(super) denominator: Option<Vec<f64>>,
}

/// How a value came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// As its publisher gave it.
    Published,
    /// Made from the parts of the area.
    Aggregated,
    /// Published under a code that this one followed.
    Recoded,
}

/// The value of one area.
#[derive(Clone, Debug)]
pub struct AreaValue {
    /// Value, limits, count, denominator, flag.
    pub observation: Observation,
    /// How it came to be.
    pub method: Method,
    /// The share of the area's residents who live in a block with a value; `None` where residents are not known.
    pub coverage: Option<f64>,
}

/// Below this share of residents with a value an area's value is withheld.
pub const COVERAGE_FLOOR: f64 = 0.9;

impl Atlas {
    /// The value of every area of a layer, in area order.
    pub fn values(&self, indicator: &AtlasIndicator, layer: &AtlasLayer) -> Vec<AreaValue> {
        (0..layer.areas().len() as u32).map(|area| self.value(indicator, layer, area)).collect()
    }

    /// The value of one area.
    pub fn value(&self, indicator: &AtlasIndicator, layer: &AtlasLayer, area: u32) -> AreaValue {
        let (mut count, mut denominator) = (0.0, 0.0);
        let (mut with_value, mut all, mut seen) = (0.0, 0.0, 0usize);
        let blocks = layer.blocks_of(area);
        for &block in blocks {
            let b = block as usize;
            let residents = self.residents[b];
            all += residents;
            let under = indicator.denominator.as_ref().map_or(1.0, |d| d[b]);
            if indicator.numerator[b].is_nan() || under.is_nan() {
                continue;
            }
            seen += 1;
            with_value += residents;
            count += indicator.numerator[b];
            denominator += under;
        }
        let method = if blocks.len() == 1 { Method::Published } else { Method::Aggregated };
        let coverage = (all > 0.0).then(|| with_value / all);
        let about = &indicator.indicator;
        let complete = seen == blocks.len() || coverage.is_some_and(|c| c >= COVERAGE_FLOOR);
        let flag = match () {
            () if seen == 0 => Some(Flag::Missing),
            () if !complete => Some(Flag::LowCoverage),
            () if about.kind != IndicatorKind::Count && denominator <= 0.0 => Some(Flag::NotApplicable),
            () => None,
        };
        let observation = match flag {
            Some(_) => Observation { flag, ..Observation::default() },
            None if about.kind == IndicatorKind::Count => {
                Observation { value: Some(count), count: Some(count), ..Observation::default() }
            }
            None => Observation {
                value: Some(about.multiplier * count / denominator),
                count: Some(count),
                denominator: Some(denominator),
                ..Observation::default()
            },
        };
        AreaValue { observation, method, coverage }
    }
}
