//! Observations of areas carried to a layer: by code, by lineage, and through the blocks that two layers share.
//!
//! Counts add. Rates and proportions are recomputed from counts and denominators; where those are not known, and for
//! means, values are weighted by residents and flagged `estimated`. Medians, life expectancies and indices are never
//! put together. An area of the source that lies in several areas of the layer gives each a share by residents
//! (by ground where residents are not known), and the answer says `apportioned`.

use std::collections::HashMap;
use std::ops::Range;

use super::values::{AreaValue, Method, ValueOptions};
use super::{Atlas, AtlasLayer};
use crate::area::{Descent, Flag, Indicator, IndicatorKind, Observation};
use crate::indicator::limits;
use crate::indicator::published::PublishedSeries;

/// Where districts have no value of their own they take that of their county, for measures that are not counts: the
/// practice of official indices. Only districts do: a small area is not its council.
const INHERITS: (&str, &str) = ("lad", "utla");

/// Sources are tried from the one with most values; more than this many add nothing.
const SOURCES_TRIED: usize = 4;

/// The confidence of limits, as publishers give them.
const CONFIDENCE: f64 = 0.95;

/// An observation and how it came to its area.
type Own = Option<(Observation, Method)>;

/// A layer of which the series has observations, and those observations in area order.
struct Source<'a> {
    layer: &'a AtlasLayer,
    own: Vec<Own>,
    with_value: usize,
}

/// An area of a source that shares ground with an area of the layer.
struct Part {
    observation: Observation,
    /// The share of the part that lies in the area, by residents or ground; exactly 1 when all of it does.
    share: f64,
    /// Residents of the part; `None` where not known.
    residents: Option<f64>,
}

impl Atlas {
    /// The values of the areas with numbers in `wanted`.
    pub(super) fn published_values(
        &self,
        about: &Indicator,
        series: &PublishedSeries,
        layer: &AtlasLayer,
        wanted: Range<u32>,
        options: &ValueOptions,
    ) -> Vec<AreaValue> {
        let mut own = self.own(series, layer);
        let own: Vec<Own> = own.drain(wanted.start as usize..wanted.end as usize).collect();
        let lacking = |own: &Own| own.as_ref().is_none_or(|(o, _)| may_be_filled(o));
        let sources = if own.iter().any(lacking) { self.sources(series, layer) } else { Vec::new() };
        let county = (layer.entry.id.kind.as_str() == INHERITS.0 && about.kind != IndicatorKind::Count)
            .then(|| self.layers().iter().find(|l| l.entry.current && l.entry.id.kind.as_str() == INHERITS.1))
            .flatten()
            .map(|county| (county, self.own(series, county)));
        wanted
            .zip(own)
            .map(|(area, own)| {
                if let Some((observation, method)) = &own
                    && !may_be_filled(observation)
                {
                    return AreaValue::new(*observation, *method);
                }
                let made = self.value_of_sources(about, &sources, layer, area, options);
                if made.as_ref().is_some_and(|v| v.observation.value().is_some()) {
                    return made.unwrap_or_else(|| AreaValue::none(Flag::Missing));
                }
                if let Some((county, theirs)) = &county
                    && let Some(parent) = self.parent(layer, area, county)
                    && let Some((observation, _)) = &theirs[parent as usize]
                    && observation.value().is_some()
                {
                    return AreaValue::new(*observation, Method::Inherited);
                }
                match (made, own) {
                    (Some(made), _) => made,
                    (None, Some((observation, method))) => AreaValue::new(observation, method),
                    (None, None) => AreaValue::none(Flag::Missing),
                }
            })
            .collect()
    }

    /// The observations of a layer's areas, by their codes and by codes that lead to them one to one.
    fn own(&self, series: &PublishedSeries, layer: &AtlasLayer) -> Vec<Own> {
        let mut own: Vec<Own> = vec![None; layer.areas().len()];
        let mut led = Vec::new();
        for &number in series.areas() {
            let code = &self.published.codes()[number as usize];
            match layer.area_with_code(code) {
                Some(area) => own[area as usize] = series.of(number).map(|o| (o, Method::Published)),
                None => led.push((number, code)),
            }
        }
        for (number, code) in led {
            let day = layer.entry.valid_from;
            let other = match self.lineage().forward(code, day) {
                Descent::Recoded(new) => Some(new),
                Descent::Unchanged => self.lineage().backward(code, day),
                Descent::Merged(_) | Descent::Split(_) => None,
            };
            let Some(area) = other.and_then(|code| layer.area_with_code(&code)) else { continue };
            let slot = &mut own[area as usize];
            // The area's own code goes first, unless it has no value.
            if slot.as_ref().is_none_or(|(o, _)| may_be_filled(o)) {
                *slot = series.of(number).map(|o| (o, Method::Recoded));
            }
        }
        own
    }

