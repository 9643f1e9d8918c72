//! Choropleths: values become classes, classes become colours, and all of it one answer with a legend.
//!
//! `classify` makes the breaks, `palette` the colours, `paint` joins both to the observations of a layer's
//! areas, `render` writes what was painted, `periods` all periods at once, and `picture` draws it.

mod bivariate;
mod classify;
mod compact;
mod jenks;
mod legend;
mod paint;
mod palette;
pub mod periods;
pub mod picture;
pub mod render;

pub use bivariate::{Measure, paint_two};
pub use classify::{
    Classification, ClassifyError, ClassifyOptions, MAX_CLASSES, Method, UnknownMethod, classify,
};
pub use compact::compact_json;
pub use jenks::natural_breaks;
pub use legend::{Axis, Legend, LegendClass, LegendNoData, Square};
pub use paint::{Drawn, PaintOptions, Painting, paint};
pub use palette::{NoData, PALETTES, Palette, PaletteKind, Pattern, Rgb, UnknownPalette};
