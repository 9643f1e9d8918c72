//! GeoJSON, TopoJSON and CSV.

use serde_json::{Map, Value};

use super::{Cell, ExportError, Table};
use crate::atlas::geojson_geometry;
use crate::coverage::topojson;
use crate::text::write_json;

fn properties(table: &Table, row: usize) -> Map<String, Value> {
    let cells = table.rows.get(row).map(Vec::as_slice).unwrap_or_default();
    let value = |cell: &Cell| match cell {
        Cell::Text(text) => text.as_str().into(),
        Cell::Number(whole) if *whole == whole.trunc() && whole.abs() < 9e15 => (*whole as i64).into(),
        Cell::Number(number) => (*number).into(),
        Cell::Empty => Value::Null,
    };
    table.columns.iter().zip(cells).map(|(column, cell)| (column.name.to_owned(), value(cell))).collect()
}

pub(super) fn geojson(table: &Table) -> Result<Vec<u8>, ExportError> {
    let mut out = b"{\"type\":\"FeatureCollection\",\"name\":".to_vec();
    serde_json::to_writer(&mut out, &table.name)?;
    for (member, text) in [("title", &table.title), ("attribution", &table.attribution)] {
        out.extend_from_slice(format!(",\"{member}\":").as_bytes());
        serde_json::to_writer(&mut out, text)?;
    }
    out.extend_from_slice(b",\"features\":[");
    for (row, shape) in table.shapes.iter().enumerate() {
        out.extend_from_slice(if row > 0 { b",\n" } else { b"\n" });
        let properties = properties(table, row);
        out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
        serde_json::to_writer(&mut out, &properties.get("code"))?;
        out.extend_from_slice(b",\"properties\":");
        write_json(&mut out, &properties)?;
        out.extend_from_slice(b",\"geometry\":");
        out.extend_from_slice(&geojson_geometry(shape));
        out.push(b'}');
    }
    out.extend_from_slice(b"\n]}\n");
    Ok(out)
}

pub(super) fn topojson(table: &Table) -> String {
    let mut members = Map::new();
    members.insert("title".into(), table.title.clone().into());
    members.insert("attribution".into(), table.attribution.clone().into());
    let described = |block: usize| properties(table, block);
    topojson::write_with(&table.coverage, &table.name, topojson::MICRODEGREE, described, &members)
}

pub(super) fn csv(table: &Table) -> Result<Vec<u8>, ExportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = table.columns.iter().map(|column| column.name);
    writer.write_record(names.chain(["lon", "lat"]))?;
    for (row, point) in table.rows.iter().zip(&table.points) {
        let cells = row.iter().map(|cell| match cell {
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Empty => String::new(),
        });
        let degrees = [point.map(|p| p.x), point.map(|p| p.y)];
        let degrees = degrees.map(|d| d.map(|d| format!("{d:.6}")).unwrap_or_default());
        writer.write_record(cells.chain(degrees))?;
    }
    writer.into_inner().map_err(|error| ExportError::Csv(error.into_error().into()))
}
