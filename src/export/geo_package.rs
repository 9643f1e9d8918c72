//! GeoPackage 1.3 (OGC 12-128r18): a SQLite database with one table of features.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::types::ToSql;
use rusqlite::{Connection, params};

use super::wkb::{extent, multi_polygon};
use super::{Cell, ColumnKind, ExportError, Table};

/// "GPKG" as SQLite's application id.
const APPLICATION_ID: i64 = 0x4750_4b47;
/// Version 1.3.0.
const USER_VERSION: i64 = 10_300;
const WGS_84: i64 = 4326;

const WKT: &str = r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]"#;

/// The tables that every GeoPackage has.
const TABLES: &str = "
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT '2000-01-01T00:00:00.000Z', min_x DOUBLE,
  min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL REFERENCES gpkg_contents(table_name),
  column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys(srs_id),
  z TINYINT NOT NULL, m TINYINT NOT NULL, PRIMARY KEY (table_name, column_name), UNIQUE (table_name));
INSERT INTO gpkg_spatial_ref_sys VALUES ('Undefined cartesian', -1, 'NONE', -1, 'undefined', NULL);
INSERT INTO gpkg_spatial_ref_sys VALUES ('Undefined geographic', 0, 'NONE', 0, 'undefined', NULL);
";

pub(super) fn write(table: &Table) -> Result<Vec<u8>, ExportError> {
    let file = Temporary::new();
    fill(&Connection::open(&file.0)?, table)?;
    Ok(std::fs::read(&file.0)?)
}

fn fill(database: &Connection, table: &Table) -> Result<(), ExportError> {
    database.pragma_update(None, "application_id", APPLICATION_ID)?;
    database.pragma_update(None, "user_version", USER_VERSION)?;
    // The file is read as a whole and thrown away: nothing can be lost.
    database.pragma_update(None, "journal_mode", "OFF")?;
    database.pragma_update(None, "synchronous", "OFF")?;
    database.execute_batch("BEGIN")?;
    database.execute_batch(TABLES)?;
    database.execute(
        "INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', ?1, 'EPSG', ?1, ?2, 'longitude, latitude')",
        params![WGS_84, WKT],
    )?;
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let kind = match column.kind {
                ColumnKind::Text => "TEXT",
                ColumnKind::Number => "DOUBLE",
            };
            format!(", \"{}\" {kind}", column.name)
        })
        .collect();
    // Names are those of layers and of our own columns: letters, digits and `_`.
    let name = &table.name;
    database.execute_batch(&format!(
        "CREATE TABLE \"{name}\" (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom MULTIPOLYGON{})",
        columns.concat()
    ))?;
    let bounds = extent(table.shapes.iter());
    let corner = |pick: fn(&geo::Rect) -> f64| bounds.as_ref().map(pick);
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, min_x, min_y, max_x, max_y, srs_id)
         VALUES (?1, 'features', ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            name,
            table.title,
            table.attribution,
            corner(|b| b.min().x),
            corner(|b| b.min().y),
            corner(|b| b.max().x),
            corner(|b| b.max().y),
            WGS_84
        ],
    )?;
    database.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?1, 'geom', 'MULTIPOLYGON', ?2, 0, 0)",
        params![name, WGS_84],
    )?;
    let places = vec!["?"; table.columns.len() + 1].join(",");
    let names: Vec<String> = table.columns.iter().map(|column| format!(",\"{}\"", column.name)).collect();
    let mut insert =
        database.prepare(&format!("INSERT INTO \"{name}\" (geom{}) VALUES ({places})", names.concat()))?;
    for (row, shape) in table.rows.iter().zip(&table.shapes) {
        let geometry = geometry(shape);
        let mut values: Vec<&dyn ToSql> = vec![&geometry];
        for cell in row {
            values.push(match cell {
                Cell::Text(text) => text,
                Cell::Number(number) => number,
                Cell::Empty => &rusqlite::types::Null,
            });
        }
        insert.execute(values.as_slice())?;
    }
    drop(insert);
    database.execute_batch("COMMIT")?;
    Ok(())
}

/// A geometry: the header of 12-128r18, 2.1.3, with a box, then WKB.
fn geometry(shape: &geo::MultiPolygon) -> Vec<u8> {
    /// Little-endian, with a box of x and y.
    const FLAGS: u8 = 0b0000_0011;
    /// Empty, without a box.
    const EMPTY: u8 = 0b0001_0001;
    let bounds = extent(std::iter::once(shape));
    let mut out = vec![b'G', b'P', 0, if bounds.is_some() { FLAGS } else { EMPTY }];
    out.extend_from_slice(&(WGS_84 as i32).to_le_bytes());
    if let Some(b) = bounds {
        for number in [b.min().x, b.max().x, b.min().y, b.max().y] {
            out.extend_from_slice(&number.to_le_bytes());
        }
    }
    out.extend(multi_polygon(shape));
    out
}

/// A file that goes when it is dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Temporary {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("levelmap-{}-{number}.gpkg", std::process::id());
        let path = std::env::temp_dir().join(name);
        // What an earlier process of the same number left behind.
        let _ = std::fs::remove_file(&path);
        Temporary(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
