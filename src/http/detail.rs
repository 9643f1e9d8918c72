//! How much of a layer's shapes an answer holds, and in which coordinates: `tolerance_m` or `zoom`, `bbox`, `precision`, `crs`.

use std::sync::Arc;

use geo::{Coord, Intersects, Rect};
use serde_json::{Map, Value};

use super::parameters::Parameters;
use super::reference_systems::ReferenceSystem;
use crate::atlas::{Atlas, AtlasLayer, Feature};
use crate::coverage::{Coverage, NOWHERE, digits_at_zoom, tolerance_at_zoom_m, topojson};

/// The parameters that say so.
pub(super) const PARAMETERS: [&str; 5] = ["tolerance_m", "zoom", "bbox", "precision", "crs"];

/// No layer has anything left to lose beyond this.
const MAX_TOLERANCE_M: f64 = 100_000.0;

/// The deepest zoom of any map client.
const MAX_ZOOM: f64 = 24.0;

/// Digits after the point of a coordinate that the shipped coverages have.
const ALL_DIGITS: u8 = 6;

/// What was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Detail {
    /// How far a border may be from the truth, in metres; 0 for the whole truth.
    pub tolerance_m: f64,
    /// Digits after the point, when fewer than all are wanted.
    precision: Option<u8>,
    /// Only areas that meet this box.
    bbox: Option<Rect>,
    /// How coordinates are given.
    pub crs: ReferenceSystem,
}

/// A layer's shapes as asked for.
pub(super) struct Shapes {
    /// The chosen areas as blocks.
    pub coverage: Arc<Coverage>,
    /// The number in the layer of each block.
    pub areas: Vec<u32>,
    /// Digits after the point that every coordinate fits.
    pub digits: u8,
}

/// Shapes as a form of an answer needs them.
pub(super) struct Ready<'a> {
    /// Made for this answer; `None` where those that the layer keeps, or none, are wanted.
    pub shapes: Option<Shapes>,
    geometries: Geometries<'a>,
}

/// Encoded geometries.
enum Geometries<'a> {
    /// The form holds none.
    None,
    /// Those that the layer keeps, of all its areas.
    Kept(&'a Arc<[Feature]>),
    Made(Vec<Box<[u8]>>),
}

impl Ready<'_> {
    /// The encoded geometry of a chosen area by its place among them; empty where the form holds none.
    pub fn geometry(&self, place: usize) -> &[u8] {
        match &self.geometries {
            Geometries::None => &[],
            Geometries::Kept(features) => features.get(place).map(Feature::geometry).unwrap_or_default(),
            Geometries::Made(made) => made.get(place).map(AsRef::as_ref).unwrap_or_default(),
        }
    }

    /// The beginnings of the features of all areas, where those that the layer keeps are wanted.
    pub fn features(&self) -> Option<&Arc<[Feature]>> {
        match &self.geometries {
            Geometries::Kept(features) => Some(features),
            _ => None,
        }
    }
}

impl Detail {
    /// Reads the parameters.
    pub fn read(read: &mut Parameters) -> Detail {
        let mut detail = Detail::default();
        let ranged = |read: &mut Parameters, name: &str, greatest: f64| {
            let value = read.number(name)?;
            if (0.0..=greatest).contains(&value) {
                return Some(value);
            }
            read.fault(name, &value.to_string(), format!("between 0 and {greatest}"));
            None
        };
        let tolerance_m = ranged(read, "tolerance_m", MAX_TOLERANCE_M);
        let zoom = ranged(read, "zoom", MAX_ZOOM);
        if let (Some(_), Some(zoom)) = (tolerance_m, zoom) {
            read.fault("zoom", &zoom.to_string(), "give `tolerance_m` or `zoom`, not both");
        }
        detail.tolerance_m = tolerance_m.or(zoom.map(tolerance_at_zoom_m)).unwrap_or(0.0);
        let asked: Option<u8> = read.value("precision");
        if let Some(digits) = asked.filter(|digits| !(1..=ALL_DIGITS).contains(digits)) {
            read.fault("precision", &digits.to_string(), format!("between 1 and {ALL_DIGITS} digits"));
        }
        detail.precision = asked.or(zoom.map(digits_at_zoom)).filter(|&digits| digits < ALL_DIGITS);
        detail.crs = read.value("crs").unwrap_or_default();
        if let Some(digits) = asked.filter(|_| detail.crs != ReferenceSystem::Crs84) {
            read.fault("precision", &digits.to_string(), "is of degrees, which `crs` takes away");
        }
        if let Some(text) = read.text("bbox").map(str::to_owned) {
            match corners(&text) {
                Ok(bbox) => detail.bbox = Some(bbox),
                Err(message) => read.fault("bbox", &text, message),
            }
        }
        detail
    }

