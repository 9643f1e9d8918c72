//! OGC API: pages, boxes in every reference system against a plain search, links that lead somewhere, and GDAL as a client.

use std::collections::{BTreeSet, VecDeque};
use std::process::Command;

use axum::http::StatusCode;
use geo::{Coord, Intersects, MapCoords, MultiPolygon, Rect};
use levelmap::geometry::{Crs, LonLat};
use levelmap::http::{Gate, app, serve};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tokio::net::TcpListener;

use super::exports::is_there;
use super::http::{STATE, ask, get};

/// The address that answers name when the client says nothing of it.
const HERE: &str = "http://127.0.0.1:8080";

fn link<'a>(answer: &'a Value, rel: &str) -> Option<&'a str> {
    answer["links"].as_array()?.iter().find(|link| link["rel"] == rel)?["href"].as_str()
}

fn codes(page: &Value) -> Vec<String> {
    page["features"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect()
}

/// Every area of the layer, each as its row of the table says, in order.
async fn codes_of_layer(layer: &str, more: &str) -> Vec<String> {
    let table = get(&format!("/v1/layers/{layer}.csv?fields=code{more}")).await.body;
    csv::Reader::from_reader(table.as_slice()).records().map(|row| row.unwrap()[0].to_owned()).collect()
}

#[tokio::test]
async fn pages_lead_through_all_areas() {
    let mut path = "/ogc/collections/lad/items?limit=100".to_owned();
    let (mut found, mut pages, mut before) = (Vec::new(), 0, None);
    loop {
        let reply = get(&path).await;
        assert_eq!(reply.header("content-type"), "application/geo+json");
        let page = reply.json();
        assert_eq!(page["numberMatched"], 361);
        assert_eq!(page["numberReturned"], page["features"].as_array().unwrap().len());
        assert!(page["features"].as_array().unwrap().iter().all(|f| f["geometry"]["type"] == "MultiPolygon"));
        assert_eq!(link(&page, "prev"), before.as_deref(), "{path}");
        assert_eq!(link(&page, "collection"), Some(format!("{HERE}/ogc/collections/lad@2025").as_str()));
        before = link(&page, "self").map(str::to_owned);
        found.extend(codes(&page));
        pages += 1;
        let Some(next) = link(&page, "next") else { break };
        path = next.strip_prefix(HERE).unwrap().to_owned();
    }
    assert_eq!((pages, found), (4, codes_of_layer("lad", "").await));

    // Ten where nothing is said; the most there may be where more is asked for.
    assert_eq!(codes(&get("/ogc/collections/lad/items").await.json()).len(), 10);
    let most = get("/ogc/collections/lsoa/items?limit=20000").await.json();
    assert_eq!(codes(&most).len(), 10_000);
    assert!(link(&most, "next").unwrap().ends_with("offset=10000"));
    let beyond = get("/ogc/collections/lad/items?offset=5000").await.json();
    assert_eq!((codes(&beyond).len(), link(&beyond, "next")), (0, None));
}

#[tokio::test]
async fn one_area_is_the_same_as_everywhere() {
    let item = get("/ogc/collections/lad@2025/items/E08000035").await.json();
    let plain = get("/v1/areas/E08000035/geometry.geojson").await.json();
    assert_eq!(item["properties"], plain["properties"]);
    assert_eq!(item["geometry"]["coordinates"][0], plain["geometry"]["coordinates"]);
    assert_eq!(link(&item, "collection"), Some(format!("{HERE}/ogc/collections/lad@2025").as_str()));
    let named = get("/ogc/collections/lad/items?name=Leeds").await.json();
    assert_eq!(codes(&named), ["E08000035"]);
    assert_eq!(codes(&get("/ogc/collections/lad/items?code=E08000035&name=York").await.json()).len(), 0);
}

fn layer_shapes() -> Vec<(String, MultiPolygon)> {
    let served = STATE.served();
    let layer = served.atlas.layer(&"lad".parse().unwrap()).unwrap();
    layer.areas().iter().map(|a| a.code.to_string()).zip(layer.shapes().iter().cloned()).collect()
}

#[tokio::test]
async fn boxes_hold_what_a_plain_search_finds_in_every_system() {
    let served = STATE.served();
    let shapes = layer_shapes();
    let mut random = StdRng::seed_from_u64(5);
    let mut found_in_all = 0;
    for (system, uri) in [
        (Crs::Wgs84, "http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
        (Crs::BritishGrid, "http://www.opengis.net/def/crs/EPSG/0/27700"),
        (Crs::WebMercator, "http://www.opengis.net/def/crs/EPSG/0/3857"),
    ] {
        let project = |at: Coord| system.project(LonLat::new(at.x, at.y).unwrap(), served.atlas.grid());
        let projected: Vec<MultiPolygon> = shapes.iter().map(|(_, s)| s.map_coords(project)).collect();
        for _ in 0..40 {
            let middle =
                project(Coord { x: random.random_range(-5.0..1.0), y: random.random_range(50.5..57.0) });
            let unit = if system.is_degrees() { 1e-5 } else { 1.0 };
            let reach = |random: &mut StdRng| random.random_range(10.0..60_000.0) * unit;
            let (dx, dy) = (reach(&mut random), reach(&mut random));
            // In steps that the address can say.
            let whole = |x: f64| (x * 1e5).round() / 1e5;
            let corners = [middle.x - dx, middle.y - dy, middle.x + dx, middle.y + dy].map(whole);
            let [x0, y0, x1, y1] = corners;
            let around = Rect::new(Coord { x: x0, y: y0 }, Coord { x: x1, y: y1 });
            let wanted: Vec<&str> = shapes
                .iter()
                .zip(&projected)
                .filter(|(_, shape)| shape.intersects(&around))
                .map(|((code, _), _)| code.as_str())
                .collect();
            let path =
                format!("/ogc/collections/lad/items?limit=400&bbox={x0},{y0},{x1},{y1}&bbox-crs={uri}");
            assert_eq!(codes(&get(&path).await.json()), wanted, "{uri} {corners:?}");
            found_in_all += wanted.len();
        }
    }
    assert!(found_in_all > 500, "{found_in_all}");

    // Latitude first, heights left out, and across the antimeridian.
    let [plain, turned, high] = [
        "bbox=-1.6,53.7,-1.4,53.9",
        "bbox=53.7,-1.6,53.9,-1.4&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4326",
        "bbox=-1.6,53.7,0,-1.4,53.9,100",
    ]
    .map(|query| format!("/ogc/collections/lad/items?{query}"));
    let plain = codes(&get(&plain).await.json());
    assert_eq!(plain, ["E08000034", "E08000035", "E08000036"]);
    assert_eq!(codes(&get(&turned).await.json()), plain);
    assert_eq!(codes(&get(&high).await.json()), plain);
    let across = get("/ogc/collections/lad/items?bbox=170,50,-6,60&limit=400").await.json();
    assert_eq!(codes(&across), codes_of_layer("lad", "&bbox=-180,50,-6,60").await);
}

/// All numbers of a geometry's coordinates, in pairs.
fn pairs(coordinates: &Value, all: &mut Vec<[f64; 2]>) {
    match coordinates.as_array().unwrap().as_slice() {
        [Value::Number(x), Value::Number(y)] => all.push([x.as_f64().unwrap(), y.as_f64().unwrap()]),
        parts => parts.iter().for_each(|part| pairs(part, all)),
    }
}

#[tokio::test]
async fn coordinates_are_given_in_the_system_asked_for() {
    let served = STATE.served();
    let mut plain = Vec::new();
    pairs(&get("/ogc/collections/lad/items/E06000046").await.json()["geometry"]["coordinates"], &mut plain);
    for (uri, system) in [
        ("http://www.opengis.net/def/crs/EPSG/0/27700", Crs::BritishGrid),
        ("http://www.opengis.net/def/crs/EPSG/0/3857", Crs::WebMercator),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", Crs::Wgs84),
    ] {
        let reply = get(&format!("/ogc/collections/lad/items/E06000046?crs={uri}")).await;
        assert_eq!(reply.header("content-crs"), format!("<{uri}>"));
        let mut projected = Vec::new();
        pairs(&reply.json()["geometry"]["coordinates"], &mut projected);
        assert_eq!(projected.len(), plain.len());
        for (&[lon, lat], &given) in plain.iter().zip(&projected) {
            let at = system.project(LonLat::new(lon, lat).unwrap(), served.atlas.grid());
            let wanted = if system.is_degrees() { [lat, lon] } else { [at.x, at.y] };
            // To a centimetre, where it is metres.
            let apart = (given[0] - wanted[0]).abs().max((given[1] - wanted[1]).abs());
            assert!(
                apart < if system.is_degrees() { 1e-9 } else { 0.0051 },
                "{uri} {given:?} for {wanted:?}"
            );
        }
    }
    let usual = get("/ogc/collections/lad/items?limit=1").await;
    assert_eq!(usual.header("content-crs"), "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>");
}

#[tokio::test]
async fn layers_are_in_force_from_day_to_day() {
    for (layer, when, matched) in [
        ("lad@2025", "2025-06-01", 361),
        ("lad@2025", "2025-03-31", 0),
        ("lad@2025", "2025-04-01T00:00:00Z", 361),
        ("lad@2025", "../2025-03-31", 0),
        ("lad@2025", "2020-01-01/..", 361),
        ("icb@2022", "2023-03-31", 42),
        ("icb@2022", "2023-04-01", 0),
        ("icb@2022", "2023-04-01/..", 0),
        ("icb@2022", "2022-01-01/2022-12-31", 42),
    ] {
        let page = get(&format!("/ogc/collections/{layer}/items?datetime={when}")).await.json();
        assert_eq!(page["numberMatched"], matched, "{layer} {when}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let reply = ask(
        "/ogc/collections/lad/items?limit=0&bbox=1,2&bbox-crs=4258&datetime=soon&crs=moon&f=html&offset=-1&zoom=3",
        &[],
    )
    .await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let faults: BTreeSet<String> = reply.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["parameter"].as_str().unwrap().to_owned())
        .collect();
    let all = ["limit", "bbox", "bbox-crs", "datetime", "crs", "f", "offset", "zoom"];
    assert_eq!(faults, all.map(str::to_owned).into());
    for (path, status) in [
        ("/ogc/collections/lad/items?bbox=2,53,1,52", 400),
        ("/ogc/collections/lad/items?bbox=100000,0,200000,1&bbox-crs=27700", 200),
        ("/ogc/collections/lad/items?bbox=0,0,1e9,1e9&bbox-crs=27700", 400),
        ("/ogc/collections/nowhere", 404),
        ("/ogc/collections/lad/items/E08000099", 404),
        ("/ogc/collections/lad/items/somewhere", 404),
        ("/ogc/collections/lad/tiles/WorldCRS84Quad", 404),
        ("/ogc/collections/lad/tiles/WebMercatorQuad/8/300/1", 400),
        ("/ogc/tileMatrixSets/WorldCRS84Quad", 404),
    ] {
        let reply = ask(path, &[]).await;
        assert_eq!(reply.status, status, "{path}: {}", String::from_utf8_lossy(&reply.body));
    }
}

#[tokio::test]
async fn links_lead_somewhere_by_the_name_the_client_asked() {
    let headers = [("x-forwarded-host", "maps.example"), ("x-forwarded-proto", "https")];
    let (mut left, mut seen) = (VecDeque::from(["/ogc".to_owned()]), BTreeSet::new());
    while let Some(path) = left.pop_front() {
        // Of the collections two are as good as all.
        let other = path
            .strip_prefix("/ogc/collections/")
            .is_some_and(|rest| !rest.starts_with("lad@2025") && !rest.starts_with("icb@2022"));
        if other || !seen.insert(path.clone()) {
            continue;
        }
        let reply = ask(&path, &headers).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        if !path.starts_with("/ogc") || reply.header("content-type").contains("mapbox") {
            continue;
        }
        let answer = reply.json();
        let mut linked = vec![&answer];
        linked.extend(answer["collections"].as_array().into_iter().flatten());
        linked.extend(answer["tilesets"].as_array().into_iter().flatten());
        linked.extend(answer["tileMatrixSets"].as_array().into_iter().flatten());
        for link in linked.iter().filter_map(|of| of["links"].as_array()).flatten() {
            let href = link["href"].as_str().unwrap();
            if href.starts_with("https://spdx.org/") {
                continue;
            }
            let path = href.strip_prefix("https://maps.example").unwrap_or_else(|| panic!("{href}"));
            let path = path.replace("{tileMatrix}/{tileRow}/{tileCol}", "6/20/31");
            // The pages of a layer are followed by another test.
            if link["rel"] != "next" {
                left.push_back(path);
            }
        }
    }
    assert!(seen.len() > 18, "{seen:?}");
    let tag = |reply: &super::http::Reply| reply.header("etag").to_owned();
    let (one, other) = (ask("/ogc/collections", &headers).await, ask("/ogc/collections", &[]).await);
    assert!(tag(&one) != tag(&other) && one.body != other.body);
}

#[tokio::test]
async fn tiles_are_those_of_the_other_address() {
    let tile = get("/ogc/collections/lad/tiles/WebMercatorQuad/8/82/126?layers=areas").await;
    assert_eq!(tile.header("content-type"), "application/vnd.mapbox-vector-tile");
    assert!(tile.body.len() > 1000);
    assert!(tile.body == get("/tiles/lad/8/126/82.mvt?layers=areas").await.body);
}

#[tokio::test]
async fn the_definition_names_what_there_is() {
    let definition = get("/ogc/api").await;
    assert_eq!(definition.header("content-type"), "application/vnd.oai.openapi+json;version=3.0");
    let definition = definition.json();
    assert_eq!(definition["openapi"], "3.0.3");
    let limit = &definition["components"]["parameters"]["limit"]["schema"];
    assert_eq!((&limit["default"], &limit["maximum"]), (&10.into(), &10_000.into()));
    let places = [
        ("{collectionId}", "lad"),
        ("{featureId}", "E08000035"),
        ("{tileMatrixSetId}", "WebMercatorQuad"),
        ("{tileMatrix}/{tileRow}/{tileCol}", "6/20/31"),
    ];
    let paths = definition["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 12);
    for (path, route) in paths {
        let filled =
            places.iter().fold(format!("/ogc{path}"), |path, (place, with)| path.replace(place, with));
        let reply = get(&filled).await;
        let kinds = route["get"]["responses"]["200"]["content"].as_object().unwrap();
        assert!(kinds.contains_key(reply.header("content-type")), "{filled}: {kinds:?}");
        for parameter in route["get"]["parameters"].as_array().unwrap() {
            let name = parameter["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
            let parameter = &definition["components"]["parameters"][name];
            assert_eq!(parameter["name"], name);
            if parameter["in"] == "query" {
                let fault = ask(&format!("{filled}?{name}=x"), &[]).await;
                let is_known = !String::from_utf8_lossy(&fault.body).contains("not a parameter here");
                assert!(is_known, "{filled} does not take {name}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gdal_reads_a_layer_page_by_page() {
    if !is_there("ogrinfo", &["--version"]) {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gate = Gate::default();
    gate.open(app(STATE.clone()));
    let serving = tokio::spawn(serve(listener, gate, std::future::pending()));
    let read = move |arguments: &[&str]| {
        let source = format!("OAPIF:http://{address}/ogc");
        let arguments: Vec<&str> = arguments
            .iter()
            .map(|argument| if *argument == "SOURCE" { &source } else { *argument })
            .collect();
        let out = Command::new(arguments[0]).args(&arguments[1..]).output().unwrap();
        assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    let (layers, table) = tokio::task::spawn_blocking(move || {
        let sql = "SELECT code, OGR_GEOM_AREA AS ground FROM \"lad@2025\"";
        let table = ["ogr2ogr", "-f", "CSV", "/vsistdout/", "SOURCE", "-dialect", "OGRSQL", "-sql", sql];
        (read(&["ogrinfo", "-q", "SOURCE"]), read(&table))
    })
    .await
    .unwrap();
    serving.abort();
    assert_eq!(layers.lines().count(), STATE.served().atlas.layers().len());
    assert!(
        layers.contains("lad@2025 (title: Local authority districts (April 2025)) (Multi Polygon)"),
        "{layers}"
    );
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(table.as_bytes()).records().map(Result::unwrap).collect();
    let found: Vec<&str> = rows.iter().map(|row| &row[0]).collect();
    assert_eq!(found, codes_of_layer("lad", "").await);
    let ground = |shape: &MultiPolygon| geo::Area::unsigned_area(shape);
    for (row, (code, shape)) in rows.iter().zip(layer_shapes()) {
        let area: f64 = row[1].parse().unwrap();
        assert!((area - ground(&shape)).abs() < 1e-9, "{code}: {area}");
    }
}

#[tokio::test]
async fn files_and_outlines_are_given_on_the_british_grid() {
    let served = STATE.served();
    let project = |[lon, lat]: [f64; 2]| {
        let at = Crs::BritishGrid.project(LonLat::new(lon, lat).unwrap(), served.atlas.grid());
        [at.x, at.y]
    };
    let near = |given: [f64; 2], wanted: [f64; 2]| {
        (given[0] - wanted[0]).abs() < 0.0051 && (given[1] - wanted[1]).abs() < 0.0051
    };
    // The same vertices in every form that has them.
    for path in [
        "/v1/areas/E06000046/geometry.geojson?",
        "/v1/layers/icb.geojson?tolerance_m=500&",
        "/v1/layers/icb.geojson?bbox=-2,53,-1,54&",
        "/v1/choropleth/lad/residents.geojson?fields=code&bbox=-2,53,-1,54&",
        "/v1/choropleth/lad/residents.geojson?period=all&fields=code&bbox=-2,53,-1,54&",
        "/v1/analysis/autocorrelation.geojson?indicator=stroke-admissions&layer=icb&",
    ] {
        let [degrees, metres] = [get(path).await.json(), get(&format!("{path}crs=27700")).await.json()];
        let coordinates = |answer: &Value| {
            let mut all = Vec::new();
            let whole = [answer.clone()];
            for feature in answer["features"].as_array().map_or(&whole[..], Vec::as_slice) {
                pairs(&feature["geometry"]["coordinates"], &mut all);
            }
            all
        };
        let (degrees, given) = (coordinates(&degrees), coordinates(&metres));
        assert!(degrees.len() > 100 && degrees.len() == given.len(), "{path}");
        for (&at, &given) in degrees.iter().zip(&given) {
            assert!(near(given, project(at)), "{path} {given:?} for {at:?}");
        }
        if metres.get("features").is_some() {
            assert_eq!(metres["crs"], "http://www.opengis.net/def/crs/EPSG/0/27700", "{path}");
        }
    }
    let text = String::from_utf8(get("/v1/areas/E06000046/geometry.wkt?crs=EPSG:27700").await.body).unwrap();
    let mut outline = Vec::new();
    pairs(
        &get("/v1/areas/E06000046/geometry.geojson?crs=27700").await.json()["geometry"]["coordinates"],
        &mut outline,
    );
    assert!(text.contains(&format!("{} {}", outline[0][0], outline[0][1])), "{text:.80}");

    let read = |body: Vec<u8>| {
        let mut reader = csv::Reader::from_reader(std::io::Cursor::new(body));
        let heading = reader.headers().unwrap().clone();
        let number = |row: &csv::StringRecord, name: &str| {
            row[heading.iter().position(|column| column == name).unwrap()].parse::<f64>().unwrap()
        };
        let axes = if heading.iter().any(|column| column == "lon") {
            ["lon", "lat"]
        } else {
            ["easting", "northing"]
        };
        reader.records().map(|row| axes.map(|axis| number(row.as_ref().unwrap(), axis))).collect::<Vec<_>>()
    };
    let degrees = read(get("/v1/layers/lad.csv").await.body);
    let metres = read(get("/v1/layers/lad.csv?crs=27700").await.body);
    assert_eq!(degrees.len(), 361);
    // Degrees of the table have six digits: eleven centimetres.
    let is_near = |(&at, given): (&[f64; 2], &[f64; 2])| {
        let wanted = project(at);
        (given[0] - wanted[0]).abs() < 0.2 && (given[1] - wanted[1]).abs() < 0.2
    };
    assert!(degrees.iter().zip(&metres).all(is_near));

    for (path, says) in [
        ("/v1/layers/lad.topojson?crs=27700", "TopoJSON has no other coordinates"),
        ("/v1/areas/E06000046/geometry.kml?crs=27700", "kml has no other coordinates"),
        ("/v1/choropleth/lad/residents.svg?crs=27700", "svg has no other coordinates"),
        ("/v1/choropleth/lad/residents.csv?period=all&crs=27700", "csv has no other coordinates"),
        ("/v1/layers/lad.geojson?crs=27700&precision=3", "is of degrees"),
        ("/v1/layers/lad.geojson?crs=29902", "is no reference system of answers"),
        ("/v1/layers/lad.geojson?bbox=a,-2,53,-1,54", "four numbers"),
        ("/v1/choropleth/lad/residents.geojson?bbox=-2,53,,-1,54", "four numbers"),
    ] {
        let reply = ask(path, &[]).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}");
        let fault = reply.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(fault.contains(says), "{path}: {fault}");
    }
    // What they have may be named.
    for path in [
        "/v1/areas/E06000046/geometry.kml",
        "/v1/areas/E06000046/geometry.topojson",
        "/v1/layers/lad.topojson",
    ] {
        assert!(get(&format!("{path}?crs=CRS84")).await.body == get(path).await.body, "{path}");
    }
}
