//! Paintings written out: GeoJSON, CSV, and the values alone.
//!
//! A layer's shapes are encoded once; here they are only copied between the properties, byte for byte.

use std::io::Write;

use serde::Serialize;
use serde_json::{Map, Value};

use super::legend::Legend;
use super::number::{rounded, write_number};
use super::paint::{Drawn, Painting};
use super::palette::{NoData, Rgb};
use crate::area::{Flag, Indicator, Observation};
use crate::coverage::{Coverage, topojson};

/// What an answer says of itself, before its areas.
#[derive(Clone, Debug, Serialize)]
pub struct About<'a, M> {
    /// Kind of layer: `lad`.
    pub layer: &'a str,
    /// Vintage of the areas: `2025`.
    pub vintage: &'a str,
    /// What is shown.
    pub indicator: &'a Indicator,
    /// Which period: `2022-24`.
    pub period: &'a str,
    /// How the values came to these areas: how many were matched, recoded, aggregated, left over.
    #[serde(rename = "match")]
    pub matched: M,
    /// Whom to name.
    pub attribution: &'a str,
    /// Licence of the values and shapes.
    pub licence: &'a str,
    /// What else the answer says: how much the shapes were simplified.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// An area to write: the same areas, in the same order, as were painted.
#[derive(Clone, Copy, Debug)]
pub struct RenderArea<'a> {
    /// Code of the area.
    pub code: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What was measured.
    pub observation: &'a Observation,
    /// The second measure, when two are shown.
    pub second: Option<&'a Observation>,
    /// Its shape as an encoded GeoJSON geometry object; empty for none.
    pub geometry: &'a [u8],
}

/// Why a painting cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The areas are not those that were painted.
    #[error("{given} areas were given for a painting of {painted}")]
    Areas {
        /// How many areas were painted.
        painted: usize,
        /// How many were given.
        given: usize,
    },
    /// Something about the answer has no JSON form.
    #[error("the answer cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A row cannot be written as CSV.
    #[error("the answer cannot be written as CSV: {0}")]
    Csv(#[from] csv::Error),
}

/// Bytes of the properties of one feature, roughly.
const PROPERTIES_BYTES: usize = 240;

