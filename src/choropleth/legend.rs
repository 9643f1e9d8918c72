//! Legends: what each colour means and how many areas have it.

use serde::Serialize;

use super::classify::{Classification, Method};
use super::palette::{NoData, PaletteKind, Pattern, Rgb};
use crate::text::{readable, significant};

/// A whole legend: the classes, then the kinds of absence that occur.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Legend {
    /// How the classes were made.
    pub method: Method,
    /// How many classes were asked for.
    pub classes_asked: usize,
    /// How many were made.
    pub classes_made: usize,
    /// Unit of the bounds.
    pub unit: String,
    /// Name of the palette.
    pub palette: &'static str,
    /// What the palette is for.
    pub palette_kind: PaletteKind,
    /// Whether readers with any common colour-blindness can tell the classes apart.
    pub colour_blind_safe: bool,
    /// The value that areas were compared with or that the palette is centred on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmark: Option<f64>,
    /// Goodness of absolute deviation fit of the classes, 0 to 1; none for comparisons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gadf: Option<f64>,
    /// How many values lie above the last break given by the caller, where any does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above_last_break: Option<usize>,
    /// The classes, lowest (or worst) first.
    pub classes: Vec<LegendClass>,
    /// The two sides of the square of classes, when two measures are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub square: Option<Square>,
    /// The kinds of absence that occur, with their fills.
    pub no_data: Vec<LegendNoData>,
}

/// A class of values.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LegendClass {
    /// Its number, from 0: the `class` of its areas.
    pub class: usize,
    /// Lower bound, outside the class except for the first; none for a comparison, or when the class lies
    /// below every value.
    pub lower: Option<f64>,
    /// Upper bound, inside the class; none for a comparison.
    pub upper: Option<f64>,
    /// Its colour.
    pub fill: Rgb,
    /// How many areas it holds.
    pub count: usize,
    /// Its words: `1,000 to 2,500`, `worse`.
    pub label: String,
}

/// The square legend of two measures: class = 3 × that of `up` + that of `across`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Square {
    /// The first measure, growing to the right.
    pub across: Axis,
    /// The second measure, growing upwards.
    pub up: Axis,
}

/// A side of the square: one measure and its classes.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Axis {
    /// Id of the indicator.
    pub indicator: String,
    /// Its title.
    pub title: String,
    /// Its unit.
    pub unit: String,
    /// Lower bound of the first class.
    pub lowest: Option<f64>,
    /// Upper bound of each class.
    pub uppers: Vec<f64>,
}

/// A kind of absence.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LegendNoData {
    /// Why there is no class: the `flag` of its areas.
    pub flag: NoData,
    /// Its colour.
    pub fill: Rgb,
    /// Its hatching.
    pub pattern: Pattern,
    /// How many areas it holds.
    pub count: usize,
    /// Its words.
    pub label: &'static str,
}

/// The legend entries of a classification, with bounds to the digits in which values are written.
pub(super) fn class_entries(classes: &Classification, fills: &[Rgb], decimals: u8) -> Vec<LegendClass> {
    let decimals = decimals_that_part(classes, decimals);
    let bounds = (0..).map_while(|class| classes.bounds(class));
    let entries = bounds.zip(fills).zip(&classes.counts).enumerate();
    entries
        .map(|(class, (((lower, upper), &fill), &count))| LegendClass {
            class,
            lower: lower.map(significant),
            upper: Some(significant(upper)),
            fill,
            count,
            label: label(lower, upper, decimals),
        })
        .collect()
}

fn label(lower: Option<f64>, upper: f64, decimals: u8) -> String {
    let upper_words = readable(upper, decimals);
    match lower {
        None => format!("up to {upper_words}"),
        Some(lower) if lower == upper => upper_words,
        Some(lower) => format!("{} to {upper_words}", readable(lower, decimals)),
    }
}

/// The least number of digits after the point, from the indicator's own upwards, with which no two bounds
/// read alike.
fn decimals_that_part(classes: &Classification, decimals: u8) -> u8 {
    const MOST_EXTRA: u8 = 6;
    let mut bounds = classes.uppers.clone();
    if let Some(lowest) = classes.lowest.filter(|lowest| Some(lowest) != classes.uppers.first()) {
        bounds.insert(0, lowest);
    }
    (decimals..=decimals.saturating_add(MOST_EXTRA))
        .find(|&digits| bounds.windows(2).all(|pair| readable(pair[0], digits) != readable(pair[1], digits)))
        .unwrap_or(decimals.saturating_add(MOST_EXTRA))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::Polarity;
    use crate::choropleth::{ClassifyOptions, classify};

    fn labels(values: &[f64], method: Method, decimals: u8) -> Vec<String> {
        let options = ClassifyOptions { method, classes: 3, breaks: Vec::new() };
        let classes = classify(values, &options).expect("these values make classes");
        let palette: &crate::choropleth::Palette = "Blues".parse().expect("the palette exists");
        let fills = palette.fills(classes.classes_made(), Polarity::Neutral);
        class_entries(&classes, &fills, decimals).into_iter().map(|entry| entry.label).collect()
    }

    #[test]
    fn bounds_read_tidily() {
        let values = [1000.0, 2500.0, 4000.0, 5500.0];
        assert_eq!(labels(&values, Method::Equal, 0), ["1,000 to 2,500", "2,500 to 4,000", "4,000 to 5,500"]);
        assert_eq!(labels(&[0.0, 0.0, 0.0, 1.0], Method::Quantile, 0), ["0", "0 to 1"]);
        assert_eq!(
            labels(&[-3.0, 0.0, 3.0], Method::Equal, 1),
            ["−3.0 to −1.0", "−1.0 to 1.0", "1.0 to 3.0"]
        );
    }

    #[test]
    fn bounds_that_differ_never_read_alike() {
        assert_eq!(
            labels(&[0.01, 0.02, 0.03, 0.04], Method::Equal, 0),
            ["0.01 to 0.02", "0.02 to 0.03", "0.03 to 0.04"]
        );
    }

    #[test]
    fn a_class_below_every_value_has_no_lower_bound() {
        assert_eq!(labels(&[0.0, 0.0, 0.0, 0.0, 9.0], Method::Std, 0)[0], "up to −6");
    }
}
