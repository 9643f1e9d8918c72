//! `GET /v1/locate`: what is at a point, a grid reference or a postcode.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use jiff::civil::Date;
use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::answer::{Answer, SHARE_PLACES, bytes, rounded};
use super::ground::Ground;
use super::layers::{self, Named};
use super::lent;
use super::nearest::Near as NearArea;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::{LayerRef, Postcode};
use crate::atlas::{Atlas, AtlasLayer};
use crate::geometry::{GridMethod, LonLat};
use crate::query::{Asked, Place, PlaceError, called, layer_on, layers_on, nearest_of, place};
use crate::text::{Members, to_json};

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
    Ok(bytes("application/json", located(&state.served(), query.as_deref())?))
}

/// Where [`locate`] is.
pub(super) const PATH: &str = "/v1/locate";

/// What follows the areas in an answer.
#[derive(Serialize)]
struct Besides<'a> {
    approximate: bool,
    attribution: Vec<&'a str>,
    licence: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<Vec<NearArea<'a>>>,
}

/// The answer to a query, as JSON.
pub(super) fn located(served: &Served, query: Option<&str>) -> Result<Bytes, Problem> {
    let allowed = ["lon", "lat", "easting", "northing", "postcode", "layers", "as_of", "nearest_within_m"];
    let mut read = Parameters::parse(query, &allowed);
    let of_all = read.text("layers").is_none() && read.text("as_of").is_none();
    let layers = if of_all { Vec::new() } else { asked_layers(&mut read, served) };
    let nearest_within_m = asked_distance(&mut read);
    let asked = asked_place(&mut read)?;
    let atlas = &served.atlas;
    let place = place(atlas, asked)?;

    let block = atlas.block_at(place.at.coord());
    let by_postcode = place.postcode.is_some();
    let near = nearest_within_m.map(|within_m| {
        if block.is_some() {
            Vec::new()
        } else if of_all {
            nearest(atlas, layers_on(atlas, None).into_iter(), place.at, within_m)
        } else {
            nearest(atlas, layers.iter().map(|(_, layer)| *layer), place.at, within_m)
        }
    });
    let is_usual = near.is_none() && !by_postcode;
    let mut found: Vec<(&AtlasLayer, u32)> = Vec::new();
    let mut out = lent::room();
    let mut answer = Members::begin(&mut out);
    answer.object("query", |query| described(&place).write(query));
    let areas = answer.name("areas");
    let is_written = of_all
        && block.zip(served.together()).is_some_and(|(block, together)| together.write(areas, atlas, block));
    if !is_written {
        let mut areas = Members::begin(areas);
        let mut write = |name: &str, layer, area: u32| {
            areas.object(name, |object| Named::of(layer, area).write(object));
            found.push((layer, area));
        };
        if of_all {
            atlas.current_areas_at(block, place.at.coord(), |layer, area| {
                let layer = &atlas.layers()[layer];
                write(layer.entry.id.kind.as_str(), layer, area);
            });
        }
        let layers: Vec<&AtlasLayer> = layers.iter().map(|(_, layer)| *layer).collect();
        for (layer, name) in layers.iter().zip(called(&layers)) {
            if let Some(area) = atlas.area_at(layer, block, place.at.coord()) {
                write(&name, layer, area);
            }
        }
        areas.end();
    }
    let is_home =
        found.iter().all(|&(layer, area)| block.is_some_and(|b| layer.area_of_block(b) == Some(area)));
    match served.ending(block).filter(|_| is_usual && is_home) {
        Some(ready) => answer.end_with(ready),
        None => {
            let ground = Ground::of(atlas, block, found);
            answer.members(&Besides { nearest: near, ..Besides::of(atlas, &ground, by_postcode) })?;
            answer.end();
        }
    }
    Ok(lent::lent(out))
}

impl<'a> Besides<'a> {
    fn of(atlas: &'a Atlas, ground: &Ground<'a>, by_postcode: bool) -> Self {
        Besides {
            approximate: ground.is_approximate(),
            attribution: ground.attribution(atlas, by_postcode),
            licence: ground.licence(),
            nearest: None,
        }
    }
}

/// What follows the areas in answers about points in a block, or in none, where nothing else is asked.
pub(super) fn ending(atlas: &Atlas, block: Option<u32>) -> serde_json::Result<Vec<u8>> {
    to_json(&Besides::of(atlas, &Ground::of(atlas, block, []), false))
}

