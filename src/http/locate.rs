//! `GET /v1/locate`: what is at a point, a grid reference or a postcode.

use std::borrow::Cow;

use axum::extract::{RawQuery, State};
use geo::Coord;
use jiff::civil::Date;
use serde::Serialize;

use super::answer::{Answer, bytes, rounded};
use super::layers::Named;
use super::nearest::Near as NearArea;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::{LayerRef, Postcode};
use crate::atlas::{Atlas, AtlasLayer};
use crate::geometry::{GridMethod, LonLat};
use crate::query::{Asked, Place, PlaceError, layer_on, layers_on, nearest_of, place};

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

/// Room for an answer with every layer that ships.
const USUAL_BYTES: usize = 3072;
const USUAL_LAYERS: usize = 16;

/// What follows the areas in an answer.
#[derive(Serialize)]
struct Besides<'a> {
    approximate: bool,
    attribution: Vec<&'a str>,
    licence: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<Vec<NearArea<'a>>>,
}

/// The answer to a query, as JSON.
pub(super) fn located(served: &Served, query: Option<&str>) -> Result<Vec<u8>, Problem> {
    let allowed = ["lon", "lat", "easting", "northing", "postcode", "layers", "as_of", "nearest_within_m"];
    let mut read = Parameters::parse(query, &allowed);
    let of_all = read.text("layers").is_none() && read.text("as_of").is_none();
    let layers = if of_all { Vec::new() } else { asked_layers(&mut read, served) };
    let nearest_within_m = asked_distance(&mut read);
    let asked = asked_place(&mut read)?;
    let atlas = &served.atlas;
    let place = place(atlas, asked)?;

    let block = atlas.block_at(place.at.coord());
    let mut areas: Vec<(usize, u32)> = Vec::with_capacity(USUAL_LAYERS);
    if of_all {
        atlas.current_areas_at(block, place.at.coord(), |layer, area| areas.push((layer, area)));
    } else {
        areas = asked_areas(served, &layers, block, place.at.coord());
    }
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
    let ending = |body: &mut Vec<u8>| match served.ending(block).filter(|_| is_usual) {
        Some(ready) => {
            body.extend_from_slice(ready);
            Ok(())
        }
        None => Besides { nearest: near, ..Besides::of(atlas, block, by_postcode) }.write(body),
    };
    written(served, &described(&place), &areas, ending).map_err(|e| Problem::internal(&e))
}

impl<'a> Besides<'a> {
    fn of(atlas: &'a Atlas, block: Option<u32>, by_postcode: bool) -> Self {
        let home = block.map(|b| &atlas.coverage_of_block(b).entry);
        Besides {
            approximate: home.is_some_and(|entry| entry.approximate),
            attribution: attribution(atlas, block, by_postcode),
            licence: home.map(|entry| entry.licence.as_str()),
            nearest: None,
        }
    }

    /// Writes it as the further members of an object that is closed by it.
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        let brace = out.len();
        serde_json::to_writer(&mut *out, self)?;
        out[brace] = b',';
        Ok(())
    }
}

/// What follows the areas in answers about points in a block, or in none, where nothing else is asked.
pub(super) fn ending(atlas: &Atlas, block: Option<u32>) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::new();
    Besides::of(atlas, block, false).write(&mut out)?;
    Ok(out)
}

/// The areas of the layers asked for, each with the place of its layer. Of two vintages of a kind the later named is told,
/// where the first stood.
fn asked_areas(
    served: &Served,
    layers: &[(Cow<'_, str>, &AtlasLayer)],
    block: Option<u32>,
    point: Coord,
) -> Vec<(usize, u32)> {
    let all = served.atlas.layers();
    let mut areas: Vec<(usize, u32)> = Vec::with_capacity(layers.len());
    for (_, layer) in layers {
        let Some(area) = served.atlas.area_at(layer, block, point) else { continue };
        let found = (layer.place, area);
        match areas.iter_mut().find(|(known, _)| all[*known].entry.id.kind == layer.entry.id.kind) {
            Some(known) => *known = found,
            None => areas.push(found),
        }
    }
    areas
}

/// An answer as JSON: the query, the areas by the kinds of their layers, copied from what is ready, and the rest.
fn written(
    served: &Served,
    query: &Described,
    areas: &[(usize, u32)],
    ending: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>,
) -> serde_json::Result<Vec<u8>> {
    // What is ready lies all over memory: first where each area's is, then a look at it, so that all of it comes at once.
    let ready = areas.iter().map(|&(place, number)| served.cards(place).map(|cards| cards.of_area(number)));
    let ready: Vec<Option<&[u8]>> = ready.collect();
    let looked_at = ready.iter().flatten().fold(0, |looked_at, card| looked_at ^ card.first().unwrap_or(&0));
    std::hint::black_box(looked_at);
    let mut body = Vec::with_capacity(USUAL_BYTES);
    body.extend_from_slice(b"{\"query\":");
    serde_json::to_writer(&mut body, query)?;
    body.extend_from_slice(b",\"areas\":{");
    for (i, (&(place, number), ready)) in areas.iter().zip(ready).enumerate() {
        let layer = &served.atlas.layers()[place];
        body.extend_from_slice(if i > 0 { b",\"" } else { b"\"" });
        // Kinds are lower case letters, digits and dashes.
        body.extend_from_slice(layer.entry.id.kind.as_str().as_bytes());
        body.extend_from_slice(b"\":");
        match ready {
            Some(card) => body.extend_from_slice(card),
            None => serde_json::to_writer(&mut body, &Named::of(layer, number))?,
        }
    }
    body.push(b'}');
    ending(&mut body)?;
    Ok(body)
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
            Some(_) if layers.iter().any(|(known, _)| known == name) => {
                read.fault("layers", name, "asked for twice");
            }
            Some(layer) => layers.push((name.to_owned().into(), layer)),
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
#[derive(Serialize)]
pub(super) struct Described {
    #[serde(skip_serializing_if = "Option::is_none")]
    postcode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) easting: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) northing: Option<f64>,
    pub(super) lon: f64,
    pub(super) lat: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    transformation: Option<&'static str>,
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

/// Whom to name for the ground of a block, and for the postcode that led there.
pub(super) fn attribution(atlas: &Atlas, block: Option<u32>, by_postcode: bool) -> Vec<&str> {
    let ground = block.map(|b| &atlas.coverage_of_block(b).entry.attribution);
    let postcodes = atlas.postcodes().filter(|_| by_postcode).map(|(_, entry)| &entry.attribution);
    let mut lines: Vec<&str> = Vec::new();
    for line in ground.into_iter().chain(postcodes).flatten() {
        if !lines.contains(&line.as_str()) {
            lines.push(line);
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
) -> Vec<NearArea<'a>> {
    nearest_of(atlas, layers, at, within_m)
        .into_iter()
        .map(|(layer, near)| NearArea {
            area: Named::of(layer, near.area),
            distance_m: metres(near.distance_m),
        })
        .collect()
}

/// Metres to the nearest decimetre: no border is drawn better.
pub(super) fn metres(distance_m: f64) -> f64 {
    (distance_m * 10.0).round() / 10.0
}
