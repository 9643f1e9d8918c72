//! One vector tile (Mapbox Vector Tile 2): `areas`, `borders` and `labels`.

use std::collections::HashMap;

use super::EXTENT;
use super::clip::{Reach, add_ring, clip_line, clip_ring, must_cut, reach, reach_of};
use super::commands::Steps;
use super::content::TileContent;
use super::coord::TileCoord;
use super::fill::fill_anew;
use super::mend::{GridPolygon, Ring, doubled_area, mend};
use super::plain::{Found, PlainRings};
use super::ready::Ready;
use super::shape::{GridPoint, LEAST, MOST, TileGrid, TileShape, WorldPoint};
use super::write::{Key, Kind, LayerWriter, Text, Value};

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
    let mut texts = Texts::default();
    let mut writer = TileWriter::new(tile, TileContent::ALL);
    for &TileArea { index, code, name, shape, label_point, value, class, flag } in areas {
        let [code, name] = [code, name].map(|text| texts.numbered(text));
        let flag = flag.map(|flag| texts.numbered(flag));
        writer.area(&Drawn {
            index,
            code,
            name,
            shape,
            label_point,
            value,
            class,
            flag,
            ready: Ready::Unknown,
        });
    }
    for border in borders {
        let [left, right] =
            [border.left, border.right].map(|code| code.map(|code| texts.numbered(code).number));
        let drawn = DrawnBorder { line: border.line, left, right, ready: Ready::Unknown };
        writer.border(&drawn, |code| texts.all[code as usize]);
    }
    writer.finish()
}

/// Texts by number, and their numbers.
#[derive(Default)]
struct Texts<'a> {
    all: Vec<&'a str>,
    numbers: HashMap<&'a str, u32>,
}

impl<'a> Texts<'a> {
    fn numbered(&mut self, text: &'a str) -> Text<'a> {
        let number = *self.numbers.entry(text).or_insert_with(|| {
            self.all.push(text);
            self.all.len() as u32 - 1
        });
        Text { number, text }
    }
}

/// An area that may be in a tile, its texts numbered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn<'a> {
    pub(super) index: u32,
    pub(super) code: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) shape: &'a TileShape,
    pub(super) label_point: WorldPoint,
    pub(super) value: Option<f64>,
    pub(super) class: Option<usize>,
    pub(super) flag: Option<Text<'a>>,
    pub(super) ready: Ready<'a>,
}

/// A border that may be in a tile, the codes on its sides as numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct DrawnBorder<'a> {
    pub(super) line: &'a [WorldPoint],
    pub(super) left: Option<u32>,
    pub(super) right: Option<u32>,
    pub(super) ready: Ready<'a>,
}

/// A tile in the making; areas and borders appear in the order in which they come.
pub(super) struct TileWriter<'a> {
    grid: TileGrid,
    content: TileContent,
    areas: LayerWriter<'a>,
    borders: LayerWriter<'a>,
    labels: LayerWriter<'a>,
    plain: PlainRings,
    line: Vec<GridPoint>,
}

impl<'a> TileWriter<'a> {
    pub(super) fn new(tile: TileCoord, content: TileContent) -> Self {
        TileWriter {
            grid: TileGrid::of(tile),
            content,
            areas: LayerWriter::new("areas"),
            borders: LayerWriter::new("borders"),
            labels: LayerWriter::new("labels"),
            plain: PlainRings::default(),
            line: Vec::new(),
        }
    }

    /// Adds an area and its label, as far as the tile has them and they are wanted.
    pub(super) fn area(&mut self, drawn: &Drawn<'a>) {
        if self.content.labels {
            self.label(drawn);
        }
        if !self.content.areas {
            return;
        }
        if !self.shape(drawn) {
            let Some(mark) = mark(self.grid, drawn.label_point) else { return };
            self.areas.ring(&mark);
        }
        let layer = &mut self.areas;
        describe(layer, drawn);
        if let Some(value) = drawn.value {
            layer.tag(Key::Value, Value::Double(value));
        }
        if let Some(class) = drawn.class {
            layer.tag(Key::Class, Value::Whole(class as u64));
        }
        if let Some(flag) = drawn.flag {
            layer.tag(Key::Flag, Value::Text(flag));
        }
        layer.end(Kind::Polygon, Some(drawn.index + 1));
    }

