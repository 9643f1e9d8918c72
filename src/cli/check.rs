//! `levelmap check DIR`: read a folder of boundaries and tell everything that is wrong with it.
//!
//! An *error* keeps the server from using the folder or makes an answer wrong; a *warning* is very likely a slip; a
//! *note* is worth knowing. The last word has the loader that the server itself uses.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::area::{Code, LayerId};
use crate::atlas::Atlas;
use crate::atlas::british_grid;
use crate::coverage::mend::{MendOptions, MendReport, RepairKind, mend};
use crate::coverage::{BlockShape, Coverage};
use crate::geometry;
use crate::source::catalogue::{Catalogue, CatalogueError, CoverageEntry, LayerEntry, Origin, Part};
use crate::source::folder::Folder;
use crate::source::shapes;
use crate::source::table::{LookupMap, Table, TableError, TableFault};

/// Read a folder of boundaries and tell every fault; exit code 1 if any is an error
#[derive(clap::Args)]
pub struct Arguments {
    /// Folder of boundaries: one with a `catalogue.toml`
    dir: PathBuf,
    /// Report as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Error,
    Warning,
    Note,
}

/// One thing found.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Finding {
    severity: Severity,
    /// Path relative to the folder.
    file: String,
    /// Line of the file, from 1, where it is a table.
    row: Option<u64>,
    /// Column of the table, or code of the block.
    field: Option<String>,
    message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        write!(f, "{severity}: {}", self.file)?;
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(field) = &self.field {
            write!(f, ", `{field}`")?;
        }
        write!(f, ": {}", self.message)
    }
}

#[derive(Serialize)]
struct Report<'a> {
    folder: String,
    errors: usize,
    warnings: usize,
    notes: usize,
    faults: &'a [Finding],
}

/// Prints what was found to standard output; an error of the command when any finding is one.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { dir, json } = arguments;
    let found = check(dir);
    let count = |severity| found.iter().filter(|f| f.severity == severity).count();
    let report = Report {
        folder: dir.display().to_string(),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        notes: count(Severity::Note),
        faults: &found,
    };
    if *json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        for finding in &found {
            println!("{finding}");
        }
    }
    let Report { folder, errors, warnings, notes, .. } = report;
    let summary = format!("{folder}: {errors} errors, {warnings} warnings, {notes} notes");
    anyhow::ensure!(errors == 0, summary);
    eprintln!("{summary}");
    Ok(())
}

/// Everything found in a folder, in the order in which it is read.
fn check(dir: &Path) -> Vec<Finding> {
    let mut check = Check { dir, folder: Folder::Disk(dir.to_owned()), found: Vec::new() };
    if let Some(catalogue) = check.catalogue() {
        let blocks = check.coverages(&catalogue);
        if let Some(blocks) = blocks {
            check.layers(&catalogue, &blocks);
        }
    }
    for file in ["lineage.csv", "corrections.csv"] {
        let Some(table) = dir.join(file).exists().then(|| check.table(file)).flatten() else { continue };
        let read =
            if file == "lineage.csv" { table.lineage().map(drop) } else { table.corrections().map(drop) };
        check.keep(read);
    }
    // What the loader alone looks at: postcodes, grid shifts, indicators.
    if check.found.iter().all(|f| f.severity != Severity::Error)
        && let Err(error) = Atlas::load(&Folder::Disk(dir.to_owned()))
    {
        check.error(".", None, error.to_string());
    }
    check.found
}

/// The blocks of each coverage by its id.
type Blocks = HashMap<String, Vec<Code>>;

struct Check<'a> {
    dir: &'a Path,
    folder: Folder,
    found: Vec<Finding>,
}

