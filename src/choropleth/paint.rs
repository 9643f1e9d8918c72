//! Painting: each area's class or the reason why it has none, and the legend of the whole.

use std::borrow::Borrow;

use rayon::prelude::*;

use super::classify::{Classification, ClassifyError, ClassifyOptions, Method, classify};
use super::legend::{Legend, LegendClass, LegendNoData, class_entries};
use super::palette::{NoData, PALETTES, Palette, PaletteKind, Rgb};
use crate::area::{Flag, Indicator, Observation, Polarity};
use crate::indicator::benchmark::{Outcome, compare};
use crate::text::significant;

/// Fewer areas are drawn by one thread.
const DRAWN_TOGETHER: usize = 4096;

/// How to paint.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PaintOptions {
    /// What classes to make.
    pub classify: ClassifyOptions,
    /// Which palette; by default one that suits the method and the indicator's polarity.
    pub palette: Option<&'static Palette>,
    /// The value to compare with, which [`Method::Benchmark`] needs and a diverging palette is centred on.
    pub benchmark: Option<f64>,
}

/// What one area is drawn as.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Drawn {
    /// The class of this number in the legend.
    Class(usize),
    /// No class, for this reason.
    NoData(NoData),
}

/// A layer's areas painted, in the order in which their observations were given.
#[derive(Clone, PartialEq, Debug)]
pub struct Painting {
    /// What the colours mean.
    pub legend: Legend,
    /// What each area is drawn as.
    pub drawn: Vec<Drawn>,
}

impl Painting {
    /// The class of an area, when it has one.
    pub fn class(&self, area: usize) -> Option<usize> {
        match self.drawn.get(area)? {
            Drawn::Class(class) => Some(*class),
            Drawn::NoData(_) => None,
        }
    }

    /// The painting of some of its areas, in the same classes; the legend counts those areas alone.
    #[must_use]
    pub fn part(&self, areas: std::ops::Range<usize>) -> Painting {
        let drawn = self.drawn.get(areas).unwrap_or_default().to_vec();
        let mut legend = self.legend.clone();
        for (class, entry) in legend.classes.iter_mut().enumerate() {
            entry.count = drawn.iter().filter(|d| **d == Drawn::Class(class)).count();
        }
        legend.no_data = no_data_entries(&drawn);
        Painting { legend, drawn }
    }

    /// The colour of a drawn area.
    pub fn fill(&self, drawn: Drawn) -> Rgb {
        match drawn {
            Drawn::NoData(no_data) => no_data.fill(),
            Drawn::Class(class) => {
                self.legend.classes.get(class).map_or(NoData::Missing.fill(), |entry| entry.fill)
            }
        }
    }
}

/// Paints a layer: makes classes of the values, finds each area's class and colours, and counts.
///
/// `observations` are one per area of the layer, with no row of a country or region above it. When no area
/// has a value the legend has no classes, and says why of each area.
pub fn paint<O: Borrow<Observation> + Sync>(
    indicator: &Indicator,
    observations: &[O],
    options: &PaintOptions,
) -> Result<Painting, ClassifyError> {
    if options.classify.method == Method::Benchmark {
        return paint_comparison(indicator, observations, options);
    }
    let values: Vec<f64> = observations.iter().filter_map(|o| value_of(o.borrow())).collect();
    let classes = match classify(&values, &options.classify) {
        Ok(classes) => Some(classes),
        Err(ClassifyError::NoValues) => None,
        Err(error) => return Err(error),
    };
    let judged = indicator.polarity != Polarity::Neutral;
    let default = match options.classify.method {
        Method::Std => "RdBu",
        _ if judged => "OrRd",
        _ => "YlGnBu",
    };
    let palette = options.palette.unwrap_or_else(|| palette_named(default));
    let made = classes.as_ref().map_or(0, Classification::classes_made);
    let (fills, centre) = match &classes {
        Some(classes) => fills_of(classes, palette, indicator.polarity, options.benchmark),
        None => (Vec::new(), None),
    };
    let drawn: Vec<Drawn> = observations
        .par_iter()
        .with_min_len(DRAWN_TOGETHER)
        .map(|observation| {
            let observation = observation.borrow();
            let class = value_of(observation).and_then(|v| classes.as_ref()?.class_of(v));
            class.map_or_else(|| Drawn::NoData(reason(observation)), Drawn::Class)
        })
        .collect();
    let legend = Legend {
        method: options.classify.method,
        classes_asked: options.classify.classes,
        classes_made: made,
        unit: indicator.unit.clone(),
        palette: palette.name,
        palette_kind: palette.kind,
        colour_blind_safe: palette.colour_blind_safe(made),
        benchmark: centre,
        gadf: classes.as_ref().map(|classes| significant(classes.gadf)),
        above_last_break: classes.as_ref().map(|c| c.above_last_break).filter(|&above| above > 0),
        classes: classes.map_or_else(Vec::new, |c| class_entries(&c, &fills, indicator.decimals)),
        square: None,
        no_data: no_data_entries(&drawn),
    };
    Ok(Painting { legend, drawn })
}

