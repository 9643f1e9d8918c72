//! `/v1/overlay/{left}/{right}` and `/v1/areas/{code}/overlaps/{layer}`: what the areas of two layers share.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::answer::{self, Answer, bytes};
use super::areas::{asked_layer, find};
use super::encodings::takes;
use super::layers::{Named, split_suffix, square_km};
use super::overlap_rows::{self, OF_AREA, OF_PAIR, fit, write_fields, write_members};
use super::packed;
use super::parameters::Parameters;
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::atlas::{Atlas, AtlasLayer, geojson_geometry};
use crate::query::{Overlap, Overlay, SLIVER_M, SLIVER_SHARE, Slivers, overlaps};
use crate::text::{Members, write_field};

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
        let mut out = Vec::new();
        let mut answer = Members::begin(&mut out);
        Named::new(found.layer, found.area()).write(&mut answer);
        answer.text("other_layer", &other.entry.id.to_string());
        answer.word("fit", (!shared.found.is_empty()).then(|| fit(shared.is_exact())));
        answer.whole("count", Some(shared.found.len()));
        answer.objects("results", &shared.found, |row, o| {
            Named::of(other, o.other).write(row);
            write_members(row, &OF_AREA, &overlap_rows::of_area(o));
        });
        answer.members(&credits(&served.atlas, found.layer, other, shared.slivers))?;
        answer.end();
        Ok(bytes("application/json", out))
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
    headers: HeaderMap,
) -> Answer {
    Parameters::parse(query.as_deref(), &[]).finish()?;
    let (right, form) = match split_suffix(&right) {
        (stem, Some("json")) => (stem.to_owned(), Form::Table(Table::Json)),
        (stem, Some("csv")) => (stem.to_owned(), Form::Table(Table::Csv)),
        (stem, Some("geojson")) => (stem.to_owned(), Form::Pieces),
        // A vintage may hold a point: a name without one of the three suffixes is a whole name.
        _ => (right, Form::Table(Table::Json)),
    };
    let asked = Pair { left, right };
    let named = asked.clone();
    let is_short = move |served: &Served| {
        form != Form::Pieces && named.layers(served).is_ok_and(|(left, right)| Overlay::is_short(left, right))
    };
    let takes_gzip = takes(&headers, "gzip");
    answer::at_once(&state, is_short, move |served| {
        let (left, right) = asked.layers(served)?;
        if let Form::Table(form) = form
            && let Some(ready) = served.overlays().filter(|_| takes_gzip)
            && let Some(body) = ready.find(left, right, form)
        {
            return Ok(packed::gzipped(bytes(form.content_type(), body)));
        }
        let atlas = &served.atlas;
        let overlay = Overlay::new(atlas, left, right);
        Ok(match form {
            Form::Table(form) => bytes(form.content_type(), table(atlas, &overlay, left, right, form)?),
            Form::Pieces => bytes("application/geo+json", as_geojson(atlas, &overlay, left, right)?),
        })
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
enum Form {
    /// Rows.
    Table(Table),
    /// The pieces, as GeoJSON.
    Pieces,
}

/// The forms of its rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Table {
    /// In an object.
    Json,
    /// In a table.
    Csv,
}

impl Table {
    fn content_type(self) -> &'static str {
        match self {
            Table::Json => "application/json",
            Table::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// The rows of an overlay of two layers.
pub(super) fn table(
    atlas: &Atlas,
    overlay: &Overlay,
    left: &AtlasLayer,
    right: &AtlasLayer,
    form: Table,
) -> Body {
    match form {
        Table::Json => as_json(atlas, overlay, left, right),
        Table::Csv => Ok(as_csv(overlay, left, right)),
    }
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

/// Every pair: the number of the left area, the overlap, whether the left area is wholly in the right one.
fn pairs(overlay: &Overlay) -> impl Iterator<Item = (usize, &Overlap, bool)> {
    let rows = overlay.of.iter().enumerate();
    rows.flat_map(|(area, of)| of.found.iter().map(move |o| (area, o, of.is_exact())))
}

type Body = Result<bytes::Bytes, Problem>;

fn as_json(atlas: &Atlas, overlay: &Overlay, left: &AtlasLayer, right: &AtlasLayer) -> Body {
    fn write_side(side: &mut Members, of: &AtlasLayer, area: usize) {
        let area = &of.areas()[area];
        side.text("code", area.code.as_str());
        side.text("name", &area.name);
    }
    let mut out = Vec::with_capacity((overlay.pair_count() + 1) * JSON_ROW_BYTES);
    let mut answer = Members::begin(&mut out);
    answer.members(&members(atlas, overlay, left, right))?;
    answer.objects("results", pairs(overlay), |row, (area, o, is_exact)| {
        row.object("left", |side| write_side(side, left, area));
        row.object("right", |side| write_side(side, right, o.other as usize));
        write_members(row, &OF_PAIR, &overlap_rows::of_pair(o, is_exact));
    });
    answer.end();
    Ok(out.into())
}

/// Room for a row.
const JSON_ROW_BYTES: usize = 400;
const CSV_ROW_BYTES: usize = 160;

fn as_csv(overlay: &Overlay, left: &AtlasLayer, right: &AtlasLayer) -> bytes::Bytes {
    let mut out = Vec::with_capacity((overlay.pair_count() + 1) * CSV_ROW_BYTES);
    out.extend_from_slice(b"left_code,left_name,right_code,right_name");
    for name in OF_PAIR {
        out.push(b',');
        out.extend_from_slice(name.as_bytes());
    }
    out.push(b'\n');
    for (area, o, is_exact) in pairs(overlay) {
        for (i, area) in [&left.areas()[area], &right.areas()[o.other as usize]].into_iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            write_field(&mut out, area.code.as_str().as_bytes());
            out.push(b',');
            write_field(&mut out, area.name.as_bytes());
        }
        write_fields(&mut out, &overlap_rows::of_pair(o, is_exact));
        out.push(b'\n');
    }
    out.into()
}

fn as_geojson(atlas: &Atlas, overlay: &Overlay, left: &AtlasLayer, right: &AtlasLayer) -> Body {
    let shapes = overlay.shapes(atlas, left, right);
    let mut shapes = shapes.iter().flatten();
    let mut out = Vec::new();
    let mut answer = Members::begin(&mut out);
    answer.word("type", Some("FeatureCollection"));
    answer.members(&members(atlas, overlay, left, right))?;
    answer.objects("features", pairs(overlay), |feature, (area, o, is_exact)| {
        let (a, b) = (&left.areas()[area], &right.areas()[o.other as usize]);
        feature.word("type", Some("Feature"));
        feature.text("id", &format!("{}/{}", a.code, b.code));
        feature.object("properties", |properties| {
            properties.text("left_code", a.code.as_str());
            properties.text("left_name", &a.name);
            properties.text("right_code", b.code.as_str());
            properties.text("right_name", &b.name);
            write_members(properties, &OF_PAIR, &overlap_rows::of_pair(o, is_exact));
        });
        match shapes.next() {
            Some(shape) => feature.name("geometry").extend_from_slice(&geojson_geometry(shape)),
            None => feature.null("geometry"),
        }
    });
    answer.end();
    Ok(out.into())
}
