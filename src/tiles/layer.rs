//! A layer made ready for cutting tiles: shapes projected once, boxes in an R-tree.

use geo::BoundingRect;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::{EncodeError, TileArea, TileBorder, TileCoord, TileShape, WorldPoint, encode_tile, project_line};
use crate::atlas::AtlasLayer;
use crate::coverage::NOWHERE;

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
    /// Projects a layer.
    pub fn new(layer: &AtlasLayer) -> Self {
        let shapes: Vec<TileShape> = layer.shapes().iter().map(TileShape::project).collect();
        let nowhere = WorldPoint { x: 0, y: 0 };
        let labels =
            layer.label_points().iter().map(|p| p.map_or(nowhere, WorldPoint::from_lon_lat)).collect();
        let areas = layer.areas().iter().enumerate().filter_map(|(i, area)| {
            let rect = area.bbox?;
            Some(GeomWithData::new(Rectangle::from_corners(rect.min().into(), rect.max().into()), i as u32))
        });
        let areas = RTree::bulk_load(areas.collect());
        let mut borders = Vec::new();
        let mut boxes = Vec::new();
        let outline = layer.outline();
        let number = |area: u32| (area != NOWHERE).then_some(area);
        for &arc in outline.arcs() {
            let line = outline.vertices_of(arc);
            if let Some(rect) = geo::LineString(line.to_vec()).bounding_rect() {
                let corners = Rectangle::from_corners(rect.min().into(), rect.max().into());
                boxes.push(GeomWithData::new(corners, borders.len() as u32));
                let (left, right) = (number(arc.left), number(arc.right));
                borders.push(Border { line: project_line(line), left, right });
            }
        }
        TileLayer { shapes, labels, areas, borders, border_boxes: RTree::bulk_load(boxes) }
    }

    /// Cuts one tile; `value_of` gives what is drawn on the area of a number.
    pub fn cut(
        &self,
        layer: &AtlasLayer,
        tile: TileCoord,
        value_of: impl Fn(u32) -> TileValue,
    ) -> Result<Vec<u8>, EncodeError> {
        let [west, south, east, north] = tile.bounds_with_buffer();
        let window = AABB::from_corners([west, south], [east, north]);
        let mut numbers: Vec<u32> =
            self.areas.locate_in_envelope_intersecting(window).map(|b| b.data).collect();
        numbers.sort_unstable();
        let areas: Vec<TileArea> = numbers
            .into_iter()
            .map(|number| {
                let area = &layer.areas()[number as usize];
                let TileValue { value, class, flag } = value_of(number);
                TileArea {
                    index: number,
                    code: area.code.as_str(),
                    name: &area.name,
                    shape: &self.shapes[number as usize],
                    label_point: self.labels[number as usize],
                    value,
                    class,
                    flag,
                }
            })
            .collect();
        let mut lines: Vec<u32> =
            self.border_boxes.locate_in_envelope_intersecting(window).map(|b| b.data).collect();
        lines.sort_unstable();
        let code = |area: Option<u32>| area.map(|a| layer.areas()[a as usize].code.as_str());
        let borders: Vec<TileBorder> = lines
            .into_iter()
            .map(|i| &self.borders[i as usize])
            .map(|b| TileBorder { line: &b.line, left: code(b.left), right: code(b.right) })
            .collect();
        encode_tile(tile, &areas, &borders)
    }
}
