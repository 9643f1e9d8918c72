//! One area: as a GeoJSON feature, and what each of its fields says.

use std::borrow::Borrow;
use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::piece::{Piece, Spliced};
use super::{RenderArea, RenderError};
use crate::area::{Flag, Observation};
use crate::atlas::Feature;
use crate::choropleth::paint::{Drawn, Painting};
use crate::choropleth::palette::{NoData, Rgb};
use crate::text::{significant, write_number};

/// Writes a feature with the properties that are written by the closure.
pub(in crate::choropleth) fn write_feature(
    out: &mut Vec<u8>,
    code: &str,
    geometry: &[u8],
    properties: impl FnOnce(&mut Vec<u8>) -> Result<(), RenderError>,
) -> Result<(), RenderError> {
    out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
    serde_json::to_writer(&mut *out, code)?;
    out.extend_from_slice(b",\"geometry\":");
    out.extend_from_slice(if geometry.is_empty() { b"null" } else { geometry });
    out.extend_from_slice(b",\"properties\":");
    properties(out)?;
    out.push(b'}');
    Ok(())
}

/// Bytes of one feature besides its shape and the names of its area, roughly.
const FEATURE_BYTES: usize = 240;

/// Bytes of what follows on the beginning of a feature, roughly.
const REST_BYTES: usize = 64;

/// Writes the features of areas in turn.
pub(super) struct Features<'a> {
    painting: &'a Painting,
    fields: Option<&'a [String]>,
    wanted: Wanted,
    /// How the feature of an area with nothing to say but its class ends, class by class.
    ends: Vec<Vec<u8>>,
}

/// Which fields are wanted, in the order of [`FIELDS`].
#[derive(Clone, Copy)]
struct Wanted([bool; FIELDS.len()]);

impl Wanted {
    fn of(fields: Option<&[String]>) -> Self {
        Wanted(FIELDS.map(|name| fields.is_none_or(|fields| fields.iter().any(|field| field == name))))
    }
}

/// Whether all is wanted that a layer keeps of a feature: its code and name.
pub fn begin_as_ready(fields: Option<&[String]>) -> bool {
    let Wanted([code, name, ..]) = Wanted::of(fields);
    code && name
}

impl<'a> Features<'a> {
    pub fn new(painting: &'a Painting, fields: Option<&'a [String]>) -> Self {
        let wanted = Wanted::of(fields);
        let end = |class: usize| {
            let mut end = Vec::new();
            write_end(&mut end, wanted, None, Drawn::Class(class), painting);
            end
        };
        Features { painting, fields, wanted, ends: (0..painting.legend.classes.len()).map(end).collect() }
    }

    /// Writes the features of some of the areas.
    pub fn write(&self, areas: &[RenderArea<'_>], run: Range<usize>) -> Result<Vec<u8>, RenderError> {
        let room = |area: &RenderArea<'_>| area.geometry.len() + area.name.len() + FEATURE_BYTES;
        let mut out = Vec::with_capacity(areas[run.clone()].iter().map(room).sum());
        for i in run {
            let (area, drawn) = (&areas[i], self.painting.drawn[i]);
            let described = Described { area, drawn, fill: self.painting.fill(drawn), fields: self.fields };
            write_feature(&mut out, area.code, area.geometry, |out| described.write(out))?;
            if i + 1 < areas.len() {
                out.push(b',');
            }
        }
        Ok(out)
    }

    /// The features of some of the areas of a layer, which has their beginnings.
    pub fn splice<O: Borrow<Observation>>(
        &self,
        (values, second): (&[O], Option<&[Observation]>),
        features: &Arc<[Feature]>,
        run: Range<usize>,
    ) -> Vec<Piece> {
        let mut rests = Vec::with_capacity(run.len() * REST_BYTES);
        let mut ends = Vec::with_capacity(run.len());
        for i in run.clone() {
            let second = second.map(|second| &second[i]);
            self.write_rest(&mut rests, (values[i].borrow(), second), self.painting.drawn[i]);
            if i + 1 < values.len() {
                rests.push(b',');
            }
            ends.push(rests.len() as u32);
        }
        Spliced::new(features, run, rests, ends).into_pieces()
    }

    /// Writes all that follows on what is ready of a feature.
    fn write_rest(
        &self,
        out: &mut Vec<u8>,
        (observation, second): (&Observation, Option<&Observation>),
        drawn: Drawn,
    ) {
        let Wanted([_, _, value, lower, upper, count, denominator, value2, ..]) = self.wanted;
        let wanted = [value, lower, upper, count, denominator];
        let names = ["value", "lower", "upper", "count", "denominator"];
        for ((name, value), wanted) in names.into_iter().zip(measures(observation)).zip(wanted) {
            if wanted {
                write_measure(out, name, value);
            }
        }
        if let Some(second) = second.filter(|_| value2) {
            write_measure(out, "value2", second.value());
        }
        match (flag(observation, drawn), drawn) {
            (None, Drawn::Class(class)) if class < self.ends.len() => {
                out.extend_from_slice(&self.ends[class]);
            }
            (shown, _) => write_end(out, self.wanted, shown, drawn, self.painting),
        }
    }
}

#[inline]
fn write_measure(out: &mut Vec<u8>, name: &str, value: Option<f64>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    write_number(out, value);
}

/// Writes the last fields of a feature and closes it.
fn write_end(out: &mut Vec<u8>, wanted: Wanted, shown: Option<Shown>, drawn: Drawn, painting: &Painting) {
    let Wanted([.., flag, class, fill]) = wanted;
    if flag {
        out.extend_from_slice(b",\"flag\":");
        write_flag(out, shown);
    }
    if class {
        out.extend_from_slice(b",\"class\":");
        write_class(out, drawn);
    }
    if fill {
        out.extend_from_slice(b",\"fill\":");
        write_fill(out, painting.fill(drawn));
    }
    out.extend_from_slice(b"}}");
}

// Neither a flag nor a colour has a character that JSON escapes.

fn write_flag(out: &mut Vec<u8>, shown: Option<Shown>) {
    let Some(shown) = shown else { return out.extend_from_slice(b"null") };
    out.push(b'"');
    out.extend_from_slice(shown.as_str().as_bytes());
    out.push(b'"');
}

fn write_fill(out: &mut Vec<u8>, fill: Rgb) {
    out.push(b'"');
    fill.write(out);
    out.push(b'"');
}

/// What a feature can say of its area; `value2` when two measures are shown.
pub const FIELDS: [&str; 11] =
    ["code", "name", "value", "lower", "upper", "count", "denominator", "value2", "flag", "class", "fill"];

/// What one feature says of its area, all or what is named.
struct Described<'a> {
    area: &'a RenderArea<'a>,
    drawn: Drawn,
    fill: Rgb,
    fields: Option<&'a [String]>,
}

