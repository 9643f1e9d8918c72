//! Coverages: blocks and the arcs they share.

pub mod mend;

use geo::MultiPolygon;

use crate::area::Code;

/// No block: the sea, or the outside of the coverage.
pub const NOWHERE: u32 = u32::MAX;

/// One block as its source gives it: polygons in lon/lat degrees.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockShape {
    /// Its code.
    pub code: Code,
    /// Its name; empty where the source has none.
    pub name: String,
    /// Its shape.
    pub shape: MultiPolygon,
}
