//! All integration tests, one binary.

#[path = "integration/geodesy.rs"]
mod geodesy;
#[path = "integration/validity.rs"]
mod validity;
