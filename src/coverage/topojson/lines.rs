//! The arcs of a topology.

use geo::Coord;
use serde::Deserialize;
use serde::de::{DeserializeSeed, SeqAccess};

use super::super::{Arc, NOWHERE};
use super::{TopoJsonError, Transform, nanodegrees};

/// Reads arcs and their vertices; the sides of the arcs are not known yet.
pub(super) fn read(
    text: &str,
    transform: Option<&Transform>,
) -> Result<(Vec<Arc>, Vec<Coord>), TopoJsonError> {
    // A vertex takes some ten characters.
    let vertices = Vec::with_capacity(text.len() / 10);
    let mut lines = Lines { transform, vertices, ends: Vec::new() };
    let mut reader = serde_json::Deserializer::from_str(text);
    lines.deserialize(&mut reader)?;
    let Lines { mut vertices, ends, .. } = lines;
    vertices.shrink_to_fit();
    let mut start = 0;
    let arcs = ends.into_iter().enumerate().map(|(number, end)| {
        if end - start < 2 {
            return Err(TopoJsonError::ShortArc(number));
        }
        let arc = Arc { start, end, left: NOWHERE, right: NOWHERE };
        start = end;
        Ok(arc)
    });
    Ok((arcs.collect::<Result<_, _>>()?, vertices))
}

/// The first two numbers of a position; TopoJSON allows more.
struct Position([f64; 2]);

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Position;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a position of at least two numbers")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Position, A::Error> {
                let missing = |n| serde::de::Error::invalid_length(n, &Visitor);
                let x = seq.next_element()?.ok_or_else(|| missing(0))?;
                let y = seq.next_element()?.ok_or_else(|| missing(1))?;
                while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                Ok(Position([x, y]))
            }
        }
        deserializer.deserialize_seq(Visitor)
    }
}

/// All arcs, read straight into one list of vertices: a list of lists would ask for memory a hundred thousand times.
struct Lines<'t> {
    transform: Option<&'t Transform>,
    vertices: Vec<Coord>,
    /// Where each arc ends in `vertices`.
    ends: Vec<u32>,
}

/// One arc, to be read into [`Lines`].
struct Line<'l, 't>(&'l mut Lines<'t>);

impl<'de> DeserializeSeed<'de> for &mut Lines<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> serde::de::Visitor<'de> for &mut Lines<'_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a list of arcs")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Line(self))?.is_some() {
            self.ends.push(self.vertices.len() as u32);
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Line<'_, '_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> serde::de::Visitor<'de> for Line<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a list of positions")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Lines { transform, vertices, .. } = self.0;
        let mut sum = [0.0, 0.0];
        while let Some(Position([x, y])) = seq.next_element()? {
            vertices.push(match transform {
                None => Coord { x, y },
                Some(Transform { scale, translate }) => {
                    sum = [sum[0] + x, sum[1] + y];
                    Coord {
                        x: nanodegrees(sum[0] * scale[0] + translate[0]),
                        y: nanodegrees(sum[1] * scale[1] + translate[1]),
                    }
                }
            });
        }
        Ok(())
    }
}
