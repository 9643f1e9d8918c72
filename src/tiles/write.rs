//! Writing a layer of a vector tile as bytes, feature after feature.
//!
//! What `fast-mvt` writes, byte for byte (the tests compare), without asking for memory for each feature and
//! each text: coordinates are written as they come, and texts are known by number.

use super::EXTENT;
use super::shape::GridPoint;

/// What a feature is, with its number in the specification.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A point.
    Point = 1,
    /// Lines.
    Line = 2,
    /// Polygons.
    Polygon = 3,
}

/// A text with a number that it alone has among the texts of a tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a> {
    pub(super) number: u32,
    pub(super) text: &'a str,
}

/// A property's value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    /// A text.
    Text(Text<'a>),
    /// A number.
    Double(f64),
    /// A count or a class.
    Whole(u64),
}

const MOVE_TO: u32 = 1;
const LINE_TO: u32 = 2;
const CLOSE_PATH: u32 = 7;

/// A layer in the making. Geometry and properties are gathered for one feature until [`LayerWriter::end`].
#[derive(Debug)]
pub(super) struct LayerWriter {
    name: &'static str,
    features: Vec<u8>,
    keys: Vec<&'static str>,
    values: Vec<u8>,
    known: Known,
    geometry: Vec<u8>,
    tags: Vec<u8>,
    /// Where the last command of the feature ended.
    cursor: (i32, i32),
}

impl LayerWriter {
    /// A layer of about so many features.
    pub(super) fn new(name: &'static str, features: usize) -> LayerWriter {
        LayerWriter {
            name,
            features: Vec::with_capacity(64 * features),
            keys: Vec::new(),
            values: Vec::with_capacity(32 * features),
            known: Known::new(2 * features),
            geometry: Vec::new(),
            tags: Vec::new(),
            cursor: (0, 0),
        }
    }

    /// Adds a point.
    pub(super) fn point(&mut self, point: GridPoint) {
        self.command(MOVE_TO, 1);
        self.step(point);
    }

    /// Adds a line of two points or more.
    pub(super) fn line(&mut self, line: &[GridPoint]) {
        let Some((&first, rest)) = line.split_first() else { return };
        self.point(first);
        self.command(LINE_TO, rest.len());
        for &point in rest {
            self.step(point);
        }
    }

    /// Adds an open ring, which must wind as its place demands: outer rings clockwise as drawn, holes the
    /// other way, and holes after their outer ring.
    pub(super) fn ring(&mut self, ring: &[GridPoint]) {
        self.line(ring);
        self.command(CLOSE_PATH, 1);
    }

    /// Adds a property.
    pub(super) fn tag(&mut self, key: &'static str, value: Value<'_>) {
        let key = self.keys.iter().position(|&known| known == key).unwrap_or_else(|| {
            self.keys.push(key);
            self.keys.len() - 1
        });
        let next = self.known.count;
        let number = self.known.number(match value {
            Value::Text(text) => (1, text.number.into()),
            Value::Double(double) => (3, double.to_bits()),
            Value::Whole(whole) => (5, whole),
        });
        if number == next {
            put_value(value, &mut self.values);
        }
        put(key as u64, &mut self.tags);
        put(number.into(), &mut self.tags);
    }

    /// Writes the feature gathered so far.
    pub(super) fn end(&mut self, kind: Kind, id: Option<u64>) {
        let tags = if self.tags.is_empty() { 0 } else { 1 + len_of(self.tags.len()) + self.tags.len() };
        let geometry = 1 + len_of(self.geometry.len()) + self.geometry.len();
        let id_len = id.map_or(0, |id| 1 + len_of(id as usize));
        let features = &mut self.features;
        put_head(2, id_len + tags + 2 + geometry, features);
        if let Some(id) = id {
            features.push(1 << 3);
            put(id, features);
        }
        if !self.tags.is_empty() {
            put_bytes(2, &self.tags, features);
        }
        features.extend_from_slice(&[3 << 3, kind as u8]);
        put_bytes(4, &self.geometry, features);
        self.geometry.clear();
        self.tags.clear();
        self.cursor = (0, 0);
    }

