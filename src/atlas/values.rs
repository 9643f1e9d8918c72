//! The values of an indicator in a layer: as published, carried to a later or earlier code, or put together.

use std::borrow::Borrow;
use std::sync::OnceLock;

use rayon::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::series::BlockSums;
use super::{Atlas, AtlasIndicator, AtlasLayer, BlockSeries, FEW_AREAS, SeriesRef};
use crate::area::{Figure, Flag, Indicator, IndicatorKind, Observation};
use crate::indicator::limits::with_limits;

/// How a value came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// As its publisher gave it.
    Published,
    /// Published under a code that this one followed, or that followed this one.
    Recoded,
    /// Made from the parts of the area.
    Aggregated,
    /// Made from parts of which at least one lies only partly in the area, and gives a share by residents.
    Apportioned,
    /// That of the county in which the district lies.
    Inherited,
    /// Worked out from the values of other indicators.
    Computed,
}

impl Method {
    /// Every way.
    pub const ALL: [Method; 6] = [
        Method::Published,
        Method::Recoded,
        Method::Aggregated,
        Method::Apportioned,
        Method::Inherited,
        Method::Computed,
    ];

    /// The method as answers and tables write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Published => "published",
            Method::Recoded => "recoded",
            Method::Aggregated => "aggregated",
            Method::Apportioned => "apportioned",
            Method::Inherited => "inherited",
            Method::Computed => "computed",
        }
    }
}

/// The value of one area.
#[derive(Clone, Debug)]
pub struct AreaValue {
    /// Value, limits, count, denominator, flag.
    pub observation: Observation,
    /// How it came to be.
    pub method: Method,
    coverage: Figure,
    /// Few have one.
    range: Option<Box<(f64, f64)>>,
}

/// A value is what was measured and more.
impl Borrow<Observation> for AreaValue {
    fn borrow(&self) -> &Observation {
        &self.observation
    }
}

impl AreaValue {
    /// What was measured, and how the area came to it.
    pub fn new(observation: Observation, method: Method) -> Self {
        AreaValue { observation, method, coverage: Figure::default(), range: None }
    }

    /// No value, and why.
    pub fn none(flag: Flag) -> Self {
        AreaValue::new(Observation::none(flag), Method::Published)
    }

    /// With a share of its residents, see [`AreaValue::coverage`].
    #[must_use]
    pub(super) fn covered(self, share: impl Into<Option<f64>>) -> Self {
        AreaValue { coverage: Figure::from(share), ..self }
    }

    /// With the range of its parts, see [`AreaValue::range`].
    #[must_use]
    pub(super) fn ranging(self, range: Option<(f64, f64)>) -> Self {
        AreaValue { range: range.map(Box::new), ..self }
    }

    /// The share of the area's residents who live in a part with a value; `None` where residents are not known.
    pub fn coverage(&self) -> Option<f64> {
        self.coverage.get()
    }

    /// Smallest and largest value of its parts, when asked for and the measure cannot be aggregated.
    pub fn range(&self) -> Option<(f64, f64)> {
        self.range.as_deref().copied()
    }
}

/// Gives values without limits those that their counts and denominators make, as [`with_limits`] does.
pub fn give_limits(about: &Indicator, values: &mut [AreaValue]) {
    let values = values.par_iter_mut().with_min_len(LIMITED_TOGETHER);
    values.for_each(|value| value.observation = with_limits(&value.observation, about));
}

/// Fewer areas are given limits by one thread.
const LIMITED_TOGETHER: usize = 2048;

/// Below this share of residents with a value an area's value is withheld.
pub const COVERAGE_FLOOR: f64 = 0.9;

/// Fewer areas are summed by one thread.
const AREAS_TOGETHER: usize = 64;

/// How values are put together.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ValueOptions {
    /// The share of residents with a value that an area needs.
    pub coverage_floor: f64,
    /// Whether to give the range of its parts where a measure cannot be aggregated.
    pub range: bool,
}

impl Default for ValueOptions {
    fn default() -> Self {
        ValueOptions { coverage_floor: COVERAGE_FLOOR, range: false }
    }
}

