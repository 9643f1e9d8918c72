//! `/v1/within`: the areas in a circle or a polygon.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use geo::{LineString, MultiPolygon, Polygon};
use geojson::{GeoJson, GeometryValue};
use serde_json::{Value, json};

use super::answer::{self, Answer, Pace, SHARE_PLACES, bytes, rounded};
use super::layers::{self, Named, properties, square_km};
use super::locate::{METRE_PLACES, asked_place, described};
use super::nearest::{asked_layer, asked_radius, attribution};
use super::parameters::Parameters;
use super::problem::{ParameterFault, Problem};
use super::state::{AppState, Served};
use crate::geometry::{self, Circle};
use crate::query::{
    FARTHEST_M, Relation, ResidentsInside, misread, place, residents_in_circle, within_circle, within_polygon,
};
use crate::text::Members;

/// The largest polygon that is read, in bytes.
pub const BODY_LIMIT_BYTES: usize = 8 * 1024 * 1024;
/// Areas of the mean size that a circle may have room for when its answer is to be made at once.
const FEW_ROWS: f64 = 50.0;
/// Faults of a polygon that are listed.
const MOST_FAULTS: usize = 20;

/// The areas of a layer within a distance of a place.
///
/// `distance_m` is measured on the ellipsoid to the area itself, 0 inside. `share_inside` is the share of the area's ground
/// in the circle, from the area cut with the circle in an equal-area plane: good to about one part in ten thousand.
///
/// With `residents=true` each area has `population_inside`, and `population` tells of all of them: an estimate from the
/// small areas, those that the circle cuts giving residents by the share of their ground inside.
#[utoipa::path(get, path = "/v1/within", tag = "places",
    params(("lon" = Option<f64>, Query, description = "Longitude, with `lat`; or `easting` and `northing`, or `postcode`"),
        ("lat" = Option<f64>, Query, description = "Latitude"),
        ("easting" = Option<f64>, Query, description = "British National Grid easting in metres, with `northing`"),
        ("northing" = Option<f64>, Query, description = "British National Grid northing in metres"),
        ("postcode" = Option<String>, Query, description = "A postcode of Great Britain"),
        ("radius_m" = f64, Query, description = "Metres, 0 to 500000"),
        ("layer" = String, Query, description = "`lad`, `icb@2022`"),
        ("relation" = Option<String>, Query, description = "`intersects` (the default): some of the area is in the circle; `contains`: all of it; `centroid`: its centroid"),
        ("residents" = Option<bool>, Query, description = "`true`: how many people live in the circle, estimated from the small areas")),
    responses((status = 200, description = "Nearest first, of those equally near the most inside first"), (status = 400, body = Problem)))]
pub async fn circle(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    let allowed =
        ["lon", "lat", "easting", "northing", "postcode", "radius_m", "layer", "relation", "residents"];
    let mut read = Parameters::parse(query.as_deref(), &allowed);
    let layer = asked_layer(&mut read);
    let relation = read.value("relation").unwrap_or(Relation::Intersects);
    let asks_residents = read.value::<bool>("residents").unwrap_or(false);
    let radius_m = asked_radius(&mut read, FARTHEST_M);
    let asked = asked_place(&mut read)?;
    let named = layer.clone();
    let pace = move |served: &Served| {
        let area_m2 = radius_m * radius_m * std::f64::consts::PI;
        match layers::find(served, &named) {
            Ok(layer) if !layer.entry.current => Pace::Apart,
            Ok(layer) if area_m2 >= FEW_ROWS * layer.mean_area_m2() => Pace::InTurn,
            _ => Pace::AtOnce,
        }
    };
    answer::at_pace(&state, pace, move |served| {
        let place = place(&served.atlas, asked)?;
        let layer = layers::find(served, &layer)?;
        let circle = Circle::new(place.at, radius_m);
        let residents = asks_residents.then(|| residents_in_circle(&served.atlas, layer, &circle));
        let found = within_circle(layer, &circle, relation);
        let mut out = Vec::with_capacity(found.len() * ROW_BYTES + ROOM_BESIDES_ROWS);
        let mut answer = Members::begin(&mut out);
        answer.object("query", |query| described(&place).write(query));
        answer.number("radius_m", Some(radius_m));
        answer.word("relation", Some(relation.as_str()));
        answer.text("layer", &layer.entry.id.to_string());
        answer.whole("count", Some(found.len()));
        let together = served.together();
        let mut of_layer = Vec::new();
        if let Some(one) = found.first() {
            Named::of(layer, one.area).write_of_layer(&mut Members::go_on(&mut of_layer));
        }
        answer.objects("results", found, |row, found| {
            match together.and_then(|together| together.own_text(layer, found.area)) {
                Some(own) => {
                    row.ready(own);
                    row.ready(&of_layer);
                }
                None => Named::of(layer, found.area).write(row),
            }
            row.rounded("distance_m", Some(found.distance_m), METRE_PLACES);
            row.rounded("share_inside", Some(found.share_inside), SHARE_PLACES);
            if let Some(residents) = &residents {
                row.rounded("population_inside", residents.of_area(found.area), 0);
            }
        });
        answer.json("attribution", &attribution(&served.atlas, layer, &place))?;
        answer.text("licence", &layer.entry.licence);
        if let Some(residents) = &residents {
            answer.json("population", &told(residents))?;
        }
        answer.end();
        Ok(bytes("application/json", out))
    })
    .await
}

/// Room for a row, and for what is said beside the rows.
const ROW_BYTES: usize = 192;
const ROOM_BESIDES_ROWS: usize = 1024;

