//! Tests of the catalogue's own rules; the shipped catalogue is tested with its tables in `tests/integration`.

use super::*;

const GOOD: &str = r#"
[[coverage]]
id = "ew"
title = "Blocks"
file = "coverages/ew.topojson"
code = "id"
name = "name"
licence = "OGL-UK-3.0"
source = "ONS"

[[layer]]
kind = "lad"
vintage = "2011"
title = "Councils"
valid_from = "2011-01-01"
valid_to = "2013-04-01"
fit = "exact"
licence = "OGL-UK-3.0"
source = "ONS"
[[layer.part]]
coverage = "ew"
from = "blocks"
lookup = "lookups/ew.csv"
key = "block"
value = "lad@2011"

[[layer]]
kind = "lad"
vintage = "2013"
title = "Councils"
valid_from = "2013-04-01"
current = true
fit = "best-fit"
licence = "OGL-UK-3.0"
source = "ONS"
[[layer.part]]
coverage = "ew"
from = "lad@2011"
lookup = "lookups/lad.csv"
key = "lad@2011"
value = "lad@2013"
"#;

fn faults(text: &str) -> Vec<CatalogueFault> {
    match Catalogue::parse(text) {
        Ok(_) => Vec::new(),
        Err(CatalogueError::Faults(faults)) => faults,
        Err(CatalogueError::Toml(error)) => panic!("{error}"),
    }
}

fn id(text: &str) -> LayerId {
    text.parse().unwrap()
}

#[test]
fn a_vintage_is_found_by_name_by_being_current_and_by_day() {
    let catalogue = Catalogue::parse(GOOD).unwrap();
    let named = |text: &str| catalogue.layer(&text.parse().unwrap()).map(|l| l.id.to_string());
    assert_eq!(named("lad").as_deref(), Some("lad@2013"));
    assert_eq!(named("lad@2011").as_deref(), Some("lad@2011"));
    assert_eq!(named("lad@1999"), None);
    let on = |day: &str| {
        let kind = "lad".parse().unwrap();
        catalogue.layer_on(&kind, day.parse().unwrap()).map(|l| l.id.to_string())
    };
    assert_eq!(on("2010-12-31"), None);
    assert_eq!(on("2013-03-31").as_deref(), Some("lad@2011"));
    assert_eq!(on("2013-04-01").as_deref(), Some("lad@2013"));
}

#[test]
fn every_fault_is_reported_not_the_first() {
    let text = GOOD
        .replace("current = true", "")
        .replace("from = \"lad@2011\"", "from = \"icb@2011\"")
        .replace("coverages/ew.topojson", "../ew.topojson");
    assert_eq!(
        faults(&text),
        [
            CatalogueFault::PathOutside("../ew.topojson".into()),
            CatalogueFault::UnknownOrigin { layer: id("lad@2013"), from: "icb@2011".into() },
            CatalogueFault::Current { kind: "lad".parse().unwrap(), count: 0 },
        ]
    );
}

#[test]
fn two_vintages_may_not_be_in_force_on_one_day() {
    let text = GOOD.replace("valid_to = \"2013-04-01\"", "valid_to = \"2013-04-02\"");
    assert!(matches!(faults(&text).as_slice(), [CatalogueFault::Overlap { .. }]));
    let open = GOOD.replace("valid_to = \"2013-04-01\"\n", "");
    assert!(matches!(faults(&open).as_slice(), [CatalogueFault::Overlap { .. }]));
}

#[test]
fn a_lookup_needs_its_file_and_both_columns() {
    let text = GOOD.replace("value = \"lad@2013\"", "");
    assert!(matches!(faults(&text).as_slice(), [CatalogueFault::HalfLookup { .. }]));
}

#[test]
fn a_part_must_start_from_what_covers_its_ground() {
    let second = r#"
[[coverage]]
id = "ni"
title = "Blocks"
file = "coverages/ni.topojson"
code = "id"
name = "name"
licence = "OGL-UK-3.0"
source = "ONS"
sha256 = "0123"
"#;
    let text = format!("{second}{GOOD}[[layer.part]]\ncoverage = \"ni\"\nfrom = \"lad@2011\"\n");
    assert_eq!(
        faults(&text),
        [
            CatalogueFault::Sha256("ni".into()),
            CatalogueFault::OriginElsewhere {
                layer: id("lad@2013"),
                from: id("lad@2011"),
                coverage: "ni".into()
            },
        ]
    );
}

#[test]
fn a_field_that_is_not_known_is_refused() {
    let text = GOOD.replace("[[layer]]", "[[layer]]\nvalid_untill = \"2013-04-01\"");
    assert!(matches!(Catalogue::parse(&text), Err(CatalogueError::Toml(_))));
}
