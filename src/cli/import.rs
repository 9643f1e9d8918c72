//! `levelmap import`: indicator tables into the store.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::area::{IndicatorKind, Period, Polarity};
use crate::atlas::Atlas;
use crate::indicator::format::{Format, Role};
use crate::indicator::import::{ImportOptions, import};
use crate::indicator::matching::{Class, Gazetteer};
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
    #[command(flatten)]
    place: Place,
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

/// Where values go, and what is told of them.
#[derive(clap::Args)]
pub(super) struct Place {
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
}

/// Takes tables into the store, each in a transaction of its own.
pub(super) struct Intake<'a> {
    store: Option<Store>,
    gazetteer: Gazetteer<'a>,
    is_json: bool,
    reports: Vec<Report>,
    failed: Vec<String>,
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

impl Place {
    /// Opens the store, lets tables be taken into it, and tells how it went. What was taken before an error stays.
    pub fn taking(&self, take: impl FnOnce(&mut Intake<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let folder = Folder::from(self.boundaries.clone());
        let atlas = Atlas::load(&folder).with_context(|| format!("cannot read {folder}"))?;
        let store = if self.dry_run {
            None
        } else {
            Some(Store::open(&self.store).with_context(|| format!("cannot open {}", self.store))?)
        };
        let mut intake = Intake {
            store,
            gazetteer: atlas.gazetteer(),
            is_json: self.json,
            reports: Vec::new(),
            failed: Vec::new(),
        };
        let taken = take(&mut intake);
        let ended = intake.finish();
        taken.and(ended)
    }
}

impl Intake<'_> {
    /// Takes a table; one that cannot be read is told, and the end fails.
    pub fn take<R: Read + Seek>(&mut self, name: &str, table: R, options: &ImportOptions) {
        match import(self.store.as_mut(), &self.gazetteer, name, table, options) {
            Ok(report) => {
                if !self.is_json {
                    print!("{}", report.text());
                }
                self.reports.push(report.shown());
            }
            Err(error) => self.fail(name, &error.into()),
        }
    }

    fn fail(&mut self, name: &str, error: &anyhow::Error) {
        eprintln!("levelmap: {name}: {error:#}");
        self.failed.push(name.to_owned());
    }

    fn finish(self) -> anyhow::Result<()> {
        if self.is_json {
            println!("{}", serde_json::to_string_pretty(&serde_json::json!({"files": self.reports}))?);
        }
        let faults: u64 = self.reports.iter().map(|r| r.count(Class::Fault)).sum();
        if !self.failed.is_empty() {
            bail!("could not import {}", self.failed.join(", "));
        }
        if faults > 0 {
            eprintln!("levelmap: {faults} rows could not be read; the report lists them");
        }
        Ok(())
    }
}

/// Imports each file in a transaction of its own; those that can be read are kept where others cannot.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
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
    arguments.place.taking(|intake| {
        for path in &arguments.files {
            match File::open(path) {
                Ok(file) => {
                    let name =
                        path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
                    intake.take(&name, file, &options);
                }
                Err(error) => intake.fail(&path.display().to_string(), &error.into()),
            }
        }
        Ok(())
    })
}
