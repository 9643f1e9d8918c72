//! `GeoJSON` (RFC 7946, and the older form with a `crs` member).

use std::collections::BTreeSet;

use geojson::{FeatureCollection, GeoJson, Geometry, GeometryValue, JsonValue, Position};

use super::{Coord, Crs, Feature, FeatureFaultKind, FeatureFile, Rings, ShapesError, Wanted};

pub(super) fn read(bytes: &[u8], wanted: Wanted) -> Result<FeatureFile, ShapesError> {
    let form = |message: String| ShapesError::Form { format: "GeoJSON", message };
    // Some programs put a byte order mark before the text.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|e| form(e.to_string()))?;
    let collection = match text.parse::<GeoJson>().map_err(|e| form(e.to_string()))? {
        GeoJson::FeatureCollection(collection) => collection,
        GeoJson::Feature(feature) => {
            FeatureCollection { bbox: None, features: vec![feature], foreign_members: None }
        }
        GeoJson::Geometry(_) => return Err(form("it is a geometry without a code".to_owned())),
    };
    let crs = match collection.foreign_members.as_ref().and_then(|members| members.get("crs")) {
        None | Some(JsonValue::Null) => Crs::Wgs84,
        Some(crs) => crs["properties"]["name"].as_str().unwrap_or_default().parse()?,
    };
    for attribute in [wanted.code, wanted.name] {
        let has = |f: &geojson::Feature| f.properties.as_ref().is_some_and(|p| p.contains_key(attribute));
        if attribute != "id" && !collection.features.iter().any(has) {
            let all = collection.features.iter().flat_map(|f| f.properties.iter().flat_map(|p| p.keys()));
            let found: BTreeSet<String> = all.cloned().collect();
            return Err(ShapesError::NoAttribute {
                asked: attribute.to_owned(),
                found: found.into_iter().collect(),
            });
        }
    }
    let features = collection.features.into_iter().map(|feature| {
        let text = |name: &str| match feature.properties.as_ref().and_then(|p| p.get(name)) {
            Some(value) => value_text(value),
            None if name == "id" => match &feature.id {
                Some(geojson::feature::Id::String(text)) => text.clone(),
                Some(geojson::feature::Id::Number(number)) => number.to_string(),
                None => String::new(),
            },
            None => String::new(),
        };
        let (code, name) = (text(wanted.code), text(wanted.name));
        Feature { code, name, polygons: polygons(feature.geometry) }
    });
    Ok(FeatureFile { features: features.collect(), crs: Some(crs) })
}

fn value_text(value: &JsonValue) -> String {
    match value {
        JsonValue::Null => String::new(),
        JsonValue::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn polygons(geometry: Option<Geometry>) -> Result<Vec<Rings>, FeatureFaultKind> {
    match geometry.map(|geometry| geometry.value) {
        Some(GeometryValue::Polygon { coordinates }) => Ok(vec![rings(&coordinates)?]),
        Some(GeometryValue::MultiPolygon { coordinates }) => coordinates.iter().map(|p| rings(p)).collect(),
        Some(other) => Err(FeatureFaultKind::NoGround(other.type_name().to_owned())),
        None => Err(FeatureFaultKind::NoGround("feature without a geometry".to_owned())),
    }
}

fn rings(polygon: &[Vec<Position>]) -> Result<Rings, FeatureFaultKind> {
    let coord = |position: &Position| match position.as_slice() {
        [x, y, ..] => Ok(Coord { x: *x, y: *y }),
        _ => Err(FeatureFaultKind::Malformed),
    };
    polygon.iter().map(|ring| ring.iter().map(coord).collect()).collect()
}
