//! `POST /v1/locate`: what is at each of many places, streamed both ways.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Write};

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use serde_json::{Value, json};

use super::answer::Answer;
use super::ground::Ground;
use super::json_rows::{RowForm, Rows};
use super::layers::properties;
use super::locate::{asked_distance, asked_layers, described, nearest};
use super::parameters::Parameters;
use super::pipe::{Incoming, Outgoing, input_problem, through};
use super::problem::Problem;
use super::state::{AppState, Served};
use crate::area::Postcode;
use crate::atlas::AtlasLayer;
use crate::query::{Asked, TableError, TableQuestion, Where, called, locate_table, place};
use crate::text::{self, Members};

/// How the places come, and the answers go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Array,
    Lines,
    Table,
}

impl Form {
    fn of(headers: &HeaderMap) -> Result<Form, Problem> {
        if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            let words = "a compressed body is not taken: send it as it is";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, words));
        }
        let given = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/json" => Ok(Form::Array),
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/json-lines"
            | "application/x-jsonlines"
            | "application/json-seq" => Ok(Form::Lines),
            "text/csv" | "application/csv" => Ok(Form::Table),
            _ => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                format!("`{kind}` is not taken: send application/json, application/x-ndjson or text/csv"),
            )),
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Form::Array => "application/json",
            Form::Lines => "application/x-ndjson",
            Form::Table => "text/csv; charset=utf-8",
        }
    }
}

/// The areas at each of many places: one answer for each, in their order, while they come in. A place is
/// `{"lon":..,"lat":..}`, `{"easting":..,"northing":..}`, `{"postcode":..}`, `[lon, lat]` or a postcode as text; an `id` is
/// repeated in the answer. What is no place is answered by an `error` where it stood.
#[utoipa::path(post, path = "/v1/locate", tag = "locate",
    params(("layers" = Option<String>, Query, description = "Only these, as in `lad,icb@2022`; all current layers otherwise"),
        ("as_of" = Option<String>, Query, description = "The vintages in force on this day, YYYY-MM-DD"),
        ("nearest_within_m" = Option<f64>, Query, description = "At sea, the nearest area of each layer within so many metres (not for CSV)"),
        ("names" = Option<bool>, Query, description = "CSV: names beside the codes")),
    request_body(content((String = "application/json"), (String = "application/x-ndjson"), (String = "text/csv")),
        description = "A JSON array, a JSON value on each line, or CSV with columns lon and lat, easting and northing, or postcode"),
    responses((status = 200, description = "The same form: an answer for each place; for CSV a code for each layer and an error"),
        (status = 400, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem)))]
pub async fn locate_all(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let form = Form::of(&headers)?;
    let allowed: &[&str] = if form == Form::Table {
        &["layers", "as_of", "names"]
    } else {
        &["layers", "as_of", "nearest_within_m"]
    };
    let mut read = Parameters::parse(query.as_deref(), allowed);
    let served = state.served();
    let layers: Vec<(String, usize)> = asked_layers(&mut read, &served)
        .into_iter()
        .map(|(name, layer)| (name.into_owned(), layer.place))
        .collect();
    let nearest_within_m = asked_distance(&mut read);
    let names = read.value::<bool>("names").unwrap_or(false);
    read.finish()?;
    let length = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    let max_body_bytes = state.max_body_bytes();
    if length.is_some_and(|length| length > max_body_bytes) {
        let words = format!("the body is longer than the {max_body_bytes} bytes that this server takes");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, words));
    }
    let work = move |input: Incoming, output: Outgoing| {
        let atlas = &served.atlas;
        let layers = layers.into_iter().map(|(name, place)| (name, &atlas.layers()[place]));
        if form == Form::Table {
            let question =
                TableQuestion { places: Where::Usual, layers: layers.collect(), names, errors: true };
            return match locate_table(atlas, &question, input, output) {
                Ok(_) => Ok(()),
                Err(error) => Err(table_problem(&error)),
            };
        }
        let answers = Answers::new(&served, layers.map(|(_, layer)| layer).collect(), nearest_within_m);
        let form = if form == Form::Array { RowForm::Array } else { RowForm::Lines };
        let mut rows = Rows::new(BufReader::new(input), form);
        answers.all(&mut rows, output)
    };
    through(body, max_body_bytes, form.content_type(), work).await
}

