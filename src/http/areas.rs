//! `/v1/areas/{code}`: one area.

use axum::extract::{Path, RawQuery, State};
use serde_json::{Map, Value, json};

use super::answer::{self, Answer, Pace, bytes, rounded};
use super::layer_files::write_whole_feature;
use super::layers::{corners, properties, split_suffix, square_km};
use super::parameters::Parameters;
use super::problem::Problem;
use super::reference_systems::ReferenceSystem;
use super::state::{AppState, Served};
use crate::area::{Code, LayerRef};
use crate::atlas::{Atlas, AtlasLayer, Found};
use crate::coverage::{Coverage, topojson};
use crate::geometry;
use crate::query::parents;

/// The area with a code, or 404.
pub(super) fn find<'a>(
    served: &'a Served,
    code: &str,
    layer: Option<&LayerRef>,
) -> Result<Found<'a>, Problem> {
    let code: Code = code.parse().map_err(|e| Problem::parameter("code", code, format!("{e}")))?;
    served.atlas.find(&code, layer).ok_or_else(|| {
        let place = layer.map(|l| format!(" in layer `{l}`")).unwrap_or_default();
        let followed: Vec<String> =
            served.atlas.lineage().successors(&code).map(|c| c.new_code.to_string()).collect();
        let after = if followed.is_empty() {
            String::new()
        } else {
            format!("; it was followed by {}", followed.join(", "))
        };
        Problem::not_found(format!("there is no area with the code {code}{place}{after}"))
            .with_close(followed)
    })
}

/// Answers a question about an area, at the pace that its layer allows. Of current layers everything is made ahead of need.
pub(super) async fn about<T: Send + 'static>(
    state: &AppState,
    code: String,
    layer: Option<LayerRef>,
    pace: impl FnOnce(&AtlasLayer) -> Pace,
    work: impl FnOnce(&Served, &Found) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let (asked, of) = (code.clone(), layer.clone());
    let pace = move |served: &Served| {
        find(served, &asked, of.as_ref()).map_or(Pace::AtOnce, |found| pace(found.layer))
    };
    answer::at_pace(state, pace, move |served| work(served, &find(served, &code, layer.as_ref())?)).await
}

/// The `layer` of a query, the only parameter here.
pub(super) fn asked_layer(query: Option<&str>) -> Result<Option<LayerRef>, Problem> {
    let mut read = Parameters::parse(query, &["layer"]);
    let layer = read.value("layer");
    read.finish()?;
    Ok(layer)
}

/// One area: code, name, layer, size, place, what it lies in, what it followed.
#[utoipa::path(get, path = "/v1/areas/{code}", tag = "areas",
    params(("code" = String, Path, description = "`E08000035`"),
        ("layer" = Option<String>, Query, description = "Where a code stands in several layers: which is meant")),
    responses((status = 200, description = "The area"), (status = 404, body = Problem)))]
pub async fn one(
    State(state): State<AppState>,
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let layer = asked_layer(query.as_deref())?;
    // The shape of an area of a superseded layer is put together anew, which takes a millisecond or two.
    let pace = |layer: &AtlasLayer| if layer.entry.current { Pace::AtOnce } else { Pace::InTurn };
    about(&state, code, layer, pace, |served, found| answer::json(&describe(served, found))).await
}

fn describe(served: &Served, found: &Found) -> Value {
    let (atlas, area, layer) = (&served.atlas, found.area(), found.layer);
    let shape = layer.shape(found.number);
    let mut holding = Map::new();
    for (other, parent) in parents(atlas, layer, found.number) {
        let parent = properties(other, &other.areas()[parent as usize]);
        holding.insert(other.entry.id.kind.to_string(), parent.into());
    }
    let changes = |rows: Vec<&crate::area::Change>, code: fn(&crate::area::Change) -> (&Code, &String)| {
        let rows = rows.into_iter().map(|c| {
            let (code, name) = code(c);
            json!({"code": code, "name": name, "effective": c.effective, "kind": c.kind, "note": c.note})
        });
        rows.collect::<Vec<_>>()
    };
    let lineage = atlas.lineage();
    let position = |c: Option<geo::Coord>| c.map(|c| [rounded(c.x), rounded(c.y)]);
    let link = |what: &str| link(atlas, layer, &area.code, what);
    let mut answer = properties(layer, area);
    let also: Vec<String> = atlas.layers_with(&area.code).map(|l| l.entry.id.to_string()).collect();
    let more = json!({
        "name_cy": area.name_cy, "alternative_names": area.alternatives,
        "status": found.status, "layers": also,
        "bbox": area.bbox.map(corners),
        "centroid": position(geometry::centroid(&shape)),
        "label_point": position(layer.label_point(found.number, &shape)),
        "area_km2": square_km(area.area_m2),
        "population": area.residents, "population_source": area.residents.map(|_| "2011 Census"),
        "block_count": layer.blocks_of(found.number).len(),
        "parents": holding,
        "superseded_by": changes(lineage.successors(&area.code).collect(), |c| (&c.new_code, &c.new_name)),
        "supersedes": changes(lineage.predecessors(&area.code).collect(), |c| (&c.old_code, &c.old_name)),
        "source": layer.entry.source, "licence": layer.entry.licence, "attribution": atlas.attribution(layer),
        "links": {
            "self": link(""), "geometry": link("/geometry.geojson"),
            "layer": format!("/v1/layers/{}", layer.entry.id),
            "overlaps": link("/overlaps/{layer}"), "neighbours": link("/neighbours"),
            "children": link("/children/{layer}"), "parents": link("/parents"), "history": link("/history"),
            "profile": link("/profile"), "similar": link("/similar")
        }
    });
    if let Value::Object(more) = more {
        answer.extend(more);
    }
    Value::Object(answer)
}

