//! All integration tests, one binary.

mod integration {
    mod classes;
    mod tiles;
}