    /// Adds the layer to a tile. A layer without a feature is not lawful, so it is left out.
    pub(super) fn finish(self, tile: &mut Vec<u8>) {
        if self.features.is_empty() {
            return;
        }
        let mut ends = Vec::with_capacity(16 * self.keys.len() + 8);
        for key in &self.keys {
            put_bytes(3, key.as_bytes(), &mut ends);
        }
        let mut last = Vec::with_capacity(8);
        last.push(5 << 3);
        put(EXTENT.into(), &mut last);
        last.extend_from_slice(&[15 << 3, 2]);
        let name = 1 + len_of(self.name.len()) + self.name.len();
        let len = name + self.features.len() + ends.len() + self.values.len() + last.len();
        tile.reserve(len + 10);
        put_head(3, len, tile);
        put_bytes(1, self.name.as_bytes(), tile);
        for part in [&self.features, &ends, &self.values, &last] {
            tile.extend_from_slice(part);
        }
    }

    fn command(&mut self, command: u32, count: usize) {
        put(u64::from(command) | (count as u64) << 3, &mut self.geometry);
    }

    /// After clipping, coordinates are at most the tile and its buffer.
    fn step(&mut self, point: GridPoint) {
        let (x, y) = (point.x as i32, point.y as i32);
        let zigzag = |by: i32| ((by << 1) ^ (by >> 31)) as u32;
        let (east, south) = (zigzag(x - self.cursor.0), zigzag(y - self.cursor.1));
        self.cursor = (x, y);
        if (east | south) < 1 << 7 {
            self.geometry.extend_from_slice(&[east as u8, south as u8]);
        } else {
            put(east.into(), &mut self.geometry);
            put(south.into(), &mut self.geometry);
        }
    }
}

/// The values of a layer and their numbers, in the order in which they were first asked for: a table that is
/// never more than half full, in which a value stands at its hash or the next free place after.
#[derive(Debug)]
struct Known {
    /// The number of the value's field in the specification, its bits, and one more than its own number; 0
    /// where there is none.
    slots: Vec<(u8, u64, u32)>,
    count: u32,
}

impl Known {
    fn new(values: usize) -> Known {
        Known { slots: vec![(0, 0, 0); (2 * values).next_power_of_two().max(16)], count: 0 }
    }

    /// The number of a value; the count before when it is new.
    fn number(&mut self, value: (u8, u64)) -> u32 {
        if 2 * (self.count as usize) >= self.slots.len() {
            let slots = vec![(0, 0, 0); 2 * self.slots.len()];
            for (field, bits, number) in std::mem::replace(&mut self.slots, slots) {
                if number > 0 {
                    let place = self.place((field, bits));
                    self.slots[place] = (field, bits, number);
                }
            }
        }
        let place = self.place(value);
        let slot = &mut self.slots[place];
        if slot.2 == 0 {
            self.count += 1;
            *slot = (value.0, value.1, self.count);
        }
        slot.2 - 1
    }

    fn place(&self, (field, bits): (u8, u64)) -> usize {
        // The fraction of the golden ratio spreads numbers that follow each other (Knuth, section 6.4).
        let hash = (bits ^ u64::from(field) << 60).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let last = self.slots.len() - 1;
        let mut place = (hash >> 32) as usize & last;
        while self.slots[place].2 > 0 && (self.slots[place].0, self.slots[place].1) != (field, bits) {
            place = (place + 1) & last;
        }
        place
    }
}

fn put_value(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Text(Text { text, .. }) => {
            put_head(4, 1 + len_of(text.len()) + text.len(), out);
            put_bytes(1, text.as_bytes(), out);
        }
        Value::Double(double) => {
            put_head(4, 9, out);
            out.push(3 << 3 | 1);
            out.extend_from_slice(&double.to_le_bytes());
        }
        Value::Whole(whole) => {
            put_head(4, 1 + len_of(whole as usize), out);
            out.push(5 << 3);
            put(whole, out);
        }
    }
}

/// The head of a field that holds so many bytes.
fn put_head(field: u8, len: usize, out: &mut Vec<u8>) {
    out.push(field << 3 | 2);
    put(len as u64, out);
}

fn put_bytes(field: u8, bytes: &[u8], out: &mut Vec<u8>) {
    put_head(field, bytes.len(), out);
    out.extend_from_slice(bytes);
}

/// Seven bits a byte, least first; the highest bit says that more follow.
fn put(mut number: u64, out: &mut Vec<u8>) {
    while number >= 1 << 7 {
        out.push(number as u8 | 1 << 7);
        number >>= 7;
    }
    out.push(number as u8);
}

/// How many bytes [`put`] takes.
fn len_of(number: usize) -> usize {
    (usize::BITS - (number | 1).leading_zeros()).div_ceil(7) as usize
}

