//! Choropleths: values become classes, classes become colours, and all of it one answer with a legend.

mod classify;
mod jenks;

pub use classify::{
    Classification, ClassifyError, ClassifyOptions, MAX_CLASSES, Method, UnknownMethod, classify,
};
pub use jenks::natural_breaks;
