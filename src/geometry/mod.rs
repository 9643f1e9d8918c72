//! Geometry in lon/lat degrees and on the British grid: conversions, distances, areas, validity.
//!
//! Coordinates are WGS 84 (CRS84) degrees, longitude first, unless a name says otherwise. Lengths, areas
//! and distances are on the ellipsoid. Nothing here does I/O.

mod bounds;
mod centre;
mod circle;
mod common;
pub mod crossing;
mod crs;
mod faults;
mod frame;
mod geodesic;
pub mod grid;
mod nearest;
mod position;

mod winding;
mod wkt;

pub use bounds::{box_of, boxes_around};
pub use centre::{bbox, centroid, label_point};
pub use circle::{Circle, Stance, swept};
pub use common::Common;
pub use crossing::{
    crosses_to_the_east, is_in_polygon, is_in_ring, is_in_shape, lies_to_the_north, spans_meridian,
};
pub use crs::{Crs, CrsError};
pub use faults::{FaultKind, ShapeFault, faults};
pub use frame::LocalFrame;
pub use geodesic::{area_m2, distance_m, earth_centred_m, length_m, polygon_area_m2, ring_area_m2};
pub use grid::{BritishGrid, GridMethod, Gridded, ShiftGrid, ShiftGridError};
pub use nearest::{
    Nearest, NearestSearch, distance_to_box_m, distance_to_shape_m, nearest_on_border, nearest_on_segments,
};
pub use position::{EastNorth, LonLat, PositionError};
pub use winding::orient;