#[cfg(test)]
mod tests {
    use fast_mvt::{MvtCoord, MvtGeomType, MvtTileBuilder, MvtValueRef};
    use proptest::prelude::*;

    use super::*;

    const KEYS: [&str; 3] = ["code", "name", "value"];
    const TEXTS: [&str; 4] = [
        "",
        "E08000035",
        "Ynys Môn",
        "a name of more than one hundred and twenty-seven \
        bytes, which is as many as a length of one byte can tell, so that this one needs two of them in all",
    ];

    /// A kind, lines, tags by the places of key and value, and an id.
    type Feature = (u8, Vec<Vec<(i64, i64)>>, Vec<(usize, usize)>, u64);

    fn value(i: usize) -> Value<'static> {
        match i {
            0..4 => Value::Text(Text { number: i as u32, text: TEXTS[i] }),
            4..6 => Value::Whole([3, 1 << 40][i - 4]),
            // The bits of the first are also a whole number above.
            _ => Value::Double([f64::from_bits(3), 12.5, -0.0][i % 3]),
        }
    }

    fn by_library(features: &[Feature]) -> Vec<u8> {
        let mut layer = MvtTileBuilder::new().layer("areas").unwrap();
        for (kind, lines, tags, id) in features {
            let coords = |line: &[(i64, i64)]| -> Vec<MvtCoord> {
                line.iter().map(|&(x, y)| MvtCoord { x: x as i32, y: y as i32 }).collect()
            };
            let kinds = [MvtGeomType::Point, MvtGeomType::LineString, MvtGeomType::Polygon];
            let mut feature = layer.feature_of(kinds[usize::from(*kind)]);
            for line in lines {
                match kind {
                    0 => feature.points(coords(&line[..1])),
                    1 => feature.line(coords(line)),
                    _ => feature.ring(coords(&wound(line)), true),
                }
                .unwrap();
            }
            for &(key, of) in tags {
                let value = match value(of) {
                    Value::Text(text) => MvtValueRef::String(text.text),
                    Value::Double(double) => MvtValueRef::Double(double),
                    Value::Whole(whole) => MvtValueRef::UInt(whole),
                };
                feature.tag_ref(KEYS[key], value).unwrap();
            }
            feature.id((*id > 0).then_some(*id));
            layer = feature.end();
        }
        layer.end().encode()
    }

    fn ours(features: &[Feature]) -> Vec<u8> {
        let mut layer = LayerWriter::new("areas", 0);
        for (kind, lines, tags, id) in features {
            for line in lines {
                let points = |line: &[(i64, i64)]| -> Vec<GridPoint> {
                    line.iter().map(|&(x, y)| GridPoint { x, y }).collect()
                };
                match kind {
                    0 => layer.point(points(line)[0]),
                    1 => layer.line(&points(line)),
                    _ => layer.ring(&points(&wound(line))),
                }
            }
            for &(key, of) in tags {
                layer.tag(KEYS[key], value(of));
            }
            let kinds = [Kind::Point, Kind::Line, Kind::Polygon];
            layer.end(kinds[usize::from(*kind)], (*id > 0).then_some(*id));
        }
        let mut tile = Vec::new();
        layer.finish(&mut tile);
        tile
    }

    /// As an outer ring, not closed.
    fn wound(line: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let mut ring = line.to_vec();
        while ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        let points: Vec<GridPoint> = ring.iter().map(|&(x, y)| GridPoint { x, y }).collect();
        if crate::tiles::mend::doubled_area(&points) < 0 {
            ring.reverse();
        }
        ring
    }

    proptest! {
        #[test]
        fn bytes_are_those_of_the_library(features in prop::collection::vec(
            (
                0u8..3,
                prop::collection::vec(prop::collection::vec((-64i64..4161, -64i64..4161), 2..40), 1..3),
                prop::collection::vec((0usize..3, 0usize..9), 0..4),
                0u64..40_000,
            ),
            1..40,
        )) {
            let features: Vec<Feature> = features
                .into_iter()
                .map(|(kind, mut lines, tags, id)| {
                    lines.truncate(if kind == 0 { 1 } else { 3 });
                    (kind, lines, tags, id)
                })
                .collect();
            prop_assert_eq!(ours(&features), by_library(&features));
        }
    }

    #[test]
    fn a_layer_without_a_feature_is_left_out() {
        let mut tile = vec![7];
        LayerWriter::new("areas", 5).finish(&mut tile);
        assert_eq!(tile, [7]);
    }
}
