//! `/v1/locate`: what is at a point, a grid reference or a postcode.

use axum::extract::{RawQuery, State};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::answer::{self, Answer};
use super::layers::properties;
use super::nearest;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::{LayerRef, Postcode};
use crate::atlas::AtlasLayer;
use crate::geometry::{EastNorth, GridMethod, LonLat};

/// The areas at a point, in every layer.
#[utoipa::path(get, path = "/v1/locate", tag = "locate",
    params(("lon" = Option<f64>, Query, description = "Longitude, with `lat`"),
        ("lat" = Option<f64>, Query, description = "Latitude"),
        ("easting" = Option<f64>, Query, description = "British National Grid easting in metres, with `northing`"),
        ("northing" = Option<f64>, Query, description = "British National Grid northing in metres"),
        ("postcode" = Option<String>, Query, description = "A postcode of Great Britain, any spacing and case"),
        ("layers" = Option<String>, Query, description = "Only these, as in `lad,icb@2022`; all current layers otherwise"),
        ("as_of" = Option<String>, Query, description = "The vintages in force on this day, YYYY-MM-DD"),
        ("nearest_within_m" = Option<f64>, Query, description = "For layers with no area at the place, as at sea or on a pier: list the nearest one within this many metres, up to 500000")),
    responses((status = 200, description = "`areas` by kind of layer; empty at sea"), (status = 400, body = Problem)))]
pub async fn locate(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    let allowed = ["lon", "lat", "easting", "northing", "postcode", "layers", "as_of", "nearest_within_m"];
    let mut read = Parameters::parse(query.as_deref(), &allowed);
    let served = state.served();
    let layers = asked_layers(&mut read, &served);
    let within_m = nearest::metres(&mut read, "nearest_within_m");
    let place = Place::read(&mut read, &served)?;
    read.finish()?;

    // Coverages may lie over one another, as a user's own over the shipped ones: each layer asks those it covers.
    let blocks = served.atlas.blocks_at(place.at.coord());
    let mut areas = Map::new();
    let mut without: Vec<usize> = Vec::new();
    for layer in layers {
        match blocks.iter().find_map(|&b| layer.area_of_block(b)) {
            Some(area) => {
                let found = properties(layer, &layer.areas()[area as usize]);
                areas.insert(layer.entry.id.kind.to_string(), found.into());
            }
            None => without.push(served.place_of(layer)),
        }
    }
    let nearest = match within_m {
        Some(within_m) => nearest::beside(&state, without, place.at, within_m).await?,
        None => Vec::new(),
    };
    let block = blocks.first().copied();
    let approximate = block.is_some_and(|b| served.atlas.coverage_of_block(b).entry.approximate);
    let mut attribution: Vec<String> =
        block.map(|b| served.atlas.coverage_of_block(b).entry.attribution.clone()).unwrap_or_default();
    for line in place.attribution {
        if !attribution.contains(&line) {
            attribution.push(line);
        }
    }
    let licence = block.map(|b| served.atlas.coverage_of_block(b).entry.licence.clone());
    answer::json(&json!({
        "query": place.query, "areas": areas, "nearest": nearest, "approximate": approximate,
        "attribution": attribution, "licence": licence
    }))
}

/// The layers asked for by `layers` and `as_of`; every current layer when neither is given.
fn asked_layers<'a>(read: &mut Parameters, served: &'a Served) -> Vec<&'a AtlasLayer> {
    let atlas = &served.atlas;
    let day: Option<Date> = read.value("as_of");
    let Some(text) = read.text("layers").map(str::to_owned) else {
        return match day {
            Some(day) => atlas.kinds().into_iter().filter_map(|kind| atlas.layer_on(kind, day)).collect(),
            None => atlas.layers().iter().filter(|l| l.entry.current).collect(),
        };
    };
    let mut layers = Vec::new();
    for name in text.split(',') {
        let asked = match name.trim().parse::<LayerRef>() {
            Ok(asked) => asked,
            Err(error) => {
                read.fault("layers", name, error.to_string());
                continue;
            }
        };
        let found = match (&asked.vintage, day) {
            (None, Some(day)) => atlas.layer_on(&asked.kind, day),
            _ => atlas.layer(&asked),
        };
        match found {
            Some(layer) => layers.push(layer),
            None => read.fault("layers", name, "there is no such layer; /v1/layers lists them"),
        }
    }
    layers
}

/// A place asked about, and how it was asked.
pub(super) struct Place {
    pub(super) at: LonLat,
    pub(super) query: Value,
    pub(super) attribution: Vec<String>,
}