    /// Only the tile that holds an area's label point has its label, so a name is drawn once on the whole map.
    fn label(&mut self, drawn: &Drawn<'a>) {
        let within = 0..i64::from(EXTENT);
        let place = self.grid.upper_left(drawn.label_point);
        if within.contains(&place.x) && within.contains(&place.y) {
            self.labels.point(place);
            describe(&mut self.labels, drawn);
            self.labels.end(Kind::Point, Some(drawn.index + 1));
        }
    }

    /// Adds what an area leaves within the tile and its buffer; false when that is nothing.
    fn shape(&mut self, drawn: &Drawn<'a>) -> bool {
        let found = match drawn.ready {
            Ready::Written { reach: Reach::Inside, first, after } => {
                self.areas.written(first, after);
                return true;
            }
            Ready::Written { reach: Reach::Outside, .. } | Ready::Nothing => return false,
            Ready::Written { reach: Reach::Across, first, after } => {
                self.plain.take_rounded(Steps::new(first, after))
            }
            Ready::Unknown => self.plain.take(self.grid, drawn.shape),
        };
        if found == Found::Valid {
            self.plain.rings().for_each(|ring| self.areas.ring(ring));
        }
        if found != Found::Unclear {
            return found == Found::Valid;
        }
        let polygons = match drawn.ready {
            Ready::Written { first, after, .. } => mend(cut_polygons(Steps::new(first, after))),
            _ => polygons_within(self.grid, drawn.shape),
        };
        polygons.iter().flatten().for_each(|ring| self.areas.ring(ring));
        !polygons.is_empty()
    }

    /// Adds a border, as far as the tile has it; `code_of` gives the codes by their numbers.
    pub(super) fn border(&mut self, border: &DrawnBorder<'a>, code_of: impl Fn(u32) -> &'a str) {
        let (layer, line) = (&mut self.borders, &mut self.line);
        line.clear();
        match border.ready {
            Ready::Written { reach: Reach::Inside, first, after } => layer.written(first, after),
            Ready::Written { reach: Reach::Outside, .. } | Ready::Nothing => return,
            Ready::Written { reach: Reach::Across, first, after } => {
                Steps::new(first, after).next_line(line);
            }
            Ready::Unknown => self.grid.round_onto(border.line, line),
        }
        match reach_of(line) {
            Some(Reach::Inside) if line.len() > 1 => layer.line(line),
            Some(Reach::Across) => {
                let parts = clip_line(std::mem::take(line));
                if parts.is_empty() {
                    return;
                }
                for part in &parts {
                    layer.line(part);
                }
            }
            // Of no points where it was written already.
            None if matches!(border.ready, Ready::Written { .. }) => {}
            _ => return,
        }
        for (side, code) in [(Key::Left, border.left), (Key::Right, border.right)] {
            if let Some(code) = code {
                layer.tag_numbered(side, code, || code_of(code));
            }
        }
        layer.end(Kind::Line, None);
    }

    /// The tile's bytes; none when there is nothing in it.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut encoded = Vec::new();
        for layer in [self.areas, self.borders, self.labels] {
            layer.finish(&mut encoded);
        }
        encoded
    }
}

fn describe<'a>(layer: &mut LayerWriter<'a>, drawn: &Drawn<'a>) {
    layer.tag(Key::Code, Value::Text(drawn.code));
    layer.tag(Key::Name, Value::Text(drawn.name));
}

/// The polygons of rings that are rounded and valid, cut.
fn cut_polygons(mut rings: Steps<'_>) -> Vec<GridPolygon> {
    let mut polygons: Vec<GridPolygon> = Vec::new();
    let mut ring = Ring::new();
    while rings.next_line(&mut ring) {
        let outer = doubled_area(&ring) > 0;
        clip_ring(&mut ring, 0);
        let ring = std::mem::take(&mut ring);
        match polygons.last_mut() {
            Some(polygon) if !outer => polygon.push(ring),
            _ => polygons.push(vec![ring]),
        }
    }
    polygons
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
