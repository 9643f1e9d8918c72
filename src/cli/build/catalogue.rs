//! The last step: reads the catalogue that people keep, and writes into it the SHA-256 of each coverage's file.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{read, refuse, write};
use crate::source::catalogue::Catalogue;

/// Checks `catalogue.toml` and brings its hashes up to date; all else in it stays as it is, comments too.
pub fn build(dir: &Path) -> anyhow::Result<()> {
    let path = dir.join("catalogue.toml");
    let text = String::from_utf8(read(&path)?)?;
    let catalogue = Catalogue::parse(&text)?;
    let mut faults = Vec::new();
    for file in files(&catalogue) {
        if !dir.join(file).is_file() {
            faults.push(format!("{file} is not there"));
        }
    }
    refuse("the catalogue names files that the folder lacks", &faults)?;
    let mut fresh = text.clone();
    for coverage in &catalogue.coverages {
        let hash = Sha256::digest(read(&dir.join(&coverage.file))?);
        let hash = format!("{hash:x}");
        fresh = with_hash(&fresh, &coverage.file, &hash);
    }
    // Only when the text still says the same may it replace what people wrote.
    Catalogue::parse(&fresh)?;
    if fresh == text { Ok(()) } else { write(&path, fresh.as_bytes()) }
}

fn files(catalogue: &Catalogue) -> Vec<&str> {
    let mut files: Vec<&str> = catalogue.coverages.iter().map(|c| c.file.as_str()).collect();
    files.extend(catalogue.layers.iter().filter_map(|l| l.names.as_deref()));
    files.extend(catalogue.lookup_files().into_iter().map(|(file, _)| file));
    files.extend(catalogue.postcodes.iter().map(|p| p.file.as_str()));
    files.sort_unstable();
    files.dedup();
    files
}

/// The text with the `sha256` of the coverage whose `file` is this set to `hash`, put after its other fields if new.
fn with_hash(text: &str, file: &str, hash: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let field = |line: &str, name: &str| line.split('=').next().is_some_and(|key| key.trim() == name);
    let names_file = |line: &String| {
        field(line, "file") && line.split('=').nth(1).is_some_and(|v| v.trim().trim_matches('"') == file)
    };
    let Some(at) = lines.iter().position(names_file) else { return text.to_owned() };
    let rest = lines.iter().skip(at).position(|line| line.trim_start().starts_with('['));
    let end = rest.map_or(lines.len(), |rest| at + rest);
    let start = lines.iter().take(at).rposition(|line| line.trim_start().starts_with('[')).unwrap_or(0);
    let line = format!("sha256 = \"{hash}\"");
    if let Some(old) = (start..end).find(|&i| field(&lines[i], "sha256")) {
        lines[old] = line;
    } else {
        let last = (start..end).rev().find(|&i| !lines[i].trim().is_empty()).unwrap_or(at);
        lines.insert(last + 1, line);
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# kept\n[[coverage]]\nid = \"a\"\nfile = \"a.topojson\"\n\n[[coverage]]\nid = \"b\"\nfile = \"b.topojson\"\nsha256 = \"0\"\n\n[[layer]]\nkind = \"x\"\n";

    #[test]
    fn a_hash_is_added_where_there_was_none() {
        let text = with_hash(TEXT, "a.topojson", "12");
        assert_eq!(text, TEXT.replace("a.topojson\"\n", "a.topojson\"\nsha256 = \"12\"\n"));
    }

    #[test]
    fn a_hash_is_replaced_where_there_was_one() {
        let text = with_hash(TEXT, "b.topojson", "34");
        assert_eq!(text, TEXT.replace("sha256 = \"0\"", "sha256 = \"34\""));
        assert_eq!(with_hash(&text, "b.topojson", "34"), text);
    }

    #[test]
    fn a_file_that_is_not_named_changes_nothing() {
        assert_eq!(with_hash(TEXT, "c.topojson", "12"), TEXT);
    }
}