    /// True when every area is wanted in full, as it is kept ready.
    pub fn is_all(&self) -> bool {
        self.tolerance_m == 0.0
            && self.precision.is_none()
            && self.bbox.is_none()
            && self.crs == ReferenceSystem::Crs84
    }

    /// The same areas within another tolerance, with all digits.
    pub fn within(&self, tolerance_m: f64) -> Detail {
        Detail { tolerance_m, precision: None, ..*self }
    }

    /// The numbers of the areas that meet the box, or of all.
    pub fn areas(&self, layer: &AtlasLayer) -> Vec<u32> {
        let all = 0..layer.areas().len() as u32;
        let Some(bbox) = self.bbox else { return all.collect() };
        let meets = |&area: &u32| {
            let about = &layer.areas()[area as usize];
            about.bbox.is_some_and(|b| b.intersects(&bbox)) && layer.shapes()[area as usize].intersects(&bbox)
        };
        all.filter(meets).collect()
    }

    /// The shapes asked for.
    pub fn shapes(&self, layer: &AtlasLayer) -> Shapes {
        let mut coverage = match self.tolerance_m {
            0.0 => Arc::clone(layer.outline()),
            tolerance_m => Arc::new(layer.simplified(tolerance_m)),
        };
        let areas = self.areas(layer);
        if areas.len() < layer.areas().len() {
            let mut group = vec![NOWHERE; layer.areas().len()];
            for (i, &area) in areas.iter().enumerate() {
                group[area as usize] = i as u32;
            }
            let blocks = areas.iter().map(|&area| coverage.blocks()[area as usize].clone()).collect();
            coverage = Arc::new(coverage.dissolve(&group, blocks));
        }
        let mut digits = ALL_DIGITS;
        if let Some(precision) = self.precision {
            let rounded = coverage.rounded(precision);
            digits = if rounded.left == 0 { precision } else { ALL_DIGITS };
            coverage = Arc::new(rounded.coverage);
        }
        Shapes { coverage, areas, digits }
    }

    /// The shapes that a form of an answer needs, encoded where it holds them as GeoJSON.
    pub fn ready<'a>(&self, atlas: &Atlas, layer: &'a AtlasLayer, form: &str) -> Ready<'a> {
        let simplified = form == "geojson" && !self.is_all();
        let shapes = (simplified || form == "topojson").then(|| self.shapes(layer));
        let geometries = match (&shapes, form) {
            (Some(shapes), "geojson") => Geometries::Made(self.geometries(atlas, shapes)),
            (None, "geojson") => Geometries::Kept(layer.features()),
            _ => Geometries::None,
        };
        Ready { shapes, geometries }
    }

    /// The geometry of each chosen area as GeoJSON.
    pub fn geometries(&self, atlas: &Atlas, shapes: &Shapes) -> Vec<Box<[u8]>> {
        shapes.coverage.shapes().iter().map(|shape| self.crs.geometry(atlas, shape)).collect()
    }

    /// What answers say of it.
    pub fn members(&self) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("tolerance_m".into(), ((self.tolerance_m * 1e3).round() / 1e3).into());
        if self.crs == ReferenceSystem::Crs84 {
            members.insert("precision".into(), self.precision.unwrap_or(ALL_DIGITS).into());
        } else {
            members.insert("crs".into(), self.crs.uri().into());
        }
        members
    }
}

impl Shapes {
    /// The step of the grid on which all vertices lie, in degrees.
    pub fn grid_degrees(&self) -> f64 {
        if self.digits == ALL_DIGITS { topojson::MICRODEGREE } else { 10f64.powi(-i32::from(self.digits)) }
    }
}

/// West, south, east, north in degrees.
fn corners(text: &str) -> Result<Rect, String> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|n| n.trim().parse()).collect();
    let Ok(&[west, south, east, north]) = numbers.as_deref() else {
        return Err("four numbers: west,south,east,north in degrees".to_owned());
    };
    let fits = |degrees: f64, most: f64| (-most..=most).contains(&degrees);
    if ![west, east].iter().all(|&d| fits(d, 180.0)) || ![south, north].iter().all(|&d| fits(d, 90.0)) {
        return Err("not degrees: longitudes are within 180, latitudes within 90".to_owned());
    }
    if west > east || south > north {
        return Err("west is east of east, or south is north of north".to_owned());
    }
    Ok(Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north }))
}
