//! Two measures on one map: three classes of each, nine colours, a square for a legend.

use super::classify::{Classification, ClassifyError, ClassifyOptions, Method, classify};
use super::legend::{Axis, Legend, LegendClass, Square};
use super::paint::{Drawn, Painting, no_data_entries, reason, value_of};
use super::palette::{PaletteKind, Rgb};
use crate::area::{Indicator, Observation};
use crate::text::significant;

/// Classes of each measure.
const CLASSES: usize = 3;

/// Joshua Stevens's blue and pink (2015): rows grow with the second measure, columns with the first.
const FILLS: [[u32; CLASSES]; CLASSES] = [
    [0x00e8_e8e8, 0x00ac_e4e4, 0x005a_c8c8],
    [0x00df_b0d6, 0x00a5_add3, 0x0056_98b9],
    [0x00be_64ac, 0x008c_62aa, 0x003b_4994],
];

/// One of the two measures.
#[derive(Clone, Copy, Debug)]
pub struct Measure<'a> {
    /// What it is.
    pub indicator: &'a Indicator,
    /// One for each area.
    pub observations: &'a [Observation],
}

/// Paints two measures of the same areas. The class of an area is three times that of the second measure plus that of
/// the first, so 0 to 8; an area without one of the two has none, for the reason that it lacks it.
pub fn paint_two(
    across: Measure<'_>,
    up: Measure<'_>,
    method: Method,
    breaks: &[f64],
) -> Result<Painting, ClassifyError> {
    let classes_of = |measure: Measure<'_>| -> Result<Option<Classification>, ClassifyError> {
        let values: Vec<f64> = measure.observations.iter().filter_map(value_of).collect();
        let options = ClassifyOptions { method, classes: CLASSES, breaks: breaks.to_vec() };
        match classify(&values, &options) {
            // A method with its own number of classes may make more than the square has room for.
            Ok(made) if made.classes_made() > CLASSES => {
                Err(ClassifyError::Classes { asked: made.classes_made() })
            }
            Ok(made) => Ok(Some(made)),
            Err(ClassifyError::NoValues) => Ok(None),
            Err(error) => Err(error),
        }
    };
    let (first, second) = (classes_of(across)?, classes_of(up)?);
    let class = |made: &Option<Classification>, observation: &Observation| {
        value_of(observation).and_then(|value| made.as_ref()?.class_of(value))
    };
    let drawn: Vec<Drawn> = across
        .observations
        .iter()
        .zip(up.observations)
        .map(|(one, other)| match (class(&first, one), class(&second, other)) {
            (Some(column), Some(row)) => Drawn::Class(CLASSES * row + column),
            (None, _) => Drawn::NoData(reason(one)),
            (_, None) => Drawn::NoData(reason(other)),
        })
        .collect();
    let words = ["low", "middle", "high"];
    let classes = (0..CLASSES * CLASSES).map(|class| {
        let (row, column) = (class / CLASSES, class % CLASSES);
        LegendClass {
            class,
            lower: None,
            upper: None,
            fill: Rgb::new(FILLS[row][column]),
            count: drawn.iter().filter(|d| **d == Drawn::Class(class)).count(),
            label: format!(
                "{} {}, {} {}",
                words[column], across.indicator.title, words[row], up.indicator.title
            ),
        }
    });
    let axis = |measure: Measure<'_>, made: &Option<Classification>| Axis {
        indicator: measure.indicator.id.to_string(),
        title: measure.indicator.title.clone(),
        unit: measure.indicator.unit.clone(),
        lowest: made.as_ref().and_then(|m| m.lowest).map(significant),
        uppers: made.as_ref().map_or_else(Vec::new, |m| m.uppers.iter().map(|&u| significant(u)).collect()),
    };
    let legend = Legend {
        method,
        classes_asked: CLASSES * CLASSES,
        classes_made: first.as_ref().map_or(0, Classification::classes_made)
            * second.as_ref().map_or(0, Classification::classes_made),
        unit: format!("{} and {}", across.indicator.title, up.indicator.title),
        palette: "BluePink",
        palette_kind: PaletteKind::Sequential,
        colour_blind_safe: true,
        benchmark: None,
        gadf: None,
        above_last_break: None,
        classes: classes.collect(),
        square: Some(Square { across: axis(across, &first), up: axis(up, &second) }),
        no_data: no_data_entries(&drawn),
    };
    Ok(Painting { legend, drawn })
}