/// One thing that a feature says.
enum Said<'a> {
    Text(&'a str),
    Number(Option<f64>),
    Flag(Option<Shown>),
    Fill(Rgb),
}

impl<'a> Described<'a> {
    /// Tells each field that is wanted, in the order of [`FIELDS`].
    fn each(&self, mut tell: impl FnMut(&'static str, Said<'a>)) {
        let Described { area, drawn, fill, fields } = *self;
        let mut say = |name: &'static str, said: Said<'a>| {
            if fields.is_none_or(|fields| fields.iter().any(|f| f == name)) {
                tell(name, said);
            }
        };
        let [value, lower, upper, count, denominator] = measures(area.observation);
        say("code", Said::Text(area.code));
        say("name", Said::Text(area.name));
        say("value", Said::Number(value));
        say("lower", Said::Number(lower));
        say("upper", Said::Number(upper));
        say("count", Said::Number(count));
        say("denominator", Said::Number(denominator));
        if let Some(second) = area.second {
            say("value2", Said::Number(second.value()));
        }
        say("flag", Said::Flag(flag(area.observation, drawn)));
        say("class", Said::Number(class(drawn)));
        say("fill", Said::Fill(fill));
    }

    /// The fields as a JSON object, written without a tree of values: a layer has tens of thousands of them.
    fn write(&self, out: &mut Vec<u8>) -> Result<(), RenderError> {
        let mut before = b'{';
        let mut done = Ok(());
        self.each(|name, said| {
            out.push(before);
            before = b',';
            out.push(b'"');
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":");
            match said {
                Said::Number(number) => write_number(out, number),
                Said::Text(text) => {
                    if let Err(error) = serde_json::to_writer(&mut *out, text) {
                        done = Err(error);
                    }
                }
                Said::Flag(shown) => write_flag(out, shown),
                Said::Fill(fill) => write_fill(out, fill),
            }
        });
        done?;
        if before == b'{' {
            out.push(b'{');
        }
        out.push(b'}');
        Ok(())
    }
}

/// The properties of one feature, all or those named.
pub(in crate::choropleth) fn properties(
    area: &RenderArea<'_>,
    drawn: Drawn,
    fill: Rgb,
    fields: Option<&[String]>,
) -> Map<String, Value> {
    let mut map = Map::new();
    Described { area, drawn, fill, fields }.each(|name, said| {
        let value = match said {
            Said::Text(text) => text.into(),
            Said::Number(value) => number(value),
            Said::Flag(shown) => shown.map_or(Value::Null, |shown| shown.as_str().into()),
            Said::Fill(fill) => fill.to_string().into(),
        };
        map.insert(name.to_owned(), value);
    });
    map
}

/// A number with as many digits as [`write_number`] gives it.
fn number(value: Option<f64>) -> Value {
    value.filter(|v| v.is_finite()).map(significant).into()
}

pub(in crate::choropleth) fn measures(observation: &Observation) -> [Option<f64>; 5] {
    let o = observation;
    [o.value(), o.lower(), o.upper(), o.count(), o.denominator()]
}

pub(in crate::choropleth) fn write_class(out: &mut Vec<u8>, drawn: Drawn) {
    write_number(out, class(drawn));
}

/// The class of an area; `None` when it has no value.
pub(in crate::choropleth) fn class(drawn: Drawn) -> Option<f64> {
    match drawn {
        Drawn::Class(class) => Some(class as f64),
        Drawn::NoData(_) => None,
    }
}

/// What an area's `flag` says: why it has no value, or what to know about the one it has.
#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
pub(in crate::choropleth) enum Shown {
    Absent(NoData),
    Flagged(Flag),
}

impl Shown {
    pub fn as_str(self) -> &'static str {
        match self {
            Shown::Absent(NoData::Suppressed) => "suppressed",
            Shown::Absent(NoData::Missing) => "missing",
            Shown::Absent(NoData::LowCoverage) => "low_coverage",
            Shown::Absent(NoData::NotApplicable) => "not_applicable",
            Shown::Absent(NoData::NotAggregable) => "not_aggregable",
            Shown::Absent(NoData::NotCompared) => "not_compared",
            Shown::Flagged(flag) => flag.as_str(),
        }
    }
}

pub(in crate::choropleth) fn flag(observation: &Observation, drawn: Drawn) -> Option<Shown> {
    match (observation.flag, drawn) {
        (Some(flag), Drawn::Class(_)) => Some(Shown::Flagged(flag)),
        (_, Drawn::NoData(no_data)) => Some(Shown::Absent(no_data)),
        (None, Drawn::Class(_)) => None,
    }
}
