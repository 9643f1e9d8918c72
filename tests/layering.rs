//! The order of the modules, and the size of the files, as `docs/architecture.md` states them.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules from left to right; a module may use those of the rows before its own, and itself.
const ORDER: [&[&str]; 10] = [
    &["area", "text"],
    &["geometry"],
    &["coverage"],
    &["source"],
    &["index"],
    &["indicator"],
    &["atlas"],
    &["query", "choropleth", "tiles", "analysis", "export"],
    &["http"],
    &["cli"],
];

/// Longest source file: past this a file holds more than one idea.
const LONGEST_LINES: usize = 500;

fn row(module: &str) -> Option<usize> {
    ORDER.iter().position(|row| row.contains(&module))
}

/// The modules that Rust source names after `crate::`, alone or in braces; comments do not count.
fn modules_used(source: &str) -> Vec<String> {
    let code: String = source
        .lines()
        .map(|line| if line.trim_start().starts_with("//") { "" } else { line })
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut used = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        // `$crate::` in a macro stands for the crate too; `my_crate::` does not.
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => used.push(leading_name(rest)),
            Some(group) => used.extend(names_of_group(group)),
        }
    }
    used.retain(|name| !name.is_empty());
    used
}

fn leading_name(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first name of each entry of `{a::b, c::{d, e}}`, given what follows the opening brace.
fn names_of_group(group: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut depth = 1;
    let mut in_first_name = true;
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' if depth == 1 => {
                names.push(String::new());
                in_first_name = true;
            }
            ':' => in_first_name = false,
            ' ' if depth == 1 && names.last().is_some_and(|name| !name.is_empty()) => in_first_name = false,
            c if depth == 1 && in_first_name && (c.is_alphanumeric() || c == '_') => {
                names.last_mut().expect("there is always a name under way").push(c);
            }
            _ => {}
        }
    }
    names
}

/// All files below a folder that end in one of the extensions, in order.
fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.expect("an entry of a folder of the project").path();
            if path.is_dir() {
                folders.push(path);
            } else if extensions.iter().any(|e| path.extension().is_some_and(|x| x == *e)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn no_module_uses_one_to_its_right() {
    let src = root().join("src");
    let mut faults = Vec::new();
    let mut modules_seen = 0;
    for path in files(&src, &["rs"]) {
        let inside = path.strip_prefix(&src).expect("the file was found below src");
        let mut parts = inside.components().map(|c| c.as_os_str().to_string_lossy().into_owned());
        let first = parts.next().unwrap_or_default();
        let module = first.strip_suffix(".rs").unwrap_or(&first).to_owned();
        if module == "lib" || module == "main" {
            continue;
        }
        let Some(own) = row(&module) else {
            faults.push(format!("{}: the order does not say where `{module}` stands", inside.display()));
            continue;
        };
        modules_seen += 1;
        for used in modules_used(&read(&path)) {
            match row(&used) {
                None => {
                    faults
                        .push(format!("{}: `crate::{used}` is not a module of the order", inside.display()));
                }
                Some(other) if used == module || other < own => {}
                Some(_) => faults.push(format!("{}: `{module}` must not use `{used}`", inside.display())),
            }
        }
    }
    assert!(faults.is_empty(), "data flows one way (docs/architecture.md):\n{}", faults.join("\n"));
    assert!(modules_seen > 0, "no module was found below src");
}

#[test]
fn no_source_file_is_longer_than_an_idea() {
    let mut long = Vec::new();
    for (folder, extensions) in [("src", &["rs"][..]), ("web/src", &["ts", "css"])] {
        let found = files(&root().join(folder), extensions);
        assert!(!found.is_empty(), "{folder} holds no source");
        for path in found {
            let lines = read(&path).lines().count();
            if lines > LONGEST_LINES {
                long.push(format!("{}: {lines} lines", path.strip_prefix(root()).unwrap_or(&path).display()));
            }
        }
    }
    assert!(long.is_empty(), "longer than {LONGEST_LINES} lines, so to be divided:\n{}", long.join("\n"));
}

#[test]
fn imports_are_found_in_every_form() {
    let source = "
        use crate::area::Code;
        use crate::{geometry::{LonLat, Crs}, coverage, source as input};
        pub(crate) use crate::{
            index::Cells,
            atlas::{self, Atlas},
        };
        // use crate::http::never;
        /// See [`crate::cli`].
        fn f() -> crate::query::Answer { other_crate::tiles::no() }
    ";
    assert_eq!(modules_used(source), ["area", "geometry", "coverage", "source", "index", "atlas", "query"],);
}
