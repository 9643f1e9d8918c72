//! Questions asked of places.

mod family;
mod locate;
mod overlaps;
mod postcodes;
mod search;
mod standings;

pub use family::{changes, children, parents};
pub use locate::{
    Asked, Near, Place, PlaceError, TableError, TableQuestion, TableReport, Where, layer_on, layers_on,
    locate_table, near, place, postcode,
};
pub use overlaps::{Overlap, overlaps};
pub use postcodes::{PostcodePart, PostcodeShares, close_postcodes, postcode_shares};
pub use search::{Hit, Matched, PostcodeHit, SearchIndex, postcodes_like};
pub use standings::{Similar, Standing, Standings, similar};
