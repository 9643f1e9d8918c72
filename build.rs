//! Notices when the page is built or changes, so that a release build embeds the one that is there.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Debug builds read the page from disk and need not be built anew for it. A folder that is absent counts as
    // changed at every build: for a release build without the page that is the price of noticing `make web`.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=web/dist");
        if !Path::new("web/dist/index.html").exists() {
            println!(
                "cargo::warning=web/dist is absent, so the server will show no map page; `make web` builds it"
            );
        }
    }
}
