//! `/v1/overlay/{left}/{right}` and `/v1/areas/{code}/overlaps/{layer}`: what the areas of two layers share.

use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::answer::{self, Answer, bytes, rounded};
use super::areas::{asked_layer, find};
use super::layers::{Named, split_suffix, square_km};
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::atlas::{Atlas, AtlasLayer, geojson_geometry};
use crate::query::{Overlap, Overlay, SLIVER_M, SLIVER_SHARE, Slivers, overlaps};

/// The areas of another layer that share ground with an area.
#[utoipa::path(get, path = "/v1/areas/{code}/overlaps/{other}", tag = "areas",
    params(("code" = String, Path, description = "`E54000054`"),
        ("other" = String, Path, description = "The other layer: `lad`, `icb@2022`"),
        ("layer" = Option<String>, Query, description = "Where a code stands in several layers: which is meant")),
    responses((status = 200, description = "Shared ground and residents, most residents first"), (status = 404, body = Problem)))]
pub async fn of_area(
    State(state): State<AppState>,
    Path((code, other)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let layer = asked_layer(query.as_deref())?;
    answer::off_thread(&state, move |served| {
        let found = find(served, &code, layer.as_ref())?;
        let other = super::layers::find(served, &other)?;
        let shared = overlaps(&served.atlas, found.layer, found.number, other);
        let results: Vec<Shared> = shared.found.iter().map(|o| Shared::of(other, o)).collect();
        let area = found.area();
        let mut answer = Map::new();
        answer.insert("code".into(), area.code.as_str().into());
        answer.insert("name".into(), area.name.clone().into());
        answer.insert("layer".into(), found.layer.entry.id.kind.as_str().into());
        answer.insert("vintage".into(), found.layer.vintage().as_str().into());
        answer.insert("other_layer".into(), other.entry.id.to_string().into());
        answer.insert("fit".into(), fit(shared.is_exact()).into());
        answer.insert("count".into(), results.len().into());
        let after = credits(&served.atlas, found.layer, other, shared.slivers);
        answer::json(&Listed { before: answer, results, after })
    })
    .await
}

/// Every overlapping pair of two layers.
///
/// Layers made of the same blocks are compared by counting blocks: exact, residents included. A layer with a coverage of
/// its own, as a user's boundaries have, is cut with the other as polygons; pieces narrower than 200 m (2 km where one of
/// the two is drawn for small scales) that are less than a hundredth of both areas are slivers, left out and counted.
#[utoipa::path(get, path = "/v1/overlay/{left}/{right}", tag = "areas",
    params(("left" = String, Path, description = "`lad`, `lad@2025`"),
        ("right" = String, Path, description = "`icb@2022.json`, `icb@2022.csv`, `icb@2022.geojson` (the pieces themselves)")),
    responses((status = 200, description = "Each pair with its ground, shares both ways, residents and `fit`: `exact` when the left area lies wholly in the right one, `split` otherwise"),
        (status = 404, body = Problem)))]
pub async fn layers(
    State(state): State<AppState>,
    Path((left, right)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    Parameters::parse(query.as_deref(), &[]).finish()?;
    let (right, format) = match split_suffix(&right) {
        (stem, Some("json")) => (stem.to_owned(), Format::Json),
        (stem, Some("csv")) => (stem.to_owned(), Format::Csv),
        (stem, Some("geojson")) => (stem.to_owned(), Format::GeoJson),
        // A vintage may hold a point: a name without one of the three suffixes is a whole name.
        _ => (right, Format::Json),
    };
    let asked = Pair { left, right };
    let named = asked.clone();
    let is_short = move |served: &Served| {
        format != Format::GeoJson
            && named.layers(served).is_ok_and(|(left, right)| Overlay::is_short(left, right))
    };
    answer::at_once(&state, is_short, move |served| {
        let (left, right) = asked.layers(served)?;
        let overlay = Overlay::new(&served.atlas, left, right);
        let (content_type, body) = match format {
            Format::Json => ("application/json", as_json(served, &overlay, left, right)?),
            Format::Csv => ("text/csv; charset=utf-8", as_csv(&overlay, left, right)?),
            Format::GeoJson => ("application/geo+json", as_geojson(served, &overlay, left, right)?),
        };
        Ok(bytes(content_type, body))
    })
    .await
}

/// The names of two layers.
#[derive(Clone)]
struct Pair {
    left: String,
    right: String,
}

impl Pair {
    fn layers<'a>(&self, served: &'a Served) -> Result<(&'a AtlasLayer, &'a AtlasLayer), Problem> {
        Ok((super::layers::find(served, &self.left)?, super::layers::find(served, &self.right)?))
    }
}

