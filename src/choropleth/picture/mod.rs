//! A choropleth as a picture for a report: SVG, and PNG drawn from it.
//!
//! On the British National Grid, with title, legend, scale bar, source and licence; on request with insets, which
//! show London larger, or Shetland out of its true place so that the rest has more room.

mod key;
mod map;
mod png;

use std::fmt::Write as _;

use super::legend::Legend;
use super::paint::Painting;
use crate::coverage::Coverage;
use crate::geometry::BritishGrid;

pub use png::{PictureError, png};

/// Every text is written in this, or in what the reader's program has for it.
const FONT: &str = "Ubuntu Light, Ubuntu, Noto Sans, DejaVu Sans, Arial, sans-serif";

/// The width for which sizes below are meant.
const USUAL_WIDTH: f64 = 800.0;
const MARGIN: f64 = 24.0;
/// Width of the column of legend and insets.
const COLUMN: f64 = 216.0;
/// The tallest map, as a multiple of its width.
const TALLEST: f64 = 2.0;

/// A part of the country drawn again, or elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inset {
    /// London, larger.
    London,
    /// Shetland, which then leaves the main map.
    Shetland,
}

impl std::str::FromStr for Inset {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "london" => Ok(Inset::London),
            "shetland" => Ok(Inset::Shetland),
            _ => Err(format!("`{text}` is not an inset: choose london, shetland")),
        }
    }
}

/// What a picture says besides its map.
#[derive(Clone, Debug)]
pub struct Caption<'a> {
    /// What is shown.
    pub title: &'a str,
    /// Of which areas, in which period.
    pub subtitle: &'a str,
    /// Source, licence and attribution, a line each; long lines are broken.
    pub notes: &'a [String],
}

/// How a picture is drawn.
#[derive(Clone, Debug)]
pub struct PictureOptions {
    /// Width in pixels; the height follows from the map.
    pub width: f64,
    /// Which insets.
    pub insets: Vec<Inset>,
}

/// Draws a painting. `coverage_at` gives the painted areas, as blocks in the order of the painting, within a tolerance
/// in metres; `names` their names.
pub fn svg(
    caption: &Caption<'_>,
    painting: &Painting,
    names: &[&str],
    coverage_at: impl Fn(f64) -> Coverage,
    grid: &BritishGrid,
    options: &PictureOptions,
) -> String {
    let unit = options.width / USUAL_WIDTH;
    let (margin, column) = (MARGIN * unit, COLUMN * unit);
    let map_width = options.width - 2.0 * margin - column - 12.0 * unit;
    let mut drawing = map::Drawing { painting, names, grid, out: String::new() };
    // How much ground a pixel covers is known when the shapes are, and the shapes follow from it: the first look is coarse.
    let has_shetland = options.insets.contains(&Inset::Shetland);
    let rough = map::window(&coverage_at(2_000.0), grid, has_shetland);
    let scale = |window: geo::Rect| (window.width() / map_width).max(window.height() / (map_width * TALLEST));
    let coverage = coverage_at(scale(rough) / 4.0);
    // Islands that the first look passed over count here.
    let window = map::window(&coverage, grid, has_shetland);
    let metres_per_pixel = scale(window);
    let map_height = (window.height() / metres_per_pixel).max(200.0 * unit);

    let mut body = String::new();
    let mut y = margin + 20.0 * unit;
    for line in broken(caption.title, options.width - 2.0 * margin, 22.0 * unit) {
        text(&mut body, margin, y, 22.0 * unit, &line, Weight::Strong);
        y += 26.0 * unit;
    }
    for line in broken(caption.subtitle, options.width - 2.0 * margin, 14.0 * unit) {
        text(&mut body, margin, y, 14.0 * unit, &line, Weight::Plain);
        y += 18.0 * unit;
    }
    let top = y;
    let place = map::Place { x: margin, y: top, width: map_width, height: map_height };
    drawing.draw(&coverage, window, place, metres_per_pixel);
    body.push_str(&drawing.out);

    let x = options.width - margin - column;
    let (key, key_height) = key::draw(&painting.legend, x, top + 4.0 * unit, column, unit);
    body.push_str(&key);
    let mut inset_y = top + key_height + 28.0 * unit;
    for &inset in &options.insets {
        let part = map::inset_window(inset);
        let fine = (part.width() / column).max(part.height() / (260.0 * unit));
        let place = map::Place { x, y: inset_y, width: part.width() / fine, height: part.height() / fine };
        let mut drawing = map::Drawing { painting, names: &[], grid, out: String::new() };
        drawing.draw(&coverage_at(fine / 4.0), part, place, fine);
        body.push_str(&drawing.out);
        let _ = write!(
            body,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"none\" stroke=\"#8a959a\" stroke-width=\"{:.2}\"/>",
            place.x, place.y, place.width, place.height, unit
        );
        let name = match inset {
            Inset::London => "London, larger",
            Inset::Shetland => "Shetland, not in its place",
        };
        text(&mut body, x, inset_y - 4.0 * unit, 11.0 * unit, name, Weight::Plain);
        inset_y += place.height + 28.0 * unit;
    }
    y = (top + map_height).max(inset_y) + 22.0 * unit;
    scale_bar(&mut body, margin, y, metres_per_pixel, map_width, unit);
    y += 26.0 * unit;
    for line in caption.notes.iter().flat_map(|note| broken(note, options.width - 2.0 * margin, 10.5 * unit))
    {
        text(&mut body, margin, y, 10.5 * unit, &line, Weight::Faint);
        y += 14.0 * unit;
    }
    document(options.width, y + margin - 8.0 * unit, caption.title, &painting.legend, &body)
}

