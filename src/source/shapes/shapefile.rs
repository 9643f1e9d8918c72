//! Shapefile: shapes in `.shp`, attributes in `.dbf`, the coordinate system in `.prj`, the encoding in `.cpg`; beside one
//! another, or in a zip.

use std::io::{Cursor, Read};

use encoding_rs::Encoding;
use shapefile::record::polygon::GenericPolygon;
use shapefile::record::traits::HasXY;
use shapefile::{PolygonRing, Shape, ShapeReader};

use super::attributes::columns;
use super::{Coord, Crs, Feature, FeatureFaultKind, FeatureFile, Files, Rings, ShapesError, Wanted};
use crate::coverage::topojson::UNPACKED_LIMIT_BYTES;
use crate::source::folder::FolderError;

fn form(error: impl Into<Box<dyn std::error::Error>>) -> ShapesError {
    ShapesError::Form { format: "a Shapefile", message: error.into().to_string() }
}

/// The files that are a Shapefile together.
struct Members {
    shp: Vec<u8>,
    dbf: Vec<u8>,
    prj: Option<Vec<u8>>,
    cpg: Option<Vec<u8>>,
}

/// `path/name.shp` and the files beside it, extensions in small letters or in capitals.
pub(super) fn read_loose(file: &str, files: &dyn Files, wanted: Wanted) -> Result<FeatureFile, ShapesError> {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let beside = |extension: &str| match files.read(&format!("{stem}.{extension}")) {
        Err(FolderError::Missing { .. }) => files.read(&format!("{stem}.{}", extension.to_ascii_uppercase())),
        read => read,
    };
    let optional = |extension: &str| match beside(extension) {
        Ok(bytes) => Ok(Some(bytes.into_owned())),
        Err(FolderError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    };
    let members = Members {
        shp: files.read(file)?.into_owned(),
        dbf: beside("dbf")?.into_owned(),
        prj: optional("prj")?,
        cpg: optional("cpg")?,
    };
    read(&members, wanted)
}

/// A folder with one Shapefile in it, or with several of which one is named.
pub(super) fn read_folder(dir: &str, files: &dyn Files, wanted: Wanted) -> Result<FeatureFile, ShapesError> {
    let name = pick(files.list(dir), wanted)?;
    read_loose(&format!("{dir}/{name}"), files, wanted)
}

/// The `.shp` meant among names of files.
fn pick(mut names: Vec<String>, wanted: Wanted) -> Result<String, ShapesError> {
    let stem = |name: &str| {
        let last = name.rsplit('/').next().unwrap_or_default();
        last.rsplit_once('.').filter(|(_, e)| e.eq_ignore_ascii_case("shp")).map(|(stem, _)| stem.to_owned())
    };
    // Archives made on a Mac hold a shadow of every file.
    names.retain(|name| stem(name).is_some() && !name.starts_with("__MACOSX/"));
    let found: Vec<String> = names.iter().filter_map(|name| stem(name)).collect();
    if let Some(object) = wanted.object {
        names.retain(|name| stem(name).as_deref() == Some(object));
    }
    match (names.pop(), names.is_empty()) {
        (Some(name), true) => Ok(name),
        _ => Err(ShapesError::Object { asked: wanted.object.map(str::to_owned), found }),
    }
}

/// A zip with one Shapefile in it, or with several of which one is named.
pub(super) fn read_zip(bytes: &[u8], wanted: Wanted) -> Result<FeatureFile, ShapesError> {
    let form = |error: String| ShapesError::Form { format: "a zip", message: error };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| form(e.to_string()))?;
    let names: Vec<String> = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    let name = pick(names.clone(), wanted)?;
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let mut member = |extension: &str| -> Result<Option<Vec<u8>>, ShapesError> {
        let asked = format!("{stem}.{extension}");
        let Some(name) = names.iter().find(|n| n.eq_ignore_ascii_case(&asked)) else { return Ok(None) };
        let file = archive.by_name(name).map_err(|e| form(e.to_string()))?;
        let mut unpacked = Vec::new();
        file.take(UNPACKED_LIMIT_BYTES + 1).read_to_end(&mut unpacked).map_err(|e| form(e.to_string()))?;
        if unpacked.len() as u64 > UNPACKED_LIMIT_BYTES {
            return Err(form(format!("{name} is larger than {UNPACKED_LIMIT_BYTES} bytes when unpacked")));
        }
        Ok(Some(unpacked))
    };
    let missing = |extension: &str| form(format!("there is no {stem}.{extension} in it"));
    let members = Members {
        shp: member("shp")?.ok_or_else(|| missing("shp"))?,
        dbf: member("dbf")?.ok_or_else(|| missing("dbf"))?,
        prj: member("prj")?,
        cpg: member("cpg")?,
    };
    read(&members, wanted)
}

