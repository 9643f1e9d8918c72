//! Composite indices: values of different units made comparable, weighted, put together, and how sure the order is.

mod computed;
mod measured;
mod normalise;
mod ranking;
mod score;
mod uncertainty;

pub use computed::{IndexState, computed_indicators, state_of};
pub use measured::{Column, Measured, MeasuredError, SeriesUsed, Wanted, measure};
pub use normalise::{mean_and_deviation, normalise, ranks};
pub use ranking::{ByCapital, Ranking, rank, scheme_of};
pub use score::{Group, Scheme, order};
pub use uncertainty::{DrawOptions, Intervals, Sampled, rank_intervals};
