//! Writing a layer of a vector tile as bytes, feature after feature.
//!
//! What `fast-mvt` writes, byte for byte (the tests compare), without asking for memory for each feature and
//! each text: coordinates are written as they come, and texts are known by number.

use super::EXTENT;
use super::commands::Commands;
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

/// A text with a number that it alone has among the texts of a tile, or [`ALONE`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a> {
    pub(super) number: u32,
    pub(super) text: &'a str,
}

/// A property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// An area's code.
    Code,
    /// Its name.
    Name,
    /// An indicator's value.
    Value,
    /// The class of that.
    Class,
    /// Why there is none.
    Flag,
    /// The area on a border's left.
    Left,
    /// The one on its right.
    Right,
}

impl Key {
    pub(super) fn name(self) -> &'static str {
        match self {
            Key::Code => "code",
            Key::Name => "name",
            Key::Value => "value",
            Key::Class => "class",
            Key::Flag => "flag",
            Key::Left => "left",
            Key::Right => "right",
        }
    }
}

/// The number of a text that a layer of the tile has once at most: it is not looked for among those before.
pub(super) const ALONE: u32 = u32::MAX;

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

/// A layer in the making. Geometry and properties are gathered for one feature until [`LayerWriter::end`].
#[derive(Debug)]
pub(super) struct LayerWriter<'a> {
    name: &'static str,
    /// Behind [`GAP`] bytes for what stands before them in a tile; nothing at all while there are none.
    features: Vec<u8>,
    /// In the order in which they were first needed.
    keys: Vec<Key>,
    values: Vec<u8>,
    /// How many values there are.
    count: u32,
    known: Known,
    geometry: Commands,
    /// A geometry that is written already: where it begins, and what comes after that.
    written: Option<(GridPoint, &'a [u8])>,
    tags: Head,
    head: Head,
}

impl<'a> LayerWriter<'a> {
    /// A layer without features.
    pub(super) fn new(name: &'static str) -> Self {
        LayerWriter {
            name,
            features: Vec::new(),
            keys: Vec::new(),
            values: Vec::new(),
            count: 0,
            known: Known::new(),
            geometry: Commands::default(),
            written: None,
            tags: Head::new(),
            head: Head::new(),
        }
    }

    /// Adds a point.
    pub(super) fn point(&mut self, point: GridPoint) {
        self.geometry.point(point);
    }

    /// Adds a line of two points or more.
    pub(super) fn line(&mut self, line: &[GridPoint]) {
        self.geometry.line(line);
    }

    /// Adds an open ring, which must wind as its place demands: outer rings clockwise as drawn, holes the
    /// other way, and holes after their outer ring.
    pub(super) fn ring(&mut self, ring: &[GridPoint]) {
        self.geometry.ring(ring);
    }

    /// The feature has lines or rings that begin at a point, and nothing else; what comes after it is written already.
    pub(super) fn written(&mut self, first: GridPoint, after: &'a [u8]) {
        self.written = Some((first, after));
    }

    /// Adds a property.
    pub(super) fn tag(&mut self, key: Key, value: Value<'_>) {
        let next = self.count;
        let number = match value {
            Value::Text(Text { number: ALONE, .. }) => next,
            Value::Text(text) => self.known.text(text.number, next),
            Value::Double(double) => self.known.number((3, double.to_bits()), next),
            Value::Whole(whole) => self.known.number((5, whole), next),
        };
        self.add(key, number, || value);
    }

