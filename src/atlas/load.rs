//! Folder of boundaries -> atlas.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use geo::Rect;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::block_boxes::BlockBoxes;
use super::coverages::{british_grid, read_catalogue, read_coverages};
use super::current::CurrentAreas;
use super::running_sums::{RunningSums, kept_area_m2, kept_residents};
use super::{Area, Atlas, AtlasCoverage, AtlasIndicator, AtlasLayer, BlockSeries, Places};
use crate::area::{Code, Lineage};
use crate::coverage::{Coverage, NOWHERE};
use crate::geometry::{BritishGrid, ShiftGridError};
use crate::index::{BlockIndex, Postcodes, PostcodesError};
use crate::source::catalogue::{Catalogue, CatalogueError, LayerEntry, Origin};
use crate::source::folder::{Folder, FolderError};
use crate::source::indicators::{self, IndicatorSheet, IndicatorsError};
use crate::source::indices::{self, IndexDefinition, IndexError};
use crate::source::shapes::{Files, ShapesError};
use crate::source::table::{LookupMap, Name, Table, TableError};

/// Why a folder of boundaries cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file is absent or unreadable.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The catalogue is at fault.
    #[error("catalogue.toml: {0}")]
    Catalogue(#[from] CatalogueError),
    /// A text file is not UTF-8.
    #[error("{0} is not UTF-8")]
    Utf8(&'static str),
    /// A coverage cannot be read.
    #[error("{file}: {source}")]
    Coverage {
        /// The file.
        file: String,
        /// Why.
        source: ShapesError,
    },
    /// A code occurs twice in a coverage.
    #[error("block {code} of coverage {coverage} occurs twice")]
    BlockTwice {
        /// The code.
        code: Code,
        /// The coverage.
        coverage: String,
    },
    /// A table is at fault.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A lookup lacks the code of a block or area.
    #[error("{file} has no row for {code}, which layer {layer} needs")]
    NoRow {
        /// The lookup.
        file: String,
        /// The code.
        code: Code,
        /// The layer.
        layer: String,
    },
    /// The list of indicators is at fault.
    #[error("indicators/indicators.toml: {0}")]
    Indicators(#[from] IndicatorsError),
    /// An indicator table lists codes of a layer whose areas are not blocks.
    #[error("indicators/{file}: {code} is no block")]
    NotABlock {
        /// The table.
        file: String,
        /// The code.
        code: Code,
    },
    /// The definition of an index is at fault.
    #[error("{file}: {source}")]
    Index {
        /// The file.
        file: String,
        /// Why.
        source: IndexError,
    },
    /// The postcode file is at fault.
    #[error("{file}: {source}")]
    Postcodes {
        /// The file.
        file: String,
        /// Why.
        source: PostcodesError,
    },
    /// The compiled-in grid shifts are at fault.
    #[error("grids/ostn15.bin: {0}")]
    Grid(#[from] ShiftGridError),
}

impl Files for Reading<'_> {
    fn read(&self, file: &str) -> Result<Cow<'static, [u8]>, FolderError> {
        self.file(file)
    }
    fn list(&self, dir: &str) -> Vec<String> {
        self.folder.list(dir)
    }
}

/// A folder and the hashes of all that was read from it.
pub(super) struct Reading<'a> {
    folder: &'a Folder,
    hashes: std::sync::Mutex<std::collections::BTreeMap<String, [u8; 32]>>,
}

impl Reading<'_> {
    fn file(&self, file: &str) -> Result<Cow<'static, [u8]>, FolderError> {
        let bytes = self.folder.read(file)?;
        let hash = Sha256::digest(&bytes).into();
        // A poisoned lock means a panic in another thread of this load, which ends it anyway.
        if let Ok(mut hashes) = self.hashes.lock() {
            hashes.insert(file.to_owned(), hash);
        }
        Ok(bytes)
    }

    fn optional(&self, file: &str) -> Result<Option<Cow<'static, [u8]>>, FolderError> {
        match self.file(file) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(FolderError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn fingerprint(&self) -> String {
        let mut all = Sha256::new();
        if let Ok(hashes) = self.hashes.lock() {
            for (file, hash) in hashes.iter() {
                all.update(file.as_bytes());
                all.update(hash);
            }
        }
        // The same data answers differently in another version of the program.
        all.update(env!("CARGO_PKG_VERSION").as_bytes());
        all.finalize().iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }
}

