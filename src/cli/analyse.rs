//! `levelmap analyse KIND`: the answers of `/v1/analysis`, without a server.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::atlas::Atlas;
use crate::http::{AppState, ask};
use crate::indicator::store::StoreUrl;
use crate::source::folder::Folder;

/// Answer a question of /v1/analysis: benchmark, trend, progress, inequality, autocorrelation, index, priority
///
/// The parameters are those of the address, which /docs describes: `levelmap analyse inequality indicator=residents
/// layer=lad`.
#[derive(clap::Args)]
pub struct Arguments {
    /// The analysis: benchmark, trend, progress, inequality, autocorrelation, index or priority; `.csv` for a table
    kind: String,
    /// Parameters, as `indicator=residents`
    #[arg(value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// A document to send with the question, in TOML or JSON: the definition of an index
    #[arg(long, value_name = "FILE")]
    definition: Option<PathBuf>,
    /// Where imported values are kept
    #[arg(long, default_value = super::STORE, value_name = "sqlite:PATH|postgres://...")]
    store: StoreUrl,
    /// A boundaries folder; the shipped one when not given
    #[arg(long, value_name = "DIR")]
    boundaries: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for parameter in &arguments.parameters {
        let Some((name, value)) = parameter.split_once('=') else {
            bail!("`{parameter}` is not a parameter: write it as NAME=VALUE");
        };
        query.append_pair(name.trim_start_matches("--"), value);
    }
    let kind: String = url::form_urlencoded::byte_serialize(arguments.kind.as_bytes()).collect();
    let address = format!("/v1/analysis/{kind}?{}", query.finish());
    let read =
        |path: &PathBuf| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    let definition = arguments.definition.as_ref().map(read).transpose()?;
    let folder = Folder::from(arguments.boundaries.clone());
    let atlas = Atlas::load(&folder)?;
    let state = AppState::with_store(atlas, folder, arguments.store.clone())
        .with_context(|| format!("cannot open {}", arguments.store))?;
    let runtime = tokio::runtime::Runtime::new()?;
    match runtime.block_on(ask(state, &address, definition)) {
        Ok(answer) => Ok(std::io::stdout().lock().write_all(&answer)?),
        Err(problem) => bail!("{problem}"),
    }
}