impl Place {
    pub(super) fn read(read: &mut Parameters, served: &Served) -> Result<Place, Problem> {
        let ways = [
            read.text("lon").is_some() || read.text("lat").is_some(),
            read.text("easting").is_some() || read.text("northing").is_some(),
            read.text("postcode").is_some(),
        ];
        match ways {
            [true, false, false] => Self::by_degrees(read),
            [false, true, false] => Self::by_grid(read, served),
            [false, false, true] => Self::by_postcode(read, served),
            _ => {
                read.finish()?;
                let message = "give one of: lon and lat; easting and northing; postcode";
                Err(Problem::parameter("lon", "", message))
            }
        }
    }

    fn by_degrees(read: &mut Parameters) -> Result<Place, Problem> {
        let (lon, lat) = (needed(read, "lon"), needed(read, "lat"));
        read.finish()?;
        let (lon, lat) = (lon.unwrap_or_default(), lat.unwrap_or_default());
        if let Some(message) = misread(lon, lat) {
            return Err(Problem::parameter("lon", &lon.to_string(), message));
        }
        let at = LonLat::new(lon, lat).map_err(|e| {
            let out_of_range = if (-180.0..=180.0).contains(&lon) { ("lat", lat) } else { ("lon", lon) };
            Problem::parameter(out_of_range.0, &out_of_range.1.to_string(), e.to_string())
        })?;
        Ok(Place { at, query: json!({"lon": lon, "lat": lat}), attribution: Vec::new() })
    }

    fn by_grid(read: &mut Parameters, served: &Served) -> Result<Place, Problem> {
        let (easting, northing) = (needed(read, "easting"), needed(read, "northing"));
        read.finish()?;
        let (easting, northing) = (easting.unwrap_or_default(), northing.unwrap_or_default());
        let position = EastNorth::new(easting, northing).map_err(|e| {
            let name = if EastNorth::EASTING_RANGE_M.contains(&easting) { "northing" } else { "easting" };
            let message = format!("{e}; degrees are given as lon and lat");
            Problem::parameter(name, &format!("{easting},{northing}"), message)
        })?;
        let (at, method) = served.atlas.grid().to_lonlat(position);
        let method = match method {
            GridMethod::Ostn15 => "OSTN15",
            GridMethod::Helmert => "Helmert",
        };
        let query = json!({"easting": easting, "northing": northing, "lon": at.lon(), "lat": at.lat(), "transformation": method});
        Ok(Place { at, query, attribution: Vec::new() })
    }

    fn by_postcode(read: &mut Parameters, served: &Served) -> Result<Place, Problem> {
        let given = read.text("postcode").unwrap_or_default().to_owned();
        let postcode: Option<Postcode> = read.value("postcode");
        read.finish()?;
        let postcode = postcode.ok_or_else(|| Problem::parameter("postcode", &given, "not a postcode"))?;
        let Some((postcodes, entry)) = served.atlas.postcodes() else {
            return Err(Problem::not_found("this server has no postcodes"));
        };
        if postcode.to_string().starts_with("BT") {
            return Err(Problem::not_found(
                "postcodes of Northern Ireland (BT) are not served: their licence does not allow it",
            ));
        }
        let found = postcodes.find(&postcode);
        let found = found.ok_or_else(|| Problem::not_found(format!("there is no postcode {postcode}")))?;
        let position = found
            .position
            .ok_or_else(|| Problem::not_found(format!("{postcode} has no position in the directory")))?;
        let (easting, northing) = (f64::from(position.easting_m), f64::from(position.northing_m));
        let grid = EastNorth::new(easting, northing).map_err(|e| Problem::internal(&e))?;
        let (at, _) = served.atlas.grid().to_lonlat(grid);
        let query = json!({"postcode": postcode.to_string(), "live": found.live, "easting": easting,
            "northing": northing, "lon": at.lon(), "lat": at.lat()});
        Ok(Place { at, query, attribution: entry.attribution.clone() })
    }
}

/// What is likely wrong with a longitude and latitude that lie nowhere near the United Kingdom.
pub(super) fn misread(lon: f64, lat: f64) -> Option<&'static str> {
    // Nothing of ours lies where the two could be mistaken for each other.
    if (49.0..=61.5).contains(&lon) && (-9.0..=2.5).contains(&lat) {
        return Some(
            "longitude and latitude look swapped: the United Kingdom lies at lon -9 to 2, lat 49 to 61",
        );
    }
    (lon.abs() > 1000.0 && lat.abs() > 1000.0).then_some(
        "these look like metres: degrees are wanted; British National Grid positions are given as easting and northing",
    )
}

fn needed(read: &mut Parameters, name: &str) -> Option<f64> {
    if read.text(name).is_none() {
        read.fault(name, "", "missing");
    }
    read.number(name)
}
