//! Choropleths: values become classes, classes become colours, and all of it one answer with a legend.
//!
//! `classify` makes the breaks, `palette` the colours, `paint` joins both to the observations of a layer's
//! areas, and `render` writes what was painted.

mod benchmark;
mod classify;
mod jenks;
mod legend;
mod number;
mod paint;
mod palette;
pub mod render;

pub use benchmark::{Outcome, compare};
pub use classify::{
    Classification, ClassifyError, ClassifyOptions, MAX_CLASSES, Method, UnknownMethod, classify,
};
pub use jenks::natural_breaks;
pub use legend::{Legend, LegendClass, LegendNoData};
pub use number::readable;
pub use paint::{Drawn, PaintOptions, Painting, paint};
pub use palette::{NoData, PALETTES, Palette, PaletteKind, Pattern, Rgb, UnknownPalette};
