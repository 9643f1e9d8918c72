//! The words of the field, as types that cannot be wrong: codes, layers, vintages, lineage, indicators.
//!
//! Nothing here does I/O. Every type parses at the edge (`FromStr`, serde through the same routine) and
//! is then trusted everywhere else.

mod code;
mod indicator;
mod layer;
mod lineage;
mod observation;
mod period;
mod postcode;

pub use code::{Code, CodeError};
pub use indicator::{Capital, Flag, Horizon, Indicator, IndicatorId, IndicatorKind, Polarity};
pub use layer::{LayerId, LayerKind, LayerRef, LayerRefError, Vintage};
pub use lineage::{Change, ChangeKind, Descent, Lineage, LineageError};
pub(crate) use observation::Figure;
pub use observation::Observation;
pub use period::{Period, PeriodError, PeriodKind};
pub use postcode::{Outward, Postcode, PostcodeError};
