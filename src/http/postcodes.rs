//! `/v1/postcodes/{postcode}`: a postcode, or the beginning of one. `/v1/postcodes`: those around a place.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::{self, Answer, SHARE_PLACES, bytes};
use super::ground::Ground;
use super::layers::{Named, properties};
use super::locate::{asked_layers, asked_place, described, metres};
use super::nearest::asked_radius;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::{LayerRef, Postcode};
use crate::atlas::{Atlas, AtlasLayer};
use crate::query::{
    Asked, Place, PlaceError, PostcodePart, called, close_postcodes, near, nearest_of, place,
    postcode_shares, postcodes_within,
};
use crate::text::Members;

/// A postcode nearer than this to another council may have houses in it.
const NEAR_BORDER_M: f64 = 100.0;
/// How many postcodes are named in place of one that is not there.
const CLOSE: usize = 8;
/// The largest circle in which postcodes are looked for: central London has 40,000 in one.
const FARTHEST_M: f64 = 5_000.0;
/// How many postcodes are told when nothing is said, and at most.
const USUAL: usize = 100;
const MOST: usize = 10_000;
/// What is answered of a part of a postcode: councils and NHS bodies, not the small areas.
const SHARED_KINDS: [&str; 7] = ["lad", "utla", "nhs", "icb", "sicbl", "hb", "ambulance"];

/// A postcode of Great Britain: where it is, whether it is in use, the areas it lies in, and whether another council is
/// near. The first half (`LS1`) or a sector (`LS1 4`) is answered by the councils and NHS bodies of its postcodes.
#[utoipa::path(get, path = "/v1/postcodes/{postcode}", tag = "locate",
    params(("postcode" = String, Path, description = "`LS1 4AP`, any spacing and case; `LS1`; `LS1 4`"),
        ("layers" = Option<String>, Query, description = "Only these, as in `lad,icb@2022`"),
        ("as_of" = Option<String>, Query, description = "The vintages in force on this day, YYYY-MM-DD")),
    responses((status = 200, description = "The postcode, or the shares of a part"),
        (status = 400, body = Problem), (status = 404, description = "Not there: `close` names those that may have been meant", body = Problem)))]
pub async fn one(
    State(state): State<AppState>,
    Path(text): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let mut read = Parameters::parse(query.as_deref(), &["layers", "as_of"]);
    let served = state.served();
    let all = read.text("layers").is_none();
    let layers = asked_layers(&mut read, &served);
    read.finish()?;
    let layers: Vec<&AtlasLayer> = layers.into_iter().map(|(_, layer)| layer).collect();
    // Where a space may not stand, a plus sign is one.
    let text = text.replace('+', " ");
    match text.parse::<PostcodePart>() {
        Ok(PostcodePart::Whole(postcode)) => whole(&served, postcode, &layers),
        Ok(part) => {
            let shared = |layer: &&AtlasLayer| !all || SHARED_KINDS.contains(&layer.entry.id.kind.as_str());
            shares(&served.atlas, part, &layers.into_iter().filter(shared).collect::<Vec<_>>())
        }
        Err(error) => {
            let problem = Problem::parameter("postcode", &text, error.to_string());
            Err(problem.with_close(close(&served.atlas, &text)))
        }
    }
}

/// The postcodes of Great Britain within a distance of a place, by true distance on the ground, nearest first.
#[utoipa::path(get, path = "/v1/postcodes", tag = "locate",
    params(("lon" = Option<f64>, Query, description = "Longitude, with `lat`; or `easting` and `northing`, or `postcode`"),
        ("lat" = Option<f64>, Query, description = "Latitude"),
        ("easting" = Option<f64>, Query, description = "British National Grid easting in metres, with `northing`"),
        ("northing" = Option<f64>, Query, description = "British National Grid northing in metres"),
        ("postcode" = Option<String>, Query, description = "A postcode of Great Britain"),
        ("radius_m" = f64, Query, description = "Metres, 0 to 5000"),
        ("live" = Option<bool>, Query, description = "`true`: those in use; `false`: those that have ended; both when not given"),
        ("limit" = Option<usize>, Query, description = "How many are told, 100 when not given, at most 10000")),
    responses((status = 200, description = "Nearest first; `total` is how many there are"), (status = 400, body = Problem),
        (status = 404, body = Problem)))]
