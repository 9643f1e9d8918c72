//! Shapefile: five files in one ZIP.

use std::io::{Cursor, Write as _};

use shapefile::dbase::{FieldName, FieldValue, Record, TableWriterBuilder};
use shapefile::record::polygon::PolygonRing;
use shapefile::{Point, Polygon, ShapeWriter, Writer};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::wkb::rings;
use super::{Cell, ColumnKind, ExportError, Table};

/// WGS 84 as programs that read Shapefiles know it.
const PRJ: &str = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;

/// The longest text that dBase has room for, in bytes.
const LONGEST_TEXT: usize = 254;

pub(super) fn write(table: &Table) -> Result<Vec<u8>, ExportError> {
    let (mut shp, mut shx, mut dbf) =
        (Cursor::new(Vec::new()), Cursor::new(Vec::new()), Cursor::new(Vec::new()));
    {
        let mut fields = TableWriterBuilder::new();
        for (i, column) in table.columns.iter().enumerate() {
            let name = field_name(column.short)?;
            fields = match column.kind {
                ColumnKind::Text => {
                    let longest = table.rows.iter().filter_map(|row| row.get(i)?.text()).map(str::len).max();
                    fields.add_character_field(name, longest.unwrap_or(1).clamp(1, LONGEST_TEXT) as u8)
                }
                ColumnKind::Number => fields.add_numeric_field(name, 24, 9),
            };
        }
        let table_writer = fields.build_with_dest(&mut dbf);
        let mut writer = Writer::new(ShapeWriter::with_shx(&mut shp, &mut shx), table_writer);
        for (row, shape) in table.rows.iter().zip(&table.shapes) {
            let mut record = Record::default();
            for (column, cell) in table.columns.iter().zip(row) {
                let value = match (column.kind, cell) {
                    (ColumnKind::Number, cell) => FieldValue::Numeric(cell.number()),
                    (ColumnKind::Text, Cell::Text(text)) => {
                        FieldValue::Character(Some(within(text, LONGEST_TEXT).to_owned()))
                    }
                    (ColumnKind::Text, _) => FieldValue::Character(None),
                };
                record.insert(column.short.to_owned(), value);
            }
            writer.write_shape_and_record(&polygon(shape), &record)?;
        }
    }
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // No time in it: the same data gives the same bytes.
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    for (end, bytes) in [
        ("shp", shp.get_ref().as_slice()),
        ("shx", shx.get_ref()),
        ("dbf", dbf.get_ref()),
        ("prj", PRJ.as_bytes()),
        ("cpg", b"UTF-8"),
    ] {
        zip.start_file(format!("{}.{end}", table.name), options)?;
        zip.write_all(bytes)?;
    }
    zip.start_file("ATTRIBUTION.txt", options)?;
    zip.write_all(table.attribution.as_bytes())?;
    Ok(zip.finish()?.into_inner())
}

fn field_name(name: &str) -> Result<FieldName, ExportError> {
    FieldName::try_from(name).map_err(|_| std::io::Error::other(format!("`{name}` is no dBase field")).into())
}

/// The beginning of a text, at most `bytes` long and of whole letters.
fn within(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The rings; the library turns them as Shapefiles want them, outer ones clockwise.
fn polygon(shape: &geo::MultiPolygon) -> Polygon {
    let mut all = Vec::new();
    for polygon in shape {
        for (i, ring) in rings(polygon).enumerate() {
            let points: Vec<Point> = ring.0.iter().map(|at| Point::new(at.x, at.y)).collect();
            all.push(if i == 0 { PolygonRing::Outer(points) } else { PolygonRing::Inner(points) });
        }
    }
    Polygon::with_rings(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_letters() {
        assert_eq!(within("Ynys Môn", 7), "Ynys M");
        assert_eq!(within("Ynys Môn", 8), "Ynys Mô");
        assert_eq!(within("Leeds", 254), "Leeds");
    }
}