    /// The layers from whose areas those of `layer` can be made, the one with most values first: other vintages of
    /// its kind, and kinds with at least as many areas. Larger areas say nothing of the smaller ones in them.
    fn sources(&self, series: &PublishedSeries, layer: &AtlasLayer) -> Vec<Source<'_>> {
        let id = &layer.entry.id;
        let mut counted: Vec<(usize, &AtlasLayer)> = self
            .layers()
            .iter()
            .filter(|l| l.entry.id != *id)
            .filter(|l| l.entry.id.kind == id.kind || l.areas().len() >= layer.areas().len())
            .filter_map(|l| {
                let codes = self.published.codes();
                let held = series.areas().iter().filter(|&&n| l.area_with_code(&codes[n as usize]).is_some());
                let held = held.count();
                (held > 0).then_some((held, l))
            })
            .collect();
        counted.sort_by_key(|(held, l)| (std::cmp::Reverse(*held), !l.entry.current));
        counted
            .into_iter()
            .take(SOURCES_TRIED)
            .map(|(_, l)| {
                let own = self.own(series, l);
                let with_value = own.iter().flatten().filter(|(o, _)| o.value().is_some()).count();
                Source { layer: l, own, with_value }
            })
            .filter(|source| source.with_value > 0)
            .collect()
    }

    /// The value that the first source with enough of the area gives; else what is said of the best of them.
    fn value_of_sources(
        &self,
        about: &Indicator,
        sources: &[Source<'_>],
        layer: &AtlasLayer,
        area: u32,
        options: &ValueOptions,
    ) -> Option<AreaValue> {
        let mut best: Option<AreaValue> = None;
        for source in sources {
            let made = self.value_of_source(about, source, layer, area, options);
            let Some(made) = made else { continue };
            if made.observation.value().is_some() {
                return Some(made);
            }
            if best.as_ref().is_none_or(|b| b.coverage() < made.coverage()) {
                best = Some(made);
            }
        }
        best
    }

    fn value_of_source(
        &self,
        about: &Indicator,
        source: &Source<'_>,
        layer: &AtlasLayer,
        area: u32,
        options: &ValueOptions,
    ) -> Option<AreaValue> {
        let (parts, covered) = self.parts(source, layer, area);
        if parts.is_empty() {
            return None;
        }
        let counted = made_of_counts(about, &parts);
        // Counts that only some parts have make a value of those parts alone.
        let parts_counted = parts.iter().filter(|p| has_counts(about, &p.observation)).count();
        let observation = match about.kind {
            _ if parts.len() == 1 && parts[0].share == 1.0 && covered >= 1.0 - 1e-9 => {
                Some(parts[0].observation)
            }
            IndicatorKind::Count => counted,
            IndicatorKind::Rate | IndicatorKind::Proportion
                if parts_counted == parts.len() && !about.standardised =>
            {
                counted
            }
            IndicatorKind::Mean if parts_counted == parts.len() && !about.standardised => counted,
            IndicatorKind::Rate | IndicatorKind::Proportion | IndicatorKind::Mean => weighted(&parts),
            IndicatorKind::Median | IndicatorKind::Index => None,
        };
        let apportioned = parts.iter().any(|p| p.share < 1.0);
        let method = if apportioned { Method::Apportioned } else { Method::Aggregated };
        let range = options.range.then(|| range_of(&parts)).flatten();
        let withheld = |flag| AreaValue::new(Observation::none(flag), method).covered(covered).ranging(range);
        Some(match observation {
            _ if covered < options.coverage_floor => withheld(Flag::LowCoverage),
            None => withheld(Flag::NotAggregable),
            Some(observation) => AreaValue::new(observation, method).covered(covered),
        })
    }

    /// The areas of a source with a value that share ground with an area, and the share of the area that they cover.
    fn parts(&self, source: &Source<'_>, layer: &AtlasLayer, area: u32) -> (Vec<Part>, f64) {
        let blocks = layer.blocks_of(area);
        let by_residents = blocks.iter().all(|&b| !self.residents_of_block(b).is_nan());
        let weight = |block: u32, residents: bool| {
            if residents { self.residents_of_block(block) } else { self.area_of_block_m2(block) }
        };
        let mut shared: HashMap<u32, Vec<u32>> = HashMap::new();
        let (mut covered, mut all) = (0.0, 0.0);
        for &block in blocks {
            let here = weight(block, by_residents);
            all += here;
            let Some(part) = source.layer.area_of_block(block) else { continue };
            if source.own[part as usize].as_ref().is_some_and(|(o, _)| o.value().is_some()) {
                covered += here;
                shared.entry(part).or_default().push(block);
            }
        }
        let mut found: Vec<(u32, Vec<u32>)> = shared.into_iter().collect();
        // Sums of floating point depend on their order.
        found.sort_unstable_by_key(|(part, _)| *part);
        let parts = found.into_iter().filter_map(|(part, blocks)| {
            let theirs = source.layer.blocks_of(part);
            let residents = source.layer.areas()[part as usize].residents;
            let share = if blocks.len() == theirs.len() {
                1.0
            } else {
                let known = residents.is_some_and(|r| r > 0.0);
                let sum = |blocks: &[u32]| blocks.iter().map(|&b| weight(b, known)).sum::<f64>();
                sum(&blocks) / sum(theirs)
            };
            let (observation, _) = source.own[part as usize]?;
            (share > 0.0).then_some(Part { observation, share, residents })
        });
        (parts.collect(), if all > 0.0 { covered / all } else { 0.0 })
    }
}

