//! Has the program built anew when the map page, which it embeds, is built or changes.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=web/dist");
    // A path that is absent counts as changed at every build, which would compile the program each time for as long
    // as there is no page. Where the folder cannot be made, that is the price.
    let page = Path::new("web/dist");
    let _ = std::fs::create_dir_all(page);
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if release && !page.join("index.html").exists() {
        println!(
            "cargo::warning=web/dist is absent, so the server will show no map page; `make web` builds it"
        );
    }
}