/// The forms of an overlay.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    /// Rows in an object.
    Json,
    /// A table.
    Csv,
    /// The pieces.
    GeoJson,
}

fn fit(is_exact: bool) -> &'static str {
    if is_exact { "exact" } else { "split" }
}

/// Residents to the hundredth: a part of a block has a part of its residents.
fn whole(residents: f64) -> f64 {
    (residents * 100.0).round() / 100.0
}

/// Whose the two layers are, and what was left out.
fn credits(atlas: &Atlas, left: &AtlasLayer, right: &AtlasLayer, slivers: Slivers) -> Map<String, Value> {
    let mut attribution = atlas.attribution(left);
    for line in atlas.attribution(right) {
        if !attribution.contains(&line) {
            attribution.push(line);
        }
    }
    let mut licences = vec![left.entry.licence.clone()];
    if right.entry.licence != licences[0] {
        licences.push(right.entry.licence.clone());
    }
    let mut map = Map::new();
    let slivers = json!({
        "count": slivers.count, "area_km2": square_km(slivers.area_m2),
        "narrower_than_m": SLIVER_M, "and_below_share": SLIVER_SHARE
    });
    map.insert("slivers_left_out".into(), slivers);
    map.insert("attribution".into(), attribution.into());
    map.insert("licence".into(), licences.join("; ").into());
    map
}

fn members(atlas: &Atlas, overlay: &Overlay, left: &AtlasLayer, right: &AtlasLayer) -> Map<String, Value> {
    let split: Vec<&str> = overlay.split().map(|area| left.areas()[area as usize].code.as_str()).collect();
    let mut map = Map::new();
    map.insert("left".into(), left.entry.id.to_string().into());
    map.insert("right".into(), right.entry.id.to_string().into());
    map.insert("count".into(), overlay.pair_count().into());
    map.insert("split_count".into(), split.len().into());
    map.insert("split".into(), split.into());
    map.extend(credits(atlas, left, right, overlay.slivers()));
    map
}

/// Rows between what is said before them and after.
#[derive(Serialize)]
struct Listed<T> {
    #[serde(flatten)]
    before: Map<String, Value>,
    results: Vec<T>,
    #[serde(flatten)]
    after: Map<String, Value>,
}

/// What an area shares with an area of the other layer.
#[derive(Serialize)]
struct Shared<'a> {
    #[serde(flatten)]
    area: Named<'a>,
    block_count: Option<usize>,
    area_km2: f64,
    share_of_area: f64,
    share_of_other: f64,
    population: Option<f64>,
    population_share: Option<f64>,
    population_share_of_other: Option<f64>,
    approximate: bool,
}

impl<'a> Shared<'a> {
    fn of(other: &'a AtlasLayer, o: &Overlap) -> Self {
        Shared {
            area: Named::of(other, o.other),
            block_count: o.blocks,
            area_km2: square_km(o.area_m2),
            share_of_area: rounded(o.share_of_area),
            share_of_other: rounded(o.share_of_other),
            population: o.population.map(whole),
            population_share: o.population_share.map(rounded),
            population_share_of_other: o.population_share_of_other.map(rounded),
            approximate: o.approximate,
        }
    }
}

/// The numbers of a pair.
#[derive(Serialize)]
struct Numbers {
    block_count: Option<usize>,
    area_km2: f64,
    share_of_left: f64,
    share_of_right: f64,
    population: Option<f64>,
    population_share_of_left: Option<f64>,
    population_share_of_right: Option<f64>,
    fit: &'static str,
    approximate: bool,
}

impl Numbers {
    fn of(o: &Overlap, is_exact: bool) -> Self {
        Numbers {
            block_count: o.blocks,
            area_km2: square_km(o.area_m2),
            share_of_left: rounded(o.share_of_area),
            share_of_right: rounded(o.share_of_other),
            population: o.population.map(whole),
            population_share_of_left: o.population_share.map(rounded),
            population_share_of_right: o.population_share_of_other.map(rounded),
            fit: fit(is_exact),
            approximate: o.approximate,
        }
    }
}

