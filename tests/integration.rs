//! All integration tests, one binary.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
#![allow(clippy::format_push_string, clippy::format_collect, reason = "tables of tests are short")]

mod layering;

mod integration {
    mod agreement;
    mod analysis_gaps;
    mod analysis_index;
    mod atlas;
    mod autocorrelation;
    mod boundaries;
    mod classes;
    mod connections;
    mod coverages;
    mod crosswalk;
    mod exports;
    mod family;
    mod fetch;
    mod gate;
    mod geodesy;
    mod http;
    mod imports;
    mod indicators;
    mod locate;
    mod locate_stream;
    mod maps;
    mod neighbours;
    mod ogc;
    mod openapi;
    mod overlay;
    mod pace;
    mod page;
    mod periods;
    mod postcodes;
    mod preview;
    mod profile;
    mod search;
    mod shipped;
    mod stores;
    mod tables;
    mod tiles;
    mod validity;
    mod within;
}
