//! Geometry in lon/lat degrees and on the British grid: conversions, distances, areas, validity.
//!
//! Coordinates are WGS 84 (CRS84) degrees, longitude first, unless a name says otherwise. Lengths, areas
//! and distances are on the ellipsoid. Nothing here does I/O.

pub mod crossing;

pub use crossing::{crosses_to_the_east, is_in_polygon, is_in_ring, is_in_shape};
