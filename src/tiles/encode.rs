//! One vector tile (Mapbox Vector Tile 2): `areas`, `borders` and `labels`.

use fast_mvt::{
    MvtCoord, MvtError, MvtFeatureBuilder, MvtGeomType, MvtLayerBuilder, MvtTileBuilder, MvtValueRef,
};

use super::EXTENT;
use super::clip::{Reach, clip_line, clip_ring, reach};
use super::coord::TileCoord;
use super::fill::fill_anew;
use super::mend::{GridPolygon, Ring, mend};
use super::shape::{GridPoint, LEAST, MOST, TileGrid, TileShape, WorldPoint};

/// An area that may be in a tile.
#[derive(Clone, Copy, Debug)]
pub struct TileArea<'a> {
    /// Its place in its layer; the feature's id is one more, because some clients take 0 for none.
    pub index: u32,
    /// Code of the area.
    pub code: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its shape, simplified to suit the zoom or not.
    pub shape: &'a TileShape,
    /// A point inside it, where its name goes and its mark when it is too small to see.
    pub label_point: WorldPoint,
    /// Value of an indicator, when one was asked for and the area has it.
    pub value: Option<f64>,
    /// Its class in the legend, likewise.
    pub class: Option<usize>,
    /// Why there is no value, or what to know about it.
    pub flag: Option<&'a str>,
}

/// A border between two areas, or an area's coast, that may be in a tile.
#[derive(Clone, Copy, Debug)]
pub struct TileBorder<'a> {
    /// The line, in either direction.
    pub line: &'a [WorldPoint],
    /// Code of the area on its left as it runs; none for the sea or abroad.
    pub left: Option<&'a str>,
    /// Code of the area on its right.
    pub right: Option<&'a str>,
}

/// A tile cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("tile {tile} cannot be encoded: {source}")]
pub struct EncodeError {
    /// Which tile.
    pub tile: TileCoord,
    /// Why.
    pub source: MvtError,
}

