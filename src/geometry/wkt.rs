//! The system that a well-known text definition names, found without reading all of it.
//!
//! Definitions of one system differ from program to program, so what decides is the identifier on the
//! outermost element where there is one, else its name; a projected system is never taken for the
//! geographic one inside it.

use super::{Crs, CrsError};

/// Elements that hold one system and something else beside it: heights, or a way to another datum.
const WRAPPERS: [&str; 4] = ["COMPD_CS", "COMPOUNDCRS", "BOUNDCRS", "SOURCECRS"];
const PROJECTED: [&str; 3] = ["PROJCS", "PROJCRS", "PROJECTEDCRS"];
const GEOGRAPHIC: [&str; 6] = ["GEOGCS", "GEOGCRS", "GEOGRAPHICCRS", "GEODCRS", "GEODETICCRS", "BASEGEOGCRS"];

/// The system that a definition describes.
pub(super) fn crs(text: &str) -> Result<Crs, CrsError> {
    let elements = elements(text);
    let Some(outer) = elements.iter().find(|element| !WRAPPERS.contains(&element.keyword.as_str())) else {
        return Err(CrsError::Definition(shortened(text)));
    };
    let name =
        || CrsError::Definition(if outer.name.is_empty() { shortened(text) } else { outer.name.clone() });
    let is_projected = PROJECTED.contains(&outer.keyword.as_str());
    if !is_projected && !GEOGRAPHIC.contains(&outer.keyword.as_str()) {
        return Err(name());
    }
    // An identifier directly in the outer element, not one of its ellipsoid or units.
    let identifier = elements
        .iter()
        .filter(|element| element.parent == Some(outer.position))
        .find(|element| matches!(element.keyword.as_str(), "AUTHORITY" | "ID"));
    if let Some(identifier) = identifier {
        let code = format!("{}:{}", identifier.name, identifier.second);
        // An authority's own number for a system that has a well-known name is no reason to give up.
        if let Ok(crs) = code.parse::<Crs>() {
            return if crs.is_degrees() == is_projected { Err(name()) } else { Ok(crs) };
        }
        if identifier.name.eq_ignore_ascii_case("EPSG") {
            return Err(name());
        }
    }
    (if is_projected { projected(&outer.name) } else { geographic(&outer.name) }).ok_or_else(name)
}

fn projected(name: &str) -> Option<Crs> {
    let plain = plain(name);
    let has = |word: &str| plain.contains(word);
    if has("britishnationalgrid") || plain == "osgb36" || plain == "osgb1936" {
        Some(Crs::BritishGrid)
    } else if has("irishtransversemercator") || plain == "irenet95itm" {
        Some(Crs::IrishTransverseMercator)
    } else if has("tm75") && has("irish") {
        Some(Crs::IrishGridTm75)
    } else if has("tm65") && has("irish") || plain == "irishgrid" || plain == "irishnationalgrid" {
        Some(Crs::IrishGridTm65)
    } else if has("pseudomercator") || has("webmercator") || has("popularvisualisation") {
        Some(Crs::WebMercator)
    } else {
        None
    }
}

fn geographic(name: &str) -> Option<Crs> {
    match plain(name).as_str() {
        "wgs84" | "wgs1984" | "gcswgs1984" | "gcswgs84" | "wgs84crs84" | "crs84" => Some(Crs::Wgs84),
        "etrs89" | "etrs1989" | "gcsetrs1989" | "gcsetrf1989" | "etrf89" => Some(Crs::Etrs89),
        _ => None,
    }
}

/// Letters and digits only, in lower case: names differ in blanks, hyphens and underscores.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn shortened(text: &str) -> String {
    text.trim().chars().take(60).collect()
}

/// One `KEYWORD["name", second, ...]` of a definition.
struct Element {
    keyword: String,
    name: String,
    /// The second argument, when it is a text or a number.
    second: String,
    /// Where in the text the element begins, and where the element around it does.
    position: usize,
    parent: Option<usize>,
}

