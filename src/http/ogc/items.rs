//! `/ogc/collections/{layer}/items`: the areas of a layer as features, page by page.

use std::str::FromStr;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use geo::{BoundingRect, Contains, Intersects, MultiPolygon};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

use super::{GEOJSON, JSON, PATH, form, link};
use crate::area::Code;
use crate::atlas::{Atlas, AtlasLayer};
use crate::http::answer::{self, Answer, bytes};
use crate::http::layer_files::write_whole_feature;
use crate::http::layers;
use crate::http::parameters::Parameters;
use crate::http::problem::Problem;
use crate::http::reference_systems::ReferenceSystem;
use crate::http::state::AppState;

/// The parameters of a page.
const PARAMETERS: [&str; 9] = ["bbox", "bbox-crs", "datetime", "limit", "offset", "crs", "code", "name", "f"];

/// Areas on a page when nothing is said.
pub(super) const USUAL_LIMIT: usize = 10;
/// Areas on a page at most. The standard wants this many to be given when more are asked for; the links lead on.
pub(super) const LARGEST_LIMIT: usize = 10_000;

/// Says in which reference system the coordinates are (OGC 18-058r1, 7.6).
const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");

/// Which areas of a layer are wanted, and how.
#[derive(Debug, Default)]
struct Asked {
    limit: usize,
    offset: usize,
    bbox: Option<Corners>,
    bbox_crs: ReferenceSystem,
    when: Option<Interval>,
    crs: ReferenceSystem,
    code: Option<String>,
    name: Option<String>,
}

/// The lower and the upper corner of a box.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Corners([f64; 4]);

/// Days from the first to the last; either side may be open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Interval {
    first: Option<Date>,
    last: Option<Date>,
}

impl Asked {
    fn read(query: Option<&str>) -> Result<Asked, Problem> {
        let mut read = Parameters::parse(query, &PARAMETERS);
        form(&mut read, &["json", "geojson"]);
        let limit: Option<usize> = read.value("limit");
        if limit == Some(0) {
            read.fault("limit", "0", "at least 1");
        }
        let asked = Asked {
            limit: limit.unwrap_or(USUAL_LIMIT).min(LARGEST_LIMIT),
            offset: read.value("offset").unwrap_or_default(),
            bbox: read.value("bbox"),
            bbox_crs: read.value("bbox-crs").unwrap_or_default(),
            when: read.value("datetime"),
            crs: read.value("crs").unwrap_or_default(),
            code: read.text("code").map(str::to_owned),
            name: read.text("name").map(str::to_owned),
        };
        read.finish()?;
        Ok(asked)
    }

    /// The numbers of the areas that are meant, of all pages.
    fn areas(&self, atlas: &Atlas, layer: &AtlasLayer) -> Result<Vec<u32>, Problem> {
        if self.when.is_some_and(|when| !when.meets(layer)) {
            return Ok(Vec::new());
        }
        let ground = match self.bbox {
            None => None,
            Some(Corners(corners)) => Some(self.bbox_crs.ground(atlas, corners).map_err(|message| {
                let text = corners.map(|corner| corner.to_string()).join(",");
                Problem::parameter("bbox", &text, message)
            })?),
        };
        let around = ground.as_ref().and_then(BoundingRect::bounding_rect);
        // A box whose sides run along meridians and parallels is its own bounding box.
        let is_plain = ground.as_ref().is_some_and(|g| g.0.len() == 1 && g.0[0].exterior().0.len() == 5);
        let meets = |number: u32, ground: &MultiPolygon| {
            let Some((bbox, around)) = layer.areas()[number as usize].bbox.zip(around) else { return false };
            around.intersects(&bbox)
                && ((is_plain && around.contains(&bbox))
                    || layer.shapes()[number as usize].intersects(ground))
        };
        let all = 0..layer.areas().len() as u32;
        let is_meant = |&number: &u32| {
            let area = &layer.areas()[number as usize];
            self.code.as_ref().is_none_or(|code| area.code.as_str() == code)
                && self.name.as_ref().is_none_or(|name| area.name == *name)
                && ground.as_ref().is_none_or(|ground| meets(number, ground))
        };
        Ok(all.filter(is_meant).collect())
    }
}

impl Interval {
    /// Whether a layer is in force on one of the days.
    fn meets(self, layer: &AtlasLayer) -> bool {
        let (from, to) = (layer.entry.valid_from, layer.entry.valid_to);
        self.last.is_none_or(|last| from <= last)
            && self.first.is_none_or(|first| to.is_none_or(|to| first < to))
    }
}

impl FromStr for Corners {
    type Err = String;