fn table_problem(error: &TableError) -> Problem {
    match error {
        TableError::Read(input) => input_problem(input),
        other => Problem::new(StatusCode::BAD_REQUEST, other.to_string()),
    }
}

/// Answers to places, with the parts that repeat made once.
struct Answers<'a> {
    served: &'a Served,
    layers: Vec<&'a AtlasLayer>,
    /// The areas at the place that is asked for.
    found: Vec<(&'a AtlasLayer, u32)>,
    /// What the areas of each layer are called.
    names: Vec<Cow<'a, str>>,
    /// For each layer, `"lad":{...}` of each area that was met.
    areas: Vec<Vec<Option<Box<[u8]>>>>,
    nearest_within_m: Option<f64>,
}

impl<'a> Answers<'a> {
    fn new(served: &'a Served, layers: Vec<&'a AtlasLayer>, nearest_within_m: Option<f64>) -> Self {
        let areas = layers.iter().map(|layer| vec![None; layer.areas().len()]).collect();
        let names = called(&layers);
        Answers { served, layers, found: Vec::new(), names, areas, nearest_within_m }
    }

    fn all(mut self, rows: &mut Rows<impl BufRead>, mut output: impl Write) -> Result<(), Problem> {
        // Whether the client still listens is found out soon enough by the next read.
        let gone = |error: io::Error| Problem::new(StatusCode::BAD_REQUEST, error.to_string());
        let array = rows.form() == RowForm::Array;
        let mut answer = Vec::with_capacity(4096);
        let mut first = true;
        loop {
            answer.clear();
            let more = match rows.next() {
                Ok(None) => break,
                Ok(Some(Ok(row))) => self.write(&mut answer, row).map(|()| true)?,
                Ok(Some(Err(fault))) => {
                    write_fault(&mut answer, &Value::Null, &Problem::new(StatusCode::BAD_REQUEST, fault))?;
                    true
                }
                // Before the first answer the status can still say it; after it, a last answer does.
                Err(error) if first => return Err(input_problem(&error)),
                Err(error) => {
                    write_fault(&mut answer, &Value::Null, &input_problem(&error))?;
                    false
                }
            };
            if array {
                output.write_all(if first { b"[" } else { b"," }).map_err(gone)?;
            }
            answer.push(b'\n');
            output.write_all(&answer).map_err(gone)?;
            first = false;
            if !more {
                break;
            }
        }
        if array {
            output.write_all(if first { b"[]\n" } else { b"]\n" }).map_err(gone)?;
        }
        Ok(())
    }

