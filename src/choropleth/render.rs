//! Paintings written out: GeoJSON, CSV, and the values alone.
//!
//! A layer's shapes are encoded once; here they are only copied between the properties, byte for byte.

mod feature;

use std::ops::Range;

use bytes::Bytes;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};

use super::legend::Legend;
use super::paint::{Drawn, Painting};
use crate::area::{Indicator, Observation};
use crate::coverage::{Coverage, topojson};
use crate::text::{write_json, write_number};
use feature::{Features, Shown};

pub use feature::FIELDS;
pub(super) use feature::{flag, measures, properties, write_class, write_feature};

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
    /// Its feature with that shape, code and name, as [`Feature::begun`](crate::atlas::Feature::begun) has it, where it is
    /// ready.
    pub begun: Option<&'a Bytes>,
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

/// Bytes of one feature besides its shape and the names of its area, roughly.
const FEATURE_BYTES: usize = 240;

/// Features are written in pieces of about so many bytes, several at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// What is ready of a feature is a piece of its own, and not copied, from so many bytes on.
const SHARED_BYTES: usize = 1024;

/// A GeoJSON feature collection (RFC 7946), with what it is about and the legend as foreign members before
/// the features. In pieces that follow one another: a layer may have tens of megabytes, of which most are ready.
pub fn geojson<M: Serialize>(
    about: &About<'_, M>,
    painting: &Painting,
    areas: &[RenderArea<'_>],
    fields: Option<&[String]>,
) -> Result<Vec<Bytes>, RenderError> {
    same_areas(painting, areas)?;
    let mut head = Vec::with_capacity(4096);
    head.extend_from_slice(b"{\"type\":\"FeatureCollection\",");
    write_about(&mut head, about, &painting.legend)?;
    head.extend_from_slice(b",\"features\":[");
    let writer = Features::new(painting, fields);
    let shared = |i: usize| writer.begun(&areas[i]).filter(|begun| begun.len() >= SHARED_BYTES);
    let mut runs: Vec<(Range<usize>, usize)> = Vec::new();
    for (i, area) in areas.iter().enumerate() {
        let copied = if shared(i).is_some() { 0 } else { area.geometry.len() + area.name.len() };
        match runs.last_mut().filter(|(_, room)| *room < PIECE_BYTES) {
            Some((run, room)) => (run.end, *room) = (i + 1, *room + copied + FEATURE_BYTES),
            None => runs.push((i..i + 1, copied + FEATURE_BYTES)),
        }
    }
    let features = runs.into_par_iter().map(|(run, room)| {
        let mut out = Vec::with_capacity(room);
        // Where a shared piece stands between what is written here.
        let mut shares: Vec<(usize, Bytes)> = Vec::new();
        for i in run {
            if i > 0 {
                out.push(b',');
            }
            match shared(i) {
                Some(begun) => {
                    shares.push((out.len(), begun.clone()));
                    writer.write_rest(&mut out, &areas[i], painting.drawn[i]);
                }
                None => writer.write(&mut out, &areas[i], painting.drawn[i])?,
            }
        }
        Ok(with_shares(&out.into(), shares))
    });
    let features = features.collect::<Result<Vec<Vec<Bytes>>, RenderError>>()?;
    let end = Bytes::from_static(b"]}");
    Ok(std::iter::once(head.into()).chain(features.into_iter().flatten()).chain([end]).collect())
}

/// What was written, cut where shared pieces stand in it.
fn with_shares(written: &Bytes, shares: Vec<(usize, Bytes)>) -> Vec<Bytes> {
    let mut pieces = Vec::with_capacity(shares.len() * 2 + 1);
    let mut from = 0;
    for (at, share) in shares {
        pieces.push(written.slice(from..at));
        pieces.push(share);
        from = at;
    }
    pieces.push(written.slice(from..));
    pieces.retain(|piece| !piece.is_empty());
    pieces
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
    write_json(out, about)?;
    // The object's own braces go: its members join those of the answer.
    out.remove(start);
    out.pop();
    out.extend_from_slice(b",\"legend\":");
    write_json(out, legend)?;
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

#[cfg(test)]
mod tests;
