//! Choropleths as pictures: `.svg`, `.png`, and the legend alone.

use axum::response::Response;

use super::answer::bytes;
use super::detail::Detail;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::Served;
use crate::area::Indicator;
use crate::atlas::{AtlasIndicator, AtlasLayer};
use crate::choropleth::Painting;
use crate::choropleth::picture::{self, Caption, Inset, PictureOptions};

/// Pixels, when none are asked for.
const WIDTH: f64 = 1000.0;
const NARROWEST: f64 = 200.0;
const WIDEST: f64 = 4000.0;

/// A title longer than this is no title.
const LONGEST_TITLE: usize = 200;

/// What a query says of a picture.
pub(super) struct PictureParameters {
    options: PictureOptions,
    title: Option<String>,
}

impl PictureParameters {
    /// Reads `width`, `inset` and `title`.
    pub fn read(read: &mut Parameters) -> PictureParameters {
        let width = read.number("width").unwrap_or(WIDTH);
        if !(NARROWEST..=WIDEST).contains(&width) {
            read.fault("width", &width.to_string(), format!("between {NARROWEST} and {WIDEST} pixels"));
        }
        let mut insets: Vec<Inset> = Vec::new();
        if let Some(text) = read.text("inset").map(str::to_owned) {
            for name in text.split(',') {
                match name.trim().parse() {
                    Ok(inset) if !insets.contains(&inset) => insets.push(inset),
                    Ok(_) => {}
                    Err(message) => read.fault("inset", &text, message),
                }
            }
        }
        let title = read.text("title").map(str::to_owned);
        if let Some(title) = title.as_ref().filter(|title| title.chars().count() > LONGEST_TITLE) {
            read.fault("title", title, format!("longer than {LONGEST_TITLE} letters"));
        }
        PictureParameters { options: PictureOptions { width: width.round(), insets }, title }
    }
}

/// What is to be drawn.
pub(super) struct Map<'a> {
    pub served: &'a Served,
    pub layer: &'a AtlasLayer,
    pub indicator: &'a AtlasIndicator,
    /// Its period.
    pub period: &'a str,
    /// The second measure, when two are shown.
    pub second: Option<&'a AtlasIndicator>,
    /// The numbers of the areas drawn, in the order of the painting.
    pub chosen: &'a [u32],
    pub painting: &'a Painting,
}

/// Draws it as `form` says.
pub(super) fn write(
    map: &Map<'_>,
    detail: &Detail,
    asked: &PictureParameters,
    form: &str,
) -> Result<Response, Problem> {
    let Map { served, layer, indicator, period, second, chosen, painting } = *map;
    let about = &indicator.indicator;
    let both = painting
        .legend
        .square
        .as_ref()
        .map(|square| format!("{} and {}", square.across.title, square.up.title));
    let title = asked.title.as_deref().or(both.as_deref()).unwrap_or(&about.title);
    if form == "legend.svg" {
        return Ok(bytes("image/svg+xml", picture::legend_svg(&painting.legend, title)));
    }
    let mut subtitle = format!("{}, {period}", layer.entry.title);
    let values =
        |about: &Indicator| format!("Values: {} ({}).", about.source.trim_end_matches('.'), about.licence);
    let mut notes = vec![values(about)];
    if let Some(second) = second {
        if let Ok(series) = second.choose(None, None, None) {
            subtitle = format!("{subtitle} and {}", series.period_label());
        }
        notes.push(values(&second.indicator));
    }
    let attribution = served.atlas.attribution(layer).join(". ");
    notes.push(format!("Boundaries: {attribution} ({}).", layer.entry.licence));
    let caption = Caption { title, subtitle: &subtitle, notes: &notes };
    let names: Vec<&str> = chosen.iter().map(|&area| layer.areas()[area as usize].name.as_str()).collect();
    let coverage_at = |tolerance_m: f64| {
        let shapes = detail.within(detail.tolerance_m.max(tolerance_m)).shapes(layer);
        std::sync::Arc::unwrap_or_clone(shapes.coverage)
    };
    let svg = picture::svg(&caption, painting, &names, coverage_at, served.atlas.grid(), &asked.options);
    if form == "svg" {
        return Ok(bytes("image/svg+xml", svg));
    }
    let png = picture::png(&svg).map_err(|e| Problem::internal(&e))?;
    Ok(bytes("image/png", png))
}
