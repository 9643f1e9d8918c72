//! A MapLibre style over a layer's tiles. It names no fonts or pictures to load: the client draws letters
//! with its own.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

/// A style document (MapLibre Style Specification, version 8).
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Style {
    /// Version of the specification.
    pub version: u8,
    /// Title.
    pub name: String,
    /// Longitude and latitude to begin at, degrees.
    pub center: [f64; 2],
    /// Zoom to begin at.
    pub zoom: f64,
    /// Where tiles come from, by name.
    pub sources: BTreeMap<String, StyleSource>,
    /// What is drawn, lowest first.
    pub layers: Vec<StyleLayer>,
}

/// Where tiles come from.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StyleSource {
    /// `vector`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Address of the `TileJSON` document.
    pub url: String,
    /// Property that identifies a feature for feature state.
    #[serde(rename = "promoteId")]
    pub promote_id: &'static str,
}

/// One thing drawn.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StyleLayer {
    /// Its name in the style.
    pub id: String,
    /// `background`, `fill`, `line` or `symbol`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Which source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Which layer of the tiles.
    #[serde(rename = "source-layer", skip_serializing_if = "Option::is_none")]
    pub source_layer: Option<&'static str>,
    /// Least zoom at which it is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minzoom: Option<f64>,
    /// How it is laid out.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub layout: Value,
    /// How it is painted.
    pub paint: Value,
}

/// A class and its colour, for tiles with values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StyleClass {
    /// Number of the class in the legend.
    pub class: usize,
    /// Colour, `#rrggbb`.
    pub fill: String,
}

const SEA: &str = "#f7f9fa";
const LAND: &str = "#e3e8ea";
const NO_CLASS: &str = "#e6e6e6";
const LINE: &str = "#7b878d";
const COAST: &str = "#5c686e";
const TEXT: &str = "#263238";

/// The style of one layer: land, borders, coasts and names; land by class where `classes` are given. `source`
/// names the tiles, `tilejson_url` leads to them, `view` is longitude, latitude and zoom to begin at.
pub fn layer_style(
    title: &str,
    source: &str,
    tilejson_url: &str,
    view: [f64; 3],
    classes: &[StyleClass],
) -> Style {
    let fill = if classes.is_empty() {
        json!(LAND)
    } else {
        let mut matched = vec![json!("match"), json!(["coalesce", ["get", "class"], -1])];
        for StyleClass { class, fill } in classes {
            matched.extend([json!(class), json!(fill)]);
        }
        matched.push(json!(NO_CLASS));
        Value::Array(matched)
    };
    let layer = |id: &str, kind, source_layer, layout, paint| StyleLayer {
        id: format!("{source}-{id}"),
        kind,
        source: Some(source.to_owned()),
        source_layer: Some(source_layer),
        minzoom: None,
        layout,
        paint,
    };
    let width = |narrow: f64, wide: f64| json!(["interpolate", ["linear"], ["zoom"], 5, narrow, 12, wide]);
    let background = StyleLayer {
        id: "background".to_owned(),
        kind: "background",
        source: None,
        source_layer: None,
        minzoom: None,
        layout: Value::Null,
        paint: json!({ "background-color": SEA }),
    };
    let inland = json!(["all", ["has", "left"], ["has", "right"]]);
    let borders = layer(
        "borders",
        "line",
        "borders",
        json!({ "line-join": "round", "line-cap": "round" }),
        json!({
            "line-color": ["case", inland, LINE, COAST],
            "line-width": width(0.4, 1.6),
        }),
    );
    let labels = layer(
        "labels",
        "symbol",
        "labels",
        json!({
            "text-field": ["get", "name"],
            "text-font": ["sans-serif"],
            "text-size": width(10.0, 15.0),
            "text-max-width": 8,
            "text-padding": 6,
        }),
        json!({ "text-color": TEXT, "text-halo-color": "#ffffff", "text-halo-width": 1.4 }),
    );
    let areas = layer("areas", "fill", "areas", Value::Null, json!({ "fill-color": fill }));
    let source_entry = StyleSource { kind: "vector", url: tilejson_url.to_owned(), promote_id: "code" };
    let [lon, lat, zoom] = view;
    Style {
        version: 8,
        name: title.to_owned(),
        center: [lon, lat],
        zoom,
        sources: BTreeMap::from([(source.to_owned(), source_entry)]),
        layers: vec![background, areas, borders, StyleLayer { minzoom: Some(6.0), ..labels }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(classes: &[StyleClass]) -> Value {
        let style = layer_style("Councils", "lad", "/tiles/lad.json", [-3.4, 55.4, 5.0], classes);
        serde_json::to_value(style).expect("it has a JSON form")
    }

    #[test]
    fn every_drawn_layer_names_a_source_and_a_layer_of_the_tiles() {
        let style = style(&[]);
        assert_eq!(style["version"], 8);
        assert_eq!(style["sources"]["lad"]["promoteId"], "code");
        let layers = style["layers"].as_array().expect("layers are a list");
        assert_eq!(layers[0]["type"], "background");
        for layer in &layers[1..] {
            assert_eq!(layer["source"], "lad");
            assert!(
                ["areas", "borders", "labels"].contains(&layer["source-layer"].as_str().unwrap_or("")),
                "{layer}"
            );
        }
        assert!(style.get("glyphs").is_none() && style.get("sprite").is_none(), "nothing else is loaded");
    }

    #[test]
    fn classes_colour_the_areas_and_the_rest_is_grey() {
        let classes =
            [("#eff3ff", 0), ("#08519c", 1)].map(|(fill, class)| StyleClass { class, fill: fill.to_owned() });
        let fill = &style(&classes)["layers"][1]["paint"]["fill-color"];
        assert_eq!(
            *fill,
            json!(["match", ["coalesce", ["get", "class"], -1], 0, "#eff3ff", 1, "#08519c", "#e6e6e6"])
        );
    }
}
