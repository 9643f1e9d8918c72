//! Fingertips: a table for each indicator, of the sorts of area that have it.

use std::collections::HashMap;
use std::io::Cursor;

use anyhow::{Context, bail};
use serde::Deserialize;
use url::Url;

use super::{Client, LICENCE};
use crate::cli::import::{Intake, Place};
use crate::indicator::format::Format;
use crate::indicator::import::ImportOptions;

/// Indicators of Fingertips by their numbers, into the store
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Numbers of indicators, as 90362
    #[arg(required = true, value_name = "ID")]
    indicators: Vec<u32>,
    /// Sorts of area by their numbers there, as 502,221; without it the newest districts and counties, regions, integrated care
    /// boards and England
    #[arg(long, value_delimiter = ',', value_name = "N,N...")]
    area_types: Vec<u32>,
    #[command(flatten)]
    place: Place,
    /// Address of the service
    #[arg(long, value_name = "URL", default_value = "https://fingertips.phe.org.uk/api", value_parser = super::address)]
    from: Url,
}

/// A sort of area.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AreaType {
    id: u32,
    name: String,
    #[serde(default)]
    short: Option<String>,
}

/// That an indicator is published for a sort of area.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Available {
    area_type_id: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct About {
    #[serde(default)]
    unit: Option<Unit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Unit {
    label: String,
}

/// England, whose row every table has, as the parent of all its areas.
const ENGLAND: &str = "15";

/// How the names of those sorts of area begin that are taken when nothing is said: of each the newest, which has the highest
/// number.
const USUAL: [&[&str]; 5] = [
    &["districts & ua", "district & ua"],
    &["counties & ua", "county & ua"],
    &["icb", "integrated care board"],
    &["region", "government office region"],
    &["england"],
];

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let client = Client::new(&arguments.from);
    let types: Vec<AreaType> = client.json("area_types", &[])?;
    arguments.place.taking(|intake| {
        for &indicator in &arguments.indicators {
            take(&client, indicator, (&types, &arguments.area_types), intake)?;
        }
        Ok(())
    })
}

fn take(
    client: &Client,
    indicator: u32,
    (types, asked): (&[AreaType], &[u32]),
    intake: &mut Intake<'_>,
) -> anyhow::Result<()> {
    let id = indicator.to_string();
    let available: Vec<Available> = client.json("available_data", &[("indicator_id", &id)])?;
    let has = |number: u32| available.iter().any(|a| a.area_type_id == number);
    let there: Vec<&AreaType> = types.iter().filter(|t| has(t.id)).collect();
    let wanted = chosen(indicator, &there, asked)?;
    let about: HashMap<String, About> =
        client.json("indicator_metadata/by_indicator_id", &[("indicator_ids", &id)])?;
    let unit = about.get(&id).and_then(|about| about.unit.as_ref()).map(|unit| unit.label.clone());
    let mut tables = Vec::new();
    for area_type in &wanted {
        eprintln!("{id}: {}", area_type.name);
        let query = [
            ("indicator_ids", id.as_str()),
            ("child_area_type_id", &area_type.id.to_string()),
            ("parent_area_type_id", ENGLAND),
        ];
        tables.push(client.bytes("all_data/csv/by_indicator_id", &query)?);
    }
    let table = one_table(&tables).with_context(|| format!("indicator {id}"))?;
    let options = ImportOptions {
        format: Some(Format::Fingertips),
        unit: unit.filter(|unit| !unit.is_empty()),
        licence: Some(LICENCE.to_owned()),
        ..ImportOptions::default()
    };
    intake.take(&format!("fingertips-{id}.csv"), Cursor::new(table), &options);
    Ok(())
}

