//! From the definition of an index to the values of its indicators in a layer.

use crate::area::{Capital, Horizon, Indicator, IndicatorId, IndicatorKind, Observation, Polarity};
use crate::atlas::{Atlas, AtlasIndicator, AtlasLayer, Method, SeriesRef, ValueOptions};
use crate::indicator::limits;
use crate::source::indices::{IndexDefinition, Part, PeriodRule, SeriesName};

/// The confidence of limits, as publishers give them.
const CONFIDENCE: f64 = 0.95;

/// A series that a part is made of, and the periods of it that were used.
#[derive(Clone, PartialEq, Debug)]
pub struct SeriesUsed {
    /// The indicator, its sex and age as asked for.
    pub name: SeriesName,
    /// The periods, latest first.
    pub periods: Vec<String>,
}

/// One part of an index: its values in the areas of a layer and what to know about them.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its id in the definition.
    pub id: IndicatorId,
    /// Its title for people.
    pub title: String,
    /// The unit of its values.
    pub unit: String,
    /// Digits after the point when shown.
    pub decimals: u8,
    /// Which direction is better.
    pub polarity: Polarity,
    /// Its weight in the definition.
    pub weight: f64,
    /// Its capital.
    pub capital: Option<Capital>,
    /// How soon it can move.
    pub horizon: Option<Horizon>,
    /// What it is made of.
    pub series: Vec<SeriesUsed>,
    /// Who published it.
    pub sources: Vec<String>,
    /// Under which licences.
    pub licences: Vec<String>,
    /// By area: the value in its unit; NaN where missing.
    pub values: Vec<f64>,
    /// By area: the standard error of the value; 0 where none is known.
    pub errors: Vec<f64>,
    /// By area: true where the mean is of fewer periods than the rule asks for.
    pub partial: Vec<bool>,
    /// By area: true where the value is that of the county.
    pub inherited: Vec<bool>,
}

impl Column {
    /// The values with higher as better.
    pub fn oriented(&self) -> Vec<f64> {
        let sign = if self.polarity == Polarity::LowIsGood { -1.0 } else { 1.0 };
        self.values.iter().map(|v| sign * v).collect()
    }
}

/// The values that an index is made of.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Its parts, in the order of the definition.
    pub columns: Vec<Column>,
    /// By area of the layer: true where it is asked for.
    pub in_scope: Vec<bool>,
}

/// What cannot be made of a definition with the indicators that there are.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MeasuredError {
    /// Indicators that are not there (yet).
    #[error("it waits for indicators that are not imported: {}", .0.iter().map(IndicatorId::as_str).collect::<Vec<_>>().join(", "))]
    Waiting(Vec<IndicatorId>),
    /// Contradictions between the definition and the indicators. All are listed.
    #[error("{}", .0.join("; "))]
    Faults(Vec<String>),
}

/// Where an index is wanted.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The layer.
    pub layer: &'a AtlasLayer,
    /// Only areas that lie in this area of that layer.
    pub within: Option<(&'a AtlasLayer, u32)>,
}

/// Reads the values of every part. Parts whose indicators are not there are empty, where the definition's `need` allows
/// for that.
pub fn measure(
    atlas: &Atlas,
    definition: &IndexDefinition,
    wanted: Wanted<'_>,
) -> Result<Measured, MeasuredError> {
    let state = super::state_of(atlas, definition);
    if !state.is_ready {
        return Err(MeasuredError::Waiting(state.waiting_for));
    }
    let mut faults = Vec::new();
    let columns: Vec<Column> = definition
        .parts
        .iter()
        .filter_map(|part| match column(atlas, definition, part, wanted.layer) {
            Ok(column) => Some(column),
            Err(fault) => {
                faults.push(format!("indicator `{}`: {fault}", part.id));
                None
            }
        })
        .collect();
    if !faults.is_empty() {
        return Err(MeasuredError::Faults(faults));
    }
    let in_scope = (0..wanted.layer.areas().len() as u32)
        .map(|area| {
            wanted
                .within
                .is_none_or(|(outer, number)| atlas.parent(wanted.layer, area, outer) == Some(number))
        })
        .collect();
    Ok(Measured { columns, in_scope })
}

fn column(
    atlas: &Atlas,
    definition: &IndexDefinition,
    part: &Part,
    layer: &AtlasLayer,
) -> Result<Column, String> {
    let names = part.series();
    let indicators: Vec<&AtlasIndicator> =
        names.iter().filter_map(|name| atlas.indicator(&name.indicator)).collect();
    let there = indicators.len() == names.len();
    if let Some(index) = indicators.iter().find(|i| i.is_computed()) {
        return Err(format!("`{}` is itself an index, and no index is made of indices", index.indicator.id));
    }
    let about: Vec<&Indicator> = indicators.iter().map(|i| &i.indicator).collect();
    let polarity = part.polarity.or(about.first().map(|i| i.polarity)).unwrap_or_default();
    if there && polarity == Polarity::Neutral {
        return Err("neither direction is better by its description: state `polarity` as high-is-good or \
                    low-is-good"
            .to_owned());
    }
    let capital = part.capital.or(about.first().and_then(|i| i.capital));
    if there && capital.is_none() && definition.weighting == crate::source::indices::Weighting::Capitals {
        let known = Capital::ALL.map(Capital::as_str).join(", ");
        return Err(format!("it has no capital, which weights of capitals need: state one of {known}"));
    }
    let count = layer.areas().len();
    let mut sum = Sum::new(count);
    let mut series = Vec::new();
    if there {
        for (name, indicator) in names.iter().zip(&indicators) {
            series.push(sum.add(atlas, layer, part.period, name, indicator)?);
        }
    }
    let texts = |of: fn(&Indicator) -> &String| {
        let mut texts: Vec<String> = about.iter().map(|i| of(i).clone()).filter(|t| !t.is_empty()).collect();
        texts.dedup();
        texts
    };
    let titles = texts(|i| &i.title);
    let title = match titles.as_slice() {
        [] => part.id.to_string(),
        [one] => one.clone(),
        several => format!("Mean of {}", several.join(" and ")),
    };
    let (values, errors) = sum.means(names.len());
    Ok(Column {
        id: part.id.clone(),
        title,
        unit: about.first().map(|i| i.unit.clone()).unwrap_or_default(),
        decimals: about.iter().map(|i| i.decimals).max().unwrap_or_default(),
        polarity,
        weight: part.weight,
        capital,
        horizon: part.horizon.or(about.first().and_then(|i| i.horizon)),
        series,
        sources: texts(|i| &i.source),
        licences: texts(|i| &i.licence),
        values,
        errors,
        partial: sum.partial,
        inherited: sum.inherited,
    })
}

