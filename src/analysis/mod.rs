//! Levelling up: how areas compare, whether gaps close, where they cluster, who is a priority by which measures.
//!
//! Plain numbers in, plain numbers out: what reads the atlas stands beside the statistics, never inside them, so that each
//! formula can be checked against its published figures.

pub mod autocorrelation;
pub mod benchmark;
pub mod fdr;
pub mod gap;
pub mod getis;
pub mod index;
pub mod line;
pub mod local;
pub mod moran;
pub mod neighbourhood;
pub mod permutation;
pub mod priority;
pub mod progress;
pub mod rates;
pub mod scope;
pub mod slope;
pub mod trend;
pub mod weights;
