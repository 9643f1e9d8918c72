//! Files of polygons, as people have them: Shapefile, GeoJSON, `FlatGeobuf`, `GeoPackage`, and `TopoJSON`.
//!
//! Each reader gives features with the text of their attributes and their rings in the file's own coordinates; here these
//! become blocks in longitude and latitude, and the blocks a coverage. Rings mean their even-odd inside, so that neither
//! the order nor the direction in which a file lists them matters.

mod attributes;
mod flatgeobuf;
mod geojson;
mod geopackage;
mod shapefile;
#[cfg(test)]
mod tests;
mod wkb;

use std::borrow::Cow;

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::catalogue::CoverageEntry;
use super::folder::{Folder, FolderError};
use crate::area::{Code, CodeError};
use crate::coverage::mend::{MendOptions, MendReport, mend};
use crate::coverage::topojson::{self, TopoJsonError};
use crate::coverage::{BlockShape, BuildFault, Coverage};
use crate::geometry::{BritishGrid, Crs, CrsError};

/// Where the files of a catalogue are.
pub trait Files {
    /// The whole of a file.
    fn read(&self, file: &str) -> Result<Cow<'static, [u8]>, FolderError>;
    /// The names of the files in a directory, in order; none when there is no such directory.
    fn list(&self, dir: &str) -> Vec<String>;
}

impl Files for Folder {
    fn read(&self, file: &str) -> Result<Cow<'static, [u8]>, FolderError> {
        Folder::read(self, file)
    }
    fn list(&self, dir: &str) -> Vec<String> {
        Folder::list(self, dir)
    }
}

/// Why a file of shapes cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ShapesError {
    /// A file is absent or unreadable.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The extension is of no format that is read.
    #[error(
        "shapes are read from .topojson, .topojson.gz, .geojson, .json, .shp, .zip or a folder with a Shapefile, .fgb and .gpkg"
    )]
    Format,
    /// A topology at fault.
    #[error(transparent)]
    TopoJson(#[from] TopoJsonError),
    /// The file is not what its extension says, or breaks off.
    #[error("not {format}: {message}")]
    Form {
        /// The format.
        format: &'static str,
        /// What the reader says.
        message: String,
    },
    /// The named layer, table or file inside the file is absent, or several are there and none was named.
    #[error("{}", which_object(.asked.as_deref(), .found))]
    Object {
        /// The one asked for.
        asked: Option<String>,
        /// Those there are.
        found: Vec<String>,
    },
    /// No feature has an attribute.
    #[error("there is no attribute `{asked}`; there are {}", found.join(", "))]
    NoAttribute {
        /// The one asked for.
        asked: String,
        /// Those there are.
        found: Vec<String>,
    },
    /// The coordinate system is not given.
    #[error(
        "the file does not say its coordinate system (a Shapefile does in a .prj): give it in the catalogue, as in crs = \"EPSG:27700\""
    )]
    NoCrs,
    /// The grid shifts were not handed in.
    #[error("the British National Grid is not at hand")]
    NoGrid,
    /// The coordinate system cannot be read.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// The file says one coordinate system and the catalogue another.
    #[error("the catalogue says {asked}, but the format is always longitude and latitude")]
    CrsMismatch {
        /// What the catalogue says.
        asked: Crs,
    },
    /// Features at fault; every one is listed.
    #[error("{} feature(s) at fault: {}", .0.len(), join(.0))]
    Features(Vec<FeatureFault>),
}

fn which_object(asked: Option<&str>, found: &[String]) -> String {
    let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
    match asked {
        Some(asked) => format!("there is no `{asked}` in it; there are {found}"),
        None => format!("it must hold one set of polygons; there are {found}: name one as `object`"),
    }
}

fn join(faults: &[FeatureFault]) -> String {
    /// Beyond these a list helps nobody.
    const MOST: usize = 20;
    let mut words: Vec<String> = faults.iter().take(MOST).map(ToString::to_string).collect();
    if faults.len() > MOST {
        words.push(format!("and {} more", faults.len() - MOST));
    }
    words.join("; ")
}

/// A feature that cannot be a block.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("feature {position}: {fault}")]
pub struct FeatureFault {
    /// Its place in the file, from 1.
    pub position: usize,
    /// What is wrong.
    pub fault: FeatureFaultKind,
}

