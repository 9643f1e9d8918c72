//! Finding things fast: blocks by their place, postcodes by their text.

mod blocks;
mod postcodes;

pub use blocks::BlockIndex;
pub use postcodes::{PostcodeEntry, PostcodePosition, Postcodes, PostcodesError};
