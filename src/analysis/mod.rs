//! Levelling up: how areas compare, whether gaps close, where they cluster, who is a priority by which measures.
//!
//! Plain numbers in, plain numbers out: what reads the atlas stands beside the statistics, never inside them, so that each
//! formula can be checked against its published figures.

pub mod autocorrelation;
pub mod fdr;
pub mod getis;
pub mod local;
pub mod moran;
pub mod neighbourhood;
pub mod permutation;
pub mod rates;
pub mod weights;
