//! `levelmap locate`: what is at a point, or at every point of a table.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;

use anyhow::Context;
use jiff::civil::Date;
use serde_json::{Map, json};

use crate::area::LayerRef;
use crate::atlas::{Atlas, AtlasLayer};
use crate::query::{
    Asked, Input, TableError, TableQuestion, TableReport, Where, called, layer_on, layers_on, locate_table,
    place,
};
use crate::source::folder::Folder;

/// Tell which areas a point is in, as JSON, or every row of a CSV table, as CSV
#[derive(clap::Args)]
pub struct Arguments {
    /// Longitude in degrees
    #[arg(
        value_name = "LON",
        allow_negative_numbers = true,
        requires = "at_lat",
        required_unless_present = "csv"
    )]
    at_lon: Option<f64>,
    /// Latitude in degrees
    #[arg(value_name = "LAT", allow_negative_numbers = true)]
    at_lat: Option<f64>,
    /// A table of places, `-` for standard input: every row comes out with the codes of its areas
    #[arg(long, value_name = "FILE", conflicts_with = "at_lon")]
    csv: Option<PathBuf>,
    /// Column of the longitude; without column names those in common use are looked for
    #[arg(long, value_name = "COLUMN", requires_all = ["csv", "lat"])]
    lon: Option<String>,
    /// Column of the latitude
    #[arg(long, value_name = "COLUMN", requires = "lon")]
    lat: Option<String>,
    /// Column of the easting
    #[arg(long, value_name = "COLUMN", requires_all = ["csv", "northing"], conflicts_with = "lon")]
    easting: Option<String>,
    /// Column of the northing
    #[arg(long, value_name = "COLUMN", requires = "easting")]
    northing: Option<String>,
    /// Column of the postcode
    #[arg(long, value_name = "COLUMN", requires = "csv", conflicts_with_all = ["lon", "easting"])]
    postcode: Option<String>,
    /// Only these layers, as in `lad,icb@2022`
    #[arg(long, value_delimiter = ',', value_name = "LAYERS")]
    layers: Vec<LayerRef>,
    /// The vintages in force on this day, YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    as_of: Option<Date>,
    /// Names beside the codes of a table
    #[arg(long, requires = "csv")]
    names: bool,
    /// A last column of the table that says what is wrong with a row
    #[arg(long, requires = "csv")]
    errors: bool,
    /// Folder of boundaries; without it the United Kingdom that is part of the program
    #[arg(long, value_name = "DIR")]
    boundaries: Option<PathBuf>,
}

/// Prints the areas at the point, or the table.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = Folder::from(arguments.boundaries.clone());
    let atlas = Atlas::load(&folder)?;
    let layers = asked_layers(&atlas, arguments)?;
    if let Some(file) = &arguments.csv {
        return table(&atlas, arguments, layers, file);
    }
    let (lon, lat) = (arguments.at_lon.unwrap_or_default(), arguments.at_lat.unwrap_or_default());
    let at = place(&atlas, Asked::Degrees { lon, lat })?.at.coord();
    let block = atlas.block_at(at);
    let mut areas = Map::new();
    let layers: Vec<&AtlasLayer> = layers.into_iter().map(|(_, layer)| layer).collect();
    for (layer, name) in layers.iter().zip(called(&layers)) {
        if let Some(area) = atlas.area_at(layer, block, at) {
            let area = &layer.areas()[area as usize];
            let answer = json!({"code": area.code, "name": area.name, "vintage": layer.vintage()});
            areas.insert(name.into_owned(), answer);
        }
    }
    println!("{}", serde_json::to_string_pretty(&json!({"areas": areas}))?);
    Ok(())
}

/// The layers and what their columns are called: as they were asked for.
fn asked_layers<'a>(
    atlas: &'a Atlas,
    arguments: &Arguments,
) -> anyhow::Result<Vec<(String, &'a AtlasLayer)>> {
    if arguments.layers.is_empty() {
        let layers = layers_on(atlas, arguments.as_of).into_iter();
        return Ok(layers.map(|l| (l.entry.id.kind.to_string(), l)).collect());
    }
    let mut layers: Vec<(String, &AtlasLayer)> = Vec::new();
    for asked in &arguments.layers {
        let layer = layer_on(atlas, asked, arguments.as_of);
        let layer = layer.with_context(|| format!("there is no layer `{asked}`"))?;
        anyhow::ensure!(
            layers.iter().all(|(name, _)| *name != asked.to_string()),
            "`{asked}` is asked for twice"
        );
        layers.push((asked.to_string(), layer));
    }
    Ok(layers)
}

impl Input for File {
    fn is_at_hand(&self) -> bool {
        // Of a file what is left of it, of a pipe or a terminal what has come.
        rustix::io::ioctl_fionread(self).is_ok_and(|bytes| bytes > 0)
    }
}

fn table(
    atlas: &Atlas,
    arguments: &Arguments,
    layers: Vec<(String, &AtlasLayer)>,
    file: &PathBuf,
) -> anyhow::Result<()> {
    let columns = (
        arguments.lon.clone().zip(arguments.lat.clone()),
        arguments.easting.clone().zip(arguments.northing.clone()),
        arguments.postcode.clone(),
    );
    let places = match columns {
        (Some((lon, lat)), ..) => Where::Degrees(lon, lat),
        (_, Some((easting, northing)), _) => Where::Grid(easting, northing),
        (_, _, Some(postcode)) => Where::Postcode(postcode),
        _ => Where::Usual,
    };
    let question = TableQuestion { places, layers, names: arguments.names, errors: arguments.errors };
    let input = if file.as_os_str() == "-" {
        // Not through the buffer of standard input: what is in that could not be told from what is yet to come.
        File::from(io::stdin().as_fd().try_clone_to_owned().context("cannot read standard input")?)
    } else {
        File::open(file).with_context(|| format!("cannot open {}", file.display()))?
    };
    let mut output = BufWriter::with_capacity(1 << 18, io::stdout().lock());
    let answered = locate_table(atlas, &question, input, &mut output).and_then(|report| {
        output.flush()?;
        Ok(report)
    });
    match answered {
        Ok(report) => {
            tell(&report);
            Ok(())
        }
        // Who asked has seen enough: `| head`.
        Err(TableError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is still held cannot go anywhere, and trying again at the end would complain.
            let _ = output.into_parts();
            Ok(())
        }
        Err(error) => Err(error).with_context(|| format!("{}", file.display())),
    }
}

/// Says on standard error what the table does not.
fn tell(report: &TableReport) {
    if let Some((line, fault)) = &report.first_fault {
        eprintln!(
            "{} of {} rows hold no place; the first is line {line}: {fault}",
            report.faulty, report.rows
        );
    }
    if report.nowhere > 0 {
        eprintln!("{} of {} rows lie in no area: at sea or abroad", report.nowhere, report.rows);
    }
}
