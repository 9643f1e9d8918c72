//! `/v1/search`: areas and postcodes by what people type.

use axum::extract::{RawQuery, State};
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{self, Answer, rounded};
use super::areas::link;
use super::layers::{self, Named, corners, square_km};
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::AppState;
use crate::area::LayerRef;
use crate::atlas::{Atlas, Status};
use crate::query::{Asked, Hit, Matched, PostcodeHit, PostcodePart, place, postcodes_like};

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
        let there_are = layers::there_are(&served.atlas, layer);
        read.fault("layer", &layer.to_string(), format!("there is no such layer; {there_are}"));
    }
    let limit = read.value::<usize>("limit").unwrap_or(10);
    if !(1..=100).contains(&limit) {
        read.fault("limit", &limit.to_string(), "between 1 and 100");
    }
    read.finish()?;
    answer::at_once(
        &state,
        |_| true,
        move |served| {
            let atlas = &served.atlas;
            let postcodes =
                if layer.is_none() { postcodes_like(atlas, &text, POSTCODES.min(limit)) } else { Vec::new() };
            let mut results: Vec<Row> =
                postcodes.iter().map(|hit| Row::Postcode(postcode(atlas, hit))).collect();
            let rest = limit - results.len();
            let areas = served.search().areas(atlas, &text, layer.as_ref(), rest);
            results.extend(areas.iter().map(|hit| Row::Area(AreaRow::of(atlas, hit))));
            answer::json(&Results { count: results.len(), results })
        },
    )
    .await
}

/// The answer.
#[derive(Serialize)]
struct Results<'a> {
    count: usize,
    results: Vec<Row<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Row<'a> {
    Postcode(Value),
    Area(AreaRow<'a>),
}

/// An area that was found, in the order in which it is written.
#[derive(Serialize)]
struct AreaRow<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    area: Named<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_cy: Option<&'a str>,
    status: Status,
    matched: Matched,
    edits: u8,
    area_km2: f64,
    population: Option<f64>,
    bbox: Option<[f64; 4]>,
    links: Links,
}

#[derive(Serialize)]
struct Links {
    #[serde(rename = "self")]
    itself: String,
}

impl<'a> AreaRow<'a> {
    fn of(atlas: &Atlas, hit: &Hit<'a>) -> Self {
        let (layer, area) = (hit.found.layer, hit.found.area());
        AreaRow {
            r#type: "area",
            area: Named::new(layer, area),
            name_cy: area.name_cy.as_deref(),
            status: hit.found.status,
            matched: hit.matched,
            edits: hit.edits,
            area_km2: square_km(area.area_m2),
            population: area.residents,
            bbox: area.bbox.map(corners),
            links: Links { itself: link(atlas, layer, &area.code, "") },
        }
    }
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
