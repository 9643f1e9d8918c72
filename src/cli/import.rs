//! `levelmap import`: indicator tables into the store.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::area::{IndicatorKind, Period, Polarity};
use crate::atlas::Atlas;
use crate::indicator::format::{Format, Role};
use crate::indicator::import::{ImportOptions, import};
use crate::indicator::matching::Class;
use crate::indicator::report::Report;
use crate::indicator::store::{Store, StoreUrl};
use crate::source::folder::Folder;

/// Put indicator tables (CSV) into the store, with a report of every row
#[derive(clap::Args)]
pub struct Arguments {
    /// The tables
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Format of the tables
    #[arg(long, default_value = "auto", value_name = "auto|fingertips|els|nomis|tidy", value_parser = format)]
    format: Asked,
    /// Where values are kept
    #[arg(long, default_value = super::STORE, value_name = "sqlite:PATH|postgres://...")]
    store: StoreUrl,
    /// Folder of boundaries; without it the United Kingdom that is part of the program
    #[arg(long, value_name = "DIR")]
    boundaries: Option<PathBuf>,
    /// Only report what would become of the rows
    #[arg(long)]
    dry_run: bool,
    /// Write the report as JSON
    #[arg(long)]
    json: bool,
    /// A column by what it holds: `code=LA_CODE`, `value=Rate`, `period=Year`, sex, age, lower, upper, count, denominator...
    #[arg(long = "column", value_name = "ROLE=HEADER", value_parser = column)]
    columns: Vec<(Role, String)>,
    /// Title of the indicator, for a table that has none
    #[arg(long)]
    title: Option<String>,
    /// Unit of the values
    #[arg(long)]
    unit: Option<String>,
    /// Sort of number: count, rate, proportion, mean, median, index
    #[arg(long, value_parser = word::<IndicatorKind>)]
    kind: Option<IndicatorKind>,
    /// Which direction is better: high-is-good, low-is-good, neutral
    #[arg(long, value_parser = word::<Polarity>)]
    polarity: Option<Polarity>,
    /// Period, for a table that has none
    #[arg(long)]
    period: Option<Period>,
    /// Licence of the values
    #[arg(long)]
    licence: Option<String>,
}

#[derive(Clone, Copy)]
struct Asked(Option<Format>);

fn format(text: &str) -> Result<Asked, String> {
    if text == "auto" { Ok(Asked(None)) } else { text.parse().map(|f| Asked(Some(f))) }
}

fn column(text: &str) -> Result<(Role, String), String> {
    let (role, header) = text.split_once('=').ok_or("write ROLE=HEADER, as in code=LA_CODE")?;
    Ok((role.parse()?, header.to_owned()))
}

fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|e| e.to_string())
}

/// Imports each file in a transaction of its own; the first that cannot be read ends it, with those before it kept.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = Folder::from(arguments.boundaries.clone());
    let atlas = Atlas::load(&folder).with_context(|| format!("cannot read {folder}"))?;
    let gazetteer = atlas.gazetteer();
    let mut store = if arguments.dry_run {
        None
    } else {
        Some(Store::open(&arguments.store).with_context(|| format!("cannot open {}", arguments.store))?)
    };
    let options = ImportOptions {
        format: arguments.format.0,
        columns: arguments.columns.clone(),
        title: arguments.title.clone(),
        unit: arguments.unit.clone(),
        kind: arguments.kind,
        period: arguments.period,
        polarity: arguments.polarity,
        licence: arguments.licence.clone(),
    };
    let mut reports: Vec<Report> = Vec::new();
    let mut failed = Vec::new();
    for path in &arguments.files {
        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let done = File::open(path)
            .map_err(anyhow::Error::from)
            .and_then(|file| Ok(import(store.as_mut(), &gazetteer, &name, file, &options)?));
        match done {
            Ok(report) => {
                if !arguments.json {
                    print!("{}", report.text());
                }
                reports.push(report.shown());
            }
            Err(error) => {
                eprintln!("levelmap: {}: {error:#}", path.display());
                failed.push(name);
            }
        }
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&serde_json::json!({"files": reports}))?);
    }
    let faults: u64 = reports.iter().map(|r| r.count(Class::Fault)).sum();
    if !failed.is_empty() {
        bail!("could not import {}", failed.join(", "));
    }
    if faults > 0 {
        eprintln!("levelmap: {faults} rows could not be read; the report lists them");
    }
    Ok(())
}
