//! Paintings of all periods of an indicator at once: one set of classes, so that maps can be compared and animated.

use serde::Serialize;
use serde_json::{Map, Value};

use super::paint::{Drawn, Painting};
use super::render::{
    About, RenderArea, RenderError, flag, measures, properties, write_about, write_class, write_column,
    write_feature, write_row,
};
use crate::area::Observation;
use crate::coverage::{Coverage, topojson};
use crate::text::{write_json, write_number};

/// An area with what was measured and what is drawn in each period, in the order of the periods.
#[derive(Clone, Debug)]
pub struct PeriodArea<'a> {
    /// Code of the area.
    pub code: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What was measured, period by period.
    pub observations: Vec<&'a Observation>,
    /// What is drawn, period by period.
    pub drawn: Vec<Drawn>,
    /// Its shape as an encoded GeoJSON geometry object; empty for none.
    pub geometry: &'a [u8],
}

impl<'a> PeriodArea<'a> {
    /// The area in each of the periods.
    fn each(&self) -> impl Iterator<Item = (RenderArea<'a>, Drawn)> + '_ {
        self.observations.iter().zip(&self.drawn).map(|(observation, drawn)| {
            let PeriodArea { code, name, geometry, .. } = *self;
            (RenderArea { code, name, observation, second: None, geometry }, *drawn)
        })
    }

    /// The properties of its feature: each but code and name is a list, in the order of the periods.
    fn properties(&self, painting: &Painting, fields: Option<&[String]>) -> Map<String, Value> {
        let mut all = Map::new();
        for (area, drawn) in self.each() {
            for (name, value) in properties(&area, drawn, painting.fill(drawn), fields) {
                if matches!(name.as_str(), "code" | "name") {
                    all.insert(name, value);
                } else if let Value::Array(list) = all.entry(name).or_insert_with(|| Value::Array(Vec::new()))
                {
                    list.push(value);
                }
            }
        }
        all
    }
}

/// A GeoJSON feature collection in which every property but code and name is a list, in the order of `periods`.
pub fn geojson<M: Serialize>(
    about: &About<'_, M>,
    painting: &Painting,
    areas: &[PeriodArea<'_>],
    fields: Option<&[String]>,
) -> Result<Vec<u8>, RenderError> {
    let mut out = Vec::with_capacity(areas.iter().map(|area| area.geometry.len() + 1024).sum());
    out.extend_from_slice(b"{\"type\":\"FeatureCollection\",");
    write_about(&mut out, about, &painting.legend)?;
    out.extend_from_slice(b",\"features\":[");
    for (i, area) in areas.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        let properties = area.properties(painting, fields);
        write_feature(&mut out, area.code, area.geometry, |out| Ok(write_json(out, &properties)?))?;
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

/// The same as a topology; `coverage` has the areas as its blocks, in their order, on a grid of `grid_degrees`.
pub fn topojson<M: Serialize>(
    about: &About<'_, M>,
    painting: &Painting,
    areas: &[PeriodArea<'_>],
    coverage: &Coverage,
    grid_degrees: f64,
    fields: Option<&[String]>,
) -> Result<String, RenderError> {
    let mut members = match serde_json::to_value(about)? {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.insert("legend".into(), serde_json::to_value(&painting.legend)?);
    let described = |block: usize| areas.get(block).map_or_else(Map::new, |a| a.properties(painting, fields));
    Ok(topojson::write_with(coverage, about.layer, grid_degrees, described, &members))
}

/// The values without shapes: `codes`, and `values`, `lower`, `upper`, `flags`, `classes`, each a list of columns in the
/// order of the periods.
pub fn values_json<M: Serialize>(
    about: &About<'_, M>,
    painting: &Painting,
    areas: &[PeriodArea<'_>],
    periods: usize,
) -> Result<Vec<u8>, RenderError> {
    let mut out = Vec::with_capacity(areas.len() * periods * 32 + 4096);
    out.push(b'{');
    write_about(&mut out, about, &painting.legend)?;
    write_column(&mut out, "codes", areas, |out, area| Ok(serde_json::to_writer(out, area.code)?))?;
    let numbers: Vec<usize> = (0..periods).collect();
    for (i, name) in ["values", "lower", "upper"].into_iter().enumerate() {
        write_column(&mut out, name, &numbers, |out, &period| {
            write_row(out, areas, |out, area| {
                write_number(out, measures(area.observations[period])[i]);
                Ok(())
            })
        })?;
    }
    write_column(&mut out, "flags", &numbers, |out, &period| {
        write_row(out, areas, |out, area| {
            Ok(serde_json::to_writer(out, &flag(area.observations[period], area.drawn[period]))?)
        })
    })?;
    write_column(&mut out, "classes", &numbers, |out, &period| {
        write_row(out, areas, |out, area| {
            write_class(out, area.drawn[period]);
            Ok(())
        })
    })?;
    out.push(b'}');
    Ok(out)
}

/// One row for each area and period, after a heading: what is wanted of the columns, and the period after the names.
pub fn csv(
    painting: &Painting,
    areas: &[PeriodArea<'_>],
    periods: &[String],
    fields: Option<&[String]>,
) -> Result<Vec<u8>, RenderError> {
    const PERIOD: &str = "period";
    let mut columns = super::render::columns(fields, false);
    let names = columns.iter().take_while(|column| matches!(**column, "code" | "name")).count();
    columns.insert(names, PERIOD);
    let mut writer = csv::Writer::from_writer(Vec::with_capacity(areas.len() * periods.len() * 80));
    writer.write_record(&columns)?;
    for area in areas {
        for ((area, drawn), period) in area.each().zip(periods) {
            for column in &columns {
                match *column {
                    PERIOD => writer.write_field(period)?,
                    name => writer.write_field(super::render::cell(name, painting, &area, drawn))?,
                }
            }
            writer.write_record(None::<&[u8]>)?;
        }
    }
    writer.into_inner().map_err(|error| RenderError::Csv(error.into_error().into()))
}
