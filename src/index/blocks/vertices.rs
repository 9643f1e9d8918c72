//! How the vertices of edges are written in cells: exactly, and as short as may be.

use geo::Coord;

/// Words that hold a vertex.
///
/// A vertex is also a place in units of its kind, in which ways are reckoned quickly. Units may be off by rounding, so each
/// kind says what is in doubt.
pub(super) trait Vertices {
    /// How many words a vertex takes.
    const WORDS: usize;

    /// The vertex in so many words, which is the same to the last bit as it was written.
    fn read(words: &[u32], base: Base) -> Coord;

    /// The vertex in units.
    fn place(words: &[u32]) -> Coord;

    /// Any place in units.
    fn placed(at: Coord, base: Base) -> Coord;

    /// Where two numbers of units are no more apart than this, rounding may have changed which of them is the greater.
    const DOUBTED_ORDER: f64;

    /// Where [`Vertices::turn`] is no more than this, rounding may have changed the sign of a cross product.
    const DOUBTED_TURN: f64;

    /// How far from 0 a cross product is, the difference of two terms in units.
    fn turn(left: f64, right: f64) -> f64;
}

/// From where the vertices of a cell are counted: millionths of a degree.
#[derive(Clone, Copy)]
pub(super) struct Base {
    x: i32,
    y: i32,
}

impl Base {
    /// The base of a cell by its corner.
    pub fn of(corner: Coord) -> Base {
        Base { x: (corner.x * PER_DEGREE) as i32, y: (corner.y * PER_DEGREE) as i32 }
    }
}

/// Two numbers as they are; their units are degrees.
pub(super) struct Whole;

/// How far, as a share of the sum of its two terms, a cross product may be off by rounding: `ccwerrboundA` of Shewchuk,
/// *Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates*, 1997.
const ROUNDING: f64 = (3.0 + 8.0 * f64::EPSILON) * (f64::EPSILON / 2.0);

impl Vertices for Whole {
    const WORDS: usize = 4;

    #[inline]
    fn read(words: &[u32], _: Base) -> Coord {
        Whole::place(words)
    }

    #[inline]
    fn place(words: &[u32]) -> Coord {
        let number = |low: u32, high: u32| f64::from_bits(u64::from(low) | u64::from(high) << 32);
        Coord { x: number(words[0], words[1]), y: number(words[2], words[3]) }
    }

    #[inline]
    fn placed(at: Coord, _: Base) -> Coord {
        at
    }

    // Numbers that are the same are told apart exactly; none are less than 0 apart.
    const DOUBTED_ORDER: f64 = -1.0;
    const DOUBTED_TURN: f64 = 0.0;

    /// Less what it may be off by.
    #[inline]
    fn turn(left: f64, right: f64) -> f64 {
        (left - right).abs() - (left.abs() + right.abs()) * ROUNDING
    }
}

/// Two whole numbers of millionths of a degree from the base, as files are drawn and towns are built: a quarter as long,
/// and so a quarter as far to fetch. Units are these millionths.
pub(super) struct Near;

const PER_DEGREE: f64 = 1e6;

/// How far from the base the sides of a cell may be for its vertices to be [`Near`].
pub(super) const NEAR_DEGREES: f64 = 32_000.0 / PER_DEGREE;

/// Places further out are not [`Near`]: the bounds below hold up to here.
const MOST_DEGREES: f64 = 181.0;
/// In units, a place is off by less than 2.5e-8: that is half of the last binary digit of a number of degrees, which is
/// what is lost where vertices are read, and where a point is multiplied. Two of them together are off by less than this.
const DOUBTED_UNITS: f64 = 1e-7;
/// The numbers that a cross product multiplies are at most 2^16 and each is off by less than that, so the sum of
/// the four errors, and of the far smaller ones of multiplying, is less than this.
const DOUBTED_TURN: f64 = 4.0 * 65_536.0 * DOUBTED_UNITS * 1.1;

impl Vertices for Near {
    const WORDS: usize = 1;

    #[inline]
    fn read(words: &[u32], base: Base) -> Coord {
        let degrees = |base: i32, off: u32| f64::from(base + i32::from(off as u16 as i16)) / PER_DEGREE;
        Coord { x: degrees(base.x, words[0]), y: degrees(base.y, words[0] >> 16) }
    }

    #[inline]
    fn place(words: &[u32]) -> Coord {
        Coord { x: f64::from(words[0] as i16), y: f64::from((words[0] as i32) >> 16) }
    }

    #[inline]
    fn placed(at: Coord, base: Base) -> Coord {
        Coord { x: at.x * PER_DEGREE - f64::from(base.x), y: at.y * PER_DEGREE - f64::from(base.y) }
    }

    const DOUBTED_ORDER: f64 = DOUBTED_UNITS;
    const DOUBTED_TURN: f64 = DOUBTED_TURN;

    #[inline]
    fn turn(left: f64, right: f64) -> f64 {
        (left - right).abs()
    }
}

/// The word of a vertex near a base; `None` where that is not exactly the same place.
pub(super) fn near(vertex: Coord, base: Base) -> Option<u32> {
    let off = |degrees: f64, base: i32| {
        let off = (degrees * PER_DEGREE).round() as i64 - i64::from(base);
        i16::try_from(off).ok().map(|off| u32::from(off as u16))
    };
    if vertex.x.abs().max(vertex.y.abs()) > MOST_DEGREES {
        return None;
    }
    let written = off(vertex.x, base.x)? | off(vertex.y, base.y)? << 16;
    (Near::read(&[written], base) == vertex).then_some(written)
}

/// The words of a vertex as it is.
pub(super) fn whole(vertex: Coord) -> [u32; 4] {
    let [x, y] = [vertex.x.to_bits(), vertex.y.to_bits()];
    [x as u32, (x >> 32) as u32, y as u32, (y >> 32) as u32]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_between_microdegrees_or_far_from_the_base_is_not_taken() {
        let base = Base { x: 0, y: 51_000_000 };
        for (x, y) in [
            (0.000_000_5, 51.0),
            (1.0 / 3e3, 51.0),
            (0.032_768, 51.0),
            (0.0, 51.0 - 0.032_769),
            (3_000.0, 51.0),
            (f64::NAN, 51.0),
            (0.0, f64::INFINITY),
        ] {
            assert_eq!(near(Coord { x, y }, base), None, "{x} {y}");
        }
    }

    fn text(n: i32) -> f64 {
        format!("{n}e-6").parse().unwrap()
    }

    proptest! {
        #[test]
        fn a_vertex_is_read_as_it_was(
            x in -179_000_000..=179_000_000_i32,
            y in -89_000_000..=89_000_000_i32,
            off in (-32_768..=32_767_i32, -32_768..=32_767_i32),
        ) {
            let base = Base { x, y };
            let vertex = Coord { x: text(x + off.0), y: text(y + off.1) };
            prop_assert_eq!(Whole::read(&whole(vertex), base), vertex);
            let written = near(vertex, base).map(|word| [word]);
            prop_assert_eq!(written.map(|words| Near::read(&words, base)), Some(vertex));
            let place = Coord { x: f64::from(off.0), y: f64::from(off.1) };
            prop_assert_eq!(written.map(|words| Near::place(&words)), Some(place));
            let placed = Near::placed(vertex, base);
            prop_assert!((place.x - placed.x).abs() <= DOUBTED_UNITS && (place.y - placed.y).abs() <= DOUBTED_UNITS);
        }
    }
}