/// What is known of the residents of a circle, and how.
fn told(residents: &ResidentsInside) -> Value {
    json!({
        "inside": residents.known().map(|known| known.round() as u64), "source": "2011 Census",
        "method": "estimated from small areas, those cut by the circle by the share of their ground inside",
        "whole_blocks": residents.whole_blocks, "cut_blocks": residents.cut_blocks,
        "unknown_blocks": residents.unknown_blocks
    })
}

/// The areas of a layer in a GeoJSON polygon.
#[utoipa::path(post, path = "/v1/within", tag = "places",
    params(("layer" = String, Query, description = "`lad`, `icb@2022`"),
        ("relation" = Option<String>, Query, description = "`intersects` (the default; a common border is enough), `contains`: all of the area is in the polygon; `centroid`: its centroid is")),
    request_body(content = String, content_type = "application/geo+json", description = "A Polygon or MultiPolygon, or a Feature of one; lon,lat"),
    responses((status = 200, description = "Those with most ground in the polygon first"),
        (status = 400, body = Problem, description = "The faults of the polygon, each with its place"), (status = 413, body = Problem)))]
pub async fn polygon(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Answer {
    let body = body.map_err(|refused| Problem::new(refused.status(), refused.body_text()))?;
    answer::off_thread(&state, move |served| in_polygon(served, query.as_deref(), &body)).await
}

fn in_polygon(served: &Served, query: Option<&str>, body: &[u8]) -> Answer {
    let mut read = Parameters::parse(query, &["layer", "relation"]);
    let layer = asked_layer(&mut read);
    let relation = read.value("relation").unwrap_or(Relation::Intersects);
    read.finish()?;
    let polygon = read_polygon(body)?;
    let layer = layers::find(served, &layer)?;
    let results: Vec<Value> = within_polygon(layer, &polygon, relation)
        .into_iter()
        .map(|found| {
            let mut row = properties(layer, &layer.areas()[found.area as usize]);
            row.insert("area_km2".into(), square_km(found.area_m2).into());
            row.insert("share_inside".into(), rounded(found.share_inside).into());
            row.insert("share_of_polygon".into(), rounded(found.share_of_polygon).into());
            row.into()
        })
        .collect();
    answer::json(&json!({
        "polygon_km2": square_km(crate::coverage::area_m2(&polygon)), "relation": relation.as_str(),
        "layer": layer.entry.id.to_string(), "count": results.len(), "results": results,
        "attribution": served.atlas.attribution(layer), "licence": layer.entry.licence
    }))
}

/// The polygon of a body, valid and wound as GeoJSON asks; else 400 with what is wrong.
fn read_polygon(body: &[u8]) -> Result<MultiPolygon, Problem> {
    let refused = |message: String| Problem::parameter("body", "", message);
    let wanted = "give a GeoJSON Polygon or MultiPolygon, or a Feature of one";
    let text = std::str::from_utf8(body).map_err(|_| refused(format!("not UTF-8; {wanted}")))?;
    let read: GeoJson = text.parse().map_err(|e: geojson::Error| refused(format!("{e}; {wanted}")))?;
    let geometry = match read {
        GeoJson::Geometry(geometry) => geometry,
        GeoJson::Feature(feature) => {
            feature.geometry.ok_or_else(|| refused(format!("the feature has no geometry; {wanted}")))?
        }
        GeoJson::FeatureCollection(_) => {
            return Err(refused(format!("a FeatureCollection is several questions; {wanted}")));
        }
    };
    let mut shape = match geometry.value {
        GeometryValue::Polygon { coordinates } => MultiPolygon(vec![polygon_of(&coordinates)?]),
        GeometryValue::MultiPolygon { coordinates } => {
            let polygons: Result<_, Problem> = coordinates.iter().map(|rings| polygon_of(rings)).collect();
            MultiPolygon(polygons?)
        }
        other => return Err(refused(format!("a {} has no ground; {wanted}", other.type_name()))),
    };
    if shape.0.is_empty() {
        return Err(refused("the polygon is empty".to_owned()));
    }
    // Judged by the first place: a polygon with its axes swapped has them swapped throughout.
    let first = shape.iter().find_map(|p| p.exterior().0.first());
    if let Some(message) = first.and_then(|c| misread(c.x, c.y)) {
        return Err(refused(message.to_string()));
    }
    let faults = geometry::faults(&shape);
    if !faults.is_empty() {
        let more = faults.len().saturating_sub(MOST_FAULTS);
        let mut errors: Vec<ParameterFault> = faults
            .iter()
            .take(MOST_FAULTS)
            .map(|fault| ParameterFault {
                parameter: "body".to_owned(),
                value: fault.at.map(|at| format!("{},{}", at.x, at.y)).unwrap_or_default(),
                message: fault.to_string(),
            })
            .collect();
        if more > 0 {
            let message = format!("and {more} more faults");
            errors.push(ParameterFault { parameter: "body".to_owned(), value: String::new(), message });
        }
        return Err(Problem::parameters(errors));
    }
    geometry::orient(&mut shape);
    Ok(shape)
}

fn polygon_of(rings: &[Vec<geojson::Position>]) -> Result<Polygon, Problem> {
    let mut lines = rings.iter().map(|ring| {
        let place = |p: &geojson::Position| match p.as_slice() {
            [x, y, ..] => Ok(geo::Coord { x: *x, y: *y }),
            _ => Err(Problem::parameter("body", "", "a position needs two numbers, longitude and latitude")),
        };
        let mut line = LineString(ring.iter().map(place).collect::<Result<_, _>>()?);
        line.close();
        Ok(line)
    });
    let exterior = lines.next().unwrap_or_else(|| Ok(LineString(Vec::new())))?;
    Ok(Polygon::new(exterior, lines.collect::<Result<_, Problem>>()?))
}