/// The outline of one area.
#[utoipa::path(get, path = "/v1/areas/{code}/{geometry}", tag = "areas",
    params(("code" = String, Path, description = "`E08000035`"),
        ("geometry" = String, Path, description = "`geometry.geojson`, `geometry.topojson`, `geometry.wkt`, `geometry.kml`"),
        ("layer" = Option<String>, Query, description = "Where a code stands in several layers: which is meant"),
        ("crs" = Option<String>, Query, description = "Of GeoJSON and WKT: `27700` for eastings and northings of the British National Grid; CRS84, EPSG:4326 and EPSG:3857 as well")),
    responses((status = 200, description = "The outline"), (status = 404, body = Problem)))]
pub async fn geometry(
    State(state): State<AppState>,
    Path((code, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let ("geometry", Some(format)) = split_suffix(&file) else {
        return Err(Problem::not_found(format!("there is nothing at /v1/areas/{code}/{file}")));
    };
    let format = format.to_owned();
    let mut read = Parameters::parse(query.as_deref(), &["layer", "crs"]);
    let (layer, crs) = (read.value("layer"), read.value::<ReferenceSystem>("crs").unwrap_or_default());
    if matches!(format.as_str(), "topojson" | "kml") {
        crs.only_degrees(&mut read, &format);
    }
    read.finish()?;
    answer::off_thread(&state, move |served| {
        let found = find(served, &code, layer.as_ref())?;
        let (area, shape) = (found.area(), &found.layer.shapes()[found.number as usize]);
        match format.as_str() {
            "geojson" => {
                let mut out = Vec::new();
                let geometry = crs.geometry_of(&served.atlas, found.layer, found.number);
                write_whole_feature(&mut out, found.layer, area, &geometry);
                Ok(bytes("application/geo+json", out))
            }
            "topojson" => {
                let (one, _) = Coverage::from_shapes(&[found.layer.block_shape(found.number)]);
                let kind = found.layer.entry.id.kind.as_str();
                Ok(bytes("application/json", topojson::write(&one, kind, topojson::MICRODEGREE)))
            }
            "wkt" => {
                Ok(bytes("text/plain; charset=utf-8", wkt(&crs.shape(&served.atlas, shape), crs.digits())))
            }
            "kml" => Ok(bytes("application/vnd.google-earth.kml+xml", kml(area, shape))),
            other => Err(Problem::not_found(format!(
                "no geometry as `{other}`: there are geojson, topojson, wkt, kml"
            ))),
        }
    })
    .await
}

fn wkt(shape: &geo::MultiPolygon, digits: usize) -> String {
    let scale = 10f64.powi(digits as i32);
    let rounded = |length: f64| (length * scale).round() / scale;
    let ring = |r: &geo::LineString| {
        let points: Vec<String> = r.0.iter().map(|c| format!("{} {}", rounded(c.x), rounded(c.y))).collect();
        format!("({})", points.join(","))
    };
    let polygon = |p: &geo::Polygon| {
        let rings: Vec<String> = std::iter::once(p.exterior()).chain(p.interiors()).map(ring).collect();
        format!("({})", rings.join(","))
    };
    match shape.0.as_slice() {
        [] => "MULTIPOLYGON EMPTY".to_owned(),
        polygons => format!("MULTIPOLYGON({})", polygons.iter().map(polygon).collect::<Vec<_>>().join(",")),
    }
}

fn kml(area: &crate::atlas::Area, shape: &geo::MultiPolygon) -> String {
    let escaped = area.name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let ring = |r: &geo::LineString| {
        let points: Vec<String> = r.0.iter().map(|c| format!("{},{}", rounded(c.x), rounded(c.y))).collect();
        format!("<LinearRing><coordinates>{}</coordinates></LinearRing>", points.join(" "))
    };
    let polygons = shape.iter().map(|p| {
        let mut holes = String::new();
        for hole in p.interiors() {
            holes.push_str("<innerBoundaryIs>");
            holes.push_str(&ring(hole));
            holes.push_str("</innerBoundaryIs>");
        }
        let outer = ring(p.exterior());
        format!("<Polygon><outerBoundaryIs>{outer}</outerBoundaryIs>{holes}</Polygon>")
    });
    let polygons: String = polygons.collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Placemark id=\"{}\"><name>{escaped}</name><MultiGeometry>{polygons}</MultiGeometry></Placemark></kml>\n",
        area.code
    )
}

/// The address of what there is about an area of a layer, which is named where the code alone would lead to another.
pub(super) fn link(atlas: &Atlas, layer: &AtlasLayer, code: &Code, what: &str) -> String {
    let layer = &layer.entry.id;
    let is_plain = atlas.find(code, None).is_some_and(|found| found.layer.entry.id == *layer);
    if is_plain { format!("/v1/areas/{code}{what}") } else { format!("/v1/areas/{code}{what}?layer={layer}") }
}