/// A GeoJSON feature collection (RFC 7946), with what it is about and the legend as foreign members before
/// the features.
pub fn geojson<M: Serialize>(
    about: &About<'_, M>,
    painting: &Painting,
    areas: &[RenderArea<'_>],
    fields: Option<&[String]>,
) -> Result<Vec<u8>, RenderError> {
    same_areas(painting, areas)?;
    let shapes: usize = areas.iter().map(|area| area.geometry.len() + PROPERTIES_BYTES).sum();
    let mut out = Vec::with_capacity(shapes + 4096);
    out.extend_from_slice(b"{\"type\":\"FeatureCollection\",");
    write_about(&mut out, about, &painting.legend)?;
    out.extend_from_slice(b",\"features\":[");
    for (i, (area, &drawn)) in areas.iter().zip(&painting.drawn).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        let described = Described { area, drawn, fill: painting.fill(drawn), fields };
        write_feature(&mut out, area.code, area.geometry, |out| {
            described.write(out);
            Ok(())
        })?;
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

/// The values without shapes, a column each: `codes`, `values`, `lower`, `upper`, `flags`, `classes`, with
/// what they are about and the legend.
pub fn values_json<M: Serialize>(
    about: &About<'_, M>,
    painting: &Painting,
    areas: &[RenderArea<'_>],
) -> Result<Vec<u8>, RenderError> {
    same_areas(painting, areas)?;
    let mut out = Vec::with_capacity(areas.len() * 48 + 4096);
    out.push(b'{');
    write_about(&mut out, about, &painting.legend)?;
    write_column(&mut out, "codes", areas, |out, area| Ok(serde_json::to_writer(out, area.code)?))?;
    for (i, name) in ["values", "lower", "upper"].into_iter().enumerate() {
        write_column(&mut out, name, areas, |out, area| {
            write_number(out, measures(area.observation)[i]);
            Ok(())
        })?;
    }
    let drawn_areas: Vec<_> = areas.iter().zip(&painting.drawn).collect();
    write_column(&mut out, "flags", &drawn_areas, |out, (area, drawn)| {
        Ok(serde_json::to_writer(out, &flag(area.observation, **drawn))?)
    })?;
    write_column(&mut out, "classes", &painting.drawn, |out, drawn| {
        write_class(out, *drawn);
        Ok(())
    })?;
    out.push(b'}');
    Ok(out)
}

/// One row for each area, after a heading: code, name, value, lower, upper, count, denominator, flag, class,
/// fill.
pub fn csv(painting: &Painting, areas: &[RenderArea<'_>]) -> Result<Vec<u8>, RenderError> {
    same_areas(painting, areas)?;
    let mut writer = csv::Writer::from_writer(Vec::with_capacity(areas.len() * 80));
    writer.write_record(heading(false))?;
    for (area, &drawn) in areas.iter().zip(&painting.drawn) {
        csv_row(&mut writer, painting, area, drawn, None)?;
    }
    writer.into_inner().map_err(|error| RenderError::Csv(error.into_error().into()))
}

/// The columns of a table, with that of the period where there are several.
pub(super) fn heading(with_period: bool) -> Vec<&'static str> {
    let names = ["value", "lower", "upper", "count", "denominator", "flag", "class", "fill"];
    ["code", "name"].into_iter().chain(with_period.then_some("period")).chain(names).collect()
}

pub(super) fn csv_row(
    writer: &mut csv::Writer<Vec<u8>>,
    painting: &Painting,
    area: &RenderArea<'_>,
    drawn: Drawn,
    period: Option<&str>,
) -> Result<(), RenderError> {
    let mut number = Vec::new();
    writer.write_field(area.code)?;
    writer.write_field(area.name)?;
    if let Some(period) = period {
        writer.write_field(period)?;
    }
    for value in measures(area.observation) {
        number.clear();
        if value.is_some_and(f64::is_finite) {
            write_number(&mut number, value);
        }
        writer.write_field(&number)?;
    }
    writer.write_field(flag(area.observation, drawn).map_or("", Shown::as_str))?;
    number.clear();
    if let Drawn::Class(_) = drawn {
        write_class(&mut number, drawn);
    }
    writer.write_field(&number)?;
    writer.write_field(painting.fill(drawn).to_string())?;
    writer.write_record(None::<&[u8]>)?;
    Ok(())
}

pub(super) fn same_areas(painting: &Painting, areas: &[RenderArea<'_>]) -> Result<(), RenderError> {
    let (painted, given) = (painting.drawn.len(), areas.len());
    if painted == given { Ok(()) } else { Err(RenderError::Areas { painted, given }) }
}

/// The members that say what an answer is about, without braces.
pub(super) fn write_about<M: Serialize>(
    out: &mut Vec<u8>,
    about: &About<'_, M>,
    legend: &Legend,
) -> Result<(), RenderError> {
    let start = out.len();
    serde_json::to_writer(&mut *out, about)?;
    // The object's own braces go: its members join those of the answer.
    out.remove(start);
    out.pop();
    out.extend_from_slice(b",\"legend\":");
    serde_json::to_writer(&mut *out, legend)?;
    Ok(())
}

pub(super) fn write_column<T>(
    out: &mut Vec<u8>,
    name: &str,
    rows: &[T],
    write: impl FnMut(&mut Vec<u8>, &T) -> Result<(), RenderError>,
) -> Result<(), RenderError> {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    write_row(out, rows, write)
}

pub(super) fn write_row<T>(
    out: &mut Vec<u8>,
    rows: &[T],
    mut write: impl FnMut(&mut Vec<u8>, &T) -> Result<(), RenderError>,
) -> Result<(), RenderError> {
    out.push(b'[');
    for (i, row) in rows.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(out, row)?;
    }
    out.push(b']');
    Ok(())
}

pub(super) fn write_feature(
    out: &mut Vec<u8>,
    code: &str,
    geometry: &[u8],
    properties: impl FnOnce(&mut Vec<u8>) -> Result<(), RenderError>,
) -> Result<(), RenderError> {
    out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
    serde_json::to_writer(&mut *out, code)?;
    out.extend_from_slice(b",\"properties\":");
    properties(out)?;
    out.extend_from_slice(b",\"geometry\":");
    out.extend_from_slice(if geometry.is_empty() { b"null" } else { geometry });
    out.push(b'}');
    Ok(())
}

/// What a feature can say of its area; `value2` when two measures are shown.
pub const FIELDS: [&str; 11] =
    ["code", "name", "value", "lower", "upper", "count", "denominator", "value2", "flag", "class", "fill"];

/// What one feature says of its area, all or what is named.
struct Described<'a> {
    area: &'a RenderArea<'a>,
    drawn: Drawn,
    fill: Rgb,
    fields: Option<&'a [String]>,
}

/// One thing that a feature says.
enum Said<'a> {
    Text(&'a str),
    Number(Option<f64>),
    Flag(Option<Shown>),
    Fill(Rgb),
}

impl<'a> Described<'a> {
    /// Tells each field that is wanted, in the order of [`FIELDS`].
    fn each(&self, mut tell: impl FnMut(&'static str, Said<'a>)) {
        let Described { area, drawn, fill, fields } = *self;
        let mut say = |name: &'static str, said: Said<'a>| {
            if fields.is_none_or(|fields| fields.iter().any(|f| f == name)) {
                tell(name, said);
            }
        };
        let [value, lower, upper, count, denominator] = measures(area.observation);
        say("code", Said::Text(area.code));
        say("name", Said::Text(area.name));
        say("value", Said::Number(value));
        say("lower", Said::Number(lower));
        say("upper", Said::Number(upper));
        say("count", Said::Number(count));
        say("denominator", Said::Number(denominator));
        if let Some(second) = area.second {
            say("value2", Said::Number(second.value));
        }
        say("flag", Said::Flag(flag(area.observation, drawn)));
        say("class", Said::Number(class(drawn)));
        say("fill", Said::Fill(fill));
    }

    /// The fields as a JSON object, written without a tree of values: a layer has tens of thousands of them.
    fn write(&self, out: &mut Vec<u8>) {
        let mut before = b'{';
        self.each(|name, said| {
            out.push(before);
            before = b',';
            out.push(b'"');
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":");
            // Writing to memory cannot fail; neither a flag nor a colour has a character that JSON escapes.
            let _ = match said {
                Said::Number(number) => {
                    write_number(out, number);
                    Ok(())
                }
                Said::Text(text) => serde_json::to_writer(&mut *out, text).map_err(Into::into),
                Said::Flag(None) => out.write_all(b"null"),
                Said::Flag(Some(shown)) => write!(out, "\"{}\"", shown.as_str()),
                Said::Fill(fill) => write!(out, "\"{fill}\""),
            };
        });
        if before == b'{' {
            out.push(b'{');
        }
        out.push(b'}');
    }
}

/// The properties of one feature, all or those named.
pub(super) fn properties(
    area: &RenderArea<'_>,
    drawn: Drawn,
    fill: Rgb,
    fields: Option<&[String]>,
) -> Map<String, Value> {
    let mut map = Map::new();
    Described { area, drawn, fill, fields }.each(|name, said| {
        let value = match said {
            Said::Text(text) => text.into(),
            Said::Number(value) => number(value),
            Said::Flag(shown) => shown.map_or(Value::Null, |shown| shown.as_str().into()),
            Said::Fill(fill) => fill.to_string().into(),
        };
        map.insert(name.to_owned(), value);
    });
    map
}

/// A number as [`write_number`] writes it.
fn number(value: Option<f64>) -> Value {
    match value.filter(|v| v.is_finite()).map(rounded) {
        None => Value::Null,
        Some(whole) if whole == whole.trunc() && whole.abs() < 9e15 => (whole as i64).into(),
        Some(value) => value.into(),
    }
}

/// A topology with one object, `kind`: the areas of `coverage`, whose blocks are the areas given, in their order. Vertices
/// lie on a grid of `grid_degrees`.
pub fn topojson<M: Serialize>(
    about: &About<'_, M>,
    painting: &Painting,
    areas: &[RenderArea<'_>],
    coverage: &Coverage,
    grid_degrees: f64,
    fields: Option<&[String]>,
) -> Result<String, RenderError> {
    same_areas(painting, areas)?;
    let mut members = match serde_json::to_value(about)? {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.insert("legend".into(), serde_json::to_value(&painting.legend)?);
    let described = |block: usize| {
        let drawn = painting.drawn.get(block).copied();
        areas
            .get(block)
            .zip(drawn)
            .map_or_else(Map::new, |(area, drawn)| properties(area, drawn, painting.fill(drawn), fields))
    };
    Ok(topojson::write_with(coverage, about.layer, grid_degrees, described, &members))
}

pub(super) fn measures(observation: &Observation) -> [Option<f64>; 5] {
    let Observation { value, lower, upper, count, denominator, .. } = *observation;
    [value, lower, upper, count, denominator]
}

pub(super) fn write_class(out: &mut Vec<u8>, drawn: Drawn) {
    write_number(out, class(drawn));
}

/// The class of an area; `None` when it has no value.
fn class(drawn: Drawn) -> Option<f64> {
    match drawn {
        Drawn::Class(class) => Some(class as f64),
        Drawn::NoData(_) => None,
    }
}

/// What an area's `flag` says: why it has no value, or what to know about the one it has.
#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
pub(super) enum Shown {
    Absent(NoData),
    Flagged(Flag),
}

impl Shown {
    fn as_str(self) -> &'static str {
        match self {
            Shown::Absent(NoData::Suppressed) => "suppressed",
            Shown::Absent(NoData::Missing) => "missing",
            Shown::Absent(NoData::LowCoverage) => "low_coverage",
            Shown::Absent(NoData::NotApplicable) => "not_applicable",
            Shown::Absent(NoData::NotAggregable) => "not_aggregable",
            Shown::Absent(NoData::NotCompared) => "not_compared",
            Shown::Flagged(flag) => flag.as_str(),
        }
    }
}

pub(super) fn flag(observation: &Observation, drawn: Drawn) -> Option<Shown> {
    match (observation.flag, drawn) {
        (Some(flag), Drawn::Class(_)) => Some(Shown::Flagged(flag)),
        (_, Drawn::NoData(no_data)) => Some(Shown::Absent(no_data)),
        (None, Drawn::Class(_)) => None,
    }
}

#[cfg(test)]
mod tests;