impl Atlas {
    /// Reads a folder of boundaries.
    pub fn load(folder: &Folder) -> Result<Atlas, LoadError> {
        let start = Instant::now();
        let (catalogue, folder) = read_catalogue(folder)?;
        let reading = Reading { folder: &folder, hashes: std::sync::Mutex::default() };
        reading.file("catalogue.toml")?;

        // The coverages take longest; everything that does not need them is read beside them.
        let (coverages, (tables, rest)) = rayon::join(
            || read_coverages(&catalogue, &reading),
            || rayon::join(|| Tables::read(&catalogue, &reading), || Rest::read(&catalogue, &reading)),
        );
        let (coverages, tables, rest) = (coverages?, tables?, rest?);

        let mut block_codes: HashMap<Code, u32> = HashMap::new();
        for c in &coverages {
            for (i, block) in c.coverage.blocks().iter().enumerate() {
                // Coverages may share codes, as a user's councils and the shipped ones do: the first is meant by it.
                let number = c.first_block + i as u32;
                let known = *block_codes.entry(block.code.clone()).or_insert(number);
                if known != number && known >= c.first_block {
                    let (code, coverage) = (block.code.clone(), c.entry.id.clone());
                    return Err(LoadError::BlockTwice { code, coverage });
                }
            }
        }
        let borrowed: Vec<&Coverage> = coverages.iter().map(|c| c.coverage.as_ref()).collect();
        let made = || {
            let ground = Ground::new(&borrowed);
            let sheets = align(&rest.sheets, &block_codes, ground.areas_m2.len())?;
            let counted = sheets
                .iter()
                .find(|i| i.indicator.id.as_str() == "residents")
                .and_then(AtlasIndicator::of_every_block);
            let residents: Vec<f64> = match counted {
                Some(series) => series.numerator.iter().map(|&r| kept_residents(r)).collect(),
                None => vec![f64::NAN; ground.areas_m2.len()],
            };
            let layers = make_layers(&catalogue, &coverages, &tables, &ground, &residents)?;
            Ok::<_, LoadError>((ground, sheets, residents, layers))
        };
        let (blocks, made) = rayon::join(|| BlockIndex::new(coverages.iter().map(|c| &c.coverage)), made);
        let (ground, sheets, residents, layers) = made?;
        let mut layers_of_code: HashMap<Code, Vec<u32>> = HashMap::new();
        for (i, layer) in layers.iter().enumerate() {
            for area in layer.areas() {
                layers_of_code.entry(area.code.clone()).or_default().push(i as u32);
            }
        }
        let current = CurrentAreas::of(&layers, &coverages, &ground.boxes);
        let places = Places {
            coverages,
            current,
            layers,
            layers_of_code,
            blocks,
            block_codes,
            block_boxes: BlockBoxes::of(ground.boxes),
            sums: RunningSums::of(&ground.areas_m2, &residents),
            grid: rest.grid,
            lineage: rest.lineage,
            postcodes: rest.postcodes.zip(catalogue.postcodes),
            postcode_grid: std::sync::OnceLock::new(),
            shipped: sheets,
            indices: rest.indices,
            fingerprint: reading.fingerprint(),
            loaded_in: start.elapsed(),
        };
        Ok(Atlas::of(Arc::new(places), Arc::default()))
    }
}

/// Lookups by file and columns, and names by file.
struct Tables {
    lookups: HashMap<(String, String, String), LookupMap>,
    names: HashMap<String, HashMap<Code, Name>>,
}

impl Tables {
    fn read(catalogue: &Catalogue, reading: &Reading) -> Result<Tables, LoadError> {
        let files = catalogue.lookup_files();
        let parsed: HashMap<&str, Table> = files
            .par_iter()
            .map(|(file, _)| Ok((*file, Table::parse(file, &reading.file(file)?)?)))
            .collect::<Result<_, LoadError>>()?;
        let mut wanted: Vec<(String, String, String)> = Vec::new();
        for lookup in catalogue.layers.iter().flat_map(|l| &l.parts).filter_map(|p| p.lookup.as_ref()) {
            let key = (lookup.file.clone(), lookup.key.clone(), lookup.value.clone());
            if !wanted.contains(&key) {
                wanted.push(key);
            }
        }
        let lookups = wanted
            .into_par_iter()
            .map(|(file, key, value)| {
                let map = parsed[file.as_str()].lookup(&key, &value)?;
                Ok(((file, key, value), map))
            })
            .collect::<Result<_, LoadError>>()?;
        let mut names = HashMap::new();
        for file in catalogue.layers.iter().filter_map(|l| l.names.as_ref()) {
            if !names.contains_key(file) {
                names.insert(file.clone(), Table::parse(file, &reading.file(file)?)?.names()?);
            }
        }
        Ok(Tables { lookups, names })
    }
}

