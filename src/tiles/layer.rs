//! A layer made ready for cutting tiles: shapes projected once, boxes in an R-tree.

use std::collections::HashMap;
use std::ops::ControlFlow;

use geo::{BoundingRect, MultiPolygon};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::encode::{Drawn, DrawnBorder, encode_numbered};
use super::write::Text;
use super::{TileArea, TileCoord, TileShape, WorldPoint, project_line};
use crate::atlas::AtlasLayer;
use crate::coverage::{Coverage, NOWHERE};

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
    /// For each area the first area of the same name.
    first_of_name: Vec<u32>,
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
        let nowhere = WorldPoint { x: 0, y: 0 };
        let labels =
            layer.label_points().iter().map(|p| p.map_or(nowhere, WorldPoint::from_lon_lat)).collect();
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
        let mut named = HashMap::new();
        let names = layer.areas().iter().zip(0..);
        let first_of_name = names.map(|(area, i)| *named.entry(area.name.as_str()).or_insert(i)).collect();
        TileLayer { shapes, labels, areas, borders, border_boxes, first_of_name }
    }

    /// How many vertices its borders have.
    pub fn vertex_count(&self) -> usize {
        self.borders.iter().map(|border| border.line.len()).sum()
    }

    /// Cuts one tile; `value_of` gives what is drawn on the area of a number.
    pub fn cut(&self, layer: &AtlasLayer, tile: TileCoord, value_of: impl Fn(u32) -> TileValue) -> Vec<u8> {
        let [west, south, east, north] = tile.bounds_with_buffer();
        let window = AABB::from_corners([west, south], [east, north]);
        let code = |number: u32| Text {
            number: CODES + TEXTS * number,
            text: layer.areas()[number as usize].code.as_str(),
        };
        let mut flags: Vec<&'static str> = Vec::new();
        let mut flag = |text: &'static str| {
            let place = flags.iter().position(|&known| known == text).unwrap_or_else(|| {
                flags.push(text);
                flags.len() - 1
            });
            Text { number: FLAGS + TEXTS * place as u32, text }
        };
        let areas: Vec<Drawn> = within(&self.areas, window)
            .into_iter()
            .map(|number| {
                let named = &layer.areas()[number as usize];
                let TileValue { value, class, flag: why } = value_of(number);
                let code = code(number);
                let name_number = NAMES + TEXTS * self.first_of_name[number as usize];
                let area = TileArea {
                    index: number,
                    code: code.text,
                    name: &named.name,
                    shape: &self.shapes[number as usize],
                    label_point: self.labels[number as usize],
                    value,
                    class,
                    flag: why,
                };
                let name = Text { number: name_number, text: &named.name };
                Drawn { area, code, name, flag: why.map(&mut flag) }
            })
            .collect();
        let borders: Vec<DrawnBorder> = within(&self.border_boxes, window)
            .into_iter()
            .map(|i| &self.borders[i as usize])
            .map(|b| DrawnBorder { line: &b.line, left: b.left.map(code), right: b.right.map(code) })
            .collect();
        encode_numbered(tile, &areas, &borders)
    }
}

/// The numbers of texts: each kind has every third.
const TEXTS: u32 = 3;
const CODES: u32 = 0;
const NAMES: u32 = 1;
const FLAGS: u32 = 2;

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
