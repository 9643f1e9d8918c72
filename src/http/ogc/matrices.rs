//! `/ogc/tileMatrixSets`: how tiles are cut (OGC 17-083r4).

use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::{JSON, PATH, link, only_form};
use crate::http::answer::{self, Answer};
use crate::http::problem::Problem;
use crate::http::reference_systems::ReferenceSystem;
use crate::tiles::MAX_ZOOM;

/// The only one: the squares of Web Mercator.
pub(super) const QUAD: &str = "WebMercatorQuad";
/// Its name in the register of OGC.
pub(super) const QUAD_URI: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";

/// Half of the side of the world, in metres: the equator's on a sphere of 6,378,137 m.
const HALF_M: f64 = 6_378_137.0 * std::f64::consts::PI;
/// Side of a pixel that scales are reckoned by (OGC 17-083r4, 6.1.1).
const PIXEL_M: f64 = 0.000_28;
/// Pixels along the side of a tile.
const SIDE: u32 = 256;

/// The matrix of a zoom.
fn matrix(zoom: u8) -> Value {
    let across = 1u32 << zoom;
    let cell_m = 2.0 * HALF_M / f64::from(SIDE) / f64::from(across);
    json!({
        "id": zoom.to_string(), "scaleDenominator": cell_m / PIXEL_M, "cellSize": cell_m,
        "cornerOfOrigin": "topLeft", "pointOfOrigin": [-HALF_M, HALF_M],
        "tileWidth": SIDE, "tileHeight": SIDE, "matrixWidth": across, "matrixHeight": across
    })
}

/// 404 for any other.
pub(super) fn known(name: &str) -> Result<(), Problem> {
    if name == QUAD {
        return Ok(());
    }
    Err(Problem::not_found(format!("tiles are not cut by `{name}`; there is {QUAD}")))
}

/// How tiles are cut.
#[utoipa::path(get, path = "/ogc/tileMatrixSets", tag = "ogc", params(("f" = Option<String>, Query, description = "`json`")),
    responses((status = 200, description = "The tile matrix sets")))]
pub async fn all(headers: HeaderMap, RawQuery(query): RawQuery) -> Answer {
    only_form(query.as_deref())?;
    let at = format!("{}{PATH}/tileMatrixSets/{QUAD}", answer::here(&headers));
    answer::json(&json!({"tileMatrixSets": [{
        "id": QUAD, "title": "Squares of Web Mercator", "uri": QUAD_URI,
        "crs": ReferenceSystem::WebMercator.uri(), "links": [link(at, "self", JSON, QUAD)]
    }]}))
}

/// One way to cut tiles.
#[utoipa::path(get, path = "/ogc/tileMatrixSets/{matrices}", tag = "ogc",
    params(("matrices" = String, Path, description = "`WebMercatorQuad`"), ("f" = Option<String>, Query, description = "`json`")),
    responses((status = 200, description = "The tile matrix set"), (status = 404, body = Problem)))]
pub async fn one(Path(name): Path<String>, RawQuery(query): RawQuery) -> Answer {
    only_form(query.as_deref())?;
    known(&name)?;
    answer::json(&json!({
        "id": QUAD, "title": "Squares of Web Mercator", "uri": QUAD_URI,
        "crs": ReferenceSystem::WebMercator.uri(), "orderedAxes": ["X", "Y"],
        "boundingBox": {"lowerLeft": [-HALF_M, -HALF_M], "upperRight": [HALF_M, HALF_M], "crs": ReferenceSystem::WebMercator.uri()},
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": (0..=MAX_ZOOM).map(matrix).collect::<Vec<Value>>()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_those_of_the_register() {
        // OGC 17-083r4, annex D.1.
        for (zoom, scale, cell) in [
            (0, 559_082_264.028_717_9, 156_543.033_928_041),
            (14, 34_123.673_341_596_5, 9.554_628_535_647_032),
        ] {
            let found = matrix(zoom);
            let near = |name: &str, wanted: f64| (found[name].as_f64().unwrap() / wanted - 1.0).abs() < 1e-9;
            assert!(near("scaleDenominator", scale) && near("cellSize", cell), "{found}");
        }
    }
}
