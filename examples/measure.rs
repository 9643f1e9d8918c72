//! What the benchmark (`scripts/bench`) measures of Levelmap itself, in one process that stays.
//!
//! Every line of standard input is a question, and every line of standard output its answer in JSON, with times in
//! seconds; so the benchmark can ask us and a peer in turn. `measure constant ADDRESS FILE` instead serves the bytes of a
//! file from one route of a bare axum server, which shows what the machine allows.

use std::fs::File;
use std::io::{BufRead, BufWriter, Write};
use std::time::Instant;

use anyhow::{Context, bail};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum::serve::ListenerExt;
use geo::{Coord, CoordsIter};
use http_body_util::BodyExt;
use levelmap::area::LayerRef;
use levelmap::atlas::{Atlas, AtlasLayer};
use levelmap::geometry::EastNorth;
use levelmap::http::{AppState, Application, app};
use levelmap::source::folder::Folder;
use levelmap::tiles::{TileContent, TileCoord, TilePyramid, TileValue};
use libdeflater::{CompressionLvl, Compressor};
use mimalloc::MiMalloc;
use rayon::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// As the server has it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, address, file] = arguments.as_slice()
        && command == "constant"
    {
        return constant(address, std::fs::read(file)?.into());
    }
    let mut measure = Measure::new()?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let answer = measure.answer(&line).with_context(|| line.clone())?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// Serves the same bytes to everyone, as plainly as axum can.
fn constant(address: &str, body: Bytes) -> anyhow::Result<()> {
    let answer = move || {
        let body = body.clone();
        async move { ([(CONTENT_TYPE, "application/json")], body) }
    };
    let nothing = || async { axum::http::StatusCode::NOT_MODIFIED };
    let router = Router::new().route("/", get(answer)).route("/nothing", get(nothing));
    Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?.tap_io(|connection| {
            // As the server does; without it the comparison would be with something slower.
            let _ = connection.set_nodelay(true);
        });
        Ok(axum::serve(listener, router).await?)
    })
}

/// What questions are asked of.
struct Measure {
    state: AppState,
    application: Application,
    runtime: Runtime,
    points: Vec<Coord>,
}

impl Measure {
    fn new() -> anyhow::Result<Self> {
        let state = AppState::new(Atlas::load(&Folder::Shipped)?);
        // As a server has done some seconds after its start.
        state.served().warm_up();
        let application = app(state.clone());
        Ok(Measure { state, application, runtime: Runtime::new()?, points: Vec::new() })
    }

    fn answer(&mut self, line: &str) -> anyhow::Result<Value> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let served = self.state.served();
        let atlas = &served.atlas;
        match words.as_slice() {
            ["postcodes", file] => postcodes(atlas, file),
            ["places", file] => places(atlas, file),
            ["points", file] => {
                self.points = points(file)?;
                Ok(json!({ "points": self.points.len() }))
            }
            ["batch", layer, limit] => {
                Ok(batch(atlas, layer_of(atlas, layer)?, &self.points, limit.parse()?))
            }
            ["simplify", layer, tolerance] => Ok(simplify(layer_of(atlas, layer)?, tolerance.parse()?)),
            ["radius", metres, file] => radius(atlas, metres.parse()?, file),
            ["tiles", layer, content, file] => {
                let layer = layer_of(atlas, layer)?;
                tiles(layer, served.tile_layer(layer.place), content.parse()?, file)
            }
            ["pyramid", layer, from, to] => pyramid(layer_of(atlas, layer)?, from.parse()?, to.parse()?),
            ["ask", path] => {
                let (seconds, bytes) = self.runtime.block_on(ask(self.application.clone(), path))?;
                Ok(json!({ "seconds": seconds, "bytes": bytes }))
            }
            _ => bail!("not a question here"),
        }
    }
}

fn layer_of<'a>(atlas: &'a Atlas, name: &str) -> anyhow::Result<&'a AtlasLayer> {
    let asked: LayerRef = name.parse()?;
    atlas.layer(&asked).with_context(|| format!("there is no layer {name}"))
}

/// Writes every postcode that has a position as `postcode,lon,lat`.
fn postcodes(atlas: &Atlas, file: &str) -> anyhow::Result<Value> {
    let (postcodes, _) = atlas.postcodes().context("there are no postcodes")?;
    let mut writer = csv::Writer::from_path(file)?;
    writer.write_record(["postcode", "lon", "lat"])?;
    let mut written = 0;
    for entry in postcodes.iter().filter(|entry| entry.live) {
        let place = levelmap::query::place(atlas, levelmap::query::Asked::Entry(entry));
        let Ok(place) = place else { continue };
        let (lon, lat) = (place.at.lon(), place.at.lat());
        let name = place.postcode.map(|p| p.postcode.to_string()).unwrap_or_default();
        writer.write_record([name, format!("{lon:.6}"), format!("{lat:.6}")])?;
        written += 1;
    }
    writer.flush()?;
    Ok(json!({ "postcodes": written }))
}

/// Writes where every postcode stands whose place is known, in use or ended: `easting,northing` in metres on the grid.
fn places(atlas: &Atlas, file: &str) -> anyhow::Result<Value> {
    let (postcodes, _) = atlas.postcodes().context("there are no postcodes")?;
    let mut out = BufWriter::new(File::create(file)?);
    let mut written = 0;
    for at in postcodes.iter().filter_map(|entry| entry.position) {
        writeln!(out, "{},{}", at.easting_m, at.northing_m)?;
        written += 1;
    }
    out.flush()?;
    Ok(json!({ "places": written }))
}

