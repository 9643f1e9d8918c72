//! Whole layers as files: GeoJSON, TopoJSON, CSV, and what `levelmap export` writes besides.

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::answer::bytes;
use super::detail::{self, Detail};
use super::layers::{corners, properties, square_km};
use super::parameters::Parameters;
use super::problem::Problem;
use crate::atlas::{Area, Atlas, AtlasLayer};
use crate::coverage::topojson;
use crate::export::{Format, Table};
use crate::text::{Json, to_json};

/// What a feature can say of its area.
const FIELDS: [&str; 7] = ["code", "name", "layer", "vintage", "name_cy", "area_km2", "population"];

/// A form in which a layer can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LayerFile {
    GeoJson,
    TopoJson,
    Csv,
    /// As `levelmap export` writes it.
    Other(Format),
}

/// What is wanted of a layer.
pub(super) struct Wanted {
    file: LayerFile,
    detail: Detail,
    fields: Option<Vec<String>>,
}

impl LayerFile {
    /// The form with a suffix.
    pub fn of(suffix: &str) -> Option<LayerFile> {
        match suffix {
            "geojson" => Some(LayerFile::GeoJson),
            "topojson" => Some(LayerFile::TopoJson),
            "csv" => Some(LayerFile::Csv),
            "fgb" | "gpkg" | "parquet" => suffix.parse().ok().map(LayerFile::Other),
            "zip" => Some(LayerFile::Other(Format::Shapefile)),
            _ => None,
        }
    }

    /// Reads what is wanted of it.
    pub fn read(self, query: Option<&str>) -> Result<Wanted, Problem> {
        let allowed: Vec<&str> = match self {
            LayerFile::Other(_) => vec!["tolerance_m", "zoom"],
            _ => detail::PARAMETERS.into_iter().chain(["fields"]).collect(),
        };
        let mut read = Parameters::parse(query, &allowed);
        let detail = Detail::read(&mut read);
        if self == LayerFile::TopoJson {
            detail.crs.only_degrees(&mut read, "TopoJSON");
        }
        let fields = fields(&mut read, &FIELDS);
        read.finish()?;
        Ok(Wanted { file: self, detail, fields })
    }
}

/// The parameter `fields`: names of properties with commas between them, each one of `known`.
pub(super) fn fields(read: &mut Parameters, known: &[&str]) -> Option<Vec<String>> {
    let text = read.text("fields")?.to_owned();
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        let message = format!("`{unknown}` is not a field; there are {}", known.join(", "));
        read.fault("fields", &text, message);
        return None;
    }
    Some(names)
}

impl Wanted {
    /// Writes it.
    pub fn write(&self, atlas: &Atlas, layer: &AtlasLayer) -> Result<Response, Problem> {
        Ok(match self.file {
            LayerFile::GeoJson => bytes("application/geo+json", self.geojson(atlas, layer)?),
            LayerFile::TopoJson => bytes("application/json", self.topology(atlas, layer)),
            LayerFile::Csv => bytes("text/csv; charset=utf-8", self.table(atlas, layer)?),
            LayerFile::Other(format) => {
                let table = Table::of(atlas, layer, None, self.detail.tolerance_m);
                bytes(format.media_type(), table.write(format).map_err(|e| Problem::internal(&e))?)
            }
        })
    }

    fn described(&self, layer: &AtlasLayer, area: &Area) -> Map<String, Value> {
        let mut map = described(layer, area);
        if let Some(fields) = &self.fields {
            map.retain(|name, _| fields.contains(name));
        }
        map
    }

    fn geojson(&self, atlas: &Atlas, layer: &AtlasLayer) -> Result<Vec<u8>, Problem> {
        let mut about = members(atlas, layer);
        about.insert("title".into(), layer.entry.title.clone().into());
        about.insert("source".into(), layer.entry.source.clone().into());
        about.insert("bbox".into(), json!(layer.bbox().map(corners)));
        about.extend(self.detail.members());
        let about = to_json(&about).map_err(|e| Problem::internal(&e))?;
        let mut out = b"{\"type\":\"FeatureCollection\",".to_vec();
        out.extend_from_slice(&about[1..about.len() - 1]);
        out.extend_from_slice(b",\"features\":[");
        let mut write = |i: usize, area: u32, geometry: &[u8]| {
            if i > 0 {
                out.extend_from_slice(b",\n");
            }
            let area = &layer.areas()[area as usize];
            write_feature(&mut out, area, self.described(layer, area), geometry);
        };
        if self.detail.is_all() {
            for (i, feature) in layer.features().iter().enumerate() {
                write(i, i as u32, feature.geometry());
            }
        } else {
            let shapes = self.detail.shapes(layer);
            for (i, (&area, geometry)) in
                shapes.areas.iter().zip(self.detail.geometries(atlas, &shapes)).enumerate()
            {
                write(i, area, &geometry);
            }
        }
        out.extend_from_slice(b"]}\n");
        Ok(out)
    }