/// The layers asked for by `layers` and `as_of`, each as it was written; every current layer when neither is given.
pub(super) fn asked_layers<'a>(
    read: &mut Parameters,
    served: &'a Served,
) -> Vec<(Cow<'a, str>, &'a AtlasLayer)> {
    let atlas = &served.atlas;
    let day: Option<Date> = read.value("as_of");
    let Some(text) = read.text("layers").map(str::to_owned) else {
        return layers_on(atlas, day).into_iter().map(|l| (l.entry.id.kind.as_str().into(), l)).collect();
    };
    let mut layers: Vec<(Cow<str>, &AtlasLayer)> = Vec::new();
    for name in text.split(',').map(str::trim) {
        let asked = match name.parse::<LayerRef>() {
            Ok(asked) => asked,
            Err(error) => {
                read.fault("layers", name, error.to_string());
                continue;
            }
        };
        match layer_on(atlas, &asked, day) {
            Some(layer) if layers.iter().any(|(_, known)| known.place == layer.place) => {
                read.fault("layers", name, "asked for twice");
            }
            Some(layer) => layers.push((name.to_owned().into(), layer)),
            None => read.fault("layers", name, why_none(atlas, &asked, day)),
        }
    }
    layers
}

/// Why there is no layer as it was asked for, perhaps on a day.
fn why_none(atlas: &Atlas, asked: &LayerRef, day: Option<Date>) -> String {
    let vintages = atlas.layers().iter().filter(|layer| layer.entry.id.kind == asked.kind);
    let in_force = |layer: &AtlasLayer| match (layer.entry.valid_from, layer.entry.valid_to) {
        (from, None) => format!("{} since {from}", layer.entry.id),
        (from, Some(end)) => format!("{} from {from} until before {end}", layer.entry.id),
    };
    let in_force: Vec<String> = vintages.map(in_force).collect();
    match day {
        Some(day) if asked.vintage.is_none() && !in_force.is_empty() => {
            format!("none was in force on {day}: there is {}", in_force.join(", "))
        }
        _ => format!("there is no such layer; {}", layers::there_are(atlas, asked)),
    }
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
pub(super) struct Described {
    postcode: Option<String>,
    live: Option<bool>,
    pub(super) easting: Option<f64>,
    pub(super) northing: Option<f64>,
    pub(super) lon: f64,
    pub(super) lat: f64,
    transformation: Option<&'static str>,
}

impl Described {
    /// Appends its members.
    pub(super) fn write(&self, object: &mut Members) {
        if let Some(postcode) = &self.postcode {
            object.text("postcode", postcode);
        }
        if let Some(live) = self.live {
            object.truth("live", live);
        }
        if let Some((easting, northing)) = self.easting.zip(self.northing) {
            object.number("easting", Some(easting));
            object.number("northing", Some(northing));
        }
        object.rounded("lon", Some(self.lon), SHARE_PLACES);
        object.rounded("lat", Some(self.lat), SHARE_PLACES);
        if let Some(transformation) = self.transformation {
            object.word("transformation", Some(transformation));
        }
    }
}

impl Serialize for Described {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Vec::new();
        let mut object = Members::begin(&mut out);
        self.write(&mut object);
        object.end();
        let text = String::from_utf8(out).map_err(S::Error::custom)?;
        RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
    }
}

pub(super) fn described(place: &Place) -> Described {
    Described {
        postcode: place.postcode.map(|entry| entry.postcode.to_string()),
        live: place.postcode.map(|entry| entry.live),
        easting: place.grid.map(|(point, _)| point.easting_m()),
        northing: place.grid.map(|(point, _)| point.northing_m()),
        lon: rounded(place.at.lon()),
        lat: rounded(place.at.lat()),
        transformation: place.grid.map(|(_, method)| match method {
            GridMethod::Ostn15 => "OSTN15",
            GridMethod::Helmert => "Helmert",
        }),
    }
}

/// The nearest area of each layer.
pub(super) fn nearest<'a>(
    atlas: &Atlas,
    layers: impl Iterator<Item = &'a AtlasLayer>,
    at: LonLat,
    within_m: f64,
) -> Vec<NearArea<'a>> {
    nearest_of(atlas, layers, at, within_m)
        .into_iter()
        .map(|(layer, near)| NearArea {
            area: Named::of(layer, near.area),
            distance_m: metres(near.distance_m),
        })
        .collect()
}

/// Decimals of metres: no border is drawn better than to a decimetre.
pub(super) const METRE_PLACES: usize = 1;

/// Metres to the nearest decimetre.
pub(super) fn metres(distance_m: f64) -> f64 {
    (distance_m * 10.0).round() / 10.0
}
