//! Many places at once: tables, lines and arrays, against one question at a time.

use std::cell::RefCell;
use std::fmt::Write;
use std::io::{self, Read};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt;
use levelmap::geometry::{self, LonLat};
use levelmap::http::app;
use levelmap::query::{Input, TableQuestion, Where, locate_table, near};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::http::{STATE, get, post};
use super::shipped::{ATLAS, BLOCKS, layer};

/// Places of which most are on land.
fn places(count: usize, seed: u64) -> Vec<(f64, f64)> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..count).map(|_| (random.random_range(-5.0..1.5), random.random_range(50.5..56.5))).collect()
}

#[test]
fn a_table_comes_out_as_it_went_in_with_the_codes_of_each_row() {
    let (lad, icb) = (layer("lad"), layer("icb@2022"));
    let places = places(20_000, 1);
    let mut table = "\u{feff}id,\"no, te\",LON,Lat\r\n".to_owned();
    for (i, (lon, lat)) in places.iter().enumerate() {
        let note = ["", "\"a \"\"b\"\", c\"", "\"two\nlines\"", "plain"][i % 4];
        writeln!(table, "{i},{note},{lon:.6}, {lat:.6}\r").unwrap();
    }
    let layers = vec![("lad".to_owned(), lad), ("icb@2022".to_owned(), icb)];
    let question = TableQuestion { places: Where::Usual, layers, names: true, errors: false };
    let mut out = Vec::new();
    let report = locate_table(&ATLAS, &question, table.as_bytes(), &mut out).unwrap();
    assert_eq!((report.rows, report.faulty), (20_000, 0));

    let mut reader = csv::Reader::from_reader(out.as_slice());
    let header: Vec<&str> =
        reader.headers().unwrap().iter().map(|h| h.trim_start_matches('\u{feff}')).collect();
    assert_eq!(
        header,
        ["id", "no, te", "LON", "Lat", "lad_code", "lad_name", "icb@2022_code", "icb@2022_name"]
    );
    let mut nowhere = 0;
    let mut before = csv::Reader::from_reader(table.as_bytes());
    let mut rows = 0;
    for (row, was) in reader.records().zip(before.records()) {
        let (row, was) = (row.unwrap(), was.unwrap());
        assert_eq!(row.iter().take(4).collect::<Vec<_>>(), was.iter().collect::<Vec<_>>());
        let number = |i: usize| row[i].trim().parse::<f64>().unwrap();
        let block = ATLAS.block_at(geo::Coord { x: number(2), y: number(3) });
        nowhere += u64::from(block.is_none());
        for (layer, at) in [(lad, 4), (icb, 6)] {
            let area = block.and_then(|b| layer.area_of_block(b)).map(|a| &layer.areas()[a as usize]);
            let expected = area.map_or(("", ""), |a| (a.code.as_str(), &*a.name));
            assert_eq!((&row[at], &row[at + 1]), expected);
        }
        rows += 1;
    }
    assert_eq!((rows, report.nowhere), (20_000, nowhere));
    assert!(nowhere > 100 && nowhere < 15_000, "{nowhere}");
}

/// A table that comes a few bytes at a time, and tells at random whether more is at hand.
struct Bits<'a> {
    left: &'a [u8],
    most: usize,
    random: RefCell<StdRng>,
}

impl Read for Bits<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.random.get_mut().random_range(1..=self.most).min(buffer.len());
        self.left.read(&mut buffer[..bytes])
    }
}

impl Input for Bits<'_> {
    fn is_at_hand(&self) -> bool {
        self.random.borrow_mut().random()
    }
}