    /// The answer to one place, or what is wrong with it.
    fn write(&mut self, out: &mut Vec<u8>, row: &[u8]) -> Result<(), Problem> {
        let asked: Value = match serde_json::from_slice(row) {
            Ok(asked) => asked,
            Err(error) => {
                let start = String::from_utf8_lossy(row).trim().chars().take(200).collect::<String>();
                let problem = Problem::new(StatusCode::BAD_REQUEST, format!("this is not JSON: {error}"));
                return write_fault(out, &start.into(), &problem);
            }
        };
        let place = read_place(&asked)
            .and_then(|place_asked| place(&self.served.atlas, place_asked).map_err(Problem::from));
        let place = match place {
            Ok(place) => place,
            Err(problem) => return write_fault(out, &asked, &problem),
        };
        let atlas = &self.served.atlas;
        let block = atlas.block_at(place.at.coord());
        out.extend_from_slice(b"{\"query\":");
        let mut query = Members::begin(out);
        if let Some(id) = asked.get("id") {
            query.json("id", id)?;
        }
        described(&place).write(&mut query);
        query.end();
        out.extend_from_slice(b",\"areas\":{");
        let mut first = true;
        for ((layer, name), made) in self.layers.iter().zip(&self.names).zip(&mut self.areas) {
            let Some(number) = atlas.area_at(layer, block, place.at.coord()) else { continue };
            if !first {
                out.push(b',');
            }
            first = false;
            self.found.push((layer, number));
            let made = &mut made[number as usize];
            let text = match made {
                Some(text) => text,
                None => made.insert(fragment(name, layer, number)?),
            };
            out.extend_from_slice(text);
        }
        let ground = Ground::of(atlas, block, self.found.drain(..));
        out.extend_from_slice(b"},\"approximate\":");
        write_json(out, &ground.is_approximate())?;
        out.extend_from_slice(b",\"licence\":");
        write_json(out, &ground.licence())?;
        if let Some(within_m) = self.nearest_within_m {
            let layers = self.layers.iter().copied().filter(|_| block.is_none());
            out.extend_from_slice(b",\"nearest\":");
            write_json(out, &nearest(atlas, layers, place.at, within_m))?;
        }
        out.push(b'}');
        Ok(())
    }
}

fn fragment(name: &str, layer: &AtlasLayer, number: u32) -> Result<Box<[u8]>, Problem> {
    let mut text = Vec::new();
    write_json(&mut text, &name)?;
    text.push(b':');
    write_json(&mut text, &properties(layer, &layer.areas()[number as usize]))?;
    Ok(text.into())
}

fn write_json(out: &mut Vec<u8>, value: &impl serde::Serialize) -> Result<(), Problem> {
    text::write_json(out, value).map_err(|e| Problem::internal(&e))
}

fn write_fault(out: &mut Vec<u8>, asked: &Value, problem: &Problem) -> Result<(), Problem> {
    write_json(out, &json!({"query": asked, "error": problem}))
}

fn read_place(asked: &Value) -> Result<Asked, Problem> {
    let number = |value: Option<&Value>, name: &str| match value {
        None | Some(Value::Null) => Err(Problem::parameter(name, "", "missing")),
        Some(Value::Number(number)) => {
            number.as_f64().ok_or_else(|| Problem::parameter(name, &number.to_string(), "not a number"))
        }
        Some(Value::String(text)) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
            Ok(text.trim().parse().unwrap_or_default())
        }
        Some(other) => Err(Problem::parameter(name, &other.to_string(), "not a number")),
    };
    let postcode = |text: &str| {
        let read = text.parse::<Postcode>().map(Asked::Postcode);
        read.map_err(|error| Problem::parameter("postcode", text, error.to_string()))
    };
    match asked {
        Value::String(text) => postcode(text),
        Value::Array(pair) if pair.len() == 2 => {
            Ok(Asked::Degrees { lon: number(pair.first(), "lon")?, lat: number(pair.get(1), "lat")? })
        }
        Value::Object(map) => {
            let given = |names: [&str; 2]| names.iter().any(|n| map.get(*n).is_some_and(|v| !v.is_null()));
            match (given(["lon", "lat"]), given(["easting", "northing"]), map.get("postcode")) {
                (true, false, None | Some(Value::Null)) => Ok(Asked::Degrees {
                    lon: number(map.get("lon"), "lon")?,
                    lat: number(map.get("lat"), "lat")?,
                }),
                (false, true, None | Some(Value::Null)) => Ok(Asked::Grid {
                    easting_m: number(map.get("easting"), "easting")?,
                    northing_m: number(map.get("northing"), "northing")?,
                }),
                (false, false, Some(Value::String(text))) => postcode(text),
                _ => {
                    let words = "give one of: lon and lat; easting and northing; postcode";
                    Err(Problem::parameter("lon", "", words))
                }
            }
        }
        _ => {
            let words = "a place is an object, a pair [lon, lat] or a postcode";
            Err(Problem::new(StatusCode::BAD_REQUEST, words))
        }
    }
}
