//! `GeoPackage` (OGC 12-128r19): a table of an `SQLite` database, its geometries well-known binary after a header.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};

use super::attributes::columns;
use super::{Crs, Feature, FeatureFaultKind, FeatureFile, Rings, ShapesError, Wanted, wkb};

fn form(error: impl Into<Box<dyn std::error::Error>>) -> ShapesError {
    ShapesError::Form { format: "a GeoPackage", message: error.into().to_string() }
}

pub(super) fn read(bytes: &[u8], wanted: Wanted) -> Result<FeatureFile, ShapesError> {
    let mut database = Connection::open_in_memory().map_err(form)?;
    database.deserialize_read_exact("main", bytes, bytes.len(), true).map_err(form)?;
    let (table, geometry, system) = table(&database, wanted)?;
    let crs = crs(&database, system)?;
    let mut listed = database.prepare("SELECT name FROM pragma_table_info(?1)").map_err(form)?;
    let names = listed.query_map([&table], |row| row.get::<_, String>(0)).map_err(form)?;
    let names: Vec<String> = names.collect::<Result<_, _>>().map_err(form)?;
    let (code, name) = columns(wanted, &names)?;
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let select = format!(
        "SELECT {}, {}, {} FROM {}",
        quoted(&names[code]),
        quoted(&names[name]),
        quoted(&geometry),
        quoted(&table)
    );
    let mut rows = database.prepare(&select).map_err(form)?;
    let features = rows.query_map([], |row| Ok(feature(row))).map_err(form)?;
    Ok(FeatureFile { features: features.collect::<Result<_, _>>().map_err(form)?, crs })
}

/// The table of features, its column of geometries and the number of its coordinate system.
fn table(database: &Connection, wanted: Wanted) -> Result<(String, String, i64), ShapesError> {
    let mut listed = database
        .prepare("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns ORDER BY table_name")
        .map_err(form)?;
    let rows = listed.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(form)?;
    let mut tables: Vec<(String, String, i64)> = rows.collect::<Result<_, _>>().map_err(form)?;
    let found: Vec<String> = tables.iter().map(|t| t.0.clone()).collect();
    if let Some(object) = wanted.object {
        tables.retain(|t| t.0 == object);
    }
    match (tables.pop(), tables.is_empty()) {
        (Some(table), true) => Ok(table),
        _ => Err(ShapesError::Object { asked: wanted.object.map(str::to_owned), found }),
    }
}

fn crs(database: &Connection, system: i64) -> Result<Option<Crs>, ShapesError> {
    let row = database
        .query_row(
            "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?1",
            [system],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?)),
        )
        .optional()
        .map_err(form)?;
    match row {
        // -1 and 0 stand for systems that are not known.
        None => Ok(None),
        Some((_, code, _)) if code <= 0 => Ok(None),
        Some((organization, code, _)) if organization.eq_ignore_ascii_case("epsg") => {
            Ok(Some(code.to_string().parse()?))
        }
        Some((_, _, definition)) => Ok(Some(Crs::from_wkt(&definition)?)),
    }
}

fn feature(row: &Row) -> Feature {
    let text = |column: usize| match row.get_ref(column) {
        Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
        Ok(ValueRef::Integer(number)) => number.to_string(),
        Ok(ValueRef::Real(number)) => number.to_string(),
        _ => String::new(),
    };
    let polygons = match row.get_ref(2) {
        Ok(ValueRef::Blob(blob)) => polygons(blob),
        Ok(ValueRef::Null) => Err(FeatureFaultKind::NoGround("feature without a geometry".to_owned())),
        _ => Err(FeatureFaultKind::Malformed),
    };
    Feature { code: text(0), name: text(1), polygons }
}

/// The header (2.1.3 of the standard) is `GP`, a version, flags, the coordinate system and a box of a length that the
/// flags tell.
fn polygons(blob: &[u8]) -> Result<Vec<Rings>, FeatureFaultKind> {
    let [b'G', b'P', _version, flags, rest @ ..] = blob else { return Err(FeatureFaultKind::Malformed) };
    let envelope = match (flags >> 1) & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return Err(FeatureFaultKind::Malformed),
    };
    wkb::polygons(rest.get(4 + envelope..).ok_or(FeatureFaultKind::Malformed)?)
}