    /// Four numbers, or six of which the third and the last are heights.
    fn from_str(text: &str) -> Result<Corners, String> {
        let numbers: Result<Vec<f64>, _> = text.split(',').map(|n| n.trim().parse::<f64>()).collect();
        match numbers.as_deref() {
            Ok(&[x0, y0, x1, y1] | &[x0, y0, _, x1, y1, _]) if [x0, y0, x1, y1].iter().all(|n| n.is_finite()) => {
                Ok(Corners([x0, y0, x1, y1]))
            }
            _ => Err("four numbers with commas between them: two of the lower corner and two of the upper, in the order of `bbox-crs`".to_owned()),
        }
    }
}

impl FromStr for Interval {
    type Err = String;

    /// A day or an instant, or two with a slash between them, of which one may be `..` or nothing (RFC 3339, 5.6).
    fn from_str(text: &str) -> Result<Interval, String> {
        let day = |text: &str| -> Result<Option<Date>, String> {
            if matches!(text, "" | "..") {
                return Ok(None);
            }
            let instant = || text.parse::<Timestamp>().map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date());
            let day = instant()
                .or_else(|_| text.parse::<Date>())
                .or_else(|_| text.parse::<DateTime>().map(DateTime::date));
            day.map(Some).map_err(|_| {
            format!("`{text}` is neither a day (2024-04-01) nor an instant (2024-04-01T00:00:00Z), nor two of them or `..` with a slash between them")
        })
        };
        let (first, last) = match text.split_once('/') {
            Some((first, last)) => (day(first)?, day(last)?),
            None => {
                let at = day(text)?;
                (at, at)
            }
        };
        match (first, last) {
            (None, None) if !text.contains('/') => {
                Err("a day, an instant, or an interval of them".to_owned())
            }
            (Some(first), Some(last)) if first > last => Err("ends before it begins".to_owned()),
            _ => Ok(Interval { first, last }),
        }
    }
}

