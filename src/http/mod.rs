//! The HTTP side: one file per noun.

pub mod page;
