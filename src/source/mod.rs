//! Bytes to typed rows: the catalogue, the tables beside it, and the foreign formats they are made from.
//!
//! Only `folder` opens files: callers hand in bytes, so that shipped data (compiled in) and an operator's folder
//! go through the same code. Every reader reports all the faults it can find, not the first.

pub mod catalogue;
pub mod census_2011;
pub mod folder;
pub mod indicators;
pub mod indices;
pub mod oac_2011;
pub mod postcode_directory;
pub mod shapes;
pub mod stroke;
pub mod table;