pub async fn around(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    answer::off_thread(&state, move |served| {
        let allowed = ["lon", "lat", "easting", "northing", "postcode", "radius_m", "live", "limit"];
        let mut read = Parameters::parse(query.as_deref(), &allowed);
        let radius_m = asked_radius(&mut read, FARTHEST_M);
        let live = read.value::<bool>("live");
        let limit = read.value::<usize>("limit").unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            read.fault("limit", &limit.to_string(), format!("from 1 to {MOST}"));
        }
        let asked = asked_place(&mut read)?;
        let atlas = &served.atlas;
        let Some((_, entry)) = atlas.postcodes() else {
            return Err(Problem::new(StatusCode::NOT_FOUND, "these boundaries have no postcodes".to_owned()));
        };
        let place = place(atlas, asked)?;
        let mut found = postcodes_within(atlas, place.at, radius_m);
        found.retain(|(entry, _)| live.is_none_or(|live| entry.live == live));
        let results: Vec<Value> = found
            .iter()
            .take(limit)
            .map(|(entry, distance_m)| {
                let at = entry.position;
                json!({"postcode": entry.postcode.to_string(), "distance_m": metres(*distance_m), "live": entry.live,
                    "easting": at.map(|at| at.easting_m), "northing": at.map(|at| at.northing_m)})
            })
            .collect();
        answer::json(&json!({
            "query": described(&place), "radius_m": radius_m, "count": results.len(), "total": found.len(),
            "results": results, "attribution": entry.attribution, "licence": entry.licence
        }))
    })
    .await
}

fn close(atlas: &Atlas, text: &str) -> Vec<String> {
    let Some((postcodes, _)) = atlas.postcodes() else { return Vec::new() };
    close_postcodes(postcodes, text, CLOSE).iter().map(Postcode::to_string).collect()
}

/// How far from a postcode that lies in no area the nearest of each layer is told, in metres.
const BESIDE_M: f64 = 5_000.0;

fn whole(served: &Served, postcode: Postcode, layers: &[&AtlasLayer]) -> Answer {
    let atlas = &served.atlas;
    let entry = crate::query::postcode(atlas, postcode).map_err(|error| match error {
        PlaceError::Unknown(_) => Problem::from(error).with_close(close(atlas, &postcode.to_string())),
        _ => Problem::from(error),
    })?;
    let place = place(atlas, Asked::Entry(entry)).ok();
    let block = place.and_then(|place| atlas.block_at(place.at.coord()));
    let mut areas = Map::new();
    let mut found = Vec::with_capacity(layers.len());
    for (layer, name) in layers.iter().zip(called(layers)) {
        if let Some(area) = place.and_then(|place| atlas.area_at(layer, block, place.at.coord())) {
            areas.insert(name.into_owned(), properties(layer, &layer.areas()[area as usize]).into());
            found.push((*layer, area));
        }
    }
    // Outlines that are drawn coarsely leave out quays and shores that have postcodes.
    let beside = place.filter(|_| block.is_none());
    let beside = beside.map(|place| nearest_of(atlas, layers.iter().copied(), place.at, BESIDE_M));
    let near = beside.iter().flatten().map(|(layer, near)| (*layer, near.area));
    let ground = Ground::of(atlas, block, found.into_iter().chain(near));
    let mut answer = Map::new();
    answer.insert("postcode".into(), postcode.to_string().into());
    answer.insert("outward".into(), postcode.outward().to_string().into());
    answer.insert("sector".into(), postcode.sector().into());
    answer.insert("live".into(), entry.live.into());
    let at = place.as_ref().map(described);
    answer.insert("lon".into(), at.as_ref().map(|at| at.lon).into());
    answer.insert("lat".into(), at.as_ref().map(|at| at.lat).into());
    answer.insert("easting".into(), at.as_ref().and_then(|at| at.easting).into());
    answer.insert("northing".into(), at.as_ref().and_then(|at| at.northing).into());
    answer.insert("position_quality".into(), entry.quality.into());
    answer.insert("areas".into(), areas.into());
    answer.insert("approximate".into(), (beside.is_some() || ground.is_approximate()).into());
    if let Some(beside) = beside {
        let near = beside.into_iter().map(|(layer, near)| {
            let mut row = properties(layer, &layer.areas()[near.area as usize]);
            row.insert("distance_m".into(), metres(near.distance_m).into());
            Value::from(row)
        });
        answer.insert("nearest".into(), near.collect());
    }
    answer.insert(
        "near_border".into(),
        place.map(|place| near_border(atlas, &place, block)).unwrap_or_default(),
    );
    answer.insert("attribution".into(), ground.attribution(atlas, true).into());
    answer.insert("licence".into(), licence(atlas).into());
    let plain: String = postcode.to_string().replace(' ', "");
    answer.insert(
        "links".into(),
        json!({"self": format!("/v1/postcodes/{plain}"), "outward": format!("/v1/postcodes/{}", postcode.outward()),
            "locate": format!("/v1/locate?postcode={plain}")}),
    );
    answer::json(&answer)
}

