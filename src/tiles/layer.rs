//! A layer made ready for cutting tiles: shapes projected once, boxes in an R-tree.

use std::collections::HashMap;
use std::ops::ControlFlow;

use geo::{BoundingRect, MultiPolygon};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::encode::{Drawn, DrawnBorder, TileWriter};
use super::ready::{Ready, ReadyZoom};
use super::write::{ALONE, Text};
use super::{TileContent, TileCoord, TileShape, WorldPoint, project_line};
use crate::atlas::{Area, AtlasLayer};
use crate::coverage::{Coverage, NOWHERE};

/// Of an area without ground.
const NO_LABEL: WorldPoint = WorldPoint { x: 0, y: 0 };

type Boxes = RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>;

/// A border between two areas, or between an area and the outside.
struct Border {
    line: Vec<WorldPoint>,
    left: Option<u32>,
    right: Option<u32>,
}

/// A layer ready for cutting tiles.
pub struct TileLayer {
    shapes: Vec<TileShape>,
    labels: Vec<WorldPoint>,
    areas: Boxes,
    borders: Vec<Border>,
    border_boxes: Boxes,
    texts: Texts,
}

/// What is drawn on an area besides its code and name.
#[derive(Clone, Copy, Debug, Default)]
pub struct TileValue {
    /// The value.
    pub value: Option<f64>,
    /// Its class in the legend.
    pub class: Option<usize>,
    /// Why there is none.
    pub flag: Option<&'static str>,
}

impl TileLayer {
    /// Projects a layer with all its vertices.
    pub fn new(layer: &AtlasLayer) -> Self {
        TileLayer::of(layer, layer.shapes(), layer.outline())
    }

    /// Projects a layer within a tolerance in metres: the same areas with fewer vertices, none of them moved.
    pub fn within(layer: &AtlasLayer, tolerance_m: f64) -> Self {
        let coarse = layer.simplified(tolerance_m);
        TileLayer::of(layer, &coarse.shapes(), &coarse)
    }

    /// Projects shapes, one for each area of the layer, and the arcs between them.
    fn of(layer: &AtlasLayer, shapes: &[MultiPolygon], outline: &Coverage) -> Self {
        let shapes: Vec<TileShape> = shapes.par_iter().map(TileShape::project).collect();
        let labels =
            layer.label_points().iter().map(|p| p.map_or(NO_LABEL, WorldPoint::from_lon_lat)).collect();
        let areas = layer.areas().iter().enumerate().filter_map(|(i, area)| {
            let rect = area.bbox?;
            Some(GeomWithData::new(Rectangle::from_corners(rect.min().into(), rect.max().into()), i as u32))
        });
        let areas = RTree::bulk_load(areas.collect());
        let number = |area: u32| (area != NOWHERE).then_some(area);
        let (borders, boxes): (Vec<Border>, Vec<Rectangle<[f64; 2]>>) = outline
            .arcs()
            .par_iter()
            .filter_map(|&arc| {
                let line = outline.vertices_of(arc);
                let rect = geo::LineString(line.to_vec()).bounding_rect()?;
                let (left, right) = (number(arc.left), number(arc.right));
                let corners = Rectangle::from_corners(rect.min().into(), rect.max().into());
                Some((Border { line: project_line(line), left, right }, corners))
            })
            .unzip();
        let boxes = boxes.into_iter().zip(0..).map(|(corners, i)| GeomWithData::new(corners, i));
        let border_boxes = RTree::bulk_load(boxes.collect());
        let texts = Texts::new(layer.areas());
        TileLayer { shapes, labels, areas, borders, border_boxes, texts }
    }

    /// How many vertices its borders have.
    pub fn vertex_count(&self) -> usize {
        self.borders.iter().map(|border| border.line.len()).sum()
    }

    /// Makes ready what is the same in all tiles of a zoom.
    pub(super) fn ready(&self, zoom: u8) -> ReadyZoom {
        let labels: Vec<Option<WorldPoint>> =
            self.labels.iter().map(|&label| (label != NO_LABEL).then_some(label)).collect();
        let borders: Vec<&[WorldPoint]> = self.borders.iter().map(|border| border.line.as_slice()).collect();
        ReadyZoom::new(zoom, &self.shapes, &labels, &borders)
    }