/// What does not depend on shapes.
struct Rest {
    lineage: Lineage,
    sheets: Vec<(String, IndicatorSheet)>,
    indices: Vec<IndexDefinition>,
    postcodes: Option<Postcodes>,
    grid: BritishGrid,
}

impl Rest {
    fn read(catalogue: &Catalogue, reading: &Reading) -> Result<Rest, LoadError> {
        let (postcodes, tables) = rayon::join(
            || match &catalogue.postcodes {
                None => Ok(None),
                Some(entry) => Postcodes::from_bytes(&reading.file(&entry.file)?)
                    .map(Some)
                    .map_err(|source| LoadError::Postcodes { file: entry.file.clone(), source }),
            },
            || -> Result<_, LoadError> {
                let lineage = match reading.optional("lineage.csv")? {
                    Some(bytes) => Table::parse_repeating("lineage.csv", &bytes)?.lineage()?,
                    None => Lineage::default(),
                };
                Ok((lineage, read_sheets(reading)?))
            },
        );
        let (lineage, sheets) = tables?;
        let read = |file: &str| reading.file(file).map(Cow::into_owned);
        let indices = indices::definitions(&indices::names(reading.folder), read)
            .map_err(|(file, source)| LoadError::Index { file, source })?;
        Ok(Rest { lineage, sheets, indices, postcodes: postcodes?, grid: british_grid()? })
    }
}

fn read_sheets(reading: &Reading) -> Result<Vec<(String, IndicatorSheet)>, LoadError> {
    let Some(bytes) = reading.optional("indicators/indicators.toml")? else { return Ok(Vec::new()) };
    let text = String::from_utf8(bytes.into_owned());
    let definitions =
        indicators::definitions(&text.map_err(|_| LoadError::Utf8("indicators/indicators.toml"))?)?;
    let mut files: Vec<&str> = definitions.iter().map(|d| d.table.as_str()).collect();
    files.dedup();
    let mut sheets = Vec::new();
    for file in files {
        let bytes = reading.file(&format!("indicators/{file}"))?;
        sheets.extend(indicators::sheet(&definitions, file, &bytes)?.map(|s| (file.to_owned(), s)));
    }
    Ok(sheets)
}

/// Puts the numbers of every sheet in the order of the blocks; a block without a row is missing.
fn align(
    sheets: &[(String, IndicatorSheet)],
    block_codes: &HashMap<Code, u32>,
    blocks: usize,
) -> Result<Vec<AtlasIndicator>, LoadError> {
    let mut aligned = Vec::new();
    for (file, sheet) in sheets {
        let order: Vec<u32> = sheet
            .codes
            .iter()
            .map(|code| {
                let block = block_codes.get(code).copied();
                block.ok_or_else(|| LoadError::NotABlock { file: file.clone(), code: code.clone() })
            })
            .collect::<Result<_, _>>()?;
        let spread = |column: &[f64]| {
            let mut out = vec![f64::NAN; blocks];
            for (&block, &value) in order.iter().zip(column) {
                out[block as usize] = value;
            }
            out
        };
        aligned.extend(sheet.tables.iter().map(|table| {
            let series = BlockSeries {
                period: table.period,
                numerator: spread(&table.numerator),
                denominator: table.denominator.as_deref().map(spread),
                sums: OnceLock::new(),
            };
            AtlasIndicator::of_blocks(table.indicator.clone(), series)
        }));
    }
    Ok(aligned)
}

/// Size and box of every block through all coverages.
struct Ground {
    areas_m2: Vec<f64>,
    boxes: Vec<Option<Rect>>,
}

impl Ground {
    fn new(coverages: &[&Coverage]) -> Ground {
        let areas_m2 = coverages.iter().flat_map(|c| c.areas_m2()).map(kept_area_m2).collect();
        let boxes = coverages.iter().flat_map(|c| c.boxes()).collect();
        Ground { areas_m2, boxes }
    }
}