/// Reads the last two columns of a file, `lon` and `lat`.
fn points(file: &str) -> anyhow::Result<Vec<Coord>> {
    let mut points = Vec::new();
    for record in csv::Reader::from_path(file)?.records() {
        let record = record?;
        let column =
            |back: usize| record.get(record.len().wrapping_sub(back)).unwrap_or_default().parse::<f64>();
        points.push(Coord { x: column(2)?, y: column(1)? });
    }
    Ok(points)
}

/// The area of each point, one thread.
fn batch(atlas: &Atlas, layer: &AtlasLayer, points: &[Coord], limit: usize) -> Value {
    let points = &points[..limit.min(points.len())];
    let start = Instant::now();
    let blocks = atlas.blocks_at(points);
    let found: Vec<Option<u32>> = blocks.into_iter().map(|block| layer.area_of_block(block?)).collect();
    let seconds = start.elapsed().as_secs_f64();
    json!({ "seconds": seconds, "points": points.len(), "found": found.iter().flatten().count() })
}

/// The postcodes within a distance of each place of a file (`easting,northing` a line): seconds of one question, and how
/// many were found in all.
fn radius(atlas: &Atlas, radius_m: f64, file: &str) -> anyhow::Result<Value> {
    let places = atlas.postcode_places().context("there are no postcodes")?;
    let mut middles = Vec::new();
    for line in std::fs::read_to_string(file)?.lines() {
        let (easting, northing) = line.split_once(',').context("two numbers a line")?;
        middles.push(EastNorth::new(easting.parse()?, northing.parse()?)?);
    }
    let start = Instant::now();
    let found: usize = middles.iter().map(|&middle| places.within(middle, radius_m).len()).sum();
    let seconds = start.elapsed().as_secs_f64() / middles.len().max(1) as f64;
    Ok(json!({ "seconds": seconds, "found": found }))
}

/// A layer within a tolerance in metres, as polygons; at which tolerance each vertex goes is known after the first question.
fn simplify(layer: &AtlasLayer, tolerance_m: f64) -> Value {
    let start = Instant::now();
    let shapes = layer.simplified(tolerance_m).shapes();
    let seconds = start.elapsed().as_secs_f64();
    let vertices: usize = shapes.iter().map(CoordsIter::coords_count).sum();
    json!({ "seconds": seconds, "vertices": vertices })
}

/// Each tile of a list (`z/x/y` a line) with some vector layers, cold, in the detail of its zoom: shapes are projected before,
/// as the peer's column is, and what all tiles of a zoom have in common is made before too.
fn tiles(
    layer: &AtlasLayer,
    shapes: &TilePyramid,
    content: TileContent,
    file: &str,
) -> anyhow::Result<Value> {
    let mut seconds = Vec::new();
    let mut bytes = Vec::new();
    for line in std::fs::read_to_string(file)?.lines() {
        let coord: TileCoord = line.parse()?;
        shapes.make_ready(layer, coord.z());
        let start = Instant::now();
        let tile = shapes.cut(layer, coord, content, |_| TileValue::default());
        seconds.push(start.elapsed().as_secs_f64());
        bytes.push(tile.len());
    }
    Ok(json!({ "seconds": seconds, "bytes": bytes }))
}

/// Every tile of a layer between two zooms with all vector layers, compressed, on all cores.
fn pyramid(layer: &AtlasLayer, from: u8, to: u8) -> anyhow::Result<Value> {
    let bounds = layer.bbox().context("a layer without ground")?;
    let start = Instant::now();
    let shapes = TilePyramid::default();
    // At the server's level; one for each thread, as its tables are larger than most tiles.
    let compressor = || (Compressor::new(CompressionLvl::new(1).unwrap_or_default()), Vec::new());
    let mut sizes: Vec<usize> = Vec::new();
    for z in from..=to {
        // Made before the tiles: by threads that wait for it among themselves it must not be.
        shapes.make_ready(layer, z);
        // Tiles of the box around the layer, as slippy maps count them.
        let side = f64::from(1u32 << z);
        let column = |lon: f64| ((lon + 180.0) / 360.0 * side) as u32;
        let row =
            |lat: f64| ((1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side) as u32;
        let mut coords = Vec::new();
        for x in column(bounds.min().x)..=column(bounds.max().x) {
            for y in row(bounds.max().y)..=row(bounds.min().y) {
                coords.push(TileCoord::new_checked(z, x, y)?);
            }
        }
        let packed =
            coords.par_iter().map_init(compressor, |(gzip, packed), &coord| -> anyhow::Result<usize> {
                let tile = shapes.cut(layer, coord, TileContent::ALL, |_| TileValue::default());
                if tile.is_empty() {
                    return Ok(0);
                }
                let bound = gzip.gzip_compress_bound(tile.len());
                packed.resize(bound.max(packed.len()), 0);
                Ok(gzip.gzip_compress(&tile, packed)?)
            });
        sizes.extend(packed.collect::<Result<Vec<usize>, _>>()?);
    }
    let seconds = start.elapsed().as_secs_f64();
    let tiles = sizes.iter().filter(|size| **size > 0).count();
    Ok(json!({ "seconds": seconds, "tiles": tiles, "bytes": sizes.iter().sum::<usize>() }))
}

/// A question to the application without a port, its whole body read.
async fn ask(application: Application, path: &str) -> anyhow::Result<(f64, usize)> {
    let request = Request::get(path).body(Body::empty())?;
    let start = Instant::now();
    let response = match application.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let status = response.status();
    // Piece by piece, as a connection takes it.
    let (mut body, mut bytes) = (response.into_body(), 0);
    while let Some(frame) = body.frame().await {
        bytes += frame?.data_ref().map_or(0, Bytes::len);
    }
    if !status.is_success() {
        bail!("{status}");
    }
    Ok((start.elapsed().as_secs_f64(), bytes))
}