/// Every pair: the number of the left area, the overlap, whether the left area is wholly in the right one.
fn pairs(overlay: &Overlay) -> impl Iterator<Item = (usize, &Overlap, bool)> {
    let rows = overlay.of.iter().enumerate();
    rows.flat_map(|(area, of)| of.found.iter().map(move |o| (area, o, of.is_exact())))
}

type Body = Result<bytes::Bytes, Problem>;

fn as_json(served: &Served, overlay: &Overlay, left: &AtlasLayer, right: &AtlasLayer) -> Body {
    #[derive(Serialize)]
    struct Side<'a> {
        code: &'a str,
        name: &'a str,
    }
    #[derive(Serialize)]
    struct Row<'a> {
        left: Side<'a>,
        right: Side<'a>,
        #[serde(flatten)]
        numbers: Numbers,
    }
    fn side(of: &AtlasLayer, area: usize) -> Side<'_> {
        let area = &of.areas()[area];
        Side { code: area.code.as_str(), name: &area.name }
    }
    let row = |(area, o, is_exact): (usize, &Overlap, bool)| Row {
        left: side(left, area),
        right: side(right, o.other as usize),
        numbers: Numbers::of(o, is_exact),
    };
    let before = members(&served.atlas, overlay, left, right);
    let listed = Listed { before, results: pairs(overlay).map(row).collect(), after: Map::new() };
    serde_json::to_vec(&listed).map(Into::into).map_err(|e| Problem::internal(&e))
}

fn as_csv(overlay: &Overlay, left: &AtlasLayer, right: &AtlasLayer) -> Body {
    let internal = |e: csv::Error| Problem::internal(&e);
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    let header = [
        "left_code",
        "left_name",
        "right_code",
        "right_name",
        "block_count",
        "area_km2",
        "share_of_left",
        "share_of_right",
        "population",
        "population_share_of_left",
        "population_share_of_right",
        "fit",
        "approximate",
    ];
    writer.write_record(header).map_err(internal)?;
    for (area, o, is_exact) in pairs(overlay) {
        let (left, right) = (&left.areas()[area], &right.areas()[o.other as usize]);
        let names = (left.code.as_str(), &left.name, right.code.as_str(), &right.name);
        writer.serialize((names, Numbers::of(o, is_exact))).map_err(internal)?;
    }
    writer.into_inner().map(Into::into).map_err(|e| Problem::internal(&e))
}

fn as_geojson(served: &Served, overlay: &Overlay, left: &AtlasLayer, right: &AtlasLayer) -> Body {
    #[derive(Serialize)]
    struct Properties<'a> {
        left_code: &'a str,
        left_name: &'a str,
        right_code: &'a str,
        right_name: &'a str,
        #[serde(flatten)]
        numbers: Numbers,
    }
    let shapes = overlay.shapes(&served.atlas, left, right);
    let about = Value::Object(members(&served.atlas, overlay, left, right)).to_string();
    let mut out = b"{\"type\":\"FeatureCollection\",".to_vec();
    out.extend_from_slice(&about.as_bytes()[1..about.len() - 1]);
    out.extend_from_slice(b",\"features\":[");
    let mut shapes = shapes.iter().flatten();
    for (i, (area, o, is_exact)) in pairs(overlay).enumerate() {
        let (a, b) = (&left.areas()[area], &right.areas()[o.other as usize]);
        let properties = Properties {
            left_code: a.code.as_str(),
            left_name: &a.name,
            right_code: b.code.as_str(),
            right_name: &b.name,
            numbers: Numbers::of(o, is_exact),
        };
        let properties = serde_json::to_string(&properties).map_err(|e| Problem::internal(&e))?;
        let id = Value::from(format!("{}/{}", a.code, b.code));
        let start = if i == 0 { "\n" } else { ",\n" };
        out.extend_from_slice(
            format!("{start}{{\"type\":\"Feature\",\"id\":{id},\"properties\":{properties},\"geometry\":")
                .as_bytes(),
        );
        match shapes.next() {
            Some(shape) => out.extend_from_slice(&geojson_geometry(shape)),
            None => out.extend_from_slice(b"null"),
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"\n]}\n");
    Ok(out.into())
}