fn make_layers(
    catalogue: &Catalogue,
    coverages: &[AtlasCoverage],
    tables: &Tables,
    ground: &Ground,
    residents: &[f64],
) -> Result<Vec<AtlasLayer>, LoadError> {
    let mut layers: Vec<AtlasLayer> = Vec::with_capacity(catalogue.layers.len());
    for entry in &catalogue.layers {
        let codes = block_to_code(entry, &layers, coverages, tables, ground.areas_m2.len())?;
        let mut numbers: HashMap<&Code, u32> = HashMap::new();
        let mut first_block: Vec<u32> = Vec::new();
        let mut last = NOWHERE;
        let area_of_block: Vec<u32> = codes
            .iter()
            .enumerate()
            .map(|(block, code)| match code {
                None => NOWHERE,
                // Neighbouring blocks are mostly in one area: comparing is cheaper than hashing.
                Some(code) if block > 0 && codes[block - 1] == Some(code) => last,
                Some(code) => {
                    last = *numbers.entry(code).or_insert_with(|| {
                        first_block.push(block as u32);
                        first_block.len() as u32 - 1
                    });
                    last
                }
            })
            .collect();
        let names = entry.names.as_ref().and_then(|file| tables.names.get(file));
        let mut areas: Vec<Area> = Vec::with_capacity(first_block.len());
        let known = first_block.iter().filter_map(|&block| codes[block as usize].map(|code| (block, code)));
        areas.extend(known.map(|(block, code)| name_area(code, block, names, coverages)));
        for (block, &area) in area_of_block.iter().enumerate().filter(|(_, a)| **a != NOWHERE) {
            let area = &mut areas[area as usize];
            area.area_m2 += ground.areas_m2[block];
            area.residents = area.residents.map(|r| r + residents[block]).filter(|r| !r.is_nan());
            area.bbox = match (area.bbox, ground.boxes[block]) {
                (Some(a), Some(b)) => Some(crate::coverage::united(a, b)),
                (a, b) => a.or(b),
            };
        }
        let parts: Vec<(usize, &AtlasCoverage)> = coverages
            .iter()
            .enumerate()
            .filter(|(_, c)| entry.parts.iter().any(|p| p.coverage == c.entry.id))
            .collect();
        layers.push(AtlasLayer::new(layers.len(), entry.clone(), areas, area_of_block, &parts));
    }
    Ok(layers)
}

/// The code in a layer of every block.
fn block_to_code<'a>(
    entry: &LayerEntry,
    earlier: &'a [AtlasLayer],
    coverages: &'a [AtlasCoverage],
    tables: &'a Tables,
    blocks: usize,
) -> Result<Vec<Option<&'a Code>>, LoadError> {
    let mut codes: Vec<Option<&Code>> = vec![None; blocks];
    for part in &entry.parts {
        // The catalogue was checked: coverages and origins exist.
        let Some(c) = coverages.iter().find(|c| c.entry.id == part.coverage) else { continue };
        let origin = match &part.from {
            Origin::Blocks => None,
            Origin::Layer(id) => earlier.iter().find(|l| l.entry.id == *id),
        };
        let lookup = part.lookup.as_ref();
        let map = lookup.map(|l| &tables.lookups[&(l.file.clone(), l.key.clone(), l.value.clone())]);
        let follow = |code: &'a Code| match (map, lookup) {
            (Some(map), Some(lookup)) => map.get(code).map(Option::as_ref).ok_or_else(|| {
                let (file, layer) = (lookup.file.clone(), entry.id.to_string());
                LoadError::NoRow { file, code: code.clone(), layer }
            }),
            _ => Ok(Some(code)),
        };
        let here = &mut codes[c.first_block as usize..][..c.coverage.blocks().len()];
        match origin {
            None => {
                for (code, block) in here.iter_mut().zip(c.coverage.blocks()) {
                    *code = follow(&block.code)?;
                }
            }
            Some(layer) => {
                // An area is looked up once, not once for each of its thousands of blocks.
                let mut followed: Vec<Option<Option<&Code>>> = vec![None; layer.areas().len()];
                for (i, code) in here.iter_mut().enumerate() {
                    let Some(area) = layer.area_of_block(c.first_block + i as u32) else { continue };
                    let known = &mut followed[area as usize];
                    *code = match known {
                        Some(code) => *code,
                        None => *known.insert(follow(&layer.areas()[area as usize].code)?),
                    };
                }
            }
        }
    }
    Ok(codes)
}

fn name_area(
    code: &Code,
    block: u32,
    names: Option<&HashMap<Code, Name>>,
    coverages: &[AtlasCoverage],
) -> Area {
    let known = names.and_then(|n| n.get(code));
    let own = || {
        let home = &coverages[coverages.partition_point(|c| c.first_block <= block) - 1];
        home.coverage.blocks()[(block - home.first_block) as usize].name.clone()
    };
    Area {
        code: code.clone(),
        name: known.map_or_else(own, |n| n.name.clone()),
        name_cy: known.and_then(|n| n.name_cy.clone()),
        alternatives: known.map(|n| n.alternatives.clone()).unwrap_or_default(),
        bbox: None,
        area_m2: 0.0,
        residents: Some(0.0),
    }
}
