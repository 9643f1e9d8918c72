//! Questions asked of places.

mod overlaps;

pub use overlaps::{Overlap, overlaps};
