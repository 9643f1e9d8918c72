//! FlatGeobuf, sorted and indexed.

use flatgeobuf::geozero::error::Result as Processed;
use flatgeobuf::geozero::{ColumnValue, GeomProcessor, GeozeroGeometry, PropertyProcessor};
use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geo::MultiPolygon;

use super::wkb::rings;
use super::{ColumnKind, ExportError, Table};

pub(super) fn write(table: &Table) -> Result<Vec<u8>, ExportError> {
    let options = FgbWriterOptions {
        write_index: true,
        detect_type: false,
        promote_to_multi: true,
        crs: FgbCrs { org: Some("EPSG"), code: 4326, name: Some("WGS 84"), ..FgbCrs::default() },
        title: Some(&table.title),
        description: Some(&table.attribution),
        ..FgbWriterOptions::default()
    };
    let mut writer = FgbWriter::create_with_options(&table.name, GeometryType::MultiPolygon, options)?;
    for column in &table.columns {
        let kind = match column.kind {
            ColumnKind::Text => ColumnType::String,
            ColumnKind::Number => ColumnType::Double,
        };
        writer.add_column(column.name, kind, |_, _| {});
    }
    for (row, shape) in table.rows.iter().zip(&table.shapes) {
        let mut failed = None;
        let added = writer.add_feature_geom(Shape(shape), |feature| {
            for (i, (cell, column)) in row.iter().zip(&table.columns).enumerate() {
                let value = match (cell.text(), cell.number()) {
                    (Some(text), _) => ColumnValue::String(text),
                    (None, Some(number)) => ColumnValue::Double(number),
                    // What is not written is null.
                    (None, None) => continue,
                };
                if let Err(error) = feature.property(i, column.name, &value) {
                    failed.get_or_insert(error);
                }
            }
        });
        if let Some(error) = added.err().or(failed) {
            return Err(std::io::Error::other(error.to_string()).into());
        }
    }
    let mut out = Vec::new();
    writer.write(&mut out)?;
    Ok(out)
}

/// A shape as the writer takes it: part by part.
struct Shape<'a>(&'a MultiPolygon);

impl GeozeroGeometry for Shape<'_> {
    fn process_geom<P: GeomProcessor>(&self, processor: &mut P) -> Processed<()> {
        processor.multipolygon_begin(self.0.0.len(), 0)?;
        for (i, polygon) in self.0.iter().enumerate() {
            processor.polygon_begin(false, 1 + polygon.interiors().len(), i)?;
            for (j, ring) in rings(polygon).enumerate() {
                processor.linestring_begin(false, ring.0.len(), j)?;
                for (k, at) in ring.0.iter().enumerate() {
                    processor.xy(at.x, at.y, k)?;
                }
                processor.linestring_end(false, j)?;
            }
            processor.polygon_end(false, i)?;
        }
        processor.multipolygon_end(0)
    }
}