/// True when an observation leaves room for a value made otherwise: it is merely missing. What is withheld stays
/// withheld, or its parts would give it away.
fn may_be_filled(observation: &Observation) -> bool {
    observation.value().is_none() && matches!(observation.flag, None | Some(Flag::Missing))
}

fn has_counts(about: &Indicator, o: &Observation) -> bool {
    match about.kind {
        IndicatorKind::Count => true,
        _ => o.count().is_some() && o.denominator().is_some_and(|d| d > 0.0),
    }
}

/// A count that adds, or a value recomputed from counts and denominators that add, with limits of its kind.
fn made_of_counts(about: &Indicator, parts: &[Part]) -> Option<Observation> {
    if about.kind == IndicatorKind::Count {
        let count: f64 = parts.iter().filter_map(|p| Some(p.share * p.observation.value()?)).sum();
        return Some(Observation::of(count).counted(count, None));
    }
    let count: f64 = parts.iter().filter_map(|p| Some(p.share * p.observation.count()?)).sum();
    let denominator: f64 = parts.iter().filter_map(|p| Some(p.share * p.observation.denominator()?)).sum();
    if denominator <= 0.0 {
        return None;
    }
    let scale = |(lower, upper): limits::Limits, by: f64| (lower * by, upper * by);
    let limits = match about.kind {
        IndicatorKind::Proportion => {
            limits::wilson(count, denominator, CONFIDENCE).map(|l| scale(l, about.multiplier))
        }
        IndicatorKind::Rate => {
            limits::of_count(count, CONFIDENCE).map(|l| scale(l, about.multiplier / denominator))
        }
        _ => None,
    };
    let observation = Observation::of(about.multiplier * count / denominator).counted(count, denominator);
    Some(limits.map_or(observation, |(lower, upper)| observation.between(lower, upper)))
}

/// The mean of the parts weighted by their own denominators, else by residents; `None` where neither is known.
///
/// Limits follow from those of the parts, taken as independent: se = (upper - lower) / 3.92 each, and
/// sqrt(sum (w se)^2) / sum w.
fn weighted(parts: &[Part]) -> Option<Observation> {
    let weight = |p: &Part| p.observation.denominator().or(p.residents).map(|n| n * p.share);
    let weights: Vec<f64> = parts.iter().map(weight).collect::<Option<_>>()?;
    let all: f64 = weights.iter().sum();
    if all <= 0.0 {
        return None;
    }
    let values: Vec<f64> = parts.iter().map(|p| p.observation.value()).collect::<Option<_>>()?;
    let value = values.iter().zip(&weights).map(|(v, w)| v * w).sum::<f64>() / all;
    let spread =
        |p: &Part| Some((p.observation.upper()? - p.observation.lower()?) / (2.0 * limits::z_of(CONFIDENCE)));
    let errors: Option<Vec<f64>> = parts.iter().map(spread).collect();
    let margin = errors.map(|errors| {
        let variance: f64 = errors.iter().zip(&weights).map(|(se, w)| (se * w).powi(2)).sum();
        limits::z_of(CONFIDENCE) * variance.sqrt() / all
    });
    let (lower, upper) = (margin.map(|m| value - m), margin.map(|m| value + m));
    Some(Observation::of(value).between(lower, upper).flagged(Flag::Estimated))
}

fn range_of(parts: &[Part]) -> Option<(f64, f64)> {
    let values = || parts.iter().filter_map(|p| p.observation.value());
    Some((values().reduce(f64::min)?, values().reduce(f64::max)?))
}
