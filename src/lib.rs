//! Levelmap: a map server for the boundaries of UK councils and NHS bodies, the indicators measured on
//! them, and the questions people ask of places.
//!
//! Small areas ("blocks") are stored once, as a coverage of shared arcs; every layer is a partition of
//! those blocks. Data flows one way through the modules below, in the order in which they are listed;
//! `docs/architecture.md` is the map, `tests/layering.rs` the guard.

pub mod analysis;
pub mod area;
pub mod atlas;
pub mod choropleth;
pub mod cli;
pub mod coverage;
pub mod export;
pub mod geometry;
pub mod http;
pub mod index;
pub mod indicator;
pub mod query;
pub mod source;
pub mod text;
pub mod tiles;
