//! Questions asked of places.

mod cut;
mod neighbours;
mod overlaps;
mod polygon;
mod within;

pub use neighbours::{Neighbour, Touch, neighbours};
pub use overlaps::{
    APPROXIMATE_SLIVER_M, Overlap, Overlaps, Overlay, SLIVER_M, SLIVER_SHARE, Slivers, overlaps,
};
pub use polygon::{Inside, within_polygon};
pub use within::{FARTHEST_M, Relation, Within, nearest, within_circle};
