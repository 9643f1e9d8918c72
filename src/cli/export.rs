//! `levelmap export LAYER`: a layer as a file, with values if asked, or its neighbours as spatial weights.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, bail};

use crate::analysis::index::computed_indicators;
use crate::area::{IndicatorId, LayerRef};
use crate::atlas::{Atlas, AtlasLayer};
use crate::export::{Contiguity, Format, Table, UnknownFormat, Weights, write_weights};
use crate::indicator::store::{Store, StoreUrl};
use crate::source::folder::Folder;

/// Write a layer as a file for other programs, with an indicator's values or who neighbours whom if asked
#[derive(clap::Args)]
pub struct Arguments {
    /// The layer: `lad`, or `lad@2023`
    layer: LayerRef,
    /// geojson, topojson, fgb, shp (in a ZIP file), csv, gpkg or parquet, and gal or csv of neighbours; by the end of the
    /// file's name when not given
    #[arg(long)]
    format: Option<FileFormat>,
    /// Write spatial weights instead of shapes: which areas share a border, for `PySAL` (GAL, CSV) and R's spdep (GAL)
    #[arg(long, conflicts_with_all = ["indicator", "tolerance"])]
    neighbours: bool,
    /// Whether a common point makes neighbours (queen contiguity) or only a common border does (rook)
    #[arg(long, value_enum, default_value = "border", requires = "neighbours")]
    touch: Touch,
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
    let form = arguments.form()?;
    if !arguments.tolerance.is_finite() || arguments.tolerance < 0.0 {
        bail!("--tolerance {} is not a length in metres", arguments.tolerance);
    }
    if let Form::Shapes(format) = form {
        let is_text = matches!(format, Format::GeoJson | Format::TopoJson | Format::Csv);
        if arguments.output.is_none() && !is_text && std::io::stdout().is_terminal() {
            bail!("{format} is not for reading: name a file with -o");
        }
    }
    let mut atlas = Atlas::load(&Folder::from(arguments.boundaries.clone()))?;
    if arguments.indicator.is_some() && Store::exists(&arguments.store) {
        let published = Store::open(&arguments.store).and_then(|mut store| store.published());
        atlas = atlas.with_published(published.with_context(|| format!("cannot read {}", arguments.store))?);
    }
    let indices = computed_indicators(&atlas);
    let atlas = atlas.with_computed(indices);
    let layer = atlas.layer(&arguments.layer).with_context(|| {
        let known: Vec<String> = atlas.layers().iter().map(|l| l.entry.id.to_string()).collect();
        format!("there is no layer `{}`; there are {}", arguments.layer, known.join(", "))
    })?;
    let bytes = match form {
        Form::Weights(weights) => arguments.weights(layer, weights)?,
        Form::Shapes(format) => arguments.shapes(&atlas, layer, format)?,
    };
    match &arguments.output {
        Some(path) => {
            std::fs::write(path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
            eprintln!("{}: {} areas, {} bytes", path.display(), layer.areas().len(), bytes.len());
        }
        None => std::io::stdout().lock().write_all(&bytes)?,
    }
    Ok(())
}

/// What `--format` may say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum FileFormat {
    Gal,
    Other(Format),
}

impl FromStr for FileFormat {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "gal" => Ok(FileFormat::Gal),
            _ => text.parse().map(FileFormat::Other).map_err(|fault: UnknownFormat| format!("{fault}, gal")),
        }
    }
}

/// What to write.
#[derive(Clone, Copy)]
enum Form {
    Shapes(Format),
    Weights(Weights),
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Touch {
    /// A common length
    Border,
    /// A common point is enough
    Point,
}

impl Arguments {
    /// What to write: as the arguments say, else as the file's name does.
    fn form(&self) -> anyhow::Result<Form> {
        let file_name = self.output.as_ref().and_then(|path| path.to_str());
        let named = match (self.format, file_name) {
            (Some(format), _) => Some(format),
            (None, None) => None,
            (None, Some(name)) if name.rsplit_once('.').is_some_and(|(_, end)| end == "gal") => {
                Some(FileFormat::Gal)
            }
            (None, Some(name)) => Some(FileFormat::Other(
                Format::of_file(name)
                    .with_context(|| format!("{name} does not end in a format's name: give --format"))?,
            )),
        };
        Ok(match (self.neighbours, named) {
            (true, None | Some(FileFormat::Gal)) => Form::Weights(Weights::Gal),
            (true, Some(FileFormat::Other(Format::Csv))) => Form::Weights(Weights::Csv),
            (true, Some(FileFormat::Other(other))) => {
                bail!("neighbours are written as gal or csv, not as {other}")
            }
            (false, Some(FileFormat::Gal)) => bail!("gal is a format of neighbours: give --neighbours"),
            (false, None) => Form::Shapes(Format::GeoJson),
            (false, Some(FileFormat::Other(format))) => Form::Shapes(format),
        })
    }

    fn weights(&self, layer: &AtlasLayer, weights: Weights) -> anyhow::Result<Vec<u8>> {
        let contiguity = match self.touch {
            Touch::Border => Contiguity::Rook,
            Touch::Point => Contiguity::Queen,
        };
        let mut bytes = Vec::new();
        write_weights(layer, weights, contiguity, &mut bytes)?;
        Ok(bytes)
    }

    fn shapes(&self, atlas: &Atlas, layer: &AtlasLayer, format: Format) -> anyhow::Result<Vec<u8>> {
        let indicator = match &self.indicator {
            None => None,
            Some(id) => Some(atlas.indicator(id).with_context(|| {
                let known: Vec<&str> = atlas.indicators().iter().map(|i| i.indicator.id.as_str()).collect();
                format!("there is no indicator `{id}`; there are {}", known.join(", "))
            })?),
        };
        let indicator = match indicator {
            None => None,
            Some(indicator) => {
                let (sex, age) = (self.sex.as_deref(), self.age.as_deref());
                let series = indicator.choose(self.period.as_deref(), sex, age).map_err(|fault| {
                    anyhow::anyhow!("no {} `{}`: {}", fault.parameter, fault.value, fault.message)
                })?;
                Some((indicator, series))
            }
        };
        let table = Table::of(atlas, layer, indicator, self.tolerance);
        table.write(format).with_context(|| format!("cannot write {}", layer.entry.id))
    }
}
