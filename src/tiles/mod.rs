//! Vector tiles: coordinates, cutting, encoding, and the documents that lead a client to them.

mod clip;
mod commands;
mod content;
mod coord;
mod cut;
mod encode;
mod fill;
mod layer;
mod mend;
mod plain;
mod pyramid;
mod ready;
mod shape;
mod snap;
mod style;
mod tilejson;
mod write;

pub use content::{TileContent, TileContentError};
pub use coord::{MAX_ZOOM, TileCoord, TileCoordError};
pub use encode::{TileArea, TileBorder, encode_tile};
pub use layer::{TileLayer, TileValue};
pub use pyramid::{TilePyramid, tolerance_of_tiles_m};
pub use shape::{TileShape, WorldPoint, project_line};
pub use style::{Style, StyleClass, StyleLayer, StyleSource, layer_style};
pub use tilejson::{TileJson, VectorLayer, layer_tilejson, vector_layers};

/// Grid units along a tile's side.
pub const EXTENT: u32 = 4096;

/// Grid units by which shapes go on beyond a tile's edge, so that outlines drawn wide meet.
pub const BUFFER: u32 = 64;

/// The deepest zoom at which tiles are made. At 14 a grid unit is about 35 cm in the United Kingdom, finer
/// than any boundary is surveyed; clients draw these tiles larger beyond.
pub const DEEPEST_TILES: u8 = 14;