    /// Cuts one tile with the vector layers that are wanted; `value_of` gives what is drawn on the area of a number.
    pub fn cut(&self, tile: TileCoord, content: TileContent, value_of: impl Fn(u32) -> TileValue) -> Vec<u8> {
        let [west, south, east, north] = tile.bounds_with_buffer();
        let window = AABB::from_corners([west, south], [east, north]);
        let mut writer = TileWriter::new(tile, content);
        let mut flags = Flags::default();
        if content.needs_areas() {
            for number in within(&self.areas, window) {
                writer.area(&self.area(number, Ready::Unknown, value_of(number), &mut flags));
            }
        }
        if content.borders {
            for number in within(&self.border_boxes, window) {
                self.add_border(&mut writer, number, Ready::Unknown);
            }
        }
        writer.finish()
    }

    /// Cuts one tile of what is ready for its zoom.
    pub(super) fn cut_ready(
        &self,
        tile: TileCoord,
        content: TileContent,
        ready: &ReadyZoom,
        value_of: impl Fn(u32) -> TileValue,
    ) -> Vec<u8> {
        let mut writer = TileWriter::new(tile, content);
        let mut flags = Flags::default();
        if content.needs_areas() {
            ready.shapes_in(tile, |number, ready| {
                writer.area(&self.area(number, ready, value_of(number), &mut flags));
            });
        }
        if content.borders {
            ready.borders_in(tile, |number, ready| self.add_border(&mut writer, number, ready));
        }
        writer.finish()
    }

    fn area<'a>(&'a self, number: u32, ready: Ready<'a>, drawn: TileValue, flags: &mut Flags) -> Drawn<'a> {
        let (code, name) = self.texts.of(number);
        Drawn {
            index: number,
            code,
            name,
            shape: &self.shapes[number as usize],
            label_point: self.labels[number as usize],
            value: drawn.value,
            class: drawn.class,
            flag: drawn.flag.map(|flag| flags.numbered(flag)),
            ready,
        }
    }

    /// Adds a border to a tile; the codes on its sides are known by the numbers of their areas.
    fn add_border<'a>(&'a self, writer: &mut TileWriter<'a>, number: u32, ready: Ready<'a>) {
        let Border { line, left, right } = &self.borders[number as usize];
        let drawn = DrawnBorder { line, left: *left, right: *right, ready };
        writer.border(&drawn, |area| self.texts.of(area).0.text);
    }
}

/// The flags of a tile, by their numbers.
#[derive(Default)]
struct Flags(Vec<&'static str>);

impl Flags {
    fn numbered(&mut self, text: &'static str) -> Text<'static> {
        let place = self.0.iter().position(|&known| known == text).unwrap_or_else(|| {
            self.0.push(text);
            self.0.len() - 1
        });
        Text { number: FLAGS + TEXTS * place as u32, text }
    }
}

/// Codes and names of areas, one after the other: a tile reads some hundred of them.
struct Texts {
    all: String,
    /// Of each area where its code and its name end, and the number of the first area of that name if there is another.
    ends: Vec<(u32, u32, u32)>,
}

impl Texts {
    fn new(areas: &[Area]) -> Self {
        let mut named: HashMap<&str, (u32, u32)> = HashMap::new();
        for (area, number) in areas.iter().zip(0..) {
            named.entry(&area.name).or_insert((number, 0)).1 += 1;
        }
        let mut all = String::new();
        let ends = areas.iter().map(|area| {
            all.push_str(area.code.as_str());
            let code = all.len() as u32;
            all.push_str(&area.name);
            let number = match named.get(area.name.as_str()) {
                Some((first, 2..)) => NAMES + TEXTS * first,
                _ => ALONE,
            };
            (code, all.len() as u32, number)
        });
        let ends = ends.collect();
        Texts { all, ends }
    }

    /// Code and name, for which an area is looked up once.
    fn of(&self, number: u32) -> (Text<'_>, Text<'_>) {
        let start = (number as usize).checked_sub(1).map_or(0, |before| self.ends[before].1);
        let (code, name, name_number) = self.ends[number as usize];
        let part = |from: u32, to: u32| &self.all[from as usize..to as usize];
        (
            Text { number: ALONE, text: part(start, code) },
            Text { number: name_number, text: part(code, name) },
        )
    }
}

/// The numbers of texts: each kind has every second.
const TEXTS: u32 = 2;
const NAMES: u32 = 0;
const FLAGS: u32 = 1;

/// What meets a window, in order.
fn within(boxes: &Boxes, window: AABB<[f64; 2]>) -> Vec<u32> {
    let mut found: Vec<u32> = Vec::new();
    let _: ControlFlow<()> = boxes.locate_in_envelope_intersecting_int(window, |b| {
        found.push(b.data);
        ControlFlow::Continue(())
    });
    found.sort_unstable();
    found
}