#[test]
fn however_a_table_comes_each_row_is_answered_in_its_place() {
    // One column, in which empty lines are rows, and a quoted field may hold lines.
    let postcodes = ["LS1 4AP", "SW1A 1AA", "", "ZZ99 9ZZ", "\"EC2M\n7PY\"", "ZE1 0AA"];
    let known = ["E08000035", "E09000033", "", "", "E09000001", "S12000027"];
    let (lad, rows) = (layer("lad"), 60_002);
    let question = TableQuestion {
        places: Where::Usual,
        layers: vec![("lad".into(), lad)],
        names: false,
        errors: false,
    };
    for (line_end, quoted, most) in [
        ("\n", true, 300_000),
        ("\r\n", true, 5_000),
        ("\r", true, 70_000),
        ("\r\n", false, 70_000),
        ("\n", false, 90),
    ] {
        let kinds: Vec<usize> = (0..rows)
            .map(|i| [0, 2, 2, 1, 3, 4, 5, 2, 0, 1, 4][i % 11])
            .map(|kind| if kind == 4 && !quoted { 0 } else { kind })
            .collect();
        let mut table = format!("Postcode{line_end}");
        let mut expected = String::from("Postcode,lad_code\n");
        for &kind in &kinds {
            write!(table, "{}{line_end}", postcodes[kind]).unwrap();
            writeln!(expected, "{},{}", postcodes[kind], known[kind]).unwrap();
        }
        let faulty = kinds.iter().filter(|kind| [2, 3].contains(*kind)).count();
        // Empty lines at the end of a table are no rows.
        let after = kinds.iter().rev().take_while(|kind| **kind == 2).count();
        let input = Bits { left: table.as_bytes(), most, random: RefCell::new(StdRng::seed_from_u64(5)) };
        let mut out = Vec::new();
        let report = locate_table(&ATLAS, &question, input, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected[..expected.len() - 2 * after]);
        assert_eq!((report.rows, report.faulty), ((rows - after) as u64, (faulty - after) as u64));
        let first = kinds.iter().position(|kind| [2, 3].contains(kind)).unwrap() as u64;
        // The lines of a table that ends them by returns alone are not counted.
        let line = if line_end == "\r" { 1 } else { first + 2 };
        assert_eq!(report.first_fault.map(|(line, _)| line), Some(line), "{line_end:?}");
    }
}