/// What can be wrong with a feature.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FeatureFaultKind {
    /// Its code is no code.
    #[error("{0}")]
    Code(#[from] CodeError),
    /// Another feature has its code.
    #[error("the code {0} was already taken")]
    CodeTwice(Code),
    /// It is a point or a line, or something else without ground.
    #[error("it is a {0}, not a polygon")]
    NoGround(String),
    /// A coordinate is outside its system.
    #[error("{0}")]
    Position(#[from] CrsError),
    /// Its bytes make no geometry.
    #[error("its geometry breaks off or is malformed")]
    Malformed,
}

/// The rings of a polygon or of several, in the coordinates of the file; closed or not.
pub(super) type Rings = Vec<Vec<Coord>>;

/// A feature as a reader gives it.
pub(super) struct Feature {
    /// Text of the attribute that holds the code.
    code: String,
    /// Text of the attribute that holds the name.
    name: String,
    /// Its polygons, or what it is instead.
    polygons: Result<Vec<Rings>, FeatureFaultKind>,
}

/// What a file holds.
pub(super) struct FeatureFile {
    features: Vec<Feature>,
    /// The coordinate system the file says it is in.
    crs: Option<Crs>,
}

/// Which attributes of which object are wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    object: Option<&'a str>,
    code: &'a str,
    name: &'a str,
}

/// A coverage read from a file, and what had to be mended to make one of its polygons; nothing for a topology.
pub struct ReadCoverage {
    /// The blocks and arcs.
    pub coverage: Coverage,
    /// What was done.
    pub mended: MendReport,
    /// What could not be mended.
    pub faults: Vec<BuildFault>,
}

/// Reads the coverage of an entry of the catalogue, whatever its format.
///
/// Polygons are mended into a partition: see [`mend`]. Only a topology is read without `grid`.
pub fn read(
    entry: &CoverageEntry,
    files: &dyn Files,
    grid: Option<&BritishGrid>,
) -> Result<ReadCoverage, ShapesError> {
    if is_topojson(&entry.file) {
        if let Some(asked) = entry.crs.filter(|crs| !crs.is_degrees()) {
            return Err(ShapesError::CrsMismatch { asked });
        }
        let fields =
            topojson::Fields { object: entry.object.as_deref(), code: &entry.code, name: &entry.name };
        let coverage = topojson::read(&files.read(&entry.file)?, fields)?;
        return Ok(ReadCoverage { coverage, mended: MendReport::default(), faults: Vec::new() });
    }
    let wanted = Wanted { object: entry.object.as_deref(), code: &entry.code, name: &entry.name };
    let FeatureFile { features, crs } = features(&entry.file, files, wanted)?;
    let crs = entry.crs.or(crs).ok_or(ShapesError::NoCrs)?;
    let grid = grid.ok_or(ShapesError::NoGrid)?;
    let (shapes, mended) = mend(blocks(features, crs, grid)?, &MendOptions::default());
    let (coverage, built) = Coverage::from_shapes(&shapes);
    Ok(ReadCoverage { coverage, mended, faults: built.faults })
}

/// Whether a file holds arcs already.
pub fn is_topojson(file: &str) -> bool {
    file.ends_with(".topojson") || file.ends_with(".topojson.gz")
}

fn features(file: &str, files: &dyn Files, wanted: Wanted) -> Result<FeatureFile, ShapesError> {
    let extension = file.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, e)| e);
    match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("geojson" | "json") => geojson::read(&files.read(file)?, wanted),
        Some("fgb") => flatgeobuf::read(&files.read(file)?, wanted),
        Some("gpkg") => geopackage::read(&files.read(file)?, wanted),
        Some("shp") => shapefile::read_loose(file, files, wanted),
        Some("zip") => shapefile::read_zip(&files.read(file)?, wanted),
        None => shapefile::read_folder(file, files, wanted),
        Some(_) => Err(ShapesError::Format),
    }
}

/// Features as blocks in longitude and latitude; every feature at fault is told.
fn blocks(features: Vec<Feature>, crs: Crs, grid: &BritishGrid) -> Result<Vec<BlockShape>, ShapesError> {
    let mut blocks: Vec<BlockShape> = Vec::with_capacity(features.len());
    let mut taken: std::collections::HashSet<Code> = std::collections::HashSet::new();
    let mut faults = Vec::new();
    for (position, feature) in (1..).zip(features) {
        match block(feature, crs, grid) {
            Ok(block) if !taken.insert(block.code.clone()) => {
                faults.push(FeatureFault { position, fault: FeatureFaultKind::CodeTwice(block.code) });
            }
            Ok(block) => blocks.push(block),
            Err(fault) => faults.push(FeatureFault { position, fault }),
        }
    }
    if faults.is_empty() { Ok(blocks) } else { Err(ShapesError::Features(faults)) }
}

fn block(feature: Feature, crs: Crs, grid: &BritishGrid) -> Result<BlockShape, FeatureFaultKind> {
    let code: Code = feature.code.parse()?;
    let mut shape = MultiPolygon(Vec::new());
    for rings in feature.polygons? {
        let mut lines = Vec::with_capacity(rings.len());
        for ring in rings {
            let places = ring.into_iter().map(|c| crs.to_lonlat(c.x, c.y, grid).map(Coord::from));
            lines.push(LineString(places.collect::<Result<_, _>>()?));
        }
        let mut lines = lines.into_iter();
        if let Some(exterior) = lines.next() {
            shape.0.push(Polygon::new(exterior, lines.collect()));
        }
    }
    Ok(BlockShape { code, name: feature.name.trim().into(), shape })
}
