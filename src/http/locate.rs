//! `GET /v1/locate`: what is at a point, a grid reference or a postcode.

use axum::extract::{RawQuery, State};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::answer::{self, Answer, rounded};
use super::layers::properties;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::{LayerRef, Postcode};
use crate::atlas::{Atlas, AtlasLayer};
use crate::geometry::{GridMethod, LonLat};
use crate::query::{Asked, Place, PlaceError, layer_on, layers_on, near, place};

/// The farthest that is searched for the nearest areas of a point at sea.
const FARTHEST_M: f64 = 100_000.0;

/// The areas at a point, in every layer.
#[utoipa::path(get, path = "/v1/locate", tag = "locate",
    params(("lon" = Option<f64>, Query, description = "Longitude, with `lat`"),
        ("lat" = Option<f64>, Query, description = "Latitude"),
        ("easting" = Option<f64>, Query, description = "British National Grid easting in metres, with `northing`"),
        ("northing" = Option<f64>, Query, description = "British National Grid northing in metres"),
        ("postcode" = Option<String>, Query, description = "A postcode of Great Britain, any spacing and case"),
        ("layers" = Option<String>, Query, description = "Only these, as in `lad,icb@2022`; all current layers otherwise"),
        ("as_of" = Option<String>, Query, description = "The vintages in force on this day, YYYY-MM-DD"),
        ("nearest_within_m" = Option<f64>, Query, description = "At sea, the nearest area of each layer within so many metres, at most 100,000")),
    responses((status = 200, description = "`areas` by kind of layer; empty at sea, where `nearest` has what was asked for"),
        (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn locate(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    let allowed = ["lon", "lat", "easting", "northing", "postcode", "layers", "as_of", "nearest_within_m"];
    let mut read = Parameters::parse(query.as_deref(), &allowed);
    let served = state.served();
    let layers = asked_layers(&mut read, &served);
    let nearest_within_m = asked_distance(&mut read);
    let asked = asked_place(&mut read)?;
    let place = place(&served.atlas, asked)?;

    let block = served.atlas.block_at(place.at.coord());
    let mut areas = Map::new();
    for (_, layer) in &layers {
        if let Some(area) = served.atlas.area_at(layer, block, place.at.coord()) {
            let found = properties(layer, &layer.areas()[area as usize]);
            areas.insert(layer.entry.id.kind.to_string(), found.into());
        }
    }
    let approximate = block.is_some_and(|b| served.atlas.coverage_of_block(b).entry.approximate);
    let licence = block.map(|b| served.atlas.coverage_of_block(b).entry.licence.clone());
    let mut answer = json!({
        "query": described(&place), "areas": areas, "approximate": approximate,
        "attribution": attribution(&served.atlas, block, place.postcode.is_some()), "licence": licence
    });
    if let (Some(within_m), Value::Object(answer)) = (nearest_within_m, &mut answer) {
        let nearest = if block.is_some() {
            Vec::new()
        } else {
            nearest(&served.atlas, layers.iter().map(|(_, layer)| *layer), place.at, within_m)
        };
        answer.insert("nearest".into(), nearest.into());
    }
    answer::json(&answer)
}

/// The layers asked for by `layers` and `as_of`, each as it was written; every current layer when neither is given.
pub(super) fn asked_layers<'a>(read: &mut Parameters, served: &'a Served) -> Vec<(String, &'a AtlasLayer)> {
    let atlas = &served.atlas;
    let day: Option<Date> = read.value("as_of");
    let Some(text) = read.text("layers").map(str::to_owned) else {
        return layers_on(atlas, day).into_iter().map(|l| (l.entry.id.kind.to_string(), l)).collect();
    };
    let mut layers: Vec<(String, &AtlasLayer)> = Vec::new();
    for name in text.split(',').map(str::trim) {
        let asked = match name.parse::<LayerRef>() {
            Ok(asked) => asked,
            Err(error) => {
                read.fault("layers", name, error.to_string());
                continue;
            }
        };
        match layer_on(atlas, &asked, day) {
            Some(_) if layers.iter().any(|(known, _)| known == name) => {
                read.fault("layers", name, "asked for twice");
            }
            Some(layer) => layers.push((name.to_owned(), layer)),
            None => read.fault("layers", name, "there is no such layer; /v1/layers lists them"),
        }
    }
    layers
}

/// `nearest_within_m`, in range.
pub(super) fn asked_distance(read: &mut Parameters) -> Option<f64> {
    let within_m = read.number("nearest_within_m")?;
    if (0.0..=FARTHEST_M).contains(&within_m) {
        return Some(within_m);
    }
    read.fault("nearest_within_m", &within_m.to_string(), "between 0 and 100000 metres");
    None
}

/// The place of a query, well formed and given in one way.
pub(super) fn asked_place(read: &mut Parameters) -> Result<Asked, Problem> {
    let given = |names: &[&str]| names.iter().any(|name| read.text(name).is_some());
    let asked = match (given(&["lon", "lat"]), given(&["easting", "northing"]), given(&["postcode"])) {
        (true, false, false) => {
            needed(read, "lon").zip(needed(read, "lat")).map(|(lon, lat)| Asked::Degrees { lon, lat })
        }
        (false, true, false) => needed(read, "easting")
            .zip(needed(read, "northing"))
            .map(|(easting_m, northing_m)| Asked::Grid { easting_m, northing_m }),
        (false, false, true) => read.value::<Postcode>("postcode").map(Asked::Postcode),
        _ => {
            let message = "give one of: lon and lat; easting and northing; postcode";
            read.fault("lon", "", message);
            None
        }
    };
    read.finish()?;
    asked.ok_or_else(|| Problem::parameter("lon", "", "missing"))
}

fn needed(read: &mut Parameters, name: &str) -> Option<f64> {
    if read.text(name).is_none() {
        read.fault(name, "", "missing");
    }
    read.number(name)
}

impl From<PlaceError> for Problem {
    fn from(error: PlaceError) -> Problem {
        let words = error.to_string();
        if error.is_absence() {
            return Problem::not_found(words);
        }
        let (parameter, value) = error.fault();
        Problem::parameter(parameter, &value, words)
    }
}

/// A place as answers repeat it.
pub(super) fn described(place: &Place) -> Map<String, Value> {
    let mut map = Map::new();
    if let Some(entry) = &place.postcode {
        map.insert("postcode".into(), entry.postcode.to_string().into());
        map.insert("live".into(), entry.live.into());
    }
    if let Some((point, _)) = place.grid {
        map.insert("easting".into(), point.easting_m().into());
        map.insert("northing".into(), point.northing_m().into());
    }
    map.insert("lon".into(), rounded(place.at.lon()).into());
    map.insert("lat".into(), rounded(place.at.lat()).into());
    if let Some((_, method)) = place.grid {
        let method = match method {
            GridMethod::Ostn15 => "OSTN15",
            GridMethod::Helmert => "Helmert",
        };
        map.insert("transformation".into(), method.into());
    }
    map
}

/// Whom to name for the ground of a block, and for the postcode that led there.
pub(super) fn attribution(atlas: &Atlas, block: Option<u32>, by_postcode: bool) -> Vec<String> {
    let ground = block.map(|b| &atlas.coverage_of_block(b).entry.attribution);
    let postcodes = atlas.postcodes().filter(|_| by_postcode).map(|(_, entry)| &entry.attribution);
    let mut lines: Vec<String> = Vec::new();
    for line in ground.into_iter().chain(postcodes).flatten() {
        if !lines.contains(line) {
            lines.push(line.clone());
        }
    }
    lines
}

/// The nearest area of each layer.
pub(super) fn nearest<'a>(
    atlas: &Atlas,
    layers: impl Iterator<Item = &'a AtlasLayer>,
    at: LonLat,
    within_m: f64,
) -> Vec<Value> {
    let mut rows = Vec::new();
    for layer in layers {
        if let Some(nearest) = near(atlas, layer, at, within_m).first() {
            let mut row = properties(layer, &layer.areas()[nearest.area as usize]);
            row.insert("distance_m".into(), metres(nearest.distance_m).into());
            rows.push(row.into());
        }
    }
    rows
}

/// Metres to the nearest decimetre: no border is drawn better.
pub(super) fn metres(distance_m: f64) -> f64 {
    (distance_m * 10.0).round() / 10.0
}