/// The areas of a layer, page by page.
#[utoipa::path(get, path = "/ogc/collections/{layer}/items", tag = "ogc",
    params(("layer" = String, Path, description = "`lad@2025`; without a vintage the current one"),
        ("bbox" = Option<String>, Query, description = "Only areas that meet west,south,east,north, in the order of `bbox-crs`"),
        ("bbox-crs" = Option<String>, Query, description = "The reference system of `bbox`: CRS84 when not given, or EPSG 4326, 27700, 3857 by name in the register of OGC"),
        ("datetime" = Option<String>, Query, description = "Only areas in force then: a day, an instant, or an interval, as in `2020-04-01/..`"),
        ("limit" = Option<usize>, Query, description = "Areas on a page: 10 when not given, 10,000 where more are asked for, as the standard wants; links lead on"),
        ("offset" = Option<usize>, Query, description = "Areas before this page"),
        ("crs" = Option<String>, Query, description = "The reference system of the answer, as for `bbox-crs`"),
        ("code" = Option<String>, Query, description = "Only the area with this code"),
        ("name" = Option<String>, Query, description = "Only areas with this name"),
        ("f" = Option<String>, Query, description = "`json`")),
    responses((status = 200, description = "A page as GeoJSON, with links to the next"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn all(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Answer {
    let asked = Asked::read(query.as_deref())?;
    let here = answer::here(&headers);
    answer::off_thread(&state, move |served| {
        let (atlas, layer) = (&served.atlas, layers::find(served, &name)?);
        let areas = asked.areas(atlas, layer)?;
        let page = areas.iter().skip(asked.offset).take(asked.limit);
        let mut out = b"{\"type\":\"FeatureCollection\",\"features\":[".to_vec();
        for (i, &number) in page.clone().enumerate() {
            out.extend_from_slice(if i > 0 { b",\n" } else { b"" });
            write_area(&mut out, (atlas, layer), number, asked.crs);
        }
        let collection = format!("{here}{PATH}/collections/{}", layer.entry.id);
        let rest = json!({
            "links": links(&collection, query.as_deref(), &asked, areas.len()),
            "numberMatched": areas.len(),
            "numberReturned": page.len(),
            "attribution": atlas.attribution(layer),
            "licence": layer.entry.licence,
        });
        out.extend_from_slice(b"],");
        out.extend_from_slice(&rest.to_string().as_bytes()[1..]);
        Ok(in_system(bytes(GEOJSON, out), asked.crs))
    })
    .await
}

/// One area of a layer.
#[utoipa::path(get, path = "/ogc/collections/{layer}/items/{code}", tag = "ogc",
    params(("layer" = String, Path, description = "`lad@2025`; without a vintage the current one"),
        ("code" = String, Path, description = "`E08000035`"),
        ("crs" = Option<String>, Query, description = "The reference system of the answer, as for all areas"),
        ("f" = Option<String>, Query, description = "`json`")),
    responses((status = 200, description = "The area as GeoJSON"), (status = 404, body = Problem)))]
pub async fn one(
    State(state): State<AppState>,
    Path((name, code)): Path<(String, String)>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Answer {
    let mut read = Parameters::parse(query.as_deref(), &["crs", "f"]);
    form(&mut read, &["json", "geojson"]);
    let crs: ReferenceSystem = read.value("crs").unwrap_or_default();
    read.finish()?;
    let here = answer::here(&headers);
    answer::off_thread(&state, move |served| {
        let (atlas, layer) = (&served.atlas, layers::find(served, &name)?);
        let id = &layer.entry.id;
        let number = code.parse::<Code>().ok().and_then(|code| layer.area_with_code(&code));
        let number =
            number.ok_or_else(|| Problem::not_found(format!("there is no area `{code}` in {id}")))?;
        let collection = format!("{here}{PATH}/collections/{id}");
        let links = json!([
            link(format!("{collection}/items/{code}"), "self", GEOJSON, "This area"),
            link(collection, "collection", JSON, &layer.entry.title),
            link(format!("{here}/v1/areas/{code}?layer={id}"), "alternate", JSON, "What is known of it"),
        ]);
        let mut out = Vec::new();
        write_area(&mut out, (atlas, layer), number, crs);
        // Before the end of the object.
        out.pop();
        out.extend_from_slice(format!(",\"links\":{links}}}").as_bytes());
        Ok(in_system(bytes(GEOJSON, out), crs))
    })
    .await
}

fn write_area(out: &mut Vec<u8>, (atlas, layer): (&Atlas, &AtlasLayer), number: u32, crs: ReferenceSystem) {
    let (area, geometry) = (&layer.areas()[number as usize], crs.geometry_of(atlas, layer, number));
    // All of one type, which clients take from the first area that they see.
    match geometry.strip_prefix(b"{\"type\":\"Polygon\",\"coordinates\":") {
        Some([rings @ .., b'}']) => {
            let several = [b"{\"type\":\"MultiPolygon\",\"coordinates\":[", rings, b"]}"].concat();
            write_whole_feature(out, layer, area, &several);
        }
        _ => write_whole_feature(out, layer, area, &geometry),
    }
}

fn in_system(mut response: Response, crs: ReferenceSystem) -> Response {
    if let Ok(named) = HeaderValue::try_from(format!("<{}>", crs.uri())) {
        response.headers_mut().insert(CONTENT_CRS, named);
    }
    response
}

/// The links of a page: to itself, its neighbours and its collection.
fn links(collection: &str, query: Option<&str>, asked: &Asked, matched: usize) -> Vec<Value> {
    let page = |offset: usize| {
        let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.filter(|(name, _)| name != "offset"));
        if offset > 0 {
            query.append_pair("offset", &offset.to_string());
        }
        let query = query.finish();
        if query.is_empty() { format!("{collection}/items") } else { format!("{collection}/items?{query}") }
    };
    let mut links = vec![link(page(asked.offset), "self", GEOJSON, "This page")];
    if asked.offset.saturating_add(asked.limit) < matched {
        links.push(link(page(asked.offset + asked.limit), "next", GEOJSON, "The next page"));
    }
    if asked.offset > 0 {
        links.push(link(page(asked.offset.saturating_sub(asked.limit)), "prev", GEOJSON, "The page before"));
    }
    links.push(link(collection, "collection", JSON, "The collection"));
    links
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn interval(text: &str) -> Result<Interval, String> {
        text.parse()
    }

    fn corners(text: &str) -> Result<[f64; 4], String> {
        text.parse().map(|Corners(corners)| corners)
    }

    #[test]
    fn times_are_days_instants_and_intervals() {
        let between = |first, last| Ok(Interval { first, last });
        let (day, other) = (Some(date(2024, 4, 1)), Some(date(2025, 3, 31)));
        assert_eq!(interval("2024-04-01"), between(day, day));
        assert_eq!(interval("2024-04-01T12:00:00Z"), between(day, day));
        assert_eq!(interval("2024-04-01/2025-03-31T23:59:59Z"), between(day, other));
        assert_eq!(interval("../2025-03-31"), between(None, other));
        assert_eq!(interval("2024-04-01/"), between(day, None));
        assert_eq!(interval("../.."), between(None, None));
        for wrong in ["", "..", "yesterday", "2024-13-01", "2025-03-31/2024-04-01", "2024-04-01/2025/2026"] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn boxes_have_four_numbers_or_six() {
        assert_eq!(corners("-2, 53,-1,54"), Ok([-2.0, 53.0, -1.0, 54.0]));
        assert_eq!(corners("-2,53,0,-1,54,100"), Ok([-2.0, 53.0, -1.0, 54.0]));
        for wrong in ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "NaN,1,2,3", "inf,1,2,3"] {
            assert!(corners(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-0-9T:Z./,a-z]{0,30}") {
            let _ = (interval(&text), corners(&text), text.parse::<ReferenceSystem>());
        }
    }
}