    /// Adds a text by its number; it is looked up where the layer does not have it yet.
    pub(super) fn tag_numbered<'t>(&mut self, key: Key, number: u32, text: impl FnOnce() -> &'t str) {
        let place = self.known.text(number, self.count);
        self.add(key, place, || Value::Text(Text { number, text: text() }));
    }

    /// Adds a property by the number of its value, which is written where it is a new one.
    fn add<'t>(&mut self, key: Key, number: u32, value: impl FnOnce() -> Value<'t>) {
        if number == self.count {
            if number == 0 {
                self.values.reserve(USUAL_BYTES / 4);
            }
            put_value(value(), &mut self.values);
            self.count += 1;
        }
        let key = self.keys.iter().position(|&known| known == key).unwrap_or_else(|| {
            self.keys.push(key);
            self.keys.len() - 1
        });
        self.tags.push(key as u8);
        self.tags.put(number);
    }

    /// Writes the feature gathered so far.
    pub(super) fn end(&mut self, kind: Kind, id: Option<u32>) {
        let (first, after) = self.written.take().unzip();
        let (first, after) = (first.map(Commands::start), after.unwrap_or_default());
        let of_first: usize = first.iter().flatten().map(|&number| len_of(number as usize)).sum();
        let commands = of_first + after.len() + self.geometry.bytes.len();
        let tags = self.tags.bytes();
        let of_id = id.map_or(0, |id| 1 + len_of(id as usize));
        let of_tags = if tags.is_empty() { 0 } else { 1 + len_of(tags.len()) + tags.len() };
        // A byte each for the kind and its field, and for that of the geometry.
        let len = of_id + of_tags + 2 + 1 + len_of(commands) + commands;

        let head = &mut self.head;
        head.clear();
        head.push(2 << 3 | 2);
        head.put(len as u32);
        if let Some(id) = id {
            head.push(1 << 3);
            head.put(id);
        }
        if !tags.is_empty() {
            head.push(2 << 3 | 2);
            head.put(tags.len() as u32);
            head.extend(tags);
        }
        head.extend(&[3 << 3, kind as u8, 4 << 3 | 2]);
        head.put(commands as u32);
        first.into_iter().flatten().for_each(|number| head.put(number));
        if self.features.is_empty() {
            self.features.reserve(USUAL_BYTES);
            self.features.extend_from_slice(&[0; GAP]);
        }
        self.features.reserve(Head::MOST + commands);
        head.append_to(&mut self.features);
        self.features.extend_from_slice(after);
        self.features.extend_from_slice(&self.geometry.bytes);
        self.geometry.clear();
        self.tags.clear();
    }

    /// Adds the layer to a tile. A layer without a feature is not lawful, so it is left out.
    pub(super) fn finish(self, tile: &mut Vec<u8>) {
        if self.features.is_empty() {
            return;
        }
        let mut ends = Vec::with_capacity(16 * self.keys.len() + 8);
        for key in &self.keys {
            put_bytes(3, key.name().as_bytes(), &mut ends);
        }
        let mut last = Vec::with_capacity(8);
        last.push(5 << 3);
        put(EXTENT.into(), &mut last);
        last.extend_from_slice(&[15 << 3, 2]);
        let name = 1 + len_of(self.name.len()) + self.name.len();
        let len = name + self.features.len() - GAP + ends.len() + self.values.len() + last.len();
        let mut begin = Vec::with_capacity(GAP);
        put_head(3, len, &mut begin);
        put_bytes(1, self.name.as_bytes(), &mut begin);
        let after = [&ends, &self.values, &last];
        if tile.is_empty() && begin.len() <= GAP {
            // The first layer becomes the tile, its features where they are: only of small tiles, whose length has few digits, do
            // they move.
            *tile = self.features;
            tile.drain(..GAP - begin.len());
            tile[..begin.len()].copy_from_slice(&begin);
        } else {
            tile.reserve(len + GAP);
            tile.extend_from_slice(&begin);
            tile.extend_from_slice(&self.features[GAP..]);
        }
        for part in after {
            tile.extend_from_slice(part);
        }
    }
}

/// What stands before the features of a layer that has between sixteen thousand and two million bytes: the length of it, and
/// `areas`.
const GAP: usize = 4 + 7;

/// A few bytes in the making, which need no memory of their own: what stands before the commands of a feature.
#[derive(Clone, Copy, Debug)]
struct Head {
    bytes: [u8; Head::MOST],
    len: usize,
}

impl Head {
    /// Seven properties, each a key of one byte and a number of five, are 42; ids and lengths have five, and a first step eleven.
    const MOST: usize = 96;
    /// Copied at once; longer ones are rare.
    const USUAL: usize = 32;

    fn new() -> Self {
        Head { bytes: [0; Head::MOST], len: 0 }
    }

    fn clear(&mut self) {
        self.len = 0;
    }

    fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    /// As [`put`] does.
    fn put(&mut self, mut number: u32) {
        while number >= 1 << 7 {
            self.push(number as u8 | 1 << 7);
            number >>= 7;
        }
        self.push(number as u8);
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn append_to(&self, out: &mut Vec<u8>) {
        if self.len <= Head::USUAL {
            // A copy of a length that is known is a few moves.
            let end = out.len() + self.len;
            out.extend_from_slice(&self.bytes[..Head::USUAL]);
            out.truncate(end);
        } else {
            out.extend_from_slice(self.bytes());
        }
    }
}

/// The values of a layer that may come again, and their numbers: a table that is never more than half full, in which
/// a value stands at its hash or the next free place after.
#[derive(Debug)]
struct Known {
    /// The number of the value's field in the specification, its bits, and one more than its own number; 0
    /// where there is none.
    slots: Vec<(u8, u64, u32)>,
    /// How many of them are taken.
    count: usize,
}

impl Known {
    fn new() -> Known {
        Known { slots: Vec::new(), count: 0 }
    }

    /// The number of a text that is known by a number; the next one when it is new.
    fn text(&mut self, number: u32, next: u32) -> u32 {
        self.number((1, number.into()), next)
    }

    /// The number of a value; the next one when it is new.
    fn number(&mut self, value: (u8, u64), next: u32) -> u32 {
        if 2 * self.count >= self.slots.len() {
            let slots = vec![(0, 0, 0); (2 * self.slots.len()).max(64)];
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
            *slot = (value.0, value.1, next + 1);
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

/// Room for the features of most tiles, so that they are not moved as they become more.
const USUAL_BYTES: usize = 1 << 15;

/// Of shorter ones both lengths, their own and that of the value around them, are a byte each.
const SHORT_TEXT: usize = (1 << 7) - 2;

fn put_value(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Text(Text { text, .. }) => {
            let len = text.len();
            out.reserve(len + 12);
            if len < SHORT_TEXT {
                out.extend_from_slice(&[4 << 3 | 2, len as u8 + 2, 1 << 3 | 2, len as u8]);
            } else {
                put_head(4, 1 + len_of(len) + len, out);
                put_head(1, len, out);
            }
            out.extend_from_slice(text.as_bytes());
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
pub(super) fn put(mut number: u64, out: &mut Vec<u8>) {
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
mod tests;
