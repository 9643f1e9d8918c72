//! ONS Explore Local Statistics: a table for each indicator, of every area and time.

use std::io::Cursor;

use anyhow::{Context, bail};
use serde::Deserialize;
use url::Url;

use super::{Client, LICENCE};
use crate::cli::import::{Intake, Place};
use crate::indicator::format::Format;
use crate::indicator::import::ImportOptions;

/// Indicators of ONS Explore Local Statistics, into the store
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Indicators by their names in addresses, as `employment-rate`; all when none is given
    #[arg(value_name = "INDICATOR")]
    indicators: Vec<String>,
    #[command(flatten)]
    place: Place,
    /// Address of the service
    #[arg(long, value_name = "URL", default_value = "https://www.ons.gov.uk/explore-local-statistics/api/v1",
        value_parser = super::address)]
    from: Url,
}

/// What the service says of an indicator.
#[derive(Deserialize)]
struct About {
    slug: String,
    label: String,
    #[serde(default)]
    unit: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let client = Client::new(&arguments.from);
    let there: Vec<About> = client.json("metadata/indicators", &[])?;
    let wanted = chosen(&there, &arguments.indicators)?;
    arguments.place.taking(|intake| {
        for about in &wanted {
            eprintln!("{}", about.label);
            take(&client, about, intake)?;
        }
        Ok(())
    })
}

/// Those named, or all.
fn chosen<'a>(there: &'a [About], named: &[String]) -> anyhow::Result<Vec<&'a About>> {
    if named.is_empty() {
        return Ok(there.iter().collect());
    }
    let find = |name: &String| {
        there.iter().find(|about| about.slug == *name).with_context(|| {
            let stem = name.split('-').next().unwrap_or_default();
            let close: Vec<&str> =
                there.iter().map(|a| a.slug.as_str()).filter(|s| s.contains(stem)).collect();
            let close = if close.is_empty() { "none that is like it".to_owned() } else { close.join(", ") };
            format!(
                "there is no indicator `{name}` among the {} of the service: there is {close}",
                there.len()
            )
        })
    };
    named.iter().map(find).collect()
}

fn take(client: &Client, about: &About, intake: &mut Intake<'_>) -> anyhow::Result<()> {
    let path = format!("data/{}.csv", about.slug);
    let table =
        client.bytes(&path, &[("time", "all"), ("includeNames", "true"), ("includeStatus", "true")])?;
    // An indicator without a value has not so much as a header.
    if table.is_empty() {
        eprintln!("levelmap: {} has no values", about.slug);
        return Ok(());
    }
    if table.starts_with(b"<") {
        bail!("{path} is a page and no table: is the address that of the service?");
    }
    let options = ImportOptions {
        format: Some(Format::Els),
        title: Some(about.label.clone()),
        unit: about.unit.clone(),
        licence: Some(LICENCE.to_owned()),
        ..ImportOptions::default()
    };
    intake.take(&format!("{}.csv", about.slug), Cursor::new(table), &options);
    Ok(())
}
