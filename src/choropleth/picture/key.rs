//! The legend of a picture.

use crate::text::readable;
use std::fmt::Write as _;

use super::{Weight, broken, escaped, text};
use crate::choropleth::legend::{Legend, Square};
use crate::choropleth::paint::Drawn;
use crate::choropleth::palette::{NoData, Pattern, Rgb};

/// The patterns that a legend's kinds of absence need.
pub(super) fn patterns(legend: &Legend) -> String {
    let mut out = String::from("<defs>");
    for entry in &legend.no_data {
        let lines = match entry.pattern {
            Pattern::Plain => continue,
            Pattern::Diagonal => "<path d=\"M-1 7L7 -1M5 7L7 5M-1 1L1 -1\"/>",
            Pattern::Crosshatch => "<path d=\"M-1 7L7 -1M-1 -1L7 7\"/>",
            Pattern::Dots => "<path d=\"M2 3h2\"/>",
            Pattern::Lines => "<path d=\"M0 3H6\"/>",
            Pattern::Bars => "<path d=\"M3 0V6\"/>",
        };
        let _ = write!(
            out,
            "<pattern id=\"{}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" fill=\"{}\"/><g fill=\"none\" stroke=\"#8a959a\" stroke-width=\"0.8\">{lines}</g></pattern>",
            pattern_id(entry.flag),
            entry.fill
        );
    }
    out.push_str("</defs>");
    out
}

fn pattern_id(no_data: NoData) -> &'static str {
    match no_data {
        NoData::Suppressed => "suppressed",
        NoData::Missing => "missing",
        NoData::LowCoverage => "low-coverage",
        NoData::NotApplicable => "not-applicable",
        NoData::NotAggregable => "not-aggregable",
        NoData::NotCompared => "not-compared",
    }
}

/// What a shape is filled with: its colour, or the pattern of its kind of absence.
pub(super) fn fill_of(drawn: Drawn, fill: Rgb) -> String {
    match drawn {
        Drawn::NoData(no_data) if no_data.pattern() != Pattern::Plain => {
            format!("url(#{})", pattern_id(no_data))
        }
        Drawn::NoData(_) | Drawn::Class(_) => fill.to_string(),
    }
}

/// The legend from a corner on, and its height.
pub(super) fn draw(legend: &Legend, x: f64, y: f64, width: f64, unit: f64) -> (String, f64) {
    let mut out = String::new();
    let mut at = y + 12.0 * unit;
    for line in broken(&legend.unit, width, 13.0 * unit) {
        text(&mut out, x, at, 13.0 * unit, &line, Weight::Strong);
        at += 17.0 * unit;
    }
    at += 2.0 * unit;
    match &legend.square {
        Some(square) => at = draw_square(&mut out, legend, square, x, at, unit),
        None => {
            for class in &legend.classes {
                let fill = class.fill.to_string();
                at = row(&mut out, (x, at), (width, unit), &fill, &class.label, class.count);
            }
        }
    }
    if !legend.no_data.is_empty() {
        at += 6.0 * unit;
    }
    for entry in &legend.no_data {
        let fill = fill_of(Drawn::NoData(entry.flag), entry.fill);
        at = row(&mut out, (x, at), (width, unit), &fill, entry.label, entry.count);
    }
    if let Some(benchmark) = legend.benchmark {
        let words = format!("compared with {}", readable(benchmark, 1));
        at += 10.0 * unit;
        text(&mut out, x, at, 11.0 * unit, &words, Weight::Faint);
        at += 8.0 * unit;
    }
    (out, at - y)
}

/// One class: its colour, its words, how many areas it has.
fn row(
    out: &mut String,
    (x, y): (f64, f64),
    (width, unit): (f64, f64),
    fill: &str,
    label: &str,
    count: usize,
) -> f64 {
    let (box_width, box_height) = (24.0 * unit, 15.0 * unit);
    let _ = write!(
        out,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{box_width:.1}\" height=\"{box_height:.1}\" fill=\"{fill}\" stroke=\"#8a959a\" stroke-width=\"{:.2}\"/>",
        0.5 * unit
    );
    text(out, x + box_width + 7.0 * unit, y + 12.0 * unit, 12.0 * unit, label, Weight::Plain);
    let _ = write!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{:.1}\" fill=\"#4c585d\" text-anchor=\"end\">{count}</text>",
        x + width,
        y + 12.0 * unit,
        11.0 * unit
    );
    y + 20.0 * unit
}

/// The square of two measures: one grows to the right, the other upwards.
fn draw_square(out: &mut String, legend: &Legend, square: &Square, x: f64, y: f64, unit: f64) -> f64 {
    let cell = 34.0 * unit;
    let steps = square.across.uppers.len().max(1);
    let rows = square.up.uppers.len().max(1);
    let left = x + 18.0 * unit;
    for class in &legend.classes {
        let (column, row) = (class.class % 3, class.class / 3);
        let _ = write!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{cell:.1}\" height=\"{cell:.1}\" fill=\"{}\" stroke=\"#ffffff\" stroke-width=\"{:.2}\"><title>{}: {}</title></rect>",
            left + column as f64 * cell,
            y + (rows.saturating_sub(row + 1)) as f64 * cell,
            class.fill,
            0.5 * unit,
            escaped(&class.label),
            class.count
        );
    }
    let bottom = y + rows as f64 * cell;
    let _ = write!(
        out,
        "<text transform=\"translate({:.1} {bottom:.1}) rotate(-90)\" font-size=\"{:.1}\" fill=\"#1b2529\">{}</text>",
        x + 11.0 * unit,
        11.0 * unit,
        escaped(&shortened(&square.up.title))
    );
    let mut at = bottom + 14.0 * unit;
    for line in broken(&square.across.title, steps as f64 * cell + 90.0 * unit, 11.0 * unit) {
        text(out, left, at, 11.0 * unit, &line, Weight::Plain);
        at += 14.0 * unit;
    }
    text(out, left, at, 10.5 * unit, "each from low to high", Weight::Faint);
    at + 18.0 * unit
}

/// The beginning of a title that fits beside the square.
fn shortened(title: &str) -> String {
    const MOST: usize = 18;
    if title.chars().count() <= MOST {
        return title.to_owned();
    }
    let start: String = title.chars().take(MOST - 1).collect();
    format!("{}…", start.trim_end())
}
