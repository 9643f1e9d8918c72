//! What can be wrong in a catalogue.

use jiff::civil::Date;

use crate::area::{LayerId, LayerKind};

/// Why a catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Not TOML, or a field is absent, unknown or of the wrong type.
    #[error("the catalogue cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// It reads, but contradicts itself. Every fault is listed.
    #[error("the catalogue has {} fault(s): {}", .0.len(), join(.0))]
    Faults(Vec<CatalogueFault>),
}

fn join(faults: &[CatalogueFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// One contradiction in a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueFault {
    /// Two coverages share an id.
    #[error("coverage `{0}` is listed twice")]
    CoverageTwice(String),
    /// Two layers share kind and vintage.
    #[error("layer {0} is listed twice")]
    LayerTwice(LayerId),
    /// A kind or vintage is not written as one.
    #[error("layer {number}: {message}")]
    LayerName {
        /// Place of the layer in the file, from 1.
        number: usize,
        /// What is wrong with it.
        message: String,
    },
    /// A layer has no part.
    #[error("layer {0} has no part, so no area could be in it")]
    NoPart(LayerId),
    /// A part names a coverage that is not listed.
    #[error("layer {layer} names coverage `{coverage}`, which is not listed")]
    UnknownCoverage {
        /// The layer.
        layer: LayerId,
        /// The coverage named.
        coverage: String,
    },
    /// Two parts of a layer are over the same coverage.
    #[error("layer {layer} has two parts over coverage `{coverage}`")]
    PartTwice {
        /// The layer.
        layer: LayerId,
        /// The coverage named twice.
        coverage: String,
    },
    /// `from` is neither `blocks` nor a layer listed earlier.
    #[error("layer {layer} is made from `{from}`, which is neither `blocks` nor a layer listed before it")]
    UnknownOrigin {
        /// The layer.
        layer: LayerId,
        /// What `from` says.
        from: String,
    },
    /// `from` is a layer that has no part over this coverage.
    #[error("layer {layer} is made from {from} over coverage `{coverage}`, which {from} does not cover")]
    OriginElsewhere {
        /// The layer.
        layer: LayerId,
        /// The layer it is made from.
        from: LayerId,
        /// The coverage.
        coverage: String,
    },
    /// Only some of `lookup`, `key` and `value` are given.
    #[error("layer {layer}, coverage `{coverage}`: `lookup`, `key` and `value` go together")]
    HalfLookup {
        /// The layer.
        layer: LayerId,
        /// The coverage.
        coverage: String,
    },
    /// `valid_to` is not after `valid_from`.
    #[error("layer {0} ends before it begins")]
    EndsFirst(LayerId),
    /// Two vintages of a kind are in force on the same day.
    #[error("{first} and {second} are both in force on {day}")]
    Overlap {
        /// The earlier vintage.
        first: LayerId,
        /// The later vintage.
        second: LayerId,
        /// The first day on which both are.
        day: Date,
    },
    /// A kind has no current vintage, or several.
    #[error("{count} vintages of `{kind}` are marked `current`; exactly one must be")]
    Current {
        /// The kind.
        kind: LayerKind,
        /// How many are marked.
        count: usize,
    },
    /// A path leads out of the folder of the catalogue.
    #[error("`{0}` leads out of the folder of the catalogue")]
    PathOutside(String),
    /// A SHA-256 is not 64 hexadecimal digits.
    #[error("coverage `{0}`: `sha256` is not 64 small hexadecimal digits")]
    Sha256(String),
}
