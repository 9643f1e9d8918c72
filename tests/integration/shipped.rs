//! The shipped atlas and the plain shapes of its blocks, each made once for all tests.

use std::sync::LazyLock;

use geo::{Coord, MultiPolygon, Rect};
use levelmap::area::Code;
use levelmap::atlas::{Area, Atlas, AtlasLayer};
use levelmap::geometry;
use levelmap::source::folder::Folder;

/// The United Kingdom as it ships.
pub static ATLAS: LazyLock<Atlas> = LazyLock::new(|| Atlas::load(&Folder::Shipped).unwrap());

/// The polygons of every block through all coverages.
pub static BLOCKS: LazyLock<Blocks> = LazyLock::new(|| {
    let shapes: Vec<MultiPolygon> = ATLAS.coverages().iter().flat_map(|c| c.coverage.shapes()).collect();
    let boxes = shapes.iter().map(|shape| geometry::bbox(shape).unwrap()).collect();
    Blocks { shapes, boxes }
});

/// Blocks as polygons: the slow way to find a point.
pub struct Blocks {
    pub shapes: Vec<MultiPolygon>,
    boxes: Vec<Rect>,
}

impl Blocks {
    /// Every block of every coverage that holds a point, by a test against each polygon whose box does.
    pub fn holding(&self, p: Coord) -> Vec<u32> {
        let boxed = self.boxes.iter().enumerate().filter(|(_, b)| {
            let (low, high) = (b.min(), b.max());
            low.x <= p.x && p.x <= high.x && low.y <= p.y && p.y <= high.y
        });
        boxed.filter(|&(i, _)| geometry::is_in_shape(p, &self.shapes[i])).map(|(i, _)| i as u32).collect()
    }
}

/// A layer as it is written: `lad`, `lad@2025`.
pub fn layer(id: &str) -> &'static AtlasLayer {
    ATLAS.layer(&id.parse().unwrap()).unwrap_or_else(|| panic!("there is no layer {id}"))
}

/// An area of a layer.
pub fn area(layer: &'static AtlasLayer, code: &str) -> &'static Area {
    let code: Code = code.parse().unwrap();
    let number = layer.area_with_code(&code);
    &layer.areas()[number.unwrap_or_else(|| panic!("{} has no {code}", layer.entry.id)) as usize]
}
