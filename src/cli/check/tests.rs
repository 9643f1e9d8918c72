//! Folders with known faults, made from the shipped data of Northern Ireland.

use std::fs;

use super::*;
use crate::coverage::topojson::{self, Fields};

const CATALOGUE: &str = r#"
[[coverage]]
id = "ni"
title = "Northern Ireland"
file = "ni.topojson"
object = "blocks"
code = "id"
name = "name"
licence = "public domain"
source = "Natural Earth"

[[layer]]
kind = "lad"
vintage = "2011"
title = "Districts"
valid_from = "2011-01-01"
current = true
fit = "exact"
licence = "OGL-UK-3.0"
source = "ONS"
names = "names.csv"
  [[layer.part]]
  coverage = "ni"
  from = "blocks"
  lookup = "blocks.csv"
  key = "block"
  value = "lad"
"#;

/// Districts of Northern Ireland, all in one council but as the rows say.
fn folder(
    lookup: impl Fn(&mut Vec<String>),
    names: &str,
    coverage: impl Fn(String) -> String,
) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("boundaries/coverages/ni.topojson");
    let text = fs::read_to_string(shipped).unwrap();
    let fields = Fields { object: Some("blocks"), code: "id", name: "name" };
    let blocks = topojson::read(text.as_bytes(), fields).unwrap();
    let mut rows: Vec<String> = blocks.blocks().iter().map(|b| format!("{},N1", b.code)).collect();
    lookup(&mut rows);
    fs::write(dir.path().join("blocks.csv"), format!("block,lad\n{}\n", rows.join("\n"))).unwrap();
    fs::write(dir.path().join("names.csv"), names).unwrap();
    fs::write(dir.path().join("catalogue.toml"), CATALOGUE).unwrap();
    fs::write(dir.path().join("ni.topojson"), coverage(text)).unwrap();
    dir
}

/// What is found, but for what the loader misses in so small a folder.
fn findings(dir: &tempfile::TempDir) -> Vec<Finding> {
    check(dir.path()).into_iter().filter(|f| f.file != ".").collect()
}

const NAMES: &str = "code,name\nN1,One\n";

#[test]
fn a_sound_folder_has_no_fault() {
    assert_eq!(findings(&folder(|_| (), NAMES, |text| text)), []);
}

#[test]
fn a_folder_without_a_catalogue_is_at_fault() {
    let found = check(tempfile::tempdir().unwrap().path());
    assert_eq!((found[0].severity, found[0].file.as_str()), (Severity::Error, "catalogue.toml"));
}

#[test]
fn missing_and_strange_rows_are_told() {
    let spoil = |rows: &mut Vec<String>| {
        rows.remove(0);
        rows.push("N99,N1".to_owned());
        rows[0] = rows[0].replace("N1", "");
        rows[1] = rows[1].replace("N1", "N2");
    };
    let found = findings(&folder(spoil, NAMES, |text| text));
    let told: Vec<(Severity, &str, Option<u64>)> =
        found.iter().map(|f| (f.severity, f.file.as_str(), f.row)).collect();
    assert_eq!(
        told,
        [
            (Severity::Error, "blocks.csv", None),
            (Severity::Note, "catalogue.toml", None),
            (Severity::Error, "blocks.csv", Some(27)),
            (Severity::Error, "names.csv", None),
        ],
        "{found:#?}"
    );
    assert!(found[3].message.starts_with("N2 "), "{found:#?}");
}

#[test]
fn a_key_on_two_rows_is_told_with_both() {
    let found = findings(&folder(|rows| rows.push(rows[0].clone()), NAMES, |text| text));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].row, Some(28));
    assert!(found[0].message.ends_with("was already on row 2"), "{found:#?}");
}

#[test]
fn a_coverage_that_cannot_be_read_is_told() {
    let found = findings(&folder(|_| (), NAMES, |text| text[..text.len() / 2].to_owned()));
    assert_eq!((found.len(), found[0].file.as_str()), (1, "ni.topojson"), "{found:#?}");
}

#[test]
fn a_bent_border_is_told() {
    // The first arc's second vertex, thrown half a degree away.
    let bend = |text: String| {
        let at = text.find("\"arcs\":[\n[[").unwrap();
        let second = at + text[at..].find("],[").unwrap() + 3;
        format!("{}500000,500000],[-500000,-500000],[{}", &text[..second], &text[second..])
    };
    let found = findings(&folder(|_| (), NAMES, bend));
    assert!(found.iter().any(|f| f.severity == Severity::Error && f.file == "ni.topojson"), "{found:#?}");
}
