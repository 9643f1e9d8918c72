//! From what is asked to a place, and from a place to the areas of every layer there.

mod table;

use std::borrow::Cow;

use jiff::civil::Date;

use crate::area::{LayerRef, Postcode};
use crate::atlas::{Atlas, AtlasLayer};
use crate::geometry::{EastNorth, GridMethod, LonLat, PositionError};
use crate::index::PostcodeEntry;

use super::postcodes::PostcodePart;
use super::within::nearest;

pub use table::{Input, TableError, TableQuestion, TableReport, Where, locate_table};

/// A place as people give it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Asked {
    /// Degrees, not checked yet.
    Degrees {
        /// Longitude.
        lon: f64,
        /// Latitude.
        lat: f64,
    },
    /// Metres of the British National Grid, not checked yet.
    Grid {
        /// Easting.
        easting_m: f64,
        /// Northing.
        northing_m: f64,
    },
    /// A postcode.
    Postcode(Postcode),
    /// A postcode that was found already.
    Entry(PostcodeEntry),
}

/// Where that is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Place {
    /// The position.
    pub at: LonLat,
    /// Its grid reference, where it was asked by one or comes from a postcode, and how that became degrees.
    pub grid: Option<(EastNorth, GridMethod)>,
    /// The postcode it was asked by.
    pub postcode: Option<PostcodeEntry>,
}

/// Why what was asked is no place.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum PlaceError {
    /// Nothing served lies where latitude could be taken for longitude.
    #[error("longitude and latitude look swapped: the United Kingdom lies at lon -9 to 2, lat 49 to 61")]
    Swapped {
        /// What was given as longitude.
        lon: f64,
    },
    /// Metres given as degrees.
    #[error("these look like metres: give British National Grid positions as easting and northing")]
    Metres {
        /// What was given as longitude.
        lon: f64,
    },
    /// Degrees given as metres.
    #[error("these look like degrees: give longitude and latitude as lon and lat")]
    NotMetres {
        /// What was given as easting.
        easting: f64,
    },
    /// Out of range.
    #[error("{0}")]
    Degrees(PositionError),
    /// Out of range.
    #[error("{0}; degrees are given as lon and lat")]
    Grid(PositionError),
    /// The folder of boundaries has no postcodes.
    #[error("this server has no postcodes")]
    NoPostcodes,
    /// A postcode whose licence keeps it out.
    #[error(
        "postcodes of Northern Ireland (BT) are not served: their licence does not allow it; \
         ask by lon and lat instead"
    )]
    NorthernIreland(Postcode),
    /// Never given out, or newer than the directory.
    #[error("there is no postcode {0}")]
    Unknown(Postcode),
    /// In the directory, but not where.
    #[error("{0} has no position in the directory")]
    Unplaced(Postcode),
}

impl PlaceError {
    /// True when the question was well put and only the answer is lacking.
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::NoPostcodes | Self::NorthernIreland(_) | Self::Unknown(_) | Self::Unplaced(_))
    }

    /// The part of the question at fault, and what was given for it.
    pub fn fault(&self) -> (&'static str, String) {
        match self {
            Self::Swapped { lon } | Self::Metres { lon } => ("lon", lon.to_string()),
            Self::NotMetres { easting } => ("easting", easting.to_string()),
            Self::Degrees(error) | Self::Grid(error) => match error {
                PositionError::Longitude { value } => ("lon", value.to_string()),
                PositionError::Latitude { value } => ("lat", value.to_string()),
                PositionError::Easting { value } => ("easting", value.to_string()),
                PositionError::Northing { value } => ("northing", value.to_string()),
            },
            Self::NoPostcodes => ("postcode", String::new()),
            Self::NorthernIreland(p) | Self::Unknown(p) | Self::Unplaced(p) => ("postcode", p.to_string()),
        }
    }
}

/// A postcode in the directory.
pub fn postcode(atlas: &Atlas, postcode: Postcode) -> Result<PostcodeEntry, PlaceError> {
    let (postcodes, _) = atlas.postcodes().ok_or(PlaceError::NoPostcodes)?;
    postcodes.find(&postcode).ok_or_else(|| {
        if PostcodePart::Whole(postcode).is_northern_irish() {
            PlaceError::NorthernIreland(postcode)
        } else {
            PlaceError::Unknown(postcode)
        }
    })
}

/// What is likely wrong with a longitude and a latitude that lie nowhere near the United Kingdom.
pub fn misread(lon: f64, lat: f64) -> Option<PlaceError> {
    if is_near(lat, lon) {
        return Some(PlaceError::Swapped { lon });
    }
    (lon.abs() > 1000.0 && lat.abs() > 1000.0).then_some(PlaceError::Metres { lon })
}

/// Whether these are degrees in or near the United Kingdom.
fn is_near(lon: f64, lat: f64) -> bool {
    (49.0..=61.5).contains(&lat) && (-9.0..=2.5).contains(&lon)
}