    fn topology(&self, atlas: &Atlas, layer: &AtlasLayer) -> String {
        let shapes = self.detail.shapes(layer);
        let described = |block: usize| {
            let area = &layer.areas()[shapes.areas[block] as usize];
            self.described(layer, area)
        };
        let mut members = members(atlas, layer);
        members.extend(self.detail.members());
        let object = layer.entry.id.kind.as_str();
        topojson::write_with(&shapes.coverage, object, shapes.grid_degrees(), described, &members)
    }

    fn table(&self, atlas: &Atlas, layer: &AtlasLayer) -> Result<Vec<u8>, Problem> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let internal = |e: csv::Error| Problem::internal(&e);
        let [x, y] = self.detail.crs.axes();
        let columns = ["code", "name", "name_cy", "layer", "vintage", "area_km2", "population", x, y];
        let is_wanted = |column: &str| {
            // A point stands for the shape, which no choice of fields takes away.
            let fields = self.fields.as_ref();
            column == x || column == y || fields.is_none_or(|f| f.iter().any(|name| name == column))
        };
        writer.write_record(columns.iter().filter(|c| is_wanted(c))).map_err(internal)?;
        for number in self.detail.areas(layer) {
            let area = &layer.areas()[number as usize];
            let crs = self.detail.crs;
            let point = layer.label_points()[number as usize].map(|at| crs.project(atlas, at));
            let written = |value: Option<f64>| {
                value.map(|v| format!("{v:.digits$}", digits = crs.digits())).unwrap_or_default()
            };
            let row = [
                area.code.to_string(),
                area.name.to_string(),
                area.name_cy.clone().unwrap_or_default(),
                layer.entry.id.kind.to_string(),
                layer.vintage().to_string(),
                square_km(area.area_m2).to_string(),
                area.residents.map(|r| r.to_string()).unwrap_or_default(),
                written(point.map(|p| p.x)),
                written(point.map(|p| p.y)),
            ];
            let cells = row.iter().zip(columns).filter(|(_, c)| is_wanted(c)).map(|(cell, _)| cell);
            writer.write_record(cells).map_err(internal)?;
        }
        writer.into_inner().map_err(|e| Problem::internal(&e))
    }
}

fn described(layer: &AtlasLayer, area: &Area) -> Map<String, Value> {
    let mut map = properties(layer, area);
    if let Some(welsh) = &area.name_cy {
        map.insert("name_cy".into(), welsh.clone().into());
    }
    map.insert("area_km2".into(), square_km(area.area_m2).into());
    map.insert("population".into(), area.residents.into());
    map
}

/// One feature with all that is known of its area.
pub(super) fn write_whole_feature(out: &mut Vec<u8>, layer: &AtlasLayer, area: &Area, geometry: &[u8]) {
    write_feature(out, area, described(layer, area), geometry);
}

/// One feature; the geometry's bytes are copied in.
fn write_feature(out: &mut Vec<u8>, area: &Area, properties: Map<String, Value>, geometry: &[u8]) {
    let (id, properties) = (Value::from(area.code.as_str()), Value::Object(properties));
    let (id, properties) = (Json(&id), Json(&properties));
    out.extend_from_slice(
        format!("{{\"type\":\"Feature\",\"id\":{id},\"properties\":{properties},\"geometry\":").as_bytes(),
    );
    out.extend_from_slice(geometry);
    out.push(b'}');
}

fn members(atlas: &Atlas, layer: &AtlasLayer) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("layer".into(), layer.entry.id.to_string().into());
    members.insert("licence".into(), layer.entry.licence.clone().into());
    members.insert("attribution".into(), atlas.attribution(layer).into());
    members
}
