//! `TileJSON` 3.0.0: where a layer's tiles are and what is in them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{DEEPEST_TILES, TileContent};

/// A `TileJSON` document.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TileJson {
    /// Version of `TileJSON`.
    pub tilejson: &'static str,
    /// Title of the layer.
    pub name: String,
    /// Vintage of the layer: a member of our own, because `version` must be a semantic version.
    pub vintage: String,
    /// Whom to name.
    pub attribution: String,
    /// Rows count from the north.
    pub scheme: &'static str,
    /// Address of the tiles, with `{z}`, `{x}` and `{y}` in it.
    pub tiles: Vec<String>,
    /// Least zoom with tiles.
    pub minzoom: u8,
    /// Greatest zoom with tiles.
    pub maxzoom: u8,
    /// West, south, east and north in degrees.
    pub bounds: [f64; 4],
    /// Longitude, latitude and zoom to begin at.
    pub center: [f64; 3],
    /// What is in a tile.
    pub vector_layers: Vec<VectorLayer>,
}

impl TileJson {
    /// The same of tiles that hold no other vector layers than these.
    #[must_use]
    pub fn holding(mut self, content: TileContent) -> Self {
        self.vector_layers.retain(|layer| content.has(layer.id));
        self
    }
}

/// One layer within the tiles.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct VectorLayer {
    /// `areas`, `borders` or `labels`.
    pub id: &'static str,
    /// What it holds.
    pub description: &'static str,
    /// Least zoom with it.
    pub minzoom: u8,
    /// Greatest zoom with it.
    pub maxzoom: u8,
    /// Names of its properties and what they hold.
    pub fields: BTreeMap<&'static str, &'static str>,
    /// 2 of polygons, 1 of lines, 0 of points; `TileJSON` has no word for it.
    #[serde(skip)]
    pub geometry_dimension: u8,
}

/// What is in a tile of a layer that has tiles from `minzoom` on; `with_values` when an indicator is asked for.
pub fn vector_layers(minzoom: u8, with_values: bool) -> Vec<VectorLayer> {
    let vector_layer =
        |id, geometry_dimension, description, fields: &[(&'static str, &'static str)]| VectorLayer {
            id,
            description,
            minzoom,
            maxzoom: DEEPEST_TILES,
            fields: fields.iter().copied().collect(),
            geometry_dimension,
        };
    let named = [("code", "String: code of the area"), ("name", "String: name of the area")];
    let mut of_areas = named.to_vec();
    if with_values {
        of_areas.extend([
            ("value", "Number: value of the indicator, absent when there is none"),
            ("class", "Number: class in the legend, absent when there is none"),
            ("flag", "String: why there is no value, or what to know about it"),
        ]);
    }
    let sides = [
        ("left", "String: code of the area on the left, absent for none"),
        ("right", "String: code of the area on the right, absent for none"),
    ];
    vec![
        vector_layer("areas", 2, "A polygon for each area", &of_areas),
        vector_layer("borders", 1, "Each border once, with the areas on its two sides", &sides),
        vector_layer("labels", 0, "A point inside each area", &named),
    ]
}

/// The document of a layer. `tiles_url` has `{z}`, `{x}` and `{y}` in it; `bounds` are west, south, east and
/// north in degrees; `with_values` when the address asks for an indicator.
pub fn layer_tilejson(
    title: &str,
    vintage: &str,
    attribution: &str,
    tiles_url: &str,
    bounds: [f64; 4],
    minzoom: u8,
    with_values: bool,
) -> TileJson {
    let [west, south, east, north] = bounds;
    TileJson {
        tilejson: "3.0.0",
        name: title.to_owned(),
        vintage: vintage.to_owned(),
        attribution: attribution.to_owned(),
        scheme: "xyz",
        tiles: vec![tiles_url.to_owned()],
        minzoom,
        maxzoom: DEEPEST_TILES,
        bounds,
        center: [
            f64::midpoint(west, east),
            f64::midpoint(south, north),
            f64::from(zoom_that_shows(bounds).clamp(minzoom, DEEPEST_TILES)),
        ],
        vector_layers: vector_layers(minzoom, with_values),
    }
}

/// The deepest zoom at which the bounds fit a window two tiles of 512 pixels wide.
fn zoom_that_shows([west, _, east, _]: [f64; 4]) -> u8 {
    let width = (east - west).clamp(1e-6, 360.0);
    (360.0 * 2.0 / width).log2().floor() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_what_tilejson_3_requires() {
        let document = layer_tilejson(
            "Local authority districts",
            "2025",
            "Source: Office for National Statistics",
            "http://127.0.0.1/tiles/lad/{z}/{x}/{y}.mvt",
            [-8.65, 49.86, 1.77, 60.87],
            0,
            true,
        );
        let json = serde_json::to_value(&document).expect("it has a JSON form");
        assert_eq!((&json["tilejson"], &json["scheme"]), (&"3.0.0".into(), &"xyz".into()));
        assert_eq!(json["tiles"][0], "http://127.0.0.1/tiles/lad/{z}/{x}/{y}.mvt");
        assert_eq!((&json["minzoom"], &json["maxzoom"]), (&0.into(), &14.into()));
        let ids: Vec<_> = document.vector_layers.iter().map(|layer| layer.id).collect();
        assert_eq!(ids, ["areas", "borders", "labels"]);
        assert!(json["vector_layers"][0]["fields"]["class"].is_string());
        assert!(json["vector_layers"][2]["fields"]["class"].is_null());
        let outlines = document.clone().holding("labels,borders".parse().expect("they are vector layers"));
        let ids: Vec<_> = outlines.vector_layers.iter().map(|layer| layer.id).collect();
        assert_eq!(ids, ["borders", "labels"]);
        let [lon, lat, zoom] = document.center;
        assert!((lon + 3.44).abs() < 1e-9 && (lat - 55.365).abs() < 1e-9 && zoom == 6.0, "{zoom}");
    }
}
