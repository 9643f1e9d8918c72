//! Paintings written out: GeoJSON, CSV, and the values alone.
//!
//! A layer's shapes are encoded once; here they are only copied between the properties, byte for byte.

mod feature;
mod piece;

use std::borrow::{Borrow, Cow};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};

use super::legend::Legend;
use super::paint::{Drawn, Painting};
use crate::area::{Indicator, Observation};
use crate::atlas::Feature;
use crate::coverage::{Coverage, topojson};
use crate::text::{write_json, write_number};
use feature::{Features, Shown, class};

pub use feature::{FIELDS, begin_as_ready};
pub(super) use feature::{flag, measures, properties, write_class, write_feature};
pub use piece::Piece;

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

/// Features are written in pieces of so many areas, several at a time.
const PIECE_AREAS: usize = 512;

/// A GeoJSON feature collection (RFC 7946), with what it is about and the legend as foreign members before
/// the features. In pieces that follow one another: a layer may have tens of megabytes.
///
/// # Errors
/// When the areas are not those that were painted, or something about the answer has no JSON form.
pub fn geojson<M: Serialize>(
    about: &About<'_, M>,
    painting: &Painting,
    areas: &[RenderArea<'_>],
    fields: Option<&[String]>,
) -> Result<Vec<Piece>, RenderError> {
    same_areas(painting, areas.len())?;
    let writer = Features::new(painting, fields);
    let write = |run| Ok(vec![Bytes::from(writer.write(areas, run)?).into()]);
    collection(about, painting, write)
}

/// The same of all areas of a layer, on the beginnings that it keeps of their features: only what follows on those is
/// written. They say code and name, so those have to be wanted ([`begin_as_ready`]).
///
/// # Errors
/// When the values or features are not of the areas that were painted, or something about the answer has no JSON form.
pub fn geojson_of_layer<M: Serialize, O: Borrow<Observation> + Sync>(
    about: &About<'_, M>,
    painting: &Painting,
    (values, second): (&[O], Option<&[Observation]>),
    features: &Arc<[Feature]>,
    fields: Option<&[String]>,
) -> Result<Vec<Piece>, RenderError> {
    for given in [Some(values.len()), second.map(<[_]>::len), Some(features.len())].into_iter().flatten() {
        same_areas(painting, given)?;
    }
    let writer = Features::new(painting, fields);
    collection(about, painting, |run| Ok(writer.splice((values, second), features, run)))
}

/// Features in a collection, run by run.
fn collection<M: Serialize>(
    about: &About<'_, M>,
    painting: &Painting,
    write: impl Fn(Range<usize>) -> Result<Vec<Piece>, RenderError> + Sync,
) -> Result<Vec<Piece>, RenderError> {
    let mut head = Vec::with_capacity(4096);
    head.extend_from_slice(b"{\"type\":\"FeatureCollection\",");
    write_about(&mut head, about, &painting.legend)?;
    head.extend_from_slice(b",\"features\":[");
    let areas = painting.drawn.len();
    let pieces = (0..areas.div_ceil(PIECE_AREAS)).into_par_iter().map(|piece| {
        let first = piece * PIECE_AREAS;
        write(first..areas.min(first + PIECE_AREAS))
    });
    let pieces = pieces.collect::<Result<Vec<Vec<Piece>>, RenderError>>()?;
    let [head, end] = [head.into(), Bytes::from_static(b"]}")].map(Piece::Own);
    Ok(std::iter::once(head).chain(pieces.into_iter().flatten()).chain([end]).collect())
}

/// The values without shapes, a column each: `codes`, `values`, `lower`, `upper`, `flags`, `classes`, `values2` where two
/// measures are shown, with what they are about and the legend.
pub fn values_json<M: Serialize>(
    about: &About<'_, M>,
    painting: &Painting,
    areas: &[RenderArea<'_>],
) -> Result<Vec<u8>, RenderError> {
    same_areas(painting, areas.len())?;
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
    if areas.iter().any(|area| area.second.is_some()) {
        write_column(&mut out, "values2", areas, |out, area| {
            write_number(out, area.second.and_then(Observation::value));
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

/// One row for each area, after a heading: those of [`FIELDS`] that are wanted, `value2` where two measures are shown.
pub fn csv(
    painting: &Painting,
    areas: &[RenderArea<'_>],
    fields: Option<&[String]>,
) -> Result<Vec<u8>, RenderError> {
    same_areas(painting, areas.len())?;
    let columns = columns(fields, areas.iter().any(|area| area.second.is_some()));
    let mut writer = csv::Writer::from_writer(Vec::with_capacity(areas.len() * 80));
    writer.write_record(&columns)?;
    for (area, &drawn) in areas.iter().zip(&painting.drawn) {
        for name in &columns {
            writer.write_field(cell(name, painting, area, drawn))?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|error| RenderError::Csv(error.into_error().into()))
}

/// The columns of a table: all that a feature can say, or what is wanted of it.
pub(super) fn columns(fields: Option<&[String]>, has_second: bool) -> Vec<&'static str> {
    let is_wanted = |name: &str| fields.is_none_or(|fields| fields.iter().any(|field| field == name));
    FIELDS.into_iter().filter(|name| is_wanted(name) && (has_second || *name != "value2")).collect()
}

/// What a table says of an area in a column of [`FIELDS`]; nothing for what is not known.
pub(super) fn cell<'a>(
    column: &str,
    painting: &Painting,
    area: &RenderArea<'a>,
    drawn: Drawn,
) -> Cow<'a, [u8]> {
    let number = |number: Option<f64>| {
        let mut text = Vec::new();
        if number.is_some_and(f64::is_finite) {
            write_number(&mut text, number);
        }
        text.into()
    };
    let observation = area.observation;
    match column {
        "code" => area.code.as_bytes().into(),
        "name" => area.name.as_bytes().into(),
        "value" => number(observation.value()),
        "lower" => number(observation.lower()),
        "upper" => number(observation.upper()),
        "count" => number(observation.count()),
        "denominator" => number(observation.denominator()),
        "value2" => number(area.second.and_then(Observation::value)),
        "flag" => flag(observation, drawn).map_or("", Shown::as_str).as_bytes().into(),
        "class" => number(class(drawn)),
        _ => painting.fill(drawn).to_string().into_bytes().into(),
    }
}

pub(super) fn same_areas(painting: &Painting, given: usize) -> Result<(), RenderError> {
    let painted = painting.drawn.len();
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
    same_areas(painting, areas.len())?;
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