impl Atlas {
    /// The value of every area of a layer, in area order.
    pub fn values(
        &self,
        indicator: &AtlasIndicator,
        series: SeriesRef<'_>,
        layer: &AtlasLayer,
        options: &ValueOptions,
    ) -> Vec<AreaValue> {
        match series {
            SeriesRef::Blocks(blocks) if layer.areas().len() <= FEW_AREAS => {
                let sums = self.kept_sums(blocks, layer).iter().enumerate();
                let about = &indicator.indicator;
                sums.map(|(area, sums)| value_of_sums(about, layer, area as u32, sums, options)).collect()
            }
            SeriesRef::Blocks(blocks) => (0..layer.areas().len() as u32)
                .into_par_iter()
                .with_min_len(AREAS_TOGETHER)
                .map(|area| {
                    let sums = self.sums(blocks, layer, area);
                    value_of_sums(&indicator.indicator, layer, area, &sums, options)
                })
                .collect(),
            SeriesRef::Published(published) => {
                let all = 0..layer.areas().len() as u32;
                self.published_values(&indicator.indicator, published, layer, all, options)
            }
            SeriesRef::Computed(computed) => computed.values(self, layer).to_vec(),
        }
    }

    /// The values that are given when nothing is said of period, sex or age.
    pub fn latest_values(&self, indicator: &AtlasIndicator, layer: &AtlasLayer) -> Vec<AreaValue> {
        match indicator.choose(None, None, None) {
            Ok(series) => self.values(indicator, series, layer, &ValueOptions::default()),
            // An indicator without a series has no values.
            Err(_) => vec![AreaValue::none(Flag::Missing); layer.areas().len()],
        }
    }

    /// The value of one area.
    pub fn value(
        &self,
        indicator: &AtlasIndicator,
        series: SeriesRef<'_>,
        layer: &AtlasLayer,
        area: u32,
        options: &ValueOptions,
    ) -> AreaValue {
        let about = &indicator.indicator;
        let one = match series {
            SeriesRef::Blocks(blocks) => {
                Some(value_of_sums(about, layer, area, &self.sums(blocks, layer, area), options))
            }
            SeriesRef::Published(published) => {
                self.published_values(about, published, layer, area..area + 1, options).pop()
            }
            SeriesRef::Computed(computed) => computed.values(self, layer).get(area as usize).cloned(),
        };
        one.unwrap_or_else(|| AreaValue::none(Flag::Missing))
    }

    /// The sums of all areas of a layer that are not many, which are made once: what is asked again and again is shown in
    /// other classes, or with another floor of coverage.
    fn kept_sums<'a>(&self, series: &'a BlockSeries, layer: &AtlasLayer) -> &'a [BlockSums] {
        let of_layers = series.sums.get_or_init(|| self.layers().iter().map(|_| OnceLock::new()).collect());
        let all = 0..layer.areas().len() as u32;
        of_layers[layer.place].get_or_init(|| {
            let sums = all.into_par_iter().with_min_len(AREAS_TOGETHER);
            sums.map(|area| self.sums(series, layer, area)).collect()
        })
    }

    fn sums(&self, series: &BlockSeries, layer: &AtlasLayer, area: u32) -> BlockSums {
        let mut sums = BlockSums::default();
        for &block in layer.blocks_of(area) {
            let b = block as usize;
            let residents = self.residents_of_block(block);
            sums.residents += residents;
            let under = series.denominator.as_ref().map_or(1.0, |d| d[b]);
            if series.numerator[b].is_nan() || under.is_nan() {
                continue;
            }
            sums.seen += 1;
            sums.with_value += residents;
            sums.count += series.numerator[b];
            sums.denominator += under;
        }
        sums
    }
}

fn value_of_sums(
    about: &Indicator,
    layer: &AtlasLayer,
    area: u32,
    sums: &BlockSums,
    options: &ValueOptions,
) -> AreaValue {
    let &BlockSums { count, denominator, with_value, seen, residents } = sums;
    let blocks = layer.blocks_of(area).len();
    let method = if blocks == 1 { Method::Published } else { Method::Aggregated };
    let coverage = (residents > 0.0).then(|| with_value / residents);
    let complete = seen == blocks || coverage.is_some_and(|c| c >= options.coverage_floor);
    let flag = match () {
        () if seen == 0 => Some(Flag::Missing),
        () if !complete => Some(Flag::LowCoverage),
        () if about.kind != IndicatorKind::Count && denominator <= 0.0 => Some(Flag::NotApplicable),
        () => None,
    };
    let observation = match flag {
        Some(flag) => Observation::none(flag),
        None if about.kind == IndicatorKind::Count => Observation::of(count).counted(count, None),
        None => Observation::of(about.multiplier * count / denominator).counted(count, denominator),
    };
    AreaValue::new(observation, method).covered(coverage)
}