/// Encodes a tile. Give every area and border that meets [`TileCoord::bounds_with_buffer`]; others cost a
/// little time and do not appear. A tile with nothing in it is empty.
///
/// Shapes are rounded to the tile's grid first and cut after, so neighbours keep the same border. Each area
/// is one feature. An area too small to enclose anything on the grid is drawn as one grid square at its label
/// point.
pub fn encode_tile(
    tile: TileCoord,
    areas: &[TileArea<'_>],
    borders: &[TileBorder<'_>],
) -> Result<Vec<u8>, EncodeError> {
    let grid = TileGrid::of(tile);
    let encoded = MvtTileBuilder::new();
    encode_areas(grid, encoded, areas)
        .and_then(|encoded| encode_borders(grid, encoded, borders))
        .and_then(|encoded| encode_labels(grid, encoded, areas))
        .map(MvtTileBuilder::encode)
        .map_err(|source| EncodeError { tile, source })
}

fn encode_areas(
    grid: TileGrid,
    tile: MvtTileBuilder,
    areas: &[TileArea<'_>],
) -> Result<MvtTileBuilder, MvtError> {
    let mut layer = Pending::Before(tile);
    for area in areas {
        let mut polygons = polygons_within(grid, area.shape);
        if polygons.is_empty() {
            let Some(mark) = mark(grid, area.label_point) else { continue };
            polygons = vec![vec![mark]];
        }
        let mut feature = layer.open("areas")?.feature_of(MvtGeomType::Polygon);
        for polygon in &polygons {
            for (i, ring) in polygon.iter().enumerate() {
                feature.ring(ring.iter().map(encoded), i == 0)?;
            }
        }
        describe(&mut feature, area)?;
        if let Some(value) = area.value {
            feature.tag_ref("value", MvtValueRef::Double(value))?;
        }
        if let Some(class) = area.class {
            feature.tag_ref("class", MvtValueRef::UInt(class as u64))?;
        }
        if let Some(flag) = area.flag {
            feature.tag_ref("flag", MvtValueRef::String(flag))?;
        }
        layer = Pending::Open(feature.end());
    }
    Ok(layer.close())
}

fn encode_borders(
    grid: TileGrid,
    tile: MvtTileBuilder,
    borders: &[TileBorder<'_>],
) -> Result<MvtTileBuilder, MvtError> {
    let mut layer = Pending::Before(tile);
    for border in borders {
        let line = grid.round(border.line);
        let lines = match reach_of(&line) {
            Some(Reach::Inside) if line.len() > 1 => vec![line],
            Some(Reach::Across) => clip_line(line),
            _ => continue,
        };
        if lines.is_empty() {
            continue;
        }
        let mut feature = layer.open("borders")?.feature_of(MvtGeomType::LineString);
        for line in &lines {
            feature.line(line.iter().map(encoded))?;
        }
        for (side, code) in [("left", border.left), ("right", border.right)] {
            if let Some(code) = code {
                feature.tag_ref(side, MvtValueRef::String(code))?;
            }
        }
        layer = Pending::Open(feature.end());
    }
    Ok(layer.close())
}

/// Only the tile that holds an area's label point has its label, so a name is drawn once on the whole map.
fn encode_labels(
    grid: TileGrid,
    tile: MvtTileBuilder,
    areas: &[TileArea<'_>],
) -> Result<MvtTileBuilder, MvtError> {
    let mut layer = Pending::Before(tile);
    let within = 0..i64::from(EXTENT);
    for area in areas {
        let place = grid.upper_left(area.label_point);
        if !(within.contains(&place.x) && within.contains(&place.y)) {
            continue;
        }
        let mut feature = layer.open("labels")?.feature_of(MvtGeomType::Point);
        feature.points([encoded(&place)])?;
        describe(&mut feature, area)?;
        layer = Pending::Open(feature.end());
    }
    Ok(layer.close())
}

fn describe(feature: &mut MvtFeatureBuilder, area: &TileArea<'_>) -> Result<(), MvtError> {
    feature.id(Some(u64::from(area.index) + 1));
    feature.tag_ref("code", MvtValueRef::String(area.code))?;
    feature.tag_ref("name", MvtValueRef::String(area.name))?;
    Ok(())
}

/// A layer that is begun only when it has a feature: a layer without any is not lawful.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is never stored")]
enum Pending {
    Before(MvtTileBuilder),
    Open(MvtLayerBuilder),
}

impl Pending {
    fn open(self, name: &str) -> Result<MvtLayerBuilder, MvtError> {
        match self {
            Pending::Before(tile) => tile.layer(name),
            Pending::Open(layer) => Ok(layer),
        }
    }

    fn close(self) -> MvtTileBuilder {
        match self {
            Pending::Before(tile) => tile,
            Pending::Open(layer) => layer.end(),
        }
    }
}

/// After clipping, coordinates are at most the tile and its buffer.
fn encoded(point: &GridPoint) -> MvtCoord {
    MvtCoord { x: point.x as i32, y: point.y as i32 }
}

/// The polygons of a shape within the tile and its buffer, on its grid and valid.
fn polygons_within(grid: TileGrid, shape: &TileShape) -> Vec<GridPolygon> {
    let mut polygons: Vec<GridPolygon> = Vec::new();
    for polygon in &shape.polygons {
        let [least, greatest] = polygon.corners.map(|corner| grid.nearest(corner));
        let flat = least.x == greatest.x || least.y == greatest.y;
        let cut = match reach(least, greatest) {
            _ if flat => continue,
            Reach::Outside => continue,
            Reach::Inside => false,
            Reach::Across => true,
        };
        let rings = polygon.rings.iter().map(|ring| {
            let mut rounded: Ring = grid.round(ring);
            while rounded.len() > 1 && rounded.first() == rounded.last() {
                rounded.pop();
            }
            if cut { clip_ring(rounded) } else { rounded }
        });
        polygons.push(rings.collect());
    }
    if shape.nested && !polygons.is_empty() { fill_anew(&polygons) } else { mend(polygons) }
}

fn reach_of(line: &[GridPoint]) -> Option<Reach> {
    let least = GridPoint { x: line.iter().map(|p| p.x).min()?, y: line.iter().map(|p| p.y).min()? };
    let greatest = GridPoint { x: line.iter().map(|p| p.x).max()?, y: line.iter().map(|p| p.y).max()? };
    Some(reach(least, greatest))
}

/// One grid square at a point, if the point is in the tile or its buffer.
fn mark(grid: TileGrid, point: WorldPoint) -> Option<Ring> {
    let place = grid.upper_left(point);
    if reach(place, place) == Reach::Outside {
        return None;
    }
    let (x, y) = (place.x.clamp(LEAST, MOST - 1), place.y.clamp(LEAST, MOST - 1));
    let corner = |east, south| GridPoint { x: x + east, y: y + south };
    Some(vec![corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)])
}