/// Sums by area over series, each the mean of its periods.
struct Sum {
    value: Vec<f64>,
    variance: Vec<f64>,
    series: Vec<usize>,
    partial: Vec<bool>,
    inherited: Vec<bool>,
}

impl Sum {
    fn new(areas: usize) -> Self {
        Sum {
            value: vec![0.0; areas],
            variance: vec![0.0; areas],
            series: vec![0; areas],
            partial: vec![false; areas],
            inherited: vec![false; areas],
        }
    }

    /// Adds the mean of the periods of a series. Periods in which no area of the layer has a value do not count as its
    /// latest: countries are often published ahead of councils.
    fn add(
        &mut self,
        atlas: &Atlas,
        layer: &AtlasLayer,
        rule: PeriodRule,
        name: &SeriesName,
        indicator: &AtlasIndicator,
    ) -> Result<SeriesUsed, String> {
        let (sex, age) = (name.sex.as_deref(), name.age.as_deref());
        let choose = |period: Option<&str>| {
            indicator.choose(period, sex, age).map_err(|fault| {
                format!("`{}`: {} `{}`: {}", name.indicator, fault.parameter, fault.value, fault.message)
            })
        };
        // Faults of sex and age are told before any period is tried.
        choose(None)?;
        let (labels, wanted) = match rule {
            PeriodRule::At(period) => (vec![period.to_string()], 1),
            PeriodRule::Latest => (latest_first(indicator), 1),
            PeriodRule::MeanOfLatest(n) => (latest_first(indicator), n),
        };
        let stated = matches!(rule, PeriodRule::At(_));
        let areas = layer.areas().len();
        let (mut values, mut variances, mut counts) =
            (vec![0.0; areas], vec![0.0; areas], vec![0usize; areas]);
        let mut periods = Vec::new();
        for label in labels {
            let series = match choose(Some(&label)) {
                Ok(series) => series,
                Err(fault) if stated => return Err(fault),
                // Another sex or age has this period.
                Err(_) => continue,
            };
            let found = atlas.values(indicator, series, layer, &ValueOptions::default());
            if !stated && found.iter().all(|v| v.observation.value().is_none()) {
                continue;
            }
            for (area, value) in found.iter().enumerate() {
                let Some(number) = value.observation.value() else { continue };
                values[area] += number;
                variances[area] += error(&value.observation, &indicator.indicator).powi(2);
                counts[area] += 1;
                self.inherited[area] |= value.method == Method::Inherited;
            }
            periods.push(series_label(series));
            if periods.len() == wanted {
                break;
            }
        }
        for area in 0..areas {
            if counts[area] > 0 {
                let n = counts[area] as f64;
                self.value[area] += values[area] / n;
                self.variance[area] += variances[area] / (n * n);
                self.series[area] += 1;
                self.partial[area] |= counts[area] < wanted;
            }
        }
        Ok(SeriesUsed { name: name.clone(), periods })
    }

    /// Means over `series` series and their standard errors, taken as independent; NaN for an area that lacks one of them.
    fn means(&self, series: usize) -> (Vec<f64>, Vec<f64>) {
        let n = series as f64;
        let whole = |area: usize| self.series[area] == series;
        let values = (0..self.value.len()).map(|a| if whole(a) { self.value[a] / n } else { f64::NAN });
        let errors = (0..self.value.len()).map(|a| if whole(a) { self.variance[a].sqrt() / n } else { 0.0 });
        (values.collect(), errors.collect())
    }
}

fn series_label(series: SeriesRef<'_>) -> String {
    series.period_label()
}

fn latest_first(indicator: &AtlasIndicator) -> Vec<String> {
    let mut labels = indicator.periods();
    labels.reverse();
    labels
}

/// The standard error of an observation, (upper - lower) / 3.92; where it has no limits, those of its count (Poisson for
/// rates, Wilson for shares); 0 where there is no count either.
fn error(observation: &Observation, about: &Indicator) -> f64 {
    let width = match (observation.lower(), observation.upper()) {
        (Some(lower), Some(upper)) => upper - lower,
        _ => match (observation.count(), observation.denominator()) {
            (Some(count), Some(denominator)) if denominator > 0.0 && !about.standardised => {
                let (found, by) = match about.kind {
                    IndicatorKind::Rate => {
                        (limits::of_count(count, CONFIDENCE), about.multiplier / denominator)
                    }
                    IndicatorKind::Proportion => {
                        (limits::wilson(count, denominator, CONFIDENCE), about.multiplier)
                    }
                    _ => (None, 0.0),
                };
                found.map_or(0.0, |(lower, upper)| (upper - lower) * by)
            }
            _ => 0.0,
        },
    };
    let error = width.abs() / (2.0 * limits::z_of(CONFIDENCE));
    if error.is_finite() { error } else { 0.0 }
}