/// All elements in the order in which they begin. A text that is no definition has none, or odd ones.
fn elements(text: &str) -> Vec<Element> {
    let mut elements: Vec<Element> = Vec::new();
    // Of each element open at this point: its index, and how many commas have passed in it.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for (position, c) in text.char_indices() {
        if quoted && c != '"' {
            word.push(c);
            continue;
        }
        match c {
            '"' => quoted = !quoted,
            '[' | '(' => {
                let parent = open.last().map(|(index, _)| elements[*index].position);
                let keyword = std::mem::take(&mut word).to_ascii_uppercase();
                open.push((elements.len(), 0));
                elements.push(Element {
                    keyword,
                    name: String::new(),
                    second: String::new(),
                    position,
                    parent,
                });
            }
            ',' | ']' | ')' => {
                let argument = std::mem::take(&mut word);
                if let Some((index, commas)) = open.last_mut() {
                    match commas {
                        0 => elements[*index].name = argument,
                        1 => elements[*index].second = argument,
                        _ => {}
                    }
                    *commas += 1;
                }
                if c != ',' {
                    open.pop();
                }
            }
            c if c.is_whitespace() => {}
            c => word.push(c),
        }
    }
    elements
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_usual_definitions_are_known() {
        for (text, expected) in [
            // As ArcGIS writes it.
            (
                r#"PROJCS["British_National_Grid",GEOGCS["GCS_OSGB_1936",DATUM["D_OSGB_1936",SPHEROID["Airy_1830",6377563.396,299.3249646]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",400000.0],PARAMETER["False_Northing",-100000.0],PARAMETER["Central_Meridian",-2.0],PARAMETER["Scale_Factor",0.9996012717],PARAMETER["Latitude_Of_Origin",49.0],UNIT["Meter",1.0]]"#,
                Crs::BritishGrid,
            ),
            // As GDAL writes it, blanks and all; identifiers of other things come first.
            (
                "PROJCS[\"OSGB36 / British National Grid\",\n    GEOGCS[\"OSGB36\",\n        DATUM[\"Ordnance_Survey_of_Great_Britain_1936\",\n            SPHEROID[\"Airy 1830\",6377563.396,299.3249646,\n                AUTHORITY[\"EPSG\",\"7001\"]],\n            AUTHORITY[\"EPSG\",\"6277\"]],\n        AUTHORITY[\"EPSG\",\"4277\"]],\n    PROJECTION[\"Transverse_Mercator\"],\n    AUTHORITY[\"EPSG\",\"27700\"]]",
                Crs::BritishGrid,
            ),
            // With heights beside it.
            (
                r#"COMPD_CS["OSGB36 / British National Grid + ODN height",PROJCS["OSGB36 / British National Grid",GEOGCS["OSGB36"],AUTHORITY["EPSG","27700"]],VERT_CS["ODN height"],AUTHORITY["EPSG","7405"]]"#,
                Crs::BritishGrid,
            ),
            // WKT 2.
            (
                r#"PROJCRS["TM75 / Irish Grid",BASEGEOGCRS["TM75",DATUM["Geodetic Datum of 1965"],ID["EPSG",4300]],CONVERSION["Irish Grid"],ID["EPSG",29903]]"#,
                Crs::IrishGridTm75,
            ),
            (r#"PROJCS["TM65_Irish_Grid",GEOGCS["GCS_TM65"]]"#, Crs::IrishGridTm65),
            (
                r#"PROJCS["IRENET95_Irish_Transverse_Mercator",GEOGCS["GCS_IRENET95"]]"#,
                Crs::IrishTransverseMercator,
            ),
            (
                r#"PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984"]]]"#,
                Crs::WebMercator,
            ),
            (
                r#"PROJCS["WGS 84 / Pseudo-Mercator",GEOGCS["WGS 84",AUTHORITY["EPSG","4326"]],AUTHORITY["EPSG","3857"]]"#,
                Crs::WebMercator,
            ),
            (
                r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#,
                Crs::Wgs84,
            ),
            (
                r#"GEOGCRS["WGS 84 (CRS84)",ENSEMBLE["World Geodetic System 1984 ensemble"],ID["OGC","CRS84"]]"#,
                Crs::Wgs84,
            ),
            (
                r#"GEOGCS["ETRS89",DATUM["European_Terrestrial_Reference_System_1989"],AUTHORITY["EPSG","4258"]]"#,
                Crs::Etrs89,
            ),
        ] {
            assert_eq!(crs(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let named = |name: &str| Err(CrsError::Definition(name.to_owned()));
        // Degrees, but on Airy's ellipsoid: a hundred metres off if taken for WGS 84.
        assert_eq!(crs(r#"GEOGCS["GCS_OSGB_1936",DATUM["D_OSGB_1936"]]"#), named("GCS_OSGB_1936"));
        let utm = r#"PROJCS["WGS 84 / UTM zone 30N",GEOGCS["WGS 84",AUTHORITY["EPSG","4326"]],AUTHORITY["EPSG","32630"]]"#;
        assert_eq!(crs(utm), named("WGS 84 / UTM zone 30N"));
        assert_eq!(crs(r#"LOCAL_CS["Site grid"]"#), named("Site grid"));
        assert_eq!(crs("  not a definition "), named("not a definition"));
        assert_eq!(crs(""), named(""));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(PROJCS|GEOGCS|ID|[\\[\\](),\" a-zŵ0-9]){0,40}") {
            let _ = crs(&text);
        }
    }
}
