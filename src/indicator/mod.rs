//! Indicator data from outside: what analysts have becomes observations that keep their code, period and limits.
//!
//! `format` finds the columns, `rows` reads them, `cell` their numbers and marks; `matching` says what became of
//! each code; `import` joins these in one pass and writes to a `store` in one transaction, with a `report` in
//! which every row is counted once. `published` is what the atlas reads back. `limits` and `estimate` say how
//! sure a value is, `benchmark` how it compares with another.

pub mod benchmark;
pub mod cell;
pub mod describe;
pub mod encoding;
pub mod estimate;
pub mod format;
pub mod import;
pub mod limits;
pub mod matching;
pub mod published;
pub mod report;
pub mod rows;
pub mod store;
