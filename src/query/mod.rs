//! Questions asked of places.

mod cut;
mod family;
mod locate;
mod neighbours;
mod overlaps;
mod polygon;
mod postcodes;
mod residents;
mod search;
mod standings;
mod within;

pub use family::{changes, children, parents};
pub use locate::{
    Asked, Input, Near, Place, PlaceError, TableError, TableQuestion, TableReport, Where, called, layer_on,
    layers_on, locate_table, misread, near, nearest_of, place, postcode,
};
pub use neighbours::{Neighbour, Touch, neighbours};
pub use overlaps::{
    APPROXIMATE_SLIVER_M, Overlap, Overlaps, Overlay, SLIVER_M, SLIVER_SHARE, Slivers, overlaps,
};
pub use polygon::{Inside, within_polygon};
pub use postcodes::{PostcodePart, PostcodeShares, close_postcodes, postcode_shares, postcodes_within};
pub use residents::{ResidentsInside, residents_in_circle};
pub use search::{Hit, Matched, PostcodeHit, SearchIndex, postcodes_like};
pub use standings::{Similar, Spread, Standing, Standings, similar};
pub use within::{FARTHEST_M, Relation, Within, nearest, within_circle};
