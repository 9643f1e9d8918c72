//! Finding things fast: postcodes by their text.

mod postcodes;

pub use postcodes::{PostcodeEntry, PostcodePosition, Postcodes, PostcodesError};