/// Where the asked place is.
pub fn place(atlas: &Atlas, asked: Asked) -> Result<Place, PlaceError> {
    match asked {
        Asked::Degrees { lon, lat } => {
            if let Some(error) = misread(lon, lat) {
                return Err(error);
            }
            let at = LonLat::new(lon, lat).map_err(PlaceError::Degrees)?;
            Ok(Place { at, grid: None, postcode: None })
        }
        Asked::Grid { easting_m, northing_m } => {
            // Metres so few are at sea, west of Scilly.
            if is_near(easting_m, northing_m) || is_near(northing_m, easting_m) {
                return Err(PlaceError::NotMetres { easting: easting_m });
            }
            let point = EastNorth::new(easting_m, northing_m).map_err(PlaceError::Grid)?;
            let (at, method) = atlas.grid().to_lonlat(point);
            Ok(Place { at, grid: Some((point, method)), postcode: None })
        }
        Asked::Postcode(asked) => place(atlas, Asked::Entry(postcode(atlas, asked)?)),
        Asked::Entry(entry) => {
            let position = entry.position.ok_or(PlaceError::Unplaced(entry.postcode))?;
            let (easting_m, northing_m) = (position.easting_m.into(), position.northing_m.into());
            let place = place(atlas, Asked::Grid { easting_m, northing_m })?;
            Ok(Place { postcode: Some(entry), ..place })
        }
    }
}

/// The layer asked for, in the vintage in force on a day when none is named and a day is given.
pub fn layer_on<'a>(atlas: &'a Atlas, asked: &LayerRef, day: Option<Date>) -> Option<&'a AtlasLayer> {
    match (&asked.vintage, day) {
        (None, Some(day)) => atlas.layer_on(&asked.kind, day),
        _ => atlas.layer(asked),
    }
}

/// What the areas of layers are called in an answer: by kind, and where several vintages of a kind are asked for each by its layer.
pub fn called<'a>(layers: &[&'a AtlasLayer]) -> Vec<Cow<'a, str>> {
    let name = |layer: &&'a AtlasLayer| {
        let id = &layer.entry.id;
        let alike = layers.iter().filter(|other| other.entry.id.kind == id.kind).count();
        if alike > 1 { id.to_string().into() } else { id.kind.as_str().into() }
    };
    layers.iter().map(name).collect()
}

/// The layers of every kind in force on a day; the current ones without a day.
pub fn layers_on(atlas: &Atlas, day: Option<Date>) -> Vec<&AtlasLayer> {
    match day {
        Some(day) => atlas.kinds().into_iter().filter_map(|kind| atlas.layer_on(kind, day)).collect(),
        None => atlas.layers().iter().filter(|l| l.entry.current).collect(),
    }
}

/// An area and how far it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Near {
    /// The number of the area in its layer.
    pub area: u32,
    /// True distance to its border in metres; 0 inside.
    pub distance_m: f64,
}

/// The areas of a layer within a distance of a point, nearest first. An area is as near as its nearest block.
pub fn near(atlas: &Atlas, layer: &AtlasLayer, at: LonLat, within_m: f64) -> Vec<Near> {
    let mut found: Vec<Near> = Vec::new();
    for (block, distance_m) in atlas.blocks_near(at, within_m) {
        let Some(area) = layer.area_of_block(block) else { continue };
        match found.iter_mut().find(|n| n.area == area) {
            Some(known) => known.distance_m = known.distance_m.min(distance_m),
            None => found.push(Near { area, distance_m }),
        }
    }
    found.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m));
    found
}

/// The nearest area of each layer that has one within a distance of a point, as [`near`] measures it.
///
/// What is near is found once for all layers, by blocks. Farther out a circle holds more of them than there are areas to
/// measure: there each current layer is asked by itself.
pub fn nearest_of<'a>(
    atlas: &Atlas,
    layers: impl Iterator<Item = &'a AtlasLayer>,
    at: LonLat,
    within_m: f64,
) -> Vec<(&'a AtlasLayer, Near)> {
    let mut found: Vec<(&AtlasLayer, Option<Near>)> = layers.map(|layer| (layer, None)).collect();
    let mut open: Vec<usize> = (0..found.len()).collect();
    let mut reach_m = within_m.min(FIRST_REACH_M);
    loop {
        let mut blocks = atlas.blocks_near(at, reach_m);
        blocks.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        open.retain(|&i| {
            let (layer, near) = &mut found[i];
            *near = blocks.iter().find_map(|&(block, distance_m)| {
                Some(Near { area: layer.area_of_block(block)?, distance_m })
            });
            near.is_none()
        });
        if reach_m >= within_m {
            break;
        }
        open.retain(|&i| {
            let (layer, near) = &mut found[i];
            if layer.entry.current {
                let nearest = nearest(layer, at, 1, within_m);
                *near = nearest.first().map(|&(area, distance_m)| Near { area, distance_m });
            }
            !layer.entry.current
        });
        if open.is_empty() {
            break;
        }
        reach_m = (reach_m * 4.0).min(within_m);
    }
    found.into_iter().filter_map(|(layer, near)| Some((layer, near?))).collect()
}

/// How far [`nearest_of`] looks first, in metres: piers and beaches are nearer to land than this.
const FIRST_REACH_M: f64 = 1_000.0;