fn read(members: &Members, wanted: Wanted) -> Result<FeatureFile, ShapesError> {
    let crs = match &members.prj {
        Some(prj) => Some(Crs::from_wkt(&String::from_utf8_lossy(prj))?),
        None => None,
    };
    let rows = dbf(&members.dbf, encoding(members.cpg.as_deref()), wanted)?;
    let mut reader = ShapeReader::new(Cursor::new(members.shp.as_slice())).map_err(form)?;
    let shapes: Vec<Shape> = reader.iter_shapes().collect::<Result<_, _>>().map_err(form)?;
    if rows.len() != shapes.len() {
        let message = format!("the .dbf has {} rows for {} shapes", rows.len(), shapes.len());
        return Err(form(message));
    }
    let features = rows.into_iter().zip(shapes).filter_map(|(row, shape)| {
        let (code, name) = row?;
        Some(Feature { code, name, polygons: polygons(shape) })
    });
    Ok(FeatureFile { features: features.collect(), crs })
}

/// UTF-8 unless the `.cpg` says otherwise; its words are `UTF-8`, `1252`, `ISO 8859-1`, `ANSI 1252`.
fn encoding(cpg: Option<&[u8]>) -> Option<&'static Encoding> {
    let text = String::from_utf8_lossy(cpg?).trim().to_owned();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    Encoding::for_label(text.as_bytes())
        .or_else(|| Encoding::for_label(text.replace(' ', "-").as_bytes()))
        .or_else(|| Encoding::for_label(format!("windows-{digits}").as_bytes()))
}

fn polygons(shape: Shape) -> Result<Vec<Rings>, FeatureFaultKind> {
    // The rings of all parts come in one list, holes not always behind their shells; together they mean their
    // even-odd inside, so they are one polygon here.
    fn rings<P: HasXY>(polygon: &GenericPolygon<P>) -> Vec<Rings> {
        let coords =
            |ring: &PolygonRing<P>| ring.points().iter().map(|p| Coord { x: p.x(), y: p.y() }).collect();
        vec![polygon.rings().iter().map(coords).collect()]
    }
    match shape {
        Shape::Polygon(polygon) => Ok(rings(&polygon)),
        Shape::PolygonM(polygon) => Ok(rings(&polygon)),
        Shape::PolygonZ(polygon) => Ok(rings(&polygon)),
        Shape::NullShape => Err(FeatureFaultKind::NoGround("feature without a geometry".to_owned())),
        other => Err(FeatureFaultKind::NoGround(other.shapetype().to_string())),
    }
}

/// Code and name of every row, as text; `None` for a row that is marked as deleted.
///
/// Without an encoding a text is UTF-8 when it can be, else Windows-1252, which most old tables are in.
fn dbf(
    bytes: &[u8],
    encoding: Option<&'static Encoding>,
    wanted: Wanted,
) -> Result<Vec<Option<(String, String)>>, ShapesError> {
    let broken = || form("the .dbf breaks off");
    let u16_at = |at: usize| {
        let pair = bytes.get(at..at + 2)?;
        Some(usize::from(u16::from_le_bytes([pair[0], pair[1]])))
    };
    let decode = |text: &[u8]| {
        let text = match encoding {
            Some(encoding) => encoding.decode(text).0,
            None => match std::str::from_utf8(text) {
                Ok(text) => text.into(),
                Err(_) => encoding_rs::WINDOWS_1252.decode(text).0,
            },
        };
        text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()
    };
    let count = bytes.get(4..8).ok_or_else(broken)?;
    let count = u32::from_le_bytes([count[0], count[1], count[2], count[3]]) as usize;
    let (header, record) = (u16_at(8).ok_or_else(broken)?, u16_at(10).ok_or_else(broken)?);
    // Fields are described by 32 bytes each, after 32 of the table itself, up to a carriage return.
    let mut names: Vec<String> = Vec::new();
    let mut places: Vec<std::ops::Range<usize>> = Vec::new();
    let mut place = 1;
    for field in bytes.get(32..header).ok_or_else(broken)?.chunks_exact(32) {
        if field[0] == b'\r' {
            break;
        }
        let name = field[..11].split(|b| *b == 0).next().unwrap_or_default();
        names.push(decode(name));
        places.push(place..place + usize::from(field[16]));
        place += usize::from(field[16]);
    }
    let (code, name) = columns(wanted, &names)?;
    let mut rows = Vec::new();
    for row in 0..count {
        let start = header + row * record;
        let record = bytes.get(start..start + record).ok_or_else(broken)?;
        let text = |column: usize| record.get(places[column].clone()).map(decode).ok_or_else(broken);
        let is_deleted = record.first() == Some(&b'*');
        rows.push(if is_deleted { None } else { Some((text(code)?, text(name)?)) });
    }
    Ok(rows)
}
