//! `/v1/areas/{code}/neighbours`: the areas around an area.

use axum::extract::{Path, RawQuery, State};
use serde::Serialize;

use super::answer::{self, Answer, Pace};
use super::areas::about;
use super::layers::Named;
use super::locate::metres as tenth;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::AppState;
use crate::atlas::APPROXIMATE_BORDER_M;
use crate::query::{Touch, neighbours};

/// The most steps that are taken.
const MOST_STEPS: u32 = 20;

/// The areas that share a border with an area, and those some steps away.
///
/// Boundaries are clipped at high water, so areas on two banks of tidal water are no neighbours: the City of London and
/// Southwark share no border. Where two sources drew one border, as between England and Scotland, their drawings are
/// matched within 1.5 km and the row is marked `approximate`, as are all borders that are drawn for small scales.
#[utoipa::path(get, path = "/v1/areas/{code}/neighbours", tag = "areas",
    params(("code" = String, Path, description = "`E09000001`"),
        ("order" = Option<u32>, Query, description = "How many steps away at most, 1 to 20; 1 otherwise. Rows say at which `order` they are"),
        ("touch" = Option<String>, Query, description = "`border` (the default): a common length; `point`: corners too"),
        ("layer" = Option<String>, Query, description = "Where a code stands in several layers: which is meant")),
    responses((status = 200, description = "Nearest order first, then the longest common border first; an island has none and `note` says so"), (status = 404, body = Problem)))]
pub async fn around(
    State(state): State<AppState>,
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let mut read = Parameters::parse(query.as_deref(), &["order", "touch", "layer"]);
    let order = match read.value::<u32>("order") {
        Some(order) if !(1..=MOST_STEPS).contains(&order) => {
            read.fault("order", &order.to_string(), format!("must be between 1 and {MOST_STEPS}"));
            1
        }
        order => order.unwrap_or(1),
    };
    let touch = read.value("touch").unwrap_or(Touch::Border);
    let layer = read.value("layer");
    read.finish()?;
    // Who is whose neighbour is made ahead of need for every layer.
    about(&state, code, layer, |_| Pace::AtOnce, move |served, found| {
        let layer = found.layer;
        let results: Vec<Row> = neighbours(layer, found.number, order, touch)
            .into_iter()
            .map(|neighbour| Row {
                area: Named::of(layer, neighbour.area),
                order: neighbour.order,
                shared_border_m: tenth(neighbour.shared_border_m),
                approximate: neighbour.approximate,
            })
            .collect();
        let note = results.is_empty().then_some(
            "no area of this layer shares a border with it: it is an island, or all its borders are water (boundaries are clipped at high water)",
        );
        let matched = results.iter().any(|row| row.approximate).then_some(APPROXIMATE_BORDER_M);
        answer::json(&Around {
            area: Named::new(layer, found.area()),
            order,
            touch: if touch == Touch::Border { "border" } else { "point" },
            count: results.len(),
            results,
            note,
            approximate_within_m: matched,
            attribution: served.atlas.attribution(layer),
            licence: &layer.entry.licence,
        })
    })
    .await
}

/// The answer, in the order in which it is written.
#[derive(Serialize)]
struct Around<'a> {
    #[serde(flatten)]
    area: Named<'a>,
    order: u32,
    touch: &'static str,
    count: usize,
    results: Vec<Row<'a>>,
    note: Option<&'static str>,
    approximate_within_m: Option<f64>,
    attribution: Vec<String>,
    licence: &'a str,
}

/// An area some steps away.
#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    area: Named<'a>,
    order: u32,
    shared_border_m: f64,
    approximate: bool,
}
