//! The `levelmap` program.

fn main() {}
