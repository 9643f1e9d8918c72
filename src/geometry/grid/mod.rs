//! Plane grids: the British National Grid by OSTN15, the projections behind it and its neighbours.
//!
//! [`BritishGrid`] holds Ordnance Survey's OSTN15 shifts and turns longitude and latitude into eastings
//! and northings and back. The parts it is made of, the transverse Mercator projection and the shift
//! between datums, also serve the Irish grids (see [`super::Crs`]).

mod british;
mod datum;
mod shifts;
mod transverse_mercator;

pub use british::{BritishGrid, GridMethod, Gridded};
pub use shifts::{ShiftGrid, ShiftGridError};

pub(super) use datum::{DatumShift, Ellipsoid};
pub(super) use transverse_mercator::TransverseMercator;
