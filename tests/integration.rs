//! All integration tests, one binary.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod layering;

mod integration {
    mod atlas;
    mod classes;
    mod coverages;
    mod exports;
    mod geodesy;
    mod http;
    mod indicators;
    mod locate;
    mod maps;
    mod postcodes;
    mod shipped;
    mod tables;
    mod tiles;
    mod validity;
}
