//! The HTTP side on the shipped data, without a port.

use std::io::Read;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use levelmap::atlas::Atlas;
use levelmap::http::{AppState, app};
use levelmap::source::folder::Folder;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tower::ServiceExt;

pub static STATE: LazyLock<AppState> =
    LazyLock::new(|| AppState::new(Atlas::load(&Folder::Shipped).unwrap()));

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }
}

pub async fn ask(path: &str, headers: &[(&str, &str)]) -> Reply {
    ask_of(&STATE, path, headers).await
}

/// A question to a server of one's own.
pub async fn ask_of(state: &AppState, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answered(state, request.body(Body::empty()).unwrap()).await
}

/// Sends a body.
pub async fn post(path: &str, content_type: &str, body: impl Into<Body>) -> Reply {
    post_of(&STATE, path, content_type, body).await
}

/// Sends a body to a server of one's own.
pub async fn post_of(state: &AppState, path: &str, content_type: &str, body: impl Into<Body>) -> Reply {
    let request = Request::post(path).header("content-type", content_type).body(body.into()).unwrap();
    answered(state, request).await
}

async fn answered(state: &AppState, request: Request<Body>) -> Reply {
    let response = app(state.clone()).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Reply { status: parts.status, headers: parts.headers, body }
}

pub async fn get(path: &str) -> Reply {
    let reply = ask(path, &[]).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&reply.body));
    reply
}

#[tokio::test]
async fn leeds_is_found_in_every_current_layer() {
    let areas = get("/v1/locate?lon=-1.5491&lat=53.8008").await.json()["areas"].clone();
    for (kind, code, name) in [
        ("lad", "E08000035", "Leeds"),
        ("icb", "E54000054", "NHS West Yorkshire Integrated Care Board"),
        ("rgn", "E12000003", "Yorkshire and The Humber"),
        ("lsoa", "E01033008", "Leeds 111A"),
    ] {
        assert_eq!((&areas[kind]["code"], &areas[kind]["name"]), (&code.into(), &name.into()), "{kind}");
    }
}

/// What is ready as text for all layers says what is written area by area where layers are named.
#[tokio::test]
async fn every_layer_at_once_is_every_layer_by_name() {
    let served = STATE.served();
    let current = served.atlas.layers().iter().filter(|layer| layer.entry.current);
    let kinds: Vec<&str> = current.map(|layer| layer.entry.id.kind.as_str()).collect();
    let named = kinds.join(",");
    let mut chance = StdRng::seed_from_u64(16);
    let mut on_land = 0;
    for _ in 0..1_000 {
        let (lon, lat) = (chance.random_range(-6.5..1.9), chance.random_range(49.9..58.7));
        let at_once = get(&format!("/v1/locate?lon={lon:.5}&lat={lat:.5}")).await;
        let by_name = get(&format!("/v1/locate?lon={lon:.5}&lat={lat:.5}&layers={named}")).await;
        assert!(at_once.body == by_name.body, "{lon} {lat}: {}", String::from_utf8_lossy(&at_once.body));
        on_land += usize::from(!at_once.json()["areas"].as_object().unwrap().is_empty());
    }
    assert!(on_land > 300, "{on_land}");
}

#[tokio::test]
async fn a_point_a_grid_reference_and_a_postcode_agree() {
    let by_postcode = get("/v1/locate?postcode=ls1%201ur").await.json();
    let (e, n) = (&by_postcode["query"]["easting"], &by_postcode["query"]["northing"]);
    let by_grid = get(&format!("/v1/locate?easting={e}&northing={n}")).await.json();
    let (lon, lat) = (&by_grid["query"]["lon"], &by_grid["query"]["lat"]);
    let by_degrees = get(&format!("/v1/locate?lon={lon}&lat={lat}")).await.json();
    assert_eq!(by_postcode["areas"], by_grid["areas"]);
    assert_eq!(by_grid["areas"], by_degrees["areas"]);
    assert_eq!(by_degrees["areas"]["lad"]["code"], "E08000035");
}

