//! The file that `levelmap serve --config` reads. What the command line says wins over it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

use crate::http::BaseMap;

/// All that the file may say; anything else in it is a fault.
#[derive(Deserialize, Default, Debug)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address to listen on, as `127.0.0.1:8080`.
    pub listen: Option<SocketAddr>,
    /// Folder of boundaries, from where the server was started.
    pub boundaries: Option<PathBuf>,
    /// Where imported values are kept.
    pub store: Option<String>,
    /// Longest body that a request may have, in megabytes.
    pub max_body_mb: Option<u64>,
    base_map: Option<BaseMapSection>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct BaseMapSection {
    url: String,
    attribution: String,
}

impl Config {
    /// Reads the file; faults name it, and where in it they are.
    pub fn read(path: &Path) -> anyhow::Result<Config> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Config::parse(&text).with_context(|| format!("{} is at fault", path.display()))
    }

    fn parse(text: &str) -> anyhow::Result<Config> {
        let config: Config = toml::from_str(text)?;
        config.base_map()?;
        Ok(config)
    }

    /// The base map, where the file names one.
    pub fn base_map(&self) -> anyhow::Result<Option<BaseMap>> {
        let Some(section) = &self.base_map else { return Ok(None) };
        let map = BaseMap::new(&section.url, &section.attribution).map_err(anyhow::Error::msg);
        Ok(Some(map.context("base_map")?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_file_is_read() {
        let text = "listen = '0.0.0.0:80'\nboundaries = 'here'\nstore = 'sqlite:x.db'\nmax_body_mb = 5\n\
            [base_map]\nurl = 'https://tiles.example/{z}/{x}/{y}.png'\nattribution = 'Example'\n";
        let config = Config::parse(text).unwrap();
        assert_eq!(config.listen, Some("0.0.0.0:80".parse().unwrap()));
        assert_eq!(config.max_body_mb, Some(5));
        assert_eq!(config.base_map().unwrap().unwrap().origin(), "https://tiles.example");
    }

    #[test]
    fn a_fault_is_told_with_what_is_allowed() {
        for (text, told) in [
            ("lissten = '0.0.0.0:80'", "listen"),
            ("listen = 'nowhere'", "listen"),
            ("[base_map]\nurl = 'https://tiles.example/{z}/{x}/{y}'", "attribution"),
            ("[base_map]\nurl = 'https://tiles.example/'\nattribution = 'x'", "{z}"),
        ] {
            let fault = format!("{:#}", Config::parse(text).unwrap_err());
            assert!(fault.contains(told), "{fault}");
        }
    }
}
