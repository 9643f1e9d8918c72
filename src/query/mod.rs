//! Questions asked of places.

mod locate;
mod overlaps;

pub use locate::{
    Asked, Near, Place, PlaceError, TableError, TableQuestion, TableReport, Where, layer_on, layers_on,
    locate_table, near, place, postcode,
};
pub use overlaps::{Overlap, overlaps};
