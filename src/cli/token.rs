//! `levelmap token`: who may write.

use anyhow::Context;

use crate::indicator::store::{Store, StoreUrl};

/// Make a token for the write side
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Make a token; it is shown this once, and kept only as a hash
    New {
        /// Whose it is
        name: String,
        /// Where values are kept
        #[arg(long, default_value = super::STORE, value_name = "sqlite:PATH|postgres://...")]
        store: StoreUrl,
    },
}

/// Makes a token of 256 random bits and prints it.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Action::New { name, store } = &arguments.action;
    let mut random = [0u8; 32];
    getrandom::fill(&mut random).context("no random numbers to be had")?;
    let token = random.iter().fold(String::from("lm_"), |text, byte| format!("{text}{byte:02x}"));
    let mut opened = Store::open(store).with_context(|| format!("cannot open {store}"))?;
    opened
        .add_token(name, &token)
        .with_context(|| format!("cannot keep a token for {name}: is there one of that name?"))?;
    eprintln!("The token of {name}; it is not shown again:");
    println!("{token}");
    Ok(())
}