fn licence(atlas: &Atlas) -> Option<&str> {
    atlas.postcodes().map(|(_, entry)| entry.licence.as_str())
}

/// The nearest other council within reach, with those beyond it in `others`; null when there is none.
fn near_border(atlas: &Atlas, place: &Place, block: Option<u32>) -> Value {
    let asked = LayerRef::council();
    let Some(councils) = atlas.layer(&asked) else { return Value::Null };
    let own = block.and_then(|b| councils.area_of_block(b));
    let mut others =
        near(atlas, councils, place.at, NEAR_BORDER_M).into_iter().filter(|n| Some(n.area) != own).map(|n| {
            let mut row = properties(councils, &councils.areas()[n.area as usize]);
            row.insert("distance_m".into(), metres(n.distance_m).into());
            row
        });
    let Some(mut nearest) = others.next() else { return Value::Null };
    let others: Vec<Value> = others.map(Value::from).collect();
    if !others.is_empty() {
        nearest.insert("others".into(), others.into());
    }
    nearest.into()
}

fn shares(atlas: &Atlas, part: PostcodePart, layers: &[&AtlasLayer]) -> Answer {
    if part.is_northern_irish() {
        let words = "postcodes of Northern Ireland (BT) are not served: their licence does not allow it; \
                     ask by lon and lat instead";
        return Err(Problem::not_found(words));
    }
    if atlas.postcodes().is_none() {
        return Err(PlaceError::NoPostcodes.into());
    }
    let shares = postcode_shares(atlas, part, layers)
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, format!("no postcode begins with {part}")))?;
    let found: Vec<(&AtlasLayer, &[(u32, usize)])> = layers
        .iter()
        .zip(&shares.areas)
        .filter(|(_, counts)| !counts.is_empty())
        .map(|(layer, counts)| (*layer, counts.as_slice()))
        .collect();
    let name = if matches!(part, PostcodePart::Sector(..)) { "sector" } else { "outward" };
    let mut out = Vec::new();
    let mut answer = Members::begin(&mut out);
    answer.text(name, &part.to_string());
    answer.whole("postcodes", Some(shares.postcodes));
    answer.whole("live", Some(shares.live));
    answer.whole("counted", Some(shares.counted));
    answer.object("areas", |areas| {
        for (i, &(layer, counts)) in found.iter().enumerate() {
            let kind = &layer.entry.id.kind;
            // Of two vintages of a kind the later named is told.
            if found[i + 1..].iter().any(|(later, _)| later.entry.id.kind == *kind) {
                continue;
            }
            areas.objects(kind.as_str(), counts, |row, &(area, count)| {
                Named::of(layer, area).write(row);
                row.whole("postcodes", Some(count));
                row.rounded("share", Some(count as f64 / shares.counted as f64), SHARE_PLACES);
            });
        }
    });
    answer.json("attribution", &Ground::of(atlas, None, []).attribution(atlas, true))?;
    answer.json("licence", &licence(atlas))?;
    answer.end();
    Ok(bytes("application/json", out))
}
