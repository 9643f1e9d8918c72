//! TopoJSON, the form in which coverages are kept: it *is* arcs.
//!
//! Written with a `transform`, so that every vertex is a pair of small integers. Read in any dialect: with or without
//! `transform`, rings wound either way, extra coordinates ignored, packed by gzip or plain.

mod lines;
mod properties;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};

use flate2::{Compression, GzBuilder, read::GzDecoder};

use geo::Coord;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use properties::{Properties, Text};

use super::{Arc, Block, Coverage, NOWHERE, ring_area};
use crate::area::{Code, CodeError};
use crate::text::Json;

/// The grid of the shipped coverages: one millionth of a degree, 11 cm of latitude.
pub const MICRODEGREE: f64 = 1e-6;

/// Why a text cannot be read as a TopoJSON coverage.
#[derive(Debug, thiserror::Error)]
pub enum TopoJsonError {
    /// The bytes begin as gzip does, but cannot be unpacked.
    #[error("cannot be unpacked: {0}")]
    Gzip(#[from] io::Error),
    /// Unpacked it would be larger than [`UNPACKED_LIMIT_BYTES`].
    #[error("is larger than {UNPACKED_LIMIT_BYTES} bytes when unpacked")]
    TooLarge,
    /// Not JSON, or not of TopoJSON's form.
    #[error("not a TopoJSON topology: {0}")]
    Form(#[from] serde_json::Error),
    /// The named object is absent.
    #[error("the topology has no object `{name}`; it has {}", found.join(", "))]
    NoObject {
        /// Object asked for.
        name: String,
        /// Objects that there are.
        found: Vec<String>,
    },
    /// Several objects and none was named.
    #[error("the topology has several objects ({}): name one", .0.join(", "))]
    WhichObject(Vec<String>),
    /// A geometry is neither Polygon nor `MultiPolygon`.
    #[error("geometry {position} is a {kind}, not a Polygon or MultiPolygon")]
    NotArea {
        /// Its place in the object, from 0.
        position: usize,
        /// Its type.
        kind: String,
    },
    /// A geometry has no usable code.
    #[error("geometry {position} has no code in `{field}`: {error}")]
    Code {
        /// Its place in the object, from 0.
        position: usize,
        /// The property looked at (`id`: the geometry's own id).
        field: String,
        /// What is wrong.
        error: CodeError,
    },
    /// A ring names an arc that does not exist.
    #[error("{code} uses arc {arc}, but there are only {count}")]
    NoArc {
        /// The block.
        code: Code,
        /// The arc named.
        arc: i64,
        /// How many arcs there are.
        count: usize,
    },
    /// Two blocks lie on the same side of an arc.
    #[error("{first} and {second} overlap along arc {arc}")]
    Overlap {
        /// The first block.
        first: Code,
        /// The second block.
        second: Code,
        /// The arc.
        arc: usize,
    },
    /// An arc has fewer than two positions.
    #[error("arc {0} has fewer than two positions")]
    ShortArc(usize),
}

/// Parts are kept as text until it is known how to read them.
#[derive(Deserialize)]
struct Topology<'a> {
    #[serde(borrow)]
    objects: BTreeMap<String, &'a RawValue>,
    #[serde(borrow)]
    arcs: &'a RawValue,
    transform: Option<Transform>,
}

#[derive(Deserialize)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

#[derive(Deserialize)]
struct GeometryCollection<'a> {
    #[serde(borrow)]
    geometries: Vec<Geometry<'a>>,
}

#[derive(Deserialize)]
struct Geometry<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    properties: Properties<'a>,
    /// Kept as text until the kind is known: a tree of values for a whole country's arcs would take ten times the room.
    #[serde(borrow)]
    arcs: Option<&'a RawValue>,
}

/// Where a TopoJSON file keeps what a coverage needs.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// The object that holds the blocks; may be left out when there is only one.
    pub object: Option<&'a str>,
    /// The property with the code, or `id` for the geometry's own id.
    pub code: &'a str,
    /// The property with the name.
    pub name: &'a str,
}

/// Most that a packed file may hold: a small file must not be able to fill the memory.
pub const UNPACKED_LIMIT_BYTES: u64 = 1 << 30;

/// Gzip's first two bytes (RFC 1952, 2.3.1); no JSON begins with them.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

fn unpacked(bytes: &[u8]) -> Result<Cow<'_, [u8]>, TopoJsonError> {
    if !bytes.starts_with(&GZIP_MAGIC) {
        return Ok(bytes.into());
    }
    let mut text = Vec::new();
    GzDecoder::new(bytes).take(UNPACKED_LIMIT_BYTES + 1).read_to_end(&mut text)?;
    if text.len() as u64 > UNPACKED_LIMIT_BYTES { Err(TopoJsonError::TooLarge) } else { Ok(text.into()) }
}

