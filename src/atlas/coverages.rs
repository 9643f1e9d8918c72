//! From the catalogue of a folder to its coverages.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::load::Reading;
use super::{AtlasCoverage, LoadError};
use crate::geometry::BritishGrid;
use crate::source::catalogue::{Catalogue, CoverageEntry};
use crate::source::folder::Folder;
use crate::source::shapes;

/// The catalogue of a folder, and the folder as it reads: over the shipped one when the catalogue extends that.
pub fn read_catalogue(folder: &Folder) -> Result<(Catalogue, Folder), LoadError> {
    let read = |folder: &Folder| {
        let text = String::from_utf8(folder.read("catalogue.toml")?.into_owned());
        text.map_err(|_| LoadError::Utf8("catalogue.toml"))
    };
    let text = read(folder)?;
    match folder {
        Folder::Disk(path) if Catalogue::extends_shipped(&text)? => {
            let catalogue = Catalogue::parse_over(&read(&Folder::Shipped)?, &text)?;
            Ok((catalogue, Folder::Extending(path.clone())))
        }
        _ => Ok((Catalogue::parse(&text)?, folder.clone())),
    }
}

/// The British National Grid.
///
/// It belongs to the program, not to the folder: an operator's folder need not have it.
pub fn british_grid() -> Result<BritishGrid, LoadError> {
    Ok(BritishGrid::from_bytes(&Folder::Shipped.read("grids/ostn15.bin")?)?)
}

/// The coverages of a catalogue, in its order.
pub(super) fn read_coverages(
    catalogue: &Catalogue,
    reading: &Reading,
) -> Result<Vec<AtlasCoverage>, LoadError> {
    // Only polygons may need the grid; the shipped coverages are topologies.
    let needs_grid = catalogue.coverages.iter().any(|entry| !shapes::is_topojson(&entry.file));
    let grid = needs_grid.then(british_grid).transpose()?;
    let read: Vec<(CoverageEntry, shapes::ReadCoverage)> = catalogue
        .coverages
        .par_iter()
        .map(|entry| {
            let read = shapes::read(entry, reading, grid.as_ref())
                .map_err(|source| LoadError::Coverage { file: entry.file.clone(), source })?;
            Ok((entry.clone(), read))
        })
        .collect::<Result<_, LoadError>>()?;
    let mut first_block = 0;
    Ok(read
        .into_iter()
        .map(|(entry, read)| {
            let first = first_block;
            first_block += read.coverage.blocks().len() as u32;
            AtlasCoverage {
                entry,
                coverage: Arc::new(read.coverage),
                first_block: first,
                mended: read.mended,
                shapes: OnceLock::new(),
                lengths: Arc::default(),
            }
        })
        .collect())
}
