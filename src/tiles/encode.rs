//! One vector tile (Mapbox Vector Tile 2): `areas`, `borders` and `labels`.

use std::collections::HashMap;

use super::EXTENT;
use super::clip::{Reach, add_ring, clip_line, must_cut, reach};
use super::coord::TileCoord;
use super::fill::fill_anew;
use super::mend::{GridPolygon, Ring, mend};
use super::plain::{Found, PlainRings};
use super::shape::{GridPoint, LEAST, MOST, TileGrid, TileShape, WorldPoint};
use super::write::{Kind, LayerWriter, Text, Value};

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

/// Encodes a tile. Give every area and border that meets [`TileCoord::bounds_with_buffer`]; others cost a
/// little time and do not appear. A tile with nothing in it is empty.
///
/// Shapes are rounded to the tile's grid first and cut after, so neighbours keep the same border. Each area
/// is one feature. An area too small to enclose anything on the grid is drawn as one grid square at its label
/// point.
pub fn encode_tile(tile: TileCoord, areas: &[TileArea<'_>], borders: &[TileBorder<'_>]) -> Vec<u8> {
    let mut numbers = HashMap::new();
    let mut number = |text| {
        let next = numbers.len() as u32;
        Text { number: *numbers.entry(text).or_insert(next), text }
    };
    let areas: Vec<Drawn> = areas
        .iter()
        .map(|&area| Drawn {
            code: number(area.code),
            name: number(area.name),
            flag: area.flag.map(&mut number),
            area,
        })
        .collect();
    let borders: Vec<DrawnBorder> = borders
        .iter()
        .map(|border| DrawnBorder {
            line: border.line,
            left: border.left.map(&mut number),
            right: border.right.map(&mut number),
        })
        .collect();
    encode_numbered(tile, &areas, &borders)
}

/// An area that may be in a tile, its texts numbered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn<'a> {
    pub(super) area: TileArea<'a>,
    pub(super) code: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) flag: Option<Text<'a>>,
}

/// A border that may be in a tile, the codes on its sides numbered.
#[derive(Clone, Copy, Debug)]
pub(super) struct DrawnBorder<'a> {
    pub(super) line: &'a [WorldPoint],
    pub(super) left: Option<Text<'a>>,
    pub(super) right: Option<Text<'a>>,
}

/// [`encode_tile`] of what knows the numbers of its texts.
pub(super) fn encode_numbered(tile: TileCoord, areas: &[Drawn<'_>], borders: &[DrawnBorder<'_>]) -> Vec<u8> {
    let grid = TileGrid::of(tile);
    let mut encoded = Vec::new();
    encode_areas(grid, areas).finish(&mut encoded);
    encode_borders(grid, borders).finish(&mut encoded);
    encode_labels(grid, areas).finish(&mut encoded);
    encoded
}

fn encode_areas(grid: TileGrid, areas: &[Drawn<'_>]) -> LayerWriter {
    let mut layer = LayerWriter::new("areas", areas.len());
    let mut plain = PlainRings::default();
    for drawn in areas {
        let area = &drawn.area;
        let found = plain.take(grid, area.shape);
        let polygons = if found == Found::Unclear { polygons_within(grid, area.shape) } else { Vec::new() };
        if found == Found::Valid {
            plain.rings().for_each(|ring| layer.ring(ring));
        } else if polygons.is_empty() {
            let Some(mark) = mark(grid, area.label_point) else { continue };
            layer.ring(&mark);
        } else {
            polygons.iter().flatten().for_each(|ring| layer.ring(ring));
        }
        describe(&mut layer, drawn);
        if let Some(value) = area.value {
            layer.tag("value", Value::Double(value));
        }
        if let Some(class) = area.class {
            layer.tag("class", Value::Whole(class as u64));
        }
        if let Some(flag) = drawn.flag {
            layer.tag("flag", Value::Text(flag));
        }
        layer.end(Kind::Polygon, Some(id(drawn)));
    }
    layer
}

fn encode_borders(grid: TileGrid, borders: &[DrawnBorder<'_>]) -> LayerWriter {
    let mut layer = LayerWriter::new("borders", borders.len());
    let mut line = Vec::new();
    for border in borders {
        line.clear();
        grid.round_onto(border.line, &mut line);
        match reach_of(&line) {
            Some(Reach::Inside) if line.len() > 1 => layer.line(&line),
            Some(Reach::Across) => {
                let parts = clip_line(std::mem::take(&mut line));
                if parts.is_empty() {
                    continue;
                }
                for part in &parts {
                    layer.line(part);
                }
            }
            _ => continue,
        }
        for (side, code) in [("left", border.left), ("right", border.right)] {
            if let Some(code) = code {
                layer.tag(side, Value::Text(code));
            }
        }
        layer.end(Kind::Line, None);
    }
    layer
}

/// Only the tile that holds an area's label point has its label, so a name is drawn once on the whole map.
fn encode_labels(grid: TileGrid, areas: &[Drawn<'_>]) -> LayerWriter {
    let mut layer = LayerWriter::new("labels", areas.len());
    let within = 0..i64::from(EXTENT);
    for drawn in areas {
        let place = grid.upper_left(drawn.area.label_point);
        if !(within.contains(&place.x) && within.contains(&place.y)) {
            continue;
        }
        layer.point(place);
        describe(&mut layer, drawn);
        layer.end(Kind::Point, Some(id(drawn)));
    }
    layer
}

fn id(drawn: &Drawn<'_>) -> u64 {
    u64::from(drawn.area.index) + 1
}

fn describe(layer: &mut LayerWriter, drawn: &Drawn<'_>) {
    layer.tag("code", Value::Text(drawn.code));
    layer.tag("name", Value::Text(drawn.name));
}

/// The polygons of a shape within the tile and its buffer, on its grid and valid: the long way, which knows
/// every shape.
pub(super) fn polygons_within(grid: TileGrid, shape: &TileShape) -> Vec<GridPolygon> {
    let mut polygons: Vec<GridPolygon> = Vec::new();
    for polygon in &shape.polygons {
        let Some(cut) = must_cut(grid, polygon) else { continue };
        let rings = polygon.rings.iter().map(|ring| {
            let mut rounded = Ring::new();
            add_ring(grid, ring, cut, &mut rounded);
            rounded
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