/// Packs a text by gzip without a time or a name, so that the same text gives the same bytes.
pub fn packed(text: &str) -> io::Result<Vec<u8>> {
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    gzip.write_all(text.as_bytes())?;
    gzip.finish()
}

/// Reads a coverage, packed by gzip (`.topojson.gz`, told by its first bytes) or plain.
///
/// # Errors
/// When the text is not TopoJSON, a block has no code, or two blocks overlap along an arc.
pub fn read(bytes: &[u8], fields: Fields) -> Result<Coverage, TopoJsonError> {
    let text = unpacked(bytes)?;
    let Topology { objects, arcs, transform } = serde_json::from_slice(&text)?;
    let (lines, object) =
        rayon::join(|| lines::read(arcs.get(), transform.as_ref()), || read_object(&objects, fields));
    let ((mut arcs, vertices), (blocks, rings)) = (lines?, object?);
    let mut coverage = Coverage { blocks, vertices, ..Coverage::default() };
    let mut line = Vec::new();
    for ring in &rings {
        set_sides(&coverage, &mut arcs, ring, &mut line)?;
    }
    coverage.arcs = arcs;
    Ok(coverage)
}

/// A ring of a block.
struct Ring {
    block: u32,
    exterior: bool,
    arcs: Vec<i64>,
}

fn read_object(
    objects: &BTreeMap<String, &RawValue>,
    fields: Fields,
) -> Result<(Vec<Block>, Vec<Ring>), TopoJsonError> {
    let collection = pick_object(objects, fields.object)?;
    let mut blocks = Vec::with_capacity(collection.geometries.len());
    let mut rings: Vec<Ring> = Vec::with_capacity(collection.geometries.len());
    for (position, geometry) in collection.geometries.into_iter().enumerate() {
        let code = match fields.code {
            "id" => &geometry.id,
            field => geometry.properties.of(field),
        };
        let code = code.0.parse().map_err(|error| TopoJsonError::Code {
            position,
            field: fields.code.to_owned(),
            error,
        })?;
        let arcs = geometry.arcs.map_or("[]", RawValue::get);
        let polygons: Vec<Vec<Vec<i64>>> = match geometry.kind.as_deref() {
            Some("Polygon") => vec![serde_json::from_str(arcs)?],
            Some("MultiPolygon") => serde_json::from_str(arcs)?,
            None => Vec::new(),
            Some(other) => {
                return Err(TopoJsonError::NotArea { position, kind: other.to_owned() });
            }
        };
        let block = blocks.len() as u32;
        for polygon in polygons {
            let numbered = polygon.into_iter().enumerate();
            rings.extend(numbered.map(|(i, arcs)| Ring { block, exterior: i == 0, arcs }));
        }
        let name = geometry.properties.of(fields.name).0.clone().into_owned();
        blocks.push(Block { code, name: name.into() });
    }
    Ok((blocks, rings))
}

fn pick_object<'a>(
    objects: &BTreeMap<String, &'a RawValue>,
    wanted: Option<&str>,
) -> Result<GeometryCollection<'a>, TopoJsonError> {
    let names = || objects.keys().cloned().collect();
    let object = match wanted {
        Some(name) => objects
            .get(name)
            .ok_or_else(|| TopoJsonError::NoObject { name: name.to_owned(), found: names() })?,
        None if objects.len() > 1 => return Err(TopoJsonError::WhichObject(names())),
        None => objects.values().next().ok_or_else(|| TopoJsonError::WhichObject(names()))?,
    };
    Ok(serde_json::from_str(object.get())?)
}

/// Rounds to 1e-9 degree (0.1 mm), so that a decimal grid gives back the decimals it was made from.
fn nanodegrees(degrees: f64) -> f64 {
    (degrees * 1e9).round() / 1e9
}

/// Writes a block on the side of each arc of one of its rings. `line` is only room to work in, used again for every ring.
fn set_sides(
    coverage: &Coverage,
    arcs: &mut [Arc],
    ring: &Ring,
    line: &mut Vec<Coord>,
) -> Result<(), TopoJsonError> {
    let code = |b: u32| coverage.blocks[b as usize].code.clone();
    let block = ring.block;
    let count = arcs.len();
    line.clear();
    for &signed in &ring.arcs {
        let index = if signed < 0 { !signed } else { signed };
        let arc = usize::try_from(index).ok().and_then(|i| arcs.get(i).copied());
        let arc = arc.ok_or(TopoJsonError::NoArc { code: code(block), arc: signed, count })?;
        let vertices = coverage.vertices_of(arc);
        if signed < 0 {
            line.extend(vertices.iter().rev());
        } else {
            line.extend(vertices);
        }
    }
    let counter_clockwise = ring_area(line) > 0.0;
    for &signed in &ring.arcs {
        let index = (if signed < 0 { !signed } else { signed }) as usize;
        // The block is on the left of an exterior walked counter-clockwise, and of a hole walked clockwise.
        let on_left = (counter_clockwise == ring.exterior) == (signed >= 0);
        let arc = &mut arcs[index];
        let side = if on_left { &mut arc.left } else { &mut arc.right };
        if *side != NOWHERE && *side != block {
            let (first, second) = (code(*side), code(block));
            return Err(TopoJsonError::Overlap { first, second, arc: index });
        }
        *side = block;
    }
    Ok(())
}