#[tokio::test]
async fn a_day_picks_the_vintages_then_in_force() {
    let then = get("/v1/locate?lon=-1.4797&lat=53.5526&layers=lad,icb&as_of=2022-08-01").await.json();
    assert_eq!(then["areas"]["lad"]["code"], "E08000016", "Barnsley before April 2025");
    let now = get("/v1/locate?lon=-1.4797&lat=53.5526&layers=lad").await.json();
    assert_eq!(now["areas"]["lad"]["code"], "E08000038");
    assert_eq!(now["areas"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn the_sea_is_in_no_area() {
    let areas = get("/v1/locate?lon=1.9&lat=54.5").await.json()["areas"].clone();
    assert_eq!(areas, serde_json::json!({}));
}

#[tokio::test]
async fn bad_questions_are_answered_with_what_is_wrong() {
    for (path, parameter, words) in [
        ("/v1/locate?lon=53.8&lat=-1.5", "lon", "swapped"),
        ("/v1/locate?lon=429000&lat=433000", "lon", "metres"),
        ("/v1/locate?lon=-1.5", "lat", "missing"),
        ("/v1/locate?lon=x&lat=53", "lon", "not a number"),
        ("/v1/locate?lon=-1&lat=53&lon=-2", "lon", "more than once"),
        ("/v1/locate?lon=-1&lat=53&colour=red", "colour", "not a parameter"),
        ("/v1/locate?lon=-1&lat=53&layers=nope", "layers", "no such layer; there are lsoa@2011, "),
        ("/v1/locate?lon=-1&lat=53&layers=lad@1911", "layers", "no such layer; there are lad@2011, "),
        ("/v1/locate?lon=-1&lat=53&layers=nope@1911", "layers", "no such layer; there are lsoa, "),
        (
            "/v1/locate?lon=-1&lat=53&layers=icb&as_of=2020-05-01",
            "layers",
            "none was in force on 2020-05-01: there is icb@2022 from",
        ),
        ("/v1/search?q=leeds&layer=nope", "layer", "no such layer; there are "),
        ("/v1/locate?lon=-1&lat=53&as_of=yesterday", "as_of", ""),
        ("/v1/locate?postcode=LEEDS", "postcode", ""),
        ("/v1/locate", "lon", "give one of"),
        ("/v1/choropleth/lad/residents.geojson?classes=99", "classes", "between 1 and"),
        ("/v1/choropleth/lad/residents.geojson?method=magic", "method", "jenks"),
        ("/v1/choropleth/lad/residents.geojson?period=1999", "period", "2011"),
        ("/tiles/lad/3/9/1.mvt", "z/x/y", ""),
        ("/tiles/lad/6/31/20.mvt?layers=lad", "layers", "areas, borders and labels"),
        ("/tiles/lad.json?layers=areas,areas", "layers", "twice"),
        ("/tiles/icb/6/31/20.mvt?layers=borders&indicator=stroke-admissions", "indicator", "leaves out"),
    ] {
        let reply = ask(path, &[]).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(reply.header("content-type"), "application/problem+json", "{path}");
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        let error = &reply.json()["errors"][0];
        assert_eq!(error["parameter"], parameter, "{path}");
        assert!(error["message"].as_str().unwrap().contains(words), "{path}: {error}");
    }
}

#[tokio::test]
async fn whole_numbers_are_written_without_a_point() {
    for path in
        ["/v1/areas/E08000035", "/v1/areas/E08000035/parents", "/v1/search?q=leeds", "/v1/layers/lad.geojson"]
    {
        let body = String::from_utf8(get(path).await.body).unwrap();
        let population = body.split("\"population\":").nth(1).unwrap();
        let number = population.split([',', '}']).next().unwrap();
        assert!(number.len() > 3 && number.bytes().all(|b| b.is_ascii_digit()), "{path}: {number}");
        assert!(!body.contains(".0,") && !body.contains(".0}"), "{path}");
    }
    for path in
        ["/v1/layers/lsoa.geojson", "/v1/layers/lsoa.topojson", "/v1/choropleth/lad/residents.topojson"]
    {
        let body = String::from_utf8(get(path).await.body).unwrap();
        assert!(!body.contains(".0,") && !body.contains(".0}"), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_404_in_words() {
    for path in [
        "/nope",
        "/v1/areas/E99999998",
        "/v1/layers/nope",
        "/v1/layers/lad@1850",
        "/v1/indicators/nope",
        "/v1/choropleth/lad/nope.geojson",
        "/v1/locate?postcode=BT1%201AA",
        "/v1/locate?postcode=ZZ99%209ZZ",
    ] {
        let reply = ask(path, &[]).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert!(reply.json()["detail"].as_str().unwrap().len() > 10, "{path}");
    }
    let northern_ireland = ask("/v1/locate?postcode=BT1%201AA", &[]).await.json();
    assert!(northern_ireland["detail"].as_str().unwrap().contains("licence"));
}

#[tokio::test]
async fn boards_are_36_now_and_42_in_2022() {
    for (layer, areas) in [("icb", 36), ("icb@2022", 42), ("lad", 361), ("nhs", 62)] {
        let map = get(&format!("/v1/choropleth/{layer}/stroke-admissions.geojson")).await.json();
        let features = map["features"].as_array().unwrap();
        assert_eq!(features.len(), areas, "{layer}");
        let classes = map["legend"]["classes"].as_array().unwrap().iter();
        let gaps = map["legend"]["no_data"].as_array().unwrap().iter();
        let counted: u64 = classes.chain(gaps).map(|c| c["count"].as_u64().unwrap()).sum();
        assert_eq!(counted, areas as u64, "every area of {layer} is in one class of the legend");
        for feature in features {
            assert_eq!(feature["id"], feature["properties"]["code"]);
            let has_value = !feature["properties"]["value"].is_null();
            assert_eq!(has_value, feature["properties"]["flag"].is_null(), "{feature}");
        }
    }
}

#[tokio::test]
async fn an_answer_known_to_the_client_is_304() {
    let path = "/v1/choropleth/lad/residents/values.json";
    let first = get(path).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"'), "strong: {tag}");
    let again = ask(path, &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let other = ask("/v1/choropleth/icb/residents/values.json", &[("if-none-match", &tag)]).await;
    assert_eq!(other.status, StatusCode::OK);
    let packed = ask(path, &[("accept-encoding", "zstd")]).await;
    assert_ne!(packed.header("etag"), tag, "another encoding is another representation");
    assert_eq!(packed.header("content-encoding"), "zstd");
    assert_eq!(first.header("access-control-allow-origin"), "*");
}

/// Kept answers are found again by address and encoding; faults are never kept as answers to anything else.
#[tokio::test]
async fn an_answer_is_the_same_made_or_kept() {
    let path = "/v1/choropleth/rgn/residents.geojson";
    let plain = get(path).await;
    for encoding in ["gzip", "br", "zstd"] {
        let asked = [("accept-encoding", encoding)];
        let (first, again) = tokio::join!(ask(path, &asked), ask(path, &asked));
        let third = ask(path, &asked).await;
        for reply in [&first, &again, &third] {
            assert_eq!((reply.status, reply.header("content-encoding")), (StatusCode::OK, encoding));
            assert_eq!(reply.header("content-type"), plain.header("content-type"));
            assert_eq!(reply.header("vary"), "Accept-Encoding", "{encoding}");
            assert_eq!(reply.body, first.body);
        }
        assert!(first.body.len() < plain.body.len() / 2);
    }
    assert_eq!(get(path).await.body, plain.body);
    for _ in 0..2 {
        let fault = ask("/v1/choropleth/rgn/residents.geojson?classes=99", &[]).await;
        assert_eq!((fault.status, fault.header("cache-control")), (StatusCode::BAD_REQUEST, "no-store"));
        assert_eq!(fault.json()["errors"][0]["parameter"], "classes");
    }
}

/// Of small areas most of an answer stands with their layer, and is put together when it is sent: to a client, and to what
/// compresses it.
#[tokio::test]
async fn an_answer_that_is_put_together_is_the_same_packed_or_kept() {
    let path = "/v1/choropleth/lsoa/residents.geojson?fields=code,name,value,class";
    let plain = get(path).await;
    assert_eq!(plain.header("content-length"), plain.body.len().to_string());
    // Written anew, as what the layer keeps says a code too.
    let anew = get("/v1/choropleth/lsoa/residents.geojson?fields=name,value,class").await.json();
    let mut whole = plain.json();
    for feature in whole["features"].as_array_mut().unwrap() {
        feature["properties"].as_object_mut().unwrap().remove("code").expect("a code");
    }
    assert!(whole == anew, "what is put together differs from what is written anew");
    for _ in 0..2 {
        assert!(get(path).await.body == plain.body);
        let packed = ask(path, &[("accept-encoding", "gzip")]).await;
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == plain.body);
    }
}

/// What is kept for a client is sent to no other that cannot read it, and to all that take the same, however they say so.
#[tokio::test]
async fn encodings_are_what_is_meant() {
    let path = "/v1/choropleth/ctry/residents.geojson?classes=3";
    for (said, sent) in [
        (&["gzip", "br"][..], "br"),
        (&["gzip"], "gzip"),
        (&["gzip, br"], "br"),
        (&["br;q=0.5, gzip"], "gzip"),
        (&["br;q=0, *"], "zstd"),
        (&["deflate"], ""),
        (&["identity, gzip;q=0.5"], ""),
    ] {
        let asked: Vec<(&str, &str)> = said.iter().map(|value| ("accept-encoding", *value)).collect();
        for _ in 0..2 {
            assert_eq!(ask(path, &asked).await.header("content-encoding"), sent, "{said:?}");
        }
    }
    let tag =
        async |said: &'static str| ask(path, &[("accept-encoding", said)]).await.header("etag").to_owned();
    assert_eq!(tag("gzip, deflate, br, zstd").await, tag("zstd;q=0.9, br;q=0.9, gzip;q=0.9").await);
    assert_eq!(tag("deflate").await, get(path).await.header("etag"));
    assert_ne!(tag("gzip").await, tag("br").await);
}

/// Some answers are given before the router is asked; those to clients that hold something else never are, nor those to
/// clients that name several tags, a weak one or `*`.
#[tokio::test]
async fn what_is_answered_at_once_is_what_the_router_answers() {
    let locate = "/v1/locate?lon=-1.5491&lat=53.8008";
    let kept = "/v1/choropleth/nhs/residents.geojson";
    for (path, encoding) in [(locate, ""), (locate, "gzip"), (kept, "gzip"), (kept, "")] {
        let asked: &[(&str, &str)] = if encoding.is_empty() { &[] } else { &[("accept-encoding", encoding)] };
        let with = |held: &str| {
            let mut headers: Vec<(String, String)> =
                asked.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            headers.push(("if-none-match".to_owned(), held.to_owned()));
            headers
        };
        let by_router = ask_owned(path, with("\"other\"")).await;
        assert_eq!(by_router.status, StatusCode::OK, "{path}");
        // Made, made again or kept, and kept.
        for turn in 1..=3 {
            let reply = ask(path, asked).await;
            assert_eq!(reply.status, StatusCode::OK, "{path}");
            assert_eq!(sorted(&reply.headers), sorted(&by_router.headers), "{path} {encoding}, turn {turn}");
            assert!(reply.body == by_router.body, "{path} {encoding}, turn {turn}");
        }
        let tag = by_router.header("etag").to_owned();
        let at_once = ask_owned(path, with(&tag)).await;
        for held in ["*".to_owned(), format!("W/{tag}"), format!("\"other\", {tag}")] {
            let reply = ask_owned(path, with(&held)).await;
            assert_eq!((reply.status, reply.body.len()), (StatusCode::NOT_MODIFIED, 0), "{path} {held}");
            assert_eq!(sorted(&reply.headers), sorted(&at_once.headers), "{path} {held}");
        }
        assert_eq!((at_once.status, at_once.body.len()), (StatusCode::NOT_MODIFIED, 0));
    }
}

async fn ask_owned(path: &str, headers: Vec<(String, String)>) -> Reply {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    ask(path, &headers).await
}

fn sorted(headers: &HeaderMap) -> Vec<(String, String)> {
    let named = headers.iter().map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned()));
    // The length of what is whole is told by the connection: see `connections.rs`.
    let mut sorted: Vec<_> = named.filter(|(name, _)| name != "content-length").collect();
    sorted.sort();
    sorted
}

/// A place's answer is short: it goes as it is to those too who would take it compressed; a long one does not.
#[tokio::test]
async fn short_answers_go_as_they_are() {
    let near = "/v1/locate?lon=-1.5491&lat=53.8008";
    let reply = ask(near, &[("accept-encoding", "gzip")]).await;
    assert_eq!((reply.header("content-encoding"), &reply.body), ("", &get(near).await.body));
    let list = ask("/v1/layers", &[("accept-encoding", "gzip")]).await;
    assert_eq!(list.header("content-encoding"), "gzip");
}

/// Answers of middling length, one of a kept route and one that is made each time: however a client asks, what it unpacks is
/// what others get plain.
#[tokio::test]
async fn an_answer_about_a_place_is_the_same_in_every_encoding() {
    for path in
        ["/v1/areas/E08000035/profile", "/v1/within?lon=-1.5491&lat=53.8008&radius_m=100000&layer=lad"]
    {
        let plain = get(path).await;
        assert!((4_096..128 * 1_024).contains(&plain.body.len()), "{path}: {} bytes", plain.body.len());
        for (asked, given) in [
            ("gzip", "gzip"),
            ("zstd", "zstd"),
            ("gzip, deflate, br, zstd", "zstd"),
            ("gzip, deflate, br", "br"),
            ("gzip;q=0.5, zstd;q=0", "gzip"),
            ("gzip;q=0", ""),
        ] {
            let reply = ask(path, &[("accept-encoding", asked)]).await;
            assert_eq!(
                (reply.status, reply.header("content-encoding")),
                (StatusCode::OK, given),
                "{path} {asked}"
            );
            assert_eq!(
                (reply.header("vary"), reply.header("content-type")),
                ("Accept-Encoding", "application/json")
            );
            let unpacked = match given {
                "gzip" => read_all(flate2::read::GzDecoder::new(reply.body.as_slice())),
                "zstd" => zstd::decode_all(reply.body.as_slice()).unwrap(),
                "br" => read_all(brotli::Decompressor::new(reply.body.as_slice(), 4_096)),
                _ => reply.body.clone(),
            };
            assert!(unpacked == plain.body, "{path} {asked}");
            // Weights are left to the layer, whose first level of gzip leaves a little more than a third of a profile.
            let least = if asked.contains(';') { 2 } else { 3 };
            assert!(given.is_empty() || reply.body.len() < plain.body.len() / least, "{path} {asked}");
        }
    }
}

fn read_all(mut packed: impl std::io::Read) -> Vec<u8> {
    let mut all = Vec::new();
    packed.read_to_end(&mut all).unwrap();
    all
}

/// TileJSON names the address by which it was asked, so another address has another tag; a tile's is one and the same.
#[tokio::test]
async fn a_tag_depends_on_the_servers_name_only_where_the_answer_does() {
    let at = async |path: &str, header: &str, value: &str| {
        ask(path, &[(header, value)]).await.header("etag").to_owned()
    };
    for path in ["/tiles/lad.json", "/style.json"] {
        let one = at(path, "host", "one.example").await;
        assert_ne!(one, at(path, "host", "two.example").await, "{path}");
        assert_ne!(one, at(path, "x-forwarded-host", "two.example").await, "{path}");
    }
    let tile = "/tiles/lad/6/31/20.mvt";
    assert_eq!(at(tile, "host", "one.example").await, at(tile, "host", "two.example").await);
}

#[tokio::test]
async fn whole_layers_come_in_three_formats_with_the_same_areas() {
    let geojson = get("/v1/layers/lad.geojson").await.json();
    let codes: Vec<&Value> = geojson["features"].as_array().unwrap().iter().map(|f| &f["id"]).collect();
    let topology = get("/v1/layers/lad.topojson").await.json();
    let geometries = topology["objects"]["lad"]["geometries"].as_array().unwrap();
    assert_eq!(codes, geometries.iter().map(|g| &g["id"]).collect::<Vec<_>>());
    let csv = get("/v1/layers/lad.csv").await;
    let mut reader = csv::Reader::from_reader(csv.body.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(codes, rows.iter().map(|r| &r[0]).collect::<Vec<_>>());
    assert_eq!(codes.len(), 361);
    assert!(geojson["attribution"][0].as_str().unwrap().contains("Office for National Statistics"));
}

#[tokio::test]
async fn an_area_tells_where_it_lies_and_what_it_followed() {
    let area = get("/v1/areas/E08000038").await.json();
    assert_eq!((&area["name"], &area["status"]), (&"Barnsley".into(), &"live".into()));
    assert_eq!(area["supersedes"][0]["code"], "E08000016");
    assert_eq!(area["parents"]["rgn"]["code"], "E12000003");
    assert_eq!(area["parents"]["cauth"]["name"], "South Yorkshire");
    let old = get("/v1/areas/E08000016").await.json();
    assert_eq!(
        (&old["status"], &old["superseded_by"][0]["code"]),
        (&"superseded".into(), &"E08000038".into())
    );
    for format in ["geojson", "topojson", "wkt", "kml"] {
        assert!(get(&format!("/v1/areas/E08000038/geometry.{format}")).await.body.len() > 200);
    }
}

#[tokio::test]
async fn a_tile_of_leeds_holds_leeds() {
    let tile = get("/tiles/lad/8/126/82.mvt").await;
    assert_eq!(tile.header("content-type"), "application/vnd.mapbox-vector-tile");
    let holds = |text: &str| tile.body.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(holds("E08000035") && holds("areas") && holds("borders") && holds("labels"));
    let outlines = get("/tiles/lad/8/126/82.mvt?layers=borders").await;
    let holds = |text: &str| outlines.body.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(holds("E08000035") && holds("borders") && !holds("areas") && !holds("labels"));
    assert!(tile.body.windows(outlines.body.len()).any(|part| part == outlines.body));
    let json = get("/tiles/lad.json").await.json();
    assert_eq!(json["tilejson"], "3.0.0");
    let json = get("/tiles/lad.json?layers=borders,labels").await.json();
    let ids: Vec<_> = json["vector_layers"].as_array().unwrap().iter().map(|layer| &layer["id"]).collect();
    assert_eq!(ids, ["borders", "labels"]);
    assert!(json["tiles"][0].as_str().unwrap().ends_with(".mvt?layers=borders,labels"));
    let valued = get("/tiles/icb/6/31/20.mvt?indicator=stroke-admissions").await;
    assert!(valued.body.windows(5).any(|w| w == b"class"));
}

#[tokio::test]
async fn every_route_is_in_the_openapi_document() {
    let document = get("/v1/openapi.json").await.json();
    assert_eq!(document["openapi"].as_str().unwrap().split('.').take(2).collect::<Vec<_>>(), ["3", "1"]);
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    for path in [
        "/v1",
        "/v1/layers",
        "/v1/layers/{layer}",
        "/v1/areas/{code}",
        "/v1/locate",
        "/v1/within",
        "/v1/nearest",
        "/v1/overlay/{left}/{right}",
        "/v1/areas/{code}/neighbours",
        "/v1/areas/{code}/overlaps/{other}",
        "/v1/indicators",
    ] {
        assert!(paths.iter().any(|p| *p == path), "{path} is not among {paths:?}");
    }
    assert_eq!(get("/health/ready").await.json()["status"], "ready");
}

#[tokio::test]
async fn a_board_shares_ground_with_its_councils_and_a_piece_of_another() {
    let board = get("/v1/areas/E54000054/overlaps/lad?layer=icb@2022").await.json();
    let rows = board["results"].as_array().unwrap();
    assert_eq!(rows.len(), 6, "five councils of West Yorkshire and a part of North Yorkshire");
    let piece = rows.iter().find(|r| r["code"] == "E06000065").unwrap();
    assert_eq!((&piece["block_count"], &piece["population"]), (&29.into(), &49_329.into()));
    let shared: f64 = rows.iter().map(|r| r["population"].as_f64().unwrap()).sum();
    let all = get("/v1/areas/E54000054?layer=icb@2022").await.json()["population"].as_f64().unwrap();
    assert_eq!(shared, all, "residents add up to the board's");
    let share: f64 = rows.iter().map(|r| r["share_of_area"].as_f64().unwrap()).sum();
    assert!((share - 1.0).abs() < 1e-5, "{share}");

    let council = get("/v1/areas/E06000065/overlaps/icb@2022?layer=lad").await.json();
    let blocks: Vec<u64> =
        council["results"].as_array().unwrap().iter().map(|r| r["block_count"].as_u64().unwrap()).collect();
    assert_eq!((blocks, &council["fit"]), (vec![341, 29, 3], &"split".into()));
}
