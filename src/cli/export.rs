//! `levelmap export LAYER`: a layer as a file, with values if asked.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::area::{IndicatorId, LayerRef};
use crate::atlas::Atlas;
use crate::export::{Format, Table};
use crate::indicator::store::{Store, StoreUrl};
use crate::source::folder::Folder;

/// Write a layer as a file for other programs, with an indicator's values if asked
#[derive(clap::Args)]
pub struct Arguments {
    /// The layer: `lad`, or `lad@2023`
    layer: LayerRef,
    /// geojson, topojson, fgb, shp (in a ZIP file), csv, gpkg or parquet; by the end of the file's name when not given
    #[arg(long)]
    format: Option<Format>,
    /// An indicator, whose values each area gets
    #[arg(long)]
    indicator: Option<IndicatorId>,
    /// The period of the indicator; the latest when not given
    #[arg(long, requires = "indicator")]
    period: Option<String>,
    /// How far a border may be from the truth, in metres; 0 for all detail
    #[arg(long, default_value_t = 0.0)]
    tolerance: f64,
    /// The sex, of an indicator that tells them apart
    #[arg(long)]
    sex: Option<String>,
    /// The age, of an indicator that tells them apart
    #[arg(long)]
    age: Option<String>,
    /// Where imported values are kept
    #[arg(long, default_value = super::STORE, value_name = "sqlite:PATH|postgres://...")]
    store: StoreUrl,
    /// The file; standard output when not given
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// A boundaries folder; the shipped one when not given
    #[arg(long)]
    boundaries: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let file_name = arguments.output.as_ref().and_then(|path| path.to_str());
    let format = match (arguments.format, file_name) {
        (Some(format), _) => format,
        (None, None) => Format::GeoJson,
        (None, Some(name)) => Format::of_file(name)
            .with_context(|| format!("{name} does not end in a format's name: give --format"))?,
    };
    if !arguments.tolerance.is_finite() || arguments.tolerance < 0.0 {
        bail!("--tolerance {} is not a length in metres", arguments.tolerance);
    }
    let is_text = matches!(format, Format::GeoJson | Format::TopoJson | Format::Csv);
    if arguments.output.is_none() && !is_text && std::io::stdout().is_terminal() {
        bail!("{format} is not for reading: name a file with -o");
    }
    let mut atlas = Atlas::load(&Folder::from(arguments.boundaries.clone()))?;
    if arguments.indicator.is_some() && Store::exists(&arguments.store) {
        let published = Store::open(&arguments.store).and_then(|mut store| store.published());
        atlas = atlas.with_published(published.with_context(|| format!("cannot read {}", arguments.store))?);
    }
    let layer = atlas.layer(&arguments.layer).with_context(|| {
        let known: Vec<String> = atlas.layers().iter().map(|l| l.entry.id.to_string()).collect();
        format!("there is no layer `{}`; there are {}", arguments.layer, known.join(", "))
    })?;
    let indicator = match &arguments.indicator {
        None => None,
        Some(id) => Some(atlas.indicator(id).with_context(|| {
            let known: Vec<&str> = atlas.indicators().iter().map(|i| i.indicator.id.as_str()).collect();
            format!("there is no indicator `{id}`; there are {}", known.join(", "))
        })?),
    };
    let indicator = match indicator {
        None => None,
        Some(indicator) => {
            let (sex, age) = (arguments.sex.as_deref(), arguments.age.as_deref());
            let series = indicator.choose(arguments.period.as_deref(), sex, age).map_err(|fault| {
                anyhow::anyhow!("no {} `{}`: {}", fault.parameter, fault.value, fault.message)
            })?;
            Some((indicator, series))
        }
    };
    let table = Table::of(&atlas, layer, indicator, arguments.tolerance);
    let bytes = table.write(format).with_context(|| format!("cannot write {}", layer.entry.id))?;
    match &arguments.output {
        Some(path) => {
            std::fs::write(path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
            eprintln!("{}: {} areas, {} bytes", path.display(), table.rows.len(), bytes.len());
        }
        None => std::io::stdout().lock().write_all(&bytes)?,
    }
    Ok(())
}