/// Writes a coverage on a grid of `scale_degrees`, as one topology whose only object is `object`: geometry `id` = code,
/// property `name`. Exterior rings are counter-clockwise.
pub fn write(coverage: &Coverage, object: &str, scale_degrees: f64) -> String {
    let properties = |block: usize| {
        let mut map = Map::new();
        map.insert("name".to_owned(), coverage.blocks()[block].name.as_str().into());
        map
    };
    write_with(coverage, object, scale_degrees, properties, &Map::new())
}

/// [`write()`] with the properties of each block and the topology's own extra members as given.
pub fn write_with(
    coverage: &Coverage,
    object: &str,
    scale_degrees: f64,
    properties: impl Fn(usize) -> Map<String, Value>,
    members: &Map<String, Value>,
) -> String {
    let steps = |degrees: f64| (degrees / scale_degrees).round() as i64;
    let all = || coverage.arcs().iter().flat_map(|&arc| coverage.vertices_of(arc));
    let (x0, y0) = all().fold((i64::MAX, i64::MAX), |(x, y), c| (x.min(steps(c.x)), y.min(steps(c.y))));
    let (x0, y0) = if coverage.arcs().is_empty() { (0, 0) } else { (x0, y0) };
    let (x1, y1) = all().fold((x0, y0), |(x, y), c| (x.max(steps(c.x)), y.max(steps(c.y))));

    let mut out = String::with_capacity(coverage.vertex_count() * 10 + 1024);
    let degrees = |steps: i64| nanodegrees(steps as f64 * scale_degrees);
    let _ = write!(
        out,
        "{{\"type\":\"Topology\",\"bbox\":[{},{},{},{}],\"transform\":{{\"scale\":[{scale_degrees},{scale_degrees}],\"translate\":[{},{}]}}",
        degrees(x0),
        degrees(y0),
        degrees(x1),
        degrees(y1),
        degrees(x0),
        degrees(y0)
    );
    for (name, value) in members {
        let _ = write!(out, ",{}:{}", Value::from(name.as_str()), Json(value));
    }
    let _ = writeln!(
        out,
        ",\"objects\":{{{}:{{\"type\":\"GeometryCollection\",\"geometries\":[",
        Value::from(object)
    );
    for (block, polygons) in coverage.outlines().polygons.iter().enumerate() {
        if block > 0 {
            out.push_str(",\n");
        }
        let id = Value::from(coverage.blocks()[block].code.as_str());
        let properties = Value::Object(properties(block));
        let _ = write!(out, "{{\"type\":\"");
        match polygons.as_slice() {
            [polygon] => {
                out.push_str("Polygon\",\"arcs\":");
                write_polygon(&mut out, polygon);
            }
            several => {
                out.push_str("MultiPolygon\",\"arcs\":");
                write_list(&mut out, several, |out, polygon| write_polygon(out, polygon));
            }
        }
        let _ = write!(out, ",\"id\":{id},\"properties\":{}}}", Json(&properties));
    }
    out.push_str("\n]}},\"arcs\":[\n");
    for (number, &arc) in coverage.arcs().iter().enumerate() {
        if number > 0 {
            out.push_str(",\n");
        }
        let mut last = (x0, y0);
        let mut deltas: Vec<(i64, i64)> = Vec::new();
        for (i, c) in coverage.vertices_of(arc).iter().enumerate() {
            let here = (steps(c.x), steps(c.y));
            // A coarse grid can make vertices coincide; the last one stays so that the arc keeps two.
            if i == 0 || here != last {
                deltas.push((here.0 - last.0, here.1 - last.1));
            }
            last = here;
        }
        if deltas.len() == 1 {
            deltas.push((0, 0));
        }
        write_list(&mut out, &deltas, |out, (dx, dy)| {
            let _ = write!(out, "[{dx},{dy}]");
        });
    }
    out.push_str("\n]}\n");
    out
}

fn write_polygon(out: &mut String, polygon: &[super::Ring]) {
    write_list(out, polygon, |out, ring| {
        write_list(out, ring, |out, arc| {
            let _ = write!(out, "{}", arc.0);
        });
    });
}

fn write_list<T>(out: &mut String, items: &[T], mut write_item: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_item(out, item);
    }
    out.push(']');
}