/// The legend alone, as a picture.
pub fn legend_svg(legend: &Legend, title: &str) -> String {
    let (key, height) = key::draw(legend, 12.0, 12.0, COLUMN, 1.0);
    document(COLUMN + 24.0, height + 24.0, title, legend, &key)
}

fn document(width: f64, height: f64, title: &str, legend: &Legend, body: &str) -> String {
    let mut out = String::with_capacity(body.len() + 2048);
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"{FONT}\" role=\"img\"><title>{}</title>",
        escaped(title)
    );
    out.push_str(&key::patterns(legend));
    let _ = write!(out, "<rect width=\"{width:.0}\" height=\"{height:.0}\" fill=\"#ffffff\"/>");
    out.push_str(body);
    out.push_str("</svg>\n");
    out
}

/// How a text looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    Strong,
    Plain,
    Faint,
}

fn text(out: &mut String, x: f64, y: f64, size: f64, words: &str, weight: Weight) {
    // The font has one weight: a fine stroke makes it strong.
    let (fill, stroke) = match weight {
        Weight::Strong => ("#1b2529", size * 0.04),
        Weight::Plain => ("#1b2529", 0.0),
        Weight::Faint => ("#4c585d", 0.0),
    };
    let _ = write!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size:.1}\" fill=\"{fill}\"");
    if stroke > 0.0 {
        let _ = write!(out, " stroke=\"{fill}\" stroke-width=\"{stroke:.2}\"");
    }
    let _ = write!(out, ">{}</text>", escaped(words));
}

/// Text for XML; what XML cannot hold is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Lines of words that fit a width, a letter being about half as wide as it is tall.
fn broken(words: &str, width: f64, size: f64) -> Vec<String> {
    let letters = (width / (size * 0.5)).max(8.0) as usize;
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A bar of a round length, at most a third of the map's width.
fn scale_bar(out: &mut String, x: f64, y: f64, metres_per_pixel: f64, map_width: f64, unit: f64) {
    let longest_km = metres_per_pixel * map_width / 3.0 / 1000.0;
    let power = 10f64.powf(longest_km.log10().floor());
    let steps = [5.0, 2.0, 1.0].map(|step| step * power);
    let km = steps.into_iter().find(|&km| km <= longest_km).unwrap_or(power);
    let length = km * 1000.0 / metres_per_pixel;
    let tick = 5.0 * unit;
    let _ = write!(
        out,
        "<path d=\"M{x:.1} {:.1}V{y:.1}H{:.1}V{:.1}\" fill=\"none\" stroke=\"#1b2529\" stroke-width=\"{:.2}\"/>",
        y - tick,
        x + length,
        y - tick,
        1.2 * unit
    );
    let words = if km >= 1.0 { format!("{km:.0} km") } else { format!("{:.0} m", km * 1000.0) };
    text(out, x + length + 8.0 * unit, y, 12.0 * unit, &words, Weight::Plain);
    let note = "British National Grid";
    text(out, x + length + 72.0 * unit, y, 10.5 * unit, note, Weight::Faint);
}

#[cfg(test)]
mod tests;
