//! How the vertices of edges are written in cells: exactly, and as short as may be.

use geo::Coord;

/// Words that hold a vertex.
pub(super) trait Vertices {
    /// How many words a vertex takes.
    const WORDS: usize;

    /// The vertex in so many words.
    fn read(words: &[u64]) -> Coord;
}

/// Two numbers as they are.
pub(super) struct Whole;

impl Vertices for Whole {
    const WORDS: usize = 2;

    fn read(words: &[u64]) -> Coord {
        Coord { x: f64::from_bits(words[0]), y: f64::from_bits(words[1]) }
    }
}

/// Two whole numbers of millionths of a degree, as files are drawn: half as long, and so half as far to fetch.
pub(super) struct Microdegrees;

const PER_DEGREE: f64 = 1e6;

impl Vertices for Microdegrees {
    const WORDS: usize = 1;

    fn read(words: &[u64]) -> Coord {
        let degrees = |bits: u64| f64::from(bits as u32 as i32) / PER_DEGREE;
        Coord { x: degrees(words[0]), y: degrees(words[0] >> 32) }
    }
}

/// The word of a vertex in microdegrees; `None` where that is not exactly the same place.
pub(super) fn microdegrees(vertex: Coord) -> Option<u64> {
    let word = |degrees: f64| u64::from((degrees * PER_DEGREE).round() as i32 as u32);
    let written = word(vertex.x) | word(vertex.y) << 32;
    (Microdegrees::read(&[written]) == vertex).then_some(written)
}

/// The words of a vertex as it is.
pub(super) fn whole(vertex: Coord) -> [u64; 2] {
    [vertex.x.to_bits(), vertex.y.to_bits()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_between_microdegrees_is_not_taken() {
        for (x, y) in
            [(0.000_000_5, 0.0), (1.0 / 3.0, 51.0), (3_000.0, 1.0), (f64::NAN, 0.0), (0.0, f64::INFINITY)]
        {
            assert_eq!(microdegrees(Coord { x, y }), None, "{x} {y}");
        }
    }

    proptest! {
        #[test]
        fn a_vertex_is_read_as_it_was(x in -180_000_000..=180_000_000_i32, y in -90_000_000..=90_000_000_i32) {
            let text = |n: i32| format!("{n}e-6").parse::<f64>().unwrap();
            let vertex = Coord { x: text(x), y: text(y) };
            prop_assert_eq!(Whole::read(&whole(vertex)), vertex);
            prop_assert_eq!(microdegrees(vertex).map(|word| Microdegrees::read(&[word])), Some(vertex));
        }
    }
}
