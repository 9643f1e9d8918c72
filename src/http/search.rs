//! `/v1/search`: areas and postcodes by what people type.

use axum::extract::{RawQuery, State};
use serde_json::{Map, Value, json};

use super::answer::{self, Answer, rounded};
use super::layers::{corners, properties, square_km};
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::AppState;
use crate::area::LayerRef;
use crate::atlas::Atlas;
use crate::query::{Asked, Hit, PostcodeHit, PostcodePart, place, postcodes_like};

/// Longest text searched for; no name is as long.
const LONGEST_TEXT: usize = 120;
/// Postcodes shown before the areas.
const POSTCODES: usize = 5;

/// Areas by name, Welsh, Gaelic and other names included, or code; postcodes, sectors and first halves. Every word may be
/// unfinished; one slip is forgiven in words of four to seven letters, two in longer ones. Best first: fewest slips, whole
/// names, live areas before superseded, larger before smaller.
#[utoipa::path(get, path = "/v1/search", tag = "locate",
    params(("q" = String, Query, description = "`leeds`, `Ynys Mon`, `E08000035`, `LS1`"),
        ("layer" = Option<String>, Query, description = "Only areas of this layer, as in `lad` or `lad@2011`"),
        ("limit" = Option<usize>, Query, description = "At most so many, 1 to 100; 10 when not given")),
    responses((status = 200, description = "`results`, each with `type`: `area`, `postcode`, `sector` or `outward`"), (status = 400, body = Problem)))]
pub async fn search(State(state): State<AppState>, RawQuery(query): RawQuery) -> Answer {
    let mut read = Parameters::parse(query.as_deref(), &["q", "layer", "limit"]);
    let text = read.text("q").unwrap_or_default().trim().to_owned();
    if text.is_empty() {
        read.fault("q", &text, "missing: what to search for");
    } else if text.chars().count() > LONGEST_TEXT {
        read.fault("q", "", format!("longer than {LONGEST_TEXT} letters"));
    }
    let served = state.served();
    let layer: Option<LayerRef> = read.value("layer");
    if let Some(layer) = &layer
        && served.atlas.layer(layer).is_none()
    {
        read.fault("layer", &layer.to_string(), "there is no such layer; /v1/layers lists them");
    }
    let limit = read.value::<usize>("limit").unwrap_or(10);
    if !(1..=100).contains(&limit) {
        read.fault("limit", &limit.to_string(), "between 1 and 100");
    }
    read.finish()?;
    let results = answer::off_thread(&state, move |served| {
        let atlas = &served.atlas;
        let postcodes =
            if layer.is_none() { postcodes_like(atlas, &text, POSTCODES.min(limit)) } else { Vec::new() };
        let mut results: Vec<Value> = postcodes.iter().map(|hit| postcode(atlas, hit)).collect();
        let rest = limit - results.len();
        results.extend(served.search().areas(atlas, &text, layer.as_ref(), rest).iter().map(area));
        Ok(results)
    })
    .await?;
    answer::json(&json!({"count": results.len(), "results": results}))
}

fn area(hit: &Hit) -> Value {
    let (layer, area) = (hit.found.layer, hit.found.area());
    let mut row = Map::new();
    row.insert("type".into(), "area".into());
    row.extend(properties(layer, area));
    if let Some(welsh) = &area.name_cy {
        row.insert("name_cy".into(), welsh.clone().into());
    }
    row.insert("status".into(), json!(hit.found.status));
    row.insert("matched".into(), json!(hit.matched));
    row.insert("edits".into(), hit.edits.into());
    row.insert("area_km2".into(), square_km(area.area_m2).into());
    row.insert("population".into(), area.residents.into());
    row.insert("bbox".into(), json!(area.bbox.map(corners)));
    row.insert("links".into(), json!({"self": format!("/v1/areas/{}", area.code)}));
    row.into()
}

fn postcode(atlas: &Atlas, hit: &PostcodeHit) -> Value {
    match hit {
        PostcodeHit::Whole(entry) => {
            let at = place(atlas, Asked::Entry(*entry)).ok().map(|place| place.at);
            let text = entry.postcode.to_string();
            json!({"type": "postcode", "postcode": text, "name": text, "live": entry.live,
                "lon": at.map(|at| rounded(at.lon())), "lat": at.map(|at| rounded(at.lat())),
                "links": {"self": format!("/v1/postcodes/{}", text.replace(' ', ""))}})
        }
        PostcodeHit::Part(part, live) => {
            let kind = if matches!(part, PostcodePart::Sector(..)) { "sector" } else { "outward" };
            let text = part.to_string();
            json!({"type": kind, kind: text, "name": text, "live_postcodes": live,
                "links": {"self": format!("/v1/postcodes/{}", text.replace(' ', "%20"))}})
        }
    }
}