impl Check<'_> {
    fn add(&mut self, severity: Severity, file: &str, field: Option<&str>, message: String) {
        let field = field.map(str::to_owned);
        self.found.push(Finding { severity, file: file.to_owned(), row: None, field, message });
    }

    fn error(&mut self, file: &str, field: Option<&str>, message: String) {
        self.add(Severity::Error, file, field, message);
    }

    /// The value, or each fault of its table as an error.
    fn keep<T>(&mut self, read: Result<T, TableError>) -> Option<T> {
        let TableError { file, faults } = match read {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        for fault in faults {
            let (row, field, message) = match fault {
                TableFault::Code { line, column, cause } => (Some(line), Some(column), cause.to_string()),
                TableFault::KeyTwice { line, first_line, key } => {
                    (Some(line), None, format!("`{key}` was already on row {first_line}"))
                }
                TableFault::Cell { line, column, found, wanted } => {
                    (Some(line), Some(column), format!("`{found}` is not {wanted}"))
                }
                TableFault::NoColumn { ref column, .. } | TableFault::ColumnTwice(ref column) => {
                    (Some(1), Some(column.clone()), fault.to_string())
                }
                TableFault::Csv(_) | TableFault::Lineage(_) => (None, None, fault.to_string()),
            };
            self.found.push(Finding { severity: Severity::Error, file: file.clone(), row, field, message });
        }
        None
    }

    fn table(&mut self, file: &str) -> Option<Table> {
        match self.folder.read(file) {
            Ok(bytes) => {
                let table = Table::parse(file, &bytes);
                self.keep(table)
            }
            Err(error) => {
                self.error(file, None, error.to_string());
                None
            }
        }
    }

    fn catalogue(&mut self) -> Option<Catalogue> {
        const FILE: &str = "catalogue.toml";
        let bytes = match self.folder.read(FILE) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.error(FILE, None, error.to_string());
                return None;
            }
        };
        let Ok(text) = std::str::from_utf8(&bytes) else {
            self.error(FILE, None, "is not UTF-8".to_owned());
            return None;
        };
        let parsed = match Catalogue::extends_shipped(text) {
            Ok(true) => {
                self.folder = Folder::Extending(self.dir.to_owned());
                let shipped = Folder::Shipped.read(FILE).unwrap_or_default();
                Catalogue::parse_over(&String::from_utf8_lossy(&shipped), text)
            }
            Ok(false) => Catalogue::parse(text),
            Err(error) => Err(error),
        };
        match parsed {
            Ok(catalogue) => return Some(catalogue),
            Err(CatalogueError::Faults(faults)) => {
                for fault in faults {
                    self.error(FILE, None, fault.to_string());
                }
            }
            Err(error @ CatalogueError::Toml(_)) => self.error(FILE, None, error.to_string()),
        }
        None
    }

    /// The blocks of all coverages; none when a coverage cannot be read.
    fn coverages(&mut self, catalogue: &Catalogue) -> Option<Blocks> {
        let mut blocks = Blocks::new();
        let mut seen: HashMap<Code, &str> = HashMap::new();
        for entry in &catalogue.coverages {
            let Some(coverage) = self.coverage(entry) else { continue };
            let codes: Vec<Code> = coverage.blocks().iter().map(|b| b.code.clone()).collect();
            for code in &codes {
                if let Some(first) = seen.insert(code.clone(), &entry.id) {
                    let message = format!(
                        "the code was already in coverage `{first}`: indicators are joined to that one"
                    );
                    self.add(Severity::Warning, &entry.file, Some(code.as_str()), message);
                }
            }
            blocks.insert(entry.id.clone(), codes);
        }
        (blocks.len() == catalogue.coverages.len()).then_some(blocks)
    }

    fn coverage(&mut self, entry: &CoverageEntry) -> Option<Coverage> {
        let file = &entry.file;
        // What a catalogue that extends the shipped one does not have itself was checked before it shipped.
        let is_own = !matches!(self.folder, Folder::Extending(_)) || self.dir.join(file).exists();
        if let (Some(said), Ok(bytes)) = (&entry.sha256, self.folder.read(file)) {
            let hash = format!("{:x}", Sha256::digest(&bytes));
            if hash != *said {
                self.error(file, None, format!("its SHA-256 is {hash}, the catalogue says {said}"));
            }
        }
        let is_topology = shapes::is_topojson(file);
        let read = british_grid().map_err(|e| e.to_string()).and_then(|grid| {
            shapes::read(entry, &self.folder, Some(&grid)).map_err(|error| error.to_string())
        });
        let read = match read {
            Ok(read) => read,
            Err(error) => {
                self.error(file, None, error);
                return None;
            }
        };
        if is_own {
            for fault in read.faults {
                self.error(file, None, fault.to_string());
            }
            self.repairs(file, read.mended, is_topology);
            self.shapes(file, &read.coverage);
        }
        Some(read.coverage)
    }

    /// Rings, gaps and overlaps, and names.
    fn shapes(&mut self, file: &str, coverage: &Coverage) {
        let named = coverage.blocks().iter().zip(coverage.shapes());
        let shapes: Vec<BlockShape> = named
            .map(|(b, shape)| BlockShape { code: b.code.clone(), name: b.name.clone(), shape })
            .collect();
        for block in shapes.iter().filter(|b| b.name.is_empty()) {
            self.add(Severity::Warning, file, Some(block.code.as_str()), "has no name".to_owned());
        }
        let faults: Vec<_> = shapes.par_iter().map(|b| geometry::faults(&b.shape)).collect();
        for (block, faults) in shapes.iter().zip(faults) {
            for fault in faults {
                self.error(file, Some(block.code.as_str()), fault.to_string());
            }
        }
        let (_, built) = Coverage::from_shapes(&shapes);
        for fault in built.faults {
            self.error(file, None, fault.to_string());
        }
        // The shapes as they are, were they to be mended: each repair is a fault.
        let (_, report) = mend(shapes, &MendOptions::default());
        self.repairs(file, report, true);
    }

    /// Each repair is a fault: an error of a topology, which is served as it is; polygons are mended as they are read, so
    /// that theirs are warnings and notes.
    fn repairs(&mut self, file: &str, report: MendReport, is_error: bool) {
        for repair in report.repairs {
            let severity = match repair.kind {
                RepairKind::Vanished => Severity::Error,
                RepairKind::Overlap
                | RepairKind::Gap
                | RepairKind::HoleAsPart
                | RepairKind::SelfOverlap
                | RepairKind::RingCollapsed
                | RepairKind::RingOffGlobe => {
                    if is_error {
                        Severity::Error
                    } else {
                        Severity::Warning
                    }
                }
                RepairKind::VertexInserted | RepairKind::Crossing | RepairKind::VertexMoved if is_error => {
                    Severity::Warning
                }
                RepairKind::VertexInserted
                | RepairKind::Crossing
                | RepairKind::VertexMoved
                | RepairKind::HoleLeft => Severity::Note,
            };
            let other = repair.other.map_or(String::new(), |other| format!(" with {other}"));
            let message = format!(
                "{}{other} at {:.6},{:.6} ({:.1} m²)",
                repair.kind.as_str(),
                repair.at.x,
                repair.at.y,
                repair.area_m2
            );
            self.add(severity, file, Some(repair.block.as_str()), message);
        }
    }

    /// Every layer from its lookups: codes without a row, rows without a use, areas without a name.
    fn layers(&mut self, catalogue: &Catalogue, blocks: &Blocks) {
        let mut tables: HashMap<&str, Table> = HashMap::new();
        for (file, _) in catalogue.lookup_files() {
            tables.extend(self.table(file).map(|table| (file, table)));
        }
        let mut area_codes: HashMap<(&LayerId, &str), Vec<Option<Code>>> = HashMap::new();
        // Codes that each key column was asked for, and codes that each table of names was.
        let mut asked: BTreeMap<(&str, &str), BTreeSet<Code>> = BTreeMap::new();
        let mut named: BTreeMap<&str, BTreeSet<Code>> = BTreeMap::new();
        for layer in &catalogue.layers {
            for part in &layer.parts {
                let coverage = part.coverage.as_str();
                let start: Option<Vec<Option<Code>>> = match &part.from {
                    Origin::Blocks => blocks.get(coverage).map(|b| b.iter().cloned().map(Some).collect()),
                    Origin::Layer(id) => area_codes.get(&(id, coverage)).cloned(),
                };
                // A layer that cannot be worked out was told of already.
                let Some(start) = start else { continue };
                let Some(codes) = self.part(layer, part, start, &tables, &mut asked) else { continue };
                let outside = codes.iter().filter(|code| code.is_none()).count();
                if outside > 0 {
                    let message =
                        format!("{outside} of {} blocks of `{coverage}` are in no area", codes.len());
                    self.add(Severity::Note, "catalogue.toml", Some(&layer.id.to_string()), message);
                }
                if let Some(names) = &layer.names {
                    named.entry(names).or_default().extend(codes.iter().flatten().cloned());
                }
                area_codes.insert((&layer.id, coverage), codes);
            }
        }
        for ((file, key), codes) in asked {
            let Some(table) = tables.get(file) else { continue };
            self.unused(
                table,
                key,
                &codes,
                Severity::Error,
                "is no code of a block or area that is looked up here",
            );
        }
        for (file, codes) in named {
            self.names(file, &codes);
        }
    }

    /// The code of each block in the layer.
    fn part<'a>(
        &mut self,
        layer: &LayerEntry,
        part: &'a Part,
        start: Vec<Option<Code>>,
        tables: &HashMap<&str, Table>,
        asked: &mut BTreeMap<(&'a str, &'a str), BTreeSet<Code>>,
    ) -> Option<Vec<Option<Code>>> {
        let Some(lookup) = &part.lookup else { return Some(start) };
        let read = tables.get(lookup.file.as_str())?.lookup(&lookup.key, &lookup.value);
        // Layers share tables: a fault already told is not told again.
        let before = self.found.len();
        let rows: Option<LookupMap> = self.keep(read);
        let fresh = self.found.split_off(before);
        for finding in fresh {
            if !self.found.contains(&finding) {
                self.found.push(finding);
            }
        }
        let rows = rows?;
        let mut missing = BTreeSet::new();
        let codes = start.iter().map(|code| {
            let code = code.as_ref()?;
            let row = rows.get(code);
            if row.is_none() {
                missing.insert(code.clone());
            }
            row.cloned().flatten()
        });
        let codes = codes.collect();
        for code in missing {
            let message = format!("there is no row for {code}, which layer {} needs", layer.id);
            self.error(&lookup.file, Some(&lookup.key), message);
        }
        asked.entry((&lookup.file, &lookup.key)).or_default().extend(start.into_iter().flatten());
        Some(codes)
    }

    fn names(&mut self, file: &str, codes: &BTreeSet<Code>) {
        let Some(table) = self.table(file) else { return };
        let read = table.names();
        let Some(names) = self.keep(read) else { return };
        for code in codes.iter().filter(|code| !names.contains_key(*code)) {
            self.error(file, Some("code"), format!("{code} has no name"));
        }
        self.unused(&table, "code", codes, Severity::Note, "is named, but no listed layer has it");
    }

    /// Rows whose key nothing asks for.
    fn unused(&mut self, table: &Table, key: &str, asked: &BTreeSet<Code>, severity: Severity, what: &str) {
        let Ok(at) = table.column(key) else { return };
        for (line, record) in table.records() {
            let text = record.get(at).unwrap_or_default();
            if text.parse::<Code>().is_ok_and(|code| !asked.contains(&code)) {
                self.found.push(Finding {
                    severity,
                    file: table.file().to_owned(),
                    row: Some(line),
                    field: Some(key.to_owned()),
                    message: format!("`{text}` {what}"),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
