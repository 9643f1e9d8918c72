//! `levelmap locate LON LAT`: what is at a point.

use std::path::PathBuf;

use serde_json::{Map, json};

use crate::atlas::Atlas;
use crate::geometry::LonLat;
use crate::source::folder::Folder;

/// Tell which areas a point is in, as JSON
#[derive(clap::Args)]
pub struct Arguments {
    /// Longitude in degrees
    #[arg(allow_negative_numbers = true)]
    lon: f64,
    /// Latitude in degrees
    #[arg(allow_negative_numbers = true)]
    lat: f64,
    /// Only these layers, as in `lad,icb@2022`
    #[arg(long, value_delimiter = ',', value_name = "LAYERS")]
    layers: Vec<crate::area::LayerRef>,
    /// Folder of boundaries; without it the United Kingdom that is part of the program
    #[arg(long, value_name = "DIR")]
    boundaries: Option<PathBuf>,
}

/// Prints the areas at the point.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let place = LonLat::new(arguments.lon, arguments.lat)?;
    let folder = Folder::from(arguments.boundaries.clone());
    let atlas = Atlas::load(&folder)?;
    let mut layers = Vec::new();
    for asked in &arguments.layers {
        layers.push(atlas.layer(asked).ok_or_else(|| anyhow::anyhow!("there is no layer `{asked}`"))?);
    }
    if layers.is_empty() {
        layers = atlas.layers().iter().filter(|l| l.entry.current).collect();
    }
    let block = atlas.block_at(place.coord());
    let mut areas = Map::new();
    for layer in layers {
        if let Some(area) = block.and_then(|b| layer.area_of_block(b)) {
            let area = &layer.areas()[area as usize];
            let answer = json!({"code": area.code, "name": area.name, "vintage": layer.vintage()});
            areas.insert(layer.entry.id.kind.to_string(), answer);
        }
    }
    println!("{}", serde_json::to_string_pretty(&json!({"areas": areas}))?);
    Ok(())
}