#[tokio::test]
async fn bad_rows_of_a_table_are_answered_where_they_stood() {
    let table = "name,postcode\na,LS1 4AP\nb,\nc,ZZ99 9ZZ\nd\ne,bt1 1aa\nf,sw1a1aa\n";
    let reply = post("/v1/locate?layers=lad", "text/csv; charset=utf-8", table).await;
    assert_eq!((reply.status, reply.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
    let mut reader = csv::Reader::from_reader(reply.body.as_slice());
    assert_eq!(reader.headers().unwrap(), vec!["name", "postcode", "lad_code", "error"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let codes: Vec<&str> = rows.iter().map(|r| &r[2]).collect();
    assert_eq!(codes, ["E08000035", "", "", "", "", "E09000033"]);
    for (row, words) in [(1, "empty"), (2, "no postcode"), (3, "1 fields"), (4, "licence")] {
        assert!(rows[row][3].contains(words), "{:?}", &rows[row]);
    }
    // A table of one column may hold empty rows, and they count.
    let reply = post("/v1/locate?layers=lad&names=true", "text/csv", "postcode\nLS1 4AP\n\nSW1A 1AA\n").await;
    let text = String::from_utf8(reply.body).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "postcode,lad_code,lad_name,error");
    assert_eq!(lines[1], "LS1 4AP,E08000035,Leeds,");
    assert_eq!(lines[2], ",,,the row is empty");
    assert_eq!(lines[3], "SW1A 1AA,E09000033,Westminster,");
}

#[tokio::test]
async fn lines_and_arrays_are_answered_like_single_questions() {
    let mut questions: Vec<Value> = Vec::new();
    let mut alone: Vec<String> = Vec::new();
    for (i, (lon, lat)) in places(100, 2).into_iter().enumerate() {
        let (lon, lat) = ((lon * 1e6).round() / 1e6, (lat * 1e6).round() / 1e6);
        questions.push(if i % 2 == 0 { json!({"lon": lon, "lat": lat}) } else { json!([lon, lat]) });
        alone.push(format!("lon={lon}&lat={lat}"));
    }
    questions.push(json!({"easting": 429_755, "northing": "433834"}));
    alone.push("easting=429755&northing=433834".into());
    for postcode in ["LS1 3AD", "ze10aa"] {
        questions.push(postcode.into());
        alone.push(format!("postcode={}", postcode.replace(' ', "+")));
    }
    let more = "layers=lad,icb@2022,rgn&nearest_within_m=20000";
    let mut expected = Vec::new();
    for query in &alone {
        let answer = get(&format!("/v1/locate?{query}&{more}")).await.json();
        let kept = ["query", "areas", "approximate", "licence", "nearest"];
        expected.push(Value::Object(kept.iter().map(|k| ((*k).to_owned(), answer[*k].clone())).collect()));
    }
    let array = post(&format!("/v1/locate?{more}"), "application/json", json!(questions).to_string()).await;
    assert_eq!(array.status, StatusCode::OK);
    assert_eq!(array.json(), Value::Array(expected.clone()));
    let lines = questions.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let reply = post(&format!("/v1/locate?{more}"), "application/x-ndjson", lines).await;
    let text = String::from_utf8(reply.body).unwrap();
    let answers: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers, expected);
    assert!(
        expected.iter().any(|e| !e["nearest"].as_array().unwrap().is_empty()),
        "some are just off the coast"
    );
}

#[tokio::test]
async fn bad_places_are_answered_where_they_stood() {
    let body = r#"[{"id": 7, "lon": -1.5491, "lat": 53.8008}, {"id": 8, "lon": 53.8, "lat": -1.5}, nonsense,
        {"lon": 1}, {"postcode": "ZZ99 9ZZ"}, 12, {"lon": "x", "lat": 53}, {}, "ls13ad"]"#;
    let answers = post("/v1/locate?layers=lad", "application/json", body).await.json();
    let answers = answers.as_array().unwrap();
    assert_eq!(answers.len(), 9);
    assert_eq!(
        (&answers[0]["query"]["id"], &answers[0]["areas"]["lad"]["code"]),
        (&json!(7), &json!("E08000035"))
    );
    assert_eq!(answers[8]["areas"]["lad"]["code"], "E08000035");
    for (at, status, words) in [
        (1, 400, "swapped"),
        (2, 400, "not JSON"),
        (3, 400, "lat: missing"),
        (4, 404, "no postcode"),
        (5, 400, "a place is"),
        (6, 400, "lon: not a number"),
        (7, 400, "give one of"),
    ] {
        let error = &answers[at]["error"];
        assert_eq!(error["status"], status, "{at}: {error}");
        assert!(error["detail"].as_str().unwrap().contains(words), "{at}: {error}");
    }
    assert_eq!(answers[1]["query"]["id"], 8);
}

#[tokio::test]
async fn what_cannot_be_answered_at_all_is_a_problem() {
    for (path, kind, body, status, words) in [
        ("/v1/locate", "text/plain", "x", 415, "application/x-ndjson"),
        ("/v1/locate?layers=nope", "application/json", "[]", 400, "no such layer"),
        ("/v1/locate?lon=1", "application/json", "[]", 400, "not a parameter"),
        ("/v1/locate", "application/json", "{}", 400, "JSON array"),
        ("/v1/locate", "text/csv", "", 400, "empty"),
        ("/v1/locate", "text/csv", "a,b\n1,2\n", 400, "a, b"),
    ] {
        let reply = post(path, kind, body).await;
        assert_eq!(reply.status.as_u16(), status, "{path} {kind} {body}");
        assert!(reply.json()["detail"].as_str().unwrap().contains(words), "{body}: {}", reply.json());
    }
    let small = STATE.clone().with_max_body_bytes(100);
    let body = format!("[{}]", vec!["\"LS1 3AD\""; 20].join(","));
    let request = |body: Body| {
        Request::post("/v1/locate").header("content-type", "application/json").body(body).unwrap()
    };
    // Its length is not known before it comes.
    let pieces = body
        .into_bytes()
        .chunks(10)
        .map(|c| Ok::<_, std::io::Error>(Bytes::copy_from_slice(c)))
        .collect::<Vec<_>>();
    let stream = Body::from_stream(futures_util::stream::iter(pieces));
    let response = app(small).oneshot(request(stream)).await.unwrap();
    let text = response.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&text).contains("longer than the 100 bytes"), "{text:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_while_questions_still_go() {
    for (kind, first, lines) in [
        ("application/x-ndjson", "", ["[-1.5,53.8]\n", "[-0.1,51.5]\n"]),
        ("text/csv", "lon,lat\n", ["-1.5,53.8\n", "-0.1,51.5\n"]),
    ] {
        let (to, from) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(4);
        let body = Body::from_stream(futures_util::stream::unfold(from, |mut from| async {
            from.recv().await.map(|piece| (piece, from))
        }));
        let request = Request::post("/v1/locate?layers=lad").header("content-type", kind).body(body).unwrap();
        to.send(Ok(Bytes::from(format!("{first}{}", lines[0])))).await.unwrap();
        let mut answer = app(STATE.clone()).oneshot(request).await.unwrap().into_body();
        let mut text = String::new();
        while !text.contains("E08000035") {
            let piece = answer.frame().await.unwrap().unwrap().into_data().unwrap();
            text.push_str(std::str::from_utf8(&piece).unwrap());
        }
        assert!(!text.contains("E09"), "the second question has not been asked: {text}");
        to.send(Ok(Bytes::from(lines[1]))).await.unwrap();
        drop(to);
        let rest = answer.collect().await.unwrap().to_bytes();
        assert!(String::from_utf8_lossy(&rest).contains("E09"), "{rest:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_send_all_before_it_reads_anything() {
    // Answers in all layers are far longer than what the server holds back for a client that does not read.
    let pieces = places(20_000, 7).into_iter().map(|(lon, lat)| format!("[{lon:.5},{lat:.5}]\n"));
    let (to, from) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    let body = Body::from_stream(futures_util::stream::unfold(from, |mut from| async {
        from.recv().await.map(|piece| (piece, from))
    }));
    let request =
        Request::post("/v1/locate").header("content-type", "application/x-ndjson").body(body).unwrap();
    let answering = tokio::spawn(app(STATE.clone()).oneshot(request));
    for piece in pieces {
        to.send(Ok(Bytes::from(piece))).await.unwrap();
    }
    drop(to);
    let answer = answering.await.unwrap().unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(String::from_utf8_lossy(&answer).lines().count(), 20_000);
    assert!(answer.len() > 10 << 20, "{}", answer.len());
}

#[test]
fn what_is_near_is_what_the_polygons_say() {
    let lad = layer("lad");
    let mut random = StdRng::seed_from_u64(3);
    let asked: Vec<(f64, f64, f64)> = (0..300)
        .map(|i| {
            let (lon, lat) = (random.random_range(-6.5..1.8), random.random_range(50.0..59.0));
            (lon, lat, [100.0, 2_000.0, 15_000.0][i % 3])
        })
        .collect();
    let found: usize = asked
        .par_iter()
        .map(|&(lon, lat, within_m)| {
            let at = LonLat::new(lon, lat).unwrap();
            let mut expected: Vec<(u32, f64)> = Vec::new();
            for (area, shape) in lad.shapes().iter().enumerate() {
                let apart_m = geometry::distance_to_shape_m(at, shape).unwrap();
                if apart_m <= within_m {
                    expected.push((area as u32, apart_m));
                }
            }
            expected.sort_by(|a, b| a.1.total_cmp(&b.1));
            let found = near(&ATLAS, lad, at, within_m);
            assert_eq!(found.len(), expected.len(), "{at} {within_m}: {found:?} {expected:?}");
            for (near, (area, apart_m)) in found.iter().zip(&expected) {
                assert!((near.distance_m - apart_m).abs() < 1e-6, "{at}: {near:?} {area} {apart_m}");
            }
            expected.len()
        })
        .sum();
    assert!(found > 200, "{found}");
    assert!(!BLOCKS.shapes.is_empty());
}
