//! Layers for other programs: GeoJSON, TopoJSON, CSV, FlatGeobuf, Shapefile, GeoPackage, GeoParquet.
//!
//! A [`Table`] is a layer as rows with shapes, with an indicator's values if they are wanted; every format writes the same
//! rows, in WGS 84 longitude and latitude. [`write_weights`] writes who neighbours whom instead.

mod flat_geobuf;
mod geo_package;
mod geo_parquet;
mod shapefile;
mod table;
mod text;
mod weights;
mod wkb;

use std::fmt;
use std::str::FromStr;

pub use table::{Cell, Column, ColumnKind, Table};
pub use weights::{Contiguity, Weights, write_weights};

/// A format of files.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// GeoJSON (RFC 7946).
    GeoJson,
    /// TopoJSON, whose arcs are shared by neighbours.
    TopoJson,
    /// FlatGeobuf, with its index.
    FlatGeobuf,
    /// Shapefile: `.shp`, `.shx`, `.dbf`, `.prj` and `.cpg` in one ZIP file.
    Shapefile,
    /// Rows without shapes, with a point inside each area.
    Csv,
    /// GeoPackage 1.3.
    GeoPackage,
    /// GeoParquet 1.1.
    GeoParquet,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 7] = [
        Format::GeoJson,
        Format::TopoJson,
        Format::FlatGeobuf,
        Format::Shapefile,
        Format::Csv,
        Format::GeoPackage,
        Format::GeoParquet,
    ];

    /// The name used on the command line, which is the usual end of such a file's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::GeoJson => "geojson",
            Format::TopoJson => "topojson",
            Format::FlatGeobuf => "fgb",
            Format::Shapefile => "shp",
            Format::Csv => "csv",
            Format::GeoPackage => "gpkg",
            Format::GeoParquet => "parquet",
        }
    }

    /// The format of a file by the end of its name; a Shapefile ends in `.zip` or `.shp.zip`.
    pub fn of_file(name: &str) -> Option<Format> {
        let (_, end) = name.rsplit_once('.')?;
        if end == "zip" { Some(Format::Shapefile) } else { end.parse().ok() }
    }

    /// The media type for HTTP.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::GeoJson => "application/geo+json",
            Format::TopoJson => "application/json",
            Format::FlatGeobuf => "application/vnd.flatgeobuf",
            Format::Shapefile => "application/zip",
            Format::Csv => "text/csv; charset=utf-8",
            Format::GeoPackage => "application/geopackage+sqlite3",
            Format::GeoParquet => "application/vnd.apache.parquet",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a format: choose {choices}", choices = Format::ALL.map(Format::as_str).join(", "))]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Format::ALL.into_iter().find(|f| f.as_str() == text).ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// A table cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A temporary file, which some formats need, failed.
    #[error("a temporary file failed: {0}")]
    File(#[from] std::io::Error),
    /// JSON.
    #[error("as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// CSV.
    #[error("as CSV: {0}")]
    Csv(#[from] csv::Error),
    /// FlatGeobuf.
    #[error("as FlatGeobuf: {0}")]
    FlatGeobuf(#[from] flatgeobuf::Error),
    /// Shapefile.
    #[error("as Shapefile: {0}")]
    Shapefile(#[from] ::shapefile::Error),
    /// The table of a Shapefile.
    #[error("as dBase: {0}")]
    Dbase(#[from] ::shapefile::dbase::Error),
    /// The ZIP file around a Shapefile.
    #[error("as ZIP: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// GeoPackage.
    #[error("as GeoPackage: {0}")]
    GeoPackage(#[from] rusqlite::Error),
    /// GeoParquet.
    #[error("as GeoParquet: {0}")]
    GeoParquet(#[from] parquet::errors::ParquetError),
}

impl Table {
    /// The table as a file.
    pub fn write(&self, format: Format) -> Result<Vec<u8>, ExportError> {
        match format {
            Format::GeoJson => text::geojson(self),
            Format::TopoJson => Ok(text::topojson(self).into_bytes()),
            Format::Csv => text::csv(self),
            Format::FlatGeobuf => flat_geobuf::write(self),
            Format::Shapefile => shapefile::write(self),
            Format::GeoPackage => geo_package::write(self),
            Format::GeoParquet => geo_parquet::write(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_name_and_by_file() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
            assert_eq!(Format::of_file(&format!("councils.{format}")), Some(format));
        }
        assert_eq!(Format::of_file("lad.shp.zip"), Some(Format::Shapefile));
        assert_eq!(Format::of_file("lad"), None);
        assert!("xls".parse::<Format>().unwrap_err().to_string().contains("gpkg"));
    }
}
