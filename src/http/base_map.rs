//! A base map from elsewhere, which the operator may name: the one origin besides its own that the page may ask.

use axum::extract::State;
use serde::Serialize;
use serde_json::json;
use url::Url;

use super::answer::{self, Answer};
use super::state::AppState;

/// Raster tiles drawn under the areas.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BaseMap {
    /// Address of the tiles, with `{z}`, `{x}` and `{y}` in it.
    tiles: String,
    /// Whom to thank for them, shown on the map.
    attribution: String,
    /// Scheme, host and port of the address.
    #[serde(skip)]
    origin: String,
}

impl BaseMap {
    /// A base map, or why it cannot be one.
    pub fn new(tiles: &str, attribution: &str) -> Result<BaseMap, String> {
        let url = Url::parse(tiles).map_err(|e| format!("`{tiles}` is not an address: {e}"))?;
        if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
            return Err(format!("`{tiles}` must begin with https:// or http:// and name a host"));
        }
        if let Some(missing) = ["{z}", "{x}", "{y}"].into_iter().find(|part| !tiles.contains(part)) {
            return Err(format!(
                "`{tiles}` has no `{missing}`: it must name tiles by {{z}}, {{x}} and {{y}}"
            ));
        }
        if attribution.trim().is_empty() {
            return Err("the attribution of the base map is empty: say whom to thank for it".to_owned());
        }
        // An origin of a parsed host holds no space, comma or semicolon, so it cannot widen a policy.
        let origin = url.origin().ascii_serialization();
        Ok(BaseMap { tiles: tiles.to_owned(), attribution: attribution.to_owned(), origin })
    }

    /// Scheme, host and port, as a content security policy names them.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

/// Answers `/page.json`: what the operator chose for the map page.
pub async fn page_settings(State(state): State<AppState>) -> Answer {
    answer::json(&json!({ "base_map": state.base_map() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_map_names_tiles_of_one_origin() {
        let map = BaseMap::new("https://tiles.example:8443/a/{z}/{x}/{y}.png?key=1", "Example").unwrap();
        assert_eq!(map.origin(), "https://tiles.example:8443");
    }

    #[test]
    fn what_is_no_base_map_is_told_why() {
        for (tiles, attribution, why) in [
            ("tiles/{z}/{x}/{y}", "x", "not an address"),
            ("file:///{z}/{x}/{y}", "x", "must begin with"),
            ("https://tiles.example/{z}/{y}", "x", "{x}"),
            ("https://tiles.example/{z}/{x}/{y}", " ", "attribution"),
        ] {
            let fault = BaseMap::new(tiles, attribution).unwrap_err();
            assert!(fault.contains(why), "{fault}");
        }
    }
}
