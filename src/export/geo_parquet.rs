//! GeoParquet 1.1: columns, with shapes as well-known binary.

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::json;

use super::wkb::{extent, multi_polygon};
use super::{Cell, ColumnKind, ExportError, Table};

pub(super) fn write(table: &Table) -> Result<Vec<u8>, ExportError> {
    let mut schema = String::from("message layer {");
    for column in &table.columns {
        let kind = match column.kind {
            ColumnKind::Text => format!("OPTIONAL BYTE_ARRAY {} (UTF8);", column.name),
            ColumnKind::Number => format!("OPTIONAL DOUBLE {};", column.name),
        };
        schema.push_str(&kind);
    }
    schema.push_str("REQUIRED BYTE_ARRAY geometry; }");
    let bounds = extent(table.shapes.iter()).map(|b| [b.min().x, b.min().y, b.max().x, b.max().y]);
    // Without `crs` the coordinates are OGC:CRS84; edges are straight in degrees.
    let about = json!({
        "version": "1.1.0", "primary_column": "geometry",
        "columns": {"geometry": {
            "encoding": "WKB", "geometry_types": ["MultiPolygon"], "orientation": "counterclockwise",
            "edges": "planar", "bbox": bounds,
        }}
    });
    let entry = |key: &str, value: String| KeyValue { key: key.to_owned(), value: Some(value) };
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(vec![
            entry("geo", about.to_string()),
            entry("title", table.title.clone()),
            entry("attribution", table.attribution.clone()),
        ]))
        .build();
    let schema = Arc::new(parse_message_type(&schema)?);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    let mut columns = table.columns.iter().enumerate();
    while let Some(mut open) = group.next_column()? {
        if let Some((i, column)) = columns.next() {
            let cells: Vec<&Cell> = table.rows.iter().filter_map(|row| row.get(i)).collect();
            match column.kind {
                ColumnKind::Text => {
                    let levels: Vec<i16> = cells.iter().map(|c| i16::from(c.text().is_some())).collect();
                    let values: Vec<ByteArray> =
                        cells.iter().filter_map(|c| c.text()).map(ByteArray::from).collect();
                    open.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
                }
                ColumnKind::Number => {
                    let levels: Vec<i16> = cells.iter().map(|c| i16::from(c.number().is_some())).collect();
                    let values: Vec<f64> = cells.iter().filter_map(|c| c.number()).collect();
                    open.typed::<DoubleType>().write_batch(&values, Some(&levels), None)?;
                }
            }
        } else {
            let shapes: Vec<ByteArray> =
                table.shapes.iter().map(|shape| ByteArray::from(multi_polygon(shape))).collect();
            open.typed::<ByteArrayType>().write_batch(&shapes, None, None)?;
        }
        open.close()?;
    }
    group.close()?;
    Ok(writer.into_inner()?)
}
