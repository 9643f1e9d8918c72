//! `/v1/nearest`: the areas nearest to a place.

use axum::extract::{RawQuery, State};
use serde::Serialize;

use super::answer::{self, Answer};
use super::layers::{self, Named};
use super::locate::{Described, asked_place, described, metres as tenth};
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::LayerRef;
use crate::atlas::{Atlas, AtlasLayer};
use crate::query::{FARTHEST_M, Place, nearest, place};

/// The most areas that are listed.
const MOST: usize = 100;

/// The areas of a layer nearest to a place.
#[utoipa::path(get, path = "/v1/nearest", tag = "places",
    params(("lon" = Option<f64>, Query, description = "Longitude, with `lat`; or `easting` and `northing`, or `postcode`"),
        ("lat" = Option<f64>, Query, description = "Latitude"),
        ("easting" = Option<f64>, Query, description = "British National Grid easting in metres, with `northing`"),
        ("northing" = Option<f64>, Query, description = "British National Grid northing in metres"),
        ("postcode" = Option<String>, Query, description = "A postcode of Great Britain"),
        ("layer" = String, Query, description = "`lad`, `icb@2022`"),
        ("limit" = Option<usize>, Query, description = "How many, 1 to 100; 5 otherwise")),
    responses((status = 200, description = "`distance_m` to the polygon itself, 0 inside; at most 500 km are looked"), (status = 400, body = Problem)))]
pub async fn find(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    let allowed = ["lon", "lat", "easting", "northing", "postcode", "layer", "limit"];
    let mut read = Parameters::parse(query.as_deref(), &allowed);
    let layer = asked_layer(&mut read);
    let limit = match read.value::<usize>("limit") {
        Some(limit) if !(1..=MOST).contains(&limit) => {
            read.fault("limit", &limit.to_string(), format!("must be between 1 and {MOST}"));
            5
        }
        limit => limit.unwrap_or(5),
    };
    let asked = asked_place(&mut read)?;
    let named = layer.clone();
    let is_short = move |served: &Served| layers::find(served, &named).is_ok_and(|l| l.entry.current);
    answer::at_once(&state, is_short, move |served| {
        let place = place(&served.atlas, asked)?;
        let layer = layers::find(served, &layer)?;
        let results: Vec<Near> = nearest(layer, place.at, limit, FARTHEST_M)
            .into_iter()
            .map(|(area, distance_m)| Near { area: Named::of(layer, area), distance_m: tenth(distance_m) })
            .collect();
        answer::json(&Nearest {
            query: described(&place),
            layer: layer.entry.id.to_string(),
            count: results.len(),
            results,
            attribution: attribution(&served.atlas, layer, &place),
            licence: &layer.entry.licence,
        })
    })
    .await
}

/// The answer, in the order in which it is written.
#[derive(Serialize)]
struct Nearest<'a> {
    query: Described,
    layer: String,
    count: usize,
    results: Vec<Near<'a>>,
    attribution: Vec<String>,
    licence: &'a str,
}

/// An area near a place.
#[derive(Serialize)]
pub(super) struct Near<'a> {
    #[serde(flatten)]
    pub(super) area: Named<'a>,
    pub(super) distance_m: f64,
}

/// The `layer` of a query as it was written; a fault when it is missing or is none.
pub(super) fn asked_layer(read: &mut Parameters) -> String {
    if read.text("layer").is_none() {
        read.fault("layer", "", "missing");
    }
    // Read for its faults only: `layers::find` says what there is.
    let _: Option<LayerRef> = read.value("layer");
    read.text("layer").unwrap_or_default().to_owned()
}

/// `radius_m`, from 0 to `most_m` metres; a fault when it is missing or beyond.
pub(super) fn asked_radius(read: &mut Parameters, most_m: f64) -> f64 {
    if read.text("radius_m").is_none() {
        read.fault("radius_m", "", "missing");
    }
    let radius_m = read.number("radius_m").unwrap_or_default();
    if !(0.0..=most_m).contains(&radius_m) {
        read.fault("radius_m", &radius_m.to_string(), format!("must be between 0 and {most_m} metres"));
    }
    radius_m
}

/// The lines that must be shown with areas of a layer at a place.
pub(super) fn attribution(atlas: &Atlas, layer: &AtlasLayer, place: &Place) -> Vec<String> {
    let mut lines = atlas.attribution(layer);
    let postcodes = atlas.postcodes().filter(|_| place.postcode.is_some());
    for line in postcodes.into_iter().flat_map(|(_, entry)| &entry.attribution) {
        if !lines.contains(line) {
            lines.push(line.clone());
        }
    }
    lines
}