fn paint_comparison<O: Borrow<Observation>>(
    indicator: &Indicator,
    observations: &[O],
    options: &PaintOptions,
) -> Result<Painting, ClassifyError> {
    let benchmark =
        options.benchmark.filter(|value| value.is_finite()).ok_or(ClassifyError::NeedsBenchmark)?;
    if !options.classify.breaks.is_empty() {
        return Err(ClassifyError::BreaksNotManual(Method::Benchmark));
    }
    let outcomes = Outcome::of_polarity(indicator.polarity);
    let drawn: Vec<Drawn> = observations
        .iter()
        .map(Borrow::borrow)
        .map(|observation| match compare(observation, benchmark, indicator.polarity) {
            Some(outcome) => Drawn::Class(outcomes.iter().position(|o| *o == outcome).unwrap_or_default()),
            None if value_of(observation).is_some() => Drawn::NoData(NoData::NotCompared),
            None => Drawn::NoData(reason(observation)),
        })
        .collect();
    let default = if indicator.polarity == Polarity::Neutral { "Blues" } else { "RdYlBu" };
    let palette = options.palette.unwrap_or_else(|| palette_named(default));
    // The classes run from worse to better already, as a diverging palette does from its red end; a
    // sequential one is darkest at its last class unless turned.
    let direction = match (palette.kind, indicator.polarity) {
        (_, Polarity::Neutral) => Polarity::Neutral,
        _ => Polarity::HighIsGood,
    };
    let fills = palette.fills(outcomes.len(), direction);
    let classes = outcomes
        .iter()
        .zip(fills)
        .enumerate()
        .map(|(class, (outcome, fill))| LegendClass {
            class,
            lower: None,
            upper: None,
            fill,
            count: drawn.iter().filter(|d| **d == Drawn::Class(class)).count(),
            label: outcome.as_str().to_owned(),
        })
        .collect();
    let legend = Legend {
        method: Method::Benchmark,
        classes_asked: outcomes.len(),
        classes_made: outcomes.len(),
        unit: indicator.unit.clone(),
        palette: palette.name,
        palette_kind: palette.kind,
        colour_blind_safe: palette.colour_blind_safe(outcomes.len()),
        benchmark: Some(significant(benchmark)),
        gadf: None,
        above_last_break: None,
        classes,
        square: None,
        no_data: no_data_entries(&drawn),
    };
    Ok(Painting { legend, drawn })
}

/// A value that can be drawn. One that is not finite is none.
pub(super) fn value_of(observation: &Observation) -> Option<f64> {
    observation.value().filter(|value| value.is_finite())
}

/// Why an observation has no value to draw.
pub(super) fn reason(observation: &Observation) -> NoData {
    match observation.flag {
        Some(Flag::Suppressed) => NoData::Suppressed,
        Some(Flag::LowCoverage) => NoData::LowCoverage,
        Some(Flag::NotApplicable) => NoData::NotApplicable,
        Some(Flag::NotAggregable) => NoData::NotAggregable,
        Some(Flag::Missing | Flag::LowReliability | Flag::Estimated) | None => NoData::Missing,
    }
}

/// Fills, and the value they are centred on if they are.
fn fills_of(
    classes: &Classification,
    palette: &Palette,
    polarity: Polarity,
    benchmark: Option<f64>,
) -> (Vec<Rgb>, Option<f64>) {
    let made = classes.classes_made();
    let bounds = |class: usize| classes.bounds(class);
    // The classes of `std` are centred on the mean, which halves the middle class.
    let mean = (classes.method == Method::Std)
        .then(|| bounds(2).and_then(|(lower, upper)| Some(f64::midpoint(lower?, upper))))
        .flatten();
    let centre = benchmark.or(mean).filter(|centre| centre.is_finite());
    let Some(centre) = centre.filter(|_| palette.kind == PaletteKind::Diverging) else {
        return (palette.fills(made, polarity), None);
    };
    let below = (0..made).filter(|&c| bounds(c).is_some_and(|(_, upper)| upper <= centre)).count();
    let above = (below..made)
        .filter(|&c| bounds(c).and_then(|(lower, _)| lower).is_some_and(|lower| lower >= centre))
        .count();
    let across = made.saturating_sub(below + above) > 0;
    (palette.centred(below, across, above, polarity), Some(significant(centre)))
}

pub(super) fn no_data_entries(drawn: &[Drawn]) -> Vec<LegendNoData> {
    let mut counts = [0; NoData::ALL.len()];
    for drawn in drawn {
        if let Drawn::NoData(flag) = drawn {
            counts[*flag as usize] += 1;
        }
    }
    NoData::ALL
        .into_iter()
        .map(|flag| LegendNoData {
            flag,
            fill: flag.fill(),
            pattern: flag.pattern(),
            count: counts[flag as usize],
            label: flag.label(),
        })
        .filter(|entry| entry.count > 0)
        .collect()
}

/// A palette of this module's own choice; the first of all where the name were misspelt, which a test
/// excludes.
fn palette_named(name: &str) -> &'static Palette {
    name.parse().unwrap_or(&PALETTES[0])
}

#[cfg(test)]
mod tests;
