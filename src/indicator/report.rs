//! The report of an import: every row counted in one class, and every class listed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::matching::Class;

/// How many examples of a class a report shows; the stored report lists all.
pub const SHOWN: usize = 50;

/// Faults listed in the stored report: a file with more is wrong as a whole, and memory has an end.
pub const FAULTS_KEPT: usize = 100_000;

/// One code, or one fault, of a class.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Example {
    /// The code as the file has it; empty for a row that has none.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub code: String,
    /// The name as the file has it.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// The first of them, the header being row 1.
    pub first_row: u64,
    /// The code it leads to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<String>,
    /// The kind of layer it goes to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub layer: Option<String>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// One class: how many rows, and which.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ClassCount {
    /// Rows in this class.
    pub count: u64,
    /// The codes, or faults.
    pub examples: Vec<Example>,
}

/// The areas of a layer for which the file has no value in any period.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Without {
    /// How many.
    pub count: usize,
    /// Which: code and name.
    pub examples: Vec<(String, String)>,
}

/// One indicator of a file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReportIndicator {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The sort of number that it was taken for.
    pub kind: String,
    /// Rows of it.
    pub rows: u64,
}

/// The report of one file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The file.
    pub file: String,
    /// Its format.
    pub format: String,
    /// Its encoding.
    pub encoding: String,
    /// The column that was taken for each role.
    pub columns: BTreeMap<String, String>,
    /// The kind of layer that most of its codes are of.
    pub kind: Option<String>,
    /// The vintage that has most of its codes.
    pub vintage: Option<String>,
    /// The layer that its codes were led to.
    pub layer: Option<String>,
    /// Rows below the header.
    pub rows_read: u64,
    /// The classes; their counts add up to `rows_read`.
    pub classes: BTreeMap<Class, ClassCount>,
    /// The indicators.
    pub indicators: Vec<ReportIndicator>,
    /// The periods, earliest first.
    pub periods: Vec<String>,
    /// Areas of the layer without a value.
    pub areas_without_value: Without,
    /// What else the reader should know.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// The number of the import in the store; none for a dry run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub import: Option<i64>,
}

impl Report {
    /// Rows in a class.
    pub fn count(&self, class: Class) -> u64 {
        self.classes.get(&class).map_or(0, |c| c.count)
    }

    /// The report with at most [`SHOWN`] examples of each class.
    #[must_use]
    pub fn shown(&self) -> Report {
        let mut short = self.clone();
        for class in short.classes.values_mut() {
            class.examples.truncate(SHOWN);
        }
        short.areas_without_value.examples.truncate(SHOWN);
        short
    }

    /// The report for people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let layer = match (&self.kind, &self.vintage) {
            (Some(kind), Some(vintage)) => format!("{kind}, vintage {vintage}"),
            _ => "no known layer".to_owned(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{}: {} ({}), {layer}, {} rows",
            self.file, self.format, self.encoding, self.rows_read
        );
        for indicator in &self.indicators {
            let _ = writeln!(out, "  {} ({}): {} rows", indicator.id, indicator.kind, indicator.rows);
        }
        match (self.periods.first(), self.periods.last()) {
            (Some(first), Some(last)) if first != last => {
                let _ = writeln!(out, "  {} periods, {first} to {last}", self.periods.len());
            }
            (Some(only), _) => {
                let _ = writeln!(out, "  period {only}");
            }
            _ => {}
        }
        for (class, found) in self.classes.iter().filter(|(_, c)| c.count > 0) {
            let _ = write!(out, "  {:<12} {:>8}", class.as_str(), found.count);
            if !matches!(class, Class::Matched) {
                let said: Vec<String> = found.examples.iter().take(5).map(said).collect();
                let more = found.examples.len().saturating_sub(said.len());
                let _ = write!(out, "  {}", said.join("; "));
                if more > 0 {
                    let _ = write!(out, "; and {more} more");
                }
            }
            out.push('\n');
        }
        if self.areas_without_value.count > 0 {
            let names: Vec<&str> =
                self.areas_without_value.examples.iter().take(5).map(|(_, name)| name.as_str()).collect();
            let (count, layer) = (self.areas_without_value.count, self.layer.as_deref().unwrap_or_default());
            let _ = writeln!(out, "  {count} areas of {layer} without a value: {} ...", names.join(", "));
        }
        for note in &self.notes {
            let _ = writeln!(out, "  note: {note}");
        }
        if let Some(import) = self.import {
            let _ = writeln!(out, "  stored as import {import}");
        }
        out
    }
}

fn said(example: &Example) -> String {
    let mut text = if example.code.is_empty() {
        String::new()
    } else if example.name.is_empty() {
        example.code.clone()
    } else {
        format!("{} {}", example.code, example.name)
    };
    if let Some(target) = &example.target {
        let _ = write!(text, " -> {target}");
    }
    if let Some(layer) = &example.layer {
        let _ = write!(text, " ({layer})");
    }
    if let Some(reason) = &example.reason {
        let _ = write!(text, "{}{reason}", if text.is_empty() { "" } else { ": " });
    }
    text
}
