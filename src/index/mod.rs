//! Finding things fast: blocks and areas by their place, postcodes by their text.

mod areas;
mod blocks;
mod pages;
mod postcode_places;
mod postcodes;

pub use areas::AreaIndex;
pub use blocks::BlockIndex;
pub(crate) use pages::LargePages;
pub use postcode_places::PostcodePlaces;
pub use postcodes::{PostcodeEntry, PostcodePosition, Postcodes, PostcodesError};