/// The sorts of area to ask for.
fn chosen<'a>(indicator: u32, there: &[&'a AreaType], asked: &[u32]) -> anyhow::Result<Vec<&'a AreaType>> {
    let names = || there.iter().map(|t| format!("{} ({})", t.id, t.name)).collect::<Vec<_>>().join(", ");
    if there.is_empty() {
        bail!("there is no indicator {indicator}, or it is published for no area");
    }
    if let Some(other) = asked.iter().find(|number| there.iter().all(|t| t.id != **number)) {
        bail!("indicator {indicator} is not published for areas of sort {other}; there are {}", names());
    }
    if !asked.is_empty() {
        return Ok(there.iter().copied().filter(|t| asked.contains(&t.id)).collect());
    }
    let newest = |starts: &&[&str]| {
        let begins = |name: &str| starts.iter().any(|start| name.to_lowercase().starts_with(start));
        let of_sort = |t: &&AreaType| begins(&t.name) || t.short.as_deref().is_some_and(begins);
        there.iter().copied().filter(of_sort).max_by_key(|t| t.id)
    };
    let usual: Vec<&AreaType> = USUAL.iter().filter_map(newest).collect();
    if usual.is_empty() {
        bail!(
            "indicator {indicator} is published for none of the usual areas; choose --area-types of {}",
            names()
        );
    }
    Ok(usual)
}

/// The rows of tables under their one header. England stands in each; the report counts its rows as duplicates.
fn one_table(tables: &[Vec<u8>]) -> anyhow::Result<Vec<u8>> {
    let mut all: Vec<u8> = Vec::new();
    let mut header: Option<&[u8]> = None;
    for table in tables {
        let table = table.strip_prefix(b"\xef\xbb\xbf").unwrap_or(table);
        let end = table.iter().position(|&byte| byte == b'\n').map_or(table.len(), |at| at + 1);
        let (first, rows) = table.split_at(end);
        match header {
            None => {
                all.extend_from_slice(first);
                header = Some(first);
            }
            Some(header) if header.trim_ascii_end() == first.trim_ascii_end() => {}
            Some(_) => {
                bail!("its tables for two sorts of area differ in their columns: fetch them one by one")
            }
        }
        if all.last().is_some_and(|&last| last != b'\n') {
            all.push(b'\n');
        }
        all.extend_from_slice(rows);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(given: &[(u32, &str)]) -> Vec<AreaType> {
        given.iter().map(|&(id, name)| AreaType { id, name: name.to_owned(), short: None }).collect()
    }

    #[test]
    fn the_newest_of_each_usual_sort_is_taken() {
        let all = types(&[
            (7, "GPs"),
            (15, "England"),
            (6, "Regions (statistical)"),
            (402, "Counties & UAs (2021/22-2022/23)"),
            (502, "Counties & UAs (from Apr 2023)"),
            (102, "County & UA (pre Apr 2019)"),
            (501, "Districts & UAs (from Apr 2023)"),
            (221, "ICBs"),
        ]);
        let there: Vec<&AreaType> = all.iter().collect();
        let ids =
            |asked: &[u32]| -> Vec<u32> { chosen(1, &there, asked).unwrap().iter().map(|t| t.id).collect() };
        assert_eq!(ids(&[]), [501, 502, 221, 6, 15]);
        assert_eq!(ids(&[402, 7]), [7, 402]);
        let error = chosen(1, &there, &[101]).unwrap_err().to_string();
        assert!(error.contains("101") && error.contains("501 (Districts & UAs (from Apr 2023))"), "{error}");
        assert!(chosen(1, &there[..1], &[]).unwrap_err().to_string().contains("7 (GPs)"));
        assert!(chosen(1, &[], &[]).unwrap_err().to_string().contains("no indicator 1"));
    }

    #[test]
    fn tables_become_one_under_one_header() {
        let tables =
            [&b"\xef\xbb\xbfa,b\r\n1,2\r\n"[..], b"a,b\n3,4", b"a,b\n", b"a,b\n5,6\n"].map(<[u8]>::to_vec);
        assert_eq!(one_table(&tables).unwrap(), b"a,b\r\n1,2\r\n3,4\n5,6\n");
        assert!(one_table(&[b"a,b\n".to_vec(), b"a,c\n".to_vec()]).is_err());
    }
}
