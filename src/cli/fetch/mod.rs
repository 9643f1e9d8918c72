//! `levelmap fetch`: from the public services into a boundaries folder or the store.

mod client;
mod els;
mod fingertips;
mod ons;

use url::Url;

use self::client::Client;

/// Download boundaries or indicators from the public services
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Ons(ons::Arguments),
    Els(els::Arguments),
    Fingertips(fingertips::Arguments),
}

/// The licence of what all three services publish.
const LICENCE: &str = "OGL-UK-3.0";

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.what {
        What::Ons(arguments) => ons::run(arguments),
        What::Els(arguments) => els::run(arguments),
        What::Fingertips(arguments) => fingertips::run(arguments),
    }
}

/// The address of a service.
fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|e| e.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
        return Err("give an address without parameters that begins with https:// or http://".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_of_the_web_and_without_parameters() {
        assert!(address("https://example.org/api").is_ok() && address("http://127.0.0.1:8080").is_ok());
        for wrong in
            ["file:///etc/passwd", "example.org", "https://example.org/?a=b", "https://example.org/#a", ""]
        {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
