//! `levelmap build DIR`: make the shipped data from its sources.
//!
//! What people keep by hand (`catalogue.toml`, `lineage.csv`, `corrections.csv`, `rules/`, the names and the
//! parents of councils) is read and checked; everything else under `DIR` is written anew, the same bytes for the
//! same sources.

mod catalogue;
mod coverages;
mod grids;
mod indicators;
mod lookups;
mod placing;
mod postcodes;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use clap::ValueEnum;

use crate::source::table::Table;

/// Make the shipped data from its sources (`make data` downloads them)
#[derive(clap::Args)]
pub struct Arguments {
    /// Folder of boundaries to make: `boundaries`
    dir: PathBuf,
    /// Folder of unpacked sources
    #[arg(long, value_name = "DIR", default_value = "data/sources")]
    sources: PathBuf,
    /// Only these steps, in their own order
    #[arg(long, value_delimiter = ',', value_name = "STEP")]
    only: Vec<Step>,
}

/// A step of the build, in the order in which they run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
enum Step {
    /// The shifts of the National Grid
    Grids,
    /// The shapes of the blocks
    Coverages,
    /// Lookup tables and names
    Lookups,
    /// The postcodes of Great Britain
    Postcodes,
    /// The counts that indicators are made of
    Indicators,
    /// Check the catalogue and write the hashes of the coverages into it
    Catalogue,
}

impl Step {
    fn run(self, sources: &Path, dir: &Path) -> anyhow::Result<()> {
        match self {
            Step::Grids => grids::build(sources, dir),
            Step::Coverages => coverages::build(sources, dir),
            Step::Lookups => lookups::build(sources, dir),
            Step::Postcodes => postcodes::build(sources, dir),
            Step::Indicators => indicators::build(sources, dir),
            Step::Catalogue => catalogue::build(dir),
        }
    }
}

/// Runs the steps asked for, or all.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { dir, sources, only } = arguments;
    anyhow::ensure!(sources.is_dir(), "there is no folder {}: `make data` makes it", sources.display());
    anyhow::ensure!(dir.is_dir(), "there is no folder {}", dir.display());
    for step in Step::value_variants() {
        if only.is_empty() || only.contains(step) {
            let start = Instant::now();
            step.run(sources, dir).with_context(|| format!("step {step:?} failed"))?;
            eprintln!("{step:?}: {:.1} s", start.elapsed().as_secs_f64());
        }
    }
    Ok(())
}

/// Reads a whole file, with its path in the error.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Reads a table that people keep by hand.
fn read_table(dir: &Path, file: &str) -> anyhow::Result<Table> {
    Ok(Table::parse(file, &read(&dir.join(file))?)?)
}

/// Writes a whole file, making its folder, and tells how large it is.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!("  {} ({} kB)", path.display(), bytes.len().div_ceil(1000));
    Ok(())
}

/// Writes a table with `\n` line ends, so that differences read well.
fn write_table<R, F>(path: &Path, header: &[&str], rows: R) -> anyhow::Result<()>
where
    R: IntoIterator,
    R::Item: IntoIterator<Item = F>,
    F: AsRef<[u8]>,
{
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row)?;
    }
    write(path, &writer.into_inner().map_err(|e| anyhow::anyhow!("{e}"))?)
}

/// Fails with all of `faults`, a line each, when there are any.
fn refuse(what: &str, faults: &[String]) -> anyhow::Result<()> {
    anyhow::ensure!(
        faults.is_empty(),
        "{what} ({} fault{}):\n  {}",
        faults.len(),
        if faults.len() == 1 { "" } else { "s" },
        faults.join("\n  ")
    );
    Ok(())
}
